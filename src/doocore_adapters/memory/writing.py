"""The writing side of the memory store: one function per kind of change, chosen by a table."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from doocore import changes as kinds
from doocore.changes import Change, group_by_kind, history_entry
from doocore.errors import DuplicateNameError, NotFoundError, StaleVersionError
from doocore.model.booking import RecordedParty
from doocore.model.contact import Contact, Group, GroupId
from doocore.model.contact_import import ImportId, ImportRecord, ImportStatus
from doocore.model.fields import folded
from doocore.model.frozen import FrozenDict
from doocore.model.history import Envelope, require_offset
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore_adapters.memory.records import Journal, Membership, Records


class Writing:
    """Writes changes into the records of one organization, through the journal of one transaction."""

    def __init__(self, records: Records, journal: Journal, envelope: Envelope) -> None:
        self.records = records
        self.journal = journal
        self.envelope = envelope

    def put_field(self, change: kinds.PutField) -> None:
        """Keep the field's place if it has one."""
        self.journal.put(self.records.fields, change.field.key, change.field)

    def change_settings(self, change: kinds.ChangeSettings) -> None:
        """Replace the settings."""
        self.journal.put(self.records.settings, "settings", change.settings)

    def create_group(self, change: kinds.CreateGroup) -> None:
        """Refuse a second group of the same folded name."""
        group, name = change.group, folded(change.group.name)
        if name in self.records.group_names:
            raise DuplicateNameError("group", group.name)
        _require(group.id not in self.records.groups, "group", group.id)
        self.journal.put(self.records.groups, group.id, group)
        self.journal.put(self.records.group_names, name, group.id)

    def rename_group(self, change: kinds.RenameGroup) -> None:
        """Refuse a name that another group has."""
        group, name = self._group(change.group_id), folded(change.name)
        if self.records.group_names.get(name, group.id) != group.id:
            raise DuplicateNameError("group", change.name)
        self.journal.drop(self.records.group_names, folded(group.name))
        self.journal.put(self.records.group_names, name, group.id)
        self.journal.put(self.records.groups, group.id, replace(group, name=change.name))

    def delete_group(self, change: kinds.DeleteGroup) -> None:
        """Forget the group and who was in it."""
        group = self._group(change.group_id)
        for contact_id in tuple(self.records.members.get(group.id, ())):
            self._leave(group.id, contact_id)
        self.journal.drop(self.records.group_names, folded(group.name))
        self.journal.drop(self.records.groups, group.id)

    def delete_field(self, change: kinds.DeleteField) -> None:
        """Take the field's value from every contact that has one, with an entry in its history."""
        key = change.field_key
        if key not in self.records.fields:
            raise NotFoundError("field", key)
        self.journal.drop(self.records.fields, key)
        for before in [each for each in self.records.contacts.values() if key in each.values]:
            values = FrozenDict({other: value for other, value in before.values.items() if other != key})
            after = replace(before, values=values, version=before.version + 1)
            self.update_contact(kinds.UpdateContact(before, after, change.rules))

    def create_event(self, change: kinds.CreateEvent) -> None:
        """Add an event."""
        _require(change.event.id not in self.records.events, "event", change.event.id)
        self.journal.put(self.records.events, change.event.id, change.event)

    def change_event(self, change: kinds.ChangeEvent) -> None:
        """Replace an event of the version before."""
        current = self.records.events.get(change.event.id)
        _require(current is not None and current.version == change.event.version - 1, "event", change.event.id)
        self.journal.put(self.records.events, change.event.id, change.event)

    def create_contact(self, change: kinds.CreateContact) -> None:
        """Add a contact under all its identifiers; an ID that a contact once had is given to no other."""
        contact = change.contact
        _require_offsets(contact)
        known = contact.id in self.records.contacts or contact.id in self.records.survivors
        _require(not known, "contact", contact.id)
        self.journal.put(self.records.contacts, contact.id, contact)
        self._hold(contact.id, contact.identifiers)

    def update_contact(self, change: kinds.UpdateContact) -> None:
        """Replace a contact of the version before, and write down what differs."""
        after = change.after
        _require_offsets(after)
        current = self.records.contacts.get(after.id)
        if current is None or current.version != change.before.version:
            raise StaleVersionError("contact", after.id)
        if current.aliases != change.before.aliases:  # aliases came by a merge, which leaves the version alone
            aliases = (current.aliases - (change.before.aliases - after.aliases)) | (
                after.aliases - change.before.aliases
            )
            after = replace(after, aliases=aliases)
        self.journal.put(self.records.contacts, after.id, after)
        self._release(after.id, current.identifiers - after.identifiers)
        self._hold(after.id, after.identifiers - current.identifiers)
        entries = self.records.history.setdefault(after.id, {})
        self.journal.put(entries, after.version, history_entry(change, self.envelope))

    def record_opt_out(self, change: kinds.RecordOptOut) -> None:
        """Keep the first moment."""
        if change.opt_out not in self.records.opt_outs:
            self.journal.put(self.records.opt_outs, change.opt_out, self.envelope.at)

    def lift_opt_out(self, change: kinds.LiftOptOut) -> None:
        """Forget the opt-out."""
        self.journal.drop(self.records.opt_outs, change.opt_out)

    def join_group(self, change: kinds.JoinGroup) -> None:
        """Keep the first joining."""
        self._require_known(change.group_id, change.contact_id)
        members = self.records.members.setdefault(change.group_id, {})
        if change.contact_id not in members:
            envelope = self.envelope
            joined = Membership(next(self.records.joinings), envelope.at, envelope.cause, envelope.reference)
            self.journal.put(members, change.contact_id, joined)
            groups = self.records.groups_of.get(change.contact_id, frozenset())
            self.journal.put(self.records.groups_of, change.contact_id, groups | {change.group_id})

    def leave_group(self, change: kinds.LeaveGroup) -> None:
        """Forget the membership."""
        self._leave(change.group_id, change.contact_id)

    def retire_contact(self, change: kinds.RetireContact) -> None:
        """Take the contact away, and let its identifiers lead to the survivor."""
        retired = self.records.contacts.get(change.contact_id)
        survivor = self.records.contacts.get(change.survivor_id)
        if retired is None or survivor is None or retired is survivor:
            raise NotFoundError("contact", change.survivor_id if retired is not None else change.contact_id)
        for group_id in self.records.groups_of.get(retired.id, frozenset()):
            self._leave(group_id, retired.id)
        self._release(retired.id, retired.identifiers)
        self.journal.drop(self.records.contacts, retired.id)
        self.journal.put(self.records.survivors, retired.id, survivor.id)
        aliases = survivor.aliases | set(change.aliases)
        self.journal.put(self.records.contacts, survivor.id, replace(survivor, aliases=aliases))
        self._hold(survivor.id, change.aliases)

    def delete_contact(self, change: kinds.DeleteContact) -> None:
        """Take the contact away with all that is its own; its parties are nobody's, its IDs lead nowhere."""
        contact = self.records.contacts.get(change.contact_id)
        if contact is None or contact.version != change.version:
            raise StaleVersionError("contact", change.contact_id)
        for group_id in self.records.groups_of.get(contact.id, frozenset()):
            self._leave(group_id, contact.id)
        self._release(contact.id, contact.identifiers)
        self.journal.drop(self.records.contacts, contact.id)
        family = (contact.id, *change.merged)
        for number in frozenset[BookingNumber]().union(*(self.records.bookings_of.get(each, ()) for each in family)):
            self._unassign(number, family)
        for each in family:
            self.journal.drop(self.records.bookings_of, each)
            self.journal.drop(self.records.history, each)
        for each in (contact.id, *self.records.survivors.keys() & change.merged):
            self.journal.put(self.records.survivors, each, None)

    def record_booking(self, change: kinds.RecordBooking) -> None:
        """Add a booking under all its contacts."""
        booking = change.booking
        _require(booking.number not in self.records.bookings, "booking", booking.number)
        self.journal.put(self.records.bookings, booking.number, booking)
        for contact_id in {each.outcome.contact_id for each in booking.parties}:
            if contact_id is not None:
                numbers = self.records.bookings_of.get(contact_id, frozenset())
                self.journal.put(self.records.bookings_of, contact_id, numbers | {booking.number})

    def start_import(self, change: kinds.StartImport) -> None:
        """Add an import without rows."""
        _require(change.record.id not in self.records.imports, "import", change.record.id)
        self.journal.put(self.records.imports, change.record.id, change.record)

    def record_rows(self, change: kinds.RecordRows) -> None:
        """Add the rows behind those of the import."""
        self._import(change.import_id, change.version)
        rows = self.records.import_rows.setdefault(change.import_id, {})
        for position, row in enumerate(change.rows, start=len(rows)):
            self.journal.put(rows, position, row)

    def finish_import(self, change: kinds.FinishImport) -> None:
        """Note the end."""
        record = self._import(change.import_id, change.version)
        finished = replace(record, status=ImportStatus.FINISHED, finished_at=self.envelope.at)
        self.journal.put(self.records.imports, record.id, finished)

    def take_over_import(self, change: kinds.TakeOverImport) -> None:
        """Make whoever worked on it before unable to write."""
        record = self._import(change.import_id, change.version)
        _require(record.status is ImportStatus.RUNNING, "import", record.id)
        self.journal.put(self.records.imports, record.id, replace(record, version=record.version + 1))

    def expire_rows(self, change: kinds.ExpireRows) -> None:
        """Forget what rows said."""
        record = self.records.imports.get(change.import_id)
        if record is None:
            raise NotFoundError("import", change.import_id)
        self.journal.put(self.records.imports, record.id, replace(record, status=ImportStatus.EXPIRED))
        rows = self.records.import_rows.get(change.import_id, {})
        for position, row in tuple(rows.items()):
            if row.notable:
                self.journal.put(rows, position, row.without_cells())

    def _import(self, import_id: ImportId, version: int) -> ImportRecord:
        record = self.records.imports.get(import_id)
        if record is None:
            raise NotFoundError("import", import_id)
        _require(record.version == version, "import", import_id)
        return record

    def _unassign(self, number: BookingNumber, contact_ids: Collection[ContactId]) -> None:
        booking = self.records.bookings[number]
        booker, *attendees = (_without_contact(each, contact_ids) for each in booking.parties)
        unassigned = replace(booking, booker=booker, attendees=tuple(attendees))
        self.journal.put(self.records.bookings, number, unassigned)

    def _group(self, group_id: GroupId) -> Group:
        if group_id not in self.records.groups:
            raise NotFoundError("group", group_id)
        return self.records.groups[group_id]

    def _hold(self, contact_id: ContactId, keys: Iterable[IdentifierKey]) -> None:
        for key in keys:
            holders = self.records.holders.get(key, frozenset())
            self.journal.put(self.records.holders, key, holders | {contact_id})

    def _release(self, contact_id: ContactId, keys: Iterable[IdentifierKey]) -> None:
        for key in keys:
            self.journal.put(self.records.holders, key, self.records.holders[key] - {contact_id})

    def _leave(self, group_id: GroupId, contact_id: ContactId) -> None:
        members = self.records.members.get(group_id, {})
        if contact_id in members:
            self.journal.drop(members, contact_id)
            groups = self.records.groups_of[contact_id]
            self.journal.put(self.records.groups_of, contact_id, groups - {group_id})

    def _require_known(self, group_id: GroupId, contact_id: ContactId) -> None:
        self._group(group_id)
        if contact_id not in self.records.contacts:
            raise NotFoundError("contact", contact_id)


