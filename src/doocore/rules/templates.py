"""Templates of messages, with the standard library alone (MA-1).

Two rules for this file. 1: a placeholder that is not known, or is another renderer's, is an error, never a gap that a
recipient would see. 2: it knows nothing of contacts; whoever calls it has made texts of all values.
"""

import html as markup
import re
import string
from collections.abc import Mapping

from doocore.errors import InvalidMessageError, OtherTemplatesError

JINJA = ("{{", "{%")
"""What only templates of Jinja have: who renders one as a plain one would send it as it stands."""


class _Template(string.Template):
    """Placeholders are words in any script, as the names of fields are."""

    idpattern = r"(?u:[^\W\d]\w*)"
    flags = re.RegexFlag.UNICODE


class _Escaped(dict[str, str]):
    """Values for HTML: escaped as they are asked for, since most are not."""

    def __getitem__(self, name: str) -> str:
        return markup.escape(super().__getitem__(name))


class PlainTemplates:
    """The renderer that comes with the library: `${first_name}`, and `$$` for a dollar sign.

    >>> PlainTemplates().render("Hallo ${first_name}", {"first_name": "<Ada>"}, html=True)
    'Hallo &lt;Ada&gt;'
    >>> PlainTemplates().render("Hallo ${vorname}", {"first_name": "Ada"}, html=False)
    Traceback (most recent call last):
    doocore.errors.InvalidMessageError: message, template: there is no ${vorname}; known are: first_name
    """

    def render(self, template: str, values: Mapping[str, str], *, html: bool) -> str:
        """Replace the placeholders of *template*; `InvalidMessageError` for one that is unknown or not finished.

        Raises `OtherTemplatesError` for a template of Jinja's.
        """
        if any(sign in template for sign in JINJA):
            raise OtherTemplatesError("template", "{{ and {% are Jinja's, and this renders ${name} alone")
        known = _Escaped(values) if html else values
        try:
            return _Template(template).substitute(known)
        except KeyError as error:
            names = ", ".join(sorted(values))
            raise InvalidMessageError("template", f"there is no ${{{error.args[0]}}}; known are: {names}") from None
        except ValueError as error:
            place = str(error).partition(": ")[2]
            problem = f"{place}: a $ that begins no placeholder; write ${{name}}, or $$ for the sign itself"
            raise InvalidMessageError("template", problem) from None
