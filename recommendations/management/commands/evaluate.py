"""`manage.py evaluate`: how the live network does on held-out orders, and what each placement earned."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from recommendations import store
from recommendations.services import attribute
from recommendations.services.evaluate import Evaluation, Line, evaluate, lines

METRICS = ("ndcg", "recall", "precision", "f1", "hit_rate", "mrr")
EXPOSURE = ("coverage_10", "gini_10", "novelty_10", "diversity_10")
APART = ("table", "shoppers_of", "curves", "gate", "learnt_from", "tuned", "encoders")


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Print the live network's held-out figures and the purchases attributed to each placement."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="days of feedback to report")
        parser.add_argument("--at", type=int, choices=(5, 10, 20), default=10, help="length of the judged lists")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument("--purchases", action="store_true", help="list each attributed purchase")
        parser.add_argument("--channel", help="list purchases of this storefront alone")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        found = evaluate(days=options["days"], now=now)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found), indent=2, default=str))
            return
        if found.network is None:
            self.stdout.write("no network is live")
        else:
            self._network(found.network, options["at"])
        made = f"figures of {found.figures_of:%Y-%m-%d %H:%M}" if found.figures_of else "no figures yet"
        self.stdout.write(f"placements since {found.period.first:%Y-%m-%d}, {made}")
        for placement, row in found.earned.placements.items():
            amounts = ", ".join(f"{amount:.2f} {currency}" for currency, amount in row.revenue.items())
            self.stdout.write(
                f"  {placement:<22} {row.lists} impressions, {row.clicks} clicks, "
                f"{row.orders} orders, {row.quantity} pieces, {amounts or 'nothing earned'}"
            )
        if options["purchases"] or options["channel"]:
            since = now - timedelta(days=options["days"])
            self._purchases(since=since, until=now, channel=options["channel"])

    def _network(self, network: store.Loaded, at: int) -> None:
        self.stdout.write(f"network version {network.artefact_id}, data sequence {network.data_sequence}")
        for name, value in network.metrics.items():
            if name not in APART:
                self.stdout.write(f"  {name:<22} {value:.4f}" if isinstance(value, float) else f"  {name:<22} {value}")
        gate = network.metrics.get("gate")
        if isinstance(gate, dict):
            self.stdout.write(f"  {'gate':<22} {gate['reason']}")
        for line in _printed(list(lines(network.metrics)), at):
            self.stdout.write(line)

    def _purchases(self, **options: Any) -> None:
        for purchase in attribute.purchases(**options):
            bought = f"{purchase.quantity} x {purchase.item_key}"
            self.stdout.write(f"  {purchase.touch.recommendation} order {purchase.order_id}: {bought}")


def _printed(table: Sequence[Line], at: int) -> list[str]:
    """A block a view; the interval stands beside NDCG."""
    metrics = [f"{metric}_{at}" for metric in METRICS]
    printed, view = [], ""
    for line in table:
        if line.view != view:
            view = line.view
            heads = "".join(f"{metric:>13}" for metric in (*metrics[1:], *EXPOSURE))
            printed.append(f"{f'{view}, {line.shoppers:,} shoppers':<44}{metrics[0]:>7} {'95 % interval':<16}{heads}")
        ndcg = line.figures[metrics[0]]
        interval = "" if ndcg.low is None or ndcg.high is None else f"[{ndcg.low:.4f}, {ndcg.high:.4f}]"
        others = "".join(
            f"{line.figures[metric].value:>13.4f}" if metric in line.figures else f"{'-':>13}"
            for metric in (*metrics[1:], *EXPOSURE)
        )
        printed.append(f"  {line.recommender:<42}{ndcg.value:>7.4f} {interval:<16}{others}")
    return printed


def _as_json(found: Evaluation) -> dict[str, Any]:
    network = found.network
    return {
        "network": network
        and {
            "version": network.artefact_id,
            "created_at": _iso(network.created_at),
            "data_sequence": network.data_sequence,
            "metrics": network.metrics,
        },
        "since": found.period.first.isoformat(),
        "figures_of": found.figures_of and _iso(found.figures_of),
        "placements": [
            {
                "placement": placement,
                "impressions": row.lists,
                "clicks": row.clicks,
                "orders": row.orders,
                "quantity": row.quantity,
                "amounts": {currency: str(amount) for currency, amount in row.revenue.items()},
            }
            for placement, row in found.earned.placements.items()
        ],
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat()
