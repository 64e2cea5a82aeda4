"""An import whose process is killed, again and again, loses nothing and doubles nothing (IM-12)."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import LiteralString

import pytest

from doocore import ContactCenter, RowOutcome
from doocore.ports import Store
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from tests.databases import rows_of, wait_until

ROWS = 10_000
KILLS = 20
REPEATED = 200  # every so many rows, one has the address of the first
UNIT = 125  # an eightieth of the list, so that twenty kills find something to interrupt

STORES: dict[str, Callable[[str], Store]] = {"SqliteStore": SqliteStore, "PostgresStore": PostgresStore}
OTHERS: LiteralString = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
OPENS = {"SqliteStore": "doocore_adapters.sqlite", "PostgresStore": "doocore_adapters.postgres"}

LIFE = f"""
import os, sys
from doocore import ContactCenter
from doocore.contact_center import importing
from doocore_adapters.csv_files import CsvFile
from {{module}} import {{name}}

importing.UNIT = {UNIT}

def tell(progress):
    if progress.total is not None:
        print(progress.done, flush=True)

def live():
    store = {{name}}(sys.argv[2])
    center = ContactCenter(store.organization("acme"))
    rows = CsvFile(sys.argv[1])
    record = center.imports.interrupted(rows)
    if record is None:
        center.import_contacts(rows, progress=tell)
    else:
        center.imports.resume(record.id, rows, progress=tell)
    store.close()
"""
"""How a process works on the import."""

LIVES = """
while os.read(0, 1):
    worker = os.fork()
    if not worker:
        print(os.getpid(), flush=True)
        live()
        os._exit(0)
    _, status = os.waitpid(worker, 0)
    print("over", os.waitstatus_to_exitcode(status), flush=True)
"""
"""One process after the other, each with everything imported from its first moment on."""

SLEEPS = """
def tell(progress):
    if progress.total is not None:
        print(progress.done, flush=True)
        sys.stdin.readline()

live()
"""
"""A process that goes to sleep behind its first commit."""


class Database:
    """Where the import goes: a file, or a database on a server."""

    def __init__(self, name: str, place: str) -> None:
        self.name = name
        self.place = place

    def works_on(self, source: Path, how: str) -> "subprocess.Popen[str]":
        """Start what works on the import of a list."""
        life = LIFE.format(module=OPENS[self.name], name=self.name)
        command = [sys.executable, "-c", f"{life}{how}", str(source), self.place]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def notice(self) -> None:
        """Wait until the server has noticed who is gone: it may be committing yet."""
        if self.name == "PostgresStore":
            wait_until(lambda: not rows_of(self.place, OTHERS))

    @contextmanager
    def center(self) -> Iterator[ContactCenter]:
        """Look into it."""
        with closing(STORES[self.name](self.place)) as store:
            yield ContactCenter(store.organization("acme"))


@pytest.fixture(params=OPENS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Give one that is empty."""
    in_file = request.param == "SqliteStore"
    return Database(request.param, str(tmp_path / "contacts.db") if in_file else request.getfixturevalue("postgres"))


def write_list(path: Path) -> Path:
    """Write addresses that are all new, but for those that repeat the first."""
    with path.open("w", encoding="utf-8") as file:
        file.write("E-Mail,Vorname,Gruppen\n")
        for number in range(ROWS):
            person = 0 if number % REPEATED == 0 else number
            file.write(f"gast{person}@example.org,Gäst {number},VIP\n")
    return path


def live(workers: "subprocess.Popen[str]", chance: random.Random | None = None) -> int:
    """Let a process work on the import, and kill it somewhere between its first commits; give its exit status."""
    assert workers.stdin is not None
    assert workers.stdout is not None
    workers.stdin.write("\n")
    workers.stdin.flush()
    worker = int(workers.stdout.readline())
    if chance is not None:
        for _ in range(chance.randint(0, 2)):
            assert workers.stdout.readline()[0].isdigit(), "it should not be through yet"
        time.sleep(chance.uniform(0, 0.02))
        os.kill(worker, signal.SIGKILL)
    while (said := workers.stdout.readline()).strip().isdigit():
        pass
    return int(said.removeprefix("over"))


def recorded(database: Database) -> tuple[int, int]:
    """Count the contacts and the rows that the database has by now."""
    with database.center() as center:
        return center.count_contacts(), sum(center.imports.report(each.id).total for each in center.imports.all())


def test_twenty_kills_lose_and_double_nothing(database: Database, tmp_path: Path) -> None:
    """At every moment contacts and report are of one piece; at the end every row was taken exactly once."""
    source = write_list(tmp_path / "gäste.csv")
    chance = random.Random(12)  # noqa: S311, no secret
    moments = []
    workers = database.works_on(source, LIVES)
    for _ in range(KILLS):
        assert live(workers, chance) == -signal.SIGKILL
        database.notice()
        contacts, rows = recorded(database)
        assert contacts == rows - max(0, (rows - 1) // REPEATED)  # the repeated ones make no contact
        moments.append(rows)
    assert moments == sorted(moments)
    assert len(set(moments)) > KILLS / 3  # the kills fell between many commits, not all before the first
    assert live(workers) == 0
    assert workers.communicate() == ("", "")
    with database.center() as center:
        (record,) = center.imports.all()
        report = center.imports.report(record.id)
        assert report.counts == {
            RowOutcome.ADDED: ROWS - ROWS // REPEATED + 1,
            RowOutcome.UNPROCESSED: ROWS // REPEATED - 1,
        }
        assert record.version <= KILLS + 1
        assert [row.line for row in center.imports.rows(record.id)] == list(range(2 + REPEATED, 2 + ROWS, REPEATED))
        assert center.count_contacts(group="VIP") == center.count_contacts()
        assert center.imports.interrupted(CsvFile(source)) is None
        assert center.count_contacts() == ROWS - ROWS // REPEATED + 1
        assert len({each.email_key for each in center.list_contacts(limit=ROWS)}) == center.count_contacts()
    if database.name == "SqliteStore":
        with closing(sqlite3.connect(database.place)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_worker_that_sleeps_through_a_takeover_cannot_write(database: Database, tmp_path: Path) -> None:
    """A process that is stopped, and wakes up when another has brought the import to its end, fails and changes nothing."""
    source = write_list(tmp_path / "gäste.csv")
    with database.works_on(source, SLEEPS) as sleeper, database.works_on(source, LIVES) as workers:
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline() == f"{UNIT}\n"
        assert live(workers) == 0
        whole = recorded(database)
        workers.communicate()
        _, said = sleeper.communicate("\n")
    assert sleeper.returncode == 1
    assert "StaleVersionError" in said
    assert recorded(database) == whole == (ROWS - ROWS // REPEATED + 1, ROWS)
