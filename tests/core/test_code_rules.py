"""Where a code stands, and whether it can be redeemed: the table of CO-2 against everything that can be said of a code."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from zoneinfo import ZoneInfo

import pytest

from doocore import (
    BookingNumber,
    Cause,
    Code,
    CodeObstacle,
    CodeStatus,
    CodeType,
    CodeUse,
    Origin,
    Redemption,
    judge_code,
    label,
)
from doocore.model.code import CodeId
from doocore.rules.codes import STATUSES, USES, Circumstance, Row, limit_of, obstacle_to, status_of

NOW = datetime(2026, 5, 1, 18, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SINGLE, MULTI, MULTI_EVENT = CodeUse


def a_code(
    use: CodeUse = SINGLE,
    *,
    type_: CodeType = CodeType.ACCESS,
    limit: int | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    withdrawn: bool = False,
    event_id: str | None = None,
) -> Code:
    return Code(
        id=CodeId("r1"),
        name="EARLY",
        origin=Origin(Cause.BY_HAND, "user:kim"),
        created_at=NOW,
        type=type_,
        use=use,
        limit=limit,
        valid_from=valid_from,
        valid_until=valid_until,
        withdrawn=withdrawn,
        event_id=event_id,
    )


class TestUses:
    """CO-1: single-use, multi-use (with a limit) or multi-event."""

    def test_every_kind_of_use_has_a_row(self) -> None:
        assert tuple(USES) == tuple(CodeUse)

    @pytest.mark.parametrize(
        ("use", "limit", "found"),
        [
            (SINGLE, None, 1),
            (SINGLE, 3, 1),
            (MULTI, 3, 3),
            (MULTI, None, None),
            (MULTI_EVENT, None, None),
            (MULTI_EVENT, 3, 3),
        ],
    )
    def test_a_single_use_code_has_one_use_and_the_others_their_limit(
        self, use: CodeUse, limit: int | None, found: int | None
    ) -> None:
        assert limit_of(a_code(use, limit=limit)) == found

    @pytest.mark.parametrize(("used", "status"), [(0, "valid"), (2, "valid"), (3, "redeemed"), (4, "redeemed")])
    def test_a_limit_is_reached_by_the_last_use(self, used: int, status: str) -> None:
        assert status_of(a_code(MULTI, limit=3), used, NOW).value == status

    @pytest.mark.parametrize("use", [MULTI, MULTI_EVENT])
    def test_without_a_limit_it_is_never_used_up(self, use: CodeUse) -> None:
        assert obstacle_to(a_code(use), 10**6, NOW) is None


class TestPeriod:
    """CO-2: expired after `valid_until`, which still counts; not redeemable before `valid_from`."""

    @pytest.mark.parametrize(
        ("away", "status", "obstacle"),
        [
            (-INSTANT, CodeStatus.VALID, None),
            (timedelta(0), CodeStatus.VALID, None),
            (INSTANT, CodeStatus.EXPIRED, CodeObstacle.EXPIRED),
        ],
    )
    def test_the_last_moment_still_counts(
        self, away: timedelta, status: CodeStatus, obstacle: CodeObstacle | None
    ) -> None:
        code = a_code(valid_until=NOW)
        assert (status_of(code, 0, NOW + away), obstacle_to(code, 0, NOW + away)) == (status, obstacle)

    @pytest.mark.parametrize(
        ("away", "obstacle"), [(-INSTANT, CodeObstacle.NOT_YET_VALID), (timedelta(0), None), (INSTANT, None)]
    )
    def test_the_first_moment_counts_too(self, away: timedelta, obstacle: CodeObstacle | None) -> None:
        """Before it the status is what it will be, and the code cannot be redeemed."""
        for use, status in ((SINGLE, CodeStatus.VALID), (MULTI_EVENT, CodeStatus.MULTI_EVENT)):
            code = a_code(use, valid_from=NOW)
            assert (status_of(code, 0, NOW + away), obstacle_to(code, 0, NOW + away)) == (status, obstacle)

    def test_a_period_of_one_moment_is_one(self) -> None:
        code = a_code(valid_from=NOW, valid_until=NOW)
        assert [obstacle_to(code, 0, NOW + away) for away in (-INSTANT, 0 * INSTANT, INSTANT)] == [
            CodeObstacle.NOT_YET_VALID,
            None,
            CodeObstacle.EXPIRED,
        ]

    def test_moments_are_compared_not_clocks(self) -> None:
        """The hour that a zone has twice: the second 02:30 is an hour behind the first."""
        berlin = ZoneInfo("Europe/Berlin")
        first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1))
        assert status_of(a_code(valid_until=first), 0, second) is CodeStatus.EXPIRED
        assert obstacle_to(a_code(valid_from=second), 0, first) is CodeObstacle.NOT_YET_VALID
        assert status_of(a_code(valid_until=second.astimezone(UTC)), 0, first) is CodeStatus.VALID


SAID = ("withdrawn", "used up", "over")
EVERYTHING = [
    (frozenset(said), use, type_)
    for count in range(len(SAID) + 1)
    for said in combinations(SAID, count)
    for use, type_ in product(CodeUse, CodeType)
]
"""All that can be said of a code, of every use and type."""


class TestStatuses:
    """CO-2: the first that holds."""

    def test_the_table_has_every_status_once(self) -> None:
        assert tuple(row.status for row in STATUSES) == tuple(CodeStatus)
        assert {row.when for row in STATUSES} == set(Circumstance)

    @pytest.mark.parametrize(("said", "use", "type_"), EVERYTHING)
    def test_the_first_that_holds_is_shown(self, said: frozenset[str], use: CodeUse, type_: CodeType) -> None:
        """Withdrawn beats redeemed, redeemed beats expired, expired beats multi-event; the type plays no part."""
        ends = NOW - INSTANT if "over" in said else None
        code = a_code(use, type_=type_, limit=1, valid_until=ends, withdrawn="withdrawn" in said)
        expected: tuple[str, CodeObstacle | None] = ("multi_event" if use is MULTI_EVENT else "valid", None)
        if "over" in said:
            expected = ("expired", CodeObstacle.EXPIRED)
        if "used up" in said:
            expected = ("redeemed", CodeObstacle.REDEEMED)
        if "withdrawn" in said:
            expected = ("invalid", CodeObstacle.WITHDRAWN)
        used = int("used up" in said)
        assert (status_of(code, used, NOW).value, obstacle_to(code, used, NOW)) == expected

    @pytest.mark.parametrize("place", range(len(STATUSES) - 2))
    def test_the_table_decides(self, place: int) -> None:
        """Two rows that change places change the answer."""
        rows = list(STATUSES)
        rows[place], rows[place + 1] = rows[place + 1], rows[place]
        code = a_code(MULTI_EVENT, limit=1, valid_until=NOW - INSTANT, withdrawn=True)
        without = code if place == 0 else a_code(MULTI_EVENT, limit=1, valid_until=NOW - INSTANT)
        used = int(place < 2)
        assert status_of(without, used, NOW) is STATUSES[place].status
        assert status_of(without, used, NOW, rows) is STATUSES[place + 1].status

    def test_what_stands_against_it_is_the_table_s_too(self) -> None:
        table: Sequence[Row] = [Row(CodeStatus.VALID, Circumstance.ANYHOW, CodeObstacle.WITHDRAWN)]
        assert obstacle_to(a_code(), 0, NOW, table=table) is CodeObstacle.WITHDRAWN
        assert (
            obstacle_to(a_code(withdrawn=True), 0, NOW, table=[Row(CodeStatus.VALID, Circumstance.ANYHOW, None)])
            is None
        )


class TestEvents:
    def test_a_code_for_one_event_is_redeemed_in_no_other(self) -> None:
        code = a_code(event_id="gala")
        assert obstacle_to(code, 0, NOW, "gala") is None
        assert obstacle_to(code, 0, NOW) is None
        assert obstacle_to(code, 0, NOW, "ball") is CodeObstacle.OTHER_EVENT
        assert obstacle_to(a_code(), 0, NOW, "ball") is None

    def test_what_holds_for_every_event_is_said_first(self) -> None:
        later = a_code(event_id="gala", valid_from=NOW + INSTANT)
        assert obstacle_to(later, 0, NOW, "ball") is CodeObstacle.NOT_YET_VALID
        assert obstacle_to(later, 1, NOW, "ball") is CodeObstacle.REDEEMED


class TestJudging:
    """What is shown of a code: `judge_code`."""

    @pytest.mark.parametrize(
        ("cancelled", "status", "redeemable"),
        [
            ((), "valid", True),
            ((False,), "valid", True),
            ((False, False), "redeemed", False),
            ((False, True), "valid", True),
            ((True, True, True), "valid", True),
            ((True, False, False), "redeemed", False),
        ],
    )
    def test_cancelled_bookings_do_not_count(self, cancelled: tuple[bool, ...], status: str, redeemable: bool) -> None:  # noqa: FBT001
        """CO-4: they are shown all the same."""
        uses = tuple(
            Redemption(BookingNumber(f"TX-AAAA-000{place}"), "e1", NOW, each) for place, each in enumerate(cancelled)
        )
        found = judge_code(a_code(MULTI, limit=2), iter(uses), NOW)
        assert (found.status.value, found.redeemable, found.redemptions) == (status, redeemable, uses)
        assert found.used_in == tuple(each.number for each in uses if not each.cancelled)

    @pytest.mark.parametrize(("use", "limit", "shown"), [(SINGLE, None, 1), (MULTI, 5, 5), (MULTI_EVENT, None, None)])
    def test_the_limit_is_that_of_its_use(self, use: CodeUse, limit: int | None, shown: int | None) -> None:
        assert judge_code(a_code(use, limit=limit), [], NOW).limit == shown

    def test_it_can_be_shown_and_not_be_redeemed(self) -> None:
        found = judge_code(a_code(valid_from=NOW + INSTANT), [], NOW)
        assert (found.status, found.redeemable) == (CodeStatus.VALID, False)


def test_the_statuses_are_those_of_the_source() -> None:
    """Its five words in German: Gültig, Verfallen, Ungültig, Eingelöst, Multi-Event Code."""
    assert {label(each, "de") for each in CodeStatus} == {
        *("Gültig", "Verfallen", "Ungültig", "Eingelöst", "Multi-Event Code")
    }


def test_moments_of_a_code_have_offsets() -> None:
    local = NOW.replace(tzinfo=None)
    for moments in ({"valid_from": local}, {"valid_until": local}):
        with pytest.raises(ValueError, match="has no offset"):
            a_code(**moments)  # type: ignore[arg-type]
