"""A batch job: import every list of a folder, and leave a report of each.

    python examples/batch_import.py INBOX REPORTS contacts.db

For every `INBOX/*.csv` there is then a file of the rows that were not processed, if there are any, and one
`summary.json` for all. The exit status is 0 when every row was processed, 1 when some wait to be corrected, 2 when a
file could not be read at all; the other files are imported all the same. Run it as often as you like: what is there
already is matched, not doubled.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from doocore import ContactCenter, ImportFileError, ImportOptions, ImportReport, RowOutcome
from doocore_adapters.cattrs import to_plain
from doocore_adapters.csv_files import CsvFile, write_unprocessed
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers

LAYOUTS: Mapping[str, Mapping[str, str | None]] = {
    "crm-*": {"Kundennr.": "customer_id", "Name": "last_name", "Firma 1": "company", "Bemerkung": "comment"},
    "google-*": {"E-mail 1 - Value": "email", "Phone 1 - Value": "phone", "Organization Name": "company"},
    "outlook*": {"Title": "salutation", "Business City": "city", "Business Phone": "phone"},
    "ticketing-*": {
        "Attendee email": "email",
        "Attendee given name": "first_name",
        "Attendee family name": "last_name",
    },
}
"""Where columns go that do not say it by their names, by the name of the file; the first that fits counts."""

ENCODINGS = ("utf-8", "iso-8859-1")
"""What the senders use. Every file could be read as the last of them, so it is the last to be tried."""


@dataclass(frozen=True, slots=True)
class Done:
    """One file: what became of its rows, or why it could not be read."""

    file: Path
    report: ImportReport | None = None
    problem: str = ""

    @property
    def unprocessed(self) -> int:
        """How many rows wait to be corrected."""
        return self.report.counts.get(RowOutcome.UNPROCESSED, 0) if self.report else 0

    @property
    def status(self) -> int:
        """What the exit status is to be, as far as this file is concerned."""
        return 2 if self.problem else min(1, self.unprocessed)

    @property
    def data(self) -> dict[str, Any]:
        """The entry in the summary."""
        return {"file": self.file.name, "problem": self.problem} if self.report is None else to_plain(self.report)

    def __str__(self) -> str:
        if self.report is None:
            return f"{self.file.name}: {self.problem}"
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in self.report.counts.items())
        return f"{self.file.name}: {counts or 'no rows'}"


def import_folder(center: ContactCenter, inbox: Path, reports: Path) -> list[Done]:
    """Import every list of *inbox*, and write into *reports* what became of them."""
    reports.mkdir(parents=True, exist_ok=True)
    done = [import_file(center, file, reports) for file in sorted(inbox.glob("*.csv"))]
    summary = json.dumps([each.data for each in done], indent=2, ensure_ascii=False)
    (reports / "summary.json").write_text(summary, encoding="utf-8")
    return done


def import_file(center: ContactCenter, file: Path, reports: Path) -> Done:
    """Import one list; one that cannot be read is no reason to leave the others."""
    mapping = next((each for pattern, each in LAYOUTS.items() if fnmatch(file.name, pattern)), {})
    options = ImportOptions(mapping=mapping, add_system_options=True, groups=("Inbox",))
    try:
        rows = readable(file)
        report = center.import_contacts(rows, options)
    except ImportFileError as error:
        return Done(file, problem=str(error))
    done = Done(file, report)
    target = reports / f"{file.stem}.unprocessed.csv"
    target.unlink(missing_ok=True)  # the report of an earlier run
    if done.unprocessed:
        with closing(center.imports.rows(report.id)) as notable:
            write_unprocessed(target, report.record.columns, notable, style=rows.style)
    return done


def readable(file: Path) -> CsvFile:
    """Open a list in the first encoding that it can be read in."""
    for encoding in ENCODINGS:
        rows = CsvFile(file, encoding=encoding)
        try:
            rows.columns()
        except ImportFileError as error:
            if error.problem != "encoding":
                raise
        else:
            break
    return rows


def main(arguments: list[str]) -> int:
    """Do the whole job, and give the exit status."""
    parser = argparse.ArgumentParser(description="Import every list of a folder.")
    parser.add_argument("inbox", type=Path)
    parser.add_argument("reports", type=Path)
    parser.add_argument("database", type=Path)
    asked = parser.parse_args(arguments)
    with closing(SqliteStore(asked.database)) as store:
        center = ContactCenter(store.organization("acme"), parsers=LibraryParsers())
        done = import_folder(center, asked.inbox, asked.reports)
    for each in done:
        print(each)
    return max((each.status for each in done), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
