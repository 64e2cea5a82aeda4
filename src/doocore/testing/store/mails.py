"""Claims about messages, and the mails in the outbox."""

from dataclasses import replace
from datetime import timedelta

from doocore.changes import (
    CreateContact,
    CreateMessage,
    DeleteContact,
    QueueMails,
    RecordMessageEvents,
    RetireContact,
    UpdateMail,
)
from doocore.errors import StaleVersionError
from doocore.model.identifiers import ContactId
from doocore.model.invitation import MessageEvent, Reaction
from doocore.model.message import LINKS_ARE_OUT, About, MailState, MessageDraft, MessageId, OutboxMail, SkipReason
from doocore.testing.raises import raises
from doocore.testing.samples import (
    ELSEWHERE,
    MOMENT,
    TEXTS,
    contact,
    contact_id,
    envelope,
    full_mail,
    full_message,
    mail,
    mail_id,
    message,
)
from doocore.testing.store.base import StoreClaims

SECOND = timedelta(seconds=1)


def mail_of(number: int, recipient: int, *, of: int = 1, state: MailState = MailState.QUEUED) -> OutboxMail:
    """Make a message's mail to a contact."""
    return replace(
        mail(number, state=state),
        about=About.MESSAGE,
        message_id=message(of).id,
        contact_id=contact_id(recipient),
        address_key=f"ada{recipient}@x.de",
    )


class MessageClaims(StoreClaims):
    """Messages."""

    def test_a_message_that_has_everything_comes_back_as_it_was(self) -> None:
        """Its parts, its links in their order, and what answers go to."""
        with self.transaction(CreateMessage(full_message())) as tx:
            assert tx.messages.page() == (full_message(),)
            assert tx.messages.get([full_message().id]) == {full_message().id: full_message()}

    def test_any_text_comes_back_as_it_was_in_a_message(self) -> None:
        """Subjects, texts and names hold any Unicode text unchanged."""
        messages = [
            replace(
                message(number),
                draft=MessageDraft(event_id=text, subject=text, text=text, html=text, name=text, links={text: text}),
                actor=text,
            )
            for number, text in enumerate(TEXTS)
        ]
        with self.transaction(*map(CreateMessage, messages)) as tx:
            assert list(tx.messages.page()) == messages

    def test_messages_are_listed_page_by_page(self) -> None:
        """In order of their IDs, behind one of them, of one event or of all."""
        messages = [message(number, "e1" if number % 2 else "e2") for number in range(1, 6)]
        with self.transaction(*map(CreateMessage, reversed(messages))) as tx:
            assert list(tx.messages.page(limit=2)) == messages[:2]
            assert list(tx.messages.page(after=messages[1].id)) == messages[2:]
            assert list(tx.messages.page(event_id="e1")) == messages[::2]
            assert list(tx.messages.page(event_id="e1", after=messages[0].id, limit=1)) == messages[2:3]
            assert tx.messages.page(event_id="nothing") == ()
            assert tx.messages.get([messages[3].id, MessageId("unknown")]) == {messages[3].id: messages[3]}
            assert tx.messages.get([]) == {}

    def test_an_id_is_given_to_one_message(self) -> None:
        """A second one of the same ID is refused."""
        with self.transaction(CreateMessage(message(1))) as tx:
            with raises(StaleVersionError):
                tx.apply([CreateMessage(message(1))], envelope())
            assert tx.messages.page() == (message(1),)


