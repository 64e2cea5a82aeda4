"""What the server plans, and how long it may keep that.

It plans a statement a few times, and then keeps a plan, if that is no dearer, until statistics come, minutes later. Both
has its price. A plan that was made while a table was empty, and nothing was dearer than anything else, may go through
all of an organization for a single booking as soon as there are thousands; so plans are made anew now and then, for the
rows that are there by then, which takes a few milliseconds each time. And for any array, a plan to keep expects ten
keys; so a single key is no array, or else it would be planned for each time, which takes longer than to find it.
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

from doocore_adapters.postgres.arrays import ArrayOfOne
from doocore_adapters.postgres.cursors import Connection
from doocore_adapters.postgres.sending import Sending

KEPT = 1.0
"""For how many seconds plans are kept."""

FORGET = "DISCARD PLANS"

_ANY = "= ANY("

_planned_at: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()


def forget_old_plans(sending: Sending) -> None:
    """Let the server plan anew what will be asked on this connection, if it is time."""
    now = time.monotonic()
    if now >= _planned_at.setdefault(sending.connection, now) + KEPT:
        _planned_at[sending.connection] = now
        sending.send(FORGET)


def said_of_one(statement: str, parameters: Sequence[object]) -> tuple[str, Sequence[object]]:
    """Say that something is *equal to* a key where it is to be one of an array that has just this key."""
    of_one = tuple(isinstance(each, ArrayOfOne) for each in parameters)
    if not any(of_one):
        return statement, parameters
    said, is_equal = _said_of_one(statement, of_one)
    return said, [
        each.key if equal and isinstance(each, ArrayOfOne) else each
        for each, equal in zip(parameters, is_equal, strict=True)
    ]


@lru_cache(maxsize=1024)
def _said_of_one(statement: str, of_one: tuple[bool, ...]) -> tuple[str, tuple[bool, ...]]:
    first, *others = statement.split("%s")
    said, is_equal = first, []
    for each, other in zip(of_one, others, strict=True):
        is_equal.append(each and said.endswith(_ANY))
        said = f"{said.removesuffix(_ANY)}= %s{other[1:]}" if is_equal[-1] else f"{said}%s{other}"
    return said, tuple(is_equal)
