"""A CSV file is read as it stands or refused with one clear error, and its report can be imported again."""

import csv
import io
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from doocore import Export
from doocore.errors import ExportFileError, ImportFileError, StaleVersionError
from doocore.model.contact_import import Remark, RowOutcome, RowReason, RowReport
from doocore.ports import ContactRows
from doocore_adapters import csv_files
from doocore_adapters.csv_files import CsvFile, CsvStyle, csv_writing, guarded, unguarded, write_csv, write_unprocessed

UTF_8_MARK = b"\xef\xbb\xbf"


def rows(content: bytes, *, encoding: str = "utf-8", delimiter: str | None = None) -> list[tuple[int, list[str]]]:
    return list(CsvFile(content, encoding=encoding, delimiter=delimiter).rows())


def refusal(content: bytes, *, encoding: str = "utf-8", delimiter: str | None = None) -> ImportFileError:
    with pytest.raises(ImportFileError) as caught:
        CsvFile(content, encoding=encoding, delimiter=delimiter).columns()
    return caught.value


def place(error: ImportFileError) -> tuple[str, int | None, str | int | None, int | None]:
    return error.problem, error.line, error.column, error.byte


# What is read


def test_it_is_a_list_to_import() -> None:
    file: ContactRows = CsvFile(b"E-Mail\nada@x.de\n", name="list.csv")
    assert (file.name, file.columns(), list(file.rows())) == ("list.csv", ("E-Mail",), [(2, ["ada@x.de"])])


def test_a_file_has_its_own_name_and_content_has_none(tmp_path: Path) -> None:
    assert CsvFile(tmp_path / "list.csv").name == CsvFile(str(tmp_path / "list.csv")).name == "list.csv"
    assert not CsvFile(b"").name


def test_rows_can_be_read_more_than_once_and_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\n1,2\n3,4\n")
    file = CsvFile(path)
    assert list(file.rows()) == list(file.rows())
    assert list(zip(file.rows(), file.rows(), strict=True)) == [((2, ["1", "2"]),) * 2, ((3, ["3", "4"]),) * 2]


def test_a_reading_may_be_given_up(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a\n1\n2\n")
    file = CsvFile(path)
    assert next(file.rows()) == (2, ["1"])
    assert next(file.rows()) == (2, ["1"])


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("last_end", [True, False])
def test_lines_end_in_crlf_lf_or_cr(end: str, *, last_end: bool) -> None:
    """IM-1; the last line may have no end."""
    content = end.join(["a,b", "1,2", "3,4"]) + end * last_end
    assert rows(content.encode()) == [(2, ["1", "2"]), (3, ["3", "4"])]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_ends_inside_a_cell_stay_and_count(end: str) -> None:
    """IM-18: a row is named by the line on which it starts."""
    content = f'a,b{end}"x{end}{end}y",2{end}3,4{end}'
    assert rows(content.encode()) == [(2, [f"x{end}{end}y", "2"]), (5, ["3", "4"])]


@pytest.mark.parametrize(
    "name", ["utf-8", "UTF-8", "utf8", "UTF_8", "utf-8-sig", "iso-8859-1", "ISO_8859-1", "latin-1", "Latin1"]
)
def test_encodings_are_known_by_their_usual_names(name: str) -> None:
    content = "Straße\n\xc3\xa9\n"
    encoding = "utf-8" if "8859" not in name and "atin" not in name else "iso-8859-1"
    file = CsvFile(content.encode(encoding), encoding=name)
    assert (file.columns(), list(file.rows())) == (("Straße",), [(2, ["\xc3\xa9"])])


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert CsvFile(UTF_8_MARK + b'"E-Mail","a,b"\n').columns() == ("E-Mail", "a,b")


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("a,b", ("a", "b")),
        ("a;b", ("a", "b")),
        ("a\tb", ("a", "b")),
        ("a;b,c;d", ("a", "b,c", "d")),
        ('"a;b;c",d', ("a;b;c", "d")),
        ("a;;;\tb\tc", ("a;;;", "b", "c")),  # names count, not cells
        ("a;b,c", ("a;b", "c")),  # as many of either: the comma
        ("a", ("a",)),
        ('a;"b\n', None),
    ],
)
def test_without_a_choice_the_delimiter_that_makes_most_names_is_taken(
    header: str, columns: tuple[str, ...] | None
) -> None:
    content = f"\n  \n{header}\n".encode()
    if columns is None:
        assert place(refusal(content)) == ("unclosed_quote", 3, 2, None)
    else:
        assert CsvFile(content).columns() == columns


def test_a_byte_order_mark_does_not_hide_the_quote_behind_it() -> None:
    assert CsvFile(UTF_8_MARK + b'"a;b;c",d\n').columns() == ("a;b;c", "d")


