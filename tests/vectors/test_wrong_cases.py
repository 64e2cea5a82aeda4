"""A runner that cannot fail proves nothing: every expectation that is made wrong makes its case fail."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from doocore_adapters.memory import MemoryStore
from doocore_adapters.vectors.running import Result, run_case
from tests.vectors.shipped import RawCase, raw_cases, read_case

CASES = raw_cases()

NOT_EXPECTED: dict[str, Any] = {
    "contacts": {"id": "nobody"},
    "rows": {"line": 0},
    "attendees": {},
    "mails": {"to": "ada@example.org", "about": "message"},
}
"""One more thing for a list, by the list's name; a word for all others."""

GIVEN = "groups"
"""Of an invitation list: it is made of these, so that one less is another list, and one that there is not an error."""

OTHER_WORDS = {"subscribed": "unsubscribed", "unsubscribed": "subscribed", "message": "booking_changed"}


def run(case: RawCase) -> tuple[Result, ...]:
    return run_case(read_case(case), MemoryStore().organization("vectors"))


def wrong(value: Any, name: str) -> Iterator[Any]:  # noqa: ANN401, JSON of any shape
    """Make every single thing in *value* wrong, one at a time."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case None:
            yield "something"
        case str():
            yield OTHER_WORDS.get(value, f"{value}x")
        case dict():
            for key, each in value.items():
                yield from ({**value, key: other} for other in wrong(each, key))
        case list():
            yield [*value, NOT_EXPECTED.get(name, "x")]
            for index, each in enumerate(value):
                if name != GIVEN:
                    yield [*value[:index], *value[index + 1 :]]
                yield from ([*value[:index], other, *value[index + 1 :]] for other in wrong(each, name))


def cases_made_wrong(case: RawCase) -> Iterator[RawCase]:
    """Give the case with one wrong expectation at a time, of its end and of its steps."""
    parts = [case, *case.get("steps", ())]
    for number, part in enumerate(parts):
        for expect in wrong(part["expect"], "expect") if "expect" in part else ():
            copy = deepcopy(case)
            [copy, *copy.get("steps", ())][number]["expect"] = expect
            yield copy


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_a_case_made_wrong_fails(case: RawCase) -> None:
    passed = [json.dumps(each) for each in cases_made_wrong(case) if not run(each)]
    assert passed == []


def test_every_case_says_enough_to_be_wrong() -> None:
    """A case without an expectation that could fail would only be in the way."""
    assert [case["id"] for _, case in CASES if next(cases_made_wrong(case), None) is None] == []


ONE_OF_EACH_KIND: dict[str, tuple[RawCase, str, Any, Any]] = {
    "same_address": ({"a": "ada@x.de", "b": "ADA@x.de", "expect": False}, "expect", False, True),
    "address": ({"input": "ada@x.de", "expect": "invalid"}, "expect", "invalid", "valid"),
    "assignment": (
        {"entered": "ada@x.de", "expect": {"decision": "new", "reason": "email_match"}},
        *("expect.reason", "email_match", "no_match"),
    ),
    "sync": (
        {"incoming": {"city": "Bonn"}, "expect": {"contact": {"city": "Bonn"}}},
        *("expect.filled", [], ["city"]),
    ),
    "field_value": ({"type": "checkbox", "input": "ja", "expect": {"value": "true"}}, "expect.value", "true", True),
    "code": (
        {"code": {"withdrawn": True}, "expect": {"status": "invalid", "redeemable": True}},
        *("expect.redeemable", True, False),
    ),
    "invitation": ({"marks": ["declined"], "expect": "invited"}, "expect", "invited", "declined"),
    "import": (
        {"csv": "E-Mail\nada@x.de\n", "expect": {"contacts": [{"id": "new1", "email": "ada@x.de", "city": "Bonn"}]}},
        *("expect.contacts.new1.city", "Bonn", None),
    ),
    "scenario": (
        {"contacts": [{"id": "c1"}], "steps": [], "expect": {"contacts": []}},
        *("expect.contacts.c1", None, {"subscriptions": {}}),
    ),
}


@pytest.mark.parametrize("kind", ONE_OF_EACH_KIND)
def test_a_wrong_case_of_each_kind_fails_and_says_where(kind: str) -> None:
    case, place, expected, got = ONE_OF_EACH_KIND[kind]
    results = run({"id": "wrong", "kind": kind, "rules": [], **case})
    assert results == (Result("wrong", place, expected, got),)


def story(*steps: RawCase, **rest: object) -> RawCase:
    event = {"id": "e1", "status": "live"}
    return {"id": "story", "kind": "scenario", "rules": [], "events": [event], "steps": list(steps), **rest}


BOOK: RawCase = {"do": "book", "number": "TX-AAAA-0001", "event": "e1", "booker": {"email": "ada@x.de"}}


def test_a_step_that_is_refused_must_expect_it() -> None:
    refused = BOOK | {"event": "e9"}
    assert run(story(refused)) == (Result("story", "steps[0].expect.error", None, "not_found"),)
    assert run(story(refused | {"expect": {"error": "not_found"}})) == ()


def test_a_step_that_goes_through_must_not_expect_to_be_refused() -> None:
    results = run(story(BOOK | {"expect": {"error": "not_found"}}))
    assert results == (Result("story", "steps[0].expect.error", "not_found", None),)


def test_a_subscription_that_is_not_granted_is_as_good_as_refused() -> None:
    """By hand it is an error, in a booking it is reported (SU-4); a case says the same word, if it says anything."""
    ended: RawCase = {"do": "subscribe", "contact": "c1", "subscription": "newsletter", "state": "unsubscribed"}
    booked = ended | {"state": "subscribed", "through": "booking"}
    for expect in ({}, {"error": "opted_out"}):
        steps = (ended | {"through": "portal"}, booked | {"expect": expect})
        assert run(story(*steps, contacts=[{"id": "c1"}])) == ()
    results = run(story(booked | {"expect": {"error": "opted_out"}}, contacts=[{"id": "c1"}]))
    assert [each.got for each in results] == [None]


def test_a_booking_that_there_is_not_is_not_as_expected() -> None:
    expect = {"bookings": {"TX-AAAA-0002": {"booker": {"contact": None}}, "4711": {"attendees": []}}}
    results = run(story(BOOK, expect=expect))
    assert [(each.place, each.got) for each in results] == [
        ("expect.bookings.TX-AAAA-0002", None),
        ("expect.bookings.4711", None),
    ]


def test_parties_are_compared_to_the_last() -> None:
    """A party too many or too few is not what was expected."""
    two = BOOK | {"attendees": [{}, {}], "expect": {"attendees": [{"reason": "no_email"}]}}
    assert [each.place for each in run(story(two))] == ["steps[0].expect.attendees"]


def test_what_was_written_before_a_list_was_refused_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """`error` means that nothing was written."""
    states = iter([("before",), ("after",)])
    monkeypatch.setattr("doocore_adapters.vectors.stage.Stage.everything", lambda _: next(states))
    results = run({"id": "list", "kind": "import", "rules": [], "csv": "", "expect": {"error": "header"}})
    assert [each.got for each in results] == ["something was written"]


def test_an_error_of_another_class_is_told_by_its_code() -> None:
    case = {"csv": "E-Mail,Foo\n", "options": {"mapping": {"Foo": "Bar"}}, "expect": {"rows": []}}
    results = run({"id": "list", "kind": "import", "rules": [], **case})
    assert results == (Result("list", "expect.error", None, "not_found"),)


def test_whatever_breaks_is_the_failure_of_that_case(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("doocore_adapters.vectors.deciding.same_address", broken)
    results = run({"id": "same", "kind": "same_address", "rules": [], "expect": True})
    assert results == (Result("same", "the case", "an answer", "ZeroDivisionError: by zero"),)


CANNOT_BE_RUN_YET: dict[str, RawCase] = {
    "a kind that nobody knows": {"kind": "horoscope", "sign": "Leo"},
    "portal": {"kind": "portal", "edits": [{"do": "cancel_booking"}], "expect": {"allowed": True}},
    "retention": {"kind": "retention", "expect": {"due": False, "due_at": None}},
}


@pytest.mark.parametrize("case", CANNOT_BE_RUN_YET.values(), ids=CANNOT_BE_RUN_YET.keys())
def test_a_kind_that_cannot_be_run_fails(case: RawCase) -> None:
    results = run({"id": "unknown", "rules": ["CO-2"], **case})
    assert [(each.place, each.expected) for each in results] == [("kind", case["kind"])]


def test_a_step_that_cannot_be_played_fails() -> None:
    for step in ({"do": "undo", "step": 1}, {"do": "edit", "number": "TX-AAAA-0001", "email": "ada@x.de"}):
        assert run(story(BOOK, step)) == (Result("story", "steps[1].do", step["do"], "not available yet"),)


def test_invitation_lists_are_made_of_the_groups_that_are_named() -> None:
    """A group or an event that there is not, or a draft, fails; so does a contact that stands elsewhere, or nowhere."""
    results = run(
        story(
            events=[{"id": "e1", "status": "live"}, {"id": "e2", "status": "draft"}],
            contacts=[{"id": "c1"}],
            groups={"VIP": ["c1"]},
            expect={
                "invitations": {
                    "e1": {"groups": ["VIP"], "statuses": {"c1": "invited", "c2": "pending"}},
                    "e2": {"groups": []},
                    "e3": {"groups": []},
                }
            },
        )
    )
    assert [(each.place, each.expected, each.got) for each in results] == [
        ("expect.invitations.e1.statuses.c1", "invited", "pending"),
        ("expect.invitations.e1.statuses.c2", "pending", None),
        ("expect.invitations.e2.groups", [], "event_not_live"),
        ("expect.invitations.e3.groups", [], "not_found"),
    ]
    assert [each.place for each in run(story(expect={"invitations": {"e1": {"groups": ["?"]}}}))] == [
        "expect.invitations.e1.groups"
    ]
    assert run(story(expect={"invitations": {}})) == ()


SEND: RawCase = {"do": "send", "event": "e1", "groups": ["VIP"], "label": "m1"}
READER: RawCase = {
    "contacts": [{"id": "c1", "email": "ada@x.de", "subscriptions": {"event_communication": "subscribed"}}],
    "groups": {"VIP": ["c1"]},
}


def test_mails_are_compared_one_by_one() -> None:
    """One too few, one too many, another address, another reason to write."""
    ada = {"to": "ada@x.de", "about": "message"}
    assert run(story(SEND, **READER, expect={"mails": [ada]})) == ()
    for mails, place in (
        ([], "expect.mails"),
        ([ada, ada], "expect.mails"),
        ([ada | {"to": "Ada@x.de"}], "expect.mails[0].to"),
        ([ada | {"about": "booking_changed"}], "expect.mails[0].about"),
    ):
        assert [each.place for each in run(story(SEND, **READER, expect={"mails": mails}))] == [place]


def test_links_are_followed_by_the_tokens_that_stand_in_the_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody signed leads nowhere."""
    click: RawCase = {"do": "click", "message": "m1", "contact": "c1", "link": "maybe"}
    assert run(story(SEND, click, **READER)) == ()
    monkeypatch.setattr("doocore_adapters.vectors.post.Post.token", lambda *_: "x.y")
    results = run(story(SEND, click, **READER))
    assert [(each.place, each.got) for each in results] == [("steps[1].expect.error", "invalid_token")]


def test_a_system_field_may_have_other_options() -> None:
    fields = [{"name": "Anrede", "type": "select", "options": ["Herr", "Frau", "Divers"]}]
    importing: RawCase = {
        "csv": "E-Mail,Anrede\nada@x.de,Divers\n",
        "expect": {"rows": [{"line": 2, "outcome": "added"}]},
    }
    syncing: RawCase = {
        "incoming": {"Anrede": "Divers"},
        "expect": {"contact": {"salutation": "Divers"}, "filled": ["Anrede"]},
    }
    for kind, case in {"import": importing, "sync": syncing}.items():
        assert run({"id": "divers", "kind": kind, "rules": [], "fields": fields, **case}) == ()
