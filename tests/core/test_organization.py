"""Settings and events that cannot be are refused where they are made."""

from datetime import datetime

import pytest

from doocore import Event, OrganizationSettings


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"region": "Germany"}, "region 'Germany'"),
        ({"region": "de"}, "region 'de'"),
        ({"time_zone": "Berlin"}, "time_zone 'Berlin'"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"retention_days": -1}, "retention_days -1"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        OrganizationSettings(**wrong)  # type: ignore[arg-type]


def test_retention_may_be_switched_off() -> None:
    assert OrganizationSettings(retention_days=None).retention_days is None


def test_an_event_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        Event(id="e1", starts_at=datetime(2026, 5, 2, 18), ends_at=datetime(2026, 5, 1, 22))  # noqa: DTZ001, local times


def test_an_event_stands_in_a_time_zone() -> None:
    with pytest.raises(ValueError, match="not an IANA time zone"):
        Event(id="e1", time_zone="Berlin")
