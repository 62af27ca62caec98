"""`manage.py train [--job ID]`: train the network now, or as the process of a job."""

import resource
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations import store
from recommendations.conf import settings
from recommendations.exceptions import NotEnoughData
from recommendations.models import Artefact, ArtefactStatus
from recommendations.services import jobs
from recommendations.services.train import train


class Command(BaseCommand):
    help = "Train the network on the orders so far and publish it if it is good enough."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--job", type=int, help="id of the job to run under its lease")
        parser.add_argument("--token", type=int, help="the lease that the worker holds already")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["job"] is None:
            try:
                artefact = train(progress=self._tell, now=timezone.now(), seed=options["seed"])
            except NotEnoughData as reason:
                raise CommandError(str(reason)) from reason
            self._report(artefact)
            return
        lease = _lease(options["job"], options["token"])
        if lease is None:
            raise CommandError(f"job {options['job']} is not to be had")
        _bound_memory()
        jobs.run(lease, lambda progress: _train(progress, lease.renew, options["seed"]))

    def _tell(self, fraction: float, message: str) -> None:
        self.stdout.write(f"\r{fraction:4.0%} {message:<70}", ending="")
        self.stdout.flush()

    def _report(self, artefact: Artefact) -> None:
        figures = artefact.metrics
        self.stdout.write(f"\nversion {artefact.pk} {artefact.get_status_display()} {artefact.reason}")
        for name in ("ndcg_10", "ndcg_10_network", "ndcg_10_repeat", "ndcg_10_most_popular"):
            self.stdout.write(f"  {name:<22} {figures[name]:.4f}")


def _train(progress: jobs.Progress, still_ours: Callable[[], None], seed: int) -> Mapping[str, Any]:
    now = timezone.now()
    artefact = train(progress=progress, now=now, seed=seed, still_ours=still_ours)
    store.clean(now)
    if artefact.status == ArtefactStatus.REFUSED:
        return {"artefact": artefact.pk, "refused": artefact.reason}
    return {"artefact": artefact.pk, "ndcg_10": artefact.metrics["ndcg_10"]}


def _lease(job_id: int, token: int | None) -> jobs.Lease | None:
    return jobs.claim(job_id, now=timezone.now()) if token is None else jobs.Lease(job_id, token)


def _bound_memory() -> None:
    """Let this process's heap grow by TRAIN_MEMORY_MB at most, so that a runaway training fails alone.

    RLIMIT_DATA counts private writable memory; RLIMIT_AS would count the gigabytes that torch merely maps.
    """
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return
    data_pages = int(statm.read_text().split()[5])
    most = data_pages * resource.getpagesize() + settings.TRAIN_MEMORY_MB * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
