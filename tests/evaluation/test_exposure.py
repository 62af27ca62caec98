import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.evaluation import exposure
from recommendations.evaluation.judging import NOTHING

SAME = np.array([[0, 1], [0, 1], [0, 1]], dtype=np.int32)
ALL = np.array([[0, 1], [2, 3]], dtype=np.int32)
GAPS = np.array([[0, NOTHING]], dtype=np.int32)


def test_coverage_is_the_share_of_the_catalogue_that_is_shown():
    assert exposure.coverage(SAME, 4) == 0.5
    assert exposure.coverage(ALL, 4) == 1
    assert exposure.coverage(GAPS, 4) == 0.25


def test_gini_is_zero_when_all_are_shown_alike_and_high_when_few_are():
    assert exposure.gini(ALL, 4) == 0
    assert exposure.gini(GAPS, 4) == pytest.approx(0.75)
    assert exposure.gini(np.zeros((0, 2), dtype=np.int32), 4) == 0


def bought(rows):
    shoppers, items = map(np.array, zip(*rows, strict=True))
    return Histories.of(shoppers, items, np.zeros(len(rows)), np.arange(len(rows)))


def test_novelty_counts_bits_of_rarity():
    train = bought([(1, 1), (2, 1), (3, 1), (4, 1), (1, 2)])
    assert exposure.novelty(np.array([[0]], dtype=np.int32), train) == 0
    assert exposure.novelty(np.array([[0, 1]], dtype=np.int32), train) == 1


def test_lists_of_like_items_are_less_diverse():
    cosine = exposure.cosine_of(np.array([[1.0, 0], [1, 0], [0, 1], [0, 0]]))
    assert exposure.intra_list_diversity(SAME, cosine) == 0
    assert exposure.intra_list_diversity(ALL, cosine) == 0.5
    assert exposure.intra_list_diversity(GAPS, cosine) == 0


def test_co_purchase_cosine_is_that_of_the_shopper_columns():
    rng = np.random.default_rng(0)
    train = bought([(shopper, item) for shopper, item in rng.integers(0, 12, (60, 2))])
    table = np.zeros((len(train), len(train.item_ids)))
    table[train.shoppers, train.items] = 1
    left, right = np.triu_indices(len(train.item_ids), 1)
    expected = exposure.cosine_of(table.T)(left, right)
    assert exposure.co_purchase_cosine(train)(left, right) == pytest.approx(expected)
