"""Short ways to write to a store and to look into it, and threads that tell what went wrong in them."""

import threading
from collections.abc import Callable

from doocore.changes import CreateContact
from doocore.ports import Store
from doocore.testing.samples import contact, envelope


def write(store: Store, number: int) -> None:
    """Create the contact of this number."""
    with store.organization("acme").transaction() as tx:
        tx.apply([CreateContact(contact(number))], envelope())


def count(store: Store) -> int:
    """Count the contacts."""
    with store.organization("acme").snapshot() as view:
        return view.contacts.count()


def in_thread(run: Callable[[], object]) -> None:
    """Run in another thread, and raise here what it raised there."""
    raised: list[BaseException] = []

    def catching() -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001, it is raised again below
            raised.append(error)

    thread = threading.Thread(target=catching)
    thread.start()
    thread.join(60)
    for error in raised:
        raise error
