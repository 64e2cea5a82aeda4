"""`doocore codes`: promotion and access codes (chapter 10)."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from doocore import Code, CodeDetails, CodeTerms, CodeType, CodeUse, ContactCenter
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.by_hand import one_contact
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.options import local_time, one_of
from doocore_adapters.cli.screen import NOTHING, Answer, Column, block, cell_of_lines, counted, heading, line, table
from doocore_adapters.cli.session import Session, bare, command

LIMIT = 20
TYPES = "promotion|access"
USES = "single|multi|multi-event"

Name = Annotated[str, typer.Argument(metavar="NAME", help="The code, case aside.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    codes = typer.Typer(help=list_all.__doc__)
    bare(codes)(list_all)
    command(codes, "list")(list_codes)
    command(codes, "show")(show_code)
    command(codes, "create")(create_codes)
    command(codes, "withdraw")(withdraw_code)
    command(codes, "redeem")(redeem_code)
    app.add_typer(codes, name="codes")


def list_all(session: Session) -> Answer:
    """List promotion and access codes; create, show, withdraw or redeem one."""
    return list_codes(session)


def list_codes(
    session: Session,
    *,
    event: Annotated[str | None, typer.Option("--event", metavar="ID", help="Those for this event alone.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many at most.")] = LIMIT,
) -> Answer:
    """List codes, the oldest first, with where they stand."""
    with session.reading() as center:
        found = list(islice(center.codes.all(event=event), limit + 1))
        zone = ZoneInfo(center.settings.time_zone)
    shown = found[:limit]
    title = f"the first {limit}; --limit says how many" if len(found) > limit else counted(len(found), "code")
    columns = (
        "Code",
        Column("Type", whole=True),
        Column("Status", whole=True),
        Column("Used", right=True, whole=True),
        Column("Valid", whole=True),
    )
    rows = [
        (each.code.name, each.code.type.value, each.status.value, _used(each), cell_of_lines(_period(each.code, zone)))
        for each in shown
    ]
    return Answer({"codes": to_plain(shown)}, [heading(title), table(columns, rows)])


def show_code(session: Session, name: Name) -> Answer:
    """Show a code, where it stands, and the bookings that have redeemed it."""
    with session.reading() as center:
        found = center.codes.get(name)
        zone = ZoneInfo(center.settings.time_zone)
    return Answer(to_plain(found), list(_parts(found, zone)))


def create_codes(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", show_default=False, help="What people type; drawn at random if left out."),
    ] = None,
    *,
    type_: Annotated[
        CodeType,
        typer.Option(
            "--type",
            parser=one_of(CodeType, TYPES),
            metavar=TYPES,
            show_default=False,
            help="A better price, or getting in.",
        ),
    ] = CodeType.ACCESS,
    use: Annotated[
        CodeUse,
        typer.Option(
            "--use",
            parser=one_of(CodeUse, USES),
            metavar=USES,
            show_default=False,
            help="Once, several times, or at several events.",
        ),
    ] = CodeUse.SINGLE,
    most: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="How many bookings can use it. [default: any number]")
    ] = None,
    event: Annotated[str | None, typer.Option("--event", metavar="ID", help="For this event alone.")] = None,
    starts: Annotated[
        datetime | None,
        typer.Option("--from", parser=local_time, metavar="TIME", help='Local time, such as "2026-05-01 00:00".'),
    ] = None,
    ends: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help='Local time, such as "2026-05-31 23:59"; it still counts.'),
    ] = None,
    contacts: Annotated[
        list[str] | None,
        typer.Option(
            "--for", metavar="CONTACT", help="Personal to this contact; repeatable, each gets one of their own."
        ),
    ] = None,
    count: Annotated[int | None, typer.Option("--count", metavar="N", help="So many at once, drawn at random.")] = None,
) -> Answer:
    """Create a code, or many at once."""
    if sum((name is not None, count is not None, len(contacts or ()) > 1)) > 1:
        raise CommandError("usage", "a name is for one code: leave it out, or --count and a second --for")
    with session.writing() as center:
        zone = ZoneInfo(center.settings.time_zone)
        terms = CodeTerms(
            type=type_,
            use=use,
            limit=most,
            event=event,
            valid_from=None if starts is None else starts.replace(tzinfo=zone),
            valid_until=None if ends is None else _until(ends).replace(tzinfo=zone),
        )
        made = _created(center, name, count, [one_contact(center, each).id for each in contacts or ()], terms)
    data = {"codes": to_plain(made)}
    if len(made) == 1:
        return Answer(data, [line(f"Code {made[0].name} is there.")])
    return Answer(data, [heading(counted(len(made), "code")), *(line(f"  {each.name}") for each in made)])


def withdraw_code(session: Session, name: Name) -> Answer:
    """Withdraw a code: nobody can redeem it any more; bookings that have redeemed it stay."""
    with session.reading() as center:
        code = center.codes.withdraw(name)
    return Answer(to_plain(code), [line(f"Code {code.name} is withdrawn.")])


def redeem_code(
    session: Session,
    name: Name,
    number: Annotated[str, typer.Argument(metavar="BOOKING", help="The number of the booking: TX-XXXX-XXXX.")],
) -> Answer:
    """Redeem a code in a booking."""
    with session.reading() as center:
        center.codes.redeem(name, number)
        found = center.codes.get(name)
    return Answer(to_plain(found), [line(f"Code {found.code.name} is redeemed in {number}.")])


def _created(
    center: ContactCenter, name: str | None, count: int | None, contacts: list[str], terms: CodeTerms
) -> tuple[Code, ...]:
    if count is not None:
        if contacts:
            raise CommandError("usage", "--count draws codes for everybody: leave it out, or --for")
        return center.codes.create_many(count, **terms)
    if len(contacts) > 1:
        return center.codes.create_for(contacts, **terms)
    return (center.codes.create(name, contact=contacts[0] if contacts else None, **terms),)


def _until(text: str) -> datetime:
    """Read the last moment; a day alone would end where it begins."""
    moment = local_time(text)
    if len(text.strip()) <= len("2026-05-31"):
        raise typer.BadParameter(f'{text!r} says no time of day: "{text} 23:59"')
    return moment


def _parts(details: CodeDetails, zone: ZoneInfo) -> Iterator[RenderableType]:
    code = details.code
    yield heading(f"{code.name} · {details.status.value}")
    made = f"created {_moment(code.created_at, zone)} by {code.origin.actor}"
    told = {"Valid": _period(code, zone), "For": _for_whom(code), "Used": [_used(details)]}
    yield line(f"  {code.type.value} code, {code.use.value}, {made}")
    for name, texts in told.items():
        yield line(f"  {name}: {', '.join(texts) or NOTHING}")
    yield block("It can be redeemed now." if details.redeemable else "It cannot be redeemed now.")
    if details.redemptions:
        uses = (
            (each.number, each.event_id, _moment(each.at, zone), "cancelled: free again" if each.cancelled else "taken")
            for each in details.redemptions
        )
        yield table((Column("Booking", whole=True), "Event", Column("Redeemed", whole=True), "Use"), uses)


def _used(details: CodeDetails) -> str:
    used = f"{len(details.used_in):,}"
    return used if details.limit is None else f"{used} of {details.limit:,}"


def _period(code: Code, zone: ZoneInfo) -> Iterator[str]:
    if code.valid_from is not None:
        yield f"from {_moment(code.valid_from, zone)}"
    if code.valid_until is not None:
        yield f"until {_moment(code.valid_until, zone)}"


def _for_whom(code: Code) -> Iterator[str]:
    if code.event_id is not None:
        yield f"event {code.event_id}"
    if code.contact_id is not None:
        yield f"contact {code.contact_id}"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
