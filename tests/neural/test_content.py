"""The content tower: a new item lands near its kind."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recommendations.data.attributes import Attributes
from recommendations.data.traits import Described, Traits
from recommendations.neural.content import ContentConfig, as_arrays, ridge_weights, train_content
from recommendations.ranking.content import content_scores, item_vectors, similar

TEAS = ["西湖龙井茶 绿茶", "安溪铁观音 乌龙茶", "云南普洱茶 熟茶", "武夷岩茶 乌龙茶", "碧螺春 绿茶", "信阳毛尖 绿茶"]
PHONES = ["华为手机壳 透明", "苹果手机壳 黑色", "手机充电器 快充", "手机数据线 快充", "小米手机 黑色", "手机支架 车载"]
SOAPS = ["羊奶香皂 洗手", "玫瑰香皂 洗脸", "薄荷香皂 洗手", "茉莉香皂 洗脸", "硫磺香皂 洗澡", "蜂蜜香皂 洗澡"]
NEW = ["黄山毛峰 绿茶", "手机贴膜 透明", "柠檬香皂 洗手"]
KINDS = np.repeat([0, 1, 2], 6)
SMALL = ContentConfig(hidden=8, epochs=3, batches=10, batch_size=32, negatives=12)


@pytest.fixture(scope="module")
def shop():
    """Shoppers each buy of one kind alone; attributes of what is sold and of three new items."""
    traits = Traits.of(
        np.arange(21), {place: Described(text=text) for place, text in enumerate(TEAS + PHONES + SOAPS + NEW)}
    )
    attributes = Attributes.learn(traits.at(np.arange(18))).vectors(traits)
    bought = sparse.csr_matrix(((np.arange(60) % 3)[:, None] == KINDS).astype(np.float32))
    vectors = np.eye(3, dtype=np.float32)[KINDS]
    trained = train_content(attributes[:18], vectors, vectors, bought, SMALL, seed=0)
    return attributes, bought, vectors, trained


def test_a_new_tea_lands_near_teas(shop):
    attributes, _, _, trained = shop
    vectors = item_vectors(as_arrays(trained.tower), attributes)
    for place, kind in ((18, 0), (19, 1), (20, 2)):
        near, scores = similar(vectors, place, 4, among=np.arange(18))
        assert (KINDS[near] == kind).all()
        assert (np.diff(scores) <= 0).all()


def test_who_buys_tea_is_offered_the_new_tea(shop):
    attributes, _, inputs, trained = shop
    vectors = item_vectors(as_arrays(trained.tower), attributes[18:])
    for kind, item in ((0, 0), (1, 6), (2, 12)):
        assert content_scores(vectors, inputs[[item]], np.ones(1, dtype=np.float32)).argmax() == kind


def test_numpy_alone_gives_what_the_tower_gives(shop):
    import torch

    attributes, _, _, trained = shop
    with torch.no_grad():
        expected = trained.tower(torch.as_tensor(attributes)).numpy()
    assert np.allclose(item_vectors(as_arrays(trained.tower), attributes), expected, atol=1e-5)


def test_the_same_seed_gives_the_same_tower(shop):
    attributes, bought, vectors, trained = shop
    again = train_content(attributes[:18], vectors, vectors, bought, SMALL, seed=0)
    assert again.validations == trained.validations
    for name, array in as_arrays(again.tower).items():
        assert np.array_equal(array, as_arrays(trained.tower)[name])


def test_a_tower_that_ranks_no_surer_than_the_closed_form_is_the_closed_form(shop):
    attributes, bought, vectors, trained = shop
    closed = train_content(attributes[:18], vectors, vectors, bought, replace(SMALL, epochs=0), seed=0)
    assert trained.validations[0] == closed.validations[0] == 1.0
    assert trained.epochs == 0
    assert np.array_equal(as_arrays(trained.tower)["straight"], as_arrays(closed.tower)["straight"])


def test_training_is_kept_where_straight_lines_cannot_tell_items_apart():
    # Kind is whether two attributes agree: no sum of them says it, a bend does. Nobody buys all of a kind.
    rng = np.random.default_rng(1)
    signs = rng.choice([-1.0, 1.0], size=(120, 2))
    attributes = np.column_stack([signs, signs + 0.1 * rng.normal(size=signs.shape)]).astype(np.float32)
    kinds = (signs.prod(axis=1) > 0).astype(int)
    bought = sparse.csr_matrix(
        (kinds == (np.arange(200) % 2)[:, None]) & (rng.random((200, 120)) < 0.3), dtype=np.float32
    )
    vectors = np.eye(2, dtype=np.float32)[kinds]
    config = replace(
        SMALL, hidden=32, epochs=20, batches=30, negatives=60, learning_rate=0.02, dropout=0.0, held_out=0.3
    )
    trained = train_content(attributes, vectors, vectors, bought, config, seed=0)
    assert trained.epochs > 0
    assert max(trained.validations) > trained.validations[0] + 0.1


def test_the_closed_form_is_the_ridge_regression():
    rng = np.random.default_rng(3)
    attributes, targets = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
    weights = ridge_weights(attributes, targets, ridge=2.0)
    x = np.column_stack([attributes, np.ones(30)])
    gradient = x.T @ (x @ weights - targets) + 2.0 * weights
    assert np.abs(gradient).max() < 1e-9
    with pytest.raises(ValueError, match="ridge must be above 0"):
        ridge_weights(attributes, targets, ridge=0.0)


def test_what_does_not_fit_is_refused(shop):
    attributes, bought, vectors, _ = shop
    with pytest.raises(ValueError, match="same items"):
        train_content(attributes[:17], vectors, vectors, bought, SMALL, seed=0)
    with pytest.raises(ValueError, match="at least one purchase"):
        train_content(attributes[:18], vectors, vectors, sparse.csr_matrix((5, 18)), SMALL, seed=0)


def test_one_item_bought_once_gives_a_tower():
    one = np.ones((1, 2), dtype=np.float32)
    trained = train_content(one, one, one, sparse.csr_matrix([[1.0]]), SMALL, seed=0)
    assert trained.epochs == 0
    assert np.isfinite(item_vectors(as_arrays(trained.tower), one)).all()
