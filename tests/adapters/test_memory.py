"""The memory store passes the contract, under pytest and under `unittest`."""

import io
import unittest

from doocore.ports import Store
from doocore.testing import SharedStoreContract, StoreContract
from doocore_adapters.memory import MemoryStore


class TestMemoryStore(StoreContract, SharedStoreContract):
    def make_store(self) -> Store:
        return MemoryStore()


def test_the_contract_runs_under_unittest_too() -> None:
    """A second base, and every claim is a test of the standard library's runner."""

    class UnderUnittest(StoreContract, unittest.TestCase):
        def make_store(self) -> Store:
            return MemoryStore()

    class Broken(StoreContract, unittest.TestCase):
        def make_store(self) -> Store:
            raise LookupError("no store today")

    runner = unittest.TextTestRunner(io.StringIO())
    loader = unittest.defaultTestLoader
    result = runner.run(loader.loadTestsFromTestCase(UnderUnittest))
    claims = [name for name in dir(StoreContract) if name.startswith("test_")]
    assert (result.testsRun, result.wasSuccessful()) == (len(claims), True)
    assert len(runner.run(loader.loadTestsFromTestCase(Broken)).errors) == len(claims)
