"""Mails over SMTP, by the standard library's `smtplib` (MA-3).

Two rules for this file. 1: what an answer, or the lack of one, means for the mail is the table `MEANING`. 2: a mail
counts as accepted only when the server has said so after its last byte, and as not accepted only where that is sure.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from types import MappingProxyType

from doocore import Delivery, DeliveryOutcome, Mail
from doocore_adapters._mime import mime_of, needs_smtputf8

SHOWN = 200
"""How many characters of a server's answer are kept."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Where a password may go without encryption."""

_LEADING_DOT = re.compile(rb"(?m)^\.")


class Security(Enum):
    """How the connection is encrypted: from the first byte, after asking for it, or not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


PORTS: Mapping[Security, int] = MappingProxyType({Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25})
"""The usual port for each."""


class Stage(Enum):
    """Where in the dialogue something went otherwise."""

    CONNECTING = "connecting"
    ENCRYPTING = "encrypting"
    LOGGING_IN = "logging in"
    SENDER = "naming the sender"
    RECIPIENT = "naming the recipient"
    ANNOUNCING = "announcing the content"
    CONTENT = "sending the content"
    END = "after the content"


class Answer(Enum):
    """What came instead of a yes: not now, never, or nothing."""

    NOT_NOW = "4xx"
    NEVER = "5xx"
    LOST = "the connection was lost"


_DEFERRED = {Answer.NOT_NOW: DeliveryOutcome.DEFERRED, Answer.LOST: DeliveryOutcome.DEFERRED}

MEANING: Mapping[Stage, Mapping[Answer, DeliveryOutcome]] = {
    Stage.CONNECTING: {**_DEFERRED, Answer.NEVER: DeliveryOutcome.DEFERRED},
    Stage.ENCRYPTING: {**_DEFERRED, Answer.NEVER: DeliveryOutcome.DEFERRED},
    Stage.LOGGING_IN: {**_DEFERRED, Answer.NEVER: DeliveryOutcome.DEFERRED},
    Stage.SENDER: {**_DEFERRED, Answer.NEVER: DeliveryOutcome.DEFERRED},
    Stage.RECIPIENT: {**_DEFERRED, Answer.NEVER: DeliveryOutcome.REFUSED},
    Stage.ANNOUNCING: {**_DEFERRED, Answer.NEVER: DeliveryOutcome.REFUSED},
    Stage.CONTENT: {**_DEFERRED, Answer.NEVER: DeliveryOutcome.REFUSED},
    Stage.END: {
        Answer.NOT_NOW: DeliveryOutcome.DEFERRED,
        Answer.NEVER: DeliveryOutcome.REFUSED,
        Answer.LOST: DeliveryOutcome.UNKNOWN,
    },
}
"""What becomes of the mail (MA-3).

