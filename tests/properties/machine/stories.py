"""Stories: what can happen, one class of steps for each; a further one is a class here, and a base of the machine.

A step is a method with `@rule`; what it does is a deed that every world does, and `happen` sees to the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.strategies import SearchStrategy

from doocore import (
    Attendee,
    Booking,
    BookingResult,
    ContactCenter,
    DeliveryOutcome,
    DuplicateMode,
    EmailChangePolicy,
    Event,
    EventStatus,
    FieldType,
    FrozenDict,
    IdentifierKind,
    ImportOptions,
    ImportReport,
    InvalidValues,
    InvitationStatus,
    Link,
    MailState,
    Mark,
    OrganizationSettings,
    Party,
    PaymentStatus,
    Prefill,
    ProductPlan,
    Reaction,
    RowReport,
    Subscription,
    SubscriptionState,
    Through,
)
from doocore.model.event import Question, QuestionLevel
from doocore.model.fields import CUSTOM_FIELD_TYPES
from doocore.model.identifiers import ContactId
from doocore.rules.duplicates import is_own_opt_out
from tests.builders import LOU, Table
from tests.properties.machine.laws import GOES, LAWS, Happened, state_of
from tests.properties.machine.post import Follow, QueueAgain, RunOutbox, Said, Write
from tests.properties.machine.reached import Reached, rules_of
from tests.properties.machine.worlds import Worlds
from tests.properties.strategies import (
    CONTACT_IDS,
    CUSTOMER_IDS,
    GROUPS,
    SPELLINGS,
    VALID,
    Book,
    Change,
    Create,
    Deed,
    Edit,
    Import,
    Live,
    Merge,
    Set,
    Subscribe,
    blanks,
    bookings,
    corrections,
    done,
    edits,
    given_values,
    imports,
    lives,
    modes,
    parties,
    settings_strategy,
    spelled,
    subscriptions,
    valid_addresses,
    values,
)


def of_the_machine(choices: Callable[["Story"], Sequence[Any]]) -> SearchStrategy[Any]:
    """Choose among things that there are by then."""
    return st.runner().flatmap(lambda machine: st.sampled_from(choices(machine)))


somebody = of_the_machine(lambda machine: [*machine.worlds.seen["contacts"], *CONTACT_IDS[:1], *CONTACT_IDS[-1:]])
"""A contact that there is, or one that there may be, or one that there never was."""

Told: TypeAlias = tuple[str, Deed]
"""A step's name, and what is done."""


def told(step: str, deeds: SearchStrategy[Any]) -> SearchStrategy[Told]:
    """Give deeds with the name of their step."""
    return st.tuples(st.just(step), deeds)


class Story(RuleBasedStateMachine):
    """What all stories share: the worlds in which they happen, and what is held against them."""

    make_worlds: ClassVar[Any] = None
    reached: ClassVar[Reached] = Reached()

    def __init__(self) -> None:
        super().__init__()
        self.worlds: Worlds = type(self).make_worlds()
        self.gone: frozenset[str] = frozenset()
        self.born: dict[str, dict[str, Any]] = {}
        self.said: Mapping[str, Said] = {}

    def happen(self, step: str, deed: Deed) -> Happened:
        """Let *deed* happen in every world: the same must come of it everywhere, and every law must hold."""
        before = self.worlds.seen
        answer = self.worlds.do(deed)
        after = self.worlds.look()
        self.born.update({id_: state_of(each) for id_, each in after["contacts"].items() if id_ not in self.born})
        happened = Happened(step, deed, answer, before, after, self.gone, self.born, self.said)
        for name, law in LAWS.items():
            try:
                law(happened)
            except AssertionError as broken:
                broken.add_note(f"the law {name} ({law.__doc__}) does not hold after: {step}")
                raise
        if step in GOES:
            self.gone |= before["contacts"].keys() - after["contacts"].keys()
        self.said = happened.said_by_now
        self._remember(happened)
        return happened

    def _remember(self, happened: Happened) -> None:
        word = "refused" if happened.refused else "done in vain" if happened.after == happened.before else "done"
        event(f"step: {happened.step}, {word}")
        rules = rules_of(happened)
        for each in rules:
            event(f"rule: {each}")
        self.reached.steps[happened.step, word] += 1
        self.reached.rules.update(rules)


# By hand


