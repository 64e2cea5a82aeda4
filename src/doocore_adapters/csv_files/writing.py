"""Writing CSV files: exports, and the report of an import (EX-1, EX-2, IM-10)."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from doocore import Export, ExportFileError, RowReport, unprocessed_rows
from doocore.errors import shortened
from doocore_adapters._files import whole_file
from doocore_adapters.csv_files.styles import (
    DELIMITERS,
    ENCODINGS,
    ISO_8859_1,
    PLAIN,
    UTF_8,
    UTF_8_MARKED,
    WINDOWS_1252,
    CsvStyle,
    guarded,
)

_CONTROL_BYTES = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
_CONTROLS = re.compile(f"[{re.escape(_CONTROL_BYTES.decode())}]")

_BETWEEN = "\0"
_TO_BE_GUARDED = re.compile("\0(?:'[-=+@'\t\r]|[-=@\t\r]|\\+(?![0-9]+\0))")
"""A cell of a column, all of which are joined with `_BETWEEN`, that `guarded` would guard."""

_WINDOWS_LETTERS = re.escape(bytes(range(0x80, 0xA0)).decode(WINDOWS_1252, "ignore"))

_UNENCODABLE = {
    UTF_8: re.compile("[\ud800-\udfff]"),
    UTF_8_MARKED: re.compile("[\ud800-\udfff]"),
    ISO_8859_1: re.compile("[^\0-\x7f\xa0-\xff]"),
    WINDOWS_1252: re.compile(f"[^\0-\x7f\xa0-\xff{_WINDOWS_LETTERS}]"),
}
"""The characters that an encoding lacks; the control characters of ISO 8859-1 are none that `CsvFile` would read."""


def write_csv(
    target: Path | str | BinaryIO,
    export: Export,
    *,
    encoding: str = UTF_8,
    delimiter: str = ",",
    substitute: str | None = None,
    replace: bool = False,
) -> int:
    r"""Write a list as a CSV file, and give the number of its rows (EX-1); lines end in CRLF, cells have guards (EX-2).

    *encoding* is one of `CsvStyle`. A character that it lacks is an `ExportFileError` that names the contact, the
    column and the character, unless there is a *substitute* for it, such as `?`. A file appears under its name when it
    is whole; one that exists is replaced with *replace* alone. Only its owner can read it. A stream is left open.

    >>> stream = io.BytesIO()
    >>> write_csv(stream, Export.of_rows(["E-Mail", "Vorname"], [("ada@x.de", "=Ada")]), delimiter=";")
    1
    >>> stream.getvalue()
    b"E-Mail;Vorname\r\nada@x.de;'=Ada\r\n"
    """
    _refuse_style(encoding, delimiter, substitute)
    cells = _Cells(export.columns, encoding, substitute)
    with whole_file(target, replace=replace) as stream, _text(stream, encoding) as text:
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow(cells.header())
        count = 0
        for page in export.pages:
            writer.writerows(zip(*cells.written(page), strict=True))
            count += len(page[0])
    return count


def write_unprocessed(
    target: Path | str | BinaryIO,
    columns: Sequence[str],
    reports: Iterable[RowReport],
    *,
    style: CsvStyle = PLAIN,
    replace: bool = False,
) -> int:
    """Write the unprocessed rows among *reports* so that they can be corrected and imported again; count them (IM-10).

    Where the encoding lacks a character, a reason has a `?`; a cell with one is a `UnicodeEncodeError`.
    """
    count = 0
    with csv_writing(target, style=style, replace=replace) as write:
        for count, (line, reasons, *cells) in enumerate(unprocessed_rows(columns, reports)):  # noqa: B007, it is returned
            write([line, reasons.encode(style.encoding, "replace").decode(style.encoding), *cells])
    return count


@contextmanager
def csv_writing(
    target: Path | str | BinaryIO, *, style: CsvStyle = PLAIN, replace: bool = False
) -> Iterator[Callable[[Iterable[str]], None]]:
    r"""Give a function that writes a row with its guards (EX-2), for lists whose rows are not all as wide as the header.

    A control character, with which the file could not be read again, becomes a blank. The file appears as that of
    `write_csv`.

    >>> stream = io.BytesIO()
    >>> with csv_writing(stream, style=CsvStyle(delimiter=";")) as write:
    ...     write(["E-Mail", "Vorname"])
    ...     write(["ada@x.de", "=Ada"])
    >>> stream.getvalue()
    b"E-Mail;Vorname\r\nada@x.de;'=Ada\r\n"
    """
    with whole_file(target, replace=replace) as stream, _text(stream, style.encoding) as text:
        writer = csv.writer(text, delimiter=style.delimiter)

        def write(cells: Iterable[str]) -> None:
            writer.writerow(map(_presentable, cells))

        yield write


def _refuse_style(encoding: str, delimiter: str, substitute: str | None) -> None:
    if encoding not in ENCODINGS:
        raise ExportFileError("encoding", f"{shortened(encoding)} is none of {', '.join(ENCODINGS)}")
    if delimiter not in DELIMITERS:
        raise ExportFileError("delimiter", f"{shortened(delimiter)} is not a comma, a semicolon or a tab")
    if substitute is not None and (_UNENCODABLE[encoding].search(substitute) or _CONTROLS.search(substitute)):
        raise ExportFileError("unencodable", f"{encoding} has no {shortened(substitute)} either")


@contextmanager
def _text(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    text = io.TextIOWrapper(stream, encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _presentable(cell: str) -> str:
    return guarded(_CONTROLS.sub(" ", cell))


def _is_to_be_changed(joined: str, count: int) -> bool:
    """Tell whether some of *count* cells needs a guard, or has a control character."""
    if _TO_BE_GUARDED.search(f"{_BETWEEN}{joined}{_BETWEEN}"):
        return True
    # Deleting and comparing takes half of the time of a search.
    octets = joined.encode("utf-8", "surrogatepass")
    return len(octets) - len(octets.translate(None, _CONTROL_BYTES)) >= count


class _Cells:
    """Makes cells presentable, a whole column at a time: in most columns no cell needs it, and one look tells."""

    def __init__(self, headings: Sequence[str], encoding: str, substitute: str | None) -> None:
        self._headings = headings
        self._encoding = encoding
        self._lacks = _UNENCODABLE[encoding]
        self._substitute = substitute

    def header(self) -> list[str]:
        """Give the header as it is written."""
        if self._substitute is None:
            for heading in filter(self._lacks.search, self._headings):
                raise self._lacking(heading, None, heading)
        return list(map(_presentable, map(self._encodable, self._headings)))

    def written(self, page: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
        """Give the columns of *page* as they are written."""
        for cells in page:
            joined = _BETWEEN.join(cells)
            if not joined.isascii() and self._lacks.search(joined):
                if self._substitute is None:
                    raise self._first_lacking(zip(*page, strict=True))
                yield list(map(_presentable, map(self._encodable, cells)))
            elif _is_to_be_changed(joined, len(cells)):
                yield [_presentable(cell) if cell else cell for cell in cells]
            else:
                yield cells

    def _encodable(self, cell: str) -> str:
        return cell if self._substitute is None else self._lacks.sub(self._substitute, cell)

    def _first_lacking(self, rows: Iterable[Sequence[str]]) -> ExportFileError:
        return next(
            self._lacking(heading, row[0], cell)
            for row in rows
            for heading, cell in zip(self._headings, row, strict=True)
            if self._lacks.search(cell)
        )

    def _lacking(self, heading: str, record: str | None, cell: str) -> ExportFileError:
        letter = self._lacks.findall(cell)[0]
        detail = f"{self._encoding} has no {letter!r} (U+{ord(letter):04X})"
        return ExportFileError("unencodable", detail, record, heading)
