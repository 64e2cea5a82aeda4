"""The Postgres store with connections of its own passes the contract, and lets nobody wait in vain."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import LiteralString

import psycopg
import pytest
from psycopg import IsolationLevel, sql
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from doocore.changes import CreateContact, CreateGroup, JoinGroup
from doocore.errors import StaleVersionError, TryAgainError
from doocore.model.contact import GroupId
from doocore.model.contact_import import ImportId
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore.ports import Store
from doocore.testing import DurableStoreContract, SharedStoreContract, StoreContract
from doocore.testing.samples import address, contact, contact_id, envelope, group
from doocore.testing.store.base import commit
from doocore_adapters._sql.transaction import SqlTransaction
from doocore_adapters.postgres import PostgresStore, locks, planning
from tests.databases import Databases, rows_of, wait_until_somebody_waits
from tests.stores import count, in_thread, write

OF_KEYS: LiteralString = "FROM doocore_locks WHERE used_at < 'infinity'"
"""The rows that are no gates."""


class TestPostgresStore(StoreContract, SharedStoreContract, DurableStoreContract):
    @pytest.fixture(autouse=True)
    def on_a_server(self, databases: Databases) -> None:
        self.databases = databases

    def make_store(self) -> Store:
        self.dsn = self.databases.emptied()
        return PostgresStore(self.dsn)

    def reopen(self, store: Store) -> Store:
        del store
        return PostgresStore(self.dsn)


@pytest.fixture
def store(postgres: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(postgres, timeout=30)) as store:
        yield store


class TestArguments:
    def test_one_of_three_ways_to_the_database_has_to_be_given(self, postgres: str) -> None:
        with pytest.raises(TypeError, match="one of them"):
            PostgresStore()
        with psycopg.connect(postgres) as connection, pytest.raises(TypeError, match="one of them"):
            PostgresStore(postgres, connection=connection)

    def test_a_connection_of_another_kind_is_refused(self) -> None:
        """Such as one of psycopg2, or an asynchronous one."""
        with pytest.raises(TypeError, match="psycopg 3"):
            PostgresStore(connection=object())  # type: ignore[arg-type]

    def test_a_server_that_does_not_answer_is_told_at_once(self, postgres: str) -> None:
        """And by the name of what is wrong, not after the time that one waits for a connection."""
        with pytest.raises(psycopg.OperationalError, match="no_such_database"):
            PostgresStore(f"{postgres}&dbname=no_such_database")


class TestPool:
    def test_connections_are_used_again(self, store: PostgresStore) -> None:
        """Many transactions one after the other need one connection, whether they end well or badly."""
        processes = set()
        for number in range(5):
            write(store, number)
            assert count(store) == number + 1
            with pytest.raises(ValueError, match="mine"):
                fail_while_writing(store, number + 10)
            with store.organization("acme").snapshot() as view:
                processes.add(view.contacts._session._cursor.connection.info.backend_pid)  # type: ignore[attr-defined]
        assert len(processes) == 1

    def test_a_closed_store_opens_nothing(self, postgres: str) -> None:
        store = PostgresStore(postgres)
        store.close()
        with pytest.raises(PoolClosed), store.organization("acme").transaction():
            pass

    def test_a_pool_of_the_hosts_is_used_and_left_open(self, postgres: str) -> None:
        """Its connections come back as they were, whatever they are set to."""
        with ConnectionPool(postgres, kwargs={"row_factory": dict_row}, min_size=1, max_size=1, open=True) as pool:
            store = PostgresStore(pool=pool)
            write(store, 1)
            assert count(store) == 1
            with pytest.raises(ValueError, match="mine"):
                fail_while_writing(store, 2)
            store.close()
            with pool.connection() as connection:
                assert not connection.autocommit
                found: list[object] = [*connection.execute("SELECT count(*) AS n FROM doocore_contacts")]
                assert found == [{"n": 1}]

    def test_waiting_for_a_connection_has_an_end(self, postgres: str) -> None:
        with closing(PostgresStore(postgres, max_connections=1, timeout=0.1)) as store:
            with store.organization("acme").transaction(), pytest.raises(PoolTimeout):
                in_thread(lambda: count(store))
            assert count(store) == 0

    def test_after_the_server_has_cut_the_connections_new_ones_are_used(
        self, store: PostgresStore, postgres: str
    ) -> None:
        write(store, 1)
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        write(store, 2)
        assert count(store) == 2

    def test_a_connection_that_is_cut_in_the_middle_costs_that_transaction(
        self, store: PostgresStore, postgres: str
    ) -> None:
        """The error that says so comes out, and the next transaction has another connection."""

        def write_and_be_cut() -> None:
            with store.organization("acme").transaction() as tx:
                tx.apply([CreateContact(contact(1))], envelope())
                process = tx.contacts._session._cursor.connection.info.backend_pid  # type: ignore[attr-defined]
                with psycopg.connect(postgres, autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(%s, 10000)", (process,))
                tx.apply([CreateContact(contact(2))], envelope())

        with pytest.raises(psycopg.OperationalError):
            write_and_be_cut()
        write(store, 3)
        assert count(store) == 1


def fail_while_writing(store: Store, number: int) -> None:
    """Create the contact of this number, and raise before the end."""
    with store.organization("acme").transaction() as tx:
        tx.apply([CreateContact(contact(number))], envelope())
        raise ValueError("mine")


class TestWaiting:
    """Who waits for whom."""

    def test_readers_do_not_wait_for_a_writer(self, store: PostgresStore) -> None:
        """They see what was committed before."""
        write(store, 1)
        seen: list[int] = []
        with store.organization("acme").transaction(lock=[address("a")]) as tx:
            tx.apply([CreateContact(contact(2))], envelope())
            in_thread(lambda: seen.append(count(store)))
        assert seen == [1]

    def test_a_reader_goes_on_seeing_one_moment(self, store: PostgresStore) -> None:
        """And no writer waits for it."""
        write(store, 1)
        with store.organization("acme").snapshot() as view:
            assert view.contacts.count() == 1
            in_thread(lambda: write(store, 2))
            assert view.contacts.count() == 1
        assert count(store) == 2

    def test_transactions_without_a_common_key_do_not_wait(self, store: PostgresStore) -> None:
        """Another key, or another organization's key, is no reason to wait."""

        def write_beside(organization: str, key: str, number: int) -> None:
            with store.organization(organization).transaction(lock=[address(key)]) as tx:
                tx.apply([CreateContact(contact(number))], envelope())

        with store.organization("acme").transaction(lock=[address("a")]):
            in_thread(lambda: write_beside("acme", "b", 1))
            in_thread(lambda: write_beside("other", "a", 2))
        assert count(store) == 1

    def test_waiting_for_a_lock_has_an_end(self, store: PostgresStore, postgres: str) -> None:
        """After *timeout* seconds the second gives up, and the first is not harmed."""

        def wait_in_vain() -> None:
            with (
                closing(PostgresStore(postgres, timeout=0.05)) as other,
                other.organization("acme").transaction(lock=[address("a")]),
            ):
                pass

        with store.organization("acme").transaction(lock=[address("a")]) as tx:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                in_thread(wait_in_vain)
            tx.apply([CreateContact(contact(1))], envelope())
        assert count(store) == 1

    def test_members_are_numbered_one_after_the_other(self, store: PostgresStore, postgres: str) -> None:
        """Who joins a group at the same time as others stands behind them, though no key was locked (MA-1)."""
        write(store, 1)
        write(store, 2)
        acme = store.organization("acme")
        with acme.transaction() as tx:
            tx.apply([CreateGroup(group(1))], envelope())
        with ThreadPoolExecutor(1) as threads:
            with acme.transaction() as tx:
                tx.apply([JoinGroup(group(1).id, contact_id(2))], envelope())
                second = threads.submit(lambda: commit(acme, JoinGroup(group(1).id, contact_id(1))))
                wait_until_somebody_waits(postgres)
            second.result(60)
        with acme.snapshot() as view:
            assert view.groups.members(group(1).id) == (contact_id(2), contact_id(1))


