"""Contacts created, changed and read by hand, and what people subscribe to (chapter 5, ID-5)."""

from collections.abc import Mapping
from itertools import product

import pytest

from doocore import (
    Booker,
    Cause,
    Consent,
    ContactCenter,
    ContactId,
    DuplicateIdentifierError,
    FrozenDict,
    InvalidFieldValueError,
    InvalidNameError,
    NotFoundError,
    OptedOutError,
    PermissionDeniedError,
    StaleVersionError,
    Subscription,
    SubscriptionState,
    Through,
)
from doocore.changes import CreateContact, CreateGroup, JoinGroup, LiftOptOut, UpdateContact
from doocore.model.contact import OptOut
from doocore.plans.by_hand import CAUSES, ContactRequest, needs_of_contact, plan_contact
from doocore.plans.story import Facts, Needs, Plan
from tests.builders import (
    LOU,
    MARKETING,
    NEWSLETTER,
    NOW,
    SteadyClock,
    circumstances,
    contact,
    customer_key,
    email_key,
    everything,
    merge,
    new_center,
    transaction_of,
)

UNKNOWN, SUBSCRIBED, UNSUBSCRIBED = SubscriptionState
OWN = (Through.UNSUBSCRIBE_LINK, Through.PORTAL)


def bars(center: ContactCenter, key: str = "ada@x.de") -> frozenset[OptOut]:
    with transaction_of(center) as transaction:
        return transaction.contacts.opt_outs([key])


class TestCreating:
    """CT-1: "Contacts are created and changed by hand: values, groups, subscriptions"."""

    def test_values_go_by_keys_labels_and_names_and_are_normalized(self) -> None:
        center = new_center()
        vip = center.fields.create("VIP")
        created = center.create_contact({"E-Mail": " Ada@x.de ", "Land": "Deutschland", "vip": "yes", "city": " "})
        assert created.values == {"email": "Ada@x.de", "country": "DE", vip.key: "yes"}
        assert (created.email_key, created.version, created.created_at) == ("ada@x.de", 1, NOW)
        assert (created.origin.cause, created.origin.actor) == (Cause.BY_HAND, "user:kim")
        assert center.contact(created.id) == created

    def test_a_contact_may_be_blank(self) -> None:
        assert new_center().create_contact({}).values == {}

    def test_numbers_and_truths_are_values(self) -> None:
        assert new_center().create_contact({"postal_code": 80331}).values == {"postal_code": "80331"}

    def test_subscriptions_are_asked_for_never_assumed(self) -> None:
        center = new_center()
        assert center.create_contact({"email": "a@x.de"}).subscriptions == {}
        created = center.create_contact({"email": "b@x.de"}, subscriptions={NEWSLETTER: True, MARKETING: False})
        assert created.subscriptions == {
            NEWSLETTER: Consent(SUBSCRIBED, NOW, Through.BY_HAND),
            MARKETING: Consent(UNSUBSCRIBED, NOW, Through.BY_HAND),
        }
        assert created.version == 1

    def test_a_groups_name_has_up_to_255_characters(self) -> None:
        assert new_center().groups.create("x" * 255).name == "x" * 255

    def test_groups_are_joined_and_made_where_they_are_missing(self) -> None:
        """GR-1: names are compared without case; the first spelling makes the name."""
        center = new_center()
        center.groups.create("VIP")
        created = center.create_contact({}, groups=["vip", " Presse ", "PRESSE"])
        assert center.details(created.id).groups == ("Presse", "VIP")

    @pytest.mark.parametrize("name", ["", " ", "a;b", "x" * 256])
    def test_a_name_that_no_group_can_have_is_refused(self, name: str) -> None:
        center = new_center()
        with pytest.raises(InvalidNameError) as caught:
            center.create_contact({"email": "ada@x.de"}, groups=[name])
        assert (caught.value.noun, caught.value.name) == ("group", name.strip())
        assert center.count_contacts() == 0

    @pytest.mark.parametrize(
        ("values", "error", "reason"),
        [
            ({"E-Mail": "no address"}, "E-Mail", "invalid_email"),
            ({"title": "Earl"}, "title", "unknown_option"),
            ({"city": "x" * 46}, "city", "too_long"),
            ({"phone": "12"}, "phone", "invalid_value"),
            ({"first_name": True}, "first_name", "invalid_value"),
        ],
    )
    def test_a_value_that_its_field_cannot_hold_is_refused(
        self, values: Mapping[str, object], error: str, reason: str
    ) -> None:
        """FI-6: "a reason that names field, value and what was expected"."""
        center = new_center()
        with pytest.raises(InvalidFieldValueError) as caught:
            center.create_contact(values)
        assert (caught.value.field, caught.value.value, caught.value.reason) == (error, values[error], reason)
        assert caught.value.expected
        assert center.count_contacts() == 0

    def test_a_field_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            new_center().create_contact({"shoe size": "43"})
        assert (caught.value.noun, caught.value.key) == ("field", "shoe size")

    def test_it_takes_a_member(self) -> None:
        """PR-2."""
        assert new_center(actor=LOU).create_contact({}).origin.actor == "user:lou"
        with pytest.raises(PermissionDeniedError):
            new_center(actor=Booker()).create_contact({})


