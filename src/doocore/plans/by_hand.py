"""Contacts created and changed by hand, and what a person subscribes to (CT-1, ID-5, SU-4, SU-5).

By hand a blank value clears: the person at the keyboard sees what stands there. What no import or booking may do,
staff may with confirmation: a second holder of an identifier, a subscription that the person itself had ended.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from doocore.changes import (
    Change,
    CreateContact,
    CreateGroup,
    JoinGroup,
    LeaveGroup,
    LiftOptOut,
    RecordOptOut,
    UpdateContact,
)
from doocore.errors import (
    DuplicateIdentifierError,
    InvalidFieldValueError,
    InvalidNameError,
    NotFoundError,
    OptedOutError,
    StaleVersionError,
)
from doocore.model.contact import Consent, Contact, Group, GroupId, OptOut, Subscription, SubscriptionState, Through
from doocore.model.fields import (
    ContactField,
    Entered,
    FieldCatalog,
    FieldKey,
    FieldValue,
    Refusal,
    folded,
    storable,
    trimmed,
)
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause
from doocore.model.identifiers import ContactId, IdentifierKey
from doocore.plans.story import Circumstances, Facts, Needs, Plan, ValueJudge
from doocore.rules.duplicates import OWN_DOING, is_opted_out, is_own_opt_out, opt_outs_that_bind
from doocore.rules.permissions import Action, permit
from doocore.rules.syncing import identifier_key, key_of_email

LONGEST_GROUP_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """What is to be created (`contact_id` None) or changed by hand.

    `values` go by field names, keys or labels; `groups` are joined, and made where they are missing; `leave_groups` are
    left. `version`, where given, is the one that the caller has seen.
    """

    contact_id: ContactId | None = None
    values: Mapping[str, Entered] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    leave_groups: tuple[str, ...] = ()
    subscriptions: Mapping[Subscription, bool] = field(default_factory=dict)
    confirm_duplicate: bool = False
    confirm_subscription: bool = False
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """A subscription that changes outside of imports: by hand, by a booking, or by the person itself (SU-4)."""

    contact_id: ContactId
    subscription: Subscription
    state: SubscriptionState
    through: Through = Through.BY_HAND
    confirm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionResult:
    """The contact afterwards; `opted_out` tells that an earlier opt-out stood against the wish (SU-4)."""

    contact: Contact
    opted_out: bool = False
    changes: tuple[Change, ...] = ()


CAUSES: Mapping[Through, Cause] = {
    Through.IMPORT: Cause.IMPORT,
    Through.BY_HAND: Cause.BY_HAND,
    Through.BOOKING: Cause.BOOKING,
    Through.UNSUBSCRIBE_LINK: Cause.PORTAL,
    Through.PORTAL: Cause.PORTAL,
}
"""Under which cause a subscription's change stands in the history."""


def needs_of_contact(request: ContactRequest) -> Needs:
    """Say what a change by hand must know; who holds its identifiers is asked once they are judged."""
    return Needs(
        contacts=frozenset() if request.contact_id is None else frozenset({request.contact_id}),
        groups=frozenset(map(folded, (*request.groups, *request.leave_groups))),
        opt_outs=bool(request.subscriptions),
    )


