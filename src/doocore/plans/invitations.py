"""Invitation lists by hand, marks, and what happens to messages (chapter 7).

What bookings are evidence for is written by the stories of bookings. Nothing here decides a status: that is read from
the evidence whenever somebody looks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from doocore.changes import (
    AddEvidence,
    Change,
    PutInvitationList,
    RecordMessageEvents,
    RemoveMark,
    SetEvidence,
    SetMark,
)
from doocore.errors import EventNotLiveError, NotFoundError, TooManyGroupsError
from doocore.model.booking import RecordedBooking
from doocore.model.contact import Group
from doocore.model.event import Event
from doocore.model.fields import folded
from doocore.model.history import Cause
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.model.invitation import (
    MOST_GROUPS,
    NO_EVIDENCE,
    ContactMark,
    Evidence,
    InvitationExplanation,
    InvitationFacts,
    InvitationList,
    InvitationStatus,
    Mark,
    MessageEvent,
    Witness,
)
from doocore.plans.by_hand import existing_group
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.invitations import (
    BY_MARK,
    BY_REACTION,
    HAS_INVITATIONS,
    TELLS,
    decisive,
    evidence_of_bookings,
    evidence_of_marks,
    evidence_of_messages,
    status_of,
)
from doocore.rules.permissions import Action, permit

ALL_EVIDENCE = ~NO_EVIDENCE

_NOTHING_KNOWN = InvitationFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """An event's invitation list, and groups by their names."""

    event_id: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRequest:
    """A mark that is to be set or taken back by hand."""

    event_id: str
    contact_id: ContactId
    mark: Mark


def needs_of_list(request: ListRequest) -> Needs:
    """Say that the event, its list and the groups must be known, and the groups stay meanwhile."""
    return Needs(
        events=frozenset({request.event_id}),
        invitation_lists=frozenset({request.event_id}),
        groups=frozenset(map(folded, request.groups)),
    )


def plan_list(request: ListRequest, facts: Facts, circumstances: Circumstances) -> Plan[InvitationList]:
    """Create an event's invitation list, or add groups to the one there is (IN-1).

    Raises `EventNotLiveError` for a draft, `TooManyGroupsError`, `NotFoundError` for the event or a group,
    `PermissionDeniedError`.
    """
    _require_invitations(request.event_id, facts, circumstances)
    before = facts.invitation_lists.get(request.event_id)
    if before is None:
        before = InvitationList(event_id=request.event_id, created_at=circumstances.at, version=0)
    added = (each.id for each in _groups_of(request, facts))
    return _plan_groups(before, replace(before, groups=tuple(dict.fromkeys((*before.groups, *added)))), circumstances)


def plan_adding(request: ListRequest, facts: Facts, circumstances: Circumstances) -> Plan[InvitationList]:
    """Add groups to an event's invitation list (IN-1). Raises what `plan_list` raises, and `NotFoundError` without a list."""
    _existing_list(request.event_id, facts)
    return plan_list(request, facts, circumstances)


def plan_removing(request: ListRequest, facts: Facts, circumstances: Circumstances) -> Plan[InvitationList]:
    """Take groups off an event's invitation list; what is known of their members stays (IN-1).

    A group that is not on it stays off. Raises what `plan_adding` raises.
    """
    _require_invitations(request.event_id, facts, circumstances)
    before = _existing_list(request.event_id, facts)
    removed = {each.id for each in _groups_of(request, facts)}
    after = replace(before, groups=tuple(each for each in before.groups if each not in removed))
    return _plan_groups(before, after, circumstances)


def _plan_groups(before: InvitationList, after: InvitationList, circumstances: Circumstances) -> Plan[InvitationList]:
    if len(after.groups) > MOST_GROUPS:
        raise TooManyGroupsError(after.event_id, len(after.groups), MOST_GROUPS)
    envelope = circumstances.envelope(Cause.BY_HAND, after.event_id)
    if before == after and before.version:
        return Plan(outcome=before, envelope=envelope)
    after = replace(after, version=before.version + 1)
    return Plan(outcome=after, envelope=envelope, changes=(PutInvitationList(after),))


def needs_of_mark(request: MarkRequest) -> Needs:
    """Say that the event and the contact must be known, and what is known of both."""
    return Needs(
        events=frozenset({request.event_id}), contacts=frozenset({request.contact_id}), excerpt=(), invitations=True
    )


