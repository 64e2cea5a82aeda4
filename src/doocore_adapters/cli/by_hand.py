"""`doocore contacts create`, `change` and `delete`: what people do to single contacts."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import typer

from doocore import (
    Contact,
    ContactCenter,
    DuplicateIdentifierError,
    NotFoundError,
    OptedOutError,
    Subscription,
)
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.options import field_values, one_of
from doocore_adapters.cli.screen import Answer, counted, line
from doocore_adapters.cli.session import Session, Yes, command

SUBSCRIPTIONS = "event_communication|newsletter|marketing"

ASKED: Mapping[type[Exception], tuple[str, Callable[[Any], str]]] = {
    DuplicateIdentifierError: (
        "confirm_duplicate",
        lambda error: (
            f"{error.field} {error.value!r} is held by {', '.join(error.holders)}. Shall this contact have it too?"
        ),
    ),
    OptedOutError: (
        "confirm_subscription",
        lambda error: f"The person unsubscribed from {error.subscription}. Shall that be undone?",
    ),
}
"""What is refused until somebody confirms it: how the contact center is told of that, and the question (ID-5, SU-4)."""

Values = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FIELD=VALUE]...",
        show_default=False,
        help='A value by the name of its field: first_name=Ada "Firma=Analytik GmbH".',
    ),
]
Subscribe = Annotated[
    list[str] | None, typer.Option("--subscribe", metavar=SUBSCRIPTIONS, help="Subscribe to this; repeatable.")
]
Unsubscribe = Annotated[
    list[str] | None, typer.Option("--unsubscribe", metavar=SUBSCRIPTIONS, help="Unsubscribe from this; repeatable.")
]
One = Annotated[str, typer.Argument(metavar="CONTACT", help="A contact ID, or an address or customer ID of one alone.")]


def register(contacts: typer.Typer) -> None:
    """Add the commands to those of `doocore contacts`."""
    command(contacts, "create")(create_contact)
    command(contacts, "change")(change_contact)
    command(contacts, "delete")(delete_contact)


def create_contact(
    session: Session,
    values: Values = None,
    *,
    groups: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="NAME", help="Join this group, new or not; repeatable."),
    ] = None,
    subscribe: Subscribe = None,
    unsubscribe: Unsubscribe = None,
    yes: Yes = False,
) -> Answer:
    """Create a contact.

    A second contact with an address or customer ID, and a subscription that the person itself had ended, must be
    confirmed.
    """
    given = field_values(values or ())
    wishes = _wishes(subscribe, unsubscribe)
    with session.writing() as center:
        contact = _confirmed(
            session,
            lambda **confirmed: center.create_contact(given, groups=groups or (), subscriptions=wishes, **confirmed),
            yes=yes,
        )
        return _answer(center, contact, "is there")


def change_contact(
    session: Session,
    who: One,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIELD=VALUE]...",
            show_default=False,
            help='A new value by the name of its field; "city=" clears it, a field that is not named stays.',
        ),
    ] = None,
    *,
    groups: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="NAME", help="Join this group, new or not; repeatable."),
    ] = None,
    leave: Annotated[
        list[str] | None, typer.Option("--leave-group", metavar="NAME", help="Leave this group; repeatable.")
    ] = None,
    subscribe: Subscribe = None,
    unsubscribe: Unsubscribe = None,
    yes: Yes = False,
) -> Answer:
    """Change a contact: values, groups, subscriptions.

    A second contact with an address or customer ID, and a subscription that the person itself had ended, must be
    confirmed.
    """
    given = field_values(values or ())
    wishes = _wishes(subscribe, unsubscribe)
    if not (given or wishes or groups or leave):
        raise CommandError("usage", "name a change; `doocore contacts change --help` lists what can be changed")
    with session.reading() as center:
        before = one_contact(center, who)
        after = _confirmed(
            session,
            lambda **confirmed: center.change_contact(
                before.id,
                given,
                groups=groups or (),
                leave_groups=leave or (),
                subscriptions=wishes,
                version=before.version,
                **confirmed,
            ),
            yes=yes,
        )
        moved = groups or leave
        return _answer(center, after, "is changed" if moved or after != before else "has all that already")


def delete_contact(session: Session, who: One, *, yes: Yes = False) -> Answer:
    """Delete a contact for good.

    Its bookings and attendees stay, and belong to nobody; how many these are is told beforehand, and must be confirmed.
    """
    with session.reading() as center:
        told = center.deletion(one_contact(center, who).id)
        parties = f"{counted(told.bookings, 'booking')} and {counted(told.attendees, 'attendee')}"
        session.confirm(
            f"Delete {_shown(told.contact)} for good? {parties} will belong to nobody.",
            yes=yes,
            bookings=told.bookings,
            attendees=told.attendees,
        )
        center.delete_contact(told)
    return Answer(to_plain(told), [line(f"{_shown(told.contact)} is deleted; {parties} belong to nobody now.")])


def one_contact(center: ContactCenter, who: str) -> Contact:
    """Find the one contact that has *who* as an ID, an address or a customer ID; `CommandError` if there are several."""
    found = contacts_called(center, who)
    if len(found) > 1:
        ids = [each.id for each in found]
        message = f"several contacts have {who!r}: {', '.join(ids)}; name the one that is meant by its contact ID"
        raise CommandError("ambiguous", message, holders=ids)
    return found[0]


def contacts_called(center: ContactCenter, who: str) -> list[Contact]:
    """Find whoever has *who* as an ID, an address or a customer ID, each once; `NotFoundError` if nobody has."""
    holders = [*center.contacts_by_email(who), *center.contacts_by_customer_id(who)]
    try:
        holders.insert(0, center.contact(who))
    except NotFoundError:
        if not holders:
            raise
    return list({each.id: each for each in holders}.values())


def _confirmed(session: Session, act: Callable[..., Contact], *, yes: bool) -> Contact:
    """Do what is asked; where that takes confirmation, ask for it and do it then."""
    confirmed: dict[str, Any] = {}
    while True:
        try:
            return act(**confirmed)
        except tuple(ASKED) as error:
            word, question = ASKED[type(error)]
            session.confirm(question(error), yes=yes, **{name: to_plain(each) for name, each in vars(error).items()})
            confirmed[word] = True


def _wishes(subscribe: Iterable[str] | None, unsubscribe: Iterable[str] | None) -> dict[Subscription, bool]:
    read = one_of(Subscription, SUBSCRIPTIONS)
    wishes = dict.fromkeys(map(read, subscribe or ()), True)
    for each in map(read, unsubscribe or ()):
        if wishes.setdefault(each, False):
            raise CommandError("usage", f"{each.value} is to be subscribed to and unsubscribed from at once")
    return wishes


def _answer(center: ContactCenter, contact: Contact, what: str) -> Answer:
    return Answer(to_plain(center.details(contact.id)), [line(f"{_shown(contact)} {what}.")])


def _shown(contact: Contact) -> str:
    """Name a contact as people know it, with its ID."""
    known = contact.name or contact.text("company") or contact.text("email")
    return f"Contact {contact.id} ({known})" if known else f"Contact {contact.id}"
