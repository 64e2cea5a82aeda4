"""Which column of a list goes where (IM-3)."""

from collections.abc import Mapping

import pytest

from doocore import (
    ContactField,
    CreateFieldFromColumn,
    FieldCatalog,
    FieldType,
    IdentifierKind,
    ImportFileError,
    NotFoundError,
    map_columns,
)
from doocore.model.contact_import import ColumnTarget
from doocore.model.fields import SYSTEM_KEYS, folded
from doocore.rules.columns import ColumnMap, column_name, columns_that_create, reserved_names


def field(key: str, name: str, *, archived: bool = False) -> ContactField:
    return ContactField(key=key, type=FieldType.SHORT_TEXT, name=name, archived=archived)


OWN = (field("f1", "VIP 1"), field("f2", "VIP1"), field("f3", "Old", archived=True), field("f4", "-"))
CATALOG = FieldCatalog.of("de", OWN)


def mapped(
    *columns: str,
    overrides: Mapping[str, ColumnTarget] | None = None,
    identify_by: IdentifierKind = IdentifierKind.EMAIL,
    created: Mapping[str, str] | None = None,
) -> tuple[str | None, ...]:
    return map_columns(columns, overrides or {}, CATALOG, identify_by, created or {}).targets


def refusal(
    *columns: str,
    overrides: Mapping[str, ColumnTarget] | None = None,
    identify_by: IdentifierKind = IdentifierKind.EMAIL,
) -> ImportFileError:
    with pytest.raises(ImportFileError) as caught:
        mapped(*columns, overrides=overrides, identify_by=identify_by)
    return caught.value


IDENTIFYING = (IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID, IdentifierKind.CONTACT_ID)

LABELS = {
    "email": "E-Mail, E-Mail-Adresse, Email address",
    "customer_id": "Externe Kunden-ID, Kundennummer, External customer ID",
    "contact_id": "Kontakt-ID, doo Kontakt-ID, Contact ID",
    "salutation": "Anrede",
    "title": "Titel",
    "first_name": "Vorname",
    "last_name": "Nachname",
    "company": "Firma, Unternehmen, Organisation, Organization",
    "street": "Stra\u00dfe",
    "house_number": "Nr., No., Hausnummer",
    "postal_code": "PLZ, ZIP, Postleitzahl",
    "city": "Ort, Stadt",
    "country": "Land, L\u00e4ndercode, Country code",
    "phone": "Telefon, Telefonnummer",
    "comment": "Kommentar",
    "groups": "Gruppen, Groups",
    "event_communication": ("Veranstaltungskommunikation, E-Mail-Abo Veranstaltungskommunikation, Event communication"),
    "newsletter": "Newsletter",
    "marketing": "Marketing",
}
"""The words of IM-3."""


class TestByName:
    @pytest.mark.parametrize("target", LABELS)
    def test_keys_and_labels_are_known(self, target: str) -> None:
        """IM-3, by the key too."""
        kind = next((each for each in IDENTIFYING if each.value == target), None)
        for label in (target, *LABELS[target].split(", ")):
            columns = [label] if kind else [label, "email"]
            assert mapped(*columns, identify_by=kind or IdentifierKind.EMAIL)[0] == target

    def test_every_system_field_is_among_them(self) -> None:
        """FI-1."""
        assert set(SYSTEM_KEYS) <= set(LABELS)

    @pytest.mark.parametrize("column", ["VORNAME", " vor name\u00a0", "Vor-Name.", "_Vor_Na_me", "\ufeffVorname"])
    def test_case_blanks_hyphens_underscores_and_a_final_dot_do_not_count(self, column: str) -> None:
        assert mapped("email", column) == ("email", "first_name")

    def test_a_dot_inside_counts(self) -> None:
        assert mapped("email", "Vor.name", "Vorname..") == ("email", None, None)

    def test_of_two_that_look_alike_the_one_that_is_spelled_like_that_is_meant(self) -> None:
        assert [mapped("email", each)[1] for each in ("vip 1", "VIP1", "VIP-1")] == ["f1", "f2", "f1"]
        assert mapped("email", "x", overrides={"x": "VIP1"}) == ("email", "f2")

    def test_an_archived_field_is_offered_no_more(self) -> None:
        """FI-4."""
        assert mapped("email", "Old", "f3") == ("email", None, None)
        with pytest.raises(NotFoundError):
            mapped("email", "x", overrides={"x": "Old"})

    def test_columns_without_a_name_go_nowhere(self) -> None:
        assert mapped("email", "", " ", ".") == ("email", None, None, None)
        assert mapped("email", "-") == ("email", "f4")

    def test_the_contact_id_goes_nowhere_unless_it_identifies(self) -> None:
        """ID-1: contact IDs are the system's to give."""
        assert mapped("email", "Kontakt-ID") == ("email", None)
        assert mapped("email", "Kontakt-ID", identify_by=IdentifierKind.CONTACT_ID) == ("email", "contact_id")


