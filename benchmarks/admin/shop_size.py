"""How large the shop is; apart from what needs Django."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Of the shop; `rules` are those of one version."""

    products: int
    orders: int
    pairs: int
    shoppers: int
    events: int
    impressions: int
    rules: int
