"""The lists in `examples/lists`: each is imported with the very command that its page shows."""

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from doocore import ContactCenter
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.memory import MemoryStore
from doocore_adapters.validation import LibraryParsers
from tests.cli.conftest import Doocore

LISTS = Path(__file__).parents[2] / "examples" / "lists"
PAGE = (LISTS / "README.md").read_text("utf-8")

BROKEN = dict(re.findall(r"^\| `([^`]+\.csv)` \| `([a-z_]+)` \|", PAGE, re.MULTILINE))
"""The files that are refused whole, with the error that the page promises."""

PLACES = {
    "not-text-control-bytes.csv": (3, 2, 73),
    "not-text-utf-16.csv": (1, 1, 3),
    "encoding-latin-1.csv": (2, 3, 46),
    "unclosed-quote.csv": (2, "Firma", None),
    "header-no-line.csv": (None, None, None),
    "header-nothing-maps.csv": (1, None, None),
    "duplicate-column-same-name.csv": (1, "e-mail", None),
    "duplicate-column-same-field.csv": (1, "Unternehmen", None),
    "unmapped-identifier.csv": (1, None, None),
}
"""Where the mistake stands: line, column, byte."""


@dataclass(frozen=True)
class Block:
    """One block of the page: commands, each with the lines of the answer that the page shows."""

    text: str

    @property
    def steps(self) -> Iterator[tuple[list[str], list[str]]]:
        for step in self.text.replace("\\\n", "").removeprefix("$ ").split("\n$ "):
            command, *lines = step.strip().splitlines()
            yield shlex.split(command), [" ".join(line.split()) for line in lines]


BLOCKS = [Block(text) for text in re.findall(r"```console\n(.+?)```", PAGE, re.DOTALL)]


@pytest.fixture
def lists(doocore: Doocore, tmp_path: Path) -> Doocore:
    """The command, in a copy of the folder."""
    shutil.copytree(LISTS, tmp_path, dirs_exist_ok=True)
    return doocore


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.text[2:50])
def test_the_command_that_the_page_shows_gives_what_the_page_shows(lists: Doocore, block: Block) -> None:
    for (program, *arguments), shown in block.steps:
        assert program == "doocore"
        answer = lists(*arguments)
        assert answer.status == 1
        said = [" ".join(line.split()) for line in answer.out.splitlines()]
        assert [line for line in shown if line not in said] == []


def test_every_list_has_its_command_on_the_page() -> None:
    imported = {argument for block in BLOCKS for command, _ in block.steps for argument in command}
    assert {path.name for path in LISTS.glob("*.csv")} <= imported


WITHOUT_SYSTEM_OPTIONS = [("crm-excel.csv", 16, 14), ("outlook.csv", 14, 10)]


@pytest.mark.parametrize(("name", "added", "unprocessed"), WITHOUT_SYSTEM_OPTIONS)
def test_without_the_switch_unknown_salutations_are_refused(
    lists: Doocore, name: str, added: int, unprocessed: int
) -> None:
    _program, *arguments = next(command for block in BLOCKS for command, _ in block.steps if name in command)
    arguments.remove("--add-system-options")
    outcomes = lists(*arguments, "--json").data["outcomes"]
    assert (outcomes["added"], outcomes["unprocessed"]) == (added, unprocessed)
    assert re.search(rf"[Ww]ithout `--add-system-options`, {added} .+ {unprocessed} stay unprocessed", PAGE)


def test_every_broken_file_is_on_the_page() -> None:
    assert BROKEN.keys() == {path.name for path in (LISTS / "broken").iterdir()} == PLACES.keys()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_whole_with_the_place_of_the_mistake(lists: Doocore, name: str) -> None:
    answer = lists("import", f"broken/{name}", "--json")
    assert answer.status == 2
    found = answer.data
    assert (found["error"], found["problem"]) == ("import_file", BROKEN[name])
    assert (found["line"], found["column"], found["byte"]) == PLACES[name]
    assert not list(Path().glob("*.db*"))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_says_it_in_one_line(lists: Doocore, name: str) -> None:
    answer = lists("import", f"broken/{name}")
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    for word, place in zip(("line", "column", "byte"), PLACES[name], strict=True):
        assert (f"{word} {place}" in answer.err) == (place is not None)


def test_a_broken_file_changes_nothing_in_a_database_that_is_there(lists: Doocore) -> None:
    lists("import", "everything-wrong.csv")
    before = lists("contacts", "--json").data
    for name in BROKEN:
        lists("import", f"broken/{name}")
    assert lists("contacts", "--json").data == before


