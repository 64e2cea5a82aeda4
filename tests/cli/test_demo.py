"""`doocore demo`: everything it tells stands in the database, and is what the maker of the data planted."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from doocore import Evidence, InvitationStatus, status_of
from doocore_adapters.cli import main
from tests.cli.conftest import Doocore

EXPECTED = json.loads((files("doocore_adapters.demo") / "data" / "expected.json").read_text("utf-8"))
OUTCOMES = {"A": "added", "U": "updated", "=": "unchanged", "S": "skipped", "X": "unprocessed"}

Rows: TypeAlias = Callable[[str], list[Any]]


@dataclass(frozen=True)
class Told:
    """What the demo told to machines, and the database that it left behind."""

    data: Any
    database: Path

    def rows(self, sql: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql, values).fetchall()

    def one(self, sql: str) -> Any:  # noqa: ANN401, whatever it is
        return self.rows(sql)[0][0]


@pytest.fixture(scope="module", params=["utf-8", "iso-8859-1"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo on the list in either encoding, told to machines."""
    database = tmp_path_factory.mktemp("demo") / "told.db"
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("doocore_adapters.cli.screen.Screen.print_json", lambda _, data: written.append(json.dumps(data)))
        assert main(["demo", "--db", str(database), "--encoding", request.param, "--json"]) == 0
    return Told(json.loads(written[0]), database)


def test_the_import_is_what_plain_sql_counts(told: Told) -> None:
    letters = Counter("".join(row[0] for row in told.rows("SELECT outcomes FROM doocore_import_batches")))
    counted = {word: letters[letter] for letter, word in OUTCOMES.items()}
    assert told.data["import"]["outcomes"] == counted
    assert told.data["import"]["rows"] == sum(counted.values()) == told.one("SELECT total_rows FROM doocore_imports")
    reasons: Counter[str] = Counter()
    for (text,) in told.rows("SELECT reasons FROM doocore_import_rows WHERE outcome = 'X'"):
        reasons.update({word for word, *_ in json.loads(text)})
    assert told.data["import"]["reasons"] == reasons


def test_contacts_and_memberships_are_what_plain_sql_counts(told: Told) -> None:
    assert told.data["contacts"]["after_bookings"] == told.one("SELECT count(*) FROM doocore_contacts")
    before = told.one("SELECT count(*) FROM doocore_contacts WHERE origin_cause <> 'booking'")
    assert told.data["contacts"]["before_bookings"] == before
    members = (
        "SELECT name, count(*) FROM doocore_groups g JOIN doocore_memberships m ON m.group_id = g.id GROUP BY name"
    )
    assert told.data["groups"] == dict(told.rows(members))


def test_parties_are_what_plain_sql_counts(told: Told) -> None:
    assert told.data["bookings"] == told.one("SELECT count(*) FROM doocore_bookings")
    parties = told.data["parties"]
    assert parties["count"] == told.one("SELECT count(*) FROM doocore_booking_parties")
    reason = "SELECT json_extract(decision, '$.reason'), count(*) FROM doocore_booking_parties GROUP BY 1"
    assert parties["reasons"] == dict(told.rows(reason))
    rule = "SELECT value, count(*) FROM doocore_booking_parties, json_each(decision, '$.rules') GROUP BY 1"
    assert parties["rules"] == dict(told.rows(rule))
    flag = "SELECT value, count(*) FROM doocore_booking_parties, json_each(decision, '$.flags') GROUP BY 1"
    assert parties["flags"] == dict(told.rows(flag))
    outcome = "SELECT json_extract(value, '$[1]'), count(*) FROM doocore_booking_parties, json_each(reports) GROUP BY 1"
    assert told.data["values"] == dict(told.rows(outcome))


