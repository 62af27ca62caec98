from argparse import ArgumentParser, Namespace
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality import table, trials
from benchmarks.quality.peers import PEERS, items, mix, next_basket
from benchmarks.quality.peers.learning import Learning, Peer, strongest_rows
from benchmarks.quality.processes import Settled, lacking
from benchmarks.quality.trials import Trial
from benchmarks.quality.tuning import Budget, run
from recommendations.data.histories import Histories
from recommendations.evaluation.views import View, Window

LIGHT = [peer for peer in PEERS if not peer.needs and peer.name != "mix"]


def shop():
    """40 shoppers of two tastes, ten weekly baskets of two goods out of the eight of their taste."""
    rng = np.random.default_rng(2)
    rows = [
        (shopper, shopper % 2 * 8 + item, 7.0 * week, 100 * shopper + week)
        for shopper in range(40)
        for week in range(10)
        for item in rng.choice(8, 2, replace=False)
    ]
    return Histories.of(*[np.array(column) for column in zip(*rows, strict=True)])


def trial():
    histories = shop()
    windows = [Window.of(histories, cut=cut, days=14) for cut in (42.0, 56.0)]
    return Trial("a shop", windows[0], windows[1], tuple(View), [str(item) for item in histories.item_ids])


def learning():
    test = trial().test
    return Learning(test.train, test.cut)


@pytest.mark.parametrize("peer", LIGHT, ids=lambda peer: peer.name)
def test_every_peer_scores_the_whole_catalogue(peer):
    scores = peer.fit(learning(), **peer.settings[0])(np.arange(5), View.WINDOW)
    assert scores.shape == (5, 16)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("peer", [one for one in LIGHT if "popular" not in one.name], ids=lambda peer: peer.name)
def test_what_is_personal_knows_the_taste(peer):
    scores = peer.fit(learning(), **peer.settings[0])(np.arange(40), View.WINDOW)
    even = np.argsort(-scores[::2], axis=1)[:, :5]
    assert (even < 8).mean() > 0.9


def test_no_peer_is_tuned_over_more_settings_than_another():
    assert all(len(peer.settings) <= Budget().settings for peer in PEERS)


def test_linear_weights_solve_the_ridge_regression():
    own = learning()
    found = items.ease(own, ridge=2.0, weighting="log")(np.arange(40), View.WINDOW)
    bought = own.matrix("log").toarray().astype(float)
    inverse = np.linalg.inv(bought.T @ bought + 2 * np.eye(16))
    weights = -inverse / inverse.diagonal()
    np.fill_diagonal(weights, 0)
    assert found == pytest.approx(bought @ weights, abs=1e-3)


def test_baskets_age_from_the_last_one():
    histories = Histories.of(
        np.array([1, 1, 1, 2]), np.array([5, 6, 5, 5]), np.array([1.0, 1, 2, 3]), np.arange(4) // 2
    )
    age, baskets = Learning(histories, 4.0).age_in_baskets()
    assert baskets.tolist() == [2, 1]
    assert age.tolist() == [1, 1, 0, 0]


def test_alone_in_its_part_a_frequency_is_the_decayed_mean_of_groups():
    histories = Histories.of(np.array([1, 1, 1, 2]), np.array([5, 6, 5, 6]), np.array([1.0, 2, 3, 3]), np.arange(4))
    setting = {"m": 2, "rb": 0.5, "rg": 0.25, "k": 1, "alpha": 1.0}
    scores = next_basket.tifu(Learning(histories, 4.0), **setting)(np.array([0]), View.WINDOW)
    oldest, latest = np.array([0.25, 0.0]), np.array([1.0, 0.5]) / 2
    assert scores[0] == pytest.approx((0.25 * oldest + latest) / 2, abs=1e-5)


def test_the_strongest_of_a_row_are_kept():
    values = np.array([[3.0, 1, 2, -5], [0, 0, 4, 0]], dtype=np.float32)
    assert strongest_rows(values, 2).toarray().tolist() == [[3, 0, 2, 0], [0, 0, 4, 0]]


def planted(name, good):
    """Prefers what is asked where `good`, and what is not asked elsewhere."""

    def fit(own, *, right):
        truth = Window.of(shop(), cut=own.cut, days=14).tests[View.WINDOW]
        wanted = np.zeros((40, 16), dtype=np.float32)
        wanted[truth.owners, truth.items] = 1 if right else -1
        return lambda shoppers, _: wanted[shoppers]

    return Peer(name, fit, [{"right": False}, {"right": True}] if good else [{"right": False}])


