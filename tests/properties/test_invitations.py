"""Invitations: whatever is known, in whatever order it became so, and whoever was merged meanwhile (chapter 7)."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import AttendeeStatus, BookingStatus, ContactCenter, InvitationStatus, Mark, PaymentStatus, Reaction
from doocore.model.identifiers import BookingNumber
from doocore.model.invitation import Concern, Evidence, Ticket
from doocore.rules.invitations import STATUSES, TELLS, evidence_of_bookings, status_of, statuses_of
from tests.builders import booking, everything, merge, new_center, party, prefilled

PEOPLE = ("c0001", "c0002", "c0003")
ADDRESSES = ("ada@x.de", "bob@x.de", "eve@x.de", "new@x.de")

sets_of_evidence = st.integers(0, (1 << len(Evidence)) - 1).map(Evidence)
tickets = st.builds(Ticket, st.booleans(), st.sampled_from(AttendeeStatus))
concerns = st.builds(
    Concern,
    number=st.just(BookingNumber("TX-AAAA-0001")),
    status=st.sampled_from(BookingStatus),
    payment=st.sampled_from(PaymentStatus),
    booker=st.booleans(),
    through_invitation=st.booleans(),
    attendees=st.lists(tickets, max_size=4).map(tuple),
)


class TestStatuses:
    @given(sets_of_evidence, sets_of_evidence)
    def test_more_evidence_never_lowers_the_status_but_for_interest(self, known: Evidence, more: Evidence) -> None:
        """IN-2: a completed booking ends mere interest, and is no status itself."""
        order = list(InvitationStatus)
        before, after = status_of(known), status_of(known | more)
        ended = before is InvitationStatus.INTERESTED and more & Evidence.CONCERNED
        assert ended or order.index(after) >= order.index(before)

    @given(st.lists(sets_of_evidence, max_size=50))
    def test_in_bulk_it_is_the_same(self, known: Sequence[Evidence]) -> None:
        assert list(statuses_of(known)) == list(map(status_of, known))

    @given(sets_of_evidence, st.integers(1, len(STATUSES) - 1), sets_of_evidence)
    def test_the_table_decides(self, known: Evidence, place: int, any_of: Evidence) -> None:
        """Whatever stands in a row: the highest row that speaks is shown."""
        table = (*STATUSES[:place], STATUSES[place]._replace(any_of=any_of), *STATUSES[place + 1 :])
        speaking = [row.status for row in table if (not row.any_of or known & row.any_of) and not known & row.unless]
        assert status_of(known, table) is speaking[-1]


class TestBookings:
    @given(st.lists(concerns, max_size=4))
    def test_their_order_does_not_matter(self, found: Sequence[Concern]) -> None:
        """IN-8."""
        assert len({evidence_of_bookings(each) for each in permutations(found)}) == 1

    @given(st.lists(concerns, max_size=5))
    def test_whatever_is_known_somebody_tells(self, found: Sequence[Concern]) -> None:
        """IN-7."""
        for bit in evidence_of_bookings(found):
            assert any(TELLS[bit](each) for each in found)

    @given(st.lists(concerns, max_size=5))
    def test_a_contact_has_one_ticket_or_several_or_none(self, found: Sequence[Concern]) -> None:
        """Rows 7, 9 and 10 exclude one another, and a cancelled contact has nothing else of them, nor came in."""
        known = evidence_of_bookings(found)
        assert len(list(known & (Evidence.ONE_ATTENDEE | Evidence.SEVERAL_ATTENDEES | Evidence.BOOKED_FOR_OTHERS))) <= 1
        if Evidence.ALL_CANCELLED in known:
            assert not known & (Evidence.ONE_ATTENDEE | Evidence.SEVERAL_ATTENDEES | Evidence.CHECKED_IN)


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, ...]:
    """Give something that happens to somebody: words that `take` understands."""
    who, other = draw(st.permutations(PEOPLE))[:2]
    return draw(
        st.sampled_from(
            [
                *(("mark", who, mark.value) for mark in Mark),
                *(("unmark", who, mark.value) for mark in Mark),
                *(("react", who, reaction.value, key) for reaction in Reaction for key in ("", "m1")),
                ("book", draw(st.sampled_from(ADDRESSES)), draw(st.sampled_from(ADDRESSES)), ""),
                ("book", draw(st.sampled_from(ADDRESSES)), draw(st.sampled_from(ADDRESSES)), who),
                ("leave", who),
                ("join", who),
                ("merge", who, other),
            ]
        )
    )


def take(step: tuple[str, ...], center: ContactCenter) -> None:
    """Let it happen, if it can: who was merged cannot leave a group."""
    match step:
        case ("mark", who, mark):
            center.invitations.mark("e1", who, Mark(mark))
        case ("unmark", who, mark):
            center.invitations.unmark("e1", who, Mark(mark))
        case ("react", who, reaction, key):
            center.invitations.record_message_event("e1", who, Reaction(reaction), id=key)
        case ("book", booker, attendee, invited):
            prefill = prefilled(invited, booker) if invited else None
            center.book(booking(party(booker, prefill=prefill), party(attendee)))
        case ("leave", who):
            center.groups.leave("VIP", [who])
        case ("join", who):
            center.groups.join("VIP", [who])
        case ("merge", survivor, other) if center.contact(survivor).id != center.contact(other).id:
            merge(center, center.contact(survivor).id, center.contact(other).id)


class TestKept:
    """IN-8: "the evidence is a fixed set of bits"; it is kept with every change, and derived anew it is the same."""

    @settings(max_examples=60)
    @given(st.lists(steps(), max_size=12))
    def test_what_is_kept_is_what_follows(self, story: Sequence[tuple[str, ...]]) -> None:
        center = new_center()
        for number in range(3):
            center.create_contact({"email": ADDRESSES[number]}, groups=["VIP"])
        center.invitations.create("e1", ["VIP"])
        for step in story:
            take(step, center)
        before = everything(center)
        assert center.invitations.recompute("e1") == 0
        assert everything(center) == before
        members = center.groups.members("VIP")
        assert [line.contact.id for line in center.invitations.lines("e1")] == sorted(members)
