"""Values to plain data and back: nothing is lost, nothing is guessed, and what is wrong is named with its path."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doocore import (
    THE_BOOKER,
    AddAttendee,
    AddProduct,
    Attendee,
    Booker,
    Booking,
    BookingEdit,
    CancelAttendee,
    CancelBooking,
    ChangeAnswer,
    ChangeTicketCategory,
    ChangeValue,
    ContactCenter,
    ContactId,
    EmailChangePolicy,
    Event,
    EventStatus,
    FieldType,
    FrozenDict,
    ImportOptions,
    InvalidBookingError,
    OrganizationSettings,
    Party,
    PaymentStatus,
    Prefill,
    Product,
    Question,
    QuestionLevel,
    RemoveProduct,
    Role,
    RowOutcome,
    Subscription,
    SyncMode,
    User,
)
from doocore_adapters import cattrs
from doocore_adapters.cattrs import PlainDataError, booking_from_plain, edits_from_plain, event_from_plain, to_plain
from doocore_adapters.memory import MemoryStore
from doocore_adapters.vectors import givens

# Texts of any Unicode that JSON can carry, also where keys are strange.
TEXTS = st.text(max_size=20)
ENTERED = st.none() | st.booleans() | TEXTS
AMOUNTS = st.decimals(min_value=-10_000, max_value=10_000, places=2)
PREFILLS = st.builds(Prefill, contact_id=TEXTS.map(ContactId), email=st.none() | TEXTS)
PARTY: dict[str, st.SearchStrategy[Any]] = {
    "email": st.none() | TEXTS,
    "values": st.dictionaries(TEXTS, ENTERED, max_size=3),
    "answers": st.dictionaries(TEXTS, ENTERED, max_size=3),
    "prefill": st.none() | PREFILLS,
    "chosen": st.none() | TEXTS.map(ContactId),
    "subscribes": st.frozensets(st.sampled_from(Subscription)),
}
BOOKINGS = st.builds(
    Booking,
    event_id=TEXTS,
    number=st.none() | TEXTS,
    booker=st.builds(Party, **PARTY),
    attendees=st.lists(st.builds(Attendee, ticket=TEXTS, price=AMOUNTS, **PARTY), max_size=3),
    payment=st.sampled_from(PaymentStatus),
    products=st.lists(TEXTS, max_size=3),
    invoice_sum=st.none() | AMOUNTS,
)


@given(BOOKINGS)
def test_a_booking_survives_the_way_through_json(booking: Booking) -> None:
    assert booking_from_plain(json.loads(json.dumps(to_plain(booking)))) == booking


@given(BOOKINGS)
def test_what_was_read_is_frozen_to_the_bottom(booking: Booking) -> None:
    hash(booking_from_plain(to_plain(booking)))


PLACES = st.integers(0, 30)
EDITS = st.lists(
    st.one_of(
        st.builds(ChangeValue, party=PLACES, field=TEXTS, value=ENTERED),
        st.builds(ChangeAnswer, party=PLACES, question=TEXTS, value=ENTERED),
        st.builds(AddProduct, product=TEXTS),
        st.builds(RemoveProduct, product=TEXTS),
        st.builds(CancelAttendee, attendee=PLACES),
        st.just(CancelBooking()),
        st.builds(ChangeTicketCategory, attendee=PLACES, category=TEXTS),
        st.builds(AddAttendee, attendee=st.builds(Attendee, ticket=TEXTS, price=AMOUNTS, **PARTY)),
    ),
    max_size=3,
).map(tuple)


@given(EDITS)
def test_edits_survive_the_way_through_json(edits: tuple[BookingEdit, ...]) -> None:
    assert edits_from_plain(json.loads(json.dumps(to_plain(edits)))) == edits


@given(EDITS)
def test_edits_that_were_read_are_frozen_to_the_bottom(edits: tuple[BookingEdit, ...]) -> None:
    hash(edits_from_plain(to_plain(edits)))


def test_the_form_of_edits_is_that_of_the_vectors() -> None:
    assert edits_from_plain(
        [
            {"do": "change_value", "field": "city", "value": "Ulm"},
            {"do": "change_answer", "party": "attendee:2", "question": "q1", "value": None},
            {"do": "add_product", "product": "p1"},
            {"do": "remove_product", "product": "p1"},
            {"do": "cancel_attendee", "party": "attendee:12"},
            {"do": "change_ticket_category", "party": "booker", "category": "VIP"},
            {"do": "add_attendee"},
            {"do": "cancel_booking"},
        ]
    ) == (
        ChangeValue(party=THE_BOOKER, field="city", value="Ulm"),
        ChangeAnswer(party=2, question="q1", value=None),
        AddProduct(product="p1"),
        RemoveProduct(product="p1"),
        CancelAttendee(attendee=12),
        ChangeTicketCategory(attendee=THE_BOOKER, category="VIP"),
        AddAttendee(attendee=Attendee()),
        CancelBooking(),
    )
    assert set(cattrs.EDITS) == set(givens.EDITS)
    assert set(cattrs.EDITS.values()) == set(get_args(BookingEdit))


WRONG_EDITS: list[tuple[object, str, str]] = [
    ({"do": "cancel_booking"}, "edits", "expected a list, not an object"),
    (["cancel_booking"], "edits[0]", "expected an object, not text"),
    ([{}], "edits[0].do", "expected one of 'change_value', "),
    ([{"do": "delete"}], "edits[0].do", "not 'delete'"),
    ([{"do": "cancel_booking"}, {"do": "cancel_booking", "price": "0"}], "edits[1].price", "unknown key"),
    ([{"do": "cancel_attendee", "attendee": 1}], "edits[0].attendee", "unknown key"),
    ([{"do": "cancel_attendee"}], "edits[0].party", "this key is missing"),
    (
        [{"do": "cancel_attendee", "party": 1}],
        "edits[0].party",
        "expected 'booker' or a word such as 'attendee:1', not",
    ),
    ([{"do": "cancel_attendee", "party": "attendee:0"}], "edits[0].party", "not 'attendee:0'"),
    ([{"do": "cancel_attendee", "party": "attendee:\u0661"}], "edits[0].party", "expected 'booker'"),
    ([{"do": "change_value", "field": "city"}], "edits[0].value", "this key is missing"),
    ([{"do": "change_value", "field": "city", "value": 5}], "edits[0].value", "expected text, true, false or null"),
    ([{"do": "add_attendee", "attendee": {"price": 5}}], "edits[0].attendee.price", "expected an amount as text"),
    ([{"do": "add_attendee", "email": "x"}], "edits[0].email", "unknown key"),
]
"""Edits that are none, the path to what is wrong, and what is said of it (BP-9)."""


@pytest.mark.parametrize(("edits", "path", "problem"), WRONG_EDITS)
def test_wrong_edits_are_named_with_their_path(edits: object, path: str, problem: str) -> None:
    with pytest.raises(InvalidBookingError) as caught:
        edits_from_plain(edits)
    assert caught.value.path == path
    assert problem in caught.value.problem


def test_a_changed_booking_is_given_with_its_version_and_its_reports() -> None:
    """But for the changes, and the fingerprint of the delivery: they are the library's own."""
    center = ContactCenter(MemoryStore().organization("acme"))
    center.change_settings(OrganizationSettings(sync=SyncMode.ON))
    center.events.put(Event(id="e1", status=EventStatus.LIVE))
    center.book(Booking(event_id="e1", number="TX-AAAA-0001", booker=Party(email="ada@example.org")))
    told = center.bookings.edit("TX-AAAA-0001", [ChangeValue(field="city", value="Ulm")])
    plain = json.loads(json.dumps(to_plain(told)))
    assert plain.keys() == {"booking", "reports"}
    assert plain["reports"] == [
        [{"field": "city", "outcome": "filled", "before": None, "given": "Ulm", "rule": "SY-2"}],
    ]
    assert "fingerprint" not in plain["booking"]
    assert (plain["booking"]["event"], plain["booking"]["version"]) == ("e1", 2)
    assert plain["booking"]["booker"].keys() == {"entered", "outcome", "status", "through_contact_id"}
    (entry,) = json.loads(json.dumps(to_plain(center.bookings.history("TX-AAAA-0001"))))
    assert (entry["number"], entry["version"], entry["after"]) == (*("TX-AAAA-0001", 2, {"booker.values.city": "Ulm"}),)


