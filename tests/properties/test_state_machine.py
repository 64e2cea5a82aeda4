"""Whatever happens, in whatever order: every store answers and holds the same, and what the rules say holds.

The stories stand in `machine.stories`, the stores in `machine.worlds`, what must always hold in `machine.laws`. A run
tells which steps and rules it reached; one that is the same every time must reach them all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from doocore import (
    Contact,
    DeliveryOutcome,
    DuplicateMode,
    Evidence,
    MailState,
    OptOut,
    PartyOutcome,
    RecordedBooking,
    RecordedParty,
    SkipReason,
    Subscription,
    SyncMode,
    SyncOutcome,
    changes,
)
from doocore.changes import (
    Change,
    DeleteContact,
    DeleteGroup,
    LeaveGroup,
    RecordMessageEvents,
    RecordOptOut,
    RetireContact,
    UpdateContact,
)
from doocore.contact_center import inviting, messaging
from doocore.model.history import Envelope
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.plans import booking, booking_edit, booking_life, by_hand, invitations, messages, sending
from doocore.rules import duplicates, outbox, permissions, syncing
from doocore.rules.assignment import EnteredAddress
from doocore.rules.invitations import status_of
from doocore.rules.messages import STATUSES, RecipientStatus, choose_recipients
from doocore.rules.permissions import Action
from doocore.rules.syncing import Incoming, Standing, SyncOrigin
from doocore_adapters.memory import reading
from doocore_adapters.memory.records import Records
from doocore_adapters.memory.store import MemoryTransaction
from doocore_adapters.vectors.stores import STORES
from tests.properties.machine.laws import LAWS
from tests.properties.machine.reached import Reached
from tests.properties.machine.stories import ALL_STORIES
from tests.properties.machine.worlds import DisagreementError, OpenStore, Worlds, opened

WITHOUT_EXPLANATION = [each for each in Phase if each is not Phase.explain]

BRIEF = settings(
    max_examples=12, stateful_step_count=30, suppress_health_check=list(HealthCheck), phases=WITHOUT_EXPLANATION
)
THOROUGH = settings(BRIEF, max_examples=20, stateful_step_count=16, database=None, phases=[Phase.generate])

QUICK = settings(THOROUGH, report_multiple_bugs=False)

SEEDS = (4, 9, 18, 33, *range(1, 4), *range(5, 9), *range(10, 18), *range(19, 24))
"""Where runs begin that are the same every time, one after the other until enough has happened: soon, in this order."""


def machine(make_worlds: Callable[[], Worlds]) -> Any:  # noqa: ANN401, a class made of all stories
    """Put the stories together, over such worlds."""
    return type("Machine", ALL_STORIES, {"make_worlds": staticmethod(make_worlds)})


def run(
    make_worlds: Callable[[], Worlds], how: settings, number: int | None = None, reached: Reached | None = None
) -> None:
    """Let things happen, at random or from the seed *number*, and note what was *reached*."""
    made = machine(make_worlds)
    made.reached = Reached() if reached is None else reached
    run_state_machine_as_test(made if number is None else seed(number)(made), settings=how)


Stores: TypeAlias = Callable[..., Mapping[str, OpenStore]]


@pytest.fixture(scope="module")
def stores(dsn_of: Callable[[str], str | None]) -> Stores:
    """Give those of the stores that are named; a further one is a row in the list of `doocore_adapters.vectors`."""
    return lambda *names: {name: partial(STORES[name], dsn_of(name)) for name in names}


FIRST, *OTHERS = STORES


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_happens_the_stores_agree_and_the_laws_hold(other: str, stores: Stores) -> None:
    with opened(stores(FIRST, other)) as make_worlds:
        run(make_worlds, BRIEF)


DONE, IN_VAIN, REFUSED, BOTH = {"done"}, {"done in vain"}, {"refused"}, {"done", "refused"}

STEPS: Mapping[str, set[str]] = {
    "some contacts are known": DONE,
    "create a contact": DONE,
    "create a contact, unconfirmed": BOTH,
    "change a contact": BOTH,
    "change a contact as it was seen": BOTH,
    "delete a contact": BOTH,
    "merge two contacts": DONE,
    "change the settings": DONE,
    "change the settings as a member": REFUSED,
    "create a field": BOTH,
    "create a field as a member": REFUSED,
    "change a field": BOTH,
    "delete a field": BOTH,
    "put an event": BOTH,
    "create a group": BOTH,
    "join a group": BOTH,
    "leave a group": BOTH,
    "rename a group": BOTH,
    "delete a group": BOTH,
    "change a subscription": BOTH,
    "unsubscribe oneself": BOTH,
    "take an unsubscription back": BOTH,
    "book": DONE,
    "book for a family": DONE,
    "book as staff": DONE,
    "book, with somebody chosen": REFUSED,
    "book through an invitation": BOTH,
    "deliver a booking again": IN_VAIN,
    "deliver another booking under the number": REFUSED,
    "somebody has booked": DONE,
    "pay a booking": BOTH | IN_VAIN,
    "give a booking's money back": BOTH,
    "cancel a booking": BOTH | IN_VAIN,
    "cancel an attendee": BOTH | IN_VAIN,
    "check an attendee in": BOTH,
    "edit a booking": BOTH,
    "put up a list": BOTH | IN_VAIN,
    "add groups to a list": BOTH,
    "take groups off a list": BOTH,
    "make a group of a list": BOTH,
    "mark somebody": BOTH | IN_VAIN,
    "take a mark back": BOTH | IN_VAIN,
    "react to a message": BOTH | IN_VAIN,
    "derive evidence anew": IN_VAIN,
    "write a message": BOTH,
    "run the outbox": DONE | IN_VAIN,
    "queue mails again": BOTH | IN_VAIN,
    "follow a link": BOTH | IN_VAIN,
    "import a list": DONE,
    "import who is new": DONE,
    "import the last list again": DONE,
    "rehearse an import": IN_VAIN,
    "import an export": DONE,
}
"""All steps, and what must come of each at least once; a step that changes nothing is done in vain."""

RULES = {
    *("AS-0", "AS-1a", "AS-1b", "AS-1c", "AS-1d", "AS-1e", "AS-2", "AS-3a", "AS-3b", "AS-3c", "AS-4", "AS-6", "AS-7"),
    *("AS-10", "AS-13", "AS-14", "AS-15"),
    *("SY-2", "SY-4", "SY-8", "SY-9", "SY-11", "SY-12", "BO-2"),
    *("ID-4", "ID-5", "FI-4", "FI-5", "FI-6", "CT-1", "SU-1", "SU-2", "SU-4", "SU-5", "PR-2"),
    *("MA-1", "MA-2", "MA-3"),
    *("IM-5", "IM-7", "IM-9", "IM-13", "IM-17", "IM-18", "IM-19"),
}
"""The rules that must speak at least once."""


def never(reached: Reached) -> set[tuple[str, str] | str]:
    """Tell which steps and rules were never reached."""
    steps = {(step, word) for step, words in STEPS.items() for word in words}
    return {*(steps - reached.steps.keys()), *(RULES - reached.rules.keys())}


def test_every_step_and_every_rule_is_reached(stores: Stores) -> None:
    """What is never tried proves nothing; in which store it is tried does not matter to that."""
    reached = Reached()
    with opened(stores(FIRST)) as make_worlds:
        for number in SEEDS:
            if number == SEEDS[0] or never(reached):
                run(make_worlds, THOROUGH, number, reached)
    assert never(reached) == set()
    assert {step for step, _ in reached.steps} == STEPS.keys()


# A machine that cannot fail proves nothing: what is broken must be found


Broken: TypeAlias = Callable[[pytest.MonkeyPatch], None]


def let_happen(stores: Mapping[str, OpenStore], first: int) -> None:
    """Let things happen, from a seed after which the broken thing is met soon, and then from all the others."""
    with opened(stores) as make_worlds:
        for number in (first, *SEEDS):
            run(make_worlds, QUICK, number)


def a_store_that(alters: Callable[[Change], Change | None]) -> Broken:
    """Let the store in memory write other changes than it is given; None is none."""

    def break_it(monkeypatch: pytest.MonkeyPatch) -> None:
        really = MemoryTransaction.apply

        def apply(self: MemoryTransaction, changes: Sequence[Change], envelope: Envelope) -> None:
            altered = [change for each in changes if (change := alters(each)) is not None]
            really(self, altered, envelope)

        monkeypatch.setattr(MemoryTransaction, "apply", apply)

    return break_it


def forgets(kind: type) -> Callable[[Change], Change | None]:
    return lambda change: None if isinstance(change, kind) else change


BROKEN_STORES: dict[str, tuple[int, Broken]] = {
    "forgets who leaves a group": (2, a_store_that(forgets(LeaveGroup))),
    "forgets opt-outs": (1, a_store_that(forgets(RecordOptOut))),
    "forgets who is deleted": (3, a_store_that(forgets(DeleteContact))),
    "forgets that a group is gone": (1, a_store_that(forgets(DeleteGroup))),
    "forgets why contacts changed": (
        *(1, a_store_that(lambda each: replace(each, rules=()) if isinstance(each, UpdateContact) else each)),
    ),
    "loses the identifiers of merged contacts": (
        *(4, a_store_that(lambda each: replace(each, aliases=()) if isinstance(each, RetireContact) else each)),
    ),
    "forgets what happened to messages": (1, a_store_that(forgets(RecordMessageEvents))),
}
"""Stores that are broken, with the seed after which the broken thing is met soon."""


@pytest.mark.parametrize(("first", "broken"), BROKEN_STORES.values(), ids=BROKEN_STORES.keys())
def test_a_store_that_is_broken_is_found(
    first: int, broken: Broken, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    with pytest.raises(DisagreementError):
        let_happen(stores(FIRST, OTHERS[0]), first)


def a_row(table: Any, key: object, row: object) -> Broken:  # noqa: ANN401, a table of any rows
    """Let a table have another row."""
    return lambda monkeypatch: monkeypatch.setitem(table, key, row)


def a_name(module: object, name: str, value: object) -> Broken:
    """Let a story use something else."""
    return lambda monkeypatch: monkeypatch.setattr(module, name, value)


def of_nobody(**known: Any) -> EnteredAddress:  # noqa: ANN401, what an address is known by
    """Forget who holds an address, and who got it earlier in the booking."""
    return EnteredAddress(**{**known, "used_by": None, "holders": ()})


def decided_anew(edited: booking_edit._EditedParty, desk: booking.Desk, _: PartyOutcome) -> RecordedParty:
    """Decide about a party as if it had been delivered so."""
    return desk.recorded(desk.decide(edited.party, edited.incoming), edited.party, edited.incoming)


def of_parties_alone(records: Records, contact_id: ContactId) -> frozenset[BookingNumber]:
    """Forget through whose invitation bookings came."""
    return records.bookings_of.get(contact_id, frozenset())


def undated(record: RecordedBooking, **changed: Any) -> RecordedBooking:  # noqa: ANN401, what a booking has
    """Forget when a booking changes."""
    return replace(record, **{name: value for name, value in changed.items() if name != "last_changed"})


def each_for_themselves(
    contacts: Iterable[Contact], purpose: Subscription, opt_outs: frozenset[OptOut], _: set[str]
) -> Iterator[tuple[Contact, SkipReason | None]]:
    """Forget who has got a message at the same address."""
    for each in contacts:
        yield from choose_recipients([each], purpose, opt_outs, set())


OVERWRITTEN = syncing.Row("SY-4", SyncOutcome.OVERWRITTEN)

CLICKS_UNSEEN = STATUSES[MailState.SENT]._replace(clicked=RecipientStatus.OPENED)

BROKEN_RULES: dict[str, tuple[int, Broken]] = {
    "a_booking_does_not_erase": (
        *(1, a_row(syncing.BY_VALUE, (Incoming.GIVEN, Standing.DIFFERENT, SyncMode.OFF), OVERWRITTEN)),
    ),
    "a_booking_makes_no_second_holder": (4, a_name(booking.Desk, "_held_elsewhere", lambda *_: frozenset())),
    "an_import_keeps_to_its_mode": (
        *(2, a_row(duplicates.WRITES_VALUE, (DuplicateMode.FILL_EMPTY, Standing.DIFFERENT), True)),
    ),
    "the_history_leads_back_to_the_beginning": (1, a_name(changes, "_observable", lambda contact: contact.values)),
    "a_person_s_own_word_stands": (9, a_name(booking, "is_opted_out", lambda *_: False)),
    "one_address_leads_to_one_contact": (4, a_name(booking, "EnteredAddress", of_nobody)),
    "the_members_of_its_groups_stand_on_a_list": (
        *(1, a_name(reading, "_on_list", lambda records, _: {*records.contacts})),
    ),
    "evidence_is_what_follows_from_what_was_recorded": (1, a_name(invitations, "_added", lambda _: ())),
    "a_list_shows_what_is_known": (
        *(1, a_name(inviting, "status_of", lambda evidence: status_of(evidence | Evidence.SENT))),
    ),
    "keys_match_values": (1, a_name(by_hand, "key_of_email", lambda values: values.get("email"))),
    "bookings_concern_whom_they_should": (4, a_name(Records, "concerned", of_parties_alone)),
    "under_off_an_edit_changes_the_booking_only": (
        *(2, a_row(syncing.COMPARES, (SyncOrigin.PORTAL, SyncMode.OFF), True)),
    ),
    "an_edit_moves_nobody": (2, a_name(booking_edit._EditedParty, "recorded", decided_anew)),
    "every_change_of_a_booking_is_dated_and_leads_back": (1, a_name(booking_life, "replace", undated)),
    "nobody_gets_what_they_may_not_have": (4, a_name(sending, "_why_not", lambda *_: None)),
    "what_is_over_is_not_sent_again": (6, a_row(outbox.SETTLED, DeliveryOutcome.UNKNOWN, MailState.QUEUED)),
    "what_the_mailer_said_is_where_mails_stand": (2, a_row(outbox.SETTLED, DeliveryOutcome.REFUSED, MailState.SENT)),
    "each_address_gets_a_message_once": (2, a_name(messages, "choose_recipients", each_for_themselves)),
    "everybody_a_message_is_meant_for_has_a_mail": (1, a_name(messaging._Audience, "_single", lambda *_: ())),
    "recipients_stand_where_the_most_is_known": (1, a_row(STATUSES, MailState.SENT, CLICKS_UNSEEN)),
    "what_was_sent_was_recorded": (1, a_name(sending, "message_event", lambda *_, **__: ())),
    "members_do_not_manage": (
        *(1, a_row(permissions.BY_ACTION, Action.MANAGE_FIELDS, permissions.Row("FI-4", permissions.Standing.MEMBER))),
    ),
}
"""Rules that are broken in every store alike, by the law that finds out, with the seed after which it does so soon."""


@pytest.mark.parametrize("law", BROKEN_RULES)
def test_a_rule_that_is_broken_is_found(law: str, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    assert law in LAWS
    first, broken = BROKEN_RULES[law]
    broken(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        let_happen(stores(FIRST), first)
    assert [each for each in caught.value.__notes__ if each.startswith(f"the law {law} ")]
