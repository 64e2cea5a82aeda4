"""Recipients, chapter 11: who gets a message, and where each of them stands with it.

Two rules for this file. 1: why somebody does not get it is the table `SKIPS`, asked from the top, and where somebody
stands is the table `STATUSES`. 2: it knows neither groups nor lists; whoever calls it names the contacts in their order,
and asks the same again when the mail leaves.

A message has a purpose, and goes to nobody who is not subscribed to it (SU-2) or has unsubscribed the address (SU-5).
Each address gets it once: the first contact that may have it (MA-1). A click tells more than an opening, and that more
than what became of the mail (MA-2).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from doocore.model.contact import Contact, OptOut, Subscription, SubscriptionState
from doocore.model.invitation import MessageEvent, Reaction
from doocore.model.message import MailState, MessageId, SkipReason
from doocore.model.word import Word
from doocore.rules.duplicates import is_opted_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A contact that a message is meant for, with what bars it; `contact` is None where there is none any more.

    `address_taken` tells that somebody before has got the message at this address.
    """

    contact: Contact | None
    purpose: Subscription
    opt_outs: frozenset[OptOut] = frozenset()
    address_taken: bool = False

    @property
    def state(self) -> SubscriptionState:
        """Where the record itself stands with the purpose."""
        return SubscriptionState.UNKNOWN if self.contact is None else self.contact.state(self.purpose)


class Row(NamedTuple):
    """Why somebody is skipped, the rule, and whether it is so."""

    reason: SkipReason
    rule: str
    holds: Callable[[Candidate], bool]


SKIPS: tuple[Row, ...] = (
    Row(SkipReason.GONE, "SU-2", lambda each: each.contact is None),
    Row(SkipReason.NO_EMAIL, "MA-1", lambda each: each.contact is not None and each.contact.email_key is None),
    Row(
        SkipReason.OPTED_OUT,
        "SU-5",
        lambda each: each.contact is not None and is_opted_out(each.contact, each.purpose, each.opt_outs),
    ),
    Row(SkipReason.UNSUBSCRIBED, "SU-2", lambda each: each.state is SubscriptionState.UNSUBSCRIBED),
    Row(SkipReason.NOT_SUBSCRIBED, "SU-2", lambda each: each.state is SubscriptionState.UNKNOWN),
    Row(SkipReason.SAME_ADDRESS, "MA-1", lambda each: each.address_taken),
)
"""The reasons to skip somebody; the first that holds is told."""


def why_skipped(candidate: Candidate, table: Iterable[Row] = SKIPS) -> SkipReason | None:
    """Tell why a contact does not get a message; None if it does (SU-2, SU-5, MA-1).

    >>> why_skipped(Candidate(contact=None, purpose=Subscription.NEWSLETTER)).value
    'contact_gone'
    """
    return next((row.reason for row in table if row.holds(candidate)), None)


def choose_recipients(
    contacts: Iterable[Contact], purpose: Subscription, opt_outs: frozenset[OptOut], taken: set[str]
) -> Iterator[tuple[Contact, SkipReason | None]]:
    """Say of each contact in turn whether it gets a message of *purpose*, or why not (MA-1).

    *taken* has the match keys of those that got it before, and grows: contacts may come in batches.
    """
    for contact in contacts:
        skipped = why_skipped(
            Candidate(contact=contact, purpose=purpose, opt_outs=opt_outs, address_taken=contact.email_key in taken)
        )
        if skipped is None and contact.email_key is not None:
            taken.add(contact.email_key)
        yield contact, skipped


class RecipientStatus(Word):
    """Where a recipient of a message stands: what became of the mail, or more, if more is known (MA-2)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    OPENED = "opened"
    CLICKED = "clicked"


class Standing(NamedTuple):
    """Where recipients stand whose mails are in one state: as long as nothing came back, once it was opened, or clicked."""

    silent: RecipientStatus
    opened: RecipientStatus
    clicked: RecipientStatus


STATUSES: Mapping[MailState, Standing] = {
    MailState.QUEUED: Standing(RecipientStatus.QUEUED, RecipientStatus.OPENED, RecipientStatus.CLICKED),
    MailState.SENDING: Standing(RecipientStatus.SENDING, RecipientStatus.OPENED, RecipientStatus.CLICKED),
    MailState.SENT: Standing(RecipientStatus.SENT, RecipientStatus.OPENED, RecipientStatus.CLICKED),
    MailState.FAILED: Standing(RecipientStatus.FAILED, RecipientStatus.OPENED, RecipientStatus.CLICKED),
    MailState.UNKNOWN: Standing(RecipientStatus.UNKNOWN, RecipientStatus.OPENED, RecipientStatus.CLICKED),
    # Another mail has brought the message to the contact, before these were merged: that one tells of it.
    MailState.SKIPPED: Standing(RecipientStatus.SKIPPED, RecipientStatus.SKIPPED, RecipientStatus.SKIPPED),
}
"""Where a recipient stands (MA-2). What was in doubt, and is queued again or has failed since, may have arrived."""

CLICKS = frozenset(
    {
        Reaction.CLICKED_GENERAL,
        Reaction.CLICKED_MAYBE,
        Reaction.CLICKED_REGISTRATION,
        Reaction.CLICKED_DECLINE,
    }
)
"""What happens to a message when somebody clicks a link in it."""


def recipient_status(state: MailState, reactions: Collection[Reaction]) -> RecipientStatus:
    """Tell where a recipient stands whose mail is in *state*, and with whom these *reactions* are known (MA-2).

    >>> recipient_status(MailState.SENT, {Reaction.SENT, Reaction.OPENED}).value
    'opened'
    """
    standing = STATUSES[state]
    if not CLICKS.isdisjoint(reactions):
        return standing.clicked
    return standing.opened if Reaction.OPENED in reactions else standing.silent


def states_of(statuses: Collection[RecipientStatus]) -> frozenset[MailState]:
    """Tell in which states the mails of recipients can be who stand at one of *statuses*."""
    return frozenset(state for state, standing in STATUSES.items() if not set(statuses).isdisjoint(standing))


def reactions_to(message_id: MessageId, events: Iterable[MessageEvent]) -> frozenset[Reaction]:
    """Tell which of a contact's *events* happened to this message; what a machine did is none of it (MA-6)."""
    return frozenset(each.reaction for each in events if each.message == message_id and not each.by_machine)
