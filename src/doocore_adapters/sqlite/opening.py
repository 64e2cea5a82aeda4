"""Looking at a database before anything is done to it, and bringing its schema up to date.

Two rules for this file. 1: a file that is not ours is left as it was, to the byte. 2: what may be done is decided by
`condition`, on what was read under the same lock.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from doocore.errors import SchemaVersionError
from doocore_adapters._sql.migrations import (
    CREATE_SCHEMA_TABLE,
    MIGRATABLE,
    READ_STEPS,
    RECORD_STEP,
    Condition,
    condition,
    missing,
)
from doocore_adapters._sql.rows import moment_text
from doocore_adapters._sql.schema import SCHEMA_TABLE
from doocore_adapters.sqlite.session import SQLITE, texts

_MAGIC = b"SQLite format 3\0"
_READ_VERSION = 19  # the byte of the header that says how the file is read
_IN_WAL_MODE = 2
_NO_DATABASE = "is not an SQLite database: choose another file"


def condition_of_file(path: Path) -> Condition:
    """Judge a file by reading it only; it may be missing, and it may be anything."""
    header = _header(path)
    if not header:
        return Condition.EMPTY
    if not header.startswith(_MAGIC):  # SQLite itself would take any file of a few bytes for an empty database
        raise SchemaVersionError(str(path), _NO_DATABASE)
    try:
        with closing(sqlite3.connect(_for_reading(path, header), uri=True)) as connection:
            return condition_of(connection.cursor(), shared=False)
    except sqlite3.OperationalError:  # it cannot be read now, whatever it is
        raise
    except sqlite3.DatabaseError as error:
        raise SchemaVersionError(str(path), f"{_NO_DATABASE} ({error})") from error


def _header(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(_READ_VERSION + 1)


def _for_reading(path: Path, header: bytes) -> str:
    """Give the address under which SQLite reads the file and leaves nothing beside it.

    A file in WAL mode that nobody has open gets a `-wal` and a `-shm` even from a reader, unless it is called immutable.
    """
    alone = header[_READ_VERSION:] == bytes([_IN_WAL_MODE]) and not Path(f"{path}-wal").exists()
    return f"{path.absolute().as_uri()}?{'immutable=1' if alone else 'mode=ro'}"


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
    if found is Condition.EMPTY:
        cursor.execute(SQLITE.render(CREATE_SCHEMA_TABLE))
    for step in missing(_applied(cursor)):
        for statement in step.statements(SQLITE):
            cursor.execute(statement)
        now = moment_text(datetime.now(UTC))
        cursor.execute(SQLITE.render(RECORD_STEP), (step.step, step.name, step.checksum, now))
