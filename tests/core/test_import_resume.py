"""An import that was interrupted goes on where it stood, and a report that is old is forgotten (IM-10, IM-12)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from doocore import (
    ContactCenter,
    CreateFieldFromColumn,
    DuplicateMode,
    FieldType,
    ImportFileError,
    ImportOptions,
    ImportProgress,
    InvalidValues,
    NotFoundError,
    RowOutcome,
    RowReason,
    StaleVersionError,
)
from doocore.contact_center import importing
from doocore.model.contact_import import ImportStatus
from tests.builders import NOW, SteadyClock, Table, everything, new_center

UNIT = 4


@pytest.fixture(autouse=True)
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit after every fourth row, deciding about three at a time."""
    monkeypatch.setattr(importing, "UNIT", UNIT)
    monkeypatch.setattr(importing, "BATCH", 3)


class PowerCutError(Exception):
    """What stops an import between two commits."""


@dataclass
class Stopping:
    """Stops after *units* commits."""

    units: int

    def __call__(self, progress: ImportProgress) -> None:
        if progress.total is not None:
            self.units -= 1
            if not self.units:
                raise PowerCutError


def guests(count: int = 14) -> Table:
    """A list with a row that is not processed, one that repeats an earlier one, and many that are new."""
    body = [[f"gast{number}@x.de", f"Gäst {number}", "VIP;Presse", "M"] for number in range(count)]
    body[2][0] = "keine Adresse"
    body[9][0] = body[1][0]
    return Table(("email", "Vorname", "Gruppen", "Größe"), body, name="Gäste.csv")


OPTIONS = ImportOptions(
    groups=("Alle",),
    duplicates=DuplicateMode.OVERWRITE,
    invalid_values=InvalidValues.LEAVE_OUT,
    mapping={"Größe": CreateFieldFromColumn("Größe", FieldType.SHORT_TEXT)},
)


def interrupted(center: ContactCenter, table: Table, *, units: int, options: ImportOptions | None = OPTIONS) -> str:
    """Begin an import that ends after *units* commits, and give its ID."""
    with pytest.raises(PowerCutError):
        center.import_contacts(table, options, progress=Stopping(units))
    record = center.imports.interrupted(table)
    assert record is not None
    return record.id


@pytest.mark.parametrize("units", [1, 2, 3])
def test_what_was_interrupted_and_resumed_is_what_would_have_been(units: int) -> None:
    undisturbed, center = new_center(), new_center()
    whole = undisturbed.import_contacts(guests(), OPTIONS)
    import_id = interrupted(center, guests(), units=units)
    assert center.imports.report(import_id).total == units * UNIT
    assert center.count_contacts() == sum(
        center.imports.report(import_id).counts.get(each, 0) for each in (RowOutcome.ADDED,)
    )
    resumed = center.imports.resume(import_id, guests())
    assert (resumed.counts, resumed.reasons, resumed.total) == (whole.counts, whole.reasons, 14)
    assert [row.line for row in center.imports.rows(import_id)] == [
        row.line for row in undisturbed.imports.rows(whole.id)
    ]
    names = [[each.values for each in each_center.list_contacts()] for each_center in (center, undisturbed)]
    assert [sorted(map(repr, each)) for each in names[:1]] == [sorted(map(repr, each)) for each in names[1:]]
    assert center.count_contacts(group="Alle") == undisturbed.count_contacts(group="Alle") == 12
    assert center.imports.interrupted(guests()) is None


def test_it_can_be_interrupted_again_and_again() -> None:
    center = new_center()
    import_id = interrupted(center, guests(), units=1)
    for done in (2, 3):
        with pytest.raises(PowerCutError):
            center.imports.resume(import_id, guests(), progress=Stopping(1))
        assert center.imports.report(import_id).total == done * UNIT
    assert center.imports.resume(import_id, guests()).total == 14
    (record,) = center.imports.all()
    assert (record.version, record.status, record.finished_at) == (4, ImportStatus.FINISHED, NOW)


def test_progress_begins_where_it_stood() -> None:
    center = new_center()
    import_id = interrupted(center, guests(), units=2)
    told: list[ImportProgress] = []
    center.imports.resume(import_id, guests(), progress=told.append)
    assert [(each.done, each.total) for each in told if each.total is not None] == [(12, 14), (14, 14)]


