import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.ranking.carts import CartBlend, arrays_of_baskets, learnt, neighbour_share, score


def arrays(baskets, items, weights=None):
    """A version of baskets given as lists of positions, and weights as {(asked, other): weight}."""
    offsets = np.cumsum([0, *map(len, baskets)]).astype(np.int64)
    flat = np.array([item for basket in baskets for item in basket], dtype=np.int32)
    held = sorted((weights or {}).items())
    counts = np.bincount([asked for (asked, _), _ in held], minlength=items)
    return {
        "item_ids": np.arange(1, items + 1),
        "orders": np.bincount(flat, minlength=items),
        "partner_offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        "partners": np.array([other for (_, other), _ in held], dtype=np.int32),
        "weights": np.array([weight for _, weight in held], dtype=np.float32),
        **arrays_of_baskets(offsets, flat, items),
    }


def shares(version, cart, blend):
    return neighbour_share(version, cart, blend, total_orders=len(version["basket_offsets"]) - 1)


def test_the_baskets_of_each_item_are_found_from_it():
    version = arrays([[0, 1], [1], [0, 1, 2]], 4)
    assert version["orders"].tolist() == [2, 3, 1, 0]
    assert version["posting_offsets"].tolist() == [0, 2, 5, 6, 6]
    assert version["postings"].tolist() == [0, 2, 0, 1, 2, 2]


def test_learnt_weights_are_summed_over_the_cart():
    version = arrays([[0, 1, 2]], 3, {(0, 2): 0.5, (1, 2): -0.25, (1, 0): 1.0})
    assert learnt(version, np.array([0, 1])).tolist() == [1.0, 0.0, 0.25]
    assert learnt(version, np.array([], dtype=np.int64)).tolist() == [0.0, 0.0, 0.0]


def test_neighbours_weigh_by_their_likeness():
    # Basket 0 shares item 0 (in 2 of 3 baskets), basket 1 shares both items; item 1 is in 1 of 3.
    version = arrays([[0, 2], [0, 1, 3], [2, 3]], 4)
    common, rare = np.log1p(3 / 2), np.log1p(3)
    first, second = common**2, (common + rare) ** 2 * 2**-0.5
    share = shares(version, np.array([0, 1]), CartBlend(neighbours=5, sharpness=1.0))
    assert share[2] == pytest.approx(first / (first + second))
    assert share[3] == pytest.approx(second / (first + second))
    sharper = shares(version, np.array([0, 1]), CartBlend(neighbours=5, sharpness=2.0))
    assert sharper[3] == pytest.approx(second**2 / (first**2 + second**2))


def test_only_the_likest_are_asked_and_of_equals_the_latest():
    version = arrays([[0, 1], [0, 2], [0, 3]], 4)
    assert shares(version, np.array([0]), CartBlend(neighbours=1, sharpness=1.0)).tolist() == [1.0, 0.0, 0.0, 1.0]


def test_a_cart_that_nobody_bought_has_no_neighbours():
    version = arrays([[0, 1]], 3)
    assert not shares(version, np.array([2]), CartBlend(neighbours=1, sharpness=1.0)).any()
    assert not shares(version, np.array([], dtype=np.int64), CartBlend(neighbours=1, sharpness=1.0)).any()
    assert not score(arrays([], 2), np.array([0]), CartBlend(), total_orders=0).any()


def test_the_score_is_the_formula():
    version = arrays([[0, 1], [0, 1], [1, 2]], 3, {(0, 1): 0.5, (2, 1): 0.25})
    blend = CartBlend(neighbours=3, sharpness=1.0, share=3.0, discount=0.5)
    cart = np.array([0, 2])
    share = shares(version, cart, CartBlend(neighbours=3, sharpness=1.0))
    assert share[1] == pytest.approx(1.0)
    assert score(version, cart, blend, total_orders=3)[1] == pytest.approx((0.75 + 3 / 2**0.5) * 33**-0.5)


@given(
    st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=12),
    st.sets(st.integers(0, 5)),
    st.integers(1, 5),
)
def test_shares_are_shares_and_the_order_of_the_cart_does_not_matter(baskets, cart, neighbours):
    version = arrays([sorted(basket) for basket in baskets], 6)
    forward = np.array(sorted(cart), dtype=np.int64)
    share = shares(version, forward, CartBlend(neighbours=neighbours, sharpness=2.0))
    assert ((share >= 0) & (share <= 1 + 1e-9)).all()
    assert share == pytest.approx(shares(version, forward[::-1], CartBlend(neighbours=neighbours, sharpness=2.0)))


@pytest.mark.parametrize("wrong", [{"neighbours": 0}, {"sharpness": 0.0}, {"share": -1.0}, {"discount": 1.5}])
def test_a_blend_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CartBlend(**wrong)
