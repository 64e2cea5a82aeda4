"""`doocore fields`: what a contact can hold."""

from typing import Annotated

import typer

from doocore import FieldType
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.options import FIELD_TYPES, one_of
from doocore_adapters.cli.screen import Answer, Column, line, table
from doocore_adapters.cli.session import Session, bare, command


def register(app: typer.Typer) -> None:
    """Add the commands."""
    fields = typer.Typer(help=list_fields.__doc__)
    bare(fields)(list_fields)
    command(fields, "list")(list_fields)
    command(fields, "create")(create_field)
    app.add_typer(fields, name="fields")


def list_fields(session: Session) -> Answer:
    """List or create the fields of contacts."""
    with session.rehearsing() as center:
        fields = center.fields.catalog().fields
    rows = [(each.name, each.type.value, ", ".join(each.labels), ", ".join(each.options)) for each in fields]
    columns = (
        Column("Field", whole=True),
        Column("Type", whole=True),
        Column("Also called", share=3),
        Column("Options", share=2),
    )
    return Answer({"fields": to_plain(fields)}, [table(columns, rows)])


def create_field(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    field_type: Annotated[
        FieldType,
        typer.Option("--type", parser=one_of(FieldType, FIELD_TYPES), metavar=FIELD_TYPES, show_default=False),
    ] = FieldType.SHORT_TEXT,
    options: Annotated[
        list[str] | None, typer.Option("--option", metavar="TEXT", help="An option of a select; repeatable.")
    ] = None,
) -> Answer:
    """Create a field."""
    with session.writing() as center:
        field = center.fields.create(name, field_type, options=options or ())
    return Answer(to_plain(field), [line(f"Field {field.name} is there ({field.type.value}).")])
