"""The commands `doocore vectors run`, with lines for people or one document for machines, and `doocore vectors schema`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import attrs

from doocore_adapters.vectors.places import VectorFormatError
from doocore_adapters.vectors.running import Verdict, run_files, shipped_files
from doocore_adapters.vectors.stores import STORES, MissingDsnError

ALL_PASSED, SOME_FAILED, COULD_NOT_RUN = 0, 1, 2

SCHEMA = Path(__file__).parent / "schema.json"
"""The JSON Schema (draft 2020-12) of the format."""


def run(
    paths: Sequence[Path | str] = (),
    store: str = "memory",
    dsn: str | None = None,
    *,
    as_json: bool = False,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run the cases of *paths*, or those that ship with the library, on *store*; give the exit status.

    One line for each case that fails, and a last one that counts; with *as_json* one document instead. What cannot be
    run at all is told on *err*. *dsn* is for the store that needs to be told where its database is.
    """
    out = out or sys.stdout
    open_store = STORES.get(store)
    if open_store is None:
        return _complain(f"there is no store {store!r}; there are: {', '.join(STORES)}", err)
    try:
        with open_store(dsn) as opened:
            verdicts = run_files([Path(each) for each in paths] or shipped_files(), opened)
    except (VectorFormatError, MissingDsnError, OSError) as error:
        return _complain(str(error), err)
    print(_document(verdicts) if as_json else "\n".join(_lines(verdicts)), file=out)
    return ALL_PASSED if all(each.passed for each in verdicts) else SOME_FAILED


def print_schema(out: TextIO | None = None) -> int:
    """Print the schema of the format; give the exit status."""
    print(SCHEMA.read_text(encoding="utf-8"), end="", file=out or sys.stdout)
    return ALL_PASSED


def _complain(problem: str, err: TextIO | None) -> int:
    print(problem, file=err or sys.stderr)
    return COULD_NOT_RUN


def _lines(verdicts: Sequence[Verdict]) -> list[str]:
    failed = [each for each in verdicts if not each.passed]
    return [*map(_line, failed), f"{len(verdicts) - len(failed)} passed, {len(failed)} failed"]


def _line(verdict: Verdict) -> str:
    """Say where a case fails first; JSON's escapes show what cannot be seen, such as a no-break space."""
    first, *others = verdict.results
    more = f" (and {len(others)} more)" if others else ""
    return (
        f"{_shown(verdict.id)[1:-1]}: {first.place}: expected {_shown(first.expected)}, got {_shown(first.got)}{more}"
    )


def _document(verdicts: Sequence[Verdict]) -> str:
    failures = [{"file": each.file} | attrs.asdict(result) for each in verdicts for result in each.results]
    passed = sum(each.passed for each in verdicts)
    return _shown({"passed": passed, "failed": len(verdicts) - passed, "failures": failures})


def _shown(value: Any) -> str:  # noqa: ANN401, JSON of any shape
    return json.dumps(value)
