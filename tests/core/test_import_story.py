"""A list comes in: row by row, whose it is, what it writes, and what is said about it (chapter 6)."""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from doocore import (
    Booker,
    Cause,
    Consent,
    ContactCenter,
    CreateFieldFromColumn,
    DuplicateMode,
    DuplicateNameError,
    FieldType,
    FrozenDict,
    IdentifierKind,
    ImportFileError,
    ImportOptions,
    ImportProgress,
    InvalidNameError,
    InvalidValues,
    NotFoundError,
    OrganizationSettings,
    PermissionDeniedError,
    PlainRows,
    PlanRequiredError,
    ProductPlan,
    Remark,
    RowOutcome,
    RowReason,
    RowReport,
    RowWarning,
    StaleVersionError,
    SubscriptionState,
    Through,
)
from doocore.changes import CreateContacts
from doocore.contact_center import importing
from doocore.contact_center.shell import ATTEMPTS
from doocore.model.contact import OptOut, Subscription
from doocore.model.contact_import import ImportId, ImportStatus
from doocore.model.fields import Entered, FieldCatalog
from doocore.plans import import_cells, import_reading
from doocore.plans.contact_import import plan_rows
from doocore.plans.import_judging import judge_rows
from doocore.plans.import_reading import ImportJob, Reading, Survey, needs_of_rows, survey
from doocore.plans.story import Facts, Needs, ValueJudge
from doocore.rules.columns import ColumnMap, map_columns
from doocore.rules.duplicates import WRITES_VALUE
from doocore.rules.syncing import Standing
from doocore_adapters.memory.reading import Contacts
from tests.builders import (
    LOU,
    MARKETING,
    NEWSLETTER,
    NOW,
    PARSERS,
    Table,
    break_off,
    circumstances,
    contact,
    customer_key,
    email_key,
    everything,
    import_table,
    merge,
    new_center,
    overtake,
    transaction_of,
)

FILL, OVERWRITE, ONLY_NEW = DuplicateMode.FILL_EMPTY, DuplicateMode.OVERWRITE, DuplicateMode.ONLY_NEW
BY_CUSTOMER_ID = ImportOptions(identify_by=IdentifierKind.CUSTOMER_ID)
BY_CONTACT_ID = ImportOptions(identify_by=IdentifierKind.CONTACT_ID)
SUBSCRIBED, UNSUBSCRIBED = SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED
ADDED, UPDATED, UNCHANGED, SKIPPED, UNPROCESSED = RowOutcome


def known() -> ContactCenter:
    """Open a center that knows Ada (1), two who share an address and a customer ID (2, 3), and a merged one (4)."""
    center = new_center()
    center.create_contact({"email": "ada@x.de", "first_name": "Ada", "customer_id": "K1"})
    center.create_contact({"email": "office@x.de", "customer_id": "K2"})
    center.create_contact({"email": "office@x.de", "customer_id": "K2"}, confirm_duplicate=True)
    center.create_contact({"email": "old@x.de", "customer_id": "K4"})
    merge(center, "c0001", "c0004")
    return center


def run(
    center: ContactCenter, header: str, *body: Sequence[Entered], options: ImportOptions | None = None
) -> tuple[RowReport, ...]:
    """Import rows under these columns; give what became of each."""
    return import_table(center, Table(header.split(","), body), options)[1]


def words(row: RowReport) -> set[str]:
    """Give a row's reasons and warnings; each stands there once."""
    remarks = [remark.word.value for remark in (*row.reasons, *row.warnings)]
    assert len(remarks) == len(set(remarks))
    return set(remarks)


class TestIdentifying:
    """IM-2, IM-9: "E-mail (default), customer ID or contact ID. Aliases (MG-5) count"."""

    @pytest.mark.parametrize(
        ("kind", "cell", "outcome", "contact_id", "reason"),
        [
            (IdentifierKind.EMAIL, " ADA@x.de\u00a0", UNCHANGED, "c0001", None),
            (IdentifierKind.EMAIL, "old@x.de", UNCHANGED, "c0001", None),
            (IdentifierKind.EMAIL, "new@x.de", ADDED, "c0005", None),
            (IdentifierKind.EMAIL, "J\u00fcrgen@B\u00fccher.de", ADDED, "c0005", None),
            (IdentifierKind.EMAIL, "office@x.de", UNPROCESSED, None, "ambiguous"),
            (IdentifierKind.EMAIL, " ", UNPROCESSED, None, "missing_identifier"),
            (IdentifierKind.EMAIL, None, UNPROCESSED, None, "missing_identifier"),
            (IdentifierKind.EMAIL, "no address", UNPROCESSED, None, "invalid_email"),
            (IdentifierKind.EMAIL, True, UNPROCESSED, None, "invalid_email"),
            (IdentifierKind.CUSTOMER_ID, " K1 ", UNCHANGED, "c0001", None),
            (IdentifierKind.CUSTOMER_ID, "K4", UNCHANGED, "c0001", None),
            (IdentifierKind.CUSTOMER_ID, "k1", ADDED, "c0005", None),
            (IdentifierKind.CUSTOMER_ID, "K2", UNPROCESSED, None, "ambiguous"),
            (IdentifierKind.CUSTOMER_ID, "\u200b", UNPROCESSED, None, "missing_identifier"),
            (IdentifierKind.CUSTOMER_ID, "K" * 256, UNPROCESSED, None, "too_long"),
            (IdentifierKind.CONTACT_ID, " c0001", UNCHANGED, "c0001", None),
            (IdentifierKind.CONTACT_ID, "c0004", UNCHANGED, "c0001", None),
            (IdentifierKind.CONTACT_ID, "c9999", UNPROCESSED, None, "unknown_contact_id"),
            (IdentifierKind.CONTACT_ID, "", UNPROCESSED, None, "missing_identifier"),
        ],
    )
    def test_every_case(
        self, *, kind: IdentifierKind, cell: Entered, outcome: RowOutcome, contact_id: str | None, reason: str | None
    ) -> None:
        center = known()
        (row,) = run(center, kind.value, [cell], options=ImportOptions(identify_by=kind))
        assert (row.outcome, row.contact_id) == (outcome, contact_id)
        assert words(row) == ({reason} if reason else set())
        assert center.count_contacts() == (4 if outcome is ADDED else 3)

    def test_a_customer_id_that_looks_like_an_address_is_compared_exactly_all_the_same(self) -> None:
        """ID-5."""
        rows = run(new_center(), "customer_id", ["A@x.de"], ["a@x.de"], ["A@x.de"], options=BY_CUSTOMER_ID)
        assert [row.outcome for row in rows] == [ADDED, ADDED, UNPROCESSED]

    def test_email_is_the_default(self) -> None:
        assert ImportOptions().identify_by is IdentifierKind.EMAIL

    def test_a_new_contact_has_what_its_row_says(self) -> None:
        """HI-1: where it comes from, too."""
        center = new_center(actor=LOU)
        report, (row,) = import_table(center, Table(["E-Mail", "Land"], [[" Ada@B\u00fccher.de", "Frankreich"]]))
        created = center.contact(row.contact_id or "")
        assert created.values == {"email": "Ada@B\u00fccher.de", "country": "FR"}
        assert (created.email_key, created.created_at, created.version) == ("ada@xn--bcher-kva.de", NOW, 1)
        origin = created.origin
        assert (origin.cause, origin.actor, origin.reference, origin.row) == (Cause.IMPORT, "user:lou", report.id, 2)

    def test_one_without_an_address_is_allowed_where_the_customer_id_identifies(self) -> None:
        """IM-9."""
        center = new_center()
        (row,) = run(center, "customer_id,email", ["K1", ""], options=BY_CUSTOMER_ID)
        assert center.contact(row.contact_id or "").values == {"customer_id": "K1"}

    def test_the_contact_id_is_no_value(self) -> None:
        """ID-1."""
        center = known()
        run(center, "contact_id,city", ["c0001", "Ulm"], options=BY_CONTACT_ID)
        assert "contact_id" not in center.contact("c0001").values