class TestChanging:
    def test_a_blank_value_clears_and_what_is_not_named_stays(self) -> None:
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de", "city": "Ulm", "company": "X"})
        changed = center.change_contact(ada.id, {"Ort": " ", "E-Mail": None, "title": "Dr."})
        assert (changed.values, changed.email_key, changed.version) == ({"company": "X", "title": "Dr."}, None, 2)
        assert center.contact(ada.id) == changed
        assert center.contacts_by_email("ada@x.de") == ()

    def test_what_changes_nothing_is_no_change(self) -> None:
        center = new_center()
        ada = center.create_contact({"city": "Ulm"}, subscriptions={NEWSLETTER: True})
        assert center.change_contact(ada.id, {"city": " Ulm "}, subscriptions={NEWSLETTER: True}) == ada
        assert center.change_contact(ada.id) == ada
        assert center.history(ada.id) == ()

    def test_a_group_is_joined_without_a_new_version(self) -> None:
        center = new_center()
        ada = center.create_contact({})
        assert center.change_contact(ada.id, groups=["VIP"]).version == 1
        assert center.groups.members("vip") == (ada.id,)

    def test_an_option_that_was_removed_stays_where_it_is(self) -> None:
        """FI-5."""
        center = new_center()
        center.fields.change("title", options=["Dr.", "Earl"])
        ada = center.create_contact({"title": "Earl"})
        center.fields.change("title", options=["Dr."])
        assert center.change_contact(ada.id, {"title": "Earl", "city": "Ulm"}).values["title"] == "Earl"
        with pytest.raises(InvalidFieldValueError):
            center.create_contact({"title": "Earl"})

    def test_the_id_of_a_merged_contact_means_its_survivor(self) -> None:
        """MG-1."""
        center = new_center()
        ada, old = center.create_contact({"email": "ada@x.de"}), center.create_contact({"email": "old@x.de"})
        merge(center, ada.id, old.id)
        assert center.change_contact(old.id, {"city": "Ulm"}).id == ada.id

    def test_a_version_that_was_seen_and_is_no_more_is_refused(self) -> None:
        center = new_center()
        ada = center.create_contact({})
        center.change_contact(ada.id, {"city": "Ulm"}, version=1)
        with pytest.raises(StaleVersionError) as caught:
            center.change_contact(ada.id, {"city": "Bonn"}, version=1)
        assert (caught.value.noun, caught.value.key) == ("contact", ada.id)
        assert center.contact(ada.id).values == {"city": "Ulm"}

    def test_the_contact_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            new_center().change_contact("c9999", {})
        assert (caught.value.noun, caught.value.key) == ("contact", "c9999")

    def test_it_takes_a_member(self) -> None:
        center = new_center()
        ada = center.create_contact({})
        with pytest.raises(PermissionDeniedError):
            center.acting_as(Booker()).change_contact(ada.id, {"city": "Ulm"})

    def test_the_history_tells_it(self) -> None:
        """HI-1: "field, before, after, when, by whom, through what … rule IDs"."""
        clock = SteadyClock()
        center = new_center(clock=clock)
        ada = center.create_contact({"city": "Ulm", "title": "Dr."})
        clock.move(hours=1)
        center.acting_as(LOU).change_contact(
            ada.id, {"city": "Bonn", "title": "", "phone": "030 901820"}, subscriptions={NEWSLETTER: True}
        )
        (entry,) = center.history(ada.id)
        assert entry.before == {"city": "Ulm", "title": "Dr."}
        assert entry.after == {"city": "Bonn", "phone": "+4930901820", "newsletter": "subscribed"}
        assert (entry.actor, entry.at, entry.cause, entry.rules) == ("user:lou", clock.moment, Cause.BY_HAND, ("CT-1",))


