"""What happens at the two events: each function plants one kind of booking, with the decisions it should lead to.

A scene never counts on another one: it takes contacts that nobody else takes, or addresses that nobody has.
"""

from dataclasses import replace

from examples.demo_data.booking_desk import ACADEMY, FREE_DAY, ORDINARY_VALUES, QUESTIONS, BookingDesk, Json, Seat
from examples.demo_data.contact_list import Scribe, shouted
from examples.demo_data.people import Person
from examples.demo_data.pools import FIRST_NAMES, GROUPS, INDUSTRIES, LAST_NAMES

REGULARS = 42
NEWCOMERS = 24
RETURNING = 6
GROUP_BOOKINGS = 20
ASSISTANTS = 8
FAMILIES = 8
SHARED_OFFICES = 6
INVITED = 16
INVITED_IN_CAPITALS = 5
NOT_ADDRESSES = ("erika@", "m.muster@firma", "Tel. 089/99998-0", "otto.example.org")
GONE = "GONE000000"

FIELDS: list[Json] = [
    {"name": "Branche", "type": "select", "options": list(INDUSTRIES)},
    {"name": "Position", "type": "short_text"},
]
EVENTS: list[Json] = [
    {
        "id": FREE_DAY,
        "status": "live",
        "starts_at": "2026-06-11T10:00:00",
        "ends_at": "2026-06-11T18:00:00",
        "time_zone": "Europe/Berlin",
        "costs": False,
        "email_change": "reassign",
        "portal": True,
        "organizer_email": "anmeldung@veranstalter.example",
        "questions": QUESTIONS[FREE_DAY],
        "products": [{"id": "mittagessen", "price": "0.00"}],
    },
    {
        "id": ACADEMY,
        "status": "live",
        "starts_at": "2026-07-02T09:00:00",
        "ends_at": "2026-07-04T16:00:00",
        "time_zone": "Europe/Berlin",
        "costs": True,
        "email_change": "keep",
        "portal": True,
        "organizer_email": None,
        "questions": QUESTIONS[ACADEMY],
        "products": [{"id": "unterlagen", "price": "0.00"}, {"id": "abendessen", "price": "45.00"}],
    },
]


def play_all(desk: BookingDesk) -> None:
    """Play every scene."""
    for scene in (_everyday, _groups_and_families, _hard_addresses, _invitations, _gone_and_bare, _synchronized):
        scene(desk)


def _everyday(desk: BookingDesk) -> None:
    for _ in range(REGULARS):
        person = desk.known()
        written = shouted(person.email) if desk.dice.chance(0.2) else person.email
        desk.book(desk.either_event(), *_alone(person, "email_match", email=written))
    for number in range(NEWCOMERS):
        person = desk.stranger()
        first = desk.book(FREE_DAY, *_alone(person, "no_match"))
        if number < RETURNING:
            desk.book(ACADEMY, *_alone(person, "email_match"), after=first)
    for _ in range(ASSISTANTS):
        boss = Seat(who=desk.known(), reason="email_match")
        desk.book(desk.either_event(), Seat(who=desk.known(), reason="email_match"), boss)


def _groups_and_families(desk: BookingDesk) -> None:
    for _ in range(GROUP_BOOKINGS):
        colleagues = [_colleague(desk) for _ in range(2 + desk.dice.below(4))]
        desk.book(desk.either_event(), Seat(who=desk.known(), reason="email_match"), *colleagues)
    for number in range(FAMILIES):
        known = number % 2 == 0
        _family(desk, desk.known() if known else desk.stranger(), "email_match" if known else "no_match")
    for _ in range(SHARED_OFFICES):
        _shared_office(desk)


def _colleague(desk: BookingDesk) -> Seat:
    kind = desk.dice.one_of(("no_email", "no_match", "email_match"))
    if kind == "email_match":
        return Seat(who=desk.known(), reason=kind)
    return Seat(who=desk.stranger(), reason=kind, email="" if kind == "no_email" else None)


def _family(desk: BookingDesk, person: Person, reason: str) -> None:
    relatives = [_somebody_else(desk, person) for _ in range(1 + desk.dice.below(3))]
    seats = [_with_other_name(relative, "same_booking", ["first_name"]) for relative in relatives]
    desk.book(desk.either_event(), *_alone(person, reason), *seats)


def _shared_office(desk: BookingDesk) -> None:
    """Book with the address of an office, which one contact of another name holds."""
    person = desk.known()
    other = replace(_somebody_else(desk, person), last_name=_other_name(desk, LAST_NAMES, person.last_name))
    names = ("first_name", "last_name")
    booker = Seat(who=other, reason="email_match", flags=["name_differs"], synced={"kept": names})
    desk.book(desk.either_event(), booker, Seat(who=other, reason="same_booking", synced={"other_person": names}))


