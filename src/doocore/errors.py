"""What can go wrong, as classes a caller can catch and read.

Every error carries the objects it is about (`.field`, `.value`, `.holders`, …), inherits the builtin that fits, and
makes its sentence in `__str__`: whose fault it is, where, and what to do. Personal data appears only where the caller
gave it. Expected outcomes (an unprocessed row, an unassigned party) are values, not errors.
"""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

_WORD = re.compile(r"(?<!^)(?=[A-Z])")

MANY = 10
"""How many unknown keys an error lists."""


class DooCoreError(Exception):
    """The root of all errors of this library.

    `code` is the class name in snake case without `Error`: the word that vectors, the command and JSON answers use.

    >>> NotFoundError.code
    'not_found'
    """

    code: ClassVar[str] = "doo_core"

    def __init_subclass__(cls) -> None:
        """Derive the code from the class name, so that the two cannot drift apart."""
        cls.code = _WORD.sub("_", cls.__name__.removesuffix("Error")).lower()


class NotFoundError(DooCoreError, LookupError):
    """There is no such record in this organization (another organization's counts as unknown, PR-1).

    Where several were asked for at once, `keys` has all that do not exist, and `key` the first of them.

    >>> str(NotFoundError("contact", "c1", "c2"))
    "no contact 'c1', 'c2' in this organization"
    """

    def __init__(self, noun: str, key: str, *more: str) -> None:
        super().__init__(noun, key, *more)
        self.noun = noun
        self.key = key

    @property
    def keys(self) -> tuple[str, ...]:
        """All that do not exist."""
        return self.args[1:]

    def __str__(self) -> str:
        shown = ", ".join(map(repr, self.keys[:MANY]))
        rest = f" and {len(self.keys) - MANY} more" if len(self.keys) > MANY else ""
        return f"no {self.noun} {shown}{rest} in this organization"


class PermissionDeniedError(DooCoreError, PermissionError):
    """The actor may not do this (PR-2)."""

    def __init__(self, action: str, needs: str) -> None:
        super().__init__(action, needs)
        self.action = action
        self.needs = needs

    def __str__(self) -> str:
        return f"{self.action} needs {self.needs}"


class PlanRequiredError(DooCoreError, PermissionError):
    """The organization's plan does not contain this feature (PR-3, IM-13)."""

    def __init__(self, feature: str, needs: str) -> None:
        super().__init__(feature, needs)
        self.feature = feature
        self.needs = needs

    def __str__(self) -> str:
        return f"{self.feature} needs the plan {self.needs} or higher"


class DuplicateIdentifierError(DooCoreError, ValueError):
    """Another contact holds this e-mail address or customer ID; confirm the duplicate or use that contact (ID-5)."""

    def __init__(self, field: str, value: str, holders: Sequence[str]) -> None:
        super().__init__(field, value, tuple(holders))
        self.field = field
        self.value = value
        self.holders = tuple(holders)

    def __str__(self) -> str:
        held_by = ", ".join(self.holders)
        return f"{self.field} {self.value!r} is held by {held_by}; confirm the duplicate if it is meant"


class DuplicateNameError(DooCoreError, ValueError):
    """A field or group of this name exists (FI-3, GR-1)."""

    def __init__(self, noun: str, name: str) -> None:
        super().__init__(noun, name)
        self.noun = noun
        self.name = name

    def __str__(self) -> str:
        return f"a {self.noun} named {self.name!r} exists already (names are compared without case)"


class InvalidNameError(DooCoreError, ValueError):
    """A name that a field or group cannot have."""

    def __init__(self, noun: str, name: str, expected: str) -> None:
        super().__init__(noun, name, expected)
        self.noun = noun
        self.name = name
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.name!r} cannot name a {self.noun}: {self.expected}"


