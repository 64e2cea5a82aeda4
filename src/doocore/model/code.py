"""Codes that people type when they book: for a better price, or to get in at all (CO-1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, NewType

from doocore.model.history import Origin, require_offset
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.model.word import Word

CodeId = NewType("CodeId", str)


class CodeType(Word):
    """What a code is good for: a better price, or getting in (CO-1)."""

    PROMOTION = "promotion"
    ACCESS = "access"


class CodeUse(Word):
    """How often a code can be used: once, several times, or at several events (CO-1)."""

    SINGLE = "single"
    MULTI = "multi"
    MULTI_EVENT = "multi_event"


class CodeStatus(Word):
    """Where a code stands; the order is the precedence: the first that holds is shown (CO-2)."""

    INVALID = "invalid"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    MULTI_EVENT = "multi_event"
    VALID = "valid"


class CodeObstacle(Word):
    """Why a code cannot be redeemed: what `CodeNotRedeemableError.reason` says."""

    WITHDRAWN = "withdrawn"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_EVENT = "other_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A promotion or access code (CO-1). People type its `name`; case and white space around it do not count.

    `limit` is how many bookings can use it, None where any number can; a single-use code needs none. With `event_id` it
    is for that event alone. `valid_from` and `valid_until` both still count. `contact_id` is whom it is personal to.
    """

    id: CodeId
    name: str
    origin: Origin
    created_at: datetime
    type: CodeType = CodeType.ACCESS
    use: CodeUse = CodeUse.SINGLE
    limit: int | None = None
    event_id: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    contact_id: ContactId | None = None
    withdrawn: bool = False
    version: int = 1

    def __post_init__(self) -> None:
        for moment in (self.created_at, self.valid_from, self.valid_until):
            if moment is not None:
                require_offset(moment)


class Redemption(NamedTuple):
    """A booking in which a code was redeemed; it counts unless the booking was cancelled since (CO-4)."""

    number: BookingNumber
    event_id: str
    at: datetime
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDetails:
    """A code with where it stands now, and every booking that has redeemed it, the first one first (CO-2).

    `limit` is how many bookings can use it in all; None where any number can.
    """

    code: Code
    status: CodeStatus
    redeemable: bool
    limit: int | None = None
    redemptions: tuple[Redemption, ...] = ()

    @property
    def used_in(self) -> tuple[BookingNumber, ...]:
        """Number the bookings that count: those that were not cancelled."""
        return tuple(each.number for each in self.redemptions if not each.cancelled)
