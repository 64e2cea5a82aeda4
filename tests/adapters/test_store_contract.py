"""The contract drives the whole port, and whatever a store gets wrong, some claim of it says so."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doocore import changes, ports
from doocore.changes import WRITTEN_IN_ORDER
from doocore.model.deletion import Belongings
from doocore.model.identifiers import IdentifierKey
from doocore.ports import Store
from doocore.testing import StoreContract
from doocore.testing import store as claims
from doocore_adapters.memory import MemoryStore, reading, records, store, writing

SOURCES = "\n".join(path.read_text("utf-8") for path in sorted(Path(claims.__path__[0]).glob("*.py")))
REPOSITORIES = {
    name: getattr(ports, annotation.fget.__annotations__["return"].__name__)
    for name, annotation in vars(ports.Snapshot).items()
    if isinstance(annotation, property) and annotation.fget is not None
}


def methods(protocol: type) -> list[str]:
    return [name for name, value in vars(protocol).items() if inspect.isfunction(value) and not name.startswith("_")]


def test_the_contract_calls_every_method_of_the_port() -> None:
    """What is not called is not promised."""
    called = {
        ast.unparse(node.func).split(".", 1)[-1]
        for node in ast.walk(ast.parse(SOURCES))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    reading_calls = {f"{noun}.{method}" for noun, protocol in REPOSITORIES.items() for method in methods(protocol)}
    assert len(reading_calls) > 20
    assert reading_calls - called == set()
    others = {method for each in (ports.Transaction, ports.OrganizationStore, ports.Store) for method in methods(each)}
    assert others >= {"apply", "transaction", "snapshot", "organization", "migrate", "close"}
    assert others - {call.rpartition(".")[2] for call in called} == set()


def test_the_contract_makes_every_kind_of_change() -> None:
    assert set(WRITTEN_IN_ORDER) == set(changes.Change.__args__)
    made = {node.id for node in ast.walk(ast.parse(SOURCES)) if isinstance(node, ast.Name)}
    assert {kind.__name__ for kind in WRITTEN_IN_ORDER} - made == set()


def first_broken_claim() -> str | None:
    """Run the claims against the memory store until one fails, and name it."""

    class Contract(StoreContract):
        def make_store(self) -> Store:
            return MemoryStore()

    for name in sorted(name for name in dir(Contract) if name.startswith("test_")):
        try:
            getattr(Contract(), name)()
        except Exception:  # noqa: BLE001, any failure will do
            return name
    return None


def nothing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Give what *method* gives where there is nothing."""
    answers: dict[str, Any] = {"int": 0, "OrganizationSettings": reading.DEFAULT_SETTINGS, "frozenset": frozenset()}
    annotation = inspect.signature(method).return_annotation
    name = getattr(annotation, "__origin__", annotation)
    answers |= {"tuple": (), "Mapping": {}, "Iterator": iter(()), "UnionType": None}
    answers |= {"Generator": iter(()), "Belongings": Belongings()}
    answer = answers[getattr(name, "__name__", type(name).__name__)]
    return lambda *_, **__: answer


READERS = [
    (cls, method)
    for cls in (
        reading.Contacts,
        reading.Groups,
        reading.Fields,
        reading.Events,
        reading.Bookings,
        reading.Codes,
        reading.Invitations,
        reading.Imports,
        reading.History,
        reading.Settings,
    )
    for method in methods(cls)
]
WRITERS = methods(writing.Writing)


@pytest.mark.parametrize(("repository", "method"), READERS, ids=[f"{cls.__name__}.{name}" for cls, name in READERS])
def test_a_reader_that_finds_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch, repository: type, method: str) -> None:
    monkeypatch.setattr(repository, method, nothing(getattr(repository, method)))
    assert first_broken_claim() is not None


@pytest.mark.parametrize("method", WRITERS)
def test_a_writer_that_writes_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    kind = next(kind for kind, writer in writing._WRITERS.items() if writer.__name__ == method)
    monkeypatch.setitem(writing._WRITERS, kind, lambda *_: None)
    assert first_broken_claim() is not None


def keep_after_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.MemoryTransaction, "undo", lambda _: None)


def keep_half_of_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    undo_to = records.Journal.undo_to
    monkeypatch.setattr(records.Journal, "undo_to", lambda self, mark: undo_to(self, mark) if mark == 0 else None)


def one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def organization(self: MemoryStore, organization_id: str) -> store.MemoryOrganization:
        everybody = self._organizations.setdefault("everybody", records.Records())
        return store.MemoryOrganization(organization_id, everybody, self._turn)

    monkeypatch.setattr(MemoryStore, "organization", organization)


def never_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.MemorySnapshot, "end", lambda _: None)


def in_order_of_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    def group_as_given(given: list[changes.Change]) -> dict[type[changes.Change], list[changes.Change]]:
        kinds: dict[type[changes.Change], list[changes.Change]] = {}
        for change in given:
            kinds.setdefault(type(change), []).append(change)
        return kinds

    monkeypatch.setattr(writing, "group_by_kind", group_as_given)


def first_holder_only(monkeypatch: pytest.MonkeyPatch) -> None:
    holders = reading._holders
    monkeypatch.setattr(reading, "_holders", lambda *given: sorted(holders(*given))[:1])


def without_sorting_holders(monkeypatch: pytest.MonkeyPatch) -> None:
    holders = reading.Contacts.holders
    monkeypatch.setattr(
        reading.Contacts, "holders", lambda *given: {key: ids[::-1] for key, ids in holders(*given).items()}
    )


def without_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_last", lambda merged, each: merged[each])


def folding_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    put = records.Journal.put

    def put_folded(self: records.Journal, table: dict[Any, Any], key: object, value: object) -> None:
        put(self, table, key._replace(key=key.key.casefold()) if isinstance(key, IdentifierKey) else key, value)

    monkeypatch.setattr(records.Journal, "put", put_folded)


def joining_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    join = writing.Writing.join_group

    def leave_and_join(self: writing.Writing, change: changes.JoinGroup) -> None:
        self._leave(change.group_id, change.contact_id)
        join(self, change)

    monkeypatch.setitem(writing._WRITERS, changes.JoinGroup, leave_and_join)


@pytest.mark.parametrize(
    "sabotage",
    [
        keep_after_errors,
        keep_half_of_what_is_refused,
        one_for_all,
        never_over,
        in_order_of_coming,
        first_holder_only,
        without_sorting_holders,
        without_chains,
        folding_keys,
        joining_anew,
    ],
)
def test_a_store_that_breaks_its_word_is_noticed(
    monkeypatch: pytest.MonkeyPatch, sabotage: Callable[[pytest.MonkeyPatch], None]
) -> None:
    sabotage(monkeypatch)
    assert first_broken_claim() is not None


def test_a_store_that_keeps_its_word_breaks_no_claim() -> None:
    assert first_broken_claim() is None


def test_every_claim_says_what_it_claims() -> None:
    """The docstring is the claim; the suite is read as the port's documentation."""
    names = [name for name in dir(StoreContract) if name.startswith("test_")]
    assert [name for name in names if not getattr(StoreContract, name).__doc__.endswith((".", ").", "`)."))] == []


def test_no_claim_hides_another() -> None:
    """Two claims of one name in different classes: only the first would be heard."""
    names = [name for each in StoreContract.__mro__ for name in vars(each) if name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
