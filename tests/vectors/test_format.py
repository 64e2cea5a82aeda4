"""A file is of the format, or it is refused with the place of its first mistake."""

import json
from typing import Any

import pytest

from doocore_adapters.vectors.kinds import KINDS
from doocore_adapters.vectors.places import VectorFormatError, first_mistake, step_to
from doocore_adapters.vectors.reading import read_cases
from doocore_adapters.vectors.steps import STEPS
from tests.docs.pages import ROOT
from tests.vectors.shipped import RawCase, document, raw_cases, read_case


def refusal(content: bytes) -> tuple[str, str]:
    with pytest.raises(VectorFormatError) as caught:
        read_cases(content)
    return caught.value.place, caught.value.problem


def refusal_of(case: RawCase) -> tuple[str, str]:
    """Give the place within the case."""
    place, problem = refusal(document({"id": "x", "rules": [], **case}))
    assert place.startswith("cases[0] (x)")
    return place.removeprefix("cases[0] (x)"), problem


# The file


FILES: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "line 1, column 1", "no JSON"),
    "a comma too many": (b'{\n"format": 1,,}', "line 2, column 13", "no JSON"),
    "latin-1": ('{"format": "\u00fc"}'.encode("latin-1"), "byte 12", "no UTF-8"),
    "a list": (b"[]", "the top", "expected an object, not a list"),
    "no format": (b'{"cases": []}', "format", "this key is missing"),
    "no cases": (b'{"format": "doocore-vectors/1"}', "cases", "this key is missing"),
    "another format": (b'{"format": "doocore-vectors/2", "cases": []}', "format", "not 'doocore-vectors/2'"),
    "a number for the format": (b'{"format": 1, "cases": []}', "format", "not a number"),
    "another key": (b'{"format": "doocore-vectors/1", "cases": [], "version": 1}', "version", "unknown key"),
    "an object of cases": (b'{"format": "doocore-vectors/1", "cases": {}}', "cases", "expected a list, not an object"),
    "a case that is none": (document(7), "cases[0]", "expected an object, not a number"),  # type: ignore[arg-type]
    "not a number": (b'{"format": NaN}', "the top", "JSON has no NaN"),
    "very deep": (b'{"cases": ' + b"[" * 100_000, "the top", "nested too deeply"),
    "a key twice": (b'{"format": "x", "format": "y"}', "format", "this key stands twice"),
    "a key twice, deep inside": (
        b'{"cases": [{"id": "a"}, {"id": "b", "steps": [{"do": "set", "a b": 1, "a b": 2}]}]}',
        *('cases[1] (b).steps[0]["a b"]', "this key stands twice"),
    ),
}


@pytest.mark.parametrize(("content", "place", "problem"), FILES.values(), ids=FILES.keys())
def test_a_file_that_is_none_is_refused(content: bytes, place: str, problem: str) -> None:
    found, told = refusal(content)
    assert found == place
    assert problem in told


def test_a_file_without_cases_is_one() -> None:
    assert read_cases(document()) == ()


def test_a_byte_order_mark_does_not_matter() -> None:
    assert read_cases(b"\xef\xbb\xbf" + document()) == ()


def test_ids_are_unique_in_a_file() -> None:
    same: RawCase = {"id": "a", "kind": "same_address", "rules": [], "expect": True}
    assert refusal(document(same, same | {"id": "b"}, same)) == ("cases[2] (a).id", "cases[0] has the same ID")


def test_the_place_is_told_with_the_id_of_the_case() -> None:
    party = {"do": "book", "event": "e1", "booker": {"emial": "ada@x.de"}}
    good: RawCase = {"id": "good", "kind": "same_address", "rules": [], "expect": True}
    case = {"id": "as-1b", "kind": "scenario", "rules": ["AS-1b"], "steps": [{"do": "set", "settings": {}}, party]}
    with pytest.raises(VectorFormatError) as caught:
        read_cases(document(good, case))
    assert str(caught.value) == "cases[1] (as-1b).steps[1].booker.emial: unknown key; is 'email' meant?"


