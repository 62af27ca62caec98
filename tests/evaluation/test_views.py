import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.evaluation.views import View, Window

# shopper, item, day, order: shopper 1 comes back twice, 2 never, 3 is new in the window, 4 comes after it
ROWS = [
    (1, 10, 1.0, 1),
    (1, 20, 1.0, 1),
    (2, 10, 2.0, 2),
    (1, 10, 5.0, 3),
    (1, 30, 5.0, 3),
    (1, 40, 6.0, 4),
    (3, 20, 7.0, 5),
    (4, 10, 8.0, 6),
]


def histories():
    shoppers, items, days, orders = map(np.array, zip(*ROWS, strict=True))
    return Histories.of(shoppers, items, days, orders)


def window():
    return Window.of(histories(), cut=5.0, days=3.0)


def answers(relevant):
    """Item ids by index of the shopper."""
    ids = histories().item_ids
    return {int(shopper): ids[relevant[row]].tolist() for row, shopper in enumerate(relevant.shoppers)}


def test_training_ends_strictly_before_the_cut_and_keeps_every_index():
    train = window().train
    assert train.days.max() < 5.0
    assert len(train) == len(histories())
    assert train.item_ids.tolist() == [10, 20, 30, 40]


def test_each_view_asks_for_its_part_of_what_warm_shoppers_bought():
    tests = window().tests
    assert answers(tests[View.NEXT_BASKET]) == {0: [10, 30]}
    assert answers(tests[View.WINDOW]) == {0: [10, 30, 40]}
    assert answers(tests[View.NEW_ITEMS]) == {0: [30, 40]}
    assert answers(tests[View.NEXT_BASKET_NEW]) == {0: [30]}
    assert window().warm_shoppers.tolist() == [0]


def test_newcomers_are_apart_and_the_window_ends():
    assert answers(window().newcomers[View.WINDOW]) == {2: [20]}


def test_a_test_splits_into_repeats_new_and_cold_items():
    split = window()
    whole = split.tests[View.WINDOW]
    assert answers(split.repeats(whole)) == {0: [10]}
    assert answers(split.new(whole)) == {0: [30, 40]}
    assert answers(split.cold_items(whole)) == {0: [30, 40]}
    assert answers(whole.of_shoppers(np.array([1]))) == {}


def test_nothing_after_the_cut_gives_empty_tests():
    assert len(Window.of(histories(), cut=100.0, days=1.0).tests[View.WINDOW]) == 0


def test_a_window_has_a_length():
    with pytest.raises(ValueError, match="days must be above 0"):
        Window.of(histories(), cut=5.0, days=0)


def films(people=6, each=5):
    """Everybody watches films once, at random times."""
    rng = np.random.default_rng(0)
    films = np.concatenate([rng.choice(20, each, replace=False) for _ in range(people)])
    count = people * each
    return Histories.of(np.repeat(np.arange(people), each), films, rng.random(count), np.arange(count))


def test_hidden_purchases_are_asked_about_and_are_not_there_to_learn_from():
    whole = films()
    held = Window.held_out(whole, cut=9.0, most=3, rng=np.random.default_rng(1))
    asked = held.tests[View.NEW_ITEMS]
    assert asked.sizes.tolist() == [2] * 6, "half of five, at most"
    together = np.concatenate([held.train.shoppers << 32 | held.train.items, asked.owners << 32 | asked.items])
    assert np.array_equal(np.sort(together), np.sort(whole.shoppers << 32 | whole.items))
    assert (np.diff(held.train.days) >= 0)[np.diff(held.train.shoppers) == 0].all()
    assert not len(held.newcomers[View.WINDOW])


def test_at_most_so_many_are_hidden():
    held = Window.held_out(films(each=9), cut=9.0, most=3, rng=np.random.default_rng(1))
    assert held.tests[View.WINDOW].sizes.tolist() == [3] * 6
    with pytest.raises(ValueError, match="most must be at least 1"):
        Window.held_out(films(), cut=9.0, most=0, rng=np.random.default_rng(1))
