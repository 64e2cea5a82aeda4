"""What bookings are evidence for is written with every booking and every change of one (IN-8).

A contact is concerned by a booking as its booker or attendee, or where it came through the contact's invitation. What
is known of it was read in the same transaction; whoever was faster makes the story be planned again.
"""

from collections.abc import Iterator

from doocore.changes import SetEvidence
from doocore.model.booking import RecordedBooking
from doocore.model.identifiers import ContactId
from doocore.model.invitation import BY_BOOKINGS, Concern, InvitationFacts, concern_of
from doocore.plans.story import Facts
from doocore.rules.invitations import evidence_of_bookings

UNKNOWN = InvitationFacts()
"""What is known of a contact that has just come into being."""


def concerned_contacts(booking: RecordedBooking) -> frozenset[ContactId]:
    """Name the contacts that a booking concerns (IN-3)."""
    found = {each for party in booking.parties for each in (party.outcome.contact_id, party.through_contact_id)}
    return frozenset(each for each in found if each is not None)


def evidence_of(before: RecordedBooking | None, after: RecordedBooking, facts: Facts) -> Iterator[SetEvidence]:
    """Say what is known of each contact for whom the booking is not what it was: of all its bookings of the event.

    The version goes up whenever such a booking has changed, even if it is evidence for the same as before: then nobody
    writes what was concluded without it. A contact of the booking that is not there was merged into another: nothing is
    known of it any more.
    """
    gone = frozenset[ContactId]() if before is None else concerned_contacts(before) - facts.contacts.keys()
    for contact_id in sorted(concerned_contacts(after) - gone):
        concerns = _concerns(after, contact_id)
        if concerns == _concerns(before, contact_id):
            continue
        known = facts.invitations.get((after.event_id, contact_id), UNKNOWN)
        others = (each for each in known.concerns if each.number != after.number)
        evidence = evidence_of_bookings((*others, *concerns))
        yield SetEvidence(after.event_id, contact_id, evidence, within=BY_BOOKINGS, version=known.version)


def _concerns(booking: RecordedBooking | None, contact_id: ContactId) -> tuple[Concern, ...]:
    concern = None if booking is None else concern_of(booking, contact_id)
    return () if concern is None else (concern,)
