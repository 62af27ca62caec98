"""Refresh the live network between two trainings: count in what was bought since, without training."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np

from recommendations import store
from recommendations.data.histories import Histories
from recommendations.exceptions import NotEnoughData, NothingChanged
from recommendations.models import Artefact, ArtefactKind, BasketTotals
from recommendations.ranking.kinds import Kinds
from recommendations.selectors.histories import all_histories
from recommendations.services.describe import ENCODERS, describe_beside
from recommendations.services.refreshing import DRIFT_LIMIT, refreshed

Progress = Callable[[float, str], None]


def refresh(
    *,
    progress: Progress,
    now: datetime,
    drift_limit: float = DRIFT_LIMIT,
    still_ours: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Bring the live network's arrays up to date with all orders so far and let them serve.

    Always from the arrays of the training: what was refreshed before is replaced and never built upon.

    Returns
    -------
    For people and JSON: `artefact`, `touched_items`, `new_items` and `drift`; all 0 where the orders since the training
    were taken back, so that the arrays as trained serve again.

    Raises
    ------
    NotEnoughData : no network is live, or it does not say until when it was trained.
    NothingChanged : no known shopper bought anything since the training.
    DriftTooLarge : the item vectors moved so far that a training is due; what served goes on serving.
    """
    totals = BasketTotals.objects.live().first()
    sequence = totals.sequence if totals else 0
    network = store.trained(ArtefactKind.NETWORK)
    if network is None:
        raise NotEnoughData("refreshing needs a live network: `manage.py train` makes one")
    since = network.metrics.get("trained_until")
    if not isinstance(since, int | float):
        raise NotEnoughData(f"version {network.artefact_id} does not say until when it was trained: train anew")
    histories = all_histories()
    progress(0.2, f"{len(histories.items):,} purchases of {len(histories):,} shoppers read")
    kinds = _kinds_of_new(network, histories)
    progress(0.4, "items described")
    update = refreshed(
        network.arrays,
        histories,
        since=since,
        now=float(histories.days.max(initial=since)),
        kinds=kinds,
        drift_limit=drift_limit,
    )
    if update is None:
        return _nothing_bought(network, still_ours)
    progress(0.9, f"{update.touched_items:,} items bought since the training")
    figures = {
        "touched_items": update.touched_items,
        "new_items": update.new_items,
        "drift": round(update.drift, 4),
    }
    store.refresh(
        network.artefact_id, update.arrays, metrics=figures, data_sequence=sequence, now=now, still_ours=still_ours
    )
    return {"artefact": network.artefact_id, **figures}


def _kinds_of_new(network: store.Loaded, histories: Histories) -> Kinds | None:
    """What the items are, where some are new; else the catalogue is not asked."""
    item_ids = np.union1d(network.arrays["item_ids"], histories.item_ids)
    if len(item_ids) == len(network.arrays["item_ids"]):
        return None
    return describe_beside(network.arrays, item_ids, by=network.metrics.get(ENCODERS))


def _nothing_bought(network: store.Loaded, still_ours: Callable[[], None]) -> dict[str, Any]:
    version = network.artefact_id
    if not Artefact.objects.exclude(refreshed={}).filter(pk=version).exists():
        raise NothingChanged(f"no known shopper bought anything since version {version} was trained")
    store.forget_refresh(version, still_ours=still_ours)
    return {"artefact": version, "touched_items": 0, "new_items": 0, "drift": 0.0}
