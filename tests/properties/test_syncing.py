"""What of a booking's data reaches a contact, whatever the data and the contact are (chapter 3)."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from doocore import (
    Contact,
    ContactField,
    FieldCatalog,
    FieldType,
    FrozenDict,
    OrganizationSettings,
    Synchronized,
    SyncMode,
    SyncOrigin,
    SyncOutcome,
    is_blank,
    synchronize,
)
from doocore.model.fields import Entered
from doocore.plans.story import ValueJudge
from doocore.rules.syncing import WRITTEN, holds, key_of_email
from doocore_adapters.hypothesis import entered_values, field_values, texts
from tests.builders import PARSERS, contact

CATALOG = FieldCatalog.of(
    "de",
    [
        ContactField(key="menu", type=FieldType.SELECT, name="Men\u00fc", options=("Fisch", "K\u00e4se")),
        ContactField(key="vip", type=FieldType.CHECKBOX, name="VIP?"),
        ContactField(key="born", type=FieldType.DATE, name="Geburtstag"),
        ContactField(key="file", type=FieldType.FILE, name="Datei"),
    ],
)
JUDGE = ValueJudge(PARSERS, OrganizationSettings())
NOT_BLANK = {SyncOutcome.KEPT, SyncOutcome.OVERWRITTEN, SyncOutcome.UNTOUCHED}

blanks = st.sampled_from((None, "", " ", "\u00a0\u200b", "\r\n\u3000"))


def given_values(catalog: FieldCatalog) -> st.SearchStrategy[dict[str, Entered]]:
    """Give what may arrive for each field: nothing, something blank, what it takes, and any text."""
    return st.fixed_dictionaries(
        {},
        optional={
            each.key: st.one_of(blanks, entered_values(each), texts(20), st.just("\u00e4" * 300))
            for each in catalog.fields
        },
    )


@dataclass(frozen=True)
class Case:
    """A contact, what arrives, and how it is to be treated."""

    contact: Contact
    incoming: FrozenDict[str, Entered]
    mode: SyncMode
    origin: SyncOrigin
    held: frozenset[str]
    other_person: bool

    def synchronized(self, contact: Contact | None = None) -> Synchronized:
        return synchronize(
            contact or self.contact,
            self.incoming,
            catalog=CATALOG,
            judge=JUDGE,
            mode=self.mode,
            origin=self.origin,
            held_elsewhere=self.held,
            other_person=self.other_person,
        )


cases = st.builds(
    Case,
    contact=field_values(CATALOG).map(lambda values: contact("c1", values)),
    incoming=given_values(CATALOG).map(FrozenDict),
    mode=st.sampled_from(SyncMode),
    origin=st.sampled_from(SyncOrigin),
    held=st.frozensets(st.sampled_from(("email", "customer_id"))),
    other_person=st.booleans(),
)

few = settings(max_examples=60)


class TestBlankNeverErases:
    """SY-1: whatever the contact field holds, an incoming value that is blank leaves it "untouched"."""

    @few
    @given(cases)
    def test_what_a_blank_value_meets_stays(self, case: Case) -> None:
        after = case.synchronized()
        for key, value in case.incoming.items():
            if is_blank(value):
                assert after.values.get(key) == case.contact.values.get(key)
                assert key not in {report.field for report in after.reports}

    @few
    @given(cases)
    def test_no_field_is_blank_afterwards_that_was_not_before(self, case: Case) -> None:
        after = case.synchronized()
        assert set(after.values) >= set(case.contact.values)
        assert not any(map(is_blank, after.values.values()))


class TestOff:
    """SY-4 under `off`: a different value is `kept`."""

    @few
    @given(cases)
    def test_no_value_that_is_there_changes(self, case: Case) -> None:
        if case.mode is SyncMode.OFF:
            assert case.contact.values.items() <= case.synchronized().values.items()


class TestOn:
    """SY-2 and SY-4 under `on`: what is given is `filled` or `overwritten`."""

    @few
    @given(cases)
    def test_what_is_given_and_valid_is_there_afterwards(self, case: Case) -> None:
        """But what another contact holds (SY-8), and what another person says (SY-12)."""
        if case.mode is SyncMode.OFF or case.other_person:
            return
        after = case.synchronized()
        for key, value in case.incoming.items():
            judged = JUDGE(CATALOG[key], value, case.contact.values.get(key))
            if isinstance(judged, str | bool) and key not in case.held:
                assert holds(case.contact, CATALOG[key], after.values[key], judged)


class TestValues:
    @few
    @given(cases)
    def test_none_reaches_the_contact_that_its_field_cannot_hold(self, case: Case) -> None:
        """SY-9: "A value that is invalid for the contact field's type never reaches the contact"."""
        after = case.synchronized()
        for key, value in after.values.items():
            assert value == case.contact.values.get(key) or JUDGE(CATALOG[key], value, None) == value

    @few
    @given(cases)
    def test_none_that_another_contact_holds_is_written(self, case: Case) -> None:
        """SY-8: "sync never makes a second holder of an identifier"."""
        after = case.synchronized()
        for key in case.held:
            assert after.values.get(key) == case.contact.values.get(key)

    @few
    @given(cases)
    def test_another_persons_are_not_synced_at_all(self, case: Case) -> None:
        """SY-12."""
        if case.other_person:
            assert case.synchronized().values == case.contact.values

    @few
    @given(cases)
    def test_the_key_is_that_of_the_address(self, case: Case) -> None:
        """ID-3."""
        after = case.synchronized()
        assert after.email_key == key_of_email(after.values)

    @few
    @given(cases)
    def test_the_same_again_changes_nothing(self, case: Case) -> None:
        after = case.synchronized()
        again = case.synchronized(contact("c1", after.values))
        assert again.values == after.values
        assert not [report for report in again.reports if report.outcome in WRITTEN]


class TestReports:
    """SY-4: "reported with both values"."""

    @few
    @given(cases)
    def test_what_was_written_is_reported_and_nothing_else_as_such(self, case: Case) -> None:
        after = case.synchronized()
        before = case.contact.values
        changed = {key for key, value in after.values.items() if before.get(key) != value}
        assert {report.field for report in after.reports if report.outcome in WRITTEN} == changed
        for report in after.reports:
            assert report.before == before.get(report.field)
            if report.outcome in WRITTEN:
                assert report.given == after.values[report.field]

    @few
    @given(cases)
    def test_each_field_once_in_the_order_of_the_catalog(self, case: Case) -> None:
        order = [each.key for each in CATALOG.fields]
        reported = [order.index(report.field) for report in case.synchronized().reports]
        assert reported == sorted(set(reported))
