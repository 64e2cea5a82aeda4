"""How every method of the contact center is called with another organization's IDs: a row for each."""

from collections.abc import Mapping
from typing import Any

from doocore import (
    Attendee,
    Booking,
    Event,
    IdentifierKind,
    ImportOptions,
    Link,
    Mailbox,
    MessageDraft,
    OrganizationSettings,
    Party,
    Prefill,
    RecipientStatus,
    Subscription,
    SubscriptionState,
)
from doocore.model.booking_edit import CancelBooking
from doocore.model.invitation import Mark, MessageEvent, Reaction
from doocore.testing.samples import MOMENT
from tests.builders import TOKENS
from tests.organizations.reading import Question
from tests.organizations.worlds import (
    OWN_CONTACT,
    OWN_EVENT,
    OWN_GROUP,
    Keys,
    contact_deletion,
    field_deletion,
    group_deletion,
)


def _booking(**given: Any) -> Booking:  # noqa: ANN401, whatever a booking has
    return Booking(**{"event_id": OWN_EVENT.id, "booker": Party(email="new@example.org"), **given})


def _draft(event_id: str) -> MessageDraft:
    return MessageDraft(event_id=event_id, subject="Einladung", text="Hallo")


def _sent(keys: Keys) -> MessageEvent:
    return MessageEvent(id="m3", event_id=keys.event, contact_id=keys.contact, reaction=Reaction.SENT, at=MOMENT)


def _exported(center: Any, **what: Any) -> list[Any]:  # noqa: ANN401
    with center.export_contacts(**what) as export:
        return [list(map(list, page)) for page in export.pages]


