"""Looking at a database before anything is done to it, and bringing its schema up to date."""

from collections.abc import Iterable, Mapping

import psycopg

from doocore.errors import SchemaVersionError
from doocore_adapters._sql.migrations import (
    MIGRATABLE,
    READ_STEPS,
    Condition,
    Migration,
    condition,
    missing,
)
from doocore_adapters._sql.schema import SCHEMA_TABLE
from doocore_adapters.postgres.cursors import Connection, Cursor, cursor_on
from doocore_adapters.postgres.row_security import lifted, secure
from doocore_adapters.postgres.session import POSTGRES

ONE_AT_A_TIME = int.from_bytes(b"doocore", "big")
"""The number of the lock under which the schema is changed."""

_ENCODING = "UTF8"


def place_of(connection: Connection) -> str:
    """Say where the connection leads, without user and password."""
    info = connection.info
    return f"the database {info.dbname} at {info.host or 'localhost'}:{info.port}"


def is_new(dsn: str) -> bool:
    """Tell whether a database has none of our tables yet."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return condition_of(cursor_on(connection)) is Condition.EMPTY


def missing_steps(dsn: str) -> tuple[int, ...]:
    """Tell which steps `migrate` would still go in a database; `SchemaVersionError` where it would refuse."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = cursor_on(connection)
        require_migratable(cursor)
        return tuple(each.step for each in _missing(cursor))


def condition_of(cursor: Cursor) -> Condition:
    """Judge the schema that comes first for this connection; other tables beside ours do not matter."""
    (found,) = cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (SCHEMA_TABLE.name,)).fetchall()[0]
    return condition({SCHEMA_TABLE.name}, _applied(cursor)) if found else condition((), {})


def _applied(cursor: Cursor) -> Mapping[int, str]:
    return dict(cursor.execute(READ_STEPS).fetchall())


def require_current(cursor: Cursor) -> None:
    """Refuse to work on a schema of another release."""
    found = condition_of(cursor)
    if found is not Condition.CURRENT:
        raise SchemaVersionError(place_of(cursor.connection), found.value)


def require_migratable(cursor: Cursor) -> None:
    """Refuse what `migrate` could not bring up to date either."""
    found = condition_of(cursor)
    if found not in MIGRATABLE:
        raise SchemaVersionError(place_of(cursor.connection), found.value)


def bring_up_to_date(cursor: Cursor) -> None:
    """Apply the missing steps, one process after the other; who opened the transaction also ends it."""
    encoding = cursor.connection.info.parameter_status("server_encoding")
    if encoding != _ENCODING:
        problem = f"keeps texts as {encoding}, which has not every letter: create one with ENCODING 'UTF8'"
        raise SchemaVersionError(place_of(cursor.connection), problem)
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (ONE_AT_A_TIME,))
    require_migratable(cursor)
    steps = _missing(cursor)
    if steps:
        with lifted(cursor):
            _apply(cursor, steps)
    secure(cursor)


def _missing(cursor: Cursor) -> tuple[Migration, ...]:
    return missing({} if condition_of(cursor) is Condition.EMPTY else _applied(cursor))


def _apply(cursor: Cursor, steps: Iterable[Migration]) -> None:
    for step in steps:
        for statement in step.statements(POSTGRES):
            cursor.execute(statement)
