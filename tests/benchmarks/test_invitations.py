"""Invitation lists: a million contacts in ten groups, and five million events of messages.

`DOOCORE_BENCHMARK_CONTACTS` makes them fewer or more; there are five events for each contact. What is measured stands
against a bare cursor that does the same with the same rows, in turn with it.
"""

import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

from doocore import ContactCenter, Event, EventStatus, Evidence, InvitationStatus, MessageEvent, Reaction
from doocore.changes import AddEvidence, Change, CreateContact, CreateGroup, JoinGroup, RecordMessageEvents
from doocore.model.identifiers import ContactId
from doocore.ports import OrganizationStore, Store
from doocore.rules.invitations import BY_REACTION, status_of, statuses_of
from doocore.testing.samples import contact, contact_id, envelope, group
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from tests.benchmarks.measuring import Measured, interleaved

pytestmark = pytest.mark.benchmark

CONTACTS = int(os.environ.get("DOOCORE_BENCHMARK_CONTACTS", "1_000_000"))
EVENTS_EACH = 5
GROUPS = 10
AT_ONCE = 10_000
WRITTEN = min(CONTACTS, 50_000)
PAGES = 200
MOMENT = datetime(2026, 3, 1, 10, tzinfo=UTC)

NAMES = [f"Group {number}" for number in range(GROUPS)]
ROWS = (
    "SELECT i.contact_id, e.reaction, e.by_machine FROM doocore_invitations i LEFT JOIN doocore_message_events e"
    " ON e.organization_id = i.organization_id AND e.event_id = i.event_id AND e.contact_id = i.contact_id"
    " WHERE i.organization_id = 'acme' AND i.event_id = 'gala' AND i.is_listed"
)
"""What somebody reads who keeps no evidence: everybody on the list, with all that happened."""


def reactions(numbers: Iterator[int], seed: int = 1) -> Iterator[MessageEvent]:
    """Make what happens to messages: most are sent and opened, fewer clicked, some by machines."""
    chance = random.Random(seed)  # noqa: S311, figures for a benchmark
    weights = (30, 30, 15, 8, 12, 5)
    for number in numbers:
        for place, reaction in enumerate(chance.choices(list(Reaction), weights, k=EVENTS_EACH)):
            yield MessageEvent(
                event_id="gala",
                contact_id=contact_id(number),
                reaction=reaction,
                at=MOMENT + timedelta(seconds=number % 10_000 + place),
                id=f"m{place}",
                by_machine=chance.random() < 0.03,
            )


