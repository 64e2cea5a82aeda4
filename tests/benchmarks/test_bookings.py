"""Bookings per second on SQLite against the same rows in raw SQL, and assignment decisions per second."""

import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doocore import (
    Attendee,
    Booking,
    Cause,
    Contact,
    ContactCenter,
    ContactId,
    EmailAddress,
    EmailChangePolicy,
    EnteredAddress,
    Event,
    EventStatus,
    FrozenDict,
    Origin,
    Party,
    PrefilledContact,
    assign,
)
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from tests.benchmarks.measuring import interleaved

pytestmark = pytest.mark.benchmark

BOOKINGS = 500
DECISIONS = 200_000

SCHEMA = """
CREATE TABLE contacts (org TEXT, id TEXT, email TEXT, email_key TEXT, first_name TEXT, last_name TEXT, city TEXT,
                       created_at TEXT, PRIMARY KEY (org, id));
CREATE INDEX by_key ON contacts (org, email_key);
CREATE TABLE bookings (org TEXT, number TEXT, event TEXT, payment TEXT, booked_at TEXT, fingerprint TEXT,
                       PRIMARY KEY (org, number));
CREATE TABLE parties (org TEXT, number TEXT, position INTEGER, contact TEXT, email TEXT, first_name TEXT, last_name TEXT,
                      city TEXT, ticket TEXT, PRIMARY KEY (org, number, position));
CREATE INDEX by_contact ON parties (org, contact);
"""


def people(number: int) -> list[tuple[str, str, str]]:
    """Three people nobody has booked for before."""
    return [(f"person{number}-{place}@example.org", f"Änne{number}", f"Nachname{place}") for place in range(3)]


def test_bookings_against_raw_sql(tmp_path: Path, show: Callable[[str, str], None]) -> None:
    """Three look-ups and seven rows in one durable transaction each, both sides with `synchronous=FULL`."""
    numbers = itertools.count()
    store = SqliteStore(tmp_path / "ours.db")
    center = ContactCenter(store.organization("acme"), parsers=LibraryParsers())
    center.events.put(Event(id="e1", status=EventStatus.LIVE))
    with closing(sqlite3.connect(tmp_path / "raw.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.executescript(SCHEMA)
        measured = interleaved(
            BOOKINGS,
            {
                "raw SQL": lambda: _book_raw(raw, [next(numbers) for _ in range(BOOKINGS)]),
                "center.book": lambda: book(center, [next(numbers) for _ in range(BOOKINGS)]),
            },
        )
    store.close()
    show("Bookings on SQLite, one transaction each", measured.table("raw SQL"))


def book(center: ContactCenter, numbers: list[int]) -> None:
    for number in numbers:
        booker, *attendees = (
            Attendee(email=email, values={"first_name": first, "last_name": last, "city": "Köln"}, ticket="Standard")
            for email, first, last in people(number)
        )
        center.book(
            Booking(
                event_id="e1",
                number=f"TX-AAAA-{number:04}",
                booker=Party(email=booker.email, values=booker.values),
                attendees=attendees,
            )
        )


def _book_raw(raw: sqlite3.Connection, numbers: list[int]) -> None:
    for number in numbers:
        booking = f"TX-AAAA-{number:04}"
        raw.execute("BEGIN IMMEDIATE")
        raw.execute(
            "INSERT INTO bookings VALUES ('acme', ?, 'e1', 'not_required', '2026-03-01T10:00:00+00:00', ?)",
            (booking, "f" * 64),
        )
        for position, (email, first, last) in enumerate(people(number)):
            found = raw.execute("SELECT id FROM contacts WHERE org = 'acme' AND email_key = ?", (email,)).fetchall()
            contact = found[0][0] if found else f"{number:016}-{position}"
            if not found:
                raw.execute(
                    "INSERT INTO contacts VALUES ('acme', ?, ?, ?, ?, ?, 'Köln', '2026-03-01T10:00:00+00:00')",
                    (contact, email, email, first, last),
                )
            raw.execute(
                "INSERT INTO parties VALUES ('acme', ?, ?, ?, ?, ?, ?, 'Köln', 'Standard')",
                (booking, position, contact, email, first, last),
            )
        raw.execute("COMMIT")


def test_assignment_decisions(show: Callable[[str, str], None]) -> None:
    """The pure decision over a mix of parties, against calling a function that decides nothing."""
    parties = list(itertools.islice(itertools.cycle(_mixed_parties()), DECISIONS))

    def nothing(_: object, __: object = None, *, policy: object) -> None:
        del policy

    def decide_nothing() -> None:
        for entered, prefilled in parties:
            nothing(entered, prefilled, policy=EmailChangePolicy.KEEP)

    def decide() -> None:
        for entered, prefilled in parties:
            assign(entered, prefilled, policy=EmailChangePolicy.KEEP)

    measured = interleaved(DECISIONS, {"an empty call": decide_nothing, "assign": decide})
    show("Assignment decisions", measured.table("an empty call"))


def _mixed_parties() -> list[tuple[EnteredAddress, PrefilledContact | None]]:
    """Known, unknown, shared, blank, prefilled and left alone, prefilled and changed."""
    address = EmailAddress("ada@example.org", "ada@example.org")
    ada, ida = (
        Contact(
            id=ContactId(label),
            values=FrozenDict(email=address.text),
            origin=Origin(Cause.BY_HAND, "system"),
            created_at=datetime(2026, 3, 1, tzinfo=UTC),
            email_key=address.key,
        )
        for label in ("c1", "c2")
    )
    return [
        (EnteredAddress(address=address, holders=(ada,)), None),
        (EnteredAddress(address=address), None),
        (EnteredAddress(address=address, holders=(ada, ida)), None),
        (EnteredAddress(address=None), None),
        (EnteredAddress(address=address, holders=(ada,)), PrefilledContact(contact=ada, shown_key=address.key)),
        (EnteredAddress(address=address, holders=(ada,)), PrefilledContact(contact=ida, shown_key="ida@example.org")),
    ]
