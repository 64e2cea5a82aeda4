"""What every story is made of: needs as data, facts, and a judge of values."""

from dataclasses import fields, replace

from doocore import (
    ContactField,
    ContactId,
    FieldType,
    GroupId,
    IdentifierKey,
    IdentifierKind,
    OrganizationSettings,
    Refusal,
)
from doocore.model.identifiers import BookingNumber
from doocore.plans.story import Facts, Needs, ValueJudge
from tests.builders import PARSERS, customer_key, email_key

NEEDS = Needs(
    keys=frozenset({email_key("ada@x.de")}),
    contacts=frozenset({ContactId("c1")}),
    bookings=frozenset({BookingNumber("TX-AB12-CD34")}),
    events=frozenset({"e1"}),
    groups=frozenset({"vip"}),
    fields=frozenset({"size"}),
    opt_outs=True,
    belongings=frozenset({ContactId("c1")}),
    members=frozenset({GroupId("g1")}),
    values=frozenset({"f1"}),
)
OTHER = Needs(
    keys=frozenset({customer_key("K1")}),
    contacts=frozenset({ContactId("c2")}),
    bookings=frozenset({BookingNumber("TX-AB12-CD35")}),
    events=frozenset({"e2"}),
    groups=frozenset({"press"}),
    fields=frozenset({"menu"}),
    belongings=frozenset({ContactId("c2")}),
    members=frozenset({GroupId("g2")}),
    values=frozenset({"f2"}),
)


class TestNeeds:
    def test_further_needs_add_to_those_there_are(self) -> None:
        both = NEEDS | OTHER
        for each in fields(Needs):
            if each.name == "excerpt":
                continue
            asked, further = getattr(NEEDS, each.name), getattr(OTHER, each.name)
            assert getattr(both, each.name) == (asked | further)
        assert both == (OTHER | NEEDS)

    def test_whole_contacts_are_more_than_excerpts(self) -> None:
        some, others = (replace(NEEDS, excerpt=each) for each in (("email",), ("phone",)))
        assert (some | some).excerpt == ("email",)
        assert (some | NEEDS).excerpt is (some | others).excerpt is None

    def test_events_and_counts_are_not_locked(self) -> None:
        """AS-12, AS-13, FI-3, GR-1: what is only read and never decided about needs no lock."""
        assert NEEDS.locks == {
            email_key("ada@x.de"),
            IdentifierKey(IdentifierKind.CONTACT_ID, "c1"),
            IdentifierKey(IdentifierKind.BOOKING_NUMBER, "TX-AB12-CD34"),
            IdentifierKey(IdentifierKind.GROUP_NAME, "vip"),
            IdentifierKey(IdentifierKind.FIELD_NAME, "size"),
        }

    def test_facts_begin_with_the_system_fields_of_the_default_locale(self) -> None:
        assert Facts(asked=Needs()).catalog["salutation"].options == ("Herr", "Frau")


class TestValueJudge:
    def test_a_field_that_has_changed_is_judged_as_it_is_now(self) -> None:
        judge = ValueJudge(PARSERS, OrganizationSettings())
        size = ContactField(key="f1", type=FieldType.SELECT, name="Size", options=("M",))
        assert isinstance(judge(size, "L", None), Refusal)
        assert judge(size.with_options(["L"]), "L", None) == "L"
        assert isinstance(judge(size, "L", None), Refusal)

    def test_region_and_locale_are_the_organizations(self) -> None:
        """FI-6."""
        judge = ValueJudge(PARSERS, OrganizationSettings(region="GB", locale="en_GB"))
        assert (
            judge(ContactField(key="f1", type=FieldType.PHONE, name="Phone"), "020 7946 0018", None) == "+442079460018"
        )
        assert judge(ContactField(key="f2", type=FieldType.DATE, name="Born"), "1/2/2024", None) == "2024-02-01"
