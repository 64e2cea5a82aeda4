"""The steps of the schema in a host's own migrations, with real Alembic and real Django: what they make is what we make."""

import io
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from django.db import DataError, connections, migrations
from django.db.migrations.state import ProjectState
from sqlalchemy import create_engine, make_url

from doocore.ports import Store
from doocore_adapters import postgres, sqlite
from doocore_adapters._sql.migrations import STEPS
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from examples.seat_shop.models import Base
from tests.databases import rows_of
from tests.docs.pages import ROOT
from tests.hosts import django_on_postgres, django_on_sqlite, sqlalchemy_url
from tests.stores import count, write

NUMBERS = [each.step for each in STEPS]

TABLES_OF_POSTGRES = """
SELECT relname::text, relrowsecurity, relforcerowsecurity, attname::text, attnum, format_type(atttypid, atttypmod),
    attnotnull, collname::text, pg_get_expr(adbin, adrelid)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
WHERE relnamespace = 'public'::regnamespace AND starts_with(relname::text, 'doocore') ORDER BY relname, attnum
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND starts_with(conrelid::regclass::text, 'doocore') ORDER BY 1, 2
"""
POLICIES = "SELECT polrelid::regclass::text, polname::text, pg_get_expr(polqual, polrelid) FROM pg_policy ORDER BY 1, 2"
STEPS_GONE = "SELECT step, name, checksum FROM doocore_schema ORDER BY step"


def described(dsn: str) -> list[tuple[Any, ...]]:
    """Lay out our tables in a database of Postgres."""
    return [row for query in (TABLES_OF_POSTGRES, CONSTRAINTS, POLICIES, STEPS_GONE) for row in rows_of(dsn, query)]


def laid_out(path: Path) -> list[tuple[Any, ...]]:
    """Lay out our tables in a file."""
    with closing(sqlite3.connect(path)) as connection:
        made = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'doocore%' ORDER BY name"
        return [*connection.execute(made), *connection.execute(STEPS_GONE)]


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    """Make a file that got its tables by itself."""
    SqliteStore(tmp_path / "new.db").close()
    return tmp_path / "new.db"


class TestTheStatements:
    @pytest.mark.parametrize("migration_sql", [sqlite.migration_sql, postgres.migration_sql])
    def test_there_is_no_other_step(self, migration_sql: Callable[[int], tuple[str, ...]]) -> None:
        """What this release does not have is told together with what it has."""
        for number in (0, len(STEPS) + 1):
            with pytest.raises(ValueError, match=f"no step {number}: this release has the steps 1 to {len(STEPS)}"):
                migration_sql(number)

    @pytest.mark.parametrize("number", NUMBERS)
    @pytest.mark.parametrize("migration_sql", [sqlite.migration_sql, postgres.migration_sql])
    def test_no_tool_takes_a_part_of_them_for_its_own(
        self, migration_sql: Callable[[int], tuple[str, ...]], number: int
    ) -> None:
        """Nothing looks like a parameter of any driver's, and none is two statements."""
        for statement in migration_sql(number):
            assert not re.search(r"[%?;]|\$\d|(?<!\w):\w", statement), statement
        assert migration_sql(number)[-1].startswith("INSERT INTO doocore_schema ")

    @pytest.mark.parametrize("module", ["doocore_adapters.sqlite", "doocore_adapters.postgres"])
    def test_importing_the_module_opens_no_database(self, module: str, tmp_path: Path) -> None:
        """Neither a file nor a connection: that a module was imported has migrated nothing."""
        script = (
            "import sys\n"
            "def refuse(event, _):\n"
            "    if event in {'sqlite3.connect', 'socket.connect'}: raise RuntimeError(event)\n"
            f"sys.addaudithook(refuse)\nimport {module}\n{module}.migration_sql(1)\n"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, "", [])

    def test_run_by_any_tool_they_make_what_we_make(self, bare_postgres: str, postgres_made: str) -> None:
        """Tables, keys, indexes, policies and the record of the steps."""
        with psycopg.connect(bare_postgres) as connection:
            for number in NUMBERS:
                for statement in postgres.migration_sql(number):
                    connection.execute(statement.encode())
        assert described(bare_postgres) == described(postgres_made)


@pytest.mark.parametrize("first", ["seat_shop/versions", "ticket_shop/migrations"])
def test_the_examples_begin_with_every_step_of_this_release(first: str) -> None:
    """A step that comes before the next release belongs into their first migration; docs/migrations.md counts them too."""
    text = (ROOT / "examples" / first / "0001_contacts.py").read_text("utf-8")
    assert f"for step in ({', '.join(map(str, NUMBERS))})" in text