class TestDuplicatesInTheFile:
    """IM-7: "A row whose value occurred in an earlier row of the file … is not processed"."""

    def test_the_first_row_counts(self) -> None:
        center = new_center()
        first, second, third = run(center, "email,city", ["a@x.de", "Ulm"], [" A@X.de", "Bonn"], ["b@x.de", "Jena"])
        assert [first.outcome, second.outcome, third.outcome] == [ADDED, UNPROCESSED, ADDED]
        assert words(second) == {"duplicate_in_file"}
        assert center.contacts_by_email("a@x.de")[0].values["city"] == "Ulm"

    def test_whatever_became_of_it(self) -> None:
        rows = run(known(), "email,phone", ["a@x.de", "?"], ["a@x.de", ""], ["office@x.de", ""], ["office@x.de", ""])
        assert [words(row) for row in rows] == [
            {"invalid_value"},
            {"duplicate_in_file"},
            {"ambiguous"},
            {"duplicate_in_file", "ambiguous"},
        ]

    def test_unless_it_was_of_the_wrong_width(self) -> None:
        rows = run(new_center(), "email,city", ["a@x.de"], ["a@x.de", "Ulm"])
        assert [row.outcome for row in rows] == [UNPROCESSED, ADDED]

    @pytest.mark.parametrize("mode", DuplicateMode)
    def test_under_every_mode(self, mode: DuplicateMode) -> None:
        center = new_center()
        rows = run(
            center, "email,city", ["a@x.de", "Ulm"], ["a@x.de", "x" * 46], options=ImportOptions(duplicates=mode)
        )
        assert rows[1].outcome is UNPROCESSED
        judged = set() if mode is ONLY_NEW else {"too_long"}
        assert words(rows[1]) == {"duplicate_in_file", *judged}
        assert center.contacts_by_email("a@x.de")[0].values["city"] == "Ulm"

    def test_values_that_share_a_hash_are_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """That costs a look, never a row."""
        monkeypatch.setattr(import_reading, "hash", lambda _: 7, raising=False)
        rows = run(new_center(), "email", ["a@x.de"], ["b@x.de"], ["a@x.de"])
        assert [row.outcome for row in rows] == [ADDED, ADDED, UNPROCESSED]

    def test_far_apart_and_over_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importing, "BATCH", 2)
        monkeypatch.setattr(importing, "UNIT", 4)
        rows = run(new_center(), "email", *([f"p{number % 7}@x.de"] for number in range(11)))
        assert [row.outcome for row in rows] == [ADDED] * 7 + [UNPROCESSED] * 4


