"""`manage.py erase SHOPPER`: erase a shopper and delete all that is kept of them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from recommendations.management.audited import AuditedCommand
from recommendations.services.erase import Kept, erase, kept_of
from recommendations.services.erasing import delete_erased
from recommendations.services.fold import fold_all
from recommendations.services.identify import find_shopper


class Command(AuditedCommand):
    requires_migrations_checks = True
    help = (
        "Erase a shopper, with every visitor that the account was: events, lists shown, ratings and orders go, and the "
        "orders leave the counts. It cannot be undone. The shop's own orders and accounts stay."
    )
    withheld = ("shopper",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shopper", help="shopper key such as user:42 or anon:<uuid>, or the account's user name")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        named = options["shopper"]
        # An account that nothing is known of yet is erased from the history that a back-fill would bring.
        shopper = find_shopper(named) or (named if named.startswith("user:") else None)
        if shopper is None:
            raise CommandError("shopper: nothing is known of one of this key, and no account has this name")
        self.stdout.write(_words(kept_of(shopper)))
        if not options["yes"] and input("Erase all of it? It cannot be undone. [yes/no] ").strip().lower() != "yes":
            raise CommandError("nothing was erased")
        erase(shopper, now=timezone.now())
        # Orders go when the fold has taken them out of the counts.
        self._delete()
        fold_all(now=timezone.now())
        self._delete()
        self.stdout.write("Erased. Rows without a name are deleted by the schedule in ten minutes.")

    def _delete(self) -> None:
        delete_erased(now=timezone.now(), progress=lambda _fraction, _message: None, still_ours=lambda: None)


def _words(kept: Kept) -> str:
    return (
        f"{kept.orders:,} orders, {kept.events:,} events, {kept.impressions:,} lists shown, {kept.ratings:,} ratings, "
        f"{kept.visitors:,} visitors that became the account"
    )
