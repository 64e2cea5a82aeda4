"""The schema is what it is declared to be, comes by its steps alone, and never touches what is not ours."""

import hashlib
import re
import shutil
import sqlite3
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from doocore.changes import CreateContact
from doocore.errors import SchemaVersionError
from doocore.testing.samples import contact, envelope
from doocore_adapters._sql import migrations
from doocore_adapters._sql.migrations import STEPS, Condition, Migration, condition
from doocore_adapters._sql.schema import SCHEMA_TABLE, TABLES, Erasure, Table, Type
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.sqlite.session import SQLITE
from tests.stores import count, write

ORGANIZED = tuple(table for table in TABLES if table is not SCHEMA_TABLE)

FROZEN = {
    1: "3c1dac4a4b71739fff9264516f155fde4a71bd20cd4c31bcdbf5058e067825f7",  # the first release
    2: "d23460881fc42084946dc3d5005d2cded80028d19333dce8281eb744523f7c40",
    3: "4d70a161848e277c077c5e85fd49ec552f495345c475613ea05760ce1f81d9aa",
    4: "ef40f4f4060c066087e646977acf5b3ffb9d08e45fb7ca751bd2b23f9918e0ba",
}
"""What was released: a step's text never changes again."""


def table_id(table: Table) -> str:
    return table.name


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Open a fresh database, to look at."""
    SqliteStore(tmp_path / "fresh.db").close()
    with closing(sqlite3.connect(tmp_path / "fresh.db")) as connection:
        yield connection


def indexes(connection: sqlite3.Connection, table: str) -> dict[tuple[str, ...], bool]:
    """Read the columns of each index that was made by `CREATE INDEX`, and whether it is unique."""
    listed = connection.execute(f"PRAGMA index_list({table})").fetchall()
    return {
        tuple(column for _, _, column in connection.execute(f"PRAGMA index_info({name})")): bool(unique)
        for _, name, unique, origin, _ in listed
        if origin == "c"
    }


class TestDeclared:
    """What stands in `schema.py` is what stands in the database."""

    def test_the_tables_are_the_declared_ones(self, fresh: sqlite3.Connection) -> None:
        found = {name for (name,) in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert found == {table.name for table in TABLES}
        assert all(name.startswith("doocore_") for name in found)

    @pytest.mark.parametrize("table", TABLES, ids=table_id)
    def test_the_columns_are_the_declared_ones(self, fresh: sqlite3.Connection, table: Table) -> None:
        """Their names, types, order, and whether they can be NULL."""
        found = fresh.execute(f"PRAGMA table_info({table.name})").fetchall()
        declared = [(each.name, SQLITE.words[each.type.value], not each.optional) for each in table.columns]
        assert [(name, type_, bool(required)) for _, name, type_, required, _, _ in found] == declared
        key = sorted((place, name) for _, name, _, _, _, place in found if place)
        assert tuple(name for _, name in key) == table.primary_key

    @pytest.mark.parametrize("table", TABLES, ids=table_id)
    def test_the_indexes_are_the_declared_ones(self, fresh: sqlite3.Connection, table: Table) -> None:
        assert indexes(fresh, table.name) == {
            **dict.fromkeys(table.indexes, False),
            **dict.fromkeys(table.unique, True),
        }

    @pytest.mark.parametrize("table", TABLES, ids=table_id)
    def test_the_references_are_the_declared_ones(self, fresh: sqlite3.Connection, table: Table) -> None:
        found: dict[tuple[int, str], list[str]] = {}
        for number, _, target, column, _, _, _, _ in fresh.execute(f"PRAGMA foreign_key_list({table.name})"):
            found.setdefault((number, target), []).append(column)
        assert {tuple(columns): target for (_, target), columns in found.items()} == dict(table.references or {})

    @pytest.mark.parametrize("table", ORGANIZED, ids=table_id)
    def test_the_organization_leads_every_key(self, fresh: sqlite3.Connection, table: Table) -> None:
        """Primary keys, unique and other indexes, and references: a distributed database can shard by it."""
        keys = [table.primary_key, *indexes(fresh, table.name), *(table.references or {})]
        assert {key[0] for key in keys} == {"organization_id"}

    def test_there_is_no_trigger_and_no_view(self, fresh: sqlite3.Connection) -> None:
        kinds = {kind for (kind,) in fresh.execute("SELECT DISTINCT type FROM sqlite_master")}
        assert kinds == {"table", "index"}


class TestPersonalData:
    """Every column says whether it holds personal data and how that goes (RE-3)."""

    @pytest.mark.parametrize("table", TABLES, ids=table_id)
    def test_what_is_personal_is_not_kept(self, table: Table) -> None:
        assert [each.name for each in table.columns if each.personal and each.erasure is Erasure.KEEP] == []

    @pytest.mark.parametrize("table", TABLES, ids=table_id)
    def test_what_is_cleared_can_be_null(self, table: Table) -> None:
        assert [each.name for each in table.columns if each.erasure is Erasure.CLEAR and not each.optional] == []
        assert not {each.name for each in table.columns if each.erasure is Erasure.CLEAR} & set(table.primary_key)

    @pytest.mark.parametrize("table", TABLES, ids=table_id)
    def test_a_row_goes_with_all_its_columns_or_not_at_all(self, table: Table) -> None:
        going = [each.erasure is Erasure.DELETE_ROW for each in table.columns]
        assert all(going) or not any(going)

    def test_what_a_person_entered_is_known_as_personal(self) -> None:
        """The declaration is not forgotten where it matters most."""
        personal = {f"{table.name}.{each.name}" for table in TABLES for each in table.columns if each.personal}
        for name in ("contacts.email", "contacts.custom", "contacts.search_text", "history.before_values"):
            assert f"doocore_{name}" in personal
        for name in ("booking_parties.entered", "booking_parties.reports", "import_rows.cells", "bookings.fingerprint"):
            assert f"doocore_{name}" in personal


class TestSteps:
    """Migrations are frozen texts that every database understands."""

    def test_steps_are_numbered_without_gaps(self) -> None:
        assert [each.step for each in STEPS] == list(range(1, len(STEPS) + 1))

    def test_no_step_was_edited(self) -> None:
        """What has to change is a new step; this number changes for nobody."""
        assert {each.step: each.checksum for each in STEPS} == FROZEN
        assert STEPS[0].checksum == hashlib.sha256(STEPS[0].text.encode()).hexdigest()

    @pytest.mark.parametrize("step", STEPS, ids=lambda each: each.name)
    def test_a_step_uses_nothing_that_some_database_lacks(self, step: Migration) -> None:
        """No triggers, no dialect's own words, no setting of a composite key to NULL; organization first."""
        refused = r"(?i)\b(trigger|merge|set\s+null|extension|serial|autoincrement|collate|sequence\s+by|uuid)\b"
        assert re.findall(refused, step.text) == []
        tokens = {name for _, name, _, _ in string.Formatter().parse(step.text) if name}
        assert tokens <= {each.value for each in Type} | {"narrow", "prefilled"}
        assert set(re.findall(r"PRIMARY KEY \((\w+)", step.text)) == {"organization_id"}


