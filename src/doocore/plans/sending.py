"""Mails leave the outbox: taken in hand, asked again whether they may, and settled (MA-3).

A mail is `SENDING` from before the mailer gets it until its outcome is written. Who never comes back to write it leaves
the mail in doubt: that is `UNKNOWN`, and it is not sent again by itself. A mail that was only taken in hand is due again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from doocore.changes import AddEvidence, Change, RecordMessageEvents, UpdateMail
from doocore.errors import InvalidMessageError, OtherTemplatesError
from doocore.model.contact import Contact
from doocore.model.history import Cause
from doocore.model.identifiers import ContactId
from doocore.model.invitation import MessageEvent, Reaction
from doocore.model.message import (
    Delivery,
    DeliveryOutcome,
    Mail,
    Mailbox,
    Mailing,
    MailState,
    Message,
    OutboxMail,
    SkipReason,
)
from doocore.plans.messages import Letter, mail_to
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.invitations import BY_REACTION
from doocore.rules.messages import Candidate, why_skipped
from doocore.rules.outbox import REQUEUED, pause_after, settled

IN_HAND = timedelta(minutes=10)
"""How long whoever has taken a mail may still come back: longer than the slowest dialogue with a server."""

NEVER_CAME_BACK = "whoever was sending it never came back to say what became of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A mail that is on its way: as it stands in the outbox, and as the mailer gets it."""

    mail: OutboxMail
    wire: Mail


def plan_taking(due: Iterable[OutboxMail], circumstances: Circumstances) -> Plan[tuple[OutboxMail, ...]]:
    """Take mails that are due in hand, and give those up that somebody else was sending for too long (MA-3)."""
    changes = tuple(UpdateMail(each, _taken(each, circumstances)) for each in due)
    taken = tuple(each.after for each in changes if each.after.state is MailState.QUEUED)
    return Plan(outcome=taken, envelope=circumstances.envelope(Cause.MESSAGE), changes=changes)


def needs_of_sending(*mails: OutboxMail | None) -> Needs:
    """Say that the mails are to be looked at again, with their messages, contacts, and what bars these."""
    return Needs(mails=frozenset(each.id for each in mails if each is not None), opt_outs=True)


def plan_departure(
    taken: OutboxMail, mailing: Mailing, facts: Facts, circumstances: Circumstances
) -> "Plan[Departure | None] | Needs":
    """Send a mail on its way, unless it may not leave any more, or cannot be made (SU-2, SU-5, MA-1, MA-3).

    Nothing happens to a mail that somebody else has taken meanwhile.
    """
    envelope = circumstances.envelope(Cause.MESSAGE, taken.message_id or taken.reference)
    current = facts.mails.get(taken.id)
    if current != taken:
        return Plan(outcome=None, envelope=envelope)
    message = None if taken.message_id is None else facts.messages[taken.message_id]
    contact = None if taken.contact_id is None else facts.contact(taken.contact_id)
    if message is not None:
        moved_to = _moved_to(taken, contact)
        if moved_to is not None and (message.id, moved_to) not in facts.asked.written_to:
            return Needs(written_to=frozenset({(message.id, moved_to)}))
        skipped = _why_not(message, contact, moved_to, facts)
        if skipped is not None:
            after = _ended(taken, MailState.SKIPPED, circumstances, skipped=skipped)
            return Plan(outcome=None, envelope=envelope, changes=(UpdateMail(taken, after),))
    try:
        wire = _wire(taken, message, contact, mailing, facts)
    except OtherTemplatesError as error:  # whoever sends this can repair that: no reason to give up a recipient
        delivery = Delivery(DeliveryOutcome.DEFERRED, str(error))
        after = _settled(replace(taken, attempts=taken.attempts + 1), delivery, 0.0, circumstances)
        return Plan(outcome=None, envelope=envelope, changes=(UpdateMail(taken, after),))
    except (InvalidMessageError, ValueError) as error:
        after = _ended(taken, MailState.FAILED, circumstances, problem=str(error))
        return Plan(outcome=None, envelope=envelope, changes=(UpdateMail(taken, after),))
    after = replace(
        taken,
        to=taken.to if contact is None else contact.text("email"),
        address_key=taken.address_key if contact is None else contact.email_key,
        state=MailState.SENDING,
        attempts=taken.attempts + 1,
        due_at=circumstances.at + IN_HAND,
        version=taken.version + 1,
    )
    return Plan(outcome=Departure(mail=after, wire=wire), envelope=envelope, changes=(UpdateMail(taken, after),))


