from dataclasses import replace

import numpy as np
import pytest

from recommendations.data.candidates import Totals
from recommendations.ranking.candidates import cart, cart_parts, popular, popularity_weight, product_page
from recommendations.ranking.candidates import strongest_asked as strongest
from tests.ranking.tiny import tiny


def test_the_product_page_is_the_designs_formula():
    # kappa = 50 * 40 / 80 = 25; n_c / N = 10 / 100.
    candidates = tiny({1: 20, 2: 10}, {(1, 2): (4, 2.5)}, asked=[1], total=100, multi=80, sum_root=40.0)
    assert product_page(candidates, 0)[1] == pytest.approx((2.5 + 25 * 0.1) / 40**0.2)


def test_what_was_never_bought_with_the_product_scores_by_popularity():
    candidates = tiny({1: 20, 2: 10, 3: 60}, {}, asked=[1], multi=80, sum_root=40.0)
    scores = product_page(candidates, 0)
    assert scores[2] == pytest.approx(25 * 0.6 / 90**0.2)
    assert scores[2] > scores[1] > 0


def test_a_pair_seen_once_does_not_outrank_what_everybody_buys():
    candidates = tiny({1: 20, 2: 1, 3: 60}, {(1, 2): (1, 1.0)}, asked=[1], multi=80, sum_root=40.0)
    _, seen_once, everybodys = product_page(candidates, 0)
    assert everybodys > seen_once


def test_the_cart_is_the_designs_formula():
    candidates = tiny({1: 20, 2: 10, 3: 70}, {(1, 3): (4, 2.0), (2, 3): (5, 3.0)}, asked=[1, 2])
    expected = (2.0 / (50 * 100**0.3)) ** 2 + (3.0 / (40 * 100**0.3)) ** 2
    assert cart(candidates)[2] == pytest.approx(expected)
    assert cart_parts(candidates).sum() == pytest.approx(cart(candidates).sum())


def test_what_was_never_bought_with_the_cart_scores_nothing():
    assert cart(tiny({1: 20, 2: 10}, {}, asked=[1])).tolist() == [0.0, 0.0]


def test_one_item_of_the_cart_carries_a_suggestion_most():
    candidates = tiny({1: 20, 2: 10, 3: 70}, {(1, 3): (4, 2.0), (2, 3): (5, 3.0)}, asked=[1, 2])
    assert strongest(candidates, 2) == 1
    assert strongest(candidates, 0) is None


def test_popularity_is_the_share_of_all_orders():
    assert popular(tiny({1: 20, 2: 5})).tolist() == [0.2, 0.05]


def test_an_empty_shop_has_no_scores_and_no_division_by_zero():
    candidates = tiny({}, {}, total=0)
    assert popular(candidates).tolist() == cart(candidates).tolist() == []
    assert popularity_weight(Totals()) == 0.0


def test_a_pair_that_staff_boosted_counts_twice():
    candidates = tiny({1: 20, 2: 10, 3: 70}, {(1, 3): (4, 2.0), (2, 3): (5, 3.0)}, asked=[1, 2])
    raised = replace(candidates, boosted=np.array([[1, 2]]), strengths=np.array([2.0]))
    first, second = cart_parts(candidates)[:, 2]
    assert cart(raised)[2] == pytest.approx(first + 2 * second)
    assert product_page(raised, 1)[2] == pytest.approx(2 * product_page(candidates, 1)[2])
    assert product_page(raised, 0)[2] == product_page(candidates, 0)[2], "of another product"


def test_a_history_behind_the_cart_adds_nothing():
    candidates = tiny({1: 20, 2: 10, 3: 70}, {(1, 3): (4, 2.0), (2, 3): (5, 3.0)}, asked=[1, 2])
    assert cart(replace(candidates, own=1))[2] == pytest.approx((2.0 / (50 * 100**0.3)) ** 2)
    assert strongest(candidates, 2, np.array([0])) == 0