class TestModes:
    """IM-5, beyond the cells: `tests/core/test_duplicates.py` has those."""

    def test_blank_cells_change_nothing(self) -> None:
        center = known()
        for mode in DuplicateMode:
            (row,) = run(
                center, "email,Vorname,customer_id", ["ada@x.de", " ", None], options=ImportOptions(duplicates=mode)
            )
            assert row.outcome is (SKIPPED if mode is ONLY_NEW else UNCHANGED)
        assert center.contact("c0001").version == 1

    @pytest.mark.parametrize("mode", [FILL, OVERWRITE])
    def test_of_a_list_that_says_nothing_new_no_contact_is_read(
        self, mode: DuplicateMode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """IM-11: excerpts tell; in other words too, and with the cells blank that are not."""
        center = known()
        center.change_contact("c0001", {"phone": "030 901820"}, subscriptions={NEWSLETTER: True})
        monkeypatch.setattr(Contacts, "get", None)
        for phone, newsletter, name in (("+4930901820", "1", "Ada"), ("030/901820", "ja", " Ada "), ("", "", "")):
            (row,) = run(
                center,
                "email,Telefon,newsletter,Vorname",
                ["ada@x.de", phone, newsletter, name],
                options=ImportOptions(duplicates=mode),
            )
            assert (row.outcome, row.contact_id) == (UNCHANGED, "c0001")

    def test_one_wish_that_differs_is_something_new(self) -> None:
        """SU-3."""
        center = known()
        center.change_contact("c0001", subscriptions={NEWSLETTER: True, MARKETING: True})
        (row,) = run(center, "email,Vorname,newsletter,marketing", ["ada@x.de", "Ada", "1", "0"])
        assert row.outcome is UPDATED
        assert [center.contact("c0001").state(each) for each in (NEWSLETTER, MARKETING)] == [SUBSCRIBED, UNSUBSCRIBED]

    def test_a_row_that_says_nothing_new_says_it_of_the_contact_as_earlier_rows_left_it(self) -> None:
        """MG-5: two addresses of one contact stand in one list."""
        center = known()
        merge(center, "c0001", center.create_contact({"email": "ada@alt.de"}).id)
        rows = run(
            center,
            "email,Vorname",
            ["ada@alt.de", "Adele"],
            ["ada@x.de", "Ada"],
            options=ImportOptions(duplicates=OVERWRITE),
        )
        assert [row.outcome for row in rows] == [UPDATED, UPDATED]
        assert center.contact("c0001").values["first_name"] == "Ada"

    def test_a_row_that_is_equal_is_written_where_the_table_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        center = known()
        monkeypatch.setitem(WRITES_VALUE, (FILL, Standing.EQUAL), True)
        (row,) = run(center, "email,Vorname", ["ada@x.de", "Ada"])
        assert row.outcome is UPDATED

    def test_a_change_stands_in_the_history_with_its_row(self) -> None:
        """HI-1."""
        center = known().acting_as(LOU)
        table = Table(["email", "city", "newsletter"], [["new@x.de", "", ""], ["ada@x.de", "Ulm", "1"]])
        report, _ = import_table(center, table)
        (entry,) = center.history("c0001")
        assert (entry.cause, entry.reference, entry.row, entry.actor) == (Cause.IMPORT, report.id, 3, "user:lou")
        assert (entry.before, entry.after) == ({}, {"city": "Ulm", "newsletter": "subscribed"})
        assert (entry.rules, entry.version, center.contact("c0001").version) == (("IM-5",), 2, 2)

    def test_an_address_in_another_spelling_is_no_change(self) -> None:
        center = known()
        (row,) = run(center, "email", ["ADA@X.de"], options=ImportOptions(duplicates=OVERWRITE))
        assert row.outcome is UNCHANGED
        assert center.contact("c0001").values["email"] == "ada@x.de"

    def test_an_alias_does_not_replace_the_address(self) -> None:
        center = known()
        (row,) = run(center, "email", ["old@x.de"], options=ImportOptions(duplicates=OVERWRITE))
        assert row.outcome is UNCHANGED
        assert center.contact("c0001").values["email"] == "ada@x.de"

    def test_under_only_new_the_other_cells_of_a_matched_row_are_not_judged(self) -> None:
        """IM-8."""
        center = known()
        before = everything(center)["contacts"]
        (row,) = run(
            center, "email,phone,newsletter", ["ada@x.de", "?", "?"], options=ImportOptions(duplicates=ONLY_NEW)
        )
        assert (row.outcome, row.contact_id, words(row)) == (SKIPPED, "c0001", set())
        assert everything(center)["contacts"] == before

    def test_under_only_new_a_new_contact_is_subscribed(self) -> None:
        center = new_center()
        (row,) = run(center, "email,newsletter", ["a@x.de", "1"], options=ImportOptions(duplicates=ONLY_NEW))
        assert center.contact(row.contact_id or "").subscriptions == {
            NEWSLETTER: Consent(SUBSCRIBED, NOW, Through.IMPORT)
        }


class TestReasons:
    """IM-8: "`unprocessed` with all its reasons from a closed list"."""

    def test_every_offending_cell_is_told_with_what_would_do(self) -> None:
        header = "E-Mail,Ort,Telefon,Titel,Newsletter"
        (row,) = run(new_center(), header, ["a@x.de", "x" * 46, " ?", "Earl", "maybe"])
        told = [(each.word, each.column, each.cell, bool(each.advice)) for each in row.reasons]
        assert told == [
            (RowReason.TOO_LONG, "Ort", "x" * 46, True),
            (RowReason.INVALID_VALUE, "Telefon", " ?", True),
            (RowReason.UNKNOWN_OPTION, "Titel", "Earl", True),
            (RowReason.INVALID_VALUE, "Newsletter", "maybe", True),
        ]
        assert row.cells == ("a@x.de", "x" * 46, " ?", "Earl", "maybe")

    @pytest.mark.parametrize(
        ("options", "cells", "reasons"),
        [
            (ImportOptions(), ["", "", "?"], {"missing_identifier", "invalid_value"}),
            (ImportOptions(), ["?", "K1", "?"], {"invalid_email", "invalid_value", "customer_id_taken"}),
            (ImportOptions(), ["office@x.de", "K1", "?"], {"ambiguous", "invalid_value"}),
            (BY_CUSTOMER_ID, ["?", "K2", "?"], {"ambiguous", "invalid_value", "invalid_email"}),
        ],
    )
    def test_value_reasons_stand_beside_identification_reasons(
        self, options: ImportOptions, cells: list[str], reasons: set[str]
    ) -> None:
        """IM-8: "`customer_id_taken` is not asked beside `ambiguous`"; an invalid address is `invalid_email`."""
        (row,) = run(known(), "email,customer_id,phone", cells, options=options)
        assert row.outcome is UNPROCESSED
        assert {each.word.value for each in row.reasons} == reasons

    def test_an_unknown_contact_id_too(self) -> None:
        (row,) = run(known(), "contact_id,customer_id,phone", ["c9999", "K1", "?"], options=BY_CONTACT_ID)
        assert words(row) == {"unknown_contact_id", "customer_id_taken", "invalid_value"}

    @pytest.mark.parametrize("cells", [["a@x.de"], ["a@x.de", "?", "x"], [], ["", "", "", ""]])
    def test_a_row_of_the_wrong_width_has_that_reason_alone(self, cells: list[str]) -> None:
        """IM-18."""
        (row,) = run(new_center(), "email,phone", cells)
        assert [each.word for each in row.reasons] == [RowReason.WRONG_COLUMN_COUNT]
        assert row.cells == tuple(cells)

    def test_a_row_is_taken_whole_or_not_at_all(self) -> None:
        center = known()
        before = everything(center)
        header = "email,city,title,newsletter,groups,phone"
        options = ImportOptions(duplicates=OVERWRITE, groups=("All",), add_system_options=True)
        (row,) = run(center, header, ["ada@x.de", "Ulm", "Earl", "1", "VIP", "?"], options=options)
        assert row.outcome is UNPROCESSED
        after = everything(center)
        for noun in ("contacts", "fields", "groups", "history"):
            assert after[noun] == before[noun]

    def test_the_holders_are_named(self) -> None:
        rows = run(known(), "email,customer_id", ["office@x.de", ""], ["new@x.de", "K1"])
        assert ["c0002, c0003" in rows[0].reasons[0].advice, "c0001" in rows[1].reasons[0].advice] == [True, True]

    def test_a_value_that_the_contact_has_is_accepted_although_it_is_no_option_any_more(self) -> None:
        """FI-5."""
        center = new_center()
        center.fields.change("title", options=["Earl"])
        center.create_contact({"email": "ada@x.de", "title": "Earl"})
        center.fields.change("title", options=[])
        rows = run(center, "email,title", ["ada@x.de", " Earl"], ["bob@x.de", "Earl"])
        assert [row.outcome for row in rows] == [UNCHANGED, UNPROCESSED]


class TestOtherIdentifiers:
    """IM-17: "The importer never lets a row's other identifier cause harm"."""

    @pytest.mark.parametrize(
        ("cells", "outcome"),
        [
            (["ada@x.de", "K1"], UNCHANGED),
            (["ada@x.de", "K4"], UNCHANGED),
            (["ada@x.de", " K9 "], UPDATED),
            (["ada@x.de", "k2"], UPDATED),
            (["new@x.de", "K9"], ADDED),
            (["ada@x.de", "K2"], UNPROCESSED),
            (["new@x.de", "K4"], UNPROCESSED),
            (["new@x.de", " K1"], UNPROCESSED),
        ],
    )
    def test_a_customer_id_of_somebody_else_stops_the_row(self, cells: list[str], outcome: RowOutcome) -> None:
        (row,) = run(known(), "email,customer_id", cells, options=ImportOptions(duplicates=OVERWRITE))
        assert row.outcome is outcome
        assert words(row) == ({"customer_id_taken"} if outcome is UNPROCESSED else set())

    @pytest.mark.parametrize("invalid_values", InvalidValues)
    def test_nobody_confirms_in_an_import(self, invalid_values: InvalidValues) -> None:
        options = ImportOptions(invalid_values=invalid_values)
        assert words(run(known(), "email,customer_id", ["new@x.de", "K1"], options=options)[0]) == {"customer_id_taken"}

    def test_what_an_earlier_row_took_is_taken(self) -> None:
        body = [["a@x.de", "K7"], ["b@x.de", "K7"], ["c@x.de", "K8"], ["ada@x.de", "K9"], ["d@x.de", "K9"]]
        rows = run(known(), "email,customer_id", *body, options=ImportOptions(duplicates=OVERWRITE))
        assert [row.outcome for row in rows] == [ADDED, UNPROCESSED, ADDED, UPDATED, UNPROCESSED]

    def test_what_an_earlier_row_gave_up_is_free(self) -> None:
        center = known()
        options = ImportOptions(duplicates=OVERWRITE)
        rows = run(center, "email,customer_id", ["ada@x.de", "K9"], ["new@x.de", "K1"], options=options)
        assert [row.outcome for row in rows] == [UPDATED, ADDED]

    def test_a_shared_address_is_written_and_remarked_on(self) -> None:
        """ID-2 allows it."""
        center = known()
        options = replace(BY_CUSTOMER_ID, duplicates=OVERWRITE)
        rows = run(center, "customer_id,email", ["K9", " office@x.de"], ["K1", "OFFICE@x.de"], options=options)
        assert [(row.outcome, words(row)) for row in rows] == [(ADDED, {"email_shared"}), (UPDATED, {"email_shared"})]
        assert rows[1].warnings == (
            Remark(RowWarning.EMAIL_SHARED, "email", "OFFICE@x.de", "also held by c0002, c0003, c0005"),
        )
        assert len(center.contacts_by_email("office@x.de")) == 4
        assert center.contacts_by_email("ada@x.de") == ()

    @pytest.mark.parametrize(
        ("cells", "mode"),
        [
            (["K1", "office@x.de"], FILL),
            (["K1", "ADA@x.de"], OVERWRITE),
            (["K1", ""], OVERWRITE),
            (["K1", "x@x.de"], OVERWRITE),
        ],
    )
    def test_the_remark_is_made_where_it_was_written_alone(self, cells: list[str], mode: DuplicateMode) -> None:
        (row,) = run(known(), "customer_id,email", cells, options=replace(BY_CUSTOMER_ID, duplicates=mode))
        assert row.warnings == ()

    def test_an_address_that_an_earlier_row_gave_up_is_not_shared(self) -> None:
        options = replace(BY_CUSTOMER_ID, duplicates=OVERWRITE)
        rows = run(known(), "customer_id,email", ["K1", "x@x.de"], ["K9", "ada@x.de"], options=options)
        assert [row.warnings for row in rows] == [(), ()]


class TestInvalidValuesLeftOut:
    """IM-19: "invalid cells that do not identify are left out, the row is processed"."""

    OPTIONS = ImportOptions(invalid_values=InvalidValues.LEAVE_OUT, duplicates=OVERWRITE)

    def test_the_rest_of_the_row_is_written_and_they_are_named(self) -> None:
        center = known()
        header = "email,phone,title,Vorname,city,newsletter,groups"
        long_name = "x" * 256
        rows = run(
            center,
            header,
            ["ada@x.de", "?", "Earl", "Ida", "x" * 46, "maybe", f"VIP;{long_name}"],
            ["new@x.de", "?", "", "", "", "", ""],
            options=self.OPTIONS,
        )
        assert [row.outcome for row in rows] == [UPDATED, ADDED]
        assert [(each.word.value, each.column) for each in rows[0].warnings] == [
            ("invalid_value", "phone"),
            ("unknown_option", "title"),
            ("too_long", "city"),
            ("invalid_value", "newsletter"),
            ("too_long", "groups"),
        ]
        assert all(isinstance(each.word, RowWarning) for row in rows for each in row.warnings)
        assert center.contact("c0001").values["first_name"] == "Ida"
        assert center.details("c0001").groups == ("VIP",)
        assert (rows[0].reasons, rows[0].cells) == ((), ())

    def test_an_address_that_does_not_identify_is_left_out_like_any_value(self) -> None:
        center = new_center()
        options = replace(self.OPTIONS, identify_by=IdentifierKind.CUSTOMER_ID)
        (row,) = run(center, "customer_id,email", ["K1", "?"], options=options)
        assert (row.outcome, words(row)) == (ADDED, {"invalid_email"})

    @pytest.mark.parametrize(("cell", "reason"), [("?", "invalid_email"), ("", "missing_identifier")])
    def test_what_identifies_is_not(self, cell: str, reason: str) -> None:
        (row,) = run(new_center(), "email,phone", [cell, "?"], options=self.OPTIONS)
        assert (row.outcome, words(row)) == (UNPROCESSED, {reason})


class TestOptions:
    """IM-4: "refused by default; two separate switches"."""

    def center(self) -> ContactCenter:
        center = new_center()
        center.fields.create("Menu", FieldType.SELECT, options=["Fish"])
        center.fields.create("Note")
        return center

    @pytest.mark.parametrize(
        ("options", "refused"),
        [
            (ImportOptions(), {"title", "Menu"}),
            (ImportOptions(add_system_options=True), {"Menu"}),
            (ImportOptions(add_custom_options=True), {"title"}),
            (ImportOptions(add_system_options=True, add_custom_options=True), set()),
        ],
    )
    def test_each_switch_is_for_its_own_fields(self, options: ImportOptions, refused: set[str]) -> None:
        (row,) = run(self.center(), "email,title,Menu", ["a@x.de", "Earl", "Meat"], options=options)
        assert {each.column for each in row.reasons} == refused

    def test_what_is_added_exists_once(self) -> None:
        """IM-18."""
        center = self.center()
        options = ImportOptions(add_system_options=True, add_custom_options=True)
        body = [["a@x.de", "Earl", "Meat"], ["b@x.de", " Earl", "Cake"], ["c@x.de", "Dr.", "Meat"]]
        rows = run(center, "email,title,Menu", *body, options=options)
        catalog = center.fields.catalog()
        assert [row.outcome for row in rows] == [ADDED] * 3
        assert catalog["title"].options == ("Dr.", "Prof.", "Earl")
        assert [each.options for each in catalog.custom] == [("Fish", "Meat", "Cake"), ()]
        assert center.contacts_by_email("b@x.de")[0].values["title"] == "Earl"

    def test_over_batches_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importing, "BATCH", 1)
        center = self.center()
        body = [["a@x.de", "Meat"], ["b@x.de", "Meat"], ["c@x.de", "Cake"], ["d@x.de", "Fish"]]
        run(center, "email,Menu", *body, options=ImportOptions(add_custom_options=True))
        assert center.fields.catalog().custom[0].options == ("Fish", "Meat", "Cake")

    def test_only_selects_have_options(self) -> None:
        options = ImportOptions(add_custom_options=True, add_system_options=True)
        (row,) = run(self.center(), "email,Note,country", ["a@x.de", "x" * 131, "Nowhere"], options=options)
        assert words(row) == {"too_long", "invalid_value"}


