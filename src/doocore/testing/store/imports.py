"""Claims about imports and what became of their rows."""

from dataclasses import replace
from datetime import timedelta

from doocore.changes import ExpireRows, FinishImport, RecordRows, StartImport, TakeOverImport
from doocore.errors import NotFoundError, StaleVersionError
from doocore.model.contact_import import (
    ImportId,
    ImportStatus,
    Remark,
    RowOutcome,
    RowReason,
    RowReport,
    RowWarning,
)
from doocore.testing.raises import raises
from doocore.testing.samples import MOMENT, TEXTS, contact_id, envelope, full_import, import_record
from doocore.testing.store.base import StoreClaims

OUTCOMES = tuple(RowOutcome)


class ImportClaims(StoreClaims):
    """Imports."""

    def test_an_import_comes_back_as_it_was(self) -> None:
        """Its options, columns and all; an unknown one is None."""
        with self.transaction(StartImport(full_import())) as tx:
            assert tx.imports.get(full_import().id) == full_import()
            assert tx.imports.get(ImportId("unknown")) is None

    def test_imports_stand_in_the_order_of_their_beginning(self) -> None:
        """The one that began first stands first, and an ID is given once."""
        records = [import_record(number) for number in (3, 1, 2)]
        with self.transaction(*map(StartImport, records)) as tx:
            with raises(StaleVersionError) as caught:
                tx.apply([StartImport(import_record(4)), StartImport(import_record(1))], envelope())
            assert (caught.error.noun, caught.error.key) == ("import", "i1")
            assert list(tx.imports.all()) == records

    def test_an_import_is_finished_at_the_moment_of_the_envelope(self) -> None:
        """Only one that was begun can be finished."""
        later = MOMENT + timedelta(hours=1)
        with self.transaction(StartImport(import_record(1)), StartImport(import_record(2))) as tx:
            tx.apply([FinishImport(ImportId("i1"))], envelope(at=later))
            finished = replace(import_record(1), status=ImportStatus.FINISHED, finished_at=later)
            assert tx.imports.all() == (finished, import_record(2))
            with raises(NotFoundError) as caught:
                tx.apply([FinishImport(ImportId("i3"))], envelope())
            assert (caught.error.noun, caught.error.key) == ("import", "i3")

    def test_who_takes_a_running_import_over_is_the_only_one_to_write_it(self) -> None:
        """Whoever worked on it before cannot write rows or its end any more; nor can one be taken over twice (IM-12)."""
        rows = (RowReport(line=2, outcome=RowOutcome.ADDED),)
        first = ImportId("i1")
        with self.transaction(
            StartImport(import_record(1)), RecordRows(first, rows), StartImport(import_record(2))
        ) as tx:
            tx.apply([TakeOverImport(first, 1)], envelope())
            assert tx.imports.get(first) == replace(import_record(1), version=2)
            for late in (RecordRows(first, rows), RecordRows(first, ()), FinishImport(first), TakeOverImport(first, 1)):
                with raises(StaleVersionError) as caught:
                    tx.apply([late], envelope())
                assert (caught.error.noun, caught.error.key) == ("import", "i1")
            tx.apply([RecordRows(first, rows, 2), RecordRows(ImportId("i2"), rows)], envelope())
            assert dict(tx.imports.counts(first)) == {RowOutcome.ADDED: 2}
            tx.apply([FinishImport(first, 2)], envelope())
            with raises(StaleVersionError):
                tx.apply([TakeOverImport(first, 2)], envelope())
            assert [each.version for each in tx.imports.all()] == [2, 1]

    def test_only_what_exists_can_be_taken_over(self) -> None:
        """An unknown import is told from one that was taken over."""
        with self.transaction() as tx:
            for change in (TakeOverImport(ImportId("i1"), 1), ExpireRows(ImportId("i1"))):
                with raises(NotFoundError) as caught:
                    tx.apply([change], envelope())
                assert (caught.error.noun, caught.error.key) == ("import", "i1")


