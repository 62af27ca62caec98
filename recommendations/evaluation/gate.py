"""Whether a new network may serve: better than most popular, not worse than habit or the live one, beyond chance.

Each question is a difference of NDCG between two recommenders on the same shoppers, so it is asked of the mean of
paired differences, with one-sided bounds by Student's t ("The probable error of a mean", 1908). The differences lie
in [-1, 1] and most are 0; from some tens of shoppers on their mean is close enough to normal, and unlike a bootstrap
the bound is the same each time. Several views share the error by Bonferroni's inequality.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot, inf, isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

CONFIDENCE = 0.95
"""Of all views together: a network as good as the live one is refused once in 20 trainings at most."""

LEAST_SHOPPERS = 10
"""With fewer, nothing is beyond chance."""

Scores = Mapping[str, NDArray[np.float64]]
"""NDCG of each shopper, by view; the same shoppers in the same order for every recommender of a view."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A mean difference with the bounds that it is above and below at the confidence asked for, each by itself.

    Parameters
    ----------
    mean : in [-1, 1], above 0 where the first is better; `error` its standard error.
    low, high : one-sided bounds; infinite where there are too few shoppers to tell.
    shoppers : how many differences.
    """

    mean: float
    error: float
    low: float
    high: float
    shoppers: int

    @property
    def is_better(self) -> bool:
        """Whether the first is better beyond chance."""
        return self.low > 0

    @property
    def is_worse(self) -> bool:
        """Whether the first is worse beyond chance."""
        return self.high < 0

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Bound":
        """What `as_json` gave."""
        low, high = stored["low"], stored["high"]
        return cls(
            stored["mean"],
            stored["error"],
            -inf if low is None else low,
            inf if high is None else high,
            stored["shoppers"],
        )

    def as_json(self) -> dict[str, float | int | None]:
        return {
            "mean": round(self.mean, 5),
            "error": round(self.error, 6),
            "low": round(self.low, 5) if isfinite(self.low) else None,
            "high": round(self.high, 5) if isfinite(self.high) else None,
            "shoppers": self.shoppers,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a network: whether it may serve, why in words, and the figures (JSON) that it rests on."""

    passed: bool
    reason: str
    figures: Mapping[str, object]

    def as_json(self) -> dict[str, object]:
        return {"passed": self.passed, "reason": self.reason, **self.figures}


def paired(ours: Scores, theirs: Scores, *, confidence: float = CONFIDENCE) -> dict[str, Bound]:
    """The differences ours - theirs on the views that both have, `confidence` for all of them together.

    Raises
    ------
    ValueError : the two have different numbers of shoppers on a view.
    """
    views = [view for view in ours if view in theirs]
    bounds = {}
    for view in views:
        if len(ours[view]) != len(theirs[view]):
            raise ValueError(f"{view}: {len(ours[view])} shoppers beside {len(theirs[view])}; they must be the same")
        differences = ours[view] - theirs[view]
        shoppers = len(differences)
        error = float(differences.std(ddof=1)) / sqrt(shoppers) if shoppers > 1 else 0.0
        mean = float(differences.mean()) if shoppers else 0.0
        bounds[view] = _bound(mean, error, shoppers - 1, shoppers, _each(confidence, len(views)))
    return bounds


def unpaired(
    ours: Mapping[str, Bound], theirs: Mapping[str, Bound], *, confidence: float = CONFIDENCE
) -> dict[str, Bound]:
    """The differences between means that were measured on different shoppers or windows (Welch 1947).

    To be used on leads over the same recommender, which says how hard each of the two windows was.
    """
    views = [view for view in ours if view in theirs]
    bounds = {}
    for view in views:
        one, other = ours[view], theirs[view]
        error = hypot(one.error, other.error)
        spread = sum(part.error**4 / max(part.shoppers - 1, 1) for part in (one, other))
        freedom = error**4 / spread if spread else 1.0
        shoppers = min(one.shoppers, other.shoppers)
        bounds[view] = _bound(one.mean - other.mean, error, freedom, shoppers, _each(confidence, len(views)))
    return bounds


def judge(
    *,
    floor: Mapping[str, Bound],
    habit: Mapping[str, Bound],
    live: Mapping[str, Bound] | None,
    must_win: bool = False,
) -> Verdict:
    """Decide by the differences to most popular (`floor`), to decayed personal frequency (`habit`) and to the version
    that serves (`live`, None without any).

    Refused is what is better than most popular on no view, or worse than habit or the live version on any, all beyond
    chance. Where it is worse than most popular on another view, the reason says so. `must_win`: staff went back to
    the live version, so whatever replaces it must be better than it beyond chance on some view.
    """
    compared = {"floor": floor, "habit": habit}
    if live is not None:
        compared["live"] = live
    figures = {name: {view: bound.as_json() for view, bound in of.items()} for name, of in compared.items()}
    refusal = _refusal(floor, habit, live, must_win=must_win)
    if refusal is not None:
        return Verdict(False, refusal, figures)
    best = max(floor, key=lambda view: floor[view].low)
    words = f"better than most popular: {_words(floor[best])} on {best}"
    for view, bound in floor.items():
        if bound.is_worse:
            words += f" (and worse on {view}: {_words(bound)})"
    if live is None:
        return Verdict(True, f"{words}; there is no version that serves to compare it with", figures)
    beside = "better than" if any(bound.is_better for bound in live.values()) else "not worse beyond chance than"
    return Verdict(True, f"{words}; {beside} the live version", figures)


def _refusal(
    floor: Mapping[str, Bound], habit: Mapping[str, Bound], live: Mapping[str, Bound] | None, *, must_win: bool
) -> str | None:
    if not any(bound.is_better for bound in floor.values()):
        return f"it has learnt nothing: beyond chance it is better than most popular on no view ({_listed(floor)})"
    for name, others in (("the live version", live or {}), ("decayed personal frequency", habit)):
        for view, bound in others.items():
            if bound.is_worse:
                return f"it is worse than {name} on {view}: {_words(bound)}"
    if live is not None and must_win and not any(bound.is_better for bound in live.values()):
        return f"staff went back to the live version, and beyond chance it is better on no view ({_listed(live)})"
    return None


def _each(confidence: float, views: int) -> float:
    return 1 - (1 - confidence) / max(views, 1)


def _bound(mean: float, error: float, freedom: float, shoppers: int, confidence: float) -> Bound:
    if shoppers < LEAST_SHOPPERS:
        return Bound(mean, error, -inf, inf, shoppers)
    reach = float(special.stdtrit(freedom, confidence)) * error
    return Bound(mean, error, mean - reach, mean + reach, shoppers)


def _listed(bounds: Mapping[str, Bound]) -> str:
    return "; ".join(f"{view}: {_words(bound)}" for view, bound in bounds.items()) or "none was measured"


def _words(bound: Bound) -> str:
    if not isfinite(bound.low):
        return f"NDCG@10 {bound.mean:+.4f} of {bound.shoppers} shoppers, too few to tell"
    return f"NDCG@10 {bound.mean:+.4f} of {bound.shoppers} shoppers, bounds {bound.low:+.4f} and {bound.high:+.4f}"
