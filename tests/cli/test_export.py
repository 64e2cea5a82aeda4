"""`doocore export` and `doocore template`: what is written, and what is refused before; workbooks at the command line."""

import csv
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doocore import ContactCenter, Export
from doocore_adapters.cli.screen import Screen
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.xlsx import XlsxFile, write_xlsx
from tests.cli.conftest import Doocore
from tests.cli.test_process import WITHOUT

Write = Callable[[str, object], Path]

LIST = (
    "E-Mail,Vorname,Kundennummer,Gruppen,Newsletter,Kommentar\n"
    "ada@example.org,Ada,007,VIP; Presse,1,- bald\n"
    "ben@example.org,Ben,K-2,,0,\n"
    "cem@example.org,Łukasz,K-3,VIP,,5 €\n"
)

ROUND_TRIP = ("--identify-by", "contact_id", "--duplicates", "overwrite", "--json")


@pytest.fixture
def filled(doocore: Doocore, write: Write) -> Doocore:
    """The command, with three contacts in `doocore.db`."""
    assert doocore("import", write("list.csv", LIST)).status == 0
    return doocore


def rows_of(path: str, **how: str) -> list[list[str]]:
    with Path(path).open(newline="", **{"encoding": "utf-8", **how}) as file:  # type: ignore[call-overload]
        return list(csv.reader(file))


def names(path: str) -> list[str]:
    return [row[5] for row in rows_of(path)[1:]]


