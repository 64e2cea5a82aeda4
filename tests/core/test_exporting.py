"""What an export has: which contacts, which columns under which headings, which texts in the cells (EX-1, EX-2, IM-15)."""

import pytest

from doocore import (
    Booker,
    ContactCenter,
    DuplicateMode,
    Export,
    FieldType,
    IdentifierKind,
    ImportOptions,
    NotFoundError,
    OrganizationSettings,
    PermissionDeniedError,
    RowOutcome,
    Subscription,
    SubscriptionState,
    Through,
    User,
)
from doocore.contact_center import exporting
from doocore.rules.exporting import CELLS_OF_STATES, CELLS_OF_TRUTHS
from tests.builders import merge, new_center

GERMAN = (
    *("Kontakt-ID", "E-Mail", "Externe Kunden-ID", "Anrede", "Titel", "Vorname", "Nachname", "Firma", "Straße"),
    *("Hausnummer", "PLZ", "Ort", "Land", "Telefon", "Kommentar"),
    *("Gruppen", "Veranstaltungskommunikation", "Newsletter", "Marketing"),
)
ENGLISH = (
    *("Contact ID", "E-mail", "External customer ID", "Salutation", "Title", "First name", "Last name", "Company"),
    *("Street", "House number", "Postal code", "City", "Country", "Phone", "Comment"),
    *("Groups", "Event communication", "Newsletter", "Marketing"),
)


def exported(center: ContactCenter, **which: object) -> list[dict[str, str]]:
    """Export, and give every row as a mapping from heading to cell."""
    with center.export_contacts(**which) as export:  # type: ignore[arg-type]
        rows = [dict(zip(export.columns, row, strict=True)) for row in export]
        assert export.total == len(rows)
        return rows


def ids(center: ContactCenter, **which: object) -> list[str]:
    return [row["Kontakt-ID"] for row in exported(center, **which)]


@pytest.fixture
def center() -> ContactCenter:
    """Three contacts in two groups."""
    center = new_center()
    center.create_contact({"email": "ada@x.de", "last_name": "Lovelace"}, groups=["VIP", "Presse"])
    center.create_contact({"email": "bob@x.de"}, groups=["Presse"])
    center.create_contact({"customer_id": "007", "comment": "- bald"})
    return center


class TestWho:
    """EX-1: "all, a group, or a selection"."""

    def test_all_in_order_of_their_ids(self, center: ContactCenter) -> None:
        assert ids(center) == ["c0001", "c0002", "c0003"]

    def test_the_members_of_a_group(self, center: ContactCenter) -> None:
        assert ids(center, group=" presse ") == ["c0001", "c0002"]

    def test_those_in_whom_a_text_occurs(self, center: ContactCenter) -> None:
        """SE-1: the search is a selection too, alone and within a group."""
        assert ids(center, text=" X.de ") == ["c0001", "c0002"]
        assert ids(center, text="love", group="Presse") == ["c0001"]

    def test_a_selection_whatever_its_order(self, center: ContactCenter) -> None:
        assert ids(center, contacts=["c0003", "c0001", "c0003"]) == ["c0001", "c0003"]
        assert ids(center, contacts=iter(["c0002"])) == ["c0002"]
        assert ids(center, contacts=[]) == []

    def test_the_survivor_stands_for_those_merged_into_it(self, center: ContactCenter) -> None:
        merge(center, "c0002", "c0001")
        assert ids(center, contacts=["c0001", "c0002"]) == ["c0002"]

    def test_unknown_ones_are_all_named(self, center: ContactCenter) -> None:
        with (
            pytest.raises(NotFoundError) as caught,
            center.export_contacts(contacts=["c0009", "c0001", "c0008", "c0009"]),
        ):
            pass
        assert (caught.value.noun, caught.value.keys) == ("contact", ("c0009", "c0008"))

    def test_an_unknown_group_is_named(self, center: ContactCenter) -> None:
        with pytest.raises(NotFoundError) as caught, center.export_contacts(group="nobody"):
            pass
        assert (caught.value.noun, caught.value.key) == ("group", "nobody")

    @pytest.mark.parametrize("also", [{"group": "VIP"}, {"text": "ada"}])
    def test_a_selection_is_no_search(self, center: ContactCenter, also: dict[str, str]) -> None:
        with pytest.raises(TypeError, match="selection of its own"):
            center.export_contacts(contacts=["c0001"], **also)  # type: ignore[arg-type]

    def test_nobody_outside_the_organization_exports(self, center: ContactCenter) -> None:
        """PR-1; each of its users may."""
        with pytest.raises(PermissionDeniedError), center.acting_as(Booker()).export_contacts():
            pass
        with center.acting_as(User("lou")).export_contacts() as export:
            assert export.total == 3

    def test_pages_make_one_list(self, center: ContactCenter, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exporting, "PAGE", 2)
        told: list[int] = []
        assert ids(center, progress=told.append) == ["c0001", "c0002", "c0003"]
        assert told == [2, 3]
        assert ids(center, contacts=["c0003", "c0002", "c0001"], progress=told.append) == ["c0001", "c0002", "c0003"]
        assert told == [2, 3, 2, 3]
        assert ids(center, group="Presse") == ["c0001", "c0002"]

    def test_it_is_of_one_moment_and_over_behind_its_block(self, center: ContactCenter) -> None:
        with center.export_contacts() as export:
            assert list(export) == list(export)
        with pytest.raises(RuntimeError):
            list(export)


