"""Which addresses are the same (ID-3), and which are none (ID-4, FI-7), case by case."""

import re
import unicodedata

import idna
import pytest

from doocore.model.fields import VALIDATION_EXTRA, Refusal, ValueReason
from doocore.model.identifiers import EmailAddress
from doocore.rules import addresses
from doocore.rules.addresses import COMPLAINTS, EXPECTED, PLAIN, judge_address, match_key, same_address, text_key

TEN_MEGABYTES = 10_000_000


def accepts(text: str) -> bool:
    return isinstance(judge_address(text), EmailAddress)


def hint(text: str) -> str:
    refusal = judge_address(text)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.expected) == (ValueReason.INVALID_EMAIL, EXPECTED)
    return refusal.hint


class TestSameAddress:
    """Two addresses are the same when their *match keys* are equal (ID-3)."""

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("Ada@Example.org", "ada@example.org"),
            ("\ufeff ada@example.org\u00a0", "ada@example.org"),
            ("\u00adada@example.org\u200b", "ada@example.org"),
            ("ada@example.org.", "ada@example.org"),
            ("ju\u0308rgen@x.de", "j\u00fcrgen@x.de"),
            ("J\u00dcRGEN@x.de", "j\u00fcrgen@x.de"),
            ("\u039f\u0394\u039f\u03a3@x.gr", "\u03bf\u03b4\u03bf\u03c2@x.gr"),
            ("\u03bf\u03b4\u03bf\u03c3@x.gr", "\u03bf\u03b4\u03bf\u03c2@x.gr"),
            ("ada@B\u00fccher.de", "ada@xn--bcher-kva.de"),
            ("ada@B\u00dcCHER.DE", "ada@XN--BCHER-KVA.de"),
            ("ada@bu\u0308cher.de", "ada@b\u00fccher.de"),
            ("ada@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.de", "ada@example.de"),
            ("ada@H\u0331.de", "ada@\u1e96.de"),
            ("H\u0331@x.de", "\u1e96@x.de"),
        ],
    )
    def test_re_cased_re_spaced_and_re_composed_addresses_are_the_same(self, a: str, b: str) -> None:
        assert same_address(a, b)
        assert same_address(b, a)

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("ada.l@example.org", "adal@example.org"),
            ("ada+list@example.org", "ada@example.org"),
            ("stra\u00dfe@x.de", "strasse@x.de"),
            ("m\u00fc\u00dfig@x.de", "m\u00fcssig@x.de"),
            ("ada@stra\u00dfe.de", "ada@strasse.de"),
            ("ada@fa\u00df.de", "ada@fass.de"),
            ("ada@\u03b2\u03cc\u03bb\u03bf\u03c2.gr", "ada@\u03b2\u03cc\u03bb\u03bf\u03c3.gr"),
            ("\u0130@x.de", "i@x.de"),
            ("\u0131@x.de", "i@x.de"),
            ("j\u00fcrgen@x.de", "jurgen@x.de"),
            ("\uff41da@x.de", "ada@x.de"),
            ("a\u200bda@x.de", "ada@x.de"),
            ("ada@x\u00ad.de", "ada@x.de"),
            ("ada@example.org", "ada@example.com"),
        ],
    )
    def test_rather_two_contacts_too_many_than_two_persons_in_one(self, a: str, b: str) -> None:
        assert not same_address(a, b)

    @pytest.mark.parametrize("dot", "\u3002\uff0e\uff61\u2024\ufe52")
    def test_a_dot_like_character_is_refused(self, dot: str) -> None:
        assert match_key(f"ada@example{dot}org") is None

    @pytest.mark.parametrize("holder", ["\u2488", "\u2026", "\u33c2"])
    def test_so_is_a_character_that_holds_a_dot(self, holder: str) -> None:
        assert "." in unicodedata.normalize("NFKC", holder)
        assert match_key(f"ada@x{holder}y.org") is None

    @pytest.mark.parametrize("text", ["\u212aim@x.de", "a\u037eb@x.de", "\u1fefa@x.de"])
    def test_a_local_part_that_only_becomes_ascii_is_refused(self, text: str) -> None:
        assert match_key(text) is None
        assert not same_address(text, text)

    @pytest.mark.parametrize(
        "text",
        [
            *("", " ", "ada", "@x.de", "ada@", "ada@.", "ada@x..de", "ada@x.de..", "ada@b@x.de", "ada@b\uff20x.de"),
            *("ada@x.d\u2003.", "ada@ x.de", "a\0da@x.de", "a\ud800@x.de", "ada@x\ud800.de"),
            *(
                "u\u0308" * 150 + "@x.de",
                "a" * 260 + "@x.de",
                "ada@" + "\u00fc\u4e00" * 120 + ".de",
                " " * 5000 + "ada@x.de",
            ),
        ],
    )
    def test_what_is_no_single_address_has_no_key(self, text: str) -> None:
        assert match_key(text) is None

    @pytest.mark.parametrize(
        ("text", "key"), [("Ada@LOCALHOST", "ada@localhost"), ("A da@x_y.de", "a da@x_y.de"), ("Ada@X.de.", "ada@x.de")]
    )
    def test_a_key_says_nothing_about_validity(self, text: str, key: str) -> None:
        assert match_key(text) == key
        assert not accepts(text)

    def test_a_key_has_255_characters_at_most(self) -> None:
        """One more than the longest address: a dot at the end does not count."""
        assert match_key("A" * 251 + "@x.y") == "a" * 251 + "@x.y"
        assert match_key("a" * 252 + "@x.y") is None

    def test_blanks_around_do_not_count_up_to_4096_characters(self) -> None:
        assert match_key("ada@x.de".rjust(4096)) == "ada@x.de"
        assert match_key("ada@x.de".rjust(4097)) is None

    def test_the_idna_codec_is_not_asked(self) -> None:
        """It would make one of straße.de and strasse.de."""
        assert match_key("ada@stra\u00dfe.de") == "ada@xn--strae-oqa.de"
        assert "stra\u00dfe".encode("idna") == b"strasse"


