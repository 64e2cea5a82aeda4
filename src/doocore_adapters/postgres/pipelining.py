"""Saying several things to the server before an answer is waited for: libpq's pipeline mode, by psycopg's wrapper of it.

psycopg's own pipeline looks out for answers with every statement, which costs more than most of ours do; here, what was
sent leaves together and is answered together. The server keeps a statement prepared from the first time on.

Two rules for this file. 1: a pipeline is open only while somebody waits, since psycopg's cursors know nothing of it.
2: whoever else uses the connection may have made the server forget what it had prepared, though never within a
transaction of ours; so if something is missing in the first exchange, nothing has happened, and all of it is said again.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import count
from typing import TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from psycopg import Pipeline, abc
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

from doocore_adapters._sql.rows import Row
from doocore_adapters.postgres.cursors import Adaptation, Connection
from doocore_adapters.postgres.sending import Sending, in_transaction

MOST = 100
"""How many statements a server keeps prepared for one connection."""

Texts: TypeAlias = Sequence[Buffer | None]
Take: TypeAlias = Callable[[PGresult], None]

_DONE = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})


def sending_on(connection: Connection) -> Sending:
    """Send through pipelines, if libpq knows them."""
    return Pipelined(connection) if Pipeline.is_supported() else Sending(connection)


class Pipelined(Sending):
    """Keeps what is sent until somebody waits, who then hears of the first error; what was sent behind it has not happened."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._transformer: abc.Transformer = Transformer(Adaptation(connection))
        self._prepared = _prepared_on(connection)
        self._under_way: list[_Said] = []
        self._failure: psycopg.Error | None = None
        self._is_first = True

    def send(self, statement: str, *rows: Sequence[object]) -> "_Said":
        """Keep a statement, with its parameters as texts: of what types they are is the server's to know."""
        said = _Said(statement, self._transformer)
        if self._failure is None:
            try:
                said.given = [self._transformer.dump_sequence(row, [PyFormat.TEXT] * len(row)) for row in rows]
                self._under_way.append(said)
            except psycopg.Error as error:
                self._fail(error)
        return said

    def settle(self) -> None:
        """Send everything, wait for it, and raise the first error among it, once."""
        self._exchange_all()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def give_up(self) -> None:
        """Do the same, whatever becomes of it."""
        self._exchange_all()
        self._failure = None

    def _exchange_all(self) -> None:
        under_way, self._under_way = self._under_way, []
        if under_way:
            self._exchange(under_way)
            if self._is_first and isinstance(self._failure, InvalidSqlStatementName):
                self._exchange_again(under_way)
            self._is_first = False

    def _exchange_again(self, under_way: Sequence["_Said"]) -> None:
        self._failure = None
        self._prepared.clear()
        if in_transaction(self.connection):
            self._exchange([_Said("ROLLBACK", self._transformer)])
        self._exchange(under_way)

    def _exchange(self, under_way: Sequence["_Said"]) -> None:
        """Send all of it, and take the answers."""
        pgconn = self.connection.pgconn
        self._prepared.forget_new()
        try:
            pgconn.enter_pipeline_mode()
            try:
                takes = self._send_all(under_way)
                pgconn.pipeline_sync()
                self.connection.wait(self._take(takes))
            finally:
                if pgconn.status != ConnStatus.BAD:
                    pgconn.exit_pipeline_mode()
        except psycopg.Error as error:
            self._fail(error)
        if self._failure is None:
            self._prepared.keep_new()

    def _send_all(self, under_way: Sequence["_Said"]) -> Sequence[Take]:
        """Send all of it, or up to what cannot be sent; tell who takes the answers to what was."""
        takes: list[Take] = []
        try:
            for said in under_way:
                takes.extend(self._prepared.send(self.connection.pgconn, said))
        except psycopg.Error as error:
            self._fail(error)
        return takes

    def _take(self, takes: Sequence[Take]) -> PQGen[None]:
        """Send what libpq still holds, and hand out what comes; behind each answer, libpq gives `None`."""
        pgconn = self.connection.pgconn
        while pgconn.flush():
            if (yield Wait.RW) & Ready.R:  # else the server might wait for us in turn
                pgconn.consume_input()
        for take in (*takes, _unheard):  # the last answer is that the pipeline ends
            while (result := (yield from _next_result(pgconn))) is not None:
                if result.status in _DONE:
                    take(result)
                elif result.status == ExecStatus.FATAL_ERROR:
                    self._fail(error_from_result(result, self.connection.info.encoding))

    def _fail(self, error: psycopg.Error) -> None:
        if self._failure is None:
            self._failure = error


