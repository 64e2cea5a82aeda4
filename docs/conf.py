"""How Sphinx builds these pages: `sphinx-build -W -n --keep-going docs docs/_build`.

The pages are Markdown (MyST). The tables of the rule book and the command reference under `_tables/` are printed from
the code by `rule_tables.py` and `command_reference.py`; the tests run every block of code that a page shows.
"""

import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the tests read this file where Sphinx need not be
    from sphinx.application import Sphinx

project = "doocore"
author = "The doocore authors"
copyright = author
release = version_of("doocore")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "_tables"]
nitpicky = True
smartquotes = False  # what stands between quotation marks is meant to be typed

html_theme = "furo"
html_title = f"doocore {release}"
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "code"  # docstrings put names between single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
autodoc_preserve_defaults = True
add_module_names = False
python_maximum_signature_line_length = 88

nitpick_ignore_regex = [
    # Types of others stand in signatures; there is no page of ours to link them to.
    ("py:class", r"(collections\.abc|contextlib|datetime|decimal|os|pathlib|sqlite3|ssl)\..*"),
    ("py:class", r"hypothesis\.strategies\.SearchStrategy"),
    ("py:class", r"psycopg(_pool)?\..*"),
    # What a store gives is the port's `OrganizationStore`; the class behind it is not promised.
    ("py:class", r"doocore_adapters\..*Organization"),
    # A default of several bits has no form that Sphinx can read: it takes the signature apart at every comma.
    ("py:class", r"tuple\[~doocore\.model\.invitation\.Concern"),
]


RULE = re.compile(r"\b[A-Z]{2}-[0-9]+[a-e]?\b")
IN_RULE_BOOK = {
    target.upper()[:-1] + target[-1] if target[-1].isalpha() else target.upper()
    for page in (Path(__file__).parent / "rules").glob("*.md")
    for target in re.findall(r"^\((.+)\)=$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
}
"""The rules that have a place in the rule book."""


def setup(app: "Sphinx") -> None:
    """Show docstrings as they are meant."""
    app.connect("autodoc-process-docstring", show_docstring)


def show_docstring(_app: "Sphinx", _what: str, _name: str, _object: object, _options: object, lines: list[str]) -> None:
    """Mark indented paragraphs as code (to docutils they would be quotations), and link rules to the rule book."""
    shown: list[str] = []
    in_code = in_session = False
    for line in lines:
        indented = line.startswith("    ")
        if indented and not in_code and not "".join(shown[-1:]).strip():
            shown += ["::", ""]
        in_code = indented or (in_code and not line.strip())
        in_session = line.startswith(">>>") or (in_session and bool(line.strip()))
        shown.append(line if in_code or in_session else RULE.sub(link_to_rule, line))
    lines[:] = shown


def link_to_rule(found: "re.Match[str]") -> str:
    """Link a rule that the rule book explains; others stay as they are."""
    rule = found.group()
    return f":ref:`{rule} <{rule.lower()}>`" if rule in IN_RULE_BOOK else rule
