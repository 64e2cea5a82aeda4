"""Values of the model as rows of the tables, and back; every function goes with the columns declared beside it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain, groupby, islice
from typing import Any, TypeAlias

from doocore.model.booking import (
    Attendee,
    AttendeeStatus,
    BookingStatus,
    Party,
    PaymentStatus,
    RecordedBooking,
    RecordedParty,
)
from doocore.model.code import Code, CodeId, CodeType, CodeUse, Redemption
from doocore.model.contact import (
    NO_SUBSCRIPTIONS,
    Consent,
    Contact,
    ContactColumns,
    Excerpt,
    Group,
    GroupId,
    Subscription,
    Subscriptions,
    SubscriptionState,
    Through,
)
from doocore.model.contact_import import ImportRecord, ImportStatus, RowOutcome, RowReason, RowReport, RowWarning
from doocore.model.event import EmailChangePolicy, Event, EventStatus
from doocore.model.fields import SYSTEM_KEYS, ContactField, FieldType, FieldValue
from doocore.model.frozen import FrozenDict
from doocore.model.history import BookingHistoryEntry, Cause, HistoryEntry, Origin
from doocore.model.identifiers import BookingNumber, ContactId, IdentifierKey
from doocore.model.invitation import (
    Concern,
    ContactMark,
    Evidence,
    InvitationFacts,
    InvitationList,
    Mark,
    MessageEvent,
    Reaction,
    Ticket,
)
from doocore.model.organization import AmbiguityPolicy, OrganizationSettings, ProductPlan, SyncMode
from doocore_adapters._sql import documents

Row: TypeAlias = tuple[Any, ...]

_SYSTEM_BEGIN = 2
_SYSTEM_END = _SYSTEM_BEGIN + len(SYSTEM_KEYS)
_CONSENTS_BEGIN = _SYSTEM_END + 7
_BLANK: dict[str, FieldValue] = dict.fromkeys(SYSTEM_KEYS, "")
_NO_CONSENT = ("", "", "")
_NO_CONSENTS = _NO_CONSENT * len(Subscription)
_NO_CONSENTS_READ = (None,) * len(_NO_CONSENTS)
_SUBSCRIPTIONS = tuple(Subscription)

# Contacts are read and written by the million: here a look-up tells, where elsewhere the class of the word is called.
_CAUSES = {each.value: each for each in Cause}
_STATES = {each.value: each for each in SubscriptionState}
_THROUGHS = {each.value: each for each in Through}
_REACTIONS = {each.value: each for each in Reaction}
_BOOKING_STATUSES = {each.value: each for each in BookingStatus}
_PAYMENTS = {each.value: each for each in PaymentStatus}
_TICKETS = {(own, each.value): Ticket(own, each) for own in (False, True) for each in AttendeeStatus}

LETTERS: Mapping[RowOutcome, str] = {
    RowOutcome.ADDED: "A",
    RowOutcome.UPDATED: "U",
    RowOutcome.UNCHANGED: "=",
    RowOutcome.SKIPPED: "S",
    RowOutcome.UNPROCESSED: "X",
}
"""How the outcome of an import's row is written, one letter after the other."""


def moment_text(moment: datetime) -> str:
    """Write a moment in UTC, so that texts sort as the moments do."""
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError(f"{moment.isoformat()} has no offset: a store keeps moments, not local times")
        moment = moment.astimezone(UTC)  # before the cache, for which two moments that differ in `fold` alone are equal
    return _utc_text(moment)


@lru_cache(maxsize=4096)
def _utc_text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


