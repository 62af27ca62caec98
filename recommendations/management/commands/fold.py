"""`manage.py fold`: fold every pending order now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from recommendations.services.fold import fold_all


class Command(BaseCommand):
    help = "Fold every pending order into the counts."

    def handle(self, *args: Any, **options: Any) -> None:
        folded = fold_all(now=timezone.now(), progress=self._tell)
        self.stdout.write(f"\r{f'{folded:,} orders folded':<70}")

    def _tell(self, fraction: float, message: str) -> None:
        self.stdout.write(f"\r{fraction:4.0%} {message:<60}", ending="")
        self.stdout.flush()
