"""Mailers: the contract, the dialogue with a real server that fails at every stage, and headers that cannot be forged."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from doocore import Delivery, DeliveryOutcome, Mail, Mailbox
from doocore.ports import Mailer
from doocore.testing import MailerContract
from doocore.testing.mailer_contract import a_mail, parsed
from doocore_adapters._mime import mime_of
from doocore_adapters.eml_files import EmlMailer
from doocore_adapters.memory import MemoryMailer
from doocore_adapters.smtp import MEANING, Answer, Security, SmtpMailer, Stage
from tests.mail_server import BREAKING_OFF, MailServer, knows, mail_server

ACCEPTED = Delivery(DeliveryOutcome.ACCEPTED)
WORD = "geheim"


class TestMemoryMailer(MailerContract):
    """The one that keeps what it gets."""

    @pytest.fixture(autouse=True)
    def _mailer(self) -> None:
        self._memory = MemoryMailer()

    def make_mailer(self) -> Mailer:
        return self._memory

    def received(self) -> Sequence[bytes]:
        return [mime_of(each).as_bytes() for each in self._memory.mails]


class TestEmlMailer(MailerContract):
    """The one that writes files."""

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self._mails = tmp_path / "mails"

    def make_mailer(self) -> Mailer:
        return EmlMailer(self._mails)

    def received(self) -> Sequence[bytes]:
        return [each.read_bytes() for each in sorted(self._mails.glob("*"))]

    def test_a_directory_that_cannot_be_written_is_a_reason_to_try_again(self) -> None:
        """The disk may be full, or a file in the way: the mail is not lost."""
        self._mails.write_text("in the way")
        delivery = self.make_mailer().deliver(a_mail())
        assert delivery.outcome is DeliveryOutcome.DEFERRED
        assert str(self._mails) in delivery.problem

    def test_a_file_name_cannot_lead_elsewhere(self) -> None:
        """The mail's ID is part of the name, without what a path is made of."""
        self.make_mailer().deliver(a_mail(message_id="<../../etc/passwd@x>"))
        (file,) = self._mails.iterdir()
        assert file.name.endswith("-etc-passwd@x.eml")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


class TestSmtpMailer(MailerContract):
    """The one that talks to a server."""

    @pytest.fixture(autouse=True)
    def _server(self, server: MailServer) -> None:
        self._mail_server = server

    def make_mailer(self) -> Mailer:
        return SmtpMailer("127.0.0.1", self._mail_server.port, security=Security.NONE, local_hostname="test")

    def received(self) -> Sequence[bytes]:
        return self._mail_server.taken

    def test_one_connection_serves_many_mails(self) -> None:
        """It is kept until the mailer is closed."""
        mailer = self.make_mailer()
        for number in range(5):
            assert mailer.deliver(a_mail(number)) == ACCEPTED
        mailer.close()
        assert (len(self._mail_server.taken), self._mail_server.connections) == (5, 1)

    def test_addresses_outside_ascii_need_a_server_that_takes_them(self) -> None:
        """They are sent as they are, where the server offers it."""
        mail = a_mail(to=Mailbox(email="дарья@xn--bcher-kva.de"))
        mailer = self.make_mailer()
        assert mailer.deliver(mail) == ACCEPTED
        assert mailer.deliver(a_mail()) == ACCEPTED
        mailer.close()
        assert self._mail_server.recipients == ["дарья@xn--bcher-kva.de", "ada1@example.de"]

    def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(self) -> None:
        """Whether it still stands is only seen with the next mail, which must not suffer from it."""
        mailer = self.make_mailer()
        assert mailer.deliver(a_mail(1)) == ACCEPTED
        self._mail_server.stumbles = {Stage.SENDER: [BREAKING_OFF]}
        assert mailer.deliver(a_mail(2)) == ACCEPTED
        mailer.close()
        assert (len(self._mail_server.taken), self._mail_server.connections) == (2, 2)

    def test_no_piece_of_a_mail_waits_for_another(self) -> None:
        """The end is sent by itself: a connection that gathers small pieces would hold it back, mail after mail."""
        mailer = SmtpMailer("127.0.0.1", self._mail_server.port, security=Security.NONE, local_hostname="test")
        assert mailer.deliver(a_mail()) == ACCEPTED
        assert mailer._smtp is not None
        assert mailer._smtp.sock is not None
        assert mailer._smtp.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        mailer.close()


