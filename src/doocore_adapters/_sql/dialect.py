"""The few words in which SQL dialects differ; everything else is written once, with tokens for these."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one database says things.

    `placeholder` stands for `?`; `words` for the tokens in braces: `{among}` (equal to one of many keys, bound as one
    parameter), `{contains}` (a contact's search text has the bound text in it, bytewise), the column types `{text}`,
    `{integer}`, `{boolean}`, `{decimal}`, `{moment}`, `{json}`, and `{narrow}` (behind a table of short rows).
    """

    name: str
    placeholder: str
    words: Mapping[str, str]

    def render(self, text: str) -> str:
        """Translate *text*.

        >>> Dialect(name="other", placeholder="%s", words={"among": "= ANY(?)"}).render("SELECT a WHERE b = ? AND c {among}")
        'SELECT a WHERE b = %s AND c = ANY(%s)'
        """
        return text.format_map(self.words).replace("?", self.placeholder)
