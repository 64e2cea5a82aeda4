"""Who stands on an invitation list is right whoever changes the list and its groups at once (IN-1)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest

from doocore.changes import (
    Change,
    CreateContact,
    CreateGroup,
    DeleteContact,
    DeleteGroup,
    JoinGroup,
    LeaveGroup,
    PutInvitationList,
)
from doocore.model.invitation import InvitationList
from doocore.testing.samples import MOMENT, contact, contact_id, envelope, group
from doocore_adapters._sql.writer import Writer
from doocore_adapters.postgres import PostgresStore
from tests.databases import somebody_waits, wait_until

ONE, TWO = group(1).id, group(2).id
ADA, BOB = contact_id(1), contact_id(2)


def listed(*groups: str, version: int) -> PutInvitationList:
    ids = tuple(group(int(each)).id for each in groups)
    return PutInvitationList(InvitationList(event_id="e1", created_at=MOMENT, groups=ids, version=version))


BEFORE: tuple[Change, ...] = (
    *(CreateContact(contact(number)) for number in (1, 2)),
    *(CreateGroup(group(number)) for number in (1, 2)),
    JoinGroup(ONE, ADA),
    JoinGroup(TWO, ADA),
)

RACES: dict[str, tuple[Sequence[Change], Change, Change, list[str]]] = {
    "one joins a group while it comes onto the list": (
        [listed(version=1)],
        JoinGroup(ONE, BOB),
        listed("1", version=2),
        [ADA, BOB],
    ),
    "a group comes onto the list while one joins it": (
        [listed(version=1)],
        listed("1", version=2),
        JoinGroup(ONE, BOB),
        [ADA, BOB],
    ),
    "one leaves a group while it comes onto the list": (
        [listed(version=1)],
        LeaveGroup(ONE, ADA),
        listed("1", version=2),
        [],
    ),
    "a group comes onto the list while one leaves it": (
        [listed(version=1)],
        listed("1", version=2),
        LeaveGroup(ONE, ADA),
        [],
    ),
    "one leaves both groups of the list at once": (
        [listed("1", "2", version=1)],
        LeaveGroup(ONE, ADA),
        LeaveGroup(TWO, ADA),
        [],
    ),
    "one leaves a group while the other is deleted": (
        [listed("1", "2", version=1)],
        LeaveGroup(ONE, ADA),
        DeleteGroup(TWO),
        [],
    ),
    "a group is deleted while it comes off the list": (
        [listed("1", version=1)],
        DeleteGroup(ONE),
        listed("2", version=2),
        [ADA],
    ),
    "one is deleted while a group comes onto the list": (
        [listed(version=1)],
        DeleteContact(ADA, 1),
        listed("1", version=2),
        [],
    ),
}
"""What there is, what the first writes, what the second writes meanwhile, and who must stand on the list then."""


def on_list_after(dsn: str, before: Sequence[Change], first: Change, second: Change) -> list[str]:
    """Let the second write while the first has written and not committed; give who stands on the list."""
    has_written, is_through = Event(), Event()

    def write(change: Change, written: Callable[[], object]) -> None:
        with closing(PostgresStore(dsn)) as store, store.organization("acme").transaction() as tx:
            tx.apply([change], envelope())
            written()

    def hold() -> None:
        has_written.set()
        wait_until(lambda: is_through.is_set() or somebody_waits(dsn))

    with closing(PostgresStore(dsn)) as store, store.organization("acme").transaction() as tx:
        tx.apply([*BEFORE, *before], envelope())
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(write, first, hold)
        has_written.wait(60)
        other = threads.submit(write, second, is_through.set)
        one.result(60)
        other.result(60)
    with closing(PostgresStore(dsn)) as store, store.organization("acme").snapshot() as view:
        return [each.contact_id for each in view.invitations.page("e1")]


@pytest.mark.parametrize("race", RACES.values(), ids=RACES.keys())
def test_whoever_comes_first_the_list_is_right(
    race: tuple[Sequence[Change], Change, Change, list[str]], postgres: str
) -> None:
    before, first, second, expected = race
    assert on_list_after(postgres, before, first, second) == expected


def test_it_is_the_groups_that_are_held(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else who leaves while the group comes onto the list would stay on it."""
    monkeypatch.setattr(Writer, "_hold_groups", lambda _, group_ids: dict.fromkeys(group_ids, 0))
    before, first, second, expected = RACES["one leaves a group while it comes onto the list"]
    assert on_list_after(postgres, before, first, second) != expected
