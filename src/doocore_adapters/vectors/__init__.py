"""Conformance vectors: cases in JSON that say what an implementation of the rules does, and what runs them.

`cases/` ships with the library. A front end, or a port in another language, that gives the same answers decides alike;
the library itself is held to them on every store. Files are read as strictly as they are meant: a word nobody knows is
refused with its place (`reading`, `forms`), a case that cannot be run yet fails.

>>> from doocore_adapters.memory import MemoryStore
>>> from doocore_adapters.vectors import run_files, shipped_files
>>> all(verdict.passed for verdict in run_files(shipped_files()[:1], MemoryStore()))
True
"""

from doocore_adapters.vectors.places import VectorFormatError
from doocore_adapters.vectors.running import Result, Verdict, read_files, run_case, run_files, shipped_files

__all__ = ["Result", "VectorFormatError", "Verdict", "read_files", "run_case", "run_files", "shipped_files"]
