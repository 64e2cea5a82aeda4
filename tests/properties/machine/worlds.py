"""Worlds: one contact center in each store, all with the same clock and the same IDs, in which the same things happen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TypeAlias

from doocore import ContactCenter
from doocore.ports import OrganizationStore, Store
from tests.builders import SteadyClock
from tests.properties.machine.post import Post
from tests.properties.machine.seeing import Seen, look
from tests.properties.strategies import Deed, done, open_center

OpenStore: TypeAlias = Callable[[], AbstractContextManager[Store]]
"""Opens a store for as long as a run lasts."""


class DisagreementError(AssertionError):
    """Two stores do not answer the same, or do not hold the same."""

    def __init__(self, what: str, first: object, second: object) -> None:
        super().__init__(f"{what}\n  {first!r}\n  {second!r}")


@dataclass(slots=True)
class World:
    """One contact center over one store, and what was seen of it last."""

    name: str
    center: ContactCenter
    clock: SteadyClock
    seen: Seen = field(default_factory=dict)

    @classmethod
    def over(cls, name: str, store: OrganizationStore) -> "World":
        """Open a contact center that has two fields of its own and two events that are live."""
        center = open_center(store, mailer=Post())
        clock = center._shell.clock
        assert isinstance(clock, SteadyClock)
        return cls(name, center, clock)

    def look(self) -> Seen:
        """Look at everything."""
        self.seen = look(self.center, self.seen)
        return self.seen


class Worlds:
    """The same world in several stores."""

    def __init__(self, worlds: Sequence[World]) -> None:
        self._worlds = worlds
        self.seen: Seen = {}
        self.look()

    @property
    def first(self) -> ContactCenter:
        """One of the contact centers, for looking only."""
        return self._worlds[0].center

    def pass_time(self, by: timedelta) -> None:
        """Let time pass everywhere."""
        for each in self._worlds:
            each.clock.moment += by

    def do(self, deed: Deed) -> object:
        """Do the same everywhere, and give the answer, if it is the same."""
        first, *others = self._worlds
        answer = done(deed, first.center)
        for other in others:
            answered = done(deed, other.center)
            if answered != answer:
                raise DisagreementError(f"{first.name} and {other.name} answer {deed} with", answer, answered)
        return answer

    @property
    def now(self) -> datetime:
        """What time it is everywhere."""
        return self._worlds[0].clock.moment

    def look(self) -> Seen:
        """Look at everything everywhere, and give it, if it is the same."""
        first, *others = self._worlds
        self.seen = first.look()
        for other in others:
            seen = other.look()
            for noun, value in self.seen.items():
                if seen[noun] != value:
                    raise DisagreementError(f"{first.name} and {other.name} have different {noun}:", value, seen[noun])
        return self.seen


_numbers = count(1)


@contextmanager
def opened(stores: Mapping[str, OpenStore]) -> Iterator[Callable[[], Worlds]]:
    """Open the stores; give what makes worlds in them, in organizations that have nothing yet."""
    with ExitStack() as stack:
        open_stores = {name: stack.enter_context(open_store()) for name, open_store in stores.items()}

        def make() -> Worlds:
            organization = f"machine-{next(_numbers)}"
            return Worlds([World.over(name, store.organization(organization)) for name, store in open_stores.items()])

        yield make
