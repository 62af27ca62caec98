import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.evaluation import baselines, metrics
from recommendations.evaluation.judging import NOTHING, Lists, judge, lists_of
from recommendations.evaluation.views import Relevant, View

TRAIN = Histories.of(
    np.array([1, 1, 1, 2, 2, 3]),
    np.array([10, 10, 20, 10, 30, 30]),
    np.array([1.0, 2.0, 3.0, 1.0, 9.0, 9.0]),
    np.arange(6),
)
EVERYBODY = np.arange(3)


def test_lists_hold_the_best_items_and_leave_out_what_was_bought_where_asked():
    popular = baselines.most_popular(TRAIN)
    assert lists_of(popular, TRAIN, EVERYBODY, View.WINDOW, length=2).items.tolist() == [[0, 2]] * 3
    new = lists_of(popular, TRAIN, EVERYBODY, View.NEW_ITEMS, length=2, at_once=2).items.tolist()
    assert new == [[2, NOTHING], [1, NOTHING], [0, 1]]


def test_many_lists_are_judged_as_one_by_one():
    rng = np.random.default_rng(3)
    shoppers = np.arange(40)
    items = np.argsort(rng.random((40, 30)), axis=1)[:, :20].astype(np.int32)
    owners = rng.integers(0, 40, 150)
    relevant = Relevant.of(owners, rng.integers(0, 30, 150).astype(np.int32))
    found = judge(Lists(shoppers, items), relevant)
    for row, shopper in enumerate(relevant.shoppers):
        for k in (5, 10, 20):
            hits = np.array([item in set(relevant[row].tolist()) for item in items[shopper, :k]])
            assert found[f"ndcg_{k}"][row] == pytest.approx(metrics.ndcg(hits, len(relevant[row])))
            assert found[f"recall_{k}"][row] == pytest.approx(hits.sum() / len(relevant[row]))
            assert found[f"mrr_{k}"][row] == pytest.approx(hits.any() / (1 + hits.argmax()))


def test_a_short_catalogue_does_not_make_a_list_more_precise():
    lists = Lists(np.array([0]), np.array([[0, 1]], dtype=np.int32))
    found = judge(lists, Relevant.of(np.array([0]), np.array([0], dtype=np.int32)), cut_offs=(5,))
    assert found["precision_5"].tolist() == [0.2]
    assert found["ndcg_5"].tolist() == [1.0]


def test_a_shopper_without_a_list_is_refused():
    with pytest.raises(ValueError, match="with a list"):
        Lists(np.array([0]), np.zeros((1, 2), dtype=np.int32)).hits(Relevant.of(np.array([4]), np.array([0])))


def test_recent_sales_lead_and_all_sales_break_ties():
    scores = baselines.recent_popular(TRAIN, cut=10.0, days=5.0)(EVERYBODY[:1], View.WINDOW)
    assert np.argsort(-scores[0]).tolist() == [2, 0, 1]


def test_what_a_shopper_buys_most_leads_and_decay_prefers_the_latest():
    plain = baselines.personal_frequency(TRAIN, cut=10.0)(EVERYBODY, View.WINDOW)
    decayed = baselines.personal_frequency(TRAIN, cut=10.0, half_life_days=0.5)(EVERYBODY, View.WINDOW)
    assert np.argsort(-plain, axis=1).tolist() == [[0, 1, 2], [0, 2, 1], [2, 0, 1]]
    assert np.argsort(-decayed, axis=1).tolist() == [[1, 0, 2], [2, 0, 1], [2, 0, 1]]


@pytest.mark.parametrize("made", [lambda: baselines.recent_popular(TRAIN, cut=1.0, days=0)])
def test_periods_are_above_zero(made):
    with pytest.raises(ValueError, match="above 0"):
        made()
