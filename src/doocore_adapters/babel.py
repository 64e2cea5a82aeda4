"""Countries by their English and German names, as the package `Babel` knows them from the CLDR (FI-1)."""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

from babel import Locale

from doocore import Refusal, StrictParsers, ValueReason

_LOCALES = ("en", "en_GB", "de", "de_CH")
_LONGEST_NAME = 100

ALIASES: Mapping[str, str] = {
    "Burma": "MM",
    "Birma": "MM",
    "Cape Verde": "CV",
    "Kap Verde": "CV",
    "Czech Republic": "CZ",
    "Tschechische Republik": "CZ",
    "East Timor": "TL",
    "Osttimor": "TL",
    "Great Britain": "GB",
    "Großbritannien": "GB",
    "UK": "GB",
    "Hong Kong": "HK",
    "Hongkong": "HK",
    "Ivory Coast": "CI",
    "Elfenbeinküste": "CI",
    "Macao": "MO",
    "Macau": "MO",
    "Moldawien": "MD",
    "Myanmar": "MM",
    "Palestine": "PS",
    "Palästina": "PS",
    "Russian Federation": "RU",
    "Russische Föderation": "RU",
    "Swaziland": "SZ",
    "Swasiland": "SZ",
    "The Netherlands": "NL",
    "Turkey": "TR",
    "Türkiye": "TR",
    "USA": "US",
    "United States of America": "US",
    "Vereinigte Staaten von Amerika": "US",
    "Vatican": "VA",
    "Vatikan": "VA",
    "Weißrussland": "BY",
}
"""Names in use that the CLDR has as variants, which Babel leaves out, or no longer."""

_NO_COUNTRY = Refusal(ValueReason.INVALID_VALUE, "a country code such as DE, or a country's English or German name")


def country(text: str) -> str | Refusal:
    """Give the ISO 3166-1 alpha-2 code of a country's code or name, in any case; nothing else that has two letters.

    >>> country("Österreich"), country("austria"), country("at")
    ('AT', 'AT', 'AT')
    >>> country("EU").reason.value
    'invalid_value'
    """
    code = StrictParsers().country(text)
    if isinstance(code, str):
        return code
    return _codes().get(_folded(text), _NO_COUNTRY) if len(text) <= _LONGEST_NAME else _NO_COUNTRY


@cache
def _codes() -> Mapping[str, str]:
    """Map every folded name to its code; made when the first name is asked for, since the CLDR takes a while to load."""
    return {_folded(name): code for name, code in _names()}


def _names() -> Iterator[tuple[str, str]]:
    """Give names with codes: the CLDR's, but for what is no country of ISO 3166-1 (the EU, the world), and the aliases."""
    known = StrictParsers()
    for locale in _LOCALES:
        for code, name in Locale.parse(locale).territories.items():
            if known.country(code) == code:
                yield name, code
    yield from ALIASES.items()


def _folded(name: str) -> str:
    r"""Fold case, composition, apostrophes and the word for and.

    >>> _folded("C\u00f4te d\u2019Ivoire") == _folded("co\u0302te d'ivoire"), _folded("Trinidad & Tobago")
    (True, 'trinidad and tobago')
    """
    folded = unicodedata.normalize("NFC", name.casefold())
    return folded.replace("\u2019", "'").replace(" & ", " and ")
