"""The database behind `--db`: an SQLite file, or a PostgreSQL database."""

import re
from pathlib import Path
from typing import Protocol

from doocore.ports import Store
from doocore_adapters.sqlite import SqliteStore

_POSTGRES = ("postgresql:", "postgres:")
_PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^/]*(?=@)")
_PASSWORD_OPTION = re.compile(r"(?<=[?&])password=[^&]*&?")


class Database(Protocol):
    """A place for records; as a text it is what stands behind `--db`, without a password."""

    def __str__(self) -> str: ...

    @property
    def is_new(self) -> bool:
        """Whether it has no tables of ours yet."""

    @property
    def how_to_begin(self) -> str:
        """Say that it is new, and what makes it."""

    def missing_sql(self) -> tuple[str, ...]:
        """Give what is still to be run until its tables are those of this release."""

    def open(self) -> Store:
        """Open the store in it."""


class FileDatabase:
    """An SQLite file; a new one gets its tables when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def is_new(self) -> bool:
        """Whether there is no such file yet, or an empty one."""
        return not self.path.exists() or (self.path.is_file() and not self.path.stat().st_size)

    @property
    def how_to_begin(self) -> str:
        """Say that there is no file, and what makes one."""
        return f"there is no database {self}; `doocore import FILE` makes one, --db names another"

    def missing_sql(self) -> tuple[str, ...]:
        """Give what is still to be run until its tables are those of this release."""
        from doocore_adapters.sqlite.opening import missing_sql

        return missing_sql(self.path)

    def open(self) -> Store:
        """Open the store in it."""
        return SqliteStore(self.path)


class PostgresDatabase:
    """A PostgreSQL database; it gets our tables by `doocore migrate` alone, since it may be somebody else's."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def __str__(self) -> str:
        """Leave the password out.

        >>> str(PostgresDatabase("postgresql://kim:secret@db.example.org/events?password=x&sslmode=require"))
        'postgresql://kim@db.example.org/events?sslmode=require'
        """
        return _PASSWORD_OPTION.sub("", _PASSWORD.sub(r"\1", self.dsn)).rstrip("?&")

    @property
    def is_new(self) -> bool:
        """Whether it has no tables of ours yet."""
        from doocore_adapters.postgres.opening import is_new

        return is_new(self.dsn)

    @property
    def how_to_begin(self) -> str:
        """Say what makes the tables."""
        return f"the database {self} has no tables of doocore yet; `doocore migrate` makes them"

    def missing_sql(self) -> tuple[str, ...]:
        """Give what is still to be run until its tables are those of this release."""
        from doocore_adapters.postgres import migration_sql
        from doocore_adapters.postgres.opening import missing_steps

        return tuple(statement for step in missing_steps(self.dsn) for statement in migration_sql(step))

    def open(self) -> Store:
        """Open the store in it."""
        from doocore_adapters.postgres import PostgresStore

        return PostgresStore(self.dsn)


def database_of(named: str) -> Database:
    """Tell what stands behind `--db`."""
    return PostgresDatabase(named) if named.startswith(_POSTGRES) else FileDatabase(Path(named))
