"""Recipients, chapter 11: who gets a message.

Two rules for this file. 1: why somebody does not get it is the table `SKIPS`, asked from the top. 2: it knows neither
groups nor lists; whoever calls it names the contacts in their order, and asks the same again when the mail leaves.

A message has a purpose, and goes to nobody who is not subscribed to it (SU-2) or has unsubscribed the address (SU-5).
Each address gets it once: the first contact that may have it (MA-1).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from doocore.model.contact import Contact, OptOut, Subscription, SubscriptionState
from doocore.model.message import SkipReason
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
