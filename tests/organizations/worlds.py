"""Two organizations in one store: another one that has everything, and ours, which is given the other's IDs."""
# ruff: noqa: S106, tokens of tests open nothing

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from doocore import Cause, ContactCenter, Event, EventStatus, FrozenDict, Origin, PaymentStatus, Subscription
from doocore.changes import (
    AddEvidence,
    Change,
    CreateCode,
    CreateContact,
    CreateEvent,
    CreateGroup,
    CreateMessage,
    FinishImport,
    JoinGroup,
    PutField,
    PutInvitationList,
    QueueMails,
    RecordBooking,
    RecordMessageEvents,
    RecordOptOut,
    RecordRows,
    RedeemCode,
    RetireContact,
    SetMark,
    StartImport,
    UpdateBooking,
    UpdateContact,
)
from doocore.contact_center.rows import PlainRows
from doocore.model.code import Code, CodeId
from doocore.model.contact import Group, GroupId, OptOut
from doocore.model.contact_import import ImportId, Remark, RowOutcome, RowReport, RowWarning
from doocore.model.deletion import ContactDeletion, FieldDeletion, GroupDeletion
from doocore.model.fields import ContactField, FieldType
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.model.invitation import ContactMark, Evidence, InvitationList, Mark, MessageEvent, Reaction
from doocore.model.message import About, MailId, MailState, MessageId, SkipReason
from doocore.ports import Store
from doocore.testing.samples import (
    MOMENT,
    address,
    booking,
    contact,
    contact_id,
    customer,
    envelope,
    full_contact,
    import_record,
    mail,
    message,
    party,
)
from doocore.testing.store.base import commit
from doocore.testing.store.transactions import BASIS, EVERY_KIND, everything
from doocore_adapters._sql.schema import SCHEMA_TABLE, TABLES
from doocore_adapters.memory import MemoryMailer, MemoryStore
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore, Synchronous
from tests.builders import KIM, MAILING, PARSERS, CountedIds, SteadyClock

LIST = [{"E-Mail": "ada@example.org"}, {"E-Mail": "eve@example.org"}]
"""A list that the other organization has begun to import."""

LATER = datetime(2027, 1, 1, tzinfo=UTC)
"""When calls are made: reports of imports have expired."""

GUEST = replace(full_contact(100), version=1)
MERGED = contact(101, email="was@example.org", customer_id="Merged-1")
MOVED = replace(GUEST, values=FrozenDict({**GUEST.values, "city": "Ulm"}), version=2)
FRIENDS = Group(id=GroupId("friends"), name="Old friends")
SHOE = ContactField(key="f1", type=FieldType.SELECT, name="Shoe size", options=("40", "41"))
FESTIVAL = Event(id="festival", status=EventStatus.LIVE)
BOOKED = replace(booking(7, party(100)), event_id=FESTIVAL.id)
INTERRUPTED = replace(import_record(70), fingerprint=PlainRows(LIST).fingerprint())
FINISHED = import_record(71)
CODE = Code(
    id=CodeId("code-1"),
    name="Summer-99",
    origin=Origin(Cause.BY_HAND, "user:kim"),
    created_at=MOMENT,
    event_id=FESTIVAL.id,
)
MESSAGE = replace(message(77, FESTIVAL.id), id=MessageId("message-1"))
QUEUED = replace(
    mail(77),
    id=MailId("mail-1"),
    about=About.MESSAGE,
    message_id=MESSAGE.id,
    contact_id=GUEST.id,
    address_key="written@example.org",
    token="token-1",
)
SENT = replace(
    QUEUED,
    id=MailId("mail-2"),
    token="token-2",
    state=MailState.SENT,
    finished_at=MOMENT,
    address_key="two@example.org",
)
SKIPPED = replace(
    QUEUED,
    id=MailId("mail-3"),
    token="token-3",
    state=MailState.SKIPPED,
    skipped=SkipReason.SAME_ADDRESS,
    finished_at=MOMENT,
)
ROW = RowReport(line=2, outcome=RowOutcome.UPDATED, warnings=(Remark(RowWarning.EMAIL_SHARED),))

