"""Item-to-item weights of what the same shoppers buy: cosine-like, with busy shoppers and popular items damped."""

import numpy as np
from scipy import sparse

LEAST = 0.1
ROWS_AT_ONCE = 500


def co_purchase_weights(
    purchases: sparse.csr_matrix, *, kept: int, shopper_power: float = 0.5, item_power: float = 0.5
) -> sparse.csr_array:
    """The product Y'Y without its diagonal, of Y = X / (row sums)^shopper_power / (column sums)^item_power.

    With decayed purchases both what is bought together lately and what sells lately weigh more, which is why it leads
    neighbours in the classic similarity forms on real shops.

    Parameters
    ----------
    purchases : X float32[shoppers, n], at least 0.
    kept : at least 1, how many weights of a row are kept, the largest.

    Returns
    -------
    float32[n, n], at most `kept` weights a row.
    """
    if kept < 1:
        raise ValueError(f"kept must be at least 1, not {kept}")
    by_shopper = np.maximum(np.asarray(purchases.sum(axis=1)).ravel(), LEAST) ** -shopper_power
    by_item = np.maximum(np.asarray(purchases.sum(axis=0)).ravel(), LEAST) ** -item_power
    scaled = sparse.csr_array(sparse.diags_array(by_shopper) @ purchases @ sparse.diags_array(by_item))
    items = sparse.csr_array(scaled.T)
    n = items.shape[0]
    lengths, columns, values = [], [], []
    for start in range(0, n, ROWS_AT_ONCE):
        block = (items[start : start + ROWS_AT_ONCE] @ scaled).toarray()
        block[np.arange(len(block)), np.arange(start, start + len(block))] = 0.0
        most = min(kept, n)
        best = np.sort(np.argpartition(-block, most - 1, axis=1)[:, :most], axis=1)
        found = np.take_along_axis(block, best, axis=1)
        lengths.append((found > 0).sum(axis=1))
        columns.append(best[found > 0])
        values.append(found[found > 0])
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return sparse.csr_array((np.concatenate(values).astype(np.float32), np.concatenate(columns), offsets), shape=(n, n))