class TestMime:
    """What of a mail only machines read."""

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            (f"https://x.de/{'a' * 300}", f"https://x.de/{'a' * 300}"),
            ("https://x.de/l?t=a%20b&c=[d]#e", "https://x.de/l?t=a%20b&c=[d]#e"),
            ("https://x.de/größe/1", "https://x.de/gr%C3%B6%C3%9Fe/1"),
            ("https://x.de/a> <b", "https://x.de/a%3E%20%3Cb"),
        ],
    )
    def test_the_link_to_unsubscribe_is_one_word_of_ascii(self, url: str, shown: str) -> None:
        """However long, and whatever letters the host has put into its links; nothing in it can end it."""
        assert f"\r\nList-Unsubscribe: <{shown}>\r\n".encode() in mime_of(a_mail(unsubscribe_url=url)).as_bytes()

    def test_no_two_mails_have_the_same_border(self) -> None:
        """Between text and HTML: nobody can write one into a value, and so put a part of their own into a mail."""
        borders = {mime_of(a_mail(html="<p>Hallo</p>")).get_boundary() for _ in range(100)}
        assert len(borders) == 100
        assert all(each and len(each) <= 70 for each in borders)


def mailer_for(server: MailServer, security: Security = Security.NONE, **options: object) -> SmtpMailer:
    """Make a mailer for *server* that does not wait long."""
    return SmtpMailer("127.0.0.1", server.port, security=security, timeout=5, local_hostname="test", **options)  # type: ignore[arg-type]


BROKEN_OFF = {
    Stage.CONNECTING: DeliveryOutcome.DEFERRED,
    Stage.SENDER: DeliveryOutcome.DEFERRED,
    Stage.RECIPIENT: DeliveryOutcome.DEFERRED,
    Stage.ANNOUNCING: DeliveryOutcome.DEFERRED,
    Stage.END: DeliveryOutcome.UNKNOWN,
}
SAID_NO = {
    Stage.SENDER: (DeliveryOutcome.DEFERRED, DeliveryOutcome.DEFERRED),
    Stage.RECIPIENT: (DeliveryOutcome.DEFERRED, DeliveryOutcome.REFUSED),
    Stage.ANNOUNCING: (DeliveryOutcome.DEFERRED, DeliveryOutcome.REFUSED),
    Stage.END: (DeliveryOutcome.DEFERRED, DeliveryOutcome.REFUSED),
}


