"""`manage.py refresh`: bring the live network up to date with the orders since its training now."""

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from recommendations.exceptions import DriftTooLarge, NotEnoughData, NothingChanged
from recommendations.management.audited import AuditedCommand
from recommendations.management.progress import ProgressBar
from recommendations.services.perform import refresher


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = "Bring the live network up to date with the orders since its training, without training."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with ProgressBar() as bar:
                figures = refresher()(progress=bar, now=timezone.now())
        except NothingChanged as reason:
            self.stdout.write(str(reason))
            return
        except (NotEnoughData, DriftTooLarge) as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(
            f"version {figures['artefact']} refreshed: {figures['touched_items']:,} items bought since its training, "
            f"{figures['new_items']:,} of them new, vectors moved by {figures['drift']:.1%} of their length"
        )
