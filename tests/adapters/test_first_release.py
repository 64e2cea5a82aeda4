"""A database of the first release is brought up to date with all that is in it.

`tests/first_release/release.sqlite` was filled by `story.py` beside it, run with the code of that release (commit
c5faff0), which also wrote down all that it read there: `release.json`. What later releases add to a record is their own.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from doocore import (
    Booking,
    ContactCenter,
    ContactId,
    Evidence,
    ImportStatus,
    NotFoundError,
    Party,
    PlainRows,
    RowOutcome,
    SchemaVersionError,
    match_key,
)
from doocore.ports import Store
from doocore_adapters._sql.migrations import STEPS
from doocore_adapters._sql.schema import TABLES, Type
from doocore_adapters.cli import main
from doocore_adapters.csv_files import write_csv
from doocore_adapters.memory import MemoryStore
from doocore_adapters.postgres import PostgresStore, migration_sql
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from doocore_adapters.xlsx import write_xlsx
from tests.first_release.story import COMMITTED, DATABASE, NAMES, TOLD, UNFINISHED, Clock, center_of, read, tell

ACME = NAMES[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Copy the database of the first release."""
    return Path(shutil.copy(DATABASE, tmp_path / "contacts.db"))


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """Open it, brought up to date."""
    with closing(SqliteStore(path)) as store:
        store.migrate()
        yield store


def lacking(told: Any, found: Any, at: str = "") -> list[str]:  # noqa: ANN401, JSON is any value
    """Tell where *found* has not what was *told*; attributes that came later do not count."""
    if isinstance(told, dict) and isinstance(found, dict):
        return [
            gap
            for key, value in told.items()
            for gap in (lacking(value, found[key], f"{at}/{key}") if key in found else [f"{at}/{key} is gone"])
        ]
    if isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        return [gap for n, each in enumerate(told) for gap in lacking(each, found[n], f"{at}/{n}")]
    return [] if told == found else [f"{at} was {told!r}, is {found!r}"]


def first_release() -> Any:  # noqa: ANN401, JSON is any value
    """Read what the first release read."""
    return json.loads(TOLD.read_text("ascii"))


def today(store: Store) -> ContactCenter:
    """Open the contact center for new contacts, in the days of the first release."""
    return ContactCenter(store.organization(ACME), parsers=LibraryParsers(), clock=Clock())


class TestTheFile:
    def test_it_is_of_the_first_release(self) -> None:
        """Its one step is the one that still comes first."""
        with closing(sqlite3.connect(f"{DATABASE.as_uri()}?immutable=1", uri=True)) as connection:
            assert connection.execute("SELECT step, checksum FROM doocore_schema").fetchall() == [
                (1, STEPS[0].checksum)
            ]

    def test_there_is_something_of_everything_in_it(self) -> None:
        """But aliases, which no story of the first release wrote."""
        told = first_release()[ACME]
        assert {key for key, value in told.items() if not value} == set()
        assert {each["status"] for each in told["imports"]} == {"finished", "running"}

    def test_its_story_can_still_be_told(self) -> None:
        """Under whatever rules, it is a story of calls that there are."""
        store = MemoryStore()
        tell(store)
        assert center_of(store).count_contacts() == len(first_release()[ACME]["contacts"])


