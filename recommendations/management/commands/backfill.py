"""`manage.py backfill`: record the shop's own order history through the catalogue's `orders(since)`."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from recommendations.conf import settings
from recommendations.exceptions import InvalidInput
from recommendations.management.audited import AuditedCommand, os_user
from recommendations.management.progress import ProgressBar
from recommendations.models import JobKind, JobRun
from recommendations.services import backfill, jobs
from recommendations.services.fold import fold_all
from recommendations.services.perform import perform


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = (
        "Record the shop's own orders through the catalogue's orders(since) and count them. Killed, it goes on where "
        "it stood when called again, or by itself where a worker runs. Orders recorded live are counted once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=_moment,
            help="only orders placed after this day or time (default: all, or from where a failed run came to)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        run, _ = backfill.request(since=options["since"], requested_by=f"manage.py backfill ({os_user()})")
        lease = jobs.claim(run.pk, now=timezone.now())
        if lease is None:
            raise CommandError(
                f"a back-fill is at work already: job {run.pk}, {run.message or 'just started'}. If it was killed, "
                f"it can be taken up {settings.JOB_LEASE_SECONDS} s after its last word"
            )
        try:
            with ProgressBar() as bar:
                perform(lease, tell=bar)
        except InvalidInput as error:
            raise CommandError(
                f"{error}. Mend the catalogue's orders() and call again: it goes on from there"
            ) from error
        except KeyboardInterrupt:
            raise CommandError("stopped; call again to go on from there", returncode=130) from None
        run.refresh_from_db()
        self._report(run)
        self._count()

    def _count(self) -> None:
        """Count what was recorded: by the recount that was asked for, or, where it is little, by folding."""
        run = JobRun.objects.open().filter(kind=JobKind.RECOUNT).first()
        if run is None:
            self.stdout.write(f"{fold_all(now=timezone.now()).orders:,} orders folded")
            return
        lease = jobs.claim(run.pk, now=timezone.now())
        if lease is None:
            self.stdout.write("a worker is counting them")
            return
        with ProgressBar() as bar:
            perform(lease, tell=bar)
        run.refresh_from_db()
        self.stdout.write(f"{run.result['orders']:,} orders counted in all")

    def _report(self, run: JobRun) -> None:
        figures = run.result
        self.stdout.write(f"{figures['recorded']:,} orders recorded, {figures['known']:,} were recorded before")
        if figures["conflicts"]:
            self.stdout.write(
                f"{figures['conflicts']:,} were recorded before otherwise and stay so, such as a guest's order that "
                "names the visitor"
            )


def _moment(text: str) -> datetime:
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001 (set below)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is no day or time such as 2026-01-31 or 2026-01-31T12:00")
    return moment if moment.tzinfo else timezone.make_aware(moment)
