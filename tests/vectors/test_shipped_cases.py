"""The library does what its own cases say, on every store; and the cases ask about everything that is in the tables."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import pytest

from doocore import (
    AmbiguityPolicy,
    DuplicateMode,
    RowOutcome,
    RowReason,
    RowWarning,
    SyncMode,
    SyncOutcome,
    ValueReason,
)
from doocore.ports import OrganizationStore
from doocore.rules import assignment, duplicates, syncing
from doocore.rules.syncing import Incoming, Standing
from doocore_adapters.memory import MemoryStore
from doocore_adapters.vectors.running import run_case, run_files, shipped_files
from doocore_adapters.vectors.stores import STORES, new_organizations
from tests.vectors.shipped import RawCase, raw_cases, read_case

CASES = raw_cases()
AVAILABLE = sorted(name for name, open_store in STORES.items() if open_store is not None)


@pytest.fixture(scope="module", params=AVAILABLE)
def organizations(request: pytest.FixtureRequest) -> Iterator[Iterator[OrganizationStore]]:
    open_store = STORES[request.param]
    assert open_store is not None
    with open_store(None) as store:
        yield new_organizations(store)


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_the_library_does_what_the_case_says(case: RawCase, organizations: Iterator[OrganizationStore]) -> None:
    assert run_case(read_case(case), next(organizations)) == ()


# What the cases ask about


def test_no_two_cases_have_the_same_id() -> None:
    """Over all files, so that a line of the command names one case."""
    assert [each for each, count in Counter(case["id"] for _, case in CASES).items() if count > 1] == []


def test_every_case_cites_rules() -> None:
    assert [case["id"] for _, case in CASES if not case["rules"]] == []
    cited = {rule for _, case in CASES for rule in case["rules"]}
    assert [rule for rule in cited if not re.fullmatch(r"[A-Z]{2}-(0|[1-9][0-9]?)[a-e]?", rule)] == []


ASKABLE = [
    *(f"ID-{number}" for number in range(1, 8)),
    *("AS-0", "AS-1a", "AS-1b", "AS-1c", "AS-1d", "AS-1e", "AS-2", "AS-3a", "AS-3b", "AS-3c", "AS-4", "AS-6", "AS-7"),
    *("AS-8", "AS-9", "AS-10", "AS-11", "AS-13", "AS-14", "AS-15"),
    *(f"SY-{number}" for number in range(1, 13)),
    *(f"FI-{number}" for number in range(1, 8)),
    *("GR-1", "SU-1", "SU-2", "SU-3", "SU-4", "SU-5", "CT-1"),
    *(f"IM-{number}" for number in range(1, 10)),
    *("IM-11", "IM-13", "IM-17", "IM-18", "IM-19"),
]
"""The rules of chapters 1 to 6 that a case can ask about today: not concurrency, crashes, exports, or how long it takes."""


@pytest.mark.parametrize("rule", ASKABLE)
def test_every_rule_that_can_be_asked_about_is(rule: str) -> None:
    assert [case["id"] for _, case in CASES if rule in case["rules"]]


def expected_words() -> set[str]:
    """Give all texts that stand in expectations."""

    def texts(value: Any) -> Iterator[str]:  # noqa: ANN401, JSON of any shape
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for key, each in value.items():
                yield from (key, *texts(each))
        elif isinstance(value, list):
            for each in value:
                yield from texts(each)

    return {word for _, case in CASES for part in (case, *case.get("steps", ())) for word in texts(part.get("expect"))}


ANSWERS = {
    "reasons of assignments": {
        *(row.reason for row in assignment.BY_ADDRESS.values()),
        *(row.reason for row in assignment.BY_PREFILL.values() if row is not None),
        *(row.reason for row in assignment.BY_AMBIGUITY.values() if row is not None),
        "chosen",
    },
    "flags": {"prefill_changed", "prefill_gone", "name_differs"},
    "outcomes of synchronization": {each.value for each in SyncOutcome} - {"untouched"},
    "reasons of values": {each.value for each in ValueReason},
    "outcomes of rows": {each.value for each in RowOutcome},
    "reasons of rows": {each.value for each in RowReason} - {"suppressed"},  # nobody can be erased yet
    "warnings of rows": {each.value for each in RowWarning},
    "problems of files": {
        *("not_text", "delimiter", "encoding", "unclosed_quote", "header", "duplicate_column", "unmapped_identifier")
    },
    "errors of steps": {
        *("permission_denied", "plan_required", "not_found", "duplicate_identifier", "duplicate_name", "opted_out"),
        *("invalid_field_value", "invalid_booking", "booking_conflict", "event_not_live", "import_file"),
    },
}


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
def test_every_answer_is_expected_somewhere(answers: set[str]) -> None:
    assert answers - expected_words() == set()


# Which rows of the tables the cases reach


class Watched(dict[Hashable, Any]):
    """A table that notes which of its rows are looked up."""

    def __init__(self, table: Mapping[Any, Any]) -> None:
        super().__init__(table)
        self.reached: set[Hashable] = set()

    def __getitem__(self, key: Hashable) -> Any:  # noqa: ANN401, tables hold rows of any kind
        self.reached.add(key)
        return super().__getitem__(key)


def can_be_asked(_: Hashable) -> bool:
    return True


def values_that_can_meet(key: Hashable) -> bool:
    """A blank value equals nothing; an invalid one that the contact has already is valid (FI-5)."""
    return key not in {
        (arrives, Standing.EQUAL, mode) for arrives in (Incoming.BLANK, Incoming.INVALID) for mode in SyncMode
    }


def modes_that_look_into_cells(key: Hashable) -> bool:
    """Under `only_new` a matched row's cells are not looked at (IM-8)."""
    return not isinstance(key, tuple) or key[0] is not DuplicateMode.ONLY_NEW


TABLES: dict[str, tuple[Mapping[Any, Any], Callable[[Hashable], bool]]] = {
    "BY_ADDRESS": (assignment.BY_ADDRESS, can_be_asked),
    "BY_PREFILL": (assignment.BY_PREFILL, can_be_asked),
    "BY_AMBIGUITY": (assignment.BY_AMBIGUITY, can_be_asked),
    "TAKES_BOOKINGS": (assignment.TAKES_BOOKINGS, can_be_asked),
    "BY_VALUE": (syncing.BY_VALUE, values_that_can_meet),
    "COMPARES": (syncing.COMPARES, can_be_asked),
    "WRITES_VALUE": (duplicates.WRITES_VALUE, modes_that_look_into_cells),
    "WRITES_SUBSCRIPTION": (duplicates.WRITES_SUBSCRIPTION, modes_that_look_into_cells),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_row_of_the_tables_is_reached(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table, can_be_reached = TABLES[name]
    watched = Watched(table)
    for module in [each for module, each in sys.modules.items() if module.startswith("doocore.")]:
        if getattr(module, name, None) is table:
            monkeypatch.setattr(module, name, watched)
    verdicts = run_files(shipped_files(), MemoryStore())
    assert all(each.passed for each in verdicts)
    assert watched.reached == set(filter(can_be_reached, table))


def test_every_policy_for_several_holders_picks_one() -> None:
    """`BY_AMBIGUITY` is looked into for every party; here it decides."""
    reasons = {case["expect"].get("reason") for _, case in CASES if case["kind"] == "assignment"}
    assert {f"policy_{each.value}" for each in AmbiguityPolicy} - {"policy_create_new"} <= reasons
