"""The same booking in Django's ORM, on the tables of the raw SQL; imported when Django has its settings."""

from collections.abc import Iterable

from django.db import models, transaction
from django.utils.dateparse import parse_datetime

from tests.benchmarks.test_bookings import people

NOW = parse_datetime("2026-03-01T10:00:00+00:00")


class Contact(models.Model):  # noqa: DJ008, nobody looks at one
    """A row of `contacts`."""

    pk = models.CompositePrimaryKey("org", "id")
    org = models.TextField()
    id = models.TextField()
    email = models.TextField()
    email_key = models.TextField()
    first_name = models.TextField()
    last_name = models.TextField()
    city = models.TextField()
    created_at = models.DateTimeField()

    class Meta:  # noqa: D106, as Django has it
        app_label = "benchmarks"
        db_table = "contacts"
        managed = False


class Booking(models.Model):  # noqa: DJ008, nobody looks at one
    """A row of `bookings`."""

    pk = models.CompositePrimaryKey("org", "number")
    org = models.TextField()
    number = models.TextField()
    event = models.TextField()
    payment = models.TextField()
    booked_at = models.DateTimeField()
    fingerprint = models.TextField()

    class Meta:  # noqa: D106, as Django has it
        app_label = "benchmarks"
        db_table = "bookings"
        managed = False


class Participation(models.Model):  # noqa: DJ008, nobody looks at one
    """A row of `parties`."""

    pk = models.CompositePrimaryKey("org", "number", "position")
    org = models.TextField()
    number = models.TextField()
    position = models.IntegerField()
    contact = models.TextField()
    email = models.TextField()
    first_name = models.TextField()
    last_name = models.TextField()
    city = models.TextField()
    ticket = models.TextField()

    class Meta:  # noqa: D106, as Django has it
        app_label = "benchmarks"
        db_table = "parties"
        managed = False


def book_django(numbers: Iterable[int]) -> None:
    """Look everybody up at once, and create what is new in bulk."""
    for number in numbers:
        with transaction.atomic():
            _book(number, f"TX-AAAA-{number:04}")


def _book(number: int, name: str) -> None:
    everybody = people(number)
    Booking.objects.create(
        org="acme", number=name, event="e1", payment="not_required", booked_at=NOW, fingerprint="f" * 64
    )
    asked = Contact.objects.filter(org="acme", email_key__in=[email for email, _, _ in everybody])
    known = {each.email_key: each for each in asked}
    new = [
        Contact(
            org="acme",
            id=f"{number:016}-{position}",
            email=email,
            email_key=email,
            first_name=first,
            last_name=last,
            city="Köln",
            created_at=NOW,
        )
        for position, (email, first, last) in enumerate(everybody)
        if email not in known
    ]
    Contact.objects.bulk_create(new)
    known.update((each.email_key, each) for each in new)
    Participation.objects.bulk_create(
        Participation(
            org="acme",
            number=name,
            position=position,
            contact=known[email].id,
            email=email,
            first_name=first,
            last_name=last,
            city="Köln",
            ticket="Standard",
        )
        for position, (email, first, last) in enumerate(everybody)
    )
