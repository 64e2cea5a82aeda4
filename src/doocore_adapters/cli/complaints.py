"""From an exception to one readable line: what went wrong, and what to do about it.

Only mistakes that a person can make or meet are known here. Anything else is a bug, and shows as one.
"""

import io
import sqlite3
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from doocore import DooCoreError, ExportFileError, ImportFileError, NotFoundError
from doocore_adapters.cattrs import Plain, to_plain


class CommandError(Exception):
    """Something that only the command line can get wrong; `code` is the word for machines."""

    def __init__(self, code: str, message: str, **details: Plain) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details


@dataclass(frozen=True, slots=True)
class Complaint:
    """What went wrong: a word for machines, a sentence for people, and what else is known of it."""

    code: str
    message: str
    details: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def data(self) -> Plain:
        """The complaint for machines."""
        return {"error": self.code, "message": self.message, **self.details}


ADVICE: Mapping[str, str] = {
    "not_found:event": "`doocore events` lists them, `doocore events create` makes one",
    "not_found:contact": "`doocore contacts TEXT` looks for some",
    "not_found:field": '`doocore fields` lists them; --map "COLUMN=create:NAME:TYPE" makes one',
    "not_found:booking": "`doocore bookings` lists them",
    "not_found:attendee": "`doocore booking NUMBER` lists them",
    "not_found:code": "`doocore codes` lists them",
    "not_found:group": "`doocore groups` lists them",
    "not_found:invitation list": "`doocore invitation-list EVENT --add-group NAME` makes it",
    "not_found:message": "`doocore messages` lists them",
    "not_found:mail": "`doocore outbox` lists those that have failed or are in doubt",
    "event_not_live:draft": "`doocore events live ID` opens it",
    "import_file:unmapped_identifier": '--map "COLUMN=FIELD" says which column it is',
    "import_file:duplicate_column": '--map "COLUMN=" leaves one of them out, unless they have one name: then rename it',
    "import_file:header": "the first line must have the names of the columns; `doocore fields` lists those that are known",
    "export_file:unencodable": "--encoding utf-8 has it, --replace-unencodable writes ? for it",
    "booking_conflict": "give another booking another number",
    "other_templates": "--templates, or DOOCORE_TEMPLATES, says what messages are written for",
    "plan_required": "`doocore settings set --plan` changes it",
}
"""What to do, by the code of an error and what it is about; most errors say it themselves."""


def complaint_about(error: Exception) -> Complaint | None:
    """Put *error* into words, or give None where it is a bug."""
    for type_, describe in _DESCRIBED:
        if isinstance(error, type_):
            return describe(error)
    return _of_the_database(error) if _is_said_by_postgres(error) else None


def _of_the_command(error: CommandError) -> Complaint:
    return Complaint(error.code, error.message, error.details)


def about_library_error(error: DooCoreError) -> Complaint:
    """Put an error of the library into words, with what to do."""
    about = {NotFoundError: "noun", ImportFileError: "problem", ExportFileError: "problem"}.get(type(error), "status")
    topic = f"{error.code}:{getattr(error, about, '')}"
    advice = ADVICE.get(topic, ADVICE.get(error.code, ""))
    message = f"{error}; {advice}" if advice else str(error)
    details = {name: to_plain(value) for name, value in vars(error).items()}
    return Complaint(error.code, message, details)


def _of_a_file(error: OSError) -> Complaint:
    code, problem = next(
        ((code, problem) for type_, code, problem in _FILE_PROBLEMS if isinstance(error, type_)), ("file", "")
    )
    if error.filename is None or not problem:
        return Complaint(code, str(error))
    return Complaint(code, problem.format(error.filename), {"file": str(error.filename)})


_FILE_PROBLEMS: tuple[tuple[type[OSError], str, str], ...] = (
    (FileNotFoundError, "file_not_found", "there is no file {}"),
    (IsADirectoryError, "file_unusable", "{} is a folder, not a file"),
    (PermissionError, "file_unusable", "{} may not be read or written by you"),
    (FileExistsError, "file_exists", "{} exists already, and is not written over; name another file"),
    (io.UnsupportedOperation, "file_unusable", ""),
)


def _of_the_database(error: Exception) -> Complaint:
    return Complaint("database", f"the database says: {' '.join(str(error).split())}")


def _is_said_by_postgres(error: Exception) -> bool:
    """Tell what a server or a connection string that will not do has caused; its package is loaded only when needed."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.Error):
        return False
    is_about_connecting = isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None
    return is_about_connecting or isinstance(error, psycopg.OperationalError | psycopg.errors.InsufficientPrivilege)


_DESCRIBED: tuple[tuple[type[Exception], Callable[..., Complaint]], ...] = (
    (CommandError, _of_the_command),
    (DooCoreError, about_library_error),
    (OSError, _of_a_file),
    (sqlite3.OperationalError, _of_the_database),
)
"""The exceptions that are somebody's mistake or mishap, the more special ones first."""
