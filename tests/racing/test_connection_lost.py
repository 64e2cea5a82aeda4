"""The connection to the server is lost in the middle: the driver's error comes out, and the next call has another one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import psycopg
import pytest

from doocore import Booking, ContactCenter, Event, EventStatus, Party, PlainRows, RowOutcome
from doocore.changes import Change
from doocore.contact_center import importing
from doocore.model.history import Envelope
from doocore_adapters._sql.transaction import SqlTransaction
from doocore_adapters.postgres import PostgresStore, session
from doocore_adapters.postgres.sending import Sending

GUEST = Booking(event_id="gala", number="TX-AB12-CD34", booker=Party(email="ada@example.org"))
ROWS = PlainRows([{"email": f"gast{number}@example.org"} for number in range(10)])


@pytest.fixture
def center(postgres: str) -> Iterator[ContactCenter]:
    with closing(PostgresStore(postgres)) as store:
        center = ContactCenter(store.organization("acme"))
        center.events.put(Event(id="gala", status=EventStatus.LIVE))
        yield center


def cut(dsn: str) -> None:
    """Let the server end all other connections, and wait until it has."""
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def at(number: int, do: Callable[[], object]) -> Callable[[], None]:
    """Do it at the *number*th call."""
    calls = iter(range(1, number))
    done: list[object] = []

    def call() -> None:
        if next(calls, None) is None and not done:
            done.append(do())

    return call


def test_a_booking_that_is_cut_can_be_delivered_again(
    center: ContactCenter, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it was written; the same store takes it the second time."""
    really, cut_once = SqlTransaction.apply, at(1, lambda: cut(postgres))

    def apply(self: SqlTransaction, changes: Sequence[Change], envelope: Envelope) -> None:
        cut_once()
        really(self, changes, envelope)

    monkeypatch.setattr(SqlTransaction, "apply", apply)
    with pytest.raises(psycopg.OperationalError):
        center.book(GUEST)
    assert (center.count_contacts(), center.book(GUEST).repeated, center.count_contacts()) == (0, False, 1)


def test_whether_a_commit_was_done_need_not_be_known(
    center: ContactCenter, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AS-13: cut when it was done, but nobody had heard of it, the booking is there, and answered the second time."""
    really, cut_once = session._commit, at(2, lambda: cut(postgres))  # behind the one that makes the gates

    def commit(sending: Sending) -> None:
        really(sending)
        cut_once()
        sending.ask("SELECT 1")  # as if the server's answer had been lost with the connection

    monkeypatch.setattr(session, "_commit", commit)
    with pytest.raises(psycopg.OperationalError):
        center.book(GUEST)
    assert (center.book(GUEST).repeated, center.count_contacts()) == (True, 1)


def test_an_import_that_is_cut_can_be_carried_on(
    center: ContactCenter, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IM-12: the unit that it was in is lost, the ones before are not."""
    monkeypatch.setattr(importing, "UNIT", 4)
    monkeypatch.setattr(importing, "BATCH", 2)
    really, cut_once = importing.ImportRun._decide, at(4, lambda: cut(postgres))

    def decide(self: importing.ImportRun, *given: Any) -> object:  # noqa: ANN401, as it is
        cut_once()
        return really(self, *given)

    monkeypatch.setattr(importing.ImportRun, "_decide", decide)
    with pytest.raises(psycopg.OperationalError):
        center.import_contacts(ROWS)
    assert center.count_contacts() == 4
    record = center.imports.interrupted(ROWS)
    assert record is not None
    assert center.imports.resume(record.id, ROWS).counts == {RowOutcome.ADDED: 10}
    assert center.count_contacts() == 10
