"""Kinds that ask one rule: addresses, field values, assignment, synchronization, invitations, codes."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeVar

from doocore import (
    Assignment,
    AttendeeStatus,
    BookingNumber,
    BookingStatus,
    Cause,
    Code,
    CodeUse,
    Concern,
    Contact,
    ContactField,
    ContactId,
    EmailAddress,
    EnteredAddress,
    FieldCatalog,
    FieldType,
    FrozenDict,
    IdentifierKey,
    IdentifierKind,
    Mark,
    MessageEvent,
    Origin,
    PaymentStatus,
    Prefill,
    Reaction,
    Redemption,
    Refusal,
    Synchronized,
    SyncOutcome,
    Ticket,
    assign,
    evidence_of_bookings,
    evidence_of_marks,
    evidence_of_messages,
    is_blank,
    judge,
    judge_code,
    match_key,
    resolve_prefill,
    same_address,
    status_of,
    synchronize,
    text_key,
)
from doocore.model.code import CodeId
from doocore.model.fields import Entered, FieldValue, trimmed
from doocore_adapters.validation import LibraryParsers
from doocore_adapters.vectors.expecting import Mismatch, differences
from doocore_adapters.vectors.givens import catalog_of, non_blank
from doocore_adapters.vectors.kinds import (
    AddressCase,
    AssignmentCase,
    BookingGiven,
    CodeCase,
    FieldValueCase,
    InvitationCase,
    MessageGiven,
    SameAddress,
    SyncCase,
)
from doocore_adapters.vectors.stage import BEFORE_ALL, named_fields

T = TypeVar("T")

_PARSERS = LibraryParsers()
_ORIGIN = Origin(cause=Cause.BY_HAND, actor="vectors")

LISTED = (SyncOutcome.FILLED, SyncOutcome.OVERWRITTEN, SyncOutcome.KEPT, SyncOutcome.REJECTED, SyncOutcome.TAKEN)
"""The outcomes of synchronization that a case lists fields under."""


def compare_addresses(case: SameAddress) -> Iterator[Mismatch]:
    """Ask whether two addresses are the same."""
    yield from differences("expect", case.expect, same_address(case.a, case.b))


def judge_address(case: AddressCase) -> Iterator[Mismatch]:
    """Ask whether an address is valid."""
    judged = _PARSERS.email(case.input)
    yield from differences("expect", case.expect, "valid" if isinstance(judged, EmailAddress) else "invalid")


def judge_value(case: FieldValueCase) -> Iterator[Mismatch]:
    """Ask what a field makes of a text."""
    field = ContactField(key="field", name="field", type=FieldType(case.type), options=case.options)
    judged = judge(field, case.input, parsers=_PARSERS, region=case.region, locale=case.locale)
    got = {"error": judged.reason.value} if isinstance(judged, Refusal) else {"value": judged}
    yield from differences("expect", case.expect, {"value": None, "error": None} | got)


# Assignment


def assign_party(case: AssignmentCase) -> Iterator[Mismatch]:
    """Ask to which contact a party goes."""
    contacts = {
        ContactId(each.id): _contact_with(non_blank(each.values), each.id, number)
        for number, each in enumerate(case.contacts)
    }
    survivors = {ContactId(gone): ContactId(_survivor(gone, case.merged)) for gone in case.merged}
    got = _assignment(case, contacts, survivors)
    answer = {
        "decision": got.decision.value,
        "contact": got.contact_id,
        "reason": got.reason,
        "flags": frozenset(flag.value for flag in got.flags),
    }
    yield from differences("expect", case.expect, answer)


def _assignment(
    case: AssignmentCase, contacts: Mapping[ContactId, Contact], survivors: Mapping[ContactId, ContactId]
) -> Assignment:
    address = None if is_blank(case.entered) else _PARSERS.email(case.entered or "")
    holders = () if address is None else tuple(each for each in contacts.values() if _holds(each, address))
    prefilled = None
    if case.prefill is not None:
        prefill = Prefill(contact_id=ContactId(case.prefill.contact), email=case.prefill.email)
        prefilled = resolve_prefill(prefill, contacts, survivors, text_key(prefill.email))
    chosen = None if case.chosen is None else ContactId(_survivor(case.chosen, case.merged))
    entered = EnteredAddress(address=address, holders=holders, text_key=text_key(case.entered))
    return assign(entered, prefilled, policy=case.policy, ambiguity=case.ambiguity, chosen=chosen)


def _contact_with(values: Mapping[str, FieldValue], label: str = "contact", number: int = 0) -> Contact:
    email = values.get("email")
    return Contact(
        id=ContactId(label),
        values=FrozenDict(values),
        origin=_ORIGIN,
        created_at=BEFORE_ALL + timedelta(seconds=number),
        email_key=match_key(email) if isinstance(email, str) else None,
    )


def _holds(contact: Contact, address: EmailAddress | Refusal) -> bool:
    return isinstance(address, EmailAddress) and (
        IdentifierKey(IdentifierKind.EMAIL, address.key) in contact.identifiers
    )


def _survivor(label: str, merged: Mapping[str, str]) -> str:
    """Follow merges to the contact that is left; what runs in a circle ends where it began."""
    seen: set[str] = set()
    while label in merged and label not in seen:
        seen.add(label)
        label = merged[label]
    return label


# Synchronization


def synchronize_values(case: SyncCase) -> Iterator[Mismatch]:
    """Ask what of a booking's values reaches a contact."""
    catalog = catalog_of(case.fields, case.locale)
    got = _synchronized(case, catalog)
    answer = {
        "contact": {catalog[key].name: value for key, value in got.values.items()},
        **{
            outcome.value: frozenset(catalog[each.field].name for each in got.reports if each.outcome is outcome)
            for outcome in LISTED
        },
    }
    expected = {
        "contact": named_fields(non_blank(case.expect.contact), catalog),
        **{
            outcome.value: frozenset(named_fields(dict.fromkeys(getattr(case.expect, outcome.value)), catalog))
            for outcome in LISTED
        },
    }
    yield from differences("expect", expected, answer)


