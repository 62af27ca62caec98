"""What must not be shown, and why: each item that is left out has one recorded reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from recommendations.data.candidates import Spot
from recommendations.data.facts import Facts, Identity


class Removal(StrEnum):
    """Why a candidate was left out."""

    HIDDEN_BY_STAFF = "hidden_by_staff"
    HELD_FOR_REVIEW = "held_for_review"
    REJECTED_BY_STAFF = "rejected_by_staff"
    NOT_INTERESTED = "not_interested"
    RECENTLY_BOUGHT = "recently_bought"
    BOUGHT_BEFORE = "bought_before"
    SAME_ITEM = "same_item"
    EXCLUDED = "excluded"
    REPEATED = "repeated"
    ON_PAGE = "on_page"
    UNKNOWN = "unknown"
    NOT_COUNTED = "not_counted"
    HIDDEN = "hidden"
    SOLD_OUT = "sold_out"
    BANNED_CATEGORY = "banned_category"
    OTHER_CATEGORY = "other_category"
    PRICE_BAND = "price_band"
    CAPPED = "capped"


def removal_by_facts(
    facts: Facts | None, identity: Identity, *, in_stock_only: bool, category: str | None = None
) -> Removal | None:
    """Why the shop's own word removes an item; None where it may be shown.

    Parameters
    ----------
    facts : what the shop says right now; None where it does not know the item.
    identity : what the item is counted as.
    in_stock_only : whether a sold-out item is left out.
    category : the one that an item must be of; None: any.
    """
    if facts is None:
        return Removal.UNKNOWN
    if not (facts.counted and identity.counted):
        return Removal.NOT_COUNTED
    if not facts.visible:
        return Removal.HIDDEN
    if in_stock_only and facts.sold_out:
        return Removal.SOLD_OUT
    if category is not None and category not in facts.categories:
        return Removal.OTHER_CATEGORY
    return None


@dataclass(frozen=True, slots=True)
class Beside:
    """What may stand beside the asked products.

    Parameters
    ----------
    banned : categories that staff do not want beside theirs.
    prices : (amount, currency) of those that have a price.
    band : from 1, most times that an item costs more or less than one of them; None: any price.
    """

    banned: frozenset[str] = frozenset()
    prices: tuple[tuple[Decimal, str], ...] = ()
    band: float | None = None

    @classmethod
    def of(cls, asked: Sequence[Facts], spot: Spot, now: datetime) -> "Beside":
        """By the asked products' own facts and what the placement says."""
        if not asked or not (spot.bans or spot.price_band):
            return cls()
        categories = {category for facts in asked for category in facts.categories}
        pairs = [pair for ban in spot.bans for pair in (ban, ban[::-1])]
        prices = [(facts.price_at(now), facts.currency) for facts in asked]
        return cls(
            banned=frozenset(other for own, other in pairs if own in categories),
            prices=tuple((price, currency) for price, currency in prices if price is not None and price > 0),
            band=spot.price_band,
        )

    def removal(self, facts: Facts, now: datetime) -> Removal | None:
        """Why an item must not stand beside them; an item without a price in a currency of theirs fits any band."""
        if not self.banned.isdisjoint(facts.categories):
            return Removal.BANNED_CATEGORY
        price = facts.price_at(now)
        if self.band is None or price is None:
            return None
        asked = [amount for amount, currency in self.prices if currency == facts.currency]
        band = Decimal(str(self.band))
        if asked and not any(amount / band <= price <= amount * band for amount in asked):
            return Removal.PRICE_BAND
        return None


@dataclass(slots=True)
class Caps:
    """How many of one category and of one brand a list may hold, and how many it holds.

    An item's category is the first that the shop names; an item without one, or without a brand, is of none.
    """

    per_category: int | None = None
    per_brand: int | None = None
    _held: Counter[tuple[str, str]] = field(default_factory=Counter)

    def allow(self, facts: Facts) -> bool:
        """Whether there is room for the item."""
        return all(self._held[kind] < most for kind, most in self._kinds(facts))

    def count(self, facts: Facts) -> None:
        """The list holds the item."""
        self._held.update(kind for kind, _ in self._kinds(facts))

    def _kinds(self, facts: Facts) -> Iterable[tuple[tuple[str, str], int]]:
        if self.per_category is not None and facts.categories:
            yield ("category", facts.categories[0]), self.per_category
        if self.per_brand is not None and facts.brand:
            yield ("brand", facts.brand), self.per_brand
