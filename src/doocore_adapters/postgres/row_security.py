"""Row-level security: Postgres itself shows, and takes, the rows of one organization only.

Every statement names the organization anyway (PR-1). This is a second lock on that door, for the day on which one
forgets to: who has not said whose rows are meant sees none, not even the owner of the tables.

Two rules for this file. 1: what is said holds for one transaction, so that no connection carries it to the next. 2: a
table gets its policy once; whoever changes or lifts it later has done so on purpose.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from psycopg import Cursor
from psycopg.sql import SQL, Composed, Identifier

from doocore_adapters._sql.schema import SCHEMA_TABLE, TABLES

AnyCursor: TypeAlias = Cursor[Any]

ENTER = "SELECT set_config('doocore.organization_id', %s, true)"
"""Says whose rows are meant, until the transaction is over."""

_POLICY = SQL(
    "CREATE POLICY doocore_organization ON {table}"
    " USING (organization_id = current_setting('doocore.organization_id', true))"
)
_ENABLE = SQL("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
FORCE = SQL("ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
LIFT = SQL("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
SECURE = (_POLICY, _ENABLE, FORCE)

_ORGANIZED = [table.name for table in TABLES if table is not SCHEMA_TABLE]
_FORCED = """
SELECT relname::text FROM pg_class WHERE relforcerowsecurity AND starts_with(relname::text, 'doocore_')
AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('doocore_schema'))
"""
_LEFT = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL"
_OPEN = """
SELECT name FROM unnest(%s::text[]) AS name
WHERE NOT EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = to_regclass(name) AND polname = 'doocore_organization')
"""


def secure(cursor: AnyCursor) -> None:
    """Give every table its policy that has none yet."""
    for name in _names(cursor, _OPEN, _ORGANIZED):
        for statement in SECURE:
            cursor.execute(_on(name, statement))


@contextmanager
def lifted(cursor: AnyCursor) -> Iterator[None]:
    """Let the owner of the tables see all organizations in the block, as whoever changes the schema has to."""
    forced = _names(cursor, _FORCED)
    for name in forced:
        cursor.execute(_on(name, LIFT))
    yield
    for name in _names(cursor, _LEFT, forced):
        cursor.execute(_on(name, FORCE))


def said(name: str, *statements: SQL) -> tuple[str, ...]:
    """Give *statements* about a table as texts."""
    return tuple(_on(name, each).as_string(None) for each in statements)


def _names(cursor: AnyCursor, question: str, *among: list[str]) -> list[str]:
    return [name for (name,) in cursor.execute(question, among).fetchall()]


def _on(name: str, statement: SQL) -> Composed:
    return statement.format(table=Identifier(name))
