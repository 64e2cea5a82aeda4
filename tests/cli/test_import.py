"""`doocore import`: the options, the report, the exit status, and what is written where."""

import csv
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doocore import ContactCenter, ImportOptions, ImportProgress
from doocore.contact_center import importing
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]

LIST = "E-Mail,Vorname,Telefon\nada@example.org,Ada,030 901820\nben@example.org,Ben,kaputt\n"


def lines_of(path: str) -> list[list[str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_clean_list_ends_with_0(doocore: Doocore, write: Write) -> None:
    answer = doocore("import", write("list.csv", "E-Mail\nada@example.org\n"))
    assert answer.status == 0
    assert "1 row, identified by email, fill-empty" in answer.words
    assert "added 1 became a new contact" in answer.words
    assert not list(Path().glob("*.unprocessed*"))


def test_unprocessed_rows_end_with_1_and_stand_in_a_file_beside_the_list(doocore: Doocore, write: Write) -> None:
    answer = doocore("import", write("list.csv", LIST))
    assert answer.status == 1
    assert "3 Telefon kaputt invalid_value: a phone number such as +49 30 901820" in answer.words
    assert lines_of("list.unprocessed.csv")[1][2:] == ["ben@example.org", "Ben", "kaputt"]


def test_the_corrected_report_can_be_imported_as_it_is(doocore: Doocore, write: Write) -> None:
    doocore("import", write("list.csv", LIST))
    report = Path("list.unprocessed.csv")
    report.write_text(report.read_text("utf-8").replace("kaputt", "030 901821"), "utf-8")
    answer = doocore("import", report, "--json")
    assert (answer.status, answer.data["outcomes"]["added"]) == (0, 1)
    assert answer.data["ignored_columns"] == []


def test_an_earlier_report_is_never_written_over(doocore: Doocore, write: Write) -> None:
    """Somebody may be correcting it."""
    write("list.unprocessed.csv", "mine")
    assert doocore("import", write("list.csv", LIST), "--json").data["report_file"] == "list.unprocessed-2.csv"
    assert Path("list.unprocessed.csv").read_text("utf-8") == "mine"


def test_the_report_of_a_report_has_the_next_number(doocore: Doocore, write: Write) -> None:
    doocore("import", write("list.csv", LIST))
    assert doocore("import", "list.unprocessed.csv", "--json").data["report_file"] == "list.unprocessed-2.csv"


def test_a_report_file_that_was_named(doocore: Doocore, write: Write) -> None:
    answer = doocore("import", write("list.csv", LIST), "--report", "bad.csv")
    assert answer.status == 1
    assert len(lines_of("bad.csv")) == 2
    assert not Path("list.unprocessed.csv").exists()


@pytest.mark.parametrize("report", ["list.csv", "nowhere/bad.csv"])
def test_a_report_file_that_cannot_be_is_refused_before_anything_is_imported(
    doocore: Doocore, write: Write, report: str
) -> None:
    answer = doocore("import", write("list.csv", LIST), "--report", report)
    assert answer.status == 2
    assert not Path("doocore.db").exists()


def test_a_report_that_fails_in_the_end_does_not_undo_the_import(
    doocore: Doocore, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("doocore_adapters.cli.importing.write_unprocessed", full)
    answer = doocore("import", write("list.csv", LIST))
    assert answer.status == 1
    assert "list.unprocessed.csv was not written: [Errno 28] No space left on device" in answer.err
    assert doocore("contacts", "--json").data["total"] == 1


def test_a_dry_run_gives_the_same_report_and_writes_nothing(doocore: Doocore, write: Write) -> None:
    write("list.csv", LIST)
    rehearsed = doocore("import", "list.csv", "--dry-run", "--json").data
    assert sorted(map(str, Path().iterdir())) == ["list.csv"]
    done = doocore("import", "list.csv", "--json").data
    changing = {"id", "dry_run", "report_file"}
    assert {key: rehearsed[key] for key in rehearsed.keys() - changing} == {
        key: done[key] for key in done.keys() - changing
    }
    assert (rehearsed["dry_run"], done["dry_run"]) == (True, False)


def test_a_dry_run_knows_what_is_there(doocore: Doocore, write: Write) -> None:
    doocore("import", write("list.csv", LIST))
    answer = doocore("import", "list.csv", "--dry-run")
    assert "unchanged 1 matched a contact that has it all" in answer.words
    assert "Dry run: nothing was written." in answer.words
    assert not Path("list.unprocessed-2.csv").exists()


def test_a_dry_run_writes_the_report_file_where_one_is_named(doocore: Doocore, write: Write) -> None:
    doocore("import", write("list.csv", LIST), "--dry-run", "--report", "bad.csv")
    assert lines_of("bad.csv")[1][0] == "3"


def test_groups_for_all_and_for_those_that_were_there(doocore: Doocore, write: Write) -> None:
    doocore("import", write("one.csv", "E-Mail\nada@example.org\n"), "--group", "VIP", "--group", "2026")
    doocore(
        *("import", write("two.csv", "E-Mail\nada@example.org\nben@example.org\n")),
        *("--duplicates", "only-new", "--group", "New", "--existing-to-group", "Seen"),
    )
    groups = {each["name"]: each["contacts"] for each in doocore("groups", "--json").data["groups"]}
    assert groups == {"VIP": 1, "2026": 1, "New": 1, "Seen": 1}


@pytest.mark.parametrize(
    ("mode", "outcome", "name"),
    [("fill-empty", "unchanged", "Ada"), ("overwrite", "updated", "Ida"), ("only_new", "skipped", "Ada")],
)
def test_the_duplicate_modes(doocore: Doocore, write: Write, mode: str, outcome: str, name: str) -> None:
    doocore("import", write("one.csv", "E-Mail,Vorname\nada@example.org,Ada\n"))
    answer = doocore(
        "import", write("two.csv", "E-Mail,Vorname\nada@example.org,Ida\n"), "--duplicates", mode, "--json"
    )
    assert answer.data["outcomes"][outcome] == 1
    assert doocore("contacts", "--json").data["contacts"][0]["values"]["first_name"] == name


def test_columns_go_where_map_says(doocore: Doocore, write: Write) -> None:
    write("list.csv", "Wer,Name,Notiz,Mobil=privat,Seit\nada@example.org,Lovelace,x,+49 30 901820,1.2.2024\n")
    answer = doocore(
        *("import", "list.csv", "--map", "Wer=E-Mail", "--map", "Name=Nachname", "--map", "Notiz="),
        *("--map", "Mobil=privat=create:Mobil:phone", "--map", "seit=create:Kunde seit:date", "--json"),
    )
    assert answer.data["ignored_columns"] == ["Notiz"]
    values = doocore("contacts", "--json").data["contacts"][0]["values"]
    assert values["last_name"] == "Lovelace"
    assert {"+4930901820", "2024-02-01"} < set(values.values())


def test_a_column_becomes_a_short_text_where_no_type_is_named(doocore: Doocore, write: Write) -> None:
    doocore("import", write("list.csv", "E-Mail,Foo\na@example.org,x\n"), "--map", "Foo=create:Foo")
    assert {"name": "Foo", "type": "short_text"}.items() <= doocore("fields", "--json").data["fields"][-1].items()


@pytest.mark.parametrize(
    ("mapping", "complaint"),
    [
        ("Vorname", "'Vorname' does not say where the column goes"),
        ("Vorname=Vornahme", "no field 'Vornahme' in this organization"),
        ("Vorname=create:X:texty", "'texty' is none of short_text, long_text, select"),
        ("Vorname=create:Ort", "a field named 'Ort' exists already"),
        ("Vorname=create: ", "' ' cannot name a field"),
    ],
)
def test_a_map_that_leads_nowhere_is_refused(doocore: Doocore, write: Write, mapping: str, complaint: str) -> None:
    answer = doocore("import", write("list.csv", LIST), "--map", mapping)
    assert answer.status == 2
    assert complaint in answer.err
    assert not Path("doocore.db").exists()


def test_names_in_map_that_the_list_lacks_are_warned_about(doocore: Doocore, write: Write) -> None:
    arguments = ("import", write("list.csv", LIST), "--map", "Handy=phone", "--map", "e mail=email")
    answer = doocore(*arguments)
    assert answer.err == "--map names the column 'Handy', which the list does not have\n"
    assert doocore(*arguments, "--json").data["absent_columns"] == ["Handy"]


@pytest.mark.parametrize("delimiter", ["auto", "tab"])
def test_a_tab_between_cells(doocore: Doocore, write: Write, delimiter: str) -> None:
    answer = doocore("import", write("list.csv", "E-Mail\tVorname\na@example.org\tA\n"), "--delimiter", delimiter)
    assert answer.status == 0


def test_iso_8859_1(doocore: Doocore, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes("E-Mail,Ort\nada@example.org,Köln\nben@,Münster\n".encode("iso-8859-1"))
    answer = doocore("import", "list.csv", "--encoding", "iso-8859-1")
    assert answer.status == 1
    assert "Münster".encode("iso-8859-1") in (tmp_path / "list.unprocessed.csv").read_bytes()


def test_invalid_cells_can_be_left_out(doocore: Doocore, write: Write) -> None:
    answer = doocore("import", write("list.csv", LIST), "--invalid-values", "leave-out")
    assert answer.status == 0
    assert "invalid_value 1 left out: not what the field can hold" in answer.words


def test_options_are_added_on_request(doocore: Doocore, write: Write) -> None:
    doocore("fields", "create", "Branche", "--type", "select", "--option", "IT")
    write("list.csv", "E-Mail,Anrede,Branche\na@example.org,Mx.,Bau\n")
    assert doocore("import", "list.csv").status == 1
    assert doocore("import", "list.csv", "--add-system-options").status == 1
    assert doocore("import", "list.csv", "--add-system-options", "--add-custom-options").status == 0


def test_a_report_with_many_rows_shows_the_first_few(doocore: Doocore, write: Write) -> None:
    write("list.csv", "E-Mail\n" + "".join(f"nobody{number}@\n" for number in range(150)))
    answer = doocore("import", "list.csv", "--dry-run")
    assert "The first 8 of 150 unprocessed rows" in answer.out
    assert answer.out.count("nobody") == 8
    data = doocore("import", "list.csv", "--dry-run", "--json").data
    assert (len(data["unprocessed"]), data["unprocessed_left_out"]) == (100, 50)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere.csv"], "there is no file nowhere.csv"),
        (["."], ". is no regular file"),
        (["list.csv", "--encoding", "utf-16"], "'utf-16' is neither utf-8 nor iso-8859-1"),
        (["list.csv", "--delimiter", "|"], "'|' is not a comma, a semicolon or a tab"),
        (["list.csv", "--identify-by", "name"], "'name' is none of email, customer_id, contact_id"),
        (["list.csv", "--identify-by", "booking_number"], "'booking_number' is none of email"),
        (["list.csv", "--group", "a;b"], "'a;b' cannot name a group"),
        (["list.csv", "--db", "list.csv"], "list.csv: is not an SQLite database"),
        (["list.csv", "--db", "nowhere/x.db"], "there is no folder"),
        (["list.csv", "--db", "postgresql://127.0.0.1:1/x"], "the database says: connection failed"),
    ],
)
def test_what_cannot_run_ends_with_2_and_one_line(
    doocore: Doocore, write: Write, arguments: list[str], complaint: str
) -> None:
    write("list.csv", LIST)
    answer = doocore("import", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert complaint in answer.err
    assert answer.err.count("\n") == 1
    assert not Path("doocore.db").exists()


def test_the_plan_must_contain_imports(doocore: Doocore, write: Write) -> None:
    doocore("settings", "set", "--plan", "basic")
    answer = doocore("import", write("list.csv", LIST))
    assert (answer.status, "`doocore settings set --plan` changes it" in answer.err) == (2, True)


def test_organizations_do_not_meet(doocore: Doocore, write: Write) -> None:
    doocore("import", write("list.csv", LIST), "--org", "acme")
    assert doocore("contacts", "--org", "acme", "--json").data["total"] == 1
    assert doocore("contacts", "--json").data["total"] == 0


def test_the_history_names_who_imported(doocore: Doocore, write: Write) -> None:
    doocore("import", write("list.csv", LIST), "--as", "kim")
    with sqlite3.connect("doocore.db") as connection:
        assert connection.execute("SELECT origin_actor FROM doocore_contacts").fetchall() == [("user:kim",)]
    connection.close()


class TestResume:
    @pytest.fixture
    def interrupted(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A list whose import stopped after its first commit."""
        monkeypatch.setattr(importing, "UNIT", 2)
        path = write("list.csv", f"{LIST}cleo@example.org,Cleo,\ndora@example.org,Dora,\n")

        def stop(progress: ImportProgress) -> None:
            if progress.total is not None:
                raise KeyboardInterrupt

        with closing(SqliteStore("doocore.db")) as store:
            center = ContactCenter(store.organization("default"), parsers=LibraryParsers())
            with pytest.raises(KeyboardInterrupt):
                center.import_contacts(CsvFile(path), ImportOptions(groups=["Erste"]), progress=stop)
        return path

    def test_it_goes_on_with_the_options_it_began_with(self, doocore: Doocore, interrupted: Path) -> None:
        answer = doocore("import", interrupted, "--resume", "--group", "Andere", "--json")
        assert answer.status == 1
        assert {word: count for word, count in answer.data["outcomes"].items() if count} == {
            "added": 3,
            "unprocessed": 1,
        }
        assert lines_of(answer.data["report_file"])[1][2] == "ben@example.org"
        assert [
            each["values"]["email"] for each in doocore("contacts", "--group", "Erste", "--json").data["contacts"]
        ] == [
            "ada@example.org",
            "cleo@example.org",
            "dora@example.org",
        ]
        again = doocore("import", interrupted, "--resume", "--json")
        assert (again.status, again.data["error"]) == (2, "nothing_to_resume")

    def test_one_that_begins_anew_is_told_of_it(self, doocore: Doocore, interrupted: Path) -> None:
        answer = doocore("import", interrupted)
        assert "--resume would have carried that one on" in answer.words
        assert "unchanged 1" in answer.words

    def test_a_rehearsal_cannot_be_resumed(self, doocore: Doocore, interrupted: Path) -> None:
        assert doocore("import", interrupted, "--resume", "--dry-run").status == 2
