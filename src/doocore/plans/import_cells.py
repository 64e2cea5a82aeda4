"""Judging a list column by column: lists repeat themselves, so what a cell said once is remembered (FI-6, IM-18)."""

from collections.abc import Sequence
from dataclasses import dataclass

from doocore.model.contact import Subscription, SubscriptionState
from doocore.model.contact_import import ImportOptions
from doocore.model.fields import ContactField, Entered, FieldKey, FieldType, FieldValue, Refusal, ValueReason
from doocore.rules.values import Judge

_REMEMBERED = 10_000


class _Memory(dict[Entered, FieldValue | None]):
    """What cells said; a cell not seen before is judged. Those that were refused say nothing, and why."""

    __slots__ = ("_judge", "refused")

    def __init__(self, judge: Judge) -> None:
        super().__init__({"": None, None: None})
        self._judge = judge
        self.refused: dict[Entered, Refusal] = {}

    def __missing__(self, cell: Entered) -> FieldValue | None:
        judged = self._judge(cell, None)
        if isinstance(judged, Refusal):
            self.refused[cell] = judged
            judged = None
        self[cell] = judged
        return judged


class JudgedColumn:
    """A column whose cells are judged by one rule."""

    __slots__ = ("_judge", "_memory", "name", "place")

    def __init__(self, place: int, name: str, judge: Judge) -> None:
        self.place = place
        self.name = name
        self._judge = judge
        self._memory = _Memory(judge)

    def judge_all(self, cells: Sequence[Entered]) -> "JudgedCells":
        """Judge the cells of a batch, as those of contacts that have nothing here."""
        if len(self._memory) > _REMEMBERED:
            self._memory = _Memory(self._judge)
        memory = self._memory
        accepted = list(map(memory.__getitem__, cells))
        if memory.refused.keys().isdisjoint(cells):
            return JudgedCells(self, accepted, ())
        refused = [(place, memory.refused[cell]) for place, cell in enumerate(cells) if cell in memory.refused]
        return JudgedCells(self, accepted, refused)


class ValueColumn(JudgedColumn):
    """A column that holds values of one field."""

    __slots__ = ("_addable", "field", "key")

    def __init__(
        self, place: int, name: str, contact_field: ContactField, judge: Judge, options: ImportOptions
    ) -> None:
        super().__init__(place, name, judge)
        self.field = contact_field
        self.key: FieldKey = contact_field.key
        adds = options.add_system_options if contact_field.system else options.add_custom_options
        self._addable = adds and contact_field.type is FieldType.SELECT

    def adds(self, refusal: Refusal) -> bool:
        """Tell whether what was refused is an option that the import adds (IM-4)."""
        return self._addable and refusal.reason is ValueReason.UNKNOWN_OPTION


@dataclass(frozen=True, slots=True)
class JudgedCells:
    """The cells of one column in a batch, judged: None where blank or refused, and why at which place."""

    column: JudgedColumn
    accepted: list[FieldValue | None]
    refused: Sequence[tuple[int, Refusal]]


@dataclass(slots=True)
class RowCells:
    """What the cells of one row say: values, subscription wishes, and the columns whose cells were refused.

    `new_options` names the fields whose value is an option to be added (IM-4).
    """

    values: dict[FieldKey, FieldValue]
    wishes: dict[Subscription, SubscriptionState]
    refused: list[tuple[JudgedColumn, Refusal]]
    new_options: list[FieldKey]


def rows_of_cells(
    rows: Sequence[Sequence[Entered]],
    values: Sequence[ValueColumn],
    subscriptions: Sequence[tuple[JudgedColumn, Subscription]],
) -> list[RowCells]:
    """Judge a batch of rows of equal width, column by column, and give back what each row says."""
    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    judged = [column.judge_all(columns[column.place]) for column in values]
    keys = [column.key for column in values]
    given = [
        RowCells({key: value for key, value in zip(keys, row, strict=True) if value is not None}, {}, [], [])
        for row in zip(*(cells.accepted for cells in judged), strict=True)
    ] or [RowCells({}, {}, [], []) for _ in rows]
    for cells in judged:
        for place, refusal in cells.refused:
            given[place].refused.append((cells.column, refusal))
    for column, subscription in subscriptions:
        _judge_wishes(column.judge_all(columns[column.place]), subscription, given)
    return given


def _judge_wishes(cells: JudgedCells, subscription: Subscription, given: Sequence[RowCells]) -> None:
    for row, wish in zip(given, cells.accepted, strict=True):
        if wish is not None:
            row.wishes[subscription] = SubscriptionState.SUBSCRIBED if wish else SubscriptionState.UNSUBSCRIBED
    for place, refusal in cells.refused:
        given[place].refused.append((cells.column, refusal))
