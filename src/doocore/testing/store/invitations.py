"""Claims about invitation lists, and what is known of contacts and events."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from doocore.changes import (
    AddEvidence,
    Change,
    CreateContact,
    CreateGroup,
    DeleteContact,
    DeleteGroup,
    JoinGroup,
    LeaveGroup,
    PutInvitationList,
    RecordBooking,
    RecordMessageEvents,
    RemoveMark,
    RetireContact,
    SetEvidence,
    SetMark,
)
from doocore.errors import NotFoundError, StaleVersionError
from doocore.model.booking import AttendeeStatus, BookingStatus, PaymentStatus, RecordedParty
from doocore.model.contact import GroupId
from doocore.model.identifiers import ContactId
from doocore.model.invitation import (
    BY_BOOKINGS,
    NO_EVIDENCE,
    Concern,
    ContactMark,
    Evidence,
    Invitation,
    InvitationFacts,
    InvitationList,
    Mark,
    MessageEvent,
    Reaction,
    Ticket,
)
from doocore.ports import Snapshot, Transaction
from doocore.testing.raises import raises
from doocore.testing.samples import ELSEWHERE, MOMENT, TEXTS, booking, contact, contact_id, envelope, group, party
from doocore.testing.store.base import StoreClaims

PEOPLE: tuple[Change, ...] = tuple(CreateContact(contact(number)) for number in range(1, 7))
GROUPS: tuple[Change, ...] = tuple(CreateGroup(group(number)) for number in (1, 2, 3))
MANY_SETS = 250


def listed(*groups: int, event_id: str = "e1", version: int = 1) -> PutInvitationList:
    """Put some groups on an event's list."""
    ids = tuple(group(number).id for number in groups)
    return PutInvitationList(InvitationList(event_id=event_id, created_at=MOMENT, groups=ids, version=version))


def joined(group_number: int, *numbers: int) -> tuple[Change, ...]:
    """Let contacts join a group."""
    return tuple(JoinGroup(group(group_number).id, contact_id(number)) for number in numbers)


def happened(
    number: int,
    reaction: Reaction = Reaction.OPENED,
    *,
    event_id: str = "e1",
    key: str = "x",
    at: datetime = MOMENT,
    message: str = "",
    by_machine: bool = False,
) -> MessageEvent:
    """Say what happened to a message at a contact."""
    return MessageEvent(
        event_id=event_id,
        contact_id=contact_id(number),
        reaction=reaction,
        at=at,
        id=key,
        message=message,
        by_machine=by_machine,
    )


def marked(number: int, mark: Mark, *, event_id: str = "e1", at: datetime = MOMENT, actor: str = "kim") -> ContactMark:
    """Say how a contact was marked."""
    return ContactMark(event_id=event_id, contact_id=contact_id(number), mark=mark, at=at, actor=actor)


KNOWN_BEFORE: tuple[Change, ...] = (
    listed(1, 3),
    listed(3, event_id="e2"),
    RecordMessageEvents((happened(1), happened(2), happened(6, Reaction.SENT))),
    AddEvidence("e1", (contact_id(1), contact_id(2)), Evidence.OPENED),
    SetMark(marked(1, Mark.INVITED)),
    SetMark(marked(2, Mark.DECLINED)),
    SetMark(marked(6, Mark.DECLINED)),
    SetEvidence("e1", contact_id(1), Evidence.ONE_ATTENDEE, BY_BOOKINGS, 0),
    SetEvidence("e1", contact_id(6), Evidence.ONE_ATTENDEE, BY_BOOKINGS, 0),
    SetEvidence("e1", contact_id(2), Evidence.MARKED_DECLINED, Evidence.MARKED_DECLINED),
)
"""Something of every noun of this file, of the contacts and groups that transactions are tried with."""

BECOMES_KNOWN: tuple[Change, ...] = (
    SetEvidence("e1", contact_id(1), Evidence.SEVERAL_ATTENDEES, BY_BOOKINGS, 1),
    SetEvidence("e1", contact_id(4), Evidence.ONE_ATTENDEE, BY_BOOKINGS, 0),
    SetEvidence("e1", contact_id(3), Evidence.ONE_ATTENDEE, BY_BOOKINGS),
    SetEvidence("e2", contact_id(3), Evidence.ONE_ATTENDEE, BY_BOOKINGS, 0),
    RemoveMark("e1", contact_id(1), Mark.INVITED),
    SetMark(marked(4, Mark.UNDECIDED)),
    AddEvidence("e1", (contact_id(3), contact_id(1)), Evidence.CLICKED_MAYBE),
    RecordMessageEvents((happened(1, key="y"), happened(4), happened(1, event_id="e2"))),
    listed(1, 2, version=2),
)
"""Every kind of change of this file."""


