"""No call names another organization's record, and whoever guesses an ID of one is none the wiser (PR-1).

Whatever there is to call is called in our organization with what exists in another one, and with what exists nowhere:
the answers are the same, and the other organization stays as it was, to the last column.
"""

import inspect
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doocore import ContactCenter, DooCoreError, contact_center, ports
from doocore.changes import WRITTEN_IN_ORDER, Change
from doocore_adapters.memory import MemoryStore
from tests.databases import empty
from tests.organizations import changing, doors, reading, worlds
from tests.organizations.changing import CHANGES
from tests.organizations.doors import CALLS, HARMLESS
from tests.organizations.reading import QUESTIONS, Question
from tests.organizations.worlds import FOREIGN, UNKNOWN, Keys, World

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture(scope="module", params=STORES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all questions: what one of them spoiled, the next would see."""
    with opened(request, tmp_path_factory.mktemp("world")) as world:
        yield world


def opened(request: pytest.FixtureRequest, folder: Path) -> Any:  # noqa: ANN401, a context of a world
    """Make the world in the store of this name."""
    if request.param == "memory":
        return worlds.in_memory()
    if request.param == "sqlite":
        return worlds.in_a_file(folder)
    dsn = request.getfixturevalue("databases").migrated()
    empty(dsn)
    return worlds.on_a_server(dsn)


def public(cls: type) -> set[str]:
    """Name what can be called or read of a class."""
    return {
        name
        for name, value in inspect.getmembers(cls)
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }


def returned(cls: type, name: str) -> object:
    """Tell what a property gives."""
    return typing.get_type_hints(vars(cls)[name].fget)["return"]


def nouns(cls: type, within: str) -> dict[str, type]:
    """Find the properties that give what has methods of its own."""
    found = {name: returned(cls, name) for name, value in vars(cls).items() if isinstance(value, property)}
    return {
        name: type_ for name, type_ in found.items() if isinstance(type_, type) and type_.__module__.startswith(within)
    }


def repositories() -> dict[str, type]:
    """Find what can be read of an organization."""
    return nouns(ports.Snapshot, ports.__name__)


def readings() -> set[str]:
    return {f"{noun}.{name}" for noun, protocol in repositories().items() for name in public(protocol)}


def calls() -> set[str]:
    """Find all that can be called of a contact center and its nouns."""
    inner = nouns(ContactCenter, contact_center.__name__)
    own = public(ContactCenter) - inner.keys()
    fields = {name: set(getattr(type_, "__dataclass_fields__", ())) for name, type_ in inner.items()}
    return own | {f"{noun}.{name}" for noun, type_ in inner.items() for name in public(type_) - fields[noun]}


def complaint(module: Any, what: set[str]) -> str:  # noqa: ANN401, a module
    return (
        f"{module.__file__} does not know {sorted(what)}: add a row for each, with a call for every ID, name or other key"
        " that it takes, so that it is tried with those of another organization (PR-1)"
    )


class TestComplete:
    """What is not tried is not known to be safe."""

    def test_every_method_of_every_repository_is_tried(self) -> None:
        assert len(readings()) > 25
        assert readings() - QUESTIONS.keys() == set(), complaint(reading, readings() - QUESTIONS.keys())
        assert QUESTIONS.keys() - readings() == set(), f"no more in the port: {sorted(QUESTIONS.keys() - readings())}"

    def test_every_kind_of_change_is_tried(self) -> None:
        unknown = {kind.__name__ for kind in set(WRITTEN_IN_ORDER) - CHANGES.keys()}
        assert unknown == set(), complaint(changing, unknown)
        assert set(typing.get_args(Change)) == set(WRITTEN_IN_ORDER)

    def test_every_method_of_the_contact_center_is_tried(self) -> None:
        tried = CALLS.keys() | HARMLESS.keys()
        assert len(calls()) > 40
        assert calls() - tried == set(), complaint(doors, calls() - tried)
        assert tried - calls() == set(), f"no more in the contact center: {sorted(tried - calls())}"

    def test_a_store_and_a_transaction_have_no_other_way_in(self) -> None:
        """Whatever takes a key beside the repositories, `apply` and the locks would have to be tried here too."""
        assert public(ports.Transaction) - repositories().keys() == {"apply"}
        assert public(ports.Snapshot) == repositories().keys()
        assert public(ports.OrganizationStore) == {"organization_id", "transaction", "snapshot"}
        assert public(ports.Store) == {"organization", "migrate", "close"}

    def test_a_method_without_a_row_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever adds one is told what to do."""

        def new_method() -> None: ...

        monkeypatch.setattr(ports.ContactReading, "by_phone", new_method, raising=False)
        assert readings() - QUESTIONS.keys() == {"contacts.by_phone"}
        assert "add a row" in complaint(reading, {"contacts.by_phone"})
        monkeypatch.setattr(ContactCenter, "merge", new_method, raising=False)
        assert "merge" in calls() - CALLS.keys()


def outcome(run: Any, keys: Keys) -> str:  # noqa: ANN401, whatever can be called
    """Tell what comes out, be it an error, in words that are the same for all keys."""
    try:
        return keys.told(run())
    except (DooCoreError, ValueError) as error:
        return keys.told((type(error).__name__, error.args))


def asked(organization: Any, name: str, question: Question, keys: Keys) -> str:  # noqa: ANN401
    """Ask a repository of an organization."""
    with organization.snapshot() as view:
        return outcome(lambda: question(getattr(view, name.partition(".")[0]), keys), keys)


def called(world: World, organization: Any, name: str, call: Question, keys: Keys) -> str:  # noqa: ANN401
    """Call a method of the contact center of an organization."""
    noun, dot, _ = name.partition(".")
    center = world.center(organization)
    return outcome(lambda: call(getattr(center, noun) if dot else center, keys), keys)


def applied(organization: Any, make: changing.Making, keys: Keys) -> str:  # noqa: ANN401
    """Make a change in an organization."""
    return outcome(lambda: worlds.apply(organization, make(keys)), keys)


def answers(world: World) -> dict[str, str]:
    """Ask the other organization itself for what it has."""
    return {
        f"{name} {place}": asked(world.other, name, question, FOREIGN)
        for name, questions in QUESTIONS.items()
        for place, question in enumerate(questions)
    }


class TestStrangers:
    """Whatever a stranger asks for or wants done, it is as if there were no such thing; and there it stays as it was."""

    @pytest.fixture(autouse=True)
    def nothing_changes_there(self, world: World) -> Iterator[None]:
        yield
        assert world.content() == world.beginning

    @pytest.mark.parametrize("name", QUESTIONS)
    def test_nothing_of_another_organization_can_be_read(self, world: World, name: str) -> None:
        """It is as where there is no other organization at all."""
        ours, alone = world.ours(), MemoryStore().organization("alone")
        worlds.apply(alone, *worlds.OWN)
        for question in QUESTIONS[name]:
            answer = asked(ours, name, question, FOREIGN)
            assert answer == asked(ours, name, question, UNKNOWN) == asked(alone, name, question, FOREIGN)

    @pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.__name__)
    def test_nothing_of_another_organization_can_be_changed(self, world: World, kind: type[Change]) -> None:
        for make in CHANGES[kind]:
            assert isinstance(make(FOREIGN), kind)
            assert applied(world.ours(), make, FOREIGN) == applied(world.ours(), make, UNKNOWN)

    @pytest.mark.parametrize("name", CALLS)
    def test_the_contact_center_knows_nothing_of_another_organization(self, world: World, name: str) -> None:
        for call in CALLS[name]:
            with_foreign = called(world, world.ours(), name, call, FOREIGN)
            assert with_foreign == called(world, world.ours(), name, call, UNKNOWN)


