"""Messages are written and queued: what stands in them, and who gets one (chapter 11).

The mail itself is made when it leaves, from the message and from what the contact is by then; whether it can be made is
found out beforehand, with a recipient of whom nothing is known.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from doocore.changes import CreateMessage
from doocore.errors import EventNotLiveError, InvalidMessageError, NotFoundError
from doocore.model.contact import Contact, OptOut
from doocore.model.event import Event, EventStatus
from doocore.model.fields import FieldCatalog, FieldValue, trimmed
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Origin
from doocore.model.identifiers import ContactId
from doocore.model.message import (
    LINKS_VALID,
    About,
    Link,
    Mail,
    Mailbox,
    MailId,
    Mailing,
    MailState,
    Message,
    MessageDraft,
    MessageId,
    OutboxMail,
    has_breaks,
    in_one_line,
)
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.exporting import CELLS_OF_TRUTHS
from doocore.rules.messages import choose_recipients
from doocore.rules.permissions import Action, permit
from doocore.rules.templates import PlainTemplates

PLACES: Mapping[str, Link] = {
    "registration_link": Link.REGISTRATION,
    "maybe_link": Link.MAYBE,
    "decline_link": Link.DECLINE,
    "unsubscribe_link": Link.UNSUBSCRIBE,
    "pixel_link": Link.PIXEL,
}
"""The placeholders of personal links; general ones stand behind `link_` (MA-1)."""

GENERAL = "link_"

_NOT_IN_NAMES = re.compile(r"\W+")
_SAMPLE = Contact(
    id=ContactId(""),
    values=FrozenDict(),
    origin=Origin(Cause.MESSAGE, ""),
    created_at=datetime.min.replace(tzinfo=UTC),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What mails of one message are made from, beside the recipients: the draft, its event, the fields, and the sender."""

    draft: MessageDraft
    event: Event
    catalog: FieldCatalog
    mailing: Mailing


def needs_of_message(draft: MessageDraft) -> Needs:
    """Say that the event must be known."""
    return Needs(events=frozenset({draft.event_id}))


def letter_of(draft: MessageDraft, facts: Facts, mailing: Mailing) -> Letter:
    """Check that mails can be made of a draft. Raises `NotFoundError` for its event, and `InvalidMessageError`."""
    event = facts.events.get(draft.event_id)
    if event is None:
        raise NotFoundError("event", draft.event_id)
    if has_breaks(draft.subject):
        raise InvalidMessageError("subject", "it cannot hold line ends or control characters")
    if not trimmed(draft.subject):
        raise InvalidMessageError("subject", "it is blank")
    for name in draft.links:
        if not name.isidentifier():
            raise InvalidMessageError("links", f"{name!r} cannot stand in ${{{GENERAL}…}}: use letters, digits and _")
    letter = Letter(draft=draft, event=event, catalog=facts.catalog, mailing=mailing)
    _contents(letter, _values_of(letter, _SAMPLE, ""))
    return letter


def plan_message(draft: MessageDraft, mailing: Mailing, facts: Facts, circumstances: Circumstances) -> Plan[Message]:
    """Queue a message for an event that is no draft (MA-1, MA-3).

    Raises what `letter_of` raises, `EventNotLiveError` for a draft, `PermissionDeniedError`.
    """
    permit(Action.SEND_MESSAGES, circumstances.actor, facts.settings.plan)
    letter = letter_of(draft, facts, mailing)
    if letter.event.status is EventStatus.DRAFT:
        raise EventNotLiveError(draft.event_id, EventStatus.DRAFT.value)
    message = Message(
        id=MessageId(next(circumstances.new_record_ids)),
        draft=draft,
        queued_at=circumstances.at,
        actor=str(circumstances.actor),
    )
    envelope = circumstances.envelope(Cause.MESSAGE, message.id)
    return Plan(outcome=message, envelope=envelope, changes=(CreateMessage(message),))