_WRITERS: dict[type[Change], Callable[[Writing, Any], None]] = {
    kinds.PutField: Writing.put_field,
    kinds.ChangeSettings: Writing.change_settings,
    kinds.CreateGroup: Writing.create_group,
    kinds.RenameGroup: Writing.rename_group,
    kinds.DeleteGroup: Writing.delete_group,
    kinds.DeleteField: Writing.delete_field,
    kinds.DeleteContact: Writing.delete_contact,
    kinds.CreateEvent: Writing.create_event,
    kinds.ChangeEvent: Writing.change_event,
    kinds.CreateContact: Writing.create_contact,
    kinds.UpdateContact: Writing.update_contact,
    kinds.RecordOptOut: Writing.record_opt_out,
    kinds.LiftOptOut: Writing.lift_opt_out,
    kinds.JoinGroup: Writing.join_group,
    kinds.LeaveGroup: Writing.leave_group,
    kinds.RetireContact: Writing.retire_contact,
    kinds.RecordBooking: Writing.record_booking,
    kinds.StartImport: Writing.start_import,
    kinds.TakeOverImport: Writing.take_over_import,
    kinds.RecordRows: Writing.record_rows,
    kinds.FinishImport: Writing.finish_import,
    kinds.ExpireRows: Writing.expire_rows,
}


def write(changes: Sequence[Change], writing: Writing) -> None:
    """Write all *changes*, or none of them."""
    mark = writing.journal.mark()
    try:
        for kind, group in group_by_kind(changes).items():
            writer = _WRITERS[kind]
            for change in group:
                writer(writing, change)
    except BaseException:
        writing.journal.undo_to(mark)
        raise


def _without_contact(party: RecordedParty, contact_ids: Collection[ContactId]) -> RecordedParty:
    if party.outcome.contact_id not in contact_ids:
        return party
    return replace(party, outcome=replace(party.outcome, contact_id=None))


def _require_offsets(contact: Contact) -> None:
    for moment in (contact.created_at, *(each.at for each in contact.subscriptions.values())):
        require_offset(moment)


def _require(fits: bool, noun: str, key: str) -> None:  # noqa: FBT001, an assertion of what must hold
    if not fits:
        raise StaleVersionError(noun, key)
