"""What the counts hold, and what they must."""

from collections import Counter
from datetime import timedelta
from itertools import combinations

from recommendations.models import (
    BasketTotals,
    ItemCount,
    Order,
    PairCount,
)

DAY = timedelta(days=1)


def counts():
    """Orders of each item and each pair, by keys."""
    live = BasketTotals.objects.live().first()
    generation = live.generation if live else 0
    items = ItemCount.objects.filter(generation=generation).values_list("item__key", "orders")
    pairs = PairCount.objects.filter(generation=generation).values_list("low__key", "high__key", "orders")
    return Counter(dict(items)), Counter({tuple(sorted(row[:2])): row[2] for row in pairs})


def item_counts():
    """Of whatever generation."""
    return dict(ItemCount.objects.values_list("item__key", "orders"))


def pair_counts():
    """Of whatever generation."""
    return {tuple(sorted(row[:2])): row[2] for row in PairCount.objects.values_list("low__key", "high__key", "orders")}


def brute_force(baskets):
    items, pairs = Counter(), Counter()
    for basket in baskets:
        items.update(basket)
        pairs.update(combinations(sorted(basket), 2))
    return items, pairs


def states():
    return dict(Order.objects.values_list("key", "excluded"))
