r"""Strategies of the package `hypothesis`, for testing what you build on these rules with the rules' own material.

Addresses and values come from the whole of Unicode as far as the rules accept it, so that the tests of a service meet
`J\u00fcrgen@B\u00fccher.example` before its users do. Our own property tests use them as well.

    from hypothesis import given
    from doocore_adapters.hypothesis import bookings

    @given(bookings(event_id="e1"))
    def test_every_booking_is_stored(booking): ...
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from string import ascii_letters, ascii_uppercase, digits

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from doocore import (
    Attendee,
    Booking,
    ContactField,
    FieldCatalog,
    FieldType,
    FieldValues,
    FrozenDict,
    Party,
    PaymentStatus,
    StrictParsers,
    Subscription,
)
from doocore.model.fields import CUSTOM_FIELD_TYPES, Entered, FieldValue, storable, trimmed

_AROUND = ("", "", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u3000 ")
"""What people and programs leave at the ends of a text; all of it is trimmed."""

_REPLACED = "".join(each for each in map(chr, (*range(0x80), 0xFFFE, 0xFFFF)) if storable(each) != each)
"""The characters that no value keeps."""

_MORE_THAN_ASCII = "äöüßéèêçñøåæœłžščαβγδσжчщю例子テスト한국"
_LABEL_LETTERS = "abcdefghijklmnopqrstuvwxyz" + _MORE_THAN_ASCII  # no script that is written from right to left
_TOP_LEVEL = ("de", "org", "com", "example", "museum", "xn--p1ai", "local", "test", "invalid")
_UNSEEN_LETTERS = "\u115f\u1160\u3164\uffa0"
_KELVIN = "\u212a"  # lower-cases to k
_TELLING = ("Mr.", "O'Neill", "van der Berg", "Müller-Lüdenscheidt", "Łukasz", "İnci", "Ὀδυσσεύς", "山田")


def texts(longest: int = 130) -> SearchStrategy[str]:
    """Give texts as a field keeps them: trimmed, not blank, at most *longest* characters, nothing that no store holds."""
    characters = st.characters(exclude_categories=["Cs"], exclude_characters=_REPLACED)
    return st.text(characters, min_size=1, max_size=longest).map(trimmed).filter(bool)


def names() -> SearchStrategy[str]:
    """Give names of people and firms, some of them known to cause trouble."""
    letters = st.characters(categories=("Lu", "Ll", "Lo"), exclude_characters=_UNSEEN_LETTERS)
    words = st.lists(st.text(letters, min_size=1, max_size=10), min_size=1, max_size=3)
    return st.one_of(st.sampled_from(_TELLING), words.map(" ".join))


def plain_addresses() -> SearchStrategy[str]:
    """Give addresses in plain ASCII that every judge accepts."""
    return _addresses(ascii_letters + digits + "_!#$%&'*+-/=?^`{|}~", ascii_letters + digits)


def addresses() -> SearchStrategy[str]:
    """Give addresses that are valid with the extra `validation` (ID-4), in plain ASCII and beyond."""
    letters = st.characters(categories=("Lu", "Ll", "Lo", "Nd"), exclude_characters=_UNSEEN_LETTERS + _KELVIN)
    return st.one_of(plain_addresses(), _addresses(letters, _LABEL_LETTERS))


def _addresses(in_atoms: SearchStrategy[str] | str, in_labels: str) -> SearchStrategy[str]:
    local = st.lists(st.text(in_atoms, min_size=1, max_size=7), min_size=1, max_size=2).map(".".join)
    label = st.lists(st.text(in_labels, min_size=1, max_size=7), min_size=1, max_size=2).map("-".join)
    host = st.lists(label, min_size=1, max_size=3).map(".".join)
    return st.builds("{}@{}.{}".format, local, host, st.sampled_from(_TOP_LEVEL))


def same_addresses(address: str) -> SearchStrategy[str]:
    """Give other ways to write a valid address; all have its match key (ID-3), some are too long to be valid (ID-4)."""
    local, _, domain = address.partition("@")
    labels = [_one_of(label, _wide(label), _a_label(label)) for label in domain.split(".")]
    written = st.tuples(_recased(local), *(labels_of.flatmap(_recased) for labels_of in labels))
    rewritten = written.map(lambda parts: f"{parts[0]}@{'.'.join(parts[1:])}")
    return st.builds(
        lambda text, form, before, after: f"{before}{unicodedata.normalize(form, text)}{after}",
        rewritten,
        st.sampled_from(("NFC", "NFD")),
        *(st.sampled_from(_AROUND),) * 2,
    )


def _one_of(*texts: str) -> SearchStrategy[str]:
    return st.sampled_from(list(dict.fromkeys(texts)))


def _recased(text: str) -> SearchStrategy[str]:
    """Change the case of some letters, where that can be taken back."""
    others = [_other_case(letter) for letter in text]
    masks = st.integers(0, 2 ** len(text) - 1)
    return masks.map(lambda mask: "".join(others[at] if mask >> at & 1 else text[at] for at in range(len(text))))


def _other_case(letter: str) -> str:
    other = letter.swapcase()
    is_reversible = len(other) == 1 and letter.isascii() == other.isascii() and other.lower() == letter.lower()
    return other if is_reversible else letter


def _wide(label: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if each.isascii() else each for each in label)


def _a_label(label: str) -> str:
    lowered = label.lower()
    return label if label.isascii() else "xn--" + lowered.encode("punycode").decode("ascii")


def invalid_addresses() -> SearchStrategy[str]:
    """Give texts that are no valid address (ID-4), most of them nearly one."""
    spoiled = st.builds(lambda spoil, address: spoil(address), st.sampled_from(list(SPOILED.values())), addresses())
    return st.one_of(spoiled, texts().filter(lambda text: "@" not in text))


SPOILED: Mapping[str, Callable[[str], str]] = {
    "with a name": "Ada Lovelace <{}>".format,
    "with a scheme": "mailto:{}".format,
    "two of them": "{0}, {0}".format,
    "without an @": lambda address: address.replace("@", ""),
    "with two @": lambda address: address.replace("@", "@@"),
    "with a wide @": lambda address: address.replace("@", "\uff20"),
    "with a blank": lambda address: address.replace("@", " @"),
    "with something invisible": lambda address: address.replace("@", "\u200b@"),
    "with an invisible letter": lambda address: address.replace("@", "\u3164@"),
    "with another dot": lambda address: address.replace(".", "\u3002"),
    "with a dot at the end": "{}.".format,
    "with two dots": lambda address: address.replace("@", "@a.."),
    "quoted": '"a b"{}'.format,
    "without a domain": lambda address: address.partition("@")[0] + "@",
    "without a top-level domain": lambda address: address.partition("@")[0] + "@localhost",
    "with an address literal": lambda address: address.partition("@")[0] + "@[127.0.0.1]",
    "too long before the @": lambda address: "a" * 64 + address,
    "too long a label": lambda address: address.replace("@", "@" + "a" * 64),
    "too long": lambda address: address + ".de" * 100,
}
"""How to make a valid address invalid."""


def phones() -> SearchStrategy[str]:
    """Give mobile numbers as E.164 that every judge accepts."""
    german = st.from_regex(r"\+49(15[12579][0-9]{8}|17[0-9]{8})", fullmatch=True)
    neighboring = st.from_regex(r"\+(4366[04][0-9]{7}|417[5-9][0-9]{7}|316[1-5][0-9]{7})", fullmatch=True)
    return st.one_of(german, neighboring)


def countries() -> SearchStrategy[str]:
    """Give codes of ISO 3166-1 alpha-2."""
    pairs = (first + second for first in ascii_uppercase for second in ascii_uppercase)
    return st.sampled_from([pair for pair in pairs if StrictParsers().country(pair) == pair])


_LONGEST = {FieldType.SHORT_TEXT: 130, FieldType.CUSTOMER_ID: 255, FieldType.LONG_TEXT: 1000}


def _texts_of(field: ContactField) -> SearchStrategy[str]:
    return texts(field.max_length or _LONGEST[field.type])


def _options_of(field: ContactField) -> SearchStrategy[str]:
    return st.sampled_from(field.options) if field.options else st.nothing()


def _links_of(_: ContactField) -> SearchStrategy[str]:
    return st.uuids().map("https://files.example.org/{}.pdf".format)


VALUES: Mapping[FieldType, Callable[[ContactField], SearchStrategy[FieldValue]]] = {
    FieldType.SHORT_TEXT: _texts_of,
    FieldType.LONG_TEXT: _texts_of,
    FieldType.SELECT: _options_of,
    FieldType.CHECKBOX: lambda _: st.booleans(),
    FieldType.FILE: _links_of,
    FieldType.PHONE: lambda _: phones(),
    FieldType.DATE: lambda _: st.dates().map(date.isoformat),
    FieldType.EMAIL: lambda _: addresses(),
    FieldType.CUSTOMER_ID: _texts_of,
    FieldType.POSTAL_CODE: lambda _: st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 \-]{1,8}[A-Za-z0-9]", fullmatch=True),
    FieldType.COUNTRY: lambda _: countries(),
}
"""The normalized values of each type of field."""


def values(field: ContactField) -> SearchStrategy[FieldValue]:
    """Give normalized values that *field* can hold (FI-6)."""
    return VALUES[field.type](field)


def entered_values(field: ContactField, *, locale: str = "de") -> SearchStrategy[Entered]:
    """Give what people enter and *field* accepts: its values, written in the ways that FI-6 knows, blanks around."""
    spelled = values(field).flatmap(lambda value: _SPELLED.get(field.type, _as_it_is)(value, locale))
    return st.one_of(
        values(field), st.builds("{}{}{}".format, st.sampled_from(_AROUND), spelled, st.sampled_from(_AROUND))
    )


def _as_it_is(value: FieldValue, _: str) -> SearchStrategy[FieldValue]:
    return st.just(value)


def _word(value: FieldValue, _: str) -> SearchStrategy[str]:
    words = ("1", "true", "yes", "ja", "x") if value else ("0", "false", "no", "nein")
    return st.sampled_from(words).flatmap(_recased)


def _spaced(value: FieldValue, _: str) -> SearchStrategy[str]:
    phone = str(value)
    return st.builds(
        lambda end, mark: f"{phone[:end]}{mark}{phone[end:]}", st.integers(3, len(phone) - 1), st.sampled_from(" -/.")
    )


def _local_date(value: FieldValue, locale: str) -> SearchStrategy[str]:
    year, month, day = str(value).split("-")
    first, second = (month, day) if locale in {"en", "en_US"} else (day, month)
    both = st.tuples(_one_of(first, str(int(first))), _one_of(second, str(int(second))))
    local = st.builds(lambda numbers, mark: mark.join((*numbers, year)), both, st.sampled_from("./-"))
    return st.one_of(local, st.just(f"{year}{month}{day}"))


_SPELLED: Mapping[FieldType, Callable[[FieldValue, str], SearchStrategy[FieldValue]]] = {
    FieldType.CHECKBOX: _word,
    FieldType.PHONE: _spaced,
    FieldType.DATE: _local_date,
    FieldType.COUNTRY: lambda value, _: _recased(str(value)),
}


def contact_fields() -> SearchStrategy[ContactField]:
    """Give custom fields of every type; a select has options."""
    return st.builds(
        lambda number, type_, options: ContactField(
            key=f"f{number}", type=type_, name=f"Field {number}", options=options if type_ is FieldType.SELECT else ()
        ),
        st.integers(1, 1000),
        st.sampled_from(CUSTOM_FIELD_TYPES),
        st.lists(names(), min_size=1, max_size=4, unique=True).map(tuple),
    )


def catalogs(*, locale: str = "de") -> SearchStrategy[FieldCatalog]:
    """Give an organization's fields: the system's, and some of its own."""
    own = st.lists(contact_fields(), max_size=4, unique_by=lambda field: field.key)
    return own.map(lambda fields: FieldCatalog.of(locale, fields))


def field_values(catalog: FieldCatalog) -> SearchStrategy[FieldValues]:
    """Give a contact's normalized values; each field is there or blank."""
    fields = {field.key: values(field) for field in catalog.fields}
    return st.fixed_dictionaries({}, optional=fields).map(FrozenDict)


