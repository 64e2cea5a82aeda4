"""The reading side of the memory store: one class per noun, each straight from the tables of `Records`."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import TypeVar

from doocore.model.booking import RecordedBooking
from doocore.model.contact import Contact, ContactColumns, Excerpt, Group, GroupId, OptOut, Subscription
from doocore.model.contact_import import ImportId, ImportRecord, OutcomeCounts, RowReport
from doocore.model.deletion import Belongings
from doocore.model.event import Event
from doocore.model.fields import ContactField, FieldKey
from doocore.model.history import HistoryEntry
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey, IdentifierKind
from doocore.model.organization import OrganizationSettings
from doocore_adapters.memory.records import Records

K = TypeVar("K")
V = TypeVar("V")

DEFAULT_SETTINGS = OrganizationSettings()


class Repository:
    """What all of them have in common: the records, which a transaction that is over gives no more."""

    def __init__(self, records: Callable[[], Records]) -> None:
        self._records = records


class Contacts(Repository):
    """Contacts, and who holds which identifier."""

    def get(self, ids: Collection[ContactId]) -> Mapping[ContactId, Contact]:
        """Read the contacts of *ids*."""
        return _found(self._records().contacts, ids)

    def excerpts(self, ids: Collection[ContactId], fields: Sequence[str]) -> Mapping[ContactId, Excerpt]:
        """Read what contacts have in *fields*."""
        return {
            contact_id: tuple([contact.values.get(each, _state(contact, each)) for each in fields])
            for contact_id, contact in _found(self._records().contacts, ids).items()
        }

    def holders(self, keys: Collection[IdentifierKey]) -> Mapping[IdentifierKey, tuple[ContactId, ...]]:
        """Find every holder of each key, sorted."""
        records = self._records()
        return {key: tuple(sorted(ids)) for key in keys if (ids := _holders(records, key))}

    def survivors(self, ids: Collection[ContactId]) -> Mapping[ContactId, ContactId]:
        """Tell the last survivor of each merged contact."""
        merged = self._records().survivors
        return {each: _last(merged, survivor) for each in ids if (survivor := merged.get(each)) is not None}

    def belongings(self, contact_id: ContactId) -> Belongings:
        """Count the bookings and attendees of a contact, and tell who was merged into it."""
        records = self._records()
        merged = sorted(each for each in records.survivors if _leads(records, each, contact_id))
        family = {contact_id, *merged}
        numbers = {number for each in family for number in records.bookings_of.get(each, ())}
        bookings = [records.bookings[each] for each in numbers]
        return Belongings(
            bookings=sum(each.booker.outcome.contact_id in family for each in bookings),
            attendees=sum(party.outcome.contact_id in family for each in bookings for party in each.attendees),
            merged=tuple(merged),
        )

    def opt_outs(self, address_keys: Collection[str]) -> frozenset[OptOut]:
        """Find the opt-outs of these match keys."""
        recorded = self._records().opt_outs
        possible = (OptOut(key, subscription) for key in address_keys for subscription in Subscription)
        return frozenset(each for each in possible if each in recorded)

    def page(
        self, *, after: ContactId | None = None, limit: int = 100, text: str = "", group_id: GroupId | None = None
    ) -> tuple[Contact, ...]:
        """List contacts in order of their IDs."""
        records = self._records()
        ids = nsmallest(limit, _behind(after, self._listed(text, group_id)))
        return tuple(records.contacts[each] for each in ids)

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
        """Read what `page` lists column by column."""
        listed = self._listed(text, group_id)
        if ids is not None:
            listed = iter(set(listed).intersection(ids))
        found = self.excerpts(nsmallest(limit, _behind(after, listed)), fields)
        columns = zip(*found.values(), strict=True) if found else [()] * len(fields)
        groups = self._records().groups_of
        return ContactColumns(
            ids=tuple(found),
            groups=tuple(groups.get(each, frozenset()) for each in found),
            columns=dict(zip(fields, columns, strict=True)),
        )

    def count(self, *, text: str = "", group_id: GroupId | None = None) -> int:
        """Count what `page` would list."""
        return sum(1 for _ in self._listed(text, group_id))

    def _listed(self, text: str, group_id: GroupId | None) -> Iterator[ContactId]:
        records = self._records()
        listed: Iterable[ContactId] = records.contacts if group_id is None else records.members.get(group_id, ())
        return (each for each in listed if not text or text in records.contacts[each].search_text)


class Groups(Repository):
    """Groups and memberships."""

    def all(self) -> tuple[Group, ...]:
        """List all groups, sorted by name."""
        return tuple(sorted(self._records().groups.values(), key=lambda each: (each.name, each.id)))

    def named(self, folded_names: Collection[str]) -> Mapping[str, Group]:
        """Find groups by their folded names."""
        records = self._records()
        return {name: records.groups[each] for name, each in _found(records.group_names, folded_names).items()}

    def of(self, contact_ids: Collection[ContactId]) -> Mapping[ContactId, frozenset[GroupId]]:
        """Tell the groups of each contact."""
        return {each: groups for each, groups in _found(self._records().groups_of, contact_ids).items() if groups}

    def members(self, group_id: GroupId) -> tuple[ContactId, ...]:
        """List the members in the order they joined."""
        members = self._records().members.get(group_id, {})
        return tuple(sorted(members, key=lambda each: members[each].sequence))


class Fields(Repository):
    """Contact fields."""

    def all(self) -> tuple[ContactField, ...]:
        """List what was written, in order of first writing."""
        return tuple(self._records().fields.values())

    def count_values(self, field_key: FieldKey) -> int:
        """Count the contacts that have a value in a field."""
        return sum(field_key in each.values for each in self._records().contacts.values())


class Events(Repository):
    """Events."""

    def get(self, ids: Collection[str]) -> Mapping[str, Event]:
        """Read the events of *ids*."""
        return _found(self._records().events, ids)

    def all(self) -> tuple[Event, ...]:
        """List all events in order of creation."""
        return tuple(self._records().events.values())


class Bookings(Repository):
    """Bookings."""

    def get(self, numbers: Collection[BookingNumber]) -> Mapping[BookingNumber, RecordedBooking]:
        """Read the bookings of *numbers*."""
        return _found(self._records().bookings, numbers)

    def page(
        self, *, after: BookingNumber | None = None, limit: int = 100, event_id: str | None = None
    ) -> tuple[RecordedBooking, ...]:
        """List bookings in order of their numbers."""
        bookings = self._records().bookings
        listed = (each for each, booking in bookings.items() if event_id is None or booking.event_id == event_id)
        return tuple(bookings[each] for each in nsmallest(limit, _behind(after, listed)))

    def of_contact(self, contact_id: ContactId) -> tuple[BookingNumber, ...]:
        """List the numbers of a contact's bookings, sorted."""
        return tuple(sorted(self._records().bookings_of.get(contact_id, ())))


