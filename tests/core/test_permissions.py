"""Who may do what, and in which plan (PR-2, PR-3)."""

from itertools import product

import pytest

from doocore import Actor, Booker, PermissionDeniedError, PlanRequiredError, ProductPlan, Role, System, User
from doocore.rules import permissions
from doocore.rules.permissions import BY_ACTION, Action, Row, Standing, is_staff, permit, standing_of

BOOKER, MEMBER, ADMIN, SYSTEM = Booker(), User("lou"), User("kim", Role.TEAM_ADMIN), System()
ACTORS: tuple[Actor, ...] = (BOOKER, MEMBER, ADMIN, SYSTEM)

MAY: dict[Action, tuple[str, tuple[Actor, ...]]] = {
    Action.CHANGE_SETTINGS: ("SY-6", (ADMIN, SYSTEM)),
    Action.MANAGE_FIELDS: ("FI-4", (ADMIN, SYSTEM)),
    Action.IMPORT_CONTACTS: ("IM-13", (MEMBER, ADMIN, SYSTEM)),
    Action.EXPORT_CONTACTS: ("EX-1", (MEMBER, ADMIN, SYSTEM)),
    Action.BOOK_FOR_CHOSEN: ("AS-0", (MEMBER, ADMIN, SYSTEM)),
    Action.CHANGE_BY_HAND: ("CT-1", (MEMBER, ADMIN, SYSTEM)),
    Action.SEND_MESSAGES: ("MA-1", (MEMBER, ADMIN, SYSTEM)),
    Action.CHANGE_BOOKINGS: ("BO-6", (MEMBER, ADMIN, SYSTEM)),
    Action.MANAGE_CODES: ("CO-1", (MEMBER, ADMIN, SYSTEM)),
}
"""The rules' own words, as a table beside the table: "Sync setting, retention and field management need team admin"."""


def test_the_table_is_complete() -> None:
    assert set(BY_ACTION) == set(MAY) == set(Action)


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("action", Action)
def test_who_may_what(action: Action, actor: Actor) -> None:
    """PR-2; in the highest plan, so that it is about the person alone."""
    rule, actors = MAY[action]
    assert BY_ACTION[action].rule == rule
    if actor in actors:
        permit(action, actor, ProductPlan.ENTERPRISE)
    else:
        with pytest.raises(PermissionDeniedError) as caught:
            permit(action, actor, ProductPlan.ENTERPRISE)
        assert (caught.value.action, caught.value.needs) == (action.value, BY_ACTION[action].standing.value)


@pytest.mark.parametrize(("action", "plan"), list(product(Action, ProductPlan)))
def test_what_a_plan_contains(action: Action, plan: ProductPlan) -> None:
    """PR-3, IM-13: all of them contain everything here but imports, which take Pro or Enterprise."""
    if action is Action.IMPORT_CONTACTS and plan is ProductPlan.BASIC:
        with pytest.raises(PlanRequiredError) as caught:
            permit(action, ADMIN, plan)
        assert (caught.value.feature, caught.value.needs) == (action.value, "pro")
    else:
        permit(action, ADMIN, plan)


@pytest.mark.parametrize("action", Action)
def test_the_table_decides(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "BY_ACTION", {**BY_ACTION, action: Row("PR-9", Standing.BOOKER)})
    permit(action, BOOKER, ProductPlan.BASIC)
    monkeypatch.setattr(
        permissions, "BY_ACTION", {**BY_ACTION, action: Row("PR-9", Standing.TEAM_ADMIN, ProductPlan.ENTERPRISE)}
    )
    with pytest.raises(PermissionDeniedError):
        permit(action, MEMBER, ProductPlan.ENTERPRISE)
    with pytest.raises(PlanRequiredError):
        permit(action, ADMIN, ProductPlan.PRO)


def test_the_host_counts_as_a_team_admin_and_is_no_staff() -> None:
    """Nobody has to lend a batch job a person's name; but it is not a person at a desk (AS-15)."""
    assert standing_of(SYSTEM) is Standing.TEAM_ADMIN
    assert [is_staff(each) for each in ACTORS] == [False, True, True, False]


def test_every_plan_but_the_highest_has_to_be_said() -> None:
    """PR-3: enterprise is the default."""
    assert Row("PR-9", Standing.MEMBER).plan is ProductPlan.BASIC
