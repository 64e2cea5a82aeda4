"""Staff edits bookings (BO-6): what becomes of the booking, and what of it reaches the contacts (SY-11, SY-12)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

import pytest

from doocore import (
    AddAttendee,
    AddProduct,
    Attendee,
    AttendeeStatus,
    BookingEdit,
    BookingStatus,
    CancelAttendee,
    CancelBooking,
    Cause,
    ChangeAnswer,
    ChangedBooking,
    ChangeTicketCategory,
    ChangeValue,
    ContactCenter,
    Event,
    FieldType,
    InvalidBookingError,
    NotFoundError,
    OrganizationSettings,
    Product,
    Question,
    QuestionLevel,
    RecordedParty,
    RemoveProduct,
    StaleVersionError,
    SyncMode,
    SyncOutcome,
)
from doocore.changes import CreateContact, SetEvidence, UpdateBooking, UpdateContact
from doocore.model.fields import Entered
from doocore.plans import booking_edit
from tests.builders import LOU, NEWSLETTER, booking, live_event, merge, new_center, party, prefilled

NUMBER = "TX-AAAA-0001"
EVENT = live_event(
    questions=[
        Question(id="q1", level=QuestionLevel.BOOKING, field="company"),
        Question(id="q2", level=QuestionLevel.ATTENDEE, field="Menu"),
        Question(id="q3", level=QuestionLevel.ATTENDEE),
        Question(id="q4", level=QuestionLevel.BOOKING, field="customer_id", hidden=True),
    ],
    products=[Product(id="p1"), Product(id="p2", price=Decimal(10))],
)
ADA: dict[str, Any] = {"first_name": "Ada", "last_name": "King"}
BOB: dict[str, Any] = {"first_name": "Bob", "last_name": "Ross"}


def booked(
    *attendees: Attendee, sync: SyncMode = SyncMode.ON, booker: Attendee | None = None, event: Event = EVENT
) -> ContactCenter:
    """Book for Ada King, with attendees: Ada is `c0001`."""
    center = new_center(OrganizationSettings(sync=SyncMode.ON))
    center.fields.create("Menu", FieldType.SELECT, options=["Fish", "Beans"])
    center.events.put(event)
    center.book(booking(booker or party("ada@x.de", **ADA), *attendees, number=NUMBER))
    center.change_settings(OrganizationSettings(sync=sync))
    return center


def edit(center: ContactCenter, *edits: BookingEdit) -> ChangedBooking:
    return center.bookings.edit(NUMBER, edits)


def values(center: ContactCenter, contact_id: str = "c0001") -> Mapping[str, Any]:
    """Give what a contact has, by the names of its fields."""
    catalog = center.fields.catalog()
    return {catalog.name_of(key): value for key, value in center.contact(contact_id).values.items()}


def reported(told: ChangedBooking, position: int = 0) -> dict[str, SyncOutcome]:
    """Give what was said about a party's values."""
    return {each.field: each.outcome for each in told.reports[position]}


def kept(center: ContactCenter, position: int = 0) -> RecordedParty:
    """Read a party of the booking."""
    return list(center.bookings.get(NUMBER).parties)[position]


