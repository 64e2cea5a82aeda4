"""Claims about codes, and the bookings that redeem them."""

from dataclasses import replace
from datetime import timedelta

from doocore.changes import (
    ChangeCode,
    CreateCode,
    CreateContact,
    DeleteContact,
    RecordBooking,
    RedeemCode,
    RetireContact,
)
from doocore.errors import DuplicateNameError, NotFoundError, StaleVersionError
from doocore.model.booking import BookingStatus
from doocore.model.code import CodeId, CodeUse, Redemption
from doocore.model.fields import folded
from doocore.model.history import Cause, Origin
from doocore.model.identifiers import BookingNumber
from doocore.testing.raises import raises
from doocore.testing.samples import (
    ELSEWHERE,
    MOMENT,
    TEXTS,
    booking,
    code,
    code_id,
    contact,
    contact_id,
    envelope,
    full_code,
)
from doocore.testing.store.base import StoreClaims


class CodeClaims(StoreClaims):
    """Codes and their names."""

    def test_a_code_that_has_everything_comes_back_as_it_was(self) -> None:
        """Whom it is for, when, how often, and where it comes from."""
        with self.transaction(CreateCode(full_code())) as tx:
            assert tx.codes.page() == (full_code(),)
            assert tx.codes.named([folded(full_code().name)]) == {folded(full_code().name): full_code()}

    def test_a_code_that_has_nothing_comes_back_as_it_was(self) -> None:
        """A code need not have a period, a limit, an event or a contact."""
        with self.transaction(CreateCode(code(1))) as tx:
            assert tx.codes.page() == (code(1),)

    def test_any_text_comes_back_as_it_was_in_a_code(self) -> None:
        """Names, events and origins hold any Unicode text unchanged."""
        codes = [
            replace(code(number, text), event_id=text, origin=Origin(Cause.BY_HAND, text, text))
            for number, text in enumerate(TEXTS)
        ]
        with self.transaction(*map(CreateCode, codes)) as tx:
            assert list(tx.codes.page()) == codes

    def test_codes_are_found_by_their_folded_names(self) -> None:
        """A name is found however it is cased; names without a code are left out (CO-1)."""
        codes = [code(1, "Straße ÄÖÜ"), code(2, "EARLY-2026")]
        with self.transaction(*map(CreateCode, codes)) as tx:
            asked = [folded("STRASSE äöü"), folded(" early-2026"), folded("nothing"), "", "a\0"]
            assert tx.codes.named(asked) == {asked[0]: codes[0], asked[1]: codes[1]}
            assert tx.codes.named([]) == {}

    def test_pages_of_codes_follow_their_ids(self) -> None:
        """Page by page every code stands once; of those for one event alone, or of all."""
        codes = [replace(code(number), event_id=(None, "e1", "e2")[number % 3]) for number in (4, 2, 5, 3, 1, 7)]
        by_id = sorted(codes, key=lambda each: each.id)
        with self.transaction(*map(CreateCode, codes)) as tx:
            first = tx.codes.page(limit=4)
            assert [*first, *tx.codes.page(after=first[-1].id, limit=4)] == by_id
            of_event = tx.codes.page(event_id="e1", limit=2)
            assert [each.id for each in of_event] == [code_id(1), code_id(4)]
            assert [each.id for each in tx.codes.page(event_id="e1", after=code_id(4))] == [code_id(7)]
            assert tx.codes.page(event_id="e3") == ()
            assert tx.codes.page(limit=0) == ()

    def test_a_second_code_of_a_name_is_refused(self) -> None:
        """Names are compared folded, with what is there and with what comes in the same call (CO-1)."""
        with self.transaction(CreateCode(code(1, "Straße"))) as tx:
            for second in ([code(2, "New"), code(3, " STRASSE ")], [code(2, "New"), code(3, "new")]):
                with raises(DuplicateNameError) as caught:
                    tx.apply([CreateCode(each) for each in second], envelope())
                assert (caught.error.noun, caught.error.name) == ("code", second[-1].name)
            for same_id in ([code(2), code(1, "New")], [code(2), code(2, "New")]):
                with raises(StaleVersionError) as stale:
                    tx.apply([CreateCode(each) for each in same_id], envelope())
                assert (stale.error.noun, stale.error.key) == ("code", same_id[-1].id)
            assert tx.codes.page() == (code(1, "Straße"),)

    def test_a_code_changes_if_nobody_else_has_changed_it(self) -> None:
        """All of it but its name; one of another version, or that is not there, is outdated."""
        after = replace(full_code(), id=code_id(1), name=code(1).name, version=2)
        with self.transaction(CreateCode(code(1)), CreateCode(code(2))) as tx:
            tx.apply([ChangeCode(replace(after, name="Another"))], envelope())
            assert tx.codes.page() == (after, code(2))
            assert tx.codes.named(["another"]) == {}
            for outdated in (after, replace(after, version=4), replace(after, id=code_id(3))):
                with raises(StaleVersionError) as caught:
                    tx.apply([ChangeCode(outdated)], envelope())
                assert (caught.error.noun, caught.error.key) == ("code", outdated.id)
            assert tx.codes.page() == (after, code(2))

    def test_a_code_of_a_deleted_contact_is_nobodys(self) -> None:
        """It stays, and is personal no more; that of a merged contact goes with its survivor (CT-3)."""
        personal = [replace(code(number), contact_id=contact_id(number)) for number in (1, 2, 3)]
        contacts = [CreateContact(contact(number)) for number in (1, 2, 3)]
        with self.transaction(*contacts, *map(CreateCode, personal)) as tx:
            tx.apply([RetireContact(contact_id(2), contact_id(1))], envelope())
            assert [each.contact_id for each in tx.codes.page()] == [contact_id(number) for number in (1, 2, 3)]
            tx.apply([DeleteContact(contact_id(1), 1, (contact_id(2),))], envelope())
            assert tx.codes.page() == (code(1), code(2), personal[2])


