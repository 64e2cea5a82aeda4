"""Templates of messages with loops and conditions, by the package `Jinja2`, in its sandbox (MA-1).

A value that is not there is an error, not a gap; in HTML, values are escaped. A template for plain placeholders is an
error too: here `${first_name}` would reach its reader as it stands.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from doocore import InvalidMessageError, OtherTemplatesError

_PLAIN = re.compile(r"\$(?:\{([^\W\d]\w*)\}|([^\W\d]\w*))")


class JinjaRenderer:
    """Renders `{{ first_name }}` and whatever else Jinja's sandbox allows.

    >>> JinjaRenderer().render("Hallo{% if name %} {{ name }}{% endif %}!", {"name": "<Ada>"}, html=True)
    'Hallo &lt;Ada&gt;!'
    """

    def render(self, template: str, values: Mapping[str, str], *, html: bool) -> str:
        """Give *template* with *values* in it; `InvalidMessageError` for what cannot be read or is not there.

        Raises `OtherTemplatesError` for a template that has plain placeholders of *values*.
        """
        plain = next((name for name in _plain_placeholders(template) if name in values), None)
        if plain is not None:
            raise OtherTemplatesError(
                "template", f"${{{plain}}} is a plain placeholder, and this renders {{{{ {plain} }}}}"
            )
        try:
            return _compiled(template, html).render(values)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            where = "" if line is None else f"line {line}: "
            raise InvalidMessageError("template", f"{where}{error.message or type(error).__name__}") from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # What a template computes can fail in as many ways as Python can; its text may show a value.
            raise InvalidMessageError("template", f"it raises {type(error).__name__}") from None


@lru_cache(maxsize=64)
def _plain_placeholders(template: str) -> tuple[str, ...]:
    return tuple(braced or bare for braced, bare in _PLAIN.findall(template))


@lru_cache(maxsize=64)
def _compiled(template: str, html: bool) -> Template:  # noqa: FBT001, a key of the cache
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True)
    return environment.from_string(template)
