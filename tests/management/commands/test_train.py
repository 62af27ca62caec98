import subprocess
import sys

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommendations import store
from recommendations.management.commands import train as command
from recommendations.models import Artefact, ArtefactKind, JobKind, JobState, LivePointer
from recommendations.services import jobs


@pytest.fixture
def job(db, settings, tmp_path, monkeypatch):
    """A training that was asked for; this process's memory stays unbounded."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    monkeypatch.setattr(command, "_bound_memory", lambda: None)
    return jobs.request(JobKind.TRAIN, slot="sequence-1")[0]


def published(*, still_ours, **_):
    bias = np.zeros(1, dtype="<f4")
    vectors = np.ones((1, 4), dtype="<f4")
    return store.publish(
        ArtefactKind.NETWORK,
        {"item_ids": np.array([1], dtype="<i8"), "inputs": vectors, "outputs": vectors, "bias": bias},
        metrics={"ndcg_10": 0.5},
        data_sequence=1,
        data_orders=1,
        still_ours=still_ours,
    )


def test_a_job_that_trained_is_done_with_its_version(job, monkeypatch):
    monkeypatch.setattr(command, "train", published)
    call_command("train", job=job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"artefact": Artefact.objects.get().pk, "ndcg_10": 0.5})


def test_a_job_without_enough_data_is_skipped_with_the_reason(job):
    call_command("train", job=job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SKIPPED
    assert "needs at least" in job.message


def test_a_job_that_fails_says_so_and_the_command_too(job, monkeypatch):
    monkeypatch.setattr(command, "train", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call_command("train", job=job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "ZeroDivisionError" in job.error


def test_a_job_that_went_to_another_worker_publishes_nothing(job, monkeypatch):
    def overtaken(**options):
        type(job).objects.filter(pk=job.pk).update(token=99)
        return published(**options)

    monkeypatch.setattr(command, "train", overtaken)
    call_command("train", job=job.pk)
    assert not LivePointer.objects.exists()
    assert not list(store.store_dir().iterdir())


def test_a_job_that_is_taken_already_is_refused(job):
    jobs.claim(job.pk, now=timezone.now())
    with pytest.raises(CommandError, match="is not to be had"):
        call_command("train", job=job.pk)


def test_too_little_data_is_an_error_in_the_foreground(db):
    with pytest.raises(CommandError, match="needs at least"):
        call_command("train")


BOUNDED = """
import django
django.setup()
import torch
from recommendations.conf import settings
settings.TRAIN_MEMORY_MB = 256
from recommendations.management.commands.train import _bound_memory
_bound_memory()
print(float(torch.ones(1_000, 1_000).square().sum()))
try:
    torch.ones(1_000, 1_000, 1_000)
except (RuntimeError, MemoryError):
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_torch_works_within_the_memory_bound_and_not_beyond_it():
    answer = subprocess.run([sys.executable, "-c", BOUNDED], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout.split() == ["1000000.0", "refused"]
