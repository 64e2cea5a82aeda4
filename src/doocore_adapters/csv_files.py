r"""Lists of contacts as CSV files: read for an import, and the report of unprocessed rows (IM-1, IM-10, IM-16, IM-18).

The `csv` module of the standard library does the parsing. This file sees to what it lets pass: bytes that are no
text, a quote that is never closed, cells that a spreadsheet would run as a formula, a file that changes meanwhile.

Before it gives the first column or row, `CsvFile` goes through the whole file once, so that the first of these errors
wins wherever in the file it stands: `not_text`, `delimiter`, `encoding`, `unclosed_quote`, `header`.

Where RFC 4180 is silent, what `csv` does is kept: text behind a closing quote belongs to the cell (`"ab"c` is `abc`),
and a quote that does not begin its cell is itself (`5" pipe`, or `"a"` behind a blank).

>>> file = CsvFile(b"E-Mail;Vorname\r\nada@x.de;Ada\r\n\r\nbob@x.de;'=Bob")
>>> file.columns()
('E-Mail', 'Vorname')
>>> list(file.rows())
[(2, ['ada@x.de', 'Ada']), (4, ['bob@x.de', '=Bob'])]
"""

import codecs
import csv
import errno
import hashlib
import io
import os
import re
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, TextIO, TypeAlias

from doocore.errors import ImportFileError, StaleVersionError, shortened
from doocore.model.contact_import import Remark, RowOutcome, RowReport
from doocore.model.fields import folded, is_blank

CHUNK = 1 << 18
"""How many bytes of a file are looked at together."""

ROW_LIMIT = 1 << 24
"""How many bytes a line and how many characters a row may have; a list of contacts has no longer ones (IM-16)."""

DELIMITERS = (",", ";", "\t")
"""What may stand between cells; detection prefers the earlier one."""

FORMULA_STARTS = "=+-@'\t\r"
"""The characters before which a leading `'` is a guard and no text (EX-2)."""

LINE_COLUMN = "import_line"
REASONS_COLUMN = "import_reasons"
"""With `LINE_COLUMN` what a report of unprocessed rows has in front; no field has such a name, an import ignores them."""

_UTF_8 = "utf-8"
_ISO_8859_1 = "iso-8859-1"
_CODECS = {
    "utf-8": _UTF_8,
    "utf8": _UTF_8,
    "utf-8-sig": _UTF_8,
    "iso-8859-1": _ISO_8859_1,
    "iso8859-1": _ISO_8859_1,
    "latin-1": _ISO_8859_1,
    "latin1": _ISO_8859_1,
}
"""The names under which IM-1's two encodings are known."""

_CONTROL_BYTES = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))

_WITHOUT_CONTROLS = dict.fromkeys(_CONTROL_BYTES, " ")

_FOREIGN_FORMATS = (
    (re.compile(rb"PK[\x03\x05\x07]"), "this is a ZIP archive or an XLSX workbook; save the sheet as CSV"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "this is an old Excel workbook; save the sheet as CSV"),
    (re.compile(rb"\x1f\x8b"), "this is a gzip archive; unpack it first"),
    (re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]"), "this is UTF-16; save it as UTF-8"),
    (re.compile(b""), "this is not a text file"),
)
"""By their first bytes, what people mistake for CSV, and what to do; the last one fits everything."""

_FIRST_LETTER = 0xA0
_LETTER = f"this looks like ISO 8859-1: --encoding {_ISO_8859_1}"
_BELOW_LETTERS = "this looks like Windows-1252: save it as UTF-8"
"""What a byte that is not UTF-8 tells: below A0, ISO 8859-1 has nothing that belongs into a text, Windows has."""

_LINE_END = re.compile("\r\n|\r|\n")
_GUARD = re.compile(f"'[{re.escape(FORMULA_STARTS)}]")
_RUN_AS_FORMULA = re.compile(f"{_GUARD.pattern}|[-=@\t\r]|\\+(?![0-9]+\\Z)")

# Stands behind the last line. Control bytes are refused, so no cell can hold it: it comes back as a row of its own, or
# an open quote has swallowed it.
_END = "\0"

# A line may be a chunk longer before it is found too long.
_CELL_LIMIT = ROW_LIMIT + 2 * CHUNK

_Row: TypeAlias = tuple[int, list[str]]
"""The line on which a row starts, and its cells."""


