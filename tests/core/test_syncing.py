"""What of a booking's data is written into the contact: every row of chapter 3, asked of the pure function."""

from itertools import product
from typing import Any

import pytest

from doocore import (
    ContactField,
    FieldCatalog,
    FieldReport,
    FieldType,
    FrozenDict,
    IdentifierKind,
    OrganizationSettings,
    Synchronized,
    SyncMode,
    SyncOrigin,
    SyncOutcome,
    is_another_person,
    synchronize,
)
from doocore.model.fields import Entered, FieldValue
from doocore.plans.story import ValueJudge
from doocore.rules import syncing
from doocore.rules.syncing import BY_VALUE, COMPARES, Incoming, Row, Standing, holds, identifier_key
from tests.builders import PARSERS, contact, customer_key, email_key

VIP = ContactField(key="vip", type=FieldType.CHECKBOX, name="VIP")
MENU = ContactField(key="menu", type=FieldType.SELECT, name="Menu", options=("Fish", "Cake"))
CATALOG = FieldCatalog.of("de", [VIP, MENU])
OFF, ON = SyncMode.OFF, SyncMode.ON
TOO_LONG = "K" * 256

CASES: dict[tuple[Incoming, Standing], tuple[str | None, str, bool]] = {
    (Incoming.BLANK, Standing.BLANK): (None, " \u00a0", False),
    (Incoming.BLANK, Standing.DIFFERENT): ("K1", "", False),
    (Incoming.GIVEN, Standing.BLANK): (None, "K2", False),
    (Incoming.GIVEN, Standing.EQUAL): ("K1", " K1 ", False),
    (Incoming.GIVEN, Standing.DIFFERENT): ("K1", "K2", False),
    (Incoming.HELD, Standing.BLANK): (None, "K2", True),
    (Incoming.HELD, Standing.EQUAL): ("K1", "K1", True),
    (Incoming.HELD, Standing.DIFFERENT): ("K1", "K2", True),
    (Incoming.INVALID, Standing.BLANK): (None, TOO_LONG, False),
    (Incoming.INVALID, Standing.DIFFERENT): ("K1", TOO_LONG, False),
}
"""For each row that can come up: the contact's customer ID, the incoming one, and whether another contact holds that."""

ROWS = [(arrives, stands, mode) for (arrives, stands), mode in product(CASES, SyncMode)]


def sync(
    values: dict[str, FieldValue],
    incoming: dict[str, Entered],
    mode: SyncMode = OFF,
    **more: Any,  # noqa: ANN401, what `synchronize` takes beside
) -> Synchronized:
    judge = ValueJudge(PARSERS, OrganizationSettings())
    return synchronize(contact("c1", values), incoming, catalog=CATALOG, judge=judge, mode=mode, **more)


def outcomes(result: Synchronized) -> dict[str, SyncOutcome]:
    return {report.field: report.outcome for report in result.reports}


def sync_case(arrives: Incoming, stands: Standing, mode: SyncMode) -> Synchronized:
    present, given, held = CASES[arrives, stands]
    values: dict[str, FieldValue] = {} if present is None else {"customer_id": present}
    return sync(values, {"customer_id": given}, mode, held_elsewhere=("customer_id",) if held else ())


