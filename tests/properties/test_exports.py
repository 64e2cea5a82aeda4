"""What is exported and imported again changes nothing, whatever the contacts are and however the file is written (EX-2)."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from doocore import (
    ContactCenter,
    ContactField,
    DooCoreError,
    DuplicateMode,
    Export,
    ExportFileError,
    FieldCatalog,
    FieldType,
    IdentifierKind,
    ImportOptions,
    ImportReport,
    RowOutcome,
    RowReason,
    RowReport,
    Subscription,
    SubscriptionState,
    Through,
    map_columns,
)
from doocore.model.fields import CUSTOM_FIELD_TYPES, Entered, storable, trimmed
from doocore.ports import ContactRows
from doocore.rules.exporting import columns_of_export, columns_of_template, headings
from doocore_adapters.csv_files import CsvFile, write_csv
from doocore_adapters.hypothesis import addresses, contact_fields, names, texts, values
from doocore_adapters.xlsx import XlsxFile, write_xlsx
from tests.builders import everything, merge, new_center
from tests.properties.strategies import Deed, center_with, pasts
from tests.properties.test_centers_agree import over_sqlite

few = settings(max_examples=40)

AWKWARD = "=+-@'\"\t\r\n,;|01 \u00e4\u20ac\u0141_xA<r>/&\u2028\x85\x1b\v\U0001f984"
"""What has a meaning to CSV, to a spreadsheet, to XML or to an encoding."""

awkward = st.text(st.sampled_from(AWKWARD), min_size=1, max_size=12).map(trimmed).filter(bool)
"""Short texts in which nearly everything has a meaning."""

ODD_NAMES = (
    *("e mail", "E_MAIL", "Vor-Name", "G-r-u-p-p-e-n", "gruppen.", "contact-id", "News letter", "Import line"),
    *("VIP 1", "VIP1", "v-i-p 1.", "-", "_", "=1+1", "'=x", "'t Hooft", "+49", "a\nb", 'say "x", please', "sep=;"),
)
"""Names that a field may have (FI-3), though a column would hardly be told by them."""

field_names = st.one_of(st.sampled_from(ODD_NAMES), texts(20), awkward)
text_types = (FieldType.SHORT_TEXT, FieldType.LONG_TEXT)
emails = st.one_of(st.sampled_from(("ada@x.de", "ADA@x.de", "+49@x.de", "=1@x.de")), addresses())
customer_ids = st.one_of(st.sampled_from(("007", "7", "+49", "=1+1", "'-")), awkward)


def values_of(field: ContactField) -> SearchStrategy[Entered]:
    """Give what *field* can hold, texts often awkward ones."""
    known: Mapping[str, SearchStrategy[Entered]] = {"email": emails, "customer_id": customer_ids}
    if field.key in known:
        return known[field.key]
    return st.one_of(values(field), awkward) if field.type in text_types else values(field)


@dataclass
class World:
    """A center in which awkward contacts are being made."""

    center: ContactCenter
    data: st.DataObject

    def fill(self) -> None:
        """Make fields, contacts, groups and subscriptions, and then remove options, archive fields and merge."""
        center, draw = self.center, self.data.draw
        for kind in CUSTOM_FIELD_TYPES:
            name = draw(field_names)
            options = draw(st.lists(names() | awkward, min_size=1, max_size=3, unique=True))
            own = options if kind is FieldType.SELECT else ()
            attempt(partial(center.fields.create, name, kind, options=own))
        for _ in range(draw(st.integers(1, 5))):
            attempt(self.create)
        for contact in center.list_contacts():
            if draw(st.booleans()):
                which, state = draw(st.tuples(st.sampled_from(Subscription), st.sampled_from(SubscriptionState)))
                through = draw(st.sampled_from((Through.BOOKING, Through.UNSUBSCRIBE_LINK)))
                center.set_subscription(contact.id, which, state, through=through)
        for field in center.fields.catalog().fields:
            if field.options:
                center.fields.change(field.key, options=field.options[draw(st.integers(0, 1)) :])
        contacts = center.list_contacts()
        if len(contacts) > 2 and draw(st.booleans()):
            merge(center, contacts[0].id, contacts[1].id)

    def create(self) -> None:
        fields = [each for each in self.center.fields.catalog().fields if values_can_be_made(each)]
        given_values = self.data.draw(
            st.fixed_dictionaries({}, optional={each.key: values_of(each) for each in fields})
        )
        groups = st.lists(texts(20) | awkward, max_size=3).map(lambda each: [name for name in each if ";" not in name])
        self.center.create_contact(given_values, groups=self.data.draw(groups), confirm_duplicate=True)


def values_can_be_made(field: ContactField) -> bool:
    return field.type is not FieldType.SELECT or bool(field.options)


def attempt(deed: Callable[[], object]) -> None:
    """Do it, unless it is refused: not every name is free, not every text short enough."""
    with suppress(DooCoreError):
        deed()


@dataclass(frozen=True)
class Format:
    """A way to write a file and to read it again."""

    name: str
    write: Callable[[io.BytesIO, Export], int]
    read: Callable[[bytes], ContactRows]
    lacks_letters: bool = False

    def there_and_back(self, export: Export) -> tuple[int, ContactRows]:
        """Write *export*, and open what was written; give also how many rows that were."""
        stream = io.BytesIO()
        return self.write(stream, export), self.read(stream.getvalue())


def csv_format(encoding: str, delimiter: str) -> Format:
    return Format(
        name=f"CSV in {encoding}, {delimiter!r} between cells",
        write=lambda stream, export: write_csv(stream, export, encoding=encoding, delimiter=delimiter),
        read=lambda content: CsvFile(content, encoding=encoding, delimiter=delimiter),
        lacks_letters=not encoding.startswith("utf-8"),
    )


FORMATS = [
    *(csv_format(encoding, ",") for encoding in ("utf-8", "utf-8-sig", "iso-8859-1", "windows-1252")),
    *(csv_format("utf-8", delimiter) for delimiter in (";", "\t")),
    Format("XLSX", write_xlsx, XlsxFile),
]
COMPLETE = [each for each in FORMATS if not each.lacks_letters]
"""The formats that have all letters."""


def imported(center: ContactCenter, rows: ContactRows, identify_by: IdentifierKind) -> ImportReport:
    return center.import_contacts(rows, ImportOptions(identify_by=identify_by, duplicates=DuplicateMode.OVERWRITE))


def kept(center: ContactCenter) -> Mapping[str, object]:
    """Everything but the record of imports."""
    return {noun: found for noun, found in everything(center).items() if not noun.startswith("import")}


@contextmanager
def over_memory() -> Iterator[ContactCenter]:
    yield new_center()


@pytest.mark.parametrize("over", [over_memory, over_sqlite], ids=["memory", "SQLite"])
class TestRoundTrip:
    """EX-2: "An export imported again under `overwrite`, identified by contact ID, changes nothing"."""

    @few
    @given(data=st.data(), file=st.sampled_from(COMPLETE))
    def test_nothing_changes_and_every_column_is_known(
        self, over: Callable[[], AbstractContextManager[ContactCenter]], data: st.DataObject, file: Format
    ) -> None:
        with over() as center:
            World(center, data).fill()
            before = kept(center)
            with center.export_contacts() as export:
                count, rows = file.there_and_back(export)
            report = imported(center, rows, IdentifierKind.CONTACT_ID)
            assert dict(report.counts) == ({RowOutcome.UNCHANGED: count} if count else {})
            assert (count, report.ignored_columns) == (center.count_contacts(), ())
            assert (report.reasons, report.warnings) == ({}, {})
            assert kept(center) == before


class TestPasts:
    """The same whatever happened beforehand: bookings, imports, merges, other regions and locales."""

    @few
    @given(past=pasts, file=st.sampled_from(COMPLETE), archived=st.booleans())
    def test_nothing_changes(self, past: Sequence[Deed], file: Format, archived: bool) -> None:  # noqa: FBT001
        center = center_with(past)
        center.fields.change("VIP?", archived=True)
        before = kept(center)
        with center.export_contacts(archived_fields=archived) as export:
            count, rows = file.there_and_back(export)
        report = imported(center, rows, IdentifierKind.CONTACT_ID)
        assert dict(report.counts) == ({RowOutcome.UNCHANGED: count} if count else {})
        assert len(report.ignored_columns) == archived
        assert kept(center) == before


class TestElsewhere:
    """An empty organization with the same fields has the same people afterwards."""

    @few
    @given(
        data=st.data(),
        file=st.sampled_from(COMPLETE),
        identify_by=st.sampled_from((IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID)),
    )
    def test_whoever_can_be_told_apart_comes_over_whole(
        self, data: st.DataObject, file: Format, identify_by: IdentifierKind
    ) -> None:
        center = new_center()
        World(center, data).fill()
        with center.export_contacts() as export:
            _, rows = file.there_and_back(export)
        other = new_center()
        for field in center.fields.catalog().custom:
            other.fields.create(field.name, field.type, options=field.options)
        keys = {each.key: there.key for each, there in _pairs(center, other)}
        options = ImportOptions(identify_by=identify_by)
        came: list[RowReport] = []
        other.import_contacts(rows, options, progress=lambda done: came.extend(done.rows))
        for contact, row in zip(center.list_contacts(), came, strict=True):
            if row.outcome is not RowOutcome.ADDED:
                assert {each.word for each in row.reasons} <= TOLD_APART_NO_MORE
                continue
            found = other.contact(str(row.contact_id))
            assert found.values == {keys[each]: value for each, value in contact.values.items()}
            states = {each: contact.state(each) for each in Subscription}
            assert {each: found.state(each) for each in Subscription} == states
            assert other.details(found.id).groups == center.details(contact.id).groups


TOLD_APART_NO_MORE = {
    RowReason.MISSING_IDENTIFIER,
    RowReason.DUPLICATE_IN_FILE,
    RowReason.CUSTOMER_ID_TAKEN,
    RowReason.UNKNOWN_OPTION,  # one that was removed here does not exist there
}
"""Why a contact does not come over: nobody can know who it is, or it has what only its own organization accepts."""


def _pairs(center: ContactCenter, other: ContactCenter) -> Iterator[tuple[ContactField, ContactField]]:
    return zip(center.fields.catalog().fields, other.fields.catalog().fields, strict=True)


own_fields = st.lists(
    st.builds(
        lambda field, name, archived: replace(field, name=name, archived=archived),
        contact_fields(),
        field_names,
        st.booleans(),
    ),
    max_size=6,
    unique_by=(lambda field: field.key, lambda field: trimmed(field.name).casefold()),
)


class TestHeadings:
    @given(own_fields, st.booleans())
    def test_every_column_finds_its_field_again(self, own: list[ContactField], archived: bool) -> None:  # noqa: FBT001
        """IM-3: without a word from the caller; what an archived field has goes nowhere."""
        catalog = FieldCatalog.of("de", own)
        columns = columns_of_export(catalog, archived=archived)
        called = headings(columns, {each: catalog[each].name if each in catalog else each for each in columns}, catalog)
        targets = map_columns(called, {}, catalog, IdentifierKind.CONTACT_ID, {}).targets
        expected = [None if each in catalog and catalog[each].archived else each for each in columns]
        assert list(targets) == expected

    @given(own_fields)
    def test_every_column_of_a_template_is_known(self, own: list[ContactField]) -> None:
        """IM-15."""
        catalog = FieldCatalog.of("de", own)
        columns = columns_of_template(catalog)
        called = headings(columns, {each: catalog[each].name if each in catalog else each for each in columns}, catalog)
        assert map_columns(called, {}, catalog, IdentifierKind.EMAIL, {}).targets == columns


CODECS = {"iso-8859-1": "iso-8859-1", "windows-1252": "windows-1252"}
CONTROLS = "".join(each for each in map(chr, (*range(0x80), 0xFFFE, 0xFFFF)) if storable(each) != each)


def cells_of(file: Format) -> SearchStrategy[str]:
    """Give texts that a format has letters for; what a store holds, it can write."""
    if not file.lacks_letters:
        return (st.text() | awkward).map(storable)
    codec = next(each for each in CODECS if each in file.name)
    not_read = "".join(map(chr, range(0x80, 0xA0))) if codec == "iso-8859-1" else ""
    return st.text(st.characters(codec=codec, exclude_characters=CONTROLS + not_read), max_size=12)


@given(st.data(), st.sampled_from(FORMATS))
def test_any_cell_comes_back_as_it_was(data: st.DataObject, file: Format) -> None:
    """EX-1, EX-2: a heading too; what no store holds is taken out at the door, once and for all."""
    cells = cells_of(file)
    heading = data.draw(cells)
    written = data.draw(st.lists(st.tuples(st.just("c1"), cells, cells), max_size=5))
    count, rows = file.there_and_back(Export.of_rows(["Kontakt-ID", heading, "Ende"], written))
    assert rows.columns() == ("Kontakt-ID", heading, "Ende")
    assert [["" if cell is None else cell for cell in cells] for _, cells in rows.rows()] == list(map(list, written))
    assert count == len(written)


@given(st.text())
def test_what_is_taken_out_is_taken_out_once(text: str) -> None:
    assert storable(storable(text)) == storable(text)
    assert not set(storable(text)) & set(CONTROLS)


@given(st.text(max_size=5), st.sampled_from([each for each in FORMATS if each.lacks_letters]))
def test_what_an_encoding_lacks_is_named_or_replaced(text: str, file: Format) -> None:
    """EX-1."""
    codec = next(each for each in CODECS if each in file.name)
    lacking = [each for each in text if not _has(codec, each)]
    export = Export.of_rows(["Kontakt-ID", "Ort"], [("c1", ""), ("c2", text)])
    if lacking:
        with pytest.raises(ExportFileError) as caught:
            file.there_and_back(export)
        error = caught.value
        assert (error.problem, error.record, error.column) == ("unencodable", "c2", "Ort")
        assert f"U+{ord(lacking[0]):04X}" in error.detail
    export = Export.of_rows(["Kontakt-ID", "Ort"], [("c1", ""), ("c2", storable(text))])
    write_csv(stream := io.BytesIO(), export, encoding=codec, substitute="?")
    replaced = "".join(each if _has(codec, each) else "?" for each in storable(text))
    assert [cells for _, cells in CsvFile(stream.getvalue(), encoding=codec).rows()] == [["c1", ""], ["c2", replaced]]


def _has(codec: str, letter: str) -> bool:
    """Tell whether an encoding has a letter; the control characters of ISO 8859-1 would be read as others."""
    if codec == "iso-8859-1" and "\x80" <= letter < "\xa0":
        return False
    return letter.encode(codec, "ignore") != b""
