"""`manage.py work`: the background's work in one process, until it is told to stop; no Celery, no broker."""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from recommendations.services.worker import work


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Fold new orders at once and run the jobs that are due, until SIGTERM or Ctrl-C. Several at once do no harm."

    def handle(self, *args: Any, **options: Any) -> None:
        told: list[int] = []

        def stop(number: int, _frame: FrameType | None) -> None:
            told.append(number)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        self.stdout.write("At work; Ctrl-C or SIGTERM ends it.")
        self.stdout.flush()
        try:
            work(stopped=lambda: bool(told))
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
