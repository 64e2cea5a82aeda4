"""What a contact can hold: fields with their types, and the values in them.

`SYSTEM_FIELDS` is the one list of system fields (FI-1): labels, limits and options elsewhere are read from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NewType, Protocol, TypeAlias

from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import EmailAddress
from doocore.model.word import Word

FieldKey: TypeAlias = str
"""How values name their field: a system field's name, a custom field's ID. Renaming a field does not change it."""

FieldId = NewType("FieldId", str)
FieldValue: TypeAlias = str | bool
"""A normalized value: text, E.164 phone, ISO date, ISO country, or a checkbox's truth (FI-6)."""

FieldValues: TypeAlias = FrozenDict[FieldKey, FieldValue]
"""A contact's non-blank normalized values by field key."""

Entered: TypeAlias = str | bool | None
"""A value as somebody entered it, not yet judged."""

# All that Unicode calls white space, the zero-width characters, the byte order mark and the soft hyphen.
_TRIMMED = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff\u00ad"
)

# No text file, XML or store can hold these in a text, so they never get further than the door: all control characters
# of ASCII but tab and line ends, lone surrogates, and two that are no characters. Two of them end lines elsewhere.
_UNWRITABLE = {
    **dict.fromkeys((*range(0x20), 0x7F, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\ufffd"),
    **dict.fromkeys((ord("\v"), ord("\f")), "\n"),
    **{ord(each): each for each in "\t\n\r"},
}


def trimmed(text: str) -> str:
    r"""Take white space, zero-width characters, byte order marks and soft hyphens off both ends.

    >>> trimmed("\ufeff Ada\u00a0\u200b")
    'Ada'
    """
    return text.strip(_TRIMMED)


def is_blank(value: object) -> bool:
    r"""Tell whether *value* is absent: `None`, or a text that is empty when trimmed; `False` and `0` are values.

    >>> is_blank(" \u00a0"), is_blank(None), is_blank(False), is_blank(0)
    (True, True, False, False)
    """
    return value is None or (isinstance(value, str) and not value.strip(_TRIMMED))


def storable(text: str) -> str:
    r"""Replace the characters that no file and no store could hold.

    >>> storable("Ada\x1b\vLovelace")
    'Ada\ufffd\nLovelace'
    """
    return text if text.isprintable() else text.translate(_UNWRITABLE)


def entered(value: object) -> Entered:
    """Bring what a caller gives (a cell, a JSON value, a Python date) into the form that rules judge.

    Numbers become text without `.0`, dates ISO text; characters that no list could hold when it is exported (control
    characters, lone surrogates) become U+FFFD, vertical tabs and form feeds line ends. Anything else is the caller's
    mistake.

    >>> entered(80331), entered(80331.0), entered(True), entered(date(2024, 2, 29))
    ('80331', '80331', True, '2024-02-29')
    """
    match value:
        case str():
            return storable(value)
        case bool() | None:
            return value
        case float() if value.is_integer():
            return str(int(value))
        case int() | float() | Decimal():
            return str(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"a value is text, a number, a truth value, a date or None, not {type(value).__name__}")


class FieldType(Word):
    """What a field holds (FI-2): the seven types of custom fields, and four that only system fields have (FI-1)."""

    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    SELECT = "select"
    CHECKBOX = "checkbox"
    FILE = "file"
    PHONE = "phone"
    DATE = "date"
    EMAIL = "email"
    CUSTOMER_ID = "customer_id"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"


CUSTOM_FIELD_TYPES = (
    FieldType.SHORT_TEXT,
    FieldType.LONG_TEXT,
    FieldType.SELECT,
    FieldType.CHECKBOX,
    FieldType.FILE,
    FieldType.PHONE,
    FieldType.DATE,
)


class ValueReason(Word):
    """Why a value is refused (FI-6); an address has a word of its own (IM-8)."""

    INVALID_VALUE = "invalid_value"
    UNKNOWN_OPTION = "unknown_option"
    TOO_LONG = "too_long"
    INVALID_EMAIL = "invalid_email"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that a field cannot hold: the reason, what was expected, and a hint where the form is recognized."""

    reason: ValueReason
    expected: str
    hint: str = ""

    @property
    def advice(self) -> str:
        """What was expected, with the hint where there is one."""
        return f"{self.expected} ({self.hint})" if self.hint else self.expected


VALIDATION_EXTRA = "doocore[validation]"
"""What to install for the values that only a library can judge (FI-7)."""


class ValueParsers(Protocol):
    """The port to what knows addresses, phones, dates and countries better than we do (FI-7).

    Each method gets a trimmed, non-blank text and returns the normalized value, or a `Refusal`; it never raises on
    any text, however long or strange, and its cost does not grow with junk. What the bare core's parsers accept,
    every other implementation accepts with the same result.
    """

    def __hash__(self) -> int:
        """Tell parsers apart: what was made with them is kept."""

    def email(self, text: str) -> EmailAddress | Refusal:
        """Judge an address (ID-4) and give it its match key (ID-3)."""

    def phone(self, text: str, region: str) -> str | Refusal:
        """Normalize to E.164; a national form is read in *region* (ISO 3166-1 alpha-2)."""

    def date(self, text: str, locale: str) -> str | Refusal:
        """Normalize to ISO 8601; *locale* tells day first from month first."""

    def country(self, text: str) -> str | Refusal:
        """Normalize to ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactField:
    """A field of the organization: a system field or a custom one.

    `key` names it in values; `name` is what people see; `labels` are further names under which it is found (IM-3).
    `max_length` is in characters. An archived field keeps its values and is offered no more (FI-4).
    """

    key: FieldKey
    type: FieldType
    name: str
    labels: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    max_length: int | None = None
    system: bool = False
    archived: bool = False

    def with_options(self, added: Iterable[str]) -> "ContactField":
        """Give the same field with *added* options behind its own, each once."""
        return replace(self, options=tuple(dict.fromkeys((*self.options, *added))))


def _system(
    key: str, type_: FieldType, labels: tuple[str, ...], max_length: int | None = None, options: tuple[str, ...] = ()
) -> ContactField:
    return ContactField(
        key=key, type=type_, name=key, labels=labels, max_length=max_length, options=options, system=True
    )


SYSTEM_FIELDS: tuple[ContactField, ...] = (
    _system("email", FieldType.EMAIL, ("E-Mail", "E-Mail-Adresse", "Email address"), 254),
    _system(
        "customer_id",
        FieldType.CUSTOMER_ID,
        ("Externe Kunden-ID", "Kundennummer", "External customer ID"),
        255,
    ),
    _system("salutation", FieldType.SELECT, ("Anrede",)),
    _system("title", FieldType.SELECT, ("Titel",), options=("Dr.", "Prof.")),
    _system("first_name", FieldType.SHORT_TEXT, ("Vorname",), 255),
    _system("last_name", FieldType.SHORT_TEXT, ("Nachname",), 255),
    _system("company", FieldType.SHORT_TEXT, ("Firma", "Unternehmen", "Organisation", "Organization"), 255),
    _system("street", FieldType.SHORT_TEXT, ("Straße",), 255),
    _system("house_number", FieldType.SHORT_TEXT, ("Hausnummer", "Nr.", "No."), 45),
    _system("postal_code", FieldType.POSTAL_CODE, ("PLZ", "ZIP", "Postleitzahl")),
    _system("city", FieldType.SHORT_TEXT, ("Ort", "Stadt"), 45),
    _system("country", FieldType.COUNTRY, ("Land", "Ländercode", "Country code")),
    _system("phone", FieldType.PHONE, ("Telefon", "Telefonnummer")),
    _system("comment", FieldType.LONG_TEXT, ("Kommentar",)),
)
"""The system fields in the order of FI-1, with the labels by which an import knows them (IM-3)."""

SYSTEM_KEYS: tuple[FieldKey, ...] = tuple(each.key for each in SYSTEM_FIELDS)

SALUTATIONS: Mapping[str, tuple[str, ...]] = {"de": ("Herr", "Frau"), "en": ("Mr.", "Ms.")}
"""The options of `salutation` to begin with, by the language of the organization's locale (FI-1)."""


def folded(name: str) -> str:
    """Fold a name for comparison: trimmed and case-folded (FI-3, GR-1).

    >>> folded(" STRASSE ") == folded("Straße")
    True
    """
    return trimmed(name).casefold()


@dataclass(frozen=True, slots=True)
class FieldCatalog:
    """All fields of an organization, system fields first.

    >>> catalog = FieldCatalog.of("de", ())
    >>> catalog["salutation"].options
    ('Herr', 'Frau')
    >>> catalog.named("vorname").key
    'first_name'
    """

    fields: tuple[ContactField, ...]
    _by_key: dict[FieldKey, ContactField] = field(init=False, repr=False, compare=False)
    _by_name: dict[str, ContactField] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {each.key: each for each in self.fields})
        names: dict[str, ContactField] = {}
        for each in self.fields:
            for name in (each.name, *each.labels):
                names.setdefault(folded(name), each)
        object.__setattr__(self, "_by_name", names)
        object.__setattr__(self, "_hash", hash(self.fields))

    def __hash__(self) -> int:
        return self._hash  # reckoned once, as what is kept per catalog is looked up in every story

    @classmethod
    def of(cls, locale: str, stored: Iterable[ContactField]) -> "FieldCatalog":
        """Join the system fields with what the organization stored: custom fields, and options it added to selects."""
        return _catalog(locale, tuple(stored))

    def __getitem__(self, key: FieldKey) -> ContactField:
        return self._by_key[key]

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def named(self, name: str) -> ContactField | None:
        """Find the field called *name*, by its key, name or label, without case (FI-3); None if there is none."""
        return self._by_key.get(name) or self._by_name.get(folded(name))

    def name_of(self, key: FieldKey) -> str:
        """Name the field of this key, as bookings and histories have it; one that was deleted has only its key (FI-4).

        >>> FieldCatalog.of("de", ()).name_of("city"), FieldCatalog.of("de", ()).name_of("1M81GYCAD0AXVRACH5KB")
        ('city', '1M81GYCAD0AXVRACH5KB')
        """
        return self._by_key[key].name if key in self._by_key else key

    @property
    def custom(self) -> tuple[ContactField, ...]:
        """The organization's own fields."""
        return tuple(each for each in self.fields if not each.system)


@lru_cache(maxsize=256)
def _catalog(locale: str, stored: tuple[ContactField, ...]) -> FieldCatalog:
    """Build a catalog; remembered, as every story asks for its organization's and it hardly ever changes."""
    changed = {each.key: each for each in stored}
    own = tuple(changed.pop(each.key, _with_locale(each, locale)) for each in SYSTEM_FIELDS)
    return FieldCatalog((*own, *changed.values()))


def _with_locale(system_field: ContactField, locale: str) -> ContactField:
    if system_field.key != "salutation":
        return system_field
    language = locale.replace("-", "_").partition("_")[0]
    return system_field.with_options(SALUTATIONS.get(language, SALUTATIONS["en"]))