class TestSecondHolders:
    """ID-5: refused "with the IDs of the holders, unless the caller confirms the duplicate"."""

    def center(self) -> ContactCenter:
        center = new_center()
        center.create_contact({"email": "ada@x.de", "customer_id": "K1"})
        center.create_contact({"email": "Ada@X.de"}, confirm_duplicate=True)
        center.create_contact({"first_name": "Bob"})
        return center

    @pytest.mark.parametrize(
        ("values", "field", "holders"),
        [
            ({"email": " ADA@x.de"}, "email", ("c0001", "c0002")),
            ({"customer_id": " K1 "}, "customer_id", ("c0001",)),
            ({"email": "ada@x.de", "customer_id": "K1"}, "customer_id", ("c0001",)),
        ],
    )
    def test_they_are_refused_until_confirmed(
        self, values: Mapping[str, object], field: str, holders: tuple[str, ...]
    ) -> None:
        center = self.center()
        before = everything(center)
        for attempt in (center.create_contact, lambda given: center.change_contact("c0003", given)):
            with pytest.raises(DuplicateIdentifierError) as caught:
                attempt(values)
            assert (caught.value.field, caught.value.holders) == (field, holders)
        assert everything(center) == before
        assert center.change_contact("c0003", values, confirm_duplicate=True).version == 2
        center.create_contact(values, confirm_duplicate=True)

    def test_customer_ids_are_compared_exactly(self) -> None:
        assert self.center().create_contact({"customer_id": "k1"}).customer_id == "k1"

    def test_what_the_contact_holds_already_it_may_keep(self) -> None:
        """In another spelling too, and although somebody else has it."""
        center = self.center()
        changed = center.change_contact("c0001", {"email": "ADA@x.de", "customer_id": "K1", "city": "Ulm"})
        assert changed.values["email"] == "ADA@x.de"

    def test_so_it_may_what_it_got_by_a_merge(self) -> None:
        """MG-5."""
        center = self.center()
        center.create_contact({"email": "old@x.de", "customer_id": "K4"})
        merge(center, "c0001", "c0004")
        assert center.change_contact("c0001", {"email": "old@x.de", "customer_id": "K4"}).email_key == "old@x.de"
        with pytest.raises(DuplicateIdentifierError):
            center.change_contact("c0003", {"email": "old@x.de"})

    def test_an_identifier_that_became_free_is_free(self) -> None:
        center = self.center()
        center.change_contact("c0001", {"customer_id": ""})
        assert center.change_contact("c0003", {"customer_id": "K1"}).customer_id == "K1"


class TestLeavingGroups:
    """CT-1, GR-1."""

    def test_groups_are_left_and_joined_at_once(self) -> None:
        center = new_center(actor=LOU)
        ada = center.create_contact({}, groups=["VIP", "Presse", "Alte"])
        center.change_contact(ada.id, groups=["Neue"], leave_groups=[" vip", "Alte"])
        assert center.details(ada.id).groups == ("Neue", "Presse")
        assert [each.name for each in center.groups.all()] == ["Alte", "Neue", "Presse", "VIP"]

    def test_a_group_that_one_is_not_in_may_be_left(self) -> None:
        center = new_center()
        center.groups.create("VIP")
        ada = center.create_contact({})
        assert center.change_contact(ada.id, leave_groups=["VIP"]) == ada

    def test_a_group_must_exist_to_be_left(self) -> None:
        center = new_center()
        ada = center.create_contact({})
        with pytest.raises(NotFoundError) as caught:
            center.change_contact(ada.id, {"city": "Ulm"}, leave_groups=["VIP"])
        assert (caught.value.noun, caught.value.key) == ("group", "VIP")
        assert center.contact(ada.id) == ada

    def test_one_group_cannot_be_joined_and_left_at_once(self) -> None:
        center = new_center()
        ada = center.create_contact({}, groups=["VIP"])
        with pytest.raises(InvalidNameError, match="joined and left at once"):
            center.change_contact(ada.id, groups=[" Vip"], leave_groups=["VIP"])
        assert center.details(ada.id).groups == ("VIP",)


