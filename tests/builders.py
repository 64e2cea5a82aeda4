"""Contact centers to tell stories about: a clock that stands, IDs that can be read, parsers that know everything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from doocore import (
    Actor,
    Attendee,
    Booking,
    Cause,
    Contact,
    ContactCenter,
    ContactId,
    EmailAddress,
    Envelope,
    Event,
    EventStatus,
    FrozenDict,
    IdentifierKey,
    IdentifierKind,
    ImportOptions,
    ImportReport,
    Mailbox,
    Mailing,
    OrganizationSettings,
    Origin,
    Party,
    Prefill,
    Role,
    RowReport,
    Subscription,
    System,
    TryAgainError,
    User,
    ValueParsers,
    match_key,
)
from doocore.changes import Change, RetireContact, UpdateContact
from doocore.model.fields import Entered, FieldValue
from doocore.model.identifiers import BookingNumber
from doocore.plans.story import Circumstances
from doocore.ports import Foreseen, Mailer, OrganizationStore, Transaction
from doocore_adapters.itsdangerous import SignedTokens
from doocore_adapters.memory import MemoryStore
from doocore_adapters.memory.store import MemoryOrganization, MemoryTransaction
from doocore_adapters.validation import LibraryParsers

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
KIM = User("kim", Role.TEAM_ADMIN)
LOU = User("lou")
PARSERS = LibraryParsers()
TOKENS = SignedTokens("a secret for tests and nothing else")
MAILING = Mailing(
    sender=Mailbox(email="team@veranstalter.de", name="Team"), link_url="https://x.example/l/{token}", tokens=TOKENS
)
NEWSLETTER, MARKETING = Subscription.NEWSLETTER, Subscription.MARKETING


@dataclass(slots=True)
class SteadyClock:
    """A clock that moves when it is told to."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass(slots=True)
class CountedIds:
    """IDs in order: `c0001` for contacts, `r0001` for the rest, `TX-AUTO-0001` for bookings, `CODE-0001` for codes."""

    contacts: Iterator[int] = field(default_factory=lambda: count(1))
    records: Iterator[int] = field(default_factory=lambda: count(1))
    bookings: Iterator[int] = field(default_factory=lambda: count(1))
    codes: Iterator[int] = field(default_factory=lambda: count(1))
    tokens: Iterator[int] = field(default_factory=lambda: count(1))

    def contact_id(self) -> ContactId:
        return ContactId(f"c{next(self.contacts):04}")

    def record_id(self) -> str:
        return f"r{next(self.records):04}"

    def booking_number(self) -> BookingNumber:
        return BookingNumber(f"TX-AUTO-{next(self.bookings):04}")

    def code_name(self) -> str:
        return f"CODE-{next(self.codes):04}"

    def token(self) -> str:
        return f"t{next(self.tokens):04}"


def new_center(
    settings: OrganizationSettings | None = None,
    *,
    store: OrganizationStore | None = None,
    actor: Actor = KIM,
    clock: SteadyClock | None = None,
    parsers: ValueParsers = PARSERS,
    mailer: Mailer | None = None,
) -> ContactCenter:
    """Open a contact center, over a new memory store unless another is given, with the event `e1` gone live."""
    store = MemoryStore().organization("acme") if store is None else store
    center = ContactCenter(
        store, parsers=parsers, clock=clock or SteadyClock(), ids=CountedIds(), mailer=mailer, mailing=MAILING
    )
    if settings is not None:
        center.change_settings(settings)
    center.events.put(live_event())
    return center.acting_as(actor)


def live_event(event_id: str = "e1", **details: Any) -> Event:  # noqa: ANN401, whatever an event has
    """Make an event that takes bookings."""
    return Event(id=event_id, status=EventStatus.LIVE, **details)


def party(
    email: str | None = None,
    *,
    answers: Mapping[str, Entered] | None = None,
    prefill: Prefill | None = None,
    chosen: str | None = None,
    subscribes: frozenset[Subscription] = frozenset(),
    **values: Entered,
) -> Attendee:
    """Make a party with these values: an attendee, who may stand in a booker's place as well."""
    return Attendee(
        email=email,
        values=FrozenDict(values),
        answers=FrozenDict(answers or {}),
        prefill=prefill,
        chosen=None if chosen is None else ContactId(chosen),
        subscribes=subscribes,
    )


def prefilled(contact_id: str, email: str | None = None) -> Prefill:
    """Say that the form was filled in from this contact, with this address."""
    return Prefill(contact_id=ContactId(contact_id), email=email)


def booking(booker: Attendee, *attendees: Attendee, number: str | None = None, event_id: str = "e1") -> Booking:
    """Make a booking of these parties."""
    given = {name: getattr(booker, name) for name in Party.__dataclass_fields__}
    return Booking(event_id=event_id, booker=Party(**given), attendees=attendees, number=number)


@dataclass(frozen=True, slots=True)
class Table:
    """A list to import, cell by cell: rows may be too short or too long; the header is line 1."""

    header: Sequence[str]
    body: Sequence[Sequence[Entered]]
    name: str = ""

    def columns(self) -> tuple[str, ...]:
        return tuple(self.header)

    def rows(self) -> Iterator[tuple[int, Sequence[Entered]]]:
        yield from enumerate(self.body, start=2)

    def fingerprint(self) -> str:
        return repr((self.header, self.body))


def import_table(
    center: ContactCenter, table: Table, options: ImportOptions | None = None, *, dry_run: bool = False
) -> tuple[ImportReport, tuple[RowReport, ...]]:
    """Import, and give the report of every row beside that of the import."""
    rows: list[RowReport] = []
    report = center.import_contacts(table, options, dry_run=dry_run, progress=lambda done: rows.extend(done.rows))
    return report, tuple(rows)