@pytest.mark.parametrize(
    ("key", "step"), [(0, "[0]"), ("first_name", ".first_name"), ("TX-AAAA-0001", ".TX-AAAA-0001"), ("a.b", '["a.b"]')]
)
def test_a_step_of_a_place_can_be_told_from_the_next(key: str | int, step: str) -> None:
    assert step_to(key) == step


def test_an_error_that_nobody_foresaw_is_told_too() -> None:
    mistake = first_mistake(ZeroDivisionError("by zero"))
    assert (mistake.path, mistake.problem) == ("", "by zero")


# Cases


BOOK = {"do": "book", "event": "e1", "booker": {}}
CODE = {"name": "n", "use": "multi"}

MISTAKES: dict[str, tuple[RawCase, str, str]] = {
    "no kind": ({}, ".kind", "this key is missing"),
    "a number for the kind": ({"kind": 1}, ".kind", "expected a text, not a number"),
    "rules in one text": ({"kind": "address", "rules": "ID-4"}, ".rules", "expected a list, not a text"),
    "a rule that can be none": ({"kind": "address", "rules": ["ID-4", "id-4"]}, ".rules[1]", "not 'id-4'"),
    "a rule of an unknown kind": ({"kind": "horoscope", "rules": ["4"]}, ".rules[0]", "the ID of a rule"),
    "no expectation": ({"kind": "address", "input": "a"}, ".expect", "this key is missing"),
    "null for a text": ({"kind": "address", "input": None, "expect": "valid"}, ".input", "not null"),
    "a text for true": ({"kind": "same_address", "expect": "true"}, ".expect", "expected true or false, not a text"),
    "an unknown key": ({"kind": "address", "imput": "a", "expect": "valid"}, ".imput", "is 'input' meant?"),
    "nothing to compare": ({"kind": "assignment", "expect": {}}, ".expect", "nothing that could be compared"),
    "an unknown policy": ({"kind": "assignment", "policy": "hold", "expect": {}}, ".policy", "one of reassign, keep"),
    "a number for an address": (
        {"kind": "assignment", "contacts": [{"id": "c1", "email": 1}], "expect": {}},
        *(".contacts[0].email", "not a number"),
    ),
    "a contact without a label": ({"kind": "assignment", "contacts": [{}]}, ".contacts[0].id", "this key is missing"),
    "a label twice": (
        {"kind": "assignment", "contacts": [{"id": "c1"}, {"id": "c1"}], "expect": {"reason": "no_match"}},
        *(".contacts[1].id", '"c1" stands twice'),
    ),
    "flags in one text": ({"kind": "assignment", "expect": {"flags": "prefill_gone"}}, ".expect.flags", "a list"),
    "a field that there is not": (
        {"kind": "sync", "contact": {"frist_name": "Ada"}, "expect": {}},
        *(".contact.frist_name", "unknown key; is 'first_name' meant?"),
    ),
    "an incoming field that there is not": (
        {"kind": "sync", "incoming": {"Foo": ""}, "expect": {}},
        ".incoming.Foo",
        "",
    ),
    "a taken field that there is not": ({"kind": "sync", "taken": ["Foo"], "expect": {}}, ".taken.Foo", ""),
    "an expected field that there is not": (
        {"kind": "sync", "expect": {"contact": {"Foo": "1"}}},
        *(".expect.contact.Foo", "unknown key"),
    ),
    "a type that no custom field has": ({"kind": "field_value", "type": "email"}, ".type", "not 'email'"),
    "value and error": (
        {"kind": "field_value", "type": "date", "expect": {"value": None, "error": "invalid_value"}},
        *(".expect", 'either "value" or "error"'),
    ),
    "neither value nor error": ({"kind": "field_value", "type": "date", "expect": {}}, ".expect", "either"),
    "a list given twice": (
        {"kind": "import", "csv": "E-Mail", "bytes_base64": "", "expect": {"rows": []}},
        *(".bytes_base64", "csv is given as well"),
    ),
    "no base64": ({"kind": "import", "bytes_base64": "RS1NYWls!", "expect": {}}, ".bytes_base64", "not base64"),
    "what latin-1 does not have": (
        {"kind": "import", "csv": "E-Mail,\u20ac", "options": {"encoding": "iso-8859-1"}, "expect": {"rows": []}},
        *(".csv", "iso-8859-1 cannot hold this text"),
    ),
    "a mapping to a number": (
        {"kind": "import", "options": {"mapping": {"Foo": 1}}, "expect": {}},
        *(".options.mapping.Foo", "not a number"),
    ),
    "a mapping to something else": (
        {"kind": "import", "options": {"mapping": {"Geb. am": {"create": {"name": "x", "typ": "date"}}}}},
        *('.options.mapping["Geb. am"].create.typ', "is 'type' meant?"),
    ),
    "an unknown subscription": (
        {"kind": "import", "contacts": [{"id": "c1", "subscriptions": {"letter": "subscribed"}}]},
        *(".contacts[0].subscriptions.letter", "one of event_communication, newsletter, marketing"),
    ),
    "a member that there is not": (
        {"kind": "import", "contacts": [{"id": "c1"}], "groups": {"VIP": ["c1", "c2"]}, "expect": {"rows": []}},
        *(".groups.VIP[1]", 'no contact has the label "c2"'),
    ),
    "an expected label twice": (
        {"kind": "import", "expect": {"contacts": [{"id": "new1"}, {"id": "new1"}]}},
        *(".expect.contacts[1].id", '"new1" stands twice'),
    ),
    "an expected field that nobody made": (
        {"kind": "import", "expect": {"contacts": [{"id": "new1", "emial": "a"}]}},
        *(".expect.contacts[0].emial", "unknown key; is 'email' meant?"),
    ),
    "a truth for a line": (
        {"kind": "import", "expect": {"rows": [{"line": True}]}},
        *(".expect.rows[0].line", "expected a whole number, not true or false"),
    ),
    "a half line": ({"kind": "import", "expect": {"rows": [{"line": 1.5}]}}, ".expect.rows[0].line", "not a number"),
    "an unknown step": ({"kind": "scenario", "steps": [{"do": "dance"}]}, ".steps[0].do", "not 'dance'"),
    "a step without a word": ({"kind": "scenario", "steps": [{}]}, ".steps[0].do", "not null"),
    "a step that is none": ({"kind": "scenario", "steps": ["book"]}, ".steps[0]", "expected an object"),
    "a moment without offset": (
        {"kind": "scenario", "steps": [BOOK | {"at": "2026-03-01T10:00:00"}]},
        *(".steps[0].at", "a moment with its offset"),
    ),
    "a moment that there is not": (
        {"kind": "scenario", "steps": [BOOK | {"at": "2026-02-30T10:00:00Z"}]},
        *(".steps[0].at", "not '2026-02-30T10:00:00Z'"),
    ),
    "a step before the last": (
        {
            "kind": "scenario",
            "steps": [BOOK | {"at": "2026-03-01T10:00:00+01:00"}, BOOK, BOOK | {"at": "2026-03-01T08:59:00Z"}],
        },
        *(".steps[2].at", "an earlier step happens later"),
    ),
    "an event with an offset": (
        {"kind": "scenario", "events": [{"id": "e1", "ends_at": "2026-03-01T10:00:00Z"}]},
        *(".events[0].ends_at", "local time"),
    ),
    "an event with an unknown key": ({"kind": "scenario", "events": [{"id": "e1", "end": ""}]}, ".events[0].end", ""),
    "an attendee with an unknown key": (
        {"kind": "scenario", "steps": [BOOK | {"attendees": [{"price": "1.00", "seat": "A"}]}]},
        *(".steps[0].attendees[0].seat", "unknown key"),
    ),
    "a step with a key of another": (
        {"kind": "scenario", "steps": [BOOK | {"csv": ""}]},
        ".steps[0].csv",
        "unknown key",
    ),
    "staff at a step that has none": (
        {"kind": "scenario", "steps": [{"do": "set", "settings": {}, "by_staff": True}]},
        *(".steps[0].by_staff", "unknown key"),
    ),
    "an unknown setting": (
        {"kind": "scenario", "steps": [{"do": "set", "settings": {"synch": "on"}}]},
        *(".steps[0].settings.synch", "is 'sync' meant?"),
    ),
    "an unknown word for a setting": (
        {"kind": "scenario", "settings": {"plan": "gold"}},
        ".settings.plan",
        "not 'gold'",
    ),
    "an expectation of another step": (
        {"kind": "scenario", "steps": [{"do": "set", "settings": {}, "expect": {"rows": []}}]},
        *(".steps[0].expect.rows", "unknown key"),
    ),
    "an unknown edit": (
        {"kind": "portal", "edits": [{"do": "add_guest"}], "expect": {"allowed": True}},
        *(".edits[0].do", "not 'add_guest'"),
    ),
    "a code of an unknown use": ({"kind": "code", "code": {"use": "often"}, "expect": {}}, ".code.use", "not 'often'"),
    "a code with a name outside of a story": (
        {"kind": "code", "code": CODE, "expect": {}},
        ".code.name",
        "unknown key",
    ),
    "a click that there is not": (
        {"kind": "invitation", "messages": [{"clicks": ["unsubscribe"]}], "expect": "pending"},
        *(".messages[0].clicks[0]", "one of general, maybe, registration, decline"),
    ),
}


