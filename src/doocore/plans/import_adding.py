"""Adding contacts by a list: the rows that concern nobody known, and the set of contacts that a batch adds.

Most rows of a list name somebody new, whom no other row of the batch names too. About these there is nothing to decide
but what holds for any new contact, so they are added together, column by column.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from doocore.changes import CreateContacts
from doocore.model.contact import Contact, SubscriptionState, Through
from doocore.model.contact_import import DuplicateMode
from doocore.model.fields import FieldValue
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause
from doocore.model.identifiers import ContactId, IdentifierKind
from doocore.plans.import_judging import JudgedRows
from doocore.plans.import_reading import ImportJob, long_group_names
from doocore.plans.story import Circumstances
from doocore.rules.addresses import match_key
from doocore.rules.columns import GROUPS
from doocore.rules.duplicates import WRITES_SUBSCRIPTION

Held: TypeAlias = Mapping[str, tuple[ContactId, ...]]
"""Who holds which key, of one kind."""


class NewContacts:
    """The contacts that a batch adds, in the order of its rows; one set in the end."""

    def __init__(self, job: ImportJob, circumstances: Circumstances) -> None:
        self._job = job
        self._circumstances = circumstances
        self._ids: list[ContactId] = []
        self._lines: list[int | None] = []
        self._email_keys: list[str] = []
        self._columns: dict[str, list[FieldValue]] = {target: [] for target in job.excerpt}

    def add(self, contact: Contact) -> None:
        """Add one that was decided by itself."""
        self._ids.append(contact.id)
        self._lines.append(contact.origin.row)
        self._email_keys.append(contact.email_key or "")
        for target in self._job.values:
            self._columns[target].append(contact.values.get(target, ""))
        for each in self._job.wishes:
            known = each in contact.subscriptions
            self._columns[each.value].append(contact.state(each).value if known else "")

    def add_rows(self, judged: JudgedRows, places: range) -> Sequence[ContactId]:
        """Add rows that concern nobody known: who is new takes all that is given (SU-3 for the subscriptions)."""
        rows, run = judged.rows, slice(places.start, places.stop)
        ids = list(islice(self._circumstances.new_contact_ids, len(places)))
        self._ids += ids
        self._lines += rows.lines[run]
        self._email_keys += self._keys_of_emails(judged, run)
        granted = _granted()
        for target, column in zip(self._job.excerpt, judged.columns, strict=True):
            cells = column[run]
            self._columns[target] += cells if target in self._job.values else map(granted.__getitem__, cells)
        return ids

    def change(self) -> Iterator[CreateContacts]:
        """Give the set, if there is anybody."""
        if self._ids:
            yield CreateContacts(
                ids=tuple(self._ids),
                rows=tuple(self._lines),
                email_keys=tuple(self._email_keys),
                columns=FrozenDict({target: tuple(column) for target, column in self._columns.items()}),
                origin=self._circumstances.origin(Cause.IMPORT, self._job.id),
                created_at=self._circumstances.at,
                through=Through.IMPORT,
            )

    def _keys_of_emails(self, judged: JudgedRows, run: slice) -> Iterable[str]:
        if self._job.options.identify_by is IdentifierKind.EMAIL:
            return judged.rows.keys[run]
        if "email" not in self._job.values:
            return [""] * len(judged.rows.lines[run])
        emails = judged.columns[self._job.values.index("email")]
        return [match_key(str(each)) or "" for each in emails[run]]


def _granted() -> Mapping[FieldValue, FieldValue]:
    """Say what becomes of a wish for a subscription where no opt-out binds and nothing is known yet (SU-3)."""
    wishes = (SubscriptionState.SUBSCRIBED, SubscriptionState.UNSUBSCRIBED)
    unknown = SubscriptionState.UNKNOWN
    granted = {each: WRITES_SUBSCRIPTION[DuplicateMode.OVERWRITE, unknown, each] for each in wishes}
    return {"": "", **{each.value: each.value if granted[each] else "" for each in wishes}}


def rows_of_nobody_known(job: ImportJob, judged: JudgedRows, held: Mapping[IdentifierKind, Held]) -> set[int]:
    """Find the rows that add a contact and are nobody else's concern; none of the others could decide otherwise about them.

    They name somebody by a value that is accepted, nothing in them was refused, nobody holds any identifier of theirs,
    and no other row of the batch has one.
    """
    rows = judged.rows
    if job.options.identify_by is IdentifierKind.CONTACT_ID:
        return set()
    alone = {place for place, key in enumerate(rows.keys) if key}
    alone -= rows.duplicates
    alone -= judged.refused.keys()
    for kind, keys in ((job.options.identify_by, rows.keys), *rows.others.items()):
        shared = _shared(keys, held[kind])
        if shared:
            alone = {place for place in alone if keys[place] not in shared}
    if job.columns.place(GROUPS) is not None:
        alone = {place for place in alone if not long_group_names(job, rows.cells[place])}
    return alone


def _shared(keys: Sequence[str], held: Held) -> set[str]:
    """Give the keys that several rows have, or a row and a contact."""
    shared = set(held.keys() & set(keys)) if held else set()
    if len(set(keys)) != len(keys):
        shared.update(key for key, count in Counter(keys).items() if count > 1 and key)
    return shared
