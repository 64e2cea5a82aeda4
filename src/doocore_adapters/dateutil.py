"""Dates, read by the package `python-dateutil` where it does not guess (FI-6).

Its parser takes almost anything, and swaps day and month where that makes a date; of its two readers only the one for
ISO 8601 says no. The local forms of FI-6 are so narrow that the core's own reading of them is complete.
"""

import re

from dateutil.parser import isoparser

from doocore import Refusal, StrictParsers

_ISO_DATE = re.compile(r"[0-9]{4}(-?)[0-9]{2}\1[0-9]{2}")  # and neither years, nor months, nor weeks
_ISO = isoparser()


def date(text: str, locale: str) -> str | Refusal:
    """Give the ISO date; *locale* tells day first from month first, and no date is read in the other order.

    >>> date("20240229", "de"), date("29.2.2024", "de"), date("2/29/2024", "en")
    ('2024-02-29', '2024-02-29', '2024-02-29')
    >>> date("29/2/2024", "en").expected
    'a date such as 2024-02-29 or 2/29/2024'
    """
    if _ISO_DATE.fullmatch(text):
        try:
            return _ISO.parse_isodate(text).isoformat()
        except ValueError:
            pass  # a day that does not exist; the strict parsers say what was expected
    return StrictParsers().date(text, locale)
