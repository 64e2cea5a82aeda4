"""`doocore demo`: the main job from end to end, on invented data, in a database of its own."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count, groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from doocore import ImportOptions, MailState, RowOutcome, SyncOutcome, explanation
from doocore_adapters.cattrs import Plain, to_plain
from doocore_adapters.cli.complaints import CommandError
from doocore_adapters.cli.databases import Database, FileDatabase
from doocore_adapters.cli.importing import Imported, report_parts, run_import
from doocore_adapters.cli.invitations import counts_table
from doocore_adapters.cli.messages import mails_table, skipped_parts
from doocore_adapters.cli.screen import (
    Answer,
    Column,
    block,
    cell_of_lines,
    commands,
    heading,
    shortly,
    subheading,
    table,
)
from doocore_adapters.cli.session import Session, command
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.demo import MAILING, Example, Findings, Invited, Story, contact_list, invite, react
from doocore_adapters.demo.findings import all_contacts
from doocore_adapters.demo.story import LISTS
from doocore_adapters.eml_files import EmlMailer

FOLDER = "doocore-demo"
FILE = "contacts"

ROWS = 4
"""How many unprocessed rows are shown: enough to see what a report looks like."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "demo")(demo)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the demo keeps its files."""

    database: Database
    files: Path
    left_alone: Path | None = None

    @classmethod
    def choose(cls, session: Session) -> "Places":
        """Take the database that was named, or one in a new folder; nothing that exists is touched."""
        if session.database is None:
            return cls._in_new_folder()
        database = session.place
        if not isinstance(database, FileDatabase):
            _refuse_what_is_there(session)
            return cls._in_new_folder(database)
        places = cls(database, database.path)
        if places.list == database.path:
            raise CommandError("file_exists", f"{database} is to be the list; give the database another ending")
        for each in (database.path, places.list, places.report, places.mails):
            if each.exists():
                raise CommandError(
                    "file_exists", f"{each} exists already; the demo makes new files: name another database with --db"
                )
        return places

    @classmethod
    def _in_new_folder(cls, database: Database | None = None) -> "Places":
        first = Path(FOLDER)
        numbered = (Path(f"{FOLDER}-{number}") for number in count(2))
        folder = next(each for each in chain((first,), numbered) if not each.exists())
        folder.mkdir()
        files = folder / f"{FILE}.db"
        return cls(database or FileDatabase(files), files, None if folder == first else first)

    @property
    def list(self) -> Path:
        """The list that is imported."""
        return self.files.with_suffix(".csv")

    @property
    def report(self) -> Path:
        """The file of its unprocessed rows."""
        return self.files.with_suffix(".unprocessed.csv")

    @property
    def mails(self) -> Path:
        """The directory of the mails that are sent."""
        return self.files.with_suffix(".mails")


def _refuse_what_is_there(session: Session) -> None:
    with session.reading() as center:
        if center.count_contacts() or center.events.all():
            raise CommandError(
                "organization_exists",
                f"the organization {session.organization} has contacts or events; the demo begins with none: name"
                " another one with --org",
            )


def _known_encoding(text: Any) -> str:  # noqa: ANN401, a default comes as it is
    if text not in LISTS:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(LISTS)}")
    return str(text)


def demo(
    session: Session,
    *,
    encoding: Annotated[
        str,
        typer.Option("--encoding", parser=_known_encoding, metavar="|".join(LISTS), help="Of the list."),
    ] = "utf-8",
) -> Answer:
    """Play the whole story on invented data.

    A list is imported, groups are invited by mail and react, two events take 200 bookings. It makes a new folder doocore-demo with a database, the list, the report of unprocessed rows, and the mails as files; --db names another
    place. What exists is never touched.
    """
    places = Places.choose(session)
    places.list.write_bytes(contact_list(encoding))
    story, options = Story.read(), ImportOptions()
    clock = story.clock()
    with session.opened(places.database, clock, mailing=MAILING, mailer=EmlMailer(places.mails)) as center:
        story.create_fields(center)
        rows = CsvFile(places.list, encoding=encoding)
        imported = run_import(center, rows, options, target=places.report, screen=session.screen)
        story.go_on(center)
        before = all_contacts(center)
        with session.screen.progress() as show:
            invite(center, lambda done, total: show("Sending the invitation", done, total))
            react(center, clock, places.mails, lambda done, total: show("Reactions come in", done, total))
            story.book(center, clock, lambda done, total: show("Taking in bookings", done, total))
        findings, invited = Findings.read(center, before), Invited.read(center)
    data = {**_data(places, imported, findings), **_invited_data(places, invited)}
    return Answer(data, _parts(places, imported, findings, invited))


def _data(places: Places, imported: Imported, findings: Findings) -> Plain:
    return {
        "database": str(places.database),
        "list": str(places.list),
        "report_file": str(places.report),
        "import": imported.data,
        "contacts": {"before_bookings": findings.contacts_before, "after_bookings": findings.contacts},
        "groups": dict(findings.groups),
        "bookings": findings.bookings,
        "parties": {
            "count": findings.parties,
            "reasons": dict(findings.reasons),
            "rules": dict(findings.rules),
            "flags": {flag.value: number for flag, number in findings.flags.items()},
        },
        "values": {each.value: findings.synced[each] for each in SyncOutcome if each in findings.synced},
        "examples": [
            {**to_plain(each), "contact": {"id": each.contact.id, "name": each.contact.name}}
            for each in findings.examples
        ],
    }


