"""Writing CSV files: exports, and the report of an import (EX-1, EX-2, IM-10)."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from doocore import Export, ExportFileError, RowReport, unprocessed_rows
from doocore.errors import shortened
from doocore.model.export import Page
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
"""A cell that `guarded` would guard, in a column whose cells are joined with `_BETWEEN`."""


@dataclass(frozen=True, slots=True)
class _Codec:
    """An encoding as it is written: what stands before everything, and the characters and bytes that it must not have."""

    name: str
    lacks: re.Pattern[str]
    beginning: bytes = b""
    forbidden: bytes = _CONTROL_BYTES


_WINDOWS_LETTERS = re.escape(bytes(range(0x80, 0xA0)).decode(WINDOWS_1252, "ignore"))
_NO_CHARACTERS = re.compile("[\ud800-\udfff]")

_CODECS: Mapping[str, _Codec] = {
    UTF_8: _Codec("utf-8", _NO_CHARACTERS),
    UTF_8_MARKED: _Codec("utf-8", _NO_CHARACTERS, codecs.BOM_UTF8),
    # The control characters of ISO 8859-1 would be read as the letters of Windows.
    ISO_8859_1: _Codec(
        "iso-8859-1", re.compile("[^\0-\x7f\xa0-\xff]"), forbidden=_CONTROL_BYTES + bytes(range(0x80, 0xA0))
    ),
    WINDOWS_1252: _Codec("windows-1252", re.compile(f"[^\0-\x7f\xa0-\xff{_WINDOWS_LETTERS}]")),
}


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
    written = _Writing(export.columns, _CODECS[encoding], delimiter, substitute)
    count = 0
    with whole_file(target, replace=replace) as stream:
        stream.write(written.beginning())
        for page in export.pages:
            stream.write(written.page(page))
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
    if substitute is not None and (_CODECS[encoding].lacks.search(substitute) or _CONTROLS.search(substitute)):
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


def _guarded_column(cells: Sequence[str]) -> Sequence[str]:
    """Guard the cells of a column; in most columns no cell needs it, and one look tells."""
    if not _TO_BE_GUARDED.search(f"{_BETWEEN}{_BETWEEN.join(cells)}{_BETWEEN}"):
        return cells
    return [guarded(cell) if cell else cell for cell in cells]


class _Writing:
    """Turns pages into bytes. That something in a page cannot be written shows in its bytes, so they come first."""

    def __init__(self, headings: Sequence[str], codec: _Codec, delimiter: str, substitute: str | None) -> None:
        self._headings = headings
        self._codec = codec
        self._delimiter = delimiter
        self._substitute = substitute

    def beginning(self) -> bytes:
        """Give the header, with what the encoding has before it."""
        header = [[each] for each in self._headings]
        written = self._encoded(map(_guarded_column, header))
        if written is None:
            written = self._cleaned(header, [None])
        return self._codec.beginning + written

    def page(self, page: Page) -> bytes:
        """Give the rows of a page."""
        written = self._encoded(map(_guarded_column, page))
        return self._cleaned(page, page[0]) if written is None else written

    def _encoded(self, columns: Iterable[Sequence[str]]) -> bytes | None:
        """Give the rows as bytes; None where they have what cannot stand in the file."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._delimiter).writerows(zip(*columns, strict=True))
        try:
            octets = text.getvalue().encode(self._codec.name)
        except UnicodeEncodeError:
            return None
        return octets if len(octets.translate(None, self._codec.forbidden)) == len(octets) else None

    def _cleaned(self, page: Page, records: Sequence[str | None]) -> bytes:
        """Give the rows without what cannot be written; `ExportFileError` for what is not to be replaced."""
        lacks, substitute = self._codec.lacks, self._substitute
        if substitute is None:
            self._refuse_what_lacks(page, records)
        cleaned = [[guarded(_CONTROLS.sub(" ", lacks.sub(substitute or "", cell))) for cell in cells] for cells in page]
        return self._encoded(cleaned) or b""

    def _refuse_what_lacks(self, page: Page, records: Sequence[str | None]) -> None:
        for record, *cells in zip(records, *page, strict=True):
            for heading, cell in zip(self._headings, cells, strict=True):
                found = self._codec.lacks.search(cell or "")
                if found:
                    detail = f"{self._codec.name} has no {found[0]!r} (U+{ord(found[0]):04X})"
                    raise ExportFileError("unencodable", detail, record, heading)