class TestGroups:
    """IM-6: "Every processed contact joins the chosen groups … and those named in a Groups column"."""

    def test_who_is_processed_joins(self) -> None:
        center = known()
        center.groups.create("vip")
        options = ImportOptions(groups=("All", "VIP"), duplicates=OVERWRITE)
        body: list[list[Entered]] = [
            ["ada@x.de", " Presse ; ;vip;"],
            ["new@x.de", None],
            ["?", "Lost"],
            ["office@x.de", "Lost"],
        ]
        rows = run(center, "email,Gruppen", *body, options=options)
        assert [row.outcome for row in rows] == [UNCHANGED, ADDED, UNPROCESSED, UNPROCESSED]
        groups = {each.name: center.groups.members(each.name) for each in center.groups.all()}
        assert groups == {"All": ("c0001", "c0005"), "vip": ("c0001", "c0005"), "Presse": ("c0001",)}

    def test_nobody_is_removed(self) -> None:
        center = known()
        center.change_contact("c0001", groups=["VIP"])
        run(center, "email,Groups", ["ada@x.de", ""], options=ImportOptions(duplicates=OVERWRITE))
        assert center.details("c0001").groups == ("VIP",)

    def test_existing_ones_under_only_new_are_collected_where_asked(self) -> None:
        center = known()
        options = ImportOptions(duplicates=ONLY_NEW, groups=("New",), existing_to_group="Known")
        run(center, "email,Groups", ["ada@x.de", "Named"], ["new@x.de", "Named"], options=options)
        assert center.details("c0001").groups == ("Known",)
        assert center.details("c0005").groups == ("Named", "New")

    def test_else_they_join_nothing(self) -> None:
        center = known()
        run(center, "email", ["ada@x.de"], options=ImportOptions(duplicates=ONLY_NEW, groups=("New",)))
        assert center.details("c0001").groups == ()
        assert center.groups.all() == ()

    @pytest.mark.parametrize("mode", [FILL, OVERWRITE])
    def test_the_collecting_group_is_for_only_new(self, mode: DuplicateMode) -> None:
        center = known()
        run(center, "email", ["ada@x.de"], options=ImportOptions(duplicates=mode, existing_to_group="Known"))
        assert center.details("c0001").groups == ()

    @pytest.mark.parametrize(
        "options",
        [
            ImportOptions(groups=("VIP", "a;b")),
            ImportOptions(groups=(" ",)),
            ImportOptions(existing_to_group="x" * 256),
        ],
    )
    def test_a_chosen_name_that_no_group_can_have_stops_the_import_before_it_begins(
        self, options: ImportOptions
    ) -> None:
        center = known()
        before = everything(center)
        with pytest.raises(InvalidNameError):
            run(center, "email", ["new@x.de"], options=options)
        assert everything(center) == before

    def test_a_name_in_a_cell_that_no_group_can_have_stops_the_row(self) -> None:
        center = known()
        longest = "x" * 255
        rows = run(center, "email,Groups", ["new@x.de", f"VIP;x{longest}"], ["ada@x.de", f"VIP; {longest} "])
        assert [(row.outcome, words(row)) for row in rows] == [(UNPROCESSED, {"too_long"}), (UNCHANGED, set())]
        assert center.details("c0001").groups == ("VIP", longest)


