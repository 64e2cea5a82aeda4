"""In Postgres, too, the schema is what it is declared to be, comes by its steps alone, and never touches what is not ours."""

import subprocess
import sys
from contextlib import closing
from typing import Any

import psycopg
import pytest

from doocore.errors import SchemaVersionError
from doocore_adapters._sql.migrations import STEPS
from doocore_adapters._sql.schema import TABLES, Table, Type
from doocore_adapters.postgres import PostgresStore
from tests.adapters.test_sql_schema import A_STEP_THAT_FAILS, ANOTHER_STEP, with_step
from tests.databases import Databases, rows_of
from tests.stores import count, write

TYPES = {
    Type.TEXT: "text",
    Type.INTEGER: "bigint",
    Type.BOOLEAN: "boolean",
    Type.DECIMAL: "numeric",
    Type.MOMENT: "timestamp with time zone",
    Type.JSON: "json",
}

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, collname FROM pg_attribute
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
WHERE attrelid = to_regclass(%s) AND attnum > 0 ORDER BY attnum
"""
INDEXES = """
SELECT indisprimary, indisunique, array(
    SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS key (number, place)
    JOIN pg_attribute ON attrelid = indrelid AND attnum = number ORDER BY place
) FROM pg_index WHERE indrelid = to_regclass(%s)
"""
NAMES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 't')"


class TestDeclared:
    """What stands in `schema.py` is what stands in the database."""

    def test_the_tables_are_the_declared_ones(self, postgres: str) -> None:
        assert {name for (name,) in rows_of(postgres, NAMES)} == {table.name for table in TABLES}

    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
    def test_the_columns_are_the_declared_ones(self, postgres: str, table: Table) -> None:
        """Their names, types, order, whether they can be NULL; and texts compare bytewise."""
        assert rows_of(postgres, COLUMNS, table.name) == [
            (each.name, TYPES[each.type], not each.optional, "C" if each.type is Type.TEXT else None)
            for each in table.columns
        ]

    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
    def test_the_keys_are_the_declared_ones(self, postgres: str, table: Table) -> None:
        found = {tuple(names): (primary, unique) for primary, unique, names in rows_of(postgres, INDEXES, table.name)}
        assert found == {
            table.primary_key: (True, True),
            **dict.fromkeys(table.indexes, (False, False)),
            **dict.fromkeys(table.unique, (False, True)),
        }


@pytest.fixture
def old(bare_postgres: str) -> str:
    """A database with the schema as it is today, and one contact."""
    with closing(PostgresStore(bare_postgres)) as store:
        store.migrate()
        write(store, 1)
    return bare_postgres


def content(dsn: str) -> list[tuple[Any, ...]]:
    """Tell all that is in the database: its relations, and the schema's steps."""
    return rows_of(dsn, NAMES) + rows_of(dsn, "SELECT step, name, checksum, applied_at FROM doocore_schema")


