"""What holds for every list, whoever is known beforehand and whatever stands in the cells (chapter 6)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from doocore import (
    Contact,
    ContactCenter,
    DuplicateMode,
    IdentifierKind,
    RowOutcome,
    RowReason,
    RowReport,
    is_blank,
)
from doocore.contact_center import importing
from doocore.contact_center.shell import gather
from doocore.model.contact import OptOut, Subscription
from doocore.model.contact_import import ImportId
from doocore.plans.contact_import import plan_rows
from doocore.plans.import_judging import judge_rows, needs_of_open_rows
from doocore.plans.import_reading import ImportJob, Reading, ReadRows, needs_of_rows, survey
from doocore.plans.story import ValueJudge
from doocore.rules.columns import map_columns
from tests.builders import PARSERS, circumstances, everything, import_table, transaction_of
from tests.properties.strategies import Deed, Import, Merge, blanks, center_with, imports, pasts

few = settings(max_examples=40)
unmerged = pasts.map(lambda past: [deed for deed in past if not isinstance(deed, Merge)])

KEPT = ("contacts", "holders", "groups", "fields", "opt_outs", "settings", "events", "bookings", "history")
"""What an import is about, beside the record of the import itself."""


def run(center: ContactCenter, given: Import) -> tuple[RowReport, ...]:
    return import_table(center, given.table, given.options)[1]


def read(center: ContactCenter, given: Import) -> tuple[ImportJob, ReadRows]:
    """Read a list that has rows, all of them as one batch."""
    assume(given.table.body)
    job = ImportJob(
        id=ImportId("i1"),
        columns=map_columns(given.table.columns(), {}, center.fields.catalog(), given.options.identify_by, {}),
        options=given.options,
        judge=ValueJudge(PARSERS, center.settings),
        parsers=PARSERS,
    )
    return job, Reading(job, survey(job, given.table.rows())).read(list(given.table.rows()))


def kept(center: ContactCenter) -> dict[str, object]:
    now = everything(center)
    return {noun: now[noun] for noun in KEPT}


def contacts_of(center: ContactCenter) -> dict[str, Contact]:
    return {each.id: each for each in center.list_contacts(limit=1000)}


class TestTwice:
    """IM-11: "the second run adds nothing; under `overwrite` every processed row is `unchanged`"."""

    @few
    @given(unmerged, imports())
    def test_the_second_run_changes_nothing(self, past: Sequence[Deed], given: Import) -> None:
        """But for rows that the first one left out: a customer ID that was taken may be given up by a later row (IM-17)."""
        center = center_with(past)
        first = run(center, given)
        after = kept(center)
        second = run(center, given)
        left_out = {row.line for row in first if any(each.word is RowReason.CUSTOMER_ID_TAKEN for each in row.reasons)}
        for before, again in zip(first, second, strict=True):
            if before.line in left_out:
                continue
            assert again.outcome is not RowOutcome.ADDED
            if before.outcome is not RowOutcome.UNPROCESSED:
                only_new = given.options.duplicates is DuplicateMode.ONLY_NEW
                assert again.outcome is (RowOutcome.SKIPPED if only_new else RowOutcome.UNCHANGED)
                assert again.contact_id == before.contact_id
        if not left_out:
            assert kept(center) == after


class TestReport:
    @few
    @given(pasts, imports())
    def test_the_outcomes_add_up_to_the_rows(self, past: Sequence[Deed], given: Import) -> None:
        """IM-18: "The outcomes of all rows add up to the number of non-blank data rows"."""
        report, rows = import_table(center_with(past), given.table, given.options)
        assert report.total == report.record.total_rows == len(rows) == len(given.table.body)
        assert [row.line for row in rows] == [line for line, _ in given.table.rows()]
        for outcome in RowOutcome:
            assert report.counts.get(outcome, 0) == sum(row.outcome is outcome for row in rows)

    @few
    @given(pasts, imports())
    def test_a_dry_run_says_the_same_and_writes_nothing(self, past: Sequence[Deed], given: Import) -> None:
        """IM-14: "gives the same report, through the same function, and writes nothing"."""
        center = center_with(past)
        before = everything(center)
        rehearsed, said = import_table(center, given.table, given.options, dry_run=True)
        assert everything(center) == before
        report, rows = import_table(center_with(past), given.table, given.options)
        assert (rehearsed, said) == (replace(report, dry_run=True), rows)

    @few
    @given(pasts, imports())
    def test_only_an_unprocessed_row_has_reasons_and_only_a_processed_one_a_contact(
        self, past: Sequence[Deed], given: Import
    ) -> None:
        """IM-8."""
        for row in run(center_with(past), given):
            unprocessed = row.outcome is RowOutcome.UNPROCESSED
            assert bool(row.reasons) is unprocessed
            assert (row.contact_id is None) is unprocessed
            assert not (row.warnings and unprocessed)


class TestBlankNeverErases:
    """IM-5: "blank cells change nothing"."""

    @few
    @given(pasts, imports())
    def test_under_every_mode(self, past: Sequence[Deed], given: Import) -> None:
        center = center_with(past)
        before = contacts_of(center)
        run(center, given)
        for contact_id, contact in contacts_of(center).items():
            if contact_id in before:
                assert set(contact.values) >= set(before[contact_id].values)
            assert not any(map(is_blank, contact.values.values()))

    @few
    @given(pasts, imports(), st.data())
    def test_a_row_whose_other_cells_are_blank_changes_nothing(
        self, past: Sequence[Deed], given: Import, data: st.DataObject
    ) -> None:
        """No value, and no subscription (SU-3)."""
        place = list(given.table.header).index(given.options.identify_by.value)
        blanked = [
            [cell if number == place else data.draw(blanks) for number, cell in enumerate(row)]
            for row in given.table.body
        ]
        center = center_with(past)
        before = contacts_of(center)
        run(center, replace(given, table=replace(given.table, body=blanked)))
        after = contacts_of(center)
        assert {contact_id: after[contact_id] for contact_id in before} == before


class TestModes:
    @few
    @given(pasts, imports())
    def test_fill_empty_changes_no_value_that_is_there(self, past: Sequence[Deed], given: Import) -> None:
        """IM-5: "blank fields filled, nothing else"."""
        center = center_with(past)
        before = contacts_of(center)
        run(center, _under(given, DuplicateMode.FILL_EMPTY))
        after = contacts_of(center)
        for contact_id, contact in before.items():
            assert contact.values.items() <= after[contact_id].values.items()

    @few
    @given(pasts, imports())
    def test_only_new_changes_no_contact_that_is_there(self, past: Sequence[Deed], given: Import) -> None:
        """IM-5: "the contact is not changed in any way, groups included"."""
        center = center_with(past)
        before, groups = contacts_of(center), _groups(center)
        run(center, _under(given, DuplicateMode.ONLY_NEW))
        after = contacts_of(center)
        assert {contact_id: after[contact_id] for contact_id in before} == before
        assert {contact_id: names for contact_id, names in _groups(center).items() if contact_id in before} == groups


class TestRows:
    @few
    @given(pasts, imports())
    def test_an_unprocessed_row_leaves_nothing_behind(self, past: Sequence[Deed], given: Import) -> None:
        """IM-8: "A row is taken whole or not at all": without those rows the list does the same."""
        center = center_with(past)
        rows = run(center, given)
        processed = [
            cells
            for cells, row in zip(given.table.body, rows, strict=True)
            if row.outcome is not RowOutcome.UNPROCESSED
        ]
        other = center_with(past)
        again = run(other, replace(given, table=replace(given.table, body=processed)))
        assert [row.outcome for row in again] == [
            row.outcome for row in rows if row.outcome is not RowOutcome.UNPROCESSED
        ]
        assert _values(other) == _values(center)
        assert _groups(other) == _groups(center)
        assert other.fields.catalog() == center.fields.catalog()

    @few
    @given(pasts, imports())
    def test_no_customer_id_gets_a_second_holder(self, past: Sequence[Deed], given: Import) -> None:
        """IM-17, ID-5: "nobody confirms in an import"."""
        center = center_with(past)
        before = contacts_of(center)
        run(center, given)
        after = contacts_of(center)
        for contact in after.values():
            known = before[contact.id].identifiers if contact.id in before else frozenset()
            for key in contact.identifiers - known:
                if key.kind is IdentifierKind.CUSTOMER_ID:
                    assert [each.id for each in after.values() if key in each.identifiers] == [contact.id]


class TestOrder:
    """A store may give contacts and holders in any order; a decision is the same."""

    @few
    @given(pasts, imports(), st.data())
    def test_it_does_not_matter(self, past: Sequence[Deed], given: Import, data: st.DataObject) -> None:
        """Only what is said about several holders names them in the order they came."""
        center = center_with(past)
        job, rows = read(center, given)
        with transaction_of(center) as transaction:
            facts = gather(transaction, needs_of_rows(job, rows))
        contacts = data.draw(st.permutations(list(facts.contacts.items())))
        holders = {key: tuple(data.draw(st.permutations(list(ids)))) for key, ids in facts.holders.items()}
        shuffled = replace(facts, contacts=dict(contacts), holders=holders)
        first, second = (
            plan_rows(job, judge_rows(job, rows, each), each, circumstances()) for each in (facts, shuffled)
        )
        assert list(map(_decision, first.outcome)) == list(map(_decision, second.outcome))
        assert first.changes[:-1] == second.changes[:-1]


class TestExcerpts:
    """IM-5, IM-11: a row that says only what its contact has is settled without reading the contact."""

    @few
    @given(pasts, imports())
    def test_what_they_settle_whole_contacts_would_have_decided_alike(
        self, past: Sequence[Deed], given: Import
    ) -> None:
        """The list comes twice, so that many rows say nothing new."""
        center = center_with(past)
        import_table(center, given.table, given.options)
        job, rows = read(center, given)
        needs = needs_of_rows(job, rows)
        with transaction_of(center) as transaction:
            whole = gather(transaction, needs)
            some = gather(transaction, replace(needs, excerpt=job.excerpt))
            judged = judge_rows(job, rows, some)
            some = some.with_further(gather(transaction, needs_of_open_rows(job, judged, some)))
        expected = plan_rows(job, judge_rows(job, rows, whole), whole, circumstances())
        assert plan_rows(job, judged, some, circumstances()) == expected
        event(f"settled: {sum(each is not None for each in judged.settled) * 4 // len(judged.settled)} quarters")


class TestSets:
    """A row that concerns nobody known is added with others like it; that is quicker, and nothing else."""

    @few
    @given(pasts, imports())
    def test_whoever_is_added_with_others_is_added_as_by_itself(self, past: Sequence[Deed], given: Import) -> None:
        """Where an opt-out binds anybody, each row is decided by itself; this one binds nobody in the list."""
        center = center_with(past)
        job, rows = read(center, given)
        with transaction_of(center) as transaction:
            facts = gather(transaction, needs_of_rows(job, rows))
        assume(not facts.opt_outs)
        apart = replace(facts, opt_outs=frozenset({OptOut("nobody@nowhere.example", Subscription.MARKETING)}))
        together, one_by_one = (
            plan_rows(job, judge_rows(job, rows, each), each, circumstances()) for each in (facts, apart)
        )
        assert together == one_by_one
        event(f"added: {sum(row.outcome is RowOutcome.ADDED for row in together.outcome)}")

    @few
    @given(pasts, imports())
    def test_it_does_not_matter_which_rows_are_decided_at_once(self, past: Sequence[Deed], given: Import) -> None:
        """All of them, or each after what the one before has written."""
        seen = []
        for size in (1_000, 1):
            center = center_with(past)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(importing, "BATCH", size)
                rows = run(center, given)
            seen.append((rows, kept(center)))
        assert seen[0] == seen[1]


def _decision(row: RowReport) -> object:
    return row.line, row.outcome, row.contact_id, [each.word for each in (*row.reasons, *row.warnings)]


def _under(given: Import, mode: DuplicateMode) -> Import:
    return replace(given, options=replace(given.options, duplicates=mode))


def _values(center: ContactCenter) -> list[object]:
    return [(each.values, each.subscriptions) for each in contacts_of(center).values()]


def _groups(center: ContactCenter) -> dict[str, tuple[str, ...]]:
    return {each: center.details(each).groups for each in contacts_of(center)}