@lru_cache(maxsize=4096)
def moment_of(text: str | datetime) -> datetime:
    """Read a moment; some drivers have parsed it already."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(text)


def contact_row(organization_id: str, contact: Contact) -> Row:
    """Write a contact, without its aliases and its subscriptions: the columns up to `version`, but for the key's version.

    It begins with what finds the contact: organization and ID, then match key, address and customer ID. What is empty
    becomes NULL by the statement.
    """
    values = contact.values
    laid_out = _BLANK | values  # the system fields in their order, custom ones behind them
    origin = contact.origin
    return (
        organization_id,
        contact.id,
        contact.email_key or "",
        *((*laid_out.values(), "") if len(laid_out) == len(_BLANK) else _with_document(laid_out)),
        contact.search_text,
        origin.cause.value,
        origin.actor,
        origin.reference,
        origin.row,
        moment_text(contact.created_at),
        contact.version,
    )


def consents_rows(contacts: Iterable[Contact]) -> Iterator[Row]:
    """Write the subscriptions of contacts, the columns behind `version`; those of one import share theirs."""
    written: Subscriptions | None = None
    row: Row = _NO_CONSENTS
    for each in contacts:
        if each.subscriptions is not written:
            written = each.subscriptions
            row = _consents_row(written)
        yield row


def contact_of(row: Row, aliases: frozenset[IdentifierKey]) -> Contact:
    """Read a contact; the row begins with ID and match key, and has neither the key's version nor the search text."""
    custom, cause, actor, reference, origin_row, created_at, version = row[_SYSTEM_END:_CONSENTS_BEGIN]
    consents = row[_CONSENTS_BEGIN:]
    system = zip(SYSTEM_KEYS, row[_SYSTEM_BEGIN:_SYSTEM_END], strict=True)
    values = {key: value for key, value in system if value is not None}
    if custom is not None:
        values.update(documents.loads(custom))
    return Contact(
        id=row[0],
        values=FrozenDict(values),
        origin=Origin(_CAUSES[cause], actor, reference, origin_row),
        created_at=moment_of(created_at),
        email_key=row[1],
        aliases=aliases,
        subscriptions=NO_SUBSCRIPTIONS if consents == _NO_CONSENTS_READ else _consents_of(consents),
        version=version,
    )


def excerpt_of(row: Row, columns: Sequence[str], fields: Sequence[str]) -> Excerpt:
    """Read an excerpt; the row has *columns*, and the document of the custom fields behind them."""
    known = dict(zip(columns, row[:-1], strict=True))
    if row[-1]:
        known.update(documents.loads(row[-1]))
    return tuple([known.get(each, "") for each in fields])


def columns_of(rows: Sequence[Row], columns: Sequence[str], custom: Sequence[str]) -> ContactColumns:
    """Read contacts column by column: a row has ID, group IDs, *columns*, and the custom document if any is asked for."""
    ids, groups, *found = zip(*rows, strict=True)
    if custom:
        present = documents.loads_all(found.pop())
        found += [tuple([document.get(each, "") for document in present]) for each in custom]
    return ContactColumns(
        ids=ids, groups=tuple(map(_groups_of, groups)), columns=dict(zip((*columns, *custom), found, strict=True))
    )


@lru_cache(maxsize=4096)
def _groups_of(text: str | None) -> frozenset[GroupId]:
    """Read the IDs of groups, which are digits and letters; many contacts are in the same ones."""
    return frozenset() if text is None else frozenset(map(GroupId, text.split(" ")))


def _with_document(laid_out: Mapping[str, FieldValue]) -> Row:
    custom = dict(islice(laid_out.items(), len(_BLANK), None))
    return (*islice(laid_out.values(), len(_BLANK)), documents.dumps(custom))


def _consents_row(subscriptions: Subscriptions) -> Row:
    cells = [_consent_row(subscriptions[each]) if each in subscriptions else _NO_CONSENT for each in _SUBSCRIPTIONS]
    return tuple(chain.from_iterable(cells))


def _consent_row(consent: Consent) -> tuple[str, str, str]:
    state, at, through = consent
    return state.value, moment_text(at), through.value


def _consents_of(cells: Sequence[Any]) -> Subscriptions:
    found: dict[Subscription, Consent] = {}
    for place, each in enumerate(_SUBSCRIPTIONS):
        state, at, through = cells[3 * place : 3 * place + 3]
        if state is not None:
            found[each] = Consent(_STATES[state], moment_of(at), _THROUGHS[through])
    return FrozenDict(found)


def group_of(row: Row) -> Group:
    """Read a group."""
    return Group(id=row[0], name=row[1])


def field_row(field: ContactField) -> Row:
    """Write a field, behind its key."""
    return (
        field.type.value,
        field.name,
        documents.dumps_texts(field.labels),
        documents.dumps_texts(field.options),
        field.max_length,
        field.system,
        field.archived,
    )


@lru_cache(maxsize=4096)
def field_of(row: Row) -> ContactField:
    """Read a field; every story reads the organization's, and they hardly ever change."""
    key, type_, name, labels, options, max_length, system, archived = row
    return ContactField(
        key=key,
        type=FieldType(type_),
        name=name,
        labels=documents.loads_texts(labels),
        options=documents.loads_texts(options),
        max_length=max_length,
        system=bool(system),
        archived=bool(archived),
    )


