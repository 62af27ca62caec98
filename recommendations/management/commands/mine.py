"""`manage.py mine`: mine rules from the live counts and publish them now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.exceptions import NotEnoughData
from recommendations.services.mine import mine


class Command(BaseCommand):
    help = "Mine rules from the live counts and publish them as a new version."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            artefact = mine(progress=self._tell, now=timezone.now())
        except NotEnoughData as reason:
            raise CommandError(str(reason)) from reason
        figures = artefact.metrics
        self.stdout.write(
            f"\n{figures['rules']:,} rules of {figures['pairs_considered']:,} pairs published as version {artefact.pk}"
        )

    def _tell(self, fraction: float, message: str) -> None:
        self.stdout.write(f"\r{fraction:4.0%} {message:<60}", ending="")
        self.stdout.flush()
