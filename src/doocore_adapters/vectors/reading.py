"""Reading: from the bytes of a file to cases, or to the place of its first mistake."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from cattrs import BaseValidationError

from doocore_adapters.vectors.forms import noun, shown, structured
from doocore_adapters.vectors.kinds import Case
from doocore_adapters.vectors.places import MistakeError, VectorFormatError, first_mistake, step_to

FORMAT = "doocore-vectors/1"

THE_TOP = "the top"


def read_file(path: Path) -> tuple[Case, ...]:
    """Read the cases of a file. Raises `VectorFormatError` with the place in it, and `OSError`."""
    return read_cases(path.read_bytes())


def read_cases(content: bytes) -> tuple[Case, ...]:
    """Read the cases of a file's content. Raises `VectorFormatError`."""
    cases = tuple(_case(f"cases[{index}]", each) for index, each in enumerate(_listed(_parsed(content))))
    first: dict[str, int] = {}
    for index, case in enumerate(cases):
        if first.setdefault(case.id, index) != index:
            raise VectorFormatError(f"cases[{index}] ({case.id}).id", f"cases[{first[case.id]}] has the same ID")
    return cases


def _listed(document: object) -> list[object]:
    """Take the list of cases out of the document."""
    if not isinstance(document, dict):
        raise VectorFormatError(THE_TOP, f"expected an object, not {noun(document)}")
    for key in sorted(document.keys() - {"format", "cases"}):
        raise VectorFormatError(key, "unknown key")
    for key in sorted({"format", "cases"} - document.keys()):
        raise VectorFormatError(key, "this key is missing")
    if document["format"] != FORMAT:
        raise VectorFormatError("format", f"expected {FORMAT!r}, not {shown(document['format'])}")
    cases = document["cases"]
    if not isinstance(cases, list):
        raise VectorFormatError("cases", f"expected a list, not {noun(cases)}")
    return cases


def _case(place: str, data: object) -> Case:
    try:
        return structured(data)
    except (BaseValidationError, MistakeError) as error:
        mistake = first_mistake(error)
        raise VectorFormatError(place + _label(data) + mistake.path, mistake.problem) from None


def _label(data: object) -> str:
    return f" ({data['id']})" if isinstance(data, dict) and isinstance(data.get("id"), str) else ""


# JSON


class _Repeating(dict[str, Any]):
    """An object with a key that stands twice; where it is shows when all of the document is there."""

    def __init__(self, pairs: list[tuple[str, Any]], key: str) -> None:
        super().__init__(pairs)
        self.key = key


def _parsed(content: bytes) -> object:
    try:
        document: object = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
        repetition = next(_repetitions(document, ""), None)
    except json.JSONDecodeError as error:
        raise VectorFormatError(f"line {error.lineno}, column {error.colno}", f"no JSON: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise VectorFormatError(f"byte {error.start}", "no UTF-8") from error
    except RecursionError as error:
        raise VectorFormatError(THE_TOP, "nested too deeply") from error
    if repetition is not None:
        raise VectorFormatError(repetition.path.removeprefix("."), repetition.problem)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = next((key for index, key in enumerate(keys) if key in keys[:index]), None)
    return dict(pairs) if twice is None else _Repeating(pairs, twice)


def _refuse_constant(word: str) -> NoReturn:
    raise VectorFormatError(THE_TOP, f"JSON has no {word}")


def _repetitions(value: object, path: str) -> Iterator[MistakeError]:
    if isinstance(value, _Repeating):
        yield MistakeError("this key stands twice", path + step_to(value.key))
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _repetitions(each, path + step_to(key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            label = _label(each) if path == ".cases" else ""
            yield from _repetitions(each, f"{path}[{index}]{label}")
