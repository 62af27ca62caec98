"""What every engine must give, and generators of baskets to try it on."""

from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from mlxtend.frequent_patterns import apriori, fpgrowth

from recommendations.data.baskets import Baskets
from recommendations.mining.itemsets import itemsets

BASKETS = st.lists(st.sets(st.integers(1, 9), max_size=7).map(sorted), max_size=25)


def mined(engine):
    def find(baskets, min_count, **options):
        found = itemsets(Baskets.of(baskets), min_count=min_count, engine=engine, **options)
        return as_dict(found)

    return find


def by_mlxtend(algorithm):
    def find(baskets, min_count, *, max_length=None):
        width = max((basket[-1] for basket in baskets if basket), default=0) + 1
        table = np.zeros((len(baskets), width), dtype=bool)
        for row, basket in enumerate(baskets):
            table[row, basket] = True
        if min_count > len(baskets):
            return {}
        found = algorithm(pd.DataFrame(table), min_support=(min_count - 0.5) / len(baskets), max_len=max_length)
        counts = (found["support"] * len(baskets)).round().astype(int)
        return {tuple(sorted(items)): count for items, count in zip(found["itemsets"], counts, strict=True)}

    return find


ENGINES = {
    "native": mined("native"),
    "fallback": mined("fallback"),
    "mlxtend-apriori": by_mlxtend(apriori),
    "mlxtend-fpgrowth": by_mlxtend(fpgrowth),
}


def brute_force(baskets, min_count, *, max_length=None):
    counts = {}
    for basket in baskets:
        for length in range(1, min(len(basket), max_length or len(basket)) + 1):
            for items in combinations(basket, length):
                counts[items] = counts.get(items, 0) + 1
    return {items: count for items, count in counts.items() if count >= min_count}


def as_dict(itemsets):
    return dict(zip(map(tuple, itemsets.as_lists()), itemsets.counts.tolist(), strict=True))


def realistic(baskets, seed):
    """Zipf items with planted bundles."""
    random = np.random.default_rng(seed)
    made = []
    for size in random.poisson(5, baskets) + 1:
        basket = set(np.minimum(random.zipf(1.3, size), 60).tolist())
        if random.random() < 0.2:
            start = int(random.integers(0, 6)) * 5 + 61
            basket |= set(range(start, start + int(random.integers(2, 6))))
        made.append(sorted(basket))
    return made
