"""A booking comes in: whose it is, and what it writes, told through the contact center (chapters 1 to 3)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from doocore import (
    AmbiguityPolicy,
    Attendee,
    Booker,
    Booking,
    BookingConflictError,
    BookingResult,
    Cause,
    Consent,
    ContactCenter,
    ContactId,
    Decision,
    EmailChangePolicy,
    Event,
    EventNotLiveError,
    EventStatus,
    Flag,
    FrozenDict,
    InvalidBookingError,
    NotFoundError,
    OrganizationSettings,
    PartyOutcome,
    PaymentStatus,
    PermissionDeniedError,
    Prefill,
    Question,
    QuestionLevel,
    SubscriptionState,
    SyncMode,
    SyncOutcome,
    System,
    Through,
)
from doocore.changes import CreateContact, RecordBooking, SetEvidence, UpdateContact
from doocore.model.fields import Entered
from doocore.plans import booking as booking_plan
from doocore.plans.booking import plan_booking
from doocore.plans.booking_delivery import BookingRequest, needs_of, read_booking
from doocore.plans.story import Facts, Needs, Plan
from doocore.rules.assignment import TAKES_BOOKINGS
from tests.builders import (
    KIM,
    LOU,
    MARKETING,
    NEWSLETTER,
    NOW,
    PARSERS,
    CountedIds,
    SteadyClock,
    booking,
    circumstances,
    contact,
    customer_key,
    email_key,
    everything,
    live_event,
    merge,
    new_center,
    party,
    prefilled,
)

ON = OrganizationSettings(sync=SyncMode.ON)
KEEP = EmailChangePolicy.KEEP


def known(settings: OrganizationSettings | None = None, **event: Any) -> ContactCenter:  # noqa: ANN401
    """Open a center that knows Ada (1), two who share an address (2, 3), one without any (4), and a merged one (5)."""
    center = new_center(settings)
    center.events.put(live_event(**event))
    center.create_contact({"email": "ada@x.de", "first_name": "Ada", "customer_id": "K1"})
    center.create_contact({"email": "office@x.de", "company": "Office"})
    center.create_contact({"email": "office@x.de"}, confirm_duplicate=True)
    center.create_contact({"first_name": "Nemo"})
    center.create_contact({"email": "old@x.de"})
    merge(center, "c0001", "c0005")
    return center


def book(center: ContactCenter, *parties: Attendee, number: str | None = None) -> BookingResult:
    return center.book(booking(*parties, number=number))


def told(outcome: PartyOutcome) -> tuple[str | None, str, tuple[str, ...], set[Flag]]:
    return outcome.contact_id, outcome.reason, outcome.assignment.rules, set(outcome.flags)


def reported(outcome: PartyOutcome) -> dict[str, SyncOutcome]:
    return {each.field: each.outcome for each in outcome.reports}


class TestAssignment:
    """Every row of chapter 2; the new contact is `c0006`."""

    @pytest.mark.parametrize(
        ("entered", "prefill", "policy", "contact_id", "reason", "rules", "flags"),
        [
            (" ", None, None, None, "no_email", ["AS-1a"], []),
            (None, None, None, None, "no_email", ["AS-1a"], []),
            ("ADA@x.de\u00a0", None, None, "c0001", "email_match", ["AS-1b"], []),
            ("old@x.de", None, None, "c0001", "email_match", ["AS-1b"], []),
            ("new@x.de", None, None, "c0006", "no_match", ["AS-1c"], []),
            ("office@x.de", None, None, "c0006", "ambiguous", ["AS-1d"], []),
            ("no address", None, None, None, "invalid_email", ["AS-1e"], []),
            (" Ada@X.de", ("c0001", "ada@x.de"), None, "c0001", "prefill_kept", ["AS-2"], []),
            ("office@x.de", ("c0002", "office@x.de"), None, "c0002", "prefill_kept", ["AS-2"], []),
            ("new@x.de", ("c0001", "ada@x.de"), None, "c0006", "no_match", ["AS-3a", "AS-1c"], ["prefill_changed"]),
            ("", ("c0001", "ada@x.de"), None, None, "no_email", ["AS-3a", "AS-1a"], ["prefill_changed"]),
            ("?", ("c0001", "ada@x.de"), None, None, "invalid_email", ["AS-3a", "AS-1e"], ["prefill_changed"]),
            ("new@x.de", ("c0001", "ada@x.de"), KEEP, "c0001", "prefill_held", ["AS-3b"], []),
            ("", ("c0001", "ada@x.de"), KEEP, "c0001", "prefill_held", ["AS-3b"], []),
            ("?", ("c0001", "ada@x.de"), KEEP, "c0001", "prefill_held", ["AS-3b"], []),
            ("?", ("c0001", "?"), KEEP, "c0001", "prefill_kept", ["AS-2"], []),
            (" ?", ("c0001", "? "), None, "c0001", "prefill_kept", ["AS-2"], []),
            ("?!", ("c0001", "?"), None, None, "invalid_email", ["AS-3a", "AS-1e"], ["prefill_changed"]),
            ("old@x.de", ("c0001", "ada@x.de"), None, "c0001", "prefill_kept", ["AS-3c"], []),
            ("old@x.de", ("c0001", "ada@x.de"), KEEP, "c0001", "prefill_kept", ["AS-3c"], []),
            ("office@x.de", ("c0004", None), None, "c0004", "prefill_kept", ["AS-4"], []),
            (None, ("c0004", " "), None, "c0004", "prefill_kept", ["AS-4"], []),
            ("ada@x.de", ("c9999", "ada@x.de"), KEEP, "c0001", "email_match", ["AS-6", "AS-1b"], ["prefill_gone"]),
            ("old@x.de", ("c0005", "old@x.de"), None, "c0001", "prefill_kept", ["AS-7", "AS-2"], []),
            ("new@x.de", ("c0005", "old@x.de"), KEEP, "c0001", "prefill_held", ["AS-7", "AS-3b"], []),
            (
                *("new@x.de", ("c0005", "old@x.de"), None, "c0006", "no_match"),
                *(["AS-7", "AS-3a", "AS-1c"], ["prefill_changed"]),
            ),
        ],
    )
    def test_every_row(
        self,
        *,
        entered: str | None,
        prefill: tuple[str, str | None] | None,
        policy: EmailChangePolicy | None,
        contact_id: str | None,
        reason: str,
        rules: list[str],
        flags: list[str],
    ) -> None:
        center = known(email_change=policy) if policy else known()
        result = book(center, party(entered, prefill=prefilled(*prefill) if prefill else None))
        assert told(result.booker) == (contact_id, reason, tuple(rules), {Flag(flag) for flag in flags})

    def test_staff_may_choose_the_contact(self) -> None:
        """AS-0; the ID of a merged contact means its survivor."""
        center = known().acting_as(LOU)
        result = book(center, party("new@x.de", chosen="c0002"), party(None, chosen="c0005"))
        assert [told(each) for each in result.parties] == [
            ("c0002", "chosen", ("AS-0",), set()),
            ("c0001", "chosen", ("AS-0",), set()),
        ]

    def test_nobody_else_may(self) -> None:
        with pytest.raises(PermissionDeniedError):
            book(known().acting_as(Booker()), party("new@x.de", chosen="c0002"))

    def test_a_chosen_contact_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            book(known(), party("new@x.de", chosen="c9999"))
        assert (caught.value.noun, caught.value.key) == ("contact", "c9999")

    def test_the_organization_may_want_a_holder_of_a_shared_address(self) -> None:
        """AS-14."""
        center = known(OrganizationSettings(ambiguity=AmbiguityPolicy.MOST_COMPLETE))
        result = book(center, party("office@x.de"), party("office@x.de"))
        assert told(result.booker) == ("c0002", "policy_most_complete", ("AS-1d", "AS-14"), set())
        assert told(result.attendees[0]) == ("c0002", "same_booking", ("AS-10",), set())

    def test_every_party_with_an_address_gets_a_contact(self) -> None:
        """AS-11."""
        center = new_center()
        result = book(center, party("a@x.de"), party("b@x.de"), party("c@x.de"), party())
        assert [each.decision for each in result.parties] == [*[Decision.NEW] * 3, Decision.UNASSIGNED]
        assert center.count_contacts() == 3
        created = center.contact("c0002")
        assert (created.origin.cause, created.origin.reference, created.version) == (Cause.BOOKING, result.number, 1)

    def test_what_was_entered_stays_on_the_booking(self) -> None:
        """AS-1e: an invalid address never loses a booking."""
        center = new_center()
        number = book(center, party(" no address "), party("a@x.de", phone="12")).number
        recorded = center.bookings.get(number)
        assert recorded.booker.entered.email == " no address "
        assert recorded.attendees[0].entered.values == {"phone": "12"}


class TestOneAddressOneContact:
    """AS-10: "Within one booking one address leads to one contact"."""

    @pytest.mark.parametrize(
        ("first", "entered", "contact_id"),
        [
            (party("ada@x.de"), "ADA@x.de", "c0001"),
            (party("new@x.de"), "new@x.de", "c0006"),
            (party("office@x.de"), "office@x.de", "c0006"),
            (party("office@x.de", prefill=prefilled("c0003", "office@x.de")), "office@x.de", "c0003"),
            (party("old@x.de", prefill=prefilled("c0001", "ada@x.de")), "old@x.de", "c0001"),
            (party("new@x.de", prefill=prefilled("c0004")), "new@x.de", "c0004"),
        ],
        ids=["AS-1b", "AS-1c", "AS-1d", "AS-2", "AS-3c", "just written"],
    )
    def test_a_further_party_goes_where_the_first_one_went(
        self, first: Attendee, entered: str, contact_id: str
    ) -> None:
        result = book(known(), first, party(entered))
        assert told(result.attendees[0]) == (contact_id, "same_booking", ("AS-10",), set())

    @pytest.mark.parametrize(
        ("prefill", "rule", "flag"),
        [
            (prefilled("c0004", "nemo@x.de"), "AS-3a", Flag.PREFILL_CHANGED),
            (prefilled("c9999"), "AS-6", Flag.PREFILL_GONE),
        ],
    )
    def test_also_where_a_prefill_does_not_count(self, prefill: Prefill, rule: str, flag: Flag) -> None:
        result = book(known(), party("office@x.de"), party("office@x.de", prefill=prefill))
        assert told(result.attendees[0]) == ("c0006", "same_booking", (rule, "AS-10"), {flag})

    def test_a_party_with_a_prefill_that_counts_goes_its_own_way(self) -> None:
        result = book(known(), party("office@x.de"), party("office@x.de", prefill=prefilled("c0003", "office@x.de")))
        assert result.attendees[0].contact_id == "c0003"

    @pytest.mark.parametrize(
        ("first", "entered", "rules"),
        [
            (party("office@x.de", chosen="c0001"), "office@x.de", ("AS-1d",)),
            (party("office@x.de", prefill=prefilled("c0001", "ada@x.de")), "office@x.de", ("AS-1d",)),
            (party("ada@x.de", prefill=prefilled("c0004")), "ada@x.de", ("AS-1b",)),
        ],
        ids=["AS-0", "AS-3b", "AS-4"],
    )
    def test_an_address_that_decided_nothing_and_was_not_written_stands_for_nobody(
        self, first: Attendee, entered: str, rules: tuple[str, ...]
    ) -> None:
        result = book(known(email_change=KEEP), first, party(entered))
        assert result.attendees[0].assignment.rules == rules

    def test_the_first_contact_of_an_address_stays(self) -> None:
        """The address is Ada's in this booking, also after a later party has taken it away from her record."""
        center = known(ON, email_change=KEEP)
        ada = prefilled("c0001", "ada@x.de")
        result = book(center, party("ada@x.de"), party("ida@x.de", prefill=ada), party("ada@x.de"), party("ida@x.de"))
        assert center.contact("c0001").values["email"] == "ida@x.de"
        assert [each.contact_id for each in result.parties] == ["c0001"] * 4
        assert [each.reason for each in result.attendees[1:]] == ["same_booking"] * 2

    def test_two_bookings_at_the_same_time_make_one_contact(self) -> None:
        """AS-12."""
        center = new_center()
        start = Barrier(4)

        def at_once(number: int) -> str | None:
            start.wait()
            return book(center, party("new@x.de"), number=f"TX-AAAA-000{number}").booker.contact_id

        with ThreadPoolExecutor(4) as threads:
            assert len(set(threads.map(at_once, range(4)))) == 1
        assert center.count_contacts() == 1