def test_a_choice_wins_over_what_the_header_looks_like() -> None:
    assert CsvFile(b"a;b;c,d\n", delimiter=",").columns() == ("a;b;c", "d")


def test_blank_lines_are_none_and_rows_of_empty_cells_are_rows() -> None:
    """IM-18: what stands in quotes is a cell, though it be blank."""
    content = 'a,b\n\n  \n\t\n\u00a0\u200b\n,\n""\n"  "\n" \n "\n,,,\n'
    assert rows(content.encode()) == [(6, ["", ""]), (7, [""]), (8, ["  "]), (9, [" \n "]), (11, ["", "", "", ""])]


def test_tabs_alone_are_a_row_where_they_stand_between_cells() -> None:
    assert rows(b"a\tb\n\t\n", delimiter="\t") == [(2, ["", ""])]


def test_a_row_has_as_many_cells_as_it_has() -> None:
    """IM-18: whether that is right is for others to say."""
    assert rows(b"a,b\n1\n1,2,3\n") == [(2, ["1"]), (3, ["1", "2", "3"])]


def test_cells_are_not_trimmed_here() -> None:
    assert rows(b"a,b\n x ,\ty\n") == [(2, [" x ", "\ty"])]


@pytest.mark.parametrize(
    ("written", "read"),
    [('"a ""b"" c"', 'a "b" c'), ('"ab"c', "abc"), ('"ab"c"d', 'abc"d'), ('5" pipe', '5" pipe'), (' "a"', ' "a"')],
)
def test_quotes_are_read_as_csv_reads_them(written: str, read: str) -> None:
    assert rows(f"x;y\n{written};\n".encode()) == [(2, [read, ""])]


def test_what_looks_like_a_line_end_elsewhere_is_a_character() -> None:
    content = "a,b\n1\u20282,3\x854\n"
    assert rows(content.encode()) == [(2, ["1\u20282", "3\x854"])]


@pytest.mark.parametrize("start", "=+-@'\t\r")
def test_a_guard_is_taken_off(start: str) -> None:
    """EX-2; in the header too, where an export puts the names of fields."""
    file = CsvFile(f'"\'{start}a",b\n"\'{start}",\'t Hooft\n'.encode())
    assert file.columns() == (f"{start}a", "b")
    assert list(file.rows()) == [(2 + (start == "\r"), [start, "'t Hooft"])]


def test_a_guard_is_taken_off_the_first_line_of_a_row_of_several() -> None:
    assert rows(b'a,b\n\'=1,"x\ny"\n') == [(2, ["=1", "x\ny"])]


def test_a_leading_apostrophe_alone_stays() -> None:
    assert rows(b"a,b\n',''\n'0177,'t Hooft\n") == [(2, ["'", "'"]), (3, ["'0177", "'t Hooft"])]


@pytest.mark.parametrize("cell", ["=1", "+1 2", "-1", "@a", "'=1", "''", "\tx", "\rx", "+", "+12a", "+1\n", "+\u0661"])
def test_what_a_spreadsheet_would_run_is_guarded(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["", "a", "'", "'t Hooft", "+4930123", "0", " =1", "a=1"])
def test_what_none_would_run_is_left_alone(cell: str) -> None:
    assert guarded(cell) == unguarded(cell) == cell


def test_a_fingerprint_is_of_the_bytes() -> None:
    """IM-12: how they are read does not matter, what they are does."""
    content = b"a;b\n1;2\n"
    assert CsvFile(content).fingerprint() == CsvFile(content, encoding="latin-1", delimiter=",").fingerprint()
    assert CsvFile(content).fingerprint() != CsvFile(content + b"\n").fingerprint()


def test_a_long_text_is_a_cell_like_any_other() -> None:
    """The limit of the `csv` module is 131,072 characters, which a legal text may have."""
    text = "x" * 200_000
    assert rows(f'a,b\n{text},"{text}\n{text}"\n'.encode()) == [(2, [text, f"{text}\n{text}"])]


def test_a_higher_limit_of_the_process_is_kept() -> None:
    before = csv.field_size_limit(1 << 30)
    try:
        rows(b"a\n1\n")
        assert csv.field_size_limit() == 1 << 30
    finally:
        csv.field_size_limit(before)


# What is refused


