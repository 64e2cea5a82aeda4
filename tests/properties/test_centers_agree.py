"""Whatever people do, a contact center over SQLite or Postgres answers and keeps the same as one in memory."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import ContactCenter
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from tests.builders import everything
from tests.databases import Databases
from tests.properties.strategies import Deed, deeds, done, open_center, people


@contextmanager
def over_sqlite() -> Iterator[ContactCenter]:
    """Open a center over a database in memory, which the host's connection holds."""
    with closing(sqlite3.connect(":memory:")) as connection:
        store = SqliteStore(connection=connection)
        store.migrate()
        yield open_center(store.organization("acme"))


@contextmanager
def over_postgres(dsn: str) -> Iterator[ContactCenter]:
    """Open a center over a database on a server, in a transaction of the host's that leaves nothing."""
    with psycopg.connect(dsn) as connection:
        yield open_center(PostgresStore(connection=connection).organization("centers agree"))
        connection.rollback()


stories = given(people, st.lists(deeds, min_size=1, max_size=5))


@settings(max_examples=50)
@stories
def test_they_answer_and_keep_the_same(known: Sequence[Deed], story: Sequence[Deed]) -> None:
    """AS, SY, IM, SU, MG, HI: a store holds no rule."""
    with over_sqlite() as sqlite:
        compare(sqlite, [*known, *story])


@settings(max_examples=10)
@stories
def test_postgres_answers_and_keeps_the_same(
    databases: Databases, known: Sequence[Deed], story: Sequence[Deed]
) -> None:
    """The same, fewer times: what is asked goes to a server."""
    with over_postgres(databases.migrated()) as postgres:
        compare(postgres, [*known, *story])


def compare(center: ContactCenter, story: Sequence[Deed]) -> None:
    """Do the same in *center* and in one in memory."""
    memory = open_center()
    for deed in story:
        assert done(deed, center) == done(deed, memory)
    assert everything(center) == everything(memory)