class TestDeliveredTwice:
    """AS-13: "The same booking delivered twice … changes nothing the second time and answers as the first time"."""

    NUMBER = "TX-AB12-CD34"
    FIRST = Booking(
        event_id="e1",
        booker=party("ada@x.de", first_name="Ada", prefill=prefilled("c1", "ada@x.de")),
        attendees=(Attendee(email="bob@x.de", ticket="VIP", price=Decimal("10.00"), answers=FrozenDict({"q1": "x"})),),
        number=NUMBER,
        products=("p1",),
        invoice_sum=Decimal("12.50"),
    )
    EVENT = live_event(questions=[Question(id="q1", level=QuestionLevel.ATTENDEE)])

    def center(self, clock: SteadyClock | None = None) -> ContactCenter:
        center = new_center(clock=clock)
        center.events.put(self.EVENT)
        return center

    def test_it_changes_nothing_and_answers_as_before(self) -> None:
        clock = SteadyClock()
        center = self.center(clock)
        first = center.book(self.FIRST)
        before = everything(center)
        clock.move(days=1)
        again = center.book(self.FIRST)
        assert again == replace(first, changes=(), repeated=True)
        assert not first.repeated
        assert everything(center) == before

    @pytest.mark.parametrize("number", [" tx-ab12 cd34", "TXAB12CD34", "tx-AB12-cd34"])
    def test_the_number_may_be_spelled_differently(self, number: str) -> None:
        """ID-7."""
        center = self.center()
        center.book(self.FIRST)
        assert center.book(replace(self.FIRST, number=number)).repeated

    def test_amounts_and_the_order_of_answers_may_be_spelled_differently(self) -> None:
        center = self.center()
        first = replace(self.FIRST, booker=party("a@x.de", city="Ulm", title="Dr."))
        center.book(first)
        price = replace(first.attendees[0], price=Decimal(10))
        again = replace(
            first, booker=party("a@x.de", title="Dr.", city="Ulm"), attendees=(price,), invoice_sum=Decimal("12.500")
        )
        assert center.book(again).repeated

    @pytest.mark.parametrize(
        "other",
        [
            {"event_id": "e2"},
            {"booker": party("ida@x.de", first_name="Ada", prefill=prefilled("c1", "ada@x.de"))},
            {"booker": party("ada@x.de", first_name="Ida", prefill=prefilled("c1", "ada@x.de"))},
            {"booker": party("ada@x.de", first_name="Ada", prefill=prefilled("c1"))},
            {"booker": party("ada@x.de", first_name="Ada", prefill=prefilled("c2", "ada@x.de"))},
            {"booker": party("ada@x.de", first_name="Ada")},
            {"booker": replace(FIRST.booker, chosen=ContactId("c1"))},
            {"booker": replace(FIRST.booker, subscribes=frozenset({NEWSLETTER}))},
            {"attendees": ()},
            {"attendees": (*FIRST.attendees, *FIRST.attendees)},
            {"attendees": (replace(FIRST.attendees[0], ticket="Standard"),)},
            {"attendees": (replace(FIRST.attendees[0], price=Decimal("10.01")),)},
            {"attendees": (replace(FIRST.attendees[0], answers=FrozenDict({"q1": "y"})),)},
            {"payment": PaymentStatus.PAID},
            {"products": ()},
            {"invoice_sum": None},
        ],
        ids=str,
    )
    def test_with_another_content_it_is_refused(self, other: Mapping[str, object]) -> None:
        center = self.center()
        center.events.put(live_event("e2"))
        center.book(self.FIRST)
        before = everything(center)
        with pytest.raises(BookingConflictError) as caught:
            center.book(replace(self.FIRST, **other))  # type: ignore[arg-type]
        assert caught.value.number == self.NUMBER
        assert everything(center) == before

    def test_it_is_recognized_before_the_event_is_asked(self) -> None:
        """AS-13 before AS-15."""
        center = self.center()
        first = center.book(self.FIRST)
        center.events.cancel("e1")
        assert center.book(self.FIRST).booker == first.booker
        with pytest.raises(BookingConflictError):
            center.book(replace(self.FIRST, attendees=()))

    def test_without_a_number_every_delivery_is_a_booking_of_its_own(self) -> None:
        center = self.center()
        numbers = [center.book(replace(self.FIRST, number=None)).number for _ in range(2)]
        assert numbers == ["TX-AUTO-0001", "TX-AUTO-0002"]

    @pytest.mark.parametrize("number", ["TX-1", "", "AB12-CD34", "TX-AB12-CD345"])
    def test_a_number_that_is_none_is_refused(self, number: str) -> None:
        with pytest.raises(InvalidBookingError) as caught:
            self.center().book(replace(self.FIRST, number=number))
        assert caught.value.path == "number"


