"""Running an import: two passes over the list, decided batch by batch, committed unit by unit (chapter 6)."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import NoReturn

from doocore.changes import Change, FinishImport, PutField, QueueMails, StartImport, TakeOverImport
from doocore.contact_center.messaging import mailing_of
from doocore.contact_center.shell import ATTEMPTS, Shell, gather
from doocore.contact_center.summary import import_summary
from doocore.errors import ImportFileError, InvalidFieldValueError, NotFoundError, StaleVersionError
from doocore.model.contact_import import (
    ImportId,
    ImportOptions,
    ImportRecord,
    RowOutcome,
    RowReason,
    RowReport,
    RowWarning,
)
from doocore.model.fields import FieldCatalog, Refusal, entered, folded, trimmed
from doocore.model.history import Cause
from doocore.model.identifiers import IdentifierKey
from doocore.plans.by_hand import checked_group_name
from doocore.plans.contact_import import plan_rows
from doocore.plans.import_judging import judge_rows, needs_of_open_rows
from doocore.plans.import_reading import (
    ImportJob,
    ListRow,
    Reading,
    ReadRows,
    Survey,
    batches,
    needs_of_rows,
    survey,
)
from doocore.plans.organizing import fields_from_columns, free_name
from doocore.plans.story import Circumstances, Needs, Plan, ValueJudge
from doocore.ports import ContactRows, Snapshot, Transaction
from doocore.rules.columns import column_name, columns_that_create, map_columns
from doocore.rules.permissions import Action, permit

BATCH = 5_000
"""How many rows are decided at once: what is asked for each time, fields and settings, is then asked for seldom."""

UNIT = 5_000
"""How many rows are committed at once; so long others may have to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far an import is: *done* of *total* rows; *total* is None while the first pass still counts them (IM-16).

    `rows` are the reports of the rows that have come to rest since the last call.
    """

    done: int
    total: int | None = None
    rows: tuple[RowReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a list (IM-10): every figure is counted from the recorded rows.

    `reasons` counts rows per reason; a row with two reasons counts for both. `warnings` likewise, of processed rows.
    """

    record: ImportRecord
    counts: Mapping[RowOutcome, int]
    reasons: Mapping[RowReason, int]
    warnings: Mapping[RowWarning, int] = field(default_factory=dict)
    dry_run: bool = False

    @property
    def id(self) -> ImportId:
        """The import's ID, under which its rows are kept."""
        return self.record.id

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """The columns that went nowhere (IM-3)."""
        return self.record.ignored_columns

    @property
    def absent_columns(self) -> tuple[str, ...]:
        """The columns that the options map and the list does not have."""
        present = set(map(column_name, self.record.columns))
        return tuple(name for name in self.record.options.mapping if column_name(name) not in present)

    @property
    def total(self) -> int:
        """How many rows the list had; the counts add up to it (IM-18)."""
        return sum(self.counts.values())


