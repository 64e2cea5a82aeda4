"""Print the command reference from the command: `python docs/command_reference.py` writes its tables anew.

Like the tables of the rule book, the page includes them, and a test fails when they differ from what the command says.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import typer.main

from doocore_adapters.cli.app import app
from doocore_adapters.cli.session import SHARED

TABLES = Path(__file__).parent / "_tables"

RECORDS = frozenset({"contacts", "groups", "events", "codes"})
"""Groups of commands about what an organizer keeps; the others are about how."""

Command: TypeAlias = Any
Parameter: TypeAlias = Any
"""Typer shows the classes of click to nobody; what is read here they have had in every version that will do."""


def printed() -> Mapping[str, str]:
    """Print every command with its arguments and options: by file, those that stand alone and those of a group."""
    root: Command = typer.main.get_command(app)
    shared = _table(root, [each for each in root.params if each.name in SHARED])
    groups = {name: each for name, each in root.commands.items() if hasattr(each, "commands")}
    alone = {name: each for name, each in root.commands.items() if name not in groups}
    return {
        "command.md": "\n".join(["## Options of every command\n", shared, *_commands("doocore", root, alone)]),
        "command_groups.md": "\n".join(_commands("doocore", root, _part(groups, records=True))),
        "command_settings.md": "\n".join(_commands("doocore", root, _part(groups, records=False))),
    }


def _part(groups: Mapping[str, Command], *, records: bool) -> Mapping[str, Command]:
    """Part the groups, so that no page is too long: those of records, and the rest."""
    return {name: each for name, each in groups.items() if (name in RECORDS) == records}


def _commands(path: str, group: Command, commands: Mapping[str, Command]) -> Iterator[str]:
    for name, command in commands.items():
        parameters = [each for each in command.params if each.name not in SHARED]
        if parameters or command.help != group.help:  # a group's `list` is what the group does by itself
            yield f"## {path} {name}\n"
            yield f"{command.help.strip()}\n"
        if parameters:
            yield _table(command, parameters)
        if hasattr(command, "commands"):
            yield from _commands(f"{path} {name}", command, command.commands)


def _table(command: Command, parameters: Iterable[Parameter]) -> str:
    asked = inspect.signature(command.callback).parameters  # typer's own words: some clicks forget those of arguments
    help_ = {
        name: word.help or "" for name, each in asked.items() for word in getattr(each.annotation, "__metadata__", ())
    }
    rows = (f"| `{_usage(each)}` | {_meaning(each, help_[each.name])} |\n" for each in parameters)
    return "".join(["| option or argument | meaning |\n|---|---|\n", *(row.replace("\0", r"\|") for row in rows)])


def _usage(parameter: Parameter) -> str:
    name = "" if parameter.param_type_name == "argument" else parameter.opts[0]
    metavar = parameter.metavar or ("" if getattr(parameter, "is_flag", False) else "TEXT")
    return f"{name} {metavar}".strip().replace("|", "\0")


def _meaning(parameter: Parameter, help_: str) -> str:
    said = " ".join(help_.split()).replace("|", "\0")
    shown = getattr(parameter, "show_default", None)
    default = shown if isinstance(shown, str) else parameter.default
    if default and isinstance(default, (str, int)) and not isinstance(default, bool) and "[default" not in said:
        said = f"{said} [default: {default}]".strip()
    return said


if __name__ == "__main__":
    for name, text in printed().items():
        (TABLES / name).write_text(text, encoding="utf-8")
