import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommendations.exceptions import NothingChanged
from recommendations.management.commands import refresh, run_job, train
from recommendations.models import JobKind, JobState
from recommendations.services import jobs, perform


@pytest.fixture
def job(db, monkeypatch):
    """A pruning that was asked for; this process's memory stays unbounded."""
    monkeypatch.setattr(run_job, "bound_memory", lambda: None)
    return jobs.request(JobKind.PRUNE, slot="x")[0]


def test_a_job_is_claimed_and_run(job):
    call_command("run_job", job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 1)


def test_a_lease_that_a_worker_holds_is_taken_over(job):
    lease = jobs.claim(job.pk, now=timezone.now())
    call_command("run_job", job.pk, token=lease.token)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 1)


def test_a_job_that_is_taken_already_is_refused(job):
    jobs.claim(job.pk, now=timezone.now())
    with pytest.raises(CommandError, match="is not to be had"):
        call_command("run_job", job.pk)


def test_training_with_too_little_data_is_an_error_in_the_foreground(db):
    with pytest.raises(CommandError, match="needs at least"):
        call_command("train")


def test_training_without_torch_says_how_to_install_it(db, monkeypatch):
    monkeypatch.setattr(perform, "can_train", lambda: False)
    with pytest.raises(CommandError, match=r"django-basketry\[train\]"):
        call_command("train")
    assert train.Command.help


def test_a_refresh_says_what_it_changed(db, monkeypatch, capsys):
    figures = {"artefact": 3, "touched_items": 1_200, "new_items": 4, "drift": 0.051}
    monkeypatch.setattr(refresh, "refresher", lambda: lambda **_: figures)
    call_command("refresh")
    told = "version 3 refreshed: 1,200 items bought since its training, 4 of them new, vectors moved by 5.1%"
    assert told in capsys.readouterr().out


def test_a_refresh_with_nothing_to_do_is_no_error_and_one_without_a_network_is(db, monkeypatch, capsys):
    with pytest.raises(CommandError, match="needs a live network"):
        call_command("refresh")

    def nothing(**_):
        raise NothingChanged("no known shopper bought anything")

    monkeypatch.setattr(refresh, "refresher", lambda: nothing)
    call_command("refresh")
    assert "no known shopper bought anything" in capsys.readouterr().out
