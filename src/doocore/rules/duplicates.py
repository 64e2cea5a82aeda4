"""Duplicate modes, IM-5 and SU-3: what an import may change in a contact that a row matches.

Two rules for this file. 1: the mode alone decides; which contact matches was found before. 2: a blank cell is never
asked about, it changes nothing under any mode.
"""

from collections.abc import Mapping
from itertools import chain

from doocore.model.contact import Consent, Contact, OptOut, Subscription, SubscriptionState, Through
from doocore.model.contact_import import DuplicateMode
from doocore.model.identifiers import IdentifierKind
from doocore.rules.syncing import Standing

WRITES_VALUE: Mapping[tuple[DuplicateMode, Standing], bool] = {
    (DuplicateMode.FILL_EMPTY, Standing.BLANK): True,
    (DuplicateMode.FILL_EMPTY, Standing.EQUAL): False,
    (DuplicateMode.FILL_EMPTY, Standing.DIFFERENT): False,
    (DuplicateMode.OVERWRITE, Standing.BLANK): True,
    (DuplicateMode.OVERWRITE, Standing.EQUAL): False,
    (DuplicateMode.OVERWRITE, Standing.DIFFERENT): True,
    (DuplicateMode.ONLY_NEW, Standing.BLANK): False,
    (DuplicateMode.ONLY_NEW, Standing.EQUAL): False,
    (DuplicateMode.ONLY_NEW, Standing.DIFFERENT): False,
}
"""Whether a given value is written, by what the contact has there (IM-5)."""

WRITES_SUBSCRIPTION: Mapping[tuple[DuplicateMode, SubscriptionState, SubscriptionState], bool] = {
    (DuplicateMode.FILL_EMPTY, SubscriptionState.UNKNOWN, SubscriptionState.SUBSCRIBED): True,
    (DuplicateMode.FILL_EMPTY, SubscriptionState.UNKNOWN, SubscriptionState.UNSUBSCRIBED): True,
    (DuplicateMode.FILL_EMPTY, SubscriptionState.SUBSCRIBED, SubscriptionState.SUBSCRIBED): False,
    (DuplicateMode.FILL_EMPTY, SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED): True,
    (DuplicateMode.FILL_EMPTY, SubscriptionState.UNSUBSCRIBED, SubscriptionState.SUBSCRIBED): False,
    (DuplicateMode.FILL_EMPTY, SubscriptionState.UNSUBSCRIBED, SubscriptionState.UNSUBSCRIBED): False,
    (DuplicateMode.OVERWRITE, SubscriptionState.UNKNOWN, SubscriptionState.SUBSCRIBED): True,
    (DuplicateMode.OVERWRITE, SubscriptionState.UNKNOWN, SubscriptionState.UNSUBSCRIBED): True,
    (DuplicateMode.OVERWRITE, SubscriptionState.SUBSCRIBED, SubscriptionState.SUBSCRIBED): False,
    (DuplicateMode.OVERWRITE, SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED): True,
    (DuplicateMode.OVERWRITE, SubscriptionState.UNSUBSCRIBED, SubscriptionState.SUBSCRIBED): True,
    (DuplicateMode.OVERWRITE, SubscriptionState.UNSUBSCRIBED, SubscriptionState.UNSUBSCRIBED): False,
    (DuplicateMode.ONLY_NEW, SubscriptionState.UNKNOWN, SubscriptionState.SUBSCRIBED): False,
    (DuplicateMode.ONLY_NEW, SubscriptionState.UNKNOWN, SubscriptionState.UNSUBSCRIBED): False,
    (DuplicateMode.ONLY_NEW, SubscriptionState.SUBSCRIBED, SubscriptionState.SUBSCRIBED): False,
    (DuplicateMode.ONLY_NEW, SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED): False,
    (DuplicateMode.ONLY_NEW, SubscriptionState.UNSUBSCRIBED, SubscriptionState.SUBSCRIBED): False,
    (DuplicateMode.ONLY_NEW, SubscriptionState.UNSUBSCRIBED, SubscriptionState.UNSUBSCRIBED): False,
}
"""Whether a column's wish is written, by the mode, the contact's state, and the wish (SU-3)."""

OWN_DOING = frozenset({Through.UNSUBSCRIBE_LINK, Through.PORTAL})
"""Through what a person unsubscribes for itself (SU-4)."""


def leaves_alone(mode: DuplicateMode) -> bool:
    """Tell whether no row of the two tables writes anything under *mode*: then a matched row is skipped (IM-5, IM-8).

    >>> leaves_alone(DuplicateMode.ONLY_NEW), leaves_alone(DuplicateMode.FILL_EMPTY)
    (True, False)
    """
    rows = chain(WRITES_VALUE.items(), WRITES_SUBSCRIPTION.items())
    return not any(writes for (each, *_), writes in rows if each is mode)


def rewrites_what_is_equal(mode: DuplicateMode) -> bool:
    """Tell whether a row that says what the contact has already would write it again under *mode*.

    >>> any(map(rewrites_what_is_equal, DuplicateMode))
    False
    """
    return WRITES_VALUE[mode, Standing.EQUAL] or any(
        writes for (each, state, wish), writes in WRITES_SUBSCRIPTION.items() if each is mode and state is wish
    )


def is_own_opt_out(consent: Consent | None) -> bool:
    """Tell whether the person itself unsubscribed, so that no import or booking may undo it (SU-4)."""
    return consent is not None and consent.state is SubscriptionState.UNSUBSCRIBED and consent.through in OWN_DOING


def opt_outs_that_bind(contact: Contact, subscription: Subscription) -> frozenset[OptOut]:
    """Name the opt-outs that would bind *contact*: of its address, and of those that came with merged contacts (SU-5)."""
    return frozenset(OptOut(key.key, subscription) for key in contact.identifiers if key.kind is IdentifierKind.EMAIL)


def is_opted_out(contact: Contact, subscription: Subscription, opt_outs: frozenset[OptOut]) -> bool:
    """Tell whether the person unsubscribed, on this record or on any of its addresses (SU-4, SU-5)."""
    if is_own_opt_out(contact.subscriptions.get(subscription)):
        return True
    return bool(opt_outs) and not opt_outs.isdisjoint(opt_outs_that_bind(contact, subscription))
