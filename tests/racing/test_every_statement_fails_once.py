"""Whatever call of a store fails, the first, the second, …: what is there is of one piece, and doing it again helps.

The memory store fails at the methods of its port. The others fail at every statement that they send, `BEGIN`, `COMMIT`
and `ROLLBACK` too, and once more when a commit was done but nobody heard of it.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from doocore import (
    ContactCenter,
    DuplicateMode,
    FieldType,
    IdentifierKey,
    ImportOptions,
    PlainRows,
    Question,
    QuestionLevel,
    Subscription,
)
from doocore.contact_center import importing
from doocore.ports import Foreseen, OrganizationStore, Snapshot, Store, Transaction
from doocore_adapters.memory import MemoryStore
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.postgres.pipelining import Pipelined, _Prepared
from doocore_adapters.sqlite import SqliteStore, Synchronous
from tests.builders import booking, everything, live_event, new_center, party


@dataclass
class Faults:
    """Counts calls while it is armed, and fails at the one that it was armed for.

    `unheard` tells that it failed when a commit was done, and nobody had heard of it.
    """

    error: type[Exception]
    calls: int = 0
    at: int | None = None
    unheard: bool = False

    def call(self, *, behind_commit: bool = False) -> None:
        if self.at is not None:
            self.calls += 1
            if self.calls == self.at:
                self.unheard = behind_commit
                raise self.error("this call fails")

    @contextmanager
    def armed(self, at: int | None) -> Iterator[None]:
        """Fail at this call in the block, counted from the last time it was armed; at None, never."""
        before, self.at = self.at, at
        try:
            yield
        finally:
            self.at = before


def in_order(each: object) -> object:
    """Give what is kept under keys, in whatever order it was read, in one order."""
    if not isinstance(each, Mapping):
        return each
    return sorted(((key, in_order(value)) for key, value in each.items()), key=repr)


def is_commit(statement: object) -> bool:
    return statement == "COMMIT"


class FaultyNoun:
    """A repository whose every method is a call that may fail."""

    def __init__(self, noun: object, faults: Faults) -> None:
        self._noun = noun
        self._faults = faults

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._noun, name)

        def call(*given: object, **named: object) -> object:
            self._faults.call()
            return method(*given, **named)

        return call


class FaultyTransaction:
    """A transaction of which everything may fail."""

    def __init__(self, inner: Snapshot, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401, a noun or `apply`
        if name == "apply":
            return getattr(FaultyNoun(self._inner, self._faults), name)
        return FaultyNoun(getattr(self._inner, name), self._faults)


@dataclass
class Records:
    """An organization's records, of which opening and committing may fail, and whatever goes through *transaction*."""

    inner: OrganizationStore
    faults: Faults
    through_the_port: bool
    watched: bool = False
    states: list[Mapping[str, object]] = field(default_factory=list)
    through: int = 0
    organization_id: str = "acme"

    def look(self) -> Mapping[str, object]:
        """See all that is there."""
        with self.faults.armed(None):
            return {noun: in_order(each) for noun, each in everything(ContactCenter(self.inner)).items()}

    @contextmanager
    def transaction(
        self, lock: Iterable[IdentifierKey] = (), foreseen: Foreseen | None = None
    ) -> Iterator[Transaction]:
        with self._open(self.inner.transaction(lock, foreseen)) as opened:
            yield opened
        if self.faults.at is not None:
            self.through += 1
            if self.watched:
                self.states.append(self.look())

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with self._open(self.inner.snapshot()) as opened:
            yield opened

    @contextmanager
    def _open(self, block: Any) -> Iterator[Any]:  # noqa: ANN401, either block
        if not self.through_the_port:
            with block as opened:
                yield opened
            return
        self.faults.call()
        with block as opened:
            yield FaultyTransaction(opened, self.faults)
            self.faults.call()
        self.faults.call(behind_commit=True)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def faulty(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, Faults]]:
    """Give a store, and what makes it fail."""
    if request.param == "memory":
        yield MemoryStore(), Faults(OSError)
    elif request.param == "sqlite":
        faults = Faults(sqlite3.OperationalError)
        let_sqlite_fail(faults, monkeypatch)
        with closing(SqliteStore(tmp_path / "contacts.db", synchronous=Synchronous.NORMAL)) as store:
            yield store, faults
    else:
        faults = Faults(psycopg.OperationalError)
        with closing(PostgresStore(request.getfixturevalue("postgres"))) as postgres:
            let_postgres_fail(faults, monkeypatch)
            yield postgres, faults


