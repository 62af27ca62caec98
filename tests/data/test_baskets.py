import numpy as np
import pytest

from recommendations.data.baskets import Baskets, cut


def test_lists_become_flat_arrays():
    baskets = Baskets.of([[1, 5], [], [2, 3, 9]])
    assert baskets.offsets.tolist() == [0, 2, 2, 5]
    assert baskets.items.tolist() == [1, 5, 2, 3, 9]
    assert baskets.sizes.tolist() == [2, 0, 3]
    assert len(baskets) == 3


@pytest.mark.parametrize(
    "baskets",
    [[[2, 1]], [[1, 1]], [[0, 1]], [[1, 2**31]], [[3], [5, 5]], [[1, 2], [], [4, 3]]],
)
def test_items_that_are_not_distinct_ascending_ids_are_refused(baskets):
    with pytest.raises(ValueError, match=r"items|item ids"):
        Baskets.of(baskets)


def test_a_basket_may_begin_below_the_end_of_the_one_before():
    assert len(Baskets.of([[7, 8], [1, 2], [], [1]])) == 4


def test_offsets_must_fit_the_items():
    with pytest.raises(ValueError, match="offsets"):
        Baskets(np.array([0, 2]), np.array([1]))
    with pytest.raises(ValueError, match="offsets"):
        Baskets(np.array([1, 1]), np.array([], dtype=np.int64))


def test_the_cut_depends_on_the_keys_alone():
    keys = {number: f"item-{number}" for number in range(1, 301)}
    kept = cut("order-1", keys, 100)
    assert len(kept) == 100
    assert kept == sorted(kept)
    assert cut("order-1", dict(reversed(keys.items())), 100) == kept
    assert cut("order-2", keys, 100) != kept
    renumbered = {number + 1_000: key for number, key in keys.items()}
    assert [number - 1_000 for number in cut("order-1", renumbered, 100)] == kept
