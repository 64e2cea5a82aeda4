"""The edges of the core: what a store, a clock and a source of IDs must do for it.

Each docstring is a contract that `doocore.testing.StoreContract` drives; a new store passes that suite and is done.
Adapters live outside (`doocore_adapters`), and hold no rule.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from doocore.changes import Change
from doocore.model.booking import RecordedBooking
from doocore.model.contact import Contact, ContactColumns, Excerpt, Group, GroupId, OptOut
from doocore.model.contact_import import ImportId, ImportRecord, OutcomeCounts, RowReport
from doocore.model.deletion import Belongings
from doocore.model.event import Event
from doocore.model.fields import ContactField, Entered, FieldId, FieldKey
from doocore.model.history import Envelope, HistoryEntry
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore.model.organization import OrganizationSettings


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Give the present moment, with an offset."""


class IdSource(Protocol):
    """Where new identifiers come from; none is ever given twice (ID-1, ID-7)."""

    def contact_id(self) -> ContactId:
        """Give a new contact ID: digits and letters; later ones sort behind earlier ones of the same source."""

    def booking_number(self) -> BookingNumber:
        """Draw a booking number from at least 40 random bits."""

    def record_id(self) -> str:
        """Give a new ID for a group, a field or an import: digits and letters."""


@runtime_checkable
class ContactRows(Protocol):
    """A list to import: a header, and rows that can be read more than once (IM-1)."""

    @property
    def name(self) -> str:
        """Name the list for the report: a file name, or empty."""

    def columns(self) -> tuple[str, ...]:
        """Give the header's names as written; `ImportFileError` if there is none."""

    def rows(self) -> Iterator[tuple[int, Sequence[Entered]]]:
        """Yield (line, cells) for every non-blank row, from the first, with as many cells as it has.

        Cells hold no control characters but tabs and line ends, as `doocore.model.fields.entered` sees to it.
        Raises `ImportFileError` as soon as the file proves unreadable; a first full pass finds every such error.
        """

    def fingerprint(self) -> str:
        """Give a text that differs for lists that differ."""


class ContactReading(Protocol):
    """Reading contacts."""

    def get(self, ids: Collection[ContactId]) -> Mapping[ContactId, Contact]:
        """Read the contacts of *ids*; unknown ones (and another organization's) are left out."""

    def excerpts(self, ids: Collection[ContactId], fields: Sequence[str]) -> Mapping[ContactId, Excerpt]:
        """Read what contacts have in *fields*, in that order; unknown contacts are left out.

        *fields* are keys of fields and words of `Subscription`, whose place has the word of the contact's state. A
        field without a value is the empty text, as is one that does not exist, and a subscription of which nothing
        was ever said.
        """

    def holders(self, keys: Collection[IdentifierKey]) -> Mapping[IdentifierKey, tuple[ContactId, ...]]:
        """Find every holder of each key, aliases included (MG-5), sorted; keys that nobody holds are left out.

        A contact ID is held by the contact of that ID alone (not by what it was merged into: `survivors` tells).
        """

    def survivors(self, ids: Collection[ContactId]) -> Mapping[ContactId, ContactId]:
        """Tell, for each of *ids* that was merged into another contact, the last survivor of the chain (MG-1).

        Once that one was deleted, there is none.
        """

    def belongings(self, contact_id: ContactId) -> Belongings:
        """Count the bookings and attendees of a contact, and tell who was merged into it; nothing for an unknown one."""

    def opt_outs(self, address_keys: Collection[str]) -> frozenset[OptOut]:
        """Find the recorded opt-outs that bind these match keys (SU-5)."""

    def page(
        self, *, after: ContactId | None = None, limit: int = 100, text: str = "", group_id: GroupId | None = None
    ) -> tuple[Contact, ...]:
        """List contacts in order of their IDs, behind *after*, at most *limit*.

        *text* is folded by the caller and occurs in the contact's search text (SE-1); *group_id* keeps its members.
        """

    def columns(
        self,
        fields: Sequence[str],
        *,
        after: ContactId | None = None,
        limit: int = 100,
        text: str = "",
        group_id: GroupId | None = None,
        ids: Collection[ContactId] | None = None,
    ) -> ContactColumns:
        """Read what `page` lists column by column: the groups, and a column for each of *fields*, as `excerpts` has them.

        For exports of any size, which go on behind the last ID. *ids* keeps these contacts; unknown ones are left out.
        """

    def count(self, *, text: str = "", group_id: GroupId | None = None) -> int:
        """Count what `page` would list without a limit."""


class GroupReading(Protocol):
    """Reading groups and memberships."""

    def all(self) -> tuple[Group, ...]:
        """List all groups, sorted by name."""

    def named(self, folded_names: Collection[str]) -> Mapping[str, Group]:
        """Find groups by their folded names; names without a group are left out."""

    def of(self, contact_ids: Collection[ContactId]) -> Mapping[ContactId, frozenset[GroupId]]:
        """Tell the groups of each contact; contacts in no group are left out."""

    def members(self, group_id: GroupId) -> tuple[ContactId, ...]:
        """List the members in the order they joined (MA-1)."""


class FieldReading(Protocol):
    """Reading contact fields."""

    def all(self) -> tuple[ContactField, ...]:
        """List what `PutField` wrote, in order of first writing: custom fields, and changed system fields."""

    def count_values(self, field_key: FieldKey) -> int:
        """Count the contacts that have a value in this custom field."""


