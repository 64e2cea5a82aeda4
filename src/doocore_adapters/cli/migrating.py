"""`doocore migrate`: the tables of this release."""

import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import typer

from doocore_adapters.cli.screen import Answer, Screen, block
from doocore_adapters.cli.session import Session, command


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "migrate")(migrate)


def migrate(
    session: Session,
    *,
    sql: Annotated[bool, typer.Option("--sql", help="Write down the SQL that would be run, and run nothing.")] = False,
) -> Answer:
    """Bring the database to this release's version, or make its tables.

    Where it is up to date, nothing is done. Make a backup first. A PostgreSQL database gets its tables by this command alone, beside whatever else is in it.
    """
    place = session.place
    if sql:
        return _write_down(place.missing_sql(), str(place), session.screen)
    was_new = place.is_new
    with closing(place.open()) as store:
        store.migrate()
    said = "The database has its tables now." if was_new else "The database is up to date."
    return Answer({"database": str(place), "new": was_new}, [block(said)])


def _write_down(statements: Sequence[str], database: str, screen: Screen) -> Answer:
    """Write a script that does all or nothing; where there is nothing to do, none."""
    if not screen.as_json and statements:
        sys.stdout.write("".join(f"{each};\n\n" for each in ("BEGIN", *statements, "COMMIT")).rstrip() + "\n")
    return Answer({"database": database, "sql": list(statements)})
