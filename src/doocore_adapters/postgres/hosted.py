"""The host's own connection: we write in its transaction, and neither commit nor roll it back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from psycopg.pq import TransactionStatus

from doocore.model.identifiers import IdentifierKey
from doocore_adapters.postgres.cursors import Connection, Cursor, cursor_on
from doocore_adapters.postgres.locks import Side, go_through, make, take
from doocore_adapters.postgres.opening import bring_up_to_date, require_current
from doocore_adapters.postgres.sending import Sending, in_transaction
from doocore_adapters.postgres.session import PostgresSession, savepoint, session

_OURS = "doocore_transaction"
_ONE_MOMENT = "ISOLATION LEVEL REPEATABLE READ READ ONLY"


class HostConnection:
    """One connection that belongs to the host, with or without autocommit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._busy = False

    @contextmanager
    def session(self, organization_id: str, lock: Iterable[IdentifierKey]) -> Iterator[PostgresSession]:
        """Write within the host's transaction; if the block raises, only what was written in it is taken back."""
        with self._alone() as cursor, self._within_transaction(cursor):
            require_current(cursor)
            with session(cursor, organization_id) as opened:
                self._take(opened, frozenset(lock))
                yield opened

    @contextmanager
    def reading(self, organization_id: str) -> Iterator[PostgresSession]:
        """Read what the host sees; a transaction that was begun for that is ended again."""
        with self._alone() as cursor:
            begun = self._idle()
            if begun:  # without autocommit, psycopg sends a BEGIN by itself
                cursor.execute(f"{'BEGIN' if self._connection.autocommit else 'SET TRANSACTION'} {_ONE_MOMENT}")
            try:
                require_current(cursor)
                with session(cursor, organization_id) as opened:
                    yield opened
            finally:
                if begun and in_transaction(self._connection):
                    cursor.execute("ROLLBACK")

    def migrate(self) -> None:
        """Bring the schema up to date within the host's transaction, which the host then commits."""
        with self._alone() as cursor, self._within_transaction(cursor):
            bring_up_to_date(cursor)

    def close(self) -> None:
        """Leave the connection alone: the host opened it."""

    @contextmanager
    def _alone(self) -> Iterator[Cursor]:
        """Give a cursor of our own, to one block at a time."""
        if self._busy:
            raise RuntimeError("this connection has a transaction of the store open; end that one first")
        cursor = cursor_on(self._connection)
        self._busy = True
        try:
            yield cursor
        finally:
            self._busy = False
            cursor.close()

    @contextmanager
    def _within_transaction(self, cursor: Cursor) -> Iterator[None]:
        """Open a savepoint, in a transaction that goes on behind it."""
        begun = self._idle()
        if begun and self._connection.autocommit:
            raise RuntimeError("this connection commits by itself (autocommit): begin with connection.transaction()")
        try:
            with savepoint(Sending(self._connection), _OURS):  # where none was begun, psycopg sends a BEGIN before it
                yield
        except BaseException:
            if begun and in_transaction(self._connection):  # as it was before: no transaction, no lock
                cursor.execute("ROLLBACK")
            raise

    def _take(self, session: PostgresSession, keys: frozenset[IdentifierKey]) -> None:
        """Take keys one by one, however many: what was written before we closed the gates, the host may not see."""
        if not keys:
            return
        gate = Side.HOST.gate(self._connection.info.backend_pid)
        while not go_through(session, gate)():
            make(session, [gate])
        take(session, keys)

    def _idle(self) -> bool:
        return self._connection.info.transaction_status is TransactionStatus.IDLE