class TestBringingItUpToDate:
    def test_it_is_refused_until_somebody_migrates(self, path: Path) -> None:
        """The error says what to do, and the file stays as it was, to the byte."""
        before = path.read_bytes()
        with closing(SqliteStore(path)) as store:
            organization = store.organization(ACME)
            for opening in (organization.transaction, organization.snapshot):
                advice = r"older release of doocore: make a backup, then call store\.migrate\(\), or `doocore migrate`"
                with pytest.raises(SchemaVersionError, match=advice) as caught, opening():
                    pass
                assert caught.value.place == str(path)
        assert path.read_bytes() == before

    def test_the_command_refuses_it_likewise_and_brings_it_up_to_date(
        self, path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["contacts", "--db", str(path), "--org", ACME]) == 2
        assert "make a backup, then call store.migrate(), or `doocore migrate`" in " ".join(
            capsys.readouterr().err.split()
        )
        assert main(["migrate", "--db", str(path)]) == 0
        assert "up to date" in capsys.readouterr().out
        assert main(["contacts", "--db", str(path), "--org", ACME, "--json"]) == 0
        with closing(SqliteStore(path)) as store:
            assert lacking(first_release(), read(store)) == []

    def test_everything_is_read_back(self, store: SqliteStore) -> None:
        """Contacts and who holds what, histories, groups, opt-outs, fields, events, bookings, imports with their rows."""
        assert lacking(first_release(), read(store)) == []

    def test_its_tables_are_those_of_a_new_one(self, path: Path, store: SqliteStore, tmp_path: Path) -> None:
        """Column by column, and their indexes: whether a database is old or new, nobody can tell."""
        assert store is not None
        with closing(SqliteStore(tmp_path / "new.db")):
            pass
        assert declared(path) == declared(tmp_path / "new.db")

    def test_bringing_it_up_to_date_twice_does_nothing_more(self, path: Path, store: SqliteStore) -> None:
        with closing(sqlite3.connect(path)) as connection:
            before = list(connection.iterdump())
            store.migrate()
            assert list(connection.iterdump()) == before

    def test_in_a_hosts_connection_it_goes_the_same_way(self, path: Path) -> None:
        """And the host's rollback takes it back."""
        with closing(sqlite3.connect(path)) as host:
            hosted = SqliteStore(connection=host)
            hosted.migrate()
            host.rollback()
            with pytest.raises(SchemaVersionError, match="older release"):
                read(hosted)
            hosted.migrate()
            host.commit()
            assert lacking(first_release(), read(hosted)) == []


def declared(path: Path) -> list[tuple[Any, ...]]:
    """Lay out the tables and indexes of a file."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]
        columns = [
            (table.name, *row) for table in TABLES for row in connection.execute(f"PRAGMA table_info({table.name})")
        ]
        indexes = [
            (table.name, name, unique)
            for table in TABLES
            for _, name, unique, _, _ in sorted(connection.execute(f"PRAGMA index_list({table.name})"))
        ]
    return [(each,) for each in names] + columns + sorted(indexes)


class TestGoingOn:
    """What later releases can do, they can do with what the first one left."""

    @pytest.fixture
    def center(self, store: SqliteStore) -> ContactCenter:
        return today(store)

    def test_the_interrupted_import_is_carried_on(self, center: ContactCenter) -> None:
        """Behind the last row that was committed (IM-12)."""
        rows = PlainRows(UNFINISHED)
        interrupted = center.imports.interrupted(rows)
        assert interrupted is not None
        assert interrupted.status is ImportStatus.RUNNING
        assert center.imports.report(interrupted.id).total == COMMITTED
        report = center.imports.resume(interrupted.id, rows)
        assert report.record.status is ImportStatus.FINISHED
        assert report.counts == {RowOutcome.ADDED: len(UNFINISHED)}
        assert center.count_contacts(text="row") == len(UNFINISHED)

    def test_finished_imports_keep_their_report_as_long_as_new_ones(self, center: ContactCenter) -> None:
        """Seven days (IM-10): the first release promised nothing, and forgot nothing."""
        finished = next(each for each in center.imports.all() if each.status is ImportStatus.FINISHED)
        assert finished.options.report_days == 7
        assert [row.cells for row in center.imports.rows(finished.id) if row.cells]

    def test_its_contacts_are_exported(self, center: ContactCenter) -> None:
        """As CSV and as XLSX, whatever old texts have in them."""
        written = BytesIO()
        with center.export_contacts(archived_fields=True) as export:
            assert write_csv(written, export) == export.total
        text = written.getvalue().decode()
        assert "Lovelace 👩🏽\u200d💻" in text
        assert "stays" in text
        with center.export_contacts() as export:
            assert write_xlsx(BytesIO(), export) == export.total

    def test_bookings_go_on(self, center: ContactCenter) -> None:
        """A known address leads to the contact that it led to before."""
        result = center.book(Booking(number="TX-LATE-0001", event_id="gala", booker=Party(email="Robert@Example.org")))
        assert (result.booker.reason, result.booker.assignment.contact_id) == ("email_match", "c0002")

    def test_through_whose_invitation_bookings_came_is_known(self, center: ContactCenter) -> None:
        """IN-3: and what an old booking is evidence for, as soon as anything happens to it."""
        booking = center.bookings.get("TX-GALA-0001")
        assert [each.through_contact_id for each in booking.parties] == ["c0001", None, None]
        center.bookings.cancel(booking.number)
        with center._shell.store.snapshot() as view:
            known = view.invitations.facts(booking.event_id, [ContactId("c0001"), ContactId("c0005")])
        assert {contact_id: each.evidence for contact_id, each in known.items()} == {
            "c0001": 0,
            "c0005": Evidence.ALL_CANCELLED,
        }

    def test_opt_outs_still_bind(self, store: SqliteStore) -> None:
        with store.organization(ACME).snapshot() as snapshot:
            bound = snapshot.contacts.opt_outs([str(match_key("robert@example.org"))])
        assert len(bound) == 2

    def test_contacts_can_be_deleted_and_their_ids_stay_gone(self, center: ContactCenter) -> None:
        """What was merged into the contact goes with it: the tombstone of the first release leads nowhere then."""
        (ada,) = center.contacts_by_customer_id("K-0815")
        assert center.contact("c0003").id == ada.id
        center.delete_contact(center.deletion(ada.id))
        for gone in (ada.id, "c0003"):
            with pytest.raises(NotFoundError):
                center.contact(gone)

    def test_the_other_organization_is_there_for_itself(self, store: SqliteStore) -> None:
        (ada,) = center_of(store, NAMES[1]).list_contacts()
        assert ada.values["first_name"] == "Another Ada"


class TestInPostgres:
    """The steps lead to the same place there, with the first release's records in the tables of step 1."""

    @pytest.fixture
    def dsn(self, bare_postgres: str) -> str:
        with psycopg.connect(bare_postgres) as connection:
            for statement in migration_sql(1):
                connection.execute(statement.encode())
        copy_into(bare_postgres)
        return bare_postgres

    def test_it_is_refused_until_somebody_migrates(self, dsn: str) -> None:
        with (
            closing(PostgresStore(dsn)) as store,
            pytest.raises(SchemaVersionError, match=r"older release.*call store\.migrate\(\)"),
        ):
            read(store)

    def test_everything_is_read_back_and_goes_on(self, dsn: str) -> None:
        with closing(PostgresStore(dsn)) as store:
            store.migrate()
            assert lacking(first_release(), read(store)) == []
            go_on(store)

    def test_its_tables_are_those_of_a_new_one(self, dsn: str, postgres: str) -> None:
        """Column by column, and the names of keys and indexes too."""
        with closing(PostgresStore(dsn)) as store:
            store.migrate()
        assert described(dsn) == described(postgres)


