"""The command as a process of its own: pipes, exit statuses, a missing extra, an interruption."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from doocore_adapters.cli import NEEDS, main
from tests.cli.conftest import Doocore

ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "FORCE_COLOR", "NO_COLOR"}}
COMMAND = (sys.executable, "-c", "import sys; from doocore_adapters.cli import main; sys.exit(main())")


def run(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a list of which half stays unprocessed."""
    folder = tmp_path_factory.mktemp("process")
    rows = "".join(f"nobody{number}@example.org,Jörg {number}\nnobody{number}@,\n" for number in range(200))
    (folder / "list.csv").write_text("E-Mail,Vorname\n" + rows, "utf-8")
    done = run(folder, "import", "list.csv")
    assert (done.returncode, done.stderr) == (1, b"")
    return folder


def test_the_installed_command_is_this_one() -> None:
    program = Path(sys.executable).with_name("doocore")
    done = subprocess.run([program, "--version"], capture_output=True, check=True, text=True)
    assert done.stdout.startswith("doocore ")


def test_without_a_command_it_helps(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0
    assert b"Try `doocore demo` first." in done.stdout


def test_a_pipe_gets_no_bar_and_no_color(folder: Path) -> None:
    done = run(folder, "import", "list.csv", "--dry-run")
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\x1b" not in done.stdout


def test_json_is_all_that_machines_get(folder: Path) -> None:
    done = run(folder, "contacts", "--limit", "500", "--json")
    assert (done.returncode, done.stderr, json.loads(done.stdout)["total"]) == (0, b"", 200)


def test_mistakes_of_use_are_json_too(folder: Path) -> None:
    done = run(folder, "contacts", "--json", "--limit", "0")
    assert (done.returncode, done.stderr, json.loads(done.stdout)["error"]) == (2, b"", "usage")


def test_a_pipe_that_is_closed_is_no_accident(folder: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "contacts", "--limit", "500", "--json"],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "utf-8"])
def test_any_encoding_will_do(folder: Path, encoding: str) -> None:
    done = run(folder, "contacts", "Jörg 7", environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Jörg 7".encode(encoding, "replace") in done.stdout


WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from doocore_adapters.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("package", ["typer", "rich", "cattrs", "phonenumbers", "babel", "email_validator", "dateutil"])
def test_a_missing_extra_is_named_with_what_to_install(folder: Path, package: str) -> None:
    assert package in NEEDS
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(package=package), "contacts"],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'doocore: the command needs {package}; install it with: pip install "doocore[cli]"\n'


def test_a_module_that_the_extra_does_not_bring_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "doocore_adapters.cli.app", None)
    with pytest.raises(ModuleNotFoundError):
        main([])


def test_a_bug_shows_as_one(doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("doocore_adapters.cli.session.Session.is_new", property(broken))
    with pytest.raises(ZeroDivisionError):
        doocore("contacts")


def test_an_interruption_ends_in_one_line(doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("doocore_adapters.cli.session.Session.is_new", property(interrupted))
    answer = doocore("contacts")
    assert (answer.status, answer.out, answer.err) == (128 + signal.SIGINT, "", "stopped; what was done so far stays\n")


def test_a_folder_is_no_database(doocore: Doocore) -> None:
    Path("folder.db").mkdir()
    assert doocore("contacts", "--db", "folder.db").err == "doocore: folder.db is a folder, not a file\n"


def test_what_the_database_says_is_passed_on(doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_: Path) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr("doocore_adapters.cli.databases.SqliteStore", locked)
    answer = doocore("groups", "create", "VIP")
    assert (answer.status, answer.err) == (2, "doocore: the database says: database is locked\n")


def test_a_database_of_another_program_is_refused_untouched(doocore: Doocore) -> None:
    with closing(sqlite3.connect("other.db")) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    before = Path("other.db").read_bytes()
    answer = doocore("groups", "create", "VIP", "--db", "other.db", "--json")
    assert (answer.status, answer.data["error"]) == (2, "schema_version")
    assert "belongs to another program" in answer.data["message"]
    assert Path("other.db").read_bytes() == before


def test_a_database_of_a_newer_release_is_refused_untouched(doocore: Doocore) -> None:
    doocore("groups", "create", "VIP")
    with closing(sqlite3.connect("doocore.db")) as connection:
        connection.execute("INSERT INTO doocore_schema VALUES (99, 'later', 'x', '2999-01-01')")
        connection.commit()
    before = Path("doocore.db").read_bytes()
    answer = doocore("contacts")
    assert (answer.status, "newer release of doocore" in answer.err) == (2, True)
    assert Path("doocore.db").read_bytes() == before


def test_the_version_and_the_help(doocore: Doocore) -> None:
    assert doocore("--version").out.startswith("doocore ")
    assert "Try `doocore demo` first." in doocore().out


def test_who_acts_is_the_user_of_the_machine(doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "kim")
    doocore("events", "create", "gala", "--live")
    Path("b.json").write_text('{"event": "gala", "booker": {"email": "ada@example.org"}}', "utf-8")
    doocore("book", "b.json")
    assert doocore("contacts", "--json").data["contacts"][0]["origin"]["actor"] == "user:kim"


def test_a_user_without_a_name_acts_all_the_same(doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert doocore("groups", "create", "VIP").status == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nope"], "No such command 'nope'"),
        (["import"], "Missing argument 'FILE'"),
        (["contacts", "--nope"], "No such option"),
        (["contacts", "--limit", "many"], "Invalid value for '--limit'"),
        (["demo", "--encoding", "utf-16"], "'utf-16' is none of utf-8, iso-8859-1"),
    ],
)
def test_a_mistake_of_use_ends_with_2_and_names_the_help(
    doocore: Doocore, arguments: list[str], complaint: str
) -> None:
    answer = doocore(*arguments)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert complaint in answer.err
    assert "--help` explains" in answer.err


@pytest.mark.parametrize(
    "command", ["import", "export", "template", "contacts", "show", "book", "demo", "events", "fields", "vectors run"]
)
def test_every_command_explains_itself(doocore: Doocore, command: str) -> None:
    answer = doocore(*command.split(), "--help")
    assert answer.status == 0
    assert "--json" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 100


def test_vectors_run_on_both_stores(doocore: Doocore) -> None:
    answer = doocore("vectors", "run", "--store", "memory")
    assert (answer.status, answer.out.split()[-2:]) == (0, ["0", "failed"])
    assert doocore("vectors", "run", "--store", "sqlite", "--json").data["failed"] == 0


def test_vectors_alone_names_run(doocore: Doocore) -> None:
    assert "run" in doocore("vectors").words


def test_a_file_without_cases_is_refused(doocore: Doocore, tmp_path: Path) -> None:
    (tmp_path / "cases.json").write_text("{}", "utf-8")
    assert doocore("vectors", "run", "cases.json").status == 2
