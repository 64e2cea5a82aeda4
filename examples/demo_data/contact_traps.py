"""What is wrong or unusual in the contact list: each function plants one kind, with what an import makes of it."""

from dataclasses import replace

from examples.demo_data.contact_list import (
    AT_THE_END,
    HEADER,
    NO_BREAK_SPACE,
    SOFT_HYPHEN,
    Cells,
    ContactList,
    Planter,
    shouted,
    spelled_with_xn,
)
from examples.demo_data.people import People, slug
from examples.demo_data.pools import FIRST_NAMES, Dice

UNUSUAL_NAMES = (
    ("Frau", "Marijke", "'t Hooft"),
    ("Herr", "Seán", "O'Neil"),
    ("Frau", "Adelheid", "von der Lühe"),
    ("Frau", "Anne-Sophie", "D'Angelo-Großkreutz"),
    ("Herr", "Íñigo", "de la Peña"),
    ("Frau", "Åsa", "Øvergård"),
    ("Herr", "Jean-François", "L'Évêque"),
)
NO_ADDRESSES = ("", "  ", NO_BREAK_SPACE, SOFT_HYPHEN)
BAD_ADDRESSES = (
    "Erika Mustermann <erika.mustermann@example.org>",
    "mailto:karl.otto@example.com",
    "peter.lang.example.org",
    "m.lange@example.org, martin.lange@example.com",
    "vorstand@example.net; kasse@example.net",
    "s.wolf@example.org,",
    "anna maier@example.org",
    "juergen@bau firma.example",
    "einkauf@mueller-bau",
    "h.krause@@example.com",
    "eva..stein@example.org",
    "presse(at)verlag.example",
    f"anna{SOFT_HYPHEN}maier@example.org",
    '"Otto Graf"@example.org',
    "drucker@[192.0.2.17]",
    "keine",
)
BAD_VALUES = (
    {"Telefon": "keine"},
    {"Telefon": "089/12"},
    {"Telefon": "siehe Zentrale"},
    {"PLZ": "80"},
    {"PLZ": "80331/80333"},
    {"Land": "Bayern"},
    {"Land": "D"},
    {"Veranstaltungskommunikation": "vielleicht"},
    {"Veranstaltungskommunikation": "2"},
)
UNKNOWN_OPTIONS = (
    {"Anrede": "Familie"},
    {"Anrede": "herr"},
    {"Titel": "Dipl.-Ing."},
    {"Titel": "Prof. Dr."},
    {"Branche": "Landwirtschaft"},
    {"Branche": "it"},
)
TOO_LONG = (
    {"Firma": "Arbeitsgemeinschaft der Freunde und Förderer " * 6 + "e.V."},
    {"Ort": "Frankfurt am Main, Stadtteil Sachsenhausen-Süd (Hof 2)"},
    {"Nr.": "12, Hinterhaus, dritter Stock links, bei Familie Süß klingeln"},
    {"Kundennummer": "alt: " + ", ".join(f"K-{number}" for number in range(30001, 30040))},
)
SEVERAL = (
    (("invalid_email", "invalid_value"), {"E-Mail": "info@", "Telefon": "0", "PLZ": "12"}),
    (
        ("too_long", "unknown_option", "invalid_value"),
        {"Vorname": "Max " * 70, "Anrede": "Hr.", "Land": "Preußen"},
    ),
    (("missing_identifier", "invalid_value"), {"E-Mail": "", "Telefon": "folgt"}),
    (("missing_identifier", "unknown_option"), {"E-Mail": " ", "Branche": "Sonstiges"}),
)


def contact_list(dice: Dice, people: People) -> ContactList:
    """Make the whole list."""
    planter = Planter(dice, people)
    for plant in (_tidy, _same_address, _refused, _miscounted, _numbers_taken):
        plant(planter, dice)
    planter.plant_people()
    return planter.finish()


def _tidy(planter: Planter, dice: Dice) -> None:
    """Plant rows that look odd and are fine."""
    for salutation, first_name, last_name in UNUSUAL_NAMES:
        address = planter.claim(f"{slug(first_name)}.{slug(last_name)}@briefkasten.example")
        person = replace(planter.draw(), salutation=salutation, first_name=first_name, last_name=last_name)
        planter.add(replace(person, email=address, company=""))
    planter.add(replace(planter.draw(), email=planter.claim("jörg@example.org"), first_name="Jörg", salutation="Herr"))
    planter.add(
        replace(planter.draw(), email=planter.claim("p.o'neil@example.com"), first_name="Pat", last_name="O'Neil")
    )
    planter.add(replace(planter.draw(), customer_id="123"))
    planter.add(replace(planter.draw(), company="=Design & Form"), {"Firma": "'=Design & Form"})
    planter.add(replace(planter.draw(), phone="+498999998999"), {"Telefon": "'+49 89 99998-999"})
    planter.add(replace(planter.draw(), street="Hinterhaus\nAm Anger"))
    person = planter.draw()
    planter.add(person, {"E-Mail": person.email + SOFT_HYPHEN})
    _same_person_twice(planter, dice)