@pytest.mark.parametrize("byte", [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
def test_a_control_byte_is_no_text(byte: int) -> None:
    content = b'a,b\n1,"x\ny",z' + bytes([byte]) + b",\n"
    assert place(refusal(content)) == ("not_text", 3, 3, 13)


@pytest.mark.parametrize("byte", [*b"\t\n\r", 0x20, 0x7E, 0x80, 0x9F, 0xFF])
def test_other_bytes_are_text(byte: int) -> None:
    assert CsvFile(b"a,b\n1," + bytes([byte]), encoding="iso-8859-1").columns() == ("a", "b")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"PK\x03\x04\x14\x00", "XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
        (b"\x1f\x8b\x08", "gzip"),
        ("E-Mail,Größe\n".encode("utf-16-le"), "UTF-16"),
        ("E-Mail,Größe\n".encode("utf-16-be"), "UTF-16"),
        ("\ufeffE-Mail,Größe\n".encode("utf-16-le"), "UTF-16"),
        ("\ufeffE-Mail,Größe\n".encode("utf-16-be"), "UTF-16"),
        (b"a\0", "not a text file"),
    ],
)
def test_what_is_mistaken_for_csv_is_recognized(content: bytes, hint: str) -> None:
    error = refusal(content)
    assert error.problem == "not_text"
    assert hint in error.detail


@pytest.mark.parametrize("delimiter", ["|", "", ",,", " ", "\n", '"', "comma"])
def test_only_comma_semicolon_and_tab_are_delimiters(delimiter: str) -> None:
    assert place(refusal(b"a|b\n", delimiter=delimiter)) == ("delimiter", None, None, None)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "", "ascii", "hex", "no such thing"])
def test_only_two_encodings_are_read(encoding: str) -> None:
    assert refusal(b"a\n", encoding=encoding).problem == "encoding"


@pytest.mark.parametrize(
    ("content", "expected", "hint"),
    [
        (b"a;b\n1;x\xe4", ("encoding", 2, 2, 7), "--encoding iso-8859-1"),
        (b'a;b\r\n"1\r\n2";\xe4', ("encoding", 3, 2, 12), "--encoding iso-8859-1"),
        (b'a;b\r\n"1\r\n\xe4";', ("encoding", 3, 1, 9), "--encoding iso-8859-1"),
        (b'a;b\r\n"1;\xe4', ("encoding", 2, 1, 8), "--encoding iso-8859-1"),
        (b"\xe4", ("encoding", 1, 1, 0), "--encoding iso-8859-1"),
        (UTF_8_MARK + b"a\xff", ("encoding", 1, 1, 4), "--encoding iso-8859-1"),
        (b"a\n\xc3\xa4\xc3", ("encoding", 2, 1, 4), "--encoding iso-8859-1"),
        (b"a\n\x80 5", ("encoding", 2, 1, 2), "Windows-1252"),
        (b"a\n\xed\xa0\x80", ("encoding", 2, 1, 2), ""),  # a lone surrogate
    ],
)
def test_what_is_not_utf_8_is_refused_with_its_place(
    content: bytes, expected: tuple[str, int, int, int], hint: str
) -> None:
    error = refusal(content)
    assert place(error) == expected
    assert hint in error.detail


def test_a_file_that_says_utf_8_is_not_read_as_iso_8859_1() -> None:
    assert place(refusal(UTF_8_MARK + b"a\n", encoding="iso-8859-1")) == ("encoding", 1, 1, 0)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b'"', 1, 1),
        (b'a,"b\n1,2\n', 1, 2),
        (b'a,b\n1,"2\n3,4\n', 2, "b"),
        (b'a,b\n1,"2\n3,4"\n"', 4, "a"),
        (b'a,b\n"x\r\ny\rz","2""', 4, "b"),
        (b'a,b\n1,2,3,"4', 2, 4),
        (b'a,\n1,"4', 2, 2),
        (b'a,b\n\n1,2\n,"', 4, "b"),
    ],
)
def test_a_quote_that_is_never_closed_is_found_where_its_cell_begins(
    content: bytes, line: int, column: str | int
) -> None:
    assert place(refusal(content, delimiter=",")) == ("unclosed_quote", line, column, None)


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"  \n\t\n", UTF_8_MARK, "\u00a0\n\u200b".encode()])
def test_a_file_without_a_line_has_no_header(content: bytes) -> None:
    assert refusal(content).problem == "header"


def test_names_that_others_refuse_are_given_as_they_are() -> None:
    """No name, one name twice: errors too, but they come behind those of the whole file and are not decided here."""
    assert CsvFile(b",,\n").columns() == ("", "", "")
    assert CsvFile(b"a, A\n").columns() == ("a", " A")
    assert refusal(b'a,a\n1,"').problem == "unclosed_quote"


def test_rows_alone_refuse_too() -> None:
    with pytest.raises(ImportFileError):
        next(CsvFile(b"a\n1\n\0").rows())


