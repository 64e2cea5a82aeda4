"""Codes are created, withdrawn and redeemed (CO-1 to CO-4).

Whatever has to do with a code runs under the lock of its name, so that no use is given away twice (CO-4). A use counts as
long as its booking is not cancelled, and a cancelled booking stays so: nothing has to be written to free it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from doocore.changes import ChangeCode, CreateCode, RedeemCode
from doocore.errors import (
    CodeNotRedeemableError,
    DuplicateNameError,
    InvalidBookingError,
    InvalidCodeError,
    InvalidNameError,
    NotFoundError,
)
from doocore.model.booking import BookingStatus, Prefill
from doocore.model.code import Code, CodeId, CodeType, CodeUse
from doocore.model.fields import folded, trimmed
from doocore.model.history import Cause
from doocore.model.identifiers import BookingNumber, ContactId
from doocore.plans.story import Circumstances, Facts, Needs, Plan
from doocore.rules.codes import obstacle_to, status_of
from doocore.rules.permissions import Action, permit

LONGEST_CODE_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """Codes to create, all alike but for their `names`; `contacts` are whom they are personal to, one for each, or none."""

    names: tuple[str, ...]
    contacts: tuple[ContactId, ...] = ()
    type: CodeType = CodeType.ACCESS
    use: CodeUse = CodeUse.SINGLE
    limit: int | None = None
    event: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def needs_of_codes(request: CodeRequest) -> Needs:
    """Say which names must be free, and what the codes are for."""
    return Needs(
        codes=frozenset(map(folded, request.names)),
        contacts=frozenset(request.contacts),
        events=frozenset() if request.event is None else frozenset({request.event}),
    )


def needs_of_redeeming(name: str, number: BookingNumber) -> Needs:
    """Say which code is meant, and which booking."""
    return Needs(codes=frozenset({folded(name)}), bookings=frozenset({number}))


def plan_codes(request: CodeRequest, facts: Facts, circumstances: Circumstances) -> Plan[tuple[Code, ...]]:
    """Create codes (CO-1). A merged contact stands for its survivor.

    Raises `InvalidNameError`, `DuplicateNameError`, `InvalidCodeError`, `NotFoundError` for the event or naming all
    unknown contacts, `PermissionDeniedError`.
    """
    permit(Action.MANAGE_CODES, circumstances.actor, facts.settings.plan)
    _require_sense(request)
    if request.event is not None and request.event not in facts.events:
        raise NotFoundError("event", request.event)
    names = _free_names(request.names, facts)
    holders: Iterable[ContactId | None] = _holders(request, facts) or [None] * len(names)
    codes = tuple(
        Code(
            id=CodeId(next(circumstances.new_record_ids)),
            name=name,
            origin=circumstances.origin(Cause.BY_HAND),
            created_at=circumstances.at,
            type=request.type,
            use=request.use,
            limit=request.limit,
            event_id=request.event,
            valid_from=request.valid_from,
            valid_until=request.valid_until,
            contact_id=holder,
        )
        for name, holder in zip(names, holders, strict=True)
    )
    envelope = circumstances.envelope(Cause.BY_HAND)
    return Plan(outcome=codes, envelope=envelope, changes=tuple(map(CreateCode, codes)))


def plan_withdrawal(name: str, facts: Facts, circumstances: Circumstances) -> Plan[Code]:
    """Withdraw a code: it is invalid from now on, and what it was redeemed for stays (CO-2).

    One that was withdrawn before stays as it is. Raises `NotFoundError`, `PermissionDeniedError`.
    """
    permit(Action.MANAGE_CODES, circumstances.actor, facts.settings.plan)
    code = code_called(name, facts)
    envelope = circumstances.envelope(Cause.BY_HAND, code.name)
    if code.withdrawn:
        return Plan(outcome=code, envelope=envelope)
    code = replace(code, withdrawn=True, version=code.version + 1)
    return Plan(outcome=code, envelope=envelope, changes=(ChangeCode(code),))


def plan_redeeming(name: str, number: BookingNumber, facts: Facts, circumstances: Circumstances) -> Plan[Code]:
    """Redeem a code in a booking that is there (CO-2, CO-4); in one that has redeemed it before, nothing changes.

    Raises `NotFoundError` for the code or the booking, `CodeNotRedeemableError`, and `InvalidBookingError` for a
    cancelled booking.
    """
    code = code_called(name, facts)
    booking = facts.bookings.get(number)
    if booking is None:
        raise NotFoundError("booking", number)
    if booking.status is BookingStatus.CANCELLED:
        raise InvalidBookingError("status", f"{number} is cancelled, and redeems no code any more")
    envelope = circumstances.envelope(Cause.BOOKING, number)
    if code.id in facts.redeemed.get(number, frozenset()):
        return Plan(outcome=code, envelope=envelope)
    changes = tuple(redemptions_of([name], number, booking.event_id, facts, circumstances.at))
    return Plan(outcome=code, envelope=envelope, changes=changes)


def redemptions_of(
    names: Iterable[str], number: BookingNumber, event_id: str, facts: Facts, at: datetime
) -> Iterator[RedeemCode]:
    """Redeem codes in a booking of the event, each once. Raises `NotFoundError` and `CodeNotRedeemableError`."""
    for name in dict.fromkeys(map(folded, names)):
        code = code_called(name, facts)
        require_redeemable(code, facts, at, event_id)
        yield RedeemCode(code.id, number)


def require_redeemable(code: Code, facts: Facts, at: datetime, event_id: str | None = None) -> None:
    """Raise `CodeNotRedeemableError` where something stands against redeeming the code (CO-2)."""
    used = facts.used.get(code.id, 0)
    obstacle = obstacle_to(code, used, at, event_id)
    if obstacle is not None:
        raise CodeNotRedeemableError(code.name, obstacle.value, status_of(code, used, at).value)


def prefill_by(name: str, at: datetime, facts: Facts) -> Prefill | Needs | None:
    """Tell whom a personal access code prefills, with the address that contact has now (CO-3); None if it does nobody.

    Raises `NotFoundError`, and `CodeNotRedeemableError` where it leads into no booking.
    """
    code = code_called(name, facts)
    require_redeemable(code, facts, at)
    if code.type is not CodeType.ACCESS or code.contact_id is None:
        return None
    if code.contact_id not in facts.asked.contacts:
        return Needs(contacts=frozenset({code.contact_id}))
    contact = facts.contact(code.contact_id)
    return None if contact is None else Prefill(contact_id=contact.id, email=contact.text("email") or None)


def code_called(name: str, facts: Facts) -> Code:
    """Find a code by its name, without case. Raises `NotFoundError`."""
    found = facts.codes.get(folded(name))
    if found is None:
        raise NotFoundError("code", name)
    return found


def _require_sense(request: CodeRequest) -> None:
    """Refuse what contradicts itself."""
    starts, ends = request.valid_from, request.valid_until
    if request.limit is not None and request.limit < 1:
        raise InvalidCodeError("limit", f"{request.limit} is less than one use")
    if request.use is CodeUse.SINGLE and request.limit not in {None, 1}:
        raise InvalidCodeError(
            "limit", f"a single-use code has one use, not {request.limit}; {CodeUse.MULTI.value} has"
        )
    if request.use is CodeUse.MULTI_EVENT and request.event is not None:
        raise InvalidCodeError("event", f"a code for several events is not for {request.event!r} alone")
    if starts is not None and ends is not None and ends < starts:
        raise InvalidCodeError("valid_until", f"{ends.isoformat()} is before valid_from, {starts.isoformat()}")


def _free_names(names: Iterable[str], facts: Facts) -> list[str]:
    """Give the names trimmed, if no code has one of them and none of them stands twice."""
    free: dict[str, str] = {}
    for name in names:
        text = trimmed(name)
        if not text or len(text) > LONGEST_CODE_NAME or not text.isprintable():
            expected = f"1 to {LONGEST_CODE_NAME} characters that can be seen and typed"
            raise InvalidNameError("code", name, expected)
        if folded(text) in facts.codes or folded(text) in free:
            raise DuplicateNameError("code", text)
        free[folded(text)] = text
    return list(free.values())


def _holders(request: CodeRequest, facts: Facts) -> list[ContactId]:
    found = {each: facts.contact(each) for each in request.contacts}
    unknown = [each for each, contact in found.items() if contact is None]
    if unknown:
        raise NotFoundError("contact", *unknown)
    return [contact.id for each in request.contacts if (contact := found[each]) is not None]