class TestSubscribing:
    """SU-1: "each `unknown`, `subscribed` or `unsubscribed`, with when and through what"."""

    @pytest.mark.parametrize(
        ("before", "after", "through"), list(product(SubscriptionState, SubscriptionState, Through))
    )
    def test_every_state_may_become_every_other(
        self, before: SubscriptionState, after: SubscriptionState, through: Through
    ) -> None:
        clock = SteadyClock()
        center = new_center(clock=clock)
        ada = center.create_contact({"email": "ada@x.de"})
        given = center.set_subscription(ada.id, NEWSLETTER, before).contact
        clock.move(days=1)
        result = center.set_subscription(ada.id, NEWSLETTER, after, through=through)
        assert result.contact == center.contact(ada.id)
        becomes_own = after is UNSUBSCRIBED and through in OWN
        if after is before and not becomes_own:
            assert result.contact == given
        else:
            assert result.contact.subscriptions == {NEWSLETTER: Consent(after, clock.moment, through)}
            assert result.contact.version == given.version + 1
        assert not result.opted_out

    @pytest.mark.parametrize("through", Through)
    def test_the_history_tells_through_what(self, through: Through) -> None:
        center = new_center()
        ada = center.create_contact({})
        center.set_subscription(ada.id, NEWSLETTER, SUBSCRIBED, through=through)
        (entry,) = center.history(ada.id)
        assert (entry.cause, entry.rules, entry.after) == (CAUSES[through], ("SU-1",), {"newsletter": "subscribed"})

    def test_every_way_has_its_cause(self) -> None:
        assert set(CAUSES) == set(Through)

    def test_the_contact_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            new_center().set_subscription("c9999", NEWSLETTER, SUBSCRIBED)
        assert (caught.value.noun, caught.value.key) == ("contact", "c9999")

    def test_by_hand_it_takes_a_member_and_for_oneself_nobody(self) -> None:
        """PR-2: the person itself comes through the host's portal."""
        center = new_center()
        ada = center.create_contact({})
        booker = center.acting_as(Booker())
        with pytest.raises(PermissionDeniedError):
            booker.set_subscription(ada.id, NEWSLETTER, SUBSCRIBED)
        for through in (*OWN, Through.BOOKING):
            booker.set_subscription(ada.id, NEWSLETTER, SUBSCRIBED, through=through)


