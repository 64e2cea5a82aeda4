"""Importing 200,000 rows into SQLite, fresh and again, against the bare loader without a rule."""

import csv
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doocore import ContactCenter, DuplicateMode, ImportOptions, RowOutcome
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from tests.benchmarks.measuring import interleaved

pytestmark = pytest.mark.benchmark

ROWS = 200_000
COLUMNS = (
    "email",
    "customer_id",
    "salutation",
    "title",
    "first_name",
    "last_name",
    "company",
    "street",
    "house_number",
    "postal_code",
    "city",
    "country",
    "phone",
    "comment",
    "event_communication",
)

MEMORY = """
import resource, sys
from doocore import ContactCenter
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers

center = ContactCenter(SqliteStore(sys.argv[2]).organization("acme"), parsers=LibraryParsers())
center.import_contacts(CsvFile(sys.argv[1]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def write_list(path: Path, rows: int) -> Path:
    """Write a list as organizers have it: names and cities repeat, addresses, numbers and phones do not."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_row(number) for number in range(rows))
    return path


def _row(number: int) -> tuple[object, ...]:
    return (
        f"Vorname.Nachname{number}@example{number % 97}.org",
        f"K-{number:07}",
        ("Herr", "Frau")[number % 2],
        "Dr." if number % 9 == 0 else "",
        f"Vörname{number % 500}",
        f"Nachname{number % 3_000}",
        f"Firma {number % 5_000}",
        f"Straße {number % 700}",
        number % 200,
        10_000 + number % 8_000,
        f"Stadt {number % 400}",
        "DE",
        f"+491511{1_000_000 + number}",
        "",
        "1",
    )


def load_bare(source: Path, database: Path) -> None:
    """The floor: `csv.reader` into `executemany`, an indexed table, one transaction, no rule."""
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    placeholders = ", ".join("?" * len(COLUMNS))
    with closing(sqlite3.connect(database)) as connection, source.open(newline="", encoding="utf-8") as file:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"CREATE TABLE contacts (id INTEGER PRIMARY KEY, {', '.join(COLUMNS)})")
        connection.execute("CREATE INDEX by_email ON contacts (email)")
        connection.execute("CREATE INDEX by_customer_id ON contacts (customer_id)")
        rows = csv.reader(file)
        next(rows)
        statement = f"INSERT INTO contacts ({', '.join(COLUMNS)}) VALUES ({placeholders})"  # noqa: S608, our own names
        connection.executemany(statement, rows)
        connection.commit()


def run_import(source: Path, database: Path, *, mode: DuplicateMode, expected: RowOutcome) -> None:
    """The whole import, rules and report included."""
    store = SqliteStore(database)
    center = ContactCenter(store.organization("acme"), parsers=LibraryParsers())
    report = center.import_contacts(CsvFile(source), ImportOptions(duplicates=mode))
    store.close()
    assert dict(report.counts) == {expected: ROWS}


def test_import_against_the_bare_loader(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    source = write_list(tmp_path / "list.csv", ROWS)
    ours = tmp_path / "ours.db"

    def fresh() -> None:
        for path in tmp_path.glob("ours.db*"):
            path.unlink()
        run_import(source, ours, mode=DuplicateMode.FILL_EMPTY, expected=RowOutcome.ADDED)

    measured = interleaved(
        ROWS,
        {
            "bare loader": lambda: load_bare(source, tmp_path / "bare.db"),
            "import, fresh": fresh,
            "the same list again": lambda: run_import(
                source, ours, mode=DuplicateMode.OVERWRITE, expected=RowOutcome.UNCHANGED
            ),
        },
    )
    show(f"Import of {ROWS:,} rows into SQLite", measured.table("bare loader"))


def test_memory_of_an_import(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    lines = []
    for rows in (20_000, ROWS, 2 * ROWS):
        source = write_list(tmp_path / f"{rows}.csv", rows)
        command = [sys.executable, "-c", MEMORY, str(source), str(tmp_path / f"{rows}.db")]
        kilobytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        lines.append(f"{rows:>10,} rows{kilobytes / 1024:>10.0f} MiB")
    show("Peak memory of an import (IM-16)", "\n".join(lines))
