"""Contacts, groups and fields that are deleted: told first, confirmed by handing it back (CT-3, GR-1, FI-4)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from doocore import (
    Booker,
    ContactCenter,
    ContactDeletion,
    ContactId,
    CreateFieldFromColumn,
    DuplicateMode,
    DuplicateNameError,
    FieldDeletion,
    FieldType,
    FrozenDict,
    GroupDeletion,
    ImportOptions,
    ImportProgress,
    InvalidFieldError,
    NotFoundError,
    OptedOutError,
    PermissionDeniedError,
    Question,
    QuestionLevel,
    RowOutcome,
    StaleVersionError,
    SubscriptionState,
    Through,
)
from doocore.changes import ChangeEvent, DeleteContact, DeleteField, DeleteGroup, RecordOptOut
from doocore.contact_center import SystemClock, importing
from doocore.model.contact import OptOut
from doocore.model.deletion import Belongings
from doocore.model.fields import SYSTEM_KEYS
from doocore.plans import deleting
from doocore.plans.story import Facts, Needs, Plan
from doocore.ports import Store
from doocore_adapters.memory import MemoryStore
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.sqlite import SqliteStore
from tests.builders import (
    KIM,
    LOU,
    MARKETING,
    NEWSLETTER,
    PARSERS,
    Table,
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
    transaction_of,
)

UNKNOWN, SUBSCRIBED, UNSUBSCRIBED = SubscriptionState


def center_with_ada() -> ContactCenter:
    """Ada (1) has booked for herself and Bob (2), and is an attendee of Bob's; she is in a group and was changed."""
    center = new_center()
    center.create_contact({"email": "ada@x.de", "customer_id": "K1"}, groups=["VIP"], subscriptions={NEWSLETTER: True})
    center.change_contact("c0001", {"city": "Ulm"})
    center.book(booking(party("ada@x.de"), party("ada@x.de"), party("bob@x.de"), number="TX-AAAA-0001"))
    center.book(booking(party("bob@x.de"), party("ada@x.de", city="Bonn"), number="TX-AAAA-0002"))
    return center


def parties(center: ContactCenter) -> list[str | None]:
    """Whom the parties of all bookings belong to."""
    return [each.outcome.contact_id for recorded in center.bookings.all() for each in recorded.parties]


