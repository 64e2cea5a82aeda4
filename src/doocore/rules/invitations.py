"""Invitations, chapter 7: where does a contact stand with an event.

Two rules for this file. 1: which evidence means which status is the table `STATUSES`; what is evidence is the three
functions behind it. 2: it knows no order in time (IN-8): the same set of evidence means the same status.

The highest status counts for which there is evidence (IN-2).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from doocore.model.booking import AttendeeStatus, BookingStatus, PaymentStatus
from doocore.model.event import EventStatus
from doocore.model.invitation import (
    NO_EVIDENCE,
    Concern,
    Evidence,
    InvitationStatus,
    Mark,
    MessageEvent,
    Reaction,
)


class Row(NamedTuple):
    """One status: any of these is evidence for it (for the lowest none is needed), unless there is also that."""

    status: InvitationStatus
    any_of: Evidence
    unless: Evidence = NO_EVIDENCE


STATUSES: tuple[Row, ...] = (
    Row(InvitationStatus.PENDING, NO_EVIDENCE),
    Row(InvitationStatus.INVITED, Evidence.SENT | Evidence.MARKED_INVITED),
    Row(InvitationStatus.OPENED, Evidence.OPENED),
    Row(InvitationStatus.CLICKED, Evidence.CLICKED_GENERAL),
    Row(InvitationStatus.UNDECIDED, Evidence.CLICKED_MAYBE | Evidence.MARKED_UNDECIDED),
    Row(InvitationStatus.INTERESTED, Evidence.CLICKED_REGISTRATION, unless=Evidence.CONCERNED),
    Row(InvitationStatus.FORWARDED, Evidence.BOOKED_FOR_OTHERS),
    Row(InvitationStatus.DECLINED, Evidence.CLICKED_DECLINE | Evidence.MARKED_DECLINED),
    Row(InvitationStatus.COMPLETED, Evidence.ONE_ATTENDEE),
    Row(InvitationStatus.MULTIPLE_ATTENDEES, Evidence.SEVERAL_ATTENDEES),
    Row(InvitationStatus.CHECKED_IN, Evidence.CHECKED_IN),
    Row(InvitationStatus.CANCELLED, Evidence.ALL_CANCELLED),
)
"""The statuses with their evidence, in the order of precedence, lowest first (IN-2)."""

BY_REACTION: Mapping[Reaction, Evidence] = {
    Reaction.SENT: Evidence.SENT,
    Reaction.OPENED: Evidence.OPENED,
    Reaction.CLICKED_GENERAL: Evidence.CLICKED_GENERAL,
    Reaction.CLICKED_MAYBE: Evidence.CLICKED_MAYBE,
    Reaction.CLICKED_REGISTRATION: Evidence.CLICKED_REGISTRATION,
    Reaction.CLICKED_DECLINE: Evidence.CLICKED_DECLINE,
}
"""What happens to a message, and what it is evidence for (IN-2)."""

BY_MARK: Mapping[Mark, Evidence] = {
    Mark.INVITED: Evidence.MARKED_INVITED,
    Mark.UNDECIDED: Evidence.MARKED_UNDECIDED,
    Mark.DECLINED: Evidence.MARKED_DECLINED,
}
"""What is marked by hand, and what it is evidence for (IN-5)."""

HAS_INVITATIONS: Mapping[EventStatus, bool] = {
    EventStatus.DRAFT: False,
    EventStatus.LIVE: True,
    EventStatus.CANCELLED: True,
    EventStatus.OVER: True,
}
"""Whether an event of this status can have an invitation list, and marks on it (IN-1)."""

COMPLETES: Mapping[PaymentStatus, bool] = {
    PaymentStatus.NOT_REQUIRED: True,
    PaymentStatus.PENDING: False,
    PaymentStatus.PAID: True,
    PaymentStatus.REFUNDED: False,
}
"""Whether an active booking of this payment status is completed (IN-3)."""


def status_of(evidence: int, table: Sequence[Row] = STATUSES) -> InvitationStatus:
    """Give the highest status for which there is evidence (IN-2).

    >>> status_of(Evidence.OPENED | Evidence.MARKED_DECLINED).value
    'declined'
    """
    return next(row.status for row in reversed(table) if _speaks(row, evidence))


def statuses_of(evidence: Iterable[int], table: Sequence[Row] = STATUSES) -> Iterator[InvitationStatus]:
    """Give the status of each set of evidence, millions a second: every set there can be is judged beforehand.

    >>> [status.value for status in statuses_of([Evidence.SENT, Evidence.SENT | Evidence.OPENED])]
    ['invited', 'opened']
    """
    return map(_judged(tuple(table)).__getitem__, evidence)


def evidence_of_bookings(concerns: Iterable[Concern]) -> Evidence:
    """Derive what the bookings of one event that concern a contact are evidence for (IN-2, rows 6, 7 and 9 to 12; IN-3).

    A booking that does not concern the contact is evidence for nothing.

    >>> from doocore.model.identifiers import BookingNumber
    >>> evidence_of_bookings([Concern(number=BookingNumber("TX-AAAA-0001"), booker=True)]).name
    'CONCERNED|BOOKED_FOR_OTHERS'
    """
    all_concerns = tuple(each for each in concerns if each.is_one)
    completed = [each for each in all_concerns if is_completed(each)]
    attending = [status for each in all_concerns for status in _active_own(each)]
    tickets = sum(len(_active_own(each)) for each in completed)
    sends_others = any(each.booker or each.through_invitation for each in completed)
    records = [active for each in all_concerns for active in _own_records(each)]
    found = {
        Evidence.CONCERNED: bool(completed),
        Evidence.BOOKED_FOR_OTHERS: sends_others and not attending,
        Evidence.ONE_ATTENDEE: tickets == 1,
        Evidence.SEVERAL_ATTENDEES: tickets > 1,
        Evidence.CHECKED_IN: AttendeeStatus.CHECKED_IN in attending,
        Evidence.ALL_CANCELLED: bool(records) and not any(records),
    }
    return _union(evidence for evidence, holds in found.items() if holds)


def evidence_of_messages(events: Iterable[MessageEvent]) -> Evidence:
    """Derive what happened to messages is evidence for; what a machine did is evidence for nothing (IN-2, MA-6)."""
    return _union(BY_REACTION[each.reaction] for each in events if not each.by_machine)


def evidence_of_marks(marks: Iterable[Mark]) -> Evidence:
    """Derive what was marked by hand is evidence for (IN-5)."""
    return _union(map(BY_MARK.__getitem__, marks))


def decisive(evidence: Evidence, table: Sequence[Row] = STATUSES) -> Evidence:
    """Give the part of *evidence* that makes the status what it is (IN-7); nothing, where none is needed.

    >>> decisive(Evidence.SENT | Evidence.OPENED | Evidence.CLICKED_MAYBE | Evidence.MARKED_UNDECIDED).name
    'CLICKED_MAYBE|MARKED_UNDECIDED'
    """
    return evidence & next(row.any_of for row in reversed(table) if _speaks(row, evidence))


def is_active(concern: Concern) -> bool:
    """Tell whether a booking is neither cancelled nor left by all its attendees (IN-3)."""
    return concern.status is BookingStatus.ACTIVE and (
        not concern.attendees or any(each.status is not AttendeeStatus.CANCELLED for each in concern.attendees)
    )


def is_completed(concern: Concern) -> bool:
    """Tell whether a booking is active, and paid as far as it has to be (IN-3)."""
    return COMPLETES[concern.payment] and is_active(concern)


def _active_own(concern: Concern) -> list[AttendeeStatus]:
    """Give the statuses of the contact's own attendees that are active (IN-3)."""
    if concern.status is BookingStatus.CANCELLED:
        return []
    return [each.status for each in concern.attendees if each.own and each.status is not AttendeeStatus.CANCELLED]