PLAIN: dict[str, Any] = {
    "number": "TX-AAAA-0001",
    "event": "gala",
    "booker": {"email": "ada@example.org", "values": {"first_name": "Ada", "company": None, "x": False}},
    "attendees": [
        {"prefill": {"contact": "c1", "email": None}, "ticket": "Standard", "price": "10.00", "answers": {"q1": "IT"}},
        {"chosen": "c2", "subscribes": ["newsletter"]},
    ],
    "payment": "paid",
    "products": ["p1"],
    "invoice_sum": "20.50",
}


def test_the_form_is_that_of_the_vectors() -> None:
    assert booking_from_plain(PLAIN) == Booking(
        number="TX-AAAA-0001",
        event_id="gala",
        booker=Party(email="ada@example.org", values={"first_name": "Ada", "company": None, "x": False}),
        attendees=(
            Attendee(
                prefill=Prefill(contact_id=ContactId("c1")),
                ticket="Standard",
                price=Decimal("10.00"),
                answers={"q1": "IT"},
            ),
            Attendee(chosen=ContactId("c2"), subscribes={Subscription.NEWSLETTER}),
        ),
        payment=PaymentStatus.PAID,
        products=("p1",),
        invoice_sum=Decimal("20.50"),
    )


def test_only_event_and_booker_must_be_given() -> None:
    assert booking_from_plain({"event": "e", "booker": {}}) == Booking(event_id="e", booker=Party())


