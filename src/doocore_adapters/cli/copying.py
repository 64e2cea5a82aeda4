"""`doocore copy`: all records into another database."""

from contextlib import ExitStack, closing
from typing import Annotated

import typer

from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.databases import database_of
from doocore_adapters.cli.screen import Answer, Column, block, counted, table
from doocore_adapters.cli.session import Session, command


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "copy")(copy)


def copy(
    session: Session,
    *,
    to: Annotated[
        str, typer.Option("--to", metavar="FILE|DSN", help="Where to: an SQLite file, or postgresql://USER@HOST/NAME.")
    ],
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="An organization, instead of all; once for each.")
    ] = None,
) -> Answer:
    """Copy everything that organizations have into another database.

    All of them, whatever --org says. Each is copied whole or not at all; one that has records there already is refused. Nobody else should write meanwhile. In PostgreSQL, `doocore migrate` makes the tables first.
    """
    from doocore_adapters.copying import copy_organizations

    source, target = session.place, database_of(to)
    if source.is_new:
        raise CommandError("no_database", source.how_to_begin)
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(place.open())) for place in (source, target)]
        copied = copy_organizations(stores[0], stores[1], only)
    data = [{"organization": each.organization_id, "rows": dict(each.rows)} for each in copied]
    rows = [
        (
            each.organization_id,
            f"{each.rows['doocore_contacts']:,}",
            f"{each.rows['doocore_bookings']:,}",
            f"{each.total:,}",
        )
        for each in copied
    ]
    columns: tuple[Column | str, ...] = (
        "Organization",
        *(Column(each, right=True) for each in ("Contacts", "Bookings", "Rows")),
    )
    said = f"{counted(len(copied), 'organization')} copied to {target}."
    return Answer({"from": str(source), "to": str(target), "organizations": data}, [block(said), table(columns, rows)])
