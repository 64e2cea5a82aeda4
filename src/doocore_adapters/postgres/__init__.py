"""A store in a PostgreSQL database, by psycopg 3: with connections of its own, from a pool, or in the host's transaction.

    from doocore_adapters.postgres import PostgresStore

    store = PostgresStore("postgresql://kim@db.example.org/events")
    store.migrate()

The extra `postgres` installs what it needs. PostgreSQL 15 or later, in a database with the encoding UTF8.
"""

from doocore_adapters.postgres.replaying import migration_sql
from doocore_adapters.postgres.store import PostgresStore

__all__ = ["PostgresStore", "migration_sql"]