class OutboxClaims(StoreClaims):
    """Mails that are to leave, or have left (MA-2, MA-3)."""

    def test_a_mail_that_has_everything_comes_back_as_it_was(self) -> None:
        """And one that has nothing."""
        mails = (full_mail(), mail(1))
        with self.transaction(QueueMails(mails)) as tx:
            assert tx.outbox.get([each.id for each in mails]) == {each.id: each for each in mails}
            assert tx.outbox.of_tokens([each.token for each in mails]) == {each.token: each for each in mails}
            assert tx.outbox.get([]) == {}
            assert tx.outbox.of_tokens(["unknown", ""]) == {}

    def test_any_text_comes_back_as_it_was_in_a_mail(self) -> None:
        """Addresses, texts and what a server said hold any Unicode text unchanged."""
        mails = tuple(
            replace(mail(number), to=text, token=text, subject=text, text=text, reference=text, problem=text)
            for number, text in enumerate(TEXTS)
        )
        with self.transaction(QueueMails(mails)) as tx:
            assert tx.outbox.page() == mails

    def test_an_id_and_a_token_are_given_to_one_mail(self) -> None:
        """A second one of the same ID is refused, with all that came with it."""
        with self.transaction(QueueMails((mail(1),))) as tx:
            with raises(StaleVersionError):
                tx.apply([QueueMails((mail(2), mail(1)))], envelope())
            assert tx.outbox.page() == (mail(1),)

    def test_mails_are_due_in_their_order(self) -> None:
        """Queued or being sent, from the very moment on; the longest due first, then by ID."""
        mails = (
            mail(1, due_at=MOMENT + SECOND),
            mail(2, due_at=MOMENT),
            mail(3, due_at=ELSEWHERE),
            mail(4, due_at=MOMENT),
            mail(5, state=MailState.SENDING, due_at=MOMENT - SECOND),
            *(
                mail(6 + place, state=state, due_at=ELSEWHERE)
                for place, state in enumerate(set(MailState) - {MailState.QUEUED, MailState.SENDING})
            ),
        )
        with self.transaction(QueueMails(mails)) as tx:
            assert [each.id for each in tx.outbox.due(MOMENT)] == [mail_id(each) for each in (3, 5, 2, 4)]
            assert [each.id for each in tx.outbox.due(MOMENT, limit=2)] == [mail_id(3), mail_id(5)]
            assert [each.id for each in tx.outbox.due(MOMENT + SECOND)] == [mail_id(each) for each in (3, 5, 2, 4, 1)]
            assert tx.outbox.due(ELSEWHERE - SECOND) == ()

    def test_a_mail_changes_from_the_version_that_it_has(self) -> None:
        """Whoever had another before must look again, and nothing of the call is written."""
        before = mail(1)
        sending = replace(before, state=MailState.SENDING, attempts=1, due_at=ELSEWHERE, version=2)
        with self.transaction(QueueMails((before, mail(2)))) as tx:
            tx.apply([UpdateMail(before, sending)], envelope())
            assert tx.outbox.get([before.id]) == {before.id: sending}
            other = mail(2)
            for outdated in (before, replace(mail(3), id=mail_id(3))):
                with raises(StaleVersionError) as caught:
                    changes = (UpdateMail(other, replace(other, version=2)), UpdateMail(outdated, outdated))
                    tx.apply(changes, envelope())
                assert (caught.error.noun, caught.error.key) == ("mail", outdated.id)
                assert tx.outbox.get([other.id]) == {other.id: other}
            sent = replace(full_mail(), id=before.id, version=3)
            tx.apply([UpdateMail(sending, sent)], envelope())
            assert tx.outbox.get([before.id]) == {before.id: sent}

    def test_mails_are_listed_and_counted(self) -> None:
        """Of one message or of all, in some states or in any, page by page in order of their IDs."""
        states = tuple(MailState)
        mails = tuple(
            mail_of(number, number, of=1 + number % 2, state=states[number % len(states)]) for number in range(1, 13)
        )
        with self.transaction(QueueMails(mails), QueueMails((mail(13),))) as tx:
            for message_id in (None, message(1).id, message(2).id, MessageId("unknown")):
                mine = [each for each in (*mails, mail(13)) if message_id in {None, each.message_id}]
                assert list(tx.outbox.page(message_id=message_id)) == mine
                assert (
                    list(tx.outbox.page(message_id=message_id, after=mail_id(4), limit=3))
                    == [each for each in mine if each.id > mail_id(4)][:3]
                )
                wanted = {MailState.SENT, MailState.SKIPPED}
                assert list(tx.outbox.page(message_id=message_id, states=wanted)) == [
                    each for each in mine if each.state in wanted
                ]
                counted = {state: sum(each.state is state for each in mine) for state in MailState}
                assert tx.outbox.counts(message_id) == {state: count for state, count in counted.items() if count}

    def test_what_recipients_did_with_a_message_is_counted(self) -> None:
        """Each kind of reaction once a mail, of this message alone, and nothing that a machine did (MA-2, MA-6)."""
        known = (
            (1, Reaction.SENT, 1, False),
            (1, Reaction.OPENED, 1, False),
            (1, Reaction.OPENED, 1, False),
            (2, Reaction.OPENED, 1, False),
            (2, Reaction.SENT, 1, False),
            (3, Reaction.OPENED, 1, True),
            (3, Reaction.CLICKED_GENERAL, 2, False),
            (4, Reaction.CLICKED_MAYBE, 1, False),
        )
        events = tuple(
            MessageEvent(
                event_id=message(1).draft.event_id,
                contact_id=contact_id(recipient),
                id=f"r{number}",
                reaction=reaction,
                at=MOMENT,
                message=message(of).id,
                by_machine=by_machine,
            )
            for number, (recipient, reaction, of, by_machine) in enumerate(known)
        )
        elsewhere = replace(events[0], event_id="elsewhere", reaction=Reaction.CLICKED_DECLINE)
        mails = tuple(mail_of(number, number, state=MailState.SENT) for number in range(1, 4))
        others = (mail_of(4, 4), mail_of(5, 1, of=2), replace(mail_of(6, 4), contact_id=None), mail(7))
        with self.transaction(
            *(CreateContact(contact(each)) for each in range(1, 5)),
            *(CreateMessage(message(each)) for each in (1, 2)),
            QueueMails(mails + others),
            RecordMessageEvents((*events, elsewhere)),
        ) as tx:
            assert tx.outbox.reactions(message(1).id) == {
                (MailState.SENT, frozenset({Reaction.SENT, Reaction.OPENED})): 2,
                (MailState.SENT, frozenset()): 1,
                (MailState.QUEUED, frozenset({Reaction.CLICKED_MAYBE})): 1,
                (MailState.QUEUED, frozenset()): 1,
            }
            assert tx.outbox.reactions(MessageId("unknown")) == {}

    def test_why_recipients_are_skipped_is_counted(self) -> None:
        """Per reason, of one message."""
        reasons = tuple(SkipReason)
        mails = tuple(
            replace(mail_of(number, number, state=MailState.SKIPPED), skipped=reasons[number % 3])
            for number in range(9)
        )
        others = (mail_of(9, 9), replace(mail_of(10, 10, of=2), skipped=SkipReason.GONE))
        with self.transaction(QueueMails(mails + others)) as tx:
            assert tx.outbox.skipped(message(1).id) == dict.fromkeys(reasons[:3], 3)
            assert tx.outbox.skipped(MessageId("unknown")) == {}

    def test_whether_an_address_is_written_to(self) -> None:
        """By a message, unless that recipient was skipped; keys are compared as they are (MA-1)."""
        mails = (mail_of(1, 1), mail_of(2, 2, state=MailState.SKIPPED), mail_of(3, 3, of=2))
        with self.transaction(QueueMails(mails)) as tx:
            asked = [(1, "ada1@x.de"), (1, "ada2@x.de"), (1, "ada3@x.de"), (2, "ada3@x.de"), (1, "ADA1@x.de")]
            assert [tx.outbox.is_written_to(message(of).id, key) for of, key in asked] == [
                True,
                False,
                False,
                True,
                False,
            ]

    def test_when_contacts_were_last_sent_a_message(self) -> None:
        """Notices do not count, nor does what has not been sent (MA-5)."""
        sent = [
            replace(mail_of(1, 1, state=MailState.SENT), finished_at=ELSEWHERE),
            replace(mail_of(2, 1, state=MailState.SENT), finished_at=MOMENT),
            replace(mail_of(3, 1, state=MailState.SENT), finished_at=ELSEWHERE - SECOND),
        ]
        others = [
            replace(mail_of(4, 2, state=MailState.FAILED), finished_at=MOMENT),
            replace(mail_of(5, 2, state=MailState.SENT), about=About.BOOKING_CHANGED, finished_at=MOMENT),
        ]
        with self.transaction(QueueMails((*sent, *others))) as tx:
            ids = [contact_id(1), contact_id(2), ContactId("unknown")]
            assert tx.outbox.last_sent(ids) == {contact_id(1): MOMENT}
            assert tx.outbox.last_sent([]) == {}

    def test_no_mail_leaves_for_a_contact_that_is_deleted(self) -> None:
        """What was queued is skipped; what tells of the person goes, and how many there were stays (CT-3)."""
        mails = (mail_of(1, 1), mail_of(2, 1, state=MailState.SENT), mail_of(3, 2), mail_of(4, 3))
        with self.transaction(*(CreateContact(contact(each)) for each in (1, 2)), QueueMails(mails)) as tx:
            tx.apply([DeleteContact(contact_id(1), 1, (contact_id(3),))], envelope(at=ELSEWHERE))
            assert tx.outbox.page() == (
                _skipped(_of_nobody(mails[0])),
                replace(mails[1], to="", contact_id=None, problem=""),
                mails[2],
                _skipped(_of_nobody(mails[3])),
            )
            assert tx.outbox.of_tokens([each.token for each in mails]).keys() == {mails[1].token, mails[2].token}

    def test_a_deleted_contact_can_still_unsubscribe_where_it_has_the_mail(self) -> None:
        """Its token and address stay with the mails that may have arrived, and with no others (SU-5)."""
        mails = [mail_of(place, 1, state=state) for place, state in enumerate(MailState, start=1)]
        with self.transaction(CreateContact(contact(1)), QueueMails(tuple(mails))) as tx:
            tx.apply([DeleteContact(contact_id(1), 1, ())], envelope(at=ELSEWHERE))
            kept = {each.id: (each.address_key, each.token) for each in tx.outbox.page()}
        assert kept == {
            each.id: (each.address_key, each.token) if each.state in LINKS_ARE_OUT else (None, "") for each in mails
        }

    def test_the_mails_of_a_merged_contact_are_its_survivors(self) -> None:
        """They leave for the one who is left (MG-1)."""
        mails = (mail_of(1, 1), mail_of(2, 2))
        with self.transaction(*(CreateContact(contact(each)) for each in (1, 2)), QueueMails(mails)) as tx:
            tx.apply([RetireContact(contact_id(1), contact_id(2))], envelope())
            assert tx.outbox.page() == (replace(mails[0], contact_id=contact_id(2)), mails[1])


def _of_nobody(given: OutboxMail) -> OutboxMail:
    return replace(given, to="", address_key=None, token="", contact_id=None, problem="")


def _skipped(given: OutboxMail) -> OutboxMail:
    return replace(given, state=MailState.SKIPPED, skipped=SkipReason.GONE, finished_at=ELSEWHERE)