some_subscription = st.sampled_from((*Subscription, *3 * (Subscription.NEWSLETTER,)))
some_groups = st.lists(st.sampled_from(GROUPS), max_size=2)
few_addresses = st.one_of(spelled(*SPELLINGS[0], *SPELLINGS[1]), valid_addresses, blanks)
known_values = st.builds(lambda email, rest: {"email": email, **rest}, few_addresses, values(VALID))


@dataclass(frozen=True)
class Beginning:
    """What there is at the beginning: settings, and contacts."""

    settings: OrganizationSettings
    known: Sequence[Create]

    def do(self, center: ContactCenter) -> object:
        center.change_settings(self.settings)
        return [done(each, center) for each in self.known]


@dataclass(frozen=True)
class CreateUnconfirmed:
    """Somebody enters a contact, and confirms nothing."""

    values: Mapping[str, Any]

    def do(self, center: ContactCenter) -> object:
        return center.create_contact(self.values)


@dataclass(frozen=True)
class ChangeVersion:
    """Somebody changes a contact of which they have seen that version."""

    contact_id: str
    version: int

    def do(self, center: ContactCenter) -> object:
        return center.change_contact(self.contact_id, {"company": "ACME"}, version=self.version)


seen_versions = of_the_machine(
    lambda machine: [
        (CONTACT_IDS[-1], 1),
        *((id_, contact.version - late) for id_, contact in machine.worlds.seen["contacts"].items() for late in (0, 1)),
    ]
)
"""A contact, and the version of it that somebody has seen, of now or of before the last change."""


class ByHand(Story):
    """Staff enter and change contacts (CT-1, ID-5)."""

    @initialize(
        settings=settings_strategy,
        known=st.lists(st.builds(Create, known_values, some_groups, subscriptions), min_size=2, max_size=5),
    )
    def some_are_known(self, settings: OrganizationSettings, known: Sequence[Create]) -> None:
        self.happen("some contacts are known", Beginning(settings, known))

    @rule(
        told=st.one_of(
            told(
                "create a contact", st.builds(Create, st.one_of(known_values, given_values), some_groups, subscriptions)
            ),
            told("create a contact, unconfirmed", st.builds(CreateUnconfirmed, known_values)),
            told("change a contact", st.builds(Change, somebody, known_values, st.booleans())),
            told("change a contact", st.builds(Change, somebody, given_values, st.booleans())),
            told("change a contact as it was seen", seen_versions.map(lambda seen: ChangeVersion(*seen))),
        )
    )
    def enter_or_change_a_contact(self, told: Told) -> None:
        self.happen(*told)


class Deletions(Story):
    """Staff delete contacts (CT-3)."""

    @rule(contact_id=somebody)
    def delete_a_contact(self, contact_id: str) -> None:
        self.happen("delete a contact", DeleteContact(contact_id))


@dataclass(frozen=True)
class DeleteContact:
    """Somebody deletes a contact, and has seen what goes with it."""

    contact_id: str

    def do(self, center: ContactCenter) -> object:
        told = center.deletion(self.contact_id)
        center.delete_contact(told)
        return told


class Merges(Story):
    """Two contacts turn out to be one: as far as identifiers go (MG-1, MG-5)."""

    @precondition(lambda self: len(self.worlds.seen["contacts"]) > 1)
    @rule(data=st.data())
    def merge_two_contacts(self, data: st.DataObject) -> None:
        there = st.sampled_from(list(self.worlds.seen["contacts"]))
        survivor_id, other_id = data.draw(st.lists(there, min_size=2, max_size=2, unique=True))
        self.happen("merge two contacts", Merge(survivor_id, other_id))


# What an organization sets up


@dataclass(frozen=True)
class SetAsMember:
    """A member tries to change the settings."""

    settings: OrganizationSettings

    def do(self, center: ContactCenter) -> object:
        return center.acting_as(LOU).change_settings(self.settings)


@dataclass(frozen=True)
class CreateField:
    """Somebody makes a field."""

    name: str
    field_type: FieldType
    options: Sequence[str]
    as_member: bool = False

    def do(self, center: ContactCenter) -> object:
        actor = center.acting_as(LOU) if self.as_member else center
        return actor.fields.create(self.name, self.field_type, options=self.options)