@pytest.mark.parametrize(
    ("problem", "content", "encoding", "delimiter"),
    [
        ("not_text", b'\xff\n"\n\x01', "ebcdic", "|"),
        ("delimiter", b'\xff\n"\n', "ebcdic", "|"),
        ("encoding", b'\xff\n"\n', "ebcdic", ","),
        ("encoding", b'"\n\xff', "utf-8", ","),
        ("encoding", UTF_8_MARK + b'"\n', "iso-8859-1", ","),
        ("unclosed_quote", b'\n"', "utf-8", ","),
        ("header", b"\n ", "utf-8", ","),
    ],
)
def test_the_first_error_in_order_wins_wherever_it_stands(
    problem: str, content: bytes, encoding: str, delimiter: str
) -> None:
    assert refusal(content, encoding=encoding, delimiter=delimiter).problem == problem


# What cannot be trusted, or does not fit into memory


def changed(path: Path, content: bytes) -> None:
    """Write, and make sure that the clock of the file system cannot hide it."""
    path.write_bytes(content)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))


@pytest.mark.parametrize("content", [b"a,b\n3,4\n", b"a,b\n1,2\n5,6\n", b'a,b\n"', b"a\n\xff\n", b""])
def test_a_file_that_changed_since_it_was_examined_is_not_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\n1,2\n")
    file = CsvFile(path)
    file.columns()
    changed(path, content)
    with pytest.raises(StaleVersionError, match=r"list\.csv"):
        next(file.rows())


def test_a_file_put_in_its_place_is_not_read(tmp_path: Path) -> None:
    path, other = tmp_path / "list.csv", tmp_path / "other.csv"
    path.write_bytes(b"a,b\n1,2\n")
    other.write_bytes(b"a,b\n3,4\n")
    file = CsvFile(path)
    file.columns()
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)
    with pytest.raises(StaleVersionError):
        next(file.rows())


