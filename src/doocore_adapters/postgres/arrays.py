"""Writing many rows by one statement, which takes each column as an array.

That is as quick as `COPY`, which knows neither `ON CONFLICT` nor row-level security, and many times as quick as a
statement for each row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Self

from doocore_adapters._sql import schema
from doocore_adapters._sql.columns import Columns
from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.schema import Column, Table, Type
from doocore_adapters._sql.statements import CHANGED_COLUMNS, EMAIL_KEY_VERSION, Statements

MANY = 50
"""From how many rows on it pays."""

FEW = 8
"""Up to how many keys are told one by one."""

_TYPES = {
    Type.TEXT: "text",
    Type.INTEGER: "bigint",
    Type.MOMENT: "timestamptz",
    Type.JSON: "json",
    Type.BOOLEAN: "boolean",
}
_TABLES = {each.name: each for each in schema.TABLES}
_BETWEEN, _DELIMITER = "\x1f", '","'
"""What stands between the texts of an array while all of them are escaped at once, and what then does."""

_IDENTITY = ("organization_id", "id", "version_before")


def insertion(columns: Columns) -> tuple[str, Sequence[object]]:
    """Say how *columns* are inserted as far as there are no such rows yet: the statement, and what is bound to it."""
    statement = _insertion(columns.table.name, tuple(columns.shared), tuple(columns.varying), columns.gaps)
    return statement, [*columns.shared.values(), *map(array, columns.varying.values())]


@lru_cache(maxsize=256)
def _insertion(table: str, shared: tuple[str, ...], varying: tuple[str, ...], gaps: frozenset[str]) -> str:
    types = {each.name: _TYPES[each.type] for each in _TABLES[table].columns}
    values = [
        *(f"CAST(%s AS {types[name]})" for name in shared),
        *(f"CAST({_given(name, gap=name in gaps)} AS {types[name]})" for name in varying),
    ]
    names = ", ".join((*shared, *varying))
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {_arrays(varying)} ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Arrayed:
    """A statement that runs once for each row, said for many; `key` is what no two rows may share that run together."""

    statement: str
    key: slice

    def said(self, rows: Sequence[Row]) -> Iterator[tuple[str, Sequence[object]]]:
        """Say how *rows* are written, in the order in which they come where it matters."""
        for each in _rounds(rows, self.key):
            yield self.statement, list(map(array, zip(*each, strict=True)))


def _rounds(rows: Sequence[Row], key: slice) -> Iterator[Sequence[Row]]:
    """Cut *rows* where one has the key of an earlier one: a statement touches each row of a table once."""
    if len({row[key] for row in rows}) == len(rows):
        yield rows
        return
    together: dict[Row, Row] = {}
    for row in rows:
        if row[key] in together:
            yield list(together.values())
            together = {}
        together[row[key]] = row
    yield list(together.values())


def arrayed(statements: Statements) -> Mapping[str, Arrayed]:
    """Tell which statements can be said so."""
    return {
        statements.insert_history: _insertion_of(schema.HISTORY),
        statements.insert_message_event: _insertion_of(schema.MESSAGE_EVENTS),
        **{getattr(statements, name): _update(columns) for name, columns in CHANGED_COLUMNS.items()},
    }


def _insertion_of(table: Table) -> Arrayed:
    return Arrayed(_insertion(table.name, (), table.column_names, frozenset()), slice(len(table.primary_key)))


def _update(columns: Sequence[Column]) -> Arrayed:
    """Say the update of a contact; its rows hold the changed columns, then who it is and which version it must have."""
    bound = [each for each in columns if each.name != "email_key_version"]
    values = [f"{each.name} = {_cast(each)}" for each in bound]
    if len(bound) < len(columns):
        values.append(f"email_key_version = {EMAIL_KEY_VERSION}")
    statement = (
        f"UPDATE doocore_contacts AS c SET {', '.join(values)} FROM {_arrays([*(each.name for each in bound), *_IDENTITY])}"
        " WHERE c.organization_id = given.organization_id AND c.id = given.id"
        " AND c.version = CAST(given.version_before AS bigint)"
    )
    return Arrayed(statement, slice(len(bound), len(bound) + 2))


def _cast(column: Column) -> str:
    return (
        f"CAST({_given(column.name, gap=column.optional and column.type is not Type.INTEGER)} AS {_TYPES[column.type]})"
    )


def _given(name: str, *, gap: bool) -> str:
    return f"nullif(given.{name}, '')" if gap else f"given.{name}"


def _arrays(names: Sequence[str]) -> str:
    """Take arrays as columns, all of texts until a statement casts them."""
    marks = ", ".join(repeat("CAST(%s AS text[])", len(names)))
    return f"unnest({marks}) AS given ({', '.join(names)})"


class Array(str):
    """The text of an array."""

    __slots__ = ()


class ArrayOfFew(Array):
    """The text of an array of few keys, and the keys.

    Behind these come gaps, which are equal to nothing, so that there are few statements for all numbers of them: for
    1, 2, 4 and 8.

    >>> ArrayOfFew(["a"]).keys, ArrayOfFew(["a", "b", "c"]).keys
    (['a'], ['a', 'b', 'c', None])
    """

    __slots__ = ("keys",)
    keys: Sequence[str | None]

    def __new__(cls, keys: Sequence[str]) -> Self:
        """Write the array."""
        self = super().__new__(cls, array(keys))
        gaps = (1 << (len(keys) - 1).bit_length()) - len(keys)
        self.keys = [*keys, *repeat(None, gaps)]
        return self


def array(column: Sequence[object]) -> Array:
    r"""Write a column as the text of an array: everything in quotes, but for `None`, which is NULL.

    >>> print(array(["Ada", 'a "b" \\', "", None, 2]))
    {"Ada","a \"b\" \\","",NULL,"2"}
    >>> array(["\x1f", 'a "b"']), array(["Ada", 'a "b"'])
    ('{"\x1f","a \\"b\\""}', '{"Ada","a \\"b\\""}')
    """
    types = set(map(type, column))
    if types == {int}:
        return Array(f"{{{','.join(map(str, column))}}}")
    if types == {str}:
        texts = _BETWEEN.join(column)  # type: ignore[arg-type]
        if texts.count(_BETWEEN) == len(column) - 1:
            return Array(f'{{"{_escaped(texts).replace(_BETWEEN, _DELIMITER)}"}}')
    return Array(f"{{{','.join(map(_quoted, column))}}}")


def _quoted(value: object) -> str:
    return "NULL" if value is None else f'"{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
