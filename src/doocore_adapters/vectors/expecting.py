"""Expecting: what a case names of an answer, and how that is held against the answer.

What a case does not name is not compared. What it names is compared with type and all: `true` is not `"true"`.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeAlias, TypeVar

import attrs

T = TypeVar("T")


class Unnamed(Enum):
    """The one value of what an expectation leaves open."""

    UNNAMED = "unnamed"


UNNAMED = Unnamed.UNNAMED

Named: TypeAlias = T | Unnamed
"""Something that may be left open."""


@attrs.frozen
class Mismatch:
    """One place where the answer is not what the case expects; both in the plain form of JSON."""

    place: str
    expected: Any
    got: Any


def named(expectation: Any) -> dict[str, Any]:  # noqa: ANN401, any attrs class
    """Give what *expectation* (or settings) names, by its names."""
    values = {each.name: getattr(expectation, each.name) for each in attrs.fields(type(expectation))}
    return {name: value for name, value in values.items() if value is not UNNAMED}


def differences(place: str, expected: Any, got: Any) -> Iterator[Mismatch]:  # noqa: ANN401, plain values of any shape
    """Compare: an expectation in what it names, a mapping and a tuple in everything, a set in any order.

    >>> [each.place for each in differences("expect", {"a": True, "b": ("x", "y")}, {"a": True, "b": ("x", "z")})]
    ['expect.b[1]']
    """
    if attrs.has(type(expected)) and isinstance(got, Mapping):
        for name, value in named(expected).items():
            yield from differences(f"{place}.{name}", value, got.get(name))
    elif isinstance(expected, Mapping) and isinstance(got, Mapping):
        for name in dict.fromkeys((*expected, *got)):
            yield from differences(f"{place}.{name}", expected.get(name), got.get(name))
    elif isinstance(expected, tuple) and isinstance(got, tuple) and len(expected) == len(got):
        for index, (ours, theirs) in enumerate(zip(expected, got, strict=True)):
            yield from differences(f"{place}[{index}]", ours, theirs)
    elif type(expected) is not type(got) or expected != got:
        yield Mismatch(place, plain(expected), plain(got))


def plain(value: Any) -> Any:  # noqa: ANN401, plain values of any shape
    """Bring a value into the form that JSON can show."""
    match value:
        case frozenset():
            return sorted(value)
        case tuple():
            return [plain(each) for each in value]
        case Mapping():
            return {name: plain(each) for name, each in value.items()}
        case _ if attrs.has(type(value)):
            return plain(named(value))
        case _:
            return value