class TestTextKey:
    """Re-casing or re-spacing the prefilled address is no change (AS-9), be it an address or not."""

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            (" Ada@Example.org", "ada@example.org"),
            ("\u00a0None given ", "None given"),
            ("\u212aim@x.de", "\u212aim@x.de"),
            (" \u200b", None),
            (None, None),
        ],
    )
    def test_is_the_match_key_or_the_text_itself(self, text: str | None, key: str | None) -> None:
        assert text_key(text) == key


class TestPlainAscii:
    """What the bare core accepts without extras, the libraries accept (FI-7); of plain ASCII it knows all."""

    @pytest.mark.parametrize(
        "text",
        [
            *("a@b.de", "ada.lovelace+list@mail.example.org", "!#$%&'*+-/=?^_`{|}~@x.de", "1@1.de", "-@x.de"),
            *("ada@x.local", "ada@x.test", "ada@x.example", "ada@x.invalid", "ada@mail.localhost", "ada@x.onion"),
            *("a" * 64 + "@x.de", "ada@" + "b" * 63 + ".de", "ada@a-b.c0m", "ada@a-b--c.de"),
            *("a" * 64 + "@" + ("b" * 61 + ".") * 3 + "de", "ADA@X.DE"),
        ],
    )
    def test_is_accepted_as_entered(self, text: str) -> None:
        assert judge_address(f" {text}\u00a0") == EmailAddress(text, text.lower())

    @pytest.mark.parametrize(
        "text",
        [
            *("", "ada", "ada@localhost", "@x.de", "ada@", "a@b@c.de", ".ada@x.de", "ada.@x.de", "a..da@x.de"),
            *("ada@x.d3", "ada@1.2.3.4", "ada@-x.de", "ada@x-.de", "ada@x.de-", "ada@x..de", "ada@.x.de", "ada@x.de."),
            *("ada@ab--c.de", "ada@x_y.de", "a(d)a@x.de", "ada,l@x.de", "a:da@x.de", "a\\da@x.de", "ada@x.de/y"),
            *("a" * 65 + "@x.de", "ada@" + "b" * 64 + ".de", "ada@" + ("b" * 62 + ".") * 3 + "b" * 62 + "de"),
            *("ada@x.de\nbcc: bob@x.de", "ada@x.de\0", "a\tda@x.de", "a\x7fda@x.de"),
        ],
    )
    def test_is_refused_with_a_reason(self, text: str) -> None:
        assert not accepts(text)
        assert hint(text) != f"outside plain ASCII the extra {VALIDATION_EXTRA} is needed to judge it"

    def test_blanks_around_do_not_count_up_to_4096_characters(self) -> None:
        assert accepts("ada@x.de".rjust(4096))
        assert not accepts("ada@x.de".rjust(4097))

    def test_the_pattern_of_an_address_has_all_limits_in_it(self) -> None:
        """ID-4: 64 octets before the @, 63 in a label, 254 in all."""
        taken = addresses._address_pattern(atoms="a", letters="b").fullmatch
        full = "a" * 64 + "@" + ("b" * 61 + ".") * 3 + "bbb"
        assert len(full) == 254
        assert all(map(taken, ["a@b.b", "a" * 64 + "@b.b", "a@b." + "b" * 63, full]))
        assert not any(map(taken, ["a" * 65 + "@b.b", "a@b." + "b" * 64, full + "b", "None", "b@a.a"]))

    def test_the_limit_of_254_octets_is_exact(self) -> None:
        longest = "a" * 64 + "@" + ("b" * 61 + ".") * 3 + "de"
        assert len(longest) == 253
        assert accepts(longest + "e")
        assert not accepts(longest + "ee")


