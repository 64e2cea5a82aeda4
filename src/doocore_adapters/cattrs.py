"""The values of the core to plain data and back, by the package `cattrs`: what JSON can hold, and nothing else.

Reading is strict. A number is no text, null is no text, a text is no list of letters, and a key that nobody knows is a
mistake rather than a wish: what a host sends is taken as it stands, or refused with the path to what is wrong.

>>> booking = booking_from_plain({"event": "gala", "booker": {"email": "ada@example.org"}, "attendees": []})
>>> booking.booker.email, to_plain(booking)["event"]
('ada@example.org', 'gala')
>>> booking_from_plain({"event": "gala", "booker": {"emial": "ada@example.org"}})
Traceback (most recent call last):
doocore.errors.InvalidBookingError: booking, at booker.emial: unknown key; is 'email' meant?
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from types import GenericAlias
from typing import Any, TypeAlias, TypeVar, get_args, get_origin

from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.cols import is_namedtuple, list_structure_factory, namedtuple_dict_unstructure_factory
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, mapping_structure_factory, override

from doocore import (
    THE_BOOKER,
    AddAttendee,
    AddProduct,
    Booking,
    BookingEdit,
    BookingResult,
    CancelAttendee,
    CancelBooking,
    ChangeAnswer,
    ChangedBooking,
    ChangeTicketCategory,
    ChangeValue,
    Code,
    CodeDetails,
    Contact,
    ContactDetails,
    ContactMark,
    Event,
    Evidence,
    Followed,
    FrozenDict,
    ImportReport,
    InvalidBookingError,
    InvitationExplanation,
    InvitationList,
    MessageDraft,
    MessageEvent,
    OutboxMail,
    PartyOutcome,
    Prefill,
    RecordedBooking,
    RemoveProduct,
    RowOutcome,
)
from doocore.errors import shortened
from doocore.model.booking import RecordedParty
from doocore.model.fields import Entered

T = TypeVar("T")
Plain: TypeAlias = Any
"""What JSON holds: objects, lists, texts, numbers, truth values, null."""

NAMES: Mapping[type, Mapping[str, str]] = {
    Booking: {"event_id": "event"},
    CancelAttendee: {"attendee": "party"},
    ChangeTicketCategory: {"attendee": "party"},
    Code: {"event_id": "event", "contact_id": "contact"},
    ContactMark: {"event_id": "event", "contact_id": "contact"},
    Followed: {"event_id": "event", "contact_id": "contact", "message_id": "message"},
    InvitationExplanation: {"contact_id": "contact"},
    InvitationList: {"event_id": "event"},
    MessageDraft: {"event_id": "event"},
    MessageEvent: {"event_id": "event", "contact_id": "contact"},
    OutboxMail: {"contact_id": "contact", "message_id": "message"},
    Prefill: {"contact_id": "contact"},
    RecordedBooking: {"event_id": "event"},
}
"""What plain data calls an attribute, where that is not the attribute's own name."""

LEFT_OUT: Mapping[type, tuple[str, ...]] = {
    BookingResult: ("changes",),
    ChangedBooking: ("changes",),
    Code: ("version",),
    Contact: ("email_key",),
    Event: ("version",),
    InvitationList: ("version",),
    OutboxMail: ("address_key", "token", "version"),
    RecordedBooking: ("fingerprint",),
}
"""Attributes that plain data does not have: they are the library's own affair, or a secret between it and a recipient."""

PLACES: Mapping[type, str] = {
    ChangeValue: "party",
    ChangeAnswer: "party",
    CancelAttendee: "attendee",
    ChangeTicketCategory: "attendee",
}
"""Attributes that say which party of a booking is meant: `booker`, or `attendee:1` and so on."""

EDITS: Mapping[str, type] = {
    "change_value": ChangeValue,
    "change_answer": ChangeAnswer,
    "add_product": AddProduct,
    "remove_product": RemoveProduct,
    "cancel_attendee": CancelAttendee,
    "cancel_booking": CancelBooking,
    "change_ticket_category": ChangeTicketCategory,
    "add_attendee": AddAttendee,
}
"""Edits of a booking, by the word for each under `do`."""

MAPPINGS = frozenset({dict, FrozenDict, Mapping})
SEQUENCES = frozenset({list, tuple, Sequence})
SETS = frozenset({frozenset, Collection})
"""How attributes declare that they hold several; the values themselves are frozen (`FrozenDict`, tuple, frozenset)."""

