"""Messages and mails: what is written to groups, what leaves through the outbox, and where each of them stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol

from doocore.model.booking import Prefill
from doocore.model.contact import Subscription
from doocore.model.fields import trimmed
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import ContactId
from doocore.model.word import Word

MessageId = NewType("MessageId", str)
MailId = NewType("MailId", str)

LINKS_VALID = timedelta(days=365)
"""How long the links of a message lead somewhere; the one to unsubscribe always does."""

_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
"""What would end a header, or could be taken for it (MA-4)."""


class Link(Word):
    """What a personal link in a message stands for (MA-1, MA-2)."""

    REGISTRATION = "registration"
    MAYBE = "maybe"
    DECLINE = "decline"
    GENERAL = "general"
    UNSUBSCRIBE = "unsubscribe"
    PIXEL = "pixel"  # shown by the reader's mail program: the message was opened
    REPORT = "report"  # of an import (IM-10)


class About(Word):
    """Why a mail is written: a message needs a subscription, the notices do not (SU-2)."""

    MESSAGE = "message"
    BOOKING_CHANGED = "booking_changed"
    IMPORT_SUMMARY = "import_summary"


class MailState(Word):
    """Where a mail stands (MA-2, MA-3).

    `SENDING` is what a dispatcher has in hand. If it never comes back to say what became of it, that is `UNKNOWN`, and
    the mail is not sent again by itself.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


LINKS_ARE_OUT = frozenset({MailState.SENDING, MailState.SENT, MailState.UNKNOWN})
"""Where somebody may have the mail, and its links with it."""


class SkipReason(Word):
    """Why a recipient of a message gets no mail (SU-2, SU-5, MA-1)."""

    GONE = "contact_gone"
    NO_EMAIL = "no_email"
    OPTED_OUT = "opted_out"
    UNSUBSCRIBED = "unsubscribed"
    NOT_SUBSCRIBED = "not_subscribed"
    SAME_ADDRESS = "same_address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    r"""An address with the name that mail programs show; neither can carry a line end into a header (MA-4).

    >>> Mailbox(email="kim@x.de", name="Kim\nBcc: all@x.de")
    Traceback (most recent call last):
    ValueError: the name of a mailbox cannot hold line ends or control characters
    """

    email: str
    name: str = ""

    def __post_init__(self) -> None:
        for what in ("email", "name"):
            if _BREAKS.search(getattr(self, what)):
                raise ValueError(f"the {what} of a mailbox cannot hold line ends or control characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDraft:
    """A message as it is written: for an event, with placeholders that each recipient's own values replace (MA-1).

    `links` are general links: a name, as in the placeholder `${link_program}`, and the address that it leads to.
    `purpose` is the subscription without which nobody gets it (SU-2). `name` is what the organizer calls it.
    """

    event_id: str
    subject: str
    text: str
    html: str | None = None
    purpose: Subscription = Subscription.EVENT_COMMUNICATION
    links: Mapping[str, str] = FrozenDict()
    name: str = ""
    reply_to: Mailbox | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "links", FrozenDict(self.links))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that was queued for its recipients."""

    id: MessageId
    draft: MessageDraft
    queued_at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMail:
    """A mail in the outbox, written in the transaction of what causes it (MA-3).

    A message's mail is made from the message when it leaves; a notice carries its own `subject` and `text`.
    `token` is random: links hold it, signed, and nothing else; they lead somewhere until `links_until`. `due_at` is when
    a queued mail may be tried (again), and when whoever is sending it is given up. `address_key` is the match key of
    `to`, so that each address gets a message once. `version` counts the changes.
    """

    id: MailId
    about: About
    to: str
    address_key: str | None = None
    state: MailState = MailState.QUEUED
    token: str
    message_id: MessageId | None = None
    contact_id: ContactId | None = None
    reference: str = ""
    subject: str = ""
    text: str = ""
    queued_at: datetime
    due_at: datetime
    links_until: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    skipped: SkipReason | None = None
    problem: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as a mailer gets it: whole, for one recipient, with nothing in a header that could end it (MA-4)."""

    sender: Mailbox
    to: Mailbox
    subject: str
    text: str
    html: str | None = None
    reply_to: Mailbox | None = None
    unsubscribe_url: str | None = None
    message_id: str = ""

    def __post_init__(self) -> None:
        for what in ("subject", "unsubscribe_url", "message_id"):
            if _BREAKS.search(getattr(self, what) or ""):
                raise ValueError(f"the {what} of a mail cannot hold line ends or control characters")


class DeliveryOutcome(Word):
    """What became of handing a mail over (MA-3)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good: this recipient or this mail
    DEFERRED = "deferred"  # not now, and surely not accepted: try again
    UNKNOWN = "unknown"  # the connection was lost after the content had gone


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome, and what the server said, without the recipient's address."""

    outcome: DeliveryOutcome
    problem: str = ""


