"""Which contact a party belongs to: every row of chapter 2, asked of the pure function."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product
from typing import ClassVar, Final

import pytest

from doocore import (
    AmbiguityPolicy,
    Assignment,
    Contact,
    ContactId,
    Decision,
    EmailChangePolicy,
    EnteredAddress,
    EventStatus,
    Flag,
    Prefill,
    PrefilledContact,
    Refusal,
    ValueReason,
    assign,
    resolve_prefill,
)
from doocore.rules import assignment as rules
from doocore.rules.assignment import (
    BY_ADDRESS,
    BY_AMBIGUITY,
    BY_PREFILL,
    DECIDED_BY_ADDRESS,
    TAKES_BOOKINGS,
    Address,
    PolicyRow,
    Row,
    Shown,
)
from tests.builders import NOW, address, contact, email_key

ADA = contact("c1", email="ada@x.de")
EVE = contact("c2", email="ada@x.de")
KEEP, REASSIGN = EmailChangePolicy.KEEP, EmailChangePolicy.REASSIGN
NO_ADDRESS: Final = Refusal(ValueReason.INVALID_EMAIL, "an address")

ENTERED = {
    Address.BLANK: EnteredAddress(address=None),
    Address.INVALID: EnteredAddress(address=NO_ADDRESS),
    Address.USED: EnteredAddress(address=address("ada@x.de"), holders=(ADA, EVE), used_by=ContactId("c7")),
    Address.UNKNOWN: EnteredAddress(address=address("ada@x.de")),
    Address.KNOWN: EnteredAddress(address=address("ada@x.de"), holders=(ADA,)),
    Address.SHARED: EnteredAddress(address=address("ada@x.de"), holders=(ADA, EVE)),
}
"""One entered address for each row of AS-1."""

GUEST = contact("c5", email="guest@x.de", aliases=[email_key("old@x.de")])
CASES = {
    Shown.NOTHING: ("new@x.de", None),
    Shown.LEFT: (" GUEST@x.de", "guest@x.de"),
    Shown.OWN: ("old@x.de", "guest@x.de"),
    Shown.CHANGED: ("new@x.de", "guest@x.de"),
}
"""What the guest entered, and what the form had shown."""

SHOWN_AND_POLICY = list(product(Shown, EmailChangePolicy))


def assigned_prefilled(shown: Shown, policy: EmailChangePolicy, **more: bool) -> Assignment:
    entered, before = CASES[shown]
    prefilled = PrefilledContact(contact=GUEST, shown_key=before, **more)
    return assign(EnteredAddress(address=address(entered)), prefilled, policy=policy)


class TestWithoutPrefill:
    """AS-1: the entered address decides."""

    @pytest.mark.parametrize(
        ("kind", "decision", "contact_id", "reason", "rule"),
        [
            (Address.BLANK, Decision.UNASSIGNED, None, "no_email", "AS-1a"),
            (Address.KNOWN, Decision.ASSIGN, "c1", "email_match", "AS-1b"),
            (Address.UNKNOWN, Decision.NEW, None, "no_match", "AS-1c"),
            (Address.SHARED, Decision.NEW, None, "ambiguous", "AS-1d"),
            (Address.INVALID, Decision.UNASSIGNED, None, "invalid_email", "AS-1e"),
            (Address.USED, Decision.ASSIGN, "c7", "same_booking", "AS-10"),
        ],
    )
    def test_every_row(self, kind: Address, decision: Decision, contact_id: str | None, reason: str, rule: str) -> None:
        found = assign(ENTERED[kind])
        assert (found.decision, found.contact_id, found.reason) == (decision, contact_id, reason)
        assert (found.rules, found.flags) == ((rule,), frozenset())

    def test_the_table_is_complete(self) -> None:
        assert set(BY_ADDRESS) == set(Address) == {each.kind for each in ENTERED.values()}

    @pytest.mark.parametrize("kind", Address)
    def test_the_table_decides(self, kind: Address, monkeypatch: pytest.MonkeyPatch) -> None:
        changed = {**BY_ADDRESS, kind: Row("AS-99", Decision.UNASSIGNED, "because")}
        monkeypatch.setattr(rules, "BY_ADDRESS", changed)
        found = assign(ENTERED[kind])
        assert (found.decision, found.contact_id, found.reason) == (Decision.UNASSIGNED, None, "because")

    def test_three_holders_are_as_ambiguous_as_two(self) -> None:
        three = EnteredAddress(address=address("ada@x.de"), holders=(ADA, EVE, GUEST))
        assert assign(three).reason == "ambiguous"


class TestPrefilled:
    """AS-2 to AS-4: the prefilled contact stands as long as its address was left alone, or the event says so."""

    @pytest.mark.parametrize("policy", EmailChangePolicy)
    @pytest.mark.parametrize(
        ("shown", "reason", "rule"),
        [
            (Shown.NOTHING, "prefill_kept", "AS-4"),
            (Shown.LEFT, "prefill_kept", "AS-2"),
            (Shown.OWN, "prefill_kept", "AS-3c"),
        ],
    )
    def test_it_stands_whatever_the_event_says(
        self, shown: Shown, reason: str, rule: str, policy: EmailChangePolicy
    ) -> None:
        found = assigned_prefilled(shown, policy)
        assert (found.contact_id, found.reason, found.rules) == ("c5", reason, (rule,))
        assert found.flags == frozenset()

    @pytest.mark.parametrize("kind", Address)
    def test_a_changed_address_goes_as_if_nothing_had_been_prefilled(self, kind: Address) -> None:
        """AS-3a."""
        alone = assign(ENTERED[kind])
        found = assign(ENTERED[kind], PrefilledContact(contact=GUEST, shown_key="guest@x.de"), policy=REASSIGN)
        assert found == replace(alone, rules=("AS-3a", *alone.rules), flags=frozenset({Flag.PREFILL_CHANGED}))

    @pytest.mark.parametrize("kind", Address)
    def test_a_changed_address_is_held_by_an_event_that_keeps(self, kind: Address) -> None:
        """AS-3b, also for a blank or invalid one."""
        found = assign(ENTERED[kind], PrefilledContact(contact=GUEST, shown_key="guest@x.de"), policy=KEEP)
        assert (found.contact_id, found.reason, found.rules) == ("c5", "prefill_held", ("AS-3b",))

    @pytest.mark.parametrize("policy", EmailChangePolicy)
    @pytest.mark.parametrize("kind", Address)
    def test_without_an_address_to_show_any_address_goes_to_the_contact(
        self, kind: Address, policy: EmailChangePolicy
    ) -> None:
        """AS-4."""
        found = assign(ENTERED[kind], PrefilledContact(contact=contact("c5"), shown_key=None), policy=policy)
        assert (found.contact_id, found.rules) == ("c5", ("AS-4",))

    def test_an_event_reassigns_unless_it_says_otherwise(self) -> None:
        """AS-8."""
        entered = EnteredAddress(address=address("new@x.de"))
        assert assign(entered, PrefilledContact(contact=GUEST, shown_key="guest@x.de")).rules == ("AS-3a", "AS-1c")

    @pytest.mark.parametrize("holders", [(), (ADA,), (ADA, EVE)])
    def test_an_address_left_alone_stands_however_many_hold_it(self, holders: tuple[Contact, ...]) -> None:
        """AS-2."""
        entered = EnteredAddress(address=address("guest@x.de"), holders=holders)
        assert assign(entered, PrefilledContact(contact=GUEST, shown_key="guest@x.de")).rules == ("AS-2",)

    def test_the_table_is_complete(self) -> None:
        assert set(BY_PREFILL) == set(SHOWN_AND_POLICY)

    @pytest.mark.parametrize(("shown", "policy"), SHOWN_AND_POLICY)
    def test_the_table_decides(self, shown: Shown, policy: EmailChangePolicy, monkeypatch: pytest.MonkeyPatch) -> None:
        row = Row("AS-99", Decision.ASSIGN, "because")
        monkeypatch.setattr(rules, "BY_PREFILL", {**BY_PREFILL, (shown, policy): row})
        assert assigned_prefilled(shown, policy).reason == "because"
        monkeypatch.setattr(rules, "BY_PREFILL", {**BY_PREFILL, (shown, policy): None})
        assert assigned_prefilled(shown, policy).rules == ("AS-3a", "AS-1c")


class TestPrecedence:
    """AS-0, AS-7 and AS-6 (what the prefill is), AS-4, AS-2, AS-3c, AS-3b, AS-3a."""

    @pytest.mark.parametrize("kind", Address)
    @pytest.mark.parametrize("prefilled", [None, PrefilledContact(contact=GUEST, shown_key="guest@x.de")])
    def test_a_chosen_contact_is_not_second_guessed(self, kind: Address, prefilled: PrefilledContact | None) -> None:
        """AS-0."""
        found = assign(ENTERED[kind], prefilled, policy=KEEP, chosen=ContactId("c9"))
        assert found == Assignment(
            decision=Decision.ASSIGN, contact_id=ContactId("c9"), reason="chosen", rules=("AS-0",)
        )

    @pytest.mark.parametrize("policy", EmailChangePolicy)
    @pytest.mark.parametrize("kind", Address)
    def test_a_prefill_that_is_gone_counts_for_nothing(self, kind: Address, policy: EmailChangePolicy) -> None:
        """AS-6."""
        alone = assign(ENTERED[kind])
        found = assign(ENTERED[kind], PrefilledContact(contact=None, shown_key="ada@x.de"), policy=policy)
        assert found == replace(alone, rules=("AS-6", *alone.rules), flags=frozenset({Flag.PREFILL_GONE}))

    @pytest.mark.parametrize(("shown", "policy"), SHOWN_AND_POLICY)
    def test_a_survivor_stands_for_the_merged(self, shown: Shown, policy: EmailChangePolicy) -> None:
        """AS-7: decided as AS-2 to AS-4."""
        alone = assigned_prefilled(shown, policy)
        assert assigned_prefilled(shown, policy, merged=True) == replace(alone, rules=("AS-7", *alone.rules))

    def test_the_address_that_was_shown_comes_before_the_contacts_own(self) -> None:
        """AS-2 before AS-3c: both would say the same contact, and the first is the reason."""
        assert assigned_prefilled(Shown.LEFT, REASSIGN).rules == ("AS-2",)

    def test_an_address_shown_once_stands_although_the_contact_has_another_now(self) -> None:
        """AS-2 compares with what was shown, not with what the contact has."""
        entered = EnteredAddress(address=address("former@x.de"))
        assert assign(entered, PrefilledContact(contact=GUEST, shown_key="former@x.de")).contact_id == "c5"


class TestWhatThePrefillIs:
    """AS-6, AS-7: a prefill names the contact itself, the survivor of its merges, or nobody any more."""

    PREFILL = Prefill(contact_id=ContactId("c9"))

    def test_the_contact_itself(self) -> None:
        nine = contact("c9")
        found = resolve_prefill(self.PREFILL, {nine.id: nine}, {}, "key")
        assert found == PrefilledContact(contact=nine, shown_key="key")

    def test_its_survivor(self) -> None:
        found = resolve_prefill(self.PREFILL, {ADA.id: ADA}, {ContactId("c9"): ADA.id}, "key")
        assert found == PrefilledContact(contact=ADA, shown_key="key", merged=True)

    def test_nobody(self) -> None:
        assert resolve_prefill(self.PREFILL, {ADA.id: ADA}, {}, None).contact is None

    def test_nobody_where_the_survivor_is_gone_too(self) -> None:
        found = resolve_prefill(self.PREFILL, {}, {ContactId("c9"): ADA.id}, None)
        assert found == PrefilledContact(contact=None, shown_key=None)


class TestAmbiguity:
    """AS-14: the organization may want one of several holders instead of a new contact."""

    OLD = contact("c3", created_at=NOW - timedelta(days=9), email="ada@x.de")
    FULL = contact("c1", created_at=NOW - timedelta(days=5), email="ada@x.de", city="Ulm", company="X", title="Dr.")
    FULL_TOO = contact("c2", created_at=NOW - timedelta(days=5), email="ada@x.de", city="Ulm", company="X", phone="1")
    NEW = contact("c0", created_at=NOW, email="ada@x.de", city="Bonn")
    PICKED: ClassVar = {
        AmbiguityPolicy.CREATE_NEW: (None, "ambiguous", ("AS-1d",)),
        AmbiguityPolicy.OLDEST: ("c3", "policy_oldest", ("AS-1d", "AS-14")),
        AmbiguityPolicy.NEWEST: ("c0", "policy_newest", ("AS-1d", "AS-14")),
        AmbiguityPolicy.MOST_COMPLETE: ("c1", "policy_most_complete", ("AS-1d", "AS-14")),
    }

    @pytest.mark.parametrize("policy", AmbiguityPolicy)
    def test_every_policy_picks_its_holder_in_whatever_order_they_come(self, policy: AmbiguityPolicy) -> None:
        """The most complete has most non-blank fields; of two such it is the older one."""
        for holders in permutations((self.OLD, self.FULL, self.FULL_TOO, self.NEW)):
            found = assign(EnteredAddress(address=address("ada@x.de"), holders=holders), ambiguity=policy)
            assert (found.contact_id, found.reason, found.rules) == self.PICKED[policy]
            assert found.decision is (Decision.ASSIGN if found.contact_id else Decision.NEW)

    @pytest.mark.parametrize("policy", AmbiguityPolicy)
    @pytest.mark.parametrize("kind", [each for each in Address if each is not Address.SHARED])
    def test_what_is_not_ambiguous_asks_no_policy(self, kind: Address, policy: AmbiguityPolicy) -> None:
        assert assign(ENTERED[kind], ambiguity=policy) == assign(ENTERED[kind])

    def test_the_source_makes_a_new_contact(self) -> None:
        assert assign(ENTERED[Address.SHARED]).reason == "ambiguous"

    def test_the_table_is_complete(self) -> None:
        assert set(BY_AMBIGUITY) == set(AmbiguityPolicy)

    @pytest.mark.parametrize("policy", AmbiguityPolicy)
    def test_the_table_decides(self, policy: AmbiguityPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
        row = PolicyRow("policy_second", lambda holders: holders[1])
        monkeypatch.setattr(rules, "BY_AMBIGUITY", {**BY_AMBIGUITY, policy: row})
        found = assign(ENTERED[Address.SHARED], ambiguity=policy)
        assert (found.contact_id, found.reason) == ("c2", "policy_second")


def test_the_rows_that_decide_by_the_address_are_those_of_the_rule() -> None:
    """AS-10: "assigned or created by its address (AS-1b-d, AS-2, AS-3c)"."""
    named = {row.rule for row in (*BY_ADDRESS.values(), *BY_PREFILL.values()) if row is not None}
    assert named >= DECIDED_BY_ADDRESS == {"AS-1b", "AS-1c", "AS-1d", "AS-2", "AS-3c"}


def test_bookings_go_to_live_events_and_by_staff_to_those_that_are_over() -> None:
    """AS-15."""
    assert set(TAKES_BOOKINGS) == set(product(EventStatus, (False, True)))
    taken = {each for each, takes in TAKES_BOOKINGS.items() if takes}
    assert taken == {(EventStatus.LIVE, False), (EventStatus.LIVE, True), (EventStatus.OVER, True)}
