"""What stands behind `center.imports`: reading what was recorded."""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass

from doocore.changes import ExpireRows
from doocore.contact_center.exporting import template
from doocore.contact_center.importing import ImportProgress, ImportReport, ImportRun, report_of
from doocore.contact_center.rows import contact_rows
from doocore.contact_center.shell import Shell, unheard
from doocore.model.contact_import import ImportId, ImportRecord, ImportStatus, RowReport
from doocore.model.export import Export
from doocore.model.history import Cause, Envelope
from doocore.plans.contact_import import has_expired
from doocore.ports import ContactRows


@dataclass(frozen=True, slots=True)
class Imports:
    """Imports that were run, and the template of a list; `center.import_contacts` runs one."""

    _shell: Shell

    def report(self, import_id: str) -> ImportReport:
        """Read what became of an import's rows (IM-10). Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            return report_of(snapshot, ImportId(import_id))

    def all(self) -> tuple[ImportRecord, ...]:
        """List all imports in the order of their beginning, those that were interrupted too."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.imports.all()

    def interrupted(self, rows: ContactRows) -> ImportRecord | None:
        """Find the last import of this very list that did not come to its end; None if there is none (IM-12)."""
        fingerprint = rows.fingerprint()
        running = [each for each in self.all() if each.status is ImportStatus.RUNNING]
        return next((each for each in reversed(running) if each.fingerprint == fingerprint), None)

    def resume(
        self,
        import_id: str,
        rows: ContactRows | Iterable[Mapping[str, object]],
        *,
        progress: Callable[[ImportProgress], None] | None = None,
    ) -> ImportReport:
        """Carry an interrupted import on, with its own options, behind the last row that was committed (IM-12).

        *rows* is the list it began with. Whoever still works on it is stopped by `StaleVersionError` before anything
        more is written. The report of an import that came to its end is given as it is. Raises `NotFoundError`,
        `ImportFileError` where the list is another one, and what `center.import_contacts` raises.
        """
        with self._shell.store.snapshot() as snapshot:
            report = report_of(snapshot, ImportId(import_id))
        if report.record.status is ImportStatus.FINISHED:
            return report
        run = ImportRun(
            shell=self._shell, rows=contact_rows(rows), options=report.record.options, progress=progress or unheard
        )
        return run.resume(report.record)

    def expire(self) -> int:
        """Forget what the rows of imports said whose report has expired (IM-10); count these imports.

        Counts, reasons and warnings stay. A job that runs once a day is enough.
        """
        now = self._shell.clock.now()
        with self._shell.store.transaction() as transaction:
            expired = [each for each in transaction.imports.all() if has_expired(each, now)]
            envelope = Envelope(cause=Cause.IMPORT, actor=self._shell.actor, at=now)
            transaction.apply([ExpireRows(each.id) for each in expired], envelope)
        return len(expired)

    def template(self) -> Export:
        """Give a list to be filled in: its header has every field of the organization, groups and subscriptions (IM-15)."""
        return template(self._shell)

    def rows(self, import_id: str) -> Generator[RowReport, None, None]:
        """Stream the rows that have reasons or warnings, in the order of the file, the unprocessed ones with their cells.

        When the report has expired, cells and values are gone (IM-10). The snapshot stays open until the last row was
        taken, or the generator is closed.
        """
        with self._shell.store.snapshot() as snapshot:
            record = snapshot.imports.get(ImportId(import_id))
            expired = record is not None and has_expired(record, self._shell.clock.now())
            rows = snapshot.imports.notable(ImportId(import_id))
            yield from (row.without_cells() for row in rows) if expired else rows
