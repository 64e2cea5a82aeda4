"""Claims about contacts, their identifiers, merging and opt-outs."""
# ruff: noqa: RUF001, letters that look alike are test data

from dataclasses import replace
from itertools import pairwise
from typing import Any

from doocore.changes import (
    CreateContact,
    CreateContacts,
    CreateGroup,
    DeleteContact,
    JoinGroup,
    LiftOptOut,
    RecordBooking,
    RecordOptOut,
    RetireContact,
    UpdateContact,
)
from doocore.errors import NotFoundError, StaleVersionError
from doocore.model.booking import RecordedBooking
from doocore.model.contact import (
    Consent,
    Contact,
    ContactColumns,
    GroupId,
    OptOut,
    Subscription,
    SubscriptionState,
    Through,
)
from doocore.model.deletion import Belongings
from doocore.model.fields import SYSTEM_KEYS
from doocore.model.frozen import FrozenDict
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.ports import Snapshot
from doocore.testing.raises import raises
from doocore.testing.samples import (
    MOMENT,
    TEXTS,
    address,
    booking,
    contact,
    contact_id,
    contact_set,
    customer,
    envelope,
    full_booking,
    full_contact,
    group,
    party,
)
from doocore.testing.store.base import StoreClaims, commit


class ContactClaims(StoreClaims):
    """Reading and writing contacts."""

    def test_a_contact_that_has_everything_comes_back_as_it_was(self) -> None:
        """Nothing of a contact is lost or changed, whatever script it is written in."""
        with self.transaction(CreateContact(full_contact(1))) as tx:
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): full_contact(1)}

    def test_a_contact_that_has_nothing_comes_back_as_it_was(self) -> None:
        """A contact need not have any value."""
        with self.transaction(CreateContact(contact(1))) as tx:
            found = tx.contacts.get([contact_id(1)])[contact_id(1)]
            assert found == contact(1)
            assert found.email_key is None
            assert not found.values

    def test_any_text_comes_back_as_it_was_in_any_field(self) -> None:
        """System fields and custom fields hold any Unicode text unchanged: not trimmed, not folded, not normalized."""
        keys = (*SYSTEM_KEYS, "custom 🦄")
        contacts = [
            replace(contact(number), values=FrozenDict(dict.fromkeys(keys, text)), email_key=text)
            for number, text in enumerate(TEXTS)
        ]
        with self.transaction(*map(CreateContact, contacts)) as tx:
            assert tx.contacts.get([each.id for each in contacts]) == {each.id: each for each in contacts}

    def test_long_texts_come_back_whole(self) -> None:
        """A comment and a custom field have no end that a store decides about."""
        long = contact(1, comment="Ä" * 100_000, f1="🦄" * 100_000)
        with self.transaction(CreateContact(long)) as tx:
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): long}

    def test_false_is_a_value_and_absent_is_none(self) -> None:
        """A checkbox that says no is told from one that says nothing, and the text `0` from both."""
        given = contact(1, f1=False, f2="0", f3=True, house_number="0")
        with self.transaction(CreateContact(given)) as tx:
            values = tx.contacts.get([contact_id(1)])[contact_id(1)].values
            assert values == {"f1": False, "f2": "0", "f3": True, "house_number": "0"}
            assert values["f1"] is False
            assert values["f3"] is True

    def test_a_moment_without_an_offset_is_refused(self) -> None:
        """Nobody would know which moment it is; nothing is written."""
        local = MOMENT.replace(tzinfo=None)
        consent = Consent(SubscriptionState.SUBSCRIBED, local, Through.BY_HAND)
        subscribed = replace(contact(2), subscriptions=FrozenDict({Subscription.NEWSLETTER: consent}), version=2)
        wrong = (
            CreateContact(replace(contact(1), created_at=local)),
            CreateContact(replace(subscribed, id=contact_id(1), version=1)),
            UpdateContact(contact(2), subscribed),
        )
        with self.transaction(CreateContact(contact(2))) as tx:
            for change in wrong:
                with raises(ValueError):
                    tx.apply([CreateContact(contact(3)), change], envelope())
            assert tx.contacts.page() == (contact(2),)

    def test_contacts_that_do_not_exist_are_left_out(self) -> None:
        """Asking for unknown contacts is no error, however strange the ID."""
        strange = ["", "c", f"{contact_id(1)}\0x", f"{contact_id(1)} ", contact_id(1).upper(), "\ud800", "🦄", *TEXTS]
        with self.transaction(CreateContact(contact(1))) as tx:
            assert tx.contacts.get([]) == {}
            assert tx.contacts.get([ContactId(each) for each in strange]) == {}
            assert tx.contacts.get({contact_id(1), contact_id(2)}).keys() == {contact_id(1)}

    def test_an_id_is_given_once(self) -> None:
        """A contact of an ID that exists is not created; what is there stays."""
        with self.transaction(CreateContact(contact(1, first_name="Ada"))) as tx:
            with raises(StaleVersionError) as caught:
                tx.apply([CreateContact(contact(0)), CreateContact(contact(1, first_name="Ida"))], envelope())
            assert (caught.error.noun, caught.error.key) == ("contact", contact_id(1))
            assert tx.contacts.get([contact_id(0), contact_id(1)]) == {contact_id(1): contact(1, first_name="Ada")}

    def test_an_id_is_given_once_within_one_call(self) -> None:
        """Two contacts of one ID in the same changes are refused like any other second one."""
        with self.transaction() as tx:
            with raises(StaleVersionError) as caught:
                tx.apply([CreateContact(contact(1)), CreateContact(contact(2)), CreateContact(contact(1))], envelope())
            assert caught.error.key == contact_id(1)
            assert tx.contacts.count() == 0

    def test_an_update_replaces_what_was_there(self) -> None:
        """Values that are gone are gone; what came is there; the version is the new one."""
        before = full_contact(1)
        after = replace(
            contact(1, email="New@Example.org", f1="Brot 🍞"),
            origin=before.origin,
            created_at=before.created_at,
            version=8,
        )
        with self.transaction(CreateContact(before), UpdateContact(before, after)) as tx:
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): after}

    def test_an_update_of_an_outdated_version_is_refused(self) -> None:
        """Who decided on an old state of a contact must read it again."""
        first = contact(1, first_name="Ada")
        second = replace(first, values=FrozenDict({"first_name": "Ida"}), version=2)
        other = replace(first, values=FrozenDict({"first_name": "Eda"}), version=2)
        with self.transaction(CreateContact(first), UpdateContact(first, second)) as tx:
            with raises(StaleVersionError) as caught:
                tx.apply([UpdateContact(first, other)], envelope())
            assert (caught.error.noun, caught.error.key) == ("contact", contact_id(1))
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): second}

    def test_the_outdated_contact_is_named_among_many(self) -> None:
        """Not one that was created or changed several times in the same call."""
        steps = {number: [replace(contact(number), version=version) for version in (1, 2, 3)] for number in (1, 2, 3)}
        good = [UpdateContact(*pair) for number in (2, 3) for pair in pairwise(steps[number])]
        outdated = UpdateContact(steps[1][1], steps[1][2])
        with self.transaction(CreateContact(contact(1)), CreateContact(contact(2))) as tx:
            for changes in ((*good, outdated), (outdated, *good)):
                with raises(StaleVersionError) as caught:
                    tx.apply([CreateContact(contact(3)), *changes], envelope())
                assert caught.error.key == contact_id(1)
            tx.apply([CreateContact(contact(3)), *good], envelope())
            assert [each.version for each in tx.contacts.page()] == [1, 3, 3]

    def test_an_update_of_no_contact_is_refused(self) -> None:
        """A contact that is gone has no version that a change could be made from."""
        with self.transaction() as tx:
            with raises(StaleVersionError) as caught:
                tx.apply([UpdateContact(contact(1), replace(contact(1), version=2))], envelope())
            assert caught.error.key == contact_id(1)
            assert tx.contacts.count() == 0

    def test_one_contact_can_change_several_times_in_one_call(self) -> None:
        """Each change is made from the one before."""
        states = (
            contact(1),
            contact(1, email="a@b.de"),
            contact(1, email="a@b.de", city="Ulm"),
            contact(1, city="Ulm"),
        )
        versions = [replace(each, version=version) for version, each in enumerate(states, start=1)]
        steps = [UpdateContact(before, after) for before, after in pairwise(versions)]
        with self.transaction(CreateContact(versions[0]), *steps) as tx:
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): versions[-1]}
            assert [each.version for each in tx.history.of_contact(contact_id(1))] == [2, 3, 4]


