"""The kind `scenario`: a story, step by step, on a fresh contact center."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

from doocore import (
    AddAttendee,
    Booker,
    Booking,
    BookingEdit,
    CodeType,
    CodeUse,
    DooCoreError,
    FieldCatalog,
    Mark,
    Party,
    PartyOutcome,
    RecordedBooking,
    SyncOutcome,
    Through,
    User,
)
from doocore.model.identifiers import parse_booking_number
from doocore.ports import OrganizationStore
from doocore_adapters.cattrs import edits_from_plain
from doocore_adapters.vectors.expecting import UNNAMED, Mismatch, differences, named, plain
from doocore_adapters.vectors.givens import SettingsGiven, list_content
from doocore_adapters.vectors.importing import compare_contacts, shown_rows
from doocore_adapters.vectors.kinds import InvitationListExpected, KeptBooking, Scenario, ScenarioExpected
from doocore_adapters.vectors.labels import id_of, label_of
from doocore_adapters.vectors.stage import Stage, first_name
from doocore_adapters.vectors.steps import (
    Book,
    ChangeContact,
    CreateCode,
    DeleteContact,
    Edit,
    Follow,
    Import,
    OfAttendee,
    OfBooking,
    Redeem,
    Send,
    Set,
    SetMark,
    Step,
    Subscribe,
)

P = TypeVar("P", bound=Party)

Answer: TypeAlias = Mapping[str, Any]
"""What a step leads to, by the keys of its `expect`."""


def play(case: Scenario, organization: OrganizationStore) -> Iterator[Mismatch]:
    """Play a story; a step that this release does not have ends it."""
    for index, step in enumerate(case.steps):
        if not _can_be_played(step):
            yield Mismatch(f"steps[{index}].do", step.do, "not available yet")
            return
    stage = Stage(organization, (each.id for each in case.contacts))
    _change_settings(stage, case.settings)
    stage.furnish(case.fields, case.contacts, case.groups)
    first = next((step.at for step in case.steps if step.at is not None), None)
    for event in case.events:
        stage.hold(event, first)
    if case.expect.invitations is not UNNAMED:
        _begin_lists(stage, case.expect.invitations)
    for index, step in enumerate(case.steps):
        yield from _played(stage, step, f"steps[{index}].expect")
    yield from _compare_end(stage, case.expect)


def _played(stage: Stage, step: Step, place: str) -> Iterator[Mismatch]:
    """Play one step: what it expects must come true, and an error only if it expects one."""
    stage.clock.moment = step.at or stage.clock.moment
    before = stage.ids.handed_out
    try:
        got = {"error": None} | dict(PLAYERS[type(step)](stage, step))
    except DooCoreError as error:
        stage.ids.handed_out = before
        got = {"error": error.code}
    expected = {"error": None} | named(step.expect.renamed(partial(first_name, stage.catalog)))
    if expected["error"] != got["error"]:
        yield from differences(f"{place}.error", expected["error"], got["error"])
        return
    for name, value in expected.items():
        yield from differences(f"{place}.{name}", value, got.get(name))


def _can_be_played(step: Step) -> bool:
    """Tell whether this release has what happens: what the booker does in the portal is to come."""
    return type(step) in PLAYERS and (not isinstance(step, Edit) or step.by_staff)


# The steps


def _book(stage: Stage, step: Book) -> Answer:
    result = stage.team.acting_as(User("staff") if step.by_staff else Booker()).book(_with_ids(step.booking))
    catalog = stage.catalog
    return {
        "booker": _shown_party(result.booker, catalog),
        "attendees": tuple(_shown_party(each, catalog) for each in result.attendees),
    }


def _with_ids(booking: Booking) -> Booking:
    """Put the IDs of contacts in place of their labels."""
    return replace(
        booking, booker=_party_with_ids(booking.booker), attendees=tuple(map(_party_with_ids, booking.attendees))
    )


def _party_with_ids(party: P) -> P:
    return replace(
        party,
        chosen=party.chosen and id_of(party.chosen),
        prefill=party.prefill and replace(party.prefill, contact_id=id_of(party.prefill.contact_id)),
    )


def _shown_party(outcome: PartyOutcome, catalog: FieldCatalog) -> Answer:
    return {
        "decision": outcome.decision.value,
        "contact": outcome.contact_id and label_of(outcome.contact_id),
        "reason": outcome.reason,
        "flags": frozenset(each.value for each in outcome.flags),
        **{each.value: frozenset(catalog[key].name for key in outcome.fields(each)) for each in SyncOutcome},
    }


def _of_booking(stage: Stage, step: OfBooking) -> Answer:
    getattr(stage.team.bookings, OF_BOOKINGS[step.do])(step.number)
    return {}


def _of_attendee(stage: Stage, step: OfAttendee) -> Answer:
    getattr(stage.team.bookings, OF_BOOKINGS[step.do])(step.number, step.attendee)
    return {}


OF_BOOKINGS: Mapping[str, str] = {
    "pay": "pay",
    "cancel_booking": "cancel",
    "cancel_attendee": "cancel_attendee",
    "check_in": "check_in",
}
"""What `center.bookings` calls it."""


def _edit(stage: Stage, step: Edit) -> Answer:
    edits = edits_from_plain([{"do": each.do, **each.keys} for each in step.edits])
    stage.team.acting_as(User("staff")).bookings.edit(step.number, map(_edit_with_ids, edits))
    return {}


def _edit_with_ids(edit: BookingEdit) -> BookingEdit:
    return replace(edit, attendee=_party_with_ids(edit.attendee)) if isinstance(edit, AddAttendee) else edit


def _import(stage: Stage, step: Import) -> Answer:
    return {
        "rows": shown_rows(stage.import_list(list_content(step.csv, step.bytes_base64, step.options), step.options))
    }


def _set(stage: Stage, step: Set) -> Answer:
    _change_settings(stage, step.settings)
    return {}


def _change_settings(stage: Stage, settings: SettingsGiven) -> None:
    stage.team.change_settings(replace(stage.team.settings, **named(settings)))


def _change_contact(stage: Stage, step: ChangeContact) -> Answer:
    stage.team.change_contact(id_of(step.contact), step.values, confirm_duplicate=step.confirm_duplicate)
    return {}


def _delete_contact(stage: Stage, step: DeleteContact) -> Answer:
    """Delete a contact, confirming whatever goes with it."""
    stage.team.delete_contact(stage.team.deletion(id_of(step.contact)))
    return {}


def _subscribe(stage: Stage, step: Subscribe) -> Answer:
    """Change a subscription; what is not refused with the error `opted_out` but reported so is the same to a case."""
    result = stage.team.set_subscription(
        id_of(step.contact), step.subscription, step.state, through=Through(step.through), confirm=step.confirm
    )
    return {"error": "opted_out"} if result.opted_out and step.expect.error is not UNNAMED else {}


def _create_code(stage: Stage, step: CreateCode) -> Answer:
    """Create a code as it is given: with what redeemed it before, and withdrawn."""
    given = step.code
    code = stage.team.codes.create(
        given.name,
        type=CodeType(given.type),
        use=CodeUse(given.use),
        limit=given.limit,
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        contact=given.contact and id_of(given.contact),
    )
    stage.redeem(code, [each.booking for each in given.redemptions if not each.cancelled])
    if given.withdrawn:
        stage.team.codes.withdraw(given.name)
    return {}


def _redeem(stage: Stage, step: Redeem) -> Answer:
    stage.team.codes.redeem(step.code, step.number)
    return {}


def _send(stage: Stage, step: Send) -> Answer:
    stage.post.send(stage.team, event=step.event, groups=step.groups, label=step.label, purpose=step.purpose)
    return {}


def _follow(stage: Stage, step: Follow) -> Answer:
    """Open a message, or click a link in it, as the recipient does: by the token that stands in the mail."""
    word = "pixel" if step.do == "open" else step.link or "general"
    token = stage.post.token(step.message, id_of(step.contact), word)
    stage.team.receive(token, by_machine=step.by_machine)
    return {}


def _mark(stage: Stage, step: SetMark) -> Answer:
    getattr(stage.team.invitations, step.do)(step.event, id_of(step.contact), Mark(step.status))
    return {}


PLAYERS: Mapping[type[Step], Callable[[Stage, Any], Answer]] = {
    Book: _book,
    OfBooking: _of_booking,
    OfAttendee: _of_attendee,
    Edit: _edit,
    Import: _import,
    Set: _set,
    ChangeContact: _change_contact,
    DeleteContact: _delete_contact,
    Subscribe: _subscribe,
    CreateCode: _create_code,
    Redeem: _redeem,
    Send: _send,
    Follow: _follow,
    SetMark: _mark,
}
"""How a step is played."""


# The end


def _compare_end(stage: Stage, expected: ScenarioExpected) -> Iterator[Mismatch]:
    yield from compare_contacts(stage, expected)
    if expected.bookings is not UNNAMED:
        for number, booking in expected.bookings.items():
            yield from _compare_booking(stage, number, booking)
    if expected.invitations is not UNNAMED:
        for event, invitations in expected.invitations.items():
            yield from _compare_list(stage, event, invitations)
    if expected.mails is not UNNAMED:
        stage.post.empty(stage.team)
        yield from differences("expect.mails", expected.mails, stage.post.shown())


def _begin_lists(stage: Stage, events: Iterable[str]) -> None:
    """Make lists without groups: what is kept from the first step on is compared, not what is found out in the end."""
    for event in events:
        with suppress(DooCoreError):  # there is no such event, or it is a draft: told in the end
            stage.team.invitations.create(event)


def _compare_list(stage: Stage, event: str, expected: InvitationListExpected) -> Iterator[Mismatch]:
    """Compare where the contacts that are named stand, with a list of the groups that are named.

    No step puts groups on a list, so they come onto it here.
    """
    place = f"expect.invitations.{event}"
    try:
        if expected.groups is not UNNAMED:
            stage.team.invitations.create(event, sorted(expected.groups))
    except DooCoreError as error:
        yield Mismatch(f"{place}.groups", plain(expected.groups), error.code)
        return
    if expected.statuses is not UNNAMED:
        listed = {} if expected.groups is UNNAMED else stage.listed(event)
        got = {each: listed.get(each) or stage.status(event, each) for each in expected.statuses}
        yield from differences(f"{place}.statuses", expected.statuses, got)


def _compare_booking(stage: Stage, number: str, expected: KeptBooking) -> Iterator[Mismatch]:
    wanted = [parsed] if (parsed := parse_booking_number(number)) else []
    with stage.organization.transaction() as transaction:
        found = [_shown_booking(each) for each in transaction.bookings.get(wanted).values()]
    yield from differences(f"expect.bookings.{number}", expected, found[0] if found else None)


def _shown_booking(booking: RecordedBooking) -> Answer:
    booker, *attendees = (
        {
            "contact": each.outcome.contact_id and label_of(each.outcome.contact_id),
            "customer_id": each.outcome.customer_id,
        }
        for each in booking.parties
    )
    return {"booker": booker, "attendees": tuple(attendees)}
