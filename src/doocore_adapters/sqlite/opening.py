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

APPLICATION_ID = int.from_bytes(b"dooc", "big")
"""What files of our own carry in their header; a host's database is the host's."""

_HEADER = 100  # bytes
_MAGIC = b"SQLite format 3\0"
_WAL = b"\2"
_NO_DATABASE = "is not an SQLite database: choose another file"


def condition_of_file(path: Path) -> Condition:
    """Judge a file by reading it only; it may be missing, and it may be anything."""
    header = _header(path)
    if not header:
        return Condition.EMPTY
    if not header.startswith(_MAGIC):  # SQLite itself would take any file of a few bytes for an empty database
        raise SchemaVersionError(str(path), _NO_DATABASE)
    in_wal_mode = header[19:20] == _WAL
    has_log = Path(f"{path}-{'wal' if in_wal_mode else 'journal'}").exists()
    # Called immutable, a file is read as it stands. That is right in WAL mode when there is no log (SQLite would make
    # one even for a reader), and with a rollback journal (SQLite would have to roll back; whoever writes next does).
    address = f"{path.absolute().as_uri()}?{'immutable=1' if in_wal_mode != has_log else 'mode=ro'}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return condition_of(connection.cursor(), shared=False)
    except sqlite3.OperationalError:  # it cannot be read now, whatever it is
        raise
    except sqlite3.DatabaseError as error:
        if has_log and header[68:72] == APPLICATION_ID.to_bytes(4, "big"):
            return Condition.CURRENT  # half written; the first connection rolls that back, and judges then
        raise SchemaVersionError(str(path), f"{_NO_DATABASE} ({error})") from error


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
    if found is Condition.EMPTY:
        cursor.execute(SQLITE.render(CREATE_SCHEMA_TABLE))
    for step in missing(_applied(cursor)):
        for statement in step.statements(SQLITE):
            cursor.execute(statement)
        now = moment_text(datetime.now(UTC))
        cursor.execute(SQLITE.render(RECORD_STEP), (step.step, step.name, step.checksum, now))