class TestEventsThatTakeBookings:
    """AS-15: "Bookings go to live events"; "into one that is over only staff may book"."""

    EVENTS = (
        Event(id="e2", status=EventStatus.DRAFT),
        Event(id="e2", status=EventStatus.LIVE, ends_at=datetime(2026, 3, 1, 11, 1), time_zone="Europe/Berlin"),  # noqa: DTZ001
        Event(id="e2", status=EventStatus.CANCELLED),
        Event(id="e2", status=EventStatus.LIVE, ends_at=datetime(2026, 3, 1, 11), time_zone="Europe/Berlin"),  # noqa: DTZ001
    )
    """One of each status at ten o'clock UTC, eleven in Berlin."""

    @pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.status_at(NOW).value)
    @pytest.mark.parametrize("staff", [False, True])
    def test_every_row(self, event: Event, *, staff: bool) -> None:
        center = new_center()
        center.events.put(event)
        status = event.status_at(NOW)
        for actor in (KIM, LOU) if staff else (Booker(), System()):
            acting = center.acting_as(actor)
            if TAKES_BOOKINGS[status, staff]:
                assert acting.book(booking(party("a@x.de"), event_id="e2")).booker.contact_id
            else:
                with pytest.raises(EventNotLiveError) as caught:
                    acting.book(booking(party("a@x.de"), event_id="e2"))
                assert (caught.value.event_id, caught.value.status) == ("e2", status.value)

    @pytest.mark.parametrize(("status", "staff"), list(TAKES_BOOKINGS))
    def test_the_table_decides(self, monkeypatch: pytest.MonkeyPatch, status: EventStatus, *, staff: bool) -> None:
        changed = {**TAKES_BOOKINGS, (status, staff): not TAKES_BOOKINGS[status, staff]}
        monkeypatch.setattr(booking_plan, "TAKES_BOOKINGS", changed)
        center = new_center()
        center.events.put(next(each for each in self.EVENTS if each.status_at(NOW) is status))
        acting = center.acting_as(LOU if staff else Booker())
        if changed[status, staff]:
            acting.book(booking(party("a@x.de"), event_id="e2"))
        else:
            with pytest.raises(EventNotLiveError):
                acting.book(booking(party("a@x.de"), event_id="e2"))

    def test_the_event_must_exist(self) -> None:
        """PR-1: another organization's is unknown."""
        with pytest.raises(NotFoundError) as caught:
            new_center().book(booking(party("a@x.de"), event_id="e9"))
        assert (caught.value.noun, caught.value.key) == ("event", "e9")


