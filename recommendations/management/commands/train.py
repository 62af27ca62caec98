"""`manage.py train`: train the network now."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from recommendations.exceptions import MissingPackage, NotEnoughData
from recommendations.management.audited import AuditedCommand
from recommendations.management.progress import ProgressBar
from recommendations.services.perform import trainer


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = "Train the network on the orders so far and publish it if it is good enough."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--overrule-roll-back",
            action="store_true",
            help="publish what is as good as the version that staff went back to; else it must be better",
        )

        parser.add_argument(
            "--tensorboard", type=Path, metavar="FOLDER", help="write the curves of the training for TensorBoard"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with ProgressBar() as bar:
                artefact = trainer()(
                    progress=bar,
                    now=timezone.now(),
                    seed=options["seed"],
                    overrule_roll_back=options["overrule_roll_back"],
                    tensorboard=options["tensorboard"],
                )
        except (NotEnoughData, MissingPackage) as reason:
            raise CommandError(str(reason)) from reason
        figures = artefact.metrics
        self.stdout.write(f"version {artefact.pk} {artefact.get_status_display()} {artefact.reason}")
        for name in ("ndcg_10", "ndcg_10_repeat", "ndcg_10_most_popular"):
            self.stdout.write(f"  {name:<22} {figures[name]:.4f}")
