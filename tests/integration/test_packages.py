"""Each optional package may be missing: what needs it says so, all the rest works. A process of its own for each."""

import os
import subprocess
import sys

import pytest

from tests.integration.test_worker import database_url

ALL = ("torch", "celery", "redis", "pyarrow", "prometheus_client", "pandas", "mlxtend", "numba")

PROGRAM = """
import os, sys
for name in {missing!r}:
    sys.modules[name] = None
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.integration.bare"
import django
django.setup()
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from django.utils import timezone
from recommendations.catalogue import Context
from recommendations.models import JobRun
from recommendations.services import record, serve
from recommendations.testing import eager_fold, placed_order, shelf
setup_test_environment()
call_command("check", fail_level="WARNING")
with shelf("bread", "butter"), eager_fold():
    for number in range(6):
        record.order(placed_order("bread", "butter", shopper=f"user:{{number}}"))
        record.order(placed_order("milk", shopper=f"user:{{number}}"))
    assert [one.item for one in serve.related("bread", context=Context(), now=timezone.now()).items][0] == "butter"
    client = Client()
    assert client.get("/api/v1/items/bread/related/").json()["items"][0]["item"] == "butter"
    assert client.get("/api/v1/health/ready").json()["status"] == "ok"
    call_command("run_due")
print(sorted(JobRun.objects.values_list("kind", "state")))
print(sorted(name for name in {all!r} if sys.modules.get(name) is not None))
"""


def run(missing, tmp_path):
    program = PROGRAM.format(missing=missing, all=ALL)
    environment = {**os.environ, "DATABASE_URL": database_url(), "VAR_DIR": str(tmp_path)}
    answer = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    return answer.stdout


@pytest.mark.parametrize("missing", [("torch",), ALL], ids=["torch", "all"])
def test_without_optional_packages_everything_but_what_they_are_for_works(missing, transactional_db, tmp_path):
    out = run(missing, tmp_path)
    jobs, loaded = out.strip().splitlines()[-2:]
    assert jobs == "[('exposures', 'done'), ('mine', 'done'), ('prune', 'done'), ('statistics', 'done')]", (
        "a training is not even asked for"
    )
    assert loaded == "[]", "the web process loads none of them"


def test_with_all_of_them_the_web_process_still_loads_none(transactional_db, tmp_path):
    jobs, loaded = run((), tmp_path).strip().splitlines()[-2:]
    assert "'train'" in jobs
    assert loaded == "[]"
