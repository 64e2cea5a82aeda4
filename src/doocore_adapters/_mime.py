"""A mail as the text that goes over the wire; what the mailers share."""

import secrets
import string
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime, localtime
from typing import Self
from urllib.parse import quote

from doocore import Mail, Mailbox

_IN_LINKS = string.punctuation.translate({ord(each): None for each in '<>"\\^`{|}'})
"""What stands in a link as it is, beside letters and digits."""


class _Headers(HeaderRegistry):
    """The classes of headers, each made once: making one takes longer than a header, and leaves a reference cycle."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        return self._made.get(name) or self._made.setdefault(name, super().__getitem__(name))


_ASCII = SMTP.clone(header_factory=_Headers())
_UNICODE = SMTPUTF8.clone(header_factory=_ASCII.header_factory)


def needs_smtputf8(mail: Mail) -> bool:
    """Tell whether an address of *mail* holds characters that only newer servers take."""
    return not all(each.email.isascii() for each in (mail.sender, mail.to, mail.reply_to) if each is not None)


def mime_of(mail: Mail) -> EmailMessage:
    """Write *mail* as a message: plain text, beside it HTML if there is any, and the link to unsubscribe as a header.

    >>> from doocore import Mail, Mailbox
    >>> mail = Mail(sender=Mailbox(email="kim@x.de"), to=Mailbox(email="ada@x.de"), subject="Größe", text="Hallo")
    >>> mime_of(mail)["Subject"]
    'Größe'
    """
    message = EmailMessage(policy=_UNICODE if needs_smtputf8(mail) else _ASCII)
    message["From"] = _address(mail.sender)
    message["To"] = _address(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = _Whole("Date", format_datetime(localtime()))
    if mail.message_id:
        message["Message-ID"] = mail.message_id
    if mail.reply_to is not None:
        message["Reply-To"] = _address(mail.reply_to)
    if mail.unsubscribe_url is not None:
        link = quote(mail.unsubscribe_url, safe=_IN_LINKS)
        message["List-Unsubscribe"] = _Whole("List-Unsubscribe", f"<{link}>")
        message["List-Unsubscribe-Post"] = _Whole("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    message.set_content(mail.text)
    if mail.html is not None:
        message.make_alternative(boundary=f"=_{secrets.token_hex(16)}")  # else one is looked for, in all of the mail
        message.add_alternative(mail.html, subtype="html")
    return message


class _Whole(str):
    """A header that machines read, in one line however long: where `email` folds a link, it becomes an encoded word."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, text: str) -> Self:
        made = super().__new__(cls, text)
        made.name = name
        return made

    def fold(self, *, policy: EmailPolicy) -> str:
        """Give the line."""
        return f"{self.name}: {self}{policy.linesep}"


def _address(mailbox: Mailbox) -> Address:
    local, _, domain = mailbox.email.rpartition("@")
    return Address(mailbox.name, local, domain)
