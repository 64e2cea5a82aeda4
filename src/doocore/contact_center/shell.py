"""The one loop that serves every story: gather what it needs, let it decide, apply what it wants (design: the shell).

An async host writes the same few lines around the same plans.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from doocore.changes import Change, SetEvidence, UpdateContact
from doocore.errors import DooCoreError, StaleVersionError, TryAgainError
from doocore.model.booking import RecordedBooking
from doocore.model.code import Code, CodeId
from doocore.model.contact import Contact, Excerpt
from doocore.model.event import Event
from doocore.model.fields import FieldCatalog, ValueParsers
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.model.invitation import InvitationFacts, InvitationList
from doocore.model.message import MailId, Mailing, Message, MessageId, OutboxMail
from doocore.model.organization import Actor
from doocore.plans.booking_evidence import concerned_contacts
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.ports import Clock, IdSource, Mailer, OrganizationStore, Snapshot, Transaction
from doocore.rules.codes import limit_of

T = TypeVar("T")

Progress = Callable[[int], None]
"""Who wants to know how many are done."""

ATTEMPTS = 10
"""How often a story is planned again after another writer was faster."""

# An import asks for thousands of keys; to look such a word up in its class takes longer than all else that is done with one.
_CONTACT_ID = IdentifierKind.CONTACT_ID
_EMAIL = IdentifierKind.EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """An organization's store, and what the outside lends to stories."""

    store: OrganizationStore
    actor: Actor
    parsers: ValueParsers
    clock: Clock
    ids: IdSource
    mailer: Mailer | None = None
    mailing: Mailing | None = None

    def circumstances(self) -> Circumstances:
        """Say who acts and what time it is, and lend sources of new IDs."""
        return Circumstances(
            actor=self.actor,
            at=self.clock.now(),
            parsers=self.parsers,
            new_contact_ids=drawn_from(self.ids.contact_id),
            new_record_ids=drawn_from(self.ids.record_id),
            new_tokens=drawn_from(self.ids.token),
        )

    def tell(self, needs: Needs, story: Callable[[Facts, Circumstances], Plan[T] | Needs]) -> Plan[T]:
        """Run a story to its end in one transaction, with everything locked that it needs to know.

        Further needs are gathered under a wider lock. Where another writer was faster, the story is planned again, with
        all keys locked that lead to the contacts it changes, so that nobody is faster again. Raises what the story
        raises, and `StaleVersionError` or `TryAgainError` after `ATTEMPTS` vain attempts.
        """
        circumstances = self.circumstances()
        ways: frozenset[IdentifierKey] = frozenset()
        for attempts_left in reversed(range(ATTEMPTS)):
            with (
                _Again(TryAgainError, attempts_left),
                self.store.transaction(lock=needs.locks | ways, foreseen=needs) as transaction,
            ):
                answer = story(gather(transaction, needs), circumstances)
                if isinstance(answer, Needs):
                    needs |= answer
                    continue
                with _Again(StaleVersionError, attempts_left):
                    transaction.apply(answer.changes, answer.envelope)
                    return answer
                ways |= _ways_to(transaction.contacts.get(_changed(answer.changes)).values())
        raise RuntimeError(f"a story that never has enough to decide: {needs}")

    def commit(self, lock: Collection[IdentifierKey], work: Callable[[Transaction], T]) -> T:
        """Do *work* in one transaction; all of it again, where the store broke that off.

        Raises what *work* raises, and `TryAgainError` after `ATTEMPTS` vain attempts.
        """
        attempts_left = ATTEMPTS
        while True:
            attempts_left -= 1
            with _Again(TryAgainError, attempts_left), self.store.transaction(lock=lock) as transaction:
                return work(transaction)

    def ask(self, needs: Needs, question: Callable[[Facts], T | Needs]) -> T:
        """Answer a question from a view of one moment; further needs are gathered from it too."""
        with self.store.snapshot() as snapshot:
            answer = question(gather(snapshot, needs))
            while isinstance(answer, Needs):
                needs |= answer
                answer = question(gather(snapshot, needs))
        return answer


