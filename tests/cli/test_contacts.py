"""`doocore contacts`, `show`, `groups`, `fields`, `events` and `settings`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]

LIST = (
    "E-Mail,Vorname,Nachname,Firma,Kundennummer,Gruppen,Newsletter\n"
    "ada@example.org,Ada,Lovelace,Analytik,K-1,VIP; Presse,1\n"
    "ben@example.org,Ben,Groß,,K-2,,\n"
    "cem@example.org,Cem,Yıldız,,ada@example.org,VIP,0\n"
)


@pytest.fixture
def filled(doocore: Doocore, write: Write) -> Doocore:
    """The command, with three contacts in `doocore.db`."""
    assert doocore("import", write("list.csv", LIST), "--as", "kim").status == 0
    return doocore


def names(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [each["values"]["first_name"] for each in answer["contacts"]]


def test_contacts_are_listed_in_order_of_creation(filled: Doocore) -> None:
    answer = filled("contacts", "--json").data
    assert (answer["total"], names(answer)) == (3, ["Ada", "Ben", "Cem"])


@pytest.mark.parametrize(("text", "found"), [("GROSS", ["Ben"]), ("lytik", ["Ada"]), ("k-2", ["Ben"]), ("z@z", [])])
def test_contacts_are_searched_without_case(filled: Doocore, text: str, found: list[str]) -> None:
    assert names(filled("contacts", text, "--json").data) == found


def test_a_group_and_a_limit(filled: Doocore) -> None:
    assert names(filled("contacts", "--group", "vip", "--json").data) == ["Ada", "Cem"]
    answer = filled("contacts", "--limit", "1")
    assert answer.out.startswith("1 of 3 contacts; --limit 3 shows all\n")
    assert "Ada Lovelace" in answer.words


def test_an_unknown_group_is_named(filled: Doocore) -> None:
    answer = filled("contacts", "--group", "VIPs", "--json")
    assert answer.status == 2
    assert answer.data == {
        "error": "not_found",
        "message": "no group 'VIPs' in this organization; `doocore groups` lists them",
        "noun": "group",
        "key": "VIPs",
    }


def test_a_contact_is_shown_by_its_id(filled: Doocore) -> None:
    contact_id = filled("contacts", "ada lovelace", "--json").data["contacts"][0]["id"]
    said = filled("show", contact_id).words
    assert said.startswith(f"Ada Lovelace · Analytik {contact_id}, created")
    for part in ("by user:kim through import", "line 2", "first_name Vorname Ada", "Groups: Presse, VIP"):
        assert part in said
    assert "newsletter subscribed" in said


def test_all_who_have_the_word_as_address_or_customer_id_are_shown(filled: Doocore) -> None:
    assert names(filled("show", "ADA@example.org", "--json").data) == ["Ada"]
    assert names(filled("show", "ada@example.org", "--json").data) == ["Ada", "Cem"]
    assert names(filled("show", "K-2", "--json").data) == ["Ben"]


def test_nobody_is_an_error(filled: Doocore) -> None:
    answer = filled("show", "nobody@example.org")
    assert answer.status == 2
    assert answer.err == (
        "doocore: no contact 'nobody@example.org' in this organization; `doocore contacts TEXT` looks for some\n"
    )


def test_the_history_is_shown(filled: Doocore, write: Write) -> None:
    filled("fields", "create", "Branche")
    write("more.csv", "E-Mail,Firma,Branche\nada@example.org,Maschinen,IT\n")
    filled("import", "more.csv", "--duplicates", "overwrite", "--as", "mia")
    said = filled("show", "K-1").words
    for part in ("company: Analytik → Maschinen", "Branche: – → IT", "line 2, by", "user:mia", "IM-5"):
        assert part in said


@pytest.mark.parametrize("command", ["contacts", "groups", "events", "show x", "book b.json", "events live x"])
def test_a_database_is_not_made_by_reading(doocore: Doocore, write: Write, command: str) -> None:
    write("b.json", {"event": "e", "booker": {}})
    answer = doocore(*command.split())
    assert answer.status == 2
    assert answer.err.startswith("doocore: there is no database doocore.db; `doocore import FILE` makes one")
    assert not Path("doocore.db").exists()


def test_an_empty_file_is_no_database_yet(doocore: Doocore, write: Write) -> None:
    write("doocore.db", "")
    assert doocore("contacts").status == 2
    assert not Path("doocore.db").read_bytes()
    assert doocore("groups", "create", "VIP").status == 0


@pytest.mark.parametrize("command", ["fields", "settings", "fields list", "settings show"])
def test_fields_and_settings_are_known_before_there_is_a_database(doocore: Doocore, command: str) -> None:
    assert doocore(*command.split()).status == 0
    assert not Path("doocore.db").exists()


def test_shared_options_may_stand_before_the_command(filled: Doocore) -> None:
    Path("doocore.db").rename("other.db")
    assert filled("--db", "other.db", "--json", "contacts").data["total"] == 3
    assert (
        filled("groups", "--db", "other.db", "--json", "list").data
        == filled("groups", "--db", "other.db", "--json").data
    )


def test_fields_are_created_and_listed(doocore: Doocore) -> None:
    doocore("fields", "create", "Branche", "--type", "select", "--option", "IT", "--option", "Bau")
    said = doocore("fields").words
    assert "Branche select – IT, Bau" in said
    assert "postal_code postal_code PLZ, ZIP, Postleitzahl" in said


def test_a_field_of_a_name_that_is_taken_is_refused(doocore: Doocore) -> None:
    answer = doocore("fields", "create", "plz", "--json")
    assert (answer.status, answer.data["error"]) == (2, "duplicate_name")


def test_groups_are_created_once(doocore: Doocore) -> None:
    assert doocore("groups", "create", "VIP").out == "Group VIP is there.\n"
    assert doocore("groups", "create", "vip", "--json").data["error"] == "duplicate_name"


def test_events_are_created_opened_and_listed(doocore: Doocore) -> None:
    assert doocore("events", "create", "gala", "--name", "Große Gala", "--ends", "2999-12-24 22:00").status == 0
    assert doocore("events", "--json").data["events"][0]["now"] == "draft"
    assert doocore("events", "live", "gala").out == "Event gala is live.\n"
    doocore("events", "create", "past", "--ends", "2001-01-01T10:00", "--live", "--email-change", "keep")
    said = doocore("events").words
    assert "gala Große Gala live – reassign 2999-12-24 22:00 Europe/Berlin" in said
    assert "past – over – keep" in said


def test_an_event_takes_the_time_zone_of_the_organization(doocore: Doocore) -> None:
    doocore("settings", "set", "--time-zone", "America/Lima")
    assert doocore("events", "create", "gala", "--json").data["time_zone"] == "America/Lima"
    assert doocore("events", "create", "ball", "--time-zone", "Asia/Tokyo", "--json").data["time_zone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["create", "gala"], "there is an event 'gala' already"),
        (["create", "x", "--time-zone", "Mars/Base"], "'Mars/Base' is no time zone"),
        (["create", "x", "--starts", "tomorrow"], "'tomorrow' is no local time"),
        (["create", "x", "--starts", "2026-05-01T18:00:00+02:00"], "is no local time"),
        (["create", "x", "--email-change", "maybe"], "'maybe' is none of reassign, keep"),
        (["live", "ball"], "no event 'ball' in this organization; `doocore events` lists them"),
    ],
)
def test_an_event_that_cannot_be_is_refused(doocore: Doocore, arguments: list[str], complaint: str) -> None:
    doocore("events", "create", "gala")
    answer = doocore("events", *arguments)
    assert answer.status == 2
    assert complaint in answer.err


def test_settings_are_changed_one_by_one(doocore: Doocore) -> None:
    before = doocore("settings", "--json").data
    changed = doocore("settings", "set", "--sync", "on", "--region", "Österreich", "--locale", "en-GB", "--json").data
    assert changed == before | {"sync": "on", "region": "AT", "locale": "en_GB"}
    assert doocore("settings", "set", "--ambiguity", "most-complete", "--json").data == changed | {
        "ambiguity": "most_complete"
    }
    assert "sync on whether booking data replaces what a contact has" in doocore("settings").words


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--sync", "maybe"],
        ["--region", "Bayern"],
        ["--locale", "deutsch"],
        ["--time-zone", "../etc/passwd"],
        ["--plan", "gold"],
    ],
)
def test_a_setting_that_cannot_be_is_refused(doocore: Doocore, arguments: list[str]) -> None:
    assert doocore("settings", "set", *arguments).status == 2
    assert not Path("doocore.db").exists()
