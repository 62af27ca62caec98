"""The smallest host there is, without Celery or anything else of choice: the settings of `test_packages`."""

import environ

env = environ.Env()

SECRET_KEY = "tests only"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "recommendations"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": env.db("DATABASE_URL")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
RECOMMENDATIONS = {"CATALOGUE": "recommendations.testing.FakeCatalogue", "STORE_DIR": env.str("VAR_DIR") + "/artefacts"}

ROOT_URLCONF = "tests.integration.bare_urls"
