"""Events as far as contacts need them: when, in which state, with which questions and which rule for changed addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from doocore.model.fields import FieldKey
from doocore.model.history import require_offset
from doocore.model.organization import is_time_zone
from doocore.model.word import Word


class EventStatus(Word):
    """Where an event stands (BO-3); `OVER` is never stored, a live event becomes it by the clock."""

    DRAFT = "draft"
    LIVE = "live"
    CANCELLED = "cancelled"
    OVER = "over"


class EmailChangePolicy(Word):
    """What an event does when a booker changes the prefilled address (AS-8)."""

    REASSIGN = "reassign"
    KEEP = "keep"


class QuestionLevel(Word):
    """Whom a question is asked: once per booking (the booker), or each attendee."""

    BOOKING = "booking"
    ATTENDEE = "attendee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the booking form; `field` is the key of the contact field it is linked to, or None.

    Answers to unlinked questions stay on the booking (chapter 3). A hidden question is filled in by the host, for
    instance with the customer ID (ID-5).
    """

    id: str
    level: QuestionLevel
    text: str = ""
    field: FieldKey | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that is booked beside tickets."""

    id: str
    price: Decimal = Decimal(0)
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event; `starts_at` and `ends_at` are local times (without offset) in `time_zone`, an IANA name (BO-3).

    `portal` and `organizer_email` are kept and have no effect yet: the booking portal is to come.

    >>> gala = Event(id="e1", ends_at=datetime(2026, 5, 1, 22), time_zone="Europe/Berlin", status=EventStatus.LIVE)
    >>> from datetime import UTC
    >>> gala.status_at(datetime(2026, 5, 1, 20, tzinfo=UTC)).value
    'over'
    """

    id: str
    name: str = ""
    status: EventStatus = EventStatus.DRAFT
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str = "Europe/Berlin"
    email_change: EmailChangePolicy = EmailChangePolicy.REASSIGN
    costs: bool = False
    portal: bool = False
    organizer_email: str | None = None
    questions: Sequence[Question] = ()
    products: Sequence[Product] = ()
    version: int = 1

    def __post_init__(self) -> None:
        for name, moment in (("starts_at", self.starts_at), ("ends_at", self.ends_at)):
            if moment is not None and moment.tzinfo is not None:
                raise ValueError(f"event {self.id}: {name} is a local time in time_zone, without an offset")
        if not is_time_zone(self.time_zone):
            raise ValueError(f"event {self.id}: time_zone {self.time_zone!r} is not an IANA time zone")
        if self.starts_at is not None and self.ends_at is not None and self.ends_at < self.starts_at:
            raise ValueError(f"event {self.id}: it ends at {self.ends_at}, before it starts at {self.starts_at}")
        object.__setattr__(self, "questions", tuple(self.questions))
        object.__setattr__(self, "products", tuple(self.products))

    def status_at(self, now: datetime) -> EventStatus:
        """Tell the status at *now* (with offset): live turns into over at the very instant of the end (BO-3)."""
        require_offset(now)
        if self.status is EventStatus.LIVE and self.ends_at is not None:
            ends = self.ends_at.replace(tzinfo=ZoneInfo(self.time_zone))
            # Both in UTC: two moments of one zone would be compared by their wall clocks.
            if now.timestamp() >= ends.timestamp():
                return EventStatus.OVER
        return self.status
