"""Writing invitation lists, and what is known of contacts and events.

Two rules for this file. 1: who stands on a list is kept beside the evidence, as an index is: whatever changes a list's
groups or their members brings it up to date, for the contacts concerned, by one statement. 2: whoever does that holds
the groups first, then the lists, each in the order of their IDs: nobody misses what another does meanwhile.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from doocore import changes as kinds
from doocore.errors import DooCoreError, NotFoundError, StaleVersionError
from doocore.model.contact import GroupId
from doocore.model.identifiers import ContactId
from doocore.model.invitation import BY_BOOKINGS, InvitationList
from doocore_adapters._sql.rows import Row, mark_row, message_event_row, moment_text
from doocore_adapters._sql.writer import Writer


class InvitationWriting(Writer):
    """Writes the changes of invitation lists, and their share in changes of groups and contacts."""

    def put_invitation_lists(self, changes: Sequence[kinds.PutInvitationList]) -> None:
        """Replace lists of the version before, and who stands on them."""
        for listed in (each.invitation_list for each in changes):
            before: set[GroupId] = {row[0] for row in self._rows(self._sql.groups_of_list, listed.event_id)}
            after = set(listed.groups)
            held = self._hold_groups(before | after)
            for unknown in sorted(after - held.keys()):
                raise NotFoundError("group", unknown)
            self._put_list(listed)
            self._insert(self._sql.delete_list_groups, [(listed.event_id,)])
            groups = ((listed.event_id, each, place) for place, each in enumerate(listed.groups))
            self._insert(self._sql.insert_list_group, groups)
            if after - before:
                self._insert(self._sql.enlist_members, [(listed.event_id, self._session.among(after - before))])
            if before - after:
                self._strike([listed.event_id])

    def _put_list(self, listed: InvitationList) -> None:
        if listed.version == 1:
            row = (listed.event_id, moment_text(listed.created_at), listed.version)
            written = self._insert(self._sql.insert_list, [row])
        else:
            key = (self._organization_id, listed.event_id, listed.version - 1)
            written = self._write(self._sql.update_list, [(listed.version, *key)])
        if not written:
            raise StaleVersionError("invitation list", listed.event_id)

    def record_message_events(self, changes: Sequence[kinds.RecordMessageEvents]) -> None:
        """Add what was not recorded before."""
        events = [event for each in changes for event in each.events]
        self._require_contacts({each.contact_id for each in events})
        self._insert(self._sql.insert_message_event, map(message_event_row, events))

    def add_evidence(self, changes: Sequence[kinds.AddEvidence]) -> None:
        """Add to what is known, of many contacts by one statement."""
        for each in changes:
            ids = set(each.contact_ids)
            row = (each.event_id, int(each.evidence), 0, self._organization_id, self._session.among(ids))
            if self._write(self._sql.add_evidence, [row]) != len(ids):
                self._require_contacts(ids)

    def set_marks(self, changes: Sequence[kinds.SetMark]) -> None:
        """Keep the first moment."""
        self._require_contacts({each.mark.contact_id for each in changes})
        self._insert(self._sql.insert_mark, (mark_row(each.mark) for each in changes))

    def remove_marks(self, changes: Sequence[kinds.RemoveMark]) -> None:
        """Forget marks."""
        self._insert(self._sql.delete_mark, ((each.event_id, each.contact_id, each.mark.value) for each in changes))

    def set_evidence(self, changes: Sequence[kinds.SetEvidence]) -> None:
        """Replace some of what is known, in the order of the contacts, so that nobody waits in a circle for others' rows."""
        in_order = sorted(changes, key=lambda each: (each.event_id, each.contact_id))
        runs = groupby(map(self._setting, in_order), key=itemgetter(0))
        written = [self._send(statement, [row for _, row in run]) for statement, run in runs]
        self._require(
            lambda: sum(touched() for touched in written) == len(changes), lambda: self._first_refused(changes)
        )

    def _setting(self, change: kinds.SetEvidence) -> tuple[str, Row]:
        event_id, evidence, others = change.event_id, int(change.evidence), ~int(change.within)
        of_contact = (self._organization_id, change.contact_id)
        if change.version is None:
            return self._sql.set_evidence, (event_id, evidence, 0, *of_contact, others)
        if change.version == 0:
            return self._sql.set_first_evidence, (event_id, evidence, 1, *of_contact, others)
        key = (self._organization_id, event_id, change.contact_id, change.version)
        return self._sql.set_next_evidence, (others, evidence, *key)

    def _first_refused(self, changes: Sequence[kinds.SetEvidence]) -> DooCoreError:
        """Find the first change of an unknown contact, or not made from the version that there was by then."""
        unknown = self._unknown({each.contact_id for each in changes})
        events = {each.event_id for each in changes}
        ids = self._session.among({each.contact_id for each in changes})
        found = {
            (event_id, row[0]): row[2] for event_id in events for row in self._rows(self._sql.evidence, event_id, ids)
        }
        for each in changes:
            place = (each.event_id, each.contact_id)
            if each.contact_id in unknown:
                return NotFoundError("contact", each.contact_id)
            if each.version not in {None, found.get(place, 0)}:
                return StaleVersionError("invitation", each.contact_id)
            found[place] = found.get(place, 0) + (each.version is not None)
        raise AssertionError("every change had its version, and yet not all were written")

    def _lists_of(self, group_ids: Collection[GroupId]) -> list[str]:
        """Name the events on whose lists groups stand, and hold those lists until the transaction is over."""
        groups = self._session.among(group_ids)
        return [event_id for (event_id,) in self._rows(self._sql.lists_of_groups, self._organization_id, groups)]

    def _enlist(self, group_ids: Collection[GroupId], contact_ids: Collection[ContactId]) -> None:
        """Put contacts that are members of groups on the lists of these."""
        if self._lists_of(group_ids):
            self._insert(self._sql.enlist, [(self._session.among(group_ids), self._session.among(contact_ids))])

    def _strike(self, event_ids: Collection[str], contact_ids: Collection[ContactId] | None = None) -> None:
        """Take off the lists who is in none of their groups any more; of whom nothing is known nothing is kept."""
        if not event_ids:
            return
        given = (event_ids,) if contact_ids is None else (event_ids, contact_ids)
        row = tuple(self._session.among(each) for each in given)
        all_of_them = (self._sql.forget_unlisted, self._sql.strike)
        some = (self._sql.forget_unlisted_contacts, self._sql.strike_contacts)
        for statement in all_of_them if contact_ids is None else some:
            self._insert(statement, [row])

    def _leave_all(self, contact_id: ContactId) -> None:
        """Take a contact that is about to go out of its groups, and keep lists from taking it up meanwhile."""
        self._rows(self._sql.hold_groups_of, self._organization_id, contact_id)
        self._insert(self._sql.delete_memberships, [(contact_id,)])

    def _adopt(self, retired_id: ContactId, survivor_id: ContactId) -> None:
        """Let what is known of a contact by messages and marks be known of its survivor."""
        others = ~int(BY_BOOKINGS)
        of_retired = (self._organization_id, retired_id)
        self._write(self._sql.adopt_message_events, [(survivor_id, survivor_id, *of_retired)])
        self._write(self._sql.adopt_marks, [(survivor_id, *of_retired)])
        self._write(self._sql.adopt_evidence, [(survivor_id, others, *of_retired, others)])
        self._forget_invitations(retired_id)

    def _forget_invitations(self, contact_id: ContactId) -> None:
        for statement in (self._sql.delete_message_events, self._sql.delete_marks, self._sql.delete_invitations):
            self._insert(statement, [(contact_id,)])


INVITATION_WRITERS: Mapping[type[kinds.Change], Callable[..., None]] = {
    kinds.PutInvitationList: InvitationWriting.put_invitation_lists,
    kinds.RecordMessageEvents: InvitationWriting.record_message_events,
    kinds.AddEvidence: InvitationWriting.add_evidence,
    kinds.SetMark: InvitationWriting.set_marks,
    kinds.RemoveMark: InvitationWriting.remove_marks,
    kinds.SetEvidence: InvitationWriting.set_evidence,
}
