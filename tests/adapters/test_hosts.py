"""In a host's transaction, with real SQLAlchemy and real Django: the host decides, and neither harms the other."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from django.db import transaction
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from doocore.changes import CreateContact
from doocore.errors import StaleVersionError
from doocore.ports import Store
from doocore.testing import StoreContract
from doocore.testing.samples import contact, contact_id, envelope
from tests.databases import Databases
from tests.hosts import (
    DETAILS,
    ON_POSTGRES,
    ON_SQLITE,
    WITHOUT_SAVEPOINTS,
    Host,
    SqlAlchemyHost,
    django_on_postgres,
    django_on_sqlite,
    sqlalchemy_url,
    store_on,
)
from tests.stores import count, write

WITH_SAVEPOINTS = [*ON_POSTGRES, *ON_SQLITE]
ALL = [*WITH_SAVEPOINTS, *WITHOUT_SAVEPOINTS]


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """Open the host of this name, whose database has its table and ours."""
    if request.param in ON_POSTGRES:
        opened = ON_POSTGRES[request.param](request.getfixturevalue("bare_postgres"))
    else:
        opened = {**ON_SQLITE, **WITHOUT_SAVEPOINTS}[request.param](tmp_path / "host.db")
    with closing(opened):
        yield opened


class RolledBackError(Exception):
    """Ends a transaction of the host's."""


@contextmanager
def rolled_back(transaction: AbstractContextManager[object]) -> Iterator[None]:
    """Open a transaction of the host's for the block, and raise at its end."""
    with suppress(RolledBackError), transaction:
        yield
        raise RolledBackError


def contacts_in(host: Host) -> int:
    """Count the contacts that are there, in a transaction of its own."""
    with host.transaction():
        return count(host.store())


def orders_in(host: Host) -> list[int]:
    """List the host's own rows likewise."""
    with host.transaction():
        found = host.orders()
    assert all(details == DETAILS for _, details in found)
    return [number for number, _ in found]


def fail_while_writing(store: Store, number: int) -> None:
    """Create the contact of this number, and raise before the end."""
    with store.organization("acme").transaction() as tx:
        tx.apply([CreateContact(contact(number))], envelope())
        raise ValueError("mine")


@pytest.mark.parametrize("host", ALL, indirect=True)
class TestHostsTransaction:
    def test_a_rollback_takes_our_writes_with_it(self, host: Host) -> None:
        """Also where the host had sent no statement of its own."""
        with rolled_back(host.transaction()):
            write(host.store(), 1)
            assert count(host.store()) == 1
        assert contacts_in(host) == 0

    def test_a_rollback_takes_what_host_and_store_wrote_together(self, host: Host) -> None:
        with rolled_back(host.transaction()):
            host.order(1)
            write(host.store(), 1)
            host.order(2)
        assert (orders_in(host), contacts_in(host)) == ([], 0)

    def test_a_commit_keeps_what_both_wrote(self, host: Host) -> None:
        with host.transaction():
            write(host.store(), 1)
            host.order(1)
            write(host.store(), 2)
        assert (orders_in(host), contacts_in(host)) == ([1], 2)

    def test_an_error_of_ours_leaves_the_transaction_usable(self, host: Host) -> None:
        """What the host and an earlier call of ours wrote stays, and both go on."""
        with host.transaction():
            host.order(1)
            write(host.store(), 1)
            with pytest.raises(ValueError, match="mine"):
                fail_while_writing(host.store(), 2)
            with pytest.raises(StaleVersionError):
                write(host.store(), 1)
            host.order(2)
            write(host.store(), 3)
        assert (orders_in(host), contacts_in(host)) == ([1, 2], 2)

    def test_an_error_of_ours_before_anything_else_costs_nothing_either(self, host: Host) -> None:
        with host.transaction():
            with pytest.raises(ValueError, match="mine"):
                fail_while_writing(host.store(), 1)
            host.order(1)
            write(host.store(), 2)
        assert (orders_in(host), contacts_in(host)) == ([1], 1)

    def test_the_connection_behaves_as_before(self, host: Host) -> None:
        """For the host nothing has changed, and both read what they wrote as they wrote it."""
        with host.transaction():
            host.order(1)
            before = host.manners()
            write(host.store(), 1)
            with host.store().organization("acme").transaction() as tx:
                assert tx.contacts.get([contact_id(1)]) == {contact_id(1): contact(1)}
            with host.store().organization("acme").snapshot() as view:
                assert view.contacts.page() == (contact(1),)
            assert host.manners() == before
            assert [details for _, details in host.orders()] == [DETAILS]
        with host.transaction():
            host.order(2)
            assert host.manners() == before
        assert orders_in(host) == [1, 2]

    def test_reading_begins_and_ends_nothing(self, host: Host) -> None:
        """Between a snapshot and the host's next statement, all is as it was."""
        with host.transaction():
            before = host.manners()
            assert count(host.store()) == 0
            assert host.manners() == before
            host.order(1)
            assert count(host.store()) == 0
        assert orders_in(host) == [1]


