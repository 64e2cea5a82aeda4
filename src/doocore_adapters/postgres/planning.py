"""What the server plans, and how long it may keep that.

It plans a statement a few times, and then keeps a plan, if that is no dearer, until statistics come, minutes later. Both
have their price. A plan that was made while a table was empty, and nothing was dearer than anything else, may go through
all of an organization for a single booking as soon as there are thousands; so plans are made anew now and then, for the
rows that are there by then, which takes a few milliseconds each time. And for any array, a plan to keep expects ten
keys, and so seems dear where there are fewer; these are told one by one, or else they would be planned for each time,
which takes longer than to find them.
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from weakref import WeakKeyDictionary

from doocore_adapters.postgres.arrays import ArrayOfFew
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


def told_one_by_one(statement: str, parameters: Sequence[object]) -> tuple[str, Sequence[object]]:
    """Say of something that is to be one of an array's few keys, which ones these are.

    Where that is all, each key is asked for by itself: of several at once, the server believes in a young table that
    going through the whole organization is cheaper.
    """
    counts = tuple(len(each.keys) if isinstance(each, ArrayOfFew) else 0 for each in parameters)
    if not any(counts):
        return statement, parameters
    *others, last = parameters
    if isinstance(last, ArrayOfFew) and _is_look_up(statement):
        return _by_itself(statement, counts[-1]), [one for key in last.keys for one in (*others, key)]
    said, told = _listed(statement, counts)
    return said, [
        one
        for each, is_told in zip(parameters, told, strict=True)
        for one in (each.keys if is_told and isinstance(each, ArrayOfFew) else (each,))
    ]


def _is_look_up(statement: str) -> bool:
    """Tell whether a statement gives rows for each key, in any order: nothing is sorted or counted behind the keys."""
    return statement.startswith("SELECT ") and statement.endswith(f"{_ANY}%s)")


@lru_cache(maxsize=1024)
def _by_itself(statement: str, count: int) -> str:
    return " UNION ALL ".join(repeat(f"{statement.removesuffix(f'{_ANY}%s)')}= %s", count))


@lru_cache(maxsize=1024)
def _listed(statement: str, counts: tuple[int, ...]) -> tuple[str, tuple[bool, ...]]:
    """Tell the statement, and for which arrays it takes their keys."""
    said, *others = statement.split("%s")
    told = []
    for count, other in zip(counts, others, strict=True):
        told.append(count > 0 and said.endswith(_ANY))
        if told[-1]:
            said = f"{said.removesuffix(_ANY)}= %s" if count == 1 else f"{said}ARRAY[{', '.join(repeat('%s', count))}])"
            said += other.removeprefix(")")
        else:
            said += f"%s{other}"
    return said, tuple(told)
