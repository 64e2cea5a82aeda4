"""The IDs of all rules there are, by chapter: what a page, a docstring or a test cites is one of these."""

from collections.abc import Mapping


def numbered(letters: str, count: int) -> tuple[str, ...]:
    """Give the IDs of *count* rules in a row.

    >>> numbered("PR", 2)
    ('PR-1', 'PR-2')
    """
    return tuple(f"{letters}-{number}" for number in range(1, count + 1))


ASSIGNMENT = (
    *("AS-0", "AS-1a", "AS-1b", "AS-1c", "AS-1d", "AS-1e", "AS-2", "AS-3a", "AS-3b", "AS-3c", "AS-4", "AS-6", "AS-7"),
    *numbered("AS", 15)[7:],
)
"""There is no AS-5, and there never was."""

CHAPTERS: Mapping[int, tuple[str, ...]] = {
    1: numbered("ID", 7),
    2: ASSIGNMENT,
    3: numbered("SY", 13),
    4: numbered("FI", 7),
    5: (*numbered("GR", 1), *numbered("SU", 5), *numbered("CT", 3)),
    6: numbered("IM", 19),
    7: numbered("IN", 8),
    8: numbered("BP", 9),
    9: numbered("BO", 6),
    10: numbered("CO", 4),
    11: numbered("MA", 6),
    12: numbered("AC", 3),
    13: ("SE-1", "EX-1", "EX-2"),
    14: numbered("RE", 8),
    15: numbered("PR", 4),
    16: ("HI-1", "HI-2", *numbered("MG", 5), "EX-3"),
}

FAMILIES = ("AS-1", "AS-3")
"""What may be cited where all rows of a kind are meant."""

EXPLAINED = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 15)
"""The chapters that the rule book has in full."""

OURS = frozenset(
    {
        *("ID-3", "ID-4"),
        *("AS-0", "AS-1e", "AS-3c", "AS-4", "AS-6", "AS-7", "AS-10", "AS-12", "AS-13", "AS-14", "AS-15"),
        *("SY-8", "SY-9", "SY-10", "SY-12", "SY-13"),
        *("FI-2", "FI-5", "FI-6", "FI-7"),
        "SU-5",
        *("IM-1", "IM-6", "IM-11", "IM-14", "IM-16", "IM-17", "IM-18", "IM-19"),
        *("IN-1", "IN-7"),
        *("CO-2", "CO-4"),
        *("MA-1", "MA-2", "MA-3", "MA-6"),
    }
)
"""The rules of those chapters in which the source is silent, or not clear enough: the rule book says so."""


def rules_of(*chapters: int) -> tuple[str, ...]:
    """Give the IDs of some chapters, in their order."""
    return tuple(rule for chapter in chapters for rule in CHAPTERS[chapter])