def test_the_invitation_is_what_plain_sql_counts(told: Told) -> None:
    """The mails, who got none and why, and where everybody on the list stands: by the evidence that is kept."""
    message = told.data["message"]
    states = dict(told.rows("SELECT state, count(*) FROM doocore_outbox GROUP BY 1"))
    assert {state: count for state, count in message["mails"].items() if count} == states
    assert message["skipped"] == dict(
        told.rows("SELECT skipped, count(*) FROM doocore_outbox WHERE skipped IS NOT NULL GROUP BY 1")
    )
    files = list(Path(told.data["mail_directory"]).glob("*.eml"))
    assert len(files) == states["sent"] == message["mails"]["sent"]
    listed = "SELECT evidence, count(*) FROM doocore_invitations WHERE is_listed GROUP BY 1"
    counts: Counter[str] = Counter()
    for evidence, count in told.rows(listed):
        counts[status_of(evidence).value] += count
    assert told.data["invitations"]["counts"] == {each.value: counts[each.value] for each in InvitationStatus}
    members = (
        "SELECT count(DISTINCT contact_id) FROM doocore_memberships m JOIN doocore_groups g ON m.group_id = g.id"
        " WHERE name IN ('VIP', 'Stammgäste', 'Presse')"
    )
    assert sum(told.data["invitations"]["counts"].values()) == told.one(members)


def test_reactions_are_evidence_only_where_people_did_it(told: Told) -> None:
    """Of the contacts with such a reaction, all have the bit, and nobody else; a scanner leaves none (MA-6)."""
    for reaction, evidence in {
        "sent": Evidence.SENT,
        "opened": Evidence.OPENED,
        "clicked_general": Evidence.CLICKED_GENERAL,
        "clicked_maybe": Evidence.CLICKED_MAYBE,
        "clicked_registration": Evidence.CLICKED_REGISTRATION,
        "clicked_decline": Evidence.CLICKED_DECLINE,
    }.items():
        happened = "SELECT count(DISTINCT contact_id) FROM doocore_message_events WHERE reaction = ? AND NOT by_machine"
        ((number,),) = told.rows(happened, reaction)
        kept = [each for (each,) in told.rows("SELECT evidence FROM doocore_invitations") if each & evidence]
        assert number == len(kept) > 0
    assert told.one("SELECT count(*) FROM doocore_message_events WHERE by_machine") > 0


def test_the_examples_are_what_the_contacts_have(told: Told) -> None:
    outcomes = [each["outcome"] for each in told.data["examples"]]
    assert outcomes == ["filled", "filled", "kept", "kept", "other_person", "taken", "rejected"]
    for each in told.data["examples"]:
        contact = "SELECT email, phone, custom FROM doocore_contacts WHERE id = ?"
        ((email, phone, custom),) = told.rows(contact, each["contact"]["id"])
        if each["field"] in {"email", "phone"}:
            assert each["after"] == {"email": email, "phone": phone}[each["field"]]
        if each["field"] == "Position":
            assert each["after"] in json.loads(custom).values()
        assert (each["before"] == each["after"]) == (each["outcome"] != "filled")
        assert each["given"] != each["before"]


def test_the_report_file_has_every_unprocessed_row(told: Told) -> None:
    report = Path(told.data["report_file"])
    assert report.parent == told.database.parent
    encoding = "iso-8859-1" if b"K\xf6ln" in report.read_bytes() else "utf-8"
    starts = re.findall(r"^(\d+)[,;]", report.read_text(encoding), re.MULTILINE)
    assert [int(each) for each in starts] == [each["line"] for each in EXPECTED["import"]["unprocessed"]]


def test_the_import_is_what_was_planted(told: Told) -> None:
    expected = EXPECTED["import"]
    assert told.data["import"]["outcomes"] == expected["outcomes"]
    assert told.data["import"]["reasons"] == expected["reasons"]
    assert told.data["import"]["ignored_columns"] == expected["ignored_columns"]
    assert told.data["groups"] == expected["groups"]
    assert [
        {"line": row["line"], "reasons": sorted({each["word"] for each in row["reasons"]})}
        for row in told.data["import"]["unprocessed"]
    ] == expected["unprocessed"]
    through_import = (
        "SELECT event_communication, count(*) FROM doocore_contacts WHERE origin_cause = 'import' GROUP BY 1"
    )
    states = {state or "unknown": count for state, count in told.rows(through_import)}
    assert states == expected["event_communication"]


def test_the_parties_are_what_was_planted(told: Told) -> None:
    expected = EXPECTED["parties"]
    assert told.data["bookings"] == EXPECTED["bookings"]
    parties = told.data["parties"]
    assert (parties["count"], parties["reasons"], parties["flags"]) == (
        expected["count"],
        expected["reasons"],
        expected["flags"],
    )


