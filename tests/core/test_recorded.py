"""Reading what was recorded: bookings with their decisions, imports with what became of their rows."""

from collections.abc import Mapping

import pytest

from doocore import (
    Booking,
    ContactCenter,
    Event,
    EventStatus,
    IdentifierKind,
    ImportOptions,
    InvalidValues,
    NotFoundError,
    Party,
    RowReason,
    RowWarning,
)
from doocore_adapters.memory import MemoryStore

NUMBERS = ("TX-AAAA-0001", "TX-AAAA-0002", "TX-AAAA-0003")


@pytest.fixture
def center() -> ContactCenter:
    """A contact center with two events and three bookings."""
    center = ContactCenter(MemoryStore().organization("acme"))
    for event_id in ("gala", "ball"):
        center.events.put(Event(id=event_id, status=EventStatus.LIVE))
    for number, event_id in zip(NUMBERS, ("gala", "ball", "gala"), strict=True):
        center.book(Booking(number=number, event_id=event_id, booker=Party(email="ada@example.org")))
    return center


def test_a_booking_is_read_by_its_number_however_it_is_written(center: ContactCenter) -> None:
    assert center.bookings.get(" tx-aaaa - 0002").event_id == "ball"


@pytest.mark.parametrize("number", ["TX-AAAA-9999", "4711", ""])
def test_an_unknown_number_is_an_error(center: ContactCenter, number: str) -> None:
    with pytest.raises(NotFoundError, match="no booking"):
        center.bookings.get(number)


def test_bookings_are_listed_in_order_of_their_numbers(center: ContactCenter) -> None:
    assert [each.number for each in center.bookings.page(limit=2)] == ["TX-AAAA-0001", "TX-AAAA-0002"]
    assert [each.number for each in center.bookings.page(after="TX-AAAA-0002")] == ["TX-AAAA-0003"]
    assert [each.number for each in center.bookings.page(event="gala")] == ["TX-AAAA-0001", "TX-AAAA-0003"]


def test_all_bookings_come_page_by_page(center: ContactCenter) -> None:
    assert [each.number for each in center.bookings.all()] == list(NUMBERS)
    assert [each.number for each in center.bookings.all(event="ball")] == ["TX-AAAA-0002"]


ROWS: list[Mapping[str, object]] = [
    {"customer_id": "K-1", "email": "ben@example.org", "phone": "none"},
    {"customer_id": "K-2", "email": "ben@example.org", "phone": ""},
    {"customer_id": "K-2"},
]


def test_an_import_is_read_again_with_counts_from_its_rows(center: ContactCenter) -> None:
    options = ImportOptions(identify_by=IdentifierKind.CUSTOMER_ID, invalid_values=InvalidValues.LEAVE_OUT)
    report = center.import_contacts(ROWS, options)
    assert center.imports.report(report.id) == report
    assert [row.line for row in center.imports.rows(report.id)] == [1, 2, 3]
    assert report.reasons == {RowReason.DUPLICATE_IN_FILE: 1}
    assert report.warnings == {RowWarning.INVALID_VALUE: 1, RowWarning.EMAIL_SHARED: 1}


def test_a_report_names_the_columns_that_were_mapped_and_are_not_there(center: ContactCenter) -> None:
    options = ImportOptions(mapping={"E mail": "email", "Handy": "phone", "Foo": None})
    assert center.import_contacts([{"E-Mail": "cem@example.org"}], options).absent_columns == ("Handy", "Foo")


def test_an_unknown_import_is_an_error(center: ContactCenter) -> None:
    with pytest.raises(NotFoundError, match="no import"):
        center.imports.report("nothing")
    assert list(center.imports.rows("nothing")) == []