class TestTheBooking:
    """BO-6: "Staff edit booker, attendee and booking data without the limits of BP-3/4"."""

    def test_a_value_becomes_another(self) -> None:
        center = booked(party("bob@x.de", **BOB))
        edit(center, ChangeValue(field="last_name", value="Byron"), ChangeValue(party=1, field="Ort", value="Ulm"))
        assert kept(center).entered.values == {**ADA, "last_name": "Byron"}
        assert kept(center, 1).entered.values == {**BOB, "Ort": "Ulm"}

    def test_a_value_keeps_the_name_under_which_it_was_given(self) -> None:
        """Whichever name of the field the edit uses."""
        center = booked(booker=party("ada@x.de", Vorname="Ada"))
        edit(center, ChangeValue(field="first_name", value="Ida"))
        assert kept(center).entered.values == {"Vorname": "Ida"}

    @pytest.mark.parametrize("blank", [None, "", " \u200b"])
    def test_a_blank_value_is_none(self, blank: Entered) -> None:
        center = booked(party("bob@x.de", answers={"q3": "x"}))
        edit(
            center,
            *(ChangeValue(field="last_name", value=blank), ChangeValue(field="email", value=blank)),
            *(ChangeAnswer(party=1, question="q3", value=blank), ChangeValue(field="city", value=blank)),
        )
        assert (kept(center).entered.email, kept(center).entered.values) == (None, {"first_name": "Ada"})
        assert kept(center, 1).entered.answers == {}

    def test_an_address_is_a_field_like_the_others(self) -> None:
        center = booked()
        edit(center, ChangeValue(field="E-Mail", value=" Ada@Y.de "))
        assert kept(center).entered.email == " Ada@Y.de "

    def test_an_answer_becomes_another(self) -> None:
        center = booked(party(answers={"q2": "Fish", "q3": "left"}))
        edit(
            center,
            ChangeAnswer(question="q1", value="Analytik"),
            *(ChangeAnswer(party=1, question="q2", value=None), ChangeAnswer(party=1, question="q3", value=True)),
        )
        assert kept(center).entered.answers == {"q1": "Analytik"}
        assert kept(center, 1).entered.answers == {"q3": True}

    def test_products_come_and_go_one_by_one(self) -> None:
        center = booked()
        edit(center, AddProduct(product="p1"), AddProduct(product="p2"), AddProduct(product="p1"))
        assert center.bookings.get(NUMBER).products == ("p1", "p2", "p1")
        edit(center, RemoveProduct(product="p1"))
        assert center.bookings.get(NUMBER).products == ("p2", "p1")

    def test_attendees_and_the_booking_are_cancelled(self) -> None:
        center = booked(party(), party())
        edit(center, CancelAttendee(attendee=2))
        assert [each.status for each in center.bookings.get(NUMBER).parties] == [
            *(AttendeeStatus.ACTIVE, AttendeeStatus.ACTIVE, AttendeeStatus.CANCELLED)
        ]
        assert edit(center, CancelBooking()).booking.status is BookingStatus.CANCELLED

    def test_a_ticket_becomes_one_of_another_category(self) -> None:
        center = booked(Attendee(ticket="Standard", price=Decimal("9.90")))
        edit(center, ChangeTicketCategory(attendee=1, category="VIP"))
        assert kept(center, 1).entered == Attendee(ticket="VIP", price=Decimal("9.90"))

    def test_all_edits_of_a_call_are_one_change(self) -> None:
        """HI-1, BP-7: with what was there before, each edit on what the one before has left."""
        center = booked(party()).acting_as(LOU)
        told = edit(
            center,
            *(ChangeValue(field="city", value="Ulm"), ChangeValue(field="city", value="Bonn")),
            *(AddProduct(product="p1"), CancelAttendee(attendee=1)),
        )
        assert told.booking == center.bookings.get(NUMBER)
        assert (told.booking.version, told.booking.last_changed) == (2, told.booking.booked_at)
        (entry,) = center.bookings.history(NUMBER)
        assert (entry.cause, entry.actor, entry.rules) == (Cause.BY_HAND, "user:lou", ("BO-6",))
        assert entry.before == {"attendees[0].status": "active"}
        assert entry.after == {
            "attendees[0].status": "cancelled",
            "booker.values.city": "Bonn",
            "products[0]": "p1",
        }

    def test_what_changes_nothing_leaves_no_trace(self) -> None:
        center = booked(party("bob@x.de", **BOB))
        center.bookings.cancel_attendee(NUMBER, 1)
        before = center.bookings.get(NUMBER)
        same = ChangeValue(field="first_name", value="Ada"), ChangeValue(party=1, field="email", value="bob@x.de")
        assert edit(center).changes == ()
        assert edit(center, *same, CancelAttendee(attendee=1)).changes == ()
        assert edit(center, AddProduct(product="p1"), RemoveProduct(product="p1")).changes == ()
        assert center.bookings.get(NUMBER) == before

    def test_who_has_not_seen_the_last_change_is_refused(self) -> None:
        """BP-8."""
        center = booked()
        change = [ChangeValue(field="city", value="Ulm")]
        assert center.bookings.edit(NUMBER, change, version=1).booking.version == 2
        with pytest.raises(StaleVersionError) as caught:
            center.bookings.edit(NUMBER, [], version=1)
        assert (caught.value.noun, caught.value.key) == ("booking", NUMBER)

    def test_the_first_delivery_stays_known(self) -> None:
        """AS-13: "the fingerprint of the first delivery decides, not the booking's present state"."""
        center = booked(party("bob@x.de", **BOB))
        first = booking(party("ada@x.de", **ADA), party("bob@x.de", **BOB), number=NUMBER)
        decided = center.book(first)
        edit(
            center,
            ChangeValue(field="email", value="eve@x.de"),
            *(AddAttendee(attendee=party("cy@x.de")), CancelBooking(), AddProduct(product="p1")),
        )
        edited = center.bookings.get(NUMBER)
        assert center.book(first) == decided
        assert decided.repeated
        assert center.bookings.get(NUMBER) == edited

    def test_every_kind_of_edit_is_taken(self) -> None:
        assert set(booking_edit._TAKES) == set(get_args(BookingEdit))


