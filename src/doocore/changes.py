"""What a decision wants written, as data.

A plan returns a tuple of these; a store writes them, whole or not at all, together with the history that follows from
their envelope. A change carries complete values: no store has to decide anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from doocore.model.booking import RecordedBooking
from doocore.model.contact import Contact, Group, GroupId, OptOut
from doocore.model.contact_import import ImportId, ImportRecord, RowReport
from doocore.model.event import Event
from doocore.model.fields import ContactField, FieldKey, FieldValue
from doocore.model.frozen import FrozenDict
from doocore.model.history import Envelope, HistoryEntry
from doocore.model.identifiers import ContactId, IdentifierKey
from doocore.model.organization import OrganizationSettings


@dataclass(frozen=True, slots=True)
class CreateContact:
    """A contact comes into being; its origin says how."""

    contact: Contact


@dataclass(frozen=True, slots=True)
class UpdateContact:
    """A contact's values or subscriptions change.

    The store writes *after* if the contact still has the version of *before* (`after.version` is one more), and one
    history entry; else it raises `StaleVersionError` and writes nothing. `row` is the line of an import's file.
    """

    before: Contact
    after: Contact
    rules: tuple[str, ...] = ()
    row: int | None = None


@dataclass(frozen=True, slots=True)
class RetireContact:
    """A contact ceases to be, merged into *survivor*: its ID resolves to it, its identifiers become its aliases (MG-1, MG-5)."""

    contact_id: ContactId
    survivor_id: ContactId
    aliases: tuple[IdentifierKey, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteContact:
    """A contact ceases to be for good, if it still has this version; else `StaleVersionError` (CT-3).

    With it go its values, aliases, memberships and history, and the history of the contacts `merged` into it. Bookings
    and attendees that belonged to any of them belong to nobody, and keep what was entered. The IDs are never given
    again (ID-1), and lead nowhere.
    """

    contact_id: ContactId
    version: int
    merged: tuple[ContactId, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordOptOut:
    """A person's own unsubscription binds its address (SU-5); recording it twice changes nothing."""

    opt_out: OptOut


@dataclass(frozen=True, slots=True)
class LiftOptOut:
    """The person (or staff with confirmation) takes the unsubscription back (SU-4)."""

    opt_out: OptOut


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """A group comes into being; a second of the same folded name is refused with `DuplicateNameError` (GR-1)."""

    group: Group


@dataclass(frozen=True, slots=True)
class RenameGroup:
    """A group gets another name; one that another group has is refused with `DuplicateNameError` (GR-1)."""

    group_id: GroupId
    name: str


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    """A group ceases to be, with all memberships; the contacts stay."""

    group_id: GroupId


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """A contact joins a group; one that is in it already stays as it was, with the moment it first joined."""

    group_id: GroupId
    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """A contact leaves a group; one that is not in it stays out."""

    group_id: GroupId
    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class PutField:
    """A field is created, or its name, options or archiving change; names are checked by the plan (FI-3)."""

    field: ContactField


@dataclass(frozen=True, slots=True)
class DeleteField:
    """A custom field ceases to be, and every contact that has a value in it loses that value (FI-4).

    Each of these contacts gets a new version and one history entry with the value before, as if each had been updated;
    what the history says of the field from earlier stays.
    """

    field_key: FieldKey
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateEvent:
    """An event comes into being."""

    event: Event


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """An event changes, if it still has the version before `event.version`; else `StaleVersionError`."""

    event: Event


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """The organization's settings become these."""

    settings: OrganizationSettings


@dataclass(frozen=True, slots=True)
class RecordBooking:
    """A delivered booking is kept, with what was decided about its parties."""

    booking: RecordedBooking


@dataclass(frozen=True, slots=True)
class StartImport:
    """An import begins."""

    record: ImportRecord


@dataclass(frozen=True, slots=True)
class TakeOverImport:
    """Somebody resumes a running import of *version*, which becomes one more; else `StaleVersionError` (IM-12)."""

    import_id: ImportId
    version: int


@dataclass(frozen=True, slots=True)
class RecordRows:
    """What became of a batch of rows, in the order of the file; counts are computed from these (IM-10).

    An import of another *version* was taken over: `StaleVersionError`, and nothing is written (IM-12).
    """

    import_id: ImportId
    rows: tuple[RowReport, ...]
    version: int = 1


@dataclass(frozen=True, slots=True)
class FinishImport:
    """An import is through; the moment is the envelope's. One of another *version* was taken over: `StaleVersionError`."""

    import_id: ImportId
    version: int = 1


@dataclass(frozen=True, slots=True)
class ExpireRows:
    """What an import's rows said is forgotten: their cells, and those in reasons and warnings; the words stay (IM-10)."""

    import_id: ImportId


Change: TypeAlias = (
    CreateContact
    | UpdateContact
    | RetireContact
    | DeleteContact
    | RecordOptOut
    | LiftOptOut
    | CreateGroup
    | RenameGroup
    | DeleteGroup
    | JoinGroup
    | LeaveGroup
    | PutField
    | DeleteField
    | CreateEvent
    | ChangeEvent
    | ChangeSettings
    | RecordBooking
    | StartImport
    | TakeOverImport
    | RecordRows
    | FinishImport
    | ExpireRows
)


def history_entry(change: UpdateContact, envelope: Envelope) -> HistoryEntry:
    """Derive the history entry of *change* from what differs between before and after (HI-1)."""
    before, after = _observable(change.before).items(), _observable(change.after).items()
    return HistoryEntry(
        contact_id=change.after.id,
        version=change.after.version,
        at=envelope.at,
        actor=str(envelope.actor),
        cause=envelope.cause,
        reference=envelope.reference,
        row=change.row,
        rules=change.rules,
        before=FrozenDict(sorted(before - after)),
        after=FrozenDict(sorted(after - before)),
    )


def _observable(contact: Contact) -> dict[str, FieldValue]:
    if not contact.subscriptions:
        return contact.values
    return {**contact.values, **{each.value: consent.state.value for each, consent in contact.subscriptions.items()}}


WRITTEN_IN_ORDER: tuple[type[Change], ...] = (
    PutField,
    ChangeSettings,
    CreateGroup,
    RenameGroup,
    CreateEvent,
    ChangeEvent,
    CreateContact,
    UpdateContact,
    RecordOptOut,
    LiftOptOut,
    JoinGroup,
    LeaveGroup,
    RetireContact,
    RecordBooking,
    StartImport,
    TakeOverImport,
    RecordRows,
    FinishImport,
    ExpireRows,
    DeleteContact,
    DeleteField,
    DeleteGroup,
)
"""The kinds of changes in the order in which every store writes them: what is referred to before what refers to it.

What is deleted goes last: then nothing of the same call is left that refers to it.
"""


def group_by_kind(changes: Sequence[Change]) -> dict[type[Change], list[Change]]:
    """Sort changes by kind for a store that writes in bulk: kinds in the order of writing, each kind in its own order."""
    kinds: dict[type[Change], list[Change]] = {kind: [] for kind in WRITTEN_IN_ORDER}
    for change in changes:
        kinds[type(change)].append(change)
    return {kind: group for kind, group in kinds.items() if group}
