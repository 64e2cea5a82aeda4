"""Givens: what more than one kind of case starts from, as the file gives it.

What is given is interpreted, so a word that nobody knows is a mistake of the file. What is expected is compared: a
word that nobody answers with makes the case fail. Keys left out mean absent, blank or the default.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, NewType, TypeAlias

from attrs import Factory, frozen

from doocore import (
    AmbiguityPolicy,
    ContactField,
    CreateFieldFromColumn,
    DuplicateMode,
    FieldCatalog,
    FieldType,
    InvalidValues,
    ProductPlan,
    Subscription,
    SubscriptionState,
    SyncMode,
    is_blank,
)
from doocore.model.fields import Entered
from doocore_adapters.vectors.expecting import UNNAMED, Named
from doocore_adapters.vectors.places import MistakeError, step_to, unknown_key

Moment = NewType("Moment", datetime)
"""A point in time, with its offset."""

RuleId = NewType("RuleId", str)
"""The ID of a rule, such as AS-1b."""

Values: TypeAlias = Mapping[str, Entered]
"""What fields hold, by their names."""

CustomType: TypeAlias = Literal["short_text", "long_text", "select", "checkbox", "file", "phone", "date"]
"""The types that a custom field may have (FI-2)."""

BookingStatusWord: TypeAlias = Literal["active", "cancelled"]
AttendeeStatusWord: TypeAlias = Literal["active", "cancelled", "checked_in"]
PaymentWord: TypeAlias = Literal["not_required", "pending", "paid", "refunded"]
EventStatusWord: TypeAlias = Literal["draft", "live", "cancelled", "over"]
MarkWord: TypeAlias = Literal["invited", "undecided", "declined"]


@frozen(kw_only=True)
class FieldGiven:
    """A custom field of the organization, or a system field with other options."""

    name: str
    type: CustomType = "short_text"
    options: tuple[str, ...] = ()


@frozen(kw_only=True)
class ContactGiven:
    """A contact that exists: its label, its values by field name, and its subscriptions.

    In the file all of this stands side by side.
    """

    id: str
    values: Values = Factory(dict)
    subscriptions: Mapping[Subscription, SubscriptionState] = Factory(dict)


@frozen(kw_only=True)
class SettingsGiven:
    """The settings that a case names."""

    sync: Named[SyncMode] = UNNAMED
    ambiguity: Named[AmbiguityPolicy] = UNNAMED
    region: Named[str] = UNNAMED
    locale: Named[str] = UNNAMED
    time_zone: Named[str] = UNNAMED
    retention_days: Named[int | None] = UNNAMED
    plan: Named[ProductPlan] = UNNAMED


@frozen(kw_only=True)
class PrefillGiven:
    """What was put into the form beforehand: a contact, and its address if it had one."""

    contact: str
    email: str | None = None


@frozen(kw_only=True)
class OptionsToAdd:
    """The switches of IM-4."""

    system: bool = False
    custom: bool = False


Target: TypeAlias = str | CreateFieldFromColumn | None
"""Where a column goes: a field, a field to be made (`{"create": {"name": …, "type": …}}`), or nowhere."""


@frozen(kw_only=True)
class FieldToCreate:
    """What stands under `create`."""

    name: str
    type: CustomType = "short_text"

    def target(self) -> CreateFieldFromColumn:
        """Say it in the library's terms."""
        return CreateFieldFromColumn(self.name, FieldType(self.type))


@frozen(kw_only=True)
class ColumnToCreate:
    """What a mapping says of a column that becomes a field."""

    create: FieldToCreate


@frozen(kw_only=True)
class ListOptions:
    """How a list is to be imported.

    Encoding and delimiter may be wrong: the importer has errors for that. Without a delimiter the header decides, as
    the importer has it (IM-1).
    """

    encoding: str = "utf-8"
    delimiter: str | None = None
    identify_by: Literal["email", "customer_id", "contact_id"] = "email"
    duplicates: DuplicateMode = DuplicateMode.FILL_EMPTY
    groups: tuple[str, ...] = ()
    existing_to_group: str | None = None
    invalid_values: InvalidValues = InvalidValues.REFUSE_ROW
    mapping: Mapping[str, Target] = Factory(dict)
    add_options: OptionsToAdd = OptionsToAdd()

    @property
    def created_names(self) -> Iterator[str]:
        """Name the fields that come into being."""
        return (each.name for each in self.mapping.values() if isinstance(each, CreateFieldFromColumn))


