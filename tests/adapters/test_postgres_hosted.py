"""The Postgres store in the host's own connection: the host's transaction decides, and nothing of the host's is harmed."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC
from typing import Any, TypeAlias

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg.types.string import StrDumper

from doocore.changes import CreateContact
from doocore.errors import StaleVersionError
from doocore.model.contact import ContactColumns
from doocore.ports import Store
from doocore.testing import StoreContract
from doocore.testing.samples import address, contact, contact_id, envelope
from doocore_adapters.postgres import PostgresStore
from tests.databases import Databases, rows_of, wait_until_somebody_waits
from tests.stores import count, write

Host: TypeAlias = psycopg.Connection[Any]


class TestHostedStore(StoreContract):
    """In the host's connection all the same holds, before the host has committed anything, however it is set up."""

    @pytest.fixture(autouse=True)
    def of_a_host(self, databases: Databases) -> Iterator[None]:
        self.connection: Host
        with psycopg.connect(databases.emptied()) as self.connection:
            yield

    def make_store(self) -> Store:
        self.connection.rollback()
        self.connection.row_factory = dict_row
        self.connection.adapters.register_dumper(str, StrDumper)
        set_json_loads(lambda _: "not what was written", self.connection)
        self.connection.execute("SET LOCAL datestyle = 'German'")
        self.connection.execute("SET LOCAL timezone = 'Asia/Kathmandu'")
        return PostgresStore(connection=self.connection)


@pytest.fixture
def host(bare_postgres: str) -> Iterator[Host]:
    """Connect to a database that has a table of the host's and ours."""
    with psycopg.connect(bare_postgres) as connection:
        connection.execute("CREATE TABLE invoices (number integer)")
        PostgresStore(connection=connection).migrate()
        connection.commit()
        yield connection


def idle(host: Host) -> bool:
    return host.info.transaction_status is TransactionStatus.IDLE


def invoices(host: Host) -> list[int]:
    return [number for (number,) in host.execute("SELECT number FROM invoices ORDER BY number")]


def fail_while_writing(store: Store, number: int) -> None:
    """Create the contact of this number, and raise before the end."""
    with store.organization("acme").transaction() as tx:
        tx.apply([CreateContact(contact(number))], envelope())
        raise ValueError("mine")


