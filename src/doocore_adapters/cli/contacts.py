"""`doocore contacts` and `doocore show`: who is in the contact center, and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from doocore import Contact, ContactDetails, FieldCatalog, HistoryEntry, Origin, label
from doocore_adapters.cattrs import Plain, to_plain
from doocore_adapters.cli import by_hand
from doocore_adapters.cli.by_hand import contacts_called
from doocore_adapters.cli.listing import Listing
from doocore_adapters.cli.screen import NOTHING, Answer, Column, block, cell_of_lines, counted, heading, shortly, table
from doocore_adapters.cli.session import Session, bare, command

LIMIT = 25


def register(app: typer.Typer) -> None:
    """Add the commands."""
    contacts = typer.Typer(cls=Listing, help=list_all.__doc__)
    bare(contacts)(list_all)
    command(contacts, "list")(list_contacts)
    by_hand.register(contacts)
    app.add_typer(contacts, name="contacts")
    command(app, "show")(show_contact)


def list_all(session: Session) -> Answer:
    """List contacts, or search for some; create, change or delete one.

    `doocore contacts TEXT` is short for `doocore contacts list TEXT`.
    """
    return list_contacts(session)


def list_contacts(
    session: Session,
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Part of a name, address, company or ID.", show_default=False)
    ] = "",
    *,
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="Members of this group only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many at most.")] = LIMIT,
) -> Answer:
    """List contacts, or search for some."""
    with session.reading() as center:
        found = center.list_contacts(text=text, group=group, limit=limit)
        total = center.count_contacts(text=text, group=group)
    columns = (
        Column("Contact ID", whole=True),
        Column("Name", share=3),
        Column("E-mail", share=5),
        Column("Company", share=3),
    )
    rows = [(each.id, each.name, each.text("email"), each.text("company")) for each in found]
    title = counted(total, "contact")
    if len(found) < total:
        title = f"{len(found)} of {title}; --limit {total} shows all"
    return Answer({"total": total, "contacts": to_plain(found)}, [heading(title), table(columns, rows)])


@dataclass(frozen=True, slots=True)
class Shown:
    """A contact with all that is told about it."""

    details: ContactDetails
    history: tuple[HistoryEntry, ...]

    @property
    def data(self) -> Plain:
        """The contact for machines."""
        return {**to_plain(self.details), "history": to_plain(self.history)}


def show_contact(
    session: Session,
    who: Annotated[str, typer.Argument(metavar="CONTACT", help="A contact ID, an address, or a customer ID.")],
) -> Answer:
    """Show contacts by ID, address or customer ID.

    All who have it are shown, with values, groups, subscriptions and history.
    """
    with session.reading() as center:
        ids = [each.id for each in contacts_called(center, who)]
        found = [Shown(center.details(each), center.history(each)) for each in ids]
        settings = center.settings
        reader = _Reader(center.fields.catalog(), ZoneInfo(settings.time_zone), settings.locale)
    parts = [part for each in found for part in reader.parts(each)]
    return Answer({"contacts": [each.data for each in found]}, parts)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Puts a contact on the screen."""

    catalog: FieldCatalog
    zone: ZoneInfo
    locale: str

    def parts(self, shown: Shown) -> list[RenderableType]:
        contact = shown.details.contact
        title = " · ".join(filter(None, (contact.name, contact.text("company")))) or contact.text("email") or contact.id
        return [
            heading(title),
            block(f"{contact.id}, {self._origin(contact)}"),
            self._values(contact),
            block(f"Groups: {', '.join(shown.details.groups) or NOTHING}", *self._last_contacted(shown.details)),
            *self._subscriptions(contact),
            *self._history(shown.history),
        ]

    def _origin(self, contact: Contact) -> str:
        origin = contact.origin
        return f"created {self._moment(contact.created_at)} by {origin.actor} through {_through(origin)}"

    def _last_contacted(self, details: ContactDetails) -> list[str]:
        at = details.last_contacted
        return [] if at is None else [f"Last written to: {self._moment(at)}"]

    def _values(self, contact: Contact) -> RenderableType:
        rows = [
            (each.name, label(each, self.locale) if each.system else "", contact.values[each.key])
            for each in self.catalog.fields
            if each.key in contact.values
        ]
        columns = (Column("Field", whole=True), Column("Label", style="dim"), Column("Value", share=1))
        return table(columns, rows)

    def _subscriptions(self, contact: Contact) -> list[RenderableType]:
        rows = [
            (each.value, consent.state.value, self._moment(consent.at), consent.through.value)
            for each, consent in contact.subscriptions.items()
        ]
        return [table(("Subscription", "State", "Since", "Through"), rows)] if rows else []

    def _history(self, history: tuple[HistoryEntry, ...]) -> list[RenderableType]:
        rows = [
            (self._moment(each.at), f"{_through(each)}, by {each.actor}", self._changes(each), " ".join(each.rules))
            for each in history
        ]
        columns = (
            Column("When", whole=True),
            Column("Through", share=4),
            Column("Change", share=6),
            Column("Rules", share=2),
        )
        return [table(columns, rows)] if rows else []

    def _changes(self, entry: HistoryEntry) -> object:
        changed = dict.fromkeys((*entry.before, *entry.after))
        return cell_of_lines(
            f"{self._name(key)}: {_value(entry.before, key)} → {_value(entry.after, key)}" for key in changed
        )

    def _name(self, key: str) -> str:
        return self.catalog.name_of(key)

    def _moment(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"


def _through(source: Origin | HistoryEntry) -> str:
    place = f", line {source.row}" if source.row is not None else ""
    return f"{source.cause.value} {source.reference}".strip() + place


def _value(values: Mapping[str, object], key: str) -> str:
    return shortly(str(values[key])) if key in values else NOTHING