class TestDeletingAContact:
    """CT-3: "Deleting a contact leaves its bookings and attendees unassigned; the caller is told how many beforehand"."""

    def test_the_caller_is_told_how_many_bookings_and_attendees_lose_their_contact(self) -> None:
        center = center_with_ada()
        before = everything(center)
        ada = center.contact("c0001")
        assert center.deletion("c0001") == ContactDeletion(contact=ada, bookings=1, attendees=2)
        assert center.deletion("c0002") == ContactDeletion(contact=center.contact("c0002"), bookings=1, attendees=1)
        assert everything(center) == before

    def test_bookings_and_attendees_are_left_unassigned_with_what_was_entered(self) -> None:
        center = center_with_ada()
        before = list(center.bookings.all())
        center.delete_contact(center.deletion("c0001"))
        after = list(center.bookings.all())
        assert parties(center) == [None, None, "c0002", "c0002", None]
        for was, now in zip(before, after, strict=True):
            assert replace(now, booker=was.booker, attendees=was.attendees) == was
            for former, party_now in zip(was.parties, now.parties, strict=True):
                assert party_now.entered == former.entered
                assert party_now.outcome.assignment == former.outcome.assignment
                assert party_now.outcome.customer_id == former.outcome.customer_id

    def test_nothing_of_it_can_be_reached_any_more(self) -> None:
        center = center_with_ada()
        center.delete_contact(center.deletion("c0001"))
        for ask in (center.contact, center.details, center.history, center.deletion):
            with pytest.raises(NotFoundError) as caught:
                ask("c0001")
            assert (caught.value.noun, caught.value.key) == ("contact", "c0001")
        assert center.contacts_by_email("ada@x.de") == center.contacts_by_customer_id("K1") == ()
        assert [each.id for each in center.list_contacts()] == ["c0002"]
        assert center.groups.members("VIP") == ()
        with transaction_of(center) as transaction:
            assert transaction.history.of_contact(ContactId("c0001")) == ()

    def test_whoever_comes_by_its_address_or_its_prefill_is_a_new_contact(self) -> None:
        """AS-1c, AS-6; ID-1: under another ID."""
        center = center_with_ada()
        center.delete_contact(center.deletion("c0001"))
        result = center.book(booking(party("ada@x.de"), party("new@x.de", prefill=prefilled("c0001", "new@x.de"))))
        assert [(each.reason, each.contact_id) for each in result.parties] == [
            ("no_match", "c0003"),
            ("no_match", "c0004"),
        ]
        assert result.attendees[0].assignment.rules == ("AS-6", "AS-1c")

    def test_the_same_booking_delivered_again_changes_nothing(self) -> None:
        """AS-13: the fingerprint decides; whose it was is not told again."""
        center = center_with_ada()
        center.delete_contact(center.deletion("c0001"))
        before = everything(center)
        delivered = booking(party("ada@x.de"), party("ada@x.de"), party("bob@x.de"), number="TX-AAAA-0001")
        again = center.book(delivered)
        assert again.repeated
        assert [each.contact_id for each in again.parties] == [None, None, "c0002"]
        assert everything(center) == before

    def test_its_identifiers_are_free(self) -> None:
        """ID-5: nobody holds them."""
        center = center_with_ada()
        center.delete_contact(center.deletion("c0001"))
        assert center.create_contact({"email": "ada@x.de", "customer_id": "K1"}).id == "c0003"

    @pytest.mark.parametrize(
        "meanwhile",
        [
            lambda center: center.change_contact("c0001", {"city": "Bonn"}),
            lambda center: center.set_subscription("c0001", NEWSLETTER, UNSUBSCRIBED),
            lambda center: center.book(booking(party("ada@x.de"))),
            lambda center: center.book(booking(party("bob@x.de"), party("ada@x.de"))),
            lambda center: merge(center, "c0001", "c0002"),
            lambda center: merge(center, "c0002", "c0001"),
        ],
        ids=["values", "subscription", "booking", "attendee", "other merged into it", "merged into the other"],
    )
    def test_what_changed_since_it_was_told_is_noticed(self, meanwhile: Callable[[ContactCenter], object]) -> None:
        center = center_with_ada()
        told = center.deletion("c0001")
        meanwhile(center)
        before = everything(center)
        with pytest.raises(StaleVersionError) as caught:
            center.delete_contact(told)
        assert (caught.value.noun, caught.value.key) == ("contact", "c0001")
        assert everything(center) == before
        center.delete_contact(center.deletion("c0001"))

    def test_what_has_nothing_to_do_with_it_changes_nothing(self) -> None:
        center = center_with_ada()
        told = center.deletion("c0001")
        center.change_contact("c0002", {"city": "Bonn"})
        center.book(booking(party("bob@x.de")))
        center.delete_contact(told)
        assert center.count_contacts() == 1

    def test_it_is_deleted_once(self) -> None:
        center = center_with_ada()
        told = center.deletion("c0001")
        center.delete_contact(told)
        with pytest.raises(NotFoundError):
            center.delete_contact(told)

    def test_the_id_of_a_merged_contact_means_the_survivor(self) -> None:
        """CT-2: "merged IDs resolve"; and the survivor's end is the end of all of them."""
        center = center_with_ada()
        merge(center, "c0002", "c0001")
        told = center.deletion("c0001")
        assert (told.contact.id, told.merged) == ("c0002", ("c0001",))
        assert (told.bookings, told.attendees) == (2, 3)
        center.delete_contact(told)
        assert parties(center) == [None] * 5
        for contact_id in ("c0001", "c0002"):
            with pytest.raises(NotFoundError):
                center.contact(contact_id)
        with transaction_of(center) as transaction:
            assert transaction.history.of_contact(ContactId("c0001")) == ()

    def test_it_takes_a_member(self) -> None:
        center = center_with_ada()
        told = center.deletion("c0001")
        with pytest.raises(PermissionDeniedError):
            center.acting_as(Booker()).delete_contact(told)
        center.acting_as(LOU).delete_contact(told)


