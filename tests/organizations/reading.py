"""How every repository is asked for another organization's records: a row for each method, a question for each key it takes."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from doocore.model.identifiers import IdentifierKey, IdentifierKind
from doocore.testing.samples import address, customer
from tests.organizations.worlds import LATER, Keys

Question: TypeAlias = Callable[[Any, Keys], object]
"""Asks a repository, or a contact center, with some keys."""


def by_id(keys: Keys) -> IdentifierKey:
    """Name a contact by its ID."""
    return IdentifierKey(IdentifierKind.CONTACT_ID, keys.contact)


QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "contacts.get": (lambda it, k: it.get([k.contact, k.merged]),),
    "contacts.known_by": (
        lambda it, k: it.known_by([address(k.address), customer(k.customer_id), by_id(k)], ["email", k.field]),
    ),
    "contacts.excerpts": (lambda it, k: it.excerpts([k.contact], ["email", k.field, "newsletter"]),),
    "contacts.holders": (lambda it, k: it.holders([address(k.address), customer(k.customer_id), by_id(k)]),),
    "contacts.survivors": (lambda it, k: it.survivors([k.merged]),),
    "contacts.belongings": (lambda it, k: it.belongings(k.contact), lambda it, k: it.belongings(k.merged)),
    "contacts.opt_outs": (lambda it, k: it.opt_outs([k.opted_out]),),
    "contacts.page": (
        lambda it, k: it.page(group_id=k.group),
        lambda it, k: it.page(text=k.address),
        lambda it, k: it.page(after=k.contact),
    ),
    "contacts.columns": (
        lambda it, k: list(it.columns(["email"], size=9, group_id=k.group)),
        lambda it, k: list(it.columns(["email"], size=9, text=k.address)),
        lambda it, k: list(it.columns(["email", k.field], size=9, ids=[k.contact])),
    ),
    "contacts.count": (lambda it, k: it.count(group_id=k.group), lambda it, k: it.count(text=k.address)),
    "groups.all": (lambda it, _: it.all(),),
    "groups.named": (lambda it, k: it.named([k.group_name.casefold()]),),
    "groups.of": (lambda it, k: it.of([k.contact, k.merged]),),
    "groups.members": (lambda it, k: it.members(k.group),),
    "fields.all": (lambda it, _: it.all(),),
    "fields.count_values": (lambda it, k: it.count_values(k.field),),
    "events.get": (lambda it, k: it.get([k.event]),),
    "events.all": (lambda it, _: it.all(),),
    "bookings.get": (lambda it, k: it.get([k.booking]),),
    "bookings.page": (
        lambda it, k: it.page(event_id=k.event),
        lambda it, k: it.page(after=k.booking),
    ),
    "bookings.of_contact": (lambda it, k: it.of_contact(k.contact),),
    "bookings.history": (lambda it, k: it.history(k.booking),),
    "imports.get": (lambda it, k: it.get(k.import_id),),
    "imports.all": (lambda it, _: it.all(),),
    "imports.counts": (lambda it, k: dict(it.counts(k.import_id)),),
    "imports.notable": (lambda it, k: list(it.notable(k.import_id)),),
    "history.of_contact": (lambda it, k: it.of_contact(k.contact),),
    "settings.get": (lambda it, _: it.get(),),
    "invitations.get": (lambda it, k: it.get(k.event),),
    "invitations.all": (lambda it, _: it.all(),),
    "invitations.facts": (lambda it, k: it.facts(k.event, [k.contact]),),
    "invitations.counts": (lambda it, k: dict(it.counts(k.event)),),
    "invitations.masks": (lambda it, k: it.masks(k.event),),
    "invitations.page": (
        lambda it, k: it.page(k.event),
        lambda it, k: it.page(k.event, evidence=[0]),
        lambda it, k: it.page(k.event, after=k.contact),
    ),
    "invitations.concerned": (
        lambda it, k: it.concerned(k.event),
        lambda it, k: it.concerned(k.event, after=k.contact),
    ),
    "invitations.message_events": (lambda it, k: it.message_events(k.event, [k.contact]),),
    "invitations.marks": (lambda it, k: it.marks(k.event, [k.contact]),),
    "messages.get": (lambda it, k: it.get([k.message]),),
    "messages.page": (lambda it, k: it.page(event_id=k.event), lambda it, k: it.page(after=k.message)),
    "outbox.get": (lambda it, k: it.get([k.mail]),),
    "outbox.of_tokens": (lambda it, k: it.of_tokens([k.token]),),
    "outbox.due": (lambda it, _: it.due(LATER),),
    "outbox.page": (lambda it, k: it.page(message_id=k.message), lambda it, k: it.page(after=k.mail)),
    "outbox.counts": (lambda it, k: dict(it.counts(k.message)), lambda it, _: dict(it.counts())),
    "outbox.reactions": (lambda it, k: dict(it.reactions(k.message)),),
    "outbox.skipped": (lambda it, k: dict(it.skipped(k.message)),),
    "outbox.is_written_to": (lambda it, k: it.is_written_to(k.message, k.written_to),),
    "outbox.last_sent": (lambda it, k: it.last_sent([k.contact]),),
    "codes.named": (lambda it, k: it.named([k.code_name.casefold()]),),
    "codes.page": (lambda it, k: it.page(event_id=k.event), lambda it, k: it.page(after=k.code)),
    "codes.used": (lambda it, k: it.used([k.code]),),
    "codes.redemptions": (lambda it, k: it.redemptions([k.code]),),
    "codes.redeemed_in": (lambda it, k: it.redeemed_in([k.booking]),),
}
"""What is asked, by noun and method."""

SAME_FOR_ALL = {"groups.all", "fields.all", "events.all", "imports.all", "settings.get", "invitations.all"}
"""Methods that take no key, and so give the same whatever one knows."""
