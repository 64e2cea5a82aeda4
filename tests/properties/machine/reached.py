"""Reached: which steps and which rules a run came across."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from doocore import DooCoreError, MailState, RowReason, RowWarning, SkipReason
from doocore.model.history import HistoryEntry
from doocore.rules.messages import SKIPS
from tests.properties.machine.laws import Happened


@dataclass(slots=True)
class Reached:
    """What a run came across: how often each step was done or refused, and the rules that spoke."""

    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


RULES_OF_ERRORS: Mapping[str, str] = {
    "already_checked_in": "BO-2",
    "booking_conflict": "AS-13",
    "duplicate_identifier": "ID-5",
    "event_not_live": "AS-15",
    "invalid_field_value": "FI-6",
    "invalid_token": "MA-2",
    "opted_out": "SU-4",
    "permission_denied": "PR-2",
    "plan_required": "IM-13",
    "ticket_cancelled": "BO-2",
}
"""The rule that speaks in an error."""

RULES_OF_REMARKS: Mapping[RowReason | RowWarning, str] = {
    RowReason.MISSING_IDENTIFIER: "IM-9",
    RowReason.DUPLICATE_IN_FILE: "IM-7",
    RowReason.AMBIGUOUS: "IM-7",
    RowReason.UNKNOWN_CONTACT_ID: "IM-9",
    RowReason.CUSTOMER_ID_TAKEN: "IM-17",
    RowReason.INVALID_EMAIL: "ID-4",
    RowReason.INVALID_VALUE: "FI-6",
    RowReason.UNKNOWN_OPTION: "FI-5",
    RowReason.TOO_LONG: "FI-2",
    RowReason.WRONG_COLUMN_COUNT: "IM-18",
    RowWarning.EMAIL_SHARED: "IM-17",
    RowWarning.OPTED_OUT: "SU-5",
    RowWarning.INVALID_EMAIL: "IM-19",
    RowWarning.INVALID_VALUE: "IM-19",
    RowWarning.UNKNOWN_OPTION: "IM-19",
    RowWarning.TOO_LONG: "IM-19",
}
"""The rule that speaks in a remark on a row."""


RULES_OF_SKIPS: Mapping[SkipReason, str] = {row.reason: row.rule for row in SKIPS}
"""The rule that speaks where somebody does not get a message."""

RULES_OF_STATES: Mapping[MailState, str] = {MailState.UNKNOWN: "MA-3"}
"""The rule that speaks in where a mail stands."""


def rules_of(happened: Happened) -> set[str]:
    """Name the rules that spoke: in errors, assignments, reports on values, remarks on rows, and in the history."""
    return {*_of_answer(happened), *_of_history(happened), *_of_mails(happened)}


def _of_answer(happened: Happened) -> Iterator[str]:
    if happened.refused:
        assert isinstance(happened.answer, tuple)
        error: type[DooCoreError] = happened.answer[0]
        if error.code in RULES_OF_ERRORS:
            yield RULES_OF_ERRORS[error.code]
    if happened.booked is not None:
        for party in happened.booked.parties:
            yield from party.assignment.rules
            yield from (each.rule for each in party.reports)
            yield from ("SU-5" for _ in party.opted_out)
    if happened.imported is not None:
        for row in happened.imported[1]:
            yield from (RULES_OF_REMARKS[each.word] for each in (*row.reasons, *row.warnings))


def _of_mails(happened: Happened) -> Iterator[str]:
    for mail_id, mail in happened.after["mails"].items():
        if mail.state in RULES_OF_STATES and happened.before["mails"].get(mail_id) != mail:
            yield RULES_OF_STATES[mail.state]
        if mail.skipped is not None and happened.before["mails"].get(mail_id) != mail:
            yield RULES_OF_SKIPS[mail.skipped]


def _of_history(happened: Happened) -> Iterator[str]:
    history: Mapping[str, Any] = happened.after["history"]
    for contact_id, entries in history.items():
        known = len(happened.before["history"].get(contact_id, ()))
        new: tuple[HistoryEntry, ...] = entries[known:]
        for entry in new:
            yield from entry.rules
