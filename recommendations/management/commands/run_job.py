"""`manage.py run_job ID`: the process of one background job; workers start it, and staff may by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.services import jobs
from recommendations.services.perform import perform
from recommendations.services.processes import bound_memory


class Command(BaseCommand):
    help = "Run one background job under its lease, in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", type=int, help="id of the job")
        parser.add_argument("--token", type=int, help="the lease that a worker holds already (default: claim it)")

    def handle(self, *args: Any, **options: Any) -> None:
        lease = _lease(options["job"], options["token"])
        if lease is None:
            raise CommandError(f"job {options['job']} is not to be had: it ended, or another worker runs it")
        bound_memory()
        perform(lease)


def _lease(job_id: int, token: int | None) -> jobs.Lease | None:
    return jobs.claim(job_id, now=timezone.now()) if token is None else jobs.Lease(job_id, token)
