"""The command on a PostgreSQL database does what it does on a file; only the tables do not come by themselves."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from doocore_adapters.cli.databases import FileDatabase, PostgresDatabase, database_of
from tests.cli.conftest import Doocore
from tests.cli.test_process import WITHOUT
from tests.databases import rows_of
from tests.vectors.shipped import document

Write = Callable[[str, object], Path]

LIST = "E-Mail,Vorname,Gruppen\nada@example.org,Ada,VIP\nbob@,Bob,\n"
BOOKING = {"event": "gala", "booker": {"email": "ada@example.org", "values": {"last_name": "Lovelace"}}}


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("postgresql:///x", "postgresql:///x"),
        ("postgres://kim@db/x", "postgres://kim@db/x"),
        ("postgresql://kim:secret@db:5433/x?a=b", "postgresql://kim@db:5433/x?a=b"),
        ("postgresql://kim:se:cr@et@db/x", "postgresql://kim@db/x"),
        ("postgresql://:secret@db/x", "postgresql://@db/x"),
        ("postgresql://db/x?password=secret", "postgresql://db/x"),
        ("postgresql://db/x?a=b&password=secret&c=d", "postgresql://db/x?a=b&c=d"),
    ],
)
def test_an_address_of_postgres_is_shown_without_the_password(named: str, shown: str) -> None:
    assert isinstance(database_of(named), PostgresDatabase)
    assert str(database_of(named)) == shown


@pytest.mark.parametrize("named", ["doocore.db", "postgres.db", "C:\\postgresql.db"])
def test_anything_else_is_a_file(named: str) -> None:
    assert isinstance(database_of(named), FileDatabase)


def test_the_whole_job_is_done_in_postgres(doocore: Doocore, write: Write, bare_postgres: str) -> None:
    """Tables, an import, an event, a booking, and looking at it all; nothing of it is in a file."""
    at = ("--db", bare_postgres, "--json")
    assert doocore("migrate", *at).data["new"] is True
    imported = doocore("import", write("list.csv", LIST), *at)
    assert (imported.status, imported.data["outcomes"]) == (
        1,
        {"added": 1, "updated": 0, "unchanged": 0, "skipped": 0, "unprocessed": 1},
    )
    assert doocore("events", "create", "gala", "--live", *at).status == 0
    assert doocore("book", write("booking.json", BOOKING), *at).status == 0
    assert doocore("settings", "set", "--sync", "on", *at).data["sync"] == "on"
    assert [each["name"] for each in doocore("groups", *at).data["groups"]] == ["VIP"]
    assert doocore("contacts", "lovelace", *at).data["total"] == 1
    assert doocore("contacts", "lovelace", "--org", "other", *at).data["total"] == 0
    assert doocore("show", "ada@example.org", *at).status == 0
    assert doocore("fields", *at).status == 0
    assert not Path("doocore.db").exists()
    assert rows_of(bare_postgres, "SELECT first_name, last_name FROM doocore_contacts") == [("Ada", "Lovelace")]


def test_tables_do_not_come_by_themselves(doocore: Doocore, write: Write, bare_postgres: str) -> None:
    """Reading and writing say what makes them; a rehearsal needs none."""
    write("list.csv", LIST)
    at = ("--db", bare_postgres)
    for arguments in (("contacts",), ("import", "list.csv"), ("groups", "create", "VIP"), ("demo",)):
        answer = doocore(*arguments, *at)
        assert (answer.status, answer.out) == (2, "")
        assert "`doocore migrate`" in answer.err
    assert doocore("import", "list.csv", "--dry-run", *at).status == 1
    assert rows_of(bare_postgres, "SELECT 1 FROM pg_class WHERE relname LIKE %s", "doocore%") == []
    assert doocore("migrate", *at).words == "The database has its tables now."
    assert doocore("migrate", *at).words == "The database is up to date."
    assert doocore("groups", "create", "VIP", *at).status == 0


def test_a_file_is_brought_up_to_date_by_the_same_command(doocore: Doocore) -> None:
    assert doocore("migrate", "--json").data == {"database": "doocore.db", "new": True}
    assert doocore("migrate", "--json").data == {"database": "doocore.db", "new": False}
    assert Path("doocore.db").exists()


def test_the_demo_plays_in_an_organization_that_has_nothing(doocore: Doocore, postgres: str) -> None:
    """Its files go into a new folder; a second time, another organization has to be named."""
    told = doocore("demo", "--db", postgres, "--json").data
    assert (told["bookings"], told["list"]) == (200, "doocore-demo/contacts.csv")
    assert doocore("contacts", "--db", postgres, "--json").data["total"] == told["contacts"]["after_bookings"]
    again = doocore("demo", "--db", postgres)
    assert (again.status, "--org" in again.err) == (2, True)
    assert not Path("doocore-demo-2").exists()


def test_cases_run_in_postgres(doocore: Doocore, write: Write, postgres: str) -> None:
    case = {"id": "x", "kind": "same_address", "rules": ["ID-3"], "a": "A@x.de", "b": "a@x.de", "expect": True}
    cases = write("cases.json", document(case).decode())
    answer = doocore("vectors", "run", cases, "--store", "postgres", "--dsn", postgres)
    assert (answer.status, answer.out) == (0, "1 passed, 0 failed\n")


@pytest.mark.parametrize("dsn", ["postgresql://127.0.0.1:1/x", "postgresql:///?no_such_option=1", "postgresql://[x"])
def test_what_the_server_or_its_driver_says_is_passed_on(doocore: Doocore, dsn: str) -> None:
    """In one line, with status 2; a password is not repeated."""
    answer = doocore("contacts", "--db", dsn)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_a_user_without_rights_is_told(doocore: Doocore, bare_postgres: str) -> None:
    answer = doocore("migrate", "--db", f"{bare_postgres}&options=-crole%3Dpg_monitor")
    assert (answer.status, "permission denied" in answer.err, answer.err.count("\n")) == (2, True, 1)


@pytest.mark.parametrize("package", ["psycopg", "psycopg_pool"])
def test_the_missing_extra_is_named_with_what_to_install(package: str) -> None:
    command = [sys.executable, "-c", WITHOUT.format(package=package), "contacts", "--db", "postgresql:///x"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'doocore: the command needs {package}; install it with: pip install "doocore[postgres]"\n'
