"""Transactions that Postgres breaks off, since they wait for one another: done again, or told to the host."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import DeadlockDetected, SerializationFailure

from doocore import (
    Attendee,
    Booking,
    Contact,
    ContactCenter,
    DuplicateMode,
    Event,
    EventStatus,
    ImportOptions,
    Party,
    RowOutcome,
    SyncMode,
    TryAgainError,
)
from doocore.changes import UpdateContact
from doocore.contact_center import importing
from doocore.testing.samples import envelope
from doocore_adapters.postgres import PostgresStore, pooled
from tests.databases import wait_until_somebody_waits


@pytest.fixture
def center(postgres: str) -> Iterator[ContactCenter]:
    """Open a contact center with two contacts and an event."""
    with closing(PostgresStore(postgres)) as store:
        center = ContactCenter(store.organization("acme"))
        center.change_settings(replace(center.settings, sync=SyncMode.ON))
        center.events.put(Event(id="gala", status=EventStatus.LIVE))
        for name in ("ada", "bob"):
            center.create_contact({"email": f"{name}@example.org", "city": "Łódź"})
        yield center


@pytest.fixture
def other(postgres: str) -> Iterator[psycopg.Connection[Any]]:
    """Connect beside every store, to hold rows."""
    with psycopg.connect(postgres) as connection:
        yield connection


HOLD: LiteralString = "SELECT 1 FROM doocore_contacts WHERE id = %s FOR UPDATE"


def hold(connection: psycopg.Connection[Any], contact: Contact, how: LiteralString = "") -> None:
    """Let nobody else change a contact until this transaction ends."""
    connection.execute(f"{HOLD} {how}", (contact.id,))


def test_contacts_are_changed_in_one_order(
    center: ContactCenter, other: psycopg.Connection[Any], postgres: str
) -> None:
    """Who waits for the first of them holds none of the others, whatever the order of the parties."""
    ada, bob = center.list_contacts()
    parties = [Attendee(chosen=each.id, values={"city": "Ulm"}) for each in (bob, ada)]
    with ThreadPoolExecutor(1) as threads, psycopg.connect(postgres) as third:
        hold(other, ada)
        booked = threads.submit(center.book, Booking(event_id="gala", booker=Party(), attendees=parties))
        wait_until_somebody_waits(postgres)
        hold(third, bob, "NOWAIT")
        third.rollback()
        other.rollback()
        booked.result(60)
    assert {each.values["city"] for each in center.list_contacts()} == {"Ulm"}


def test_an_import_that_is_broken_off_does_its_rows_again(
    center: ContactCenter, other: psycopg.Connection[Any], postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits in a circle with others is decided again, the whole unit, and nothing of it is written twice."""
    monkeypatch.setattr(importing, "BATCH", 1)
    ada, bob = center.list_contacts()
    rows = [{"E-Mail": f"{name}@example.org", "Ort": "Ulm"} for name in ("ada", "bob", "cyd")]
    options = ImportOptions(duplicates=DuplicateMode.OVERWRITE, groups=("VIP",))
    with ThreadPoolExecutor(1) as threads:
        hold(other, bob)
        imported = threads.submit(center.import_contacts, rows, options)
        wait_until_somebody_waits(postgres)
        hold(other, ada)
        other.rollback()
        report = imported.result(60)
    assert report.counts == {RowOutcome.UPDATED: 2, RowOutcome.ADDED: 1}
    assert [each.values["city"] for each in center.list_contacts(group="VIP")] == ["Ulm"] * 3
    assert [len(center.history(each.id)) for each in (ada, bob)] == [1, 1]


def test_a_host_gets_what_its_database_says(
    center: ContactCenter, other: psycopg.Connection[Any], postgres: str
) -> None:
    """Its transaction is its own to repeat: nothing is tried again within it."""
    ada, bob = center.list_contacts()
    with psycopg.connect(postgres) as host, ThreadPoolExecutor(1) as threads:
        hosted = ContactCenter(PostgresStore(connection=host).organization("acme"))
        hosted.change_contact(ada.id, {"city": "Ulm"})
        hold(other, bob)
        changed = threads.submit(hosted.change_contact, bob.id, {"city": "Ulm"})
        wait_until_somebody_waits(postgres)
        changed.add_done_callback(lambda _: host.rollback())
        hold(other, ada)
        other.rollback()
        with pytest.raises(DeadlockDetected):
            changed.result(60)
    assert {each.values["city"] for each in center.list_contacts()} == {"Łódź"}


def test_what_another_isolation_level_breaks_off_is_told_in_the_same_words(
    center: ContactCenter, other: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As do databases that speak as Postgres and know `REPEATABLE READ` or `SERIALIZABLE` alone."""
    monkeypatch.setattr(pooled, "WRITING", "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")
    ada, _ = center.list_contacts()
    after = replace(ada, version=2)

    def change_what_others_change() -> None:
        with center._shell.store.transaction() as transaction:
            assert transaction.contacts.count() == 2
            other.execute("UPDATE doocore_contacts SET city = 'Ulm'")
            other.commit()
            transaction.apply([UpdateContact(ada, after)], envelope())

    with pytest.raises(TryAgainError) as caught:
        change_what_others_change()
    assert isinstance(caught.value.__cause__, SerializationFailure)
    assert center.change_contact(ada.id, {"street": "Gasse"}).values["city"] == "Ulm"
