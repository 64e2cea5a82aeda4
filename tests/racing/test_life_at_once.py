"""What happens to bookings at the same time: at several doors, at the till, by several hands (chapters 7 and 9)."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from doocore import (
    AlreadyCheckedInError,
    Attendee,
    Booking,
    ChangeValue,
    ContactCenter,
    Party,
    PaymentStatus,
)
from doocore.model.invitation import BY_BOOKINGS, concern_of
from doocore.rules.invitations import evidence_of_bookings
from tests.racing.races import center_at

HANDS = 4
ROUNDS = 20


def number_of(hand: int) -> str:
    """Give the number of the booking that is this hand's."""
    return f"TX-RACE-{hand:04}"


def at_once(where: Mapping[str, Any], *acts: Callable[[ContactCenter], object]) -> list[object]:
    """Do all of it at the same time, each on connections of its own; give the answers, errors too."""
    barrier = threading.Barrier(len(acts))

    def act(do: Callable[[ContactCenter], object]) -> object:
        with center_at(where) as center:
            barrier.wait()
            try:
                return do(center)
            except Exception as error:  # noqa: BLE001, compared with what is expected
                return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def book(where: Mapping[str, Any], *numbers: str, email: str = "ada@example.org") -> None:
    """Book for one and the same person."""
    with center_at(where) as center:
        for number in numbers:
            ada = Attendee(email=email)
            center.book(
                Booking(
                    event_id="gala",
                    number=number,
                    booker=Party(email=email),
                    attendees=[ada, ada],
                    payment=PaymentStatus.PENDING,
                )
            )


def paying(number: str) -> Callable[[ContactCenter], object]:
    """Pay a booking, and tell its payment."""
    return lambda center: center.bookings.pay(number).booking.payment


def kept_and_recomputed(center: ContactCenter, email: str = "ada@example.org") -> Sequence[object]:
    """Tell what is kept of a person and the event, and what follows from all bookings."""
    (contact,) = center.contacts_by_email(email)
    with center._shell.store.snapshot() as view:
        kept = view.invitations.facts("gala", [contact.id])[contact.id].evidence & BY_BOOKINGS
    concerns = [concern_of(each, contact.id) for each in center.bookings.all(event="gala")]
    return kept, evidence_of_bookings(filter(None, concerns))


def test_one_ticket_lets_one_in_however_many_doors_there_are(where: Mapping[str, Any]) -> None:
    """BO-2."""
    for place in range(10):
        number = f"TX-DOOR-{place:04}"
        book(where, number)
        answers = at_once(where, *[lambda center, number=number: center.bookings.check_in(number, 1)] * HANDS)
        assert Counter(map(type, answers))[AlreadyCheckedInError] == HANDS - 1, answers
        with center_at(where) as center:
            assert len(center.bookings.history(number)) == 1


def test_what_several_bookings_of_one_contact_say_together_is_known(where: Mapping[str, Any]) -> None:
    """IN-8: one is paid, others come in, and none writes over what another one said, whatever each has locked."""
    for place in range(ROUNDS):
        email, number = f"gast.{place}@example.org", f"TX-PAID-{place:04}"
        book(where, number, email=email)
        another = Booking(event_id="gala", booker=Party(email=email), attendees=[Attendee(email=email)])
        answers = at_once(
            where,
            paying(number),
            *[lambda center, another=another: center.book(another).repeated] * 2,
        )
        assert answers == [PaymentStatus.PAID, False, False]
        with center_at(where) as center:
            kept, recomputed = kept_and_recomputed(center, email)
            assert kept == recomputed


def test_of_edits_at_once_none_is_lost(where: Mapping[str, Any]) -> None:
    """HI-1: each is one version, on what the one before has left."""
    book(where, number_of(0))
    fields = ("city", "company", "street", "last_name")
    acts = [
        lambda center, field=field: center.bookings.edit(number_of(0), [ChangeValue(field=field, value=field)])
        for field in fields
    ]
    at_once(where, *acts)
    with center_at(where) as center:
        booking = center.bookings.get(number_of(0))
        assert booking.booker.entered.values == {field: field for field in fields}
        assert [each.version for each in center.bookings.history(number_of(0))] == [2, 3, 4, 5]


def test_a_contact_that_is_deleted_meanwhile_stops_nobody(where: Mapping[str, Any]) -> None:
    """CT-3: whoever pays does so, with or without the contact."""
    for place in range(10):
        email, number = f"gast.{place}@example.org", f"TX-GONE-{place:04}"
        book(where, number, email=email)

        def delete(center: ContactCenter, email: str = email) -> None:
            (contact,) = center.contacts_by_email(email)
            center.delete_contact(center.deletion(contact.id))

        deleted, paid = at_once(where, delete, paying(number))
        assert (deleted, paid) == (None, PaymentStatus.PAID)
        with center_at(where) as center:
            assert [each.outcome.contact_id for each in center.bookings.get(number).parties] == [None] * 3
