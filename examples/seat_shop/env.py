"""Alembic's environment for the shop.

    alembic -c examples/seat_shop/alembic.ini upgrade head

What is to be seen here is `compared`: without it, `alembic revision --autogenerate` would drop the tables of doocore,
which no model describes. The revisions in `versions/` make them.
"""

from collections.abc import Mapping
from typing import Any

from alembic import context
from sqlalchemy import create_engine

from examples.seat_shop.models import Base


def compared(name: str | None, kind: str, _: Mapping[Any, Any]) -> bool:
    """Tell whether a table is one of the shop's."""
    return kind != "table" or not (name or "").startswith("doocore_")


def run() -> None:
    """Write the SQL, or bring the database up to date, in one transaction for each revision."""
    url = context.config.get_main_option("sqlalchemy.url", "sqlite:///shop.db")
    settings: dict[str, Any] = {
        "target_metadata": Base.metadata,
        "include_name": compared,
        "transaction_per_migration": True,
    }
    if context.is_offline_mode():
        context.configure(url=url, **settings)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = create_engine(url)
    with engine.connect() as connection:
        context.configure(connection=connection, **settings)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
