"""Codes, chapter 10: where a code stands, and whether it can be redeemed.

Two rules for this file. 1: which status is shown is the table `STATUSES`, and how many uses there are is `USES`. 2: of
bookings it knows no more than which have redeemed a code, and that a cancelled one does not count (CO-4).

Status shown, first that holds: invalid (withdrawn), redeemed (uses exhausted), expired (after `valid_until`, which still
counts), multi-event, valid (CO-2).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from doocore.model.code import Code, CodeDetails, CodeObstacle, CodeStatus, CodeUse, Redemption
from doocore.model.word import Word


class Circumstance(Word):
    """What can be said of a code at a moment; several can hold at once."""

    WITHDRAWN = "it was withdrawn"
    EXHAUSTED = "all its uses are taken"
    OVER = "its last moment is over"
    FOR_EVENTS = "it is for several events"
    ANYHOW = "none of that"


class Row(NamedTuple):
    """One status: when it is shown, and what stands against redeeming the code then, if anything does."""

    status: CodeStatus
    when: Circumstance
    obstacle: CodeObstacle | None


STATUSES: tuple[Row, ...] = (
    Row(CodeStatus.INVALID, Circumstance.WITHDRAWN, CodeObstacle.WITHDRAWN),
    Row(CodeStatus.REDEEMED, Circumstance.EXHAUSTED, CodeObstacle.REDEEMED),
    Row(CodeStatus.EXPIRED, Circumstance.OVER, CodeObstacle.EXPIRED),
    Row(CodeStatus.MULTI_EVENT, Circumstance.FOR_EVENTS, None),
    Row(CodeStatus.VALID, Circumstance.ANYHOW, None),
)
"""The statuses in the order in which they are asked for: the first that holds is shown (CO-2)."""

USES: Mapping[CodeUse, int | None] = {
    CodeUse.SINGLE: 1,
    CodeUse.MULTI: None,
    CodeUse.MULTI_EVENT: None,
}
"""How many uses a code of this kind has (CO-1); None: as many as its own limit says, or any number if it has none."""


def limit_of(code: Code) -> int | None:
    """Tell how many uses a code has; None where it has any number."""
    uses = USES[code.use]
    return code.limit if uses is None else uses


def judge_code(code: Code, redemptions: Iterable[Redemption], now: datetime) -> CodeDetails:
    """Tell where a code stands *now*, and whether it can be redeemed (CO-2, CO-4).

    >>> from doocore.model.history import Cause, Origin
    >>> start = datetime(2026, 5, 1, tzinfo=UTC)
    >>> code = Code(id="1", name="EARLY", origin=Origin(Cause.BY_HAND, "user:kim"), created_at=start, valid_from=start)
    >>> use = Redemption("TX-AAAA-0001", "gala", start)
    >>> judge_code(code, [use], start).status.value, judge_code(code, [use._replace(cancelled=True)], start).redeemable
    ('redeemed', True)
    """
    all_redemptions = tuple(redemptions)
    used = sum(not each.cancelled for each in all_redemptions)
    return CodeDetails(
        code=code,
        status=status_of(code, used, now),
        redeemable=obstacle_to(code, used, now) is None,
        limit=limit_of(code),
        redemptions=all_redemptions,
    )


def status_of(code: Code, used: int, now: datetime, table: Sequence[Row] = STATUSES) -> CodeStatus:
    """Give the status that is shown of a code that *used* bookings have redeemed by *now* (CO-2).

    >>> from doocore.model.history import Cause, Origin
    >>> start = datetime(2026, 5, 1, tzinfo=UTC)
    >>> code = Code(id="1", name="EARLY", origin=Origin(Cause.BY_HAND, "user:kim"), created_at=start, valid_until=start)
    >>> status_of(code, 0, start).value, status_of(code, 1, start).value
    ('valid', 'redeemed')
    """
    return _row(code, used, now, table).status


def obstacle_to(
    code: Code, used: int, now: datetime, event_id: str | None = None, table: Sequence[Row] = STATUSES
) -> CodeObstacle | None:
    """Tell what stands against redeeming a code *now*, in a booking of the event if one is named; None if nothing does.

    What its status says comes first, then a period that has not begun, then another event (CO-2).
    """
    obstacle = _row(code, used, now, table).obstacle
    if obstacle is not None:
        return obstacle
    if code.valid_from is not None and _is_before(now, code.valid_from):
        return CodeObstacle.NOT_YET_VALID
    if event_id is not None and code.event_id not in {None, event_id}:
        return CodeObstacle.OTHER_EVENT
    return None


def _row(code: Code, used: int, now: datetime, table: Sequence[Row]) -> Row:
    holding = set(_circumstances(code, used, now))
    return next(row for row in table if row.when in holding)


def _circumstances(code: Code, used: int, now: datetime) -> Iterator[Circumstance]:
    limit = limit_of(code)
    if code.withdrawn:
        yield Circumstance.WITHDRAWN
    if limit is not None and used >= limit:
        yield Circumstance.EXHAUSTED
    if code.valid_until is not None and _is_before(code.valid_until, now):
        yield Circumstance.OVER
    if code.use is CodeUse.MULTI_EVENT:
        yield Circumstance.FOR_EVENTS
    yield Circumstance.ANYHOW


def _is_before(moment: datetime, other: datetime) -> bool:
    # Both in UTC: two moments of one zone would be compared by their wall clocks.
    return moment.astimezone(UTC) < other.astimezone(UTC)
