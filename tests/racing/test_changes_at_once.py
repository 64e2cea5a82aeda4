"""Changes by hand at the same time, in processes of their own: none is lost."""

from collections.abc import Mapping
from typing import Any

from tests.racing.races import Races, center_at


def test_no_change_of_many_writers_is_lost(where: Mapping[str, Any], races: Races) -> None:
    """Eight writers with 100 changes each, of the same contact: 800 entries in its history, of versions without a gap."""
    names = ("first_name", "last_name", "company", "city", "street", "customer_id", "comment", "comment")
    with center_at(where) as center:
        ada = center.create_contact({"email": "ada@example.org"}).id

    def value(me: int, turn: int) -> str:
        return f"Größe {me}: {turn}"

    answers = races.run(
        *(
            {
                "task": "change",
                "where": where,
                "changes": [{"contact_id": ada, "values": {name: value(me, turn)}} for turn in range(100)],
            }
            for me, name in enumerate(names)
        )
    )
    versions = [version for answer in answers for version in answer["answers"]]
    assert sorted(versions) == [*range(2, 802)]
    with center_at(where) as center:
        history = center.history(ada)
        assert [entry.version for entry in history] == [*range(2, 802)]
        for me, name in enumerate(names):
            written = [entry.after[name] for entry in history if name in entry.after]
            assert [each for each in written if str(each).startswith(f"Größe {me}:")] == [
                value(me, turn) for turn in range(100)
            ]
            overwritten = [entry.before.get(name) for entry in history if name in entry.after]
            assert overwritten == [None, *written[:-1]]
        contact = center.contact(ada)
        assert {name: contact.values[name] for name in names[:6]} == {
            name: value(me, 99) for me, name in enumerate(names[:6])
        }


def test_of_changes_from_one_version_the_second_is_told(where: Mapping[str, Any], races: Races) -> None:
    """Whoever names the version that was looked at gets `stale_version` if another was faster; nothing is lost of either."""
    with center_at(where) as center:
        ids = [center.create_contact({"email": f"{number}@example.org"}).id for number in range(30)]
    fields = ("city", "city", "company")
    answers = races.run(
        *(
            {
                "task": "change",
                "where": where,
                "changes": [{"contact_id": each, "values": {name: f"Ö {me}"}, "version": 1} for each in ids],
            }
            for me, name in enumerate(fields)
        )
    )
    with center_at(where) as center:
        for each, told in zip(ids, zip(*(answer["answers"] for answer in answers), strict=True), strict=True):
            assert sorted(told, key=str) == [2, "stale_version", "stale_version"]
            winner = told.index(2)
            contact = center.contact(each)
            assert (contact.version, contact.values[fields[winner]]) == (2, f"Ö {winner}")
            assert len(contact.values) == 2
