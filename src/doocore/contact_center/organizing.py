"""What stands behind `center.events`, `center.fields` and `center.groups`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from doocore.contact_center.shell import Shell, gather
from doocore.errors import NotFoundError
from doocore.model.contact import Group, GroupId
from doocore.model.event import Event, EventStatus
from doocore.model.fields import ContactField, FieldCatalog, FieldType, folded
from doocore.model.identifiers import ContactId
from doocore.plans.organizing import FieldRequest, needs_of_names, plan_event, plan_field, plan_group
from doocore.plans.story import Needs
from doocore.ports import Snapshot


@dataclass(frozen=True, slots=True)
class Events:
    """Events as far as bookings need them (BO-3)."""

    _shell: Shell

    def put(self, event: Event) -> Event:
        """Create the event, or change the one of its ID; its questions are linked to fields by their names.

        Raises `NotFoundError` for a field, `EventNotLiveError` where the status cannot go back (BO-3).
        """
        return self._shell.tell(Needs(events=frozenset({event.id})), partial(plan_event, event)).outcome

    def go_live(self, event_id: str) -> Event:
        """Open an event for bookings. Raises `NotFoundError`, and `EventNotLiveError` for a cancelled one."""
        return self.put(replace(self.get(event_id), status=EventStatus.LIVE))

    def cancel(self, event_id: str) -> Event:
        """Cancel an event. Raises `NotFoundError`."""
        return self.put(replace(self.get(event_id), status=EventStatus.CANCELLED))

    def get(self, event_id: str) -> Event:
        """Read an event. Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            found = snapshot.events.get([event_id])
        if event_id not in found:
            raise NotFoundError("event", event_id)
        return found[event_id]

    def all(self) -> tuple[Event, ...]:
        """List all events in order of creation."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.events.all()


@dataclass(frozen=True, slots=True)
class Fields:
    """Contact fields (chapter 4)."""

    _shell: Shell

    def create(
        self,
        name: str,
        field_type: FieldType = FieldType.SHORT_TEXT,
        *,
        options: Iterable[str] = (),
    ) -> ContactField:
        """Create a custom field (FI-2, FI-4: team admin).

        Raises `DuplicateNameError` (FI-3), `InvalidNameError`, `PermissionDeniedError`.
        """
        request = FieldRequest(name=name, type=field_type, options=tuple(options))
        return self._shell.tell(needs_of_names(name), partial(plan_field, request)).outcome

    def change(
        self,
        field: str,
        *,
        name: str | None = None,
        options: Iterable[str] | None = None,
        archived: bool | None = None,
    ) -> ContactField:
        """Change the name, options or archiving of the field called *field*; what is None stays (FI-4: team admin).

        An option that goes stays readable on contacts that have it (FI-5). Raises `NotFoundError`,
        `DuplicateNameError`, `InvalidNameError`, `PermissionDeniedError`.
        """
        found = self.catalog().named(field)
        if found is None:
            raise NotFoundError("field", field)
        request = FieldRequest(
            key=found.key, name=name, options=None if options is None else tuple(options), archived=archived
        )
        return self._shell.tell(needs_of_names(found.key, name or found.name), partial(plan_field, request)).outcome

    def catalog(self) -> FieldCatalog:
        """Read all fields, system fields first."""
        with self._shell.store.snapshot() as snapshot:
            return gather(snapshot, Needs()).catalog


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of contacts (GR-1)."""

    _shell: Shell

    def create(self, name: str) -> Group:
        """Create a group. Raises `DuplicateNameError`, `InvalidNameError`."""
        return self._shell.tell(needs_of_names(name), partial(plan_group, name)).outcome

    def all(self) -> tuple[Group, ...]:
        """List all groups, sorted by name."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.groups.all()

    def members(self, name: str) -> tuple[ContactId, ...]:
        """List the members of the group called *name*, in the order they joined. Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.groups.members(group_called(snapshot, name))


def group_called(snapshot: Snapshot, name: str) -> GroupId:
    """Find a group by its name, without case. Raises `NotFoundError`."""
    found = snapshot.groups.named([folded(name)])
    if not found:
        raise NotFoundError("group", name)
    return found[folded(name)].id