class TestLocks:
    def test_keys_are_taken_in_one_order(self, postgres: str) -> None:
        """Who waits for the first key has none of the others yet, so nobody waits in a circle."""
        first, *others = sorted(map(address, "abcdefgh"), key=locks._hash)

        def lock(timeout: float, *keys: IdentifierKey) -> None:
            with (
                closing(PostgresStore(postgres, timeout=timeout)) as store,
                store.organization("acme").transaction(lock=keys),
            ):
                pass

        with ThreadPoolExecutor(1) as threads, closing(PostgresStore(postgres)) as store:
            with store.organization("acme").transaction(lock=[first]):
                waiting = threads.submit(lock, 60, *others, first)
                wait_until_somebody_waits(postgres)
                lock(0.1, *others)
            waiting.result(60)

    def test_a_row_tells_nothing_of_the_key(self, store: PostgresStore, postgres: str) -> None:
        with store.organization("acme").transaction(lock=[address("ada@example.org"), address("ada@example.org")]):
            pass
        ((organization, key_hash),) = rows_of(postgres, f"SELECT organization_id, key_hash {OF_KEYS}")
        assert (organization, len(key_hash)) == ("acme", 32)
        assert "ada" not in key_hash

    def test_rows_go_when_nobody_needed_them_for_an_hour(self, postgres: str) -> None:
        """Unless somebody holds them just now."""
        with closing(PostgresStore(postgres)) as store:
            acme = store.organization("acme")
            with acme.transaction(lock=[address("old"), address("held"), address("new")]):
                pass
        aged = "UPDATE doocore_locks SET used_at = used_at - interval '61 minutes' WHERE key_hash <> %s"
        with psycopg.connect(postgres) as connection:
            connection.execute(aged, (locks._hash(address("new")),))
        in_a_hurry = f"{postgres}&options=-clock_timeout%3D1s"
        with psycopg.connect(postgres) as holder, closing(PostgresStore(in_a_hurry)) as store:
            holder.execute(
                "SELECT 1 FROM doocore_locks WHERE key_hash = %s FOR UPDATE", (locks._hash(address("held")),)
            )
            write(store, 1)
            left = {key_hash for (key_hash,) in rows_of(postgres, f"SELECT key_hash {OF_KEYS}")}
            assert left == {locks._hash(address("held")), locks._hash(address("new"))}

    def test_looking_for_old_rows_is_not_done_all_the_time(self, store: PostgresStore, postgres: str) -> None:
        with store.organization("acme").transaction(lock=[address("a")]):
            pass
        with psycopg.connect(postgres) as connection:
            connection.execute("UPDATE doocore_locks SET used_at = used_at - interval '2 hours'")
        write(store, 1)
        assert len(rows_of(postgres, f"SELECT 1 {OF_KEYS}")) == 1


