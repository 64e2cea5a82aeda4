"""What went wrong, as problem documents (RFC 9457): each class of errors has a status.

What is to be expected, a party without an address or a row that waits to be corrected, is no error; it stands in the
answer.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from doocore import (
    AlreadyCheckedInError,
    BookingConflictError,
    CodeNotRedeemableError,
    DooCoreError,
    DuplicateIdentifierError,
    DuplicateNameError,
    EventNotLiveError,
    OptedOutError,
    SchemaVersionError,
    StaleVersionError,
    TicketCancelledError,
    TooManyGroupsError,
    TryAgainError,
    label,
)
from doocore_adapters.cattrs import to_plain

STATUS: Mapping[type[Exception], int] = {
    AlreadyCheckedInError: 409,
    BookingConflictError: 409,
    CodeNotRedeemableError: 409,
    DuplicateIdentifierError: 409,
    DuplicateNameError: 409,
    EventNotLiveError: 409,
    TooManyGroupsError: 409,
    OptedOutError: 409,
    StaleVersionError: 409,
    TicketCancelledError: 409,
    SchemaVersionError: 503,
    TryAgainError: 503,
    LookupError: 404,
    PermissionError: 403,
    ValueError: 422,
}
"""The status of an error: that of the first class here that it is of. Each error of the library is of a builtin class."""

PROBLEM = "application/problem+json"


class Problem(BaseModel):
    """What went wrong: `code` for programs, `title` for people, `detail` for developers, `about` with the objects."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    about: dict[str, Any] = {}


def answer(problem: Problem) -> JSONResponse:
    """Answer with a problem."""
    return JSONResponse(problem.model_dump(mode="json"), problem.status, media_type=PROBLEM)


def refused(request: Request, error: DooCoreError) -> JSONResponse:
    """Tell of an error of the library: its class decides the status, its attributes say what it is about."""
    language = request.headers.get("accept-language", "en").split(",")[0].split(";")[0]
    return answer(
        Problem(
            status=next(status for class_, status in STATUS.items() if isinstance(error, class_)),
            code=error.code,
            title=label(error.code, language),
            detail=str(error),
            about={name: to_plain(value) for name, value in vars(error).items()},
        )
    )


def misread(_: Request, error: RequestValidationError) -> JSONResponse:
    """Tell where a request is not of the form that the document describes; what was sent is not repeated."""
    errors = [{"path": ".".join(map(str, each["loc"])), "problem": each["msg"]} for each in error.errors()]
    detail = "the request is not of the form that the document describes"
    return answer(
        Problem(status=422, code="invalid_request", title="Invalid request", detail=detail, about={"errors": errors})
    )


def not_answered(_: Request, error: HTTPException) -> JSONResponse:
    """Tell of everything else that HTTP refuses: no token, no such path."""
    told = answer(Problem(status=error.status_code, code="http", title="Not answered", detail=str(error.detail)))
    told.headers.update(error.headers or {})
    return told


HANDLERS: Mapping[type[Exception], Callable[[Request, Any], JSONResponse]] = {
    DooCoreError: refused,
    RequestValidationError: misread,
    HTTPException: not_answered,
}
"""What answers for which errors."""

ANY_PROBLEM = {
    "description": "Refused, and why.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
"""What every endpoint may answer instead, for the OpenAPI document."""