WRONG: dict[str, tuple[BookingEdit, str]] = {
    "unknown field": (ChangeValue(field="Shoe size", value="42"), "field"),
    "no text": (ChangeValue(field="email", value=True), "value"),
    "unknown question": (ChangeAnswer(question="q9", value="x"), "question"),
    "question for attendees": (ChangeAnswer(question="q2", value="x"), "question"),
    "question for bookers": (ChangeAnswer(party=1, question="q1", value="x"), "question"),
    "unknown product": (AddProduct(product="p9"), "product"),
    "product not booked": (RemoveProduct(product="p1"), "product"),
    "unknown party": (ChangeValue(party=2, field="city", value="Ulm"), "party"),
    "party before the booker": (ChangeAnswer(party=-1, question="q1", value="x"), "party"),
    "unknown attendee": (CancelAttendee(attendee=2), "attendee"),
    "the booker has no ticket": (ChangeTicketCategory(attendee=0, category="VIP"), "attendee"),
    "an attendee's unknown field": (AddAttendee(attendee=party(shoe_size="42")), "attendee.values.shoe_size"),
    "an attendee's unknown question": (AddAttendee(attendee=party(answers={"q1": "x"})), "attendee.answers.q1"),
}
"""What leads nowhere, and which key of the edit is to blame."""


@pytest.mark.parametrize(("wrong", "key"), WRONG.values(), ids=WRONG.keys())
def test_what_leads_nowhere_is_refused_by_name_and_nothing_is_written(wrong: BookingEdit, key: str) -> None:
    center = booked(party("bob@x.de"))
    before = center.bookings.get(NUMBER)
    with pytest.raises(InvalidBookingError) as caught:
        edit(center, CancelBooking(), wrong)
    assert caught.value.path == f"edits[1].{key}"
    assert center.bookings.get(NUMBER) == before


class TestOff:
    """SY-11: "sync off → only the booking changes, the contact not at all"."""

    def test_blanks_are_not_filled_and_nothing_is_reported(self) -> None:
        center = booked(sync=SyncMode.OFF)
        before = center.contact("c0001")
        told = edit(center, ChangeValue(field="city", value="Ulm"), ChangeValue(field="last_name", value="Byron"))
        assert told.reports == ((),)
        assert [type(each) for each in told.changes] == [UpdateBooking]
        assert center.contact("c0001") == before
        assert kept(center).entered.values == {**ADA, "city": "Ulm", "last_name": "Byron"}