class TestGates:
    """Who has thousands of keys takes none of them, and is alone with the organization; others hinder each other as before."""

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let three keys be many, and all connections have the same gate."""
        monkeypatch.setattr(locks, "MANY", 3)
        monkeypatch.setattr(locks, "GATES", 1)

    @pytest.mark.parametrize(("first", "second"), [("abc", "d"), ("d", "abc"), ("abc", "def")])
    def test_many_keys_and_any_others_wait_for_each_other(self, postgres: str, first: str, second: str) -> None:
        """Whoever came second sees what the first one wrote, whichever keys it has."""
        with closing(PostgresStore(postgres)) as store, ThreadPoolExecutor(1) as threads:
            with store.organization("acme").transaction(lock=map(address, first)) as tx:
                seen = threads.submit(seen_by, store, second)
                wait_until_somebody_waits(postgres)
                tx.apply([CreateContact(contact(1))], envelope())
            assert seen.result(60) == 1

    def test_few_keys_go_side_by_side(self, postgres: str) -> None:
        with (
            closing(PostgresStore(postgres, timeout=5)) as store,
            store.organization("acme").transaction(lock=[address("a")]),
        ):
            in_thread(lambda: seen_by(store, "b"))

    def test_another_organization_does_not_wait(self, postgres: str) -> None:
        with (
            closing(PostgresStore(postgres, timeout=5)) as store,
            store.organization("other").transaction(lock=map(address, "abc")),
        ):
            in_thread(lambda: seen_by(store, "a"))
            in_thread(lambda: seen_by(store, "abc"))

    def test_gates_stay(self, postgres: str) -> None:
        with closing(PostgresStore(postgres)) as store:
            assert seen_by(store, "abc") == 0
        with psycopg.connect(postgres) as connection:
            connection.execute("UPDATE doocore_locks SET used_at = used_at - interval '2 years'")
        with closing(PostgresStore(postgres)) as store:
            write(store, 1)
        gates = rows_of(postgres, "SELECT key_hash FROM doocore_locks ORDER BY key_hash")
        assert gates == [("host 00",), ("pool 00",)]

    def test_who_finds_no_gate_tries_again(self, postgres: str) -> None:
        """As where somebody has emptied the table: nothing is written without one, and the next one finds it."""
        with closing(PostgresStore(postgres)) as store:
            assert seen_by(store, "a") == 0
            with psycopg.connect(postgres) as connection:
                connection.execute("DELETE FROM doocore_locks")
            with pytest.raises(TryAgainError):
                seen_by(store, "b")
            assert seen_by(store, "b") == 0

    def test_a_host_goes_through_a_gate_of_its_own(self, postgres: str) -> None:
        """Who closes the gates waits for it; who only passes by does not, though the host has just made that gate."""
        with (
            psycopg.connect(postgres) as host,
            closing(PostgresStore(postgres)) as store,
            ThreadPoolExecutor(1) as threads,
        ):
            hosted = PostgresStore(connection=host).organization("acme")
            with hosted.transaction(lock=map(address, "abc")) as tx:
                tx.apply([CreateContact(contact(1))], envelope())
            assert seen_by(store, "d") == 0
            seen = threads.submit(seen_by, store, "def")
            wait_until_somebody_waits(postgres)
            with hosted.transaction(lock=[address("e")]) as tx:
                tx.apply([CreateContact(contact(2))], envelope())
            host.commit()
            assert seen.result(60) == 2

    def test_a_host_that_reads_from_an_earlier_moment_is_told(self, postgres: str) -> None:
        """Under REPEATABLE READ it would not see what was written while the gates were closed."""
        with psycopg.connect(postgres) as host, closing(PostgresStore(postgres)) as store:
            host.isolation_level = IsolationLevel.REPEATABLE_READ
            host.execute("SELECT 1")
            assert seen_by(store, "abc") == 0
            hosted = PostgresStore(connection=host).organization("acme")
            with pytest.raises(psycopg.errors.SerializationFailure), hosted.transaction(lock=[address("a")]):
                pass


def seen_by(store: PostgresStore, keys: str) -> int:
    """Count the contacts while *keys* are held."""
    with store.organization("acme").transaction(lock=map(address, keys)) as tx:
        return tx.contacts.count()


class TestPlans:
    """What the server planned while there was nothing, it does not keep: it would go through all of the organization."""

    @pytest.mark.parametrize(("kept", "expected"), [(0.0, range(20, 100)), (math.inf, range(1_000, 100_000))])
    def test_a_plan_for_an_empty_table_is_not_kept(
        self, databases: Databases, monkeypatch: pytest.MonkeyPatch, kept: float, expected: range
    ) -> None:
        """Where it is kept, the holders of twenty addresses are found by reading every contact."""
        monkeypatch.setattr(planning, "KEPT", kept)
        with young(databases) as (store, beside):
            beside.execute("ANALYZE")
            assert rows_read(store, holders_of_many) == 0
            beside.execute(MANY_CONTACTS, [50_000])
            assert rows_read(store, holders_of_many) in expected

    @pytest.mark.parametrize("kept", [0.0, math.inf])
    def test_few_keys_are_found_without_reading_others(
        self, databases: Databases, monkeypatch: pytest.MonkeyPatch, kept: float
    ) -> None:
        """Whenever it was planned: of a young table, the server believes that an organization has a few rows."""
        monkeypatch.setattr(planning, "KEPT", kept)
        with young(databases) as (store, beside):
            assert rows_read(store, holders_of_few) == rows_read(store, bookings_of_one) == 0
            beside.execute(MANY_CONTACTS, [1_000])
            beside.execute(MANY_BOOKINGS)
            assert rows_read(store, holders_of_few) == 3
            assert 0 < rows_read(store, bookings_of_one) < 10

    @pytest.mark.parametrize(("keys", "planned"), [(1, 5), (2, 5), (7, 5), (9, 20)])
    def test_few_keys_are_not_planned_for_each_time(self, postgres: str, keys: int, planned: int) -> None:
        """As they would be as an array: a plan to keep expects ten keys in one, and so seems dear for fewer."""
        wanted = [address(f"{each}@example.org") for each in range(keys)]
        with ConnectionPool(postgres, kwargs={"autocommit": True}, min_size=1, max_size=1, open=True) as pool:
            with pool.connection() as connection:
                connection.execute(MANY_CONTACTS, [50_000])
                connection.execute("ANALYZE doocore_contacts")
            for _ in range(20):
                with PostgresStore(pool=pool).organization("acme").snapshot() as view:
                    view.contacts.holders(wanted)
            with pool.connection() as connection:
                assert connection.execute(HOLDERS_PLANNED).fetchall() == [(planned,)]


MANY_CONTACTS: LiteralString = """
INSERT INTO doocore_contacts (organization_id, id, email_key, email_key_version, email, search_text, origin_cause,
    origin_actor, origin_reference, created_at, version)
    SELECT 'acme', n, n || '@example.org', 1, n || '@example.org', '', 'import', '', '', now(), 1
    FROM generate_series(1, %s::integer) AS n
