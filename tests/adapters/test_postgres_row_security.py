"""Row-level security holds where a statement forgets the organization, and is in nobody's way where none does (PR-1)."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from doocore.changes import CreateContact
from doocore.errors import StaleVersionError
from doocore.ports import Store
from doocore.testing import SharedStoreContract, StoreContract
from doocore.testing.samples import address, contact, contact_id, envelope
from doocore.testing.store.base import commit
from doocore.testing.store.transactions import BASIS, EVERY_KIND, OrganizationClaims
from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.migrations import STEPS, Migration
from doocore_adapters._sql.schema import SCHEMA_TABLE, TABLES
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.postgres.session import POSTGRES, STATEMENTS
from tests.adapters.test_sql_schema import with_step
from tests.databases import Databases, empty, rows_of
from tests.organizations.worlds import BESIDE
from tests.stores import count, write

ORGANIZED = [table.name for table in TABLES if table is not SCHEMA_TABLE]

GUARDED = """
SELECT relname::text FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid
WHERE relrowsecurity AND relforcerowsecurity AND polroles = '{0}' AND polcmd = '*' AND polpermissive
"""


@pytest.fixture(scope="module")
def guest(databases: Databases) -> str:
    """Name the database that is emptied, for a role that neither owns its tables nor bypasses their policies."""
    return databases.guest(databases.migrated())


@pytest.fixture
def for_guest(postgres: str, guest: str) -> str:
    """The same, with nothing in it."""
    del postgres
    return guest


@pytest.fixture
def for_owner(databases: Databases, bare_postgres: str) -> str:
    """Name a database for the owner of its tables, who is bound as everybody is."""
    owner = databases.owner(bare_postgres)
    with closing(PostgresStore(owner)) as store:
        store.migrate()
    return owner


class TestStoreOfAGuest(StoreContract, SharedStoreContract):
    """With nothing but the right to read and write the tables, all the same holds."""

    @pytest.fixture(autouse=True)
    def on_a_server(self, databases: Databases, guest: str) -> None:
        self.databases = databases
        self.dsn = guest

    def make_store(self) -> Store:
        self.databases.emptied()
        return PostgresStore(self.dsn)


class TestHostedStoreOfAGuest(StoreContract):
    """And on the connection of such a host."""

    @pytest.fixture(autouse=True)
    def of_a_host(self, databases: Databases, guest: str) -> Iterator[None]:
        databases.emptied()
        with psycopg.connect(guest) as self.connection:
            yield

    def make_store(self) -> Store:
        self.connection.rollback()
        return PostgresStore(connection=self.connection)


class Claims(OrganizationClaims):
    """The claims about organizations, one after the other on one database."""

    def __init__(self, dsn: str, empty: Callable[[], object]) -> None:
        self.dsn = dsn
        self.empty = empty

    def make_store(self) -> Store:
        self.empty()
        return PostgresStore(self.dsn)

    def broken(self) -> list[str]:
        """Name those that do not hold now."""
        return [name for name in sorted(dir(self)) if name.startswith("test_") and not self._holds(name)]

    def _holds(self, name: str) -> bool:
        try:
            getattr(self, name)()
        except Exception:  # noqa: BLE001, any failure will do
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetfulDialect(Dialect):
    """Says everything as Postgres needs it, but for the organization."""

    def render(self, text: str) -> str:
        return forgetful(POSTGRES.render(text))


def forgetful(text: str) -> str:
    """Take the organization out of conditions and joins, and leave the parameters as they are."""
    text = re.sub(r"\w+\.organization_id = \w+\.organization_id AND ", "", text)
    return re.sub(r"(\w+\.)?organization_id = %s", "%s::text IS NOT NULL", text)


@pytest.fixture
def all_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every statement forget whose rows it is about."""
    forgot = {name: forgetful(text) for name, text in vars(STATEMENTS).items() if isinstance(text, str)}
    assert sum(text != getattr(STATEMENTS, name) for name, text in forgot.items()) > 50
    for name, text in forgot.items():
        monkeypatch.setattr(STATEMENTS, name, text)
    known = {each.name: getattr(POSTGRES, each.name) for each in fields(POSTGRES)}
    monkeypatch.setattr(STATEMENTS, "_dialect", ForgetfulDialect(**known))
    assert "organization_id" not in STATEMENTS.contacts_count(text=True, group=True)


