"""The report of an import as a list, IM-10: the rows that were not processed, to be corrected and imported again.

Two rules for this file. 1: a row keeps its cells, as many as it had and as they were; what is said of it stands in
front. 2: it knows no file.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from doocore.model.contact_import import LINE_COLUMN, REASONS_COLUMN, REPORT_COLUMNS, Remark, RowOutcome, RowReport
from doocore.model.fields import folded


def unprocessed_rows(columns: Sequence[str], reports: Iterable[RowReport]) -> Iterator[list[str]]:
    """Give the header, and the unprocessed rows among *reports* of a list with these *columns*.

    The line and the reasons stand in front of a row's cells: a row with too few or too many of them is still that until
    somebody corrects it, and a spreadsheet can fill it up without moving the line into a column of the list. A report
    on a report has them once: *columns* of these names are left out, with their cells.
    """
    own = [place for place, column in enumerate(columns) if folded(column) in REPORT_COLUMNS]
    yield [LINE_COLUMN, REASONS_COLUMN, *_without(own, columns)]
    for report in reports:
        if report.outcome is RowOutcome.UNPROCESSED:
            yield [str(report.line), "; ".join(map(_told, report.reasons)), *_without(own, report.cells)]


def _told(reason: Remark) -> str:
    """Say a reason in words for whoever corrects the row.

    >>> from doocore.model.contact_import import RowReason
    >>> _told(Remark(RowReason.INVALID_VALUE, column="Telefon", advice="a number with its area code"))
    'invalid_value (Telefon: a number with its area code)'
    """
    about = ": ".join(filter(None, (reason.column, reason.advice)))
    return f"{reason.word.value} ({about})" if about else reason.word.value


def _without(dropped: Collection[int], cells: Sequence[str]) -> list[str]:
    return [cell for place, cell in enumerate(cells) if place not in dropped]
