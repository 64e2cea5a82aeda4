"""What holds for every run of the tests.

`--forbid-skips` fails a run in which anything was skipped: the continuous integration uses it, since a skipped test
proves nothing. Property tests run without a stopwatch, since a noisy machine is no counterexample.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from hypothesis import settings

from tests.databases import Databases
from tests.postgres import WITHOUT, NoServerError, server

# So that a broken claim or law shows what it compared.
pytest.register_assert_rewrite("doocore.testing.store", "tests.properties.machine")

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


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Start a Postgres server, once for all tests of this process; a run without one fails, unless it was asked for."""
    if os.environ.get(WITHOUT) == "1":
        pytest.skip(f"{WITHOUT} is set")
    try:
        with server() as dsn, closing(Databases(dsn)) as databases:
            yield databases
    except NoServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def dsn_of(request: pytest.FixtureRequest) -> Callable[[str], str | None]:
    """Tell where a store of this name can be opened, if it has to be told; the server starts when it is asked for."""

    def dsn(name: str) -> str | None:
        if name != "postgres":
            return None
        databases: Databases = request.getfixturevalue("databases")
        return databases.migrated()

    return dsn


@pytest.fixture
def postgres(databases: Databases) -> str:
    """Give the connection string of a database that has our tables, and nothing in them."""
    return databases.emptied()


@pytest.fixture
def bare_postgres(databases: Databases) -> Iterator[str]:
    """Give the connection string of a database that has nothing at all."""
    with databases.bare() as dsn:
        yield dsn
