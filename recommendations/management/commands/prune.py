"""`manage.py prune`: delete browse events, impressions and ended jobs that are past their time."""

from typing import Any

from django.utils import timezone

from recommendations.management.audited import AuditedCommand
from recommendations.services.prune import prune


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = "Delete browse events, impressions and ended jobs older than BROWSE_DAYS."

    def handle(self, *args: Any, **options: Any) -> None:
        deleted = prune(progress=lambda _fraction, _message: None, now=timezone.now())
        self.stdout.write(", ".join(f"{count:,} {name}" for name, count in deleted.items()) + " deleted")
