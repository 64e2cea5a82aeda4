"""The example shop with Django sells a seat and takes in its booking, both or neither."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import Client

import tests.hosts  # noqa: F401, sets Django up
from doocore import Booker, ContactCenter, Event, EventStatus, Role, User
from doocore_adapters.sqlite import SqliteStore
from examples.ticket_shop.contacts import ORGANIZATION, contact_center
from examples.ticket_shop.models import Order
from tests.docs.pages import ROOT


@dataclass(frozen=True)
class Shop:
    """The shop, and its database seen from beside it."""

    path: Path
    client: Client

    def sell(self, seat: str, email: str, **booking: object) -> tuple[int, Any]:
        """Ask for a seat, and give status and answer."""
        order = {"seat": seat, "booking": {"event": "gala", "booker": {"email": email}, **booking}}
        answer = self.client.post("/orders", order, content_type="application/json")
        return answer.status_code, answer.json()

    @property
    def contents(self) -> tuple[list[str], list[str], int]:
        """List what was committed: seats, addresses of contacts, and count the bookings."""
        with closing(sqlite3.connect(self.path)) as beside:
            center = ContactCenter(SqliteStore(connection=beside).organization(ORGANIZATION))
            emails = [str(each.values["email"]) for each in center.list_contacts()]
            bookings = len(center.bookings.page())
        return [order.seat for order in Order.objects.order_by("seat")], emails, bookings


@pytest.fixture(params=[False, True], ids=["as it is", "ATOMIC_REQUESTS"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Open the shop on a new database, with an event that takes bookings."""
    path = tmp_path / "shop.db"
    monkeypatch.setitem(connection.settings_dict, "NAME", path)
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", request.param)
    with closing(connection):
        call_command("migrate", verbosity=0)
        with transaction.atomic():
            contact_center(User("kim", Role.TEAM_ADMIN)).events.put(Event(id="gala", status=EventStatus.LIVE))
        yield Shop(path, Client())


class TestSelling:
    def test_a_seat_is_sold_to_a_contact(self, shop: Shop) -> None:
        status, answer = shop.sell("A1", "ada@example.org")
        assert status == 201
        assert shop.contents == (["A1"], ["ada@example.org"], 1)
        assert Order.objects.get().contact == answer["contact"]

    def test_a_seat_that_is_taken_takes_the_booking_back(self, shop: Shop) -> None:
        """The shop's own table refuses, after doocore has written: neither contact nor booking stays."""
        shop.sell("A1", "ada@example.org")
        assert shop.sell("A1", "bob@example.org") == (409, {"code": "seat_taken"})
        assert shop.contents == (["A1"], ["ada@example.org"], 1)
        assert shop.sell("A2", "bob@example.org")[0] == 201

    def test_a_booking_that_is_refused_sells_no_seat(self, shop: Shop) -> None:
        """And the connection goes on, within a request's transaction too."""
        status, answer = shop.sell("A1", "ada@example.org", event="nowhere")
        assert (status, answer["code"]) == (422, "not_found")
        assert shop.contents == ([], [], 0)
        assert shop.sell("A1", "ada@example.org")[0] == 201

    def test_a_delivery_that_comes_twice_books_once(self, shop: Shop) -> None:
        """AS-13: the second one finds its seat taken, by itself."""
        shop.sell("A1", "ada@example.org", number="TX-SHOP-0001")
        assert shop.sell("A1", "ada@example.org", number="TX-SHOP-0001")[0] == 409
        assert shop.contents == (["A1"], ["ada@example.org"], 1)


def test_outside_of_a_transaction_there_is_no_contact_center() -> None:
    """Else a call of ours would begin one that Django does not know of, and never end it."""
    with pytest.raises(TransactionManagementError, match="atomic"):
        contact_center(Booker())


def test_its_commands_are_djangos(tmp_path: Path) -> None:
    """As its first lines say; the models and the migrations agree."""
    command = [sys.executable, "-W", "error", "-m", "examples.ticket_shop"]
    for arguments in (["check"], ["makemigrations", "--check"], ["migrate", "--verbosity", "0"]):
        environment = {"PYTHONPATH": str(ROOT), "SHOP": str(tmp_path / "shop.db")}
        done = subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
