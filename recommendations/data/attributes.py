"""Attributes: traits as numbers that a network can learn from, the same for items of the shop and for new ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.data.texts import TextEncoder, TextSpace
from recommendations.data.traits import Traits

Vectors = NDArray[np.float32]
Codes = NDArray[np.uint64]
Numbers = NDArray[np.float64]

FLAGS = 5
"""Columns before the categories: price in the shop, price in the category, no price, no category, no brand."""

FARTHEST = 3.0
"""Spreads from the middle at which a price is as far as it gets: a typing error is no luxury."""

ASIDE = 1 / 3
"""Spreads from the middle of its category at which an item is one of the cheap or the dear ones in it."""

FEWEST_PRICES = 5
"""Prices of a category that its middle and spread are taken from; with fewer the shop's hold."""


@dataclass(frozen=True, slots=True)
class AttributesConfig:
    """How many of the most frequent categories and brands have a column, n-grams of texts are known, and their width.

    A category or brand of one item alone tells nothing of others and has none.
    """

    categories: int = 512
    brands: int = 256
    grams: int = 20_000
    text_width: int = 128


@dataclass(frozen=True, slots=True)
class Attributes:
    """What turns traits into f numbers an item.

    The columns: `FLAGS`, categories (1 / sqrt of how many the item has), the same again for the cheap items alone and
    for the dear ones alone (what a price says differs by category), brands (0 or 1), text, image. The day of the
    launch is left out: every new item lies beyond all that was learnt from.

    Parameters
    ----------
    categories, brands : uint64[c], uint64[b], hashed names, ascending.
    prices : float64[1 + c, 2], middle (median) and spread (interquartile range) of the log price in the shop and in
        each category.
    rarity : float64[c], 1 / items of a category; an item's price is compared within the rarest of its categories.
    texts : the built-in encoder; None where the shop has its own, which is then passed to `vectors`.
    text_width, image_width : columns of each.
    image_scale : what image vectors are divided by, so that their mean length is 1.
    """

    categories: Codes
    brands: Codes
    prices: Numbers
    rarity: Numbers
    texts: TextSpace | None
    text_width: int
    image_width: int
    image_scale: float

    @classmethod
    def learn(
        cls, traits: Traits, config: AttributesConfig | None = None, *, encode: TextEncoder | None = None
    ) -> "Attributes":
        """From a shop's traits; `encode` in place of the built-in encoder of texts."""
        config = config or AttributesConfig()
        category_codes = _hashed(traits.category_names)
        brand_codes = _hashed(traits.brand_names)
        categories = _most_frequent(category_codes[traits.category_codes], config.categories)
        brands = _most_frequent(brand_codes[traits.brands[traits.brands >= 0]], config.brands)
        owners, columns = _categories(traits, categories)
        items = np.bincount(columns, minlength=len(categories))
        logs = np.log(traits.prices)
        whole = _middle_and_spread(logs[~np.isnan(logs)], np.array([0.0, 1.0]))
        within = [whole]
        for column in range(len(categories)):
            some = logs[owners[columns == column]]
            within.append(_middle_and_spread(some[~np.isnan(some)], whole))
        texts = None if encode else TextSpace.learn(traits.texts, grams=config.grams, width=config.text_width)
        text_width = texts.components.shape[1] if texts else _encoded(encode, ("",)).shape[1]
        lengths = np.linalg.norm(traits.images, axis=1) if traits.images is not None else np.zeros(0)
        return cls(
            categories,
            brands,
            np.array(within),
            1.0 / np.maximum(items, 1),
            texts,
            text_width,
            0 if traits.images is None else traits.images.shape[1],
            float(lengths[lengths > 0].mean()) if lengths.any() else 1.0,
        )

    @property
    def width(self) -> int:
        """f, the number of columns."""
        return FLAGS + 3 * len(self.categories) + len(self.brands) + self.text_width + self.image_width

    def vectors(self, traits: Traits, *, encode: TextEncoder | None = None) -> Vectors:
        """float32[n, f], finite.

        Raises
        ------
        ValueError : `encode` is missing where the attributes were learnt with one, or gives vectors that do not fit;
            images are not as wide as those learnt from.
        """
        encoder = self.texts if self.texts is not None else encode
        if encoder is None:
            raise ValueError("encode must be the encoder of texts that these attributes were learnt with, not None")
        found = np.zeros((len(traits), self.width), dtype=np.float32)
        owners, columns = _categories(traits, self.categories)
        lengths = np.diff(traits.category_offsets)
        found[:, :3] = self._prices(traits, owners, columns)
        found[:, 3] = lengths == 0
        found[:, 4] = traits.brands < 0
        found[owners, FLAGS + columns] = 1 / np.sqrt(np.maximum(lengths, 1))[owners]
        size = len(self.categories)
        among = found[:, FLAGS : FLAGS + size]
        found[:, FLAGS + size : FLAGS + 2 * size] = among * (found[:, 1:2] < -ASIDE)
        found[:, FLAGS + 2 * size : FLAGS + 3 * size] = among * (found[:, 1:2] > ASIDE)
        start = FLAGS + 3 * size
        branded = np.flatnonzero(traits.brands >= 0)
        at, known = _places(_hashed(traits.brand_names)[traits.brands[branded]], self.brands)
        found[branded[known], start + at[known]] = 1
        start += len(self.brands)
        found[:, start : start + self.text_width] = _encoded(encoder, traits.texts, self.text_width)
        if self.image_width and traits.images is not None:
            if traits.images.shape[1] != self.image_width:
                raise ValueError(f"images must have {self.image_width} numbers, not {traits.images.shape[1]}")
            found[:, start + self.text_width :] = traits.images / self.image_scale
        return found

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact: arrays without objects, read back by `of_arrays`."""
        texts = self.texts or TextSpace(
            np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.float32), np.zeros((0, self.text_width), np.float32)
        )
        return {
            "categories": self.categories,
            "brands": self.brands,
            "prices": self.prices,
            "rarity": self.rarity,
            "grams": texts.grams,
            "gram_weights": texts.weights,
            "gram_components": texts.components,
            "sizes": np.array([self.texts is not None, self.text_width, self.image_width, self.image_scale]),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Attributes":
        """What `as_arrays` gave."""
        built_in, text_width, image_width, image_scale = arrays["sizes"].tolist()
        texts = TextSpace(arrays["grams"], arrays["gram_weights"], arrays["gram_components"])
        return cls(
            arrays["categories"],
            arrays["brands"],
            arrays["prices"],
            arrays["rarity"],
            texts if built_in else None,
            int(text_width),
            int(image_width),
            float(image_scale),
        )

    def _prices(self, traits: Traits, owners: NDArray[np.int64], columns: NDArray[np.int64]) -> Numbers:
        """float64[n, 3]: in the shop, in the category, missing. A missing price is the middle of its category."""
        closest = np.zeros(len(traits), dtype=np.int64)
        rarest = np.lexsort((columns, self.rarity[columns]))
        closest[owners[rarest]] = 1 + columns[rarest]
        missing = np.isnan(traits.prices)
        logs = np.where(missing, self.prices[closest, 0], np.log(np.where(missing, 1.0, traits.prices)))
        shop = (logs - self.prices[0, 0]) / self.prices[0, 1]
        category = (logs - self.prices[closest, 0]) / self.prices[closest, 1]
        scaled = np.clip(np.column_stack([shop, category]), -FARTHEST, FARTHEST)
        return np.column_stack([scaled, missing])


def _middle_and_spread(logs: Numbers, otherwise: Numbers) -> Numbers:
    if len(logs) < FEWEST_PRICES:
        return otherwise
    low, middle, high = np.quantile(logs, [0.25, 0.5, 0.75])
    return np.array([middle, high - low if high - low > 1e-3 else otherwise[1]])


def _hashed(names: tuple[str, ...]) -> Codes:
    """uint64[names]: files of arrays hold no text, and no name needs to be read back."""
    digests = [int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") for name in names]
    return np.array(digests, dtype=np.uint64)


def _most_frequent(codes: Codes, most: int) -> Codes:
    found, counts = np.unique(codes, return_counts=True)
    found, counts = found[counts >= 2], counts[counts >= 2]
    return np.sort(found[np.lexsort((found, -counts))[:most]])


def _categories(traits: Traits, kept: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The item and the column of each category that has one."""
    owners = np.repeat(np.arange(len(traits)), np.diff(traits.category_offsets))
    at, known = _places(_hashed(traits.category_names)[traits.category_codes], kept)
    return owners[known], at[known]


def _places(codes: Codes, kept: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    if not len(kept):
        return np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=bool)
    at = np.minimum(np.searchsorted(kept, codes), len(kept) - 1)
    return at, kept[at] == codes


def _encoded(encode: TextEncoder | None, texts: tuple[str, ...], width: int | None = None) -> Vectors:
    if encode is None:
        raise ValueError("encode must be an encoder of texts, not None")
    found = np.asarray(encode(texts), dtype=np.float32)
    if found.ndim != 2 or len(found) != len(texts) or (width is not None and found.shape[1] != width):
        raise ValueError(f"encode must give {len(texts)} vectors of {width or 'one'} width, not {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError("encode must give finite numbers")
    return found