class TestWhatIsWritten:
    """Chapter 3, as far as it takes a booking to tell it."""

    @pytest.mark.parametrize(
        ("mode", "first_name", "outcome"),
        [(SyncMode.OFF, "Ada", SyncOutcome.KEPT), (SyncMode.ON, "Ida", SyncOutcome.OVERWRITTEN)],
    )
    def test_blanks_are_filled_and_differences_decided_by_the_setting(
        self, mode: SyncMode, first_name: str, outcome: SyncOutcome
    ) -> None:
        """SY-1, SY-2, SY-4, SY-7."""
        center = known(OrganizationSettings(sync=mode))
        ada = prefilled("c0001", "ada@x.de")
        result = book(center, party("ada@x.de", prefill=ada, Vorname="Ida", last_name="King", customer_id=" "))
        assert reported(result.booker) == {"first_name": outcome, "last_name": SyncOutcome.FILLED}
        values = center.contact("c0001").values
        assert (values["first_name"], values["last_name"], values["customer_id"]) == (first_name, "King", "K1")

    def test_a_new_contact_takes_all_valid_values(self) -> None:
        """SY-5, SY-9; its address as it was entered, trimmed (ID-3)."""
        center = new_center()
        result = book(center, party(" Ada@B\u00fccher.de ", country="Deutschland", phone="nonsense", title=""))
        created = center.contact("c0001")
        assert created.values == {"email": "Ada@B\u00fccher.de", "country": "DE"}
        assert created.email_key == "ada@xn--bcher-kva.de"
        assert result.booker.fields(SyncOutcome.FILLED) == ("email", "country")
        assert result.booker.fields(SyncOutcome.REJECTED) == ("phone",)

    @pytest.mark.parametrize("mode", SyncMode)
    def test_nobody_becomes_the_second_holder_of_a_customer_id(self, mode: SyncMode) -> None:
        """SY-8: not even a new contact; its address it takes always."""
        center = known(OrganizationSettings(sync=mode))
        result = book(center, party("office@x.de", customer_id=" K1 "), party("ada@x.de", customer_id="K1"))
        assert reported(result.booker) == {"email": SyncOutcome.FILLED, "customer_id": SyncOutcome.TAKEN}
        assert center.contact("c0006").values == {"email": "office@x.de"}
        assert reported(result.attendees[0]) == {}

    @pytest.mark.parametrize(("mode", "outcome"), [(SyncMode.OFF, SyncOutcome.KEPT), (SyncMode.ON, SyncOutcome.TAKEN)])
    def test_nor_of_an_address(self, mode: SyncMode, outcome: SyncOutcome) -> None:
        """SY-8: "reported as `taken` (only where it would have been written; under `off` a differing one is `kept`)"."""
        center = known(OrganizationSettings(sync=mode), email_change=KEEP)
        result = book(center, party("office@x.de", prefill=prefilled("c0001", "ada@x.de")))
        assert reported(result.booker) == {"email": outcome}
        result = book(center, party("office@x.de", prefill=prefilled("c0004")))
        assert reported(result.booker) == {"email": SyncOutcome.TAKEN}

    def test_what_a_party_just_wrote_is_taken_for_the_next(self) -> None:
        """SY-8, SY-10: each party sees what the ones before it did."""
        center = known()
        result = book(center, party("a@x.de", customer_id="K7"), party("b@x.de", customer_id="K7"))
        assert [reported(each)["customer_id"] for each in result.parties] == [SyncOutcome.FILLED, SyncOutcome.TAKEN]

    def test_an_address_under_a_held_prefill_is_a_field_like_the_others(self) -> None:
        """SY-8 under AS-3b."""
        center = known(ON, email_change=KEEP)
        book(center, party("ida@x.de", prefill=prefilled("c0001", "ada@x.de")))
        assert center.contact("c0001").email_key == "ida@x.de"
        assert [each.id for each in center.contacts_by_email("ida@x.de")] == ["c0001"]
        assert center.contacts_by_email("ada@x.de") == ()

    def test_nothing_is_written_for_a_party_that_belongs_to_nobody(self) -> None:
        center = known()
        before = everything(center)["contacts"]
        outcome = book(center, party("?", city="Ulm", subscribes=frozenset({NEWSLETTER}))).booker
        assert (outcome.contact_id, outcome.reports) == (None, ())
        assert everything(center)["contacts"] == before

    def test_parties_of_one_contact_apply_in_their_order(self) -> None:
        """SY-10: "each to the result of the one before"."""
        center = known(ON)
        book(center, party("ada@x.de", city="Ulm", company="X"), party("ada@x.de", city="Bonn"), party("ada@x.de"))
        values = center.contact("c0001").values
        assert (values["city"], values["company"]) == ("Bonn", "X")
        assert center.contact("c0001").version == 2


