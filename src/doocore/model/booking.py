"""Bookings: what the host delivers, and what was decided about each party of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from doocore.model.contact import Subscription
from doocore.model.fields import Entered, FieldKey, FieldValue, entered
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.model.word import Word


class PaymentStatus(Word):
    """Where the payment of a booking stands (BO-1)."""

    NOT_REQUIRED = "not_required"
    PENDING = "pending"
    PAID = "paid"
    REFUNDED = "refunded"


class BookingStatus(Word):
    """Whether a booking stands (BO-1)."""

    ACTIVE = "active"
    CANCELLED = "cancelled"


class AttendeeStatus(Word):
    """Where an attendee stands (BO-2)."""

    ACTIVE = "active"
    CANCELLED = "cancelled"
    CHECKED_IN = "checked_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """What was put into the booking form beforehand: a contact, and its address if it had one then.

    The host learns it from the link or access code by which the person came.
    """

    contact_id: ContactId
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A booker or attendee, as entered.

    `values` are answers for contact fields by their names (never `email`, which has a place of its own); `answers`
    are answers to the event's questions by question ID. `chosen` is a contact that staff picked (AS-0).
    `subscribes` are the subscriptions that the party itself asked for; silence changes nothing (SU-2).
    """

    email: str | None = None
    values: Mapping[str, Entered] = FrozenDict()
    answers: Mapping[str, Entered] = FrozenDict()
    prefill: Prefill | None = None
    chosen: ContactId | None = None
    subscribes: Collection[Subscription] = frozenset()

    def __post_init__(self) -> None:
        if self.email is not None:
            object.__setattr__(self, "email", entered(self.email))
        for name in ("values", "answers"):
            given = {key: entered(value) for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, FrozenDict(given))
        object.__setattr__(self, "subscribes", frozenset(self.subscribes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee(Party):
    """A person on a ticket."""

    ticket: str = ""
    price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking as the host delivers it: exactly one booker, any number of attendees (BO-1).

    Without a `number` the system draws one; with it, a second delivery is recognized (AS-13).
    `invoice_sum` is in the host's currency. `codes` are the names of codes that it redeems (chapter 10).
    """

    event_id: str
    booker: Party
    attendees: Sequence[Attendee] = ()
    number: str | None = None
    payment: PaymentStatus = PaymentStatus.NOT_REQUIRED
    products: Sequence[str] = ()
    invoice_sum: Decimal | None = None
    codes: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "attendees", tuple(self.attendees))
        object.__setattr__(self, "products", tuple(self.products))
        object.__setattr__(self, "codes", tuple(self.codes))

    @property
    def parties(self) -> tuple[Party, ...]:
        """Booker first, then attendees: the order in which they are decided (AS-10)."""
        return (self.booker, *self.attendees)


def party_path(position: int) -> str:
    """Say where in a booking a party stands, as errors and histories have it; the booker is at 0, attendees count from 1.

    >>> party_path(0), party_path(1)
    ('booker', 'attendees[0]')
    """
    return f"attendees[{position - 1}]" if position else "booker"


class Decision(Word):
    """Where a party goes (chapter 2)."""

    ASSIGN = "assign"
    NEW = "new"
    UNASSIGNED = "unassigned"


class Flag(Word):
    """What else is to be known about an assignment."""

    PREFILL_CHANGED = "prefill_changed"
    PREFILL_GONE = "prefill_gone"
    NAME_DIFFERS = "name_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The decision about one party, with everything needed to say why (EX-3).

    `contact_id` is the contact it goes to, None where it is new (not created yet) or unassigned.
    """

    decision: Decision
    reason: str
    rules: tuple[str, ...]
    contact_id: ContactId | None = None
    flags: frozenset[Flag] = frozenset()


class SyncOutcome(Word):
    """What became of one given value on its way into the contact (chapter 3)."""

    UNTOUCHED = "untouched"
    FILLED = "filled"
    OVERWRITTEN = "overwritten"
    KEPT = "kept"
    REJECTED = "rejected"
    TAKEN = "taken"
    OTHER_PERSON = "other_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReport:
    """One field that synchronization has to say something about.

    `before` is the contact's value (None where blank), `given` the incoming one, normalized where that was possible.
    """

    field: FieldKey
    outcome: SyncOutcome
    before: FieldValue | None
    given: Entered
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyOutcome:
    """What was decided about one party: the assignment, the report of the synchronization, the record's customer ID.

    `opted_out` names subscriptions that the party asked for and an earlier opt-out forbids (SU-4, SU-5).
    """

    assignment: Assignment
    contact_id: ContactId | None
    customer_id: str | None = None
    reports: tuple[FieldReport, ...] = ()
    opted_out: tuple[Subscription, ...] = ()

    @property
    def reason(self) -> str:
        """The word for why (the table of chapter 2)."""
        return self.assignment.reason

    @property
    def decision(self) -> Decision:
        """Where the party went."""
        return self.assignment.decision

    @property
    def flags(self) -> frozenset[Flag]:
        """What else is to be known."""
        return self.assignment.flags

    def fields(self, outcome: SyncOutcome) -> tuple[FieldKey, ...]:
        """Name the fields that were *outcome*."""
        return tuple(each.field for each in self.reports if each.outcome is outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedParty:
    """A party as it is kept: what was entered, what was decided, and where it stands.

    `through_contact_id` is the contact through whose invitation the party came: the prefilled one, or the survivor that
    stood for it then (IN-3).
    """

    entered: Party
    outcome: PartyOutcome
    status: AttendeeStatus = AttendeeStatus.ACTIVE
    through_contact_id: ContactId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBooking:
    """A booking as it is kept; `fingerprint` is that of the first delivery (AS-13)."""

    number: BookingNumber
    event_id: str
    booker: RecordedParty
    attendees: tuple[RecordedParty, ...]
    booked_at: datetime
    fingerprint: str
    payment: PaymentStatus = PaymentStatus.NOT_REQUIRED
    status: BookingStatus = BookingStatus.ACTIVE
    products: tuple[str, ...] = ()
    invoice_sum: Decimal | None = None
    last_changed: datetime | None = None
    version: int = 1

    @property
    def parties(self) -> Iterator[RecordedParty]:
        """Booker first, then attendees."""
        yield self.booker
        yield from self.attendees

    def with_parties(self, parties: Iterable[RecordedParty]) -> "RecordedBooking":
        """Give the same booking with other parties, booker first."""
        booker, *attendees = parties
        return replace(self, booker=booker, attendees=tuple(attendees))
