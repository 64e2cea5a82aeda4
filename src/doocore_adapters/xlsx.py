"""Lists of contacts as XLSX workbooks, by the packages `python-calamine` (reading) and `xlsxwriter` (writing).

Read is the first sheet that shows; its first row with anything in it is the header. Written is one sheet whose cells are
all texts: zeros in front stay, nothing is taken for a formula, a number or a link, so there are no guards (EX-2).

>>> stream = io.BytesIO()
>>> write_xlsx(stream, Export.of_rows(["E-Mail", "PLZ"], [("ada@example.org", "01067")]))
1
>>> file = XlsxFile(stream.getvalue())
>>> file.columns(), list(file.rows())
(('E-Mail', 'PLZ'), [(2, ['ada@example.org', '01067'])])
"""

import hashlib
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import time, timedelta
from functools import cached_property, partial
from itertools import chain, takewhile
from pathlib import Path
from typing import IO, BinaryIO, TypeAlias

import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from doocore import Export, ExportFileError, ImportFileError, RowReport, is_blank, unprocessed_rows
from doocore.model.fields import Entered, entered, storable
from doocore_adapters._files import whole_file

LONGEST_CELL = 32_767
"""How many characters (UTF-16 units) a cell can hold."""

MOST_ROWS = 1_048_576
"""How many rows a sheet can have, the header among them."""

LARGEST_SHEET = 1 << 26
"""How many cells, blank ones included, a sheet may span to be read: they take 32 bytes each."""

LARGEST_WORKBOOK = 1 << 31
"""How many bytes a workbook may have when it is unpacked."""

CHUNK = 1 << 20
"""How many bytes of a workbook's parts are looked at together."""

_FOREIGN_FORMATS = (
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Excel workbook, or one with a password; save it as plain XLSX"),
    (re.compile(rb"(?!PK\x03\x04)"), "this is no XLSX workbook"),
)
"""By their first bytes, what people mistake for XLSX, and what to do."""

_DAMAGES = (CalamineError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError)
"""What the packages raise for workbooks that are broken."""

_LETTERS = 26
_LONGEST_REFERENCE = 64
_SHEET = b"sheetData"
_PLAINLY = bytes.maketrans(b"\t\r\n'", b'   "')
_FAR = re.compile(rb' r *= *"([A-Za-z]{2,16})?([0-9]{1,16})"')
"""Where rows and cells say which they are, written plainly; cells of the first 26 columns are never too many."""

_TO_BE_SPELLED_OUT = re.compile("[\0-\x08\v\f\r\x0e-\x1f]|_(?=x[0-9A-Fa-f]{4}_)|\\A<(?=r>)")

_Row: TypeAlias = tuple[int, list[Entered]]
"""The number of a row, as the spreadsheet shows it, and its cells."""


# Reading


