"""What stands behind `center.codes`: promotion and access codes (chapter 10)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypedDict, Unpack

from doocore.contact_center.shell import Shell, drawn_from
from doocore.errors import InvalidCodeError, NotFoundError
from doocore.model.booking import Prefill
from doocore.model.code import Code, CodeDetails, CodeId, CodeType, CodeUse
from doocore.model.fields import folded
from doocore.model.identifiers import ContactId, parse_booking_number
from doocore.plans.codes import (
    CodeRequest,
    needs_of_codes,
    needs_of_redeeming,
    plan_codes,
    plan_redeeming,
    plan_withdrawal,
    prefill_by,
)
from doocore.plans.story import Needs
from doocore.ports import Snapshot
from doocore.rules.codes import judge_code


class CodeTerms(TypedDict, total=False):
    """What can be said of codes as they are created; what is left out is an access code, for one use, at any time.

    `limit` is how many bookings can use each, `event` the ID of the one event that they are for; `valid_from` and
    `valid_until` are moments that still count.
    """

    type: CodeType
    use: CodeUse
    limit: int | None
    event: str | None
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Codes:
    """Promotion and access codes (CO-1); they are called by their names, case aside.

    A booking redeems codes as it comes in (`Booking.codes`), or later (`redeem`).
    """

    _shell: Shell

    def create(self, name: str | None = None, *, contact: str | None = None, **terms: Unpack[CodeTerms]) -> Code:
        """Create a code, with a name that nobody can guess unless *name* is given; *contact* is whom it is personal to.

        Raises `DuplicateNameError`, `InvalidNameError`, `InvalidCodeError`, `NotFoundError` for the event or contact,
        and `PermissionDeniedError`.
        """
        names = self._names(1) if name is None else (name,)
        contacts = () if contact is None else (ContactId(contact),)
        (code,) = self._create(CodeRequest(names=names, contacts=contacts, **terms))
        return code

    def create_many(self, count: int, **terms: Unpack[CodeTerms]) -> tuple[Code, ...]:
        """Create *count* codes, all or none, with names that nobody can guess. Raises what `create` raises."""
        if count < 1:
            raise InvalidCodeError("count", f"{count} is less than one code")
        return self._create(CodeRequest(names=self._names(count), **terms))

    def create_for(self, contacts: Iterable[str], **terms: Unpack[CodeTerms]) -> tuple[Code, ...]:
        """Create a personal code for each of *contacts*, by their IDs, all or none, with names that nobody can guess.

        Raises what `create` raises.
        """
        holders = tuple(map(ContactId, contacts))
        return self._create(CodeRequest(names=self._names(len(holders)), contacts=holders, **terms))

    def withdraw(self, name: str) -> Code:
        """Withdraw a code: it cannot be redeemed any more; bookings that have redeemed it stay (CO-2).

        Raises `NotFoundError`, `PermissionDeniedError`.
        """
        return self._shell.tell(_needs(name), partial(plan_withdrawal, name)).outcome

    def redeem(self, name: str, number: str) -> Code:
        """Redeem a code in the booking of this number (CO-2, CO-4); done again in the same booking, nothing changes.

        Once the booking is cancelled, its use is free again. Raises `NotFoundError` for the code or the booking,
        `CodeNotRedeemableError`, and `InvalidBookingError` for a cancelled booking.
        """
        parsed = parse_booking_number(number)
        if parsed is None:
            raise NotFoundError("booking", number)
        return self._shell.tell(needs_of_redeeming(name, parsed), partial(plan_redeeming, name, parsed)).outcome

    def prefill(self, name: str) -> Prefill | None:
        """Tell whom a personal access code prefills, for `Party.prefill`; None for a code that is not personal (CO-3).

        Raises `NotFoundError`, and `CodeNotRedeemableError` where the code cannot be redeemed now.
        """
        return self._shell.ask(_needs(name), partial(prefill_by, name, self._shell.clock.now()))

    def get(self, name: str) -> CodeDetails:
        """Read a code, where it stands now, and which bookings have redeemed it (CO-2). Raises `NotFoundError`."""
        with self._shell.store.snapshot() as snapshot:
            found = snapshot.codes.named([folded(name)])
            if not found:
                raise NotFoundError("code", name)
            return self._details(snapshot, tuple(found.values()))[0]

    def page(self, *, event: str | None = None, after: str | None = None, limit: int = 100) -> tuple[CodeDetails, ...]:
        """List codes in order of creation, at most *limit* behind the code of the ID *after*.

        With *event* those that are for this event alone.
        """
        with self._shell.store.snapshot() as snapshot:
            codes = snapshot.codes.page(after=None if after is None else CodeId(after), limit=limit, event_id=event)
            return self._details(snapshot, codes)

    def all(self, *, event: str | None = None) -> Iterator[CodeDetails]:
        """Read every code, page by page; with *event* those that are for this event alone."""
        after: str | None = None
        while page := self.page(event=event, after=after):
            yield from page
            after = page[-1].code.id

    def _create(self, request: CodeRequest) -> tuple[Code, ...]:
        return self._shell.tell(needs_of_codes(request), partial(plan_codes, request)).outcome

    def _names(self, count: int) -> tuple[str, ...]:
        return tuple(islice(drawn_from(self._shell.ids.code_name), count))

    def _details(self, snapshot: Snapshot, codes: tuple[Code, ...]) -> tuple[CodeDetails, ...]:
        redemptions = snapshot.codes.redemptions([each.id for each in codes])
        now = self._shell.clock.now()
        return tuple(judge_code(each, redemptions.get(each.id, ()), now) for each in codes)


def _needs(name: str) -> Needs:
    return Needs(codes=frozenset({folded(name)}))
