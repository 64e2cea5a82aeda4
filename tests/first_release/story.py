"""A database of the first release: the story that filled it, and all that can be read in it.

`release.sqlite` and `release.json` beside this file were written by this script with the code of the first release
(commit c5faff0), and are never written again:

    git archive c5faff0 | tar -x -C FOLDER
    PYTHONPATH=FOLDER/src python tests/first_release/story.py tests/first_release

So it may use only what the first release had.
"""

import dataclasses
import json
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from doocore import (
    Attendee,
    Booking,
    BookingNumber,
    Cause,
    ContactCenter,
    ContactId,
    Envelope,
    Event,
    EventStatus,
    FieldType,
    ImportOptions,
    ImportProgress,
    InvalidValues,
    OrganizationSettings,
    Party,
    PlainRows,
    Prefill,
    Product,
    Question,
    QuestionLevel,
    Role,
    Subscription,
    SubscriptionState,
    SyncMode,
    System,
    Through,
    User,
)
from doocore.changes import RetireContact
from doocore.ports import Snapshot, Store
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers

HERE = Path(__file__).parent
DATABASE, TOLD = HERE / "release.sqlite", HERE / "release.json"

NAMES = ("acme", "Straße & Söhne 株式会社")
"""The organizations in it."""

UNFINISHED = [{"E-Mail": f"row{number}@example.org", "Vorname": f"Reihe {number}"} for number in range(1, 6)]
"""A list whose import was interrupted."""

COMMITTED = 2
"""How many of its rows had been committed by then."""

_COLUMNS = {"first_name": "Vorname", "last_name": "Nachname", "phone": "Telefon"}


class Clock:
    """Goes on by a minute whenever somebody looks at it."""

    def __init__(self) -> None:
        self._minutes = count()

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=next(self._minutes))


class Ids:
    """Gives IDs in order."""

    def __init__(self) -> None:
        self._contacts, self._records, self._bookings = count(1), count(1), count(1)

    def contact_id(self) -> ContactId:
        return ContactId(f"c{next(self._contacts):04}")

    def record_id(self) -> str:
        return f"r{next(self._records):04}"

    def booking_number(self) -> BookingNumber:
        return BookingNumber(f"TX-AUTO-{next(self._bookings):04}")

    def code_name(self) -> str:
        raise AssertionError("there were no codes then")

    def token(self) -> str:
        raise AssertionError("there were no messages then")


def center_of(store: Store, name: str = NAMES[0]) -> ContactCenter:
    """Open the contact center of an organization as it was then."""
    center = ContactCenter(store.organization(name), parsers=LibraryParsers(), clock=Clock(), ids=Ids())
    return center.acting_as(User("kim", Role.TEAM_ADMIN))


def tell(store: Store) -> None:
    """Fill an empty store with what an organization had after some weeks, and another one beside it."""
    center = center_of(store)
    settings = OrganizationSettings(sync=SyncMode.ON, locale="en_GB", region="GB", time_zone="Europe/London")
    center.change_settings(settings)
    _make_fields(center)
    center.groups.create("VIP ★")
    center.groups.create("Ünïcode")
    _write_by_hand(center)
    _merge(store)
    _book(center)
    _import(center)
    other = center_of(store, NAMES[1])
    other.create_contact({"email": "ada@example.org", "first_name": "Another Ada"}, groups=["VIP ★"])


def _make_fields(center: ContactCenter) -> None:
    center.fields.create("Größe", FieldType.SELECT, options=["S", "M", "L ♥"])
    center.fields.create("Vegan", FieldType.CHECKBOX)
    center.fields.create("Geburtstag", FieldType.DATE)
    center.fields.create("Notiz", FieldType.LONG_TEXT)
    center.fields.create("Früher", FieldType.SHORT_TEXT)
    center.fields.change("salutation", options=["Ms", "Mr", "Mx"])


def _write_by_hand(center: ContactCenter) -> None:
    ada = center.create_contact(
        {
            "email": "Ada.Lovelace@Example.org",
            "customer_id": "K-0815",
            "first_name": "Ada\u0301",  # an accent of its own
            "last_name": "Lovelace 👩🏽\u200d💻",
            "phone": "+44 20 7946 0958",
            "country": "GB",
            "Größe": "L ♥",
            "Vegan": False,
            "Geburtstag": "1815-12-10",
            "Notiz": "first line\nsecond line\twith a tab, \x1b an escape and \v a line end of old",
            "Früher": "stays",
        },
        groups=["VIP ★", "Ünïcode"],
        subscriptions={Subscription.NEWSLETTER: True},
    )
    center.fields.change("Früher", archived=True)
    bob = center.create_contact({"email": "bob@münchen.example", "last_name": "كريم", "company": "\u202eשלום"})
    center.create_contact({"first_name": "Nobody", "comment": "without an address"}, groups=["Ünïcode"])
    center.change_contact(ada.id, {"city": "London", "Größe": "M", "Geburtstag": ""})
    center.change_contact(bob.id, {"email": "robert@example.org"}, groups=["VIP ★"])
    person = center.acting_as(System())
    for subscription in (Subscription.NEWSLETTER, Subscription.MARKETING):
        person.set_subscription(bob.id, subscription, SubscriptionState.UNSUBSCRIBED, through=Through.UNSUBSCRIBE_LINK)


