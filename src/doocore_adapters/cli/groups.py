"""`doocore groups`: groups of contacts."""

from typing import Annotated

import typer

from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.screen import Answer, Column, line, table
from doocore_adapters.cli.session import Session, bare, command


def register(app: typer.Typer) -> None:
    """Add the commands."""
    groups = typer.Typer(help=list_groups.__doc__)
    bare(groups)(list_groups)
    command(groups, "list")(list_groups)
    command(groups, "create")(create_group)
    app.add_typer(groups, name="groups")


def list_groups(session: Session) -> Answer:
    """List or create groups of contacts."""
    with session.reading() as center:
        rows = [(each.name, center.count_contacts(group=each.name)) for each in center.groups.all()]
    data = {"groups": [{"name": name, "contacts": count} for name, count in rows]}
    return Answer(data, [table(("Group", Column("Contacts", right=True)), rows)])


def create_group(session: Session, name: Annotated[str, typer.Argument(metavar="NAME")]) -> Answer:
    """Create a group."""
    with session.writing() as center:
        group = center.groups.create(name)
    return Answer(to_plain(group), [line(f"Group {group.name} is there.")])
