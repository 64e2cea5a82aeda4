"""Reading a list: how many rows, whom each one names, and what a batch of them must know (IM-1, IM-2, IM-7).

The list is passed over twice. `survey` counts the rows and finds identifying values that occur more than once;
`read_rows` reads every row's identifiers. Nothing here grows with the list but eight bytes a row (IM-16).
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from doocore.model.contact import Subscription
from doocore.model.contact_import import ImportId, ImportOptions, Remark, RowReason
from doocore.model.fields import (
    ContactField,
    Entered,
    FieldCatalog,
    FieldKey,
    FieldType,
    Refusal,
    ValueParsers,
    folded,
    is_blank,
    trimmed,
)
from doocore.model.identifiers import IdentifierKey, IdentifierKind
from doocore.plans.by_hand import LONGEST_GROUP_NAME
from doocore.plans.import_cells import JudgedColumn, wished
from doocore.plans.story import Needs, ValueJudge
from doocore.rules.addresses import PLAIN, match_key
from doocore.rules.columns import GROUPS, OTHER_COLUMNS, ColumnMap

_TOLD_EVERY = 1000
_BUCKETS = 256
_CUSTOMER_ID = FieldCatalog.of("", ())["customer_id"]
_YES_OR_NO = ContactField(key="subscription", type=FieldType.CHECKBOX, name="subscription")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """Everything about an import that does not change from row to row; *version* tells who works on it (IM-12)."""

    id: ImportId
    version: int = 1
    columns: ColumnMap
    options: ImportOptions
    judge: ValueJudge
    parsers: ValueParsers
    values: tuple[FieldKey, ...] = field(init=False)
    excerpt: tuple[str, ...] = field(init=False)
    _judged: dict[str, JudgedColumn] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out what the list can say of a contact: values of fields, then wishes for subscriptions."""
        values = tuple([each for each in self.columns.targets if each is not None and each not in OTHER_COLUMNS])
        wishes = [each.value for each in Subscription if each.value in self.columns.targets]
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "excerpt", (*values, *wishes))

    @property
    def identifying_place(self) -> int:
        """At which place the identifying column stands (IM-2)."""
        return self.columns.targets.index(self.options.identify_by.value)

    def judged_column(self, target: str, catalog: FieldCatalog) -> JudgedColumn | None:
        """Give the column for *target*, judged as *catalog* has its field now; None if the field is gone."""
        is_wish = target in OTHER_COLUMNS
        if not is_wish and target not in catalog:
            return None
        field_now = _YES_OR_NO if is_wish else catalog[target]
        column = self._judged.get(target)
        if column is None or column.field != field_now:
            judge = self.judge.bound(field_now)
            column = self._judged[target] = JudgedColumn(
                self.columns.targets.index(target),
                self.column_of(target),
                field_now,
                wished(judge) if is_wish else judge,
                self.options,
            )
        return column

    def column_of(self, target: str) -> str:
        """Give the name of the column that goes to *target*."""
        return self.columns.columns[self.columns.targets.index(target)]


@dataclass(frozen=True, slots=True)
class Survey:
    """The result of the first pass: how many rows, and the hashes of identifying values that occur more than once."""

    total: int
    repeated: frozenset[int]


@dataclass(slots=True)
class ReadRow:
    """A row with its identifiers read.

    `key` is the identifying value's and `text` the value; `problem` says why there is none. `others` are the keys of
    identifiers that do not identify; `duplicate` tells that an earlier row had the same key (IM-7). A row of the wrong
    column count has nothing but its cells.
    """

    line: int
    cells: Sequence[Entered]
    whole: bool = True
    key: IdentifierKey | None = None
    text: str = ""
    problem: Remark | None = None
    others: tuple[IdentifierKey, ...] = ()
    duplicate: bool = False


def survey(
    job: ImportJob, rows: Iterable[tuple[int, Sequence[Entered]]], progress: Callable[[int], None] | None = None
) -> Survey:
    """Pass over a list once: count its rows, and find identifying values that occur more than once (IM-1, IM-7).

    Equal values have equal hashes; that unequal ones may share a hash costs a look, never a row. *progress* is told
    now and then how many rows were seen.
    """
    place = job.identifying_place
    width = len(job.columns.columns)
    key_of = match_key if job.options.identify_by is IdentifierKind.EMAIL else trimmed
    buckets = [array("q") for _ in range(_BUCKETS)]
    total = 0
    for total, (_, cells) in enumerate(rows, start=1):
        if len(cells) == width:
            cell = cells[place]
            value = hash(key_of(cell if cell.__class__ is str else shown(cell)))
            buckets[value % _BUCKETS].append(value)
        if progress is not None and total % _TOLD_EVERY == 0:
            progress(total)
    return Survey(total, frozenset(value for bucket in buckets for value in _repeated(bucket)))


