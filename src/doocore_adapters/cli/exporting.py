"""`doocore export` and `doocore template`: contacts as a file, and the header of a list to be filled in (EX-1, IM-15)."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.lists import STANDARD_STREAM, refuse_missing_packages, write_list
from doocore_adapters.cli.screen import Answer, counted, line
from doocore_adapters.cli.session import Session, command

SUBSTITUTE = "?"
"""What `--replace-unencodable` writes."""

Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        metavar="utf-8|utf-8-sig|iso-8859-1",
        help="Of a CSV file; utf-8-sig is what Excel knows as UTF-8.",
    ),
]
Delimiter = Annotated[str, typer.Option("--delimiter", metavar=",|;|tab", help="What stands between the cells of CSV.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "export")(export_contacts)
    command(app, "template")(write_template)


def export_contacts(
    session: Session,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help='A new file, XLSX if its name ends so; "-" is CSV to standard output.'),
    ],
    *,
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="Members of this group only.")] = None,
    text: Annotated[
        str, typer.Option("--text", metavar="TEXT", help="Only who has it in name, address, company or ID.")
    ] = "",
    contacts: Annotated[
        list[str] | None, typer.Option("--contact", metavar="ID", help="Only this contact; repeatable.")
    ] = None,
    archived_fields: Annotated[
        bool, typer.Option("--archived-fields", help="With the values of archived fields.")
    ] = False,
    encoding: Encoding = "utf-8",
    replace_unencodable: Annotated[
        bool, typer.Option("--replace-unencodable", help=f"Write {SUBSTITUTE} for what iso-8859-1 lacks.")
    ] = False,
    delimiter: Delimiter = ",",
    overwrite: Overwrite = False,
) -> Answer:
    """Export contacts into a CSV or XLSX file.

    All of them, or a group, a search, a selection. Import the file with --identify-by contact_id --duplicates overwrite,
    and nothing changes but what you have changed in it.
    """
    if contacts and (group is not None or text):
        raise CommandError("usage", "--contact is a selection of its own: leave out --group and --text")
    _refuse_unusable(session, file, overwrite=overwrite)
    with (
        session.reading() as center,
        session.screen.progress() as show,
        center.export_contacts(
            text=text,
            group=group,
            contacts=contacts or None,
            archived_fields=archived_fields,
            progress=lambda done: show(f"Exporting {file.name}", done, export.total),
        ) as export,
    ):
        rows = write_list(
            file,
            export,
            encoding=encoding,
            delimiter=delimiter,
            substitute=SUBSTITUTE if replace_unencodable else None,
            replace=overwrite,
        )
    return _written(file, f"{counted(rows, 'contact')} → {file}", {"contacts": rows, "columns": list(export.columns)})


def write_template(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="[FILE]", help="A new file, XLSX if its name ends so. [default: standard output]")
    ] = STANDARD_STREAM,
    *,
    encoding: Encoding = "utf-8",
    delimiter: Delimiter = ",",
    overwrite: Overwrite = False,
) -> Answer:
    """Write a list to be filled in, with a column for each field.

    Whoever fills it in need not map a column when it is imported.
    """
    _refuse_unusable(session, file, overwrite=overwrite)
    with session.rehearsing() as center:
        export = center.imports.template()
    write_list(file, export, encoding=encoding, delimiter=delimiter, substitute=None, replace=overwrite)
    return _written(file, f"{counted(len(export.columns), 'column')} → {file}", {"columns": list(export.columns)})


def _refuse_unusable(session: Session, file: Path, *, overwrite: bool) -> None:
    """Refuse before any work what could not be written in the end."""
    if file == STANDARD_STREAM and session.screen.as_json:
        raise CommandError("usage", "--json answers on standard output, where the list would be: name a file")
    if file.exists() and not overwrite:
        raise CommandError("file_exists", f"{file} exists already; --overwrite replaces it", file=str(file))
    if not file.absolute().parent.is_dir():
        raise CommandError("file_not_found", f"there is no folder {file.absolute().parent} for the list")
    refuse_missing_packages(file)


def _written(file: Path, said: str, data: dict[str, object]) -> Answer:
    if file == STANDARD_STREAM:
        sys.stdout.buffer.flush()
        return Answer()
    return Answer({"file": str(file), **data}, [line(said)])
