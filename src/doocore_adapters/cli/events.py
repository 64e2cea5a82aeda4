"""`doocore events`: events as far as bookings need them."""

from datetime import datetime
from typing import Annotated

import typer

from doocore import EmailChangePolicy, Event, EventStatus
from doocore.contact_center import SystemClock
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.options import local_time, one_of, zone_name
from doocore_adapters.cli.screen import NOTHING, Answer, Column, cell_of_lines, line, table
from doocore_adapters.cli.session import Session, bare, command

EMAIL_CHANGE = "reassign|keep"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    events = typer.Typer(help=list_events.__doc__)
    bare(events)(list_events)
    command(events, "list")(list_events)
    command(events, "create")(create_event)
    command(events, "live")(open_event)
    app.add_typer(events, name="events")


def list_events(session: Session) -> Answer:
    """List, create or open events."""
    with session.reading() as center:
        events = center.events.all()
    now = SystemClock().now()
    rows = [(each.id, each.name, each.status_at(now).value, _times(each), each.email_change.value) for each in events]
    columns = ("ID", "Name", Column("Status", whole=True), Column("Starts, ends", whole=True), "Changed address")
    return Answer(
        {"events": [to_plain(each) | {"now": each.status_at(now).value} for each in events]}, [table(columns, rows)]
    )


def _times(event: Event) -> object:
    if event.starts_at is None and event.ends_at is None:
        return None
    starts, ends = (f"{each:%Y-%m-%d %H:%M}" if each else NOTHING for each in (event.starts_at, event.ends_at))
    return cell_of_lines((starts, ends, event.time_zone))


def create_event(
    session: Session,
    event_id: Annotated[str, typer.Argument(metavar="ID", help="What bookings call it.")],
    *,
    name: Annotated[str, typer.Option("--name", help="What people call it.")] = "",
    starts: Annotated[
        datetime | None,
        typer.Option("--starts", parser=local_time, metavar="TIME", help='Local time, such as "2026-05-01 18:00".'),
    ] = None,
    ends: Annotated[
        datetime | None,
        typer.Option("--ends", parser=local_time, metavar="TIME", help="Local time; from then on only staff book."),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--time-zone", parser=zone_name, metavar="NAME", help="Where it takes place. [default: the organization's]"
        ),
    ] = None,
    email_change: Annotated[
        EmailChangePolicy,
        typer.Option(
            "--email-change",
            parser=one_of(EmailChangePolicy, EMAIL_CHANGE),
            metavar=EMAIL_CHANGE,
            show_default=False,
            help="What happens when somebody invited types another address.",
        ),
    ] = EmailChangePolicy.REASSIGN,
    live: Annotated[bool, typer.Option("--live", help="Open it for bookings at once.")] = False,
) -> Answer:
    """Create an event."""
    with session.writing() as center:
        if any(each.id == event_id for each in center.events.all()):
            raise CommandError("duplicate_event", f"there is an event {event_id!r} already; choose another ID")
        event = center.events.put(
            Event(
                id=event_id,
                name=name,
                status=EventStatus.LIVE if live else EventStatus.DRAFT,
                starts_at=starts,
                ends_at=ends,
                time_zone=time_zone or center.settings.time_zone,
                email_change=email_change,
            )
        )
    return Answer(to_plain(event), [line(f"Event {event.id} is there ({event.status.value}).")])


def open_event(
    session: Session, event_id: Annotated[str, typer.Argument(metavar="ID", help="What bookings call it.")]
) -> Answer:
    """Open an event for bookings."""
    with session.reading() as center:
        event = center.events.go_live(event_id)
    return Answer(to_plain(event), [line(f"Event {event.id} is live.")])
