"""A service over HTTP: take in bookings, import lists, read and change contacts.

    python -m examples.service > openapi.json
    uvicorn --factory examples.service.app:serve

Both in the folder above `examples`. The first writes the OpenAPI document; the second (after `pip install uvicorn`)
serves `contacts.db`. What to look for:

- Who calls decides what can be reached and in whose name: `contact_center` opens one organization, for one actor.
- Endpoints are plain functions, not coroutines. FastAPI runs them in its threads, so a store that waits for its turn
  keeps nobody else waiting.
"""

import io
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from doocore import (
    Actor,
    Booker,
    ContactCenter,
    DuplicateMode,
    FieldCatalog,
    IdentifierKind,
    ImportOptions,
    Role,
    Subscription,
    User,
)
from doocore.ports import Store
from doocore_adapters.cattrs import booking_from_plain, to_plain
from doocore_adapters.csv_files import CsvFile, CsvStyle, write_unprocessed
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers
from examples.service.models import (
    BookingIn,
    BookingOut,
    ContactChange,
    ContactOut,
    DetailsOut,
    ImportOut,
    PageOut,
    SubscriptionChange,
    SubscriptionOut,
)
from examples.service.problems import ANY_PROBLEM, HANDLERS, Problem

PARSERS = LibraryParsers()
FOR_EXCEL = CsvStyle("utf-8-sig", ";")


# Who calls


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose records a caller reaches, and who it is."""

    organization: str
    actor: Actor


BEARER = HTTPBearer(auto_error=False, description="The token that the host gave to the caller.")


def contact_center(
    request: Request, token: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> ContactCenter:
    """Open the caller's organization in the caller's name; your own login takes the place of the tokens."""
    caller = request.app.state.callers.get(token.credentials) if token else None
    if caller is None:
        raise HTTPException(401, "a known token is needed", {"WWW-Authenticate": "Bearer"})
    store: Store = request.app.state.store
    return ContactCenter(store.organization(caller.organization), parsers=PARSERS).acting_as(caller.actor)


Center = Annotated[ContactCenter, Depends(contact_center)]


# The endpoints

router = APIRouter(responses={"4XX": ANY_PROBLEM})
ContactId = Annotated[str, Path(description="A contact ID; that of a merged contact gives the survivor.")]


@router.post("/bookings", status_code=201, responses={200: {"description": "Delivered before.", "model": BookingOut}})
def book(center: Center, booking: BookingIn, response: Response) -> BookingOut:
    """Take in a booking: each party finds its contact, or becomes one."""
    result = center.book(booking_from_plain(booking.model_dump(mode="json", exclude_unset=True)))
    if result.repeated:
        response.status_code = 200
    return BookingOut.model_validate(to_plain(result))


@router.post("/imports", status_code=201)
def import_list(
    center: Center,
    content: Annotated[
        bytes, Body(media_type="text/csv", examples=["E-Mail,Vorname,Ort\r\nada@example.org,Ada,London\r\n"])
    ],
    *,
    encoding: Annotated[Literal["utf-8", "iso-8859-1"], Query()] = "utf-8",
    duplicates: Annotated[DuplicateMode, Query()] = DuplicateMode.FILL_EMPTY,
    identify_by: Annotated[Literal["email", "customer_id", "contact_id"], Query()] = "email",
    group: Annotated[tuple[str, ...], Query(description="Groups that all contacts of the list join.")] = (),
    name: Annotated[str, Query(description="The name of the file.")] = "",
    dry_run: Annotated[bool, Query(description="Report only; write nothing.")] = False,
) -> ImportOut:
    """Import a list of contacts. A list of many thousands is better handed to a worker than waited for."""
    options = ImportOptions(duplicates=duplicates, identify_by=IdentifierKind(identify_by), groups=group)
    report = center.import_contacts(CsvFile(content, encoding=encoding, name=name), options, dry_run=dry_run)
    return ImportOut.model_validate(to_plain(report))


@router.get(
    "/imports/{import_id}/unprocessed",
    response_class=Response,
    responses={200: {"description": "The rows that wait to be corrected.", "content": {"text/csv": {}}}},
)
def unprocessed(center: Center, import_id: str) -> Response:
    """Give the rows that were not processed, with their reasons; corrected, the file can be imported as it is."""
    report = center.imports.report(import_id)
    file = io.BytesIO()
    with closing(center.imports.rows(import_id)) as rows:
        write_unprocessed(file, report.record.columns, rows, style=FOR_EXCEL)
    disposition = {"Content-Disposition": f'attachment; filename="{import_id}.csv"'}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=disposition)


@router.get("/contacts")
def list_contacts(
    center: Center,
    text: Annotated[str, Query(description="Part of a name, address, company or ID.")] = "",
    group: Annotated[str | None, Query()] = None,
    after: Annotated[str | None, Query(description="The last contact ID of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> PageOut:
    """List contacts in order of creation, or search for some."""
    found = center.list_contacts(text=text, group=group, after=after, limit=limit)
    catalog = center.fields.catalog()
    return PageOut(
        total=center.count_contacts(text=text, group=group),
        contacts=[ContactOut.model_validate(contact_out(each, catalog)) for each in to_plain(found)],
        next=found[-1].id if len(found) == limit else None,
    )


@router.get("/contacts/{contact_id}")
def read_contact(center: Center, contact_id: ContactId) -> DetailsOut:
    """Read a contact with its groups."""
    return details_out(center, contact_id)


@router.patch("/contacts/{contact_id}")
def change_contact(center: Center, contact_id: ContactId, change: ContactChange) -> DetailsOut:
    """Change a contact by hand."""
    changed = center.change_contact(
        contact_id,
        change.values,
        groups=change.groups,
        version=change.version,
        confirm_duplicate=change.confirm_duplicate,
    )
    return details_out(center, changed.id)


@router.put("/contacts/{contact_id}/subscriptions/{subscription}")
def set_subscription(
    center: Center, contact_id: ContactId, subscription: Subscription, change: SubscriptionChange
) -> SubscriptionOut:
    """Subscribe or unsubscribe a contact."""
    result = center.set_subscription(
        contact_id, subscription, change.state, through=change.through, confirm=change.confirm
    )
    return SubscriptionOut(state=result.contact.state(subscription), opted_out=result.opted_out)


# How a contact is shown


def contact_out(contact: Mapping[str, Any], catalog: FieldCatalog) -> dict[str, Any]:
    """Call an organization's own fields by their names, under which they also come in."""
    return {**contact, "values": {catalog[key].name: value for key, value in contact["values"].items()}}


def details_out(center: ContactCenter, contact_id: str) -> DetailsOut:
    """Read a contact as the service shows it."""
    return DetailsOut.model_validate(contact_out(to_plain(center.details(contact_id)), center.fields.catalog()))


# The service


class ContactService(FastAPI):
    """The endpoints over a store, for known callers."""

    def __init__(self, store: Store, callers: Mapping[str, Caller]) -> None:
        super().__init__(title="Contact center", version="1.0", description="Who is who, and why.")
        for error, handler in HANDLERS.items():
            self.exception_handler(error)(handler)
        self.state.store, self.state.callers = store, callers
        self.include_router(router)

    def openapi(self) -> dict[str, Any]:
        """Give the document; no endpoint answers with a problem by itself, so its schema is put in here."""
        document = super().openapi()
        document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        return document


def serve() -> ContactService:
    """Make the service for `uvicorn --factory`; the tokens are an example, and no secret."""
    callers = {"shop": Caller("acme", Booker()), "kim": Caller("acme", User("kim", Role.TEAM_ADMIN))}
    return ContactService(SqliteStore("contacts.db"), callers)
