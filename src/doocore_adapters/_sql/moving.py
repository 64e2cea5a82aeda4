"""Moving an organization's rows from one database into another, whatever their dialects.

Rows go as they are. Nothing is read into the model, so nothing is decided, and what no reader shows comes along too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from doocore_adapters._sql.rows import Row, moment_of, moment_text
from doocore_adapters._sql.schema import LOCKS, SCHEMA_TABLE, TABLES, Table, Type
from doocore_adapters._sql.session import Session
from doocore_adapters._sql.transaction import SqlSnapshot

AT_ONCE = 1_000
"""How many rows are in memory at a time."""

MOVED = tuple(table for table in TABLES if table.name not in {SCHEMA_TABLE.name, LOCKS.name})
"""The tables that have records, in an order in which references are met."""

_SAME_EVERYWHERE: Mapping[Type, Callable[[Any], object]] = {
    Type.MOMENT: lambda value: moment_text(moment_of(value)),
    Type.BOOLEAN: bool,
    Type.DECIMAL: str,
}
"""What drivers give in different types, as every driver takes it."""


def session_of(view: object) -> Session | None:
    """Give what runs the statements of a snapshot or transaction; None where it is no SQL store's."""
    return view._session if isinstance(view, SqlSnapshot) else None  # noqa: SLF001, rows are moved, not records


def organizations(session: Session) -> list[str] | None:
    """Name all that have records, sorted; None where the present role may see one organization at a time only."""
    ((sees_all,),) = session.rows(session.statements.said("SELECT {sees_all}"))
    if not sees_all:
        return None
    found = " UNION ".join(f"SELECT organization_id FROM {table.name}" for table in MOVED)
    return sorted(name for (name,) in session.rows(found))


def is_empty(session: Session) -> bool:
    """Tell whether an organization has no records."""
    return not any(_count(session, table) for table in MOVED)


def move(source: Session, target: Session) -> Mapping[str, int]:
    """Write all rows of an organization, and count them by table; `RuntimeError` where not all have arrived."""
    moved = {table.name: _move(table, source, target) for table in MOVED}
    for table in MOVED:
        if _count(target, table) != moved[table.name]:
            raise RuntimeError(f"{moved[table.name]} rows were written into {table.name}, and others are there now")
    return moved


def _move(table: Table, source: Session, target: Session) -> int:
    names = ", ".join(table.column_names)
    marks = ", ".join("?" * len(table.columns))
    reading = f"SELECT {names} FROM {table.name} WHERE organization_id = ?"
    insertion = target.statements.said(f"INSERT INTO {table.name} ({names}) VALUES ({marks})")
    count = 0
    for rows in source.stream(source.statements.said(reading), source.organization_id, size=AT_ONCE):
        count += target.write(insertion, _same_everywhere(table, rows))
    return count


def _same_everywhere(table: Table, rows: Iterable[Row]) -> Iterator[Row]:
    changing = {
        place: change for place, each in enumerate(table.columns) if (change := _SAME_EVERYWHERE.get(each.type))
    }
    for row in rows:
        cells = list(row)
        for place, change in changing.items():
            cells[place] = None if cells[place] is None else change(cells[place])
        yield tuple(cells)


def _count(session: Session, table: Table) -> int:
    counting = session.statements.said(f"SELECT count(*) FROM {table.name} WHERE organization_id = ?")
    ((found,),) = session.rows(counting, session.organization_id)
    return int(found)
