"""How the background keeps up: what waits and for how long, how old what is served is, what was set aside."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Subquery
from django.db.models.functions import Coalesce

from recommendations import store
from recommendations.catalogue import Context, get_catalogue
from recommendations.conf import settings
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    BrowseLog,
    ItemCount,
    JobRun,
    LivePointer,
    Order,
    database,
)

logger = logging.getLogger(__name__)

LONGEST_LAG = 30.0
"""Seconds that an order may wait to be folded before something is wrong."""

GRACE = timedelta(minutes=10)

GATE_LOST = 3
"""Networks refused one after the other, from which on somebody should ask why."""


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one moment; ages and the lag in seconds, None where there is nothing that could have an age.

    Parameters
    ----------
    pending_lag_s : how long the order waits that waits longest to be folded; 0 when none does.
    counts_age_s, rules_age_s, network_age_s : since the last fold, and since the live versions were made.
    network_refreshed_age_s : since the arrays that serve were refreshed; None where they are as trained.
    network_serves : whether the live network's file can be read; None without a live network.
    networks_refused : networks refused since the last one that was published.
    orders_since_network : orders counted since the live network was made; None without one.
    catalogue_answers : whether the shop's catalogue gives facts without an error.
    """

    pending_lag_s: float
    pending_orders: int
    waiting_orders: int
    quarantined_orders: int
    quarantined_jobs: int
    clamped_orders: int
    clamped_events: int
    counted_orders: int
    counts_age_s: float | None
    rules_age_s: float | None
    rules_are_current: bool
    network_age_s: float | None
    network_refreshed_age_s: float | None
    network_serves: bool | None
    networks_refused: int
    orders_since_network: int | None
    catalogue_answers: bool

    def warnings(self) -> list[str]:
        """What somebody should look at, as stable codes; docs/operations.md says what to do about each."""
        late_rules = 2 * settings.MINE_EVERY_SECONDS + GRACE.total_seconds()
        found = {
            "orders_wait": self.pending_lag_s > LONGEST_LAG,
            "orders_quarantined": self.quarantined_orders > 0,
            "jobs_quarantined": self.quarantined_jobs > 0,
            "rules_stale": not self.rules_are_current and (self.rules_age_s or 0) > late_rules,
            "network_stale": (self.orders_since_network or 0) > 3 * settings.TRAIN_AFTER_ORDERS
            and (self.network_age_s or 0) > GRACE.total_seconds(),
            "catalogue_fails": not self.catalogue_answers,
            "network_refused": self.network_serves is False,
            "network_gate_lost": self.networks_refused >= GATE_LOST,
        }
        return [code for code, holds in found.items() if holds]


def examine(*, now: datetime) -> Health:
    """Look at everything; some ten queries, each by an index.

    Raises
    ------
    DatabaseError : the database is away, or the plugin's tables are not there.
    """
    totals = BasketTotals.objects.live().first()
    oldest = Order.objects.filter(counted="pending").aggregate(oldest=Min("changed_at"))["oldest"]
    pointers = {pointer.kind: pointer.artefact for pointer in LivePointer.objects.select_related("artefact")}
    rules, network = pointers.get(ArtefactKind.RULES), pointers.get(ArtefactKind.NETWORK)
    loaded = store.live(ArtefactKind.NETWORK) if network else None
    return Health(
        pending_lag_s=_seconds(oldest, now) or 0.0,
        pending_orders=Order.objects.pending().count(),
        waiting_orders=Order.objects.waiting().count(),
        quarantined_orders=Order.objects.quarantined().count(),
        quarantined_jobs=_quarantined_jobs(now),
        clamped_orders=Order.objects.filter(clamped=True).count(),
        clamped_events=BrowseLog.objects.filter(clamped=True).count(),
        counted_orders=totals.orders if totals else 0,
        counts_age_s=_seconds(totals.folded_at if totals else None, now),
        rules_age_s=_seconds(rules.created_at if rules else None, now),
        rules_are_current=rules is None or totals is None or rules.data_sequence == totals.sequence,
        network_age_s=_seconds(network.created_at if network else None, now),
        network_refreshed_age_s=_seconds(loaded.refreshed_at if loaded else None, now),
        network_serves=None if network is None else loaded is not None and loaded.artefact_id == network.pk,
        networks_refused=_networks_refused(),
        catalogue_answers=_catalogue_answers(totals),
        orders_since_network=totals.orders - network.data_orders if network and totals else None,
    )


def _catalogue_answers(totals: BasketTotals | None) -> bool:
    """Ask for the item that sells best; what the shop does not know any more is an answer too."""
    sold = ItemCount.objects.filter(generation=totals.generation if totals else 0).order_by("-orders")
    keys = list(sold.values_list("item__key", flat=True)[:1])
    try:
        with database.savepoints():
            get_catalogue().facts(keys, Context())
    except Exception:
        logger.exception("the catalogue gives no facts")
        return False
    return True


def _networks_refused() -> int:
    networks = Artefact.objects.filter(kind=ArtefactKind.NETWORK)
    last = networks.filter(status=ArtefactStatus.PUBLISHED).order_by("-id").values("pk")[:1]
    return networks.filter(status=ArtefactStatus.REFUSED, pk__gt=Coalesce(Subquery(last), 0)).count()


def _quarantined_jobs(now: datetime) -> int:
    """Of the last day: an older one is history, and its kind has run since or has been reported long ago."""
    return JobRun.objects.quarantined().filter(finished_at__gt=now - timedelta(days=1)).count()


def _seconds(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max((now - moment).total_seconds(), 0.0)
