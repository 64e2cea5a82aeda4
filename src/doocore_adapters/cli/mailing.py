"""What mails need from outside: who sends them, where their links lead and their secret, what renders them, the server.

Secrets and passwords come from the environment alone: what stands on a command line, everybody on the machine can read.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parseaddr
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from doocore import Mailbox, Mailing
from doocore.ports import Mailer, Renderer, Tokens
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.options import one_of
from doocore_adapters.eml_files import EmlMailer
from doocore_adapters.smtp import Security, SmtpMailer

T = TypeVar("T")

SECRET = "DOOCORE_LINK_SECRET"  # noqa: S105, its name
PASSWORD = "DOOCORE_SMTP_PASSWORD"  # noqa: S105, its name
PACKAGES = frozenset({"itsdangerous", "jinja2"})
"""What the extra `mail` brings, by the names under which it is imported."""

SECURITIES = "|".join(each.value for each in Security)


class Templates(Enum):
    """What renders messages: the placeholders of the library, or Jinja."""

    PLAIN = "plain"
    JINJA = "jinja"


TEMPLATES = "|".join(each.value for each in Templates)

Sender = Annotated[
    str | None,
    typer.Option(
        "--sender", envvar="DOOCORE_SENDER", metavar="MAILBOX", help='Who writes: "Team Gala <gala@example.org>".'
    ),
]
LinkUrl = Annotated[
    str | None,
    typer.Option(
        "--link-url",
        envvar="DOOCORE_LINK_URL",
        metavar="URL",
        help="Where links lead, with {token} in it: https://example.org/l/{token}.",
    ),
]
TemplateEngine = Annotated[
    Templates,
    typer.Option(
        "--templates",
        envvar="DOOCORE_TEMPLATES",
        parser=one_of(Templates, TEMPLATES),
        metavar=TEMPLATES,
        show_default=Templates.PLAIN.value,
        help="What messages are written for: ${first_name}, or Jinja's {{ first_name }}. `send` and `outbox run` need the same.",
    ),
]
Smtp = Annotated[
    str | None,
    typer.Option("--smtp", envvar="DOOCORE_SMTP", metavar="HOST", help="Hand mails to this SMTP server."),
]
Port = Annotated[
    int | None, typer.Option("--port", metavar="N", help="Its port. [default: 587, 465 with tls, 25 with none]")
]
Encryption = Annotated[
    str, typer.Option("--security", metavar=SECURITIES, help="How the connection to it is encrypted.")
]
Login = Annotated[
    str | None,
    typer.Option(
        "--login", envvar="DOOCORE_SMTP_LOGIN", metavar="NAME", help=f"The name to log in with; password: {PASSWORD}."
    ),
]
Eml = Annotated[
    Path | None, typer.Option("--eml", metavar="DIRECTORY", help="Write mails as .eml files into this directory.")
]


def mailing_from(sender: str | None, link_url: str | None, templates: Templates = Templates.PLAIN) -> Mailing:
    """Put together what mails have in common; `CommandError` names what is missing."""
    if not sender:
        raise CommandError("no_sender", 'mails need a sender: --sender "NAME <ADDRESS>", or DOOCORE_SENDER')
    if not link_url:
        raise CommandError("no_link_url", "links need an address: --link-url URL with {token}, or DOOCORE_LINK_URL")
    who, tokens, renderer = mailbox(sender), tokens_from_environment(), _renderer(templates)
    return _accepted(lambda: Mailing(sender=who, link_url=link_url, tokens=tokens, renderer=renderer))


def mailing_to_read() -> Mailing:
    """Put together what reading a token takes: the secret of the links."""
    return Mailing(sender=Mailbox(email=""), link_url="{token}", tokens=tokens_from_environment())


def tokens_from_environment() -> Tokens:
    """Sign with the secret of the environment; where there are several, between blanks, with the last (MA-2)."""
    secrets = os.environ.get(SECRET, "").split()
    if not secrets:
        raise CommandError(
            "no_link_secret", f"links need a secret of at least 16 characters in {SECRET}; the same one every time"
        )
    with _of_the_extra():
        from doocore_adapters.itsdangerous import SignedTokens
    return _accepted(lambda: SignedTokens(*secrets))


def _renderer(templates: Templates) -> Renderer | None:
    """Take what renders these templates; None is the library's own."""
    if templates is Templates.PLAIN:
        return None
    with _of_the_extra():
        from doocore_adapters.jinja2 import JinjaRenderer
    return JinjaRenderer()


@contextmanager
def _of_the_extra() -> Iterator[None]:
    """Import in the block what the extra `mail` brings; `CommandError` tells how to install what is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in PACKAGES:
            raise
        message = f'mails need {error.name}; install it with: pip install "doocore[cli,mail]"'
        raise CommandError("missing_extra", message, package=error.name) from None


def mailbox(text: str) -> Mailbox:
    """Read an address with or without a name.

    >>> mailbox("Team Gala <gala@example.org>")
    Mailbox(email='gala@example.org', name='Team Gala')
    """
    name, email = parseaddr(text)
    if "@" not in email:
        raise CommandError("usage", f'{text!r} is no mailbox such as "Team Gala <gala@example.org>"')
    return _accepted(lambda: Mailbox(email=email, name=name))


def mailer_from(smtp: str | None, port: int | None, security: str, login: str | None, eml: Path | None) -> Mailer:
    """Take the mailer that was named: a directory before a server of the environment."""
    if eml is not None:
        return EmlMailer(eml)
    if smtp is None:
        raise CommandError("no_mailer", "mails need a way out: --smtp HOST, or --eml DIRECTORY")
    wanted = one_of(Security, SECURITIES)(security)
    password = None if login is None else os.environ.get(PASSWORD)
    return _accepted(lambda: SmtpMailer(smtp, port, security=wanted, username=login, password=password))


def _accepted(make: Callable[[], T]) -> T:
    """Make something of what was typed; what it refuses is said in its own words."""
    try:
        return make()
    except ValueError as error:
        raise CommandError("usage", str(error)) from None
