"""Dispatchers in processes of their own, on a real mail server: killed at any moment, and several at once (MA-3)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from doocore import ContactCenter, Event, EventStatus, MailState, MessageDraft
from doocore.ports import Store
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from tests.builders import MAILING
from tests.mail_server import MailServer, mail_server

RECIPIENTS = 200
KILLS = 20
DISPATCHERS = 4
TAKEN_AT_ONCE = 10
AFTERWARDS = "2100-01-01T00:00:00+00:00"
"""When whatever was taken in hand has been given up."""

STORES: dict[str, Callable[[str], Store]] = {"SqliteStore": SqliteStore, "PostgresStore": PostgresStore}
OPENS = {"SqliteStore": "doocore_adapters.sqlite", "PostgresStore": "doocore_adapters.postgres"}

NURSERY = """
import os, sys
from datetime import datetime
from doocore import ContactCenter
from doocore.contact_center import messaging
from doocore_adapters.smtp import Security, SmtpMailer
from {module} import {name}
from tests.builders import MAILING, SteadyClock

messaging.TAKEN_AT_ONCE = {at_once}  # so that there is something to share, and to leave behind

def dispatch(moment):
    store = {name}(sys.argv[1])
    center = ContactCenter(
        store.organization("acme"),
        clock=SteadyClock(datetime.fromisoformat(moment)),
        mailing=MAILING,
        mailer=SmtpMailer("127.0.0.1", int(sys.argv[2]), security=Security.NONE, local_hostname="test"),
    )
    me = os.getpid()
    center.outbox.run(progress=lambda done: os.write(1, f"{{me}} {{done}}\\n".encode()))  # whole, beside what others say
    store.close()

for line in sys.stdin:
    workers = []
    for moment in line.split():
        workers.append(os.fork())
        if not workers[-1]:
            dispatch(moment)
            os._exit(0)
    ends = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in workers]
    print("over", *ends, flush=True)
"""
"""Dispatchers, one or several at once for each line of moments, each a process with everything imported beforehand."""


class Place(NamedTuple):
    """Which store, and where it is."""

    kind: str
    where: str


def queued(store: Store) -> ContactCenter:
    """Queue a message for many."""
    store.migrate()
    center = ContactCenter(store.organization("acme"), parsers=LibraryParsers(), mailing=MAILING)
    center.events.put(Event(id="e1", name="Gala", status=EventStatus.LIVE))
    guests = [
        {"E-Mail": f"gast{number}@x.de", "Vorname": "Zoë", "Gruppen": "VIP", "Event communication": "1"}
        for number in range(RECIPIENTS)
    ]
    center.import_contacts(guests)
    draft = MessageDraft(event_id="e1", subject="Größe", text="Hallo ${first_name}: ${maybe_link}")
    assert center.messages.queue(draft, groups=["VIP"]).queued == RECIPIENTS
    return center


@contextmanager
def nursery(place: Place, server: MailServer) -> Iterator["subprocess.Popen[str]"]:
    """Have dispatchers at hand for the block."""
    text = NURSERY.format(module=OPENS[place.kind], name=place.kind, at_once=TAKEN_AT_ONCE)
    with subprocess.Popen(
        [sys.executable, "-c", text, place.where, str(server.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


def tell(process: "subprocess.Popen[str]", *moments: str) -> Iterator[list[str]]:
    """Let a dispatcher go to work at each of *moments*, all at once, and hear what they say until all are through."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(" ".join(moments) + "\n")
    while (said := process.stdout.readline().split())[0] != "over":
        yield said
    yield said


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Say which store, and where it is."""
    if request.param == "PostgresStore":
        return Place("PostgresStore", request.getfixturevalue("postgres"))
    return Place("SqliteStore", str(tmp_path / "outbox.db"))


def test_a_killed_dispatcher_sends_nothing_twice_and_loses_nothing(place: Place) -> None:
    """Whatever the server has taken it has taken once; at most one mail for each kill is in doubt."""
    store = STORES[place.kind](place.where)
    center = queued(store)
    chance = random.Random(3)  # noqa: S311, moments, not secrets
    with mail_server() as server, nursery(place, server) as dispatchers:
        for kill in range(KILLS):
            # A year later for each: what the one before has left behind is given up by then.
            said = tell(dispatchers, f"{2030 + kill}-01-01T00:00:00+00:00")
            worker = int(next(said)[0])
            time.sleep(chance.uniform(0, 0.02))
            os.kill(worker, signal.SIGKILL)
            assert list(said)[-1] == ["over", str(-signal.SIGKILL)]
        assert list(tell(dispatchers, AFTERWARDS))[-1] == ["over", "0"]
        taken = Counter(server.recipients)
    counts = center.outbox.counts()
    assert counts[MailState.SENT] + counts[MailState.UNKNOWN] == RECIPIENTS, counts
    assert max(taken.values()) == 1, "the server has taken a mail twice"
    assert counts[MailState.UNKNOWN] <= KILLS
    assert counts[MailState.UNKNOWN] > 0, "no kill came in the middle: this has proved nothing"
    sent = [each.to for each in center.outbox.page(states=[MailState.SENT], limit=RECIPIENTS)]
    assert set(sent) <= taken.keys()
    store.close()


def test_several_dispatchers_share_the_work(place: Place) -> None:
    """Each mail is sent once, and more than one of them has sent some."""
    store = STORES[place.kind](place.where)
    center = queued(store)
    with mail_server() as server, nursery(place, server) as dispatchers:
        *said, ends = tell(dispatchers, *[AFTERWARDS] * DISPATCHERS)
        assert ends == ["over", *["0"] * DISPATCHERS]
        taken = Counter(server.recipients)
    assert len(taken) == RECIPIENTS
    assert max(taken.values()) == 1
    assert center.outbox.counts()[MailState.SENT] == RECIPIENTS
    assert len({worker for worker, _ in said}) > 1
    store.close()