def guarded(cell: str) -> str:
    """Put a `'` before what a spreadsheet would run as a formula, and before what would be taken for guarded (EX-2).

    >>> [guarded(cell) for cell in ("=1+1", "+1+1", "+4930123", "'-", "'t Hooft")]
    ["'=1+1", "'+1+1", '+4930123', "''-", "'t Hooft"]
    """
    return f"'{cell}" if _RUN_AS_FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Take the guard off again (EX-2).

    >>> [unguarded(cell) for cell in ("'=1+1", "'+1+1", "+4930123", "''-", "'t Hooft")]
    ['=1+1', '+1+1', '+4930123', "'-", "'t Hooft"]
    """
    return cell[1:] if _GUARD.match(cell) else cell


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a CSV file is written; a report is written as its list was (IM-10).

    `encoding` is `utf-8`, `utf-8-sig` (with the byte order mark by which Excel knows UTF-8) or `iso-8859-1`.
    """

    encoding: str = _UTF_8
    delimiter: str = ","


PLAIN = CsvStyle()
"""What an export has unless somebody chooses otherwise (EX-1)."""


# Reading


class CsvFile:
    r"""A CSV file to import: `ContactRows` that are read from disk a piece at a time (IM-1, IM-16).

    *source* is a path, or the content itself as bytes; *encoding* is UTF-8 (a byte order mark is taken off) or
    ISO 8859-1; *delimiter* is `,`, `;` or a tab, and without one the header decides. Blank lines are ignored, lines
    count from 1, and cells are given as they stand, but for the guard of EX-2.

    Reading raises `ImportFileError` for a file that cannot be imported, with the line, the column, and how many bytes
    stand before what is wrong; and `StaleVersionError` for a file that was changed since it was examined.

    >>> CsvFile(b'E-Mail,Firma\r\nada@x.de,"ACME').columns()
    Traceback (most recent call last):
    doocore.errors.ImportFileError: unclosed_quote at line 2, column Firma: a quote opens this cell and none closes it
    """

    def __init__(
        self,
        source: Path | str | bytes,
        *,
        encoding: str = _UTF_8,
        delimiter: str | None = None,
        name: str | None = None,
    ) -> None:
        self._source = _Source(source)
        self._encoding = encoding
        self._codec = _CODECS.get(encoding.lower().replace("_", "-"))
        self._delimiter = delimiter
        self._name = self._source.name if name is None else name

    @property
    def name(self) -> str:
        """Name the file; content without a file has the name that it was given, or none."""
        return self._name

    @property
    def style(self) -> CsvStyle:
        """Tell how the file is written, so that a report can be written alike (IM-10)."""
        return self._examined.style

    def columns(self) -> tuple[str, ...]:
        """Give the names in the header, the first line that is not blank."""
        return self._examined.columns

    def fingerprint(self) -> str:
        """Give the SHA-256 of the file's bytes (IM-12)."""
        return self._examined.fingerprint

    def rows(self) -> Iterator[_Row]:
        """Yield, for every row behind the header, the line on which it starts and its cells (IM-18)."""
        style = self._examined.style
        with self._source.text(style.encoding) as text:
            rows = _rows(text, style.delimiter)
            next(rows)
            yield from rows

    @cached_property
    def _examined(self) -> "_Examined":
        """Go through the file once; the order of these lines is the order of errors (IM-1)."""
        scan = self._source.scanned(self._codec or _ISO_8859_1)
        self._refuse_binary(scan)
        self._refuse_delimiter()
        encoding = self._usable_encoding(scan)
        delimiter = self._delimiter or self._detected_delimiter()
        with self._source.text(encoding) as text:
            columns = _checked_columns(_rows(text, delimiter), every_row=scan.has_quotes)
        return _Examined(scan.fingerprint, CsvStyle(encoding, delimiter), columns)

    def _refuse_binary(self, scan: "_Scan") -> None:
        if scan.control is not None:
            hint = next(hint for start, hint in _FOREIGN_FORMATS if start.match(scan.start))
            raise self._error_at(scan.control, "not_text", f"a control byte; {hint}")
        if scan.overlong is not None:
            raise self._error_at(scan.overlong, "not_text", f"a line of more than {ROW_LIMIT:,} bytes; this is no list")

    def _refuse_delimiter(self) -> None:
        if self._delimiter is not None and self._delimiter not in DELIMITERS:
            raise ImportFileError("delimiter", f"{shortened(self._delimiter)} is not a comma, a semicolon or a tab")

    def _usable_encoding(self, scan: "_Scan") -> str:
        marked = scan.start.startswith(codecs.BOM_UTF8)
        if self._codec is None:
            raise ImportFileError("encoding", f"{shortened(self._encoding)} is neither {_UTF_8} nor {_ISO_8859_1}")
        if marked and self._codec == _ISO_8859_1:
            raise self._error_at(0, "encoding", f"the byte order mark of UTF-8; choose the encoding {_UTF_8}")
        if scan.undecodable is not None:
            raise self._error_at(scan.undecodable.offset, "encoding", scan.undecodable.advice)
        return "utf-8-sig" if marked else self._codec

    def _detected_delimiter(self) -> str:
        """Choose the delimiter that makes most names of the header; the first in order if several do."""
        return max(DELIMITERS, key=self._name_count)

    def _name_count(self, delimiter: str) -> int:
        # It is also asked for the place of an error, in a file that cannot be decoded or has lines without end; and a
        # byte order mark must not stand before a quote.
        with self._source.text("utf-8-sig" if self._codec == _UTF_8 else _ISO_8859_1, "replace") as text:
            rows = _numbered(_Lines(_pieces(text)), delimiter)
            return next(filter(None, (sum(not is_blank(cell) for cell in cells) for _, cells in rows)))

    def _error_at(self, offset: int, problem: str, detail: str) -> ImportFileError:
        delimiter = self._delimiter if self._delimiter in DELIMITERS else self._detected_delimiter()
        # As ISO 8859-1 every byte is one character; delimiters, quotes and line ends are the same in both encodings.
        with self._source.text(_ISO_8859_1) as text:
            line, column = _place(_cut(_pieces(text), offset), delimiter)
        return ImportFileError(problem, detail, line=line, column=column, byte=offset)