@dataclass(frozen=True)
class ChangeField:
    """A team admin changes a field."""

    field: str
    name: str | None
    options: Sequence[str] | None
    archived: bool | None

    def do(self, center: ContactCenter) -> object:
        return center.fields.change(self.field, name=self.name, options=self.options, archived=self.archived)


@dataclass(frozen=True)
class DeleteField:
    """A team admin deletes a field, and has seen what goes with it."""

    field: str

    def do(self, center: ContactCenter) -> object:
        told = center.fields.deletion(self.field)
        center.fields.delete(told)
        return told


plans = st.sampled_from((*ProductPlan, ProductPlan.PRO))


class Organizing(Story):
    """Settings, plans, and time."""

    @rule(
        told=st.one_of(
            told("change the settings", st.builds(Set, st.builds(replace, settings_strategy, plan=plans))),
            told("change the settings", st.builds(Set, st.builds(replace, settings_strategy, plan=plans))),
            told("change the settings as a member", st.builds(SetAsMember, settings_strategy)),
        )
    )
    def change_the_settings(self, told: Told) -> None:
        self.happen(*told)

    @rule(days=st.sampled_from((1, 40)))
    def time_passes(self, days: int) -> None:
        self.worlds.pass_time(timedelta(days=days))


class Events(Story):
    """Events come into being, go live, are cancelled, and end (BO-3)."""

    @rule(
        event_id=st.sampled_from(("reassign", "keep", "gala")),
        status=st.sampled_from(
            (EventStatus.LIVE, EventStatus.LIVE, EventStatus.LIVE, EventStatus.DRAFT, EventStatus.CANCELLED)
        ),
        policy=st.sampled_from(EmailChangePolicy),
        days=st.sampled_from((None, None, 10, 50)),
        asks=st.sampled_from((None, "customer_id", "Men\u00fc", "Farbe")),
    )
    def put_an_event(
        self, event_id: str, status: EventStatus, policy: EmailChangePolicy, days: int | None, asks: str | None
    ) -> None:
        ends = None if days is None else self.worlds.now.replace(tzinfo=None) + timedelta(days=days)
        questions = tuple(Question(id="q1", level=level, field=asks) for level in QuestionLevel)
        changed = Event(id=event_id, status=status, email_change=policy, ends_at=ends, questions=questions)
        self.happen("put an event", PutEvent(changed))


@dataclass(frozen=True)
class PutEvent:
    """Somebody creates or changes an event."""

    event: Event

    def do(self, center: ContactCenter) -> object:
        return center.events.put(self.event)


fields = st.sampled_from(("Farbe", "Men\u00fc", "VIP?", "Gr\u00f6\u00dfe", "title", "nichts"))
field_names = spelled("Farbe", "FARBE", "Gr\u00f6\u00dfe", "\u6f22", "Men\u00fc", "Ort", "Newsletter", "")
field_types = st.sampled_from((*CUSTOM_FIELD_TYPES, FieldType.EMAIL))
options = st.lists(spelled("rot", "Fisch", "Kuchen", "gr\u00fcn"), max_size=3)


class Fields(Story):
    """A team admin makes fields, changes them, deletes them (chapter 4)."""

    @rule(
        told=st.one_of(
            told("create a field", st.builds(CreateField, field_names, field_types, st.one_of(st.just([]), options))),
            told("create a field as a member", st.just(CreateField("Farbe", FieldType.SHORT_TEXT, (), as_member=True))),
            told(
                "change a field",
                st.builds(
                    ChangeField,
                    fields,
                    st.one_of(st.none(), field_names),
                    st.one_of(st.none(), options),
                    st.sampled_from((None, None, True, False)),
                ),
            ),
            told("delete a field", st.builds(DeleteField, fields)),
        )
    )
    def manage_a_field(self, told: Told) -> None:
        self.happen(*told)


@dataclass(frozen=True)
class OfGroup:
    """Somebody does something with a group."""

    what: str
    name: str
    more: str | Sequence[str]

    def do(self, center: ContactCenter) -> object:
        return getattr(center.groups, self.what)(self.name, self.more)


@dataclass(frozen=True)
class DeleteGroup:
    """Somebody deletes a group, and has seen what goes with it."""

    name: str

    def do(self, center: ContactCenter) -> object:
        told = center.groups.deletion(self.name)
        center.groups.delete(told)
        return told


