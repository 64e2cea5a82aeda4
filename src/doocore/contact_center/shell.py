"""The one loop that serves every story: gather what it needs, let it decide, apply what it wants (design: the shell).

An async host writes the same few lines around the same plans.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from doocore.errors import StaleVersionError
from doocore.model.contact import Contact, Excerpt
from doocore.model.event import Event
from doocore.model.fields import FieldCatalog, ValueParsers
from doocore.model.identifiers import ContactId, IdentifierKind
from doocore.model.organization import Actor
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.ports import Clock, IdSource, OrganizationStore, Snapshot

T = TypeVar("T")

ATTEMPTS = 10
"""How often a story is planned again after another writer was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """An organization's store, and what the outside lends to stories."""

    store: OrganizationStore
    actor: Actor
    parsers: ValueParsers
    clock: Clock
    ids: IdSource

    def circumstances(self) -> Circumstances:
        """Say who acts and what time it is, and lend sources of new IDs."""
        return Circumstances(
            actor=self.actor,
            at=self.clock.now(),
            parsers=self.parsers,
            new_contact_ids=drawn_from(self.ids.contact_id),
            new_record_ids=drawn_from(self.ids.record_id),
        )

    def tell(self, needs: Needs, story: Callable[[Facts, Circumstances], Plan[T] | Needs]) -> Plan[T]:
        """Run a story to its end in one transaction, with everything locked that it needs to know.

        Further needs are gathered under a wider lock; where another writer was faster, the story is planned again.
        Raises what the story raises, and `StaleVersionError` after `ATTEMPTS` vain attempts.
        """
        circumstances = self.circumstances()
        for attempts_left in reversed(range(ATTEMPTS)):
            with self.store.transaction(lock=needs.locks) as transaction:
                answer = story(gather(transaction, needs), circumstances)
                if isinstance(answer, Needs):
                    needs |= answer
                    continue
                try:
                    transaction.apply(answer.changes, answer.envelope)
                except StaleVersionError:
                    if not attempts_left:
                        raise
                    continue
                return answer
        raise RuntimeError(f"a story that never has enough to decide: {needs}")

    def ask(self, needs: Needs, question: Callable[[Facts], T | Needs]) -> T:
        """Answer a question from a view of one moment; further needs are gathered from it too."""
        with self.store.snapshot() as snapshot:
            answer = question(gather(snapshot, needs))
            while isinstance(answer, Needs):
                needs |= answer
                answer = question(gather(snapshot, needs))
        return answer


def drawn_from(source: Callable[[], T]) -> Iterator[T]:
    """Draw from *source* as often as asked."""
    while True:
        yield source()


def gather(snapshot: Snapshot, needs: Needs) -> Facts:
    """Read everything that *needs* names, in a handful of look-ups however many keys there are.

    A contact ID among the keys is held by its contact, or by the survivor it was merged into (MG-1).
    """
    settings = snapshot.settings.get()
    by_id = {key: ContactId(key.key) for key in needs.keys if key.kind is IdentifierKind.CONTACT_ID}
    holders = dict(snapshot.contacts.holders(needs.keys - by_id.keys())) if needs.keys else {}
    named = needs.contacts.union(by_id.values())
    known = _Known(snapshot, needs.excerpt)
    known.read(named.union(*holders.values()))
    gone = named - known.ids
    survivors = dict(snapshot.contacts.survivors(gone)) if gone else {}
    known.read(set(survivors.values()) - known.ids)
    for key, contact_id in by_id.items():
        found = survivors.get(contact_id, contact_id)
        if found in known.ids:
            holders[key] = (found,)
    return Facts(
        asked=needs,
        settings=settings,
        catalog=FieldCatalog.of(settings.locale, snapshot.fields.all()),
        holders=holders,
        contacts=known.contacts,
        excerpts=known.excerpts,
        survivors=survivors,
        bookings=snapshot.bookings.get(needs.bookings) if needs.bookings else {},
        events=_events(snapshot, needs),
        groups=snapshot.groups.named(needs.groups) if needs.groups else {},
        opt_outs=snapshot.contacts.opt_outs(_addresses(needs, known.contacts)) if needs.opt_outs else frozenset(),
        belongings={each: snapshot.contacts.belongings(each) for each in needs.belongings},
        members={each: snapshot.contacts.count(group_id=each) for each in needs.members},
        values={each: snapshot.fields.count_values(each) for each in needs.values},
    )


class _Known:
    """The contacts that are known by now, whole or in excerpts."""

    def __init__(self, snapshot: Snapshot, excerpt: tuple[str, ...] | None) -> None:
        self.contacts: dict[ContactId, Contact] = {}
        self.excerpts: dict[ContactId, Excerpt] = {}
        self._reading = snapshot.contacts
        self._excerpt = excerpt

    @property
    def ids(self) -> AbstractSet[ContactId]:
        return self.contacts.keys() if self._excerpt is None else self.excerpts.keys()

    def read(self, ids: Collection[ContactId]) -> None:
        if not ids:
            return
        if self._excerpt is None:
            self.contacts.update(self._reading.get(ids))
        else:
            self.excerpts.update(self._reading.excerpts(ids, self._excerpt))


def _addresses(needs: Needs, contacts: Mapping[ContactId, Contact]) -> set[str]:
    """Collect the match keys whose opt-outs may bind (SU-5)."""
    aliases = (key for each in contacts.values() for key in each.aliases)
    addresses = {key.key for key in chain(needs.keys, aliases) if key.kind is IdentifierKind.EMAIL}
    addresses.update(each.email_key for each in contacts.values() if each.email_key is not None)
    return addresses


def _events(snapshot: Snapshot, needs: Needs) -> Mapping[str, Event]:
    """Read the events that are named, and those that ask for a value of a field that is counted."""
    events = dict(snapshot.events.get(needs.events)) if needs.events else {}
    if needs.values:
        asking = (each for each in snapshot.events.all() if any(one.field in needs.values for one in each.questions))
        events.update((each.id, each) for each in asking)
    return events
