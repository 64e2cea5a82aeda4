"""The base of enumerations that stand in keys of tables and mappings."""

from enum import Enum


class Word(Enum):
    """An enumeration whose members hash by identity.

    Members are singletons, so identity is right; and it is many times quicker than the hash of `Enum`, which tells in
    an import, where every row looks up tables and identifiers.
    """

    __hash__ = object.__hash__