class TestSubscriptions:
    """SU-3 to SU-5."""

    @pytest.mark.parametrize(
        ("cell", "state"),
        [
            *((word, SUBSCRIBED) for word in ("1", "Ja", "TRUE", " x ", True)),
            *((word, UNSUBSCRIBED) for word in ("0", "nein", False)),
        ],
    )
    def test_words_for_yes_and_no(self, cell: Entered, state: SubscriptionState) -> None:
        center = new_center()
        for subscription in Subscription:
            (row,) = run(center, f"email,{subscription.value}", [f"{subscription.value}@x.de", cell])
            consent = Consent(state, NOW, Through.IMPORT)
            assert center.contact(row.contact_id or "").subscriptions == {subscription: consent}

    def test_blank_changes_nothing(self) -> None:
        center = new_center()
        (row,) = run(center, "email,newsletter,marketing", ["a@x.de", " ", None])
        assert center.contact(row.contact_id or "").subscriptions == {}

    @pytest.mark.parametrize("mode", [FILL, OVERWRITE])
    def test_what_the_person_ended_stays_so_and_the_attempt_is_reported(self, mode: DuplicateMode) -> None:
        """SU-4: "never undone by an import"; the row is processed all the same."""
        center = known()
        center.set_subscription("c0001", NEWSLETTER, UNSUBSCRIBED, through=Through.UNSUBSCRIBE_LINK)
        header = "email,newsletter,marketing,city"
        (row,) = run(center, header, ["ada@x.de", "1", "1", "Ulm"], options=ImportOptions(duplicates=mode))
        assert (row.outcome, words(row)) == (UPDATED, {"opted_out"})
        assert row.warnings[0].column == "newsletter"
        ada = center.contact("c0001")
        assert (ada.state(NEWSLETTER), ada.state(MARKETING), ada.values["city"]) == (UNSUBSCRIBED, SUBSCRIBED, "Ulm")

    def test_who_may_only_be_left_as_it_is_is_unchanged(self) -> None:
        center = known()
        center.set_subscription("c0001", NEWSLETTER, UNSUBSCRIBED, through=Through.PORTAL)
        rows = run(center, "email,newsletter", ["ada@x.de", "1"], options=ImportOptions(duplicates=OVERWRITE))
        assert (rows[0].outcome, words(rows[0])) == (UNCHANGED, {"opted_out"})
        rows = run(center, "email,newsletter", ["ada@x.de", "0"], options=ImportOptions(duplicates=OVERWRITE))
        assert (rows[0].outcome, words(rows[0])) == (UNCHANGED, set())

    def test_whom_it_binds_an_import_may_unsubscribe(self) -> None:
        """SU-3: a `0` counts; it undoes nothing."""
        center = known()
        center.set_subscription("c0002", NEWSLETTER, UNSUBSCRIBED, through=Through.PORTAL)
        center.change_contact("c0002", {"email": "gone@x.de"})
        (row,) = run(center, "email,newsletter", ["office@x.de", "0"])
        assert (row.outcome, words(row)) == (UPDATED, set())
        assert center.contact("c0003").subscriptions == {NEWSLETTER: Consent(UNSUBSCRIBED, NOW, Through.IMPORT)}

    def test_it_binds_the_address_of_every_contact(self) -> None:
        """SU-5: present or later, and through a merge."""
        center = known()
        center.set_subscription("c0002", NEWSLETTER, UNSUBSCRIBED, through=Through.PORTAL)
        center.change_contact("c0002", {"email": "gone@x.de"})
        center.change_contact("c0003", {"email": "x@x.de"})
        rows = run(center, "email,newsletter", ["office@x.de", "1"], ["ada@x.de", "1"])
        assert [words(row) for row in rows] == [{"opted_out"}, set()]
        assert center.contact(rows[0].contact_id or "").subscriptions == {}
        merge(center, "c0003", rows[0].contact_id or "")
        (row,) = run(center, "email,newsletter", ["x@x.de", "1"])
        assert words(row) == {"opted_out"}

    def test_an_address_that_the_row_writes_counts(self) -> None:
        center = known()
        with transaction_of(center) as tx:
            assert tx.contacts.opt_outs(["bob@x.de"]) == frozenset()
        bob = center.create_contact({"email": "bob@x.de"})
        center.set_subscription(bob.id, NEWSLETTER, UNSUBSCRIBED, through=Through.PORTAL)
        options = replace(BY_CUSTOMER_ID, duplicates=OVERWRITE)
        rows = run(center, "customer_id,email,newsletter", ["K1", "bob@x.de", "1"], options=options)
        assert words(rows[0]) == {"opted_out", "email_shared"}
        with transaction_of(center) as tx:
            assert tx.contacts.opt_outs(["bob@x.de"]) == {OptOut("bob@x.de", NEWSLETTER)}