Change = Callable[[dict[str, Any]], object]

MISTAKES: list[tuple[Change, str, str]] = [
    (lambda data: data.pop("event"), "event", "this key is missing"),
    (lambda data: data.pop("booker"), "booker", "this key is missing"),
    (lambda data: data["attendees"][0]["prefill"].pop("contact"), "attendees[0].prefill.contact", "missing"),
    (lambda data: data.update(at="2026-03-01"), "at", "unknown key"),
    (lambda data: data.update(evnet=data.pop("event")), "evnet", "unknown key; is 'event' meant?"),
    (lambda data: data.update(event_id="e"), "event_id", "unknown key"),
    (lambda data: data["booker"].update(emial="x"), "booker.emial", "unknown key; is 'email' meant?"),
    (lambda data: data["booker"].update(ticket="x"), "booker.ticket", "unknown key"),
    (lambda data: data["booker"].update({"a b": 1}), "booker['a b']", "unknown key"),
    (lambda data: data["booker"].update({"x" * 200: 1}), f"booker['{'x' * 80}…' (200 characters)]", "unknown key"),
    (lambda data: data.update(event=None), "event", "expected text, not null"),
    (lambda data: data.update(event=5), "event", "expected text, not a number"),
    (lambda data: data.update(number=["x"]), "number", "expected text, not a list"),
    (lambda data: data["booker"].update(email=True), "booker.email", "expected text, not true or false"),
    (lambda data: data["booker"].update(email={}), "booker.email", "expected text, not an object"),
    (lambda data: data["booker"].update(chosen=1), "booker.chosen", "expected text, not a number"),
    (lambda data: data.update(booker=[]), "booker", "expected an object, not a list"),
    (lambda data: data.update(attendees={}), "attendees", "expected a list, not an object"),
    (lambda data: data.update(attendees="ada"), "attendees", "expected a list, not text"),
    (lambda data: data.update(attendees=[{}, None]), "attendees[1]", "expected an object, not null"),
    (lambda data: data["attendees"][1].update(values={"phone": 30}), "attendees[1].values.phone", "not a number"),
    (lambda data: data["attendees"][1].update(values={"Tel. 1": []}), "attendees[1].values['Tel. 1']", "not a list"),
    (lambda data: data["attendees"][1].update(values=[]), "attendees[1].values", "expected an object, not a list"),
    (
        lambda data: data["booker"].update(answers={"q1": 1.5}),
        "booker.answers.q1",
        "expected text, true, false or null",
    ),
    (lambda data: data["booker"].update(answers={1: "x"}), "booker.answers[1]", "expected text, not a number"),
    (lambda data: data["booker"].update(subscribes=["news"]), "booker.subscribes[0]", "not 'news'"),
    (lambda data: data["booker"].update(subscribes="newsletter"), "booker.subscribes", "expected a list"),
    (lambda data: data.update(payment="payed"), "payment", "'pending', 'paid', 'refunded', not 'payed'"),
    (lambda data: data.update(payment=1), "payment", "not a number"),
    (lambda data: data.update(products="p1"), "products", "expected a list, not text"),
    (lambda data: data.update(products=[1]), "products[0]", "expected text, not a number"),
    (lambda data: data.update(invoice_sum=20.5), "invoice_sum", 'an amount as text, such as "90.00", not a number'),
    (lambda data: data.update(invoice_sum="20,50"), "invoice_sum", "not '20,50'"),
    (lambda data: data.update(invoice_sum="NaN"), "invoice_sum", "not 'NaN'"),
    (lambda data: data.update(invoice_sum="1E999999999"), "invoice_sum", "not '1E999999999'"),
    (lambda data: data.update(invoice_sum="٣"), "invoice_sum", "not '٣'"),
    (
        lambda data: data["attendees"][0].update(price=object()),
        "attendees[0].price",
        "something that JSON does not have",
    ),
]


