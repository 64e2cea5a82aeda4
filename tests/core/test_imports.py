"""The core stands on the standard library alone, its rules on nothing but their arguments, and no file on a registry.

Which way imports point *inside* the two packages is import-linter's to check; see `[tool.importlinter]` in pyproject.toml.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import doocore

CORE = Path(doocore.__file__).parent
ROOT = Path(__file__).parents[2]

PURE = ("changes.py", "errors.py", "model", "plans", "rules")
"""The parts of the core that decide or are decided about: the same arguments give the same answer, always."""

OUTSIDE_WORLD = {
    *("time", "sched", "locale", "getpass", "platform"),
    *("random", "secrets", "uuid"),
    *("os", "pathlib", "shutil", "tempfile", "glob", "fileinput", "logging", "sqlite3", "dbm", "shelve"),
    *("socket", "ssl", "http", "urllib", "smtplib", "subprocess", "multiprocessing", "threading", "asyncio"),
}
"""Standard modules with a clock, with chance, or with a door to files, other machines and other processes."""

ASKS_THE_CLOCK = {"now", "today", "utcnow"}
TOUCHES_FILES = {"open", "print", "input"}


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give each imported module's top-level name with its line; a relative import is the package itself."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name.partition(".")[0]) for alias in names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield node.lineno, module.partition(".")[0]


def foreign_imports(source: str) -> list[str]:
    """Name what *source* imports beyond the standard library and `doocore`."""
    allowed = sys.stdlib_module_names | {"doocore"}
    return [f"line {line}: {name}" for line, name in imported_modules(ast.parse(source)) if name not in allowed]


def impurities(source: str) -> list[str]:
    """Name what in *source* looks at the outside world: its imports, a clock or time zone of the machine, files."""
    tree = ast.parse(source)
    found = [f"line {line}: {name}" for line, name in imported_modules(tree) if name in OUTSIDE_WORLD]
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in ASKS_THE_CLOCK:
                found.append(f"line {node.lineno}: .{name}()")
            case ast.Call(func=ast.Attribute(attr="astimezone"), args=[], keywords=[]):
                found.append(f"line {node.lineno}: .astimezone() without a time zone")
            case ast.Call(func=ast.Name(id=name)) if name in TOUCHES_FILES:
                found.append(f"line {node.lineno}: {name}()")
    return found


def files_of_core(*parts: str) -> list[str]:
    return sorted(
        path.relative_to(CORE).as_posix()
        for path in CORE.rglob("*.py")
        if not parts or path.relative_to(CORE).parts[0] in parts
    )


@pytest.mark.parametrize("file", files_of_core())
def test_the_core_imports_the_standard_library_and_itself_alone(file: str) -> None:
    assert foreign_imports((CORE / file).read_text("utf-8")) == []


@pytest.mark.parametrize("file", files_of_core(*PURE))
def test_what_decides_knows_no_clock_no_chance_and_no_files(file: str) -> None:
    assert impurities((CORE / file).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import attrs", ["line 1: attrs"]),
        ("import json, babel.dates", ["line 1: babel"]),
        ("def f():\n    from cattrs import structure", ["line 2: cattrs"]),
        ("import doocore_adapters.memory", ["line 1: doocore_adapters"]),
        ("from doocore.model import contact\nfrom . import code\nimport collections.abc", []),
    ],
)
def test_a_foreign_import_is_found(source: str, found: list[str]) -> None:
    assert foreign_imports(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from os import path", ["line 1: os"]),
        ("import datetime, random", ["line 1: random"]),
        ("datetime.datetime.now(UTC)", ["line 1: .now()"]),
        ("date.today()", ["line 1: .today()"]),
        ("moment.astimezone()", ["line 1: .astimezone() without a time zone"]),
        ("open('x')", ["line 1: open()"]),
        ("from datetime import time\nmoment.astimezone(zone)\nrequest.now", []),
    ],
)
def test_a_look_at_the_outside_world_is_found(source: str, found: list[str]) -> None:
    assert impurities(source) == found


ADDRESSES_OF_A_REGISTRY = re.compile(
    r"""https?://[^\s"'<>]+(?:/simple(?![\w-])|/packages/|\.whl\b|\.tar\.gz\b)"""  # an index, or a file from one
    r"""|index[-_]url\s*=\s*\S*://"""  # a setting that names an index
    r"""|find[-_]links\s*=\s*\S*://""",
    re.IGNORECASE,
)

SITE = "https:" + "//example.org"  # in two parts, since this file is searched too


def files_of_the_repository() -> list[Path]:
    """List what git tracks, or would track if it were added now; nothing where this is not a checkout."""
    if not (ROOT / ".git").exists():
        return []
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def hosts_in_use() -> set[str]:
    """Read the hosts that packages came from on this machine out of the local lock file, which git ignores."""
    lock = ROOT / "uv.lock"
    return set(re.findall(r"https?://([^/\s\"]+)", lock.read_text("utf-8"))) if lock.exists() else set()


def test_no_file_of_the_repository_names_a_registry() -> None:
    """Everyone installs from the registry of their own settings."""
    hosts = hosts_in_use()
    found = []
    for path in files_of_the_repository():
        text = path.read_bytes().decode("utf-8", "replace")
        if ADDRESSES_OF_A_REGISTRY.search(text) or any(host in text for host in hosts):
            found.append(path.relative_to(ROOT).as_posix())
    assert found == []


def test_no_lock_file_is_part_of_the_repository() -> None:
    """Lock files name the addresses that packages came from."""
    names = [path.name for path in files_of_the_repository()]
    assert [name for name in names if name.endswith(".lock") or re.fullmatch(r"pylock(\..+)?\.toml", name)] == []


@pytest.mark.parametrize(
    "text",
    [
        "url = '{site}/a/simple'",
        "{site}/packages/ab/cd/x.zip",
        "[x]({site}/x-1.0-py3-none-any.whl)",
        "extra-index-url = {site}",
        "UV_INDEX_URL={site}",
    ],
)
def test_the_address_of_a_registry_is_recognized(text: str) -> None:
    assert ADDRESSES_OF_A_REGISTRY.search(text.format(site=SITE))


@pytest.mark.parametrize("text", ["{site}/simple-rules", "{site}/packages", "a.whl", "find_links(text)", "{site}"])
def test_other_addresses_are_left_alone(text: str) -> None:
    assert not ADDRESSES_OF_A_REGISTRY.search(text.format(site=SITE))