def _same_person_twice(planter: Planter, dice: Dice) -> None:
    """Plant people who stand in the list with two addresses: two contacts, to be suggested as likely duplicates."""
    for domain in dice.shuffled(("example.org", "example.com", "example.net", "post.example")):
        person = planter.draw()
        person = replace(person, company=f"Buchhandlung {person.last_name}")
        planter.add(person)
        address = planter.claim(f"{person.email.partition('@')[0]}.privat@{domain}")
        planter.add(replace(person, email=address, customer_id="", groups=(), title=""))


def _same_address(planter: Planter, dice: Dice) -> None:
    """Plant rows whose address occurred in an earlier row: capitals, blanks, the machine's spelling, copies, families."""
    for _ in range(6):
        planter.add(person := planter.draw())
        planter.add_again(person, {"E-Mail": shouted(person.email)})
    for padding in (f"{NO_BREAK_SPACE}{{}}", "{} ", " {}"):
        planter.add(person := planter.draw())
        planter.add_again(person, {"E-Mail": padding.format(person.email)})
    for address in ("lesung@bücher.example", "sabine.weiß@straßenbau-weiß.example"):
        planter.add(person := replace(planter.draw(), email=planter.claim(address)))
        planter.add_again(person, {"E-Mail": spelled_with_xn(address)})
    person = replace(planter.draw(), email=planter.claim("theke@café-amélie.example"))
    planter.add(person, {"E-Mail": spelled_with_xn(person.email)})
    planter.add_again(person, {"E-Mail": person.email})
    for _ in range(6):
        planter.add(person := planter.draw())
        planter.add_copy(person)
    for _ in range(3):
        _family(planter, dice)
    planter.add(person := planter.draw())
    planter.add_again(person, {"Telefon": "wie oben"}, reasons=("invalid_value",))


def _family(planter: Planter, dice: Dice) -> None:
    """Plant three people of one name and one address; only the first of them is processed."""
    planter.add(person := planter.draw())
    for salutation in ("Frau", "Herr"):
        relative = replace(person, first_name=dice.one_of(FIRST_NAMES[salutation]), salutation=salutation)
        planter.add_again(replace(relative, customer_id="", title=""))


def _refused(planter: Planter, _dice: Dice) -> None:
    """Plant rows with cells that are refused."""
    for text in NO_ADDRESSES:
        planter.add_bad(planter.draw(), ("missing_identifier",), {"E-Mail": text})
    for text in BAD_ADDRESSES:
        planter.add_bad(planter.draw(), ("invalid_email",), {"E-Mail": text})
    for reason, rows in (("invalid_value", BAD_VALUES), ("unknown_option", UNKNOWN_OPTIONS), ("too_long", TOO_LONG)):
        for cells in rows:
            planter.add_bad(planter.draw(), (reason,), cells)
    for reasons, cells in SEVERAL:
        planter.add_bad(planter.draw(), reasons, cells)
    person = planter.draw()
    refused_at = planter.add_bad(person, ("invalid_value",), {"Telefon": "089-?"})
    planter.add_bad(person, ("duplicate_in_file",), after=refused_at)


def _miscounted(planter: Planter, _dice: Dice) -> None:
    """Plant rows with a cell too many or too few, empty rows, blank lines, and a remark below the table."""
    too_many, shifted, too_few = planter.draw(), planter.draw(), planter.draw()
    planter.add_raw((*planter.cells(too_many), ""), "wrong_column_count")
    planter.add_raw(("x", *planter.cells(shifted)), "wrong_column_count")
    repaired_after = planter.add_raw(planter.cells(too_few)[:-1], "wrong_column_count")
    planter.add(too_few, after=repaired_after)
    empty: Cells = ("",) * len(HEADER)
    planter.add_raw(empty, "missing_identifier")
    planter.add_raw(empty, "missing_identifier")
    for _ in range(2):
        planter.add_raw(())
    planter.add_raw(("Stand der Liste: 12.03.2026",), "wrong_column_count", after=AT_THE_END)


def _numbers_taken(planter: Planter, _dice: Dice) -> None:
    """Plant people who carry the customer number of somebody else."""
    for special in ({}, {}, {}, {"Anrede": "Firma"}):
        planter.add(bearer := planter.draw())
        reasons = ["customer_id_taken", *(["unknown_option"] if special else [])]
        wrong = replace(planter.draw(), customer_id=bearer.customer_id)
        planter.add_bad(wrong, reasons, special, after=planter.where(bearer))
