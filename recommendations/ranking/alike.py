"""Which items are most like one: by their texts, categories and brand, and by who buys them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.ranking.best import places_of_best
from recommendations.ranking.content import BOUGHT_SHARE

Ids = NDArray[np.int64]
Values = NDArray[np.float32]

SHORTEST = 1e-9


@dataclass(frozen=True, slots=True)
class Alike:
    """What n items are compared by; safe to share between threads.

    Parameters
    ----------
    item_ids : int64[n], ascending.
    texts : float32[n, k], rows of length 1, or 0 where there is no text; k may be 0.
    groups : int32[3, n], two categories and the brand, -1 where missing.
    buyers : float32[n, d], vectors of who buys each item; `lengths` float32[n], theirs, 0 where nobody does.
    by_buyers : float32[n], the share of the score that is who buys them, over the length; 0 where nobody does.
    by_kinds : float32[n], the share that is left to what they are.
    """

    item_ids: Ids
    texts: Values
    groups: NDArray[np.int32]
    buyers: Values
    lengths: Values
    by_buyers: Values
    by_kinds: Values

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Alike":
        """From an artefact's `item_ids`, `texts`, `groups` and `factors`; only the groups are copied."""
        factors, groups = arrays["factors"], np.ascontiguousarray(arrays["groups"].T)
        lengths = np.linalg.norm(factors, axis=1).astype(np.float32)
        share = np.where(lengths > SHORTEST, BOUGHT_SHARE, 0.0).astype(np.float32)
        by_buyers = share / np.maximum(lengths, SHORTEST)
        return cls(arrays["item_ids"], arrays["texts"], groups, factors, lengths, by_buyers, 1 - share)

    def most_alike(self, item_id: int, most: int) -> tuple[Ids, Values]:
        """int64[m] item ids, the most alike first and never the item itself, and float32[m] scores above 0, up to 1.

        The score is the mean of the cosine of texts and the share of the item's groups that the other has as well;
        where both are bought, `BOUGHT_SHARE` of it is the cosine of who buys them. Ties by item id; none for an item
        that is not among these.
        """
        place = int(np.searchsorted(self.item_ids, item_id))
        if place == len(self.item_ids) or self.item_ids[place] != item_id:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        scores = self._kinds(place)
        if self.lengths[place] > SHORTEST:
            scores *= self.by_kinds
            scores += (self.buyers @ (self.buyers[place] / self.lengths[place])) * self.by_buyers
        scores[place] = 0.0
        best = places_of_best(scores, most)
        best = best[scores[best] > 0]
        return self.item_ids[best].astype(np.int64), scores[best].astype(np.float32)

    def _kinds(self, place: int) -> Values:
        first, second, brands = self.groups
        *categories, brand = self.groups[:, place].tolist()
        found = [(first == code) | (second == code) for code in categories if code >= 0]
        found += [brands == brand] if brand >= 0 else []
        scores = np.zeros(len(self.item_ids), dtype=np.float32)
        for same in found:
            scores += same
        scores /= max(len(found), 1)
        told = self.texts[place]
        if told.any():
            scores += self.texts @ told
            scores /= 2
        return scores
