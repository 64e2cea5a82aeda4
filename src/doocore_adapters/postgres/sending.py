"""Saying several things to the server before an answer is waited for: psycopg's pipeline mode.

Two rules for this file. 1: a pipeline is open only until somebody waits, and whoever runs a statement outside of this
file waits first: `COPY` and savepoints that are rolled back know no pipeline. 2: the first error of what was sent is
raised by whoever waits, once; what was sent behind it has not happened.
"""

from contextlib import ExitStack

import psycopg
from psycopg import Pipeline
from psycopg.abc import Params

from doocore_adapters.postgres.cursors import Connection, Cursor, cursor_on


class Sending:
    """What is under way to the server on one connection.

    Not *pipelined*, or with a libpq before 14, everything is waited for at once, and goes just as well.
    """

    def __init__(self, connection: Connection, *, pipelined: bool) -> None:
        self._connection = connection
        self._pipelined = pipelined and Pipeline.is_supported()
        self._open = ExitStack()
        self._is_open = False
        self._failure: psycopg.Error | None = None

    def send(self, statement: str, *rows: Params) -> Cursor:
        """Send a statement, once for each of *rows* if there are any; `answered` gives its cursor back with the answer."""
        cursor = cursor_on(self._connection)
        if self._failure is not None:  # not even this one, which the server has never heard of
            return cursor
        try:
            self._begin()
            if len(rows) > 1:
                cursor.executemany(statement, rows)
            else:
                cursor.execute(statement, *rows)
        except psycopg.Error as error:
            self._fail(error)
        return cursor

    def ask(self, statement: str) -> Cursor:
        """Run a statement, with what is under way, and wait for it."""
        if self._is_open:
            return self.answered(self.send(statement))
        self.settle()
        return cursor_on(self._connection).execute(statement)

    def answered(self, cursor: Cursor) -> Cursor:
        """Wait for everything that was sent."""
        self.settle()
        return cursor

    def settle(self) -> None:
        """Wait for everything that was sent, and raise the first error among it."""
        self._wait()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def give_up(self) -> None:
        """Wait for everything that was sent, whatever became of it."""
        self._wait()
        self._failure = None

    def _begin(self) -> None:
        if self._pipelined and not self._is_open:
            self._open.enter_context(self._connection.pipeline())
            self._is_open = True

    def _wait(self) -> None:
        self._is_open = False
        try:
            self._open.close()
        except psycopg.Error as error:
            self._fail(error)

    def _fail(self, error: psycopg.Error) -> None:
        if self._failure is None:
            self._failure = error
