"""What is copied into another database is all there, to the last column, and says there what it said before."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from doocore import ContactCenter, NotFoundError
from doocore.changes import CreateContact
from doocore.ports import Store
from doocore.testing.samples import contact, full_contact
from doocore.testing.store.base import commit
from doocore.testing.store.transactions import everything
from doocore_adapters._sql import moving
from doocore_adapters._sql.moving import MOVED
from doocore_adapters._sql.schema import TABLES, Table, Type
from doocore_adapters.copying import AlreadyThereError, CopiedOrganization, OneAtATimeError, copy_organizations
from doocore_adapters.csv_files import write_csv
from doocore_adapters.memory import MemoryStore
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from tests.databases import Databases, rows_of
from tests.organizations.reading import QUESTIONS
from tests.organizations.worlds import FOREIGN, fill

NAMES = ("acme", "Zoë & Söhne", "")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SqliteStore]:
    """A file with some organizations, all of which have something of everything."""
    with closing(SqliteStore(tmp_path / "small.db")) as store:
        for name in NAMES:
            fill(store.organization(name))
        commit(
            store.organization("acme"),
            *(CreateContact(replace(full_contact(n), version=1)) for n in range(5_000, 5_070)),
        )
        yield store


@pytest.fixture
def large(postgres: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(postgres)) as store:
        yield store


def content(store: Store, name: str, folder: Path) -> object:
    """All that an organization shows: what stores are compared by, what questions find, and an export to the letter."""
    organization = store.organization(name)
    with organization.snapshot() as view:
        seen = everything(view)
        answers = {
            name: [question(getattr(view, name.partition(".")[0]), FOREIGN) for question in questions]
            for name, questions in QUESTIONS.items()
        }
    (folder / "export.csv").unlink(missing_ok=True)
    with ContactCenter(organization).export_contacts(archived_fields=True) as export:
        write_csv(folder / "export.csv", export)
    return seen, answers, (folder / "export.csv").read_bytes()


def raw(tmp_path: Path, name: str) -> dict[str, list[str]]:
    """The rows of a file's tables; of amounts the digits, since Postgres does not keep how they were written."""
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        return {each.name: sorted(repr(row) for row in digits(connection, each)) for each in MOVED}


def digits(connection: sqlite3.Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    amounts = {place for place, each in enumerate(table.columns) if each.type is Type.DECIMAL}
    for row in connection.execute(f"SELECT {', '.join(table.column_names)} FROM {table.name}"):  # noqa: S608
        yield tuple(
            Decimal(cell).normalize() if place in amounts and cell is not None else cell
            for place, cell in enumerate(row)
        )


class TestCopies:
    def test_everything_is_there_afterwards(self, small: SqliteStore, large: PostgresStore, tmp_path: Path) -> None:
        """Every organization has on Postgres what it has in the file."""
        told: list[CopiedOrganization] = []
        copied = copy_organizations(small, large, progress=told.append)
        assert [each.organization_id for each in copied] == sorted(NAMES)
        assert list(copied) == told
        assert all(count > 0 for count in copied[0].rows.values())
        assert copied[0].total == sum(copied[0].rows.values())
        for name in NAMES:
            assert content(large, name, tmp_path) == content(small, name, tmp_path)

    def test_there_and_back_again_is_the_same_file(
        self, small: SqliteStore, large: PostgresStore, tmp_path: Path
    ) -> None:
        """To the last column of the last row; JSON and moments as they were written."""
        copy_organizations(small, large)
        with closing(SqliteStore(tmp_path / "back.db")) as back:
            copy_organizations(large, back)
        assert raw(tmp_path, "back.db") == raw(tmp_path, "small.db")

    def test_every_table_of_records_is_copied(self) -> None:
        """All but the schema's own and the locks, which nobody misses."""
        assert {table.name for table in TABLES} - {table.name for table in MOVED} == {"doocore_schema", "doocore_locks"}

    def test_named_organizations_are_copied_alone(self, small: SqliteStore, large: PostgresStore) -> None:
        """And can be worked with at once."""
        (copied,) = copy_organizations(small, large, ["acme"])
        ContactCenter(large.organization("acme")).create_contact({"email": "new@example.org"})
        assert contacts(large, "acme") == copied.rows["doocore_contacts"] + 1
        assert contacts(large, "Zoë & Söhne") == 0


def contacts(store: PostgresStore, name: str) -> int:
    with store.organization(name).snapshot() as view:
        return view.contacts.count()


class TestRefusals:
    def test_an_organization_that_is_there_already_stays_as_it_is(
        self, small: SqliteStore, large: PostgresStore, tmp_path: Path
    ) -> None:
        """Those before it are copied, and stay."""
        there = large.organization("Zoë & Söhne")
        commit(there, CreateContact(contact(1)))
        before = content(large, "Zoë & Söhne", tmp_path)
        with pytest.raises(AlreadyThereError, match="'Zoë & Söhne' has records there already") as caught:
            copy_organizations(small, large)
        assert (caught.value.organization_id, caught.value.code) == ("Zoë & Söhne", "already_there")
        assert content(large, "Zoë & Söhne", tmp_path) == before
        assert content(large, "", tmp_path) == content(small, "", tmp_path)
        assert contacts(large, "acme") == 0

    def test_a_name_without_records_is_told(self, small: SqliteStore, large: PostgresStore) -> None:
        with pytest.raises(NotFoundError, match="no organization 'Acme'"):
            copy_organizations(small, large, ["Acme"])

    def test_a_copy_that_breaks_off_leaves_nothing_of_its_organization(
        self, small: SqliteStore, large: PostgresStore, monkeypatch: pytest.MonkeyPatch, postgres: str
    ) -> None:
        """As where more rows were written than are there."""
        really = moving._move
        monkeypatch.setattr(moving, "_move", lambda *given: really(*given) + 1)
        with pytest.raises(RuntimeError, match="others are there now"):
            copy_organizations(small, large, ["acme"])
        assert rows_of(postgres, "SELECT 1 FROM doocore_contacts") == []

    def test_a_store_without_rows_is_refused(self, small: SqliteStore) -> None:
        with pytest.raises(TypeError, match="keeps none"):
            copy_organizations(small, MemoryStore())
        with pytest.raises(TypeError, match="keeps none"):
            copy_organizations(MemoryStore(), small)

    def test_who_sees_one_organization_at_a_time_has_to_name_it(
        self, databases: Databases, small: SqliteStore, large: PostgresStore, postgres: str, tmp_path: Path
    ) -> None:
        """An empty copy would be worse than none."""
        copy_organizations(small, large)
        with (
            closing(PostgresStore(databases.guest(postgres))) as guest,
            closing(SqliteStore(tmp_path / "back.db")) as back,
        ):
            with pytest.raises(OneAtATimeError, match="name those"):
                copy_organizations(guest, back)
            assert [each.organization_id for each in copy_organizations(guest, back, ["acme"])] == ["acme"]
            assert content(back, "acme", tmp_path) == content(small, "acme", tmp_path)
