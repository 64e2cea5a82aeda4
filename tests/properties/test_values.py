"""What holds for every value of every field, whoever parses it."""

import phonenumbers as library
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType, example_number_for_type

from doocore.model.fields import (
    SYSTEM_FIELDS,
    ContactField,
    Entered,
    FieldType,
    Refusal,
    ValueParsers,
    is_blank,
    trimmed,
)
from doocore.rules.values import CERTAIN_PHONES, StrictParsers, judge
from doocore_adapters import phonenumbers
from doocore_adapters.hypothesis import contact_fields, entered_values, values
from doocore_adapters.validation import LibraryParsers

LOCALES = st.sampled_from(("de", "de_AT", "en", "en_US", "en_GB", "fr", "ja", "C"))
REGIONS = st.sampled_from(("DE", "AT", "CH", "US", "GB", "FR", "IT", "AR", "BR", "de", "ZZ", ""))
PARSERS: tuple[ValueParsers, ...] = (StrictParsers(), LibraryParsers())

FIELDS = contact_fields() | st.sampled_from(SYSTEM_FIELDS)
ANYTHING = st.text(st.characters())  # lone surrogates too


def examples_of_numbers() -> list[str]:
    """One number of each kind in each region, as the library's own metadata give them."""
    kinds = [getattr(PhoneNumberType, kind.upper()) for kind in phonenumbers._KINDS]
    numbers = (example_number_for_type(region, kind) for region in sorted(library.SUPPORTED_REGIONS) for kind in kinds)
    return [library.format_number(number, library.PhoneNumberFormat.E164) for number in numbers if number is not None]


NUMBERS = examples_of_numbers()
CERTAIN = st.from_regex(
    "|".join(rf"\+{code}(?:{range_})" for code, range_ in CERTAIN_PHONES.items()).replace(r"\d", "[0-9]"),
    fullmatch=True,
)


@st.composite
def international(draw: st.DrawFn) -> str:
    """A number that exists, or nearly: a digit changed, left out or put in, separators, the national zero."""
    number = draw(st.sampled_from(NUMBERS))
    place = draw(st.integers(1, len(number)))
    changed = draw(st.sampled_from(("", "0", "1", "5", "9", " ", "-", "/", ".", " - ", "(0)", "x")))
    return number[:place] + changed + number[place + draw(st.integers(0, 1)) :]


PHONES = st.one_of(
    international(),
    CERTAIN,
    st.text("+0123456789 ./-()", max_size=20),
    st.text("+0123456789 ./-()#x;extisub=", max_size=30),
    ANYTHING,
)
DATES = st.one_of(
    st.from_regex(r"[0-9]{1,2}([./ -])[0-9]{1,2}[./-][0-9]{4}", fullmatch=True),
    st.dates().map(str),
    st.datetimes().map(str),
    st.text("0123456789./-", max_size=11),
    ANYTHING,
)
COUNTRIES = st.one_of(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZde\u00df", min_size=2, max_size=2), ANYTHING)


class TestBareCore:
    """What the bare core accepts without extras, the libraries accept with the same normalized value (FI-7)."""

    @given(PHONES, REGIONS)
    def test_phones(self, text: str, region: str) -> None:
        strict = StrictParsers().phone(text, region)
        assert isinstance(strict, Refusal) or phonenumbers._asked(text, region) == strict

    @given(CERTAIN, REGIONS)
    def test_phones_of_certain_ranges(self, number: str, region: str) -> None:
        assert StrictParsers().phone(number, region) == phonenumbers._asked(number, region) == number

    @given(DATES, LOCALES)
    def test_dates(self, text: str, locale: str) -> None:
        """Here both know everything: they agree on refusals too."""
        assert StrictParsers().date(text, locale) == LibraryParsers().date(text, locale)

    @given(COUNTRIES)
    def test_countries(self, text: str) -> None:
        strict = StrictParsers().country(text)
        assert isinstance(strict, Refusal) or LibraryParsers().country(text) == strict

    @given(FIELDS.flatmap(lambda field: st.tuples(st.just(field), entered_values(field))))
    def test_values_of_any_field(self, entered: tuple[ContactField, Entered]) -> None:
        field, value = entered
        strict = judge(field, value, parsers=StrictParsers(), region="DE", locale="de")
        assert isinstance(strict, Refusal) or strict == judge(
            field, value, parsers=LibraryParsers(), region="DE", locale="de"
        )


class TestFastPath:
    """Each is proven to give exactly the library's answer."""

    @given(PHONES, REGIONS)
    @example("+49 (0)30 901820", "DE")
    @example("+810037680494610657", "DE")  # 003768 is a prefix in Japan
    @example("+3758107265426", "DE")  # and 810 begins one in Belarus
    @example("+494949908111261", "DE")  # one kind of number would hold it, the whole plan does not
    @example("+390612345678", "DE")
    def test_a_number_in_international_form_is_what_the_library_says(self, text: str, region: str) -> None:
        found = phonenumbers._international(text)
        assert found is None or found == phonenumbers._asked.__wrapped__(text, region)

    @pytest.mark.parametrize("number", NUMBERS)
    def test_the_library_s_own_examples_are_what_the_library_says(self, number: str) -> None:
        assert phonenumbers.phone(number, "DE") == phonenumbers._asked.__wrapped__(number, "DE")

    def test_most_of_them_take_it(self) -> None:
        quick = [number for number in NUMBERS if phonenumbers._international(number) == number]
        assert len(quick) > 0.9 * len(NUMBERS)


class TestJudging:
    """Input is normalized per type, or refused with a reason (FI-6)."""

    @pytest.mark.parametrize("parsers", PARSERS, ids=lambda parsers: type(parsers).__name__)
    @given(field=FIELDS, text=st.one_of(ANYTHING, PHONES, DATES, COUNTRIES), region=REGIONS, locale=LOCALES)
    def test_any_text_gets_an_answer_that_is_final(
        self, parsers: ValueParsers, field: ContactField, text: str, region: str, locale: str
    ) -> None:
        """A value judged once more is the same."""
        judged = judge(field, text, parsers=parsers, region=region, locale=locale)
        if judged is None:
            assert is_blank(text)
        elif not isinstance(judged, Refusal):
            assert judge(field, judged, parsers=parsers, region=region, locale=locale) == judged

    @pytest.mark.parametrize("locale", ["de", "en"])
    @given(data=st.data(), field=FIELDS)
    def test_what_people_enter_is_accepted_and_final(
        self, locale: str, data: st.DataObject, field: ContactField
    ) -> None:
        entered = data.draw(entered_values(field, locale=locale))
        judged = judge(field, entered, parsers=LibraryParsers(), region="DE", locale=locale)
        assert not isinstance(judged, Refusal)
        assert judged is not None
        assert judge(field, judged, parsers=LibraryParsers(), region="DE", locale=locale) == judged

    @given(FIELDS.flatmap(lambda field: st.tuples(st.just(field), values(field))))
    def test_a_normalized_value_is_its_own(self, known: tuple[ContactField, str | bool]) -> None:
        field, value = known
        assert judge(field, value, parsers=LibraryParsers(), region="DE", locale="de") == value

    @given(FIELDS, ANYTHING.map(trimmed).filter(bool))
    def test_the_present_value_is_always_accepted(self, field: ContactField, present: str) -> None:
        """FI-5."""
        judged = judge(field, f"\u00a0{present} ", parsers=StrictParsers(), region="DE", locale="de", present=present)
        assert judged == present or field.type is FieldType.CHECKBOX