class TestAnotherPerson:
    """SY-10, SY-12."""

    def test_a_family_on_one_address(self) -> None:
        """SY-10: "a later party that is *another person* contributes nothing and is reported as `other_person`"."""
        center = new_center(ON)
        newsletter = frozenset({NEWSLETTER})
        result = book(
            center,
            party("family@x.de", first_name="Ada", city="Ulm"),
            party("family@x.de", first_name="Bob", city="Bonn", phone="?", subscribes=newsletter),
            party("family@x.de", first_name=" Ada", city="Jena"),
        )
        assert center.contact("c0001").values == {"email": "family@x.de", "first_name": "Ada", "city": "Jena"}
        assert center.contact("c0001").subscriptions == {}
        assert reported(result.attendees[0]) == dict.fromkeys(("first_name", "city", "phone"), SyncOutcome.OTHER_PERSON)
        assert reported(result.attendees[1]) == {"city": SyncOutcome.OVERWRITTEN}
        assert not result.attendees[0].flags

    @pytest.mark.parametrize("mode", SyncMode)
    def test_a_held_prefill_takes_nothing_from_another_person(self, mode: SyncMode) -> None:
        """SY-12 under AS-3b."""
        center = known(OrganizationSettings(sync=mode), email_change=KEEP)
        before = center.contact("c0001")
        ada = prefilled("c0001", "ada@x.de")
        result = book(center, party("bob@x.de", prefill=ada, first_name="Bob", city="Ulm", customer_id="K1"))
        assert reported(result.booker) == dict.fromkeys(("email", "first_name", "city"), SyncOutcome.OTHER_PERSON)
        assert center.contact("c0001") == before
        assert result.booker.contact_id == "c0001"

    def test_a_shared_office_address_is_synced_with_a_flag(self) -> None:
        """SY-12 under AS-1b: "synced as the source says, with the flag `name_differs`"."""
        center = known(ON)
        outcome = book(center, party("ada@x.de", first_name="Bob", city="Ulm")).booker
        assert (set(outcome.flags), outcome.assignment.rules) == ({Flag.NAME_DIFFERS}, ("AS-1b",))
        assert (center.contact("c0001").values["first_name"], center.contact("c0001").values["city"]) == ("Bob", "Ulm")

    @pytest.mark.parametrize(
        ("prefill", "flags"),
        [
            (prefilled("c0004", "nemo@x.de"), {Flag.PREFILL_CHANGED, Flag.NAME_DIFFERS}),
            (prefilled("c9999"), {Flag.PREFILL_GONE, Flag.NAME_DIFFERS}),
            (prefilled("c0001", "ada@x.de"), set()),
            (prefilled("c0001"), set()),
        ],
        ids=["AS-3a", "AS-6", "AS-2", "AS-4"],
    )
    def test_the_flag_is_for_whom_the_address_alone_decided(self, prefill: Prefill, flags: set[Flag]) -> None:
        """SY-12: "Under AS-1b (and no other row)"; the values are synced under all of these."""
        center = known(ON)
        outcome = book(center, party("ada@x.de", first_name="Bob", prefill=prefill)).booker
        assert set(outcome.flags) == flags
        assert center.contact("c0001").values["first_name"] == "Bob"

    def test_who_comes_later_by_another_way_contributes_nothing_either(self) -> None:
        """SY-10 before SY-12: staff chose Ada, then Bob came with her address."""
        center = known(ON)
        result = book(center, party(chosen="c0001"), party("ada@x.de", first_name="Bob"))
        assert told(result.attendees[0]) == ("c0001", "email_match", ("AS-1b",), set())
        assert reported(result.attendees[0]) == {"first_name": SyncOutcome.OTHER_PERSON}


