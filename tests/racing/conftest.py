"""What races need: processes, and a store that all of them reach."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from doocore import Event, EventStatus, Question, QuestionLevel
from tests.racing.races import Races, center_at

QUESTIONS = tuple(
    Question(id=f"customer_id of the {level.value}", level=level, field="customer_id") for level in QuestionLevel
)


@pytest.fixture(scope="session")
def races() -> Iterator[Races]:
    """Keep the processes for all races."""
    races = Races()
    try:
        yield races
    finally:
        races.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, Any]:
    """Give an empty store with an event that takes bookings, by its kind and place."""
    kind = request.param
    place = str(tmp_path / "contacts.db") if kind == "sqlite" else request.getfixturevalue("postgres")
    where = {"kind": kind, "place": place}
    with center_at(where) as center:
        center.events.put(Event(id="gala", status=EventStatus.LIVE, questions=QUESTIONS))
    return where
