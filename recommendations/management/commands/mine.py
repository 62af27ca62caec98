"""`manage.py mine`: mine rules from the live counts and publish them now."""

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from recommendations.exceptions import NotEnoughData
from recommendations.management.audited import AuditedCommand
from recommendations.management.progress import ProgressBar
from recommendations.models import RuleKind
from recommendations.services.mine import mine


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = "Mine rules from the live counts and publish them as a new version."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with ProgressBar() as bar:
                artefact = mine(progress=bar, now=timezone.now())
        except NotEnoughData as reason:
            raise CommandError(str(reason)) from reason
        figures = artefact.metrics
        self.stdout.write(
            f"{figures['rules']:,} rules of {figures['pairs_considered']:,} pairs published as version {artefact.pk}, "
            f"at most {figures['rules_per_item']:,} of one left side and kind"
        )
        for kind in RuleKind:
            self.stdout.write(f"{figures[f'{kind.value}_rules']:,} {kind.label}")
