"""New shoppers: what they buy in the window, guessed before and after their first 1, 2, 3 purchases."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.cold_start.data import Shop
from benchmarks.cold_start.rankers import Known, factors, kinds_of

Values = NDArray[np.float64]
Ratio = Callable[[Values, Values, NDArray[np.int64]], tuple[float, float, float]]

RECENT_DAYS = 28
STEPS = (0, 1, 2, 3)
FEWEST = 20
"""Shoppers below whom nothing is said."""


def measure(shop: Shop, ratio: Ratio) -> tuple[list[dict[str, str | int | float]], dict[str, float]]:
    """NDCG@10 over the whole catalogue without what is known; none with fewer than `FEWEST` new shoppers.

    Before anything is known, the recent popular. After k purchases, the fold-in: the product of the shopper's vector
    with every item's, in standard deviations, plus log recent popularity in standard deviations; and by context, the
    recent popular of the first item's kind before all others.
    """
    known = Known.of(shop.purchases, shop.traits, shop.cut, shop.days, np.zeros(0, dtype=np.int64))
    inputs, outputs = factors(known.bought)
    past = shop.purchases
    recent = np.bincount(
        past.items[(past.days < shop.cut) & (past.days >= shop.cut - RECENT_DAYS)], minlength=len(outputs)
    )
    popular = np.log1p(recent.astype(np.float64))
    popular = (popular - popular.mean()) / max(popular.std(), 1e-9)
    kinds = kinds_of(shop.traits)
    firsts = past.days[np.minimum(past.offsets[:-1], len(past.days) - 1)]
    rows: list[dict[str, str | int | float]] = []
    ratios: dict[str, float] = {}
    for step in STEPS:
        found: dict[str, list[float]] = {"fold-in": [], "by context": [], "recent popular": []}
        for shopper in np.flatnonzero(firsts >= shop.cut):
            bought = past.items[past.offsets[shopper] : past.offsets[shopper + 1]]
            bought = bought[np.sort(np.unique(bought, return_index=True)[1])]
            if len(bought) <= step:
                continue
            seen, rest = bought[:step], bought[step:]
            folded = outputs @ inputs[seen].sum(axis=0) if step else np.zeros(len(outputs))
            folded = (folded - folded.mean()) / max(folded.std(), 1e-9)
            near = (kinds == kinds[seen[0]]) * 100.0 if step else 0.0
            for name, scores in (
                ("fold-in", folded + popular),
                ("by context", popular + near),
                ("recent popular", popular),
            ):
                found[name].append(_ndcg(scores, seen, rest))
        who = np.arange(len(found["fold-in"]))
        if len(who) < FEWEST:
            continue
        values = {name: np.array(one) for name, one in found.items()}
        for name, one in values.items():
            rows.append({"name": f"new shopper, {step} known: {name}", "ndcg_10": one.mean(), "shoppers": len(who)})
        if step:
            key = f"new_shoppers_{step}_known_vs_recent_popular"
            three = ratio(values["fold-in"], values["recent popular"], who)
            ratios |= dict(zip((key, f"{key}_low", f"{key}_high"), three, strict=True))
    return rows, ratios


def _ndcg(scores: Values, seen: NDArray[np.int32], rest: NDArray[np.int32]) -> float:
    scores = scores.copy()
    scores[seen] = -np.inf
    best = np.argpartition(-scores, 9)[:10] if len(scores) > 10 else np.arange(len(scores))
    best = best[np.argsort(-scores[best], kind="stable")]
    discounts = 1 / np.log2(np.arange(2, len(best) + 2))
    return float(discounts[np.isin(best, rest)].sum() / discounts[: min(len(rest), len(best))].sum())