group_names = st.one_of(
    spelled(*GROUPS, "Presse", "Messe", "\u6f22", "A;B", ""),
    of_the_machine(lambda machine: ["VIP", *(name for name, _ in machine.worlds.seen["groups by name"])]),
)
members = st.lists(somebody, min_size=1, max_size=2)
a_member = of_the_machine(
    lambda machine: [
        ("VIP", CONTACT_IDS[0]),
        *((name, each) for name, found in machine.worlds.seen["groups by name"] for each in found),
    ]
)
"""A group that there may be, and somebody who may be in it, or is."""


class Groups(Story):
    """Groups are made, filled, emptied, renamed, deleted (GR-1)."""

    @rule(
        told=st.one_of(
            told("create a group", st.builds(OfGroup, st.just("create"), group_names, members)),
            told("join a group", st.builds(OfGroup, st.just("join"), group_names, members)),
            told("rename a group", st.builds(OfGroup, st.just("rename"), group_names, group_names)),
            told("delete a group", st.builds(DeleteGroup, group_names)),
        )
    )
    def manage_a_group(self, told: Told) -> None:
        self.happen(*told)

    @rule(member=a_member, others=members)
    def leave_a_group(self, member: tuple[str, str], others: list[str]) -> None:
        name, contact_id = member
        self.happen("leave a group", OfGroup("leave", name, [contact_id, *others]))


ended = of_the_machine(
    lambda machine: [
        (CONTACT_IDS[0], Subscription.NEWSLETTER),
        *(
            (contact_id, each)
            for contact_id, contact in machine.worlds.seen["contacts"].items()
            for each, consent in contact.subscriptions.items()
            if is_own_opt_out(consent)
        ),
    ]
)
"""Somebody, and a subscription that this person ended, if anybody did."""


class Subscriptions(Story):
    """Subscriptions begin and end: by hand, by a booking, by the person (SU-1, SU-4, SU-5)."""

    @rule(
        contact_id=somebody,
        subscription=some_subscription,
        state=st.sampled_from(SubscriptionState),
        through=st.sampled_from(Through),
    )
    def change_a_subscription(
        self, contact_id: str, subscription: Subscription, state: SubscriptionState, through: Through
    ) -> None:
        self.happen("change a subscription", Subscribe(contact_id, subscription, state, through))

    @rule(contact_id=somebody, subscription=some_subscription)
    def unsubscribe_oneself(self, contact_id: str, subscription: Subscription) -> None:
        deed = Subscribe(contact_id, subscription, SubscriptionState.UNSUBSCRIBED, Through.UNSUBSCRIBE_LINK)
        self.happen("unsubscribe oneself", deed)

    @rule(ended=ended, through=st.sampled_from((Through.BY_HAND, Through.BOOKING, Through.PORTAL)))
    def take_it_back(self, ended: tuple[str, Subscription], through: Through) -> None:
        self.happen("take an unsubscription back", Subscribe(*ended, SubscriptionState.SUBSCRIBED, through))


# What comes in


@st.composite
def families(draw: st.DrawFn) -> Booking:
    """Give a booking of several people who share an address."""
    shared = spelled(*draw(st.sampled_from(SPELLINGS[:2])))
    booking = draw(bookings())
    attendees = draw(
        st.lists(st.builds(Attendee, email=shared, values=values(VALID).map(FrozenDict)), min_size=1, max_size=3)
    )
    return replace(
        booking,
        booker=draw(st.builds(Party, email=shared, subscribes=st.frozensets(some_subscription))),
        attendees=attendees,
    )


