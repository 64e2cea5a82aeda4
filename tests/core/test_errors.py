"""Errors say whose fault it is, where, and what to do; they carry what they are about."""

import pickle
from collections.abc import Iterator

import pytest

from doocore import (
    AlreadyCheckedInError,
    BookingConflictError,
    CodeNotRedeemableError,
    CodeObstacle,
    DooCoreError,
    DuplicateIdentifierError,
    DuplicateNameError,
    EventNotLiveError,
    ExportFileError,
    ImportFileError,
    InvalidBookingError,
    InvalidCodeError,
    InvalidFieldError,
    InvalidFieldValueError,
    InvalidMessageError,
    InvalidNameError,
    InvalidTokenError,
    NotFoundError,
    OptedOutError,
    OtherTemplatesError,
    PermissionDeniedError,
    PlanRequiredError,
    SchemaVersionError,
    StaleVersionError,
    TicketCancelledError,
    TooManyGroupsError,
    TryAgainError,
)
from doocore.errors import SHOWN, shortened

ERRORS: tuple[tuple[DooCoreError, str, type[Exception], str], ...] = (
    (NotFoundError("contact", "c9"), "not_found", LookupError, "no contact 'c9' in this organization"),
    (NotFoundError("contact", "c8", "c9"), "not_found", LookupError, "no contact 'c8', 'c9' in this organization"),
    (
        *(PermissionDeniedError("importing", "a team admin"), "permission_denied", PermissionError),
        "importing needs a team admin",
    ),
    (PlanRequiredError("importing", "pro"), "plan_required", PermissionError, "importing needs the plan pro or higher"),
    (
        *(DuplicateIdentifierError("email", "a@x.de", ["c1", "c2"]), "duplicate_identifier", ValueError),
        "email 'a@x.de' is held by c1, c2; confirm the duplicate if it is meant",
    ),
    (
        *(DuplicateNameError("group", "VIP"), "duplicate_name", ValueError),
        "a group named 'VIP' exists already (names are compared without case)",
    ),
    (
        *(InvalidNameError("group", "a;b", "no ';'"), "invalid_name", ValueError),
        "'a;b' cannot name a group: no ';'",
    ),
    (
        *(InvalidFieldError("email", "a system field cannot be deleted"), "invalid_field", ValueError),
        "field 'email': a system field cannot be deleted",
    ),
    (
        *(OptedOutError("c1", "newsletter"), "opted_out", ValueError),
        "the person behind c1 unsubscribed from newsletter; confirm to undo that",
    ),
    (
        *(InvalidFieldValueError("phone", "12", "invalid_value", "a number"), "invalid_field_value", ValueError),
        "phone: '12' is refused (invalid_value): expected a number",
    ),
    (
        *(InvalidBookingError("booker.values.x", "no such field"), "invalid_booking", ValueError),
        "booking, at booker.values.x: no such field",
    ),
    (
        *(InvalidCodeError("limit", "0 is less than one use"), "invalid_code", ValueError),
        "code, at limit: 0 is less than one use",
    ),
    (
        *(CodeNotRedeemableError("EARLY", "other_event", "valid"), "code_not_redeemable", ValueError),
        "code 'EARLY' cannot be redeemed: it is for another event",
    ),
    (
        *(BookingConflictError("TX-AB12-CD34"), "booking_conflict", ValueError),
        "booking TX-AB12-CD34 was delivered before with another content; edit it instead",
    ),
    (
        *(StaleVersionError("contact", "c1"), "stale_version", RuntimeError),
        "contact c1 was changed meanwhile; read it again",
    ),
    (
        *(AlreadyCheckedInError("TX-AB12-CD34", 2), "already_checked_in", ValueError),
        "attendee 2 of booking TX-AB12-CD34 is checked in already",
    ),
    (
        *(TicketCancelledError("TX-AB12-CD34", 2), "ticket_cancelled", ValueError),
        "attendee 2 of booking TX-AB12-CD34 has a cancelled ticket",
    ),
    (EventNotLiveError("e1", "draft"), "event_not_live", ValueError, "event e1 takes no bookings: it is draft"),
    (
        *(InvalidMessageError("subject", "it is blank"), "invalid_message", ValueError),
        "message, subject: it is blank",
    ),
    (
        *(OtherTemplatesError("text", "it is Jinja's"), "other_templates", ValueError),
        "message, text: it is Jinja's",
    ),
    (
        *(InvalidTokenError("expired"), "invalid_token", ValueError),
        "the link does not lead anywhere: its token is expired",
    ),
    (
        *(TooManyGroupsError("e1", 11, 10), "too_many_groups", ValueError),
        "the invitation list of event e1 would have 11 groups, and can have 10",
    ),
    (
        *(
            ImportFileError("encoding", "byte E4 is not UTF-8", line=2, column="Ort", byte=40),
            "import_file",
            ValueError,
        ),
        "encoding at line 2, column Ort, byte 40: byte E4 is not UTF-8",
    ),
    (
        *(ExportFileError("encoding", "no 'Ł' (U+0141)", "c1", "Ort"), "export_file", ValueError),
        "encoding at c1, column Ort: no 'Ł' (U+0141)",
    ),
    (
        *(TryAgainError(), "try_again", RuntimeError),
        "others stood in the way again and again, and nothing was written; try again",
    ),
    (SchemaVersionError("a.db", "too new"), "schema_version", RuntimeError, "a.db: too new"),
)
"""One of each, its code, the builtin it is, and its sentence."""