def plan_contact(request: ContactRequest, facts: Facts, circumstances: Circumstances) -> Plan[Contact] | Needs:
    """Create or change one contact by hand (CT-1), or ask who holds its identifiers (ID-5).

    Raises `InvalidFieldValueError`, `InvalidNameError`, `NotFoundError` for the contact, a field or a group to leave,
    `DuplicateIdentifierError` and `OptedOutError` without confirmation, `StaleVersionError`, `PermissionDeniedError`.
    """
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    before = _contact_to_change(request, facts, circumstances)
    values = _judged_values(request.values, before, facts.catalog, ValueJudge(circumstances.parsers, facts.settings))
    identifiers = tuple(_changed_identifiers(values, before, facts.catalog))
    keys = frozenset(key for _, key in identifiers)
    if not keys <= facts.asked.keys:
        return Needs(keys=keys)
    if not request.confirm_duplicate:
        _refuse_second_holders(identifiers, before, values, facts)
    if request.contact_id is None:
        before = replace(before, id=next(circumstances.new_contact_ids))
    after = replace(before, values=values, email_key=key_of_email(values))
    wishes = [
        SubscriptionRequest(
            contact_id=before.id,
            subscription=subscription,
            state=SubscriptionState.SUBSCRIBED if wanted else SubscriptionState.UNSUBSCRIBED,
            confirm=request.confirm_subscription,
        )
        for subscription, wanted in request.subscriptions.items()
    ]
    changes: list[Change] = []
    for wish in wishes:
        granted = _with_subscription(after, wish, facts.opt_outs, circumstances)
        after = granted.contact
        changes.extend(granted.changes)
    if request.contact_id is None:
        changes.insert(0, CreateContact(after))
    elif after != before:
        after = replace(after, version=before.version + 1)
        changes.insert(0, UpdateContact(before, after, ("CT-1",)))
    left = [existing_group(each, facts.groups) for each in request.leave_groups]
    _refuse_joining_what_is_left(request.groups, left)
    changes.extend(join_groups(request.groups, [before.id], facts.groups, circumstances.new_record_ids))
    changes.extend(LeaveGroup(each.id, before.id) for each in left)
    return Plan(outcome=after, envelope=circumstances.envelope(Cause.BY_HAND), changes=tuple(changes))


def plan_subscription(
    request: SubscriptionRequest, facts: Facts, circumstances: Circumstances
) -> Plan["SubscriptionResult"]:
    """Change one subscription of one contact (SU-1, SU-4, SU-5).

    What an opt-out forbids is refused with `OptedOutError` by hand, and reported in the result otherwise.
    Raises `NotFoundError` for the contact, and `PermissionDeniedError` by hand.
    """
    if request.through is Through.BY_HAND:
        permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    before = facts.contact(request.contact_id)
    if before is None:
        raise NotFoundError("contact", request.contact_id)
    result = _with_subscription(before, request, facts.opt_outs, circumstances)
    if result.contact != before:
        after = replace(result.contact, version=before.version + 1)
        update = UpdateContact(before, after, ("SU-1",))
        result = replace(result, contact=after, changes=(update, *result.changes))
    envelope = circumstances.envelope(CAUSES[request.through])
    return Plan(outcome=result, envelope=envelope, changes=result.changes)


def join_groups(
    names: Iterable[str], contact_ids: Collection[ContactId], existing: Mapping[str, Group], new_ids: Iterator[str]
) -> Iterator[Change]:
    """Let contacts join the groups of these names, making those that do not exist (GR-1)."""
    for name, text in {folded(each): trimmed(each) for each in reversed(tuple(names))}.items():
        group = existing.get(name)
        if group is None:
            group = new_group(text, new_ids)
            yield CreateGroup(group)
        for contact_id in contact_ids:
            yield JoinGroup(group.id, contact_id)


def existing_group(name: str, groups: Mapping[str, Group]) -> Group:
    """Give the group of this name among *groups*, which stand by their folded names; `NotFoundError` otherwise."""
    group = groups.get(folded(name))
    if group is None:
        raise NotFoundError("group", name)
    return group


def new_group(name: str, new_ids: Iterator[str]) -> Group:
    """Give a new group its name: trimmed, not blank, without `;` (GR-1); `InvalidNameError` otherwise."""
    return Group(id=GroupId(next(new_ids)), name=checked_group_name(name))


def checked_group_name(name: str) -> str:
    """Give the name a group can have, trimmed (GR-1); `InvalidNameError` otherwise."""
    text = trimmed(name)
    if not text or ";" in text or len(text) > LONGEST_GROUP_NAME or text != storable(text):
        expected = f"1 to {LONGEST_GROUP_NAME} characters without ';', none of them a control character"
        raise InvalidNameError("group", name, expected)
    return text


def _refuse_joining_what_is_left(joined: Iterable[str], left: Iterable[Group]) -> None:
    names = set(map(folded, joined))
    for group in left:
        if folded(group.name) in names:
            raise InvalidNameError("group", group.name, "it is to be joined and left at once")


