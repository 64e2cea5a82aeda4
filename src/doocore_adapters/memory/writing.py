"""The writing side of the memory store: one function per kind of change, chosen by a table."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from doocore import changes as kinds
from doocore.changes import Change, booking_history_entry, group_by_kind, history_entry
from doocore.errors import DuplicateNameError, NotFoundError, StaleVersionError
from doocore.model.booking import RecordedBooking, RecordedParty
from doocore.model.contact import Contact, Group, GroupId
from doocore.model.contact_import import ImportId, ImportRecord, ImportStatus
from doocore.model.fields import folded
from doocore.model.frozen import FrozenDict
from doocore.model.history import Envelope, require_offset
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore.model.invitation import BY_BOOKINGS, Evidence, MessageEvent
from doocore_adapters.memory.mailing import MAIL_WRITERS, MailWriting
from doocore_adapters.memory.records import Journal, Kept, Membership, Records


class Writing(MailWriting):
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
        for listed in [each for each in self.records.invitation_lists.values() if group.id in each.groups]:
            groups = tuple(each for each in listed.groups if each != group.id)
            self.journal.put(self.records.invitation_lists, listed.event_id, replace(listed, groups=groups))
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

    def create_contacts(self, change: kinds.CreateContacts) -> None:
        """Add each contact of the set."""
        for contact in change.contacts():
            self.create_contact(kinds.CreateContact(contact))

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
        self._adopt(retired.id, survivor.id)
        self._adopt_mails(retired.id, survivor.id)
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
        self._forget_invitations(contact.id)
        self._forget_mails({contact.id, *change.merged})
        self._release(contact.id, contact.identifiers)
        self.journal.drop(self.records.contacts, contact.id)
        family = (contact.id, *change.merged)
        for number in frozenset[BookingNumber]().union(*(self.records.concerned(each) for each in family)):
            self._unassign(number, family)
        for each in family:
            self.journal.drop(self.records.bookings_of, each)
            self.journal.drop(self.records.bookings_through, each)
            self.journal.drop(self.records.history, each)
        for code in [each for each in self.records.codes.values() if each.contact_id in family]:
            self.journal.put(self.records.codes, code.id, replace(code, contact_id=None))
        for each in (contact.id, *self.records.survivors.keys() & change.merged):
            self.journal.put(self.records.survivors, each, None)

    def record_booking(self, change: kinds.RecordBooking) -> None:
        """Add a booking under all its contacts."""
        booking = change.booking
        _require(booking.number not in self.records.bookings, "booking", booking.number)
        self._put_booking(booking)

    def update_booking(self, change: kinds.UpdateBooking) -> None:
        """Replace a booking of the version before, and write down what differs; whose a party is stays, unless that differs."""
        before, after = change.before, change.after
        current = self.records.bookings.get(after.number)
        if current is None or current.version != before.version:
            raise StaleVersionError("booking", after.number)
        if after.last_changed is not None:
            require_offset(after.last_changed)
        kept = zip(current.parties, before.parties, after.parties, strict=False)
        further = tuple(after.parties)[1 + len(before.attendees) :]
        self._put_booking(after.with_parties([*(_as_it_belongs(*each) for each in kept), *further]))
        entries = self.records.booking_history.setdefault(after.number, {})
        self.journal.put(entries, after.version, booking_history_entry(change, self.envelope))

    def put_invitation_list(self, change: kinds.PutInvitationList) -> None:
        """Replace the list of the version before; who stands on it is found out when it is read."""
        listed = change.invitation_list
        current = self.records.invitation_lists.get(listed.event_id)
        version = 0 if current is None else current.version
        for each in listed.groups:
            self._group(each)
        _require(version == listed.version - 1, "invitation list", listed.event_id)
        require_offset(listed.created_at)
        self.journal.put(self.records.invitation_lists, listed.event_id, listed)

    def record_message_events(self, change: kinds.RecordMessageEvents) -> None:
        """Add what was not recorded before."""
        for each in change.events:
            self._require_contact(each.contact_id)
            require_offset(each.at)
            if each.id not in self._message_events(each.contact_id, each.event_id):
                self._put_message_event(each)

    def add_evidence(self, change: kinds.AddEvidence) -> None:
        """Add to what is known of each contact."""
        for each in change.contact_ids:
            self._require_contact(each)
            self._add_evidence(each, change.event_id, change.evidence)

    def set_evidence(self, change: kinds.SetEvidence) -> None:
        """Replace some of what is known of a contact."""
        self._require_contact(change.contact_id)
        of_contact = self.records.evidence.setdefault(change.contact_id, {})
        kept = of_contact.get(change.event_id, Kept())
        _require(change.version in {None, kept.version}, "invitation", change.contact_id)
        evidence = (kept.evidence & ~change.within) | change.evidence
        version = kept.version + (change.version is not None)
        self.journal.put(of_contact, change.event_id, Kept(evidence, version))

    def set_mark(self, change: kinds.SetMark) -> None:
        """Keep the first moment."""
        mark = change.mark
        self._require_contact(mark.contact_id)
        require_offset(mark.at)
        marks = self.records.marks.setdefault(mark.contact_id, {}).setdefault(mark.event_id, {})
        if mark.mark not in marks:
            self.journal.put(marks, mark.mark, mark)

    def remove_mark(self, change: kinds.RemoveMark) -> None:
        """Forget a mark."""
        self.journal.drop(self.records.marks.get(change.contact_id, {}).get(change.event_id, {}), change.mark)

    def create_code(self, change: kinds.CreateCode) -> None:
        """Refuse a second code of the same folded name."""
        code, name = change.code, folded(change.code.name)
        if name in self.records.code_names:
            raise DuplicateNameError("code", code.name)
        _require(code.id not in self.records.codes, "code", code.id)
        self.journal.put(self.records.codes, code.id, code)
        self.journal.put(self.records.code_names, name, code.id)

    def change_code(self, change: kinds.ChangeCode) -> None:
        """Replace a code of the version before, except for its name."""
        current = self.records.codes.get(change.code.id)
        if current is None or current.version != change.code.version - 1:
            raise StaleVersionError("code", change.code.id)
        self.journal.put(self.records.codes, current.id, replace(change.code, name=current.name))

    def redeem_code(self, change: kinds.RedeemCode) -> None:
        """Keep the first time."""
        if change.code_id not in self.records.codes:
            raise NotFoundError("code", change.code_id)
        if change.number not in self.records.bookings:
            raise NotFoundError("booking", change.number)
        uses = self.records.code_uses.setdefault(change.code_id, {})
        if change.number not in uses:
            self.journal.put(uses, change.number, self.envelope.at)
            codes = self.records.codes_of.get(change.number, frozenset())
            self.journal.put(self.records.codes_of, change.number, codes | {change.code_id})

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

    def _put_booking(self, booking: RecordedBooking) -> None:
        """Write a booking, and let all its contacts lead to it."""
        earlier = self.records.bookings.get(booking.number)
        self.journal.put(self.records.bookings, booking.number, booking)
        for table, contacts_of in (
            (self.records.bookings_of, _owners),
            (self.records.bookings_through, _inviters),
        ):
            had = set[ContactId]() if earlier is None else contacts_of(earlier)
            has = contacts_of(booking)
            for contact_id in had - has:
                self.journal.put(table, contact_id, table[contact_id] - {booking.number})
            for contact_id in has - had:
                self.journal.put(table, contact_id, table.get(contact_id, frozenset()) | {booking.number})

    def _unassign(self, number: BookingNumber, contact_ids: Collection[ContactId]) -> None:
        booking = self.records.bookings[number]
        unassigned = booking.with_parties(_without_contact(each, contact_ids) for each in booking.parties)
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
        self._require_contact(contact_id)

    def _require_contact(self, contact_id: ContactId) -> None:
        if contact_id not in self.records.contacts:
            raise NotFoundError("contact", contact_id)

    def _message_events(self, contact_id: ContactId, event_id: str) -> dict[str, MessageEvent]:
        return self.records.message_events.setdefault(contact_id, {}).setdefault(event_id, {})

    def _put_message_event(self, event: MessageEvent) -> None:
        self.journal.put(self._message_events(event.contact_id, event.event_id), event.id, event)

    def _add_evidence(self, contact_id: ContactId, event_id: str, evidence: Evidence) -> None:
        of_contact = self.records.evidence.setdefault(contact_id, {})
        kept = of_contact.get(event_id, Kept())
        self.journal.put(of_contact, event_id, kept._replace(evidence=kept.evidence | evidence))

    def _adopt(self, retired_id: ContactId, survivor_id: ContactId) -> None:
        """Let what is known of a contact by messages and marks be known of its survivor."""
        for event_id, kept in self.records.evidence.get(retired_id, {}).items():
            if kept.evidence & ~BY_BOOKINGS:
                self._add_evidence(survivor_id, event_id, kept.evidence & ~BY_BOOKINGS)
        for event_id, events in self.records.message_events.get(retired_id, {}).items():
            known = self._message_events(survivor_id, event_id).keys()
            for each in events.values():
                new_id = f"{retired_id} {each.id}" if each.id in known else each.id
                self._put_message_event(replace(each, id=new_id, contact_id=survivor_id))
        for marks in self.records.marks.get(retired_id, {}).values():
            for mark in marks.values():
                self.set_mark(kinds.SetMark(replace(mark, contact_id=survivor_id)))
        self._forget_invitations(retired_id)

    def _forget_invitations(self, contact_id: ContactId) -> None:
        self.journal.drop(self.records.evidence, contact_id)
        self.journal.drop(self.records.message_events, contact_id)
        self.journal.drop(self.records.marks, contact_id)


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
    kinds.CreateContacts: Writing.create_contacts,
    kinds.UpdateContact: Writing.update_contact,
    kinds.RecordOptOut: Writing.record_opt_out,
    kinds.LiftOptOut: Writing.lift_opt_out,
    kinds.JoinGroup: Writing.join_group,
    kinds.LeaveGroup: Writing.leave_group,
    kinds.RetireContact: Writing.retire_contact,
    kinds.RecordBooking: Writing.record_booking,
    kinds.UpdateBooking: Writing.update_booking,
    kinds.PutInvitationList: Writing.put_invitation_list,
    kinds.RecordMessageEvents: Writing.record_message_events,
    kinds.AddEvidence: Writing.add_evidence,
    kinds.SetMark: Writing.set_mark,
    kinds.RemoveMark: Writing.remove_mark,
    kinds.SetEvidence: Writing.set_evidence,
    kinds.CreateCode: Writing.create_code,
    kinds.ChangeCode: Writing.change_code,
    kinds.RedeemCode: Writing.redeem_code,
    **MAIL_WRITERS,
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
    if party.outcome.contact_id in contact_ids:
        party = replace(party, outcome=replace(party.outcome, contact_id=None))
    if party.through_contact_id in contact_ids:
        party = replace(party, through_contact_id=None)
    return party


def _as_it_belongs(current: RecordedParty, before: RecordedParty, after: RecordedParty) -> RecordedParty:
    """Leave a party whose it is by now, where a change does not say otherwise."""
    if after.outcome.contact_id == before.outcome.contact_id:
        after = replace(after, outcome=replace(after.outcome, contact_id=current.outcome.contact_id))
    if after.through_contact_id == before.through_contact_id:
        after = replace(after, through_contact_id=current.through_contact_id)
    return after


def _owners(booking: RecordedBooking) -> set[ContactId]:
    return {each.outcome.contact_id for each in booking.parties if each.outcome.contact_id is not None}


def _inviters(booking: RecordedBooking) -> set[ContactId]:
    return {each.through_contact_id for each in booking.parties if each.through_contact_id is not None}


def _require_offsets(contact: Contact) -> None:
    for moment in (contact.created_at, *(each.at for each in contact.subscriptions.values())):
        require_offset(moment)


def _require(fits: bool, noun: str, key: str) -> None:  # noqa: FBT001, an assertion of what must hold
    if not fits:
        raise StaleVersionError(noun, key)
