"""Locks on keys: one row each, which a transaction changes and so holds until it is over.

Two rules for this file. 1: all keys of a transaction are taken by one statement, in one order for everybody, before
anything is read; so nobody waits in a circle, and whoever waited sees what was written meanwhile. 2: a row tells
nothing of a key, and is gone soon after its last use.

The row is changed, not just locked, for transactions that read from an earlier moment (a host's own, under
`REPEATABLE READ`): what changed behind such a one ends it with Postgres' error, where otherwise it would decide on what
is no longer so.

Thousands of keys, as an import has them, would take longer than all it writes. So there are gates, a few rows for each
organization, which stay. Who takes keys goes through one of them first, beside others; who has so many keys closes all
of them instead, and is alone with the organization until it is over.
"""

from collections.abc import Collection, Iterable
from enum import Enum
from hashlib import blake2b

from doocore.model.identifiers import IdentifierKey
from doocore_adapters.postgres.session import Answer, PostgresSession

MANY = 1_000
"""From how many keys on a transaction closes the gates instead of taking each of them."""

GATES = 32
"""How many gates each side has; more are taken longer, and fewer are shared by more who go through at once."""

_TAKEN = """
INSERT INTO doocore_locks (organization_id, key_hash, used_at)
SELECT %s, key_hash, {} FROM unnest(%s::text[]) AS key_hash ORDER BY key_hash COLLATE "C"
ON CONFLICT (organization_id, key_hash) DO {}
"""
TAKE = _TAKEN.format("now()", "UPDATE SET used_at = excluded.used_at")
MAKE = _TAKEN.format("'infinity'", "NOTHING")
CLOSE = _TAKEN.format("'infinity'", "UPDATE SET used_at = excluded.used_at")
PASS = "SELECT 1 FROM doocore_locks WHERE organization_id = %s AND key_hash = %s FOR SHARE"  # noqa: S105, no password

FORGET = """
DELETE FROM doocore_locks WHERE organization_id = %s AND key_hash IN (
    SELECT key_hash FROM doocore_locks
    WHERE organization_id = %s AND used_at < now() - interval '1 hour' FOR UPDATE SKIP LOCKED
)
"""
"""Takes away what was last used before any transaction that still runs began, and waits for nobody."""


class Side(Enum):
    """Whose gates; a host may hold back for long that a gate was made, and keeps only other hosts waiting by that."""

    POOL = "pool"
    HOST = "host"

    def gate(self, connection: int) -> str:
        """Give the gate of a connection: the same one whenever it comes, for who closes the others may wait for it."""
        return f"{self.value} {connection % GATES:02}"

    @property
    def gates(self) -> list[str]:
        """Give all gates of this side."""
        return [self.gate(number) for number in range(GATES)]


def hold(session: PostgresSession, keys: Collection[IdentifierKey], gate: str) -> None:
    """Hold *keys* until the transaction is over, once it has settled: from behind a gate, or with all of them closed."""
    if len(keys) >= MANY:
        session.ask(CLOSE, session.organization_id, session.among([*Side.HOST.gates, *Side.POOL.gates]))
    elif keys:
        session.require(go_through(session, gate))
        take(session, keys)


def take(session: PostgresSession, keys: Iterable[IdentifierKey]) -> None:
    """Hold *keys* until the transaction is over; the next answer comes when nobody else has a lock on any of them."""
    session.ask(TAKE, session.organization_id, session.among({_hash(each) for each in keys}))


def go_through(session: PostgresSession, gate: str) -> Answer:
    """Keep *gate* from being closed until the transaction is over; the answer has a row if there is such a gate."""
    return session.ask(PASS, session.organization_id, gate)


def make(session: PostgresSession, gates: Collection[str]) -> None:
    """See that there are *gates*."""
    session.ask(MAKE, session.organization_id, session.among(gates))


def forget(session: PostgresSession) -> None:
    """Clean up what an organization no longer needs."""
    session.ask(FORGET, session.organization_id, session.organization_id)


def _hash(key: IdentifierKey) -> str:
    return blake2b(f"{key.kind.value}\0{key.key}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
