"""Running: which function runs a case, and what comes of files."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen

from doocore.ports import OrganizationStore, Store
from doocore_adapters.vectors.deciding import (
    assign_party,
    compare_addresses,
    judge_address,
    judge_value,
    synchronize_values,
    tell_standing,
    tell_status,
)
from doocore_adapters.vectors.expecting import Mismatch
from doocore_adapters.vectors.importing import import_list
from doocore_adapters.vectors.kinds import (
    AddressCase,
    AssignmentCase,
    Case,
    CodeCase,
    FieldValueCase,
    ImportCase,
    InvitationCase,
    SameAddress,
    Scenario,
    SyncCase,
)
from doocore_adapters.vectors.places import VectorFormatError
from doocore_adapters.vectors.playing import play
from doocore_adapters.vectors.reading import read_file
from doocore_adapters.vectors.stores import new_organizations

Decider: TypeAlias = Callable[[Any], Iterator[Mismatch]]
Story: TypeAlias = Callable[[Any, Any], Iterator[Mismatch]]

DECIDERS: Mapping[type[Case], Decider] = {
    SameAddress: compare_addresses,
    AddressCase: judge_address,
    FieldValueCase: judge_value,
    AssignmentCase: assign_party,
    SyncCase: synchronize_values,
    CodeCase: tell_status,
    InvitationCase: tell_standing,
}
"""What runs a case that needs no store."""

STORIES: Mapping[type[Case], Story] = {ImportCase: import_list, Scenario: play}
"""What runs a case in an organization of its own."""


@frozen
class Result:
    """One place where a case and the library disagree; both sides in the plain form of JSON."""

    id: str
    place: str
    expected: Any
    got: Any


@frozen
class Verdict:
    """What came of one case: it passed if there is no result to report."""

    file: str
    id: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether the library does what the case says."""
        return not self.results


def shipped_files() -> tuple[Path, ...]:
    """Give the files of cases that ship with the library."""
    return tuple(sorted((Path(__file__).parent / "cases").glob("*.json")))


def read_files(paths: Iterable[Path]) -> tuple[tuple[Path, Case], ...]:
    """Read all cases of all files. Raises `VectorFormatError` with file and place, and `OSError`."""
    found: list[tuple[Path, Case]] = []
    for path in paths:
        try:
            found.extend((path, case) for case in read_file(path))
        except VectorFormatError as error:
            raise VectorFormatError(f"{path}: {error.place}", error.problem) from error
    return tuple(found)


def run_files(paths: Iterable[Path], store: Store) -> tuple[Verdict, ...]:
    """Run all cases of all files on *store*, once all have been read. Raises what `read_files` raises."""
    cases = read_files(paths)
    return tuple(
        Verdict(str(path), case.id, run_case(case, organization))
        for (path, case), organization in zip(cases, new_organizations(store), strict=False)
    )


def run_case(case: Case, organization: OrganizationStore) -> tuple[Result, ...]:
    """Run one case in an organization that has nothing yet; give every place where the answer is not the one expected."""
    try:
        mismatches = list(_mismatches(case, organization))
    except Exception as error:  # noqa: BLE001, whatever breaks inside the library is that case's failure
        mismatches = [Mismatch("the case", "an answer", f"{type(error).__name__}: {error}")]
    return tuple(Result(case.id, each.place, each.expected, each.got) for each in mismatches)


def _mismatches(case: Case, organization: OrganizationStore) -> Iterator[Mismatch]:
    if type(case) in DECIDERS:
        yield from DECIDERS[type(case)](case)
    elif type(case) in STORIES:
        yield from STORIES[type(case)](case, organization)
    else:
        yield Mismatch("kind", case.kind, "no kind that can be run")
