"""What a database that is spread over machines takes and what it does not, as far as statements and catalogs show it.

Judged is what Citus takes where every table is distributed by `organization_id`: each statement can be sent to the one
machine that has the organization's rows, and each key can be kept there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import LiteralString

from doocore_adapters._sql.schema import SCHEMA_TABLE, TABLES

ORGANIZED = frozenset(table.name for table in TABLES if table is not SCHEMA_TABLE)

CATALOG: Mapping[str, LiteralString] = {
    "a primary key or unique index that is not led by the organization": """
        SELECT indexrelid::regclass::text FROM pg_index
        JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE indrelid = ANY(%s::regclass[]) AND (indisunique OR indisprimary) AND attname <> 'organization_id'
    """,
    "an index that is not led by the organization": """
        SELECT indexrelid::regclass::text FROM pg_index
        LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE indrelid = ANY(%s::regclass[]) AND attname IS DISTINCT FROM 'organization_id'
    """,
    "a table without a primary key": """
        SELECT oid::regclass::text FROM pg_class WHERE oid = ANY(%s::regclass[])
        AND NOT EXISTS (SELECT 1 FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)
    """,
    "a foreign key that is not led by the organization on both sides": """
        SELECT conname::text FROM pg_constraint
        JOIN pg_attribute own ON own.attrelid = conrelid AND own.attnum = conkey[1]
        JOIN pg_attribute far ON far.attrelid = confrelid AND far.attnum = confkey[1]
        WHERE conrelid = ANY(%s::regclass[]) AND contype = 'f'
        AND NOT (own.attname = 'organization_id' AND far.attname = 'organization_id')
    """,
    "a foreign key that sets columns to NULL or a default": """
        SELECT conname::text FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype = 'f'
        AND (confdeltype IN ('n', 'd') OR confupdtype IN ('n', 'd', 'c'))
    """,
    "an exclusion constraint, or one that is checked late": """
        SELECT conname::text FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND (contype = 'x' OR condeferrable)
    """,
    "a trigger": "SELECT tgname::text FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal",
    "a rule": "SELECT rulename::text FROM pg_rewrite WHERE ev_class = ANY(%s::regclass[])",
    "a column that counts by itself, or is computed": """
        SELECT attname::text FROM pg_attribute
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = ANY(%s::regclass[]) AND attnum > 0
        AND (attidentity <> '' OR attgenerated <> '' OR pg_get_expr(adbin, adrelid) LIKE '%%(%%')
    """,
    "a column with a collation of its own": """
        SELECT attname::text FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation
        WHERE attrelid = ANY(%s::regclass[]) AND attnum > 0 AND collname <> 'C'
    """,
    "a table that inherits, or is a part": """
        SELECT oid::regclass::text FROM pg_class WHERE oid = ANY(%s::regclass[]) AND (relkind <> 'r' OR relispartition
        OR EXISTS (SELECT 1 FROM pg_inherits WHERE oid IN (inhrelid, inhparent)))
    """,
    "an extension": "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' AND %s::regclass[] IS NOT NULL",
    "something beside tables and their indexes": """
        SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i')
        AND %s::regclass[] IS NOT NULL
    """,
    "a function": "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND %s::regclass[] IS NOT NULL",
    "a collation": "SELECT collname::text FROM pg_collation WHERE collnamespace = 'public'::regnamespace AND %s::regclass[] IS NOT NULL",
    "a type": """
        SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype <> 'c'
        AND typelem = 0 AND %s::regclass[] IS NOT NULL
    """,
}
"""What is refused, and how to find it among our tables."""

REFUSED: Mapping[str, str] = {
    "MERGE": r"\bMERGE\b",
    "a trigger": r"\bTRIGGER\b",
    "an advisory lock": "advisory",
    "a lock on a whole table": r"\bLOCK TABLE\b",
    "a number that counts by itself": r"\b(nextval|currval|IDENTITY|SERIAL)\b",
    "a message between connections": r"\b(LISTEN|NOTIFY|pg_notify)\b",
    "emptying a whole table": r"\bTRUNCATE\b",
    "an isolation that no coordinator keeps": r"\bSERIALIZABLE\b",
}
"""Words of statements that only one machine understands."""

WITHOUT_TABLES = re.compile(
    r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET TRANSACTION|SET LOCAL|DISCARD PLANS|FETCH|CLOSE"
    r"|SELECT set_config\(|SELECT to_regclass\(|SELECT row_security_active\(|SELECT name FROM unnest\("
)
ABOUT_THE_SCHEMA = re.compile(r"SELECT pg_advisory_xact_lock\(%s\)|SELECT step, checksum FROM doocore_schema")
"""What belongs to no organization: the one lock under which the tables change, and which steps they have had."""

_INNERMOST = re.compile(r"\(([^()]*)\)")
_QUERY = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_TABLE = re.compile(
    r"\b(FROM|JOIN|UPDATE|INTO|USING|COPY)\s+\"?([a-z_]+)\"?(?:\s+(?:AS\s+)?(?!WHERE|SET|ON|JOIN|ORDER|GROUP|LIMIT|LEFT|FOR|FROM|USING|VALUES|SELECT)(\w+))?"
)
_NO_MORE = "a table of an organization without that organization"


@dataclass(frozen=True, slots=True)
class _Reference:
    """A table in a statement; `word` is what stands before it."""

    word: str
    table: str
    alias: str


def breaches(statement: str) -> list[str]:
    """Tell what in a statement no spread database takes."""
    text = " ".join(statement.split())
    if ABOUT_THE_SCHEMA.fullmatch(text) or (WITHOUT_TABLES.match(text) and not _named(text)):
        return []
    found = [what for what, words in REFUSED.items() if re.search(words, text, re.IGNORECASE)]
    queries = list(_queries(text))
    if not any(_references(each) for each in queries):
        found.append("a statement about no table of ours")
    return [*found, *(f"{_NO_MORE}: {name}" for each in queries for name in _unbound(each))]


def _named(text: str) -> bool:
    return not ORGANIZED.isdisjoint(re.findall(r"\w+", text))


def _queries(text: str) -> Iterator[str]:
    """Take a statement apart: each query by itself, without those within it; other parentheses become brackets."""
    inner: list[str] = []

    def taken(found: re.Match[str]) -> str:
        if _QUERY.match(found[1]):
            inner.append(found[1])
            return " [query] "
        return f"[{found[1]}]"

    while _INNERMOST.search(text):
        text = _INNERMOST.sub(taken, text)
    yield from chain.from_iterable(re.split(r"\bUNION(?: ALL)?\b", each) for each in (*inner, text))


def _references(query: str) -> list[_Reference]:
    return [
        _Reference(word, table, alias or "")
        for word, table, alias in _TABLE.findall(re.sub(r"\bDO UPDATE\b|\bFOR UPDATE\b", "", query))
        if table in ORGANIZED
    ]


def _unbound(query: str) -> Iterator[str]:
    """Name the tables of a query whose rows are not those of one organization that the query names or is joined to."""
    references = _references(query)
    sources = [each for each in references if each.word not in {"INTO", "COPY"}]
    for each in references:
        if each.word in {"INTO", "COPY"}:
            bound = re.search(rf"\"?{each.table}\"?\s*\[\"?organization_id\"?\b", query)
        elif len(sources) == 1 and not re.search(r"\bJOIN\b|\bUSING\b", query):
            bound = re.search(r"\borganization_id = (%s|\w+\.organization_id)", query)
        else:
            own = rf"\b{each.alias or each.table}\.organization_id"
            bound = re.search(rf"{own} = (%s|\w+\.organization_id)|\w+\.organization_id = {own}", query)
        if bound is None:
            yield each.table
    named = {each.alias or each.table for each in sources}
    outside = set(re.findall(r"= (\w+)\.organization_id", query)) - named  # of the query around this one
    if len(sources) > 1 and "organization_id = %s" not in query and not outside:
        yield "none of those that are joined"


@lru_cache(maxsize=1024)
def organizations_bound(statement: str) -> tuple[int, ...]:
    """Tell at which places among its parameters a statement wants the organization."""
    marks = [found.start() for found in re.finditer("%s", statement)]
    wanted = [found.end() - 2 for found in re.finditer(r"\borganization_id = %s", statement)]
    return tuple(marks.index(each) for each in wanted)
