"""`doocore vectors`: does an implementation decide as the rules say."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from doocore_adapters.cli.screen import Answer
from doocore_adapters.cli.session import Session, command


def register(app: typer.Typer) -> None:
    """Add the commands `run` and `schema`, in a group of their own."""
    vectors = typer.Typer(help="Run conformance vectors: cases that everybody decides alike.", no_args_is_help=True)
    command(vectors, "run")(run_vectors)
    command(vectors, "schema")(print_the_schema)
    app.add_typer(vectors, name="vectors")


def run_vectors(
    session: Session,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Files of cases; those that ship with the library unless named."),
    ] = None,
    *,
    store: Annotated[str, typer.Option("--store", metavar="memory|sqlite|postgres")] = "memory",
    dsn: Annotated[str | None, typer.Option("--dsn", metavar="DSN", help="Where the store is: for postgres.")] = None,
) -> Answer:
    """Run conformance vectors against a store.

    Exit status: 0 every case passed, 1 some failed, 2 a file is not of the format.
    """
    from doocore_adapters.vectors.command import run

    return Answer(status=run(files or (), store, dsn, as_json=session.screen.as_json, out=sys.stdout))


def print_the_schema(_: Session) -> Answer:
    """Print the JSON Schema of the format, for editors and for authors of cases."""
    from doocore_adapters.vectors.command import print_schema

    return Answer(status=print_schema(sys.stdout))
