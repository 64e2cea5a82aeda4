"""Forms: how each type stands in a file.

Strict by intention: a number is no text, null is no text, a text is no list, and a key that nobody knows is a mistake.
A kind that the format does not have is none: such a case is read, and fails when it is run.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import partial
from operator import eq
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.cols import list_structure_factory
from cattrs.gen import make_dict_structure_fn, mapping_structure_factory

from doocore import Booking, Event, InvalidBookingError
from doocore.errors import shortened
from doocore.model.fields import Entered
from doocore_adapters.cattrs import PlainDataError, booking_from_plain, event_from_plain
from doocore_adapters.vectors.expecting import Unnamed
from doocore_adapters.vectors.givens import (
    EDITS,
    ColumnToCreate,
    ContactGiven,
    EditGiven,
    Moment,
    RuleId,
    Target,
    Values,
)
from doocore_adapters.vectors.kinds import KINDS, Case, UnknownCase
from doocore_adapters.vectors.places import MistakeError
from doocore_adapters.vectors.steps import STEP_KEYS, STEPS, Book, Step

_RULE = re.compile(r"[A-Z]{2}-[0-9]{1,2}[a-z]?(/[0-9]{1,2})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)

_NOUNS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    (str, "a text"),
    ((int, float), "a number"),
    (dict, "an object"),
    (list, "a list"),
    (object, "null"),
)


def structured(data: object) -> Case:
    """Make a case of what the file has. Raises `MistakeError`, or cattrs' errors with such ones inside."""
    return _any_case(data, Case)


def noun(value: object) -> str:
    """Say what kind of thing *value* is."""
    return next(noun for types, noun in _NOUNS if isinstance(value, types))


def shown(value: object) -> str:
    """Repeat a text; of anything else, its kind tells more."""
    return shortened(value) if isinstance(value, str) else noun(value)


# Single values


def _text(value: object, _: object = None) -> str:
    if not isinstance(value, str):
        raise MistakeError(f"expected a text, not {noun(value)}")
    return value


