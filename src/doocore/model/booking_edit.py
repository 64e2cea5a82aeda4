"""Edits of a booking after its delivery: what staff changes, and later the booker in the portal (BO-6, BP-3)."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from doocore.model.booking import Attendee
from doocore.model.fields import Entered, entered

THE_BOOKER: Final = 0
"""The booker's place in a booking; attendees count from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeValue:
    """What a party gave for a contact field becomes something else; blank clears it. The address is a field like others.

    `party` is its place in the booking, `field` the field's key, name or label.
    """

    party: int = THE_BOOKER
    field: str
    value: Entered

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", entered(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAnswer:
    """A party's answer to a question of the event, by its ID, becomes another; blank clears it."""

    party: int = THE_BOOKER
    question: str
    value: Entered

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", entered(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProduct:
    """A product of the event, by its ID, is booked as well, or once more."""

    product: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveProduct:
    """A product is booked no more; of several equal ones, one."""

    product: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAttendee:
    """An attendee's ticket is cancelled."""

    attendee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBooking:
    """The booking is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTicketCategory:
    """An attendee gets a ticket of another category."""

    attendee: int
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAttendee:
    """A further attendee is booked, decided about like those of a delivery (AS-10)."""

    attendee: Attendee = field(default_factory=Attendee)


BookingEdit: TypeAlias = (
    ChangeValue
    | ChangeAnswer
    | AddProduct
    | RemoveProduct
    | CancelAttendee
    | CancelBooking
    | ChangeTicketCategory
    | AddAttendee
)
"""One edit; several of them are one change of the booking."""