class EventReading(Protocol):
    """Reading events."""

    def get(self, ids: Collection[str]) -> Mapping[str, Event]:
        """Read the events of *ids*; unknown ones are left out."""

    def all(self) -> tuple[Event, ...]:
        """List all events in order of creation."""


class BookingReading(Protocol):
    """Reading bookings."""

    def get(self, numbers: Collection[BookingNumber]) -> Mapping[BookingNumber, RecordedBooking]:
        """Read the bookings of *numbers*; unknown ones are left out."""

    def page(
        self, *, after: BookingNumber | None = None, limit: int = 100, event_id: str | None = None
    ) -> tuple[RecordedBooking, ...]:
        """List bookings in order of their numbers, behind *after*, at most *limit*; of one event, or of all."""

    def of_contact(self, contact_id: ContactId) -> tuple[BookingNumber, ...]:
        """List the numbers of the bookings in which *contact_id* is a party, sorted."""


class ImportReading(Protocol):
    """Reading imports and what became of their rows."""

    def get(self, import_id: ImportId) -> ImportRecord | None:
        """Read an import; None if there is none of this ID."""

    def all(self) -> tuple[ImportRecord, ...]:
        """List all imports in order of their beginning."""

    def counts(self, import_id: ImportId) -> OutcomeCounts:
        """Count the recorded rows per outcome; an outcome that no row had is left out."""

    def notable(self, import_id: ImportId) -> Iterator[RowReport]:
        """Stream the rows that have reasons or warnings, in the order of the file, with their cells where kept."""


class HistoryReading(Protocol):
    """Reading what happened to contacts."""

    def of_contact(self, contact_id: ContactId) -> tuple[HistoryEntry, ...]:
        """List the changes of a contact, the first one first; its creation stands in its origin instead."""


class SettingsReading(Protocol):
    """Reading the organization's settings."""

    def get(self) -> OrganizationSettings:
        """Read the settings; the defaults where none were ever written."""


class Snapshot(Protocol):
    """Reading in one organization: all of it is of one moment, whatever others write meanwhile."""

    @property
    def contacts(self) -> ContactReading:
        """Contacts, and who holds which identifier."""

    @property
    def groups(self) -> GroupReading:
        """Groups and memberships."""

    @property
    def fields(self) -> FieldReading:
        """Contact fields."""

    @property
    def events(self) -> EventReading:
        """Events."""

    @property
    def bookings(self) -> BookingReading:
        """Bookings."""

    @property
    def imports(self) -> ImportReading:
        """Imports and their rows."""

    @property
    def history(self) -> HistoryReading:
        """What happened to contacts."""

    @property
    def settings(self) -> SettingsReading:
        """The organization's settings."""


class Transaction(Snapshot, Protocol):
    """One unit of work in one organization: what is read in it is consistent, what is applied in it is atomic.

    Of no use once its block has ended: then reading and writing raise `RuntimeError`.
    """

    def apply(self, changes: Sequence[Change], envelope: Envelope) -> None:
        """Write all *changes*, and the history that follows from them, or nothing.

        The order of kinds does not matter to the caller: fields, groups and contacts are written before what refers
        to them. Later reads in this transaction see the result.
        Raises `StaleVersionError` where a record has not the version that the change was made from (one that is to be
        created has none, and an ID that a contact once had is not to be created), `DuplicateNameError` for a group name
        that exists, `NotFoundError` where a change refers to a contact, group, field or import that does not exist, and
        `ValueError` for a moment without an offset; then nothing of *changes* was written, and the transaction can be
        used further.
        """


class OrganizationStore(Protocol):
    """One organization's records; there is no way from here to another's (PR-1)."""

    @property
    def organization_id(self) -> str:
        """Whose records these are."""

    def transaction(self, lock: Iterable[IdentifierKey] = ()) -> AbstractContextManager[Transaction]:
        """Open a transaction that commits when the block ends and rolls back when it raises.

        Two transactions that lock a common key never overlap: the second waits until the first is through, and sees
        what it wrote (AS-12). Keys may be given in any order and need not exist.
        With a connection of the host's, neither happens here: the host's own commit or rollback decides.
        A thread has one transaction or snapshot of a store at a time; another within it raises `RuntimeError`.
        """

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Open a view of what was committed, for reading only: it keeps no writer waiting longer than need be.

        With a connection of the host's, it also shows what the host's own transaction has written so far.
        """


class Store(Protocol):
    """A place where organizations keep their records."""

    def organization(self, organization_id: str) -> OrganizationStore:
        """Give the only way into the records of *organization_id*; one that is new is empty."""

    def migrate(self) -> None:
        """Bring the schema to this release's version; does nothing where it is; safe when two processes do it at once."""

    def close(self) -> None:
        """Let go of connections that the store itself opened."""


__all__ = [
    "BookingReading",
    "Clock",
    "ContactReading",
    "ContactRows",
    "EventReading",
    "FieldId",
    "FieldReading",
    "GroupReading",
    "HistoryReading",
    "IdSource",
    "ImportReading",
    "OrganizationStore",
    "SettingsReading",
    "Snapshot",
    "Store",
    "Transaction",
]
