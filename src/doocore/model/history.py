"""How it came about: the envelope of a change, a contact's origin, and the entries of its history (HI-1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from doocore.model.fields import Entered, FieldValues
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import BookingNumber
from doocore.model.organization import Actor
from doocore.model.word import Word


class Cause(Word):
    """Through what a change came."""

    BOOKING = "booking"
    IMPORT = "import"
    BY_HAND = "by_hand"
    PORTAL = "portal"
    MERGE = "merge"
    UNDO = "undo"
    MESSAGE = "message"
    SYSTEM = "system"


def require_offset(moment: datetime) -> datetime:
    """Give a moment back, or raise `ValueError` where it has no offset: then nobody knows which moment is meant.

    >>> require_offset(datetime(2026, 5, 1, 18, 0))
    Traceback (most recent call last):
    ValueError: 2026-05-01T18:00:00 has no offset: give a moment, such as datetime.now(UTC), not a local time
    """
    if moment.tzinfo is None:
        raise ValueError(
            f"{moment.isoformat()} has no offset: give a moment, such as datetime.now(UTC), not a local time"
        )
    return moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What all changes of one transaction have in common: why, who, when (PR-4, HI-1).

    `reference` names the booking, import or merge; empty where a change stands for itself. A moment without an offset
    is refused with `ValueError`.
    """

    cause: Cause
    actor: Actor
    at: datetime
    reference: str = ""

    def __post_init__(self) -> None:
        require_offset(self.at)


class Origin(NamedTuple):
    """Where a record comes from, kept on the record, so that creating it writes no value twice.

    `row` is the line of an import's file, or None. A tuple, as an import makes one for each row.
    """

    cause: Cause
    actor: str
    reference: str = ""
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change of one contact: what was before, what is after, of the fields that changed only.

    A subscription stands under its own name with the word of its state; what was blank is not in `before`.
    `version` is the contact's version that this change made, so that any past state is the present one walked back.
    """

    contact_id: str
    version: int
    at: datetime
    actor: str
    cause: Cause
    reference: str
    row: int | None
    rules: tuple[str, ...]
    before: FieldValues
    after: FieldValues


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingHistoryEntry:
    """One change of one booking after its delivery: what was before and what is after, of what changed only (BP-7).

    Keys say where in the booking it stands: `payment`, `booker.email`, `attendees[1].values.last_name`. What was not
    there is not in `before`. `version` is the booking's version that this change made.
    """

    number: BookingNumber
    version: int
    at: datetime
    actor: str
    cause: Cause
    reference: str
    rules: tuple[str, ...]
    before: FrozenDict[str, Entered]
    after: FrozenDict[str, Entered]
