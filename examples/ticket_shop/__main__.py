"""A shop that sells seats, with Django: its orders and doocore's contacts change in one transaction.

    pip install "django>=5.2"
    python -m examples.ticket_shop migrate
    python -m examples.ticket_shop runserver

All in the folder above `examples`; this is what Django calls `manage.py`.
"""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.ticket_shop.settings")
    execute_from_command_line(["python -m examples.ticket_shop", *sys.argv[1:]])