class XlsxFile:
    """An XLSX workbook to import: `ContactRows` from its first sheet that shows (IM-1).

    *source* is a path, or the content itself as bytes. Numbers are read as texts without `.0`, dates as ISO 8601,
    checkboxes as truth values, formulas by their results; a cell with an error (`#N/A`) is blank. Blank rows are ignored,
    and rows count as the spreadsheet counts them. A row has as many cells as the header, more only if something stands
    there.

    Reading raises `ImportFileError` with `not_xlsx` or `header`.

    >>> XlsxFile(b"E-Mail;Vorname").columns()
    Traceback (most recent call last):
    doocore.errors.ImportFileError: not_xlsx: this is no XLSX workbook
    """

    def __init__(self, source: Path | str | bytes, *, name: str | None = None) -> None:
        self._source = source if isinstance(source, bytes) else Path(source)
        self._name = name

    @property
    def name(self) -> str:
        """Name the file; content without a file has the name that it was given, or none."""
        if self._name is not None:
            return self._name
        return self._source.name if isinstance(self._source, Path) else ""

    def columns(self) -> tuple[str, ...]:
        """Give the names in the header, the first row that is not blank."""
        return self._header[1]

    def fingerprint(self) -> str:
        """Give the SHA-256 of the file's bytes (IM-12)."""
        return hashlib.sha256(self._content).hexdigest()

    def rows(self) -> Iterator[_Row]:
        """Yield, for every row behind the header that is not blank, its number and its cells."""
        line, columns = self._header
        width = len(columns)
        for number, cells in self._numbered(behind=line):
            beyond = _last(cells[width:])
            yield number, cells[: width + beyond]

    @cached_property
    def _content(self) -> bytes:
        return self._source if isinstance(self._source, bytes) else self._source.read_bytes()

    @cached_property
    def _sheet(self) -> CalamineSheet:
        _refuse_foreign(self._content)
        try:
            spanned = _spanned_cells(self._content)
            if spanned <= LARGEST_SHEET:
                return _first_sheet(CalamineWorkbook.from_filelike(io.BytesIO(self._content)))
        except _DAMAGES as error:
            raise ImportFileError("not_xlsx", f"the workbook is damaged, or no XLSX ({error}); save it anew") from None
        detail = f"a sheet spans {spanned:,} cells: delete what stands far from the list, or save it as CSV"
        raise ImportFileError("not_xlsx", detail)

    @cached_property
    def _header(self) -> tuple[int, tuple[str, ...]]:
        for number, cells in self._numbered():
            return number, tuple(_shown(cell) for cell in cells[: _last(cells)])
        raise ImportFileError("header", "no row has the names of the columns: the sheet is empty")

    def _numbered(self, *, behind: int = 0) -> Iterator[_Row]:
        """Give the rows that are not blank."""
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            if number > behind and not all(map(is_blank, cells)):
                yield number, list(map(_entered, cells))


def _refuse_foreign(content: bytes) -> None:
    hint = next((hint for start, hint in _FOREIGN_FORMATS if start.match(content)), None)
    if hint is not None:
        raise ImportFileError("not_xlsx", hint)


