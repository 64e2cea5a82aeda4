"""Messages and the outbox in the SQL stores: their rows, reading and writing."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from doocore import changes as kinds
from doocore.errors import StaleVersionError
from doocore.model.contact import Subscription
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import ContactId
from doocore.model.invitation import Reaction
from doocore.model.message import (
    About,
    Mailbox,
    MailId,
    MailState,
    Message,
    MessageDraft,
    MessageId,
    OutboxMail,
    SkipReason,
)
from doocore_adapters._sql.documents import dumps, loads
from doocore_adapters._sql.reading import Repository
from doocore_adapters._sql.rows import Row, moment_of, moment_text
from doocore_adapters._sql.writer import Writer


class Messages(Repository):
    """Messages."""

    def get(self, ids: Collection[MessageId]) -> Mapping[MessageId, Message]:
        """Read the messages of *ids*."""
        return {row[0]: message_of(row) for row in self._among(self._sql.messages, ids)}

    def page(
        self, *, after: MessageId | None = None, limit: int = 100, event_id: str | None = None
    ) -> tuple[Message, ...]:
        """List messages in order of their IDs."""
        if event_id is None:
            return tuple(map(message_of, self._rows(self._sql.messages_page, after or "", limit)))
        return tuple(map(message_of, self._rows(self._sql.messages_page_of_event, event_id, after or "", limit)))


class Outbox(Repository):
    """Mails that are to leave, or have left."""

    def get(self, ids: Collection[MailId]) -> Mapping[MailId, OutboxMail]:
        """Read the mails of *ids*."""
        return {row[0]: mail_of(row) for row in self._among(self._sql.mails, ids)}

    def of_tokens(self, tokens: Collection[str]) -> Mapping[str, OutboxMail]:
        """Find the mails whose links hold these tokens."""
        mails = map(mail_of, self._among(self._sql.mails_of_tokens, tokens))
        return {each.token: each for each in mails}

    def due(self, now: datetime, *, limit: int = 100) -> tuple[OutboxMail, ...]:
        """List mails that are due, the longest due first."""
        return tuple(map(mail_of, self._rows(self._sql.mails_due, moment_text(now), limit)))

    def page(
        self,
        *,
        message_id: MessageId | None = None,
        states: Collection[MailState] = (),
        after: MailId | None = None,
        limit: int = 100,
    ) -> tuple[OutboxMail, ...]:
        """List mails in order of their IDs."""
        statement = self._sql.mails_page(message=message_id is not None, states=bool(states))
        among = self._session.among([each.value for each in states]) if states else None
        given = (each for each in (message_id, among, after or "", limit) if each is not None)
        return tuple(map(mail_of, self._rows(statement, *given)))

    def counts(self, message_id: MessageId | None = None) -> Mapping[MailState, int]:
        """Count mails per state."""
        statement = self._sql.mail_counts if message_id is None else self._sql.mail_counts_of_message
        found = self._rows(statement, *(() if message_id is None else (message_id,)))
        return {MailState(state): count for state, count in found}

    def reactions(self, message_id: MessageId) -> Mapping[tuple[MailState, frozenset[Reaction]], int]:
        """Count a message's mails per state and what their contacts did with the message."""
        found: Counter[tuple[MailState, frozenset[Reaction]]] = Counter()
        for state, words, count in self._rows(self._sql.mail_reactions, message_id):
            found[MailState(state), frozenset(map(Reaction, (words or "").split()))] += count
        return dict(found)

    def skipped(self, message_id: MessageId) -> Mapping[SkipReason, int]:
        """Count the recipients of a message that get no mail, per reason."""
        return {SkipReason(reason): count for reason, count in self._rows(self._sql.mails_skipped, message_id)}

    def is_written_to(self, message_id: MessageId, address_key: str) -> bool:
        """Tell whether a mail of this message is for this address."""
        return bool(self._rows(self._sql.mail_written_to, message_id, address_key))

    def last_sent(self, contact_ids: Collection[ContactId]) -> Mapping[ContactId, datetime]:
        """Tell when each contact was last sent a message."""
        return {contact_id: moment_of(at) for contact_id, at in self._among(self._sql.mails_last_sent, contact_ids)}


