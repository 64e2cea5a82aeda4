"""What holds for every CSV file, whatever is in it."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doocore.errors import ImportFileError
from doocore.model.contact_import import Remark, RowOutcome, RowReason, RowReport
from doocore_adapters.csv_files import (
    DELIMITERS,
    FORMULA_STARTS,
    CsvFile,
    CsvStyle,
    guarded,
    unguarded,
    write_unprocessed,
)

CONTROLS = {*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F}
NEVER_READ = bytes(CONTROLS).decode() + "\ufffe\uffff"
ENCODINGS = ("utf-8", "utf-8-sig", "iso-8859-1")
READ_AS = {"utf-8": "utf-8", "utf-8-sig": "utf-8-sig", "iso-8859-1": "windows-1252"}
"""By what is declared, how the file is decoded: what is said to be ISO 8859-1 comes from Windows."""

LINE_ENDS = ("\r\n", "\n", "\r")


def cells(encoding: str) -> st.SearchStrategy[str]:
    """Any text that the encoding can hold; often what has a meaning to CSV."""
    codec = encoding.removesuffix("-sig")
    plain = st.text(st.characters(codec=codec, exclude_characters=NEVER_READ), max_size=8)
    return plain | st.text(st.sampled_from(",;\t\"\r\n '=+-@1\xe4"), max_size=8)


@dataclass(frozen=True)
class Written:
    """A file, what is said of its encoding, and what must be read from it."""

    content: bytes
    encoding: str
    style: CsvStyle
    rows: Sequence[tuple[int, list[str]]]


@st.composite
def written(draw: st.DrawFn) -> Written:
    """Let `csv` write any table, with blank lines in between; note on which line each row begins."""
    encoding = draw(st.sampled_from(ENCODINGS))
    style = CsvStyle(READ_AS[encoding], draw(st.sampled_from(DELIMITERS)))
    end = draw(st.sampled_from(LINE_ENDS))
    # Unquoted, a row of one blank cell would be a blank line, and Python 3.11 leaves a CR bare where lines end in LF.
    quoting: Literal[0, 1] = csv.QUOTE_ALL if end != "\r\n" or draw(st.booleans()) else csv.QUOTE_MINIMAL
    row = st.lists(cells(style.encoding), min_size=1 if quoting == csv.QUOTE_ALL else 2, max_size=4)
    stream, rows = io.StringIO(newline=""), []
    writer = csv.writer(stream, delimiter=style.delimiter, quoting=quoting, lineterminator=end)
    for each in [["name", "other"], *draw(st.lists(row, max_size=5))]:
        stream.write(draw(st.sampled_from(["", "", " " + end, end, end + "\xa0 " + end])))
        rows.append((1 + len(re.findall("\r\n|\r|\n", stream.getvalue())), each))
        writer.writerow(map(guarded, each))
    return Written(stream.getvalue().encode(style.encoding), encoding, style, rows)


@given(written())
def test_every_table_is_read_as_it_was_written(table: Written) -> None:
    """IM-1, IM-18, EX-2: each cell as it was, each row on its line."""
    file = CsvFile(table.content, encoding=table.encoding, delimiter=table.style.delimiter)
    assert [file.columns(), *file.rows()] == [tuple(table.rows[0][1]), *table.rows[1:]]
    assert file.style == table.style
    assert CsvFile(table.content, encoding=table.encoding).style == table.style


@given(st.text() | st.text(st.sampled_from(FORMULA_STARTS + "1\na"), max_size=5))
@example("+1\n")
def test_a_guard_comes_off_as_it_went_on(text: str) -> None:
    """EX-2; and nothing that is written begins a formula."""
    shown = guarded(text)
    assert unguarded(shown) == text
    assert shown[:1] not in {*"=-@\t\r"}
    assert shown[:1] != "+" or re.fullmatch("[+][0-9]+", shown)


PARTS = [b'"', b'""', b',"', b'",', b'"\n', b",", b";", b"\t", b"\r", b"\n", b"\r\n", b" ", b"'", b"=", b"\0", b"a"]
LETTERS = [b"\xc3\xa4", b"\xe4", b"\xef\xbb\xbf"]
FILES = st.binary() | st.lists(st.sampled_from(PARTS + LETTERS)).map(b"".join)
TEXTS = st.lists(st.sampled_from([part.decode() for part in PARTS if part != b"\0"]), max_size=30).map("".join)
Outcome = tuple[object, ...]


def outcome(content: bytes, encoding: str, delimiter: str | None) -> Outcome:
    try:
        file = CsvFile(content, encoding=encoding, delimiter=delimiter)
        return file.columns(), *file.rows()
    except ImportFileError as error:
        return error.problem, error.line, error.column, error.byte


@given(FILES, st.sampled_from(ENCODINGS), st.sampled_from([None, *DELIMITERS]))
def test_any_bytes_are_read_or_refused(content: bytes, encoding: str, delimiter: str | None) -> None:
    """Nothing but `ImportFileError` is raised; what has control bytes is never read."""
    binary = bool(CONTROLS & set(content))
    assert (outcome(content, encoding, delimiter)[0] == "not_text") is binary


@given(FILES, st.sampled_from(ENCODINGS), st.integers(1, 9))
def test_it_does_not_matter_where_a_chunk_ends(content: bytes, encoding: str, size: int) -> None:
    whole = outcome(content, encoding, ",")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("doocore_adapters.csv_files.reading.CHUNK", size)
        assert outcome(content, encoding, ",") == whole


def open_quote(text: str) -> bool:
    """Tell, one character at a time, whether a quote is open behind *text*: an oracle for what `csv` swallows."""
    state = "start"
    for character in text:
        match state, character:
            case ("quoted", '"'):
                state = "quote in quoted"
            case ("quoted", _):
                pass
            case (_, "," | "\r" | "\n"):
                state = "start"
            case ("start" | "quote in quoted", '"'):
                state = "quoted"
            case _:
                state = "plain"
    return state == "quoted"


@given(TEXTS)
@example('"')
@example('a,b\n"x" "')
def test_an_open_quote_is_found_and_no_other(text: str) -> None:
    problem = outcome(text.encode(), "utf-8", ",")[0]
    assert (problem == "unclosed_quote") is open_quote(text)


def not_blank(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [list(cells) for cells in rows if len(cells) > 1 or "".join(cells).strip()]


@given(TEXTS)
def test_what_csv_reads_is_what_is_read(text: str) -> None:
    """No row is lost or changed but for its guards; rows of a blank cell aside, which may be blank lines."""
    parsed = [list(map(unguarded, cells)) for cells in csv.reader(io.StringIO(text, newline=""))]
    if not_blank(parsed) and not open_quote(text):
        file = CsvFile(text.encode(), delimiter=",")
        assert not_blank([file.columns(), *(cells for _, cells in file.rows())]) == not_blank(parsed)


MISTAKES = {"not_text": b"x\x1by\n", "encoding": b"\xff\n", "unclosed_quote": b'1,"2\n'}
ORDER = ("not_text", "delimiter", "encoding", "unclosed_quote")


@given(st.permutations(sorted(MISTAKES)), st.sets(st.sampled_from(ORDER)), st.integers(0, 3))
def test_of_several_mistakes_the_first_in_order_is_told(lines: list[str], made: set[str], gap: int) -> None:
    """IM-1: wherever in the file they stand."""
    content = b"a,b\n" + b"".join(MISTAKES[each] + b"1,2\n" * gap for each in lines if each in made)
    told = outcome(content, "utf-8", "|" if "delimiter" in made else ",")[0]
    assert told == next((each for each in ORDER if each in made), ("a", "b"))


def unprocessed(cells: list[str]) -> RowReport:
    reason = Remark(RowReason.INVALID_VALUE, "E-Mail", "x", "better")
    return RowReport(line=2, outcome=RowOutcome.UNPROCESSED, reasons=(reason,), cells=tuple(cells))


ROWS = st.lists(st.lists(cells("utf-8"), max_size=4), max_size=5)


@given(ROWS, st.sampled_from(DELIMITERS))
def test_a_report_can_be_imported_again_as_it_is(rows: list[list[str]], delimiter: str) -> None:
    """IM-10: the cells as they were, and so in a report on the report."""
    columns: tuple[str, ...] = ("E-Mail", "=b")
    given_rows = rows
    for _ in range(2):
        stream = io.BytesIO()
        write_unprocessed(stream, columns, map(unprocessed, given_rows), style=CsvStyle(delimiter=delimiter))
        file = CsvFile(stream.getvalue(), delimiter=delimiter)
        columns, given_rows = file.columns(), [cells for _, cells in file.rows()]
        assert columns == ("import_line", "import_reasons", "E-Mail", "=b")
        assert [cells[2:] for cells in given_rows] == rows
