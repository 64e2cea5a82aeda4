"""`doocore import`: a list comes in, with a report of what became of each row (chapter 6)."""

import errno
import os
import pickle
import re
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias

import typer
from rich.console import RenderableType

from doocore import (
    ContactCenter,
    DuplicateMode,
    ExportFileError,
    IdentifierKind,
    ImportOptions,
    ImportProgress,
    ImportReport,
    InvalidValues,
    RowOutcome,
    RowReport,
    explanation,
)
from doocore.model.fields import Entered
from doocore.ports import ContactRows
from doocore_adapters.cattrs import Plain, to_plain
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.lists import WORKBOOK, is_workbook, read_list, refuse_report, write_unprocessed
from doocore_adapters.cli.options import column_targets, one_of
from doocore_adapters.cli.screen import Answer, Column, Screen, block, counted, heading, shortly, subheading, table
from doocore_adapters.cli.session import Session, command

FIRST = 8
"""How many unprocessed rows are shown to people; the report file has them all."""

FIRST_FOR_MACHINES = 100
"""How many of them a JSON answer has."""

IDENTIFY_BY = "email|customer_id|contact_id"
DUPLICATES = "fill-empty|overwrite|only-new"
INVALID_VALUES = "refuse-row|leave-out"

_OURS = re.compile(r"\.unprocessed(-[0-9]+)?$")


RowStream: TypeAlias = Generator[RowReport, None, None]


@dataclass(frozen=True, slots=True)
class Imported:
    """A list that went through: the report, the first unprocessed rows, and where all of them were written."""

    report: ImportReport
    first: Sequence[RowReport]
    file: Path | None = None
    trouble: str = ""

    @property
    def unprocessed(self) -> int:
        """How many rows wait to be corrected."""
        return self.report.counts.get(RowOutcome.UNPROCESSED, 0)

    @property
    def data(self) -> Plain:
        """The report for machines."""
        rows = to_plain(self.first)
        left_out = self.unprocessed - len(rows)
        file = None if self.file is None else str(self.file)
        return {**to_plain(self.report), "report_file": file, "unprocessed": rows, "unprocessed_left_out": left_out}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "import")(import_list)


