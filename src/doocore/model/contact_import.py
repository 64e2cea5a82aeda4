"""An import: its options, and what became of each row (chapter 6)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple, NewType, TypeAlias

from doocore.model.fields import FieldType
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import IdentifierKind
from doocore.model.word import Word

ImportId = NewType("ImportId", str)

LINE_COLUMN = "import_line"
REASONS_COLUMN = "import_reasons"
REPORT_COLUMNS = (LINE_COLUMN, REASONS_COLUMN)
"""What a report of unprocessed rows has in front of their own columns; no field has such a name (IM-10)."""


class DuplicateMode(Word):
    """What happens to a row that matches a contact (IM-5)."""

    FILL_EMPTY = "fill_empty"
    OVERWRITE = "overwrite"
    ONLY_NEW = "only_new"


class InvalidValues(Word):
    """What happens to a row with an invalid cell that does not identify (IM-19)."""

    REFUSE_ROW = "refuse_row"
    LEAVE_OUT = "leave_out"


@dataclass(frozen=True, slots=True)
class CreateFieldFromColumn:
    """Make a custom field out of a column (IM-3)."""

    name: str
    type: FieldType = FieldType.SHORT_TEXT


ColumnTarget: TypeAlias = str | CreateFieldFromColumn | None
"""Where a column goes: the name of a field (or of what else an import knows), a field to create, or nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How to import a list (chapter 6).

    `mapping` overrides the automatic mapping for the columns it names. `groups` are names; those that do not exist
    are made. `existing_to_group` collects the contacts that `only_new` left alone (IM-6). `report_days` is for how many
    days after its end the unprocessed rows of the import can be had (IM-10). `summary_to` is an address that gets a notice
    with the counts, and a link to the report that expires with it.
    """

    identify_by: IdentifierKind = IdentifierKind.EMAIL
    duplicates: DuplicateMode = DuplicateMode.FILL_EMPTY
    groups: Sequence[str] = ()
    existing_to_group: str | None = None
    invalid_values: InvalidValues = InvalidValues.REFUSE_ROW
    mapping: Mapping[str, ColumnTarget] = FrozenDict()
    add_system_options: bool = False
    add_custom_options: bool = False
    report_days: int = 7
    summary_to: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(self.groups))
        object.__setattr__(self, "mapping", FrozenDict(self.mapping))


class RowOutcome(Word):
    """What became of a row (IM-8)."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    UNPROCESSED = "unprocessed"


class RowReason(Word):
    """Why a row was not processed: the closed list of IM-8; the value reasons are warnings under IM-19."""

    MISSING_IDENTIFIER = "missing_identifier"
    DUPLICATE_IN_FILE = "duplicate_in_file"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_CONTACT_ID = "unknown_contact_id"
    CUSTOMER_ID_TAKEN = "customer_id_taken"
    SUPPRESSED = "suppressed"
    INVALID_EMAIL = "invalid_email"
    INVALID_VALUE = "invalid_value"
    UNKNOWN_OPTION = "unknown_option"
    TOO_LONG = "too_long"
    WRONG_COLUMN_COUNT = "wrong_column_count"


class RowWarning(Word):
    """What a processed row is to be remarked on: the closed list of IM-8."""

    EMAIL_SHARED = "email_shared"
    OPTED_OUT = "opted_out"
    INVALID_EMAIL = "invalid_email"
    INVALID_VALUE = "invalid_value"
    UNKNOWN_OPTION = "unknown_option"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Remark:
    """One reason or warning: the word, the column and cell it is about, and what to do.

    `column` and `cell` are empty where the whole row is meant.
    """

    word: RowReason | RowWarning
    column: str = ""
    cell: str = ""
    advice: str = ""

    def without_cell(self) -> "Remark":
        """Give the same without the value it is about."""
        return replace(self, cell="", advice="")


class RowReport(NamedTuple):
    """What became of one row: `line` is where it starts in the file (the header is line 1).

    `cells` are the original cells, kept for rows that were not processed so that they can be corrected (IM-10).
    A tuple, as there is one for each row of a list.
    """

    line: int
    outcome: RowOutcome
    contact_id: str | None = None
    reasons: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    cells: tuple[str, ...] = ()

    def without_cells(self) -> "RowReport":
        """Give the same without what the row said (IM-10): words and columns of the remarks stay."""
        reasons, warnings = (
            tuple(each.without_cell() for each in remarks) for remarks in (self.reasons, self.warnings)
        )
        return self._replace(reasons=reasons, warnings=warnings, cells=())

    @property
    def notable(self) -> bool:
        """Whether there is more to say about this row than its outcome."""
        return bool(self.reasons or self.warnings)


def row_reports(lines: Iterable[int], outcome: RowOutcome, contact_ids: Iterable[str]) -> Iterator[RowReport]:
    """Report rows of which there is no more to say, without a call for each as the class would need.

    >>> list(row_reports([2], RowOutcome.ADDED, ["c1"])) == [RowReport(2, RowOutcome.ADDED, "c1")]
    True
    """
    nothing: repeat[tuple[()]] = repeat(())
    return map(_row_report, zip(lines, repeat(outcome), contact_ids, nothing, nothing, nothing, strict=False))


_row_report: Callable[[tuple[Any, ...]], RowReport] = partial(tuple.__new__, RowReport)


class ImportStatus(Word):
    """Where an import stands: still under way (or interrupted), through, or through with its rows forgotten (IM-10)."""

    RUNNING = "running"
    FINISHED = "finished"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """An import as it is kept: which file, how, how far; its rows stand beside it.

    `version` counts who has worked on it: whoever resumes an import takes it over, and the one before can write no more
    (IM-12).
    """

    id: ImportId
    fingerprint: str
    columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    options: ImportOptions
    started_at: datetime
    actor: str
    total_rows: int
    file_name: str = ""
    status: ImportStatus = ImportStatus.RUNNING
    finished_at: datetime | None = None
    version: int = 1

    @property
    def report_expires_at(self) -> datetime | None:
        """Until when the unprocessed rows can be had (IM-10); None while the import runs."""
        return None if self.finished_at is None else self.finished_at + timedelta(days=self.options.report_days)


OutcomeCounts: TypeAlias = Mapping[RowOutcome, int]
"""How many rows had which outcome, counted from the rows."""
