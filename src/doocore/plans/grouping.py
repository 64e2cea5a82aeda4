"""Groups that are made, filled, emptied and renamed by hand (GR-1)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from doocore.changes import CreateGroup, JoinGroup, LeaveGroup, RenameGroup
from doocore.errors import DuplicateNameError, NotFoundError
from doocore.model.contact import Group
from doocore.model.fields import folded
from doocore.model.history import Cause
from doocore.model.identifiers import ContactId
from doocore.plans.by_hand import checked_group_name, existing_group, new_group
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.permissions import Action, permit


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRequest:
    """A group by its name, and the contacts that are to be in it, or no more."""

    name: str
    contacts: tuple[ContactId, ...] = ()


def needs_of_group(request: GroupRequest) -> Needs:
    """Say that the group and the contacts must be known, and locked meanwhile."""
    return Needs(groups=frozenset({folded(request.name)}), contacts=frozenset(request.contacts))


def plan_group(request: GroupRequest, facts: Facts, circumstances: Circumstances) -> Plan[Group]:
    """Create a group, with the contacts of a selection in it (GR-1).

    Raises `DuplicateNameError` where one of this name exists, `InvalidNameError`, `NotFoundError` for a contact.
    """
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    if folded(request.name) in facts.groups:
        raise DuplicateNameError("group", request.name)
    group = new_group(request.name, circumstances.new_record_ids)
    joined = (JoinGroup(group.id, each) for each in _contacts_of(request, facts))
    return Plan(outcome=group, envelope=circumstances.envelope(Cause.BY_HAND), changes=(CreateGroup(group), *joined))


def plan_joining(request: GroupRequest, facts: Facts, circumstances: Circumstances) -> Plan[Group]:
    """Let contacts join a group that there is; `NotFoundError` for the group or a contact."""
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    group = existing_group(request.name, facts.groups)
    changes = tuple(JoinGroup(group.id, each) for each in _contacts_of(request, facts))
    return Plan(outcome=group, envelope=circumstances.envelope(Cause.BY_HAND), changes=changes)


def plan_leaving(request: GroupRequest, facts: Facts, circumstances: Circumstances) -> Plan[Group]:
    """Let contacts leave a group; `NotFoundError` for the group or a contact."""
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    group = existing_group(request.name, facts.groups)
    changes = tuple(LeaveGroup(group.id, each) for each in _contacts_of(request, facts))
    return Plan(outcome=group, envelope=circumstances.envelope(Cause.BY_HAND), changes=changes)


def plan_renaming(name: str, new_name: str, facts: Facts, circumstances: Circumstances) -> Plan[Group]:
    """Give a group another name, or another spelling of its own (GR-1).

    Raises `DuplicateNameError` where another group has it, `InvalidNameError`, `NotFoundError`.
    """
    permit(Action.CHANGE_BY_HAND, circumstances.actor, facts.settings.plan)
    group = existing_group(name, facts.groups)
    renamed = replace(group, name=checked_group_name(new_name))
    if facts.groups.get(folded(new_name), group).id != group.id:
        raise DuplicateNameError("group", new_name)
    changes = () if renamed == group else (RenameGroup(group.id, renamed.name),)
    return Plan(outcome=renamed, envelope=circumstances.envelope(Cause.BY_HAND), changes=changes)


def _contacts_of(request: GroupRequest, facts: Facts) -> Iterable[ContactId]:
    """Give the contacts of a request, each once, in its order; the survivor stands for one that was merged (MG-1)."""
    found: dict[ContactId, None] = {}
    for contact_id in request.contacts:
        contact = facts.contact(contact_id)
        if contact is None:
            raise NotFoundError("contact", contact_id)
        found[contact.id] = None
    return found