class ContactSetClaims(StoreClaims):
    """Many contacts that come into being, or change, as one set."""

    def test_a_set_of_contacts_comes_back_as_each_would_by_itself(self) -> None:
        """Every value, state and origin, what the contacts are found by, and what the search looks through."""
        created = contact_set(*range(1, 30))
        with self.store() as store:
            together, apart = store.organization("acme"), store.organization("other")
            commit(together, created)
            commit(apart, *map(CreateContact, created.contacts()))
            with together.snapshot() as view:
                assert view.contacts.page() == tuple(created.contacts())
                seen = _seen(view, created)
            with apart.snapshot() as view:
                assert _seen(view, created) == seen

    def test_a_set_has_no_end(self) -> None:
        """However many contacts, none is lost at the end of a statement."""
        created = contact_set(*range(2_003))
        with self.transaction(created) as tx:
            assert tx.contacts.count() == len(created.ids)
            assert tx.contacts.page(limit=3_000) == tuple(created.contacts())

    def test_a_set_in_which_nobody_has_anything_is_one_too(self) -> None:
        """No row, no address, no value, no state."""
        blank = contact_set(1, 2)
        blank = replace(blank, rows=(None, None), email_keys=("", ""), columns=FrozenDict(city=("", "")))
        with self.transaction(blank) as tx:
            assert [(each.origin.row, each.email_key, each.values) for each in tx.contacts.page()] == [
                (None, None, {})
            ] * 2

    def test_row_zero_is_a_row(self) -> None:
        """Whoever counts from zero finds it again."""
        with self.transaction(replace(contact_set(1), rows=(0,))) as tx:
            assert tx.contacts.page()[0].origin.row == 0

    def test_an_id_of_a_set_is_given_once(self) -> None:
        """Not to a contact that is there, that was there, or twice in the set; the first such one is named, nothing is written."""
        there = (CreateContact(contact(1)), CreateContact(contact(2)), RetireContact(contact_id(1), contact_id(2)))
        with self.transaction(*there) as tx:
            for numbers, named in (((3, 2, 1), 2), ((3, 1), 1), ((3, 4, 4, 3), 4)):
                with raises(StaleVersionError) as refused:
                    tx.apply([CreateContact(contact(5)), contact_set(*numbers)], envelope())
                assert refused.error.key == contact_id(named)
            assert tx.contacts.page() == (contact(2),)

    def test_a_set_that_began_at_no_moment_is_refused(self) -> None:
        """Its moment has an offset, as all have."""
        with self.transaction() as tx:
            with raises(ValueError):
                tx.apply([contact_set(1, created_at=MOMENT.replace(tzinfo=None))], envelope())
            assert tx.contacts.page() == ()

    def test_contacts_of_a_set_can_change_and_join_in_the_same_call(self) -> None:
        """They are there for whatever is written behind them."""
        created = contact_set(1, 2)
        before = next(created.contacts())
        after = replace(before, values=FrozenDict(city="Ulm"), version=2)
        with self.transaction(CreateGroup(group(1))) as tx:
            tx.apply([JoinGroup(group(1).id, before.id), UpdateContact(before, after), created], envelope())
            assert tx.contacts.get([before.id]) == {before.id: after}
            assert tx.groups.members(group(1).id) == (before.id,)

    def test_many_contacts_change_as_each_would_by_itself(self) -> None:
        """First those that are found by something else then, then others, some of them twice; history has each change."""
        created = contact_set(*range(1, 200))
        updates: list[UpdateContact] = []
        for number, before in enumerate(created.contacts()):
            after = replace(
                full_contact(number + 1), origin=before.origin, created_at=before.created_at, aliases=before.aliases
            )
            if number >= 100:
                found_by = {key: before.values[key] for key in ("email", "customer_id") if key in before.values}
                rest = {key: value for key, value in after.values.items() if key not in {"email", "customer_id"}}
                after = replace(after, values=FrozenDict(rest | found_by), email_key=before.email_key)
            updates.append(UpdateContact(before, replace(after, version=2), ("IM-5",), None if number % 3 else number))
            if number > 150 and number % 10 == 0:
                values = FrozenDict({**after.values, "city": '"Ulm"\\'})
                last = replace(updates[-1].after, values=values, version=3)
                updates.append(UpdateContact(updates[-1].after, last))
        with self.store() as store:
            together, apart = store.organization("acme"), store.organization("other")
            commit(together, created)
            commit(together, *updates)
            commit(apart, created)
            for each in updates:
                commit(apart, each)
            with together.snapshot() as view:
                latest = {each.after.id: each.after for each in updates}
                assert dict(view.contacts.get(created.ids)) == latest
                seen = _seen(view, created)
            with apart.snapshot() as view:
                assert _seen(view, created) == seen

    def test_of_many_that_change_the_outdated_one_is_named_and_nothing_is_written(self) -> None:
        """Its version is another one by then."""
        created = contact_set(*range(1, 100))
        before = tuple(created.contacts())
        changed = [replace(each, values=FrozenDict({**each.values, "city": "Ulm"}), version=2) for each in before]
        with self.transaction(created, UpdateContact(before[70], changed[70])) as tx:
            with raises(StaleVersionError) as refused:
                tx.apply(list(map(UpdateContact, before, changed)), envelope())
            assert refused.error.key == before[70].id
            assert [each.version for each in tx.contacts.page()] == [*[1] * 70, 2, *[1] * 28]


