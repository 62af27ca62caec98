"""`manage.py recount --check | --repair`: prove that the counts equal the orders, or make them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from recommendations.management.audited import AuditedCommand
from recommendations.management.progress import ProgressBar
from recommendations.services import recount


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = "Compare the counts with a recount from the order rows, or replace them by one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--check", action="store_true", help="name every difference; exit status 1 if there is one")
        what.add_argument("--repair", action="store_true", help="count everything anew")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["repair"]:
            with ProgressBar() as bar:
                counted = recount.rebuild(now=timezone.now(), progress=bar)
            self.stdout.write(f"{counted.orders:,} orders counted anew")
            if str(counted.left_out):
                self.stdout.write(f"left out: {counted.left_out}")
            return
        faults = recount.check()
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError("the counts differ from the orders: `manage.py recount --repair` counts anew")
        self.stdout.write("the counts equal a recount")