@pytest.mark.parametrize(
    ("change", "path", "problem"), MISTAKES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_a_mistake_is_named_with_its_path(change: Change, path: str, problem: str) -> None:
    data = json.loads(json.dumps(PLAIN))
    change(data)
    with pytest.raises(InvalidBookingError) as caught:
        booking_from_plain(data)
    assert caught.value.path == path
    assert problem in caught.value.problem


@pytest.mark.parametrize("data", [None, [], "{}", 5, True])
def test_what_is_no_object_is_no_booking(data: object) -> None:
    with pytest.raises(InvalidBookingError, match="booking, at the top: expected an object, not"):
        booking_from_plain(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS, lambda each: st.lists(each) | st.dictionaries(TEXTS, each)
    )
)
def test_anything_else_is_refused_in_words(data: object) -> None:
    """No plain data makes the codec fail in another way than it promises."""
    with pytest.raises(InvalidBookingError):
        booking_from_plain({"event": data, "booker": {"email": data, "values": data}})


EVENT = Event(
    id="gala",
    name="Gala",
    status=EventStatus.LIVE,
    starts_at=datetime.fromisoformat("2999-05-01T18:00"),
    ends_at=datetime.fromisoformat("2999-05-01T22:30"),
    email_change=EmailChangePolicy.KEEP,
    costs=True,
    questions=(Question(id="q1", level=QuestionLevel.ATTENDEE, field="Branche"),),
    products=(Product(id="p1", price=Decimal("5.00")),),
)


def test_an_event_survives_too() -> None:
    assert event_from_plain(json.loads(json.dumps(to_plain(EVENT)))) == EVENT


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"starts_at": "2026-05-01T18:00:00Z"}, "at starts_at: expected a local time"),
        ({"starts_at": "2026-13-01T18:00:00"}, "at starts_at: month must be in 1..12"),
        ({"time_zone": "Mars"}, "time_zone 'Mars' is not an IANA time zone"),
        ({"version": 3}, "at version: unknown key"),
        ({"costs": 1}, "at costs: expected true or false, not a number"),
        (
            {"questions": [{"id": "q", "level": "guest"}]},
            "at questions\\[0\\].level: expected one of 'booking', 'attendee'",
        ),
    ],
)
def test_an_event_that_cannot_be_is_refused(change: dict[str, object], place: str) -> None:
    with pytest.raises(PlainDataError, match=place):
        event_from_plain(to_plain(EVENT) | change)