def import_list(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list, as CSV or XLSX with a header.")],
    *,
    identify_by: Annotated[
        IdentifierKind,
        typer.Option(
            "--identify-by",
            parser=one_of(IdentifierKind, IDENTIFY_BY),
            metavar=IDENTIFY_BY,
            show_default=False,
            help="What tells which contact a row is.",
        ),
    ] = IdentifierKind.EMAIL,
    duplicates: Annotated[
        DuplicateMode,
        typer.Option(
            "--duplicates",
            parser=one_of(DuplicateMode, DUPLICATES),
            metavar=DUPLICATES,
            show_default=False,
            help="What happens to a contact that is there already.",
        ),
    ] = DuplicateMode.FILL_EMPTY,
    groups: Annotated[
        list[str] | None, typer.Option("--group", metavar="NAME", help="All contacts of the list join it; repeatable.")
    ] = None,
    existing_to_group: Annotated[
        str | None,
        typer.Option("--existing-to-group", metavar="NAME", help="Contacts that only-new left alone join it."),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help='Where a column goes; "COLUMN=" nowhere, "COLUMN=create:NAME:TYPE" to a new field. Repeatable.',
        ),
    ] = None,
    encoding: Annotated[
        str,
        typer.Option(
            "--encoding",
            metavar="utf-8|iso-8859-1",
            help="How its letters are stored; German Excel often writes iso-8859-1.",
        ),
    ] = "utf-8",
    delimiter: Annotated[
        str, typer.Option("--delimiter", metavar="auto|,|;|tab", help="What stands between cells; auto finds it out.")
    ] = "auto",
    add_system_options: Annotated[
        bool, typer.Option("--add-system-options", help="Unknown salutations and titles become options.")
    ] = False,
    add_custom_options: Annotated[
        bool, typer.Option("--add-custom-options", help="Unknown values of your own select fields become options.")
    ] = False,
    invalid_values: Annotated[
        InvalidValues,
        typer.Option(
            "--invalid-values",
            parser=one_of(InvalidValues, INVALID_VALUES),
            metavar=INVALID_VALUES,
            show_default=False,
            help="Whether an invalid cell stops its row.",
        ),
    ] = InvalidValues.REFUSE_ROW,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only; write nothing.")] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Carry on an interrupted import of this list, with the options that one began with."
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Where unprocessed rows go. [default: beside the list]"),
    ] = None,
) -> Answer:
    """Import a list of contacts from a CSV or XLSX file.

    Columns are found by their names, English or German; what is not processed goes into a report file, to be corrected
    and imported again. Exit status: 0 all rows processed, 1 some were not, 2 the list could not be imported.
    """
    options = ImportOptions(
        identify_by=identify_by,
        duplicates=duplicates,
        groups=tuple(groups or ()),
        existing_to_group=existing_to_group,
        invalid_values=invalid_values,
        mapping=column_targets(mapping or ()),
        add_system_options=add_system_options,
        add_custom_options=add_custom_options,
    )
    rows = read_list(file, encoding=encoding, delimiter=delimiter)
    if dry_run and resume:
        raise CommandError("usage", "--dry-run and --resume do not go together: what is resumed is written")
    if report is not None:
        refuse_report(report, file)
        refuse_unusable(report)
    target = None if dry_run and report is None else report or free_report_path(file)
    if session.is_new:
        _check_header(session, rows, options)
    with session.rehearsing() if dry_run else session.writing() as center:
        interrupted = center.imports.interrupted(rows)
        if resume and interrupted is None:
            raise CommandError("nothing_to_resume", f"no import of this very list was interrupted: {file}")
        if interrupted is not None and not resume and not dry_run:
            session.screen.remark(
                f"an import of this list was interrupted before ({interrupted.id}); this one begins anew, --resume would"
                " have carried that one on"
            )
        imported = run_import(
            center,
            rows,
            options,
            dry_run=dry_run,
            resume=interrupted.id if resume and interrupted else None,
            target=target,
            screen=session.screen,
        )
    _remark_on(imported, session.screen)
    ending = "Dry run: nothing was written." if dry_run else ""
    parts = [
        heading(f"{file.name} → {session.place}"),
        *report_parts(imported),
        *([block(ending)] if ending else []),
    ]
    return Answer(imported.data, parts, status=1 if imported.unprocessed else 0)


def run_import(
    center: ContactCenter,
    rows: ContactRows,
    options: ImportOptions,
    *,
    dry_run: bool = False,
    resume: str | None = None,
    target: Path | None = None,
    screen: Screen,
) -> Imported:
    """Import *rows*, or *resume* the import of this ID; and write those that were not processed to *target*, if there are any."""
    with _Kept() as kept, screen.progress() as show:

        def follow(progress: ImportProgress) -> None:
            what = "Checking" if progress.total is None else "Importing"
            show(f"{what} {rows.name}", progress.done, progress.total)
            if dry_run:
                kept.add(progress.rows)

        show(f"Checking {rows.name}", 0, None)
        if resume is None:
            report = center.import_contacts(rows, options, dry_run=dry_run, progress=follow)
        else:
            report = center.imports.resume(resume, rows, progress=follow)

        def read_back() -> closing[RowStream]:
            return closing(kept.rows() if dry_run else center.imports.rows(report.id))

        limit = FIRST_FOR_MACHINES if screen.as_json else FIRST
        with read_back() as notable:
            first = tuple(islice((row for row in notable if row.outcome is RowOutcome.UNPROCESSED), limit))
        imported = Imported(report, first)
        if target is None or not imported.unprocessed:
            return imported
        with read_back() as notable:
            return _with_file(imported, rows, notable, target)


def _with_file(imported: Imported, rows: ContactRows, notable: Iterable[RowReport], target: Path) -> Imported:
    """Write the report file; that it cannot be written does not undo the import."""
    try:
        write_unprocessed(target, imported.report.record.columns, notable, rows)
    except (OSError, ExportFileError) as error:
        return Imported(imported.report, imported.first, None, f"the report file {target} was not written: {error}")
    return Imported(imported.report, imported.first, target)


