"""`doocore import --summary-to`: the notice that an import is through, from the terminal to the report (IM-10)."""

import email
import email.policy
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doocore import ContactCenter, ImportOptions, ImportProgress, Mailbox, Mailing
from doocore.contact_center import importing
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.itsdangerous import SignedTokens
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]

SECRET = "a-long-secret-that-nobody-knows"  # noqa: S105, of the tests
LIST = "E-Mail,Vorname\nada@x.de,Ada\nkaputt,Ben\nzoë@x.de,Zoë\n"
KIM = ("--summary-to", "kim@veranstalter.de")


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an organizer keeps in the environment."""
    monkeypatch.setenv("DOOCORE_SENDER", "Team Gala <gala@example.org>")
    monkeypatch.setenv("DOOCORE_LINK_URL", "https://example.org/l/{token}")
    monkeypatch.setenv("DOOCORE_LINK_SECRET", SECRET)


@pytest.fixture
def guests(write: Write) -> Path:
    return write("guests.csv", LIST)


def queued(doocore: Doocore) -> int:
    answer = doocore("outbox", "--json")
    return 0 if answer.status else int(answer.data["counts"]["queued"])


def test_the_notice_leaves_through_the_outbox_and_its_link_leads_to_the_report(
    doocore: Doocore, guests: Path, tmp_path: Path
) -> None:
    """Its counts are those of the answer; the link tells the import, whose unprocessed rows can be had."""
    answer = doocore("import", guests, *KIM)
    assert answer.status == 1
    assert "A summary for kim@veranstalter.de is queued; `doocore outbox run` sends it." in answer.words
    assert doocore("outbox", "run", "--eml", "mails", "--json").data == {"mails": {"sent": 1}}
    (file,) = (tmp_path / "mails").iterdir()
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = mail.get_body()
    assert body is not None
    text = body.get_content()
    assert (mail["From"], mail["To"]) == ("Team Gala <gala@example.org>", "kim@veranstalter.de")
    assert "guests.csv" in mail["Subject"]
    assert "Zeilen der Liste: 3" in text
    found = re.search(r"https://example\.org/l/(\S+)", text)
    assert found is not None
    followed = doocore("receive", found[1], "--json").data
    assert followed["link"] == "report"
    with closing(SqliteStore("doocore.db")) as store:
        center = ContactCenter(store.organization("default"))
        assert center.imports.report(followed["reference"]).total == 3
        with closing(center.imports.rows(followed["reference"])) as rows:
            assert [each.cells for each in rows] == [("kaputt", "Ben")]


def test_machines_are_told_too(doocore: Doocore, guests: Path) -> None:
    assert doocore("import", guests, *KIM, "--json").data["summary_to"] == "kim@veranstalter.de"
    assert queued(doocore) == 1
    assert doocore("import", guests, "--json").data["summary_to"] is None
    assert queued(doocore) == 1


def test_without_it_nobody_is_told_and_nothing_of_mails_is_needed(
    doocore: Doocore, guests: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DOOCORE_SENDER", "DOOCORE_LINK_URL", "DOOCORE_LINK_SECRET"):
        monkeypatch.delenv(name)
    assert "summary" not in doocore("import", guests).words
    assert queued(doocore) == 0


def test_options_say_what_the_environment_does_not(
    doocore: Doocore, guests: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the secret, which everybody on the machine could read."""
    for name in ("DOOCORE_SENDER", "DOOCORE_LINK_URL"):
        monkeypatch.delenv(name)
    said = ("--sender", "gala@example.org", "--link-url", "https://example.org/{token}")
    assert doocore("import", guests, *KIM, *said).status == 1
    assert queued(doocore) == 1


def test_a_dry_run_tells_nobody_and_says_so(doocore: Doocore, guests: Path) -> None:
    """Whether there is a database already or not."""
    said = "Dry run: nothing was written, and there is no mail to kim@veranstalter.de."
    assert said in doocore("import", guests, *KIM, "--dry-run").words
    assert not Path("doocore.db").exists()
    doocore("import", guests)
    assert said in doocore("import", guests, *KIM, "--dry-run").words
    assert queued(doocore) == 0


