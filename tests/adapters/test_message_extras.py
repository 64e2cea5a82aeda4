"""Tokens in links and templates of messages: what the packages do for us, and what they must not let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doocore import InvalidMessageError, InvalidTokenError, Link, OtherTemplatesError, PlainTemplates
from doocore.ports import Renderer
from doocore_adapters.itsdangerous import SignedTokens
from doocore_adapters.jinja2 import JinjaRenderer

OLD, NEW, FOREIGN = (f"a secret of many characters, number {number}" for number in range(3))
links = st.sampled_from(Link)
payloads = st.text(st.characters(categories=["L", "Nd"], max_codepoint=127), min_size=1, max_size=40)


class TestTokens:
    """Links hold a signed token that cannot be forged or moved (MA-2)."""

    @given(payloads, links)
    def test_what_was_signed_is_read(self, payload: str, link: Link) -> None:
        """The payload and the kind of link, whole."""
        tokens = SignedTokens(NEW)
        assert tokens.read(tokens.sign(payload, link)) == (payload, link)

    @given(payloads, links, st.integers(min_value=0), st.characters())
    def test_a_token_that_was_altered_is_forged(self, payload: str, link: Link, place: int, other: str) -> None:
        """Wherever it was altered, and to whatever."""
        tokens = SignedTokens(NEW)
        token = tokens.sign(payload, link)
        place %= len(token)
        altered = token[:place] + other + token[place + 1 :]
        if altered == token:
            return
        try:
            read = tokens.read(altered)
        except InvalidTokenError:
            return
        assert (read, place) == ((payload, link), len(token) - 1)  # the last letter has bits that mean nothing

    @given(st.text(max_size=80))
    def test_junk_is_forged(self, token: str) -> None:
        """Whatever comes in from outside ends in the same error."""
        with pytest.raises(InvalidTokenError, match="forged"):
            SignedTokens(NEW).read(token)

    def test_a_long_token_is_not_looked_at(self) -> None:
        """Ten megabytes are refused before anything is computed."""
        with pytest.raises(InvalidTokenError, match="forged"):
            SignedTokens(NEW).read("a." * 5_000_000)

    def test_a_token_of_one_link_does_not_pass_for_another(self) -> None:
        """The signature covers the kind of link: each has its own."""
        tokens = SignedTokens(NEW)
        assert len({tokens.sign("x7Kq", link) for link in Link}) == len(Link)
        assert {tokens.read(tokens.sign("x7Kq", link))[1] for link in Link} == set(Link)

    def test_secrets_are_changed_one_after_the_other(self) -> None:
        """The newest signs, the older ones are still read; what a dropped one signed leads nowhere."""
        before, meanwhile, afterwards = SignedTokens(OLD), SignedTokens(OLD, NEW), SignedTokens(NEW)
        old, new = before.sign("x7Kq", Link.MAYBE), meanwhile.sign("x7Kq", Link.MAYBE)
        assert meanwhile.read(old) == afterwards.read(new) == ("x7Kq", Link.MAYBE)
        for tokens, token in ((afterwards, old), (before, new), (SignedTokens(FOREIGN), new)):
            with pytest.raises(InvalidTokenError):
                tokens.read(token)

    @given(payloads, links)
    def test_a_token_fits_into_a_url_and_shows_nothing_else(self, payload: str, link: Link) -> None:
        """Nothing needs escaping, and nothing but the payload can be read: not even the kind of link."""
        token = SignedTokens(NEW).sign(payload, link)
        assert token.isascii()
        assert all(each.isalnum() or each in "-_." for each in token)
        shown, _, signature = token.rpartition(".")
        assert (shown, len(signature)) == (payload, 43)

    @pytest.mark.parametrize("secrets", [(), ("short",), (NEW, "")])
    def test_secrets_that_protect_nothing_are_refused(self, secrets: tuple[str, ...]) -> None:
        """None, or one that can be guessed."""
        with pytest.raises(ValueError, match="at least 16 characters"):
            SignedTokens(*secrets)


RENDERERS: dict[str, tuple[Renderer, str]] = {
    "plain": (PlainTemplates(), "${%s}"),
    "jinja2": (JinjaRenderer(), "{{ %s }}"),
}
values = st.text(max_size=40)


@pytest.mark.parametrize(("renderer", "form"), RENDERERS.values(), ids=RENDERERS)
class TestRenderers:
    """What both have in common."""

    @given(value=values)
    def test_a_value_stands_in_the_place_of_its_name(self, renderer: Renderer, form: str, value: str) -> None:
        """As it is, even if it looks like a placeholder or a template itself."""
        shown = renderer.render(f"Hallo {form % 'Straße_2'}!\n", {"Straße_2": value}, html=False)
        assert shown == f"Hallo {value}!\n"

    @given(value=values)
    def test_in_html_a_value_cannot_become_markup(self, renderer: Renderer, form: str, value: str) -> None:
        """Only what the template's author wrote is markup."""
        shown = renderer.render(f"<b title='{form % 'name'}'>", {"name": value}, html=True)
        inside = shown.removeprefix("<b title='").removesuffix("'>")
        assert not set("<>'\"") & set(inside)

    def test_a_name_that_is_not_known_is_an_error(self, renderer: Renderer, form: str) -> None:
        """A recipient never sees a gap; the error names it."""
        with pytest.raises(InvalidMessageError, match="vorname"):
            renderer.render(f"Hallo {form % 'vorname'}", {"first_name": "Ada"}, html=False)


