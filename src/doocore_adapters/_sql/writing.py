"""The writing side: one function per kind of change, chosen by a table, each for all changes of its kind at once."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from doocore import changes as kinds
from doocore.changes import Change, booking_history_entry, group_by_kind, history_entry
from doocore.errors import DuplicateNameError, NotFoundError, StaleVersionError
from doocore.model.booking import RecordedBooking, RecordedParty
from doocore.model.contact import OptOut
from doocore.model.contact_import import ImportId, ImportStatus
from doocore.model.fields import folded
from doocore.model.history import Envelope
from doocore.model.identifiers import ContactId, IdentifierKey
from doocore_adapters._sql.columns import FIRST_VERSION, contact_columns
from doocore_adapters._sql.documents import dumps, dumps_texts
from doocore_adapters._sql.inviting import INVITATION_WRITERS, InvitationWriting
from doocore_adapters._sql.mailing import MAIL_WRITERS, MailWriting
from doocore_adapters._sql.rows import (
    LETTERS,
    Row,
    booking_history_row,
    booking_row,
    booking_state_row,
    code_row,
    consents_rows,
    contact_row,
    event_row,
    field_row,
    history_row,
    import_row,
    party_row,
    party_state_row,
    remarks_row,
    report_of,
    report_row,
    settings_row,
)
from doocore_adapters._sql.session import Session
from doocore_adapters._sql.writer import RefusedError

NOTHING_AFTER = dumps({})
"""What a contact has in a field that was deleted."""


NOTABLE_AT_ONCE = 500
"""How many rows of an import are taken at once."""


class Writing(InvitationWriting, MailWriting):
    """Writes the changes of one call of `apply`."""

    def put_fields(self, changes: Sequence[kinds.PutField]) -> None:
        """Keep the place of a field that has one."""
        source = (self._envelope.cause.value, self._envelope.reference)
        for key, row in ((each.field.key, field_row(each.field)) for each in changes):
            if not self._write(self._sql.update_field, [(*row, self._organization_id, key)]):
                new = (self._organization_id, key, *row, *source, self._organization_id)
                self._write(self._sql.insert_field, [new])

    def change_settings(self, changes: Sequence[kinds.ChangeSettings]) -> None:
        """Replace the settings."""
        self._insert(self._sql.put_settings, [settings_row(changes[-1].settings)])

    def create_groups(self, changes: Sequence[kinds.CreateGroup]) -> None:
        """Refuse a second group of the same folded name."""
        source = (self._at, self._envelope.cause.value, self._envelope.reference)
        for group in (each.group for each in changes):
            if self._insert(self._sql.insert_group, [(group.id, group.name, folded(group.name), 0, *source)]):
                continue
            if self._rows(self._sql.groups_by_name, self._session.among([folded(group.name)])):
                raise DuplicateNameError("group", group.name)
            raise StaleVersionError("group", group.id)

    def rename_groups(self, changes: Sequence[kinds.RenameGroup]) -> None:
        """Refuse a name that another group has."""
        for each in changes:
            self._joinings({each.group_id})  # before the name is looked at: a group that is not there has none
            name = folded(each.name)
            holders = self._rows(self._sql.groups_by_name, self._session.among([name]))
            if any(group_id != each.group_id for _, group_id, _ in holders):
                raise DuplicateNameError("group", each.name)
            self._write(self._sql.rename_group, [(each.name, name, self._organization_id, each.group_id)])

    def delete_groups(self, changes: Sequence[kinds.DeleteGroup]) -> None:
        """Forget groups and who was in them."""
        for each in changes:
            self._joinings({each.group_id})
            lists = self._lists_of([each.group_id])
            for statement in (self._sql.delete_members, self._sql.delete_group_from_lists, self._sql.delete_group):
                self._insert(statement, [(each.group_id,)])
            self._strike(lists)

    def delete_fields(self, changes: Sequence[kinds.DeleteField]) -> None:
        """Take the values of fields from all contacts that have one, with an entry in the history of each."""
        envelope = self._envelope
        source = (self._at, str(envelope.actor), envelope.cause.value, envelope.reference)
        for key, rules in ((each.field_key, dumps_texts(each.rules)) for each in changes):
            if not self._insert(self._sql.delete_field, [(key,)]):
                raise NotFoundError("field", key)
            entry = (*source, rules, key, NOTHING_AFTER, self._organization_id, key)
            self._write(self._sql.record_lost_values, [entry])
            self._write(self._sql.delete_values, [(key, self._organization_id, key)])

    def create_events(self, changes: Sequence[kinds.CreateEvent]) -> None:
        """Add events, each behind those that there are."""
        for event in (each.event for each in changes):
            if not self._insert(self._sql.insert_event, [(event.id, *event_row(event), self._organization_id)]):
                raise StaleVersionError("event", event.id)

    def change_events(self, changes: Sequence[kinds.ChangeEvent]) -> None:
        """Replace events of the version before."""
        for event in (each.event for each in changes):
            row = (*event_row(event), self._organization_id, event.id, event.version - 1)
            if not self._write(self._sql.update_event, [row]):
                raise StaleVersionError("event", event.id)

    def create_contacts(self, changes: Sequence[kinds.CreateContact]) -> None:
        """Add contacts; an ID that a contact once had is given to no other."""
        contacts = [each.contact for each in changes]
        rows = [
            contact_row(self._organization_id, each) + cells
            for each, cells in zip(contacts, consents_rows(contacts), strict=True)
        ]
        self._require_new([each.id for each in contacts], self._send(self._sql.insert_contact, rows))
        self._written.update([(each.id, each.version) for each in contacts])
        aliases = [(each.id, each.aliases) for each in contacts if each.aliases]
        if aliases:
            self._write_aliases(self._sql.insert_alias, aliases)

    def create_sets_of_contacts(self, changes: Sequence[kinds.CreateContacts]) -> None:
        """Add sets of contacts in the bulk way of the database."""
        for each in changes:
            self._require_new(each.ids, self._session.insert(contact_columns(self._organization_id, each)))
            self._written.update(dict.fromkeys(each.ids, FIRST_VERSION))

    def _require_new(self, ids: Sequence[ContactId], written: Callable[[], int]) -> None:
        any_retired = self._session.ask(self._sql.any_retired, self._organization_id)  # mostly none ever went
        self._require(
            lambda: written() == len(ids) and not (any_retired()[0][0] and self._retired(ids)),
            lambda: self._first_known(ids),
        )

    def update_contacts(self, changes: Sequence[kinds.UpdateContact]) -> None:
        """Replace contacts of the version before, and write down what differs.

        They are written in the order of their IDs, so that nobody waits in a circle for the rows of others.
        """
        in_order = sorted(changes, key=lambda each: each.after.id)
        updated = [self._update(kept, run) for kept, run in groupby(in_order, key=_identifiers_kept)]
        created = dict(self._written)
        self._require(
            lambda: sum(touched() for touched in updated) == len(changes), lambda: self._first_stale(changes, created)
        )
        self._written.update((each.after.id, each.after.version) for each in changes)
        entries = (history_row(history_entry(each, self._envelope)) for each in changes)
        self._send(self._sql.insert_history, self._of_organization(entries))
        for each in changes:
            if each.before.aliases != each.after.aliases:
                gone, come = each.before.aliases - each.after.aliases, each.after.aliases - each.before.aliases
                self._write_aliases(self._sql.delete_alias, [(each.after.id, gone)])
                self._write_aliases(self._sql.insert_alias, [(each.after.id, come)])

    def _update(self, kept: bool, changes: Iterable[kinds.UpdateContact]) -> Callable[[], int]:  # noqa: FBT001, a key of groupby
        statement = self._sql.update_contact_without_identifiers if kept else self._sql.update_contact
        first = _BEHIND_IDENTIFIERS if kept else _BEHIND_ID
        organization_id = self._organization_id
        changed = list(changes)
        consents = consents_rows([each.after for each in changed])
        rows = [
            (
                *contact_row(organization_id, each.after)[first:],
                *cells,
                organization_id,
                each.after.id,
                each.before.version,
            )
            for each, cells in zip(changed, consents, strict=True)
        ]
        return self._send(statement, rows)

    def record_opt_outs(self, changes: Sequence[kinds.RecordOptOut]) -> None:
        """Keep the first moment."""
        source = (self._at, self._envelope.cause.value, str(self._envelope.actor), self._envelope.reference)
        self._insert(self._sql.insert_opt_out, ((*_opt_out_key(each.opt_out), *source) for each in changes))

    def lift_opt_outs(self, changes: Sequence[kinds.LiftOptOut]) -> None:
        """Forget opt-outs."""
        self._insert(self._sql.delete_opt_out, (_opt_out_key(each.opt_out) for each in changes))

    def join_groups(self, changes: Sequence[kinds.JoinGroup]) -> None:
        """Add memberships; the first joining of each stays."""
        self._require_contacts({each.contact_id for each in changes})
        joinings = self._joinings({each.group_id for each in changes})
        source = (self._at, self._envelope.cause.value, self._envelope.reference)
        rows: list[Row] = []
        for each in changes:
            joinings[each.group_id] += 1
            rows.append((each.group_id, each.contact_id, joinings[each.group_id], *source))
        self._insert(self._sql.insert_membership, rows)
        counted = ((count, self._organization_id, group_id) for group_id, count in sorted(joinings.items()))
        self._write(self._sql.count_joinings, counted)
        self._enlist(joinings, {each.contact_id for each in changes})

    def leave_groups(self, changes: Sequence[kinds.LeaveGroup]) -> None:
        """Forget memberships."""
        groups = set(self._hold_groups({each.group_id for each in changes}))
        self._insert(self._sql.delete_membership, ((each.group_id, each.contact_id) for each in changes))
        self._strike(self._lists_of(groups), {each.contact_id for each in changes})

    def retire_contacts(self, changes: Sequence[kinds.RetireContact]) -> None:
        """Take contacts away, one by one (they may form a chain), and let their identifiers lead to the survivors."""
        for each in changes:
            self._written.pop(each.contact_id, None)
            self._require_contacts({each.contact_id, each.survivor_id})
            self._leave_all(each.contact_id)
            self._adopt(each.contact_id, each.survivor_id)
            self._adopt_mails(each.contact_id, each.survivor_id)
            for statement in (self._sql.delete_aliases, self._sql.delete_contact):
                self._insert(statement, [(each.contact_id,)])
            self._require_contacts({each.survivor_id})
            source = (self._at, str(self._envelope.actor), self._envelope.reference)
            self._insert(self._sql.insert_retired, [(each.contact_id, each.survivor_id, *source)])
            self._write_aliases(self._sql.insert_alias, [(each.survivor_id, each.aliases)])

    def delete_contacts(self, changes: Sequence[kinds.DeleteContact]) -> None:
        """Take contacts away with all that is their own; their parties are nobody's, their IDs lead nowhere."""
        source = (self._at, str(self._envelope.actor), self._envelope.reference)
        for each in changes:
            family = (self._session.among([each.contact_id, *each.merged]),)
            self._leave_all(each.contact_id)
            self._forget_invitations(each.contact_id)
            self._forget_mails({each.contact_id, *each.merged})
            self._insert(self._sql.delete_aliases, [(each.contact_id,)])
            if not self._insert(self._sql.delete_version, [(each.contact_id, each.version)]):
                raise StaleVersionError("contact", each.contact_id)
            for statement in (
                self._sql.unassign_parties,
                self._sql.forget_inviters,
                self._sql.depersonalize_codes,
                self._sql.delete_histories,
                self._sql.forget_survivors,
            ):
                self._insert(statement, [family])
            self._insert(self._sql.insert_retired, [(each.contact_id, None, *source)])

    def record_bookings(self, changes: Sequence[kinds.RecordBooking]) -> None:
        """Add bookings with their parties."""
        for each in changes:
            self._record(each.booking)

    def _record(self, booking: RecordedBooking) -> None:
        recorded = self._send(self._sql.insert_booking, self._of_organization([booking_row(booking)]))
        self._require(lambda: recorded() == 1, lambda: StaleVersionError("booking", booking.number))
        parties = ((booking.number, place, *party_row(party)) for place, party in enumerate(booking.parties))
        self._send(self._sql.insert_party, self._of_organization(parties))

    def update_bookings(self, changes: Sequence[kinds.UpdateBooking]) -> None:
        """Replace bookings of the version before, with the parties that differ, and write down what differs."""
        for each in changes:
            before, after = each.before, each.after
            state = (*booking_state_row(after), self._organization_id, after.number, before.version)
            if not self._write(self._sql.update_booking, [state]):
                raise StaleVersionError("booking", after.number)
            self._update_parties(before, after)
            entry = booking_history_row(booking_history_entry(each, self._envelope))
            self._insert(self._sql.insert_booking_history, [entry])

    def _update_parties(self, before: RecordedBooking, after: RecordedBooking) -> None:
        """Write the parties that differ; whose one is, only where that differs."""
        places = [(self._organization_id, after.number, position) for position, _ in enumerate(after.parties)]
        both = [each for each in zip(before.parties, after.parties, places, strict=False) if each[0] != each[1]]
        self._write(self._sql.update_party, ((*party_state_row(new), *place) for _, new, place in both))
        reassigned = ((_whose(new), place) for old, new, place in both if _whose(old) != _whose(new))
        self._write(self._sql.reassign_party, ((*whose, *place) for whose, place in reassigned))
        further = [*zip(after.parties, places, strict=True)][1 + len(before.attendees) :]
        self._write(self._sql.insert_party, ((*place, *party_row(party)) for party, place in further))

    def create_codes(self, changes: Sequence[kinds.CreateCode]) -> None:
        """Refuse a second code of the same folded name."""
        rows = [(each.id, each.name, folded(each.name), *code_row(each)) for each in (each.code for each in changes)]
        ids, _, folded_names, *_ = zip(*rows, strict=True)
        known_ids = {row[0] for row in self._rows(self._sql.code_ids, self._session.among(ids))}
        known_names = {row[0] for row in self._rows(self._sql.codes_by_name, self._session.among(folded_names))}
        for code_id, name, folded_name, *_ in rows:
            if folded_name in known_names:
                raise DuplicateNameError("code", name)
            if code_id in known_ids:
                raise StaleVersionError("code", code_id)
            known_ids.add(code_id)
            known_names.add(folded_name)
        if self._insert(self._sql.insert_code, rows) != len(rows):  # somebody without our locks was faster
            raise StaleVersionError("code", ids[0])

    def change_codes(self, changes: Sequence[kinds.ChangeCode]) -> None:
        """Replace codes of the version before, except for their names."""
        for code in (each.code for each in changes):
            row = (*code_row(code), self._organization_id, code.id, code.version - 1)
            if not self._write(self._sql.update_code, [row]):
                raise StaleVersionError("code", code.id)

    def redeem_codes(self, changes: Sequence[kinds.RedeemCode]) -> None:
        """Keep the first time."""
        for statement, noun, keys in (
            (self._sql.code_ids, "code", {each.code_id for each in changes}),
            (self._sql.booking_numbers, "booking", {each.number for each in changes}),
        ):
            known = {row[0] for row in self._rows(statement, self._session.among(keys))}
            for unknown in sorted(keys - known):
                raise NotFoundError(noun, unknown)
        self._insert(self._sql.insert_code_use, ((each.code_id, each.number, self._at) for each in changes))

    def start_imports(self, changes: Sequence[kinds.StartImport]) -> None:
        """Add imports, each behind those that there are."""
        for record in (each.record for each in changes):
            if not self._insert(self._sql.insert_import, [(record.id, *import_row(record), self._organization_id)]):
                raise StaleVersionError("import", record.id)

    def record_rows(self, changes: Sequence[kinds.RecordRows]) -> None:
        """Add a batch of rows: a letter for each, and the notable ones whole."""
        for each in changes:
            self._write_import(self._sql.hold_import, (), each.import_id, each.version)
            if not each.rows:
                continue
            last = self._rows(self._sql.last_import_batch, each.import_id)
            first = sum(last[0]) if last else 0
            letters = "".join([LETTERS[row.outcome] for row in each.rows])
            self._insert(self._sql.insert_import_batch, [(each.import_id, first, each.rows[0].line, letters)])
            notable = (
                (each.import_id, place, *report_row(row))
                for place, row in enumerate(each.rows, start=first)
                if row.reasons or row.warnings  # it is notable; a property would be a call for each row
            )
            self._insert(self._sql.insert_import_row, notable)

    def finish_imports(self, changes: Sequence[kinds.FinishImport]) -> None:
        """Note the end of imports."""
        for each in changes:
            end = (ImportStatus.FINISHED.value, self._at)
            self._write_import(self._sql.finish_import, end, each.import_id, each.version)

    def take_over_imports(self, changes: Sequence[kinds.TakeOverImport]) -> None:
        """Make whoever worked on imports before unable to write."""
        for each in changes:
            self._write_import(self._sql.take_over_import, (), each.import_id, each.version)

    def expire_rows(self, changes: Sequence[kinds.ExpireRows]) -> None:
        """Forget what rows said, some hundred at a time."""
        for each in changes:
            if not self._write(self._sql.expire_import, [(self._organization_id, each.import_id)]):
                raise NotFoundError("import", each.import_id)
            position = -1
            while rows := self._rows(self._sql.notable_rows, each.import_id, position, NOTABLE_AT_ONCE):
                position = rows[-1][0]
                of_row = (self._organization_id, each.import_id)
                kept = ((*remarks_row(report_of(row[1:]).without_cells()), *of_row, row[0]) for row in rows)
                self._write(self._sql.expire_import_row, kept)

    def _write_import(self, statement: str, values: Row, import_id: ImportId, version: int) -> None:
        """Write an import of *version*; tell one that was taken over from one that does not exist."""
        if self._write(statement, [(*values, self._organization_id, import_id, version)]):
            return
        if self._rows(self._sql.one_import, import_id):
            raise StaleVersionError("import", import_id)
        raise NotFoundError("import", import_id)

    def _write_aliases(self, statement: str, aliases: Iterable[tuple[ContactId, Iterable[IdentifierKey]]]) -> None:
        self._insert(statement, ((key.kind.value, key.key, holder) for holder, keys in aliases for key in keys))

    def _first_known(self, ids: Sequence[ContactId]) -> StaleVersionError:
        """Find the first contact to create that was there before it, or once was."""
        known = {row[0] for row in self._rows(self._sql.contact_ids, self._session.among(ids))}
        known |= self._retired(ids)
        return StaleVersionError(
            "contact", next(each for place, each in enumerate(ids) if each in known or each in ids[:place])
        )

    def _retired(self, ids: Sequence[ContactId]) -> set[ContactId]:
        """Tell which of these IDs a contact once had."""
        return {contact_id for (contact_id,) in self._rows(self._sql.retired_ids, self._session.among(ids))}

    def _first_stale(self, changes: Sequence[kinds.UpdateContact], created: dict[ContactId, int]) -> StaleVersionError:
        """Find the first change that was not made from the version that its contact had by then."""
        ids = self._session.among([each.after.id for each in changes])
        versions = {**dict(self._rows(self._sql.contact_versions, ids)), **created}
        for each in changes:
            if versions.get(each.after.id) != each.before.version:
                return StaleVersionError("contact", each.after.id)
            versions[each.after.id] = each.after.version
        raise AssertionError("every change had its version, and yet not all were written")


