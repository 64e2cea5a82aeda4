"""The door: who acts, how contacts are read, and the one loop behind every story (PR-1, PR-4, CT-2)."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import pytest

import doocore
from doocore import (
    VALIDATION_EXTRA,
    Booker,
    Cause,
    ContactCenter,
    IdentifierKey,
    IdentifierKind,
    InvalidFieldValueError,
    InvalidNameError,
    NotFoundError,
    Question,
    QuestionLevel,
    StaleVersionError,
    SubscriptionState,
    System,
    TryAgainError,
    User,
)
from doocore.contact_center.shell import ATTEMPTS, gather
from doocore.model.identifiers import ContactId
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.ports import Foreseen, Transaction
from doocore_adapters.memory import MemoryStore
from doocore_adapters.memory.store import MemoryOrganization
from tests.builders import (
    KIM,
    LOU,
    NEWSLETTER,
    booking,
    break_off,
    email_key,
    everything,
    live_event,
    merge,
    new_center,
    overtake,
    party,
    transaction_of,
)


def locks_taken(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[IdentifierKey]]:
    """Write down what each transaction locks from now on."""
    locks: list[frozenset[IdentifierKey]] = []
    really = MemoryOrganization.transaction

    def transaction(
        self: MemoryOrganization, lock: Iterable[IdentifierKey] = (), foreseen: Foreseen | None = None
    ) -> AbstractContextManager[Transaction]:
        locks.append(frozenset(lock))
        return really(self, lock, foreseen)

    monkeypatch.setattr(MemoryOrganization, "transaction", transaction)
    return locks


class TestActing:
    """PR-4: "Every change is made by an actor (a user, the booker, the system)"."""

    def test_it_is_the_system_unless_somebody_is_named(self) -> None:
        center = ContactCenter(MemoryStore().organization("acme"))
        assert center.create_contact({}).origin.actor == str(System()) == "system"

    @pytest.mark.parametrize(("actor", "name"), [(User("kim"), "user:kim"), (System(), "system")])
    def test_whoever_acts_stands_on_what_comes_of_it(self, actor: User | System, name: str) -> None:
        assert new_center(actor=actor).create_contact({}).origin.actor == name

    def test_the_booker_is_one_too(self) -> None:
        center = new_center(actor=Booker())
        contact_id = center.book(booking(party("a@x.de"))).booker.contact_id
        assert center.contact(contact_id or "").origin.actor == "booker"

    def test_acting_as_somebody_leaves_the_center_as_it_was(self) -> None:
        center = new_center(actor=KIM)
        center.acting_as(LOU)
        assert center.create_contact({}).origin.actor == "user:kim"


class TestReading:
    """CT-2: "by ID (merged IDs resolve), by e-mail or by customer ID (all holders)"."""

    def center(self) -> ContactCenter:
        center = new_center()
        center.create_contact({"email": "Ada@x.de", "first_name": "Ada", "customer_id": "K1"}, groups=["VIP", "All"])
        center.create_contact({"email": "ada@x.de", "last_name": "STRASSER"}, confirm_duplicate=True)
        center.create_contact({"email": "old@x.de", "customer_id": "K1", "company": "X"}, confirm_duplicate=True)
        return center

    def test_by_id(self) -> None:
        center = self.center()
        assert center.contact("c0001").values["first_name"] == "Ada"
        merge(center, "c0002", "c0003")
        merge(center, "c0001", "c0002")
        assert [center.contact(each).id for each in ("c0001", "c0002", "c0003")] == ["c0001"] * 3

    def test_an_unknown_id_is_not_found(self) -> None:
        center = self.center()
        for ask in (center.contact, center.details, center.history):
            with pytest.raises(NotFoundError) as caught:
                ask("c9999")
            assert (caught.value.noun, caught.value.key) == ("contact", "c9999")

    def test_by_email_all_holders_the_oldest_first(self) -> None:
        center = self.center()
        assert [each.id for each in center.contacts_by_email(" ADA@X.de\u00a0")] == ["c0001", "c0002"]
        merge(center, "c0002", "c0003")
        assert [each.id for each in center.contacts_by_email("old@x.de")] == ["c0002"]
        assert center.contacts_by_email("new@x.de") == center.contacts_by_email("no address") == ()

    def test_by_customer_id_all_holders_exactly(self) -> None:
        center = self.center()
        assert [each.id for each in center.contacts_by_customer_id(" K1 ")] == ["c0001", "c0003"]
        assert center.contacts_by_customer_id("k1") == ()

    def test_with_its_groups(self) -> None:
        """CT-2, GR-1; the ID of a merged contact gives its survivor's."""
        center = self.center()
        merge(center, "c0001", "c0003")
        for contact_id in ("c0001", "c0003"):
            details = center.details(contact_id)
            assert (details.contact.id, details.groups) == ("c0001", ("All", "VIP"))
        assert center.details("c0002").groups == ()

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("", ["c0001", "c0002", "c0003"]),
            (" ADA ", ["c0001", "c0002"]),
            ("stra\u00dfer", ["c0002"]),
            ("k1", ["c0001", "c0003"]),
            ("C0003", ["c0003"]),
            ("nobody", []),
        ],
    )
    def test_by_a_text_that_occurs_in_them(self, text: str, found: list[str]) -> None:
        """SE-1: "Text compares case-folded"."""
        center = self.center()
        assert [each.id for each in center.list_contacts(text=text)] == found
        assert center.count_contacts(text=text) == len(found)

    def test_page_by_page(self) -> None:
        center = self.center()
        first = center.list_contacts(limit=2)
        assert [each.id for each in first] == ["c0001", "c0002"]
        assert [each.id for each in center.list_contacts(after=first[-1].id, limit=2)] == ["c0003"]

    def test_what_happened_to_it(self) -> None:
        """HI-1: the creation stands in the origin, all else in the history, the first one first."""
        center = self.center()
        center.change_contact("c0001", {"city": "Ulm"})
        center.change_contact("c0001", {"city": "Bonn"})
        assert center.contact("c0001").origin.cause is Cause.BY_HAND
        assert [entry.after for entry in center.history("c0001")] == [{"city": "Ulm"}, {"city": "Bonn"}]
        assert [entry.version for entry in center.history("c0001")] == [2, 3]
        merge(center, "c0002", "c0001")
        assert center.history("c0001") == center.history("c0002") == ()


