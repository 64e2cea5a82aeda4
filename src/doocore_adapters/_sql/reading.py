"""The repositories of a transaction, one class per noun, on any `Session`."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from heapq import nsmallest
from itertools import chain, groupby
from typing import TypeVar

from doocore.model.booking import RecordedBooking, RecordedParty
from doocore.model.code import Code, CodeId, Redemption
from doocore.model.contact import Contact, ContactColumns, Excerpt, Group, GroupId, OptOut, Subscription
from doocore.model.contact_import import ImportId, ImportRecord, OutcomeCounts, RowReport
from doocore.model.deletion import Belongings
from doocore.model.event import Event
from doocore.model.fields import ContactField, FieldKey
from doocore.model.history import BookingHistoryEntry, HistoryEntry
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey, IdentifierKind, identifier_keys
from doocore.model.invitation import ContactMark, Evidence, Invitation, InvitationFacts, InvitationList, MessageEvent
from doocore.model.organization import OrganizationSettings
from doocore_adapters._sql.rows import (
    LETTERS,
    Row,
    booking_history_of,
    booking_of,
    code_of,
    columns_of,
    concerns_of,
    contact_of,
    event_of,
    excerpt_of,
    facts_of,
    field_of,
    group_of,
    history_of,
    import_of,
    invitation_list_of,
    mark_of,
    message_event_of,
    party_of,
    redemption_of,
    report_of,
    settings_of,
)
from doocore_adapters._sql.session import Reading
from doocore_adapters._sql.statements import EXCERPT_COLUMNS

V = TypeVar("V")

DEFAULT_SETTINGS = OrganizationSettings()
NOTABLE_AT_ONCE = 500
"""How many rows of an import are read at once while they are streamed."""

PIECES = 100
"""How many sets of evidence one statement looks for."""

_MANY = 20  # keys; for fewer, looking them up is as quick as asking beforehand
_KEY_COLUMNS = {
    IdentifierKind.CONTACT_ID: "id",
    IdentifierKind.EMAIL: "email_key",
    IdentifierKind.CUSTOMER_ID: "customer_id",
}
_NO_ALIASES: frozenset[IdentifierKey] = frozenset()


class Repository:
    """What all of them have in common: they run statements for the organization of the session."""

    def __init__(self, session: Reading) -> None:
        self._session = session
        self._sql = session.statements

    def _rows(self, statement: str, *parameters: object) -> list[Row]:
        return self._session.rows(statement, self._session.organization_id, *parameters)

    def _among(self, statement: str, keys: Collection[str]) -> list[Row]:
        return self._rows(statement, self._session.among(keys)) if keys else []

    def _has_any(self, statement: str, keys: Collection[str]) -> bool:
        """Tell whether a table that is mostly empty is worth asking about so many *keys*."""
        return len(keys) < _MANY or any(found for (found,) in self._rows(statement))

    def _by_id(self, statement: str, keys: Collection[str], value_of: Callable[[Row], V]) -> dict[str, V]:
        return {row[0]: value_of(row) for row in self._among(statement, keys)}


class Contacts(Repository):
    """Contacts, and who holds which identifier."""

    def get(self, ids: Collection[ContactId]) -> Mapping[ContactId, Contact]:
        """Read the contacts of *ids*."""
        return {contact.id: contact for contact in self._contacts(self._among(self._sql.contacts, ids))}

    def excerpts(self, ids: Collection[ContactId], fields: Sequence[str]) -> Mapping[ContactId, Excerpt]:
        """Read what contacts have in *fields*: columns as they are, custom fields out of their document."""
        return {contact_id: excerpt for _, contact_id, excerpt in self._excerpts("id", ids, fields)}

    def known_by(
        self, keys: Collection[IdentifierKey], fields: Sequence[str]
    ) -> tuple[Mapping[IdentifierKey, tuple[ContactId, ...]], Mapping[ContactId, Excerpt]]:
        """Find every holder of each key, sorted, and what all of them have in *fields*."""
        found: dict[IdentifierKey, tuple[ContactId, ...]] = {}
        excerpts: dict[ContactId, Excerpt] = {}
        for kind, of_kind in _by_kind(keys).items():
            rows = self._excerpts(_KEY_COLUMNS.get(kind), of_kind, fields)
            excerpts.update([row[1:] for row in rows])
            aliases = self._holders_of_aliases(kind, of_kind)
            excerpts.update(self.excerpts({contact_id for _, contact_id in aliases} - excerpts.keys(), fields))
            found.update(_holders(kind, [*[row[:2] for row in rows], *aliases]))
        return found, excerpts

    def holders(self, keys: Collection[IdentifierKey]) -> Mapping[IdentifierKey, tuple[ContactId, ...]]:
        """Find every holder of each key, sorted."""
        found: dict[IdentifierKey, tuple[ContactId, ...]] = {}
        for kind, of_kind in _by_kind(keys).items():
            statement = self._holders_by.get(kind)
            rows = [] if statement is None else self._among(statement, of_kind)
            found.update(_holders(kind, [*rows, *self._holders_of_aliases(kind, of_kind)]))
        return found

    def survivors(self, ids: Collection[ContactId]) -> Mapping[ContactId, ContactId]:
        """Tell the last survivor of each merged contact, step by step for all of them."""
        merged: dict[ContactId, ContactId] = {}
        asked: Collection[ContactId] = ids
        while asked:
            found: dict[ContactId, ContactId] = dict(self._among(self._sql.survivors, asked))
            merged.update(found)
            asked = [each for each in found.values() if each not in merged]
        return {each: _last(merged, each) for each in ids if each in merged}

    def belongings(self, contact_id: ContactId) -> Belongings:
        """Count the bookings and attendees of a contact, and tell who was merged into it, step by step."""
        merged: set[ContactId] = set()
        found: list[ContactId] = [contact_id]
        while found := [each for (each,) in self._among(self._sql.merged_into, found)]:
            merged.update(found)
        as_booker: dict[bool, int] = dict(self._among(self._sql.belongings, [contact_id, *merged]))
        return Belongings(
            bookings=as_booker.get(True, 0), attendees=as_booker.get(False, 0), merged=tuple(sorted(merged))
        )

    def opt_outs(self, address_keys: Collection[str]) -> frozenset[OptOut]:
        """Find the opt-outs of these match keys."""
        rows = (
            self._among(self._sql.opt_outs, address_keys) if self._has_any(self._sql.any_opt_out, address_keys) else []
        )
        return frozenset(OptOut(key, Subscription(subscription)) for key, subscription in rows)

    def page(
        self, *, after: ContactId | None = None, limit: int = 100, text: str = "", group_id: GroupId | None = None
    ) -> tuple[Contact, ...]:
        """List contacts in order of their IDs."""
        statement = self._sql.contacts_page(text=bool(text), group=group_id is not None)
        parameters = _given(group_id, after or "", text or None, limit)
        return tuple(self._contacts(self._rows(statement, *parameters)))

    def columns(
        self,
        fields: Sequence[str],
        *,
        size: int,
        text: str = "",
        group_id: GroupId | None = None,
        ids: Collection[ContactId] | None = None,
    ) -> Generator[ContactColumns, None, None]:
        """Stream contacts column by column: columns as they are, custom fields out of their documents."""
        own = [each for each in dict.fromkeys(fields) if each in EXCERPT_COLUMNS]
        custom = [each for each in fields if each not in EXCERPT_COLUMNS]
        statement = self._sql.contacts_columns(
            own, custom=bool(custom), text=bool(text), group=group_id is not None, among=ids is not None
        )
        given = _given(group_id, None if ids is None else self._session.among(ids), text or None)
        with closing(self._session.stream(statement, self._session.organization_id, *given, size=size)) as portions:
            for rows in portions:
                yield columns_of(rows, own, custom)

    def count(self, *, text: str = "", group_id: GroupId | None = None) -> int:
        """Count what `page` would list."""
        statement = self._sql.contacts_count(text=bool(text), group=group_id is not None)
        ((found,),) = self._rows(statement, *_given(group_id, text or None))
        return int(found)

    def _contacts(self, rows: list[Row]) -> Iterator[Contact]:
        aliases: dict[ContactId, set[IdentifierKey]] = defaultdict(set)
        for contact_id, kind, key in self._among(self._sql.aliases, [row[0] for row in rows]):
            aliases[contact_id].add(IdentifierKey(IdentifierKind(kind), key))
        return (contact_of(row, frozenset(aliases[row[0]]) if row[0] in aliases else _NO_ALIASES) for row in rows)

    @property
    def _holders_by(self) -> Mapping[IdentifierKind, str]:
        return {
            IdentifierKind.CONTACT_ID: self._sql.contacts_by_id,
            IdentifierKind.EMAIL: self._sql.contacts_by_email,
            IdentifierKind.CUSTOMER_ID: self._sql.contacts_by_customer_id,
        }

    def _holders_of_aliases(self, kind: IdentifierKind, keys: Collection[str]) -> list[Row]:
        if kind is IdentifierKind.CONTACT_ID or not self._has_any(self._sql.any_alias, keys):
            return []
        return self._rows(self._sql.contacts_by_alias, kind.value, self._session.among(keys))

    def _excerpts(
        self, column: str | None, keys: Collection[str], fields: Sequence[str]
    ) -> Sequence[tuple[str, ContactId, Excerpt]]:
        """Read excerpts of the contacts that have one of *keys* in a column, each behind its key and its ID."""
        if column is None:
            return ()
        columns = [each for each in fields if each in EXCERPT_COLUMNS]
        has_custom = len(columns) < len(fields)
        rows = self._among(self._sql.contact_excerpts(columns, custom=has_custom, by=column), keys)
        if not has_custom:
            return [(row[0], row[1], row[2:]) for row in rows]
        return [(row[0], row[1], excerpt_of(row[2:], columns, fields)) for row in rows]


class Groups(Repository):
    """Groups and memberships."""

    def all(self) -> tuple[Group, ...]:
        """List all groups, sorted by name."""
        return tuple(map(group_of, self._rows(self._sql.groups)))

    def named(self, folded_names: Collection[str]) -> Mapping[str, Group]:
        """Find groups by their folded names."""
        return self._by_id(self._sql.groups_by_name, folded_names, lambda row: group_of(row[1:]))

    def of(self, contact_ids: Collection[ContactId]) -> Mapping[ContactId, frozenset[GroupId]]:
        """Tell the groups of each contact."""
        groups: dict[ContactId, set[GroupId]] = defaultdict(set)
        for contact_id, group_id in self._among(self._sql.groups_of, contact_ids):
            groups[contact_id].add(group_id)
        return {contact_id: frozenset(found) for contact_id, found in groups.items()}

    def members(self, group_id: GroupId) -> tuple[ContactId, ...]:
        """List the members in the order they joined."""
        return tuple(contact_id for (contact_id,) in self._rows(self._sql.members, group_id))


class Fields(Repository):
    """Contact fields."""

    def all(self) -> tuple[ContactField, ...]:
        """List what was written, in order of first writing."""
        return tuple(map(field_of, self._rows(self._sql.fields)))

    def count_values(self, field_key: FieldKey) -> int:
        """Count the contacts that have a value in a custom field."""
        ((found,),) = self._rows(self._sql.values_count, field_key)
        return int(found)


class Events(Repository):
    """Events."""

    def get(self, ids: Collection[str]) -> Mapping[str, Event]:
        """Read the events of *ids*."""
        return self._by_id(self._sql.events, ids, event_of)

    def all(self) -> tuple[Event, ...]:
        """List all events in order of creation."""
        return tuple(map(event_of, self._rows(self._sql.all_events)))


class Bookings(Repository):
    """Bookings."""

    def get(self, numbers: Collection[BookingNumber]) -> Mapping[BookingNumber, RecordedBooking]:
        """Read the bookings of *numbers*."""
        return {each.number: each for each in self._bookings(self._among(self._sql.bookings, numbers))}

    def page(
        self, *, after: BookingNumber | None = None, limit: int = 100, event_id: str | None = None
    ) -> tuple[RecordedBooking, ...]:
        """List bookings in order of their numbers."""
        if event_id is None:
            return self._bookings(self._rows(self._sql.bookings_page, after or "", limit))
        return self._bookings(self._rows(self._sql.bookings_page_of_event, event_id, after or "", limit))

    def of_contact(self, contact_id: ContactId) -> tuple[BookingNumber, ...]:
        """List the numbers of a contact's bookings, sorted."""
        return tuple(number for (number,) in self._rows(self._sql.bookings_of_contact, contact_id))

    def history(self, number: BookingNumber) -> tuple[BookingHistoryEntry, ...]:
        """List the changes of a booking, the first one first."""
        return tuple(map(booking_history_of, self._rows(self._sql.booking_history, number)))

    def _bookings(self, rows: list[Row]) -> tuple[RecordedBooking, ...]:
        parties: dict[str, list[RecordedParty]] = defaultdict(list)
        for number, *party in self._among(self._sql.parties, [row[0] for row in rows]):
            parties[number].append(party_of(tuple(party)))
        return tuple(booking_of(row, parties[row[0]]) for row in rows)