class TestColumns:
    def test_everything_is_there_in_the_language_of_the_organization(self) -> None:
        """EX-1: "all fields, groups, subscriptions, contact ID"."""
        for locale, expected in (("de", GERMAN), ("de_AT", GERMAN), ("en_GB", ENGLISH), ("fr", ENGLISH)):
            center = new_center(OrganizationSettings(locale=locale))
            with center.export_contacts() as export:
                assert export.columns == expected
            assert center.imports.template().columns == expected[1:]

    def test_own_fields_stand_behind_the_others(self) -> None:
        center = new_center()
        center.fields.create("Größe", FieldType.SELECT, options=["S", "M"])
        with center.export_contacts() as export:
            assert export.columns == (*GERMAN[:15], "Größe", *GERMAN[15:])

    def test_a_name_that_an_import_would_take_for_another_column_is_not_used(self) -> None:
        """EX-2, IM-3: two columns called nearly alike would refuse the whole list."""
        center = new_center()
        made = [center.fields.create(name) for name in ("e mail", "VIP 1", "vip1", "-", "=x")]
        with center.export_contacts() as export:
            assert export.columns[15:20] == (made[0].key, "VIP 1", made[2].key, "-", "=x")

    def test_archived_fields_come_along_where_they_are_asked_for(self, center: ContactCenter) -> None:
        """FI-4: they are offered no more; an import then ignores them."""
        center.fields.create("Größe")
        center.change_contact("c0001", {"Größe": "M"})
        center.fields.change("Größe", archived=True)
        assert {*exported(center)[0]} == set(GERMAN)
        rows = exported(center, archived_fields=True)
        assert (rows[0]["Größe"], rows[1]["Größe"]) == ("M", "")
        report = center.import_contacts(rows, ImportOptions(identify_by=IdentifierKind.CONTACT_ID))
        assert (report.counts, report.ignored_columns) == ({RowOutcome.UNCHANGED: 3}, ("Größe",))

    def test_an_archived_field_is_taken_for_no_other(self) -> None:
        center = new_center()
        made = center.fields.create("e mail")
        center.fields.change("e mail", archived=True)
        with center.export_contacts(archived_fields=True) as export:
            assert export.columns[15] == made.key


