"""A booking is delivered: reading it, and what must be known before anything is decided (chapter 2).

`read_booking` turns a delivery into a request, `needs_of` says what must be known, `incoming_values` brings what a
party gave under the keys of contact fields. What is decided stands in `booking`.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from doocore.errors import InvalidBookingError
from doocore.model.booking import Attendee, Booking, Party, party_path
from doocore.model.event import Event, Question, QuestionLevel
from doocore.model.fields import (
    Entered,
    FieldCatalog,
    FieldKey,
    Refusal,
    ValueParsers,
    folded,
    is_blank,
    trimmed,
)
from doocore.model.identifiers import (
    BookingNumber,
    ContactId,
    EmailAddress,
    IdentifierKey,
    IdentifierKind,
    parse_booking_number,
)
from doocore.plans.story import Needs
from doocore.rules.addresses import text_key

_CANONICAL = json.JSONEncoder(sort_keys=True, check_circular=False).encode


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


def read_booking(booking: Booking, new_numbers: Iterator[BookingNumber], parsers: ValueParsers) -> BookingRequest:
    """Judge the number and the addresses of a delivery; a booking without a number gets a new one (ID-7).

    Raises `InvalidBookingError` that names the place.
    """
    number = next(new_numbers) if booking.number is None else parse_booking_number(booking.number)
    if number is None:
        raise InvalidBookingError("number", f"{booking.number!r} is not of the form TX-XXXX-XXXX")
    paths = map(party_path, range(1 + len(booking.attendees)))
    return BookingRequest(
        number=number,
        booking=booking,
        parties=tuple(read_party(path, party, parsers) for path, party in zip(paths, booking.parties, strict=True)),
        fingerprint=_fingerprint(booking),
    )


def needs_of(request: BookingRequest) -> Needs:
    """Say what a booking must know: the booking itself, the event, and every contact its parties may concern."""
    return needs_of_parties(request.parties) | Needs(
        bookings=frozenset({request.number}),
        events=frozenset({request.booking.event_id}),
        codes=frozenset(map(folded, request.booking.codes)),
        invitations=True,
    )


def needs_of_parties(parties: Collection[ReadParty]) -> Needs:
    """Say what must be known to decide about parties: every contact that they may concern."""
    keys: set[IdentifierKey] = set()
    contacts: set[ContactId] = set()
    for party in parties:
        if isinstance(party.address, EmailAddress):
            keys.add(IdentifierKey(IdentifierKind.EMAIL, party.address.key))
        keys.update(customer_id_keys(party.entered.values.get("customer_id")))
        if party.entered.prefill is not None:
            contacts.add(party.entered.prefill.contact_id)
        if party.entered.chosen is not None:
            contacts.add(party.entered.chosen)
    return Needs(
        keys=frozenset(keys),
        contacts=frozenset(contacts),
        opt_outs=any(party.entered.subscribes for party in parties),
    )


def incoming_values(party: ReadParty, event: Event, catalog: FieldCatalog) -> dict[FieldKey, Entered]:
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


def customer_id_keys(value: Entered) -> Iterator[IdentifierKey]:
    """Give the key by which a customer ID among the answers finds its contact; none where it is blank."""
    if isinstance(value, str) and not is_blank(value):
        yield IdentifierKey(IdentifierKind.CUSTOMER_ID, trimmed(value))


def level_of(party: Party) -> QuestionLevel:
    """Tell which questions a party is asked."""
    return QuestionLevel.ATTENDEE if isinstance(party, Attendee) else QuestionLevel.BOOKING


def read_party(path: str, party: Party, parsers: ValueParsers) -> ReadParty:
    """Judge the addresses of a party."""
    return ReadParty(
        path=path,
        level=level_of(party),
        entered=party,
        address=_judged_address(party.email, parsers),
        shown_key=None if party.prefill is None else text_key(party.prefill.email),
    )


def _judged_address(text: str | None, parsers: ValueParsers) -> EmailAddress | Refusal | None:
    return None if text is None or is_blank(text) else parsers.email(trimmed(text))


def _question(questions: Mapping[str, Question], question_id: str, path: str) -> Question:
    if question_id not in questions:
        raise InvalidBookingError(f"{path}.answers.{question_id}", "the event asks no such question here")
    return questions[question_id]


def _fingerprint(booking: Booking) -> str:
    """Digest the content of a delivery, without the time of it (AS-13)."""
    parties = [
        {
            "email": party.email,
            "values": party.values,
            "answers": party.answers,
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
    if booking.codes:  # bookings without any keep the fingerprint that they had before there were codes
        content["codes"] = booking.codes
    return hashlib.sha256(_CANONICAL(content).encode()).hexdigest()


def _money(amount: Decimal) -> str:
    return str(amount.normalize())  # never written out: 1E+999999999 has a billion digits
