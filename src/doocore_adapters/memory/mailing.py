"""Messages and the outbox in memory: reading and writing."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import nsmallest

from doocore import changes as kinds
from doocore.errors import StaleVersionError
from doocore.model.history import Envelope, require_offset
from doocore.model.identifiers import ContactId
from doocore.model.invitation import Reaction
from doocore.model.message import LINKS_ARE_OUT, About, MailId, MailState, Message, MessageId, OutboxMail, SkipReason
from doocore_adapters.memory.reading import Repository
from doocore_adapters.memory.records import Journal, Records

IN_FLIGHT = frozenset({MailState.QUEUED, MailState.SENDING})
"""Where a mail can be due."""


class Messages(Repository):
    """Messages."""

    def get(self, ids: Collection[MessageId]) -> Mapping[MessageId, Message]:
        """Read the messages of *ids*."""
        messages = self._records().messages
        return {each: messages[each] for each in ids if each in messages}

    def page(
        self, *, after: MessageId | None = None, limit: int = 100, event_id: str | None = None
    ) -> tuple[Message, ...]:
        """List messages in order of their IDs."""
        messages = self._records().messages
        listed = (
            each
            for each, message in messages.items()
            if each > (after or "") and event_id in {None, message.draft.event_id}
        )
        return tuple(messages[each] for each in nsmallest(limit, listed))


class Outbox(Repository):
    """Mails that are to leave, or have left."""

    def get(self, ids: Collection[MailId]) -> Mapping[MailId, OutboxMail]:
        """Read the mails of *ids*."""
        mails = self._records().mails
        return {each: mails[each] for each in ids if each in mails}

    def of_tokens(self, tokens: Collection[str]) -> Mapping[str, OutboxMail]:
        """Find the mails whose links hold these tokens."""
        return {each.token: each for each in self._records().mails.values() if each.token and each.token in tokens}

    def due(self, now: datetime, *, limit: int = 100) -> tuple[OutboxMail, ...]:
        """List mails that are due, the longest due first."""
        require_offset(now)
        mails = (each for each in self._records().mails.values() if each.state in IN_FLIGHT and each.due_at <= now)
        return tuple(nsmallest(limit, mails, key=lambda each: (each.due_at, each.id)))

    def page(
        self,
        *,
        message_id: MessageId | None = None,
        states: Collection[MailState] = (),
        after: MailId | None = None,
        limit: int = 100,
    ) -> tuple[OutboxMail, ...]:
        """List mails in order of their IDs."""
        mails = (
            each for each in self._of(message_id) if each.id > (after or "") and (not states or each.state in states)
        )
        return tuple(nsmallest(limit, mails, key=lambda each: each.id))

    def counts(self, message_id: MessageId | None = None) -> Mapping[MailState, int]:
        """Count mails per state."""
        return dict(Counter(each.state for each in self._of(message_id)))

    def reactions(self, message_id: MessageId) -> Mapping[tuple[MailState, frozenset[Reaction]], int]:
        """Count a message's mails per state and what their contacts did with the message."""
        return dict(
            Counter((each.state, self._reactions(message_id, each.contact_id)) for each in self._of(message_id))
        )

    def skipped(self, message_id: MessageId) -> Mapping[SkipReason, int]:
        """Count the recipients of a message that get no mail, per reason."""
        return dict(Counter(each.skipped for each in self._of(message_id) if each.skipped is not None))

    def is_written_to(self, message_id: MessageId, address_key: str) -> bool:
        """Tell whether a mail of this message is for this address."""
        return any(
            each.address_key == address_key and each.state is not MailState.SKIPPED for each in self._of(message_id)
        )

    def last_sent(self, contact_ids: Collection[ContactId]) -> Mapping[ContactId, datetime]:
        """Tell when each contact was last sent a message."""
        found: dict[ContactId, datetime] = {}
        for each in self._records().mails.values():
            if (each.about, each.state) != (About.MESSAGE, MailState.SENT) or each.contact_id not in contact_ids:
                continue
            if each.contact_id is not None and each.finished_at is not None:
                found[each.contact_id] = max(each.finished_at, found.get(each.contact_id, each.finished_at))
        return found

    def _reactions(self, message_id: MessageId, contact_id: ContactId | None) -> frozenset[Reaction]:
        records = self._records()
        message = records.messages.get(message_id)
        if message is None or contact_id is None:
            return frozenset()
        events = records.message_events.get(contact_id, {}).get(message.draft.event_id, {})
        return frozenset(
            each.reaction for each in events.values() if each.message == message_id and not each.by_machine
        )

    def _of(self, message_id: MessageId | None) -> Iterator[OutboxMail]:
        return (each for each in self._records().mails.values() if message_id in {None, each.message_id})


class MailWriting:
    """Writes the changes of messages and mails, and their share in changes of contacts."""

    records: Records
    journal: Journal
    envelope: Envelope

    def create_message(self, change: kinds.CreateMessage) -> None:
        """Add a message."""
        message = change.message
        require_offset(message.queued_at)
        if message.id in self.records.messages:
            raise StaleVersionError("message", message.id)
        self.journal.put(self.records.messages, message.id, message)

    def queue_mails(self, change: kinds.QueueMails) -> None:
        """Add mails."""
        for mail in change.mails:
            if mail.id in self.records.mails:
                raise StaleVersionError("mail", mail.id)
            self._put_mail(mail)

    def update_mail(self, change: kinds.UpdateMail) -> None:
        """Replace a mail of the version before."""
        current = self.records.mails.get(change.after.id)
        if current is None or current.version != change.before.version:
            raise StaleVersionError("mail", change.after.id)
        self._put_mail(change.after)

    def _put_mail(self, mail: OutboxMail) -> None:
        for moment in (mail.queued_at, mail.due_at, mail.links_until, mail.finished_at):
            if moment is not None:
                require_offset(moment)
        self.journal.put(self.records.mails, mail.id, mail)

    def _forget_mails(self, contact_ids: Collection[ContactId]) -> None:
        """Let no mail leave for contacts that are deleted, and take out of the others what their links do not need."""
        for mail in [each for each in self.records.mails.values() if each.contact_id in contact_ids]:
            kept = replace(mail, to="", contact_id=None, problem="")
            if mail.state not in LINKS_ARE_OUT:
                kept = replace(kept, address_key=None, token="")
            if mail.state is MailState.QUEUED:
                kept = replace(kept, state=MailState.SKIPPED, skipped=SkipReason.GONE, finished_at=self.envelope.at)
            self.journal.put(self.records.mails, mail.id, kept)

    def _adopt_mails(self, retired_id: ContactId, survivor_id: ContactId) -> None:
        for mail in [each for each in self.records.mails.values() if each.contact_id == retired_id]:
            self.journal.put(self.records.mails, mail.id, replace(mail, contact_id=survivor_id))


MAIL_WRITERS: Mapping[type[kinds.Change], Callable[..., None]] = {
    kinds.CreateMessage: MailWriting.create_message,
    kinds.QueueMails: MailWriting.queue_mails,
    kinds.UpdateMail: MailWriting.update_mail,
}
