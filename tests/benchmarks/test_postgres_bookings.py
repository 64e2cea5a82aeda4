"""Bookings per second on a Postgres that keeps what it has: against raw SQL, against Django's ORM, near and far, and without the lock."""

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from doocore import (
    Attendee,
    Booking,
    ContactCenter,
    Event,
    EventStatus,
    IdentifierKey,
    Party,
    StaleVersionError,
    TryAgainError,
)
from doocore.ports import Foreseen, OrganizationStore, Snapshot, Transaction
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.validation import LibraryParsers
from tests.benchmarks.distance import away
from tests.benchmarks.measuring import RUNS, Measured, interleaved
from tests.benchmarks.test_bookings import book, people
from tests.databases import Databases
from tests.postgres import PATIENCE, server

pytestmark = pytest.mark.benchmark

BOOKINGS = 300
WRITERS = 8
BOOKINGS_A_WRITER = 25
HOT = [f"hot{number}@example.org" for number in range(5)]

SCHEMA = """
CREATE TABLE contacts (org text, id text, email text, email_key text, first_name text, last_name text, city text,
                       created_at timestamptz, PRIMARY KEY (org, id));
CREATE INDEX by_key ON contacts (org, email_key);
CREATE TABLE bookings (org text, number text, event text, payment text, booked_at timestamptz, fingerprint text,
                       PRIMARY KEY (org, number));
CREATE TABLE parties (org text, number text, position integer, contact text, email text, first_name text,
                      last_name text, city text, ticket text, PRIMARY KEY (org, number, position));
CREATE INDEX by_contact ON parties (org, contact);
"""
NOW = "2026-03-01T10:00:00+00:00"
KNOWN = "SELECT id FROM contacts WHERE org = 'acme' AND email_key = %s"
BOOKING = "INSERT INTO bookings VALUES ('acme', %s, 'e1', 'not_required', %s, %s)"
CONTACT = "INSERT INTO contacts VALUES ('acme', %s, %s, %s, %s, %s, 'Köln', %s)"
PARTY = "INSERT INTO parties VALUES ('acme', %s, %s, %s, %s, %s, %s, 'Köln', 'Standard')"
HALF_A_MILLISECOND = 0.0005


@pytest.fixture
def durable() -> Iterator[str]:
    """Give an empty database on a server that syncs, or on the one that is named, as it is."""
    with server(durable=True) as dsn, closing(Databases(dsn)) as databases:
        yield databases.create()


def new_center(store: OrganizationStore) -> ContactCenter:
    center = ContactCenter(store, parsers=LibraryParsers())
    center.events.put(Event(id="e1", status=EventStatus.LIVE))
    return center


def test_bookings_against_raw_sql_and_an_orm(durable: str, show: Callable[[str, str], None]) -> None:
    """Three look-ups and seven rows in one transaction each; the others write no history, no evidence, no decisions."""
    show("Bookings on Postgres, one transaction each", booked(durable))


def test_bookings_on_a_database_across_a_network(durable: str, show: Callable[[str, str], None]) -> None:
    """The same, where every answer takes half a millisecond longer: what counts is how often one waits."""
    with away(durable, HALF_A_MILLISECOND) as far:
        show("Bookings on a Postgres that is 0.5 ms away", booked(far))


def booked(dsn: str) -> str:
    """Book in every way, in a database that is empty; give the rates."""
    numbers = itertools.count()

    def some() -> list[int]:
        return [next(numbers) for _ in range(BOOKINGS)]

    with (
        closing(PostgresStore(dsn)) as store,
        closing(psycopg.connect(dsn, autocommit=True)) as raw,
    ):
        store.migrate()
        raw.execute(SCHEMA)
        center = new_center(store.organization("acme"))
        book_django = django_booking(dsn)
        measured = interleaved(
            BOOKINGS,
            {
                "raw SQL, one by one": lambda: book_raw(raw, some()),
                "raw SQL, pipelined": lambda: book_pipelined(raw, some()),
                "Django's ORM": lambda: book_django(some()),
                "center.book": lambda: book(center, some()),
            },
        )
    return measured.table("raw SQL, one by one")


def book_raw(raw: psycopg.Connection[Any], numbers: Iterable[int]) -> None:
    cursor = raw.cursor()
    for number in numbers:
        booking = f"TX-AAAA-{number:04}"
        with raw.transaction():
            cursor.execute(BOOKING, (booking, NOW, "f" * 64), prepare=True)
            for position, (email, first, last) in enumerate(people(number)):
                found = cursor.execute(KNOWN, (email,), prepare=True).fetchall()
                contact = found[0][0] if found else f"{number:016}-{position}"
                if not found:
                    cursor.execute(CONTACT, (contact, email, email, first, last, NOW), prepare=True)
                cursor.execute(PARTY, (booking, position, contact, email, first, last), prepare=True)


