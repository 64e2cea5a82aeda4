"""Looking at a database before anything is done to it, and bringing its schema up to date.

Two rules for this file. 1: a file that is not ours is left as it was, to the byte. 2: what may be done is decided by
`condition`, on what was read under the same lock.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from doocore.errors import SchemaVersionError
from doocore_adapters._sql.migrations import (
    MIGRATABLE,
    READ_STEPS,
    Condition,
    condition,
    missing,
    statements_of,
)
from doocore_adapters._sql.schema import SCHEMA_TABLE
from doocore_adapters.sqlite.session import SQLITE, texts

APPLICATION_ID = int.from_bytes(b"dooc", "big")
"""What files of our own carry in their header; a host's database is the host's."""

_HEADER = 100  # bytes
_MAGIC = b"SQLite format 3\0"
_WAL = b"\2"
_NO_DATABASE = "is not an SQLite database: choose another file"


def migration_sql(step: int) -> tuple[str, ...]:
    """Give the statements of one step of the schema, for a host that runs them in migrations of its own.

    The last one records the step, so that `SqliteStore.migrate` finds it done. Nothing is bound to them, and released
    steps never change. `ValueError` where there is no such step; the first one is 1.

    >>> migration_sql(1)[0].split("(")[0]
    'CREATE TABLE doocore_schema '
    """
    return statements_of(step, SQLITE)


def condition_of_file(path: Path) -> Condition:
    """Judge a file by reading it only; it may be missing, and it may be anything."""
    header = _header(path)
    if not header:
        return Condition.EMPTY
    if not header.startswith(_MAGIC):  # SQLite itself would take any file of a few bytes for an empty database
        raise SchemaVersionError(str(path), _NO_DATABASE)
    try:
        with _reading(path, header) as cursor:
            return condition_of(cursor, shared=False)
    except sqlite3.OperationalError:  # it cannot be read now, whatever it is
        raise
    except sqlite3.DatabaseError as error:
        if _has_log(path, header) and header[68:72] == APPLICATION_ID.to_bytes(4, "big"):
            return Condition.CURRENT  # half written; the first connection rolls that back, and judges then
        raise SchemaVersionError(str(path), f"{_NO_DATABASE} ({error})") from error


def missing_sql(path: Path) -> tuple[str, ...]:
    """Give what `migrate` would run on a file of ours, and run nothing."""
    found = condition_of_file(path)
    if found not in MIGRATABLE:
        raise SchemaVersionError(str(path), found.value)
    applied: Mapping[int, str] = {}
    if found is not Condition.EMPTY:
        with _reading(path, _header(path)) as cursor:
            applied = _applied(cursor)
    return tuple(statement for each in missing(applied) for statement in each.statements(SQLITE))


@contextmanager
def _reading(path: Path, header: bytes) -> Iterator[sqlite3.Cursor]:
    """Open a file for the block, and leave it as it is."""
    # Called immutable, a file is read as it stands. That is right in WAL mode when there is no log (SQLite would make
    # one even for a reader), and with a rollback journal (SQLite would have to roll back; whoever writes next does).
    as_it_stands = _in_wal_mode(header) != _has_log(path, header)
    address = f"{path.absolute().as_uri()}?{'immutable=1' if as_it_stands else 'mode=ro'}"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        yield connection.cursor()


def _in_wal_mode(header: bytes) -> bool:
    return header[19:20] == _WAL


def _has_log(path: Path, header: bytes) -> bool:
    return Path(f"{path}-{'wal' if _in_wal_mode(header) else 'journal'}").exists()


def _header(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(_HEADER)


def condition_of(cursor: sqlite3.Cursor, *, shared: bool) -> Condition:
    """Judge the database behind *cursor*; in a *shared* one, other tables are the host's and do not matter."""
    with texts(cursor.connection):
        tables = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        ours = tables & {SCHEMA_TABLE.name}
        return condition(ours if shared else tables, _applied(cursor) if ours else {})


def _applied(cursor: sqlite3.Cursor) -> Mapping[int, str]:
    return dict(cursor.execute(READ_STEPS).fetchall())


def require_current(cursor: sqlite3.Cursor, place: str, *, shared: bool) -> None:
    """Refuse to work on a schema of another release."""
    found = condition_of(cursor, shared=shared)
    if found is not Condition.CURRENT:
        raise SchemaVersionError(place, found.value)


def bring_up_to_date(cursor: sqlite3.Cursor, place: str, *, shared: bool) -> None:
    """Apply the missing steps, in a transaction that locks out everybody else; who opened it also ends it."""
    found = condition_of(cursor, shared=shared)
    if found not in MIGRATABLE:
        raise SchemaVersionError(place, found.value)
    for step in missing({} if found is Condition.EMPTY else _applied(cursor)):
        for statement in step.statements(SQLITE):
            cursor.execute(statement)
