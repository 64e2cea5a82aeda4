"""Labels: what a case calls contacts, and the contact IDs that stand for them.

A label is the ID, so that it can stand in a list's `contact_id` cells and in messages. Only `new10` and those behind it
have an ID of their own: contacts of one moment are told apart by their IDs, later ones sort behind earlier ones
(`IdSource`), and as a text `new10` stands before `new2`.
"""

import re
from collections.abc import Iterator, Sequence
from string import ascii_lowercase

from doocore import ContactId
from doocore.model.fields import Entered, trimmed
from doocore_adapters.csv_files import CsvFile

_LABEL = re.compile(r"new([1-9][0-9]{1,9})")
_ID = re.compile(r"new[a-j]([1-9][0-9]{1,9})")


def id_of(label: str) -> ContactId:
    """Give the contact ID for a label.

    >>> [id_of(label) for label in ("c1", "new9", "new10", "new100")]
    ['c1', 'new9', 'newa10', 'newb100']
    """
    found = _LABEL.fullmatch(label)
    return ContactId(f"new{ascii_lowercase[len(found[1]) - 2]}{found[1]}" if found else label)


def label_of(contact_id: str) -> str:
    """Give the label of a contact ID.

    >>> [label_of(id_of(label)) for label in ("c1", "new9", "new10", "new100")]
    ['c1', 'new9', 'new10', 'new100']
    """
    found = _ID.fullmatch(contact_id)
    return f"new{found[1]}" if found else contact_id


class LabelledRows:
    """A list in which contacts are named by their labels."""

    def __init__(self, file: CsvFile) -> None:
        self._file = file
        self.name = file.name

    def columns(self) -> tuple[str, ...]:
        """Give the header's names."""
        return self._file.columns()

    def rows(self) -> Iterator[tuple[int, Sequence[Entered]]]:
        """Give the rows with the contact IDs in place of the labels."""
        for line, cells in self._file.rows():
            yield line, [id_of(trimmed(cell)) if _LABEL.fullmatch(trimmed(cell)) else cell for cell in cells]

    def fingerprint(self) -> str:
        """Give the file's own."""
        return self._file.fingerprint()
