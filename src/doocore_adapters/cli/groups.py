"""`doocore groups`: groups of contacts."""

from collections.abc import Iterator
from typing import Annotated

import typer

from doocore import ContactCenter
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.by_hand import one_contact
from doocore_adapters.cli.screen import Answer, Column, counted, line, table
from doocore_adapters.cli.session import Session, Yes, bare, command

PAGE = 1_000
"""How many contacts of a selection are read at once."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The group's name, case aside.")]
Contacts = Annotated[
    list[str], typer.Argument(metavar="CONTACT...", help="Contact IDs, or addresses or customer IDs of one alone.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    groups = typer.Typer(help=list_groups.__doc__)
    bare(groups)(list_groups)
    command(groups, "list")(list_groups)
    command(groups, "create")(create_group)
    command(groups, "join")(join_group)
    command(groups, "leave")(leave_group)
    command(groups, "rename")(rename_group)
    command(groups, "delete")(delete_group)
    app.add_typer(groups, name="groups")


def list_groups(session: Session) -> Answer:
    """List groups of contacts; create, fill, rename or delete one."""
    with session.reading() as center:
        rows = [(each.name, center.count_contacts(group=each.name)) for each in center.groups.all()]
    data = {"groups": [{"name": name, "contacts": count} for name, count in rows]}
    return Answer(data, [table(("Group", Column("Contacts", right=True)), rows)])


def create_group(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the group is called; without ';'.")],
    *,
    search: Annotated[
        str | None, typer.Option("--search", metavar="TEXT", help="Who is found by it joins, as in `doocore contacts`.")
    ] = None,
    of: Annotated[str | None, typer.Option("--of", metavar="GROUP", help="Who is in that group joins.")] = None,
) -> Answer:
    """Create a group, empty or from a selection of contacts."""
    selects = search is not None or of is not None
    with session.writing() as center:
        selected = list(_selected(center, search or "", of)) if selects else []
        group = center.groups.create(name, selected)
    told = f" with {counted(len(selected), 'contact')}" if selects else ""
    return Answer({**to_plain(group), "contacts": len(selected)}, [line(f"Group {group.name} is there{told}.")])


def join_group(session: Session, name: Name, contacts: Contacts) -> Answer:
    """Let contacts join a group."""
    with session.reading() as center:
        group = center.groups.join(name, [one_contact(center, each).id for each in contacts])
        return _answer(center, group.name)


def leave_group(session: Session, name: Name, contacts: Contacts) -> Answer:
    """Let contacts leave a group."""
    with session.reading() as center:
        group = center.groups.leave(name, [one_contact(center, each).id for each in contacts])
        return _answer(center, group.name)


def rename_group(
    session: Session, name: Name, new_name: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")]
) -> Answer:
    """Give a group another name."""
    with session.reading() as center:
        return _answer(center, center.groups.rename(name, new_name).name)


def delete_group(session: Session, name: Name, *, yes: Yes = False) -> Answer:
    """Delete a group; its contacts stay.

    How many are in it is told beforehand, and must be confirmed.
    """
    with session.reading() as center:
        told = center.groups.deletion(name)
        members = counted(told.contacts, "contact")
        session.confirm(
            f"Delete group {told.group.name}? {members} will be in it no more.", yes=yes, contacts=told.contacts
        )
        center.groups.delete(told)
    return Answer(to_plain(told), [line(f"Group {told.group.name} is deleted; its contacts stay.")])


def _selected(center: ContactCenter, text: str, group: str | None) -> Iterator[str]:
    last: str | None = None
    while page := center.list_contacts(text=text, group=group, after=last, limit=PAGE):
        yield from (each.id for each in page)
        last = page[-1].id


def _answer(center: ContactCenter, name: str) -> Answer:
    members = center.count_contacts(group=name)
    return Answer({"name": name, "contacts": members}, [line(f"Group {name} has {counted(members, 'contact')}.")])
