"""Judging a batch of rows: what each one says, and which of them say only what their contact has already (IM-5, IM-11).

A list comes again and again, mostly with what is known. So a batch is looked at against excerpts, which hold no more
of a contact than the list has columns; whole contacts are read for the rows that say something else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from doocore.model.contact import Excerpt
from doocore.model.fields import FieldCatalog, FieldValue, Refusal
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind, identifier_keys
from doocore.plans.import_cells import JudgedColumn
from doocore.plans.import_reading import ImportJob, ReadRows, long_group_names
from doocore.plans.story import Facts, Needs
from doocore.rules.columns import GROUPS
from doocore.rules.duplicates import leaves_alone, rewrites_what_is_equal

Refusals: TypeAlias = Sequence[tuple[JudgedColumn, Refusal]]


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """A batch of rows with what they say, in columns in the order of `ImportJob.excerpt`.

    A cell says "" where it is blank or refused, and where its row was settled without judging. `refused` has the
    refused cells of the rows that have any, by the row's place. `settled` names the contact of a row that says nothing
    new about it.
    """

    rows: ReadRows
    columns: Sequence[Sequence[FieldValue]]
    refused: Mapping[int, Refusals]
    settled: Sequence[ContactId | None]

    def said(self, place: int) -> Excerpt:
        """Give what one row says."""
        return tuple([column[place] for column in self.columns])


def judge_rows(job: ImportJob, rows: ReadRows, facts: Facts) -> JudgedRows:
    """Judge a batch: settle the rows that the excerpts of *facts* settle, judge the cells of the others."""
    settling = _Settling(job, rows, facts)
    settled = settling.as_written()
    judged = JudgedRows(rows, *_judged_cells(job, rows, _open(settled), facts.catalog), settled)
    for place in _open(settled) if settling.possible else ():
        if place not in judged.refused:
            settled[place] = settling.as_judged(place, judged.said(place))
    return judged


def judge_row(job: ImportJob, rows: ReadRows, place: int, catalog: FieldCatalog) -> tuple[Excerpt, Refusals]:
    """Judge one row by itself: one that was settled before an earlier row changed its contact."""
    columns, refused = _judged_cells(job, rows, [place], catalog)
    return tuple([column[place] for column in columns]), refused.get(place, ())


def needs_of_open_rows(job: ImportJob, judged: JudgedRows, facts: Facts) -> Needs:
    """Say what is still to be known about the rows that are not settled: their contacts, and who else holds their identifiers."""
    rows, open_places = judged.rows, _open(judged.settled)
    contacts: set[ContactId] = set()
    if open_places and not leaves_alone(job.options.duplicates):
        held = held_by(job.options.identify_by, facts)
        contacts.update(*[held.get(rows.keys[place], ()) for place in open_places])
    return Needs(
        keys=rows.naming if len(open_places) == len(rows.lines) else frozenset(_naming(rows, open_places)),
        contacts=frozenset(contacts),
        opt_outs=facts.asked.opt_outs and (bool(contacts) or IdentifierKind.EMAIL in rows.others),
    )


def _naming(rows: ReadRows, places: Sequence[int]) -> Iterator[IdentifierKey]:
    for kind, keys in rows.others.items():
        yield from identifier_keys(kind, filter(None, [keys[place] for place in places]))


def held_by(kind: IdentifierKind, facts: Facts) -> dict[str, tuple[ContactId, ...]]:
    """Give the holders of the keys of one kind, by the keys alone."""
    return {key: holders for (each, key), holders in facts.holders.items() if each is kind}


def _open(settled: Sequence[ContactId | None]) -> Sequence[int]:
    return [place for place, contact_id in enumerate(settled) if contact_id is None]


class _Settling:
    """Finds the rows whose contact has all of what they say; an excerpt is enough to tell."""

    def __init__(self, job: ImportJob, rows: ReadRows, facts: Facts) -> None:
        mode = job.options.duplicates
        self.possible = bool(facts.excerpts) and not leaves_alone(mode) and not rewrites_what_is_equal(mode)
        self._job = job
        self._rows = rows
        self._facts = facts
        self._known = self._contacts() if self.possible else []

    def as_written(self) -> list[ContactId | None]:
        """Settle rows that say it in the very words, which are always accepted (FI-5): there is nothing to judge."""
        if not self.possible or not self._job.excerpt:
            return [None] * len(self._rows.lines)
        words = zip(*map(self._words, self._job.excerpt), strict=True)
        excerpts = self._facts.excerpts
        return [
            known if known is not None and said == excerpts[known] else None
            for known, said in zip(self._known, words, strict=True)
        ]

    def as_judged(self, place: int, said: Excerpt) -> ContactId | None:
        """Settle a row that says it in other words."""
        known = self._known[place]
        if known is None:
            return None
        for each, had in zip(said, self._facts.excerpts[known], strict=True):
            if each not in ("", had):
                return None
        return known

    def _words(self, target: str) -> Sequence[object]:
        """Give a column as it stands; of a subscription, the words for what it says."""
        place = self._job.columns.targets.index(target)
        cells = self._rows.columns[place]
        column = None if target in self._job.values else self._job.judged_column(target, self._facts.catalog)
        return cells if column is None else column.said_all(cells)

    def _contacts(self) -> list[ContactId | None]:
        """Find the one contact that each row identifies, if nothing else speaks against the row."""
        held = held_by(self._job.options.identify_by, self._facts)
        known = [holders[0] if len(holders := held.get(key, ())) == 1 else None for key in self._rows.keys]
        for place in self._rows.duplicates:
            known[place] = None
        if self._job.columns.place(GROUPS) is not None:
            for place, cells in enumerate(self._rows.cells):
                if known[place] is not None and long_group_names(self._job, cells):
                    known[place] = None
        return known


def _judged_cells(
    job: ImportJob, rows: ReadRows, places: Sequence[int], catalog: FieldCatalog
) -> tuple[Sequence[Sequence[FieldValue]], Mapping[int, Refusals]]:
    """Judge the cells of the rows at *places*, column by column; a field that is gone meanwhile says nothing."""
    everywhere = len(places) == len(rows.lines)
    columns: list[Sequence[FieldValue]] = []
    refused: dict[int, list[tuple[JudgedColumn, Refusal]]] = {}
    for target in job.excerpt:
        column = job.judged_column(target, catalog)
        if target == job.options.identify_by.value:
            columns.append(rows.texts)
        elif column is None or not places:
            columns.append([""] * len(rows.lines))
        else:
            cells = rows.columns[column.place]
            accepted, refusals = column.judge_all(cells if everywhere else [cells[place] for place in places])
            columns.append(accepted if everywhere else _at(places, accepted, len(rows.lines)))
            for index, refusal in refusals:
                refused.setdefault(places[index], []).append((column, refusal))
    return columns, refused


def _at(places: Sequence[int], values: Sequence[FieldValue], count: int) -> Sequence[FieldValue]:
    """Lay out *values* at their places among so many."""
    laid_out: list[FieldValue] = [""] * count
    for place, value in zip(places, values, strict=True):
        laid_out[place] = value
    return laid_out