class Invitations(Repository):
    """Invitation lists, and what is known of contacts and events."""

    def get(self, event_id: str) -> InvitationList | None:
        """Read the invitation list of an event."""
        return next(self._lists(self._rows(self._sql.invitation_list, event_id)), None)

    def all(self) -> tuple[InvitationList, ...]:
        """Read all invitation lists, sorted by event."""
        return tuple(self._lists(self._rows(self._sql.invitation_lists)))

    def facts(self, event_id: str, contact_ids: Collection[ContactId]) -> Mapping[ContactId, InvitationFacts]:
        """Read what is known of contacts and an event."""
        if not contact_ids:
            return {}
        ids, organization_id = self._session.among(contact_ids), self._session.organization_id
        kept = {row[0]: row[1:] for row in self._rows(self._sql.evidence, event_id, ids)}
        rows = self._rows(self._sql.concerns, ids, organization_id, ids, event_id)
        return facts_of(kept, concerns_of(rows, contact_ids))

    def counts(self, event_id: str) -> Mapping[Evidence, int]:
        """Count the contacts on the list for each set of evidence."""
        return {Evidence(evidence): count for evidence, count in self._rows(self._sql.evidence_counts, event_id)}

    def masks(self, event_id: str) -> frozenset[Evidence]:
        """Tell which sets of evidence occur on the list, leaping from one to the next in the index."""
        rows = self._rows(self._sql.evidence_masks, event_id, self._session.organization_id, event_id)
        return frozenset(Evidence(evidence) for (evidence,) in rows)

    def page(
        self,
        event_id: str,
        *,
        evidence: Collection[Evidence] | None = None,
        after: ContactId | None = None,
        limit: int = 100,
    ) -> tuple[Invitation, ...]:
        """List contacts on the list in order of their IDs; those of some sets of evidence from a page of each set."""
        if evidence is None:
            rows = self._rows(self._sql.invitations_page, event_id, after or "", limit)
        else:
            masks = sorted(set(map(int, evidence)))
            rows = nsmallest(
                limit,
                chain.from_iterable(
                    self._page_of(event_id, masks[first : first + PIECES], after or "", limit)
                    for first in range(0, len(masks), PIECES)
                ),
            )
        return tuple(Invitation(contact_id, Evidence(mask)) for contact_id, mask in rows)

    def _page_of(self, event_id: str, masks: Sequence[int], after: str, limit: int) -> list[Row]:
        organization_id = self._session.organization_id
        given = [each for mask in masks for each in (organization_id, event_id, mask, after)]
        return self._rows(self._sql.invitations_page_of(len(masks), limit), *given[1:])

    def concerned(self, event_id: str, *, after: ContactId | None = None, limit: int = 100) -> tuple[ContactId, ...]:
        """List the contacts of which anything is recorded."""
        piece = (event_id, after or "", limit)
        others = chain.from_iterable((self._session.organization_id, *piece) for _ in range(4))
        return tuple(contact_id for (contact_id,) in self._rows(self._sql.concerned, *piece, *others, limit))

    def message_events(
        self, event_id: str, contact_ids: Collection[ContactId]
    ) -> Mapping[ContactId, tuple[MessageEvent, ...]]:
        """Read what happened to messages of an event at contacts, the earliest first."""
        events = map(message_event_of, self._of_contacts(self._sql.message_events, event_id, contact_ids))
        return {contact_id: tuple(found) for contact_id, found in groupby(events, key=lambda each: each.contact_id)}

    def marks(self, event_id: str, contact_ids: Collection[ContactId]) -> Mapping[ContactId, tuple[ContactMark, ...]]:
        """Read the marks of contacts, the earliest first."""
        marks = map(mark_of, self._of_contacts(self._sql.marks, event_id, contact_ids))
        return {contact_id: tuple(found) for contact_id, found in groupby(marks, key=lambda each: each.contact_id)}

    def _of_contacts(self, statement: str, event_id: str, contact_ids: Collection[ContactId]) -> list[Row]:
        return self._rows(statement, event_id, self._session.among(contact_ids)) if contact_ids else []

    def _lists(self, rows: Iterable[Row]) -> Iterator[InvitationList]:
        return (invitation_list_of(list(of_list)) for _, of_list in groupby(rows, key=lambda row: row[0]))


