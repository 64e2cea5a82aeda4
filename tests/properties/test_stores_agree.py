"""Whatever is written, memory and SQLite refuse the same and show the same.

Random changes of every kind, right and wrong ones, in transactions that end well or badly, in two organizations; after
each transaction everything that the port lets one see is compared.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doocore.changes import (
    Change,
    ChangeEvent,
    ChangeSettings,
    CreateContact,
    CreateEvent,
    CreateGroup,
    FinishImport,
    JoinGroup,
    LeaveGroup,
    LiftOptOut,
    PutField,
    RecordBooking,
    RecordOptOut,
    RecordRows,
    RetireContact,
    StartImport,
    UpdateContact,
)
from doocore.errors import DooCoreError, NotFoundError
from doocore.model.booking import Attendee, Party
from doocore.model.contact import Consent, Contact, Group, GroupId, OptOut, Subscription, SubscriptionState, Through
from doocore.model.contact_import import ImportId, Remark, RowOutcome, RowReason, RowReport, RowWarning
from doocore.model.event import Event, EventStatus
from doocore.model.fields import SYSTEM_KEYS, ContactField, FieldType, folded
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Envelope, Origin
from doocore.model.identifiers import IdentifierKey, IdentifierKind
from doocore.model.organization import OrganizationSettings, ProductPlan, SyncMode, User
from doocore.ports import OrganizationStore, Snapshot, Store
from doocore.testing.samples import TEXTS, booking, contact_id, import_record, party
from doocore_adapters.memory import MemoryStore
from doocore_adapters.sqlite import SqliteStore

NUMBERS = range(4)
IDS = [contact_id(number) for number in NUMBERS]
GROUPS = [GroupId(f"g{number}") for number in range(3)]
IMPORTS = [ImportId(f"i{number}") for number in range(2)]
NAMES = ("Straße", "STRASSE", " strasse", "VIP ⭐", "")
KEYS = ("a@b.de", "ä@b.de", "a\u0308@b.de", "A@B.DE", "K-1", "🦄", "ß", "ss")

texts = st.one_of(
    st.sampled_from((*TEXTS, *NAMES, *KEYS, "")),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
keys = st.sampled_from(KEYS)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())  # noqa: DTZ001
values = st.dictionaries(st.sampled_from((*SYSTEM_KEYS, "f1", "ü 2")), texts, max_size=6)
checks = st.dictionaries(st.sampled_from(("f3", "f4")), st.booleans())
consents = st.dictionaries(
    st.sampled_from(Subscription),
    st.builds(Consent, st.sampled_from(SubscriptionState), moments, st.sampled_from(Through)),
)
identifiers = st.frozensets(st.builds(IdentifierKey, st.sampled_from(list(IdentifierKind)[:2]), keys), max_size=3)
origins = st.builds(Origin, st.sampled_from(Cause), texts, texts, st.none() | st.integers(0, 2**40))

contacts = st.builds(
    lambda number, given, checked, key, customer_id, aliases, subscriptions, origin, created_at: Contact(
        id=contact_id(number),
        values=FrozenDict({**given, **checked, **({"customer_id": customer_id} if customer_id else {})}),
        email_key=key,
        aliases=aliases,
        subscriptions=FrozenDict(subscriptions),
        origin=origin,
        created_at=created_at,
    ),
    st.sampled_from(NUMBERS),
    values,
    checks,
    st.none() | keys,
    st.none() | keys,
    identifiers,
    consents,
    origins,
    moments,
)
events = st.builds(
    Event,
    id=st.sampled_from(("e0", "e1", "ë 2")),
    name=texts,
    status=st.sampled_from(EventStatus),
    starts_at=st.none() | st.datetimes(),
    costs=st.booleans(),
    version=st.integers(1, 3),
)
remarks = st.lists(st.builds(Remark, st.sampled_from(RowReason), texts, texts, texts), max_size=2).map(tuple)
warnings = st.lists(st.builds(Remark, st.sampled_from(RowWarning), texts), max_size=1).map(tuple)
reports = st.builds(
    RowReport,
    line=st.integers(2, 100),
    outcome=st.sampled_from(RowOutcome),
    contact_id=st.none() | st.sampled_from(IDS),
    reasons=remarks,
    warnings=warnings,
)
answers = st.dictionaries(texts, st.one_of(texts, st.booleans(), st.none()), max_size=3).map(FrozenDict)
entered = st.one_of(
    st.builds(Party, email=st.none() | texts, values=answers, answers=answers),
    st.builds(
        Attendee,
        email=st.none() | texts,
        values=answers,
        ticket=texts,
        price=st.decimals(allow_nan=False, allow_infinity=False, places=2),
    ),
)
parties = st.builds(
    lambda number, given: replace(party(number), entered=given), st.none() | st.sampled_from(NUMBERS), entered
)
bookings = st.builds(
    lambda number, booker, others, event_id: replace(booking(number, *others, event_id=event_id), booker=booker),
    st.integers(0, 3),
    parties,
    st.lists(parties, max_size=2),
    st.sampled_from(("e0", "e1")),
)
opt_outs = st.builds(OptOut, keys, st.sampled_from(Subscription))
fields = st.builds(
    ContactField,
    key=st.sampled_from(("f1", "f2", "title")),
    type=st.sampled_from(FieldType),
    name=texts,
    options=st.lists(texts, max_size=3).map(tuple),
    archived=st.booleans(),
)
settings = st.builds(
    OrganizationSettings,
    sync=st.sampled_from(SyncMode),
    locale=texts,
    retention_days=st.none() | st.integers(0, 10_000),
    plan=st.sampled_from(ProductPlan),
)


@dataclass(frozen=True)
class Update:
    """An update to be made from whatever the contact is by then, or from an outdated version of it."""

    after: Contact
    outdated: bool


changes = st.one_of(
    contacts.map(CreateContact),
    st.builds(Update, contacts, st.sampled_from((False, False, False, True))),
    st.builds(
        RetireContact,
        st.sampled_from(IDS),
        st.sampled_from(IDS),
        identifiers.map(lambda each: tuple(sorted(each, key=str))),
    ),
    opt_outs.map(RecordOptOut),
    opt_outs.map(LiftOptOut),
    st.builds(Group, id=st.sampled_from(GROUPS), name=st.sampled_from(NAMES)).map(CreateGroup),
    st.builds(JoinGroup, st.sampled_from(GROUPS), st.sampled_from(IDS)),
    st.builds(LeaveGroup, st.sampled_from(GROUPS), st.sampled_from(IDS)),
    fields.map(PutField),
    events.map(CreateEvent),
    events.map(ChangeEvent),
    settings.map(ChangeSettings),
    bookings.map(RecordBooking),
    st.sampled_from(range(2)).map(import_record).map(StartImport),
    st.builds(RecordRows, st.sampled_from(IMPORTS), st.lists(reports, max_size=4).map(tuple)),
    st.sampled_from(IMPORTS).map(FinishImport),
)


@dataclass(frozen=True)
class Step:
    """One transaction: calls of `apply`, and whether the block raises in the end."""

    organization: str
    calls: Sequence[Sequence[Change | Update]]
    fails: bool


steps = st.builds(
    Step,
    st.sampled_from(("acme", "acme", "other")),
    st.lists(st.lists(changes, min_size=1, max_size=5), max_size=3),
    st.sampled_from((False, False, False, True)),
)


def resolved(given: Sequence[Change | Update], view: Snapshot) -> list[Change]:
    """Make each update from the contact as it is by then."""
    current = dict(view.contacts.get(IDS))
    made: list[Change] = []
    for each in given:
        if isinstance(each, CreateContact):
            current.setdefault(each.contact.id, each.contact)
        if isinstance(each, Update):
            before = current.get(each.after.id, each.after)
            before = replace(before, version=before.version + each.outdated)
            after = replace(each.after, origin=before.origin, created_at=before.created_at, version=before.version + 1)
            current[after.id] = after
            made.append(UpdateContact(before, after, rules=("SY-2",), row=before.version))
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
        "opt-outs": view.contacts.opt_outs(KEYS),
        "pages": [view.contacts.page(after=IDS[0], limit=2, group_id=each) for each in (None, *GROUPS)],
        "found": [(view.contacts.page(text=each), view.contacts.count(text=each)) for each in ("", "ss", "%", "ä")],
        "groups": view.groups.all(),
        "named": view.groups.named([folded(each) for each in NAMES]),
        "of": view.groups.of(IDS),
        "members": [view.groups.members(each) for each in GROUPS],
        "fields": view.fields.all(),
        "events": (view.events.all(), view.events.get(["e1"])),
        "bookings": (view.bookings.page(), view.bookings.page(event_id="e1", limit=1)),
        "bookings of": [view.bookings.of_contact(each) for each in IDS],
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


@given(st.lists(steps, min_size=1, max_size=5))
def test_memory_and_sqlite_agree(taken: list[Step]) -> None:
    """The same changes are refused, and the same is there afterwards, for any text and any order of changes."""
    with closing(sqlite3.connect(":memory:")) as connection:
        sqlite = SqliteStore(connection=connection)
        sqlite.migrate()
        stores: tuple[Store, Store] = (MemoryStore(), sqlite)
        for number, step in enumerate(taken):
            at = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=number)
            first, second = (run(store.organization(step.organization), step, at) for store in stores)
            assert first == second
