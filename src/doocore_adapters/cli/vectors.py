"""`doocore vectors`: does an implementation decide as the rules say."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from doocore_adapters.cli.screen import Answer
from doocore_adapters.cli.session import Session, command


def register(app: typer.Typer) -> None:
    """Add the command `run`, in a group of its own."""
    vectors = typer.Typer(help="Run conformance vectors: cases that everybody decides alike.")
    vectors.callback(no_args_is_help=True)(_nothing_else)
    command(vectors, "run")(run_vectors)
    app.add_typer(vectors, name="vectors")


def _nothing_else() -> None:
    """Keep `run` a word to be typed, though it is the only command."""


def run_vectors(
    session: Session,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Files of cases; those that ship with the library unless named."),
    ] = None,
    *,
    store: Annotated[str, typer.Option("--store", metavar="memory|sqlite")] = "memory",
    dsn: Annotated[
        str | None, typer.Option("--dsn", metavar="DSN", help="Where the store is, if it needs that.")
    ] = None,
) -> Answer:
    """Run conformance vectors against a store.

    Exit status: 0 every case passed, 1 some failed, 2 a file is not of the format.
    """
    from doocore_adapters.vectors.command import run

    return Answer(status=run(files or (), store, dsn, as_json=session.screen.as_json, out=sys.stdout))
