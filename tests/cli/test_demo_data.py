"""The demo's files are what their makers make: nobody edited them by hand."""

from importlib.resources import files

import pytest

from examples.demo_data.make_data import DATA, main
from examples.demo_data.make_data import files as made

MADE = made()


@pytest.mark.parametrize("name", MADE)
def test_a_shipped_file_is_what_the_maker_makes(name: str) -> None:
    assert (files("doocore_adapters.demo") / "data" / name).read_bytes() == MADE[name]


def test_nothing_else_is_shipped() -> None:
    assert {each.name for each in (files("doocore_adapters.demo") / "data").iterdir()} == MADE.keys()


def test_the_maker_writes_into_the_package(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DATA.parts[-3:] == ("doocore_adapters", "demo", "data")
    folder = tmp_path_factory.mktemp("made") / "data"
    monkeypatch.setattr("examples.demo_data.make_data.DATA", folder)
    main()
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == MADE
