"""One text in every language, and tables of such texts."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from doocore.model.invitation import Evidence
from doocore.model.word import Word


class Texts(NamedTuple):
    """The same in each language; a new language is a new attribute, and every table then asks for it."""

    en: str
    de: str


TextTable: TypeAlias = Mapping[Word | Evidence | str, Texts]
"""Texts by the word they are for: a member of an enumeration, a bit of evidence, or a text that stands for a word."""
