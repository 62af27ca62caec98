"""Traits: what items are (price, categories, brand, text, pictures), as arrays beside their ids; cleaned here."""

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recommendations.data.facts import Facts
from recommendations.data.orders import MAX_PRICE

Ids = NDArray[np.int64]
Codes = NDArray[np.int32]
Numbers = NDArray[np.float64]
Vectors = NDArray[np.float32]
Image = Sequence[float] | Vectors
ImageEncoder = Callable[[Facts], Image | None]
"""Facts of an item to the vector of its picture, of one length for all; None where there is none."""

MAX_TEXT = 2_000
"""Characters of a text that are read; what an item is stands at the beginning."""

MAX_NAME = 200


class Faulty(StrEnum):
    """What is wrong with a value that was given and left out."""

    PRICE = "price"
    CATEGORY = "category"
    BRAND = "brand"
    TEXT = "text"
    LAUNCHED = "launched"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Described:
    """What a shop says of one item, as it says it; `launched_day` in days since the epoch."""

    price: float | Decimal | None = None
    categories: Sequence[str] = ()
    brand: str = ""
    text: str = ""
    launched_day: float | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Traits:
    """What n items are.

    Parameters
    ----------
    item_ids : int64[n], ascending.
    prices : float64[n], above 0; nan where missing.
    category_offsets, category_codes : int64[n + 1] and int32[c]; item i is in the categories
        `category_codes[category_offsets[i]:category_offsets[i + 1]]`, each a place in `category_names`.
    brands : int32[n], places in `brand_names`; -1 where missing.
    texts : n texts, empty where missing.
    launched_days : float64[n], days since the epoch; nan where missing.
    images : float32[n, k], a vector a picture, zeros where missing; None where the shop gives none.
    faulty : how many given values were left out, by `Faulty`.

    Raises
    ------
    ValueError : the arrays do not fit together, or a value is outside its range.
    """

    item_ids: Ids
    prices: Numbers
    category_offsets: Ids
    category_codes: Codes
    category_names: tuple[str, ...]
    brands: Codes
    brand_names: tuple[str, ...]
    texts: tuple[str, ...]
    launched_days: Numbers
    images: Vectors | None = None
    faulty: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.item_ids)
        lengths = {len(self.prices), len(self.category_offsets) - 1, len(self.brands), len(self.texts)}
        if lengths | {len(self.launched_days), n if self.images is None else len(self.images)} != {n}:
            raise ValueError("prices, category_offsets, brands, texts, launched_days and images must fit item_ids")
        if n and not (np.diff(self.item_ids) > 0).all():
            raise ValueError("item_ids must ascend")
        if not ((self.prices > 0) & np.isfinite(self.prices) | np.isnan(self.prices)).all():
            raise ValueError("prices must be above 0 and finite, or nan where missing")
        if self.category_offsets[-1] != len(self.category_codes) or (np.diff(self.category_offsets) < 0).any():
            raise ValueError("category_offsets must rise from 0 to the number of category_codes")
        _require_places("category_codes", self.category_codes, len(self.category_names), lowest=0)
        _require_places("brands", self.brands, len(self.brand_names), lowest=-1)
        if self.images is not None and not np.isfinite(self.images).all():
            raise ValueError("images must be finite, zeros where missing")

    def __len__(self) -> int:
        return len(self.item_ids)

    @classmethod
    def of(cls, item_ids: Ids, described: Mapping[int, Described]) -> "Traits":
        """The traits of these items, whatever the shop says of them: what cannot be meant is missing, and counted.

        Left out are prices that are not above 0 and at most 10^12, categories and brands without a name or with one
        over 200 characters, unfit times, and images that are not finite or not as long as most; texts lose control
        characters and what is over 2,000 characters. Items that are not described have nothing but their id.

        Parameters
        ----------
        item_ids : int64[n], in any order, each once.
        described : by item id; ids that are not asked for are ignored.
        """
        ids = np.unique(np.asarray(item_ids, dtype=np.int64))
        nothing = Described()
        rows = [described.get(int(item), nothing) for item in ids]
        faulty: Counter[str] = Counter()
        category_sets = [tuple(dict.fromkeys(_names(row.categories, Faulty.CATEGORY, faulty))) for row in rows]
        brands = [next(_names((row.brand,) if row.brand else (), Faulty.BRAND, faulty), "") for row in rows]
        category_names = tuple(sorted({name for names in category_sets for name in names}))
        brand_names = tuple(sorted(set(brands) - {""}))
        category_at = {name: place for place, name in enumerate(category_names)}
        brand_at = {name: place for place, name in enumerate(brand_names)} | {"": -1}
        return cls(
            ids,
            np.array([_price(row.price, faulty) for row in rows], dtype=np.float64),
            np.concatenate([[0], np.cumsum([len(names) for names in category_sets])]).astype(np.int64),
            np.array([category_at[name] for names in category_sets for name in names], dtype=np.int32),
            category_names,
            np.array([brand_at[name] for name in brands], dtype=np.int32),
            brand_names,
            tuple(_text(row.text, faulty) for row in rows),
            np.array([_day(row.launched_day, faulty) for row in rows], dtype=np.float64),
            _images(rows, faulty),
            {str(kind): number for kind, number in faulty.items() if number},
        )

    def at(self, places: Ids) -> "Traits":
        """The traits of the items at these places, ascending; codes keep their meaning."""
        starts, stops = self.category_offsets[places], self.category_offsets[places + 1]
        lengths = stops - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        chosen = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return Traits(
            self.item_ids[places],
            self.prices[places],
            offsets,
            self.category_codes[chosen],
            self.category_names,
            self.brands[places],
            self.brand_names,
            tuple(self.texts[place] for place in places),
            self.launched_days[places],
            None if self.images is None else self.images[places],
        )

    @property
    def missing(self) -> Mapping[str, int]:
        """How many items have no price, no category, no brand, no text, no launch, no image."""
        no_image = len(self) if self.images is None else int((~self.images.any(axis=1)).sum())
        return {
            Faulty.PRICE.value: int(np.isnan(self.prices).sum()),
            Faulty.CATEGORY.value: int((np.diff(self.category_offsets) == 0).sum()),
            Faulty.BRAND.value: int((self.brands < 0).sum()),
            Faulty.TEXT.value: self.texts.count(""),
            Faulty.LAUNCHED.value: int(np.isnan(self.launched_days).sum()),
            Faulty.IMAGE.value: no_image,
        }


