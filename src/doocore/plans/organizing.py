"""What an organization sets up: its settings, contact fields and events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from doocore.changes import ChangeEvent, ChangeSettings, CreateEvent, PutField
from doocore.errors import (
    DuplicateNameError,
    EventNotLiveError,
    InvalidFieldError,
    InvalidNameError,
    NotFoundError,
)
from doocore.model.contact_import import CreateFieldFromColumn
from doocore.model.event import Event, EventStatus
from doocore.model.fields import (
    CUSTOM_FIELD_TYPES,
    SYSTEM_FIELDS,
    ContactField,
    FieldCatalog,
    FieldKey,
    FieldType,
    folded,
    storable,
    trimmed,
)
from doocore.model.history import Cause
from doocore.model.organization import OrganizationSettings
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.columns import reserved_names
from doocore.rules.permissions import Action, permit

LONGEST_FIELD_NAME = 255

_LASTING_LABELS: Mapping[FieldKey, tuple[str, ...]] = {each.key: each.labels for each in SYSTEM_FIELDS}

BECOMES: Mapping[tuple[EventStatus, EventStatus], bool] = {
    (EventStatus.DRAFT, EventStatus.DRAFT): True,
    (EventStatus.DRAFT, EventStatus.LIVE): True,
    (EventStatus.DRAFT, EventStatus.CANCELLED): True,
    (EventStatus.DRAFT, EventStatus.OVER): False,
    (EventStatus.LIVE, EventStatus.DRAFT): False,
    (EventStatus.LIVE, EventStatus.LIVE): True,
    (EventStatus.LIVE, EventStatus.CANCELLED): True,
    (EventStatus.LIVE, EventStatus.OVER): False,
    (EventStatus.CANCELLED, EventStatus.DRAFT): False,
    (EventStatus.CANCELLED, EventStatus.LIVE): False,
    (EventStatus.CANCELLED, EventStatus.CANCELLED): True,
    (EventStatus.CANCELLED, EventStatus.OVER): False,
}
"""Whether an event of one stored status may take another (BO-3), a new one as if it had been a draft; `over` is never stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRequest:
    """A custom field to create (`key` None), or a field that changes; what is None stays (FI-4).

    `labels` are the further names under which it is found; a system field keeps those it has from the beginning.
    """

    key: FieldKey | None = None
    name: str | None = None
    type: FieldType = FieldType.SHORT_TEXT
    options: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    archived: bool | None = None


def needs_of_field(*names: str) -> Needs:
    """Say which field is meant by its key and names, and which names it may get, and lock them meanwhile."""
    return Needs(fields=frozenset(map(folded, names)))


def plan_settings(
    settings: OrganizationSettings, facts: Facts, circumstances: Circumstances
) -> Plan[OrganizationSettings]:
    """Change the settings (SY-6, PR-2: team admin)."""
    permit(Action.CHANGE_SETTINGS, circumstances.actor, facts.settings.plan)
    return Plan(outcome=settings, envelope=circumstances.envelope(Cause.BY_HAND), changes=(ChangeSettings(settings),))


def plan_field(request: FieldRequest, facts: Facts, circumstances: Circumstances) -> Plan[ContactField]:
    """Create a custom field or change a field (FI-1 to FI-4: team admin).

    Raises `DuplicateNameError` (FI-3), `InvalidNameError`, `InvalidFieldError`, `NotFoundError`,
    `PermissionDeniedError`.
    """
    permit(Action.MANAGE_FIELDS, circumstances.actor, facts.settings.plan)
    if request.key is not None:
        field = _changed_field(request.key, request, facts.catalog)
    else:
        name = request.name or ""
        field = new_field(name, request.type, request.options or (), facts.catalog, circumstances.new_record_ids)
        field = _with_labels(field, request.labels or (), facts.catalog)
    return Plan(outcome=field, envelope=circumstances.envelope(Cause.BY_HAND), changes=(PutField(field),))


def new_field(
    name: str, type_: FieldType, options: tuple[str, ...], catalog: FieldCatalog, new_ids: Iterator[str]
) -> ContactField:
    """Make a custom field with a name that no field, label or known column has (FI-3)."""
    text = free_name(name, catalog)
    if type_ not in CUSTOM_FIELD_TYPES:
        raise InvalidNameError("field", name, f"a custom field is not of the type {type_.value}")
    field = ContactField(key=next(new_ids), type=type_, name=text)
    return _with_options(field, options)


