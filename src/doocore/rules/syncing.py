"""Synchronization, chapter 3: what of a booking's data is written into the contact.

Two rules for this file. 1: one table decides about a value, and nothing else does. 2: this file never asks which
contact it is; that was decided before (assignment).

Blanks are filled under both settings, differing values replaced under `on` only, and nothing ever erases: what the
form left empty says nothing about the contact (SY-1). A value that the field cannot hold stays on the booking (SY-9),
and no value makes a second holder of an identifier (SY-8).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from doocore.model.booking import FieldReport, SyncOutcome
from doocore.model.contact import Contact
from doocore.model.fields import (
    ContactField,
    Entered,
    FieldCatalog,
    FieldKey,
    FieldType,
    FieldValue,
    FieldValues,
    Refusal,
    is_blank,
    trimmed,
)
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import IdentifierKey, IdentifierKind
from doocore.model.organization import SyncMode
from doocore.model.word import Word
from doocore.rules.addresses import match_key


class Incoming(Word):
    """What arrives."""

    BLANK = "blank"
    GIVEN = "given"
    HELD = "given, and an identifier that another contact holds"
    INVALID = "given, and nothing that the field can hold"


class Standing(Word):
    """What the contact has there."""

    BLANK = "blank"
    EQUAL = "equal"
    DIFFERENT = "different"


class SyncOrigin(Word):
    """Where the values come from: the booking itself, or a later edit of it by the booker or staff (SY-11)."""

    BOOKING = "booking"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: its rule, and what becomes of the value."""

    rule: str
    outcome: SyncOutcome


BY_VALUE: Mapping[tuple[Incoming, Standing, SyncMode], Row] = {
    (Incoming.BLANK, Standing.BLANK, SyncMode.OFF): Row("SY-1", SyncOutcome.UNTOUCHED),
    (Incoming.BLANK, Standing.BLANK, SyncMode.ON): Row("SY-1", SyncOutcome.UNTOUCHED),
    (Incoming.BLANK, Standing.EQUAL, SyncMode.OFF): Row("SY-1", SyncOutcome.UNTOUCHED),
    (Incoming.BLANK, Standing.EQUAL, SyncMode.ON): Row("SY-1", SyncOutcome.UNTOUCHED),
    (Incoming.BLANK, Standing.DIFFERENT, SyncMode.OFF): Row("SY-1", SyncOutcome.UNTOUCHED),
    (Incoming.BLANK, Standing.DIFFERENT, SyncMode.ON): Row("SY-1", SyncOutcome.UNTOUCHED),
    (Incoming.GIVEN, Standing.BLANK, SyncMode.OFF): Row("SY-2", SyncOutcome.FILLED),
    (Incoming.GIVEN, Standing.BLANK, SyncMode.ON): Row("SY-2", SyncOutcome.FILLED),
    (Incoming.GIVEN, Standing.EQUAL, SyncMode.OFF): Row("SY-3", SyncOutcome.UNTOUCHED),
    (Incoming.GIVEN, Standing.EQUAL, SyncMode.ON): Row("SY-3", SyncOutcome.UNTOUCHED),
    (Incoming.GIVEN, Standing.DIFFERENT, SyncMode.OFF): Row("SY-4", SyncOutcome.KEPT),
    (Incoming.GIVEN, Standing.DIFFERENT, SyncMode.ON): Row("SY-4", SyncOutcome.OVERWRITTEN),
    (Incoming.HELD, Standing.BLANK, SyncMode.OFF): Row("SY-8", SyncOutcome.TAKEN),
    (Incoming.HELD, Standing.BLANK, SyncMode.ON): Row("SY-8", SyncOutcome.TAKEN),
    (Incoming.HELD, Standing.EQUAL, SyncMode.OFF): Row("SY-3", SyncOutcome.UNTOUCHED),
    (Incoming.HELD, Standing.EQUAL, SyncMode.ON): Row("SY-3", SyncOutcome.UNTOUCHED),
    (Incoming.HELD, Standing.DIFFERENT, SyncMode.OFF): Row("SY-4", SyncOutcome.KEPT),
    (Incoming.HELD, Standing.DIFFERENT, SyncMode.ON): Row("SY-8", SyncOutcome.TAKEN),
    (Incoming.INVALID, Standing.BLANK, SyncMode.OFF): Row("SY-9", SyncOutcome.REJECTED),
    (Incoming.INVALID, Standing.BLANK, SyncMode.ON): Row("SY-9", SyncOutcome.REJECTED),
    (Incoming.INVALID, Standing.EQUAL, SyncMode.OFF): Row("SY-3", SyncOutcome.UNTOUCHED),
    (Incoming.INVALID, Standing.EQUAL, SyncMode.ON): Row("SY-3", SyncOutcome.UNTOUCHED),
    (Incoming.INVALID, Standing.DIFFERENT, SyncMode.OFF): Row("SY-9", SyncOutcome.REJECTED),
    (Incoming.INVALID, Standing.DIFFERENT, SyncMode.ON): Row("SY-9", SyncOutcome.REJECTED),
}
"""What becomes of one value, by what arrives, what stands there, and the setting (SY-1 to SY-9)."""

COMPARES: Mapping[tuple[SyncOrigin, SyncMode], bool] = {
    (SyncOrigin.BOOKING, SyncMode.OFF): True,
    (SyncOrigin.BOOKING, SyncMode.ON): True,
    (SyncOrigin.PORTAL, SyncMode.OFF): False,
    (SyncOrigin.PORTAL, SyncMode.ON): True,
}
"""Whether `BY_VALUE` is asked at all: under `off` an edit changes the booking only (SY-11)."""

