"""The four libraries behind `ValueParsers`, and their traps (ID-4, FI-1, FI-6, FI-7)."""

import re
from collections.abc import Callable
from typing import Any

import email_validator as email_library
import phonenumbers as phone_library
import pytest
from babel import Locale
from babel.localedata import locale_identifiers

from doocore.model.fields import Refusal, ValueParsers, ValueReason
from doocore.model.identifiers import EmailAddress
from doocore.rules.values import COUNTRY_CODES, DATE_ORDERS, LOCAL_DATE_ORDERS, DateOrder, date_order
from doocore_adapters import babel, dateutil, email_validator, phonenumbers
from doocore_adapters.validation import LibraryParsers


class Calls:
    """Stands in for a function of a library and notes what it was given."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.texts: list[str] = []

    def __call__(self, text: str, *args: object, **options: object) -> object:
        self.texts.append(text)
        return self.function(text, *args, **options)


def refused(answer: object) -> ValueReason | None:
    return answer.reason if isinstance(answer, Refusal) else None


class TestEmail:
    """Syntax only, never a DNS look-up (ID-4)."""

    @pytest.fixture
    def calls(self, monkeypatch: pytest.MonkeyPatch) -> Calls:
        calls = Calls(email_library.validate_email)
        monkeypatch.setattr(email_library, "validate_email", calls)
        return calls

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("J\u00fcrgen@x.de", "j\u00fcrgen@x.de"),
            ("ada@B\u00fccher.de", "ada@xn--bcher-kva.de"),
            ("\u5c71\u7530@\u4f8b\u5b50.com", "\u5c71\u7530@xn--fsqu00a.com"),
            ("ada@xn--fsqu00a.com", "ada@xn--fsqu00a.com"),
            ("ada@\u05d0\u05d1.com", "ada@xn--4dbc.com"),
            ("ada@\uff38.de", "ada@x.de"),
            ("ada@\u00fc.\uff4c\uff4f\uff43\uff41\uff4c", "ada@xn--tda.local"),
        ],
    )
    def test_beyond_ascii_the_library_judges(self, text: str, key: str) -> None:
        assert email_validator.email(f" {text}\u200b") == EmailAddress(text, key)

    @pytest.mark.parametrize("top", email_library.SPECIAL_USE_DOMAIN_NAMES + ["example"])  # noqa: RUF005, it is a list
    @pytest.mark.parametrize("local", ["ada", "j\u00fcrgen"])
    def test_special_use_domains_are_accepted(self, local: str, top: str) -> None:
        """Special-use domains such as `.local` or `.test` are accepted."""
        before = list(email_library.SPECIAL_USE_DOMAIN_NAMES)
        assert isinstance(email_validator.email(f"{local}@mail.{top}"), EmailAddress)
        assert isinstance(email_validator.email(f"{local}@mail.{top.upper()}"), EmailAddress)
        assert refused(email_validator.email(f"{local}@{top}")) is ValueReason.INVALID_EMAIL
        assert before == email_library.SPECIAL_USE_DOMAIN_NAMES

    @pytest.mark.parametrize(
        "text",
        [
            *("ada@xn--zz.de", "ada@\u00fc_.de", "ada@-\u00fc.de", "ada@\u00fc.d3", "ada@ab--\u00fc.de", "\u0301@x.de"),
            *("\u00fc@localhost", "\u00fc..a@x.de", "ada@\u00fc\u3002de", "ada@x\u2488.de"),
            *("\u212aim@x.de", "\u00fc\u200b@x.de", "a\u3164@x.de", "\u2764\ufe0f@x.de", "ada@x\ufe0f.de"),
            *("a\u034fb@x.de", "\ue000@x.de", "\ud800@x.de", '"\u00fc l"@x.de', "\u00fc@[127.0.0.1]"),
            *("\u00dc <\u00fc@x.de>", "mailto:\u00fc@x.de", "\u00fc@x.de,a@x.de", "\u00fc" * 33 + "@x.de"),
            *("ada@" + "\u00fc" * 60 + ".de", "a@" + ("\u00fc" * 30 + ".") * 5 + "de"),
        ],
    )
    def test_what_is_invalid_stays_invalid(self, text: str) -> None:
        assert refused(email_validator.email(text)) is ValueReason.INVALID_EMAIL

    def test_the_reason_is_the_library_s(self) -> None:
        answer = email_validator.email("ada@ab--\u00fc.de")
        assert isinstance(answer, Refusal)
        assert "two dashes" in answer.hint

    @pytest.mark.parametrize(
        "text", ["ada@example.org", "ada@x.local", "ada", "ada@localhost", "ada@xn--bcher-kva.de", "\u00fc @x.de"]
    )
    def test_what_needs_no_library_does_not_reach_it(self, text: str, calls: Calls) -> None:
        email_validator.email(text)
        assert calls.texts == []

    @pytest.mark.parametrize("piece", ["\u00fc", "\u00fc@", "\u00fc@\u00fc.", "xn--", "\u0301"])
    def test_nor_does_anything_longer_than_an_address(self, piece: str, calls: Calls) -> None:
        for length in (255, 1000, 10_000_000):
            assert (
                refused(email_validator.email(("\u00fc@\u00fc.de" + piece * length)[:length]))
                is ValueReason.INVALID_EMAIL
            )
        assert calls.texts == []

    def test_no_name_server_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dns.resolver.Resolver.resolve", lambda *_, **__: pytest.fail("a DNS look-up"))
        monkeypatch.setattr(email_library, "CHECK_DELIVERABILITY", True)
        assert isinstance(email_validator.email("j\u00fcrgen@x.de"), EmailAddress)

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("ALLOW_SMTPUTF8", False),
            ("TEST_ENVIRONMENT", True),
            ("GLOBALLY_DELIVERABLE", False),
            *((f"ALLOW_{form}", True) for form in ("EMPTY_LOCAL", "QUOTED_LOCAL", "DOMAIN_LITERAL", "DISPLAY_NAME")),
        ],
    )
    def test_what_the_program_around_has_set_does_not_matter(
        self, setting: str, value: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        texts = (
            "j\u00fcrgen@x.de",
            "\u00fc@\u00fc.d\uff13",
            "\u00fc@test",
            "@\u00fc.de",
            '"\u00fc"@x.de',
            "\u00fc@[::1]",
            "<\u00fc@x.de>",
        )
        before = [email_validator.email(text) for text in texts]
        monkeypatch.setattr(email_library, setting, value, raising=False)  # not every release has each
        assert [email_validator.email(text) for text in texts] == before


class TestPhone:
    """Phones to E.164 (national form read in the organization's region; refused unless phonenumbers calls it valid; FI-6)."""

    @pytest.mark.parametrize(
        ("text", "region", "number"),
        [
            ("030 901820", "DE", "+4930901820"),
            ("030/901820", "de", "+4930901820"),
            ("(030) 90 18-20", "DE", "+4930901820"),
            ("+49 30 901820", "US", "+4930901820"),
            ("+49 (0)30 901820", "CH", "+4930901820"),
            ("0049 30 901820", "AT", "+4930901820"),
            ("011 49 30 901820", "US", "+4930901820"),
            ("044 668 18 00", "CH", "+41446681800"),
            ("(212) 555-2368", "US", "+12125552368"),
            ("06 12 34 56 78", "FR", "+33612345678"),
            ("02 1234 5678", "IT", "+390212345678"),
            ("+39 02 1234 5678", "DE", "+390212345678"),
            ("0800 FLOWERS", "DE", "+498003569377"),
            ("\uff10\uff13\uff10 901820", "DE", "+4930901820"),
            ("+800 1234 5678", "DE", "+80012345678"),
        ],
    )
    def test_is_read_in_its_region(self, text: str, region: str, number: str) -> None:
        assert phonenumbers.phone(text, region) == number

    @pytest.mark.parametrize(
        "text",
        [
            *("123", "abc", "+49", "+49 1", "+999 12345678", "0151 2345", "030 901820 901820 901820", "++", "+"),
            *("ada@example.org", "-", "030", "+49 (0)", "\u0663", "\ud800", "0" * 20, "1" * 250),
        ],
    )
    def test_what_cannot_exist_is_refused(self, text: str) -> None:
        assert refused(phonenumbers.phone(text, "DE")) is ValueReason.INVALID_VALUE

    @pytest.mark.parametrize(
        "text",
        [
            "030 901820 ext. 12",
            "030 901820 x12",
            "030 901820#12",
            "030 901820 / x12",
            "tel:030901820;isub=5",
            "030901820;phone-context=+49",
        ],
    )
    def test_nothing_gets_lost_on_the_way_to_e164(self, text: str) -> None:
        answer = phonenumbers.phone(text, "DE")
        assert isinstance(answer, Refusal)
        assert answer.hint == "an extension or second number would get lost"

    @pytest.mark.parametrize("region", ["ZZ", "", "DEU", "\u00df"])
    def test_without_a_region_only_the_international_form_is_read(self, region: str) -> None:
        assert phonenumbers.phone("+49 30 901820", region) == "+4930901820"
        assert refused(phonenumbers.phone("030 901820", region)) is ValueReason.INVALID_VALUE

    def test_the_library_is_asked_for_no_long_text_and_nothing_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = Calls(phone_library.parse)
        monkeypatch.setattr(phone_library, "parse", calls)
        phonenumbers._asked.cache_clear()
        for text in ("1" * 251, "+" * 10_000_000, "+49 30 901820", "+4930901820", "030 901820", "030 901820"):
            phonenumbers.phone(text, "DE")
        assert calls.texts == ["030 901820"]

    def test_what_is_remembered_is_bounded(self) -> None:
        assert phonenumbers._asked.cache_parameters()["maxsize"] == 16_384

    def test_a_region_is_part_of_what_is_remembered(self) -> None:
        assert phonenumbers.phone("044 668 18 00", "CH") != phonenumbers.phone("044 668 18 00", "DE")


class TestDate:
    """Dates …, never guessing between day and month (FI-6)."""

    @pytest.mark.parametrize(
        "text", ["2024", "2024-02", "2024-W09-4", "2024W094", "2024-060", "2024-02-29T10:00", "10/11/12", "Feb 29 2024"]
    )
    def test_what_the_library_would_take_is_refused(self, text: str) -> None:
        assert refused(dateutil.date(text, "de")) is ValueReason.INVALID_VALUE

    @pytest.mark.parametrize(
        ("text", "locale", "day"),
        [
            ("2024-02-29", "de", "2024-02-29"),
            ("20240229", "en", "2024-02-29"),
            ("3.4.2024", "de", "2024-04-03"),
            ("3/4/2024", "en_GB", "2024-04-03"),
            ("3/4/2024", "en", "2024-03-04"),
        ],
    )
    def test_iso_and_the_locale_s_own_form_are_read(self, text: str, locale: str, day: str) -> None:
        assert dateutil.date(text, locale) == day

    def test_a_day_that_does_not_exist_is_refused(self) -> None:
        assert refused(dateutil.date("2023-02-29", "de")) is ValueReason.INVALID_VALUE

    def test_the_orders_are_those_of_the_cldr(self) -> None:
        """Where a table names an order, the locale's own short date has it."""
        orders = {DateOrder.DAY_FIRST: "dmy", DateOrder.MONTH_FIRST: "mdy"}
        known = [name for name in locale_identifiers() if date_order(name) is not None]
        assert set(DATE_ORDERS) | {name for name, order in LOCAL_DATE_ORDERS.items() if order} <= set(known)
        assert {name: orders[order] for name in known if (order := date_order(name))} == {
            name: order_in_cldr(name) for name in known
        }


def order_in_cldr(name: str) -> str:
    letters = re.sub("'[^']*'|[^dMy]", "", str(Locale.parse(name).date_formats["short"].pattern)).lower()
    return "".join(dict.fromkeys(letters))


class TestCountry:
    """The spelled-out English or German name is accepted on input (FI-1)."""

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            *(("Deutschland", "DE"), ("Germany", "DE"), ("GERMANY", "DE"), ("de", "DE"), ("\u00d6sterreich", "AT")),
            *(("O\u0308STERREICH", "AT"), ("Schweiz", "CH"), ("United Kingdom", "GB"), ("UK", "GB"), ("USA", "US")),
            *(("C\u00f4te d\u2019Ivoire", "CI"), ("c\u00f4te d'ivoire", "CI"), ("Trinidad and Tobago", "TT")),
            *(("Trinidad & Tobago", "TT"), ("Turkey", "TR"), ("T\u00fcrkei", "TR"), ("Czech Republic", "CZ")),
            *(("St Lucia", "LC"), ("Kapverden", "CV")),
            *(("WEISSRUSSLAND", "BY"), ("Wei\u00dfrussland", "BY"), ("Hongkong", "HK"), ("Vatican City", "VA")),
        ],
    )
    def test_is_known_by_its_names(self, text: str, code: str) -> None:
        assert babel.country(text) == code

    @pytest.mark.parametrize(
        "text",
        [
            *("EU", "UN", "XK", "ZZ", "QO", "World", "Europa", "Kosovo", "Europ\u00e4ische Union", "Unknown Region"),
            *("DEU", "276", "Deutschlan", "Allemagne", "Bayern", "England", "\u00df", "\ufb01"),
        ],
    )
    def test_nothing_else_is(self, text: str) -> None:
        assert refused(babel.country(text)) is ValueReason.INVALID_VALUE

    def test_junk_is_not_even_folded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(babel, "_folded", lambda _: pytest.fail("ten megabytes were folded"))
        assert refused(babel.country("a" * 10_000_000)) is ValueReason.INVALID_VALUE

    @pytest.mark.parametrize("language", ["de", "en"])
    def test_every_country_is_known_in_both_languages(self, language: str) -> None:
        names = Locale(language).territories
        assert {code: babel.country(names[code]) for code in COUNTRY_CODES} == {code: code for code in COUNTRY_CODES}

    def test_no_name_means_two_countries(self) -> None:
        codes: dict[str, set[str]] = {}
        for name, code in babel._names():
            codes.setdefault(babel._folded(name), set()).add(code)
        assert [name for name, meant in codes.items() if len(meant) > 1] == []


class TestLibraryParsers:
    """Conformance is claimed with the `validation` extra (FI-7)."""

    def test_join_the_four(self) -> None:
        parsers: ValueParsers = LibraryParsers()
        assert parsers.email("j\u00fcrgen@x.de") == email_validator.email("j\u00fcrgen@x.de")
        assert parsers.phone("030 901820", "DE") == "+4930901820"
        assert parsers.date("3/4/2024", "en") == "2024-03-04"
        assert parsers.country("Germany") == "DE"