class TestCells:
    def test_values_stand_as_they_are_stored(self, center: ContactCenter) -> None:
        """Guards are for file formats; here `- bald` is itself."""
        row = exported(center)[2]
        assert {heading: cell for heading, cell in row.items() if cell} == {
            "Kontakt-ID": "c0003",
            "Externe Kunden-ID": "007",
            "Kommentar": "- bald",
        }

    def test_checkboxes_and_subscriptions_are_the_words_that_an_import_knows(self) -> None:
        """FI-6, SU-3."""
        center = new_center()
        center.fields.create("Vegan", FieldType.CHECKBOX)
        wishes = {Subscription.NEWSLETTER: True, Subscription.MARKETING: False}
        center.create_contact({"Vegan": "nein"}, subscriptions=wishes)
        center.create_contact({"Vegan": "ja"})
        assert [row["Vegan"] for row in exported(center)] == ["0", "1"]
        cells = [[row[each] for each in GERMAN[-3:]] for row in exported(center)]
        assert cells == [["", "1", "0"], ["", "", ""]]

    def test_a_subscription_that_became_unknown_says_nothing(self) -> None:
        center = new_center()
        contact = center.create_contact({"email": "ada@x.de"}, subscriptions={Subscription.NEWSLETTER: True})
        center.set_subscription(contact.id, Subscription.NEWSLETTER, SubscriptionState.UNKNOWN, through=Through.BY_HAND)
        assert exported(center)[0]["Newsletter"] == ""

    def test_every_state_and_truth_has_its_cell(self) -> None:
        assert CELLS_OF_STATES.keys() == {"", *(each.value for each in SubscriptionState)}
        assert CELLS_OF_TRUTHS.keys() == {True, False}

    def test_groups_are_named_in_order(self, center: ContactCenter) -> None:
        """IM-6, GR-1."""
        assert [row["Gruppen"] for row in exported(center)] == ["Presse;VIP", "Presse", ""]
        center.change_contact("c0003", groups=["d", "b", "e", "a", "c"])
        assert exported(center)[2]["Gruppen"] == "a;b;c;d;e"


class TestBack:
    """EX-2."""

    def test_duplicates_and_options_that_are_gone_survive(self) -> None:
        """ID-5, FI-5, IM-17: what a contact has already is its own, though nobody else could get it."""
        center = new_center()
        center.fields.create("Größe", FieldType.SELECT, options=["S", "M"])
        for _ in range(2):
            center.create_contact({"customer_id": "K-1", "email": "ada@x.de", "Größe": "M"}, confirm_duplicate=True)
        center.fields.change("Größe", options=["S"])
        before = center.list_contacts()
        options = ImportOptions(identify_by=IdentifierKind.CONTACT_ID, duplicates=DuplicateMode.OVERWRITE)
        report = center.import_contacts(exported(center), options)
        assert (report.counts, report.warnings) == ({RowOutcome.UNCHANGED: 2}, {})
        assert center.list_contacts() == before

    def test_what_was_changed_in_the_list_is_changed(self, center: ContactCenter) -> None:
        rows = exported(center)
        rows[1]["Ort"] = "Ulm"
        options = ImportOptions(identify_by=IdentifierKind.CONTACT_ID, duplicates=DuplicateMode.OVERWRITE)
        report = center.import_contacts(rows, options)
        assert report.counts == {RowOutcome.UNCHANGED: 2, RowOutcome.UPDATED: 1}
        assert center.contact("c0002").values["city"] == "Ulm"


class TestTemplate:
    """IM-15: "A template CSV with all fields of the organization can be had"."""

    def test_a_list_that_was_filled_in_needs_no_mapping(self) -> None:
        center = new_center()
        for name, kind in (("Vegan", FieldType.CHECKBOX), ("Geburtstag", FieldType.DATE), ("e mail", FieldType.PHONE)):
            center.fields.create(name, kind)
        template = center.imports.template()
        assert (list(template), template.total) == ([], 0)
        row = dict.fromkeys(template.columns, "") | {
            "E-Mail": "ada@x.de",
            "Vegan": "ja",
            "Gruppen": "VIP",
            "Marketing": "1",
        }
        report = center.import_contacts([row])
        assert (report.counts, report.ignored_columns) == ({RowOutcome.ADDED: 1}, ())
        (ada,) = center.contacts_by_email("ada@x.de")
        assert center.details(ada.id).groups == ("VIP",)
        assert ada.state(Subscription.MARKETING) is SubscriptionState.SUBSCRIBED

    def test_what_is_offered_no_more_is_not_asked_for(self) -> None:
        center = new_center()
        center.fields.create("Alt")
        center.fields.change("Alt", archived=True)
        assert center.imports.template().columns == GERMAN[1:]


class TestExport:
    def test_rows_become_pages(self) -> None:
        rows = [(str(number), "x") for number in range(2_500)]
        export = Export.of_rows(["a", "b"], iter(rows), total=2_500)
        assert [len(page[0]) for page in export.pages] == [1_000, 1_000, 500]
        assert list(Export.of_rows(["a", "b"], rows)) == rows
        assert Export.of_rows(["a"], []).total is None

    def test_a_row_of_another_width_is_the_callers_mistake(self) -> None:
        with pytest.raises(ValueError, match="argument"):
            list(Export.of_rows(["a", "b"], [("1", "2"), ("3",)]))