def fields_from_columns(
    wanted: Mapping[str, CreateFieldFromColumn], facts: Facts, circumstances: Circumstances
) -> Mapping[str, ContactField]:
    """Make the fields that an import's columns ask for (IM-3, FI-4: team admin), by compared column name.

    A custom field of the same name and type that exists already is the one that is meant, so that the same list can be
    imported again (IM-11), unless it is archived: then it is offered no more, and its name is taken.
    """
    if wanted:
        permit(Action.MANAGE_FIELDS, circumstances.actor, facts.settings.plan)
    made: dict[str, ContactField] = {}
    catalog = facts.catalog
    for column, target in wanted.items():
        existing = catalog.named(target.name)
        if existing is not None and existing.type is target.type and not (existing.system or existing.archived):
            made[column] = existing
        else:
            made[column] = new_field(target.name, target.type, (), catalog, circumstances.new_record_ids)
            catalog = FieldCatalog((*catalog.fields, made[column]))
    return made


def plan_event(event: Event, facts: Facts, circumstances: Circumstances) -> Plan[Event] | Needs:
    """Create an event, or change the one of its ID (BO-3); questions are linked by the names of fields.

    The fields are locked, so that none of them is deleted meanwhile. Raises `NotFoundError` for a field that a question
    is linked to, `EventNotLiveError` where the status cannot become that one, `PermissionDeniedError`.
    """
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    linked = tuple(
        replace(question, field=_linked(question.field, facts.catalog)) if question.field else question
        for question in event.questions
    )
    fields = needs_of_field(*(each.field for each in linked if each.field is not None))
    if not fields.fields <= facts.asked.fields:
        return fields
    event = replace(event, questions=linked)
    before = facts.events.get(event.id)
    envelope = circumstances.envelope(Cause.BY_HAND, event.id)
    if not BECOMES[EventStatus.DRAFT if before is None else before.status, event.status]:
        raise EventNotLiveError(event.id, (before or event).status.value)
    if before is None:
        return Plan(outcome=event, envelope=envelope, changes=(CreateEvent(event),))
    event = replace(event, version=before.version + 1)
    return Plan(outcome=event, envelope=envelope, changes=(ChangeEvent(event),))


def _linked(name: str, catalog: FieldCatalog) -> FieldKey:
    found = catalog.named(name)
    if found is None:
        raise NotFoundError("field", name)
    return found.key


def _changed_field(key: FieldKey, request: FieldRequest, catalog: FieldCatalog) -> ContactField:
    if key not in catalog:
        raise NotFoundError("field", key)
    field = catalog[key]
    if request.name is not None and request.name != field.name:
        if field.system:
            raise InvalidNameError("field", request.name, "a system field keeps its name")
        field = replace(field, name=free_name(request.name, _without(field, catalog)))
        field = _with_labels(field, field.labels, catalog)
    if request.options is not None:
        field = _with_options(field, request.options)
    if request.labels is not None:
        field = _with_labels(field, request.labels, catalog)
    if request.archived and field.system:
        raise InvalidFieldError(field.name, "a system field cannot be archived")
    return field if request.archived is None else replace(field, archived=request.archived)


def free_name(name: str, catalog: FieldCatalog) -> str:
    """Give the trimmed name of a field, if no field, label or known column has it (FI-3); else `DuplicateNameError`."""
    text = trimmed(name)
    if not text or len(text) > LONGEST_FIELD_NAME or text != storable(text):
        expected = f"1 to {LONGEST_FIELD_NAME} characters, none of them a control character"
        raise InvalidNameError("field", name, expected)
    if catalog.named(text) is not None or folded(text) in reserved_names():
        raise DuplicateNameError("field", text)
    return text


def _with_options(field: ContactField, options: tuple[str, ...]) -> ContactField:
    texts = (trimmed(storable(each)) for each in options)
    distinct = tuple(dict.fromkeys(filter(None, texts)))
    if distinct and field.type is not FieldType.SELECT:
        raise InvalidFieldError(field.name, f"only a select field has options, and this one is {field.type.value}")
    return replace(field, options=distinct)


def _with_labels(field: ContactField, labels: tuple[str, ...], catalog: FieldCatalog) -> ContactField:
    """Give the field these labels, each once and none that is its name anyway, behind those that it cannot lose (IM-3)."""
    others = _without(field, catalog)
    kept = _LASTING_LABELS.get(field.key, ())
    known = {folded(each): each for each in (field.name, *kept)}
    added = {folded(each): each for each in reversed(labels) if folded(each) not in known}
    return replace(field, labels=(*kept, *(free_name(each, others) for each in reversed(added.values()))))


def _without(field: ContactField, catalog: FieldCatalog) -> FieldCatalog:
    return FieldCatalog(tuple(each for each in catalog.fields if each.key != field.key))