class TestOn:
    """SY-11: "sync on → changed values are treated as in the table"."""

    def test_what_is_blank_is_filled_and_what_differs_overwritten(self) -> None:
        """SY-2, SY-4."""
        center = booked()
        told = edit(center, ChangeValue(field="city", value=" Ulm "), ChangeValue(field="last_name", value="Byron"))
        assert reported(told) == {"city": SyncOutcome.FILLED, "last_name": SyncOutcome.OVERWRITTEN}
        assert values(center) == {"email": "ada@x.de", "first_name": "Ada", "last_name": "Byron", "city": "Ulm"}
        (entry,) = center.history("c0001")
        assert (entry.cause, entry.reference, entry.rules) == (Cause.BY_HAND, NUMBER, ("SY-11", "SY-4", "SY-2"))
        assert [type(each) for each in told.changes] == [UpdateContact, UpdateBooking]

    def test_what_the_edit_does_not_change_is_not_synced(self) -> None:
        center = booked()
        center.change_contact("c0001", {"last_name": "Lovelace"})
        told = edit(center, ChangeValue(field="city", value="Ulm"), ChangeValue(field="first_name", value="Ada"))
        assert reported(told) == {"city": SyncOutcome.FILLED}
        assert values(center)["last_name"] == "Lovelace"

    def test_a_value_that_is_cleared_does_not_clear_the_contact_s(self) -> None:
        """SY-1."""
        center = booked()
        told = edit(center, ChangeValue(field="last_name", value=""))
        assert told.reports == ((),)
        assert values(center)["last_name"] == "King"

    def test_an_equal_value_is_nothing_to_speak_of(self) -> None:
        """SY-3."""
        center = booked()
        center.change_contact("c0001", {"city": "Ulm"})
        assert edit(center, ChangeValue(field="city", value="Ulm ")).reports == ((),)

    def test_a_value_that_the_field_cannot_hold_stays_on_the_booking(self) -> None:
        """SY-9."""
        center = booked(party("bob@x.de"))
        told = edit(
            center,
            ChangeValue(field="phone", value="none"),
            ChangeAnswer(party=1, question="q2", value="Steak"),
            ChangeValue(party=1, field="email", value="not an address"),
        )
        assert [set(reported(told, position).values()) for position in (0, 1)] == [{SyncOutcome.REJECTED}] * 2
        assert kept(center, 1).entered.email == "not an address"
        assert values(center, "c0002") == {"email": "bob@x.de"}

    def test_linked_answers_are_values_too(self) -> None:
        center = booked(party("bob@x.de", answers={"q2": "Fish"}))
        told = edit(
            center,
            *(ChangeAnswer(party=1, question="q2", value="Beans"), ChangeAnswer(party=1, question="q3", value="any")),
        )
        assert set(reported(told, 1).values()) == {SyncOutcome.OVERWRITTEN}
        assert values(center, "c0002") == {"email": "bob@x.de", "Menu": "Beans"}

    def test_an_address_that_nobody_holds_is_overwritten(self) -> None:
        """SY-8: "The e-mail address is a field like the others"."""
        center = booked()
        told = edit(center, ChangeValue(field="email", value="ada@y.de"))
        assert reported(told) == {"email": SyncOutcome.OVERWRITTEN}
        assert [each.id for each in center.contacts_by_email("ADA@y.de")] == ["c0001"]

    def test_no_contact_becomes_the_second_holder_of_an_identifier(self) -> None:
        """SY-8."""
        center = booked(party("bob@x.de", customer_id="K1"))
        told = edit(center, ChangeValue(field="email", value="BOB@x.de"), ChangeAnswer(question="q4", value=" K1"))
        assert reported(told) == {"email": SyncOutcome.TAKEN, "customer_id": SyncOutcome.TAKEN}
        assert values(center) == {"email": "ada@x.de", **ADA}
        assert kept(center).outcome.customer_id == "K1"

    def test_fields_and_questions_that_are_gone_say_nothing(self) -> None:
        """A later edit is not refused for what nobody asks any more."""
        center = booked(party("bob@x.de", Menu="Fish", answers={"q3": "x"}))
        center.fields.delete(center.fields.deletion("Menu"))
        center.events.put(replace(EVENT, questions=()))
        told = edit(center, ChangeValue(party=1, field="city", value="Ulm"))
        assert reported(told, 1) == {"city": SyncOutcome.FILLED}
        assert kept(center, 1).entered.values == {"Menu": "Fish", "city": "Ulm"}


class TestWhose:
    """SY-11: "An edit never re-assigns"."""

    def test_an_address_of_somebody_else_moves_nobody(self) -> None:
        for sync in SyncMode:
            center = booked(party("bob@x.de"), sync=sync)
            edit(center, ChangeValue(party=1, field="email", value="ada@x.de"))
            assert kept(center, 1).outcome.contact_id == "c0002"

    def test_a_party_of_nobody_stays_one_when_it_gains_an_address(self) -> None:
        center = booked(party(None, **BOB))
        told = edit(
            center,
            *(ChangeValue(party=1, field="email", value="bob@x.de"), ChangeValue(party=1, field="city", value="Ulm")),
        )
        assert told.reports == ((), ())
        assert kept(center, 1).outcome.contact_id is None
        assert center.contacts_by_email("bob@x.de") == ()

    def test_of_a_deleted_contact_nothing_is_written(self) -> None:
        center = booked(party("bob@x.de"))
        center.delete_contact(center.deletion("c0002"))
        told = edit(center, ChangeValue(party=1, field="city", value="Ulm"))
        assert (told.reports, kept(center, 1).entered.values) == (((), ()), {"city": "Ulm"})

    def test_the_survivor_stands_for_a_merged_contact(self) -> None:
        """MG-1."""
        center = booked(party("bob@x.de"))
        merge(center, "c0001", "c0002")
        edit(center, ChangeValue(party=1, field="city", value="Ulm"))
        assert values(center)["city"] == "Ulm"