KNOWN = {each.step: each.checksum for each in STEPS}


class TestCondition:
    """Judging a database by its tables and steps."""

    @pytest.mark.parametrize(
        ("tables", "applied", "found"),
        [
            ([], {}, Condition.EMPTY),
            (["invoices"], {}, Condition.FOREIGN),
            (["doocore_contacts"], {}, Condition.FOREIGN),
            (["doocore_schema"], {}, Condition.OLDER),
            (["doocore_schema", "invoices"], KNOWN, Condition.CURRENT),
            (["doocore_schema"], {**KNOWN, len(STEPS) + 1: "x"}, Condition.NEWER),
            (["doocore_schema"], {**KNOWN, 1: "x"}, Condition.ALTERED),
        ],
    )
    def test_every_condition_is_told(self, tables: list[str], applied: dict[int, str], found: Condition) -> None:
        assert condition(tables, applied) is found


ANOTHER_STEP = Migration(
    len(STEPS) + 1,
    "notes",
    "CREATE TABLE doocore_notes (organization_id {text} NOT NULL, PRIMARY KEY (organization_id))",
)
A_STEP_THAT_FAILS = Migration(
    len(STEPS) + 1, "broken", "CREATE TABLE doocore_notes (organization_id {text}); DROP TABLE doocore_nothing"
)