class MailWriting(Writer):
    """Writes the changes of messages and mails, and their share in changes of contacts."""

    def create_messages(self, changes: Sequence[kinds.CreateMessage]) -> None:
        """Add messages."""
        for message in (each.message for each in changes):
            if not self._insert(self._sql.insert_message, [message_row(message)]):
                raise StaleVersionError("message", message.id)

    def queue_mails(self, changes: Sequence[kinds.QueueMails]) -> None:
        """Add mails, many by one statement."""
        mails = [mail for each in changes for mail in each.mails]
        if self._insert(self._sql.insert_mail, map(mail_row, mails)) != len(mails):
            raise StaleVersionError("mail", mails[0].id)

    def update_mails(self, changes: Sequence[kinds.UpdateMail]) -> None:
        """Replace mails of the version before."""
        for each in changes:
            row = (*mail_row(each.after)[1:], self._organization_id, each.after.id, each.before.version)
            if not self._write(self._sql.update_mail, [row]):
                raise StaleVersionError("mail", each.after.id)

    def _forget_mails(self, contact_ids: Collection[ContactId]) -> None:
        """Let no mail leave for contacts that are deleted, and take out of the others what their links do not need."""
        family = self._session.among(contact_ids)
        self._write(self._sql.skip_mails, [(self._at, self._organization_id, family)])
        self._insert(self._sql.depersonalize_mails, [(family,)])

    def _adopt_mails(self, retired_id: ContactId, survivor_id: ContactId) -> None:
        self._write(self._sql.adopt_mails, [(survivor_id, self._organization_id, retired_id)])


MAIL_WRITERS: Mapping[type[kinds.Change], Callable[..., None]] = {
    kinds.CreateMessage: MailWriting.create_messages,
    kinds.QueueMails: MailWriting.queue_mails,
    kinds.UpdateMail: MailWriting.update_mails,
}


def message_row(message: Message) -> Row:
    """Write a message."""
    draft = message.draft
    return (
        message.id,
        draft.event_id,
        draft.name,
        draft.subject,
        draft.text,
        draft.html,
        draft.purpose.value,
        dumps(dict(draft.links)),
        None if draft.reply_to is None else draft.reply_to.email,
        None if draft.reply_to is None else draft.reply_to.name,
        moment_text(message.queued_at),
        message.actor,
    )


def message_of(row: Row) -> Message:
    """Read a message."""
    message_id, event_id, name, subject, text, html, purpose, links, reply_to, reply_to_name, queued_at, actor = row
    draft = MessageDraft(
        event_id=event_id,
        name=name,
        subject=subject,
        text=text,
        html=html,
        purpose=Subscription(purpose),
        links=FrozenDict(loads(links)),
        reply_to=None if reply_to is None else Mailbox(email=reply_to, name=reply_to_name),
    )
    return Message(id=message_id, draft=draft, queued_at=moment_of(queued_at), actor=actor)


def mail_row(mail: OutboxMail) -> Row:
    """Write a mail; what is empty tells nothing of anybody."""
    return (
        mail.id,
        mail.about.value,
        mail.to or None,
        mail.address_key,
        mail.state.value,
        mail.token or None,
        mail.message_id,
        mail.contact_id,
        mail.reference,
        mail.subject or None,
        mail.text or None,
        moment_text(mail.queued_at),
        moment_text(mail.due_at),
        None if mail.links_until is None else moment_text(mail.links_until),
        None if mail.finished_at is None else moment_text(mail.finished_at),
        mail.attempts,
        None if mail.skipped is None else mail.skipped.value,
        mail.problem or None,
        mail.version,
    )


def mail_of(row: Row) -> OutboxMail:
    """Read a mail."""
    mail_id, about, to, address_key, state, token, message_id, contact_id, reference, subject, text, *rest = row
    queued_at, due_at, links_until, finished_at, attempts, skipped, problem, version = rest
    return OutboxMail(
        id=mail_id,
        about=About(about),
        to=to or "",
        address_key=address_key,
        state=MailState(state),
        token=token or "",
        message_id=message_id,
        contact_id=contact_id,
        reference=reference,
        subject=subject or "",
        text=text or "",
        queued_at=moment_of(queued_at),
        due_at=moment_of(due_at),
        links_until=None if links_until is None else moment_of(links_until),
        finished_at=None if finished_at is None else moment_of(finished_at),
        attempts=attempts,
        skipped=None if skipped is None else SkipReason(skipped),
        problem=problem or "",
        version=version,
    )