class TestOptOutsOfADeletedContact:
    """SU-5: "It binds the address, not the record: every contact with that match key, present or later"."""

    def center(self) -> ContactCenter:
        """Ada (1) unsubscribed by herself, with one address, and then took another one."""
        center = new_center()
        center.create_contact({"email": "ada@x.de"})
        center.set_subscription("c0001", NEWSLETTER, UNSUBSCRIBED, through=Through.UNSUBSCRIBE_LINK)
        center.set_subscription("c0001", MARKETING, UNSUBSCRIBED)
        center.change_contact("c0001", {"email": "eve@x.de"})
        return center

    @pytest.mark.parametrize("address", ["ada@x.de", "EVE@x.de"])
    def test_the_address_stays_bound(self, address: str) -> None:
        """That of the opt-out, and the one that the record had taken over the person's own word to."""
        center = self.center()
        with pytest.raises(OptedOutError):
            center.set_subscription("c0001", NEWSLETTER, SUBSCRIBED)
        center.delete_contact(center.deletion("c0001"))
        again = center.create_contact({"email": address})
        with pytest.raises(OptedOutError):
            center.set_subscription(again.id, NEWSLETTER, SUBSCRIBED)
        report = center.import_contacts([{"E-Mail": address, "Newsletter": "1"}])
        assert {each.value: count for each, count in report.warnings.items()} == {"opted_out": 1}

    def test_what_staff_ended_binds_nobody(self) -> None:
        center = self.center()
        center.delete_contact(center.deletion("c0001"))
        again = center.create_contact({"email": "ada@x.de"})
        assert center.set_subscription(again.id, MARKETING, SUBSCRIBED).contact.state(MARKETING) is SUBSCRIBED


class TestThePlanForAContact:
    def ada(self) -> ContactDeletion:
        ada = contact("c1", email="ada@x.de", customer_id="K1", aliases=[email_key("old@x.de")])
        return ContactDeletion(contact=ada, bookings=2, attendees=3, merged=(ContactId("c0"),))

    def facts(self, told: ContactDeletion, asked: Needs) -> Facts:
        belongings = Belongings(bookings=told.bookings, attendees=told.attendees, merged=told.merged)
        return Facts(asked=asked, contacts={told.contact.id: told.contact}, belongings={told.contact.id: belongings})

    def test_it_asks_what_belongs_to_the_contact(self) -> None:
        told = self.ada()
        facts = Facts(asked=Needs(), contacts={told.contact.id: told.contact})
        needs = Needs(belongings=frozenset({told.contact.id}))
        assert deleting.contact_deletion(told.contact.id, facts) == needs
        assert deleting.plan_contact_deletion(told, facts, circumstances()) == needs

    def test_it_locks_every_way_that_leads_to_the_contact(self) -> None:
        """A booking by its address, its alias or the prefill of a merged contact must not find it meanwhile."""
        told = self.ada()
        ways = Needs(
            keys=frozenset({email_key("ada@x.de"), email_key("old@x.de"), customer_key("K1")}),
            contacts=frozenset({ContactId("c0"), ContactId("c1")}),
        )
        asked = Needs(contacts=frozenset({told.contact.id}), belongings=frozenset({told.contact.id}))
        assert deleting.plan_contact_deletion(told, self.facts(told, asked), circumstances()) == ways
        for incomplete in (replace(ways, keys=frozenset()), replace(ways, contacts=asked.contacts)):
            answer = deleting.plan_contact_deletion(told, self.facts(told, asked | incomplete), circumstances())
            assert answer == ways

    def test_it_gives_one_change(self) -> None:
        told = self.ada()
        asked = Needs(keys=told.contact.identifiers, contacts=frozenset({told.contact.id, *told.merged}))
        plan = deleting.plan_contact_deletion(told, self.facts(told, asked), circumstances())
        assert isinstance(plan, Plan)
        assert plan.changes == (DeleteContact(told.contact.id, 1, told.merged),)
        assert plan.outcome == told

    def test_opt_outs_of_the_record_are_recorded_for_its_addresses(self) -> None:
        told = self.ada()
        center = new_center()
        created = center.create_contact({})
        own = center.set_subscription(created.id, NEWSLETTER, UNSUBSCRIBED, through=Through.PORTAL).contact
        told = replace(told, contact=replace(told.contact, subscriptions=own.subscriptions))
        asked = Needs(keys=told.contact.identifiers, contacts=frozenset({told.contact.id, *told.merged}))
        plan = deleting.plan_contact_deletion(told, self.facts(told, asked), circumstances())
        assert isinstance(plan, Plan)
        kept = [RecordOptOut(OptOut(each, NEWSLETTER)) for each in ("ada@x.de", "old@x.de")]
        assert plan.changes == (*kept, DeleteContact(told.contact.id, 1, told.merged))


