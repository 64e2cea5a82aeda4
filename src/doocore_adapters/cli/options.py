"""Reading what is typed behind options: words, moments, columns and where they go."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import typer

from doocore import CreateFieldFromColumn, FieldType, FrozenDict, Refusal
from doocore.model.contact_import import ColumnTarget
from doocore.model.fields import CUSTOM_FIELD_TYPES, trimmed

W = TypeVar("W", bound=Enum)

FIELD_TYPES = "|".join(each.value for each in CUSTOM_FIELD_TYPES)
_LOCALE = re.compile(r"([a-z]{2,3})(?:[_-]([A-Z]{2}))?")
_CREATE = "=create:"


def one_of(type_: type[W], words: str) -> Callable[[Any], W]:
    """Make a reader of one of *words* (between bars), which are the values of *type_*; `-` and `_` are alike.

    >>> from doocore import DuplicateMode
    >>> one_of(DuplicateMode, "fill-empty|overwrite|only-new")("fill_empty").value
    'fill_empty'
    """
    choices = {_underlined(word): type_(_underlined(word)) for word in words.split("|")}

    def read(given: Any) -> W:  # noqa: ANN401, a default comes as it is
        if isinstance(given, type_):
            return given
        found = choices.get(_underlined(str(given).strip().lower()))
        if found is None:
            raise typer.BadParameter(f"{given!r} is none of {words.replace('|', ', ')}")
        return found

    return read


def local_time(text: Any) -> datetime:  # noqa: ANN401, a default comes as it is
    """Read a local time, without an offset.

    >>> local_time("2026-05-01 18:00").isoformat()
    '2026-05-01T18:00:00'
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise typer.BadParameter(f'{text!r} is no local time such as "2026-05-01 18:00"')
    return moment


def zone_name(text: Any) -> str:  # noqa: ANN401
    """Read the name of a time zone.

    >>> zone_name("Europe/Berlin")
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(str(text)).key
    except (KeyError, ValueError, OSError):
        raise typer.BadParameter(f'{text!r} is no time zone such as "Europe/Berlin"') from None


def country_code(text: Any) -> str:  # noqa: ANN401
    """Read a country, by its code or its English or German name.

    >>> country_code("Österreich")
    'AT'
    """
    from doocore_adapters.babel import country

    found = country(str(text))
    if isinstance(found, Refusal):
        raise typer.BadParameter(f"{text!r} is no country; expected {found.advice}")
    return found


def email_address(text: Any) -> str:  # noqa: ANN401
    """Read an address to write to.

    >>> email_address(" ada@example.org ")
    'ada@example.org'
    """
    from doocore_adapters.email_validator import email

    found = email(trimmed(str(text)))
    if isinstance(found, Refusal):
        raise typer.BadParameter(f"{text!r} is no address; expected {found.advice}")
    return found.text


def locale_name(text: Any) -> str:  # noqa: ANN401
    """Read the name of a locale.

    >>> locale_name("en-GB")
    'en_GB'
    """
    found = _LOCALE.fullmatch(str(text))
    if found is None:
        raise typer.BadParameter(f"{text!r} is no locale such as de, en or en_GB")
    return f"{found[1]}_{found[2]}" if found[2] else found[1]


def column_targets(texts: Iterable[str]) -> FrozenDict[str, ColumnTarget]:
    """Read what stands behind `--map`, once for each column.

    >>> column_targets(["Name=last_name", "Notiz=", "Mobil=create:Mobil:phone"])["Notiz"] is None
    True
    """
    return FrozenDict(map(_column_and_target, texts))


def field_values(texts: Iterable[str]) -> dict[str, str]:
    """Read values by the names of their fields; what stands behind the first `=` is the value, be it blank.

    >>> field_values(["first_name=Ada", "Webseite=https://example.org/?a=b", "city="])
    {'first_name': 'Ada', 'Webseite': 'https://example.org/?a=b', 'city': ''}
    """
    values: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r} does not say which field it is for: FIELD=VALUE")
        if values.setdefault(name, value) != value:
            raise typer.BadParameter(f"{name} is given twice, as {values[name]!r} and as {value!r}")
    return values


def _column_and_target(text: str) -> tuple[str, ColumnTarget]:
    if _CREATE in text:
        column, _, wish = text.partition(_CREATE)
        name, typed, type_ = wish.rpartition(":")
        if not typed:
            return column, CreateFieldFromColumn(wish)
        return column, CreateFieldFromColumn(name, one_of(FieldType, FIELD_TYPES)(type_))
    column, equals, target = text.rpartition("=")
    if not equals:
        forms = '"COLUMN=FIELD", "COLUMN=" or "COLUMN=create:NAME:TYPE"'
        raise typer.BadParameter(f"{text!r} does not say where the column goes: {forms}")
    return column, target.strip() or None


def _underlined(word: str) -> str:
    return word.replace("-", "_")