class _Kept:
    """The notable rows of a dry run, on disk, since its import is taken back and a list may be long."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115, it is closed by this class's own `with`
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, rows: Iterable[RowReport]) -> None:
        """Keep those of *rows* that have reasons or warnings."""
        for row in rows:
            if row.notable:
                pickle.dump(row, self._file)
                self._count += 1

    def rows(self) -> RowStream:
        """Give them back, in their order."""
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301, nobody but this process wrote it


class _HeaderAlone:
    """A list without its rows: enough to find out whether it could be imported, before there is a database."""

    def __init__(self, rows: ContactRows) -> None:
        self._rows = rows

    @property
    def name(self) -> str:
        return self._rows.name

    def columns(self) -> tuple[str, ...]:
        return self._rows.columns()

    def rows(self) -> Iterator[tuple[int, Sequence[Entered]]]:
        return iter(())

    def fingerprint(self) -> str:
        return self._rows.fingerprint()


def _check_header(session: Session, rows: ContactRows, options: ImportOptions) -> None:
    with session.rehearsing() as center:
        center.import_contacts(_HeaderAlone(rows), options, dry_run=True)


# Where the report file goes


def free_report_path(file: Path) -> Path:
    """Find a name beside the list that nothing has yet: somebody may be correcting an earlier report."""
    stem = _OURS.sub("", file.stem)
    numbers = chain([""], (f"-{number}" for number in count(2)))
    ending = WORKBOOK if is_workbook(file) else ".csv"
    paths = (file.parent / f"{stem}.unprocessed{number}{ending}" for number in numbers)
    return next(path for path in paths if not path.exists())


def refuse_unusable(report: Path) -> None:
    """Refuse a report file that could not be written, before anything is imported."""
    if report.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(report))
    if not report.absolute().parent.is_dir():
        raise CommandError("file_not_found", f"there is no folder {report.absolute().parent} for the report")


# How it looks


def report_parts(imported: Imported, first: int = FIRST) -> list[RenderableType]:
    """Show what became of a list, with the *first* few unprocessed rows."""
    report = imported.report
    options = report.record.options
    how = f"{counted(report.total, 'row')}, identified by {options.identify_by.value}, {_dashed(options.duplicates)}"
    parts = [block(how), _counts("Outcome", report.counts, shown=RowOutcome)]
    if report.reasons:
        parts.append(_counts("Not processed because", report.reasons))
    if report.warnings:
        parts.append(_counts("Processed, but", report.warnings))
    if report.ignored_columns:
        parts.append(block(f"Ignored columns: {', '.join(map(shortly, report.ignored_columns))}"))
    return parts + _unprocessed_parts(imported, first)


def _unprocessed_parts(imported: Imported, first: int) -> list[RenderableType]:
    if not imported.unprocessed:
        return []
    shown = imported.first[:first]
    rows = [
        (row.line, remark.column, shortly(remark.cell), f"{remark.word.value}: {remark.advice}")
        for row in shown
        for remark in row.reasons
    ]
    columns = (
        Column("Line", right=True),
        Column("Column", share=3),
        Column("Value", share=4),
        Column("What to do", share=8),
    )
    rest = imported.unprocessed - len(shown)
    parts = [
        subheading(
            "Unprocessed rows" if not rest else f"The first {len(shown)} of {imported.unprocessed:,} unprocessed rows"
        )
    ]
    parts.append(table(columns, rows))
    if imported.file is not None:
        parts.append(block(f"All of them are in {imported.file}: correct them there, and import that file."))
    return parts


def _counts(title: str, counts: Mapping[Any, int], *, shown: Iterable[Any] | None = None) -> RenderableType:
    words = sorted(counts, key=lambda word: (-counts[word], word.value)) if shown is None else shown
    rows = [(word.value, counts.get(word, 0), explanation(word)) for word in words]
    return table((Column(title, whole=True), Column("Rows", right=True, whole=True), Column("", style="dim")), rows)


def _dashed(word: DuplicateMode) -> str:
    return word.value.replace("_", "-")


def _remark_on(imported: Imported, screen: Screen) -> None:
    for name in imported.report.absent_columns:
        screen.remark(f"--map names the column {shortly(name)!r}, which the list does not have")
    if imported.trouble:
        screen.remark(imported.trouble)