def emails() -> SearchStrategy[str | None]:
    """Give what stands in a booking's place for an address: mostly a valid one, and nothing, blanks, or an invalid one."""
    return st.one_of(addresses(), addresses(), st.sampled_from((None, "", " \u00a0")), invalid_addresses())


def parties(
    *, catalog: FieldCatalog | None = None, email: SearchStrategy[str | None] | None = None
) -> SearchStrategy[Party]:
    """Give bookers, with answers for the fields of *catalog* (default: the system's)."""
    return st.builds(Party, **_party(catalog, email))


def attendees(
    *, catalog: FieldCatalog | None = None, email: SearchStrategy[str | None] | None = None
) -> SearchStrategy[Attendee]:
    """Give attendees, with ticket and price."""
    prices = st.decimals(0, 1000, places=2, allow_nan=False, allow_infinity=False)
    return st.builds(Attendee, **_party(catalog, email), ticket=st.sampled_from(("", "Standard", "VIP")), price=prices)


def _party(
    catalog: FieldCatalog | None, email: SearchStrategy[str | None] | None
) -> Mapping[str, SearchStrategy[object]]:
    fields = (catalog or FieldCatalog.of("de", ())).fields
    answers = {field.key: st.one_of(st.none(), entered_values(field)) for field in fields if field.key != "email"}
    return {
        "email": email or emails(),
        "values": st.fixed_dictionaries({}, optional=answers).map(FrozenDict),
        "subscribes": st.frozensets(st.sampled_from(Subscription)),
    }


def bookings(
    *,
    event_id: str = "e1",
    catalog: FieldCatalog | None = None,
    email: SearchStrategy[str | None] | None = None,
) -> SearchStrategy[Booking]:
    """Give bookings for one event, by one booker for up to four attendees; hand over *email* to make addresses meet."""
    numbers = st.from_regex(r"TX-[A-Z0-9]{4}-[A-Z0-9]{4}", fullmatch=True)
    return st.builds(
        Booking,
        event_id=st.just(event_id),
        booker=parties(catalog=catalog, email=email),
        attendees=st.lists(attendees(catalog=catalog, email=email), max_size=4).map(tuple),
        number=st.one_of(st.none(), numbers),
        payment=st.sampled_from(PaymentStatus),
    )
