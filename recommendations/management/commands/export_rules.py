"""`manage.py export_rules FILE`: the live rules with what staff decided of them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommendations.catalogue import Context
from recommendations.exceptions import MissingPackage
from recommendations.management.deciders import decider
from recommendations.models import Rule
from recommendations.services.export_rules import exported
from recommendations.services.sheets import as_csv, write_xlsx


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Write the rules of the live version with their decisions into a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="named .csv or .xlsx")
        parser.add_argument("--user", required=True, help="user name of who exports, for the log")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        form = path.suffix.lower().removeprefix(".")
        if form not in ("csv", "xlsx"):
            raise CommandError(f"the file must be named .csv or .xlsx, not {path.name}")
        user_id = decider(options["user"])
        rows = exported(Rule.objects.live(), Context(), filters={}, form=form, user_id=user_id)
        try:
            if form == "csv":
                with path.open("w", encoding="utf-8", newline="") as text:
                    text.writelines(as_csv(rows))
            else:
                with path.open("wb") as file:
                    write_xlsx(rows, file)
        except (OSError, MissingPackage) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"written: {path}")