def test_a_file_that_grew_is_not_read_though_its_clock_stood_still(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\n1,2\n")
    file, status = CsvFile(path), path.stat()
    file.columns()
    path.write_bytes(b"a,b\n1,2\n3,4\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(StaleVersionError):
        next(file.rows())


@pytest.mark.parametrize("rest", [b"3,4\n", b"\xff\n", b'3,"4\n'])
def test_a_change_while_rows_are_read_does_not_go_unnoticed(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 100_000)
    file = CsvFile(path)
    reading = file.rows()
    next(reading)
    changed(path, b"a,b\n" + b"1,2\n" * 90_000 + rest)
    with pytest.raises(StaleVersionError):
        list(reading)


def test_a_corrected_file_can_be_examined_again(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a\n\xff\n")
    file = CsvFile(path)
    with pytest.raises(ImportFileError):
        file.columns()
    changed(path, b"a\nx\n")
    assert list(file.rows()) == [(2, ["x"])]


def test_what_cannot_be_read_twice_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(io.UnsupportedOperation, match="save it first"):
        CsvFile(tmp_path).columns()
    with pytest.raises(FileNotFoundError):
        CsvFile(tmp_path / "missing.csv").columns()


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doocore_adapters.csv_files.reading.CHUNK", 8)
    monkeypatch.setattr("doocore_adapters.csv_files.reading.ROW_LIMIT", 64)


@pytest.mark.usefixtures("small_limits")
def test_a_line_without_end_is_no_text() -> None:
    """It ends the reading at once, so that it need not fit into memory (IM-16)."""
    assert place(refusal(b"a,b\n" + b"x" * 80 + b"\n\xff")) == ("not_text", 2, 1, 4)
    assert rows(b"a,b\r" + b"x" * 60 + b"\r") == [(2, ["x" * 60])]


@pytest.mark.usefixtures("small_limits")
def test_a_line_a_little_too_long_is_not_the_end() -> None:
    """A line is measured by chunks: it may be found too long, or be read, but never be taken for the end."""
    assert rows(b"a\n" + b"x" * 65 + b"\n1\n") == [(2, ["x" * 65]), (3, ["1"])]


@pytest.mark.usefixtures("small_limits")
def test_what_is_no_text_need_not_fit_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a\0" + b"x" * 4_000_000)

    def read() -> Iterator[ImportFileError]:
        with pytest.raises(ImportFileError) as caught:
            CsvFile(path).columns()
        yield caught.value

    assert peak(read()) < 1_000_000


@pytest.mark.usefixtures("small_limits")
def test_a_row_without_end_has_an_open_quote() -> None:
    """A quoted cell may not go on for ever (IM-16), though a quote much later would close it."""
    assert place(refusal(b'a,b\n1,"' + b"x\n" * 40 + b'"\n')) == ("unclosed_quote", 2, "b", None)
    assert place(refusal(b'a,b\n"1\n","' + b"x\n" * 40 + b'"\n')) == ("unclosed_quote", 3, "b", None)
    assert rows(b'a,b\n1,"' + b"x\n" * 25 + b'"\n' + b"1,2\n" * 40)[0] == (2, ["1", "x\n" * 25])


class Watched(io.BufferedReader):
    """A file that remembers how much was asked of it at once."""

    asked: list[int]

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.append(-1 if size is None else size)
        return super().read(size)

    def read1(self, size: int = -1, /) -> bytes:
        self.asked.append(size)
        return super().read1(size)


def test_a_file_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IM-16, and the first row is there before the last one was read."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\n" + b'1,"2"\n' * 200_000)
    opened: list[Watched] = []

    def watched(self: Path, mode: str) -> BinaryIO:
        assert mode == "rb"
        file = Watched(io.FileIO(self))
        file.asked = []
        opened.append(file)
        return file

    monkeypatch.setattr(Path, "open", watched)
    file = CsvFile(path)
    reading = file.rows()
    next(reading)
    assert opened[-1].tell() < csv_files.CHUNK
    assert sum(1 for _ in reading) == 199_999
    asked = {size for file in opened for size in file.asked}
    assert asked
    assert all(0 < size <= csv_files.CHUNK for size in asked)


def peak(read: Iterator[object]) -> int:
    tracemalloc.start()
    try:
        for _ in read:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """IM-16."""
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    line = b'ada@example.org,"Ada, Countess",Lovelace\n'
    few.write_bytes(b"a,b,c\n" + line * 10_000)
    many.write_bytes(b"a,b,c\n" + line * 40_000)
    peak(CsvFile(few).rows())  # what is made once is not counted
    assert peak(CsvFile(many).rows()) < 1.2 * peak(CsvFile(few).rows())


# What is written


def unprocessed(line: int, *cells: str, reasons: tuple[Remark, ...] = ()) -> RowReport:
    reasons = reasons or (Remark(RowReason.WRONG_COLUMN_COUNT),)
    return RowReport(line=line, outcome=RowOutcome.UNPROCESSED, reasons=reasons, cells=cells)


def written(columns: tuple[str, ...], *reports: RowReport, style: CsvStyle = csv_files.PLAIN) -> bytes:
    stream = io.BytesIO()
    assert write_unprocessed(stream, columns, reports, style=style) == len(reports)
    return stream.getvalue()


def test_a_report_has_the_original_cells_with_their_line_and_their_reasons() -> None:
    """IM-10."""
    reasons = (
        Remark(RowReason.INVALID_EMAIL, "E-Mail", "ada", "an address such as name@example.org"),
        Remark(RowReason.CUSTOMER_ID_TAKEN, advice="c7 holds it"),
        Remark(RowReason.MISSING_IDENTIFIER),
    )
    content = written(("E-Mail", "Vorname"), unprocessed(7, "ada", "Ada\nAugusta", reasons=reasons))
    file = CsvFile(content)
    assert file.columns() == ("import_line", "import_reasons", "E-Mail", "Vorname")
    told = "invalid_email (E-Mail: an address such as name@example.org); customer_id_taken (c7 holds it); missing_identifier"
    assert list(file.rows()) == [(2, ["7", told, "ada", "Ada\nAugusta"])]


def test_only_unprocessed_rows_are_reported() -> None:
    added = RowReport(line=2, outcome=RowOutcome.ADDED, cells=("x",))
    stream = io.BytesIO()
    assert write_unprocessed(stream, ["a"], [added, unprocessed(3, "y"), added]) == 1
    assert [cells[-1] for _, cells in CsvFile(stream.getvalue()).rows()] == ["y"]


def test_a_row_of_the_wrong_length_keeps_it() -> None:
    """Not corrected, it is refused again; a row filled up would be imported with its cells in the wrong columns."""
    content = written(("a", "b"), unprocessed(2, "1"), unprocessed(3, "1", "2", "3"), unprocessed(4, "1", "2"))
    surplus = [len(cells) - len(CsvFile(content).columns()) for _, cells in CsvFile(content).rows()]
    assert surplus == [-1, 1, 0]


def test_a_report_on_a_report_has_line_and_reasons_once() -> None:
    columns = ("import_line", "Import_Reasons ", "E-Mail")
    content = written(columns, unprocessed(3, "17", "invalid_email", "ada"), unprocessed(4, "18"))
    assert CsvFile(content).columns() == ("import_line", "import_reasons", "E-Mail")
    assert rows(content) == [(2, ["3", "wrong_column_count", "ada"]), (3, ["4", "wrong_column_count"])]


def test_a_report_runs_no_formula() -> None:
    """EX-2."""
    content = written(("=a", "b", "c"), unprocessed(2, "=1+1", "'-", "+4930"))
    assert b"'=a,b,c\r\n" in content
    assert b"'=1+1,''-,+4930\r\n" in content


def test_a_control_character_does_not_make_a_report_unreadable() -> None:
    """A cell of another kind of list may hold one, a CSV file may not (IM-1)."""
    assert rows(written(("a",), unprocessed(2, "x\vy\nz\0\x7f")))[0][1][-1] == "x y\nz  "


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Größe;b\nß;2\n".encode(), "utf-8"),
        (UTF_8_MARK + "Größe\tb\nß\t2\n".encode(), "utf-8"),
        ("Größe;b\nß;2\n".encode("iso-8859-1"), "iso-8859-1"),
    ],
)
def test_a_report_is_written_as_its_list_was(content: bytes, encoding: str) -> None:
    file = CsvFile(content, encoding=encoding)
    report = written(file.columns(), *(unprocessed(line, *cells) for line, cells in file.rows()), style=file.style)
    again = CsvFile(report, encoding=encoding)
    assert again.style == file.style
    assert again.columns()[2:] == file.columns()
    assert [cells[2:] for _, cells in again.rows()] == [cells for _, cells in file.rows()]
    assert report.startswith(UTF_8_MARK) is content.startswith(UTF_8_MARK)