@dataclass(frozen=True, slots=True)
class _Again:
    """Goes on behind the block where *error* broke it off, to do it again; the last time, lets it out."""

    error: type[DooCoreError]
    attempts_left: int

    def __enter__(self) -> None:
        pass

    def __exit__(self, raised: type[BaseException] | None, *_: object) -> bool:
        return self.attempts_left > 0 and raised is not None and issubclass(raised, self.error)


def _changed(changes: Iterable[Change]) -> frozenset[ContactId]:
    """Name the contacts that are to change, or of which something else is to be known."""
    updated = (each.after.id for each in changes if isinstance(each, UpdateContact))
    return frozenset(chain(updated, (each.contact_id for each in changes if isinstance(each, SetEvidence))))


def _ways_to(contacts: Collection[Contact]) -> frozenset[IdentifierKey]:
    """Name the keys by which a story can come to *contacts*."""
    ids = (IdentifierKey(IdentifierKind.CONTACT_ID, each.id) for each in contacts)
    return frozenset(ids).union(*(each.identifiers for each in contacts))


def unheard(_: object) -> None:
    """Nobody wants to know how far it is."""


def drawn_from(source: Callable[[], T]) -> Iterator[T]:
    """Draw from *source* as often as asked."""
    while True:
        yield source()


def gather(snapshot: Snapshot, needs: Needs) -> Facts:
    """Read everything that *needs* names, in a handful of look-ups however many keys there are.

    A contact ID among the keys is held by its contact, or by the survivor it was merged into (MG-1).
    """
    post = _post(snapshot, needs)
    if post.mails or post.by_token:  # else what was asked for stays as it is, in excerpts too
        needs |= post.concerned
    settings = snapshot.settings.get()
    by_id = {each: ContactId(each.key) for each in needs.keys if each.kind is _CONTACT_ID}
    named = needs.contacts.union(by_id.values())
    known = _Known(snapshot, needs.excerpt)
    holders = known.find(needs.keys - by_id.keys() if by_id else needs.keys)
    known.read(named.union(*holders.values()) - known.ids)
    gone = named - known.ids
    survivors = dict(snapshot.contacts.survivors(gone)) if gone else {}
    known.read(set(survivors.values()) - known.ids)
    for key, contact_id in by_id.items():
        found = survivors.get(contact_id, contact_id)
        if found in known.ids:
            holders[key] = (found,)
    bookings = snapshot.bookings.get(needs.bookings) if needs.bookings else {}
    codes = snapshot.codes.named(needs.codes) if needs.codes else {}
    return Facts(
        asked=needs,
        settings=settings,
        catalog=FieldCatalog.of(settings.locale, snapshot.fields.all()),
        holders=holders,
        contacts=known.contacts,
        excerpts=known.excerpts,
        survivors=survivors,
        bookings=bookings,
        invitations=_invitations(snapshot, needs, bookings.values(), known.ids) if needs.invitations else {},
        invitation_lists=_invitation_lists(snapshot, needs.invitation_lists),
        message_events=_of_events(snapshot.invitations.message_events, needs, known.ids)
        if needs.message_events
        else {},
        marks=_of_events(snapshot.invitations.marks, needs, known.ids) if needs.marks else {},
        events=_events(snapshot, needs),
        groups=snapshot.groups.named(needs.groups) if needs.groups else {},
        codes=codes,
        used=_used(snapshot, codes),
        redeemed=snapshot.codes.redeemed_in(needs.bookings) if codes and needs.bookings else {},
        opt_outs=snapshot.contacts.opt_outs(_addresses(needs, known.contacts)) if needs.opt_outs else frozenset(),
        belongings={each: snapshot.contacts.belongings(each) for each in needs.belongings},
        members={each: snapshot.contacts.count(group_id=each) for each in needs.members},
        values={each: snapshot.fields.count_values(each) for each in needs.values},
        mails=post.mails,
        mails_by_token=post.by_token,
        messages=post.messages,
        written_to=frozenset(each for each in needs.written_to if snapshot.outbox.is_written_to(*each)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Post:
    """Mails that are asked for, with their messages."""

    mails: Mapping[MailId, OutboxMail] = field(default_factory=dict)
    by_token: Mapping[str, OutboxMail] = field(default_factory=dict)
    messages: Mapping[MessageId, Message] = field(default_factory=dict)

    @property
    def concerned(self) -> Needs:
        """Whom the mails are for, and what the messages are about."""
        contacts = (each.contact_id for each in chain(self.mails.values(), self.by_token.values()))
        return Needs(
            contacts=frozenset(each for each in contacts if each is not None),
            events=frozenset(each.draft.event_id for each in self.messages.values()),
        )


def _post(snapshot: Snapshot, needs: Needs) -> _Post:
    if not needs.mails and not needs.tokens:
        return _Post()
    mails = snapshot.outbox.get(needs.mails) if needs.mails else {}
    by_token = snapshot.outbox.of_tokens(needs.tokens) if needs.tokens else {}
    of_messages = {each.message_id for each in chain(mails.values(), by_token.values())} - {None}
    messages = snapshot.messages.get([each for each in of_messages if each is not None])
    return _Post(mails=mails, by_token=by_token, messages=messages)


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

    def find(self, keys: Collection[IdentifierKey]) -> dict[IdentifierKey, tuple[ContactId, ...]]:
        """Tell who holds each key; where excerpts will do, they are known by then."""
        if not keys or self._excerpt is None:
            return dict(self._reading.holders(keys)) if keys else {}
        holders, excerpts = self._reading.known_by(keys, self._excerpt)
        self.excerpts.update(excerpts)
        return dict(holders)

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
    addresses = {key for kind, key in chain(needs.keys, aliases) if kind is _EMAIL}
    addresses.update(each.email_key for each in contacts.values() if each.email_key is not None)
    return addresses


def _invitations(
    snapshot: Snapshot, needs: Needs, bookings: Collection[RecordedBooking], contacts: Collection[ContactId]
) -> Mapping[tuple[str, ContactId], InvitationFacts]:
    """Read what is known of events and contacts; what is not known of any of them, nobody has to look for."""
    asked = frozenset(contacts).union(*map(concerned_contacts, bookings))
    events = needs.events.union(each.event_id for each in bookings) if asked else ()
    return {
        (event_id, contact_id): known
        for event_id in events
        for contact_id, known in snapshot.invitations.facts(event_id, asked).items()
    }


def _invitation_lists(snapshot: Snapshot, event_ids: Collection[str]) -> Mapping[str, InvitationList]:
    found = {each: snapshot.invitations.get(each) for each in event_ids}
    return {each: listed for each, listed in found.items() if listed is not None}


def _of_events(
    read: Callable[[str, Collection[ContactId]], Mapping[ContactId, T]],
    needs: Needs,
    contact_ids: Collection[ContactId],
) -> Mapping[tuple[str, ContactId], T]:
    """Read what there is of the events that are named and these contacts."""
    return {
        (event_id, contact_id): found
        for event_id in needs.events
        for contact_id, found in read(event_id, contact_ids).items()
    }


def _used(snapshot: Snapshot, codes: Mapping[str, Code]) -> Mapping[CodeId, int]:
    """Count how often codes were redeemed; not of those that can be redeemed any number of times."""
    counted = [each.id for each in codes.values() if limit_of(each) is not None]
    return snapshot.codes.used(counted) if counted else {}


def _events(snapshot: Snapshot, needs: Needs) -> Mapping[str, Event]:
    """Read the events that are named, and those that ask for a value of a field that is counted."""
    events = dict(snapshot.events.get(needs.events)) if needs.events else {}
    if needs.values:
        asking = (each for each in snapshot.events.all() if any(one.field in needs.values for one in each.questions))
        events.update((each.id, each) for each in asking)
    return events
