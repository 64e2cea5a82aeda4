"""Steps: what can happen in a scenario, one class for each word under `do`.

Not all of them can be played yet (`playing.PLAYERS`); their form is known all the same, so that a mistake is told
from a step that this release does not have.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Self, TypeAlias

from attrs import Factory, evolve, frozen

from doocore import Booking, Subscription, SubscriptionState, SyncOutcome
from doocore_adapters.vectors.expecting import UNNAMED, Named
from doocore_adapters.vectors.givens import (
    CodeGiven,
    EditGiven,
    ListOptions,
    MarkWord,
    Moment,
    RowExpected,
    SettingsGiven,
    Values,
    check_content,
)

Names: TypeAlias = frozenset[str]


@frozen(kw_only=True)
class StepExpected:
    """What every step may expect: that it is refused, with the code of the error."""

    error: Named[str] = UNNAMED

    def renamed(self, _: Callable[[str], str]) -> Self:
        """Give the same with other names for fields."""
        return self


@frozen(kw_only=True)
class PartyExpected:
    """What was decided about a party of a booking, and what became of its values."""

    decision: Named[str] = UNNAMED
    contact: Named[str | None] = UNNAMED
    reason: Named[str] = UNNAMED
    flags: Named[Names] = UNNAMED
    filled: Named[Names] = UNNAMED
    overwritten: Named[Names] = UNNAMED
    kept: Named[Names] = UNNAMED
    rejected: Named[Names] = UNNAMED
    taken: Named[Names] = UNNAMED
    other_person: Named[Names] = UNNAMED

    def renamed(self, name: Callable[[str], str]) -> Self:
        """Give the same with other names for fields."""
        lists = {each.value: getattr(self, each.value, UNNAMED) for each in SyncOutcome}
        changed: dict[str, Any] = {
            outcome: frozenset(map(name, fields)) for outcome, fields in lists.items() if fields is not UNNAMED
        }
        return evolve(self, **changed)


@frozen(kw_only=True)
class BookExpected(StepExpected):
    """The decisions about a booking's parties."""

    booker: Named[PartyExpected] = UNNAMED
    attendees: Named[tuple[PartyExpected, ...]] = UNNAMED

    def renamed(self, name: Callable[[str], str]) -> Self:
        """Give the same with other names for fields."""
        booker, attendees = self.booker, self.attendees
        return evolve(
            self,
            booker=booker if booker is UNNAMED else booker.renamed(name),
            attendees=attendees if attendees is UNNAMED else tuple(each.renamed(name) for each in attendees),
        )


@frozen(kw_only=True)
class ImportExpected(StepExpected):
    """What became of the rows."""

    rows: Named[tuple[RowExpected, ...]] = UNNAMED


@frozen(kw_only=True)
class Step:
    """One thing that happens; `at` is when, and the time of the step before where left out."""

    do: str
    at: Moment | None = None
    expect: StepExpected = StepExpected()


@frozen(kw_only=True)
class Book(Step):
    """A booking is delivered. In the file its keys stand beside those of the step."""

    booking: Booking
    by_staff: bool = False
    expect: BookExpected = BookExpected()


@frozen(kw_only=True)
class OfBooking(Step):
    """A booking is paid or cancelled."""

    number: str


@frozen(kw_only=True)
class OfAttendee(Step):
    """An attendee, counted from 1, is cancelled or comes in."""

    number: str
    attendee: int


@frozen(kw_only=True)
class Edit(Step):
    """A booking is edited, by the booker in the portal or by staff."""

    number: str
    email: str | None = None
    edits: tuple[EditGiven, ...] = ()
    by_staff: bool = False


@frozen(kw_only=True)
class Import(Step):
    """A list is imported."""

    csv: str | None = None
    bytes_base64: bytes | None = None
    options: ListOptions = Factory(ListOptions)
    expect: ImportExpected = ImportExpected()

    def __attrs_post_init__(self) -> None:
        check_content(self.csv, self.bytes_base64, self.options)


@frozen(kw_only=True)
class Set(Step):
    """Settings change."""

    settings: SettingsGiven


@frozen(kw_only=True)
class ChangeContact(Step):
    """A contact is changed by hand."""

    contact: str
    values: Values = Factory(dict)
    confirm_duplicate: bool = False


@frozen(kw_only=True)
class DeleteContact(Step):
    """A contact is deleted."""

    contact: str


@frozen(kw_only=True)
class Subscribe(Step):
    """A subscription changes."""

    contact: str
    subscription: Subscription
    state: SubscriptionState
    through: Literal["by_hand", "booking", "unsubscribe_link", "portal"] = "by_hand"
    confirm: bool = False


@frozen(kw_only=True)
class Send(Step):
    """A message goes to groups; later steps know it by its label."""

    event: str
    groups: tuple[str, ...] = ()
    label: str = ""
    purpose: Subscription = Subscription.EVENT_COMMUNICATION


@frozen(kw_only=True)
class Follow(Step):
    """A message, known by its label, is opened, or a link in it is clicked."""

    message: str
    contact: str
    link: Literal["general", "maybe", "registration", "decline", "unsubscribe"] | None = None
    by_machine: bool = False


@frozen(kw_only=True)
class SetMark(Step):
    """A contact is marked on the invitation list by hand, or the mark is taken back."""

    event: str
    contact: str
    status: MarkWord


@frozen(kw_only=True)
class Merge(Step):
    """Two contacts become one."""

    survivor: str
    other: str


@frozen(kw_only=True)
class Unmerge(Step):
    """A merge is undone."""

    other: str


@frozen(kw_only=True)
class Reassign(Step):
    """A party goes to another contact by hand."""

    number: str
    party: str = "booker"
    contact: str | None = None
    take_back: bool = False


@frozen(kw_only=True)
class Undo(Step):
    """An earlier step, counted from 1, is undone."""

    step: int


@frozen(kw_only=True)
class Erase(Step):
    """A person is erased on demand."""

    contact: str
    suppress: bool = False


@frozen(kw_only=True)
class Sweep(Step):
    """What is due is erased."""

    confirm: bool = False


@frozen(kw_only=True)
class NamedCode(CodeGiven):
    """A code with the name by which later steps know it, and the contact that it is for."""

    name: str
    contact: str | None = None


@frozen(kw_only=True)
class CreateCode(Step):
    """A code comes into being."""

    code: NamedCode


@frozen(kw_only=True)
class Redeem(Step):
    """A code is redeemed, by its name, in a booking."""

    code: str
    number: str


STEPS: Mapping[str, type[Step]] = {
    "book": Book,
    "pay": OfBooking,
    "cancel_booking": OfBooking,
    "cancel_attendee": OfAttendee,
    "check_in": OfAttendee,
    "edit": Edit,
    "import": Import,
    "set": Set,
    "change_contact": ChangeContact,
    "delete_contact": DeleteContact,
    "subscribe": Subscribe,
    "send": Send,
    "open": Follow,
    "click": Follow,
    "mark": SetMark,
    "unmark": SetMark,
    "merge": Merge,
    "unmerge": Unmerge,
    "reassign": Reassign,
    "undo": Undo,
    "erase": Erase,
    "sweep": Sweep,
    "create_code": CreateCode,
    "redeem": Redeem,
}
"""The class for each word under `do`."""

STEP_KEYS = ("do", "at", "expect", "by_staff")
"""The keys of a `book` step that are not the booking's."""