class ImportRowClaims(StoreClaims):
    """What became of the rows."""

    def test_what_rows_said_is_forgotten_when_the_report_expires(self) -> None:
        """Cells and values go, of this import alone; outcomes, words and columns stay (IM-10)."""
        remarks = (Remark(RowReason.TOO_LONG, "Größe 👕", "Ädä", "at most 3"), Remark(RowReason.AMBIGUOUS))
        warnings = (Remark(RowWarning.EMAIL_SHARED, "E-Mail", "ada@x.de", "also held by c1"),)
        refused = RowReport(2, RowOutcome.UNPROCESSED, None, remarks, (), ("Ädä", "b"))
        warned = RowReport(3, RowOutcome.ADDED, contact_id(3), (), warnings)
        rows = (refused, warned, RowReport(4, RowOutcome.ADDED))
        starts = (StartImport(import_record(1)), StartImport(import_record(2)))
        with self.transaction(*starts, RecordRows(ImportId("i1"), rows), RecordRows(ImportId("i2"), rows)) as tx:
            tx.apply([ExpireRows(ImportId("i1"))], envelope())
            kept = [
                RowReport(2, RowOutcome.UNPROCESSED, None, (remarks[0].without_cell(), remarks[1])),
                RowReport(3, RowOutcome.ADDED, contact_id(3), (), (warnings[0].without_cell(),)),
            ]
            assert list(tx.imports.notable(ImportId("i1"))) == kept
            assert list(tx.imports.notable(ImportId("i2"))) == [refused, warned]
            assert [each.status for each in tx.imports.all()] == [ImportStatus.EXPIRED, ImportStatus.RUNNING]
            assert dict(tx.imports.counts(ImportId("i1"))) == {RowOutcome.UNPROCESSED: 1, RowOutcome.ADDED: 2}

    def test_rows_are_counted_by_outcome(self) -> None:
        """Counts are those of the recorded rows, of this import, over all batches; what no row had is left out (IM-10)."""
        first = [RowReport(line=line, outcome=OUTCOMES[line % 4]) for line in range(2, 12)]
        second = [RowReport(line=line, outcome=RowOutcome.ADDED) for line in range(12, 15)]
        with self.transaction(StartImport(import_record(1)), StartImport(import_record(2))) as tx:
            assert tx.imports.counts(ImportId("i1")) == {}
            tx.apply([RecordRows(ImportId("i1"), tuple(first)), RecordRows(ImportId("i1"), ())], envelope())
            tx.apply([RecordRows(ImportId("i1"), tuple(second)), RecordRows(ImportId("i2"), tuple(second))], envelope())
            expected = {
                RowOutcome.ADDED: 5,
                RowOutcome.UPDATED: 2,
                RowOutcome.UNCHANGED: 3,
                RowOutcome.SKIPPED: 3,
            }
            assert dict(tx.imports.counts(ImportId("i1"))) == expected
            assert dict(tx.imports.counts(ImportId("i2"))) == {RowOutcome.ADDED: 3}
            assert tx.imports.counts(ImportId("unknown")) == {}

    def test_every_outcome_is_counted(self) -> None:
        """No two outcomes are taken for one."""
        rows = [RowReport(line=2, outcome=outcome) for place, outcome in enumerate(OUTCOMES) for _ in range(place + 1)]
        with self.transaction(StartImport(import_record(1)), RecordRows(ImportId("i1"), tuple(rows))) as tx:
            expected = {outcome: place + 1 for place, outcome in enumerate(OUTCOMES)}
            assert dict(tx.imports.counts(ImportId("i1"))) == expected

    def test_notable_rows_come_back_as_they_were_in_the_order_of_the_file(self) -> None:
        """Rows with reasons or warnings are kept whole, with their cells; of the others, the outcome is enough."""
        refused = RowReport(
            line=2,
            outcome=RowOutcome.UNPROCESSED,
            reasons=tuple(
                Remark(word, "Größe 👕", text, "Rat: €") for word, text in zip(RowReason, TEXTS, strict=False)
            ),
            cells=TEXTS,
        )
        plain = RowReport(line=3, outcome=RowOutcome.ADDED, contact_id=contact_id(3))
        warned = RowReport(
            line=5,
            outcome=RowOutcome.UPDATED,
            contact_id=contact_id(5),
            warnings=tuple(Remark(word) for word in RowWarning),
            cells=("", "a"),
        )
        both = warned._replace(line=8, outcome=RowOutcome.UNCHANGED, reasons=refused.reasons[:1])
        with self.transaction(StartImport(import_record(1)), StartImport(import_record(2))) as tx:
            tx.apply([RecordRows(ImportId("i1"), (refused, plain))], envelope())
            tx.apply([RecordRows(ImportId("i1"), (plain, warned)), RecordRows(ImportId("i1"), (both,))], envelope())
            assert list(tx.imports.notable(ImportId("i1"))) == [refused, warned, both]
            assert list(tx.imports.notable(ImportId("i2"))) == []

    def test_notable_rows_are_streamed(self) -> None:
        """Thousands come one after the other, also while the transaction goes on reading and writing."""
        remark = (Remark(RowReason.AMBIGUOUS),)
        rows = [RowReport(line=line, outcome=RowOutcome.UNPROCESSED, reasons=remark) for line in range(2, 2_502)]
        with self.transaction(StartImport(import_record(1)), RecordRows(ImportId("i1"), tuple(rows))) as tx:
            stream = tx.imports.notable(ImportId("i1"))
            lines = [next(stream).line]
            tx.apply([StartImport(import_record(2))], envelope())
            assert tx.imports.counts(ImportId("i1")) == {RowOutcome.UNPROCESSED: 2_500}
            lines += [each.line for each in stream]
            assert lines == list(range(2, 2_502))

    def test_rows_belong_to_an_import_that_was_begun(self) -> None:
        """Rows of an unknown import are refused."""
        with self.transaction() as tx:
            with raises(NotFoundError) as caught:
                tx.apply([RecordRows(ImportId("i1"), (RowReport(line=2, outcome=RowOutcome.ADDED),))], envelope())
            assert (caught.error.noun, caught.error.key) == ("import", "i1")
