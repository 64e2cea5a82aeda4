"""The options of `doocore import`, as its function takes them."""

from pathlib import Path
from typing import Annotated

import typer

from doocore import DuplicateMode, IdentifierKind, InvalidValues
from doocore_adapters.cli.options import email_address, one_of

IDENTIFY_BY = "email|customer_id|contact_id"
DUPLICATES = "fill-empty|overwrite|only-new"
INVALID_VALUES = "refuse-row|leave-out"

ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="The list, as CSV or XLSX with a header.")]
IdentifyBy = Annotated[
    IdentifierKind,
    typer.Option(
        "--identify-by",
        parser=one_of(IdentifierKind, IDENTIFY_BY),
        metavar=IDENTIFY_BY,
        show_default=False,
        help="What tells which contact a row is.",
    ),
]
Duplicates = Annotated[
    DuplicateMode,
    typer.Option(
        "--duplicates",
        parser=one_of(DuplicateMode, DUPLICATES),
        metavar=DUPLICATES,
        show_default=False,
        help="What happens to a contact that is there already.",
    ),
]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="NAME", help="All contacts of the list join it; repeatable.")
]
ExistingToGroup = Annotated[
    str | None,
    typer.Option("--existing-to-group", metavar="NAME", help="Contacts that only-new left alone join it."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help='Where a column goes; "COLUMN=" nowhere, "COLUMN=create:NAME:TYPE" to a new field. Repeatable.',
    ),
]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        metavar="utf-8|iso-8859-1",
        help="How its letters are stored; German Excel often writes iso-8859-1.",
    ),
]
Delimiter = Annotated[
    str, typer.Option("--delimiter", metavar="auto|,|;|tab", help="What stands between cells; auto finds it out.")
]
AddSystemOptions = Annotated[
    bool, typer.Option("--add-system-options", help="Unknown salutations and titles become options.")
]
AddCustomOptions = Annotated[
    bool, typer.Option("--add-custom-options", help="Unknown values of your own select fields become options.")
]
OnInvalidValues = Annotated[
    InvalidValues,
    typer.Option(
        "--invalid-values",
        parser=one_of(InvalidValues, INVALID_VALUES),
        metavar=INVALID_VALUES,
        show_default=False,
        help="Whether an invalid cell stops its row.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Report only; write nothing.")]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Carry on an interrupted import of this list, with the options that one began with."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Where unprocessed rows go. [default: beside the list]"),
]
SummaryTo = Annotated[
    str | None,
    typer.Option(
        "--summary-to",
        parser=email_address,
        metavar="ADDRESS",
        help="Queue a mail to this address with the counts, and a link to the report; `doocore outbox run` sends it.",
    ),
]
