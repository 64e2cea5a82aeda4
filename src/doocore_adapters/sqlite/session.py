"""SQLite's dialect, and a session on one of its connections."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.statements import Statements

# Member by member, since a path cannot name every key; SQLite reads true and false as numbers.
_OBJECT = "json_group_object(key, json(CASE WHEN type IN ('true', 'false') THEN type ELSE json_quote(value) END))"

SQLITE = Dialect(
    name="sqlite",
    placeholder="?",
    words={
        "among": "IN (SELECT value FROM json_each(?))",
        "group_ids": "group_concat(o.group_id, ' ')",
        "contains": "instr(c.search_text, ?) > 0",
        "has_value": "EXISTS (SELECT 1 FROM json_each(custom) WHERE key = ?)",
        "that_value": f"(SELECT {_OBJECT} FROM json_each(custom) WHERE key = ?)",
        "without_value": f"(SELECT {_OBJECT} FROM json_each(custom) WHERE key <> ?)",
        "held": "",  # as is the whole file
        # No other names: `sqlite3` converters that a host has registered go by the declared types.
        "text": "TEXT",
        "integer": "INTEGER",
        "boolean": "INTEGER",
        "decimal": "TEXT",
        "moment": "TEXT",
        "json": "TEXT",
        "narrow": "WITHOUT ROWID",
    },
)

STATEMENTS = Statements(SQLITE)

_APPLY = "doocore_apply"


class SqliteSession:
    """Statements of one organization in an open transaction.

    Goes through a cursor of its own and leaves the connection's settings alone, since it may be the host's.
    """

    statements = STATEMENTS

    def __init__(self, connection: sqlite3.Connection, organization_id: str) -> None:
        self.organization_id = organization_id
        self._connection: sqlite3.Connection | None = connection
        self._cursor = connection.cursor()
        self._cursor.row_factory = None

    def rows(self, statement: str, *parameters: object) -> list[Row]:
        """Run a query and give all its rows."""
        with texts(self._open()):
            return self._cursor.execute(statement, parameters).fetchall()

    def write(self, statement: str, rows: Iterable[Row]) -> int:
        """Run a statement once for each of *rows*, and give how many rows it touched."""
        self._open()
        return max(self._cursor.executemany(statement, rows).rowcount, 0)

    def among(self, keys: Collection[str]) -> str:
        """Give many keys as one JSON text; SQLite would end a key at a NUL, and no stored key has one."""
        return json.dumps([key for key in keys if "\0" not in key])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what was written in the block, if the block raises."""
        self._open()
        with savepoint(self._cursor, _APPLY):
            yield

    def end(self) -> None:
        """Refuse everything from now on."""
        self._cursor.close()
        self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("this transaction is over; open another one")
        return self._connection


@contextmanager
def texts(connection: sqlite3.Connection) -> Iterator[None]:
    """Read texts as `str` in the block, whatever the host has set for its own reading."""
    factory = connection.text_factory
    if factory is str:
        yield
        return
    connection.text_factory = str
    try:
        yield
    finally:
        connection.text_factory = factory


@contextmanager
def savepoint(cursor: sqlite3.Cursor, name: str) -> Iterator[None]:
    """Keep what was written in the block only if the block ends well; the transaction around it goes on."""
    cursor.execute(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        if cursor.connection.in_transaction:  # a full disk makes SQLite roll back everything by itself
            cursor.execute(f"ROLLBACK TO {name}")
            cursor.execute(f"RELEASE {name}")
        raise
    cursor.execute(f"RELEASE {name}")


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """Commit at the end of the block, or roll back if it raises."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def session(connection: sqlite3.Connection, organization_id: str) -> Iterator[SqliteSession]:
    """Open a session for the block; behind it, it is of no use."""
    opened = SqliteSession(connection, organization_id)
    try:
        yield opened
    finally:
        opened.end()
