"""The words by which a contact is found: address, customer ID, contact ID; and the booking number."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import NamedTuple, NewType

from doocore.model.word import Word

ContactId = NewType("ContactId", str)
"""The system's own identifier of a contact: digits and letters, never given twice (ID-1)."""

CustomerId = NewType("CustomerId", str)
"""The organizer's identifier of a contact: opaque, trimmed, at most 255 characters (ID-5)."""

BookingNumber = NewType("BookingNumber", str)
"""`TX-XXXX-XXXX`, made by `parse_booking_number` alone (ID-7)."""

_NUMBER = re.compile(r"TX-?([A-Z0-9]{4})-?([A-Z0-9]{4})", re.ASCII)
_LONGEST_NUMBER = 64


class IdentifierKind(Word):
    """What kind of identifier a key is; the first three identify contacts, all can be locked."""

    EMAIL = "email"
    CUSTOMER_ID = "customer_id"
    CONTACT_ID = "contact_id"
    BOOKING_NUMBER = "booking_number"
    GROUP_NAME = "group_name"
    FIELD_NAME = "field_name"
    CODE = "code"
    OUTBOX = "outbox"


class IdentifierKey(NamedTuple):
    """A typed key: what is looked up, and what a transaction locks.

    `key` is compared bytewise; for an address it is the match key (ID-3). A tuple, as imports make and look up
    several of them for each row.
    """

    kind: IdentifierKind
    key: str


def identifier_keys(kind: IdentifierKind, keys: Iterable[str]) -> Iterator[IdentifierKey]:
    """Make many keys of one kind, without a call for each as the class would need.

    >>> list(identifier_keys(IdentifierKind.CUSTOMER_ID, ["K-1"])) == [IdentifierKey(IdentifierKind.CUSTOMER_ID, "K-1")]
    True
    """
    return map(_identifier_key, zip(repeat(kind), keys, strict=False))


_identifier_key: Callable[[tuple[IdentifierKind, str]], IdentifierKey] = partial(tuple.__new__, IdentifierKey)


class EmailAddress(NamedTuple):
    """An address as entered (trimmed), and the match key by which it is compared (ID-3)."""

    text: str
    key: str


def parse_booking_number(text: str) -> BookingNumber | None:
    """Read a booking number: case and spaces do not count (ID-7); None if it is not one.

    >>> parse_booking_number(" tx-ab12 - cd34")
    'TX-AB12-CD34'
    >>> parse_booking_number("AB12-CD34") is None
    True
    """
    if len(text) > _LONGEST_NUMBER:
        return None
    found = _NUMBER.fullmatch("".join(text.split()).upper())
    return BookingNumber(f"TX-{found[1]}-{found[2]}") if found else None
