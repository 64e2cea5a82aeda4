"""Benchmarks run by hand (`pytest -m benchmark`), and show what they measured whatever pytest captures."""

from collections.abc import Callable

import pytest


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str, str], None]:
    """Print a heading and a table past pytest's capture."""

    def shown(heading: str, table: str) -> None:
        with capsys.disabled():
            print(f"\n\n{heading}\n{table}")  # noqa: T201, showing figures is what a benchmark is for

    return shown
