"""The contact list as somebody brings it: a thousand rows, most of them fine though untidy, some doubled, some bad.

Every row is planted together with what an import into an empty contact center (identified by e-mail) makes of it; no
rule is computed here. A row without reasons is added, a row with reasons stays unprocessed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from examples.demo_data.people import People, Person
from examples.demo_data.pools import CLERKS, COUNTRY_WORDS, Dice, listed

HEADER = listed(
    """Anrede, Titel, Vorname, Nachname, Firma, Straße, Nr., PLZ, Ort, Land, Telefon, E-Mail, Kundennummer, Gruppen,
    Veranstaltungskommunikation, Branche, Bearbeiter"""
)
ORDINARY_PEOPLE = 890
MAILBOXES = 12
AREA_CODES = ("+49171", "+49176", "+49221", "+4930", "+4940", "+4969", "+4989")
PHONE_FORMS = (
    "0{area}/{number}",
    "0{area}/{number}",
    "(0{area}) {number}",
    "0{area} {block}-{end}",
    "0{area} {number}",
    "+49 (0){area} {number}",
    "+49 {area} {block} {end}",
    "0049 {area} {number}",
    "+49{area}{number}",
)
SUBSCRIPTION_WORDS = {"1": ("1", "1", "1", "ja", "x", "true"), "0": ("0", "0", "nein"), "": ("",)}
NO_BREAK_SPACE = "\u00a0"
SOFT_HYPHEN = "\u00ad"
Cells = tuple[str, ...]
Special = Mapping[str, str]
NOTHING: Special = MappingProxyType({})
AT_THE_END = 0.999_999


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file and why it stays unprocessed; a row without cells is a blank line."""

    cells: Cells
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactList:
    """The whole file, and who is in the contact center after its import."""

    rows: tuple[Row, ...]
    people: tuple[Person, ...]

    def expected(self) -> dict[str, object]:
        """Say what the import reports: counts, and every unprocessed row by the line on which it starts."""
        data = [(line, row) for line, row in self._by_line() if row.cells]
        unprocessed = [(line, row) for line, row in data if row.reasons]
        outcomes = {"added": len(data) - len(unprocessed), "updated": 0, "unchanged": 0, "skipped": 0}
        return {
            "into": "an empty contact center that has the custom field Branche of bookings.json",
            "options": {"identify_by": "email", "duplicates": "fill_empty"},
            "ignored_columns": ["Bearbeiter"],
            "rows": len(data),
            "outcomes": {**outcomes, "unprocessed": len(unprocessed)},
            "reasons": _sorted_counts(reason for _, row in unprocessed for reason in row.reasons),
            "groups": _sorted_counts(group for person in self.people for group in person.groups),
            "event_communication": self._subscriptions(),
            "unprocessed": [{"line": line, "reasons": sorted(row.reasons)} for line, row in unprocessed],
        }

    def _by_line(self) -> Iterable[tuple[int, Row]]:
        line = 2
        for row in self.rows:
            yield line, row
            line += 1 + sum(cell.count("\n") for cell in row.cells)

    def _subscriptions(self) -> dict[str, int]:
        states = {"1": "subscribed", "0": "unsubscribed", "": "unknown"}
        return _sorted_counts(states[person.communication] for person in self.people)


def _sorted_counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def spelled_with_xn(address: str) -> str:
    """Write an address with an umlaut in its domain as machines do.

    >>> spelled_with_xn("info@bücher.example")
    'info@xn--bcher-kva.example'
    """
    local, _, domain = address.partition("@")
    labels = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in domain.split(".")]
    return f"{local}@{'.'.join(labels)}"