Until the recipient is named, a server that says "never" means us, not this mail: that is somebody's to repair, and no
reason to give up a thousand recipients. The end of the content is a line of its own, sent last: as long as it has not
left, no server can have taken the mail.
"""


class _Otherwise(Exception):  # noqa: N818, not an error of the caller's: it becomes a Delivery
    """The dialogue took another way at a stage."""

    def __init__(self, stage: Stage, answer: Answer, said: str = "") -> None:
        super().__init__(stage, answer, said)
        self.stage = stage
        self.answer = answer
        self.said = said


class SmtpMailer:
    """Hands mails to an SMTP server, one after the other over one connection.

        mailer = SmtpMailer("smtp.example.org", username="events", password=...)

    *port* is the usual one for *security* where left out; *timeout* is in seconds, for each answer. *tls* replaces the
    system's trusted certificates. A password is not sent without encryption, except to this machine itself.
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        security: Security = Security.STARTTLS,
        username: str | None = None,
        password: str | None = None,
        timeout: float = 30.0,
        local_hostname: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if password is not None and security is Security.NONE and host not in LOOPBACK:
            raise ValueError(f"a password for {host} needs security=Security.STARTTLS or Security.TLS")
        self.host = host
        self.port = PORTS[security] if port is None else port
        self.security = security
        self._login = None if username is None else (username, password or "")
        self._timeout = timeout
        self._local_hostname = local_hostname
        self._tls = tls
        self._smtp: smtplib.SMTP | None = None

    def deliver(self, mail: Mail) -> Delivery:
        """Hand one mail over; a connection that the server closed meanwhile is made anew."""
        was_open = self._smtp is not None
        otherwise = self._attempt(mail)
        if was_open and otherwise is not None and (otherwise.stage, otherwise.answer) == _CLOSED_MEANWHILE:
            otherwise = self._attempt(mail)
        if otherwise is not None:
            said = _without(mail.to.email, otherwise.said) or otherwise.answer.value
            return Delivery(MEANING[otherwise.stage][otherwise.answer], f"{otherwise.stage.value}: {said}"[:SHOWN])
        return Delivery(DeliveryOutcome.ACCEPTED)

    def close(self) -> None:
        """Take leave of the server."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def __repr__(self) -> str:
        return f"SmtpMailer({self.host!r}, {self.port}, security=Security.{self.security.name})"

    def _attempt(self, mail: Mail) -> _Otherwise | None:
        try:
            self._send(mail)
        except _Otherwise as otherwise:
            self._leave_dialogue(otherwise)
            return otherwise
        return None

    def _send(self, mail: Mail) -> None:
        smtp = self._connected()
        content = _LEADING_DOT.sub(b"..", mime_of(mail).as_bytes())
        options = ""
        if needs_smtputf8(mail):
            if not smtp.has_extn("smtputf8"):
                raise _Otherwise(Stage.RECIPIENT, Answer.NEVER, "the server takes no addresses outside ASCII")
            options = " SMTPUTF8 BODY=8BITMIME"
            smtp.command_encoding = "utf-8"
        _ask(smtp, Stage.SENDER, "MAIL", f"FROM:<{mail.sender.email}>{options}")
        _ask(smtp, Stage.RECIPIENT, "RCPT", f"TO:<{mail.to.email}>")
        _ask(smtp, Stage.ANNOUNCING, "DATA", fine=_GO_AHEAD)
        with _at(Stage.CONTENT):
            smtp.send(content)
        with _at(Stage.END):
            smtp.send(b".\r\n")
            code, said = smtp.getreply()
        _require(Stage.END, _FINE, code, said)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            smtp = self._connect()
            try:
                self._introduce(smtp)
            except _Otherwise:
                smtp.close()
                raise
            self._smtp = smtp
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        with _at(Stage.CONNECTING):
            if self.security is Security.TLS:
                return smtplib.SMTP_SSL(
                    self.host, self.port, self._local_hostname, timeout=self._timeout, context=self._context()
                )
            return smtplib.SMTP(self.host, self.port, self._local_hostname, timeout=self._timeout)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        with _at(Stage.CONNECTING):
            # Else the end of a mail waits until the other side has confirmed what is before it: 40 ms for each.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # type: ignore[union-attr]
            smtp.ehlo_or_helo_if_needed()
        if self.security is Security.STARTTLS:
            with _at(Stage.ENCRYPTING):
                smtp.starttls(context=self._context())
                smtp.ehlo_or_helo_if_needed()
        if self._login is not None:
            with _at(Stage.LOGGING_IN):
                smtp.login(*self._login)

    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    def _leave_dialogue(self, otherwise: _Otherwise) -> None:
        """Make ready for the next mail: start over on this connection, or on a new one."""
        smtp = self._smtp
        if smtp is None:
            return
        if otherwise.answer is not Answer.LOST:
            with suppress(smtplib.SMTPException, OSError):
                if smtp.rset()[0] == _FINE:
                    return
        smtp.close()
        self._smtp = None


_CLOSED_MEANWHILE = (Stage.SENDER, Answer.LOST)
_FINE = 250
_GO_AHEAD = 354


@contextmanager
def _at(stage: Stage) -> Iterator[None]:
    """Say of whatever goes wrong in the block at which stage that was, and what it means there."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise _Otherwise(stage, _answer(error.smtp_code), _text(error.smtp_code, error.smtp_error)) from None
    except smtplib.SMTPServerDisconnected:
        raise _Otherwise(stage, Answer.LOST) from None
    except smtplib.SMTPException as error:
        raise _Otherwise(stage, Answer.NEVER, str(error)) from None
    except OSError as error:
        raise _Otherwise(stage, Answer.LOST, error.strerror or str(error)) from None


def _ask(smtp: smtplib.SMTP, stage: Stage, command: str, arguments: str = "", *, fine: int = _FINE) -> None:
    """Say a line, and go on only if the server agrees."""
    with _at(stage):
        code, said = smtp.docmd(command, arguments)
    _require(stage, fine, code, said)


def _require(stage: Stage, fine: int, code: int, said: bytes) -> None:
    if code // 10 != fine // 10:
        raise _Otherwise(stage, _answer(code), _text(code, said))


def _answer(code: int) -> Answer:
    return Answer.NOT_NOW if code // 100 == 4 else Answer.NEVER if code // 100 == 5 else Answer.LOST  # noqa: PLR2004, SMTP's


def _text(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"


def _without(address: str, said: str) -> str:
    """Leave the recipient's address out of what the server said: it is nobody's business who reads a log."""
    return re.sub(re.escape(address), "<recipient>", said, flags=re.IGNORECASE)
