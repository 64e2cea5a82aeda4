"""Values: what a field makes of what somebody entered.

Two rules for this file. 1: whatever decides about a value goes through `RULES`, one row for each type of field.
2: this file knows addresses, dates and codes of its own; what takes a library comes in through `ValueParsers`.

A value is trimmed, then brought into the form of its type, or refused with a reason and what was expected (FI-6). A
value that the contact has already is always accepted (FI-5). What the parsers here accept without any library, the
libraries accept with the same result; what only they can judge is refused by naming the extra that brings them (FI-7).
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from doocore.model.fields import (
    VALIDATION_EXTRA,
    ContactField,
    Entered,
    FieldType,
    FieldValue,
    Refusal,
    ValueParsers,
    ValueReason,
    trimmed,
)
from doocore.model.identifiers import EmailAddress
from doocore.rules.addresses import judge_address

LONGEST: Mapping[FieldType, int] = {FieldType.SHORT_TEXT: 130, FieldType.CUSTOMER_ID: 255}
"""How many characters a text of this type may have where its field says nothing else (FI-2, ID-5); others: any number."""

CHECKBOX_WORDS: Mapping[str, bool] = {
    "1": True,
    "true": True,
    "yes": True,
    "ja": True,
    "x": True,
    "0": False,
    "false": False,
    "no": False,
    "nein": False,
}
"""What checks a checkbox or leaves it open, in any case (FI-6)."""

_LONGEST_WORD = max(map(len, CHECKBOX_WORDS))

# ASCII alone: the postal codes of all countries are written with it.
_POSTAL_CODE = re.compile(r"[A-Za-z0-9 \-]{3,10}")

TextRule: TypeAlias = Callable[[str], FieldValue | Refusal]
"""What a field makes of a trimmed text that is not blank."""

Judge: TypeAlias = Callable[[Entered, FieldValue | None], FieldValue | Refusal | None]
"""What a field makes of an entered value, given the contact's present one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the organization reads what its fields alone do not tell: who parses, and for which region and locale."""

    parsers: ValueParsers
    region: str
    locale: str


def judge(
    field: ContactField,
    value: Entered,
    *,
    parsers: ValueParsers,
    region: str,
    locale: str,
    present: FieldValue | None = None,
) -> FieldValue | Refusal | None:
    """Give the normalized value, None where *value* is blank, or the refusal (FI-6).

    >>> birthday = ContactField(key="f1", type=FieldType.DATE, name="Geburtstag")
    >>> judge(birthday, " 29.2.2024 ", parsers=StrictParsers(), region="DE", locale="de")
    '2024-02-29'
    >>> judge(birthday, "29.2.2023", parsers=StrictParsers(), region="DE", locale="de").expected
    'a date such as 2024-02-29 or 29.2.2024'
    """
    return judging(field, parsers=parsers, region=region, locale=locale)(value, present)


def judging(field: ContactField, *, parsers: ValueParsers, region: str, locale: str) -> Judge:
    """Bind all of `judge` that stays the same for a whole column, so that a million cells do not pay for it.

    >>> tick = judging(
    ...     ContactField(key="f1", type=FieldType.CHECKBOX, name="VIP"), parsers=StrictParsers(), region="DE", locale="de"
    ... )
    >>> tick("Ja", None), tick(False, None), tick(" ", True), tick("vielleicht", None).reason.value
    (True, False, None, 'invalid_value')
    """
    rule = RULES[field.type](field, Reading(parsers=parsers, region=region, locale=locale))
    holds_truth = field.type is FieldType.CHECKBOX

    def judged(value: Entered, present: FieldValue | None) -> FieldValue | Refusal | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return value if holds_truth else _A_TRUTH_IS_NO_TEXT
        text = trimmed(value)
        if not text:
            return None
        return text if text == present else rule(text)

    return judged


# Which word would stand for it, "true" or "ja", is not ours to guess; as a postal code "true" would even be valid.
_A_TRUTH_IS_NO_TEXT = Refusal(ValueReason.INVALID_VALUE, "a text", "true and false belong into a checkbox")


def _text(field: ContactField, _: Reading) -> TextRule:
    """Take any text, up to the field's limit or that of its type."""
    limit = LONGEST.get(field.type) if field.max_length is None else field.max_length
    if limit is None:
        return lambda text: text
    refusal = Refusal(ValueReason.TOO_LONG, f"at most {limit} characters")
    return lambda text: text if len(text) <= limit else refusal


def _option(field: ContactField, _: Reading) -> TextRule:
    """Take one of the field's options, exactly (FI-5)."""
    options = {option: option for option in map(trimmed, field.options)}
    refusal = Refusal(ValueReason.UNKNOWN_OPTION, f"one of: {', '.join(options)}" if options else "no option exists")
    return lambda text: options.get(text, refusal)


