"""Counts by the slowest and plainest code there is, to hold the real ones against."""

from collections import Counter
from itertools import combinations

SCALE = 2**32


def counts(baskets):
    items, orders, weight, share, square = Counter(), Counter(), Counter(), Counter(), Counter()
    for basket in baskets:
        items.update(basket)
        for pair in combinations(sorted(basket), 2):
            others = len(basket) - 1
            orders[pair] += 1
            weight[pair] += round(SCALE / others**0.5)
            share[pair] += round(SCALE / others)
            square[pair] += round(SCALE / others**2)
    return items, {pair: (orders[pair], weight[pair], share[pair], square[pair]) for pair in orders}


def as_dicts(counted):
    pairs = counted.pairs
    rows = zip(
        pairs.low.tolist(),
        pairs.high.tolist(),
        pairs.orders.tolist(),
        pairs.weight.tolist(),
        pairs.share.tolist(),
        pairs.share_square.tolist(),
        strict=True,
    )
    items = dict(zip(counted.item_ids.tolist(), counted.item_orders.tolist(), strict=True))
    return items, {(low, high): tuple(sums) for low, high, *sums in rows}
