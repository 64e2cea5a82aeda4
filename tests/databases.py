"""The databases that tests use on a Postgres server: one that is emptied, and new ones."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, LiteralString
from urllib.parse import urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from doocore_adapters._sql.schema import SCHEMA_TABLE, TABLES
from doocore_adapters.postgres import PostgresStore
from tests.postgres import PATIENCE

EMPTY = sql.SQL("; ").join(
    sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name))
    for table in reversed(TABLES)
    if table is not SCHEMA_TABLE
)


class Databases:
    """Databases on one server, which is somebody else's perhaps: ours have names of their own, and go again."""

    def __init__(self, dsn: str) -> None:
        self._server = dsn
        self._made: list[str] = []
        self._roles: list[str] = []
        self._migrated: str | None = None

    def migrated(self) -> str:
        """Give the database that has our tables, and whatever earlier tests have left in them."""
        if self._migrated is None:
            self._migrated = self.create()
            with closing(PostgresStore(self._migrated)) as store:
                store.migrate()
        return self._migrated

    def emptied(self) -> str:
        """Give that database with nothing in its tables; there is one, so no test may use it twice at once."""
        dsn = self.migrated()
        empty(dsn)
        return dsn

    @contextmanager
    def bare(self, encoding: str = "UTF8") -> Iterator[str]:
        """Give a new database for the block."""
        dsn = self.create(encoding)
        try:
            yield dsn
        finally:
            self.drop(dsn)

    def create(self, encoding: str = "UTF8") -> str:
        """Make a new database, and give its connection string."""
        name = f"doocore_test_{secrets.token_hex(6)}"
        self._run(f"CREATE DATABASE {{}} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'", name)
        self._made.append(name)
        others = {key: value for key, value in conninfo_to_dict(self._server).items() if key != "dbname"}
        return f"postgresql:///{name}?{urlencode(others)}"

    def drop(self, dsn: str) -> None:
        """Take a database away, whoever is connected to it."""
        name = str(conninfo_to_dict(dsn)["dbname"])
        self._run("DROP DATABASE {} WITH (FORCE)", name)
        self._made.remove(name)

    def guest(self, dsn: str) -> str:
        """Give a connection string of a database for a new role, which may read and write our tables, and no more."""
        as_guest = self.role(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            for table in TABLES:
                grant = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}")
                connection.execute(grant.format(sql.Identifier(table.name), sql.Identifier(self._roles[-1])))
        return as_guest

    def owner(self, dsn: str) -> str:
        """Give a connection string of a database for a new role, which may make tables and is no superuser."""
        as_owner = self.role(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(self._roles[-1])))
        return as_owner

    def role(self, dsn: str) -> str:
        """Give a connection string of a database for a new role, which may do nothing yet."""
        name = f"doocore_test_{secrets.token_hex(6)}"
        self._run("CREATE ROLE {} NOSUPERUSER NOBYPASSRLS", name)
        self._roles.append(name)
        return f"{dsn}&options=-crole%3D{name}"

    def close(self) -> None:
        """Take away all that were made."""
        while self._made:
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._made.pop())
        while self._roles:
            self._run("DROP ROLE {}", self._roles.pop())

    def _run(self, statement: str, name: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def empty(dsn: str) -> None:
    """Take everything out of our tables."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(EMPTY)


def rows_of(dsn: str, query: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
    """Ask the database, beside any store."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(query, parameters or None).fetchall()


def somebody_waits(dsn: str) -> bool:
    """Tell whether a transaction waits for a lock in the database."""
    waiting: LiteralString = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(rows_of(dsn, waiting))


def wait_until_somebody_waits(dsn: str) -> None:
    """Return as soon as one does."""
    wait_until(lambda: somebody_waits(dsn))


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as it holds."""
    given_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < given_up, "waited in vain"
        time.sleep(0.01)