@dataclass(frozen=True, slots=True)
class _Examined:
    """What is known of a file that can be read to its end."""

    fingerprint: str
    style: CsvStyle
    columns: tuple[str, ...]


class _Source:
    """Where the bytes come from, as often as they are asked for; a file must stay the same as at the first time."""

    def __init__(self, source: Path | str | bytes) -> None:
        self._source = source if isinstance(source, bytes) else Path(source)
        self._version: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        return "" if isinstance(self._source, bytes) else self._source.name

    def scanned(self, codec: str) -> "_Scan":
        """Look at every byte once; this is the version of the file that counts from now on."""
        self._version = None
        with self._bytes() as stream:
            return _Scan.of(iter(partial(stream.read, CHUNK), b""), codec)

    @contextmanager
    def text(self, encoding: str, errors: str = "strict") -> Iterator[TextIO]:
        """Open the source as text whose line ends are left as they are, as `csv` wants it."""
        with self._bytes() as stream:
            text = io.TextIOWrapper(stream, encoding, errors, newline="")
            yield text

    @contextmanager
    def _bytes(self) -> Iterator[BinaryIO]:
        if isinstance(self._source, bytes):
            yield io.BytesIO(self._source)
            return
        if not stat.S_ISREG(self._source.stat().st_mode):
            raise io.UnsupportedOperation(f"{self._source} is no regular file, and a list is read twice: save it first")
        with self._source.open("rb") as stream:
            self._refuse_change(stream)
            try:
                yield stream
            except Exception:
                self._refuse_change(stream)  # then that is the reason, whatever it led to
                raise
            self._refuse_change(stream)

    def _refuse_change(self, stream: BinaryIO) -> None:
        status = os.fstat(stream.fileno())
        version = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        self._version = self._version or version
        if version != self._version:
            raise StaleVersionError("file", self.name)


@dataclass(frozen=True, slots=True)
class _Undecodable:
    """The first byte that the declared encoding does not know."""

    offset: int
    advice: str

    @classmethod
    def of(cls, error: UnicodeDecodeError, end: int) -> "_Undecodable":
        """Read it from *error*, whose bytes end at the offset *end* of the file."""
        byte = error.object[error.start]
        guess = _BELOW_LETTERS if byte < _FIRST_LETTER else _LETTER
        return cls(end - len(error.object) + error.start, f"byte {byte:02X} is not UTF-8; {guess}")


