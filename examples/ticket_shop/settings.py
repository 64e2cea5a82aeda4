"""The settings of the shop; only the database and the app matter here."""

import os

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-the-example")
ALLOWED_HOSTS = ["localhost", "testserver"]
ROOT_URLCONF = "examples.ticket_shop.urls"
INSTALLED_APPS = ["examples.ticket_shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"
USE_TZ = True

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SHOP", "shop.db"),
        # A transaction that reads first and then writes would be refused where another one wrote in between.
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