def test_the_setting_that_is_best_before_the_cut_is_chosen_and_judged_after_it():
    asked = trial()
    outcome = run(
        planted("oracle", good=True),
        asked,
        learning(),
        Budget(),
        {key: [{"right": False}, {"right": True}] for key in View},
    )
    assert set(map(str, outcome.chosen.values())) == {"{'right': True}"}
    assert outcome.tried == 2
    assert outcome.whole[View.WINDOW]["ndcg_10"].mean() == pytest.approx(1)
    assert {"repeats", "new", "cold_items"} == set(outcome.parts[View.WINDOW])


def test_tables_and_ratios_name_the_best_peer_and_what_is_absent():
    asked, own = trial(), learning()
    outcomes = {
        name: run(planted(name, good=good), asked, own, Budget(), {key: [{"right": good}] for key in View})
        for name, good in (("ours", True), ("a peer", False), ("mix", False))
    }
    rows = table.rows(asked, outcomes, {"SASRec": ["rectools"]})
    assert rows[0]["name"] == "next_basket ours"
    assert rows[-1] == {"name": "SASRec", "settings": "needs rectools"}
    assert {"recall_10", "coverage_10", "gini_10", "novelty_10", "ild_10", "train_s", "peak_mb"} <= set(rows[0])
    ratios = table.ratios(asked, outcomes, ours="ours", mix="mix")
    for view in View:
        for other in ("best_peer", "mix", "a_peer"):
            assert ratios[f"{view}_vs_{other}_low"] <= ratios[f"{view}_vs_{other}"] <= ratios[f"{view}_vs_{other}_high"]
    assert ratios["window_vs_best_peer"] > 1


def test_the_mix_takes_what_its_parts_were_tuned_to():
    chosen = {
        "TIFU-KNN": dict.fromkeys(View, next_basket.TIFU.settings[1]),
        "item kNN": dict.fromkeys(View, items.ITEM_KNN.settings[3]),
    }
    settings = mix.settings_after(chosen)
    assert len(settings[View.WINDOW]) == Budget().settings
    scores = mix.MIX.fit(learning(), **settings[View.WINDOW][0])(np.arange(3), View.NEW_ITEMS)
    assert scores.shape == (3, 16)


def test_tuned_settings_are_kept_by_data_and_choice(tmp_path):
    asked, peer = trial(), LIGHT[1]
    offered = dict.fromkeys(View, peer.settings)
    settled = dict.fromkeys(View, peer.settings[2])
    Settled(tmp_path, asked, Budget()).keep(peer, offered, settled)
    assert Settled(tmp_path, asked, Budget()).settings(peer, offered) == settled
    assert Settled(tmp_path, asked, Budget(settings=3)).settings(peer, offered) == offered
    other = replace(asked, tuning=Window.of(shop(), cut=35.0, days=14))
    assert Settled(tmp_path, other, Budget()).settings(peer, offered) == offered
    assert Settled(None, asked, Budget()).settings(peer, offered) == offered


def test_a_peer_without_its_packages_is_told_apart():
    assert lacking(Peer("none", lambda _: None, [{}], needs=("no_such_package", "no_such.module", "numpy"))) == [
        "no_such_package",
        "no_such.module",
    ]


def options(*words) -> Namespace:
    parser = ArgumentParser()
    trials.add_arguments(parser)
    return parser.parse_args(words)


def test_a_file_becomes_two_windows_over_what_enough_shoppers_bought(tmp_path):
    lines = ["order,item,at,shopper"]
    for shopper in ("ann", "bob"):
        lines += [f"{shopper}{day},{item},2024-01-{day:02d},{shopper}" for day in (1, 4, 7) for item in ("a", "b")]
    lines += ["ann1,rare,2024-01-01,ann", "guest,a,2024-01-01,"]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines))
    found = trials.read(options("--orders", str(path), "--cut", "2024-01-06", "--days", "3", "--items-min", "2"))
    assert found.keys == ["a", "b"]
    assert trials.day_of(found.tuning.cut) == "2024-01-03"
    assert len(found.tuning.train.items) == 4
    assert len(found.test.train.items) == 8
    assert found.test.tests[View.WINDOW].sizes.tolist() == [2, 2]


def test_ratings_of_the_official_split_are_asked_as_new_items(tmp_path):
    base = [f"{person}\t{film}\t3\t{film}" for person in (1, 2) for film in range(1, 16)]
    (tmp_path / "ua.base").write_text("\n".join(base) + "\n")
    (tmp_path / "ua.test").write_text("1\t20\t5\t99\n2\t21\t1\t99\n")
    found = trials.read(options("--ml100k", str(tmp_path)))
    assert found.views == (View.NEW_ITEMS,)
    assert [found.keys[item] for item in found.test.tests[View.NEW_ITEMS].items] == ["20", "21"]
    assert found.tuning.tests[View.NEW_ITEMS].sizes.tolist() == [10, 10]
    assert len(found.tuning.train.items) == 10


def test_without_a_data_set_it_says_so():
    with pytest.raises(SystemExit, match="--orders"):
        trials.read(options())
