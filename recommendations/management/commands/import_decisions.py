"""`manage.py import_decisions FILE`: decisions of rules from a file as it was exported and edited."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommendations.exceptions import InvalidInput, MissingPackage, UnreadableFile
from recommendations.management.deciders import decider
from recommendations.services.import_decisions import import_decisions, plan


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Take the decisions of a CSV or XLSX file, all or none; rules that are not in it stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="user name of who decides, for the log")
        parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        user_id = decider(options["user"])
        try:
            content = options["file"].read_bytes()
            found = plan(content)
            for problem in found.problems:
                self.stderr.write(f"line {problem.line}, {problem.column}: {problem.words}")
            if not options["dry_run"]:
                import_decisions(content, user_id=user_id)
        except (OSError, InvalidInput, MissingPackage, UnreadableFile) as error:
            raise CommandError(str(error)) from error
        told = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.items())
        self.stdout.write(f"{'would be ' if options['dry_run'] else ''}{told}")
        if found.problems:
            raise CommandError("nothing was written")
