"""Kinds: how a candidate relates to what the shopper buys by category, brand, price and text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.traits import Traits
from recommendations.ranking.past import HALF_LIVES, Past
from recommendations.ranking.sales import Sales

Values = NDArray[np.float32]

GROUPS = 3
"""Two categories and the brand of an item."""

HABIT_COLUMNS = 9
KIND_COLUMNS = 17 + GROUPS * HABIT_COLUMNS
HABIT_HALF_LIVES = (14.0, 30.0, 90.0)
MEMORY = HALF_LIVES.index(60.0)
NEVER_DAYS = 999.0
LEAST_SPREAD = 0.04


@dataclass(frozen=True, slots=True)
class Kinds:
    """What n items are, as the ranker reads it.

    Parameters
    ----------
    groups : int32[n, 3], a code for each grouping, -1 where missing.
    prices : float32[n], logarithms, imputed where missing.
    texts : float32[n, k], rows of length 1, or 0 where missing; k may be 0.
    """

    groups: NDArray[np.int32]
    prices: Values
    texts: Values

    @classmethod
    def of(cls, traits: Traits, texts: Values) -> "Kinds":
        """From what a shop says of its items: the two rarest categories of each and its brand; the shop's median price
        where there is none.

        Parameters
        ----------
        texts : float32[n, k], vectors of the texts in any length.
        """
        sizes = np.bincount(traits.category_codes, minlength=len(traits.category_names))
        groups = np.full((len(traits), GROUPS), -1, dtype=np.int32)
        for item in range(len(traits)):
            codes = traits.category_codes[traits.category_offsets[item] : traits.category_offsets[item + 1]]
            rarest = codes[np.argsort(sizes[codes], kind="stable")][: GROUPS - 1]
            groups[item, : len(rarest)] = rarest
        groups[:, GROUPS - 1] = traits.brands
        logs = np.log(traits.prices)
        usual = float(np.nanmedian(logs)) if np.isfinite(logs).any() else 0.0
        lengths = np.maximum(np.linalg.norm(texts, axis=1, keepdims=True), 1e-9) if texts.shape[1] else 1.0
        return cls(
            groups, np.where(np.isnan(logs), usual, logs).astype(np.float32), (texts / lengths).astype(np.float32)
        )

    @classmethod
    def unknown(cls, items: int) -> "Kinds":
        """Of a shop that says nothing of its items."""
        return cls(
            np.full((items, GROUPS), -1, dtype=np.int32),
            np.zeros(items, dtype=np.float32),
            np.zeros((items, 0), dtype=np.float32),
        )

    def group_sales(self, sales: Sales) -> Values:
        """float32[n, 3], logarithm of the orders that an item's group had in the last 28 days, 0 where missing."""
        recent = sales.orders[:, 2]
        found = np.zeros((len(recent), GROUPS), dtype=np.float32)
        for number, codes in enumerate(self.groups.T):
            there = codes >= 0
            sold = np.bincount(codes[there], recent[there])
            found[there, number] = np.log1p(sold[codes[there]])
        return found

    def columns(self, past: Past, items: NDArray[np.int64], own: NDArray[np.int64], group_sales: Values) -> Values:
        """float32[c, 44] of the candidates.

        Parameters
        ----------
        items : int64[c], candidates.
        own : int64[c], a candidate's place in the past, -1 where the shopper never bought it.
        group_sales : float32[n, 3], as `group_sales` gives.
        """
        weights = past.decayed[:, MEMORY].astype(np.float64)
        total = max(float(weights.sum()), 1e-9)
        self_weight = np.where(own >= 0, weights[own], 0.0)
        parts = [self.prices[items], *group_sales[items].T]
        for codes in self.groups.T:
            parts += self._of_group(codes, past, items, weights, self_weight / total)
        mean = float(weights @ self.prices[past.items]) / total
        spread = (float(weights @ (self.prices[past.items] - mean) ** 2) / total + LEAST_SPREAD) ** 0.5
        dearer = (self.prices[items] - mean) / spread
        habits = [_habit(codes, past, items, own) for codes in self.groups.T]
        return np.column_stack([*parts, *self._of_text(past, items, weights), dearer, np.abs(dearer), *habits]).astype(
            np.float32
        )

    def _of_group(
        self,
        codes: NDArray[np.int32],
        past: Past,
        items: NDArray[np.int64],
        weights: NDArray[np.float64],
        self_share: NDArray[np.float64],
    ) -> list[NDArray[np.float64]]:
        """Share of the past in the candidate's group without itself, days since it, how many of its items."""
        bought, asked = codes[past.items] + 1, codes[items] + 1
        size = int(max(bought.max(initial=0), asked.max(initial=0))) + 1
        share = np.bincount(bought, weights, minlength=size) / max(weights.sum(), 1e-9)
        idle = np.full(size, NEVER_DAYS)
        np.minimum.at(idle, bought, past.last)
        count = np.bincount(bought, minlength=size)
        share[0], idle[0], count[0] = 0.0, NEVER_DAYS, 0
        rest = np.maximum(share[asked] - np.where(asked > 0, self_share, 0.0), 0.0)
        return [np.log(rest + 1e-3), np.log1p(idle[asked]), np.log1p(count[asked])]

    def _of_text(self, past: Past, items: NDArray[np.int64], weights: NDArray[np.float64]) -> list[Values]:
        """Cosine with the shopper's mean text, and with the nearest text of the latest order."""
        if not self.texts.shape[1]:
            return [np.zeros(len(items), dtype=np.float32)] * 2
        taste = weights.astype(np.float32) @ self.texts[past.items]
        taste /= max(float(np.linalg.norm(taste)), 1e-9)
        latest = self.texts[past.items[past.in_last_order]]
        texts = self.texts[items]
        return [texts @ taste, (texts @ latest.T).max(axis=1)]