@pytest.mark.usefixtures("all_forget")
class TestForgottenConditions:
    """What no statement asks for any more, Postgres still does."""

    def test_a_guest_reaches_no_other_organization(self, databases: Databases, guest: str) -> None:
        assert Claims(guest, databases.emptied).broken() == []

    def test_the_owner_of_the_tables_reaches_no_other_organization(self, bare_postgres: str, for_owner: str) -> None:
        assert Claims(for_owner, lambda: empty(bare_postgres)).broken() == []

    def test_a_superuser_reaches_them_all(self, databases: Databases) -> None:
        """As row-level security does not bind one; otherwise these tests would prove nothing."""
        broken = Claims(databases.migrated(), databases.emptied).broken()
        assert "test_organizations_are_told_apart" in broken
        assert "test_nothing_of_another_organization_can_be_changed" in broken


EMPTY_TABLE = "nothing in BESIDE (tests/organizations/worlds.py) writes to {}: add a change that does"


class TestPolicies:
    """Every table is guarded, and nothing but the setting of a transaction opens it."""

    @pytest.fixture
    def acme(self, postgres: str, for_guest: str) -> str:
        """Something of one organization in every table."""
        with closing(PostgresStore(postgres)) as store:
            for changes in (BASIS, EVERY_KIND, *BESIDE):
                with store.organization("acme").transaction(lock=[address("a")]) as tx:
                    tx.apply(changes, envelope())
        return for_guest

    def test_every_table_of_organizations_has_a_policy_for_everybody(self, postgres: str) -> None:
        assert sorted(name for (name,) in rows_of(postgres, GUARDED)) == sorted(ORGANIZED)

    @pytest.mark.parametrize("table", ORGANIZED)
    def test_who_has_not_said_whose_rows_sees_none(self, acme: str, postgres: str, table: str) -> None:
        """Neither on a new connection, nor on one on which a transaction has said so before."""
        counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        with psycopg.connect(postgres) as superuser:
            assert superuser.execute(counting).fetchone() != (0,), EMPTY_TABLE.format(table)
        with psycopg.connect(acme) as connection:
            assert connection.execute(counting).fetchone() == (0,)
            connection.rollback()
            with PostgresStore(connection=connection).organization("acme").transaction():
                assert connection.execute(counting).fetchone() != (0,)
            connection.commit()
            assert connection.execute(counting).fetchone() == (0,)

    @pytest.mark.parametrize("table", ORGANIZED)
    def test_nothing_is_written_for_another_organization(self, acme: str, table: str) -> None:
        """Neither a new row, nor one that is given away."""
        stranger = """{"organization_id": "other"}"""
        inserted = sql.SQL("INSERT INTO {0} SELECT given.* FROM {0} AS own, json_populate_record(own, %s) AS given")
        updated = sql.SQL("UPDATE {0} SET organization_id = %s")
        for statement, parameter in ((inserted, stranger), (updated, "other")):
            with psycopg.connect(acme) as connection:
                connection.execute("SELECT set_config('doocore.organization_id', 'acme', true)")
                assert connection.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table))).fetchone(), (
                    EMPTY_TABLE.format(table)
                )
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                    connection.execute(statement.format(sql.Identifier(table)), (parameter,))


class TestHost:
    def test_two_organizations_in_one_transaction_of_the_hosts(self, for_guest: str) -> None:
        """Each block says whose rows are meant, also behind one that failed."""
        with psycopg.connect(for_guest) as connection:
            store = PostgresStore(connection=connection)
            acme, other = store.organization("acme"), store.organization("other")
            for number in (1, 2):
                commit(acme, CreateContact(contact(number)))
                commit(other, CreateContact(contact(number + 10)))
            with pytest.raises(StaleVersionError):
                commit(other, CreateContact(contact(11)))
            for organization, numbers in ((acme, (1, 2)), (other, (11, 12)), (acme, (1, 2))):
                with organization.snapshot() as view:
                    assert [each.id for each in view.contacts.page()] == [contact_id(number) for number in numbers]

    def test_a_host_that_only_reads_says_whose_rows_too(self, for_guest: str, postgres: str) -> None:
        with closing(PostgresStore(postgres)) as store:
            write(store, 1)
        for autocommit in (False, True):
            with psycopg.connect(for_guest, autocommit=autocommit) as connection:
                assert count(PostgresStore(connection=connection)) == 1