class TestByTheCaller:
    """IM-3: "The caller can override, ignore a column, or create a field from it."."""

    def test_an_override_wins_over_the_name(self) -> None:
        assert mapped("Mail", "Vorname", overrides={"mail": "E-Mail", "VOR NAME": "last_name"}) == (
            "email",
            "last_name",
        )

    def test_a_column_can_be_ignored(self) -> None:
        assert mapped("email", "Vorname", overrides={"Vorname": None}) == ("email", None)

    def test_a_column_can_make_a_field(self) -> None:
        overrides: Mapping[str, ColumnTarget] = {"Shirt-Size": CreateFieldFromColumn("Size"), "Vorname": "last_name"}
        assert columns_that_create(overrides) == {"shirtsize": CreateFieldFromColumn("Size")}
        assert mapped("email", "shirt size", overrides=overrides, created={"shirtsize": "f9"}) == ("email", "f9")

    def test_a_target_that_is_no_field_is_unknown(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            mapped("email", "x", overrides={"x": "Nonsense"})
        assert (caught.value.noun, caught.value.key) == ("field", "Nonsense")

    def test_what_the_list_does_not_have_is_not_looked_up(self) -> None:
        assert mapped("email", overrides={"absent": "Nonsense"}) == ("email",)


class TestRefusals:
    """IM-1, IM-3: one clear error, the first that holds."""

    def test_a_header_of_which_nothing_is_known(self) -> None:
        error = refusal("a", "b", "a")
        assert (error.problem, error.line) == ("header", 1)
        assert "'a', 'b', 'a'" in str(error)

    @pytest.mark.parametrize("columns", [("email", "x y", "X_Y"), ("x", "email", "X.")])
    def test_two_columns_of_one_name(self, columns: tuple[str, ...]) -> None:
        error = refusal(*columns)
        assert (error.problem, error.line, error.column) == ("duplicate_column", 1, columns[2])
        assert f"share the name {column_name(columns[2])!r}" in str(error)

    @pytest.mark.parametrize("overrides", [None, {"E-Mail-Adresse": "first_name", "E-Mail": "first_name"}])
    def test_two_columns_for_one_field(self, overrides: Mapping[str, ColumnTarget] | None) -> None:
        error = refusal("x", "E-Mail", "E-Mail-Adresse", overrides=overrides)
        assert (error.problem, error.column) == ("duplicate_column", "E-Mail-Adresse")
        assert "'E-Mail', 'E-Mail-Adresse' share the field" in str(error)

    def test_a_duplicate_comes_before_an_identifier_that_is_missing(self) -> None:
        assert refusal("Ort", "Stadt").problem == "duplicate_column"

    @pytest.mark.parametrize("kind", IDENTIFYING)
    def test_no_column_for_the_identifying_field(self, kind: IdentifierKind) -> None:
        error = refusal("Vorname", identify_by=kind)
        assert (error.problem, error.line) == ("unmapped_identifier", 1)
        assert kind.value in str(error)

    def test_an_identifying_column_that_is_ignored(self) -> None:
        assert refusal("email", "Vorname", overrides={"email": None}).problem == "unmapped_identifier"


class TestColumnMap:
    COLUMNS = ColumnMap(columns=("E-Mail", "x", "y"), targets=("email", None, "city"))

    def test_it_names_the_ignored(self) -> None:
        assert self.COLUMNS.ignored == ("x",)

    def test_it_knows_the_place_of_a_target(self) -> None:
        assert [self.COLUMNS.place(target) for target in ("email", "city", "groups")] == [0, 2, None]


def test_names_are_compared_in_one_form() -> None:
    assert column_name(" L\u00e4nder_Code. ") == column_name("l\u00e4ndercode")


def test_what_columns_mean_already_is_no_name_for_a_field() -> None:
    """FI-3."""
    words = ["contact_id", "groups", "event_communication", "newsletter", "marketing"]
    known = {folded(label) for word in words for label in (word, *LABELS[word].split(", "))}
    assert known | {"import_line", "import_reasons"} == reserved_names()


def test_what_a_report_of_ours_has_in_front_goes_nowhere_and_is_not_told_as_ignored() -> None:
    """IM-10: "corrected, can be imported again as it is", though a field be called nearly so."""
    catalog = FieldCatalog.of("de", [field("f1", "Import line")])
    columns = ("import_line", "IMPORT_REASONS ", "E-Mail", "Unbekannt")
    found = map_columns(columns, {}, catalog, IdentifierKind.EMAIL, {})
    assert (found.targets, found.ignored) == ((None, None, "email", None), ("Unbekannt",))
    found = map_columns(columns, {"import_line": "Ort"}, catalog, IdentifierKind.EMAIL, {})
    assert found.targets == ("city", None, "email", None)
