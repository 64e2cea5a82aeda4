"""Reading a list: how many rows, whom each one names, and what a batch of them must know (IM-1, IM-2, IM-7).

The list is passed over twice. `survey` counts the rows and finds identifying values that occur more than once;
`Reading` reads every row's identifiers. Nothing here grows with the list but eight bytes a row (IM-16).
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from typing import TypeAlias, TypeVar

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
from doocore.model.identifiers import IdentifierKey, IdentifierKind, identifier_keys
from doocore.plans.by_hand import LONGEST_GROUP_NAME
from doocore.plans.import_cells import JudgedColumn, wished
from doocore.plans.story import Needs, ValueJudge
from doocore.rules.addresses import PLAIN, match_key
from doocore.rules.columns import GROUPS, OTHER_COLUMNS, ColumnMap

T = TypeVar("T")

ListRow: TypeAlias = tuple[int, Sequence[Entered]]
"""A row as it stands in the list: the line where it starts, and its cells."""

_TOLD_EVERY = 250  # rows; of more at once, Python would begin to search for reference cycles among them
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
    wishes: tuple[Subscription, ...] = field(init=False)
    excerpt: tuple[str, ...] = field(init=False)
    _judged: dict[str, JudgedColumn] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out what the list can say of a contact: values of fields, then wishes for subscriptions."""
        values = tuple([each for each in self.columns.targets if each is not None and each not in OTHER_COLUMNS])
        wishes = tuple([each for each in Subscription if each.value in self.columns.targets])
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "wishes", wishes)
        object.__setattr__(self, "excerpt", (*values, *[each.value for each in wishes]))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row with its identifier read: `key` is the identifying value's, "" where there is none, and `text` the value.

    `problem` says why there is none; `duplicate` tells that an earlier row had the same key (IM-7).
    """

    line: int
    cells: Sequence[Entered]
    key: str
    text: str
    problem: Remark | None
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRows:
    """A batch of rows with their identifiers read, column by column: what stands at one place belongs to one row.

    `keys` and `texts` are those of `ReadRow`. `others` are the keys of identifiers that do not identify, by their
    kinds, "" where there is none. `identifying` and `naming` are the same keys as they are looked up and locked. A row
    that is `misshapen`, of the wrong column count, is blank in all columns.
    """

    lines: Sequence[int]
    cells: Sequence[Sequence[Entered]]
    columns: Sequence[Sequence[Entered]]
    keys: Sequence[str]
    texts: Sequence[str]
    others: Mapping[IdentifierKind, Sequence[str]]
    identifying: frozenset[IdentifierKey]
    naming: frozenset[IdentifierKey]
    problems: Mapping[int, Remark]
    duplicates: AbstractSet[int]
    misshapen: AbstractSet[int]

    def row(self, place: int) -> ReadRow:
        """Give one row by itself."""
        return ReadRow(
            line=self.lines[place],
            cells=self.cells[place],
            key=self.keys[place],
            text=self.texts[place],
            problem=self.problems.get(place),
            duplicate=place in self.duplicates,
        )


def survey(job: ImportJob, rows: Iterable[ListRow], progress: Callable[[int], None] | None = None) -> Survey:
    """Pass over a list once: count its rows, and find identifying values that occur more than once (IM-1, IM-7).

    Equal values have equal hashes; that unequal ones may share a hash costs a look, never a row. *progress* is told
    now and then how many rows were seen.
    """
    place = job.identifying_place
    width = len(job.columns.columns)
    keys_of = _OTHER_KEYS.get(job.options.identify_by, _trimmed)
    buckets = [array("q") for _ in range(_BUCKETS)]
    total = 0
    for batch in batches(rows, _TOLD_EVERY):
        cells = [row[place] for _, row in batch if len(row) == width]
        for value in map(hash, keys_of(_texts(cells))):
            buckets[value % _BUCKETS].append(value)
        total += len(batch)
        if progress is not None and len(batch) == _TOLD_EVERY:
            progress(total)
    return Survey(total, frozenset(value for bucket in buckets for value in _repeated(bucket)))


class Reading:
    """Reads the identifiers of a list, batch by batch in its order, and marks rows whose value occurred before (IM-7)."""

    def __init__(self, job: ImportJob, found: Survey) -> None:
        self._identify = _Identification(job)
        self._others = [
            (kind, job.columns.targets.index(kind.value), keys_of)
            for kind, keys_of in _OTHER_KEYS.items()
            if kind is not job.options.identify_by and kind.value in job.columns.targets
        ]
        self._width = len(job.columns.columns)
        self._repeated = found.repeated
        self._seen: set[str] = set()

    def read(self, rows: Sequence[ListRow]) -> ReadRows:
        """Read a batch that is not empty."""
        lines, cells = zip(*rows, strict=True)
        misshapen = self._misshapen(cells)
        blank = ("",) * self._width
        shaped = [blank if place in misshapen else row for place, row in enumerate(cells)] if misshapen else cells
        columns = list(zip(*shaped, strict=True))
        texts, keys, problems = self._identify.read_all(columns[self._identify.place])
        others = {kind: [key or "" for key in keys_of(_texts(columns[place]))] for kind, place, keys_of in self._others}
        return ReadRows(
            lines=lines,
            cells=cells,
            columns=columns,
            keys=keys,
            texts=texts,
            others=others,
            identifying=frozenset(_keys(self._identify.kind, keys)),
            naming=frozenset(chain.from_iterable(_keys(kind, column) for kind, column in others.items())),
            problems=problems,
            duplicates=frozenset(self._occurred_before(keys)) if self._repeated else frozenset(),
            misshapen=misshapen,
        )

    def _misshapen(self, cells: Sequence[Sequence[Entered]]) -> AbstractSet[int]:
        if set(map(len, cells)) == {self._width}:
            return frozenset()
        return {place for place, row in enumerate(cells) if len(row) != self._width}

    def _occurred_before(self, keys: Sequence[str]) -> Iterator[int]:
        for place, key in enumerate(keys):
            if key and hash(key) in self._repeated:
                if key in self._seen:
                    yield place
                self._seen.add(key)


def needs_of_rows(job: ImportJob, rows: ReadRows) -> Needs:
    """Say what a batch of rows must know, and what is locked while it is decided (AS-12)."""
    options = job.options
    names = {*options.groups, *([options.existing_to_group] if options.existing_to_group else [])}
    place = job.columns.place(GROUPS)
    if place is not None:
        names.update(name for cell in rows.columns[place] for name in group_names(cell))
    adds_options = options.add_system_options or options.add_custom_options
    return Needs(
        keys=rows.identifying | rows.naming,
        groups=frozenset(map(folded, names)),
        fields=frozenset(map(folded, filter(None, job.columns.targets))) if adds_options else frozenset(),
        opt_outs=any(job.columns.place(each.value) is not None for each in Subscription),
    )


def group_names(cell: Entered) -> list[str]:
    """Split a cell of the Groups column into names (IM-6)."""
    return [name for name in shown(cell).split(";") if not is_blank(name)]


def long_group_names(job: ImportJob, cells: Sequence[Entered]) -> list[str]:
    """Give the names in the Groups column of a row that are too long for a group (GR-1)."""
    place = job.columns.place(GROUPS)
    names = [] if place is None else group_names(cells[place])
    return [name for name in names if len(trimmed(name)) > LONGEST_GROUP_NAME]


def batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a list into pieces of *size*, and what is left."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def shown(cell: Entered) -> str:
    """Give a cell as text."""
    return cell if isinstance(cell, str) else "" if cell is None else str(cell)


class _Identification:
    """Reads the identifying column (IM-2): a cell's text and key, or a remark why it identifies nobody."""

    __slots__ = ("_column", "_judge", "_parse_email", "kind", "place")

    def __init__(self, job: ImportJob) -> None:
        self.place = job.identifying_place
        self.kind = job.options.identify_by
        self._column = job.columns.columns[self.place]
        self._parse_email = job.parsers.email
        self._judge = job.judge.bound(_CUSTOMER_ID)

    def read_all(self, cells: Sequence[Entered]) -> tuple[Sequence[str], Sequence[str], Mapping[int, Remark]]:
        """Read a column: texts and keys, both empty where there is a remark, by its place."""
        texts = _texts(cells)
        if self.kind is IdentifierKind.EMAIL and all(map(PLAIN.fullmatch, texts)):
            return (
                texts,
                [text.lower() for text in texts],
                {},
            )  # as every parser takes them (FI-7): most batches of a list
        read: list[tuple[str, str]] = []
        problems = {}
        for place, text in enumerate(map(trimmed, texts)):
            identified = self._read(text)
            if isinstance(identified, Remark):
                problems[place] = identified
                identified = ("", "")
            read.append(identified)
        return [text for text, _ in read], [key for _, key in read], problems

    def _read(self, text: str) -> tuple[str, str] | Remark:
        if not text:
            return Remark(RowReason.MISSING_IDENTIFIER, self._column, "", f"give the {self.kind.value} of this row")
        if self.kind is IdentifierKind.EMAIL:
            address = self._parse_email(text)
            if not isinstance(address, Refusal):
                return address.text, address.key
            return Remark(RowReason.INVALID_EMAIL, self._column, text, address.advice)
        if self.kind is IdentifierKind.CUSTOMER_ID:
            judged = self._judge(text, None)
            if isinstance(judged, Refusal):
                return Remark(RowReason(judged.reason.value), self._column, text, judged.advice)
        return text, text


def _match_keys(texts: Sequence[str]) -> Iterable[str | None]:
    """Give the match keys of a column; in most batches of a list, all are plain."""
    if all(map(PLAIN.fullmatch, texts)):
        return [text.lower() for text in texts]
    return map(match_key, texts)


def _trimmed(texts: Sequence[str]) -> Iterable[str]:
    return map(trimmed, texts)


_OTHER_KEYS: Mapping[IdentifierKind, Callable[[Sequence[str]], Iterable[str | None]]] = {
    IdentifierKind.EMAIL: _match_keys,
    IdentifierKind.CUSTOMER_ID: _trimmed,
}
"""How the keys of a column are read that does not identify the rows (IM-17)."""


def _texts(cells: Sequence[Entered]) -> Sequence[str]:
    return cells if set(map(type, cells)) <= {str} else [shown(cell) for cell in cells]  # type: ignore[return-value]


def _keys(kind: IdentifierKind, column: Iterable[str]) -> Iterator[IdentifierKey]:
    return identifier_keys(kind, filter(None, column))


def _repeated(bucket: "array[int]") -> Iterator[int]:
    if len(set(bucket)) == len(bucket):
        return
    yield from (value for value, following in pairwise(sorted(bucket)) if value == following)
