"""Stories of invitation lists: who stands on them, marks, what happens to messages, and why somebody stands somewhere."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import pytest

from doocore import (
    Booker,
    ContactCenter,
    DuplicateNameError,
    Envelope,
    EventNotLiveError,
    EventStatus,
    Evidence,
    InvitationExplanation,
    InvitationLine,
    InvitationList,
    InvitationStatus,
    Mark,
    MessageEvent,
    NotFoundError,
    PermissionDeniedError,
    ProductPlan,
    Reaction,
    TooManyGroupsError,
    User,
)
from doocore.changes import AddEvidence, Change, PutInvitationList, RecordMessageEvents, SetEvidence
from doocore.contact_center import inviting
from doocore.model.identifiers import ContactId
from doocore.model.invitation import BY_BOOKINGS, MOST_GROUPS, NO_EVIDENCE, Witness
from doocore.model.organization import OrganizationSettings
from doocore.plans.invitations import plan_message_events
from doocore.plans.story import Facts, Needs
from doocore_adapters.memory.store import MemoryTransaction
from tests.builders import (
    NOW,
    SteadyClock,
    apply,
    booking,
    circumstances,
    everything,
    live_event,
    merge,
    new_center,
    party,
    prefilled,
)

PENDING, INVITED, OPENED, CLICKED, UNDECIDED, INTERESTED, FORWARDED, DECLINED, COMPLETED = list(InvitationStatus)[:9]


@pytest.fixture
def clock() -> SteadyClock:
    return SteadyClock()


@pytest.fixture
def center(clock: SteadyClock) -> ContactCenter:
    """Ada (`c0001`) and Bob are in `VIP`, Bob and Eve in `Presse`, Joe in no group."""
    center = new_center(clock=clock)
    for name, groups in (("ada", ["VIP"]), ("bob", ["VIP", "Presse"]), ("eve", ["Presse"]), ("joe", [])):
        center.create_contact({"email": f"{name}@x.de", "first_name": name.title()}, groups=groups)
    return center


ADA, BOB, EVE, JOE = "c0001", "c0002", "c0003", "c0004"


def draft_of(center: ContactCenter) -> str:
    center.events.put(replace(live_event("later"), status=EventStatus.DRAFT))
    return "later"


def standing(center: ContactCenter, event_id: str = "e1") -> dict[str, str]:
    """Tell where everybody on the list stands; the counts must agree."""
    lines: dict[str, str] = {line.contact.id: line.status.value for line in center.invitations.lines(event_id)}
    counts = {status.value: count for status, count in center.invitations.counts(event_id).items()}
    assert counts == {status.value: list(lines.values()).count(status.value) for status in InvitationStatus}
    return lines


class TestCreating:
    """IN-1: "one per event, once the event is live; up to 10 groups are added, whose membership counts as it is now"."""

    def test_the_members_of_its_groups_stand_on_it_once(self, center: ContactCenter) -> None:
        created = center.invitations.create("e1", ["vip", " PRESSE "])
        assert created == InvitationList(event_id="e1", created_at=NOW, groups=created.groups, version=1)
        assert center.invitations.get("e1") == created
        assert [each.name for each in center.invitations.groups("e1")] == ["VIP", "Presse"]
        assert standing(center) == dict.fromkeys((ADA, BOB, EVE), "pending")

    def test_a_list_begins_without_groups(self, center: ContactCenter) -> None:
        assert center.invitations.create("e1").groups == ()
        assert standing(center) == {}
        assert center.invitations.all() == (center.invitations.get("e1"),)

    def test_creating_it_again_adds_what_it_lacks(self, center: ContactCenter, clock: SteadyClock) -> None:
        """One per event: it is the same list, and stays as it was where it lacks nothing."""
        first = center.invitations.create("e1", ["VIP"])
        clock.move(days=1)
        assert center.invitations.create("e1", ["VIP"]) == first
        more = center.invitations.create("e1", ["Presse", "VIP"])
        assert (more.created_at, more.version, len(more.groups)) == (NOW, 2, 2)
        assert more.groups[0] == first.groups[0]

    def test_a_draft_has_none(self, center: ContactCenter) -> None:
        """A clear error says so, and what the event is."""
        with pytest.raises(EventNotLiveError) as caught:
            center.invitations.create(draft_of(center), ["VIP"])
        assert (caught.value.event_id, caught.value.status) == ("later", "draft")
        assert str(caught.value) == "event later has no invitation list yet: it is draft"
        with pytest.raises(EventNotLiveError):
            center.invitations.remove_groups("later", ["VIP"])
        assert center.invitations.all() == ()

    @pytest.mark.parametrize("status", ["cancelled", "over"])
    def test_an_event_that_was_live_can_have_one(self, status: str) -> None:
        """Who came is counted afterwards, too."""
        center = new_center()
        ended = datetime(2026, 2, 1)  # noqa: DTZ001, local times have no offset
        center.events.put(live_event("past", ends_at=ended if status == "over" else None))
        if status == "cancelled":
            center.events.cancel("past")
        assert center.invitations.create("past").version == 1

    def test_it_has_up_to_ten_groups(self, center: ContactCenter) -> None:
        names = [f"G{number}" for number in range(MOST_GROUPS + 1)]
        for name in names:
            center.groups.create(name)
        center.invitations.create("e1", names[:MOST_GROUPS])
        before = everything(center)
        for call in (center.invitations.create, center.invitations.add_groups):
            with pytest.raises(TooManyGroupsError) as caught:
                call("e1", names[-1:])
            assert (caught.value.event_id, caught.value.groups, caught.value.most) == ("e1", 11, 10)
            assert str(caught.value) == "the invitation list of event e1 would have 11 groups, and can have 10"
        assert everything(center) == before
        assert center.invitations.add_groups("e1", names[:2]).version == 1

    @pytest.mark.parametrize(
        ("call", "noun", "key"),
        [
            (lambda center: center.invitations.create("nowhere"), "event", "nowhere"),
            (lambda center: center.invitations.create("e1", ["VIP", "Nobody"]), "group", "Nobody"),
            (lambda center: center.invitations.add_groups("e1", ["VIP"]), "invitation list", "e1"),
            (lambda center: center.invitations.remove_groups("e1", ["VIP"]), "invitation list", "e1"),
            (lambda center: center.invitations.add_groups("nowhere", []), "event", "nowhere"),
            (lambda center: center.invitations.get("e1"), "invitation list", "e1"),
            (lambda center: center.invitations.get("nowhere"), "event", "nowhere"),
            (lambda center: center.invitations.groups("e1"), "invitation list", "e1"),
            (lambda center: center.invitations.counts("e1"), "invitation list", "e1"),
            (lambda center: center.invitations.list("e1"), "invitation list", "e1"),
            (lambda center: center.invitations.to_group("e1", "X"), "invitation list", "e1"),
            (lambda center: center.invitations.explain("nowhere", ADA), "event", "nowhere"),
            (lambda center: center.invitations.explain("e1", "c9999"), "contact", "c9999"),
            (lambda center: center.invitations.mark("nowhere", ADA, Mark.INVITED), "event", "nowhere"),
            (lambda center: center.invitations.mark("e1", "c9999", Mark.INVITED), "contact", "c9999"),
            (lambda center: center.invitations.unmark("e1", "c9999", Mark.INVITED), "contact", "c9999"),
        ],
    )
    def test_what_does_not_exist_is_named(
        self, center: ContactCenter, call: Callable[[ContactCenter], object], noun: str, key: str
    ) -> None:
        before = everything(center)
        with pytest.raises(NotFoundError) as caught:
            call(center)
        assert (caught.value.noun, caught.value.key) == (noun, key)
        assert everything(center) == before

    @pytest.mark.parametrize(
        "call",
        [
            lambda center: center.invitations.create("e1"),
            lambda center: center.invitations.add_groups("e2", ["VIP"]),
            lambda center: center.invitations.remove_groups("e2", ["VIP"]),
            lambda center: center.invitations.mark("e1", ADA, Mark.INVITED),
            lambda center: center.invitations.unmark("e1", ADA, Mark.INVITED),
            lambda center: center.invitations.to_group("e2", "X"),
        ],
    )
    def test_members_of_the_organization_do_it(
        self, center: ContactCenter, call: Callable[[ContactCenter], object]
    ) -> None:
        """PR-2: and bookers do not."""
        center.events.put(live_event("e2"))
        center.invitations.create("e2", ["VIP"])
        with pytest.raises(PermissionDeniedError):
            call(center.acting_as(Booker()))
        call(center.acting_as(User("sue")))

    def test_any_plan_has_invitations(self) -> None:
        center = new_center(OrganizationSettings(plan=ProductPlan.BASIC))
        assert center.invitations.create("e1").version == 1


class TestGroups:
    """IN-1: "whose membership counts as it is now"."""

    def test_groups_come_and_go_with_their_members(self, center: ContactCenter) -> None:
        center.invitations.create("e1", ["VIP"])
        assert center.invitations.add_groups("e1", ["Presse"]).version == 2
        assert list(standing(center)) == [ADA, BOB, EVE]
        assert center.invitations.remove_groups("e1", ["VIP", "vip"]).version == 3
        assert list(standing(center)) == [BOB, EVE]
        assert center.invitations.remove_groups("e1", ["VIP"]).version == 3

    def test_whoever_joins_or_leaves_comes_and_goes(self, center: ContactCenter) -> None:
        center.invitations.create("e1", ["VIP"])
        center.groups.join("VIP", [JOE])
        center.groups.leave("VIP", [ADA])
        center.change_contact(EVE, groups=["VIP"])
        assert list(standing(center)) == [BOB, EVE, JOE]
        center.import_contacts([{"email": "new@x.de", "groups": "VIP"}])
        assert len(standing(center)) == 4
        center.delete_contact(center.deletion(BOB))
        merge(center, EVE, JOE)
        assert list(standing(center)) == [EVE, "c0005"]
        center.groups.delete(center.groups.deletion("VIP"))
        assert (standing(center), center.invitations.groups("e1")) == ({}, ())

    def test_what_is_known_comes_back_with_the_group(self, center: ContactCenter) -> None:
        center.invitations.create("e1", ["VIP"])
        center.invitations.mark("e1", ADA, Mark.DECLINED)
        center.invitations.remove_groups("e1", ["VIP"])
        assert standing(center) == {}
        center.invitations.add_groups("e1", ["VIP"])
        assert standing(center) == {ADA: "declined", BOB: "pending"}


class TestListing:
    """IN-6: "counts per status, filters by status, pages"."""

    @pytest.fixture
    def listed(self, center: ContactCenter) -> ContactCenter:
        center.invitations.create("e1", ["VIP", "Presse"])
        center.invitations.mark("e1", ADA, Mark.DECLINED)
        center.invitations.record_message_event("e1", EVE, Reaction.SENT)
        center.invitations.mark("e1", EVE, Mark.INVITED)
        center.invitations.mark("e1", BOB, Mark.INVITED)
        return center

    def test_a_line_says_who_stands_where_and_from_what(self, listed: ContactCenter) -> None:
        assert listed.invitations.list("e1") == (
            InvitationLine(contact=listed.contact(ADA), status=DECLINED, evidence=Evidence.MARKED_DECLINED),
            InvitationLine(contact=listed.contact(BOB), status=INVITED, evidence=Evidence.MARKED_INVITED),
            InvitationLine(
                contact=listed.contact(EVE), status=INVITED, evidence=Evidence.SENT | Evidence.MARKED_INVITED
            ),
        )

    def test_counts_have_every_status_in_the_order_of_precedence(self, listed: ContactCenter) -> None:
        counts = listed.invitations.counts("e1")
        assert list(counts) == list(InvitationStatus)
        assert {status: count for status, count in counts.items() if count} == {INVITED: 2, DECLINED: 1}

    def test_a_filter_keeps_those_who_stand_there(self, listed: ContactCenter) -> None:
        """Whatever the evidence is from which they do; none keeps all, and several are one or the other."""

        def found(*statuses: InvitationStatus) -> list[str]:
            return [line.contact.id for line in listed.invitations.lines("e1", statuses=statuses)]

        assert found(INVITED) == [BOB, EVE]
        assert found(INVITED, DECLINED) == found() == [ADA, BOB, EVE]
        assert found(PENDING) == []

    def test_pages_go_on_behind_the_last_one(self, listed: ContactCenter) -> None:
        page = listed.invitations.list("e1", limit=1)
        behind = listed.invitations.list("e1", after=page[-1].contact.id, statuses=[INVITED], limit=1)
        assert [line.contact.id for line in (*page, *behind)] == [ADA, BOB]
        assert listed.invitations.list("e1", after=EVE) == ()

    def test_a_long_list_is_read_to_its_end(self, center: ContactCenter) -> None:
        ids = [center.create_contact({"email": f"{number}@x.de"}).id for number in range(250)]
        center.groups.create("Many", ids)
        center.invitations.create("e1", ["Many"])
        assert [line.contact.id for line in center.invitations.lines("e1")] == ids


class TestToGroup:
    """IN-6: "turns any selection into a new contact group (for reminders)"."""

    def test_all_of_the_list_or_those_of_some_statuses(self, center: ContactCenter) -> None:
        center.invitations.create("e1", ["VIP", "Presse"])
        center.invitations.mark("e1", ADA, Mark.UNDECIDED)
        center.invitations.mark("e1", EVE, Mark.DECLINED)
        everybody = center.invitations.to_group("e1", "Everybody")
        assert (everybody.name, center.groups.members("Everybody")) == ("Everybody", (ADA, BOB, EVE))
        center.invitations.to_group("e1", "Reminder", statuses=[UNDECIDED, PENDING])
        assert center.groups.members("Reminder") == (ADA, BOB)
        center.invitations.to_group("e1", "Nobody", statuses=[COMPLETED])
        assert center.groups.members("Nobody") == ()

    def test_it_is_a_new_group(self, center: ContactCenter) -> None:
        center.invitations.create("e1", ["VIP"])
        with pytest.raises(DuplicateNameError):
            center.invitations.to_group("e1", "vip")
        assert center.groups.members("VIP") == (ADA, BOB)

    def test_a_long_list_goes_in_steps(self, center: ContactCenter, monkeypatch: pytest.MonkeyPatch) -> None:
        """And tells how far it is."""
        monkeypatch.setattr(inviting, "AT_ONCE", 2)
        center.invitations.create("e1", ["VIP", "Presse"])
        told: list[int] = []
        center.invitations.to_group("e1", "All", progress=told.append)
        assert told == [2, 3]
        assert center.groups.members("All") == (ADA, BOB, EVE)

    def test_the_new_group_may_be_on_a_list_itself(self, center: ContactCenter) -> None:
        center.events.put(live_event("e2"))
        center.invitations.create("e1", ["VIP"])
        center.invitations.to_group("e1", "Again")
        center.invitations.create("e2", ["Again"])
        assert list(standing(center, "e2")) == [ADA, BOB]


class TestMarks:
    """IN-5."""

    @pytest.mark.parametrize("mark", Mark)
    def test_a_mark_is_set_and_taken_back(self, center: ContactCenter, mark: Mark) -> None:
        center.invitations.create("e1", ["VIP"])
        for _ in range(2):
            assert center.invitations.mark("e1", ADA, mark).value == mark.value
            assert standing(center)[ADA] == mark.value
        for _ in range(2):
            assert center.invitations.unmark("e1", ADA, mark) is PENDING
            assert standing(center)[ADA] == "pending"

    def test_only_the_mark_goes_a_click_stays(self, center: ContactCenter) -> None:
        center.invitations.mark("e1", ADA, Mark.DECLINED)
        center.invitations.mark("e1", ADA, Mark.UNDECIDED)
        center.invitations.record_message_event("e1", ADA, Reaction.CLICKED_DECLINE)
        assert center.invitations.unmark("e1", ADA, Mark.DECLINED) is DECLINED
        assert center.invitations.explain("e1", ADA).evidence == Evidence.CLICKED_DECLINE | Evidence.MARKED_UNDECIDED

    def test_the_highest_status_shows(self, center: ContactCenter) -> None:
        """IN-2: whatever came first or last."""
        assert center.invitations.mark("e1", ADA, Mark.DECLINED) is DECLINED
        assert center.invitations.mark("e1", ADA, Mark.INVITED) is DECLINED

    def test_the_first_moment_stays(self, center: ContactCenter, clock: SteadyClock) -> None:
        """With who did it."""
        center.invitations.mark("e1", ADA, Mark.DECLINED)
        clock.move(days=1)
        center.acting_as(User("sue")).invitations.mark("e1", ADA, Mark.DECLINED)
        (witness,) = center.invitations.explain("e1", ADA).witnesses
        assert witness.mark is not None
        assert (witness.mark.at, witness.mark.actor) == (NOW, "user:kim")

    def test_whoever_is_not_on_the_list_can_be_marked(self, center: ContactCenter) -> None:
        """And needs no list at all; in a draft nobody is."""
        assert center.invitations.mark("e1", JOE, Mark.INVITED) is INVITED
        assert not center.invitations.explain("e1", JOE).is_listed
        for call in (center.invitations.mark, center.invitations.unmark):
            with pytest.raises(EventNotLiveError):
                call(draft_of(center), JOE, Mark.INVITED)

    def test_a_merged_contact_means_its_survivor(self, center: ContactCenter) -> None:
        """MG-1."""
        center.invitations.mark("e1", ADA, Mark.INVITED)
        merge(center, BOB, ADA)
        assert center.invitations.explain("e1", ADA).contact_id == BOB
        assert center.invitations.mark("e1", ADA, Mark.DECLINED) is DECLINED
        assert center.invitations.unmark("e1", ADA, Mark.DECLINED) is INVITED
        assert center.invitations.explain("e1", BOB).evidence == Evidence.MARKED_INVITED


def message(
    contact_id: str, reaction: Reaction, *, event_id: str = "e1", key: str = "", by_machine: bool = False
) -> MessageEvent:
    return MessageEvent(
        event_id=event_id, contact_id=ContactId(contact_id), reaction=reaction, at=NOW, id=key, by_machine=by_machine
    )


class TestMessages:
    """IN-2, MA-6."""

    @pytest.mark.parametrize(
        ("reaction", "status"),
        [*zip(Reaction, (INVITED, OPENED, CLICKED, UNDECIDED, INTERESTED, DECLINED), strict=True)],
    )
    def test_what_happens_to_a_message_is_evidence(
        self, center: ContactCenter, reaction: Reaction, status: InvitationStatus
    ) -> None:
        center.invitations.create("e1", ["VIP"])
        assert center.invitations.record_message_event("e1", ADA, reaction)
        assert standing(center) == {ADA: status.value, BOB: "pending"}

    def test_what_a_machine_did_is_kept_and_evidence_for_nothing(self, center: ContactCenter) -> None:
        """MA-6: and it is still to be seen."""
        assert center.invitations.record_message_event("e1", ADA, Reaction.CLICKED_MAYBE, by_machine=True)
        explained = center.invitations.explain("e1", ADA)
        assert (explained.status, explained.evidence) == (PENDING, NO_EVIDENCE)
        (witness,) = explained.witnesses
        assert witness.evidence == NO_EVIDENCE
        assert witness.message_event is not None
        assert witness.message_event.by_machine

    def test_an_id_of_the_hosts_makes_what_comes_twice_come_once(self, center: ContactCenter) -> None:
        """Also where something else comes with it: neither recorded nor evidence."""
        record = center.invitations.record_message_event
        assert record("e1", ADA, Reaction.OPENED, id="m7", message="Save the date")
        assert not record("e1", ADA, Reaction.OPENED, id="m7")
        assert not record("e1", ADA, Reaction.CLICKED_DECLINE, id="m7")
        assert record("e1", BOB, Reaction.OPENED, id="m7")
        explained = center.invitations.explain("e1", ADA)
        assert (explained.status, len(explained.witnesses)) == (OPENED, 1)
        assert center.invitations.recompute("e1") == 0

    def test_without_one_every_event_is_another(self, center: ContactCenter) -> None:
        for _ in range(2):
            assert center.invitations.record_message_event("e1", ADA, Reaction.OPENED)
        witnesses = center.invitations.explain("e1", ADA).witnesses
        assert len({each.message_event.id for each in witnesses if each.message_event is not None}) == 2

    def test_it_happened_when_the_host_says(self, center: ContactCenter) -> None:
        """Or now; a local time is refused."""
        earlier = NOW - timedelta(days=3)
        center.invitations.record_message_event("e1", ADA, Reaction.SENT, at=earlier)
        center.invitations.record_message_event("e1", ADA, Reaction.OPENED)
        assert [each.at for each in center.invitations.explain("e1", ADA).witnesses] == [earlier, NOW]
        with pytest.raises(ValueError, match="offset"):
            center.invitations.record_message_event("e1", ADA, Reaction.SENT, at=NOW.replace(tzinfo=None))

    def test_a_log_goes_in_steps(self, center: ContactCenter, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was recorded before is not counted, and what stands in it twice counts once."""
        monkeypatch.setattr(inviting, "AT_ONCE", 2)
        log = [
            message(ADA, Reaction.SENT, key="1"),
            message(ADA, Reaction.SENT, key="1"),
            message(BOB, Reaction.OPENED, key="1"),
            message(EVE, Reaction.OPENED, by_machine=True),
            message(ADA, Reaction.OPENED, key="2"),
        ]
        told: list[int] = []
        assert center.invitations.record_message_events(iter(log), progress=told.append) == 4
        assert told == [2, 4, 5]
        assert center.invitations.record_message_events(log[:3]) == 0
        assert center.invitations.record_message_events([]) == 0
        assert [center.invitations.explain("e1", each).status for each in (ADA, BOB, EVE)] == [OPENED, OPENED, PENDING]

    def test_what_is_unknown_is_named_and_nothing_is_recorded(self, center: ContactCenter) -> None:
        before = everything(center)
        log = [message(ADA, Reaction.SENT), message("c9998", Reaction.SENT), message("c9999", Reaction.SENT)]
        with pytest.raises(NotFoundError) as caught:
            center.invitations.record_message_events(log)
        assert (caught.value.noun, caught.value.keys) == ("contact", ("c9998", "c9999"))
        with pytest.raises(NotFoundError) as unknown:
            center.invitations.record_message_events([*log, message(ADA, Reaction.SENT, event_id="nowhere")])
        assert (unknown.value.noun, unknown.value.keys) == ("event", ("nowhere",))
        assert everything(center) == before
        assert center.invitations.explain("e1", ADA).witnesses == ()

    def test_a_merged_contact_means_its_survivor(self, center: ContactCenter) -> None:
        """MG-1: also where the survivor has had the same."""
        center.invitations.record_message_event("e1", ADA, Reaction.SENT, id="m7")
        center.invitations.record_message_event("e1", BOB, Reaction.OPENED, id="m7")
        merge(center, BOB, ADA)
        assert not center.invitations.record_message_event("e1", ADA, Reaction.CLICKED_DECLINE, id="m7")
        explained = center.invitations.explain("e1", ADA)
        assert (explained.contact_id, explained.evidence) == (BOB, Evidence.SENT | Evidence.OPENED)
        assert center.invitations.recompute("e1") == 0

    def test_of_many_contacts_the_same_becomes_known_at_once(self) -> None:
        """One change for all of whom the same becomes known, however long the log is."""
        log = [message(each, reaction) for reaction in (Reaction.SENT, Reaction.OPENED) for each in (ADA, BOB, EVE)]
        facts = Facts(
            asked=Needs(),
            events={"e1": live_event()},
            excerpts={ContactId(each): () for each in (ADA, BOB, EVE)},
        )
        planned = plan_message_events(
            [*log[:-1], message(JOE, Reaction.OPENED, by_machine=True)],
            replace(facts, survivors={ContactId(JOE): ContactId(EVE)}),
            circumstances(),
        )
        assert planned.outcome == 6
        assert planned.changes[1:] == (
            AddEvidence("e1", (ContactId(ADA), ContactId(BOB)), Evidence.SENT | Evidence.OPENED),
            AddEvidence("e1", (ContactId(EVE),), Evidence.SENT),
        )
        (recorded,) = [each for each in planned.changes if isinstance(each, RecordMessageEvents)]
        assert [each.contact_id for each in recorded.events] == [ADA, BOB, EVE, ADA, BOB, EVE]
        assert len({each.id for each in recorded.events}) == 6


