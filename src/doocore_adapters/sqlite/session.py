"""SQLite's dialect, and a session on one of its connections."""

import sqlite3
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager

from doocore_adapters._sql import documents
from doocore_adapters._sql.columns import Columns
from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.statements import Statements
from doocore_adapters.sqlite.inserting import inserted

# Member by member, since a path cannot name every key; SQLite reads true and false as numbers.
_OBJECT = "json_group_object(key, json(CASE WHEN type IN ('true', 'false') THEN type ELSE json_quote(value) END))"

SQLITE = Dialect(
    name="sqlite",
    placeholder="?",
    merges=True,
    words={
        "among": "IN (SELECT value FROM json_each(?))",
        "group_ids": "group_concat(o.group_id, ' ')",
        "reactions": "replace(group_concat(DISTINCT e.reaction), ',', ' ')",
        "contains": "instr(c.search_text, ?) > 0",
        "has_value": "EXISTS (SELECT 1 FROM json_each(custom) WHERE key = ?)",
        "that_value": f"(SELECT {_OBJECT} FROM json_each(custom) WHERE key = ?)",
        "without_value": f"(SELECT {_OBJECT} FROM json_each(custom) WHERE key <> ?)",
        "prefilled": "json_extract(entered, '$.prefill.contact_id')",
        "held": "",  # as is the whole file
        "sees_all": "1",
        # No other names: `sqlite3` converters that a host has registered go by the declared types.
        "text": "TEXT",
        "integer": "INTEGER",
        "boolean": "INTEGER",
        "decimal": "TEXT",
        "moment": "TEXT",
        "json": "TEXT",
        "narrow": "WITHOUT ROWID",
        "now": "replace(CURRENT_TIMESTAMP, ' ', 'T') || '+00:00'",
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
        self._streams: set[sqlite3.Cursor] = set()

    def rows(self, statement: str, *parameters: object) -> list[Row]:
        """Run a query and give all its rows."""
        connection = self._open()
        as_the_host_reads = connection.text_factory
        connection.text_factory = str
        try:
            return self._cursor.execute(statement, parameters).fetchall()
        finally:
            connection.text_factory = as_the_host_reads

    def stream(self, statement: str, *parameters: object, size: int) -> Generator[list[Row], None, None]:
        """Run a query and give its rows *size* at a time, by a cursor of its own."""
        cursor = self._open().cursor()
        cursor.row_factory = None
        self._streams.add(cursor)
        try:
            with texts(self._open()):
                cursor.execute(statement, parameters)
            while rows := self._fetched(cursor, size):
                yield rows
        finally:
            self._streams.discard(cursor)
            cursor.close()

    def _fetched(self, cursor: sqlite3.Cursor, size: int) -> list[Row]:
        with texts(self._open()):
            return cursor.fetchmany(size)

    def write(self, statement: str, rows: Iterable[Row]) -> int:
        """Run a statement once for each of *rows*, and give how many rows it touched."""
        self._open()
        return max(self._cursor.executemany(statement, rows).rowcount, 0)

    def insert(self, columns: Columns) -> Callable[[], int]:
        """Insert rows that are new, some dozen with each run of a statement."""
        self._open()
        count = inserted(self._cursor, columns)
        return lambda: count

    def ask(self, statement: str, *parameters: object) -> Callable[[], list[Row]]:
        """Run a query at once: nothing is nearer than this database."""
        found = self.rows(statement, *parameters)
        return lambda: found

    def send(self, statement: str, rows: Iterable[Row]) -> Callable[[], int]:
        """Write at once, too."""
        touched = self.write(statement, rows)
        return lambda: touched

    def among(self, keys: Collection[str]) -> str:
        """Give many keys as one JSON text; SQLite would end a key at a NUL, and no stored key has one."""
        return documents.dumps([key for key in keys if "\0" not in key])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what was written in the block, if the block raises."""
        self._open()
        with savepoint(self._cursor, _APPLY):
            yield

    def end(self) -> None:
        """Refuse everything from now on; a query that somebody left half read would keep the database as it was."""
        for each in (self._cursor, *self._streams):
            each.close()
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
