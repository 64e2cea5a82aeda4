"""The story: what an organizer sets up, whom it creates by hand, and who books in which order.

Invitations name contacts by customer number, since contact IDs are drawn anew every time.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, TypeAlias

from doocore import Booker, ContactCenter, FieldType
from doocore_adapters.cattrs import booking_from_plain, event_from_plain

Json: TypeAlias = dict[str, Any]

LISTS: Mapping[str, str] = {"utf-8": "contacts.csv", "iso-8859-1": "contacts-latin1.csv"}
"""The list, by its encoding."""

_DATA = files("doocore_adapters.demo") / "data"
_ONE_DAY = timedelta(days=1)


def contact_list(encoding: str) -> bytes:
    """Give the list as a file in *encoding*."""
    return (_DATA / LISTS[encoding]).read_bytes()


class StoryClock:
    """A clock that stands still until the story goes on."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Give the story's present."""
        return self.moment


@dataclass(frozen=True, slots=True)
class Story:
    """What happens, in the words of the conformance vectors."""

    fields: tuple[Json, ...]
    events: tuple[Json, ...]
    also_create: tuple[Json, ...]
    bookings: tuple[Json, ...]

    @classmethod
    def read(cls) -> "Story":
        """Read the story that comes with the package."""
        found = json.loads((_DATA / "bookings.json").read_text("utf-8"))
        return cls(**{name: tuple(each) for name, each in found.items()})

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of the bookings, in the order in which they come."""
        return tuple(each["number"] for each in self.bookings)

    def clock(self) -> StoryClock:
        """Give a clock that stands on the day before the first booking."""
        return StoryClock(_moment(self.bookings[0]) - _ONE_DAY)

    def create_fields(self, center: ContactCenter) -> None:
        """Create the organizer's own fields, before the list comes."""
        for each in self.fields:
            center.fields.create(each["name"], FieldType(each["type"]), options=each.get("options", ()))

    def go_on(self, center: ContactCenter) -> None:
        """Open the events, and create the contacts that are not in the list, after it came."""
        for event in self.events:
            center.events.put(event_from_plain(event))
        for each in self.also_create:
            center.create_contact(each["values"], confirm_duplicate=True)

    def book(self, center: ContactCenter, clock: StoryClock, progress: Callable[[int, int], None]) -> None:
        """Let people book, each at its moment; *progress* is told how many of how many have."""
        ids = {each: center.contacts_by_customer_id(each)[0].id for each in self._invited()}
        shop = center.acting_as(Booker())
        for done, each in enumerate(self.bookings, start=1):
            clock.moment = _moment(each)
            shop.book(booking_from_plain(_without_numbers(each, ids)))
            progress(done, len(self.bookings))

    def _invited(self) -> Iterator[str]:
        for booking in self.bookings:
            for party in (booking["booker"], *booking["attendees"]):
                if "customer_id" in party.get("prefill", ()):
                    yield party["prefill"]["customer_id"]


def _moment(booking: Json) -> datetime:
    return datetime.fromisoformat(booking["at"]).astimezone(UTC)


def _without_numbers(booking: Json, ids: Mapping[str, str]) -> Json:
    """Give the booking as it is delivered: by contact IDs, and without its moment."""
    delivered = {key: value for key, value in booking.items() if key != "at"}
    return delivered | {
        "booker": _with_id(booking["booker"], ids),
        "attendees": [_with_id(each, ids) for each in booking["attendees"]],
    }


def _with_id(party: Json, ids: Mapping[str, str]) -> Json:
    prefill = party.get("prefill", {})
    if "customer_id" not in prefill:
        return party
    return party | {"prefill": {"contact": ids[prefill["customer_id"]], "email": prefill["email"]}}
