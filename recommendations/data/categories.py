"""Categories: the first one that the shop names of each item, as arrays beside the items' ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Codes = NDArray[np.int32]

NONE = ""
"""The name in place 0: that of items without a category, and of items that nobody knows."""


@dataclass(frozen=True, slots=True)
class ItemCategories:
    """Of which category each of n items is.

    Parameters
    ----------
    item_ids : int64[n], ascending.
    codes : int32[n], places in `names`.
    names : k names, the first one NONE.
    """

    item_ids: Ids
    codes: Codes
    names: tuple[str, ...]

    @classmethod
    def named(cls, names: Mapping[int, str]) -> "ItemCategories":
        """From the category's name by item id."""
        item_ids = sorted(names)
        known = (NONE, *sorted(set(names.values()) - {NONE}))
        place = {name: code for code, name in enumerate(known)}
        codes = [place[names[item]] for item in item_ids]
        return cls(np.array(item_ids, dtype=np.int64), np.array(codes, dtype=np.int32), known)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "ItemCategories | None":
        """Those that an artefact of the kind "items" keeps; None where it keeps none."""
        if "categories" not in arrays:
            return None
        offsets, letters = arrays["category_offsets"].tolist(), arrays["category_letters"].tobytes()
        names = (letters[start:stop].decode(errors="replace") for start, stop in pairwise(offsets))
        return cls(arrays["item_ids"], arrays["categories"], tuple(names))

    def to_arrays(self, item_ids: Ids) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads, for these items: ascending ids, those that are not known among them."""
        letters = [name.encode(errors="replace") for name in self.names]
        return {
            "categories": self.of(item_ids),
            "category_offsets": np.concatenate([[0], np.cumsum([len(name) for name in letters])]).astype("<i8"),
            "category_letters": np.frombuffer(b"".join(letters), dtype="<u1"),
        }

    def of(self, item_ids: Ids) -> Codes:
        """int32[m], the place of each item's category in `names`; 0 where there is none."""
        if not len(self.item_ids):
            return np.zeros(len(item_ids), dtype=np.int32)
        at = np.minimum(np.searchsorted(self.item_ids, item_ids), len(self.item_ids) - 1)
        return np.where(self.item_ids[at] == item_ids, self.codes[at], 0).astype("<i4")

    def members(self, name: str) -> Ids:
        """Ids of the items of a category, ascending; none of a name that there is not."""
        place = self.names.index(name) if name in self.names else -1
        return np.asarray(self.item_ids[self.codes == place], dtype=np.int64)