class TestALabels:
    """A-labels are ASCII; those of certain letters need no library, the others do (FI-7)."""

    @pytest.mark.parametrize(
        "domain", ["xn--bcher-kva.de", "XN--BCHER-KVA.de", "xn--strae-oqa.de", "x.xn--p1ai", "xn--hxajbheg2az3al.gr"]
    )
    def test_of_certain_letters_are_accepted(self, domain: str) -> None:
        assert accepts(f"ada@{domain}")

    @pytest.mark.parametrize(
        "domain",
        [
            "xn--4dbc.com",  # from right to left
            "xn--fsqu00a.com",  # Chinese
            "xn--bcher-kvb.de",  # something else than bücher
            "xn--zzzzzzzzzz99999.de",  # no punycode at all
            "xn--x.de",
            "xn---tda.de",  # \u00fc, but not as it is written
            *("xn--" + label.encode("punycode").decode() + ".de" for label in ("ab--\u00fc", "-\u00fc", "\u00fc-")),
        ],
    )
    def test_of_others_are_for_the_library(self, domain: str) -> None:
        assert VALIDATION_EXTRA in hint(f"ada@{domain}")

    def test_every_certain_letter_is_one_for_the_library_too(self) -> None:
        certain = [chr(point) for point in range(0x80, 0x3000) if addresses._CERTAIN_LABEL.fullmatch(chr(point))]
        assert len(certain) > 150
        for letter in certain:
            label = idna.alabel(f"x{letter}{letter}-{letter}")
            assert idna.ulabel(label) == f"x{letter}{letter}-{letter}"


class TestBeyondAscii:
    """What only a library can judge …, the bare core calls invalid with a reason that names the extra to install (FI-7)."""

    @pytest.mark.parametrize("text", ["j\u00fcrgen@x.de", "ada@b\u00fccher.de", "\u5c71\u7530@\u4f8b\u5b50.com"])
    def test_the_bare_core_names_the_extra(self, text: str) -> None:
        assert VALIDATION_EXTRA in hint(text)

    @pytest.mark.parametrize("text", ["j\u00fcrgen@x.de", "ada@b\u00fccher.de"])
    def test_a_library_decides(self, text: str) -> None:
        assert judge_address(text, ask=lambda _: None) == EmailAddress(text, match_key(text) or "")
        refusal = judge_address(text, ask=lambda asked: f"not {asked}")
        assert isinstance(refusal, Refusal)
        assert refusal.hint == f"not {text}"

    @pytest.mark.parametrize(
        "text",
        [
            *("ada@example.org", "ada", "ada@localhost", "ada@x.d3", "a\u200bda@x.de", "\u212aim@x.de"),
            *("ada@x\u3002de", "j\u00fcrgen@x_y.de", "j\u00fcr(gen@x.de", "\u00fc" * 33 + "@x.de", "\ud800@x.de"),
            "\u00fc@" + "b" * 64 + ".de",
            *("\u00fc@" + "\u00fc." * 200, "a\u3164@x.de", "a\ufe0f@x.de", "a@x\u034f.de"),
        ],
    )
    def test_it_is_not_asked_about_what_needs_none(self, text: str) -> None:
        asked: list[str] = []
        judge_address(text, ask=asked.append)
        assert asked == []