@pytest.mark.parametrize(("case", "place", "problem"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_refused_with_its_place(case: RawCase, place: str, problem: str) -> None:
    found, told = refusal_of(case)
    assert found == place
    assert problem in told


def misspelled(value: Any, place: str) -> list[tuple[Any, str]]:  # noqa: ANN401, JSON of any shape
    """Give *value* with an unknown key in one object at a time, and where that is."""
    found: list[tuple[Any, str]] = []
    if isinstance(value, dict):
        found.append(({**value, "zzz": 1}, f"{place}.zzz"))
        for key, each in value.items():
            found += [({**value, key: other}, at) for other, at in misspelled(each, place + step_to(key))]
    elif isinstance(value, list):
        for index, each in enumerate(value):
            inner = misspelled(each, f"{place}[{index}]")
            found += [([*value[:index], other, *value[index + 1 :]], at) for other, at in inner]
    return found


def one_case_of_each_shape() -> list[RawCase]:
    """Choose shipped cases that have a key, or a step, that none before had."""
    seen: set[tuple[str, str]] = set()
    chosen = []
    for _, case in raw_cases():
        shape = {(case["kind"], key) for key in case} | {
            (step["do"], key) for step in case.get("steps", ()) for key in step
        }
        if shape - seen:
            chosen.append(case)
            seen |= shape
    return chosen


OPEN_OBJECTS = ("groups", "mapping", "merged", "bookings", "answers", "values", "invitations", "statuses")
"""Objects whose keys are names: of groups, columns, labels, bookings, questions, events, contacts; and of fields, which the library judges."""

JUDGED_LATER = ".edits["
"""Whatever stands in an edit is the library's to judge, which refuses it with an error of the step (BP-9)."""


@pytest.mark.parametrize("case", one_case_of_each_shape(), ids=lambda case: str(case["id"]))
def test_an_unknown_key_is_refused_wherever_it_is(case: RawCase) -> None:
    for wrong, place in misspelled(case, "cases[0]"):
        holder = place.removesuffix(".zzz").rpartition(".")[2]
        if holder not in OPEN_OBJECTS and case["kind"] != "assignment" and JUDGED_LATER not in place:
            found, _ = refusal(document(wrong))
            assert found == place.replace("cases[0]", f"cases[0] ({case['id']})", 1)


# What is of the format


def test_nothing_but_what_every_case_must_have() -> None:
    """Keys left out mean absent, blank or the default."""
    expectations: dict[str, Any] = {
        "same_address": True,
        "address": "valid",
        "assignment": {"decision": "unassigned"},
        "field_value": {"value": None},
        "import": {"error": "header"},
        "portal": {"allowed": True},
        "invitation": "pending",
        "code": {"status": "valid"},
    }
    needed: dict[str, RawCase] = {"field_value": {"type": "date"}}
    for kind in KINDS:
        case = {"id": kind, "kind": kind, "rules": [], "expect": expectations.get(kind, {}), **needed.get(kind, {})}
        assert read_case(case).kind == kind


def test_a_rule_may_stand_for_two() -> None:
    assert read_case({"id": "x", "kind": "horoscope", "rules": ["BP-3/4", "AS-10", "AS-1b"]}).rules[0] == "BP-3/4"


CASES_TO_COME: list[RawCase] = [
    {
        "kind": "portal",
        "event": {"portal": True, "status": "live", "ends_at": "2026-05-01T22:00:00+02:00", "costs": True},
        "now": "2026-04-01T10:00:00+02:00",
        "products": [{"id": "p1", "price": "0.00"}, {"id": "p2", "price": "10.00"}],
        "edits": [
            {"do": "change_value", "party": "booker", "field": "last_name", "value": "Byron"},
            {"do": "add_product", "product": "p1"},
        ],
        "expect": {"allowed": True, "forbidden": []},
    },
    {
        "kind": "retention",
        "days": 180,
        "now": "2026-04-01T10:00:00Z",
        "contact": {
            "hold": False,
            "events": [
                {"status": "live", "ends_at": "2026-01-10T22:00:00", "time_zone": "Europe/Berlin", "payment": "paid"}
            ],
        },
        "expect": {"due": True, "due_at": "2026-07-09T22:00:00+02:00"},
    },
    {
        "kind": "scenario",
        "steps": [
            {"do": "pay", "number": "TX-AAAA-0001"},
            {"do": "cancel_booking", "number": "TX-AAAA-0001"},
            {"do": "cancel_attendee", "number": "TX-AAAA-0001", "attendee": 1},
            {"do": "check_in", "number": "TX-AAAA-0001", "attendee": 1, "expect": {"error": "ticket_cancelled"}},
            {
                "do": "edit",
                "number": "TX-AAAA-0001",
                "email": "ada@x.de",
                "by_staff": False,
                "edits": [{"do": "change_value", "party": "attendee:1", "field": "city", "value": None, "price": "0"}],
            },
            {"do": "delete_contact", "contact": "c1"},
            {"do": "merge", "survivor": "c1", "other": "c2"},
            {"do": "unmerge", "other": "c2"},
            {"do": "reassign", "number": "TX-AAAA-0001", "party": "attendee:1", "contact": "c1", "take_back": True},
            {"do": "undo", "step": 1},
            {"do": "erase", "contact": "c1", "suppress": True},
            {"do": "sweep", "confirm": True, "expect": {"error": "erasure_brake"}},
        ],
        "expect": {
            "mails": [{"to": "ada@x.de", "about": "booking_changed"}],
        },
    },
]


@pytest.mark.parametrize("case", CASES_TO_COME, ids=lambda case: str(case["kind"]))
def test_kinds_and_steps_that_cannot_be_run_yet_are_of_the_format_all_the_same(case: RawCase) -> None:
    read_case({"id": "later", "rules": [], **case})
    for key in case.keys() - {"kind"}:
        place, _ = refusal_of({**case, f"{key}z": json.loads("1")})
        assert place == f".{key}z"


def test_every_word_of_the_format_stands_in_some_case_here() -> None:
    """The tables of kinds and steps have no row that nobody reads."""
    cases = [case for _, case in raw_cases()] + CASES_TO_COME
    assert KINDS.keys() == {case["kind"] for case in cases}
    assert STEPS.keys() == {step["do"] for case in cases for step in case.get("steps", ())}


def test_the_page_for_authors_tells_of_every_kind_and_step() -> None:
    page = (ROOT / "docs" / "vectors.md").read_text(encoding="utf-8")
    assert [word for word in (*KINDS, *STEPS) if f"`{word}`" not in page] == []
