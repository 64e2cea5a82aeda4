"""How a CSV file is written: its encoding, what stands between cells, and the guards against formulas (EX-1, EX-2)."""

import re
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")
"""What may stand between cells; detection prefers the earlier one."""

FORMULA_STARTS = "=+-@'\t\r"
"""The characters before which a leading `'` is a guard and no text (EX-2)."""

UTF_8 = "utf-8"
UTF_8_MARKED = "utf-8-sig"
ISO_8859_1 = "iso-8859-1"
WINDOWS_1252 = "windows-1252"
ENCODINGS = (UTF_8, UTF_8_MARKED, ISO_8859_1, WINDOWS_1252)
"""The encodings in which a file can be written."""

GUARD = re.compile(f"'[{re.escape(FORMULA_STARTS)}]")
_RUN_AS_FORMULA = re.compile(f"{GUARD.pattern}|[-=@\t\r]|\\+(?![0-9]+\\Z)")


def guarded(cell: str) -> str:
    """Put a `'` before what a spreadsheet would run as a formula, and before what would be taken for guarded (EX-2).

    >>> [guarded(cell) for cell in ("=1+1", "+1+1", "+4930123", "'-", "'t Hooft")]
    ["'=1+1", "'+1+1", '+4930123', "''-", "'t Hooft"]
    """
    return f"'{cell}" if _RUN_AS_FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Take the guard off again (EX-2).

    >>> [unguarded(cell) for cell in ("'=1+1", "'+1+1", "+4930123", "''-", "'t Hooft")]
    ['=1+1', '+1+1', '+4930123', "'-", "'t Hooft"]
    """
    return cell[1:] if GUARD.match(cell) else cell


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a CSV file is written; a report is written as its list was (IM-10).

    `encoding` is `utf-8`, `utf-8-sig` (with the byte order mark by which Excel knows UTF-8), `iso-8859-1`, or
    `windows-1252`, which is ISO 8859-1 with €, dashes and typographic quotation marks.
    """

    encoding: str = UTF_8
    delimiter: str = ","


PLAIN = CsvStyle()
"""What an export has unless somebody chooses otherwise (EX-1)."""
