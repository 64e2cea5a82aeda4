"""Post: a mailer that does not take all that it gets, and what people do with messages and mails (chapter 11)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from doocore import (
    ContactCenter,
    Delivery,
    DeliveryOutcome,
    InvitationStatus,
    Link,
    Mail,
    MailState,
    MessageDraft,
    Subscription,
)
from tests.builders import TOKENS

Said: TypeAlias = DeliveryOutcome | None
"""What the mailer says of a mail; nothing where the dispatcher was killed meanwhile."""


class KilledError(Exception):
    """Somebody ends the dispatcher while the mailer has a mail."""


class Handed(NamedTuple):
    """A mail that was handed to the mailer: which one, to what address, and what the mailer said."""

    mail_id: str
    to: str
    said: Said


class Post:
    """A mailer that says what it is told to say, takes all the rest, and remembers what it was handed."""

    def __init__(self) -> None:
        self.handed: list[Handed] = []
        self._says: Iterator[Said] = iter(())

    def begin(self, says: Sequence[Said]) -> None:
        """Forget what was, and say *says* of the next mails."""
        self.handed = []
        self._says = iter(says)

    def deliver(self, mail: Mail) -> Delivery:
        """Say what is to be said of one mail."""
        said = next(self._says, DeliveryOutcome.ACCEPTED)
        self.handed.append(Handed(mail.message_id.strip("<").partition(".")[0], mail.to.email, said))
        if said is None:
            raise KilledError
        return Delivery(said, said.value)

    def close(self) -> None:
        """There is no connection."""


@dataclass(frozen=True)
class Write:
    """Somebody writes a message to groups, to a part of the invitation list, to single contacts."""

    event_id: str
    purpose: Subscription
    groups: tuple[str, ...] = ()
    statuses: frozenset[InvitationStatus] | None = None
    contacts: tuple[str, ...] = ()

    def do(self, center: ContactCenter) -> object:
        draft = MessageDraft(
            event_id=self.event_id,
            subject="Einladung, ${first_name}",
            text="Ja: ${registration_link}",
            purpose=self.purpose,
            links={"programm": "https://x.example/programm"},
        )
        return center.messages.queue(draft, groups=self.groups, statuses=self.statuses, contacts=self.contacts)


@dataclass(frozen=True)
class Posted:
    """What came of a run of the outbox: how many mails are where, unless it was killed, and what the mailer was handed."""

    counts: Mapping[MailState, int] | None
    handed: tuple[Handed, ...]


@dataclass(frozen=True)
class RunOutbox:
    """What is due is sent, and the mailer says something of each mail."""

    says: tuple[Said, ...] = ()

    def do(self, center: ContactCenter) -> object:
        post = center._shell.mailer
        assert isinstance(post, Post)
        post.begin(self.says)
        try:
            counts = center.outbox.run(spread=lambda: 0.5)
        except KilledError:
            return Posted(None, tuple(post.handed))
        return Posted(counts, tuple(post.handed))


@dataclass(frozen=True)
class QueueAgain:
    """Somebody has mails sent again that have failed or are in doubt."""

    mail_ids: tuple[str, ...]

    def do(self, center: ContactCenter) -> object:
        return center.outbox.requeue(self.mail_ids)


@dataclass(frozen=True)
class Follow:
    """Somebody follows a link of a mail, or a machine does."""

    token: str
    link: Link
    by_machine: bool

    def do(self, center: ContactCenter) -> object:
        payload = f"{self.token}.0" if self.link is Link.GENERAL else self.token
        return center.receive(TOKENS.sign(payload, self.link), by_machine=self.by_machine)