class TestDeletingAGroup:
    """GR-1."""

    def center(self) -> ContactCenter:
        center = new_center()
        for groups in (["VIP", "Presse"], ["VIP"]):
            center.create_contact({}, groups=groups)
        return center

    def test_the_caller_is_told_how_many_are_in_it(self) -> None:
        center = self.center()
        before = everything(center)
        told = center.groups.deletion(" vip")
        assert told == GroupDeletion(group=next(each for each in center.groups.all() if each.name == "VIP"), contacts=2)
        assert everything(center) == before

    def test_it_goes_and_the_contacts_stay(self) -> None:
        center = self.center()
        before = everything(center)
        center.acting_as(LOU).groups.delete(center.groups.deletion("VIP"))
        after = everything(center)
        assert after["groups"] == {"Presse": ("c0001",)}
        assert {**after, "groups": None} == {**before, "groups": None}
        center.groups.create("vip")
        assert center.groups.members("vip") == ()

    @pytest.mark.parametrize(
        "meanwhile",
        [
            lambda center: center.create_contact({}, groups=["VIP"]),
            lambda center: center.groups.leave("VIP", ["c0001"]),
            lambda center: center.groups.rename("VIP", "Vip"),
        ],
        ids=["joined", "left", "renamed"],
    )
    def test_what_changed_since_it_was_told_is_noticed(self, meanwhile: Callable[[ContactCenter], object]) -> None:
        center = self.center()
        told = center.groups.deletion("VIP")
        meanwhile(center)
        before = everything(center)
        with pytest.raises(StaleVersionError) as caught:
            center.groups.delete(told)
        assert (caught.value.noun, caught.value.key) == ("group", "VIP")
        assert everything(center) == before

    def test_another_of_the_same_name_is_not_meant(self) -> None:
        center = self.center()
        told = center.groups.deletion("Presse")
        center.groups.delete(told)
        with pytest.raises(NotFoundError) as caught:
            center.groups.delete(told)
        assert (caught.value.noun, caught.value.key) == ("group", "Presse")
        center.groups.create("Presse", ["c0002"])
        with pytest.raises(StaleVersionError):
            center.groups.delete(told)

    def test_it_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            new_center().groups.deletion("VIP")
        assert (caught.value.noun, caught.value.key) == ("group", "VIP")

    def test_it_takes_a_member(self) -> None:
        center = self.center()
        with pytest.raises(PermissionDeniedError):
            center.acting_as(Booker()).groups.delete(center.groups.deletion("VIP"))

    def test_the_plan_is_one_change(self) -> None:
        center = self.center()
        told = center.groups.deletion("VIP")
        facts = Facts(asked=Needs(), groups={"vip": told.group}, members={told.group.id: 2})
        plan = deleting.plan_group_deletion(told, facts, circumstances())
        assert isinstance(plan, Plan)
        assert (plan.changes, plan.outcome) == ((DeleteGroup(told.group.id),), told)
        needs = Needs(members=frozenset({told.group.id}))
        assert deleting.plan_group_deletion(told, replace(facts, members={}), circumstances()) == needs