@frozen(kw_only=True)
class RowExpected:
    """What became of a row; its reasons are compared even if left out, since then there are none."""

    line: Named[int] = UNNAMED
    outcome: Named[str] = UNNAMED
    reasons: frozenset[str] = frozenset()
    warnings: Named[frozenset[str]] = UNNAMED


@frozen(kw_only=True)
class RedemptionGiven:
    """A use of a code."""

    booking: str
    cancelled: bool = False


@frozen(kw_only=True)
class CodeGiven:
    """A promotion or access code (CO-1)."""

    type: str = "access"
    use: Literal["single", "multi", "multi_event"] = "single"
    limit: int | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    withdrawn: bool = False
    redemptions: tuple[RedemptionGiven, ...] = ()


@frozen(kw_only=True)
class EditGiven:
    """One edit of a booking. Which keys it may have is the library's to judge (BP-9)."""

    do: str
    keys: Mapping[str, Any] = Factory(dict)


EDITS = (
    *("change_value", "change_answer", "add_product", "remove_product", "cancel_attendee"),
    *("cancel_booking", "change_ticket_category", "add_attendee"),
)
"""The words for edits."""


def list_content(csv: str | None, raw: bytes | None, options: ListOptions) -> bytes:
    """Give the bytes of a list; a text in the encoding that it is said to have, or in UTF-8 where that is none."""
    if raw is not None:
        return raw
    return (csv or "").encode(options.encoding if options.encoding in {"utf-8", "iso-8859-1"} else "utf-8")


def check_content(csv: str | None, raw: bytes | None, options: ListOptions) -> None:
    """Refuse a list that is given twice, or in characters that its encoding does not have."""
    if csv and raw is not None:
        raise MistakeError("csv is given as well", ".bytes_base64")
    try:
        list_content(csv, raw, options)
    except UnicodeEncodeError as error:
        raise MistakeError(f"{options.encoding} cannot hold this text; give bytes_base64", ".csv") from error


def catalog_of(fields: Iterable[FieldGiven], locale: str) -> FieldCatalog:
    """Give the fields of an organization that has *fields* beside, or instead of, the system's."""
    system = FieldCatalog.of(locale, ())
    stored = []
    for number, each in enumerate(fields, start=1):
        known = system.named(each.name)
        custom = ContactField(key=f"custom{number}", type=FieldType(each.type), name=each.name, options=each.options)
        stored.append(custom if known is None else replace(known, options=each.options))
    return FieldCatalog.of(locale, stored)


def check_contacts(path: str, contacts: Iterable[ContactGiven], fields: Collection[str]) -> None:
    """Refuse a label that stands twice, and a value for a field that is neither the system's nor one of *fields*."""
    labels: set[str] = set()
    for index, contact in enumerate(contacts):
        if contact.id in labels:
            raise MistakeError(f'"{contact.id}" stands twice', f"{path}[{index}].id")
        labels.add(contact.id)
        check_values(f"{path}[{index}]", contact.values, fields)


def check_values(path: str, values: Iterable[str], fields: Collection[str]) -> None:
    """Refuse a value for a field that is neither the system's nor one of *fields*."""
    catalog = catalog_of([FieldGiven(name=each) for each in fields], "de")
    for name in values:
        if catalog.named(name) is None:
            raise unknown_key(path, name, ["id", "subscriptions", *(each.name for each in catalog.fields)])


def check_groups(groups: Mapping[str, Iterable[str]], contacts: Iterable[ContactGiven]) -> None:
    """Refuse a member that is no contact of the case."""
    labels = {each.id for each in contacts}
    for name, members in groups.items():
        for index, member in enumerate(members):
            if member not in labels:
                raise MistakeError(f'no contact has the label "{member}"', f".groups{step_to(name)}[{index}]")


def non_blank(values: Values) -> dict[str, str | bool]:
    """Leave out what is blank."""
    return {name: value for name, value in values.items() if value is not None and not is_blank(value)}
