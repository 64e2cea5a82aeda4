"""A store that keeps everything in memory: for tests, for trying things out, and as the plainest reading of the port.

>>> from doocore_adapters.memory import MemoryStore
>>> with MemoryStore().organization("acme").transaction() as tx:
...     tx.contacts.count()
0
"""

from doocore_adapters.memory.mailer import MemoryMailer
from doocore_adapters.memory.store import MemoryStore

__all__ = ["MemoryMailer", "MemoryStore"]
