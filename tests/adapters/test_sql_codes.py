"""A name of a code is given once, even where nobody has seen that it is taken."""

import sqlite3
from contextlib import closing

import pytest

from doocore import StaleVersionError
from doocore.changes import CreateCode
from doocore.testing.samples import code, envelope
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.sqlite.session import STATEMENTS


def test_a_name_that_somebody_else_is_just_taking_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without our locks two may find a name free: the second is told to look again, and nothing of it is written."""
    with closing(sqlite3.connect(":memory:")) as connection:
        store = SqliteStore(connection=connection)
        store.migrate()
        acme = store.organization("acme")
        with acme.transaction() as tx:
            tx.apply([CreateCode(code(1, "EARLY"))], envelope())
            unseen = STATEMENTS.codes_by_name.replace("WHERE", "WHERE 1 = 0 AND")
            monkeypatch.setattr(STATEMENTS, "codes_by_name", unseen)
            with pytest.raises(StaleVersionError) as caught:
                tx.apply([CreateCode(code(2)), CreateCode(code(3, "early"))], envelope())
            assert (caught.value.noun, caught.value.key) == ("code", code(2).id)
            assert tx.codes.page() == (code(1, "EARLY"),)
