"""Permissions, chapter 15: who may do what, and which plan contains it.

Two rules for this file. 1: what needs a permission is a row of the table. 2: it knows nothing of the records
themselves; that another organization's cannot be reached is the stores' doing (PR-1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from doocore.errors import PermissionDeniedError, PlanRequiredError
from doocore.model.organization import Actor, ProductPlan, Role, System, User
from doocore.model.word import Word


class Action(Word):
    """What needs a permission."""

    CHANGE_SETTINGS = "changing the settings"
    MANAGE_FIELDS = "managing contact fields"
    IMPORT_CONTACTS = "importing contacts"
    EXPORT_CONTACTS = "exporting contacts"
    BOOK_FOR_CHOSEN = "booking for a chosen contact"
    CHANGE_BY_HAND = "changing contacts, groups and events by hand"
    CHANGE_BOOKINGS = "changing bookings"
    SEND_MESSAGES = "writing messages to contacts"
    MANAGE_CODES = "creating and withdrawing codes"


class Standing(Word):
    """What an actor counts as, lowest first."""

    BOOKER = "a booker"
    MEMBER = "a member of the organization"
    TEAM_ADMIN = "a team admin"


@dataclass(frozen=True, slots=True)
class Row:
    """Who may do it, and from which plan on."""

    rule: str
    standing: Standing
    plan: ProductPlan = ProductPlan.BASIC


BY_ACTION: Mapping[Action, Row] = {
    Action.CHANGE_SETTINGS: Row("SY-6", Standing.TEAM_ADMIN),
    Action.MANAGE_FIELDS: Row("FI-4", Standing.TEAM_ADMIN),
    Action.IMPORT_CONTACTS: Row("IM-13", Standing.MEMBER, ProductPlan.PRO),
    Action.EXPORT_CONTACTS: Row("EX-1", Standing.MEMBER),
    Action.BOOK_FOR_CHOSEN: Row("AS-0", Standing.MEMBER),
    Action.CHANGE_BY_HAND: Row("CT-1", Standing.MEMBER),
    Action.CHANGE_BOOKINGS: Row("BO-6", Standing.MEMBER),
    Action.SEND_MESSAGES: Row("MA-1", Standing.MEMBER),
    Action.MANAGE_CODES: Row("CO-1", Standing.MEMBER),
}
"""What each action needs (PR-2, PR-3)."""

_STANDINGS = tuple(Standing)
_PLANS = tuple(ProductPlan)


def standing_of(actor: Actor) -> Standing:
    """Tell what *actor* counts as; the host itself may do what a team admin may.

    >>> standing_of(User("kim")).value
    'a member of the organization'
    """
    match actor:
        case User(role=Role.TEAM_ADMIN) | System():
            return Standing.TEAM_ADMIN
        case User():
            return Standing.MEMBER
    return Standing.BOOKER


def is_staff(actor: Actor) -> bool:
    """Tell whether *actor* is a person of the organization (AS-0, AS-15)."""
    return isinstance(actor, User)


def permit(action: Action, actor: Actor, plan: ProductPlan) -> None:
    """Let *action* pass, or raise `PermissionDeniedError` (PR-2) or `PlanRequiredError` (PR-3).

    >>> permit(Action.CHANGE_SETTINGS, User("kim", Role.TEAM_ADMIN), ProductPlan.BASIC)
    """
    row = BY_ACTION[action]
    if _STANDINGS.index(standing_of(actor)) < _STANDINGS.index(row.standing):
        raise PermissionDeniedError(action.value, row.standing.value)
    if _PLANS.index(plan) < _PLANS.index(row.plan):
        raise PlanRequiredError(action.value, row.plan.value)
