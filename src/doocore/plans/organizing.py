"""What an organization sets up: its settings, contact fields, groups and events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from doocore.changes import ChangeEvent, ChangeSettings, CreateEvent, CreateGroup, PutField
from doocore.errors import DuplicateNameError, EventNotLiveError, InvalidNameError, NotFoundError
from doocore.model.contact import Group
from doocore.model.contact_import import CreateFieldFromColumn
from doocore.model.event import Event, EventStatus
from doocore.model.fields import CUSTOM_FIELD_TYPES, ContactField, FieldCatalog, FieldKey, FieldType, folded, trimmed
from doocore.model.history import Cause
from doocore.model.organization import OrganizationSettings
from doocore.plans.by_hand import new_group
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.columns import reserved_names
from doocore.rules.permissions import Action, permit

LONGEST_FIELD_NAME = 255

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
    """A custom field to create (`key` None), or a field whose name or options change; None leaves them (FI-4)."""

    key: FieldKey | None = None
    name: str | None = None
    type: FieldType = FieldType.SHORT_TEXT
    options: tuple[str, ...] | None = None
    archived: bool | None = None


def needs_of_names(*names: str) -> Needs:
    """Say that groups or fields of these names may come into being, and lock them meanwhile."""
    return Needs(groups=frozenset(map(folded, names)), fields=frozenset(map(folded, names)))


def plan_settings(
    settings: OrganizationSettings, facts: Facts, circumstances: Circumstances
) -> Plan[OrganizationSettings]:
    """Change the settings (SY-6, PR-2: team admin)."""
    permit(Action.CHANGE_SETTINGS, circumstances.actor, facts.settings.plan)
    return Plan(outcome=settings, envelope=circumstances.envelope(Cause.BY_HAND), changes=(ChangeSettings(settings),))


def plan_group(name: str, facts: Facts, circumstances: Circumstances) -> Plan[Group]:
    """Create a group (GR-1); `DuplicateNameError` where one of this name exists."""
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    if folded(name) in facts.groups:
        raise DuplicateNameError("group", name)
    group = new_group(name, circumstances.new_record_ids)
    return Plan(outcome=group, envelope=circumstances.envelope(Cause.BY_HAND), changes=(CreateGroup(group),))


def plan_field(request: FieldRequest, facts: Facts, circumstances: Circumstances) -> Plan[ContactField]:
    """Create a custom field or change a field (FI-1 to FI-4: team admin).

    Raises `DuplicateNameError` (FI-3), `InvalidNameError`, `NotFoundError`, `PermissionDeniedError`.
    """
    permit(Action.MANAGE_FIELDS, circumstances.actor, facts.settings.plan)
    if request.key is not None:
        field = _changed_field(request.key, request, facts.catalog)
    else:
        name = request.name or ""
        field = new_field(name, request.type, request.options or (), facts.catalog, circumstances.new_record_ids)
    return Plan(outcome=field, envelope=circumstances.envelope(Cause.BY_HAND), changes=(PutField(field),))


def new_field(
    name: str, type_: FieldType, options: tuple[str, ...], catalog: FieldCatalog, new_ids: Iterator[str]
) -> ContactField:
    """Make a custom field with a name that no field, label or known column has (FI-3)."""
    text = free_name(name, catalog)
    if type_ not in CUSTOM_FIELD_TYPES:
        raise InvalidNameError("field", name, f"a custom field is not of the type {type_.value}")
    return ContactField(key=next(new_ids), type=type_, name=text, options=_trimmed_options(options))


def fields_from_columns(
    wanted: Mapping[str, CreateFieldFromColumn], facts: Facts, circumstances: Circumstances
) -> Mapping[str, ContactField]:
    """Make the fields that an import's columns ask for (IM-3, FI-4: team admin), by compared column name.

    A custom field of the same name and type that exists already is the one that is meant, so that the same list can be
    imported again (IM-11).
    """
    if wanted:
        permit(Action.MANAGE_FIELDS, circumstances.actor, facts.settings.plan)
    made: dict[str, ContactField] = {}
    catalog = facts.catalog
    for column, target in wanted.items():
        existing = catalog.named(target.name)
        if existing is not None and not existing.system and existing.type is target.type:
            made[column] = existing
        else:
            made[column] = new_field(target.name, target.type, (), catalog, circumstances.new_record_ids)
            catalog = FieldCatalog((*catalog.fields, made[column]))
    return made


def plan_event(event: Event, facts: Facts, circumstances: Circumstances) -> Plan[Event]:
    """Create an event, or change the one of its ID (BO-3); questions are linked by the names of fields.

    Raises `NotFoundError` for a field that a question is linked to, `EventNotLiveError` where the status cannot become
    that one, `PermissionDeniedError`.
    """
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    linked = tuple(
        replace(question, field=_linked(question.field, facts.catalog)) if question.field else question
        for question in event.questions
    )
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
        others = FieldCatalog(tuple(each for each in catalog.fields if each.key != key))
        field = replace(field, name=free_name(request.name, others))
    if request.options is not None:
        field = replace(field, options=_trimmed_options(request.options))
    return field if request.archived is None else replace(field, archived=request.archived)


def free_name(name: str, catalog: FieldCatalog) -> str:
    """Give the trimmed name of a field, if no field, label or known column has it (FI-3); else `DuplicateNameError`."""
    text = trimmed(name)
    if not text or len(text) > LONGEST_FIELD_NAME:
        raise InvalidNameError("field", name, f"1 to {LONGEST_FIELD_NAME} characters")
    if catalog.named(text) is not None or folded(text) in reserved_names():
        raise DuplicateNameError("field", text)
    return text


def _trimmed_options(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(trimmed(each) for each in options if trimmed(each)))