class TestAnotherPerson:
    """SY-12: "in an edit that changes the address too (a hand-over of the ticket)"."""

    def test_a_hand_over_writes_nothing_of_the_new_person(self) -> None:
        center = booked(party("bob@x.de", **BOB, city="Ulm"))
        told = edit(
            center,
            *(
                ChangeValue(party=1, field="email", value="eve@x.de"),
                ChangeValue(party=1, field="Vorname", value="Eve"),
            ),
            *(ChangeValue(party=1, field="city", value="ULM "), ChangeValue(party=1, field="phone", value="?")),
            ChangeValue(party=1, field="last_name", value=None),
        )
        assert reported(told, 1) == dict.fromkeys(("email", "first_name", "city", "phone"), SyncOutcome.OTHER_PERSON)
        assert {each.rule for each in told.reports[1]} == {"SY-12"}
        assert values(center, "c0002") == {"email": "bob@x.de", **BOB, "city": "Ulm"}

    def test_a_new_name_alone_is_a_correction(self) -> None:
        center = booked(party("bob@x.de", **BOB))
        told = edit(center, ChangeValue(party=1, field="first_name", value="Bert"))
        assert reported(told, 1) == {"first_name": SyncOutcome.OVERWRITTEN}

    def test_an_address_alone_is_the_same_person_s(self) -> None:
        center = booked(party("bob@x.de", **BOB))
        told = edit(center, ChangeValue(party=1, field="email", value="ross@x.de"))
        assert reported(told, 1) == {"email": SyncOutcome.OVERWRITTEN}

    def test_another_spelling_of_the_address_is_no_other_address(self) -> None:
        """AS-9."""
        center = booked(party("bob@x.de", **BOB))
        told = edit(
            center,
            *(
                ChangeValue(party=1, field="email", value="BOB@x.de "),
                ChangeValue(party=1, field="Vorname", value="Eve"),
            ),
        )
        assert reported(told, 1) == {"first_name": SyncOutcome.OVERWRITTEN}

    def test_a_later_party_that_is_another_person_contributes_nothing(self) -> None:
        """SY-10: a family on one address."""
        center = booked(party("ada@x.de", first_name="Ben", last_name="King"))
        assert kept(center, 1).outcome.contact_id == "c0001"
        told = edit(center, ChangeValue(party=1, field="last_name", value="Kong"))
        assert reported(told, 1) == {"last_name": SyncOutcome.OTHER_PERSON}
        assert values(center)["last_name"] == "King"

    def test_of_several_parties_that_are_one_contact_each_adds_to_the_one_before(self) -> None:
        """SY-10."""
        center = booked(party("ada@x.de", **ADA))
        told = edit(
            center,
            *(ChangeValue(field="city", value="Ulm"), ChangeValue(party=1, field="city", value="Bonn")),
        )
        assert [reported(told, position) for position in (0, 1)] == [
            *({"city": SyncOutcome.FILLED}, {"city": SyncOutcome.OVERWRITTEN})
        ]
        assert told.reports[1][0].before == "Ulm"
        assert values(center)["city"] == "Bonn"


class TestCustomerId:
    """ID-6: the record's own, else the prefilled contact's."""

    def test_the_record_s_own_changes_with_the_edit(self) -> None:
        center = booked(sync=SyncMode.OFF)
        edit(center, ChangeValue(field="customer_id", value=" K7 "))
        assert kept(center).outcome.customer_id == "K7"
        edit(center, ChangeValue(field="Kundennummer", value=None))
        assert kept(center).outcome.customer_id is None

    def test_what_the_edit_does_not_touch_stays(self) -> None:
        center = booked(booker=party("ada@x.de", customer_id="K7"))
        edit(center, ChangeValue(field="city", value="Ulm"))
        assert kept(center).outcome.customer_id == "K7"

    def test_without_its_own_the_record_has_the_prefilled_contact_s(self) -> None:
        center = new_center()
        center.create_contact({"email": "ada@x.de", "customer_id": "K1"})
        center.book(booking(party("ada@x.de", prefill=prefilled("c0001", "ada@x.de"), customer_id="K2"), number=NUMBER))
        edit(center, ChangeValue(field="customer_id", value=""))
        assert kept(center).outcome.customer_id == "K1"


