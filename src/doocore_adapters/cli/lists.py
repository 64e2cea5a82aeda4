"""Lists as files: CSV, or a workbook where the name ends in `.xlsx`."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from doocore import Export, RowReport
from doocore.ports import ContactRows
from doocore_adapters import csv_files
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.csv_files import CsvFile, CsvStyle, write_csv

if TYPE_CHECKING:
    from types import ModuleType

WORKBOOK = ".xlsx"

STANDARD_STREAM = Path("-")
"""What stands for standard output in the place of a file."""

DELIMITERS: Mapping[str, str | None] = {"auto": None, "tab": "\t"}
"""Words for what stands between cells; anything else stands for itself."""

BESIDE_WORKBOOKS = CsvStyle("utf-8-sig")
"""How the report of a workbook is written where it is to be CSV: so that Excel knows UTF-8."""

PACKAGES = frozenset({"python_calamine", "xlsxwriter"})
"""What the extra `xlsx` brings, by the names under which it is imported."""


def is_workbook(file: Path) -> bool:
    """Tell by its name whether a file is a workbook."""
    return file.suffix.lower() == WORKBOOK


def read_list(file: Path, *, encoding: str, delimiter: str) -> ContactRows:
    """Open a list to import; of a workbook neither encoding nor delimiter is asked."""
    if is_workbook(file):
        rows: ContactRows = _xlsx().XlsxFile(file)
        return rows
    return CsvFile(file, encoding=encoding, delimiter=DELIMITERS.get(delimiter, delimiter))


def refuse_report(report: Path, file: Path) -> None:
    """Refuse a report as a workbook where the list is none: a row that is too short would not be told from a whole one."""
    if is_workbook(report) and not is_workbook(file):
        raise CommandError("usage", f"the report of a CSV file is a CSV file, not {report}")


def write_unprocessed(target: Path, columns: Sequence[str], reports: Iterable[RowReport], rows: ContactRows) -> None:
    """Write the unprocessed rows as the list *rows* is written."""
    if is_workbook(target):
        _xlsx().write_unprocessed(target, columns, reports)
    else:
        style = rows.style if isinstance(rows, CsvFile) else BESIDE_WORKBOOKS
        csv_files.write_unprocessed(target, columns, reports, style=style)


def write_list(
    target: Path, export: Export, *, encoding: str, delimiter: str, substitute: str | None, replace: bool
) -> int:
    """Write a list, and give the number of its rows."""
    if is_workbook(target):
        rows: int = _xlsx().write_xlsx(target, export, replace=replace)
        return rows
    return write_csv(
        sys.stdout.buffer if target == STANDARD_STREAM else target,
        export,
        encoding=encoding,
        delimiter=DELIMITERS.get(delimiter) or delimiter,
        substitute=substitute,
        replace=replace,
    )


def refuse_missing_packages(file: Path) -> None:
    """Refuse a workbook before any work is done, where what reads and writes them is not installed."""
    if is_workbook(file):
        _xlsx()


def _xlsx() -> "ModuleType":
    try:
        from doocore_adapters import xlsx
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        message = f'XLSX files need {package}; install it with: pip install "doocore[cli,xlsx]"'
        raise CommandError("missing_extra", message, package=package) from None
    return xlsx
