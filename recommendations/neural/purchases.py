"""Histories as a sparse matrix [shoppers, items], each cell the weight of what a shopper bought of an item."""

from typing import Literal

import numpy as np
from scipy import sparse

from recommendations.data.histories import HALF_LIFE_DAYS, Histories

Weighting = Literal["plain", "log", "decayed"]


def purchase_matrix(
    histories: Histories, weighting: Weighting, *, today: float, half_life: float = HALF_LIFE_DAYS
) -> sparse.csr_matrix:
    """float32 CSR [t, n] with sorted indexes and no explicit zero.

    plain: the number of purchases; log: ln(1 + number); decayed: sum of 0.5^(age / half_life).

    Parameters
    ----------
    today : days since the epoch, from which ages count; later purchases count as bought today.
    half_life : above 0, days.

    Raises
    ------
    ValueError : the weighting is unknown or the half-life out of range.
    """
    if weighting not in ("plain", "log", "decayed") or not half_life > 0:
        raise ValueError(f"weighting must be plain, log or decayed and half_life above 0, not {weighting}, {half_life}")
    values = np.ones(len(histories.items))
    if weighting == "decayed":
        values = 0.5 ** (np.maximum(today - histories.days, 0.0) / half_life)
    shape = (len(histories), len(histories.item_ids))
    matrix = sparse.coo_matrix((values, (histories.shoppers, histories.items)), shape=shape).tocsr()
    if weighting == "log":
        matrix.data = np.log1p(matrix.data)
    matrix.data = np.maximum(matrix.data, np.finfo(np.float32).tiny)
    matrix.sort_indices()
    return matrix.astype(np.float32)