class Bookings(Story):
    """Bookings are delivered: new ones, the same again, others under the same number (chapters 2 and 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.delivered: list[tuple[Book, BookingResult]] = []

    def deliver(self, step: str, book: Deed) -> None:
        """Deliver, and remember it if it was taken."""
        answer = self.happen(step, book).answer
        assert isinstance(book, Book)
        if isinstance(answer, BookingResult) and book.booking.number is not None:
            self.delivered.append((book, answer))

    @rule(
        told=st.one_of(
            told("book", st.builds(Book, bookings(), st.just(False))),
            told("book for a family", st.builds(Book, families(), st.just(False))),
            told("book as staff", st.builds(Book, bookings(chooses=True), st.just(True))),
            told("book, with somebody chosen", st.builds(Book, bookings(chooses=True), st.just(False))),
        )
    )
    def book(self, told: Told) -> None:
        self.deliver(*told)

    @rule(data=st.data(), booking=bookings(), event_id=st.sampled_from(("reassign", "keep")))
    def book_through_an_invitation(self, data: st.DataObject, booking: Booking, event_id: str) -> None:
        """The form was filled in from somebody whom we know, or knew, and the address was left alone or changed."""
        contacts = self.worlds.seen["contacts"]
        invited = data.draw(st.sampled_from([*sorted(contacts), *3 * sorted(self.worlds.seen["survivors"]), "c9999"]))
        shown = contacts[invited].values.get("email") if invited in contacts else SPELLINGS[0][0]
        typed = st.one_of(st.just(shown), valid_addresses, blanks)
        prefill = Prefill(contact_id=ContactId(invited), email=data.draw(st.one_of(st.just(shown), valid_addresses)))
        booker = replace(booking.booker, prefill=prefill, email=data.draw(typed))
        invitation = replace(booking, booker=booker, event_id=event_id)
        self.deliver("book through an invitation", Book(invitation, by_staff=False))

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        book, first = data.draw(st.sampled_from(self.delivered))
        answer = self.happen("deliver a booking again", book).answer
        assert isinstance(answer, BookingResult)
        assert answer.repeated
        assert _decisions(answer) == _decisions(first)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data(), booking=bookings())
    def deliver_something_else_under_the_same_number(self, data: st.DataObject, booking: Booking) -> None:
        book, _ = data.draw(st.sampled_from(self.delivered))
        other = replace(booking, number=book.booking.number, invoice_sum=None, products=("another",))
        assert self.happen("deliver another booking under the number", Book(other, by_staff=True)).refused


def _decisions(result: BookingResult) -> object:
    """Give what was decided; whose a party is by now, and the customer ID of its record, may be another."""
    return [(each.decision, each.reason, each.flags, each.reports, each.opted_out) for each in result.parties]


booked_numbers = of_the_machine(
    lambda machine: [*(each.number for each in machine.worlds.seen["bookings"] for _ in range(3)), "TX-0"]
)
"""A booking that there is, or rarely none."""

LIVES: Mapping[str, str] = {
    "pay": "pay a booking",
    "refund": "give a booking's money back",
    "cancel": "cancel a booking",
    "cancel_attendee": "cancel an attendee",
    "check_in": "check an attendee in",
}


class BookingLife(Story):
    """Bookings are paid, cancelled, edited; attendees come in (chapter 9)."""

    @initialize(
        booking=bookings(), attendees=st.lists(parties(chooses=False), min_size=1, max_size=2), paid=st.booleans()
    )
    def somebody_has_booked(self, booking: Booking, attendees: Sequence[Attendee], *, paid: bool) -> None:
        payment = PaymentStatus.PAID if paid else PaymentStatus.PENDING
        first = replace(booking, number="TX-AAAA-0000", attendees=attendees, payment=payment)
        self.happen("somebody has booked", Book(first, by_staff=False))

    @precondition(lambda self: self.worlds.seen["bookings"])
    @rule(deeds=st.lists(lives(booked_numbers), min_size=1, max_size=3), times=st.sampled_from((1, 2)))
    def something_happens_to_bookings(self, deeds: list[Live], times: int) -> None:
        for deed in deeds:
            for _ in range(times):
                self.happen(LIVES[deed.what], deed)

    @precondition(lambda self: self.worlds.seen["bookings"])
    @rule(deed=st.one_of(edits(booked_numbers), corrections(booked_numbers)))
    def edit_a_booking(self, deed: Edit) -> None:
        self.happen("edit a booking", deed)


@dataclass(frozen=True)
class OfList:
    """Somebody does something with an event's invitation list."""

    what: str
    event_id: str
    groups: tuple[str, ...]

    def do(self, center: ContactCenter) -> object:
        return getattr(center.invitations, self.what)(self.event_id, self.groups)


@dataclass(frozen=True)
class OfMark:
    """Somebody sets a mark, or takes it back."""

    what: str
    event_id: str
    contact_id: str
    mark: Mark

    def do(self, center: ContactCenter) -> object:
        return getattr(center.invitations, self.what)(self.event_id, self.contact_id, self.mark)


