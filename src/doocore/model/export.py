"""A list on its way into a file (EX-1, IM-15)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

Page: TypeAlias = Sequence[Sequence[str]]
"""Some rows, column by column: what most columns need, or do not need, one look at a column tells."""

ROWS = 1_000
"""How many rows a page has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A header, and texts to stand below it, in pages; *total* is how many rows there are, where that is known.

    Whoever writes it goes through it once, from the first row to the last.

    >>> export = Export.of_rows(["E-Mail", "Ort"], [("ada@example.org", "London"), ("ida@example.org", "")])
    >>> list(export.pages)
    [(('ada@example.org', 'ida@example.org'), ('London', ''))]
    """

    columns: tuple[str, ...]
    pages: Iterable[Page] = ()
    total: int | None = None

    @classmethod
    def of_rows(cls, columns: Iterable[str], rows: Iterable[Sequence[str]], total: int | None = None) -> "Export":
        """Make one of rows that are all as wide as the header."""
        return cls(columns=tuple(columns), pages=_pages(iter(rows)), total=total)

    def __iter__(self) -> Iterator[Sequence[str]]:
        for page in self.pages:
            yield from zip(*page, strict=True)


def _pages(rows: Iterator[Sequence[str]]) -> Iterator[Page]:
    while some := list(islice(rows, ROWS)):
        yield tuple(zip(*some, strict=True))
