"""The clock and the IDs that a contact center has unless it is given others (ID-1, ID-7)."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from doocore.contact_center import ContactCenter, RandomIds, SystemClock, identity
from doocore.model.identifiers import BookingNumber, parse_booking_number
from doocore_adapters.memory import MemoryStore


class TestContactIds:
    """ID-1: "unique, digits and letters, never given to another contact afterwards"."""

    def test_they_are_twenty_digits_and_letters(self) -> None:
        drawn = RandomIds().contact_id()
        assert len(drawn) == 20
        assert drawn.isascii()
        assert drawn.isalnum()
        assert drawn == drawn.upper()

    def test_they_stand_in_order_of_creation(self) -> None:
        source = RandomIds()
        drawn = [source.contact_id() for _ in range(5000)]
        assert drawn == sorted(set(drawn))

    @pytest.mark.parametrize("step", [0, -1, 1], ids=["stands", "goes back", "goes on"])
    def test_they_grow_whatever_the_clock_does(self, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
        moments = iter(range(10**18, 10**18 + step * 10**9 * 100, step * 10**9) if step else [10**18] * 100)
        monkeypatch.setattr(identity, "time", SimpleNamespace(time_ns=lambda: next(moments)))
        source = RandomIds()
        drawn = [source.record_id() for _ in range(100)]
        assert drawn == sorted(set(drawn))

    def test_they_begin_with_the_millisecond(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """So that those of two machines stand in order too, as far as their clocks agree."""
        earlier = RandomIds().contact_id()
        later = time.time_ns() + 2_000_000
        monkeypatch.setattr(identity, "time", SimpleNamespace(time_ns=lambda: later))
        assert earlier < RandomIds().contact_id()

    def test_two_sources_do_not_give_the_same(self) -> None:
        assert RandomIds().contact_id() != RandomIds().contact_id()

    def test_threads_may_share_a_source(self) -> None:
        source = RandomIds()
        with ThreadPoolExecutor(4) as threads:
            drawn = list(threads.map(lambda _: source.contact_id(), range(2000)))
        assert len(set(drawn)) == 2000


class TestBookingNumbers:
    """ID-7: "`TX-XXXX-XXXX` (letters and digits) … parsed case-insensitively, spaces ignored"."""

    def test_they_are_drawn_at_random(self) -> None:
        drawn = {RandomIds().booking_number() for _ in range(1000)}
        assert len(drawn) == 1000
        assert all(parse_booking_number(each) == each for each in drawn)

    def test_every_letter_comes_at_every_place(self) -> None:
        """At least 40 random bits: eight places, 32 letters each."""
        drawn = [RandomIds().booking_number() for _ in range(1500)]
        places = [set(letters) for letters in zip(*(each.replace("-", "")[2:] for each in drawn), strict=True)]
        assert [len(letters) for letters in places] == [32] * 8

    @pytest.mark.parametrize("text", ["TX-AB12-CD34", "tx-ab12-cd34", " TX AB12\u00a0CD34 ", "txab12cd34"])
    def test_they_are_read_as_people_write_them(self, text: str) -> None:
        assert parse_booking_number(text) == BookingNumber("TX-AB12-CD34")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "AB12-CD34",
            "TX-AB12-CD3",
            "TX-AB12-CD345",
            "TX--AB12-CD34",
            "TX-\u0661\u0662\u0663\u0664-CD34",
            " " * 65 + "TX-AB12-CD34",
        ],
    )
    def test_everything_else_is_none(self, text: str) -> None:
        assert parse_booking_number(text) is None


def test_the_clock_is_the_machines_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= SystemClock().now() <= datetime.now(UTC)
    assert SystemClock().now().tzinfo is UTC


def test_a_center_has_them_unless_it_is_given_others() -> None:
    created = ContactCenter(MemoryStore().organization("acme")).create_contact({})
    assert len(created.id) == 20
    assert created.created_at.tzinfo is UTC
    assert created.origin.actor == "system"
