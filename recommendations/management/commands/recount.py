"""`manage.py recount --check | --repair`: prove that the counts equal the orders, or make them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.services import recount


class Command(BaseCommand):
    help = "Compare the counts with a recount from the order rows, or replace them by one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--check", action="store_true", help="name every difference; exit status 1 if there is one")
        what.add_argument("--repair", action="store_true", help="count everything anew")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["repair"]:
            orders = recount.rebuild(now=timezone.now(), progress=self._tell)
            self.stdout.write(f"\n{orders:,} orders counted anew")
            return
        faults = recount.check()
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError("the counts differ from the orders: `manage.py recount --repair` counts anew")
        self.stdout.write("the counts equal a recount")

    def _tell(self, fraction: float, message: str) -> None:
        self.stdout.write(f"\r{fraction:4.0%} {message:<60}", ending="")
        self.stdout.flush()
