"""Races: processes that are let go at the same moment, all with the same store."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from doocore import ContactCenter
from tests.racing.racer import PATIENCE, opened

RACER = Path(__file__).with_name("racer.py")


class Races:
    """Some processes, started when they are first needed, and used again for every race."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def run(self, *tasks: Mapping[str, Any]) -> list[Any]:
        """Let as many processes as there are tasks go at once, and give their answers in that order."""
        racers = self._racers(len(tasks))
        for racer, task in zip(racers, tasks, strict=True):
            _say(racer, json.dumps(task))
        said = self._heard(racers)
        assert said == ["ready\n"] * len(tasks), said
        for racer in racers:
            _say(racer, "go")
        answers = [json.loads(each) for each in self._heard(racers)]
        assert [each["error"] for each in answers if "error" in each] == []
        return [each["answer"] for each in answers]

    def stop(self) -> None:
        """Let all processes end."""
        for each in self._processes:
            each.communicate(timeout=PATIENCE)

    def _racers(self, count: int) -> Sequence[subprocess.Popen[str]]:
        while len(self._processes) < count:
            command = [sys.executable, str(RACER)]
            racer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._processes.append(racer)
        return self._processes[:count]

    def _heard(self, racers: Sequence[subprocess.Popen[str]]) -> list[str]:
        """Give a line of each; a race that nobody wins ends with all of them killed."""
        with ThreadPoolExecutor(len(racers)) as threads:
            lines = [threads.submit(_line, each) for each in racers]
            try:
                return [each.result(PATIENCE) for each in lines]
            except TimeoutError:
                self._kill()
                raise

    def _kill(self) -> None:
        while self._processes:
            with self._processes.pop() as killed:  # waits for it, and closes its pipes
                killed.kill()


def _say(racer: subprocess.Popen[str], line: str) -> None:
    assert racer.stdin is not None
    racer.stdin.write(f"{line}\n")
    racer.stdin.flush()


def _line(racer: subprocess.Popen[str]) -> str:
    assert racer.stdout is not None
    return racer.stdout.readline()


@contextmanager
def center_at(where: Mapping[str, Any]) -> Iterator[ContactCenter]:
    """Open the contact center that the others race in."""
    with ExitStack() as stack:
        store = stack.enter_context(closing(opened(where)))
        yield ContactCenter(store.organization("acme"))
