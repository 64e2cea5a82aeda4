"""`doocore outbox`: mails on their way (MA-3)."""

from collections.abc import Mapping
from typing import Annotated

import typer

from doocore import MailState
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.mailing import (
    Eml,
    Encryption,
    LinkUrl,
    Login,
    Port,
    Sender,
    Smtp,
    TemplateEngine,
    Templates,
    mailer_from,
    mailing_from,
)
from doocore_adapters.cli.messages import RECIPIENTS, mails_table
from doocore_adapters.cli.screen import Answer, counted, heading, line, table
from doocore_adapters.cli.session import Session, bare, command

LIMIT = 20
IN_DOUBT = (MailState.FAILED, MailState.UNKNOWN)
LEFT = frozenset({MailState.SENT, MailState.SKIPPED})


def register(app: typer.Typer) -> None:
    """Add the commands."""
    outbox = typer.Typer(help=show_all.__doc__)
    bare(outbox)(show_all)
    command(outbox, "list")(show_outbox)
    command(outbox, "run")(run_outbox)
    command(outbox, "requeue")(requeue)
    app.add_typer(outbox, name="outbox")


def show_all(session: Session) -> Answer:
    """Show how many mails are where, and which have failed or are in doubt; send them."""
    return show_outbox(session)


def show_outbox(
    session: Session,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many are shown at most.")] = LIMIT,
) -> Answer:
    """Show how many mails are where, and which have failed or are in doubt."""
    with session.reading() as center:
        counts = center.outbox.counts()
        found = center.outbox.page(states=IN_DOUBT, limit=limit)
    total = sum(counts[each] for each in IN_DOUBT)
    title = f"{counted(total, 'mail')} failed or in doubt"
    if len(found) < total:
        title = f"{len(found)} of {title}; --limit {total} shows all"
    rows = [(each.id, each.to, each.contact_id, each.state.value, each.problem) for each in found]
    parts = [mails_table(counts), *([heading(title), table(RECIPIENTS, rows)] if found else [])]
    return Answer({"counts": _words(counts), "failed_or_unknown": to_plain(found)}, parts)


def run_outbox(
    session: Session,
    *,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="So many mails at most.")] = None,
    sender: Sender = None,
    link_url: LinkUrl = None,
    templates: TemplateEngine = Templates.PLAIN,
    smtp: Smtp = None,
    port: Port = None,
    security: Encryption = "starttls",
    login: Login = None,
    eml: Eml = None,
) -> Answer:
    """Send what is due; any number of these can run at once, and again and again.

    The password comes from DOOCORE_SMTP_PASSWORD, the secret of the links from DOOCORE_LINK_SECRET. Exit status: 0 all
    have left, 1 some have failed, were put off or are in doubt.
    """
    mailing, mailer = mailing_from(sender, link_url, templates), mailer_from(smtp, port, security, login, eml)
    with session.reading(mailing=mailing, mailer=mailer) as center, session.screen.progress() as show:
        waiting = center.outbox.counts()[MailState.QUEUED]
        total = waiting if limit is None else min(limit, waiting)
        done = center.outbox.run(limit=limit, progress=lambda tried: show("Sending", tried, total))
    parts = [mails_table(done)] if done else [line("Nothing is due.")]
    return Answer({"mails": _words(done)}, parts, int(not done.keys() <= LEFT))


def requeue(
    session: Session,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Mails that failed or are in doubt, by their IDs.")],
) -> Answer:
    """Queue mails again that have failed or are in doubt.

    One that is in doubt may have arrived: then it arrives twice.
    """
    with session.reading() as center:
        number = center.outbox.requeue(ids)
    return Answer({"queued": number}, [line(f"Queued again: {counted(number, 'mail')}.")])


def _words(counts: Mapping[MailState, int]) -> dict[str, int]:
    return {each.value: count for each, count in counts.items()}