class TestCustomerIdOfTheRecord:
    """ID-6: carried onto the booking "when … assigned to the prefilled contact … unless the record has its own"."""

    @pytest.mark.parametrize(
        ("given", "customer_id"),
        [
            (party("ada@x.de", prefill=prefilled("c0001", "ada@x.de")), "K1"),
            (party("old@x.de", prefill=prefilled("c0005", "old@x.de")), "K1"),
            (party("new@x.de", prefill=prefilled("c0001", "ada@x.de")), None),
            (party("ada@x.de", prefill=prefilled("c0001", "ada@x.de"), customer_id=" K9 "), "K9"),
            (party("ada@x.de", prefill=prefilled("c0001", "ada@x.de"), customer_id=" "), "K1"),
            (party("ada@x.de", prefill=prefilled("c0001", "ada@x.de"), customer_id=True), "K1"),
            (party("x@x.de", prefill=prefilled("c0004")), None),
            (party("x@x.de", prefill=prefilled("c0004"), customer_id="K4"), "K4"),
            (party("ada@x.de", prefill=prefilled("c9999")), None),
            (party("ada@x.de"), None),
            (party(chosen="c0001", prefill=prefilled("c0001", "ada@x.de")), "K1"),
            (party(chosen="c0001"), None),
            (party("?", customer_id="K9"), "K9"),
        ],
    )
    def test_whose_it_is(self, given: Attendee, customer_id: str | None) -> None:
        center = known()
        result = book(center, given)
        assert result.booker.customer_id == customer_id
        assert center.bookings.get(result.number).booker.outcome.customer_id == customer_id

    def test_it_is_the_one_after_the_whole_booking(self) -> None:
        """ID-6: "as it is after this booking's sync"; a later party of the same contact may bring it."""
        nemo = prefilled("c0004")
        result = book(known(), party(prefill=nemo), party(prefill=nemo, customer_id="K4"), party(prefill=nemo))
        assert [each.customer_id for each in result.parties] == ["K4", "K4", "K4"]


class TestQuestions:
    """Chapter 3: "Only answers linked to a contact field take part"."""

    QUESTIONS = (
        Question(id="size", level=QuestionLevel.ATTENDEE, field="comment"),
        Question(id="hidden", level=QuestionLevel.BOOKING, field="Kundennummer", hidden=True),
        Question(id="city", level=QuestionLevel.BOOKING, field="city"),
        Question(id="free", level=QuestionLevel.BOOKING),
    )

    def center(self) -> ContactCenter:
        return known(questions=self.QUESTIONS)

    def test_linked_answers_reach_the_contact_and_others_stay_on_the_booking(self) -> None:
        center = self.center()
        answers: dict[str, Entered] = {"hidden": "K7", "free": "vegan"}
        result = book(center, party("a@x.de", answers=answers), party("b@x.de", answers={"size": "M"}))
        assert center.contact("c0006").values == {"email": "a@x.de", "customer_id": "K7"}
        assert center.contact("c0007").values == {"email": "b@x.de", "comment": "M"}
        assert center.bookings.get(result.number).booker.entered.answers == answers
        assert result.booker.customer_id == "K7"

    def test_a_customer_id_from_a_hidden_question_is_taken_where_another_contact_holds_it(self) -> None:
        """ID-5, SY-8: who holds it is asked when the event's questions are known."""
        result = book(self.center(), party("a@x.de", answers={"hidden": "K1"}))
        assert reported(result.booker)["customer_id"] is SyncOutcome.TAKEN

    @pytest.mark.parametrize(("value", "city"), [("Bonn", "Bonn"), (" ", "Ulm"), (None, "Ulm")])
    def test_a_value_given_as_such_stands_before_an_answer(self, value: str | None, city: str) -> None:
        center = self.center()
        book(center, party("a@x.de", answers={"city": "Ulm"}, city=value))
        assert center.contact("c0006").values["city"] == city

    @pytest.mark.parametrize(
        ("parties", "path"),
        [
            ([party("a@x.de", answers={"size": "M"})], "booker.answers.size"),
            ([party("a@x.de"), party("b@x.de", answers={"city": "Ulm"})], "attendees[0].answers.city"),
            ([party("a@x.de", answers={"unknown": "x"})], "booker.answers.unknown"),
            ([party("a@x.de", shoe_size="43")], "booker.values.shoe_size"),
            ([party("a@x.de"), party(None), party(None, email_="b@x.de")], "attendees[1].values.email_"),
        ],
    )
    def test_what_leads_nowhere_is_refused_with_its_place(self, parties: list[Attendee], path: str) -> None:
        center = self.center()
        before = everything(center)
        with pytest.raises(InvalidBookingError) as caught:
            book(center, *parties)
        assert caught.value.path == path
        assert everything(center) == before

    @pytest.mark.parametrize("name", ["email", "E-Mail"])
    def test_the_address_has_a_place_of_its_own(self, name: str) -> None:
        with pytest.raises(InvalidBookingError) as caught:
            self.center().book(booking(replace(party(), values=FrozenDict({name: "a@x.de"}))))
        assert caught.value.path == f"booker.values.{name}"