def go_on(store: Store) -> None:
    """Carry the interrupted import on, and export everything."""
    center = today(store)
    rows = PlainRows(UNFINISHED)
    interrupted = center.imports.interrupted(rows)
    assert interrupted is not None
    center.imports.resume(interrupted.id, rows)
    with center.export_contacts() as export:
        assert write_csv(BytesIO(), export) == export.total


def described(dsn: str) -> list[tuple[Any, ...]]:
    """Lay out the tables and indexes of a database."""
    columns = (
        "SELECT table_name::text, column_name::text, ordinal_position, data_type::text, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    indexes = "SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
    with psycopg.connect(dsn) as connection:
        return [*connection.execute(columns).fetchall(), *connection.execute(indexes).fetchall()]


def copy_into(dsn: str) -> None:
    """Copy the first release's rows, table by table, into the tables of its step in Postgres."""
    with (
        closing(sqlite3.connect(f"{DATABASE.as_uri()}?immutable=1", uri=True)) as old,
        psycopg.connect(dsn) as connection,
    ):
        had = {name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in TABLES[1:]:
            if table.name not in had:
                continue
            truth = {each.name for each in table.columns if each.type is Type.BOOLEAN}
            found = old.execute(f"SELECT * FROM {table.name}")  # noqa: S608, a table of ours
            names = [name for name, *_ in found.description]
            rows = [
                [bool(cell) if name in truth else cell for name, cell in zip(names, row, strict=True)] for row in found
            ]
            insertion = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table.name),
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join(sql.Placeholder() * len(names)),
            )
            connection.cursor().executemany(insertion, rows)
