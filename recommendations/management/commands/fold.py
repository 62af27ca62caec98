"""`manage.py fold`: fold every pending order now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from recommendations.management.progress import ProgressBar
from recommendations.services.fold import fold_all


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Fold every pending order into the counts."

    def handle(self, *args: Any, **options: Any) -> None:
        with ProgressBar() as bar:
            folded = fold_all(now=timezone.now(), progress=bar)
        self.stdout.write(f"{folded.orders:,} orders folded")
        if str(folded.left_out):
            self.stdout.write(f"left out: {folded.left_out}")
