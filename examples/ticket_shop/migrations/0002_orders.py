"""The shop's own table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Seats that were sold."""

    dependencies = [("ticket_shop", "0001_contacts")]  # noqa: RUF012, as Django has it
    operations = [  # noqa: RUF012
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seat", models.CharField(max_length=10, unique=True)),
                ("booking", models.CharField(max_length=40)),
                ("contact", models.CharField(max_length=40)),
            ],
        ),
    ]
