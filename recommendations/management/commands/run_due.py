"""`manage.py run_due`: fold and run every job that is due, then end; the way to run from cron."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from recommendations.models import JobRun
from recommendations.services import due, jobs
from recommendations.services.fold import fold_all
from recommendations.services.processes import JobProcess

MOST_JOBS = 20
LOOK_SECONDS = 0.5


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Count every pending order, run every job that is due and end. Two at once do no harm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-jobs", action="store_true", help="only count pending orders")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{fold_all(now=timezone.now()).orders:,} orders folded")
        if options["no_jobs"]:
            return
        due.request_due(now=timezone.now())
        for _ in range(MOST_JOBS):
            job_id = jobs.next_to_run(now=timezone.now())
            lease = None if job_id is None else jobs.claim(job_id, now=timezone.now())
            if lease is None:
                return
            with JobProcess(lease) as process:
                while not process.has_ended(within=LOOK_SECONDS):
                    continue
            run = JobRun.objects.get(pk=lease.job_id)
            words = run.error.strip().rpartition("\n")[2] or run.message
            self.stdout.write(f"{run.get_kind_display()}: {run.get_state_display()} {words}".rstrip())