def in_one_line(text: str) -> str:
    r"""Make *text* fit for a header: what would end it becomes a blank (MA-4).

    >>> in_one_line("Ada\r\nBcc: all@x.de")
    'Ada Bcc: all@x.de'
    """
    return trimmed(" ".join(_BREAKS.sub(" ", text).split()))


def has_breaks(text: str) -> bool:
    """Tell whether *text* holds what would end a header (MA-4)."""
    return _BREAKS.search(text) is not None


class Tokens(Protocol):
    """Signs what links hold, so that nobody can make or alter one (MA-2)."""

    def sign(self, payload: str, link: Link) -> str:
        """Make a token of *payload* for one kind of link: fit for a URL, showing nothing but the payload."""

    def read(self, token: str) -> tuple[str, Link]:
        """Give back what was signed, and for which link, with the newest key or an older one still in use.

        Raises `InvalidTokenError` ("forged") for anything else, whatever it is.
        """


class Renderer(Protocol):
    """Puts a recipient's values into a template (MA-1)."""

    def render(self, template: str, values: Mapping[str, str], *, html: bool) -> str:
        """Give *template* with its placeholders replaced; in HTML, values are escaped.

        Raises `InvalidMessageError` for a template that cannot be read or names a value that is not among *values*, and
        `OtherTemplatesError` for one that was written for another renderer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What an organization's mails have in common: who sends them, and where their links lead.

    `link_url` is an address of the host's with `{token}` in it; whoever opens it hands the token to
    `ContactCenter.receive`. Without a `renderer`, templates are plain ones (`PlainTemplates`). Mails are made when they leave:
    whoever sends them needs the renderer for which the messages were written, as whoever queued them.
    """

    sender: Mailbox
    link_url: str
    tokens: Tokens
    renderer: Renderer | None = None

    def __post_init__(self) -> None:
        if "{token}" not in self.link_url:
            raise ValueError(
                f"link_url needs {{token}} in it, where the token of a link is to stand: {self.link_url!r}"
            )

    def message_id(self, reference: str) -> str:
        """Give the Message-ID of a mail: *reference* tells it from others of the same sender."""
        return f"<{reference}@{self.sender.email.rpartition('@')[2]}>"

    def url(self, payload: str, link: Link) -> str:
        """Give the address of a link that holds *payload*, signed (MA-2)."""
        return self.link_url.replace("{token}", self.tokens.sign(payload, link))


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Where a link led: what the host needs to show the right page (MA-1, MA-2).

    `prefill` comes with a registration link, `target` with a general one; `reference` is the import that a report is of.
    """

    link: Link
    event_id: str | None = None
    contact_id: ContactId | None = None
    message_id: MessageId | None = None
    purpose: Subscription | None = None
    prefill: Prefill | None = None
    target: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message that was queued, and for how many: whom it was meant for and why they get none, counted from the mails."""

    message: Message
    queued: int
    skipped: Mapping[SkipReason, int]
