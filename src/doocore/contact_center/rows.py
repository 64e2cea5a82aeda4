"""Plain rows as a list to import: dictionaries from a service, through the same door as a file (IM-1)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from doocore.errors import ImportFileError
from doocore.model.fields import Entered, entered
from doocore.ports import ContactRows


class PlainRows:
    """Mappings from column names to values; line 1 is the first of them.

    A column that a row does not name is blank there. Rows that come from an iterator are kept, as an import reads
    them twice.

    >>> rows = PlainRows([{"email": "ada@example.org"}, {"first_name": "Ida"}])
    >>> rows.columns(), list(rows.rows())
    (('email', 'first_name'), [(1, ['ada@example.org', None]), (2, [None, 'Ida'])])
    """

    def __init__(self, rows: Iterable[Mapping[str, object]], name: str = "") -> None:
        self._rows: Sequence[Mapping[str, object]] = rows if isinstance(rows, Sequence) else list(rows)
        self._name = name

    @property
    def name(self) -> str:
        """The name given to the list, for the report."""
        return self._name

    def columns(self) -> tuple[str, ...]:
        """Give every name that a row uses, in order of first use."""
        names = tuple(dict.fromkeys(name for row in self._rows for name in row))
        if not names:
            raise ImportFileError("header", "there is no row that names a column")
        return names

    def rows(self) -> Iterator[tuple[int, Sequence[Entered]]]:
        """Yield (line, values) for every row; a value of a strange type is an error that names row and column."""
        columns = self.columns()
        for line, row in enumerate(self._rows, start=1):
            yield line, [_entered(row.get(name), line, name) for name in columns]

    def fingerprint(self) -> str:
        """Digest the names of the columns and all rows."""
        digest = hashlib.sha256()
        for row in (self.columns(), *self.rows()):
            digest.update(repr(row).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def _entered(value: object, line: int, column: str) -> Entered:
    try:
        return entered(value)
    except TypeError as error:
        raise ImportFileError("not_text", str(error), line=line, column=column) from error


def contact_rows(rows: ContactRows | Iterable[Mapping[str, object]]) -> ContactRows:
    """Take a list as it is, and plain mappings as one."""
    return rows if isinstance(rows, ContactRows) else PlainRows(rows)
