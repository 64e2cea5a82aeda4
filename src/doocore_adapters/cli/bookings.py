"""`doocore bookings`, `booking`, `pay`, `refund`, `cancel`, `check-in` and `edit`: bookings after their delivery."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from doocore import (
    Attendee,
    BookingHistoryEntry,
    BookingStatus,
    ChangedBooking,
    FieldCatalog,
    RecordedBooking,
    RecordedParty,
)
from doocore_adapters.cattrs import edits_from_plain, to_plain
from doocore_adapters.cli.booking import told
from doocore_adapters.cli.json_files import read_json
from doocore_adapters.cli.screen import NOTHING, Answer, Column, block, cell_of_lines, heading, line, shortly, table
from doocore_adapters.cli.session import Session, command

LIMIT = 25

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The booking's number; case does not count.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "bookings")(list_bookings)
    command(app, "booking")(show_booking)
    command(app, "pay")(pay)
    command(app, "refund")(refund)
    command(app, "cancel")(cancel)
    command(app, "check-in")(check_in)
    command(app, "edit")(edit)


def list_bookings(
    session: Session,
    event: Annotated[str | None, typer.Argument(metavar="[EVENT]", help="Those of this event only.")] = None,
    *,
    after: Annotated[str | None, typer.Option("--after", metavar="NUMBER", help="Those behind this number.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many at most.")] = LIMIT,
) -> Answer:
    """List bookings in order of their numbers."""
    with session.reading() as center:
        if event is not None:
            center.events.get(event)
        found = center.bookings.page(event=event, after=after, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    rows = [
        (
            each.number,
            each.event_id,
            each.booker.entered.email,
            str(len(each.attendees)),
            each.payment.value,
            each.status.value,
        )
        for each in found
    ]
    columns = (Column("Number", whole=True), "Event", Column("Booker", share=3), "Tickets", "Payment", "Status")
    parts: list[RenderableType] = [table(columns, rows)]
    if more:
        parts.append(line(f"There are more; --after {found[-1].number} goes on."))
    return Answer({"bookings": to_plain(found), "more": more}, parts)


def show_booking(session: Session, number: Number) -> Answer:
    """Show a booking with its parties, and what happened to it since it was delivered."""
    with session.reading() as center:
        booking = center.bookings.get(number)
        history = center.bookings.history(number)
        zone = ZoneInfo(center.settings.time_zone)
    data = {**to_plain(booking), "history": to_plain(history)}
    return Answer(data, [*_booking_parts(booking, zone), *_history_parts(history, zone)])


def pay(session: Session, number: Number) -> Answer:
    """Note that a booking is paid for."""
    with session.reading() as center:
        return _answer(center.bookings.pay(number), "is paid")


def refund(session: Session, number: Number) -> Answer:
    """Note that a paid booking's money was given back."""
    with session.reading() as center:
        return _answer(center.bookings.refund(number), "is refunded")


def cancel(
    session: Session,
    number: Number,
    *,
    attendee: Annotated[
        int | None, typer.Option("--attendee", min=1, metavar="N", help="Only this attendee, counted from 1.")
    ] = None,
) -> Answer:
    """Cancel a booking, or one of its attendees."""
    with session.reading() as center:
        if attendee is None:
            return _answer(center.bookings.cancel(number), "is cancelled")
        return _answer(center.bookings.cancel_attendee(number, attendee), f"has attendee {attendee} cancelled")


def check_in(
    session: Session,
    number: Number,
    attendee: Annotated[int, typer.Argument(min=1, metavar="ATTENDEE", help="Which attendee, counted from 1.")],
) -> Answer:
    """Let an attendee in."""
    with session.reading() as center:
        return _answer(center.bookings.check_in(number, attendee), f"has attendee {attendee} checked in")


def edit(
    session: Session,
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list of edits as JSON.")],
    *,
    version: Annotated[
        int | None,
        typer.Option("--version", metavar="N", help="Refuse it if the booking has another version by now."),
    ] = None,
) -> Answer:
    """Edit a booking as staff, by a JSON file: all edits or none.

    It tells what became of the values in the contacts.
    """
    edits = edits_from_plain(read_json(file))
    with session.reading() as center:
        changed = center.bookings.edit(number, edits, version=version)
        catalog = center.fields.catalog()
    answer = _answer(changed, "is edited")
    return Answer(answer.data, [*answer.parts, *_report_parts(changed, catalog)])


def _answer(changed: ChangedBooking, what: str) -> Answer:
    said = what if changed.changes else "has all that already"
    return Answer(to_plain(changed), [line(f"Booking {changed.booking.number} {said}.")])


def _booking_parts(booking: RecordedBooking, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield heading(f"{booking.number} · {booking.event_id}")
    changed = "" if booking.last_changed is None else f", last changed {_moment(booking.last_changed, zone)}"
    yield block(
        f"{booking.status.value}, payment {booking.payment.value}, booked {_moment(booking.booked_at, zone)}{changed},"
        f" version {booking.version}"
    )
    if booking.products:
        yield block(f"Products: {', '.join(booking.products)}")
    columns = (
        Column("Party", whole=True),
        Column("Entered", share=4),
        Column("Contact", whole=True),
        Column("Ticket", share=2),
        Column("Status", whole=True),
    )
    yield table(columns, [_row(position, each, booking) for position, each in enumerate(booking.parties)])


def _row(position: int, party: RecordedParty, booking: RecordedBooking) -> tuple[object, ...]:
    entered = party.entered
    given = (f"{name}: {value}" for name, value in (*entered.values.items(), *entered.answers.items()))
    ticket = entered.ticket if isinstance(entered, Attendee) else None
    status = party.status.value if position and booking.status is BookingStatus.ACTIVE else booking.status.value
    return (
        _party(position),
        cell_of_lines([entered.email or NOTHING, *map(shortly, given)]),
        party.outcome.contact_id,
        ticket,
        status,
    )


def _party(position: int) -> str:
    return f"attendee {position}" if position else "booker"


def _history_parts(history: tuple[BookingHistoryEntry, ...], zone: ZoneInfo) -> Iterator[RenderableType]:
    if not history:
        return
    columns = (
        Column("When", whole=True),
        Column("Through", share=3),
        Column("Change", share=7),
        Column("Rules", share=2),
    )
    yield table(
        columns,
        [
            (_moment(each.at, zone), f"{each.cause.value}, by {each.actor}", _changes(each), " ".join(each.rules))
            for each in history
        ],
    )


def _changes(entry: BookingHistoryEntry) -> object:
    keys = dict.fromkeys((*entry.before, *entry.after))
    before, after = ({key: shortly(str(told[key])) for key in told} for told in (entry.before, entry.after))
    return cell_of_lines(f"{key}: {before.get(key, NOTHING)} → {after.get(key, NOTHING)}" for key in keys)


def _report_parts(changed: ChangedBooking, catalog: FieldCatalog) -> Iterator[RenderableType]:
    rows = [
        (
            _party(position),
            cell_of_lines(f"{catalog.name_of(each.field)} {told(each)} ({each.rule})" for each in reports),
        )
        for position, reports in enumerate(changed.reports)
        if reports
    ]
    if rows:
        yield table((Column("Party", whole=True), Column("What became of the values", share=1)), rows)


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
