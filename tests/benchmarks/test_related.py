from argparse import ArgumentParser

import numpy as np
import pytest
from scipy import sparse

from benchmarks.related import data, guards, ours, peers
from benchmarks.related.counted import Pairs, measures, product_page, squares
from benchmarks.related.evaluation import Outcome, judge, masked, ranks_of, ratio, top
from benchmarks.related.queries import MISSING, Train, queries
from recommendations.data.baskets import Baskets
from recommendations.mining.guard import Floors, guard
from recommendations.ranking.candidates import cart as served_cart
from recommendations.ranking.candidates import product_page as served_product_page
from tests.ranking.tiny import tiny

ORDERS = """order,item,at,shopper,quantity,price
b,milk,2024-01-02,7,1,1.00
b,bread,2024-01-02,7,2,2.00
a,milk,2024-01-01,,1,1.00
a,fuel,2024-01-01,,1,1.00
a,gift_1,2024-01-01,,1,1.00
c,milk,2024-01-03,8,-1,1.00
d,bread,2024-01-03,8,1,0.00
Ce,bread,2024-01-04,8,1,1.00
f,bread,2024-01-04,8,1,1.00
f,bread,2024-01-04,8,1,1.00
f,milk,never,8,1,1.00
"""


def history(baskets, shoppers=None):
    at = np.arange(len(baskets), dtype=np.int64) * 86_400_000_000
    people = np.zeros(len(baskets), dtype=np.int64) if shoppers is None else np.array(shoppers)
    return data.History(Baskets.of([sorted(basket) for basket in baskets]), people, at)


def some(number, items=8, seed=3):
    chance = np.random.default_rng(seed)
    return history([set(chance.choice(items, chance.integers(1, 5), replace=False) + 1) for _ in range(number)])


def test_sales_of_products_alone_are_read_in_the_order_of_time(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "products.csv").write_text("item,department\nfuel,FUEL\nmilk,FOOD\n")
    parser = ArgumentParser()
    data.add_arguments(parser)
    given = ["--orders", str(tmp_path / "orders.csv"), "--products", str(tmp_path / "products.csv")]
    given += ["--exclude-departments", "FUEL", "--exclude", "gift_*", "--cancel-prefix", "C"]
    found = data.read(parser.parse_args(given))
    assert np.split(found.baskets.items, found.baskets.offsets[1:-1])[0].tolist() == [1]
    assert found.baskets.sizes.tolist() == [1, 2, 1]
    assert found.shoppers[0] == 0
    assert len(set(found.shoppers.tolist())) == 3


def test_a_file_without_a_sale_is_refused(tmp_path):
    (tmp_path / "orders.csv").write_text("order,item,at,quantity\na,milk,2024-01-01,-1\n")
    parser = ArgumentParser()
    data.add_arguments(parser)
    with pytest.raises(SystemExit, match="no line"):
        data.read(parser.parse_args(["--orders", str(tmp_path / "orders.csv")]))


def test_one_item_is_hidden_and_new_ones_are_never_found():
    train = Train.of(history([{1, 2}, {2, 3}, {2}]))
    assert train.numbers.tolist() == [MISSING, 1, 0, 2]
    later = history([{1, 2, 3}, {2}, {3, 9}])
    cart = queries(train, later, whole_cart=True, most=10, seed=1)
    assert len(cart) == 2
    assert {*cart.asked[0].indices, cart.hidden[0]} == {0, 1, 2}
    assert sorted([cart.hidden[1], *cart.asked[1].indices]) in ([MISSING], [2], [MISSING, 2])
    page = queries(train, later, whole_cart=False, most=10, seed=1)
    assert page.asked[0].nnz == 1
    assert page.hidden.tolist() == cart.hidden.tolist()


