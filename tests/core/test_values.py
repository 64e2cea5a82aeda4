"""What a field makes of what somebody entered (FI-1, FI-2, FI-5, FI-6, FI-7), case by case."""

import datetime as dt

import pytest

from doocore.model.fields import (
    SYSTEM_FIELDS,
    VALIDATION_EXTRA,
    ContactField,
    Entered,
    FieldCatalog,
    FieldType,
    FieldValue,
    Refusal,
    ValueReason,
)
from doocore.model.identifiers import EmailAddress
from doocore.rules import values
from doocore.rules.values import (
    CERTAIN_PHONES,
    CHECKBOX_WORDS,
    COUNTRY_CODES,
    DATE_ORDERS,
    LOCAL_DATE_ORDERS,
    LONGEST,
    RULES,
    DateOrder,
    StrictParsers,
    date_order,
    judge,
    judging,
)

SYSTEM = {field.key: field for field in SYSTEM_FIELDS}


def custom(type_: FieldType, *options: str, max_length: int | None = None) -> ContactField:
    return ContactField(key="f1", type=type_, name="Field", options=options, max_length=max_length)


def judged(
    field: ContactField | FieldType, value: Entered, *, present: FieldValue | None = None, locale: str = "de"
) -> FieldValue | ValueReason | None:
    """Give the normalized value, or the reason alone."""
    asked = field if isinstance(field, ContactField) else custom(field)
    answer = judge(asked, value, parsers=StrictParsers(), region="DE", locale=locale, present=present)
    return answer.reason if isinstance(answer, Refusal) else answer


def expected(field: ContactField, value: Entered) -> str:
    """Give what a refusal says was expected (FI-6)."""
    refusal = judge(field, value, parsers=StrictParsers(), region="DE", locale="de")
    assert isinstance(refusal, Refusal)
    return refusal.expected


class TestBlank:
    """Blank: absent, None, or empty when trimmed (False and 0 are not blank)."""

    @pytest.mark.parametrize("type_", FieldType)
    @pytest.mark.parametrize("blank", [None, "", " ", "\u00a0\t\r\n", "\u200b\ufeff\u00ad"])
    def test_is_no_value_for_any_field(self, type_: FieldType, blank: str | None) -> None:
        assert judged(type_, blank) is None
        assert judged(type_, blank, present="something") is None

    def test_no_and_zero_are_values(self) -> None:
        assert judged(FieldType.CHECKBOX, False) is False
        assert judged(FieldType.CHECKBOX, "0") is False
        assert judged(FieldType.SHORT_TEXT, "0") == "0"


class TestTexts:
    """Texts and options are trimmed (inner line ends stay) before they are judged (FI-6)."""

    @pytest.mark.parametrize(
        "type_", [FieldType.SHORT_TEXT, FieldType.LONG_TEXT, FieldType.FILE, FieldType.CUSTOMER_ID]
    )
    def test_are_trimmed_and_otherwise_left_alone(self, type_: FieldType) -> None:
        assert judged(type_, "\ufeff  A\u00a0b\r\n\r\nu\u0308 \u200b") == "A\u00a0b\r\n\r\nu\u0308"

    @pytest.mark.parametrize(
        ("field", "limit"),
        [
            (custom(FieldType.SHORT_TEXT), 130),
            (custom(FieldType.SHORT_TEXT, max_length=7), 7),
            (custom(FieldType.LONG_TEXT, max_length=7), 7),
            (SYSTEM["customer_id"], 255),
            (custom(FieldType.CUSTOMER_ID), 255),
            *((SYSTEM[key], 255) for key in ("first_name", "last_name", "company", "street")),
            *((SYSTEM[key], 45) for key in ("house_number", "city")),
        ],
    )
    def test_have_their_limit_in_characters(self, field: ContactField, limit: int) -> None:
        assert judged(field, " " + "\u00fc" * limit + " ") == "\u00fc" * limit
        assert judged(field, "\u00fc" * (limit + 1)) is ValueReason.TOO_LONG
        assert expected(field, "\u00fc" * (limit + 1)) == f"at most {limit} characters"

    @pytest.mark.parametrize("field", [custom(FieldType.LONG_TEXT), custom(FieldType.FILE), SYSTEM["comment"]])
    def test_others_have_none(self, field: ContactField) -> None:
        assert judged(field, "a" * 1_000_000) == "a" * 1_000_000

    def test_the_table_of_limits_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(values, "LONGEST", {**LONGEST, FieldType.SHORT_TEXT: 3})
        assert judged(FieldType.SHORT_TEXT, "abcd") is ValueReason.TOO_LONG

    @pytest.mark.parametrize("type_", [each for each in FieldType if each is not FieldType.CHECKBOX])
    @pytest.mark.parametrize("truth", [True, False])
    def test_a_truth_value_is_no_text(self, type_: FieldType, truth: bool) -> None:  # noqa: FBT001, a parameter of the test
        refusal = judge(custom(type_), truth, parsers=StrictParsers(), region="DE", locale="de")
        assert refusal == Refusal(ValueReason.INVALID_VALUE, "a text", "true and false belong into a checkbox")


