"""Inserting many rows by one statement: what they share is bound once, and indexes are opened once.

That takes two thirds of the time of a statement for each row.
"""

import sqlite3
from functools import lru_cache
from itertools import chain, islice

from doocore_adapters._sql.columns import Columns

PARAMETERS = 999
"""How many a statement can have in any release of SQLite."""


def inserted(cursor: sqlite3.Cursor, columns: Columns) -> int:
    """Insert *columns* as far as there are no such rows yet; give how many were inserted."""
    shared, varying, gaps = tuple(columns.shared), tuple(columns.varying), columns.gaps
    together = max(1, (PARAMETERS - len(shared)) // len(varying))
    full, rest = divmod(columns.count, together)
    cells = chain.from_iterable(zip(*columns.varying.values(), strict=True))
    values = tuple(columns.shared.values())
    count = 0
    for rows, times in ((together, full), (1, rest)):
        if times:
            statement = _statement(columns.table.name, shared, varying, gaps, rows)
            runs = ((*values, *islice(cells, rows * len(varying))) for _ in range(times))
            count += cursor.executemany(statement, runs).rowcount
    return count


@lru_cache(maxsize=256)
def _statement(table: str, shared: tuple[str, ...], varying: tuple[str, ...], gaps: frozenset[str], rows: int) -> str:
    """Say it for so many rows; the first parameters, which are named by their numbers, are the shared ones."""
    values = ", ".join(_row(shared, varying, gaps, len(shared) + row * len(varying)) for row in range(rows))
    return f"INSERT INTO {table} ({', '.join((*shared, *varying))}) VALUES {values} ON CONFLICT DO NOTHING"


def _row(shared: tuple[str, ...], varying: tuple[str, ...], gaps: frozenset[str], bound: int) -> str:
    marks = [f"?{number}" for number in range(1, len(shared) + 1)]
    for number, name in enumerate(varying, start=bound + 1):
        marks.append(f"nullif(?{number}, '')" if name in gaps else f"?{number}")
    return f"({', '.join(marks)})"