_WRITERS: dict[type[Change], Callable[[Writing, Any], None]] = {
    kinds.PutField: Writing.put_fields,
    kinds.ChangeSettings: Writing.change_settings,
    kinds.CreateGroup: Writing.create_groups,
    kinds.RenameGroup: Writing.rename_groups,
    kinds.DeleteGroup: Writing.delete_groups,
    kinds.DeleteField: Writing.delete_fields,
    kinds.DeleteContact: Writing.delete_contacts,
    kinds.CreateEvent: Writing.create_events,
    kinds.ChangeEvent: Writing.change_events,
    kinds.CreateContact: Writing.create_contacts,
    kinds.CreateContacts: Writing.create_sets_of_contacts,
    kinds.UpdateContact: Writing.update_contacts,
    kinds.RecordOptOut: Writing.record_opt_outs,
    kinds.LiftOptOut: Writing.lift_opt_outs,
    kinds.JoinGroup: Writing.join_groups,
    kinds.LeaveGroup: Writing.leave_groups,
    kinds.RetireContact: Writing.retire_contacts,
    kinds.RecordBooking: Writing.record_bookings,
    kinds.UpdateBooking: Writing.update_bookings,
    **INVITATION_WRITERS,
    kinds.CreateCode: Writing.create_codes,
    kinds.ChangeCode: Writing.change_codes,
    kinds.RedeemCode: Writing.redeem_codes,
    **MAIL_WRITERS,
    kinds.StartImport: Writing.start_imports,
    kinds.TakeOverImport: Writing.take_over_imports,
    kinds.RecordRows: Writing.record_rows,
    kinds.FinishImport: Writing.finish_imports,
    kinds.ExpireRows: Writing.expire_rows,
}


def write(changes: Sequence[Change], session: Session, envelope: Envelope) -> None:
    """Write all *changes*, or none of them."""
    if not changes:
        return
    writing = Writing(session, envelope)
    try:
        with session.savepoint():
            for kind, group in group_by_kind(changes).items():
                _WRITERS[kind](writing, group)
            writing.settle()
    except RefusedError as refused:
        raise refused.find() from None


_BEHIND_ID = 2
_BEHIND_IDENTIFIERS = 5
"""Where, in the row of a contact, the rest begins."""


def _identifiers_kept(change: kinds.UpdateContact) -> bool:
    before, after = change.before, change.after
    return (
        before.email_key == after.email_key
        and before.values.get("email") == after.values.get("email")
        and before.values.get("customer_id") == after.values.get("customer_id")
    )


def _whose(party: RecordedParty) -> Row:
    return party.outcome.contact_id, party.through_contact_id


def _opt_out_key(opt_out: OptOut) -> Row:
    return opt_out.address_key, opt_out.subscription.value