def _synchronized(case: SyncCase, catalog: FieldCatalog) -> Synchronized:
    judged = partial(_judged, case)
    taken = _keyed(dict.fromkeys(case.taken), catalog).keys()
    return synchronize(
        _contact_with(_standing(case, catalog)),
        _keyed(case.incoming, catalog),
        catalog=catalog,
        judge=judged,
        mode=case.mode,
        origin=case.origin,
        held_elsewhere=taken - {"email"} if case.new_contact else taken,  # SY-5: its e-mail always
    )


def _standing(case: SyncCase, catalog: FieldCatalog) -> dict[str, FieldValue]:
    """Normalize what the contact has; what its fields take no more stays as it is (FI-5)."""
    found: dict[str, FieldValue] = {}
    for key, value in _keyed(non_blank(case.contact), catalog).items():
        judged = _judged(case, catalog[key], value, None)
        as_it_is = trimmed(value) if isinstance(value, str) else value
        found[key] = as_it_is if judged is None or isinstance(judged, Refusal) else judged
    return found


def _judged(
    case: SyncCase, field: ContactField, value: Entered, present: FieldValue | None
) -> FieldValue | Refusal | None:
    return judge(field, value, parsers=_PARSERS, region=case.region, locale=case.locale, present=present)


def _keyed(values: Mapping[str, T], catalog: FieldCatalog) -> dict[str, T]:
    """Put values under the keys of their fields."""
    return {field.key: value for name, value in values.items() if (field := catalog.named(name)) is not None}


# Invitations


def tell_standing(case: InvitationCase) -> Iterator[Mismatch]:
    """Ask where a contact stands with an event."""
    evidence = (
        evidence_of_messages(each for message in case.messages for each in _events_of(message))
        | evidence_of_marks(map(Mark, case.marks))
        | evidence_of_bookings(map(_concern, case.bookings))
    )
    yield from differences("expect", case.expect, status_of(evidence).value)


def _events_of(message: MessageGiven) -> Iterator[MessageEvent]:
    happened = {Reaction.SENT: message.sent, Reaction.OPENED: message.opened}
    reactions = [each for each, has in happened.items() if has] + [
        Reaction(f"clicked_{link}") for link in message.clicks
    ]
    for each in reactions:
        yield MessageEvent(event_id="event", contact_id=ContactId("contact"), reaction=each, at=BEFORE_ALL)


def _concern(given: BookingGiven) -> Concern:
    return Concern(
        number=BookingNumber("TX-0000-0001"),
        status=BookingStatus(given.status),
        payment=PaymentStatus(given.payment),
        booker=given.booker,
        through_invitation=given.via_invitation,
        attendees=tuple(Ticket(each.own, AttendeeStatus(each.status)) for each in given.attendees),
    )


# Codes


def tell_status(case: CodeCase) -> Iterator[Mismatch]:
    """Ask where a code stands, and whether it can be redeemed."""
    given = case.code
    code = Code(
        id=CodeId("code"),
        name="code",
        origin=_ORIGIN,
        created_at=BEFORE_ALL,
        use=CodeUse(given.use),
        limit=given.limit,
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        withdrawn=given.withdrawn,
    )
    now = BEFORE_ALL if case.now is None else case.now
    uses = (Redemption(BookingNumber(each.booking), "event", now, each.cancelled) for each in given.redemptions)
    got = judge_code(code, uses, now)
    yield from differences("expect", case.expect, {"status": got.status.value, "redeemable": got.redeemable})
