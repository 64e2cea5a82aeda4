"""The repositories of a transaction, one class per noun, on any `Session`."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from doocore.model.booking import RecordedBooking, RecordedParty
from doocore.model.contact import Contact, ContactColumns, Excerpt, Group, GroupId, OptOut, Subscription
from doocore.model.contact_import import ImportId, ImportRecord, OutcomeCounts, RowReport
from doocore.model.deletion import Belongings
from doocore.model.event import Event
from doocore.model.fields import ContactField, FieldKey
from doocore.model.history import HistoryEntry
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey, IdentifierKind
from doocore.model.organization import OrganizationSettings
from doocore_adapters._sql.rows import (
    LETTERS,
    Row,
    booking_of,
    columns_of,
    contact_of,
    event_of,
    excerpt_of,
    field_of,
    group_of,
    history_of,
    import_of,
    party_of,
    report_of,
    settings_of,
)
from doocore_adapters._sql.session import Session
from doocore_adapters._sql.statements import EXCERPT_COLUMNS

V = TypeVar("V")

DEFAULT_SETTINGS = OrganizationSettings()
NOTABLE_AT_ONCE = 500
"""How many rows of an import are read at once while they are streamed."""

_MANY = 20  # keys; for fewer, looking them up is as quick as asking beforehand
_NO_ALIASES: frozenset[IdentifierKey] = frozenset()


class Repository:
    """What all of them have in common: they run statements for the organization of the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sql = session.statements

    def _rows(self, statement: str, *parameters: object) -> list[Row]:
        return self._session.rows(statement, self._session.organization_id, *parameters)

    def _among(self, statement: str, keys: Collection[str]) -> list[Row]:
        return self._rows(statement, self._session.among(keys)) if keys else []

    def _has_any(self, statement: str, keys: Collection[str]) -> bool:
        """Tell whether a table that is mostly empty is worth asking about so many *keys*."""
        return len(keys) < _MANY or bool(self._rows(statement)[0][0])

    def _by_id(self, statement: str, keys: Collection[str], value_of: Callable[[Row], V]) -> dict[str, V]:
        return {row[0]: value_of(row) for row in self._among(statement, keys)}


class Contacts(Repository):
    """Contacts, and who holds which identifier."""

    def get(self, ids: Collection[ContactId]) -> Mapping[ContactId, Contact]:
        """Read the contacts of *ids*."""
        return {contact.id: contact for contact in self._contacts(self._among(self._sql.contacts, ids))}

    def excerpts(self, ids: Collection[ContactId], fields: Sequence[str]) -> Mapping[ContactId, Excerpt]:
        """Read what contacts have in *fields*: columns as they are, custom fields out of their document."""
        columns = [each for each in fields if each in EXCERPT_COLUMNS]
        has_custom = len(columns) < len(fields)
        rows = self._among(self._sql.contact_excerpts(columns, custom=has_custom), ids)
        if not has_custom:
            return {row[0]: row[1:] for row in rows}
        return {row[0]: excerpt_of(row[1:], columns, fields) for row in rows}

    def holders(self, keys: Collection[IdentifierKey]) -> Mapping[IdentifierKey, tuple[ContactId, ...]]:
        """Find every holder of each key, sorted."""
        asked: dict[IdentifierKind, dict[str, IdentifierKey]] = defaultdict(dict)
        for each in keys:
            asked[each.kind][each.key] = each
        return {
            of_kind[key]: holders if len(holders) == 1 else tuple(sorted(set(holders)))
            for kind, of_kind in asked.items()
            for key, holders in self._holders(kind, of_kind).items()
        }

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
        after: ContactId | None = None,
        limit: int = 100,
        text: str = "",
        group_id: GroupId | None = None,
        ids: Collection[ContactId] | None = None,
    ) -> ContactColumns:
        """Read what `page` lists column by column: columns as they are, custom fields out of their documents."""
        own = [each for each in dict.fromkeys(fields) if each in EXCERPT_COLUMNS]
        custom = [each for each in fields if each not in EXCERPT_COLUMNS]
        statement = self._sql.contacts_columns(
            own, custom=bool(custom), text=bool(text), group=group_id is not None, among=ids is not None
        )
        among = None if ids is None else self._session.among(ids)
        return columns_of(
            self._rows(statement, *_given(group_id, among, after or "", text or None, limit)), own, custom
        )

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

    def _holders(self, kind: IdentifierKind, keys: Collection[str]) -> Mapping[str, tuple[ContactId, ...]]:
        if kind is IdentifierKind.CONTACT_ID:
            return {contact_id: (contact_id,) for (contact_id,) in self._among(self._sql.contact_ids, keys)}
        found: dict[str, tuple[ContactId, ...]] = {}
        own = {
            IdentifierKind.EMAIL: self._sql.contacts_by_email,
            IdentifierKind.CUSTOMER_ID: self._sql.contacts_by_customer_id,
        }.get(kind)
        rows = [] if own is None else self._among(own, keys)
        if self._has_any(self._sql.any_alias, keys):
            rows += self._rows(self._sql.contacts_by_alias, kind.value, self._session.among(keys))
        for key, contact_id in rows:
            found[key] = (*found[key], contact_id) if key in found else (contact_id,)
        return found


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

    def _bookings(self, rows: list[Row]) -> tuple[RecordedBooking, ...]:
        parties: dict[str, list[RecordedParty]] = defaultdict(list)
        for number, *party in self._among(self._sql.parties, [row[0] for row in rows]):
            parties[number].append(party_of(tuple(party)))
        return tuple(booking_of(row, parties[row[0]]) for row in rows)


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


def _given(*parameters: object) -> Iterator[object]:
    """Leave out what the statement has no place for."""
    return (each for each in parameters if each is not None)


def _last(merged: Mapping[ContactId, ContactId], contact_id: ContactId) -> ContactId:
    while contact_id in merged:
        contact_id = merged[contact_id]
    return contact_id
