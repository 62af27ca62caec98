"""The table of an evaluation, on a shop whose answers can be seen by eye."""

import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.evaluation.table import floors, table
from recommendations.evaluation.views import View, Window


@pytest.fixture
def window():
    """Shopper 0 buys item 0 and again, shopper 1 item 1 and then 2; 3 is sold to the newcomer 2 alone.

    Of five items, 4 sells most before the cut, to others.
    """
    rows = [
        # shopper, item, day, order
        (0, 0, 1, 10),
        (1, 1, 1, 11),
        (3, 4, 1, 12),
        (4, 4, 1, 13),
        (0, 0, 6, 20),
        (1, 2, 6, 21),
        (2, 3, 6, 22),
    ]
    shoppers, items, days, orders = (np.array(column) for column in zip(*rows, strict=True))
    return Window.of(Histories.of(shoppers, items, days.astype(float), orders), cut=5.0, days=10.0)


def all_knowing(shoppers, _view):
    """Ranks what each shopper buys first."""
    scores = np.zeros((len(shoppers), 5), dtype=np.float32)
    scores[np.arange(len(shoppers)), [{0: 0, 1: 2, 2: 3}[int(shopper)] for shopper in shoppers]] = 1.0
    return scores


def measured(window, **options):
    scorers = {"ours": all_knowing, **floors(window, half_life_days=90.0)}
    return table(window, scorers, rng=np.random.default_rng(0), **options)


def test_every_recommender_stands_in_every_view_and_part(window):
    found = measured(window)
    assert found.shoppers == {
        "next_basket": 2,
        "window": 2,
        "new_items": 1,
        "next_basket_new": 1,
        "repeats": 1,
        "new": 1,
        "cold_items": 1,
        "cold_shoppers": 1,
    }
    for recommenders in found.figures.values():
        assert list(recommenders) == [
            "ours",
            "most_popular",
            "recent_popular",
            "personal_frequency",
            "personal_frequency_decayed",
        ]


def test_who_knows_everything_is_right_everywhere(window):
    found = measured(window)
    for view in found.figures:
        assert found.value(view, "ours", "ndcg_10") == 1
        assert found.figures[view]["ours"]["ndcg_10"] == {"value": 1, "low": 1, "high": 1}


def test_own_purchases_answer_repeats_and_nothing_else(window):
    found = measured(window)
    assert found.value("repeats", "personal_frequency", "mrr_10") == 1
    assert found.value("new", "personal_frequency", "mrr_10") < 1
    assert found.value("nowhere", "personal_frequency", "mrr_10") == 0


def test_the_same_shoppers_stand_in_each_recommenders_scores(window):
    found = measured(window)
    assert {name: {view: len(scores) for view, scores in views.items()} for name, views in found.ndcg.items()} == {
        name: {"next_basket": 2, "window": 2, "new_items": 1, "next_basket_new": 1} for name in found.ndcg
    }


def test_lists_are_described_in_views_and_not_in_parts(window):
    found = measured(window)
    assert found.figures["window"]["most_popular"]["coverage_10"]["value"] == 1, "ten of five items: all"
    assert {"gini_10", "novelty_10", "diversity_10"} <= set(found.figures["window"]["ours"])
    assert "coverage_10" not in found.figures["repeats"]["ours"]


def test_at_most_so_many_shoppers_are_drawn(window):
    found = measured(window, most=1, views=(View.WINDOW,))
    assert found.shoppers["window"] == 1
    assert list(found.ndcg["ours"]) == ["window"]
