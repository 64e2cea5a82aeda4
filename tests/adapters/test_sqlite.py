"""The SQLite store in a file of its own passes the contract, is set up as promised, and lets nobody wait in vain."""

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from doocore.changes import CreateContact, UpdateContact
from doocore.errors import StaleVersionError
from doocore.ports import Store
from doocore.testing import DurableStoreContract, SharedStoreContract, StoreContract
from doocore.testing.samples import contact, envelope
from doocore_adapters.sqlite import SqliteStore, Synchronous
from tests.stores import count, in_thread, write


class TestSqliteStore(StoreContract, SharedStoreContract, DurableStoreContract):
    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "contacts.db"

    def make_store(self) -> Store:
        self.path.unlink(missing_ok=True)
        return SqliteStore(self.path)

    def reopen(self, store: Store) -> Store:
        del store
        return SqliteStore(self.path)


class TestFastSqliteStore(StoreContract):
    """What `NORMAL` gives up is the last commits after a loss of power, and nothing else."""

    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "contacts.db"

    def make_store(self) -> Store:
        self.path.unlink(missing_ok=True)
        return SqliteStore(self.path, synchronous=Synchronous.NORMAL)


class TestPath:
    @pytest.mark.parametrize("path", [":memory:", ""])
    def test_a_database_in_memory_is_refused_with_a_hint(self, path: str) -> None:
        """Each connection would get another one."""
        with pytest.raises(ValueError, match="MemoryStore"):
            SqliteStore(path)

    def test_a_file_in_no_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="nowhere"):
            SqliteStore(tmp_path / "nowhere" / "contacts.db")

    def test_a_path_or_a_connection_has_to_be_given(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError):
            SqliteStore()
        with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(TypeError):
            SqliteStore(tmp_path / "contacts.db", connection=connection)

    def test_strange_names_are_names(self, tmp_path: Path) -> None:
        """What looks like an address or an option is a file name like any other."""
        for name in ("file:x?mode=memory", "50%.db", "ä #1?.db", "a b"):
            with closing(SqliteStore(str(tmp_path / name))) as store, store.organization("acme").transaction() as tx:
                tx.apply([CreateContact(contact(1))], envelope())
            assert (tmp_path / name).stat().st_size > 0
            with closing(SqliteStore(tmp_path / name)) as store, store.organization("acme").snapshot() as view:
                assert view.contacts.count() == 1

    def test_nothing_but_the_file_stays_behind_a_closed_store(self, tmp_path: Path) -> None:
        with closing(SqliteStore(tmp_path / "contacts.db")) as store, store.organization("acme").transaction() as tx:
            tx.apply([CreateContact(contact(1))], envelope())
        assert [each.name for each in tmp_path.iterdir()] == ["contacts.db"]

    def test_a_closed_store_opens_nothing(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path / "contacts.db")
        store.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"), store.organization("acme").transaction():
            pass

    @pytest.mark.parametrize(("synchronous", "value"), [(Synchronous.FULL, 2), (Synchronous.NORMAL, 1)])
    def test_the_connection_is_set_up_as_promised(self, tmp_path: Path, synchronous: Synchronous, value: int) -> None:
        """Commits are on the disk, what is erased is gone from the file, references hold, readers wait for nobody."""
        with closing(SqliteStore(tmp_path / "contacts.db", synchronous=synchronous)) as store:
            with store.organization("acme").transaction() as tx:
                connection = tx.contacts._session._connection  # type: ignore[attr-defined]
                names = ("synchronous", "foreign_keys", "secure_delete", "journal_mode")
                found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
            assert found == [value, 1, 1, "wal"]

    def test_what_was_deleted_is_gone_from_the_file(self, tmp_path: Path) -> None:
        """No page of the file keeps the value that a contact had before (RE-3), once the log is written back."""
        secret = "Geheimniskrämer" * 10
        before, after = contact(1, comment=secret), replace(contact(1), version=2)
        with closing(SqliteStore(tmp_path / "contacts.db")) as store:
            acme = store.organization("acme")
            with acme.transaction() as tx:
                tx.apply([CreateContact(before)], envelope())
            with acme.transaction() as tx:
                tx.apply([UpdateContact(before, after)], envelope())
                connection = tx.contacts._session._connection  # type: ignore[attr-defined]
                connection.execute("DELETE FROM doocore_history")
        assert secret.encode() not in (tmp_path / "contacts.db").read_bytes()


