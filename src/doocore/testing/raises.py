"""Expecting an error without a test framework."""

from types import TracebackType
from typing import Generic, TypeVar

E = TypeVar("E", bound=BaseException)


class raises(Generic[E]):  # noqa: N801, reads like the sentence it makes
    """Expect the block to raise; `error` is what it raised.

    >>> with raises(LookupError) as caught:
    ...     {}["nothing"]
    >>> caught.error
    KeyError('nothing')
    >>> with raises(LookupError):
    ...     pass
    Traceback (most recent call last):
    AssertionError: no LookupError was raised
    """

    error: E

    def __init__(self, expected: type[E]) -> None:
        self._expected = expected

    def __enter__(self) -> "raises[E]":
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        assert error is not None, f"no {self._expected.__name__} was raised"
        if not isinstance(error, self._expected):
            return False
        self.error = error
        return True
