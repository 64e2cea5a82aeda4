"""The suites that every adapter passes; standard library only."""

from doocore.testing.mailer_contract import MailerContract
from doocore.testing.store_contract import DurableStoreContract, SharedStoreContract, StoreContract

__all__ = ["DurableStoreContract", "MailerContract", "SharedStoreContract", "StoreContract"]