_EDITS: Any = tuple[BookingEdit, ...]
_BARE = re.compile(r"[\w-]{1,80}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_PLACE = re.compile(r"booker|attendee:([1-9][0-9]{0,5})", re.ASCII)
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    (str, "text"),
    ((int, float, Decimal), "a number"),
    (Mapping, "an object"),
    ((list, tuple), "a list"),
    (type(None), "null"),
    (object, "something that JSON does not have"),
)


THE_TOP = "the top"
"""The path to plain data as a whole."""


class PlainDataError(ValueError):
    """Plain data that is not of the form asked for; `path` says where, as in `attendees[1].values.phone`."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"at {self.path}: {self.problem}"


def booking_from_plain(data: object) -> Booking:
    """Read a booking in the form that the step `book` of the conformance vectors has.

    Raises `InvalidBookingError` with the path to an unknown key, a missing one, or a value of a wrong type.
    """
    try:
        return _from_plain(data, Booking)
    except PlainDataError as error:
        raise InvalidBookingError(error.path, error.problem) from None


def event_from_plain(data: object) -> Event:
    """Read an event in the form that scenarios of the conformance vectors have. Raises `PlainDataError`."""
    return _from_plain(data, Event)


def edits_from_plain(data: object) -> tuple[BookingEdit, ...]:
    """Read the edits of a booking in the form that the step `edit` of the conformance vectors has (BP-9).

    >>> edits_from_plain([{"do": "change_value", "party": "attendee:1", "field": "city", "value": "Ulm"}])
    (ChangeValue(party=1, field='city', value='Ulm'),)

    Raises `InvalidBookingError` with the path to an unknown key, a missing one, or a value of a wrong type.
    """
    try:
        edits: tuple[BookingEdit, ...] = _from_plain(data, _EDITS)
    except PlainDataError as error:
        raise InvalidBookingError(f"edits{error.path.removeprefix(THE_TOP)}", error.problem) from None
    return edits


def to_plain(value: object) -> Plain:
    """Give *value* (a contact, an event, a booking's result, a report, history, or a collection of such) for JSON.

    Enumerations become their values, moments ISO 8601, amounts texts, sets sorted lists.
    """
    return _CONVERTER.unstructure(value)


def _from_plain(data: object, type_: type[T]) -> T:
    try:
        return _CONVERTER.structure(data, type_)
    except (BaseValidationError, _MisfitError) as error:
        # An unknown key is named first: a missing one is often only its other half.
        mistakes = sorted(_mistakes(error), key=lambda mistake: not mistake.unknown_key)
        raise PlainDataError(mistakes[0].path.removeprefix(".") or THE_TOP, mistakes[0].problem) from None


# From plain data: what does not fit, and where it stands


class _MisfitError(Exception):
    """One value is not what was expected; `key` says which, where it is one of an object."""

    def __init__(self, problem: str, key: str = "") -> None:
        super().__init__(problem)
        self.key = key


def _expected(what: str, value: object) -> _MisfitError:
    kind = next(name for types, name in _KINDS if isinstance(value, types))
    return _MisfitError(f"expected {what}, not {kind}")


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A leaf of the tree of errors that cattrs makes."""

    path: str
    problem: str
    unknown_key: bool = False


def _mistakes(error: Exception, path: str = "") -> Iterator[_Mistake]:
    match error:
        case BaseValidationError():
            for inner in error.exceptions:
                yield from _mistakes(inner, path + _step(inner, error.cl))
        case ForbiddenExtraKeysError():
            for name in sorted(error.extra_fields):
                yield _Mistake(path + _member(name), _unknown_key(name, error.cl), unknown_key=True)
        case KeyError():
            yield _Mistake(path, "this key is missing")
        case _MisfitError(key=key) if key:
            yield _Mistake(path + _member(key), str(error))
        case _:
            yield _Mistake(path, str(error))


def _step(error: Exception, type_: type) -> str:
    """Tell how the path goes on to *error*, from the note that cattrs left on it."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return _member(NAMES.get(type_, {}).get(note.name, note.name))
        if isinstance(note, IterableValidationNote):
            return f"[{note.index}]" if isinstance(note.index, int) else _member(note.index)
    return ""


def _member(name: object) -> str:
    """Tell the path to a key: bare where that can be read, in brackets otherwise.

    >>> _member("phone"), _member("Straße und Nr."), _member("")
    ('.phone', "['Straße und Nr.']", "['']")
    """
    return f".{name}" if isinstance(name, str) and _BARE.fullmatch(name) else f"[{shortened(name)}]"


def _unknown_key(name: str, type_: type) -> str:
    near = get_close_matches(name, _keys(type_), n=1)
    return f"unknown key; is {near[0]!r} meant?" if near else "unknown key"


def _keys(type_: type) -> list[str]:
    names, left_out = NAMES.get(type_, {}), LEFT_OUT.get(type_, ())
    return [names.get(each.name, each.name) for each in fields(type_) if each.name not in left_out]


# The hooks


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise _expected("text", value)
    return value


def _truth(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise _expected("true or false", value)
    return value


def _entered(value: object, _: object) -> Entered:
    if not (value is None or isinstance(value, str | bool)):
        raise _expected("text, true, false or null", value)
    return value


def _amount(value: object, _: object) -> Decimal:
    if not (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        raise _given('an amount as text, such as "90.00"', value)
    return Decimal(value)


def _local_time(value: object, _: object) -> datetime:
    if not (isinstance(value, str) and _LOCAL_TIME.fullmatch(value)):
        raise _given('a local time as text, such as "2026-05-01T18:00:00"', value)
    return datetime.fromisoformat(value)


def _word(value: object, type_: type[Enum]) -> Enum:
    words = {each.value: each for each in type_}
    if not isinstance(value, str) or value not in words:
        raise _given(f"one of {', '.join(map(repr, words))}", value)
    return words[value]


def _place(value: object, _: object) -> int:
    found = _PLACE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _given("'booker' or a word such as 'attendee:1'", value)
    return int(found[1] or THE_BOOKER)


def _edit(value: object, _: object) -> BookingEdit:
    if not isinstance(value, Mapping):
        raise _expected("an object", value)
    word = value.get("do")
    if not isinstance(word, str) or word not in EDITS:
        raise _MisfitError(str(_given(f"one of {', '.join(map(repr, EDITS))}", word)), "do")
    edit: BookingEdit = _CONVERTER.structure({key: each for key, each in value.items() if key != "do"}, EDITS[word])
    return edit


def _given(what: str, value: object) -> _MisfitError:
    """Repeat a text that does not fit; of anything else, its kind tells more."""
    return (
        _MisfitError(f"expected {what}, not {shortened(value)}") if isinstance(value, str) else _expected(what, value)
    )


def _object_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:  # noqa: ANN401, any dataclass
    structure = make_dict_structure_fn(type_, converter, _cattrs_forbid_extra_keys=True, **_overrides(type_))

    def hook(value: object, _: object) -> object:
        if not isinstance(value, Mapping):
            raise _expected("an object", value)
        return structure(value, type_)

    return hook


def _sequence_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:  # noqa: ANN401, a type with arguments
    return _list_hook(type_, converter, tuple)


def _set_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:  # noqa: ANN401, a type with arguments
    return _list_hook(type_, converter, frozenset)


def _list_hook(type_: Any, converter: Converter, made: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:  # noqa: ANN401
    of_type: Any = GenericAlias(list, get_args(type_)[0])
    structure = list_structure_factory(of_type, converter)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, list | tuple):
            raise _expected("a list", value)
        return made(structure(value, of_type))

    return hook


def _mapping_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:  # noqa: ANN401, a type with arguments
    of_type: Any = GenericAlias(dict, get_args(type_))
    structure: Callable[[Any, Any], Any] = mapping_structure_factory(of_type, converter)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, Mapping):
            raise _expected("an object", value)
        return FrozenDict(structure(value, of_type))

    return hook


# To plain data


def _listed(value: Iterable[object]) -> list[Plain]:
    return list(map(to_plain, value))


def _sorted(value: Iterable[object]) -> list[Plain]:
    return sorted(map(to_plain, value), key=str)


def _mapping(value: Mapping[Any, object]) -> dict[str, Plain]:
    return {str(to_plain(key)): to_plain(member) for key, member in value.items()}


def _party_outcome(outcome: PartyOutcome) -> Plain:
    return {
        "decision": outcome.decision.value,
        "reason": outcome.reason,
        "rules": list(outcome.assignment.rules),
        "flags": to_plain(outcome.flags),
        "contact_id": outcome.contact_id,
        "customer_id": outcome.customer_id,
        "reports": to_plain(outcome.reports),
        "opted_out": to_plain(outcome.opted_out),
    }


def _shown_place(place: int) -> str:
    return f"attendee:{place}" if place else "booker"


def _edit_hook(word: str, converter: Converter) -> Callable[[Any], Plain]:
    without_word = _plain_object_hook(EDITS[word], converter)
    return lambda edit: {"do": word, **without_word(edit)}


def _recorded_party(party: RecordedParty) -> Plain:
    # An attendee has more than the party that the attribute declares.
    return {
        "entered": to_plain(party.entered),
        "outcome": to_plain(party.outcome),
        "status": party.status.value,
        "through_contact_id": party.through_contact_id,
    }


def _contact_details(details: ContactDetails) -> Plain:
    return {
        **to_plain(details.contact),
        "groups": list(details.groups),
        "last_contacted": to_plain(details.last_contacted),
    }


def _evidence(evidence: Evidence) -> list[Plain]:
    return [str(each.name).lower() for each in evidence]


def _code_details(details: CodeDetails) -> Plain:
    return {
        **to_plain(details.code),
        "limit": details.limit,
        "status": details.status.value,
        "redeemable": details.redeemable,
        "used_in": list(details.used_in),
        "redemptions": to_plain(details.redemptions),
    }


def _import_report(report: ImportReport) -> Plain:
    return {
        "id": report.id,
        "file": report.record.file_name,
        "dry_run": report.dry_run,
        "rows": report.total,
        "outcomes": {each.value: report.counts.get(each, 0) for each in RowOutcome},
        "reasons": dict(sorted(_mapping(report.reasons).items())),
        "warnings": dict(sorted(_mapping(report.warnings).items())),
        "columns": list(report.record.columns),
        "ignored_columns": list(report.ignored_columns),
        "absent_columns": list(report.absent_columns),
        "summary_to": report.record.options.summary_to,
    }


def _plain_object_hook(type_: Any, converter: Converter) -> Callable[[Any], Any]:  # noqa: ANN401, any dataclass
    return make_dict_unstructure_fn(type_, converter, **_overrides(type_))


def _overrides(type_: type) -> dict[str, Any]:
    names, place = NAMES.get(type_, {}), PLACES.get(type_)
    overrides = {name: override(rename=given) for name, given in names.items()}
    if place is not None:
        overrides[place] = override(rename=names.get(place), struct_hook=_place, unstruct_hook=_shown_place)
    return overrides | {name: override(omit=True) for name in LEFT_OUT.get(type_, ())}


def _is_mapping(type_: object) -> bool:
    return (get_origin(type_) or type_) in MAPPINGS


def _is_set(type_: object) -> bool:
    return (get_origin(type_) or type_) in SETS


def _is_sequence(type_: object) -> bool:
    return (get_origin(type_) or type_) in SEQUENCES


def _is_enum(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, Enum)


def _strict_converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook_factory(is_dataclass, _object_hook)
    converter.register_structure_hook_factory(_is_sequence, _sequence_hook)
    converter.register_structure_hook_factory(_is_set, _set_hook)
    converter.register_structure_hook_factory(_is_mapping, _mapping_hook)
    converter.register_structure_hook_func(_is_enum, _word)
    converter.register_structure_hook_func(lambda type_: type_ == Entered, _entered)
    converter.register_structure_hook_func(lambda type_: type_ == BookingEdit, _edit)
    for type_, hook in {str: _text, bool: _truth, Decimal: _amount, datetime: _local_time}.items():
        converter.register_structure_hook(type_, hook)
    converter.register_unstructure_hook_factory(is_dataclass, _plain_object_hook)
    converter.register_unstructure_hook_factory(is_namedtuple, namedtuple_dict_unstructure_factory)
    converter.register_unstructure_hook_func(_is_mapping, _mapping)
    converter.register_unstructure_hook_func(_is_set, _sorted)
    converter.register_unstructure_hook_func(_is_sequence, _listed)
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(Decimal, lambda amount: format(amount, "f"))
    converter.register_unstructure_hook(Evidence, _evidence)
    converter.register_unstructure_hook(PartyOutcome, _party_outcome)
    converter.register_unstructure_hook(RecordedParty, _recorded_party)
    converter.register_unstructure_hook(ContactDetails, _contact_details)
    for word, type_ in EDITS.items():
        converter.register_unstructure_hook(type_, _edit_hook(word, converter))
    converter.register_unstructure_hook(CodeDetails, _code_details)
    converter.register_unstructure_hook(ImportReport, _import_report)
    return converter


_CONVERTER = _strict_converter()