@dataclass(slots=True)
class _Scan:
    """What the bytes of a file tell before anything is parsed; None where there is no such mistake."""

    start: bytes = b""
    fingerprint: str = ""
    has_quotes: bool = False
    control: int | None = None
    overlong: int | None = None
    undecodable: _Undecodable | None = None

    @classmethod
    def of(cls, chunks: Iterable[bytes], codec: str) -> "_Scan":
        """Look through *chunks*; what is not text is not looked at further."""
        scan, digest, decoder = cls(), hashlib.sha256(), codecs.getincrementaldecoder(codec)()
        offset = line_start = 0
        for chunk in chunks:
            scan.start = (scan.start + chunk)[:4]
            scan.control = _first_control(chunk, offset)
            if last := 1 + max(chunk.rfind(b"\n"), chunk.rfind(b"\r")):
                line_start = offset + last
            offset += len(chunk)
            scan.overlong = line_start if offset - line_start > ROW_LIMIT else None
            if scan.control is not None or scan.overlong is not None:
                return scan
            digest.update(chunk)
            scan.has_quotes = scan.has_quotes or b'"' in chunk
            scan.undecodable = scan.undecodable or _undecodable(decoder, chunk, offset)
        scan.undecodable = scan.undecodable or _undecodable(decoder, b"", offset, final=True)
        scan.fingerprint = digest.hexdigest()
        return scan


def _first_control(chunk: bytes, offset: int) -> int | None:
    # Deleting and comparing takes a quarter of the time of a search.
    if len(chunk.translate(None, _CONTROL_BYTES)) == len(chunk):
        return None
    return offset + next(index for index, byte in enumerate(chunk) if byte in _CONTROL_BYTES)


def _undecodable(
    decoder: codecs.IncrementalDecoder, chunk: bytes, end: int, *, final: bool = False
) -> _Undecodable | None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        return _Undecodable.of(error, end)
    return None