class TestWaiting:
    """Who waits for whom."""

    def test_readers_do_not_wait_for_a_writer(self, tmp_path: Path) -> None:
        """They see what was committed before."""
        with closing(SqliteStore(tmp_path / "contacts.db", timeout=0.1)) as store:
            write(store, 1)
            seen: list[int] = []
            with store.organization("acme").transaction() as tx:
                tx.apply([CreateContact(contact(2))], envelope())
                in_thread(lambda: seen.append(count(store)))
            assert seen == [1]

    def test_a_writer_does_not_wait_for_readers(self, tmp_path: Path) -> None:
        """And a reader goes on seeing one moment."""
        with closing(SqliteStore(tmp_path / "contacts.db", timeout=0.1)) as store:
            write(store, 1)
            with store.organization("acme").snapshot() as view:
                assert view.contacts.count() == 1
                in_thread(lambda: write(store, 2))
                assert view.contacts.count() == 1
            assert count(store) == 2

    def test_a_query_left_half_read_keeps_no_connection_at_its_moment(self, tmp_path: Path) -> None:
        """Else the next one on it would see what was then, and could not write any more."""
        path = tmp_path / "contacts.db"
        with closing(SqliteStore(path)) as store, closing(SqliteStore(path)) as other:
            for number in range(3):
                write(store, number)
            with store.organization("acme").snapshot() as view:
                half_read = view.contacts.columns(["email"], size=1)
                next(half_read)
            write(other, 3)
            assert count(store) == 4
            write(store, 4)
            with pytest.raises(RuntimeError, match="over"):
                next(half_read)

    def test_waiting_has_an_end(self, tmp_path: Path) -> None:
        """After *timeout* seconds a writer gives up: for another thread, and for another process."""
        with closing(SqliteStore(tmp_path / "contacts.db", timeout=0.1)) as store:
            other = SqliteStore(tmp_path / "contacts.db", timeout=0.1)
            with store.organization("acme").transaction(), closing(other):
                with pytest.raises(sqlite3.OperationalError, match="thread"):
                    in_thread(lambda: write(store, 1))
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    in_thread(lambda: write(other, 1))
            write(store, 1)

    def test_connections_are_used_again(self, tmp_path: Path) -> None:
        """A thousand transactions need as many connections as there were at a time."""
        with closing(SqliteStore(tmp_path / "contacts.db")) as store:
            opened = []
            for number in range(10):
                write(store, number)
                assert count(store) == number + 1
                with pytest.raises(StaleVersionError):
                    write(store, number)
                opened += [id(each) for each in store._connections._idle]  # type: ignore[attr-defined]
            assert len(set(opened)) == 1

    def test_a_connection_that_cannot_roll_back_is_used_no_more(self, tmp_path: Path) -> None:
        """What is half done on it reaches nobody else."""

        def no_rollback(action: int, what: str | None, *_: str | None) -> int:
            return (
                sqlite3.SQLITE_DENY if (action, what) == (sqlite3.SQLITE_TRANSACTION, "ROLLBACK") else sqlite3.SQLITE_OK
            )

        def fail(store: SqliteStore) -> None:
            with store.organization("acme").transaction() as tx:
                tx.contacts._session._connection.set_authorizer(no_rollback)  # type: ignore[attr-defined]
                tx.apply([CreateContact(contact(1))], envelope())
                raise ValueError("mine")

        with closing(SqliteStore(tmp_path / "contacts.db", timeout=0.1)) as store:
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                fail(store)
            write(store, 2)
            assert count(store) == 1

    def test_changing_over_to_wal_mode_waits_for_nobody(self, tmp_path: Path) -> None:
        """A file in the older mode that somebody is reading is used as it is; the next one to open it changes it over."""
        path = tmp_path / "contacts.db"
        with closing(SqliteStore(path)) as store:
            write(store, 1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM doocore_contacts").fetchall()
            started = time.monotonic()
            with closing(SqliteStore(path, timeout=30)) as store:
                assert count(store) == 1
            assert time.monotonic() - started < 20
            other.execute("COMMIT")
        with closing(SqliteStore(path, timeout=30)) as store:
            write(store, 2)
            assert path.with_name("contacts.db-wal").exists()
