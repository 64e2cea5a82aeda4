"""Stores that cases can run on; every case has an organization of its own there."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

from doocore.ports import OrganizationStore, Store
from doocore_adapters.memory import MemoryStore
from doocore_adapters.sqlite import SqliteStore, Synchronous


class MissingDsnError(ValueError):
    """A store must be told where its database is, and was not."""

    def __str__(self) -> str:
        return "the store postgres needs a database to run in: --dsn postgresql://USER@HOST/NAME"


OpenStore: TypeAlias = Callable[[str | None], AbstractContextManager[Store]]
"""Opens a store for a run; what it is given says where its database is, if it needs to be told."""


@contextmanager
def memory(_: str | None = None) -> Iterator[Store]:
    """Open a store in memory."""
    yield MemoryStore()


@contextmanager
def sqlite(_: str | None = None) -> Iterator[Store]:
    """Open a store in a temporary file."""
    with tempfile.TemporaryDirectory(prefix="doocore-vectors-") as folder:
        store = SqliteStore(Path(folder) / "vectors.db", synchronous=Synchronous.NORMAL)
        try:
            yield store
        finally:
            store.close()


@contextmanager
def postgres(dsn: str | None = None) -> Iterator[Store]:
    """Open a store in a schema of its own, which is gone again afterwards; whatever else is in the database stays as it is."""
    if not dsn:
        raise MissingDsnError
    from psycopg import connect
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.sql import SQL, Identifier

    from doocore_adapters.postgres import PostgresStore

    name = f"doocore_vectors_{secrets.token_hex(8)}"
    options = f"{conninfo_to_dict(dsn).get('options', '')} -csearch_path={name}"
    with connect(dsn, autocommit=True) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
        try:
            with closing(PostgresStore(make_conninfo(dsn, options=options))) as store:
                store.migrate()
                yield store
        finally:
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


STORES: Mapping[str, OpenStore] = {"memory": memory, "sqlite": sqlite, "postgres": postgres}
"""The stores by name."""


def new_organizations(store: Store) -> Iterator[OrganizationStore]:
    """Give organizations of which *store* has never heard, as many as asked for."""
    run = secrets.token_hex(8)
    return (store.organization(f"vectors-{run}-{number}") for number in count(1))