def _seen(view: Snapshot, created: CreateContacts) -> object:
    """See what there is of contacts that were written as a set."""
    words = ("", *TEXTS, "example.org", "ulm")
    keys = [address(f"{number}@example.org") for number in range(200)]
    return (
        view.contacts.get(created.ids),
        list(view.contacts.columns((*SYSTEM_KEYS, "custom 🦄", "f1", "newsletter"), size=1_000)),
        view.contacts.holders([*keys, *map(customer, TEXTS)]),
        [[each.id for each in view.contacts.page(text=word.casefold())] for word in words],
        [view.history.of_contact(each) for each in created.ids],
    )


class HolderClaims(StoreClaims):
    """Finding contacts by their identifiers."""

    def test_contacts_are_found_by_address_customer_id_and_id(self) -> None:
        """Every identifier finds its holder, under its own kind."""
        ada = contact(1, email="Ada@Example.org", customer_id="K-1")
        by_id = IdentifierKey(IdentifierKind.CONTACT_ID, contact_id(1))
        with self.transaction(CreateContact(ada)) as tx:
            keys = (address("ada@example.org"), customer("K-1"), by_id)
            assert tx.contacts.holders(keys) == dict.fromkeys(keys, (contact_id(1),))
            crossed = (customer("ada@example.org"), address("K-1"), customer(contact_id(1)))
            assert tx.contacts.holders(crossed) == {}

    def test_all_holders_are_found_sorted(self) -> None:
        """An identifier that several contacts hold gives them all, in order of their IDs, and never only the first."""
        shared = [contact(number, email="office@example.org", customer_id="K") for number in (3, 1, 2)]
        with self.transaction(*map(CreateContact, shared)) as tx:
            everybody = (contact_id(1), contact_id(2), contact_id(3))
            found = tx.contacts.holders({address("office@example.org"), customer("K")})
            assert found == {address("office@example.org"): everybody, customer("K"): everybody}

    def test_aliases_are_held_too(self) -> None:
        """An identifier that came with a merged contact finds the survivor, once, beside those that hold it as their own (MG-5)."""
        aliases = frozenset({address("old@example.org"), customer("K-OLD"), address("same@example.org")})
        survivor = contact(2, email="same@example.org", aliases=aliases)
        with self.transaction(CreateContact(survivor), CreateContact(contact(1, email="old@example.org"))) as tx:
            assert tx.contacts.holders(survivor.aliases) == {
                address("old@example.org"): (contact_id(1), contact_id(2)),
                customer("K-OLD"): (contact_id(2),),
                address("same@example.org"): (contact_id(2),),
            }

    def test_keys_that_nobody_holds_are_left_out(self) -> None:
        """No key, no answer; keys of kinds that name no contact included."""
        with self.transaction(CreateContact(contact(1, email="ada@example.org"))) as tx:
            assert tx.contacts.holders([]) == {}
            assert tx.contacts.holders([address(""), customer(""), address("ada@example.org\0")]) == {}
            assert tx.contacts.holders([IdentifierKey(kind, "ada") for kind in IdentifierKind]) == {}
            assert tx.contacts.holders([IdentifierKey(IdentifierKind.GROUP_NAME, "ada@example.org")]) == {}

    def test_keys_are_compared_bytewise(self) -> None:
        """No store decides what is equal: case, accents, normal form and blanks count."""
        alike = ("straße", "strasse", "STRASSE", "é", "e\u0301", "e", "é ", "ı", "i", "İ", "K", "\u212a", "ß", "ẞ")
        contacts = [contact(number, customer_id=key) for number, key in enumerate(alike)]
        with self.transaction(*map(CreateContact, contacts)) as tx:
            found = tx.contacts.holders([customer(key) for key in alike])
            assert found == {customer(key): (contact_id(number),) for number, key in enumerate(alike)}

    def test_any_text_can_be_a_key(self) -> None:
        """Whatever can be written can be found."""
        contacts = [contact(number, customer_id=text) for number, text in enumerate(TEXTS)]
        with self.transaction(*map(CreateContact, contacts)) as tx:
            found = tx.contacts.holders([customer(text) for text in TEXTS])
            assert found == {customer(text): (contact_id(number),) for number, text in enumerate(TEXTS)}

    def test_an_update_moves_the_identifiers(self) -> None:
        """A contact is found by what it holds now, and no more by what it held before, aliases included."""
        before = contact(1, email="a@example.org", customer_id="K-1", aliases=frozenset({customer("X"), customer("Y")}))
        after = replace(contact(1, email="b@example.org", aliases=frozenset({customer("Y"), customer("Z")})), version=2)
        with self.transaction(CreateContact(before), UpdateContact(before, after)) as tx:
            keys = [address("a@example.org"), address("b@example.org"), *map(customer, ("K-1", "X", "Y", "Z"))]
            assert tx.contacts.holders(keys) == dict.fromkeys(
                [address("b@example.org"), customer("Y"), customer("Z")], (contact_id(1),)
            )
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): after}

    def test_each_identifier_can_change_alone(self) -> None:
        """Address, match key and customer ID come and go one by one, whatever else stays as it was."""
        changes: list[dict[str, Any]] = [
            {"values": {"email": "Ada@example.org", "customer_id": "K-1"}, "email_key": "ada@example.org"},
            {"values": {"email": "Ada@example.org", "customer_id": "K-2"}},
            {"values": {"email": "ADA@example.org", "customer_id": "K-2"}},
            {"email_key": "another key of the same text"},
            {"email_key": None},
            {"values": {"email": "ADA@example.org"}},
            {"values": {"email": "ADA@example.org", "city": "Bonn"}},
            {"values": {}, "email_key": "ada@example.org"},
        ]
        steps = [contact(1)]
        for change in changes:
            values = FrozenDict(change.pop("values", steps[-1].values))
            steps.append(replace(steps[-1], values=values, version=steps[-1].version + 1, **change))
        every_key = {key for each in steps for key in each.identifiers}
        with self.transaction(CreateContact(steps[0])) as tx:
            for before, after in pairwise(steps):
                tx.apply([UpdateContact(before, after)], envelope())
                assert tx.contacts.get([contact_id(1)]) == {contact_id(1): after}
                assert tx.contacts.holders(every_key).keys() == after.identifiers

    def test_a_merged_contact_resolves_to_the_survivor(self) -> None:
        """Its ID leads to the survivor through any chain, its identifiers find the survivor, and it is no contact any more (MG-1)."""
        contacts = [contact(number, email=f"{number}@example.org") for number in range(4)]
        chain = [
            RetireContact(contact_id(0), contact_id(1), (address("0@example.org"),)),
            RetireContact(contact_id(1), contact_id(2), (address("0@example.org"), address("1@example.org"))),
        ]
        with self.transaction(*map(CreateContact, contacts), *chain) as tx:
            ids = [each.id for each in contacts]
            assert tx.contacts.survivors([*ids, ContactId("unknown")]) == dict.fromkeys(ids[:2], contact_id(2))
            assert tx.contacts.survivors([contact_id(0)]) == {contact_id(0): contact_id(2)}
            assert tx.contacts.survivors([]) == {}
            assert tx.contacts.get(ids).keys() == set(ids[2:])
            assert [each.id for each in tx.contacts.page()] == ids[2:]
            assert tx.contacts.count() == 2
            keys = [address(f"{number}@example.org") for number in range(3)]
            assert tx.contacts.holders(keys) == dict.fromkeys(keys, (contact_id(2),))
            by_id = IdentifierKey(IdentifierKind.CONTACT_ID, contact_id(0))
            assert tx.contacts.holders([by_id]) == {}
            assert tx.contacts.get([contact_id(2)])[contact_id(2)].aliases == set(keys[:2])

    def test_a_merged_contact_leaves_its_groups_and_keeps_its_history(self) -> None:
        """Moving memberships is the plan's decision; what happened to the merged contact stays told."""
        before, after = contact(1), replace(contact(1, first_name="Ada"), version=2)
        with self.transaction(
            CreateContact(before),
            CreateContact(contact(2)),
            CreateGroup(group(1)),
            JoinGroup(group(1).id, contact_id(1)),
            UpdateContact(before, after),
            RetireContact(contact_id(1), contact_id(2)),
        ) as tx:
            assert tx.groups.members(group(1).id) == ()
            assert tx.groups.of([contact_id(1), contact_id(2)]) == {}
            assert [each.version for each in tx.history.of_contact(contact_id(1))] == [2]

    def test_only_existing_contacts_are_merged(self) -> None:
        """A merge names two contacts that exist; else nothing happens."""
        wrong = [(1, 2), (2, 1), (1, 1)]
        with self.transaction(CreateContact(contact(1))) as tx:
            for retired, survivor in wrong:
                with raises(NotFoundError):
                    tx.apply([RetireContact(contact_id(retired), contact_id(survivor))], envelope())
            assert tx.contacts.survivors([contact_id(1), contact_id(2)]) == {}
            assert tx.contacts.count() == 1


