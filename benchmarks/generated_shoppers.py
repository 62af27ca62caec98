"""Purchases made up for measurements: shoppers with habits of their own, as a grocer's are."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories

DAYS = 365.0
BASKET = 9.0
"""Items of an order before what is the same is taken once; sizes fall off geometrically."""

HABITUAL = 0.7
"""The share of a shopper's lines that are of their own repertoire; the others are as frequent as Zipf's law has it."""

REPERTOIRE = 150
SPREAD = 0.8
"""Of the logarithm of how often shoppers come."""


def histories(lines: int, *, items: int, shoppers: int, seed: int = 1) -> Histories:
    """About so many purchases within a year, a little fewer; the same ones for the same seed."""
    random = np.random.default_rng(seed)
    often = random.lognormal(0.0, SPREAD, shoppers)
    orders = random.choice(shoppers, max(int(lines / BASKET), 1), p=often / often.sum())
    days = random.uniform(0.0, DAYS, len(orders))
    number = np.repeat(np.arange(len(orders)), random.geometric(1 / BASKET, len(orders)))
    repertoires = _ranks(random, items, (shoppers, REPERTOIRE))
    own = repertoires[orders[number], _ranks(random, REPERTOIRE, (len(number),))]
    ranks = np.where(random.random(len(number)) < HABITUAL, own, _ranks(random, items, (len(number),)))
    number, rank = np.unique(np.column_stack([number, ranks]), axis=0).T
    item_of_rank = random.permutation(items) + 1
    return Histories.of(orders[number], item_of_rank[rank], days[number], number)


def _ranks(random: np.random.Generator, among: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Ranks below `among`, as frequent as Zipf's law has it."""
    share = 1 / (np.arange(among) + 20.0)
    return np.minimum(np.searchsorted(np.cumsum(share / share.sum()), random.random(shape)), among - 1)
