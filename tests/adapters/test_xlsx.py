"""A workbook is read as a spreadsheet shows it or refused with one clear error, and what is written is read as it was."""

import io
import os
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # the package has no types

from doocore import (
    Export,
    ExportFileError,
    FieldType,
    ImportFileError,
    Remark,
    RowOutcome,
    RowReason,
    RowReport,
)
from doocore.ports import ContactRows
from doocore_adapters import xlsx
from doocore_adapters.xlsx import XlsxFile, write_unprocessed, write_xlsx
from tests.builders import new_center

Cells = Mapping[tuple[int, int], Any]


def workbook(
    *sheets: Cells, formats: Mapping[tuple[int, int], str] | None = None, hidden: tuple[int, ...] = ()
) -> bytes:
    """Make a workbook as other programs do: numbers are numbers, dates are dates."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"default_date_format": "dd.mm.yyyy"})
    for number, cells in enumerate(sheets):
        sheet = made.add_worksheet()
        for (row, column), value in cells.items():
            style = (formats or {}).get((row, column))
            args = [made.add_format({"num_format": style})] if style else []
            if isinstance(value, datetime | date | time | timedelta):
                sheet.write_datetime(row, column, value, *args)
            else:
                sheet.write(row, column, value, *args)
        if number in hidden:
            sheet.hide()
        else:
            sheet.activate()
            sheet.set_first_sheet()
    made.close()
    return stream.getvalue()


def table(*rows: tuple[Any, ...]) -> Cells:
    return {(row, column): value for row, cells in enumerate(rows) for column, value in enumerate(cells)}


def with_sheet_data(content: bytes, data: str) -> bytes:
    """Put other cells into a workbook, as no well-meaning program would write them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            if name.endswith("sheet1.xml"):
                head, _, rest = part.decode().partition("<sheetData>")
                part = f"{head}<sheetData>{data}</sheetData>{rest.partition('</sheetData>')[2]}".encode()
            after.writestr(name, part)
    return stream.getvalue()


def rows(content: bytes) -> list[tuple[int, list[object]]]:
    return list(XlsxFile(content).rows())  # type: ignore[arg-type]


def refusal(content: bytes) -> ImportFileError:
    with pytest.raises(ImportFileError) as caught:
        XlsxFile(content).columns()
    return caught.value


# What is read


def test_it_is_a_list_to_import() -> None:
    file: ContactRows = XlsxFile(workbook(table(("E-Mail", "Ort"), ("ada@x.de", "Köln"))), name="list.xlsx")
    assert (file.name, file.columns()) == ("list.xlsx", ("E-Mail", "Ort"))
    assert list(file.rows()) == list(file.rows()) == [(2, ["ada@x.de", "Köln"])]


