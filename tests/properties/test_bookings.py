"""What holds for every booking, whoever is known beforehand and whatever the parties enter (chapters 2 and 3)."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import Booking, Contact, ContactCenter, EmailAddress, OrganizationSettings, SyncMode, is_blank
from doocore.contact_center.shell import gather
from doocore.model.booking import Party
from doocore.model.fields import trimmed
from doocore.model.identifiers import IdentifierKind
from doocore.plans.booking import BookingResult, plan_booking
from doocore.plans.booking_delivery import needs_of, read_booking
from doocore.plans.story import Needs, Plan
from tests.builders import PARSERS, CountedIds, circumstances, everything, transaction_of
from tests.properties.strategies import Book, Deed, bookings, center_with, done, pasts, settings_strategy

few = settings(max_examples=40)


def contacts_of(center: ContactCenter) -> dict[str, Contact]:
    return {each.id: each for each in center.list_contacts(limit=1000)}


def key_of(party: Party) -> str | None:
    if party.email is None or is_blank(party.email):
        return None
    address = PARSERS.email(trimmed(party.email))
    return address.key if isinstance(address, EmailAddress) else None


def book(center: ContactCenter, booking: Booking) -> BookingResult | None:
    """Book; None where the story ended in an error (a number that was used before, for instance)."""
    answer = done(Book(booking, by_staff=True), center)
    return answer if isinstance(answer, BookingResult) else None


class TestOneAddressOneContact:
    """AS-10: "Within one booking one address leads to one contact"."""

    @few
    @given(pasts, settings_strategy, bookings(chooses=True))
    def test_for_all_who_come_by_their_address(
        self, past: Sequence[Deed], organization: OrganizationSettings, booking: Booking
    ) -> None:
        result = book(center_with(past, organization), booking)
        reached: dict[str, set[str | None]] = {}
        for party, outcome in zip(booking.parties, result.parties if result else (), strict=result is not None):
            key = key_of(party)
            if key is not None and party.prefill is None and party.chosen is None:
                reached.setdefault(key, set()).add(outcome.contact_id)
        assert all(len(contact_ids) == 1 for contact_ids in reached.values())


class TestDeliveredTwice:
    """AS-13: "The same booking delivered twice … changes nothing the second time and answers as the first time"."""

    @few
    @given(pasts, settings_strategy, bookings(chooses=True))
    def test_always(self, past: Sequence[Deed], organization: OrganizationSettings, booking: Booking) -> None:
        center = center_with(past, organization)
        numbered = replace(booking, number=booking.number or "TX-ZZZZ-0000")
        first = book(center, numbered)
        after = everything(center)
        again = book(center, numbered)
        assert everything(center) == after
        assert (again is None) is (first is None)
        if first is not None and again is not None:
            assert again == replace(first, changes=(), repeated=True)


class TestBlankNeverErases:
    """SY-1: blank, given or not, leaves what the contact has."""

    @few
    @given(pasts, settings_strategy, bookings(chooses=True))
    def test_under_every_setting(
        self, past: Sequence[Deed], organization: OrganizationSettings, booking: Booking
    ) -> None:
        center = center_with(past, organization)
        before = contacts_of(center)
        book(center, booking)
        after = contacts_of(center)
        for contact_id, contact in before.items():
            assert set(after[contact_id].values) >= set(contact.values)


class TestOff:
    """SY-4, SY-6: under `off` a value that is there is `kept`."""

    @few
    @given(pasts, bookings(chooses=True))
    def test_no_value_that_is_there_changes(self, past: Sequence[Deed], booking: Booking) -> None:
        center = center_with(past)
        center.change_settings(replace(center.settings, sync=SyncMode.OFF))
        before = contacts_of(center)
        book(center, booking)
        after = contacts_of(center)
        for contact_id, contact in before.items():
            assert contact.values.items() <= after[contact_id].values.items()


class TestIdentifiers:
    """SY-8: "sync never makes a second holder of an identifier"."""

    @few
    @given(pasts, settings_strategy, bookings(chooses=True))
    def test_no_contact_becomes_the_second_holder(
        self, past: Sequence[Deed], organization: OrganizationSettings, booking: Booking
    ) -> None:
        """Of an address only a new contact does (AS-1d)."""
        center = center_with(past, organization)
        before = contacts_of(center)
        book(center, booking)
        after = contacts_of(center).values()
        for contact in after:
            known = before[contact.id].identifiers if contact.id in before else frozenset()
            for key in contact.identifiers - known:
                if key.kind is IdentifierKind.EMAIL and contact.id not in before:
                    continue
                assert [each.id for each in after if key in each.identifiers] == [contact.id]


class TestOrder:
    """A store may give contacts in any order; a decision is the same."""

    @few
    @given(pasts, settings_strategy, bookings(chooses=True), st.data())
    def test_of_contacts_and_holders_does_not_matter(
        self, past: Sequence[Deed], organization: OrganizationSettings, booking: Booking, data: st.DataObject
    ) -> None:
        center = center_with(past, organization)
        request = read_booking(
            replace(booking, number="TX-ZZZZ-0000"), iter(CountedIds().booking_number, None), PARSERS
        )
        needs = needs_of(request)
        answer: Plan[BookingResult] | Needs = needs
        while isinstance(answer, Needs):
            needs |= answer
            with transaction_of(center) as transaction:
                facts = gather(transaction, needs)
            try:
                answer = plan_booking(request, facts, circumstances())
            except LookupError:  # a chosen contact that does not exist
                return
        contacts = data.draw(st.permutations(list(facts.contacts.items())))
        holders = {key: tuple(data.draw(st.permutations(list(ids)))) for key, ids in facts.holders.items()}
        shuffled = replace(facts, contacts=dict(contacts), holders=holders)
        assert plan_booking(request, shuffled, circumstances()) == answer


class TestWhatIsKept:
    @few
    @given(pasts, settings_strategy, bookings())
    def test_every_party_is_recorded_as_it_was_entered_and_decided(
        self, past: Sequence[Deed], organization: OrganizationSettings, booking: Booking
    ) -> None:
        """AS-1e, SY-9: what reaches no contact stays on the booking."""
        center = center_with(past, organization)
        result = book(center, replace(booking, number=None))
        assert result is not None
        recorded = list(center.bookings.get(result.number).parties)
        assert [each.entered for each in recorded] == list(booking.parties)
        assert [each.outcome for each in recorded] == list(result.parties)

    @few
    @given(pasts, settings_strategy, bookings())
    def test_the_key_of_every_address_is_its_own(
        self, past: Sequence[Deed], organization: OrganizationSettings, booking: Booking
    ) -> None:
        """ID-3: "the key is computed in the core only, stored beside it"."""
        center = center_with(past, organization)
        book(center, booking)
        contacts = contacts_of(center).values()
        with transaction_of(center) as transaction:
            for contact in contacts:
                email = contact.values.get("email")
                assert contact.email_key == (None if email is None else key_of(Party(email=str(email))))
                for key in contact.identifiers:
                    assert contact.id in transaction.contacts.holders([key])[key]