def plan_mark(request: MarkRequest, facts: Facts, circumstances: Circumstances) -> Plan[InvitationStatus]:
    """Set a mark by hand, and tell where the contact stands then (IN-5); the contact need not be on a list.

    Raises `NotFoundError` for the event or the contact, `EventNotLiveError` for a draft, `PermissionDeniedError`.
    """
    _require_invitations(request.event_id, facts, circumstances)
    contact_id = _existing_contact(request.contact_id, facts)
    evidence = BY_MARK[request.mark]
    mark = ContactMark(
        event_id=request.event_id,
        contact_id=contact_id,
        mark=request.mark,
        at=circumstances.at,
        actor=str(circumstances.actor),
    )
    known = facts.invitations.get((request.event_id, contact_id), _NOTHING_KNOWN)
    return Plan(
        outcome=status_of(known.evidence | evidence),
        envelope=circumstances.envelope(Cause.BY_HAND, request.event_id),
        changes=(SetMark(mark), AddEvidence(request.event_id, (contact_id,), evidence)),
    )


def plan_unmarking(request: MarkRequest, facts: Facts, circumstances: Circumstances) -> Plan[InvitationStatus]:
    """Take a mark back, and tell where the contact stands then: only the mark goes, a click stays (IN-5).

    Raises what `plan_mark` raises.
    """
    _require_invitations(request.event_id, facts, circumstances)
    contact_id = _existing_contact(request.contact_id, facts)
    evidence = BY_MARK[request.mark]
    known = facts.invitations.get((request.event_id, contact_id), _NOTHING_KNOWN)
    changes: tuple[Change, ...] = (
        RemoveMark(request.event_id, contact_id, request.mark),
        SetEvidence(request.event_id, contact_id, NO_EVIDENCE, within=evidence),
    )
    return Plan(
        outcome=status_of(known.evidence & ~evidence),
        envelope=circumstances.envelope(Cause.BY_HAND, request.event_id),
        changes=changes if known.evidence & evidence else (),
    )


def needs_of_message_events(events: Sequence[MessageEvent]) -> Needs:
    """Say that events and contacts must be known, and what was recorded of them before where that can be told."""
    return Needs(
        events=frozenset(each.event_id for each in events),
        contacts=frozenset(each.contact_id for each in events),
        excerpt=(),
        message_events=any(each.id for each in events),
    )


def plan_message_events(events: Sequence[MessageEvent], facts: Facts, circumstances: Circumstances) -> Plan[int]:
    """Record what happened to messages, with its evidence, and count what had not been recorded before (IN-2, MA-6).

    The survivor stands for a contact that was merged (MG-1). Raises `NotFoundError` naming all unknown events or all
    unknown contacts; then nothing is recorded.
    """
    _require_known(events, facts)
    recorded = {place: {each.id for each in found} for place, found in facts.message_events.items()}
    new: list[MessageEvent] = []
    known: dict[tuple[str, ContactId], Evidence] = {}
    for each in events:
        place = (each.event_id, _survivor(each.contact_id, facts))
        if each.id and each.id in recorded.setdefault(place, set()):
            continue
        event = replace(each, contact_id=place[1], id=each.id or next(circumstances.new_record_ids))
        recorded.setdefault(place, set()).add(event.id)
        new.append(event)
        if not event.by_machine:
            known[place] = known.get(place, NO_EVIDENCE) | BY_REACTION[event.reaction]
    envelope = circumstances.envelope(Cause.SYSTEM)
    changes: tuple[Change, ...] = (RecordMessageEvents(tuple(new)), *_added(known)) if new else ()
    return Plan(outcome=len(new), envelope=envelope, changes=changes)


def _added(known: Mapping[tuple[str, ContactId], Evidence]) -> Iterator[AddEvidence]:
    """Put together the contacts of whom the same becomes known."""
    together: dict[tuple[str, Evidence], list[ContactId]] = {}
    for (event_id, contact_id), evidence in known.items():
        together.setdefault((event_id, evidence), []).append(contact_id)
    return (AddEvidence(event_id, tuple(ids), evidence) for (event_id, evidence), ids in together.items())


def needs_of_recomputing(event_id: str, contact_ids: Iterable[ContactId]) -> Needs:
    """Say that all must be known from which evidence follows."""
    return Needs(
        events=frozenset({event_id}),
        contacts=frozenset(contact_ids),
        excerpt=(),
        invitations=True,
        message_events=True,
        marks=True,
    )


