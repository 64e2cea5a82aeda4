"""Bookings that arrive at the same time, in processes of their own."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from doocore import ChangeValue, ContactCenter, SyncMode
from tests.racing.races import Races, center_at

PROCESSES = 8
NAMES = ("Zoë", "Jürgen", "İpek", "Ὀδυσσεύς", "Łukasz", "漢字", "שרה", "O'Neill 🦄")
SPELLINGS = (str, str.title, str.upper, lambda text: f" {text}\u00a0")


def address(number: int) -> str:
    """Give the address of this number."""
    return f"gast.{number}+karte@example.org"


def parties_of(answers: Sequence[Any]) -> Iterator[Any]:
    """Give contact ID, reason and reports of every party, if all bookings were taken."""
    for each in chain.from_iterable(answer["answers"] for answer in answers):
        assert "error" not in each, each
        yield from each["parties"]


def test_a_new_address_makes_one_contact_however_often_it_books_at_once(where: Mapping[str, Any], races: Races) -> None:
    """AS-12: eight processes, 300 new addresses, each booked eight times in whatever spelling: 300 contacts, no error."""
    chance = random.Random(12)  # noqa: S311, no secret
    booked = [number for number in range(300) for _ in range(PROCESSES)]
    chance.shuffle(booked)

    def booking(number: int) -> object:
        values = {"first_name": chance.choice(NAMES), "city": f"Łódź {number}"}
        return {"parties": [{"email": chance.choice(SPELLINGS)(address(number)), "values": values}]}

    tasks = [
        {"task": "book", "where": where, "bookings": [booking(number) for number in booked[first::PROCESSES]]}
        for first in range(PROCESSES)
    ]
    answers = races.run(*tasks)
    numbers = chain.from_iterable(booked[first::PROCESSES] for first in range(PROCESSES))
    outcomes = [(number, *party) for number, party in zip(numbers, parties_of(answers), strict=True)]
    assert Counter(reason for _, _, reason, _ in outcomes) == {"no_match": 300, "email_match": 2_100}
    assert len({(number, contact_id) for number, contact_id, *_ in outcomes}) == 300
    assert [answer["broken_off"] for answer in answers] == [0] * PROCESSES
    with center_at(where) as center:
        assert center.count_contacts() == 300


def contacts_after_a_race(
    where: Mapping[str, Any], races: Races, folder: Path, *, lock: str, patience: float
) -> Sequence[int]:
    """Let four processes book for the same three new addresses, with a pause between reading and writing; count holders."""
    folder.mkdir()
    careless: dict[str, object] = {"lock": lock, "folder": str(folder), "racers": 4, "patience": patience}
    bookings = [{"parties": [{"email": address(number)}]} for number in range(3)]
    answers = races.run(
        *({"task": "book", "where": where, "bookings": bookings, "careless": careless | {"me": me}} for me in range(4))
    )
    assert len([*parties_of(answers)]) == 12
    with center_at(where) as center:
        return [len(center.contacts_by_email(address(number))) for number in range(3)]


def test_it_is_the_lock_that_prevents_more(where: Mapping[str, Any], races: Races, tmp_path: Path) -> None:
    """With a pause between reading and writing there is still one contact; without the lock there are as many as bookings."""
    assert contacts_after_a_race(where, races, tmp_path / "kept", lock="kept", patience=0.05) == [1, 1, 1]


def test_without_the_lock_there_are_more(where: Mapping[str, Any], races: Races, tmp_path: Path) -> None:
    """All have read before anybody writes: then there are as many contacts as bookings."""
    lock = {"sqlite": "split", "postgres": "dropped"}[where["kind"]]
    assert contacts_after_a_race(where, races, tmp_path / "lost", lock=lock, patience=60) == [4, 4, 4]


def test_bookings_with_several_addresses_do_not_wait_in_a_circle(where: Mapping[str, Any], races: Races) -> None:
    """From both ends, with overlapping families, and with customer IDs that have more locked: nothing is broken off."""

    def family(first: int, step: int) -> object:
        parties: list[dict[str, Any]] = [{"email": address(first + place)} for place in (0, 1, 2, 3)[::step]]
        parties[0]["answers"] = {"customer_id of the booking": f"K{first // 2}"}
        parties[-1]["answers"] = {"customer_id of the attendee": f"K{first // 2 + 1}"}
        return {"parties": parties}

    tasks = [
        {"task": "book", "where": where, "bookings": [family(first, step) for first in range(40)[::step]]}
        for step in (1, -1, 1, -1)
    ]
    answers = races.run(*tasks)
    assert len({contact_id for contact_id, *_ in parties_of(answers)}) == 43
    assert [answer["broken_off"] for answer in answers] == [0] * 4
    with center_at(where) as center:
        contacts = center.list_contacts(limit=1_000)
        assert len(contacts) == 43
        customer_ids = [each.customer_id for each in contacts if each.customer_id is not None]
        assert len(customer_ids) == len(set(customer_ids)) > 15


@pytest.mark.parametrize("writes", [True, False])
def test_bookings_that_have_no_key_in_common_do_not_fail(
    where: Mapping[str, Any], races: Races, *, writes: bool
) -> None:
    """Contacts that one chooses by their IDs, and that others find by their addresses, are booked for in any order.

    Whether anything is written into them, or it is only known who was booked for (IN-3).
    """
    with center_at(where) as center:
        center.change_settings(replace(center.settings, sync=SyncMode.ON))
        ids = [center.create_contact({"email": address(number)}).id for number in range(5)]

    def booking(me: int, turn: int) -> object:
        parties: list[dict[str, Any]] = [
            {"chosen": ids[each]} if me % 2 else {"email": address(each)} for each in chance.sample(range(5), 4)
        ]
        values = {"company": f"{me}: {turn}"} if writes else {}
        return {"parties": [{**each, "values": values} for each in parties]}

    chance = random.Random(4)  # noqa: S311, no secret
    answers = races.run(
        *({"task": "book", "where": where, "bookings": [booking(me, turn) for turn in range(60)]} for me in range(4))
    )
    assert {contact_id for contact_id, *_ in parties_of(answers)} == set(ids)
    assert [answer["broken_off"] for answer in answers] == [0] * 4
    with center_at(where) as center:
        for each in ids:
            versions = [entry.version for entry in center.history(each)]
            assert versions == [*range(2, center.contact(each).version + 1)]
        assert sum(len(center.history(each)) for each in ids) == (4 * 4 * 60 if writes else 0)


@pytest.mark.parametrize("many", [10, 1_000])
def test_an_import_and_bookings_that_meet_make_one_contact_each(
    where: Mapping[str, Any], races: Races, many: int
) -> None:
    """AS-12, IM-9: of 400 new addresses, that come in a list and in bookings at once, each is one contact.

    Whether the rows that are committed together are *many* for the store's locks, or not.
    """
    numbers = range(400)
    rows = [{"E-Mail": address(number).title(), "Vorname": "Zoë", "Ort": f"Łódź {number}"} for number in numbers]
    bookings = [{"parties": [{"email": address(number), "values": {"company": "Ὀδυσσεύς"}}]} for number in numbers]
    imported, *answers = races.run(
        {"task": "take_in", "where": where, "rows": rows, "unit": 20, "batch": 7, "many": many},
        *({"task": "book", "where": where, "bookings": bookings[first::3][::-1]} for first in range(3)),
    )
    reasons = Counter(reason for _, reason, _ in parties_of(answers))
    assert reasons.total() == reasons["no_match"] + reasons["email_match"] == 400
    assert Counter(imported["counts"]) == Counter(added=reasons["email_match"], updated=reasons["no_match"])
    with center_at(where) as center:
        contacts = center.list_contacts(limit=1_000, group="VIP")
        assert len(contacts) == center.count_contacts() == 400
        assert len({each.email_key for each in contacts}) == 400
        for each in contacts:
            assert (each.values["city"][:4], each.values["company"]) == ("Łódź", "Ὀδυσσεύς")  # type: ignore[index]


def delivered(where: Mapping[str, Any], races: Races, *bookings: Sequence[object]) -> list[Sequence[Any]]:
    """Deliver lists of bookings at once, each in a process of its own; give what came of each place in the lists."""
    answers = races.run(*({"task": "book", "where": where, "bookings": each} for each in bookings))
    return [*zip(*(answer["answers"] for answer in answers), strict=True)]


def numbered(number: int, **values: str) -> Mapping[str, Any]:
    """Give the content of the booking of this number."""
    parties = [{"email": address(number + place), "values": {"first_name": "Zoë", **values}} for place in range(2)]
    return {"number": f"TX-RACE-{number:04}", "parties": parties}


def test_a_booking_delivered_by_several_at_once_is_taken_once(where: Mapping[str, Any], races: Races) -> None:
    """AS-13: "changes nothing the second time and answers as the first time"; also when much has happened since."""
    bookings = [numbered(number) for number in range(0, 60, 2)]
    first = delivered(where, races, *[bookings] * 6)
    for answers in first:
        assert sorted(answer["repeated"] for answer in answers) == [False, *[True] * 5]
        assert [answer["parties"] for answer in answers] == [answers[0]["parties"]] * 6
    with center_at(where) as center:
        assert center.count_contacts() == 60
        for happens in AFTERWARDS:
            happens(center)
        before = center.list_contacts(limit=100)
        for answers, answered_before in zip(delivered(where, races, *[bookings] * 6), first, strict=True):
            assert [answer["repeated"] for answer in answers] == [True] * 6
            assert [answer["parties"] for answer in answers] == [each["parties"] for each in answered_before]
        assert center.list_contacts(limit=100) == before


def contacts_change(center: ContactCenter) -> None:
    """Give every second contact another address and name."""
    for place, each in enumerate(center.list_contacts(limit=100)[::2]):
        center.change_contact(each.id, {"email": f"neu.{place}@example.org", "first_name": "Ada"})


def the_event_ends(center: ContactCenter) -> None:
    """Cancel it: what is new is refused, what was delivered is not (AS-15)."""
    center.events.cancel("gala")


def bookings_change(center: ContactCenter) -> None:
    """Cancel some, check somebody in, and edit the rest, also whose booking it is."""
    for number, each in enumerate([*center.bookings.all()]):
        if number % 3 == 0:
            center.bookings.cancel(each.number)
        elif number % 3 == 1:
            center.bookings.check_in(each.number, 1)
        else:
            edits = [
                ChangeValue(field="first_name", value="Łukasz"),
                ChangeValue(field="email", value="neu@example.org"),
            ]
            center.bookings.edit(each.number, edits)


AFTERWARDS = (contacts_change, bookings_change, the_event_ends)
"""What happens between the first delivery of bookings and a later one."""


def test_of_bookings_with_one_number_and_different_contents_one_wins(where: Mapping[str, Any], races: Races) -> None:
    """AS-13: "with different content it is refused as a conflict"."""
    contents = [[numbered(number, company=f"{me}") for number in range(0, 60, 2)] for me in range(6)]
    winners = []
    for answers in delivered(where, races, *contents):
        (winner,) = (me for me, answer in enumerate(answers) if "error" not in answer)
        assert Counter(answer.get("error") for answer in answers) == {None: 1, "BookingConflictError": 5}
        assert not answers[winner]["repeated"]
        winners.append(winner)
    with center_at(where) as center:
        assert center.count_contacts() == 60
        for number, winner in enumerate(winners):
            for place in range(2):
                (contact,) = center.contacts_by_email(address(2 * number + place))
                assert contact.values["company"] == str(winner)
