"""Engines that find frequent itemsets: our own, and mlxtend's two to compare with; all give the same sets."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.baskets import Baskets
from recommendations.exceptions import MissingPackage
from recommendations.mining.budget import Budget
from recommendations.mining.families import in_order
from recommendations.mining.itemsets import Itemsets, itemsets

Ids = NDArray[np.int64]


class Engine(Protocol):
    """Finds all sets in at least `min_count` >= 1 baskets, shorter ones first, those of one length ascending.

    mlxtend's know no budget: they run for as long and in as much memory as they need.

    Raises
    ------
    MissingPackage : the engine's package is not installed.
    MiningBudget : the budget was spent.
    """

    def __call__(
        self, baskets: Baskets, *, min_count: int, max_length: int | None = None, budget: Budget | None = None
    ) -> Itemsets: ...


def native(
    baskets: Baskets, *, min_count: int, max_length: int | None = None, budget: Budget | None = None
) -> Itemsets:
    """Packed bits, depth first."""
    return in_order(itemsets(baskets, min_count=min_count, max_length=max_length, budget=budget))


def mlxtend_fpgrowth(
    baskets: Baskets,
    *,
    min_count: int,
    max_length: int | None = None,
    budget: Budget | None = None,  # noqa: ARG001
) -> Itemsets:
    """mlxtend's FP-growth over a sparse DataFrame."""
    return _mlxtend("fpgrowth", baskets, min_count, max_length)


def mlxtend_apriori(
    baskets: Baskets,
    *,
    min_count: int,
    max_length: int | None = None,
    budget: Budget | None = None,  # noqa: ARG001
) -> Itemsets:
    """mlxtend's Apriori over a sparse DataFrame; its low-memory mode, as the other needs rows times candidates."""
    return _mlxtend("apriori", baskets, min_count, max_length, low_memory=True)


ENGINES: Mapping[str, Engine] = {
    "native": native,
    "mlxtend-fpgrowth": mlxtend_fpgrowth,
    "mlxtend-apriori": mlxtend_apriori,
}
"""By the names that the setting MINING_ENGINE allows."""


def _mlxtend(name: str, baskets: Baskets, min_count: int, max_length: int | None, **options: bool) -> Itemsets:
    try:
        pandas: Any = import_module("pandas")
        function: Callable[..., Any] = getattr(import_module("mlxtend.frequent_patterns"), name)
    except ImportError as error:
        raise MissingPackage(
            f'the mining engine mlxtend-{name} needs mlxtend: pip install "django-basketry[mlxtend]"'
        ) from error
    ids, at, counts = np.unique(baskets.items, return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(counts >= min_count)
    if not len(frequent):
        return in_order(itemsets(Baskets.of([]), min_count=1))
    incidence = sparse.csr_matrix((np.ones(len(at), dtype=bool), at, baskets.offsets), shape=(len(baskets), len(ids)))[
        :, frequent
    ]
    # Column names are texts because mlxtend wants sparse frames with numbers for names to begin with 0.
    frame = pandas.DataFrame.sparse.from_spmatrix(incidence, columns=[str(item) for item in ids[frequent].tolist()])
    # Half a basket less than the count: no rounding of the share can lose a set.
    share = (min_count - 0.5) / len(baskets)
    found = function(frame, min_support=share, max_len=max_length, **options)
    sets = [sorted(members) for members in found["itemsets"]]
    offsets = np.concatenate([[0], np.cumsum([len(members) for members in sets])]).astype(np.int64)
    columns = np.fromiter((int(item) for members in sets for item in members), dtype=np.int64, count=int(offsets[-1]))
    orders = np.rint(found["support"].to_numpy(dtype=float) * len(baskets)).astype(np.int64)
    return in_order(Itemsets(offsets, ids[frequent][columns], orders))
