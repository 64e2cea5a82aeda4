"""The cases that ship with the library, as they stand in their files."""

import json
from typing import Any, TypeAlias

from doocore_adapters.vectors.kinds import Case
from doocore_adapters.vectors.reading import read_cases
from doocore_adapters.vectors.running import shipped_files

RawCase: TypeAlias = dict[str, Any]


def raw_cases() -> list[tuple[str, RawCase]]:
    """Give (name for a test, case) in the order of files and of cases in them."""
    files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in shipped_files()}
    return [(f"{stem}/{case['id']}", case) for stem, document in files.items() for case in document["cases"]]


def document(*cases: RawCase) -> bytes:
    """Write a file with these cases."""
    return json.dumps({"format": "doocore-vectors/1", "cases": list(cases)}).encode()


def read_case(case: RawCase) -> Case:
    """Read one case as if it were alone in its file."""
    return read_cases(document(case))[0]
