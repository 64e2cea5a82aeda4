"""Which columns a list of contacts has and what stands in their cells: chapter 13, asked of the pure functions."""

from collections.abc import Mapping, Sequence

import pytest

from doocore import ContactField, FieldCatalog, FieldType, FrozenDict, IdentifierKind, map_columns
from doocore.model.contact import ContactColumns, GroupId
from doocore.model.fields import SYSTEM_KEYS, FieldValue
from doocore.rules.exporting import (
    CELLS_OF_STATES,
    CELLS_OF_TRUTHS,
    cell_of_groups,
    cells_of_export,
    columns_of_export,
    columns_of_template,
    headings,
)
from tests.builders import contact

BESIDE_FIELDS = ("groups", "event_communication", "newsletter", "marketing")
LABELS = {"email": "E-Mail", "city": "Ort", "newsletter": "Newsletter"}


def own(key: str, name: str, *, archived: bool = False) -> ContactField:
    return ContactField(key=key, type=FieldType.SHORT_TEXT, name=name, archived=archived)


class TestColumns:
    """EX-1, ID-1: "all fields, groups, subscriptions, contact ID"; IM-15: a template with all fields."""

    CATALOG = FieldCatalog.of("de", [own("f1", "VIP"), own("f2", "Old", archived=True)])

    def test_of_an_export_are_everything_the_contact_id_first(self) -> None:
        assert columns_of_export(self.CATALOG) == ("contact_id", *SYSTEM_KEYS, "f1", *BESIDE_FIELDS)

    def test_of_a_template_are_the_same_without_the_contact_id(self) -> None:
        """A list of new contacts cannot have what the system gives."""
        assert columns_of_template(self.CATALOG) == columns_of_export(self.CATALOG)[1:]

    def test_an_archived_field_comes_along_where_it_is_asked_for(self) -> None:
        """FI-4."""
        fields = (*SYSTEM_KEYS, "f1", "f2")
        assert columns_of_export(self.CATALOG, archived=True) == ("contact_id", *fields, *BESIDE_FIELDS)
        assert columns_of_template(self.CATALOG, archived=True) == (*fields, *BESIDE_FIELDS)


class TestHeadings:
    """EX-2: an export is imported again without a word about its columns."""

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ([own("f1", "VIP")], ["VIP"]),
            ([own("f1", "e mail")], ["f1"]),  # beside E-Mail
            ([own("f1", "news-letter")], ["f1"]),  # beside Newsletter
            ([own("f1", "VIP 1"), own("f2", "vip1")], ["VIP 1", "f2"]),
            ([own("f1", "F-2"), own("f2", "VIP")], ["f1", "VIP"]),
            ([own("f1", "import_line")], ["f1"]),  # goes nowhere, under this name
            ([own("f1", "Old", archived=True)], ["Old"]),  # goes nowhere, and shall
            ([own("f1", "Ort ", archived=True)], ["f1"]),
            ([own("f1", "Stadt", archived=True)], ["f1"]),  # another name of Ort
            ([own("f1", "Old", archived=True), own("f2", "O-l-d")], ["f1", "f2"]),
            ([own("f1", "VIP"), own("f2", "VIP 2")], ["VIP", "VIP 2"]),
        ],
    )
    def test_a_field_is_called_by_its_name_where_that_leads_back_else_by_its_key(
        self, fields: Sequence[ContactField], expected: Sequence[str]
    ) -> None:
        catalog = FieldCatalog.of("de", fields)
        columns = ["email", *(each.key for each in fields), "city", "newsletter"]
        names = {**LABELS, **{each.key: each.name for each in fields}}
        found = headings(columns, names, catalog)
        assert found == ("E-Mail", *expected, "Ort", "Newsletter")
        back = map_columns(found, {}, catalog, IdentifierKind.EMAIL, {}).targets
        live = {each.key for each in fields if not each.archived}
        assert back == ("email", *(each.key if each.key in live else None for each in fields), "city", "newsletter")

    def test_a_name_is_free_where_its_column_is_not_exported(self) -> None:
        catalog = FieldCatalog.of("de", [own("f1", "news-letter")])
        assert headings(["f1"], {"f1": "news-letter"}, catalog) == ("news-letter",)


class TestCells:
    """FI-6, SU-3, IM-6: what an import reads as the same."""

    CONTACTS = ContactColumns(
        ids=(contact("c1").id, contact("c2").id, contact("c3").id),
        groups=(frozenset(), frozenset(), frozenset()),
        columns=FrozenDict[str, tuple[FieldValue, ...]](
            {
                "city": ("Ulm", "", "1"),
                "vip": (True, False, ""),
                "event_communication": ("subscribed", "unsubscribed", "unknown"),
                "newsletter": ("", "subscribed", ""),
                "marketing": ("unknown", "unknown", "unsubscribed"),
            }
        ),
    )
    CELLS: Mapping[str, tuple[str, str, str]] = FrozenDict(
        {
            "contact_id": ("c1", "c2", "c3"),
            "groups": ("VIP", "", "Presse;VIP"),
            "city": ("Ulm", "", "1"),
            "vip": ("1", "0", ""),
            "event_communication": ("1", "0", ""),
            "newsletter": ("", "1", ""),
            "marketing": ("", "", "0"),
        }
    )

    def exported(self, *columns: str) -> list[tuple[str, ...]]:
        return [tuple(cells) for cells in cells_of_export(columns, self.CONTACTS, self.CELLS["groups"])]

    def test_stand_below_their_columns(self) -> None:
        assert self.exported(*self.CELLS) == list(self.CELLS.values())
        assert self.exported("vip", "city") == [self.CELLS["vip"], self.CELLS["city"]]

    def test_the_tables_decide(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(CELLS_OF_TRUTHS, True, "ja")
        monkeypatch.setitem(CELLS_OF_STATES, "subscribed", "+")
        assert self.exported("vip", "newsletter") == [("ja", "0", ""), ("", "+", "")]

    def test_groups_stand_in_one_cell_in_order_of_their_names(self) -> None:
        """IM-6, GR-1."""
        names = {GroupId("g1"): "VIP", GroupId("g2"): "Presse", GroupId("g3"): "Chor"}
        assert cell_of_groups({GroupId("g1"), GroupId("g2")}, names) == "Presse;VIP"
        assert cell_of_groups([*names], names) == "Chor;Presse;VIP"
        assert cell_of_groups((), names) == ""