class TestColumns:
    """IM-3, as far as it takes an import to tell it."""

    def test_what_maps_to_nothing_is_ignored_and_named(self) -> None:
        table = Table(["E-Mail", "Shoe", "Ort", ""], [["a@x.de", "43", "Ulm", "x"]])
        report, _ = import_table(new_center(), table, ImportOptions(mapping=FrozenDict({"Ort": None, "Gone": "city"})))
        assert report.ignored_columns == ("Shoe", "Ort", "")
        assert report.absent_columns == ("Gone",)

    def test_a_column_can_make_a_field(self) -> None:
        """FI-4: "created … during an import"."""
        center = new_center()
        mapping = FrozenDict({"Shoe": CreateFieldFromColumn("Size"), "Gone": CreateFieldFromColumn("Gone")})
        run(center, "email,Shoe", ["a@x.de", "43"], options=ImportOptions(mapping=mapping))
        (size,) = center.fields.catalog().custom
        assert (size.name, size.type) == ("Size", FieldType.SHORT_TEXT)
        assert center.contacts_by_email("a@x.de")[0].values[size.key] == "43"
        run(center, "email,Shoe", ["b@x.de", "44"], options=ImportOptions(mapping=mapping))
        assert center.fields.catalog().custom == (size,)
        assert center.contacts_by_email("b@x.de")[0].values[size.key] == "44"

    def test_a_select_that_an_import_makes_gets_its_options_there_too(self) -> None:
        center = new_center()
        mapping = FrozenDict({"Shoe": CreateFieldFromColumn("Size", FieldType.SELECT)})
        options = ImportOptions(mapping=mapping, add_custom_options=True)
        run(center, "email,Shoe", ["a@x.de", "43"], ["b@x.de", "44"], options=options)
        assert center.fields.catalog().custom[0].options == ("43", "44")

    @pytest.mark.parametrize("name", ["Vorname", "Groups", "Size"])
    def test_not_one_that_is_taken(self, name: str) -> None:
        """FI-3; a field of that name and type is the one that is meant."""
        center = new_center()
        center.fields.create("Size", FieldType.DATE)
        before = everything(center)
        mapping = FrozenDict({"Shoe": CreateFieldFromColumn(name)})
        with pytest.raises(DuplicateNameError):
            run(center, "email,Shoe", ["a@x.de", "43"], options=ImportOptions(mapping=mapping))
        assert everything(center) == before

    def test_two_columns_for_one_new_field_are_one_too_many(self) -> None:
        size = CreateFieldFromColumn("Size")
        options = ImportOptions(mapping=FrozenDict({"Shoe": size, "Foot": size}))
        with pytest.raises(ImportFileError) as caught:
            run(new_center(), "email,Shoe,Foot", ["a@x.de", "43", "44"], options=options)
        assert caught.value.problem == "duplicate_column"

    def test_only_a_team_admin_makes_fields(self) -> None:
        center = new_center(actor=LOU)
        mapping = FrozenDict({"Shoe": CreateFieldFromColumn("Size")})
        with pytest.raises(PermissionDeniedError):
            run(center, "email,Shoe", ["a@x.de", "43"], options=ImportOptions(mapping=mapping))

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_a_name_that_somebody_took_meanwhile_is_refused(self, *, dry_run: bool) -> None:
        """FI-3: the list takes time to read, and the names are looked at again under the lock."""
        center = new_center()

        def somebody_is_faster(progress: ImportProgress) -> None:
            if progress.total is None and not center.fields.catalog().custom:
                center.fields.create("SIZE")

        options = ImportOptions(mapping=FrozenDict({"Shoe": CreateFieldFromColumn("Size")}))
        table = Table(["email", "Shoe"], [[f"p{number}@x.de", ""] for number in range(1000)])
        with pytest.raises(DuplicateNameError):
            center.import_contacts(table, options, dry_run=dry_run, progress=somebody_is_faster)
        assert center.count_contacts() == 0
        assert [each.name for each in center.fields.catalog().custom] == ["SIZE"]

    @pytest.mark.parametrize(
        ("header", "mapping", "problem"),
        [
            (["a", "b"], {}, "header"),
            (["email", "E-Mail"], {}, "duplicate_column"),
            (["city"], {}, "unmapped_identifier"),
        ],
    )
    def test_a_header_that_cannot_be_imported_is_refused_before_anything_is_written(
        self, header: list[str], mapping: Mapping[str, str], problem: str
    ) -> None:
        """IM-1."""
        center = new_center()
        before = everything(center)
        with pytest.raises(ImportFileError) as caught:
            import_table(center, Table(header, []), ImportOptions(mapping=FrozenDict(mapping)))
        assert caught.value.problem == problem
        assert everything(center) == before

    def test_an_unknown_target_is_refused(self) -> None:
        with pytest.raises(NotFoundError):
            run(new_center(), "email,x", options=ImportOptions(mapping=FrozenDict({"x": "Nonsense"})))


