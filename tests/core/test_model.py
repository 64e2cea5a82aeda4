"""The nouns: values that say a little about themselves, and decide nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from doocore import (
    Cause,
    Contact,
    ContactCenter,
    Envelope,
    Event,
    EventStatus,
    FieldCatalog,
    Subscription,
    SubscriptionState,
    is_blank,
)
from doocore.model.contact import in_order_of_creation
from doocore.model.fields import entered, trimmed
from doocore_adapters.memory import MemoryStore
from tests.builders import (
    KIM,
    NOW,
    SteadyClock,
    circumstances,
    contact,
    customer_key,
    email_key,
    live_event,
    new_center,
)

BERLIN = "Europe/Berlin"


class TestMoments:
    """HI-1: "when" is a moment, which a time without an offset is not."""

    @pytest.mark.parametrize(
        "refused",
        [
            lambda local: Envelope(cause=Cause.BY_HAND, actor=KIM, at=local),
            lambda local: replace(circumstances(), at=local),
            lambda local: new_center(clock=SteadyClock(local)),
            lambda local: ContactCenter(MemoryStore().organization("acme"), clock=SteadyClock(local)).create_contact(
                {}
            ),
        ],
        ids=["an envelope", "a story", "a center", "a clock"],
    )
    def test_a_local_time_is_refused_where_it_comes_in(self, refused: Callable[[datetime], object]) -> None:
        with pytest.raises(ValueError, match=r"2026-05-01T18:00:00 has no offset: give a moment"):
            refused(datetime(2026, 5, 1, 18))  # noqa: DTZ001

    def test_any_offset_will_do(self) -> None:
        elsewhere = datetime(2026, 5, 1, 18, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))
        assert new_center(clock=SteadyClock(elsewhere)).create_contact({}).created_at == elsewhere


class TestEvents:
    """BO-3: "`over` (live, from the very instant of its end …); with start and end in a time zone"."""

    @pytest.mark.parametrize(
        ("now", "status"),
        [
            (datetime(2026, 5, 1, 19, 59, 59, 999_999, tzinfo=UTC), EventStatus.LIVE),
            (datetime(2026, 5, 1, 20, tzinfo=UTC), EventStatus.OVER),
            (datetime(2026, 5, 1, 9, 59, 59, tzinfo=timezone(timedelta(hours=-10))), EventStatus.LIVE),
            (datetime(2026, 5, 1, 10, tzinfo=timezone(timedelta(hours=-10))), EventStatus.OVER),
        ],
    )
    def test_a_live_one_is_over_at_the_instant_of_its_end(self, now: datetime, status: EventStatus) -> None:
        gala = live_event(ends_at=datetime(2026, 5, 1, 22), time_zone=BERLIN)  # noqa: DTZ001, local times
        assert gala.status_at(now) is status

    def test_the_hour_that_comes_twice_ends_once(self) -> None:
        """In the night in which the clocks go back, half past two comes twice."""
        for fold, instant in (
            (0, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            (1, datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ):
            night = live_event(ends_at=datetime(2026, 10, 25, 2, 30, fold=fold), time_zone=BERLIN)  # noqa: DTZ001
            assert night.status_at(instant) is EventStatus.OVER
            assert night.status_at(instant - timedelta(seconds=1)) is EventStatus.LIVE

    @pytest.mark.parametrize("status", [EventStatus.DRAFT, EventStatus.CANCELLED])
    def test_others_are_never_over(self, status: EventStatus) -> None:
        past = Event(id="e1", status=status, ends_at=datetime(2020, 1, 1))  # noqa: DTZ001
        assert past.status_at(NOW) is status

    def test_one_without_an_end_goes_on(self) -> None:
        assert live_event().status_at(NOW) is EventStatus.LIVE

    def test_a_moment_is_asked_about_with_its_offset(self) -> None:
        for status in EventStatus:
            with pytest.raises(ValueError, match="2026-05-01T22:00:00 has no offset"):
                Event(id="e1", status=status).status_at(datetime(2026, 5, 1, 22))  # noqa: DTZ001

    @pytest.mark.parametrize("name", ["starts_at", "ends_at"])
    def test_its_times_have_no_offset(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"event e1: {name} is a local time"):
            Event(id="e1", **{name: NOW})  # type: ignore[arg-type]

    @pytest.mark.parametrize("zone", ["Berlin", "", "../etc/passwd", "Europe/Berlin\0"])
    def test_its_time_zone_is_one(self, zone: str) -> None:
        with pytest.raises(ValueError, match=r"event e1: time_zone .* is not an IANA time zone"):
            live_event(time_zone=zone)


class TestContacts:
    def test_it_is_found_by_its_address_its_customer_id_and_its_aliases(self) -> None:
        """MG-5."""
        ada = contact(email="Ada@x.de", customer_id="K1", aliases=[email_key("old@x.de")])
        assert ada.identifiers == {email_key("ada@x.de"), customer_key("K1"), email_key("old@x.de")}
        assert contact().identifiers == frozenset()

    @pytest.mark.parametrize(
        ("ada", "name"),
        [
            (contact(first_name="Ada", last_name="King"), "Ada King"),
            (contact(first_name="Ada"), "Ada"),
            (contact(last_name="King"), "King"),
            (contact(), ""),
        ],
    )
    def test_its_name_is_what_is_known_of_it(self, ada: Contact, name: str) -> None:
        assert ada.name == name

    def test_a_truth_is_no_text(self) -> None:
        assert contact(vip=True).text("vip") == contact().text("vip") == ""

    def test_what_is_not_known_of_a_subscription_is_unknown(self) -> None:
        assert {contact().state(each) for each in Subscription} == {SubscriptionState.UNKNOWN}

    def test_the_oldest_comes_first_and_ids_settle_ties(self) -> None:
        young, old = contact("c1", created_at=NOW), contact("c9", created_at=NOW - timedelta(seconds=1))
        tied = contact("c0", created_at=NOW)
        assert in_order_of_creation([young, tied, old]) == (old, tied, young)


class TestEnteredValues:
    """What callers give, in the form that rules judge."""

    @pytest.mark.parametrize(
        ("given", "value"),
        [
            ("text", "text"),
            ("a\0b\ud800c", "a\ufffdb\ufffdc"),
            ("\x01\x1f\x7f\ufffe\uffff", "\ufffd" * 5),
            ("a\vb\fc\td\r\ne", "a\nb\nc\td\r\ne"),
            ("\x85\u2028 \U0010ffff", "\x85\u2028 \U0010ffff"),
            (None, None),
            (False, False),
            (0, "0"),
            (80331, "80331"),
            (80331.0, "80331"),
            (1.5, "1.5"),
            (Decimal("1.50"), "1.50"),
            (date(2024, 2, 29), "2024-02-29"),
            (datetime(2024, 2, 29, 12, 30), "2024-02-29 12:30:00"),  # noqa: DTZ001
        ],
    )
    def test_usual_ones_are_taken(self, given: object, value: object) -> None:
        assert entered(given) == value
        assert type(entered(given)) is type(value)

    @pytest.mark.parametrize("given", [b"bytes", ["list"], {"a": 1}, object()])
    def test_strange_ones_are_the_callers_mistake(self, given: object) -> None:
        with pytest.raises(TypeError, match=f"not {type(given).__name__}"):
            entered(given)

    @pytest.mark.parametrize("text", ["", " \t\r\n", "\u00a0\u2028\u3000", "\u200b\u200c\u200d\u2060\ufeff\u00ad"])
    def test_blank_is_what_leaves_nothing_when_trimmed(self, text: str) -> None:
        assert is_blank(text)
        assert trimmed(f"{text}a{text}b{text}") == f"a{text}b"

    @pytest.mark.parametrize("value", [False, 0, "0", "-", "\u0301"])
    def test_all_else_is_not(self, value: object) -> None:
        assert not is_blank(value)


class TestCatalog:
    CATALOG = FieldCatalog.of("de", ())

    @pytest.mark.parametrize("name", ["first_name", "FIRST_NAME", " Vorname ", "vorname"])
    def test_fields_are_found_by_key_name_and_label(self, name: str) -> None:
        found = self.CATALOG.named(name)
        assert found is not None
        assert found.key == "first_name"

    def test_what_is_no_name_finds_nothing(self) -> None:
        assert self.CATALOG.named("Shoe size") is None
        assert "Shoe size" not in self.CATALOG
        with pytest.raises(KeyError):
            self.CATALOG["Shoe size"]
