"""Every word that an answer can hold has a label in both languages, and nothing else has one."""

import re
from collections.abc import Iterable
from enum import Enum
from itertools import chain
from pathlib import Path

import pytest

import doocore
from doocore import (
    ContactField,
    DooCoreError,
    Evidence,
    FieldCatalog,
    FieldType,
    Flag,
    IdentifierKind,
    InvitationStatus,
    RowOutcome,
    RowReason,
    RowWarning,
    Subscription,
    SyncMode,
    SyncOutcome,
    explanation,
    label,
    map_columns,
)
from doocore.labels import LABELS, LANGUAGES, SENTENCES
from doocore.labels.names import COLUMNS, ERRORS, EVIDENCE, FIELDS, FILE_PROBLEMS, NOUNS, REASONS, WORDS
from doocore.model.fields import SYSTEM_FIELDS, SYSTEM_KEYS
from doocore.model.word import Word
from doocore.rules.assignment import BY_ADDRESS, BY_AMBIGUITY, BY_PREFILL
from doocore.rules.columns import OTHER_COLUMNS

PUBLIC = [getattr(doocore, name) for name in doocore.__all__]
ENUMERATIONS = [each for each in PUBLIC if isinstance(each, type) and issubclass(each, Word)]
TABLES = (WORDS, EVIDENCE, FIELDS, COLUMNS, REASONS, NOUNS, ERRORS, FILE_PROBLEMS)
SOURCES = "".join(each.read_text("utf-8") for each in Path(doocore.__file__).parent.rglob("*.py"))

SAME_IN_GERMAN = {"Code", "Live", "Newsletter", "Marketing", "Checkbox", "Basic", "Pro", "Enterprise", "System"}
"""Words that organizers in Germany say in English, or that both languages have."""

EXPLAINED: tuple[type[Word], ...] = (Flag, InvitationStatus, SyncOutcome, RowOutcome, RowReason, RowWarning)
"""Enumerations of which the command and front ends explain every member."""


def words_of(enumerations: Iterable[type[Enum]]) -> set[Enum]:
    return set(chain.from_iterable(enumerations))


def reasons() -> set[str]:
    rows = (*BY_ADDRESS.values(), *BY_PREFILL.values(), *BY_AMBIGUITY.values())
    return {"chosen"} | {row.reason for row in rows if row is not None}


class TestComplete:
    def test_every_member_of_every_public_enumeration_has_a_label(self) -> None:
        """Who adds a word adds it to `doocore/labels/names.py`; a label that has lost its word goes."""
        assert len(ENUMERATIONS) > 20
        assert [str(each) for each in words_of(ENUMERATIONS) - set(WORDS)] == []
        assert [str(each) for each in set(WORDS) - words_of(ENUMERATIONS)] == []

    def test_every_bit_of_evidence_has_a_label_of_its_own(self) -> None:
        """IN-7: what is known of a contact can be told, in both languages."""
        assert list(EVIDENCE) == list(Evidence)
        assert [len({texts[place] for texts in EVIDENCE.values()}) for place in range(len(LANGUAGES))] == [15, 15]

    def test_every_system_field_has_a_label(self) -> None:
        assert tuple(FIELDS) == SYSTEM_KEYS

    def test_every_other_column_of_a_list_has_a_label(self) -> None:
        """Those of subscriptions are labels of the subscriptions themselves."""
        assert [*COLUMNS, *(each.value for each in Subscription)] == list(OTHER_COLUMNS)

    def test_every_reason_of_an_assignment_has_a_label_and_an_explanation(self) -> None:
        assert set(REASONS) == reasons()
        assert set(REASONS) <= set(SENTENCES)

    def test_every_error_has_a_label(self) -> None:
        codes = {each.code for each in PUBLIC if isinstance(each, type) and issubclass(each, DooCoreError)}
        assert set(ERRORS) == codes - {DooCoreError.code}

    def test_every_problem_of_a_file_has_a_label(self) -> None:
        """Of one to be imported (IM-1), in the order in which they are asked for, and of one to be written (EX-1)."""
        imports = "not_text not_xlsx delimiter encoding unclosed_quote header duplicate_column unmapped_identifier"
        exports = "too_long too_many_rows"
        assert list(FILE_PROBLEMS) == [*imports.split(), *exports.split()]

    def test_every_noun_that_an_error_names_has_a_label(self) -> None:
        nouns = set(re.findall(r'(?:NotFound|DuplicateName|InvalidName|StaleVersion)Error\("(\w+)"', SOURCES))
        assert "contact" in nouns
        assert nouns <= set(NOUNS)

    def test_outcomes_reasons_warnings_and_flags_are_explained(self) -> None:
        explained = {each for each in SENTENCES if isinstance(each, Word)}
        assert explained == words_of(EXPLAINED)


