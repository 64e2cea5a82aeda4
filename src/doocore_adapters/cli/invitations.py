"""`doocore invitation-list` and `mark`: where everybody stands with an event (chapter 7)."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from doocore import (
    ContactCenter,
    InvitationExplanation,
    InvitationLine,
    InvitationStatus,
    Mark,
    Witness,
    explanation,
    label,
)
from doocore_adapters.cattrs import Plain, to_plain
from doocore_adapters.cli.by_hand import one_contact
from doocore_adapters.cli.options import one_of
from doocore_adapters.cli.screen import Answer, Column, block, cell_of_lines, counted, heading, line, table
from doocore_adapters.cli.session import Session, command

LIMIT = 20
STATUSES = "|".join(each.value.replace("_", "-") for each in InvitationStatus)
MARKS = "|".join(each.value for each in Mark)

EventId = Annotated[str, typer.Argument(metavar="EVENT", help="The ID of the event.")]
read_status = one_of(InvitationStatus, STATUSES)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "invitation-list")(invitation_list)
    command(app, "mark")(mark)


def invitation_list(
    session: Session,
    event: EventId,
    *,
    add: Annotated[
        list[str] | None,
        typer.Option("--add-group", metavar="NAME", help="Put this group on the list; repeatable, up to ten."),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove-group", metavar="NAME", help="Take this group off it; repeatable.")
    ] = None,
    statuses: Annotated[
        list[str] | None,
        typer.Option("--status", metavar="STATUS", help=f"Those who stand there alone; repeatable: {STATUSES}."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many are shown at most.")] = LIMIT,
    to_group: Annotated[
        str | None, typer.Option("--to-group", metavar="NAME", help="Make a new group of them, for reminders.")
    ] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="CONTACT", help="Tell why this contact stands where it stands.")
    ] = None,
) -> Answer:
    """Show an event's invitation list: how many stand where, and who.

    Whoever is in one of its groups is on it, as long as that is so.
    """
    wanted = [read_status(each) for each in statuses or ()]
    with session.reading() as center:
        if add:
            center.invitations.create(event, add)
        if remove:
            center.invitations.remove_groups(event, remove)
        if explain is not None:
            return _explained(center, event, explain)
        if to_group is not None:
            return _grouped(session, center, event, to_group, wanted)
        return _listed(center, event, wanted, limit)


def mark(
    session: Session,
    event: EventId,
    who: Annotated[
        str, typer.Argument(metavar="CONTACT", help="A contact ID, or an address or customer ID of one alone.")
    ],
    status: Annotated[str, typer.Argument(metavar="STATUS", help=f"One of {MARKS.replace('|', ', ')}.")],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Take the mark back; what else is known stays.")] = False,
) -> Answer:
    """Mark a contact by hand as invited, undecided or declined."""
    wanted = one_of(Mark, MARKS)(status)
    with session.reading() as center:
        contact = one_contact(center, who)
        act = center.invitations.unmark if remove else center.invitations.mark
        stands = act(event, contact.id, wanted)
    told = "is no longer marked" if remove else "is marked"
    name = contact.name or contact.text("email") or contact.id
    data = {"event": event, "contact": contact.id, "mark": wanted.value, "marked": not remove, "status": stands.value}
    return Answer(data, [line(f"{name} {told} as {wanted.value}, and stands at: {label(stands)}.")])


def counts_table(counts: Mapping[InvitationStatus, int]) -> RenderableType:
    """Show how many stand where, the highest last; what nobody has is left out."""
    rows = [(each.value, count, explanation(each)) for each, count in counts.items() if count]
    return table((Column("Status", whole=True), Column("Contacts", right=True, whole=True), "Because"), rows)


def _listed(center: ContactCenter, event: str, statuses: Collection[InvitationStatus], limit: int) -> Answer:
    counts = center.invitations.counts(event)
    groups = [each.name for each in center.invitations.groups(event)]
    found = list(islice(center.invitations.lines(event, statuses=statuses), limit))
    total = sum(count for each, count in counts.items() if not statuses or each in statuses)
    title = counted(total, "contact")
    if len(found) < total:
        title = f"{len(found)} of {title}; --limit {total} shows all"
    columns = (Column("ID", whole=True), "Name", "E-mail", Column("Status", whole=True))
    rows = [(each.contact.id, each.contact.name, each.contact.text("email"), each.status.value) for each in found]
    data = {
        "event": event,
        "groups": groups,
        "counts": {each.value: count for each, count in counts.items()},
        "total": total,
        "contacts": list(map(_line_data, found)),
    }
    parts = [
        heading(f"Invitation list of {event} · {counted(sum(counts.values()), 'contact')}"),
        block(f"Groups: {', '.join(groups) or 'none; --add-group puts one on it'}"),
        counts_table(counts),
        heading(title),
        table(columns, rows),
    ]
    return Answer(data, parts)


def _line_data(found: InvitationLine) -> Plain:
    contact = found.contact
    return {
        "id": contact.id,
        "name": contact.name,
        "email": contact.text("email") or None,
        "status": found.status.value,
        "evidence": to_plain(found.evidence),
    }


def _grouped(
    session: Session, center: ContactCenter, event: str, name: str, statuses: Collection[InvitationStatus]
) -> Answer:
    with session.screen.progress() as show:
        group = center.invitations.to_group(
            event, name, statuses=statuses, progress=lambda joined: show("Joining the group", joined, None)
        )
    members = center.count_contacts(group=group.name)
    return Answer(
        {"name": group.name, "contacts": members},
        [line(f"Group {group.name} is there with {counted(members, 'contact')}.")],
    )


def _explained(center: ContactCenter, event: str, who: str) -> Answer:
    contact = one_contact(center, who)
    told = center.invitations.explain(event, contact.id)
    zone = ZoneInfo(center.settings.time_zone)
    subjects: dict[str, str] = {
        each.id: each.draft.subject for each in center.messages.page(event_id=event, limit=1_000)
    }
    name = contact.name or contact.text("email") or contact.id
    parts = [
        heading(f"{name} · {event} · {label(told.status)}"),
        block(f"{told.status.value}: {explanation(told.status)}", *_not_listed(told)),
        table(
            (Column("When", whole=True), "Evidence", "From"),
            [
                (_moment(each.at, zone), _evidence_of(each, told), cell_of_lines(_source(each, subjects)))
                for each in told.witnesses
            ],
        ),
    ]
    return Answer(to_plain(told), parts)


def _not_listed(told: InvitationExplanation) -> Iterator[str]:
    if not told.is_listed:
        yield "The contact is in no group of the list."


def _evidence_of(witness: Witness, told: InvitationExplanation) -> str:
    names = ", ".join(label(each) for each in witness.evidence) or "no evidence: a machine did it"
    return f"{names} (decides)" if witness.evidence & told.decisive else names


def _source(witness: Witness, subjects: Mapping[str, str]) -> Iterator[str]:
    if witness.booking is not None:
        yield f"booking {witness.booking}"
    if witness.mark is not None:
        yield f"marked by {witness.mark.actor}"
    if witness.message_event is not None:
        message = witness.message_event.message
        yield f"message {subjects.get(message, message)}"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
