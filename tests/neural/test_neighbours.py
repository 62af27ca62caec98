import numpy as np
import pytest
from scipy import sparse

from recommendations.neural.neighbours import neighbours, predicted_ratings, scores_from_items, scores_from_shoppers
from recommendations.neural.similarities import NeighboursConfig

FORMS = ["cosine", "pearson", "adjusted_cosine", "jaccard", "tfidf", "bm25"]


def stars(rows=12, columns=9, seed=0):
    rng = np.random.default_rng(seed)
    return np.where(rng.random((rows, columns)) < 0.5, rng.integers(1, 6, (rows, columns)), 0).astype(float)


def slow_similarity(values, first, second, form, *, saturation=1.2, length=0.75):
    """Two rows by the textbook's formula."""
    count, there = len(values), values > 0
    x, y, both = values[first], values[second], there[first] & there[second]
    held = there.sum(0)
    if form == "jaccard":
        either = (there[first] | there[second]).sum()
        return both.sum() / either if either else 0.0
    if form in ("pearson", "adjusted_cosine"):
        if form == "pearson":
            x, y = x - x[there[first]].mean(), y - y[there[second]].mean()
        else:
            means = values.sum(0) / np.maximum(held, 1)
            x, y = x - means, y - means
        size = np.sqrt((x[both] ** 2).sum() * (y[both] ** 2).sum())
        return (x[both] @ y[both]) / size if size > 1e-9 else 0.0
    if form == "bm25":
        rarity = np.maximum(np.log(count / (1 + held)), 0)
        average = values.sum(1).mean()

        def weight(row):
            norm = 1 - length + length * row.sum() / average
            return (saturation + 1) * row / (saturation * norm + row) * rarity

        return weight(x) @ weight(y)
    if form == "tfidf":
        rarity = np.log1p(count / np.maximum(held, 1))
        x, y = np.sqrt(x) * rarity, np.sqrt(y) * rarity
    return x @ y / (np.linalg.norm(x) * np.linalg.norm(y))


def slow_neighbours(values, form, *, kept, shrinkage=0.0):
    similar = np.zeros((len(values), len(values)))
    for first in range(len(values)):
        for second in range(len(values)):
            common = ((values[first] > 0) & (values[second] > 0)).sum()
            if first != second and common:
                shrunk = common / (common + shrinkage)
                similar[first, second] = slow_similarity(values, first, second, form) * shrunk
        out = np.argsort(-similar[first], kind="stable")[kept:]
        similar[first, out] = 0.0
    return np.maximum(similar, 0.0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shrinkage", [0.0, 3.0])
def test_every_form_is_its_textbook_formula_for_shoppers_and_for_items(form, shrinkage):
    for values in (stars(), stars().T):
        config = NeighboursConfig(form=form, kept=20, shrinkage=shrinkage)
        ours = neighbours(sparse.csr_matrix(values), config).toarray()
        assert ours == pytest.approx(slow_neighbours(values, form, kept=20, shrinkage=shrinkage), abs=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_blocks_give_what_all_at_once_do(form, monkeypatch):
    rows, config = sparse.csr_matrix(stars()), NeighboursConfig(form=form, kept=4)
    whole = neighbours(rows, config).toarray()
    monkeypatch.setattr("recommendations.neural.neighbours.CELLS_AT_ONCE", 40)
    assert neighbours(rows, config).toarray() == pytest.approx(whole)


def test_only_the_nearest_are_kept():
    similar = neighbours(sparse.csr_matrix(stars()), NeighboursConfig(kept=3))
    assert similar.toarray() == pytest.approx(slow_neighbours(stars(), "cosine", kept=3), abs=1e-6)
    assert np.diff(similar.indptr).max() == 3


def test_who_has_nothing_is_nobodys_neighbour():
    values = stars()
    values[4] = 0
    for form in FORMS:
        similar = neighbours(sparse.csr_matrix(values), NeighboursConfig(form=form)).toarray()
        assert np.isfinite(similar).all()
        assert not similar[4].any()
        assert not similar[:, 4].any()


def test_twins_share_what_only_one_of_them_bought():
    bought = sparse.csr_matrix(np.array([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]]))
    by_items = scores_from_items(bought, neighbours(bought.T.tocsr(), NeighboursConfig())).toarray()
    by_shoppers = scores_from_shoppers(neighbours(bought, NeighboursConfig()), bought).toarray()
    for scores in (by_items, by_shoppers):
        assert scores[0, 2] > 0
        assert scores[0, 3] == 0


def test_a_rating_is_the_weighted_mean_of_the_neighbours_that_were_rated():
    ratings = sparse.csr_matrix(np.array([[4.0, 2.0, 0.0]]))
    similar = sparse.csr_matrix(np.array([[0, 0, 0.0], [0, 0, 0.0], [0.75, 0.25, 0.0]]))
    predicted = predicted_ratings(ratings, similar)
    assert predicted.toarray() == pytest.approx(np.array([[0.0, 0.0, 3.5]]))
    assert predicted.nnz == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("form", "euclid"), ("kept", 0), ("shrinkage", -1.0), ("saturation", 0.0), ("length", 2.0)],
)
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        NeighboursConfig(**{name: value})