def known_of(tx: Snapshot, ids: Sequence[ContactId]) -> dict[str, object]:
    """Read whatever the changes above could have touched."""
    masks = [NO_EVIDENCE, Evidence.OPENED, Evidence.OPENED | Evidence.MARKED_DECLINED]
    asked = Evidence.OPENED | Evidence.CLICKED_MAYBE | Evidence.SEVERAL_ATTENDEES
    return {
        "invitation lists": tx.invitations.all(),
        "invitation list": tx.invitations.get("e1"),
        "invited": [tx.invitations.page(each) for each in ("e1", "e2")],
        "invited of some sets": tx.invitations.page("e1", evidence=[*masks, asked]),
        "sets of evidence": tx.invitations.masks("e1"),
        "evidence counted": dict(tx.invitations.counts("e1")),
        "known": [tx.invitations.facts(each, ids) for each in ("e1", "e2")],
        "concerned": [tx.invitations.concerned(each) for each in ("e1", "e2")],
        "message events": [tx.invitations.message_events(each, ids) for each in ("e1", "e2")],
        "marks": tx.invitations.marks("e1", ids),
    }


def on_list(tx: Transaction, event_id: str = "e1") -> list[int]:
    """Tell who stands on a list, by their numbers; counts, sets and pages must agree."""
    page = tx.invitations.page(event_id)
    assert sum(tx.invitations.counts(event_id).values()) == len(page)
    assert tx.invitations.masks(event_id) == {each.evidence for each in page}
    assert tx.invitations.page(event_id, evidence=tx.invitations.masks(event_id)) == page
    return [int(each.contact_id[1:]) for each in page]


def people(*numbers: int) -> list[ContactId]:
    """Name contacts by their numbers."""
    return [contact_id(number) for number in numbers]


def evidence(number: int, bits: Evidence, *, within: Evidence = BY_BOOKINGS, version: int | None = None) -> SetEvidence:
    """Set what is known of a contact."""
    return SetEvidence("e1", contact_id(number), bits, within=within, version=version)


