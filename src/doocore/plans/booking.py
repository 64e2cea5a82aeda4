"""A booking is decided: whose it is, and what of it is written into contacts (chapters 2 and 3).

`plan_booking` decides party by party, each seeing what the ones before it did (AS-10, SY-10). How a delivery is read
stands in `booking_delivery`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from doocore.changes import Change, CreateContact, RecordBooking, UpdateContact
from doocore.errors import (
    BookingConflictError,
    EventNotLiveError,
    NotFoundError,
)
from doocore.model.booking import (
    Assignment,
    BookingStatus,
    Decision,
    FieldReport,
    Flag,
    PartyOutcome,
    RecordedBooking,
    RecordedParty,
)
from doocore.model.contact import Consent, Contact, Subscription, SubscriptionState, Through
from doocore.model.event import Event
from doocore.model.fields import (
    Entered,
    FieldKey,
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
)
from doocore.plans.booking_delivery import BookingRequest, ReadParty, customer_id_keys, incoming_values
from doocore.plans.booking_evidence import evidence_of
from doocore.plans.codes import redemptions_of
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
from doocore.rules.syncing import Synchronized, SyncOrigin, is_another_person, synchronize


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


def plan_booking(request: BookingRequest, facts: Facts, circumstances: Circumstances) -> "Plan[BookingResult] | Needs":
    """Decide about every party of a booking (chapters 2 and 3), or ask for the holders of customer IDs among answers.

    Raises `BookingConflictError` (AS-13), `NotFoundError` for the event or a chosen contact, `EventNotLiveError`
    (AS-15), `PermissionDeniedError` (AS-0), `InvalidBookingError` for answers and values that lead nowhere,
    `CodeNotRedeemableError` (CO-2).
    """
    envelope = circumstances.envelope(Cause.BOOKING, request.number)
    earlier = facts.bookings.get(request.number)
    if earlier is not None:
        return Plan(outcome=_repeated(earlier, request), envelope=envelope)
    event = _event_that_takes(request, facts, circumstances)
    incoming = [incoming_values(party, event, facts.catalog) for party in request.parties]
    keys = frozenset(key for values in incoming for key in customer_id_keys(values.get("customer_id")))
    if not keys <= facts.asked.keys:
        return Needs(keys=keys)
    desk = Desk(number=request.number, event=event, facts=facts, circumstances=circumstances)
    decided = [desk.decide(party, values) for party, values in zip(request.parties, incoming, strict=True)]
    booking = _record(request, map(desk.recorded, decided, request.parties, incoming), circumstances)
    redemptions = redemptions_of(request.booking.codes, request.number, event.id, facts, circumstances.at)
    changes = (*desk.changes(), RecordBooking(booking), *redemptions, *evidence_of(None, booking, facts))
    booker, *attendees = (each.outcome for each in booking.parties)
    result = BookingResult(number=request.number, booker=booker, attendees=tuple(attendees), changes=changes)
    return Plan(outcome=result, envelope=envelope, changes=changes)


@dataclass(slots=True, kw_only=True)
class Desk:
    """The state of the contacts concerned while one booking's parties are decided in order.

    `rules` are those that spoke about each contact, in the order in which parties met it; `holders` tells who holds a
    key by now.
    """

    number: BookingNumber
    event: Event
    facts: Facts
    circumstances: Circumstances
    cause: Cause = Cause.BOOKING
    contacts: dict[ContactId, Contact] = field(init=False)
    holders: dict[IdentifierKey, dict[ContactId, None]] = field(default_factory=dict)
    rules: dict[ContactId, dict[str, None]] = field(default_factory=dict)
    used: dict[str, ContactId] = field(default_factory=dict)
    judge: ValueJudge = field(init=False)

    def __post_init__(self) -> None:
        self.contacts = dict(self.facts.contacts)
        for contact in self.contacts.values():
            self._take_down(contact.id, contact.identifiers)
        self.judge = ValueJudge.of(self.facts.catalog, self.circumstances.parsers, self.facts.settings)

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
        after, opted_out = self._subscribed(_with_values(contact, synced), wanted)
        rules = dict.fromkeys((*assignment.rules, *(report.rule for report in synced.reports)))
        self._remember(contact, after, party, assignment, rules)
        return PartyOutcome(assignment=assignment, contact_id=contact.id, reports=synced.reports, opted_out=opted_out)

    def recorded(self, outcome: PartyOutcome, party: ReadParty, incoming: Mapping[FieldKey, Entered]) -> RecordedParty:
        """Record a party, with its own customer ID or else the prefilled contact's as it is after this booking (ID-6)."""
        prefilled = self._prefilled(party)
        inviter = None if prefilled is None else prefilled.contact
        customer_id = None if inviter is None or inviter.id != outcome.contact_id else inviter.customer_id
        own = incoming.get("customer_id")
        if isinstance(own, str) and not is_blank(own):
            customer_id = trimmed(own)
        return RecordedParty(
            entered=party.entered,
            outcome=outcome if customer_id == outcome.customer_id else replace(outcome, customer_id=customer_id),
            through_contact_id=None if inviter is None else inviter.id,
        )

    def meet(self, contact_id: ContactId, party: RecordedParty) -> None:
        """Know that a contact is that of an earlier party, which may have been decided by its address (AS-10, SY-10)."""
        self.rules.setdefault(contact_id, {})
        key = text_key(party.entered.email)
        if key is None or DECIDED_BY_ADDRESS.isdisjoint(party.outcome.assignment.rules):
            return
        # An address that was edited since is not the one that decided, and none of the contact's.
        if IdentifierKey(IdentifierKind.EMAIL, key) in self.contacts[contact_id].identifiers:
            self.used.setdefault(key, contact_id)

    def amend(
        self,
        contact_id: ContactId,
        party: ReadParty,
        incoming: Mapping[FieldKey, Entered],
        changed: Mapping[FieldKey, Entered],
        *,
        handed_over: bool,
    ) -> tuple[FieldReport, ...]:
        """Write into its contact what an edit has *changed* of a party, and report on it (SY-11).

        *handed_over* says that the address is another one, too: another person's values are then not synced (SY-12).
        """
        contact = self.contacts[contact_id]
        withheld = (handed_over or contact_id in self.rules) and is_another_person(contact.values, incoming)
        synced = synchronize(
            contact,
            changed,
            catalog=self.facts.catalog,
            judge=self.judge,
            mode=self.facts.settings.sync,
            origin=SyncOrigin.PORTAL,
            held_elsewhere=self._held_elsewhere(contact, party, incoming),
            other_person=withheld,
        )
        rules = dict.fromkeys(("SY-11", *(report.rule for report in synced.reports)))
        self._note(contact, _with_values(contact, synced), rules)
        return synced.reports

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
        return tuple([self.contacts[each] for each in self.holders.get(key, ())])

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
            origin=self.circumstances.origin(self.cause, self.number),
            created_at=self.circumstances.at,
        )

    def _held_elsewhere(
        self, contact: Contact, party: ReadParty, incoming: Mapping[FieldKey, Entered]
    ) -> frozenset[FieldKey]:
        """Name the identifiers that another contact holds; a new contact takes its address all the same (SY-5, SY-8)."""
        keys = [("customer_id", key) for key in customer_id_keys(incoming.get("customer_id"))]
        if isinstance(party.address, EmailAddress) and contact.id in self.facts.contacts:
            keys.append(("email", IdentifierKey(IdentifierKind.EMAIL, party.address.key)))
        return frozenset(name for name, key in keys if any(holder.id != contact.id for holder in self._holders(key)))

    def _subscribed(self, contact: Contact, wanted: Iterable[Subscription]) -> tuple[Contact, tuple[Subscription, ...]]:
        """Subscribe to what the party asked for, except where an opt-out stands against it (SU-2, SU-4, SU-5)."""
        if not wanted:
            return contact, ()
        open_to = [each for each in wanted if contact.state(each) is not SubscriptionState.SUBSCRIBED]
        opted_out = [each for each in open_to if is_opted_out(contact, each, self.facts.opt_outs)]
        consent = Consent(SubscriptionState.SUBSCRIBED, self.circumstances.at, Through.BOOKING)
        granted = {each: consent for each in open_to if each not in opted_out}
        subscriptions = FrozenDict({**contact.subscriptions, **granted})
        return replace(contact, subscriptions=subscriptions), tuple(sorted(opted_out, key=lambda each: each.value))

    def _remember(
        self, before: Contact, after: Contact, party: ReadParty, assignment: Assignment, rules: Mapping[str, None]
    ) -> None:
        """Let later parties see what this one did, and by which address it was decided (AS-10, SY-10)."""
        self._note(before, after, rules)
        if isinstance(party.address, EmailAddress) and not DECIDED_BY_ADDRESS.isdisjoint(assignment.rules):
            self.used.setdefault(party.address.key, after.id)

    def _note(self, before: Contact, after: Contact, rules: Mapping[str, None]) -> None:
        self.contacts[after.id] = after
        had, has = before.identifiers, after.identifiers
        for key in had - has:
            self.holders[key].pop(after.id, None)
        self._take_down(after.id, has)
        self.rules.setdefault(after.id, {}).update(rules)
        if after.email_key is not None and after.email_key != before.email_key:
            self.used.setdefault(after.email_key, after.id)

    def _take_down(self, contact_id: ContactId, keys: Iterable[IdentifierKey]) -> None:
        for key in keys:
            self.holders.setdefault(key, {})[contact_id] = None


def _with_values(contact: Contact, synced: Synchronized) -> Contact:
    if synced.values == contact.values:
        return contact
    return replace(contact, values=synced.values, email_key=synced.email_key)


def _repeated(earlier: RecordedBooking, request: BookingRequest) -> BookingResult:
    if earlier.fingerprint != request.fingerprint:
        raise BookingConflictError(earlier.number)
    delivered = len(request.booking.attendees)  # those that came in an edit stand behind them
    return BookingResult(
        number=earlier.number,
        booker=earlier.booker.outcome,
        attendees=tuple(each.outcome for each in earlier.attendees[:delivered]),
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


def _record(request: BookingRequest, parties: Iterable[RecordedParty], circumstances: Circumstances) -> RecordedBooking:
    booker, *attendees = parties
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
