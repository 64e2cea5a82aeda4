"""The edges of the core: what a store, a clock and a source of IDs must do for it.

Each docstring is a contract that `doocore.testing.StoreContract` drives; a new store passes that suite and is done.
Adapters live outside (`doocore_adapters`), and hold no rule.
"""

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from doocore.changes import Change
from doocore.model.booking import RecordedBooking
from doocore.model.code import Code, CodeId, Redemption
from doocore.model.contact import Contact, ContactColumns, Excerpt, Group, GroupId, OptOut
from doocore.model.contact_import import ImportId, ImportRecord, OutcomeCounts, RowReport
from doocore.model.deletion import Belongings
from doocore.model.event import Event
from doocore.model.fields import ContactField, Entered, FieldId, FieldKey
from doocore.model.history import BookingHistoryEntry, Envelope, HistoryEntry
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore.model.invitation import (
    ContactMark,
    Evidence,
    Invitation,
    InvitationFacts,
    InvitationList,
    MessageEvent,
    Reaction,
)
from doocore.model.message import (
    Delivery,
    Mail,
    MailId,
    MailState,
    Message,
    MessageId,
    OutboxMail,
    Renderer,
    SkipReason,
    Tokens,
)
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

    def token(self) -> str:
        """Draw what links hold: letters and digits, from at least 128 random bits (MA-2)."""

    def code_name(self) -> str:
        """Draw the name of a code, which nobody can guess: from at least 60 random bits, easy to type (CO-1)."""


