"""A store in one SQLite file, or in the host's own `sqlite3` connection.

>>> import tempfile
>>> from doocore_adapters.sqlite import SqliteStore
>>> with tempfile.TemporaryDirectory() as folder:
...     store = SqliteStore(f"{folder}/contacts.db")
...     with store.organization("acme").transaction() as tx:
...         tx.contacts.count()
...     store.close()
0
"""

from doocore_adapters.sqlite.files import Synchronous
from doocore_adapters.sqlite.opening import migration_sql
from doocore_adapters.sqlite.store import SqliteStore

__all__ = ["SqliteStore", "Synchronous", "migration_sql"]
