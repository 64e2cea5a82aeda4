"""The store and its organizations."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from psycopg import Connection
from psycopg_pool import ConnectionPool

from doocore.model.identifiers import IdentifierKey
from doocore.ports import Foreseen
from doocore_adapters._sql.transaction import SqlSnapshot, SqlTransaction
from doocore_adapters.postgres.foreseeing import ask_ahead
from doocore_adapters.postgres.hosted import HostConnection
from doocore_adapters.postgres.pooled import OwnConnections, PooledConnections
from doocore_adapters.postgres.session import PostgresSession


class Connections(Protocol):
    """Where sessions come from: a pool, or the host's connection."""

    def session(self, organization_id: str, lock: Iterable[IdentifierKey]) -> AbstractContextManager[PostgresSession]:
        """Open a transaction that holds these locks, once it has settled."""

    def reading(self, organization_id: str) -> AbstractContextManager[PostgresSession]:
        """Open a view of one moment."""

    def migrate(self) -> None:
        """Bring the schema up to date."""

    def close(self) -> None:
        """Let go of what was opened."""


class PostgresOrganization:
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
        self, lock: Iterable[IdentifierKey] = (), foreseen: Foreseen | None = None
    ) -> Iterator[SqlTransaction]:
        """Open a transaction; others that lock a common key wait until this one is through."""
        with self._connections.session(self._organization_id, lock) as session:
            if foreseen is not None:
                ask_ahead(session, foreseen)
            session.settle()
            yield SqlTransaction(session)

    @contextmanager
    def snapshot(self) -> Iterator[SqlSnapshot]:
        """Open a view of what was committed; neither waits for writers nor keeps them waiting."""
        with self._connections.reading(self._organization_id) as session:
            yield SqlSnapshot(session)


class PostgresStore:
    """Keeps any number of organizations in a PostgreSQL database, beside whatever else is in it.

    The tables come by `migrate` alone, into the first schema of the search path. A database of a newer release is
    refused with `SchemaVersionError`; an empty one, and one of an older release, wait for `migrate`.

    With a *dsn* (`postgresql://…`, or `key=value` words), the store opens up to *max_connections* connections of its
    own as they are needed, and `close` closes them. *timeout* is how many seconds a transaction waits for a connection,
    and for a lock. With a *pool* of psycopg_pool, it takes them from there, and leaves the pool open.

    With a *connection* of psycopg 3, what is written belongs to the host's transaction: nothing is committed or rolled
    back here. If the host has not begun one, psycopg begins one, and the host commits as usual. An error in one of our
    transactions takes back that one only. The connection serves one thread at a time.
    """

    def __init__(
        self,
        dsn: str | None = None,
        *,
        pool: ConnectionPool[Any] | None = None,
        connection: Connection[Any] | None = None,
        timeout: float = 60.0,
        max_connections: int = 10,
    ) -> None:
        if [dsn, pool, connection].count(None) != 2:  # noqa: PLR2004, all but one
            raise TypeError("PostgresStore takes a dsn, or pool=, or connection=, and one of them only")
        self._connections: Connections
        if connection is not None:
            if not isinstance(connection, Connection):
                raise TypeError(f"connection= is to be a psycopg.Connection (psycopg 3), not {type(connection)}")
            self._connections = HostConnection(connection)
        elif pool is not None:
            self._connections = PooledConnections(pool, timeout=timeout)
        elif dsn is not None:
            self._connections = OwnConnections(dsn, timeout=timeout, max_connections=max_connections)

    def organization(self, organization_id: str) -> PostgresOrganization:
        """Give the only way into the records of *organization_id*."""
        return PostgresOrganization(organization_id, self._connections)

    def migrate(self) -> None:
        """Bring the schema to this release's version; does nothing where it is."""
        self._connections.migrate()

    def close(self) -> None:
        """Close the store's own connections; the host's are left alone."""
        self._connections.close()
