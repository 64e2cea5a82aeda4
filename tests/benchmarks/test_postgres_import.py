"""Importing 200,000 rows into Postgres, fresh, again and changed, against bare `COPY` of the same file."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from doocore import ContactCenter, DuplicateMode, ImportOptions, RowOutcome
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.validation import LibraryParsers
from tests.benchmarks.measuring import interleaved
from tests.benchmarks.test_import import COLUMNS, write_list
from tests.databases import Databases
from tests.postgres import server

pytestmark = pytest.mark.benchmark

ROWS = 200_000
PIECE = 1 << 18


def copy_bare(source: Path, raw: psycopg.Connection) -> None:
    """The floor: the file as it is, by `COPY` into an indexed table, one transaction, no rule."""
    with raw.transaction(), source.open("rb") as file:
        raw.execute("DROP TABLE IF EXISTS bare")
        raw.execute(f"CREATE TABLE bare (id bigserial PRIMARY KEY, {', '.join(f'{name} text' for name in COLUMNS)})")
        raw.execute("CREATE INDEX bare_by_email ON bare (email)")
        raw.execute("CREATE INDEX bare_by_customer_id ON bare (customer_id)")
        with raw.cursor().copy(f"COPY bare ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv, HEADER)") as copy:
            while piece := file.read(PIECE):
                copy.write(piece)


def run_import(source: Path, store: PostgresStore, *, rows: int, expected: RowOutcome) -> None:
    """The whole import, rules and report included."""
    center = ContactCenter(store.organization("acme"), parsers=LibraryParsers())
    report = center.import_contacts(CsvFile(source), ImportOptions(duplicates=DuplicateMode.OVERWRITE))
    assert dict(report.counts) == {expected: rows}


def test_import_into_postgres_against_bare_copy(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    """On a server that syncs."""
    source, moved = write_list(tmp_path / "list.csv", ROWS), tmp_path / "moved.csv"
    moved.write_text(source.read_text(encoding="utf-8").replace(",Stadt ", ",Neustadt "), encoding="utf-8")
    with (
        server(durable=True) as dsn,
        closing(Databases(dsn)) as databases,
        psycopg.connect(databases.create(), autocommit=True) as raw,
        psycopg.connect(ours := databases.create(), autocommit=True) as emptying,
        closing(PostgresStore(ours)) as store,
    ):
        store.migrate()

        def again(expected: RowOutcome, which: Path = source) -> None:
            run_import(which, store, rows=ROWS, expected=expected)

        def fresh() -> None:
            emptying.execute("TRUNCATE doocore_contacts, doocore_history CASCADE")
            again(RowOutcome.ADDED)

        measured = interleaved(
            ROWS,
            {
                "bare COPY": lambda: copy_bare(source, raw),
                "import, fresh": fresh,
                "the same list again": lambda: again(RowOutcome.UNCHANGED),
                "a value changed in each row": lambda: again(RowOutcome.UPDATED, moved),
            },
        )
    show(f"Import of {ROWS:,} rows into Postgres", measured.table("bare COPY"))