class TestOneValue:
    """SY-1 to SY-4, SY-8 and SY-9, on a field that knows them all."""

    @pytest.mark.parametrize(
        ("arrives", "stands", "off", "on", "rules"),
        [
            (Incoming.BLANK, Standing.BLANK, None, None, ("SY-1",) * 2),
            (Incoming.BLANK, Standing.DIFFERENT, None, None, ("SY-1",) * 2),
            (Incoming.GIVEN, Standing.BLANK, SyncOutcome.FILLED, SyncOutcome.FILLED, ("SY-2",) * 2),
            (Incoming.GIVEN, Standing.EQUAL, None, None, ("SY-3",) * 2),
            (Incoming.GIVEN, Standing.DIFFERENT, SyncOutcome.KEPT, SyncOutcome.OVERWRITTEN, ("SY-4",) * 2),
            (Incoming.HELD, Standing.BLANK, SyncOutcome.TAKEN, SyncOutcome.TAKEN, ("SY-8",) * 2),
            (Incoming.HELD, Standing.EQUAL, None, None, ("SY-3",) * 2),
            (Incoming.HELD, Standing.DIFFERENT, SyncOutcome.KEPT, SyncOutcome.TAKEN, ("SY-4", "SY-8")),
            (Incoming.INVALID, Standing.BLANK, SyncOutcome.REJECTED, SyncOutcome.REJECTED, ("SY-9",) * 2),
            (Incoming.INVALID, Standing.DIFFERENT, SyncOutcome.REJECTED, SyncOutcome.REJECTED, ("SY-9",) * 2),
        ],
    )
    def test_every_row(
        self,
        *,
        arrives: Incoming,
        stands: Standing,
        off: SyncOutcome | None,
        on: SyncOutcome | None,
        rules: tuple[str, str],
    ) -> None:
        """What is reported by which rule, and what the contact has afterwards."""
        present, given, _ = CASES[arrives, stands]
        for mode, outcome, rule in zip((OFF, ON), (off, on), rules, strict=True):
            result = sync_case(arrives, stands, mode)
            assert outcomes(result) == ({} if outcome is None else {"customer_id": outcome})
            assert {report.rule for report in result.reports} <= {rule} == {BY_VALUE[arrives, stands, mode].rule}
            written = outcome in {SyncOutcome.FILLED, SyncOutcome.OVERWRITTEN}
            assert result.values.get("customer_id") == (given if written else present)

    def test_the_table_is_complete(self) -> None:
        assert set(BY_VALUE) == set(product(Incoming, Standing, SyncMode))

    @pytest.mark.parametrize(("arrives", "stands", "mode"), ROWS)
    def test_the_table_decides(
        self, arrives: Incoming, stands: Standing, mode: SyncMode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = Row("SY-99", SyncOutcome.REJECTED)
        monkeypatch.setattr(syncing, "BY_VALUE", {**BY_VALUE, (arrives, stands, mode): row})
        (report,) = sync_case(arrives, stands, mode).reports
        assert (report.outcome, report.rule) == (SyncOutcome.REJECTED, "SY-99")

    def test_what_is_blank_or_invalid_equals_nothing(self) -> None:
        """Two columns of the table stand there for completeness; no value comes to them."""
        assert set(product(Incoming, Standing)) - set(CASES) == {
            (Incoming.BLANK, Standing.EQUAL),
            (Incoming.INVALID, Standing.EQUAL),
        }


class TestReports:
    """SY-4: "reported with both values"."""

    @pytest.mark.parametrize(("mode", "outcome"), [(OFF, SyncOutcome.KEPT), (ON, SyncOutcome.OVERWRITTEN)])
    def test_both_values_are_told(self, mode: SyncMode, outcome: SyncOutcome) -> None:
        assert sync({"phone": "+4930901820"}, {"phone": "030 901821"}, mode).reports == (
            FieldReport(field="phone", outcome=outcome, before="+4930901820", given="+4930901821", rule="SY-4"),
        )

    def test_a_rejected_value_is_told_as_it_was_entered(self) -> None:
        """SY-9."""
        assert sync({}, {"phone": " 12 "}).reports == (
            FieldReport(field="phone", outcome=SyncOutcome.REJECTED, before=None, given=" 12 ", rule="SY-9"),
        )

    def test_fields_are_reported_in_the_order_of_the_catalog(self) -> None:
        result = sync({}, {"vip": "ja", "city": "Ulm", "email": "ada@x.de"})
        assert [each.field for each in result.reports] == ["email", "city", "vip"]

    def test_a_field_that_nothing_was_said_about_is_left_alone(self) -> None:
        assert sync({"city": "Ulm"}, {}, ON) == Synchronized(
            values=contact(city="Ulm").values, email_key=None, reports=()
        )


class TestEqual:
    """SY-3: "same normalized value; addresses: same match key; an identifier that the contact holds as an alias"."""

    @pytest.mark.parametrize("mode", SyncMode)
    @pytest.mark.parametrize(
        ("key", "present", "given"),
        [
            ("email", "Ada@B\u00fccher.de", " ada@xn--bcher-kva.de"),
            ("phone", "+4930901820", "030/901820"),
            ("country", "DE", "Deutschland"),
            ("vip", True, "ja"),
            ("vip", False, "0"),
            ("first_name", "Ada", "\u00a0Ada\u200b"),
        ],
    )
    def test_another_spelling_is_equal(self, key: str, present: FieldValue, given: str, mode: SyncMode) -> None:
        result = sync({key: present}, {key: given}, mode)
        assert (result.values[key], result.reports) == (present, ())

    @pytest.mark.parametrize("mode", SyncMode)
    def test_an_alias_is_equal(self, mode: SyncMode) -> None:
        """The addresses of a merged contact are its own (MG-5), so that neither is overwritten by the other."""
        ada = contact(email="ada@x.de", customer_id="K1", aliases=[email_key("old@x.de"), customer_key("K0")])
        result = synchronize(
            ada,
            {"email": "OLD@x.de", "customer_id": "K0"},
            catalog=CATALOG,
            judge=ValueJudge(PARSERS, OrganizationSettings()),
            mode=mode,
        )
        assert (result.values, result.email_key, result.reports) == (ada.values, ada.email_key, ())

    @pytest.mark.parametrize("mode", SyncMode)
    def test_an_option_that_was_removed_is_equal_on_who_has_it(self, mode: SyncMode) -> None:
        """FI-5; on anybody else it is rejected."""
        assert sync({"menu": "Meat"}, {"menu": " Meat"}, mode).reports == ()
        assert outcomes(sync({}, {"menu": "Meat"}, mode)) == {"menu": SyncOutcome.REJECTED}

    def test_other_fields_than_identifiers_have_no_key(self) -> None:
        assert identifier_key(CATALOG["city"], "Ulm") is None
        assert not holds(contact(city="Ulm"), CATALOG["city"], "Ulm", "ULM")

    def test_an_address_without_a_key_is_held_by_nobody(self) -> None:
        assert identifier_key(CATALOG["email"], "\u212aim@x.de") is None

    def test_identifiers_are_found_by_their_kind(self) -> None:
        keys = [identifier_key(CATALOG[key], "Ada@x.de") for key in ("email", "customer_id")]
        assert [key and (key.kind, key.key) for key in keys] == [
            (IdentifierKind.EMAIL, "ada@x.de"),
            (IdentifierKind.CUSTOMER_ID, "Ada@x.de"),
        ]


class TestAddress:
    """SY-8: the address is a field like the others."""

    def test_it_is_overwritten_with_its_key(self) -> None:
        result = sync({"email": "ada@x.de"}, {"email": "Ida@X.de"}, ON)
        assert (result.values["email"], result.email_key) == ("Ida@X.de", "ida@x.de")

    def test_it_is_kept_with_its_key(self) -> None:
        result = sync({"email": "ada@x.de"}, {"email": "ida@x.de"}, OFF)
        assert (result.values["email"], result.email_key) == ("ada@x.de", "ada@x.de")

    @pytest.mark.parametrize("mode", SyncMode)
    def test_one_that_another_contact_holds_is_not_written(self, mode: SyncMode) -> None:
        result = sync({}, {"email": "ada@x.de"}, mode, held_elsewhere=("email",))
        assert (result.values, result.email_key, outcomes(result)) == ({}, None, {"email": SyncOutcome.TAKEN})


class TestSettings:
    def test_a_new_contact_takes_all_valid_values_under_both(self) -> None:
        """SY-5, SY-7: a new contact is an empty one."""
        incoming: dict[str, Entered] = {"email": "ada@x.de", "first_name": "Ada", "vip": False, "phone": "nonsense"}
        for mode in SyncMode:
            result = sync({}, incoming, mode)
            assert result.values == {"email": "ada@x.de", "first_name": "Ada", "vip": False}
            assert outcomes(result)["phone"] is SyncOutcome.REJECTED

    def test_off_is_the_default(self) -> None:
        """SY-6."""
        assert OrganizationSettings().sync is OFF

    @pytest.mark.parametrize("incoming", ["Ida", "", "K" * 300])
    def test_under_off_an_edit_changes_the_booking_only(self, incoming: str) -> None:
        """SY-11: "blanks are not filled either, nothing is compared or reported"."""
        ada: dict[str, FieldValue] = {"first_name": "Ada", "email": "ada@x.de"}
        result = sync(ada, {"first_name": incoming, "city": incoming}, OFF, origin=SyncOrigin.PORTAL)
        assert result == Synchronized(values=FrozenDict(ada), email_key="ada@x.de", reports=())

    def test_under_on_an_edit_is_treated_as_a_booking(self) -> None:
        """SY-11; a value cleared in the edit does not clear the contact's (SY-1)."""
        incoming: dict[str, Entered] = {"first_name": "Ida", "city": "Ulm", "company": " "}
        result = sync({"first_name": "Ada", "company": "X"}, incoming, ON, origin=SyncOrigin.PORTAL)
        assert result.values == {"first_name": "Ida", "city": "Ulm", "company": "X"}

    def test_the_table_is_complete(self) -> None:
        assert set(COMPARES) == set(product(SyncOrigin, SyncMode))

    @pytest.mark.parametrize(("origin", "mode"), list(COMPARES))
    def test_the_table_decides(self, origin: SyncOrigin, mode: SyncMode, monkeypatch: pytest.MonkeyPatch) -> None:
        for compares in (True, False):
            monkeypatch.setattr(syncing, "COMPARES", {**COMPARES, (origin, mode): compares})
            assert bool(sync({}, {"city": "Ulm"}, mode, origin=origin).reports) is compares


class TestAnotherPerson:
    """SY-12: by the first names if both have one, else by the last names if both have one."""

    @pytest.mark.parametrize(
        ("contact_name", "party_name", "another"),
        [
            (("Ada", "King"), ("Ada", "Byron"), False),
            (("Ada", "King"), ("Ida", "King"), True),
            (("Ada", "King"), (" ADA\u00a0", None), False),
            (("Stra\u00dfer", None), ("STRASSER", None), False),
            ((None, "King"), ("Ada", "Byron"), True),
            (("Ada", "King"), (" ", "Byron"), True),
            (("Ada", "King"), ("", " KING"), False),
            ((None, "King"), ("Ada", None), False),
            (("Ada", None), (None, "King"), False),
            ((None, None), ("Ada", "King"), False),
            (("Ada", "King"), (None, None), False),
        ],
    )
    def test_names(
        self, contact_name: tuple[str | None, str | None], party_name: tuple[str | None, str | None], *, another: bool
    ) -> None:
        names = ("first_name", "last_name")
        ours = {key: name for key, name in zip(names, contact_name, strict=True) if name is not None}
        assert is_another_person(ours, dict(zip(names, party_name, strict=True))) is another

    @pytest.mark.parametrize("mode", SyncMode)
    def test_nothing_of_it_is_written_and_all_that_differs_is_told(self, mode: SyncMode) -> None:
        ada: dict[str, FieldValue] = {"first_name": "Ada", "company": "X"}
        incoming: dict[str, Entered] = {
            "first_name": "Bob",
            "company": "X",
            "city": "Ulm",
            "phone": "nonsense",
            "email": "bob@x.de",
            "title": " ",
        }
        result = sync(ada, incoming, mode, held_elsewhere=("email",), other_person=True)
        assert result.values == ada
        assert outcomes(result) == dict.fromkeys(("email", "first_name", "city", "phone"), SyncOutcome.OTHER_PERSON)
        assert {report.rule for report in result.reports} == {"SY-12"}