class TestOptingOut:
    """SU-4: "never undone … only by that person or by hand with confirmation". SU-5: "It binds the address"."""

    def center(self, through: Through = Through.UNSUBSCRIBE_LINK) -> ContactCenter:
        """Ada (1) has unsubscribed by herself; Eve (2) has her address, Nemo (3) has none and has unsubscribed too."""
        center = new_center()
        center.create_contact({"email": "ada@x.de"}, subscriptions={NEWSLETTER: True})
        center.create_contact({"email": "ADA@x.de"}, confirm_duplicate=True)
        center.create_contact({})
        for contact_id in ("c0001", "c0003"):
            center.set_subscription(contact_id, NEWSLETTER, UNSUBSCRIBED, through=through)
        return center

    @pytest.mark.parametrize("through", OWN)
    def test_it_is_recorded_for_the_address(self, through: Through) -> None:
        center = self.center(through)
        assert bars(center) == {OptOut("ada@x.de", NEWSLETTER)}
        assert center.contact("c0001").subscriptions == {NEWSLETTER: Consent(UNSUBSCRIBED, NOW, through)}
        assert center.contact("c0002").subscriptions == {}

    @pytest.mark.parametrize("through", [each for each in Through if each not in OWN])
    def test_what_others_end_is_recorded_for_the_record_alone(self, through: Through) -> None:
        center = new_center()
        ada = center.create_contact({"email": "ada@x.de"})
        center.set_subscription(ada.id, NEWSLETTER, UNSUBSCRIBED, through=through)
        assert bars(center) == frozenset()

    @pytest.mark.parametrize("contact_id", ["c0001", "c0002", "c0003"])
    @pytest.mark.parametrize("through", [Through.IMPORT, Through.BOOKING])
    @pytest.mark.parametrize("state", [SUBSCRIBED, UNKNOWN])
    def test_no_import_and_no_booking_undoes_it(
        self, contact_id: str, through: Through, state: SubscriptionState
    ) -> None:
        center = self.center()
        before = everything(center)
        result = center.set_subscription(contact_id, NEWSLETTER, state, through=through, confirm=True)
        assert (result.opted_out, result.changes) == (True, ())
        assert everything(center) == before

    @pytest.mark.parametrize("contact_id", ["c0001", "c0002", "c0003"])
    @pytest.mark.parametrize("state", [SUBSCRIBED, UNKNOWN])
    def test_by_hand_it_takes_confirmation(self, contact_id: str, state: SubscriptionState) -> None:
        center = self.center()
        before = everything(center)
        with pytest.raises(OptedOutError) as caught:
            center.set_subscription(contact_id, NEWSLETTER, state)
        assert (caught.value.contact_id, caught.value.subscription) == (contact_id, "newsletter")
        assert everything(center) == before
        center.set_subscription(contact_id, NEWSLETTER, state, confirm=True)
        assert center.contact(contact_id).state(NEWSLETTER) is state
        assert bars(center) == (frozenset() if contact_id != "c0003" else {OptOut("ada@x.de", NEWSLETTER)})

    @pytest.mark.parametrize("through", OWN)
    def test_the_person_itself_may_come_back(self, through: Through) -> None:
        center = self.center()
        center.set_subscription("c0001", NEWSLETTER, SUBSCRIBED, through=through)
        assert center.contact("c0001").state(NEWSLETTER) is SUBSCRIBED
        assert bars(center) == frozenset()

    def test_it_binds_one_subscription_and_no_other(self) -> None:
        center = self.center()
        for contact_id in ("c0001", "c0002", "c0003"):
            center.set_subscription(contact_id, MARKETING, SUBSCRIBED)
            assert center.contact(contact_id).state(MARKETING) is SUBSCRIBED

    def test_ending_it_by_hand_changes_nothing_about_it(self) -> None:
        center = self.center()
        before = everything(center)
        center.set_subscription("c0001", NEWSLETTER, UNSUBSCRIBED)
        assert everything(center) == before

    def test_what_staff_had_ended_becomes_the_persons_own(self) -> None:
        """Also where the address was barred before: the record goes with the person when the address does not."""
        center = self.center()
        center.set_subscription("c0002", NEWSLETTER, UNSUBSCRIBED)
        center.set_subscription("c0002", NEWSLETTER, UNSUBSCRIBED, through=Through.PORTAL)
        center.change_contact("c0002", {"email": "eve@x.de"})
        with pytest.raises(OptedOutError):
            center.set_subscription("c0002", NEWSLETTER, SUBSCRIBED)

    def test_a_present_or_later_contact_of_the_address_is_bound(self) -> None:
        """SU-5, when contacts are created and changed with subscriptions (CT-1)."""
        center = self.center()
        wishes = {NEWSLETTER: True}
        with pytest.raises(OptedOutError):
            center.create_contact({"email": "ada@x.de"}, subscriptions=wishes, confirm_duplicate=True)
        bob = center.create_contact({"email": "bob@x.de"})
        with pytest.raises(OptedOutError):
            center.change_contact(bob.id, {"email": "ada@x.de"}, subscriptions=wishes, confirm_duplicate=True)
        with pytest.raises(OptedOutError):
            center.change_contact("c0002", subscriptions=wishes)
        assert center.count_contacts() == 4
        created = center.create_contact(
            {"email": "ada@x.de"}, subscriptions=wishes, confirm_duplicate=True, confirm_subscription=True
        )
        assert created.state(NEWSLETTER) is SUBSCRIBED
        assert bars(center) == frozenset()

    def test_the_survivor_of_a_merge_is_bound_by_either(self) -> None:
        """SU-5: "merge (an opt-out of either binds the survivor)"; confirmed, both are lifted."""
        center = self.center()
        bob = center.create_contact({"email": "bob@x.de"})
        center.set_subscription(bob.id, NEWSLETTER, UNSUBSCRIBED, through=Through.PORTAL)
        merge(center, bob.id, "c0001")
        with pytest.raises(OptedOutError):
            center.set_subscription(bob.id, NEWSLETTER, SUBSCRIBED)
        with pytest.raises(OptedOutError):
            center.change_contact(bob.id, {"email": "ada@x.de"}, subscriptions={NEWSLETTER: True})
        before = center.contact(bob.id)
        result = center.set_subscription(bob.id, NEWSLETTER, SUBSCRIBED, confirm=True)
        lifted = [LiftOptOut(OptOut(key, NEWSLETTER)) for key in ("ada@x.de", "bob@x.de")]
        assert result.changes == (UpdateContact(before, result.contact, ("SU-1",)), *lifted)
        assert bars(center) == bars(center, "bob@x.de") == frozenset()

    def test_where_nothing_stands_against_it_nothing_is_lifted(self) -> None:
        center = self.center()
        assert [type(change) for change in center.set_subscription("c0001", MARKETING, SUBSCRIBED).changes] == [
            UpdateContact
        ]

    def test_an_address_that_the_contact_had_once_binds_whoever_has_it_now(self) -> None:
        center = self.center()
        center.change_contact("c0002", {"email": "eve@x.de"})
        assert center.set_subscription("c0002", NEWSLETTER, SUBSCRIBED).contact.state(NEWSLETTER) is SUBSCRIBED
        assert bars(center) == {OptOut("ada@x.de", NEWSLETTER)}


