"""Postgres' dialect, and a session on one of its connections."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.errors import InFailedSqlTransaction, UniqueViolation
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import tuple_row
from psycopg.types.bool import BoolBinaryLoader
from psycopg.types.numeric import Int8BinaryLoader, NumericBinaryLoader
from psycopg.types.string import StrDumperUnknown, TextBinaryLoader

from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.statements import Statements
from doocore_adapters.postgres.copying import MANY, copied

Connection: TypeAlias = psycopg.Connection[Any]
Cursor: TypeAlias = psycopg.Cursor[Row]

POSTGRES = Dialect(
    name="postgres",
    placeholder="%s",
    words={
        "among": "= ANY(?)",
        "contains": "strpos(c.search_text, ?) > 0",
        "group_ids": "string_agg(o.group_id, ' ')",
        "has_value": "EXISTS (SELECT 1 FROM json_each(custom) WHERE key = ?)",
        "that_value": "(SELECT json_object_agg(key, value) FROM json_each(custom) WHERE key = ?)",
        "without_value": "(SELECT json_object_agg(key, value) FROM json_each(custom) WHERE key <> ?)",
        "held": "FOR UPDATE",
        "text": 'text COLLATE "C"',  # compared and sorted bytewise, whatever the database does by itself
        "integer": "bigint",
        "boolean": "boolean",
        "decimal": "numeric",
        "moment": "timestamptz",
        "json": "json",  # kept as it was written, to the letter
        "narrow": "",
    },
)

STATEMENTS = Statements(POSTGRES)
COPIED = copied(STATEMENTS)

_APPLY, _COPY = "doocore_apply", "doocore_copy"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_UNKEPT = re.compile("[\0\ud800-\udfff]")
"""What no text of Postgres has, but a key may have that somebody asks for."""

_NO_SUCH_TEXT = "\1 no text of the store \1"
"""Stands for it: nobody has this text either, and it sorts as early as a NUL."""


class _UtcLoader(Loader):
    """Reads a moment in UTC, whatever zone and style of dates the connection has."""

    format = Format.BINARY

    def load(self, data: Buffer) -> datetime:
        return _moment(bytes(data))


@lru_cache(maxsize=4096)
def _moment(data: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=int.from_bytes(data, "big", signed=True))


class PostgresSession:
    """Statements of one organization in an open transaction.

    Its cursor is one of `cursor_on`, which leaves the connection's settings alone, since it may be the host's.
    """

    statements = STATEMENTS

    def __init__(self, cursor: Cursor, organization_id: str) -> None:
        self.organization_id = organization_id
        self._cursor = cursor
        self._over = False

    def rows(self, statement: str, *parameters: object) -> list[Row]:
        """Run a query and give all its rows."""
        return self._open().execute(statement, [askable(each) for each in parameters]).fetchall()

    def write(self, statement: str, rows: Iterable[Row]) -> int:
        """Run a statement once for each of *rows*, sent without waiting for one another, and give how many rows it touched."""
        cursor = self._open()
        given = list(rows)
        if not given:
            return 0
        if statement in COPIED and len(given) >= MANY:
            with suppress(UniqueViolation), savepoint(cursor, _COPY):
                return COPIED[statement].run(cursor, given)
        if len(given) == 1:
            cursor.execute(statement, given[0])
        else:
            cursor.executemany(statement, given)
        return cursor.rowcount

    def among(self, keys: Collection[str]) -> list[str]:
        """Give many keys as one array, without those that no text of Postgres can be."""
        return [key for key in keys if not _UNKEPT.search(key)]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what was written in the block, if the block raises."""
        with savepoint(self._open(), _APPLY):
            yield

    def end(self) -> None:
        """Refuse everything from now on."""
        self._over = True

    def _open(self) -> Cursor:
        if self._over:
            raise RuntimeError("this transaction is over; open another one")
        return self._cursor


def askable(parameter: object) -> object:
    """Give a parameter as a text of Postgres, if it is one: what no text there can be is then not found."""
    return _UNKEPT.sub(_NO_SUCH_TEXT, parameter) if isinstance(parameter, str) else parameter


def cursor_on(connection: Connection) -> Cursor:
    """Open a cursor that reads and writes as the statements expect, whatever the host has set for its own."""
    cursor = psycopg.Cursor(connection, row_factory=tuple_row)
    cursor.format = Format.BINARY
    adapters = cursor.adapters
    adapters.register_dumper(str, StrDumperUnknown)
    adapters.register_loader("timestamptz", _UtcLoader)
    for type_, loader in _LOADERS.items():
        adapters.register_loader(type_, loader)
    return cursor


_LOADERS: Mapping[str, type[Any]] = {
    "text": TextBinaryLoader,
    "json": TextBinaryLoader,
    "int8": Int8BinaryLoader,
    "bool": BoolBinaryLoader,
    "numeric": NumericBinaryLoader,
}


@contextmanager
def savepoint(cursor: Cursor, name: str) -> Iterator[None]:
    """Keep what was written in the block only if the block ends well; the transaction around it goes on."""
    cursor.execute(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        if in_transaction(cursor.connection):  # a server that is gone has taken back everything
            cursor.execute(f"ROLLBACK TO SAVEPOINT {name}")
            cursor.execute(f"RELEASE SAVEPOINT {name}")
        raise
    cursor.execute(f"RELEASE SAVEPOINT {name}")


@contextmanager
def transaction(cursor: Cursor, begin: str) -> Iterator[None]:
    """Commit at the end of the block, or roll back if it raises.

    *begin* may be several statements. A transaction in which a statement has failed raises: Postgres would answer its
    commit with a rollback, and without an error.
    """
    cursor.execute(begin, binary=False)
    try:
        yield
        _commit(cursor)
    except BaseException:
        if in_transaction(cursor.connection):
            cursor.execute("ROLLBACK")
        raise


def _commit(cursor: Cursor) -> None:
    if cursor.connection.info.transaction_status is TransactionStatus.INERROR:
        raise InFailedSqlTransaction("a statement of this transaction failed: nothing was committed")
    cursor.execute("COMMIT")


def in_transaction(connection: Connection) -> bool:
    """Tell whether there is something to roll back."""
    return connection.info.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}


@contextmanager
def session(cursor: Cursor, organization_id: str) -> Iterator[PostgresSession]:
    """Open a session for the block; behind it, it is of no use."""
    opened = PostgresSession(cursor, organization_id)
    try:
        yield opened
    finally:
        opened.end()