class _DryRunEndsError(Exception):
    """Rolls a dry run back and carries its report (IM-14); never leaves this module."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


@dataclass(slots=True, kw_only=True)
class ImportRun:
    """One import on its way through; `center.import_contacts` is its door."""

    shell: Shell
    rows: ContactRows
    options: ImportOptions
    progress: Callable[[ImportProgress], None]
    circumstances: Circumstances = field(init=False)

    def __post_init__(self) -> None:
        self.circumstances = self.shell.circumstances()

    def run(self) -> ImportReport:
        """Import the list (IM-1 to IM-19)."""
        job, fields, found = self._prepare(ImportId(next(self.circumstances.new_record_ids)))
        self.shell.commit(self._needed_fields().locks, partial(self._begin, job, fields, found))
        return self._go_through(job, found, done=0)

    def resume(self, record: ImportRecord) -> ImportReport:
        """Carry an import on where it stood, with the list it began with; who worked on it before writes no more (IM-12)."""
        if self.rows.fingerprint() != record.fingerprint:
            name = record.file_name or "another list"
            raise ImportFileError(
                "another_list", f"import {record.id} began with {name}, of other content: give that one"
            )
        job, _, found = self._prepare(record.id)
        job = replace(job, version=record.version + 1)
        done = self.shell.commit((), partial(self._take_over, job, record))
        return self._go_through(job, found, done)

    def _go_through(self, job: ImportJob, found: Survey, done: int) -> ImportReport:
        """Take the rows behind the first *done* ones, unit by unit, to the end."""
        reading, rows = Reading(job, found), iter(self.rows.rows())
        for batch in batches(islice(rows, done), BATCH):
            reading.read(batch)  # what stood there counts for the rows behind (IM-7)
        units = batches(rows, UNIT)
        while True:
            with _no_search_for_cycles():
                reports = self._commit(job, reading, next(units, ()))
            if not reports:
                break
            done += len(reports)
            self.progress(ImportProgress(done=done, total=found.total, rows=reports))
        return self.shell.commit((), partial(self._finish, job))

    def rehearse(self) -> ImportReport:
        """Do the same in one transaction and take it all back (IM-14)."""
        job, fields, found = self._prepare(ImportId(next(self.circumstances.new_record_ids)))
        try:
            with self.shell.store.transaction() as transaction:
                self._begin(job, fields, found, transaction)
                self._go_through_and_back(job, found, transaction)
        except _DryRunEndsError as end:
            return end.report

    def _go_through_and_back(self, job: ImportJob, found: Survey, transaction: Transaction) -> NoReturn:
        done, reading = 0, Reading(job, found)
        for batch in map(reading.read, batches(self.rows.rows(), BATCH)):
            reports = self._decide(job, batch, needs_of_rows(job, batch), transaction)
            done += len(reports)
            self.progress(ImportProgress(done=done, total=found.total, rows=reports))
        self._apply(transaction, [FinishImport(job.id)], job)
        raise _DryRunEndsError(report_of(transaction, job.id, dry_run=True))

    def _prepare(self, import_id: ImportId) -> tuple[ImportJob, list[PutField], Survey]:
        """Check the list from end to end, before anything is written (IM-1)."""
        with self.shell.store.snapshot() as snapshot:
            facts = gather(snapshot, self._needed_fields())
        permit(Action.IMPORT_CONTACTS, self.circumstances.actor, facts.settings.plan)
        for name in (*self.options.groups, self.options.existing_to_group):
            if name is not None:
                checked_group_name(name)
        self._check_summary()
        header = self.rows.columns()
        wanted = columns_that_create(self.options.mapping)
        fields = fields_from_columns(wanted, facts, self.circumstances)
        columns = map_columns(
            header,
            self.options.mapping,
            FieldCatalog((*facts.catalog.fields, *fields.values())),
            self.options.identify_by,
            {column: each.key for column, each in fields.items()},
        )
        job = ImportJob(
            id=import_id,
            columns=columns,
            options=self.options,
            judge=ValueJudge(self.shell.parsers, facts.settings),
            parsers=self.shell.parsers,
        )
        found = survey(job, self.rows.rows(), lambda done: self.progress(ImportProgress(done=done)))
        used = set(columns.targets)
        created = [PutField(each) for each in fields.values() if each.key in used and each.key not in facts.catalog]
        return job, created, found

    def _begin(self, job: ImportJob, fields: Sequence[PutField], found: Survey, transaction: Transaction) -> None:
        """Write down that the import begins, and make its fields unless somebody made one of that name meanwhile (FI-3)."""
        catalog = gather(transaction, Needs()).catalog
        for made in fields:
            free_name(made.field.name, catalog)
        self._apply(transaction, [*fields, StartImport(self._record(job, found))], job)

    def _take_over(self, job: ImportJob, record: ImportRecord, transaction: Transaction) -> int:
        """Make whoever worked on the import before unable to write, and count the rows that are done."""
        self._apply(transaction, [TakeOverImport(record.id, record.version)], job)
        return sum(transaction.imports.counts(record.id).values())

    def _finish(self, job: ImportJob, transaction: Transaction) -> ImportReport:
        self._apply(transaction, [FinishImport(job.id, job.version)], job)
        report = report_of(transaction, job.id)
        if self.options.summary_to is not None:
            language = transaction.settings.get().locale
            notice = import_summary(report.record, report.counts, language, mailing_of(self.shell), self.circumstances)
            self._apply(transaction, [QueueMails((notice,))], job)
        return report

    def _check_summary(self) -> None:
        """See that the notice at the end can be written (IM-10)."""
        to = self.options.summary_to
        if to is None:
            return
        mailing_of(self.shell)
        address = self.circumstances.parsers.email(trimmed(to))
        if isinstance(address, Refusal):
            raise InvalidFieldValueError("summary_to", to, address.reason.value, address.expected)

    def _needed_fields(self) -> Needs:
        wanted = columns_that_create(self.options.mapping)
        return Needs(fields=frozenset(folded(each.name) for each in wanted.values()))

    def _record(self, job: ImportJob, found: Survey) -> ImportRecord:
        return ImportRecord(
            id=job.id,
            fingerprint=self.rows.fingerprint(),
            columns=job.columns.columns,
            ignored_columns=job.columns.ignored,
            options=self.options,
            started_at=self.circumstances.at,
            actor=str(self.circumstances.actor),
            total_rows=found.total,
            file_name=str(entered(self.rows.name)),
        )

    def _commit(self, job: ImportJob, reading: Reading, unit: Sequence[ListRow]) -> tuple[RowReport, ...]:
        """Decide and write a unit of rows, whole or not at all; of no rows, nothing."""
        if not unit:
            return ()
        read = [(batch, needs_of_rows(job, batch)) for batch in map(reading.read, batches(unit, BATCH))]
        locks = frozenset[IdentifierKey]().union(*(needs.locks for _, needs in read))
        return self.shell.commit(locks, partial(self._decide_all, job, read))

    def _decide_all(
        self, job: ImportJob, read: Iterable[tuple[ReadRows, Needs]], transaction: Transaction
    ) -> tuple[RowReport, ...]:
        return tuple([report for batch, needs in read for report in self._decide(job, batch, needs, transaction)])

    def _decide(self, job: ImportJob, rows: ReadRows, needs: Needs, transaction: Transaction) -> tuple[RowReport, ...]:
        """Plan and apply one batch; again, where a contact was changed meanwhile by somebody who found it otherwise."""
        attempts_left = ATTEMPTS
        while True:
            plan = self._plan(job, rows, needs, transaction)
            try:
                transaction.apply(plan.changes, plan.envelope)
            except StaleVersionError as stale:
                attempts_left -= 1
                if not attempts_left or stale.key == job.id:  # somebody took the import over: it is not ours any more
                    raise
            else:
                return plan.outcome

    def _plan(
        self, job: ImportJob, rows: ReadRows, needs: Needs, transaction: Transaction
    ) -> Plan[tuple[RowReport, ...]]:
        """Look at excerpts of the contacts that the rows identify, and at all the rest of whom that does not settle."""
        facts = gather(transaction, replace(needs, keys=rows.identifying, excerpt=job.excerpt))
        judged = judge_rows(job, rows, facts)
        further = needs_of_open_rows(job, judged, facts)
        if further.keys or further.contacts:
            facts = facts.with_further(gather(transaction, further))
        return plan_rows(job, judged, facts, self.circumstances)

    def _apply(self, transaction: Transaction, changes: Sequence[Change], job: ImportJob) -> None:
        transaction.apply(changes, self.circumstances.envelope(Cause.IMPORT, job.id))


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Spare the search for reference cycles while a unit is decided: it makes none, and the search takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def report_of(snapshot: Snapshot, import_id: ImportId, *, dry_run: bool = False) -> ImportReport:
    """Read an import's report back from the store (IM-10); `NotFoundError` where there is none of this ID."""
    record = snapshot.imports.get(import_id)
    if record is None:
        raise NotFoundError("import", import_id)
    reasons: Counter[RowReason] = Counter()
    warnings: Counter[RowWarning] = Counter()
    for row in snapshot.imports.notable(import_id):
        words = {remark.word for remark in (*row.reasons, *row.warnings)}
        reasons.update(word for word in words if isinstance(word, RowReason))
        warnings.update(word for word in words if isinstance(word, RowWarning))
    return ImportReport(
        record=record,
        counts=snapshot.imports.counts(import_id),
        reasons=reasons,
        warnings=warnings,
        dry_run=dry_run,
    )