def with_step(monkeypatch: pytest.MonkeyPatch, step: Migration) -> None:
    """Go on to the release that brings *step*."""
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, step))


class TestOlderSchema:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "contacts.db"
        with closing(SqliteStore(path)) as store:
            write(store, 1)
        return path

    def test_an_older_schema_waits_for_migrate(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is not brought up to date by itself (somebody may want a backup); records survive."""
        with_step(monkeypatch, ANOTHER_STEP)
        before = path.read_bytes()
        with closing(SqliteStore(path)) as store:
            for opening in (store.organization("acme").transaction, store.organization("acme").snapshot):
                with pytest.raises(SchemaVersionError, match=r"store\.migrate\(\)") as caught, opening():
                    pass
            assert caught.value.place == str(path)
            assert path.read_bytes() == before
            store.migrate()
            write(store, 2)
            assert count(store) == 2

    def test_a_step_that_fails_leaves_the_schema_as_it_was(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """All steps of a migration are one transaction."""
        with_step(monkeypatch, A_STEP_THAT_FAILS)
        with closing(SqliteStore(path)) as store, pytest.raises(sqlite3.OperationalError, match="doocore_nothing"):
            store.migrate()
        monkeypatch.undo()
        with closing(SqliteStore(path)) as store:
            assert count(store) == 1
        with closing(sqlite3.connect(path)) as connection:
            assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'doocore_notes'").fetchall()

    def test_what_a_release_after_next_wrote_is_refused(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Going back to an older release is told at once, before anything is spoiled."""
        with monkeypatch.context() as later:
            with_step(later, ANOTHER_STEP)
            with closing(SqliteStore(path)) as store:
                store.migrate()
        refused_untouched(path, "newer release")


def refused_untouched(path: Path, problem: str) -> None:
    """Opening *path* is refused, names file and problem, and leaves the folder as it was, to the byte."""
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    with pytest.raises(SchemaVersionError, match=problem) as caught:
        SqliteStore(path)
    assert caught.value.place == str(path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def crash_while_writing(connection: sqlite3.Connection, folder: Path) -> Path:
    """Copy a database as a crash in the middle of a transaction would leave it, half written and with its journal."""
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE junk (text)")
    connection.executemany("INSERT INTO junk VALUES (?)", [("x" * 1_000,)] * 1_000)
    (folder / "crashed").mkdir()
    for file in folder.glob("*.db*"):
        shutil.copy(file, folder / "crashed" / file.name)
    connection.rollback()
    copies = sorted((folder / "crashed").iterdir())
    assert [each.suffix for each in copies] == [".db", ".db-journal"]
    assert copies[0].stat().st_size > 500_000
    return copies[0]


class TestForeignFiles:
    @pytest.mark.parametrize("mode", ["DELETE", "WAL", "TRUNCATE"])
    def test_another_programs_database_is_refused_untouched(self, tmp_path: Path, mode: str) -> None:
        path = tmp_path / "invoices.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA journal_mode = {mode}")
            connection.execute("CREATE TABLE invoices (number)")
            connection.commit()
        refused_untouched(path, "another program")

    def test_a_database_that_another_program_has_open_is_refused_untouched(self, tmp_path: Path) -> None:
        """Its log, which is not yet written back, stays as it is."""
        path = tmp_path / "invoices.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE invoices (number)")
            connection.commit()
            assert (tmp_path / "invoices.db-wal").stat().st_size > 0
            before = path.read_bytes(), (tmp_path / "invoices.db-wal").read_bytes()
            with pytest.raises(SchemaVersionError, match="another program"):
                SqliteStore(path)
            assert (path.read_bytes(), (tmp_path / "invoices.db-wal").read_bytes()) == before

    def test_the_log_of_a_crashed_program_is_left_alone(self, tmp_path: Path) -> None:
        """What another program has to recover, it recovers itself."""
        with closing(sqlite3.connect(tmp_path / "original.db")) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE invoices (number)")
            connection.commit()
            (tmp_path / "crashed").mkdir()
            for name in ("original.db", "original.db-wal"):
                shutil.copy(tmp_path / name, tmp_path / "crashed" / name)
        crashed = tmp_path / "crashed"
        before = {each.name: each.read_bytes() for each in crashed.iterdir()}
        with pytest.raises(SchemaVersionError, match="another program"):
            SqliteStore(crashed / "original.db")
        assert {name: (crashed / name).read_bytes() for name in before} == before

    def test_the_journal_of_a_crashed_program_is_left_alone(self, tmp_path: Path) -> None:
        """In the older mode of SQLite, too."""
        with closing(sqlite3.connect(tmp_path / "invoices.db")) as connection:
            connection.execute("CREATE TABLE invoices (number)")
            connection.commit()
            crashed = crash_while_writing(connection, tmp_path)
        refused_untouched(crashed, "another program")

    def test_a_torn_file_of_another_program_is_left_alone(self, tmp_path: Path) -> None:
        """Half a database beside its journal is that program's to put right."""
        path = tmp_path / "invoices.db"
        with closing(sqlite3.connect(path)) as connection:
            for number in range(50):
                connection.execute(f"CREATE TABLE invoices_{number} (number)")
            connection.commit()
        path.write_bytes(path.read_bytes()[:8_192])
        path.with_name("invoices.db-journal").write_bytes(b"what was there before")
        refused_untouched(path, "malformed")

    def test_a_journal_of_our_own_is_rolled_back(self, tmp_path: Path) -> None:
        """What a crash interrupted in a file of ours did not happen, in whatever mode the file is."""
        with closing(SqliteStore(tmp_path / "contacts.db")) as store:
            write(store, 1)
        with closing(sqlite3.connect(tmp_path / "contacts.db")) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            crashed = crash_while_writing(connection, tmp_path)
        with closing(SqliteStore(crashed)) as store:
            assert count(store) == 1
            write(store, 2)
        with closing(sqlite3.connect(crashed)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA table_info(junk)").fetchall() == []

    @pytest.mark.parametrize(
        "content", [b"E-Mail;Vorname\n" * 100, b"\x00" * 5_000, b"SQLite format 3\x00" + b"\xff" * 4_080, b"x"]
    )
    def test_what_is_no_database_is_refused_untouched(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "contacts.csv"
        path.write_bytes(content)
        refused_untouched(path, "not an SQLite database")

    def test_a_schema_with_other_steps_is_refused_untouched(self, tmp_path: Path) -> None:
        """A step of the same number and another text was somebody else's."""
        path = tmp_path / "contacts.db"
        SqliteStore(path).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE doocore_schema SET checksum = 'other'")
            connection.commit()
        refused_untouched(path, "differ")

    def test_an_empty_file_is_a_new_one(self, tmp_path: Path) -> None:
        """Neither an empty file nor an empty database belongs to anybody."""
        (tmp_path / "empty.db").touch()
        with closing(sqlite3.connect(tmp_path / "vacuumed.db")) as connection:
            connection.execute("VACUUM")
        for name in ("empty.db", "vacuumed.db", "missing.db"):
            with closing(SqliteStore(tmp_path / name)) as store:
                write(store, 1)
                assert count(store) == 1


class TestHostsDatabase:
    def test_the_schema_comes_by_migrate_alone(self) -> None:
        """In the host's database nothing appears by itself, and the host decides whether it stays."""
        with closing(sqlite3.connect(":memory:")) as host:
            host.execute("CREATE TABLE invoices (number)")
            store = SqliteStore(connection=host)
            with pytest.raises(SchemaVersionError, match=r"store\.migrate\(\)"):
                write(store, 1)
            assert not host.in_transaction
            store.migrate()
            store.migrate()
            write(store, 1)
            host.rollback()
            with pytest.raises(SchemaVersionError, match=r"store\.migrate\(\)"):
                count(store)
            store.migrate()
            host.commit()
            write(store, 1)
            assert count(store) == 1
            assert host.execute("SELECT count(*) FROM invoices").fetchall() == [(0,)]

    def test_an_older_schema_waits_for_migrate(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with closing(sqlite3.connect(":memory:")) as host:
            store = SqliteStore(connection=host)
            store.migrate()
            host.commit()
            with_step(monkeypatch, ANOTHER_STEP)
            with pytest.raises(SchemaVersionError, match="older release"):
                write(store, 1)
            store.migrate()
            write(store, 1)

    def test_a_newer_schema_is_not_touched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither by a transaction nor by `migrate`."""
        with closing(sqlite3.connect(":memory:")) as host:
            store = SqliteStore(connection=host)
            with monkeypatch.context() as later:
                with_step(later, ANOTHER_STEP)
                store.migrate()
                host.commit()
            for touch in (store.migrate, lambda: write(store, 1), lambda: count(store)):
                with pytest.raises(SchemaVersionError, match="newer release"):
                    touch()
            assert not host.in_transaction

    def test_a_migration_that_fails_costs_the_host_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with closing(sqlite3.connect(":memory:")) as host:
            store = SqliteStore(connection=host)
            store.migrate()
            host.commit()
            host.execute("CREATE TABLE invoices (number)")
            host.execute("INSERT INTO invoices VALUES (1)")
            with_step(monkeypatch, A_STEP_THAT_FAILS)
            with pytest.raises(sqlite3.OperationalError):
                store.migrate()
            assert host.in_transaction
            host.commit()
            names = [name for (name,) in host.execute("SELECT name FROM sqlite_master WHERE name LIKE '%notes'")]
            assert names == []
            assert host.execute("SELECT number FROM invoices").fetchall() == [(1,)]


OPENS_WHEN_TOLD = """
import sys
from doocore_adapters.sqlite import SqliteStore
print("ready", flush=True)
sys.stdin.readline()
store = SqliteStore(sys.argv[1])
store.migrate()
with store.organization("acme").transaction() as tx:
    print(tx.contacts.count())
store.close()
"""


def test_processes_that_create_the_same_file_at_once_create_it_once(tmp_path: Path) -> None:
    """One sets the schema up, the others wait for it and find it done."""
    path = tmp_path / "contacts.db"
    command = [sys.executable, "-c", OPENS_WHEN_TOLD, str(path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate(timeout=120)[0] for each in processes] == ["0\n"] * 4
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT step FROM doocore_schema").fetchall() == [(each.step,) for each in STEPS]


def test_a_store_can_be_opened_beside_one_that_writes(tmp_path: Path) -> None:
    """Looking at the file waits for nobody, and finds it up to date."""
    with closing(SqliteStore(tmp_path / "contacts.db")) as store, store.organization("acme").transaction() as tx:
        tx.apply([CreateContact(contact(1))], envelope())
        with closing(SqliteStore(tmp_path / "contacts.db")) as other:
            assert other.organization("acme").organization_id == "acme"