class TestReport:
    """IM-10, IM-14, IM-16, IM-18."""

    BODY = (
        *(["ada@x.de", "Ulm"], ["new@x.de", "Bonn"], ["new@x.de", "x" * 46], ["?", "?"], ["", ""], ["x@x.de"]),
        *(["office@x.de", ""], ["old@x.de", "Ulm"]),
    )
    TABLE = Table(["email", "city"], BODY, name="list.csv")

    def test_the_outcomes_add_up_to_the_rows(self) -> None:
        report, rows = import_table(known(), self.TABLE)
        assert report.counts == {UPDATED: 1, ADDED: 1, UNPROCESSED: 5, UNCHANGED: 1}
        assert report.total == report.record.total_rows == len(rows) == 8
        assert [row.line for row in rows] == list(range(2, 10))
        assert report.reasons == {
            RowReason.DUPLICATE_IN_FILE: 1,
            RowReason.TOO_LONG: 1,
            RowReason.INVALID_EMAIL: 1,
            RowReason.MISSING_IDENTIFIER: 1,
            RowReason.WRONG_COLUMN_COUNT: 1,
            RowReason.AMBIGUOUS: 1,
        }
        assert report.warnings == {}

    def test_warnings_are_counted_beside(self) -> None:
        options = ImportOptions(invalid_values=InvalidValues.LEAVE_OUT)
        report, _ = import_table(known(), Table(["email", "phone", "newsletter"], [["a@x.de", "?", "?"]]), options)
        assert (report.reasons, report.warnings) == ({}, {RowWarning.INVALID_VALUE: 1})

    def test_it_can_be_read_again(self) -> None:
        center = known()
        report, rows = import_table(center, self.TABLE)
        assert center.imports.report(report.id) == report
        assert tuple(center.imports.rows(report.id)) == tuple(row for row in rows if row.notable)
        record = report.record
        assert (record.status, record.started_at, record.finished_at) == (ImportStatus.FINISHED, NOW, NOW)
        assert (record.file_name, record.fingerprint, record.actor) == (
            "list.csv",
            self.TABLE.fingerprint(),
            "user:kim",
        )
        assert (record.columns, record.options) == (("email", "city"), ImportOptions())

    def test_an_import_must_exist(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            new_center().imports.report("i9")
        assert (caught.value.noun, caught.value.key) == ("import", "i9")

    @pytest.mark.parametrize("mode", DuplicateMode)
    def test_a_dry_run_says_the_same_and_writes_nothing(self, mode: DuplicateMode) -> None:
        """IM-14: "the same report, through the same function"."""
        center = known()
        before = everything(center)
        mapping = FrozenDict({"city": CreateFieldFromColumn("Menu", FieldType.SELECT)})
        options = ImportOptions(duplicates=mode, groups=("All",), mapping=mapping, add_custom_options=True)
        rehearsed, rehearsed_rows = import_table(center, self.TABLE, options, dry_run=True)
        assert everything(center) == before
        report, rows = import_table(center, self.TABLE, options)
        assert rehearsed.dry_run
        assert replace(rehearsed, dry_run=False, record=replace(rehearsed.record, id=report.id)) == report
        assert [row._replace(contact_id=None) for row in rehearsed_rows] == [
            row._replace(contact_id=None) for row in rows
        ]

    def test_a_list_without_rows_is_a_list(self) -> None:
        report, rows = import_table(new_center(), Table(["email"], []))
        assert (report.total, report.record.total_rows, report.counts, rows) == (0, 0, {}, ())

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_progress_is_told(self, monkeypatch: pytest.MonkeyPatch, *, dry_run: bool) -> None:
        """IM-16: counting first, then what has come to rest."""
        monkeypatch.setattr(importing, "BATCH", 2)
        monkeypatch.setattr(importing, "UNIT", 4)
        monkeypatch.setattr(import_reading, "_TOLD_EVERY", 3)
        told: list[ImportProgress] = []
        known().import_contacts(self.TABLE, dry_run=dry_run, progress=told.append)
        steps = [2, 4, 6, 8] if dry_run else [4, 8]
        assert [(each.done, each.total) for each in told] == [(3, None), (6, None), *((step, 8) for step in steps)]
        assert [row.line for each in told for row in each.rows] == list(range(2, 10))

    def test_nobody_has_to_listen(self) -> None:
        assert new_center().import_contacts([{"email": "a@x.de"}]).counts == {ADDED: 1}

    def test_memory_of_cells_is_limited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """IM-16; what was forgotten is judged again."""
        monkeypatch.setattr(import_cells, "_REMEMBERED", 2)
        monkeypatch.setattr(importing, "BATCH", 2)
        body = [[f"p{number}@x.de", "0" * (number // 2)] for number in range(18)]
        rows = run(new_center(), "email,phone", *body)
        again = run(new_center(), "email,phone", *body)
        assert [row.reasons for row in rows] == [row.reasons for row in again]

    def test_what_is_not_remembered_is_judged_all_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A column in which nothing repeats: all of it accepted, some of it blank, some of it refused."""
        monkeypatch.setattr(import_cells, "_REMEMBERED", 2)
        monkeypatch.setattr(importing, "BATCH", 4)
        center = new_center()
        ids = [*(f"K-{number}" for number in range(12)), "", "x" * 256, " K-12 ", "K-13"]
        rows = run(center, "email,customer_id", *([f"p{place}@x.de", each] for place, each in enumerate(ids)))
        assert [row.outcome for row in rows] == [*[ADDED] * 13, UNPROCESSED, ADDED, ADDED]
        assert [row.word for each in rows for row in each.reasons] == [RowReason.TOO_LONG]
        contacts = center.list_contacts(limit=100)
        assert [each.customer_id for each in contacts] == [*ids[:12], None, "K-12", "K-13"]

    @pytest.mark.parametrize("enabled", [True, False])
    def test_the_search_for_cycles_is_left_as_it_was(self, *, enabled: bool) -> None:
        before = gc.isenabled()
        try:
            (gc.enable if enabled else gc.disable)()
            run(new_center(), "email", ["a@x.de"])
            assert gc.isenabled() is enabled
        finally:
            (gc.enable if before else gc.disable)()


class TestPermission:
    """IM-13, PR-2, PR-3."""

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_it_takes_a_plan_and_a_member(self, *, dry_run: bool) -> None:
        center = new_center(OrganizationSettings(plan=ProductPlan.BASIC))
        with pytest.raises(PlanRequiredError):
            center.import_contacts([{"email": "a@x.de"}], dry_run=dry_run)
        with pytest.raises(PlanRequiredError):  # whatever is wrong with the list and the options, too
            center.import_contacts([{"nothing": "known"}], ImportOptions(groups=["a;b"]), dry_run=dry_run)
        center.change_settings(OrganizationSettings(plan=ProductPlan.PRO))
        with pytest.raises(PermissionDeniedError):
            center.acting_as(Booker()).import_contacts([{"email": "a@x.de"}], dry_run=dry_run)
        assert center.acting_as(LOU).import_contacts([{"email": "a@x.de"}], dry_run=dry_run).total == 1


class TestTwice:
    """IM-11: "the second run adds nothing; under `overwrite` every processed row is `unchanged`"."""

    def test_a_customer_id_that_a_later_row_gives_up_is_taken_by_the_second_run(self) -> None:
        """The one exception: the first run leaves such a row out (IM-17), so that only the second can process it."""
        center = known()
        table = Table(["email", "customer_id"], [["new@x.de", "K1"], ["ada@x.de", "K9"]])
        options = ImportOptions(duplicates=OVERWRITE)
        outcomes = [[row.outcome for row in import_table(center, table, options)[1]] for _ in range(3)]
        assert outcomes == [[UNPROCESSED, UPDATED], [ADDED, UNCHANGED], [UNCHANGED, UNCHANGED]]


class TestPlainRows:
    """IM-1: "plain rows (an iterable of mappings) go the same way"."""

    def test_their_columns_are_all_the_names_that_rows_use(self) -> None:
        rows = PlainRows(
            ({"email": f"p{number}@x.de", **({"Ort": "Ulm"} if number else {})} for number in range(2)), "x"
        )
        assert (rows.name, rows.columns()) == ("x", ("email", "Ort"))
        assert list(rows.rows()) == list(rows.rows()) == [(1, ["p0@x.de", None]), (2, ["p1@x.de", "Ulm"])]

    def test_values_of_any_usual_type_are_taken(self) -> None:
        center = new_center()
        center.import_contacts([{"email": "a@x.de", "postal_code": 80331.0, "newsletter": True}])
        (created,) = center.contacts_by_email("a@x.de")
        assert (created.values["postal_code"], created.state(NEWSLETTER)) == ("80331", SUBSCRIBED)

    def test_a_value_of_a_strange_type_is_named_with_its_place(self) -> None:
        center = new_center()
        with pytest.raises(ImportFileError) as caught:
            center.import_contacts([{"email": "a@x.de"}, {"email": ["b@x.de"]}])
        assert (caught.value.problem, caught.value.line, caught.value.column) == ("not_text", 2, "email")
        assert center.count_contacts() == 0

    def test_rows_that_name_nothing_are_no_list(self) -> None:
        empty: list[list[dict[str, object]]] = [[], [{}]]
        for rows in empty:
            with pytest.raises(ImportFileError) as caught:
                new_center().import_contacts(rows)
            assert caught.value.problem == "header"

    def test_lists_that_differ_have_different_fingerprints(self) -> None:
        """IM-12."""
        lists: list[list[dict[str, object]]] = [
            [{"email": "a@x.de"}],
            [{"customer_id": "a@x.de"}],
            [{"email": "b@x.de"}],
            [{"email": "a@x.de"}, {}],
            [{}, {"email": "a@x.de"}],
            [{"email": "a@x.de", "city": None}],
            [{"email": "True"}],
            [{"email": True}],
        ]
        prints = [PlainRows(rows).fingerprint() for rows in lists]
        assert len(set(prints)) == len(lists)
        assert prints == [PlainRows(iter(rows)).fingerprint() for rows in lists]


class TestConcurrency:
    """IM-12, AS-12: somebody else is faster."""

    def test_a_batch_is_planned_again_where_a_contact_changed_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        center = known()
        overtake(monkeypatch, times=ATTEMPTS - 1)
        (row,) = run(center, "email,city", ["ada@x.de", "Ulm"])
        ada = center.contact("c0001")
        assert (row.outcome, ada.values["city"], ada.values["company"]) == (UPDATED, "Ulm", f"{ATTEMPTS - 1} times")

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_not_for_ever(self, monkeypatch: pytest.MonkeyPatch, *, dry_run: bool) -> None:
        center = known()
        overtake(monkeypatch, times=ATTEMPTS)
        with pytest.raises(StaleVersionError):
            import_table(center, Table(["email", "city"], [["ada@x.de", "Ulm"]]), dry_run=dry_run)
        assert "city" not in center.contact("c0001").values

    def test_what_the_store_broke_off_is_done_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Beginning, rows, end: nothing is lost or written twice."""
        center = known()
        break_off(monkeypatch, *(True, False) * 3)
        rows = run(center, "email,city", ["ada@x.de", "Ulm"], ["new@x.de", "Ulm"])
        assert [each.outcome for each in rows] == [UPDATED, ADDED]
        assert [each.values.get("city") for each in center.list_contacts()] == ["Ulm", None, None, "Ulm"]
        (record,) = center.imports.all()
        assert (record.status, center.imports.report(record.id).total) == (ImportStatus.FINISHED, 2)


class TestThePlanAlone:
    """What the story says without any store."""

    def job(self, *columns: str, options: ImportOptions | None = None) -> ImportJob:
        options = options or ImportOptions()
        catalog = FieldCatalog.of("de", ())
        return ImportJob(
            id=ImportId("i1"),
            columns=map_columns(columns, options.mapping, catalog, options.identify_by, {}),
            options=options,
            judge=ValueJudge(PARSERS, OrganizationSettings()),
            parsers=PARSERS,
        )

    def test_it_needs_whoever_holds_an_identifier_of_the_batch(self) -> None:
        job = self.job(
            "email", "customer_id", "groups", options=ImportOptions(groups=("All",), existing_to_group="Old")
        )
        body: list[tuple[int, Sequence[Entered]]] = [
            (2, ["A@x.de", " K1", "VIP; Presse"]),
            (3, ["?", "", ""]),
            (4, ["x"]),
        ]
        rows = Reading(job, survey(job, body)).read(body)
        assert needs_of_rows(job, rows) == Needs(
            keys=frozenset({email_key("a@x.de"), customer_key("K1")}),
            groups=frozenset({"all", "old", "vip", "presse"}),
        )

    def test_it_locks_the_fields_that_may_get_options_under_the_names_that_settings_lock(self) -> None:
        job = self.job("email", "Titel", "newsletter", options=ImportOptions(add_system_options=True))
        rows = Reading(job, Survey(1, frozenset())).read([(2, ["", "", ""])])
        needs = needs_of_rows(job, rows)
        assert needs == Needs(fields=frozenset({"email", "title", "newsletter"}), opt_outs=True)
        assert {key.key for key in needs.locks} == {"email", "title", "newsletter"}

    def test_a_field_that_is_gone_meanwhile_says_nothing(self) -> None:
        job = replace(self.job("email", "city"), columns=ColumnMap(("email", "Größe"), ("email", "f9")))
        rows = Reading(job, Survey(1, frozenset())).read([(2, ["ada@x.de", "M"])])
        facts = Facts(asked=needs_of_rows(job, rows))
        created, _ = plan_rows(job, judge_rows(job, rows, facts), facts, circumstances(LOU)).changes
        assert isinstance(created, CreateContacts)
        assert [each.values for each in created.contacts()] == [{"email": "ada@x.de"}]

    def test_it_gives_the_changes_of_all_rows_and_what_became_of_them(self) -> None:
        job = self.job("email", "city")
        body: list[tuple[int, Sequence[Entered]]] = [
            (2, ["ada@x.de", "Ulm"]),
            (3, ["bob@x.de", ""]),
            (4, ["bob@x.de", ""]),
        ]
        ada = contact("c9", email="ada@x.de")
        rows = Reading(job, survey(job, body)).read(body)
        facts = Facts(
            asked=needs_of_rows(job, rows), holders={email_key("ada@x.de"): (ada.id,)}, contacts={ada.id: ada}
        )
        plan = plan_rows(job, judge_rows(job, rows, facts), facts, circumstances(LOU))
        assert [row.outcome for row in plan.outcome] == [UPDATED, ADDED, UNPROCESSED]
        assert [type(change).__name__ for change in plan.changes] == ["CreateContacts", "UpdateContact", "RecordRows"]
        assert (plan.envelope.cause, plan.envelope.reference, str(plan.envelope.actor)) == (
            Cause.IMPORT,
            "i1",
            "user:lou",
        )
