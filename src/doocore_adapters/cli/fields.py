"""`doocore fields`: what a contact can hold."""

from collections.abc import Sequence
from typing import Annotated

import typer

from doocore import ContactField, FieldType, NotFoundError
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.options import FIELD_TYPES, one_of
from doocore_adapters.cli.screen import Answer, Column, counted, line, table
from doocore_adapters.cli.session import Session, Yes, bare, command

Name = Annotated[str, typer.Argument(metavar="NAME", help="The field, by its name or another of its names.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    fields = typer.Typer(help=list_fields.__doc__)
    bare(fields)(list_fields)
    command(fields, "list")(list_fields)
    command(fields, "create")(create_field)
    command(fields, "rename")(rename_field)
    command(fields, "labels")(label_field)
    command(fields, "options")(change_options)
    command(fields, "archive")(archive_field)
    command(fields, "unarchive")(unarchive_field)
    command(fields, "delete")(delete_field)
    app.add_typer(fields, name="fields")


def list_fields(session: Session) -> Answer:
    """List the fields of contacts; create, change, archive or delete one."""
    with session.rehearsing() as center:
        fields = center.fields.catalog().fields
    rows = [(each.name, _type(each), ", ".join(each.labels), ", ".join(each.options)) for each in fields]
    columns = (
        Column("Field", whole=True),
        Column("Type", whole=True),
        Column("Also called", share=3),
        Column("Options", share=2),
    )
    return Answer({"fields": to_plain(fields)}, [table(columns, rows)])


def create_field(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the field is called.")],
    *,
    field_type: Annotated[
        FieldType,
        typer.Option(
            "--type",
            parser=one_of(FieldType, FIELD_TYPES),
            metavar=FIELD_TYPES,
            show_default=False,
            help="What it holds. [default: short_text]",
        ),
    ] = FieldType.SHORT_TEXT,
    options: Annotated[
        list[str] | None, typer.Option("--option", metavar="TEXT", help="An option of a select; repeatable.")
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="TEXT", help="Another name, by which lists may call it; repeatable."),
    ] = None,
) -> Answer:
    """Create a field."""
    with session.writing() as center:
        field = center.fields.create(name, field_type, options=options or (), labels=labels or ())
    return Answer(to_plain(field), [line(f"Field {field.name} is there ({field.type.value}).")])


def rename_field(
    session: Session, name: Name, new_name: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")]
) -> Answer:
    """Give a field another name; its values stay."""
    with session.reading() as center:
        return _answer(center.fields.change(name, name=new_name))


def label_field(
    session: Session,
    name: Name,
    labels: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LABEL]...", show_default=False, help="All its other names; none takes them away."),
    ] = None,
) -> Answer:
    """Set the other names of a field, by which lists may call it; a system field keeps its own."""
    with session.writing() as center:
        return _answer(center.fields.change(name, labels=labels or ()))


def change_options(
    session: Session,
    name: Name,
    *,
    add: Annotated[list[str] | None, typer.Option("--add", metavar="TEXT", help="A new option; repeatable.")] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove", metavar="TEXT", help="An option that goes; contacts that have it keep it. Repeatable."
        ),
    ] = None,
) -> Answer:
    """Add and remove options of a select field."""
    if not (add or remove):
        raise CommandError("usage", "name an option with --add or --remove")
    with session.writing() as center:
        field = center.fields.catalog().named(name)
        if field is None:
            raise NotFoundError("field", name)
        unknown = [each for each in remove or () if each not in field.options]
        if unknown:
            known = ", ".join(map(repr, field.options)) or "none"
            raise CommandError("unknown_option", f"{unknown[0]!r} is no option of {field.name}; there are: {known}")
        options = [each for each in field.options if each not in (remove or ())]
        return _answer(center.fields.change(name, options=[*options, *(add or ())]))


def archive_field(session: Session, name: Name) -> Answer:
    """Archive a field: it keeps its values, and lists do not find it by themselves any more."""
    with session.reading() as center:
        return _answer(center.fields.change(name, archived=True))


def unarchive_field(session: Session, name: Name) -> Answer:
    """Bring a field back that was archived."""
    with session.reading() as center:
        return _answer(center.fields.change(name, archived=False))


def delete_field(session: Session, name: Name, *, yes: Yes = False) -> Answer:
    """Delete a field with all its values.

    How many contacts lose one is told beforehand, and must be confirmed. Events that ask for it go on asking; the
    answers then stay on the bookings.
    """
    with session.reading() as center:
        told = center.fields.deletion(name)
        losers = counted(told.contacts, "contact")
        session.confirm(
            f"Delete field {told.field.name}? {losers} will lose a value{_asking(told.events)}.",
            yes=yes,
            contacts=told.contacts,
            events=list(told.events),
        )
        center.fields.delete(told)
    return Answer(to_plain(told), [line(f"Field {told.field.name} is deleted; {losers} lost a value.")])


def _asking(events: Sequence[str]) -> str:
    return f", and what {', '.join(events)} ask for it stays on the bookings" if events else ""


def _answer(field: ContactField) -> Answer:
    told = [_type(field)]
    if field.options:
        told.append(f"options {', '.join(field.options)}")
    if field.labels:
        told.append(f"also called {', '.join(field.labels)}")
    return Answer(to_plain(field), [line(f"Field {field.name}: {'; '.join(told)}.")])


def _type(field: ContactField) -> str:
    return f"{field.type.value}, archived" if field.archived else field.type.value
