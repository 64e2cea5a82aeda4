"""Tables and statements keep to what a Postgres that is spread over machines takes: all of an organization on one of them."""

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.sql import Composable

from doocore.changes import CreateContact
from doocore.ports import Store
from doocore.testing import StoreContract
from doocore.testing.samples import contact
from doocore.testing.store.base import StoreClaims, commit
from doocore_adapters.postgres import PostgresStore
from doocore_adapters.postgres.cursors import Connection
from doocore_adapters.postgres.pipelining import Pipelined
from doocore_adapters.postgres.row_security import ENTER
from doocore_adapters.postgres.sending import Said
from doocore_adapters.postgres.session import STATEMENTS
from doocore_adapters.vectors.running import run_case
from doocore_adapters.vectors.stores import new_organizations
from tests.databases import EMPTY, Databases
from tests.distributed import CATALOG, ORGANIZED, breaches, organizations_bound
from tests.vectors.shipped import raw_cases, read_case


def offenders(connection: psycopg.Connection[Any], query: LiteralString) -> list[str]:
    return [name for (name,) in connection.execute(query, (sorted(ORGANIZED),)).fetchall()]


PLANTED: dict[str, LiteralString] = {
    "a primary key or unique index that is not led by the organization": "CREATE UNIQUE INDEX ON doocore_groups (id)",
    "an index that is not led by the organization": "CREATE INDEX ON doocore_contacts (lower(email))",
    "a table without a primary key": "ALTER TABLE doocore_settings DROP CONSTRAINT doocore_settings_pkey",
    "a foreign key that is not led by the organization on both sides": """
        CREATE UNIQUE INDEX one ON doocore_groups (id, organization_id);
        ALTER TABLE doocore_events ADD FOREIGN KEY (id, organization_id) REFERENCES doocore_groups (id, organization_id)
    """,
    "a foreign key that sets columns to NULL or a default": """
        ALTER TABLE doocore_bookings ADD FOREIGN KEY (organization_id, event_id)
        REFERENCES doocore_events (organization_id, id) ON DELETE SET NULL
    """,
    "an exclusion constraint, or one that is checked late": """
        ALTER TABLE doocore_bookings ADD FOREIGN KEY (organization_id, event_id)
        REFERENCES doocore_events (organization_id, id) DEFERRABLE
    """,
    "a trigger": """
        CREATE TRIGGER planted BEFORE UPDATE ON doocore_events FOR EACH ROW
        EXECUTE FUNCTION suppress_redundant_updates_trigger()
    """,
    "a rule": "CREATE RULE planted AS ON DELETE TO doocore_events DO INSTEAD NOTHING",
    "a column that counts by itself, or is computed": "ALTER TABLE doocore_events ADD COLUMN place bigserial",
    "a column with a collation of its own": 'ALTER TABLE doocore_events ADD COLUMN place text COLLATE "POSIX"',
    "a table that inherits, or is a part": "CREATE TABLE planted () INHERITS (doocore_events)",
    "an extension": "CREATE EXTENSION pg_trgm",
    "something beside tables and their indexes": "CREATE SEQUENCE planted",
    "a function": "CREATE FUNCTION planted() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a collation": "CREATE COLLATION planted (locale = 'C')",
    "a type": "CREATE DOMAIN planted AS text",
}


class TestSchema:
    """What `migrate` makes is what it makes on one machine, and every key of it can be kept where its organization is."""

    @pytest.mark.parametrize("what", CATALOG)
    def test_there_is_nothing_of_what_is_refused(self, postgres: str, what: str) -> None:
        with psycopg.connect(postgres) as connection:
            assert offenders(connection, CATALOG[what]) == []

    @pytest.mark.parametrize("what", CATALOG)
    def test_it_would_be_found(self, postgres: str, what: str) -> None:
        with psycopg.connect(postgres) as connection:
            connection.execute(PLANTED[what])
            assert offenders(connection, CATALOG[what]) != []
            connection.rollback()


