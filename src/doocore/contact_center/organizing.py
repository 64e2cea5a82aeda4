"""What stands behind `center.events`, `center.fields` and `center.groups`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from doocore.contact_center.shell import Shell, gather
from doocore.errors import NotFoundError
from doocore.model.contact import Group, GroupId
from doocore.model.deletion import FieldDeletion, GroupDeletion
from doocore.model.event import Event, EventStatus
from doocore.model.fields import ContactField, FieldCatalog, FieldType, folded
from doocore.model.identifiers import ContactId
from doocore.plans.deleting import field_deletion, group_deletion, plan_field_deletion, plan_group_deletion
from doocore.plans.grouping import (
    GroupRequest,
    needs_of_group,
    plan_group,
    plan_joining,
    plan_leaving,
    plan_renaming,
)
from doocore.plans.organizing import FieldRequest, needs_of_field, plan_event, plan_field
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
        labels: Iterable[str] = (),
    ) -> ContactField:
        """Create a custom field (FI-2, FI-4: team admin); *labels* are further names under which it is found.

        Raises `DuplicateNameError` (FI-3), `InvalidNameError`, `InvalidFieldError` for options without a select field,
        `PermissionDeniedError`.
        """
        request = FieldRequest(name=name, type=field_type, options=tuple(options), labels=tuple(labels))
        return self._shell.tell(needs_of_field(name, *request.labels or ()), partial(plan_field, request)).outcome

    def change(
        self,
        field: str,
        *,
        name: str | None = None,
        options: Iterable[str] | None = None,
        labels: Iterable[str] | None = None,
        archived: bool | None = None,
    ) -> ContactField:
        """Change the field called *field*; what is None stays (FI-4: team admin).

        An option that goes stays readable on contacts that have it (FI-5). *labels* replace those that were added; a
        system field keeps its own, its name, and its place among the fields that are offered. Raises `NotFoundError`,
        `DuplicateNameError`, `InvalidNameError`, `InvalidFieldError`, `PermissionDeniedError`.
        """
        found = self._called(field)
        request = FieldRequest(
            key=found.key,
            name=name,
            options=None if options is None else tuple(options),
            labels=None if labels is None else tuple(labels),
            archived=archived,
        )
        needs = needs_of_field(found.key, name or found.name, *request.labels or ())
        return self._shell.tell(needs, partial(plan_field, request)).outcome

    def deletion(self, field: str) -> FieldDeletion:
        """Tell what deleting the field called *field* would take with it: how many contacts lose a value (FI-4).

        Raises `NotFoundError`, and `InvalidFieldError` for a system field.
        """
        return self._shell.ask(Needs(), partial(field_deletion, self._called(field).key))

    def delete(self, told: FieldDeletion) -> None:
        """Delete a field with all its values: who has seen what `deletion` told hands it back (FI-4: team admin).

        Questions that were linked to it stay, and their answers stay on the bookings. Raises `StaleVersionError` where
        something has changed since it was told, `NotFoundError`, `PermissionDeniedError`.
        """
        self._shell.tell(needs_of_field(told.field.key, told.field.name), partial(plan_field_deletion, told))

    def catalog(self) -> FieldCatalog:
        """Read all fields, system fields first."""
        with self._shell.store.snapshot() as snapshot:
            return gather(snapshot, Needs()).catalog

    def _called(self, name: str) -> ContactField:
        found = self.catalog().named(name)
        if found is None:
            raise NotFoundError("field", name)
        return found


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of contacts (GR-1)."""

    _shell: Shell

    def create(self, name: str, contacts: Iterable[str] = ()) -> Group:
        """Create a group, with the *contacts* of a selection in it, by their IDs.

        Raises `DuplicateNameError`, `InvalidNameError`, and `NotFoundError` for a contact.
        """
        request = _group_request(name, contacts)
        return self._shell.tell(needs_of_group(request), partial(plan_group, request)).outcome

    def join(self, name: str, contacts: Iterable[str]) -> Group:
        """Let *contacts*, by their IDs, join the group called *name*; who is in it stays where they are.

        Raises `NotFoundError` for the group or a contact.
        """
        request = _group_request(name, contacts)
        return self._shell.tell(needs_of_group(request), partial(plan_joining, request)).outcome

    def leave(self, name: str, contacts: Iterable[str]) -> Group:
        """Let *contacts*, by their IDs, leave the group called *name*; who is not in it stays out.

        Raises `NotFoundError` for the group or a contact.
        """
        request = _group_request(name, contacts)
        return self._shell.tell(needs_of_group(request), partial(plan_leaving, request)).outcome

    def rename(self, name: str, new_name: str) -> Group:
        """Give the group called *name* another one.

        Raises `DuplicateNameError` where another group has it, `InvalidNameError`, `NotFoundError`.
        """
        needs = Needs(groups=frozenset({folded(name), folded(new_name)}))
        return self._shell.tell(needs, partial(plan_renaming, name, new_name)).outcome

    def deletion(self, name: str) -> GroupDeletion:
        """Tell how many contacts would be in the group called *name* no more. Raises `NotFoundError`."""
        return self._shell.ask(Needs(groups=frozenset({folded(name)})), partial(group_deletion, name))

    def delete(self, told: GroupDeletion) -> None:
        """Delete a group: who has seen what `deletion` told hands it back; the contacts stay.

        Raises `StaleVersionError` where something has changed since it was told, `NotFoundError`.
        """
        needs = Needs(groups=frozenset({folded(told.group.name)}))
        self._shell.tell(needs, partial(plan_group_deletion, told))

    def all(self) -> tuple[Group, ...]:
        """List all groups, sorted by name."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.groups.all()

    def members(self, name: str) -> tuple[ContactId, ...]:
        """List the members of the group called *name*, in the order they joined. Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            return snapshot.groups.members(group_called(snapshot, name))


def _group_request(name: str, contacts: Iterable[str]) -> GroupRequest:
    return GroupRequest(name=name, contacts=tuple(map(ContactId, contacts)))


def group_called(snapshot: Snapshot, name: str) -> GroupId:
    """Find a group by its name, without case. Raises `NotFoundError`."""
    found = snapshot.groups.named([folded(name)])
    if not found:
        raise NotFoundError("group", name)
    return found[folded(name)].id
