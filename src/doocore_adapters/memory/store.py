"""The store, its organizations and its transactions, one at a time."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from doocore.changes import Change
from doocore.model.history import Envelope
from doocore.model.identifiers import IdentifierKey
from doocore.ports import Foreseen
from doocore_adapters.memory.mailing import Messages, Outbox
from doocore_adapters.memory.reading import (
    Bookings,
    Codes,
    Contacts,
    Events,
    Fields,
    Groups,
    History,
    Imports,
    Invitations,
    Settings,
)
from doocore_adapters.memory.records import Journal, Records
from doocore_adapters.memory.writing import Writing, write


class MemorySnapshot:
    """Reading; of no use once its block has ended."""

    def __init__(self, records: Records) -> None:
        self._open: Records | None = records
        self.contacts = Contacts(self._records)
        self.groups = Groups(self._records)
        self.fields = Fields(self._records)
        self.events = Events(self._records)
        self.bookings = Bookings(self._records)
        self.invitations = Invitations(self._records)
        self.codes = Codes(self._records)
        self.messages = Messages(self._records)
        self.outbox = Outbox(self._records)
        self.imports = Imports(self._records)
        self.history = History(self._records)
        self.settings = Settings(self._records)

    def end(self) -> None:
        """Let go of the records."""
        self._open = None

    def _records(self) -> Records:
        if self._open is None:
            raise RuntimeError("this transaction is over; open another one")
        return self._open


class MemoryTransaction(MemorySnapshot):
    """One unit of work."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self._journal = Journal()

    def apply(self, changes: Sequence[Change], envelope: Envelope) -> None:
        """Write all *changes*, and the history that follows from them, or nothing."""
        write(changes, Writing(self._records(), self._journal, envelope))

    def undo(self) -> None:
        """Take everything back."""
        self._journal.undo_to(0)


class MemoryOrganization:
    """One organization's records."""

    def __init__(self, organization_id: str, records: Records, turn: "Turn") -> None:
        self._organization_id = organization_id
        self._records = records
        self._turn = turn

    @property
    def organization_id(self) -> str:
        """Whose records these are."""
        return self._organization_id

    @contextmanager
    def transaction(
        self,
        lock: Iterable[IdentifierKey] = (),  # noqa: ARG002, all is locked
        foreseen: Foreseen | None = None,  # noqa: ARG002, all is at hand
    ) -> Iterator[MemoryTransaction]:
        """Open a transaction; another one, of whatever organization, waits until this one is through."""
        with self._turn:
            tx = MemoryTransaction(self._records)
            try:
                yield tx
            except BaseException:
                tx.undo()
                raise
            finally:
                tx.end()

    @contextmanager
    def snapshot(self) -> Iterator[MemorySnapshot]:
        """Open a view; transactions wait until it is through."""
        with self._turn:
            view = MemorySnapshot(self._records)
            try:
                yield view
            finally:
                view.end()


class Turn:
    """Lets one transaction run at a time, and tells a thread that would wait for itself."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._taken = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._taken:  # only the thread that holds the lock gets here
            self._lock.release()
            raise RuntimeError("this thread has a transaction open; end that one first")
        self._taken = True

    def __exit__(self, *_: object) -> None:
        self._taken = False
        self._lock.release()


class MemoryStore:
    """Keeps any number of organizations in memory, for as long as the object lives."""

    def __init__(self) -> None:
        self._turn = Turn()
        self._organizations: dict[str, Records] = {}

    def organization(self, organization_id: str) -> MemoryOrganization:
        """Give the only way into the records of *organization_id*."""
        records = self._organizations.setdefault(organization_id, Records())
        return MemoryOrganization(organization_id, records, self._turn)

    def migrate(self) -> None:
        """Do nothing: memory has no schema."""

    def close(self) -> None:
        """Do nothing: there is no connection."""
