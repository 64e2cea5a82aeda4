"""What stands behind `center.messages` and `center.outbox` (chapter 11)."""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

from doocore.changes import Change, QueueMails, UpdateMail
from doocore.contact_center.inviting import masks_of
from doocore.contact_center.shell import Progress, Shell, gather, unheard
from doocore.errors import InvalidMessageError, NotFoundError
from doocore.model.contact import GroupId
from doocore.model.fields import folded
from doocore.model.history import Cause
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.model.invitation import InvitationStatus, Reaction
from doocore.model.message import (
    Delivery,
    Mail,
    Mailbox,
    MailId,
    Mailing,
    MailState,
    Message,
    MessageDraft,
    MessageId,
    OutboxMail,
    QueuedMessage,
    SkipReason,
)
from doocore.plans.messages import letter_of, mail_to, mails_of, needs_of_message, plan_message
from doocore.plans.sending import (
    Departure,
    needs_of_sending,
    plan_departure,
    plan_requeueing,
    plan_settlement,
    plan_taking,
)
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.ports import Mailer, Snapshot, Transaction
from doocore.rules.messages import RecipientStatus, reactions_to, recipient_status, states_of

AT_ONCE = 1_000
"""How many recipients are written to the outbox at once."""

TAKEN_AT_ONCE = 100
"""How many mails a dispatcher takes in hand at once."""

PREVIEW = "preview"
"""What the links of a preview hold: they lead nowhere."""

