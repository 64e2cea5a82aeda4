"""Copying all records of organizations from one database into another: from an SQLite file to Postgres, or any other way.

    from doocore_adapters.copying import copy_organizations

    copy_organizations(SqliteStore("contacts.db"), PostgresStore("postgresql://kim@db.example.org/events"))

Both have the tables of this release, and nobody else writes meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from doocore import DooCoreError, NotFoundError
from doocore.ports import Store
from doocore_adapters._sql.moving import is_empty, move, organizations, session_of
from doocore_adapters._sql.session import Session


class AlreadyThereError(DooCoreError, ValueError):
    """The organization has records in the database that it was to be copied into; there it is as it was."""

    def __init__(self, organization_id: str) -> None:
        super().__init__(organization_id)
        self.organization_id = organization_id

    def __str__(self) -> str:
        return f"the organization {self.organization_id!r} has records there already: two are never mixed"


class OneAtATimeError(DooCoreError, PermissionError):
    """Which organizations there are cannot be told, as the present role may see one at a time only."""

    def __str__(self) -> str:
        return "row-level security shows this role one organization at a time: name those that are to be copied"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedOrganization:
    """An organization that was copied, with the number of its rows by table."""

    organization_id: str
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many rows these are."""
        return sum(self.rows.values())


def copy_organizations(
    source: Store,
    target: Store,
    names: Iterable[str] | None = None,
    *,
    progress: Callable[[CopiedOrganization], None] | None = None,
) -> tuple[CopiedOrganization, ...]:
    """Copy everything that organizations have, those called *names* or all: IDs, history and order stay as they are.

    Each is one transaction, whose rows are counted before it commits; *progress* is told of each that is through. What
    was copied stays if a later one fails. Raises `AlreadyThereError`, `OneAtATimeError`, `NotFoundError` for a name that
    has no records, and `TypeError` for a store that keeps no rows (`MemoryStore`).
    """
    done: list[CopiedOrganization] = []
    for name in _all(source) if names is None else names:
        copied = _copy(source, target, name)
        done.append(copied)
        if progress is not None:
            progress(copied)
    return tuple(done)


def _all(source: Store) -> list[str]:
    with source.organization("").snapshot() as view:
        found = organizations(_rows_of(view))
    if found is None:
        raise OneAtATimeError
    return found


def _copy(source: Store, target: Store, name: str) -> CopiedOrganization:
    with source.organization(name).snapshot() as view, target.organization(name).transaction() as tx:
        there, here = _rows_of(tx), _rows_of(view)
        if is_empty(here):
            raise NotFoundError("organization", name)
        if not is_empty(there):
            raise AlreadyThereError(name)
        return CopiedOrganization(organization_id=name, rows=move(here, there))


def _rows_of(view: object) -> Session:
    session = session_of(view)
    if session is None:
        raise TypeError("rows are copied between SqliteStore and PostgresStore; this store keeps none")
    return session


__all__ = ["AlreadyThereError", "CopiedOrganization", "OneAtATimeError", "copy_organizations"]
