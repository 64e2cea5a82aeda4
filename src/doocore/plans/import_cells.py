"""Judging a list column by column: lists repeat themselves, so what a cell said once is remembered (FI-6, IM-18)."""

from collections.abc import Sequence
from typing import TypeAlias

from doocore.model.contact import SubscriptionState
from doocore.model.contact_import import ImportOptions
from doocore.model.fields import ContactField, Entered, FieldType, FieldValue, Refusal, ValueReason
from doocore.rules.values import Judge

_REMEMBERED = 10_000

JudgedCells: TypeAlias = tuple[list[FieldValue | None], Sequence[tuple[int, Refusal]]]
"""The cells of one column in a batch, judged: None where blank or refused; and what was refused at which place."""


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
    """A column whose cells are judged by one field's rule.

    Where most cells of a batch were new ones, as in a column of phone numbers, nothing is remembered any more.
    """

    __slots__ = ("_adds", "_judge", "_memory", "_repeats", "field", "name", "place")

    def __init__(self, place: int, name: str, field: ContactField, judge: Judge, options: ImportOptions) -> None:
        self.place = place
        self.name = name
        self.field = field
        self._judge = judge
        self._memory = _Memory(judge)
        self._repeats = True
        adds = options.add_system_options if field.system else options.add_custom_options
        self._adds = adds and field.type is FieldType.SELECT

    def adds(self, refusal: Refusal) -> bool:
        """Tell whether what was refused is an option that the import adds (IM-4)."""
        return self._adds and refusal.reason is ValueReason.UNKNOWN_OPTION

    def said(self, cell: Entered) -> FieldValue | None:
        """Give what one cell says, an empty text where it is blank; None where it is refused."""
        said = self._memory[cell]
        return "" if said is None and cell not in self._memory.refused else said

    def judge_all(self, cells: Sequence[Entered]) -> JudgedCells:
        """Judge the cells of a batch, as those of contacts that have nothing here."""
        return self._remembered(cells) if self._repeats else self._judged(cells)

    def _remembered(self, cells: Sequence[Entered]) -> JudgedCells:
        if len(self._memory) > _REMEMBERED:
            self._memory = _Memory(self._judge)
        memory = self._memory
        before = len(memory)
        accepted = list(map(memory.__getitem__, cells))
        self._repeats = len(memory) - before <= len(cells) / 2
        if memory.refused.keys().isdisjoint(cells):
            return (accepted, ())
        refused = [(place, memory.refused[cell]) for place, cell in enumerate(cells) if cell in memory.refused]
        return (accepted, refused)

    def _judged(self, cells: Sequence[Entered]) -> JudgedCells:
        judge = self._judge
        accepted: list[FieldValue | None] = []
        refused: list[tuple[int, Refusal]] = []
        for place, cell in enumerate(cells):
            judged = judge(cell, None)
            if isinstance(judged, Refusal):
                refused.append((place, judged))
                judged = None
            accepted.append(judged)
        return (accepted, refused)


def wished(judge: Judge) -> Judge:
    """Judge a subscription column: what would check a checkbox is the word for the state that is wished (SU-3)."""

    def judged(value: Entered, present: FieldValue | None) -> FieldValue | Refusal | None:
        truth = judge(value, present)
        return truth if truth is None or isinstance(truth, Refusal) else _WISHES[bool(truth)]

    return judged


_WISHES = {True: SubscriptionState.SUBSCRIBED.value, False: SubscriptionState.UNSUBSCRIBED.value}
