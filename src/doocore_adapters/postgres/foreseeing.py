"""Asking for what will be read, before it is: all of it on one way to the server and back."""

from doocore.model.identifiers import IdentifierKind
from doocore.ports import Foreseen
from doocore_adapters._sql.reading import Bookings, Contacts, Events, Fields, Settings
from doocore_adapters.postgres.session import PostgresSession


def ask_ahead(session: PostgresSession, foreseen: Foreseen) -> None:
    """Send the queries that follow from *foreseen*, as the repositories themselves will; their answers wait in the session."""
    with session.foreseeing() as asking:
        Settings(asking).get()
        Fields(asking).all()
        Contacts(asking).holders([each for each in foreseen.keys if each.kind is not IdentifierKind.CONTACT_ID])
        Bookings(asking).get(foreseen.bookings)
        Events(asking).get(foreseen.events)