def mails_of(
    message: Message,
    contacts: Iterable[Contact],
    opt_outs: frozenset[OptOut],
    taken: set[str],
    circumstances: Circumstances,
) -> Iterator[OutboxMail]:
    """Write a mail for each contact in turn, skipped with a reason or not (MA-1); *taken* as in `choose_recipients`."""
    for contact, skipped in choose_recipients(contacts, message.draft.purpose, opt_outs, taken):
        yield OutboxMail(
            id=MailId(next(circumstances.new_record_ids)),
            about=About.MESSAGE,
            to=contact.text("email"),
            address_key=contact.email_key,
            state=MailState.QUEUED if skipped is None else MailState.SKIPPED,
            token=next(circumstances.new_tokens) if skipped is None else "",
            message_id=message.id,
            contact_id=contact.id,
            queued_at=circumstances.at,
            due_at=circumstances.at,
            links_until=circumstances.at + LINKS_VALID,
            finished_at=None if skipped is None else circumstances.at,
            skipped=skipped,
        )


def mail_to(letter: Letter, contact: Contact, token: str, reference: str = "") -> Mail:
    """Make the mail of a message to one contact, whose links hold *token* (MA-1).

    *reference* tells this mail from others in its Message-ID. Raises `InvalidMessageError` where a value cannot be put in.
    """
    draft, mailing = letter.draft, letter.mailing
    values = _values_of(letter, contact, token)
    subject, text, html = _contents(letter, values)
    return Mail(
        sender=mailing.sender,
        to=Mailbox(email=address_to_send_to(contact), name=in_one_line(contact.name)),
        subject=in_one_line(subject),
        text=text,
        html=html,
        reply_to=draft.reply_to,
        unsubscribe_url=values["unsubscribe_link"],
        message_id=mailing.message_id(reference) if reference else "",
    )


def address_to_send_to(contact: Contact) -> str:
    """Give the address as it was entered, its domain as mail servers know it (ID-3)."""
    local = contact.text("email").rpartition("@")[0]
    domain = (contact.email_key or "").rpartition("@")[2]
    return f"{local}@{domain}"


def placeholder_of(field_name: str) -> str:
    """Give the placeholder of a field of the organization's own: its name, with `_` for what is no letter or digit.

    >>> placeholder_of("Größe (cm)")
    'Größe_cm'
    """
    return _NOT_IN_NAMES.sub("_", trimmed(field_name)).strip("_")


def _values_of(letter: Letter, contact: Contact, token: str) -> Mapping[str, str]:
    """Name every placeholder with its text; system fields and links cannot be hidden by a field of the same name."""
    custom = {placeholder_of(each.name): _text(contact.values.get(each.key)) for each in letter.catalog.custom}
    system = {each.key: _text(contact.values.get(each.key)) for each in letter.catalog.fields if each.key not in custom}
    url = letter.mailing.url
    general = {
        f"{GENERAL}{name}": url(payload_of(token, place), Link.GENERAL) for place, name in enumerate(letter.draft.links)
    }
    personal = {name: url(token, link) for name, link in PLACES.items()}
    return {**custom, **system, "event_name": letter.event.name, **general, **personal}


def payload_of(token: str, place: int) -> str:
    """Say what a general link holds: the mail's token, and which of the message's links it is."""
    return f"{token}.{place}"


def _contents(letter: Letter, values: Mapping[str, str]) -> tuple[str, str, str | None]:
    draft = letter.draft
    subject = _rendered(letter, "subject", draft.subject, values)
    text = _rendered(letter, "text", draft.text, values)
    html = None if draft.html is None else _rendered(letter, "html", draft.html, values)
    return subject, text, html


def _rendered(letter: Letter, part: str, template: str, values: Mapping[str, str]) -> str:
    renderer = letter.mailing.renderer or PlainTemplates()
    try:
        return renderer.render(template, values, html=part == "html")
    except InvalidMessageError as error:
        raise type(error)(part, error.problem) from None


def _text(value: FieldValue | None) -> str:
    if isinstance(value, bool):
        return CELLS_OF_TRUTHS[value]
    return "" if value is None else value
