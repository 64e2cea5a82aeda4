"""What the command says in people's words: why a party went where it went, what became of a row or a value.

Tables only; tests hold them complete against the enumerations and rule tables that they explain.
"""

from collections.abc import Mapping

from doocore import Flag, RowOutcome, RowReason, RowWarning, SyncOutcome

WHY: Mapping[str, str] = {
    "chosen": "staff picked this contact",
    "email_match": "exactly one contact has the address",
    "same_booking": "the address was met earlier in the same booking",
    "no_match": "nobody had the address yet: a new contact",
    "ambiguous": "several contacts have the address: a new contact, rather than a guess",
    "policy_oldest": "several contacts have the address: the oldest, as the settings say",
    "policy_newest": "several contacts have the address: the newest, as the settings say",
    "policy_most_complete": "several contacts have the address: the most complete one, as the settings say",
    "prefill_kept": "invited by name, and the address is (still) theirs",
    "prefill_held": "invited by name; another address was typed, but this event keeps the invited",
    "no_email": "no address was given, so it is nobody's for now",
    "invalid_email": "what was typed is no address; the text stays on the booking",
}
"""Why a party went where it went, by the reason of its assignment (chapter 2)."""

FLAGS: Mapping[Flag, str] = {
    Flag.PREFILL_CHANGED: "the address of the invitation was changed",
    Flag.PREFILL_GONE: "the invited contact does not exist (any more)",
    Flag.NAME_DIFFERS: "the contact has another name",
}
"""What else is to be known about an assignment."""

OUTCOMES: Mapping[RowOutcome, str] = {
    RowOutcome.ADDED: "became a new contact",
    RowOutcome.UPDATED: "changed a contact",
    RowOutcome.UNCHANGED: "matched a contact that has it all",
    RowOutcome.SKIPPED: "matched a contact, which only-new leaves alone",
    RowOutcome.UNPROCESSED: "waits to be corrected",
}
"""What became of a row (IM-8)."""

REASONS: Mapping[RowReason, str] = {
    RowReason.MISSING_IDENTIFIER: "nothing in the identifying column",
    RowReason.DUPLICATE_IN_FILE: "an earlier row has the same identifying value",
    RowReason.AMBIGUOUS: "several contacts have the identifying value",
    RowReason.UNKNOWN_CONTACT_ID: "no contact has this ID",
    RowReason.CUSTOMER_ID_TAKEN: "another contact has this customer ID",
    RowReason.SUPPRESSED: "the person was erased and wants to stay forgotten",
    RowReason.INVALID_EMAIL: "not an e-mail address",
    RowReason.INVALID_VALUE: "not what the field can hold",
    RowReason.UNKNOWN_OPTION: "not one of the field's options",
    RowReason.TOO_LONG: "longer than the field",
    RowReason.WRONG_COLUMN_COUNT: "more or fewer cells than the header",
}
"""Why a row was not processed (IM-8)."""

WARNINGS: Mapping[RowWarning, str] = {
    RowWarning.EMAIL_SHARED: "another contact has the address too",
    RowWarning.OPTED_OUT: "the person unsubscribed, and stays so",
    RowWarning.INVALID_EMAIL: "left out: not an e-mail address",
    RowWarning.INVALID_VALUE: "left out: not what the field can hold",
    RowWarning.UNKNOWN_OPTION: "left out: not one of the field's options",
    RowWarning.TOO_LONG: "left out: longer than the field",
}
"""What a processed row is remarked on (IM-8, IM-19)."""

SYNC: Mapping[SyncOutcome, str] = {
    SyncOutcome.FILLED: "the contact had nothing there, now it has this",
    SyncOutcome.OVERWRITTEN: "the contact had something else, and has this now",
    SyncOutcome.KEPT: "the contact has something else, and keeps it",
    SyncOutcome.OTHER_PERSON: "booked in the name of another person: not written",
    SyncOutcome.TAKEN: "another contact has this address or customer ID: not written",
    SyncOutcome.REJECTED: "not what the field can hold: it stays on the booking",
    SyncOutcome.UNTOUCHED: "nothing to say",
}
"""What became of a value on its way into the contact (chapter 3)."""
