"""What is sent to Postgres before an answer is waited for: how seldom it waits, and what becomes of errors."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import Pipeline
from psycopg.abc import PQGen
from psycopg.errors import DivisionByZero, UndefinedTable, UniqueViolation
from psycopg.pq import PipelineStatus
from psycopg_pool import ConnectionPool

from doocore import Attendee, Booking, ContactCenter, Event, EventStatus, Party
from doocore.changes import CreateContact
from doocore.testing.samples import address, contact, envelope
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.postgres.cursors import Connection
from doocore_adapters.postgres.pipelining import MOST, Pipelined
from doocore_adapters.postgres.sending import Sending
from tests.stores import count, write

NUMBER = "TX-AB12-CD34"


@pytest.fixture
def connection(postgres: str) -> Iterator[Connection]:
    with closing(psycopg.connect(postgres, autocommit=True)) as opened:
        yield opened


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every time that somebody waits for the server."""
    noted: list[str] = []
    really = psycopg.Connection.wait

    def wait(self: Connection, work: PQGen[Any], *given: Any) -> Any:  # noqa: ANN401, whatever comes of it
        def watched() -> PQGen[Any]:
            try:
                wanted = next(work)
                noted.append("statement" if self.info.pipeline_status is PipelineStatus.OFF else "pipeline")
                while True:
                    wanted = work.send((yield wanted))
            except StopIteration as end:
                return end.value

        return really(self, watched(), *given)

    monkeypatch.setattr(psycopg.Connection, "wait", wait)
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
        with store.organization("acme").transaction(lock=[address("a")]):
            pass  # the first one finds that there are gates, or makes them
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


@pytest.mark.parametrize("way", [Sending, Pipelined])
class TestErrors:
    """Whoever waits hears of the first error, once; without pipelines, whoever sends waits."""

    def test_the_first_one_is_raised_and_what_follows_has_not_happened(
        self, connection: Connection, way: Callable[[Connection], Sending]
    ) -> None:
        sending = way(connection)
        for statement in ("BEGIN", "CREATE TEMPORARY TABLE t (a integer PRIMARY KEY)", "SAVEPOINT here"):
            sending.send(statement)
        first = sending.send("INSERT INTO t VALUES (%s)", [1], [2])
        with pytest.raises(UniqueViolation):
            send_all(sending, "INSERT INTO t VALUES (1)", "SELECT 1 / 0")
        sending.settle()
        assert first.touched == 2
        sending.take_back("here")
        assert sending.ask("SELECT count(*) FROM t").rows() == [(0,)]

    def test_who_gives_up_hears_nothing(self, connection: Connection, way: Callable[[Connection], Sending]) -> None:
        sending = way(connection)
        sending.send("SELECT 1")
        if way is Pipelined:
            sending.send("SELECT 1 / 0")
        sending.give_up()
        assert sending.ask("SELECT 2").rows() == [(2,)]

    def test_an_error_comes_out_before_anything_else_is_asked(
        self, connection: Connection, way: Callable[[Connection], Sending]
    ) -> None:
        with pytest.raises(DivisionByZero):
            send_all(way(connection), "SELECT 1 / 0", "SELECT 2")

    def test_one_that_psycopg_itself_finds_is_one_too(
        self, connection: Connection, way: Callable[[Connection], Sending]
    ) -> None:
        with pytest.raises(psycopg.ProgrammingError):
            way(connection).ask("SELECT %s::text", [object()])


def send_all(sending: Sending, *statements: str) -> None:
    for each in statements:
        sending.send(each)
    sending.settle()


def test_the_error_that_was_heard_of_first_is_the_one(connection: Connection) -> None:
    """The server's, of which nobody has heard yet, does not take its place."""
    sending = Pipelined(connection)
    sending.send("SELECT 1 / 0")
    sending.send("SELECT %s::text", [object()])
    with pytest.raises(psycopg.ProgrammingError):
        sending.settle()


def test_more_than_fits_on_the_way_is_sent_and_answered(connection: Connection) -> None:
    """The server answers while it is still being sent to, and waits until somebody reads that."""
    sending = Pipelined(connection)
    text = "ä" * 1_000_000
    said = [sending.send("SELECT %s::text", [text]) for _ in range(10)]
    sending.settle()
    assert [each.rows() for each in said] == [[(text,)]] * 10


class TestPrepared:
    """The server keeps what was said to it before."""

    def test_the_statements_met_last_are_kept(self, connection: Connection) -> None:
        """And no more than some: others are prepared anew when they come."""
        sending = Pipelined(connection)
        for _ in range(2):
            for number in range(MOST + 1):
                assert sending.ask(f"SELECT %s::bigint + {number}", [1]).rows() == [(1 + number,)]
                assert sending.ask("SELECT 'often'").rows() == [("often",)]
        kept = {text for (text,) in connection.execute("SELECT statement FROM pg_prepared_statements").fetchall()}
        assert len(kept) == MOST
        assert {"SELECT 'often'", f"SELECT $1::bigint + {MOST}"} <= kept

    def test_what_the_server_has_forgotten_is_said_again(self, postgres: str) -> None:
        """As a pool tells it to that resets connections, or psycopg after it has rolled back for somebody else."""
        with ConnectionPool(postgres, min_size=1, max_size=1, open=True) as pool:
            store = PostgresStore(pool=pool)
            for number, reset in enumerate(("DEALLOCATE ALL", "DISCARD ALL")):
                write(store, number)
                with pool.connection() as connection:
                    connection.autocommit = True
                    connection.execute(reset)
                    connection.autocommit = False
                assert count(store) == number + 1
            write(store, 3)
            assert count(store) == 3

    def test_two_stores_keep_theirs_apart(self, postgres: str) -> None:
        """On the connections of one pool."""
        with ConnectionPool(postgres, min_size=1, max_size=1, open=True) as pool:
            one, other = PostgresStore(pool=pool), PostgresStore(pool=pool)
            write(one, 1)
            assert count(other) == 1
            write(other, 2)
            assert count(one) == 2

    def test_what_came_behind_an_error_is_prepared_when_it_comes_again(self, connection: Connection) -> None:
        sending = Pipelined(connection)
        with pytest.raises(UndefinedTable):
            send_all(sending, "SELECT 1 FROM nothing", "SELECT 2")
        assert sending.ask("SELECT 2").rows() == [(2,)]

    def test_nothing_is_where_nothing_is_to_be(self, postgres: str) -> None:
        """As psycopg's `prepare_threshold` has it, for what stands between us and the server."""
        kwargs = {"prepare_threshold": None}
        with ConnectionPool(postgres, kwargs=kwargs, min_size=1, max_size=1, open=True) as pool:
            store = PostgresStore(pool=pool)
            write(store, 1)
            assert count(store) == 1
            with pool.connection() as connection:
                assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchall() == [(0,)]


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