@pytest.mark.parametrize("given", ["kim", "", "Kim <kim@x.de>", "kim@x.de, bob@x.de"])
def test_an_address_that_is_none_is_refused_before_anything_is_imported(
    doocore: Doocore, guests: Path, given: str
) -> None:
    """By the name of the option, with what was typed."""
    answer = doocore("import", guests, "--summary-to", given)
    assert (answer.status, answer.out) == (2, "")
    assert "--summary-to" in answer.err
    assert f"{given!r} is no address" in answer.err
    assert not Path("doocore.db").exists()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("DOOCORE_SENDER", '--sender "NAME <ADDRESS>", or DOOCORE_SENDER'),
        ("DOOCORE_LINK_URL", "--link-url URL with {token}, or DOOCORE_LINK_URL"),
        ("DOOCORE_LINK_SECRET", "a secret of at least 16 characters in DOOCORE_LINK_SECRET"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_imported(
    doocore: Doocore, guests: Path, monkeypatch: pytest.MonkeyPatch, name: str, complaint: str
) -> None:
    """A rehearsal finds it out, too."""
    monkeypatch.delenv(name)
    for mode in ((), ("--dry-run",)):
        answer = doocore("import", guests, *KIM, *mode)
        assert (answer.status, answer.out) == (2, "")
        assert complaint in answer.err
        assert not Path("doocore.db").exists()


class TestResume:
    @pytest.fixture
    def interrupted(self, guests: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[ImportOptions], Path]:
        """Stop an import of the list after its first commit."""
        monkeypatch.setattr(importing, "UNIT", 1)
        mailing = Mailing(
            sender=Mailbox(email="gala@example.org"), link_url="https://x.de/{token}", tokens=SignedTokens(SECRET)
        )

        def stop(progress: ImportProgress) -> None:
            if progress.total is not None:
                raise KeyboardInterrupt

        def begin(options: ImportOptions) -> Path:
            with closing(SqliteStore("doocore.db")) as store:
                center = ContactCenter(store.organization("default"), parsers=LibraryParsers(), mailing=mailing)
                with pytest.raises(KeyboardInterrupt):
                    center.import_contacts(CsvFile(guests), options, progress=stop)
            return guests

        return begin

    @pytest.mark.parametrize("again", [(), KIM])
    def test_whom_it_began_with_is_told_in_the_end(
        self, doocore: Doocore, interrupted: Callable[[ImportOptions], Path], again: tuple[str, ...]
    ) -> None:
        """Asked for again or not; once, and with the counts of the whole list."""
        path = interrupted(ImportOptions(summary_to="kim@veranstalter.de"))
        answer = doocore("import", path, "--resume", *again)
        assert "A summary for kim@veranstalter.de is queued" in answer.words
        assert queued(doocore) == 1
        doocore("outbox", "run", "--eml", "mails")
        (file,) = Path("mails").iterdir()
        assert "Zeilen der Liste: 3" in file.read_text("utf-8")

    def test_what_its_summary_needs_is_named_before_it_goes_on(
        self, doocore: Doocore, interrupted: Callable[[ImportOptions], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = interrupted(ImportOptions(summary_to="kim@veranstalter.de"))
        monkeypatch.delenv("DOOCORE_LINK_SECRET")
        answer = doocore("import", path, "--resume")
        assert (answer.status, "DOOCORE_LINK_SECRET" in answer.err) == (2, True)
        assert doocore("contacts", "--json").data["total"] == 1

    @pytest.mark.parametrize(("begun", "whom"), [(None, "nobody"), ("bob@x.de", "bob@x.de")])
    def test_another_address_is_refused(
        self, doocore: Doocore, interrupted: Callable[[ImportOptions], Path], begun: str | None, whom: str
    ) -> None:
        """The options of an import are those it began with; that somebody will be told is not promised in vain."""
        path = interrupted(ImportOptions(summary_to=begun))
        answer = doocore("import", path, "--resume", *KIM)
        assert answer.status == 2
        assert f"began with a summary to {whom}, and goes on so: leave --summary-to out" in answer.err
        assert doocore("contacts", "--json").data["total"] == 1

    def test_nothing_to_resume_makes_no_database(self, doocore: Doocore, guests: Path) -> None:
        assert doocore("import", guests, "--resume").status == 2
        assert not Path("doocore.db").exists()