class TestFurtherAttendees:
    """BO-6: an attendee who comes later is decided about like those of the delivery."""

    def test_an_attendee_comes_behind_the_others(self) -> None:
        center = booked(party("bob@x.de"))
        told = edit(center, AddAttendee(attendee=party("cy@x.de", city="Ulm")))
        third = kept(center, 2)
        assert (third.outcome.reason, third.outcome.contact_id, third.status) == (
            *("no_match", "c0003", AttendeeStatus.ACTIVE),
        )
        assert reported(told, 2) == {"email": SyncOutcome.FILLED, "city": SyncOutcome.FILLED}
        assert center.contact("c0003").origin.cause is Cause.BY_HAND
        assert center.contact("c0003").origin.reference == NUMBER
        assert {type(each) for each in told.changes} == {CreateContact, UpdateBooking, SetEvidence}

    def test_known_by_the_address_or_by_an_invitation(self) -> None:
        center = booked()
        center.create_contact({"email": "cy@x.de"})
        center.create_contact({})
        edit(
            center,
            AddAttendee(attendee=party("CY@x.de", phone="+49 30 901820")),
            AddAttendee(attendee=party("di@x.de", prefill=prefilled("c0003"), subscribes=frozenset({NEWSLETTER}))),
        )
        assert [(each.outcome.reason, each.outcome.contact_id) for each in center.bookings.get(NUMBER).attendees] == [
            *(("email_match", "c0002"), ("prefill_kept", "c0003")),
        ]
        assert values(center, "c0002")["phone"] == "+4930901820"
        assert kept(center, 2).through_contact_id == "c0003"
        assert center.contact("c0003").subscriptions

    def test_one_address_leads_to_one_contact(self) -> None:
        """AS-10, also where several contacts hold it by now."""
        center = booked(party("bob@x.de"))
        center.create_contact({"email": "bob@x.de"}, confirm_duplicate=True)
        edit(center, AddAttendee(attendee=party("Bob@x.de")), AddAttendee(attendee=party("Bob@x.de")))
        assert [each.outcome.contact_id for each in center.bookings.get(NUMBER).attendees] == ["c0002"] * 3
        assert kept(center, 2).outcome.reason == "same_booking"

    def test_an_address_that_the_edit_has_just_written_leads_there_too(self) -> None:
        """AS-10: "the same holds for an address that this booking has just written into a contact"."""
        center = booked(party("bob@x.de", **BOB))
        edit(
            center,
            *(ChangeValue(party=1, field="email", value="ross@x.de"), AddAttendee(attendee=party("ross@x.de"))),
        )
        assert kept(center, 2).outcome.contact_id == "c0002"

    def test_an_address_that_decided_nothing_leads_nowhere(self) -> None:
        """It was written on the booking since, and is none of the contact's."""
        center = booked(party("bob@x.de"), sync=SyncMode.OFF)
        edit(center, ChangeValue(party=1, field="email", value="eve@x.de"))
        edit(center, AddAttendee(attendee=party("eve@x.de")))
        assert (kept(center, 2).outcome.reason, kept(center, 2).outcome.contact_id) == ("no_match", "c0003")

    def test_parties_without_an_address_or_decided_otherwise_lead_nowhere(self) -> None:
        center = new_center()
        center.create_contact({"email": "ada@x.de"})
        center.book(booking(party(None, prefill=prefilled("c0001", None)), party("x", chosen="c0001"), number=NUMBER))
        edit(center, AddAttendee(attendee=party("x@x.de")))
        assert kept(center, 2).outcome.reason == "no_match"

    def test_a_later_party_that_is_another_person_contributes_nothing(self) -> None:
        """SY-10, SY-12."""
        center = booked()
        told = edit(center, AddAttendee(attendee=party("ada@x.de", first_name="Ben", city="Ulm")))
        assert reported(told, 1) == dict.fromkeys(("first_name", "city"), SyncOutcome.OTHER_PERSON)

    def test_a_further_attendee_can_be_edited_at_once(self) -> None:
        center = booked()
        edit(
            center,
            AddAttendee(attendee=party("cy@x.de")),
            *(ChangeValue(party=1, field="city", value="Ulm"), ChangeTicketCategory(attendee=1, category="VIP")),
            CancelAttendee(attendee=1),
        )
        assert kept(center, 1).entered == Attendee(email="cy@x.de", values={"city": "Ulm"}, ticket="VIP")
        assert kept(center, 1).status is AttendeeStatus.CANCELLED
        assert values(center, "c0002") == {"email": "cy@x.de", "city": "Ulm"}

    def test_a_chosen_contact_must_be_there(self) -> None:
        """AS-0."""
        center = booked()
        edit(center, AddAttendee(attendee=party("?", chosen="c0001")))
        assert kept(center, 1).outcome.reason == "chosen"
        with pytest.raises(NotFoundError, match="no contact 'c9'"):
            edit(center, AddAttendee(attendee=party(chosen="c9")))