def settings_row(settings: OrganizationSettings) -> Row:
    """Write the settings."""
    return (
        settings.sync.value,
        settings.ambiguity.value,
        settings.region,
        settings.locale,
        settings.time_zone,
        settings.retention_days,
        settings.plan.value,
    )


@lru_cache(maxsize=1024)
def settings_of(row: Row) -> OrganizationSettings:
    """Read the settings, as often as the fields."""
    sync, ambiguity, region, locale, time_zone, retention_days, plan = row
    return OrganizationSettings(
        sync=SyncMode(sync),
        ambiguity=AmbiguityPolicy(ambiguity),
        region=region,
        locale=locale,
        time_zone=time_zone,
        retention_days=retention_days,
        plan=ProductPlan(plan),
    )


def event_row(event: Event) -> Row:
    """Write an event, behind its ID."""
    return (
        event.name,
        event.status.value,
        None if event.starts_at is None else event.starts_at.isoformat(),
        None if event.ends_at is None else event.ends_at.isoformat(),
        event.time_zone,
        event.email_change.value,
        event.costs,
        event.portal,
        event.organizer_email,
        documents.dumps_questions(event.questions),
        documents.dumps_products(event.products),
        event.version,
    )


@lru_cache(maxsize=256)
def event_of(row: Row) -> Event:
    """Read an event; its bookings come one after the other."""
    event_id, name, status, starts_at, ends_at, time_zone, email_change, costs, portal, organizer, *rest = row
    questions, products, version = rest
    return Event(
        id=event_id,
        name=name,
        status=EventStatus(status),
        starts_at=None if starts_at is None else datetime.fromisoformat(starts_at),
        ends_at=None if ends_at is None else datetime.fromisoformat(ends_at),
        time_zone=time_zone,
        email_change=EmailChangePolicy(email_change),
        costs=bool(costs),
        portal=bool(portal),
        organizer_email=organizer,
        questions=documents.loads_questions(questions),
        products=documents.loads_products(products),
        version=version,
    )


def booking_row(booking: RecordedBooking) -> Row:
    """Write a booking, without its parties."""
    return (
        booking.number,
        booking.event_id,
        moment_text(booking.booked_at),
        booking.fingerprint,
        booking.payment.value,
        booking.status.value,
        documents.dumps_texts(booking.products),
        None if booking.invoice_sum is None else str(booking.invoice_sum),
        None if booking.last_changed is None else moment_text(booking.last_changed),
        booking.version,
    )


def booking_state_row(booking: RecordedBooking) -> Row:
    """Write what of a booking can change."""
    return booking_row(booking)[4:]


def party_row(party: RecordedParty) -> Row:
    """Write a party, behind its place in the booking."""
    entered, outcome = party.entered, party.outcome
    ticket = (entered.ticket, str(entered.price)) if isinstance(entered, Attendee) else (None, None)
    return (
        outcome.contact_id,
        outcome.assignment.contact_id,
        outcome.customer_id,
        entered.email,
        *ticket,
        party.status.value,
        documents.dumps_entered(entered),
        documents.dumps_decision(outcome),
        documents.dumps_reports(outcome.reports),
        party.through_contact_id,
    )


def party_state_row(party: RecordedParty) -> Row:
    """Write what of a party can change while it stays whose it is: the row without the contacts."""
    return party_row(party)[1:-1]


def party_of(row: Row) -> RecordedParty:
    """Read a party; who has a ticket is an attendee."""
    contact_id, decided, customer_id, email, ticket, price, status, entered, decision, reports, through = row
    given = documents.loads_entered(entered)
    return RecordedParty(
        entered=Party(email=email, **given)
        if ticket is None
        else Attendee(email=email, ticket=ticket, price=Decimal(price), **given),
        outcome=documents.loads_outcome(
            decision, reports, decided=decided, contact_id=contact_id, customer_id=customer_id
        ),
        status=AttendeeStatus(status),
        through_contact_id=through,
    )


def booking_of(row: Row, parties: list[RecordedParty]) -> RecordedBooking:
    """Read a booking; *parties* are its booker and its attendees."""
    number, event_id, booked_at, fingerprint, payment, status, products, invoice_sum, last_changed, version = row
    return RecordedBooking(
        number=BookingNumber(number),
        event_id=event_id,
        booker=parties[0],
        attendees=tuple(parties[1:]),
        booked_at=moment_of(booked_at),
        fingerprint=fingerprint or "",
        payment=PaymentStatus(payment),
        status=BookingStatus(status),
        products=documents.loads_texts(products),
        invoice_sum=None if invoice_sum is None else Decimal(invoice_sum),
        last_changed=None if last_changed is None else moment_of(last_changed),
        version=version,
    )


