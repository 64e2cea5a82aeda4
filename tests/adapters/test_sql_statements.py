"""Every statement keeps to one organization, and to words that every dialect has."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from doocore.ports import Store
from doocore.testing.store.invitations import InvitationListClaims
from doocore.testing.store.transactions import OrganizationClaims
from doocore_adapters._sql import statements
from doocore_adapters._sql.migrations import CREATE_SCHEMA_TABLE, STEPS
from doocore_adapters._sql.statements import Statements
from doocore_adapters.postgres.session import POSTGRES
from doocore_adapters.sqlite import SqliteStore
from doocore_adapters.sqlite.session import SQLITE, STATEMENTS


def test_every_text_can_be_said_in_another_dialect() -> None:
    """Statements and steps keep to the tokens: nothing of SQLite's is left in what another database gets."""
    statements = Statements(POSTGRES)
    texts = [each for name, each in vars(statements).items() if isinstance(each, str)]
    texts += [statements.invitations_page_of(2, 10)]
    texts += [statements.contacts_page(text=True, group=True), statements.contacts_count(text=True, group=True)]
    texts += [statements.contacts_columns(["email", "marketing"], custom=True, text=True, group=True, among=True)]
    texts += [text for step in STEPS for text in step.statements(POSTGRES)]
    texts += [POSTGRES.render(CREATE_SCHEMA_TABLE)]
    assert len(texts) > 70
    for text in texts:
        assert not re.search(r"[?{}]|%(?!s)|json_group|instr\(|ROWID|INSERT OR|PRAGMA|\bTEXT\b", text), text


def test_every_statement_keeps_to_one_organization() -> None:
    """Each names the organization (PR-1): in the condition, or as the first column that it inserts."""
    for name, text in vars(Statements(SQLITE)).items():
        if isinstance(text, str):
            assert re.search(
                r"WHERE (\w\.)?organization_id = \?|SET .* WHERE organization_id = \?|\(organization_id, ", text
            ), name


HARMLESS = {
    *("count_joinings", "insert_event", "insert_field", "insert_import", "last_import_batch"),
    *("any_alias", "any_opt_out", "any_retired"),
    *("enlist", "enlist_members", "forget_unlisted", "forget_unlisted_contacts", "strike", "strike_contacts"),
    *("hold_groups_of", "lists_of_groups"),
}
"""Statements that only find the next number, or whether it is worth looking: others' leave gaps, or cost a look.

Those that bring lists up to date find others' up to date, and those that hold rows let others wait.
"""

OF_ONE_ORGANIZATION = sorted(
    name for name, text in vars(STATEMENTS).items() if isinstance(text, str) and "organization_id = ?" in text
)


def forgetful(text: str) -> str:
    """Take the organization out of the conditions, and leave the parameters as they are."""
    return re.sub(r"(\w\.)?organization_id = \?", "? IS NOT NULL", text)


class Claims(OrganizationClaims):
    def make_store(self) -> Store:
        return SqliteStore(connection=self.connection)

    @contextmanager
    def store(self) -> Iterator[Store]:
        self.connection = sqlite3.connect(":memory:")
        with super().store() as store:
            store.migrate()
            yield store
        self.connection.close()


class ListClaims(InvitationListClaims, Claims):
    """What is claimed of lists too."""


def broken_claims(claimed: type[Claims] = Claims) -> list[str]:
    """Name the claims about organizations that do not hold now."""
    broken = []
    for name in sorted(name for name in dir(claimed) if name.startswith("test_")):
        claims = claimed()
        try:
            getattr(claims, name)()
        except Exception:  # noqa: BLE001, any failure will do
            broken.append(name)
            claims.connection.close()
    return broken


@pytest.mark.parametrize("name", OF_ONE_ORGANIZATION)
def test_a_statement_that_forgets_the_organization_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever condition is forgotten, a claim of the contract shows another organization's records (PR-1)."""
    monkeypatch.setattr(STATEMENTS, name, forgetful(getattr(STATEMENTS, name)))
    assert bool(broken_claims()) is (name not in HARMLESS)


@pytest.mark.parametrize("forgotten", ["c.organization_id = ?", "m.organization_id = c.organization_id AND"])
def test_a_list_that_forgets_the_organization_is_noticed(monkeypatch: pytest.MonkeyPatch, forgotten: str) -> None:
    """The same for the statements that are put together for a page."""
    listed = statements._listed
    instead = "? IS NOT NULL" if "?" in forgotten else ""
    monkeypatch.setattr(statements, "_listed", lambda **given: listed(**given).replace(forgotten, instead))
    assert broken_claims()


def test_a_list_with_the_groups_of_another_organization_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = statements._GROUPS
    monkeypatch.setattr(statements, "_GROUPS", kept.replace("o.organization_id = c.organization_id AND ", ""))
    assert kept != statements._GROUPS
    assert broken_claims()


@pytest.mark.parametrize("name", ["organization_id", "event_id"])
def test_a_page_of_some_statuses_that_forgets_whose_it_is_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(statements, "_PIECE", statements._PIECE.replace(f"{name} = ?", "? IS NOT NULL"))
    assert broken_claims(ListClaims)


def test_statements_that_forget_nothing_break_no_claim() -> None:
    assert broken_claims() == []


@pytest.mark.parametrize("text", [STATEMENTS.evidence_counts, STATEMENTS.invitations_page_of(2, 10)])
def test_a_long_invitation_list_is_told_by_its_index_alone(text: str) -> None:
    """A million contacts are counted and paged without a look into the table (IN-6)."""
    with closing(sqlite3.connect(":memory:")) as connection:
        SqliteStore(connection=connection).migrate()
        found = connection.execute(f"EXPLAIN QUERY PLAN {text}", ["acme"] * text.count("?")).fetchall()
    read = [step for *_, step in found if "SEARCH" in step or "SCAN" in step]
    assert read
    assert all(step.startswith("SEARCH doocore_invitations USING COVERING INDEX") for step in read), read