class TestTwins:
    """Where two organizations have all IDs in common, each has its own records all the same."""

    @pytest.fixture(autouse=True)
    def nothing_changes_there(self, world: World) -> Iterator[None]:
        yield
        assert world.content() == world.beginning

    def test_each_reads_its_own(self, world: World) -> None:
        twin = world.twin()
        for name, questions in QUESTIONS.items():
            for question in questions:
                assert asked(twin, name, question, FOREIGN) == asked(world.other, name, question, FOREIGN)

    @pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.__name__)
    def test_each_changes_its_own(self, world: World, kind: type[Change]) -> None:
        twin = world.twin()
        for make in CHANGES[kind]:
            applied(twin, make, FOREIGN)

    @pytest.mark.parametrize("name", CALLS)
    def test_each_calls_its_own(self, world: World, name: str) -> None:
        twin = world.twin()
        for call in CALLS[name]:
            called(world, twin, name, call, FOREIGN)


class TestAtHome:
    """The same calls, made where the records are, find and change them: otherwise it would prove nothing to make them."""

    @pytest.mark.parametrize("name", QUESTIONS)
    def test_every_question_finds_something(self, name: str) -> None:
        with worlds.in_memory() as world:
            ours = world.ours()
            found = [asked(world.other, name, each, FOREIGN) for each in QUESTIONS[name]]
            assert found != [asked(ours, name, each, FOREIGN) for each in QUESTIONS[name]]

    @pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.__name__)
    def test_every_change_meets_something(self, kind: type[Change]) -> None:
        assert any(self._meets(lambda _, at, make=make: applied(at, make, FOREIGN)) for make in CHANGES[kind])

    @pytest.mark.parametrize("name", CALLS)
    def test_every_call_meets_something(self, name: str) -> None:
        assert any(
            self._meets(lambda world, at, call=call: called(world, at, name, call, FOREIGN)) for call in CALLS[name]
        )

    def _meets(self, do: Callable[..., str]) -> bool:
        """Tell whether it makes a difference where something is done."""
        with worlds.in_memory() as world:
            before = answers(world)
            elsewhere = do(world, world.ours())
            return do(world, world.other) != elsewhere or answers(world) != before
