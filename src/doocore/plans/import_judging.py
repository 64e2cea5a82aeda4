"""Judging a batch of rows: what each one says, and which of them say only what their contact has already (IM-5, IM-11).

A list comes again and again, mostly with what is known. So a batch is looked at against excerpts, which hold no more
of a contact than the list has columns; whole contacts are read for the rows that say something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias

from doocore.model.contact import Excerpt
from doocore.model.fields import FieldCatalog, FieldValue, Refusal
from doocore.model.identifiers import ContactId
from doocore.plans.import_cells import JudgedColumn
from doocore.plans.import_reading import ImportJob, ReadRow, long_group_names
from doocore.plans.story import Facts, Needs
from doocore.rules.columns import GROUPS
from doocore.rules.duplicates import leaves_alone, rewrites_what_is_equal

Given: TypeAlias = tuple[FieldValue | None, ...]
"""What a row says, in the order of `ImportJob.excerpt`: None where its cell is blank or refused."""

Refusals: TypeAlias = Sequence[tuple[JudgedColumn, Refusal]]

_SEVERAL = 2  # of one place, `itemgetter` would make no tuple


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """A batch of rows with what they say.

    `settled` names the contact of a row that says nothing new about it. `given` is empty for a row that was settled
    without judging, and for one of the wrong column count. `refused` has the refused cells of the rows that have any,
    by the row's place in the batch.
    """

    rows: Sequence[ReadRow]
    given: Sequence[Given]
    refused: Mapping[int, Refusals]
    settled: Sequence[ContactId | None]


def judge_rows(job: ImportJob, rows: Sequence[ReadRow], facts: Facts) -> JudgedRows:
    """Judge a batch: settle the rows that the excerpts of *facts* settle, judge the cells of the others."""
    settling = _Settling(job, facts)
    settled = settling.as_written(rows)
    open_places = [place for place, row in enumerate(rows) if row.whole and settled[place] is None]
    given, refused = _judged_cells(job, rows, open_places, facts.catalog)
    for place in open_places if settling.possible else ():
        if place not in refused:
            settled[place] = settling.as_judged(rows[place], given[place])
    return JudgedRows(rows, given, refused, settled)


def judge_row(job: ImportJob, row: ReadRow, catalog: FieldCatalog) -> tuple[Given, Refusals]:
    """Judge one row by itself: one that was settled before an earlier row changed its contact."""
    (given,), refused = _judged_cells(job, [row], [0], catalog)
    return given, refused.get(0, ())


def needs_of_open_rows(job: ImportJob, judged: JudgedRows, facts: Facts) -> Needs:
    """Say what is still to be known about the rows that are not settled: their contacts, and who else holds their identifiers."""
    open_rows = [row for row, settled in zip(judged.rows, judged.settled, strict=True) if settled is None]
    contacts: set[ContactId] = set()
    if not leaves_alone(job.options.duplicates):
        contacts.update(*[facts.holders_of(row.key) for row in open_rows])
    return Needs(
        keys=frozenset([key for row in open_rows for key in row.others]),
        contacts=frozenset(contacts),
        opt_outs=facts.asked.opt_outs,
    )


class _Settling:
    """Finds the rows whose contact has all of what they say; an excerpt is enough to tell."""

    def __init__(self, job: ImportJob, facts: Facts) -> None:
        mode = job.options.duplicates
        self.possible = bool(facts.excerpts) and not leaves_alone(mode) and not rewrites_what_is_equal(mode)
        self._job = job
        self._facts = facts
        self._groups = job.columns.place(GROUPS) is not None

    def as_written(self, rows: Sequence[ReadRow]) -> list[ContactId | None]:
        """Settle rows that say it in the very words, which are always accepted (FI-5): there is nothing to judge."""
        settled: list[ContactId | None] = [None] * len(rows)
        count = len(self._job.values)
        if not self.possible or count < _SEVERAL:
            return settled
        values_of = itemgetter(*[self._job.columns.targets.index(each) for each in self._job.values])
        judged = [self._job.judged_column(each, self._facts.catalog) for each in self._job.excerpt[count:]]
        wishes = [each for each in judged if each is not None]
        for place, row in enumerate(rows):
            known = self._known(row)
            if known is None or values_of(row.cells) != known[1][:count]:
                continue
            states = known[1][count:]
            if all(each.said(row.cells[each.place]) == state for each, state in zip(wishes, states, strict=True)):
                settled[place] = known[0]
        return settled

    def as_judged(self, row: ReadRow, given: Given) -> ContactId | None:
        """Settle a row that says it in other words."""
        known = self._known(row)
        if known is None:
            return None
        said_and_had = zip(given, known[1], strict=True)
        return known[0] if all(said is None or said == had for said, had in said_and_had) else None

    def _known(self, row: ReadRow) -> tuple[ContactId, Excerpt] | None:
        """Find the one contact that a row identifies, if nothing else speaks against the row."""
        holders = self._facts.holders_of(row.key)
        if len(holders) != 1 or row.duplicate or (self._groups and long_group_names(self._job, row)):
            return None
        return holders[0], self._facts.excerpts[holders[0]]


def _judged_cells(
    job: ImportJob, rows: Sequence[ReadRow], places: Sequence[int], catalog: FieldCatalog
) -> tuple[Sequence[Given], Mapping[int, Refusals]]:
    """Judge the cells of the rows at *places*, column by column; a field that is gone meanwhile says nothing."""
    asked = rows if len(places) == len(rows) else [rows[place] for place in places]
    columns: list[Sequence[FieldValue | None]] = []
    refused: dict[int, list[tuple[JudgedColumn, Refusal]]] = {}
    cells = list(zip(*[row.cells for row in asked], strict=True))
    for target in job.excerpt if asked else ():
        column = job.judged_column(target, catalog)
        if target == job.options.identify_by.value:
            columns.append([row.text or None for row in asked])
        elif column is None:
            columns.append([None] * len(asked))
        else:
            accepted, refusals = column.judge_all(cells[column.place])
            columns.append(accepted)
            for index, refusal in refusals:
                refused.setdefault(places[index], []).append((column, refusal))
    said: list[Given] = list(zip(*columns, strict=True)) or [()] * len(asked)
    if asked is rows:
        return said, refused
    by_place = dict(zip(places, said, strict=True))
    return [by_place.get(place, ()) for place in range(len(rows))], refused
