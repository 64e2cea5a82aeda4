"""Cursors that read and write as the statements expect, whatever the host has set for its own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Loader
from psycopg.pq import Format
from psycopg.rows import tuple_row
from psycopg.types.bool import BoolBinaryLoader
from psycopg.types.numeric import Int8BinaryLoader, NumericBinaryLoader
from psycopg.types.string import StrDumperUnknown, TextBinaryLoader

from doocore_adapters._sql.rows import Row

Connection: TypeAlias = psycopg.Connection[Any]
Cursor: TypeAlias = psycopg.Cursor[Row]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class _UtcLoader(Loader):
    """Reads a moment in UTC, whatever zone and style of dates the connection has."""

    format = Format.BINARY

    def load(self, data: Buffer) -> datetime:
        return _moment(bytes(data))


@lru_cache(maxsize=4096)
def _moment(data: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=int.from_bytes(data, "big", signed=True))


_LOADERS: Mapping[str, type[Loader]] = {
    "text": TextBinaryLoader,
    "json": TextBinaryLoader,
    "int8": Int8BinaryLoader,
    "bool": BoolBinaryLoader,
    "numeric": NumericBinaryLoader,
    "timestamptz": _UtcLoader,
}


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(str, StrDumperUnknown)
    for type_, loader in _LOADERS.items():
        adapters.register_loader(type_, loader)
    return adapters


_ADAPTERS = _adapters()


class Adaptation:
    """How values are written and read on a connection, for whoever does so without a cursor."""

    adapters = _ADAPTERS

    def __init__(self, connection: Connection) -> None:
        self.connection = connection


class _Cursor(psycopg.Cursor[Row]):
    """Shares what it knows of types with all others of its kind: to learn it takes longer than many a statement."""

    @property
    def adapters(self) -> AdaptersMap:
        return _ADAPTERS


def cursor_on(connection: Connection) -> Cursor:
    """Open a cursor; the connection's settings are left alone, since it may be the host's."""
    cursor = _Cursor(connection, row_factory=tuple_row)
    cursor.format = Format.BINARY
    return cursor