def test_iso_8859_1_may_cost_a_reason_a_character_but_no_cell() -> None:
    latin = CsvStyle("iso-8859-1")
    reason = (Remark(RowReason.TOO_LONG, advice="1\u2026255"),)
    assert b"too_long (1?255)" in written(("a",), unprocessed(2, "\xe4", reasons=reason), style=latin)
    with pytest.raises(UnicodeEncodeError):
        written(("a",), unprocessed(2, "\u0141"), style=latin)


def test_a_stream_is_left_open() -> None:
    stream = io.BytesIO(b"")
    write_unprocessed(stream, ["a"], [])
    assert not stream.closed
    assert stream.getvalue() == b"import_line,import_reasons,a\r\n"


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    with csv_writing(path) as write:
        write(["a"] * 100_000)
        assert not path.exists()
    assert CsvFile(path).columns() == ("a",) * 100_000
    assert list(tmp_path.iterdir()) == [path]
    assert os.name != "posix" or not path.stat().st_mode & 0o077


@pytest.mark.parametrize("before", [b"before", None])
def test_a_file_that_fails_leaves_nothing_behind(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "report.csv"
    if before is not None:
        path.write_bytes(before)

    def reports() -> Iterator[RowReport]:
        yield unprocessed(2, "1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_unprocessed(path, ["a"], reports(), replace=True)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == ([] if before is None else [before])


def test_a_file_is_not_overwritten_unless_that_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"before")
    with pytest.raises(FileExistsError, match=r"list\.csv"):
        write_unprocessed(path, ["a"], iter(lambda: pytest.fail("it was known before the first row"), None))
    assert path.read_bytes() == b"before"
    assert write_unprocessed(str(path), ["a"], [], replace=True) == 0
    assert path.read_bytes() != b"before"


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"

    def reports() -> Iterator[RowReport]:
        yield unprocessed(2, "1")
        path.write_bytes(b"another")

    with pytest.raises(FileExistsError):
        write_unprocessed(path, ["a"], reports())
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"another"]


# What is exported


def exported(*rows: tuple[str, ...], encoding: str = "utf-8", **how: Any) -> bytes:  # noqa: ANN401, whatever `write_csv` takes
    stream = io.BytesIO()
    export = Export.of_rows(["Kontakt-ID", "Vorname", "Ort"], rows)
    assert write_csv(stream, export, encoding=encoding, **how) == len(rows)
    assert not stream.closed
    return stream.getvalue()


def unwritable(*rows: tuple[str, ...], **how: Any) -> ExportFileError:  # noqa: ANN401
    with pytest.raises(ExportFileError) as caught:
        exported(*rows, **how)
    return caught.value


def test_an_export_has_commas_utf_8_and_guards() -> None:
    """EX-1, EX-2."""
    content = exported(("c1", "Zoë", "=1"), ("c2", "'t Hooft", "+49"), ("c3", "-", ""))
    assert content.decode() == "Kontakt-ID,Vorname,Ort\r\nc1,Zoë,'=1\r\nc2,'t Hooft,+49\r\nc3,'-,\r\n"


@pytest.mark.parametrize("cell", ["=1", "+1 2", "-1", "@a", "'=1", "''", "\tx", "\rx", "+", "+12a", "+1\n", "+\u0661"])
def test_a_cell_is_guarded_wherever_it_stands_in_its_column(cell: str) -> None:
    """EX-2: columns are looked at whole, and no cell is missed."""
    for column in (["", "a", cell], [cell, "a", ""], ["+49", cell, "'t Hooft"], [cell]):
        stream = io.BytesIO()
        write_csv(stream, Export.of_rows(["a", "b"], [(each, "x") for each in column]))
        lines = list(csv.reader(io.StringIO(stream.getvalue().decode(), newline="")))[1:]
        assert [each for each, _ in lines] == [f"'{each}" if each == cell else each for each in column]