def plan_settlement(
    sent: OutboxMail, delivery: Delivery, spread: float, facts: Facts, circumstances: Circumstances
) -> tuple[Change, ...]:
    """Write down what became of a mail, and that its recipient was written to (IN-2, MA-2, MA-3).

    *spread*, between 0 and 1, moves the next attempt. The outcome is written even where the mail was given up
    meanwhile: it is no longer in doubt then. Nothing is written once the mail was queued again.
    """
    current = facts.mails.get(sent.id)
    if current is None or current.attempts != sent.attempts or current.state not in _OPEN:
        return ()
    after = _settled(current, delivery, spread, circumstances)
    changes: tuple[Change, ...] = (UpdateMail(current, after),)
    if after.state is MailState.SENT and current.message_id is not None and current.contact_id is not None:
        message = facts.messages[current.message_id]
        changes += message_event(
            message, current.contact_id, Reaction.SENT, circumstances, event_id=f"{current.id} sent", by_machine=False
        )
    return changes


def message_event(
    message: Message,
    contact_id: ContactId,
    reaction: Reaction,
    circumstances: Circumstances,
    *,
    event_id: str,
    by_machine: bool,
) -> tuple[Change, ...]:
    """Record what happened to a message at a contact, and what that is evidence for (IN-2, MA-6)."""
    event = MessageEvent(
        id=event_id,
        event_id=message.draft.event_id,
        contact_id=contact_id,
        reaction=reaction,
        at=circumstances.at,
        message=message.id,
        by_machine=by_machine,
    )
    recorded = RecordMessageEvents((event,))
    if by_machine:
        return (recorded,)
    return (recorded, AddEvidence(message.draft.event_id, (contact_id,), BY_REACTION[reaction]))


def plan_requeueing(mails: Iterable[OutboxMail], circumstances: Circumstances) -> Plan[int]:
    """Queue mails again that have failed or are in doubt: by hand, since some may arrive twice (MA-3)."""
    changes = tuple(
        UpdateMail(
            each,
            replace(
                each,
                state=MailState.QUEUED,
                due_at=circumstances.at,
                finished_at=None,
                attempts=0,
                problem="",
                version=each.version + 1,
            ),
        )
        for each in mails
        if each.state in REQUEUED
    )
    return Plan(outcome=len(changes), envelope=circumstances.envelope(Cause.BY_HAND), changes=changes)


_OPEN = frozenset({MailState.SENDING, MailState.UNKNOWN})


def _taken(mail: OutboxMail, circumstances: Circumstances) -> OutboxMail:
    if mail.state is MailState.SENDING:
        return _ended(mail, MailState.UNKNOWN, circumstances, problem=NEVER_CAME_BACK)
    return replace(mail, due_at=circumstances.at + IN_HAND, version=mail.version + 1)


def _moved_to(mail: OutboxMail, contact: Contact | None) -> str | None:
    """Give the match key that the contact has got since the mail was queued, if it is another one."""
    if contact is None or contact.email_key == mail.address_key:
        return None
    return contact.email_key


def _why_not(message: Message, contact: Contact | None, moved_to: str | None, facts: Facts) -> SkipReason | None:
    candidate = Candidate(
        contact=contact,
        purpose=message.draft.purpose,
        opt_outs=facts.opt_outs,
        address_taken=(message.id, moved_to) in facts.written_to,
    )
    return why_skipped(candidate)


def _wire(mail: OutboxMail, message: Message | None, contact: Contact | None, mailing: Mailing, facts: Facts) -> Mail:
    reference = f"{mail.id}.{mail.attempts + 1}"
    if message is not None and contact is not None:
        event = facts.events[message.draft.event_id]
        letter = Letter(draft=message.draft, event=event, catalog=facts.catalog, mailing=mailing)
        return mail_to(letter, contact, mail.token, reference)
    return Mail(
        sender=mailing.sender,
        to=Mailbox(email=mail.to),
        subject=mail.subject,
        text=mail.text,
        message_id=mailing.message_id(reference),
    )


def _settled(mail: OutboxMail, delivery: Delivery, spread: float, circumstances: Circumstances) -> OutboxMail:
    state = settled(delivery.outcome, mail.attempts)
    if state is not MailState.QUEUED:
        return _ended(mail, state, circumstances, problem=delivery.problem)
    return replace(
        mail,
        state=MailState.QUEUED,
        due_at=circumstances.at + pause_after(mail.attempts, spread),
        finished_at=None,
        problem=delivery.problem,
        version=mail.version + 1,
    )


def _ended(
    mail: OutboxMail,
    state: MailState,
    circumstances: Circumstances,
    *,
    problem: str = "",
    skipped: SkipReason | None = None,
) -> OutboxMail:
    return replace(
        mail, state=state, finished_at=circumstances.at, problem=problem, skipped=skipped, version=mail.version + 1
    )