def _contact_to_change(request: ContactRequest, facts: Facts, circumstances: Circumstances) -> Contact:
    if request.contact_id is None:
        return Contact(
            id=ContactId(""),
            values=FrozenDict(),
            origin=circumstances.origin(Cause.BY_HAND),
            created_at=circumstances.at,
        )
    contact = facts.contact(request.contact_id)
    if contact is None:
        raise NotFoundError("contact", request.contact_id)
    if request.version not in (None, contact.version):
        raise StaleVersionError("contact", contact.id)
    return contact


def _judged_values(
    given: Mapping[str, Entered], contact: Contact, catalog: FieldCatalog, judge: ValueJudge
) -> FrozenDict[FieldKey, FieldValue]:
    values = dict(contact.values)
    for name, value in given.items():
        named = catalog.named(name)
        if named is None:
            raise NotFoundError("field", name)
        judged = judge(named, value, contact.values.get(named.key))
        if isinstance(judged, Refusal):
            raise InvalidFieldValueError(name, value, judged.reason.value, judged.advice)
        if judged is None:
            values.pop(named.key, None)
        else:
            values[named.key] = judged
    return FrozenDict(values)


def _changed_identifiers(
    values: Mapping[FieldKey, FieldValue], before: Contact, catalog: FieldCatalog
) -> Iterator[tuple[ContactField, IdentifierKey]]:
    """Give the identifiers that do not read as they did before."""
    for each in (catalog["customer_id"], catalog["email"]):
        value = values.get(each.key)
        key = None if value is None or value == before.values.get(each.key) else identifier_key(each, value)
        if key is not None:
            yield each, key


def _refuse_second_holders(
    identifiers: Iterable[tuple[ContactField, IdentifierKey]],
    contact: Contact,
    values: Mapping[FieldKey, FieldValue],
    facts: Facts,
) -> None:
    """Refuse what another contact holds, unless this one held it before, as an alias or in another spelling too."""
    for each, key in identifiers:
        holders = facts.holders_of(key)
        if holders and contact.id not in holders:
            raise DuplicateIdentifierError(each.key, str(values[each.key]), holders)


def _with_subscription(
    contact: Contact, wish: SubscriptionRequest, opt_outs: frozenset[OptOut], circumstances: Circumstances
) -> SubscriptionResult:
    """Give the contact with the wish granted, and what follows for its addresses (SU-4, SU-5)."""
    ends = wish.state is SubscriptionState.UNSUBSCRIBED
    own_doing = wish.through in OWN_DOING
    if not ends and not own_doing and is_opted_out(contact, wish.subscription, opt_outs):
        if wish.through is not Through.BY_HAND:
            return SubscriptionResult(contact=contact, opted_out=True)
        if not wish.confirm:
            raise OptedOutError(contact.id, wish.subscription.value)
    changes = tuple(_opt_out_changes(contact, wish, opt_outs))
    becomes_own = ends and own_doing and not is_own_opt_out(contact.subscriptions.get(wish.subscription))
    if contact.state(wish.subscription) is not wish.state or becomes_own:
        consent = Consent(wish.state, circumstances.at, wish.through)
        contact = replace(contact, subscriptions=FrozenDict({**contact.subscriptions, wish.subscription: consent}))
    return SubscriptionResult(contact=contact, changes=changes)


def _opt_out_changes(contact: Contact, wish: SubscriptionRequest, opt_outs: frozenset[OptOut]) -> Iterator[Change]:
    """Let the person's own unsubscription bind its address; whatever takes it back lifts all that bind the contact."""
    if wish.state is not SubscriptionState.UNSUBSCRIBED:
        binding = opt_outs_that_bind(contact, wish.subscription) & opt_outs
        yield from map(LiftOptOut, sorted(binding, key=lambda each: each.address_key))
    elif wish.through in OWN_DOING and contact.email_key is not None:
        yield RecordOptOut(OptOut(contact.email_key, wish.subscription))
