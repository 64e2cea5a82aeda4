"""Whatever is written, memory, SQLite and Postgres refuse the same and show the same.

Random changes of every kind, right and wrong ones, in transactions that end well or badly, in two organizations; after
each transaction everything that the port lets one see is compared.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from doocore.changes import (
    Change,
    ChangeCode,
    ChangeEvent,
    ChangeSettings,
    CreateCode,
    CreateContact,
    CreateContacts,
    CreateEvent,
    CreateGroup,
    DeleteContact,
    DeleteField,
    DeleteGroup,
    FinishImport,
    JoinGroup,
    LeaveGroup,
    LiftOptOut,
    PutField,
    RecordBooking,
    RecordOptOut,
    RecordRows,
    RedeemCode,
    RenameGroup,
    RetireContact,
    StartImport,
    UpdateContact,
)
from doocore.errors import DooCoreError, NotFoundError
from doocore.model.booking import Attendee, Party, RecordedParty
from doocore.model.code import Code, CodeId, CodeType, CodeUse
from doocore.model.contact import Consent, Contact, Group, GroupId, OptOut, Subscription, SubscriptionState, Through
from doocore.model.contact_import import ImportId, Remark, RowOutcome, RowReason, RowReport, RowWarning
from doocore.model.event import Event, EventStatus
from doocore.model.fields import SYSTEM_KEYS, ContactField, FieldType, folded
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Envelope, Origin
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.model.organization import OrganizationSettings, ProductPlan, SyncMode, User
from doocore.ports import OrganizationStore, Snapshot, Store
from doocore.testing.samples import TEXTS, booking, contact, contact_id, import_record, party
from doocore_adapters.memory import MemoryStore
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from tests.databases import Databases

NUMBERS = range(3)
IDS = [contact_id(number) for number in NUMBERS]
GROUPS = [GroupId(f"g{number}") for number in range(3)]
CODES = [CodeId(f"k{number}") for number in range(3)]
NUMBERED = [booking(number).number for number in range(4)]
IMPORTS = [ImportId(f"i{number}") for number in range(2)]
NAMES = ("Straße", "STRASSE", " strasse", "VIP ⭐", "")
FIELDS = ("f1", "ü 2", "f3")
KEYS = ("a@b.de", "ä@b.de", "a\u0308@b.de", "A@B.DE", "K-1", "🦄", "ß", "ss")

texts = st.one_of(
    st.sampled_from((*TEXTS, *NAMES, *KEYS)),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
"""Any text that a store can hold."""

few = st.sampled_from(("", "ss", "ä 🦄", "0"))
"""A few texts, where what counts is the order of things."""

keys = st.sampled_from(KEYS)
ids = st.sampled_from(IDS)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()).filter(  # noqa: DTZ001
    lambda moment: moment.utcoffset() == moment.replace(fold=1 - moment.fold).utcoffset()
)
"""Any moment but those of an hour that a zone has twice or not at all: Python calls these equal to no other."""

some_moments = st.sampled_from([datetime(2026, 1, day, tzinfo=UTC) for day in (3, 1, 2)])
aliases = st.frozensets(st.builds(IdentifierKey, st.sampled_from(list(IdentifierKind)[:2]), keys), max_size=2)


def contacts_of(texts: SearchStrategy[str], moments: SearchStrategy[datetime]) -> SearchStrategy[Contact]:
    """Give contacts with such texts and moments."""
    consents = st.builds(Consent, st.sampled_from(SubscriptionState), moments, st.sampled_from(Through))
    values = st.dictionaries(st.sampled_from((*SYSTEM_KEYS, *FIELDS[:2])), texts.filter(bool), max_size=4)
    return st.builds(
        Contact,
        id=ids,
        values=st.builds(
            lambda some, checked: FrozenDict({**some, **checked}), values, st.just({}) | st.just({"f3": False})
        ),
        email_key=st.none() | keys,
        aliases=aliases,
        subscriptions=st.dictionaries(st.sampled_from(Subscription), consents, max_size=2).map(FrozenDict),
        origin=st.builds(Origin, st.sampled_from(Cause), texts, texts, st.none() | st.integers(0, 2**40)),
        created_at=moments,
    )


def sets_of(texts: SearchStrategy[str], moments: SearchStrategy[datetime]) -> SearchStrategy[CreateContacts]:
    """Give sets of contacts with such texts and moments."""

    def columns(count: int) -> SearchStrategy[CreateContacts]:
        def column(cells: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
            return st.tuples(*[cells] * count)

        fields = st.dictionaries(st.sampled_from((*SYSTEM_KEYS, *FIELDS[:2])), column(texts), max_size=4)
        states = st.sampled_from(("", *(each.value for each in SubscriptionState)))
        subscriptions = st.dictionaries(
            st.sampled_from([each.value for each in Subscription]), column(states), max_size=2
        )
        checked: SearchStrategy[dict[str, Any]] = st.just({}) | st.fixed_dictionaries(
            {"f3": column(st.sampled_from((False, True, "")))}
        )
        return st.builds(
            CreateContacts,
            ids=column(ids),
            rows=column(st.none() | st.integers(0, 2**40)),
            email_keys=column(st.just("") | keys),
            columns=st.builds(
                lambda *each: FrozenDict({**each[0], **each[1], **each[2]}), fields, subscriptions, checked
            ),
            origin=st.builds(Origin, st.sampled_from(Cause), texts, texts, st.none() | st.integers(0, 2**40)),
            created_at=moments,
            through=st.sampled_from(Through),
        )

    return st.integers(1, 3).flatmap(columns)


def parties_of(texts: SearchStrategy[str]) -> SearchStrategy[RecordedParty]:
    """Give parties, some of them attendees, who entered such texts."""
    given_ = st.dictionaries(texts, st.one_of(texts, st.booleans(), st.none()), max_size=2).map(FrozenDict)
    prices = st.decimals(-(10**15), 10**15, places=2)
    party_ = st.builds(Party, email=st.none() | texts, values=given_, answers=given_)
    attendee = st.builds(Attendee, email=st.none() | texts, values=given_, ticket=texts, price=prices)
    return st.builds(
        lambda number, entered: replace(party(number), entered=entered),
        st.none() | st.sampled_from(NUMBERS),
        party_ | attendee,
    )


def changes_of(texts: SearchStrategy[str], moments: SearchStrategy[datetime]) -> SearchStrategy["Wish"]:
    """Give changes of every kind, right and wrong ones, with such texts and moments."""
    contacts = contacts_of(texts, moments)
    events = st.builds(
        Event,
        id=st.sampled_from(("e0", "e1")),
        name=texts,
        status=st.sampled_from(EventStatus),
        starts_at=st.none() | st.datetimes(),
        costs=st.booleans(),
        version=st.integers(1, 3),
    )
    fields = st.builds(
        ContactField,
        key=st.sampled_from(("title", *FIELDS)),
        type=st.sampled_from(FieldType),
        name=texts,
        options=st.lists(texts, max_size=2).map(tuple),
        archived=st.booleans(),
    )
    changed_settings = st.builds(
        OrganizationSettings,
        sync=st.sampled_from(SyncMode),
        locale=texts,
        retention_days=st.none() | st.integers(0, 10_000),
        plan=st.sampled_from(ProductPlan),
    )
    bookings = st.builds(
        lambda number, booker, others, event_id: replace(booking(number, *others, event_id=event_id), booker=booker),
        st.integers(0, 3),
        parties_of(texts),
        st.lists(parties_of(texts), max_size=2),
        st.sampled_from(("e0", "e1")),
    )
    codes = st.builds(
        Code,
        id=st.sampled_from(CODES),
        name=st.sampled_from(NAMES),
        origin=st.builds(Origin, st.sampled_from(Cause), texts, texts, st.none() | st.integers(0, 2**40)),
        created_at=moments,
        type=st.sampled_from(CodeType),
        use=st.sampled_from(CodeUse),
        limit=st.none() | st.integers(0, 2**40),
        event_id=st.none() | st.sampled_from(("e0", "e1")),
        valid_from=st.none() | moments,
        valid_until=st.none() | moments,
        contact_id=st.none() | ids,
        withdrawn=st.booleans(),
        version=st.integers(1, 3),
    )
    rows = st.builds(
        RowReport,
        line=st.integers(2, 100),
        outcome=st.sampled_from(RowOutcome),
        contact_id=st.none() | ids,
        reasons=st.lists(st.builds(Remark, st.sampled_from(RowReason), texts, texts, texts), max_size=1).map(tuple),
        warnings=st.lists(st.builds(Remark, st.sampled_from(RowWarning), texts), max_size=1).map(tuple),
    )
    opt_outs = st.builds(OptOut, keys, st.sampled_from(Subscription))
    return st.one_of(
        st.builds(Update, contacts, st.sampled_from((False, False, False, True))),
        st.builds(Delete, ids, st.sampled_from((False, False, False, True))),
        st.builds(DeleteField, st.sampled_from(FIELDS), st.just(("FI-4",))),
        st.builds(RenameGroup, st.sampled_from(GROUPS), st.sampled_from(NAMES)),
        st.builds(DeleteGroup, st.sampled_from(GROUPS)),
        contacts.map(CreateContact),
        sets_of(texts, moments),
        st.builds(RetireContact, ids, ids, aliases.map(lambda each: tuple(sorted(each, key=str)))),
        opt_outs.map(RecordOptOut),
        opt_outs.map(LiftOptOut),
        st.builds(Group, id=st.sampled_from(GROUPS), name=st.sampled_from(NAMES)).map(CreateGroup),
        st.builds(JoinGroup, st.sampled_from(GROUPS), ids),
        st.builds(LeaveGroup, st.sampled_from(GROUPS), ids),
        fields.map(PutField),
        events.map(CreateEvent),
        events.map(ChangeEvent),
        changed_settings.map(ChangeSettings),
        bookings.map(RecordBooking),
        codes.map(CreateCode),
        codes.map(ChangeCode),
        st.builds(RedeemCode, st.sampled_from(CODES), st.sampled_from(NUMBERED)),
        st.sampled_from(range(2)).map(import_record).map(StartImport),
        st.builds(RecordRows, st.sampled_from(IMPORTS), st.lists(rows, max_size=3).map(tuple)),
        st.sampled_from(IMPORTS).map(FinishImport),
    )


@dataclass(frozen=True)
class Update:
    """An update to be made from whatever the contact is by then, or from an outdated version of it."""

    after: Contact
    outdated: bool


@dataclass(frozen=True)
class Delete:
    """A deletion to be made from whatever the contact is when all else of the call is done, or from an outdated version."""

    contact_id: ContactId
    outdated: bool


Wish: TypeAlias = Change | Update | Delete
"""A change, or what becomes one once it is known how things stand."""


@dataclass(frozen=True)
class Step:
    """One transaction: calls of `apply`, and whether the block raises in the end."""

    organization: str
    calls: Sequence[Sequence[Wish]]
    fails: bool


def steps_of(texts: SearchStrategy[str], moments: SearchStrategy[datetime]) -> SearchStrategy[Step]:
    """Give transactions of such changes."""
    calls = st.lists(changes_of(texts, moments), min_size=1, max_size=6)
    return st.builds(
        Step,
        st.sampled_from(("acme", "acme", "acme", "other")),
        st.lists(calls, min_size=1, max_size=3),
        st.sampled_from((False, False, False, True)),
    )


ALIASES = frozenset(IdentifierKey(IdentifierKind.EMAIL, key) for key in KEYS[:2])
BEGINNING = [
    Step(
        organization,
        [
            [
                *(CreateContact(contact(number, customer_id=KEYS[number], aliases=ALIASES)) for number in NUMBERS),
                *(CreateGroup(Group(id=each, name=each)) for each in GROUPS),
                *(StartImport(import_record(number)) for number in range(2)),
                *(JoinGroup(GROUPS[0], each) for each in reversed(IDS)),
            ]
        ],
        fails=False,
    )
    for organization in ("acme", "other")
]
"""What there is already, so that changes find something to change."""


def resolved(given: Sequence[Wish], view: Snapshot) -> list[Change]:
    """Make each update from the contact as it is by then, and each deletion from what all updates leave."""
    current = dict(view.contacts.get(IDS))
    made: list[Change] = []
    for each in sorted(given, key=lambda wish: isinstance(wish, Delete)):
        if isinstance(each, CreateContact):
            current.setdefault(each.contact.id, each.contact)
        if isinstance(each, CreateContacts):
            for created in each.contacts():
                current.setdefault(created.id, created)
        if isinstance(each, Update):
            before = current.get(each.after.id, each.after)
            before = replace(before, version=before.version + each.outdated)
            after = replace(each.after, origin=before.origin, created_at=before.created_at, version=before.version + 1)
            current[after.id] = after
            made.append(UpdateContact(before, after, rules=("SY-2",), row=before.version))
        elif isinstance(each, Delete):
            version = current[each.contact_id].version if each.contact_id in current else 1
            merged = view.contacts.belongings(each.contact_id).merged
            made.append(DeleteContact(each.contact_id, version + each.outdated, merged))
        else:
            made.append(each)
    return made


class Undone(Exception):  # noqa: N818, it is no error
    """Ends a transaction that is to leave nothing."""


def observed(view: Snapshot) -> dict[str, object]:
    """See all that can be seen."""
    every_key = [IdentifierKey(kind, key) for kind in IdentifierKind for key in (*KEYS, *IDS)]
    return {
        "contacts": view.contacts.get(IDS),
        "holders": view.contacts.holders(every_key),
        "survivors": view.contacts.survivors(IDS),
        "belongings": [view.contacts.belongings(each) for each in IDS],
        "opt-outs": view.contacts.opt_outs(KEYS),
        "pages": [view.contacts.page(after=IDS[0], limit=2, group_id=each) for each in (None, *GROUPS)],
        "found": [(view.contacts.page(text=each), view.contacts.count(text=each)) for each in ("", "ss", "%", "ä")],
        "groups": view.groups.all(),
        "named": view.groups.named([folded(each) for each in NAMES]),
        "of": view.groups.of(IDS),
        "members": [view.groups.members(each) for each in GROUPS],
        "fields": view.fields.all(),
        "values": [view.fields.count_values(each) for each in FIELDS],
        "events": (view.events.all(), view.events.get(["e1"])),
        "bookings": (view.bookings.page(), view.bookings.page(event_id="e1", limit=1)),
        "bookings of": [view.bookings.of_contact(each) for each in IDS],
        "codes": (view.codes.page(), view.codes.page(event_id="e1", after=CODES[0], limit=1)),
        "codes by name": view.codes.named([folded(each) for each in NAMES]),
        "uses": (view.codes.used(CODES), view.codes.redemptions(CODES), view.codes.redeemed_in(NUMBERED)),
        "imports": (view.imports.all(), view.imports.get(IMPORTS[0])),
        "rows": [(dict(view.imports.counts(each)), list(view.imports.notable(each))) for each in IMPORTS],
        "history": [view.history.of_contact(each) for each in IDS],
        "settings": view.settings.get(),
    }


def run(organization: OrganizationStore, step: Step, at: datetime) -> tuple[list[str], list[dict[str, object]]]:
    """Take *step*, and tell what was refused and what is to be seen after each call and in the end."""
    envelope = Envelope(cause=Cause.BY_HAND, actor=User("kïm"), at=at, reference="€")
    refused, seen = [], []
    with suppress(Undone), organization.transaction() as tx:
        for call in step.calls:
            try:
                tx.apply(resolved(call, tx), envelope)
            except NotFoundError as error:  # of several that are missing, any may be named
                refused.append(error.code)
            except DooCoreError as error:
                refused.append(repr(error))
        seen.append(observed(tx))
        if step.fails:
            raise Undone
    with organization.snapshot() as view:
        seen.append(observed(view))
    return refused, seen


Host: TypeAlias = sqlite3.Connection | psycopg.Connection[Any]
"""A connection that takes everything back."""


def disagreement(host: Host, steps: Sequence[Step]) -> object:
    """Take *steps* in memory and in the database of *host*, and give the first thing that is not the same."""
    in_database = SqliteStore if isinstance(host, sqlite3.Connection) else PostgresStore
    stores: tuple[Store, Store] = (MemoryStore(), in_database(connection=host))  # type: ignore[arg-type]
    try:
        for number, step in enumerate((*BEGINNING, *steps)):
            at = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=number)
            first, second = (run(store.organization(step.organization), step, at) for store in stores)
            if first != second:
                return step, first, second
    finally:
        host.rollback()
    return None


RAW = "SELECT * FROM doocore_contacts WHERE organization_id ="


def set_apart(store: Store, change: CreateContacts, host: Host | None = None) -> object:
    """Write a set here and its contacts one by one there, and give what is not the same then, to the letter."""
    once, one_by_one = (
        run(store.organization(name), Step(name, [changes], fails=False), datetime(2026, 1, 1, tzinfo=UTC))
        for name, changes in (("set", [change]), ("singles", list(map(CreateContact, change.contacts()))))
    )
    if once != one_by_one:
        return once, one_by_one
    together, apart = (
        [] if host is None else host.execute(f"{RAW} '{name}' ORDER BY id").fetchall() for name in ("set", "singles")
    )
    return None if [row[1:] for row in together] == [row[1:] for row in apart] else (together, apart)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """Open one database for all examples: its statements are prepared once."""
    with closing(sqlite3.connect(":memory:")) as connection:
        SqliteStore(connection=connection).migrate()
        connection.commit()
        yield connection


@pytest.fixture(scope="module")
def postgres_host(databases: Databases) -> Iterator[Host]:
    """Open one database on a server for all examples."""
    with databases.bare() as dsn, psycopg.connect(dsn) as connection:
        PostgresStore(connection=connection).migrate()
        connection.commit()
        yield connection


any_steps = given(steps=st.lists(steps_of(few, some_moments), min_size=1, max_size=4))
any_changes = given(changes=st.lists(changes_of(texts, moments), min_size=1, max_size=4))


def kept(host: Host, changes: Sequence[Wish]) -> object:
    return disagreement(host, [Step("acme", [[each] for each in changes], fails=False)])


@settings(max_examples=50)
@any_steps
def test_any_sequence_of_changes_ends_the_same(host: Host, steps: list[Step]) -> None:
    """The same changes are refused, and the same is there afterwards, in whatever order they come."""
    assert disagreement(host, steps) is None


@settings(max_examples=50)
@any_changes
def test_any_text_and_any_moment_is_kept_the_same(host: Host, changes: list[Wish]) -> None:
    """What can be written at all comes back from both as it was written."""
    assert kept(host, changes) is None


@settings(max_examples=50)
@given(change=sets_of(texts, moments))
def test_a_set_of_contacts_leaves_what_each_by_itself_would(host: Host, change: CreateContacts) -> None:
    """The same is refused, and the same is there: contacts, who holds what, what is searched; in memory and in SQLite."""
    assert set_apart(MemoryStore(), change) is None
    try:
        assert set_apart(SqliteStore(connection=host), change, host) is None  # type: ignore[arg-type]
    finally:
        host.rollback()


class TestPostgres:
    """The same, fewer times: what is asked goes to a server."""

    @settings(max_examples=10)
    @any_steps
    def test_any_sequence_of_changes_ends_the_same(self, postgres_host: Host, steps: list[Step]) -> None:
        assert disagreement(postgres_host, steps) is None

    @settings(max_examples=15)
    @any_changes
    def test_any_text_and_any_moment_is_kept_the_same(self, postgres_host: Host, changes: list[Wish]) -> None:
        assert kept(postgres_host, changes) is None

    @settings(max_examples=20)
    @given(change=sets_of(texts, moments))
    def test_a_set_of_contacts_leaves_what_each_by_itself_would(
        self, postgres_host: Host, change: CreateContacts
    ) -> None:
        try:
            assert set_apart(PostgresStore(connection=postgres_host), change, postgres_host) is None  # type: ignore[arg-type]
        finally:
            postgres_host.rollback()
