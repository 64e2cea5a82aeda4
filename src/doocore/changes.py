"""What a decision wants written, as data.

A plan returns a tuple of these; a store writes them, whole or not at all, together with the history that follows from
their envelope. A change carries complete values: no store has to decide anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from doocore.model.booking import Attendee, RecordedBooking, RecordedParty, party_path
from doocore.model.code import Code, CodeId
from doocore.model.contact import (
    Consent,
    Contact,
    Excerpt,
    Group,
    GroupId,
    OptOut,
    Subscription,
    SubscriptionState,
    Through,
)
from doocore.model.contact_import import ImportId, ImportRecord, RowReport
from doocore.model.event import Event
from doocore.model.fields import ContactField, Entered, FieldKey, FieldValue
from doocore.model.frozen import FrozenDict
from doocore.model.history import BookingHistoryEntry, Envelope, HistoryEntry, Origin
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore.model.invitation import ContactMark, Evidence, InvitationList, Mark, MessageEvent
from doocore.model.message import Message, OutboxMail
from doocore.model.organization import OrganizationSettings

_STATES = {each.value: each for each in Subscription}


@dataclass(frozen=True, slots=True)
class CreateContact:
    """A contact comes into being; its origin says how."""

    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateContacts:
    """Many contacts come into being as one set, column by column: the n-th entry of each column is the n-th contact's.

    They have one origin, but for the line of the list that each came from (`rows`), and came into being at one moment,
    since which, and `through` what, they have the states of their subscriptions. A column is of a field or, by its
    word, of a subscription: values, and the words of states; "" where nothing, and in `email_keys` too.

    A store writes the set in its bulk way, and has afterwards what the `contacts`, created one by one, would leave.
    """

    ids: tuple[ContactId, ...]
    rows: tuple[int | None, ...]
    email_keys: tuple[str, ...]
    columns: FrozenDict[str, Excerpt]
    origin: Origin
    created_at: datetime
    through: Through

    def contacts(self) -> Iterator[Contact]:
        """Give each contact of the set."""
        fields = [(key, column) for key, column in self.columns.items() if key not in _STATES]
        states = [(_STATES[word], column) for word, column in self.columns.items() if word in _STATES]
        consents = {each.value: Consent(each, self.created_at, self.through) for each in SubscriptionState}
        for place, contact_id in enumerate(self.ids):
            yield Contact(
                id=contact_id,
                values=FrozenDict({key: column[place] for key, column in fields if column[place] != ""}),
                origin=self.origin._replace(row=self.rows[place]),
                created_at=self.created_at,
                email_key=self.email_keys[place] or None,
                subscriptions=FrozenDict({each: consents[str(of[place])] for each, of in states if of[place]}),
            )


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
    """A contact ceases to be, merged into *survivor*: its ID resolves to it, its identifiers become its aliases (MG-1, MG-5).

    What happened to messages, marks, and their evidence go over to the survivor; an event that has the ID of one of the
    survivor's gets another. Where bookings go is said by changes of their own, and their evidence with it.
    """

    contact_id: ContactId
    survivor_id: ContactId
    aliases: tuple[IdentifierKey, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteContact:
    """A contact ceases to be for good, if it still has this version; else `StaleVersionError` (CT-3).

    With it go its values, aliases, memberships and history, what is known of it and events, and the history of the
    contacts `merged` into it. Bookings and attendees that belonged to any of them belong to nobody, and keep what was
    entered. The IDs are never given again (ID-1), and lead nowhere.
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
class UpdateBooking:
    """A booking changes after its delivery: payment, status, what was entered, further attendees (chapter 9).

    The store writes *after* if the booking still has the version of *before* (`after.version` is one more), and one
    history entry; else it raises `StaleVersionError` and writes nothing. Of the parties it writes those that differ.
    Whose a party is stays as it is, unless *before* and *after* differ in that: a deleted contact does not come back.
    """

    before: RecordedBooking
    after: RecordedBooking
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PutInvitationList:
    """An event's invitation list comes into being (`version` 1), or is one of other groups from now on (IN-1).

    `StaleVersionError` unless the list has the version before, `NotFoundError` for a group that does not exist. Whoever
    is in one of the groups stands on the list, as long as that is so.
    """

    invitation_list: InvitationList


@dataclass(frozen=True, slots=True)
class RecordMessageEvents:
    """Things happened to messages; one that has the ID of another of its event and contact was recorded before."""

    events: tuple[MessageEvent, ...]


