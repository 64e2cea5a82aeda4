"""`doocore messages`, `send` and `receive`: what is written to groups, and what comes back (chapter 11)."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from doocore import (
    ContactCenter,
    DeliveryOutcome,
    FrozenDict,
    InvitationStatus,
    Mail,
    MailState,
    Message,
    MessageDraft,
    NotFoundError,
    OutboxMail,
    QueuedMessage,
    Recipient,
    RecipientStatus,
    SkipReason,
    Subscription,
    explanation,
    label,
)
from doocore_adapters.cattrs import Plain, to_plain
from doocore_adapters.cli.by_hand import one_contact
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.invitations import read_status
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
    mailbox,
    mailer_from,
    mailing_from,
    mailing_to_read,
)
from doocore_adapters.cli.message_options import (
    Contacts,
    EventId,
    Everybody,
    Groups,
    HtmlFile,
    Links,
    Name,
    Preview,
    Purpose,
    ReplyTo,
    Statuses,
    Subject,
    Test,
    TextFile,
)
from doocore_adapters.cli.options import one_of
from doocore_adapters.cli.screen import Answer, Column, block, counted, heading, line, table
from doocore_adapters.cli.session import Session, command

C = TypeVar("C", MailState, RecipientStatus)

LIMIT = 20
STANDINGS = "|".join(each.value for each in RecipientStatus)

RECIPIENTS = (
    Column("ID", whole=True),
    "To",
    Column("Contact", whole=True),
    Column("Status", whole=True),
    "Problem",
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "messages")(messages)
    command(app, "send")(send)
    command(app, "receive")(receive)


def messages(
    session: Session,
    of: Annotated[
        str | None,
        typer.Argument(metavar="[EVENT|MESSAGE]", show_default=False, help="Those of an event, or one by its ID."),
    ] = None,
    *,
    statuses: Annotated[
        list[str] | None,
        typer.Option(
            "--status", metavar="STATUS", help=f"Of one message, those who stand there alone; repeatable: {STANDINGS}."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many are shown at most.")] = LIMIT,
) -> Answer:
    """List messages with what became of their mails; of one, where each recipient stands, and who got none and why."""
    wanted = [one_of(RecipientStatus, STANDINGS)(each) for each in statuses or ()]
    with session.reading() as center:
        zone = ZoneInfo(center.settings.time_zone)
        if of is not None and not _is_event(center, of):
            return _one(center, center.messages.get(of), zone, wanted, limit)
        if wanted:
            raise CommandError("usage", "--status needs one message, by its ID; `doocore messages` lists them")
        found = [(each, center.messages.counts(each.id)) for each in center.messages.page(event_id=of, limit=limit)]
    columns = (Column("ID", whole=True), Column("Queued", whole=True), "Event", "Subject", "Mails")
    rows = [
        (each.id, _moment(each, zone), each.draft.event_id, each.draft.subject, _shown_counts(counts))
        for each, counts in found
    ]
    data = {"messages": [{**to_plain(each), "mails": _counts(counts)} for each, counts in found]}
    return Answer(data, [table(columns, rows)])


def send(
    session: Session,
    event: EventId,
    *,
    subject: Subject,
    text: TextFile,
    html: HtmlFile = None,
    groups: Groups = None,
    statuses: Statuses = None,
    everybody: Everybody = False,
    contacts: Contacts = None,
    purpose: Purpose = Subscription.EVENT_COMMUNICATION,
    links: Links = None,
    name: Name = "",
    reply_to: ReplyTo = None,
    preview: Preview = None,
    test: Test = None,
    sender: Sender = None,
    link_url: LinkUrl = None,
    templates: TemplateEngine = Templates.PLAIN,
    smtp: Smtp = None,
    port: Port = None,
    security: Encryption = "starttls",
    login: Login = None,
    eml: Eml = None,
) -> Answer:
    """Queue a message; `doocore outbox run` sends it.

    Each address gets it once, and only those who subscribed to its purpose; the others are counted with the reason.
    The secret of the links is taken from DOOCORE_LINK_SECRET.
    """
    draft = MessageDraft(
        event_id=event,
        subject=subject,
        text=_read(text),
        html=None if html is None else _read(html),
        purpose=purpose,
        links=_links(links or ()),
        name=name,
        reply_to=None if reply_to is None else mailbox(reply_to),
    )
    mailing = mailing_from(sender, link_url, templates)
    if test is not None and preview is None:
        raise CommandError("usage", "--test needs --preview CONTACT, whose values stand in the mail")
    mailer = None if test is None else mailer_from(smtp, port, security, login, eml)
    selected = None if not everybody and statuses is None else [read_status(each) for each in statuses or ()]
    with session.reading(mailing=mailing, mailer=mailer) as center:
        if preview is not None:
            return _previewed(center, draft, preview, test)
        return _queued(session, center, draft, groups=groups or (), statuses=selected, contacts=contacts or ())


def receive(
    session: Session,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="What stands in a link, in the place of {token}.")],
    *,
    by_machine: Annotated[
        bool, typer.Option("--by-machine", help="A link scanner did it: recorded, and evidence for nothing.")
    ] = False,
) -> Answer:
    """Follow a link of a mail, as the page behind it does: record what it is evidence for, tell where it leads.

    The secret of the links is taken from DOOCORE_LINK_SECRET.
    """
    with session.reading(mailing=mailing_to_read()) as center:
        followed = center.receive(token, by_machine=by_machine)
    told = {
        "event": followed.event_id,
        "contact": followed.contact_id,
        "address": followed.prefill and followed.prefill.email,
        "leads to": followed.target,
        "import": followed.reference,
    }
    lines = [f"{name}: {value}" for name, value in told.items() if value]
    return Answer(to_plain(followed), [heading(label(followed.link)), block(*lines)])


def _is_event(center: ContactCenter, asked: str) -> bool:
    try:
        center.events.get(asked)
    except NotFoundError:
        return False
    return True


def _one(
    center: ContactCenter, message: Message, zone: ZoneInfo, wanted: Collection[RecipientStatus], limit: int
) -> Answer:
    counts, skipped = center.messages.status_counts(message.id), center.messages.skipped(message.id)
    recipients = center.messages.recipients(message.id, statuses=wanted, limit=limit)
    total = sum(counts[each] for each in wanted or RecipientStatus)
    title = counted(total, "recipient")
    if len(recipients) < total:
        title = f"{len(recipients)} of {title}; --limit {total} shows all"
    rows = [
        (each.mail.id, each.mail.to, each.mail.contact_id, each.status.value, _problem(each.mail))
        for each in recipients
    ]
    data = {
        **to_plain(message),
        "mails": _counts(center.messages.counts(message.id)),
        "statuses": _counts(counts),
        "skipped": _skipped(skipped),
        "recipients": list(map(_recipient, recipients)),
    }
    parts = [
        heading(f"{message.draft.subject} · {message.draft.event_id}"),
        block(f"{message.id}, queued {_moment(message, zone)} by {message.actor}, for {message.draft.purpose.value}"),
        _counts_table("Recipients", counts),
        *skipped_parts(skipped),
        heading(title),
        table(RECIPIENTS, rows),
    ]
    return Answer(data, parts)


def mails_table(counts: Mapping[MailState, int]) -> RenderableType:
    """Show how many mails are in which state; what none is in is left out."""
    return _counts_table("Mails", counts)


def _counts_table(of: str, counts: Mapping[C, int]) -> RenderableType:
    rows = [(each.value, count) for each, count in counts.items() if count]
    return table((Column(of, whole=True), Column("Number", right=True, whole=True)), rows)


def _recipient(recipient: Recipient) -> Plain:
    plain = to_plain(recipient)
    return {**plain.pop("mail"), **plain}


def skipped_parts(skipped: Mapping[SkipReason, int]) -> Iterator[RenderableType]:
    """Show how many get no mail, and why; nothing where everybody gets one."""
    if skipped:
        rows = [(each.value, count, explanation(each)) for each, count in skipped.items()]
        yield table((Column("Skipped", whole=True), Column("Number", right=True, whole=True), "Why"), rows)


def _problem(mail: OutboxMail) -> str:
    return mail.problem if mail.skipped is None else mail.skipped.value


def _queued(
    session: Session,
    center: ContactCenter,
    draft: MessageDraft,
    *,
    groups: Collection[str],
    statuses: Collection[InvitationStatus] | None,
    contacts: Collection[str],
) -> Answer:
    if not groups and statuses is None and not contacts:
        raise CommandError("usage", "say to whom: --group NAME, --list, --list-status STATUS or --to CONTACT")
    ids = [one_contact(center, each).id for each in contacts]
    with session.screen.progress() as show:
        told = center.messages.queue(
            draft,
            groups=groups,
            statuses=statuses,
            contacts=ids,
            progress=lambda looked_at: show("Writing to the outbox", looked_at, None),
        )
    return Answer(_queued_data(told), list(_queued_parts(told)))


def _queued_data(told: QueuedMessage) -> Plain:
    return {**to_plain(told.message), "queued": told.queued, "skipped": _skipped(told.skipped)}


def _queued_parts(told: QueuedMessage) -> Iterator[RenderableType]:
    yield line(f"Message {told.message.id} is queued for {counted(told.queued, 'recipient')}.")
    yield from skipped_parts(told.skipped)
    if told.queued:
        yield line("`doocore outbox run` sends it.", "dim")


def _previewed(center: ContactCenter, draft: MessageDraft, who: str, test: str | None) -> Answer:
    contact = one_contact(center, who)
    mail = center.messages.preview(draft, contact.id)
    if test is None:
        return Answer(to_plain(mail), list(_mail_parts(mail)))
    delivery = center.messages.test(draft, mailbox(test), contact.id)
    accepted = delivery.outcome is DeliveryOutcome.ACCEPTED
    told = f"{label(delivery.outcome)}: {delivery.problem}" if delivery.problem else label(delivery.outcome)
    return Answer(
        {**to_plain(mail), **to_plain(delivery)}, [*_mail_parts(mail), line(f"To {test}. {told}.")], int(not accepted)
    )


def _mail_parts(mail: Mail) -> Iterator[RenderableType]:
    to = f"{mail.to.name} <{mail.to.email}>" if mail.to.name else mail.to.email
    yield heading(mail.subject)
    yield block(f"To: {to}", "Its links lead nowhere.", style="dim")
    yield block(*mail.text.splitlines())
    if mail.html is not None:
        yield block(*mail.html.splitlines(), style="dim")


def _links(texts: Collection[str]) -> FrozenDict[str, str]:
    links: dict[str, str] = {}
    for each in texts:
        name, equals, url = each.partition("=")
        if not equals or not url:
            raise typer.BadParameter(f"{each!r} does not say where the link leads: NAME=URL")
        links[name.strip()] = url.strip()
    return FrozenDict(links)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError("encoding", f"{file} is not UTF-8, at byte {error.start}", file=str(file)) from None


def _counts(counts: Mapping[C, int]) -> Plain:
    return {each.value: count for each, count in counts.items()}


def _skipped(skipped: Mapping[SkipReason, int]) -> Plain:
    return {each.value: count for each, count in skipped.items()}


def _shown_counts(counts: Mapping[MailState, int]) -> str:
    return ", ".join(f"{count:,} {each.value}" for each, count in counts.items() if count)


def _moment(message: Message, zone: ZoneInfo) -> str:
    return f"{message.queued_at.astimezone(zone):%Y-%m-%d %H:%M}"
