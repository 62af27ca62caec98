"""The benchmark of tried items: its bookkeeping by hand, and that it tells policies apart."""

import numpy as np

from benchmarks.exploration import BEFORE, OLD, PLACES, Shop, _uniform
from recommendations.ranking.exploring import shares


def test_every_place_of_every_list_is_logged_once():
    shop = Shop.of(1)
    assert shop.shown[:OLD].sum() == OLD * (BEFORE // PLACES) * PLACES
    rng = np.random.default_rng(1)
    before = shop.shown.copy()
    known = (np.zeros(len(shop.liked)), np.zeros(len(shop.liked)), 0.05)
    listed, tried = np.arange(PLACES), np.arange(OLD, OLD + 5)
    shop._day(listed, tried, _uniform, known, 1_000, rng)
    added = shop.shown - before
    assert (added.sum(axis=0) == 1_000).all()
    assert added[tried].sum() == 1_000
    assert added[listed[-1]].sum() == 0
    assert (added[listed[:-1]].sum(axis=1) == 1_000).all()


def test_trying_finds_what_no_tries_never_find_and_shares_lose_less():
    ours, uniform, none = (Shop.of(3).lived(policy, 40, 1_000, 3).figures for policy in (shares, _uniform, None))
    assert ours["found"] > 0
    assert none["found"] == 0
    assert ours["regret"] < uniform["regret"]


def test_the_weighted_rates_are_nearer_to_the_truth_than_plain_ones():
    shop = Shop.of(2).lived(shares, 31, 1_000, 2)
    (order, error), (plain_order, plain_error) = shop.told(shop.weighted()), shop.told(shop.plain())
    assert order > plain_order
    assert error < plain_error / 2