class _Said:
    """A statement with its parameters, once for each row; then what the server says to it."""

    def __init__(self, statement: str, transformer: abc.Transformer) -> None:
        self.statement = statement
        self.given: Sequence[Texts] = ()
        self.touched = 0
        self._transformer = transformer
        self._result: PGresult | None = None

    def take(self, result: PGresult) -> None:
        """Keep an answer; of many, the last, and the sum."""
        self._result = result
        self.touched += result.command_tuples or 0

    @property
    def words(self) -> str | None:
        """What the server says it has done."""
        said = self._result and self._result.command_status
        return said.decode() if said else None

    def rows(self) -> list[Row]:
        """Give what was found."""
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_rows(0, self.touched, tuple)


class _Prepared:
    """The statements that the server keeps for one connection; who was met last stands behind the others."""

    def __init__(self) -> None:
        self._names: dict[str, bytes] = {}
        self._new: list[str] = []
        self._numbers = count(1)

    def send(self, pgconn: PGconn, said: _Said) -> Iterator[Take]:
        """Send a statement, and tell who takes what the server says to each part of that."""
        name = self._names.pop(said.statement, None)
        if name is None:
            name = b"doocore_%d" % next(self._numbers)
            self._new.append(said.statement)
            pgconn.send_prepare(name, _numbered(said.statement))
            yield _unheard
        self._names[said.statement] = name
        for texts in said.given or (None,):
            pgconn.send_query_prepared(name, texts, result_format=Format.BINARY)
            yield said.take
        if len(self._names) > MOST:  # not before it: where it begins a transaction, nothing may come before
            _forget(pgconn, self._names.pop(next(iter(self._names))))
            yield _unheard

    def keep_new(self) -> None:
        """Count on what was to be prepared: the server has done so."""
        self._new.clear()

    def forget_new(self) -> None:
        """Forget what was to be prepared in an exchange that came to no good end: perhaps it was not."""
        for statement in self._new:
            self._names.pop(statement, None)
        self._new.clear()

    def clear(self) -> None:
        """Know of nothing any more; no name comes twice."""
        self._names.clear()


class _Unprepared(_Prepared):
    """For a connection on which nothing is to be prepared, as behind a pool of connections that keeps no statements."""

    def send(self, pgconn: PGconn, said: _Said) -> Iterator[Take]:
        """Send a statement for this once."""
        for texts in said.given or (None,):
            pgconn.send_query_params(_numbered(said.statement), texts, result_format=Format.BINARY)
            yield said.take


_UNPREPARED = _Unprepared()
_OF_CONNECTIONS: WeakKeyDictionary[Connection, _Prepared] = WeakKeyDictionary()


def _prepared_on(connection: Connection) -> _Prepared:
    if connection.prepare_threshold is None:
        return _UNPREPARED
    return _OF_CONNECTIONS.setdefault(connection, _Prepared())


def _forget(pgconn: PGconn, name: bytes) -> None:
    if psycopg.capabilities.has_send_close_prepared():  # what stands between us and the server understands this too
        pgconn.send_close_prepared(name)
    else:
        pgconn.send_query_params(b"DEALLOCATE " + name, None)


def _next_result(pgconn: PGconn) -> PQGen[PGresult | None]:
    while pgconn.is_busy():
        yield Wait.R
        pgconn.consume_input()
    return pgconn.get_result()


def _unheard(_: PGresult) -> None:
    """Nobody wants to know."""


@lru_cache(maxsize=1024)
def _numbered(statement: str) -> bytes:
    """Write a statement as the server reads it: its parameters have numbers."""
    first, *others = statement.split("%s")
    return "".join([first, *(f"${number}{each}" for number, each in enumerate(others, 1))]).encode()
