"""What a run tells is in its log, in order, bounded, and never at the cost of the work."""

import logging

import pytest
from django.db import DatabaseError, InterfaceError, transaction

from recommendations.models import JobKind, JobLog, JobRun, JobState
from recommendations.services import job_log, jobs
from tests.factories import NOW


@pytest.fixture
def lease(db):
    return jobs.claim(jobs.request(JobKind.MINE, slot="x")[0].pk, now=NOW)


def lines():
    return list(JobLog.objects.order_by("id").values_list("level", "text"))


@pytest.mark.sql
def test_progress_and_warnings_of_the_process_are_lines(lease):
    def work(progress):
        progress(0.1, "begun")
        logging.getLogger("myshop.catalogue").warning("%d products without a price", 3)
        logging.getLogger("myshop").info("nothing to worry about")
        try:
            raise ValueError("no such category")
        except ValueError:
            logging.getLogger("recommendations").exception("the catalogue gave no categories")
        return {}

    jobs.run(lease, work)
    assert lines() == [
        ("info", "begun"),
        ("warning", "3 products without a price"),
        ("error", "the catalogue gave no categories (ValueError: no such category)"),
    ]
    logging.getLogger("myshop").warning("the run is over")
    assert len(lines()) == 3


def test_the_newest_lines_are_kept(lease, monkeypatch):
    monkeypatch.setattr(job_log, "KEPT", 5)
    monkeypatch.setattr(job_log, "LOOK_AFTER", 2)
    with job_log.kept(lease.job_id) as tell:
        for number in range(21):
            tell(f"line {number}\x00" + "x" * 600)
    kept = [text for _, text in lines()]
    assert 5 <= len(kept) <= 6
    assert kept[-1].startswith("line 20x")
    assert len(kept[-1]) == job_log.LONGEST_LINE


@pytest.mark.django_db(transaction=True)
@pytest.mark.sql
def test_a_warning_outlives_what_is_rolled_back_around_it():
    run, _ = jobs.request(JobKind.MINE, slot="x")

    def work(_progress):
        with transaction.atomic():
            logging.getLogger("recommendations").warning("about to go wrong")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        jobs.run(jobs.claim(run.pk, now=NOW), work)
    assert lines() == [("warning", "about to go wrong")]
    assert JobRun.objects.get().state == JobState.FAILED


def test_a_database_that_refuses_lines_loses_them_and_not_the_work(lease, monkeypatch):
    def away(_lines):
        raise DatabaseError

    monkeypatch.setattr(JobLog.objects, "bulk_create", away)
    jobs.run(lease, lambda progress: progress(0.5, "half") or {"rules": 1})
    assert JobRun.objects.get().result == {"rules": 1}
    assert lines() == []


@pytest.mark.parametrize("wrong", [InterfaceError, DatabaseError])
def test_a_connection_that_is_gone_and_a_warning_that_is_no_text_cost_lines_and_not_the_work(lease, monkeypatch, wrong):
    monkeypatch.setattr(logging, "raiseExceptions", False)

    def work(progress):
        logging.getLogger("myshop").warning("%d products", "no number")
        monkeypatch.setattr(JobLog.objects, "bulk_create", lambda _lines: (_ for _ in ()).throw(wrong()))
        progress(0.5, "half")
        return {"rules": 1}

    jobs.run(lease, work)
    assert JobRun.objects.get().result == {"rules": 1}


def test_the_lines_go_with_their_run(lease):
    jobs.run(lease, lambda progress: progress(0.5, "half") or {})
    JobRun.objects.all().delete()
    assert lines() == []
