"""`doocore contacts create`, `change` and `delete`, and what is done by hand to groups and fields."""

import io
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doocore import (
    ContactCenter,
    Event,
    Question,
    QuestionLevel,
    Subscription,
    SubscriptionState,
    Through,
)
from doocore_adapters.cli.screen import Screen
from doocore_adapters.sqlite import SqliteStore
from tests.cli.conftest import Answered, Doocore

Write = Callable[[str, object], Path]


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(text))


@pytest.fixture
def ada(doocore: Doocore) -> str:
    """The ID of Ada, who is in two groups and has booked twice."""
    created = doocore(
        *("contacts", "create", "email=ada@example.org", "Vorname=Ada", "customer_id=K-1", "--group", "VIP"),
        *("--group", "Presse", "--subscribe", "newsletter", "--json"),
    ).data
    doocore("events", "create", "gala", "--live")
    for number in (1, 2):
        booking = {
            "event": "gala",
            "number": f"TX-AAAA-000{number}",
            "booker": {"email": "ada@example.org"},
            "attendees": [{"email": "ada@example.org"}, {"email": "bob@example.org"}],
        }
        Path("booking.json").write_text(str(booking).replace("'", '"'), "utf-8")
        assert doocore("book", "booking.json").status == 0
    return str(created["id"])


def contacts(doocore: Doocore) -> list[dict[str, object]]:
    return list(doocore("contacts", "--json").data["contacts"])


class TestCreating:
    def test_a_contact_is_created_with_all_that_is_said(self, doocore: Doocore) -> None:
        """Names of fields in any language, values with `=` in them, groups that there are not yet."""
        doocore("fields", "create", "Webseite")
        answer = doocore(
            *("contacts", "create", "E-Mail=ada@example.org", "Vorname=Ada", "Webseite=https://x.org/?a=b"),
            *("--group", "VIP", "--subscribe", "event-communication", "--unsubscribe", "newsletter"),
        )
        assert answer.status == 0
        assert answer.words.endswith("(Ada) is there.")
        said = doocore("show", "ada@example.org").words
        for part in (
            *("first_name Vorname Ada", "https://x.org/?a=b", "Groups: VIP", "through by_hand"),
            *("event_communication subscribed", "newsletter unsubscribed"),
        ):
            assert part in said

    def test_it_may_be_blank_and_is_named_by_its_id(self, doocore: Doocore) -> None:
        assert doocore("contacts", "create").words.startswith("Contact ")

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["city"], "'city' does not say which field it is for: FIELD=VALUE"),
            (["city=Ulm", "city=Bonn"], "city is given twice, as 'Ulm' and as 'Bonn'"),
            (["Ort=" + "x" * 46], "Ort: 'xxx"),
            (["size=M"], "no field 'size' in this organization; `doocore fields` lists them"),
            (["--subscribe", "spam"], "'spam' is none of event_communication, newsletter, marketing"),
            (
                ["--subscribe", "newsletter", "--unsubscribe", "newsletter"],
                "newsletter is to be subscribed to and unsubscribed from at once",
            ),
            (["--group", "a;b"], "'a;b' cannot name a group"),
        ],
    )
    def test_what_cannot_be_is_refused(self, doocore: Doocore, arguments: list[str], complaint: str) -> None:
        answer = doocore("contacts", "create", "first_name=Ada", *arguments)
        assert answer.status == 2
        assert complaint in answer.err
        assert doocore("contacts", "--json").data.get("total", 0) == 0


