"""The rows of an import that were not processed, to be corrected and imported again (IM-10)."""

import pytest

from doocore import Remark, RowOutcome, RowReason, RowReport
from doocore.rules.reporting import unprocessed_rows

COLUMNS = ("E-Mail", "Ort")


def report(line: int, *cells: str, reasons: tuple[Remark, ...] = ()) -> RowReport:
    return RowReport(line=line, outcome=RowOutcome.UNPROCESSED, cells=cells, reasons=reasons)


def test_line_and_reasons_stand_in_front_of_the_original_cells() -> None:
    reasons = (
        Remark(RowReason.INVALID_EMAIL, "E-Mail", "ada", "an address such as ada@example.org"),
        Remark(RowReason.CUSTOMER_ID_TAKEN, advice="c7 holds it"),
        Remark(RowReason.TOO_LONG, "Ort"),
        Remark(RowReason.AMBIGUOUS),
    )
    told = (
        "invalid_email (E-Mail: an address such as ada@example.org); customer_id_taken (c7 holds it); "
        "too_long (Ort); ambiguous"
    )
    assert list(unprocessed_rows(COLUMNS, [report(7, "ada", "Ulm", reasons=reasons)])) == [
        ["import_line", "import_reasons", "E-Mail", "Ort"],
        ["7", told, "ada", "Ulm"],
    ]


def test_a_row_keeps_its_cells_as_many_as_it_has() -> None:
    """So that it stays `wrong_column_count` until somebody corrects it."""
    _, *rows = unprocessed_rows(COLUMNS, [report(2, "ada"), report(3), report(4, "ada", "Ulm", "surplus")])
    assert [row[2:] for row in rows] == [["ada"], [], ["ada", "Ulm", "surplus"]]


@pytest.mark.parametrize("outcome", [each for each in RowOutcome if each is not RowOutcome.UNPROCESSED])
def test_what_was_processed_is_not_in_it(outcome: RowOutcome) -> None:
    rows = [RowReport(line=2, outcome=outcome, cells=("a", "b")), report(3, "ada", "Ulm")]
    assert [row[0] for row in unprocessed_rows(COLUMNS, rows)] == ["import_line", "3"]


def test_a_report_on_a_report_has_line_and_reasons_once() -> None:
    """Wherever a spreadsheet has moved them."""
    columns = ("Ort", " Import_Line", "E-Mail", "IMPORT_REASONS")
    header, row = unprocessed_rows(columns, [report(9, "Ulm", "7", "ada", "ambiguous")])
    assert header == ["import_line", "import_reasons", "Ort", "E-Mail"]
    assert row == ["9", "", "Ulm", "ada"]
