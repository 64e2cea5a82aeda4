"""The reading side of the memory store: one class per noun, each straight from the tables of `Records`."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import nsmallest
from typing import TypeVar

from doocore.model.booking import BookingStatus, RecordedBooking
from doocore.model.code import Code, CodeId, Redemption
from doocore.model.contact import Contact, ContactColumns, Excerpt, Group, GroupId, OptOut, Subscription
from doocore.model.contact_import import ImportId, ImportRecord, OutcomeCounts, RowReport
from doocore.model.deletion import Belongings
from doocore.model.event import Event
from doocore.model.fields import ContactField, FieldKey
from doocore.model.history import BookingHistoryEntry, HistoryEntry
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey, IdentifierKind
from doocore.model.invitation import (
    Concern,
    ContactMark,
    Evidence,
    Invitation,
    InvitationFacts,
    InvitationList,
    MessageEvent,
    concern_of,
)
from doocore.model.organization import OrganizationSettings
from doocore_adapters.memory.records import Kept, Records

K = TypeVar("K")
V = TypeVar("V")

DEFAULT_SETTINGS = OrganizationSettings()

_NOTHING_KEPT = Kept()
_NOTHING_KNOWN = InvitationFacts()


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

    def known_by(
        self, keys: Collection[IdentifierKey], fields: Sequence[str]
    ) -> tuple[Mapping[IdentifierKey, tuple[ContactId, ...]], Mapping[ContactId, Excerpt]]:
        """Find every holder of each key, sorted, and what all of them have in *fields*."""
        holders = self.holders(keys)
        return holders, self.excerpts({each for ids in holders.values() for each in ids}, fields)

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
        size: int,
        text: str = "",
        group_id: GroupId | None = None,
        ids: Collection[ContactId] | None = None,
    ) -> Generator[ContactColumns, None, None]:
        """Stream contacts column by column."""
        listed = self._listed(text, group_id)
        found = sorted(listed if ids is None else set(listed).intersection(ids))
        for start in range(0, len(found), size):
            yield self._columns(found[start : start + size], fields)

    def _columns(self, ids: Sequence[ContactId], fields: Sequence[str]) -> ContactColumns:
        excerpts = self.excerpts(ids, fields)
        groups = self._records().groups_of
        return ContactColumns(
            ids=tuple(excerpts),
            groups=tuple(groups.get(each, frozenset()) for each in excerpts),
            columns=dict(zip(fields, zip(*excerpts.values(), strict=True), strict=True)),
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

    def history(self, number: BookingNumber) -> tuple[BookingHistoryEntry, ...]:
        """List the changes of a booking, the first one first."""
        return tuple(entry for _, entry in sorted(self._records().booking_history.get(number, {}).items()))


class Invitations(Repository):
    """Invitation lists, and what is known of contacts and events."""

    def get(self, event_id: str) -> InvitationList | None:
        """Read the invitation list of an event."""
        return self._records().invitation_lists.get(event_id)

    def all(self) -> tuple[InvitationList, ...]:
        """Read all invitation lists, sorted by event."""
        return tuple(listed for _, listed in sorted(self._records().invitation_lists.items()))

    def facts(self, event_id: str, contact_ids: Collection[ContactId]) -> Mapping[ContactId, InvitationFacts]:
        """Read what is known of contacts and an event."""
        found = {each: _facts(self._records(), event_id, each) for each in contact_ids}
        return {each: facts for each, facts in found.items() if facts != _NOTHING_KNOWN}

    def counts(self, event_id: str) -> Mapping[Evidence, int]:
        """Count the contacts on the list for each set of evidence."""
        return Counter(_kept(self._records(), event_id, each).evidence for each in _on_list(self._records(), event_id))

    def masks(self, event_id: str) -> frozenset[Evidence]:
        """Tell which sets of evidence occur on the list."""
        return frozenset(self.counts(event_id))

    def page(
        self,
        event_id: str,
        *,
        evidence: Collection[Evidence] | None = None,
        after: ContactId | None = None,
        limit: int = 100,
    ) -> tuple[Invitation, ...]:
        """List contacts on the list in order of their IDs."""
        records = self._records()
        listed = (Invitation(each, _kept(records, event_id, each).evidence) for each in _on_list(records, event_id))
        wanted = (each for each in listed if evidence is None or each.evidence in evidence)
        return tuple(nsmallest(limit, (each for each in wanted if after is None or each.contact_id > after)))

    def concerned(self, event_id: str, *, after: ContactId | None = None, limit: int = 100) -> tuple[ContactId, ...]:
        """List the contacts of which anything is recorded."""
        records = self._records()
        found = {each for each in records.contacts if _facts(records, event_id, each) != _NOTHING_KNOWN}
        found |= {
            each for table in (records.message_events, records.marks) for each, of in table.items() if of.get(event_id)
        }
        return tuple(nsmallest(limit, _behind(after, found)))

    def message_events(
        self, event_id: str, contact_ids: Collection[ContactId]
    ) -> Mapping[ContactId, tuple[MessageEvent, ...]]:
        """Read what happened to messages of an event at contacts, the earliest first."""
        found = {
            each: of[event_id]
            for each, of in _found(self._records().message_events, contact_ids).items()
            if event_id in of
        }
        return {
            contact_id: tuple(sorted(events.values(), key=lambda each: (each.at, each.id)))
            for contact_id, events in found.items()
            if events
        }

    def marks(self, event_id: str, contact_ids: Collection[ContactId]) -> Mapping[ContactId, tuple[ContactMark, ...]]:
        """Read the marks of contacts, the earliest first."""
        found = {
            each: of[event_id] for each, of in _found(self._records().marks, contact_ids).items() if event_id in of
        }
        return {
            contact_id: tuple(sorted(marks.values(), key=lambda each: (each.at, each.mark.value)))
            for contact_id, marks in found.items()
            if marks
        }


class Codes(Repository):
    """Codes, and what redeemed them."""

    def named(self, folded_names: Collection[str]) -> Mapping[str, Code]:
        """Find codes by their folded names."""
        records = self._records()
        return {name: records.codes[each] for name, each in _found(records.code_names, folded_names).items()}

    def page(self, *, after: CodeId | None = None, limit: int = 100, event_id: str | None = None) -> tuple[Code, ...]:
        """List codes in order of their IDs."""
        codes = self._records().codes
        listed = (each for each, code in codes.items() if event_id is None or code.event_id == event_id)
        return tuple(codes[each] for each in nsmallest(limit, _behind(after, listed)))

    def used(self, ids: Collection[CodeId]) -> Mapping[CodeId, int]:
        """Count the uses of each code that count."""
        found = self.redemptions(ids)
        return {each: sum(not use.cancelled for use in found.get(each, ())) for each in ids}

    def redemptions(self, ids: Collection[CodeId]) -> Mapping[CodeId, tuple[Redemption, ...]]:
        """List the bookings that have redeemed each code, the first one first."""
        records = self._records()
        return {
            each: tuple(
                sorted((_redemption(records, *use) for use in uses.items()), key=lambda use: (use.at, use.number))
            )
            for each, uses in _found(records.code_uses, ids).items()
            if uses
        }

    def redeemed_in(self, numbers: Collection[BookingNumber]) -> Mapping[BookingNumber, frozenset[CodeId]]:
        """Tell the codes that each booking has redeemed."""
        return _found(self._records().codes_of, numbers)


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


def _redemption(records: Records, number: BookingNumber, at: datetime) -> Redemption:
    booking = records.bookings[number]
    return Redemption(number, booking.event_id, at, booking.status is BookingStatus.CANCELLED)


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


def _on_list(records: Records, event_id: str) -> set[ContactId]:
    listed = records.invitation_lists.get(event_id)
    return set[ContactId]().union(*(records.members.get(each, ()) for each in listed.groups)) if listed else set()


def _kept(records: Records, event_id: str, contact_id: ContactId) -> Kept:
    return records.evidence.get(contact_id, {}).get(event_id, _NOTHING_KEPT)


def _facts(records: Records, event_id: str, contact_id: ContactId) -> InvitationFacts:
    evidence, version = _kept(records, event_id, contact_id)
    return InvitationFacts(evidence=evidence, version=version, concerns=_concerns(records, event_id, contact_id))


def _concerns(records: Records, event_id: str, contact_id: ContactId) -> tuple[Concern, ...]:
    bookings = (records.bookings[each] for each in sorted(records.concerned(contact_id)))
    found = (concern_of(each, contact_id) for each in bookings if each.event_id == event_id)
    return tuple(each for each in found if each is not None)


def _behind(after: K | None, keys: Iterable[K]) -> Iterator[K]:
    return (key for key in keys if after is None or key > after)  # type: ignore[operator]


_SUBSCRIPTIONS = {each.value: each for each in Subscription}


def _state(contact: Contact, word: str) -> str:
    """Tell the state of the subscription of this word; nothing where nothing was said of it, or none is called so."""
    consent = contact.subscriptions.get(_SUBSCRIPTIONS[word]) if word in _SUBSCRIPTIONS else None
    return "" if consent is None else consent.state.value