@dataclass(frozen=True)
class Reacts:
    """Something happens to a message at somebody."""

    event_id: str
    contact_id: str
    reaction: Reaction
    key: str
    by_machine: bool

    def do(self, center: ContactCenter) -> object:
        return center.invitations.record_message_event(
            self.event_id, self.contact_id, self.reaction, id=self.key, by_machine=self.by_machine
        )


@dataclass(frozen=True)
class ListToGroup:
    """Somebody makes a group of those who stand somewhere."""

    event_id: str
    name: str
    statuses: frozenset[InvitationStatus]

    def do(self, center: ContactCenter) -> object:
        return center.invitations.to_group(self.event_id, self.name, statuses=self.statuses)


@dataclass(frozen=True)
class Recompute:
    """Somebody has all evidence of an event derived anew."""

    event_id: str

    def do(self, center: ContactCenter) -> object:
        return center.invitations.recompute(self.event_id)


some_events = st.sampled_from(("reassign", "reassign", "keep", "gala", "unknown"))
listed_events = st.sampled_from((*("reassign",) * 4, "keep"))
"""Events that have a list, or rarely one that has none at first."""

groups_there_are = of_the_machine(
    lambda machine: [*(name for name, _ in machine.worlds.seen["groups by name"]), "VIP", "Nobody"]
)
of_lists = st.lists(groups_there_are, min_size=1, max_size=2).map(tuple)
on_lists = of_the_machine(
    lambda machine: [
        ("reassign", CONTACT_IDS[0]),
        *((event_id, each.contact_id) for event_id, lines in machine.worlds.seen["invited"].items() for each in lines),
    ]
)
"""An event, and somebody who may be on its list, or is."""


class Invitations(Story):
    """People are invited, react, are marked; lists get groups and lose them (chapter 7)."""

    @initialize(groups=st.lists(st.sampled_from(GROUPS), min_size=2, max_size=3, unique_by=str.casefold))
    def somebody_is_invited(self, groups: Sequence[str]) -> None:
        """And a group is at hand that is not invited yet."""
        for name in groups:
            self.happen("create a group", OfGroup("create", name, list(CONTACT_IDS[:1])))
        self.happen("put up a list", OfList("create", "reassign", tuple(groups[:-1])))

    @rule(
        told=st.one_of(
            told("put up a list", st.builds(OfList, st.just("create"), some_events, of_lists)),
            told("add groups to a list", st.builds(OfList, st.just("add_groups"), listed_events, of_lists)),
            told("take groups off a list", st.builds(OfList, st.just("remove_groups"), listed_events, of_lists)),
            told(
                "make a group of a list",
                st.builds(
                    ListToGroup,
                    listed_events,
                    st.one_of(group_names, spelled("Messe", "Erinnern")),
                    st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(InvitationStatus), max_size=4)),
                ),
            ),
        )
    )
    def manage_a_list(self, told: Told) -> None:
        self.happen(*told)

    @rule(place=on_lists, mark=st.sampled_from(Mark), times=st.sampled_from((1, 2)), taken_back=st.booleans())
    def mark_somebody(self, place: tuple[str, str], mark: Mark, times: int, *, taken_back: bool) -> None:
        for _ in range(times):
            self.happen("mark somebody", OfMark("mark", *place, mark))
        if taken_back:
            self.happen("take a mark back", OfMark("unmark", *place, mark))

    @rule(
        event_id=some_events, contact_id=somebody, mark=st.sampled_from(Mark), what=st.sampled_from(("mark", "unmark"))
    )
    def mark_anybody(self, event_id: str, contact_id: str, mark: Mark, what: str) -> None:
        self.happen(
            "take a mark back" if what == "unmark" else "mark somebody", OfMark(what, event_id, contact_id, mark)
        )

    @rule(
        places=st.lists(st.one_of(on_lists, st.tuples(some_events, somebody)), min_size=1, max_size=3),
        reaction=st.sampled_from(Reaction),
        key=st.sampled_from(("", "", "m1", "m2")),
        by_machine=st.sampled_from((False, False, True)),
    )
    def react_to_a_message(
        self, places: list[tuple[str, str]], reaction: Reaction, key: str, *, by_machine: bool
    ) -> None:
        for place in places:
            self.happen("react to a message", Reacts(*place, reaction, key, by_machine))

    @rule(event_id=some_events)
    def derive_evidence_anew(self, event_id: str) -> None:
        happened = self.happen("derive evidence anew", Recompute(event_id))
        assert happened.answer == 0
        assert happened.after == happened.before


