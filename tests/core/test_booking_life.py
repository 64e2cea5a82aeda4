"""Bookings are paid, given back, cancelled, and their attendees come in (chapter 9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import pytest

from doocore import (
    AlreadyCheckedInError,
    Attendee,
    AttendeeStatus,
    Booker,
    Booking,
    BookingStatus,
    Cause,
    ChangedBooking,
    ContactCenter,
    Envelope,
    Event,
    EventStatus,
    InvalidBookingError,
    NotFoundError,
    PaymentStatus,
    PermissionDeniedError,
    System,
    TicketCancelledError,
)
from doocore.changes import Change, SetEvidence, UpdateBooking
from doocore.model.invitation import BY_BOOKINGS, Evidence
from doocore.rules.bookings import BY_PAYMENT, BY_TICKET, Admission, PaymentAct
from doocore_adapters.memory.store import MemoryTransaction
from tests.builders import LOU, NOW, SteadyClock, live_event, merge, new_center, party, prefilled, transaction_of

NUMBER = "TX-AAAA-0001"


def booked(*attendees: Attendee, payment: PaymentStatus = PaymentStatus.PENDING) -> ContactCenter:
    """Book for Ada, with attendees; the clock stands an hour later."""
    clock = SteadyClock()
    center = new_center(clock=clock)
    book(center, *attendees, payment=payment)
    clock.move(hours=1)
    return center


def book(
    center: ContactCenter,
    *attendees: Attendee,
    number: str = NUMBER,
    payment: PaymentStatus = PaymentStatus.NOT_REQUIRED,
    booker: Attendee | None = None,
) -> None:
    """Book for Ada, or another booker."""
    center.book(
        Booking(
            event_id="e1",
            number=number,
            booker=booker or party("ada@x.de"),
            attendees=attendees,
            payment=payment,
        )
    )


def evidence(center: ContactCenter, email: str) -> Evidence:
    """Tell what bookings are evidence for, of a contact with this address."""
    (contact,) = center.contacts_by_email(email)
    with transaction_of(center) as transaction:
        return transaction.invitations.facts("e1", [contact.id])[contact.id].evidence & BY_BOOKINGS


Act: TypeAlias = Callable[[ContactCenter], ChangedBooking]
Told: TypeAlias = Mapping[str, str]


class TestTables:
    """What becomes of a payment and a ticket is read from tables, every row written out."""

    def test_they_are_complete(self) -> None:
        assert BY_PAYMENT.keys() == {(act, payment) for act in PaymentAct for payment in PaymentStatus}
        assert BY_TICKET.keys() == {(booking, ticket) for booking in BookingStatus for ticket in AttendeeStatus}

    @pytest.mark.parametrize("payment", PaymentStatus)
    def test_paying_does_as_its_table_says(self, payment: PaymentStatus) -> None:
        after = booked(payment=payment).bookings.pay(NUMBER).booking
        assert after.payment is BY_PAYMENT[PaymentAct.PAY, payment] is PaymentStatus.PAID

    @pytest.mark.parametrize("payment", PaymentStatus)
    def test_giving_back_does_as_its_table_says(self, payment: PaymentStatus) -> None:
        center = booked(payment=payment)
        expected = BY_PAYMENT[PaymentAct.REFUND, payment]
        if expected is None:
            with pytest.raises(InvalidBookingError, match=f"at payment: it is {payment.value}: there is nothing"):
                center.bookings.refund(NUMBER)
        else:
            assert center.bookings.refund(NUMBER).booking.payment is expected is PaymentStatus.REFUNDED

    def test_a_row_that_changes_changes_what_is_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(BY_PAYMENT, (PaymentAct.PAY, PaymentStatus.PENDING), PaymentStatus.PENDING)
        monkeypatch.setitem(*(BY_TICKET, (BookingStatus.ACTIVE, AttendeeStatus.ACTIVE), Admission.ALREADY_CHECKED_IN))
        center = booked(party())
        assert center.bookings.pay(NUMBER).changes == ()
        with pytest.raises(AlreadyCheckedInError):
            center.bookings.check_in(NUMBER, 1)

    def test_every_refusal_at_the_door_has_an_error(self) -> None:
        refusals = {each for each in Admission if each is not Admission.CHECKED_IN}
        assert {each.value for each in refusals} == {AlreadyCheckedInError.code, TicketCancelledError.code}


LIFE: dict[str, tuple[Act, Told, Told]] = {
    "pay": (lambda center: center.bookings.pay(NUMBER), {"payment": "pending"}, {"payment": "paid"}),
    "cancel": (lambda center: center.bookings.cancel(NUMBER), {"status": "active"}, {"status": "cancelled"}),
    "cancel an attendee": (
        lambda center: center.bookings.cancel_attendee(NUMBER, 2),
        {"attendees[1].status": "active"},
        {"attendees[1].status": "cancelled"},
    ),
}
"""What can be repeated without being a mistake: how, and what the history has of it before and after."""


@pytest.mark.parametrize(("act", "before", "after"), LIFE.values(), ids=LIFE.keys())
class TestEveryChange:
    """BO-1: `last_changed`; BP-7, HI-1: the history; and what holds already is no mistake."""

    def test_is_dated_and_leaves_what_was_there_in_the_history(self, act: Act, before: Told, after: Told) -> None:
        center = booked(party(), party()).acting_as(LOU)
        assert center.bookings.get(NUMBER).last_changed is None
        told = act(center)
        assert told.booking == center.bookings.get(NUMBER)
        assert (told.booking.last_changed, told.booking.version) == (NOW + timedelta(hours=1), 2)
        (entry,) = center.bookings.history(NUMBER)
        assert (entry.before, entry.after, entry.version) == (before, after, 2)
        assert (entry.at, entry.actor, entry.cause) == (told.booking.last_changed, "user:lou", Cause.BY_HAND)
        assert (entry.reference, entry.number) == (NUMBER, NUMBER)
        assert entry.rules

    def test_done_again_changes_nothing(self, act: Act, before: Told, after: Told) -> None:
        center = booked(party(), party())
        first = act(center)
        assert first.changes
        again = act(center)
        assert (again.booking, again.changes) == (first.booking, ())
        assert [each.after for each in center.bookings.history(NUMBER)] == [after]
        assert before.keys() == after.keys()

    def test_tells_the_host_what_changed(self, act: Act, before: Told, after: Told) -> None:
        update, *evidence_of_it = act(booked(party(), party())).changes
        assert isinstance(update, UpdateBooking)
        assert {type(each) for each in evidence_of_it} == {SetEvidence}
        assert before != after

    def test_does_not_change_what_the_first_delivery_was(self, act: Act, before: Told, after: Told) -> None:
        """AS-13."""
        center = new_center()
        delivery = Booking(
            event_id="e1",
            number=NUMBER,
            booker=party("ada@x.de"),
            attendees=(party("b@x.de"), party()),
            payment=PaymentStatus.PENDING,
        )
        first = center.book(delivery)
        changed = act(center).booking
        again = center.book(delivery)
        assert again.repeated
        assert again.parties == first.parties
        assert center.bookings.get(NUMBER) == changed
        assert before != after


class TestWho:
    """BO-6, PR-2: staff and the host itself; not the booker."""

    @pytest.mark.parametrize("name", ["pay", "refund", "cancel", "cancel_attendee", "check_in", "edit"])
    def test_a_booker_may_not(self, name: str) -> None:
        center = booked(party(), payment=PaymentStatus.PAID).acting_as(Booker())
        more = {"cancel_attendee": (1,), "check_in": (1,), "edit": ((),)}.get(name, ())
        with pytest.raises(PermissionDeniedError, match="changing bookings needs a member of the organization"):
            getattr(center.bookings, name)(NUMBER, *more)

    def test_the_host_s_own_doing_is_not_by_hand(self) -> None:
        center = booked().acting_as(System())
        center.bookings.pay(NUMBER)
        (entry,) = center.bookings.history(NUMBER)
        assert (entry.cause, entry.actor) == (Cause.BOOKING, "system")

    @pytest.mark.parametrize("number", ["TX-NONE-NONE", "no number", ""])
    def test_of_what_is_not_there_that_is_said(self, number: str) -> None:
        bookings_of = booked(party()).bookings
        for act in (bookings_of.get, bookings_of.history, bookings_of.pay, bookings_of.cancel, bookings_of.refund):
            with pytest.raises(NotFoundError) as caught:
                act(number)
            assert (caught.value.noun, caught.value.key) == ("booking", number)

    def test_case_and_spaces_of_a_number_do_not_count(self) -> None:
        """ID-7."""
        center = booked()
        assert center.bookings.pay(" tx-aaaa 0001").booking.number == NUMBER
        assert len(center.bookings.history("tx-AAAA-0001")) == 1

    @pytest.mark.parametrize("attendee", [0, -1, 3])
    def test_attendees_count_from_one(self, attendee: int) -> None:
        center = booked(party(), party())
        for act in (center.bookings.cancel_attendee, center.bookings.check_in):
            with pytest.raises(NotFoundError, match=f"no attendee '{NUMBER} {attendee}'"):
                act(NUMBER, attendee)
        assert center.bookings.get(NUMBER).version == 1


class TestAtTheDoor:
    """BO-2: "checking in twice or checking in a cancelled ticket is a clear error"."""

    def test_an_attendee_comes_in_once(self) -> None:
        center = booked(party("bob@x.de"), party("cy@x.de"))
        after = center.bookings.check_in(NUMBER, 2).booking
        assert [each.status for each in after.attendees] == [AttendeeStatus.ACTIVE, AttendeeStatus.CHECKED_IN]
        with pytest.raises(AlreadyCheckedInError) as caught:
            center.bookings.check_in(NUMBER, 2)
        assert (caught.value.number, caught.value.attendee) == (NUMBER, 2)
        assert center.bookings.get(NUMBER) == after

    def test_the_payment_does_not_matter(self) -> None:
        for payment in PaymentStatus:
            assert booked(party(), payment=payment).bookings.check_in(NUMBER, 1).changes

    def test_a_cancelled_ticket_lets_nobody_in(self) -> None:
        center = booked(party(), party())
        center.bookings.cancel_attendee(NUMBER, 1)
        with pytest.raises(TicketCancelledError) as caught:
            center.bookings.check_in(NUMBER, 1)
        assert (caught.value.number, caught.value.attendee) == (NUMBER, 1)

    def test_nor_does_a_cancelled_booking(self) -> None:
        center = booked(party(), party())
        center.bookings.check_in(NUMBER, 2)
        center.bookings.cancel(NUMBER)
        for attendee in (1, 2):
            with pytest.raises(TicketCancelledError):
                center.bookings.check_in(NUMBER, attendee)

    def test_who_is_in_can_be_cancelled(self) -> None:
        center = booked(party("bob@x.de"))
        center.bookings.check_in(NUMBER, 1)
        assert center.bookings.cancel_attendee(NUMBER, 1).booking.attendees[0].status is AttendeeStatus.CANCELLED

    def test_cancelling_a_booking_leaves_its_attendees_as_they_are(self) -> None:
        """IN-3: they are no longer active all the same."""
        center = booked(party("bob@x.de"), party("cy@x.de"))
        center.bookings.check_in(NUMBER, 1)
        after = center.bookings.cancel(NUMBER).booking
        assert [each.status for each in after.attendees] == [AttendeeStatus.CHECKED_IN, AttendeeStatus.ACTIVE]
        assert evidence(center, "bob@x.de") == Evidence.ALL_CANCELLED

    @pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.LIVE])
    def test_the_state_of_the_event_does_not_matter(self, status: EventStatus) -> None:
        """Money comes back and lists are put in order after an event as well."""
        center = booked(party())
        center.events.put(Event(id="e1", status=status))
        assert center.bookings.check_in(NUMBER, 1).changes
        assert center.bookings.pay(NUMBER).changes


class TestEvidence:
    """IN-8: what bookings are evidence for is known at once."""

    def test_of_an_unpaid_booking_nothing_is_known_until_it_is_paid(self) -> None:
        """IN-3."""
        center = booked(party("bob@x.de"))
        assert (evidence(center, "ada@x.de"), evidence(center, "bob@x.de")) == (0, 0)
        center.bookings.pay(NUMBER)
        assert evidence(center, "ada@x.de") == Evidence.CONCERNED | Evidence.BOOKED_FOR_OTHERS
        assert evidence(center, "bob@x.de") == Evidence.CONCERNED | Evidence.ONE_ATTENDEE
        center.bookings.refund(NUMBER)
        assert (evidence(center, "ada@x.de"), evidence(center, "bob@x.de")) == (0, 0)

    def test_of_several_attendees(self) -> None:
        center = booked(party("bob@x.de"), party("bob@x.de"), payment=PaymentStatus.NOT_REQUIRED)
        assert evidence(center, "bob@x.de") == Evidence.CONCERNED | Evidence.SEVERAL_ATTENDEES
        center.bookings.cancel_attendee(NUMBER, 1)
        assert evidence(center, "bob@x.de") == Evidence.CONCERNED | Evidence.ONE_ATTENDEE
        center.bookings.check_in(NUMBER, 2)
        assert evidence(center, "bob@x.de") == Evidence.CONCERNED | Evidence.ONE_ATTENDEE | Evidence.CHECKED_IN
        center.bookings.cancel_attendee(NUMBER, 2)
        assert evidence(center, "bob@x.de") == Evidence.ALL_CANCELLED
        assert evidence(center, "ada@x.de") == Evidence.ALL_CANCELLED

    def test_of_several_bookings(self) -> None:
        """IN-4: whoever books again is no longer cancelled."""
        center = booked(party("bob@x.de"))
        center.bookings.cancel(NUMBER)
        assert evidence(center, "bob@x.de") == Evidence.ALL_CANCELLED
        book(center, party("bob@x.de"), number="TX-AAAA-0002", booker=party("cy@x.de"))
        assert evidence(center, "bob@x.de") == Evidence.CONCERNED | Evidence.ONE_ATTENDEE
        assert evidence(center, "ada@x.de") == Evidence.ALL_CANCELLED
        assert evidence(center, "cy@x.de") == Evidence.CONCERNED | Evidence.BOOKED_FOR_OTHERS

    def test_of_whoever_was_invited_and_handed_it_on(self) -> None:
        """IN-2, row 7: through the contact's invitation, whichever address was entered."""
        center = new_center()
        center.create_contact({"email": "ada@x.de"})
        other = party("bob@x.de", prefill=prefilled("c0001", "ada@x.de"))
        book(center, other, booker=other)
        (bob,) = center.contacts_by_email("bob@x.de")
        kept = center.bookings.get(NUMBER)
        assert {each.outcome.contact_id for each in kept.parties} == {bob.id}
        assert {each.through_contact_id for each in kept.parties} == {"c0001"}
        assert evidence(center, "ada@x.de") == Evidence.CONCERNED | Evidence.BOOKED_FOR_OTHERS
        center.bookings.cancel(NUMBER)
        assert evidence(center, "ada@x.de") == 0
        assert evidence(center, "bob@x.de") == Evidence.ALL_CANCELLED

    def test_of_another_event_nothing_is_known(self) -> None:
        center = booked(party("bob@x.de"), payment=PaymentStatus.NOT_REQUIRED)
        center.events.put(live_event("e2"))
        with transaction_of(center) as transaction:
            assert transaction.invitations.facts("e2", ["c0001", "c0002"]) == {}  # type: ignore[list-item]

    def test_what_changes_nothing_of_it_is_not_written(self) -> None:
        """A change that does not concern who comes says nothing new to anybody."""
        center = booked(party("bob@x.de"), payment=PaymentStatus.NOT_REQUIRED)
        center.bookings.cancel(NUMBER)
        written = center.bookings.cancel_attendee(NUMBER, 1).changes
        assert [type(each) for each in written] == [UpdateBooking, SetEvidence, SetEvidence]
        assert center.bookings.cancel_attendee(NUMBER, 1).changes == ()

    def test_of_a_deleted_contact_nothing_is_written(self) -> None:
        """CT-3: its parties belong to nobody."""
        center = booked(party("bob@x.de"))
        center.delete_contact(center.deletion("c0002"))
        assert [type(each) for each in center.bookings.pay(NUMBER).changes] == [UpdateBooking, SetEvidence]

    def test_of_a_merged_contact_nothing_is_written_either(self) -> None:
        """Where its bookings go is said by the merge."""
        center = booked(party("bob@x.de"))
        merge(center, "c0001", "c0002")
        concerned = [each for each in center.bookings.pay(NUMBER).changes if isinstance(each, SetEvidence)]
        assert [each.contact_id for each in concerned] == ["c0001"]