def descendants(kind: type[DooCoreError]) -> Iterator[type[DooCoreError]]:
    for each in kind.__subclasses__():
        yield each
        yield from descendants(each)


def test_here_is_one_of_each() -> None:
    assert {type(error) for error, *_ in ERRORS} == {each for each in descendants(DooCoreError) if _is_ours(each)}


def _is_ours(kind: type[DooCoreError]) -> bool:
    return kind.__module__ == "doocore.errors"


@pytest.mark.parametrize(("error", "code", "builtin", "sentence"), ERRORS)
def test_it_has_a_code_a_builtin_and_a_sentence(
    error: DooCoreError, code: str, builtin: type[Exception], sentence: str
) -> None:
    assert error.code == code
    assert isinstance(error, builtin)
    assert str(error) == sentence


@pytest.mark.parametrize("error", [error for error, *_ in ERRORS if not isinstance(error, ImportFileError)])
def test_it_survives_the_way_to_another_process(error: DooCoreError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301, our own
    assert (str(again), vars(again)) == (str(error), vars(error))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ImportFileError("header", "there is none"), "header: there is none"),
        (ImportFileError("header", "there is none", line=1), "header at line 1: there is none"),
        (ImportFileError("not_text", "a control byte", byte=0), "not_text at byte 0: a control byte"),
    ],
)
def test_a_file_error_names_the_places_that_make_sense(error: ImportFileError, sentence: str) -> None:
    assert str(error) == sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ExportFileError("delimiter", "no comma"), "delimiter: no comma"),
        (ExportFileError("encoding", "no 'Ł'", column="Größe Ł"), "encoding at column Größe Ł: no 'Ł'"),
        (ExportFileError("too_long", "at most 3", "c1"), "too_long at c1: at most 3"),
    ],
)
def test_an_export_error_names_the_places_that_make_sense(error: ExportFileError, sentence: str) -> None:
    assert str(error) == sentence


@pytest.mark.parametrize("obstacle", CodeObstacle)
def test_whatever_stands_against_a_code_is_said_in_a_sentence(obstacle: CodeObstacle) -> None:
    said = str(CodeNotRedeemableError("EARLY", obstacle.value, "valid"))
    assert said.startswith("code 'EARLY' cannot be redeemed: ")
    assert not said.endswith(f": {obstacle.value}")


def test_what_was_not_found_is_named_but_not_without_end() -> None:
    error = NotFoundError("contact", *(f"c{number}" for number in range(12)))
    assert (error.key, len(error.keys)) == ("c0", 12)
    assert str(error).endswith("'c8', 'c9' and 2 more in this organization")
    assert NotFoundError("contact", "c1").keys == ("c1",)


def test_errors_repeat_no_more_of_a_value_than_a_line() -> None:
    junk = "x" * 10_000_000
    error = InvalidFieldValueError("city", junk, "too_long", "at most 45 characters")
    assert error.value is junk
    assert len(str(error)) < 200
    assert shortened("x" * SHOWN) == repr("x" * SHOWN)
    assert shortened("x" * (SHOWN + 1)) == f"'{'x' * SHOWN}…' ({SHOWN + 1} characters)"
    assert shortened(None) == "None"
