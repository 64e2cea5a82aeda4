"""Claims about the history of contacts."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from doocore.changes import CreateContact, UpdateContact
from doocore.model.contact import Consent, Subscription, SubscriptionState, Through
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, HistoryEntry
from doocore.model.identifiers import ContactId
from doocore.model.organization import Booker, System
from doocore.testing.samples import MOMENT, TEXTS, contact, contact_id, envelope, full_contact
from doocore.testing.store.base import StoreClaims


class HistoryClaims(StoreClaims):
    """What happened to contacts, written with the change itself."""

    def test_an_update_leaves_what_differs_before_and_after(self) -> None:
        """The entry has the changed fields only, and all that the envelope and the change say (HI-1)."""
        before = contact(1, first_name="Ada", last_name="L", f1=False)
        after = replace(contact(1, first_name="Ädä 🦄", f1=True, last_name="L", city="Ulm"), version=2)
        given = envelope(cause=Cause.IMPORT, actor=System(), reference="i1, 5 €", at=MOMENT)
        with self.transaction(CreateContact(before)) as tx:
            assert tx.history.of_contact(contact_id(1)) == ()
            tx.apply([UpdateContact(before, after, rules=("SY-2", "SY-4"), row=17)], given)
            entry = HistoryEntry(
                contact_id=contact_id(1),
                version=2,
                at=MOMENT,
                actor="system",
                cause=Cause.IMPORT,
                reference="i1, 5 €",
                row=17,
                rules=("SY-2", "SY-4"),
                before=FrozenDict({"first_name": "Ada", "f1": False}),
                after=FrozenDict({"first_name": "Ädä 🦄", "f1": True, "city": "Ulm"}),
            )
            assert tx.history.of_contact(contact_id(1)) == (entry,)
            assert tx.history.of_contact(ContactId("unknown")) == ()

    def test_a_subscription_stands_under_its_name(self) -> None:
        """Coming, changing and going of a subscription are told by the words of its state."""
        subscribed = Consent(SubscriptionState.SUBSCRIBED, MOMENT, Through.BOOKING)
        gone = Consent(SubscriptionState.UNSUBSCRIBED, MOMENT, Through.PORTAL)
        first = contact(1)
        second = replace(first, subscriptions=FrozenDict({Subscription.NEWSLETTER: subscribed}), version=2)
        third = replace(first, subscriptions=FrozenDict({Subscription.NEWSLETTER: gone}), version=3)
        fourth = replace(first, version=4)
        steps = [UpdateContact(first, second), UpdateContact(second, third), UpdateContact(third, fourth)]
        with self.transaction(CreateContact(first), *steps) as tx:
            told = [(dict(each.before), dict(each.after)) for each in tx.history.of_contact(contact_id(1))]
            assert told == [
                ({}, {"newsletter": "subscribed"}),
                ({"newsletter": "subscribed"}, {"newsletter": "unsubscribed"}),
                ({"newsletter": "unsubscribed"}, {}),
            ]

    def test_the_first_change_stands_first(self) -> None:
        """Versions give the order, not the clock."""
        steps = [replace(contact(1, city=text), version=version) for version, text in enumerate(TEXTS, start=1)]
        with self.transaction(CreateContact(steps[0])) as tx:
            for before, after in pairwise(steps):
                at = MOMENT - timedelta(days=after.version)
                tx.apply([UpdateContact(before, after)], envelope(at=at, actor=Booker(), cause=Cause.BOOKING))
            entries = tx.history.of_contact(contact_id(1))
            assert [each.version for each in entries] == list(range(2, len(TEXTS) + 1))
            assert [each.after for each in entries] == [{"city": text} for text in TEXTS[1:]]
            assert [each.at for each in entries] == [MOMENT - timedelta(days=each.version) for each in entries]
            assert {each.actor for each in entries} == {"booker"}

    def test_a_contact_with_everything_can_lose_everything(self) -> None:
        """Every value of the contact stands in `before`; walking back gives the contact as it was."""
        before = full_contact(1)
        after = replace(contact(1), version=8)
        with self.transaction(CreateContact(before), UpdateContact(before, after)) as tx:
            (entry,) = tx.history.of_contact(contact_id(1))
            assert entry.before == {**before.values, "marketing": "unsubscribed", "newsletter": "subscribed"}
            assert entry.after == {}
