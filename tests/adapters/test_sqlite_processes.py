"""Several processes on one file: killed, forked, or writing at the same time."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from doocore_adapters.sqlite import SqliteStore
from tests.stores import count, write

WRITES_AND_WAITS_TO_BE_KILLED = """
import sys
from doocore.changes import CreateContact
from doocore.testing.samples import contact, envelope
from doocore_adapters.sqlite import SqliteStore

acme = SqliteStore(sys.argv[1]).organization("acme")
for batch in range(1, int(sys.argv[2]) + 1):
    with acme.transaction() as tx:
        numbers = range(batch * 1_000, batch * 1_000 + 1_000)
        contacts = [CreateContact(contact(each, email=f"{each}@example.org", comment="ä" * 1_000)) for each in numbers]
        tx.apply(contacts[:900], envelope())
        if batch == int(sys.argv[2]):
            print("in the middle", flush=True)
            sys.stdin.read()
        tx.apply(contacts[900:], envelope())
"""


class TestCrash:
    @pytest.mark.parametrize("batches", [1, 7])
    def test_a_killed_process_leaves_whole_transactions(self, tmp_path: Path, batches: int) -> None:
        """A process killed in the middle of writing loses that transaction alone; the file is whole and goes on being used."""
        path = tmp_path / "contacts.db"
        command = [sys.executable, "-c", WRITES_AND_WAITS_TO_BE_KILLED, str(path), str(batches)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "in the middle\n"
            writer.send_signal(signal.SIGKILL)
        assert writer.returncode == -signal.SIGKILL
        with closing(SqliteStore(path)) as store:
            assert count(store) == 1_000 * (batches - 1)
            with closing(sqlite3.connect(path)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            write(store, 1)
            assert count(store) == 1_000 * (batches - 1) + 1

    def test_two_processes_write_without_losing_or_refusing_anything(self, tmp_path: Path) -> None:
        """Each waits for the other's commits."""
        path = tmp_path / "contacts.db"
        SqliteStore(path).close()
        code = """
import sys
from doocore.changes import CreateContact
from doocore.testing.samples import contact, envelope
from doocore_adapters.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 100):
    with store.organization("acme").transaction() as tx:
        found = tx.contacts.count()
        tx.apply([CreateContact(contact(number))], envelope())
        assert tx.contacts.count() == found + 1
store.close()
"""
        command = [sys.executable, "-c", code, str(path)]
        writers = [subprocess.Popen([*command, str(first)]) for first in (1_000, 2_000)]
        assert [writer.wait(120) for writer in writers] == [0, 0]
        with closing(SqliteStore(path)) as store:
            assert count(store) == 200


if hasattr(os, "fork"):

    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_a_forked_process_opens_connections_of_its_own(tmp_path: Path) -> None:
        """A server that uses the store and then forks its workers spoils nothing, even while some thread is writing."""
        with closing(SqliteStore(tmp_path / "contacts.db")) as store:
            write(store, 1)
            assert count(store) == 1
            inherited = list(store._connections._idle)  # type: ignore[attr-defined]
            assert inherited
            has_its_turn, may_end = threading.Event(), threading.Event()

            def take_a_turn() -> None:
                with store._connections._turn:  # type: ignore[attr-defined]
                    has_its_turn.set()
                    may_end.wait(60)

            holder = threading.Thread(target=take_a_turn)
            holder.start()
            has_its_turn.wait(60)
            child = os.fork()
            if child == 0:
                try:
                    write(store, 2)
                    ours = set(map(id, store._connections._idle))  # type: ignore[attr-defined]
                    os._exit(0 if ours.isdisjoint(map(id, inherited)) else 3)
                finally:
                    os._exit(4)
            _, status = os.waitpid(child, 0)
            may_end.set()
            holder.join(60)
            assert os.waitstatus_to_exitcode(status) == 0
            write(store, 3)
            assert count(store) == 3
