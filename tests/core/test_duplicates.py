"""What an import may change in a contact that a row matches, cell by cell: the tables of IM-5 and SU-3."""

from itertools import product

import pytest

from doocore import (
    Consent,
    DuplicateMode,
    FrozenDict,
    IdentifierKind,
    ImportOptions,
    RowOutcome,
    SubscriptionState,
    Through,
)
from doocore.model.contact import OptOut
from doocore.rules.duplicates import (
    WRITES_SUBSCRIPTION,
    WRITES_VALUE,
    is_opted_out,
    is_own_opt_out,
    leaves_alone,
    opt_outs_that_bind,
    rewrites_what_is_equal,
)
from doocore.rules.syncing import Standing
from tests.builders import MARKETING, NEWSLETTER, NOW, Table, contact, customer_key, email_key, import_table, new_center

FILL, OVERWRITE, ONLY_NEW = DuplicateMode.FILL_EMPTY, DuplicateMode.OVERWRITE, DuplicateMode.ONLY_NEW
UNKNOWN, SUBSCRIBED, UNSUBSCRIBED = SubscriptionState
CELLS = {SUBSCRIBED: "1", UNSUBSCRIBED: "0"}

PRESENT = {Standing.BLANK: None, Standing.EQUAL: "Ada@x.de", Standing.DIFFERENT: "ida@x.de"}
"""The address that the contact has where a row says `ada@x.de`."""


def email_after(mode: DuplicateMode, stands: Standing) -> tuple[RowOutcome, object]:
    """Import an address into a contact of that standing; give the row's outcome, and the address afterwards."""
    center = new_center()
    ada = center.create_contact({"customer_id": "K1", "email": PRESENT[stands]})
    options = ImportOptions(identify_by=IdentifierKind.CUSTOMER_ID, duplicates=mode)
    _, (row,) = import_table(center, Table(["customer_id", "email"], [["K1", "ada@x.de"]]), options)
    return row.outcome, center.contact(ada.id).values.get("email")


def state_after(
    mode: DuplicateMode, state: SubscriptionState, wish: SubscriptionState
) -> tuple[RowOutcome, SubscriptionState]:
    """Import a wish into a contact of that state; give the row's outcome, and the state afterwards."""
    center = new_center()
    ada = center.create_contact({"email": "ada@x.de"})
    center.set_subscription(ada.id, NEWSLETTER, state)
    table = Table(["email", "newsletter"], [["ada@x.de", CELLS[wish]]])
    _, (row,) = import_table(center, table, ImportOptions(duplicates=mode))
    return row.outcome, center.contact(ada.id).state(NEWSLETTER)


