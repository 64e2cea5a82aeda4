"""JSON files as people write them by hand: read strictly, with the place of what is wrong."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from doocore_adapters.cattrs import Plain
from doocore_adapters.cli.complaints import CommandError

NOT_JSON = "not_json"


def read_json(file: Path) -> Plain:
    """Read *file*; `CommandError` where it is not JSON in UTF-8, or has a key twice."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        message = f"{file} is not UTF-8, at byte {error.start}: save it as UTF-8"
        raise CommandError(NOT_JSON, message, byte=error.start) from None
    except json.JSONDecodeError as error:
        message = f"{file} is not JSON, at line {error.lineno}, column {error.colno}: {error.msg}"
        raise CommandError(NOT_JSON, message, line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError) as error:
        raise CommandError(NOT_JSON, f"{file} is not JSON that can be read: {error}") from None


def _without_twins(members: Sequence[tuple[str, Plain]]) -> dict[str, Plain]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not part of JSON")