def message_event_row(event: MessageEvent) -> Row:
    """Write something that happened to a message."""
    return (
        event.event_id,
        event.contact_id,
        event.id,
        event.reaction.value,
        moment_text(event.at),
        event.message,
        event.by_machine,
    )


def message_event_of(row: Row) -> MessageEvent:
    """Read something that happened to a message."""
    event_id, contact_id, key, reaction, happened_at, message, by_machine = row
    return MessageEvent(
        id=key,
        event_id=event_id,
        contact_id=contact_id,
        reaction=_REACTIONS[reaction],
        at=moment_of(happened_at),
        message=message,
        by_machine=bool(by_machine),
    )


def mark_row(mark: ContactMark) -> Row:
    """Write a mark."""
    return (mark.event_id, mark.contact_id, mark.mark.value, moment_text(mark.at), mark.actor)


def mark_of(row: Row) -> ContactMark:
    """Read a mark."""
    event_id, contact_id, mark, marked_at, actor = row
    return ContactMark(event_id=event_id, contact_id=contact_id, mark=Mark(mark), at=moment_of(marked_at), actor=actor)


def concerns_of(rows: Iterable[Row], contact_ids: Collection[ContactId]) -> Mapping[ContactId, tuple[Concern, ...]]:
    """See bookings from each of these contacts that they concern; a row has the booking's cells, then those of a party."""
    concerns: dict[ContactId, list[Concern]] = {}
    for (number, status, payment), of_booking in groupby(rows, key=lambda row: row[:3]):
        booker, *attendees = (row[4:] for row in of_booking)
        parties = (booker, *attendees)
        concerned = {each for contact_id, through, _ in parties for each in (contact_id, through)}
        for contact_id in concerned.intersection(contact_ids):
            concern = Concern(
                number=number,
                status=_BOOKING_STATUSES[status],
                payment=_PAYMENTS[payment],
                booker=booker[0] == contact_id,
                through_invitation=any(through == contact_id for _, through, _ in parties),
                attendees=tuple(_TICKETS[owner == contact_id, own] for owner, _, own in attendees),
            )
            concerns.setdefault(contact_id, []).append(concern)
    return {contact_id: tuple(found) for contact_id, found in concerns.items()}


def facts_of(
    kept: Mapping[ContactId, Row], concerns: Mapping[ContactId, tuple[Concern, ...]]
) -> Mapping[ContactId, InvitationFacts]:
    """Put together what is known of contacts: evidence with its version, and the bookings that concern them."""
    return {
        each: InvitationFacts(evidence=Evidence(evidence), version=version, concerns=concerns.get(each, ()))
        for each in {*kept, *concerns}
        for evidence, version in [kept.get(each, (0, 0))]
    }


def invitation_list_of(rows: Sequence[Row]) -> InvitationList:
    """Read an invitation list; a row has the list's cells, then a group, if there is any."""
    event_id, created_at, version, _ = rows[0]
    groups = tuple(GroupId(group_id) for *_, group_id in rows if group_id is not None)
    return InvitationList(event_id=event_id, created_at=moment_of(created_at), groups=groups, version=version)


def code_row(code: Code) -> Row:
    """Write what of a code can change, behind its ID and its names."""
    return (
        code.type.value,
        code.use.value,
        code.limit,
        code.event_id,
        None if code.valid_from is None else moment_text(code.valid_from),
        None if code.valid_until is None else moment_text(code.valid_until),
        code.contact_id,
        code.withdrawn,
        code.origin.cause.value,
        code.origin.actor,
        code.origin.reference,
        code.origin.row,
        moment_text(code.created_at),
        code.version,
    )


def code_of(row: Row) -> Code:
    """Read a code; the row begins with its ID and name."""
    code_id, name, type_, use, limit, event_id, valid_from, valid_until, contact_id, withdrawn, *rest = row
    cause, actor, reference, origin_row, created_at, version = rest
    return Code(
        id=CodeId(code_id),
        name=name,
        type=CodeType(type_),
        use=CodeUse(use),
        limit=limit,
        event_id=event_id,
        valid_from=None if valid_from is None else moment_of(valid_from),
        valid_until=None if valid_until is None else moment_of(valid_until),
        contact_id=contact_id,
        withdrawn=bool(withdrawn),
        origin=Origin(_CAUSES[cause], actor, reference, origin_row),
        created_at=moment_of(created_at),
        version=version,
    )