class TestHostsTransaction:
    def test_a_rollback_takes_our_writes_with_it(self, host: Host) -> None:
        """Also where the host had sent no statement before ours."""
        store = PostgresStore(connection=host)
        assert idle(host)
        write(store, 1)
        assert not idle(host)
        assert count(store) == 1
        host.rollback()
        assert count(store) == 0

    def test_a_rollback_takes_what_host_and_store_wrote_together(self, host: Host) -> None:
        host.execute("INSERT INTO invoices VALUES (1)")
        store = PostgresStore(connection=host)
        write(store, 1)
        host.execute("INSERT INTO invoices VALUES (2)")
        host.rollback()
        assert count(store) == 0
        assert invoices(host) == []

    def test_a_commit_keeps_what_both_wrote(self, host: Host, bare_postgres: str) -> None:
        """Nothing is seen from outside before the host commits, everything afterwards."""
        store = PostgresStore(connection=host)
        write(store, 1)
        host.execute("INSERT INTO invoices VALUES (1)")
        write(store, 2)
        assert rows_of(bare_postgres, "SELECT count(*) FROM doocore_contacts") == [(0,)]
        host.commit()
        assert rows_of(bare_postgres, "SELECT count(*) FROM doocore_contacts") == [(2,)]
        assert rows_of(bare_postgres, "SELECT number FROM invoices") == [(1,)]

    def test_a_block_of_the_hosts_decides(self, host: Host) -> None:
        """`connection.transaction()` around our calls, with autocommit too."""
        host.autocommit = True
        store = PostgresStore(connection=host)
        with host.transaction():
            write(store, 1)
        with host.transaction(force_rollback=True):
            write(store, 2)
        with pytest.raises(ValueError, match="mine"), host.transaction():
            fail_while_writing(store, 3)
        assert count(store) == 1

    def test_an_error_of_ours_takes_back_ours_alone(self, host: Host) -> None:
        """What the host and an earlier transaction of ours wrote stays, and the host goes on."""
        store = PostgresStore(connection=host)
        host.execute("INSERT INTO invoices VALUES (1)")
        write(store, 1)
        with pytest.raises(ValueError, match="mine"):
            fail_while_writing(store, 2)
        with pytest.raises(StaleVersionError):
            write(store, 1)
        assert host.info.transaction_status is TransactionStatus.INTRANS
        host.execute("INSERT INTO invoices VALUES (2)")
        host.commit()
        assert count(store) == 1
        assert invoices(host) == [1, 2]

    def test_an_error_of_ours_without_a_transaction_of_the_hosts_leaves_none(self, host: Host) -> None:
        """The connection is as it was before: nobody else is locked out."""
        store = PostgresStore(connection=host)
        with pytest.raises(ValueError, match="mine"):
            fail_while_writing(store, 1)
        assert idle(host)
        assert count(store) == 0

    def test_a_connection_that_commits_by_itself_has_to_begin(self, host: Host) -> None:
        """Else a transaction of ours would never end, or commit without the host."""
        host.autocommit = True
        store = PostgresStore(connection=host)
        for attempt in (store.migrate, lambda: write(store, 1)):
            with pytest.raises(RuntimeError, match=r"connection\.transaction\(\)"):
                attempt()
        assert idle(host)

    @pytest.mark.parametrize("autocommit", [True, False])
    def test_reading_leaves_the_connection_as_it_was(self, host: Host, *, autocommit: bool) -> None:
        """A snapshot neither begins nor ends a transaction of the host's."""
        host.autocommit = autocommit
        store = PostgresStore(connection=host)
        assert count(store) == 0
        assert idle(host)
        with pytest.raises(ValueError, match="mine"), store.organization("acme").snapshot():
            raise ValueError("mine")
        assert idle(host)
        with host.transaction():
            write(store, 1)
            assert count(store) == 1
            assert not idle(host)

    def test_reading_shows_one_moment(self, host: Host, bare_postgres: str) -> None:
        """Where the host has no transaction open, whatever others commit meanwhile."""
        store = PostgresStore(connection=host)
        with store.organization("acme").snapshot() as view:
            assert view.contacts.count() == 0
            with psycopg.connect(bare_postgres) as other:
                write(PostgresStore(connection=other), 1)
            assert view.contacts.count() == 0
        assert count(store) == 1

    def test_moments_are_read_in_utc(self, host: Host) -> None:
        """Whatever zone and style of dates the host likes to read."""
        host.execute("SET timezone = 'Asia/Kathmandu'")
        host.execute("SET datestyle = 'German'")
        store = PostgresStore(connection=host)
        write(store, 1)
        with store.organization("acme").snapshot() as view:
            (found,) = view.contacts.page()
        assert found == contact(1)
        assert found.created_at.tzinfo is UTC

    def test_the_hosts_settings_stay_as_they_are(self, host: Host) -> None:
        host.row_factory = dict_row
        store = PostgresStore(connection=host)
        write(store, 1)
        with store.organization("acme").transaction() as tx:
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): contact(1)}
        assert host.execute("SELECT id FROM doocore_contacts").fetchall() == [{"id": contact_id(1)}]
        assert host.row_factory is dict_row

    def test_closing_the_store_leaves_the_connection_open(self, host: Host) -> None:
        store = PostgresStore(connection=host)
        write(store, 1)
        store.close()
        host.commit()
        assert count(store) == 1


OPEN_CURSORS = "SELECT name FROM pg_cursors WHERE NOT is_holdable AND name <> ''"


