"""The words in which the command explains: those of the core's labels, and its own for the settings."""

from collections.abc import Callable
from pathlib import Path

import pytest

from doocore import Flag, OrganizationSettings, RowOutcome, RowReason, SyncOutcome, explanation
from doocore_adapters.cattrs import to_plain
from doocore_adapters.cli.settings import MEANINGS
from tests.cli.conftest import Doocore

Write = Callable[[str, object], Path]


def test_every_setting_is_explained() -> None:
    assert list(MEANINGS) == list(to_plain(OrganizationSettings()))


def test_an_import_explains_what_became_of_rows(doocore: Doocore, write: Write) -> None:
    answer = doocore("import", write("list.csv", "E-Mail,Vorname\nada@example.org,Ada\n,Ben\n"))
    for word in (RowOutcome.ADDED, RowReason.MISSING_IDENTIFIER):
        assert f"{word.value} 1 {explanation(word)}" in answer.words


def test_a_booking_explains_where_a_party_went(doocore: Doocore, write: Write) -> None:
    doocore("events", "create", "gala", "--live")
    gone = {"event": "gala", "booker": {"email": "ada@example.org", "prefill": {"contact": "c0"}}}
    answer = doocore("book", write("booking.json", gone))
    assert explanation("no_match") in answer.words
    assert f"{Flag.PREFILL_GONE.value}: {explanation(Flag.PREFILL_GONE)}" in answer.words


@pytest.mark.parametrize("word", ["email_match", SyncOutcome.FILLED])
def test_the_demo_explains_reasons_and_values(doocore: Doocore, word: str | SyncOutcome) -> None:
    assert explanation(word) in doocore("demo").words


@pytest.mark.parametrize(("locale", "said"), [("de", "PLZ"), ("en", "Postal code")])
def test_a_contact_is_shown_with_labels_in_the_language_of_the_organization(
    doocore: Doocore, write: Write, locale: str, said: str
) -> None:
    doocore("settings", "set", "--locale", locale)
    doocore("import", write("list.csv", "E-Mail,PLZ\nada@example.org,10115\n"))
    assert f"postal_code {said} 10115" in doocore("show", "ada@example.org").words
