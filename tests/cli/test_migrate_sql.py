"""`doocore migrate --sql` writes down what `doocore migrate` would run, for whoever runs it instead."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from doocore_adapters.sqlite import migration_sql
from tests.cli.conftest import Doocore
from tests.databases import rows_of
from tests.first_release.story import DATABASE


def test_a_new_file_is_made_by_it(doocore: Doocore, tmp_path: Path) -> None:
    """Nothing was made by writing it down; run by hand, it makes a database that is up to date."""
    script = doocore("migrate", "--sql").out
    assert list(tmp_path.iterdir()) == []
    with closing(sqlite3.connect("doocore.db")) as connection:
        connection.executescript(script)
    assert doocore("migrate", "--sql").out == ""
    assert doocore("contacts", "--json").data["total"] == 0


def test_an_older_file_lacks_the_later_steps_alone(doocore: Doocore, tmp_path: Path) -> None:
    """And is left as it was, to the byte."""
    shutil.copy(DATABASE, tmp_path / "doocore.db")
    before = Path("doocore.db").read_bytes()
    told = doocore("migrate", "--sql", "--json").data
    assert (told["database"], told["sql"][: len(migration_sql(2))]) == ("doocore.db", list(migration_sql(2)))
    script = doocore("migrate", "--sql").out
    assert Path("doocore.db").read_bytes() == before
    with closing(sqlite3.connect("doocore.db")) as connection:
        connection.executescript(script)
    assert doocore("migrate", "--sql", "--json").data["sql"] == []
    assert doocore("contacts", "--json").status == 0


def test_a_file_of_somebody_elses_is_refused(doocore: Doocore) -> None:
    with closing(sqlite3.connect("doocore.db")) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    answer = doocore("migrate", "--sql")
    assert (answer.status, answer.out) == (2, "")
    assert "another program" in answer.err


def test_a_postgres_database_is_made_by_it(doocore: Doocore, bare_postgres: str) -> None:
    script = doocore("migrate", "--sql", "--db", bare_postgres).out
    assert rows_of(bare_postgres, "SELECT 1 FROM pg_tables WHERE tablename LIKE 'doocore%'") == []
    with psycopg.connect(bare_postgres, autocommit=True) as connection:
        connection.execute(script.encode())
    assert doocore("migrate", "--sql", "--db", bare_postgres).out == ""
    assert doocore("contacts", "--db", bare_postgres, "--json").data["total"] == 0
