"""Bring a recommender's arrays up to date without training: what sells now, what goes together now, new items.

Knows neither Django nor torch. n = items, d = factors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.histories import Histories
from recommendations.exceptions import DriftTooLarge
from recommendations.neural.co_purchases import co_purchase_weights
from recommendations.neural.purchases import purchase_matrix
from recommendations.ranking.folding_in import fold_in, moved_gram
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.sales import sales_at
from recommendations.ranking.sources import FACTOR_ALPHA, FACTOR_HALF_LIFE, FACTOR_RIDGE, KEPT, NEIGHBOUR_HALF_LIVES

Arrays = Mapping[str, NDArray[Any]]
Ids = NDArray[np.int64]

LINEAR = ("linear_recent", "linear", "linear_all")
DRIFT_LIMIT = 1.0
"""Relative movement of the item vectors above which folding in is no longer near what training would give."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Arrays of now, and how far they are from those that they came from.

    Parameters
    ----------
    touched_items, new_items : items bought since or unknown till then, and the unknown ones among them.
    drift : norm of what the vectors of touched known items moved, relative to their norm before.
    """

    arrays: Arrays
    touched_items: int
    new_items: int
    drift: float


def refreshed(
    arrays: Arrays,
    histories: Histories,
    *,
    since: float,
    now: float,
    kinds: Kinds | None = None,
    drift_limit: float = DRIFT_LIMIT,
) -> Refreshed | None:
    """The arrays at `now`, of an artefact trained on the purchases until `since`; None where nothing was bought since.

    Sales and co-purchase weights are counted anew, exactly. The vectors of the items that were bought since are folded
    in from those of the shoppers, which are folded in from the vectors before. A new item's linear weights are its
    co-purchase weights, brought to their scale. Everything else stays until the next training. What is recorded late,
    with a day before `since`, counts in all of these; an item that is known by such purchases alone is new, too.

    Parameters
    ----------
    arrays : of the artefact's kind "network", as trained: refreshing what was refreshed would add up errors.
    histories : all purchases up to `now`.
    since, now : days since the epoch.
    kinds : what the items are, aligned with the union of both `item_ids`, in codes of any numbering; texts in the
        space of the artefact's. None: nothing is said of the new ones.

    Raises
    ------
    DriftTooLarge : the drift is above `drift_limit`.
    """
    old_ids = arrays["item_ids"]
    item_ids = np.union1d(old_ids, histories.item_ids)
    places = np.searchsorted(item_ids, old_ids)
    is_new = np.ones(len(item_ids), dtype=np.bool_)
    is_new[places] = False
    whole = _on_axis(histories, item_ids)
    touched = np.union1d(whole.items[whole.days > since], np.flatnonzero(is_new)).astype(np.int64)
    if not len(touched):
        return None
    vectors, gram, drift = _factors(arrays, whole, places, touched, is_new, now)
    if drift > drift_limit:
        raise DriftTooLarge(f"item vectors moved by {drift:.2f} of their length, limit {drift_limit:g}: retrain")
    found: dict[str, NDArray[Any]] = dict(arrays)
    found |= {"item_ids": item_ids.astype("<i8"), "sales": sales_at(whole, now).table().astype("<f4")}
    found |= {"factors": vectors.astype("<f4"), "gram": gram.astype("<f4")}
    found |= _kinds(arrays, places, is_new, kinds)
    if "discount" in arrays:
        found["discount"] = np.zeros((len(item_ids), arrays["discount"].shape[1]), dtype="<f4")
        found["discount"][places] = arrays["discount"]
    rows: dict[str, sparse.csr_array] = {}
    for name, half_life in NEIGHBOUR_HALF_LIVES.items():
        decayed = purchase_matrix(whole, "decayed", today=now, half_life=half_life)
        rows[name] = co_purchase_weights(decayed, kept=KEPT)
        found |= _as_arrays(name, rows[name])
    if is_new.any():
        for name in LINEAR:
            found |= _as_arrays(
                name, _with_new(_moved(arrays, name, places, len(item_ids)), rows["neighbours"], is_new)
            )
    return Refreshed(found, len(touched), int(is_new.sum()), drift)


def _on_axis(histories: Histories, item_ids: Ids) -> Histories:
    """The same purchases by positions in a longer list of items."""
    places = np.searchsorted(item_ids, histories.item_ids).astype(np.int32)
    return Histories(histories.offsets, places[histories.items], histories.days, histories.orders, item_ids)


def _factors(
    arrays: Arrays, whole: Histories, places: Ids, touched: Ids, is_new: NDArray[np.bool_], now: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    before = np.zeros((len(is_new), arrays["factors"].shape[1]))
    before[places] = arrays["factors"]
    gram = np.asarray(arrays["gram"], dtype=np.float64)
    bought = purchase_matrix(whole, "decayed", today=now, half_life=FACTOR_HALF_LIFE)
    shoppers = np.zeros((bought.shape[0], before.shape[1]))
    for shopper in range(bought.shape[0]):
        span = slice(bought.indptr[shopper], bought.indptr[shopper + 1])
        others, added = before[bought.indices[span]], FACTOR_ALPHA * bought.data[span]
        shoppers[shopper] = fold_in(others, added, gram=gram, ridge=FACTOR_RIDGE)
    by_item, shopper_gram = bought.T.tocsr(), shoppers.T @ shoppers
    after = before.copy()
    for item in touched:
        span = slice(by_item.indptr[item], by_item.indptr[item + 1])
        after[item] = fold_in(
            shoppers[by_item.indices[span]], FACTOR_ALPHA * by_item.data[span], gram=shopper_gram, ridge=FACTOR_RIDGE
        )
    known = touched[~is_new[touched]]
    length = max(float(np.linalg.norm(before[known])), 1e-9)
    drift = float(np.linalg.norm(after[known] - before[known])) / length if len(known) else 0.0
    return after, moved_gram(gram, before[touched], after[touched]), drift


def _kinds(arrays: Arrays, places: Ids, is_new: NDArray[np.bool_], kinds: Kinds | None) -> dict[str, NDArray[Any]]:
    """Groups in the codes of the training, told by the known items of the same group; texts where they are as wide."""
    n = len(is_new)
    groups = np.full((n, arrays["groups"].shape[1]), -1, dtype="<i4")
    prices = np.full(n, np.median(arrays["prices"]) if len(places) else 0.0, dtype="<f4")
    texts = np.zeros((n, arrays["texts"].shape[1]), dtype="<f4")
    if kinds is not None:
        prices[is_new] = kinds.prices[is_new]
        if kinds.texts.shape[1] == texts.shape[1]:
            texts[is_new] = kinds.texts[is_new]
        for column, told in enumerate(kinds.groups.T):
            pairs, counts = np.unique(np.stack([told[places], arrays["groups"][:, column]]), axis=1, return_counts=True)
            usual = {int(pairs[0, at]): int(pairs[1, at]) for at in np.argsort(counts, kind="stable")}
            groups[is_new, column] = [usual.get(int(code), -1) if code >= 0 else -1 for code in told[is_new]]
    groups[places], prices[places], texts[places] = arrays["groups"], arrays["prices"], arrays["texts"]
    return {"groups": groups, "prices": prices, "texts": texts}


def _moved(arrays: Arrays, name: str, places: Ids, n: int) -> sparse.csr_array:
    """Weights at the positions that their items have now."""
    rows = np.repeat(places, np.diff(arrays[f"{name}_offsets"]))
    columns = places[arrays[f"{name}_columns"]]
    return sparse.csr_array((arrays[f"{name}_values"], (rows, columns)), shape=(n, n))


def _with_new(linear: sparse.csr_array, neighbours: sparse.csr_array, is_new: NDArray[np.bool_]) -> sparse.csr_array:
    """The weights with rows and columns of new items, at the mean size of the others' (co-purchases are symmetric)."""
    known = sparse.diags_array((~is_new).astype(np.float32))
    total = float((known @ neighbours).sum())
    scale = float(np.abs(linear.data).sum()) / total if total > 0 else 0.0
    rows = scale * (sparse.diags_array(is_new.astype(np.float32)) @ neighbours)
    return sparse.csr_array(linear + rows + known @ rows.T)


def _as_arrays(name: str, rows: sparse.csr_array) -> dict[str, NDArray[Any]]:
    rows.sort_indices()
    return {
        f"{name}_offsets": rows.indptr.astype("<i8"),
        f"{name}_columns": rows.indices.astype("<i4"),
        f"{name}_values": rows.data.astype("<f4"),
    }