@pytest.mark.parametrize("change", [lambda rows: rows.pop(), lambda rows: rows[0].__setitem__(1, "Anders")])
def test_another_list_is_refused_and_nothing_happens(change: Callable[[list[list[str]]], object]) -> None:
    center = new_center()
    import_id = interrupted(center, guests(), units=1)
    before = everything(center)
    other = guests()
    change(other.body)  # type: ignore[arg-type]
    with pytest.raises(ImportFileError) as caught:
        center.imports.resume(import_id, other)
    assert caught.value.problem == "another_list"
    assert "Gäste.csv" in str(caught.value)
    assert everything(center) == before
    assert center.imports.interrupted(other) is None


def test_one_that_is_through_is_only_reported() -> None:
    center = new_center()
    report = center.import_contacts(guests(), OPTIONS)
    before = everything(center)
    assert center.imports.resume(report.id, Table(("email",), [])) == report
    assert everything(center) == before


def test_one_that_never_was_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        new_center().imports.resume("i9", guests())


def test_plain_rows_go_through_the_same_door() -> None:
    center = new_center()
    rows = [{"email": f"gast{number}@x.de"} for number in range(9)]
    with pytest.raises(PowerCutError):
        center.import_contacts(rows, progress=Stopping(1))
    (record,) = center.imports.all()
    assert dict(center.imports.resume(record.id, rows).counts) == {RowOutcome.ADDED: 9}


def test_the_last_of_several_is_found() -> None:
    center = new_center()
    first = interrupted(center, guests(), units=1)
    second = interrupted(center, guests(), units=2)
    assert second != first
    center.imports.resume(second, guests())
    record = center.imports.interrupted(guests())
    assert record is not None
    assert record.id == first


def test_who_wakes_up_after_a_takeover_writes_nothing() -> None:
    """The one before is stopped at its next commit, at once, and every row is there once."""
    center = new_center()
    table = guests()
    seen: list[int] = []

    def taken_over(progress: ImportProgress) -> None:
        if progress.total is not None:
            seen.append(progress.done)
            record = center.imports.interrupted(table)
            assert record is not None
            center.imports.resume(record.id, table)
            seen.append(center.count_contacts())

    with pytest.raises(StaleVersionError) as caught:
        center.import_contacts(table, OPTIONS, progress=taken_over)
    (record,) = center.imports.all()
    assert (caught.value.noun, caught.value.key) == ("import", record.id)
    assert seen == [UNIT, 12]
    assert center.count_contacts() == 12
    assert center.imports.report(record.id).total == 14
    assert record.finished_at == NOW


class TestExpiry:
    @pytest.fixture
    def clock(self) -> SteadyClock:
        return SteadyClock()

    @pytest.fixture
    def center(self, clock: SteadyClock) -> ContactCenter:
        return new_center(clock=clock)

    def test_after_seven_days_what_the_rows_said_is_gone(self, center: ContactCenter, clock: SteadyClock) -> None:
        report = center.import_contacts(guests())
        before = list(center.imports.rows(report.id))
        assert any(row.cells for row in before)
        clock.move(days=7, seconds=-1)
        assert center.imports.expire() == 0
        assert list(center.imports.rows(report.id)) == before
        clock.move(seconds=1)
        forgotten = [row.without_cells() for row in before]
        assert list(center.imports.rows(report.id)) == forgotten  # also before anybody has cleared up
        assert [center.imports.expire(), center.imports.expire()] == [1, 0]
        assert list(center.imports.rows(report.id)) == forgotten
        assert center.imports.report(report.id).counts == report.counts
        assert center.imports.report(report.id).reasons == {RowReason.INVALID_EMAIL: 1, RowReason.DUPLICATE_IN_FILE: 1}

    def test_the_days_are_the_callers(self, center: ContactCenter, clock: SteadyClock) -> None:
        kept, gone = (center.import_contacts(guests(), ImportOptions(report_days=days)) for days in (30, 0))
        assert next(center.imports.rows(gone.id)).cells == ()
        clock.move(days=29)
        assert center.imports.expire() == 1
        assert next(center.imports.rows(kept.id)).cells

    def test_one_that_runs_does_not_expire(self, center: ContactCenter, clock: SteadyClock) -> None:
        interrupted(center, guests(), units=1)
        clock.move(days=400)
        assert center.imports.expire() == 0
        assert center.imports.all()[0].report_expires_at is None
