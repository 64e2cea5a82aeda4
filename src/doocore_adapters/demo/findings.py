"""What the story came to, counted from what the store gives back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from doocore import Contact, ContactCenter, FieldCatalog, FieldReport, Flag, RecordedBooking, SyncOutcome

PAGE = 1_000

WANTED: tuple[tuple[SyncOutcome, str], ...] = (
    (SyncOutcome.FILLED, "phone"),
    (SyncOutcome.FILLED, "Position"),
    (SyncOutcome.KEPT, "street"),
    (SyncOutcome.KEPT, "email"),
    (SyncOutcome.OTHER_PERSON, "first_name"),
    (SyncOutcome.TAKEN, "customer_id"),
    (SyncOutcome.REJECTED, "phone"),
)
"""Of which values an example is looked for: what became of them, and the field."""


def all_contacts(center: ContactCenter) -> dict[str, Contact]:
    """Read every contact, page by page."""
    found: dict[str, Contact] = {}
    after: str | None = None
    while page := center.list_contacts(after=after, limit=PAGE):
        found.update((each.id, each) for each in page)
        after = page[-1].id
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One value of one contact: before the bookings, what a booking said, and now."""

    booking: str
    contact: Contact
    field: str
    before: object
    given: object
    after: object
    outcome: SyncOutcome
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that the demo tells of contacts and bookings."""

    contacts_before: int
    contacts: int
    groups: Mapping[str, int]
    bookings: int
    decided: Mapping[tuple[str, tuple[str, ...]], int]
    flags: Mapping[Flag, int]
    synced: Mapping[SyncOutcome, int]
    examples: Sequence[Example]

    @classmethod
    def read(cls, center: ContactCenter, before: Mapping[str, Contact]) -> "Findings":
        """Read it all back; *before* are the contacts as they were read before the bookings."""
        bookings = sorted(center.bookings.all(), key=lambda each: each.booked_at)
        outcomes = [party.outcome for booking in bookings for party in booking.parties]
        return cls(
            contacts_before=len(before),
            contacts=center.count_contacts(),
            groups={each.name: center.count_contacts(group=each.name) for each in center.groups.all()},
            bookings=len(bookings),
            decided=Counter((each.reason, each.assignment.rules) for each in outcomes),
            flags=Counter(flag for each in outcomes for flag in each.flags),
            synced=Counter(report.outcome for each in outcomes for report in each.reports),
            examples=tuple(_examples(center, bookings, before)),
        )

    @property
    def parties(self) -> int:
        """How many parties were decided."""
        return sum(self.decided.values())

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many parties were decided for which reason."""
        return _summed((reason, count) for (reason, _), count in self.decided.items())

    @property
    def rules(self) -> Mapping[str, int]:
        """How many parties each rule had a part in."""
        return _summed((rule, count) for (_, rules), count in self.decided.items() for rule in rules)


def _summed(counts: Iterator[tuple[str, int]]) -> Mapping[str, int]:
    summed: Counter[str] = Counter()
    for word, count in counts:
        summed[word] += count
    return dict(summed.most_common())


def _examples(
    center: ContactCenter, bookings: Sequence[RecordedBooking], before: Mapping[str, Contact]
) -> Iterator[Example]:
    """Find the first booking for each kind of example, of a contact that was there before."""
    catalog = center.fields.catalog()
    for wanted in WANTED:
        found = next(_reports(wanted, bookings, before, catalog), None)
        if found is not None:
            number, contact_id, report = found
            contact = center.contact(contact_id)
            yield Example(
                booking=number,
                contact=contact,
                field=wanted[1],
                before=before[contact_id].values.get(report.field),
                given=report.given,
                after=contact.values.get(report.field),
                outcome=report.outcome,
                rule=report.rule,
            )


def _reports(
    wanted: tuple[SyncOutcome, str],
    bookings: Sequence[RecordedBooking],
    before: Mapping[str, Contact],
    catalog: FieldCatalog,
) -> Iterator[tuple[str, str, FieldReport]]:
    for booking in bookings:
        for party in booking.parties:
            for report in party.outcome.reports:
                contact_id = party.outcome.contact_id
                if (
                    contact_id is not None
                    and contact_id in before
                    and (report.outcome, catalog[report.field].name) == wanted
                ):
                    yield booking.number, contact_id, report
