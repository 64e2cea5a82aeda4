"""The documentation says what the code does: every block runs, every table is printed from the code, every name stands."""

import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

import doocore
from docs import command_reference, rule_tables
from doocore.labels.names import NOUNS
from tests.docs.pages import DATABASE, DOCS, ROOT, RUN, PageRun, all_pages, blocks_of, unknown_kinds
from tests.docs.rule_ids import CHAPTERS, EXPLAINED, FAMILIES, OURS, rules_of

PAGES = all_pages()
RULE_PAGES = sorted((DOCS / "rules").glob("*.md"))

README_COMMANDS = [
    "python3 -m pip install -q --target .tools uv && PYTHONPATH=.tools python3 -m uv run -q doocore demo",
    "python3 -m pip install -q --target .tools uv && PYTHONPATH=.tools python3 -m uv run -q pytest",
]
"""The commands of a fresh machine; the continuous integration runs them as they stand in the README."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
class TestPages:
    def test_what_a_page_shows_is_what_happens(
        self, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> None:
        """Every block of Python and every command does what the page shows."""
        blocks = blocks_of(text_of(page))
        if not any(each.kind in RUN for each in blocks):
            return
        monkeypatch.chdir(tmp_path)
        if DATABASE in text_of(page):
            monkeypatch.setenv(DATABASE, request.getfixturevalue("bare_postgres"))
        run = PageRun(tmp_path)
        for block in blocks:
            try:
                run.run(block)
            except Exception as error:
                error.add_note(f"{name_of(page)}, line {block.begins}")
                raise

    def test_every_block_of_a_page_is_run(self, page: Path) -> None:
        """A block that nobody runs could say anything; the two commands of the README are run elsewhere."""
        blocks = [each for each in blocks_of(text_of(page)) if each.content.splitlines() != README_COMMANDS]
        assert unknown_kinds(blocks) == []

    def test_blocks_stand_at_the_margin(self, page: Path) -> None:
        """An indented block would not be seen, and not be run."""
        assert re.findall(r"^[ \t]+(?:```|:::).*", text_of(page), flags=re.MULTILINE) == []

    def test_a_page_fits_on_a_screen_or_five(self, page: Path) -> None:
        """What is longer is two pages."""
        assert len(text_of(page).splitlines()) <= 300


class TestReadme:
    def test_the_two_commands_stand_on_lines_of_their_own(self) -> None:
        lines = text_of(ROOT / "README.md").splitlines()
        assert [line for line in lines if "uv run -q" in line] == README_COMMANDS

    def test_the_extras_it_names_exist(self) -> None:
        project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
        named = re.findall(r"doocore\[([a-z]+)\]", text_of(ROOT / "README.md"))
        assert named
        assert set(named) <= project["optional-dependencies"].keys()

    def test_its_table_says_what_the_rule_book_says(self) -> None:
        """Every row of the README's table is a row of the table that is printed from the code."""
        rows = [line for line in text_of(ROOT / "README.md").splitlines() if re.match(r"\| [a-z].*\| AS-", line)]
        printed = re.sub(r"\[([A-Z0-9a-z-]+)\]\(#[^)]*\)", r"\1", rule_tables.by_address()).splitlines()
        assert rows
        assert set(rows) <= set(printed)


class TestRuleBook:
    def test_its_tables_are_those_of_the_code(self) -> None:
        """`python docs/rule_tables.py` writes them anew."""
        written = {each.name: text_of(each) for each in rule_tables.TABLES.glob("*.md")}
        of_rules = {name: text for name, text in written.items() if name not in command_reference.printed()}
        assert of_rules == rule_tables.printed()

    def test_every_table_is_included_somewhere(self) -> None:
        included = re.findall(r"^```\{include\} .*_tables/(\S+)$", "".join(map(text_of, PAGES)), flags=re.MULTILINE)
        assert sorted(included) == sorted([*rule_tables.printed(), *command_reference.printed()])

    def test_every_rule_that_the_code_cites_is_explained(self) -> None:
        """Each has a place of its own, so that `rules` of a decision can be turned into links."""
        assert rules_cited_by_decisions() - set(sections_of_rules()) == set()

    def test_every_rule_of_these_chapters_is_explained(self) -> None:
        """At an anchor of its own, and only once."""
        anchors = re.findall(ANCHOR, book(), flags=re.MULTILINE)
        assert [each for each in rules_of(*EXPLAINED) if anchors.count(each.lower()) != 1] == []

    def test_no_page_explains_a_rule_that_does_not_exist(self) -> None:
        assert set(sections_of_rules()) - {*rules_of(*CHAPTERS), *FAMILIES} == set()

    @pytest.mark.parametrize("rule", sorted(OURS))
    def test_where_the_source_is_silent_the_page_says_so(self, rule: str) -> None:
        """Whoever knows better reasons than ours should know which rules to ask about."""
        assert re.search("our decision|beyond the source", sections_of_rules()[rule], flags=re.IGNORECASE)

    @pytest.mark.parametrize("rule", rules_of(*EXPLAINED))
    def test_every_rule_is_shown_at_work(self, rule: str) -> None:
        """Its section has an example that runs, or says what is still to come."""
        section = sections_of_rules()[rule]
        assert any(each.kind in RUN for each in blocks_of(section)) or "comes later" in section.lower()

    def test_every_word_of_a_closed_list_is_explained(self) -> None:
        """Outcomes, reasons, warnings and flags are what users read; the rule book has a word on each."""
        lists = (
            *(doocore.RowOutcome, doocore.RowReason, doocore.RowWarning, doocore.SyncOutcome, doocore.Flag),
            *(doocore.Through, doocore.Subscription, doocore.SubscriptionState, doocore.ValueReason),
        )
        missing = [member.value for words in lists for member in words if f"`{member.value}`" not in book()]
        assert missing == []


