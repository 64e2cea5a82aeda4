"""Bookings, chapter 9: what paying makes of a payment, and who comes in.

Two rules for this file. 1: what becomes of a payment or a ticket is a row of a table. 2: it knows no booking, only
where one stands; cancelling needs no table, since it is always possible.
"""

from collections.abc import Mapping

from doocore.model.booking import AttendeeStatus, BookingStatus, PaymentStatus
from doocore.model.word import Word


class PaymentAct(Word):
    """What is done about the money for a booking."""

    PAY = "pay"
    REFUND = "refund"


class Admission(Word):
    """What is said at the door."""

    CHECKED_IN = "checked_in"
    ALREADY_CHECKED_IN = "already_checked_in"
    TICKET_CANCELLED = "ticket_cancelled"


BY_PAYMENT: Mapping[tuple[PaymentAct, PaymentStatus], PaymentStatus | None] = {
    (PaymentAct.PAY, PaymentStatus.NOT_REQUIRED): PaymentStatus.PAID,
    (PaymentAct.PAY, PaymentStatus.PENDING): PaymentStatus.PAID,
    (PaymentAct.PAY, PaymentStatus.PAID): PaymentStatus.PAID,
    (PaymentAct.PAY, PaymentStatus.REFUNDED): PaymentStatus.PAID,
    (PaymentAct.REFUND, PaymentStatus.NOT_REQUIRED): None,
    (PaymentAct.REFUND, PaymentStatus.PENDING): None,
    (PaymentAct.REFUND, PaymentStatus.PAID): PaymentStatus.REFUNDED,
    (PaymentAct.REFUND, PaymentStatus.REFUNDED): PaymentStatus.REFUNDED,
}
"""Where a payment stands afterwards (BO-1); None where there is nothing to give back, and the act is refused."""

BY_TICKET: Mapping[tuple[BookingStatus, AttendeeStatus], Admission] = {
    (BookingStatus.ACTIVE, AttendeeStatus.ACTIVE): Admission.CHECKED_IN,
    (BookingStatus.ACTIVE, AttendeeStatus.CHECKED_IN): Admission.ALREADY_CHECKED_IN,
    (BookingStatus.ACTIVE, AttendeeStatus.CANCELLED): Admission.TICKET_CANCELLED,
    (BookingStatus.CANCELLED, AttendeeStatus.ACTIVE): Admission.TICKET_CANCELLED,
    (BookingStatus.CANCELLED, AttendeeStatus.CHECKED_IN): Admission.TICKET_CANCELLED,
    (BookingStatus.CANCELLED, AttendeeStatus.CANCELLED): Admission.TICKET_CANCELLED,
}
"""What an attendee hears at the door, by the booking and the ticket (BO-2); the payment does not matter to that."""