CALLS: Mapping[str, tuple[Question, ...]] = {
    "settings": (lambda it, _: it.settings,),
    "change_settings": (lambda it, _: it.change_settings(OrganizationSettings(region="FR")),),
    "book": (
        lambda it, k: it.book(_booking(event_id=k.event)),
        lambda it, k: it.book(_booking(number=k.booking)),
        lambda it, k: it.book(_booking(booker=Party(email=k.address))),
        lambda it, k: it.book(_booking(booker=Party(chosen=k.contact))),
        lambda it, k: it.book(
            _booking(booker=Party(email=k.address, prefill=Prefill(contact_id=k.contact, email=k.address)))
        ),
        lambda it, k: it.book(
            _booking(attendees=[Attendee(email=k.address, prefill=Prefill(contact_id=k.merged, email=None))])
        ),
    ),
    "create_contact": (
        lambda it, k: it.create_contact({"email": k.address, "customer_id": k.customer_id}, groups=[k.group_name]),
        lambda it, k: it.create_contact({k.field_name: "40"}),
        lambda it, k: it.create_contact({"email": k.opted_out}, subscriptions={Subscription.NEWSLETTER: True}),
    ),
    "change_contact": (
        lambda it, k: it.change_contact(k.contact, {"city": "Bonn"}),
        lambda it, k: it.change_contact(k.merged, {"city": "Bonn"}, version=2),
        lambda it, k: it.change_contact(OWN_CONTACT.id, {"email": k.address}),
        lambda it, k: it.change_contact(OWN_CONTACT.id, groups=[k.group_name]),
        lambda it, k: it.change_contact(OWN_CONTACT.id, leave_groups=[k.group_name]),
    ),
    "deletion": (lambda it, k: it.deletion(k.contact), lambda it, k: it.deletion(k.merged)),
    "delete_contact": (lambda it, k: it.delete_contact(contact_deletion(k)),),
    "set_subscription": (
        lambda it, k: it.set_subscription(k.contact, Subscription.NEWSLETTER, SubscriptionState.UNSUBSCRIBED),
        lambda it, k: it.set_subscription(k.merged, Subscription.NEWSLETTER, SubscriptionState.SUBSCRIBED),
    ),
    "contact": (lambda it, k: it.contact(k.contact), lambda it, k: it.contact(k.merged)),
    "details": (lambda it, k: it.details(k.contact),),
    "contacts_by_email": (lambda it, k: it.contacts_by_email(k.address),),
    "contacts_by_customer_id": (lambda it, k: it.contacts_by_customer_id(k.customer_id),),
    "list_contacts": (
        lambda it, k: it.list_contacts(group=k.group_name),
        lambda it, k: it.list_contacts(text=k.contact),
        lambda it, k: it.list_contacts(after=k.contact),
    ),
    "count_contacts": (
        lambda it, k: it.count_contacts(group=k.group_name),
        lambda it, k: it.count_contacts(text=k.contact),
    ),
    "history": (lambda it, k: it.history(k.contact),),
    "import_contacts": (
        lambda it, k: it.import_contacts([{"email": k.address, "city": "Bonn"}]),
        lambda it, k: it.import_contacts([{"email": k.address, "groups": k.group_name}], dry_run=True),
        lambda it, k: it.import_contacts([{"email": "n@example.org"}], ImportOptions(groups=(k.group_name,))),
        lambda it, k: it.import_contacts(
            [{"contact_id": k.contact, "city": "Bonn"}], ImportOptions(identify_by=IdentifierKind.CONTACT_ID)
        ),
        lambda it, k: it.import_contacts(
            [{"customer_id": k.customer_id, "city": "Bonn"}], ImportOptions(identify_by=IdentifierKind.CUSTOMER_ID)
        ),
    ),
    "export_contacts": (
        lambda it, k: _exported(it, group=k.group_name),
        lambda it, k: _exported(it, contacts=[k.contact]),
        lambda it, k: _exported(it, contacts=[k.merged]),
        lambda it, k: _exported(it, text=k.contact),
    ),
    "events.put": (lambda it, k: it.put(Event(id=k.event, name="Mine")),),
    "events.go_live": (lambda it, k: it.go_live(k.event),),
    "events.cancel": (lambda it, k: it.cancel(k.event),),
    "events.get": (lambda it, k: it.get(k.event),),
    "events.all": (lambda it, _: it.all(),),
    "fields.create": (lambda it, k: it.create(k.field_name),),
    "fields.change": (lambda it, k: it.change(k.field_name, archived=True), lambda it, k: it.change(k.field, name="M")),
    "fields.deletion": (lambda it, k: it.deletion(k.field_name), lambda it, k: it.deletion(k.field)),
    "fields.delete": (lambda it, k: it.delete(field_deletion(k)),),
    "fields.catalog": (lambda it, _: it.catalog(),),
    "groups.create": (
        lambda it, k: it.create("Mine", [k.contact]),
        lambda it, k: it.create(k.group_name),
    ),
    "groups.join": (
        lambda it, k: it.join(OWN_GROUP.name, [k.contact]),
        lambda it, k: it.join(k.group_name, [OWN_CONTACT.id]),
    ),
    "groups.leave": (
        lambda it, k: it.leave(OWN_GROUP.name, [k.contact]),
        lambda it, k: it.leave(k.group_name, [OWN_CONTACT.id]),
    ),
    "groups.rename": (
        lambda it, k: it.rename(k.group_name, "Mine"),
        lambda it, k: it.rename(OWN_GROUP.name, k.group_name),
    ),
    "groups.deletion": (lambda it, k: it.deletion(k.group_name),),
    "groups.delete": (lambda it, k: it.delete(group_deletion(k)),),
    "groups.all": (lambda it, _: it.all(),),
    "groups.members": (lambda it, k: it.members(k.group_name),),
    "bookings.get": (lambda it, k: it.get(k.booking),),
    "bookings.page": (lambda it, k: it.page(event=k.event), lambda it, k: it.page(after=k.booking)),
    "bookings.all": (lambda it, k: list(it.all(event=k.event)), lambda it, _: list(it.all())),
    "bookings.history": (lambda it, k: it.history(k.booking),),
    "bookings.pay": (lambda it, k: it.pay(k.booking),),
    "bookings.refund": (lambda it, k: it.refund(k.booking),),
    "bookings.cancel": (lambda it, k: it.cancel(k.booking),),
    "bookings.cancel_attendee": (lambda it, k: it.cancel_attendee(k.booking, 1),),
    "bookings.check_in": (lambda it, k: it.check_in(k.booking, 1),),
    "bookings.edit": (lambda it, k: it.edit(k.booking, [CancelBooking()], version=2),),
    "invitations.create": (
        lambda it, k: it.create(k.event, [k.group_name]),
        lambda it, k: it.create(OWN_EVENT.id, [k.group_name]),
    ),
    "invitations.get": (lambda it, k: it.get(k.event),),
    "invitations.all": (lambda it, _: it.all(),),
    "invitations.groups": (lambda it, k: it.groups(k.event),),
    "invitations.add_groups": (
        lambda it, k: it.add_groups(k.event, [OWN_GROUP.name]),
        lambda it, k: it.add_groups(k.event, ["Group 2"]),
    ),
    "invitations.remove_groups": (lambda it, k: it.remove_groups(k.event, [k.group_name]),),
    "invitations.counts": (lambda it, k: it.counts(k.event),),
    "invitations.list": (lambda it, k: it.list(k.event), lambda it, k: it.list(k.event, after=k.contact)),
    "invitations.lines": (lambda it, k: list(it.lines(k.event)),),
    "invitations.explain": (
        lambda it, k: it.explain(k.event, k.contact),
        lambda it, k: it.explain(OWN_EVENT.id, k.contact),
        lambda it, k: it.explain(k.event, OWN_CONTACT.id),
    ),
    "invitations.mark": (
        lambda it, k: it.mark(k.event, k.contact, Mark.DECLINED),
        lambda it, k: it.mark(OWN_EVENT.id, k.contact, Mark.DECLINED),
        lambda it, k: it.mark(k.event, OWN_CONTACT.id, Mark.DECLINED),
    ),
    "invitations.unmark": (
        lambda it, k: it.unmark(k.event, k.contact, Mark.INVITED),
        lambda it, k: it.unmark(OWN_EVENT.id, k.merged, Mark.INVITED),
    ),
    "invitations.record_message_event": (
        lambda it, k: it.record_message_event(k.event, k.contact, Reaction.SENT, id="m3"),
        lambda it, k: it.record_message_event(OWN_EVENT.id, k.contact, Reaction.SENT, id="m3"),
        lambda it, k: it.record_message_event(k.event, OWN_CONTACT.id, Reaction.SENT, id="m3"),
    ),
    "invitations.record_message_events": (lambda it, k: it.record_message_events([_sent(k)]),),
    "invitations.to_group": (
        lambda it, k: it.to_group(k.event, "Mine"),
        lambda it, k: it.to_group(k.event, k.group_name),
    ),
    "invitations.recompute": (lambda it, k: it.recompute(k.event),),
    "codes.create": (
        lambda it, k: it.create(k.code_name),
        lambda it, k: it.create("Mine", contact=k.contact),
        lambda it, k: it.create("Mine", event=k.event),
    ),
    "codes.create_many": (lambda it, k: it.create_many(2, event=k.event),),
    "codes.create_for": (lambda it, k: it.create_for([OWN_CONTACT.id, k.contact]),),
    "codes.withdraw": (lambda it, k: it.withdraw(k.code_name),),
    "codes.redeem": (lambda it, k: it.redeem(k.code_name, k.booking),),
    "codes.prefill": (lambda it, k: it.prefill(k.code_name),),
    "codes.get": (lambda it, k: it.get(k.code_name),),
    "codes.page": (lambda it, k: it.page(event=k.event), lambda it, k: it.page(after=k.code)),
    "codes.all": (lambda it, k: list(it.all(event=k.event)), lambda it, _: list(it.all())),
    "messages.queue": (
        lambda it, k: it.queue(_draft(k.event), groups=["Mine"]),
        lambda it, k: it.queue(_draft(OWN_EVENT.id), groups=[k.group_name]),
        lambda it, k: it.queue(_draft(OWN_EVENT.id), contacts=[k.contact]),
        lambda it, k: it.queue(_draft(OWN_EVENT.id), contacts=[k.merged]),
    ),
    "messages.preview": (
        lambda it, k: it.preview(_draft(k.event), OWN_CONTACT.id),
        lambda it, k: it.preview(_draft(OWN_EVENT.id), k.contact),
    ),
    "messages.test": (lambda it, k: it.test(_draft(OWN_EVENT.id), Mailbox(email="kim@x.de"), k.contact),),
    "messages.get": (lambda it, k: it.get(k.message),),
    "messages.page": (lambda it, k: it.page(event_id=k.event), lambda it, k: it.page(after=k.message)),
    "messages.counts": (lambda it, k: it.counts(k.message),),
    "messages.status_counts": (lambda it, k: it.status_counts(k.message),),
    "messages.skipped": (lambda it, k: it.skipped(k.message),),
    "messages.recipients": (
        lambda it, k: it.recipients(k.message),
        lambda it, k: it.recipients(k.message, after=k.mail),
        lambda it, k: it.recipients(k.message, statuses=[RecipientStatus.QUEUED, RecipientStatus.CLICKED]),
    ),
    "outbox.run": (lambda it, _: it.run(spread=lambda: 0.0),),
    "outbox.counts": (lambda it, _: it.counts(),),
    "outbox.page": (lambda it, k: it.page(after=k.mail),),
    "outbox.requeue": (lambda it, k: it.requeue([k.mail]),),
    "receive": (
        lambda it, k: it.receive(TOKENS.sign(k.token, Link.MAYBE)),
        lambda it, k: it.receive(TOKENS.sign(k.token, Link.UNSUBSCRIBE)),
    ),
    "imports.report": (lambda it, k: it.report(k.import_id),),
    "imports.all": (lambda it, _: it.all(),),
    "imports.interrupted": (lambda it, k: it.interrupted(k.rows()),),
    "imports.resume": (lambda it, k: it.resume(k.import_id, k.list),),
    "imports.expire": (lambda it, _: it.expire(),),
    "imports.template": (lambda it, _: it.template().columns,),
    "imports.rows": (lambda it, k: list(it.rows(k.import_id)),),
}
"""What is called, by noun and method."""

HARMLESS = {
    "acting_as": "gives the same contact center for somebody else",
}
"""What takes no key and reads nothing."""
