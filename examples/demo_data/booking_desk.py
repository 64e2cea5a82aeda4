"""Takes bookings down in the form of the conformance vectors, together with the decision each party should get."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from examples.demo_data.people import People, Person
from examples.demo_data.pools import INDUSTRIES, POSITIONS, Dice

Json = dict[str, object]
FIRST_DAY = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
DAYS = 88
WAKING_MINUTES = 16 * 60
NUMBER_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
ORDINARY_VALUES = ("first_name", "last_name", "company")

FREE_DAY = "branchentag-2026"
"""The event that is free, and where a changed address goes to another contact (`reassign`)."""
ACADEMY = "sommerakademie-2026"
"""The event that costs money, and where the invited contact stands (`keep`)."""
QUESTIONS: dict[str, list[dict[str, str]]] = {
    FREE_DAY: [
        {"id": "branche", "level": "attendee", "field": "Branche"},
        {"id": "position", "level": "attendee", "field": "Position"},
        {"id": "branche-buchung", "level": "booking", "field": "Branche"},
    ],
    ACADEMY: [
        {"id": "position", "level": "attendee", "field": "Position"},
        {"id": "branche", "level": "attendee", "field": "Branche"},
        {"id": "branche-buchung", "level": "booking", "field": "Branche"},
        {"id": "position-buchung", "level": "booking", "field": "Position"},
    ],
}
TICKETS = {
    FREE_DAY: (("Standard", "0.00"), ("Standard", "0.00"), ("Presse", "0.00")),
    ACADEMY: (("Regulär", "180.00"), ("Regulär", "180.00"), ("Ermäßigt", "90.00"), ("Referent", "0.00")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One party of a booking: who fills it in, what is written, and what is expected of it."""

    who: Person
    reason: str
    email: str | None = None
    """What is written as the address, where it is not the person's own; empty means that none is given."""
    prefill: Json | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ()
    synced: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Fields that are certain to be reported while the synchronization is off, by list."""

    @property
    def address(self) -> str:
        """The address as it is written into the form."""
        return self.who.email if self.email is None else self.email


@dataclass(frozen=True, slots=True)
class Taken:
    """One booking taken down."""

    when: float
    content: Json
    parties: tuple[tuple[str, Seat], ...]


class BookingDesk:
    """Hands out people to book, each known contact only once, and takes the bookings down."""

    def __init__(self, dice: Dice, contacts: Sequence[Person], people: People) -> None:
        self.dice = dice
        self.also_create: list[Json] = []
        self._waiting = dice.shuffled(contacts)
        self._people = people
        self._taken: list[Taken] = []
        self._numbers: set[str] = set()
        self._facts: dict[str, dict[str, str]] = {}

    def known(self, wanted: Callable[[Person], bool] = lambda _: True) -> Person:
        """Pick a contact from the list that has a name and was not picked before."""
        index = next(at for at, person in enumerate(self._waiting) if person.last_name and wanted(person))
        return self._waiting.pop(index)

    def invited(self) -> Person:
        """Pick a contact that has a customer number, by which a prefill can name it."""
        return self.known(lambda person: bool(person.customer_id))

    def mailbox(self) -> Person:
        """Pick a contact that has no name."""
        index = next(at for at, person in enumerate(self._waiting) if not person.last_name)
        return self._waiting.pop(index)

    def stranger(self) -> Person:
        """Draw somebody whose address is in no list."""
        return self._people.draw()

    def create(self, values: Mapping[str, str]) -> None:
        """Ask for a contact that is created by hand after the import."""
        self.also_create.append({"values": dict(values)})

    def either_event(self) -> str:
        """Pick an event where it does not matter which."""
        return self.dice.one_of((FREE_DAY, ACADEMY))

    def book(self, event: str, booker: Seat, *attendees: Seat, after: float = 0.0) -> float:
        """Take a booking down; the answer is its moment, for what must come later."""
        tickets = [self.dice.one_of(TICKETS[event]) for _ in attendees]
        content: Json = {"number": self._number(), "event": event, "booker": self._party(booker, event, "booking")}
        content["attendees"] = [
            self._party(seat, event, "attendee") | {"ticket": ticket, "price": price}
            for seat, (ticket, price) in zip(attendees, tickets, strict=True)
        ]
        content["payment"] = self._payment(price for _, price in tickets)
        names = ["booker", *(f"attendee:{place}" for place in range(1, len(attendees) + 1))]
        when = after + (1 - after) * self.dice.below(1_000_000) / 1_000_000
        self._taken.append(Taken(when, content, tuple(zip(names, (booker, *attendees), strict=True))))
        return when

    def bookings(self) -> list[Json]:
        """Give all bookings in the order of their moments."""
        return [{"at": _moment(taken.when), **taken.content} for taken in self._in_order()]

    def expected(self) -> Json:
        """Say how the parties are decided, and what the synchronization reports where that is certain."""
        seats = [seat for taken in self._in_order() for _, seat in taken.parties]
        return {
            "sync": "off",
            "count": len(seats),
            "reasons": dict(sorted(Counter(seat.reason for seat in seats).items())),
            "flags": dict(sorted(Counter(flag for seat in seats for flag in seat.flags).items())),
            "synced_at_least": [
                {"number": taken.content["number"], "party": name}
                | {key: list(seat.synced[key]) for key in seat.synced}
                for taken in self._in_order()
                for name, seat in taken.parties
                if seat.synced
            ],
        }

    def _in_order(self) -> list[Taken]:
        return sorted(self._taken, key=lambda taken: taken.when)

    def _party(self, seat: Seat, event: str, level: str) -> Json:
        own = {name: getattr(seat.who, name) for name in ORDINARY_VALUES if getattr(seat.who, name)}
        party: Json = {"email": seat.address} if seat.address else {}
        party["values"] = own | dict(seat.values)
        if answers := self._answers(seat, event, level):
            party["answers"] = answers
        if seat.prefill is not None:
            party["prefill"] = seat.prefill
        return party

    def _answers(self, seat: Seat, event: str, level: str) -> dict[str, str]:
        if seat.email == "" or (not seat.answers and self.dice.chance(0.3)):
            return {}
        facts = self._facts_of(seat.who) | dict(seat.answers)
        asked = [question for question in QUESTIONS[event] if question["level"] == level]
        return {question["id"]: facts[question["field"]] for question in asked}

    def _facts_of(self, person: Person) -> dict[str, str]:
        drawn = {"Branche": self.dice.one_of(INDUSTRIES), "Position": self.dice.one_of(POSITIONS)}
        facts = self._facts.setdefault(person.email, drawn)
        return facts | ({"Branche": person.industry} if person.industry else {})

    def _payment(self, prices: Iterable[str]) -> str:
        if all(price == "0.00" for price in prices):
            return "not_required"
        return self.dice.one_of(("paid", "paid", "paid", "pending"))

    def _number(self) -> str:
        while (number := f"TX-{self._letters(4)}-{self._letters(4)}") in self._numbers:
            pass
        self._numbers.add(number)
        return number

    def _letters(self, count: int) -> str:
        return "".join(self.dice.one_of(NUMBER_LETTERS) for _ in range(count))


def _moment(when: float) -> str:
    day, rest = divmod(when * DAYS, 1)
    moment = FIRST_DAY + dt.timedelta(days=day, minutes=int(rest * WAKING_MINUTES))
    return moment.strftime("%Y-%m-%dT%H:%M:00Z")