class Scribe:
    """Writes people into rows as people write: in many forms, with stray blanks, without changing what is meant."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice

    def cells(self, person: Person) -> dict[str, str]:
        """Write *person* down, untidily; the columns by name."""
        texts = self._plain(person)
        if self._dice.chance(0.12):
            column = self._dice.one_of(HEADER)
            texts[column] = self._dice.one_of((" {}", "{} ", f"{NO_BREAK_SPACE}{{}}", "{}  ")).format(texts[column])
        return texts

    def _plain(self, person: Person) -> dict[str, str]:
        own = (person.salutation, person.title, person.first_name, person.last_name, person.company, person.street)
        place = (person.house_number, person.postal_code, person.city, self._country(person.country))
        reach = (self.phone(person.phone), self._address(person.email), person.customer_id, self._groups(person.groups))
        rest = (self._dice.one_of(SUBSCRIPTION_WORDS[person.communication]), person.industry, self._dice.one_of(CLERKS))
        return dict(zip(HEADER, own + place + reach + rest, strict=True))

    def phone(self, number: str) -> str:
        """Write a number of E.164 shape in one of the usual ways.

        >>> Scribe(Dice(1)).phone("")
        ''
        """
        code = next((code for code in AREA_CODES if number.startswith(code)), "")
        if not code:
            return number
        rest = number.removeprefix(code)
        form = self._dice.one_of(PHONE_FORMS)
        return form.format(area=code.removeprefix("+49"), number=rest, block=rest[:-3], end=rest[-3:])

    def _country(self, code: str) -> str:
        return self._dice.one_of(COUNTRY_WORDS[code]) if code else ""

    def _groups(self, groups: tuple[str, ...]) -> str:
        return self._dice.one_of((";", "; ")).join(groups)

    def _address(self, address: str) -> str:
        if self._dice.chance(0.05):
            return shouted(address)
        return address.title() if self._dice.chance(0.06) else address


def shouted(address: str) -> str:
    """Write an address in capitals; `ß` stays, because its capitals would be another address."""
    return "".join(letter if letter == "ß" else letter.upper() for letter in address)


class Planter:
    """Puts rows in their places: chance decides where, but a row that must come later comes later."""

    def __init__(self, dice: Dice, people: People) -> None:
        self._dice = dice
        self._people = people
        self._scribe = Scribe(dice)
        self._placed: list[tuple[float, Row]] = []
        self._rows: dict[str, Row] = {}
        self._where: dict[str, float] = {}
        self._added: list[Person] = []

    def finish(self) -> ContactList:
        """Give the rows in their order."""
        rows = tuple(row for _, row in sorted(self._placed, key=lambda entry: entry[0]))
        added = sorted(self._added, key=lambda person: self._where[person.email])
        return ContactList(rows, tuple(added))

    def draw(self) -> Person:
        """Draw somebody with a customer number, at an address of their own."""
        person = self._people.draw()
        return person if person.customer_id else replace(person, customer_id=self._people.next_customer_id())

    def plant_people(self) -> None:
        """Plant the ordinary rows, and the common mailboxes of firms."""
        for _ in range(ORDINARY_PEOPLE):
            self.add(self._people.draw())
        for _ in range(MAILBOXES):
            self.add(self._people.mailbox())

    def claim(self, address: str) -> str:
        """Take exactly this address."""
        return self._people.claim(address)

    def add(self, person: Person, special: Special = NOTHING, *, after: float = 0.0) -> None:
        """Plant a row that is added, with some *special* cells (by column) instead of those of *person*."""
        row = Row(self.cells(person, special))
        self._rows[person.email] = row
        self._where[person.email] = self._place(row, after)
        self._added.append(person)

    def add_bad(self, person: Person, reasons: Iterable[str], special: Special = NOTHING, after: float = 0.0) -> float:
        """Plant a row that stays unprocessed; the answer is where it stands."""
        return self.add_raw(self.cells(person, special), *reasons, after=after)

    def add_again(self, person: Person, special: Special = NOTHING, reasons: Cells = ()) -> None:
        """Plant a row with the address of *person*, whose own row stands earlier."""
        self.add_bad(person, ("duplicate_in_file", *reasons), special, self._where[person.email])

    def add_copy(self, person: Person) -> None:
        """Plant the row of *person* once more, letter by letter."""
        self.add_raw(self._rows[person.email].cells, "duplicate_in_file", after=self._where[person.email])

    def add_raw(self, cells: Cells, *reasons: str, after: float = 0.0) -> float:
        """Plant a row cell by cell; the answer is where it stands."""
        return self._place(Row(cells, reasons), after)

    def cells(self, person: Person, special: Special = NOTHING) -> Cells:
        """Write a row without planting it."""
        return tuple({**self._scribe.cells(person), **special}.values())

    def where(self, person: Person) -> float:
        """Tell where the row of *person* stands."""
        return self._where[person.email]

    def _place(self, row: Row, after: float) -> float:
        where = after + (1 - after) * (0.01 + 0.98 * self._dice.below(1_000_000) / 1_000_000)
        self._placed.append((where, row))
        return where
