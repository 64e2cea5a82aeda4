"""The invitation: a message goes to groups before anybody books, and its recipients open it, click, or do nothing.

The reactions come in as they do in life: by the tokens that stand in the mails, read from the files.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from itertools import cycle
from pathlib import Path

from doocore import (
    ContactCenter,
    FrozenDict,
    InvalidTokenError,
    InvitationStatus,
    Link,
    Mailbox,
    Mailing,
    MailState,
    MessageDraft,
    SkipReason,
)
from doocore_adapters.demo.story import StoryClock

EVENT = "branchentag-2026"
GROUPS = ("VIP", "Stammgäste", "Presse")

DRAFT = MessageDraft(
    event_id=EVENT,
    subject="Einladung zum Branchentag 2026",
    text="""Guten Tag ${first_name} ${last_name},

am 11. Juni 2026 ist Branchentag, und wir laden Sie ein.

Ich komme: ${registration_link}
Vielleicht: ${maybe_link}
Ich kann nicht: ${decline_link}
Das Programm: ${link_programm}

Keine Einladungen mehr: ${unsubscribe_link}
""",
    html="""<p>Guten Tag ${first_name} ${last_name},</p>
<p>am 11. Juni 2026 ist Branchentag, und wir laden Sie ein.</p>
<p><a href="${registration_link}">Ich komme</a> · <a href="${maybe_link}">Vielleicht</a> ·
<a href="${decline_link}">Ich kann nicht</a> · <a href="${link_programm}">Das Programm</a></p>
<p><a href="${unsubscribe_link}">Keine Einladungen mehr</a></p>
<img src="${pixel_link}" alt="" width="1" height="1">
""",
    links=FrozenDict({"programm": "https://veranstalter.example/branchentag-2026/programm"}),
    name="Einladung",
)

SEEN, PROGRAM, COMES, PERHAPS, NOT = Link.PIXEL, Link.GENERAL, Link.REGISTRATION, Link.MAYBE, Link.DECLINE

REACTIONS: Sequence[tuple[Link, ...]] = (
    *((SEEN,), (), (SEEN, PROGRAM), (SEEN, COMES), (), (SEEN, PERHAPS), (), (SEEN, NOT), (SEEN,), ()),
    *((SEEN, PROGRAM, COMES), (), (SEEN,), (PROGRAM,), (), (SEEN, PROGRAM, PERHAPS)),
)
"""What one recipient after the other does with the mail, over and over."""

SCANNED = 7
"""Of so many mails, one goes through a scanner that follows a link before the recipient sees it (MA-6)."""

_PLACES: Mapping[Link, str] = {
    Link.REGISTRATION: "Ich komme: ",
    Link.MAYBE: "Vielleicht: ",
    Link.DECLINE: "Ich kann nicht: ",
    Link.GENERAL: "Das Programm: ",
    Link.PIXEL: 'img src="',
}
"""What stands before a link in the mail."""

_URL = "https://veranstalter.example/l/"
_A_MINUTE = timedelta(minutes=1)


class DemoTokens:
    """Signs with the standard library alone, and a secret that everybody knows: links of invented people.

    A service takes `doocore_adapters.itsdangerous.SignedTokens`.
    """

    def sign(self, payload: str, link: Link) -> str:
        """Put link and signature beside the payload."""
        return f"{payload}~{link.value}~{_signature(payload, link.value)}"

    def read(self, token: str) -> tuple[str, Link]:
        """Check the signature; `InvalidTokenError` where it is none."""
        payload, _, rest = token.partition("~")
        word, _, signature = rest.partition("~")
        if not hmac.compare_digest(signature.encode(), _signature(payload, word).encode()):
            raise InvalidTokenError("forged")
        return payload, Link(word)


MAILING = Mailing(
    sender=Mailbox(email="einladung@veranstalter.example", name="Veranstalter"),
    link_url=f"{_URL}{{token}}",
    tokens=DemoTokens(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What became of the invitation, read back from the store."""

    event: str
    subject: str
    mails: Mapping[MailState, int]
    skipped: Mapping[SkipReason, int]
    groups: Sequence[str]
    counts: Mapping[InvitationStatus, int]

    @classmethod
    def read(cls, center: ContactCenter) -> "Invited":
        """Read it back."""
        (message,) = center.messages.page(event_id=EVENT)
        return cls(
            event=EVENT,
            subject=message.draft.subject,
            mails=center.messages.counts(message.id),
            skipped=center.messages.skipped(message.id),
            groups=tuple(each.name for each in center.invitations.groups(EVENT)),
            counts=center.invitations.counts(EVENT),
        )


def invite(center: ContactCenter, progress: Callable[[int, int | None], None]) -> None:
    """Put groups on the invitation list, and send the message to them; *progress* is told how many mails have left."""
    center.invitations.create(EVENT, GROUPS)
    queued = center.messages.queue(DRAFT, groups=GROUPS).queued
    center.outbox.run(progress=lambda sent: progress(sent, queued))


def react(center: ContactCenter, clock: StoryClock, mails: Path, progress: Callable[[int, int | None], None]) -> None:
    """Let the recipients of the mails in the directory *mails* react, one after the other."""
    files = sorted(mails.glob("*.eml"))
    for done, (file, reactions) in enumerate(zip(files, cycle(REACTIONS), strict=False), start=1):
        tokens = dict(_tokens(file))
        if done % SCANNED == 0:
            center.receive(tokens[Link.DECLINE], by_machine=True)
        for link in reactions:
            clock.moment += _A_MINUTE
            center.receive(tokens[link])
        progress(done, len(files))


def _tokens(file: Path) -> Iterator[tuple[Link, str]]:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    content = "\n".join(part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
    for link, before in _PLACES.items():
        found = re.search(rf"{re.escape(before)}{re.escape(_URL)}([^\s\"]+)", content)
        if found is not None:
            yield link, found[1]


def _signature(payload: str, word: str) -> str:
    return hmac.new(b"doocore demo", f"{payload}~{word}".encode(), hashlib.sha256).hexdigest()[:32]