OTHERS = (
    (PlainTemplates(), "Hallo {{ first_name }}"),
    (PlainTemplates(), "{% if first_name %}Hallo{% endif %}"),
    (PlainTemplates(), "{{ first_name }} ${first_name}"),
    (JinjaRenderer(), "Hallo ${first_name}"),
    (JinjaRenderer(), "Hallo $first_name!"),
    (JinjaRenderer(), "${Straße_2} {{ first_name }}"),
    (JinjaRenderer(), "{% if first_name %}${first_name}{% endif %}"),
)
ALIKE = ("Hallo", "Preis: 10 €", "a {color: red}", "{ first_name }", "100 %}")


class TestOtherTemplates:
    """A template of the one is not rendered by the other: it would reach the recipient as it stands (MA-1)."""

    @pytest.mark.parametrize(("renderer", "template"), OTHERS)
    def test_the_other_ones_placeholders_are_refused(self, renderer: Renderer, template: str) -> None:
        """For whoever has the value and whoever has not."""
        for value in ("Ada", ""):
            with pytest.raises(OtherTemplatesError, match=r"\$\{\w+\}"):
                renderer.render(template, {"first_name": value, "Straße_2": value}, html=False)

    @pytest.mark.parametrize("template", ALIKE)
    def test_what_both_read_alike_is_left_alone(self, template: str) -> None:
        """A text without placeholders, braces and all."""
        for renderer in (PlainTemplates(), JinjaRenderer()):
            assert renderer.render(template, {"first_name": "Ada"}, html=False) == template

    @given(amount=st.from_regex(r"\$[0-9 ]{0,5}", fullmatch=True))
    def test_amounts_of_dollars_are_no_placeholders_for_jinja(self, amount: str) -> None:
        """Nor are words behind the sign that name no value, or what Jinja itself puts behind it."""
        values = {"price": "10"}
        assert JinjaRenderer().render(amount, values, html=False) == amount
        assert JinjaRenderer().render("US$ $x ${{ price }}", values, html=False) == "US$ $x $10"


class TestPlainTemplates:
    """What only the plain ones do."""

    def test_a_sign_without_a_name_is_an_error(self) -> None:
        """With the place, and what to write instead."""
        with pytest.raises(InvalidMessageError, match=r"line 2, col 8: .*write \$\{name\}, or \$\$"):
            PlainTemplates().render("Hallo\nPreis: $ 10", {}, html=False)

    def test_a_doubled_sign_is_one(self) -> None:
        """For prices."""
        assert PlainTemplates().render("$$10", {}, html=False) == "$10"


class TestJinjaRenderer:
    """The sandbox."""

    @pytest.mark.parametrize(
        ("template", "problem"),
        [
            ("{{ first_name", "line 1: unexpected end of template"),
            ("\n{% if %}", "line 2: "),
            ("{{ ''.__class__.__mro__ }}", "unsafe"),
            ("{{ first_name.append(1) }}", "no attribute"),
            ("{{ 1 / 0 }}", "it raises ZeroDivisionError"),
            ("{{ first_name + 1 }}", "it raises TypeError"),
            ("{% for each in range(10 ** 9) %}{% endfor %}", "it raises OverflowError"),
            ("{% include 'passwords' %}", "it raises TypeError"),
        ],
    )
    def test_what_a_template_must_not_do(self, template: str, problem: str) -> None:
        """Each is one clear error, without the value it was about."""
        with pytest.raises(InvalidMessageError) as caught:
            JinjaRenderer().render(template, {"first_name": "Geheim"}, html=False)
        assert problem in str(caught.value)
        assert "Geheim" not in str(caught.value)

    def test_conditions_and_loops(self) -> None:
        """That is what it is for."""
        template = "{% if title %}{{ title }} {% endif %}{{ last_name|upper }}"
        shown = [
            JinjaRenderer().render(template, {"title": each, "last_name": "weiß"}, html=False) for each in ("", "Dr.")
        ]
        assert shown == ["WEISS", "Dr. WEISS"]
