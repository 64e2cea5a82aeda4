"""What every story is made of: what it needs to know, what it was told, and what it wants written.

A story is a pure function of a request and `Facts`. It answers with a `Plan`, or with further `Needs` where the facts
themselves raise a question; the shell gathers those and asks again. An async host writes the same few lines around
the same stories.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Generic, TypeVar

from doocore.changes import Change
from doocore.model.booking import RecordedBooking
from doocore.model.code import Code, CodeId
from doocore.model.contact import Contact, Excerpt, Group, GroupId, OptOut
from doocore.model.deletion import Belongings
from doocore.model.event import Event
from doocore.model.fields import (
    ContactField,
    Entered,
    FieldCatalog,
    FieldKey,
    FieldValue,
    Refusal,
    ValueParsers,
)
from doocore.model.history import Cause, Envelope, Origin, require_offset
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey, IdentifierKind, identifier_keys
from doocore.model.invitation import ContactMark, InvitationFacts, InvitationList, MessageEvent
from doocore.model.message import MailId, Message, MessageId, OutboxMail
from doocore.model.organization import Actor, OrganizationSettings
from doocore.rules.values import Judge, judging

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a story wants to know before it decides, as data.

    Every contact found through `keys` or `contacts` comes along, survivors of merges too. `opt_outs` asks for the
    opt-outs that bind the addresses among `keys` and those of all contacts that come along, aliases too (SU-5).

    What goes with something is counted: the `belongings` of contacts, the `members` of groups, the `values` in fields;
    with these come the events that have a question for the field.

    With `invitations` comes what is known of the events that are named, and those of the `bookings`, together with the
    contacts that come along, and those whom the bookings concern. With `message_events` and `marks` come those of the
    events that are named at the contacts that come along; `invitation_lists` are read by their events.

    With `codes`, by their folded names, comes how many uses of each are taken, where these can come to an end, and what
    the `bookings` have redeemed.

    With `mails`, and with those whose links hold one of `tokens`, come their messages, the events of these, and the
    contacts that they are for. `written_to` asks whether a message has a mail for a match key (MA-1).

    With `excerpt`, contacts do not come whole: only their values of these fields, and their states of these
    subscriptions. Nearly all of a list that comes again is decided from that.
    """

    keys: frozenset[IdentifierKey] = frozenset()
    contacts: frozenset[ContactId] = frozenset()
    bookings: frozenset[BookingNumber] = frozenset()
    events: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    invitations: bool = False
    invitation_lists: frozenset[str] = frozenset()
    message_events: bool = False
    marks: bool = False
    opt_outs: bool = False
    belongings: frozenset[ContactId] = frozenset()
    members: frozenset[GroupId] = frozenset()
    values: frozenset[FieldKey] = frozenset()
    mails: frozenset[MailId] = frozenset()
    tokens: frozenset[str] = frozenset()
    written_to: frozenset[tuple[MessageId, str]] = frozenset()
    excerpt: tuple[str, ...] | None = None

    @property
    def locks(self) -> frozenset[IdentifierKey]:
        """The keys that no other transaction may hold meanwhile (AS-12, AS-13)."""
        return self.keys.union(
            identifier_keys(IdentifierKind.CONTACT_ID, self.contacts),
            identifier_keys(IdentifierKind.BOOKING_NUMBER, self.bookings),
            identifier_keys(IdentifierKind.GROUP_NAME, self.groups),
            identifier_keys(IdentifierKind.FIELD_NAME, self.fields),
            identifier_keys(IdentifierKind.CODE, self.codes),
        )

    def __or__(self, other: "Needs") -> "Needs":
        return Needs(
            keys=self.keys | other.keys,
            contacts=self.contacts | other.contacts,
            bookings=self.bookings | other.bookings,
            events=self.events | other.events,
            groups=self.groups | other.groups,
            fields=self.fields | other.fields,
            codes=self.codes | other.codes,
            invitations=self.invitations or other.invitations,
            invitation_lists=self.invitation_lists | other.invitation_lists,
            message_events=self.message_events or other.message_events,
            marks=self.marks or other.marks,
            opt_outs=self.opt_outs or other.opt_outs,
            excerpt=self.excerpt if self.excerpt == other.excerpt else None,
            belongings=self.belongings | other.belongings,
            members=self.members | other.members,
            values=self.values | other.values,
            mails=self.mails | other.mails,
            tokens=self.tokens | other.tokens,
            written_to=self.written_to | other.written_to,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found; `asked` says what was looked for, so that "not found" and "not asked" differ.

    `excerpts` are in the place of `contacts` where only excerpts were asked for, in the order of `asked.excerpt`.
    """

    asked: Needs
    settings: OrganizationSettings = field(default_factory=OrganizationSettings)
    catalog: FieldCatalog = field(default_factory=lambda: FieldCatalog.of("de", ()))
    holders: Mapping[IdentifierKey, tuple[ContactId, ...]] = field(default_factory=dict)
    contacts: Mapping[ContactId, Contact] = field(default_factory=dict)
    survivors: Mapping[ContactId, ContactId] = field(default_factory=dict)
    bookings: Mapping[BookingNumber, RecordedBooking] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    codes: Mapping[str, Code] = field(default_factory=dict)
    used: Mapping[CodeId, int] = field(default_factory=dict)
    redeemed: Mapping[BookingNumber, frozenset[CodeId]] = field(default_factory=dict)
    invitations: Mapping[tuple[str, ContactId], InvitationFacts] = field(default_factory=dict)
    invitation_lists: Mapping[str, InvitationList] = field(default_factory=dict)
    message_events: Mapping[tuple[str, ContactId], tuple[MessageEvent, ...]] = field(default_factory=dict)
    marks: Mapping[tuple[str, ContactId], tuple[ContactMark, ...]] = field(default_factory=dict)
    opt_outs: frozenset[OptOut] = frozenset()
    belongings: Mapping[ContactId, Belongings] = field(default_factory=dict)
    members: Mapping[GroupId, int] = field(default_factory=dict)
    values: Mapping[FieldKey, int] = field(default_factory=dict)
    excerpts: Mapping[ContactId, Excerpt] = field(default_factory=dict)
    mails: Mapping[MailId, OutboxMail] = field(default_factory=dict)
    mails_by_token: Mapping[str, OutboxMail] = field(default_factory=dict)
    messages: Mapping[MessageId, Message] = field(default_factory=dict)
    written_to: frozenset[tuple[MessageId, str]] = frozenset()

    def with_further(self, found: "Facts") -> "Facts":
        """Add what was found of contacts when further needs were gathered."""
        return replace(
            self,
            holders={**self.holders, **found.holders},
            contacts={**self.contacts, **found.contacts},
            opt_outs=self.opt_outs | found.opt_outs,
            invitations={**self.invitations, **found.invitations},
        )

    def contact(self, contact_id: ContactId) -> Contact | None:
        """Give the contact of this ID, or the survivor it was merged into (MG-1); None if there is neither."""
        found = self.contacts.get(contact_id)
        if found is None and contact_id in self.survivors:
            found = self.contacts.get(self.survivors[contact_id])
        return found

    def holders_of(self, key: IdentifierKey | None) -> tuple[ContactId, ...]:
        """Give the holders of *key*; none of no key."""
        return () if key is None else self.holders.get(key, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Who acts, when, and what the outside lends to a story: parsers, and IDs nobody had before.

    `new_contact_ids` and `new_record_ids` are drawn from only as far as something comes into being. All moments that a
    story writes are `at`: one without an offset is refused here, once, with `ValueError`.
    """

    actor: Actor
    at: datetime
    parsers: ValueParsers
    new_contact_ids: Iterator[ContactId]
    new_record_ids: Iterator[str]
    new_tokens: Iterator[str]

    def __post_init__(self) -> None:
        require_offset(self.at)

    def envelope(self, cause: Cause, reference: str = "") -> Envelope:
        """Put who and when around a story's changes (HI-1)."""
        return Envelope(cause=cause, actor=self.actor, at=self.at, reference=reference)

    def origin(self, cause: Cause, reference: str = "") -> Origin:
        """Say where a record comes from."""
        return Origin(cause=cause, actor=str(self.actor), reference=reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[T]):
    """What a story decided: what to write, in which envelope, and what to answer."""

    outcome: T
    envelope: Envelope
    changes: tuple[Change, ...] = ()


class ValueJudge:
    """Judges values by an organization's region and locale (FI-6), each field's rule bound once."""

    __slots__ = ("_bind", "_bound")

    @staticmethod
    def of(catalog: FieldCatalog, parsers: ValueParsers, settings: OrganizationSettings) -> "ValueJudge":
        """Give the judge for the fields of *catalog*, the same one from story to story."""
        return _judge_of(catalog, parsers, settings.region, settings.locale)

    def __init__(self, parsers: ValueParsers, settings: OrganizationSettings) -> None:
        self._bind = partial(judging, parsers=parsers, region=settings.region, locale=settings.locale)
        self._bound: dict[FieldKey, tuple[ContactField, Judge]] = {}

    def __call__(self, field: ContactField, value: Entered, present: FieldValue | None) -> FieldValue | Refusal | None:
        """Give the normalized value, None where blank, or why the field cannot hold it."""
        return self.bound(field)(value, present)

    def bound(self, field: ContactField) -> Judge:
        """Give the rule of *field*, bound."""
        bound = self._bound.get(field.key)
        if bound is None or bound[0] is not field:
            bound = self._bound[field.key] = (field, self._bind(field))
        return bound[1]


@lru_cache(maxsize=256)
def _judge_of(catalog: FieldCatalog, parsers: ValueParsers, region: str, locale: str) -> ValueJudge:  # noqa: ARG001, it bounds how many rules are kept
    return ValueJudge(parsers, OrganizationSettings(region=region, locale=locale))
