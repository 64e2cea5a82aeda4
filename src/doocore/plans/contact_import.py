"""A list comes in: row by row, which contact is it, and what of it is written (chapter 6).

`plan_rows` decides about a batch of rows that were read and judged, each row seeing what the ones before it did.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from doocore.changes import Change, CreateGroup, JoinGroup, PutField, RecordRows, UpdateContact
from doocore.model.contact import Consent, Contact, Excerpt, Subscription, SubscriptionState, Through
from doocore.model.contact_import import (
    DuplicateMode,
    ImportRecord,
    ImportStatus,
    InvalidValues,
    Remark,
    RowOutcome,
    RowReason,
    RowReport,
    RowWarning,
    row_reports,
)
from doocore.model.fields import Entered, FieldKey, FieldValue, folded, trimmed
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Origin
from doocore.model.identifiers import ContactId, IdentifierKind
from doocore.plans.by_hand import LONGEST_GROUP_NAME, new_group
from doocore.plans.import_adding import NewContacts, rows_of_nobody_known
from doocore.plans.import_judging import JudgedRows, Refusals, held_by, judge_row
from doocore.plans.import_reading import ImportJob, ReadRow, group_names, long_group_names, shown
from doocore.plans.story import Circumstances, Facts, Plan
from doocore.rules.columns import GROUPS
from doocore.rules.duplicates import WRITES_SUBSCRIPTION, WRITES_VALUE, is_opted_out, leaves_alone
from doocore.rules.syncing import Standing, holds, key_of_email

Wishes: TypeAlias = Mapping[Subscription, SubscriptionState]
"""What a row asks for, subscription by subscription (SU-3)."""

_Way: TypeAlias = Callable[[JudgedRows, range], Iterable[RowReport]]
"""How rows that follow one another are decided; they are named by their places in the batch."""

_UPDATE_RULES = ("IM-5",)


def plan_rows(
    job: ImportJob, judged: JudgedRows, facts: Facts, circumstances: Circumstances
) -> Plan[tuple[RowReport, ...]]:
    """Decide about a batch of rows, in the order of the file (IM-4 to IM-9, IM-17 to IM-19)."""
    batch = _Batch(job, facts, circumstances, is_open=None in judged.settled)
    reports = batch.decide_all(judged)
    return Plan(
        outcome=reports,
        envelope=circumstances.envelope(Cause.IMPORT, job.id),
        changes=(*batch.changes(), RecordRows(job.id, reports, job.version)),
    )


def has_expired(record: ImportRecord, now: datetime) -> bool:
    """Tell whether what the rows of an import said may be known no longer, and is still there (IM-10)."""
    expires = record.report_expires_at
    return expires is not None and expires <= now and record.status is not ImportStatus.EXPIRED


class _Batch:
    """The state of contacts, holders, groups and options while one batch of rows is decided in order."""

    def __init__(self, job: ImportJob, facts: Facts, circumstances: Circumstances, *, is_open: bool) -> None:
        self._changes: list[Change] = []
        self._job = job
        self._facts = facts
        self._circumstances = circumstances
        self._mode = job.options.duplicates
        self._leaves_alone = leaves_alone(self._mode)
        self._leaves_out = job.options.invalid_values is InvalidValues.LEAVE_OUT
        self._contacts = dict(facts.contacts)
        self._holders = {kind: held_by(kind, facts) if is_open else {} for kind in IdentifierKind}
        self._identified = self._holders[job.options.identify_by]
        self._with_customer_id = self._holders[IdentifierKind.CUSTOMER_ID]
        self._with_email = self._holders[IdentifierKind.EMAIL]
        self._groups = dict(facts.groups)
        self._options: dict[FieldKey, dict[str, None]] = {}
        self._new = NewContacts(job, circumstances)
        self._actor = str(circumstances.actor)
        self._by_email = job.options.identify_by is IdentifierKind.EMAIL
        self._customer_id_told = self._tells("customer_id")
        self._email_told = self._tells("email")
        self._joins = bool(job.options.groups) or job.columns.place(GROUPS) is not None
        self._consents = {state: Consent(state, circumstances.at, Through.IMPORT) for state in SubscriptionState}

    def changes(self) -> Iterator[Change]:
        """Give everything that was decided."""
        for key, added in self._options.items():  # the fields that got new options (IM-4)
            yield PutField(self._facts.catalog[key].with_options(added))
        yield from self._new.change()
        yield from self._changes

    def decide_all(self, judged: JudgedRows) -> tuple[RowReport, ...]:
        """Decide about every row, in order: together about those that follow one another and go the same way."""
        reports: list[RowReport] = []
        for way, run in groupby(enumerate(self._ways(judged)), key=itemgetter(1)):
            places = [place for place, _ in run]
            reports.extend(way(judged, range(places[0], places[-1] + 1)))
        return tuple(reports)

    def _ways(self, judged: JudgedRows) -> Sequence[_Way]:
        """Choose for each row how it is decided; a contact that was read whole, an earlier row may have changed."""
        # Where opt-outs bind, whoever is new may be bound too (SU-5).
        alone = set() if self._facts.opt_outs else rows_of_nobody_known(self._job, judged, self._holders)
        ways: list[_Way] = [
            self._add_together if place in alone else self._decide_each for place in range(len(judged.settled))
        ]
        for place, settled in enumerate(judged.settled):
            if settled is not None and settled not in self._facts.contacts:
                ways[place] = self._leave
        return ways

    def _add_together(self, judged: JudgedRows, places: range) -> Iterable[RowReport]:
        """Add rows that concern nobody known."""
        ids = self._new.add_rows(judged, places)
        return self._reported(judged, places, RowOutcome.ADDED, ids)

    def _leave(self, judged: JudgedRows, places: range) -> Iterable[RowReport]:
        """Leave contacts as they are, which have all that their rows say."""
        ids = [contact_id for contact_id in (judged.settled[place] for place in places) if contact_id is not None]
        return self._reported(judged, places, RowOutcome.UNCHANGED, ids)

    def _reported(
        self, judged: JudgedRows, places: range, outcome: RowOutcome, ids: Sequence[ContactId]
    ) -> Iterable[RowReport]:
        if self._joins:
            for place, contact_id in zip(places, ids, strict=True):
                self._join_all(judged.rows.cells[place], contact_id)
        return row_reports(judged.rows.lines[places.start : places.stop], outcome, ids)

    def _decide_each(self, judged: JudgedRows, places: range) -> Iterable[RowReport]:
        """Decide about each row by itself."""
        for place in places:
            row = judged.rows.row(place)
            if place in judged.rows.misshapen:
                yield _unprocessed(row, [_wrong_column_count(row, len(self._job.columns.columns))])
            elif judged.settled[place] is not None:
                yield self._decide(row, *judge_row(self._job, judged.rows, place, self._facts.catalog))
            else:
                yield self._decide(row, judged.said(place), judged.refused.get(place, ()))

    def _tells(self, target: str) -> bool:
        """Tell whether a column that does not identify gives *target*."""
        return target in self._job.columns.targets and self._job.options.identify_by.value != target

    def _decide(self, row: ReadRow, given: Excerpt, refused: Refusals) -> RowReport:
        """Decide about one row, and write what it may write (IM-8: whole or not at all)."""
        holder, reasons = self._identify(row)
        if holder is not None and self._leaves_alone:
            return _unprocessed(row, reasons) if reasons else self._skip(row, holder)
        matched = None if holder is None else self._contacts[holder]
        values = {key: value for key, value in zip(self._job.values, given, strict=False) if value != ""}
        wishes = self._wished(given)
        remarks, added = self._reconsider(row, matched, values, refused) if refused else ([], ())
        if self._joins:
            remarks.extend(self._long_group_names(row))
        if self._customer_id_told and not (reasons and any(each.word is RowReason.AMBIGUOUS for each in reasons)):
            reasons.extend(self._customer_id_taken(values, holder))
        warnings: list[Remark] = []
        if self._leaves_out:
            warnings.extend(map(_as_warning, remarks))
        else:
            reasons.extend(remarks)
        if reasons:
            return _unprocessed(row, reasons)
        for key in added:
            self._options.setdefault(key, {})[str(values[key])] = None
        if matched is None:
            return self._add(row, values, wishes, warnings)
        return self._merge(row, matched, values, wishes, warnings)

    def _identify(self, row: ReadRow) -> tuple[ContactId | None, list[Remark]]:
        """Find the one contact that the row matches, or why it cannot be processed (IM-2, IM-7, IM-9)."""
        if row.problem is not None:
            return None, [row.problem]
        holders = self._identified.get(row.key, ())
        reasons = [_remark(RowReason.DUPLICATE_IN_FILE, self._job, row)] if row.duplicate else []
        if len(holders) == 1:
            return holders[0], reasons
        if holders:
            reasons.append(_remark(RowReason.AMBIGUOUS, self._job, row, ", ".join(holders)))
        elif self._job.options.identify_by is IdentifierKind.CONTACT_ID:
            reasons.append(_remark(RowReason.UNKNOWN_CONTACT_ID, self._job, row))
        return None, reasons

    def _reconsider(
        self, row: ReadRow, matched: Contact | None, values: dict[FieldKey, FieldValue], refused: Refusals
    ) -> tuple[list[Remark], Sequence[FieldKey]]:
        """Let pass what the contact has already (FI-5) and options that may be added (IM-4); remark on the rest."""
        remarks, added = [], []
        for column, refusal in refused:
            key, cell = column.field.key, shown(row.cells[column.place])
            text = trimmed(cell)
            if matched is not None and text == matched.values.get(key):
                values[key] = text
            elif column.adds(refusal):
                values[key] = text
                added.append(key)
            else:
                remarks.append(Remark(RowReason(refusal.reason.value), column.name, cell, refusal.advice))
        return remarks, added

    def _long_group_names(self, row: ReadRow) -> Iterator[Remark]:
        for name in long_group_names(self._job, row.cells):
            advice = f"a group's name has at most {LONGEST_GROUP_NAME} characters"
            yield Remark(RowReason.TOO_LONG, self._job.column_of(GROUPS), name, advice)

    def _customer_id_taken(self, values: Mapping[FieldKey, FieldValue], holder: ContactId | None) -> tuple[Remark, ...]:
        """Refuse a customer ID that does not identify and that only others hold (IM-17)."""
        customer_id = values.get("customer_id")
        if customer_id is None:
            return ()
        holders = self._with_customer_id.get(str(customer_id))
        if not holders or holder in holders:
            return ()
        advice = f"held by {', '.join(holders)}; correct it or clear the cell"
        column = self._job.column_of("customer_id")
        return (Remark(RowReason.CUSTOMER_ID_TAKEN, column, str(customer_id), advice),)

    def _skip(self, row: ReadRow, holder: ContactId) -> RowReport:
        collecting = self._job.options.existing_to_group
        if collecting:
            self._join(holder, [collecting])
        return RowReport(line=row.line, outcome=RowOutcome.SKIPPED, contact_id=holder)

    def _add(
        self, row: ReadRow, values: Mapping[FieldKey, FieldValue], wishes: Wishes, warnings: list[Remark]
    ) -> RowReport:
        email_key = row.key if self._by_email else key_of_email(values)
        contact = Contact(
            id=next(self._circumstances.new_contact_ids),
            values=FrozenDict(values),
            origin=Origin(Cause.IMPORT, self._actor, self._job.id, row.line),
            created_at=self._circumstances.at,
            email_key=email_key,
        )
        contact = self._subscribed(contact, wishes, DuplicateMode.OVERWRITE, warnings)
        if self._email_told:
            self._warn_of_shared(contact, warnings)
        self._new.add(contact)
        self._remember_new(contact)
        self._join_all(row.cells, contact.id)
        return RowReport(row.line, RowOutcome.ADDED, contact.id, (), tuple(warnings))

    def _merge(
        self,
        row: ReadRow,
        matched: Contact,
        values: Mapping[FieldKey, FieldValue],
        wishes: Wishes,
        warnings: list[Remark],
    ) -> RowReport:
        written = self._written(matched, values)
        after = matched
        if written:
            email_key = key_of_email(written) if "email" in written else matched.email_key
            overwritten = FrozenDict({**matched.values, **written})
            after = replace(matched, values=overwritten, email_key=email_key, version=matched.version + 1)
        after = self._subscribed(after, wishes, self._mode, warnings)
        outcome = RowOutcome.UNCHANGED
        if after is not matched:
            outcome = RowOutcome.UPDATED
            if not written:
                after = replace(after, version=matched.version + 1)
            if "email" in written:
                self._warn_of_shared(after, warnings)
            self._changes.append(UpdateContact(matched, after, _UPDATE_RULES, row.line))
            self._remember_changed(matched, after)
        self._join_all(row.cells, matched.id)
        return RowReport(row.line, outcome, matched.id, (), tuple(warnings))

    def _written(self, matched: Contact, values: Mapping[FieldKey, FieldValue]) -> dict[FieldKey, FieldValue]:
        """Choose what the duplicate mode lets a row write (IM-5)."""
        present = matched.values
        written = {}
        for key, value in values.items():
            before = present.get(key)
            if value == before or holds(matched, self._facts.catalog[key], before, value):
                standing = Standing.EQUAL
            else:
                standing = Standing.BLANK if before is None else Standing.DIFFERENT
            if WRITES_VALUE[self._mode, standing]:
                written[key] = value
        return written

    def _wished(self, given: Excerpt) -> Wishes:
        """Read what the subscription columns say."""
        words = zip(self._job.wishes, given[len(self._job.values) :], strict=True)
        return {each: SubscriptionState(wish) for each, wish in words if wish}

    def _subscribed(self, contact: Contact, wishes: Wishes, mode: DuplicateMode, warnings: list[Remark]) -> Contact:
        """Grant what the subscription columns ask for, within SU-3, SU-4 and SU-5; the same contact where that is nothing."""
        granted = {}
        for subscription, wish in wishes.items():
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
        others = self._with_email.get(contact.email_key)
        if others:
            column = self._job.column_of("email")
            advice = f"also held by {', '.join(others)}"
            warnings.append(Remark(RowWarning.EMAIL_SHARED, column, contact.text("email"), advice))

    def _remember_new(self, contact: Contact) -> None:
        """Let later rows see the new contact, and by what it is found."""
        self._contacts[contact.id] = contact
        if contact.email_key is not None:
            _hold(self._with_email, contact.email_key, contact.id)
        customer_id = contact.values.get("customer_id")
        if customer_id is not None:
            _hold(self._with_customer_id, str(customer_id), contact.id)

    def _remember_changed(self, before: Contact, after: Contact) -> None:
        """Let later rows see the contact as it is now, and by what it is found."""
        self._contacts[after.id] = after
        if before.email_key == after.email_key and before.customer_id == after.customer_id:
            return
        for kind, key in before.identifiers - after.identifiers:
            self._holders[kind][key] = tuple(each for each in self._holders[kind].get(key, ()) if each != after.id)
        for kind, key in after.identifiers - before.identifiers:
            _hold(self._holders[kind], key, after.id)

    def _join_all(self, cells: Sequence[Entered], contact_id: ContactId) -> None:
        """Let a processed contact join the chosen groups and those its row names (IM-6)."""
        if not self._joins:
            return
        self._join(contact_id, self._job.options.groups)
        place = self._job.columns.place(GROUPS)
        if place is not None:
            names = group_names(cells[place])
            self._join(contact_id, [name for name in names if len(trimmed(name)) <= LONGEST_GROUP_NAME])

    def _join(self, contact_id: ContactId, names: Iterable[str]) -> None:
        for name in names:
            group = self._groups.get(folded(name))
            if group is None:
                group = self._groups[folded(name)] = new_group(name, self._circumstances.new_record_ids)
                self._changes.append(CreateGroup(group))
            self._changes.append(JoinGroup(group.id, contact_id))


def _hold(holders: dict[str, tuple[ContactId, ...]], key: str, contact_id: ContactId) -> None:
    others = holders.get(key)
    holders[key] = (*others, contact_id) if others else (contact_id,)


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
