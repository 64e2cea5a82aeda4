"""Reading a CSV file as a list to import (IM-1, IM-16, IM-18)."""

import codecs
import csv
import hashlib
import io
import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, TextIO, TypeAlias

from doocore.errors import ImportFileError, StaleVersionError, shortened
from doocore.model.fields import is_blank
from doocore_adapters.csv_files.styles import (
    DELIMITERS,
    GUARD,
    ISO_8859_1,
    UTF_8,
    UTF_8_MARKED,
    WINDOWS_1252,
    CsvStyle,
    unguarded,
)

CHUNK = 1 << 18
"""How many bytes of a file are looked at together."""

ROW_LIMIT = 1 << 24
"""How many bytes a line and how many characters a row may have; a list of contacts has no longer ones (IM-16)."""

_CODECS = {
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "utf-8-sig": UTF_8,
    "iso-8859-1": WINDOWS_1252,
    "iso8859-1": WINDOWS_1252,
    "latin-1": WINDOWS_1252,
    "latin1": WINDOWS_1252,
    "windows-1252": WINDOWS_1252,
}
"""The names under which IM-1's two encodings are known. Files said to be ISO 8859-1 come from Windows, whose own
encoding has letters where ISO 8859-1 has control characters, which no text has: so that one is read, as browsers do."""

_CONTROL_BYTES = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))

_FOREIGN_FORMATS = (
    (
        re.compile(rb"PK[\x03\x05\x07]"),
        "this is a ZIP archive or an XLSX workbook; rename it to .xlsx, or save it as CSV",
    ),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "this is an old Excel workbook; save the sheet as CSV"),
    (re.compile(rb"\x1f\x8b"), "this is a gzip archive; unpack it first"),
    (re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]"), "this is UTF-16; save it as UTF-8"),
    (re.compile(b""), "this is not a text file"),
)
"""By their first bytes, what people mistake for CSV, and what to do; the last one fits everything."""

_UNDECODABLE = {
    UTF_8: f"is not UTF-8; this looks like ISO 8859-1 or Windows-1252: --encoding {ISO_8859_1}",
    WINDOWS_1252: "is neither ISO 8859-1 nor Windows-1252; if this is UTF-8: --encoding utf-8",
}
"""What a byte tells that the declared encoding does not know."""

_NO_CHARACTERS = ("\ufffe", "\uffff")
"""What Unicode keeps out of texts, and no workbook could hold; a file with one was not decoded as it was encoded."""

_SEPARATOR_LINE = re.compile(r'("?)sep=([^"\r\n])\1\s*', re.IGNORECASE)
"""A first line by which Excel tells what stands between cells; it is no header."""

_LINE_END = re.compile("\r\n|\r|\n")

# Stands behind the last line. Control bytes are refused, so no cell can hold it: it comes back as a row of its own, or
# an open quote has swallowed it.
_END = "\0"

_LONGEST_SEPARATOR_LINE = 16

# A line may be a chunk longer before it is found too long.
_CELL_LIMIT = ROW_LIMIT + 2 * CHUNK

_Row: TypeAlias = tuple[int, list[str]]
"""The line on which a row starts, and its cells."""


