"""What stands behind `center.invitations` (chapter 7)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from doocore.changes import JoinGroup
from doocore.contact_center.shell import Progress, Shell, gather, unheard
from doocore.errors import NotFoundError
from doocore.model.contact import Group
from doocore.model.fields import folded
from doocore.model.history import Cause
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.model.invitation import (
    Evidence,
    InvitationExplanation,
    InvitationLine,
    InvitationList,
    InvitationStatus,
    Mark,
    MessageEvent,
    Reaction,
)
from doocore.plans.grouping import GroupRequest, needs_of_group, plan_group
from doocore.plans.invitations import (
    ListRequest,
    MarkRequest,
    explanation,
    needs_of_explanation,
    needs_of_list,
    needs_of_mark,
    needs_of_message_events,
    needs_of_recomputing,
    plan_adding,
    plan_list,
    plan_mark,
    plan_message_events,
    plan_recomputing,
    plan_removing,
    plan_unmarking,
)
from doocore.ports import Snapshot, Transaction
from doocore.rules.invitations import status_of

AT_ONCE = 1_000
"""How many contacts or events of messages are taken at once."""


@dataclass(frozen=True, slots=True)
class Invitations:
    """Invitation lists: where everybody stands with an event."""

    _shell: Shell

    def create(self, event_id: str, groups: Iterable[str] = ()) -> InvitationList:
        """Create the invitation list of a live event, with *groups* by their names (IN-1).

        Whoever is in one of them stands on the list, as long as that is so. Where there is a list, it gets the groups
        that it lacks. Raises `EventNotLiveError` for a draft, `TooManyGroupsError`, `NotFoundError`,
        `PermissionDeniedError`.
        """
        request = _list_request(event_id, groups)
        created = self._shell.tell(needs_of_list(request), partial(plan_list, request)).outcome
        if created.version == 1:
            self.recompute(event_id)  # an earlier release wrote bookings without their evidence
        return created

    def get(self, event_id: str) -> InvitationList:
        """Read the invitation list of an event. Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            return _list_of(snapshot, event_id)

    def all(self) -> tuple[InvitationList, ...]:
        """Read all invitation lists, sorted by the IDs of their events."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.invitations.all()

    def groups(self, event_id: str) -> tuple[Group, ...]:
        """List the groups of an invitation list, in the order they were added. Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            groups = {each.id: each for each in snapshot.groups.all()}
            return tuple(groups[each] for each in _list_of(snapshot, event_id).groups)

    def add_groups(self, event_id: str, groups: Iterable[str]) -> InvitationList:
        """Add groups, by their names, to an event's invitation list; up to ten can be on it (IN-1).

        Raises what `create` raises, and `NotFoundError` where there is no list.
        """
        request = _list_request(event_id, groups)
        return self._shell.tell(needs_of_list(request), partial(plan_adding, request)).outcome

    def remove_groups(self, event_id: str, groups: Iterable[str]) -> InvitationList:
        """Take groups, by their names, off an event's invitation list.

        What is known of their members stays, and shows again when they come back. Raises what `add_groups` raises.
        """
        request = _list_request(event_id, groups)
        return self._shell.tell(needs_of_list(request), partial(plan_removing, request)).outcome

    def counts(self, event_id: str) -> Mapping[InvitationStatus, int]:
        """Count the contacts on the list per status, in the order of precedence, those of none too (IN-6).

        Raises `NotFoundError` where there is no list.
        """
        with self._shell.store.snapshot() as snapshot:
            _list_of(snapshot, event_id)
            kept = snapshot.invitations.counts(event_id)
        counts: Counter[InvitationStatus] = Counter()
        for evidence, count in kept.items():
            counts[status_of(evidence)] += count
        return {each: counts[each] for each in InvitationStatus}

    def list(
        self,
        event_id: str,
        *,
        statuses: Collection[InvitationStatus] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[InvitationLine, ...]:
        """List the contacts on the list in order of creation, at most *limit* behind the ID *after* (IN-6).

        With *statuses*, those who stand there now. Raises `NotFoundError` where there is no list.
        """
        with self._shell.store.snapshot() as snapshot:
            _list_of(snapshot, event_id)
            found = snapshot.invitations.page(
                event_id,
                evidence=masks_of(snapshot, event_id, statuses),
                after=None if after is None else ContactId(after),
                limit=limit,
            )
            contacts = snapshot.contacts.get([each.contact_id for each in found])
        return tuple(
            InvitationLine(contact=contacts[each.contact_id], status=status_of(each.evidence), evidence=each.evidence)
            for each in found
        )

    def lines(self, event_id: str, *, statuses: Collection[InvitationStatus] = ()) -> Iterator[InvitationLine]:
        """Read the whole list, page by page, or those of some statuses. Raises `NotFoundError` where there is no list."""
        after: str | None = None
        while page := self.list(event_id, statuses=statuses, after=after):
            yield from page
            after = page[-1].contact.id

    def explain(self, event_id: str, contact_id: str) -> InvitationExplanation:
        """Tell why a contact stands where it stands with an event: which evidence, from what, when (IN-7).

        The contact need not be on the list. Raises `NotFoundError` for the event or the contact.
        """
        asked = ContactId(contact_id)
        with self._shell.store.snapshot() as snapshot:
            needs = needs_of_explanation(event_id, asked)
            while True:
                facts = gather(snapshot, needs)
                told = explanation(event_id, asked, facts, is_listed=_is_listed(snapshot, event_id, facts.excerpts))
                if isinstance(told, InvitationExplanation):
                    return told
                needs |= told

    def mark(self, event_id: str, contact_id: str, mark: Mark) -> InvitationStatus:
        """Set a mark by hand, and tell where the contact stands then (IN-5); setting it twice changes nothing.

        The contact need not be on the list. Raises `NotFoundError` for the event or the contact, `EventNotLiveError`
        for a draft, `PermissionDeniedError`.
        """
        request = MarkRequest(event_id=event_id, contact_id=ContactId(contact_id), mark=mark)
        return self._shell.tell(needs_of_mark(request), partial(plan_mark, request)).outcome

    def unmark(self, event_id: str, contact_id: str, mark: Mark) -> InvitationStatus:
        """Take a mark back, and tell where the contact stands then: only the mark goes, a click stays (IN-5).

        Raises what `mark` raises.
        """
        request = MarkRequest(event_id=event_id, contact_id=ContactId(contact_id), mark=mark)
        return self._shell.tell(needs_of_mark(request), partial(plan_unmarking, request)).outcome

    def record_message_event(
        self,
        event_id: str,
        contact_id: str,
        reaction: Reaction,
        *,
        at: datetime | None = None,
        id: str = "",  # noqa: A002, it is what the host calls it
        message: str = "",
        by_machine: bool = False,
    ) -> bool:
        """Record what happened to a message of an event at a contact, and tell whether that is new (IN-2).

        *at* is now, unless it is given, with an offset. With an *id* of the host's, what comes twice is recorded once.
        *by_machine* (link scanners) is recorded, and evidence for nothing (MA-6). Raises `NotFoundError`.
        """
        event = MessageEvent(
            event_id=event_id,
            contact_id=ContactId(contact_id),
            reaction=reaction,
            at=self._shell.clock.now() if at is None else at,
            id=id,
            message=message,
            by_machine=by_machine,
        )
        return bool(self.record_message_events((event,)))

    def record_message_events(self, events: Iterable[MessageEvent], *, progress: Progress = unheard) -> int:
        """Record what happened to messages, a thousand events in one transaction, and count what is new (IN-2).

        Any number, for instance a log of the mailing service; *progress* is told how many were taken. Raises
        `NotFoundError` naming all unknown events or contacts of a thousand, of which nothing is recorded then.
        """
        remaining, taken, new = iter(events), 0, 0
        while some := tuple(islice(remaining, AT_ONCE)):
            new += self._shell.tell(needs_of_message_events(some), partial(plan_message_events, some)).outcome
            taken += len(some)
            progress(taken)
        return new

    def to_group(
        self,
        event_id: str,
        name: str,
        *,
        statuses: Collection[InvitationStatus] = (),
        progress: Progress = unheard,
    ) -> Group:
        """Make a new group of the contacts on the list, or of those who stand somewhere now (IN-6).

        A list of any size goes a thousand contacts at a time; *progress* is told how many are in the group. Raises
        `DuplicateNameError`, `InvalidNameError`, `NotFoundError` where there is no list, `PermissionDeniedError`.
        """
        self.get(event_id)
        request = GroupRequest(name=name)
        group = self._shell.tell(needs_of_group(request), partial(plan_group, request)).outcome
        joining = _Joining(self._shell, group, event_id, statuses)
        joined = 0
        while came := joining.next():
            joined += came
            progress(joined)
        return group

    def recompute(self, event_id: str, *, progress: Progress = unheard) -> int:
        """Derive all evidence of an event from what it comes from, and count the contacts of whom other was kept.

        Normally 0: evidence is kept with whatever changes it. *progress* is told how many contacts were looked at.
        """
        after: ContactId | None = None
        looked_at = differed = 0
        while ids := self._concerned(event_id, after):
            needs = needs_of_recomputing(event_id, ids)
            differed += self._shell.tell(needs, partial(plan_recomputing, event_id)).outcome
            after = ids[-1]
            looked_at += len(ids)
            progress(looked_at)
        return differed

    def _concerned(self, event_id: str, after: ContactId | None) -> tuple[ContactId, ...]:
        with self._shell.store.snapshot() as snapshot:
            return snapshot.invitations.concerned(event_id, after=after, limit=AT_ONCE)


class _Joining:
    """Lets the contacts of a list join a group, page by page."""

    def __init__(self, shell: Shell, group: Group, event_id: str, statuses: Collection[InvitationStatus]) -> None:
        self._shell = shell
        self._group = group
        self._event_id = event_id
        self._statuses = statuses
        self._after: ContactId | None = None

    def next(self) -> int:
        """Take the next page, and give how many have joined."""
        lock = (IdentifierKey(IdentifierKind.GROUP_NAME, folded(self._group.name)),)
        ids = self._shell.commit(lock, self._join)
        if ids:
            self._after = ids[-1]
        return len(ids)

    def _join(self, transaction: Transaction) -> tuple[ContactId, ...]:
        masks = masks_of(transaction, self._event_id, self._statuses)
        page = transaction.invitations.page(self._event_id, evidence=masks, after=self._after, limit=AT_ONCE)
        envelope = self._shell.circumstances().envelope(Cause.BY_HAND, self._event_id)
        transaction.apply([JoinGroup(self._group.id, each.contact_id) for each in page], envelope)
        return tuple(each.contact_id for each in page)


def _list_request(event_id: str, groups: Iterable[str]) -> ListRequest:
    return ListRequest(event_id=event_id, groups=tuple(groups))


def _list_of(snapshot: Snapshot, event_id: str) -> InvitationList:
    found = snapshot.invitations.get(event_id)
    if found is None:
        noun = "invitation list" if snapshot.events.get([event_id]) else "event"
        raise NotFoundError(noun, event_id)
    return found


def masks_of(snapshot: Snapshot, event_id: str, statuses: Collection[InvitationStatus]) -> frozenset[Evidence] | None:
    """Find the sets of evidence that occur and mean one of *statuses*; None where any will do."""
    if not statuses:
        return None
    return frozenset(each for each in snapshot.invitations.masks(event_id) if status_of(each) in statuses)


def _is_listed(snapshot: Snapshot, event_id: str, contact_ids: Collection[ContactId]) -> bool:
    listed = snapshot.invitations.get(event_id)
    groups = frozenset[str]().union(*snapshot.groups.of(contact_ids).values())
    return listed is not None and not groups.isdisjoint(listed.groups)
