"""The contact center in Django's own transaction."""

from django.db import connection
from django.db.transaction import TransactionManagementError

from doocore import Actor, ContactCenter
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers

ORGANIZATION = "acme"
PARSERS = LibraryParsers()


def contact_center(actor: Actor) -> ContactCenter:
    """Open the contact center for *actor*, within `transaction.atomic()`: there, Django commits or rolls back for both.

    With PostgreSQL it is `PostgresStore(connection=connection.connection)`, and nothing else changes.
    """
    if not connection.in_atomic_block:  # Django would never end the transaction that a call of ours had to begin
        raise TransactionManagementError("open transaction.atomic() before the contact center")
    store = SqliteStore(connection=connection.connection)
    return ContactCenter(store.organization(ORGANIZATION), parsers=PARSERS).acting_as(actor)
