"""The library does what its own cases say, on every store; and the cases ask about everything that is in the tables."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import pytest

from doocore import (
    AmbiguityPolicy,
    CodeStatus,
    DuplicateMode,
    InvitationStatus,
    RowOutcome,
    RowReason,
    RowWarning,
    SyncMode,
    SyncOutcome,
    ValueReason,
)
from doocore.model.fields import SYSTEM_FIELDS, folded
from doocore.ports import OrganizationStore
from doocore.rules import assignment, bookings, codes, columns, duplicates, invitations, syncing, values
from doocore.rules.bookings import PaymentAct
from doocore.rules.syncing import Incoming, Standing
from doocore_adapters.memory import MemoryStore
from doocore_adapters.vectors.running import run_case, run_files, shipped_files
from doocore_adapters.vectors.stores import STORES, new_organizations
from tests.docs.rule_ids import CHAPTERS, rules_of
from tests.vectors.shipped import RawCase, raw_cases, read_case

CASES = raw_cases()


@pytest.fixture(scope="module", params=sorted(STORES))
def organizations(
    request: pytest.FixtureRequest, dsn_of: Callable[[str], str | None]
) -> Iterator[Iterator[OrganizationStore]]:
    with STORES[request.param](dsn_of(request.param)) as store:
        yield new_organizations(store)


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_the_library_does_what_the_case_says(case: RawCase, organizations: Iterator[OrganizationStore]) -> None:
    assert run_case(read_case(case), next(organizations)) == ()


# What the cases ask about


def test_no_two_cases_have_the_same_id() -> None:
    """Over all files, so that a line of the command names one case."""
    assert [each for each, count in Counter(case["id"] for _, case in CASES).items() if count > 1] == []


def test_every_case_cites_rules() -> None:
    """Such as there are."""
    assert [case["id"] for _, case in CASES if not case["rules"]] == []
    assert {rule for _, case in CASES for rule in case["rules"]} - set(rules_of(*CHAPTERS)) == set()


RULES = (*rules_of(1, 2, 3, 4, 5, 6, 7, 9, 10, 11), "EX-1", "EX-2")
"""The rules of chapters 1 to 7 and 9 to 11, and those of chapter 13 about exports."""

NOT_ASKED = {
    "AS-12": "a story has no two things at the same time",
    "SY-13": "no expectation shows the history, and no step takes a change back yet",
    "CT-2": "no step reads a contact",
    "IM-10": "an expectation has the rows of a report, not its form",
    "IM-12": "no step is interrupted",
    "IM-14": "no step rehearses",
    "IM-15": "no step asks for a template",
    "IM-16": "how much memory and time it takes is no answer",
    "IN-6": "no step counts, pages or makes a group of a selection",
    "IN-7": "no step explains",
    "BO-4": "no step lists or exports",
    "BO-5": "consent is to come",
    "MA-3": "the mailer of a story accepts everything",
    "MA-4": "no expectation has a header",
    "MA-5": "no step reads a contact",
    "EX-1": "no step exports",
}
"""The rules that the format cannot ask about, each with the reason."""


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_asked_about_twice(rule: str) -> None:
    """Except those that the format cannot ask about: they are in no case."""
    cited = [case["id"] for _, case in CASES if rule in case["rules"]]
    assert (rule in NOT_ASKED and not cited) or (rule not in NOT_ASKED and len(cited) > 1), cited


def test_the_rules_that_are_not_asked_about_are_rules() -> None:
    assert NOT_ASKED.keys() <= set(RULES)


def headers() -> set[str]:
    """Give the names of columns of all lists that are given as text, folded."""
    lists = [part for _, case in CASES for part in (case, *case.get("steps", ())) if part.get("csv")]
    lines = [next(filter(str.strip, part["csv"].splitlines()), "") for part in lists]
    return {folded(name.strip('"')) for line in lines for name in re.split("[,;\t]", line)}


COLUMNS = {
    **{each.key: (each.key, *each.labels) for each in SYSTEM_FIELDS},
    **{word: (word, *labels) for word, labels in columns.OTHER_COLUMNS.items()},
}


@pytest.mark.parametrize("target", COLUMNS)
def test_every_label_of_a_column_heads_some_list(target: str) -> None:
    """IM-3 lists them; a test of the rules holds that list against the code's."""
    assert [name for name in COLUMNS[target] if folded(name) not in headers()] == []


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
        *("code_not_redeemable", "already_checked_in", "ticket_cancelled"),
    },
    "statuses of codes": {each.value for each in CodeStatus},
    "statuses of invitations": {each.value for each in InvitationStatus},
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

    def get(self, key: Hashable, default: Any = None) -> Any:  # noqa: ANN401
        self.reached.update({key} & self.keys())
        return super().get(key, default)


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


def payments_that_steps_make(key: Hashable) -> bool:
    """No step gives money back."""
    return isinstance(key, tuple) and key[0] is PaymentAct.PAY


TABLES: dict[str, tuple[Mapping[Any, Any], Callable[[Hashable], bool]]] = {
    "BY_ADDRESS": (assignment.BY_ADDRESS, can_be_asked),
    "BY_PREFILL": (assignment.BY_PREFILL, can_be_asked),
    "BY_AMBIGUITY": (assignment.BY_AMBIGUITY, can_be_asked),
    "TAKES_BOOKINGS": (assignment.TAKES_BOOKINGS, can_be_asked),
    "BY_VALUE": (syncing.BY_VALUE, values_that_can_meet),
    "COMPARES": (syncing.COMPARES, can_be_asked),
    "CHECKBOX_WORDS": (values.CHECKBOX_WORDS, can_be_asked),
    "RULES": (values.RULES, can_be_asked),
    "WRITES_VALUE": (duplicates.WRITES_VALUE, modes_that_look_into_cells),
    "WRITES_SUBSCRIPTION": (duplicates.WRITES_SUBSCRIPTION, modes_that_look_into_cells),
    "USES": (codes.USES, can_be_asked),
    "BY_PAYMENT": (bookings.BY_PAYMENT, payments_that_steps_make),
    "BY_TICKET": (bookings.BY_TICKET, can_be_asked),
    "BY_REACTION": (invitations.BY_REACTION, can_be_asked),
    "BY_MARK": (invitations.BY_MARK, can_be_asked),
    "COMPLETES": (invitations.COMPLETES, can_be_asked),
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
