"""The words in which the command explains: none is missing, none explains what does not exist."""

from enum import Enum

import pytest

from doocore import Flag, OrganizationSettings, RowOutcome, RowReason, RowWarning, SyncOutcome
from doocore.rules.assignment import BY_ADDRESS, BY_AMBIGUITY, BY_PREFILL
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.settings import MEANINGS
from doocore_adapters.cli.words import FLAGS, OUTCOMES, REASONS, SYNC, WARNINGS, WHY


def test_every_reason_of_the_tables_of_assignment_is_explained() -> None:
    rows = (*BY_ADDRESS.values(), *BY_PREFILL.values(), *BY_AMBIGUITY.values())
    assert WHY.keys() == {row.reason for row in rows if row is not None} | {"chosen"}


@pytest.mark.parametrize(
    ("words", "explained"),
    [(Flag, FLAGS), (RowOutcome, OUTCOMES), (RowReason, REASONS), (RowWarning, WARNINGS), (SyncOutcome, SYNC)],
)
def test_every_word_is_explained(words: type[Enum], explained: dict[Enum, str]) -> None:
    assert set(explained) == set(words)
    assert all(explained.values())


def test_every_setting_is_explained() -> None:
    assert list(MEANINGS) == list(to_plain(OrganizationSettings()))