def let_sqlite_fail(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever a connection or its cursor executes be a call."""

    class FaultyCursor(sqlite3.Cursor):
        def execute(self, statement: str, parameters: Any = ()) -> "FaultyCursor":  # noqa: ANN401, as it is
            faults.call()
            super().execute(statement, parameters)
            if is_commit(statement):
                faults.call(behind_commit=True)
            return self

        def executemany(self, statement: str, rows: Any) -> "FaultyCursor":  # noqa: ANN401, as it is
            faults.call()
            super().executemany(statement, rows)
            return self

    class FaultyConnection(sqlite3.Connection):
        def cursor(self, factory: Any = FaultyCursor) -> Any:  # noqa: ANN401, as it is
            return super().cursor(factory)

        def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:  # noqa: ANN401, as it is
            cursor: sqlite3.Cursor = self.cursor().execute(statement, parameters)
            return cursor

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=FaultyConnection))


def let_postgres_fail(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever a cursor executes be a call, and whatever is sent past cursors."""
    really_send, really_exchange = _Prepared.send, Pipelined._exchange

    def send(prepared: _Prepared, *given: Any) -> Iterator[object]:  # noqa: ANN401, as it is
        faults.call()
        yield from really_send(prepared, *given)

    def exchange(sending: Pipelined, said: Sequence[Any]) -> None:
        really_exchange(sending, said)
        if any(is_commit(each.statement) for each in said):
            faults.call(behind_commit=True)

    monkeypatch.setattr(_Prepared, "send", send)
    monkeypatch.setattr(Pipelined, "_exchange", exchange)

    def faulty(really: Callable[..., object]) -> Callable[..., object]:
        def call(cursor: object, statement: object, *given: object, **named: object) -> object:
            faults.call()
            done = really(cursor, statement, *given, **named)
            if is_commit(statement):
                faults.call(behind_commit=True)
            return done

        return call

    for name in ("execute", "executemany", "copy"):
        monkeypatch.setattr(psycopg.Cursor, name, faulty(getattr(psycopg.Cursor, name)))


ROWS = PlainRows(
    [
        {"email": "ada@example.org", "city": "Łódź", "Gruppen": "VIP"},
        {"email": "new@example.org", "first_name": "Ὀδυσσεύς", "newsletter": "1"},
        {"email": "new@example.org"},
    ]
)


def book(center: ContactCenter) -> object:
    """Book for somebody known, somebody new, and the holder of a customer ID, for which more must be asked."""
    known = party("ada@example.org", city="Łódź", answers={"q1": "K1"}, subscribes=frozenset({Subscription.NEWSLETTER}))
    result = center.book(booking(known, party("new@example.org"), party("bob@example.org"), number="TX-AB12-CD34"))
    return tuple(each.reason for each in result.parties)


def take_in(center: ContactCenter) -> object:
    """Import a list, or carry on where it was interrupted."""
    interrupted = center.imports.interrupted(ROWS)
    if interrupted is not None:
        return center.imports.resume(interrupted.id, ROWS).total
    if center.imports.all():  # it is through
        return None
    options = ImportOptions(duplicates=DuplicateMode.OVERWRITE, groups=("All", "VIP"))
    return center.import_contacts(ROWS, options).total


def change(center: ContactCenter) -> object:
    """Change values, groups and subscriptions of a contact at once."""
    (ada,) = center.contacts_by_email("ada@example.org")
    subscriptions = {Subscription.MARKETING: True}
    values = {"email": "ada.l@example.org", "Hut": "37", "customer_id": "K9"}
    changed = center.change_contact(
        ada.id, values, groups=["New"], leave_groups=["VIP"], subscriptions=subscriptions, confirm_duplicate=True
    )
    return changed.values


def delete(center: ContactCenter) -> object:
    """Delete a contact that has bookings."""
    (ada,) = center.contacts_by_email("ada@example.org")
    told = center.deletion(ada.id)
    center.delete_contact(told)
    return told.bookings


def delete_a_field(center: ContactCenter) -> object:
    """Delete a field that contacts have a value in."""
    told = center.fields.deletion("Hut")
    center.fields.delete(told)
    return told.contacts


def organize(center: ContactCenter) -> object:
    """Make a group of a selection, and rename another."""
    return center.groups.create("Selection", [each.id for each in center.list_contacts()]).name


STORIES: Mapping[str, tuple[Callable[[ContactCenter], object], int]] = {
    each.__name__: (each, commits)
    for each, commits in ((book, 1), (take_in, 4), (change, 1), (delete, 1), (delete_a_field, 1), (organize, 1))
}
"""What is done, and in how many transactions that write."""

names = (f"organization {number}" for number in count(1))


def center_over(store: Store, faults: Faults) -> tuple[ContactCenter, Records]:
    """Open a contact center in an organization of its own, in which something has happened."""
    records = Records(store.organization(next(names)), faults, isinstance(store, MemoryStore))
    center = new_center(store=records)
    center.events.put(live_event(questions=[Question(id="q1", level=QuestionLevel.BOOKING, field="customer_id")]))
    center.fields.create("Hut", FieldType.SHORT_TEXT)
    center.create_contact({"email": "ada@example.org", "first_name": "Zoë", "Hut": "38"}, groups=["VIP"])
    center.create_contact({"email": "bob@example.org", "customer_id": "K1"})
    center.book(booking(party("ada@example.org"), party("bob@example.org"), number="TX-AAAA-0001"))
    return center, records


def counted_anew(state: Mapping[str, object]) -> str:
    """Write down a state with IDs counted from the first one: how many were drawn in vain does not matter."""
    in_order = {noun: _in_order(content) for noun, content in state.items()}
    text = re.sub(r"version=\d+(\),\), 'import_rows')", r"\1", repr(in_order))  # of an import that was taken over
    for letter in "cr":
        ids = sorted(set(re.findall(rf"'({letter}\d{{4}})'", text)))
        text = re.sub(rf"'{letter}\d{{4}}'", lambda found, ids=ids: f"#{ids.index(found[0][1:-1])}", text)  # type: ignore[misc]
    return text


def _in_order(content: object) -> object:
    """Sort what has no order of its own: which key comes first depends on hashes."""
    if isinstance(content, Mapping):
        return sorted(map(repr, content.items()))
    return sorted(map(repr, content)) if isinstance(content, frozenset) else content


@pytest.mark.parametrize("story", STORIES)
def test_every_call_fails_once(story: str, faulty: tuple[Store, Faults], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is what was there before or behind some commit, never between; the same call then succeeds."""
    monkeypatch.setattr(importing, "UNIT", 2)
    store, faults = faulty
    act, commits = STORIES[story]
    center, records = center_over(store, faults)
    records.watched = True
    states = records.states
    states.append(records.look())
    with faults.armed(0):
        answer = act(center)
    assert sum(after != before for before, after in pairwise(states)) == commits
    for at in count(1):
        center, records = center_over(store, faults)
        faults.calls, faults.unheard = 0, False
        try:
            with faults.armed(at):
                act(center)
        except faults.error:
            allowed = states if faults.unheard else [states[records.through]]
        else:
            allowed = states[-1:]
        seen = records.look()
        assert seen in allowed
        if faults.calls < at:
            break
        if seen != states[-1] or act in {book, take_in}:
            assert act(center) in {answer, None}
        assert counted_anew(records.look()) == counted_anew(states[-1])
    assert at > 10
