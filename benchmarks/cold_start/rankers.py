"""Scores of items that nobody has bought, from what they are: ours and what it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from recommendations.data.attributes import Attributes
from recommendations.data.histories import HALF_LIFE_DAYS, Histories
from recommendations.data.traits import Traits
from recommendations.neural.content import ContentConfig, as_arrays, train_content
from recommendations.ranking.content import item_vectors

Scores = NDArray[np.float64]
Ids = NDArray[np.int64]

FACTORS = 128
DAMPING = 0.1
"""Power of an item's sales by which its column is divided before the factors are taken."""

FEWEST = 10
"""Items of a category whose popularity says something of another one."""

BANDS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Known:
    """What may be learnt from: `bought` [m, n], decayed purchases of every shopper; `latest` [m, n], those of the last
    window before the cut; `warm` int64, the items that were sold."""

    traits: Traits
    bought: sparse.csr_matrix
    latest: sparse.csr_matrix
    warm: Ids

    @classmethod
    def of(cls, purchases: Histories, traits: Traits, cut: float, days: int, hidden: Ids) -> "Known":
        shoppers, items = purchases.shoppers, purchases.items.astype(np.int64)
        kept = (purchases.days < cut) & ~np.isin(items, hidden)
        shape = (len(purchases), len(traits))
        weights = 0.5 ** ((cut - purchases.days[kept]) / HALF_LIFE_DAYS)
        bought = sparse.csr_matrix((weights, (shoppers[kept], items[kept])), shape=shape)
        bought.data = np.log1p(bought.data).astype(np.float32)
        late = kept & (purchases.days >= cut - days)
        latest = sparse.csr_matrix((np.ones(late.sum()), (shoppers[late], items[late])), shape=shape)
        return cls(traits, bought, latest, np.setdiff1d(np.arange(len(traits)), hidden))


def factors(bought: sparse.csr_matrix, width: int = FACTORS) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`inputs` and `outputs` float32[n, d] of a truncated SVD of the damped purchases (PureSVD, Cremonesi 2010)."""
    lengths = np.maximum(np.asarray(bought.power(2).sum(axis=1)).ravel(), 1e-9)
    sales = np.maximum(np.asarray(bought.power(2).sum(axis=0)).ravel(), 1e-9)
    damped = sparse.diags(lengths**-0.5) @ bought @ sparse.diags(sales**-DAMPING)
    rank = min(width, min(damped.shape) - 1)
    right = svds(damped.astype(np.float64), k=rank, v0=np.ones(min(damped.shape)))[2]
    outputs = np.ascontiguousarray(right.T, dtype=np.float32)
    return (outputs * (sales**-DAMPING)[:, None]).astype(np.float32), outputs


def all_scores(known: Known, shoppers: Ids, seed: int) -> tuple[Mapping[str, Scores], str]:
    """Scores [t, n] of each ranker, ours first, and what ours chose."""
    attributes = Attributes.learn(known.traits.at(known.warm)).vectors(known.traits)
    bought = known.bought[:, known.warm]
    inputs, outputs = factors(bought)
    tastes = np.asarray(bought[shoppers] @ inputs)
    tastes /= np.maximum(np.linalg.norm(tastes, axis=1, keepdims=True), 1e-12)
    tastes = np.column_stack([tastes, np.ones(len(tastes))])
    told = attributes[known.warm]
    latest = known.latest[:, known.warm]

    def tower(config: ContentConfig) -> tuple[Scores, str]:
        found = train_content(told, inputs, outputs, bought, config, seed=seed, later=latest)
        vectors = item_vectors(as_arrays(found.tower), attributes)
        return tastes @ vectors.T, f"{found.epochs} epochs, popularity {found.popularity}"

    ours, chosen = tower(ContentConfig())
    closed, _ = tower(ContentConfig(epochs=0))
    plain, _ = tower(ContentConfig(epochs=0, popularity=(0.0,)))
    units = attributes / np.maximum(np.linalg.norm(attributes, axis=1, keepdims=True), 1e-12)
    kinds = kinds_of(known.traits)
    return {
        "content tower": ours,
        "ridge and popularity": closed,
        "ridge": plain,
        "attribute cosine": np.asarray(known.bought[shoppers] @ units) @ units.T,
        **category_popularity(known, kinds, shoppers),
        "random": np.random.default_rng(seed).random((len(shoppers), len(known.traits))),
    }, chosen


def category_popularity(known: Known, kinds: Ids, shoppers: Ids) -> dict[str, Scores]:
    """An item's kind is its closest category and price band.

    `category popularity`: mean sales of an item of the kind, among kinds that the shopper bought, then the others;
    `category share`: how much of the kind the shopper bought, by its size; `category popularity of all`: mean sales.
    """
    sales = np.asarray((known.bought[:, known.warm] != 0).sum(axis=0)).ravel()
    size = np.bincount(kinds[known.warm], minlength=kinds.max() + 1)
    mean = np.bincount(kinds[known.warm], sales, len(size)) / np.maximum(size, 1)
    membership = sparse.csr_matrix((np.ones(len(kinds)), (np.arange(len(kinds)), kinds)))
    theirs = np.asarray(((known.bought[shoppers] != 0).astype(np.float64) @ membership).todense())
    tied = 1e-6 * np.random.default_rng(0).random(len(kinds))
    small = mean[kinds] / (mean.max() + 1) * 1e-3
    return {
        "category popularity": (theirs > 0)[:, kinds] * mean[kinds] + small + tied,
        "category share": (theirs / np.maximum(size, 1))[:, kinds] + small + 1e-3 * tied,
        "category popularity of all": np.tile(mean[kinds] + tied, (len(shoppers), 1)),
    }


def kinds_of(traits: Traits) -> Ids:
    """int64[n], the item's rarest category of `FEWEST` items at least (0 without), with its fifth of the prices."""
    sizes = np.bincount(traits.category_codes, minlength=len(traits.category_names) + 1)
    owners = np.repeat(np.arange(len(traits)), np.diff(traits.category_offsets))
    usable = sizes[traits.category_codes] >= FEWEST
    owners, codes = owners[usable], traits.category_codes[usable]
    closest = np.zeros(len(traits), dtype=np.int64)
    commonest_first = np.argsort(-sizes[codes], kind="stable")
    closest[owners[commonest_first]] = 1 + codes[commonest_first]
    middle = np.nanmedian(traits.prices) if np.isfinite(traits.prices).any() else 1.0
    prices = np.where(np.isnan(traits.prices), middle, traits.prices)
    band = np.searchsorted(np.quantile(prices, BANDS), prices)
    return np.asarray(np.unique(closest * (len(BANDS) + 1) + band, return_inverse=True)[1], dtype=np.int64)
