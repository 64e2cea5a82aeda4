"""Whatever happens to codes and bookings, no use is given away twice, and none is lost (CO-2, CO-4).

A plain record of what happened beside the contact center tells after every step what each code must show.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from doocore import CodeNotRedeemableError, CodeUse, InvalidBookingError
from tests.builders import NOW, SteadyClock, booking, live_event, new_center, party

HOURS = st.integers(0, 3)
NAMES = ("STRASSE", "Früh", "🦄")
NUMBERS = tuple(f"TX-AAAA-000{number}" for number in range(4))
EVENTS = ("e1", "e2")


@dataclass(frozen=True)
class Terms:
    """What a code is created with; hours count from the beginning."""

    use: CodeUse
    limit: int | None
    starts: int | None
    ends: int | None
    event: str | None


@dataclass
class Known:
    """What a person with pencil and paper would keep of a code."""

    terms: Terms
    withdrawn: bool = False
    used_in: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Deed:
    """Something that happens, perhaps to this code, spelled one way or another, or to this booking."""

    what: str
    name: str
    spelling: int
    number: str

    @property
    def typed(self) -> str:
        return (self.name, f" {self.name.lower()} ", self.name.upper())[self.spelling]


terms = st.builds(
    Terms,
    st.sampled_from(CodeUse),
    st.none() | st.integers(1, 3),
    st.none() | HOURS,
    st.none() | HOURS,
    st.none() | st.sampled_from(EVENTS),
).map(
    lambda made: replace(
        made,
        limit=None if made.use is CodeUse.SINGLE else made.limit,
        event=None if made.use is CodeUse.MULTI_EVENT else made.event,
        starts=None if made.ends is not None and made.starts is not None and made.starts > made.ends else made.starts,
    )
)


class World:
    """A contact center with three codes and four bookings, and the record beside it."""

    def __init__(self, created: Sequence[Terms]) -> None:
        self.clock = SteadyClock()
        self.center = new_center(clock=self.clock)
        self.center.events.put(live_event("e2"))
        self.known = dict(zip(NAMES, map(Known, created), strict=True))
        self.event_of = dict(zip(NUMBERS, EVENTS * 2, strict=True))
        self.cancelled: set[str] = set()
        for name, each in zip(NAMES, created, strict=True):
            starts, ends = (None if hour is None else NOW + timedelta(hours=hour) for hour in (each.starts, each.ends))
            self.center.codes.create(
                name, use=each.use, limit=each.limit, event=each.event, valid_from=starts, valid_until=ends
            )
        for number, event_id in self.event_of.items():
            self.center.book(booking(party(), number=number, event_id=event_id))

    def wait(self, _deed: Deed) -> None:
        self.clock.move(minutes=30)

    def withdraw(self, deed: Deed) -> None:
        self.center.codes.withdraw(deed.typed)
        self.known[deed.name].withdrawn = True

    def cancel(self, deed: Deed) -> None:
        self.center.bookings.cancel(deed.number)
        self.cancelled.add(deed.number)
        for each in self.known.values():
            each.used_in = [number for number in each.used_in if number != deed.number]

    def redeem(self, deed: Deed) -> None:
        kept = self.known[deed.name]
        had = deed.number in kept.used_in
        may = deed.number not in self.cancelled and (had or self.is_open(kept, self.event_of[deed.number]))
        assert went_well(lambda: self.center.codes.redeem(deed.typed, deed.number)) is may
        if may and not had:
            kept.used_in.append(deed.number)

    def book(self, deed: Deed) -> None:
        number = f"TX-BBBB-{len(self.event_of):04}"
        may = self.is_open(self.known[deed.name], "e1")
        delivery = replace(booking(party(), number=number), codes=[deed.typed, deed.name])
        assert went_well(lambda: self.center.book(delivery)) is may
        assert (number in {each.number for each in self.center.bookings.all()}) is may
        if may:
            self.event_of[number] = "e1"
            self.known[deed.name].used_in.append(number)

    def is_open(self, kept: Known, event_id: str | None = None) -> bool:
        """Tell whether a code can be redeemed, at any event or at this one."""
        said = kept.terms
        most = 1 if said.use is CodeUse.SINGLE else said.limit
        hours = (self.clock.moment - NOW) / timedelta(hours=1)
        return (
            not kept.withdrawn
            and (most is None or len(kept.used_in) < most)
            and (said.starts is None or hours >= said.starts)
            and (said.ends is None or hours <= said.ends)
            and (event_id is None or said.event in {None, event_id})
        )

    def check(self) -> None:
        """Hold what the contact center shows against the record."""
        for name, kept in self.known.items():
            found = self.center.codes.get(name)
            assert sorted(found.used_in) == sorted(kept.used_in)
            assert found.redeemable is self.is_open(kept)
            assert found.limit is None or len(found.used_in) <= found.limit


DEEDS: Mapping[str, Callable[[World, Deed], None]] = {
    "wait": World.wait,
    "withdraw": World.withdraw,
    "cancel": World.cancel,
    "redeem": World.redeem,
    "book": World.book,
}

deeds = st.builds(
    Deed,
    st.sampled_from((*DEEDS, *["redeem"] * 3)),
    st.sampled_from(NAMES),
    st.integers(0, 2),
    st.sampled_from(NUMBERS),
)


@given(st.lists(terms, min_size=3, max_size=3), st.lists(deeds, max_size=25))
def test_every_use_is_given_once_and_comes_back_when_its_booking_is_cancelled(
    created: Sequence[Terms], happens: Sequence[Deed]
) -> None:
    """Whether a code can be redeemed, and where it was, is what the record says."""
    world = World(created)
    for deed in happens:
        DEEDS[deed.what](world, deed)
        world.check()


def went_well(act: Callable[[], object]) -> bool:
    """Try something, and tell whether the code or the booking stood against it."""
    try:
        act()
    except (CodeNotRedeemableError, InvalidBookingError):
        return False
    return True
