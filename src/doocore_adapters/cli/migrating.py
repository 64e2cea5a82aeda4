"""`doocore migrate`: the tables of this release."""

from contextlib import closing

import typer

from doocore_adapters.cli.screen import Answer, block
from doocore_adapters.cli.session import Session, command


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "migrate")(migrate)


def migrate(session: Session) -> Answer:
    """Bring the database to this release's version, or make its tables.

    Where it is up to date, nothing is done. Make a backup first. A PostgreSQL database gets its tables by this command alone, beside whatever else is in it.
    """
    place = session.place
    was_new = place.is_new
    with closing(place.open()) as store:
        store.migrate()
    said = "The database has its tables now." if was_new else "The database is up to date."
    return Answer({"database": str(place), "new": was_new}, [block(said)])