class TestHostsCursors:
    """Contacts are streamed by cursors on the server, which would stay as long as the host's transaction."""

    @pytest.fixture
    def stream(self, host: Host) -> Iterator[Generator[ContactColumns, None, None]]:
        """Read one of two contacts."""
        store = PostgresStore(connection=host)
        for number in (1, 2):
            write(store, number)
        with store.organization("acme").snapshot() as view:
            stream = view.contacts.columns(["email"], size=1)
            assert len(next(stream).ids) == 1
            assert len(host.execute(OPEN_CURSORS).fetchall()) == 1
            yield stream

    def test_a_stream_that_is_closed_early_lets_its_cursor_go(
        self, host: Host, stream: Generator[ContactColumns, None, None]
    ) -> None:
        stream.close()
        assert host.execute(OPEN_CURSORS).fetchall() == []

    def test_one_that_is_read_to_its_end_does_so_by_itself(
        self, host: Host, stream: Generator[ContactColumns, None, None]
    ) -> None:
        assert [len(each.ids) for each in stream] == [1]
        assert host.execute(OPEN_CURSORS).fetchall() == []

    def test_one_that_is_left_half_read_is_closed_behind_the_block(self, host: Host) -> None:
        """Of a reading call and of a writing one; the host's own cursors stay."""
        store = PostgresStore(connection=host)
        write(store, 1)
        host.execute("DECLARE mine CURSOR FOR SELECT 1")
        for opening in (store.organization("acme").snapshot, store.organization("acme").transaction):
            with opening() as view:
                half_read = view.contacts.columns(["email"], size=1)
                next(half_read)
            assert host.execute(OPEN_CURSORS).fetchall() == [("mine",)]

    def test_one_whose_transaction_failed_asks_nothing_more(self, host: Host) -> None:
        """The error that comes out is the one that happened."""
        store = PostgresStore(connection=host)
        write(store, 1)
        organization = store.organization("acme")
        with (
            pytest.raises(psycopg.errors.DivisionByZero),
            organization.snapshot() as view,
            closing(view.contacts.columns(["email"], size=1)) as half_read,
        ):
            fail_half_read(host, half_read)


def fail_half_read(host: Host, stream: Generator[ContactColumns, None, None]) -> None:
    """Send a statement that fails while a cursor is open."""
    next(stream)
    host.execute("SELECT 1 / 0")


class TestHostsLocks:
    def test_locks_are_held_until_the_host_is_through(self, host: Host, bare_postgres: str) -> None:
        """Not only as long as our own block: what was written in it is not there yet for others."""
        mine = PostgresStore(connection=host)
        with mine.organization("acme").transaction(lock=[address("a")]) as tx:
            tx.apply([CreateContact(contact(1))], envelope())

        def second() -> int:
            with psycopg.connect(bare_postgres) as other:
                store = PostgresStore(connection=other)
                with store.organization("acme").transaction(lock=[address("a")]) as tx:
                    return tx.contacts.count()

        with ThreadPoolExecutor(1) as threads:
            seen = threads.submit(second)
            wait_until_somebody_waits(bare_postgres)
            host.commit()
            assert seen.result(60) == 1

    def test_whoever_reads_from_an_earlier_moment_is_told(self, host: Host, bare_postgres: str) -> None:
        """A host under REPEATABLE READ would decide on what is no longer so: it gets the error that it repeats on."""
        host.isolation_level = IsolationLevel.REPEATABLE_READ
        with psycopg.connect(bare_postgres) as other:
            store = PostgresStore(connection=other)
            with store.organization("acme").transaction(lock=[address("a")]):
                pass
            other.commit()
            host.execute("SELECT 1 FROM invoices")
            with store.organization("acme").transaction(lock=[address("a")]) as tx:
                tx.apply([CreateContact(contact(1))], envelope())
        store = PostgresStore(connection=host)
        with pytest.raises(psycopg.errors.SerializationFailure), store.organization("acme").transaction([address("a")]):
            pass
        host.rollback()
        with store.organization("acme").transaction([address("a")]) as tx:
            assert tx.contacts.count() == 1