class TestChanging:
    @pytest.mark.parametrize("who", ["ada@example.org", "K-1", "id"])
    def test_a_contact_is_named_by_any_identifier(self, doocore: Doocore, ada: str, who: str) -> None:
        answer = doocore(
            "contacts", "change", ada if who == "id" else who, "city=Ulm", "Vorname=", "--leave-group", "vip"
        )
        assert answer.words == f"Contact {ada} (ada@example.org) is changed."
        changed = doocore("show", ada, "--json").data["contacts"][0]
        assert (changed["values"]["city"], changed["groups"]) == ("Ulm", ["Presse"])
        assert "first_name" not in changed["values"]

    def test_what_is_there_already_is_no_change(self, doocore: Doocore, ada: str) -> None:
        assert doocore("contacts", "change", ada, "Vorname=Ada").words.endswith("has all that already.")
        assert doocore("contacts", "change", ada, "--group", "Neue", "--json").data["groups"] == [
            "Neue",
            "Presse",
            "VIP",
        ]

    def test_whoever_is_meant_must_be_one(self, doocore: Doocore, ada: str) -> None:
        doocore("contacts", "create", "email=ADA@example.org", "--yes")
        answer = doocore("contacts", "change", "ada@example.org", "city=Ulm", "--json")
        assert (answer.status, answer.data["error"], len(answer.data["holders"])) == (2, "ambiguous", 2)
        assert ada in answer.data["message"]

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["ada@example.org"], "usage"),
            (["nobody@example.org", "city=Ulm"], "not_found"),
            (["ada@example.org", "--leave-group", "VIPs"], "not_found"),
            (["ada@example.org", "--group", "VIP", "--leave-group", "vip"], "invalid_name"),
        ],
    )
    def test_what_cannot_be_is_refused(self, doocore: Doocore, ada: str, arguments: list[str], code: str) -> None:
        before = doocore("show", ada, "--json").data
        answer = doocore("contacts", "change", *arguments, "--json")
        assert (answer.status, answer.data["error"]) == (2, code)
        assert doocore("show", ada, "--json").data == before


