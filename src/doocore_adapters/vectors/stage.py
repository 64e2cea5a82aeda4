"""The stage: a fresh contact center as a case wants it, driven through the same functions that a user calls.

Contacts have the case's labels: those of the contacts given, in their order, then `new1`, `new2`, …
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from doocore import (
    Cause,
    Code,
    Contact,
    ContactCenter,
    ContactId,
    Envelope,
    Event,
    EventStatus,
    FieldCatalog,
    FieldType,
    FrozenDict,
    ImportOptions,
    ImportProgress,
    InvalidFieldValueError,
    NotFoundError,
    Role,
    RowReport,
    SubscriptionState,
    System,
    User,
    match_key,
)
from doocore.changes import RedeemCode, UpdateContact
from doocore.model.fields import FieldValue, trimmed
from doocore.model.identifiers import BookingNumber, IdentifierKind
from doocore.ports import OrganizationStore
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.validation import LibraryParsers
from doocore_adapters.vectors.givens import ContactGiven, FieldGiven, ListOptions, non_blank
from doocore_adapters.vectors.labels import LabelledRows, id_of, label_of
from doocore_adapters.vectors.post import Post

BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
"""When the first given contact is created; the others follow, a second apart."""

_A_SECOND = timedelta(seconds=1)
_LONG_AGO = datetime(1999, 12, 30)  # noqa: DTZ001, an event's times are local; this is before all in every time zone


class CaseClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.moment = BEFORE_ALL

    def now(self) -> datetime:
        """Give the moment that was set."""
        return self.moment


class CaseIds:
    """Hands out contact IDs for labels; what was handed out for a step that failed is handed out again."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.handed_out = 0
        self._labels = tuple(labels)
        self._records = count(1)
        self._numbers = count(1)
        self._codes = count(1)
        self._tokens = count(1)

    def contact_id(self) -> ContactId:
        """Give the ID for the next label."""
        number = self.handed_out = self.handed_out + 1
        given = len(self._labels)
        return id_of(self._labels[number - 1] if number <= given else f"new{number - given}")

    def booking_number(self) -> BookingNumber:
        """Count bookings."""
        return BookingNumber(f"TX-0000-{next(self._numbers):04}")

    def code_name(self) -> str:
        """Count codes."""
        return f"CODE-{next(self._codes):04}"

    def token(self) -> str:
        """Count what links hold."""
        return f"t{next(self._tokens):06}"

    def record_id(self) -> str:
        """Count records."""
        return f"r{next(self._records):06}"


