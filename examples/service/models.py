"""What goes in and what comes out: the shapes that the OpenAPI document describes.

Models say which keys there are and of which kind. What a value means, whether it is an address or an option, is for the
contact center to judge; no model does it again.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from doocore import (
    Decision,
    Flag,
    PaymentStatus,
    RowOutcome,
    Subscription,
    SubscriptionState,
    SyncOutcome,
    Through,
)

# In


class Taken(BaseModel):
    """What comes in: a key that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class PrefillIn(Taken):
    """The contact whose data stood in the form, and the address that did."""

    contact: str
    email: str | None = None


class PartyIn(Taken):
    """A booker or attendee, as entered. `values` go by the names of contact fields, `answers` by questions."""

    email: str | None = None
    values: dict[str, str | bool | None] = {}
    answers: dict[str, str | bool | None] = {}
    prefill: PrefillIn | None = None
    chosen: str | None = Field(None, description="A contact that staff picked.")
    subscribes: list[Subscription] = []


class AttendeeIn(PartyIn):
    """A person on a ticket."""

    ticket: str = ""
    price: str = Field("0", examples=["90.00"])


BOOKING: dict[str, Any] = {
    "number": "TX-2026-0001",
    "event": "gala",
    "booker": {"email": "ada@example.org", "values": {"first_name": "Ada", "city": "London"}},
    "attendees": [{"email": "bob@example.org", "ticket": "Standard", "price": "90.00"}],
    "payment": "pending",
}


class BookingIn(Taken):
    """A booking; with a number, it can be delivered again without harm."""

    model_config = ConfigDict(json_schema_extra={"examples": [BOOKING]})

    event: str
    booker: PartyIn
    attendees: list[AttendeeIn] = []
    number: str | None = None
    payment: PaymentStatus = PaymentStatus.NOT_REQUIRED
    products: list[str] = []
    invoice_sum: str | None = None
    codes: list[str] = Field([], description="Codes that it redeems, by their names.")


class ContactChange(Taken):
    """Values by field name, where a blank one clears; what is not named stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"values": {"city": "Ockham"}, "groups": ["VIP"]}]})

    values: dict[str, str | bool | None] = {}
    groups: list[str] = Field([], description="Groups to join, by name.")
    version: int | None = Field(None, description="The version that was read; a contact changed since is refused.")
    confirm_duplicate: bool = False


class SubscriptionChange(Taken):
    """Where a contact is to stand with a subscription, and through what."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "unsubscribed", "through": "portal"}]})

    state: SubscriptionState
    through: Through = Through.BY_HAND
    confirm: bool = Field(False, description="Subscribe somebody again who had unsubscribed.")


# Out


class ReportOut(BaseModel):
    """What became of one value."""

    field: str
    outcome: SyncOutcome
    before: str | bool | None
    given: str | bool | None
    rule: str


class PartyOut(BaseModel):
    """Where a party went, and why."""

    decision: Decision
    reason: str
    rules: list[str]
    flags: list[Flag]
    contact_id: str | None
    customer_id: str | None
    reports: list[ReportOut]


class BookingOut(BaseModel):
    """The answer to a booking."""

    number: str
    repeated: bool
    booker: PartyOut
    attendees: list[PartyOut]


class ConsentOut(BaseModel):
    """Where a contact stands with a subscription."""

    state: SubscriptionState
    at: datetime
    through: Through


class ContactOut(BaseModel):
    """A contact; `values` go by the names of contact fields."""

    id: str
    values: dict[str, str | bool]
    subscriptions: dict[Subscription, ConsentOut]
    created_at: datetime
    version: int


class DetailsOut(ContactOut):
    """A contact with its groups."""

    groups: list[str]


class PageOut(BaseModel):
    """Some contacts; `next` is what to send as `after` for more of them."""

    total: int
    contacts: list[ContactOut]
    next: str | None


class SubscriptionOut(BaseModel):
    """`opted_out` says that the person had unsubscribed, so that nothing was changed."""

    state: SubscriptionState
    opted_out: bool


class ImportOut(BaseModel):
    """What became of a list."""

    id: str
    dry_run: bool
    rows: int
    outcomes: dict[RowOutcome, int]
    reasons: dict[str, int]
    warnings: dict[str, int]
    ignored_columns: list[str]