class TestBookings:
    """IN-2, IN-3: what bookings are evidence for is written with them."""

    def test_who_books_stands_there_at_once(self, center: ContactCenter) -> None:
        center.invitations.create("e1", ["VIP", "Presse"])
        center.book(booking(party("ada@x.de"), party("ada@x.de")))
        center.book(booking(party("bob@x.de"), party("new@x.de")))
        assert standing(center) == {ADA: "completed", BOB: "forwarded", EVE: "pending"}

    def test_a_list_that_comes_later_knows_it(self, center: ContactCenter) -> None:
        center.book(booking(party("ada@x.de"), party("ada@x.de")))
        center.invitations.create("e1", ["VIP"])
        assert standing(center) == {ADA: "completed", BOB: "pending"}

    def test_who_passes_the_invitation_on_has_forwarded_it(self, center: ContactCenter) -> None:
        """Row 7: the booking came through the contact's invitation, and somebody else goes."""
        center.invitations.create("e1", ["VIP"])
        center.book(booking(party("new@x.de", prefill=prefilled(ADA, "ada@x.de")), party("new@x.de")))
        assert standing(center) == {ADA: "forwarded", BOB: "pending"}


class TestExplaining:
    """IN-7: "the status is explained: which evidence, when"."""

    def test_every_witness_says_what_and_when(self, center: ContactCenter, clock: SteadyClock) -> None:
        """The earliest first; what decides is named."""
        center.invitations.create("e1", ["VIP"])
        moments = [NOW + timedelta(hours=hours) for hours in range(4)]
        center.invitations.record_message_event("e1", ADA, Reaction.SENT, message="Save the date")
        clock.move(hours=1)
        center.invitations.mark("e1", ADA, Mark.UNDECIDED)
        clock.move(hours=1)
        number = center.book(booking(party("ada@x.de"), party("ada@x.de"))).number
        clock.move(hours=1)
        center.invitations.record_message_event("e1", ADA, Reaction.OPENED)
        explained = center.invitations.explain("e1", ADA)
        assert (explained.contact_id, explained.status, explained.is_listed) == (ADA, COMPLETED, True)
        assert explained.decisive == Evidence.ONE_ATTENDEE
        told = [(each.evidence, each.at) for each in explained.witnesses]
        assert told == [
            (Evidence.SENT, moments[0]),
            (Evidence.MARKED_UNDECIDED, moments[1]),
            (Evidence.CONCERNED, moments[2]),
            (Evidence.ONE_ATTENDEE, moments[2]),
            (Evidence.OPENED, moments[3]),
        ]
        sent, marked, concerned, ticket, opened = explained.witnesses
        assert sent.message_event is not None
        assert sent.message_event.message == "Save the date"
        assert marked.mark is not None
        assert (marked.mark.mark, marked.mark.actor) == (Mark.UNDECIDED, "user:kim")
        assert concerned == Witness(evidence=Evidence.CONCERNED, at=moments[2], booking=number)
        assert (ticket.booking, opened.booking, opened.mark, sent.mark) == (number, None, None, None)
        assert explained.evidence == Evidence.SENT | Evidence.MARKED_UNDECIDED | Evidence.OPENED | (
            Evidence.CONCERNED | Evidence.ONE_ATTENDEE
        )

    def test_only_bookings_that_tell_are_named(self, center: ContactCenter) -> None:
        """Of two bookings, the one with the ticket tells of the ticket; both tell that they are completed."""
        first = center.book(booking(party("ada@x.de"), party("ada@x.de"))).number
        second = center.book(booking(party("ada@x.de"), party("new@x.de"))).number
        told = [(each.evidence, each.booking) for each in center.invitations.explain("e1", ADA).witnesses]
        assert told == [
            (Evidence.CONCERNED, first),
            (Evidence.CONCERNED, second),
            (Evidence.ONE_ATTENDEE, first),
        ]

    def test_a_booking_tells_when_it_last_changed(self, center: ContactCenter, clock: SteadyClock) -> None:
        number = center.book(booking(party("ada@x.de"), party("ada@x.de"))).number
        clock.move(days=1)
        center.bookings.cancel(number)
        explained = center.invitations.explain("e1", ADA)
        assert explained.status is InvitationStatus.CANCELLED
        assert [(each.evidence, each.at) for each in explained.witnesses] == [
            (Evidence.ALL_CANCELLED, NOW + timedelta(days=1))
        ]

    def test_of_whom_nothing_is_known_it_is_said(self, center: ContactCenter) -> None:
        assert center.invitations.explain("e1", JOE) == InvitationExplanation(
            contact_id=ContactId(JOE),
            status=PENDING,
            evidence=NO_EVIDENCE,
            decisive=NO_EVIDENCE,
            is_listed=False,
            witnesses=(),
        )

    def test_whether_the_contact_is_on_the_list_is_said(self, center: ContactCenter) -> None:
        assert not center.invitations.explain("e1", ADA).is_listed
        center.invitations.create("e1", ["VIP"])
        assert center.invitations.explain("e1", ADA).is_listed
        assert not center.invitations.explain("e1", EVE).is_listed

    def test_events_are_told_apart(self, center: ContactCenter) -> None:
        center.events.put(live_event("e2"))
        center.invitations.mark("e2", ADA, Mark.DECLINED)
        center.book(booking(party("ada@x.de"), event_id="e2"))
        assert center.invitations.explain("e1", ADA).witnesses == ()


