"""What to call the words of the library in front of people, in English and German.

Two rules for this package. 1: it holds names and sentences, no decision; a word means the same in every language.
2: German is that of the people who run events: Bucher, Teilnehmer, Veranstaltung, E-Mail-Abo.

A front end shows the label and keeps the word: `--json`, histories and stores know words alone.
"""

from doocore.labels.names import COLUMNS, ERRORS, EVIDENCE, FIELDS, FILE_PROBLEMS, NOUNS, REASONS, WORDS
from doocore.labels.sentences import SENTENCES
from doocore.labels.texts import Texts, TextTable
from doocore.model.fields import ContactField
from doocore.model.invitation import Evidence
from doocore.model.word import Word

LANGUAGES: tuple[str, ...] = Texts._fields
"""The languages that every label has."""

LABELS: TextTable = {
    **WORDS,
    **EVIDENCE,
    **FIELDS,
    **COLUMNS,
    **REASONS,
    **NOUNS,
    **ERRORS,
    **FILE_PROBLEMS,
}
"""What each word is called: members of enumerations, and the texts that answers and errors hold instead of members."""


def label(word: Word | Evidence | ContactField | str, language: str = "en") -> str:
    """Say what people call *word*: a member of an enumeration, a contact field, or a text that stands for a word.

    Of evidence, one bit has a label; `list(evidence)` gives those of a set.

    Such texts are the reason of an assignment, the key of a system field, the code and noun of an error, the problem of
    an unreadable file. An organization's own field is called what the organization calls it. *language* may be a locale
    (`de_AT`); one that has no labels gets the English ones. Raises `KeyError` for a text that is none of these words.

    >>> from doocore import RowOutcome, SyncMode
    >>> label(RowOutcome.UNPROCESSED, "de"), label(SyncMode.OFF, "de_AT"), label("postal_code", "de")
    ('Nicht verarbeitet', 'Aus', 'PLZ')
    >>> label("email_match"), label("booker", "de")
    ('Found by e-mail address', 'Bucher')
    """
    if isinstance(word, ContactField):
        return label(word.key, language) if word.system else word.name
    return _in(language, LABELS[word])


def explanation(word: Word | Evidence | str, language: str = "en") -> str:
    """Say in half a sentence what *word* means; where a label says it all, the label.

    >>> from doocore import RowOutcome
    >>> explanation(RowOutcome.UNCHANGED)
    'matched a contact that has it all'
    >>> explanation("same_booking", "de")
    'die Adresse kam in dieser Buchung schon vor'
    """
    sentence = SENTENCES.get(word)
    return label(word, language) if sentence is None else _in(language, sentence)


def _in(language: str, texts: Texts) -> str:
    spoken = language.replace("-", "_").partition("_")[0].lower()
    return texts[LANGUAGES.index(spoken)] if spoken in LANGUAGES else texts.en


__all__ = ["LABELS", "LANGUAGES", "SENTENCES", "TextTable", "Texts", "explanation", "label"]
