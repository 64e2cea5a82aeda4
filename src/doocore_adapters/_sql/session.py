"""What the shared repositories ask of a store: run a statement within the transaction of one organization."""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.statements import Statements


class Session(Protocol):
    """The open transaction, as far as statements are concerned; refuses everything once the transaction is over."""

    @property
    def organization_id(self) -> str:
        """Whose transaction it is: the first parameter of every statement."""

    @property
    def statements(self) -> Statements:
        """The statements in the dialect of the database."""

    def rows(self, statement: str, *parameters: object) -> list[Row]:
        """Run a query and give all its rows as tuples; JSON columns come as texts."""

    def write(self, statement: str, rows: Iterable[Row]) -> int:
        """Run a statement once for each of *rows*, in their order, and give how many rows of the table it touched."""

    def among(self, keys: Collection[str]) -> Any:  # noqa: ANN401, what a driver binds is its own matter
        """Give the one parameter for the many *keys* of `{among}`."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Take back what was written in the block, if the block raises; the transaction stays usable."""
