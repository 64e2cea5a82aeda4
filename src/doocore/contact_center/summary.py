"""The notice that an import is through (IM-10): its words, in German or English."""

from collections.abc import Mapping
from typing import NamedTuple

from doocore.labels import label
from doocore.model.contact_import import ImportRecord, RowOutcome
from doocore.model.message import About, Link, MailId, Mailing, OutboxMail, in_one_line
from doocore.plans.story import Circumstances


class _Words(NamedTuple):
    subject: str
    rows: str
    report: str


_WORDS: Mapping[str, _Words] = {
    "de": _Words("Import abgeschlossen", "Zeilen der Liste", "Bericht und nicht verarbeitete Zeilen, bis"),
    "en": _Words("Import completed", "Rows of the list", "Report and unprocessed rows, until"),
}


def import_summary(
    record: ImportRecord,
    counts: Mapping[RowOutcome, int],
    language: str,
    mailing: Mailing,
    circumstances: Circumstances,
) -> OutboxMail:
    """Write the notice: how many rows came to what, and a link to the report, which expires with it."""
    spoken = language.partition("_")[0]
    words = _WORDS.get(spoken, _WORDS["en"])
    token = next(circumstances.new_tokens)
    until = record.report_expires_at
    lines = [
        f"{words.subject}: {record.file_name}".rstrip(": "),
        "",
        f"{words.rows}: {sum(counts.values())}",
        *(f"{label(outcome, spoken)}: {counts.get(outcome, 0)}" for outcome in RowOutcome),
        "",
        f"{words.report} {'' if until is None else until.date().isoformat()}:",
        mailing.url(token, Link.REPORT),
        "",
    ]
    return OutboxMail(
        id=MailId(next(circumstances.new_record_ids)),
        about=About.IMPORT_SUMMARY,
        to=record.options.summary_to or "",
        token=token,
        reference=record.id,
        subject=in_one_line(lines[0]),
        text="\n".join(lines),
        queued_at=circumstances.at,
        due_at=circumstances.at,
        links_until=until,
    )