class TestTexts:
    def test_no_text_stands_for_two_words(self) -> None:
        """So `label("email")` cannot mean another thing than it did."""
        assert len(LABELS) == sum(len(each) for each in TABLES)

    @pytest.mark.parametrize("place", range(len(LANGUAGES)), ids=LANGUAGES)
    def test_every_text_is_there_and_tidy(self, place: int) -> None:
        texts = [each[place] for each in (*LABELS.values(), *SENTENCES.values())]
        assert [each for each in texts if not each or each != " ".join(each.split()) or each.endswith(".")] == []

    @pytest.mark.parametrize("place", range(len(LANGUAGES)), ids=LANGUAGES)
    def test_labels_begin_with_a_capital(self, place: int) -> None:
        assert [each for each in (texts[place] for texts in LABELS.values()) if not each[0].isupper()] == []

    def test_german_is_german(self) -> None:
        """No text was left untranslated, apart from those that are the same."""
        same = {each.en for each in (*LABELS.values(), *SENTENCES.values()) if each.en == each.de}
        assert same == SAME_IN_GERMAN

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("enumeration", ENUMERATIONS)
    def test_no_two_choices_of_an_enumeration_look_alike(self, enumeration: type[Word], language: str) -> None:
        labels = [label(each, language) for each in enumeration]
        assert len(set(labels)) == len(labels)


class TestInLists:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_list_headed_by_labels_needs_no_mapping(self, language: str) -> None:
        """IM-3: what a front end calls a field is a name under which an import knows it."""
        words = (*SYSTEM_FIELDS, *COLUMNS, *Subscription)
        header = [label(each, language) for each in words]
        mapped = map_columns(header, {}, FieldCatalog.of("de", ()), IdentifierKind.CONTACT_ID, {})
        assert mapped.targets == (*SYSTEM_KEYS, *COLUMNS, *(each.value for each in Subscription))


class TestAsking:
    def test_a_word_of_an_enumeration(self) -> None:
        assert (label(SyncMode.OFF), label(SyncMode.OFF, "de")) == ("Off", "Aus")

    def test_a_field_is_asked_for_by_itself_or_by_its_key(self) -> None:
        first_name = FieldCatalog.of("de", ())["first_name"]
        assert label(first_name, "de") == label("first_name", "de") == "Vorname"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_an_own_field_is_called_what_the_organization_calls_it(self, language: str) -> None:
        """Even where its key is a word of ours."""
        own = ContactField(key="chosen", type=FieldType.SHORT_TEXT, name="Branche")
        assert label(own, language) == "Branche"

    @pytest.mark.parametrize("locale", ["de", "de_AT", "de-CH", "DE"])
    def test_a_locale_speaks_its_language(self, locale: str) -> None:
        assert label(RowOutcome.ADDED, locale) == "Neu hinzugefügt"
        assert explanation(RowOutcome.ADDED, locale) == "als neuer Kontakt angelegt"

    @pytest.mark.parametrize("locale", ["en", "en_GB", "fr", "den", ""])
    def test_a_language_without_labels_gets_the_english_ones(self, locale: str) -> None:
        assert label(RowOutcome.ADDED, locale) == "Added"
        assert explanation(RowOutcome.ADDED, locale) == "became a new contact"

    def test_where_the_label_says_it_all_it_is_the_explanation(self) -> None:
        assert explanation(SyncMode.ON, "de") == "An"

    @pytest.mark.parametrize("ask", [label, explanation])
    def test_a_text_that_is_no_word_of_ours_is_a_mistake(self, ask: object) -> None:
        assert callable(ask)
        with pytest.raises(KeyError, match="emial"):
            ask("emial", "de")
