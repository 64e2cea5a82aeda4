"""`doocore copy` takes everything into another database, or says why not."""

from tests.cli.conftest import Doocore


def test_a_file_is_copied_to_postgres(doocore: Doocore, postgres: str) -> None:
    """All organizations, whatever --org says."""
    for org in ("one", "two"):
        doocore("contacts", "create", "email=ada@example.org", "--org", org)
    told = doocore("copy", "--to", postgres, "--json").data
    assert [each["organization"] for each in told["organizations"]] == ["one", "two"]
    assert told["organizations"][0]["rows"]["doocore_contacts"] == 1
    for org in ("one", "two"):
        (found,) = doocore("contacts", "--db", postgres, "--org", org, "--json").data["contacts"]
        (here,) = doocore("contacts", "--org", org, "--json").data["contacts"]
        assert found == here


def test_one_organization_is_copied_to_another_file(doocore: Doocore) -> None:
    for org in ("one", "two"):
        doocore("contacts", "create", "email=ada@example.org", "--org", org)
    answer = doocore("copy", "--to", "other.db", "--only", "two")
    assert (answer.status, answer.err) == (0, "")
    assert "1 organization copied to other.db." in answer.words
    assert doocore("contacts", "--db", "other.db", "--org", "one", "--json").data["total"] == 0
    again = doocore("copy", "--to", "other.db")
    assert again.status == 2
    assert "'two' has records there already" in again.words


def test_a_database_that_is_not_there_is_told(doocore: Doocore) -> None:
    answer = doocore("copy", "--to", "other.db")
    assert answer.status == 2
    assert "there is no database" in answer.words


def test_postgres_gets_its_tables_first(doocore: Doocore, bare_postgres: str) -> None:
    doocore("contacts", "create", "email=ada@example.org")
    answer = doocore("copy", "--to", bare_postgres)
    assert answer.status == 2
    assert "doocore migrate" in answer.words