class TestOrganizations:
    """PR-1: "a guessed ID of another organization behaves as unknown"."""

    def test_one_sees_nothing_of_another(self) -> None:
        store = MemoryStore()
        acme, other = (new_center(store=store.organization(name)) for name in ("acme", "other"))
        nothing = everything(other)
        acme.create_contact({"email": "ada@x.de", "customer_id": "K1"}, groups=["VIP"])
        acme.fields.create("Size")
        number = acme.book(booking(party("ada@x.de"))).number
        report = acme.import_contacts([{"email": "new@x.de"}])
        assert everything(other) == nothing
        ask: list[tuple[Callable[[str], object], str]] = [
            (other.contact, "c0001"),
            (other.details, "c0001"),
            (other.history, "c0001"),
            (lambda key: other.change_contact(key, {"city": "Ulm"}), "c0001"),
            (lambda key: other.set_subscription(key, NEWSLETTER, SubscriptionState.SUBSCRIBED), "c0001"),
            (lambda key: other.book(booking(party(chosen=key))), "c0001"),
            (other.groups.members, "VIP"),
            (lambda key: other.fields.change(key, archived=True), "Size"),
            (other.bookings.get, number),
            (other.imports.report, report.id),
        ]
        for question, key in ask:
            with pytest.raises(NotFoundError) as caught:
                question(key)
            assert caught.value.key == key
        assert everything(other) == nothing
        assert other.book(booking(party("ada@x.de"))).booker.reason == "no_match"


