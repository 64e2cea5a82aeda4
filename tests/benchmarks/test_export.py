"""Exporting 200,000 contacts, against a bare cursor and the format's own writer with the same columns."""

import csv
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # the package has no types

from doocore import ContactCenter, FieldType, ImportOptions
from doocore.model.fields import SYSTEM_KEYS
from doocore.ports import Store
from doocore_adapters.csv_files import CsvFile, write_csv
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from doocore_adapters.xlsx import write_xlsx
from tests.benchmarks.measuring import interleaved

pytestmark = pytest.mark.benchmark

ROWS = 200_000
WORKBOOK_RUNS = 3

COLUMNS = (
    *("email", "customer_id", "salutation", "title", "first_name", "last_name", "company", "street", "house_number"),
    *("postal_code", "city", "country", "phone", "comment", "Branche", "Newsletter-Typ", "Vegan", "groups"),
    *("event_communication", "newsletter", "marketing"),
)

MEMORY = """
import sys
from pathlib import Path
from doocore import ContactCenter
from doocore_adapters.csv_files import write_csv
from doocore_adapters.sqlite import SqliteStore

center = ContactCenter(SqliteStore(sys.argv[1]).organization("acme"))
with center.export_contacts() as export:
    write_csv(sys.argv[2], export, replace=True)
status = Path("/proc/self/status").read_text()  # `getrusage` would tell the peak of the process that started this one
print(status.partition("VmHWM:")[2].split()[0])
"""


def _row(number: int) -> tuple[object, ...]:
    """A contact as organizers have it: some fields of their own, mostly one group, now and then a note."""
    groups = f"Gruppe {number % 20}" if number % 4 else f"Gruppe {number % 20};Gruppe {number % 7}"
    return (
        *(f"Vorname.Nachname{number}@example{number % 97}.org", f"K-{number:07}", ("Herr", "Frau")[number % 2]),
        *("Dr." if number % 9 == 0 else "", f"Vörname{number % 500}", f"Nachname{number % 3_000}"),
        *(f"Firma {number % 5_000}", f"Straße {number % 700}", number % 200, 10_000 + number % 8_000),
        *(f"Stadt {number % 400}", "DE", f"+491511{1_000_000 + number}"),
        "- ruft zurück,\nam Montag" if number % 10 == 0 else "",
        *(f"Branche {number % 30}" if number % 3 == 0 else "", "A" if number % 5 == 0 else "", number % 2),
        *(groups, "1", "0" if number % 50 == 0 else "", ""),
    )


def fill(path: Path, rows: int) -> SqliteStore:
    """Make a file of so many contacts."""
    store = SqliteStore(path)
    import_into(store, path.with_suffix(".csv"), rows)
    return store


def import_into(store: Store, source: Path, rows: int) -> None:
    """Fill an empty store with so many contacts, by an import."""
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *map(_row, range(rows))])
    center = ContactCenter(store.organization("acme"), parsers=LibraryParsers())
    center.fields.create("Branche")
    center.fields.create("Newsletter-Typ")
    center.fields.create("Vegan", FieldType.CHECKBOX)
    report = center.import_contacts(CsvFile(source), ImportOptions())
    assert report.total == rows
    assert not report.reasons


KEYS = "SELECT field_key FROM doocore_fields ORDER BY sequence"


def bare_query(custom: Sequence[str], joined: str) -> str:
    """The floor's query: the same columns in one statement, as somebody would write it who knows the tables."""
    groups = (
        f"(SELECT {joined}(g.name, ';') FROM doocore_memberships m JOIN doocore_groups g"  # noqa: S608, our own names
        " ON g.organization_id = m.organization_id AND g.id = m.group_id"
        " WHERE m.organization_id = c.organization_id AND m.contact_id = c.id)"
    )
    states = [
        f"CASE c.{each} WHEN 'subscribed' THEN '1' WHEN 'unsubscribed' THEN '0' END"
        for each in ("event_communication", "newsletter", "marketing")
    ]
    columns = ", ".join(["c.id", *(f"c.{key}" for key in SYSTEM_KEYS), *custom, groups, *states])
    return f"SELECT {columns} FROM doocore_contacts c WHERE c.organization_id = 'acme' ORDER BY c.id"  # noqa: S608


