"""Rankers of other libraries and papers, as they are described there."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from benchmarks.related.counted import log_likelihood_ratio, product, summed
from benchmarks.related.evaluation import Ranker, Values
from benchmarks.related.queries import Rows, Train

HEADS = 4_000
KEPT_USERS = 100
KEPT_LLR = 50
LATEST = 500
ITEMS_AT_ONCE = 500


def rp3beta(train: Train, *, beta: float) -> Ranker:
    """RP3beta (Paudel et al. 2017): a walk from item to basket to another item, over the popularity of that to beta."""
    multi = train.sizes > 1
    orders = train.orders
    walks = product(train.rows[multi], 1 / (train.sizes[multi] - 1))
    return summed((sparse.diags(1 / orders) @ walks @ sparse.diags(orders**-beta)).tocsr())


def ease(train: Train, *, ridge: float, power: float) -> Ranker:
    """EASE (Steck 2019) on baskets weighted L^-power, of the 4,000 most sold items."""
    heads = min(HEADS, train.items)
    rows = (sparse.diags(np.maximum(train.sizes, 1) ** -power) @ train.rows)[:, :heads]
    gram = (rows.T @ rows).toarray().astype(np.float32)
    gram[np.diag_indices(heads)] += ridge
    inverse = np.linalg.inv(gram)
    weights = -inverse / inverse.diagonal()
    weights[np.diag_indices(heads)] = 0

    def ranker(asked: Rows) -> Values:
        # What it does not know comes last, by popularity; a weight below 0 still stands before that.
        scores = np.full(asked.shape, -1e9)
        scores[:, :heads] = asked[:, :heads] @ weights
        return scores

    return ranker


def basket_neighbours(train: Train, *, neighbours: int, power: float, discount: float) -> Ranker:
    """Basket kNN: likeness (sum of the idf of common items)^2 / L^power, popularity discounted."""
    orders = train.orders
    postings = (sparse.diags(np.log(train.baskets / orders)) @ train.rows.T).tocsr()
    by_size = np.maximum(train.sizes, 1) ** -power
    damping = (orders + 30) ** -discount

    def ranker(asked: Rows) -> Values:
        likeness = (asked @ postings).tocsr()
        likeness.data = likeness.data**2 * by_size[likeness.indices]
        for row in range(likeness.shape[0]):
            values = likeness.data[likeness.indptr[row] : likeness.indptr[row + 1]]
            if len(values) > neighbours:
                values[values < np.partition(values, -neighbours)[-neighbours]] = 0
        likeness.eliminate_zeros()
        return (likeness @ train.rows).toarray() * damping

    return ranker


def user_cosine(train: Train) -> Ranker:
    """Item-to-item as Gorse has it: idf-weighted cosine over shoppers, shrunk by 100, the 100 best of each item."""
    people = _people(train, most=None)
    idf = np.maximum(np.log(train.items / np.maximum(np.diff(people.indptr), 1)), 1e-3)
    weighted = (sparse.diags(idf) @ people).tocsr()
    norms = np.asarray(weighted.sum(axis=0)).ravel()

    def values(start: int, block: Rows) -> Rows:
        sums, common = (block @ weighted).tocsr(), (block @ people).tocsr()
        sums.sort_indices()
        common.sort_indices()
        rows = start + np.repeat(np.arange(sums.shape[0]), np.diff(sums.indptr))
        sums.data *= common.data / (np.sqrt(norms[rows] * norms[sums.indices]) * (common.data + 100))
        return sums

    return _strongest(people, values, KEPT_USERS)


def llr_of_shoppers(train: Train) -> Ranker:
    """As the Universal Recommender: LLR over the last 500 items of each shopper, the 50 best of each item, summed."""
    people = _people(train, most=LATEST)
    bought = np.asarray(people.sum(axis=0)).ravel()
    total = people.shape[0]

    def values(start: int, block: Rows) -> Rows:
        common = (block @ people).tocsr()
        na = bought[start + np.repeat(np.arange(common.shape[0]), np.diff(common.indptr))]
        nc = bought[common.indices]
        found = log_likelihood_ratio(common.data, na, nc, total)
        common.data = np.where(common.data * total > na * nc, found, 0)
        return common

    return _strongest(people, values, KEPT_LLR)


def _people(train: Train, *, most: int | None) -> Rows:
    """float64[shoppers, items] of 0 and 1: the distinct items of each, or the `most` latest of them."""
    _, person = np.unique(train.shoppers, return_inverse=True)
    owners = np.repeat(person, np.diff(train.rows.indptr))[::-1].astype(np.int64)
    keys, first = np.unique(owners << 32 | train.rows.indices[::-1], return_index=True)
    keys = keys[np.lexsort((first, keys >> 32))]
    starts = np.searchsorted(keys >> 32, np.arange(person.max() + 1))
    if most is not None:
        keys = keys[np.arange(len(keys)) - starts[keys >> 32] < most]
    shape = (int(person.max()) + 1, train.items)
    return sparse.csr_matrix((np.ones(len(keys)), (keys >> 32, keys & 0xFFFFFFFF)), shape=shape)


def _strongest(people: Rows, values: Callable[[int, Rows], Rows], most: int) -> Ranker:
    """The `most` best of each item by `values`, summed over what is asked with; made in blocks to spare memory."""
    columns = people.T.tocsr()
    blocks = []
    for start in range(0, columns.shape[0], ITEMS_AT_ONCE):
        block = values(start, columns[start : start + ITEMS_AT_ONCE])
        for row in range(block.shape[0]):
            span = slice(block.indptr[row], block.indptr[row + 1])
            block.data[span][block.indices[span] == start + row] = 0
            if span.stop - span.start > most:
                block.data[span][np.argpartition(-block.data[span], most)[most:]] = 0
        block.eliminate_zeros()
        blocks.append(block)
    table = sparse.vstack(blocks).tocsr()
    return lambda rows: (rows @ table).toarray()