class TestSubscriptions:
    """SU-2: "A booking subscribes only where the party said so; silence changes nothing"."""

    BOTH = frozenset({NEWSLETTER, MARKETING})

    def test_a_party_subscribes_itself(self) -> None:
        center = known()
        outcome = book(center, party("ada@x.de", subscribes=frozenset({NEWSLETTER}))).booker
        consent = Consent(SubscriptionState.SUBSCRIBED, NOW, Through.BOOKING)
        assert center.contact("c0001").subscriptions == {NEWSLETTER: consent}
        assert outcome.opted_out == ()

    def test_silence_changes_nothing(self) -> None:
        center = known()
        center.set_subscription("c0001", NEWSLETTER, SubscriptionState.SUBSCRIBED)
        before = center.contact("c0001")
        book(center, party("ada@x.de"))
        assert center.contact("c0001") == before

    def test_who_is_subscribed_stays_so_since_when_it_was(self) -> None:
        clock = SteadyClock()
        center = new_center(clock=clock)
        ada = center.create_contact({"email": "ada@x.de"}, subscriptions={NEWSLETTER: True})
        clock.move(days=1)
        book(center, party("ada@x.de", subscribes=frozenset({NEWSLETTER})))
        assert center.contact(ada.id) == ada

    def test_what_staff_ended_the_person_may_begin_again(self) -> None:
        center = known()
        center.set_subscription("c0001", NEWSLETTER, SubscriptionState.UNSUBSCRIBED)
        book(center, party("ada@x.de", subscribes=self.BOTH))
        assert center.contact("c0001").state(NEWSLETTER) is SubscriptionState.SUBSCRIBED

    @pytest.mark.parametrize("through", [Through.UNSUBSCRIBE_LINK, Through.PORTAL])
    def test_what_the_person_ended_no_booking_begins(self, through: Through) -> None:
        """SU-4: "the attempt is reported"."""
        center = known()
        for contact_id in ("c0001", "c0004"):
            center.set_subscription(contact_id, NEWSLETTER, SubscriptionState.UNSUBSCRIBED, through=through)
        result = book(
            center,
            party("ada@x.de", subscribes=self.BOTH),
            party(prefill=prefilled("c0004"), subscribes=self.BOTH),
        )
        for outcome in result.parties:
            assert outcome.opted_out == (NEWSLETTER,)
            assert center.contact(outcome.contact_id or "").state(NEWSLETTER) is SubscriptionState.UNSUBSCRIBED
            assert center.contact(outcome.contact_id or "").state(MARKETING) is SubscriptionState.SUBSCRIBED

    def test_it_binds_the_address_through_ambiguity(self) -> None:
        """SU-5: the new contact with that address, too."""
        center = known()
        for subscription in self.BOTH:
            center.set_subscription("c0002", subscription, SubscriptionState.UNSUBSCRIBED, through=Through.PORTAL)
        outcome = book(center, party("office@x.de", subscribes=self.BOTH)).booker
        assert (outcome.contact_id, outcome.opted_out) == ("c0006", (MARKETING, NEWSLETTER))
        assert center.contact("c0006").subscriptions == {}

    def test_it_binds_the_survivor_of_a_merge(self) -> None:
        """SU-5: "an opt-out of either binds the survivor"."""
        center = known()
        center.set_subscription("c0002", NEWSLETTER, SubscriptionState.UNSUBSCRIBED, through=Through.PORTAL)
        merge(center, "c0001", "c0002")
        assert book(center, party("ada@x.de", subscribes=self.BOTH)).booker.opted_out == (NEWSLETTER,)

    def test_an_address_that_was_just_overwritten_counts_as_it_is_now(self) -> None:
        center = known(ON, email_change=KEEP)
        center.set_subscription("c0002", NEWSLETTER, SubscriptionState.UNSUBSCRIBED, through=Through.PORTAL)
        center.change_contact("c0002", {"email": "x@x.de"})
        center.change_contact("c0003", {"email": "y@x.de"})
        ada = prefilled("c0001", "ada@x.de")
        assert book(center, party("office@x.de", prefill=ada, subscribes=self.BOTH)).booker.opted_out == (NEWSLETTER,)


