"""Saying things to the server, and when its answers are waited for.

One rule for this file: whoever runs a statement beside what is sent waits for that first.
"""

from collections.abc import Sequence
from typing import Protocol

from psycopg.pq import TransactionStatus

from doocore_adapters._sql.rows import Row
from doocore_adapters.postgres.cursors import Connection, Cursor, cursor_on


class Said(Protocol):
    """A statement that was sent; when it was waited for, what the server says to it."""

    @property
    def touched(self) -> int:
        """How many rows of the table it wrote, or found."""

    @property
    def words(self) -> str | None:
        """What the server says it has done."""

    def rows(self) -> list[Row]:
        """Give what was found."""


class Sending:
    """What is under way to the server on one connection; here, each statement is waited for, and raises its error, at once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def send(self, statement: str, *rows: Sequence[object]) -> Said:
        """Send a statement, once for each of *rows* if there are any."""
        cursor = cursor_on(self.connection)
        if len(rows) > 1:
            cursor.executemany(statement, rows)
        else:
            cursor.execute(statement, *rows)
        return _ByCursor(cursor)

    def ask(self, statement: str, *rows: Sequence[object]) -> Said:
        """Send a statement, and wait for it and for everything else that is under way."""
        said = self.send(statement, *rows)
        self.settle()
        return said

    def settle(self) -> None:
        """Wait for everything that was sent, and raise the first error among it, once."""

    def give_up(self) -> None:
        """Wait for everything that was sent, whatever became of it."""

    def take_back(self, savepoint: str) -> None:
        """Undo what was done since a savepoint, whatever became of it, and forget that."""
        self.give_up()
        if in_transaction(self.connection):
            self.ask(f"ROLLBACK TO SAVEPOINT {savepoint}")
            self.ask(f"RELEASE SAVEPOINT {savepoint}")


def in_transaction(connection: Connection) -> bool:
    """Tell whether there is something to roll back; a server that is gone has taken back everything."""
    return connection.info.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}


class _ByCursor:
    """A statement that a cursor of psycopg's has run."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    @property
    def touched(self) -> int:
        return self._cursor.rowcount

    @property
    def words(self) -> str | None:
        return self._cursor.statusmessage

    def rows(self) -> list[Row]:
        return self._cursor.fetchall()