def _hard_addresses(desk: BookingDesk) -> None:
    shared = [_share_address(desk) for _ in range(3)]
    for person in shared:
        first = desk.book(desk.either_event(), *_alone(person, "ambiguous"))
    desk.book(FREE_DAY, *_alone(shared[-1], "ambiguous"), after=first)
    desk.book(FREE_DAY, *_alone(shared[0], "prefill_kept", prefill=_shown(shared[0])))
    changed, same = _alone(shared[1], "ambiguous", prefill=_shown(desk.invited()))
    desk.book(FREE_DAY, replace(changed, flags=["prefill_changed"]), same)
    for blank in ("", "", "   "):
        desk.book(desk.either_event(), *_alone(desk.stranger(), "no_email", email=blank, again="no_email"))
    for text in NOT_ADDRESSES:
        desk.book(desk.either_event(), *_alone(desk.stranger(), "invalid_email", email=text, again="invalid_email"))


def _share_address(desk: BookingDesk) -> Person:
    """Give the address of an imported contact to a second one, made by hand."""
    person = desk.invited()
    other = _somebody_else(desk, person)
    desk.create({"email": person.email, "first_name": other.first_name, "last_name": other.last_name})
    return person


def _invitations(desk: BookingDesk) -> None:
    for number in range(INVITED + INVITED_IN_CAPITALS):
        person = desk.invited()
        written = person.email if number < INVITED else shouted(person.email)
        desk.book(desk.either_event(), *_alone(person, "prefill_kept", email=written, prefill=_shown(person)))
    for event in (FREE_DAY, ACADEMY):
        guests = [_kept(desk.invited()) for _ in range(2)]
        desk.book(event, Seat(who=desk.known(), reason="email_match"), *guests)
        person = desk.invited()
        outdated = _shown(person, email=f"alt.{person.email}")
        desk.book(event, *_alone(person, "prefill_kept", prefill=outdated))
    _passed_on_where_it_counts(desk)
    _passed_on_where_the_invited_stays(desk)


def _passed_on_where_it_counts(desk: BookingDesk) -> None:
    """Change the address where that cancels the assignment: AS-3a."""
    for _ in range(3):
        for person, reason in ((desk.known(), "email_match"), (desk.stranger(), "no_match")):
            booker = Seat(who=person, reason=reason, prefill=_shown(desk.invited()), flags=["prefill_changed"])
            desk.book(FREE_DAY, booker, Seat(who=person, reason="same_booking"))
    for text, reason in (("", "no_email"), ("siehe oben", "invalid_email")):
        person = desk.invited()
        booker, same = _alone(person, reason, email=text, prefill=_shown(person), again=reason)
        desk.book(FREE_DAY, replace(booker, flags=["prefill_changed"]), same)


def _passed_on_where_the_invited_stays(desk: BookingDesk) -> None:
    """Change the address where the invited contact stands anyway: AS-3b."""
    for address in [desk.stranger().email for _ in range(3)] + [desk.known().email]:
        booker, same = _held(desk.invited(), address)
        desk.book(ACADEMY, replace(booker, synced={"kept": ["email"]}), same)
    for text in ("", "unbekannt"):
        desk.book(ACADEMY, *_held(desk.invited(), text))
    booker, same = _held(desk.invited(), desk.stranger().email)
    desk.book(ACADEMY, booker, replace(same, email=booker.email, reason="no_match"))
    for _ in range(3):
        invited = desk.invited()
        other = replace(_somebody_else(desk, invited), email=desk.stranger().email)
        booker = _with_other_name(other, "prefill_held", ["email", "first_name"])
        desk.book(ACADEMY, replace(booker, prefill=_shown(invited)), Seat(who=other, reason="no_match"))


def _held(person: Person, text: str) -> tuple[Seat, Seat]:
    """Book with another address than the prefilled one, and come without giving any."""
    booker = Seat(who=person, email=text, reason="prefill_held", prefill=_shown(person))
    return booker, _without_address(person)


def _without_address(person: Person) -> Seat:
    return Seat(who=person, email="", reason="no_email")


def _gone_and_bare(desk: BookingDesk) -> None:
    """Prefill from a contact that is gone (AS-6), or that had no address to be shown (AS-4)."""
    for person, reason, text in (
        (desk.known(), "email_match", None),
        (desk.stranger(), "no_match", None),
        (desk.stranger(), "no_email", ""),
    ):
        gone: Json = {"contact": GONE, "email": f"frueher.{person.email}"}
        seat = Seat(who=person, reason=reason, email=text, prefill=gone, flags=["prefill_gone"])
        desk.book(
            desk.either_event(), seat, Seat(who=person, reason="same_booking" if text is None else reason, email=text)
        )
    bare = [_bare_contact(desk, f"K-9000{number}") for number in range(3)]
    first, second, third = (Seat(who=person, reason="prefill_kept", prefill=_shown(person, None)) for person in bare)
    desk.book(FREE_DAY, replace(first, synced={"filled": ["email"]}), Seat(who=bare[0], reason="same_booking"))
    desk.book(ACADEMY, replace(second, email=""), _without_address(bare[1]))
    third = replace(third, email=desk.known().email, synced={"taken": ["email"]})
    desk.book(ACADEMY, third, _without_address(bare[2]))


