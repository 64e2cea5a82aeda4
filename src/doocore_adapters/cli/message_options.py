"""The options of `doocore send`, as its function takes them; those of mails in general are in `mailing`."""

from pathlib import Path
from typing import Annotated

import typer

from doocore import Subscription
from doocore_adapters.cli.by_hand import SUBSCRIPTIONS
from doocore_adapters.cli.invitations import STATUSES
from doocore_adapters.cli.options import one_of

EventId = Annotated[str, typer.Argument(metavar="EVENT", help="The ID of the event that it is for.")]
Subject = Annotated[str, typer.Option("--subject", metavar="TEXT", help="With placeholders: ${first_name}.")]
TextFile = Annotated[
    Path,
    typer.Option(
        "--text",
        metavar="FILE",
        help="The text, with placeholders; links: ${registration_link}, ${maybe_link}, ${decline_link},"
        " ${unsubscribe_link}.",
    ),
]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="The same in HTML; ${pixel_link} tells of openings.")
]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="NAME", help="Send it to this group; repeatable, in order.")
]
Statuses = Annotated[
    list[str] | None,
    typer.Option(
        "--list-status", metavar="STATUS", help=f"To those who stand there on the invitation list: {STATUSES}."
    ),
]
Everybody = Annotated[bool, typer.Option("--list", help="To everybody on the invitation list.")]
Contacts = Annotated[list[str] | None, typer.Option("--to", metavar="CONTACT", help="To this contact; repeatable.")]
Purpose = Annotated[
    Subscription,
    typer.Option(
        "--purpose",
        parser=one_of(Subscription, SUBSCRIPTIONS),
        metavar=SUBSCRIPTIONS,
        show_default=Subscription.EVENT_COMMUNICATION.value,
        help="Only those who subscribed to this get it.",
    ),
]
Links = Annotated[
    list[str] | None,
    typer.Option("--link", metavar="NAME=URL", help="A general link, ${link_NAME} in the text; repeatable."),
]
Name = Annotated[str, typer.Option("--name", metavar="TEXT", help="What you call the message.")]
ReplyTo = Annotated[
    str | None, typer.Option("--reply-to", metavar="MAILBOX", help="Where answers go, if not to the sender.")
]
Preview = Annotated[
    str | None, typer.Option("--preview", metavar="CONTACT", help="Show what this contact would get; send nothing.")
]
Test = Annotated[
    str | None, typer.Option("--test", metavar="ADDRESS", help="With --preview: send that to this address, at once.")
]