class InvalidFieldError(DooCoreError, ValueError):
    """A field that cannot be made so: options without a select field, or what a system field does not allow (FI-1)."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"field {self.field!r}: {self.problem}"


class OptedOutError(DooCoreError, ValueError):
    """The person unsubscribed; only that person, or you with confirmation, can undo it (SU-4)."""

    def __init__(self, contact_id: str, subscription: str) -> None:
        super().__init__(contact_id, subscription)
        self.contact_id = contact_id
        self.subscription = subscription

    def __str__(self) -> str:
        return f"the person behind {self.contact_id} unsubscribed from {self.subscription}; confirm to undo that"


class InvalidFieldValueError(DooCoreError, ValueError):
    """A value that the field cannot hold (FI-6); `reason` is the word for it, `expected` says what would do."""

    def __init__(self, field: str, value: object, reason: str, expected: str) -> None:
        super().__init__(field, value, reason, expected)
        self.field = field
        self.value = value
        self.reason = reason
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.field}: {shortened(self.value)} is refused ({self.reason}): expected {self.expected}"


class InvalidBookingError(DooCoreError, ValueError):
    """A booking that cannot be read; `path` says where (`attendees[1].values.phone`)."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"booking, at {self.path}: {self.problem}"


class InvalidCodeError(DooCoreError, ValueError):
    """A code that cannot be made so; `part` says what of it is meant (`limit`, `valid_until`) (CO-1)."""

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(part, problem)
        self.part = part
        self.problem = problem

    def __str__(self) -> str:
        return f"code, at {self.part}: {self.problem}"


class CodeNotRedeemableError(DooCoreError, ValueError):
    """A code that cannot be redeemed, or not in this booking (CO-2).

    `reason` is a word of `CodeObstacle`, `status` one of `CodeStatus`.
    """

    _SENTENCES: ClassVar[Mapping[str, str]] = {
        "withdrawn": "it was withdrawn",
        "redeemed": "all its uses are taken",
        "expired": "its last moment is over",
        "not_yet_valid": "it is not valid yet",
        "other_event": "it is for another event",
    }

    def __init__(self, name: str, reason: str, status: str) -> None:
        super().__init__(name, reason, status)
        self.name = name
        self.reason = reason
        self.status = status

    def __str__(self) -> str:
        return f"code {self.name!r} cannot be redeemed: {self._SENTENCES.get(self.reason, self.reason)}"


class BookingConflictError(DooCoreError, ValueError):
    """The same booking number was delivered before with another content (AS-13)."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"booking {self.number} was delivered before with another content; edit it instead"


class AlreadyCheckedInError(DooCoreError, ValueError):
    """This attendee came in before (BO-2); `attendee` counts from 1."""

    def __init__(self, number: str, attendee: int) -> None:
        super().__init__(number, attendee)
        self.number = number
        self.attendee = attendee

    def __str__(self) -> str:
        return f"attendee {self.attendee} of booking {self.number} is checked in already"


class TicketCancelledError(DooCoreError, ValueError):
    """This attendee's ticket, or the whole booking, is cancelled (BO-2); `attendee` counts from 1."""

    def __init__(self, number: str, attendee: int) -> None:
        super().__init__(number, attendee)
        self.number = number
        self.attendee = attendee

    def __str__(self) -> str:
        return f"attendee {self.attendee} of booking {self.number} has a cancelled ticket"


class StaleVersionError(DooCoreError, RuntimeError):
    """Somebody else changed the record meanwhile: read it again and decide anew."""

    def __init__(self, noun: str, key: str) -> None:
        super().__init__(noun, key)
        self.noun = noun
        self.key = key

    def __str__(self) -> str:
        return f"{self.noun} {self.key} was changed meanwhile; read it again"


class TryAgainError(DooCoreError, RuntimeError):
    """The store broke off a transaction that stood in the way of another, and wrote nothing of it: do it again.

    Every call does so by itself, several times; it comes out where that was in vain.
    """

    def __str__(self) -> str:
        return "others stood in the way again and again, and nothing was written; try again"