class TestSelect:
    """Select values compare exactly, case-sensitively, after trimming (FI-5)."""

    FIELD = custom(FieldType.SELECT, "IT", "Bau\nTief", " Handel ")

    @pytest.mark.parametrize(
        ("entered", "value"), [(" IT\u00a0", "IT"), ("Bau\nTief", "Bau\nTief"), ("Handel", "Handel")]
    )
    def test_an_option_is_taken(self, entered: str, value: str) -> None:
        assert judged(self.FIELD, entered) == value

    @pytest.mark.parametrize("entered", ["it", "I T", "Bau Tief", "IT, Handel", "x" * 1000])
    def test_anything_else_is_not(self, entered: str) -> None:
        assert judged(self.FIELD, entered) is ValueReason.UNKNOWN_OPTION

    def test_a_field_without_options_takes_nothing(self) -> None:
        assert judged(FieldType.SELECT, "IT") is ValueReason.UNKNOWN_OPTION

    def test_the_system_s_options_follow_the_locale(self) -> None:
        salutation = FieldCatalog.of("en", ())["salutation"]
        assert judged(salutation, "Mr.") == "Mr."
        assert judged(salutation, "Herr") is ValueReason.UNKNOWN_OPTION

    def test_the_refusal_names_the_options(self) -> None:
        assert expected(self.FIELD, "Pflege") == "one of: IT, Bau\nTief, Handel"
        assert expected(custom(FieldType.SELECT), "Pflege") == "no option exists"


class TestPresentValue:
    """A removed option stays readable …, and a value equal to the contact's present one is always accepted (FI-5)."""

    @pytest.mark.parametrize(
        ("field", "present"),
        [
            (custom(FieldType.SELECT, "IT"), "Bergbau"),
            (custom(FieldType.SHORT_TEXT, max_length=3), "abcdef"),
            (custom(FieldType.PHONE), "+4930901820"),
            (custom(FieldType.DATE), "0000-00-00"),
            (SYSTEM["postal_code"], "?"),
            (SYSTEM["country"], "DDR"),
            (SYSTEM["email"], "ada@localhost"),
            (SYSTEM["customer_id"], "c" * 300),
        ],
    )
    def test_is_accepted_whatever_the_rules_say_now(self, field: ContactField, present: str) -> None:
        assert isinstance(judged(field, present), ValueReason)
        assert judged(field, f" {present}\u00a0", present=present) == present

    def test_nothing_like_it_is(self) -> None:
        assert judged(custom(FieldType.SELECT, "IT"), "bergbau", present="Bergbau") is ValueReason.UNKNOWN_OPTION

    def test_a_word_is_not_the_truth_that_is_there(self) -> None:
        assert judged(FieldType.CHECKBOX, "vielleicht", present=True) is ValueReason.INVALID_VALUE
        assert judged(FieldType.CHECKBOX, "nein", present=True) is False