@contextmanager
def bare_rows(path: Path) -> Iterator[sqlite3.Cursor]:
    """Run it on a file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA cache_size = -32768")
        custom = [f"json_extract(c.custom, '$.\"{key}\"')" for (key,) in connection.execute(KEYS)]
        yield connection.execute(bare_query(custom, "group_concat"))


def server_cursor_to_csv(dsn: str, target: Path) -> None:
    """Run it by a cursor of Postgres' own, a thousand rows at a time."""
    with psycopg.connect(dsn) as connection, target.open("w", newline="", encoding="utf-8") as file:
        connection.execute("SELECT set_config('doocore.organization_id', 'acme', true)")
        custom = [f"c.custom ->> '{key}'" for (key,) in connection.execute(KEYS)]
        with connection.cursor("export") as cursor:
            cursor.itersize = 1_000
            cursor.execute(bare_query(custom, "string_agg").encode())
            writer = csv.writer(file)
            writer.writerow([each[0] for each in cursor.description or ()])
            writer.writerows(cursor)


def bare_csv(path: Path, target: Path) -> None:
    with bare_rows(path) as cursor, target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([each[0] for each in cursor.description])
        writer.writerows(cursor)


def bare_xlsx(path: Path, target: Path) -> None:
    workbook = xlsxwriter.Workbook(target, {"constant_memory": True})
    sheet = workbook.add_worksheet()
    with bare_rows(path) as cursor:
        sheet.write_row(0, 0, [each[0] for each in cursor.description])
        for number, row in enumerate(cursor, 1):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write_string(number, place, str(cell))
    workbook.close()


def export(store: Store, write: Callable[..., int], target: Path) -> None:
    with ContactCenter(store.organization("acme")).export_contacts() as contacts:
        assert write(target, contacts, replace=True) == ROWS


def test_export_against_a_bare_cursor(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    path = tmp_path / "contacts.db"
    with closing(fill(path, ROWS)) as store:
        as_csv = interleaved(
            ROWS,
            {
                "cursor to csv.writer": lambda: bare_csv(path, tmp_path / "bare.csv"),
                "export as CSV": lambda: export(store, write_csv, tmp_path / "ours.csv"),
            },
        )
        as_xlsx = interleaved(
            ROWS,
            {
                "cursor to xlsxwriter": lambda: bare_xlsx(path, tmp_path / "bare.xlsx"),
                "export as XLSX": lambda: export(store, write_xlsx, tmp_path / "ours.xlsx"),
            },
            runs=WORKBOOK_RUNS,
        )
    show(f"Export of {ROWS:,} contacts as CSV", as_csv.table("cursor to csv.writer"))
    show(f"Export of {ROWS:,} contacts as XLSX", as_xlsx.table("cursor to xlsxwriter"))


def test_export_from_postgres_against_a_server_cursor(
    bare_postgres: str, tmp_path: Path, show: Callable[[str, str], None]
) -> None:
    with closing(PostgresStore(bare_postgres)) as store:
        store.migrate()
        import_into(store, tmp_path / "contacts.csv", ROWS)
        with psycopg.connect(bare_postgres, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        as_csv = interleaved(
            ROWS,
            {
                "server cursor to csv.writer": lambda: server_cursor_to_csv(bare_postgres, tmp_path / "bare.csv"),
                "export as CSV": lambda: export(store, write_csv, tmp_path / "ours.csv"),
            },
        )
    show(f"Export of {ROWS:,} contacts from Postgres", as_csv.table("server cursor to csv.writer"))


def test_memory_of_an_export(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    lines = []
    for rows in (20_000, ROWS):
        path = tmp_path / f"{rows}.db"
        fill(path, rows).close()
        command = [sys.executable, "-c", MEMORY, str(path), str(tmp_path / "out.csv")]
        kilobytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        lines.append(f"{rows:>10,} rows{kilobytes / 1024:>10.0f} MiB")
    show("Peak memory of an export", "\n".join(lines))
