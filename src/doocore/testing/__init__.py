"""The suites that every adapter passes; standard library only."""

from doocore.testing.store_contract import DurableStoreContract, SharedStoreContract, StoreContract

__all__ = ["DurableStoreContract", "SharedStoreContract", "StoreContract"]
