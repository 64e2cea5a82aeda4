"""A booking comes in: whose is it, what of it is written into contacts (chapters 2 and 3).

`read_booking` turns a delivery into a request, `needs_of` says what must be known, `plan_booking` decides party by
party, each seeing what the ones before it did (AS-10, SY-10).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from doocore.changes import Change, CreateContact, RecordBooking, UpdateContact
from doocore.errors import (
    BookingConflictError,
    EventNotLiveError,
    InvalidBookingError,
    NotFoundError,
)
from doocore.model.booking import (
    Assignment,
    Attendee,
    AttendeeStatus,
    Booking,
    BookingStatus,
    Decision,
    Flag,
    Party,
    PartyOutcome,
    RecordedBooking,
    RecordedParty,
)
from doocore.model.contact import Consent, Contact, Subscription, SubscriptionState, Through
from doocore.model.event import Event, Question, QuestionLevel
from doocore.model.fields import (
    Entered,
    FieldCatalog,
    FieldKey,
    Refusal,
    ValueParsers,
    is_blank,
    trimmed,
)
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause
from doocore.model.identifiers import (
    BookingNumber,
    ContactId,
    EmailAddress,
    IdentifierKey,
    IdentifierKind,
    parse_booking_number,
)
from doocore.plans.story import Circumstances, Facts, Needs, Plan, ValueJudge
from doocore.rules.addresses import text_key
from doocore.rules.assignment import (
    DECIDED_BY_ADDRESS,
    TAKES_BOOKINGS,
    EnteredAddress,
    PrefilledContact,
    assign,
    resolve_prefill,
)
from doocore.rules.duplicates import is_opted_out
from doocore.rules.permissions import Action, is_staff, permit
from doocore.rules.syncing import is_another_person, synchronize


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadParty:
    """A party with its addresses judged; `path` says where it stands in the booking."""

    path: str
    level: QuestionLevel
    entered: Party
    address: EmailAddress | Refusal | None
    shown_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """A delivery that can be planned: its number, its parties in order, and its fingerprint (AS-13)."""

    number: BookingNumber
    booking: Booking
    parties: tuple[ReadParty, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingResult:
    """The answer to a booking; `repeated` tells that it had been delivered before and nothing changed (AS-13)."""

    number: BookingNumber
    booker: PartyOutcome
    attendees: tuple[PartyOutcome, ...]
    changes: tuple[Change, ...] = ()
    repeated: bool = False

    @property
    def parties(self) -> tuple[PartyOutcome, ...]:
        """Booker first, then attendees."""
        return (self.booker, *self.attendees)


def read_booking(booking: Booking, new_numbers: Iterator[BookingNumber], parsers: ValueParsers) -> BookingRequest:
    """Judge the number and the addresses of a delivery; a booking without a number gets a new one (ID-7).

    Raises `InvalidBookingError` that names the place.
    """
    number = next(new_numbers) if booking.number is None else parse_booking_number(booking.number)
    if number is None:
        raise InvalidBookingError("number", f"{booking.number!r} is not of the form TX-XXXX-XXXX")
    paths = ("booker", *(f"attendees[{index}]" for index in range(len(booking.attendees))))
    return BookingRequest(
        number=number,
        booking=booking,
        parties=tuple(_read_party(path, party, parsers) for path, party in zip(paths, booking.parties, strict=True)),
        fingerprint=_fingerprint(booking),
    )


def needs_of(request: BookingRequest) -> Needs:
    """Say what a booking must know: the booking itself, the event, and every contact its parties may concern."""
    keys: set[IdentifierKey] = set()
    contacts: set[ContactId] = set()
    for party in request.parties:
        if isinstance(party.address, EmailAddress):
            keys.add(IdentifierKey(IdentifierKind.EMAIL, party.address.key))
        keys.update(_customer_id_key(party.entered.values.get("customer_id")))
        if party.entered.prefill is not None:
            contacts.add(party.entered.prefill.contact_id)
        if party.entered.chosen is not None:
            contacts.add(party.entered.chosen)
    return Needs(
        keys=frozenset(keys),
        contacts=frozenset(contacts),
        bookings=frozenset({request.number}),
        events=frozenset({request.booking.event_id}),
        opt_outs=any(party.entered.subscribes for party in request.parties),
    )


def plan_booking(request: BookingRequest, facts: Facts, circumstances: Circumstances) -> "Plan[BookingResult] | Needs":
    """Decide about every party of a booking (chapters 2 and 3), or ask for the holders of customer IDs among answers.

    Raises `BookingConflictError` (AS-13), `NotFoundError` for the event or a chosen contact, `EventNotLiveError`
    (AS-15), `PermissionDeniedError` (AS-0), `InvalidBookingError` for answers and values that lead nowhere.
    """
    envelope = circumstances.envelope(Cause.BOOKING, request.number)
    earlier = facts.bookings.get(request.number)
    if earlier is not None:
        return Plan(outcome=_repeated(earlier, request.fingerprint), envelope=envelope)
    event = _event_that_takes(request, facts, circumstances)
    incoming = [_incoming(party, event, facts.catalog) for party in request.parties]
    keys = frozenset(key for values in incoming for key in _customer_id_key(values.get("customer_id")))
    if not keys <= facts.asked.keys:
        return Needs(keys=keys)
    desk = _Desk(request=request, event=event, facts=facts, circumstances=circumstances)
    decided = [desk.decide(party, values) for party, values in zip(request.parties, incoming, strict=True)]
    outcomes = [
        replace(outcome, customer_id=desk.customer_id_for(outcome, party, values))
        for outcome, party, values in zip(decided, request.parties, incoming, strict=True)
    ]
    changes = (*desk.changes(), RecordBooking(_record(request, outcomes, circumstances)))
    booker, *attendees = outcomes
    result = BookingResult(number=request.number, booker=booker, attendees=tuple(attendees), changes=changes)
    return Plan(outcome=result, envelope=envelope, changes=changes)


@dataclass(slots=True, kw_only=True)
class _Desk:
    """The state of the contacts concerned while one booking's parties are decided in order.

    `rules` are those that spoke about each contact, in the order in which parties met it.
    """

    request: BookingRequest
    event: Event
    facts: Facts
    circumstances: Circumstances
    contacts: dict[ContactId, Contact] = field(init=False)
    rules: dict[ContactId, dict[str, None]] = field(default_factory=dict)
    used: dict[str, ContactId] = field(default_factory=dict)
    judge: ValueJudge = field(init=False)

    def __post_init__(self) -> None:
        self.contacts = dict(self.facts.contacts)
        self.judge = ValueJudge(self.circumstances.parsers, self.facts.settings)

    def decide(self, party: ReadParty, incoming: Mapping[FieldKey, Entered]) -> PartyOutcome:
        """Assign one party, and write what it may write into its contact."""
        assignment = assign(
            self._address(party),
            self._prefilled(party),
            policy=self.event.email_change,
            ambiguity=self.facts.settings.ambiguity,
            chosen=self._chosen(party),
        )
        contact = self._contact_for(assignment)
        if contact is None:
            return PartyOutcome(assignment=assignment, contact_id=None)
        another = is_another_person(contact.values, incoming)
        withheld = another and (contact.id in self.rules or "AS-3b" in assignment.rules)
        if another and not withheld and assignment.rules[-1] == "AS-1b":
            assignment = replace(assignment, flags=assignment.flags | {Flag.NAME_DIFFERS})
        synced = synchronize(
            contact,
            incoming,
            catalog=self.facts.catalog,
            judge=self.judge,
            mode=self.facts.settings.sync,
            held_elsewhere=self._held_elsewhere(contact, party, incoming),
            other_person=withheld,
        )
        wanted = frozenset() if withheld else party.entered.subscribes
        after = replace(contact, values=synced.values, email_key=synced.email_key)
        after, opted_out = self._subscribed(after, wanted)
        rules = dict.fromkeys((*assignment.rules, *(report.rule for report in synced.reports)))
        self._remember(contact, after, party, assignment, rules)
        return PartyOutcome(assignment=assignment, contact_id=contact.id, reports=synced.reports, opted_out=opted_out)

    def customer_id_for(
        self, outcome: PartyOutcome, party: ReadParty, incoming: Mapping[FieldKey, Entered]
    ) -> str | None:
        """Give the record's own customer ID, else the prefilled contact's as it is after this booking (ID-6)."""
        own = incoming.get("customer_id")
        if isinstance(own, str) and not is_blank(own):
            return trimmed(own)
        prefilled = self._prefilled(party)
        if prefilled is None or prefilled.contact is None or prefilled.contact.id != outcome.contact_id:
            return None
        return prefilled.contact.customer_id

    def changes(self) -> Iterator[Change]:
        """Give what became of the contacts: each created or updated once, as the whole booking leaves it."""
        for contact_id, rules in self.rules.items():
            before, after = self.facts.contacts.get(contact_id), self.contacts[contact_id]
            if before is None:
                yield CreateContact(after)
            elif after != before:
                yield UpdateContact(before, replace(after, version=before.version + 1), tuple(rules))

    def _address(self, party: ReadParty) -> EnteredAddress:
        if not isinstance(party.address, EmailAddress):
            return EnteredAddress(address=party.address, text_key=text_key(party.entered.email))
        key = IdentifierKey(IdentifierKind.EMAIL, party.address.key)
        return EnteredAddress(
            address=party.address, holders=self._holders(key), used_by=self.used.get(party.address.key)
        )

    def _holders(self, key: IdentifierKey) -> tuple[Contact, ...]:
        return tuple(each for each in self.contacts.values() if key in each.identifiers)

    def _prefilled(self, party: ReadParty) -> PrefilledContact | None:
        prefill = party.entered.prefill
        if prefill is None:
            return None
        return resolve_prefill(prefill, self.contacts, self.facts.survivors, party.shown_key)

    def _chosen(self, party: ReadParty) -> ContactId | None:
        chosen = party.entered.chosen
        if chosen is None:
            return None
        permit(Action.BOOK_FOR_CHOSEN, self.circumstances.actor, self.facts.settings.plan)
        contact = self.facts.contact(chosen)
        if contact is None:
            raise NotFoundError("contact", chosen)
        return contact.id

    def _contact_for(self, assignment: Assignment) -> Contact | None:
        if assignment.contact_id is not None:
            return self.contacts[assignment.contact_id]
        if assignment.decision is Decision.UNASSIGNED:
            return None
        return Contact(
            id=next(self.circumstances.new_contact_ids),
            values=FrozenDict(),
            origin=self.circumstances.origin(Cause.BOOKING, self.request.number),
            created_at=self.circumstances.at,
        )

    def _held_elsewhere(
        self, contact: Contact, party: ReadParty, incoming: Mapping[FieldKey, Entered]
    ) -> frozenset[FieldKey]:
        """Name the identifiers that another contact holds; a new contact takes its address all the same (SY-5, SY-8)."""
        keys = [("customer_id", key) for key in _customer_id_key(incoming.get("customer_id"))]
        if isinstance(party.address, EmailAddress) and contact.id in self.facts.contacts:
            keys.append(("email", IdentifierKey(IdentifierKind.EMAIL, party.address.key)))
        return frozenset(name for name, key in keys if any(holder.id != contact.id for holder in self._holders(key)))

    def _subscribed(self, contact: Contact, wanted: Iterable[Subscription]) -> tuple[Contact, tuple[Subscription, ...]]:
        """Subscribe to what the party asked for, except where an opt-out stands against it (SU-2, SU-4, SU-5)."""
        open_to = [each for each in wanted if contact.state(each) is not SubscriptionState.SUBSCRIBED]
        opted_out = [each for each in open_to if is_opted_out(contact, each, self.facts.opt_outs)]
        consent = Consent(SubscriptionState.SUBSCRIBED, self.circumstances.at, Through.BOOKING)
        granted = {each: consent for each in open_to if each not in opted_out}
        subscriptions = FrozenDict({**contact.subscriptions, **granted})
        return replace(contact, subscriptions=subscriptions), tuple(sorted(opted_out, key=lambda each: each.value))

    def _remember(
        self, before: Contact, after: Contact, party: ReadParty, assignment: Assignment, rules: Mapping[str, None]
    ) -> None:
        """Let later parties see what this one did (AS-10, SY-10)."""
        self.contacts[after.id] = after
        self.rules.setdefault(after.id, {}).update(rules)
        if isinstance(party.address, EmailAddress) and not DECIDED_BY_ADDRESS.isdisjoint(assignment.rules):
            self.used.setdefault(party.address.key, after.id)
        if after.email_key is not None and after.email_key != before.email_key:
            self.used.setdefault(after.email_key, after.id)


def _read_party(path: str, party: Party, parsers: ValueParsers) -> ReadParty:
    return ReadParty(
        path=path,
        level=QuestionLevel.ATTENDEE if isinstance(party, Attendee) else QuestionLevel.BOOKING,
        entered=party,
        address=_judged_address(party.email, parsers),
        shown_key=None if party.prefill is None else text_key(party.prefill.email),
    )


def _judged_address(text: str | None, parsers: ValueParsers) -> EmailAddress | Refusal | None:
    return None if text is None or is_blank(text) else parsers.email(trimmed(text))


def _customer_id_key(value: Entered) -> Iterator[IdentifierKey]:
    if isinstance(value, str) and not is_blank(value):
        yield IdentifierKey(IdentifierKind.CUSTOMER_ID, trimmed(value))


def _fingerprint(booking: Booking) -> str:
    """Digest the content of a delivery, without the time of it (AS-13)."""
    parties = [
        {
            "email": party.email,
            "values": dict(party.values),
            "answers": dict(party.answers),
            "prefill": party.prefill and [party.prefill.contact_id, party.prefill.email],
            "chosen": party.chosen,
            "subscribes": sorted(each.value for each in party.subscribes),
            "ticket": [party.ticket, _money(party.price)] if isinstance(party, Attendee) else None,
        }
        for party in booking.parties
    ]
    content = {
        "event": booking.event_id,
        "parties": parties,
        "payment": booking.payment.value,
        "products": booking.products,
        "sum": booking.invoice_sum if booking.invoice_sum is None else _money(booking.invoice_sum),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _money(amount: Decimal) -> str:
    return str(amount.normalize())  # never written out: 1E+999999999 has a billion digits


def _repeated(earlier: RecordedBooking, fingerprint: str) -> BookingResult:
    if earlier.fingerprint != fingerprint:
        raise BookingConflictError(earlier.number)
    return BookingResult(
        number=earlier.number,
        booker=earlier.booker.outcome,
        attendees=tuple(each.outcome for each in earlier.attendees),
        repeated=True,
    )


def _event_that_takes(request: BookingRequest, facts: Facts, circumstances: Circumstances) -> Event:
    event = facts.events.get(request.booking.event_id)
    if event is None:
        raise NotFoundError("event", request.booking.event_id)
    status = event.status_at(circumstances.at)
    if not TAKES_BOOKINGS[status, is_staff(circumstances.actor)]:
        raise EventNotLiveError(event.id, status.value)
    return event


def _incoming(party: ReadParty, event: Event, catalog: FieldCatalog) -> dict[FieldKey, Entered]:
    """Bring a party's address, values and linked answers under the keys of contact fields (chapter 3)."""
    incoming: dict[FieldKey, Entered] = {"email": party.entered.email}
    for name, value in party.entered.values.items():
        field_named = catalog.named(name)
        if field_named is None or field_named.key == "email":
            raise InvalidBookingError(f"{party.path}.values.{name}", "no contact field of this name can be given here")
        incoming[field_named.key] = value
    questions = {each.id: each for each in event.questions if each.level is party.level}
    for question_id, answer in party.entered.answers.items():
        question = _question(questions, question_id, party.path)
        # A value given as such stands before an answer to a question for the same field.
        if question.field is not None and is_blank(incoming.get(question.field)):
            incoming[question.field] = answer
    return incoming


def _question(questions: Mapping[str, Question], question_id: str, path: str) -> Question:
    if question_id not in questions:
        raise InvalidBookingError(f"{path}.answers.{question_id}", "the event asks no such question here")
    return questions[question_id]


def _record(request: BookingRequest, outcomes: Iterable[PartyOutcome], circumstances: Circumstances) -> RecordedBooking:
    booker, *attendees = (
        RecordedParty(entered=party.entered, outcome=outcome, status=AttendeeStatus.ACTIVE)
        for party, outcome in zip(request.parties, outcomes, strict=True)
    )
    return RecordedBooking(
        number=request.number,
        event_id=request.booking.event_id,
        booker=booker,
        attendees=tuple(attendees),
        booked_at=circumstances.at,
        fingerprint=request.fingerprint,
        payment=request.booking.payment,
        status=BookingStatus.ACTIVE,
        products=tuple(request.booking.products),
        invoice_sum=request.booking.invoice_sum,
    )