class RedemptionClaims(StoreClaims):
    """The uses of codes."""

    def test_what_redeemed_a_code_is_told_in_order(self) -> None:
        """The first time comes first, with the booking's event; codes without any use are left out, when not counted."""
        bookings = [booking(number, event_id=f"e{number}") for number in (1, 2, 3)]
        codes = [code(1), code(2), code(3)]
        with self.transaction(*map(RecordBooking, bookings), *map(CreateCode, codes)) as tx:
            tx.apply([RedeemCode(code_id(1), booking(3).number)], envelope(at=MOMENT - timedelta(days=1)))
            tx.apply([RedeemCode(code_id(1), booking(number).number) for number in (2, 1)], envelope(at=ELSEWHERE))
            tx.apply([RedeemCode(code_id(2), booking(1).number)], envelope())
            ids = [each.id for each in codes]
            moments = {1: ELSEWHERE, 2: ELSEWHERE, 3: MOMENT - timedelta(days=1)}
            uses = [Redemption(booking(number).number, f"e{number}", moments[number]) for number in (1, 2, 3)]
            assert tx.codes.redemptions(ids) == {
                code_id(1): tuple(uses),
                code_id(2): (Redemption(booking(1).number, "e1", MOMENT),),
            }
            assert tx.codes.used([*ids, CodeId("unknown")]) == {
                **dict(zip(ids, (3, 1, 0), strict=True)),
                CodeId("unknown"): 0,
            }
            numbers = [each.number for each in bookings]
            assert tx.codes.redeemed_in([*numbers[:2], BookingNumber("TX-0000-0009")]) == {
                numbers[0]: {code_id(1), code_id(2)},
                numbers[1]: {code_id(1)},
            }
            assert (tx.codes.used([]), tx.codes.redemptions([]), tx.codes.redeemed_in([])) == ({}, {}, {})

    def test_a_booking_redeems_a_code_once(self) -> None:
        """Done again, the first time stays; several codes in a booking are several uses."""
        with self.transaction(RecordBooking(booking(1)), CreateCode(code(1)), CreateCode(code(2))) as tx:
            redeemed = RedeemCode(code_id(1), booking(1).number)
            tx.apply([redeemed, redeemed], envelope())
            tx.apply([redeemed, RedeemCode(code_id(2), booking(1).number)], envelope(at=MOMENT + timedelta(days=1)))
            assert tx.codes.used([code_id(1), code_id(2)]) == {code_id(1): 1, code_id(2): 1}
            assert tx.codes.redemptions([code_id(1)])[code_id(1)][0].at == MOMENT

    def test_a_cancelled_booking_does_not_count(self) -> None:
        """It is told all the same, as cancelled (CO-4)."""
        cancelled = replace(booking(2), status=BookingStatus.CANCELLED)
        uses = [RedeemCode(code_id(1), booking(number).number) for number in (1, 2)]
        with self.transaction(RecordBooking(booking(1)), RecordBooking(cancelled), CreateCode(code(1)), *uses) as tx:
            assert tx.codes.used([code_id(1)]) == {code_id(1): 1}
            found = tx.codes.redemptions([code_id(1)])[code_id(1)]
            assert [(each.number, each.cancelled) for each in found] == [
                (booking(1).number, False),
                (cancelled.number, True),
            ]

    def test_only_existing_codes_are_redeemed_in_existing_bookings(self) -> None:
        """Anything else is the caller's mistake, and nothing is redeemed."""
        with self.transaction(RecordBooking(booking(1)), CreateCode(code(1, use=CodeUse.MULTI))) as tx:
            good = RedeemCode(code_id(1), booking(1).number)
            for wrong, noun, key in (
                (RedeemCode(code_id(2), booking(1).number), "code", code_id(2)),
                (RedeemCode(code_id(1), booking(2).number), "booking", booking(2).number),
            ):
                with raises(NotFoundError) as caught:
                    tx.apply([good, wrong], envelope())
                assert (caught.error.noun, caught.error.key) == (noun, key)
            assert tx.codes.redeemed_in([booking(1).number]) == {}

    def test_many_codes_are_written_at_once(self) -> None:
        """Thousands, each once, and every one of them is found."""
        codes = [code(number) for number in range(3_000)]
        with self.transaction(*map(CreateCode, codes)) as tx:
            assert len(tx.codes.named([folded(each.name) for each in codes])) == 3_000
            assert [each.id for each in tx.codes.page(limit=5_000)] == [each.id for each in codes]