class Stage:
    """A contact center with a clock that a case sets; `team` acts as a team admin."""

    def __init__(self, organization: OrganizationStore, labels: Iterable[str] = ()) -> None:
        self.organization = organization
        self.clock = CaseClock()
        self.ids = CaseIds(labels)
        self.post = Post()
        center = ContactCenter(
            organization,
            parsers=LibraryParsers(),
            clock=self.clock,
            ids=self.ids,
            mailer=self.post.mailer,
            mailing=self.post.mailing,
        )
        self.team = center.acting_as(User("team", Role.TEAM_ADMIN))

    # What is there at the beginning

    def furnish(
        self,
        fields: Iterable[FieldGiven],
        contacts: Iterable[ContactGiven],
        groups: Mapping[str, Iterable[str]],
    ) -> None:
        """Create the fields, then the contacts, then the groups, each with its members in the order given."""
        for field in fields:
            self._put_field(field)
        for contact in contacts:
            self._create(contact)
        for name, members in groups.items():
            self.team.groups.create(name)
            for member in members:
                self.team.change_contact(id_of(member), groups=[name])

    def hold(self, event: Event, first: datetime | None) -> None:
        """Put an event; one that is given as over went live, and ended before what happens *first* (BO-3)."""
        if event.status is EventStatus.OVER:
            event = replace(event, status=EventStatus.LIVE)
            if event.status_at(first or self.clock.moment) is EventStatus.LIVE:
                event = replace(event, starts_at=None, ends_at=_LONG_AGO)
        self.team.events.put(event)

    def _put_field(self, field: FieldGiven) -> None:
        if self.catalog.named(field.name) is None:
            self.team.fields.create(field.name, FieldType(field.type), options=field.options)
        elif field.options:
            self.team.fields.change(field.name, options=field.options)

    def _create(self, contact: ContactGiven) -> None:
        """Create a contact by hand; what its fields take no more, such as a removed option, it has all the same (FI-5)."""
        values, legacy = dict(contact.values), dict[str, FieldValue]()
        while True:
            try:
                created = self._created(contact, values)
            except InvalidFieldValueError as refusal:
                value = values.pop(refusal.field)
                legacy[refusal.field] = trimmed(value) if isinstance(value, str) else bool(value)
            else:
                break
        if legacy:
            self._plant(created, legacy)
        self.clock.moment += _A_SECOND

    def _created(self, contact: ContactGiven, values: Mapping[str, object]) -> Contact:
        return self.team.create_contact(
            values,
            subscriptions={
                subscription: state is SubscriptionState.SUBSCRIBED
                for subscription, state in contact.subscriptions.items()
                if state is not SubscriptionState.UNKNOWN
            },
            confirm_duplicate=True,
        )

    def _plant(self, contact: Contact, legacy: Mapping[str, FieldValue]) -> None:
        """Write values into a contact as they are."""
        catalog = self.catalog
        keyed = {field.key: value for name, value in legacy.items() if (field := catalog.named(name)) is not None}
        values = FrozenDict({**contact.values, **keyed})
        email = values.get("email")
        key = match_key(email) if isinstance(email, str) else None
        after = replace(contact, values=values, email_key=key, version=contact.version + 1)
        envelope = Envelope(cause=Cause.SYSTEM, actor=System(), at=self.clock.moment)
        with self.organization.transaction() as transaction:
            transaction.apply([UpdateContact(contact, after)], envelope)

    # What happens

    def import_list(self, content: bytes, options: ListOptions) -> tuple[RowReport, ...]:
        """Import a list; give what became of its rows."""
        rows: list[RowReport] = []

        def keep(progress: ImportProgress) -> None:
            rows.extend(progress.rows)

        file = CsvFile(content, encoding=options.encoding, delimiter=options.delimiter)
        self.team.import_contacts(
            LabelledRows(file) if options.identify_by == "contact_id" else file,
            ImportOptions(
                identify_by=IdentifierKind(options.identify_by),
                duplicates=options.duplicates,
                groups=options.groups,
                existing_to_group=options.existing_to_group,
                invalid_values=options.invalid_values,
                mapping=FrozenDict(options.mapping),
                add_system_options=options.add_options.system,
                add_custom_options=options.add_options.custom,
            ),
            progress=keep,
        )
        return tuple(rows)

    def redeem(self, code: Code, numbers: Iterable[str]) -> None:
        """Let bookings have redeemed a code, whether or not it could be redeemed now."""
        redemptions = [RedeemCode(code.id, BookingNumber(each)) for each in numbers]
        envelope = Envelope(cause=Cause.SYSTEM, actor=System(), at=self.clock.moment)
        with self.organization.transaction() as transaction:
            transaction.apply(redemptions, envelope)

    # What there is afterwards

    @property
    def catalog(self) -> FieldCatalog:
        """All fields."""
        return self.team.fields.catalog()

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Give every contact by its label, with its values by field name and its subscriptions."""
        catalog = self.catalog
        return {label_of(each.id): shown_contact(each, catalog) for each in self._all_contacts()}

    def members(self, group: str) -> frozenset[str]:
        """Give the members of a group; one that does not exist has none."""
        try:
            return frozenset(map(label_of, self.team.groups.members(group)))
        except NotFoundError:
            return frozenset()

    def listed(self, event: str) -> dict[str, str]:
        """Give where everybody on the invitation list of an event stands, by label."""
        lines = self.team.invitations.lines(event)
        return {label_of(each.contact.id): each.status.value for each in lines}

    def status(self, event: str, contact: str) -> str | None:
        """Tell where a contact stands with an event, be it on the list or not; nowhere, where there is no such contact."""
        try:
            return self.team.invitations.explain(event, id_of(contact)).status.value
        except NotFoundError:
            return None

    def everything(self) -> tuple[Any, ...]:
        """Give all that an import could have written, to be compared with what there is later."""
        groups = [each.name for each in self.team.groups.all()]
        return self.contacts(), {each: self.members(each) for each in groups}, self.catalog.fields

    def _all_contacts(self) -> Iterator[Contact]:
        last = None
        while page := self.team.list_contacts(after=last):
            yield from page
            last = page[-1].id


def shown_contact(contact: Contact, catalog: FieldCatalog) -> dict[str, Any]:
    """Give a contact in the terms of a case."""
    subscriptions = {
        subscription.value: consent.state.value
        for subscription, consent in contact.subscriptions.items()
        if consent.state is not SubscriptionState.UNKNOWN
    }
    return {catalog[key].name: value for key, value in contact.values.items()} | {"subscriptions": subscriptions}


def expected_contact(contact: ContactGiven, catalog: FieldCatalog) -> dict[str, Any]:
    """Give an expected contact in the same terms; a field may be called by any of its names."""
    subscriptions = {
        subscription.value: state.value
        for subscription, state in contact.subscriptions.items()
        if state is not SubscriptionState.UNKNOWN
    }
    return named_fields(non_blank(contact.values), catalog) | {"subscriptions": subscriptions}


def named_fields(values: Mapping[str, Any], catalog: FieldCatalog) -> dict[str, Any]:
    """Call every field by its first name."""
    return {first_name(catalog, name): value for name, value in values.items()}


def first_name(catalog: FieldCatalog, name: str) -> str:
    """Give a field's first name, called by any of its names; a name that no field has stays."""
    field = catalog.named(name)
    return name if field is None else field.name