class InvitationListClaims(StoreClaims):
    """Who stands on an event's list."""

    def test_a_list_comes_back_as_it_was(self) -> None:
        """With its groups in the order they were added, and the moment it came into being."""
        lists = [
            InvitationList(event_id=text, created_at=ELSEWHERE, groups=(GroupId("g3"), GroupId("g1"))) for text in TEXTS
        ]
        empty = InvitationList(event_id="e1", created_at=MOMENT)
        with self.transaction(*GROUPS, *map(PutInvitationList, (*lists, empty))) as tx:
            assert [tx.invitations.get(each.event_id) for each in lists] == lists
            assert tx.invitations.all() == tuple(sorted((*lists, empty), key=lambda each: each.event_id))
            assert tx.invitations.get("e1") == empty
            assert tx.invitations.get("unknown") is None

    def test_a_list_changes_from_the_version_before(self) -> None:
        """Whoever has not seen the last version changes nothing, and neither does who would create it once more."""
        with self.transaction(*GROUPS, listed(1)) as tx:
            for outdated in (listed(2), listed(2, version=3), listed(2, event_id="e2", version=2)):
                with raises(StaleVersionError) as caught:
                    tx.apply([outdated], envelope())
                key = outdated.invitation_list.event_id
                assert (caught.error.noun, caught.error.key) == ("invitation list", key)
            assert tx.invitations.all() == (listed(1).invitation_list,)
            tx.apply([listed(2, 1, version=2)], envelope())
            assert tx.invitations.get("e1") == listed(2, 1, version=2).invitation_list

    def test_only_groups_that_there_are_stand_on_a_list(self) -> None:
        """A list of a group that does not exist is not written."""
        with self.transaction(*PEOPLE, *GROUPS, *joined(1, 1)) as tx:
            unknown = InvitationList(event_id="e1", created_at=MOMENT, groups=(group(1).id, GroupId("unknown")))
            with raises(NotFoundError) as caught:
                tx.apply([PutInvitationList(unknown)], envelope())
            assert (caught.error.noun, caught.error.key) == ("group", "unknown")
            assert tx.invitations.get("e1") is None
            assert on_list(tx) == []

    def test_members_stand_on_the_list_once_each(self) -> None:
        """In order of their IDs, however many groups they are in (IN-1); nobody else does."""
        with self.transaction(*PEOPLE, *GROUPS, *joined(1, 5, 2), *joined(2, 2, 4), *joined(3, 1), listed(2, 1)) as tx:
            assert tx.invitations.page("e1") == tuple(Invitation(each, NO_EVIDENCE) for each in people(2, 4, 5))
            assert on_list(tx) == [2, 4, 5]
            assert (tx.invitations.counts("e1"), tx.invitations.counts("e2")) == ({NO_EVIDENCE: 3}, {})
            assert (tx.invitations.masks("e2"), tx.invitations.page("e2")) == (frozenset(), ())

    def test_who_joins_a_group_of_the_list_stands_on_it(self) -> None:
        """On every list that the group is on, whether the list was there before or comes in the same call."""
        with self.transaction(*PEOPLE, *GROUPS, listed(1), listed(1, 2, event_id="e2")) as tx:
            tx.apply([*joined(1, 3, 1), *joined(2, 4), *joined(3, 5)], envelope())
            assert (on_list(tx), on_list(tx, "e2")) == ([1, 3], [1, 3, 4])
            tx.apply([*joined(1, 3), *joined(2, 1)], envelope())
            assert (on_list(tx), on_list(tx, "e2")) == ([1, 3], [1, 3, 4])
            further = (CreateContact(contact(7)), CreateGroup(group(4)), JoinGroup(group(4).id, contact_id(7)))
            tx.apply([listed(4, 3, event_id="e3"), *further], envelope())
            assert on_list(tx, "e3") == [5, 7]

    def test_who_leaves_the_last_group_of_the_list_is_off_it(self) -> None:
        """Of that list alone; who is in another of its groups stays."""
        joins = (*joined(1, 1, 2, 3), *joined(2, 1, 2), *joined(3, 3))
        with self.transaction(*PEOPLE, *GROUPS, *joins, listed(1, 2), listed(1, 3, event_id="e2")) as tx:
            tx.apply([LeaveGroup(group(1).id, each) for each in people(1, 3)], envelope())
            assert (on_list(tx), on_list(tx, "e2")) == ([1, 2], [2, 3])
            tx.apply([LeaveGroup(group(number).id, contact_id(1)) for number in (2, 3)], envelope())
            assert (on_list(tx), on_list(tx, "e2")) == ([2], [2, 3])
            tx.apply([LeaveGroup(GroupId("unknown"), contact_id(2))], envelope())
            tx.apply([*joined(2, 1)], envelope())
            assert on_list(tx) == [1, 2]

    def test_a_list_of_other_groups_has_other_people(self) -> None:
        """Groups that come bring their members along, groups that go take theirs away, but for whom another keeps."""
        joins = (*joined(1, 1, 2), *joined(2, 2, 3), *joined(3, 4))
        with self.transaction(*PEOPLE, *GROUPS, *joins, listed(1), listed(1, 2, 3, event_id="e2")) as tx:
            for version, (groups, found) in enumerate(
                [
                    ((1, 2), [1, 2, 3]),
                    ((2,), [2, 3]),
                    ((3, 1), [1, 2, 4]),
                    ((1, 3), [1, 2, 4]),
                    ((), []),
                    ((2,), [2, 3]),
                ],
                start=2,
            ):
                tx.apply([listed(*groups, version=version)], envelope())
                assert on_list(tx) == found
                assert on_list(tx, "e2") == [1, 2, 3, 4]

    def test_a_deleted_group_is_on_no_list(self) -> None:
        """Its members are off, unless another group keeps them; a group of the same ID that comes later is not on it."""
        joins = (*joined(1, 1, 2), *joined(2, 2, 3))
        with self.transaction(*PEOPLE, *GROUPS, *joins, listed(1, 2), listed(1, event_id="e2")) as tx:
            tx.apply([DeleteGroup(group(1).id)], envelope())
            assert (on_list(tx), on_list(tx, "e2")) == ([2, 3], [])
            assert tx.invitations.all() == (listed(2).invitation_list, listed(event_id="e2").invitation_list)
            tx.apply([CreateGroup(group(1)), *joined(1, 4)], envelope())
            assert (on_list(tx), on_list(tx, "e2")) == ([2, 3], [])

    def test_who_is_gone_is_on_no_list(self) -> None:
        """A deleted contact, and one that was merged: the survivor stands there for its own groups only."""
        joins = (*joined(1, 1, 2, 3), *joined(2, 4))
        with self.transaction(*PEOPLE, *GROUPS, *joins, listed(1)) as tx:
            tx.apply([RetireContact(contact_id(1), contact_id(4))], envelope())
            assert on_list(tx) == [2, 3]
            tx.apply([DeleteContact(contact_id(2), 1)], envelope())
            assert on_list(tx) == [3]
            tx.apply([RetireContact(contact_id(4), contact_id(3)), *joined(1, 5)], envelope())
            assert on_list(tx) == [3, 5]

    def test_what_is_known_stays_and_shows_again(self) -> None:
        """A contact that is off the list keeps its evidence, and one that comes has what was known before (IN-1)."""
        known = [AddEvidence("e1", tuple(people(1, 2, 3)), Evidence.OPENED)]
        with self.transaction(*PEOPLE, *GROUPS, *known, *joined(1, 1, 2), listed(1)) as tx:
            opened = tuple(Invitation(each, Evidence.OPENED) for each in people(1, 2))
            assert tx.invitations.page("e1") == opened
            tx.apply([LeaveGroup(group(1).id, contact_id(1))], envelope())
            assert tx.invitations.page("e1") == opened[1:]
            assert tx.invitations.facts("e1", people(1))[contact_id(1)].evidence == Evidence.OPENED
            tx.apply([*joined(1, 1, 4)], envelope())
            assert tx.invitations.page("e1") == (*opened, Invitation(contact_id(4), NO_EVIDENCE))

    def test_pages_of_a_list_follow_the_ids(self) -> None:
        """Page by page everybody stands once, those of some sets of evidence too."""
        bits = [Evidence.SENT, Evidence.OPENED, Evidence.SENT | Evidence.OPENED]
        people_ = [CreateContact(contact(number)) for number in range(60)]
        known = [AddEvidence("e1", tuple(people(*range(place, 60, 4))), each) for place, each in enumerate(bits)]
        with self.transaction(*people_, *GROUPS, *known, *joined(1, *range(59, -1, -1)), listed(1)) as tx:
            everybody = tuple(Invitation(contact_id(number), (*bits, NO_EVIDENCE)[number % 4]) for number in range(60))
            assert tx.invitations.counts("e1") == dict.fromkeys((*bits, NO_EVIDENCE), 15)
            for wanted in (None, bits[:1], bits[::-2], (*bits, NO_EVIDENCE, Evidence.CHECKED_IN), []):
                found = [each for each in everybody if wanted is None or each.evidence in wanted]
                pages = list(_pages(tx, wanted))
                assert [line for page in pages for line in page] == found
                assert all(len(page) == 7 for page in pages[:-1])
            assert tx.invitations.page("e1", evidence=bits, limit=0) == ()

    def test_any_number_of_sets_of_evidence_is_told_apart(self) -> None:
        """Hundreds of sets are counted, found, and listed together."""
        numbers = range(1, MANY_SETS + 1)
        people_ = [CreateContact(contact(number)) for number in numbers]
        known = [AddEvidence("e1", (contact_id(number),), Evidence(number)) for number in numbers]
        with self.transaction(*people_, *GROUPS, *known, *joined(1, *numbers), listed(1)) as tx:
            masks = [Evidence(number) for number in numbers]
            assert tx.invitations.counts("e1") == dict.fromkeys(masks, 1)
            assert tx.invitations.masks("e1") == frozenset(masks)
            lines = tuple(Invitation(contact_id(number), Evidence(number)) for number in numbers)
            assert tx.invitations.page("e1", evidence=masks[::-1], limit=MANY_SETS) == lines
            assert tx.invitations.page("e1", evidence=masks[1:], after=contact_id(3), limit=5) == lines[3:8]


