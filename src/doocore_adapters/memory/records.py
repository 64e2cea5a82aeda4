"""What one organization has in memory, and the journal by which a failed transaction is taken back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple, TypeVar

from doocore.model.booking import RecordedBooking
from doocore.model.code import Code, CodeId
from doocore.model.contact import Contact, Group, GroupId, OptOut
from doocore.model.contact_import import ImportId, ImportRecord, RowReport
from doocore.model.event import Event
from doocore.model.fields import ContactField, FieldKey
from doocore.model.history import BookingHistoryEntry, Cause, HistoryEntry
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore.model.invitation import NO_EVIDENCE, ContactMark, Evidence, InvitationList, Mark, MessageEvent
from doocore.model.message import MailId, Message, MessageId, OutboxMail
from doocore.model.organization import OrganizationSettings

K = TypeVar("K")
V = TypeVar("V")

_ABSENT = object()


class Membership(NamedTuple):
    """How a contact came into a group; `sequence` grows with every joining."""

    sequence: int
    joined_at: datetime
    cause: Cause
    reference: str


class Kept(NamedTuple):
    """The evidence that is kept of a contact and an event, and how often the bookings' part of it was written."""

    evidence: Evidence = NO_EVIDENCE
    version: int = 0


@dataclass(slots=True)
class Records:
    """The tables of one organization; fields, events and imports stand in order of their creation.

    `survivors` has every ID that a contact once had: with None, where the contact was deleted. What is known of contacts
    and events stands by contact, then by event.
    """

    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    holders: dict[IdentifierKey, frozenset[ContactId]] = field(default_factory=dict)
    survivors: dict[ContactId, ContactId | None] = field(default_factory=dict)
    opt_outs: dict[OptOut, datetime] = field(default_factory=dict)
    groups: dict[GroupId, Group] = field(default_factory=dict)
    group_names: dict[str, GroupId] = field(default_factory=dict)
    members: dict[GroupId, dict[ContactId, Membership]] = field(default_factory=dict)
    groups_of: dict[ContactId, frozenset[GroupId]] = field(default_factory=dict)
    fields: dict[FieldKey, ContactField] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    bookings: dict[BookingNumber, RecordedBooking] = field(default_factory=dict)
    bookings_of: dict[ContactId, frozenset[BookingNumber]] = field(default_factory=dict)
    bookings_through: dict[ContactId, frozenset[BookingNumber]] = field(default_factory=dict)
    booking_history: dict[BookingNumber, dict[int, BookingHistoryEntry]] = field(default_factory=dict)
    invitation_lists: dict[str, InvitationList] = field(default_factory=dict)
    evidence: dict[ContactId, dict[str, Kept]] = field(default_factory=dict)
    message_events: dict[ContactId, dict[str, dict[str, MessageEvent]]] = field(default_factory=dict)
    marks: dict[ContactId, dict[str, dict[Mark, ContactMark]]] = field(default_factory=dict)
    codes: dict[CodeId, Code] = field(default_factory=dict)
    code_names: dict[str, CodeId] = field(default_factory=dict)
    code_uses: dict[CodeId, dict[BookingNumber, datetime]] = field(default_factory=dict)
    codes_of: dict[BookingNumber, frozenset[CodeId]] = field(default_factory=dict)
    messages: dict[MessageId, Message] = field(default_factory=dict)
    mails: dict[MailId, OutboxMail] = field(default_factory=dict)
    imports: dict[ImportId, ImportRecord] = field(default_factory=dict)
    import_rows: dict[ImportId, dict[int, RowReport]] = field(default_factory=dict)
    history: dict[ContactId, dict[int, HistoryEntry]] = field(default_factory=dict)
    settings: dict[str, OrganizationSettings] = field(default_factory=dict)
    joinings: Iterator[int] = field(default_factory=count)

    def concerned(self, contact_id: ContactId) -> frozenset[BookingNumber]:
        """Name the bookings that concern a contact: it is a party of them, or they came through its invitation."""
        nothing = frozenset[BookingNumber]()
        return self.bookings_of.get(contact_id, nothing) | self.bookings_through.get(contact_id, nothing)


class Journal:
    """Writes into tables, and remembers what stood there before: taking back costs what was written, not what there is.

    >>> journal, table = Journal(), {"a": 1, "b": 2}
    >>> journal.put(table, "a", 3); journal.drop(table, "b"); journal.put(table, "c", 4)
    >>> journal.undo_to(0); table == {"a": 1, "b": 2}
    True
    """

    def __init__(self) -> None:
        self._before: list[tuple[dict[Any, Any], object, object]] = []

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Write *value*."""
        self._before.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Delete what stands at *key*, if anything does."""
        if key in table:
            self._before.append((table, key, table.pop(key)))

    def mark(self) -> int:
        """Give the place to which `undo_to` comes back."""
        return len(self._before)

    def undo_to(self, mark: int) -> None:
        """Take back everything since *mark*, the last write first."""
        while len(self._before) > mark:
            table, key, value = self._before.pop()
            if value is _ABSENT:
                del table[key]
            else:
                table[key] = value