def _bare_contact(desk: BookingDesk, customer_id: str) -> Person:
    person = replace(desk.stranger(), customer_id=customer_id, groups=GROUPS[:1])
    desk.create({"customer_id": customer_id, "first_name": person.first_name, "last_name": person.last_name})
    return person


def _synchronized(desk: BookingDesk) -> None:
    _filled(desk)
    _different(desk)
    _rejected(desk)
    _taken(desk)
    for given in ({"company": "", "phone": " "}, {"title": "", "city": ""}, {"street": "\u00a0"}):
        _match(desk, desk.known(lambda person: bool(person.company and person.phone)), "", given)
    for _ in range(3):
        person = desk.known(lambda person: bool(person.phone))
        same = {"phone": Scribe(desk.dice).phone(person.phone), "first_name": f" {person.first_name}"}
        _match(desk, person, "", same)


def _filled(desk: BookingDesk) -> None:
    for phone in ("089/99998-901", "+49 (0)30 23125 902"):
        _match(desk, desk.known(lambda person: not person.phone), "filled", {"phone": phone})
    _match(desk, desk.known(lambda person: not person.customer_id), "filled", {"customer_id": "K-80001"})
    _answer(desk, FREE_DAY, desk.known(lambda person: not person.industry), "filled", "Kultur")
    for _ in range(2):
        _match(desk, desk.mailbox(), "filled", {"first_name": "Kim", "last_name": "Petersen"})


def _different(desk: BookingDesk) -> None:
    for given in (
        {"street": "Neuer Weg", "house_number": "7", "postal_code": "24103", "city": "Kiel"},
        {"company": "Eigene Firma"},
        {"customer_id": "K-80002"},
    ):
        person = desk.known(lambda person: bool(person.company and person.customer_id and person.street))
        _match(desk, person, "kept", given)
    _answer(desk, ACADEMY, desk.known(lambda person: person.industry not in {"", "Kultur"}), "kept", "Kultur")


def _rejected(desk: BookingDesk) -> None:
    for given in ({"phone": "keine"}, {"phone": "089/12"}, {"country": "Bayern"}, {"title": "Dipl.-Ing."}):
        person = desk.known(lambda person: not (person.phone or person.title or person.country))
        _match(desk, person, "rejected", given)
    _answer(desk, FREE_DAY, desk.known(lambda person: not person.industry), "rejected", "Landwirtschaft")


def _taken(desk: BookingDesk) -> None:
    for _ in range(2):
        person = desk.known(lambda person: not person.customer_id)
        _match(desk, person, "taken", {"customer_id": desk.invited().customer_id})
    booker, same = _alone(desk.stranger(), "no_match")
    taken = {"customer_id": desk.invited().customer_id}
    desk.book(ACADEMY, replace(booker, values=taken, synced={"taken": ["customer_id"]}), same)


def _match(desk: BookingDesk, person: Person, outcome: str, given: dict[str, str]) -> None:
    """Book with the contact's own address and values that all come to the same outcome, or to none."""
    booker, same = _alone(person, "email_match")
    names = {key: value for key, value in given.items() if key in ORDINARY_VALUES}
    booker = replace(booker, values=given, synced={outcome: list(given)} if outcome else {})
    desk.book(desk.either_event(), booker, replace(same, values=names))


def _answer(desk: BookingDesk, event: str, person: Person, outcome: str, industry: str) -> None:
    """Answer the question about the branch in a way that comes to that outcome."""
    booker, same = _alone(person, "email_match")
    answers = {"Branche": industry}
    desk.book(event, replace(booker, answers=answers, synced={outcome: ["Branche"]}), replace(same, answers=answers))


def _alone(
    person: Person, reason: str, *, email: str | None = None, prefill: Json | None = None, again: str = "same_booking"
) -> tuple[Seat, Seat]:
    """Book for oneself: once as booker, once as attendee with the same address."""
    booker = Seat(who=person, reason=reason, email=email, prefill=prefill)
    return booker, Seat(who=person, reason=again, email=email if again != "same_booking" else None)


def _kept(person: Person) -> Seat:
    return Seat(who=person, reason="prefill_kept", prefill=_shown(person))


def _shown(person: Person, email: str | None = "") -> Json:
    """Say what the form showed beforehand: the contact by customer number, and its address or another one."""
    return {"customer_id": person.customer_id, "email": person.email if email == "" else email}


def _somebody_else(desk: BookingDesk, person: Person) -> Person:
    """Draw a person with the same address and family name who is somebody else."""
    first_name = _other_name(desk, FIRST_NAMES["Frau"] + FIRST_NAMES["Herr"], person.first_name)
    return replace(person, first_name=first_name)


def _other_name(desk: BookingDesk, names: tuple[str, ...], name: str) -> str:
    return desk.dice.one_of([other for other in names if other != name])


def _with_other_name(other: Person, reason: str, fields: list[str]) -> Seat:
    return Seat(who=other, reason=reason, synced={"other_person": fields})