def _pages(tx: Transaction, wanted: Iterable[Evidence] | None) -> Iterable[tuple[Invitation, ...]]:
    masks = None if wanted is None else list(wanted)
    after: ContactId | None = None
    while page := tx.invitations.page("e1", evidence=masks, after=after, limit=7):
        yield page
        after = page[-1].contact_id


class EvidenceClaims(StoreClaims):
    """What is known of contacts and an event."""

    def test_evidence_is_added_to_many_at_once(self) -> None:
        """To whatever is known of them; of whom nothing is known it is known then, and nothing of others or elsewhere."""
        with self.transaction(*PEOPLE) as tx:
            tx.apply([AddEvidence("e1", tuple(people(1, 2, 2)), Evidence.SENT)], envelope())
            further = AddEvidence("e1", tuple(people(2, 3)), Evidence.OPENED | Evidence.SENT)
            tx.apply([further, AddEvidence("e1", (), Evidence.CLICKED_MAYBE)], envelope())
            tx.apply([further], envelope())
            both = InvitationFacts(evidence=Evidence.SENT | Evidence.OPENED)
            sent = InvitationFacts(evidence=Evidence.SENT)
            assert tx.invitations.facts("e1", [*people(*range(9)), ContactId("unknown")]) == dict(
                zip(people(1, 2, 3), (sent, both, both), strict=True)
            )
            assert tx.invitations.facts("e2", people(1, 2, 3)) == {}
            assert tx.invitations.facts("e1", []) == {}

    def test_only_the_bits_that_are_meant_are_set(self) -> None:
        """Those of the evidence and no other within, and whatever it is outside; without a version it stays (IN-8)."""
        others = Evidence.SENT | Evidence.MARKED_DECLINED
        with self.transaction(*PEOPLE, AddEvidence("e1", tuple(people(1)), others | Evidence.CHECKED_IN)) as tx:
            tx.apply([evidence(1, Evidence.CONCERNED), evidence(2, Evidence.ONE_ATTENDEE)], envelope())
            known = tx.invitations.facts("e1", people(1, 2))
            assert known[contact_id(1)] == InvitationFacts(evidence=others | Evidence.CONCERNED)
            assert known[contact_id(2)] == InvitationFacts(evidence=Evidence.ONE_ATTENDEE)
            tx.apply([evidence(1, NO_EVIDENCE, within=Evidence.MARKED_DECLINED)], envelope())
            tx.apply([evidence(2, NO_EVIDENCE)], envelope())
            known = tx.invitations.facts("e1", people(1, 2))
            assert known == {contact_id(1): InvitationFacts(evidence=Evidence.SENT | Evidence.CONCERNED)}

    def test_evidence_of_a_version_is_written_once(self) -> None:
        """Whoever concluded from what was known before is refused: another has concluded from more (IN-8)."""
        with self.transaction(*PEOPLE, AddEvidence("e1", tuple(people(1)), Evidence.SENT)) as tx:
            first = [evidence(number, Evidence.CONCERNED, version=0) for number in (1, 2)]
            tx.apply(first, envelope())
            known = tx.invitations.facts("e1", people(1, 2))
            assert [each.version for each in known.values()] == [1, 1]
            assert known[contact_id(1)].evidence == Evidence.SENT | Evidence.CONCERNED
            for outdated in (0, 2, 7):
                with raises(StaleVersionError) as caught:
                    tx.apply(
                        [evidence(3, BY_BOOKINGS, version=0), evidence(2, NO_EVIDENCE, version=outdated)], envelope()
                    )
                assert (caught.error.noun, caught.error.key) == ("invitation", contact_id(2))
            with raises(StaleVersionError):
                tx.apply([evidence(3, BY_BOOKINGS, version=1)], envelope())
            assert tx.invitations.facts("e1", people(1, 2, 3)) == known
            tx.apply([evidence(2, NO_EVIDENCE, version=1), evidence(1, BY_BOOKINGS, version=1)], envelope())
            tx.apply([evidence(1, BY_BOOKINGS)], envelope())
            assert tx.invitations.facts("e1", people(1, 2)) == {
                contact_id(1): InvitationFacts(evidence=Evidence.SENT | BY_BOOKINGS, version=2),
                contact_id(2): InvitationFacts(version=2),
            }

    def test_evidence_is_set_in_the_order_of_the_changes(self) -> None:
        """The last one of a contact stands, whether or not a version was asked for."""
        with self.transaction(*PEOPLE) as tx:
            changes = [
                evidence(1, Evidence.ONE_ATTENDEE),
                evidence(2, Evidence.CONCERNED, version=0),
                evidence(1, Evidence.CONCERNED, version=0),
                evidence(2, Evidence.CHECKED_IN),
                evidence(1, Evidence.ALL_CANCELLED, version=1),
            ]
            tx.apply(changes, envelope())
            assert tx.invitations.facts("e1", people(1, 2)) == {
                contact_id(1): InvitationFacts(evidence=Evidence.ALL_CANCELLED, version=2),
                contact_id(2): InvitationFacts(evidence=Evidence.CHECKED_IN, version=1),
            }

    def test_nothing_is_known_of_nobody(self) -> None:
        """Evidence, events of messages and marks of an unknown contact are the caller's mistake, and nothing is written."""
        with self.transaction(*PEOPLE) as tx:
            known = AddEvidence("e1", tuple(people(1)), Evidence.SENT)
            for change in (
                AddEvidence("e1", tuple(people(1, 9)), Evidence.SENT),
                evidence(9, Evidence.CONCERNED),
                evidence(9, Evidence.CONCERNED, version=0),
                evidence(9, Evidence.CONCERNED, version=3),
                RecordMessageEvents((happened(1), happened(9))),
                SetMark(marked(9, Mark.INVITED)),
            ):
                with raises(NotFoundError) as caught:
                    tx.apply([known, change], envelope())
                assert (caught.error.noun, caught.error.key) == ("contact", contact_id(9))
            tx.apply([RemoveMark("e1", contact_id(9), Mark.INVITED)], envelope())
            assert tx.invitations.concerned("e1") == ()

    def test_bookings_are_seen_from_the_contacts_that_they_concern(self) -> None:
        """From their booker, their attendees, and whoever they came through; by number, of this event alone (IN-3)."""
        own, other, invited = party(1), party(2), replace(party(None), through_contact_id=contact_id(3))
        cancelled = replace(party(1), status=AttendeeStatus.CANCELLED)
        bookings = [
            replace(booking(2, own, invited, cancelled), payment=PaymentStatus.PENDING),
            replace(booking(1, other), booker=_belonging(1), status=BookingStatus.CANCELLED),
            booking(3, party(None)),
            booking(4, own, event_id="e2"),
        ]
        with self.transaction(*PEOPLE, *map(RecordBooking, bookings)) as tx:
            one, two = booking(1).number, booking(2).number
            active, gone = AttendeeStatus.ACTIVE, AttendeeStatus.CANCELLED
            booked = Concern(
                number=one, status=BookingStatus.CANCELLED, booker=True, attendees=(Ticket(False, active),)
            )
            statuses = (active, active, gone)
            attended = Concern(
                number=two,
                payment=PaymentStatus.PENDING,
                attendees=tuple(map(Ticket, (True, False, True), statuses)),
            )
            came = replace(
                attended, through_invitation=True, attendees=tuple(map(Ticket, (False, False, False), statuses))
            )
            seen = replace(booked, booker=False, attendees=(Ticket(True, active),))
            assert tx.invitations.facts("e1", people(1, 2, 3, 4)) == {
                contact_id(1): InvitationFacts(concerns=(booked, attended)),
                contact_id(2): InvitationFacts(concerns=(seen,)),
                contact_id(3): InvitationFacts(concerns=(came,)),
            }
            assert tx.invitations.facts("e2", people(1, 2, 3)).keys() == {contact_id(1)}

    def test_events_of_messages_come_back_as_they_were(self) -> None:
        """With any text as ID and name of the message, the earliest first, whatever their IDs and whenever they came."""
        events = [
            happened(
                1, reaction, key=text, message=text[::-1], at=MOMENT - timedelta(minutes=place), by_machine=place > 9
            )
            for place, (text, reaction) in enumerate(zip(TEXTS, 3 * list(Reaction), strict=False))
        ]
        elsewhere = happened(1, at=ELSEWHERE, event_id="e2", key=TEXTS[0])
        with self.transaction(
            *PEOPLE, RecordMessageEvents((*events, elsewhere)), RecordMessageEvents((happened(2),))
        ) as tx:
            asked = [*people(1, 2, 3), ContactId("unknown")]
            assert tx.invitations.message_events("e1", asked) == {
                contact_id(1): tuple(reversed(events)),
                contact_id(2): (happened(2),),
            }
            assert tx.invitations.message_events("e2", asked) == {contact_id(1): (elsewhere,)}
            assert tx.invitations.message_events("e1", []) == {}

    def test_an_event_of_a_message_is_recorded_once(self) -> None:
        """What comes with an ID that another of its event and contact has changes nothing; others' IDs are others'."""
        with self.transaction(*PEOPLE, RecordMessageEvents((happened(1),))) as tx:
            again = [
                happened(1, Reaction.SENT, at=ELSEWHERE),
                happened(2, key="y"),
                happened(2, Reaction.SENT, key="y"),
            ]
            apart = [happened(1, key="y"), happened(1, event_id="e2")]
            tx.apply([RecordMessageEvents((*again, *apart))], envelope())
            assert tx.invitations.message_events("e1", people(1, 2)) == {
                contact_id(1): (happened(1), happened(1, key="y")),
                contact_id(2): (happened(2, key="y"),),
            }
            assert tx.invitations.message_events("e2", people(1)) == {contact_id(1): (happened(1, event_id="e2"),)}

    def test_thousands_of_events_are_recorded_at_once(self) -> None:
        """Those that are there already and those that are new in one call."""
        events = [happened(1 + number % 6, key=f"{number:04}") for number in range(3_000)]
        with self.transaction(*PEOPLE, RecordMessageEvents(tuple(events[::3]))) as tx:
            tx.apply([RecordMessageEvents(tuple(events))], envelope())
            found = tx.invitations.message_events("e1", people(*range(1, 7)))
            assert sorted(each.id for events in found.values() for each in events) == [each.id for each in events]

    def test_a_mark_is_set_and_taken_back(self) -> None:
        """The first moment and actor stay; taking back what is not set is no error (IN-5)."""
        first = [marked(1, Mark.DECLINED), marked(1, Mark.INVITED, at=ELSEWHERE, actor=TEXTS[3])]
        with self.transaction(*PEOPLE, *map(SetMark, first)) as tx:
            further = [marked(1, Mark.DECLINED, at=ELSEWHERE, actor="lou"), marked(2, Mark.UNDECIDED, event_id="e2")]
            tx.apply([*map(SetMark, further)], envelope())
            assert tx.invitations.marks("e1", people(1, 2)) == {contact_id(1): (first[1], first[0])}
            assert tx.invitations.marks("e2", people(1, 2)) == {contact_id(2): (further[1],)}
            assert tx.invitations.marks("e1", []) == {}
            for _ in range(2):
                tx.apply([RemoveMark("e1", contact_id(1), Mark.DECLINED)], envelope())
                assert tx.invitations.marks("e1", people(1, 2)) == {contact_id(1): (first[1],)}
            tx.apply([RemoveMark("e1", contact_id(1), Mark.INVITED)], envelope())
            assert tx.invitations.marks("e1", people(1)) == {}

    def test_moments_have_an_offset(self) -> None:
        """A local time is refused, for whatever it stands, and nothing is written."""
        local = datetime(2026, 3, 29, 1, 30)  # noqa: DTZ001, that is what is refused
        with self.transaction(*PEOPLE) as tx:
            for change in (
                PutInvitationList(InvitationList(event_id="e1", created_at=local)),
                RecordMessageEvents((happened(1, at=local),)),
                SetMark(marked(1, Mark.INVITED, at=local)),
            ):
                with raises(ValueError):
                    tx.apply([change], envelope())
            assert (tx.invitations.all(), tx.invitations.concerned("e1")) == ((), ())

    def test_whoever_anything_is_recorded_of_is_concerned(self) -> None:
        """By evidence, a message, a mark, a booking or an invitation, page by page; who is only on the list is not."""
        known: list[Change] = [
            AddEvidence("e1", tuple(people(1)), Evidence.SENT),
            RecordMessageEvents((happened(2), happened(5, event_id="e2"))),
            SetMark(marked(3, Mark.INVITED)),
            RecordBooking(booking(1, party(4), replace(party(9), through_contact_id=contact_id(5)))),
            *joined(1, 1, 6),
            listed(1),
        ]
        with self.transaction(*PEOPLE, *GROUPS, *known) as tx:
            assert tx.invitations.concerned("e1") == tuple(people(1, 2, 3, 4, 5))
            assert tx.invitations.concerned("e1", limit=2) == tuple(people(1, 2))
            assert tx.invitations.concerned("e1", after=contact_id(2), limit=2) == tuple(people(3, 4))
            assert tx.invitations.concerned("e1", after=contact_id(5)) == ()
            assert tx.invitations.concerned("e2") == tuple(people(5))

    def test_what_is_known_goes_over_to_the_survivor(self) -> None:
        """Messages, marks and their evidence, on top of the survivor's own; an ID that both have is had twice (MG-1)."""
        messages = (
            happened(1),
            happened(1, Reaction.SENT, key="y"),
            happened(2, Reaction.SENT),
            happened(1, event_id="e2"),
        )
        marks = [marked(1, Mark.INVITED), marked(1, Mark.DECLINED, actor="lou"), marked(2, Mark.DECLINED)]
        known: list[Change] = [
            AddEvidence("e1", tuple(people(1)), Evidence.OPENED | Evidence.CHECKED_IN),
            AddEvidence("e2", tuple(people(1)), Evidence.OPENED),
            AddEvidence("e3", tuple(people(1)), Evidence.CHECKED_IN),
            AddEvidence("e1", tuple(people(2)), Evidence.SENT | Evidence.CONCERNED),
            evidence(2, Evidence.CONCERNED, version=0),
        ]
        changes: list[Change] = [RecordMessageEvents(messages), *map(SetMark, marks), *known]
        with self.transaction(*PEOPLE, *GROUPS, *changes, *joined(1, 2), listed(1)) as tx:
            tx.apply([RetireContact(contact_id(1), contact_id(2))], envelope())
            both = people(1, 2)
            found = tx.invitations.message_events("e1", both)
            assert found.keys() == {contact_id(2)}
            told = sorted((each.reaction.value, each.contact_id) for each in found[contact_id(2)])
            assert told == [(each, contact_id(2)) for each in ("opened", "sent", "sent")]
            assert len({each.id for each in found[contact_id(2)]}) == 3
            assert happened(2, Reaction.SENT) in found[contact_id(2)]
            assert tx.invitations.message_events("e2", both) == {contact_id(2): (happened(2, event_id="e2"),)}
            assert tx.invitations.marks("e1", both) == {
                contact_id(2): (marked(2, Mark.DECLINED), marked(2, Mark.INVITED))
            }
            all_of_it = Evidence.OPENED | Evidence.SENT | Evidence.CONCERNED
            assert tx.invitations.facts("e1", both) == {contact_id(2): InvitationFacts(evidence=all_of_it, version=1)}
            assert tx.invitations.facts("e2", both) == {contact_id(2): InvitationFacts(evidence=Evidence.OPENED)}
            assert tx.invitations.facts("e3", both) == {}
            assert on_list(tx) == [2]

    def test_nothing_is_known_of_a_deleted_contact(self) -> None:
        """Evidence, messages and marks are gone with it, of every event, and of nobody else."""
        known: list[Change] = []
        for event_id in ("e1", "e2"):
            messages = tuple(happened(number, event_id=event_id) for number in (1, 2))
            known += [AddEvidence(event_id, tuple(people(1, 2)), Evidence.OPENED), RecordMessageEvents(messages)]
            known += [SetMark(marked(number, Mark.INVITED, event_id=event_id)) for number in (1, 2)]
        with self.transaction(*PEOPLE, *known) as tx:
            tx.apply([DeleteContact(contact_id(1), 1)], envelope())
            for event_id in ("e1", "e2"):
                assert tx.invitations.facts(event_id, people(1, 2)).keys() == {contact_id(2)}
                assert tx.invitations.message_events(event_id, people(1, 2)).keys() == {contact_id(2)}
                assert tx.invitations.marks(event_id, people(1, 2)).keys() == {contact_id(2)}
                assert tx.invitations.concerned(event_id) == tuple(people(2))


def _belonging(number: int) -> RecordedParty:
    nobody = booking(1).booker
    return replace(nobody, outcome=replace(nobody.outcome, contact_id=contact_id(number)))