class TestDialogue:
    """What becomes of a mail when the server fails (MA-3)."""

    @pytest.mark.parametrize("stage", BROKEN_OFF)
    def test_a_server_that_breaks_off(self, server: MailServer, stage: Stage) -> None:
        """Before the end of the content the mail was surely not taken; after it nobody knows."""
        server.stumbles = {stage: [BREAKING_OFF]}
        mailer = mailer_for(server)
        delivery = mailer.deliver(a_mail())
        assert delivery.outcome is BROKEN_OFF[stage]
        assert delivery.problem.startswith(f"{stage.value}: ")
        assert len(server.taken) == (stage is Stage.END)
        assert mailer.deliver(a_mail(2)) == ACCEPTED, "the next mail goes over a new connection"
        mailer.close()

    def test_a_server_that_breaks_off_within_a_long_content(self, server: MailServer) -> None:
        """The end was never sent, so nobody has taken the mail."""
        server.stumbles = {Stage.CONTENT: [BREAKING_OFF]}
        mailer = mailer_for(server)
        delivery = mailer.deliver(a_mail(text="Eine lange Zeile.\n" * 1_000_000))
        assert delivery.outcome is DeliveryOutcome.DEFERRED
        assert delivery.problem.startswith("sending the content: ")
        mailer.close()

    @pytest.mark.parametrize("stage", SAID_NO)
    @pytest.mark.parametrize(("code", "place"), [("451 not now", 0), ("550 5.1.1 <ADA1@example.de> unknown", 1)])
    def test_a_server_that_says_no(self, server: MailServer, stage: Stage, code: str, place: int) -> None:
        """Not now is a reason to try again; never is one to give up, where it is about this mail."""
        server.stumbles = {stage: [code]}
        mailer = mailer_for(server)
        delivery = mailer.deliver(a_mail())
        assert delivery.outcome is SAID_NO[stage][place]
        assert server.taken == []
        assert "ada1" not in delivery.problem.lower(), "whoever reads a log learns no address"
        assert code[:3] in delivery.problem
        assert mailer.deliver(a_mail(2)) == ACCEPTED
        assert server.connections == 1, "the dialogue goes on over the same connection"
        mailer.close()

    def test_nobody_listens(self) -> None:
        """No connection, no mail: it is tried again."""
        with mail_server() as server:
            pass
        delivery = mailer_for(server).deliver(a_mail())
        assert (delivery.outcome, delivery.problem) == (
            DeliveryOutcome.DEFERRED,
            "connecting: Connection refused",
        )

    def test_a_server_that_takes_no_addresses_outside_ascii(self, server: MailServer) -> None:
        """That is for good: the address will not change by waiting."""
        mailer = mailer_for(server)
        mailer.deliver(a_mail())
        assert mailer._smtp is not None  # aiosmtpd always offers it
        mailer._smtp.esmtp_features.pop("smtputf8")
        delivery = mailer.deliver(a_mail(to=Mailbox(email="дарья@x.de")))
        assert delivery.outcome is DeliveryOutcome.REFUSED
        assert "outside ASCII" in delivery.problem
        mailer.close()

    def test_every_stage_and_answer_has_a_meaning(self) -> None:
        """The table is complete, and only the end of the content leaves a doubt."""
        assert {stage: set(row) for stage, row in MEANING.items()} == {stage: set(Answer) for stage in Stage}
        doubts = [
            (stage, answer)
            for stage, row in MEANING.items()
            for answer, outcome in row.items()
            if outcome is DeliveryOutcome.UNKNOWN
        ]
        assert doubts == [(Stage.END, Answer.LOST)]

    def test_the_table_is_what_is_read(self, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another row, another outcome."""
        monkeypatch.setitem(MEANING[Stage.RECIPIENT], Answer.NEVER, DeliveryOutcome.DEFERRED)
        server.stumbles = {Stage.RECIPIENT: ["550 unknown"]}
        mailer = mailer_for(server)
        assert mailer.deliver(a_mail()).outcome is DeliveryOutcome.DEFERRED
        mailer.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def of_server(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def of_mailer(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


class TestSecurity:
    """Encryption and passwords."""

    @pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
    def test_a_wrong_password_stops_the_mail(
        self, of_server: ssl.SSLContext, of_mailer: ssl.SSLContext, security: Security
    ) -> None:
        """It is tried again: that is not the recipient's fault."""
        with mail_server(
            tls=of_server,
            implicit=security is Security.TLS,
            authenticator=knows("kim", WORD),
            auth_required=True,
            auth_require_tls=security is Security.STARTTLS,
        ) as server:
            mailer = mailer_for(server, security, tls=of_mailer, username="kim", password=WORD[::-1])
            refused = mailer.deliver(a_mail())
            assert refused.outcome is DeliveryOutcome.DEFERRED, "a wrong password is not the recipient's fault"
            assert refused.problem.startswith("logging in: 535")
            assert server.taken == []

    @pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
    def test_a_login_lets_mails_through(
        self, of_server: ssl.SSLContext, of_mailer: ssl.SSLContext, security: Security
    ) -> None:
        """The right user and password."""
        with mail_server(
            tls=of_server,
            implicit=security is Security.TLS,
            authenticator=knows("kim", WORD),
            auth_required=True,
            auth_require_tls=security is Security.STARTTLS,
        ) as server:
            mailer = mailer_for(server, security, tls=of_mailer, username="kim", password=WORD)
            assert mailer.deliver(a_mail()) == ACCEPTED
            mailer.close()
            assert len(server.taken) == 1

    @pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
    def test_an_unknown_certificate_stops_the_mail(self, of_server: ssl.SSLContext, security: Security) -> None:
        """Nothing is said to a server that cannot prove who it is."""
        with mail_server(tls=of_server, implicit=security is Security.TLS) as server:
            delivery = mailer_for(server, security).deliver(a_mail())
            assert delivery.outcome is DeliveryOutcome.DEFERRED
            assert "certificate" in delivery.problem.lower()
            assert server.taken == []

    def test_a_server_without_starttls_gets_nothing(self, server: MailServer) -> None:
        """Encryption that was asked for is not given up quietly."""
        delivery = mailer_for(server, Security.STARTTLS).deliver(a_mail())
        assert delivery.outcome is DeliveryOutcome.DEFERRED
        assert delivery.problem.startswith("encrypting: ")
        assert server.taken == []

    def test_a_password_does_not_go_out_in_the_clear(self) -> None:
        """Except to this machine itself; and it is never shown."""
        with pytest.raises(ValueError, match=r"mail\.x\.de needs security"):
            SmtpMailer("mail.x.de", security=Security.NONE, username="kim", password=WORD)
        shown = repr(SmtpMailer("localhost", security=Security.NONE, username="kim", password=WORD))
        assert shown == "SmtpMailer('localhost', 25, security=Security.NONE)"

    def test_the_usual_ports(self) -> None:
        """They follow from the security."""
        assert [SmtpMailer("x", security=each).port for each in Security] == [465, 587, 25]


any_text = st.text(max_size=60)


class TestHeaders:
    """No header can be injected (MA-4)."""

    @given(any_text, any_text)
    def test_names_and_subjects_stay_what_they_are(self, name: str, subject: str) -> None:
        """Whatever is in them either is refused as the mail is made, or arrives as one name and one subject."""
        try:
            mail = a_mail(to=Mailbox(email="ada@x.de", name=name), subject=subject)
        except ValueError:
            return
        headers = parsed(mime_of(mail).as_bytes()).keys()
        assert sorted(headers) == sorted(parsed(mime_of(a_mail()).as_bytes()).keys())

    @pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\u2029"])
    def test_what_would_end_a_header_is_refused(self, end: str) -> None:
        """In names, addresses, subjects, IDs and links."""
        forged = f"x{end}Bcc: all@x.de"
        for make in (
            lambda: Mailbox(email="ada@x.de", name=forged),
            lambda: Mailbox(email=f"ada@x.de{end}"),
            lambda: a_mail(subject=forged),
            lambda: a_mail(message_id=forged),
            lambda: a_mail(unsubscribe_url=forged),
        ):
            with pytest.raises(ValueError, match="line ends or control characters"):
                make()


class TestContract:
    """The suite itself."""

    def test_it_says_what_an_adapters_test_adds(self) -> None:
        """A mailer, and what arrived."""
        for added in (MailerContract().make_mailer, MailerContract().received):
            with pytest.raises(NotImplementedError):
                added()


class TestMemoryAnswers:
    """Answers that a test asks for."""

    def test_what_is_not_accepted_is_not_kept(self) -> None:
        """The first calls get the answers, the others are accepted."""
        refused = Delivery(DeliveryOutcome.REFUSED, "550 unknown")
        mailer = MemoryMailer([refused])
        mails: list[Mail] = [a_mail(1), a_mail(2)]
        assert [mailer.deliver(each) for each in mails] == [refused, ACCEPTED]
        assert mailer.mails == mails[1:]
