"""The store and its organizations."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Protocol

from doocore.model.identifiers import IdentifierKey
from doocore.ports import Foreseen
from doocore_adapters._sql.session import Session
from doocore_adapters._sql.transaction import SqlSnapshot, SqlTransaction
from doocore_adapters.sqlite.files import FileConnections, Synchronous
from doocore_adapters.sqlite.hosted import HostConnection


class Connections(Protocol):
    """Where sessions come from: a file of our own, or the host's connection."""

    def session(self, organization_id: str) -> AbstractContextManager[Session]:
        """Open a transaction."""

    def reading(self, organization_id: str) -> AbstractContextManager[Session]:
        """Open a view of one moment."""

    def migrate(self) -> None:
        """Bring the schema up to date."""

    def close(self) -> None:
        """Let go of what was opened."""


class SqliteOrganization:
    """One organization's records."""

    def __init__(self, organization_id: str, connections: Connections) -> None:
        self._organization_id = organization_id
        self._connections = connections

    @property
    def organization_id(self) -> str:
        """Whose records these are."""
        return self._organization_id

    @contextmanager
    def transaction(
        self,
        lock: Iterable[IdentifierKey] = (),  # noqa: ARG002, all is locked
        foreseen: Foreseen | None = None,  # noqa: ARG002, a look-up costs nobody a way
    ) -> Iterator[SqlTransaction]:
        """Open a transaction; every other one on the file waits until this one is through."""
        with self._connections.session(self._organization_id) as session:
            yield SqlTransaction(session)

    @contextmanager
    def snapshot(self) -> Iterator[SqlSnapshot]:
        """Open a view of what was committed; neither waits for writers nor keeps them waiting."""
        with self._connections.reading(self._organization_id) as session:
            yield SqlSnapshot(session)


class SqliteStore:
    """Keeps any number of organizations in one SQLite file, or in the database of the host's connection.

    With a *path*, a new file gets its schema at once; a file of another program or of a newer release is refused with
    `SchemaVersionError` and left as it was; one of an older release waits for `migrate`. *timeout* is how many seconds
    a transaction waits for its turn.

    With a *connection*, what is written belongs to the host's transaction: nothing is committed or rolled back here.
    If the host has not begun one, `BEGIN IMMEDIATE` is sent, and the host commits as usual. An error in one of our
    transactions takes back that one only. The schema comes by `migrate` alone, beside the host's own tables. The
    connection serves one thread at a time, as `sqlite3` connections do.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        connection: sqlite3.Connection | None = None,
        timeout: float = 60.0,
        synchronous: Synchronous = Synchronous.FULL,
    ) -> None:
        if (path is None) == (connection is None):
            raise TypeError("SqliteStore takes a path, or connection=, and not both")
        self._connections: Connections
        if connection is not None:
            self._connections = HostConnection(connection)
        elif path is not None:
            self._connections = FileConnections(_file(path), timeout=timeout, synchronous=synchronous)

    def organization(self, organization_id: str) -> SqliteOrganization:
        """Give the only way into the records of *organization_id*."""
        return SqliteOrganization(organization_id, self._connections)

    def migrate(self) -> None:
        """Bring the schema to this release's version; does nothing where it is."""
        self._connections.migrate()

    def close(self) -> None:
        """Close the store's own connections; the host's is left alone."""
        self._connections.close()


def _file(path: str | PathLike[str]) -> Path:
    text = fspath(path)
    if text in {"", ":memory:"}:
        raise ValueError(
            f"{text!r} would be a new database for every connection: use MemoryStore, or pass the one connection to it,"
            " SqliteStore(connection=sqlite3.connect(':memory:'))"
        )
    if not Path(text).absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {Path(text).absolute().parent} to keep {Path(text).name} in")
    return Path(text)
