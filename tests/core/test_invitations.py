"""Where a contact stands with an event: the table of IN-2, and what is evidence for what (IN-3, IN-5, IN-8, MA-6)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations, product

import pytest

from doocore import (
    AttendeeStatus,
    BookingStatus,
    ContactMark,
    EventStatus,
    Evidence,
    InvitationStatus,
    Mark,
    MessageEvent,
    PaymentStatus,
    Reaction,
)
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.model.invitation import BY_BOOKINGS, NO_EVIDENCE, Concern, Ticket, concern_of
from doocore.rules.invitations import (
    BY_MARK,
    BY_REACTION,
    COMPLETES,
    HAS_INVITATIONS,
    STATUSES,
    TELLS,
    Row,
    decisive,
    evidence_of_bookings,
    evidence_of_marks,
    evidence_of_messages,
    is_active,
    is_completed,
    status_of,
    statuses_of,
)
from doocore.testing.samples import booking as recorded
from doocore.testing.samples import contact_id
from doocore.testing.samples import party as recorded_party
from tests.builders import NOW

EVERY_SET = range(1 << len(Evidence))
ACTIVE, CANCELLED, CHECKED_IN = AttendeeStatus
FREE, PENDING, PAID, REFUNDED = PaymentStatus


def as_the_rules_say(known: set[Evidence]) -> str:  # noqa: C901, PLR0911, one sentence of the rules after the other
    """Read IN-2 from its last row to its first: "shown is the highest status for which there is evidence"."""
    if Evidence.ALL_CANCELLED in known:
        return "cancelled"
    if Evidence.CHECKED_IN in known:
        return "checked_in"
    if Evidence.SEVERAL_ATTENDEES in known:
        return "multiple_attendees"
    if Evidence.ONE_ATTENDEE in known:
        return "completed"
    if known & {Evidence.CLICKED_DECLINE, Evidence.MARKED_DECLINED}:
        return "declined"
    if Evidence.BOOKED_FOR_OTHERS in known:
        return "forwarded"
    if Evidence.CLICKED_REGISTRATION in known and Evidence.CONCERNED not in known:
        return "interested"
    if known & {Evidence.CLICKED_MAYBE, Evidence.MARKED_UNDECIDED}:
        return "undecided"
    if Evidence.CLICKED_GENERAL in known:
        return "clicked"
    if Evidence.OPENED in known:
        return "opened"
    if known & {Evidence.SENT, Evidence.MARKED_INVITED}:
        return "invited"
    return "pending"


class TestStatuses:
    """IN-2, IN-8."""

    def test_every_set_of_evidence_means_what_the_rules_say(self) -> None:
        bits = tuple(Evidence)
        assert len(EVERY_SET) == 32_768
        for each in EVERY_SET:
            known = {bit for place, bit in enumerate(bits) if each >> place & 1}
            assert status_of(each).value == as_the_rules_say(known), known

    def test_in_bulk_it_is_the_same(self) -> None:
        assert list(statuses_of(EVERY_SET)) == [status_of(each) for each in EVERY_SET]
        assert list(statuses_of(iter([Evidence.SENT, NO_EVIDENCE]))) == [
            InvitationStatus.INVITED,
            InvitationStatus.PENDING,
        ]

    def test_the_table_has_every_status_once_in_the_order_of_precedence(self) -> None:
        assert [row.status for row in STATUSES] == list(InvitationStatus)

    def test_every_bit_but_one_is_evidence_for_one_status(self) -> None:
        """The one is against another (row 6)."""
        speaking = [bit for row in STATUSES for bit in row.any_of]
        assert sorted([*speaking, Evidence.CONCERNED]) == list(Evidence)
        assert {row.status for row in STATUSES if row.unless} == {InvitationStatus.INTERESTED}

    @pytest.mark.parametrize("place", range(1, len(STATUSES)), ids=lambda place: STATUSES[place].status.value)
    def test_who_changes_a_row_changes_the_decision(self, place: int) -> None:
        """One by one and in bulk: the table is what decides."""
        row = STATUSES[place]
        without = (*STATUSES[:place], *STATUSES[place + 1 :])
        other = replaced(place, row._replace(any_of=Evidence.CONCERNED))
        assert status_of(row.any_of) is row.status
        assert status_of(row.any_of, without) is InvitationStatus.PENDING
        assert list(statuses_of([row.any_of], without)) == [InvitationStatus.PENDING]
        assert status_of(Evidence.CONCERNED) is InvitationStatus.PENDING
        assert list(statuses_of([Evidence.CONCERNED, row.any_of], other)) == [
            InvitationStatus.PENDING if row.unless else row.status,
            InvitationStatus.PENDING,
        ]
        contradicted = replaced(place, row._replace(unless=Evidence.SENT))
        assert status_of(row.any_of | Evidence.SENT, contradicted) is not row.status

    def test_numbers_of_bits_are_stored_and_never_change(self) -> None:
        """A database of an earlier release means the same."""
        names = (
            *("SENT", "MARKED_INVITED", "OPENED", "CLICKED_GENERAL", "CLICKED_MAYBE", "MARKED_UNDECIDED"),
            *("CLICKED_REGISTRATION", "CONCERNED", "BOOKED_FOR_OTHERS", "CLICKED_DECLINE", "MARKED_DECLINED"),
            *("ONE_ATTENDEE", "SEVERAL_ATTENDEES", "CHECKED_IN", "ALL_CANCELLED"),
        )
        assert {each.name: each.value for each in Evidence} == {name: 2**place for place, name in enumerate(names)}

    def test_the_decisive_part_of_the_evidence_is_what_makes_the_status(self) -> None:
        """IN-7: without it the status is another; with nothing else it is the same, unless something speaks against it."""
        for each in EVERY_SET[::5]:
            part = decisive(Evidence(each))
            assert part & ~each == 0
            assert bool(part) is (status_of(each) is not InvitationStatus.PENDING)
            if part:
                assert status_of(part) is status_of(each)
                assert status_of(each & ~part) is not status_of(each)

    def test_what_decides_is_read_from_the_table(self) -> None:
        table = replaced(1, STATUSES[1]._replace(any_of=Evidence.OPENED))
        assert decisive(Evidence.OPENED | Evidence.SENT, table[:2]) == Evidence.OPENED
        assert decisive(NO_EVIDENCE) == NO_EVIDENCE


def replaced(place: int, row: Row) -> tuple[Row, ...]:
    return (*STATUSES[:place], row, *STATUSES[place + 1 :])


def booking(
    *tickets: Ticket,
    status: BookingStatus = BookingStatus.ACTIVE,
    payment: PaymentStatus = FREE,
    booker: bool = False,
    through: bool = False,
) -> Concern:
    number = BookingNumber("TX-AAAA-0001")
    return Concern(
        number=number, status=status, payment=payment, booker=booker, through_invitation=through, attendees=tickets
    )


def mine(status: AttendeeStatus = ACTIVE) -> Ticket:
    return Ticket(own=True, status=status)


def others(status: AttendeeStatus = ACTIVE) -> Ticket:
    return Ticket(own=False, status=status)


GONE = BookingStatus.CANCELLED
CONCERNED, FOR_OTHERS = Evidence.CONCERNED, Evidence.BOOKED_FOR_OTHERS
ONE, SEVERAL = Evidence.ONE_ATTENDEE, Evidence.SEVERAL_ATTENDEES
IN, ALL_GONE = Evidence.CHECKED_IN, Evidence.ALL_CANCELLED

BOOKINGS: tuple[tuple[str, Sequence[Concern], Evidence], ...] = (
    ("none", [], NO_EVIDENCE),
    ("a booker without attendees", [booking(booker=True)], CONCERNED | FOR_OTHERS),
    ("a booker for others", [booking(others(), booker=True)], CONCERNED | FOR_OTHERS),
    ("a booker for itself", [booking(mine(), booker=True)], CONCERNED | ONE),
    ("a booker for itself and others", [booking(mine(), others(), booker=True)], CONCERNED | ONE),
    ("an attendee", [booking(mine())], CONCERNED | ONE),
    ("an attendee twice", [booking(mine(), mine())], CONCERNED | SEVERAL),
    ("an attendee in two bookings", [booking(mine()), booking(mine())], CONCERNED | SEVERAL),
    ("the invitation was passed on", [booking(others(), through=True)], CONCERNED | FOR_OTHERS),
    ("and the contact has a ticket elsewhere", [booking(others(), through=True), booking(mine())], CONCERNED | ONE),
    ("unpaid", [booking(mine(), booker=True, payment=PENDING)], NO_EVIDENCE),
    ("refunded", [booking(mine(), booker=True, payment=REFUNDED)], NO_EVIDENCE),
    ("paid", [booking(mine(), booker=True, payment=PAID)], CONCERNED | ONE),
    ("unpaid and come in all the same", [booking(mine(CHECKED_IN), payment=PENDING)], IN),
    ("come in", [booking(mine(CHECKED_IN))], CONCERNED | ONE | IN),
    ("one of two come in", [booking(mine(), mine(CHECKED_IN))], CONCERNED | SEVERAL | IN),
    ("somebody else come in", [booking(mine(), others(CHECKED_IN))], CONCERNED | ONE),
    ("cancelled after coming in", [booking(mine(CHECKED_IN), status=GONE)], ALL_GONE),
    ("a cancelled booking", [booking(mine(), booker=True, status=GONE)], ALL_GONE),
    ("a cancelled booking for others", [booking(others(), booker=True, status=GONE)], ALL_GONE),
    ("a cancelled booking through the invitation", [booking(others(), through=True, status=GONE)], NO_EVIDENCE),
    ("a cancelled ticket", [booking(mine(CANCELLED), others())], ALL_GONE | CONCERNED),
    ("the only ticket cancelled", [booking(mine(CANCELLED))], ALL_GONE),
    ("all tickets of a booker cancelled", [booking(others(CANCELLED), booker=True)], ALL_GONE),
    (
        "the booker's own cancelled, the other not",
        [booking(mine(CANCELLED), others(), booker=True)],
        CONCERNED | FOR_OTHERS,
    ),
    ("one of two cancelled", [booking(mine(CANCELLED), mine())], CONCERNED | ONE),
    ("booked again", [booking(mine(), status=GONE), booking(mine())], CONCERNED | ONE),
    (
        "an unpaid ticket beside a booking for others",
        [booking(others(), booker=True), booking(mine(), payment=PENDING)],
        CONCERNED,
    ),
    ("booked again, unpaid", [booking(mine(), status=GONE), booking(mine(), payment=PENDING)], NO_EVIDENCE),
)


def derived(concerns: Sequence[Concern]) -> Evidence:
    """Derive evidence sentence by sentence as IN-2 and IN-3 have them, record by record."""
    found = NO_EVIDENCE
    own_completed, records, came_in, has_ticket, sent = 0, set[bool](), False, False, False
    for each in concerns:
        alive = each.status is BookingStatus.ACTIVE
        active = alive and (each.attendees == () or {status for _, status in each.attendees} != {CANCELLED})
        completed = active and each.payment in {FREE, PAID}
        if completed and (each.booker or each.through_invitation or True in {own for own, _ in each.attendees}):
            found |= Evidence.CONCERNED
            sent |= each.booker or each.through_invitation
        if each.booker:
            records.add(active)
        for own, status in each.attendees:
            if own:
                there = alive and status is not CANCELLED
                records.add(there)
                has_ticket |= there
                own_completed += there and completed
                came_in |= there and status is CHECKED_IN
    if sent and not has_ticket:
        found |= Evidence.BOOKED_FOR_OTHERS
    if own_completed:
        found |= Evidence.ONE_ATTENDEE if own_completed == 1 else Evidence.SEVERAL_ATTENDEES
    if came_in:
        found |= Evidence.CHECKED_IN
    if records == {False}:
        found |= Evidence.ALL_CANCELLED
    return found


def every_booking(most_tickets: int) -> Iterator[Concern]:
    tickets = [Ticket(own, status) for own, status in product((True, False), AttendeeStatus)]
    for count in range(most_tickets + 1):
        for attendees in product(tickets, repeat=count):
            for status, payment, booker, through in product(BookingStatus, PaymentStatus, (True, False), (True, False)):
                yield booking(*attendees, status=status, payment=payment, booker=booker, through=through)


class TestBookings:
    """IN-2, rows 6, 7 and 9 to 12; IN-3, IN-4."""

    @pytest.mark.parametrize(
        ("concerns", "evidence"), [case[1:] for case in BOOKINGS], ids=[case[0] for case in BOOKINGS]
    )
    def test_what_bookings_are_evidence_for(self, concerns: Sequence[Concern], evidence: Evidence) -> None:
        assert evidence_of_bookings(concerns) == evidence

    def test_every_booking_is_evidence_for_what_the_rules_say(self) -> None:
        for each in every_booking(2):
            assert evidence_of_bookings([each]) == derived([each]), each

    def test_every_two_bookings_are_evidence_for_what_the_rules_say(self) -> None:
        for each in product(list(every_booking(1)), repeat=2):
            assert evidence_of_bookings(each) == derived(each), each

    def test_their_order_does_not_matter(self) -> None:
        """IN-8."""
        for each in permutations([concerns[0] for _, concerns, _ in BOOKINGS[1::3]], 3):
            assert evidence_of_bookings(each) == evidence_of_bookings(each[::-1])

    def test_it_is_nothing_but_what_bookings_tell(self) -> None:
        assert union(evidence for _, _, evidence in BOOKINGS) == BY_BOOKINGS

    def test_whatever_is_known_is_told_by_some_booking(self) -> None:
        """IN-7: and by no booking that has nothing to do with it."""
        assert union(TELLS) == BY_BOOKINGS
        for one, other in combinations(list(every_booking(1)), 2):
            for bit in evidence_of_bookings((one, other)):
                assert TELLS[bit](one) or TELLS[bit](other), (bit, one, other)

    @pytest.mark.parametrize(
        ("concern", "told"),
        [
            (booking(mine()), CONCERNED | ONE | SEVERAL | ALL_GONE),
            (booking(mine(CHECKED_IN)), CONCERNED | ONE | SEVERAL | IN | ALL_GONE),
            (booking(mine(), payment=PENDING), ALL_GONE),
            (booking(mine(CHECKED_IN), payment=PENDING), IN | ALL_GONE),
            (booking(mine(CHECKED_IN), status=GONE), ALL_GONE),
            (booking(others(), booker=True), CONCERNED | FOR_OTHERS | ALL_GONE),
            (booking(others(), through=True), CONCERNED | FOR_OTHERS),
            (booking(others(), through=True, payment=PENDING), NO_EVIDENCE),
            (booking(others(), booker=True, payment=PENDING), ALL_GONE),
        ],
    )
    def test_what_a_booking_tells_of(self, concern: Concern, told: Evidence) -> None:
        """Where that is known: who booked for others also tells that not all is cancelled."""
        assert union(bit for bit, tells in TELLS.items() if tells(concern)) == told

    @pytest.mark.parametrize("payment", PaymentStatus)
    def test_whether_a_payment_completes_is_in_the_table(
        self, payment: PaymentStatus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """IN-3: "active, and its payment `paid` or `not_required`"."""
        assert COMPLETES[payment] is (payment in {PAID, FREE})
        assert is_completed(booking(payment=payment)) is COMPLETES[payment]
        monkeypatch.setitem(COMPLETES, payment, not COMPLETES[payment])
        assert is_completed(booking(payment=payment)) is COMPLETES[payment]

    def test_a_booking_is_active_until_it_or_all_its_attendees_are_cancelled(self) -> None:
        """IN-3."""
        assert is_active(booking())
        assert is_active(booking(others(CANCELLED), mine()))
        assert is_active(booking(others(CHECKED_IN)))
        assert not is_active(booking(others(CANCELLED), mine(CANCELLED)))
        assert not is_active(booking(mine(), status=GONE))
        assert not is_completed(booking(mine(), status=GONE))
        assert not is_completed(booking(mine(CANCELLED), payment=PAID))


def union(found: Iterable[Evidence]) -> Evidence:
    evidence = NO_EVIDENCE
    for each in found:
        evidence |= each
    return evidence


class TestConcern:
    """IN-3: "its booker, has an attendee in it, or through whose invitation it came"."""

    def test_a_booking_is_seen_from_each_whom_it_concerns(self) -> None:
        ours = recorded(
            1, recorded_party(1), replace(recorded_party(2), status=CANCELLED, through_contact_id=contact_id(3))
        )
        ours = replace(ours, payment=PAID, status=GONE)
        seen = Concern(number=ours.number, payment=PAID, status=GONE, attendees=(mine(), others(CANCELLED)))
        assert concern_of(ours, contact_id(1)) == seen
        assert concern_of(ours, contact_id(2)) == replace(seen, attendees=(others(), mine(CANCELLED)))
        through = replace(seen, through_invitation=True, attendees=(others(), others(CANCELLED)))
        assert concern_of(ours, contact_id(3)) == through
        booker = replace(ours.booker, outcome=replace(ours.booker.outcome, contact_id=contact_id(4)))
        booked = replace(seen, booker=True, attendees=(others(), others(CANCELLED)))
        assert concern_of(replace(ours, booker=booker), contact_id(4)) == booked
        invited = replace(ours.booker, through_contact_id=contact_id(4))
        assert concern_of(replace(ours, booker=invited), contact_id(4)) == replace(
            booked, booker=False, through_invitation=True
        )

    def test_it_does_not_concern_anybody_else(self) -> None:
        assert concern_of(recorded(1, recorded_party(1), recorded_party(None)), contact_id(5)) is None


def message(reaction: Reaction, *, by_machine: bool = False) -> MessageEvent:
    return MessageEvent(
        event_id="e1", contact_id=ContactId("c0001"), reaction=reaction, at=NOW, id="x", by_machine=by_machine
    )


class TestMessages:
    """IN-2, rows 2 to 6 and 8; MA-6."""

    @pytest.mark.parametrize("reaction", Reaction)
    def test_every_reaction_is_evidence_for_one_thing(self, reaction: Reaction) -> None:
        assert BY_REACTION[reaction] == Evidence[reaction.name]
        assert evidence_of_messages([message(reaction)]) == BY_REACTION[reaction]
        assert (
            evidence_of_messages([message(reaction), message(Reaction.SENT)]) == BY_REACTION[reaction] | Evidence.SENT
        )

    @pytest.mark.parametrize("reaction", Reaction)
    def test_what_a_machine_did_is_evidence_for_nothing(self, reaction: Reaction) -> None:
        """MA-6: and takes nothing away."""
        assert evidence_of_messages([message(reaction, by_machine=True)]) == NO_EVIDENCE
        both = [message(reaction), message(reaction, by_machine=True)]
        assert evidence_of_messages(both) == BY_REACTION[reaction]

    def test_nothing_is_evidence_for_nothing(self) -> None:
        assert evidence_of_messages([]) == evidence_of_marks([]) == evidence_of_bookings([]) == NO_EVIDENCE


class TestMarks:
    """IN-5: "by hand only `invited`, `undecided`, `declined` can be set"."""

    @pytest.mark.parametrize("mark", Mark)
    def test_every_mark_is_evidence_for_its_status(self, mark: Mark) -> None:
        assert BY_MARK[mark] == Evidence[f"MARKED_{mark.name}"]
        assert evidence_of_marks([mark]) == BY_MARK[mark]
        assert status_of(evidence_of_marks([mark])).value == mark.value

    def test_marks_add_up(self) -> None:
        assert evidence_of_marks(Mark) == union(BY_MARK.values())
        assert [mark.value for mark in Mark] == ["invited", "undecided", "declined"]
        assert ContactMark.__dataclass_fields__["mark"].type == Mark


class TestEvents:
    """IN-1: "once the event is live (a draft has none)"."""

    def test_only_a_draft_has_no_invitations(self) -> None:
        assert {status for status in EventStatus if not HAS_INVITATIONS[status]} == {EventStatus.DRAFT}