RULE = r"\b[A-Z]{2}-[0-9]+[a-z]?\b"
ANCHOR = r"^\(([a-z]{2}-[0-9]+[a-e]?)\)=$"


def book() -> str:
    return "\n".join(map(text_of, RULE_PAGES))


def sections_of_rules() -> dict[str, str]:
    """Give the section in which each rule is explained, heading and all, by the rule's ID."""
    sections: dict[str, str] = {}
    for section in (each for page in RULE_PAGES for each in re.split(r"\n\n(?=\([a-z]{2}-[0-9])", text_of(page))):
        for anchor in re.findall(ANCHOR, section, flags=re.MULTILINE):
            letters, _, number = anchor.partition("-")
            sections[f"{letters.upper()}-{number}"] = section
    return sections


class TestCitations:
    """What is cited exists."""

    @pytest.mark.parametrize("page", PAGES, ids=name_of)
    def test_a_page_cites_rules_that_exist(self, page: Path) -> None:
        assert cited_in(text_of(page)) - KNOWN == set()

    def test_sources_and_examples_cite_rules_that_exist(self) -> None:
        sources = [each for folder in ("src", "examples") for each in (ROOT / folder).rglob("*.py")]
        wrong = {name_of(each): cited_in(text_of(each)) - KNOWN for each in sources}
        assert {name: rules for name, rules in wrong.items() if rules} == {}


LETTERS = {each[:2] for each in rules_of(*CHAPTERS)}
KNOWN = {*rules_of(*CHAPTERS), *FAMILIES}


def cited_in(text: str) -> set[str]:
    """Find what looks like the ID of a rule: the letters of a chapter and a number.

    >>> sorted(cited_in("AS-1b and IM-20, but not UTF-8, TX-1234 or an ISO-8859-1 table"))
    ['AS-1b', 'IM-20']
    """
    return {each for each in re.findall(RULE, text) if each[:2] in LETTERS}


def rules_cited_by_decisions() -> set[str]:
    """Give the rule IDs that the tables and stories put into decisions and histories: those between quotation marks."""
    sources = "".join(text_of(each) for each in (ROOT / "src" / "doocore").rglob("*.py"))
    return set(re.findall(r'"([A-Z]{2}-[0-9]+[a-e]?)"', sources))


class TestGlossary:
    def test_it_speaks_the_german_of_the_labels(self) -> None:
        rows = re.findall(r"^\| ([\w ]+) \| (.*?) \|", text_of(DOCS / "glossary.md"), flags=re.MULTILINE)
        german = {word: texts.split(", ") for word, texts in rows}
        assert [noun for noun, texts in NOUNS.items() if texts.de not in german[str(noun)]] == []

    def test_its_words_stand_in_order(self) -> None:
        words = re.findall(r"^\| ([a-z][\w -]+) \|", text_of(DOCS / "glossary.md"), flags=re.MULTILINE)[1:]
        assert words == sorted(words, key=lambda word: word.replace("-", "").lower())


class TestReference:
    def test_the_commands_are_those_of_the_command(self) -> None:
        """`python docs/command_reference.py` writes them anew."""
        for name, text in command_reference.printed().items():
            assert text_of(command_reference.TABLES / name) == text

    def test_every_public_name_stands_in_the_reference_once(self) -> None:
        """Under its public name, or, where Sphinx links only those, under the name of its own module."""
        pages = "".join(map(text_of, (DOCS / "reference").glob("*.md")))
        named = re.findall(
            r"^\.\. auto(?:class|function|exception|data):: (doocore\.[\w.]+)$", pages, flags=re.MULTILINE
        )
        assert len(set(named)) == len(named)
        shown = [pkgutil.resolve_name(each) for each in named]
        missing = [name for name in doocore.__all__ if not any(each is getattr(doocore, name) for each in shown)]
        assert missing == []