def read_rows(job: ImportJob, rows: Iterable[tuple[int, Sequence[Entered]]], found: Survey) -> Iterator[ReadRow]:
    """Read the identifiers of every row, in order, and mark the rows whose value occurred before (IM-7)."""
    identify = _Identification(job)
    others = _OtherIdentifiers(job)
    width = len(job.columns.columns)
    place, kind, repeated = identify.place, identify.kind, found.repeated
    seen: set[str] = set()
    for line, cells in rows:
        if len(cells) != width:
            yield ReadRow(line, cells, whole=False)
            continue
        cell = cells[place]
        if identify.by_email and cell.__class__ is str and PLAIN.fullmatch(cell):
            text, key = cell, cell.lower()  # what every parser takes with this key (FI-7), nearly every row of a list
        else:
            identified = identify.read(cell)
            if isinstance(identified, Remark):
                yield ReadRow(line, cells, problem=identified, others=others.read(cells))
                continue
            text, key = identified
        duplicate = False
        if repeated and hash(key) in repeated:
            duplicate = key in seen
            seen.add(key)
        yield ReadRow(line, cells, True, IdentifierKey(kind, key), text, None, others.read(cells), duplicate)


def needs_of_rows(job: ImportJob, rows: Sequence[ReadRow]) -> Needs:
    """Say what a batch of rows must know, and what is locked while it is decided (AS-12)."""
    keys = {row.key for row in rows if row.key is not None}
    for row in rows:
        keys.update(row.others)
    options = job.options
    names = {*options.groups, *([options.existing_to_group] if options.existing_to_group else [])}
    place = job.columns.place(GROUPS)
    if place is not None:
        names.update(name for row in rows if row.whole for name in group_names(row.cells[place]))
    adds_options = options.add_system_options or options.add_custom_options
    return Needs(
        keys=frozenset(keys),
        groups=frozenset(map(folded, names)),
        fields=frozenset(map(folded, filter(None, job.columns.targets))) if adds_options else frozenset(),
        opt_outs=any(job.columns.place(each.value) is not None for each in Subscription),
    )


def group_names(cell: Entered) -> list[str]:
    """Split a cell of the Groups column into names (IM-6)."""
    return [name for name in shown(cell).split(";") if not is_blank(name)]


def long_group_names(job: ImportJob, row: ReadRow) -> list[str]:
    """Give the names in the Groups column that are too long for a group (GR-1)."""
    place = job.columns.place(GROUPS)
    names = [] if place is None else group_names(row.cells[place])
    return [name for name in names if len(trimmed(name)) > LONGEST_GROUP_NAME]


def shown(cell: Entered) -> str:
    """Give a cell as text."""
    return cell if isinstance(cell, str) else "" if cell is None else str(cell)


class _Identification:
    """Reads the identifying column (IM-2): from a cell to (text, key), or to a remark why it identifies nobody."""

    __slots__ = ("_column", "_judge", "_parse_email", "by_email", "kind", "place")

    def __init__(self, job: ImportJob) -> None:
        self.place = job.identifying_place
        self.kind = job.options.identify_by
        self.by_email = self.kind is IdentifierKind.EMAIL
        self._column = job.columns.columns[self.place]
        self._parse_email = job.parsers.email
        self._judge = job.judge.bound(_CUSTOMER_ID)

    def read(self, cell: Entered) -> tuple[str, str] | Remark:
        text = trimmed(shown(cell))
        if not text:
            return Remark(RowReason.MISSING_IDENTIFIER, self._column, "", f"give the {self.kind.value} of this row")
        if self.by_email:
            address = self._parse_email(text)
            if not isinstance(address, Refusal):
                return address.text, address.key
            return Remark(RowReason.INVALID_EMAIL, self._column, text, address.advice)
        if self.kind is IdentifierKind.CUSTOMER_ID:
            judged = self._judge(text, None)
            if isinstance(judged, Refusal):
                return Remark(RowReason(judged.reason.value), self._column, text, judged.advice)
        return text, text


class _OtherIdentifiers:
    """Reads the keys of identifiers in columns that do not identify the row (IM-17)."""

    __slots__ = ("_columns",)

    def __init__(self, job: ImportJob) -> None:
        kinds = {IdentifierKind.EMAIL: match_key, IdentifierKind.CUSTOMER_ID: trimmed}
        self._columns = [
            (job.columns.targets.index(kind.value), kind, key_of)
            for kind, key_of in kinds.items()
            if kind is not job.options.identify_by and kind.value in job.columns.targets
        ]

    def read(self, cells: Sequence[Entered]) -> tuple[IdentifierKey, ...]:
        keys = [(kind, key_of(shown(cells[place]))) for place, kind, key_of in self._columns]
        return tuple([IdentifierKey(kind, key) for kind, key in keys if key])


def _repeated(bucket: "array[int]") -> Iterator[int]:
    if len(set(bucket)) == len(bucket):
        return
    yield from (value for value, following in pairwise(sorted(bucket)) if value == following)
