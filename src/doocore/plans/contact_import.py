"""A list comes in: row by row, which contact is it, and what of it is written (chapter 6).

`plan_rows` decides about a batch of rows that `import_reading` has read, each row seeing what the ones before it did.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from doocore.changes import Change, CreateContact, CreateGroup, JoinGroup, PutField, RecordRows, UpdateContact
from doocore.model.contact import (
    NO_SUBSCRIPTIONS,
    Consent,
    Contact,
    Subscription,
    Subscriptions,
    SubscriptionState,
    Through,
)
from doocore.model.contact_import import (
    DuplicateMode,
    InvalidValues,
    Remark,
    RowOutcome,
    RowReason,
    RowReport,
    RowWarning,
)
from doocore.model.fields import ContactField, Entered, FieldKey, FieldType, FieldValue, folded, trimmed
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Origin
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.plans.by_hand import LONGEST_GROUP_NAME, new_group
from doocore.plans.import_cells import JudgedColumn, RowCells, ValueColumn, rows_of_cells
from doocore.plans.import_reading import ImportJob, ReadRow, group_names, shown
from doocore.plans.story import Circumstances, Facts, Plan
from doocore.rules.columns import GROUPS
from doocore.rules.duplicates import WRITES_SUBSCRIPTION, WRITES_VALUE, is_opted_out, leaves_alone
from doocore.rules.syncing import Standing, holds, key_of_email

_YES_OR_NO = ContactField(key="subscription", type=FieldType.CHECKBOX, name="subscription")
_UPDATE_RULES = ("IM-5",)


def plan_rows(
    job: ImportJob, rows: Sequence[ReadRow], facts: Facts, circumstances: Circumstances
) -> Plan[tuple[RowReport, ...]]:
    """Decide about a batch of rows, in the order of the file (IM-4 to IM-9, IM-17 to IM-19)."""
    batch = _Batch(job, facts, circumstances)
    reports = batch.decide_all(rows)
    return Plan(
        outcome=reports,
        envelope=circumstances.envelope(Cause.IMPORT, job.id),
        changes=(*batch.fields(), *batch.changes, RecordRows(job.id, reports)),
    )


class _Batch:
    """The state of contacts, holders, groups and options while one batch of rows is decided in order."""

    def __init__(self, job: ImportJob, facts: Facts, circumstances: Circumstances) -> None:
        self.changes: list[Change] = []
        self._job = job
        self._facts = facts
        self._circumstances = circumstances
        self._mode = job.options.duplicates
        self._leaves_alone = leaves_alone(self._mode)
        self._contacts = dict(facts.contacts)
        self._holders = dict(facts.holders)
        self._groups = dict(facts.groups)
        self._options: dict[FieldKey, dict[str, None]] = {}
        self._actor = str(circumstances.actor)
        self._new_id = circumstances.new_contact_ids.__next__
        self._customer_id_told = self._tells("customer_id")
        self._email_told = self._tells("email")
        self._groups_place = job.columns.place(GROUPS)
        self._granted: dict[tuple[tuple[Subscription, SubscriptionState], ...], Subscriptions] = {}
        self._consents = {state: Consent(state, circumstances.at, Through.IMPORT) for state in SubscriptionState}

    def fields(self) -> Iterator[Change]:
        """Give the fields that got new options (IM-4)."""
        for key, added in self._options.items():
            yield PutField(self._facts.catalog[key].with_options(added))

    def decide_all(self, rows: Sequence[ReadRow]) -> tuple[RowReport, ...]:
        """Decide about every row, in order."""
        job = self._job
        judge = job.judge.bound(_YES_OR_NO)
        subscriptions = [
            (JudgedColumn(place, job.columns.columns[place], judge), each)
            for each in Subscription
            if (place := job.columns.place(each.value)) is not None
        ]
        cells = iter(
            rows_of_cells(
                [row.cells for row in rows if row.whole], job.value_columns(self._facts.catalog), subscriptions
            )
        )
        width = len(job.columns.columns)
        return tuple(
            [
                self._decide(row, next(cells)) if row.whole else _unprocessed(row, [_wrong_column_count(row, width)])
                for row in rows
            ]
        )

    def _tells(self, target: str) -> bool:
        """Tell whether a column that does not identify gives *target*."""
        return target in self._job.columns.targets and self._job.options.identify_by.value != target

    def _decide(self, row: ReadRow, cells: RowCells) -> RowReport:
        """Decide about one row, and write what it may write (IM-8: whole or not at all)."""
        matched, reasons = self._identify(row)
        if matched is not None and self._leaves_alone:
            return _unprocessed(row, reasons) if reasons else self._skip(row, matched)
        if row.key is not None and row.key.kind is not IdentifierKind.CONTACT_ID:
            cells.values[row.key.kind.value] = row.text
        remarks = self._reconsider(row, matched, cells) if cells.refused else []
        if self._groups_place is not None:
            remarks.extend(self._long_group_names(row.cells[self._groups_place]))
        if self._customer_id_told and not any(each.word is RowReason.AMBIGUOUS for each in reasons):
            reasons.extend(self._customer_id_taken(cells.values, matched))
        warnings: list[Remark] = []
        if self._job.options.invalid_values is InvalidValues.LEAVE_OUT:
            warnings.extend(map(_as_warning, remarks))
        else:
            reasons.extend(remarks)
        if reasons:
            return _unprocessed(row, reasons)
        for key in cells.new_options:
            self._options.setdefault(key, {})[str(cells.values[key])] = None
        if matched is None:
            return self._add(row, cells, warnings)
        return self._merge(row, matched, cells, warnings)

    def _identify(self, row: ReadRow) -> tuple[Contact | None, list[Remark]]:
        """Find the one contact that the row matches, or why it cannot be processed (IM-2, IM-7, IM-9)."""
        if row.key is None:
            return None, [row.problem] if row.problem else []
        holders = self._holders.get(row.key, ())
        reasons = [_remark(RowReason.DUPLICATE_IN_FILE, self._job, row)] if row.duplicate else []
        if len(holders) == 1:
            return self._contacts[holders[0]], reasons
        if holders:
            reasons.append(_remark(RowReason.AMBIGUOUS, self._job, row, ", ".join(holders)))
        elif row.key.kind is IdentifierKind.CONTACT_ID:
            reasons.append(_remark(RowReason.UNKNOWN_CONTACT_ID, self._job, row))
        return None, reasons

    def _reconsider(self, row: ReadRow, matched: Contact | None, cells: RowCells) -> list[Remark]:
        """Let pass what the contact has already (FI-5) and options that may be added (IM-4); remark on the rest."""
        remarks = []
        for column, refusal in cells.refused:
            text = trimmed(shown(row.cells[column.place]))
            if isinstance(column, ValueColumn) and matched is not None and text == matched.values.get(column.key):
                cells.values[column.key] = text
            elif isinstance(column, ValueColumn) and column.adds(refusal):
                cells.values[column.key] = text
                cells.new_options.append(column.key)
            else:
                reason = RowReason(refusal.reason.value)
                remarks.append(Remark(reason, column.name, shown(row.cells[column.place]), refusal.advice))
        return remarks

    def _long_group_names(self, cell: Entered) -> Iterator[Remark]:
        for name in group_names(cell):
            if len(trimmed(name)) > LONGEST_GROUP_NAME:
                advice = f"a group's name has at most {LONGEST_GROUP_NAME} characters"
                yield Remark(RowReason.TOO_LONG, self._job.column_of(GROUPS), name, advice)

    def _customer_id_taken(self, values: Mapping[FieldKey, FieldValue], matched: Contact | None) -> tuple[Remark, ...]:
        """Refuse a customer ID that does not identify and that only others hold (IM-17)."""
        customer_id = values.get("customer_id")
        if customer_id is None:
            return ()
        holders = self._holders.get(IdentifierKey(IdentifierKind.CUSTOMER_ID, str(customer_id)), ())
        if not holders or (matched is not None and matched.id in holders):
            return ()
        advice = f"held by {', '.join(holders)}; correct it or clear the cell"
        column = self._job.column_of("customer_id")
        return (Remark(RowReason.CUSTOMER_ID_TAKEN, column, str(customer_id), advice),)

    def _skip(self, row: ReadRow, matched: Contact) -> RowReport:
        collecting = self._job.options.existing_to_group
        if collecting:
            self._join(matched.id, [collecting])
        return RowReport(line=row.line, outcome=RowOutcome.SKIPPED, contact_id=matched.id)

    def _add(self, row: ReadRow, cells: RowCells, warnings: list[Remark]) -> RowReport:
        email_key = row.key.key if row.key is not None and row.key.kind is IdentifierKind.EMAIL else None
        if self._email_told:
            email_key = key_of_email(cells.values)
        contact = Contact(
            id=self._new_id(),
            values=FrozenDict(cells.values),
            origin=Origin(Cause.IMPORT, self._actor, self._job.id, row.line),
            created_at=self._circumstances.at,
            email_key=email_key,
            subscriptions=NO_SUBSCRIPTIONS if self._facts.opt_outs else self._granted_to_anyone(cells),
        )
        if self._facts.opt_outs:
            contact = self._subscribed(contact, cells, DuplicateMode.OVERWRITE, warnings)
        if self._email_told:
            self._warn_of_shared(contact, warnings)
        self.changes.append(CreateContact(contact))
        self._remember(None, contact)
        self._join_all(row, contact.id)
        return RowReport(row.line, RowOutcome.ADDED, contact.id, (), tuple(warnings))

    def _merge(self, row: ReadRow, matched: Contact, cells: RowCells, warnings: list[Remark]) -> RowReport:
        written = self._written(matched, cells)
        after = matched
        if written:
            email_key = key_of_email(written) if "email" in written else matched.email_key
            after = replace(matched, values=FrozenDict({**matched.values, **written}), email_key=email_key)
        after = self._subscribed(after, cells, self._mode, warnings)
        outcome = RowOutcome.UNCHANGED
        if after is not matched:
            outcome = RowOutcome.UPDATED
            after = replace(after, version=matched.version + 1)
            if "email" in written:
                self._warn_of_shared(after, warnings)
            self.changes.append(UpdateContact(matched, after, _UPDATE_RULES, row.line))
            self._remember(matched, after)
        self._join_all(row, matched.id)
        return RowReport(row.line, outcome, matched.id, (), tuple(warnings))

    def _written(self, matched: Contact, cells: RowCells) -> dict[FieldKey, FieldValue]:
        """Choose what the duplicate mode lets a row write (IM-5)."""
        present = matched.values
        if cells.values.items() <= present.items():
            return {}
        written = {}
        for key, value in cells.values.items():
            before = present.get(key)
            if value == before or holds(matched, self._facts.catalog[key], before, value):
                standing = Standing.EQUAL
            else:
                standing = Standing.BLANK if before is None else Standing.DIFFERENT
            if WRITES_VALUE[self._mode, standing]:
                written[key] = value
        return written

    def _granted_to_anyone(self, cells: RowCells) -> Subscriptions:
        """Give a new contact what its row wishes, where no opt-out binds; most rows wish the same, so they share it."""
        wishes = tuple(cells.wishes.items())
        if wishes not in self._granted:
            self._granted[wishes] = FrozenDict(
                {
                    each: self._consents[wish]
                    for each, wish in wishes
                    if WRITES_SUBSCRIPTION[DuplicateMode.OVERWRITE, SubscriptionState.UNKNOWN, wish]
                }
            )
        return self._granted[wishes]

    def _subscribed(self, contact: Contact, cells: RowCells, mode: DuplicateMode, warnings: list[Remark]) -> Contact:
        """Grant what the subscription columns ask for, within SU-3, SU-4 and SU-5; the same contact where that is nothing."""
        granted = {}
        for subscription, wish in cells.wishes.items():
            state = contact.state(subscription)
            subscribes = wish is SubscriptionState.SUBSCRIBED and wish is not state
            if subscribes and is_opted_out(contact, subscription, self._facts.opt_outs):
                warnings.append(_opted_out(self._job, subscription))
            elif WRITES_SUBSCRIPTION[mode, state, wish]:
                granted[subscription] = self._consents[wish]
        return replace(contact, subscriptions=FrozenDict({**contact.subscriptions, **granted})) if granted else contact

    def _warn_of_shared(self, contact: Contact, warnings: list[Remark]) -> None:
        """Remark on an address that does not identify, was written, and has another holder (IM-17)."""
        if contact.email_key is None:
            return
        others = self._holders.get(IdentifierKey(IdentifierKind.EMAIL, contact.email_key), ())
        if others:
            column = self._job.column_of("email")
            advice = f"also held by {', '.join(others)}"
            warnings.append(Remark(RowWarning.EMAIL_SHARED, column, contact.text("email"), advice))

    def _remember(self, before: Contact | None, after: Contact) -> None:
        """Let later rows see who holds what now."""
        self._contacts[after.id] = after
        if before is not None:
            if before.email_key == after.email_key and before.customer_id == after.customer_id:
                return
            for key in before.identifiers - after.identifiers:
                self._holders[key] = tuple(each for each in self._holders.get(key, ()) if each != after.id)
            for key in after.identifiers - before.identifiers:
                self._hold(key, after.id)
            return
        if after.email_key is not None:
            self._hold(IdentifierKey(IdentifierKind.EMAIL, after.email_key), after.id)
        if after.customer_id is not None:
            self._hold(IdentifierKey(IdentifierKind.CUSTOMER_ID, after.customer_id), after.id)

    def _hold(self, key: IdentifierKey, contact_id: ContactId) -> None:
        self._holders[key] = (*self._holders.get(key, ()), contact_id)

    def _join_all(self, row: ReadRow, contact_id: ContactId) -> None:
        """Let a processed contact join the chosen groups and those its row names (IM-6)."""
        if self._job.options.groups:
            self._join(contact_id, self._job.options.groups)
        if self._groups_place is not None:
            names = group_names(row.cells[self._groups_place])
            self._join(contact_id, [name for name in names if len(trimmed(name)) <= LONGEST_GROUP_NAME])

    def _join(self, contact_id: ContactId, names: Iterable[str]) -> None:
        for name in names:
            group = self._groups.get(folded(name))
            if group is None:
                group = self._groups[folded(name)] = new_group(name, self._circumstances.new_record_ids)
                self.changes.append(CreateGroup(group))
            self.changes.append(JoinGroup(group.id, contact_id))


def _unprocessed(row: ReadRow, reasons: Iterable[Remark]) -> RowReport:
    return RowReport(
        line=row.line,
        outcome=RowOutcome.UNPROCESSED,
        reasons=tuple(reasons),
        cells=tuple(map(shown, row.cells)),
    )


def _wrong_column_count(row: ReadRow, width: int) -> Remark:
    advice = f"the header has {width} columns, this row {len(row.cells)}; look for a missing or unquoted delimiter"
    return Remark(RowReason.WRONG_COLUMN_COUNT, advice=advice)


_ADVICE: Mapping[RowReason, str] = {
    RowReason.DUPLICATE_IN_FILE: "an earlier row has the same value; keep one of them",
    RowReason.AMBIGUOUS: "several contacts have it: {}; identify by contact ID instead",
    RowReason.UNKNOWN_CONTACT_ID: "no contact has this ID; contact IDs come from an export",
}


def _remark(reason: RowReason, job: ImportJob, row: ReadRow, detail: str = "") -> Remark:
    column = job.columns.columns[job.identifying_place]
    return Remark(reason, column, row.text, _ADVICE[reason].format(detail))


def _as_warning(remark: Remark) -> Remark:
    return replace(remark, word=RowWarning(remark.word.value))


def _opted_out(job: ImportJob, subscription: Subscription) -> Remark:
    return Remark(
        RowWarning.OPTED_OUT,
        job.column_of(subscription.value),
        "",
        "the person unsubscribed; only that person can subscribe again",
    )
