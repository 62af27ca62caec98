"""What trying new items costs and finds, in a generated shop: `python -m benchmarks.exploration`.

Every day some thousand lists of eight places are seen; how likely a place is looked at falls with its rank, which
nobody tells the shop. New items arrive three times, a few of them better than what stands in the lists. Lists hold what
is known to be best; one place in eight may try a new item instead. Regret is the share of clicks that is lost against
lists of the truly best items, `found` the share of new items that belong there which got there, `days_to_find` after
how many days. Then, on our log: how far click rates, plain and weighted, are from the truth.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import publish
from recommendations.evaluation.examination import MOST_WEIGHT, examination, judged
from recommendations.ranking.exploring import PRIOR_EXAMINATIONS, shares
from recommendations.ranking.promotion import chances

Values = NDArray[np.float64]
Counts = NDArray[np.int64]
Policy = Callable[[Values, Values, Values, np.random.Generator], Values]
"""float64[m] chances of m new items, given their examinations, rewards and what is believed before; none: no tries."""

PLACES = 8
LOOKED_AT = np.arange(1, PLACES + 1) ** -0.8
OLD, NEW, ARRIVE = 60, 20, (0, 15, 30)
NEW_DAYS = 30
LIKED = (2.0, 38.0)
"""Items are liked by Beta(2, 38) of those who look at them, 5 % on average."""

BEFORE = 1_500
"""Examinations of each old item before the first day."""

KNOWN = 100.0
"""Examinations from which on an item is known well enough to stand in lists by itself."""

SPENT = 200.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=60, help="days, from 31")
    parser.add_argument("--lists", type=int, default=2_000, help="lists seen a day")
    parser.add_argument("--shops", type=int, default=40, help="generated shops, whose figures are averaged")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    policies: Mapping[str, Policy | None] = {"ours": shares, "uniform": _uniform, "no tries": None}
    rows: list[dict[str, str | float]] = []
    ours_log: list[Shop] = []
    for name, policy in policies.items():
        runs = [Shop.of(seed).lived(policy, options.days, options.lists, seed) for seed in range(options.shops)]
        rows.append({"name": name, **{key: float(np.nanmean([run.figures[key] for run in runs])) for key in FIGURES}})
        ours_log = ours_log or runs
    ours = rows[0]
    ratios = {
        "regret_vs_uniform": rows[1]["regret"] / ours["regret"],
        "regret_vs_no_tries": rows[2]["regret"] / ours["regret"],
        "days_to_find_vs_uniform": rows[1]["days_to_find"] / ours["days_to_find"],
    }
    for name, rate in (("weighted", Shop.weighted), ("plain click rate", Shop.plain)):
        told = [run.told(rate(run)) for run in ours_log]
        rows.append({"name": name, "order_right": float(np.mean([one[0] for one in told]))})
        rows[-1]["relative_error"] = float(np.mean([one[1] for one in told]))
    ratios["error_vs_plain"] = rows[-1]["relative_error"] / rows[-2]["relative_error"]
    publish("exploration", rows, ratios, options.json)


FIGURES = ("regret", "found", "days_to_find")


def _uniform(examinations: Values, _rewards: Values, _believed: Values, _rng: np.random.Generator) -> Values:
    return np.full(len(examinations), 1.0 / max(len(examinations), 1))


@dataclass
class Shop:
    """n items, liked by float64[n], new from day int64[n] on (-1: old), and its log by item and rank."""

    liked: Values
    arrives: Counts
    shown: Counts
    clicks: Counts
    weights: Values
    squares: Values
    rewards: Values
    figures: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, seed: int) -> "Shop":
        rng = np.random.default_rng(seed)
        arrives = np.repeat([-1, *ARRIVE], [OLD, *[NEW] * len(ARRIVE)])
        liked = rng.beta(*LIKED, size=len(arrives))
        shape = (len(arrives), PLACES)
        ints = (np.zeros(shape, dtype=np.int64) for _ in range(2))
        floats = (np.zeros(shape) for _ in range(3))
        shop = cls(liked, arrives, *ints, *floats)
        places = np.where(arrives < 0, BEFORE, 0)[:, None] // PLACES * np.ones(PLACES, dtype=np.int64)
        shop._log(places, np.ones(shape), rng)
        return shop

    def lived(self, policy: Policy | None, days: int, lists: int, seed: int) -> "Shop":
        """Serve so many days, learning at the end of each."""
        rng = np.random.default_rng([seed, 1])
        lost = possible = 0.0
        found = np.full(len(self.liked), np.inf)
        good = np.zeros(len(self.liked), dtype=np.bool_)
        for day in range(days):
            there = self.arrives <= day
            best = np.sort(self.liked[there])[::-1][:PLACES]
            good |= there & (self.arrives >= 0) & (self.liked >= best[-1])
            examinations, rewards = self._learnt()
            believed = rewards.sum() / examinations.sum()
            rates = (PRIOR_EXAMINATIONS * believed + rewards) / (PRIOR_EXAMINATIONS + examinations)
            standing = np.where(there & (examinations >= KNOWN), rates, -1.0)
            listed = np.argsort(-standing, kind="stable")[:PLACES]
            found[listed] = np.minimum(found[listed], day - self.arrives[listed])
            tried = there & (self.arrives >= 0) & (self.arrives > day - NEW_DAYS)
            tried &= (examinations < SPENT) | (rewards > 0)
            tried[listed] = False
            clicked = self._day(listed, np.flatnonzero(tried), policy, (examinations, rewards, believed), lists, rng)
            possible += lists * float(best @ LOOKED_AT)
            lost += lists * float(best @ LOOKED_AT) - clicked
        waited = np.minimum(found, days - self.arrives)[good]
        self.figures = {"regret": lost / possible, "found": np.nan, "days_to_find": np.nan}
        if good.any():
            told = {"found": float(np.isfinite(found[good]).mean()), "days_to_find": float(waited.mean())}
            self.figures.update(told)
        return self

    def weighted(self) -> Values:
        examinations, rewards = self._learnt()
        return rewards / np.maximum(examinations, 1e-9)

    def plain(self) -> Values:
        return np.asarray(self.clicks.sum(axis=1) / np.maximum(self.shown.sum(axis=1), 1), dtype=np.float64)

    def told(self, rates: Values) -> tuple[float, float]:
        """Share of pairs of well-shown items in the true order, and the mean relative error at the same mean."""
        seen = (self.shown.sum(axis=1) >= BEFORE) & (self.clicks.sum(axis=1) >= 20)
        rates, liked = rates[seen] / rates[seen].mean(), self.liked[seen] / self.liked[seen].mean()
        left, right = np.triu_indices(len(rates), 1)
        right_order = np.sign(rates[left] - rates[right]) == np.sign(liked[left] - liked[right])
        return float(right_order.mean()), float((np.abs(rates - liked) / liked).mean())

    def _day(
        self,
        listed: Counts,
        tried: Counts,
        policy: Policy | None,
        known: tuple[Values, Values, float],
        lists: int,
        rng: np.random.Generator,
    ) -> float:
        """Show the lists of one day; returns the clicks that they bring on average."""
        shown = np.zeros_like(self.shown)
        weights = np.ones(self.shown.shape)
        if policy is None or not len(tried):
            shown[listed, np.arange(PLACES)] = lists
        else:
            examinations, rewards, believed = known
            told = policy(examinations[tried], rewards[tried], np.full(len(tried), believed), rng)
            drawn = chances(told.tolist(), 1)
            which = rng.multinomial(lists, drawn / drawn.sum())
            shown[tried] = rng.multinomial(which, np.full(PLACES, 1 / PLACES))
            weights[tried] = np.minimum(1.0 / np.maximum(drawn, 1e-9), MOST_WEIGHT)[:, None]
            # The list without its last entry stands around the tried item.
            at = shown[tried].sum(axis=0)
            before = np.cumsum(at[::-1])[::-1][1:]
            shown[listed[:-1], np.arange(PLACES - 1)] += before
            shown[listed[:-1], np.arange(1, PLACES)] += lists - before
        self._log(shown, weights, rng)
        return float((shown * self.liked[:, None] * LOOKED_AT).sum())

    def _log(self, shown: Counts, weights: Values, rng: np.random.Generator) -> None:
        clicks = rng.binomial(shown, self.liked[:, None] * LOOKED_AT)
        self.shown += shown
        self.clicks += clicks
        self.weights += shown * weights
        self.squares += shown * weights**2
        self.rewards += clicks * weights

    def _learnt(self) -> tuple[Values, Values]:
        """Examinations and rewards of all items, as the plugin's job has them."""
        items, ranks = np.nonzero(self.shown)
        columns = (column[items, ranks] for column in (self.weights, self.squares, self.rewards))
        return judged(items, *columns, examination(self.shown, self.clicks)[ranks], number=len(self.liked))


if __name__ == "__main__":
    main()