class Imports(Repository):
    """Imports and their rows."""

    def get(self, import_id: ImportId) -> ImportRecord | None:
        """Read an import."""
        return self._records().imports.get(import_id)

    def all(self) -> tuple[ImportRecord, ...]:
        """List all imports in order of their beginning."""
        return tuple(self._records().imports.values())

    def counts(self, import_id: ImportId) -> OutcomeCounts:
        """Count the recorded rows per outcome."""
        return Counter(each.outcome for each in self._records().import_rows.get(import_id, {}).values())

    def notable(self, import_id: ImportId) -> Iterator[RowReport]:
        """Stream the rows that have reasons or warnings."""
        return iter([each for each in self._records().import_rows.get(import_id, {}).values() if each.notable])


class History(Repository):
    """What happened to contacts."""

    def of_contact(self, contact_id: ContactId) -> tuple[HistoryEntry, ...]:
        """List the changes of a contact, the first one first."""
        return tuple(entry for _, entry in sorted(self._records().history.get(contact_id, {}).items()))


class Settings(Repository):
    """The organization's settings."""

    def get(self) -> OrganizationSettings:
        """Read the settings."""
        return self._records().settings.get("settings", DEFAULT_SETTINGS)


def _found(table: Mapping[K, V], keys: Collection[K]) -> dict[K, V]:
    return {key: table[key] for key in keys if key in table}


def _holders(records: Records, key: IdentifierKey) -> Collection[ContactId]:
    if key.kind is IdentifierKind.CONTACT_ID:
        return (ContactId(key.key),) if key.key in records.contacts else ()
    return records.holders.get(key, ())


def _last(merged: Mapping[ContactId, ContactId | None], contact_id: ContactId) -> ContactId:
    while (survivor := merged.get(contact_id)) is not None:
        contact_id = survivor
    return contact_id


def _leads(records: Records, merged_id: ContactId, contact_id: ContactId) -> bool:
    """Tell whether a merged contact leads to this one, through whatever chain."""
    survivor = records.survivors.get(merged_id)
    return survivor is not None and (survivor == contact_id or _leads(records, survivor, contact_id))


def _behind(after: K | None, keys: Iterable[K]) -> Iterator[K]:
    return (key for key in keys if after is None or key > after)  # type: ignore[operator]


_SUBSCRIPTIONS = {each.value: each for each in Subscription}


def _state(contact: Contact, word: str) -> str:
    """Tell the state of the subscription of this word; nothing where nothing was said of it, or none is called so."""
    consent = contact.subscriptions.get(_SUBSCRIPTIONS[word]) if word in _SUBSCRIPTIONS else None
    return "" if consent is None else consent.state.value
