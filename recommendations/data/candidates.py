"""Items that may be suggested, with the counts of one moment, as arrays that ranking works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Weights = NDArray[np.float64]

Pair = tuple[int, int]
"""Item ids, the lower first."""


class Source(StrEnum):
    """Which source proposed an item."""

    TOGETHER = "together"
    NETWORK = "network"
    SESSION = "session"
    SIMILAR = "similar"
    EXPLORE = "explore"
    VIEWED = "viewed"
    SUBSTITUTE = "substitute"
    TRENDING = "trending"
    BEST_SELLER = "best_seller"
    OFFER = "offer"
    RECENTLY_VIEWED = "recently_viewed"
    CATEGORY = "category"
    POPULAR = "popular"
    STAFF = "staff"
    PROMOTED = "promoted"


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all counted baskets at one moment.

    Parameters
    ----------
    generation, sequence : name the state of the counts.
    orders : N, all counted baskets; `multi_orders` those of at least two items.
    sum_root : sum of (L-1)^-1/2 over baskets of L >= 2 items.
    folded_at : when the counts last changed; None before the first fold.
    """

    generation: int = 0
    sequence: int = 0
    orders: int = 0
    multi_orders: int = 0
    sum_root: float = 0.0
    folded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items that may be suggested beside the asked ones, and the asked ones themselves.

    Parameters
    ----------
    totals : sums of the same moment.
    item_ids : int64[c], ascending and distinct; `keys` their item keys, in the same order.
    orders : int64[c], n_c, 0 for an item that nobody bought.
    asked : int64[a], where the asked items stand in `item_ids`; those without a row are left out.
    pair_orders : int64[a, c], n_ac, 0 where the pair is not among the strongest that were read.
    pair_weights : float64[a, c], W_ac = sum of (L-1)^-1/2 over the baskets with both.
    unwanted : int64[u], item ids that the shopper is not interested in.
    held : int64[h], item ids that only a pair which waits for staff joins with the asked items; the pair counts 0.
    claimed : pairs with an asked item that may be called often bought together.
    rejected : int64[r], item ids that only a pair which staff rejected joins with them; the pair counts 0.
    boosted : int64[b, 2], pairs that staff want to be seen more: the row of the asked item, the candidate's position.
    strengths : float64[b], how many times each of them counts, above 1.
    frozen : (row of the asked item, candidate's position) -> (n_ab, n_a, n_b, N) of a pair that staff froze; its weight
        stands in `pair_weights`.
    manual : (row of a named item, candidate's position, wanted place from 1 or None) of each rule by hand.
    own : how many of the asked items were named, the first ones; those behind are of somebody's history.
    bought : how many of the shopper's latest orders had an item, by item id, where that was asked for.
    statistics : id and serving file of the live statistics of items; None: not asked for, or there are none.

    Raises
    ------
    ValueError : the shapes do not fit together.
    """

    totals: Totals
    item_ids: Ids
    keys: tuple[str, ...]
    orders: Ids
    asked: Ids
    pair_orders: Ids
    pair_weights: Weights
    unwanted: Ids
    held: Ids = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    claimed: frozenset[Pair] = frozenset()
    rejected: Ids = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    boosted: Ids = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    strengths: Weights = field(default_factory=lambda: np.zeros(0, dtype=np.float64))
    frozen: Mapping[tuple[int, int], tuple[int, int, int, int]] = field(default_factory=dict)
    manual: tuple[tuple[int, int, int | None], ...] = ()
    own: int = 0
    bought: Mapping[int, int] = field(default_factory=dict)
    statistics: tuple[int, str] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.asked), len(self.item_ids))
        if not len(self.keys) == len(self.orders) == len(self.item_ids):
            raise ValueError("keys and orders must have one entry for each item id")
        if self.pair_orders.shape != shape or self.pair_weights.shape != shape:
            raise ValueError(f"pair counts must have the shape {shape}, not {self.pair_orders.shape}")

    def __len__(self) -> int:
        return len(self.item_ids)

    def positions(self, item_ids: Ids) -> Ids:
        """int64[found], where those of the given items that are candidates stand, in the order given."""
        found = np.searchsorted(self.item_ids, item_ids)
        found = np.minimum(found, max(len(self) - 1, 0))
        return found[self.item_ids[found] == item_ids] if len(self) else found[:0]


@dataclass(frozen=True, slots=True)
class Spot:
    """A placement as serving needs it, with what staff want there at this moment.

    Parameters
    ----------
    title : what staff call it on the page; may be empty.
    strategy, fallbacks : as `models.Placement` spells them.
    limit : 1..100.
    bought_before : as `models.BoughtBefore` spells it.
    sources : (strategy, weight in (0, 1]) of what a blend is made of.
    diversity : 0..1, how much being unlike the items before counts against being wanted.
    per_category, per_brand : most items of one of them; None: as many as there are.
    price_band : from 1, most times that a suggestion costs more or less than the asked product; None: any price.
    promoted_share : 0..1, the share of the limit that promoted items may take.
    bans : pairs of categories that staff do not want beside each other, either way.
    vectors : id and serving file of the live network, whose item vectors say what is alike; None: there is none.
    pins : (item id, position from 1 or None) by position; those without one come in the order they were made.
    boosts : item id -> factor above 0.
    hides : item ids that are never shown here.
    explore : 0..1, the share of the list's places that try new items; all of them where that is the strategy.
    promoted : item id -> weight above 0.
    """

    slug: str
    strategy: str
    title: str = ""
    limit: int = 8
    fallbacks: tuple[str, ...] = ()
    in_stock_only: bool = True
    bought_before: str = "if_repeated"
    sources: tuple[tuple[str, float], ...] = ()
    diversity: float = 0.0
    per_category: int | None = None
    per_brand: int | None = None
    price_band: float | None = None
    promoted_share: float = 0.0
    bans: frozenset[tuple[str, str]] = frozenset()
    vectors: tuple[int, str] | None = None
    pins: tuple[tuple[int, int | None], ...] = ()
    boosts: tuple[tuple[int, float], ...] = ()
    hides: frozenset[int] = frozenset()
    explore: float = 0.0
    promoted: tuple[tuple[int, float], ...] = ()