class TestRecomputing:
    """IN-8: the evidence that is kept is what follows from everything that was recorded."""

    @pytest.fixture
    def full(self, center: ContactCenter) -> ContactCenter:
        center.invitations.create("e1", ["VIP"])
        center.invitations.mark("e1", ADA, Mark.INVITED)
        center.invitations.record_message_event("e1", BOB, Reaction.CLICKED_MAYBE)
        center.invitations.record_message_event("e1", EVE, Reaction.CLICKED_MAYBE, by_machine=True)
        center.book(booking(party("ada@x.de"), party("joe@x.de"), party("joe@x.de")))
        return center

    def test_as_a_rule_nothing_differs(self, full: ContactCenter) -> None:
        before = everything(full)
        assert full.invitations.recompute("e1") == 0
        assert everything(full) == before

    def test_what_was_lost_or_made_up_is_put_right(self, full: ContactCenter, monkeypatch: pytest.MonkeyPatch) -> None:
        """And counted; of whom all was lost, all comes back."""
        monkeypatch.setattr(inviting, "AT_ONCE", 3)
        right = [full.invitations.explain("e1", each).evidence for each in (ADA, BOB, EVE, JOE)]
        version = {ADA: 1, BOB: None, EVE: None, JOE: 1}
        for each in (ADA, JOE):
            apply(full, SetEvidence("e1", ContactId(each), NO_EVIDENCE, ~NO_EVIDENCE, version[each]))
        apply(full, SetEvidence("e1", ContactId(EVE), Evidence.MARKED_DECLINED, BY_BOOKINGS))
        told: list[int] = []
        assert full.invitations.recompute("e1", progress=told.append) == 3
        assert told == [3, 4]
        assert [full.invitations.explain("e1", each).evidence for each in (ADA, BOB, EVE, JOE)] == right
        assert full.invitations.recompute("e1") == 0

    def test_a_new_list_knows_what_an_earlier_release_has_recorded(self, center: ContactCenter) -> None:
        """It wrote bookings, and no evidence."""
        center.book(booking(party("ada@x.de"), party("ada@x.de")))
        apply(center, SetEvidence("e1", ContactId(ADA), NO_EVIDENCE, BY_BOOKINGS))
        center.invitations.create("e1", ["VIP"])
        assert standing(center)[ADA] == "completed"

    def test_an_event_of_which_nothing_is_known(self, center: ContactCenter) -> None:
        assert center.invitations.recompute("nowhere") == 0


class TestWritingTheList:
    def test_where_another_was_faster_the_list_is_planned_again(
        self, center: ContactCenter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both have their groups on it."""
        created = center.invitations.create("e1")
        group = center.groups.create("Other")
        really = MemoryTransaction.apply
        turns = iter([PutInvitationList(replace(created, groups=(group.id,), version=2))])

        def faster(self: MemoryTransaction, changes: Sequence[Change], envelope: Envelope) -> None:
            if any(isinstance(each, PutInvitationList) for each in changes):
                really(self, tuple(islice(turns, 1)), envelope)
            really(self, changes, envelope)

        monkeypatch.setattr(MemoryTransaction, "apply", faster)
        assert center.invitations.add_groups("e1", ["VIP"]).version == 3
        assert [each.name for each in center.invitations.groups("e1")] == ["Other", "VIP"]
