"""A list comes in: row by row, which contact is it, and what of it is written (chapter 6).

The list is passed over twice. `survey` counts the rows and finds the identifying values that occur more than once;
`read_rows` reads their identifiers, and `plan_rows` decides about a batch of them. Nothing here grows with the
list but eight bytes a row in the first pass (IM-16).
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from doocore.changes import Change, CreateContact, CreateGroup, JoinGroup, PutField, RecordRows, UpdateContact
from doocore.model.contact import (
    NO_SUBSCRIPTIONS,
    Consent,
    Contact,
    OptOut,
    Subscription,
    Subscriptions,
    SubscriptionState,
    Through,
)
from doocore.model.contact_import import (
    DuplicateMode,
    ImportId,
    ImportOptions,
    InvalidValues,
    Remark,
    RowOutcome,
    RowReason,
    RowReport,
    RowWarning,
)
from doocore.model.fields import (
    ContactField,
    Entered,
    FieldCatalog,
    FieldKey,
    FieldType,
    FieldValue,
    Refusal,
    ValueParsers,
    ValueReason,
    folded,
    is_blank,
    trimmed,
)
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, Origin
from doocore.model.identifiers import ContactId, IdentifierKey, IdentifierKind
from doocore.plans.by_hand import new_group
from doocore.plans.story import Circumstances, Facts, Needs, Plan, ValueJudge
from doocore.rules.columns import GROUPS, ColumnMap
from doocore.rules.duplicates import WRITES_SUBSCRIPTION, WRITES_VALUE, is_own_opt_out
from doocore.rules.syncing import Standing, holds, key_of_email

_BATCH = 1000
_BUCKETS = 256
_REMEMBERED = 4096
_YES_OR_NO = ContactField(key="subscription", type=FieldType.CHECKBOX, name="subscription")
_CUSTOMER_ID = FieldCatalog.of("", ())["customer_id"]
_SUBSCRIPTION_WORDS = frozenset(each.value for each in Subscription)
_UPDATE_RULES = ("IM-5",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """Everything about an import that does not change from row to row."""

    id: ImportId
    columns: ColumnMap
    options: ImportOptions
    judge: ValueJudge
    parsers: ValueParsers
    _value_columns: dict[int, "ValueColumn"] = field(default_factory=dict, repr=False, compare=False)

    def value_columns(self, catalog: FieldCatalog) -> "list[ValueColumn]":
        """Give the columns that hold values and do not identify, as *catalog* has their fields now."""
        for place, (name, target) in enumerate(zip(self.columns.columns, self.columns.targets, strict=True)):
            if target is None or target not in catalog or place == self.identifying_place:
                continue
            known = self._value_columns.get(place)
            if known is None or known.field != catalog[target]:
                self._value_columns[place] = ValueColumn(place, name, catalog[target], self)
        return list(self._value_columns.values())

    @property
    def identifying_place(self) -> int:
        """At which place the identifying column stands (IM-2)."""
        return self.columns.targets.index(self.options.identify_by.value)


@dataclass(frozen=True, slots=True)
class Survey:
    """The result of the first pass: how many rows, and the hashes of identifying values that occur more than once."""

    total: int
    repeated: frozenset[int]


@dataclass(slots=True)
class ReadRow:
    """A row with its identifiers read.

    `key` is the identifying value's and `text` the value; `problem` says why there is none. `others` are the keys of
    identifiers that do not identify; `duplicate` tells that an earlier row had the same key (IM-7). A row of the wrong
    column count has nothing but its cells.
    """

    line: int
    cells: Sequence[Entered]
    whole: bool = True
    key: IdentifierKey | None = None
    text: str = ""
    problem: Remark | None = None
    others: tuple[IdentifierKey, ...] = ()
    duplicate: bool = False


def survey(
    job: ImportJob, rows: Iterable[tuple[int, Sequence[Entered]]], progress: Callable[[int], None] | None = None
) -> Survey:
    """Pass over a list once: count its rows, and find identifying values that occur more than once (IM-1, IM-7).

    Equal values have equal hashes; that unequal ones may share a hash costs a look, never a row. *progress* is told
    now and then how many rows were seen.
    """
    identify = _Identification(job)
    width = len(job.columns.columns)
    buckets = [array("q") for _ in range(_BUCKETS)]
    total = 0
    for total, (_, cells) in enumerate(rows, start=1):
        if len(cells) == width:
            found = identify.read(cells[identify.place])
            if not isinstance(found, Remark):
                value = hash(found[1])
                buckets[value % _BUCKETS].append(value)
        if progress is not None and total % _BATCH == 0:
            progress(total)
    return Survey(total, frozenset(value for bucket in buckets for value in _repeated(bucket)))


def read_rows(job: ImportJob, rows: Iterable[tuple[int, Sequence[Entered]]], found: Survey) -> Iterator[ReadRow]:
    """Read the identifiers of every row, in order, and mark the rows whose value occurred before (IM-7)."""
    identify = _Identification(job)
    others = _OtherIdentifiers(job)
    width = len(job.columns.columns)
    kind = job.options.identify_by
    seen: set[str] = set()
    for line, cells in rows:
        if len(cells) != width:
            yield ReadRow(line, cells, whole=False)
            continue
        identified = identify.read(cells[identify.place])
        if isinstance(identified, Remark):
            yield ReadRow(line, cells, problem=identified, others=others.read(cells))
            continue
        text, key = identified
        duplicate = hash(key) in found.repeated and key in seen
        if hash(key) in found.repeated:
            seen.add(key)
        yield ReadRow(line, cells, True, IdentifierKey(kind, key), text, None, others.read(cells), duplicate)


def needs_of_rows(job: ImportJob, rows: Sequence[ReadRow]) -> Needs:
    """Say what a batch of rows must know, and what is locked while it is decided (AS-12)."""
    keys = {row.key for row in rows if row.key is not None}
    for row in rows:
        keys.update(row.others)
    options = job.options
    names = {*options.groups, *([options.existing_to_group] if options.existing_to_group else [])}
    place = job.columns.place(GROUPS)
    if place is not None:
        names.update(name for row in rows if row.whole for name in _group_names(row.cells[place]))
    adds_options = options.add_system_options or options.add_custom_options
    return Needs(
        keys=frozenset(keys),
        groups=frozenset(map(folded, names)),
        fields=frozenset(each for each in job.columns.targets if each) if adds_options else frozenset(),
        opt_outs=any(job.columns.place(each.value) is not None for each in Subscription),
    )


def plan_rows(
    job: ImportJob, rows: Sequence[ReadRow], facts: Facts, circumstances: Circumstances
) -> Plan[tuple[RowReport, ...]]:
    """Decide about a batch of rows, in the order of the file, each seeing what the ones before it did (IM-4 to IM-9)."""
    batch = _Batch(job, facts, circumstances)
    reports = tuple([batch.decide(row) for row in rows])
    return Plan(
        outcome=reports,
        envelope=circumstances.envelope(Cause.IMPORT, job.id),
        changes=(*batch.fields(), *batch.changes, RecordRows(job.id, reports)),
    )


@dataclass(slots=True)
class _Given:
    """What the cells of one row say, judged."""

    values: dict[FieldKey, FieldValue] = field(default_factory=dict)
    wishes: dict[Subscription, SubscriptionState] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    options: list[tuple[FieldKey, str]] = field(default_factory=list)


class ValueColumn:
    """A column that holds values of one field; what its cells said before is remembered, as lists repeat themselves."""

    __slots__ = ("_judge", "_seen", "addable", "field", "key", "name", "place")

    def __init__(self, place: int, name: str, contact_field: ContactField, job: "ImportJob") -> None:
        self.place = place
        self.name = name
        self.field = contact_field
        self.key = contact_field.key
        options = job.options
        adds = options.add_system_options if contact_field.system else options.add_custom_options
        self.addable = adds and contact_field.type is FieldType.SELECT
        self._judge = job.judge.bound(contact_field)
        self._seen: dict[Entered, FieldValue | Refusal | None] = {"": None, None: None}

    def judge(self, cell: Entered) -> FieldValue | Refusal | None:
        """Judge a cell of a contact that has nothing here."""
        seen = self._seen
        if cell in seen:
            return seen[cell]
        if len(seen) >= _REMEMBERED:
            seen.clear()
        judged = seen[cell] = self._judge(cell, None)
        return judged


class _Batch:
    """The state of contacts, holders, groups and options while one batch of rows is decided in order."""

    def __init__(self, job: ImportJob, facts: Facts, circumstances: Circumstances) -> None:
        self.changes: list[Change] = []
        self._job = job
        self._facts = facts
        self._circumstances = circumstances
        self._mode = job.options.duplicates
        self._contacts = dict(facts.contacts)
        self._holders = dict(facts.holders)
        self._groups = dict(facts.groups)
        self._options: dict[FieldKey, dict[str, None]] = {}
        self._actor = str(circumstances.actor)
        named = list(zip(job.columns.columns, job.columns.targets, strict=True))
        self._columns = job.value_columns(facts.catalog)
        self._subscriptions = [
            (place, name, Subscription(target))
            for place, (name, target) in enumerate(named)
            if target in _SUBSCRIPTION_WORDS
        ]
        self._groups_place = job.columns.place(GROUPS)
        self._consents = {state: Consent(state, circumstances.at, Through.IMPORT) for state in SubscriptionState}

    def fields(self) -> Iterator[Change]:
        """Give the fields that got new options (IM-4)."""
        for key, added in self._options.items():
            before = self._facts.catalog[key]
            after = before.with_options(added)
            if after != before:
                yield PutField(after)

    def decide(self, row: ReadRow) -> RowReport:
        """Decide about one row, and write what it may write (IM-8: whole or not at all)."""
        if not row.whole:
            return _unprocessed(row, [_wrong_column_count(row, len(self._job.columns.columns))])
        matched, reasons = self._identify(row)
        if matched is not None and self._mode is DuplicateMode.ONLY_NEW:
            return _unprocessed(row, reasons) if reasons else self._skip(row, matched)
        given = self._read_cells(row, matched)
        if not any(each.word is RowReason.AMBIGUOUS for each in reasons):
            reasons.extend(self._customer_id_taken(given, matched))
        warnings: list[Remark] = []
        if self._job.options.invalid_values is InvalidValues.LEAVE_OUT:
            warnings = [_as_warning(each) for each in given.remarks]
        else:
            reasons.extend(given.remarks)
        if reasons:
            return _unprocessed(row, reasons)
        report = self._add(row, given, warnings) if matched is None else self._merge(row, matched, given, warnings)
        for key, option in given.options:
            self._options.setdefault(key, {})[option] = None
        return report

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

    def _read_cells(self, row: ReadRow, matched: Contact | None) -> _Given:
        given = _Given()
        cells = row.cells
        if row.key is not None and row.key.kind is not IdentifierKind.CONTACT_ID:
            given.values[row.key.kind.value] = row.text
        for column in self._columns:
            judged = column.judge(cells[column.place])
            if judged is None:
                continue
            if isinstance(judged, Refusal):
                self._consider_refused(column, cells[column.place], judged, matched, given)
            else:
                given.values[column.key] = judged
        for place, name, subscription in self._subscriptions:
            wish = self._job.judge(_YES_OR_NO, cells[place], None)
            if isinstance(wish, Refusal):
                given.remarks.append(Remark(RowReason.INVALID_VALUE, name, _shown(cells[place]), wish.advice))
            elif wish is not None:
                given.wishes[subscription] = SubscriptionState.SUBSCRIBED if wish else SubscriptionState.UNSUBSCRIBED
        return given

    def _consider_refused(
        self, column: ValueColumn, cell: Entered, refusal: Refusal, matched: Contact | None, given: _Given
    ) -> None:
        """Let pass what the contact has already (FI-5) and options that may be added (IM-4)."""
        key = column.key
        text = trimmed(cell) if isinstance(cell, str) else cell
        if matched is not None and text == matched.values.get(key) and text is not None:
            given.values[key] = text
        elif column.addable and refusal.reason is ValueReason.UNKNOWN_OPTION and isinstance(text, str):
            given.values[key] = text
            given.options.append((key, text))
        else:
            given.remarks.append(Remark(RowReason(refusal.reason.value), column.name, _shown(cell), refusal.advice))

    def _customer_id_taken(self, given: _Given, matched: Contact | None) -> Iterator[Remark]:
        """Refuse a customer ID that does not identify and that only others hold (IM-17)."""
        customer_id = given.values.get("customer_id")
        if customer_id is None or self._job.options.identify_by is IdentifierKind.CUSTOMER_ID:
            return
        holders = self._holders.get(IdentifierKey(IdentifierKind.CUSTOMER_ID, str(customer_id)), ())
        if holders and (matched is None or matched.id not in holders):
            place = self._job.columns.targets.index("customer_id")
            advice = f"held by {', '.join(holders)}; correct it or clear the cell"
            yield Remark(RowReason.CUSTOMER_ID_TAKEN, self._job.columns.columns[place], str(customer_id), advice)

    def _skip(self, row: ReadRow, matched: Contact) -> RowReport:
        collecting = self._job.options.existing_to_group
        if collecting:
            self._join(matched.id, [collecting])
        return RowReport(line=row.line, outcome=RowOutcome.SKIPPED, contact_id=matched.id)

    def _add(self, row: ReadRow, given: _Given, warnings: list[Remark]) -> RowReport:
        email_key = self._email_key(row, given)
        contact = Contact(
            id=next(self._circumstances.new_contact_ids),
            values=FrozenDict(given.values),
            origin=Origin(Cause.IMPORT, self._actor, self._job.id, row.line),
            created_at=self._circumstances.at,
            email_key=email_key,
            subscriptions=self._subscribed(given, None, email_key, warnings) if given.wishes else NO_SUBSCRIPTIONS,
        )
        if "email" in given.values:
            self._warn_of_shared(contact, warnings)
        self.changes.append(CreateContact(contact))
        self._remember(None, contact)
        self._join_all(row, contact.id)
        return RowReport(line=row.line, outcome=RowOutcome.ADDED, contact_id=contact.id, warnings=tuple(warnings))

    def _merge(self, row: ReadRow, matched: Contact, given: _Given, warnings: list[Remark]) -> RowReport:
        written = self._written(matched, given)
        email_key = self._email_key(row, given) if "email" in written else matched.email_key
        subscriptions = self._subscribed(given, matched, email_key, warnings) if given.wishes else matched.subscriptions
        outcome = RowOutcome.UNCHANGED
        if written or subscriptions != matched.subscriptions:
            outcome = RowOutcome.UPDATED
            after = replace(
                matched,
                values=FrozenDict({**matched.values, **written}),
                email_key=email_key,
                subscriptions=subscriptions,
                version=matched.version + 1,
            )
            if "email" in written:
                self._warn_of_shared(after, warnings)
            self.changes.append(UpdateContact(matched, after, _UPDATE_RULES, row.line))
            self._remember(matched, after)
        self._join_all(row, matched.id)
        return RowReport(line=row.line, outcome=outcome, contact_id=matched.id, warnings=tuple(warnings))

    def _written(self, matched: Contact, given: _Given) -> dict[FieldKey, FieldValue]:
        """Choose what the duplicate mode lets a row write (IM-5)."""
        present = matched.values
        written = {}
        for key, value in given.values.items():
            before = present.get(key)
            if value == before or holds(matched, self._facts.catalog[key], before, value):
                standing = Standing.EQUAL
            else:
                standing = Standing.BLANK if before is None else Standing.DIFFERENT
            if WRITES_VALUE[self._mode, standing]:
                written[key] = value
        return written

    def _subscribed(
        self, given: _Given, matched: Contact | None, email_key: str | None, warnings: list[Remark]
    ) -> Subscriptions:
        """Grant what the subscription columns ask for, within SU-3, SU-4 and SU-5."""
        before = NO_SUBSCRIPTIONS if matched is None else matched.subscriptions
        mode = DuplicateMode.OVERWRITE if matched is None else self._mode
        granted: dict[Subscription, Consent] = {}
        for subscription, wish in given.wishes.items():
            consent = before.get(subscription)
            state = SubscriptionState.UNKNOWN if consent is None else consent.state
            if (
                wish is SubscriptionState.SUBSCRIBED
                and wish is not state
                and self._opted_out(consent, email_key, subscription)
            ):
                warnings.append(_opted_out(self._job, subscription))
            elif WRITES_SUBSCRIPTION[mode, state, wish]:
                granted[subscription] = self._consents[wish]
        return FrozenDict({**before, **granted})

    def _opted_out(self, consent: Consent | None, email_key: str | None, subscription: Subscription) -> bool:
        if is_own_opt_out(consent):
            return True
        return email_key is not None and OptOut(email_key, subscription) in self._facts.opt_outs

    def _email_key(self, row: ReadRow, given: _Given) -> str | None:
        if row.key is not None and row.key.kind is IdentifierKind.EMAIL:
            return row.key.key
        return key_of_email(given.values)

    def _warn_of_shared(self, contact: Contact, warnings: list[Remark]) -> None:
        """Remark on an address that does not identify, was written, and has another holder (IM-17)."""
        if self._job.options.identify_by is IdentifierKind.EMAIL or contact.email_key is None:
            return
        holders = self._holders.get(IdentifierKey(IdentifierKind.EMAIL, contact.email_key), ())
        others = [each for each in holders if each != contact.id]
        if others:
            column = self._job.columns.columns[self._job.columns.targets.index("email")]
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
            self._join(contact_id, _group_names(row.cells[self._groups_place]))

    def _join(self, contact_id: ContactId, names: Iterable[str]) -> None:
        for name in names:
            group = self._groups.get(folded(name))
            if group is None:
                group = self._groups[folded(name)] = new_group(name, self._circumstances.new_record_ids)
                self.changes.append(CreateGroup(group))
            self.changes.append(JoinGroup(group.id, contact_id))


class _Identification:
    """Reads the identifying column (IM-2): from a cell to (text, key), or to a remark why it identifies nobody."""

    __slots__ = ("_column", "_judge", "_kind", "_parsers", "place")

    def __init__(self, job: ImportJob) -> None:
        self.place = job.identifying_place
        self._kind = job.options.identify_by
        self._column = job.columns.columns[self.place]
        self._parsers = job.parsers
        self._judge = job.judge

    def read(self, cell: Entered) -> tuple[str, str] | Remark:
        text = trimmed(cell) if isinstance(cell, str) else _shown(cell)
        if not text:
            return Remark(RowReason.MISSING_IDENTIFIER, self._column, "", f"give the {self._kind.value} of this row")
        if self._kind is IdentifierKind.EMAIL:
            address = self._parsers.email(text)
            if not isinstance(address, Refusal):
                return address.text, address.key
            return Remark(RowReason.INVALID_EMAIL, self._column, text, address.advice)
        if self._kind is IdentifierKind.CUSTOMER_ID:
            judged = self._judge(_CUSTOMER_ID, text, None)
            if isinstance(judged, Refusal):
                return Remark(RowReason(judged.reason.value), self._column, text, judged.advice)
        return text, text


class _OtherIdentifiers:
    """Reads the keys of identifiers in columns that do not identify the row (IM-17)."""

    __slots__ = ("_customer_id", "_email", "_parsers")

    def __init__(self, job: ImportJob) -> None:
        self._parsers = job.parsers
        by_kind = {
            kind: None if job.options.identify_by is kind else job.columns.place(kind.value)
            for kind in (IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID)
        }
        self._email = by_kind[IdentifierKind.EMAIL]
        self._customer_id = by_kind[IdentifierKind.CUSTOMER_ID]

    def read(self, cells: Sequence[Entered]) -> tuple[IdentifierKey, ...]:
        keys = []
        if self._email is not None and not is_blank(cells[self._email]):
            address = self._parsers.email(trimmed(_shown(cells[self._email])))
            if not isinstance(address, Refusal):
                keys.append(IdentifierKey(IdentifierKind.EMAIL, address.key))
        if self._customer_id is not None and not is_blank(cells[self._customer_id]):
            keys.append(IdentifierKey(IdentifierKind.CUSTOMER_ID, trimmed(_shown(cells[self._customer_id]))))
        return tuple(keys)


def _repeated(bucket: "array[int]") -> Iterator[int]:
    if len(set(bucket)) == len(bucket):
        return
    ordered = sorted(bucket)
    yield from (value for value, following in pairwise(ordered) if value == following)


def _group_names(cell: Entered) -> list[str]:
    return [name for name in _shown(cell).split(";") if not is_blank(name)]


def _shown(cell: Entered) -> str:
    return "" if cell is None else str(cell)


def _unprocessed(row: ReadRow, reasons: Iterable[Remark]) -> RowReport:
    return RowReport(
        line=row.line,
        outcome=RowOutcome.UNPROCESSED,
        reasons=tuple(reasons),
        cells=tuple(map(_shown, row.cells)),
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
    column = job.columns.columns[job.columns.targets.index(subscription.value)]
    return Remark(RowWarning.OPTED_OUT, column, "", "the person unsubscribed; only that person can subscribe again")