def _truth(_: ContactField, __: Reading) -> TextRule:
    """Take a word for yes or no."""
    refusal = Refusal(ValueReason.INVALID_VALUE, f"one of: {', '.join(CHECKBOX_WORDS)}")
    return lambda text: CHECKBOX_WORDS.get(text[: _LONGEST_WORD + 1].lower(), refusal)


def _postal_code(_: ContactField, __: Reading) -> TextRule:
    """Take what looks like a postal code anywhere in the world; whether it exists nobody asks."""
    refusal = Refusal(ValueReason.INVALID_VALUE, "3 to 10 letters (A to Z), digits, spaces or hyphens")
    return lambda text: text if _POSTAL_CODE.fullmatch(text) else refusal


def _email(_: ContactField, reading: Reading) -> TextRule:
    """Take an address as it was entered; its key is for comparing, not for keeping in a field (ID-3)."""

    def judged(text: str) -> str | Refusal:
        address = reading.parsers.email(text)
        return address.text if isinstance(address, EmailAddress) else address

    return judged


def _phone(_: ContactField, reading: Reading) -> TextRule:
    """Ask for a number; one that is certain is its own E.164, as every parser says too (FI-7)."""
    parse, region, is_certain = reading.parsers.phone, reading.region, _CERTAIN_PHONE.fullmatch
    return lambda text: text if is_certain(text) else parse(text, region)


def _date(_: ContactField, reading: Reading) -> TextRule:
    return lambda text: reading.parsers.date(text, reading.locale)


def _country(_: ContactField, reading: Reading) -> TextRule:
    return reading.parsers.country


RULES: Mapping[FieldType, Callable[[ContactField, Reading], TextRule]] = {
    FieldType.SHORT_TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.SELECT: _option,
    FieldType.CHECKBOX: _truth,
    FieldType.FILE: _text,
    FieldType.PHONE: _phone,
    FieldType.DATE: _date,
    FieldType.EMAIL: _email,
    FieldType.CUSTOMER_ID: _text,
    FieldType.POSTAL_CODE: _postal_code,
    FieldType.COUNTRY: _country,
}
"""What each type of field does with a text (FI-1, FI-2, FI-6)."""


class DateOrder(Enum):
    """Which of two numbers before the year is the month."""

    DAY_FIRST = "29.2.2024"
    MONTH_FIRST = "2/29/2024"


DATE_ORDERS: Mapping[str, DateOrder] = {
    "cs": DateOrder.DAY_FIRST,
    "da": DateOrder.DAY_FIRST,
    "de": DateOrder.DAY_FIRST,
    "es": DateOrder.DAY_FIRST,
    "fi": DateOrder.DAY_FIRST,
    "fr": DateOrder.DAY_FIRST,
    "it": DateOrder.DAY_FIRST,
    "nb": DateOrder.DAY_FIRST,
    "nl": DateOrder.DAY_FIRST,
    "pl": DateOrder.DAY_FIRST,
    "pt": DateOrder.DAY_FIRST,
}
"""Languages that write their dates in one order wherever they are spoken, but for the territories of the next table."""

LOCAL_DATE_ORDERS: Mapping[str, DateOrder | None] = {
    "en": DateOrder.MONTH_FIRST,
    "en_US": DateOrder.MONTH_FIRST,
    "en_AU": DateOrder.DAY_FIRST,
    "en_GB": DateOrder.DAY_FIRST,
    "en_IE": DateOrder.DAY_FIRST,
    "en_IN": DateOrder.DAY_FIRST,
    "en_NZ": DateOrder.DAY_FIRST,
    "es_PA": None,  # here and below more than one order is in use
    "es_PR": None,
    "fr_CA": None,
}
"""The order of one locale; any other English one has none, since half of them differ from `en` (FI-6: no guessing)."""

_ISO_DATE = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_LOCAL_DATE = re.compile(r"([0-9]{1,2})([./\-])([0-9]{1,2})\2([0-9]{4})")


def date_order(locale: str) -> DateOrder | None:
    """Tell in which order a locale writes day and month; None where only ISO 8601 is sure.

    >>> date_order("de-AT"), date_order("en_GB"), date_order("en"), date_order("ja")
    (<DateOrder.DAY_FIRST: '29.2.2024'>, <DateOrder.DAY_FIRST: '29.2.2024'>, <DateOrder.MONTH_FIRST: '2/29/2024'>, None)
    """
    language, _, territory = locale.replace("-", "_").partition("_")
    language, territory = language.lower(), territory.upper()
    exact = f"{language}_{territory}" if territory else language
    return LOCAL_DATE_ORDERS.get(exact, DATE_ORDERS.get(language))


