"""The tree of commands, and running it: whatever goes wrong ends in one line and an exit status."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from doocore_adapters.cli import (
    booking,
    bookings,
    codes,
    contacts,
    copying,
    demo,
    events,
    exporting,
    fields,
    groups,
    importing,
    invitations,
    messages,
    migrating,
    outbox,
    settings,
    vectors,
)
from doocore_adapters.cli.complaints import Complaint
from doocore_adapters.cli.screen import Screen, write_anything
from doocore_adapters.cli.session import FAILED, AsJson, AsUser, Db, Org

# Typer has the classes of click, as a package of their own or inside of itself; this one it shows to everybody.
_UsageError: Any = typer.BadParameter.__mro__[1]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
for each in (
    importing,
    exporting,
    contacts,
    booking,
    bookings,
    codes,
    events,
    invitations,
    messages,
    outbox,
    fields,
    groups,
    settings,
    migrating,
    copying,
    demo,
    vectors,
):
    each.register(app)


@app.callback(invoke_without_command=True)
def doocore(
    ctx: typer.Context,
    *,
    db: Db = None,  # noqa: ARG001, the shared options are read from the context
    org: Org = None,  # noqa: ARG001
    as_user: AsUser = None,  # noqa: ARG001
    as_json: AsJson = False,  # noqa: ARG001
    show_version: Annotated[bool, typer.Option("--version", help="Tell the version.")] = False,
) -> None:
    """Keep an event organizer's contacts: import lists, take in bookings, see who is who and why.

    Try `doocore demo` first.
    """
    if show_version:
        from importlib.metadata import version

        typer.echo(f"doocore {version('doocore')}")
    elif ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run the command with *arguments*, and give its exit status."""
    write_anything()
    try:
        status = app(args=list(arguments), prog_name="doocore", standalone_mode=False)
    except _UsageError as error:
        Screen(as_json="--json" in arguments).complain(_misused(error))
        return FAILED
    return int(status or 0)


def _misused(error: Any) -> Complaint:  # noqa: ANN401, see above
    path = error.ctx.command_path if error.ctx else "doocore"
    return Complaint("usage", f"{error.format_message().rstrip('.')}; `{path} --help` explains")
