"""Seeded made-up orders: a power-law catalogue, baskets of 1 to 12 items, shoppers who come back."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate

from recommendations.data.orders import PlacedLine, PlacedOrder

LARGEST = 12
SIZES = [1 / (size + 1) for size in range(1, LARGEST + 1)]
"""Weights of the sizes 1..12: small baskets are the most frequent, 4.5 items on average."""

EXPONENT = 0.8
"""Of the items' popularity by rank."""

PRICE = Decimal("2.50")


@dataclass(frozen=True, slots=True)
class Shop:
    """What is bought from and by whom; the same seed makes the same orders."""

    items: int = 3_000
    shoppers: int = 20_000
    days: int = 365
    seed: int = 1

    def orders(self, number: int, *, ends_at: datetime) -> Iterator[PlacedOrder]:
        """So many orders, oldest first, spread evenly over `days` before `ends_at`."""
        chance = random.Random(self.seed)  # noqa: S311 (made-up orders)
        step = timedelta(days=self.days) / max(number, 1)
        for place in range(number):
            yield self.order(f"history-{place}", chance, ends_at - (number - place) * step)

    def order(self, key: str, chance: random.Random, at: datetime) -> PlacedOrder:
        """One order by one of the shoppers."""
        return PlacedOrder(
            key=key,
            lines=tuple(PlacedLine(product, 1, PRICE) for product in self.basket(chance)),
            placed_at=at,
            currency="EUR",
            shopper=f"user:{chance.randint(1, self.shoppers)}",
        )

    def basket(self, chance: random.Random) -> Sequence[str]:
        """Distinct product keys."""
        (size,) = chance.choices(range(1, LARGEST + 1), SIZES)
        ranks = chance.choices(range(1, self.items + 1), cum_weights=_popularity(self.items), k=size)
        return list(dict.fromkeys(f"item-{rank}" for rank in ranks))


@cache
def _popularity(items: int) -> Sequence[float]:
    """Cumulative weights of the items, the most popular first."""
    return list(accumulate(rank**-EXPONENT for rank in range(1, items + 1)))
