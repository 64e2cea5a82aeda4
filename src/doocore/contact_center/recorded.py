"""What stands behind `center.bookings` and `center.imports`: reading what was recorded."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from doocore.contact_center.importing import ImportReport, report_of
from doocore.contact_center.shell import Shell
from doocore.errors import NotFoundError
from doocore.model.booking import RecordedBooking
from doocore.model.contact_import import ImportId, RowReport
from doocore.model.identifiers import BookingNumber, parse_booking_number


@dataclass(frozen=True, slots=True)
class Bookings:
    """Bookings as they were delivered and decided; `center.book` takes them in."""

    _shell: Shell

    def get(self, number: str) -> RecordedBooking:
        """Read a booking; case and spaces of its number do not count (ID-7). Raises `NotFoundError`."""
        parsed = parse_booking_number(number)
        with self._shell.store.snapshot() as snapshot:
            found = {} if parsed is None else snapshot.bookings.get((parsed,))
        if parsed is None or parsed not in found:
            raise NotFoundError("booking", number)
        return found[parsed]

    def page(
        self, *, event: str | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[RecordedBooking, ...]:
        """List bookings in order of their numbers, at most *limit* behind the number *after*; of one event, or of all."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.bookings.page(
                after=None if after is None else BookingNumber(after), limit=limit, event_id=event
            )

    def all(self, *, event: str | None = None) -> Iterator[RecordedBooking]:
        """Read every booking, page by page, of one event or of all."""
        after: str | None = None
        while page := self.page(event=event, after=after):
            yield from page
            after = page[-1].number


@dataclass(frozen=True, slots=True)
class Imports:
    """Imports that were run; `center.import_contacts` runs one."""

    _shell: Shell

    def report(self, import_id: str) -> ImportReport:
        """Read what became of an import's rows (IM-10). Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            return report_of(snapshot, ImportId(import_id))

    def rows(self, import_id: str) -> Generator[RowReport, None, None]:
        """Stream the rows that have reasons or warnings, in the order of the file, the unprocessed ones with their cells.

        The snapshot stays open until the last one was taken, or the generator is closed.
        """
        with self._shell.store.snapshot() as snapshot:
            yield from snapshot.imports.notable(ImportId(import_id))
