"""Shoppers whose taste is known: each is faithful to one kind of goods, so what a network should find is in sight."""

import numpy as np

from recommendations.data.histories import Histories
from recommendations.evaluation.views import Window

KINDS = 5
GOODS = 8
"""Items of a kind: kind k has the dense indexes 8 k to 8 k + 7."""


def planted(*, shoppers=300, orders=8, shuffled=False, seed=1):
    """Shopper s buys two goods of kind s mod 5 in each of `orders` orders a day apart; anything at all, if shuffled."""
    rng = np.random.default_rng(seed)
    rows = []
    for shopper in range(shoppers):
        for order in range(orders):
            goods = shopper % KINDS * GOODS + rng.choice(GOODS, 2, replace=False)
            rows += [(shopper, item, float(order), shopper * orders + order) for item in goods]
    owners, items, days, numbers = map(np.array, zip(*rows, strict=True))
    if shuffled:
        items = rng.permutation(items)
    return Histories.of(owners, items, days, numbers)


def share_of_own_kind(scores, shoppers):
    """How many of the eight best items of `scores` [t, n] are of the shopper's kind, on average; chance is .2."""
    best = np.argsort(-scores, axis=1)[:, :GOODS]
    return float(np.mean(best // GOODS == (np.asarray(shoppers) % KINDS)[:, None]))


def hit_rate(scores, tests):
    """Share of shoppers with an item of `tests` (a set for each row of scores) among the five best."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    return float(np.mean([bool(test & set(row)) for test, row in zip(tests, best.tolist(), strict=True)]))


def cut_in_time(histories, *, share):
    """The window of all that follows the first `share` (0..1) of the purchases."""
    cut = float(np.quantile(histories.days, share))
    return Window.of(histories, cut=cut, days=float(histories.days.max()) - cut + 1.0)
