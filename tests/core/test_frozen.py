"""A mapping that never changes, and values that never change."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from doocore import FrozenDict
from tests.builders import contact

ADA: FrozenDict[str, Any] = FrozenDict(first_name="Ada", city="Ulm")


@pytest.mark.parametrize(
    "change",
    [
        lambda: ADA.__setitem__("city", "Bonn"),
        lambda: ADA.__delitem__("city"),
        lambda: ADA.__ior__({"city": "Bonn"}),
        ADA.clear,
        lambda: ADA.pop("city"),
        ADA.popitem,
        lambda: ADA.setdefault("title", "Dr."),
        lambda: ADA.update(city="Bonn"),
    ],
)
def test_nothing_changes_it(change: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="cannot be changed"):
        change()
    assert ADA == {"first_name": "Ada", "city": "Ulm"}


def test_every_method_that_changes_a_dict_is_refused() -> None:
    """Also one that a later Python adds: whatever `dict` has beyond reading is overwritten."""
    reading = {"copy", "fromkeys", "get", "items", "keys", "values"}
    public = {name for name in dir(dict) if not name.startswith("_")} | {"__setitem__", "__delitem__", "__ior__"}
    assert {name for name in public if getattr(FrozenDict, name) is FrozenDict._refuse} == public - reading


def test_it_equals_any_dict_with_the_same_items_in_any_order() -> None:
    assert ADA == {"city": "Ulm", "first_name": "Ada"}
    assert hash(ADA) == hash(FrozenDict(city="Ulm", first_name="Ada"))
    assert {ADA: 1}[FrozenDict(city="Ulm", first_name="Ada")] == 1


def test_it_is_shown_by_its_name() -> None:
    assert repr(FrozenDict(a=1)) == "FrozenDict({'a': 1})"


@pytest.mark.parametrize("copied", [pickle.loads(pickle.dumps(ADA)), copy.copy(ADA), copy.deepcopy(ADA)])  # noqa: S301, our own
def test_copies_are_frozen_too(copied: FrozenDict[str, Any]) -> None:
    assert copied == ADA
    assert type(copied) is FrozenDict


def test_a_value_of_the_core_is_hashable_to_the_bottom_and_cannot_be_changed() -> None:
    ada = contact("c1", ADA)
    assert {ada: 1}[contact("c1", city="Ulm", first_name="Ada")] == 1
    with pytest.raises(FrozenInstanceError):
        ada.version = 2  # type: ignore[misc]