def book_pipelined(raw: psycopg.Connection[Any], numbers: Iterable[int]) -> None:
    """Do the same, and wait twice: for what is known, and for the commit."""
    for number in numbers:
        booking = f"TX-AAAA-{number:04}"
        everybody = people(number)
        with raw.pipeline(), raw.transaction():
            raw.execute(BOOKING, (booking, NOW, "f" * 64), prepare=True)
            asked = [raw.execute(KNOWN, (email,), prepare=True) for email, _, _ in everybody]
            for position, (email, first, last) in enumerate(everybody):
                found = asked[position].fetchall()
                contact = found[0][0] if found else f"{number:016}-{position}"
                if not found:
                    raw.execute(CONTACT, (contact, email, email, first, last, NOW), prepare=True)
                raw.execute(PARTY, (booking, position, contact, email, first, last), prepare=True)


def django_booking(dsn: str) -> Callable[[Iterable[int]], None]:
    """Set Django up on the same tables, and give a booking as its users would write it: look-ups and rows in bulk."""
    import django  # noqa: PLC0415, it wants its settings before its models
    from django.conf import settings  # noqa: PLC0415

    words = conninfo_to_dict(dsn)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": words["dbname"],
        "HOST": words.get("host", ""),
        "PORT": words.get("port", ""),
        "USER": words.get("user", "postgres"),
        "PASSWORD": words.get("password", ""),
        "OPTIONS": {"server_side_binding": True},
    }
    if not settings.configured:
        settings.configure(DATABASES={"default": database}, USE_TZ=True)
        django.setup()
    from django.db import connection  # noqa: PLC0415

    connection.close()
    connection.settings_dict |= database  # else it would go on with the database of an earlier benchmark
    from tests.benchmarks.django_models import book_django  # noqa: PLC0415

    return book_django


class Unlocked:
    """An organization's store with the lock taken out."""

    def __init__(self, store: OrganizationStore) -> None:
        self._store = store

    @property
    def organization_id(self) -> str:
        return self._store.organization_id

    def transaction(
        self,
        lock: Iterable[IdentifierKey] = (),  # noqa: ARG002, this is the lock
        foreseen: Foreseen | None = None,
    ) -> AbstractContextManager[Transaction]:
        return self._store.transaction((), foreseen)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        return self._store.snapshot()


def test_eight_writers_on_five_addresses(durable: str, show: Callable[[str, str], None]) -> None:
    """Processes that book for the same few people, in a new organization each time: without the lock, some come twice."""
    with closing(PostgresStore(durable)) as store:
        store.migrate()
        seconds: dict[str, list[float]] = {"without the lock": [], "with the lock": []}
        contacts: dict[str, list[int]] = {name: [] for name in seconds}
        for run in range(RUNS):
            for name, times in seconds.items():
                organization_id = f"{name}, {run}"
                center = new_center(store.organization(organization_id))
                times.append(raced(durable, organization_id, locked=name == "with the lock"))
                contacts[name].append(center.count_contacts())
    work = WRITERS * BOOKINGS_A_WRITER
    measured = Measured({name: statistics.median(times) for name, times in seconds.items()}, work)
    found = "\n".join(f"{name}: {len(HOT)} people became {each} contacts" for name, each in contacts.items())
    show("Bookings by eight processes on five addresses", f"{measured.table('without the lock')}\n{found}")
    assert set(contacts["with the lock"]) == {len(HOT)}


def raced(dsn: str, organization_id: str, *, locked: bool) -> float:
    """Let all writers go at once, and tell when the last one was through."""
    context = multiprocessing.get_context("spawn")
    start, end = context.Barrier(WRITERS + 1), context.Barrier(WRITERS + 1)
    writers = [
        context.Process(target=write, args=(dsn, organization_id, number, start, end), kwargs={"locked": locked})
        for number in range(WRITERS)
    ]
    for each in writers:
        each.start()
    start.wait(PATIENCE)
    began = time.perf_counter()
    end.wait(PATIENCE)
    taken = time.perf_counter() - began
    for each in writers:
        each.join()
    return taken


def write(dsn: str, organization_id: str, writer: int, start: Any, end: Any, *, locked: bool) -> None:  # noqa: ANN401, barriers
    """Book for one person after the other, each time with two of the others."""
    with closing(PostgresStore(dsn, max_connections=1)) as store:
        records = store.organization(organization_id)
        center = ContactCenter(records if locked else Unlocked(records), parsers=LibraryParsers())
        center.count_contacts()  # connected
        start.wait(PATIENCE)
        try:
            for number in range(BOOKINGS_A_WRITER):
                book_until_it_goes(center, f"TX-{writer:04}-{number:04}", writer + number)
            end.wait(PATIENCE)
        except BaseException:
            end.abort()
            raise


def book_until_it_goes(center: ContactCenter, number: str, turn: int) -> None:
    """Book; who has no lock may be overtaken any number of times."""
    first, *others = (HOT[(turn + place) % len(HOT)] for place in range(3))
    attendees = [Attendee(email=each, ticket="Standard") for each in others]
    booking = Booking(event_id="e1", number=number, booker=Party(email=first), attendees=attendees)
    while True:
        with suppress(StaleVersionError, TryAgainError):
            center.book(booking)
            return