class DeletionClaims(StoreClaims):
    """Contacts that are deleted, and what belonged to them."""

    def test_a_deleted_contact_is_gone_with_all_that_was_its_own(self) -> None:
        """Values, identifiers, aliases, memberships and history; everybody else stays as they were (CT-3)."""
        ada = full_contact(1)
        changed = replace(ada, values=FrozenDict({"city": "Ulm"}), email_key=None, version=8)
        bob = replace(contact(2, email="bob@example.org", f1="x"), aliases=ada.aliases)
        joined = [JoinGroup(group(1).id, each.id) for each in (ada, bob)]
        updated = [UpdateContact(ada, changed), UpdateContact(bob, replace(bob, version=2))]
        with self.transaction(CreateContact(ada), CreateContact(bob), CreateGroup(group(1)), *joined, *updated) as tx:
            tx.apply([DeleteContact(ada.id, 8)], envelope())
            assert tx.contacts.get([ada.id, bob.id]) == {bob.id: replace(bob, version=2)}
            assert tx.contacts.holders(ada.identifiers | bob.identifiers) == dict.fromkeys(bob.identifiers, (bob.id,))
            assert tx.contacts.holders([IdentifierKey(IdentifierKind.CONTACT_ID, ada.id)]) == {}
            assert (tx.contacts.page(), tx.contacts.count()) == ((replace(bob, version=2),), 1)
            assert tx.groups.members(group(1).id) == (bob.id,)
            assert tx.groups.of([ada.id, bob.id]) == {bob.id: {group(1).id}}
            assert tx.history.of_contact(ada.id) == ()
            assert len(tx.history.of_contact(bob.id)) == 1

    def test_its_bookings_and_attendees_belong_to_nobody_and_keep_the_rest(self) -> None:
        """What was entered and decided stays on the booking, to the letter (CT-3)."""
        bookings = [booking(1, party(1), party(2), party(1)), full_booking(), booking(2, party(2))]
        with self.transaction(*map(CreateContact, (contact(1), contact(2))), *map(RecordBooking, bookings)) as tx:
            tx.apply([DeleteContact(contact_id(1), 1)], envelope())
            assert tx.bookings.of_contact(contact_id(1)) == ()
            assert tx.bookings.of_contact(contact_id(2)) == (booking(1).number, booking(2).number)
            expected = {each.number: without_contact(each, contact_id(1)) for each in bookings}
            assert tx.bookings.get(list(expected)) == expected
            assert expected[booking(2).number] == bookings[2]
            assert tx.contacts.belongings(contact_id(1)) == Belongings()

    def test_what_belongs_to_a_contact_is_counted(self) -> None:
        """Bookings that it made, and attendees that it is, one by one, however many of them in one booking (CT-3)."""
        bookings = [booking(1, party(1), party(2), party(1)), full_booking(), booking(2, party(1))]
        contacts = [CreateContact(contact(number)) for number in (1, 2, 4)]
        with self.transaction(*contacts, *map(RecordBooking, bookings)) as tx:
            assert tx.contacts.belongings(contact_id(1)) == Belongings(bookings=1, attendees=3)
            assert tx.contacts.belongings(contact_id(2)) == Belongings(attendees=1)
            assert tx.contacts.belongings(contact_id(4)) == Belongings()
            assert tx.contacts.belongings(ContactId("unknown")) == Belongings()

    def test_who_was_merged_into_it_belongs_to_it(self) -> None:
        """Through any chain, with the parties that still stand under an earlier ID; other merges are not meant (MG-1)."""
        contacts = [CreateContact(contact(number)) for number in range(1, 7)]
        chain = [RetireContact(contact_id(one), contact_id(other)) for one, other in ((2, 1), (1, 3), (4, 3), (5, 6))]
        with self.transaction(*contacts, RecordBooking(booking(1, party(1), party(5))), *chain) as tx:
            family = (contact_id(1), contact_id(2), contact_id(4))
            assert tx.contacts.belongings(contact_id(3)) == Belongings(attendees=1, merged=family)
            assert tx.contacts.belongings(contact_id(6)) == Belongings(attendees=1, merged=(contact_id(5),))

    def test_who_was_merged_into_it_goes_with_it(self) -> None:
        """Their IDs lead nowhere, their history is forgotten, their parties are nobody's; other merges stay."""
        contacts = [CreateContact(contact(number)) for number in range(1, 6)]
        updates = [UpdateContact(contact(each), replace(contact(each, city="Ulm"), version=2)) for each in (1, 2, 4)]
        chain = [RetireContact(contact_id(one), contact_id(other)) for one, other in ((1, 2), (2, 3), (4, 5))]
        recorded = RecordBooking(booking(1, party(1), party(4), party(3)))
        with self.transaction(*contacts, *updates, recorded, *chain) as tx:
            tx.apply([DeleteContact(contact_id(3), 1, (contact_id(1), contact_id(2)))], envelope())
            ids = [contact_id(number) for number in range(1, 6)]
            assert tx.contacts.survivors(ids) == {contact_id(4): contact_id(5)}
            assert tx.contacts.get(ids).keys() == {contact_id(5)}
            assert [len(tx.history.of_contact(each)) for each in ids] == [0, 0, 0, 1, 0]
            (found,) = tx.bookings.page()
            assert [each.outcome.contact_id for each in found.attendees] == [None, contact_id(4), None]
            assert tx.contacts.belongings(contact_id(3)) == Belongings()

    def test_an_id_is_never_given_again(self) -> None:
        """Neither that of a deleted contact nor that of a merged one, whoever asks for it (ID-1)."""
        contacts = [CreateContact(contact(number)) for number in (1, 2, 3)]
        merged = RetireContact(contact_id(2), contact_id(3))
        with self.transaction(*contacts, merged) as tx:
            tx.apply([DeleteContact(contact_id(1), 1)], envelope())
            for number in (1, 2):
                with raises(StaleVersionError) as caught:
                    tx.apply([CreateContact(contact(4)), CreateContact(contact(number))], envelope())
                assert (caught.error.noun, caught.error.key) == ("contact", contact_id(number))
            assert tx.contacts.count() == 1

    def test_a_contact_is_deleted_from_its_version_alone(self) -> None:
        """Whoever decided on an old state, or on a contact that is not there, must look again; nothing happens."""
        second = replace(contact(1, city="Ulm"), version=2)
        steps = (CreateContact(contact(1)), UpdateContact(contact(1), second), RecordBooking(booking(1, party(1))))
        with self.transaction(*steps, CreateGroup(group(1)), JoinGroup(group(1).id, contact_id(1))) as tx:
            for wrong in (DeleteContact(contact_id(1), 1), DeleteContact(contact_id(2), 1)):
                with raises(StaleVersionError) as caught:
                    tx.apply([wrong], envelope())
                assert (caught.error.noun, caught.error.key) == ("contact", wrong.contact_id)
            assert tx.contacts.get([contact_id(1)]) == {contact_id(1): second}
            assert tx.contacts.belongings(contact_id(1)) == Belongings(attendees=1)
            assert tx.groups.members(group(1).id) == (contact_id(1),)
            assert len(tx.history.of_contact(contact_id(1))) == 1

    def test_opt_outs_stay_when_the_contact_goes(self) -> None:
        """They bind the address, not the record (SU-5)."""
        barred = OptOut("ada@example.org", Subscription.NEWSLETTER)
        with self.transaction(CreateContact(contact(1, email="ada@example.org")), RecordOptOut(barred)) as tx:
            tx.apply([DeleteContact(contact_id(1), 1)], envelope())
            assert tx.contacts.opt_outs(["ada@example.org"]) == {barred}


