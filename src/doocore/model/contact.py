"""Contacts, the groups they belong to, and what they subscribed to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import NamedTuple, NewType, TypeAlias, cast

from doocore.model.fields import FieldValue, FieldValues, trimmed
from doocore.model.frozen import FrozenDict
from doocore.model.history import Origin
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.model.word import Word

GroupId = NewType("GroupId", str)


class Subscription(Word):
    """What a person can subscribe to by e-mail (SU-1)."""

    EVENT_COMMUNICATION = "event_communication"
    NEWSLETTER = "newsletter"
    MARKETING = "marketing"


class SubscriptionState(Word):
    """Where a contact stands with a subscription (SU-1)."""

    UNKNOWN = "unknown"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


class Through(Word):
    """Through what a subscription changed (SU-1)."""

    IMPORT = "import"
    BY_HAND = "by_hand"
    BOOKING = "booking"
    UNSUBSCRIBE_LINK = "unsubscribe_link"
    PORTAL = "portal"


class Consent(NamedTuple):
    """The state of one subscription, since when, and through what it came (SU-1)."""

    state: SubscriptionState
    at: datetime
    through: Through


Subscriptions: TypeAlias = FrozenDict[Subscription, Consent]
"""What is known of a contact's subscriptions; one that is not in it is unknown."""

NO_SUBSCRIPTIONS: Subscriptions = FrozenDict()


@dataclass(frozen=True, slots=True)
class OptOut:
    """A person's own unsubscription; it binds the address, not the record (SU-5)."""

    address_key: str
    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person (or office) as the organization knows it.

    `values` are normalized and non-blank; `email_key` is the match key of `values["email"]` (ID-3), made by the rules
    and kept beside it; `aliases` are identifiers that came with merged contacts (MG-5). `version` counts the changes.
    """

    id: ContactId
    values: FieldValues
    origin: Origin
    created_at: datetime
    email_key: str | None = None
    aliases: frozenset[IdentifierKey] = frozenset()
    subscriptions: Subscriptions = NO_SUBSCRIPTIONS
    version: int = 1

    def text(self, key: str) -> str:
        """Give the text of a system field, empty where blank."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else ""

    @property
    def name(self) -> str:
        """First and last name, as far as they are known."""
        return trimmed(f"{self.text('first_name')} {self.text('last_name')}")

    @property
    def customer_id(self) -> str | None:
        """The external customer ID (ID-5)."""
        return self.text("customer_id") or None

    @property
    def identifiers(self) -> frozenset[IdentifierKey]:
        """Every key by which this contact is found: address, customer ID, and aliases."""
        own = set(self.aliases)
        if self.email_key is not None:
            own.add(IdentifierKey(IdentifierKind.EMAIL, self.email_key))
        if self.customer_id is not None:
            own.add(IdentifierKey(IdentifierKind.CUSTOMER_ID, self.customer_id))
        return frozenset(own)

    def state(self, subscription: Subscription) -> SubscriptionState:
        """Tell where the contact stands with *subscription* (the record's own state, SU-5)."""
        consent = self.subscriptions.get(subscription)
        return SubscriptionState.UNKNOWN if consent is None else consent.state

    @property
    def search_text(self) -> str:
        """The folded text that the quick search looks through: name, e-mail, company, IDs (SE-1)."""
        return _search_text(self.id.casefold(), *[self.text(key).casefold() for key in _SEARCHED])


Excerpt: TypeAlias = tuple[FieldValue, ...]
"""What a contact has in some fields, in an order agreed on: its values, and the words of its states; "" where nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactColumns:
    """What several contacts have in some fields, field by field: the n-th entry of each column is the n-th contact's.

    A column is of a field or, by its word, of a subscription: values, and the words of states; "" where nothing.
    `groups` are those that each contact is in.
    """

    ids: tuple[ContactId, ...]
    groups: tuple[frozenset[GroupId], ...]
    columns: Mapping[str, Excerpt]


_SEARCHED = ("first_name", "last_name", "email", "company", "customer_id")


def search_texts(ids: Sequence[ContactId], columns: Mapping[str, Sequence[FieldValue]]) -> Iterator[str]:
    r"""Give the search texts of many contacts, of whose fields the columns have the texts, "" where nothing (SE-1).

    >>> list(search_texts([ContactId("C1")], {"first_name": ("Ada",), "company": ("STRASSE",)}))
    ['ada \n\nstrasse\nc1\n']
    """
    nothing = repeat("")
    texts = cast("Mapping[str, Sequence[str]]", columns)  # these fields hold texts
    searched = [map(str.casefold, texts[key]) if key in texts else nothing for key in _SEARCHED]
    return map(_search_text, map(str.casefold, ids), *searched)


def _search_text(contact_id: str, first_name: str, last_name: str, email: str, company: str, customer_id: str) -> str:  # noqa: PLR0917, `map` gives them
    """Put together what was folded text by text: one in ASCII is folded ten times as fast."""
    return f"{first_name} {last_name}\n{email}\n{company}\n{contact_id}\n{customer_id}"


def in_order_of_creation(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    """Sort contacts, the oldest first; IDs grow with time and settle ties."""
    return tuple(sorted(contacts, key=lambda each: (each.created_at, each.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A set of contacts with a name that is unique without case (GR-1)."""

    id: GroupId
    name: str
