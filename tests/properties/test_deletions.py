"""What holds for every deletion, whatever has happened before (CT-3, GR-1, FI-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import Contact, ContactCenter, IdentifierKind, NotFoundError, OptOut, Subscription
from doocore.rules.duplicates import is_opted_out
from tests.builders import everything, transaction_of
from tests.properties.strategies import CONTACT_IDS, Deed, center_with, deeds, done, pasts, people

few = settings(max_examples=40)
eventful = st.tuples(people, st.lists(deeds, min_size=2, max_size=6)).map(lambda both: [*both[0], *both[1]])
contact_ids = st.sampled_from(CONTACT_IDS)


def contacts_of(center: ContactCenter) -> dict[str, Contact]:
    return {each.id: each for each in center.list_contacts(limit=1000)}


def bound(center: ContactCenter, address_keys: Sequence[str]) -> frozenset[OptOut]:
    """The opt-outs that bind whoever has one of these addresses."""
    with transaction_of(center) as transaction:
        return transaction.contacts.opt_outs(address_keys)


def without(seen: Mapping[str, object], *nouns: str) -> dict[str, object]:
    return {noun: what for noun, what in seen.items() if noun not in nouns}


def delete(center: ContactCenter, contact_id: str) -> Contact | None:
    """Delete the contact of this ID, or whom it was merged into; None if there is nobody."""
    try:
        told = center.deletion(contact_id)
    except NotFoundError:
        return None
    center.delete_contact(told)
    return told.contact


class TestContacts:
    """CT-3."""

    @few
    @given(eventful, contact_ids)
    def test_every_other_contact_stays_as_it_was(self, past: Sequence[Deed], contact_id: str) -> None:
        """With its identifiers, groups and history; and so does everything that is not about contacts."""
        center = center_with(past)
        before = everything(center)
        gone = delete(center, contact_id)
        after = everything(center)
        if gone is None:
            assert after == before
            return
        kept: Any = dict(before)
        kept["contacts"] = tuple(each for each in kept["contacts"] if each.id != gone.id)
        kept["groups"] = {name: tuple(each for each in ids if each != gone.id) for name, ids in kept["groups"].items()}
        kept["history"] = {each: entries for each, entries in kept["history"].items() if each != gone.id}
        remaining = frozenset(key for each in kept["contacts"] for key in each.identifiers)
        kept["holders"] = {
            key: tuple(each for each in ids if each != gone.id)
            for key, ids in kept["holders"].items()
            if key in remaining
        }
        assert without(after, "bookings", "opt_outs") == without(kept, "bookings", "opt_outs")

    @few
    @given(eventful, contact_ids)
    def test_exactly_as_many_parties_lose_their_contact_as_was_told(
        self, past: Sequence[Deed], contact_id: str
    ) -> None:
        """And no party of anybody else does; what was entered and decided stays, but for through whom it came."""
        center = center_with(past)
        before = list(center.bookings.all())
        try:
            told = center.deletion(contact_id)
        except NotFoundError:
            return
        center.delete_contact(told)
        family = {told.contact.id, *told.merged}
        bookings = attendees = 0
        for was, now in zip(before, center.bookings.all(), strict=True):
            for place, (former, party) in enumerate(zip(was.parties, now.parties, strict=True)):
                through = None if former.through_contact_id in family else former.through_contact_id
                assert replace(party, outcome=former.outcome) == replace(former, through_contact_id=through)
                assert replace(party.outcome, contact_id=former.outcome.contact_id) == former.outcome
                if party.outcome != former.outcome:
                    assert party.outcome.contact_id is None
                    assert former.outcome.contact_id in family
                    bookings += place == 0
                    attendees += place > 0
        assert (bookings, attendees) == (told.bookings, told.attendees)
        left = {each.outcome.contact_id for booking in center.bookings.all() for each in booking.parties}
        assert told.contact.id not in left

    @few
    @given(eventful, contact_ids)
    def test_who_was_opted_out_is_opted_out_under_the_same_address(self, past: Sequence[Deed], contact_id: str) -> None:
        """SU-5: opt-outs bind before and after, those of others too; none is lifted, none comes up from nowhere."""
        center = center_with(past)
        before = contacts_of(center)
        addresses = [key.key for each in before.values() for key in each.identifiers]
        barred = bound(center, addresses)
        gone = delete(center, contact_id)
        after = bound(center, addresses)
        assert barred <= after
        if gone is None:
            assert after == barred
            return
        again = replace(gone, subscriptions=type(gone.subscriptions)())
        if any(key.kind is IdentifierKind.EMAIL for key in gone.identifiers):
            for subscription in Subscription:
                assert is_opted_out(again, subscription, after) == is_opted_out(gone, subscription, barred)
        for other in before.values():
            if other.id != gone.id and other.identifiers.isdisjoint(gone.identifiers):
                for subscription in Subscription:
                    assert is_opted_out(other, subscription, after) == is_opted_out(other, subscription, barred)

    @few
    @given(eventful, contact_ids, st.lists(deeds, max_size=4))
    def test_its_id_never_comes_again(self, past: Sequence[Deed], contact_id: str, later: Sequence[Deed]) -> None:
        """ID-1: "never given to another contact afterwards"; nothing that follows finds it, be it a booking's prefill."""
        center = center_with(past)
        gone = delete(center, contact_id)
        for deed in later:
            done(deed, center)
        if gone is not None:
            assert gone.id not in contacts_of(center)
            assert delete(center, gone.id) is None


