"""Judging a list column by column: lists repeat themselves, so what a cell said once is remembered (FI-6, IM-18)."""

from collections.abc import Sequence
from itertools import repeat
from typing import TypeAlias

from doocore.model.contact import SubscriptionState
from doocore.model.contact_import import ImportOptions
from doocore.model.fields import ContactField, Entered, FieldType, FieldValue, Refusal, ValueReason
from doocore.rules.values import Judge

_REMEMBERED = 10_000

JudgedCells: TypeAlias = tuple[list[FieldValue], Sequence[tuple[int, Refusal]]]
"""The cells of one column in a batch, judged: "" where blank or refused; and what was refused at which place."""


class _Memory(dict[Entered, FieldValue]):
    """What cells said; a cell not seen before is judged. Those that were refused say nothing, and why."""

    __slots__ = ("_judge", "refused")

    def __init__(self, judge: Judge) -> None:
        super().__init__({"": "", None: ""})
        self._judge = judge
        self.refused: dict[Entered, Refusal] = {}

    def __missing__(self, cell: Entered) -> FieldValue:
        judged = self._judge(cell, None)
        if isinstance(judged, Refusal):
            self.refused[cell] = judged
            judged = None
        said = self[cell] = "" if judged is None else judged
        return said


class JudgedColumn:
    """A column whose cells are judged by one field's rule.

    Where most cells were new ones, as in a column of phone numbers, nothing is remembered any more.
    """

    __slots__ = ("_adds", "_asked", "_judge", "_memory", "_repeats", "field", "name", "place")

    def __init__(self, place: int, name: str, field: ContactField, judge: Judge, options: ImportOptions) -> None:
        self.place = place
        self.name = name
        self.field = field
        self._judge = judge
        self._memory = _Memory(judge)
        self._asked = 0
        self._repeats = True
        adds = options.add_system_options if field.system else options.add_custom_options
        self._adds = adds and field.type is FieldType.SELECT

    def adds(self, refusal: Refusal) -> bool:
        """Tell whether what was refused is an option that the import adds (IM-4)."""
        return self._adds and refusal.reason is ValueReason.UNKNOWN_OPTION

    def said_all(self, cells: Sequence[Entered]) -> Sequence[FieldValue | None]:
        """Give what each cell of a batch says, an empty text where it is blank; None where it is refused."""
        accepted, refused = self._remembered(cells)
        said: list[FieldValue | None] = list(accepted)
        for place, _ in refused:
            said[place] = None
        return said

    def judge_all(self, cells: Sequence[Entered]) -> JudgedCells:
        """Judge the cells of a batch, as those of contacts that have nothing here."""
        return self._remembered(cells) if self._repeats else self._judged(cells)

    def _remembered(self, cells: Sequence[Entered]) -> JudgedCells:
        memory = self._memory
        accepted = list(map(memory.__getitem__, cells))
        self._asked += len(cells)
        if len(memory) > _REMEMBERED:
            self._forget()
        if not memory.refused or memory.refused.keys().isdisjoint(cells):
            return (accepted, ())
        refused = [(place, memory.refused[cell]) for place, cell in enumerate(cells) if cell in memory.refused]
        return (accepted, refused)

    def _forget(self) -> None:
        self._repeats = len(self._memory) <= self._asked / 2
        self._memory = _Memory(self._judge)
        self._asked = 0

    def _judged(self, cells: Sequence[Entered]) -> JudgedCells:
        judged = list(map(self._judge, cells, repeat(None)))
        types = set(map(type, judged))
        if Refusal not in types and type(None) not in types:
            return (judged, ())  # type: ignore[return-value]  # nothing else is left
        refused = [(place, each) for place, each in enumerate(judged) if isinstance(each, Refusal)]
        return (["" if each is None or isinstance(each, Refusal) else each for each in judged], refused)


def wished(judge: Judge) -> Judge:
    """Judge a subscription column: what would check a checkbox is the word for the state that is wished (SU-3)."""

    def judged(value: Entered, present: FieldValue | None) -> FieldValue | Refusal | None:
        truth = judge(value, present)
        return truth if truth is None or isinstance(truth, Refusal) else _WISHES[bool(truth)]

    return judged


_WISHES = {True: SubscriptionState.SUBSCRIBED.value, False: SubscriptionState.UNSUBSCRIBED.value}