def planted() -> Iterator[tuple[str, int, str, str]]:
    for each in EXPECTED["parties"]["synced_at_least"]:
        place = int(each["party"].partition(":")[2] or 0)
        for outcome in each.keys() - {"number", "party"}:
            yield from ((each["number"], place, outcome, field) for field in each[outcome])


def test_the_values_are_what_was_planted(told: Told) -> None:
    keys = {name: key for key, name in told.rows("SELECT field_key, name FROM doocore_fields")}
    found = {
        (number, place, outcome, field)
        for number, place, reports in told.rows("SELECT booking_number, position, reports FROM doocore_booking_parties")
        for field, outcome, *_ in json.loads(reports or "[]")
    }
    wanted = {(number, place, outcome, keys.get(field, field)) for number, place, outcome, field in planted()}
    assert wanted
    assert wanted <= found


def test_bookings_come_at_their_moments_and_from_bookers(told: Told) -> None:
    first, last = told.rows("SELECT min(booked_at), max(booked_at) FROM doocore_bookings")[0]
    assert (first[:7], last[:7]) == ("2026-03", "2026-05")
    assert told.rows("SELECT DISTINCT actor FROM doocore_history") == [("booker",)]


def test_people_see_the_same_numbers(doocore: Doocore) -> None:
    answer = doocore("demo")
    assert (answer.status, answer.err) == (0, "")
    for part in (
        "1,031 rows, identified by email, fill-empty",
        "added 951 became a new contact",
        "unprocessed 80 waits to be corrected",
        "duplicate_in_file 26 an earlier row",
        "2 Groups are invited by mail",
        "to the groups VIP, Stammgäste, Presse: 159 mails, in doocore-demo/contacts.mails/.",
        "sent 159 skipped 143",
        "3 200 bookings find their contacts",
        "The invitation list of branchentag-2026: 302 contacts.",
        "470 bookers and attendees: 951 contacts of the list and 6 made by hand became 1,016.",
        "email_match 148 144 AS-1b",
        "kept 26 the contact has something else, and keeps it",
        "Reinhard Pfeiffer Poststraße Neuer Weg Poststraße kept",
        "the database doocore-demo/contacts.db",
        "doocore import YOUR-LIST.csv --dry-run",
    ):
        assert part in answer.words


def test_the_commands_that_it_shows_work(doocore: Doocore) -> None:
    out = doocore("demo").out
    shown = re.findall(r"^  doocore (.+ --db .+)$", out, re.MULTILINE)
    assert len(shown) == 4
    for command in shown:
        answer = doocore(*command.split())
        assert (answer.status, answer.err) == (0, "")
        assert len(answer.out.splitlines()) > 5


def test_a_second_run_leaves_the_first_alone_and_says_so(doocore: Doocore) -> None:
    doocore("demo")
    before = Path("doocore-demo/contacts.csv").stat().st_mtime_ns
    answer = doocore("demo")
    assert answer.status == 0
    assert "doocore-demo/ was there already and was left alone; this run is in doocore-demo-2/." in answer.words
    assert Path("doocore-demo/contacts.csv").stat().st_mtime_ns == before
    assert sorted(path.name for path in Path("doocore-demo-2").iterdir()) == [
        "contacts.csv",
        "contacts.db",
        "contacts.mails",
        "contacts.unprocessed.csv",
    ]


@pytest.mark.parametrize("name", ["mine.db", "mine.csv", "mine.unprocessed.csv", "mine.mails"])
def test_files_that_exist_are_never_touched(doocore: Doocore, name: str) -> None:
    Path(name).write_text("mine", "utf-8")
    answer = doocore("demo", "--db", "mine.db", "--json")
    assert (answer.status, answer.data["error"]) == (2, "file_exists")
    assert [(path.name, path.read_text("utf-8")) for path in Path().iterdir()] == [(name, "mine")]


def test_a_database_cannot_have_the_name_of_the_list(doocore: Doocore) -> None:
    assert doocore("demo", "--db", "mine.csv").status == 2
    assert not list(Path().iterdir())


def test_an_organization_of_its_own(doocore: Doocore) -> None:
    doocore("demo", "--db", "mine.db", "--org", "acme")
    assert doocore("contacts", "--db", "mine.db", "--org", "acme", "--json").data["total"] == 1016
    assert doocore("contacts", "--db", "mine.db", "--json").data["total"] == 0
