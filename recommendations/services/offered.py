"""Offers that run at this moment, by the shop's live facts; what suits the shopper first, else what saves most."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.catalogue import get_catalogue
from recommendations.data.candidates import Source
from recommendations.data.facts import Facts
from recommendations.models import ArtefactKind, Item
from recommendations.models.database import on_replica
from recommendations.ranking.reasons import Code
from recommendations.services.opinion import Opinion, Question
from recommendations.services.personal import liking
from recommendations.services.selling import statistics_of

Ids = NDArray[np.int64]
Scores = NDArray[np.float64]

MOST_OFFERS = 100
"""Offers whose facts are asked for: those that the shop names first."""


def offers(question: Question) -> Opinion | None:
    """What has an offer at `now`; None where nothing that was ever ordered or viewed has one.

    By the shopper's liking where it may be told. Else by the share saved, times the root of the last weeks' sales.
    """
    facts = _running(question)
    ids = dict(on_replica(Item.objects.all()).filter(key__in=list(facts)).values_list("id", "key")) if facts else {}
    if not ids:
        return None
    item_ids = np.array(sorted(ids), dtype=np.int64)
    saved = np.array([saved_share(facts[ids[item]]) for item in item_ids.tolist()])
    versions, scores = _scores(question, item_ids, saved)
    best = np.lexsort((item_ids, -saved, -scores))[: question.most]
    return Opinion(
        versions=versions,
        source=Source.OFFER,
        item_ids=item_ids[best],
        scores=scores[best],
        code=Code.OFFER,
    )


def saved_share(facts: Facts) -> float:
    """What the offer takes off the price, 0 to 1; 0 where there is no price to compare with."""
    if facts.offer is None or facts.price is None or facts.price <= Decimal(0):
        return 0.0
    return max(float(1 - facts.offer.price / facts.price), 0.0)


def _running(question: Question) -> Mapping[str, Facts]:
    """Facts of the items whose offer runs at the moment, within the category if one is asked about."""
    keys: Sequence[str] = list(dict.fromkeys(get_catalogue().offered(MOST_OFFERS)))[:MOST_OFFERS]
    told = question.facts(keys) if keys else {}
    return {
        key: told[key]
        for key in keys
        if key in told
        and (offer := told[key].offer) is not None
        and question.now < offer.ends_at
        and (question.category is None or question.category in told[key].categories)
    }


def _scores(question: Question, item_ids: Ids, saved: Scores) -> tuple[Mapping[str, int], Scores]:
    liked = liking(question, item_ids)
    if liked is not None:
        network, scores = liked
        known = np.isfinite(scores)
        # What the network does not know comes behind what it knows.
        least = float(scores[known].min()) - 1.0 if known.any() else 0.0
        return {ArtefactKind.NETWORK: network}, np.where(known, scores, least)
    loaded = store.live(ArtefactKind.ITEMS)
    if loaded is None:
        return {}, saved
    statistics = statistics_of(loaded)
    places, known = statistics.positions(item_ids)
    sales = np.zeros(len(item_ids))
    sales[known] = statistics.sales[places[known]]
    return {ArtefactKind.ITEMS: loaded.artefact_id}, saved * np.sqrt(1.0 + sales)
