"""Invented people and the firms they work for, each with an address that nobody else has."""

import unicodedata
from collections import Counter
from dataclasses import dataclass

from examples.demo_data.pools import (
    ABROAD,
    BIG_CITIES,
    FIRST_NAMES,
    GROUPS,
    INDUSTRIES,
    LAST_NAMES,
    PRIVATE_DOMAINS,
    SMALLER_CITIES,
    TRADES,
    Dice,
    Place,
)

GERMAN_SPELLING = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe"})
FILM_LANDLINES = {"+4930": "23125", "+4940": "66969", "+4969": "90009", "+4989": "99998", "+49221": "4710"}
FILM_MOBILES = ("+4917139200", "+49176040690")
FIRM_COUNT = 130
LANDLINES_PER_CITY = 1000
MOBILES_PER_BLOCK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One contact as it should stand in the contact center: normalized values, empty where there is none."""

    email: str
    customer_id: str = ""
    salutation: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    street: str = ""
    house_number: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""
    industry: str = ""
    groups: tuple[str, ...] = ()
    communication: str = ""
    """`1`, `0` or empty: the subscription to event communication."""


@dataclass(frozen=True, slots=True)
class Firm:
    """Where several people work: they share its name, postal address and domain."""

    name: str
    domain: str
    industry: str
    place: Place
    postal_code: str
    street: str
    house_number: str


UNUSUAL_FIRMS = (
    ("Bücher am Dom", "bücher.example", "Handel"),
    ("Café Amélie", "café-amélie.example", "Kultur"),
    ("Straßenbau Weiß", "straßenbau-weiß.example", "Bau"),
    ("=Design", "gleich-design.example", "Medien"),
    ("-Bau-", "bau-strich.example", "Bau"),
    ("@work Büroservice", "at-work.example", "Verwaltung"),
    ("+plus Energieberatung", "plus-energie.example", "Bau"),
    ("Weber, Schulz & Partner", "weber-schulz.example", "Verwaltung"),
    ('Agentur "Blickfang"', "blickfang.example", "Medien"),
    ("Stadtwerke am Fluß\nAbteilung Netze", "stadtwerke.example", "Verwaltung"),
    ('Verlag "Text; Bild", Nachf.', "text-bild.example", "Medien"),
    ("Smith & Sons Ltd.", "smith-and-sons.example", "Handel"),
)


def slug(text: str) -> str:
    """Spell a name with the letters an address is usually made of.

    >>> slug("von der Größe"), slug("O'Neil"), slug("García")
    ('von-der-groesse', 'oneil', 'garcia')
    """
    spelled = unicodedata.normalize("NFD", text.lower().translate(GERMAN_SPELLING))
    kept = "".join(letter for letter in spelled if letter.isascii() and (letter.isalnum() or letter in " -"))
    return "-".join(kept.replace("-", " ").split())


class People:
    """Draws people; the counters in here see to it that no address, number or telephone is given out twice."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._addresses: set[str] = set()
        self._numbers: Counter[str] = Counter()
        self._firms = self._found_firms()

    def draw(self) -> Person:
        """Draw somebody, at work or at home."""
        salutation = self._dice.one_of(("Frau", "Herr"))
        first_name = self._dice.one_of(FIRST_NAMES[salutation])
        last_name = self._dice.one_of(LAST_NAMES)
        firm = self._dice.one_of(self._firms) if self._dice.chance(0.65) else None
        email = self._new_address(first_name, last_name, firm.domain if firm else self._dice.one_of(PRIVATE_DOMAINS))
        return self._live_somewhere(salutation, first_name, last_name, email, firm)

    def mailbox(self) -> Person:
        """Draw the common mailbox of a firm: no name, no telephone."""
        firm = self._dice.one_of(self._firms)
        email = self._claim(self._dice.one_of(("info", "kontakt", "buero")), firm.domain)
        return Person(email=email, company=firm.name, industry=firm.industry, customer_id=self.next_customer_id())

    def next_customer_id(self) -> str:
        """Give the next number: most as K-10001, some as old ones with leading zeros."""
        if self._dice.chance(0.06):
            return f"{100 + self._next('old customer'):06}"
        return f"K-{10001 + self._next('customer')}"

    def claim(self, address: str) -> str:
        """Take exactly this address, so that nobody is given it later."""
        self._addresses.add(address)
        return address

    def _live_somewhere(
        self, salutation: str, first_name: str, last_name: str, email: str, firm: Firm | None
    ) -> Person:
        place = firm.place if firm else self._home()
        return Person(
            email=email,
            customer_id=self.next_customer_id() if self._dice.chance(0.7) else "",
            salutation=salutation if self._dice.chance(0.9) else "",
            title=self._dice.one_of(("Dr.", "Dr.", "Prof.")) if self._dice.chance(0.07) else "",
            first_name=first_name,
            last_name=last_name,
            company=firm.name if firm else "",
            street=firm.street if firm else self._dice.one_of(place.streets),
            house_number=firm.house_number if firm else self._house_number(),
            postal_code=firm.postal_code if firm else self._dice.one_of(place.postal_codes),
            city=place.city,
            country=place.country if place.country != "DE" or self._dice.chance(0.75) else "",
            phone=self._phone(place),
            industry=firm.industry if firm and self._dice.chance(0.8) else "",
            groups=self._groups(),
            communication=self._dice.one_of(("1", "1", "1", "1", "0", "", "")),
        )

    def _found_firms(self) -> tuple[Firm, ...]:
        unusual = [self._firm(*entry, self._dice.one_of(BIG_CITIES)) for entry in UNUSUAL_FIRMS]
        names = self._dice.shuffled(LAST_NAMES)
        return tuple(unusual + [self._family_firm(names[index % len(names)]) for index in range(FIRM_COUNT)])

    def _family_firm(self, family: str) -> Firm:
        industry = self._dice.one_of(INDUSTRIES)
        trade = self._dice.one_of(TRADES[industry])
        domain = f"{slug(family)}-{slug(trade.split()[0])}.example"
        return self._firm(f"{family} {trade}", domain, industry, self._home())

    def _firm(self, name: str, domain: str, industry: str, place: Place) -> Firm:
        street = self._dice.one_of(place.streets)
        return Firm(name, domain, industry, place, self._dice.one_of(place.postal_codes), street, self._house_number())

    def _home(self) -> Place:
        if self._dice.chance(0.05):
            return self._dice.one_of(ABROAD)
        return self._dice.one_of(BIG_CITIES if self._dice.chance(0.6) else SMALLER_CITIES)

    def _house_number(self) -> str:
        number = 1 + self._dice.below(120)
        return f"{number}{self._dice.one_of(('', '', '', '', 'a', ' b', f'-{number + 2}'))}"

    def _groups(self) -> tuple[str, ...]:
        if self._dice.chance(0.55):
            return ()
        return tuple(sorted({self._dice.one_of(GROUPS), self._dice.one_of(GROUPS)}))

    def _phone(self, place: Place) -> str:
        if place.area and self._dice.chance(0.7):
            last = self._next(place.area)
            return f"{place.area}{FILM_LANDLINES[place.area]}{last:03}" if last < LANDLINES_PER_CITY else ""
        if self._dice.chance(0.35):
            block, last = divmod(self._next("mobile"), MOBILES_PER_BLOCK)
            return f"{FILM_MOBILES[block]}{last:02}" if block < len(FILM_MOBILES) else ""
        return ""

    def _new_address(self, first_name: str, last_name: str, domain: str) -> str:
        first, last = slug(first_name), slug(last_name)
        full, short = f"{first}.{last}", f"{first[0]}.{last}"
        forms = (full, full, full, full, short, short, last, f"{first}{last}", f"{last}_{first}", f"{short}+messe")
        return self._claim(self._dice.one_of(forms), domain)

    def _claim(self, local: str, domain: str) -> str:
        address, count = f"{local}@{domain}", 1
        while address in self._addresses:
            count += 1
            mailbox, plus, tag = local.partition("+")
            address = f"{mailbox}{count}{plus}{tag}@{domain}"
        return self.claim(address)

    def _next(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind] - 1