class Codes(Repository):
    """Codes, and what redeemed them."""

    def named(self, folded_names: Collection[str]) -> Mapping[str, Code]:
        """Find codes by their folded names."""
        return self._by_id(self._sql.codes_by_name, folded_names, lambda row: code_of(row[1:]))

    def page(self, *, after: CodeId | None = None, limit: int = 100, event_id: str | None = None) -> tuple[Code, ...]:
        """List codes in order of their IDs."""
        if event_id is None:
            return tuple(map(code_of, self._rows(self._sql.codes_page, after or "", limit)))
        return tuple(map(code_of, self._rows(self._sql.codes_page_of_event, event_id, after or "", limit)))

    def used(self, ids: Collection[CodeId]) -> Mapping[CodeId, int]:
        """Count the uses of each code that count."""
        return dict.fromkeys(ids, 0) | dict(self._among(self._sql.code_uses_count, ids))

    def redemptions(self, ids: Collection[CodeId]) -> Mapping[CodeId, tuple[Redemption, ...]]:
        """List the bookings that have redeemed each code, the first one first."""
        found: dict[CodeId, list[Redemption]] = defaultdict(list)
        for code_id, *use in self._among(self._sql.code_uses, ids):
            found[code_id].append(redemption_of(tuple(use)))
        return {code_id: tuple(uses) for code_id, uses in found.items()}

    def redeemed_in(self, numbers: Collection[BookingNumber]) -> Mapping[BookingNumber, frozenset[CodeId]]:
        """Tell the codes that each booking has redeemed."""
        found: dict[BookingNumber, set[CodeId]] = defaultdict(set)
        for number, code_id in self._among(self._sql.codes_of_bookings, numbers):
            found[number].add(code_id)
        return {number: frozenset(codes) for number, codes in found.items()}


