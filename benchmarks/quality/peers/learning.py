"""What every peer learns from, and the matrices that most of them build."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.histories import Histories
from recommendations.data.traits import Described
from recommendations.evaluation.judging import Scorer, Scores
from recommendations.evaluation.views import View

Setting = Mapping[str, Any]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Learning:
    """Purchases before a cut, and nothing else.

    `keys` are the file's item keys in the order of the items, for a method that reads what items are;
    `goods` what the file says of them; `once` keeps what settings of one peer share; `threads` and
    `device` are what a peer may use.
    """

    train: Histories
    cut: float
    keys: Sequence[str] = ()
    goods: Mapping[str, Described] = field(default_factory=dict)
    seed: int = 1
    threads: int = 1
    device: str = "cpu"
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def matrix(self, weighting: str) -> sparse.csr_matrix:
        """float32 [shoppers, items]: `bin` bought or not, `log` of 1 + purchases, `count`, `d60` halved in 60 days."""
        train = self.train
        values = np.ones(len(train.items))
        if weighting.startswith("d"):
            values = 0.5 ** ((self.cut - train.days) / float(weighting[1:]))
        shape = (len(train), len(train.item_ids))
        found = sparse.csr_matrix((values.astype(np.float32), (train.shoppers, train.items)), shape=shape)
        found.sum_duplicates()
        if weighting == "bin":
            found.data[:] = 1
        elif weighting == "log":
            found.data = np.log1p(found.data)
        return found

    def age_in_baskets(self) -> tuple[Ids, Ids]:
        """int64[n], how many baskets of its shopper came after each purchase's; int64[shoppers], baskets of each."""
        train = self.train
        shoppers = train.shoppers
        opens = np.ones(len(shoppers), dtype=np.int64)
        opens[1:] = (shoppers[1:] != shoppers[:-1]) | (train.orders[1:] != train.orders[:-1])
        baskets = np.bincount(shoppers, weights=opens, minlength=len(train)).astype(np.int64)
        return np.cumsum(baskets)[shoppers] - np.cumsum(opens), baskets

    def popularity(self) -> NDArray[np.float32]:
        """float32[n], purchases of each item, the largest 1."""
        sold = np.bincount(self.train.items, minlength=len(self.train.item_ids)).astype(np.float32)
        return sold / max(float(sold.max(initial=0)), 1.0)


Fit = Callable[..., Scorer]
"""fit(learning, **setting) -> scorer."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A method, the settings it is tuned over, and the packages that it needs."""

    name: str
    fit: Fit
    settings: Sequence[Setting]
    needs: Sequence[str] = ()
    is_random: bool = False


def product_scorer(left: sparse.csr_matrix, right: Any) -> Scorer:
    """Rows of `left` [shoppers, k] times `right` [k, n]."""

    def score(shoppers: Ids, _: View) -> Scores:
        found = left[shoppers] @ right
        return np.asarray(found.toarray() if sparse.issparse(found) else found, dtype=np.float32)

    return score


def strongest_rows(values: NDArray[np.float32], most: int) -> sparse.csr_matrix:
    """The `most` largest positive values of each row of a dense block."""
    most = min(most, values.shape[1])
    at = np.argpartition(-values, most - 1, axis=1)[:, :most]
    rows = np.repeat(np.arange(len(values)), most)
    kept = np.take_along_axis(values, at, axis=1).ravel()
    positive = kept > 0
    return sparse.csr_matrix((kept[positive], (rows[positive], at.ravel()[positive])), shape=values.shape)
