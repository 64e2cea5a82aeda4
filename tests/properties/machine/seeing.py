"""Seeing: all that can be observed of a contact center, by noun."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from doocore import ContactCenter, IdentifierKey, InvitationStatus, match_key
from doocore.model.identifiers import ContactId, IdentifierKind
from tests.builders import everything, transaction_of
from tests.properties.strategies import CUSTOMER_IDS, GROUPS, NO_ADDRESSES, SPELLINGS

Seen: TypeAlias = Mapping[str, Any]
"""What is there, by noun."""

ADDRESSES = (SPELLINGS[0][1], SPELLINGS[1][0], NO_ADDRESSES[0])
KEYS = {key for spellings in SPELLINGS for each in spellings if (key := match_key(each)) is not None}
ALL_IDS = [ContactId(f"c{number:04}") for number in range(1, 100)]
LOOKED_AT = ALL_IDS[:9]
TEXTS = ("ada", "ss", "\u6f22", "c0001")


def look(center: ContactCenter, before: Seen) -> Seen:
    """See what the store keeps, and what the doors of the center show of it; *before* again where nothing changed."""
    kept: dict[str, Any] = {**everything(center), **_through_ports(center)}
    kept["contacts"] = {each.id: each for each in kept["contacts"]}
    if all(before.get(noun) == value for noun, value in kept.items()):
        return before
    return {**kept, **_through_doors(center), "messages told": _messages_told(center, kept, before)}


def _through_doors(center: ContactCenter) -> Seen:
    groups = center.groups.all()
    return {
        "catalog": center.fields.catalog().fields,
        "groups by name": tuple((each.name, center.groups.members(each.name)) for each in groups),
        "by address": {each: _ids(center.contacts_by_email(each)) for each in ADDRESSES},
        "by customer ID": {each: _ids(center.contacts_by_customer_id(each)) for each in CUSTOMER_IDS},
        "found by text": {each: _ids(center.list_contacts(text=each)) for each in TEXTS},
        "found in groups": {each.name: _ids(center.list_contacts(group=each.name, limit=3)) for each in groups},
        "counted": (center.count_contacts(), center.count_contacts(text=TEXTS[0])),
        "standing": {each.event_id: _standing(center, each.event_id) for each in center.invitations.all()},
    }


def _standing(center: ContactCenter, event_id: str) -> Mapping[str, Any]:
    """See an invitation list: its counts, and who stands where, by asking for each status."""
    return {
        "counts": dict(center.invitations.counts(event_id)),
        "lines": {
            status: [each.contact.id for each in center.invitations.lines(event_id, statuses=[status])]
            for status in InvitationStatus
        },
    }


def _messages_told(center: ContactCenter, kept: Seen, before: Seen) -> Mapping[str, Any]:
    """See what is told of each message; as before, where nothing happened to messages."""
    if all(before.get(noun) == kept[noun] for noun in ("messages", "mails", "message_events")):
        return dict(before["messages told"])
    return {
        each: {
            "recipients": center.messages.recipients(each),
            "status counts": dict(center.messages.status_counts(each)),
            "counts": dict(center.messages.counts(each)),
            "skipped": dict(center.messages.skipped(each)),
        }
        for each in kept["messages"]
    }


def _through_ports(center: ContactCenter) -> Seen:
    with transaction_of(center) as tx:
        survivors = tx.contacts.survivors(ALL_IDS)
        return {
            "survivors": dict(survivors),
            "survivors one by one": [tx.contacts.survivors([each]) for each in survivors],
            "belongings": {each: tx.contacts.belongings(each) for each in set(survivors.values())},
            "holders of pool": dict(tx.contacts.holders({IdentifierKey(IdentifierKind.EMAIL, each) for each in KEYS})),
            "groups found": dict(tx.groups.named([each.casefold() for each in GROUPS])),
            "opted out": tx.contacts.opt_outs(KEYS),
            "members": {each.id: tx.groups.members(each.id) for each in tx.groups.all()},
            "evidence counted": {each.id: dict(tx.invitations.counts(each.id)) for each in tx.events.all()},
            "pages": [_ids(tx.contacts.page(after=each, limit=2)) for each in ALL_IDS[:3]],
            "messages": {each.id: each for each in tx.messages.page()},
            "mails": {each.id: each for each in tx.outbox.page(limit=10**6)},
            "last sent": dict(tx.outbox.last_sent(LOOKED_AT)),
        }


def _ids(contacts: Any) -> tuple[str, ...]:  # noqa: ANN401, contacts in any collection
    return tuple(each.id for each in contacts)
