"""Exports: contacts out of one snapshot, as they are read (EX-1), and the template of a list to be filled in (IM-15)."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from doocore.contact_center.organizing import group_called
from doocore.contact_center.shell import Shell, gather
from doocore.errors import NotFoundError
from doocore.labels import label
from doocore.model.contact import ContactColumns, GroupId, Subscription
from doocore.model.export import Export, Page
from doocore.model.fields import FieldCatalog, folded
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.plans.story import Facts, Needs
from doocore.ports import Snapshot
from doocore.rules.columns import CONTACT_ID, GROUPS
from doocore.rules.exporting import (
    SUBSCRIPTION_COLUMNS,
    cell_of_groups,
    cells_of_export,
    columns_of_export,
    columns_of_template,
    headings,
)
from doocore.rules.permissions import Action, permit

T = TypeVar("T")

PAGE = 250
"""How many contacts are read at once: so few that the processor has them at hand until they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """Which contacts to export: those of a selection, or all in which *text* occurs, of a group or of any."""

    text: str = ""
    group: str | None = None
    contacts: tuple[ContactId, ...] | None = None
    archived_fields: bool = False

    def __post_init__(self) -> None:
        if self.contacts is not None and (self.text or self.group is not None):
            raise TypeError("contacts= is a selection of its own: give neither text= nor group= with it")


@contextmanager
def open_export(shell: Shell, request: ExportRequest, progress: Callable[[int], None]) -> Iterator[Export]:
    """Give the contacts that are asked for, all of one moment, while the block lasts (EX-1)."""
    with shell.store.snapshot() as snapshot:
        facts = gather(snapshot, Needs())
        permit(Action.EXPORT_CONTACTS, shell.actor, facts.settings.plan)
        columns = columns_of_export(facts.catalog, archived=request.archived_fields)
        pages = _ContactPages(
            snapshot=snapshot,
            columns=columns,
            progress=progress,
            text=folded(request.text),
            group_id=None if request.group is None else group_called(snapshot, request.group),
            ids=None if request.contacts is None else _existing(snapshot, request.contacts),
        )
        yield Export(columns=_headings(columns, facts), pages=pages, total=pages.total)


def template(shell: Shell) -> Export:
    """Give the header of a list that has a column for everything an import knows of new contacts (IM-15)."""
    with shell.store.snapshot() as snapshot:
        facts = gather(snapshot, Needs())
    return Export(columns=_headings(columns_of_template(facts.catalog), facts), total=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ContactPages:
    """The contacts of an export, read from the snapshot as they are asked for."""

    snapshot: Snapshot
    columns: tuple[str, ...]
    progress: Callable[[int], None]
    text: str
    group_id: GroupId | None
    ids: Sequence[ContactId] | None

    @property
    def total(self) -> int:
        if self.ids is not None:
            return len(self.ids)
        return self.snapshot.contacts.count(text=self.text, group_id=self.group_id)

    def __iter__(self) -> Iterator[Page]:
        names = {each.id: each.name for each in self.snapshot.groups.all()}
        done = 0

        @lru_cache(maxsize=4096)
        def cell(groups: frozenset[GroupId]) -> str:
            return cell_of_groups(groups, names)

        with closing(self._read()) as pages:
            for contacts in pages:
                yield cells_of_export(self.columns, contacts, list(map(cell, contacts.groups)))
                done += len(contacts.ids)
                self.progress(done)

    def _read(self) -> Generator[ContactColumns, None, None]:
        fields = [each for each in self.columns if each not in {CONTACT_ID, GROUPS}]
        return self.snapshot.contacts.columns(fields, size=PAGE, text=self.text, group_id=self.group_id, ids=self.ids)


def _existing(snapshot: Snapshot, asked: Sequence[ContactId]) -> Sequence[ContactId]:
    """Find the contacts of a selection, the survivors of merged ones too (MG-1); `NotFoundError` names the unknown ones."""
    keys = [IdentifierKey(IdentifierKind.CONTACT_ID, each) for each in asked]
    found = {key.key for some in _chunks(keys) for key in snapshot.contacts.holders(some)}
    gone = [each for each in asked if each not in found]
    survivors = snapshot.contacts.survivors(gone) if gone else {}
    unknown = dict.fromkeys(each for each in gone if each not in survivors)
    if unknown:
        raise NotFoundError("contact", *unknown)
    return sorted({survivors.get(each, each) for each in asked})


def _headings(columns: Sequence[str], facts: Facts) -> tuple[str, ...]:
    names = {each: _name(each, facts.catalog, facts.settings.locale) for each in columns}
    return headings(columns, names, facts.catalog)


def _name(column: str, catalog: FieldCatalog, locale: str) -> str:
    if column in catalog:
        return label(catalog[column], locale)
    return label(Subscription(column) if column in SUBSCRIPTION_COLUMNS else column, locale)


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + PAGE] for start in range(0, len(items), PAGE))