def _invited_data(places: Places, invited: Invited) -> Plain:
    return {
        "mail_directory": str(places.mails),
        "message": {
            "subject": invited.subject,
            "mails": {each.value: count for each, count in invited.mails.items()},
            "skipped": {each.value: count for each, count in invited.skipped.items()},
        },
        "invitations": {
            "event": invited.event,
            "groups": list(invited.groups),
            "counts": {each.value: count for each, count in invited.counts.items()},
        },
    }


def _parts(places: Places, imported: Imported, findings: Findings, invited: Invited) -> list[RenderableType]:
    return [
        *_opening(places),
        heading("1  A list is imported"),
        *report_parts(imported, first=ROWS),
        heading("2  Groups are invited by mail"),
        *_message(places, invited),
        heading(f"3  {findings.bookings} bookings find their contacts"),
        *_decisions(imported, findings),
        heading("4  What the bookings wrote into contacts, and what they did not"),
        *_values(findings),
        heading("5  Where the invited stand in the end"),
        *_standing(invited),
        *_where_and_what_next(places, findings, invited),
    ]


def _opening(places: Places) -> list[RenderableType]:
    texts = ["Invented data: a contact list as people keep them, two events, and the people who book."]
    if places.left_alone is not None:
        texts.append(
            f"{places.left_alone}/ was there already and was left alone; this run is in {places.files.parent}/."
        )
    return [block(*texts)]


def _message(places: Places, invited: Invited) -> list[RenderableType]:
    sent = invited.mails[MailState.SENT]
    return [
        block(
            f'"{invited.subject}" to the groups {", ".join(invited.groups)}: {sent} mails, in {places.mails}/.',
            "Their recipients open them and click, each by the token in the mail.",
        ),
        mails_table(invited.mails),
        *skipped_parts(invited.skipped),
    ]


def _standing(invited: Invited) -> list[RenderableType]:
    total = sum(invited.counts.values())
    return [block(f"The invitation list of {invited.event}: {total} contacts."), counts_table(invited.counts)]


def _decisions(imported: Imported, findings: Findings) -> list[RenderableType]:
    ways = sorted(findings.decided.items(), key=lambda way: (-findings.reasons[way[0][0]], way[0][0], -way[1]))
    rows = []
    for reason, same in groupby(ways, key=lambda way: way[0][0]):
        rules = cell_of_lines(_rules(same))
        rows.append((reason, findings.reasons[reason], rules, explanation(reason)))
    columns = (
        Column("Reason", whole=True),
        Column("Parties", right=True, whole=True),
        Column("By rules", whole=True),
        "Why",
    )
    return [
        block(f"{findings.parties} bookers and attendees: {_came_from(imported, findings)}."),
        table(columns, rows),
    ]


def _came_from(imported: Imported, findings: Findings) -> str:
    listed = imported.report.counts.get(RowOutcome.ADDED, 0)
    by_hand = findings.contacts_before - listed
    return f"{listed} contacts of the list and {by_hand} made by hand became {findings.contacts:,}"


def _rules(ways: Iterable[tuple[tuple[str, tuple[str, ...]], int]]) -> list[str]:
    return [f"{number:>3} {' '.join(rules)}" for (_, rules), number in ways]


def _values(findings: Findings) -> list[RenderableType]:
    tally = [(each.value, findings.synced[each], explanation(each)) for each in SyncOutcome if each in findings.synced]
    examples = [_example(each) for each in findings.examples]
    return [
        table((Column("Value was", whole=True), Column("Times", right=True), Column("", style="dim")), tally),
        subheading("Some contacts before and after"),
        table(("Contact", "Before", "The booking said", "After", ""), examples),
    ]


def _example(example: Example) -> tuple[object, ...]:
    contact = example.contact
    return (
        cell_of_lines((contact.name or contact.text("email"), example.field)),
        example.before,
        shortly(str(example.given)),
        example.after,
        cell_of_lines((example.outcome.value, example.rule)),
    )


def _where_and_what_next(places: Places, findings: Findings, invited: Invited) -> list[RenderableType]:
    known = findings.examples[0].contact.text("email") if findings.examples else ""
    at = f"--db {shlex.quote(str(places.database))}"
    return [
        heading("Where it is"),
        _pairs(
            ("the database", places.database),
            ("the list", places.list),
            ("its unprocessed rows", places.report),
            ("the mails", f"{places.mails}/"),
        ),
        heading("Look around"),
        commands(
            f"doocore contacts müller {at}",
            f"doocore show {shlex.quote(known)} {at}",
            f"doocore groups {at}",
            f"doocore invitation-list {invited.event} {at}",
        ),
        heading("Your own list"),
        commands(
            "doocore import YOUR-LIST.csv --dry-run    # what would happen; writes nothing",
            "doocore import YOUR-LIST.csv              # makes doocore.db here",
            "doocore contacts",
        ),
        block("If `doocore` is not found, begin with what you typed before `demo`.", style="dim"),
    ]


def _pairs(*pairs: tuple[str, object]) -> RenderableType:
    return block(*(f"{name:<22}{path}" for name, path in pairs))
