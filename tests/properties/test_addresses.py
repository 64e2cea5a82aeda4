"""What holds for every address, and for every text that is none."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doocore.model.fields import Refusal, trimmed
from doocore.model.identifiers import EmailAddress
from doocore.rules.addresses import PLAIN, judge_address, match_key, same_address
from doocore_adapters import email_validator
from doocore_adapters.hypothesis import SPOILED, addresses, invalid_addresses, plain_addresses, same_addresses

ANYTHING = st.text(st.characters())  # lone surrogates too
NEARLY = st.builds("{}@{}.{}".format, st.text(max_size=8), st.text(max_size=8), st.text(max_size=4))
IN_ASCII = st.builds(
    "{}@{}".format,
    st.text("aB1.-_+!/'\"<(", max_size=8),
    st.lists(st.text("aB1-xn_", max_size=8) | st.sampled_from(("de", "c0m", "local", "a-b")), max_size=4).map(".".join),
)
CHANGING = [
    letter
    for letter in map(chr, range(0x110000))
    if not letter == letter.lower() == unicodedata.normalize("NFKC", letter) == trimmed(letter)
]
"""Every character that comparing may turn into another, or take away."""

TEXTS = st.one_of(ANYTHING, NEARLY, IN_ASCII, addresses(), invalid_addresses())


class TestMatchKey:
    """Two addresses are the same when their *match keys* are equal (ID-3)."""

    @given(TEXTS)
    @example("\u2024@\u2024")
    @example("a@\u03f2.de")
    @example("a@x.\u3000.")
    def test_a_key_is_its_own_key(self, text: str) -> None:
        key = match_key(text)
        assert key is None or match_key(key) == key

    @pytest.mark.parametrize(
        "place", ["{0}@x.de", "a{0}@x.de", "A\u0308{0}b@x.de", "a@{0}.de", "a@x{0}y.de", "a@x.{0}."]
    )
    def test_also_around_each_character_that_changes(self, place: str) -> None:
        keys = map(match_key, map(place.format, CHANGING))
        assert [key for key in keys if key is not None and match_key(key) != key] == []

    @given(st.data())
    def test_however_an_address_is_written_its_key_is_one(self, data: st.DataObject) -> None:
        address = data.draw(addresses())
        written = data.draw(same_addresses(address))
        assert same_address(address, written)

    @given(addresses(), st.sampled_from((".", "..", " .")))
    def test_one_dot_at_the_end_does_not_count(self, address: str, end: str) -> None:
        assert same_address(address, address + end) == (end == ".")

    @given(addresses(), st.sampled_from(".+-_1aB\u00df\u00e9\u03c3\u0130"), st.integers(0, 64))
    def test_one_character_more_before_the_at_is_another_address(self, address: str, more: str, place: int) -> None:
        """Dots and `+tags` in the local part are **kept** (ID-3)."""
        place = min(place, address.index("@"))
        assert not same_address(address, address[:place] + more + address[place:])

    @given(addresses(), st.sampled_from("-_1aB\u00df\u00e9\u03c3"))
    def test_so_is_one_more_after_it(self, address: str, more: str) -> None:
        assert not same_address(address, address.replace("@", f"@{more}"))

    @given(addresses())
    def test_a_key_of_a_valid_address_is_stable_under_composition(self, address: str) -> None:
        assert match_key(unicodedata.normalize("NFD", address)) == match_key(unicodedata.normalize("NFC", address))

    @given(TEXTS)
    def test_a_key_can_be_stored_and_has_an_ascii_domain(self, text: str) -> None:
        key = match_key(text)
        if key is not None:
            local, at, domain = key.partition("@")
            assert (bool(local), at, domain.isascii()) == (True, "@", True)
            assert key.encode().decode() == key == trimmed(key)


class TestJudging:
    """What is not a deliverable-looking address is invalid, with a reason (ID-4)."""

    @given(TEXTS)
    def test_any_text_gets_an_answer(self, text: str) -> None:
        for judged in (judge_address(text), email_validator.email(text)):
            assert isinstance(judged, EmailAddress | Refusal)

    @given(TEXTS)
    def test_an_accepted_address_stays_as_entered_and_has_its_key(self, text: str) -> None:
        judged = email_validator.email(text)
        if isinstance(judged, EmailAddress):
            assert judged == EmailAddress(trimmed(text), match_key(text) or "no key")
            assert email_validator.email(judged.text) == judged

    @given(TEXTS)
    def test_what_the_bare_core_accepts_the_library_accepts(self, text: str) -> None:
        """FI-7, with the same value."""
        judged = judge_address(text)
        if isinstance(judged, EmailAddress):
            assert email_validator.email(text) == judged

    @given(IN_ASCII | plain_addresses())
    def test_the_pattern_of_plain_ascii_gives_the_library_s_answer(self, text: str) -> None:
        if not any(label[:4].lower() == "xn--" for label in text.partition("@")[2].split(".")):
            is_short = len(text.partition("@")[0]) <= 64  # which the library does not ask for
            assert bool(PLAIN.fullmatch(text)) == (is_short and email_validator._objection(text) is None)

    @given(plain_addresses())
    def test_plain_addresses_need_no_library(self, address: str) -> None:
        assert isinstance(judge_address(address), EmailAddress)

    @given(addresses())
    def test_valid_addresses_are_accepted(self, address: str) -> None:
        assert isinstance(email_validator.email(address), EmailAddress)

    @given(invalid_addresses())
    def test_invalid_ones_are_not(self, address: str) -> None:
        assert isinstance(email_validator.email(address), Refusal)

    @given(address=addresses())
    @pytest.mark.parametrize("spoil", SPOILED)
    def test_nothing_is_repaired(self, spoil: str, address: str) -> None:
        assert isinstance(email_validator.email(SPOILED[spoil](address)), Refusal)