def _own_records(concern: Concern) -> list[bool]:
    """Tell of each record that the contact is booker or attendee in, whether it is active (IN-2, row 12)."""
    own = sum(each.own for each in concern.attendees)
    active = len(_active_own(concern))
    return [is_active(concern)] * concern.booker + [True] * active + [False] * (own - active)


TELLS: Mapping[Evidence, Callable[[Concern], bool]] = {
    Evidence.CONCERNED: is_completed,
    Evidence.BOOKED_FOR_OTHERS: lambda each: is_completed(each) and (each.booker or each.through_invitation),
    Evidence.ONE_ATTENDEE: lambda each: is_completed(each) and bool(_active_own(each)),
    Evidence.SEVERAL_ATTENDEES: lambda each: is_completed(each) and bool(_active_own(each)),
    Evidence.CHECKED_IN: lambda each: AttendeeStatus.CHECKED_IN in _active_own(each),
    Evidence.ALL_CANCELLED: lambda each: bool(_own_records(each)),
}
"""Which bookings tell what bookings are evidence for, where it is known (IN-7)."""


def _speaks(row: Row, evidence: int) -> bool:
    return (not row.any_of or bool(evidence & row.any_of)) and not evidence & row.unless


@lru_cache(maxsize=4)
def _judged(table: tuple[Row, ...]) -> tuple[InvitationStatus, ...]:
    return tuple(status_of(each, table) for each in range(1 << len(Evidence)))


def _union(found: Iterable[Evidence]) -> Evidence:
    evidence = NO_EVIDENCE
    for each in found:
        evidence |= each
    return evidence
