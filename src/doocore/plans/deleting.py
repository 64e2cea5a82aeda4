"""Contacts, groups and fields that are deleted (CT-3, GR-1, FI-4): what goes is told first, and handed back to confirm.

Each pair of functions here is one story: the first tells what would go, for the question; the second looks again, under
locks, and deletes only if just that would still go. So nothing goes that nobody was told of.
"""

from collections.abc import Iterator
from dataclasses import replace

from doocore.changes import Change, ChangeEvent, DeleteContact, DeleteField, DeleteGroup, RecordOptOut
from doocore.errors import InvalidFieldError, NotFoundError, StaleVersionError
from doocore.model.contact import Contact
from doocore.model.deletion import ContactDeletion, FieldDeletion, GroupDeletion
from doocore.model.event import Event
from doocore.model.fields import FieldKey, folded
from doocore.model.history import Cause
from doocore.model.identifiers import ContactId
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.duplicates import is_own_opt_out, opt_outs_that_bind
from doocore.rules.permissions import Action, permit


def contact_deletion(contact_id: ContactId, facts: Facts) -> ContactDeletion | Needs:
    """Tell what goes with a contact, or with the survivor it was merged into; `NotFoundError` if there is neither."""
    contact = facts.contact(contact_id)
    if contact is None:
        raise NotFoundError("contact", contact_id)
    belongings = facts.belongings.get(contact.id)
    if belongings is None:
        return Needs(belongings=frozenset({contact.id}))
    return ContactDeletion(
        contact=contact, bookings=belongings.bookings, attendees=belongings.attendees, merged=belongings.merged
    )


def plan_contact_deletion(
    told: ContactDeletion, facts: Facts, circumstances: Circumstances
) -> Plan[ContactDeletion] | Needs:
    """Delete a contact as it was told; its parties become unassigned, its opt-outs stay (CT-3, SU-5).

    Whatever could lead a booking or an import to the contact meanwhile is locked: its ID, those of contacts merged into
    it, and all its identifiers. Raises `StaleVersionError` where anything of what was told has changed, `NotFoundError`
    where the contact is gone, `PermissionDeniedError`.
    """
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    now = contact_deletion(told.contact.id, facts)
    if isinstance(now, Needs):
        return now
    if now != told:
        raise StaleVersionError("contact", told.contact.id)
    contact = now.contact
    ways = Needs(keys=contact.identifiers, contacts=frozenset({contact.id, *now.merged}))
    if facts.asked | ways != facts.asked:
        return ways
    changes = (*_opt_outs_that_stay(contact), DeleteContact(contact.id, contact.version, now.merged))
    return Plan(outcome=now, envelope=circumstances.envelope(Cause.BY_HAND), changes=changes)


def group_deletion(name: str, facts: Facts) -> GroupDeletion | Needs:
    """Tell what goes with a group; `NotFoundError` if there is none of this name."""
    group = facts.groups.get(folded(name))
    if group is None:
        raise NotFoundError("group", name)
    if group.id not in facts.members:
        return Needs(members=frozenset({group.id}))
    return GroupDeletion(group=group, contacts=facts.members[group.id])


def plan_group_deletion(told: GroupDeletion, facts: Facts, circumstances: Circumstances) -> Plan[GroupDeletion] | Needs:
    """Delete a group as it was told; its contacts stay. Raises what `plan_contact_deletion` raises."""
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    now = group_deletion(told.group.name, facts)
    if isinstance(now, Needs):
        return now
    if now != told:
        raise StaleVersionError("group", told.group.name)
    return Plan(outcome=now, envelope=circumstances.envelope(Cause.BY_HAND), changes=(DeleteGroup(now.group.id),))


def field_deletion(key: FieldKey, facts: Facts) -> FieldDeletion | Needs:
    """Tell what goes with a field; `NotFoundError` if there is none, `InvalidFieldError` for a system field (FI-1)."""
    if key not in facts.catalog:
        raise NotFoundError("field", key)
    field = facts.catalog[key]
    if field.system:
        raise InvalidFieldError(field.name, "a system field cannot be deleted")
    if key not in facts.values:
        return Needs(values=frozenset({key}))
    events = tuple(each.id for each in facts.events.values() if _asks_for(each, key))
    return FieldDeletion(field=field, contacts=facts.values[key], events=events)


def plan_field_deletion(told: FieldDeletion, facts: Facts, circumstances: Circumstances) -> Plan[FieldDeletion] | Needs:
    """Delete a field with its values as it was told (FI-4: team admin).

    Events that ask for it go on asking; the answers then stay on the bookings. Raises what `plan_contact_deletion`
    raises, and `InvalidFieldError`.
    """
    permit(Action.MANAGE_FIELDS, circumstances.actor, facts.settings.plan)
    key = told.field.key
    now = field_deletion(key, facts)
    if isinstance(now, Needs):
        return now
    if now != told:
        raise StaleVersionError("field", told.field.name)
    unlinked = (ChangeEvent(_without_link(facts.events[each], key)) for each in now.events)
    envelope = circumstances.envelope(Cause.BY_HAND, now.field.name)
    return Plan(outcome=now, envelope=envelope, changes=(*unlinked, DeleteField(key, ("FI-4",))))


def _opt_outs_that_stay(contact: Contact) -> Iterator[Change]:
    """Let the addresses of a contact go on being bound by what stood on its record alone (SU-5)."""
    for subscription, consent in contact.subscriptions.items():
        if is_own_opt_out(consent):
            bound = opt_outs_that_bind(contact, subscription)
            yield from map(RecordOptOut, sorted(bound, key=lambda each: each.address_key))


def _asks_for(event: Event, key: FieldKey) -> bool:
    return any(each.field == key for each in event.questions)


def _without_link(event: Event, key: FieldKey) -> Event:
    questions = tuple(replace(each, field=None) if each.field == key else each for each in event.questions)
    return replace(event, questions=questions, version=event.version + 1)