def _habit(
    codes: NDArray[np.int32], past: Past, items: NDArray[np.int64], own: NDArray[np.int64]
) -> NDArray[np.float64]:
    """float64[c, 9], how often, how lately and how regularly the shopper orders of the candidate's group, whichever
    item it is, and which part of that is the candidate."""
    absent = np.array([0.0, *[np.log(1e-3)] * 3, 0.0, 0.0, np.log1p(past.orders), np.log(0.01), np.log(0.01)])
    of_past, of_items = codes[past.items], codes[items]
    size = int(max(of_past.max(initial=-1), of_items.max(initial=-1))) + 1
    grouped = of_past[past.places] >= 0
    if not grouped.any():
        return np.tile(absent, (len(items), 1))
    pairs = np.unique(past.visits[grouped] * size + of_past[past.places[grouped]])
    visit, group = np.divmod(pairs, size)
    ages = past.visit_ages[visit].astype(np.float64)
    orders = np.bincount(group, minlength=size)
    decayed = np.stack([np.bincount(group, 0.5 ** (ages / days), minlength=size) for days in HABIT_HALF_LIVES], axis=1)
    last, first, since = np.full(size, NEVER_DAYS), np.zeros(size), np.full(size, past.orders)
    last[group], since[group] = ages, past.orders - 1 - visit  # visits ascend, and of several the last one stays
    first[group[::-1]] = ages[::-1]
    gap = np.where(orders > 1, (first - last) / np.maximum(orders - 1, 1), past.known / np.maximum(orders, 1))
    known = of_past >= 0
    asked = np.maximum(of_items, 0)
    parts = [
        np.where(own >= 0, of_item[own], 0.0)
        / np.maximum(np.bincount(of_past[known], of_item[known], minlength=size)[asked], 1e-9)
        for of_item in (past.decayed[:, MEMORY], past.counts)
    ]
    found = np.column_stack(
        [
            np.log1p(orders[asked]),
            np.log(decayed[asked] + 1e-3),
            np.log((last[asked] + 1) / (gap[asked] + 1)),
            np.log1p(gap[asked]),
            np.log1p(since[asked]),
            *[np.log(part + 0.01) for part in parts],
        ]
    )
    return np.where(((of_items >= 0) & (orders[asked] > 0))[:, None], found, absent)
