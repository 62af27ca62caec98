"""Learn what new items promise: which there are, what was learnt of them, and what share of the tries each gets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Exists, Min, OuterRef, QuerySet, Sum
from numpy.typing import NDArray

from recommendations.catalogue import Catalogue, Context, get_catalogue
from recommendations.conf import settings
from recommendations.evaluation.examination import MOST_RANKS, examination, judged
from recommendations.models import Arrival, Item, ItemExposure, OrderLine, database
from recommendations.ranking.exploring import shares
from recommendations.selectors.known import known
from recommendations.services.exposures import SCALE
from recommendations.services.record.rows import ensure_items

MOST_ITEMS = 2_000
"""Items, the most clicked ones, that tell how the ranks of a placement are looked at."""

MOST_CATEGORIES = 50
CATEGORY_MEMBERS = 1_000

USUAL_RATE = 0.02
USUAL_EXAMINATIONS = 50.0
"""What an item brings where nothing was shown yet, and the examinations that this is believed as."""

CATEGORY_EXAMINATIONS = 200.0
"""Examinations as which a category is believed to be like the whole shop."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class New:
    """A new item: since when, and where the shop has it."""

    launched_at: datetime
    categories: tuple[str, ...]


def refresh(*, now: datetime) -> dict[str, Any]:
    """Bring `Arrival` up to date: a row for each of at most `NEW_ITEMS` items of the last `NEW_ITEM_DAYS` days.

    A product that was never ordered gets its item here, since serving writes nothing.

    Returns
    -------
    How many `new_items` there are, how many of them are `tried`, and how the ranks of each placement are `examined`.
    """
    found = _new_items(get_catalogue(), now)
    curves = _curves()
    ids = ensure_items(found, known(items=found))
    keys = sorted(found, key=lambda key: ids[key])
    item_ids = np.array([ids[key] for key in keys], dtype=np.int64)
    examinations, rewards = _learnt(item_ids, curves)
    believed = _believed([found[key] for key in keys], curves)
    tried = (examinations < settings.NEW_ITEM_EXAMINATIONS) | (rewards > 0)
    share = np.zeros(len(keys))
    rng = np.random.default_rng(int(now.timestamp()))
    share[tried] = shares(examinations[tried], rewards[tried], believed[tried], rng)
    columns = (believed.tolist(), examinations.tolist(), rewards.tolist(), share.tolist())
    rows = [
        Arrival(
            item_id=ids[key],
            launched_at=found[key].launched_at,
            categories=list(found[key].categories),
            **dict(zip(_LEARNT, values, strict=True)),
        )
        for key, values in zip(keys, zip(*columns, strict=True), strict=True)
    ]
    with database.atomic():
        Arrival.objects.exclude(item__in=item_ids.tolist()).delete()
        Arrival.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["item"], update_fields=["launched_at", "categories", *_LEARNT]
        )
    told = {placement: np.round(curve[:10], 3).tolist() for placement, curve in curves.by_placement.items()}
    return {"new_items": len(rows), "tried": int(tried.sum()), "examined": told}


_LEARNT = ("believed", "examinations", "rewards", "share")


def _new_items(catalogue: Catalogue, now: datetime) -> dict[str, New]:
    """What is new, by item key: what the shop says was launched, else what the plugin first heard of lately."""
    since = now - timedelta(days=settings.NEW_ITEM_DAYS)
    launched = list(catalogue.launched(since, settings.NEW_ITEMS))
    heard_of: Mapping[str, datetime] = {} if launched else _heard_of(since)
    asked = launched or list(heard_of)
    identities = catalogue.identify(asked) if asked else {}
    items = {key: identities[key].item_key if key in identities else key for key in asked}
    facts = catalogue.facts(list(dict.fromkeys(items.values())), Context()) if asked else {}
    found: dict[str, New] = {}
    for key, item_key in items.items():
        about = facts.get(item_key)
        counted = key not in identities or identities[key].counted
        if about is None or not (counted and about.counted):
            continue
        launched_at = about.launched_at or heard_of.get(key)
        if launched_at is not None and since < launched_at <= now:
            found.setdefault(item_key, New(launched_at, about.categories))
    return found


def _heard_of(since: datetime) -> dict[str, datetime]:
    """Items of which nothing is older than `since`: when they were first ordered, or their rows were made."""
    earlier = OrderLine.objects.filter(item=OuterRef("pk"), order__placed_at__lte=since)
    items = Item.objects.filter(is_counted=True, created_at__gt=since).exclude(Exists(earlier))
    rows = list(items.order_by("-created_at", "-id").values_list("id", "key", "created_at")[: settings.NEW_ITEMS])
    orders = OrderLine.objects.filter(item__in=[item_id for item_id, _, _ in rows]).values("item").order_by()
    first = dict(orders.annotate(first=Min("order__placed_at")).values_list("item", "first"))
    return {key: min(created_at, first.get(item_id, created_at)) for item_id, key, created_at in rows}


