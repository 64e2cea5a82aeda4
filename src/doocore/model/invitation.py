"""Where contacts stand with an event's invitation: the status, the evidence for it, and what the evidence is made from."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from typing import NamedTuple

from doocore.model.booking import AttendeeStatus, BookingStatus, PaymentStatus, RecordedBooking
from doocore.model.contact import Contact, GroupId
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

    One that the host calls machine-made (link scanners) is kept, and is evidence for nothing (MA-6). `id` is the host's,
    of this event and contact: what has come with it before is not recorded again; without one, it gets one. `message` is
    the host's name for the message, or empty.
    """

    event_id: str
    contact_id: ContactId
    reaction: Reaction
    at: datetime
    id: str = ""
    message: str = ""
    by_machine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMark:
    """A mark that somebody set by hand (IN-5)."""

    event_id: str
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

    @property
    def is_one(self) -> bool:
        """Whether it is one at all: the contact is booker or attendee, or it came through the contact's invitation."""
        return self.booker or self.through_invitation or any(each.own for each in self.attendees)


def concern_of(booking: RecordedBooking, contact_id: ContactId) -> Concern | None:
    """See a booking from a contact, as far as invitations go; None where it does not concern it (IN-3)."""
    concern = Concern(
        number=booking.number,
        status=booking.status,
        payment=booking.payment,
        booker=booking.booker.outcome.contact_id == contact_id,
        through_invitation=any(each.through_contact_id == contact_id for each in booking.parties),
        attendees=tuple(Ticket(each.outcome.contact_id == contact_id, each.status) for each in booking.attendees),
    )
    return concern if concern.is_one else None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationFacts:
    """What is known of a contact and an event: the set of evidence that is kept, and the bookings that concern it.

    `version` counts how often the bookings' part of the evidence was written: whoever writes it has seen all bookings
    up to then (0: it never was).
    """

    evidence: Evidence = NO_EVIDENCE
    version: int = 0
    concerns: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationList:
    """An event's invitation list: the groups whose members stand on it (IN-1), in the order they were added."""

    event_id: str
    created_at: datetime
    groups: tuple[GroupId, ...] = ()
    version: int = 1


class Invitation(NamedTuple):
    """One line of an invitation list: a contact, and all that is known of it and the event."""

    contact_id: ContactId
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationLine:
    """One line of an invitation list as it is shown: the contact, where it stands, and all evidence (IN-2, IN-6)."""

    contact: Contact
    status: InvitationStatus
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What something is known from: a message's event, a mark or a booking, and when (IN-7).

    `evidence` is one bit, or none where a machine reacted to a message (MA-6). `at` of a booking is its last change.
    """

    evidence: Evidence
    at: datetime
    message_event: MessageEvent | None = None
    mark: ContactMark | None = None
    booking: BookingNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationExplanation:
    """Why a contact stands where it stands with an event (IN-7).

    `decisive` is the evidence that makes the status, `witnesses` tell of all evidence, the earliest first. `is_listed`
    is whether the contact is on the event's invitation list.
    """

    contact_id: ContactId
    status: InvitationStatus
    evidence: Evidence
    decisive: Evidence
    is_listed: bool
    witnesses: tuple[Witness, ...]
