"""The notice that an import is through (IM-10)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doocore import (
    About,
    ContactCenter,
    ImportOptions,
    InvalidFieldValueError,
    InvalidMessageError,
    InvalidTokenError,
    Link,
    MailState,
    OrganizationSettings,
)
from doocore_adapters.memory import MemoryMailer, MemoryStore
from tests.builders import NOW, SteadyClock, new_center

ROWS = [{"E-Mail": "ada@x.de"}, {"E-Mail": "no address"}, {"E-Mail": "bob@x.de"}]
OPTIONS = ImportOptions(summary_to="kim@veranstalter.de", report_days=3)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "de",
            [
                "Import abgeschlossen",
                "Zeilen der Liste: 3",
                "Neu hinzugefügt: 2",
                "Nicht verarbeitet: 1",
                "bis 2026-03-04",
            ],
        ),
        ("en_GB", ["Import completed", "Rows of the list: 3", "Added: 2", "Not processed: 1", "until 2026-03-04"]),
    ],
)
def test_the_importing_user_is_told(locale: str, said: list[str]) -> None:
    """The counts, as they are in the report, in the organization's language; a notice needs no subscription."""
    mailer = MemoryMailer()
    center = new_center(OrganizationSettings(locale=locale), mailer=mailer)
    center.import_contacts(ROWS, OPTIONS)
    (queued,) = center.outbox.page()
    assert (queued.about, queued.state) == (About.IMPORT_SUMMARY, MailState.QUEUED)
    assert center.outbox.run() == {MailState.SENT: 1}
    (mail,) = mailer.mails
    assert mail.to.email == "kim@veranstalter.de"
    assert mail.unsubscribe_url is None
    for each in said:
        assert each in f"{mail.subject}\n{mail.text}"


def test_the_link_leads_to_the_report_until_that_expires() -> None:
    """Its token tells which import; afterwards it leads nowhere."""
    mailer, clock = MemoryMailer(), SteadyClock()
    center = new_center(mailer=mailer, clock=clock)
    report = center.import_contacts(ROWS, OPTIONS)
    center.outbox.run()
    token = mailer.mails[0].text.rsplit("/", 1)[1].strip()
    followed = center.receive(token, NOW + timedelta(days=3))
    assert (followed.link, followed.reference) == (Link.REPORT, report.id)
    with pytest.raises(InvalidTokenError, match="expired"):
        center.receive(token, NOW + timedelta(days=3, microseconds=1))


def test_a_dry_run_tells_nobody() -> None:
    """It writes nothing (IM-14)."""
    center = new_center()
    center.import_contacts(ROWS, OPTIONS, dry_run=True)
    assert center.outbox.page() == ()


def test_what_keeps_the_notice_from_being_written_is_said_beforehand() -> None:
    """An address that is none, or nobody to send it; nothing is imported then."""
    center = new_center()
    with pytest.raises(InvalidFieldValueError, match="summary_to"):
        center.import_contacts(ROWS, replace(OPTIONS, summary_to="kim"))
    assert center.count_contacts() == 0
    bare = ContactCenter(MemoryStore().organization("acme"))
    with pytest.raises(InvalidMessageError, match="mailing=Mailing"):
        bare.import_contacts(ROWS, OPTIONS)
    assert bare.count_contacts() == 0
