"""What a page of the documentation shows, and how it is run.

A page is run from top to bottom, in a folder of its own that holds a copy of `examples/`. The blocks that count:

- a block with a `:caption:` is a file of that name;
- `python` is executed, in one namespace for the whole page; what it prints is shown in a block of `text` right behind
  it, or else in the comments behind each `print(…)`;
- `console` holds commands for the shell, each behind `$ `, and below each what it shows. Where the shell has nothing to
  do, `doocore` runs in this process (that it runs in its own, `tests/cli/test_process.py` sees to). A command ends with status 0,
  or with 1 (some rows were not processed) where its answer is shown; `$ echo $?` behind it shows any other status.

In what is shown, `…` stands for any text, and on a line of its own for any number of lines; IDs and moments of the day
are others each time, and stand for any.
"""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from unittest.mock import patch

from doocore_adapters.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

WIDTH = 88
"""How many characters the command may write in a line."""

RUN = {"python", "console"}
SHOWN = "text"

USER = "kim"
"""Who runs the command."""

DATABASE = "DATABASE_URL"
"""The variable in which a page that speaks of it finds a Postgres database of its own."""

_WILD = {
    "…": ".*",
    r"\b[0-9A-Z]{20}\b": "[0-9A-Z]{20}",
    r"\d{4}\\-\d\d\\-\d\d\\ \d\d:\d\d": r"\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d",
}
"""What in a line (after `re.escape`) stands for anything like it, and what it stands for (before `re.sub`)."""

PLAIN = re.compile(r"doocore [^|&;<>$`*?~#()]*")
"""A command of ours in which the shell has nothing to do but to take it apart."""