@pytest.mark.parametrize("host", WITH_SAVEPOINTS, indirect=True)
class TestHostsSavepoints:
    """A savepoint of the host's decides about what was written in it."""

    def test_rolling_back_to_it_takes_ours_with_it(self, host: Host) -> None:
        with host.transaction():
            write(host.store(), 1)
            with rolled_back(host.nested()):
                write(host.store(), 2)
                host.order(2)
            host.order(1)
            write(host.store(), 3)
        assert (orders_in(host), contacts_in(host)) == ([1], 2)

    def test_what_it_keeps_goes_with_the_whole(self, host: Host) -> None:
        """Also where the savepoint was the first that the host sent."""
        with rolled_back(host.transaction()), host.nested():
            write(host.store(), 1)
            host.order(1)
        assert (orders_in(host), contacts_in(host)) == ([], 0)

    def test_an_error_of_ours_in_it_leaves_it_usable(self, host: Host) -> None:
        with host.transaction(), host.nested():
            host.order(1)
            with pytest.raises(ValueError, match="mine"):
                fail_while_writing(host.store(), 1)
            host.order(2)
            write(host.store(), 2)
        assert (orders_in(host), contacts_in(host)) == ([1, 2], 1)


class TestSqlAlchemy:
    """What is SQLAlchemy's own."""

    def test_a_session_that_is_closed_without_a_commit_takes_our_writes_with_it(self, bare_postgres: str) -> None:
        """The connection goes back into SQLAlchemy's pool with nothing of ours on it."""
        with closing(SqlAlchemyHost(create_engine(sqlalchemy_url(bare_postgres), pool_size=1))) as host:
            write(host.store(), 1)
            host.session.close()
            assert contacts_in(host) == 0

    def test_a_connection_that_commits_by_itself_is_refused(self, bare_postgres: str) -> None:
        """`isolation_level="AUTOCOMMIT"`: there is no transaction that could be the host's."""
        with closing(SqlAlchemyHost(create_engine(sqlalchemy_url(bare_postgres)))) as host:
            by_itself = host.engine.execution_options(isolation_level="AUTOCOMMIT")
            with Session(by_itself) as session, pytest.raises(RuntimeError, match="commits by itself"):
                write(store_on(session.connection().connection.driver_connection), 1)
            assert contacts_in(host) == 0


class TestDjango:
    """What is Django's own."""

    def test_outside_of_atomic_postgres_is_refused(self, bare_postgres: str) -> None:
        """There, Django commits by itself."""
        with closing(django_on_postgres(bare_postgres)) as host, pytest.raises(RuntimeError, match="commits by itself"):
            write(store_on(host.connection.connection), 1)

    def test_what_waits_for_the_commit_waits_for_ours_too(self, tmp_path: Path) -> None:
        """`on_commit` sees our writes as committed, and is not called where they were rolled back."""
        seen: list[int] = []
        with closing(django_on_sqlite(tmp_path / "host.db")) as host:

            def look() -> None:
                with closing(sqlite3.connect(tmp_path / "host.db")) as other:
                    seen.extend(other.execute("SELECT count(*) FROM doocore_contacts").fetchone())

            with rolled_back(host.transaction()):
                write(host.store(), 1)
                transaction.on_commit(look, using=host.alias)
            with host.transaction():
                write(host.store(), 1)
                transaction.on_commit(look, using=host.alias)
                write(host.store(), 2)
        assert seen == [2]

    def test_a_transaction_marked_for_rollback_takes_ours_too(self, bare_postgres: str) -> None:
        """`set_rollback`, as Django's own tests and its error handling use it."""
        with closing(django_on_postgres(bare_postgres)) as host:
            with host.transaction():
                write(host.store(), 1)
                transaction.set_rollback(True, using=host.alias)
            assert contacts_in(host) == 0


class HostedContract(StoreContract):
    """All that holds for a store holds in the host's transaction, before it has committed anything."""

    @pytest.fixture(autouse=True)
    def of_a_host(self, open_host: Host) -> Iterator[None]:
        self.host = open_host
        with ExitStack() as self.open:
            yield

    def make_store(self) -> Store:
        self.open.close()
        self.open.enter_context(rolled_back(self.host.transaction()))
        return self.host.store()


class OnPostgres(HostedContract):
    name: str

    @pytest.fixture(scope="class")
    @classmethod
    def open_host(cls, databases: Databases) -> Iterator[Host]:
        with databases.bare() as dsn, closing(ON_POSTGRES[cls.name](dsn)) as host:
            yield host


class OnSqlite(HostedContract):
    name: str

    @pytest.fixture(scope="class")
    @classmethod
    def open_host(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
        with closing(ON_SQLITE[cls.name](tmp_path_factory.mktemp("host") / "host.db")) as host:
            yield host


class TestInSqlAlchemyOnPostgres(OnPostgres):
    name = "SQLAlchemy on Postgres"


class TestInDjangoOnPostgres(OnPostgres):
    name = "Django on Postgres"


class TestInSqlAlchemyOnSqlite(OnSqlite):
    name = "SQLAlchemy on SQLite"


class TestInDjangoOnSqlite(OnSqlite):
    name = "Django on SQLite"
