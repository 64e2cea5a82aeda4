"""Where contacts stand with an event's invitation: the status, the evidence for it, and what the evidence is made from."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from typing import NamedTuple, TypeAlias

from doocore.model.booking import AttendeeStatus, BookingStatus, PaymentStatus
from doocore.model.contact import GroupId
from doocore.model.event import EventId
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.model.word import Word

MOST_GROUPS = 10
"""How many groups an invitation list can have (IN-1)."""


class InvitationStatus(Word):
    """Where a contact stands with an event; the order is the precedence, lowest first (IN-2)."""

    PENDING = "pending"
    INVITED = "invited"
    OPENED = "opened"
    CLICKED = "clicked"
    UNDECIDED = "undecided"
    INTERESTED = "interested"
    FORWARDED = "forwarded"
    DECLINED = "declined"
    COMPLETED = "completed"
    MULTIPLE_ATTENDEES = "multiple_attendees"
    CHECKED_IN = "checked_in"
    CANCELLED = "cancelled"


class Evidence(IntFlag):
    """What is known of a contact and an event, as a set of bits (IN-8). The numbers are stored: none is ever changed."""

    SENT = 1 << 0
    MARKED_INVITED = 1 << 1
    OPENED = 1 << 2
    CLICKED_GENERAL = 1 << 3
    CLICKED_MAYBE = 1 << 4
    MARKED_UNDECIDED = 1 << 5
    CLICKED_REGISTRATION = 1 << 6
    CONCERNED = 1 << 7  # a completed booking concerns the contact
    BOOKED_FOR_OTHERS = 1 << 8
    CLICKED_DECLINE = 1 << 9
    MARKED_DECLINED = 1 << 10
    ONE_ATTENDEE = 1 << 11  # exactly one active attendee of a completed booking
    SEVERAL_ATTENDEES = 1 << 12
    CHECKED_IN = 1 << 13
    ALL_CANCELLED = 1 << 14


NO_EVIDENCE = Evidence(0)
BY_BOOKINGS = (
    Evidence.CONCERNED
    | Evidence.BOOKED_FOR_OTHERS
    | Evidence.ONE_ATTENDEE
    | Evidence.SEVERAL_ATTENDEES
    | Evidence.CHECKED_IN
    | Evidence.ALL_CANCELLED
)
"""What bookings are evidence for; the rest comes from messages and marks."""


class Mark(Word):
    """What can be set by hand (IN-5)."""

    INVITED = "invited"
    UNDECIDED = "undecided"
    DECLINED = "declined"


class Reaction(Word):
    """What happens to a message at one recipient, as far as it is evidence (IN-2)."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED_GENERAL = "clicked_general"
    CLICKED_MAYBE = "clicked_maybe"
    CLICKED_REGISTRATION = "clicked_registration"
    CLICKED_DECLINE = "clicked_decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent:
    """Something that happened to a message of an event at one recipient.

    One that the host calls machine-made (link scanners) is kept, and is evidence for nothing (MA-6). `id` tells apart
    what happened twice; `message` is the host's name for the message, or empty.
    """

    id: str
    event_id: EventId
    contact_id: ContactId
    reaction: Reaction
    at: datetime
    message: str = ""
    by_machine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMark:
    """A mark that somebody set by hand (IN-5)."""

    event_id: EventId
    contact_id: ContactId
    mark: Mark
    at: datetime
    actor: str


class Ticket(NamedTuple):
    """An attendee of a booking, seen from one contact: `own` means that the attendee is this contact."""

    own: bool
    status: AttendeeStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A booking of an event, seen from one contact that it concerns (IN-3).

    `booker` means that the contact made it, `through_invitation` that it came through the contact's invitation.
    """

    number: BookingNumber
    status: BookingStatus = BookingStatus.ACTIVE
    payment: PaymentStatus = PaymentStatus.NOT_REQUIRED
    booker: bool = False
    through_invitation: bool = False
    attendees: tuple[Ticket, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationFacts:
    """What is known of a contact and an event, as far as bookings tell.

    `evidence` is the set that is kept, `version` counts how often its bookings' part was written: whoever writes it
    has seen all bookings up to then (0: it never was).
    """

    evidence: Evidence = NO_EVIDENCE
    version: int = 0
    concerns: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationList:
    """An event's invitation list: the groups whose members stand on it (IN-1), in the order they were added."""

    event_id: EventId
    created_at: datetime
    groups: tuple[GroupId, ...] = ()
    version: int = 1


class Invitation(NamedTuple):
    """One line of an invitation list."""

    contact_id: ContactId
    evidence: Evidence


Masks: TypeAlias = Collection[Evidence]
"""Sets of evidence, as a list is filtered by: the statuses they mean are the rules' business."""
