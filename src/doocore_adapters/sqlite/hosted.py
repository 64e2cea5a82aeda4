"""The host's own connection: we write in its transaction, and neither commit nor roll it back."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from doocore_adapters.sqlite.opening import bring_up_to_date, require_current
from doocore_adapters.sqlite.session import SqliteSession, savepoint, session, texts

_OURS = "doocore_transaction"


class HostConnection:
    """One connection that belongs to the host, in whatever transaction mode."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._busy = False

    @contextmanager
    def session(self, organization_id: str) -> Iterator[SqliteSession]:
        """Write within the host's transaction; if the block raises, only what was written in it is taken back."""
        with self._alone() as cursor, self._within_transaction(cursor):
            require_current(cursor, self._place(), shared=True)
            with session(self._connection, organization_id) as opened:
                yield opened

    @contextmanager
    def reading(self, organization_id: str) -> Iterator[SqliteSession]:
        """Read what the host sees; a transaction that was begun for that is ended again."""
        with self._alone() as cursor:
            begun = not self._connection.in_transaction
            if begun:
                cursor.execute("BEGIN")
            try:
                require_current(cursor, self._place(), shared=True)
                with session(self._connection, organization_id) as opened:
                    yield opened
            finally:
                if begun:
                    cursor.execute("ROLLBACK")

    def migrate(self) -> None:
        """Bring the schema up to date within the host's transaction, which the host then commits."""
        with self._alone() as cursor, self._within_transaction(cursor):
            bring_up_to_date(cursor, self._place(), shared=True)

    def close(self) -> None:
        """Leave the connection alone: the host opened it."""

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Cursor]:
        """Give a cursor of our own, to one block at a time."""
        if self._busy:
            raise RuntimeError("this connection has a transaction of the store open; end that one first")
        cursor = self._connection.cursor()
        cursor.row_factory = None
        self._busy = True
        try:
            yield cursor
        finally:
            self._busy = False
            cursor.close()

    @contextmanager
    def _within_transaction(self, cursor: sqlite3.Cursor) -> Iterator[None]:
        """Open a savepoint, never outside of a transaction: there, releasing it would commit."""
        begun = not self._connection.in_transaction
        if begun:
            self._begin(cursor)
        try:
            with savepoint(cursor, _OURS):
                yield
        except BaseException:
            if begun and self._connection.in_transaction:  # as it was before: no transaction, no lock
                cursor.execute("ROLLBACK")
            raise

    def _begin(self, cursor: sqlite3.Cursor) -> None:
        # Python 3.12 and later: in this mode, commit() and rollback() do nothing
        if getattr(self._connection, "autocommit", None) is True:
            raise RuntimeError("this connection commits by itself (autocommit=True): send BEGIN IMMEDIATE first")
        cursor.execute("BEGIN IMMEDIATE")

    def _place(self) -> str:
        cursor = self._connection.cursor()
        cursor.row_factory = None
        with texts(self._connection):
            file = cursor.execute("PRAGMA database_list").fetchone()[2]
        return f"the host's connection to {file or 'a database in memory'}"