def fill(store: Store) -> ContactCenter:
    """Let everybody be in one of ten groups, or two, all on one list, and have got messages."""
    acme = store.organization("acme")
    center = ContactCenter(acme)
    center.events.put(Event(id="gala", status=EventStatus.LIVE))
    write(acme, [CreateGroup(group(number, name)) for number, name in enumerate(NAMES)])
    center.invitations.create("gala", NAMES)
    for first in range(0, CONTACTS, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, CONTACTS))
        joins = [JoinGroup(group(number % GROUPS).id, contact_id(number)) for number in numbers]
        joins += [JoinGroup(group(number // 7 % GROUPS).id, contact_id(number)) for number in numbers[::5]]
        write(acme, [*(CreateContact(contact(number)) for number in numbers), *joins])
        record(acme, list(reactions(iter(numbers))))
    return center


def write(acme: OrganizationStore, changes: Sequence[Change]) -> None:
    with acme.transaction() as tx:
        tx.apply(changes, envelope())


def record(acme: OrganizationStore, events: Sequence[MessageEvent]) -> None:
    """Record events with their evidence, ten thousand at once."""
    known: dict[ContactId, Evidence] = {}
    for each in events:
        if not each.by_machine:
            known[each.contact_id] = known.get(each.contact_id, Evidence(0)) | BY_REACTION[each.reaction]
    together: dict[Evidence, list[ContactId]] = {}
    for found, evidence in known.items():
        together.setdefault(evidence, []).append(found)
    added = [AddEvidence("gala", tuple(ids), evidence) for evidence, ids in together.items()]
    write(acme, [RecordMessageEvents(tuple(events)), *added])


Run = Callable[[str], list[tuple[Any, ...]]]


def pulled(run: Run) -> Counter[InvitationStatus]:
    """Count as somebody does who pulls the rows and decides in Python."""
    known: dict[str, int] = {}
    bits = {each.value: int(evidence) for each, evidence in BY_REACTION.items()}
    for found, reaction, by_machine in run(ROWS):
        known[found] = known.get(found, 0) | (bits[reaction] if reaction and not by_machine else 0)
    return Counter(map(status_of, known.values()))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, ContactCenter, Run]]:
    """Fill a store once, and give what runs a bare statement in it, as a new program would."""
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("invitations") / "filled.db"
        with closing(SqliteStore(path)) as store:
            center = fill(store)
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("ANALYZE")
            with closing(sqlite3.connect(path)) as connection:
                yield "SQLite", center, lambda statement: connection.execute(statement).fetchall()
        return
    dsn = request.getfixturevalue("databases").emptied()
    with closing(PostgresStore(dsn)) as postgres:
        center = fill(postgres)
        with psycopg.connect(dsn, autocommit=True) as server:
            server.execute("VACUUM ANALYZE")
            server.execute("SELECT set_config('doocore.organization_id', 'acme', false)")
            yield "Postgres", center, lambda statement: server.execute(statement).fetchall()
            server.execute("SELECT 1")


def test_counting_a_whole_list(filled: tuple[str, ContactCenter, Run], show: Callable[[str, str], None]) -> None:
    name, center, run = filled
    counts = center.invitations.counts("gala")
    assert sum(counts.values()) == CONTACTS
    assert {status: count for status, count in counts.items() if count} == pulled(run)
    measured = interleaved(
        CONTACTS,
        {
            "center.invitations.counts": lambda: drop(center.invitations.counts("gala")),
            "rows pulled into Python": lambda: drop(pulled(run)),
        },
        runs=3,
    )
    show(f"Counting {CONTACTS:,} contacts with {CONTACTS * EVENTS_EACH:,} events ({name})", seconds_of(measured))


def test_first_and_deep_pages(filled: tuple[str, ContactCenter, Run], show: Callable[[str, str], None]) -> None:
    """Of up to a hundred lines each, with their contacts."""
    name, center, _ = filled
    deep = contact_id(CONTACTS * 9 // 10)
    rare, common = [InvitationStatus.INVITED], [InvitationStatus.DECLINED, InvitationStatus.INTERESTED]
    asked: Mapping[str, dict[str, Any]] = {
        "first page": {},
        "deep page": {"after": deep},
        "first page, rare status": {"statuses": rare},
        "deep page, rare status": {"statuses": rare, "after": deep},
        "first page, two statuses": {"statuses": common},
        "deep page, two statuses": {"statuses": common, "after": deep},
    }
    lines = []
    for what, how in asked.items():
        assert center.invitations.list("gala", **how)
        took = sorted(elapsed(partial(center.invitations.list, "gala", **how)) for _ in range(PAGES))
        lines.append(f"{what:28}{took[PAGES // 2] * 1e3:>8.2f} ms{took[PAGES * 99 // 100] * 1e3:>8.2f} ms (99 %)")
    show(f"Pages of a list of {CONTACTS:,} ({name})", "\n".join(lines))


def test_recording_events_with_and_without_evidence(
    filled: tuple[str, ContactCenter, Run], show: Callable[[str, str], None]
) -> None:
    """What it costs the processor of this program, and how long it takes, in transactions of a thousand."""
    name, center, _ = filled
    acme = center._shell.store
    turns = iter(range(1_000))

    def events() -> Iterator[MessageEvent]:
        turn = next(turns)
        for each in islice(reactions(iter(range(CONTACTS)), turn + 2), WRITTEN):
            yield MessageEvent(
                event_id="gala", contact_id=each.contact_id, reaction=each.reaction, at=each.at, id=f"{each.id}-{turn}"
            )

    def without() -> None:
        remaining = events()
        while some := tuple(islice(remaining, 1_000)):
            write(acme, [RecordMessageEvents(some)])

    def with_evidence() -> None:
        remaining = events()
        while some := list(islice(remaining, 1_000)):
            record(acme, some)

    def by_story() -> None:
        assert center.invitations.record_message_events(events()) == WRITTEN

    pieces = {"events alone": without, "with evidence": with_evidence, "by the story": by_story}
    used: dict[str, list[float]] = {each: [] for each in pieces}
    took: dict[str, list[float]] = {each: [] for each in pieces}
    for _ in range(3):
        for piece, run in pieces.items():
            began = time.process_time()
            took[piece].append(elapsed(run))
            used[piece].append(time.process_time() - began)
    floor, waited = min(used["events alone"]), min(took["events alone"])
    lines = [
        f"{piece:20}{WRITTEN / min(took[piece]):>10,.0f} a second{min(took[piece]) / waited:>8.2f} times the time"
        f"{min(used[piece]) / floor:>8.2f} times the CPU"
        for piece in pieces
    ]
    show(f"Recording {WRITTEN:,} events ({name})", "\n".join(lines))


def test_a_list_that_is_long_becomes_a_group(
    filled: tuple[str, ContactCenter, Run], show: Callable[[str, str], None]
) -> None:
    name, center, _ = filled
    took = elapsed(lambda: drop(center.invitations.to_group("gala", "Declined", statuses=[InvitationStatus.DECLINED])))
    joined = len(center.groups.members("Declined"))
    assert joined == center.invitations.counts("gala")[InvitationStatus.DECLINED]
    show(
        f"A group of those who declined ({name})", f"{joined:,} contacts in {took:.1f} s, {joined / took:,.0f} a second"
    )


def test_statuses_in_bulk(show: Callable[[str, str], None]) -> None:
    chance = random.Random(1)  # noqa: S311, figures for a benchmark
    occurring = [chance.randrange(1 << len(Evidence)) for _ in range(200)]
    known = chance.choices(occurring, k=CONTACTS)
    measured = interleaved(
        CONTACTS,
        {
            "statuses_of": lambda: drop(list(statuses_of(known))),
            "status_of, one by one": lambda: drop([status_of(each) for each in known]),
        },
        runs=3,
    )
    show(f"The status of {CONTACTS:,} sets of evidence", measured.table("statuses_of"))


def elapsed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def seconds_of(measured: Measured) -> str:
    """Show how long each piece took, and how many times the quickest."""
    quickest = min(measured.medians.values())
    return "\n".join(
        f"{name:28}{seconds:>10.3f} s{seconds / quickest:>10.1f} times" for name, seconds in measured.medians.items()
    )


def drop(_: object) -> None:
    """Let go of it."""