def without_contact(recorded: RecordedBooking, gone: ContactId) -> RecordedBooking:
    """Give the booking with nobody where *gone* was."""
    parties = [
        replace(each, outcome=replace(each.outcome, contact_id=None)) if each.outcome.contact_id == gone else each
        for each in recorded.parties
    ]
    return recorded.with_parties(
        replace(each, through_contact_id=None) if each.through_contact_id == gone else each for each in parties
    )


class OptOutClaims(StoreClaims):
    """Opt-outs that bind an address."""

    def test_an_opt_out_binds_its_address_and_subscription_until_it_is_lifted(self) -> None:
        """Recording twice is recording once; another address or subscription is not bound (SU-5)."""
        ada = [OptOut("ädä@example.org", each) for each in (Subscription.NEWSLETTER, Subscription.MARKETING)]
        bob = OptOut("bob@example.org", Subscription.NEWSLETTER)
        with self.transaction(*map(RecordOptOut, (*ada, bob)), RecordOptOut(bob)) as tx:
            assert tx.contacts.opt_outs(["ädä@example.org", "eve@example.org"]) == set(ada)
            assert tx.contacts.opt_outs({"ädä@example.org", "bob@example.org"}) == {*ada, bob}
            assert tx.contacts.opt_outs([]) == frozenset()
            tx.apply([LiftOptOut(ada[0]), LiftOptOut(OptOut("bob@example.org", Subscription.MARKETING))], envelope())
            assert tx.contacts.opt_outs(["ädä@example.org", "bob@example.org"]) == {ada[1], bob}