purposes = st.sampled_from((Subscription.EVENT_COMMUNICATION, Subscription.NEWSLETTER))
says = st.lists(st.sampled_from((*DeliveryOutcome, None)), min_size=1, max_size=4).map(tuple)
reachable = of_the_machine(
    lambda machine: [
        *(each.id for each in machine.worlds.seen["contacts"].values() for _ in range(3) if each.email_key),
        *(CONTACT_IDS[:1]),
    ]
)
"""Somebody who has an address, or rarely one who may not be there."""

audiences = st.fixed_dictionaries(
    {"event_id": st.sampled_from((*("reassign",) * 9, "keep", "gala"))},
    optional={
        "groups": of_the_machine(
            lambda machine: [(), *((name,) for name, _ in machine.worlds.seen["groups by name"] for _ in range(3))]
        ),
        "statuses": st.frozensets(st.sampled_from(list(InvitationStatus)[:3]), max_size=2),
    },
)
"""To whom else a message goes; only one event has an invitation list at first."""

mails_there_are = of_the_machine(lambda machine: [*machine.worlds.seen["mails"], "r0"])
tokens = of_the_machine(lambda machine: [*(each.token for each in machine.worlds.seen["mails"].values()), "t0"])
by_machines = st.sampled_from((False, False, True))
links = st.sampled_from((*list(Link)[:-1], Link.UNSUBSCRIBE))
"""Those that a message has, and the one after which nobody gets another."""


class Messages(Story):
    """Messages are written to people who may have them, leave or do not, and are answered (chapter 11)."""

    @rule(
        purpose=purposes,
        wishing=st.lists(reachable, min_size=1, max_size=3),
        audience=audiences,
        meanwhile=st.lists(
            st.one_of(
                told(
                    "unsubscribe oneself",
                    st.builds(
                        Subscribe,
                        somebody,
                        purposes,
                        st.just(SubscriptionState.UNSUBSCRIBED),
                        st.just(Through.UNSUBSCRIBE_LINK),
                    ),
                ),
                told(
                    "change a subscription",
                    st.builds(
                        Subscribe, somebody, purposes, st.sampled_from(SubscriptionState), st.just(Through.BY_HAND)
                    ),
                ),
                told(
                    "change a contact",
                    st.builds(Change, somebody, few_addresses.map(lambda each: {"email": each}), st.just(True)),
                ),
            ),
            max_size=2,
        ),
        says=says,
        insists=st.booleans(),
        followed=st.lists(st.tuples(links, by_machines), max_size=2),
    )
    def write_and_send(
        self,
        *,
        purpose: Subscription,
        wishing: list[str],
        audience: Mapping[str, Any],
        meanwhile: list[Told],
        says: tuple[Said, ...],
        insists: bool,
        followed: list[tuple[Link, bool]],
    ) -> None:
        """Somebody asked for such messages beforehand, and may think otherwise before the mails leave.

        Who *insists* sends what has failed or is in doubt again, a little later, with what is due by then. Links of the
        last mail are *followed*.
        """
        for each in wishing:
            deed = Subscribe(each, purpose, SubscriptionState.SUBSCRIBED, Through.BY_HAND)
            self.happen("change a subscription", deed)
        self.happen("write a message", Write(purpose=purpose, contacts=tuple(wishing), **audience))
        for told in meanwhile:
            self.happen(*told)
        self.happen("run the outbox", RunOutbox(says))
        mails = self.worlds.seen["mails"].values()
        over = tuple(each.id for each in mails if each.state in {MailState.FAILED, MailState.UNKNOWN})
        if insists and over:
            self.happen("queue mails again", QueueAgain(over))
        if insists:
            self.worlds.pass_time(timedelta(minutes=11))
            self.happen("run the outbox", RunOutbox())
        token = next((each.token for each in reversed(mails) if each.token), "t0")
        for link, by_machine in followed:
            self.happen("follow a link", Follow(token, link, by_machine))

    @precondition(lambda self: self.worlds.seen["mails"])
    @rule(minutes=st.sampled_from((0, 2, 11, 60, 1500)), says=says)
    def send_what_is_due(self, minutes: int, says: tuple[Said, ...]) -> None:
        """What was put off, what was left by somebody who was killed, and what was queued again."""
        self.worlds.pass_time(timedelta(minutes=minutes))
        self.happen("run the outbox", RunOutbox(says))

    @precondition(lambda self: self.worlds.seen["mails"])
    @rule(mail_ids=st.lists(mails_there_are, min_size=1, max_size=2).map(tuple))
    def queue_mails_again(self, mail_ids: tuple[str, ...]) -> None:
        self.happen("queue mails again", QueueAgain(mail_ids))

    @precondition(lambda self: self.worlds.seen["mails"])
    @rule(
        follows=st.lists(
            st.builds(Follow, tokens, links, by_machines),
            min_size=1,
            max_size=3,
        )
    )
    def follow_links(self, follows: list[Follow]) -> None:
        for each in follows:
            self.happen("follow a link", each)


