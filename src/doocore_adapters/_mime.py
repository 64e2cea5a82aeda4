"""A mail as the text that goes over the wire; what the mailers share."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import localtime

from doocore import Mail, Mailbox


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
    message = EmailMessage(policy=SMTPUTF8 if needs_smtputf8(mail) else SMTP)
    message["From"] = _address(mail.sender)
    message["To"] = _address(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = localtime()
    if mail.message_id:
        message["Message-ID"] = mail.message_id
    if mail.reply_to is not None:
        message["Reply-To"] = _address(mail.reply_to)
    if mail.unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


def _address(mailbox: Mailbox) -> Address:
    local, _, domain = mailbox.email.rpartition("@")
    return Address(mailbox.name, local, domain)