class _Lines:
    """The lines of a file as `csv` takes them, with `_END` behind the last one.

    Only an open quote makes a row go on behind its line, so a row that outgrows `ROW_LIMIT` ends the lines, and `_END`
    lands in its last cell. `held` is how much `csv` has taken for the row it is at; `last` is the last line it took.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.last = ""
        self.held = 0
        self.ended = False
        self._lines = lines

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if self.held and self.held + len(line) > ROW_LIMIT:
                break
            self.held += len(line)
            self.last = line
            yield line
        self.ended = True
        yield _END


def _pieces(text: TextIO) -> Iterator[str]:
    """Read lines of which one may be too long to be read at once."""
    return iter(partial(text.readline, ROW_LIMIT), "")


def _cut(lines: Iterable[str], offset: int) -> Iterator[str]:
    """End *lines* with `_END` after *offset* characters."""
    for line in lines:
        if offset < len(line):
            yield line[:offset] + _END
            return
        yield line
        offset -= len(line)


def _numbered(lines: _Lines, delimiter: str) -> Iterator[_Row]:
    """Parse all lines, the blank ones too; the last row is the one with `_END`."""
    # The limit belongs to the whole process: whoever raised it further keeps that.
    csv.field_size_limit(max(csv.field_size_limit(), _CELL_LIMIT))
    reader = csv.reader(lines, delimiter=delimiter)
    line = 1
    for cells in reader:
        yield line, cells
        lines.held = 0
        line = reader.line_num + 1


def _rows(text: Iterable[str], delimiter: str) -> Iterator[_Row]:
    """Parse the rows that are not blank; the header is the first one (IM-18)."""
    lines = _Lines(text)
    header: list[str] = []
    for row in _numbered(lines, delimiter):
        cells = row[1]
        if lines.ended:
            if lines.held:  # else `_END` is a row of its own
                raise _open_quote(row, header)
        elif len(cells) > 1 or not is_blank(lines.last):
            if ("'" in lines.last and _GUARD.search(lines.last)) or lines.held > len(lines.last):
                cells[:] = map(unguarded, cells)  # a row of several lines ends with `last`: look at all of it
            header = header or cells
            yield row


def _open_quote(row: _Row, header: Sequence[str]) -> ImportFileError:
    line, cells = row
    names = dict(enumerate(header, 1))
    return ImportFileError(
        "unclosed_quote",
        "a quote opens this cell and none closes it",
        line=line + _line_ends(cells[:-1]),
        column=names.get(len(cells)) or len(cells),
    )


def _checked_columns(rows: Iterator[_Row], *, every_row: bool) -> tuple[str, ...]:
    """Take the header; with *every_row*, go on to the end, where an open quote shows."""
    header = next(rows, None)
    if every_row:
        deque(rows, maxlen=0)
    if header is None:
        raise ImportFileError("header", "no line has the names of the columns: the file is empty or blank")
    return tuple(header[1])


def _place(lines: Iterable[str], delimiter: str) -> tuple[int, int]:
    """Tell the line and the number of the column at which *lines* were cut."""
    rows = _numbered(_Lines(lines), delimiter)
    line, cells = next(row for row in rows if row[1] and row[1][-1].endswith(_END))
    return line + _line_ends(cells), len(cells)


def _line_ends(cells: Iterable[str]) -> int:
    return sum(len(_LINE_END.findall(cell)) for cell in cells)


# Writing


def write_unprocessed(
    target: Path | str | BinaryIO,
    columns: Sequence[str],
    reports: Iterable[RowReport],
    *,
    style: CsvStyle = PLAIN,
    replace: bool = False,
) -> int:
    """Write the unprocessed rows among *reports* so that they can be corrected and imported again; count them (IM-10).

    The line and the reasons stand in front of the row's cells: a row with too few or too many of them is still that
    until somebody corrects it, and a spreadsheet can fill it up without moving the line into a column of the list.
    A report on a report has them once: *columns* of these names are left out, with their cells.
    Where ISO 8859-1 lacks a character, a reason has a `?`; a cell with one is a `UnicodeEncodeError`.
    """
    own = [index for index, column in enumerate(columns) if folded(column) in {LINE_COLUMN, REASONS_COLUMN}]
    unprocessed = (report for report in reports if report.outcome is RowOutcome.UNPROCESSED)
    count = 0
    with csv_writing(target, style=style, replace=replace) as write:
        write([LINE_COLUMN, REASONS_COLUMN, *_without(own, columns)])
        for count, report in enumerate(unprocessed, 1):  # noqa: B007, it is what is returned
            reasons = "; ".join(map(_told, report.reasons))
            shown = reasons.encode(style.encoding, "replace").decode(style.encoding)
            write([str(report.line), shown, *_without(own, report.cells)])
    return count


@contextmanager
def csv_writing(
    target: Path | str | BinaryIO, *, style: CsvStyle = PLAIN, replace: bool = False
) -> Iterator[Callable[[Iterable[str]], None]]:
    r"""Give a function that writes a row with its guards (EX-2); lines end in CRLF.

    A control character, with which the file could not be read again, becomes a blank.
    A file appears under its name when the block is through and everything is on disk; if it fails, nothing appears.
    One that exists is only replaced with *replace*. Only its owner can read it. A stream is left open.

    >>> stream = io.BytesIO()
    >>> with csv_writing(stream, style=CsvStyle(delimiter=";")) as write:
    ...     write(["E-Mail", "Vorname"])
    ...     write(["ada@x.de", "=Ada"])
    >>> stream.getvalue()
    b"E-Mail;Vorname\r\nada@x.de;'=Ada\r\n"
    """
    with _new_file(Path(target), replace=replace) if isinstance(target, str | Path) else nullcontext(target) as stream:
        text = io.TextIOWrapper(stream, style.encoding, newline="")
        writer = csv.writer(text, delimiter=style.delimiter)

        def write(cells: Iterable[str]) -> None:
            writer.writerow(map(_presentable, cells))

        try:
            yield write
        finally:
            text.detach()


def _presentable(cell: str) -> str:
    return guarded(cell if cell.isprintable() else cell.translate(_WITHOUT_CONTROLS))


@contextmanager
def _new_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Open a file that comes to stand at *path* when it is whole."""
    _refuse_existing(path, replace=replace)
    handle, name = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
        _refuse_existing(path, replace=replace)
        part.replace(path)
    except BaseException:
        part.unlink()
        raise


def _refuse_existing(path: Path, *, replace: bool) -> None:
    if path.exists() and not replace:
        raise FileExistsError(errno.EEXIST, "the file exists already", str(path))


def _told(reason: Remark) -> str:
    """Say a reason in words for whoever corrects the row.

    >>> from doocore.model.contact_import import RowReason
    >>> _told(Remark(RowReason.INVALID_VALUE, column="Telefon", advice="a number with its area code"))
    'invalid_value (Telefon: a number with its area code)'
    """
    about = ": ".join(filter(None, (reason.column, reason.advice)))
    return f"{reason.word.value} ({about})" if about else reason.word.value


def _without(dropped: Collection[int], cells: Sequence[str]) -> list[str]:
    return [cell for index, cell in enumerate(cells) if index not in dropped]