def plan_recomputing(event_id: str, facts: Facts, circumstances: Circumstances) -> Plan[int]:
    """Derive all evidence anew, and count the contacts of whom something else was kept: nobody, as a rule (IN-8)."""
    changes = []
    for contact_id in sorted(facts.excerpts):
        place = (event_id, contact_id)
        known = facts.invitations.get(place, _NOTHING_KNOWN)
        evidence = (
            evidence_of_bookings(known.concerns)
            | evidence_of_messages(facts.message_events.get(place, ()))
            | evidence_of_marks(each.mark for each in facts.marks.get(place, ()))
        )
        if evidence != known.evidence:
            changes.append(SetEvidence(event_id, contact_id, evidence, within=ALL_EVIDENCE, version=known.version))
    envelope = circumstances.envelope(Cause.SYSTEM, event_id)
    return Plan(outcome=len(changes), envelope=envelope, changes=tuple(changes))


def needs_of_explanation(event_id: str, contact_id: ContactId) -> Needs:
    """Say that all must be known that is evidence for anything."""
    return needs_of_recomputing(event_id, (contact_id,))


def explanation(
    event_id: str, contact_id: ContactId, facts: Facts, *, is_listed: bool
) -> InvitationExplanation | Needs:
    """Tell why a contact stands where it stands, from every event, mark and booking (IN-7).

    Raises `NotFoundError` for the event or the contact.
    """
    _existing_event(event_id, facts)
    contact_id = _existing_contact(contact_id, facts)
    known = facts.invitations.get((event_id, contact_id), _NOTHING_KNOWN)
    numbers = frozenset(each.number for each in known.concerns)
    if not numbers <= facts.asked.bookings:
        return Needs(bookings=numbers, excerpt=())
    place = (event_id, contact_id)
    witnesses = (
        *_messages(facts.message_events.get(place, ())),
        *_marks(facts.marks.get(place, ())),
        *_bookings(known, facts.bookings),
    )
    return InvitationExplanation(
        contact_id=contact_id,
        status=status_of(known.evidence),
        evidence=known.evidence,
        decisive=decisive(known.evidence),
        is_listed=is_listed,
        witnesses=tuple(sorted(witnesses, key=lambda each: (each.at, each.evidence))),
    )


def _messages(events: Iterable[MessageEvent]) -> Iterator[Witness]:
    for each in events:
        yield Witness(evidence=evidence_of_messages((each,)), at=each.at, message_event=each)


def _marks(marks: Iterable[ContactMark]) -> Iterator[Witness]:
    for each in marks:
        yield Witness(evidence=BY_MARK[each.mark], at=each.at, mark=each)


def _bookings(known: InvitationFacts, bookings: Mapping[BookingNumber, RecordedBooking]) -> Iterator[Witness]:
    for concern in known.concerns:
        at = _last_change(bookings[concern.number])
        for evidence, tells in TELLS.items():
            if evidence & known.evidence and tells(concern):
                yield Witness(evidence=evidence, at=at, booking=concern.number)


def _last_change(booking: RecordedBooking) -> datetime:
    return booking.last_changed or booking.booked_at


def _require_invitations(event_id: str, facts: Facts, circumstances: Circumstances) -> None:
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    status = _existing_event(event_id, facts).status_at(circumstances.at)
    if not HAS_INVITATIONS[status]:
        raise EventNotLiveError(event_id, status.value, "has no invitation list yet")


def _require_known(events: Sequence[MessageEvent], facts: Facts) -> None:
    for noun, unknown in (
        ("event", dict.fromkeys(each.event_id for each in events if each.event_id not in facts.events)),
        (
            "contact",
            dict.fromkeys(
                each.contact_id for each in events if _survivor(each.contact_id, facts) not in facts.excerpts
            ),
        ),
    ):
        if unknown:
            raise NotFoundError(noun, *unknown)


def _existing_event(event_id: str, facts: Facts) -> Event:
    if event_id not in facts.events:
        raise NotFoundError("event", event_id)
    return facts.events[event_id]


def _existing_list(event_id: str, facts: Facts) -> InvitationList:
    _existing_event(event_id, facts)
    if event_id not in facts.invitation_lists:
        raise NotFoundError("invitation list", event_id)
    return facts.invitation_lists[event_id]


def _existing_contact(contact_id: ContactId, facts: Facts) -> ContactId:
    """Give the contact, or the survivor it was merged into (MG-1)."""
    found = _survivor(contact_id, facts)
    if found not in facts.excerpts:
        raise NotFoundError("contact", contact_id)
    return found


def _survivor(contact_id: ContactId, facts: Facts) -> ContactId:
    return facts.survivors.get(contact_id, contact_id)


def _groups_of(request: ListRequest, facts: Facts) -> Iterator[Group]:
    return (existing_group(each, facts.groups) for each in request.groups)