class TestCheckbox:
    """Checkbox from 1/0, true/false, yes/no, ja/nein, x, in any case (FI-6)."""

    @pytest.mark.parametrize(("word", "truth"), CHECKBOX_WORDS.items())
    def test_takes_each_word_in_any_case(self, word: str, truth: bool) -> None:  # noqa: FBT001, a parameter of the test
        for entered in (word, word.upper(), word.title(), f" {word}\ufeff"):
            assert judged(FieldType.CHECKBOX, entered) is truth

    def test_the_words_are_those_of_the_rule(self) -> None:
        assert sorted(word for word, truth in CHECKBOX_WORDS.items() if truth) == ["1", "ja", "true", "x", "yes"]
        assert sorted(word for word, truth in CHECKBOX_WORDS.items() if not truth) == ["0", "false", "nein", "no"]

    def test_the_refusal_names_the_words(self) -> None:
        words = "one of: 1, true, yes, ja, x, 0, false, no, nein"
        assert expected(custom(FieldType.CHECKBOX), "vielleicht") == words

    def test_takes_truth_values(self) -> None:
        assert judged(FieldType.CHECKBOX, True) is True
        assert judged(FieldType.CHECKBOX, False) is False

    @pytest.mark.parametrize(
        "entered", ["2", "y", "n", "on", "wahr", "01", "1.0", "-", "false!", "ye\u017f", "\uff11", "xx"]
    )
    def test_takes_no_other(self, entered: str) -> None:
        assert judged(FieldType.CHECKBOX, entered) is ValueReason.INVALID_VALUE


class TestPostalCode:
    """Postal code: 3 to 10 letters, digits, spaces, hyphens (FI-1); outside its form invalid_value too (FI-6)."""

    @pytest.mark.parametrize("code", ["80331", "SW1A 1AA", "sw1a 1aa", "1010", "00-950", "AD100", "123", "ABC 123 DE"])
    def test_of_any_country_is_taken(self, code: str) -> None:
        assert judged(SYSTEM["postal_code"], f" {code} ") == code

    @pytest.mark.parametrize(
        "code",
        ["12", "12345678901", "D/80331", "80.331", "803_31", "\uff18\uff10\uff13", "\u00c4BC", "8\t0\t3"],
    )
    def test_anything_else_is_invalid(self, code: str) -> None:
        assert judged(SYSTEM["postal_code"], code) is ValueReason.INVALID_VALUE
        assert expected(SYSTEM["postal_code"], code) == "3 to 10 letters (A to Z), digits, spaces or hyphens"


class TestEmail:
    """The address as entered (trimmed) is stored for sending and display (ID-3)."""

    def test_stays_as_entered(self) -> None:
        assert judged(SYSTEM["email"], " Ada@Example.ORG\u00a0") == "Ada@Example.ORG"

    @pytest.mark.parametrize("text", ["ada", "ada@localhost", "a" * 300 + "@x.de", "j\u00fcrgen@x.de"])
    def test_has_a_reason_of_its_own(self, text: str) -> None:
        assert judged(SYSTEM["email"], text) is ValueReason.INVALID_EMAIL