class TestDeletingAField:
    """FI-4: "deleted (their values go with them, and the caller is told how many contacts lose one)"."""

    def center(self) -> ContactCenter:
        """Three have a branch, one of them no longer; one has a size; an event asks for both."""
        center = new_center()
        center.fields.create("Branch", FieldType.SELECT, options=["IT", "Bau"])
        center.fields.create("Size")
        for values in ({"Branch": "IT"}, {"Branch": "Bau", "Size": "M"}, {"Branch": "IT"}, {"city": "Ulm"}):
            center.create_contact(values)
        center.change_contact("c0003", {"Branch": ""})
        questions = [
            Question(id="q1", level=QuestionLevel.BOOKING, text="What do you do?", field="Branch"),
            Question(id="q2", level=QuestionLevel.ATTENDEE, field="Branch", hidden=True),
            Question(id="q3", level=QuestionLevel.ATTENDEE, field="Size"),
        ]
        center.events.put(live_event("asks", questions=questions))
        center.events.put(live_event("asks not", questions=questions[2:]))
        return center

    def test_the_caller_is_told_how_many_contacts_lose_a_value_and_which_events_ask(self) -> None:
        center = self.center()
        before = everything(center)
        branch = center.fields.catalog().custom[0]
        assert center.fields.deletion(" branch") == FieldDeletion(field=branch, contacts=2, events=("asks",))
        size = center.fields.deletion("Size")
        assert (size.contacts, size.events) == (1, ("asks", "asks not"))
        assert everything(center) == before

    def test_its_values_go_with_it_and_nothing_else(self) -> None:
        center = self.center()
        before = {str(each.id): each for each in center.list_contacts()}
        center.fields.delete(center.fields.deletion("Branch"))
        after = {str(each.id): each for each in center.list_contacts()}
        assert [each.name for each in center.fields.catalog().custom] == ["Size"]
        assert center.fields.catalog().named("Branch") is None
        assert after["c0001"] == replace(before["c0001"], values=type(before["c0001"].values)(), version=2)
        assert [each.version for each in after.values()] == [2, 2, 2, 1]
        size = center.fields.catalog().custom[0]
        assert after["c0002"].values == {size.key: "M"}
        assert (after["c0003"], after["c0004"]) == (before["c0003"], before["c0004"])

    def test_the_history_tells_what_was_there(self) -> None:
        """HI-1: walking back goes on; the reference is the name that the field had."""
        center = self.center()
        branch = center.fields.catalog().custom[0]
        center.change_contact("c0001", {"Branch": "Bau"})
        center.fields.delete(center.fields.deletion("Branch"))
        changed, lost = center.history("c0001")
        assert (changed.before, changed.after) == ({branch.key: "IT"}, {branch.key: "Bau"})
        assert (lost.before, lost.after, lost.version) == ({branch.key: "Bau"}, {}, 3)
        assert (lost.reference, lost.rules, lost.actor) == ("Branch", ("FI-4",), "user:kim")
        walked = dict(center.contact("c0001").values)
        for entry in (lost, changed):
            walked = {key: value for key, value in walked.items() if key not in entry.after} | entry.before
        assert walked == {branch.key: "IT"}

    def test_whoever_saw_the_contact_with_the_value_must_look_again(self) -> None:
        center = self.center()
        seen = center.contact("c0001").version
        center.fields.delete(center.fields.deletion("Branch"))
        with pytest.raises(StaleVersionError):
            center.change_contact("c0001", {"city": "Ulm"}, version=seen)

    def test_events_go_on_asking_and_the_answers_stay_on_the_bookings(self) -> None:
        center = self.center()
        center.fields.delete(center.fields.deletion("Branch"))
        questions = center.events.get("asks").questions
        assert [(each.id, each.text, each.field is None, each.hidden) for each in questions] == [
            ("q1", "What do you do?", True, False),
            ("q2", "", True, True),
            ("q3", "", False, False),
        ]
        result = center.book(booking(party("ada@x.de", answers={"q1": "IT"}), event_id="asks"))
        assert result.booker.contact_id is not None
        assert center.contact(result.booker.contact_id).values == {"email": "ada@x.de"}
        assert center.bookings.get(result.number).booker.entered.answers == {"q1": "IT"}
        assert center.events.go_live("asks").questions == questions

    @pytest.mark.parametrize("mode", DuplicateMode)
    def test_a_list_that_is_being_imported_leaves_the_column_out_from_then_on(
        self, mode: DuplicateMode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No value comes into a field that there is no more, neither on new contacts nor on old ones."""
        monkeypatch.setattr(importing, "UNIT", 2)
        center = self.center()
        for number in range(6):
            center.create_contact({"email": f"{number}@x.de"})
        table = Table(["E-Mail", "Branch", "Ort"], [[f"{number}@x.de", "IT", "Bonn"] for number in (0, 6, 1, 7, 2, 8)])

        def delete_then(progress: ImportProgress) -> None:
            if progress.done == 2 and progress.rows:
                center.fields.delete(center.fields.deletion("Branch"))

        report = center.import_contacts(table, ImportOptions(duplicates=mode), progress=delete_then)
        assert report.total == 6
        assert RowOutcome.UNPROCESSED not in {each for each, count in report.counts.items() if count}
        keys = {key for each in center.list_contacts() for key in each.values}
        assert keys == {"email", "city", center.fields.catalog().custom[0].key}

    def test_its_name_is_free_and_its_key_is_not_given_again(self) -> None:
        center = self.center()
        gone = center.fields.catalog().custom[0]
        center.fields.delete(center.fields.deletion("Branch"))
        again = center.fields.create("Branch")
        assert again.key != gone.key
        assert center.fields.deletion("Branch").contacts == 0

    def test_a_list_makes_no_field_of_the_name_of_an_archived_one(self) -> None:
        """FI-3, FI-4: it is offered no more, and its name is taken."""
        center = self.center()
        center.fields.change("Size", archived=True)
        before = everything(center)
        options = ImportOptions(mapping=FrozenDict({"Shirt": CreateFieldFromColumn("Size")}))
        with pytest.raises(DuplicateNameError):
            center.import_contacts([{"E-Mail": "ada@x.de", "Shirt": "M"}], options)
        assert everything(center) == before

    def test_an_archived_field_can_be_deleted(self) -> None:
        center = self.center()
        center.fields.change("Branch", archived=True)
        told = center.fields.deletion("Branch")
        assert (told.contacts, told.field.archived) == (2, True)
        center.fields.delete(told)
        assert len(center.fields.catalog().custom) == 1

    @pytest.mark.parametrize(
        "meanwhile",
        [
            lambda center: center.create_contact({"Branch": "IT"}),
            lambda center: center.change_contact("c0001", {"Branch": ""}),
            lambda center: center.fields.change("Branch", options=["IT"]),
            lambda center: center.fields.change("Branch", name="Sector"),
            lambda center: center.events.put(live_event("asks")),
        ],
        ids=["one more", "one less", "options", "name", "question"],
    )
    def test_what_changed_since_it_was_told_is_noticed(self, meanwhile: Callable[[ContactCenter], object]) -> None:
        center = self.center()
        told = center.fields.deletion("Branch")
        meanwhile(center)
        before = everything(center)
        with pytest.raises(StaleVersionError) as caught:
            center.fields.delete(told)
        assert (caught.value.noun, caught.value.key) == ("field", "Branch")
        assert everything(center) == before

    def test_it_is_deleted_once(self) -> None:
        center = self.center()
        told = center.fields.deletion("Branch")
        center.fields.delete(told)
        with pytest.raises(NotFoundError) as caught:
            center.fields.delete(told)
        assert caught.value.noun == "field"

    @pytest.mark.parametrize("name", [*SYSTEM_KEYS, "Vorname"])
    def test_a_system_field_stays(self, name: str) -> None:
        """FI-1."""
        with pytest.raises(InvalidFieldError, match="a system field cannot be deleted"):
            new_center().fields.deletion(name)

    def test_it_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            new_center().fields.deletion("Branch")
        assert (caught.value.noun, caught.value.key) == ("field", "Branch")

    def test_only_a_team_admin_deletes_it(self) -> None:
        """PR-2."""
        center = self.center()
        told = center.fields.deletion("Branch")
        with pytest.raises(PermissionDeniedError):
            center.acting_as(LOU).fields.delete(told)

    def test_the_plan_unlinks_the_questions_and_deletes_the_field(self) -> None:
        center = self.center()
        told = center.fields.deletion("Branch")
        event = center.events.get("asks")
        facts = Facts(
            asked=Needs(), catalog=center.fields.catalog(), values={told.field.key: 2}, events={event.id: event}
        )
        plan = deleting.plan_field_deletion(told, facts, circumstances())
        assert isinstance(plan, Plan)
        unlinked = [replace(each, field=None) for each in event.questions[:2]]
        after = replace(event, questions=[*unlinked, event.questions[2]], version=event.version + 1)
        assert plan.changes == (ChangeEvent(after), DeleteField(told.field.key, ("FI-4",)))
        needs = Needs(values=frozenset({told.field.key}))
        assert deleting.plan_field_deletion(told, replace(facts, values={}), circumstances()) == needs


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        store: Store = MemoryStore()
    elif request.param == "sqlite":
        store = SqliteStore(tmp_path / "contacts.db")
    else:
        store = PostgresStore(request.getfixturevalue("postgres"))
    with closing(store):
        yield store


def test_a_deletion_that_races_bookings_leaves_no_party_with_a_contact_that_is_gone(store: Store) -> None:
    """Whoever is first: a booking is noticed by the deletion, or comes to a new contact (CT-3, AS-12)."""
    center = ContactCenter(store.organization("acme"), parsers=PARSERS, clock=SystemClock()).acting_as(KIM)
    center.events.put(live_event())

    def book(_: int) -> None:
        center.book(booking(party("ada@x.de"), party("ada@x.de")))

    def delete(_: int) -> None:
        for found in center.contacts_by_email("ada@x.de"):
            with suppress(StaleVersionError, NotFoundError):  # somebody booked, or another thread has deleted it
                center.delete_contact(center.deletion(found.id))

    with ThreadPoolExecutor(4) as threads:
        for future in [threads.submit(deed, number) for number in range(20) for deed in (book, delete)]:
            future.result(60)
    known = {None, *(each.id for each in center.list_contacts())}
    found = parties(center)
    assert len(found) == 40
    assert set(found) <= known
    assert len(center.contacts_by_email("ada@x.de")) <= 1
