"""The suite that every store passes: a class of tests, each a claim of the port, for any test runner.

An adapter's test is three lines:

    class TestMyStore(StoreContract):
        def make_store(self) -> Store:
            return MyStore()

Under `unittest`, add `unittest.TestCase` as a second base. A store that several threads may use adds
`SharedStoreContract`, one that keeps its records `DurableStoreContract` (with `reopen`).
"""

from doocore.testing.store.bookings import BookingClaims
from doocore.testing.store.codes import CodeClaims, RedemptionClaims
from doocore.testing.store.contacts import (
    ContactClaims,
    ContactSetClaims,
    DeletionClaims,
    HolderClaims,
    ListClaims,
    OptOutClaims,
)
from doocore.testing.store.groups import GroupClaims, MembershipClaims
from doocore.testing.store.history import HistoryClaims
from doocore.testing.store.imports import ImportClaims, ImportRowClaims
from doocore.testing.store.invitations import EvidenceClaims, InvitationListClaims
from doocore.testing.store.mails import MessageClaims, OutboxClaims
from doocore.testing.store.organization import EventClaims, FieldClaims, SettingsClaims
from doocore.testing.store.sharing import DurableStoreContract, SharedStoreContract
from doocore.testing.store.transactions import OrganizationClaims, TransactionClaims


class StoreContract(
    ContactClaims,
    ContactSetClaims,
    HolderClaims,
    DeletionClaims,
    OptOutClaims,
    ListClaims,
    GroupClaims,
    MembershipClaims,
    SettingsClaims,
    FieldClaims,
    EventClaims,
    BookingClaims,
    CodeClaims,
    RedemptionClaims,
    InvitationListClaims,
    EvidenceClaims,
    MessageClaims,
    OutboxClaims,
    ImportClaims,
    ImportRowClaims,
    HistoryClaims,
    TransactionClaims,
    OrganizationClaims,
):
    """What every store must do."""


__all__ = ["DurableStoreContract", "SharedStoreContract", "StoreContract"]