class TestTheLoop:
    """Design: "needs(request) -> Needs … plan(request, facts) -> Plan … (or answers with further needs)"."""

    def test_needs_are_gathered_until_there_is_enough(self) -> None:
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"})
        asked: list[Needs] = []

        def story(facts: Facts, circumstances: Circumstances) -> Plan[tuple[str, ...]] | Needs:
            asked.append(facts.asked)
            if not facts.asked.events:
                return Needs(events=frozenset({"e1"}))
            if not facts.asked.keys:
                return Needs(keys=frozenset({email_key("ada@x.de")}))
            envelope = circumstances.envelope(Cause.SYSTEM)
            return Plan(outcome=(*facts.events, *facts.holders_of(email_key("ada@x.de"))), envelope=envelope)

        assert center._shell.tell(Needs(groups=frozenset({"vip"})), story).outcome == ("e1", ada.id)
        assert [(len(each.groups), len(each.events), len(each.keys)) for each in asked] == [
            (1, 0, 0),
            (1, 1, 0),
            (1, 1, 1),
        ]

    def test_a_story_that_never_has_enough_is_a_mistake(self) -> None:
        with pytest.raises(RuntimeError, match="never has enough"):
            new_center()._shell.tell(Needs(), lambda *_: Needs(events=frozenset({"e1"})))

    def test_everything_that_is_needed_is_locked_in_a_wider_lock_each_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """AS-12, AS-13."""
        center = new_center()
        question = Question(id="q1", level=QuestionLevel.BOOKING, field="customer_id", hidden=True)
        center.events.put(live_event(questions=[question]))
        locks = locks_taken(monkeypatch)
        center.book(booking(party("ada@x.de", answers={"q1": "K1"}), number="TX-AB12-CD34"))
        first = {email_key("ada@x.de"), IdentifierKey(IdentifierKind.BOOKING_NUMBER, "TX-AB12-CD34")}
        assert locks == [first, {*first, IdentifierKey(IdentifierKind.CUSTOMER_ID, "K1")}]

    @pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
    def test_where_somebody_was_faster_it_is_planned_again(self, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"})
        overtake(monkeypatch, times=times)
        changed = center.change_contact(ada.id, {"city": "Ulm"})
        assert changed.values == {"email": "ada@x.de", "city": "Ulm", "company": f"{times} times"}
        assert changed.version == times + 2

    def test_not_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"})
        overtake(monkeypatch, times=ATTEMPTS)
        with pytest.raises(StaleVersionError):
            center.change_contact(ada.id, {"city": "Ulm"})
        assert "city" not in center.contact(ada.id).values

    def test_who_was_overtaken_locks_every_way_to_the_contact(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Else somebody could be faster for ever, who comes to the same contact by another key."""
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de", "customer_id": "K1"})
        merge(center, ada.id, center.create_contact({"email": "old@x.de"}).id)
        locks = locks_taken(monkeypatch)
        overtake(monkeypatch, times=1)
        center.book(booking(party("ada@x.de", city="Ulm"), number="TX-AB12-CD34"))
        first = {email_key("ada@x.de"), IdentifierKey(IdentifierKind.BOOKING_NUMBER, "TX-AB12-CD34")}
        ways = {IdentifierKey(IdentifierKind.CUSTOMER_ID, "K1"), IdentifierKey(IdentifierKind.CONTACT_ID, ada.id)}
        assert locks == [first, {*first, *ways, email_key("old@x.de")}]

    @pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
    def test_what_the_store_broke_off_is_done_again(self, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
        center = new_center()
        break_off(monkeypatch, *[True] * times)
        result = center.book(booking(party("ada@x.de", city="Ulm")))
        assert [each.id for each in center.list_contacts()] == [result.booker.contact_id]

    def test_but_not_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        center = new_center()
        break_off(monkeypatch, *[True] * ATTEMPTS)
        with pytest.raises(TryAgainError):
            center.book(booking(party("ada@x.de")))
        assert center.count_contacts() == 0
        center.book(booking(party("ada@x.de")))
        assert center.count_contacts() == 1

    def test_what_fails_leaves_nothing_behind(self) -> None:
        center = new_center()
        before = everything(center)
        with pytest.raises(InvalidNameError):
            center.create_contact({"email": "ada@x.de"}, groups=["VIP", "a;b"])
        assert everything(center) == before


class TestGathering:
    """Design: "**every** match, never the first", "in a handful of look-ups"."""

    def test_a_contact_id_is_held_by_its_contact_or_the_survivor(self) -> None:
        center = new_center()
        for name in ("ada", "bob", "eve"):
            center.create_contact({"email": f"{name}@x.de"})
        merge(center, "c0001", "c0002")
        keys = {each: IdentifierKey(IdentifierKind.CONTACT_ID, each) for each in ("c0001", "c0002", "c9999")}
        with transaction_of(center) as transaction:
            facts = gather(transaction, Needs(keys=frozenset(keys.values())))
        assert [facts.holders_of(key) for key in keys.values()] == [("c0001",), ("c0001",), ()]
        assert set(facts.contacts) == {"c0001"}
        assert facts.survivors == {"c0002": "c0001"}

    def test_survivors_come_along(self) -> None:
        center = new_center()
        for name in ("ada", "bob"):
            center.create_contact({"email": f"{name}@x.de"})
        merge(center, "c0001", "c0002")
        with transaction_of(center) as transaction:
            facts = gather(transaction, Needs(contacts=frozenset({ContactId("c0002"), ContactId("c9999")})))
        found = [facts.contact(ContactId(each)) for each in ("c0001", "c0002", "c9999")]
        assert [each and each.id for each in found] == ["c0001", "c0001", None]

    def test_where_nothing_is_needed_nothing_is_looked_up(self) -> None:
        center = new_center()
        center.create_contact({"email": "ada@x.de"})
        with transaction_of(center) as transaction:
            facts = gather(transaction, Needs())
        assert (facts.contacts, facts.holders, facts.events, facts.holders_of(None)) == ({}, {}, {}, ())

    def test_a_contact_merged_into_one_that_is_gone_is_gone(self) -> None:
        facts = Facts(asked=Needs(), survivors={ContactId("c2"): ContactId("c1")})
        assert facts.contact(ContactId("c2")) is None


def test_the_bare_core_judges_what_it_can() -> None:
    """FI-7: without extras an address outside plain ASCII is no address here, nor is it looked up."""
    center = ContactCenter(MemoryStore().organization("acme"))
    assert center.create_contact({"email": "ada@x.de"}).email_key == "ada@x.de"
    with pytest.raises(InvalidFieldValueError) as caught:
        center.create_contact({"email": "ada@b\u00fccher.de"})
    assert VALIDATION_EXTRA in caught.value.expected
    assert center.contacts_by_email("ada@b\u00fccher.de") == ()


def test_the_package_shows_its_api_and_nothing_else() -> None:
    """Design: "`doocore.<TAB>` shows the API and nothing else"."""
    assert dir(doocore) == sorted(doocore.__all__)
    assert all(hasattr(doocore, name) for name in doocore.__all__)