# What the command and a service answer with


@pytest.fixture
def center() -> ContactCenter:
    """A contact center in which a list was imported and a booking came in."""
    center = ContactCenter(MemoryStore().organization("acme")).acting_as(User("kim", Role.TEAM_ADMIN))
    center.fields.create("Branche", FieldType.SELECT, options=["IT"])
    center.change_settings(replace(center.settings, sync=SyncMode.ON))
    center.events.put(EVENT)
    rows = [
        {"email": "ada@example.org", "first_name": "Ada", "newsletter": "1"},
        {"email": "x"},
        {"email": "Ada@example.org"},
    ]
    center.import_contacts(rows, ImportOptions(mapping=FrozenDict({"foo": "phone"}), groups=["VIP"]))
    center.acting_as(Booker()).book(
        booking_from_plain(
            PLAIN
            | {"booker": {"email": "ada@example.org", "values": {"first_name": "Ida"}}, "attendees": [{"ticket": "A"}]}
        )
    )
    return center


def plain(value: object) -> Any:  # noqa: ANN401, JSON is any value
    """Give *value* as JSON brings it to the other side."""
    return json.loads(json.dumps(to_plain(value), allow_nan=False))


def test_a_contact(center: ContactCenter) -> None:
    (contact,) = center.list_contacts(text="ida")
    found = plain(center.details(contact.id))
    assert found["groups"] == ["VIP"]
    assert found["values"] == {"email": "ada@example.org", "first_name": "Ida"}
    assert found["subscriptions"]["newsletter"]["state"] == "subscribed"
    assert found["origin"]["actor"] == "user:kim"
    assert datetime.fromisoformat(found["created_at"]) == contact.created_at.astimezone(UTC)
    assert "email_key" not in found


def test_history(center: ContactCenter) -> None:
    (contact,) = center.list_contacts()
    (entry,) = plain(center.history(contact.id))
    assert (entry["before"], entry["after"]) == ({"first_name": "Ada"}, {"first_name": "Ida"})
    assert (entry["actor"], entry["cause"], entry["rules"]) == ("booker", "booking", ["AS-1b", "SY-4"])


def test_a_booking_result(center: ContactCenter) -> None:
    result = plain(center.book(booking_from_plain({"event": "gala", "booker": {"email": "new@example.org"}})))
    assert set(result) == {"number", "booker", "attendees", "repeated"}
    assert result["booker"]["reason"] == "no_match"
    assert result["booker"]["reports"][0]["outcome"] == "filled"


def test_a_recorded_booking_keeps_what_attendees_have_beside_parties(center: ContactCenter) -> None:
    found = plain(center.bookings.get("TX-AAAA-0001"))
    assert found["event"] == "gala"
    assert found["attendees"][0]["entered"]["ticket"] == "A"
    assert found["booker"]["outcome"]["flags"] == ["name_differs"]


def test_an_import_report(center: ContactCenter) -> None:
    report = center.import_contacts([{"email": "x", "y": "z"}], dry_run=True)
    found = plain(report)
    assert found["outcomes"] == {each.value: int(each is RowOutcome.UNPROCESSED) for each in RowOutcome}
    assert found["reasons"] == {"invalid_email": 1}
    assert (found["rows"], found["dry_run"], found["ignored_columns"]) == (1, True, ["y"])


def test_rows_of_an_import(center: ContactCenter) -> None:
    report = center.import_contacts([{"email": "x"}])
    (row,) = plain(list(center.imports.rows(report.id)))
    assert row["outcome"] == "unprocessed"
    assert row["reasons"][0] | {"advice": ""} == {"word": "invalid_email", "column": "email", "cell": "x", "advice": ""}


def test_settings_fields_and_groups(center: ContactCenter) -> None:
    assert plain(center.settings)["sync"] == "on"
    assert plain(center.fields.catalog().custom)[0]["options"] == ["IT"]
    assert plain(center.groups.all())[0]["name"] == "VIP"
