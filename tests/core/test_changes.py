"""What a decision wants written, and the history that follows from it (HI-1)."""

from dataclasses import replace
from typing import get_args

import pytest

from doocore import Cause, Consent, Contact, Envelope, FrozenDict, Group, HistoryEntry, SubscriptionState, Through
from doocore.changes import (
    WRITTEN_IN_ORDER,
    Change,
    CreateContact,
    CreateGroup,
    JoinGroup,
    UpdateContact,
    group_by_kind,
    history_entry,
)
from doocore.model.contact import GroupId
from tests.builders import LOU, MARKETING, NEWSLETTER, NOW, contact

ENVELOPE = Envelope(cause=Cause.IMPORT, actor=LOU, at=NOW, reference="i1")
BEFORE = contact("c1", first_name="Ada", city="Ulm", company="X")


def changed(after: Contact, before: Contact = BEFORE) -> HistoryEntry:
    return history_entry(UpdateContact(before, replace(after, version=2), ("IM-5",), 7), ENVELOPE)


class TestHistory:
    """HI-1: "field, before, after, when, by whom, through what (booking, import and row, …), rule IDs"."""

    def test_it_says_who_when_and_through_what(self) -> None:
        assert changed(contact("c1", first_name="Ada", city="Bonn", title="Dr.")) == HistoryEntry(
            contact_id="c1",
            version=2,
            at=NOW,
            actor="user:lou",
            cause=Cause.IMPORT,
            reference="i1",
            row=7,
            rules=("IM-5",),
            before=FrozenDict(city="Ulm", company="X"),
            after=FrozenDict(city="Bonn", title="Dr."),
        )

    def test_subscriptions_stand_by_their_names(self) -> None:
        subscribed = Consent(SubscriptionState.SUBSCRIBED, NOW, Through.IMPORT)
        ended = Consent(SubscriptionState.UNSUBSCRIBED, NOW, Through.IMPORT)
        before = replace(BEFORE, subscriptions=FrozenDict({NEWSLETTER: subscribed, MARKETING: subscribed}))
        after = replace(before, subscriptions=FrozenDict({NEWSLETTER: ended, MARKETING: subscribed}))
        entry = changed(after, before)
        assert (entry.before, entry.after) == ({"newsletter": "subscribed"}, {"newsletter": "unsubscribed"})

    def test_any_past_state_is_the_present_one_walked_back(self) -> None:
        after = replace(BEFORE, values=FrozenDict(city="Bonn", title="Dr.", company="X"))
        entry = changed(after)
        walked = {key: value for key, value in after.values.items() if key not in entry.after} | entry.before
        assert walked == BEFORE.values


class TestKinds:
    def test_every_kind_is_written_in_a_place(self) -> None:
        assert sorted(map(str, WRITTEN_IN_ORDER)) == sorted(map(str, get_args(Change)))

    @pytest.mark.parametrize("reverse", [False, True])
    def test_they_are_grouped_in_the_order_of_writing_and_each_in_its_own(self, *, reverse: bool) -> None:
        first, second = CreateContact(contact("c1")), CreateContact(contact("c2"))
        others: list[Change] = [
            JoinGroup(GroupId("g1"), BEFORE.id),
            CreateGroup(Group(id=GroupId("g1"), name="VIP")),
        ]
        changes = [first, *(reversed(others) if reverse else others), second]
        grouped = group_by_kind(changes)
        assert list(grouped) == [CreateGroup, CreateContact, JoinGroup]
        assert grouped[CreateContact] == [first, second]

    def test_kinds_that_do_not_occur_are_left_out(self) -> None:
        assert group_by_kind([]) == {}