def _require_places(name: str, places: Codes, length: int, *, lowest: int) -> None:
    if len(places) and not lowest <= places.min() <= places.max() < length:
        raise ValueError(f"{name} must be from {lowest} to {length - 1}, not {places.min()} to {places.max()}")


def _price(given: object, faulty: Counter[str]) -> float:
    """A price of 0 says that nobody has set one."""
    price = _number(given)
    if price is not None and 0 < price <= float(MAX_PRICE):
        return price
    faulty[Faulty.PRICE] += given is not None
    return math.nan


def _day(given: object, faulty: Counter[str]) -> float:
    day = _number(given)
    if day is not None and math.isfinite(day):
        return day
    faulty[Faulty.LAUNCHED] += given is not None
    return math.nan


def _number(given: object) -> float | None:
    try:
        return None if given is None else float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def _names(given: Sequence[str], kind: Faulty, faulty: Counter[str]) -> Iterator[str]:
    """Names without blanks around them, one for what differs in case or width alone."""
    for name in (given,) if isinstance(given, str) else given:
        plain = unicodedata.normalize("NFKC", str(name)).casefold().strip() if name is not None else ""
        if plain and len(plain) <= MAX_NAME:
            yield plain
        else:
            faulty[kind] += 1


def _text(given: object, faulty: Counter[str]) -> str:
    if given is None or given == "":
        return ""
    if not isinstance(given, str):
        given = str(given)
    cut = given[:MAX_TEXT]
    clean = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in cut).strip()
    faulty[Faulty.TEXT] += not clean or len(given) > MAX_TEXT
    return clean


def _images(rows: Sequence[Described], faulty: Counter[str]) -> Vectors | None:
    """As long as most of the vectors are; None where no item has one."""
    given = {place: np.asarray(row.image, dtype=np.float32) for place, row in enumerate(rows) if row.image is not None}
    fit = {
        place: image for place, image in given.items() if image.ndim == 1 and np.isfinite(image).all() and len(image)
    }
    if not fit:
        faulty[Faulty.IMAGE] += len(given)
        return None
    width = Counter(len(image) for image in fit.values()).most_common(1)[0][0]
    found = np.zeros((len(rows), width), dtype=np.float32)
    for place, image in fit.items():
        if len(image) == width:
            found[place] = image
    faulty[Faulty.IMAGE] += len(given) - sum(len(image) == width for image in fit.values())
    return found