def test_a_file_has_its_own_name_and_content_has_none(tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(workbook(table(("a",))))
    assert XlsxFile(tmp_path / "list.xlsx").name == XlsxFile(str(tmp_path / "list.xlsx")).name == "list.xlsx"
    assert XlsxFile(tmp_path / "list.xlsx").columns() == ("a",)
    assert XlsxFile(b"").name == ""


def test_numbers_are_texts_without_a_point() -> None:
    """IM-1: "numbers as text without `.0`"."""
    values = (80331, 80331.0, -3, 1.5, 0, 0.1, 1234567890123456, 1e20)
    ((_, cells),) = rows(workbook(table(tuple("abcdefgh"), values)))
    assert cells == ["80331", "80331", "-3", "1.5", "0", "0.1", "1234567890123456", "100000000000000000000"]


def test_dates_are_iso_whatever_they_look_like() -> None:
    """IM-1: "dates as ISO"; a time of day is told, so that a date field refuses it rather than lose it (FI-6)."""
    moment = datetime(2024, 2, 29, 10, 30)  # noqa: DTZ001, a workbook has local times
    values = (date(2024, 2, 29), moment, time(10, 30), timedelta(hours=30, minutes=5, seconds=7))
    formats = {(1, 1): "yyyy-mm-dd hh:mm", (1, 2): "hh:mm", (1, 3): "[h]:mm:ss"}
    ((_, cells),) = rows(workbook(table(tuple("abcd"), values), formats=formats))
    assert cells == ["2024-02-29", "2024-02-29 10:30:00", "10:30:00", "30:05:07"]


def test_truth_formulas_and_errors() -> None:
    """A formula is its result; an error is no value, so its cell is blank."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream)
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, ["a", "b", "c", "d", "e"])
    sheet.write_boolean(1, 0, True)
    sheet.write_formula(1, 1, "=1+1", None, 2)
    sheet.write_formula(1, 2, '="x"', None, "x")
    sheet.write_formula(1, 3, "=1/0", None, "#DIV/0!")
    sheet.write_boolean(1, 4, False)
    made.close()
    assert rows(stream.getvalue()) == [(2, [True, "2", "x", "", False])]


def test_a_header_of_numbers_is_one_of_texts() -> None:
    assert XlsxFile(workbook(table(("E-Mail", 2024, True)))).columns() == ("E-Mail", "2024", "True")


def test_rows_count_as_the_spreadsheet_counts_them() -> None:
    """IM-18: blank rows are none, above the header and below; a row of blanks cannot be told from no row."""
    cells = {(2, 1): "a", (2, 2): "b", (4, 1): "1", (5, 1): " \u00a0", (7, 2): "2"}
    file = XlsxFile(workbook(cells))
    assert (file.columns(), list(file.rows())) == (("a", "b"), [(5, ["1", ""]), (8, ["", "2"])])


def test_a_row_is_as_wide_as_the_header_unless_something_stands_beyond() -> None:
    """IM-18: what is formatted and blank is not there; what stands beyond has no column."""
    content = workbook(table(("a", "", "c", "", ""), ("1", "", "", "", ""), ("1", "2", "3", "", "5"), ("", "", "x")))
    assert XlsxFile(content).columns() == ("a", "", "c")
    assert rows(content) == [(2, ["1", "", ""]), (3, ["1", "2", "3", "", "5"]), (4, ["", "", "x"])]


def test_names_that_others_refuse_are_given_as_they_are() -> None:
    """Two equal ones are refused where those of CSV files are (IM-1)."""
    content = workbook(table(("E-Mail", "e mail"), ("a@x.de", "b@x.de")))
    assert XlsxFile(content).columns() == ("E-Mail", "e mail")
    with pytest.raises(ImportFileError, match="duplicate_column"):
        new_center().import_contacts(XlsxFile(content))


def test_the_first_sheet_that_shows_is_read() -> None:
    """What somebody has hidden is not what they want to be imported."""
    sheets = [table((each,)) for each in "abc"]
    assert XlsxFile(workbook(*sheets)).columns() == ("a",)
    assert XlsxFile(workbook(*sheets, hidden=(0,))).columns() == ("b",)


def test_a_chart_is_no_sheet() -> None:
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream)
    chart = made.add_chart({"type": "column"})
    made.add_chartsheet().set_chart(chart)
    sheet = made.add_worksheet()
    sheet.write(0, 0, "a")
    chart.add_series({"values": "=Sheet1!$A$1:$A$1"})
    made.close()
    assert XlsxFile(stream.getvalue()).columns() == ("a",)


def test_what_no_store_holds_is_replaced() -> None:
    """A workbook can spell out control characters."""
    assert rows(workbook(table(("a",), ("x\x01y\vz",)))) == [(2, ["x\ufffdy\nz"])]


def test_a_fingerprint_is_of_the_bytes() -> None:
    content = workbook(table(("a",)))
    assert XlsxFile(content).fingerprint() == XlsxFile(content, name="b").fingerprint()
    assert XlsxFile(content).fingerprint() != XlsxFile(workbook(table(("b",)))).fingerprint()


def test_a_workbook_is_read_once_and_stays_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook(table(("a",), ("1",))))
    file = XlsxFile(path)
    file.columns()
    path.write_bytes(b"")
    assert list(file.rows()) == [(2, ["1"])]


def test_a_workbook_of_an_office_is_imported() -> None:
    """A postal code is a number there, a birthday a date, consent a truth value."""
    center = new_center()
    center.fields.create("Geburtstag", FieldType.DATE)
    header = ("E-Mail", "PLZ", "Geburtstag", "Newsletter", "Kundennummer")
    report = center.import_contacts(XlsxFile(workbook(table(header, ("ada@x.de", 80331, date(1915, 12, 10), True, 7)))))
    assert report.counts == {RowOutcome.ADDED: 1}
    (ada,) = center.contacts_by_email("ada@x.de")
    assert [ada.values[key] for key in ("postal_code", "customer_id")] == ["80331", "7"]
    assert "1915-12-10" in ada.values.values()


# What is refused


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "no XLSX workbook"),
        (b"E-Mail;Vorname\r\n", "no XLSX workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook, or one with a password"),
        (b"PK\x03\x04", "damaged"),
        (workbook(table(("a",)))[:-40], "damaged"),
    ],
)
def test_what_is_no_workbook_is_refused_in_words(content: bytes, hint: str) -> None:
    error = refusal(content)
    assert (error.problem, error.line, error.byte) == ("not_xlsx", None, None)
    assert hint in error.detail


def test_an_archive_of_something_else_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("list.csv", "E-Mail\nada@x.de\n")
    assert refusal(stream.getvalue()).problem == "not_xlsx"


@pytest.mark.parametrize("cells", [{}, {(3, 3): " "}])
def test_an_empty_sheet_has_no_header(cells: Cells) -> None:
    assert refusal(workbook(cells)).problem == "header"


@pytest.mark.parametrize(
    "reference", ['r="XFD1048576"', "r='XFD1048576'", 'r = "XFD1048576"', '\n r\n=\t"xfd1048576"', 'r="AAAAB99999"']
)
def test_a_cell_in_the_far_corner_does_not_take_the_memory_of_all_before_it(reference: str) -> None:
    """The reader would ask for half a terabyte, and the process would end; however the corner is written."""
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    far = f'<row><c {reference} t="inlineStr"><is><t>x</t></is></c></row>'
    error = refusal(with_sheet_data(workbook(table(("a",))), cell + far))
    assert error.problem == "not_xlsx"
    assert "delete what stands far from the list" in error.detail


def test_a_far_row_is_no_list_either() -> None:
    far = '<row r="99999999"><c t="inlineStr"><is><t>x</t></is></c></row>'
    assert refusal(with_sheet_data(workbook(table(("a",))), far)).problem == "not_xlsx"


@pytest.mark.parametrize("size", [16, 17, 40, 64, 1 << 20])
def test_it_does_not_matter_where_a_piece_of_a_workbook_ends(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "CHUNK", size)
    monkeypatch.setattr(xlsx, "LARGEST_SHEET", 20 * 30)
    assert XlsxFile(workbook({(0, 0): "a", (19, 29): "x"})).columns() == ("a",)
    assert refusal(workbook({(0, 0): "a", (20, 29): "x"})).problem == "not_xlsx"
    assert refusal(workbook({(0, 0): "a", (19, 30): "x"})).problem == "not_xlsx"


def test_what_would_be_too_large_unpacked_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(table(("a",)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(each.file_size for each in archive.infolist())
    monkeypatch.setattr(xlsx, "LARGEST_WORKBOOK", size - 1)
    monkeypatch.setattr(xlsx, "LARGEST_SHEET", size - 1)
    assert refusal(content).problem == "not_xlsx"
    monkeypatch.setattr(xlsx, "LARGEST_WORKBOOK", size)
    assert XlsxFile(content).columns() == ("a",)


# What is written


def written(*rows: tuple[str, ...], columns: tuple[str, ...] = ("Kontakt-ID", "Ort")) -> bytes:
    stream = io.BytesIO()
    assert write_xlsx(stream, Export.of_rows(columns, rows)) == len(rows)
    assert not stream.closed
    return stream.getvalue()


def sheet_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "007",
            "1.0",
            "=1+1",
            "'=1",
            "'-",
            "'t Hooft",
            "+49",
            "TRUE",
            "2024-02-29",
            "1e5",
            "http://x.de",
            "mailto:a@x.de",
        ),
        *(" leading", "trailing ", "a\r\nb", "a\rb", "a\nb", "\t", "&amp;<b>]]>", "\u2028", "\x85", "🦄", "ä\u0308"),
        *(
            "_x0041_",
            "_X0041_",
            "_x005F_",
            "_x005f_x0041_",
            "_x0041_x0041_",
            "__x0041__",
            "_x41_",
            "<r>x</r>",
            "<r>",
            "</r>",
        ),
        *("<r><t>&</t></r>", "x<r>y</r>"),
    ],
)
def test_every_text_is_read_as_it_was_written(text: str) -> None:
    """EX-1, EX-2: nothing is taken for a number, a formula, a link, or a part of the format."""
    content = written(("c1", text, ""), columns=("Kontakt-ID", text, "Ende"))
    assert XlsxFile(content).columns() == ("Kontakt-ID", text, "Ende")
    assert rows(content) == [(2, ["c1", text, ""])]
    assert "<f>" not in sheet_of(content)
    assert "<v>" not in sheet_of(content)


def test_a_blank_cell_is_none() -> None:
    content = written(("c1", ""), ("", ""))
    assert rows(content) == [(2, ["c1", ""])]
    assert sheet_of(content).count("<c ") == 3


def test_the_header_stays_in_sight() -> None:
    assert 'topLeftCell="A2"' in sheet_of(written())


def test_a_cell_that_is_too_long_is_named() -> None:
    """Characters outside of the first plane count twice there."""
    written(("c1", "x" * 32_767), ("c2", "🦄" * 16_383))
    for text in ("x" * 32_768, "🦄" * 16_384):
        with pytest.raises(ExportFileError) as caught:
            written(("c1", ""), ("c2", text))
        error = caught.value
        assert (error.problem, error.record, error.column) == ("too_long", "c2", "Ort")
        assert "32,767" in error.detail


def test_more_rows_than_a_sheet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is known beforehand, before any row is asked for."""
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    written(("c1", ""), ("c2", ""))
    with pytest.raises(ExportFileError, match="too_many_rows"):
        written(*[("c", "")] * 3)
    pages: Iterator[Any] = iter(lambda: pytest.fail("no row is needed to know it"), None)
    for total, known in ((3, True), (2, False)):
        with pytest.raises(ExportFileError if known else pytest.fail.Exception):
            write_xlsx(io.BytesIO(), Export(columns=("a",), pages=pages, total=total))


def test_the_real_limits() -> None:
    assert (xlsx.LONGEST_CELL, xlsx.MOST_ROWS) == (32_767, 1_048_576)


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    assert write_xlsx(path, Export.of_rows(["a"], [("1",)])) == 1
    assert XlsxFile(path).columns() == ("a",)
    assert list(tmp_path.iterdir()) == [path]
    assert os.name != "posix" or not path.stat().st_mode & 0o077
    with pytest.raises(FileExistsError):
        write_xlsx(path, Export.of_rows(["b"], []))
    assert write_xlsx(str(path), Export.of_rows(["b"], []), replace=True) == 0
    assert XlsxFile(path).columns() == ("b",)


def test_a_file_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do the rows that were written so far, which stand in a temporary file."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ExportFileError):
        write_xlsx(tmp_path / "list.xlsx", Export.of_rows(["a"], [("1",), ("x" * 32_768,)]))
    assert list(tmp_path.iterdir()) == []


def test_a_report_can_be_corrected_and_imported_again() -> None:
    """IM-10: with line and reasons in front, which no import takes for columns of the list."""
    center = new_center()
    content = workbook(table(("E-Mail", "PLZ"), ("ada", 80331), ("bob@x.de", 10115)))
    reports: list[RowReport] = []
    report = center.import_contacts(XlsxFile(content), progress=lambda done: reports.extend(done.rows))
    stream = io.BytesIO()
    assert write_unprocessed(stream, report.record.columns, reports) == 1
    file = XlsxFile(stream.getvalue())
    assert file.columns() == ("import_line", "import_reasons", "E-Mail", "PLZ")
    ((_, cells),) = file.rows()
    assert (cells[0], cells[2:]) == ("2", ["ada", "80331"])
    assert str(cells[1]).startswith("invalid_email (E-Mail: ")
    corrected = written(("2", "", "ada@x.de", "80331"), columns=file.columns())
    again = center.import_contacts(XlsxFile(corrected))
    assert (again.counts, again.ignored_columns) == ({RowOutcome.ADDED: 1}, ())


def test_only_unprocessed_rows_are_reported(tmp_path: Path) -> None:
    reason = (Remark(RowReason.MISSING_IDENTIFIER),)
    reports = [
        RowReport(line=2, outcome=RowOutcome.ADDED),
        RowReport(line=3, outcome=RowOutcome.UNPROCESSED, reasons=reason, cells=("x",)),
    ]
    assert write_unprocessed(tmp_path / "report.xlsx", ("a",), reports) == 1
    assert list(XlsxFile(tmp_path / "report.xlsx").rows()) == [(2, ["3", "missing_identifier", "x"])]


def test_memory_does_not_grow_with_the_rows() -> None:
    """EX-1: rows go to a temporary file as they come."""

    def peak(pages: int) -> int:
        page = [["c1"] * 1_000, ["x"] * 1_000]
        tracemalloc.start()
        try:
            write_xlsx(io.BytesIO(), Export(columns=("a", "b"), pages=(page for _ in range(pages))))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # what is made once is not counted
    assert peak(8) < 1.5 * peak(2)
