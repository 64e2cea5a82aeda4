"""The transaction and the snapshot of the port, on any `Session`."""

from collections.abc import Sequence

from doocore.changes import Change
from doocore.model.history import Envelope
from doocore_adapters._sql.mailing import Messages, Outbox
from doocore_adapters._sql.reading import (
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
from doocore_adapters._sql.session import Session
from doocore_adapters._sql.writing import write


class SqlSnapshot:
    """Reading; of no use once its block has ended."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.contacts = Contacts(session)
        self.groups = Groups(session)
        self.fields = Fields(session)
        self.events = Events(session)
        self.bookings = Bookings(session)
        self.invitations = Invitations(session)
        self.codes = Codes(session)
        self.messages = Messages(session)
        self.outbox = Outbox(session)
        self.imports = Imports(session)
        self.history = History(session)
        self.settings = Settings(session)


class SqlTransaction(SqlSnapshot):
    """One unit of work."""

    def apply(self, changes: Sequence[Change], envelope: Envelope) -> None:
        """Write all *changes*, and the history that follows from them, or nothing."""
        write(changes, self._session, envelope)