@dataclass(frozen=True, slots=True)
class Curves:
    """How likely each rank is looked at, float64[k] by placement; `usual` where a placement taught nothing."""

    by_placement: Mapping[str, Values]
    usual: Values

    def of(self, placements: Sequence[str], ranks: Sequence[int]) -> Values:
        """float64[r], of each of these rows."""
        last = len(self.usual)
        return np.array(
            [
                self.by_placement.get(placement, self.usual)[min(rank, last) - 1]
                for placement, rank in zip(placements, ranks, strict=True)
            ],
            dtype=np.float64,
        )


def _curves() -> Curves:
    """Learnt from the most clicked items, for all placements together and from there for each."""
    most = ItemExposure.objects.values("item").annotate(all_clicks=Sum("clicks")).filter(all_clicks__gt=0)
    best = most.order_by("-all_clicks", "item").values("item")[:MOST_ITEMS]
    rows = list(
        ItemExposure.objects.filter(item__in=best, rank__lte=MOST_RANKS).values_list(
            "placement", "item", "rank", "impressions", "clicks"
        )
    )
    places = {place: number for number, place in enumerate(sorted({(row[0], row[1]) for row in rows}))}
    shown = np.zeros((len(places), MOST_RANKS), dtype=np.int64)
    clicks = np.zeros_like(shown)
    for placement, item, rank, impressions, clicked in rows:
        shown[places[placement, item], rank - 1] = impressions
        clicks[places[placement, item], rank - 1] = clicked
    usual = examination(shown, clicks)
    owners = np.array([placement for placement, _ in places], dtype=object)
    return Curves(
        {
            str(placement): examination(shown[owners == placement], clicks[owners == placement], before=usual)
            for placement in dict.fromkeys(owners.tolist())
        },
        usual,
    )


def _learnt(item_ids: NDArray[np.int64], curves: Curves) -> tuple[Values, Values]:
    """float64[n] examinations and rewards of these items, ascending ids."""
    exposures = ItemExposure.objects.filter(item__in=item_ids.tolist())
    names = ("placement", "rank", "item_id", "weight", "weight_squares", "weight_clicks", "weight_purchases")
    rows = list(exposures.values_list(*names))
    placements, ranks, items, weights, squares, clicks, purchases = zip(*rows, strict=True) if rows else ((),) * 7
    return judged(
        np.searchsorted(item_ids, np.array(items, dtype=np.int64)),
        np.array(weights, dtype=np.float64) / SCALE,
        np.array(squares, dtype=np.float64) / SCALE,
        _rewards(clicks, purchases),
        curves.of(placements, ranks),
        number=len(item_ids),
    )


def _believed(new: Sequence[New], curves: Curves) -> Values:
    """float64[n], what each item is believed to bring before anything of it is known: what its category brings."""
    everything = _rate(ItemExposure.objects.all(), curves, USUAL_RATE, USUAL_EXAMINATIONS)
    own = [one.categories[0] if one.categories else "" for one in new]
    catalogue, rates = get_catalogue(), {}
    for category in sorted(set(own) - {""}, key=lambda name: (-own.count(name), name))[:MOST_CATEGORIES]:
        members = ItemExposure.objects.filter(item__key__in=list(catalogue.members(category, CATEGORY_MEMBERS)))
        rates[category] = _rate(members, curves, everything, CATEGORY_EXAMINATIONS)
    return np.array([rates.get(category, everything) for category in own], dtype=np.float64)


def _rate(exposures: "QuerySet[ItemExposure]", curves: Curves, believed: float, examinations: float) -> float:
    """Rewards for each examination of these, in (0, 1), with what is believed before as so many examinations."""
    sums = exposures.values("placement", "rank").annotate(
        shown=Sum("weight"), clicked=Sum("weight_clicks"), bought=Sum("weight_purchases")
    )
    rows = list(sums.values_list("placement", "rank", "shown", "clicked", "bought"))
    placements, ranks, shown, clicked, bought = zip(*rows, strict=True) if rows else ((),) * 5
    seen = float((np.array(shown, dtype=np.float64) / SCALE) @ curves.of(placements, ranks))
    rate = (_rewards(clicked, bought).sum() + believed * examinations) / (seen + examinations)
    return float(np.clip(rate, 1e-4, 0.9))


def _rewards(clicks: Iterable[int], purchases: Iterable[int]) -> Values:
    """float64[r]: half for a click, and the other half where a purchase followed."""
    both = np.array(list(clicks), dtype=np.float64) + np.array(list(purchases), dtype=np.float64)
    return np.asarray(both / (2 * SCALE), dtype=np.float64)
