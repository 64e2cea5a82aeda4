"""Codes are created, withdrawn, redeemed and freed (CO-1 to CO-4)."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from doocore import (
    Booker,
    Cause,
    Code,
    CodeNotRedeemableError,
    CodeObstacle,
    CodeStatus,
    CodeType,
    CodeUse,
    ContactCenter,
    ContactId,
    DuplicateNameError,
    InvalidBookingError,
    InvalidCodeError,
    InvalidNameError,
    NotFoundError,
    Origin,
    PermissionDeniedError,
    Prefill,
    Redemption,
    StaleVersionError,
    System,
)
from doocore.changes import ChangeCode, CreateCode, RecordBooking, RedeemCode
from doocore.contact_center import RandomIds
from doocore.model.code import CodeId
from doocore.plans.booking_delivery import read_booking
from doocore.plans.codes import CodeRequest, plan_codes, plan_redeeming
from doocore.plans.story import Facts, Needs
from tests.builders import (
    LOU,
    NOW,
    PARSERS,
    SteadyClock,
    apply,
    booking,
    circumstances,
    everything,
    live_event,
    merge,
    new_center,
    party,
    prefilled,
    transaction_of,
)

TOMORROW = NOW + timedelta(days=1)
FIRST, SECOND, THIRD = (f"TX-AAAA-000{number}" for number in (1, 2, 3))


def center_with_bookings(*numbers: str, clock: SteadyClock | None = None) -> ContactCenter:
    center = new_center(clock=clock)
    for number in numbers:
        center.book(booking(party(), number=number))
    return center


class TestCreating:
    """CO-1."""

    def test_a_code_is_what_was_said_of_it(self) -> None:
        center = new_center()
        ada = center.create_contact({"email": "ada@example.org"})
        created = center.codes.create(
            " Früh-Bucher ",
            type=CodeType.PROMOTION,
            use=CodeUse.MULTI,
            limit=3,
            event="e1",
            valid_from=NOW,
            valid_until=TOMORROW,
            contact=ada.id,
        )
        assert created == Code(
            id=created.id,
            name="Früh-Bucher",
            type=CodeType.PROMOTION,
            use=CodeUse.MULTI,
            limit=3,
            event_id="e1",
            valid_from=NOW,
            valid_until=TOMORROW,
            contact_id=ada.id,
            origin=Origin(Cause.BY_HAND, "user:kim"),
            created_at=NOW,
        )
        assert center.codes.get("FRÜH-BUCHER").code == created

    def test_what_is_not_said_is_a_single_use_access_code_at_any_time(self) -> None:
        created = new_center().codes.create("EARLY")
        assert (created.type, created.use) == (CodeType.ACCESS, CodeUse.SINGLE)
        assert (created.limit, created.event_id, created.valid_from, created.valid_until) == (None,) * 4
        assert (created.contact_id, created.withdrawn, created.version) == (None, False, 1)

    def test_without_a_name_it_is_drawn(self) -> None:
        assert new_center().codes.create().name == "CODE-0001"

    @pytest.mark.parametrize("again", ["EARLY", " early ", "Early"])
    def test_a_name_is_given_once(self, again: str) -> None:
        """Also when the code was withdrawn: nobody may take the one for the other."""
        center = new_center()
        center.codes.create("early")
        center.codes.withdraw("early")
        with pytest.raises(DuplicateNameError) as caught:
            center.codes.create(again)
        assert (caught.value.noun, caught.value.name) == ("code", again.strip())

    @pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\tb", "a\u200bb", "a\u00a0b", "x" * 256])
    def test_a_name_can_be_seen_and_typed(self, name: str) -> None:
        with pytest.raises(InvalidNameError) as caught:
            new_center().codes.create(name)
        assert (caught.value.noun, caught.value.name) == ("code", name)

    def test_a_long_name_is_kept(self) -> None:
        assert new_center().codes.create(" " + "ä" * 255).name == "ä" * 255

    @pytest.mark.parametrize(
        ("terms", "part"),
        [
            ({"limit": 0, "use": CodeUse.MULTI}, "limit"),
            ({"limit": -1, "use": CodeUse.MULTI_EVENT}, "limit"),
            ({"limit": 2}, "limit"),
            ({"use": CodeUse.MULTI_EVENT, "event": "e1"}, "event"),
            ({"valid_from": TOMORROW, "valid_until": NOW}, "valid_until"),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, terms: dict[str, Any], part: str) -> None:
        center = new_center()
        with pytest.raises(InvalidCodeError) as one:
            center.codes.create("EARLY", **terms)
        with pytest.raises(InvalidCodeError) as many:
            center.codes.create_many(2, **terms)
        assert (one.value.part, many.value.part) == (part, part)
        assert list(center.codes.all()) == []

    @pytest.mark.parametrize(
        "terms",
        [
            {"limit": 1},
            {"limit": 1, "use": CodeUse.MULTI},
            {"use": CodeUse.MULTI},
            {"use": CodeUse.MULTI_EVENT, "limit": 7},
            {"valid_from": NOW, "valid_until": NOW},
            {"valid_from": TOMORROW},
            {"valid_until": NOW - timedelta(days=1)},
        ],
    )
    def test_what_is_only_unusual_is_not(self, terms: dict[str, Any]) -> None:
        assert new_center().codes.create("EARLY", **terms).name == "EARLY"

    def test_a_moment_without_an_offset_is_refused(self) -> None:
        with pytest.raises(ValueError, match="has no offset"):
            new_center().codes.create("EARLY", valid_until=NOW.replace(tzinfo=None))

    def test_event_and_contact_must_be_there(self) -> None:
        center = new_center()
        with pytest.raises(NotFoundError) as no_event:
            center.codes.create("EARLY", event="e9")
        with pytest.raises(NotFoundError) as no_contact:
            center.codes.create("EARLY", contact="c9")
        assert (no_event.value.noun, no_contact.value.noun) == ("event", "contact")
        assert list(center.codes.all()) == []

    def test_many_are_created_at_once(self) -> None:
        center = new_center()
        created = center.codes.create_many(120, use=CodeUse.MULTI, limit=2, event="e1")
        assert len({each.name for each in created}) == len({each.id for each in created}) == 120
        assert {(each.use, each.limit, each.event_id, each.contact_id) for each in created} == {
            (CodeUse.MULTI, 2, "e1", None)
        }
        assert [each.code for each in center.codes.all()] == list(created)

    @pytest.mark.parametrize("count", [0, -1])
    def test_at_least_one_is_created(self, count: int) -> None:
        with pytest.raises(InvalidCodeError, match=f"count: {count} is less than one code"):
            new_center().codes.create_many(count)

    def test_everybody_gets_a_code_of_their_own(self) -> None:
        """One for each, also for who is named twice; a merged contact stands for its survivor."""
        center = new_center()
        ada, bob, eve = (center.create_contact({"first_name": name}).id for name in ("Ada", "Bob", "Eve"))
        merge(center, bob, eve)
        created = center.codes.create_for([bob, ada, eve, ada])
        assert [each.contact_id for each in created] == [bob, ada, bob, ada]
        assert center.codes.create_for([]) == ()

    def test_everybody_or_nobody(self) -> None:
        """All unknown contacts are named."""
        center = new_center()
        ada = center.create_contact({"first_name": "Ada"}).id
        with pytest.raises(NotFoundError) as caught:
            center.codes.create_for([ada, "c8", "c9"])
        assert caught.value.keys == ("c8", "c9")
        assert list(center.codes.all()) == []

    def test_a_name_that_is_taken_is_refused_before_anything_is_written(self) -> None:
        """By a code that is there, or by another one of the same call."""
        there = new_center().codes.create("EARLY")
        for names, codes in ((("LATE", "early"), {"early": there}), (("EARLY", "early"), {})):
            with pytest.raises(DuplicateNameError) as caught:
                plan_codes(CodeRequest(names=names), Facts(asked=Needs(), codes=codes), circumstances())
            assert caught.value.name == "early"

    def test_bookers_create_and_withdraw_none(self) -> None:
        """PR-2."""
        center = new_center()
        center.acting_as(LOU).codes.create("EARLY")
        booker = center.acting_as(Booker())
        with pytest.raises(PermissionDeniedError):
            booker.codes.create("LATE")
        with pytest.raises(PermissionDeniedError):
            booker.codes.withdraw("EARLY")
        assert center.acting_as(System()).codes.withdraw("EARLY").withdrawn


class TestNames:
    def test_drawn_names_are_long_random_and_easy_to_type(self) -> None:
        """12 letters and digits, 60 bits; none that could be taken for another."""
        names = {RandomIds().code_name() for _ in range(1_000)}
        assert len(names) == 1_000
        letters = {letter for name in names for letter in name}
        assert letters == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ-")
        assert {tuple(map(len, name.split("-"))) for name in names} == {(4, 4, 4)}


class TestWithdrawing:
    def test_a_withdrawn_code_is_invalid(self) -> None:
        """CO-2: and what it was redeemed for stays."""
        center = center_with_bookings(FIRST, SECOND)
        center.codes.create("EARLY", use=CodeUse.MULTI)
        center.codes.redeem("EARLY", FIRST)
        assert center.codes.withdraw(" early").version == 2
        found = center.codes.get("EARLY")
        assert (found.status, found.redeemable, found.used_in) == (CodeStatus.INVALID, False, (FIRST,))
        with pytest.raises(CodeNotRedeemableError) as caught:
            center.codes.redeem("EARLY", SECOND)
        assert (caught.value.name, caught.value.reason, caught.value.status) == ("EARLY", "withdrawn", "invalid")

    def test_once_is_enough(self) -> None:
        center = new_center()
        center.codes.create("EARLY")
        withdrawn = center.codes.withdraw("EARLY")
        before = everything(center)
        assert center.codes.withdraw("EARLY") == withdrawn
        assert everything(center) == before

    def test_it_must_be_there(self) -> None:
        center = new_center()
        for act in (center.codes.withdraw, center.codes.get, center.codes.prefill):
            with pytest.raises(NotFoundError) as caught:
                act("EARLY")
            assert (caught.value.noun, caught.value.key) == ("code", "EARLY")

    def test_who_has_seen_an_older_one_changes_nothing(self) -> None:
        """The change is refused; withdrawing begins with the code as it is."""
        center = new_center()
        code = center.codes.create("EARLY")
        apply(center, ChangeCode(replace(code, limit=1, version=2)))
        with pytest.raises(StaleVersionError):
            apply(center, ChangeCode(replace(code, withdrawn=True, version=2)))
        assert center.codes.withdraw("EARLY").version == 3


class TestRedeeming:
    """CO-2, CO-4."""

    def test_a_single_use_code_is_redeemed_once(self) -> None:
        clock = SteadyClock()
        center = center_with_bookings(FIRST, SECOND, clock=clock)
        code = center.codes.create("EARLY")
        clock.move(hours=1)
        assert center.acting_as(Booker()).codes.redeem("early", "tx aaaa 0001") == code
        found = center.codes.get("EARLY")
        assert (found.status, found.redeemable) == (CodeStatus.REDEEMED, False)
        assert found.redemptions == (Redemption(center.bookings.get(FIRST).number, "e1", clock.moment),)
        with pytest.raises(CodeNotRedeemableError) as caught:
            center.codes.redeem("EARLY", SECOND)
        assert (caught.value.reason, caught.value.status) == ("redeemed", "redeemed")
        assert center.codes.get("EARLY") == found

    def test_in_the_same_booking_once_is_enough(self) -> None:
        """Asked again after a time-out, it answers as before; also when nothing could be redeemed by then."""
        center = center_with_bookings(FIRST)
        center.codes.create("EARLY")
        center.codes.redeem("EARLY", FIRST)
        center.codes.withdraw("EARLY")
        before = everything(center)
        center.codes.redeem("EARLY", FIRST)
        assert everything(center) == before

    def test_a_limit_counts_bookings(self) -> None:
        center = center_with_bookings(FIRST, SECOND, THIRD)
        center.codes.create("EARLY", use=CodeUse.MULTI, limit=2)
        for number in (FIRST, SECOND, FIRST):
            center.codes.redeem("EARLY", number)
        with pytest.raises(CodeNotRedeemableError):
            center.codes.redeem("EARLY", THIRD)
        assert center.codes.get("EARLY").used_in == (FIRST, SECOND)

    @pytest.mark.parametrize("use", [CodeUse.MULTI, CodeUse.MULTI_EVENT])
    def test_without_a_limit_there_is_no_end(self, use: CodeUse) -> None:
        """And nobody counts, however many uses there are."""
        center = center_with_bookings(FIRST, SECOND, THIRD)
        center.codes.create("EARLY", use=use)
        for number in (FIRST, SECOND, THIRD):
            center.codes.redeem("EARLY", number)
        assert center.codes.get("EARLY").redeemable

    def test_a_multi_event_code_is_redeemed_at_several_events(self) -> None:
        center = center_with_bookings(FIRST)
        center.events.put(live_event("e2"))
        center.book(booking(party(), number=SECOND, event_id="e2"))
        center.codes.create("EARLY", use=CodeUse.MULTI_EVENT)
        for number in (FIRST, SECOND):
            center.codes.redeem("EARLY", number)
        found = center.codes.get("EARLY")
        assert (found.status, [each.event_id for each in found.redemptions]) == (CodeStatus.MULTI_EVENT, ["e1", "e2"])

    def test_a_code_for_one_event_is_for_no_other(self) -> None:
        center = center_with_bookings(FIRST)
        center.events.put(live_event("e2"))
        center.codes.create("EARLY", event="e2")
        with pytest.raises(CodeNotRedeemableError) as caught:
            center.codes.redeem("EARLY", FIRST)
        assert (caught.value.reason, caught.value.status) == ("other_event", "valid")

    def test_cancelling_frees_the_use(self) -> None:
        """CO-4: nothing has to be done for it; the one who has it next keeps it."""
        center = center_with_bookings(FIRST, SECOND, THIRD)
        center.codes.create("EARLY")
        center.codes.redeem("EARLY", FIRST)
        center.bookings.cancel(FIRST)
        found = center.codes.get("EARLY")
        assert (found.status, found.used_in, found.redemptions[0].cancelled) == (CodeStatus.VALID, (), True)
        center.codes.redeem("EARLY", SECOND)
        with pytest.raises(CodeNotRedeemableError):
            center.codes.redeem("EARLY", THIRD)
        found = center.codes.get("EARLY")
        assert (found.status, found.used_in) == (CodeStatus.REDEEMED, (SECOND,))
        assert [each.number for each in found.redemptions] == [FIRST, SECOND]

    def test_a_cancelled_booking_redeems_nothing(self) -> None:
        """Neither a further code nor, again, the one that it has freed."""
        center = center_with_bookings(FIRST)
        for name in ("EARLY", "LATE"):
            center.codes.create(name)
        center.codes.redeem("EARLY", FIRST)
        center.bookings.cancel(FIRST)
        for name in ("EARLY", "LATE"):
            with pytest.raises(InvalidBookingError) as caught:
                center.codes.redeem(name, FIRST)
            assert caught.value.path == "status"
            assert center.codes.get(name).used_in == ()

    @pytest.mark.parametrize(
        ("moved", "reason"),
        [(-timedelta(microseconds=1), "not_yet_valid"), (timedelta(0), None), (timedelta(days=1), None)],
    )
    def test_the_moment_of_redeeming_counts(self, moved: timedelta, reason: str | None) -> None:
        clock = SteadyClock()
        center = center_with_bookings(FIRST, SECOND, clock=clock)
        center.codes.create("EARLY", use=CodeUse.MULTI, valid_from=NOW, valid_until=TOMORROW)
        clock.moment = NOW + moved
        if reason is None:
            center.codes.redeem("EARLY", FIRST)
        else:
            with pytest.raises(CodeNotRedeemableError) as caught:
                center.codes.redeem("EARLY", FIRST)
            assert (caught.value.reason, caught.value.status) == (reason, "valid")
        clock.moment = TOMORROW + timedelta(microseconds=1)
        with pytest.raises(CodeNotRedeemableError) as late:
            center.codes.redeem("EARLY", SECOND)
        assert (late.value.reason, late.value.status) == ("expired", "expired")

    @pytest.mark.parametrize("number", ["TX-AAAA-0009", "4711"])
    def test_code_and_booking_must_be_there(self, number: str) -> None:
        center = center_with_bookings(FIRST)
        center.codes.create("EARLY")
        with pytest.raises(NotFoundError) as no_code:
            center.codes.redeem("LATE", FIRST)
        with pytest.raises(NotFoundError) as no_booking:
            center.codes.redeem("EARLY", number)
        assert (no_code.value.noun, no_code.value.key) == ("code", "LATE")
        assert (no_booking.value.noun, no_booking.value.key) == ("booking", number)

    def test_it_stands_under_the_booking(self) -> None:
        """The changes go out under the number of the booking, by whoever booked."""
        center = center_with_bookings(FIRST)
        code = center.codes.create("EARLY")
        facts = Facts(
            asked=Needs(),
            codes={"early": code},
            bookings={center.bookings.get(FIRST).number: center.bookings.get(FIRST)},
        )
        plan = plan_redeeming("EARLY", center.bookings.get(FIRST).number, facts, circumstances(Booker()))
        assert plan.changes == (RedeemCode(code.id, center.bookings.get(FIRST).number),)
        assert (plan.envelope.cause, plan.envelope.reference) == (Cause.BOOKING, FIRST)


class TestBookingWithCodes:
    """`Booking.codes`: redeemed with the booking, in one transaction."""

    def test_the_codes_are_redeemed_as_the_booking_comes_in(self) -> None:
        center = new_center()
        early, access = center.codes.create("EARLY", use=CodeUse.MULTI), center.codes.create("Straße")
        number = center.book(replace(booking(party("ada@x.de")), codes=[" early", "EARLY", "STRASSE"])).number
        assert [each.code.name for each in center.codes.all() if each.used_in == (number,)] == ["EARLY", "Straße"]
        with transaction_of(center) as tx:
            assert tx.codes.redeemed_in([number]) == {number: {early.id, access.id}}

    @pytest.mark.parametrize(
        ("codes", "error"),
        [(["EARLY", "USED"], CodeNotRedeemableError), (["EARLY", "UNKNOWN"], NotFoundError), ([""], NotFoundError)],
    )
    def test_a_code_that_will_not_do_refuses_the_booking(self, codes: list[str], error: type[Exception]) -> None:
        """Nothing is written, not even the contact, nor the other code's use."""
        center = center_with_bookings(FIRST)
        center.codes.create("EARLY")
        center.codes.create("USED")
        center.codes.redeem("USED", FIRST)
        before = everything(center)
        with pytest.raises(error):
            center.book(replace(booking(party("ada@x.de"), number=SECOND), codes=codes))
        assert everything(center) == before

    def test_a_code_for_another_event_refuses_it_too(self) -> None:
        center = new_center()
        center.events.put(live_event("e2"))
        center.codes.create("EARLY", event="e2")
        with pytest.raises(CodeNotRedeemableError) as caught:
            center.book(replace(booking(party()), codes=["EARLY"]))
        assert CodeObstacle(caught.value.reason) is CodeObstacle.OTHER_EVENT
        assert not center.book(replace(booking(party(), event_id="e2"), codes=["EARLY"])).repeated

    def test_delivered_again_it_answers_as_before(self) -> None:
        """AS-13: also when the code has no use left, which it took itself; with other codes it is another booking."""
        center = new_center()
        for name in ("EARLY", "LATE"):
            center.codes.create(name)
        delivery = replace(booking(party("ada@x.de"), number=FIRST), codes=["EARLY"])
        first = center.book(delivery)
        before = everything(center)
        assert center.book(delivery).repeated
        assert everything(center) == before
        assert not first.repeated
        for other in ([], ["LATE"], ["EARLY", "LATE"]):
            with pytest.raises(ValueError, match="delivered before with another content"):
                center.book(replace(delivery, codes=other))

    def test_a_booking_without_codes_keeps_its_fingerprint(self) -> None:
        """What earlier releases have recorded is still recognized (AS-13)."""
        delivery = booking(party("ada@x.de", last_name="Lovelace"), party(), number=FIRST)
        request = read_booking(delivery, iter(()), PARSERS)
        assert request.fingerprint == "b20432f046b87eea4572d0d6e11d5a392b0d3d4b211609ad572f5646c93d8972"
        assert read_booking(replace(delivery, codes=["EARLY"]), iter(()), PARSERS).fingerprint != request.fingerprint


