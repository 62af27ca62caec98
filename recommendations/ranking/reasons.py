"""Why an item is suggested: a code and the counts behind it. The words are the service's."""

from dataclasses import dataclass
from enum import StrEnum

from recommendations.data.candidates import Candidates


class Code(StrEnum):
    """The kinds of reasons. "Often" is a claim that passed the guard at the counts of now; without it, counts speak."""

    OFTEN_BOUGHT_TOGETHER = "often_bought_together"
    BOUGHT_TOGETHER = "bought_together"
    FOR_YOU = "for_you"
    BUY_AGAIN = "buy_again"
    BECAUSE_VIEWED = "because_viewed"
    SIMILAR = "similar"
    VIEWED_TOGETHER = "viewed_together"
    SUBSTITUTE = "substitute"
    TRENDING = "trending"
    BEST_SELLER = "best_seller"
    OFFER = "offer"
    RECENTLY_VIEWED = "recently_viewed"
    POPULAR_IN_CATEGORY = "popular_in_category"
    POPULAR = "popular"
    STAFF_PICK = "staff_pick"
    CHOSEN_BESIDE = "chosen_beside"
    NEW = "new"
    SPONSORED = "sponsored"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts of one moment: baskets with both items, with the first, with the suggested one, and all.

    `n_ab`, `n_a` and the measures made of them are None where no first item is part of the reason;
    `confidence` = n_ab / n_a in [0, 1], `lift` = n_ab n / (n_a n_b) from 0.
    """

    n_ab: int | None
    n_a: int | None
    n_b: int
    n: int
    confidence: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class Habit:
    """How a shopper buys an item: in `times` orders, `every` so many days on average; None for a single one."""

    times: int
    every: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """How an item sells: in `recent` orders of the last seven days, in `usual` orders of a week of the four before."""

    recent: int
    usual: float


@dataclass(frozen=True, slots=True)
class Reason:
    """`because` is the key of the item that the suggestion rests on, which may be itself; empty for none."""

    code: Code
    evidence: Evidence
    because: str = ""
    habit: Habit | None = None
    trend: Trend | None = None


def evidence_of_pair(candidates: Candidates, asked: int, position: int) -> Evidence:
    """The counts of the pair of the asked item in row `asked` and the candidate at `position`, or as staff froze it."""
    n_ab = int(candidates.pair_orders[asked, position])
    n_a = int(candidates.orders[candidates.asked[asked]])
    n_b = int(candidates.orders[position])
    n_ab, n_a, n_b, n = candidates.frozen.get((asked, position), (n_ab, n_a, n_b, candidates.totals.orders))
    return Evidence(
        n_ab=n_ab,
        n_a=n_a,
        n_b=n_b,
        n=n,
        confidence=n_ab / n_a if n_a else None,
        lift=n_ab * n / (n_a * n_b) if n_a and n_b else None,
    )


def evidence_of_item(orders: int, total_orders: int) -> Evidence:
    """The counts of an item by itself."""
    return Evidence(n_ab=None, n_a=None, n_b=orders, n=total_orders, confidence=None, lift=None)
