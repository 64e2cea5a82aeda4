"""The contract suite says what an adapter's test must add."""

import pytest

from doocore.testing import DurableStoreContract, StoreContract
from doocore_adapters.memory import MemoryStore


def test_a_suite_without_a_store_says_so() -> None:
    with pytest.raises(NotImplementedError, match="make_store"):
        StoreContract().make_store()


def test_a_durable_suite_without_a_way_to_reopen_says_so() -> None:
    with pytest.raises(NotImplementedError, match="reopen"):
        DurableStoreContract().reopen(MemoryStore())
