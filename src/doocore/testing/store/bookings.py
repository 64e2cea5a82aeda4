"""Claims about bookings."""

from dataclasses import replace
from decimal import Decimal

from doocore.changes import CreateContact, DeleteContact, RecordBooking, UpdateBooking
from doocore.errors import StaleVersionError
from doocore.model.booking import (
    Attendee,
    AttendeeStatus,
    BookingStatus,
    Party,
    PaymentStatus,
    RecordedBooking,
    RecordedParty,
)
from doocore.model.fields import Entered
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.model.organization import Booker
from doocore.testing.raises import raises
from doocore.testing.samples import (
    ELSEWHERE,
    MOMENT,
    TEXTS,
    booking,
    contact,
    contact_id,
    envelope,
    full_booking,
    full_party,
    party,
)
from doocore.testing.store.base import StoreClaims


def paid(before: RecordedBooking) -> UpdateBooking:
    """Pay a booking."""
    after = replace(before, payment=PaymentStatus.PAID, last_changed=MOMENT, version=before.version + 1)
    return UpdateBooking(before, after, ("BO-1",))


def with_parties(before: RecordedBooking, *parties: RecordedParty) -> UpdateBooking:
    """Give a booking other parties."""
    return UpdateBooking(before, replace(before.with_parties(parties), version=before.version + 1))