_CLAIM = (IdentifierKey(IdentifierKind.OUTBOX, ""),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody a message was meant for: the mail, where the recipient stands, and what happened to the message there (MA-2).

    `reactions` are those of the mail's contact, without those of machines (MA-6).
    """

    mail: OutboxMail
    status: RecipientStatus
    reactions: frozenset[Reaction] = frozenset()


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages to groups, or to those on an invitation list (chapter 11)."""

    _shell: Shell

    def queue(
        self,
        draft: MessageDraft,
        *,
        groups: Iterable[str] = (),
        statuses: Collection[InvitationStatus] | None = None,
        contacts: Iterable[str] = (),
        progress: Progress = unheard,
    ) -> QueuedMessage:
        """Queue a message for each member of *groups*, in their order; whoever may not get it is skipped (MA-1).

        With *statuses*, also for those on the event's invitation list who stand there now (all of it where that is
        empty), and for *contacts* by their IDs. Each contact and each address gets it once. Everything is queued, or
        nothing; *progress* is told how many recipients were looked at. Raises `InvalidMessageError`, `NotFoundError` for
        the event, a group, its list or contacts, `EventNotLiveError` for a draft, `PermissionDeniedError`.
        """
        mailing = mailing_of(self._shell)
        audience = _Audience(groups=tuple(groups), statuses=statuses, contacts=tuple(map(ContactId, contacts)))
        return self._shell.commit(audience.locks, partial(self._queue, draft, mailing, audience, progress))

    def preview(self, draft: MessageDraft, contact_id: str) -> Mail:
        """Show the mail that a contact would get; its links lead nowhere. Raises what `queue` raises for the draft."""
        mailing = mailing_of(self._shell)
        asked = ContactId(contact_id)
        with self._shell.store.snapshot() as snapshot:
            facts = gather(snapshot, needs_of_message(draft) | Needs(contacts=frozenset({asked})))
        contact = facts.contact(asked)
        if contact is None:
            raise NotFoundError("contact", contact_id)
        return mail_to(letter_of(draft, facts, mailing), contact, PREVIEW)

    def test(self, draft: MessageDraft, to: Mailbox, contact_id: str) -> Delivery:
        """Send what a contact would get to oneself, at once; its links lead nowhere.

        Raises what `preview` raises.
        """
        wire = self.preview(draft, contact_id)
        to_oneself = Mail(
            sender=wire.sender, to=to, subject=wire.subject, text=wire.text, html=wire.html, reply_to=wire.reply_to
        )
        return mailer_of(self._shell).deliver(to_oneself)

    def get(self, message_id: str) -> Message:
        """Read a message. Raises `NotFoundError`."""
        asked = MessageId(message_id)
        with self._shell.store.snapshot() as snapshot:
            found = snapshot.messages.get([asked])
        if asked not in found:
            raise NotFoundError("message", message_id)
        return found[asked]

    def page(self, *, event_id: str | None = None, after: str | None = None, limit: int = 100) -> tuple[Message, ...]:
        """List messages in the order they were queued, at most *limit* behind the ID *after*; of one event, or of all."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.messages.page(
                after=None if after is None else MessageId(after), limit=limit, event_id=event_id
            )

    def counts(self, message_id: str) -> Mapping[MailState, int]:
        """Count a message's mails per state, those of none too (MA-3). Raises `NotFoundError`."""
        message = self.get(message_id)
        with self._shell.store.snapshot() as snapshot:
            found = snapshot.outbox.counts(message.id)
        return {each: found.get(each, 0) for each in MailState}

    def status_counts(self, message_id: str) -> Mapping[RecipientStatus, int]:
        """Count a message's recipients per status, those of none too (MA-2). Raises `NotFoundError`."""
        message = self.get(message_id)
        with self._shell.store.snapshot() as snapshot:
            reactions = snapshot.outbox.reactions(message.id)
        counts = dict.fromkeys(RecipientStatus, 0)
        for (state, known), count in reactions.items():
            counts[recipient_status(state, known)] += count
        return counts

    def skipped(self, message_id: str) -> Mapping[SkipReason, int]:
        """Count who gets no mail of a message, per reason (SU-2). Raises `NotFoundError`."""
        message = self.get(message_id)
        with self._shell.store.snapshot() as snapshot:
            return snapshot.outbox.skipped(message.id)

    def recipients(
        self,
        message_id: str,
        *,
        statuses: Collection[RecipientStatus] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[Recipient, ...]:
        """List whom a message was meant for, in its order, at most *limit* behind the mail *after*; at some statuses, or at any.

        Raises `NotFoundError`.
        """
        message = self.get(message_id)
        behind = None if after is None else MailId(after)
        at_once = AT_ONCE if statuses else min(AT_ONCE, limit)
        with self._shell.store.snapshot() as snapshot:
            found = _recipients(snapshot, message, at_once=at_once, states=states_of(statuses), after=behind)
            return tuple(islice((each for each in found if not statuses or each.status in statuses), limit))

    def _queue(
        self, draft: MessageDraft, mailing: Mailing, audience: "_Audience", progress: Progress, tx: Transaction
    ) -> QueuedMessage:
        circumstances = self._shell.circumstances()
        plan = plan_message(draft, mailing, gather(tx, needs_of_message(draft)), circumstances)
        tx.apply(plan.changes, plan.envelope)
        message, taken, looked_at = plan.outcome, set[str](), 0
        recipients = audience.ids(tx, draft.event_id)
        while some := tuple(islice(recipients, AT_ONCE)):
            facts = gather(tx, Needs(contacts=frozenset(some), opt_outs=True))
            contacts = [contact for each in some if (contact := facts.contact(each)) is not None]
            mails = tuple(mails_of(message, contacts, facts.opt_outs, taken, circumstances))
            tx.apply([QueueMails(mails)], plan.envelope)
            looked_at += len(some)
            progress(looked_at)
        return QueuedMessage(
            message=message,
            queued=tx.outbox.counts(message.id).get(MailState.QUEUED, 0),
            skipped=tx.outbox.skipped(message.id),
        )


def _recipients(
    snapshot: Snapshot,
    message: Message,
    *,
    at_once: int,
    states: Collection[MailState] = (),
    after: MailId | None = None,
) -> Iterator[Recipient]:
    """Give a message's recipients in its order; two look-ups for each page, however many are on it."""
    event_id = message.draft.event_id
    while mails := snapshot.outbox.page(message_id=message.id, states=states, after=after, limit=at_once):
        events = snapshot.invitations.message_events(event_id, {each.contact_id for each in mails if each.contact_id})
        for mail in mails:
            reactions = reactions_to(message.id, events.get(mail.contact_id, ()) if mail.contact_id else ())
            yield Recipient(mail=mail, status=recipient_status(mail.state, reactions), reactions=reactions)
        after = mails[-1].id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audience:
    """Whom a message is meant for."""

    groups: tuple[str, ...]
    statuses: Collection[InvitationStatus] | None
    contacts: tuple[ContactId, ...]

    @property
    def locks(self) -> tuple[IdentifierKey, ...]:
        """Keep the groups as they are meanwhile."""
        return tuple(IdentifierKey(IdentifierKind.GROUP_NAME, folded(each)) for each in self.groups)

    def ids(self, snapshot: Snapshot, event_id: str) -> Iterator[ContactId]:
        """Name each contact once: groups in their order and that of joining, then the list, then single ones (MA-1)."""
        found: dict[ContactId, None] = {}
        for group_id in self._groups(snapshot):
            found.update(dict.fromkeys(snapshot.groups.members(group_id)))
        if self.statuses is not None:
            found.update(dict.fromkeys(self._listed(snapshot, event_id, self.statuses)))
        found.update(dict.fromkeys(self._single(snapshot)))
        return iter(found)

    def _groups(self, snapshot: Snapshot) -> list[GroupId]:
        known = snapshot.groups.named([folded(each) for each in self.groups])
        for name in self.groups:
            if folded(name) not in known:
                raise NotFoundError("group", name)
        return [known[folded(name)].id for name in self.groups]

    def _listed(self, snapshot: Snapshot, event_id: str, statuses: Collection[InvitationStatus]) -> Iterator[ContactId]:
        if snapshot.invitations.get(event_id) is None:
            raise NotFoundError("invitation list", event_id)
        masks, after = masks_of(snapshot, event_id, statuses), None
        while page := snapshot.invitations.page(event_id, evidence=masks, after=after, limit=AT_ONCE):
            yield from (each.contact_id for each in page)
            after = page[-1].contact_id

    def _single(self, snapshot: Snapshot) -> list[ContactId]:
        known = snapshot.contacts.get(self.contacts)
        survivors = snapshot.contacts.survivors([each for each in self.contacts if each not in known])
        unknown = [each for each in self.contacts if each not in known and each not in survivors]
        if unknown:
            raise NotFoundError("contact", *unknown)
        return [survivors.get(each, each) for each in self.contacts]


@dataclass(frozen=True, slots=True)
class Outbox:
    """Mails that are to leave, or have left (MA-3)."""

    _shell: Shell

    def run(
        self,
        *,
        limit: int | None = None,
        progress: Progress = unheard,
        spread: Callable[[], float] = random.random,
    ) -> Mapping[MailState, int]:
        """Send what is due, at most *limit* mails, and count what became of them; *progress* is told how many went.

        Any number of processes may do that at once. One that is killed leaves the mail that it was sending in doubt:
        after ten minutes that is `UNKNOWN`, and not sent again by itself. What was put off comes back later, and later
        each time; *spread* gives numbers between 0 and 1, so that not all come back at once.
        """
        run = _Run(self._shell, mailing_of(self._shell), mailer_of(self._shell), spread)
        return run.send(limit, progress)

    def counts(self) -> Mapping[MailState, int]:
        """Count all mails per state, those of none too."""
        with self._shell.store.snapshot() as snapshot:
            found = snapshot.outbox.counts()
        return {each: found.get(each, 0) for each in MailState}

    def page(
        self, *, states: Collection[MailState] = (), after: str | None = None, limit: int = 100
    ) -> tuple[OutboxMail, ...]:
        """List mails in the order they were queued, at most *limit* behind the ID *after*; in some states, or in any."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.outbox.page(states=states, after=None if after is None else MailId(after), limit=limit)

    def requeue(self, mail_ids: Iterable[str]) -> int:
        """Queue mails again that have failed or are in doubt, and count them; one in doubt may then arrive twice.

        Raises `NotFoundError` naming all unknown ones.
        """
        asked = tuple(map(MailId, mail_ids))

        def requeue(tx: Transaction) -> int:
            found = tx.outbox.get(asked)
            unknown = [each for each in asked if each not in found]
            if unknown:
                raise NotFoundError("mail", *unknown)
            plan = plan_requeueing(found.values(), self._shell.circumstances())
            tx.apply(plan.changes, plan.envelope)
            return plan.outcome

        return self._shell.commit(_CLAIM, requeue)


class _Run:
    """One dispatcher at work: each mail's transaction settles the mail before it."""

    def __init__(self, shell: Shell, mailing: Mailing, mailer: Mailer, spread: Callable[[], float]) -> None:
        self._shell = shell
        self._mailing = mailing
        self._mailer = mailer
        self._spread = spread
        self._unsettled: tuple[OutboxMail, Delivery] | None = None
        self._done: Counter[MailState] = Counter()

    def send(self, limit: int | None, progress: Progress) -> Mapping[MailState, int]:
        """Send until nothing is due, or *limit* is reached."""
        tried = 0
        try:
            while taken := self._take(TAKEN_AT_ONCE if limit is None else min(TAKEN_AT_ONCE, limit - tried)):
                for mail in taken:
                    departure = self._step(mail)
                    if departure is not None:
                        self._unsettled = (departure.mail, self._mailer.deliver(departure.wire))
                    tried += 1
                    progress(tried)
        finally:
            self._step(None)
            self._mailer.close()
        return {each: self._done[each] for each in MailState if self._done[each]}

    def _take(self, limit: int) -> tuple[OutboxMail, ...]:
        def take(tx: Transaction) -> tuple[OutboxMail, ...]:
            circumstances = self._shell.circumstances()
            plan = plan_taking(tx.outbox.due(circumstances.at, limit=limit), circumstances)
            tx.apply(plan.changes, plan.envelope)
            return plan.outcome

        return self._shell.commit(_CLAIM, take) if limit else ()

    def _step(self, mail: OutboxMail | None) -> Departure | None:
        """Settle the mail before, and send the next one on its way, in one transaction."""
        if mail is None and self._unsettled is None:
            return None
        departure, became = self._shell.commit((), partial(self._settle_and_depart, mail))
        self._unsettled = None
        self._done.update(became)
        return departure

    def _settle_and_depart(self, mail: OutboxMail | None, tx: Transaction) -> tuple[Departure | None, list[MailState]]:
        circumstances = self._shell.circumstances()
        needs = needs_of_sending(None if self._unsettled is None else self._unsettled[0], mail)
        facts = gather(tx, needs)
        settlement = self._settlement(facts, circumstances)
        departure = self._departure(mail, needs, facts, circumstances, tx)
        changes = settlement + departure.changes
        tx.apply(changes, circumstances.envelope(Cause.MESSAGE))
        ended = [each.after.state for each in changes if isinstance(each, UpdateMail)]
        return departure.outcome, [each for each in ended if each is not MailState.SENDING]

    def _settlement(self, facts: Facts, circumstances: Circumstances) -> tuple[Change, ...]:
        if self._unsettled is None:
            return ()
        return plan_settlement(*self._unsettled, self._spread(), facts, circumstances)

    def _departure(
        self, mail: OutboxMail | None, needs: Needs, facts: Facts, circumstances: Circumstances, tx: Transaction
    ) -> Plan[Departure | None]:
        if mail is None:
            return Plan(outcome=None, envelope=circumstances.envelope(Cause.MESSAGE))
        plan = plan_departure(mail, self._mailing, facts, circumstances)
        while isinstance(plan, Needs):
            needs |= plan
            plan = plan_departure(mail, self._mailing, gather(tx, needs), circumstances)
        return plan


def mailing_of(shell: Shell) -> Mailing:
    """Give what mails have in common, or say what is missing."""
    if shell.mailing is None:
        raise InvalidMessageError("sender", "ContactCenter needs mailing=Mailing(sender=…, link_url=…, tokens=…)")
    return shell.mailing


def mailer_of(shell: Shell) -> Mailer:
    """Give what delivers mails, or say what is missing."""
    if shell.mailer is None:
        raise InvalidMessageError("mailer", "ContactCenter needs mailer=, for instance SmtpMailer(…)")
    return shell.mailer
