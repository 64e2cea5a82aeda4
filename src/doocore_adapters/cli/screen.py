"""The terminal: tables for people, JSON for machines, one line for what went wrong.

Two rules for this file. 1: what comes from data is shown, never obeyed: no markup, no control characters. 2: it works
at 80 columns, in a pipe, without color, on a dumb terminal, and where the encoding has no umlauts.
"""

import codecs
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from doocore_adapters.cattrs import Plain
from doocore_adapters.cli.complaints import Complaint

NOTHING = "\N{EN DASH}"
LINE_END = "⏎"

LONGEST_MESSAGE = 1_000
"""How many characters of a message are shown: a file with a thousand columns need not fill the screen with its names."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HARMLESS = frozenset("\u00ad\u200c\u200d")  # they join and break words, and change nothing else
_BLANKS_AT_END = re.compile(" +$", re.MULTILINE)
_LINE_ENDS = re.compile("\r\n|\r|\n")
_NOT_FOR_TERMINALS = re.compile("[\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPELLED_OUT = {NOTHING: "-", "…": "...", "→": "->", "·": "|", LINE_END: "\\n"}
_UNSHOWN = "doocore.unshown"
_YES = frozenset({"y", "yes", "j", "ja"})


def shown(text: str) -> str:
    r"""Give *text* as a terminal may have it: line ends as a sign, what would steer the terminal spelled out.

    >>> shown("Ada\x1b[2J\nLovelace\u202e")
    'Ada\\x1b[2J⏎Lovelace\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(map(_shown_letter, _LINE_ENDS.sub(LINE_END, text)))


def _shown_letter(letter: str) -> str:
    if unicodedata.category(letter) in _INVISIBLE and letter not in _HARMLESS:
        return letter.encode("unicode_escape").decode("ascii")
    return letter


def shortly(text: str, limit: int = 40) -> str:
    """Give *text* in at most *limit* characters.

    >>> shortly("Donaudampfschifffahrt", 12)
    'Donaudampfs…'
    """
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def cell(value: object, style: str = "") -> Text:
    """Give *value* for a table: blank as a dash, numbers with thousands, truth as yes and no.

    >>> cell(None).plain == NOTHING, cell(1031).plain, cell(True).plain, cell("[bold]Ada").plain
    (True, '1,031', 'yes', '[bold]Ada')
    """
    match value:
        case Text():
            return value
        case None | "":
            return Text(NOTHING, style="dim")
        case bool():
            return Text("yes" if value else "no", style=style)
        case int():
            return Text(f"{value:,}", style=style)
        case _:
            return Text(shown(str(value)), style=style)


