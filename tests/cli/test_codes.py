"""`doocore codes`: codes are created, listed, shown, withdrawn and redeemed."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doocore import ContactCenter
from doocore_adapters.sqlite import SqliteStore
from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]


@pytest.fixture
def gala(doocore: Doocore, write: Write) -> str:
    """The number of a booking at the gala, made by Ada."""
    doocore("contacts", "create", "email=ada@example.org", "Vorname=Ada")
    doocore("events", "create", "gala", "--live")
    booking = {"event": "gala", "number": "TX-AAAA-0001", "booker": {"email": "ada@example.org"}}
    assert doocore("book", write("booking.json", booking)).status == 0
    return "TX-AAAA-0001"


class TestCreating:
    def test_a_code_is_what_was_said_of_it(self, doocore: Doocore, gala: str) -> None:
        """Local times are those of the organization's time zone."""
        answer = doocore(
            *("codes", "create", "Früh ½", "--type", "promotion", "--use", "multi", "--limit", "3", "--event", "gala"),
            *("--from", "2026-04-01", "--until", "2026-05-31 23:59", "--for", "ada@example.org", "--json"),
        )
        (code,) = answer.data["codes"]
        ada = doocore("show", "ada@example.org", "--json").data["contacts"][0]["id"]
        known = {key: code[key] for key in ("name", "type", "use", "limit", "event", "contact", "withdrawn")}
        assert known == {
            "name": "Früh ½",
            "type": "promotion",
            "use": "multi",
            "limit": 3,
            "event": "gala",
            "contact": ada,
            "withdrawn": False,
        }
        assert (code["valid_from"], code["valid_until"]) == ("2026-04-01T00:00:00+02:00", "2026-05-31T23:59:00+02:00")
        shown = doocore("codes", "show", "FRÜH ½").words
        for part in (
            *("promotion code, multi, created", f"For: event gala, contact {ada}", "Used: 0 of 3"),
            "Valid: from 2026-04-01 00:00, until 2026-05-31 23:59",
        ):
            assert part in shown
        assert gala not in shown

    def test_one_with_a_name_is_told_in_a_line(self, doocore: Doocore) -> None:
        assert doocore("codes", "create", "EARLY").words == "Code EARLY is there."

    def test_names_are_drawn_where_none_is_said(self, doocore: Doocore) -> None:
        answer = doocore("codes", "create", "--count", "3", "--use", "multi-event")
        assert answer.words.startswith("3 codes ")
        names = answer.words.split()[2:]
        assert [each["name"] for each in doocore("codes", "--json").data["codes"]] == names
        assert {each["use"] for each in doocore("codes", "--json").data["codes"]} == {"multi_event"}

    def test_everybody_gets_one_of_their_own(self, doocore: Doocore) -> None:
        ids = [doocore("contacts", "create", f"email={name}@x.de", "--json").data["id"] for name in ("ada", "bob")]
        codes = doocore("codes", "create", "--for", "ada@x.de", "--for", ids[1], "--json").data["codes"]
        assert [each["contact"] for each in codes] == ids

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["early"], "a code named 'early' exists already"),
            (["X", "--count", "2"], "a name is for one code"),
            (["X", "--for", "c1", "--for", "c2"], "a name is for one code"),
            (["--count", "2", "--for", "c1"], "--count draws codes for everybody"),
            (["--count", "0"], "code, at count: 0 is less than one code"),
            (["X", "--limit", "0", "--use", "multi"], "code, at limit: 0 is less than one use"),
            (["X", "--use", "twice"], "'twice' is none of single, multi, multi-event"),
            (["X", "--until", "2026-05-31"], "'2026-05-31' says no time of day: \"2026-05-31 23:59\""),
            (["X", "--until", "soon"], "'soon' is no local time"),
            (["X", "--event", "ball"], "no event 'ball' in this organization; `doocore events` lists them"),
            (["X", "--for", "c9"], "no contact 'c9' in this organization"),
        ],
    )
    def test_what_cannot_be_is_refused(self, doocore: Doocore, arguments: list[str], complaint: str) -> None:
        doocore("codes", "create", "EARLY")
        doocore("contacts", "create", "customer_id=c1")
        doocore("contacts", "create", "customer_id=c2")
        answer = doocore("codes", "create", *arguments)
        assert answer.status == 2
        assert complaint in answer.words
        assert len(doocore("codes", "--json").data["codes"]) == 1


