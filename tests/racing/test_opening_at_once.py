"""Processes that open a new database at the same moment: its tables are made once, and nobody is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from doocore_adapters._sql.migrations import STEPS
from tests.racing.races import Races, center_at


@pytest.fixture(params=["sqlite", "postgres"])
def new(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, Any]:
    """Give a place where nothing is yet."""
    kind = request.param
    place = str(tmp_path / "new.db") if kind == "sqlite" else request.getfixturevalue("bare_postgres")
    return {"kind": kind, "place": place}


def test_who_opens_a_new_database_at_once_with_others_writes_at_once(new: Mapping[str, Any], races: Races) -> None:
    tasks = [{"task": "migrate", "where": new, "name": f"Zoë {me}"} for me in range(8)]
    assert races.run(*tasks) == [1] * 8
    with center_at(new) as center:
        assert {each.values["first_name"] for each in center.list_contacts()} == {f"Zoë {me}" for me in range(8)}
        with center._shell.store.transaction() as transaction:
            rows = transaction.contacts._session.rows("SELECT step FROM doocore_schema ORDER BY step")  # type: ignore[attr-defined]
    assert rows == [(each.step,) for each in STEPS]
