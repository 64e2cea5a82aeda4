"""What holds whatever happens to bookings after their delivery (chapters 3, 7 and 9)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import Booking, BookingResult, ChangedBooking, ContactCenter, OrganizationSettings, SyncMode
from doocore.changes import told_of_booking
from doocore.model.booking import AttendeeStatus, RecordedBooking
from doocore.model.identifiers import ContactId
from doocore.model.invitation import BY_BOOKINGS, Concern, Evidence, concern_of
from doocore.rules.invitations import evidence_of_bookings
from tests.builders import NOW, everything, transaction_of
from tests.properties.strategies import (
    Book,
    Deed,
    Delete,
    Edit,
    bookings,
    center_with,
    contact_ids,
    done,
    edits,
    lives,
    people,
    settings_strategy,
)

few = settings(max_examples=40)

happenings: st.SearchStrategy[Sequence[Deed]] = st.lists(
    st.one_of(
        st.builds(Book, bookings(chooses=True), st.just(True)),
        lives(),
        lives(),
        edits(),
        contact_ids.map(Delete),
    ),
    min_size=1,
    max_size=12,
)
"""What happens to the bookings of some people."""


def all_bookings(center: ContactCenter) -> list[RecordedBooking]:
    return list(center.bookings.all())


def after(past: Sequence[Deed], happened: Sequence[Deed], organization: OrganizationSettings) -> ContactCenter:
    return center_with([*past, *happened], organization)


class TestEvidence:
    """IN-8: what is kept with every change is what follows from all bookings there are."""

    @few
    @given(people, happenings, settings_strategy)
    def test_what_is_kept_is_what_would_be_recomputed(
        self, past: Sequence[Deed], happened: Sequence[Deed], organization: OrganizationSettings
    ) -> None:
        center = after(past, happened, organization)
        contacts = [each.id for each in center.list_contacts(limit=1000)]
        for event in center.events.all():
            with transaction_of(center) as transaction:
                kept = transaction.invitations.facts(event.id, contacts)
            for contact_id in contacts:
                evidence = kept[contact_id].evidence if contact_id in kept else Evidence(0)
                assert evidence & BY_BOOKINGS == evidence_of_bookings(concerns(center, event.id, contact_id))


def concerns(center: ContactCenter, event_id: str, contact_id: ContactId) -> Iterator[Concern]:
    found = (concern_of(each, contact_id) for each in center.bookings.all(event=event_id))
    return (each for each in found if each is not None)


class TestHistory:
    """HI-1, BP-7: "The overwritten originals stay in the booking's history"."""

    @few
    @given(people, happenings, settings_strategy)
    def test_every_past_state_is_the_present_one_walked_back(
        self, past: Sequence[Deed], happened: Sequence[Deed], organization: OrganizationSettings
    ) -> None:
        center = center_with(past, organization)
        seen: dict[tuple[str, int], dict[str, object]] = {}
        for deed in happened:
            done(deed, center)
            for booking in all_bookings(center):
                seen.setdefault((booking.number, booking.version), without_contacts(booking))
        for booking in all_bookings(center):
            state = without_contacts(booking)
            for entry in reversed(center.bookings.history(booking.number)):
                assert seen[booking.number, entry.version] == state
                state = {key: value for key, value in state.items() if key not in entry.after} | entry.before
            assert seen[booking.number, 1] == state


def without_contacts(booking: RecordedBooking) -> dict[str, object]:
    """Lay a booking out, but for whose its parties are: a contact that is deleted leaves no entry (CT-3)."""
    return {key: value for key, value in told_of_booking(booking).items() if not key.endswith("contact_id")}


class TestOnceMore:
    """What holds already is no mistake, and changes nothing."""

    @few
    @given(people, happenings, settings_strategy, st.one_of(lives(), edits()))
    def test_what_is_refused_or_holds_already_changes_nothing(
        self, past: Sequence[Deed], happened: Sequence[Deed], organization: OrganizationSettings, deed: Deed
    ) -> None:
        center = after(past, happened, organization)
        before = everything(center)
        answer = done(deed, center)
        if not (isinstance(answer, ChangedBooking) and answer.changes):
            assert everything(center) == before
        else:
            assert answer.booking == center.bookings.get(answer.booking.number)
            assert answer.booking.last_changed == NOW


class TestDeliveredAgain:
    """AS-13: "The fingerprint of the first delivery decides …, not the booking's present state"."""

    @few
    @given(people, bookings(), happenings, settings_strategy)
    def test_the_answer_is_that_of_the_first_time(
        self, past: Sequence[Deed], booking: Booking, happened: Sequence[Deed], organization: OrganizationSettings
    ) -> None:
        """But for contacts that are gone, and for customer IDs that were edited."""
        center = center_with(past, organization)
        delivery = Book(replace(booking, number="TX-AAAA-0001"), by_staff=True)
        first = done(delivery, center)
        for deed in happened:
            done(deed, center)
        before = everything(center)
        again = done(delivery, center)
        assert everything(center) == before
        assert isinstance(first, BookingResult)
        assert isinstance(again, BookingResult)
        assert again.repeated
        assert len(again.parties) == len(first.parties)
        for now, then in zip(again.parties, first.parties, strict=True):
            assert replace(now, contact_id=None, customer_id=None) == replace(then, contact_id=None, customer_id=None)
            assert now.contact_id in {then.contact_id, None}


class TestEdits:
    """SY-11: "An edit never re-assigns"; under `off` "the contact not at all"; SY-1."""

    @few
    @given(people, happenings, settings_strategy, edits())
    def test_nobody_is_moved_and_nothing_is_cleared(
        self, past: Sequence[Deed], happened: Sequence[Deed], organization: OrganizationSettings, edit: Edit
    ) -> None:
        center = after(past, happened, organization)
        known = {each.number: each for each in all_bookings(center)}
        contacts = {each.id: each for each in center.list_contacts(limit=1000)}
        answer = done(edit, center)
        if not isinstance(answer, ChangedBooking):
            return
        before = known[answer.booking.number]
        owners = [each.outcome.contact_id for each in before.parties]
        assert [each.outcome.contact_id for each in answer.booking.parties][: len(owners)] == owners
        for contact in center.list_contacts(limit=1000):
            if contact.id in contacts:
                assert contacts[contact.id].values.keys() <= contact.values.keys()
        if organization.sync is SyncMode.OFF and len(owners) == len(list(answer.booking.parties)):
            assert {each.id: each for each in center.list_contacts(limit=1000)} == contacts

    @few
    @given(people, happenings, settings_strategy, edits(), edits())
    def test_in_one_call_or_in_two_the_booking_becomes_the_same(
        self,
        past: Sequence[Deed],
        happened: Sequence[Deed],
        organization: OrganizationSettings,
        first: Edit,
        second: Edit,
    ) -> None:
        """What contacts take over may differ: a value that comes and goes within one call is none."""
        once, twice = after(past, happened, organization), after(past, happened, organization)
        together = done(Edit(first.number, [*first.edits, *second.edits]), once)
        done(Edit(first.number, first.edits), twice)
        alone = done(Edit(first.number, second.edits), twice)
        if isinstance(together, ChangedBooking) and isinstance(alone, ChangedBooking):
            entered = [[each.entered for each in told.booking.parties] for told in (together, alone)]
            assert entered[0] == entered[1]
            assert [each.status for each in together.booking.parties] == [each.status for each in alone.booking.parties]
            assert together.booking.products == alone.booking.products
            assert together.booking.status is alone.booking.status


class TestAtTheDoor:
    """BO-2: nobody comes in twice, and nobody with a cancelled ticket."""

    @few
    @given(people, happenings, settings_strategy)
    def test_whoever_is_checked_in_was_let_in_once(
        self, past: Sequence[Deed], happened: Sequence[Deed], organization: OrganizationSettings
    ) -> None:
        center = after(past, happened, organization)
        for booking in all_bookings(center):
            for position, party in enumerate(booking.attendees):
                key = f"attendees[{position}].status"
                words = [each.after[key] for each in center.bookings.history(booking.number) if key in each.after]
                assert words.count("checked_in") <= 1
                assert (words[-1:] == ["checked_in"]) is (party.status is AttendeeStatus.CHECKED_IN)