def _merge(store: Store) -> None:
    """One contact became a part of another: the tombstone of the first release."""
    center = center_of(store)
    (ada,) = center.contacts_by_customer_id("K-0815")
    moment = datetime(2026, 1, 20, 12, 30, 15, 123456, tzinfo=UTC)
    envelope = Envelope(cause=Cause.MERGE, actor=User("kim", Role.TEAM_ADMIN), at=moment, reference="m1")
    (double,) = (each for each in center.list_contacts() if each.values.get("first_name") == "Nobody")
    with store.organization(NAMES[0]).transaction() as tx:
        tx.apply([RetireContact(double.id, ada.id)], envelope)


def _book(center: ContactCenter) -> None:
    center.events.put(
        Event(
            id="gala",
            name="Gala 🎉",
            status=EventStatus.LIVE,
            starts_at=datetime(2026, 5, 1, 18),  # noqa: DTZ001, a local time
            ends_at=datetime(2026, 5, 1, 23, 30),  # noqa: DTZ001
            time_zone="Europe/London",
            costs=True,
            organizer_email="büro@example.org",
            questions=[
                Question(id="q1", level=QuestionLevel.ATTENDEE, text="Which size?", field="Größe"),
                Question(id="q2", level=QuestionLevel.BOOKING, text="Voucher?", hidden=True),
            ],
            products=[Product(id="mug", price=Decimal("12.90"), name="Tasse ☕")],
        )
    )
    (ada,) = center.contacts_by_customer_id("K-0815")
    center.book(
        Booking(
            event_id="gala",
            booker=Party(
                email="ada@new.example.org",
                values={"first_name": "Ada", "last_name": "King"},
                answers={"q2": "SOMMER"},
                prefill=Prefill(contact_id=ada.id, email="Ada.Lovelace@Example.org"),
            ),
            attendees=[
                Attendee(email="grace@example.org", answers={"q1": "XXL"}, ticket="early", price=Decimal("49.50")),
                Attendee(values={"first_name": "Zoë"}, subscribes={Subscription.MARKETING}),
            ],
            number="TX-GALA-0001",
            products=["mug", "mug"],
            invoice_sum=Decimal("75.3"),
        )
    )
    center.book(Booking(event_id="gala", booker=Party(email="robert@example.org", values={"city": "Kraków"})))


def _import(center: ContactCenter) -> None:
    finished = [
        {"E-Mail": "ada.lovelace@example.org", "Vorname": "Ada", "Nachname": "Byron", "Vegan": "ja", "Sonstiges": "x"},
        {"E-Mail": "new@example.org", "Vorname": "Neu", "Telefon": "020 7946 0000", "Vegan": "vielleicht"},
        {"E-Mail": "not an address", "Vorname": "=1+1"},
        {"E-Mail": "new@example.org", "Vorname": "Twice"},
        {"E-Mail": "", "Vorname": "Überzählig"},
        {"E-Mail": "robert@example.org", "Telefon": "nonsense"},
    ]
    options = ImportOptions(groups=["Liste 2026"], mapping={"Sonstiges": None}, invalid_values=InvalidValues.LEAVE_OUT)
    center.import_contacts(PlainRows(finished, name="Gäste.csv"), options)

    def stop(progress: ImportProgress) -> None:
        if progress.rows:
            raise KeyboardInterrupt

    with patch("doocore.contact_center.importing.UNIT", COMMITTED), suppress(KeyboardInterrupt):
        center.import_contacts(PlainRows(UNFINISHED, name="kurz.csv"), progress=stop)


def read(store: Store) -> dict[str, Any]:
    """Read all that is in a store, as what JSON can hold."""
    found = {}
    for name in NAMES:
        with store.organization(name).snapshot() as snapshot:
            found[name] = plain(_read(snapshot))
    return found


def _read(snapshot: Snapshot) -> dict[str, Any]:
    contacts = snapshot.contacts.page(limit=1_000)
    history = {each.id: snapshot.history.of_contact(each.id) for each in contacts}
    keys = frozenset(key for each in contacts for key in each.identifiers)
    addresses = {key.key for key in keys}
    imports = snapshot.imports.all()
    return {
        "contacts": contacts,
        "history": history,
        "holders": {f"{key.kind.value} {key.key}": ids for key, ids in snapshot.contacts.holders(keys).items()},
        "survivors": snapshot.contacts.survivors([ContactId(f"c{number:04}") for number in range(1, 20)]),
        "opt_outs": snapshot.contacts.opt_outs(addresses),
        "groups": snapshot.groups.all(),
        "members": {each.id: snapshot.groups.members(each.id) for each in snapshot.groups.all()},
        "fields": snapshot.fields.all(),
        "events": snapshot.events.all(),
        "bookings": snapshot.bookings.page(limit=1_000),
        "imports": imports,
        "counts": {
            each.id: {word.value: n for word, n in snapshot.imports.counts(each.id).items()} for each in imports
        },
        "rows": {each.id: tuple(snapshot.imports.notable(each.id)) for each in imports},
        "settings": snapshot.settings.get(),
    }


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911, a line for every kind of value
    """Lay a value out, attribute by attribute."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Decimal():
            return str(value)
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case frozenset():
            return sorted(map(plain, value), key=repr)
        case tuple() if hasattr(value, "_asdict"):
            return plain(value._asdict())
        case tuple():
            return [plain(each) for each in value]
        case _ if dataclasses.is_dataclass(value):
            return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        case _:
            return value


def main(folder: Path) -> None:
    """Write the two files."""
    path = folder / DATABASE.name
    path.unlink(missing_ok=True)
    with closing(SqliteStore(path)) as store:
        tell(store)
        (folder / TOLD.name).write_text(json.dumps(read(store), indent=1, sort_keys=True) + "\n", "ascii")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 1024")
        connection.execute("VACUUM")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
