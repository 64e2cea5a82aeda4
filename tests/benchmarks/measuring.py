"""Measuring: two pieces of code in turn, several times, and the ratio of their medians.

Absolute times drift with the machine; the ratio of runs that stood side by side holds. Nothing here asserts a time.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

RUNS = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of several pieces of code, in seconds, and how much work each did."""

    medians: Mapping[str, float]
    work: int

    def rate(self, name: str) -> float:
        """Give units of work per second."""
        return self.work / self.medians[name]

    def table(self, floor: str) -> str:
        """Show every piece with its rate, and its time as a multiple of the floor's."""
        lines = [f"{'':28}{'per second':>12}{'times the floor':>18}"]
        for name, seconds in self.medians.items():
            lines.append(f"{name:28}{self.rate(name):>12,.0f}{seconds / self.medians[floor]:>18.2f}")
        return "\n".join(lines)


def interleaved(work: int, pieces: Mapping[str, Callable[[], None]], runs: int = RUNS) -> Measured:
    """Run the pieces in turn, *runs* times, and take each one's median."""
    seconds: dict[str, list[float]] = {name: [] for name in pieces}
    for _ in range(runs):
        for name, piece in pieces.items():
            began = time.perf_counter()
            piece()
            seconds[name].append(time.perf_counter() - began)
    return Measured({name: statistics.median(times) for name, times in seconds.items()}, work)