class TestFields:
    """FI-4."""

    @few
    @given(pasts, st.sampled_from(("Men\u00fc", "VIP?")))
    def test_every_other_value_stays_as_it_was(self, past: Sequence[Deed], name: str) -> None:
        """Who had none is not touched; who had one is a version further, and the history says what it was."""
        center = center_with(past)
        seen = everything(center)
        before = contacts_of(center)
        told = center.fields.deletion(name)
        key = told.field.key
        center.fields.delete(told)
        after = contacts_of(center)
        losers = [each for each, contact in before.items() if key in contact.values]
        assert len(losers) == told.contacts
        for contact_id, was in before.items():
            values = type(was.values)({other: value for other, value in was.values.items() if other != key})
            expected = replace(was, values=values, version=was.version + 1) if contact_id in losers else was
            assert after[contact_id] == expected
            entries = center.history(contact_id)
            if contact_id in losers:
                assert (entries[-1].before, entries[-1].after) == ({key: was.values[key]}, {})
                assert entries[-1].version == was.version + 1
        nouns = ("contacts", "history", "fields", "events")
        assert without(everything(center), *nouns) == without(seen, *nouns)
        for event in center.events.all():
            assert key not in {each.field for each in event.questions}

    @few
    @given(pasts, st.lists(deeds, max_size=4), st.sampled_from(("Men\u00fc", "VIP?")))
    def test_nothing_comes_into_it_afterwards(self, past: Sequence[Deed], later: Sequence[Deed], name: str) -> None:
        """By hand, in bookings and lists: no contact has a value that no field is there for."""
        center = center_with(past)
        center.fields.delete(center.fields.deletion(name))
        for deed in later:
            done(deed, center)
        known = {each.key for each in center.fields.catalog().fields}
        assert {key for each in contacts_of(center).values() for key in each.values} <= known


class TestGroups:
    """GR-1."""

    @few
    @given(pasts, st.data())
    def test_everything_but_the_memberships_stays(self, past: Sequence[Deed], data: st.DataObject) -> None:
        center = center_with(past)
        center.groups.create("Last")
        name = data.draw(st.sampled_from([each.name for each in center.groups.all()]))
        before = everything(center)
        members = center.groups.members(name)
        told = center.groups.deletion(name)
        assert told.contacts == len(members)
        center.groups.delete(told)
        after = everything(center)
        assert without(after, "groups") == without(before, "groups")
        groups: Any = before["groups"]
        assert after["groups"] == {each: ids for each, ids in groups.items() if each != name}
