"""A real SMTP server on 127.0.0.1, for the time of a block; it can break off, or say no, at any point of the dialogue."""

import asyncio
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from doocore_adapters.smtp import Stage

BREAKING_OFF = "breaking off"
"""The server closes the connection without an answer."""


@dataclass
class MailServer:
    """What a server does at which stage (an answer, or `BREAKING_OFF`), and what it has taken.

    `stumbles` are used up one by one: each stage's first goes first.
    """

    port: int = 0
    stumbles: dict[Stage, list[str]] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0

    def stumble(self, stage: Stage) -> str | None:
        """Tell what to do other than usual at *stage*, this time."""
        waiting = self.stumbles.get(stage)
        return waiting.pop(0) if waiting else None

    # What aiosmtpd asks of a handler

    async def handle_EHLO(  # noqa: N802, aiosmtpd's name
        self, server: SMTP, session: Session, _: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count connections, and greet."""
        self.connections += 1
        session.host_name = hostname
        return _or_break_off(server, self.stumble(Stage.CONNECTING)) or responses  # type: ignore[return-value]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return _or_break_off(server, self.stumble(Stage.SENDER)) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        """Take the recipient."""
        envelope.rcpt_tos.append(address)
        return _or_break_off(server, self.stumble(Stage.RECIPIENT)) or "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail; a server that breaks off here has taken it, and nobody knows."""
        stumble = self.stumble(Stage.END)
        if stumble is None or stumble == BREAKING_OFF:
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
            self.recipients.extend(envelope.rcpt_tos)
        return _or_break_off(server, stumble) or "250 taken"


class _Dialogue(SMTP):
    """aiosmtpd's, with two more points to stumble at: before the content, and in it."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        handler: MailServer = self.event_handler
        stumble = handler.stumble(Stage.ANNOUNCING)
        if stumble == BREAKING_OFF:
            break_off(self)
        elif stumble is not None:
            await self.push(stumble)
        elif handler.stumble(Stage.CONTENT) is not None:
            await self.push("354 go ahead")
            break_off(self)
        else:
            await super().smtp_DATA(arg)


def _or_break_off(server: SMTP, stumble: str | None) -> str | None:
    if stumble != BREAKING_OFF:
        return stumble
    break_off(server)
    return "421 gone"


def break_off(server: SMTP) -> None:
    """Close the connection without a word."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, implicit: bool = False, **options: Any) -> Iterator[MailServer]:  # noqa: ANN401, aiosmtpd's options
    """Run a server while the block lasts; with *tls* it offers STARTTLS, or begins with TLS where *implicit*."""
    handler = MailServer()
    started = Event()
    loop = asyncio.new_event_loop()
    server: list[asyncio.Server] = []

    def dialogue() -> _Dialogue:
        with warnings.catch_warnings():  # aiosmtpd does not see that a connection began with TLS
            warnings.simplefilter("ignore")
            return _Dialogue(
                handler,
                hostname="localhost",
                tls_context=None if implicit else tls,
                enable_SMTPUTF8=True,
                loop=loop,
                **options,
            )

    def run() -> None:
        asyncio.set_event_loop(loop)
        server.append(
            loop.run_until_complete(loop.create_server(dialogue, "127.0.0.1", 0, ssl=tls if implicit else None))
        )
        handler.port = server[0].sockets[0].getsockname()[1]
        started.set()
        loop.run_forever()
        server[0].close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10), "the server did not start"
    try:
        yield handler
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def knows(username: str, password: str) -> Any:  # noqa: ANN401, aiosmtpd's authenticator
    """Make an authenticator that knows one user."""

    def authenticate(_: SMTP, __: Session, ___: Envelope, ____: str, given: object) -> AuthResult:
        known = LoginPassword(username.encode(), password.encode())
        return AuthResult(success=given == known, handled=False)

    return authenticate