WRITTEN = frozenset({SyncOutcome.FILLED, SyncOutcome.OVERWRITTEN})
"""The outcomes that change the contact."""

OTHER_PERSON = Row("SY-12", SyncOutcome.OTHER_PERSON)
"""What becomes of every value that is not equal, where the party is another person than the contact."""


class Judge(Protocol):
    """Judges one value for a field; what the contact has there now is always accepted (FI-5, FI-6)."""

    def __call__(self, field: ContactField, value: Entered, present: FieldValue | None) -> FieldValue | Refusal | None:
        """Give the normalized value, None where *value* is blank, or why the field cannot hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronized:
    """A contact's values afterwards, the match key of its address, and what there is to report, in field order."""

    values: FieldValues
    email_key: str | None
    reports: tuple[FieldReport, ...]


def synchronize(
    contact: Contact,
    incoming: Mapping[FieldKey, Entered],
    *,
    catalog: FieldCatalog,
    judge: Judge,
    mode: SyncMode,
    origin: SyncOrigin = SyncOrigin.BOOKING,
    held_elsewhere: Collection[FieldKey] = (),
    other_person: bool = False,
) -> Synchronized:
    """Decide what of *incoming* is written into *contact* (SY-1 to SY-12).

    *held_elsewhere* names the identifier fields whose incoming value another contact holds (SY-8); *other_person*
    tells that the party is not the contact's person, so that nothing is written and all differences are reported.
    A new contact is an empty one (SY-5): all its given valid values are `filled`.
    """
    if not COMPARES[origin, mode]:
        return Synchronized(values=contact.values, email_key=contact.email_key, reports=())
    values: dict[FieldKey, FieldValue] = dict(contact.values)
    reports: list[FieldReport] = []
    for field in catalog.fields:
        if field.key not in incoming:
            continue
        present = contact.values.get(field.key)
        judged = judge(field, incoming[field.key], present)
        arrives = _what_arrives(judged, held=field.key in held_elsewhere)
        stands = _what_stands(contact, field, present, judged)
        row = BY_VALUE[arrives, stands, mode]
        if other_person and arrives is not Incoming.BLANK and stands is not Standing.EQUAL:
            row = OTHER_PERSON
        if row.outcome in WRITTEN and judged is not None and not isinstance(judged, Refusal):
            values[field.key] = judged
        if row.outcome is not SyncOutcome.UNTOUCHED:
            given = incoming[field.key] if isinstance(judged, Refusal) else judged
            reports.append(
                FieldReport(field=field.key, outcome=row.outcome, before=present, given=given, rule=row.rule)
            )
    email_key = contact.email_key if values.get("email") == contact.values.get("email") else key_of_email(values)
    return Synchronized(values=FrozenDict(values), email_key=email_key, reports=tuple(reports))


def is_another_person(contact: Mapping[FieldKey, FieldValue], party: Mapping[FieldKey, Entered]) -> bool:
    """Tell whether the party's name is not the contact's (SY-12): by the first names, else by the last names.

    >>> is_another_person({"first_name": "Ada", "last_name": "King"}, {"first_name": " ADA", "last_name": "Byron"})
    False
    >>> is_another_person({"last_name": "King"}, {"first_name": "Ada", "last_name": "Byron"})
    True
    """
    for name in ("first_name", "last_name"):
        ours, theirs = contact.get(name), party.get(name)
        if not is_blank(ours) and not is_blank(theirs):
            return _folded(ours) != _folded(theirs)
    return False


def key_of_email(values: Mapping[FieldKey, FieldValue]) -> str | None:
    """Give the match key of the address among *values* (ID-3), None where there is none."""
    email = values.get("email")
    return match_key(email) if isinstance(email, str) else None


def identifier_key(field: ContactField, value: FieldValue) -> IdentifierKey | None:
    """Give the key by which *value* would find its contact; None where *field* is no identifier (ID-2, ID-5)."""
    if field.type is FieldType.EMAIL:
        key = match_key(str(value))
        return None if key is None else IdentifierKey(IdentifierKind.EMAIL, key)
    if field.type is FieldType.CUSTOMER_ID:
        return IdentifierKey(IdentifierKind.CUSTOMER_ID, str(value))
    return None


def holds(contact: Contact, field: ContactField, present: FieldValue | None, value: FieldValue) -> bool:
    """Tell whether *contact* has *value* in *field* already, as an alias or in another spelling too (SY-3)."""
    if value == present:
        return True
    if present is None and not contact.aliases:
        return False
    key = identifier_key(field, value)
    return key is not None and key in contact.identifiers


def _what_arrives(judged: FieldValue | Refusal | None, *, held: bool) -> Incoming:
    if judged is None:
        return Incoming.BLANK
    if isinstance(judged, Refusal):
        return Incoming.INVALID
    return Incoming.HELD if held else Incoming.GIVEN


def _what_stands(
    contact: Contact, field: ContactField, present: FieldValue | None, judged: FieldValue | Refusal | None
) -> Standing:
    if judged is not None and not isinstance(judged, Refusal) and holds(contact, field, present, judged):
        return Standing.EQUAL
    return Standing.BLANK if present is None else Standing.DIFFERENT


def _folded(name: object) -> str:
    return trimmed(str(name)).casefold()