class Imports(Repository):
    """Imports and their rows."""

    def get(self, import_id: ImportId) -> ImportRecord | None:
        """Read an import."""
        return next(map(import_of, self._rows(self._sql.one_import, import_id)), None)

    def all(self) -> tuple[ImportRecord, ...]:
        """List all imports in order of their beginning."""
        return tuple(map(import_of, self._rows(self._sql.imports)))

    def counts(self, import_id: ImportId) -> OutcomeCounts:
        """Count the recorded rows per outcome."""
        letters: Counter[str] = Counter()
        for (outcomes,) in self._rows(self._sql.import_batches, import_id):
            letters.update(outcomes)
        return {outcome: letters[letter] for outcome, letter in LETTERS.items() if letters[letter]}

    def notable(self, import_id: ImportId) -> Iterator[RowReport]:
        """Stream the rows that have reasons or warnings."""
        position = -1
        while rows := self._rows(self._sql.notable_rows, import_id, position, NOTABLE_AT_ONCE):
            yield from (report_of(row[1:]) for row in rows)
            position = rows[-1][0]


class History(Repository):
    """What happened to contacts."""

    def of_contact(self, contact_id: ContactId) -> tuple[HistoryEntry, ...]:
        """List the changes of a contact, the first one first."""
        return tuple(map(history_of, self._rows(self._sql.history, contact_id)))


