"""What the shared repositories ask of a store: run a statement within the transaction of one organization."""

from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from doocore_adapters._sql.columns import Columns
from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.statements import Statements


class Reading(Protocol):
    """The open transaction, as far as queries are concerned; refuses everything once the transaction is over."""

    @property
    def organization_id(self) -> str:
        """Whose transaction it is: the first parameter of every statement."""

    @property
    def statements(self) -> Statements:
        """The statements in the dialect of the database."""

    def rows(self, statement: str, *parameters: object) -> list[Row]:
        """Run a query and give all its rows as tuples; JSON columns come as texts."""

    def stream(self, statement: str, *parameters: object, size: int) -> Generator[list[Row], None, None]:
        """Run a query and give its rows at most *size* at a time, none of the lists empty, without keeping any of them.

        Closing it lets the query go, and so does the end of the transaction.
        """

    def among(self, keys: Collection[str]) -> Any:  # noqa: ANN401, what a driver binds is its own matter
        """Give the one parameter for the many *keys* of `{among}`."""


class Session(Reading, Protocol):
    """The open transaction, as far as statements are concerned."""

    def ask(self, statement: str, *parameters: object) -> Callable[[], list[Row]]:
        """Run a query, and give its rows when they are wanted: until then, perhaps nobody has waited for them."""

    def write(self, statement: str, rows: Iterable[Row]) -> int:
        """Run a statement once for each of *rows*, in their order, and give how many rows of the table it touched."""

    def send(self, statement: str, rows: Iterable[Row]) -> Callable[[], int]:
        """Do the same, and give the number when it is wanted; what goes wrong is raised then, or behind the savepoint."""

    def insert(self, columns: Columns) -> Callable[[], int]:
        """Insert rows that are new, in the bulk way of the database; give how many when that is wanted.

        Where a row is there already, it is left as it is, and is not counted.
        """

    def savepoint(self) -> AbstractContextManager[None]:
        """Take back what was written in the block, if the block raises; the transaction stays usable."""