@st.composite
def lists_of_known_people(draw: st.DrawFn) -> Import:
    """Give a list that finds people, by an identifier that they have, and says something of them."""
    columns: dict[str, SearchStrategy[Any]] = {
        "email": few_addresses,
        "customer_id": st.one_of(spelled(*CUSTOMER_IDS), blanks),
        "city": st.one_of(spelled("Bonn", "K\u00f6ln"), blanks),
        "newsletter": st.sampled_from(("1", "1", "0", "", "vielleicht")),
        "Gruppen": st.sampled_from(("", "VIP", "Presse;vip")),
    }
    identify_by = draw(st.sampled_from((IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID)))
    rows = draw(st.lists(st.tuples(*columns.values()).map(list), min_size=1, max_size=4))
    options = ImportOptions(
        identify_by=identify_by, duplicates=draw(modes), invalid_values=draw(st.sampled_from(InvalidValues))
    )
    return Import(Table(list(columns), rows), options)


class Imports(Story):
    """Lists are imported: rehearsed, run, run again (chapter 6)."""

    def __init__(self) -> None:
        super().__init__()
        self.last: Import | None = None

    @rule(deed=st.one_of(imports(), lists_of_known_people()))
    def import_a_list(self, deed: Import) -> None:
        self.happen("import a list", deed)
        self.last = deed

    @rule(deed=imports(), collecting=st.sampled_from((None, *GROUPS)))
    def import_who_is_new(self, deed: Import, collecting: str | None) -> None:
        options = replace(deed.options, duplicates=DuplicateMode.ONLY_NEW, existing_to_group=collecting)
        self.happen("import who is new", replace(deed, options=options))

    @rule(deed=st.one_of(imports(), lists_of_known_people()))
    def rehearse_and_import(self, deed: Import) -> None:
        """IM-14: a dry run gives the same report."""
        rehearsed = self.happen("rehearse an import", replace(deed, dry_run=True)).imported
        imported = self.happen("import a list", deed).imported
        assert _told(rehearsed) == _told(imported)

    @precondition(lambda self: self.last)
    @rule()
    def import_the_same_again(self) -> None:
        assert self.last is not None
        self.happen("import the last list again", self.last)

    @rule()
    def import_an_export(self) -> None:
        """EX-2: under `overwrite`, identified by contact ID, it changes nothing but the list of imports."""
        with self.worlds.first.export_contacts() as export:
            table = Table(export.columns, list(export))
        options = ImportOptions(identify_by=IdentifierKind.CONTACT_ID, duplicates=DuplicateMode.OVERWRITE)
        happened = self.happen("import an export", Import(table, options))
        if happened.imported is not None:
            for noun, value in happened.before.items():
                assert noun in {"imports", "import_rows"} or happened.after[noun] == value, noun


def _told(imported: tuple[ImportReport, tuple[RowReport, ...]] | None) -> object:
    """Leave out IDs, also in advice: those that a rehearsal draws nobody gets."""
    if imported is None:
        return None
    report, rows = imported
    told_of_rows = [
        (row.line, row.outcome, [(each.word, each.column, each.cell) for each in (*row.reasons, *row.warnings)])
        for row in rows
    ]
    return report.counts, report.reasons, report.warnings, told_of_rows


ALL_STORIES: tuple[type[Story], ...] = (
    ByHand,
    Deletions,
    Merges,
    Organizing,
    Events,
    Fields,
    Groups,
    Subscriptions,
    Bookings,
    BookingLife,
    Invitations,
    Messages,
    Imports,
)