class TestHints:
    """In an import it makes the row unprocessed, with a hint where the form is recognized (ID-4)."""

    EXAMPLES = (
        ("mailto", "MailTo:ada@x.de"),
        ("name", "Ada Lovelace <ada@x.de>"),
        ("list", "ada@x.de, bob@x.de"),
        ("list", "ada@x.de;bob@x.de"),
        ("too long", "a@" + "b." * 130 + "de"),
        ("too long", "a@" + "b" * 300),
        ("too long", "a@" + "\u00fc." * 90 + "de"),
        *(("quoted", text) for text in ('"ada l"@x.de', '"ada l@x.de', 'ada"@x.de')),
        ("literal", "ada@[127.0.0.1]"),
        ("wide at", "ada\uff20x.de"),
        ("no at", "ada.x.de"),
        ("two at", "ada@@x.de"),
        ("blank", "ada @x.de"),
        ("invisible", "ada\u200d@x.de"),
        ("invisible", "ada@x\u3164.de"),
        ("wide dot", "ada@x\u3002de"),
        ("dot at the end", "ada@x.de."),
        ("no dot", "ada@localhost"),
        *(("lone dot", text) for text in (".ada@x.de", "a..da@x.de", "ada.@x.de", "ada@.x.de", "ada@x..de")),
        ("long local", "\u00fc" * 33 + "@x.de"),
        ("long label", "ada@" + "b" * 64 + ".de"),
        ("number", "ada@127.0.0.1"),
    )

    @pytest.mark.parametrize(("row", "text"), EXAMPLES)
    def test_name_the_form(self, row: str, text: str) -> None:
        assert hint(text) == COMPLAINTS[row][1]

    def test_every_row_of_the_table_has_an_example(self) -> None:
        assert {row for row, _ in self.EXAMPLES} == set(COMPLAINTS)

    def test_the_table_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(addresses, "COMPLAINTS", {"blank": (re.compile(" ").search, "no blanks, please")})
        assert hint("ada @localhost") == "no blanks, please"

    @pytest.mark.parametrize("text", ["a" * 254, "\u00fc" * 127])
    def test_what_has_254_octets_is_not_too_long(self, text: str) -> None:
        assert hint(text) == COMPLAINTS["no at"][1]
        assert hint(text + "a") == COMPLAINTS["too long"][1]

    def test_where_no_form_is_recognized_there_is_none(self) -> None:
        assert hint("a(d)a@x.de") == ""

    def test_a_letter_that_passes_for_another_is_told(self) -> None:
        assert hint("\u212aim@x.de") == "one of its characters would pass for another"

    @pytest.mark.parametrize("row", COMPLAINTS)
    def test_no_complaint_applies_to_a_plain_address(self, row: str) -> None:
        longest = "a" * 64 + "@" + "b" * 63 + ".de"
        assert PLAIN.fullmatch(longest)
        assert not COMPLAINTS[row][0](longest)


class TestJunk:
    """Hostile input costs a look at its beginning, whatever its length."""

    @pytest.mark.parametrize(
        "junk", ["a", " ", "@", "\u00fc", "<", "@,", "\ud800", "\0", "a@b.", "\u0300", '"', "\u200b"]
    )
    def test_is_refused_after_a_glance(self, junk: str, monkeypatch: pytest.MonkeyPatch) -> None:
        text = junk * (TEN_MEGABYTES // len(junk))
        seen: list[int] = []

        def looking(text: str) -> bool:
            seen.append(len(text))
            return False

        rows = {"look": (looking, ""), **COMPLAINTS}
        monkeypatch.setattr(addresses, "COMPLAINTS", rows)
        monkeypatch.setattr(addresses, "trimmed", lambda _: pytest.fail("ten megabytes were trimmed"))
        assert not accepts(text)
        assert match_key(text) is None
        assert seen == [addresses._GLANCE]
