"""A mapping that never changes and can be hashed, as fast to read as a `dict`, because it is one."""

from collections.abc import Hashable
from typing import Any, NoReturn, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A `dict` without the methods that change it; equal to any `dict` with the same items.

    >>> ada = FrozenDict(first_name="Ada")
    >>> ada["first_name"], ada == {"first_name": "Ada"}, hash(ada) == hash(FrozenDict(ada))
    ('Ada', True, True)
    >>> ada["first_name"] = "Ida"
    Traceback (most recent call last):
    TypeError: a FrozenDict cannot be changed
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return f"FrozenDict({dict.__repr__(self)})"

    def __reduce__(self) -> tuple[type["FrozenDict[K, V]"], tuple[dict[K, V]]]:
        return FrozenDict, (dict(self),)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401, the signatures of dict differ
        raise TypeError("a FrozenDict cannot be changed")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse
