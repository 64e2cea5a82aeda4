"""Codes that are redeemed at the same time, in processes of their own (CO-4)."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from doocore import Booking, CodeUse, Party
from tests.racing.races import Races, center_at

PROCESSES = 8


def number_of(me: int) -> str:
    """Give the number of the booking of this process."""
    return f"TX-RACE-{me:04}"


def prepared(where: Mapping[str, Any], names: Sequence[str], processes: int = PROCESSES, **terms: Any) -> None:  # noqa: ANN401
    """Create the codes, and a booking for each process."""
    with center_at(where) as center:
        for name in names:
            center.codes.create(name, **terms)
        for me in range(processes):
            center.book(Booking(event_id="gala", booker=Party(), number=number_of(me)))


def used(where: Mapping[str, Any]) -> list[int]:
    """Count the uses of each code, in order of creation."""
    with center_at(where) as center:
        return [len(each.used_in) for each in center.codes.all()]


def test_a_single_use_code_is_redeemed_once_however_many_try(where: Mapping[str, Any], races: Races) -> None:
    """200 codes, eight processes, each after every code, in an order of its own: 200 redemptions, and no other error."""
    names = [f"Früh {number:03}" for number in range(200)]
    prepared(where, names)
    chance = random.Random(4)  # noqa: S311, no secret
    answers = races.run(
        *(
            {
                "task": "redeem",
                "where": where,
                "redemptions": [[name.upper(), number_of(me)] for name in chance.sample(names, len(names))],
            }
            for me in range(PROCESSES)
        )
    )
    told = [each for answer in answers for each in answer["answers"]]
    assert Counter(each.get("reason") for each in told) == {None: 200, "redeemed": 1_400}
    assert sorted(each["redeemed"] for each in told if "redeemed" in each) == names
    assert [answer["broken_off"] for answer in answers] == [0] * PROCESSES
    assert used(where) == [1] * 200
    with center_at(where) as center:
        redeemed = Counter(number for each in center.codes.all() for number in each.used_in)
    mine = [sum("redeemed" in each for each in answer["answers"]) for answer in answers]
    assert redeemed == Counter({number_of(me): count for me, count in enumerate(mine) if count})


def test_a_limit_is_never_passed(where: Mapping[str, Any], races: Races) -> None:
    """Eight processes with 20 bookings each, all with the same code, which has 50 uses: 50 bookings, the rest is refused."""
    prepared(where, ["EARLY"], 0, use=CodeUse.MULTI, limit=50)
    bookings = [{"parties": [{}], "codes": ["early"]}] * 20
    answers = races.run(*[{"task": "book", "where": where, "bookings": bookings}] * PROCESSES)
    told = Counter(each.get("error") for answer in answers for each in answer["answers"])
    assert told == {None: 50, "CodeNotRedeemableError": 110}
    assert used(where) == [50]
    with center_at(where) as center:
        assert len(list(center.bookings.all())) == 50


def uses_after_a_race(
    where: Mapping[str, Any], races: Races, folder: Path, *, lock: str, patience: float
) -> Sequence[int]:
    """Let four processes redeem the same three codes, with a pause between reading and writing; count the uses."""
    folder.mkdir()
    names = ["A", "B", "C"]
    prepared(where, names, 4)
    careless = {"lock": lock, "folder": str(folder), "racers": 4, "patience": patience}
    races.run(
        *(
            {
                "task": "redeem",
                "where": where,
                "redemptions": [[name, number_of(me)] for name in names],
                "careless": careless | {"me": me},
            }
            for me in range(4)
        )
    )
    return used(where)


def test_it_is_the_lock_that_prevents_a_second_use(where: Mapping[str, Any], races: Races, tmp_path: Path) -> None:
    """With a pause between reading and writing there is still one."""
    assert uses_after_a_race(where, races, tmp_path / "kept", lock="kept", patience=0.05) == [1, 1, 1]


def test_without_the_lock_everybody_redeems_it(where: Mapping[str, Any], races: Races, tmp_path: Path) -> None:
    """All have read before anybody writes: then a code for one use has four."""
    lock = {"sqlite": "split", "postgres": "dropped"}[where["kind"]]
    assert uses_after_a_race(where, races, tmp_path / "lost", lock=lock, patience=60) == [4, 4, 4]
