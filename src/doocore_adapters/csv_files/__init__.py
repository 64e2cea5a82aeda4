r"""Lists of contacts as CSV files: read for an import, written for an export or a report (IM-1, IM-10, IM-18, EX-1, EX-2).

The `csv` module of the standard library does the parsing. This package sees to what it lets pass: bytes that are no
text, a quote that is never closed, cells that a spreadsheet would run as a formula, a file that changes meanwhile.

Before it gives the first column or row, `CsvFile` goes through the whole file once, so that the first of these errors
wins wherever in the file it stands: `not_text`, `delimiter`, `encoding`, `unclosed_quote`, `header`.

Where RFC 4180 is silent, what `csv` does is kept: text behind a closing quote belongs to the cell (`"ab"c` is `abc`),
and a quote that does not begin its cell is itself (`5" pipe`, or `"a"` behind a blank).

>>> file = CsvFile(b"E-Mail;Vorname\r\nada@x.de;Ada\r\n\r\nbob@x.de;'=Bob")
>>> file.columns()
('E-Mail', 'Vorname')
>>> list(file.rows())
[(2, ['ada@x.de', 'Ada']), (4, ['bob@x.de', '=Bob'])]
"""

from doocore.model.contact_import import LINE_COLUMN, REASONS_COLUMN
from doocore_adapters.csv_files.reading import CHUNK, ROW_LIMIT, CsvFile
from doocore_adapters.csv_files.styles import (
    DELIMITERS,
    ENCODINGS,
    FORMULA_STARTS,
    PLAIN,
    CsvStyle,
    guarded,
    unguarded,
)
from doocore_adapters.csv_files.writing import csv_writing, write_csv, write_unprocessed

__all__ = [
    "CHUNK",
    "DELIMITERS",
    "ENCODINGS",
    "FORMULA_STARTS",
    "LINE_COLUMN",
    "PLAIN",
    "REASONS_COLUMN",
    "ROW_LIMIT",
    "CsvFile",
    "CsvStyle",
    "csv_writing",
    "guarded",
    "unguarded",
    "write_csv",
    "write_unprocessed",
]