EVERY_REASON = [
    (4, "missing_identifier", "E-Mail", "", "give the email of this row"),
    (
        7,
        "duplicate_in_file",
        "E-Mail",
        "Ada.RICHTIG@example.org",
        "an earlier row has the same value; keep one of them",
    ),
    (
        8,
        "duplicate_in_file",
        "E-Mail",
        "ben.richtig@example.org",
        "an earlier row has the same value; keep one of them",
    ),
    (8, "invalid_value", "Telefon", "ist kaputt", "a phone number such as"),
    (9, "invalid_email", "E-Mail", "erik.example.org", "there is no @"),
    (10, "invalid_email", "E-Mail", "Frida Spitz <frida.spitz@example.org>", "only what stands between < and >"),
    (11, "invalid_email", "E-Mail", "mailto:gerd.link@example.org", "leave out mailto:"),
    (12, "invalid_email", "E-Mail", "hilde@example.org, hilde@example.com", "one address only"),
    (13, "invalid_email", "E-Mail", "ingo frei@example.org", "there is a blank inside"),
    (14, "invalid_email", "E-Mail", "jana@firma", "there is no dot after the @"),
    (15, "invalid_value", "Telefon", "089/12", "a phone number such as"),
    (16, "invalid_value", "PLZ", "80", "3 to 10 letters"),
    (17, "invalid_value", "Land", "Bayern", "a country code such as DE"),
    (18, "invalid_value", "Veranstaltungskommunikation", "vielleicht", "one of: 1, true, yes"),
    (19, "unknown_option", "Anrede", "Familie", "one of: Herr, Frau"),
    (20, "unknown_option", "Anrede", "frau", "one of: Herr, Frau"),
    (21, "too_long", "Nr.", "7, Rückgebäude", "at most 45 characters"),
    (22, "too_long", "Firma", "Gesellschaft zur Förderung", "at most 255 characters"),
    (23, "wrong_column_count", "", "", "the header has 14 columns, this row 15"),
    (24, "wrong_column_count", "", "", "the header has 14 columns, this row 13"),
    (26, "customer_id_taken", "Kundennummer", "W-002", "correct it or clear the cell"),
    (27, "unknown_option", "Anrede", "Hr.", "one of: Herr, Frau"),
    (27, "too_long", "Nr.", "xxxx", "at most 45 characters"),
    (27, "invalid_value", "Telefon", "keins", "a phone number such as"),
]
"""Line, reason, column, how the value begins, and part of what to do (IM-8, FI-6)."""


@pytest.mark.parametrize("reason", EVERY_REASON, ids=lambda reason: f"{reason[0]}-{reason[1]}")
def test_every_reason_comes_with_row_column_value_and_what_to_do(
    everything_wrong: list[tuple[int, str, str, str, str]], reason: tuple[int, str, str, str, str]
) -> None:
    line, word, column, value, advice = reason
    assert [
        each
        for each in everything_wrong
        if each[:3] == (line, word, column) and each[3].startswith(value) and advice in each[4]
    ]


@pytest.fixture(scope="module")
def everything_wrong() -> list[tuple[int, str, str, str, str]]:
    """What is said about each cell of the list in which everything is wrong."""
    center = ContactCenter(MemoryStore().organization("acme"), parsers=LibraryParsers())
    report = center.import_contacts(CsvFile(LISTS / "everything-wrong.csv"))
    return [
        (row.line, each.word.value, each.column, each.cell, each.advice)
        for row in center.imports.rows(report.id)
        for each in row.reasons
    ]


def test_people_see_the_same(lists: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = lists("import", "everything-wrong.csv").words
    assert "8 E-Mail ben.richtig@example.org duplicate_in_file: an earlier row has the same value" in said
    assert "8 Telefon ist kaputt invalid_value: a phone number such as +49 30 901820" in said


CUSTOM = [
    ("date", "31.2.2024", "invalid_value"),
    ("checkbox", "vielleicht", "invalid_value"),
    ("short_text", "x" * 131, "too_long"),
    ("phone", "keins", "invalid_value"),
    ("select", "Bau", "unknown_option"),
]


@pytest.mark.parametrize(("field_type", "value", "reason"), CUSTOM)
def test_values_of_custom_fields_are_judged_too(
    doocore: Doocore, tmp_path: Path, field_type: str, value: str, reason: str
) -> None:
    options = ["--option", "IT"] if field_type == "select" else []
    assert doocore("fields", "create", "Foo", "--type", field_type, *options).status == 0
    (tmp_path / "list.csv").write_text(f"E-Mail,Foo\nada@example.org,{value}\n", "utf-8")
    (row,) = doocore("import", "list.csv", "--json").data["unprocessed"]
    (found,) = row["reasons"]
    assert (row["line"], found["word"], found["column"], found["cell"]) == (2, reason, "Foo", value)
    assert found["advice"]
