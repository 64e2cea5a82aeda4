"""Connections from a pool, of our own or the host's: transactions begin and end here."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from selectors import EVENT_READ, DefaultSelector
from typing import Any, TypeAlias
from weakref import WeakSet

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg_pool import ConnectionPool

from doocore.errors import TryAgainError
from doocore.model.identifiers import IdentifierKey
from doocore_adapters._sql.alone import Alone
from doocore_adapters.postgres.cursors import Connection, Cursor, cursor_on
from doocore_adapters.postgres.locks import Side, forget, hold, make
from doocore_adapters.postgres.opening import bring_up_to_date, require_current, require_migratable
from doocore_adapters.postgres.session import PostgresSession, session, transaction

Pool: TypeAlias = ConnectionPool[Any]

WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
"""What was committed while a lock was waited for is to be seen."""

READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""One moment for the whole view."""

FORGET_EVERY = 60.0
"""Seconds between two looks for locks that an organization no longer needs."""


class PooledConnections:
    """Transactions on connections of a pool.

    A connection is waited for up to *timeout* seconds, and so is a lock.
    """

    def __init__(self, pool: Pool, *, timeout: float) -> None:
        self._pool = pool
        self._timeout = timeout
        self._alone = Alone()
        self._known: WeakSet[Connection] = WeakSet()
        self._forget_at: dict[str, float] = {}
        self._with_gates: set[str] = set()

    @contextmanager
    def session(self, organization_id: str, lock: Iterable[IdentifierKey]) -> Iterator[PostgresSession]:
        """Open a transaction that commits at the end of the block, or rolls back if it raises."""
        keys = frozenset(lock)
        with self._own_turn(), self._borrowed() as connection:
            cursor = self._checked(connection)
            if keys:
                self._make_gates(cursor, organization_id)
            try:
                with _told_to_try_again(), self._writing(cursor, organization_id) as opened:
                    hold(opened, keys, Side.POOL.gate(connection.info.backend_pid))
                    yield opened
            except TryAgainError:
                self._with_gates.discard(organization_id)  # perhaps somebody has emptied the table
                raise
            self._forget_locks(cursor, organization_id)

    @contextmanager
    def reading(self, organization_id: str) -> Iterator[PostgresSession]:
        """Open a view of what was committed; nobody waits for it, nor it for anybody."""
        with self._own_turn(), self._borrowed() as connection:
            cursor = self._checked(connection)
            with transaction(cursor, READING) as sending, session(cursor, organization_id, sending) as opened:
                yield opened

    def migrate(self) -> None:
        """Bring the schema up to date."""
        with self._own_turn(), self._borrowed() as connection:
            cursor = cursor_on(connection)
            with transaction(cursor, WRITING) as sending:
                sending.settle()
                bring_up_to_date(cursor)

    def close(self) -> None:
        """Leave the pool alone: the host opened it."""

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        with self._alone:
            yield

    @contextmanager
    def _borrowed(self) -> Iterator[Connection]:
        """Take a connection for the block, on which no transaction begins or ends by itself."""
        with self._pool.connection(self._timeout) as connection:
            as_it_was = connection.autocommit
            if not as_it_was:
                connection.autocommit = True
            try:
                yield connection
            finally:
                if not as_it_was:
                    with suppress(psycopg.Error):  # it is broken, and the pool throws it away
                        connection.autocommit = False

    def _checked(self, connection: Connection) -> Cursor:
        """Look at the schema when a connection is used for the first time."""
        cursor = cursor_on(connection)
        if connection not in self._known:
            require_current(cursor)
            self._known.add(connection)
        return cursor

    @contextmanager
    def _writing(self, cursor: Cursor, organization_id: str) -> Iterator[PostgresSession]:
        patience = f"SET LOCAL lock_timeout = {max(1, int(self._timeout * 1_000))}"  # 0 would be for ever
        with (
            transaction(cursor, WRITING, patience) as sending,
            session(cursor, organization_id, sending) as opened,
        ):
            yield opened

    def _make_gates(self, cursor: Cursor, organization_id: str) -> None:
        """See once that an organization has its gates, in a transaction of their own: nobody waits for them any longer."""
        if organization_id not in self._with_gates:
            with _told_to_try_again(), self._writing(cursor, organization_id) as opened:
                make(opened, Side.POOL.gates)
            self._with_gates.add(organization_id)

    def _forget_locks(self, cursor: Cursor, organization_id: str) -> None:
        now = time.monotonic()
        if now >= self._forget_at.get(organization_id, now):
            self._forget_at[organization_id] = now + FORGET_EVERY
            with (
                suppress(psycopg.Error),  # what matters is committed; the next one will clean up
                transaction(cursor, WRITING) as sending,
                session(cursor, organization_id, sending) as opened,
            ):
                forget(opened)


@contextmanager
def _told_to_try_again() -> Iterator[None]:
    """Say in the words of the port that the server broke a transaction off, in favor of another."""
    try:
        yield
    except (DeadlockDetected, SerializationFailure) as error:
        raise TryAgainError from error


class OwnConnections(PooledConnections):
    """Transactions on connections of a pool of our own."""

    def __init__(self, dsn: str, *, timeout: float, max_connections: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:  # what is wrong is told at once, and by its name
            require_migratable(cursor_on(connection))
        self._open: Callable[[], Pool] = lambda: ConnectionPool(
            dsn,
            kwargs={"autocommit": True, "client_encoding": "UTF8"},
            min_size=0,
            max_size=max_connections,
            check=_check,
            open=True,
        )
        self._left_behind: list[Pool] = []
        self._process = os.getpid()
        super().__init__(self._open(), timeout=timeout)

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their transactions end."""
        self._pool.close()

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        self._notice_fork()
        with super()._own_turn():
            yield

    def _notice_fork(self) -> None:
        """Start anew in a forked process: the connections of the parent are not ours to use, nor to close."""
        if self._process != os.getpid():
            self._left_behind.append(self._pool)
            self._pool, self._alone = self._open(), Alone()
            self._process = os.getpid()


def _check(connection: Connection) -> None:
    """Refuse a connection that the server has closed meanwhile; only from such a one there is something to read."""
    with DefaultSelector() as selector:
        selector.register(connection, EVENT_READ)
        if selector.select(0):
            ConnectionPool.check_connection(connection)