def _truth(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise MistakeError(f"expected true or false, not {noun(value)}")
    return value


def _number(value: object, _: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise MistakeError(f"expected a whole number, not {noun(value)}")
    return value


def _entered(value: object, _: object) -> Entered:
    if value is None or isinstance(value, str | bool):
        return value
    raise MistakeError(f"expected a text, true, false or null, not {noun(value)}")


def _rule(value: object, _: object) -> str:
    if isinstance(value, str) and _RULE.fullmatch(value):
        return value
    raise MistakeError(f"expected the ID of a rule, such as AS-1b, not {shown(value)}")


def _moment(value: object, _: object) -> datetime:
    return _time(value, _MOMENT, "a moment with its offset, such as 2026-03-01T10:00:00Z")


def _local_time(value: object, _: object) -> datetime:
    return _time(value, _LOCAL_TIME, "a local time, such as 2026-05-01T18:00:00")


def _time(value: object, form: re.Pattern[str], what: str) -> datetime:
    if isinstance(value, str) and form.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # a day or an hour that there is not
    raise MistakeError(f"expected {what}, not {shown(value)}")


def _bytes(value: object, _: object) -> bytes:
    text = _text(value)
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise MistakeError(f"this is not base64: {error}") from error


def _enum(value: object, type_: type[Enum]) -> object:
    return _word(value, {each.value: each for each in type_})


def _literal(value: object, type_: object) -> object:
    return _word(value, {word: word for word in get_args(type_)})


def _word(value: object, words: Mapping[str, Any]) -> Any:  # noqa: ANN401, whatever the words stand for
    if isinstance(value, str) and value in words:
        return words[value]
    raise MistakeError(f"expected one of {', '.join(words)}, not {shown(value)}")


# Objects and lists


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MistakeError(f"expected an object, not {noun(value)}")
    return value


def _object_hook(type_: Any, converter: Converter) -> Any:  # noqa: ANN401, any attrs class
    structure = make_dict_structure_fn(type_, converter, _cattrs_forbid_extra_keys=True)
    return lambda value, _: structure(_object(value), type_)


def _mapping_hook(type_: Any, converter: Converter) -> Any:  # noqa: ANN401, a type with arguments
    structure = mapping_structure_factory(type_, converter, dict)
    return lambda value, _: structure(_object(value), type_)


def _list_hook(type_: Any, converter: Converter) -> Any:  # noqa: ANN401, a type with arguments
    collection = get_origin(type_)
    structure = list_structure_factory(type_, converter)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, list):
            raise MistakeError(f"expected a list, not {noun(value)}")
        return collection(structure(value, type_))

    return hook


def _named_hook(type_: Any, converter: Converter) -> Any:  # noqa: ANN401, a union
    rest: Any = Union[tuple(each for each in get_args(type_) if each is not Unnamed)]  # noqa: UP007, made at run time
    hook = converter.get_structure_hook(rest)
    return lambda value, _: hook(value, rest)


# What stands in a file in another form than its class has


def _any_case(value: object, _: object) -> Case:
    data = _object(value)
    if "kind" not in data:
        raise MistakeError("this key is missing", ".kind")
    type_ = KINDS.get(str(data["kind"]), UnknownCase)
    if type_ is UnknownCase:
        data = {key: each for key, each in data.items() if key in attrs.fields_dict(UnknownCase)}
    return _CONVERTER.structure(data, type_)


def _any_step(value: object, _: object) -> Step:
    data = _object(value)
    type_ = _what_to_do(data, STEPS)
    if type_ is Book:
        data, booking = _parted(data, STEP_KEYS)
        data["booking"] = {"booker": {}} | booking
    step: Step = _CONVERTER.structure(data, type_)
    return step


def _booking(value: object, _: object) -> Booking:
    try:
        return booking_from_plain(value)
    except InvalidBookingError as error:
        raise MistakeError(error.problem, f".{error.path}") from error


def _event(value: object, _: object) -> Event:
    """Read an event; in stories events are live unless they say otherwise."""
    try:
        return event_from_plain({"status": "live"} | _object(value))
    except PlainDataError as error:
        raise MistakeError(error.problem, f".{error.path}") from error


def _contact(value: object, _: object) -> ContactGiven:
    data, values = _parted(_object(value), ("id", "subscriptions"))
    data["values"] = _VALUES_HOOK(values, Values)
    contact: ContactGiven = _CONTACT_HOOK(data, ContactGiven)
    return contact


def _parted(data: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part an object into the keys named, and the rest."""
    own = {key: each for key, each in data.items() if key in keys}
    return own, {key: each for key, each in data.items() if key not in keys}


def _target(value: object, _: object) -> Target:
    if value is None or isinstance(value, str):
        return value
    return _CONVERTER.structure(_object(value), ColumnToCreate).create.target()


def _edit(value: object, _: object) -> EditGiven:
    data, keys = _parted(_object(value), ("do",))
    return EditGiven(do=_what_to_do(data, {each: each for each in EDITS}), keys=keys)


def _what_to_do(data: Mapping[str, Any], words: Mapping[str, Any]) -> Any:  # noqa: ANN401, whatever the words stand for
    try:
        return _word(data.get("do"), words)
    except MistakeError as error:
        raise MistakeError(error.problem, ".do") from None


# The converter


def _is_list(type_: object) -> bool:
    return get_origin(type_) in {tuple, frozenset}


def _is_mapping(type_: object) -> bool:
    return get_origin(type_) is get_origin(Mapping[str, str])


def _may_be_unnamed(type_: object) -> bool:
    return Unnamed in get_args(type_)


def _is_literal(type_: object) -> bool:
    return get_origin(type_) == Literal


def _is_enum(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, Enum)


FACTORIES: tuple[tuple[Callable[[Any], bool], Callable[[Any, Converter], Any]], ...] = (
    (attrs.has, _object_hook),
    (_is_list, _list_hook),
    (_is_mapping, _mapping_hook),
    (_may_be_unnamed, _named_hook),
    (_is_literal, lambda _, __: _literal),
    (_is_enum, lambda _, __: _enum),
)
"""Families of types, and what makes the reader of one of them."""

PRIMITIVES: Mapping[type, Callable[[Any, Any], Any]] = {
    str: _text,
    bool: _truth,
    int: _number,
    bytes: _bytes,
    datetime: _local_time,
}
"""What JSON has, or nearly so; cattrs would convert here, these readers refuse."""

READERS: Mapping[Any, Callable[[Any, Any], Any]] = {
    Entered: _entered,
    RuleId: _rule,
    Moment: _moment,
    Target: _target,
    Booking: _booking,
    Event: _event,
    EditGiven: _edit,
    ContactGiven: _contact,
    Step: _any_step,
}
"""Other single types, and their readers."""


def _strict_converter() -> Converter:
    converter = Converter()
    for is_of_family, factory in FACTORIES:
        converter.register_structure_hook_factory(is_of_family)(factory)
    for type_, hook in PRIMITIVES.items():
        converter.register_structure_hook(type_, hook)
    for type_, hook in READERS.items():
        converter.register_structure_hook_func(partial(eq, type_), hook)
    return converter


_CONVERTER = _strict_converter()
_CONTACT_HOOK = _object_hook(ContactGiven, _CONVERTER)
_VALUES_HOOK = _mapping_hook(Values, _CONVERTER)