def test_a_control_character_becomes_a_blank() -> None:
    """What a host puts into a list of its own may hold one; with it the file could not be read (IM-1)."""
    for control in "\0\x01\v\x1b\x7f":
        content = exported(("c1", f"A{control}da", ""), ("c2", "Bob", ""))
        assert [cells[1] for _, cells in CsvFile(content).rows()] == ["A da", "Bob"]


def test_headings_have_guards_too() -> None:
    stream = io.BytesIO()
    write_csv(stream, Export.of_rows(["=a", "b\x01c"], []))
    assert stream.getvalue() == b"'=a,b c\r\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_delimiter_that_is_read_can_be_written(delimiter: str) -> None:
    content = exported(("c1", "a;b,c\td", ""), delimiter=delimiter)
    assert rows(content) == [(2, ["c1", "a;b,c\td", ""])]


def test_excel_knows_utf_8_by_its_mark() -> None:
    assert exported(encoding="utf-8-sig").startswith(UTF_8_MARK + b"Kontakt-ID")


@pytest.mark.parametrize(("encoding", "euro"), [("iso-8859-1", None), ("windows-1252", b"\x80")])
def test_iso_8859_1_has_no_euro_and_windows_has(encoding: str, euro: bytes | None) -> None:
    """EX-1: what an encoding lacks is named, with the contact and the column."""
    if euro:
        assert exported(("c1", "5 €", ""), encoding=encoding).endswith(b"c1,5 \x80,\r\n")
    else:
        error = unwritable(("c1", "ä", ""), ("c2", "5 €", "Łódź"), encoding=encoding)
        assert (error.problem, error.record, error.column) == ("unencodable", "c2", "Vorname")
        assert error.detail == "iso-8859-1 has no '€' (U+20AC)"


def test_the_first_row_that_lacks_a_character_is_named() -> None:
    """Columns are looked at whole, but the list is read row by row."""
    error = unwritable(("c1", "ä", "Łódź"), ("c2", "€", ""), encoding="iso-8859-1")
    assert (error.record, error.column) == ("c1", "Ort")


def test_what_an_encoding_lacks_can_be_replaced() -> None:
    content = exported(("c1", "Łukasz €", "Köln"), encoding="iso-8859-1", substitute="?")
    assert rows(content, encoding="iso-8859-1") == [(2, ["c1", "?ukasz ?", "Köln"])]


def test_what_replaces_is_guarded_like_the_rest() -> None:
    assert b"c1,'=x," in exported(("c1", "Łx", ""), encoding="iso-8859-1", substitute="=")


@pytest.mark.parametrize("substitute", ["…", "\x1b"])
def test_what_replaces_must_be_writable_itself(substitute: str) -> None:
    assert unwritable(encoding="iso-8859-1", substitute=substitute).problem == "unencodable"


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_a_heading_that_cannot_be_written_is_named(encoding: str) -> None:
    export = Export.of_rows(["Kontakt-ID", "Größe \ud800"], [])
    with pytest.raises(ExportFileError) as caught:
        write_csv(io.BytesIO(), export, encoding=encoding)
    assert (caught.value.record, caught.value.column) == (None, "Größe \ud800")
    write_csv(stream := io.BytesIO(), export, encoding=encoding, substitute="?")
    assert stream.getvalue() == "Kontakt-ID,Größe ?\r\n".encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", ""])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    error = unwritable(encoding=encoding)
    assert error.problem == "encoding"
    assert "utf-8-sig, iso-8859-1" in error.detail


@pytest.mark.parametrize("delimiter", ["|", "", ",,", '"'])
def test_an_unknown_delimiter_is_refused(delimiter: str) -> None:
    assert unwritable(delimiter=delimiter).problem == "delimiter"


def test_a_list_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    """EX-1: whole or not at all; one that was there before stays."""
    path = tmp_path / "list.csv"
    for before in (None, b"before"):
        if before is not None:
            path.write_bytes(before)
        with pytest.raises(ExportFileError):
            write_csv(path, Export.of_rows(["a"], [("ł",)]), encoding="iso-8859-1", replace=True)
        assert [each.read_bytes() for each in tmp_path.iterdir()] == ([] if before is None else [before])


def test_an_export_is_not_written_over_a_file_unless_that_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    assert write_csv(path, Export.of_rows(["a"], [("1",)])) == 1
    with pytest.raises(FileExistsError):
        write_csv(path, Export.of_rows(["a"], []))
    assert write_csv(str(path), Export.of_rows(["a"], []), replace=True) == 0
    assert path.read_bytes() == b"a\r\n"


