"""The steps of the schema as SQL, for hosts that run them in migrations of their own.

It is what `migrate` does to the tables, with the row-level security written out that `migrate` looks up in the database.
"""

import re
from collections.abc import Iterable

from doocore_adapters._sql.migrations import statements_of
from doocore_adapters._sql.schema import SCHEMA_TABLE
from doocore_adapters.postgres.row_security import FORCE, LIFT, SECURE, said
from doocore_adapters.postgres.session import POSTGRES

_MAKES = re.compile(r"CREATE TABLE (\w+)")
_TAKES = re.compile(r"DROP TABLE (\w+)")


def migration_sql(step: int) -> tuple[str, ...]:
    """Give the statements of one step of the schema, for a host that runs them in migrations of its own.

    The last one records the step, so that `PostgresStore.migrate` finds it done. Nothing is bound to them, and released
    steps never change. They belong into one transaction, of the role that owns the tables. `ValueError` where there is
    no such step; the first one is 1.

    >>> migration_sql(1)[0].split("(")[0]
    'CREATE TABLE doocore_schema '
    """
    *statements, record = statements_of(step, POSTGRES)
    present = _tables(each for earlier in range(1, step) for each in statements_of(earlier, POSTGRES))
    left = _tables(statements, present)
    touched = [name for name in present if any(re.search(rf"\b{name}\b", each) for each in statements)]
    made = [name for name in left if any(each.startswith(f"CREATE TABLE {name} ") for each in statements)]
    return (
        *(each for name in touched for each in said(name, LIFT)),
        *statements,
        *(each for name in touched if name in left and name not in made for each in said(name, FORCE)),
        *(each for name in made for each in said(name, *SECURE)),
        record,
    )


def _tables(statements: Iterable[str], present: Iterable[str] = ()) -> list[str]:
    """Tell which tables of organizations there are behind *statements*, where those *present* were there before."""
    found = dict.fromkeys(present)
    for each in statements:
        found |= dict.fromkeys(_MAKES.findall(each))
        for name in _TAKES.findall(each):
            found.pop(name, None)
    found.pop(SCHEMA_TABLE.name, None)
    return list(found)
