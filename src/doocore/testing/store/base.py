"""A fresh store for every claim."""

from collections.abc import Iterator
from contextlib import contextmanager

from doocore.changes import Change
from doocore.ports import OrganizationStore, Store, Transaction
from doocore.testing.samples import envelope


class StoreClaims:
    """Claims about a store; each opens the store it needs, so that any test runner can run them."""

    def make_store(self) -> Store:
        """Make a new, empty store: what an adapter's test adds."""
        raise NotImplementedError("make_store() gives the store to be tested")

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open a new store for the block."""
        store = self.make_store()
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def organization(self) -> Iterator[OrganizationStore]:
        """Open an organization of a new store for the block."""
        with self.store() as store:
            yield store.organization("acme")

    @contextmanager
    def transaction(self, *changes: Change) -> Iterator[Transaction]:
        """Open a transaction in which *changes* were committed before."""
        with self.organization() as acme:
            commit(acme, *changes)
            with acme.transaction() as tx:
                yield tx


def commit(organization: OrganizationStore, *changes: Change) -> None:
    """Write *changes* in a transaction of their own."""
    with organization.transaction() as tx:
        tx.apply(changes, envelope())
