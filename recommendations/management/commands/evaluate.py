"""`manage.py evaluate`: how the live network does on held-out orders, and what each placement earned."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from recommendations import store
from recommendations.models import ArtefactKind
from recommendations.services import attribute


class Command(BaseCommand):
    help = "Print the live network's held-out figures and the purchases attributed to each placement."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="days of feedback to report")
        parser.add_argument("--purchases", action="store_true", help="list each attributed purchase")

    def handle(self, *args: Any, **options: Any) -> None:
        network = store.live(ArtefactKind.NETWORK)
        if network is None:
            self.stdout.write("no network is live")
        else:
            self.stdout.write(f"network version {network.artefact_id}, data sequence {network.data_sequence}")
            for name, value in network.metrics.items():
                self.stdout.write(f"  {name:<22} {value}")
        now = timezone.now()
        since = now - timedelta(days=options["days"])
        self.stdout.write(f"placements since {since:%Y-%m-%d}")
        for row in attribute.report(since=since, until=now):
            self.stdout.write(f"  {row}")
        if options["purchases"]:
            for purchase in attribute.purchases(since=since, until=now):
                self.stdout.write(f"  {purchase}")