class TestMigrating:
    def test_nothing_comes_by_itself(self, bare_postgres: str) -> None:
        """Opening a store makes no tables, and neither does using it."""
        with closing(PostgresStore(bare_postgres)) as store:
            for attempt in (lambda: write(store, 1), lambda: count(store)):
                with pytest.raises(SchemaVersionError, match=r"store\.migrate\(\)"):
                    attempt()
            assert rows_of(bare_postgres, NAMES) == []
            store.migrate()
            store.migrate()
            write(store, 1)
            assert count(store) == 1

    def test_tables_of_others_do_not_matter(self, bare_postgres: str) -> None:
        with psycopg.connect(bare_postgres) as connection:
            connection.execute("CREATE TABLE invoices (number integer)")
        with closing(PostgresStore(bare_postgres)) as store:
            store.migrate()
            write(store, 1)

    def test_the_tables_go_where_the_search_path_says(self, bare_postgres: str) -> None:
        """So that several can stand in one database."""
        with psycopg.connect(bare_postgres) as connection:
            connection.execute("CREATE SCHEMA one")
            connection.execute("CREATE SCHEMA two")
        for name in ("one", "two"):
            with closing(PostgresStore(f"{bare_postgres}&options=-csearch_path%3D{name}")) as store:
                store.migrate()
                write(store, 1)
                assert count(store) == 1
        assert rows_of(bare_postgres, NAMES) == []

    def test_an_older_schema_waits_for_migrate(self, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is not brought up to date by itself (somebody may want a backup); records survive."""
        with_step(monkeypatch, ANOTHER_STEP)
        before = content(old)
        with closing(PostgresStore(old)) as store:
            for attempt in (lambda: write(store, 1), lambda: count(store)):
                with pytest.raises(SchemaVersionError, match=r"older.*store\.migrate\(\)") as caught:
                    attempt()
            assert caught.value.place.startswith("the database doocore_test_")
            assert content(old) == before
            store.migrate()
            write(store, 2)
            assert count(store) == 2

    def test_a_step_that_fails_leaves_the_schema_as_it_was(self, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """All steps of a migration are one transaction."""
        before = content(old)
        with_step(monkeypatch, A_STEP_THAT_FAILS)
        with (
            closing(PostgresStore(old)) as store,
            pytest.raises(psycopg.errors.UndefinedTable, match="doocore_nothing"),
        ):
            store.migrate()
        monkeypatch.undo()
        assert content(old) == before
        with closing(PostgresStore(old)) as store:
            assert count(store) == 1

    def test_a_newer_schema_is_refused_untouched(self, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Going back to an older release is told at once: by opening, and on the host's connection by using it."""
        with monkeypatch.context() as later:
            with_step(later, ANOTHER_STEP)
            with closing(PostgresStore(old)) as store:
                store.migrate()
        self.refused_untouched(old, "newer release")

    def test_a_schema_with_other_steps_is_refused_untouched(self, old: str) -> None:
        """A step of the same number and another text was somebody else's."""
        with psycopg.connect(old) as connection:
            connection.execute("UPDATE doocore_schema SET checksum = 'other'")
        self.refused_untouched(old, "differ")

    def refused_untouched(self, dsn: str, problem: str) -> None:
        before = content(dsn)
        with pytest.raises(SchemaVersionError, match=problem):
            PostgresStore(dsn)
        with psycopg.connect(dsn) as host:
            store = PostgresStore(connection=host)
            for attempt in (store.migrate, lambda: write(store, 2), lambda: count(store)):
                with pytest.raises(SchemaVersionError, match=problem):
                    attempt()
        assert content(dsn) == before

    def test_a_connection_opened_before_notices_a_newer_schema_at_its_first_use(
        self, old: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closing(PostgresStore(old)) as store:
            with monkeypatch.context() as later:
                with_step(later, ANOTHER_STEP)
                with closing(PostgresStore(old)) as newer:
                    newer.migrate()
            with pytest.raises(SchemaVersionError, match="newer release"):
                write(store, 2)

    def test_the_hosts_rollback_takes_the_tables_with_it(self, bare_postgres: str) -> None:
        """In the host's transaction, the host decides whether they stay."""
        with psycopg.connect(bare_postgres) as host:
            store = PostgresStore(connection=host)
            store.migrate()
            write(store, 1)
            host.rollback()
            with pytest.raises(SchemaVersionError, match=r"store\.migrate\(\)"):
                count(store)
            store.migrate()
            host.commit()
            assert count(store) == 0

    def test_a_database_that_has_not_every_letter_is_refused(self, databases: Databases) -> None:
        """A name would be lost in it."""
        with databases.bare(encoding="LATIN1") as dsn, closing(PostgresStore(dsn)) as store:
            with pytest.raises(SchemaVersionError, match="UTF8"):
                store.migrate()
            assert rows_of(dsn, NAMES) == []


MIGRATES_WHEN_TOLD = """
import sys
from doocore_adapters.postgres import PostgresStore
store = PostgresStore(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
store.migrate()
with store.organization("acme").transaction() as tx:
    print(tx.contacts.count())
store.close()
"""


def test_processes_that_migrate_at_once_migrate_once(bare_postgres: str) -> None:
    """One sets the schema up, the others wait for it and find it done."""
    command = [sys.executable, "-c", MIGRATES_WHEN_TOLD, bare_postgres]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate(timeout=120)[0] for each in processes] == ["0\n"] * 3
    assert rows_of(bare_postgres, "SELECT step FROM doocore_schema") == [(each.step,) for each in STEPS]
