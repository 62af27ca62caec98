from itertools import combinations

import numpy as np
import pytest

from benchmarks import basket_files
from benchmarks.generated import CAP, generate, history
from recommendations.data.baskets import Baskets
from recommendations.mining.pairs import count_orders

pytest.importorskip("pandas")

from benchmarks.miners import rules


def rules_by_hand(lists, least, confidence):
    """How many X => {c} reach the confidence, X + {c} being in at least so many baskets."""
    sets = [frozenset(basket) for basket in lists]
    items = sorted(frozenset().union(*sets))
    found = 0
    for size in range(2, len(items) + 1):
        for whole in map(frozenset, combinations(items, size)):
            count = sum(whole <= basket for basket in sets)
            for item in whole if count >= least else ():
                found += count >= confidence * sum(whole - {item} <= basket for basket in sets) - 1e-9
    return found


@pytest.mark.parametrize("engine", ["native", "mlxtend"])
def test_the_rules_that_are_counted_are_those_of_one_consequent(engine):
    pytest.importorskip("numba" if engine == "native" else "mlxtend")
    random = np.random.default_rng(2)
    lists = [sorted(random.choice(7, size, replace=False).tolist()) for size in random.integers(1, 6, 60)]
    counted = rules(engine, lists, 4, 0.3)()
    assert counted == rules_by_hand(lists, 4, 0.3) > 20


def test_a_history_has_the_orders_and_the_pairs_that_are_asked_for():
    made = history(3_000, 40_000)
    assert len(made) == 3_000
    assert made.sizes.max() <= CAP
    assert 40_000 <= len(count_orders(made)[0]) < 44_000
    assert (made.items == history(3_000, 40_000).items).all()
    with pytest.raises(SystemExit, match="fewer than 900,000 pairs"):
        history(3_000, 900_000)


def test_baskets_come_back_from_files(tmp_path):
    baskets = generate(50)
    basket_files.write(baskets, tmp_path / "baskets.npz")
    again = basket_files.load(tmp_path / "baskets.npz")
    assert (again.items == baskets.items).all()
    (tmp_path / "baskets.dat").write_text("3 1 1\n\n2\n")
    read = basket_files.read(tmp_path / "baskets.dat")
    assert basket_files.lists(read) == basket_files.lists(Baskets.of([[2, 4], [], [3]]))
