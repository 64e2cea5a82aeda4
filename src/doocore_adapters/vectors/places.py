"""Places: where in a file of cases something is wrong, and how that is told.

A place reads like the way to it: `cases[3] (as-1b-simple).steps[2].booker.emial`.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import attrs
from cattrs import BaseValidationError, ForbiddenExtraKeysError
from cattrs.errors import AttributeValidationNote, IterableValidationNote

from doocore import Booking, DooCoreError

_PLAIN_KEY = re.compile(r"[\w:-]+")


class VectorFormatError(DooCoreError, ValueError):
    """A file that is not of the format; `place` says where, `problem` what is wrong."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class MistakeError(ValueError):
    """A mistake at *path*, seen from where it is raised; it becomes a `VectorFormatError` once the way there is known."""

    def __init__(self, problem: str, path: str = "", *, unknown_key: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path
        self.unknown_key = unknown_key


def first_mistake(error: Exception) -> MistakeError:
    """Choose among all that cattrs found: an unknown key first, since a missing one is often only its other half."""
    mistakes = list(_mistakes(error, ""))
    return next((each for each in mistakes if each.unknown_key), mistakes[0])


def unknown_key(path: str, name: str, known: list[str]) -> MistakeError:
    """Say that nobody knows the key *name* of what stands at *path*, and which one may be meant."""
    near = get_close_matches(name, known, n=1)
    problem = f"unknown key; is {near[0]!r} meant?" if near else "unknown key"
    return MistakeError(problem, path + step_to(name), unknown_key=True)


def step_to(key: str | int) -> str:
    """Write one step of a way.

    >>> step_to(3), step_to("booker"), step_to("Foo bar")
    ('[3]', '.booker', '["Foo bar"]')
    """
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f'["{key}"]'


def _mistakes(error: Exception, path: str) -> Iterator[MistakeError]:
    match error:
        case BaseValidationError():
            for inner in error.exceptions:
                yield from _mistakes(inner, path + _noted_step(inner))
        case ForbiddenExtraKeysError():
            for name in sorted(error.extra_fields):
                yield unknown_key(path, name, _keys(error.cl))
        case MistakeError():
            yield MistakeError(error.problem, path + error.path, unknown_key=error.unknown_key)
        case KeyError():
            yield MistakeError("this key is missing", path)
        case _:
            yield MistakeError(str(error), path)


def _noted_step(error: Exception) -> str:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return "" if note.type is Booking else step_to(note.name)  # its keys stand beside those of the step
        if isinstance(note, IterableValidationNote):
            return step_to(note.index)
    return ""


def _keys(type_: Any) -> list[str]:  # noqa: ANN401, any attrs class
    return [each.name for each in attrs.fields(type_)]
