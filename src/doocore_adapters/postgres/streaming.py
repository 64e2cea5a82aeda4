"""Reading any number of rows by cursors of the server's, so many at a time."""

from collections.abc import Callable, Generator, Sequence
from itertools import count

from psycopg.pq import TransactionStatus

from doocore_adapters._sql.rows import Row
from doocore_adapters.postgres.cursors import Cursor
from doocore_adapters.postgres.sending import Sending

_USABLE = frozenset({TransactionStatus.INTRANS, TransactionStatus.ACTIVE})


class Streams:
    """The server's cursors of one transaction; *opened* gives our own, or raises where the transaction is over."""

    def __init__(self, opened: Callable[[], Cursor], sending: Sending) -> None:
        self._opened = opened
        self._sending = sending
        self._numbers = count(1)
        self._names: set[str] = set()

    def read(self, statement: str, parameters: Sequence[object], size: int) -> Generator[list[Row], None, None]:
        """Declare a cursor for a query, and fetch its rows *size* at a time."""
        name = f"doocore_stream_{next(self._numbers)}"
        self._run(f"DECLARE {name} NO SCROLL CURSOR FOR {statement}", parameters)
        self._names.add(name)
        try:
            while rows := self._run(f"FETCH FORWARD {size} FROM {name}").fetchall():
                yield rows
        finally:
            self._let_go(name)

    def close(self) -> None:
        """Let go of what somebody has left half read: in a host's transaction it would stay."""
        for name in tuple(self._names):
            self._let_go(name)

    def forget(self) -> None:
        """Know of no cursor any more: they went with the transaction."""
        self._names.clear()

    def _run(self, statement: str, parameters: Sequence[object] | None = None) -> Cursor:
        cursor = self._opened()
        self._sending.settle()
        # Never prepared: the next cursor of this name has other columns.
        return cursor.execute(statement, parameters, prepare=False)

    def _let_go(self, name: str) -> None:
        if name in self._names:
            self._names.discard(name)
            if self._opened().connection.info.transaction_status in _USABLE:  # one that failed takes its cursors along
                self._sending.send(f"CLOSE {name}")
