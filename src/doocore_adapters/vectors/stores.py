"""Stores that cases can run on; every case has an organization of its own there."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

from doocore.ports import OrganizationStore, Store
from doocore_adapters.memory import MemoryStore
from doocore_adapters.sqlite import SqliteStore, Synchronous

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


STORES: Mapping[str, OpenStore | None] = {"memory": memory, "sqlite": sqlite, "postgres": None}
"""The stores by name; None stands for one that is not available yet."""


def new_organizations(store: Store) -> Iterator[OrganizationStore]:
    """Give organizations of which *store* has never heard, as many as asked for."""
    run = secrets.token_hex(8)
    return (store.organization(f"vectors-{run}-{number}") for number in count(1))
