"""What all writing of changes has in common."""

from collections.abc import Callable, Iterable, Iterator

from doocore.errors import DooCoreError, NotFoundError
from doocore.model.contact import GroupId
from doocore.model.history import Envelope
from doocore.model.identifiers import ContactId
from doocore_adapters._sql.rows import Row, moment_text
from doocore_adapters._sql.session import Session


class RefusedError(Exception):
    """Something was not written; why, is found out when everything has been taken back."""

    def __init__(self, find: Callable[[], DooCoreError]) -> None:
        super().__init__()
        self.find = find


class Writer:
    """Writes for the organization of a session, in one call of `apply`."""

    def __init__(self, session: Session, envelope: Envelope) -> None:
        self._session = session
        self._sql = session.statements
        self._organization_id = session.organization_id
        self._envelope = envelope
        self._at = moment_text(envelope.at)
        self._written: dict[ContactId, int] = {}  # versions of the contacts that this call has created or changed
        self._required: list[tuple[Callable[[], bool], Callable[[], DooCoreError]]] = []

    def settle(self) -> None:
        """See that everything came to be that was required."""
        required, self._required = self._required, []
        for holds, otherwise in required:
            if not holds():
                raise RefusedError(otherwise)

    def _rows(self, statement: str, *parameters: object) -> list[Row]:
        self.settle()
        return self._session.rows(statement, self._organization_id, *parameters)

    def _write(self, statement: str, rows: Iterable[Row]) -> int:
        self.settle()
        return self._session.write(statement, rows)

    def _insert(self, statement: str, rows: Iterable[Row]) -> int:
        """Write *rows* behind the organization's ID."""
        return self._write(statement, self._of_organization(rows))

    def _send(self, statement: str, rows: Iterable[Row]) -> Callable[[], int]:
        """Write *rows*, and count later how many there were."""
        return self._session.send(statement, rows)

    def _require(self, holds: Callable[[], bool], otherwise: Callable[[], DooCoreError]) -> None:
        """Refuse everything unless it *holds*: seen before anything else is read or counted, and when the call ends."""
        self._required.append((holds, otherwise))

    def _of_organization(self, rows: Iterable[Row]) -> Iterator[Row]:
        return ((self._organization_id, *row) for row in rows)

    def _joinings(self, group_ids: set[GroupId]) -> dict[GroupId, int]:
        """Hold groups until the transaction is over, and tell how often somebody joined each."""
        joinings = self._hold_groups(group_ids)
        for unknown in sorted(group_ids - joinings.keys()):
            raise NotFoundError("group", unknown)
        return joinings

    def _hold_groups(self, group_ids: set[GroupId]) -> dict[GroupId, int]:
        return dict(self._rows(self._sql.group_joinings, self._session.among(group_ids)))

    def _require_contacts(self, contact_ids: set[ContactId]) -> None:
        for unknown in sorted(self._unknown(contact_ids)):
            raise NotFoundError("contact", unknown)

    def _unknown(self, contact_ids: set[ContactId]) -> set[ContactId]:
        """Tell which contacts there are not; those that this call has created are not asked for."""
        asked = contact_ids - self._written.keys()
        if not asked:
            return asked
        return asked - {row[0] for row in self._rows(self._sql.contact_ids, self._session.among(asked))}
