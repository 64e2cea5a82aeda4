"""The few words in which SQL dialects differ; everything else is written once, with tokens for these."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one database says things.

    `placeholder` stands for `?`; `merges` says that rows of a `UNION ALL` that are found in order are merged as far as
    they are asked for, where otherwise each part has to be told how many are enough; `words` for the tokens in braces: `{among}` (equal to one of many keys, bound as one
    parameter), `{contains}` (a contact's search text has the bound text in it, bytewise), `{group_ids}` (the groups of memberships, with blanks in between), `{reactions}` (those of message events `e`, each once, with blanks in between), `{has_value}`, `{that_value}`
    and `{without_value}` (of a contact's `custom` document and one bound key: whether the key is in it, a document with
    this member alone, and the document without it), `{held}` (behind a query: nobody else changes these rows until the
    transaction is over), `{sees_all}` (whether the present role may see all organizations), `{prefilled}` (the contact that an `entered` document of a party names as prefilled), the column types `{text}`, `{integer}`, `{boolean}`, `{decimal}`,
    `{moment}`, `{json}`, `{narrow}` (behind a table of short rows), and `{now}` (a moment, as it is written in such a column).
    """

    name: str
    placeholder: str
    words: Mapping[str, str]
    merges: bool = False

    def render(self, text: str) -> str:
        """Translate *text*.

        >>> Dialect(name="other", placeholder="%s", words={"among": "= ANY(?)"}).render("SELECT a WHERE b = ? AND c {among}")
        'SELECT a WHERE b = %s AND c = ANY(%s)'
        """
        return text.format_map(self.words).replace("?", self.placeholder)
