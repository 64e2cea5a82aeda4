"""Assignment, chapter 2: which contact does a party of a booking belong to.

Two rules for this file. 1: everything that decides it lives here. 2: this file knows no store, no clock and no
settings object; whoever calls it has looked up who holds the address and which of the contacts concerned exist.

The address that was typed decides (AS-1), unless the form had been filled in from a contact beforehand: then that
contact stands as long as its address was left alone (AS-2, AS-3c, AS-4), or the event says that it stands anyway
(AS-3b). Staff who picked a contact are not second-guessed (AS-0).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from doocore.model.booking import Assignment, Decision, Flag, Prefill
from doocore.model.contact import Contact, in_order_of_creation
from doocore.model.event import EmailChangePolicy, EventStatus
from doocore.model.fields import Refusal
from doocore.model.identifiers import ContactId, EmailAddress, IdentifierKey, IdentifierKind
from doocore.model.organization import AmbiguityPolicy
from doocore.model.word import Word


class Address(Word):
    """What the typed address tells by itself."""

    BLANK = "blank"
    INVALID = "invalid"
    USED = "decided earlier in this booking"
    UNKNOWN = "held by nobody"
    KNOWN = "held by one contact"
    SHARED = "held by several contacts"


class Shown(Word):
    """What became of the address that the form showed beforehand."""

    NOTHING = "there was none to show"
    LEFT = "left alone"
    OWN = "changed to another address of the same contact"
    CHANGED = "changed"


class Row(NamedTuple):
    """One row of a table: its rule, where the party goes, and the word for why."""

    rule: str
    decision: Decision
    reason: str


BY_ADDRESS: Mapping[Address, Row] = {
    Address.BLANK: Row("AS-1a", Decision.UNASSIGNED, "no_email"),
    Address.USED: Row("AS-10", Decision.ASSIGN, "same_booking"),
    Address.KNOWN: Row("AS-1b", Decision.ASSIGN, "email_match"),
    Address.UNKNOWN: Row("AS-1c", Decision.NEW, "no_match"),
    Address.SHARED: Row("AS-1d", Decision.NEW, "ambiguous"),
    Address.INVALID: Row("AS-1e", Decision.UNASSIGNED, "invalid_email"),
}
"""The party without prefill (AS-1, AS-10): the typed address alone decides."""

BY_PREFILL: Mapping[tuple[Shown, EmailChangePolicy], Row | None] = {
    (Shown.NOTHING, EmailChangePolicy.REASSIGN): Row("AS-4", Decision.ASSIGN, "prefill_kept"),
    (Shown.NOTHING, EmailChangePolicy.KEEP): Row("AS-4", Decision.ASSIGN, "prefill_kept"),
    (Shown.LEFT, EmailChangePolicy.REASSIGN): Row("AS-2", Decision.ASSIGN, "prefill_kept"),
    (Shown.LEFT, EmailChangePolicy.KEEP): Row("AS-2", Decision.ASSIGN, "prefill_kept"),
    (Shown.OWN, EmailChangePolicy.REASSIGN): Row("AS-3c", Decision.ASSIGN, "prefill_kept"),
    (Shown.OWN, EmailChangePolicy.KEEP): Row("AS-3c", Decision.ASSIGN, "prefill_kept"),
    (Shown.CHANGED, EmailChangePolicy.REASSIGN): None,
    (Shown.CHANGED, EmailChangePolicy.KEEP): Row("AS-3b", Decision.ASSIGN, "prefill_held"),
}
"""The party with a prefill (AS-2 to AS-4); None is AS-3a: on to `BY_ADDRESS`, as if nothing had been prefilled."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """How one ambiguity policy picks among several holders, the oldest standing first (AS-14)."""

    reason: str
    pick: Callable[[Sequence[Contact]], Contact]


BY_AMBIGUITY: Mapping[AmbiguityPolicy, PolicyRow | None] = {
    AmbiguityPolicy.CREATE_NEW: None,
    AmbiguityPolicy.OLDEST: PolicyRow("policy_oldest", lambda holders: holders[0]),
    AmbiguityPolicy.NEWEST: PolicyRow("policy_newest", lambda holders: holders[-1]),
    AmbiguityPolicy.MOST_COMPLETE: PolicyRow(
        "policy_most_complete", lambda holders: max(holders, key=lambda each: len(each.values))
    ),
}
"""What happens in row AS-1d instead (AS-14); None leaves the row as it is. `max` takes the first, so the oldest, of equals."""

DECIDED_BY_ADDRESS = frozenset({"AS-1b", "AS-1c", "AS-1d", "AS-2", "AS-3c"})
"""The rows after which the address stands for the contact in the rest of the booking (AS-10)."""

TAKES_BOOKINGS: Mapping[tuple[EventStatus, bool], bool] = {
    (EventStatus.DRAFT, False): False,
    (EventStatus.DRAFT, True): False,
    (EventStatus.LIVE, False): True,
    (EventStatus.LIVE, True): True,
    (EventStatus.CANCELLED, False): False,
    (EventStatus.CANCELLED, True): False,
    (EventStatus.OVER, False): False,
    (EventStatus.OVER, True): True,
}
"""Whether an event takes a booking, by its status and whether staff books (AS-15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredAddress:
    """The typed address with what was found about it.

    `address` is None where blank, a `Refusal` where invalid (ID-4). `holders` are the contacts that hold it, in any
    order; `used_by` is the contact that an earlier party of this booking got by it (AS-10). `text_key` is what the
    typed text is compared by, valid or not, to tell whether a prefilled one was left alone (AS-2).
    """

    address: EmailAddress | Refusal | None
    holders: Collection[Contact] = ()
    used_by: ContactId | None = None
    text_key: str | None = None

    @property
    def key(self) -> str | None:
        """The match key of a valid address."""
        return self.address.key if isinstance(self.address, EmailAddress) else None

    @property
    def kind(self) -> Address:
        """Which row of `BY_ADDRESS` this address stands in."""
        if self.address is None:
            return Address.BLANK
        if isinstance(self.address, Refusal):
            return Address.INVALID
        if self.used_by is not None:
            return Address.USED
        return (Address.UNKNOWN, Address.KNOWN)[len(self.holders)] if len(self.holders) < 2 else Address.SHARED  # noqa: PLR2004, two is what "several" means


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefilledContact:
    """The prefill as it stands now: the contact (the survivor, if it was merged), and the key that was shown.

    `contact` is None where it is gone (AS-6); `merged` tells that a survivor stands for it (AS-7).
    """

    contact: Contact | None
    shown_key: str | None
    merged: bool = False


def resolve_prefill(
    prefill: Prefill,
    contacts: Mapping[ContactId, Contact],
    survivors: Mapping[ContactId, ContactId],
    shown_key: str | None,
) -> PrefilledContact:
    """Find the contact that a prefill means today: itself, the survivor of its merges (AS-7), or none (AS-6).

    *shown_key* is what `prefill.email` is compared by, or None where none was prefilled (AS-4).

    >>> resolve_prefill(Prefill(contact_id=ContactId("c9")), {}, {}, None).contact is None
    True
    """
    if prefill.contact_id in contacts:
        return PrefilledContact(contact=contacts[prefill.contact_id], shown_key=shown_key)
    survivor = survivors.get(prefill.contact_id)
    contact = contacts.get(survivor) if survivor is not None else None
    return PrefilledContact(contact=contact, shown_key=shown_key, merged=contact is not None)


def what_was_shown(entered: EnteredAddress, prefilled: PrefilledContact, contact: Contact) -> Shown:
    """Tell what became of the prefilled address: none, left alone (AS-9), the contact's own, or changed."""
    if prefilled.shown_key is None:
        return Shown.NOTHING
    if prefilled.shown_key in (entered.key, entered.text_key):
        return Shown.LEFT
    if entered.key is not None and IdentifierKey(IdentifierKind.EMAIL, entered.key) in contact.identifiers:
        return Shown.OWN
    return Shown.CHANGED


def assign(
    entered: EnteredAddress,
    prefilled: PrefilledContact | None = None,
    *,
    policy: EmailChangePolicy = EmailChangePolicy.REASSIGN,
    ambiguity: AmbiguityPolicy = AmbiguityPolicy.CREATE_NEW,
    chosen: ContactId | None = None,
) -> Assignment:
    """Decide which contact a party belongs to (AS-0 to AS-14).

    *policy* is the event's (AS-8), *ambiguity* the organization's (AS-14), *chosen* the contact that staff picked.
    The order of precedence is that of the chapter: AS-0, AS-6 and AS-7, AS-4, AS-2, AS-3c, AS-3b, AS-3a.

    >>> assign(EnteredAddress(address=EmailAddress("ada@x.de", "ada@x.de"))).reason
    'no_match'
    >>> assign(EnteredAddress(address=None), chosen=ContactId("c1")).rules
    ('AS-0',)
    """
    if chosen is not None:
        return Assignment(decision=Decision.ASSIGN, contact_id=chosen, reason="chosen", rules=("AS-0",))
    if prefilled is None:
        return _by_address(entered, ambiguity)
    if prefilled.contact is None:
        return _also(_by_address(entered, ambiguity), "AS-6", Flag.PREFILL_GONE)
    shown = what_was_shown(entered, prefilled, prefilled.contact)
    row = BY_PREFILL[shown, policy]
    if row is None:
        by_prefill = _also(_by_address(entered, ambiguity), "AS-3a", Flag.PREFILL_CHANGED)
    else:
        by_prefill = _decided(row, prefilled.contact.id)
    return _also(by_prefill, "AS-7") if prefilled.merged else by_prefill


def _by_address(entered: EnteredAddress, ambiguity: AmbiguityPolicy) -> Assignment:
    kind = entered.kind
    picking = BY_AMBIGUITY[ambiguity] if kind is Address.SHARED else None
    if picking is not None:
        picked = picking.pick(in_order_of_creation(entered.holders))
        return Assignment(
            decision=Decision.ASSIGN, contact_id=picked.id, reason=picking.reason, rules=("AS-1d", "AS-14")
        )
    contact_id = entered.used_by
    if kind is Address.KNOWN:
        contact_id = next(iter(entered.holders)).id
    row = BY_ADDRESS[kind]
    return _without_contact(row) if contact_id is None else _decided(row, contact_id)


@lru_cache(maxsize=64)
def _without_contact(row: Row) -> Assignment:
    """Give the decision of a row that names no contact; it is the same for everybody."""
    return _decided(row, None)


def _decided(row: Row, contact_id: ContactId | None) -> Assignment:
    assigned = contact_id if row.decision is Decision.ASSIGN else None
    return Assignment(decision=row.decision, contact_id=assigned, reason=row.reason, rules=(row.rule,))


def _also(assignment: Assignment, rule: str, *flags: Flag) -> Assignment:
    return replace(assignment, rules=(rule, *assignment.rules), flags=assignment.flags.union(flags))
