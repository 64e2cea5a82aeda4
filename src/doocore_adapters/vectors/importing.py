"""The kind `import`, and what scenarios share with it: rows, contacts and groups as a case expects them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from doocore import DooCoreError, ImportFileError, RowReport
from doocore.ports import OrganizationStore
from doocore_adapters.vectors.expecting import UNNAMED, Mismatch, differences
from doocore_adapters.vectors.givens import list_content
from doocore_adapters.vectors.kinds import ContactsExpected, ImportCase
from doocore_adapters.vectors.stage import Stage, expected_contact


def import_list(case: ImportCase, organization: OrganizationStore) -> Iterator[Mismatch]:
    """Import a list into a fresh contact center; a list that is refused must leave everything as it was."""
    stage = Stage(organization, (each.id for each in case.contacts))
    stage.furnish(case.fields, case.contacts, case.groups)
    before = stage.everything()
    error: str | None = None
    rows: tuple[RowReport, ...] = ()
    try:
        rows = stage.import_list(list_content(case.csv, case.bytes_base64, case.options), case.options)
    except ImportFileError as refusal:
        error = refusal.problem
    except DooCoreError as refusal:
        error = refusal.code
    expected = None if case.expect.error is UNNAMED else case.expect.error
    yield from differences("expect.error", expected, error)
    if error is not None and stage.everything() != before:
        yield Mismatch("expect.error", "nothing is written", "something was written")
    if case.expect.rows is not UNNAMED and error is None:
        yield from differences("expect.rows", case.expect.rows, shown_rows(rows))
    yield from compare_contacts(stage, case.expect)


def shown_rows(rows: Iterable[RowReport]) -> tuple[Mapping[str, Any], ...]:
    """Give what became of rows in the terms of a case."""
    return tuple(
        {
            "line": row.line,
            "outcome": row.outcome.value,
            "reasons": frozenset(each.word.value for each in row.reasons),
            "warnings": frozenset(each.word.value for each in row.warnings),
        }
        for row in rows
    )


def compare_contacts(stage: Stage, expected: ContactsExpected) -> Iterator[Mismatch]:
    """Compare all contacts, and the members of the groups that are named."""
    if expected.contacts is not UNNAMED:
        catalog = stage.catalog
        contacts = {each.id: expected_contact(each, catalog) for each in expected.contacts}
        yield from differences("expect.contacts", contacts, stage.contacts())
    if expected.groups is not UNNAMED:
        yield from differences(
            "expect.groups", expected.groups, {each: stage.members(each) for each in expected.groups}
        )
