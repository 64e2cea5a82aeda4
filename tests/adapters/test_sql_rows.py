"""What rows hold survives any driver, sorts as it should, and can be read after a person was erased."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from doocore.model.booking import Attendee, Party
from doocore.model.contact_import import RowOutcome
from doocore.testing.samples import TEXTS, booking, full_booking, full_party, party
from doocore_adapters._sql import documents, rows
from doocore_adapters._sql.schema import BOOKING_PARTIES, BOOKINGS, Erasure, Table

BERLIN = ZoneInfo("Europe/Berlin")


class TestMoments:
    def test_a_moment_without_an_offset_is_refused(self) -> None:
        """Nobody could tell when it was."""
        with pytest.raises(ValueError, match="no offset"):
            rows.moment_text(datetime(2026, 1, 1))  # noqa: DTZ001, the very mistake

    def test_the_hour_that_comes_twice_is_two_hours(self) -> None:
        """Python calls the two equal, as they stand in one zone; they are an hour apart all the same."""
        first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1))
        assert first == second
        assert rows.moment_text(first) == "2026-10-25T00:30:00.000000+00:00"
        assert rows.moment_text(second) == "2026-10-25T01:30:00.000000+00:00"

    def test_texts_sort_as_the_moments_do(self) -> None:
        """Whatever their offsets, and with or without a fraction of a second."""
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        moments = [
            (begin + timedelta(microseconds=step)).astimezone(timezone(timedelta(hours=step % 5 - 2)))
            for step in (0, 1, 999_999, 1_000_000, 86_400_000_000)
        ]
        texts = [rows.moment_text(each) for each in moments]
        assert texts == sorted(texts)
        assert [rows.moment_of(each) for each in texts] == moments

    def test_a_moment_that_the_driver_has_parsed_is_taken(self) -> None:
        assert rows.moment_of(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 1, 1, tzinfo=UTC)


class TestDocuments:
    def test_documents_are_ascii(self) -> None:
        """No driver, encoding or terminal can spoil them, not even half of a character."""
        document = documents.dumps([*TEXTS, "\ud83e"])
        assert document.isascii()
        assert documents.loads(document) == [*TEXTS, "\ud83e"]

    def test_a_document_that_the_driver_has_parsed_is_taken(self) -> None:
        assert documents.loads({"a": 1}) == {"a": 1}
        assert documents.loads(None) is None


def test_every_outcome_has_a_letter_of_its_own() -> None:
    """A batch of rows is one text."""
    assert set(rows.LETTERS) == set(RowOutcome)
    assert len(set(rows.LETTERS.values())) == len(RowOutcome)
    assert {len(letter) for letter in rows.LETTERS.values()} == {1}


def erased(row: rows.Row, table: Table, first: str) -> rows.Row:
    """Clear what is declared to be cleared; the row begins with the column *first*."""
    columns = table.columns[table.column_names.index(first) :]
    return tuple(None if column.erasure is Erasure.CLEAR else cell for column, cell in zip(columns, row, strict=True))


class TestErased:
    """After a person was erased, bookings are still bookings (RE-3)."""

    def test_a_party_whose_person_was_erased_can_be_read(self) -> None:
        """What it was decided for stays, what it tells of the person is gone."""
        for given, blank in ((full_party(), Party()), (party(1), Attendee(ticket="", price=party(1).entered.price))):  # type: ignore[attr-defined]
            found = rows.party_of(erased(rows.party_row(given), BOOKING_PARTIES, "contact_id"))
            assert found.entered == blank
            assert (found.status, found.outcome.reason) == (given.status, given.outcome.reason)
            assert (found.outcome.contact_id, found.outcome.customer_id, found.outcome.reports) == (None, None, ())
            assert found.outcome.assignment == replace(given.outcome.assignment, contact_id=None)

    def test_a_booking_whose_persons_were_erased_can_be_read(self) -> None:
        """Sums and numbers stay, the fingerprint goes."""
        found = rows.booking_of(erased(rows.booking_row(full_booking()), BOOKINGS, "number"), [booking(1).booker])
        assert found == replace(full_booking(), fingerprint="", booker=booking(1).booker, attendees=())
