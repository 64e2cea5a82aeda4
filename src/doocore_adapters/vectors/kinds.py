"""Kinds: what a case is about, one class for each word under `kind`.

Not all of them can be run yet (`running.RUNNERS`); their form is known all the same.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from attrs import Factory, frozen

from doocore import AmbiguityPolicy, EmailChangePolicy, Event, SyncMode, SyncOrigin
from doocore.model.fields import FieldValue
from doocore_adapters.vectors.expecting import UNNAMED, Named
from doocore_adapters.vectors.givens import (
    AttendeeStatusWord,
    BookingStatusWord,
    CodeGiven,
    ContactGiven,
    CustomType,
    EditGiven,
    EventStatusWord,
    FieldGiven,
    ListOptions,
    MarkWord,
    Moment,
    PaymentWord,
    PrefillGiven,
    RowExpected,
    RuleId,
    SettingsGiven,
    Values,
    check_contacts,
    check_content,
    check_groups,
    check_values,
)
from doocore_adapters.vectors.places import MistakeError
from doocore_adapters.vectors.steps import Import, Step


@frozen(kw_only=True)
class Case:
    """What every case has: an ID, its kind, and the rules that it is about."""

    id: str
    kind: str
    rules: tuple[RuleId, ...]


@frozen(kw_only=True)
class UnknownCase(Case):
    """A case of a kind that the format does not have; of the rest of it nothing is known."""


@frozen(kw_only=True)
class SameAddress(Case):
    """Whether two addresses are the same (ID-3)."""

    a: str = ""
    b: str = ""
    expect: bool


@frozen(kw_only=True)
class AddressCase(Case):
    """Whether an address is valid (ID-4)."""

    input: str = ""
    expect: str


@frozen(kw_only=True)
class AssignmentExpected:
    """The decision; its flags are compared even if left out, since then there are none."""

    decision: Named[str] = UNNAMED
    contact: Named[str | None] = UNNAMED
    reason: Named[str] = UNNAMED
    flags: frozenset[str] = frozenset()


@frozen(kw_only=True)
class AssignmentCase(Case):
    """To which contact a party goes (chapter 2); `contacts` stand in order of creation."""

    entered: str | None = None
    prefill: PrefillGiven | None = None
    policy: EmailChangePolicy = EmailChangePolicy.REASSIGN
    ambiguity: AmbiguityPolicy = AmbiguityPolicy.CREATE_NEW
    contacts: tuple[ContactGiven, ...] = ()
    merged: Mapping[str, str] = Factory(dict)
    chosen: str | None = None
    expect: AssignmentExpected

    def __attrs_post_init__(self) -> None:
        check_contacts(".contacts", self.contacts, {name for each in self.contacts for name in each.values})
        refuse_empty(self.expect == AssignmentExpected())


@frozen(kw_only=True)
class SyncExpected:
    """The contact afterwards and the lists of fields, all of it compared."""

    contact: Values = Factory(dict)
    filled: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()


@frozen(kw_only=True)
class SyncCase(Case):
    """What of a booking's values reaches the contact (chapter 3)."""

    fields: tuple[FieldGiven, ...] = ()
    contact: Values = Factory(dict)
    incoming: Values = Factory(dict)
    mode: SyncMode = SyncMode.OFF
    origin: SyncOrigin = SyncOrigin.BOOKING
    new_contact: bool = False
    taken: frozenset[str] = frozenset()
    region: str = "DE"
    locale: str = "de"
    expect: SyncExpected

    def __attrs_post_init__(self) -> None:
        fields = {each.name for each in self.fields}
        for path, values in ((".contact", self.contact), (".incoming", self.incoming), (".taken", sorted(self.taken))):
            check_values(path, values, fields)
        check_values(".expect.contact", self.expect.contact, fields)


@frozen(kw_only=True)
class FieldValueExpected:
    """The normalized value (null where blank), or the reason why there is none."""

    value: Named[FieldValue | None] = UNNAMED
    error: Named[str] = UNNAMED

    def __attrs_post_init__(self) -> None:
        if (self.value is UNNAMED) == (self.error is UNNAMED):
            raise MistakeError('expected either "value" or "error"')


