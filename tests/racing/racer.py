"""A process that races others: what it is told to do it does at once with them, and tells what came of it.

`tests.racing.races` starts it. A line of standard input is a task in JSON. When everything is ready, "ready" is said;
the next line lets it go; then the answer is told in JSON, or the error that came out.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from doocore import (
    Attendee,
    Booking,
    CodeNotRedeemableError,
    ContactCenter,
    ContactId,
    DooCoreError,
    FrozenDict,
    IdentifierKey,
    ImportOptions,
    Party,
    PlainRows,
    TryAgainError,
)
from doocore.changes import Change
from doocore.contact_center import importing
from doocore.model.history import Envelope
from doocore.ports import Foreseen, OrganizationStore, Snapshot, Store, Transaction
from doocore_adapters.postgres import PostgresStore, locks
from doocore_adapters.sqlite import SqliteStore, Synchronous

PATIENCE = 60.0


def opened(where: Mapping[str, Any]) -> Store:
    """Open the store of this kind."""
    if where["kind"] == "sqlite":
        return SqliteStore(where["place"], synchronous=Synchronous.NORMAL)
    return PostgresStore(where["place"], max_connections=2)


class Watched:
    """An organization whose records are not for this one alone: transactions that the store breaks off are counted."""

    def __init__(self, records: OrganizationStore) -> None:
        self.records = records
        self.broken_off = 0

    @property
    def organization_id(self) -> str:
        return self.records.organization_id

    @contextmanager
    def transaction(
        self, lock: Iterable[IdentifierKey] = (), foreseen: Foreseen | None = None
    ) -> Iterator[Transaction]:
        try:
            with self.records.transaction(lock, foreseen) as transaction:
                yield transaction
        except TryAgainError:
            self.broken_off += 1
            raise

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        return self.records.snapshot()


class Hesitating:
    """A transaction in which somebody waits between reading and writing: until all have read, or *patience* is over."""

    def __init__(self, inner: Snapshot, hesitate: Callable[[], None], write: Callable[..., None]) -> None:
        self._inner = inner
        self._hesitate = hesitate
        self._write = write

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401, whatever is read
        return getattr(self._inner, name)

    def apply(self, changes: Sequence[Change], envelope: Envelope) -> None:
        self._hesitate()
        self._write(changes, envelope)


class Careless(Watched):
    """Keys are locked or not, transactions are one or not, and there is a pause in the middle: as the task says.

    `lock`: "kept" as it should be; "dropped", so that transactions lock no key; "split", so that it is read in one
    transaction and written in another, for a store that has one writer at a time.
    """

    def __init__(self, records: OrganizationStore, task: Mapping[str, Any]) -> None:
        super().__init__(records)
        self._lock = task["lock"]
        self._folder = Path(task["folder"])
        self._all = task["racers"]
        self._me = task["me"]
        self._patience = task["patience"]
        self._times = 0

    @contextmanager
    def transaction(
        self, lock: Iterable[IdentifierKey] = (), foreseen: Foreseen | None = None
    ) -> Iterator[Transaction]:
        if self._lock == "split":
            with self.records.snapshot() as snapshot:
                written: list[Any] = []
                yield Hesitating(snapshot, self._hesitate, lambda *given: written.append(given))
            for changes, envelope in written:
                with self.records.transaction() as transaction:
                    transaction.apply(changes, envelope)
        else:
            with self.records.transaction(lock if self._lock == "kept" else (), foreseen) as transaction:
                yield Hesitating(transaction, self._hesitate, transaction.apply)

    def _hesitate(self) -> None:
        (self._folder / f"{self._times} {self._me}").touch()
        given_up = time.monotonic() + self._patience
        while len([*self._folder.glob(f"{self._times} *")]) < self._all and time.monotonic() < given_up:
            time.sleep(0.002)
        self._times += 1


Go = Callable[[], None]


def book(task: Mapping[str, Any], go: Go) -> object:
    """Book one after the other; tell to whom the parties were assigned and why, or the error."""
    with closing(opened(task["where"])) as store:
        records = store.organization("acme")
        watched = Careless(records, task["careless"]) if "careless" in task else Watched(records)
        center = ContactCenter(watched)
        center.count_contacts()
        go()
        answers = [booked(center, each) for each in task["bookings"]]
    return {"answers": answers, "broken_off": watched.broken_off}


def booked(center: ContactCenter, given: Mapping[str, Any]) -> object:
    """Book, and tell what came of it."""
    booker, *attendees = given["parties"]
    booking = Booking(
        event_id="gala",
        number=given.get("number"),
        booker=Party(**party(booker)),
        attendees=[Attendee(**party(each)) for each in attendees],
        codes=given.get("codes", ()),
    )
    try:
        result = center.book(booking)
    except Exception as error:  # noqa: BLE001, whatever reaches a caller is told
        return {"error": type(error).__name__}
    parties = [
        [each.contact_id, each.reason, [report.outcome.value for report in each.reports]] for each in result.parties
    ]
    return {"parties": parties, "repeated": result.repeated}


def party(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read a party."""
    details: dict[str, Any] = {"email": given.get("email")}
    details.update((name, FrozenDict(given[name])) for name in ("values", "answers") if name in given)
    if "chosen" in given:
        details["chosen"] = ContactId(given["chosen"])
    return details


