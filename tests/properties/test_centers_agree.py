"""Whatever people do, a contact center over SQLite answers and keeps the same as one in memory."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import ContactCenter
from doocore_adapters.sqlite import SqliteStore
from tests.builders import everything
from tests.properties.strategies import Deed, deeds, done, open_center, people


@contextmanager
def over_sqlite() -> Iterator[ContactCenter]:
    """Open a center over a database in memory, which the host's connection holds."""
    with closing(sqlite3.connect(":memory:")) as connection:
        store = SqliteStore(connection=connection)
        store.migrate()
        yield open_center(store.organization("acme"))


@settings(max_examples=50)
@given(people, st.lists(deeds, min_size=1, max_size=5))
def test_they_answer_and_keep_the_same(known: Sequence[Deed], story: Sequence[Deed]) -> None:
    """AS, SY, IM, SU, MG, HI: a store holds no rule."""
    memory = open_center()
    with over_sqlite() as sqlite:
        for deed in (*known, *story):
            assert done(deed, sqlite) == done(deed, memory)
        assert everything(sqlite) == everything(memory)
