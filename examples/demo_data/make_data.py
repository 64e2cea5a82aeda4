"""Make the list and the bookings that `doocore demo` ships with.

Run it in the folder above `examples`; it writes the same bytes every time:

    python -m examples.demo_data.make_data
"""

import csv
import io
import json
from pathlib import Path

from examples.demo_data.booking_desk import BookingDesk, Json
from examples.demo_data.booking_scenes import EVENTS, FIELDS, play_all
from examples.demo_data.contact_list import HEADER, ContactList
from examples.demo_data.contact_traps import contact_list
from examples.demo_data.people import People
from examples.demo_data.pools import Dice

SEED = 20260302
DATA = Path(__file__).parents[2] / "src" / "doocore_adapters" / "demo" / "data"


def files() -> dict[str, bytes]:
    """Compute every file, by its name."""
    dice = Dice(SEED)
    people = People(dice)
    contacts = contact_list(dice, people)
    desk = BookingDesk(dice, contacts.people, people)
    play_all(desk)
    expected = {"import": contacts.expected(), "bookings": len(desk.bookings()), "parties": desk.expected()}
    return {
        "contacts.csv": _table(contacts, delimiter=",", line_end="\n").encode(),
        "contacts-latin1.csv": _table(contacts, delimiter=";", line_end="\r\n").encode("iso-8859-1"),
        "bookings.json": _document(_story(desk)).encode(),
        "expected.json": _document(expected).encode(),
    }


def _table(contacts: ContactList, *, delimiter: str, line_end: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([HEADER, *(row.cells for row in contacts.rows)])
    return text.getvalue()


def _story(desk: BookingDesk) -> Json:
    return {"fields": FIELDS, "events": EVENTS, "also_create": desk.also_create, "bookings": desk.bookings()}


def _document(value: object, indent: str = "") -> str:
    """Write JSON with one line for each member of a list, so that a difference can be read.

    >>> print(_document({"a": [1, 2]}), end="")
    {
      "a": [
        1,
        2
      ]
    }
    """
    inner = indent + "  "
    if isinstance(value, dict) and value and not indent.startswith("    "):
        lines = [f"{inner}{json.dumps(key)}: {_document(member, inner)}" for key, member in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}" + ("" if indent else "\n")
    if isinstance(value, list) and value:
        lines = [inner + json.dumps(member, ensure_ascii=False) for member in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    """Write the files into the package."""
    DATA.mkdir(exist_ok=True)
    for name, content in files().items():
        (DATA / name).write_bytes(content)


if __name__ == "__main__":
    main()
