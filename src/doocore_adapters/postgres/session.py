"""Postgres' dialect, and a session on one of its connections."""

import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from psycopg.errors import InFailedSqlTransaction

from doocore.errors import TryAgainError
from doocore_adapters._sql.columns import Columns
from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.statements import Statements
from doocore_adapters.postgres.arrays import FEW, MANY, Array, ArrayOfFew, array, arrayed, insertion
from doocore_adapters.postgres.cursors import Cursor
from doocore_adapters.postgres.pipelining import sending_on
from doocore_adapters.postgres.planning import forget_old_plans, told_one_by_one
from doocore_adapters.postgres.row_security import ENTER
from doocore_adapters.postgres.sending import Said, Sending, in_transaction
from doocore_adapters.postgres.streaming import Streams

Question: TypeAlias = tuple[object, ...]
Answer: TypeAlias = Callable[[], list[Row]]

POSTGRES = Dialect(
    name="postgres",
    placeholder="%s",
    words={
        "among": "= ANY(?)",
        "contains": "strpos(c.search_text, ?) > 0",
        "group_ids": "string_agg(o.group_id, ' ')",
        "reactions": "string_agg(DISTINCT e.reaction, ' ')",
        "has_value": "EXISTS (SELECT 1 FROM json_each(custom) WHERE key = ?)",
        "that_value": "(SELECT json_object_agg(key, value) FROM json_each(custom) WHERE key = ?)",
        "without_value": "(SELECT json_object_agg(key, value) FROM json_each(custom) WHERE key <> ?)",
        "prefilled": "json_extract_path_text(entered, 'prefill', 'contact_id')",
        "held": "FOR UPDATE",
        "sees_all": "NOT row_security_active('doocore_contacts')",
        "text": 'text COLLATE "C"',  # compared and sorted bytewise, whatever the database does by itself
        "integer": "bigint",
        "boolean": "boolean",
        "decimal": "numeric",
        "moment": "timestamptz",
        "json": "json",  # kept as it was written, to the letter
        "narrow": "",
        "now": "now()",
    },
)

STATEMENTS = Statements(POSTGRES)
ARRAYED = arrayed(STATEMENTS)

_APPLY = "doocore_apply"
_UNKEPT = re.compile("[\0\ud800-\udfff]")
"""What no text of Postgres has, but a key may have that somebody asks for."""

_NO_SUCH_TEXT = "\1 no text of the store \1"
"""Stands for it: nobody has this text either, and it sorts as early as a NUL."""