@frozen(kw_only=True)
class FieldValueCase(Case):
    """What a field makes of a text (FI-6)."""

    type: CustomType
    options: tuple[str, ...] = ()
    input: str = ""
    region: str = "DE"
    locale: str = "de"
    expect: FieldValueExpected


@frozen(kw_only=True)
class MessageGiven:
    """What became of one message to the contact."""

    sent: bool = False
    opened: bool = False
    clicks: frozenset[Literal["general", "maybe", "registration", "decline"]] = frozenset()


@frozen(kw_only=True)
class AttendeeGiven:
    """An attendee; `own` is assigned to the contact."""

    own: bool = False
    status: AttendeeStatusWord = "active"


@frozen(kw_only=True)
class BookingGiven:
    """A booking of the event, seen from the contact."""

    booker: bool = False
    via_invitation: bool = False
    status: BookingStatusWord = "active"
    payment: PaymentWord = "not_required"
    attendees: tuple[AttendeeGiven, ...] = ()


@frozen(kw_only=True)
class InvitationCase(Case):
    """Which status a contact has on the invitation list (IN)."""

    messages: tuple[MessageGiven, ...] = ()
    marks: frozenset[MarkWord] = frozenset()
    event_costs: bool = False
    bookings: tuple[BookingGiven, ...] = ()
    expect: str


@frozen(kw_only=True)
class ContactsExpected:
    """Contacts and groups afterwards: exactly these contacts, and of the groups that are named exactly these members."""

    contacts: Named[tuple[ContactGiven, ...]] = UNNAMED
    groups: Named[Mapping[str, frozenset[str]]] = UNNAMED


@frozen(kw_only=True)
class ImportCaseExpected(ContactsExpected):
    """What became of the rows, and what there is afterwards; or why nothing was written."""

    error: Named[str] = UNNAMED
    rows: Named[tuple[RowExpected, ...]] = UNNAMED


