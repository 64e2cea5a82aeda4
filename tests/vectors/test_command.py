"""The command tells failing cases apart from files that are none, and always says how many passed."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from doocore_adapters.vectors.command import SCHEMA, print_schema, run
from doocore_adapters.vectors.stores import STORES
from tests.databases import rows_of
from tests.vectors.shipped import RawCase, document

RIGHT: RawCase = {
    "id": "right",
    "kind": "same_address",
    "rules": ["ID-3"],
    "a": "A@x.de",
    "b": "a@x.de",
    "expect": True,
}
WRONG: RawCase = {"id": "wrong", "kind": "address", "rules": ["ID-4"], "input": "a@x.de\u00a0", "expect": "no\u00a0"}
TWICE_WRONG: RawCase = {
    "id": "twice wrong",
    "kind": "assignment",
    "rules": ["AS-1a"],
    "expect": {"decision": "new", "contact": "c1"},
}


class Ran:
    """One run of the command."""

    def __init__(
        self, *paths: Path | str, store: str = "memory", dsn: str | None = None, as_json: bool = False
    ) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.status = run(paths, store, dsn, as_json=as_json, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()


def file(folder: Path, name: str, *cases: RawCase) -> Path:
    path = folder / name
    path.write_bytes(document(*cases))
    return path


def test_the_cases_that_ship_pass_without_a_word_more() -> None:
    ran = Ran()
    count, words = ran.out.split(" ", 1)
    assert (ran.status, words, ran.err) == (0, "passed, 0 failed\n", "")
    assert int(count) > 300


@pytest.mark.parametrize("store", sorted(STORES))
def test_every_file_is_run(tmp_path: Path, store: str, dsn_of: Callable[[str], str | None]) -> None:
    files = file(tmp_path, "a.json", RIGHT), str(file(tmp_path, "b.json", RIGHT))
    ran = Ran(*files, store=store, dsn=dsn_of(store))
    assert (ran.status, ran.out) == (0, "2 passed, 0 failed\n")


def test_a_failing_case_has_one_line(tmp_path: Path) -> None:
    """It says which case, where, what was expected and what came; what cannot be seen is spelled out."""
    ran = Ran(file(tmp_path, "a.json", WRONG, RIGHT), file(tmp_path, "b.json", TWICE_WRONG))
    assert ran.status == 1
    assert ran.out.splitlines() == [
        'wrong: expect: expected "no\\u00a0", got "valid"',
        'twice wrong: expect.decision: expected "new", got "unassigned" (and 1 more)',
        "1 passed, 2 failed",
    ]


def test_a_case_of_an_unknown_kind_fails(tmp_path: Path) -> None:
    ran = Ran(file(tmp_path, "a.json", {"id": "x", "kind": "horoscope", "rules": [], "sign": "Leo"}))
    assert (ran.status, ran.out.splitlines()[-1]) == (1, "0 passed, 1 failed")


def test_a_document_for_machines(tmp_path: Path) -> None:
    path = file(tmp_path, "a.json", RIGHT, TWICE_WRONG)
    ran = Ran(path, as_json=True)
    assert ran.status == 1
    assert json.loads(ran.out) == {
        "passed": 1,
        "failed": 1,
        "failures": [
            {
                "file": str(path),
                "id": "twice wrong",
                "place": "expect.decision",
                "expected": "new",
                "got": "unassigned",
            },
            {"file": str(path), "id": "twice wrong", "place": "expect.contact", "expected": "c1", "got": None},
        ],
    }


def test_a_file_that_is_none_is_told_with_its_place_and_nothing_is_run(tmp_path: Path) -> None:
    good = file(tmp_path, "good.json", WRONG)
    bad = file(tmp_path, "bad.json", RIGHT, WRONG | {"imput": "a"})
    ran = Ran(good, bad)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"{bad}: cases[1] (wrong).imput: unknown key; is 'input' meant?\n"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    ran = Ran(tmp_path / "none.json")
    assert (ran.status, ran.out) == (2, "")
    assert "none.json" in ran.err


def test_a_store_that_does_not_exist() -> None:
    ran = Ran(store="oracle")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "there is no store 'oracle'; there are: memory, sqlite, postgres\n"


def test_a_store_that_has_to_be_told_where_its_database_is() -> None:
    ran = Ran(store="postgres")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "the store postgres needs a database to run in: --dsn postgresql://USER@HOST/NAME\n"


def test_nothing_is_left_in_the_database(tmp_path: Path, postgres: str) -> None:
    """Cases run in a schema of their own, which goes again."""
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'doocore%'"
    ran = Ran(file(tmp_path, "a.json", RIGHT), store="postgres", dsn=postgres)
    assert ran.status == 0
    assert rows_of(postgres, schemas) == []
    assert rows_of(postgres, "SELECT count(*) FROM doocore_settings") == [(0,)]


def test_it_speaks_on_the_screen_unless_told_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([file(tmp_path, "a.json", RIGHT)]) == 0
    assert run(store="oracle") == 2
    captured = capsys.readouterr()
    assert captured.out == "1 passed, 0 failed\n"
    assert "oracle" in captured.err


def test_the_schema_is_printed_as_it_stands_in_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_schema() == 0
    assert capsys.readouterr().out == SCHEMA.read_text(encoding="utf-8")