class TestOthersAtTheSameTime:
    """What somebody else did meanwhile is seen, and nothing of it is lost."""

    def test_who_was_faster_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The door and the till write at the same time."""
        center = booked(party("bob@x.de"))
        really = MemoryTransaction.apply
        till = iter([Envelope(cause=Cause.BOOKING, actor=System(), at=NOW)])

        def apply(self: MemoryTransaction, changes: Sequence[Change], envelope: Envelope) -> None:
            before = next(each.before for each in changes if isinstance(each, UpdateBooking))
            paid = replace(before, payment=PaymentStatus.PAID, version=before.version + 1)
            for faster in till:
                really(self, [UpdateBooking(before, paid)], faster)
            really(self, changes, envelope)

        monkeypatch.setattr(MemoryTransaction, "apply", apply)
        after = center.bookings.check_in(NUMBER, 1).booking
        assert (after.payment, after.attendees[0].status) == (PaymentStatus.PAID, AttendeeStatus.CHECKED_IN)
        assert [each.actor for each in center.bookings.history(NUMBER)] == ["system", "user:kim"]

    def test_a_booking_that_came_in_meanwhile_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """IN-8: it has another number and another lock, and what is known of its contacts is known of both."""
        center, twin = booked(party("bob@x.de")), booked(party("bob@x.de"))
        further = Booking(
            event_id="e1", number="TX-AAAA-0002", booker=party("bob@x.de"), attendees=(party("bob@x.de"),)
        )
        came_in = iter([twin.book(further).changes])
        really = MemoryTransaction.apply

        def apply(self: MemoryTransaction, changes: Sequence[Change], envelope: Envelope) -> None:
            for faster in came_in:
                really(self, faster, envelope)
            really(self, changes, envelope)

        monkeypatch.setattr(MemoryTransaction, "apply", apply)
        center.bookings.pay(NUMBER)
        assert evidence(center, "bob@x.de") == Evidence.CONCERNED | Evidence.SEVERAL_ATTENDEES
        assert center.bookings.get("TX-AAAA-0002").version == 1
