"""What is sent to Postgres before an answer is waited for: how seldom it waits, and what becomes of errors."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import Pipeline
from psycopg.errors import DivisionByZero, UniqueViolation
from psycopg.pq import PipelineStatus

from doocore import Attendee, Booking, ContactCenter, Event, EventStatus, Party
from doocore.changes import CreateContact
from doocore.testing.samples import contact, envelope
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.postgres.cursors import Connection
from doocore_adapters.postgres.sending import Sending
from tests.stores import count

NUMBER = "TX-AB12-CD34"


@pytest.fixture
def connection(postgres: str) -> Iterator[Connection]:
    with closing(psycopg.connect(postgres, autocommit=True)) as opened:
        yield opened


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every time that somebody waits for the server."""
    noted: list[str] = []
    really_pipeline = psycopg.Connection.pipeline

    @contextmanager
    def pipeline(self: Connection) -> Iterator[Pipeline]:
        with really_pipeline(self) as opened:
            yield opened
            noted.append("pipeline")

    for name in ("execute", "executemany"):
        really = getattr(psycopg.Cursor, name)

        def call(self: psycopg.Cursor[Any], statement: Any, *given: Any, really: Any = really, **named: Any) -> Any:  # noqa: ANN401
            if self.connection.info.pipeline_status is PipelineStatus.OFF:
                noted.append(str(statement))
            return really(self, statement, *given, **named)

        monkeypatch.setattr(psycopg.Cursor, name, call)
    monkeypatch.setattr(psycopg.Connection, "pipeline", pipeline)
    return noted


def booking() -> Booking:
    guests = [Attendee(email=f"guest{number}@example.org", ticket="Standard") for number in range(20)]
    return Booking(event_id="e1", number=NUMBER, booker=Party(email="ada@example.org"), attendees=guests)


def center_on(store: PostgresStore) -> ContactCenter:
    center = ContactCenter(store.organization("acme"))
    center.events.put(Event(id="e1", status=EventStatus.LIVE))
    return center


def test_a_booking_waits_three_times(postgres: str, ways: list[str]) -> None:
    """For its locks and all that is known, for its rows, and for the commit; however many people come."""
    with closing(PostgresStore(postgres)) as store:
        center = center_on(store)
        ways.clear()
        result = center.book(booking())
        assert (ways, len(result.parties)) == (["pipeline"] * 3, 21)


def test_a_libpq_without_pipelines_does_the_same(
    postgres: str, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pipeline, "is_supported", lambda: False)
    with closing(PostgresStore(postgres)) as store:
        center = center_on(store)
        result = center.book(booking())
        assert "pipeline" not in ways
        assert (center.book(booking()).parties, center.count_contacts()) == (result.parties, 21)


@pytest.mark.parametrize("pipelined", [True, False])
class TestErrors:
    """Whoever waits hears of the first error, once."""

    def test_the_first_one_is_raised_and_what_follows_has_not_happened(
        self, connection: Connection, *, pipelined: bool
    ) -> None:
        sending = Sending(connection, pipelined=pipelined)
        for statement in ("BEGIN", "CREATE TEMPORARY TABLE t (a integer PRIMARY KEY)", "SAVEPOINT here"):
            sending.send(statement)
        first = sending.send("INSERT INTO t VALUES (%s)", [1], [2])
        sending.send("INSERT INTO t VALUES (%s)", [1])
        sending.send("SELECT 1 / 0")
        with pytest.raises(UniqueViolation):
            sending.settle()
        sending.settle()
        assert first.rowcount == 2
        sending.send("ROLLBACK TO SAVEPOINT here")
        assert sending.answered(sending.send("SELECT count(*) FROM t")).fetchall() == [(0,)]
        sending.give_up()

    def test_who_gives_up_hears_nothing(self, connection: Connection, *, pipelined: bool) -> None:
        sending = Sending(connection, pipelined=pipelined)
        sending.send("SELECT 1 / 0")
        sending.give_up()
        assert sending.ask("SELECT 2").fetchall() == [(2,)]

    def test_an_error_comes_out_before_anything_else_is_asked(self, connection: Connection, *, pipelined: bool) -> None:
        sending = Sending(connection, pipelined=pipelined)
        sending.send("SELECT 1 / 0")
        with pytest.raises(DivisionByZero):
            sending.ask("SELECT 2")

    def test_one_that_psycopg_itself_finds_is_one_too(self, connection: Connection, *, pipelined: bool) -> None:
        sending = Sending(connection, pipelined=pipelined)
        sending.send("SELECT %s::text", [object()])
        with pytest.raises(psycopg.ProgrammingError):
            sending.settle()


def test_the_error_that_was_heard_of_first_is_the_one(connection: Connection) -> None:
    """The server's, of which nobody has heard yet, does not take its place."""
    sending = Sending(connection, pipelined=True)
    sending.send("SELECT 1 / 0")
    sending.send("SELECT %s::text", [object()])
    with pytest.raises(psycopg.ProgrammingError):
        sending.settle()


def test_a_lock_that_is_waited_for_too_long_is_told_before_the_block(postgres: str) -> None:
    """The lock is on its way together with the look-ups: nobody gets in without it."""
    keys = contact(1, email="ada@example.org").identifiers
    with closing(PostgresStore(postgres)) as one, closing(PostgresStore(postgres, timeout=0.05)) as other:
        entered = False
        with one.organization("acme").transaction(lock=keys) as tx:
            tx.apply([CreateContact(contact(1))], envelope())
            with pytest.raises(psycopg.errors.LockNotAvailable), other.organization("acme").transaction(lock=keys):
                entered = True
        assert (entered, count(other)) == (False, 1)