def contact(
    contact_id: str = "c1",
    values: Mapping[str, FieldValue] | None = None,
    *,
    aliases: Sequence[IdentifierKey] = (),
    created_at: datetime = NOW,
    **more_values: FieldValue,
) -> Contact:
    """Make a contact with these values."""
    all_values = FrozenDict({**(values or {}), **more_values})
    email = all_values.get("email")
    return Contact(
        id=ContactId(contact_id),
        values=all_values,
        origin=Origin(Cause.BY_HAND, "user:kim"),
        created_at=created_at,
        email_key=None if email is None else match_key(str(email)),
        aliases=frozenset(aliases),
    )


def address(text: str) -> EmailAddress:
    """Read a valid address."""
    found = PARSERS.email(text)
    assert isinstance(found, EmailAddress)
    return found


def email_key(text: str) -> IdentifierKey:
    """Give the key by which the holders of an address are found."""
    return IdentifierKey(IdentifierKind.EMAIL, address(text).key)


def customer_key(text: str) -> IdentifierKey:
    """Give the key by which the holders of a customer ID are found."""
    return IdentifierKey(IdentifierKind.CUSTOMER_ID, text)


def circumstances(actor: Actor = KIM) -> Circumstances:
    """Say that *actor* acts now, with IDs in order at hand."""
    ids = CountedIds()
    return Circumstances(
        actor=actor,
        at=NOW,
        parsers=PARSERS,
        new_contact_ids=iter(ids.contact_id, None),
        new_record_ids=iter(ids.record_id, None),
        new_tokens=iter(ids.token, None),
    )


def transaction_of(center: ContactCenter) -> AbstractContextManager[Transaction]:
    """Look behind the center, into its store."""
    return center._shell.store.transaction()


def apply(center: ContactCenter, *changes: Change) -> None:
    """Write changes for which there is no story yet."""
    with transaction_of(center) as transaction:
        transaction.apply(changes, Envelope(cause=Cause.SYSTEM, actor=System(), at=NOW))


def merge(center: ContactCenter, survivor_id: str, other_id: str) -> None:
    """Merge two contacts as far as identifiers go: the other's ID and keys lead to the survivor (MG-1, MG-5)."""
    aliases = tuple(sorted(center.contact(other_id).identifiers, key=lambda key: (key.kind.value, key.key)))
    apply(center, RetireContact(ContactId(other_id), ContactId(survivor_id), aliases))


def overtake(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Let somebody else be faster: the first *times* that a contact changes, its company changes just before."""
    really = MemoryTransaction.apply
    turns = iter(range(1, times + 1))

    def apply(self: MemoryTransaction, changes: Sequence[Change], envelope: Envelope) -> None:
        for changed in {change.before.id for change in changes if isinstance(change, UpdateContact)}:
            turn = next(turns, None)
            if turn is not None:
                before = self.contacts.get([changed])[changed]
                values = FrozenDict({**before.values, "company": f"{turn} times"})
                really(
                    self, [UpdateContact(before, replace(before, values=values, version=before.version + 1))], envelope
                )
        really(self, changes, envelope)

    monkeypatch.setattr(MemoryTransaction, "apply", apply)


def break_off(monkeypatch: pytest.MonkeyPatch, *which: bool) -> None:
    """Let the store break transactions off when they are to be committed: those *which*, of all that write something."""
    really = MemoryOrganization.transaction
    turns = iter(which)

    @contextmanager
    def transaction(
        self: MemoryOrganization, lock: Iterable[IdentifierKey] = (), foreseen: Foreseen | None = None
    ) -> Iterator[MemoryTransaction]:
        with really(self, lock, foreseen) as opened:
            yield opened
            if opened._journal.mark() and next(turns, False):
                raise TryAgainError

    monkeypatch.setattr(MemoryOrganization, "transaction", transaction)


def everything(center: ContactCenter) -> Mapping[str, object]:
    """Read all that a store keeps, by noun: two stores with equal records give equal answers."""
    with transaction_of(center) as tx:
        contacts = tx.contacts.page(limit=10**6)
        keys = frozenset(key for each in contacts for key in each.identifiers)
        addresses = {key.key for key in keys if key.kind is IdentifierKind.EMAIL}
        groups = tx.groups.all()
        bookings = tx.bookings.page(limit=10**6)
        codes = tx.codes.page(limit=10**6)
        imports = tx.imports.all()
        return {
            "settings": tx.settings.get(),
            "fields": tx.fields.all(),
            "events": tx.events.all(),
            "contacts": contacts,
            "holders": dict(tx.contacts.holders(keys)),
            "opt_outs": tx.contacts.opt_outs(addresses),
            "groups": {group.name: tx.groups.members(group.id) for group in groups},
            "bookings": bookings,
            "codes": codes,
            "redemptions": tx.codes.redemptions([each.id for each in codes]),
            "booking_history": {each.number: tx.bookings.history(each.number) for each in bookings},
            "invitation_facts": {
                each.id: dict(tx.invitations.facts(each.id, [contact.id for contact in contacts]))
                for each in tx.events.all()
            },
            "invitation_lists": tx.invitations.all(),
            "invited": {each.id: tx.invitations.page(each.id, limit=10**6) for each in tx.events.all()},
            "message_events": {
                each.id: dict(tx.invitations.message_events(each.id, [contact.id for contact in contacts]))
                for each in tx.events.all()
            },
            "marks": {
                each.id: dict(tx.invitations.marks(each.id, [contact.id for contact in contacts]))
                for each in tx.events.all()
            },
            "history": {each.id: tx.history.of_contact(each.id) for each in contacts},
            "imports": imports,
            "import_rows": {
                each.id: (tx.imports.counts(each.id), tuple(tx.imports.notable(each.id))) for each in imports
            },
        }
