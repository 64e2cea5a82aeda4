"""Hosts whose own transactions the stores write in: programs with SQLAlchemy or Django, on SQLite or Postgres.

Each has a table of its own, `orders`, beside ours, in the way that its library's users have one.
"""

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import django
import psycopg
import sqlalchemy
from django.conf import settings
from django.db import connections, models, transaction
from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from doocore.ports import Store
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from examples.ticket_shop import settings as shop

if not settings.configured:  # as the example's settings are, without the time zone that they would give this process
    settings.configure(**{name: value for name, value in vars(shop).items() if name.isupper()})
    django.setup()


class Host(Protocol):
    """A program with a database connection of its own, and a transaction on it."""

    def transaction(self) -> AbstractContextManager[object]:
        """Open a transaction for the block, in the way of the host; if the block raises, it is rolled back."""

    def nested(self) -> AbstractContextManager[object]:
        """Open a transaction within the transaction: a savepoint of the host's."""

    def store(self) -> Store:
        """Give a store on the connection of the transaction that is open."""

    def order(self, number: int) -> None:
        """Write a row of the host's own."""

    def orders(self) -> list[tuple[int, Any]]:
        """Read the host's own rows: numbers and details."""

    def manners(self) -> Mapping[str, object]:
        """Tell how the connection behaves for the host."""

    def close(self) -> None:
        """Leave the database."""


DETAILS = {"note": "ünï ☕", "seats": [1, 2.5, None]}
"""What the host keeps as JSON, and wants to read as it was."""


def store_on(connection: object) -> Store:
    """Open a store on a driver's connection."""
    if isinstance(connection, sqlite3.Connection):
        return SqliteStore(connection=connection)
    assert isinstance(connection, psycopg.Connection)
    return PostgresStore(connection=connection)


def manners_of(connection: object) -> Mapping[str, object]:
    """Tell what is set on a driver's connection."""
    names = ("row_factory", "text_factory", "isolation_level", "autocommit", "prepare_threshold", "cursor_factory")
    manners = {name: getattr(connection, name, None) for name in names}
    if isinstance(connection, psycopg.Connection):
        manners["status"] = connection.info.transaction_status
        manners["text"] = connection.adapters.get_loader(25, psycopg.pq.Format.TEXT)
    else:
        assert isinstance(connection, sqlite3.Connection)
        manners["in transaction"] = connection.in_transaction
    return manners


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    number: Mapped[int] = mapped_column(primary_key=True)
    details: Mapped[dict[str, Any]] = mapped_column(sqlalchemy.JSON)


class SqlAlchemyHost:
    """A session of SQLAlchemy's."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        Base.metadata.create_all(engine)
        self.session = Session(engine)
        with self.session.begin():
            self.store().migrate()

    def transaction(self) -> AbstractContextManager[object]:
        return self.session.begin()

    def nested(self) -> AbstractContextManager[object]:
        return self.session.begin_nested()

    def store(self) -> Store:
        return store_on(self.session.connection().connection.driver_connection)

    def order(self, number: int) -> None:
        self.session.add(Order(number=number, details=DETAILS))
        self.session.flush()

    def orders(self) -> list[tuple[int, Any]]:
        return [(each.number, each.details) for each in self.session.scalars(select(Order).order_by(Order.number))]

    def manners(self) -> Mapping[str, object]:
        return manners_of(self.session.connection().connection.driver_connection)

    def close(self) -> None:
        self.session.close()
        self.engine.dispose()


def begun_by_hand(engine: Engine) -> Engine:
    """Have SQLAlchemy begin the transactions of SQLite itself, as its manual says: else savepoints do not work there."""

    @event.listens_for(engine, "connect")
    def keep_sqlite3_from_beginning(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


class DjangoOrder(models.Model):
    number = models.IntegerField(primary_key=True)
    details = models.JSONField()

    class Meta:  # noqa: D106, as Django has it
        app_label = "ticket_shop"
        db_table = "orders"
        managed = False

    def __str__(self) -> str:
        return str(self.number)


class DjangoHost:
    """A database of Django's, under a name of its own."""

    def __init__(self, *, migrated: bool = True, **database: object) -> None:
        self.alias = f"host_{secrets.token_hex(4)}"
        connections.settings[self.alias] = connections.configure_settings({"default": {}, self.alias: database})[
            self.alias
        ]
        self.connection = connections[self.alias]
        with self.connection.schema_editor() as editor:
            editor.create_model(DjangoOrder)
        if migrated:
            with self.transaction():
                self.store().migrate()

    def transaction(self) -> AbstractContextManager[object]:
        return transaction.atomic(using=self.alias)

    nested = transaction

    def store(self) -> Store:
        assert self.connection.in_atomic_block
        return store_on(self.connection.connection)

    def order(self, number: int) -> None:
        DjangoOrder.objects.using(self.alias).create(number=number, details=DETAILS)

    def orders(self) -> list[tuple[int, Any]]:
        return [(each.number, each.details) for each in DjangoOrder.objects.using(self.alias).order_by("number")]

    def manners(self) -> Mapping[str, object]:
        return manners_of(self.connection.connection)

    def close(self) -> None:
        self.connection.close()
        del connections[self.alias]
        del connections.settings[self.alias]


def django_on_postgres(dsn: str, *, migrated: bool = True) -> DjangoHost:
    """Open a database of Postgres with Django."""
    engine, said = "django.db.backends.postgresql", psycopg.conninfo.conninfo_to_dict(dsn)
    return DjangoHost(migrated=migrated, ENGINE=engine, NAME=said["dbname"], USER=said["user"], HOST=said["host"])


def django_on_sqlite(path: Path, *, migrated: bool = True) -> DjangoHost:
    """Open a file of SQLite with Django."""
    engine, options = "django.db.backends.sqlite3", {"transaction_mode": "IMMEDIATE"}
    return DjangoHost(migrated=migrated, ENGINE=engine, NAME=path, OPTIONS=options)


def sqlalchemy_url(dsn: str) -> str:
    """Name a database of Postgres as SQLAlchemy does."""
    return dsn.replace("postgresql:", "postgresql+psycopg:", 1)


ON_POSTGRES: Mapping[str, Callable[[str], Host]] = {
    "SQLAlchemy on Postgres": lambda dsn: SqlAlchemyHost(create_engine(sqlalchemy_url(dsn))),
    "Django on Postgres": django_on_postgres,
}
ON_SQLITE: Mapping[str, Callable[[Path], Host]] = {
    "SQLAlchemy on SQLite": lambda path: SqlAlchemyHost(begun_by_hand(create_engine(f"sqlite:///{path}"))),
    "Django on SQLite": django_on_sqlite,
}
WITHOUT_SAVEPOINTS: Mapping[str, Callable[[Path], Host]] = {
    "SQLAlchemy on SQLite as it comes": lambda path: SqlAlchemyHost(create_engine(f"sqlite:///{path}")),
}
