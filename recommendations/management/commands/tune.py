"""`manage.py tune`: search for better training parameters now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from recommendations.exceptions import InvalidInput, MissingPackage, NotEnoughData
from recommendations.management.audited import AuditedCommand
from recommendations.management.progress import ProgressBar
from recommendations.services.perform import tuner


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = "Search for better training parameters; later trainings use them only where they are better beyond chance."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--trials", type=int, default=20, help="most parameters to try, at least 2")
        parser.add_argument("--minutes", type=float, default=30.0, help="time after which no further trial begins")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["trials"] < 2 or not options["minutes"] > 0:
            raise CommandError("--trials must be at least 2 and --minutes above 0")
        try:
            with ProgressBar() as bar:
                found = tuner()(
                    trials=options["trials"],
                    minutes=options["minutes"],
                    seed=options["seed"],
                    progress=bar,
                    now=timezone.now(),
                )
        except (InvalidInput, MissingPackage, NotEnoughData) as reason:
            raise CommandError(str(reason)) from reason
        gain = found["gain"]
        self.stdout.write(
            f"{len(found['trials'])} trials; the best gains NDCG@10 {gain['mean']:+.4f} on the {gain['shoppers']} "
            "shoppers who did not choose it"
        )
        for name, value in found["parameters"].items():
            self.stdout.write(f"  {name:<22} {value:.6g}" if isinstance(value, float) else f"  {name:<22} {value}")
        self.stdout.write(
            "better beyond chance: trainings use them from now on"
            if found["is_better"]
            else "no better beyond chance: trainings go on as before"
        )
