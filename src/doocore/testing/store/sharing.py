"""Claims about stores that several threads use at once, and about stores that outlive their process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event

from doocore.changes import CreateContact, CreateGroup, JoinGroup, UpdateContact
from doocore.model.identifiers import IdentifierKey
from doocore.ports import OrganizationStore, Store
from doocore.testing.raises import raises
from doocore.testing.samples import address, contact, contact_id, envelope, group
from doocore.testing.store.base import StoreClaims, commit
from doocore.testing.store.transactions import BASIS, EVERY_KIND, everything

THREADS = 4
ROUNDS = 10
PATIENCE = 60.0
"""Seconds after which threads that wait for one another are taken for dead."""


class SharedStoreContract(StoreClaims):
    """What holds when several threads use one store: add it where that is allowed."""

    def test_transactions_that_lock_a_common_key_do_not_overlap(self) -> None:
        """The second begins when the first is through, and sees what it wrote (AS-12)."""
        with self.organization() as acme:
            first_is_in, second_came = Event(), Event()
            seen: list[int] = []

            def first() -> None:
                with acme.transaction(lock=[address("b"), address("a")]) as tx:
                    first_is_in.set()
                    second_came.wait(PATIENCE)
                    tx.apply([CreateContact(contact(1))], envelope())

            def second() -> None:
                first_is_in.wait(PATIENCE)
                second_came.set()
                with acme.transaction(lock=[address("c"), address("b")]) as tx:
                    seen.append(tx.contacts.count())

            _at_once(first, second)
            assert seen == [1]

    def test_no_change_is_lost_between_threads(self) -> None:
        """Whoever locks, reads and then writes builds on what the one before wrote."""
        with self.organization() as acme:
            commit(acme, CreateContact(contact(1, f1="0")))

            def add() -> None:
                for _ in range(ROUNDS):
                    _add_one(acme)

            _at_once(*[add] * THREADS)
            with acme.transaction() as tx:
                found = tx.contacts.get([contact_id(1)])[contact_id(1)]
                assert (found.text("f1"), found.version) == (str(THREADS * ROUNDS), THREADS * ROUNDS + 1)
                assert len(tx.history.of_contact(contact_id(1))) == THREADS * ROUNDS

    def test_one_new_address_makes_one_contact(self) -> None:
        """Threads that find nobody of an address and create that contact do so one after the other (AS-12)."""
        with self.organization() as acme:
            together = Barrier(THREADS)

            def find_or_create(number: int) -> None:
                together.wait(PATIENCE)
                key = address("ada@example.org")
                with acme.transaction(lock=[key]) as tx:
                    if not tx.contacts.holders([key]):
                        tx.apply([CreateContact(contact(number, email="ada@example.org"))], envelope())

            _at_once(*[lambda number=each: find_or_create(number) for each in range(THREADS)])
            with acme.transaction() as tx:
                assert tx.contacts.count() == 1

    def test_keys_in_any_order_lead_to_no_deadlock(self) -> None:
        """Two who lock the same keys the other way round both get through."""
        with self.organization() as acme:
            commit(acme, CreateContact(contact(1, f1="0")))
            keys = [address(each) for each in "abc"]

            def forwards() -> None:
                for _ in range(ROUNDS):
                    _add_one(acme, *keys)

            def backwards() -> None:
                for _ in range(ROUNDS):
                    _add_one(acme, *reversed(keys))

            _at_once(forwards, backwards, forwards, backwards)
            with acme.transaction() as tx:
                assert tx.contacts.get([contact_id(1)])[contact_id(1)].text("f1") == str(4 * ROUNDS)

    def test_a_transaction_that_failed_keeps_nobody_waiting(self) -> None:
        """After an error the next one gets its turn, from whatever thread."""
        with self.organization() as acme:
            for _ in range(THREADS):
                with raises(ValueError), acme.transaction(lock=[address("a")]) as tx:
                    tx.apply([CreateContact(contact(1))], envelope())
                    raise ValueError
            _at_once(*[lambda number=each: commit(acme, CreateContact(contact(number))) for each in range(THREADS)])
            with acme.transaction() as tx:
                assert tx.contacts.count() == THREADS


class DurableStoreContract(StoreClaims):
    """What holds for a store that keeps its records when it is closed: add it to those."""

    def reopen(self, store: Store) -> Store:
        """Open the records of the closed *store* again: what an adapter's test adds."""
        raise NotImplementedError("reopen(store) gives the same records in a new store")

    def test_what_was_committed_is_there_when_the_store_is_opened_again(self) -> None:
        """Everything, to the letter; and nothing of what was rolled back."""
        with self.store() as store:
            acme = store.organization("acme")
            commit(acme, *BASIS)
            with acme.transaction() as tx:
                tx.apply(EVERY_KIND, envelope())
                written = everything(tx)
            with raises(ValueError), acme.transaction() as tx:
                tx.apply([CreateContact(contact(5))], envelope())
                raise ValueError
        again = self.reopen(store)
        try:
            with again.organization("acme").transaction() as tx:
                assert everything(tx) == written
        finally:
            again.close()

    def test_who_joins_after_reopening_stands_behind_those_before(self) -> None:
        """The order of joining goes on (MA-1)."""
        with self.store() as store:
            contacts = [CreateContact(contact(number)) for number in (1, 2, 3)]
            joins = [JoinGroup(group(1).id, contact_id(number)) for number in (3, 2)]
            commit(store.organization("acme"), *contacts, CreateGroup(group(1)), *joins)
        again = self.reopen(store)
        try:
            acme = again.organization("acme")
            commit(acme, JoinGroup(group(1).id, contact_id(1)))
            with acme.transaction() as tx:
                assert tx.groups.members(group(1).id) == (contact_id(3), contact_id(2), contact_id(1))
        finally:
            again.close()


def _add_one(acme: OrganizationStore, *keys: IdentifierKey) -> None:
    with acme.transaction(lock=keys or [address("ada@example.org")]) as tx:
        before = tx.contacts.get([contact_id(1)])[contact_id(1)]
        after = replace(contact(1, f1=str(int(before.text("f1")) + 1)), version=before.version + 1)
        tx.apply([UpdateContact(before, after)], envelope())


def _at_once(*runs: Callable[[], None]) -> None:
    """Run each in a thread of its own, and raise what the first of them raised."""
    with ThreadPoolExecutor(len(runs)) as threads:
        for future in [threads.submit(run) for run in runs]:
            future.result(PATIENCE)