@pytest.fixture
def postgres_made(postgres: str) -> str:
    """Give a database whose tables `migrate` made."""
    return postgres


def alembic_for(url: str) -> Config:
    """Configure Alembic with the environment of the example."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "examples" / "seat_shop"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


class TestAlembic:
    """`examples/seat_shop` is an environment of Alembic's; its revisions replay our steps beside the shop's own."""

    def test_on_sqlite(self, tmp_path: Path, new_file: Path) -> None:
        path = tmp_path / "shop.db"
        command.upgrade(alembic_for(f"sqlite:///{path}"), "head")
        assert laid_out(path) == laid_out(new_file)
        with closing(sqlite3.connect(path)) as connection:
            used(SqliteStore(connection=connection))

    def test_on_postgres(self, bare_postgres: str, postgres: str) -> None:
        command.upgrade(alembic_for(sqlalchemy_url(bare_postgres)), "head")
        assert described(bare_postgres) == described(postgres)
        with psycopg.connect(bare_postgres) as connection:
            used(PostgresStore(connection=connection))

    def test_its_sql_can_be_written_down(self, capsys: pytest.CaptureFixture[str], bare_postgres: str) -> None:
        """For a database administrator who runs it: `alembic upgrade head --sql`."""
        written = io.StringIO()
        config = alembic_for(sqlalchemy_url(bare_postgres))
        config.output_buffer = written
        command.upgrade(config, "head", sql=True)
        assert capsys.readouterr().out == ""
        with psycopg.connect(bare_postgres, autocommit=True) as connection:
            connection.execute(written.getvalue().encode())
        with closing(PostgresStore(bare_postgres)) as store:
            used(store)

    def test_autogenerate_leaves_our_tables_alone(self, tmp_path: Path) -> None:
        """They are in no model of the host's: the environment says that they are not its own."""
        url = f"sqlite:///{tmp_path / 'shop.db'}"
        command.upgrade(alembic_for(url), "head")
        command.check(alembic_for(url))
        engine = create_engine(make_url(url))
        with engine.connect() as connection:
            would = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        engine.dispose()
        assert any(kind == "remove_table" for kind, *_ in would)


def used(store: Store) -> None:
    """Use a store whose tables somebody else has made; there is nothing left to migrate."""
    write(store, 1)
    store.migrate()
    assert count(store) == 1


class OnSqlite(migrations.Migration):
    operations = [migrations.RunSQL(sqlite.migration_sql(number)) for number in NUMBERS]  # noqa: RUF012, as Django has it


class OnPostgres(migrations.Migration):
    operations = [migrations.RunSQL(postgres.migration_sql(number)) for number in NUMBERS]  # noqa: RUF012


class Failing(migrations.Migration):
    operations = [*OnPostgres.operations, migrations.RunSQL("SELECT 1 / 0")]  # noqa: RUF012


def apply(migration: type[migrations.Migration], alias: str) -> None:
    """Apply a migration as Django's executor does."""
    with connections[alias].schema_editor(atomic=migration.atomic) as editor:
        migration("replayed", "ticket_shop").apply(ProjectState(), editor)


class TestDjango:
    """`examples/ticket_shop` has such migrations, and its tests run them."""

    def test_on_sqlite(self, tmp_path: Path, new_file: Path) -> None:
        path = tmp_path / "shop.db"
        with closing(django_on_sqlite(path, migrated=False)) as host:
            apply(OnSqlite, host.alias)
            assert laid_out(path) == laid_out(new_file)
            with host.transaction():
                used(host.store())

    def test_on_postgres(self, bare_postgres: str, postgres_made: str) -> None:
        with closing(django_on_postgres(bare_postgres, migrated=False)) as host:
            apply(OnPostgres, host.alias)
            assert described(bare_postgres) == described(postgres_made)
            with host.transaction():
                used(host.store())

    def test_a_migration_that_fails_leaves_nothing(self, bare_postgres: str) -> None:
        """Steps and what else is in the migration are one transaction."""
        failing = django_on_postgres(bare_postgres, migrated=False)
        with closing(failing) as host, pytest.raises(DataError, match="division by zero"):
            apply(Failing, host.alias)
        assert rows_of(bare_postgres, "SELECT 1 FROM pg_tables WHERE tablename LIKE 'doocore%'") == []