_FENCE = re.compile(r"(```+|:::+)([^`]*)")
_EXPORT = re.compile(r"export ([A-Z_]+)=(.*)")
_CAPTION = re.compile(r":caption:\s*(.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: on which lines its content begins and its fence closes, its kind, its content.

    `caption` is the name of the file it stands for, `shown` the block of text right behind it.
    """

    begins: int
    ends: int
    kind: str
    content: str
    caption: str = ""
    shown: str | None = None


def all_pages() -> list[Path]:
    """List what is read by people: the README, the changelog, and everything under docs."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def blocks_of(page: str) -> list[Block]:
    r"""Find the blocks of a page, each with the text that stands right behind it.

    >>> blocks_of("```python\nprint(1)\n```\n\n```text\n1\n```\n")
    [Block(begins=2, ends=3, kind='python', content='print(1)\n', caption='', shown='1\n')]
    """
    lines = page.splitlines()
    blocks: list[Block] = []
    for block in _fenced(lines):
        previous = blocks[-1] if blocks else None
        if previous and is_shown_by(previous, block, lines):
            blocks[-1] = replace(previous, shown=block.content)
        else:
            blocks.append(block)
    return blocks


def is_shown_by(previous: Block, block: Block, lines: Sequence[str]) -> bool:
    """Tell whether *block* is the text right behind *previous*."""
    return block.kind == SHOWN and not block.caption and not any(lines[previous.ends : block.begins - 2])


def _fenced(lines: Sequence[str]) -> Iterator[Block]:
    numbered = enumerate(lines, start=1)
    for number, line in numbered:
        opening = _FENCE.fullmatch(line)
        if opening is None:
            continue
        content = list(takewhile(opening[1].__ne__, (inner for _, inner in numbered)))
        ends = number + len(content) + 1
        kind = opening[2].removeprefix("{code-block} ").strip()
        caption = _CAPTION.fullmatch(content[0]) if content else None
        if caption is not None:
            content = content[2:]
        yield Block(number + 1, ends, kind, "".join(f"{each}\n" for each in content), caption[1] if caption else "")


@dataclass(slots=True)
class PageRun:
    """One page on its way from top to bottom; *folder* is where it runs, and the present one."""

    folder: Path
    namespace: dict[str, object] = field(default_factory=lambda: {"__name__": "__page__"})
    status: int = 0
    exported: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "examples", self.folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))

    def run(self, block: Block) -> None:
        """Do what *block* says; raises `AssertionError` where something else happens than it shows."""
        if block.caption:
            (self.folder / block.caption).write_text(block.content, encoding="utf-8")
        elif block.kind == "python":
            self._python(block)
        elif block.kind == "console":
            self._console(block)

    def _python(self, block: Block) -> None:
        printed = io.StringIO()
        source = "\n" * (block.begins - 1) + block.content  # so that errors name the line of the page
        with redirect_stdout(printed):
            exec(compile(source, "<page>", "exec"), self.namespace)  # noqa: S102, our own pages
        shown = "".join(f"{each}\n" for each in printed_by(block.content)) if block.shown is None else block.shown
        assert_shown(shown, printed.getvalue())

    def _console(self, block: Block) -> None:
        commands = list(commands_of(block.content))
        followers = [command for command, _ in commands[1:]]
        for (command, shown), follower in zip(commands, [*followers, ""], strict=True):
            if exporting := _EXPORT.fullmatch(command):
                self.exported[exporting[1]] = "".join(shlex.split(exporting[2]))
            said = self._answered(command) if PLAIN.fullmatch(command) else self._answered_by_the_shell(command)
            expected = self.status in ({0, 1} if shown else {0})
            assert expected or follower == "echo $?", f"`{command}` ended with {self.status}: {said}"
            if shown:
                assert_shown(shown, said)

    def _answered(self, command: str) -> str:
        """Run our own command in this process, which takes a tenth of the time."""
        said = io.StringIO()
        with patch.dict(os.environ, self._environment(), clear=True), redirect_stdout(said), redirect_stderr(said):
            self.status = main(shlex.split(command.replace("\\\n", " "))[1:])
        return said.getvalue()

    def _answered_by_the_shell(self, command: str) -> str:
        said = subprocess.run(
            ["/bin/sh", "-c", f"(exit {self.status}); {command}"],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        self.status = said.returncode
        return said.stdout

    def _environment(self) -> dict[str, str]:
        commands = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        person = {"HOME": str(self.folder), "LOGNAME": USER, "LC_ALL": "C.UTF-8"}
        steady = {"CI": "true"}  # a property test on a busy machine is no matter of milliseconds
        server = {DATABASE: os.environ[DATABASE]} if DATABASE in os.environ else {}
        return {"PATH": commands, "COLUMNS": str(WIDTH), "NO_COLOR": "1", **person, **steady, **server, **self.exported}


def printed_by(source: str) -> Iterator[str]:
    r"""Give what the comments behind `print(…)` say.

    >>> list(printed_by("a = 1  # no print\nprint(\n    a\n)  # 1\n"))
    ['1']
    """
    first = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NEWLINE:
            first = ""
        elif token.type == tokenize.COMMENT and first == "print":
            yield token.string.removeprefix("#").strip()
        elif token.type == tokenize.NAME and not first:
            first = token.string


def commands_of(content: str) -> Iterator[tuple[str, str]]:
    r"""Give each command with what it shows; a backslash at the end of a line joins the next one.

    >>> list(commands_of("$ echo 1 \\\n    2\n1 2\n$ true\n"))
    [('echo 1 \\\n    2', '1 2\n'), ('true', '')]
    """
    for each in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        command, _, shown = re.sub(r"\\\n", "\0", each).partition("\n")
        yield command.replace("\0", "\\\n"), shown.replace("\0", "\\\n")


def assert_shown(shown: str, said: str) -> None:
    r"""Compare what a page shows with what was said, blanks at the ends of lines and blank lines at the end aside.

    >>> assert_shown("3 rows…\n…\nend\n", "3 rows of 7  \na\nb\nend\n")
    >>> assert_shown("on 2026-01-01 10:00\n", "on 2027-12-31 23:59\n")
    """
    pattern = "".join(map(_pattern, shown.splitlines()))
    trimmed = "".join(f"{line.rstrip()}\n" for line in said.rstrip().splitlines())
    assert re.fullmatch(pattern, trimmed), f"shown:\n{shown}\nsaid:\n{trimmed}"


def _pattern(line: str) -> str:
    if line.strip() == "…":
        return r"(?:.*\n)*?"
    pattern = re.escape(line.rstrip())
    for shown, meant in _WILD.items():
        pattern = re.sub(shown, meant, pattern)
    return pattern + r"\n"


def unknown_kinds(blocks: Iterable[Block]) -> list[str]:
    """Name the blocks that nobody runs: neither run, nor a file, nor a directive of MyST."""
    return [
        f"line {each.begins - 1}: {each.kind or 'no kind'}"
        for each in blocks
        if not (each.kind in RUN or each.caption or each.kind.startswith("{"))
    ]