class Settings(Repository):
    """The organization's settings."""

    def get(self) -> OrganizationSettings:
        """Read the settings."""
        return next(map(settings_of, self._rows(self._sql.settings)), DEFAULT_SETTINGS)


def _holders(kind: IdentifierKind, rows: Sequence[Row]) -> Iterable[tuple[IdentifierKey, tuple[ContactId, ...]]]:
    """Gather the holders of each key, sorted, each once."""
    held: dict[str, tuple[ContactId, ...]] = {key: (contact_id,) for key, contact_id in rows}
    if len(held) < len(rows):
        several: dict[str, set[ContactId]] = defaultdict(set)
        for key, contact_id in rows:
            several[key].add(contact_id)
        held = {key: tuple(sorted(ids)) for key, ids in several.items()}
    return zip(identifier_keys(kind, held), held.values(), strict=True)


def _by_kind(keys: Iterable[IdentifierKey]) -> Mapping[IdentifierKind, Sequence[str]]:
    asked: dict[IdentifierKind, list[str]] = defaultdict(list)
    for kind, key in keys:
        asked[kind].append(key)
    return asked


def _given(*parameters: object) -> Iterator[object]:
    """Leave out what the statement has no place for."""
    return (each for each in parameters if each is not None)


def _last(merged: Mapping[ContactId, ContactId], contact_id: ContactId) -> ContactId:
    while contact_id in merged:
        contact_id = merged[contact_id]
    return contact_id