class TestGuest:
    def test_one_contact_of_many_that_is_there_already_is_named(self, for_guest: str) -> None:
        """As without row-level security."""
        with closing(PostgresStore(for_guest)) as store:
            write(store, 70)
            with store.organization("acme").transaction() as tx:
                with pytest.raises(StaleVersionError) as caught:
                    tx.apply([CreateContact(contact(number, f1="ä")) for number in range(100)], envelope())
                assert caught.value.key == contact_id(70)
                tx.apply([CreateContact(contact(number, f1="ä")) for number in range(60)], envelope())
            assert count(store) == 61

    def test_old_locks_of_a_guest_go(self, for_guest: str, postgres: str) -> None:
        with closing(PostgresStore(for_guest)) as store, store.organization("acme").transaction(lock=[address("old")]):
            pass
        with psycopg.connect(postgres) as connection:
            connection.execute("UPDATE doocore_locks SET used_at = used_at - interval '2 hours'")
        with closing(PostgresStore(for_guest)) as store:
            write(store, 1)
        assert rows_of(postgres, "SELECT key_hash FROM doocore_locks WHERE used_at < 'infinity'") == []

    def test_a_guest_may_call_migrate_where_there_is_nothing_to_do(self, for_guest: str) -> None:
        """As a service does that calls it whenever it starts."""
        with closing(PostgresStore(for_guest)) as store:
            store.migrate()
            write(store, 1)


A_STEP_FOR_ALL = Migration(
    len(STEPS) + 1, "all are one older", "UPDATE doocore_contacts SET version = version + 1 WHERE version = 1"
)


class TestMigrating:
    def test_a_step_reaches_all_organizations(
        self, for_owner: str, bare_postgres: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Though the policies bind the owner of the tables; and they do so again behind it."""
        with closing(PostgresStore(for_owner)) as store:
            for name in ("acme", "other"):
                commit(store.organization(name), CreateContact(contact(1)))
            with_step(monkeypatch, A_STEP_FOR_ALL)
            store.migrate()
        assert rows_of(bare_postgres, "SELECT version FROM doocore_contacts") == [(2,), (2,)]
        assert sorted(name for (name,) in rows_of(bare_postgres, GUARDED)) == sorted(ORGANIZED)

    def test_a_policy_that_was_lifted_on_purpose_stays_so(
        self, for_owner: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such as for a report over all organizations."""
        with psycopg.connect(for_owner) as connection:
            connection.execute("ALTER TABLE doocore_events NO FORCE ROW LEVEL SECURITY")
            connection.execute("ALTER TABLE doocore_groups DISABLE ROW LEVEL SECURITY")
        with_step(monkeypatch, A_STEP_FOR_ALL)
        with closing(PostgresStore(for_owner)) as store:
            store.migrate()
        unguarded = set(ORGANIZED) - {name for (name,) in rows_of(for_owner, GUARDED)}
        assert unguarded == {"doocore_events", "doocore_groups"}

    def test_tables_of_a_release_without_policies_get_theirs(self, for_owner: str) -> None:
        with psycopg.connect(for_owner) as connection:
            connection.execute("DROP POLICY doocore_organization ON doocore_events")
            connection.execute("ALTER TABLE doocore_events DISABLE ROW LEVEL SECURITY")
        with closing(PostgresStore(for_owner)) as store:
            store.migrate()
        assert sorted(name for (name,) in rows_of(for_owner, GUARDED)) == sorted(ORGANIZED)


def test_a_service_needs_no_more_than_the_rights_that_the_page_gives(databases: Databases, postgres: str) -> None:
    """The statements of the documentation, for a role of another name: with them a service takes everything in."""
    (page,) = re.findall(
        r":caption: service.sql\n\n(CREATE ROLE events_service.*?)```",
        Path("docs/postgres.md").read_text("utf-8"),
        re.DOTALL,
    )
    service = databases.role(postgres)
    name = service.rpartition("%3D")[2]
    statements = [each.replace("events_service", name) for each in page.split(";") if each.strip()]
    assert statements.pop(0).startswith("CREATE ROLE")
    with psycopg.connect(postgres) as connection:
        for each in statements:
            connection.execute(each.encode())
    with closing(PostgresStore(service)) as store:
        store.migrate()
        for changes in (BASIS, EVERY_KIND, *BESIDE):
            commit(store.organization("acme"), *changes)
        assert count(store) > 0