BESIDE: tuple[tuple[Change, ...], ...] = (
    (
        CreateContact(GUEST),
        CreateContact(MERGED),
        CreateGroup(FRIENDS),
        JoinGroup(FRIENDS.id, GUEST.id),
        PutField(SHOE),
        CreateEvent(FESTIVAL),
        RecordOptOut(OptOut("never@example.org", Subscription.NEWSLETTER)),
        StartImport(INTERRUPTED),
        RecordRows(INTERRUPTED.id, (ROW,)),
        StartImport(FINISHED),
        FinishImport(FINISHED.id),
    ),
    (
        UpdateContact(GUEST, MOVED),
        RetireContact(MERGED.id, GUEST.id, (address("was@example.org"), customer("Merged-1"))),
        RecordBooking(BOOKED),
    ),
    (
        UpdateBooking(BOOKED, replace(BOOKED, payment=PaymentStatus.PAID, version=BOOKED.version + 1)),
        CreateCode(CODE),
        RedeemCode(CODE.id, BOOKED.number),
        PutInvitationList(InvitationList(event_id=FESTIVAL.id, created_at=MOMENT, groups=(FRIENDS.id,))),
        RecordMessageEvents(
            (MessageEvent(id="m1", event_id=FESTIVAL.id, contact_id=GUEST.id, reaction=Reaction.OPENED, at=MOMENT),)
        ),
        SetMark(ContactMark(event_id=FESTIVAL.id, contact_id=GUEST.id, mark=Mark.INVITED, at=MOMENT, actor="user:kim")),
        AddEvidence(FESTIVAL.id, (GUEST.id,), Evidence.SENT | Evidence.OPENED),
        CreateMessage(MESSAGE),
        QueueMails((QUEUED, SENT, SKIPPED)),
    ),
)
"""What the other organization has beside `BASIS` and `EVERY_KIND`: one of everything that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """One of everything by which records are asked for."""

    contact: ContactId
    merged: ContactId
    group: GroupId
    group_name: str
    field: str
    field_name: str
    event: str
    booking: BookingNumber
    import_id: ImportId
    address: str
    customer_id: str
    opted_out: str
    code: CodeId
    code_name: str
    message: MessageId
    mail: MailId
    token: str
    written_to: str
    list: Sequence[Mapping[str, str]]

    @property
    def names(self) -> tuple[str, ...]:
        """The keys as texts."""
        return tuple(value for each in fields(self) if isinstance(value := getattr(self, each.name), str))

    def rows(self) -> PlainRows:
        """The list, to be imported."""
        return PlainRows(self.list)

    def told(self, answer: object) -> str:
        """Show an answer with a word for each key that occurs in it."""
        shown = re.sub("[0-9a-f]{64}", "<digest>", repr(answer))
        for place, name in sorted(enumerate(self.names), key=lambda each: -len(each[1])):
            shown = shown.replace(repr(name), f"<{place}>")
        return shown


FOREIGN = Keys(
    contact=GUEST.id,
    merged=MERGED.id,
    group=FRIENDS.id,
    group_name=FRIENDS.name,
    field=SHOE.key,
    field_name=SHOE.name,
    event=FESTIVAL.id,
    booking=BOOKED.number,
    import_id=INTERRUPTED.id,
    address="was@example.org",
    customer_id="Merged-1",
    opted_out="never@example.org",
    code=CODE.id,
    code_name=CODE.name,
    message=MESSAGE.id,
    mail=QUEUED.id,
    token=QUEUED.token,
    written_to="written@example.org",
    list=LIST,
)
"""What exists in the other organization, and nowhere else."""

UNKNOWN = Keys(
    contact=contact_id(777),
    merged=contact_id(888),
    group=GroupId("nogroup"),
    group_name="No such group",
    field="nofield",
    field_name="No such field",
    event="noevent",
    booking=BookingNumber("TX-9999-9999"),
    import_id=ImportId("noimport"),
    address="nobody@example.org",
    customer_id="Nobody-1",
    opted_out="noneofthem@example.org",
    code=CodeId("nocode"),
    code_name="No-such-code",
    message=MessageId("nomessage"),
    mail=MailId("nomail"),
    token="notoken",
    written_to="unwritten@example.org",
    list=[{"E-Mail": "nobody@example.org"}, {"E-Mail": "noone@example.org"}],
)
"""What exists nowhere."""

OWN_CONTACT = replace(contact(1, email="own@example.org"), id=ContactId("d0000001"))
OWN_GROUP = Group(id=GroupId("own-group"), name="Our own")
OWN_FIELD = ContactField(key="own-field", type=FieldType.SHORT_TEXT, name="Our field")
OWN_EVENT = Event(id="own-event", status=EventStatus.LIVE)
OWN: tuple[Change, ...] = (
    CreateContact(OWN_CONTACT),
    CreateGroup(OWN_GROUP),
    PutField(OWN_FIELD),
    CreateEvent(OWN_EVENT),
)
"""What our organization has itself, so that its answers are not empty because it is."""


def contact_deletion(keys: Keys) -> ContactDeletion:
    """What somebody would have been told who may see the contact."""
    return ContactDeletion(contact=replace(MOVED, id=keys.contact), bookings=0, attendees=1, merged=(keys.merged,))


def group_deletion(keys: Keys) -> GroupDeletion:
    """What somebody would have been told who may see the group."""
    return GroupDeletion(group=Group(id=keys.group, name=keys.group_name), contacts=1)


def field_deletion(keys: Keys) -> FieldDeletion:
    """What somebody would have been told who may see the field."""
    return FieldDeletion(field=replace(SHOE, key=keys.field, name=keys.field_name), contacts=1)


ORGANIZED = [table.name for table in TABLES if table is not SCHEMA_TABLE]
ALL_OF = "SELECT * FROM {} WHERE organization_id = 'other'"


class World:
    """A store with the other organization in it; ours is a new one for every question."""

    def __init__(self, store: Store, kept: Callable[[], object]) -> None:
        self.store = store
        self._kept = kept
        self.other = store.organization("other")
        fill(self.other)
        self._number = 0
        self.beginning = self.content()

    def ours(self) -> Any:  # noqa: ANN401, an organization's store, of which tests ask anything
        """Give a new organization of ours."""
        self._number += 1
        ours = self.store.organization(f"ours-{self._number:04}")
        commit(ours, *OWN)
        return ours

    def twin(self) -> Any:  # noqa: ANN401, as above
        """Give a new organization of ours that has all that the other has, under the same IDs."""
        self._number += 1
        twin = self.store.organization(f"twin-{self._number:04}")
        fill(twin)
        return twin

    def center(self, organization: Any) -> ContactCenter:  # noqa: ANN401, as above
        """Open the contact center of an organization, with a clock that stands and IDs in order."""
        center = ContactCenter(
            organization,
            parsers=PARSERS,
            clock=SteadyClock(LATER),
            ids=CountedIds(),
            mailer=MemoryMailer(),
            mailing=MAILING,
        )
        return center.acting_as(KIM)

    def content(self) -> tuple[object, object]:
        """See all that the other organization has, through its own door and beside it."""
        with self.other.snapshot() as view:
            return everything(view), self._kept()


def fill(organization: Any) -> None:  # noqa: ANN401, as above
    """Write something of everything."""
    for changes in (BASIS, EVERY_KIND, *BESIDE):
        apply(organization, *changes)


def apply(organization: Any, *changes: Change) -> None:  # noqa: ANN401, as above
    """Write *changes* in a transaction of their own."""
    with organization.transaction() as tx:
        tx.apply(changes, envelope())


@contextmanager
def in_memory() -> Iterator[World]:
    """A world in memory."""
    store = MemoryStore()
    yield World(store, lambda: repr(store._organizations["other"]))


@contextmanager
def in_a_file(folder: Path) -> Iterator[World]:
    """A world in an SQLite file, whose tables are read beside the store."""

    def kept() -> dict[str, list[Any]]:
        with closing(sqlite3.connect(folder / "world.db")) as connection:
            return {name: sorted(map(repr, connection.execute(ALL_OF.format(name)))) for name in ORGANIZED}

    with closing(SqliteStore(folder / "world.db", synchronous=Synchronous.NORMAL)) as store:
        yield World(store, kept)


@contextmanager
def on_a_server(dsn: str) -> Iterator[World]:
    """A world in a Postgres database, whose tables are read beside the store."""

    def kept() -> dict[str, list[Any]]:
        with psycopg.connect(dsn) as connection:
            all_of = sql.SQL(ALL_OF)
            return {
                name: sorted(map(repr, connection.execute(all_of.format(sql.Identifier(name))))) for name in ORGANIZED
            }

    with closing(PostgresStore(dsn)) as store:
        yield World(store, kept)