class ListClaims(StoreClaims):
    """Listing contacts page by page."""

    def test_pages_follow_the_ids(self) -> None:
        """Page by page every contact stands once, in order of the IDs, and the count is that of all pages."""
        contacts = [contact(number) for number in (5, 3, 1, 4, 2)]
        with self.transaction(*map(CreateContact, contacts)) as tx:
            first = tx.contacts.page(limit=2)
            second = tx.contacts.page(after=first[-1].id, limit=2)
            third = tx.contacts.page(after=second[-1].id, limit=2)
            assert [each.id for each in (*first, *second, *third)] == [contact_id(number) for number in range(1, 6)]
            assert tx.contacts.page(after=third[-1].id) == ()
            assert tx.contacts.page(after=ContactId("a"), limit=5) == tx.contacts.page()
            assert tx.contacts.page(limit=0) == ()
            assert tx.contacts.count() == 5

    def test_contacts_are_found_by_a_text_in_what_is_searched(self) -> None:
        """The folded text is looked for as it is: nothing in it is a wildcard (SE-1)."""
        ada = contact(1, first_name="Ädä", last_name="Straßer", company="50%_off\\ 🦄")
        bob = contact(2, email="Bob@Example.org", customer_id="K-77", comment="not searched")
        with self.transaction(CreateContact(ada), CreateContact(bob)) as tx:
            expected: dict[str, list[Contact]] = {
                "ädä strasser": [ada],
                "%": [ada],
                "_": [ada],
                "50%_off\\ 🦄": [ada],
                "bob@example": [bob],
                "k-77": [bob],
                contact_id(2): [bob],
                "a": [ada, bob],
                "not searched": [],
                "ada": [],
                "ädä%": [],
                "": [ada, bob],
            }
            for text, found in expected.items():
                assert list(tx.contacts.page(text=text)) == found, text
                assert tx.contacts.count(text=text) == len(found), text

    def test_an_excerpt_has_what_a_contact_has_in_the_fields_asked_for(self) -> None:
        """In the order of the fields; an empty text where there is nothing; unknown contacts and fields have nothing."""
        one = replace(
            contact(1, email="ada@x.de", city="Köln", f1=True, f2="Käse 🧀"),
            subscriptions=FrozenDict(
                {Subscription.NEWSLETTER: Consent(SubscriptionState.UNSUBSCRIBED, MOMENT, Through.PORTAL)}
            ),
        )
        two = contact(2, f1=False)
        fields = ["f1", "city", "newsletter", "f2", "unknown", "email", "marketing"]
        with self.transaction(CreateContact(one), CreateContact(two)) as tx:
            ids = (contact_id(1), contact_id(2), contact_id(3))
            assert tx.contacts.excerpts(ids, fields) == {
                one.id: (True, "Köln", "unsubscribed", "Käse 🧀", "", "ada@x.de", ""),
                two.id: (False, "", "", "", "", "", ""),
            }
            assert tx.contacts.excerpts(ids, ["city", "newsletter"]) == {
                one.id: ("Köln", "unsubscribed"),
                two.id: ("", ""),
            }
            assert tx.contacts.excerpts(ids, []) == {one.id: (), two.id: ()}
            assert tx.contacts.excerpts([], fields) == {}

    def test_holders_are_found_with_their_excerpts(self) -> None:
        """Every holder, by its address, its customer ID, an alias or its ID, sorted; keys that nobody holds are left out."""
        one = contact(2, email="ada@example.org", customer_id="K-1", city="Ulm", f1=False)
        two = contact(1, email="ada@example.org", aliases=frozenset({customer("K-1"), address("alt@example.org")}))
        id_of_one = IdentifierKey(IdentifierKind.CONTACT_ID, one.id)
        keys = [address("ada@example.org"), customer("K-1"), address("alt@example.org"), id_of_one]
        many = [*keys, *(customer(f"none {number}") for number in range(50)), address("x@example.org")]
        with self.transaction(CreateContact(one), CreateContact(two)) as tx:
            for fields in (["city", "f1", "newsletter"], ["city"], []):
                excerpts = tx.contacts.excerpts([one.id, two.id], fields)
                holders = dict(zip(keys, [(two.id, one.id), (two.id, one.id), (two.id,), (one.id,)], strict=True))
                for asked in (keys, many):
                    assert tx.contacts.known_by(asked, fields) == (holders, excerpts)
                    assert tx.contacts.holders(asked) == holders
            alias = address("alt@example.org")
            assert tx.contacts.known_by([alias], ["city"]) == ({alias: (two.id,)}, {two.id: ("",)})
            group_name = IdentifierKey(IdentifierKind.GROUP_NAME, "ada@example.org")
            assert tx.contacts.known_by([group_name], ["city"]) == ({}, {})
            assert tx.contacts.known_by([], ["city"]) == ({}, {})

    def test_columns_hold_what_the_contacts_have(self) -> None:
        """Field by field, in order of the IDs: what excerpts have of the same fields, whether asked for once or twice."""
        contacts = [full_contact(3), contact(1, f1=False, city="Ulm"), contact(2), contact(4, f1="0", f2="🦄")]
        joined = [JoinGroup(group(where).id, contact_id(who)) for where, who in ((1, 4), (2, 4), (2, 1))]
        fields = [*SYSTEM_KEYS, "f1", "f2", "f3", "with space ☂", "unknown", "f1", "city"]
        fields += [each.value for each in Subscription]
        with self.transaction(*map(CreateContact, contacts), *map(CreateGroup, map(group, (1, 2))), *joined) as tx:
            ids = tuple(contact_id(number) for number in (1, 2, 3, 4))
            nobody: frozenset[GroupId] = frozenset()
            groups = (frozenset({group(2).id}), nobody, nobody, frozenset({group(1).id, group(2).id}))
            excerpts = tx.contacts.excerpts(ids, fields)
            columns = {each: tuple(excerpts[one][place] for one in ids) for place, each in enumerate(fields)}
            found = [*tx.contacts.columns(fields, size=9)]
            assert found == [ContactColumns(ids=ids, groups=groups, columns=columns)]
            assert columns["f1"] == (False, "", "Käse 🧀", "0")
            assert [each.columns for each in tx.contacts.columns(["city"], size=9)] == [{"city": columns["city"]}]
            found = [*tx.contacts.columns([], size=9)]
            assert found == [ContactColumns(ids=ids, groups=groups, columns={})]

    def test_columns_are_streamed_so_many_at_a_time(self) -> None:
        """Group, text and IDs all hold at once; where nobody is left, nothing comes any more."""
        contacts = [contact(number, first_name="Ada" if number % 2 else "Bob", f1=str(number)) for number in range(9)]
        joined = [JoinGroup(group(1).id, contact_id(number)) for number in (7, 5, 3, 2, 1)]
        members = {each.contact_id for each in joined}
        with self.transaction(*map(CreateContact, contacts), CreateGroup(group(1)), *joined) as tx:
            ids = [contact_id(number) for number in range(9)]
            wanted: list[tuple[dict[str, Any], list[list[int]]]] = [
                ({"size": 4}, [[0, 1, 2, 3], [4, 5, 6, 7], [8]]),
                ({"size": 3}, [[0, 1, 2], [3, 4, 5], [6, 7, 8]]),
                ({"size": 1_000}, [[0, 1, 2, 3, 4, 5, 6, 7, 8]]),
                ({"size": 2, "group_id": group(1).id, "text": "ada"}, [[1, 3], [5, 7]]),
                ({"size": 2, "group_id": GroupId("unknown")}, []),
                ({"size": 1, "ids": [ids[5], ids[2], ContactId("unknown"), ids[2]]}, [[2], [5]]),
                ({"size": 9, "ids": []}, []),
                ({"size": 9, "ids": {*ids}, "group_id": group(1).id, "text": "bob"}, [[2]]),
            ]
            for given, portions in wanted:
                found = [*tx.contacts.columns(["f1"], **given)]
                assert [[*each.ids] for each in found] == [[ids[number] for number in each] for each in portions], given
                assert [[*each.columns["f1"]] for each in found] == [[*map(str, each)] for each in portions], given
                groups = [frozenset({group(1).id} if each in members else ()) for some in found for each in some.ids]
                assert [each for some in found for each in some.groups] == groups, given

    def test_while_a_stream_goes_on_everything_else_is_read(self) -> None:
        """Another stream too, of other columns; the one that was closed early is read again from its beginning."""
        contacts = [contact(number, city=f"Köln {number}") for number in range(5)]
        with self.transaction(*map(CreateContact, contacts)) as tx:
            cities, emails = tx.contacts.columns(["city"], size=2), tx.contacts.columns(["email", "city"], size=1)
            assert next(cities).columns == {"city": ("Köln 0", "Köln 1")}
            assert tx.contacts.count() == 5
            assert next(emails).ids == (contact_id(0),)
            assert tx.contacts.page(limit=1) == (contacts[0],)
            assert next(cities).columns == {"city": ("Köln 2", "Köln 3")}
            cities.close()
            assert next(emails).ids == (contact_id(1),)
            assert [len(each.ids) for each in tx.contacts.columns(["city"], size=3)] == [3, 2]
            assert [each.ids[0] for each in emails] == [contact_id(number) for number in (2, 3, 4)]

    def test_a_stream_that_was_closed_keeps_nobody_from_writing(self) -> None:
        """Neither within the transaction nor behind it; the next stream has what was written."""
        with self.transaction(*(CreateContact(contact(number)) for number in range(3))) as tx:
            stream = tx.contacts.columns(["email"], size=1)
            assert next(stream).ids == (contact_id(0),)
            stream.close()
            tx.apply([CreateContact(contact(3))], envelope())
            assert [each.ids for each in tx.contacts.columns([], size=2)] == [
                (contact_id(0), contact_id(1)),
                (contact_id(2), contact_id(3)),
            ]

    def test_a_stream_is_over_with_its_transaction(self) -> None:
        """Left half read, it raises, and keeps nobody from anything."""
        store = self.make_store()
        with store.organization("acme").transaction() as tx:
            tx.apply([CreateContact(contact(number)) for number in range(3)], envelope())
            within = tx.contacts.columns(["email"], size=1)
            next(within)
        with store.organization("acme").snapshot() as view:
            beside = view.contacts.columns(["email"], size=1)
            next(beside)
        for stream in (within, beside):
            with raises(RuntimeError):
                next(stream)
        with store.organization("acme").transaction() as tx:
            tx.apply([CreateContact(contact(3))], envelope())
            assert len([*tx.contacts.columns(["email"], size=1)]) == 4

    def test_the_search_follows_an_update(self) -> None:
        """What is searched is what the contact holds now."""
        before, after = contact(1, first_name="Ada"), replace(contact(1, first_name="Ida"), version=2)
        with self.transaction(CreateContact(before), UpdateContact(before, after)) as tx:
            assert (tx.contacts.count(text="ada"), tx.contacts.count(text="ida")) == (0, 1)

    def test_a_list_can_keep_to_a_group(self) -> None:
        """Group, text, place and limit all hold at once."""
        contacts = [contact(number, first_name="Ada" if number % 2 else "Bob") for number in range(1, 9)]
        joined = [JoinGroup(group(1).id, contact_id(number)) for number in (7, 5, 3, 2, 1)]
        with self.transaction(
            *map(CreateContact, contacts), CreateGroup(group(1)), CreateGroup(group(2)), *joined
        ) as tx:
            ids = [each.id for each in tx.contacts.page(group_id=group(1).id)]
            assert ids == [contact_id(number) for number in (1, 2, 3, 5, 7)]
            found = tx.contacts.page(group_id=group(1).id, text="ada", after=contact_id(1), limit=2)
            assert [each.id for each in found] == [contact_id(3), contact_id(5)]
            assert tx.contacts.count(group_id=group(1).id) == 5
            assert tx.contacts.count(group_id=group(1).id, text="ada") == 4
            assert tx.contacts.page(group_id=group(2).id) == ()
            assert tx.contacts.count(group_id=group(2).id) == 0
