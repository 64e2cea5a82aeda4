"""The clock and the source of IDs that a contact center uses unless it is given others."""

import secrets
import threading
import time
from datetime import UTC, datetime

from doocore.model.identifiers import BookingNumber, ContactId

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread
_TIME_DIGITS = 9
_RANDOM_DIGITS = 11
_NUMBER_DIGITS = 8


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

    def contact_id(self) -> ContactId:
        """Give a new contact ID."""
        return ContactId(self.record_id())

    def record_id(self) -> str:
        """Give a new ID for any record."""
        millisecond = time.time_ns() // 1_000_000
        with self._lock:
            if millisecond > self._last >> 5 * _RANDOM_DIGITS:
                self._last = millisecond << 5 * _RANDOM_DIGITS | secrets.randbits(5 * _RANDOM_DIGITS)
            else:
                self._last += 1
            number = self._last
        return _in_base_32(number, _TIME_DIGITS + _RANDOM_DIGITS)

    def booking_number(self) -> BookingNumber:
        """Draw a booking number from 40 random bits (ID-7)."""
        drawn = _in_base_32(secrets.randbits(5 * _NUMBER_DIGITS), _NUMBER_DIGITS)
        return BookingNumber(f"TX-{drawn[:4]}-{drawn[4:]}")


_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)


def _in_base_32(number: int, length: int) -> str:
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in range(5 * (length - 2), -1, -10)]
    return "".join(pairs)