class TestReading:
    def test_codes_are_listed_with_where_they_stand(self, doocore: Doocore, gala: str) -> None:
        doocore("codes", "create", "EARLY", "--use", "multi", "--limit", "2", "--event", "gala")
        doocore("codes", "create", "TEAM", "--use", "multi-event", "--until", "2100-01-01 00:00")
        doocore("codes", "redeem", "EARLY", gala)
        said = doocore("codes").words
        assert said.startswith("2 codes")
        assert "EARLY access valid 1 of 2" in said
        assert "TEAM access multi_event 0 until 2100-01-01 00:00" in said
        of_event = doocore("codes", "list", "--event", "gala", "--json").data["codes"]
        assert [(each["name"], each["status"], each["used_in"]) for each in of_event] == [("EARLY", "valid", [gala])]

    def test_a_long_list_says_that_it_is_not_all(self, doocore: Doocore) -> None:
        doocore("codes", "create", "--count", "25")
        assert doocore("codes").words.startswith("the first 20; --limit says how many")
        assert doocore("codes", "list", "--limit", "25").words.startswith("25 codes")

    def test_a_code_is_shown_with_what_redeemed_it(self, doocore: Doocore, gala: str) -> None:
        doocore("codes", "create", "EARLY")
        assert "It can be redeemed now." in doocore("codes", "show", "early").words
        assert doocore("codes", "redeem", "early", "tx aaaa 0001").words == "Code EARLY is redeemed in tx aaaa 0001."
        said = doocore("codes", "show", "early").words
        for part in ("EARLY · redeemed", "Used: 1 of 1", "Valid: –", "For: –", "It cannot be redeemed now."):
            assert part in said
        assert f"{gala} gala " in said
        assert said.endswith(" taken")

    def test_a_freed_use_is_told(self, doocore: Doocore, gala: str) -> None:
        doocore("codes", "create", "EARLY")
        doocore("codes", "redeem", "EARLY", gala)
        with closing(SqliteStore("doocore.db")) as store:
            ContactCenter(store.organization("default")).bookings.cancel(gala)
        assert doocore("codes", "show", "early").words.endswith(" cancelled: free again")


class TestRedeeming:
    def test_a_booking_brings_its_codes(self, doocore: Doocore, gala: str, write: Write) -> None:
        doocore("codes", "create", "EARLY")
        booking = {"event": "gala", "number": "TX-AAAA-0002", "booker": {}, "codes": ["early"]}
        assert doocore("book", write("second.json", booking)).status == 0
        assert doocore("codes", "show", "early", "--json").data["used_in"] == ["TX-AAAA-0002"]
        answer = doocore("book", write("third.json", booking | {"number": "TX-AAAA-0003"}))
        assert (answer.status, answer.err) == (2, "doocore: code 'EARLY' cannot be redeemed: all its uses are taken\n")
        assert doocore("codes", "redeem", "early", gala, "--json").data == {
            "error": "code_not_redeemable",
            "message": "code 'EARLY' cannot be redeemed: all its uses are taken",
            "name": "EARLY",
            "reason": "redeemed",
            "status": "redeemed",
        }

    def test_a_withdrawn_code_is_redeemed_no_more(self, doocore: Doocore, gala: str) -> None:
        doocore("codes", "create", "EARLY")
        assert doocore("codes", "withdraw", "early").words == "Code EARLY is withdrawn."
        answer = doocore("codes", "redeem", "early", gala)
        assert (answer.status, answer.err) == (2, "doocore: code 'EARLY' cannot be redeemed: it was withdrawn\n")

    def test_code_and_booking_must_be_there(self, doocore: Doocore, gala: str) -> None:
        doocore("codes", "create", "EARLY")
        assert "no code 'LATE' in this organization; `doocore codes` lists them" in doocore("codes", "show", "LATE").err
        assert "no booking 'TX-AAAA-0009'" in doocore("codes", "redeem", "EARLY", "TX-AAAA-0009").err
        assert doocore("codes", "redeem", "EARLY", gala).status == 0
