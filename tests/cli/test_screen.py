"""The terminal: what comes from data is shown and never obeyed, whatever the terminal can do."""

import io
import json
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from doocore.model.fields import entered
from doocore_adapters.cli.screen import Answer, Column, Screen, cell, shortly, shown, table, write_anything
from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]

HOSTILE = "[bold red]Ada[/] \x1b[2J\x1b]0;owned\x07 :smile: \u202egnp.exe \x9b31m\u2028"


@given(st.text())
def test_no_text_steers_the_terminal(text: str) -> None:
    kinds = {unicodedata.category(letter) for letter in shown(text) if letter not in "\u00ad\u200c\u200d"}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


@given(st.text().filter(str.isprintable))
def test_printable_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.fixture
def hostile(doocore: Doocore, write: Write) -> Doocore:
    """The command, with a contact whose name would take over a terminal."""
    doocore("events", "create", "gala", "--live")
    party = {"email": "ada@example.org", "values": {"first_name": HOSTILE, "comment": "one\ntwo"}}
    doocore("book", write("b.json", {"event": "gala", "booker": party}))
    return doocore


@pytest.mark.parametrize("command", ["contacts", "show ada@example.org"])
def test_values_are_neither_markup_nor_control_characters(
    hostile: Doocore, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    said = hostile(*command.split()).out
    assert "[bold red]Ada[/] \ufffd[2J\ufffd]0;owned\ufffd :smile: \\u202egnp.exe \\x9b31m" in said
    assert said.replace("\n", "").isprintable()


def test_what_a_booking_says_is_only_shown_too(hostile: Doocore, write: Write) -> None:
    party = {"email": "ben@example.org", "values": {"first_name": HOSTILE}}
    said = hostile("book", write("b.json", {"event": "gala", "booker": party})).out
    assert "[bold red]Ada[/]" in said
    assert said.replace("\n", "").isprintable()


def test_json_has_the_very_value_and_steers_nothing_either(hostile: Doocore) -> None:
    answer = hostile("contacts", "--json")
    assert answer.data["contacts"][0]["values"]["first_name"] == entered(HOSTILE.strip("\u2028"))
    assert answer.out.replace("\n", "").isprintable()


def test_a_complaint_repeats_no_control_character(doocore: Doocore) -> None:
    answer = doocore("import", "no\x1b[31mfile.csv")
    assert answer.err == "doocore: there is no file no\\x1b[31mfile.csv\n"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_tables_keep_to_the_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    columns = (Column("ID", whole=True), Column("Address", share=2), "Text")
    Screen(as_json=False).give(Answer(parts=[table(columns, [("K-1", "a" * 300, "long words " * 30)])]))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if line.endswith(" ")]


def test_commands_to_be_copied_are_never_broken(doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = doocore("demo", "--db", "a-rather-long-name-for-a-database.db").out
    assert "\n  doocore contacts müller --db a-rather-long-name-for-a-database.db\n" in out


def test_a_terminal_has_color_and_no_color_turns_it_off(doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    doocore("groups", "create", "VIP")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in doocore("groups").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", doocore("groups").out)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def bar_on(file: io.StringIO, term: str, monkeypatch: pytest.MonkeyPatch, *, as_json: bool = False) -> str:
    monkeypatch.setenv("TERM", term)
    screen = Screen(as_json=as_json)
    screen.err = Console(file=file, width=80)
    with screen.progress() as show:
        show("Checking list.csv", 0, None)
        show("Importing [list].csv", 1_000, 2_000)
    return file.getvalue()


def test_a_terminal_sees_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    said = bar_on(Terminal(), "xterm", monkeypatch)
    assert "Importing [list].csv" in said
    assert "1,000" in said


def test_a_pipe_a_dumb_terminal_and_machines_see_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert bar_on(io.StringIO(), "xterm", monkeypatch) == ""
    assert bar_on(Terminal(), "dumb", monkeypatch) == ""
    assert bar_on(Terminal(), "xterm", monkeypatch, as_json=True) == ""


def test_a_letter_that_the_encoding_lacks_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii"))
    write_anything()
    screen = Screen(as_json=False)
    screen.give(Answer(parts=[table(("Größe", "B"), [("a → b", None), ("…", "\udcff")])]))
    screen.print_json({"name": "Größe"})
    sys.stdout.flush()
    said = written.getvalue().decode("ascii")
    assert "Gr??e" in said
    assert "a -> b" in said
    assert "..." in said
    assert "---" in said
    assert json.loads(said[said.index("{") :]) == {"name": "Größe"}


def test_an_error_that_is_not_about_writing_is_not_swallowed() -> None:
    write_anything()
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", "doocore.unshown")


def test_cells() -> None:
    assert [cell(each).plain for each in (False, "", 0, "two\r\nlines")] == ["no", "–", "0", "two⏎lines"]
    assert shortly("x" * 41) == "x" * 39 + "…"