CERTAIN_PHONES: Mapping[str, str] = {
    "31": r"6[1-58]\d{7}",
    "33": r"6[0-24-8]\d{7}",
    "41": r"7[5-9]\d{7}",
    "43": r"6(?:50|60|64|76|80|99)\d{7}",
    "44": r"7[1-3]\d{8}",
    "49": r"15[12579]\d{8}|16[023]\d{7,8}|17\d{8}|176\d{8}",
}
"""Mobile numbers by calling code whose whole range is in use, so that no plan of numbers is needed to know them valid."""

_CERTAIN_PHONE = re.compile("|".join(rf"\+{code}(?:{numbers})" for code, numbers in CERTAIN_PHONES.items()), re.ASCII)
_INTERNATIONAL_PHONE = re.compile(r"\+[0-9]+(?:[ .\-/][0-9]+)*+")
_LONGEST_PHONE = 40
_NO_DIGIT_NOR_PLUS = {ord(mark): "" for mark in " .-/"}

_ISO_3166_1 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

COUNTRY_CODES = frozenset(_ISO_3166_1.split())
"""The officially assigned codes of ISO 3166-1 alpha-2 (FI-1)."""

_CODE_LENGTH = 2


@dataclass(frozen=True, slots=True)
class StrictParsers:
    """The parsers of the bare core: what can be known without any library, and nothing by guessing (FI-7).

    Dates are complete. Of addresses plain ASCII is, of countries the codes are; of phones only numbers in
    international form from ranges that are all in use.

    >>> StrictParsers().phone("+49 151 23456789", "DE"), StrictParsers().country("de")
    ('+4915123456789', 'DE')
    >>> StrictParsers().phone("0151 23456789", "DE").hint
    'to judge any other the extra doocore[validation] is needed'
    """

    def email(self, text: str) -> EmailAddress | Refusal:
        """Judge an address in plain ASCII (ID-4)."""
        return judge_address(text)

    def phone(self, text: str, region: str) -> str | Refusal:  # noqa: ARG002, national forms take a library
        """Take a mobile number in international form whose range is in use."""
        if len(text) <= _LONGEST_PHONE and _INTERNATIONAL_PHONE.fullmatch(text):
            number = text.translate(_NO_DIGIT_NOR_PLUS)
            if _CERTAIN_PHONE.fullmatch(number):
                return number
        return _NO_CERTAIN_PHONE

    def date(self, text: str, locale: str) -> str | Refusal:
        """Take ISO 8601, or day, month and year in the order of *locale*; nothing else and no time of day (FI-6)."""
        if day := _iso_date(text):
            return day
        order = date_order(locale)
        return _local_date(text, order) or _NO_DATE[order]

    def country(self, text: str) -> str | Refusal:
        """Take a code of ISO 3166-1 alpha-2, in any case."""
        # Only then: outside ASCII `ß` would become SS, South Sudan.
        if len(text) == _CODE_LENGTH and text.isascii() and text.upper() in COUNTRY_CODES:
            return text.upper()
        return _NO_COUNTRY


_NO_CERTAIN_PHONE = Refusal(
    ValueReason.INVALID_VALUE,
    "a mobile number such as +4915123456789",
    f"to judge any other the extra {VALIDATION_EXTRA} is needed",
)
_NO_COUNTRY = Refusal(
    ValueReason.INVALID_VALUE,
    "a country code such as DE",
    f"to know countries by name the extra {VALIDATION_EXTRA} is needed",
)
_NO_DATE: Mapping[DateOrder | None, Refusal] = {
    None: Refusal(ValueReason.INVALID_VALUE, "a date such as 2024-02-29"),
    DateOrder.DAY_FIRST: Refusal(ValueReason.INVALID_VALUE, "a date such as 2024-02-29 or 29.2.2024"),
    DateOrder.MONTH_FIRST: Refusal(ValueReason.INVALID_VALUE, "a date such as 2024-02-29 or 2/29/2024"),
}


def _iso_date(text: str) -> str | None:
    found = _ISO_DATE.fullmatch(text)
    return _existing(found[1], found[3], found[4]) if found else None


def _local_date(text: str, order: DateOrder | None) -> str | None:
    found = _LOCAL_DATE.fullmatch(text)
    if found is None or order is None:
        return None
    day, month = (found[1], found[3]) if order is DateOrder.DAY_FIRST else (found[3], found[1])
    return _existing(found[4], month, day)


def _existing(year: str, month: str, day: str) -> str | None:
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
