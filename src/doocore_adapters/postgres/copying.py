"""Inserting by `COPY`, which takes many rows in a fraction of the time.

`COPY` knows no `ON CONFLICT`: where a row is there already, nothing is copied, and the statement itself does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import Cursor
from psycopg.sql import SQL, Composed, Identifier

from doocore_adapters._sql import schema
from doocore_adapters._sql.rows import Row
from doocore_adapters._sql.schema import Table, Type
from doocore_adapters._sql.statements import EMAIL_KEY_VERSION, Statements

MANY = 50
"""From how many rows on it pays."""

_FIXED = {"email_key_version": EMAIL_KEY_VERSION}


@dataclass(frozen=True, slots=True)
class Copied:
    """An insertion: what is said instead, and how its rows are put down."""

    statement: Composed
    optional: tuple[bool, ...]
    fixed: Row

    @classmethod
    def of(cls, table: Table, insertion: str) -> "Copied":
        """Make it from the text of an insertion into *table*."""
        named = insertion.partition("(")[2].partition(")")[0].split(", ")
        bound = [each for each in table.columns if each.name in named and each.name not in _FIXED]
        fixed = {name: value for name, value in _FIXED.items() if name in named}
        columns = SQL(", ").join(map(Identifier, [*(each.name for each in bound), *fixed]))
        return cls(
            SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), columns),
            tuple(each.optional and each.type is not Type.INTEGER for each in bound),
            tuple(fixed.values()),
        )

    def run(self, cursor: Cursor[Row], rows: Sequence[Row]) -> int:
        """Copy *rows*, in which an empty text stands for NULL as in the statement; give how many."""
        with cursor.copy(self.statement) as copy:
            for row in rows:
                cells = [None if cell == "" and no else cell for cell, no in zip(row, self.optional, strict=True)]
                copy.write_row([*cells, *self.fixed])
        return cursor.rowcount


def copied(statements: Statements) -> Mapping[str, Copied]:
    """Tell which statements can be said so."""
    contacts = (statements.insert_contact, statements.insert_contact_without_consents)
    return {
        **{each: Copied.of(schema.CONTACTS, each) for each in contacts},
        statements.insert_history: Copied.of(schema.HISTORY, statements.insert_history),
    }
