"""All that the extra `validation` brings for judging values, as one: the parsers with which conformance is claimed (FI-7)."""

from dataclasses import dataclass

from doocore import EmailAddress, Refusal
from doocore_adapters import babel, dateutil, email_validator, phonenumbers


@dataclass(frozen=True, slots=True)
class LibraryParsers:
    r"""The `ValueParsers` that know everything: email-validator, phonenumbers, python-dateutil and Babel.

    >>> parsers = LibraryParsers()
    >>> parsers.email("Ada@B\u00fccher.example").key, parsers.phone("030 901820", "DE")
    ('ada@xn--bcher-kva.example', '+4930901820')
    >>> parsers.date("29.2.2024", "de"), parsers.country("Deutschland")
    ('2024-02-29', 'DE')
    """

    def email(self, text: str) -> EmailAddress | Refusal:
        """Judge an address and give it its match key (ID-3, ID-4)."""
        return email_validator.email(text)

    def phone(self, text: str, region: str) -> str | Refusal:
        """Normalize to E.164; a national form is read in *region*."""
        return phonenumbers.phone(text, region)

    def date(self, text: str, locale: str) -> str | Refusal:
        """Normalize to ISO 8601; *locale* tells day first from month first."""
        return dateutil.date(text, locale)

    def country(self, text: str) -> str | Refusal:
        """Normalize to ISO 3166-1 alpha-2."""
        return babel.country(text)
