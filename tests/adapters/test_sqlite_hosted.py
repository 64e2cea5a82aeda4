"""The SQLite store in the host's own connection: the host's transaction decides, and nothing of the host's is harmed."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from doocore.changes import CreateContact
from doocore.errors import StaleVersionError
from doocore.ports import Store
from doocore.testing import StoreContract
from doocore.testing.samples import contact, contact_id, envelope
from doocore_adapters.sqlite import SqliteStore
from tests.stores import count, write


class TestHostedStore(StoreContract):
    """In the host's connection all the same holds, before the host has committed anything."""

    @pytest.fixture(autouse=True)
    def of_a_host(self) -> Iterator[None]:
        self.opened: list[sqlite3.Connection] = []
        yield
        for each in self.opened:
            each.close()

    def make_store(self) -> Store:
        connection = sqlite3.connect(":memory:")
        self.opened.append(connection)
        connection.row_factory = lambda cursor, row: {
            each[0]: cell for each, cell in zip(cursor.description, row, strict=True)
        }
        connection.text_factory = bytes
        connection.execute("PRAGMA reverse_unordered_selects = ON")  # an order that nobody asked for is none
        store = SqliteStore(connection=connection)
        store.migrate()
        return store


class TestHostsTransaction:
    """Whatever the host's way with transactions is, it decides; our errors cost it nothing."""

    @pytest.fixture(params=["", "IMMEDIATE", None], ids=["deferred", "immediate", "by hand"])
    def host(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(tmp_path / "host.db", isolation_level=request.param)) as connection:
            connection.execute("CREATE TABLE invoices (number)")
            SqliteStore(connection=connection).migrate()
            connection.commit()
            yield connection

    def test_a_rollback_takes_our_writes_with_it(self, host: sqlite3.Connection) -> None:
        """Also where the host had sent no statement before ours."""
        store = SqliteStore(connection=host)
        write(store, 1)
        assert host.in_transaction
        assert count(store) == 1
        host.rollback()
        assert count(store) == 0

    def test_a_rollback_takes_what_host_and_store_wrote_together(self, host: sqlite3.Connection) -> None:
        begin(host)
        host.execute("INSERT INTO invoices VALUES (1)")
        store = SqliteStore(connection=host)
        write(store, 1)
        host.execute("INSERT INTO invoices VALUES (2)")
        host.rollback()
        assert count(store) == 0
        assert invoices(host) == []

    def test_a_commit_keeps_what_both_wrote(self, host: sqlite3.Connection, tmp_path: Path) -> None:
        """Nothing is seen from outside before the host commits, everything afterwards."""
        store = SqliteStore(connection=host)
        with closing(sqlite3.connect(tmp_path / "host.db")) as other:
            write(store, 1)
            begin(host)
            host.execute("INSERT INTO invoices VALUES (1)")
            write(store, 2)
            assert other.execute("SELECT count(*) FROM doocore_contacts").fetchall() == [(0,)]
            host.commit()
            assert other.execute("SELECT count(*) FROM doocore_contacts").fetchall() == [(2,)]
            assert invoices(other) == [1]

    def test_an_error_of_ours_takes_back_ours_alone(self, host: sqlite3.Connection) -> None:
        """What the host and an earlier transaction of ours wrote stays, and the host goes on."""
        store = SqliteStore(connection=host)
        begin(host)
        host.execute("INSERT INTO invoices VALUES (1)")
        write(store, 1)
        with pytest.raises(ValueError, match="mine"):
            fail_while_writing(store, 2)
        with pytest.raises(StaleVersionError):
            write(store, 1)
        assert host.in_transaction
        host.execute("INSERT INTO invoices VALUES (2)")
        host.commit()
        assert count(store) == 1
        assert invoices(host) == [1, 2]

    def test_an_error_of_ours_without_a_transaction_of_the_hosts_leaves_none(self, host: sqlite3.Connection) -> None:
        """The connection is as it was before: nobody else is locked out."""
        store = SqliteStore(connection=host)
        with pytest.raises(ValueError, match="mine"):
            fail_while_writing(store, 1)
        assert not host.in_transaction
        assert count(store) == 0

    def test_reading_leaves_the_connection_as_it_was(self, host: sqlite3.Connection) -> None:
        """A snapshot sees what the host has written so far, and neither begins nor ends a transaction of the host's."""
        store = SqliteStore(connection=host)
        assert count(store) == 0
        assert not host.in_transaction
        write(store, 1)
        assert count(store) == 1
        assert host.in_transaction

    def test_the_first_write_locks_out_other_writers_at_once(self, host: sqlite3.Connection, tmp_path: Path) -> None:
        """A transaction that we begin is one that writes; else two could read the same and both write."""
        store = SqliteStore(connection=host)
        other = sqlite3.connect(tmp_path / "host.db", timeout=0)
        with (
            closing(other),
            store.organization("acme").transaction(),
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")

    def test_the_hosts_settings_stay_as_they_are(self, host: sqlite3.Connection) -> None:
        host.row_factory = sqlite3.Row
        host.text_factory = bytes
        level = host.isolation_level
        store = SqliteStore(connection=host)
        write(store, 1)
        with store.organization("acme").transaction() as tx:
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): contact(1)}
        row = host.execute("SELECT id FROM doocore_contacts").fetchone()
        assert isinstance(row, sqlite3.Row)
        assert row["id"] == contact_id(1).encode()
        assert (host.row_factory, host.text_factory, host.isolation_level) == (sqlite3.Row, bytes, level)

    def test_closing_the_store_leaves_the_connection_open(self, host: sqlite3.Connection) -> None:
        store = SqliteStore(connection=host)
        write(store, 1)
        store.close()
        host.commit()
        assert count(store) == 1


def fail_while_writing(store: Store, number: int) -> None:
    """Create the contact of this number, and raise before the end."""
    with store.organization("acme").transaction() as tx:
        tx.apply([CreateContact(contact(number))], envelope())
        raise ValueError("mine")


def begin(host: sqlite3.Connection) -> None:
    """Begin a transaction where the host does so by hand; else `sqlite3` does it."""
    if host.isolation_level is None and not host.in_transaction:
        host.execute("BEGIN")


def invoices(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT number FROM invoices ORDER BY number")]


if sys.version_info >= (3, 12):

    class TestNewerTransactionModes:
        def test_a_connection_without_autocommit_is_always_in_a_transaction(self, tmp_path: Path) -> None:
            """Its commit keeps what we wrote, its rollback takes it back."""
            with closing(sqlite3.connect(tmp_path / "newer.db", autocommit=False)) as host:
                store = SqliteStore(connection=host)
                store.migrate()
                host.commit()
                write(store, 1)
                host.rollback()
                assert count(store) == 0
                write(store, 1)
                host.commit()
                host.rollback()
                assert count(store) == 1

        def test_a_connection_that_commits_by_itself_has_to_begin(self, tmp_path: Path) -> None:
            """Its commit() does nothing, so that a transaction of ours would never end."""
            with closing(sqlite3.connect(tmp_path / "newer.db", autocommit=True)) as host:
                store = SqliteStore(connection=host)
                with pytest.raises(RuntimeError, match="BEGIN IMMEDIATE"):
                    store.migrate()
                host.execute("BEGIN IMMEDIATE")
                store.migrate()
                host.execute("COMMIT")
                host.execute("BEGIN IMMEDIATE")
                write(store, 1)
                host.execute("ROLLBACK")
                assert count(store) == 0
