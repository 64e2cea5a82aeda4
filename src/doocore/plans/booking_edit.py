"""A booking is edited after its delivery (BO-6): what becomes of it, and what of that reaches the contacts (SY-11, SY-12).

All edits of a call are one change, whole or not at all. An edit never says whose a party is; what it changes of one that
belongs to nobody stays on the booking. What the first delivery was stays known by its fingerprint (AS-13).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from doocore.errors import InvalidBookingError, StaleVersionError
from doocore.model.booking import (
    Attendee,
    AttendeeStatus,
    BookingStatus,
    FieldReport,
    Party,
    PartyOutcome,
    RecordedBooking,
    RecordedParty,
    party_path,
)
from doocore.model.booking_edit import (
    AddAttendee,
    AddProduct,
    BookingEdit,
    CancelAttendee,
    CancelBooking,
    ChangeAnswer,
    ChangeTicketCategory,
    ChangeValue,
    RemoveProduct,
)
from doocore.model.event import Event
from doocore.model.fields import ContactField, Entered, FieldCatalog, FieldKey, is_blank
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause
from doocore.model.identifiers import BookingNumber
from doocore.plans.booking import Desk
from doocore.plans.booking_delivery import (
    ReadParty,
    customer_id_keys,
    incoming_values,
    level_of,
    needs_of_parties,
    read_party,
)
from doocore.plans.booking_evidence import concerned_contacts
from doocore.plans.booking_life import ChangedBooking, booking_to_change, changed
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.addresses import text_key


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What is to become of a booking; `version`, where given, is the one that the caller has seen (BP-8)."""

    number: BookingNumber
    edits: tuple[BookingEdit, ...]
    version: int | None = None


def plan_booking_edit(request: EditRequest, facts: Facts, circumstances: Circumstances) -> Plan[ChangedBooking] | Needs:
    """Edit a booking as staff does (BO-6), or ask for the event, and the contacts that this may concern.

    Raises `NotFoundError` for the booking and for a contact that is chosen for a further attendee,
    `InvalidBookingError` that names the edit, `StaleVersionError` (BP-8), `PermissionDeniedError`.
    """
    before = booking_to_change(request.number, facts, circumstances)
    if request.version not in (None, before.version):
        raise StaleVersionError("booking", before.number)
    event = facts.events.get(before.event_id)
    if event is None:
        return Needs(events=frozenset({before.event_id}), contacts=concerned_contacts(before))
    draft = _Draft(booking=before, event=event, catalog=facts.catalog)
    for place, edit in enumerate(request.edits):
        draft.take(f"edits[{place}]", edit)
    edited = [_EditedParty.of(each, event, facts.catalog, circumstances) for each in draft.parties]
    needs = _needs_of([each for each in edited if each.changed])
    if not (needs.keys <= facts.asked.keys and needs.contacts <= facts.asked.contacts):
        return needs
    desk = Desk(number=before.number, event=event, facts=facts, circumstances=circumstances, cause=Cause.BY_HAND)
    outcomes = [each.decided(desk) for each in edited]
    after = draft.booking.with_parties([each.recorded(desk, to) for each, to in zip(edited, outcomes, strict=True)])
    return changed(
        *(before, after, ("BO-6",), facts, circumstances),
        cause=Cause.BY_HAND,
        contacts=tuple(desk.changes()),
        reports=tuple(each.reports for each in outcomes),
    )


# What becomes of the booking


