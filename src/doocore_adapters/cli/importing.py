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
from typing import Any, Self, TypeAlias

import typer
from rich.console import RenderableType

from doocore import (
    ContactCenter,
    DuplicateMode,
    ExportFileError,
    IdentifierKind,
    ImportOptions,
    ImportProgress,
    ImportRecord,
    ImportReport,
    InvalidValues,
    Mailing,
    RowOutcome,
    RowReport,
    explanation,
)
from doocore.model.fields import Entered
from doocore.ports import ContactRows
from doocore_adapters.cattrs import Plain, to_plain
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.import_options import (
    AddCustomOptions,
    AddSystemOptions,
    Columns,
    Delimiter,
    DryRun,
    Duplicates,
    Encoding,
    ExistingToGroup,
    Groups,
    IdentifyBy,
    ListFile,
    OnInvalidValues,
    ReportFile,
    Resume,
    SummaryTo,
)
from doocore_adapters.cli.lists import WORKBOOK, is_workbook, read_list, refuse_report, write_unprocessed
from doocore_adapters.cli.mailing import LinkUrl, Sender, mailing_from
from doocore_adapters.cli.options import column_targets
from doocore_adapters.cli.screen import Answer, Column, Screen, block, counted, heading, shortly, subheading, table
from doocore_adapters.cli.session import Session, command

FIRST = 8
"""How many unprocessed rows are shown to people; the report file has them all."""

FIRST_FOR_MACHINES = 100
"""How many of them a JSON answer has."""

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
    file: ListFile,
    *,
    identify_by: IdentifyBy = IdentifierKind.EMAIL,
    duplicates: Duplicates = DuplicateMode.FILL_EMPTY,
    groups: Groups = None,
    existing_to_group: ExistingToGroup = None,
    mapping: Columns = None,
    encoding: Encoding = "utf-8",
    delimiter: Delimiter = "auto",
    add_system_options: AddSystemOptions = False,
    add_custom_options: AddCustomOptions = False,
    invalid_values: OnInvalidValues = InvalidValues.REFUSE_ROW,
    dry_run: DryRun = False,
    resume: Resume = False,
    report: ReportFile = None,
    summary_to: SummaryTo = None,
    sender: Sender = None,
    link_url: LinkUrl = None,
) -> Answer:
    """Import a list of contacts from a CSV or XLSX file.

    Columns are found by their names, English or German; what is not processed goes into a report file, to be corrected
    and imported again. A summary by mail needs the secret of its link in DOOCORE_LINK_SECRET. Exit status: 0 all rows
    processed, 1 some were not, 2 the list could not be imported.
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
        summary_to=summary_to,
    )
    rows = read_list(file, encoding=encoding, delimiter=delimiter)
    target = _target(file, report, dry_run=dry_run)
    begun = _to_resume(session, file, rows, options, dry_run=dry_run) if resume else None
    options = options if begun is None else begun.options
    mailing = None if options.summary_to is None else mailing_from(sender, link_url)
    if session.is_new:
        _check_header(session, rows, options, mailing)
    with session.rehearsing(mailing) if dry_run else session.writing(mailing) as center:
        if not dry_run and not resume:
            _remark_on_interrupted(center, rows, session.screen)
        imported = run_import(
            center, rows, options, dry_run=dry_run, resume=begun, target=target, screen=session.screen
        )
    _remark_on(imported, session.screen)
    parts = [heading(f"{file.name} → {session.place}"), *report_parts(imported), *_ending(imported.report)]
    return Answer(imported.data, parts, status=1 if imported.unprocessed else 0)


def _target(file: Path, report: Path | None, *, dry_run: bool) -> Path | None:
    """Say where unprocessed rows go; a dry run writes them only where that was asked for."""
    if report is None:
        return None if dry_run else free_report_path(file)
    refuse_report(report, file)
    refuse_unusable(report)
    return report


def _to_resume(
    session: Session, file: Path, rows: ContactRows, options: ImportOptions, *, dry_run: bool
) -> ImportRecord:
    """Find the import of this very list that was interrupted; whom it tells in the end was settled when it began."""
    if dry_run:
        raise CommandError("usage", "--dry-run and --resume do not go together: what is resumed is written")
    with session.rehearsing() as center:
        begun = center.imports.interrupted(rows)
    if begun is None:
        raise CommandError("nothing_to_resume", f"no import of this very list was interrupted: {file}")
    if options.summary_to not in {None, begun.options.summary_to}:
        whom = begun.options.summary_to or "nobody"
        raise CommandError(
            "usage", f"import {begun.id} began with a summary to {whom}, and goes on so: leave --summary-to out"
        )
    return begun


def _remark_on_interrupted(center: ContactCenter, rows: ContactRows, screen: Screen) -> None:
    interrupted = center.imports.interrupted(rows)
    if interrupted is not None:
        screen.remark(
            f"an import of this list was interrupted before ({interrupted.id}); this one begins anew, --resume would"
            " have carried that one on"
        )


def _ending(report: ImportReport) -> Iterator[RenderableType]:
    """Say what follows from an import, or that nothing does."""
    told = report.record.options.summary_to
    if report.dry_run:
        nobody = "" if told is None else f", and there is no mail to {told}"
        yield block(f"Dry run: nothing was written{nobody}.")
    elif told is not None:
        yield block(f"A summary for {told} is queued; `doocore outbox run` sends it.")


def run_import(
    center: ContactCenter,
    rows: ContactRows,
    options: ImportOptions,
    *,
    dry_run: bool = False,
    resume: ImportRecord | None = None,
    target: Path | None = None,
    screen: Screen,
) -> Imported:
    """Import *rows*, or *resume* that import of them; and write those that were not processed to *target*, if there are any."""
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
            report = center.imports.resume(resume.id, rows, progress=follow)

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


def _check_header(session: Session, rows: ContactRows, options: ImportOptions, mailing: Mailing | None) -> None:
    with session.rehearsing(mailing) as center:
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
