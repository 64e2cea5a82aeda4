"""Locks on keys: one row each, which a transaction changes and so holds until it is over.

Two rules for this file. 1: all keys of a transaction are taken by one statement, in one order for everybody, before
anything is read; so nobody waits in a circle, and whoever waited sees what was written meanwhile. 2: a row tells
nothing of a key, and is gone soon after its last use.

The row is changed, not just locked, for transactions that read from an earlier moment (a host's own, under
`REPEATABLE READ`): what changed behind such a one ends it with Postgres' error, where otherwise it would decide on what
is no longer so.
"""

from collections.abc import Iterable
from hashlib import blake2b

from doocore.model.identifiers import IdentifierKey
from doocore_adapters.postgres.cursors import Cursor
from doocore_adapters.postgres.session import PostgresSession, askable

TAKE = """
INSERT INTO doocore_locks (organization_id, key_hash, used_at)
SELECT %s, key_hash, now() FROM unnest(%s::text[]) AS key_hash ORDER BY key_hash COLLATE "C"
ON CONFLICT (organization_id, key_hash) DO UPDATE SET used_at = excluded.used_at
"""

FORGET = """
DELETE FROM doocore_locks WHERE organization_id = %s AND key_hash IN (
    SELECT key_hash FROM doocore_locks
    WHERE organization_id = %s AND used_at < now() - interval '1 hour' FOR UPDATE SKIP LOCKED
)
"""
"""Takes away what was last used before any transaction that still runs began, and waits for nobody."""


def take(session: PostgresSession, keys: Iterable[IdentifierKey]) -> None:
    """Hold *keys* until the transaction is over; the next answer comes when nobody else has a lock on any of them."""
    hashes = sorted({_hash(each) for each in keys})
    if hashes:
        session.ask(TAKE, session.organization_id, hashes)


def forget(cursor: Cursor, organization_id: str) -> None:
    """Clean up what an organization no longer needs."""
    cursor.execute(FORGET, [askable(organization_id)] * 2)


def _hash(key: IdentifierKey) -> str:
    return blake2b(f"{key.kind.value}\0{key.key}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
