"""A batch job: import a list, take in bookings, and say who is who and why.

    python examples/who_is_who.py contacts.db

The list is what a customer database saved from a German Excel; the bookings stand below, as a ticket shop might deliver
them. Run it twice: the second time nothing changes. The list is the same list, and the bookings have been seen before.
"""

import sys
from contextlib import closing
from pathlib import Path

from doocore import (
    Attendee,
    Booking,
    BookingResult,
    ContactCenter,
    Event,
    EventStatus,
    ImportOptions,
    ImportReport,
    Party,
    PartyOutcome,
    Prefill,
)
from doocore_adapters.csv_files import CsvFile
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.validation import LibraryParsers

LIST = Path(__file__).parent / "lists" / "crm-excel.csv"
OPTIONS = ImportOptions(
    groups=("Kunden",),
    mapping={
        "Kundennr.": "customer_id",
        "Name": "last_name",
        "Firma 1": "company",
        "Telefon geschäftlich": "phone",
        "Bemerkung": "comment",
    },
    add_system_options=True,
)


def main(database: str) -> None:
    """Do the whole job in *database*."""
    with closing(SqliteStore(database)) as store:
        center = ContactCenter(store.organization("acme"), parsers=LibraryParsers())
        tell_of_import(center.import_contacts(CsvFile(LIST, encoding="iso-8859-1"), OPTIONS))
        if not center.events.all():
            center.events.put(Event(id="sommerfest", name="Sommerfest", status=EventStatus.LIVE))
        for booking in bookings(center):
            tell_of_booking(center, center.book(booking))


def bookings(center: ContactCenter) -> list[Booking]:
    """Give what the shop delivers; *center* knows whom an invitation was sent to."""
    (ralf,) = center.contacts_by_customer_id("004712")
    invited = Prefill(contact_id=ralf.id, email=ralf.text("email"))
    return [
        Booking(
            number="TX-EXAM-0001",
            event_id="sommerfest",
            booker=Party(email="J.Bergmann@bergmann-steuer.example", values={"first_name": "Jutta", "city": "Bonn"}),
            attendees=(
                Attendee(email="j.bergmann@bergmann-steuer.example", values={"first_name": "Jutta"}),
                Attendee(email="j.bergmann@bergmann-steuer.example", values={"first_name": "Theo"}),
                Attendee(values={"first_name": "Mia"}),
            ),
        ),
        Booking(
            number="TX-EXAM-0002",
            event_id="sommerfest",
            booker=Party(email="vertretung@koessler-metallbau.example", prefill=invited),
            attendees=(Attendee(email="frau.kunze (at) example.org", values={"last_name": "Kunze"}),),
        ),
    ]


def tell_of_import(report: ImportReport) -> None:
    """Print what became of the list."""
    print(f"{report.record.file_name}: {report.total} rows")
    for outcome, count in report.counts.items():
        print(f"  {count:3} {outcome.value}")
    for reason, count in sorted(report.reasons.items(), key=lambda pair: pair[0].value):
        print(f"      {count:3} {reason.value}")


def tell_of_booking(center: ContactCenter, result: BookingResult) -> None:
    """Print where each party of a booking went, and why."""
    print(f"{result.number}{' (seen before)' if result.repeated else ''}")
    for number, party in enumerate(result.parties):
        print(f"  {f'attendee {number}' if number else 'booker':10}  {told(center, party)}")
        for report in party.reports:
            print(f"{'':14}{report.field} {report.outcome.value} ({report.rule})")


def told(center: ContactCenter, party: PartyOutcome) -> str:
    """Say in one line whose a party is, with the reason and the rules."""
    who = "nobody"
    if party.contact_id is not None:
        contact = center.contact(party.contact_id)
        who = contact.name or contact.text("email")
    return f"{who}: {party.reason} ({', '.join(party.assignment.rules)})"


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["contacts.db"]))