class Mailer(Protocol):
    """Hands mails over to what delivers them. One dispatcher uses it at a time; it may keep a connection meanwhile."""

    def deliver(self, mail: Mail) -> Delivery:
        """Hand one mail over and say truthfully what became of it (MA-3); no failure of delivery is raised.

        `ACCEPTED` only after the other side took responsibility; `REFUSED` where trying again is vain for this mail;
        `DEFERRED` where it surely was not taken and may be later; `UNKNOWN` where the content had gone and no answer
        came. After a lost connection the next call starts a new one.
        """

    def close(self) -> None:
        """Let go of the connection; a later `deliver` starts a new one."""


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

    def known_by(
        self, keys: Collection[IdentifierKey], fields: Sequence[str]
    ) -> tuple[Mapping[IdentifierKey, tuple[ContactId, ...]], Mapping[ContactId, Excerpt]]:
        """Find every holder of each key, as `holders` does, and what all of them have in *fields*, as `excerpts` does."""

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
        size: int,
        text: str = "",
        group_id: GroupId | None = None,
        ids: Collection[ContactId] | None = None,
    ) -> Generator[ContactColumns, None, None]:
        """Stream contacts in order of their IDs, at most *size* at a time, none empty: a column for each of *fields*.

        It is for exports of any size: what is in memory does not grow with the number of contacts. Columns are as
        `excerpts` has them, beside the groups of each contact. *text* and *group_id* are those of `page`; *ids* keeps
        these contacts, and unknown ones are left out. While it goes on, everything else can be read; whoever writes
        closes it before. It is over with the transaction.
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

    def history(self, number: BookingNumber) -> tuple[BookingHistoryEntry, ...]:
        """List the changes of a booking since its delivery, the first one first; none for an unknown one."""


class InvitationReading(Protocol):
    """Reading invitation lists, and what is known of contacts and events."""

    def get(self, event_id: str) -> InvitationList | None:
        """Read the invitation list of an event; None if there is none."""

    def all(self) -> tuple[InvitationList, ...]:
        """Read all invitation lists, sorted by the IDs of their events."""

    def facts(self, event_id: str, contact_ids: Collection[ContactId]) -> Mapping[ContactId, InvitationFacts]:
        """Read what is known of contacts and an event, with all bookings of the event that concern each, by number.

        In a handful of look-ups, however many contacts. Those of which nothing is known are left out.
        """

    def counts(self, event_id: str) -> Mapping[Evidence, int]:
        """Count the contacts on the list for each set of evidence that occurs; quick however long the list is."""

    def masks(self, event_id: str) -> frozenset[Evidence]:
        """Tell which sets of evidence occur on the list, without counting."""

    def page(
        self,
        event_id: str,
        *,
        evidence: Collection[Evidence] | None = None,
        after: ContactId | None = None,
        limit: int = 100,
    ) -> tuple[Invitation, ...]:
        """List contacts on the list in order of their IDs, behind *after*, at most *limit*, as quick for the last page.

        With *evidence*, those of which exactly one of these sets is known.
        """

    def concerned(self, event_id: str, *, after: ContactId | None = None, limit: int = 100) -> tuple[ContactId, ...]:
        """List the contacts of which anything was recorded, on the list or not, in order of their IDs.

        Evidence, something that happened to a message, a mark, or a booking that concerns them.
        """

    def message_events(
        self, event_id: str, contact_ids: Collection[ContactId]
    ) -> Mapping[ContactId, tuple[MessageEvent, ...]]:
        """Read what happened to messages of an event at contacts, the earliest first; those of nothing are left out."""

    def marks(self, event_id: str, contact_ids: Collection[ContactId]) -> Mapping[ContactId, tuple[ContactMark, ...]]:
        """Read the marks of contacts that are set by hand, the earliest first; those without one are left out."""


class CodeReading(Protocol):
    """Reading codes, and the bookings that redeemed them (chapter 10)."""

    def named(self, folded_names: Collection[str]) -> Mapping[str, Code]:
        """Find codes by their folded names; names without a code are left out."""

    def page(self, *, after: CodeId | None = None, limit: int = 100, event_id: str | None = None) -> tuple[Code, ...]:
        """List codes in order of their IDs, behind *after*, at most *limit*; those for one event alone, or all."""

    def used(self, ids: Collection[CodeId]) -> Mapping[CodeId, int]:
        """Count the bookings that have redeemed each code and were not cancelled since (CO-4); none is left out."""

    def redemptions(self, ids: Collection[CodeId]) -> Mapping[CodeId, tuple[Redemption, ...]]:
        """List every booking that has redeemed each code, the first one first; codes without any are left out."""

    def redeemed_in(self, numbers: Collection[BookingNumber]) -> Mapping[BookingNumber, frozenset[CodeId]]:
        """Tell the codes that each booking has redeemed; bookings without any are left out."""


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


class MessageReading(Protocol):
    """Reading messages."""

    def get(self, ids: Collection[MessageId]) -> Mapping[MessageId, Message]:
        """Read the messages of *ids*; unknown ones are left out."""

    def page(
        self, *, after: MessageId | None = None, limit: int = 100, event_id: str | None = None
    ) -> tuple[Message, ...]:
        """List messages in order of their IDs, behind *after*, at most *limit*; of one event, or of all."""


class OutboxReading(Protocol):
    """Reading mails that are to leave, or have left (MA-2, MA-3)."""

    def get(self, ids: Collection[MailId]) -> Mapping[MailId, OutboxMail]:
        """Read the mails of *ids*; unknown ones are left out."""

    def of_tokens(self, tokens: Collection[str]) -> Mapping[str, OutboxMail]:
        """Find the mails whose links hold these tokens; unknown ones are left out."""

    def due(self, now: datetime, *, limit: int = 100) -> tuple[OutboxMail, ...]:
        """List mails that are queued or being sent and due at *now* (with offset), the longest due first."""

    def page(
        self,
        *,
        message_id: MessageId | None = None,
        states: Collection[MailState] = (),
        after: MailId | None = None,
        limit: int = 100,
    ) -> tuple[OutboxMail, ...]:
        """List mails in order of their IDs, behind *after*, at most *limit*: of one message or of all, in any of *states*."""

    def counts(self, message_id: MessageId | None = None) -> Mapping[MailState, int]:
        """Count mails per state, of one message or of all; a state that no mail has is left out."""

    def reactions(self, message_id: MessageId) -> Mapping[tuple[MailState, frozenset[Reaction]], int]:
        """Count a message's mails per state and what their contacts did with the message; machines do not count (MA-2, MA-6).

        What no mail stands at is left out.
        """

    def skipped(self, message_id: MessageId) -> Mapping[SkipReason, int]:
        """Count the recipients of a message that get no mail, per reason; a reason that nobody has is left out."""

    def is_written_to(self, message_id: MessageId, address_key: str) -> bool:
        """Tell whether a mail of this message is for this address, and not skipped (MA-1)."""

    def last_sent(self, contact_ids: Collection[ContactId]) -> Mapping[ContactId, datetime]:
        """Tell when each contact was last sent a message; those who never were are left out (MA-5)."""


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
    def invitations(self) -> InvitationReading:
        """Invitation lists, and what is known of contacts and events."""

    @property
    def codes(self) -> CodeReading:
        """Codes, and what redeemed them."""

    @property
    def imports(self) -> ImportReading:
        """Imports and their rows."""

    @property
    def messages(self) -> MessageReading:
        """Messages."""

    @property
    def outbox(self) -> OutboxReading:
        """Mails that are to leave, or have left."""

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


class Foreseen(Protocol):
    """What will be read first in a transaction, beside settings and fields.

    A store that pays for every way to its database can ask for all of it on the way on which it takes the locks.
    """

    @property
    def keys(self) -> Collection[IdentifierKey]:
        """Identifiers whose holders will be looked up together."""

    @property
    def bookings(self) -> Collection[BookingNumber]:
        """Bookings that will be read together."""

    @property
    def events(self) -> Collection[str]:
        """Events that will be read together."""


class OrganizationStore(Protocol):
    """One organization's records; there is no way from here to another's (PR-1)."""

    @property
    def organization_id(self) -> str:
        """Whose records these are."""

    def transaction(
        self, lock: Iterable[IdentifierKey] = (), foreseen: Foreseen | None = None
    ) -> AbstractContextManager[Transaction]:
        """Open a transaction that commits when the block ends and rolls back when it raises.

        Two transactions that lock a common key never overlap: the second waits until the first is through, and sees
        what it wrote (AS-12). Keys may be given in any order and need not exist.
        Where the store breaks one off because it stands in the way of another (a deadlock), `TryAgainError` comes out
        at the latest when the block ends; nothing was written, and all of it can be done again.
        With a connection of the host's, none of this happens here: the host's own commit or rollback decides, and the
        database's own error reaches the host.
        A thread has one transaction or snapshot of a store at a time; another within it raises `RuntimeError`.
        What is *foreseen* changes no answer: what is read is as it was at some moment since the locks were taken, and
        has in it whatever this transaction has written.
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
    "CodeReading",
    "ContactReading",
    "ContactRows",
    "EventReading",
    "FieldId",
    "FieldReading",
    "Foreseen",
    "GroupReading",
    "HistoryReading",
    "IdSource",
    "ImportReading",
    "InvitationReading",
    "Mailer",
    "MessageReading",
    "OrganizationStore",
    "OutboxReading",
    "Renderer",
    "SettingsReading",
    "Snapshot",
    "Store",
    "Tokens",
    "Transaction",
]
