"""Stores that cases can run on: a fresh one for every case."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

from doocore.ports import OrganizationStore
from doocore_adapters.memory import MemoryStore
from doocore_adapters.sqlite import SqliteStore, Synchronous

OpenStore: TypeAlias = Callable[[], AbstractContextManager[OrganizationStore]]
"""Opens the store of an organization that has nothing yet, and sees to it that nothing is left behind."""

_ORGANIZATION = "vectors"


@contextmanager
def memory() -> Iterator[OrganizationStore]:
    """Open a store in memory."""
    yield MemoryStore().organization(_ORGANIZATION)


@contextmanager
def sqlite() -> Iterator[OrganizationStore]:
    """Open a store in a temporary file."""
    with tempfile.TemporaryDirectory(prefix="doocore-vectors-") as folder:
        store = SqliteStore(Path(folder) / "vectors.db", synchronous=Synchronous.NORMAL)
        try:
            yield store.organization(_ORGANIZATION)
        finally:
            store.close()


STORES: Mapping[str, OpenStore | None] = {"memory": memory, "sqlite": sqlite, "postgres": None}
"""The stores by name; None stands for one that is not available yet."""