def _first_sheet(workbook: CalamineWorkbook) -> CalamineSheet:
    """Find the first sheet that people see; a chart is none."""
    sheets = [each for each in workbook.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
    shown = [each for each in sheets if each.visible is SheetVisibleEnum.Visible]
    return workbook.get_sheet_by_name((shown or sheets)[0].name)


def _spanned_cells(content: bytes) -> int:
    """Tell how many cells the widest sheet of a workbook would span; the reader takes memory for each of them.

    A single cell in the last corner would take half a terabyte. What would be too large when it is unpacked counts as
    if each of its bytes were a cell.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        unpacked = sum(each.file_size for each in parts)
        if unpacked > LARGEST_WORKBOOK:
            return unpacked
        return max((_spanned_in(archive, each) for each in parts), default=0)


def _spanned_in(archive: zipfile.ZipFile, name: zipfile.ZipInfo) -> int:
    with archive.open(name) as part:
        return _extent(part)


def _extent(part: IO[bytes]) -> int:
    before, rows, columns, is_sheet = b"", 0, _LETTERS, False
    for chunk in iter(partial(part.read, CHUNK), b""):
        text = before + chunk.translate(_PLAINLY)
        is_sheet = is_sheet or _SHEET in text
        if is_sheet:
            rows, columns = _farthest(text, rows, columns)
        before = text[-_LONGEST_REFERENCE:]
    return rows * columns


def _farthest(text: bytes, rows: int, columns: int) -> tuple[int, int]:
    for letters, number in _FAR.findall(text):
        columns = max(columns, _column_number(letters))
        rows = max(rows, int(number))
    return rows, columns


def _column_number(letters: bytes) -> int:
    """Count columns as spreadsheets name them.

    >>> _column_number(b"Z"), _column_number(b"AA"), _column_number(b"XFD")
    (26, 27, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * _LETTERS + letter - ord("A") + 1
    return number


def _entered(cell: object) -> Entered:
    """Read a cell as a list has it; a duration as a spreadsheet shows it, in hours.

    >>> _entered(80331.0), _entered(True), _entered(time(9, 30)), _entered(timedelta(hours=30, minutes=5))
    ('80331', True, '09:30:00', '30:05:00')
    """
    match cell:
        case str():
            return storable(cell)
        case timedelta():
            minutes, seconds = divmod(int(cell.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case time():
            return cell.isoformat()
        case _:
            return entered(cell)


def _shown(cell: Entered) -> str:
    return "" if cell is None else str(cell)


def _last(cells: Sequence[Entered]) -> int:
    """Tell how many cells there are up to the last one that is not blank."""
    blank_ones = sum(1 for _ in takewhile(is_blank, reversed(cells)))
    return len(cells) - blank_ones


# Writing


class _TextSheet(Worksheet):  # type: ignore[misc]  # the package has no types
    """A sheet of texts, each of which is read as it was written."""

    @staticmethod
    def _escape_control_characters(text: str) -> str:
        """Spell out what XML cannot hold, and what would be taken for spelled out; the package itself forgets some.

        It would write `_x0041_x0041_` so that half of it is read as a letter, and `<r>…</r>` as XML of its own.
        """
        if not _TO_BE_SPELLED_OUT.search(text):
            return text
        return _TO_BE_SPELLED_OUT.sub(lambda found: f"_x{ord(found[0]):04X}_", text)

    def abandon(self) -> None:
        """Let go of the rows that were written so far."""
        self._opt_close()


def write_xlsx(target: Path | str | BinaryIO, export: Export, *, replace: bool = False) -> int:
    """Write a list as an XLSX workbook with one sheet of texts, and give the number of its rows (EX-1).

    What the format cannot hold is an `ExportFileError`: `too_long` a cell, with the contact and the column, or
    `too_many_rows`. A file appears under its name when it is whole; one that exists is replaced with *replace* alone.
    Only its owner can read it. A stream is left open.
    """
    if export.total is not None and export.total >= MOST_ROWS:
        raise _too_many_rows()
    return _write(target, chain([export.columns], export), replace=replace)


def write_unprocessed(
    target: Path | str | BinaryIO, columns: Sequence[str], reports: Iterable[RowReport], *, replace: bool = False
) -> int:
    """Write the unprocessed rows among *reports* so that they can be corrected and imported again; count them (IM-10).

    A row with too few cells would be read with blank ones: only the report of a workbook, which has no such rows, may
    be a workbook.
    """
    return _write(target, unprocessed_rows(columns, reports), replace=replace)


def _write(target: Path | str | BinaryIO, rows: Iterable[Sequence[str]], *, replace: bool) -> int:
    with whole_file(target, replace=replace) as stream, _sheet_of(stream) as sheet:
        write = sheet.write_string
        header: Sequence[str] = ()
        for number, cells in enumerate(rows):
            if number == MOST_ROWS:
                raise _too_many_rows()
            header = header or cells
            for place, cell in enumerate(cells):
                if len(cell) > LONGEST_CELL // 2 and len(cell.encode("utf-16-le")) > 2 * LONGEST_CELL:
                    raise _too_long(cells[0], header[place])
                if cell:
                    write(number, place, cell)
        return number


@contextmanager
def _sheet_of(stream: BinaryIO) -> Iterator[_TextSheet]:
    """Give the sheet of a new workbook, which is in *stream* when the block is through."""
    with tempfile.TemporaryDirectory() as folder:
        workbook = xlsxwriter.Workbook(stream, {"constant_memory": True, "tmpdir": folder})
        sheet = workbook.add_worksheet(worksheet_class=_TextSheet)
        try:
            sheet.freeze_panes(1, 0)
            yield sheet
            workbook.close()
        finally:
            sheet.abandon()


def _too_long(record: str, column: str) -> ExportFileError:
    return ExportFileError("too_long", f"an XLSX cell has at most {LONGEST_CELL:,} characters", record, column)


def _too_many_rows() -> ExportFileError:
    return ExportFileError("too_many_rows", f"an XLSX sheet has at most {MOST_ROWS:,} rows; write CSV, or fewer")