class TestPrefill:
    """CO-3: a personal access code prefills the contact."""

    def test_it_prefills_whom_it_was_made_for(self) -> None:
        """With the address that the contact has now."""
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"})
        center.codes.create("EARLY", contact=ada.id)
        assert center.codes.prefill("early") == Prefill(contact_id=ada.id, email="ada@x.de")
        center.change_contact(ada.id, {"email": "lovelace@x.de"})
        assert center.codes.prefill("EARLY") == Prefill(contact_id=ada.id, email="lovelace@x.de")
        center.change_contact(ada.id, {"email": ""})
        assert center.codes.prefill("EARLY") == prefilled(ada.id)

    def test_the_booking_that_follows_is_theirs(self) -> None:
        """AS-2: as by a personal link."""
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"})
        center.codes.create("EARLY", contact=ada.id)
        came = party("ada@x.de", prefill=center.codes.prefill("EARLY"))
        result = center.book(replace(booking(came), codes=["EARLY"]))
        assert (result.booker.contact_id, result.booker.reason) == (ada.id, "prefill_kept")

    def test_a_merged_contact_is_its_survivor(self) -> None:
        """MG-1."""
        center = new_center()
        ada, bob = (center.create_contact({"email": email}).id for email in ("ada@x.de", "bob@x.de"))
        center.codes.create("EARLY", contact=bob)
        merge(center, ada, bob)
        assert center.codes.prefill("EARLY") == Prefill(contact_id=center.contact(ada).id, email="ada@x.de")

    def test_a_deleted_contact_is_nobody(self) -> None:
        """The code stays, and prefills nobody any more (CT-3)."""
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"}).id
        center.codes.create("EARLY", contact=ada)
        center.delete_contact(center.deletion(ada))
        assert center.codes.prefill("EARLY") is None
        assert center.codes.get("EARLY").code.contact_id is None

    @pytest.mark.parametrize("type_", CodeType)
    def test_a_code_for_everybody_and_a_promotion_code_prefill_nobody(self, type_: CodeType) -> None:
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"}).id
        center.codes.create("ALL", type=type_)
        center.codes.create("CHEAP", type=CodeType.PROMOTION, contact=ada)
        assert center.codes.prefill("ALL") is None
        assert center.codes.prefill("CHEAP") is None

    def test_a_code_that_leads_into_no_booking_prefills_nobody(self) -> None:
        """And gives no address away."""
        center = center_with_bookings(FIRST)
        ada = center.create_contact({"email": "ada@x.de"}).id
        center.codes.create("EARLY", contact=ada)
        center.codes.redeem("EARLY", FIRST)
        with pytest.raises(CodeNotRedeemableError):
            center.codes.prefill("EARLY")

    def test_a_contact_that_went_before_it_was_asked_for_is_nobody(self) -> None:
        """A store that still names it, as under a merge whose survivor was deleted."""
        center = new_center()
        early = center.codes.create("EARLY")
        code = replace(early, id=CodeId("r9"), name="GONE", contact_id=ContactId("c9"))
        apply(center, CreateCode(code))
        assert center.codes.prefill("GONE") is None


