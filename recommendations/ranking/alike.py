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
    groups : int32[n, 3], two categories and the brand, -1 where missing.
    buyers : float32[n, d], vectors of who buys each item; `lengths` float32[n], theirs, 0 where nobody does.
    """

    item_ids: Ids
    texts: Values
    groups: NDArray[np.int32]
    buyers: Values
    lengths: Values

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Alike":
        """From an artefact's `item_ids`, `texts`, `groups` and `factors`; they are not copied."""
        factors = arrays["factors"]
        lengths = np.linalg.norm(factors, axis=1).astype(np.float32)
        return cls(arrays["item_ids"], arrays["texts"], arrays["groups"], factors, lengths)

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
            bought = self.lengths > SHORTEST
            lengths = np.maximum(self.lengths, SHORTEST) * self.lengths[place]
            together = (self.buyers @ self.buyers[place]) / lengths  # [n]
            scores = np.where(bought, (1 - BOUGHT_SHARE) * scores + BOUGHT_SHARE * together, scores)
        scores[place] = 0.0
        best = places_of_best(scores, most)
        best = best[scores[best] > 0]
        return self.item_ids[best].astype(np.int64), scores[best].astype(np.float32)

    def _kinds(self, place: int) -> Values:
        own = self.groups[place]
        categories = [self.groups[:, :2] == code for code in own[:2].tolist() if code >= 0]
        found = [same.any(axis=1) for same in categories]
        if own[2] >= 0:
            found.append(self.groups[:, 2] == own[2])
        shared = np.mean(found, axis=0) if found else np.zeros(len(self.item_ids))
        told = self.texts[place]
        if not told.any():
            return np.asarray(shared, dtype=np.float32)
        return np.asarray((shared + self.texts @ told) / 2, dtype=np.float32)