def cell_of_lines(texts: Iterable[str]) -> Text:
    """Give several texts for one cell, one below the other."""
    return Text("\n".join(map(shown, texts)))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and how it gives way where the terminal is narrow."""

    heading: str
    style: str = ""
    right: bool = False
    whole: bool = False
    share: int | None = None


def table(columns: Sequence[Column | str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """Make a table without frame; cells that are too wide go on in the next line."""
    ours = [Column(each) if isinstance(each, str) else each for each in columns]
    wide = any(each.share for each in ours)
    made = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False, expand=wide)
    for each in ours:
        made.add_column(
            each.heading,
            justify="right" if each.right else "left",
            no_wrap=each.whole,
            ratio=each.share,
            overflow="fold",
        )
    for row in rows:
        made.add_row(*(cell(value, each.style) for each, value in zip(ours, row, strict=True)))
    return Padding(made, (0, 0, 1, 2))


def heading(text: str) -> RenderableType:
    """Make the line above a part of the answer."""
    return Text(shown(text), style="bold")


def subheading(text: str) -> RenderableType:
    """Make the line above a table within a part."""
    return Padding(Text(shown(text), style="italic"), (0, 0, 0, 2))


def commands(*texts: str) -> RenderableType:
    """Make lines to be copied into a shell: however long, they are not broken."""
    lines = Text("".join(f"  {shown(each)}\n" for each in texts), style="cyan", no_wrap=True, overflow="ignore")
    return Group(lines)  # alone, it would lose what it says of wrapping


def counted(number: int, noun: str) -> str:
    """Count something that takes an `s`.

    >>> counted(1, "contact"), counted(1031, "row")
    ('1 contact', '1,031 rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def line(text: str, style: str = "") -> RenderableType:
    """Make a line of text; what is in it cannot be taken for markup."""
    return Text(shown(text), style=style)


def block(*texts: str, style: str = "") -> RenderableType:
    """Make indented lines, followed by an empty one."""
    return Padding(Text("\n".join(map(shown, texts)), style=style), (0, 0, 1, 2))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: to machines (`data`), to people (`parts`), and by its exit status.

    A command that has written by itself says nothing: no data, no parts.
    """

    data: Plain = None
    parts: Sequence[RenderableType] = ()
    status: int = 0


@dataclass(slots=True)
class Screen:
    """Where a command writes: answers to standard output, remarks to standard error."""

    as_json: bool
    out: Console = field(init=False)
    err: Console = field(init=False)

    def __post_init__(self) -> None:
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    def give(self, answer: Answer) -> None:
        """Print the answer, to the last letter."""
        if self.as_json and answer.data is not None:
            self.print_json(answer.data)
        elif not self.as_json:
            with self.out.capture() as captured:
                for part in answer.parts:
                    self.out.print(part, crop=False)
            sys.stdout.write(_BLANKS_AT_END.sub("", captured.get()))
        sys.stdout.flush()

    def print_json(self, data: Plain) -> None:
        """Print JSON; what might steer a terminal is escaped, and everything else where the encoding has no letters."""
        text = json.dumps(data, indent=2, ensure_ascii=self.out.options.ascii_only)
        sys.stdout.write(_NOT_FOR_TERMINALS.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")

    def remark(self, text: str) -> None:
        """Say something beside the answer; machines find it in the data."""
        if not self.as_json:
            self.err.print(line(text, "yellow"), soft_wrap=True)

    def ask(self, question: str) -> bool | None:
        """Ask a person at the terminal; None where there is nobody to answer."""
        if self.as_json or not sys.stdin.isatty():
            return None
        self.err.print(line(f"{question} [y/N]"), soft_wrap=True, end=" ")
        return sys.stdin.readline().strip().lower() in _YES

    def complain(self, complaint: Complaint) -> None:
        """Say in one line what went wrong; machines get it as JSON, in the place of the answer."""
        if self.as_json:
            self.print_json(complaint.data)
        else:
            message = shown(shortly(complaint.message, LONGEST_MESSAGE))
            self.err.print(Text.assemble(("doocore: ", "bold red"), message), soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int | None], None]]:
        """Show a bar on a terminal, and nothing in a pipe; the function takes what is done, how far, and of how much."""
        if self.as_json or not self.err.is_terminal or self.err.is_dumb_terminal:
            yield _unseen
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
        with Progress(*columns, TextColumn("{task.fields[count]}"), console=self.err, transient=True) as bar:
            task = bar.add_task("", total=None, count="")

            def show(what: str, done: int, total: int | None) -> None:
                bar.update(task, description=shown(what), completed=done, total=total, count=f"{done:,}")

            yield show


def _unseen(_what: str, _done: int, _total: int | None) -> None:
    """Nobody watches."""


def _console(file: TextIO) -> Console:
    return Console(file=file, markup=False, emoji=False, highlight=False)


def let_go() -> None:
    """Give up standard output where nobody reads on: Python flushes once more at its end, and that goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_anything() -> None:
    """Let standard output and error take every text: a letter that the encoding lacks is replaced, not an error."""
    codecs.register_error(_UNSHOWN, _replaced)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=_UNSHOWN)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_SPELLED_OUT.get(letter, "?") for letter in error.object[error.start : error.end]), error.end