class TestReading:
    def test_codes_are_listed_in_order_of_creation(self) -> None:
        center = new_center()
        created = [center.codes.create(name, event=event) for name, event in (("B", "e1"), ("A", None), ("C", "e1"))]
        assert [each.code for each in center.codes.page()] == created
        assert [each.code.name for each in center.codes.page(limit=2, after=created[0].id)] == ["A", "C"]
        assert [each.code.name for each in center.codes.all(event="e1")] == ["B", "C"]

    def test_all_pages_are_gone_through(self) -> None:
        center = new_center()
        center.codes.create_many(250)
        assert len(list(center.codes.all())) == 250
        assert len(list(islice(center.codes.all(event="e1"), 1))) == 0

    def test_the_status_is_that_of_now(self) -> None:
        clock = SteadyClock()
        center = center_with_bookings(FIRST, clock=clock)
        center.codes.create("EARLY", valid_until=NOW)
        assert [each.status for each in center.codes.all()] == [CodeStatus.VALID]
        clock.move(seconds=1)
        assert [(each.status, each.redeemable) for each in center.codes.all()] == [(CodeStatus.EXPIRED, False)]
        assert center.codes.get("EARLY").status is CodeStatus.EXPIRED


def test_a_booking_that_is_recorded_with_its_codes_is_one_unit() -> None:
    """In one call of `apply`: whoever sees the booking sees the use."""
    center = new_center()
    center.codes.create("EARLY")
    changes = center.book(replace(booking(party()), codes=["EARLY", " early"])).changes
    written = [type(each) for each in changes]
    assert (written.count(RecordBooking), written.count(RedeemCode)) == (1, 1)
