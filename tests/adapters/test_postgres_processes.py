"""Several processes on one database: killed, forked, or after the same address at the same time."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest

from doocore.changes import CreateContact
from doocore.testing.samples import address, contact, envelope
from doocore_adapters.postgres import PostgresStore, pooled
from tests.databases import rows_of, somebody_waits, wait_until
from tests.stores import count, write

ADA = address("ada@example.org")


def contacts_after_a_race(dsn: str) -> int:
    """Let two look for an address and create a contact where there is none, the second while the first is at it."""
    first_has_read, second_has_read = Event(), Event()

    def find_or_create(number: int, has_read: Event, may_write: Event | None) -> None:
        with closing(PostgresStore(dsn)) as store, store.organization("acme").transaction(lock=[ADA]) as tx:
            found = tx.contacts.holders([ADA])
            has_read.set()
            if may_write is not None:
                wait_until(lambda: may_write.is_set() or somebody_waits(dsn))
            if not found:
                tx.apply([CreateContact(contact(number, email="ada@example.org"))], envelope())

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(find_or_create, 1, first_has_read, second_has_read)
        first_has_read.wait(60)
        second = threads.submit(find_or_create, 2, second_has_read, None)
        first.result(60)
        second.result(60)
    ((found,),) = rows_of(dsn, "SELECT count(*) FROM doocore_contacts")
    return int(found)


def test_a_new_address_makes_one_contact(postgres: str) -> None:
    """The second waits, and finds whom the first created (AS-12)."""
    assert contacts_after_a_race(postgres) == 1


def test_it_is_the_lock_that_prevents_two(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, both find nobody."""
    monkeypatch.setattr(pooled, "hold", lambda *_: None)
    assert contacts_after_a_race(postgres) == 2


FINDS_OR_CREATES = """
import sys
from doocore.changes import CreateContact
from doocore.testing.samples import address, contact, envelope
from doocore_adapters.postgres import PostgresStore

store = PostgresStore(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
order = range(40) if sys.argv[2] == "0" else reversed(range(40))
for number in order:
    keys = [address(f"{each}@example.org") for each in (number, number + 1)]
    with store.organization("acme").transaction(lock=keys) as tx:
        if not tx.contacts.holders(keys[:1]):
            new = contact(number + 1_000 * int(sys.argv[2]), email=keys[0].key)
            tx.apply([CreateContact(new)], envelope())
store.close()
"""


def test_processes_after_the_same_addresses_make_each_contact_once(postgres: str) -> None:
    """From both ends, with keys that overlap: nobody is refused, nobody waits for ever."""
    commands = [[sys.executable, "-c", FINDS_OR_CREATES, postgres, number] for number in ("0", "1")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for command in commands
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in processes:
        each.communicate(timeout=120)
    assert [each.returncode for each in processes] == [0, 0]
    assert rows_of(postgres, "SELECT count(*), count(DISTINCT email_key) FROM doocore_contacts") == [(40, 40)]


WRITES_AND_WAITS_TO_BE_KILLED = """
import sys
from doocore.changes import CreateContact
from doocore.testing.samples import address, contact, envelope
from doocore_adapters.postgres import PostgresStore

acme = PostgresStore(sys.argv[1]).organization("acme")
with acme.transaction() as tx:
    tx.apply([CreateContact(contact(1))], envelope())
with acme.transaction(lock=[address("a")]) as tx:
    tx.apply([CreateContact(contact(each)) for each in range(2, 500)], envelope())
    print("in the middle", flush=True)
    sys.stdin.read()
"""


def test_a_killed_process_leaves_whole_transactions(postgres: str) -> None:
    """It loses the transaction it was in, and keeps nobody waiting."""
    command = [sys.executable, "-c", WRITES_AND_WAITS_TO_BE_KILLED, postgres]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in the middle\n"
        writer.send_signal(signal.SIGKILL)
    with closing(PostgresStore(postgres)) as store:
        with store.organization("acme").transaction(lock=[address("a")]) as tx:
            assert tx.contacts.count() == 1
            tx.apply([CreateContact(contact(2))], envelope())
        assert count(store) == 2


if hasattr(os, "fork"):

    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_a_forked_process_opens_connections_of_its_own(postgres: str) -> None:
        """A server that uses the store and then forks its workers spoils nothing."""
        with closing(PostgresStore(postgres)) as store:
            write(store, 1)
            ours = backend_of(store)
            child = os.fork()
            if child == 0:
                try:
                    write(store, 2)
                    os._exit(0 if count(store) == 2 and backend_of(store) != ours else 3)
                finally:
                    os._exit(4)
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0
            write(store, 3)
            assert count(store) == 3
            assert backend_of(store) == ours

    def backend_of(store: PostgresStore) -> int:
        """Tell which process of the server serves the store."""
        with store.organization("acme").snapshot() as view:
            found: int = view.contacts._session._cursor.connection.info.backend_pid  # type: ignore[attr-defined]
        return found
