import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.evaluation.baselines import most_popular
from recommendations.evaluation.judging import judge, lists_of
from recommendations.evaluation.views import View, Window, before
from recommendations.neural.ranker import RankerConfig
from recommendations.ranking.served import Recommender
from recommendations.services import learning
from recommendations.services.learning import LearningConfig, cut_windows, learn, window_days
from recommendations.services.scoring import scorer_of

CONFIG = LearningConfig(windows=2, factors=4, ranker=RankerConfig(networks=1, hidden=8, second=4, epochs=4))


def faithful(shoppers=40, visits=12, seed=0):
    """Each shopper comes every ten days for two of the four goods of one of five kinds."""
    rng = np.random.default_rng(seed)
    rows = [
        (shopper, shopper % 5 * 4 + item, 10.0 * visit + shopper / 100, shopper * 100 + visit)
        for shopper in range(shoppers)
        for visit in range(visits)
        for item in rng.choice(4, 2, replace=False)
    ]
    columns = np.array(rows).T
    return Histories.of(columns[0].astype(int), columns[1].astype(int), columns[2], columns[3].astype(int))


def test_what_shoppers_come_for_is_learnt_from_before_the_cut():
    histories = faithful()
    learnt = learn(before(histories, 100.0), now=100.0, config=CONFIG)
    window = Window.of(histories, cut=100.0, days=20.0)
    asked = window.tests[View.WINDOW]

    def ndcg(scorer):
        lists = lists_of(scorer, window.train, asked.shoppers, View.WINDOW, length=10)
        return judge(lists, asked, cut_offs=(10,))["ndcg_10"].mean()

    ours = ndcg(scorer_of(Recommender.of(learnt.arrays), window.train, now=100.0))
    assert ours > 2 * ndcg(most_popular(window.train))


def test_the_same_seed_learns_the_same():
    one, two = (learn(faithful(), now=120.0, config=CONFIG, seed=3).arrays for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_young_shop_has_shorter_windows():
    histories = faithful(visits=6)
    assert window_days(histories, until=60.0, config=CONFIG) == pytest.approx(60.0 / 4, abs=0.1)
    assert window_days(histories, until=1_000.0, config=CONFIG) == CONFIG.days


def test_too_few_who_came_back_are_an_error():
    with pytest.raises(ValueError, match="at least 20 shoppers who came back"):
        learn(faithful(shoppers=5), now=120.0, config=CONFIG)


def test_only_the_newest_cut_keeps_its_market(tmp_path):
    from recommendations.ranking.kinds import Kinds

    histories = faithful()
    kinds = Kinds.unknown(len(histories.item_ids))
    cuts = cut_windows(histories, newest=100.0, days=20.0, kinds=kinds, config=CONFIG, seed=0, folder=tmp_path)
    assert [(cut.at, cut.until) for cut in cuts] == [(100.0, 120.0), (80.0, 100.0)]
    assert [cut.market is None for cut in cuts] == [False, True]
    with pytest.raises(ValueError, match="newest cut alone"):
        cuts[1].recommender(None, None)


def test_a_shop_of_too_many_items_for_the_closed_form_learns_the_low_rank_form(monkeypatch):
    histories = faithful()
    usual = learn(histories, now=120.0, config=CONFIG).arrays
    monkeypatch.setattr(learning, "MOST_ITEMS", 10)
    low = learn(histories, now=120.0, config=CONFIG).arrays
    of_kind = low["linear_all_columns"][low["linear_all_values"] > 0.02] // 4
    owners = np.repeat(np.arange(20), np.diff(low["linear_all_offsets"]))[low["linear_all_values"] > 0.02] // 4
    assert len(of_kind)
    assert (of_kind == owners).all()
    assert set(low) == set(usual)


def test_where_nobody_buys_twice_a_part_of_all_purchases_is_hidden(tmp_path):
    from recommendations.ranking.kinds import Kinds

    shoppers, visits = np.divmod(np.arange(40 * 12), 12)
    once = Histories.of(shoppers, (shoppers % 5 + visits) % 20, 10.0 * visits + shoppers / 100, np.arange(480))
    kinds = Kinds.unknown(len(once.item_ids))
    cuts = cut_windows(once, newest=100.0, days=20.0, kinds=kinds, config=CONFIG, seed=0, folder=tmp_path)
    assert [(cut.at, cut.until) for cut in cuts] == [(100.0, 120.0), *[(100.0, 101.0)] * 3]
    hidden = cuts[1].window
    assert hidden.relevant.tolist() == [[5, 5, 5]] * 40, "of the ten or so before the cut"
    assert not hidden.bought[hidden.labels[:, 2]].any()
    assert not np.array_equal(hidden.labels, cuts[2].window.labels), "others are hidden in each"