@dataclass(slots=True, kw_only=True)
class _DraftedParty:
    """A party as far as the edits have come; `before` is what it was, or None for a further attendee."""

    place: str
    entered: Party
    status: AttendeeStatus = AttendeeStatus.ACTIVE
    before: RecordedParty | None = None


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A booking as far as the edits have come; `place` says where the present one stands."""

    booking: RecordedBooking
    event: Event
    catalog: FieldCatalog
    parties: list[_DraftedParty] = field(init=False)
    place: str = ""

    def __post_init__(self) -> None:
        self.parties = [
            _DraftedParty(place=party_path(position), entered=each.entered, status=each.status, before=each)
            for position, each in enumerate(self.booking.parties)
        ]

    def take(self, place: str, edit: BookingEdit) -> None:
        """Take an edit. Raises `InvalidBookingError` that names it."""
        self.place = place
        _TAKES[type(edit)](self, edit)

    def party(self, position: int, least: int = 0, key: str = "party") -> _DraftedParty:
        """Give the party in this position, from *least* on."""
        if not least <= position < len(self.parties):
            raise self.refusal(key, f"there is no attendee {position} in this booking")
        return self.parties[position]

    def attendee(self, position: int) -> _DraftedParty:
        """Give an attendee, counted from 1."""
        return self.party(position, least=1, key="attendee")

    def refusal(self, key: str, problem: str) -> InvalidBookingError:
        """Say what of the present edit leads nowhere."""
        return InvalidBookingError(f"{self.place}.{key}", problem)


def _change_value(draft: _Draft, edit: ChangeValue) -> None:
    drafted = draft.party(edit.party)
    changed_field = draft.catalog.named(edit.field)
    if changed_field is None:
        raise draft.refusal("field", f"no contact field is called {edit.field!r}")
    if changed_field.key == "email":
        if not isinstance(edit.value, str | None):
            raise draft.refusal("value", "an address is a text")
        drafted.entered = replace(drafted.entered, email=None if is_blank(edit.value) else edit.value)
        return
    given = drafted.entered.values
    name = next((each for each in given if draft.catalog.named(each) is changed_field), edit.field)
    drafted.entered = replace(drafted.entered, values=_with(given, name, edit.value))


def _change_answer(draft: _Draft, edit: ChangeAnswer) -> None:
    drafted = draft.party(edit.party)
    if edit.question not in _questions(draft.event, drafted.entered):
        raise draft.refusal("question", f"the event asks no question {edit.question!r} here")
    drafted.entered = replace(drafted.entered, answers=_with(drafted.entered.answers, edit.question, edit.value))


def _add_product(draft: _Draft, edit: AddProduct) -> None:
    if edit.product not in {each.id for each in draft.event.products}:
        raise draft.refusal("product", f"the event has no product {edit.product!r}")
    draft.booking = replace(draft.booking, products=(*draft.booking.products, edit.product))


def _remove_product(draft: _Draft, edit: RemoveProduct) -> None:
    products = list(draft.booking.products)
    if edit.product not in products:
        raise draft.refusal("product", f"no product {edit.product!r} is booked")
    products.remove(edit.product)
    draft.booking = replace(draft.booking, products=tuple(products))


def _cancel_attendee(draft: _Draft, edit: CancelAttendee) -> None:
    draft.attendee(edit.attendee).status = AttendeeStatus.CANCELLED


def _cancel_booking(draft: _Draft, _: CancelBooking) -> None:
    draft.booking = replace(draft.booking, status=BookingStatus.CANCELLED)


def _change_ticket_category(draft: _Draft, edit: ChangeTicketCategory) -> None:
    drafted = draft.attendee(edit.attendee)
    drafted.entered = replace(cast("Attendee", drafted.entered), ticket=edit.category)


def _add_attendee(draft: _Draft, edit: AddAttendee) -> None:
    draft.parties.append(_DraftedParty(place=f"{draft.place}.attendee", entered=edit.attendee))


_TAKES: Mapping[type[BookingEdit], Callable[[_Draft, Any], None]] = {
    ChangeValue: _change_value,
    ChangeAnswer: _change_answer,
    AddProduct: _add_product,
    RemoveProduct: _remove_product,
    CancelAttendee: _cancel_attendee,
    CancelBooking: _cancel_booking,
    ChangeTicketCategory: _change_ticket_category,
    AddAttendee: _add_attendee,
}
"""How each kind of edit is taken."""


def _with(given: Mapping[str, Entered], name: str, value: Entered) -> FrozenDict[str, Entered]:
    """Give something else under a name; nothing blank stands under any."""
    kept = {key: each for key, each in given.items() if key != name}
    return FrozenDict(kept if is_blank(value) else {**kept, name: value})


def _questions(event: Event, party: Party) -> frozenset[str]:
    """Name the questions that a party is asked."""
    return frozenset(each.id for each in event.questions if each.level is level_of(party))


# What of it reaches the contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class _EditedParty:
    """A party as the edits leave it; `incoming` is what it gives for contact fields, `changed` what of that is new.

    A value that was cleared is new, too: it is blank.
    """

    drafted: _DraftedParty
    party: ReadParty
    incoming: Mapping[FieldKey, Entered]
    changed: Mapping[FieldKey, Entered]

    @classmethod
    def of(
        cls, drafted: _DraftedParty, event: Event, catalog: FieldCatalog, circumstances: Circumstances
    ) -> "_EditedParty":
        """Read a party. Raises `InvalidBookingError` for a further attendee's values that lead nowhere."""
        before = drafted.before
        party = read_party(drafted.place, drafted.entered, circumstances.parsers)
        if before is None:
            incoming = incoming_values(party, event, catalog)
            return cls(drafted=drafted, party=party, incoming=incoming, changed=incoming)
        incoming = _known_values(party, event, catalog)
        gave = _known_values(replace(party, entered=before.entered), event, catalog)
        changed_values = {key: incoming.get(key) for key in gave | incoming if incoming.get(key) != gave.get(key)}
        return cls(drafted=drafted, party=party, incoming=incoming, changed=changed_values)

    @property
    def is_handed_over(self) -> bool:
        """Whether the address became another one (SY-12); in another spelling it is the same (AS-9)."""
        before = self.drafted.before
        return before is not None and text_key(before.entered.email) != text_key(self.drafted.entered.email)

    def decided(self, desk: Desk) -> PartyOutcome:
        """Decide about a further attendee; write of another party what is new. Its outcome has what there is to report."""
        before = self.drafted.before
        if before is None:
            return desk.decide(self.party, self.incoming)
        reports: tuple[FieldReport, ...] = ()
        contact_id = before.outcome.contact_id
        contact = None if contact_id is None else desk.facts.contact(contact_id)
        if contact is not None:
            if self.changed:
                handed_over = self.is_handed_over
                reports = desk.amend(contact.id, self.party, self.incoming, self.changed, handed_over=handed_over)
            desk.meet(contact.id, before)
        return replace(before.outcome, reports=reports)

    def recorded(self, desk: Desk, outcome: PartyOutcome) -> RecordedParty:
        """Record a party as the edits leave it; why it is whose it is stays as it was decided first."""
        before = self.drafted.before
        if before is None:
            recorded = desk.recorded(outcome, self.party, self.incoming)
        elif "customer_id" in self.changed:
            recorded = replace(before, outcome=desk.recorded(before.outcome, self.party, self.incoming).outcome)
        else:
            recorded = before
        return replace(recorded, entered=self.drafted.entered, status=self.drafted.status)


def _known_values(party: ReadParty, event: Event, catalog: FieldCatalog) -> dict[FieldKey, Entered]:
    """Give what a party gave for contact fields; what it gave for fields and questions that are gone says nothing."""
    entered, questions = party.entered, _questions(event, party.entered)
    known = replace(
        entered,
        values={name: value for name, value in entered.values.items() if _can_be_given(catalog.named(name))},
        answers={question: answer for question, answer in entered.answers.items() if question in questions},
    )
    return incoming_values(replace(party, entered=known), event, catalog)


def _can_be_given(contact_field: ContactField | None) -> bool:
    return contact_field is not None and contact_field.key != "email"


def _needs_of(edited: Collection[_EditedParty]) -> Needs:
    """Say what the changed parties may concern: contacts, and holders of the identifiers that are new."""
    keys = frozenset(key for each in edited for key in customer_id_keys(each.changed.get("customer_id")))
    return needs_of_parties([each.party for each in edited]) | Needs(keys=keys)
