"""What happens to a booking after its delivery: it is paid, given back, cancelled, and its attendees come in (chapter 9).

Whatever holds already is no mistake: to pay a booking that is paid changes nothing, except at the door (BO-2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from doocore.changes import Change, UpdateBooking
from doocore.errors import (
    AlreadyCheckedInError,
    DooCoreError,
    InvalidBookingError,
    NotFoundError,
    TicketCancelledError,
)
from doocore.model.booking import AttendeeStatus, BookingStatus, FieldReport, RecordedBooking, RecordedParty
from doocore.model.history import Cause
from doocore.model.identifiers import BookingNumber
from doocore.plans.booking_evidence import concerned_contacts, evidence_of
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.bookings import BY_PAYMENT, BY_TICKET, Admission, PaymentAct
from doocore.rules.permissions import Action, is_staff, permit


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBooking:
    """A booking as it is now; `changes` has what was written, nothing where everything held already.

    `reports` say what an edit had to say about values on their way into contacts, for each party, booker first (SY-11).
    """

    booking: RecordedBooking
    changes: tuple[Change, ...] = ()
    reports: tuple[tuple[FieldReport, ...], ...] = ()


REFUSALS: Mapping[Admission, type[AlreadyCheckedInError | TicketCancelledError]] = {
    Admission.ALREADY_CHECKED_IN: AlreadyCheckedInError,
    Admission.TICKET_CANCELLED: TicketCancelledError,
}
"""With which error somebody is turned away at the door (BO-2)."""


def needs_of_change(number: BookingNumber) -> Needs:
    """Say what a change of a booking must know: the booking, and what is known of those whom it concerns."""
    return Needs(bookings=frozenset({number}), invitations=True)


def plan_payment(
    act: PaymentAct, number: BookingNumber, facts: Facts, circumstances: Circumstances
) -> Plan[ChangedBooking] | Needs:
    """Note that a booking was paid, or that the money was given back (BO-1).

    Raises `NotFoundError`, `PermissionDeniedError`, and `InvalidBookingError` where there is nothing to give back.
    """
    before = booking_to_change(number, facts, circumstances)
    payment = BY_PAYMENT[act, before.payment]
    if payment is None:
        raise InvalidBookingError("payment", f"it is {before.payment.value}: there is nothing to give back")
    return changed(before, replace(before, payment=payment), ("BO-1",), facts, circumstances)


def plan_cancellation(
    number: BookingNumber, facts: Facts, circumstances: Circumstances
) -> Plan[ChangedBooking] | Needs:
    """Cancel a booking; its attendees' own statuses stay, and count for nothing any more (IN-3).

    Raises `NotFoundError`, `PermissionDeniedError`.
    """
    before = booking_to_change(number, facts, circumstances)
    after = replace(before, status=BookingStatus.CANCELLED)
    return changed(before, after, ("BO-1",), facts, circumstances)


def plan_attendee_cancellation(
    number: BookingNumber, attendee: int, facts: Facts, circumstances: Circumstances
) -> Plan[ChangedBooking] | Needs:
    """Cancel one attendee, counted from 1, also one who has come in (BO-2).

    Raises `NotFoundError` for the booking or the attendee, `PermissionDeniedError`.
    """
    before = booking_to_change(number, facts, circumstances)
    after = with_status(before, attendee, AttendeeStatus.CANCELLED)
    return changed(before, after, ("BO-2",), facts, circumstances)


def plan_check_in(
    number: BookingNumber, attendee: int, facts: Facts, circumstances: Circumstances
) -> Plan[ChangedBooking] | Needs:
    """Let one attendee in, counted from 1, whether paid for or not (BO-2).

    Raises `AlreadyCheckedInError`, `TicketCancelledError`, `NotFoundError` for the booking or the attendee,
    `PermissionDeniedError`.
    """
    before = booking_to_change(number, facts, circumstances)
    admission = BY_TICKET[before.status, attendee_of(before, attendee).status]
    if admission in REFUSALS:
        refusal: DooCoreError = REFUSALS[admission](number, attendee)
        raise refusal
    after = with_status(before, attendee, AttendeeStatus.CHECKED_IN)
    return changed(before, after, ("BO-2",), facts, circumstances)


def booking_to_change(number: BookingNumber, facts: Facts, circumstances: Circumstances) -> RecordedBooking:
    """Give the booking that is to be changed. Raises `NotFoundError`, `PermissionDeniedError`."""
    permit(Action.CHANGE_BOOKINGS, circumstances.actor, facts.settings.plan)
    booking = facts.bookings.get(number)
    if booking is None:
        raise NotFoundError("booking", number)
    return booking


def attendee_of(booking: RecordedBooking, attendee: int) -> RecordedParty:
    """Give an attendee, counted from 1. Raises `NotFoundError`."""
    if not 1 <= attendee <= len(booking.attendees):
        raise NotFoundError("attendee", f"{booking.number} {attendee}")
    return booking.attendees[attendee - 1]


def with_status(booking: RecordedBooking, attendee: int, status: AttendeeStatus) -> RecordedBooking:
    """Give the booking with another status of one attendee, counted from 1. Raises `NotFoundError`."""
    parties = list(booking.parties)
    parties[attendee] = replace(attendee_of(booking, attendee), status=status)
    return booking.with_parties(parties)


def changed(
    before: RecordedBooking,
    after: RecordedBooking,
    rules: tuple[str, ...],
    facts: Facts,
    circumstances: Circumstances,
    *,
    cause: Cause | None = None,
    contacts: Iterable[Change] = (),
    reports: tuple[tuple[FieldReport, ...], ...] = (),
) -> Plan[ChangedBooking] | Needs:
    """Write what became of a booking, of the *contacts* it changes, and of what it is evidence for; nothing for nothing.

    Asks for the contacts that the booking concerns, so that none of them is deleted meanwhile.
    """
    if cause is None:
        cause = Cause.BY_HAND if is_staff(circumstances.actor) else Cause.BOOKING
    envelope = circumstances.envelope(cause, before.number)
    if after == before:
        return Plan(outcome=ChangedBooking(booking=before, reports=reports), envelope=envelope)
    concerned = concerned_contacts(before)
    if not concerned <= facts.asked.contacts:
        return Needs(contacts=concerned)
    after = replace(after, last_changed=circumstances.at, version=before.version + 1)
    changes = (*contacts, UpdateBooking(before, after, rules), *evidence_of(before, after, facts))
    outcome = ChangedBooking(booking=after, changes=changes, reports=reports)
    return Plan(outcome=outcome, envelope=envelope, changes=changes)