def test_rows_of_another_width_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="argument"):
        write_csv(io.BytesIO(), Export(columns=("a", "b"), pages=[[["1", "2"], ["3"]]]))


# What Windows writes


def test_what_is_said_to_be_iso_8859_1_has_the_letters_of_windows() -> None:
    """IM-1: control characters, which ISO 8859-1 has there, are in no text."""
    content = "E-Mail,Ort\nada@x.de,5 € – „Köln“\n".encode("windows-1252")
    file = CsvFile(content, encoding="iso-8859-1")
    assert list(file.rows()) == [(2, ["ada@x.de", "5 € – „Köln“"])]
    assert file.style == CsvStyle("windows-1252")
    assert list(CsvFile(content, encoding="Windows-1252").rows()) == list(file.rows())


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_a_byte_that_neither_of_them_knows_is_refused(byte: int) -> None:
    error = refusal(b"a,b\n1,x" + bytes([byte]), encoding="iso-8859-1")
    assert place(error) == ("encoding", 2, 2, 7)
    assert "--encoding utf-8" in error.detail


def test_every_other_byte_is_a_letter_of_both_or_of_windows() -> None:
    known = bytes(each for each in range(0x80, 0x100) if each not in {0x81, 0x8D, 0x8F, 0x90, 0x9D})
    ((_, (cell,)),) = rows(b"a\n" + known, encoding="iso-8859-1")
    assert cell == known.decode("windows-1252")
    assert cell[-0x60:] == known.decode("iso-8859-1")[-0x60:]


def test_a_report_on_such_a_list_is_written_with_its_letters() -> None:
    """IM-10."""
    file = CsvFile("E-Mail\n5 €\n".encode("windows-1252"), encoding="iso-8859-1")
    content = written(("E-Mail",), unprocessed(2, "5 €"), style=file.style)
    assert rows(content, encoding="iso-8859-1")[0][1][-1] == "5 €"


@pytest.mark.parametrize("text", ["\ufffe", "\uffff"])
@pytest.mark.parametrize("before", ["", "x" * (csv_files.CHUNK - 4), "ä" * csv_files.CHUNK])
@pytest.mark.parametrize("behind", ["", "ä" * csv_files.CHUNK])
def test_what_is_no_character_is_refused(text: str, before: str, behind: str) -> None:
    """No workbook could hold it, and who decodes rightly never meets it."""
    content = f"a,b\n1,{before}{text}{behind}".encode()
    error = refusal(content)
    assert place(error) == ("encoding", 2, 2, 6 + len(before.encode()))
    assert f"U+{ord(text):04X}" in error.detail


# A first line that is for Excel


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=; "])
def test_excel_says_in_a_first_line_what_stands_between_cells(line: str) -> None:
    content = f"{line}\r\na;b,c;d\r\n1;2;3\r\n".encode()
    for mark in (b"", UTF_8_MARK):
        file = CsvFile(mark + content)
        assert (file.columns(), list(file.rows())) == (("a", "b,c", "d"), [(3, ["1", "2", "3"])])
        assert file.style.delimiter == ";"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_it_wins_over_what_the_header_looks_like(delimiter: str, encoding: str) -> None:
    content = f"sep={delimiter}\na{delimiter}ä,;\tb\n".encode(encoding)
    file = CsvFile(content, encoding=encoding)
    assert file.columns()[0] == "a"
    assert file.style.delimiter == delimiter


def test_a_choice_of_the_caller_wins_over_it() -> None:
    assert CsvFile(b"sep=;\na,b;c\n", delimiter=",").columns() == ("a", "b;c")


def test_another_one_than_ours_is_refused_with_its_line() -> None:
    error = refusal(b"sep=|\na|b\n")
    assert place(error) == ("delimiter", 1, None, None)
    assert CsvFile(b"sep=|\na,b\n", delimiter=",").columns() == ("a", "b")


@pytest.mark.parametrize("content", [b"a\nsep=;\n", b"sep=\nx\n", b"separator;b\n1;2\n", b"sep=;;\nx;y\n", b'sep=;"\n'])
def test_only_a_first_line_of_that_form_is_none_of_the_list(content: bytes) -> None:
    first, *rest = content.decode().splitlines()
    file = CsvFile(content, delimiter=",")
    assert (file.columns(), [cells for _, cells in file.rows()]) == ((first,), [[each] for each in rest])


def test_a_mistake_further_down_is_found_where_it_stands() -> None:
    assert place(refusal(b"sep=;\na;b\n1;\xff")) == ("encoding", 3, 2, 12)
    assert place(refusal(b'sep=;\na;b\n1;"x')) == ("unclosed_quote", 3, "b", None)