"""

HOLDERS_PLANNED: LiteralString = """
SELECT custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT email_key, id FROM doocore_contacts %'
"""
"""How often holders of addresses were looked up by a plan for once."""

ROWS_READ: LiteralString = "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"
"""How many rows this connection has read, since it told so to the statistics, which it does between transactions."""

MANY_BOOKINGS: LiteralString = """
INSERT INTO doocore_bookings (organization_id, number, event_id, booked_at, payment, status, products, version)
    SELECT 'acme', n, 'e1', now(), 'paid', 'active', '[]', 1 FROM generate_series(1, 3000) AS n;
INSERT INTO doocore_booking_parties (organization_id, booking_number, position, contact_id, status, decision)
    SELECT 'acme', n, 0, n, 'active', '{}' FROM generate_series(1, 3000) AS n
"""


@contextmanager
def young(databases: Databases) -> Iterator[tuple[PostgresStore, psycopg.Connection]]:
    """Open a store of whose tables nothing is known, and nothing will be; and a connection beside it."""
    with (
        databases.bare() as dsn,
        psycopg.connect(dsn, autocommit=True) as beside,
        ConnectionPool(dsn, min_size=1, max_size=1, open=True) as pool,
    ):
        store = PostgresStore(pool=pool)
        store.migrate()
        for table in ("contacts", "bookings", "booking_parties"):
            beside.execute(
                sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = false)").format(sql.Identifier(f"doocore_{table}"))
            )
        yield store, beside


def holders_of_few(tx: SqlTransaction) -> object:
    """Look three addresses up."""
    return tx.contacts.holders([address(f"{number}@example.org") for number in (17, 42, 471)])


def holders_of_many(tx: SqlTransaction) -> object:
    """Look twenty addresses up."""
    return tx.contacts.holders([address(f"{number}@example.org") for number in range(1, 21)])


def bookings_of_one(tx: SqlTransaction) -> object:
    """Look up what is known of a contact and an event."""
    return tx.invitations.facts("e1", [ContactId("1700")])


def rows_read(store: PostgresStore, ask: Callable[[SqlTransaction], object]) -> int:
    """Ask until the server keeps its plan; tell how many rows it read at last."""
    for _ in range(8):
        with store.organization("acme").transaction() as tx:
            ((before,),) = tx._session.rows(ROWS_READ)
            ask(tx)
            ((behind,),) = tx._session.rows(ROWS_READ)
    return int(behind - before)


class TestErrors:
    def test_one_contact_of_many_that_is_there_already_is_named(self, store: PostgresStore) -> None:
        """Nothing is said of a constraint; the transaction goes on."""
        write(store, 70)
        with store.organization("acme").transaction() as tx:
            with pytest.raises(StaleVersionError) as caught:
                tx.apply([CreateContact(contact(number)) for number in range(100)], envelope())
            assert caught.value.key == contact_id(70)
            assert tx.contacts.count() == 1
            tx.apply([CreateContact(contact(number)) for number in range(60)], envelope())
        assert count(store) == 61

    def test_a_transaction_in_which_a_statement_failed_does_not_pretend(self, store: PostgresStore) -> None:
        """Postgres answers its commit with a rollback, silently; here it is an error."""

        def write_and_hide_an_error() -> None:
            with store.organization("acme").transaction() as tx:
                tx.apply([CreateContact(contact(1))], envelope())
                with pytest.raises(psycopg.errors.UndefinedTable):
                    tx.contacts._session.rows("SELECT 1 FROM nothing")

        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            write_and_hide_an_error()
        assert count(store) == 0
        write(store, 2)

    def test_what_a_text_cannot_hold_can_be_asked_for(self, store: PostgresStore) -> None:
        """NUL and half a character are in no text of Postgres: nobody is found, in no organization."""
        write(store, 1)
        for strange in ("\0", "a\0", "\ud800", f"{contact_id(1)}\0"):
            with store.organization("acme").snapshot() as view:
                assert view.contacts.page(text=strange) == ()
                assert view.contacts.page(group_id=GroupId(strange)) == ()
                assert view.contacts.count(text=strange) == 0
                assert view.contacts.holders([address(strange)]) == {}
                assert view.bookings.of_contact(ContactId(strange)) == ()
                assert view.bookings.page(after=BookingNumber(strange)) == ()
                assert view.imports.get(ImportId(strange)) is None
                assert view.history.of_contact(ContactId(strange)) == ()
            with store.organization(strange).transaction(lock=[address(strange)]) as tx:
                assert tx.contacts.count() == 0
        with store.organization("acme").snapshot() as view:
            assert [each.id for each in view.contacts.page(after=ContactId("\0"))] == [contact_id(1)]