class TestHistory:
    """HI-1, PR-4, EX-3: what a booking changed, by whom, through what and by which rules."""

    def test_a_change_of_a_contact_is_kept(self) -> None:
        center = known(ON).acting_as(Booker())
        newsletter = frozenset({NEWSLETTER})
        number = book(center, party("ada@x.de", first_name="Ida", city="Ulm", subscribes=newsletter)).number
        (entry,) = center.history("c0001")
        assert (entry.cause, entry.reference, entry.actor, entry.at) == (Cause.BOOKING, number, "booker", NOW)
        assert entry.rules == ("AS-1b", "SY-4", "SY-2")
        assert entry.before == {"first_name": "Ada"}
        assert entry.after == {"first_name": "Ida", "city": "Ulm", "newsletter": "subscribed"}
        assert (entry.version, entry.row) == (2, None)

    def test_a_booking_that_changes_nothing_leaves_no_trace_on_the_contact(self) -> None:
        center = known()
        book(center, party("ada@x.de", first_name="Ada"))
        assert center.history("c0001") == ()
        assert center.contact("c0001").version == 1

    def test_the_host_is_told_what_changed(self) -> None:
        center = known()
        result = book(center, party("new@x.de"), party("ada@x.de", city="Ulm"), party("office@x.de"))
        kinds = [type(change) for change in result.changes]
        assert kinds == [CreateContact, UpdateContact, CreateContact, RecordBooking, *[SetEvidence] * 3]


class TestThePlanAlone:
    """What the story says without any store: needs as data, a plan as data."""

    EVENT = live_event(questions=[Question(id="q1", level=QuestionLevel.BOOKING, field="customer_id", hidden=True)])

    def request(self, *parties: Attendee, number: str = "TX-AB12-CD34") -> BookingRequest:
        return read_booking(booking(*parties, number=number), iter(CountedIds().booking_number, None), PARSERS)

    def test_it_needs_the_booking_the_event_and_whoever_may_be_concerned(self) -> None:
        chosen = party("?", chosen="c7", customer_id=" K7 ", subscribes=frozenset({NEWSLETTER}))
        needs = needs_of(self.request(party("Ada@x.de", prefill=prefilled("c1", "other@x.de")), chosen))
        assert needs == Needs(
            keys=frozenset({email_key("ada@x.de"), customer_key("K7")}),
            contacts=frozenset({ContactId("c1"), ContactId("c7")}),
            bookings=frozenset({self.request(party()).number}),
            events=frozenset({"e1"}),
            opt_outs=True,
            invitations=True,
        )
        assert not needs_of(self.request(party("ada@x.de"))).opt_outs

    def test_it_asks_again_where_an_answer_turns_out_to_be_a_customer_id(self) -> None:
        request = self.request(party("ada@x.de", answers={"q1": "K1"}))
        facts = Facts(asked=needs_of(request), events={"e1": self.EVENT})
        further = plan_booking(request, facts, circumstances())
        assert further == Needs(keys=frozenset({customer_key("K1")}))
        assert isinstance(further, Needs)
        plan = plan_booking(request, replace(facts, asked=facts.asked | further), circumstances())
        assert isinstance(plan, Plan)

    def test_the_survivor_of_a_merge_is_changed_from_its_own_version(self) -> None:
        survivor = replace(contact("c1", email="ada@x.de", aliases=[email_key("old@x.de")]), version=7)
        request = self.request(party("old@x.de", city="Ulm", prefill=prefilled("c9", "old@x.de")))
        facts = Facts(
            asked=needs_of(request),
            events={"e1": self.EVENT},
            contacts={survivor.id: survivor},
            survivors={ContactId("c9"): survivor.id},
        )
        plan = plan_booking(request, facts, circumstances(Booker()))
        assert isinstance(plan, Plan)
        update, recorded, evidence = plan.changes
        assert isinstance(update, UpdateContact)
        assert (update.before, update.after.version, update.rules) == (survivor, 8, ("AS-7", "AS-2", "SY-2"))
        assert isinstance(recorded, RecordBooking)
        assert recorded.booking.booker.through_contact_id == survivor.id
        assert isinstance(evidence, SetEvidence)
        assert evidence.contact_id == survivor.id
        assert (plan.envelope.reference, str(plan.envelope.actor)) == (request.number, "booker")

    def test_a_change_comes_in_the_order_in_which_the_parties_met_the_contacts(self) -> None:
        """Whatever order a store gave them in."""
        ada, bob = contact("c1", email="ada@x.de"), contact("c2", email="bob@x.de")
        request = self.request(party("bob@x.de", city="Ulm"), party("ada@x.de", city="Ulm"))
        for known_contacts in ((ada, bob), (bob, ada)):
            facts = Facts(
                asked=needs_of(request), events={"e1": self.EVENT}, contacts={each.id: each for each in known_contacts}
            )
            plan = plan_booking(request, facts, circumstances())
            assert isinstance(plan, Plan)
            assert [change.after.id for change in plan.changes if isinstance(change, UpdateContact)] == ["c2", "c1"]
