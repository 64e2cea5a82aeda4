"""What stands behind `center.bookings`: bookings as they were delivered and decided, and what happens to them since."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from doocore.contact_center.shell import Shell
from doocore.errors import NotFoundError
from doocore.model.booking import RecordedBooking
from doocore.model.booking_edit import BookingEdit
from doocore.model.history import BookingHistoryEntry
from doocore.model.identifiers import BookingNumber, parse_booking_number
from doocore.plans.booking_edit import EditRequest, plan_booking_edit
from doocore.plans.booking_life import (
    ChangedBooking,
    needs_of_change,
    plan_attendee_cancellation,
    plan_cancellation,
    plan_check_in,
    plan_payment,
)
from doocore.rules.bookings import PaymentAct


@dataclass(frozen=True, slots=True)
class Bookings:
    """Bookings as they were delivered and decided, and what happens to them since; `center.book` takes them in.

    Numbers are read without case and spaces (ID-7), attendees count from 1. Whoever changes a booking is staff or the
    host itself, else `PermissionDeniedError` (BO-6). What holds already is no mistake, and changes nothing: to pay a
    booking that is paid, to cancel one that is cancelled.
    """

    _shell: Shell

    def get(self, number: str) -> RecordedBooking:
        """Read a booking. Raises `NotFoundError`."""
        parsed = _number(number)
        with self._shell.store.snapshot() as snapshot:
            found = snapshot.bookings.get((parsed,))
        if parsed not in found:
            raise NotFoundError("booking", number)
        return found[parsed]

    def page(
        self, *, event: str | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[RecordedBooking, ...]:
        """List bookings in order of their numbers, at most *limit* behind the number *after*; of one event, or of all."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.bookings.page(
                after=None if after is None else BookingNumber(after), limit=limit, event_id=event
            )

    def all(self, *, event: str | None = None) -> Iterator[RecordedBooking]:
        """Read every booking, page by page, of one event or of all."""
        after: str | None = None
        while page := self.page(event=event, after=after):
            yield from page
            after = page[-1].number

    def history(self, number: str) -> tuple[BookingHistoryEntry, ...]:
        """Read what happened to a booking since its delivery: each change with what was before (HI-1, BP-7).

        Raises `NotFoundError`.
        """
        booking = self.get(number)
        with self._shell.store.snapshot() as snapshot:
            return snapshot.bookings.history(booking.number)

    def pay(self, number: str) -> ChangedBooking:
        """Note that a booking is paid for, whatever its payment was before (BO-1). Raises `NotFoundError`."""
        return self._change(number, partial(plan_payment, PaymentAct.PAY))

    def refund(self, number: str) -> ChangedBooking:
        """Note that a paid booking's money was given back (BO-1).

        Raises `NotFoundError`, and `InvalidBookingError` where nothing was paid.
        """
        return self._change(number, partial(plan_payment, PaymentAct.REFUND))

    def cancel(self, number: str) -> ChangedBooking:
        """Cancel a booking; its attendees stay as they are, and are no longer active (IN-3). Raises `NotFoundError`."""
        return self._change(number, plan_cancellation)

    def cancel_attendee(self, number: str, attendee: int) -> ChangedBooking:
        """Cancel one attendee, also one who is checked in (BO-2). Raises `NotFoundError`."""
        return self._change(number, plan_attendee_cancellation, attendee)

    def check_in(self, number: str, attendee: int) -> ChangedBooking:
        """Let one attendee in, whether paid for or not (BO-2).

        Raises `AlreadyCheckedInError`, `TicketCancelledError` and `NotFoundError`.
        """
        return self._change(number, plan_check_in, attendee)

    def edit(self, number: str, edits: Iterable[BookingEdit], *, version: int | None = None) -> ChangedBooking:
        """Edit a booking as staff does, all *edits* or none (BO-6); what contacts take over of it is up to SY-11, SY-12.

        With *version*, a booking that was changed since is refused with `StaleVersionError` (BP-8). Raises
        `NotFoundError`, and `InvalidBookingError` that names the edit (`edits[1].field`).
        """
        request = EditRequest(number=_number(number), edits=tuple(edits), version=version)
        return self._shell.tell(needs_of_change(request.number), partial(plan_booking_edit, request)).outcome

    def _change(self, number: str, plan: Callable[..., Any], *more: int) -> ChangedBooking:
        parsed = _number(number)
        outcome: ChangedBooking = self._shell.tell(needs_of_change(parsed), partial(plan, parsed, *more)).outcome
        return outcome


def _number(text: str) -> BookingNumber:
    parsed = parse_booking_number(text)
    if parsed is None:
        raise NotFoundError("booking", text)
    return parsed
