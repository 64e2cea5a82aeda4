"""An import whose process is killed, again and again, loses nothing and doubles nothing (IM-12)."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from doocore import ContactCenter, RowOutcome
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.sqlite import SqliteStore

ROWS = 50_000
KILLS = 20
REPEATED = 1_000  # every so many rows, one has the address of the first
UNIT = 1_000  # a fiftieth of the list, so that twenty kills find something to interrupt

IMPORTS_UNTIL_KILLED = f"""
import sys
from doocore import ContactCenter
from doocore.contact_center import importing
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.sqlite import SqliteStore

importing.UNIT = {UNIT}
center = ContactCenter(SqliteStore(sys.argv[2]).organization("acme"))
rows = CsvFile(sys.argv[1])

def tell(progress):
    if progress.total is not None:
        print(progress.done, flush=True)

record = center.imports.interrupted(rows)
if record is None:
    center.import_contacts(rows, progress=tell)
else:
    center.imports.resume(record.id, rows, progress=tell)
"""


def write_list(path: Path) -> Path:
    """Write addresses that are all new, but for those that repeat the first."""
    with path.open("w", encoding="utf-8") as file:
        file.write("E-Mail,Vorname,Gruppen\n")
        for number in range(ROWS):
            person = 0 if number % REPEATED == 0 else number
            file.write(f"gast{person}@example.org,Gäst {number},VIP\n")
    return path


def live(source: Path, database: Path, chance: random.Random, *, kill: bool) -> int:
    """Let a process work on the import, and kill it somewhere between its first commits; give its exit status."""
    command = [sys.executable, "-c", IMPORTS_UNTIL_KILLED, str(source), str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        if kill:
            for _ in range(chance.randint(0, 3)):
                assert worker.stdout.readline(), "it should not be through yet"
            time.sleep(chance.uniform(0, 0.05))
            worker.send_signal(signal.SIGKILL)
        worker.stdout.read()
    return worker.returncode


def recorded(database: Path) -> tuple[int, int]:
    """Count the contacts and the rows that the database has by now."""
    with closing(SqliteStore(database)) as store:
        center = ContactCenter(store.organization("acme"))
        return center.count_contacts(), sum(center.imports.report(each.id).total for each in center.imports.all())


def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """At every moment contacts and report are of one piece; at the end every row was taken exactly once."""
    source, database = write_list(tmp_path / "gäste.csv"), tmp_path / "contacts.db"
    chance = random.Random(12)  # noqa: S311, no secret
    moments = []
    for _ in range(KILLS):
        assert live(source, database, chance, kill=True) == -signal.SIGKILL
        contacts, rows = recorded(database)
        assert contacts == rows - max(0, (rows - 1) // REPEATED)  # the repeated ones make no contact
        moments.append(rows)
    assert moments == sorted(moments)
    assert len(set(moments)) > KILLS / 3  # the kills fell between many commits, not all before the first
    assert live(source, database, chance, kill=False) == 0
    with closing(SqliteStore(database)) as store:
        center = ContactCenter(store.organization("acme"))
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
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT email_key) FROM doocore_contacts").fetchone() == (
            ROWS - ROWS // REPEATED + 1,
            ROWS - ROWS // REPEATED + 1,
        )
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_worker_that_sleeps_through_a_takeover_cannot_write(tmp_path: Path) -> None:
    """A process that is stopped, and wakes up when another has brought the import to its end, fails and changes nothing."""
    source, database = write_list(tmp_path / "gäste.csv"), tmp_path / "contacts.db"
    command = [
        sys.executable,
        "-c",
        IMPORTS_UNTIL_KILLED.replace("print(progress.done, flush=True)", "sleep(progress)"),
    ]
    command[-1] = "def sleep(progress):\n    print(progress.done, flush=True)\n    sys.stdin.readline()\n" + command[-1]
    command[-1] = "import sys\n" + command[-1]
    with subprocess.Popen(
        [*command, str(source), str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sleeper:
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline() == f"{UNIT}\n"
        assert live(source, database, random.Random(), kill=False) == 0  # noqa: S311
        whole = recorded(database)
        _, said = sleeper.communicate("\n")
    assert sleeper.returncode == 1
    assert "StaleVersionError" in said
    assert recorded(database) == whole == (ROWS - ROWS // REPEATED + 1, ROWS)
