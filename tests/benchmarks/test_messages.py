"""Messages: a hundred thousand recipients queued, ten thousand mails sent over a real server.

`DOOCORE_BENCHMARK_RECIPIENTS` makes them fewer. The floor of sending is bare `smtplib` with the same mails over one
connection, made with the standard library's `email` as anybody would; and once more, with mails made as ours are, which
takes less. Ours come in turn with both; the server is a process of its own, and takes everything.
"""

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from functools import partial
from pathlib import Path

import pytest

from doocore import ContactCenter, Event, EventStatus, Mail, MailState, MessageDraft
from doocore.ports import Mailer
from doocore_adapters._mime import mime_of
from doocore_adapters.memory import MemoryMailer
from doocore_adapters.smtp import Security, SmtpMailer
from doocore_adapters.sqlite import SqliteStore
from tests.benchmarks.measuring import RUNS, interleaved
from tests.builders import MAILING, PARSERS

pytestmark = pytest.mark.benchmark

RECIPIENTS = int(os.environ.get("DOOCORE_BENCHMARK_RECIPIENTS", "100_000"))
SENT = min(RECIPIENTS, 10_000)

SERVER = """
import sys
from tests.mail_server import mail_server

with mail_server() as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""

DRAFT = MessageDraft(
    event_id="gala",
    subject="Einladung zur Gala, ${first_name}",
    text="Guten Tag ${first_name} ${last_name},\n\nzur Anmeldung: ${registration_link}\n\nAbmelden: ${unsubscribe_link}\n",
    html="<p>Guten Tag ${first_name},</p><p><a href='${registration_link}'>Zur Anmeldung</a></p>",
)


@contextmanager
def server() -> Iterator[int]:
    """Run a mail server in a process of its own, and tell its port."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def filled(path: Path, recipients: int) -> ContactCenter:
    """Have a contact base whose every member wants mails."""
    store = SqliteStore(path)
    center = ContactCenter(store.organization("acme"), parsers=PARSERS, mailing=MAILING)
    center.events.put(Event(id="gala", status=EventStatus.LIVE))
    guests = (
        {
            "E-Mail": f"gast{number}@example.org",
            "Vorname": f"Zoë{number}",
            "Nachname": "Müller",
            "Gruppen": "VIP",
            "Event communication": "1",
        }
        for number in range(recipients)
    )
    center.import_contacts(list(guests))
    return center


def test_queueing(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    """How many recipients a second enter the outbox, in one transaction."""
    center = filled(tmp_path / "queue.db", RECIPIENTS)
    begun = time.perf_counter()
    told = center.messages.queue(DRAFT, groups=["VIP"])
    took = time.perf_counter() - begun
    assert told.queued == RECIPIENTS
    show("A message queued", f"{RECIPIENTS:,} recipients in {took:.1f} s: {RECIPIENTS / took:,.0f} a second")


def test_sending_against_bare_smtplib(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    """The same mails, by the outbox and by a loop."""
    each_round = SENT // RUNS
    wires = probe_of(tmp_path / "probe.db", each_round)
    center = filled(tmp_path / "send.db", SENT)
    center.messages.queue(DRAFT, groups=["VIP"])
    with server() as port:
        sending = with_mailer(center, SmtpMailer("127.0.0.1", port, security=Security.NONE, local_hostname="x"))

        def bare(made: Callable[[Mail], EmailMessage]) -> None:
            with smtplib.SMTP("127.0.0.1", port, local_hostname="x") as smtp:
                for mail in wires:
                    smtp.sendmail(mail.sender.email, [mail.to.email], made(mail).as_bytes())

        def ours() -> None:
            assert sending.outbox.run(limit=each_round) == {MailState.SENT: each_round}

        pieces: dict[str, Callable[[], None]] = {
            "bare smtplib": partial(bare, by_the_standard_library),
            "bare smtplib, mails as ours": partial(bare, mime_of),
            "outbox": ours,
        }
        measured = interleaved(each_round, pieces)
    show("Mails sent", measured.table("bare smtplib"))


def by_the_standard_library(mail: Mail) -> EmailMessage:
    """Make a mail as one does without us: the same headers, the same parts."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(mail.sender.name, addr_spec=mail.sender.email)
    message["To"] = Address(mail.to.name, addr_spec=mail.to.email)
    message["Subject"] = mail.subject
    message["Date"] = localtime()
    message["Message-ID"] = mail.message_id
    message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def probe_of(path: Path, count: int) -> list[Mail]:
    """Make the very mails that the outbox would send."""
    mailer = MemoryMailer()
    center = with_mailer(filled(path, count), mailer)
    center.messages.queue(DRAFT, groups=["VIP"])
    center.outbox.run()
    return mailer.mails


def with_mailer(center: ContactCenter, mailer: Mailer) -> ContactCenter:
    """Open the same contact center with a mailer."""
    return ContactCenter(center._shell.store, parsers=PARSERS, mailing=MAILING, mailer=mailer)