class TestValues:
    """IM-5: "fill_empty (blank fields filled, nothing else), overwrite (given values replace), only_new"."""

    @pytest.mark.parametrize("mode", DuplicateMode)
    @pytest.mark.parametrize(
        ("stands", "written_by"),
        [(Standing.BLANK, {FILL, OVERWRITE}), (Standing.EQUAL, set()), (Standing.DIFFERENT, {OVERWRITE})],
    )
    def test_every_row(self, mode: DuplicateMode, stands: Standing, written_by: set[DuplicateMode]) -> None:
        left = RowOutcome.SKIPPED if mode is ONLY_NEW else RowOutcome.UNCHANGED
        written = (RowOutcome.UPDATED, "ada@x.de")
        assert email_after(mode, stands) == (written if mode in written_by else (left, PRESENT[stands]))

    def test_the_table_is_complete(self) -> None:
        assert set(WRITES_VALUE) == set(product(DuplicateMode, Standing))

    @pytest.mark.parametrize(("mode", "stands"), list(WRITES_VALUE))
    def test_the_table_decides(self, mode: DuplicateMode, stands: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(WRITES_VALUE, (mode, stands), not WRITES_VALUE[mode, stands])
        outcome, _ = email_after(mode, stands)
        assert (outcome is RowOutcome.UPDATED) is WRITES_VALUE[mode, stands]


class TestSubscriptions:
    """SU-3: "Under fill_empty a 1 counts only where the state is unknown; a 0 counts under fill_empty and overwrite"."""

    @pytest.mark.parametrize(
        ("mode", "state", "wish", "after"),
        [
            (FILL, UNKNOWN, SUBSCRIBED, SUBSCRIBED),
            (FILL, UNKNOWN, UNSUBSCRIBED, UNSUBSCRIBED),
            (FILL, SUBSCRIBED, SUBSCRIBED, SUBSCRIBED),
            (FILL, SUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED),
            (FILL, UNSUBSCRIBED, SUBSCRIBED, UNSUBSCRIBED),
            (FILL, UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED),
            (OVERWRITE, UNKNOWN, SUBSCRIBED, SUBSCRIBED),
            (OVERWRITE, UNKNOWN, UNSUBSCRIBED, UNSUBSCRIBED),
            (OVERWRITE, SUBSCRIBED, SUBSCRIBED, SUBSCRIBED),
            (OVERWRITE, SUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED),
            (OVERWRITE, UNSUBSCRIBED, SUBSCRIBED, SUBSCRIBED),
            (OVERWRITE, UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED),
            *((ONLY_NEW, state, wish, state) for state in SubscriptionState for wish in CELLS),
        ],
    )
    def test_every_row(
        self, mode: DuplicateMode, state: SubscriptionState, wish: SubscriptionState, after: SubscriptionState
    ) -> None:
        outcome = RowOutcome.UPDATED if after is not state else RowOutcome.UNCHANGED
        assert state_after(mode, state, wish) == (RowOutcome.SKIPPED if mode is ONLY_NEW else outcome, after)

    def test_the_table_is_complete(self) -> None:
        assert set(WRITES_SUBSCRIPTION) == set(product(DuplicateMode, SubscriptionState, CELLS))

    @pytest.mark.parametrize(("mode", "state", "wish"), list(WRITES_SUBSCRIPTION))
    def test_the_table_decides(
        self, mode: DuplicateMode, state: SubscriptionState, wish: SubscriptionState, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = (mode, state, wish)
        monkeypatch.setitem(WRITES_SUBSCRIPTION, row, not WRITES_SUBSCRIPTION[row])
        outcome, _ = state_after(mode, state, wish)
        assert (outcome is RowOutcome.UPDATED) is WRITES_SUBSCRIPTION[row]

    @pytest.mark.parametrize(("wish", "cell"), list(CELLS.items()))
    def test_for_a_new_contact_too(self, wish: SubscriptionState, cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is known of it, and its row counts in full, whatever the mode."""
        monkeypatch.setitem(WRITES_SUBSCRIPTION, (OVERWRITE, UNKNOWN, wish), False)
        center = new_center()
        import_table(center, Table(["email", "newsletter"], [["ada@x.de", cell]]))
        assert center.contacts_by_email("ada@x.de")[0].state(NEWSLETTER) is UNKNOWN


@pytest.mark.parametrize("mode", DuplicateMode)
def test_a_mode_that_writes_nothing_leaves_a_contact_alone(mode: DuplicateMode) -> None:
    """IM-5: `only_new`, and no other."""
    assert leaves_alone(mode) is (mode is ONLY_NEW)


@pytest.mark.parametrize("mode", DuplicateMode)
def test_no_mode_writes_again_what_a_contact_has_already(mode: DuplicateMode, monkeypatch: pytest.MonkeyPatch) -> None:
    """IM-11: as long as no row of the tables says otherwise."""
    assert not rewrites_what_is_equal(mode)
    with monkeypatch.context() as changed:
        changed.setitem(WRITES_VALUE, (mode, Standing.EQUAL), True)
        assert rewrites_what_is_equal(mode)
    for state in CELLS:
        with monkeypatch.context() as changed:
            changed.setitem(WRITES_SUBSCRIPTION, (mode, state, state), True)
            assert rewrites_what_is_equal(mode)


class TestOptOuts:
    """SU-4, SU-5: what the person itself ended, on this record or on any of its addresses."""

    @pytest.mark.parametrize(("state", "through"), list(product(SubscriptionState, Through)))
    def test_the_persons_own_doing_is_to_unsubscribe_by_link_or_portal(
        self, state: SubscriptionState, through: Through
    ) -> None:
        own = state is UNSUBSCRIBED and through in {Through.UNSUBSCRIBE_LINK, Through.PORTAL}
        consent = Consent(state, NOW, through)
        assert is_own_opt_out(consent) is own
        ada = contact()
        object.__setattr__(ada, "subscriptions", FrozenDict({NEWSLETTER: consent}))
        assert is_opted_out(ada, NEWSLETTER, frozenset()) is own
        assert not is_opted_out(ada, MARKETING, frozenset())

    def test_who_has_said_nothing_has_not_opted_out(self) -> None:
        assert not is_own_opt_out(None)

    def test_the_addresses_of_merged_contacts_bind_too(self) -> None:
        ada = contact(email="ada@x.de", customer_id="K1", aliases=[email_key("old@x.de"), customer_key("K0")])
        assert opt_outs_that_bind(ada, NEWSLETTER) == {
            OptOut("ada@x.de", NEWSLETTER),
            OptOut("old@x.de", NEWSLETTER),
        }

    @pytest.mark.parametrize("key", ["ada@x.de", "old@x.de"])
    def test_one_of_them_is_enough(self, key: str) -> None:
        ada = contact(email="ada@x.de", aliases=[email_key("old@x.de")])
        recorded = frozenset({OptOut(key, NEWSLETTER), OptOut("bob@x.de", MARKETING)})
        assert is_opted_out(ada, NEWSLETTER, recorded)
        assert not is_opted_out(ada, MARKETING, recorded)
