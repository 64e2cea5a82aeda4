"""`doocore bookings`, `booking`, `pay`, `refund`, `cancel`, `check-in` and `edit`: bookings after their delivery."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]

NUMBER = "TX-AAAA-0001"
BOOKING: dict[str, Any] = {
    "number": NUMBER,
    "event": "gala",
    "booker": {"email": "ada@example.org", "values": {"first_name": "Ada"}},
    "attendees": [{"email": "bob@example.org", "ticket": "VIP"}, {"values": {"city": "Köln"}}],
    "payment": "pending",
    "products": ["p1"],
}


@pytest.fixture
def booked(doocore: Doocore, write: Write) -> Doocore:
    """The command, with one booking of a live event."""
    doocore("events", "create", "gala", "--live")
    doocore("book", write("b.json", BOOKING))
    return doocore


def test_a_booking_is_paid_once(booked: Doocore) -> None:
    assert booked("pay", "tx-aaaa-0001").out == f"Booking {NUMBER} is paid.\n"
    assert booked("pay", NUMBER).out == f"Booking {NUMBER} has all that already.\n"
    assert booked("booking", NUMBER, "--json").data["payment"] == "paid"


def test_money_comes_back_where_some_was_paid(booked: Doocore) -> None:
    answer = booked("refund", NUMBER)
    assert (answer.status, answer.err) == (
        *(2, "doocore: booking, at payment: it is pending: there is nothing to give back\n"),
    )
    booked("pay", NUMBER)
    assert booked("refund", NUMBER, "--json").data["booking"]["payment"] == "refunded"


def test_an_attendee_comes_in_once(booked: Doocore) -> None:
    assert booked("check-in", NUMBER, 1).out == f"Booking {NUMBER} has attendee 1 checked in.\n"
    answer = booked("check-in", NUMBER, 1, "--json")
    assert answer.status == 2
    assert '"already_checked_in"' in answer.words
    assert f"attendee 1 of booking {NUMBER} is checked in already" in answer.words


def test_an_attendee_or_the_whole_booking_is_cancelled(booked: Doocore) -> None:
    assert booked("cancel", NUMBER, "--attendee", 1).out == f"Booking {NUMBER} has attendee 1 cancelled.\n"
    assert "has a cancelled ticket" in booked("check-in", NUMBER, 1).err
    assert booked("check-in", NUMBER, 2).status == 0
    assert booked("cancel", NUMBER).out == f"Booking {NUMBER} is cancelled.\n"
    answer = booked("check-in", NUMBER, 2)
    assert (answer.status, answer.err) == (2, f"doocore: attendee 2 of booking {NUMBER} has a cancelled ticket\n")


def test_what_is_not_there_is_told_with_what_to_do(booked: Doocore) -> None:
    answers = [
        booked(*each) for each in (("pay", "TX-NONE-0000"), ("booking", "none"), ("cancel", NUMBER, "--attendee", 9))
    ]
    assert [each.status for each in answers] == [2, 2, 2]
    assert [each.err.partition(";")[2].strip() for each in answers] == [
        *["`doocore bookings` lists them"] * 2,
        "`doocore booking NUMBER` lists them",
    ]


def test_a_booking_is_shown_with_what_happened_to_it(booked: Doocore, write: Write) -> None:
    booked("--as", "lou", "pay", NUMBER)
    booked(
        "edit",
        NUMBER,
        write("e.json", [{"do": "change_value", "party": "attendee:2", "field": "city", "value": "Ulm"}]),
    )
    booked("cancel", NUMBER, "--attendee", 2)
    said = booked("booking", NUMBER).words
    for part in (
        f"{NUMBER} · gala",
        "active, payment paid, booked",
        "version 4",
        "Products: p1",
        "booker ada@example.org",
        "first_name: Ada",
        "attendee 1 bob@example.org",
        "VIP active",
        "attendee 2 –",
        "city: Ulm",
        "payment: pending → paid",
        "user:lou",
        "attendees[1].values.city: Köln → Ulm",
    ):
        assert part in said
    data = booked("booking", NUMBER, "--json").data
    assert [each["after"] for each in data["history"]] == [
        {"payment": "paid"},
        {"attendees[1].values.city": "Ulm"},
        {"attendees[1].status": "cancelled"},
    ]
    assert (data["version"], data["attendees"][1]["status"]) == (4, "cancelled")


def test_a_new_booking_has_no_history(booked: Doocore, write: Write) -> None:
    booked("book", write("b.json", {"number": "TX-AAAA-0002", "event": "gala", "booker": {}}))
    said = booked("booking", "TX-AAAA-0002").words
    assert "Through" not in said
    assert "Products" not in said
    assert "last changed" not in said


def test_bookings_are_listed_page_by_page(booked: Doocore, write: Write) -> None:
    booked("events", "create", "ball", "--live")
    booked("book", write("c.json", {"number": "TX-AAAA-0002", "event": "ball", "booker": {"email": "cy@example.org"}}))
    said = booked("bookings").words
    assert f"{NUMBER} gala ada@example.org 2 pending active" in said
    assert "TX-AAAA-0002 ball cy@example.org 0 not_required active" in said
    assert "There are more" not in said
    first = booked("bookings", "--limit", 1)
    assert f"There are more; --after {NUMBER} goes on." in first.words
    assert "cy@example.org" not in first.words
    assert "cy@example.org" in booked("bookings", "--limit", 1, "--after", NUMBER).words
    data = booked("bookings", "ball", "--json").data
    assert ([each["number"] for each in data["bookings"]], data["more"]) == (["TX-AAAA-0002"], False)
    assert booked("bookings", "gale").err.startswith("doocore: no event 'gale'")


def test_edits_tell_what_became_of_the_values(booked: Doocore, write: Write) -> None:
    edits = [
        {"do": "change_value", "party": "attendee:1", "field": "Ort", "value": "Ulm"},
        {"do": "change_value", "field": "first_name", "value": "Ida"},
        {"do": "add_attendee", "attendee": {"email": "cy@example.org"}},
    ]
    booked("settings", "set", "--sync", "on")
    said = booked("edit", NUMBER, write("e.json", edits)).words
    for part in (
        f"Booking {NUMBER} is edited.",
        "booker first_name overwritten: Ada → Ida (SY-4)",
        "attendee 1 city filled: Ulm (SY-2)",
        "attendee 3 email filled: cy@example.org (SY-2)",
    ):
        assert part in said
    assert "attendee 2" not in said


def test_an_edit_of_which_contacts_take_nothing_says_so_much(booked: Doocore, write: Write) -> None:
    write("e.json", [{"do": "change_value", "field": "city", "value": "Ulm"}])
    assert booked("edit", NUMBER, "e.json").out == f"Booking {NUMBER} is edited.\n"
    data = booked("edit", NUMBER, "e.json", "--json").data
    assert (data["booking"]["version"], data["reports"]) == (2, [[], [], []])


def test_an_edit_of_a_booking_that_was_changed_since_is_refused(booked: Doocore, write: Write) -> None:
    write("e.json", [{"do": "cancel_booking"}])
    booked("pay", NUMBER)
    answer = booked("edit", NUMBER, "e.json", "--version", 1)
    assert (answer.status, answer.err) == (2, f"doocore: booking {NUMBER} was changed meanwhile; read it again\n")
    assert booked("edit", NUMBER, "e.json", "--version", 2).status == 0


@pytest.mark.parametrize(
    ("edits", "place"),
    [
        ([{"do": "change_value", "field": "Shoe size", "value": "42"}], "edits[0].field"),
        ([{"do": "cancel_booking"}, {"do": "cancel_attendee", "party": "attendee:9"}], "edits[1].attendee"),
        ([{"do": "cancel_booking", "price": "0.00"}], "edits[0].price"),
        ([{"do": "cancel"}], "edits[0].do"),
        ({"do": "cancel_booking"}, "edits"),
    ],
)
def test_a_wrong_edit_is_named(booked: Doocore, write: Write, edits: object, place: str) -> None:
    answer = booked("edit", NUMBER, write("e.json", edits))
    assert answer.status == 2
    assert answer.err.startswith(f"doocore: booking, at {place}: ")
    assert booked("booking", NUMBER, "--json").data["version"] == 1