class TestExport:
    def test_all_contacts_go_into_a_new_file(self, filled: Doocore) -> None:
        answer = filled("export", "all.csv")
        assert (answer.status, answer.out, answer.err) == (0, "3 contacts → all.csv\n", "")
        header, ada, *_ = rows_of("all.csv")
        assert header[:3] == ["Kontakt-ID", "E-Mail", "Externe Kunden-ID"]
        assert (ada[2], ada[14], ada[15:]) == ("007", "'- bald", ["Presse;VIP", "", "1", ""])

    @pytest.mark.parametrize("file", ["all.csv", "all.xlsx", "ALL.XLSX"])
    def test_imported_again_it_changes_nothing(self, filled: Doocore, file: str) -> None:
        """EX-2."""
        assert filled("export", file).status == 0
        answer = filled("import", file, *ROUND_TRIP)
        assert (answer.status, answer.data["outcomes"]["unchanged"], answer.data["ignored_columns"]) == (0, 3, [])

    def test_machines_are_told_what_was_written(self, filled: Doocore) -> None:
        data = filled("export", "all.csv", "--json").data
        assert (data["file"], data["contacts"], data["columns"]) == ("all.csv", 3, rows_of("all.csv")[0])

    def test_a_group_a_search_or_a_selection(self, filled: Doocore) -> None:
        ids = [each["id"] for each in filled("contacts", "--json").data["contacts"]]
        filled("export", "vip.csv", "--group", "vip")
        filled("export", "ben.csv", "--text", "BEN@")
        filled("export", "two.csv", "--contact", ids[2], "--contact", ids[0])
        assert [names(f"{each}.csv") for each in ("vip", "ben", "two")] == [
            ["Ada", "Łukasz"],
            ["Ben"],
            ["Ada", "Łukasz"],
        ]

    def test_archived_fields_come_along_where_they_are_asked_for(self, filled: Doocore) -> None:
        filled("fields", "create", "Alt")
        with closing(SqliteStore("doocore.db")) as store:
            ContactCenter(store.organization("default")).fields.change("Alt", archived=True)
        filled("export", "some.csv")
        filled("export", "all.csv", "--archived-fields")
        assert [("Alt" in rows_of(each)[0]) for each in ("some.csv", "all.csv")] == [False, True]

    def test_semicolons_or_tabs(self, filled: Doocore) -> None:
        filled("export", "s.csv", "--delimiter", ";")
        filled("export", "t.csv", "--delimiter", "tab")
        assert [CsvFile(each).style.delimiter for each in ("s.csv", "t.csv")] == [";", "\t"]

    def test_excel_knows_utf_8_by_its_mark(self, filled: Doocore) -> None:
        filled("export", "all.csv", "--encoding", "utf-8-sig")
        assert Path("all.csv").read_bytes().startswith(b"\xef\xbb\xbfKontakt-ID,")

    def test_what_iso_8859_1_lacks_is_named_with_what_to_do(self, filled: Doocore) -> None:
        """EX-1."""
        answer = filled("export", "all.csv", "--encoding", "iso-8859-1")
        assert (answer.status, answer.out) == (2, "")
        assert "column Vorname: iso-8859-1 has no 'Ł' (U+0141); --encoding utf-8 has it" in answer.err
        assert not Path("all.csv").exists()
        data = filled("export", "all.csv", "--encoding", "iso-8859-1", "--json").data
        assert (data["error"], data["problem"], data["column"]) == ("export_file", "unencodable", "Vorname")

    def test_what_iso_8859_1_lacks_can_be_replaced(self, filled: Doocore) -> None:
        assert filled("export", "all.csv", "--encoding", "iso-8859-1", "--replace-unencodable").status == 0
        assert rows_of("all.csv", encoding="iso-8859-1")[3][5] == "?ukasz"

    def test_a_dash_is_standard_output(self, filled: Doocore) -> None:
        answer = filled("export", "-", "--group", "VIP")
        assert (answer.status, answer.err) == (0, "")
        assert [row.split(",")[5] for row in answer.out.splitlines()] == ["Vorname", "Ada", "Łukasz"]
        assert not Path("-").exists()

    def test_a_file_is_written_over_where_that_is_meant(self, filled: Doocore) -> None:
        for file in ("all.csv", "all.xlsx"):
            Path(file).write_text("mine", "utf-8")
            answer = filled("export", file)
            assert (answer.status, answer.err) == (2, f"doocore: {file} exists already; --overwrite replaces it\n")
            assert Path(file).read_text("utf-8") == "mine"
            assert filled("export", file, "--overwrite").status == 0
            assert Path(file).read_bytes() != b"mine"

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["all.csv", "--group", "nobody"], "no group 'nobody' in this organization; `doocore groups` lists them"),
            (["all.csv", "--contact", "x", "--contact", "y"], "no contact 'x', 'y' in this organization"),
            (["all.csv", "--contact", "x", "--group", "VIP"], "--contact is a selection of its own"),
            (["all.csv", "--contact", "x", "--text", "a"], "--contact is a selection of its own"),
            (["all.csv", "--encoding", "utf-16"], "'utf-16' is none of utf-8, utf-8-sig"),
            (["all.csv", "--delimiter", "|"], "'|' is not a comma, a semicolon or a tab"),
            (["nowhere/all.csv"], "there is no folder"),
            (["-", "--json"], "name a file"),
            (["all.csv", "--db", "other.db"], "there is no database other.db"),
        ],
    )
    def test_what_cannot_run_ends_with_2_and_leaves_no_file(
        self, filled: Doocore, arguments: list[str], complaint: str
    ) -> None:
        answer = filled("export", *arguments)
        assert answer.status == 2
        assert complaint in answer.words
        assert not list(Path().glob("all*"))

    def test_a_terminal_sees_how_far_it_is(self, filled: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
        shown: list[tuple[str, int, int | None]] = []

        class Watched:
            def __enter__(self) -> Callable[[str, int, int | None], None]:
                return lambda what, done, total: shown.append((what, done, total))

            def __exit__(self, *_: object) -> None: ...

        monkeypatch.setattr(Screen, "progress", lambda _: Watched())
        filled("export", "all.csv")
        assert shown == [("Exporting all.csv", 3, 3)]

    def test_organizations_do_not_meet(self, filled: Doocore) -> None:
        assert filled("export", "all.csv", "--org", "other").out == "0 contacts → all.csv\n"


class TestTemplate:
    """IM-15."""

    def test_without_a_file_it_goes_to_standard_output(self, doocore: Doocore) -> None:
        answer = doocore("template")
        assert (answer.status, answer.out.count("\n")) == (0, 1)
        assert answer.out.startswith("E-Mail,Externe Kunden-ID,Anrede")
        assert not list(Path().iterdir())

    @pytest.mark.parametrize("file", ["template.csv", "template.xlsx"])
    def test_what_was_filled_in_needs_no_mapping(self, doocore: Doocore, file: str) -> None:
        doocore("fields", "create", "T-Shirt")
        answer = doocore("template", file)
        assert (answer.status, answer.out) == (0, f"19 columns → {file}\n")
        opened = CsvFile(file) if file.endswith(".csv") else XlsxFile(file)
        cells = {"E-Mail": "ada@example.org", "T-Shirt": "L", "Gruppen": "VIP"}
        row = [cells.get(each, "") for each in opened.columns()]
        write_xlsx("filled.xlsx", Export.of_rows(opened.columns(), [row]))
        data = doocore("import", "filled.xlsx", "--json").data
        assert (data["outcomes"]["added"], data["ignored_columns"]) == (1, [])

    def test_machines_are_told_its_columns(self, doocore: Doocore) -> None:
        data = doocore("template", "template.csv", "--json", "--encoding", "utf-8-sig", "--delimiter", ";").data
        assert data == {"file": "template.csv", "columns": list(CsvFile("template.csv").columns())}
        assert doocore("template", "--json").status == 2

    def test_a_file_that_exists_stays(self, doocore: Doocore, write: Write) -> None:
        assert doocore("template", write("template.csv", "mine")).status == 2
        assert doocore("template", "template.csv", "--overwrite").status == 0


class TestWorkbooks:
    def workbook(self, *rows: tuple[str, ...]) -> str:
        write_xlsx("list.xlsx", Export.of_rows(rows[0], rows[1:]))
        return "list.xlsx"

    def test_a_list_can_be_a_workbook(self, doocore: Doocore) -> None:
        file = self.workbook(("E-Mail", "Vorname"), ("ada@example.org", "Ada"))
        answer = doocore("import", file)
        assert (answer.status, "added 1 became a new contact" in answer.words) == (0, True)

    def test_its_report_is_a_workbook_too_and_can_be_imported(self, doocore: Doocore) -> None:
        """IM-10: as the list was."""
        answer = doocore("import", self.workbook(("E-Mail", "Ort"), ("ada", "Köln"), ("ben@x.de", "")), "--json")
        assert (answer.status, answer.data["report_file"]) == (1, "list.unprocessed.xlsx")
        ((_, cells),) = XlsxFile("list.unprocessed.xlsx").rows()
        assert cells[2:] == ["ada", "Köln"]
        again = doocore("import", "list.unprocessed.xlsx", "--json")
        assert (again.status, again.data["report_file"]) == (1, "list.unprocessed-2.xlsx")
        assert again.data["ignored_columns"] == []

    def test_its_report_can_be_csv_that_excel_can_read(self, doocore: Doocore) -> None:
        doocore("import", self.workbook(("E-Mail",), ("ädä",)), "--report", "bad.csv")
        assert Path("bad.csv").read_bytes().startswith(b"\xef\xbb\xbfimport_line,")

    def test_the_report_of_a_csv_file_is_one(self, doocore: Doocore, write: Write) -> None:
        """In a workbook, a row that is too short could not be told from a whole one."""
        answer = doocore("import", write("list.csv", "E-Mail,Ort\nada\n"), "--report", "bad.xlsx")
        assert (answer.status, "the report of a CSV file is a CSV file" in answer.err) == (2, True)
        assert not Path("doocore.db").exists()

    def test_what_is_no_workbook_is_refused(self, doocore: Doocore, write: Write) -> None:
        answer = doocore("import", write("list.xlsx", "E-Mail\nada@example.org\n"), "--json")
        assert (answer.status, answer.data["error"], answer.data["problem"]) == (2, "import_file", "not_xlsx")

    def test_a_report_that_no_workbook_can_hold_does_not_undo_the_import(
        self, doocore: Doocore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = self.workbook(("E-Mail",), ("ada",))
        monkeypatch.setattr("doocore_adapters.xlsx.MOST_ROWS", 1)
        answer = doocore("import", file)
        assert answer.status == 1
        assert "list.unprocessed.xlsx was not written: too_many_rows" in answer.err

    @pytest.mark.parametrize(
        ("package", "arguments"),
        [
            ("python_calamine", ["import", "list.xlsx"]),
            ("xlsxwriter", ["export", "new.xlsx"]),
            ("xlsxwriter", ["template", "new.xlsx"]),
        ],
    )
    def test_a_missing_extra_is_named_with_what_to_install(
        self, doocore: Doocore, write: Write, package: str, arguments: list[str]
    ) -> None:
        doocore("import", write("list.csv", "E-Mail\nada@example.org\n"))
        write("list.xlsx", "")
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT.format(package=package), *arguments],
            capture_output=True,
            check=False,
            text=True,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f'doocore: XLSX files need {package}; install it with: pip install "doocore[cli,xlsx]"\n'

    def test_a_module_that_the_extra_does_not_bring_is_a_bug(
        self, doocore: Doocore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr("doocore_adapters.xlsx")
        monkeypatch.setitem(sys.modules, "doocore_adapters.xlsx", None)
        with pytest.raises(ModuleNotFoundError):
            doocore("template", "new.xlsx")
