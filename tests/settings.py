"""Settings of the tests: the reference shop's, with a database of their own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATABASES, RECOMMENDATIONS, env

SECRET_KEY = "tests only"
DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TEST_DIR = Path(tempfile.mkdtemp(prefix="basketry-tests-"))
atexit.register(shutil.rmtree, TEST_DIR, ignore_errors=True)

if "TEST_POSTGRES_URL" in os.environ:
    DATABASES = {"default": env.db("TEST_POSTGRES_URL")}
else:
    # A file, not memory: threads and subprocesses of a test see the same database, in WAL mode as in production.
    DATABASES["default"]["NAME"] = str(TEST_DIR / "shop.sqlite3")
    DATABASES["default"]["TEST"] = {"NAME": str(TEST_DIR / "test.sqlite3")}

RECOMMENDATIONS = {**RECOMMENDATIONS, "STORE_DIR": str(TEST_DIR / "artefacts")}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