@dataclass(slots=True)
class Heard:
    """What was said to the server: each statement once, and whose rows each connection has said it is about."""

    statements: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    _whose: dict[int, object] = field(default_factory=dict)

    def hear(self, connection: Connection, statement: object, rows: Sequence[Sequence[Any] | None]) -> None:
        """Note a statement, and that its organization is the one of its transaction."""
        text = statement.as_string(connection) if isinstance(statement, Composable) else str(statement)
        self.statements.add(text)
        if text == ENTER:
            ((self._whose[id(connection)],),) = rows  # type: ignore[misc]
        whose = self._whose.get(id(connection))
        for place in organizations_bound(text):
            if any(row is None or row[place] != whose for row in rows):
                self.wrong.append(f"{whose!r} was said, and another is asked for: {text}")

    def said(self) -> list[str]:
        """Give every statement once, but for those by which tests empty a database."""
        apart = {each.strip() for text in self.statements for each in text.split(";")}
        return sorted(apart - {each.strip() for each in EMPTY.as_string().split(";")})


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Listen to every cursor, and to what goes past them."""
    heard = Heard()
    really_send = Pipelined.send

    def send(sending: Pipelined, statement: str, *rows: Sequence[object]) -> Said:
        heard.hear(sending.connection, statement, rows or [None])
        return really_send(sending, statement, *rows)

    def listening(method: Callable[..., Any], *, many: bool = False) -> Callable[..., Any]:
        def said(cursor: Any, statement: Any, parameters: Any = None, **given: Any) -> Any:  # noqa: ANN401, as it comes
            rows = list(parameters) if many else [parameters]
            heard.hear(cursor.connection, statement, rows)
            return method(cursor, statement, rows if many else parameters, **given)

        return said

    for cursor in (psycopg.Cursor, psycopg.ServerCursor):
        monkeypatch.setattr(cursor, "execute", listening(cursor.execute))
        monkeypatch.setattr(cursor, "executemany", listening(cursor.executemany, many=True))
        monkeypatch.setattr(cursor, "copy", listening(cursor.copy))
    monkeypatch.setattr(Pipelined, "send", send)
    return heard


class TestStatements:
    """What is said to the server names one organization, in every table that it touches."""

    @pytest.fixture
    def guest(self, databases: Databases, postgres: str) -> str:
        return databases.guest(postgres)

    def test_everything_that_the_contract_says(
        self, databases: Databases, postgres: str, guest: str, heard: Heard
    ) -> None:
        """All claims, as somebody whom no policy binds; and what a guest says instead of `COPY`."""
        run_claims(StoreContract, databases, postgres)
        with closing(PostgresStore(guest)) as store:
            commit(store.organization("acme"), *(CreateContact(contact(number)) for number in range(1_000, 1_100)))
            with store.organization("acme").snapshot() as view:
                assert view.contacts.opt_outs([f"{number}@example.org" for number in range(100)]) == frozenset()
        self.is_fine(heard)
        assert len(heard.said()) > 120
        texts = {name: text for name, text in vars(STATEMENTS).items() if isinstance(text, str)}
        assert [name for name, text in texts.items() if not any(map(said_as(text).fullmatch, heard.statements))] == []

    def test_what_the_cases_say(self, postgres: str, heard: Heard) -> None:
        """Bookings, imports and edits, as every fifth case tells them: all of them would take long, and say no more."""
        with closing(PostgresStore(postgres)) as store:
            organizations = new_organizations(store)
            for _, case in raw_cases()[::5]:
                run_case(read_case(case), next(organizations))
        self.is_fine(heard)
        assert len(heard.said()) > 50

    def is_fine(self, heard: Heard) -> None:
        found = {statement: what for statement in heard.said() if (what := breaches(statement))}
        assert found == {}
        assert heard.wrong == []


def said_as(text: str) -> re.Pattern[str]:
    """Give what a statement is like when it is said: few keys are told one by one, or are asked for each by itself."""
    any_of, told = re.escape("= ANY(%s)"), r"= (?:%s|ANY\((?:%s|ARRAY\[%s(?:, %s)*\])\))"
    said = re.escape(text).replace(any_of, told)
    return re.compile(f"{said}(?: UNION ALL {said})*")


def run_claims(claims: type[StoreClaims], databases: Databases, dsn: str) -> None:
    """Make claims about a store there."""

    def make_store() -> Store:
        databases.emptied()
        return PostgresStore(dsn)

    for name in sorted(dir(claims)):
        if name.startswith("test_"):
            claim = claims()
            claim.make_store = make_store  # type: ignore[method-assign]
            getattr(claim, name)()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("SELECT id FROM doocore_contacts WHERE id = %s", "without that organization: doocore_contacts"),
        ("SELECT id FROM doocore_contacts WHERE organization_id > %s", "without that organization: doocore_contacts"),
        ("UPDATE doocore_events SET name = %s WHERE id = %s", "without that organization: doocore_events"),
        ("DELETE FROM doocore_locks", "without that organization: doocore_locks"),
        ("SELECT id FROM doocore_groups ORDER BY id FOR UPDATE", "without that organization: doocore_groups"),
        (
            "SELECT c.id FROM doocore_contacts c JOIN doocore_memberships m ON m.id = c.id WHERE c.organization_id = %s",
            "without that organization: doocore_memberships",
        ),
        (
            "SELECT c.id FROM doocore_contacts c JOIN doocore_memberships m ON m.organization_id = c.organization_id",
            "none of those that are joined",
        ),
        (
            "SELECT id FROM doocore_contacts WHERE organization_id = %s AND id IN (SELECT id FROM doocore_retired_contacts)",
            "without that organization: doocore_retired_contacts",
        ),
        (
            "INSERT INTO doocore_groups (id, organization_id) VALUES (%s, %s)",
            "without that organization: doocore_groups",
        ),
        ("COPY doocore_groups (id, name) FROM STDIN", "without that organization: doocore_groups"),
        (
            "MERGE INTO doocore_groups (organization_id) USING doocore_events e ON e.organization_id = %s",
            "MERGE",
        ),
        ("SELECT pg_advisory_xact_lock(%s) FROM doocore_locks WHERE organization_id = %s", "an advisory lock"),
        ("SELECT pg_advisory_lock(1)", "an advisory lock"),
        ("CREATE TRIGGER one BEFORE UPDATE ON doocore_events", "a trigger"),
        ("LOCK TABLE doocore_events", "a lock on a whole table"),
        ("TRUNCATE doocore_events", "emptying a whole table"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1", "a statement about no table of ours"),
        ("SELECT nextval('doocore_numbers')", "a number that counts by itself"),
        ("SELECT 1 FROM pg_class", "a statement about no table of ours"),
    ],
)
def test_a_statement_that_is_refused_would_be_found(statement: str, problem: str) -> None:
    """Else the tests above would find nothing wrong with anything."""
    assert any(problem in each for part in statement.split(";") for each in breaches(part.strip()))


def test_another_organization_among_the_parameters_would_be_found(heard: Heard, postgres: str) -> None:
    """The one that a statement is given, and the one that its transaction is about."""
    with psycopg.connect(postgres) as connection:
        connection.execute(ENTER, ("acme",))
        connection.execute("SELECT id FROM doocore_groups WHERE organization_id = %s", ("acme",))
        assert heard.wrong == []
        connection.execute("SELECT id FROM doocore_groups WHERE id = %s AND organization_id = %s", ("acme", "other"))
        assert len(heard.wrong) == 1


def test_parameters_of_organizations_are_found_where_they_stand() -> None:
    text = "UPDATE doocore_groups SET name = %s WHERE organization_id = %s AND id = %s"
    assert organizations_bound(text) == (1,)
    assert organizations_bound(re.sub(r"organization_id = %s", "organization_id = id", text)) == ()


def test_every_refusal_has_its_counterexample() -> None:
    assert PLANTED.keys() == CATALOG.keys()