def test_ranks_count_what_stands_before_and_equals_go_by_popularity():
    rows = sparse.csr_matrix(np.array([[1.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    scores = masked(np.array([[9.0, 0, 2, 2], [1, 1, 1, 1], [0, 0, 0, 0]]), rows)
    assert ranks_of(scores, np.array([3, 2, MISSING]))[:2].tolist() == [1, 2]
    assert ranks_of(scores, np.array([3, 2, MISSING]))[2] > 10**9


def test_the_best_ten_are_filled_by_popularity():
    scores = np.zeros(20)
    scores[15], scores[3] = 2.0, -np.inf
    assert sorted(top(scores).tolist()) == [0, 1, 2, 4, 5, 6, 7, 8, 9, 15]
    scores = np.arange(20.0)
    assert sorted(top(scores).tolist()) == list(range(10, 20))


def test_figures_of_an_outcome():
    figures = Outcome(np.array([0, 2, 10]), 0.5, 0.0).figures()
    assert figures["hit_10"] == pytest.approx(2 / 3)
    assert figures["ndcg_10"] == pytest.approx((1 + 0.5) / 3)
    assert figures["mrr"] == pytest.approx((1 + 1 / 3 + 1 / 11) / 3)


def test_a_ratio_lies_within_its_interval_and_is_one_for_equals():
    values = np.random.default_rng(1).random(300)
    assert ratio(values, values) == pytest.approx((1, 1, 1))
    value, low, high = ratio(values * np.linspace(1, 2, 300), values)
    assert low < value < high
    assert ratio(values, values[::-1]) == ratio(values, values[::-1])


def test_the_formulas_are_those_that_serve():
    train = Train.of(some(60))
    pairs = Pairs.of(train)
    sizes = train.sizes
    totals = {
        "total": train.baskets,
        "multi": int((sizes > 1).sum()),
        "sum_root": float((sizes[sizes > 1] - 1) ** -0.5 @ np.ones((sizes > 1).sum())),
    }
    held = {
        (own + 1, other + 1): (1, pairs.weight[own, other])
        for own in (0, 3)
        for other in range(train.items)
        if own != other
    }
    orders = {number + 1: int(count) for number, count in enumerate(train.orders)}
    served = tiny(orders, held, asked=[1, 4], **totals)
    rows = np.zeros((2, train.items))
    rows[0, 0] = 1
    rows[1, [0, 3]] = 1
    rows = sparse.csr_matrix(rows)
    others = np.arange(1, train.items)
    assert product_page(train, pairs)(rows)[0][others] == pytest.approx(served_product_page(served, 0)[others])
    assert squares(train, pairs)(rows)[1] == pytest.approx(served_cart(served))


def test_the_rules_tables_are_mlxtends():
    pandas = pytest.importorskip("pandas")
    patterns = pytest.importorskip("mlxtend.frequent_patterns")
    train = Train.of(some(80))
    frame = pandas.DataFrame(train.rows.toarray().astype(bool))
    rules = patterns.association_rules(
        patterns.fpgrowth(frame, min_support=0.001, max_len=2), metric="lift", min_threshold=1, num_itemsets=len(frame)
    )
    found = measures(train, Pairs.of(train))
    for metric in ("lift", "confidence"):
        expected = np.zeros((train.items, train.items))
        for left, right, value in zip(rules.antecedents, rules.consequents, rules[metric], strict=True):
            expected[min(left), min(right)] = value
        table = found[f"rules table by {metric}"](sparse.csr_matrix(np.eye(train.items)))
        assert table == pytest.approx(expected)


def everybody(train):
    yield from measures(train, Pairs.of(train)).values()
    yield peers.rp3beta(train, beta=0.3)
    yield peers.ease(train, ridge=1.0, power=0.25)
    yield peers.basket_neighbours(train, neighbours=5, power=0.5, discount=0.1)
    yield peers.user_cosine(train)
    yield peers.llr_of_shoppers(train)
    yield ours.cart(train, ours.Chosen(1.0, 30.0, ours.carts.CartBlend()))


def test_every_ranker_answers_every_question_in_shape():
    train = Train.of(some(60))
    asked = queries(train, some(20, seed=4), whole_cart=True, most=10, seed=1)
    for ranker in everybody(train):
        outcome = judge(ranker, asked)
        assert outcome.ranks.shape == (len(asked),)
        assert 0 < outcome.figures()["ndcg_10"] <= 1


def test_trials_find_what_judging_finds():
    train = Train.of(some(60))
    asked = queries(train, some(30, seed=4), whole_cart=True, most=30, seed=1)
    arrays = ours.arrays_of(train, ridge=1.0, half_life=np.inf)
    blends = [ours.carts.CartBlend(3, 1.0, 2.0, 0.2), ours.carts.CartBlend(50, 2.0, 0.5, 0.0)]
    for value, blend in ours._trials(arrays, asked, blends):
        assert value == pytest.approx(judge(ours.ranker(arrays, blend), asked).ndcg.mean())


def test_shuffling_keeps_what_was_sold_within_its_block():
    before = history([{1, 2}] * 40 + [{3, 4}] * 40)
    months = guards.shuffled(before, np.random.default_rng(1), within=40 * 86_400_000_000)
    assert set(months.items[: months.offsets[40]].tolist()) == {1, 2}
    everywhere = guards.shuffled(before, np.random.default_rng(1), within=None)
    assert set(everywhere.items[: everywhere.offsets[40]].tolist()) == {1, 2, 3, 4}
    assert len(everywhere) == len(before)


def together(number, seed):
    """Items 1 and 2 are bought together, the others at random."""
    chance = np.random.default_rng(seed)
    baskets = [
        {*(chance.choice(40, 2, replace=False) + 3), *((1, 2) if chance.random() < 0.1 else ())} for _ in range(number)
    ]
    return history(baskets, chance.integers(0, 60, number))


def test_a_true_pair_is_kept_and_holds_later_and_nothing_is_kept_on_shuffled_baskets():
    usual, *grid = guards.measure(together(1_500, 1), together(800, 2), seed=1)
    assert usual["name"] == "shoppers 5, lift 1.5, q 0.05"
    assert usual["rules"] == 2
    assert usual["replication"] == usual["replication_by_counts"] == 1.0
    assert usual["rules_on_shuffled"] == 0
    assert len(grid) == 4 * 4 * 3 * 2 - 1


def test_what_passes_is_what_the_guard_lets_pass():
    baskets = together(1_500, 1)
    counted = guards.Counted.of(baskets.baskets, baskets.shoppers)
    for thresholds in (guards.Thresholds(), guards.Thresholds(2, 1.0, 0.1)):
        floors = Floors(
            orders=thresholds.shoppers, shoppers=thresholds.shoppers, weighted_lift=thresholds.weighted_lift
        )
        judged = guard(
            counted.weighted,
            orders=counted.sums.orders,
            shoppers=counted.known,
            items=42,
            floors=floors,
            q=thresholds.false_rules,
        )
        assert counted.passed(thresholds).tolist() == judged.passed.tolist()


def test_guests_are_no_shoppers():
    baskets = together(1_500, 1)
    anonymous = data.History(baskets.baskets, np.zeros_like(baskets.shoppers), baskets.at)
    counted = guards.Counted.of(anonymous.baskets, anonymous.shoppers)
    assert not counted.passed(guards.Thresholds()).any()
    assert counted.passed(guards.Thresholds(guests=True)).any()
