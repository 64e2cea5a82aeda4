"""A small world in which everything meets: few people, few addresses, many spellings, the whole of Unicode in between.

What somebody does is a value with a method `do`, so that a failing example reads like the story that it is. Contact
IDs are counted (`c0001`, …), so that a story can name contacts that it makes on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from doocore import (
    AddAttendee,
    AddProduct,
    AmbiguityPolicy,
    Attendee,
    Booker,
    Booking,
    BookingEdit,
    CancelAttendee,
    CancelBooking,
    ChangeAnswer,
    ChangeTicketCategory,
    ChangeValue,
    ContactCenter,
    DooCoreError,
    DuplicateMode,
    EmailChangePolicy,
    FieldType,
    FrozenDict,
    IdentifierKind,
    ImportOptions,
    InvalidValues,
    OrganizationSettings,
    Party,
    PaymentStatus,
    Prefill,
    Product,
    Question,
    QuestionLevel,
    RemoveProduct,
    Subscription,
    SubscriptionState,
    SyncMode,
    Through,
)
from doocore.model.fields import Entered
from doocore.model.identifiers import ContactId
from doocore.ports import Mailer, OrganizationStore
from doocore_adapters.hypothesis import texts
from tests.builders import LOU, Table, import_table, live_event, merge, new_center

SPELLINGS = (
    ("ada@x.de", "ADA@x.de", "Ada@X.DE", "ada@\uff58.de"),
    ("J\u00fcrgen@B\u00fccher.de", "JU\u0308RGEN@xn--bcher-kva.de", "j\u00fcrgen@BU\u0308CHER.de"),
    (
        "\u1f48\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2@\u03bf.example",
        "\u1f40\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c3@xn--0xa.example",
    ),
    ("o'neill+x@stra\u00dfe.de", "O'Neill+X@xn--strae-oqa.de"),
)
"""Addresses, each in several spellings (ID-3)."""

NO_ADDRESSES = ("ada", "ada@x", "Ada <ada@x.de>", "\u212aim@x.de", "ada@x.de, bob@x.de", "@\U0001f984", "ada@x\u3002de")
CUSTOMER_IDS = ("K1", "k1", "\u00dc-1", "\u6f22\u5b57")
FIRST_NAMES = ("Ada", "ADA", "\u0130nci", "Stra\u00dfer", "STRASSER")
CONTACT_IDS = ("c0001", "c0002", "c0003", "c0004", "c0005", "c0006", "c9999")
GROUPS = ("VIP", "vip", "Stra\u00dfe", "STRASSE")
BLANKS = (None, "", " ", "\u00a0\u200b\ufeff", "\t\r\n\u3000")

blanks = st.sampled_from(BLANKS)
around = st.sampled_from(("", "", " ", "\u00a0", "\u200b"))


def spelled(*words: str) -> SearchStrategy[str]:
    """Give one of *words*, with or without something around it that is trimmed."""
    return st.builds("{}{}{}".format, around, st.sampled_from(words), around)


valid_addresses = spelled(*(each for spellings in SPELLINGS for each in spellings))
addresses = st.one_of(valid_addresses, valid_addresses, blanks, st.sampled_from(NO_ADDRESSES))

VALID: Mapping[str, SearchStrategy[Entered]] = {
    "customer_id": st.one_of(spelled(*CUSTOMER_IDS), blanks, texts(255)),
    "first_name": st.one_of(spelled(*FIRST_NAMES), blanks, texts(20)),
    "last_name": st.one_of(blanks, texts(20)),
    "city": st.one_of(blanks, texts(45)),
    "title": st.one_of(blanks, spelled("Dr.", "Prof.")),
    "phone": st.one_of(blanks, spelled("030 901820", "+4915123456789")),
    "country": st.one_of(blanks, spelled("de", "Frankreich")),
    "comment": st.one_of(blanks, texts(300)),
    "Men\u00fc": st.one_of(blanks, spelled("Fisch", "Kuchen")),
    "VIP?": st.one_of(blanks, spelled("ja", "NEIN", "1"), st.booleans()),
}
"""What is entered for each field and taken."""

VALUES: Mapping[str, SearchStrategy[Entered]] = {
    **VALID,
    "customer_id": st.one_of(VALID["customer_id"], VALID["customer_id"], texts(300)),
    "city": st.one_of(VALID["city"], texts(60)),
    "title": st.one_of(VALID["title"], spelled("dr."), texts(20)),
    "phone": st.one_of(VALID["phone"], texts(20)),
    "country": st.one_of(VALID["country"], spelled("XX")),
    "Men\u00fc": st.one_of(VALID["Men\u00fc"], spelled("fisch"), texts(20)),
    "VIP?": st.one_of(VALID["VIP?"], spelled("vielleicht")),
}
"""What is entered for each field, with what the field refuses."""


def values(known: Mapping[str, SearchStrategy[Entered]] = VALUES) -> SearchStrategy[Mapping[str, Entered]]:
    """Give values for some of the fields."""
    return st.fixed_dictionaries({}, optional=dict(known))


def open_center(
    store: OrganizationStore | None = None,
    settings: OrganizationSettings | None = None,
    *,
    mailer: Mailer | None = None,
) -> ContactCenter:
    """Open a center with two fields of its own and an event that asks for one of them."""
    center = new_center(settings, store=store, mailer=mailer)
    center.fields.create("Men\u00fc", FieldType.SELECT, options=["Fisch", "Kuchen"])
    center.fields.create("VIP?", FieldType.CHECKBOX)
    center.events.put(live_event("reassign", questions=_QUESTIONS, products=_PRODUCTS))
    center.events.put(live_event("keep", questions=_QUESTIONS, products=_PRODUCTS, email_change=EmailChangePolicy.KEEP))
    return center


_QUESTIONS = (
    Question(id="q1", level=QuestionLevel.BOOKING, field="Men\u00fc"),
    Question(id="q1", level=QuestionLevel.ATTENDEE, field="customer_id"),
)

_PRODUCTS = (Product(id="p1"), Product(id="p2"))

settings_strategy = st.builds(
    OrganizationSettings, sync=st.sampled_from(SyncMode), ambiguity=st.sampled_from(AmbiguityPolicy)
)


class Deed(Protocol):
    """Something that somebody does."""

    def do(self, center: ContactCenter) -> object:
        """Do it; give what the center answers, or the error."""


def done(deed: Deed, center: ContactCenter) -> object:
    """Do it; an error of ours is an answer too."""
    try:
        return deed.do(center)
    except DooCoreError as error:
        return type(error), error.args


@dataclass(frozen=True)
class Create:
    """Somebody enters a contact by hand."""

    values: Mapping[str, Entered]
    groups: Sequence[str]
    subscriptions: Mapping[Subscription, bool]

    def do(self, center: ContactCenter) -> object:
        return center.create_contact(
            self.values,
            groups=self.groups,
            subscriptions=self.subscriptions,
            confirm_duplicate=True,
            confirm_subscription=True,
        )


@dataclass(frozen=True)
class Change:
    """Somebody changes a contact by hand."""

    contact_id: str
    values: Mapping[str, Entered]
    confirm: bool

    def do(self, center: ContactCenter) -> object:
        return center.acting_as(LOU).change_contact(self.contact_id, self.values, confirm_duplicate=self.confirm)


@dataclass(frozen=True)
class Book:
    """Somebody books."""

    booking: Booking
    by_staff: bool

    def do(self, center: ContactCenter) -> object:
        return center.acting_as(LOU if self.by_staff else Booker()).book(self.booking)


@dataclass(frozen=True)
class Live:
    """Something happens to a booking: money, a cancellation, somebody at the door."""

    what: str
    number: str
    attendee: int | None = None

    def do(self, center: ContactCenter) -> object:
        more = () if self.attendee is None else (self.attendee,)
        return getattr(center.acting_as(LOU).bookings, self.what)(self.number, *more)


@dataclass(frozen=True)
class Edit:
    """Staff edit a booking."""

    number: str
    edits: Sequence[BookingEdit]

    def do(self, center: ContactCenter) -> object:
        return center.acting_as(LOU).bookings.edit(self.number, self.edits)


@dataclass(frozen=True)
class Import:
    """Somebody imports a list."""

    table: Table
    options: ImportOptions
    dry_run: bool = False

    def do(self, center: ContactCenter) -> object:
        return import_table(center, self.table, self.options, dry_run=self.dry_run)


@dataclass(frozen=True)
class Subscribe:
    """A subscription begins or ends."""

    contact_id: str
    subscription: Subscription
    state: SubscriptionState
    through: Through

    def do(self, center: ContactCenter) -> object:
        return center.set_subscription(self.contact_id, self.subscription, self.state, through=self.through)


@dataclass(frozen=True)
class Merge:
    """Two contacts turn out to be one."""

    survivor_id: str
    other_id: str

    def do(self, center: ContactCenter) -> object:
        merge(center, center.contact(self.survivor_id).id, center.contact(self.other_id).id)
        return center.contact(self.other_id)


@dataclass(frozen=True)
class Delete:
    """Somebody deletes a contact, having read what goes with it."""

    contact_id: str

    def do(self, center: ContactCenter) -> object:
        told = center.deletion(self.contact_id)
        center.acting_as(LOU).delete_contact(told)
        return told


@dataclass(frozen=True)
class Set:
    """A team admin changes the settings."""

    settings: OrganizationSettings

    def do(self, center: ContactCenter) -> object:
        return center.change_settings(self.settings)


subscriptions = st.dictionaries(st.sampled_from(Subscription), st.booleans(), max_size=2)
contact_ids = st.sampled_from(CONTACT_IDS)
numbers = st.sampled_from((None, "TX-AAAA-0001", "tx aaaa 0002", "TX-AAAA-0003"))
given_values = st.builds(lambda email, rest: {"email": email, **rest}, st.one_of(valid_addresses, blanks), values())

prefills = st.builds(Prefill, contact_id=contact_ids.map(ContactId), email=addresses)


def parties(kind: type[Any] = Attendee, *, chooses: bool = True) -> SearchStrategy[Any]:
    """Give parties; where *chooses*, staff picked the contact of some of them."""
    return st.builds(
        kind,
        email=addresses,
        values=values().map(FrozenDict),
        answers=st.dictionaries(st.just("q1"), VALUES["customer_id"]).map(FrozenDict),
        prefill=st.one_of(st.none(), prefills),
        chosen=st.one_of(st.none(), st.none(), contact_ids.map(ContactId)) if chooses else st.none(),
        subscribes=st.frozensets(st.sampled_from(Subscription), max_size=2),
    )


def bookings(*, chooses: bool = False) -> SearchStrategy[Booking]:
    """Give bookings for one of the two events."""
    return st.builds(
        Booking,
        event_id=st.sampled_from(("reassign", "keep")),
        booker=parties(Party, chooses=chooses),
        attendees=st.lists(parties(chooses=chooses), max_size=4).map(tuple),
        number=numbers,
        payment=st.sampled_from(PaymentStatus),
    )


known_numbers = st.sampled_from(("TX-AAAA-0001", "TX-AAAA-0002", "TX-AAAA-0003", "TX-ZZZZ-9999"))


def lives(booked: SearchStrategy[str] = known_numbers) -> SearchStrategy[Live]:
    """Give what happens to bookings, most often to the first attendees."""
    attendees = st.sampled_from((1, 1, 1, 2, 2, 3, 9))
    return st.one_of(
        st.builds(Live, st.sampled_from(("pay", "refund", "cancel")), booked),
        st.builds(Live, st.sampled_from(("cancel_attendee", "check_in", "check_in")), booked, attendees),
    )


def _changed_values(known: Mapping[str, SearchStrategy[Entered]] = VALUES) -> SearchStrategy[BookingEdit]:
    given = {"email": addresses, **known}
    return st.one_of(
        *(st.builds(ChangeValue, party=_places, field=st.just(name), value=value) for name, value in given.items())
    )


_places = st.sampled_from((0, 0, 0, 1, 1, 2))
booking_edits: SearchStrategy[BookingEdit] = st.one_of(
    _changed_values(),
    _changed_values(),
    st.builds(ChangeAnswer, party=_places, question=st.just("q1"), value=VALUES["customer_id"]),
    st.builds(AddProduct, product=st.sampled_from(("p1", "p2"))),
    st.builds(RemoveProduct, product=st.sampled_from(("p1", "p2"))),
    st.builds(CancelAttendee, attendee=st.sampled_from((1, 1, 2))),
    st.just(CancelBooking()),
    st.builds(ChangeTicketCategory, attendee=st.sampled_from((1, 1, 2)), category=texts(10)),
    st.builds(AddAttendee, attendee=parties()),
)
"""What staff edits in a booking."""


def edits(booked: SearchStrategy[str] = known_numbers) -> SearchStrategy[Edit]:
    """Give some edits of a booking."""
    return st.builds(Edit, booked, st.lists(booking_edits, min_size=1, max_size=3).map(tuple))


def corrections(booked: SearchStrategy[str] = known_numbers) -> SearchStrategy[Edit]:
    """Give edits that are rarely refused: values that their fields take."""
    return st.builds(Edit, booked, st.lists(_changed_values(VALID), min_size=1, max_size=2).map(tuple))


CELLS: Mapping[str, SearchStrategy[Entered]] = {
    **VALUES,
    "email": addresses,
    "contact_id": st.one_of(spelled(*CONTACT_IDS), blanks),
    "newsletter": st.one_of(blanks, spelled("1", "0", "Ja"), texts(5)),
    "groups": st.one_of(blanks, st.lists(spelled(*GROUPS), max_size=3).map(";".join)),
    "Spalte": texts(10),
}
"""What stands in the columns of a list."""

modes = st.sampled_from(DuplicateMode)
import_options = st.builds(
    ImportOptions,
    identify_by=st.sampled_from(
        (IdentifierKind.EMAIL, IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID, IdentifierKind.CONTACT_ID)
    ),
    duplicates=modes,
    groups=st.lists(st.sampled_from(GROUPS), max_size=2).map(tuple),
    invalid_values=st.sampled_from(InvalidValues),
    add_system_options=st.booleans(),
    add_custom_options=st.booleans(),
)


@st.composite
def imports(draw: st.DrawFn, *, well_formed: bool = False) -> Import:
    """Give a list with its options; unless *well_formed*, some rows are too short or too long."""
    options = draw(import_options)
    others = draw(
        st.lists(st.sampled_from([key for key in CELLS if key != options.identify_by.value]), unique=True, max_size=5)
    )
    header = draw(st.permutations([options.identify_by.value, *others]))
    row = st.tuples(*(CELLS[key] for key in header)).map(list)
    wrong = st.one_of(row.map(lambda cells: cells[1:]), row.map(lambda cells: [*cells, "x"]))
    body = draw(st.lists(row if well_formed else st.one_of(row, row, row, row, wrong), max_size=8))
    return Import(Table(header, body), options)


deeds: SearchStrategy[Deed] = st.one_of(
    st.builds(Create, given_values, st.lists(st.sampled_from(GROUPS), max_size=2), subscriptions),
    st.builds(Change, contact_ids, given_values, st.booleans()),
    st.builds(Book, bookings(chooses=True), st.booleans()),
    lives(),
    edits(),
    imports(),
    st.builds(
        Subscribe,
        contact_ids,
        st.sampled_from(Subscription),
        st.sampled_from(SubscriptionState),
        st.sampled_from(Through),
    ),
    st.builds(Merge, contact_ids, contact_ids).filter(lambda merged: merged.survivor_id != merged.other_id),
    contact_ids.map(Delete),
    settings_strategy.map(Set),
)

people = st.lists(
    st.builds(Create, given_values, st.lists(st.sampled_from(GROUPS), max_size=1), subscriptions), max_size=4
)
"""Who is there beforehand: contacts that share addresses and customer IDs."""

pasts = st.tuples(people, st.lists(deeds, max_size=3)).map(lambda both: [*both[0], *both[1]])
"""What happened beforehand."""


def center_with(past: Sequence[Deed], settings: OrganizationSettings | None = None) -> ContactCenter:
    """Open a center in which that has happened."""
    center = open_center(settings=settings)
    for deed in past:
        done(deed, center)
    return center