class EventNotLiveError(DooCoreError, ValueError):
    """The event takes no such booking now: it is a draft, cancelled or over (AS-15); a draft has no invitations (IN-1)."""

    def __init__(self, event_id: str, status: str, lacks: str = "takes no bookings") -> None:
        super().__init__(event_id, status, lacks)
        self.event_id = event_id
        self.status = status

    def __str__(self) -> str:
        return f"event {self.event_id} {self.args[2]}: it is {self.status}"


class TooManyGroupsError(DooCoreError, ValueError):
    """An invitation list has only so many groups (IN-1): unite some of them, or leave some out."""

    def __init__(self, event_id: str, groups: int, most: int) -> None:
        super().__init__(event_id, groups, most)
        self.event_id = event_id
        self.groups = groups
        self.most = most

    def __str__(self) -> str:
        return f"the invitation list of event {self.event_id} would have {self.groups} groups, and can have {self.most}"


class ImportFileError(DooCoreError, ValueError):
    """A file that cannot be imported at all; nothing was written (IM-1).

    `problem` is one of `not_text`, `not_xlsx`, `delimiter`, `encoding`, `unclosed_quote`, `header`,
    `duplicate_column`, `unmapped_identifier`; `line`, `column` (its name or number) and `byte` say where, as far as that makes sense.
    """

    def __init__(
        self,
        problem: str,
        detail: str,
        *,
        line: int | None = None,
        column: str | int | None = None,
        byte: int | None = None,
    ) -> None:
        super().__init__(problem, detail, line, column, byte)
        self.problem = problem
        self.detail = detail
        self.line = line
        self.column = column
        self.byte = byte

    def __str__(self) -> str:
        places = {"line": self.line, "column": self.column, "byte": self.byte}
        where = ", ".join(f"{name} {place}" for name, place in places.items() if place is not None)
        return f"{self.problem}{f' at {where}' if where else ''}: {self.detail}"


class ExportFileError(DooCoreError, ValueError):
    """A list that cannot be written as it was asked for; the file is as it was before (EX-1).

    `problem` is one of `encoding`, `delimiter`, `unencodable`, `too_long`, `too_many_rows`; `record` is what the row
    begins with (a contact ID, where the list is of contacts), and `column` the heading.
    """

    def __init__(self, problem: str, detail: str, record: str | None = None, column: str | None = None) -> None:
        super().__init__(problem, detail, record, column)
        self.problem = problem
        self.detail = detail
        self.record = record
        self.column = column

    def __str__(self) -> str:
        column = None if self.column is None else f"column {self.column}"
        where = ", ".join(each for each in (self.record, column) if each is not None)
        return f"{self.problem}{f' at {where}' if where else ''}: {self.detail}"


class InvalidMessageError(DooCoreError, ValueError):
    """A message that cannot be sent as it is; `part` is `subject`, `text`, `html` or what else is wrong with it (MA-4)."""

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(part, problem)
        self.part = part
        self.problem = problem

    def __str__(self) -> str:
        return f"message, {self.part}: {self.problem}"


class OtherTemplatesError(InvalidMessageError):
    """A template that was written for another renderer; its mails are put off until one has it that can read it (MA-1)."""


class InvalidTokenError(DooCoreError, ValueError):
    """A link's token that leads nowhere; `reason` is `forged`, `unknown` or `expired`, and nothing was recorded (MA-2)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the link does not lead anywhere: its token is {self.reason}"


class SchemaVersionError(DooCoreError, RuntimeError):
    """The database is of another program, or its schema is older or newer than this release; it was not touched."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


SHOWN = 80
"""How many characters of a refused value an error repeats."""


def shortened(value: object, limit: int = SHOWN) -> str:
    """Show *value* in at most *limit* characters, so that ten megabytes of junk make one line.

    >>> shortened("a" * 100, 10)
    "'aaaaaaaaaa…' (100 characters)"
    """
    if isinstance(value, str) and len(value) > limit:
        return f"'{value[:limit]}…' ({len(value)} characters)"
    return repr(value)