class PostgresSession:
    """Statements of one organization in an open transaction.

    Its cursor is one of `cursor_on`, which leaves the connection's settings alone, since it may be the host's.
    """

    statements = STATEMENTS

    def __init__(self, cursor: Cursor, organization_id: str, sending: Sending) -> None:
        self.organization_id = organization_id
        self._cursor = cursor
        self._sending = sending
        self._foreseen: dict[Question, Answer] = {}
        self._required: Answer | None = None
        self._streams = Streams(self._open, sending)
        self._over = False

    def rows(self, statement: str, *parameters: object) -> list[Row]:
        """Run a query and give all its rows; what was foreseen is there already."""
        self._open()
        if self._foreseen:
            answer = self._foreseen.pop((statement, *parameters), None)
            if answer is not None:
                return answer()
        return self.ask(statement, *parameters)()

    def stream(self, statement: str, *parameters: object, size: int) -> Generator[list[Row], None, None]:
        """Run a query and give its rows *size* at a time, by a cursor of the server's."""
        return self._streams.read(statement, [askable(each) for each in parameters], size)

    def ask(self, statement: str, *parameters: object) -> Answer:
        """Send a query, and give its rows when they are asked for."""
        self._open()
        answer = self._sending.send(*told_one_by_one(statement, [askable(each) for each in parameters]))
        return lambda: self._settled(answer).rows()

    @contextmanager
    def foreseeing(self) -> Iterator["Foreseeing"]:
        """Send the queries of the block; their answers are kept, once each, until something is written."""
        asking = Foreseeing(self._open(), self.organization_id, self._sending)
        yield asking
        self._foreseen = asking.answers

    def require(self, answer: Answer) -> None:
        """Go on only with rows in *answer*: who settles learns otherwise to try again."""
        self._required = answer

    def settle(self) -> None:
        """Wait for everything that was sent; raises what went wrong with it."""
        self._sending.settle()
        required, self._required = self._required, None
        if required is not None and not required():
            raise TryAgainError

    def let_go(self) -> None:
        """Take the server's cursors away that somebody has left half read: in a host's transaction, they would stay."""
        self._streams.close()

    def write(self, statement: str, rows: Iterable[Row]) -> int:
        """Run a statement once for each of *rows*, sent without waiting for one another, and give how many rows it touched."""
        self._begin_to_write()
        given = list(rows)
        if statement in ARRAYED and len(given) >= MANY:
            return sum(self._sending.ask(*each).touched for each in ARRAYED[statement].said(given))
        return self._sending.ask(statement, *given).touched if given else 0

    def send(self, statement: str, rows: Iterable[Row]) -> Callable[[], int]:
        """Do the same without waiting for the answer, if they are not many."""
        self._begin_to_write()
        given = list(rows)
        if not given or len(given) >= MANY:
            touched = self.write(statement, given)
            return lambda: touched
        answer = self._sending.send(statement, *given)
        return lambda: self._settled(answer).touched

    def insert(self, columns: Columns) -> Callable[[], int]:
        """Insert rows that are new by one statement, each column as an array."""
        self._begin_to_write()
        answer = self._sending.send(*insertion(columns))
        return lambda: self._settled(answer).touched

    def among(self, keys: Collection[str]) -> str:
        """Give many keys as one array, without those that no text of Postgres can be."""
        kept = keys if _is_kept("".join(keys)) else [key for key in keys if not _UNKEPT.search(key)]
        ordered = sorted(kept)  # in one order, so that a question is known again
        return ArrayOfFew(ordered) if 0 < len(ordered) <= FEW else array(ordered)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what was written in the block, if the block raises."""
        self._begin_to_write()
        with savepoint(self._sending, _APPLY):
            yield

    def end(self) -> None:
        """Refuse everything from now on."""
        self._streams.forget()
        self._over = True

    def _settled(self, said: Said) -> Said:
        self._sending.settle()
        return said

    def _begin_to_write(self) -> None:
        self._foreseen.clear()
        self._open()

    def _open(self) -> Cursor:
        if self._over:
            raise RuntimeError("this transaction is over; open another one")
        return self._cursor


class Foreseeing(PostgresSession):
    """Asks, and knows of nothing yet."""

    def __init__(self, cursor: Cursor, organization_id: str, sending: Sending) -> None:
        super().__init__(cursor, organization_id, sending)
        self.answers: dict[Question, Answer] = {}

    def rows(self, statement: str, *parameters: object) -> list[Row]:
        """Send a query, and find nothing."""
        self.answers[(statement, *parameters)] = self.ask(statement, *parameters)
        return []


def askable(parameter: object) -> object:
    """Give a parameter as a text of Postgres, if it is one: what no text there can be is then not found."""
    if not isinstance(parameter, str) or isinstance(parameter, Array) or _is_kept(parameter):
        return parameter
    return _UNKEPT.sub(_NO_SUCH_TEXT, parameter)


def _is_kept(text: str) -> bool:
    """Tell quickly of nearly every text that it can be one of Postgres."""
    return text.isascii() and "\0" not in text


@contextmanager
def savepoint(sending: Sending, name: str) -> Iterator[None]:
    """Keep what was written in the block only if the block ends well; the transaction around it goes on."""
    sending.send(f"SAVEPOINT {name}")
    try:
        yield
        sending.settle()
    except BaseException:
        sending.take_back(name)
        raise
    sending.send(f"RELEASE SAVEPOINT {name}")


@contextmanager
def transaction(cursor: Cursor, *begin: str) -> Iterator[Sending]:
    """Commit at the end of the block, or roll back if it raises; *begin* are statements, sent with what follows them.

    A transaction in which a statement has failed raises: Postgres answers its commit with a rollback, and without an
    error.
    """
    sending = sending_on(cursor.connection)
    try:
        for each in begin:
            sending.send(each)
        yield sending
        _commit(sending)
    except BaseException:
        sending.give_up()
        if in_transaction(cursor.connection):
            sending.ask("ROLLBACK")
        raise


def _commit(sending: Sending) -> None:
    if sending.ask("COMMIT").words == "ROLLBACK":
        raise InFailedSqlTransaction("a statement of this transaction failed: nothing was committed")


@contextmanager
def session(cursor: Cursor, organization_id: str, sending: Sending | None = None) -> Iterator[PostgresSession]:
    """Open a session for the block, with its organization's rows alone in sight; behind it, it is of no use.

    Without what is *sending* for the transaction around it, as in a host's, every statement is waited for.
    """
    under_way = Sending(cursor.connection) if sending is None else sending
    forget_old_plans(under_way)
    under_way.send(ENTER, (askable(organization_id),))
    opened = PostgresSession(cursor, organization_id, under_way)
    try:
        yield opened
        if sending is None:
            opened.let_go()
            under_way.settle()
    finally:
        opened.end()