@dataclass(frozen=True, slots=True)
class AddEvidence:
    """To what is known of these contacts and an event, something is added (IN-8)."""

    event_id: str
    contact_ids: tuple[ContactId, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class SetEvidence:
    """Of the bits in *within*, those of *evidence* are known of a contact and an event, and no other (IN-8).

    Bits outside of *within* stay as they are by then, whoever wrote them meanwhile. With *version*, what is known must
    have exactly that one (0: none was ever written) and gets one more; else `StaleVersionError`.
    """

    event_id: str
    contact_id: ContactId
    evidence: Evidence
    within: Evidence
    version: int | None = None


@dataclass(frozen=True, slots=True)
class SetMark:
    """A mark is set by hand; one that is set already stays as it was (IN-5)."""

    mark: ContactMark


@dataclass(frozen=True, slots=True)
class RemoveMark:
    """A mark is taken back; one that is not set stays so (IN-5)."""

    event_id: str
    contact_id: ContactId
    mark: Mark


@dataclass(frozen=True, slots=True)
class CreateCode:
    """A code comes into being; a second of the same folded name is refused with `DuplicateNameError` (CO-1)."""

    code: Code


@dataclass(frozen=True, slots=True)
class ChangeCode:
    """A code changes, if it still has the version before `code.version`; else `StaleVersionError`. Its name stays."""

    code: Code


@dataclass(frozen=True, slots=True)
class RedeemCode:
    """A booking redeems a code; one that has redeemed it already stays as it was, with the moment of the first time.

    Whether the code has a use left was decided before, under the lock of its name.
    """

    code_id: CodeId
    number: BookingNumber


@dataclass(frozen=True, slots=True)
class CreateMessage:
    """A message is queued; its mails come with `QueueMails` of the same transaction (MA-3)."""

    message: Message


@dataclass(frozen=True, slots=True)
class QueueMails:
    """Mails enter the outbox, or are written down as skipped (MA-1, MA-3)."""

    mails: tuple[OutboxMail, ...]


@dataclass(frozen=True, slots=True)
class UpdateMail:
    """A mail stands elsewhere, if it still has the version of *before* (`after.version` is one more); else `StaleVersionError`."""

    before: OutboxMail
    after: OutboxMail


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
    | CreateContacts
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
    | UpdateBooking
    | CreateCode
    | ChangeCode
    | RedeemCode
    | PutInvitationList
    | RecordMessageEvents
    | AddEvidence
    | SetMark
    | RemoveMark
    | SetEvidence
    | CreateMessage
    | QueueMails
    | UpdateMail
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


def booking_history_entry(change: UpdateBooking, envelope: Envelope) -> BookingHistoryEntry:
    """Derive the history entry of *change* from what differs between before and after (HI-1, BP-7)."""
    before, after = told_of_booking(change.before).items(), told_of_booking(change.after).items()
    return BookingHistoryEntry(
        number=change.after.number,
        version=change.after.version,
        at=envelope.at,
        actor=str(envelope.actor),
        cause=envelope.cause,
        reference=envelope.reference,
        rules=change.rules,
        before=FrozenDict(sorted(before - after)),
        after=FrozenDict(sorted(after - before)),
    )


def told_of_booking(booking: RecordedBooking) -> dict[str, Entered]:
    """Lay out what the history tells of a booking, by where in it each thing stands."""
    told: dict[str, Entered] = {"payment": booking.payment.value, "status": booking.status.value}
    told.update((f"products[{place}]", product) for place, product in enumerate(booking.products))
    if booking.invoice_sum is not None:
        told["invoice_sum"] = str(booking.invoice_sum)
    for position, party in enumerate(booking.parties):
        path = party_path(position)
        told.update((f"{path}.{key}", value) for key, value in _told_of_party(party))
    return told


def _told_of_party(party: RecordedParty) -> Iterator[tuple[str, Entered]]:
    entered, outcome = party.entered, party.outcome
    whose = {"email": entered.email, "contact_id": outcome.contact_id, "customer_id": outcome.customer_id}
    yield "status", party.status.value
    yield from ((key, value) for key, value in whose.items() if value is not None)
    yield from ((f"values.{name}", value) for name, value in entered.values.items())
    yield from ((f"answers.{question}", value) for question, value in entered.answers.items())
    if isinstance(entered, Attendee):
        yield from (("ticket", entered.ticket), ("price", str(entered.price)))


WRITTEN_IN_ORDER: tuple[type[Change], ...] = (
    PutField,
    ChangeSettings,
    CreateGroup,
    RenameGroup,
    CreateEvent,
    ChangeEvent,
    CreateContact,
    CreateContacts,
    UpdateContact,
    RecordOptOut,
    LiftOptOut,
    JoinGroup,
    LeaveGroup,
    PutInvitationList,
    RecordMessageEvents,
    AddEvidence,
    SetMark,
    RemoveMark,
    SetEvidence,
    RetireContact,
    RecordBooking,
    UpdateBooking,
    CreateCode,
    ChangeCode,
    RedeemCode,
    CreateMessage,
    QueueMails,
    UpdateMail,
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