def redemption_of(row: Row) -> Redemption:
    """Read a booking that has redeemed a code."""
    number, event_id, redeemed_at, status = row
    return Redemption(
        BookingNumber(number), event_id, moment_of(redeemed_at), BookingStatus(status) is BookingStatus.CANCELLED
    )


def import_row(record: ImportRecord) -> Row:
    """Write an import, behind its ID."""
    return (
        record.fingerprint,
        record.file_name,
        documents.dumps_texts(record.columns),
        documents.dumps_texts(record.ignored_columns),
        documents.dumps_options(record.options),
        record.total_rows,
        record.actor,
        record.status.value,
        moment_text(record.started_at),
        None if record.finished_at is None else moment_text(record.finished_at),
        record.version,
    )


def import_of(row: Row) -> ImportRecord:
    """Read an import."""
    import_id, fingerprint, file_name, columns, ignored, options, total, actor, status, started_at, *ended = row
    finished_at, version = ended
    return ImportRecord(
        id=import_id,
        fingerprint=fingerprint,
        columns=documents.loads_texts(columns),
        ignored_columns=documents.loads_texts(ignored),
        options=documents.loads_options(options),
        started_at=moment_of(started_at),
        actor=actor,
        total_rows=total,
        file_name=file_name,
        status=ImportStatus(status),
        finished_at=None if finished_at is None else moment_of(finished_at),
        version=version,
    )


def remarks_row(report: RowReport) -> Row:
    """Write what was said about an import's row, and its cells."""
    return report_row(report)[-3:]


def report_row(report: RowReport) -> Row:
    """Write what became of an import's row."""
    return (
        report.line,
        LETTERS[report.outcome],
        report.contact_id,
        documents.dumps_remarks(report.reasons),
        documents.dumps_remarks(report.warnings),
        documents.dumps(report.cells),
    )


_OUTCOMES = {letter: outcome for outcome, letter in LETTERS.items()}


def report_of(row: Row) -> RowReport:
    """Read what became of an import's row."""
    line, letter, contact_id, reasons, warnings, cells = row
    return RowReport(
        line=line,
        outcome=_OUTCOMES[letter],
        contact_id=contact_id,
        reasons=documents.loads_remarks(reasons, RowReason),
        warnings=documents.loads_remarks(warnings, RowWarning),
        cells=tuple(documents.loads(cells)),
    )


def history_row(entry: HistoryEntry) -> Row:
    """Write a change of a contact."""
    return (
        entry.contact_id,
        entry.version,
        moment_text(entry.at),
        entry.actor,
        entry.cause.value,
        entry.reference,
        entry.row,
        documents.dumps_texts(entry.rules),
        documents.dumps(entry.before),
        documents.dumps(entry.after),
    )


def history_of(row: Row) -> HistoryEntry:
    """Read a change of a contact."""
    contact_id, version, at, actor, cause, reference, source_row, rules, before, after = row
    return HistoryEntry(
        contact_id=ContactId(contact_id),
        version=version,
        at=moment_of(at),
        actor=actor,
        cause=Cause(cause),
        reference=reference,
        row=source_row,
        rules=documents.loads_texts(rules),
        before=FrozenDict(documents.loads(before)),
        after=FrozenDict(documents.loads(after)),
    )


def booking_history_row(entry: BookingHistoryEntry) -> Row:
    """Write a change of a booking."""
    return (
        entry.number,
        entry.version,
        moment_text(entry.at),
        entry.actor,
        entry.cause.value,
        entry.reference,
        documents.dumps_texts(entry.rules),
        documents.dumps(entry.before),
        documents.dumps(entry.after),
    )


def booking_history_of(row: Row) -> BookingHistoryEntry:
    """Read a change of a booking."""
    number, version, at, actor, cause, reference, rules, before, after = row
    return BookingHistoryEntry(
        number=BookingNumber(number),
        version=version,
        at=moment_of(at),
        actor=actor,
        cause=Cause(cause),
        reference=reference,
        rules=documents.loads_texts(rules),
        before=FrozenDict(documents.loads(before)),
        after=FrozenDict(documents.loads(after)),
    )