class TestConfirming:
    """ID-5, SU-4, CT-3: what must be confirmed is asked for, or said beforehand."""

    def test_a_second_holder_is_asked_about(self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
        types(monkeypatch, "ja\n")
        answer = doocore("contacts", "create", "email=ADA@example.org")
        assert answer.status == 0
        assert f"email 'ADA@example.org' is held by {ada}. Shall this contact have it too? [y/N]" in answer.err
        assert len(contacts(doocore)) == 3

    def test_without_anybody_to_ask_it_takes_yes(self, doocore: Doocore, ada: str) -> None:
        answer = doocore("contacts", "create", "customer_id=K-1", "--json")
        assert answer.status == 2
        assert answer.data == {
            "error": "unconfirmed",
            "message": f"customer_id 'K-1' is held by {ada}. Shall this contact have it too?"
            " Repeat it with --yes if that is meant",
            "field": "customer_id",
            "value": "K-1",
            "holders": [ada],
        }
        assert doocore("contacts", "create", "customer_id=K-1", "--yes").status == 0

    def test_a_persons_own_word_is_asked_about(
        self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And the second question comes when the first was answered."""
        unsubscribe(ada)
        types(monkeypatch, "y\ny\n")
        arguments = ("contacts", "create", "email=ada@example.org", "--subscribe", "newsletter")
        answer = doocore(*arguments)
        assert answer.status == 0
        assert "is held by" in answer.err
        assert "The person unsubscribed from newsletter. Shall that be undone? [y/N]" in answer.err
        assert len(contacts(doocore)) == 3

    def test_nobody_has_to_say_yes(self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
        unsubscribe(ada)
        for said in ("\n", "n\n", "nein\n", "", "yes please\n"):
            types(monkeypatch, said)
            answer = doocore("contacts", "change", ada, "--subscribe", "newsletter")
            assert answer.status == 2
            assert answer.err.endswith("doocore: nothing was changed\n")
        assert doocore("contacts", "change", ada, "--subscribe", "newsletter", "--yes").status == 0

    def test_who_thinks_it_over_for_too_long_must_look_again(
        self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What somebody else did while the question stood is not written over."""
        doocore("contacts", "create", "email=eve@example.org")

        def meanwhile(_: Screen, __: str) -> bool:
            with closing(SqliteStore("doocore.db")) as store:
                ContactCenter(store.organization("default")).change_contact(ada, {"city": "Ulm"})
            return True

        monkeypatch.setattr(Screen, "ask", meanwhile)
        for arguments in (["change", ada, "email=eve@example.org"], ["delete", ada]):
            answer = doocore("contacts", *arguments, "--json")
            assert (answer.status, answer.data["error"]) == (2, "stale_version")
            assert doocore("show", ada).status == 0
            doocore("contacts", "change", ada, "city=")

    def test_machines_are_not_asked(self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
        types(monkeypatch, "y\n")
        assert doocore("contacts", "delete", ada, "--json").data["error"] == "unconfirmed"


def unsubscribe(contact_id: str) -> None:
    """Let the person itself end its newsletter, by the link in a mail."""
    ended = SubscriptionState.UNSUBSCRIBED
    with closing(SqliteStore("doocore.db")) as store:
        center = ContactCenter(store.organization("default"))
        center.set_subscription(contact_id, Subscription.NEWSLETTER, ended, through=Through.UNSUBSCRIBE_LINK)


class TestDeletingContacts:
    """CT-3."""

    def test_it_is_told_how_many_lose_their_contact(
        self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        types(monkeypatch, "y\n")
        answer = doocore("contacts", "delete", "K-1")
        parties = "2 bookings and 2 attendees"
        assert f"Delete Contact {ada} (Ada) for good? {parties} will belong to nobody. [y/N]" in answer.err
        assert (
            answer.out.replace("\n", " ").strip() == f"Contact {ada} (Ada) is deleted; {parties} belong to nobody now."
        )
        assert [each["values"] for each in contacts(doocore)] == [{"email": "bob@example.org"}]
        assert doocore("show", ada).status == 2
        assert doocore("groups", "--json").data["groups"] == [
            {"name": "Presse", "contacts": 0},
            {"name": "VIP", "contacts": 0},
        ]

    def test_machines_get_the_same_numbers_before_and_after(self, doocore: Doocore, ada: str) -> None:
        asked = doocore("contacts", "delete", ada, "--json")
        assert (asked.status, asked.data["bookings"], asked.data["attendees"]) == (2, 2, 2)
        done = doocore("contacts", "delete", ada, "--yes", "--json")
        assert (done.status, done.data["bookings"], done.data["attendees"]) == (0, 2, 2)
        assert done.data["contact"]["id"] == ada

    def test_a_declined_one_stays(self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
        types(monkeypatch, "no\n")
        assert doocore("contacts", "delete", ada).status == 2
        assert doocore("show", ada).status == 0


class TestGroups:
    """GR-1."""

    def test_one_is_made_from_a_selection(self, doocore: Doocore, ada: str) -> None:
        assert (
            doocore("groups", "create", "Alle", "--search", "EXAMPLE.org").out
            == "Group Alle is there with 2 contacts.\n"
        )
        assert doocore("groups", "create", "Ada", "--search", "ada", "--of", "vip", "--json").data["contacts"] == 1
        assert doocore("groups", "create", "Leere").out == "Group Leere is there.\n"
        listed = {each["name"]: each["contacts"] for each in doocore("groups", "--json").data["groups"]}
        assert listed == {"Ada": 1, "Alle": 2, "Leere": 0, "Presse": 1, "VIP": 1}
        assert ada in doocore("contacts", "--group", "Ada").out

    def test_contacts_join_and_leave(self, doocore: Doocore, ada: str) -> None:
        assert doocore("groups", "join", "vip", "bob@example.org", ada).out == "Group VIP has 2 contacts.\n"
        assert doocore("groups", "leave", "VIP", ada, "--json").data == {"name": "VIP", "contacts": 1}
        assert doocore("groups", "join", "VIP", "nobody").status == 2
        assert doocore("groups", "leave", "VIPs", ada).status == 2

    def test_it_gets_another_name(self, doocore: Doocore, ada: str) -> None:
        assert doocore("groups", "rename", "vip", "Gäste").out == "Group Gäste has 1 contact.\n"
        assert doocore("show", ada, "--json").data["contacts"][0]["groups"] == ["Gäste", "Presse"]
        assert doocore("groups", "rename", "Gäste", "PRESSE", "--json").data["error"] == "duplicate_name"

    def test_it_is_deleted_when_that_is_confirmed(
        self, doocore: Doocore, ada: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = doocore("groups", "delete", "vip", "--json")
        assert (asked.status, asked.data["contacts"]) == (2, 1)
        types(monkeypatch, "y\n")
        answer = doocore("groups", "delete", "vip")
        assert "Delete group VIP? 1 contact will be in it no more. [y/N]" in answer.err
        assert answer.out == "Group VIP is deleted; its contacts stay.\n"
        assert doocore("show", ada, "--json").data["contacts"][0]["groups"] == ["Presse"]
        assert doocore("groups", "delete", "VIP", "--yes", "--json").data["error"] == "not_found"


class TestFields:
    """FI-3 to FI-5."""

    @pytest.fixture
    def branch(self, doocore: Doocore) -> Doocore:
        doocore(
            *("fields", "create", "Branche", "--type", "select", "--option", "IT", "--option", "Bau"),
            *("--label", "Sector"),
        )
        return doocore

    def found(self, doocore: Doocore, name: str) -> dict[str, object]:
        fields = doocore("fields", "--json").data["fields"]
        return next(each for each in fields if each["name"] == name)

    def test_it_gets_another_name(self, branch: Doocore) -> None:
        answer = branch("fields", "rename", "sector", "Gewerk")
        assert answer.out == "Field Gewerk: select; options IT, Bau; also called Sector.\n"
        assert branch("fields", "rename", "Gewerk", "plz", "--json").data["error"] == "duplicate_name"

    def test_it_gets_other_names(self, branch: Doocore) -> None:
        assert branch("fields", "labels", "Branche", "Zweig", "Industry", "--json").data["labels"] == [
            "Zweig",
            "Industry",
        ]
        assert branch("fields", "labels", "Branche", "--json").data["labels"] == []
        assert branch("fields", "labels", "plz", "Zipcode", "--json").data["labels"][-1] == "Zipcode"

    def test_options_come_and_go(self, branch: Doocore) -> None:
        branch("contacts", "create", "email=ada@example.org", "Branche=IT")
        answer = branch("fields", "options", "Branche", "--add", "Handel", "--add", "Kunst", "--remove", "IT")
        assert answer.out == "Field Branche: select; options Bau, Handel, Kunst; also called Sector.\n"
        assert "IT" in branch("show", "ada@example.org").out
        assert branch("fields", "options", "Anrede", "--add", "Divers", "--json").data["options"] == [
            *("Herr", "Frau", "Divers")
        ]

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["Branche"], "name an option with --add or --remove"),
            (["Branche", "--remove", "XX"], "'XX' is no option of Branche; there are: 'IT', 'Bau'"),
            (["Sektor", "--add", "XX"], "no field 'Sektor' in this organization"),
            (["city", "--remove", "Ulm"], "'Ulm' is no option of city; there are: none"),
            (["city", "--add", "Ulm"], "field 'city': only a select field has options"),
        ],
    )
    def test_options_that_cannot_be_are_refused(self, branch: Doocore, arguments: list[str], complaint: str) -> None:
        answer = branch("fields", "options", *arguments)
        assert answer.status == 2
        assert complaint in answer.err
        assert self.found(branch, "Branche")["options"] == ["IT", "Bau"]

    def test_it_is_archived_and_comes_back(self, branch: Doocore) -> None:
        assert branch("fields", "archive", "Branche").out.startswith("Field Branche: select, archived;")
        assert "select, archived" in branch("fields").out
        assert self.found(branch, "Branche")["archived"] is True
        assert branch("fields", "unarchive", "Branche").out.startswith("Field Branche: select;")
        assert branch("fields", "archive", "email", "--json").data["error"] == "invalid_field"

    def test_it_is_deleted_with_its_values_when_that_is_confirmed(
        self, branch: Doocore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        branch("contacts", "create", "email=ada@example.org", "Branche=IT")
        branch("contacts", "create", "email=bob@example.org")
        asked = branch("fields", "delete", "Branche", "--json")
        assert (asked.status, asked.data["contacts"], asked.data["events"]) == (2, 1, [])
        types(monkeypatch, "y\n")
        answer = branch("fields", "delete", "branche")
        assert "Delete field Branche? 1 contact will lose a value. [y/N]" in answer.err
        assert answer.out == "Field Branche is deleted; 1 contact lost a value.\n"
        values = [each["values"] for each in contacts(branch)]
        assert values == [{"email": "ada@example.org"}, {"email": "bob@example.org"}]
        assert "by_hand Branche" in branch("show", "ada@example.org").words
        assert branch("fields", "delete", "Branche", "--yes", "--json").data["error"] == "not_found"

    def test_a_booking_from_before_is_told_again_without_it(self, branch: Doocore, write: Write) -> None:
        """AS-13: the report of a value that went into the field has nothing left but its key."""
        branch("events", "create", "gala", "--live")
        branch("contacts", "create", "email=ada@example.org", "Branche=IT")
        booking = {"event": "gala", "number": "TX-AAAA-0001"}
        booking["booker"] = {"email": "ada@example.org", "values": {"Branche": "Bau"}}  # type: ignore[assignment]
        first = branch("book", write("b.json", booking))
        assert "Branche kept" in first.words
        key = self.found(branch, "Branche")["key"]
        branch("fields", "delete", "Branche", "--yes")
        again = branch("book", "b.json")
        assert again.status == 0
        assert f"{key} kept" in again.words

    def test_the_events_that_ask_for_it_are_named(self, branch: Doocore) -> None:
        link_a_question()
        assert (
            "lose a value, and what ball, gala ask for it stays on the bookings"
            in branch("fields", "delete", "Branche").words
        )
        assert branch("fields", "delete", "Branche", "--yes", "--json").data["events"] == ["ball", "gala"]


def link_a_question() -> None:
    """Let two events ask for the branch."""
    question = Question(id="q1", level=QuestionLevel.BOOKING, field="Branche")
    with closing(SqliteStore("doocore.db")) as store:
        for event_id in ("ball", "gala"):
            ContactCenter(store.organization("default")).events.put(Event(id=event_id, questions=[question]))


class TestListing:
    """`doocore contacts TEXT` goes on being what it was; the names have letters that no ID has."""

    @pytest.fixture
    def listed(self, doocore: Doocore) -> Doocore:
        for name in ("Lou", "Oli", "create"):
            doocore("contacts", "create", f"first_name={name}", "--group", name)
        return doocore

    @pytest.mark.parametrize(
        ("arguments", "found"),
        [
            ([], ["Lou", "Oli", "create"]),
            (["lou"], ["Lou"]),
            (["--group", "oli"], ["Oli"]),
            (["--group=oli"], ["Oli"]),
            (["--db", "doocore.db", "lou"], ["Lou"]),
            (["--db=doocore.db", "--limit", "1"], ["Lou"]),
            (["--as", "create", "oli"], ["Oli"]),
            (["list"], ["Lou", "Oli", "create"]),
            (["list", "create"], ["create"]),
            (["--", "create"], ["create"]),
            (["lou", "--org", "other"], []),
        ],
    )
    def test_it_is_found_out_what_is_meant(self, listed: Doocore, arguments: list[str], found: list[str]) -> None:
        answer = listed("--json", "contacts", *arguments).data
        assert [each["values"]["first_name"] for each in answer["contacts"]] == found

    def test_json_may_be_asked_for_anywhere(self, listed: Doocore) -> None:
        answers = [
            listed("contacts", "--json", "lou").data,
            listed("contacts", "lou", "--json").data,
            listed("--json", "contacts", "lou").data,
        ]
        assert [each["total"] for each in answers] == [1, 1, 1]

    @pytest.mark.parametrize("arguments", [["--help"], ["create", "--help"], ["list", "--help"]])
    def test_help_is_help(self, listed: Doocore, arguments: list[str]) -> None:
        answer: Answered = listed("contacts", *arguments)
        assert answer.status == 0
        assert "Usage: doocore contacts" in answer.out

    def test_an_unknown_option_is_a_mistake(self, listed: Doocore) -> None:
        answer = listed("contacts", "--grup", "VIP", "--json")
        assert (answer.status, answer.data["error"]) == (2, "usage")