def change(task: Mapping[str, Any], go: Go) -> object:
    """Change contacts one after the other; tell their versions, or the error."""
    with closing(opened(task["where"])) as store:
        watched = Watched(store.organization("acme"))
        center = ContactCenter(watched)
        center.count_contacts()
        go()
        answers: list[object] = []
        for each in task["changes"]:
            try:
                answers.append(center.change_contact(**each).version)
            except DooCoreError as error:
                answers.append(error.code)
    return {"answers": answers, "broken_off": watched.broken_off}


def redeem(task: Mapping[str, Any], go: Go) -> object:
    """Redeem codes one after the other, each in a booking; tell which it was, or the reason why not."""
    with closing(opened(task["where"])) as store:
        records = store.organization("acme")
        watched = Careless(records, task["careless"]) if "careless" in task else Watched(records)
        center = ContactCenter(watched)
        center.count_contacts()
        go()
        answers: list[object] = []
        for name, number in task["redemptions"]:
            try:
                answers.append({"redeemed": center.codes.redeem(name, number).name})
            except CodeNotRedeemableError as error:
                answers.append({"reason": error.reason})
    return {"answers": answers, "broken_off": watched.broken_off}


def take_in(task: Mapping[str, Any], go: Go) -> object:
    """Import a list in units of few rows, which may have *many* keys nevertheless; tell how many rows came to what."""
    importing.UNIT, importing.BATCH, locks.MANY = task["unit"], task["batch"], task["many"]
    with closing(opened(task["where"])) as store:
        watched = Watched(store.organization("acme"))
        center = ContactCenter(watched)
        center.count_contacts()
        go()
        report = center.import_contacts(PlainRows(task["rows"]), ImportOptions(groups=("VIP",)))
    return {"counts": {each.value: count for each, count in report.counts.items()}, "broken_off": watched.broken_off}


def migrate(task: Mapping[str, Any], go: Go) -> object:
    """Open the store, bring it up to date, and write to it."""
    go()
    with closing(opened(task["where"])) as store:
        store.migrate()
        return ContactCenter(store.organization("acme")).create_contact({"first_name": task["name"]}).version


TASKS: Mapping[str, Callable[[Mapping[str, Any], Go], object]] = {
    "book": book,
    "change": change,
    "redeem": redeem,
    "take_in": take_in,
    "migrate": migrate,
}


def go() -> None:
    """Say that everything is ready, and wait for the others."""
    print("ready", flush=True)  # noqa: T201, this is how it talks
    sys.stdin.readline()


def main() -> None:
    """Do what comes, until nothing more comes."""
    for line in sys.stdin:
        task = json.loads(line)
        try:
            answer: object = {"answer": TASKS[task["task"]](task, go)}
        except Exception as error:  # noqa: BLE001, it is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
