"""Association rules as a DataFrame, with the columns and errors of mlxtend 0.25."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommendations.mining.families import Finder, hashes, levels
from recommendations.mining.frame_input import check_frame
from recommendations.mining.frame_nulls import RuleNulls, Unknown, of_rules

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Names = frozenset[Any]

ROUNDING = 1e-15
"""Relative error of a quotient of two supports."""

SPLITS_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class _Supports:
    """Supports of A and C together, of A and of C, float64[rules], and what is unknown behind them."""

    both: Values
    antecedent: Values
    consequent: Values
    rows: int
    nulls: RuleNulls

    @property
    def confidence(self) -> Values:
        known = self.rows - self.nulls.antecedent
        return self.both * (self.rows - self.nulls.both) / (self.antecedent * known - self.nulls.antecedent_known)

    @property
    def reverse(self) -> Values:
        """Confidence of C => A."""
        known = self.rows - self.nulls.consequent
        return self.both * (self.rows - self.nulls.both) / (self.consequent * known - self.nulls.consequent_known)

    @property
    def leverage(self) -> Values:
        return self.both - self.antecedent * self.consequent


METRICS: Mapping[str, Callable[[_Supports], Values]] = {
    "antecedent support": lambda of: of.antecedent,
    "consequent support": lambda of: of.consequent,
    "support": lambda of: of.both,
    "confidence": lambda of: of.confidence,
    "lift": lambda of: of.confidence / of.consequent,
    "representativity": lambda of: np.asarray((of.rows - of.nulls.both) / of.rows),
    "leverage": lambda of: of.leverage,
    "conviction": lambda of: np.where(of.confidence < 1, (1 - of.consequent) / (1 - of.confidence), np.inf),
    "zhangs_metric": lambda of: _or_zero(
        of.leverage,
        np.maximum(of.both * (1 - of.antecedent), of.antecedent * (of.consequent - of.both)),
    ),
    "jaccard": lambda of: of.both / (of.antecedent + of.consequent - of.both),
    "certainty": lambda of: _or_zero(of.confidence - of.consequent, 1 - of.consequent),
    "kulczynski": lambda of: (of.confidence + of.reverse) / 2,
}


def association_rules(
    df: pd.DataFrame,
    num_itemsets: int | None = 1,
    df_orig: pd.DataFrame | None = None,
    null_values: bool = False,  # noqa: FBT001, FBT002 (positional in mlxtend, too)
    metric: str = "confidence",
    min_threshold: float = 0.8,
    support_only: bool = False,  # noqa: FBT001, FBT002
    return_metrics: Sequence[str] = tuple(METRICS),
) -> pd.DataFrame:
    """All rules A => C of frequent itemsets A + C whose `metric` is at least `min_threshold`.

    Rows follow the itemsets of `df`; of one itemset, larger antecedents come first.

    Parameters
    ----------
    df : columns "support" and "itemsets" (sets of items) of all frequent itemsets.
    num_itemsets : rows of the frame that was mined; needed with `null_values` alone.
    df_orig : that frame; needed with `null_values` alone.
    null_values : NaN cells mean unknown, and measures rest on rows that are known.
    metric : a name of `METRICS`. A confidence that is the threshold, but for the rounding of supports, reaches it:
        here mlxtend leaves out 4 of the 410 rules of 0.8 in the Groceries data.
    support_only : leave measures but support NaN; then `df` need not hold subsets.
    return_metrics : the measures that the result has columns of.

    Returns
    -------
    DataFrame with "antecedents" and "consequents" (frozensets) and a float64 column a measure.

    Raises
    ------
    TypeError : `null_values` without `df_orig` or `num_itemsets`.
    ValueError : `df` is empty or lacks a column, `metric` does not exist, `df_orig` holds other values than 0 and 1.
    KeyError : `df` lacks a subset of an itemset.
    """
    _check(df, num_itemsets, df_orig, null_values=null_values)
    if support_only:
        metric = "support"
    if metric not in METRICS:
        raise ValueError(f"Metric must be 'confidence' or 'lift', got '{metric}'")
    # Of itemsets that are listed twice the last support holds, at the place of the first.
    known: dict[Names, float] = dict(zip(map(_plain, df["itemsets"]), df["support"].to_numpy(), strict=True))
    family = _Family(list(known))
    support = np.array(list(known.values()), dtype=np.float64)
    whole, split, antecedent, consequent = family.splits()
    if support_only:
        kept = np.flatnonzero(support[whole] >= min_threshold)
        columns: dict[str, Any] = dict.fromkeys(return_metrics, np.nan) | {"support": support[whole[kept]]}
    else:
        family.refuse_missing(whole, split, antecedent, consequent)
        nulls = _nulls(family, antecedent, consequent, df_orig) if null_values else RuleNulls(*_zeros(5, len(whole)))
        of = _Supports(support[whole], support[antecedent], support[consequent], num_itemsets or 1, nulls)
        with np.errstate(divide="ignore", invalid="ignore"):
            least = min_threshold - ROUNDING * abs(min_threshold) if metric == "confidence" else min_threshold
            kept = np.flatnonzero(METRICS[metric](of) >= least)
            columns = {name: METRICS[name](of)[kept] for name in return_metrics} if len(kept) else {}
    if not len(kept):
        return pd.DataFrame(columns=["antecedents", "consequents", *return_metrics])
    lefts, rights = family.both_sides(whole[kept], split[kept], antecedent[kept], consequent[kept])
    return pd.DataFrame({"antecedents": lefts, "consequents": rights, **columns})


class _Family:
    """Frequent itemsets as arrays of item numbers, each in the order in which its set yields its items."""

    def __init__(self, sets: list[Names]) -> None:
        self.names = sets
        self.sets = [tuple(members) for members in sets]
        self.items: dict[Any, int] = {}
        for members in self.sets:
            for item in members:
                self.items.setdefault(item, len(self.items))
        lengths = np.array([len(members) for members in self.sets])
        self.offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        numbers = (self.items[item] for members in self.sets for item in members)
        self.numbers = np.fromiter(numbers, dtype=np.int64, count=int(self.offsets[-1]))
        self.ways = {length: _ways(length) for length in np.unique(lengths).tolist()}

    def splits(self) -> tuple[Ids, Ids, Ids, Ids]:
        """(set, way to split it, number of the antecedent, of the consequent) of all rules; -1 is a missing set."""
        finder = Finder(self.offsets, self.numbers)
        parts = [np.zeros((4, 0), dtype=np.int64)]
        for level in levels(self.offsets, self.numbers):
            ways = self.ways[level.items.shape[1]]
            if not ways:
                continue
            chosen = np.zeros((len(ways), level.items.shape[1]), dtype=np.uint64)
            for row, way in enumerate(ways):
                chosen[row, way] = 1
            step = max(1, SPLITS_AT_ONCE // len(ways))
            for start in range(0, len(level.at), step):
                at = level.at[start : start + step]
                keys = hashes(level.items[start : start + step]) @ chosen.T
                antecedent, consequent = finder.find(keys), finder.find(finder.keys[:, at, None] - keys)
                way_numbers = np.tile(np.arange(len(ways)), len(at))
                parts.append(np.stack([np.repeat(at, len(ways)), way_numbers, antecedent.ravel(), consequent.ravel()]))
        rows = np.concatenate(parts, axis=1)
        whole, way, antecedent, consequent = rows[:, np.argsort(rows[0], kind="stable")]
        return whole, way, antecedent, consequent

    def sides(self, whole: int, way: int) -> tuple[Names, Names]:
        """Antecedent and consequent of one rule."""
        members = self.sets[whole]
        left = frozenset(members[at] for at in self.ways[len(members)][way])
        return left, frozenset(members) - left

    def both_sides(self, whole: Ids, split: Ids, antecedent: Ids, consequent: Ids) -> tuple[list[Names], list[Names]]:
        """Antecedents and consequents of many rules; those that are itemsets of the family are not built anew."""
        lefts = [self.names[at] for at in antecedent.tolist()]
        rights = [self.names[at] for at in consequent.tolist()]
        for row in np.flatnonzero((antecedent < 0) | (consequent < 0)).tolist():
            lefts[row], rights[row] = self.sides(int(whole[row]), int(split[row]))
        return lefts, rights

    def refuse_missing(self, whole: Ids, split: Ids, antecedent: Ids, consequent: Ids) -> None:
        missing = np.flatnonzero((antecedent < 0) | (consequent < 0))
        if len(missing):
            row = missing[0]
            left, right = self.sides(int(whole[row]), int(split[row]))
            raise KeyError(
                f"{left if antecedent[row] < 0 else right}You are likely getting this error because the DataFrame is "
                "missing  antecedent and/or consequent  information. You can try using the  `support_only=True` option"
            )


def _ways(length: int) -> list[list[int]]:
    """All choices of antecedents among the items of a set, large ones first."""
    return [list(way) for size in range(length - 1, 0, -1) for way in combinations(range(length), size)]


def _nulls(family: _Family, antecedent: Ids, consequent: Ids, df_orig: pd.DataFrame) -> RuleNulls:
    """Items that are whole numbers are positions of columns, others are their names."""
    places = [item if isinstance(item, int) else int(df_orig.columns.get_loc(item)) for item in family.items]
    columns = np.array(places, dtype=np.int64)[family.numbers]
    return of_rules(Unknown.of(df_orig), family.offsets, columns, antecedent, consequent)


def _check(df: Any, num_itemsets: int | None, df_orig: Any, *, null_values: bool) -> None:
    if null_values and df_orig is None:
        raise TypeError("If null values exist, df_orig must be provided.")
    if null_values and num_itemsets == 1:
        raise TypeError("If null values exist, num_itemsets must be provided.")
    check_frame(df_orig, null_values=null_values)
    if not df.shape[0]:
        raise ValueError("The input DataFrame `df` containing the frequent itemsets is empty.")
    if not {"support", "itemsets"} <= set(df.columns):
        raise ValueError(f"Dataframe needs to contain the{'columns':>32} 'support' and 'itemsets'")


def _plain(items: Any) -> Names:
    """The set with numpy's scalars as Python's."""
    return frozenset(item.item() if isinstance(item, np.generic) else item for item in items)


def _or_zero(over: Values, under: Values) -> Values:
    return np.asarray(np.where(under == 0, 0.0, over / under))


def _zeros(rows: int, length: int) -> Ids:
    return np.zeros((rows, length), dtype=np.int64)
