"""The stage: a fresh contact center as a case wants it, driven through the same functions that a user calls.

Contact IDs are the case's labels: those of the contacts given, in their order, then `new1`, `new2`, …
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from doocore import (
    Contact,
    ContactCenter,
    ContactField,
    ContactId,
    FieldCatalog,
    FieldType,
    FrozenDict,
    ImportOptions,
    ImportProgress,
    NotFoundError,
    Role,
    RowReport,
    SubscriptionState,
    User,
)
from doocore.model.identifiers import BookingNumber, IdentifierKind
from doocore.ports import OrganizationStore
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.validation import LibraryParsers
from doocore_adapters.vectors.givens import ContactGiven, FieldGiven, ListOptions, non_blank

BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
"""When the first given contact is created; the others follow, a second apart."""

_A_SECOND = timedelta(seconds=1)


class CaseClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.moment = BEFORE_ALL

    def now(self) -> datetime:
        """Give the moment that was set."""
        return self.moment


class CaseIds:
    """Hands out labels as contact IDs; what was handed out for a step that failed is handed out again."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.handed_out = 0
        self._labels = tuple(labels)
        self._records = count(1)
        self._numbers = count(1)

    def contact_id(self) -> ContactId:
        """Give the next label."""
        number = self.handed_out = self.handed_out + 1
        given = len(self._labels)
        return ContactId(self._labels[number - 1] if number <= given else f"new{number - given}")

    def booking_number(self) -> BookingNumber:
        """Count bookings."""
        return BookingNumber(f"TX-0000-{next(self._numbers):04}")

    def record_id(self) -> str:
        """Count records."""
        return f"r{next(self._records):06}"


class Stage:
    """A contact center with a clock that a case sets; `team` acts as a team admin."""

    def __init__(self, organization: OrganizationStore, labels: Iterable[str] = ()) -> None:
        self.organization = organization
        self.clock = CaseClock()
        self.ids = CaseIds(labels)
        center = ContactCenter(organization, parsers=LibraryParsers(), clock=self.clock, ids=self.ids)
        self.team = center.acting_as(User("team", Role.TEAM_ADMIN))

    # What is there at the beginning

    def furnish(
        self,
        fields: Iterable[FieldGiven],
        contacts: Collection[ContactGiven],
        groups: Mapping[str, Iterable[str]],
    ) -> None:
        """Create the fields, then the contacts, then the groups, each with its members in the order given."""
        for field in fields:
            self._put_field(field)
        removed = self._options_only_on(contacts)
        for each, options in removed.items():
            self.team.fields.change(each.key, options=(*each.options, *options))
        for contact in contacts:
            self._create(contact)
        for each in removed:
            self.team.fields.change(each.key, options=each.options)  # FI-5: what a contact has stays
        for name, members in groups.items():
            self.team.groups.create(name)
            for member in members:
                self.team.change_contact(member, groups=[name])

    def _put_field(self, field: FieldGiven) -> None:
        if self.catalog.named(field.name) is None:
            self.team.fields.create(field.name, FieldType(field.type), options=field.options)
        else:
            self.team.fields.change(field.name, options=field.options)

    def _options_only_on(self, contacts: Iterable[ContactGiven]) -> dict[ContactField, list[str]]:
        """Find the values of select fields that are no options (any more)."""
        catalog = self.catalog
        found: dict[ContactField, list[str]] = {}
        for name, value in (item for contact in contacts for item in non_blank(contact.values).items()):
            field = catalog.named(name)
            if field is not None and field.type is FieldType.SELECT and str(value) not in field.options:
                found.setdefault(field, []).append(str(value))
        return found

    def _create(self, contact: ContactGiven) -> None:
        self.team.create_contact(
            contact.values,
            subscriptions={
                subscription: state is SubscriptionState.SUBSCRIBED
                for subscription, state in contact.subscriptions.items()
                if state is not SubscriptionState.UNKNOWN
            },
            confirm_duplicate=True,
        )
        self.clock.moment += _A_SECOND

    # What happens

    def import_list(self, content: bytes, options: ListOptions) -> tuple[RowReport, ...]:
        """Import a list; give what became of its rows."""
        rows: list[RowReport] = []

        def keep(progress: ImportProgress) -> None:
            rows.extend(progress.rows)

        self.team.import_contacts(
            CsvFile(content, encoding=options.encoding, delimiter=options.delimiter),
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

    # What there is afterwards

    @property
    def catalog(self) -> FieldCatalog:
        """All fields."""
        return self.team.fields.catalog()

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Give every contact by its label, with its values by field name and its subscriptions."""
        catalog = self.catalog
        return {each.id: shown_contact(each, catalog) for each in self._all_contacts()}

    def members(self, group: str) -> frozenset[str]:
        """Give the members of a group; one that does not exist has none."""
        try:
            return frozenset(self.team.groups.members(group))
        except NotFoundError:
            return frozenset()

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
    fields = {name: catalog.named(name) for name in values}
    return {field.name if (field := fields[name]) else name: value for name, value in values.items()}
