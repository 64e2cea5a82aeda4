"""`doocore book`: bookings come in, and each party of them finds its contact (chapters 2 and 3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from doocore import (
    Booking,
    BookingResult,
    ContactCenter,
    DooCoreError,
    FieldCatalog,
    FieldReport,
    InvalidBookingError,
    PartyOutcome,
    SyncOutcome,
    explanation,
)
from doocore_adapters.cattrs import Plain, booking_from_plain, to_plain
from doocore_adapters.cli.complaints import CommandError, about_library_error
from doocore_adapters.cli.json_files import read_json
from doocore_adapters.cli.screen import Answer, Column, block, cell_of_lines, heading, shortly, table
from doocore_adapters.cli.session import FAILED, Session, command


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "book")(book)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A booking, and what came of it: the answer, or why it was refused."""

    booking: Booking
    answer: BookingResult | DooCoreError

    @property
    def data(self) -> Plain:
        """The answer for machines."""
        if isinstance(self.answer, DooCoreError):
            return {"number": self.booking.number, **about_library_error(self.answer).data}
        return to_plain(self.answer)


def book(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A booking as JSON, or a list of bookings.")],
) -> Answer:
    """Take in bookings from a JSON file.

    For each party it tells which contact it is, and why. Delivered twice, a booking with a number is taken in once. Exit status: 0 all taken in, 1 some refused, 2 none taken
    in.
    """
    bookings = read_bookings(file)
    with session.reading() as center:
        delivered = [_deliver(center, each) for each in bookings]
        catalog = center.fields.catalog()
    refused = [each.answer for each in delivered if isinstance(each.answer, DooCoreError)]
    if len(delivered) == 1 and refused:
        raise refused[0]
    parts = [part for each in delivered for part in booking_parts(each, catalog)]
    status = FAILED if len(refused) == len(delivered) else min(1, len(refused))
    return Answer({"bookings": [each.data for each in delivered], "refused": len(refused)}, parts, status)


def read_bookings(file: Path) -> list[Booking]:
    """Read a booking, or a list of them; `InvalidBookingError` names the place of what is wrong."""
    data = read_json(file)
    if not isinstance(data, list):
        return [booking_from_plain(data)]
    if not data:
        raise CommandError("no_booking", f"{file} is an empty list: there is no booking in it")
    return [_booking_in_list(place, each) for place, each in enumerate(data)]


def _booking_in_list(place: int, data: Plain) -> Booking:
    try:
        return booking_from_plain(data)
    except InvalidBookingError as error:
        raise InvalidBookingError(f"[{place}].{error.path}", error.problem) from None


def _deliver(center: ContactCenter, booking: Booking) -> Delivered:
    try:
        return Delivered(booking, center.book(booking))
    except DooCoreError as error:
        return Delivered(booking, error)


def booking_parts(delivered: Delivered, catalog: FieldCatalog) -> list[RenderableType]:
    """Show where the parties of a booking went, and why."""
    booking, answer = delivered.booking, delivered.answer
    if isinstance(answer, DooCoreError):
        return [
            heading(f"{booking.number or 'A booking'} · {booking.event_id}"),
            block(f"refused: {answer}", style="red"),
        ]
    again = " · delivered before, nothing changed" if answer.repeated else ""
    names = ("booker", *(f"attendee {place}" for place in range(1, len(answer.attendees) + 1)))
    rows = [
        (name, party.decision.value, party.contact_id, cell_of_lines(_why(party, catalog)))
        for name, party in zip(names, answer.parties, strict=True)
    ]
    columns = (Column("Party", whole=True), Column("Decision", whole=True), Column("Contact", whole=True), "Why")
    return [heading(f"{answer.number} · {booking.event_id}{again}"), table(columns, rows)]


def _why(party: PartyOutcome, catalog: FieldCatalog) -> Iterator[str]:
    yield f"{party.reason} ({', '.join(party.assignment.rules)}): {explanation(party.reason)}"
    for flag in sorted(party.flags, key=lambda each: each.value):
        yield f"{flag.value}: {explanation(flag)}"
    for report in party.reports:
        yield f"{catalog.name_of(report.field)} {told(report)} ({report.rule})"
    for subscription in party.opted_out:
        yield f"{subscription.value}: not subscribed, the person had unsubscribed (SU-4)"


def told(report: FieldReport) -> str:
    """Say what became of a value on its way into the contact."""
    given, before = shortly(str(report.given)), shortly(str(report.before))
    sentences = {
        SyncOutcome.FILLED: f"filled: {given}",
        SyncOutcome.OVERWRITTEN: f"overwritten: {before} → {given}",
        SyncOutcome.KEPT: f"kept: {before}, not {given}",
    }
    return sentences.get(report.outcome, f"{report.outcome.value}: {given}")
