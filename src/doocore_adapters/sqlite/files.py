"""Connections to a file of our own: a small pool, one writer at a time."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from threading import Lock

from doocore.errors import SchemaVersionError
from doocore_adapters._sql.alone import Alone
from doocore_adapters._sql.migrations import MIGRATABLE, Condition
from doocore_adapters.sqlite.opening import APPLICATION_ID, bring_up_to_date, condition_of_file, require_current
from doocore_adapters.sqlite.session import SqliteSession, session, transaction

STATEMENTS_KEPT = 256
"""How many prepared statements a connection keeps; there are fewer in `Statements`."""

CACHE = 32 * 1024
"""Memory for pages, in KiB per connection: an import that goes beyond it writes pages more than once."""


class Synchronous(Enum):
    """When a commit is through; SQLite's own words."""

    FULL = "FULL"
    """When it is on the disk: nothing that was committed is ever lost."""

    NORMAL = "NORMAL"
    """When it was handed to the system: a loss of power may cost the last commits, never the file's integrity."""


class FileConnections:
    """The connections to one file.

    Threads of this process take turns to write (`sqlite3` alone would have them poll); other processes are waited for
    up to *timeout* seconds.
    """

    def __init__(self, path: Path, *, timeout: float, synchronous: Synchronous) -> None:
        self._path = path
        self._timeout = timeout
        self._synchronous = synchronous
        self._idle: list[sqlite3.Connection] = []
        self._left_behind: list[sqlite3.Connection] = []
        self._alone = Alone()
        self._turn = _Turn(timeout)
        self._process = os.getpid()
        self._closed = False
        found = condition_of_file(path)
        if found not in MIGRATABLE:
            raise SchemaVersionError(str(path), found.value)
        if found is Condition.EMPTY:
            self.migrate()

    @contextmanager
    def session(self, organization_id: str) -> Iterator[SqliteSession]:
        """Open a transaction that commits at the end of the block, or rolls back if it raises."""
        self._notice_fork()
        with (
            self._alone,
            self._turn,
            self._borrowed() as connection,
            transaction(connection, "BEGIN IMMEDIATE"),
            session(connection, organization_id) as opened,
        ):
            yield opened

    @contextmanager
    def reading(self, organization_id: str) -> Iterator[SqliteSession]:
        """Open a view of what was committed; in WAL mode nobody waits for it, nor it for anybody."""
        self._notice_fork()
        with (
            self._alone,
            self._borrowed() as connection,
            transaction(connection, "BEGIN"),
            session(connection, organization_id) as opened,
        ):
            yield opened

    def migrate(self) -> None:
        """Bring the schema up to date."""
        self._notice_fork()
        with self._alone, self._turn:
            connection = self._connect()
            try:
                with transaction(connection, "BEGIN IMMEDIATE"):
                    bring_up_to_date(connection.cursor(), str(self._path), shared=False)
                    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            finally:
                connection.close()

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their transactions end."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        connection = self._take()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError(f"the store of {self._path} is closed")
        with suppress(IndexError):  # not asked beforehand: another thread may take the last one in between
            return self._idle.pop()
        connection = self._connect()
        try:
            require_current(connection.cursor(), str(self._path), shared=False)
            self._prefer_wal(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or connection.in_transaction:  # a rollback that failed must not reach the next one
            connection.close()
        else:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=self._timeout,
            isolation_level=None,  # transactions begin and end where this file says so
            check_same_thread=False,  # the pool sees to it that one thread at a time has it
            cached_statements=STATEMENTS_KEPT,
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous.value}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is gone from the file (RE-3)
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        return connection

    def _prefer_wal(self, connection: sqlite3.Connection) -> None:
        """Change the file over to WAL mode, unless somebody has it open just now: the next connection tries again."""
        connection.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA busy_timeout = {int(self._timeout * 1_000)}")

    def _notice_fork(self) -> None:
        """Start anew in a forked process: connections and locks of the parent are not ours to use, nor to close."""
        if self._process != os.getpid():
            self._left_behind += self._idle
            self._idle = []
            self._alone, self._turn = Alone(), _Turn(self._timeout)
            self._process = os.getpid()


class _Turn:
    """Lets one thread write at a time."""

    def __init__(self, timeout: float) -> None:
        self._lock = Lock()
        self._timeout = timeout

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._timeout):
            raise sqlite3.OperationalError(f"another thread's transaction went on for over {self._timeout:g} seconds")

    def __exit__(self, *_: object) -> None:
        self._lock.release()
