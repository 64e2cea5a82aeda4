"""`doocore invitation-list`, `mark`, `send`, `messages`, `outbox`, `receive`: from a group to who comes (chapters 7, 11)."""

import email
import email.policy
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doocore_adapters.cli import mailing
from doocore_adapters.smtp import SmtpMailer, Stage
from tests.cli.conftest import Answered, Doocore
from tests.mail_server import BREAKING_OFF, MailServer, mail_server

Write = Callable[[str, object], Path]

TEXT = """Hallo ${first_name},
ja: ${registration_link}
vielleicht: ${maybe_link}
nein: ${decline_link}
mehr: ${link_programm}
ab: ${unsubscribe_link}
"""
SEND = ("send", "gala", "--subject", "Einladung, ${first_name}", "--text", "text.txt")
LINK = ("--link", "programm=https://example.org/programm")


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an organizer keeps in the environment."""
    monkeypatch.setenv("DOOCORE_SENDER", "Team Gala <gala@example.org>")
    monkeypatch.setenv("DOOCORE_LINK_URL", "https://example.org/l/{token}")
    monkeypatch.setenv("DOOCORE_LINK_SECRET", "a-long-secret-that-nobody-knows")
    for name in ("DOOCORE_SMTP", "DOOCORE_SMTP_LOGIN", "DOOCORE_SMTP_PASSWORD", "DOOCORE_TEMPLATES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def gala(doocore: Doocore, write: Write) -> dict[str, str]:
    """The IDs of two guests: Ada wants mails about events, Bob never said so."""
    ids = {}
    for name, wishes in {"ada": ("--subscribe", "event_communication"), "bob": ()}.items():
        answer = doocore("contacts", "create", f"email={name}@x.de", f"first_name={name.title()}", "--json", *wishes)
        ids[name] = answer.data["id"]
    doocore("groups", "create", "VIP")
    doocore("groups", "join", "VIP", *ids.values())
    doocore("events", "create", "gala", "--live")
    doocore("invitation-list", "gala", "--add-group", "VIP")
    write("text.txt", TEXT)
    return ids


@pytest.fixture
def sent(doocore: Doocore, gala: dict[str, str], tmp_path: Path) -> Callable[[str], str]:  # noqa: ARG001, Ada must be there
    """Ada got a message: the tokens of its links, by the word before them."""
    assert doocore(*SEND, *LINK, "--group", "VIP").status == 0
    assert doocore("outbox", "run", "--eml", "mails").status == 0
    (file,) = (tmp_path / "mails").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body()
    assert body is not None
    text = body.get_content()

    def token(word: str) -> str:
        found = re.search(rf"^{word}: https://example\.org/l/(\S+)", text, re.MULTILINE)
        assert found is not None
        return found[1]

    assert (message["To"], message["Subject"]) == ("Ada <ada@x.de>", "Einladung, Ada")
    return token


def statuses(doocore: Doocore) -> dict[str, str]:
    return {each["email"]: each["status"] for each in doocore("invitation-list", "gala", "--json").data["contacts"]}


@pytest.mark.usefixtures("gala")
class TestInvitationList:
    def test_it_counts_and_lists_who_stands_where(self, doocore: Doocore, gala: dict[str, str]) -> None:
        doocore("mark", "gala", "ada@x.de", "undecided")
        told = doocore("invitation-list", "gala", "--json").data
        assert (told["groups"], told["total"]) == (["VIP"], 2)
        assert {status: count for status, count in told["counts"].items() if count} == {"pending": 1, "undecided": 1}
        assert told["contacts"][0] == {
            "id": gala["ada"],
            "name": "Ada",
            "email": "ada@x.de",
            "status": "undecided",
            "evidence": ["marked_undecided"],
        }
        words = doocore("invitation-list", "gala").words
        assert "Invitation list of gala · 2 contacts" in words
        assert "Groups: VIP" in words

    def test_it_can_be_narrowed_to_statuses_and_made_a_group(self, doocore: Doocore, gala: dict[str, str]) -> None:
        """Of all pages, whatever is shown."""
        doocore("mark", "gala", gala["ada"], "declined")
        narrowed = doocore("invitation-list", "gala", "--status", "declined", "--status", "checked-in", "--json").data
        assert [each["id"] for each in narrowed["contacts"]] == [gala["ada"]]
        assert "1 of 2 contacts; --limit 2 shows all" in doocore("invitation-list", "gala", "--limit", "1").words
        answer = doocore("invitation-list", "gala", "--status", "pending", "--limit", "1", "--to-group", "Erinnern")
        assert answer.words == "Group Erinnern is there with 1 contact."
        assert {"name": "Erinnern", "contacts": 1} in doocore("groups", "--json").data["groups"]

    def test_groups_come_and_go(self, doocore: Doocore) -> None:
        doocore("groups", "create", "Presse")
        told = doocore("invitation-list", "gala", "--add-group", "Presse", "--remove-group", "VIP", "--json").data
        assert (told["groups"], told["total"]) == (["Presse"], 0)
        assert (
            "none; --add-group puts one on it" in doocore("invitation-list", "gala", "--remove-group", "Presse").words
        )

    def test_why_somebody_stands_there(self, doocore: Doocore, sent: Callable[[str], str]) -> None:
        """Which evidence, from what, and what of it decides; what a machine did is told, too."""
        doocore("receive", sent("vielleicht"))
        doocore("receive", sent("nein"), "--by-machine")
        doocore("mark", "gala", "ada@x.de", "undecided", "--as", "kim")
        words = doocore("invitation-list", "gala", "--explain", "ada@x.de").words
        for part in ("Undecided", "Maybe link clicked (decides)", "message Einladung", "Marked as undecided (decides)"):
            assert part in words
        assert "marked by user:kim" in words
        assert "no evidence: a machine did it" in words
        told = doocore("invitation-list", "gala", "--explain", "ada@x.de", "--json").data
        assert (told["status"], told["decisive"]) == ("undecided", ["clicked_maybe", "marked_undecided"])
        assert told["evidence"] == ["sent", "clicked_maybe", "marked_undecided"]

    def test_a_booking_explains_and_who_is_not_listed_is_told(
        self, doocore: Doocore, gala: dict[str, str], write: Write
    ) -> None:
        booking = {"event": "gala", "number": "TX-AAAA-0001", "booker": {"email": "ada@x.de"}}
        doocore("book", write("booking.json", booking))
        doocore("groups", "leave", "VIP", gala["ada"])
        words = doocore("invitation-list", "gala", "--explain", gala["ada"]).words
        assert "booking TX-AAAA-0001" in words
        assert "The contact is in no group of the list." in words

    def test_marks_are_set_and_taken_back(self, doocore: Doocore, gala: dict[str, str]) -> None:
        answer = doocore("mark", "gala", "ada@x.de", "invited", "--json").data
        assert answer == {
            "event": "gala",
            "contact": gala["ada"],
            "mark": "invited",
            "marked": True,
            "status": "invited",
        }
        told = doocore("mark", "gala", "ada@x.de", "invited", "--remove").words
        assert told == "Ada is no longer marked as invited, and stands at: Invitation pending."

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (("invitation-list", "fest"), "`doocore events` lists them"),
            (("invitation-list", "gala", "--status", "here"), "'here' is none of pending, invited"),
            (("invitation-list", "gala", "--to-group", "vip"), "a group named 'vip' exists already"),
            (("mark", "gala", "ada@x.de", "completed"), "'completed' is none of invited, undecided, declined"),
            (("mark", "gala", "eve@x.de", "invited"), "eve@x.de"),
            (("mark", "gala", "ada@x.de"), "Missing argument 'STATUS'"),
        ],
    )
    def test_mistakes_are_told(
        self,
        doocore: Doocore,
        arguments: tuple[str, ...],
        complaint: str,
    ) -> None:
        answer = doocore(*arguments)
        assert (answer.status, answer.out) == (2, "")
        assert complaint in answer.words

    def test_an_event_without_a_list_says_what_makes_it(self, doocore: Doocore) -> None:
        doocore("events", "create", "fest", "--live")
        assert "`doocore invitation-list EVENT --add-group NAME` makes it" in doocore("invitation-list", "fest").words


@pytest.mark.usefixtures("gala")
class TestSending:
    def test_who_gets_it_and_who_does_not(self, doocore: Doocore, gala: dict[str, str]) -> None:
        answer = doocore(*SEND, *LINK, "--group", "VIP", "--json").data
        assert (answer["queued"], answer["skipped"]) == (1, {"not_subscribed": 1})
        assert answer["draft"]["links"] == {"programm": "https://example.org/programm"}
        told = doocore("messages", answer["id"], "--json").data
        assert told["skipped"] == {"not_subscribed": 1}
        assert {each["contact"]: (each["state"], each["status"]) for each in told["recipients"]} == {
            gala["ada"]: ("queued", "queued"),
            gala["bob"]: ("skipped", "skipped"),
        }
        assert "token" not in doocore("messages", answer["id"], "--json").out
        words = doocore("messages", answer["id"], "--limit", "1").words
        assert "Skipped Number Why" in words
        assert "1 of 2 recipients; --limit 2 shows all" in words

    def test_it_is_told_in_words(self, doocore: Doocore, gala: dict[str, str]) -> None:
        words = doocore(*SEND, *LINK, "--to", gala["ada"]).words
        assert "is queued for 1 recipient. `doocore outbox run` sends it." in words
        assert "outbox run" not in doocore(*SEND, *LINK, "--to", gala["bob"]).words

    def test_to_the_list_or_a_part_of_it(self, doocore: Doocore, sent: Callable[[str], str]) -> None:
        doocore("receive", sent("vielleicht"))
        assert doocore(*SEND, *LINK, "--list", "--json").data["queued"] == 1
        assert doocore(*SEND, *LINK, "--list-status", "undecided", "--json").data["queued"] == 1
        none = doocore(*SEND, *LINK, "--list-status", "declined", "--json").data
        assert (none["queued"], none["skipped"]) == (0, {})

    @pytest.mark.usefixtures("sent")
    def test_all_messages_or_those_of_an_event(self, doocore: Doocore) -> None:
        doocore("events", "create", "fest", "--live")
        assert doocore("messages", "fest", "--json").data == {"messages": []}
        (message,) = doocore("messages", "gala", "--json").data["messages"]
        assert (message["mails"]["sent"], message["mails"]["skipped"]) == (1, 1)
        assert "1 sent, 1 skipped" in doocore("messages").words

    def test_where_each_recipient_stands(
        self, doocore: Doocore, sent: Callable[[str], str], gala: dict[str, str]
    ) -> None:
        """How many, and who; all of them, or those at some statuses (MA-2)."""
        doocore("receive", sent("vielleicht"))
        (message,) = doocore("messages", "--json").data["messages"]
        told = doocore("messages", message["id"], "--json").data
        assert {name: count for name, count in told["statuses"].items() if count} == {"clicked": 1, "skipped": 1}
        assert told["mails"]["sent"] == 1
        (clicked,) = doocore("messages", message["id"], "--status", "clicked", "--json").data["recipients"]
        assert (clicked["contact"], clicked["state"], clicked["status"]) == (gala["ada"], "sent", "clicked")
        assert clicked["reactions"] == ["clicked_maybe", "sent"]
        words = doocore("messages", message["id"], "--status", "skipped", "--status", "failed").words
        assert "Recipients Number" in words
        assert "skipped 1 clicked 1" in words
        assert "1 recipient ID To Contact Status Problem" in words
        assert "ada@x.de" not in words

    @pytest.mark.usefixtures("sent")
    def test_statuses_are_those_of_one_message(self, doocore: Doocore) -> None:
        for of in ((), ("gala",)):
            assert "--status needs one message, by its ID" in doocore("messages", *of, "--status", "sent").words
        assert "'read' is none of queued, sending" in doocore("messages", "--status", "read").words

    def test_a_preview_sends_nothing(self, doocore: Doocore, gala: dict[str, str], write: Write) -> None:
        html = write("text.html", '<p>Hallo ${first_name}<img src="${pixel_link}"></p>')
        words = doocore(*SEND, *LINK, "--html", html, "--preview", gala["ada"]).words
        for part in ("Einladung, Ada To: Ada <ada@x.de>", "Its links lead nowhere.", "Hallo Ada,", "<p>Hallo Ada<img"):
            assert part in words
        assert doocore(*SEND, *LINK, "--preview", gala["bob"], "--json").data["to"] == {
            "email": "bob@x.de",
            "name": "Bob",
        }
        assert doocore("messages", "--json").data == {"messages": []}

    def test_a_test_goes_to_oneself(self, doocore: Doocore, gala: dict[str, str], tmp_path: Path) -> None:
        answer = doocore(*SEND, *LINK, "--preview", gala["ada"], "--test", "Kim <kim@x.de>", "--eml", "test")
        assert (answer.status, answer.words.endswith("To Kim <kim@x.de>. Accepted.")) == (0, True)
        (file,) = (tmp_path / "test").iterdir()
        assert b"To: Kim <kim@x.de>" in file.read_bytes()
        refused = doocore(
            *SEND, *LINK, "--preview", gala["ada"], "--test", "kim@x.de", "--smtp", "127.0.0.1", "--port", 1
        )
        assert refused.status == 1
        assert "connecting" in refused.words

    def test_templates_of_jinja(self, doocore: Doocore, tmp_path: Path, write: Write) -> None:
        """With loops and conditions, by the same option (or variable) at queueing and at sending."""
        write("text.txt", "{% if first_name %}Hallo {{ first_name|upper }}{% endif %}\nja: {{ registration_link }}\n")
        send = ("send", "gala", "--subject", "Für {{ first_name }}", "--text", "text.txt", "--group", "VIP")
        assert doocore(*send, "--templates", "jinja").status == 0
        assert doocore("outbox", "run", "--eml", "mails", "--templates", "jinja", "--json").data == {
            "mails": {"sent": 1}
        }
        (file,) = (tmp_path / "mails").iterdir()
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = message.get_body()
        assert body is not None
        assert message["Subject"] == "Für Ada"
        assert body.get_content().splitlines()[0] == "Hallo ADA"

    def test_templates_are_said_once_in_the_environment(
        self, doocore: Doocore, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOOCORE_TEMPLATES", "jinja")
        send = ("send", "gala", "--subject", "Hallo", "--text", write("text.txt", "Hallo {{ first_name }}"))
        assert "Hallo Bob" in doocore(*send, "--preview", "bob@x.de").words
        assert doocore(*send, "--group", "VIP").status == 0
        assert doocore("outbox", "run", "--eml", "mails").status == 0
        monkeypatch.setenv("DOOCORE_TEMPLATES", "mako")
        assert "'mako' is none of plain, jinja" in doocore(*send, "--group", "VIP").words

    def test_what_was_written_for_jinja_is_never_sent_as_it_stands(
        self, doocore: Doocore, write: Write, tmp_path: Path
    ) -> None:
        """It is refused at once, with the option; and put off where only the sending process has other templates."""
        send = ("send", "gala", "--subject", "Hallo", "--text", write("text.txt", "Hallo {{ first_name }}"))
        refused = doocore(*send, "--group", "VIP")
        assert refused.status == 2
        assert "message, text: {{ and {% are Jinja's" in refused.words
        assert "--templates, or DOOCORE_TEMPLATES" in refused.words
        told = doocore(*send, "--group", "VIP", "--templates", "jinja", "--json").data
        answer = doocore("outbox", "run", "--eml", "mails")
        assert (answer.status, answer.words) == (1, "Mails Number ─────────────── queued 1")
        assert not (tmp_path / "mails").exists()
        assert "{{ and {% are Jinja's" in doocore("messages", told["id"]).words

    def test_jinja_is_named_where_it_is_missing(self, doocore: Doocore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(sys.modules, "doocore_adapters.jinja2", raising=False)
        monkeypatch.setitem(sys.modules, "jinja2", None)
        answer = doocore(*SEND, *LINK, "--group", "VIP", "--templates", "jinja")
        assert answer.status == 2
        assert 'mails need jinja2; install it with: pip install "doocore[cli,mail]"' in answer.words
        assert doocore(*SEND, *LINK, "--group", "VIP").status == 0

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            ((), "say to whom: --group NAME"),
            (("--group", "VIPs"), "`doocore groups` lists them"),
            (("--group", "VIP", "--purpose", "letter"), "'letter' is none of event_communication"),
            (("--group", "VIP", "--link", "x"), "'x' does not say where the link leads: NAME=URL"),
            (("--group", "VIP", "--link", "a b=x"), "use letters, digits and _"),
            (("--group", "VIP", "--html", "none.html"), "there is no file none.html"),
            (("--group", "VIP", "--sender", "Team"), "'Team' is no mailbox"),
            (("--group", "VIP", "--reply-to", "Team"), "'Team' is no mailbox"),
            (("--group", "VIP", "--link-url", "https://x.de"), "link_url needs {token} in it"),
            (("--test", "kim@x.de"), "--test needs --preview CONTACT"),
            (("--test", "kim@x.de", "--preview", "ada@x.de"), "mails need a way out"),
            (("--preview", "eve@x.de"), "eve@x.de"),
        ],
    )
    def test_mistakes_are_told(
        self,
        doocore: Doocore,
        arguments: tuple[str, ...],
        complaint: str,
    ) -> None:
        """And nothing is queued."""
        answer = doocore(*SEND, *LINK, *arguments)
        assert (answer.status, answer.out) == (2, "")
        assert complaint in answer.words
        assert doocore("messages", "--json").data == {"messages": []}

    def test_a_text_that_is_not_utf_8(self, doocore: Doocore, tmp_path: Path) -> None:
        (tmp_path / "text.txt").write_bytes("Grüße".encode("latin-1"))
        assert "text.txt is not UTF-8, at byte 2" in doocore(*SEND, "--group", "VIP").words

    @pytest.mark.parametrize(
        ("name", "complaint"),
        [
            ("DOOCORE_SENDER", "--sender"),
            ("DOOCORE_LINK_URL", "--link-url URL with {token}"),
            ("DOOCORE_LINK_SECRET", "a secret of at least 16 characters in DOOCORE_LINK_SECRET"),
        ],
    )
    def test_what_is_missing_in_the_environment_is_named(
        self,
        doocore: Doocore,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        complaint: str,
    ) -> None:
        monkeypatch.delenv(name)
        for command in ((*SEND, *LINK, "--group", "VIP"), ("outbox", "run", "--eml", "mails")):
            assert complaint in doocore(*command).words

    def test_a_secret_that_is_too_short_is_refused(
        self,
        doocore: Doocore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("DOOCORE_LINK_SECRET", "secret")
        assert "at least 16 characters" in doocore("receive", "x").words

    def test_a_missing_extra_is_named(
        self,
        doocore: Doocore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """With what installs it; any other module that is missing is a bug, and shows as one."""
        monkeypatch.delitem(sys.modules, "doocore_adapters.itsdangerous", raising=False)
        monkeypatch.setitem(sys.modules, "itsdangerous", None)
        answer = doocore("receive", "x", "--json")
        assert answer.status == 2
        assert '"missing_extra"' in answer.out
        assert "doocore[cli,mail]" in answer.out
        monkeypatch.setattr(mailing, "PACKAGES", frozenset())
        with pytest.raises(ModuleNotFoundError):
            doocore("receive", "x")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.mark.usefixtures("gala")
class TestOutbox:
    def test_mails_leave_through_a_server(self, doocore: Doocore, gala: dict[str, str], server: MailServer) -> None:
        """What it refuses has failed, what it leaves open is in doubt; both are queued again by hand alone."""
        doocore("contacts", "change", gala["bob"], "--subscribe", "event_communication")
        doocore(*SEND, *LINK, "--group", "VIP")
        server.stumbles = {Stage.RECIPIENT: ["550 no such user"], Stage.END: [BREAKING_OFF]}
        run = ("outbox", "run", "--smtp", "127.0.0.1", "--port", server.port, "--security", "none")
        answer = doocore(*run)
        assert (answer.status, answer.words) == (1, "Mails Number ──────────────── failed 1 unknown 1")
        assert doocore(*run).words == "Nothing is due."
        listed = doocore("outbox").words
        assert "2 mails failed or in doubt" in listed
        assert "no such user" in listed
        assert "1 of 2 mails failed or in doubt" in doocore("outbox", "list", "--limit", "1").words
        ids = [each["id"] for each in doocore("outbox", "--json").data["failed_or_unknown"]]
        assert doocore("outbox", "requeue", *ids).words == "Queued again: 2 mails."
        assert doocore(*run, "--json").data == {"mails": {"sent": 2}}
        assert sorted(server.recipients) == ["ada@x.de", "bob@x.de", "bob@x.de"]

    def test_the_password_is_that_of_the_environment(
        self,
        doocore: Doocore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """And a server that nobody answers at puts mails off."""
        made: list[SmtpMailer] = []
        real = SmtpMailer

        def remembered(*arguments: object, **options: object) -> SmtpMailer:
            made.append(real(*arguments, **options))  # type: ignore[arg-type]
            assert (options["username"], options["password"]) == ("kim", "secret")
            return made[-1]

        monkeypatch.setattr(mailing, "SmtpMailer", remembered)
        monkeypatch.setenv("DOOCORE_SMTP_PASSWORD", "secret")
        doocore(*SEND, *LINK, "--group", "VIP")
        answer = doocore("outbox", "run", "--smtp", "127.0.0.1", "--port", "1", "--security", "none", "--login", "kim")
        assert answer.status == 1, "it was put off: nobody is there"
        assert [(each.host, each.port) for each in made] == [("127.0.0.1", 1)]
        assert "queued 1" in answer.words

    def test_a_password_does_not_go_unencrypted(
        self,
        doocore: Doocore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("DOOCORE_SMTP_PASSWORD", "secret")
        answer = doocore("outbox", "run", "--smtp", "mail.example.org", "--security", "none", "--login", "kim")
        assert "a password for mail.example.org needs" in answer.words
        assert "secret" not in answer.words

    def test_it_sends_as_many_as_are_asked_for(self, doocore: Doocore, gala: dict[str, str]) -> None:
        doocore("contacts", "change", gala["bob"], "--subscribe", "event_communication")
        doocore(*SEND, *LINK, "--group", "VIP")
        assert doocore("outbox", "run", "--eml", "mails", "--limit", "1", "--json").data == {"mails": {"sent": 1}}
        assert doocore("outbox", "--json").data["counts"]["queued"] == 1
        assert doocore("outbox", "run", "--eml", "mails").status == 0
        assert doocore("outbox", "run", "--eml", "mails").words == "Nothing is due."

    @pytest.mark.usefixtures("sent")
    def test_when_somebody_was_written_to_is_shown(
        self,
        doocore: Doocore,
        gala: dict[str, str],
    ) -> None:
        assert "Last written to: 20" in doocore("show", gala["ada"]).words
        assert doocore("show", gala["ada"], "--json").data["contacts"][0]["last_contacted"] is not None
        assert "Last written to" not in doocore("show", gala["bob"]).words

    @pytest.mark.usefixtures("sent")
    def test_unknown_mails_cannot_be_queued_again(self, doocore: Doocore) -> None:
        answer = doocore("outbox", "requeue", "x")
        assert (answer.status, "`doocore outbox` lists those" in answer.words) == (2, True)
        with_mailer = doocore("outbox", "run")
        assert "--smtp HOST, or --eml DIRECTORY" in with_mailer.words


class TestReceiving:
    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("ja", "interested"),
            ("vielleicht", "undecided"),
            ("nein", "declined"),
            ("mehr", "clicked"),
            ("ab", "invited"),
        ],
    )
    def test_a_link_is_evidence(self, doocore: Doocore, sent: Callable[[str], str], word: str, status: str) -> None:
        assert statuses(doocore) == {"ada@x.de": "invited", "bob@x.de": "pending"}
        assert doocore("receive", sent(word), "--by-machine").status == 0
        assert statuses(doocore)["ada@x.de"] == "invited"
        assert doocore("receive", sent(word)).status == 0
        assert statuses(doocore)["ada@x.de"] == status

    def test_where_it_leads_is_told(self, doocore: Doocore, sent: Callable[[str], str], gala: dict[str, str]) -> None:
        answer = doocore("receive", sent("ja"), "--json").data
        assert (answer["link"], answer["event"], answer["contact"]) == ("registration", "gala", gala["ada"])
        assert answer["prefill"] == {"contact": gala["ada"], "email": "ada@x.de"}
        assert "leads to: https://example.org/programm" in doocore("receive", sent("mehr")).words

    def test_who_unsubscribes_gets_no_more(self, doocore: Doocore, sent: Callable[[str], str]) -> None:
        doocore("receive", sent("ab"))
        assert doocore(*SEND, *LINK, "--group", "VIP", "--json").data["skipped"] == {
            "not_subscribed": 1,
            "opted_out": 1,
        }

    def test_a_forged_token_is_refused(self, doocore: Doocore, sent: Callable[[str], str]) -> None:
        answer = doocore("receive", "x" + sent("ja"), "--json")
        assert (answer.status, '"reason": "forged"' in answer.out) == (2, True)


def test_help_names_the_environment_and_no_password(doocore: Doocore) -> None:
    """A password is no option: everybody on the machine could read it."""
    for command in ("send", "outbox run"):
        answered: Answered = doocore(*command.split(), "--help")
        assert "DOOCORE_SENDER" in answered.words
        assert "--password" not in answered.words
