"""Somebody follows a link of a mail: where it leads, and what it is evidence for (MA-1, MA-2, MA-6)."""

from doocore.changes import Change, RecordOptOut
from doocore.errors import InvalidTokenError
from doocore.model.booking import Prefill
from doocore.model.contact import Contact, OptOut, SubscriptionState, Through
from doocore.model.history import Cause, Envelope
from doocore.model.message import About, Followed, Link, Message, OutboxMail
from doocore.plans.by_hand import SubscriptionRequest, plan_subscription
from doocore.plans.sending import message_event
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.links import BY_LINK, NEVER_EXPIRE, OF_NOTICES


def needs_of_link(token: str) -> Needs:
    """Say which mail the link was in, with its message and contact, and what bars that."""
    return Needs(tokens=frozenset({token}), opt_outs=True)


def plan_following(
    token: str, link: Link, place: int | None, facts: Facts, circumstances: Circumstances, *, by_machine: bool
) -> Plan[Followed]:
    """Follow the *link* of the mail that holds *token*; *place* says which, of several general ones.

    What a machine follows is recorded, is evidence for nothing, and unsubscribes nobody (MA-6). Raises
    `InvalidTokenError` ("unknown", "expired"), and nothing is recorded.
    """
    mail = facts.mails_by_token.get(token)
    if mail is None or mail.about is not OF_NOTICES.get(link, About.MESSAGE):
        raise InvalidTokenError("unknown")
    if mail.links_until is not None and circumstances.at > mail.links_until and link not in NEVER_EXPIRE:
        raise InvalidTokenError("expired")
    if mail.message_id is None:
        envelope = circumstances.envelope(Cause.MESSAGE, mail.reference)
        return Plan(outcome=Followed(link=link, reference=mail.reference), envelope=envelope)
    message = facts.messages[mail.message_id]
    contact = None if mail.contact_id is None else facts.contact(mail.contact_id)
    if contact is None:
        return _of_nobody(mail, message, link, circumstances, by_machine=by_machine)
    followed = Followed(
        link=link,
        event_id=message.draft.event_id,
        contact_id=contact.id,
        message_id=message.id,
        purpose=message.draft.purpose,
        prefill=_prefill(contact) if link is Link.REGISTRATION else None,
        target=_target(message, place) if link is Link.GENERAL else None,
    )
    reaction = BY_LINK[link]
    envelope = circumstances.envelope(Cause.MESSAGE, message.id)
    changes: tuple[Change, ...] = ()
    if reaction is not None:
        event_id = next(circumstances.new_record_ids)
        changes = message_event(message, contact.id, reaction, circumstances, event_id=event_id, by_machine=by_machine)
    elif not by_machine:
        envelope, changes = _unsubscription(mail, message, contact, facts, circumstances)
    return Plan(outcome=followed, envelope=envelope, changes=changes)


def _unsubscription(
    mail: OutboxMail, message: Message, contact: Contact, facts: Facts, circumstances: Circumstances
) -> tuple[Envelope, tuple[Change, ...]]:
    """Take the person at its word, for the message's purpose (SU-4, SU-5)."""
    request = SubscriptionRequest(
        contact_id=contact.id,
        subscription=message.draft.purpose,
        state=SubscriptionState.UNSUBSCRIBED,
        through=Through.UNSUBSCRIBE_LINK,
    )
    plan = plan_subscription(request, facts, circumstances)
    # The address that the mail went to is bound as well, whatever the contact's is by now (SU-5).
    return plan.envelope, (*plan.changes, *(each for each in _bound(mail, message) if each not in plan.changes))


def _of_nobody(
    mail: OutboxMail, message: Message, link: Link, circumstances: Circumstances, *, by_machine: bool
) -> Plan[Followed]:
    """Whoever was deleted since can do one thing: see to it that the address is never written to again (SU-5)."""
    if BY_LINK[link] is not None:
        raise InvalidTokenError("unknown")
    return Plan(
        outcome=Followed(
            link=link, event_id=message.draft.event_id, message_id=message.id, purpose=message.draft.purpose
        ),
        envelope=circumstances.envelope(Cause.MESSAGE, message.id),
        changes=() if by_machine else _bound(mail, message),
    )


def _bound(mail: OutboxMail, message: Message) -> tuple[RecordOptOut, ...]:
    """Bind the address that the mail went to, for the message's purpose."""
    return tuple(RecordOptOut(OptOut(key, message.draft.purpose)) for key in (mail.address_key,) if key is not None)


def _prefill(contact: Contact) -> Prefill:
    return Prefill(contact_id=contact.id, email=contact.text("email") or None)


def _target(message: Message, place: int | None) -> str:
    targets = tuple(message.draft.links.values())
    if place is None or place >= len(targets):
        raise InvalidTokenError("unknown")
    return targets[place]