class BookingClaims(StoreClaims):
    """Bookings with their parties."""

    def test_a_booking_that_has_everything_comes_back_as_it_was(self) -> None:
        """What was entered and what was decided, about every party, in their order."""
        with self.transaction(RecordBooking(full_booking())) as tx:
            assert tx.bookings.get([full_booking().number]) == {full_booking().number: full_booking()}

    def test_a_booking_that_has_nothing_comes_back_as_it_was(self) -> None:
        """A booking without attendees, of somebody who gave nothing."""
        with self.transaction(RecordBooking(booking(1))) as tx:
            assert tx.bookings.get([booking(1).number]) == {booking(1).number: booking(1)}

    def test_prices_come_back_to_the_digit(self) -> None:
        """Money is decimal, whatever its size."""
        prices = [Decimal(each) for each in ("0.1", "0.00", "-5", "123456789012345678.901", "1E+3", "0.0000001")]
        parties = [
            replace(party(1), entered=Attendee(ticket=f"T{place}", price=each)) for place, each in enumerate(prices)
        ]
        with self.transaction(RecordBooking(replace(booking(1, *parties), invoice_sum=prices[3]))) as tx:
            found = tx.bookings.get([booking(1).number])[booking(1).number]
            entered = [each.entered for each in found.attendees]
            assert [each.price for each in entered if isinstance(each, Attendee)] == prices
            assert found.invoice_sum == prices[3]

    def test_any_text_comes_back_as_it_was_in_a_booking(self) -> None:
        """A booking keeps what was entered, as it was entered (SY-9)."""
        parties = [
            replace(
                party(1),
                entered=Attendee(
                    email=text,
                    ticket=text,
                    values=FrozenDict({text: text}),
                    answers=FrozenDict({text: text, "blank": ""}),
                ),
                outcome=replace(party(1).outcome, customer_id=text),
            )
            for text in TEXTS
        ]
        written = replace(booking(1, *parties, event_id=TEXTS[3]), products=TEXTS, fingerprint=TEXTS[2])
        with self.transaction(RecordBooking(written)) as tx:
            assert tx.bookings.get([written.number]) == {written.number: written}

    def test_blank_no_and_nothing_entered_are_three_things(self) -> None:
        """A party may have entered an empty text, False, or have been asked and said nothing."""
        given: dict[str, Entered] = {"empty": "", "no": False, "nothing": None, "zero": "0"}
        entered = replace(
            booking(1).booker, entered=Party(email="", values=FrozenDict(given), answers=FrozenDict(given))
        )
        with self.transaction(RecordBooking(replace(booking(1), booker=entered))) as tx:
            found = tx.bookings.get([booking(1).number])[booking(1).number].booker.entered
            assert found == entered.entered
            assert found.values["no"] is False

    def test_bookings_that_do_not_exist_are_left_out(self) -> None:
        """Asking for unknown bookings is no error."""
        with self.transaction(RecordBooking(booking(1))) as tx:
            assert tx.bookings.get([]) == {}
            unknown = [booking(2).number, BookingNumber(""), BookingNumber(f"{booking(1).number}\0")]
            assert tx.bookings.get([*unknown, booking(1).number]).keys() == {booking(1).number}

    def test_a_number_is_given_once(self) -> None:
        """A booking of a number that exists is not recorded; what is there stays."""
        with self.transaction(RecordBooking(booking(1, party(1)))) as tx:
            with raises(StaleVersionError) as caught:
                tx.apply([RecordBooking(booking(2, party(1))), RecordBooking(booking(1))], envelope())
            assert (caught.error.noun, caught.error.key) == ("booking", booking(1).number)
            assert tx.bookings.page() == (booking(1, party(1)),)
            assert tx.bookings.of_contact(contact_id(1)) == (booking(1).number,)

    def test_pages_follow_the_numbers(self) -> None:
        """Page by page every booking stands once, of all events or of one."""
        bookings = [booking(number, event_id=f"e{number % 2}") for number in (4, 2, 5, 3, 1)]
        by_number = sorted(bookings, key=lambda each: each.number)
        with self.transaction(*map(RecordBooking, bookings)) as tx:
            first = tx.bookings.page(limit=3)
            assert [*first, *tx.bookings.page(after=first[-1].number, limit=3)] == by_number
            odd = tx.bookings.page(event_id="e1", limit=2)
            assert [*odd, *tx.bookings.page(event_id="e1", after=odd[-1].number)] == by_number[::2]
            assert tx.bookings.page(event_id="e2") == ()
            assert tx.bookings.page(limit=0) == ()

    def test_the_bookings_of_a_contact_are_told_once_each(self) -> None:
        """A contact may be several parties of one booking, as booker or attendee."""
        bookings = [
            booking(3, party(1), party(2), party(1)),
            booking(1, party(1)),
            booking(2, party(None)),
            full_booking(),
        ]
        with self.transaction(*map(RecordBooking, bookings)) as tx:
            numbers = (booking(1).number, booking(3).number, full_booking().number)
            assert tx.bookings.of_contact(contact_id(1)) == numbers
            assert tx.bookings.of_contact(contact_id(2)) == (booking(3).number,)
            assert tx.bookings.of_contact(contact_id(3)) == (full_booking().number,)
            assert tx.bookings.of_contact(ContactId("unknown")) == ()

    def test_a_booking_that_changes_is_what_it_became(self) -> None:
        """Payment, status, products, sum, and every party, with the moment of the change (BO-1)."""
        before = booking(1, party(1), party(2), event_id="e1")
        rest = [replace(full_party(), entered=replace(each.entered, email=TEXTS[0])) for each in before.attendees]
        after = replace(
            before.with_parties([full_party(), *rest]),
            payment=PaymentStatus.REFUNDED,
            status=BookingStatus.CANCELLED,
            products=TEXTS,
            invoice_sum=Decimal("12.30"),
            last_changed=ELSEWHERE,
            version=before.version + 1,
        )
        with self.transaction(RecordBooking(before), RecordBooking(booking(2))) as tx:
            tx.apply([UpdateBooking(before, after)], envelope())
            assert tx.bookings.get([before.number]) == {before.number: after}
            assert tx.bookings.page() == (after, booking(2))

    def test_a_booking_can_change_in_one_call_with_its_delivery(self) -> None:
        """It is written before it is changed, and changed as often as it is said."""
        once = paid(booking(1))
        twice = UpdateBooking(once.after, replace(once.after, status=BookingStatus.CANCELLED, version=3))
        with self.transaction(once, twice, RecordBooking(booking(1))) as tx:
            assert tx.bookings.page() == (twice.after,)
            assert [each.version for each in tx.bookings.history(booking(1).number)] == [2, 3]

    def test_a_booking_gets_further_attendees(self) -> None:
        """They stand behind those that there are, and their contacts lead to the booking (BO-6)."""
        change = with_parties(booking(1, party(1)), *booking(1, party(1), party(2)).parties)
        with self.transaction(RecordBooking(booking(1, party(1)))) as tx:
            tx.apply([change], envelope())
            assert tx.bookings.get([booking(1).number]) == {booking(1).number: change.after}
            assert tx.bookings.of_contact(contact_id(2)) == (booking(1).number,)

    def test_a_booking_of_another_version_is_not_changed(self) -> None:
        """Who has not seen the last change decides anew; a booking that does not exist has no version (BP-8)."""
        before = booking(1, party(1))
        with self.transaction(RecordBooking(before), paid(before)) as tx:
            for stale in (paid(before), paid(booking(2)), paid(paid(paid(before).after).after)):
                with raises(StaleVersionError) as caught:
                    tx.apply([RecordBooking(booking(3)), stale], envelope())
                assert (caught.error.noun, caught.error.key) == ("booking", stale.after.number)
            assert tx.bookings.page() == (paid(before).after,)
            assert [each.version for each in tx.bookings.history(before.number)] == [2]

    def test_the_history_of_a_booking_has_what_differs(self) -> None:
        """Each change with who, when, why, and the values before and after (HI-1, BP-7)."""
        before = booking(1, party(1))
        cancelled = replace(before.attendees[0], status=AttendeeStatus.CANCELLED)
        entered = replace(before.booker.entered, email=None, answers=FrozenDict({"q": False, "r": None}))
        after = with_parties(before, replace(before.booker, entered=entered), cancelled).after
        why = envelope(cause=Cause.PORTAL, reference=TEXTS[4], actor=Booker(), at=ELSEWHERE)
        with self.transaction(RecordBooking(before), RecordBooking(booking(2))) as tx:
            assert tx.bookings.history(before.number) == ()
            tx.apply([UpdateBooking(before, after, ("BO-6", "SY-11")), paid(booking(2))], why)
            tx.apply([paid(after)], envelope())
            edited, settled = tx.bookings.history(before.number)
            assert (edited.number, edited.version, edited.at, edited.actor) == (before.number, 2, ELSEWHERE, "booker")
            assert (edited.cause, edited.reference, edited.rules) == (Cause.PORTAL, TEXTS[4], ("BO-6", "SY-11"))
            assert edited.before == {"attendees[0].status": "active"}
            assert edited.after == {
                "attendees[0].status": "cancelled",
                "booker.answers.q": False,
                "booker.answers.r": None,
            }
            assert (settled.version, settled.before["payment"], settled.after) == (
                3,
                "not_required",
                {"payment": "paid"},
            )
            assert tx.bookings.history(BookingNumber("TX-NONE-NONE")) == ()

    def test_any_text_comes_back_as_it_was_in_the_history_of_a_booking(self) -> None:
        """As what was entered, and as the name under which it stood."""
        before = booking(1)
        values = FrozenDict({text: text for text in TEXTS})
        booker = replace(before.booker, entered=replace(before.booker.entered, values=values))
        with self.transaction(RecordBooking(before), with_parties(before, booker)) as tx:
            (entry,) = tx.bookings.history(before.number)
            assert entry.after == {f"booker.values.{name}": text for name, text in booker.entered.values.items()}

    def test_a_change_does_not_bring_a_deleted_contact_back(self) -> None:
        """Whose a party is stays as it became meanwhile, unless the change is about just that (CT-3)."""
        through = replace(party(1), through_contact_id=contact_id(1))
        before = booking(1, through, party(2))
        with self.transaction(*(CreateContact(contact(number)) for number in (1, 2, 3)), RecordBooking(before)) as tx:
            tx.apply([DeleteContact(contact_id(1), 1)], envelope())
            unassigned = tx.bookings.page()[0]
            assert [each.outcome.contact_id for each in unassigned.attendees] == [None, contact_id(2)]
            assert [each.through_contact_id for each in unassigned.attendees] == [None, None]
            parties = [replace(each, status=AttendeeStatus.CHECKED_IN) for each in before.attendees]
            theirs = replace(parties[1], outcome=replace(parties[1].outcome, contact_id=contact_id(3)))
            tx.apply([with_parties(before, before.booker, parties[0], theirs)], envelope())
            (found,) = tx.bookings.page()
            assert [each.outcome.contact_id for each in found.attendees] == [None, contact_id(3)]
            assert [each.through_contact_id for each in found.attendees] == [None, None]
            assert {each.status for each in found.attendees} == {AttendeeStatus.CHECKED_IN}
            assert tx.bookings.of_contact(contact_id(1)) == tx.bookings.of_contact(contact_id(2)) == ()
            assert tx.bookings.of_contact(contact_id(3)) == (before.number,)

    def test_a_failing_call_takes_a_booking_s_change_back(self) -> None:
        """Whole or not at all, with its history."""
        before = booking(1, party(1))
        with self.transaction(RecordBooking(before)) as tx:
            with raises(StaleVersionError):
                tx.apply([paid(before), paid(before)], envelope())
            assert tx.bookings.page() == (before,)
            assert tx.bookings.history(before.number) == ()
            assert tx.bookings.of_contact(contact_id(1)) == (before.number,)