class CsvFile:
    r"""A CSV file to import: `ContactRows` that are read from disk a piece at a time (IM-1, IM-16).

    *source* is a path, or the content itself as bytes; *encoding* is UTF-8 (a byte order mark is taken off) or
    ISO 8859-1, in which the letters of Windows-1252 are known too; *delimiter* is `,`, `;` or a tab, and without one a
    first line such as `sep=;` decides, or the header. Blank lines are ignored, lines count from 1, and cells are given
    as they stand, but for the guard of EX-2.

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
        encoding: str = UTF_8,
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
            rows = _examined_rows(text, style.delimiter)
            next(rows)
            yield from rows

    @cached_property
    def _examined(self) -> "_Examined":
        """Go through the file once; the order of these lines is the order of errors (IM-1)."""
        scan = self._source.scanned(self._codec or ISO_8859_1)
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
        delimiter, line = (self._named_delimiter, 1) if self._delimiter is None else (self._delimiter, None)
        if delimiter is not None and delimiter not in DELIMITERS:
            detail = f"{shortened(delimiter)} is not a comma, a semicolon or a tab"
            raise ImportFileError("delimiter", detail, line=line)

    def _usable_encoding(self, scan: "_Scan") -> str:
        marked = scan.start.startswith(codecs.BOM_UTF8)
        if self._codec is None:
            raise ImportFileError("encoding", f"{shortened(self._encoding)} is neither {UTF_8} nor {ISO_8859_1}")
        if marked and self._codec == WINDOWS_1252:
            raise self._error_at(0, "encoding", f"the byte order mark of UTF-8; choose the encoding {UTF_8}")
        if scan.undecodable is not None:
            raise self._error_at(scan.undecodable.offset, "encoding", scan.undecodable.advice)
        return UTF_8_MARKED if marked else self._codec

    @property
    def _named_delimiter(self) -> str | None:
        """Read what a first line `sep=;` says, if there is one."""
        with self._leniently() as text:
            found = _SEPARATOR_LINE.fullmatch(text.readline(_LONGEST_SEPARATOR_LINE))
        return None if found is None else found[2]

    def _detected_delimiter(self) -> str:
        """Take what the file says of itself, or the delimiter that makes most names of the header, the first if several do."""
        named = self._named_delimiter
        return named if named in DELIMITERS else max(DELIMITERS, key=self._name_count)

    def _name_count(self, delimiter: str) -> int:
        with self._leniently() as text:
            rows = _numbered(_Lines(_pieces(text)), delimiter)
            return next(filter(None, (sum(not is_blank(cell) for cell in cells) for _, cells in rows)))

    def _leniently(self) -> AbstractContextManager[TextIO]:
        """Open the file to find its delimiter, for the place of an error too, when it cannot be decoded.

        A byte order mark must not stand before a quote.
        """
        return self._source.text(UTF_8_MARKED if self._codec == UTF_8 else ISO_8859_1, "replace")

    def _error_at(self, offset: int, problem: str, detail: str) -> ImportFileError:
        delimiter = self._delimiter if self._delimiter in DELIMITERS else self._detected_delimiter()
        # As ISO 8859-1 every byte is one character; delimiters, quotes and line ends are the same in both encodings.
        with self._source.text(ISO_8859_1) as text:
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
    def of(cls, error: UnicodeDecodeError, end: int, codec: str) -> "_Undecodable":
        """Read it from *error*, whose bytes end at the offset *end* of the file."""
        byte = error.object[error.start]
        return cls(end - len(error.object) + error.start, f"byte {byte:02X} {_UNDECODABLE[codec]}")


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
        scan, digest, decode = cls(), hashlib.sha256(), _Decoding(codec)
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
            scan.undecodable = scan.undecodable or decode(chunk, offset)
        scan.undecodable = scan.undecodable or decode(b"", offset, final=True)
        scan.fingerprint = digest.hexdigest()
        return scan


def _first_control(chunk: bytes, offset: int) -> int | None:
    # Deleting and comparing takes a quarter of the time of a search.
    if len(chunk.translate(None, _CONTROL_BYTES)) == len(chunk):
        return None
    return offset + next(index for index, byte in enumerate(chunk) if byte in _CONTROL_BYTES)


class _Decoding:
    """Decodes a file chunk by chunk, to find what cannot be decoded."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder(codec)()

    def __call__(self, chunk: bytes, end: int, *, final: bool = False) -> _Undecodable | None:
        """Decode a chunk that ends at the offset *end*."""
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            return _Undecodable.of(error, end, self._codec)
        places = [place for each in _NO_CHARACTERS if (place := text.find(each)) >= 0]
        if not places:
            return None
        behind = len(text[min(places) :].encode(self._codec)) + len(self._decoder.getstate()[0])
        return _Undecodable(end - behind, f"U+{ord(text[min(places)]):04X} is no character; save the list as UTF-8")


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
        elif row[0] == 1 and _SEPARATOR_LINE.fullmatch(lines.last):
            continue
        elif len(cells) > 1 or not is_blank(lines.last):
            if ("'" in lines.last and GUARD.search(lines.last)) or lines.held > len(lines.last):
                cells[:] = map(unguarded, cells)  # a row of several lines ends with `last`: look at all of it
            header = header or cells
            yield row


def _examined_rows(lines: Iterator[str], delimiter: str) -> Iterator[_Row]:
    """Give what `_rows` gives, of a text that it went through: nothing in it can be wrong any more.

    A line without a quote is a row. To cut it at its delimiters takes half of the time of parsing it.
    """
    begun: list[str] = []
    reader = csv.reader(_continued(begun, lines), delimiter=delimiter)
    line, parsed = 1, 0
    for content in lines:
        if '"' in content:
            begun.append(content)
            cells = next(reader)
            following, parsed = line + reader.line_num - parsed, reader.line_num
        else:
            cells = content.rstrip("\r\n").split(delimiter)
            following = line + 1
        if following > line + 1 or ("'" in content and GUARD.search(content)):
            cells = list(map(unguarded, cells))
        if (len(cells) > 1 or not is_blank(content)) and not (line == 1 and _SEPARATOR_LINE.fullmatch(content)):
            yield line, cells
        line = following


def _continued(begun: list[str], lines: Iterator[str]) -> Iterator[str]:
    """Give the line that a row begins with, and those behind it as far as an open quote goes on."""
    while (line := begun.pop() if begun else next(lines, None)) is not None:
        yield line


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
