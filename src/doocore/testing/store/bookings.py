"""Claims about bookings."""

from dataclasses import replace
from decimal import Decimal

from doocore.changes import RecordBooking
from doocore.errors import StaleVersionError
from doocore.model.booking import Attendee, Party
from doocore.model.fields import Entered
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.testing.raises import raises
from doocore.testing.samples import TEXTS, booking, contact_id, envelope, full_booking, party
from doocore.testing.store.base import StoreClaims


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
