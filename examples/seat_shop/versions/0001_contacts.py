"""The tables of doocore, as they are when the shop begins; each step of a later release is a revision of its own."""

from alembic import op

from doocore_adapters import postgres, sqlite

revision = "0001"
down_revision = None

MIGRATION_SQL = {"postgresql": postgres.migration_sql, "sqlite": sqlite.migration_sql}


def upgrade() -> None:
    """Go steps 1 to 4 of doocore's schema; a shop with one kind of database needs one of the two modules."""
    for step in (1, 2, 3, 4):
        for statement in MIGRATION_SQL[op.get_context().dialect.name](step):
            op.execute(statement)