class TestDate:
    """Dates from ISO 8601 and the organization's locale …, never guessing between day and month (FI-6)."""

    @pytest.mark.parametrize("locale", ["de", "en", "en_GB", "ja", ""])
    @pytest.mark.parametrize("text", ["2024-02-29", "20240229"])
    def test_iso_is_read_everywhere(self, locale: str, text: str) -> None:
        assert judged(FieldType.DATE, text, locale=locale) == "2024-02-29"

    @pytest.mark.parametrize("mark", "./-")
    @pytest.mark.parametrize(("day", "month"), [("3", "4"), ("03", "04"), ("3", "04"), ("03", "4")])
    def test_the_locale_tells_day_from_month(self, mark: str, day: str, month: str) -> None:
        text = f"{day}{mark}{month}{mark}2024"
        for locale in ("de", "de_DE", "de-AT", "DE_ch", "en_GB", "en-gb", "fr"):
            assert judged(FieldType.DATE, text, locale=locale) == "2024-04-03"
        for locale in ("en", "en_US", "EN-us"):
            assert judged(FieldType.DATE, text, locale=locale) == "2024-03-04"
        for locale in ("ja", "fr_CA", "en_CA", "en_ZA", "", "C"):
            assert judged(FieldType.DATE, text, locale=locale) is ValueReason.INVALID_VALUE

    @pytest.mark.parametrize(("text", "locale"), [("29/2/2024", "en"), ("2/29/2024", "de"), ("12/31/2024", "en_GB")])
    def test_is_never_read_the_other_way_round(self, text: str, locale: str) -> None:
        assert judged(FieldType.DATE, text, locale=locale) is ValueReason.INVALID_VALUE

    @pytest.mark.parametrize(
        "text",
        [
            *("2023-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "0000-01-01", "30.2.2024", "32.1.2024"),
            *("2024-2-9", "2024-02", "2024", "202402", "2024-060", "2024-W09-4", "2024W094", "2024/02/29", "0.1.2024"),
            *("29.02.24", "29.2.", "29.2", "29 2 2024", "29. 2. 2024", "29.2/2024", "29-2.2024", "290224", "29022024"),
            *("29. Februar 2024", "29 Feb 2024", "heute", "45351", "2024-0229", "202402-29", "029.2.2024"),
            *("2024-02-29T00:00", "2024-02-29 00:00:00", "29.2.2024 12:00", "2024-02-29Z", "+2024-02-29", "29.2.02024"),
            *("\u0662\u0660\u0662\u0664-02-29", "\uff12024-02-29", "2024\u201002\u201029", "2\u20444\u20442024"),
            *("2024-02-29\x00", "\u0662.2.2024", "2.2.202\u0664"),
        ],
    )
    @pytest.mark.parametrize("locale", ["de", "en"])
    def test_nothing_else_is_a_date(self, text: str, locale: str) -> None:
        assert judged(FieldType.DATE, text, locale=locale) is ValueReason.INVALID_VALUE

    @pytest.mark.parametrize("day", [dt.date.min, dt.date.max, dt.date(1900, 3, 1)])
    def test_every_year_of_four_digits_is_one(self, day: dt.date) -> None:
        assert judged(FieldType.DATE, day.isoformat()) == day.isoformat()
        assert judged(FieldType.DATE, day.strftime(f"%d.%m.{day.year:04}")) == day.isoformat()

    def test_the_refusal_shows_the_local_form(self) -> None:
        expected = {
            locale: refusal.expected
            for locale in ("de", "en", "ja")
            if isinstance(refusal := StrictParsers().date("?", locale), Refusal)
        }
        assert expected == {
            "de": "a date such as 2024-02-29 or 29.2.2024",
            "en": "a date such as 2024-02-29 or 2/29/2024",
            "ja": "a date such as 2024-02-29",
        }

    def test_the_tables_decide(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(values, "DATE_ORDERS", {**DATE_ORDERS, "de": DateOrder.MONTH_FIRST})
        monkeypatch.setattr(values, "LOCAL_DATE_ORDERS", {**LOCAL_DATE_ORDERS, "de_AT": None})
        assert (date_order("de"), date_order("de_AT")) == (DateOrder.MONTH_FIRST, None)


class TestPhone:
    """A national phone number … the bare core calls invalid with a reason that names the extra to install (FI-7)."""

    @pytest.mark.parametrize(
        ("entered", "number"),
        [
            ("+4915123456789", "+4915123456789"),
            (" +49 151 2345-6789 ", "+4915123456789"),
            ("+49.171/1234567", "+491711234567"),
            ("+436641234567", "+436641234567"),
            ("+41 79 123 45 67", "+41791234567"),
            ("+31 6 12345678", "+31612345678"),
            ("+33 6 12 34 56 78", "+33612345678"),
            ("+44 7112 345678", "+447112345678"),
        ],
    )
    def test_of_a_certain_range_is_taken(self, entered: str, number: str) -> None:
        assert judged(FieldType.PHONE, entered) == number

    @pytest.mark.parametrize(
        "entered",
        [
            *("030 901820", "0151 23456789", "0049 151 23456789", "4915123456789", "+49 30 901820", "+1 212 555 0100"),
            *("+49 (0)151 23456789", "+49  15123456789", "+49151234567890", "+491512345678", "+49 151 23456789 ext. 1"),
            *("+", "+49", "+\u0664\u069915123456789", "++4915123456789", "+4915123456789-", "+49 1512345678\u0669"),
            *("0800 FLOWERS", "+49 1 5 1 2 3 4 5 6 7 8 9" + " 0" * 40),
        ],
    )
    def test_any_other_is_for_the_library(self, entered: str) -> None:
        refusal = judge(custom(FieldType.PHONE), entered, parsers=StrictParsers(), region="DE", locale="de")
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, VALIDATION_EXTRA in refusal.hint) == (ValueReason.INVALID_VALUE, True)

    def test_of_a_long_text_nothing_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(values, "_INTERNATIONAL_PHONE", None)
        assert judged(FieldType.PHONE, "+49 " + "1" * 10_000_000) is ValueReason.INVALID_VALUE

    def test_the_ranges_are_written_without_their_calling_code(self) -> None:
        assert all(code.isdecimal() and not numbers.startswith(code) for code, numbers in CERTAIN_PHONES.items())


class TestCountry:
    """Country: ISO 3166-1 alpha-2 (FI-1)."""

    def test_knows_the_249_codes_in_any_case(self) -> None:
        assert len(COUNTRY_CODES) == 249
        for code in COUNTRY_CODES:
            for entered in (code, code.lower(), f" {code.title()} "):
                assert judged(SYSTEM["country"], entered) == code

    @pytest.mark.parametrize(
        "entered",
        [
            *("EU", "UN", "XK", "ZZ", "UK", "DEU", "D", "276", "D E"),
            *("\u00df", "\ufb01", "\u0131t", "\u017fe", "\uff24\uff25"),  # some of them become codes in upper case
        ],
    )
    def test_knows_no_others(self, entered: str) -> None:
        assert judged(SYSTEM["country"], entered) is ValueReason.INVALID_VALUE

    def test_a_name_is_for_the_library(self) -> None:
        refusal = StrictParsers().country("Deutschland")
        assert isinstance(refusal, Refusal)
        assert VALIDATION_EXTRA in refusal.hint


REFUSED_AS = {
    FieldType.SHORT_TEXT: ValueReason.TOO_LONG,
    FieldType.CUSTOMER_ID: ValueReason.TOO_LONG,
    FieldType.SELECT: ValueReason.UNKNOWN_OPTION,
    FieldType.CHECKBOX: ValueReason.INVALID_VALUE,
    FieldType.PHONE: ValueReason.INVALID_VALUE,
    FieldType.DATE: ValueReason.INVALID_VALUE,
    FieldType.EMAIL: ValueReason.INVALID_EMAIL,
    FieldType.POSTAL_CODE: ValueReason.INVALID_VALUE,
    FieldType.COUNTRY: ValueReason.INVALID_VALUE,
}
"""What becomes of a megabyte of junk, where a type has any limit."""


class TestJunk:
    """No text makes a field fail, and none that is long passes where there is a limit."""

    @pytest.mark.parametrize("type_", REFUSED_AS, ids=lambda type_: type_.value)
    @pytest.mark.parametrize("piece", ["1", "+1", "1 ", "x", "a@", "\ud800", "\0", "\u00df", "1.", "DE", "\u0301"])
    def test_is_refused_by_its_type(self, type_: FieldType, piece: str) -> None:
        assert judged(type_, piece * 1_000_000 + "!") is REFUSED_AS[type_]


class TestTheTable:
    """One table says what becomes of a value; `judge` reads it."""

    def test_has_a_row_for_every_type(self) -> None:
        assert set(RULES) == set(FieldType)

    @pytest.mark.parametrize("type_", FieldType)
    def test_decides(self, type_: FieldType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            values,
            "RULES",
            {**RULES, type_: lambda field, reading: lambda text: f"{field.name}: {text}, {reading.region}"},
        )
        assert judged(type_, " a ") == "Field: a, DE"

    def test_hands_text_region_and_locale_to_the_parsers(self) -> None:
        class Listening:
            def email(self, text: str) -> EmailAddress | Refusal:
                return EmailAddress(f"email {text}", "key")

            def phone(self, text: str, region: str) -> str | Refusal:
                return f"phone {text} {region}"

            def date(self, text: str, locale: str) -> str | Refusal:
                return f"date {text} {locale}"

            def country(self, text: str) -> str | Refusal:
                return f"country {text}"

        heard = [
            judging(custom(type_), parsers=Listening(), region="AT", locale="fr")(" a ", None)
            for type_ in (FieldType.EMAIL, FieldType.PHONE, FieldType.DATE, FieldType.COUNTRY)
        ]
        assert heard == ["email a", "phone a AT", "date a fr", "country a"]
