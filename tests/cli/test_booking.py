"""`doocore book`: bookings from JSON, who each party is and why, and what is wrong with the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doocore import ContactCenter, Subscription, SubscriptionState, Through
from doocore_adapters.sqlite import SqliteStore
from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]

BOOKING: dict[str, Any] = {
    "number": "TX-AAAA-0001",
    "event": "gala",
    "booker": {"email": "ada@example.org", "values": {"phone": "030 901820", "first_name": "Ida"}},
    "attendees": [{"email": "neu@example.org", "ticket": "Standard", "price": "10.00"}, {"values": {"city": "Köln"}}],
    "payment": "paid",
}


@pytest.fixture
def open_house(doocore: Doocore, write: Write) -> Doocore:
    """The command, with one contact and a live event."""
    doocore("import", write("list.csv", "E-Mail,Vorname\nada@example.org,Ada\n"))
    doocore("events", "create", "gala", "--live")
    return doocore


def test_each_party_is_told_its_contact_and_why(open_house: Doocore, write: Write) -> None:
    answer = open_house("book", write("b.json", BOOKING))
    assert answer.status == 0
    for part in (
        "TX-AAAA-0001 · gala",
        "email_match (AS-1b): exactly one contact has the address",
        "name_differs: the contact has another name",
        "first_name kept: Ada, not Ida (SY-4)",
        "phone filled: +4930901820 (SY-2)",
        "no_match (AS-1c): nobody had the address yet: a new contact",
        "attendee 2 unassigned – no_email (AS-1a)",
    ):
        assert part in answer.words


def test_machines_get_the_decisions(open_house: Doocore, write: Write) -> None:
    (found,) = open_house("book", write("b.json", BOOKING), "--json").data["bookings"]
    assert found["number"] == "TX-AAAA-0001"
    assert [each["decision"] for each in (found["booker"], *found["attendees"])] == ["assign", "new", "unassigned"]
    assert found["booker"]["reports"][0] == {
        "field": "first_name",
        "outcome": "kept",
        "before": "Ada",
        "given": "Ida",
        "rule": "SY-4",
    }


def test_a_second_delivery_changes_nothing(open_house: Doocore, write: Write) -> None:
    open_house("book", write("b.json", BOOKING))
    answer = open_house("book", "b.json")
    assert answer.status == 0
    assert "TX-AAAA-0001 · gala · delivered before, nothing changed" in answer.out


def test_overwritten_values_are_told_with_both(open_house: Doocore, write: Write) -> None:
    open_house("settings", "set", "--sync", "on")
    assert "first_name overwritten: Ada → Ida (SY-4)" in open_house("book", write("b.json", BOOKING)).words


def test_a_list_goes_on_where_one_is_refused(open_house: Doocore, write: Write) -> None:
    conflict = BOOKING | {"payment": "pending"}
    answer = open_house("book", write("b.json", [BOOKING, conflict, {"event": "gala", "booker": {}}]))
    assert answer.status == 1
    assert "refused: booking TX-AAAA-0001 was delivered before with another content" in answer.words
    data = open_house("book", "b.json", "--json").data
    assert (data["refused"], data["bookings"][1]["error"]) == (1, "booking_conflict")


def test_a_list_of_which_none_could_be_taken_in_ends_with_2(open_house: Doocore, write: Write) -> None:
    other = BOOKING | {"event": "ball"}
    assert open_house("book", write("b.json", [other, other])).status == 2


def test_an_event_that_is_a_draft_takes_none(open_house: Doocore, write: Write) -> None:
    open_house("events", "create", "ball")
    answer = open_house("book", write("b.json", BOOKING | {"event": "ball"}))
    assert answer.status == 2
    assert answer.err == ("doocore: event ball takes no bookings: it is draft; `doocore events live ID` opens it\n")


def test_staff_may_choose_the_contact(open_house: Doocore, write: Write) -> None:
    contact_id = open_house("contacts", "--json").data["contacts"][0]["id"]
    write("b.json", {"event": "gala", "booker": {"chosen": contact_id}})
    assert "chosen (AS-0): staff picked this contact" in open_house("book", "b.json").words


def test_subscriptions_that_an_opt_out_forbids_are_told(open_house: Doocore, write: Write) -> None:
    store = SqliteStore("doocore.db")
    center = ContactCenter(store.organization("default"))
    (ada,) = center.list_contacts()
    center.set_subscription(
        ada.id, Subscription.NEWSLETTER, SubscriptionState.UNSUBSCRIBED, through=Through.UNSUBSCRIBE_LINK
    )
    store.close()
    write("b.json", {"event": "gala", "booker": {"email": "ada@example.org", "subscribes": ["newsletter"]}})
    assert "newsletter: not subscribed, the person had unsubscribed (SU-4)" in open_house("book", "b.json").words


@pytest.mark.parametrize(
    ("change", "path", "problem"),
    [
        ({"evnet": "gala"}, "evnet", "unknown key; is 'event' meant?"),
        ({"booker": {"emial": "x"}}, "booker.emial", "unknown key; is 'email' meant?"),
        ({"booker": {"email": 5}}, "booker.email", "expected text, not a number"),
        ({"attendees": [{}, {"values": {"phone": 30}}]}, "attendees[1].values.phone", "not a number"),
        ({"attendees": [{"price": 10}]}, "attendees[0].price", 'expected an amount as text, such as "90.00"'),
        ({"booker": {"values": {"shoe": "42"}}}, "booker.values.shoe", "no contact field of this name"),
        ({"booker": {"answers": {"q9": "42"}}}, "booker.answers.q9", "the event asks no such question"),
        ({"number": "4711"}, "number", "is not of the form TX-XXXX-XXXX"),
    ],
)
def test_a_mistake_in_a_booking_is_named_with_its_path(
    open_house: Doocore, write: Write, change: dict[str, Any], path: str, problem: str
) -> None:
    write("b.json", {"event": "gala", "booker": {}, **change})
    found = open_house("book", "b.json", "--json")
    assert found.status == 2
    assert (found.data["error"], found.data["path"]) == ("invalid_booking", path)
    assert problem in found.data["problem"]
    assert f"booking, at {path}: " in open_house("book", "b.json").err


def test_in_a_list_the_path_begins_with_the_place(open_house: Doocore, write: Write) -> None:
    answer = open_house("book", write("b.json", [BOOKING, {"event": "gala", "booker": {"emial": "x"}}]))
    assert answer.err.startswith("doocore: booking, at [1].booker.emial: unknown key")
    assert open_house("contacts", "--json").data["total"] == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"event":\n  gala}', "b.json is not JSON, at line 2, column 3: Expecting value"),
        ("", "b.json is not JSON, at line 1, column 1: Expecting value"),
        ("[]", "b.json is an empty list"),
        ("{}", "at event: this key is missing"),
        ("null", "at the top: expected an object, not null"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        ('{"a": NaN}', "NaN is not part of JSON"),
        ("9" * 5000, "b.json is not JSON that can be read"),
        ("[" * 100_000, "b.json is not JSON"),
    ],
)
def test_what_is_no_booking_is_told_with_its_place(
    open_house: Doocore, write: Write, text: str, complaint: str
) -> None:
    answer = open_house("book", write("b.json", text))
    assert answer.status == 2
    assert complaint in answer.err
    assert answer.err.count("\n") == 1


def test_json_in_another_encoding_is_told_with_the_byte(open_house: Doocore, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes('{"event": "Größe"}'.encode("iso-8859-1"))
    answer = open_house("book", "b.json", "--json")
    assert (answer.status, answer.data["error"], answer.data["byte"]) == (2, "not_json", 13)


def test_a_byte_order_mark_is_no_mistake(open_house: Doocore, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b'\xef\xbb\xbf{"event": "gala", "booker": {}}')
    assert open_house("book", "b.json").status == 0
