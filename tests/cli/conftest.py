"""The command as tests call it: in this process, in an empty folder, at a width that is always the same."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from doocore_adapters.cli import main


@dataclass(frozen=True)
class Answered:
    """What the command gave: its exit status, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # noqa: ANN401, JSON is any value
        """The answer as JSON; nothing else was written."""
        assert self.err == ""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Everything that was said, whatever the line breaks."""
        return " ".join((self.out + self.err).split())


Doocore: TypeAlias = Callable[..., Answered]


@pytest.fixture
def doocore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doocore:
    """Run the command with these arguments in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Answered:
        capsys.readouterr()
        status = main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return Answered(status, out, err)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, object], Path]:
    """Write a file into that folder: text as it is, anything else as JSON."""

    def write_file(name: str, content: object) -> Path:
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (tmp_path / name).write_text(text, "utf-8", newline="")
        return Path(name)

    return write_file