@frozen(kw_only=True)
class ImportCase(Case):
    """What becomes of a list (chapter 6)."""

    fields: tuple[FieldGiven, ...] = ()
    contacts: tuple[ContactGiven, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = Factory(dict)
    csv: str | None = None
    bytes_base64: bytes | None = None
    options: ListOptions = Factory(ListOptions)
    expect: ImportCaseExpected

    def __attrs_post_init__(self) -> None:
        check_content(self.csv, self.bytes_base64, self.options)
        fields = {each.name for each in self.fields}
        check_contacts(".contacts", self.contacts, fields)
        check_groups(self.groups, self.contacts)
        check_expected(self.expect, fields.union(self.options.created_names))
        refuse_empty(self.expect == ImportCaseExpected())


@frozen(kw_only=True)
class PortalEvent:
    """What of an event concerns the portal."""

    portal: bool = False
    status: EventStatusWord = "live"
    ends_at: Moment | None = None
    costs: bool = False


@frozen(kw_only=True)
class ProductGiven:
    """A product that is booked beside tickets."""

    id: str
    price: str = "0.00"


@frozen(kw_only=True)
class PortalExpected:
    """Whether the edits are allowed, and exactly why not."""

    allowed: bool
    forbidden: tuple[str, ...] = ()


@frozen(kw_only=True)
class PortalCase(Case):
    """Whether a booker may make these edits (BP)."""

    event: PortalEvent = PortalEvent()
    now: Moment | None = None
    products: tuple[ProductGiven, ...] = ()
    edits: tuple[EditGiven, ...] = ()
    expect: PortalExpected


@frozen(kw_only=True)
class AttendedEvent:
    """An event in which a contact took part, and where the payment of its booking stands."""

    status: EventStatusWord = "live"
    ends_at: datetime | None = None
    time_zone: str = "Europe/Berlin"
    payment: PaymentWord = "not_required"


@frozen(kw_only=True)
class RetainedContact:
    """A contact that may have to go."""

    hold: bool = False
    events: tuple[AttendedEvent, ...] = ()


@frozen(kw_only=True)
class RetentionExpected:
    """Whether and when."""

    due: Named[bool] = UNNAMED
    due_at: Named[Moment | None] = UNNAMED


@frozen(kw_only=True)
class RetentionCase(Case):
    """Whether a contact is due for erasure (RE)."""

    days: int | None = 180
    now: Moment | None = None
    contact: RetainedContact = RetainedContact()
    expect: RetentionExpected


@frozen(kw_only=True)
class CodeExpected:
    """The status that is shown, and whether the code can be redeemed now."""

    status: Named[str] = UNNAMED
    redeemable: Named[bool] = UNNAMED


@frozen(kw_only=True)
class CodeCase(Case):
    """Where a code stands (CO)."""

    code: CodeGiven = Factory(CodeGiven)
    now: Moment | None = None
    expect: CodeExpected

    def __attrs_post_init__(self) -> None:
        refuse_empty(self.expect == CodeExpected())


@frozen(kw_only=True)
class KeptParty:
    """A party of a booking as it is kept; null where it belongs to no contact."""

    contact: Named[str | None] = UNNAMED
    customer_id: Named[str | None] = UNNAMED


@frozen(kw_only=True)
class KeptBooking:
    """A booking as it is kept."""

    booker: Named[KeptParty] = UNNAMED
    attendees: Named[tuple[KeptParty, ...]] = UNNAMED


@frozen(kw_only=True)
class InvitationListExpected:
    """An event's invitation list."""

    groups: Named[frozenset[str]] = UNNAMED
    statuses: Named[Mapping[str, str]] = UNNAMED


@frozen(kw_only=True)
class MailExpected:
    """A mail that went out."""

    to: str
    about: Literal["message", "booking_changed"]


@frozen(kw_only=True)
class ScenarioExpected(ContactsExpected):
    """What there is at the end of a story."""

    bookings: Named[Mapping[str, KeptBooking]] = UNNAMED
    invitations: Named[Mapping[str, InvitationListExpected]] = UNNAMED
    mails: Named[tuple[MailExpected, ...]] = UNNAMED


@frozen(kw_only=True)
class Scenario(Case):
    """A whole story on a fresh contact center. A step that expects no error must go through, whatever else is compared."""

    settings: SettingsGiven = Factory(SettingsGiven)
    fields: tuple[FieldGiven, ...] = ()
    events: tuple[Event, ...] = ()
    contacts: tuple[ContactGiven, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = Factory(dict)
    steps: tuple[Step, ...] = ()
    expect: ScenarioExpected = ScenarioExpected()

    def __attrs_post_init__(self) -> None:
        fields = {each.name for each in self.fields}
        check_contacts(".contacts", self.contacts, fields)
        check_groups(self.groups, self.contacts)
        created = {name for each in self.steps if isinstance(each, Import) for name in each.options.created_names}
        check_expected(self.expect, fields | created)
        check_times(self.steps)


KINDS: Mapping[str, type[Case]] = {
    "same_address": SameAddress,
    "address": AddressCase,
    "assignment": AssignmentCase,
    "sync": SyncCase,
    "field_value": FieldValueCase,
    "invitation": InvitationCase,
    "import": ImportCase,
    "portal": PortalCase,
    "retention": RetentionCase,
    "code": CodeCase,
    "scenario": Scenario,
}
"""The class for each word under `kind`."""


def check_expected(expected: ContactsExpected, fields: set[str]) -> None:
    """Refuse labels that stand twice, and values for fields that there are not."""
    if expected.contacts is not UNNAMED:
        check_contacts(".expect.contacts", expected.contacts, fields)


def check_times(steps: tuple[Step, ...]) -> None:
    """Refuse a step that happens before an earlier one."""
    latest: datetime | None = None
    for index, moment in _moments(steps):
        if latest is not None and moment < latest:
            raise MistakeError("an earlier step happens later", f".steps[{index}].at")
        latest = moment


def refuse_empty(nothing: bool) -> None:  # noqa: FBT001, an assertion of what must not be
    """Refuse a case that would pass whatever the answer."""
    if nothing:
        raise MistakeError("nothing that could be compared", ".expect")


def _moments(steps: tuple[Step, ...]) -> Iterator[tuple[int, Moment]]:
    return ((index, step.at) for index, step in enumerate(steps) if step.at is not None)
