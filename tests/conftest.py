"""What holds for every run of the tests.

`--forbid-skips` fails a run in which anything was skipped: the continuous integration uses it, since a skipped test
proves nothing. Property tests run without a stopwatch, since a noisy machine is no counterexample.
"""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("doocore.testing.store")  # so that a broken claim shows what it compared

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


class SkipsForbidden:
    """Remembers what was skipped, tests and whole files, and fails the run for it."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("skipped, and --forbid-skips is on", red=True)
            terminalreporter.write("".join(f"{name}\n" for name in self.skipped))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forbid-skips", action="store_true", help="fail the run if anything was skipped")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--forbid-skips"):
        config.pluginmanager.register(SkipsForbidden())
