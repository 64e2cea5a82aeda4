"""Columns, IM-3: which column of a list goes where.

Two rules for this file. 1: a column goes where its name says, unless the caller says otherwise. 2: it sees the header
only, never a cell.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from doocore.errors import ImportFileError, NotFoundError
from doocore.model.contact import Subscription
from doocore.model.contact_import import REPORT_COLUMNS, ColumnTarget, CreateFieldFromColumn
from doocore.model.fields import FieldCatalog, FieldKey, folded
from doocore.model.identifiers import IdentifierKind

CONTACT_ID = "contact_id"
GROUPS = "groups"

OTHER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    CONTACT_ID: ("Kontakt-ID", "doo Kontakt-ID", "Contact ID"),
    GROUPS: ("Gruppen", "Groups"),
    Subscription.EVENT_COMMUNICATION.value: (
        "Veranstaltungskommunikation",
        "E-Mail-Abo Veranstaltungskommunikation",
        "Event communication",
    ),
    Subscription.NEWSLETTER.value: ("Newsletter",),
    Subscription.MARKETING.value: ("Marketing",),
}
"""What a list can say of a contact beside its fields, with the labels by which the columns are known (IM-3)."""

_DOES_NOT_COUNT = str.maketrans("", "", "-_")


def column_name(text: str) -> str:
    """Bring a column's name into the form in which names are compared (IM-3).

    >>> column_name(" E-Mail_Adresse ") == column_name("emailadresse"), column_name("Nr.")
    (True, 'nr')
    """
    return "".join(folded(text).removesuffix(".").translate(_DOES_NOT_COUNT).split())


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each column goes, by its place: a field key, a word of `OTHER_COLUMNS`, or None for an ignored one."""

    columns: tuple[str, ...]
    targets: tuple[str | None, ...]

    @property
    def ignored(self) -> tuple[str, ...]:
        """The names of the columns that go nowhere, but for those that a report of ours had put in front (IM-10)."""
        return tuple(
            name
            for name, target in zip(self.columns, self.targets, strict=True)
            if target is None and folded(name) not in REPORT_COLUMNS
        )

    def place(self, target: str) -> int | None:
        """Tell at which place the column for *target* stands."""
        return self.targets.index(target) if target in self.targets else None


def reserved_names() -> frozenset[str]:
    """Give the folded names that no custom field can have beside those of system fields: what columns mean already."""
    known = (folded(name) for word, labels in OTHER_COLUMNS.items() for name in (word, *labels))
    return frozenset((*known, *REPORT_COLUMNS))


def map_columns(
    columns: Sequence[str],
    overrides: Mapping[str, ColumnTarget],
    catalog: FieldCatalog,
    identify_by: IdentifierKind,
    created: Mapping[str, FieldKey],
) -> ColumnMap:
    """Map every column (IM-3); *created* gives the field keys for the columns that make a field, by compared name.

    Raises `ImportFileError` with, in this order: `header` where no column goes anywhere, `duplicate_column`,
    `unmapped_identifier` (IM-1); `NotFoundError` where an override names no field.
    """
    find = column_finder(catalog)
    asked = {column_name(name): target for name, target in overrides.items()}
    names = [column_name(each) for each in columns]
    targets = [
        created.get(name) or (_named(asked[name], find) if name in asked else find(column))
        for column, name in zip(columns, names, strict=True)
    ]
    if not any(targets):
        raise ImportFileError("header", f"no column is known; the header reads {_listed(columns)}", line=1)
    _refuse_duplicates(columns, names, targets)
    if identify_by.value not in targets:
        detail = f"no column gives the {identify_by.value} that identifies a row; map one of {_listed(columns)} to it"
        raise ImportFileError("unmapped_identifier", detail, line=1)
    if identify_by is not IdentifierKind.CONTACT_ID:
        targets = [None if target == CONTACT_ID else target for target in targets]
    return ColumnMap(columns=tuple(columns), targets=tuple(targets))


def columns_that_create(overrides: Mapping[str, ColumnTarget]) -> Mapping[str, CreateFieldFromColumn]:
    """Give the fields to make, by the compared name of their column (IM-3)."""
    return {
        column_name(name): target for name, target in overrides.items() if isinstance(target, CreateFieldFromColumn)
    }


def column_finder(catalog: FieldCatalog) -> Callable[[str], str | None]:
    """Find targets by name: of two that IM-3 does not tell apart (`VIP 1`, `VIP1`) the one that is spelled like that."""
    exactly: dict[str, str | None] = dict.fromkeys(REPORT_COLUMNS)
    known: dict[str, str] = {}
    for name, target in _named_targets(catalog):
        exactly.setdefault(folded(name), target)
        known.setdefault(column_name(name), target)
    known.pop("", None)  # what is left of the name `-` would be found in every column without a name
    return lambda name: exactly.get(folded(name), known.get(column_name(name)))


def _named_targets(catalog: FieldCatalog) -> Iterator[tuple[str, str]]:
    for word, labels in OTHER_COLUMNS.items():
        yield from ((name, word) for name in (word, *labels))
    for field in catalog.fields:
        if not field.archived:
            yield from ((name, field.key) for name in (field.key, field.name, *field.labels))


def _named(target: ColumnTarget, find: Callable[[str], str | None]) -> str | None:
    if target is None or isinstance(target, CreateFieldFromColumn):
        return None
    found = find(target)
    if found is None:
        raise NotFoundError("field", target)
    return found


def _refuse_duplicates(columns: Sequence[str], names: Sequence[str], targets: Sequence[str | None]) -> None:
    for seen, what in ((names, "the name"), (targets, "the field")):
        twice = [place for place, count in _counts(seen) if place and count > 1]
        if twice:
            same = [column for column, each in zip(columns, seen, strict=True) if each == twice[0]]
            raise ImportFileError(
                "duplicate_column", f"{_listed(same)} share {what} {twice[0]!r}", line=1, column=same[1]
            )


def _counts(seen: Iterable[str | None]) -> Iterable[tuple[str | None, int]]:
    return Counter(seen).items()


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(repr(each) for each in columns)
