"""The clock and the source of IDs that a contact center uses unless it is given others."""

import secrets
import threading
import time
from datetime import UTC, datetime

from doocore.model.identifiers import BookingNumber, ContactId

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread
_ID_DIGITS = 20
_NUMBER_DIGITS = 8
_CODE_DIGITS = 12
_TOKEN_DIGITS = 26
_RANDOM_BITS = 55
_PAIR_BITS = 10
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Give the present moment."""
        return datetime.now(UTC)


class RandomIds:
    """IDs of 20 digits and letters: the millisecond, then 55 random bits (ID-1).

    IDs of one source grow, also within a millisecond, so that they stand in order of creation and a store appends
    rather than scatters them. Safe to use from several threads.

    >>> source = RandomIds()
    >>> first, second = source.contact_id(), source.contact_id()
    >>> len(first), first < second, first.isalnum()
    (20, True, True)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._beginning = ""

    def contact_id(self) -> ContactId:
        """Give a new contact ID."""
        return ContactId(self.record_id())

    def record_id(self) -> str:
        """Give a new ID for any record."""
        millisecond = time.time_ns() // 1_000_000
        with self._lock:
            before = self._last
            if millisecond > before >> _RANDOM_BITS:
                self._last = millisecond << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
            else:
                self._last += 1
            if before >> _PAIR_BITS != self._last >> _PAIR_BITS:
                self._beginning = _in_base_32(self._last >> _PAIR_BITS, _ID_DIGITS - 2)
            return self._beginning + _PAIRS[self._last & 1023]

    def booking_number(self) -> BookingNumber:
        """Draw a booking number from 40 random bits (ID-7)."""
        drawn = _in_base_32(secrets.randbits(5 * _NUMBER_DIGITS), _NUMBER_DIGITS)
        return BookingNumber(f"TX-{drawn[:4]}-{drawn[4:]}")

    def token(self) -> str:
        """Draw what a link holds from 130 random bits (MA-2)."""
        return _in_base_32(secrets.randbits(5 * _TOKEN_DIGITS), _TOKEN_DIGITS)

    def code_name(self) -> str:
        """Draw the name of a code from 60 random bits (CO-1)."""
        drawn = _in_base_32(secrets.randbits(5 * _CODE_DIGITS), _CODE_DIGITS)
        return f"{drawn[:4]}-{drawn[4:8]}-{drawn[8:]}"


def _in_base_32(number: int, length: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(5 * (length - 2), -1, -_PAIR_BITS)])
