"""The tables of doocore, as they are when the shop begins; each step of a later release is a migration of its own."""

from django.db import migrations

from doocore_adapters.sqlite import migration_sql


class Migration(migrations.Migration):
    """Steps 1 to 4 of doocore's schema."""

    initial = True
    operations = [migrations.RunSQL(migration_sql(step)) for step in (1, 2, 3, 4)]  # noqa: RUF012, as Django has it
