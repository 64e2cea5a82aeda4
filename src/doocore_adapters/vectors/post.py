"""The post of a story: messages that go out, and the links in them that their recipients follow.

Mails leave through the outbox as everywhere, at the moment of their step; the mailer keeps them, and a link is followed
by the token that stands in the mail.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from doocore import (
    About,
    ContactCenter,
    ContactId,
    InvalidTokenError,
    Link,
    Mail,
    Mailbox,
    Mailing,
    MessageDraft,
    NotFoundError,
    OutboxMail,
    Subscription,
)
from doocore_adapters.memory import MemoryMailer

PLACEHOLDERS: Mapping[str, str] = {
    "registration": "registration_link",
    "maybe": "maybe_link",
    "decline": "decline_link",
    "general": "link_general",
    "unsubscribe": "unsubscribe_link",
    "pixel": "pixel_link",
}
"""What a link is called in a case, and its placeholder: each has a line in every message."""

COMPARED = frozenset({About.MESSAGE, About.BOOKING_CHANGED})
"""What a case asks about: campaign messages and notices of the portal, nothing else."""

_TEXT = "".join(f"{word} ${{{placeholder}}}\n" for word, placeholder in PLACEHOLDERS.items())
_LINK = "https://x.example/l/"
_MAIL_ID = re.compile(r"<(.+)\.\d+@")


class CaseTokens:
    """Tokens that say of which link they are: in a case nobody forges any."""

    def sign(self, payload: str, link: Link) -> str:
        """Put the link before the payload."""
        return f"{link.value}.{payload}"

    def read(self, token: str) -> tuple[str, Link]:
        """Take them apart; `InvalidTokenError` for anything else."""
        word, _, payload = token.partition(".")
        if word not in {each.value for each in Link}:
            raise InvalidTokenError("forged")
        return payload, Link(word)


@frozen
class Posted:
    """A mail that went out: as the outbox had it then, and as it arrived."""

    row: OutboxMail
    mail: Mail


class Post:
    """Sends what a story's contact center has to send, and keeps it."""

    def __init__(self) -> None:
        self.mailer = MemoryMailer()
        self.mailing = Mailing(
            sender=Mailbox(email="team@x.example"), link_url=f"{_LINK}{{token}}", tokens=CaseTokens()
        )
        self._messages: dict[str, str] = {}
        self._posted: list[Posted] = []

    def send(
        self, center: ContactCenter, *, event: str, groups: Iterable[str], label: str, purpose: Subscription
    ) -> None:
        """Send a message, which is known by its *label* from now on."""
        draft = MessageDraft(
            event_id=event,
            subject=label or "-",
            text=_TEXT,
            purpose=purpose,
            links={"general": "https://x.example/"},
            name=label,
        )
        self._messages[label] = center.messages.queue(draft, groups=groups).message.id
        self.empty(center)

    def empty(self, center: ContactCenter) -> None:
        """Send what is in the outbox."""
        before = len(self.mailer.mails)
        center.outbox.run()
        rows: dict[str, OutboxMail] = {each.id: each for each in _rows(center)}
        self._posted += [Posted(rows[_mail_id(each)], each) for each in self.mailer.mails[before:]]

    def token(self, label: str, contact_id: ContactId, word: str) -> str:
        """Find what a link holds in the mail that a contact got; `NotFoundError` where it got none."""
        mail = next(
            (each.mail for each in self._posted if _is_of(each.row, self._messages.get(label), contact_id)), None
        )
        if mail is None:
            raise NotFoundError("mail", label)
        return next(line for line in mail.text.splitlines() if line.startswith(f"{word} ")).rpartition(_LINK)[2]

    def shown(self) -> tuple[Mapping[str, str], ...]:
        """Give the mails that a case asks about, in the order in which they went."""
        return tuple(
            {"to": each.row.to, "about": each.row.about.value} for each in self._posted if each.row.about in COMPARED
        )


def _is_of(row: OutboxMail, message_id: str | None, contact_id: ContactId) -> bool:
    return row.message_id is not None and (row.message_id, row.contact_id) == (message_id, contact_id)


def _mail_id(mail: Mail) -> str:
    found = _MAIL_ID.match(mail.message_id)
    return "" if found is None else found[1]


def _rows(center: ContactCenter) -> Iterator[OutboxMail]:
    after: str | None = None
    while page := center.outbox.page(after=after):
        yield from page
        after = page[-1].id