class TestThePlanAlone:
    """What the story says without any store."""

    def test_it_needs_the_contact_and_the_groups(self) -> None:
        request = ContactRequest(
            contact_id=ContactId("c1"), groups=(" VIP",), leave_groups=("Old",), subscriptions={NEWSLETTER: True}
        )
        assert needs_of_contact(request) == Needs(
            contacts=frozenset({ContactId("c1")}), groups=frozenset({"vip", "old"}), opt_outs=True
        )
        assert needs_of_contact(ContactRequest()) == Needs()

    def test_it_asks_who_holds_the_identifiers_that_change(self) -> None:
        ada = contact("c1", email="ada@x.de", customer_id="K1", aliases=[email_key("old@x.de")])
        facts = Facts(asked=Needs(), contacts={ada.id: ada})
        values = {"email": "old@x.de", "customer_id": "K1"}
        further = plan_contact(ContactRequest(contact_id=ada.id, values=values), facts, circumstances())
        assert further == Needs(keys=frozenset({email_key("old@x.de")}))
        further = plan_contact(ContactRequest(values=values), facts, circumstances())
        assert further == Needs(keys=frozenset({email_key("old@x.de"), customer_key("K1")}))

    def test_nothing_is_confirmed_unless_it_is_said(self) -> None:
        """ID-5, SU-4."""
        values = {"email": "ada@x.de", "customer_id": "K1"}
        keys = {email_key("ada@x.de"), customer_key("K1")}
        barred = frozenset({OptOut("ada@x.de", NEWSLETTER)})
        facts = Facts(
            asked=Needs(keys=frozenset(keys)), holders={customer_key("K1"): (ContactId("c7"),)}, opt_outs=barred
        )
        with pytest.raises(DuplicateIdentifierError):
            plan_contact(ContactRequest(values=values), facts, circumstances())
        request = ContactRequest(values=values, subscriptions={NEWSLETTER: True}, confirm_duplicate=True)
        with pytest.raises(OptedOutError):
            plan_contact(request, facts, circumstances())

    def test_it_gives_the_changes_in_one_go(self) -> None:
        request = ContactRequest(values={"city": "Ulm"}, groups=("B", "A"), subscriptions={NEWSLETTER: True})
        plan = plan_contact(request, Facts(asked=Needs()), circumstances())
        assert isinstance(plan, Plan)
        assert plan.outcome.subscriptions == FrozenDict({NEWSLETTER: Consent(SUBSCRIBED, NOW, Through.BY_HAND)})
        kinds = [type(change) for change in plan.changes]
        assert kinds == [CreateContact, *[CreateGroup, JoinGroup] * 2]

    def test_an_update_carries_before_and_after(self) -> None:
        ada = contact("c1", city="Ulm")
        request = ContactRequest(contact_id=ada.id, values={"city": "Bonn"})
        plan = plan_contact(request, Facts(asked=Needs(), contacts={ada.id: ada}), circumstances())
        assert isinstance(plan, Plan)
        assert plan.changes == (UpdateContact(ada, plan.outcome, ("CT-1",)),)
        assert (plan.outcome.version, plan.envelope.cause) == (2, Cause.BY_HAND)


def test_the_three_subscriptions_are_those_of_the_rule() -> None:
    """SU-1."""
    assert [each.value for each in Subscription] == ["event_communication", "newsletter", "marketing"]
