"""Traits as numbers: scaled, imputed, encoded, the same for new items."""

import numpy as np
import pytest

from recommendations.data.attributes import FLAGS, Attributes, AttributesConfig
from recommendations.data.traits import Described, Traits


def shop(described: list[Described]) -> Traits:
    return Traits.of(np.arange(len(described)), dict(enumerate(described)))


TEAS = [Described(float(np.exp(price)), ("tea",), "acme") for price in (0, 1, 2, 3, 4)]
CARS = [Described(float(np.exp(price)), ("car",), "zeta") for price in (10, 11, 12, 13, 14)]


def test_a_price_is_scaled_within_the_shop_and_within_its_category():
    vectors = Attributes.learn(shop(TEAS + CARS)).vectors(shop(TEAS + CARS))
    # log prices: tea's middle 2 and spread 2, the shop's middle 7 and spread 9.5 (2.25 to 11.75)
    assert np.allclose(vectors[[0, 2, 4], 1], [-1, 0, 1])
    assert np.allclose(vectors[[2, 7], 0], [-5 / 9.5, 5 / 9.5])
    assert not vectors[:, 2:FLAGS].any()


def test_a_missing_price_is_the_middle_of_the_category_and_flagged():
    learnt = Attributes.learn(shop(TEAS + CARS))
    vectors = learnt.vectors(shop([Described(None, ("tea",)), Described(None, ("boat",)), Described()]))
    assert np.allclose(vectors[0, :3], [-5 / 9.5, 0, 1])
    assert np.allclose(vectors[1, :3], [0, 0, 1])
    assert vectors[:, 3].tolist() == [0, 0, 1]
    assert vectors[:, 4].tolist() == [1, 1, 1]


def test_a_typing_error_is_no_luxury():
    assert Attributes.learn(shop(TEAS)).vectors(shop([Described(1e11, ("tea",))]))[0, :2].max() == 3.0


def test_only_frequent_categories_and_brands_have_columns():
    traits = shop([*TEAS, Described(1.0, ("tea", "rare"), "rare"), *CARS])
    assert Attributes.learn(traits).width == FLAGS + 3 * 2 + 2
    capped = Attributes.learn(traits, AttributesConfig(categories=1, brands=1))
    assert capped.width == FLAGS + 3 + 1
    assert np.isclose(capped.vectors(traits)[5, FLAGS], 1 / np.sqrt(2))


def test_cheap_and_dear_items_of_a_category_have_columns_of_their_own():
    vectors = Attributes.learn(shop(TEAS)).vectors(shop([*TEAS, Described(None, ("tea",))]))
    assert vectors[:, FLAGS : FLAGS + 3].tolist() == [[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1], [1, 0, 1], [1, 0, 0]]


def test_an_encoder_of_the_shop_takes_the_place_of_the_built_in_one():
    def encode(texts):
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    traits = shop([Described(text="tea"), Described(text="")])
    learnt = Attributes.learn(traits, encode=encode)
    assert learnt.vectors(traits, encode=encode)[:, -2:].tolist() == [[3, 1], [0, 1]]
    with pytest.raises(ValueError, match="encode must be"):
        learnt.vectors(traits)
    with pytest.raises(ValueError, match="encode must give 2 vectors of 2 width"):
        learnt.vectors(traits, encode=lambda texts: np.zeros((1, 2)))
    with pytest.raises(ValueError, match="finite"):
        learnt.vectors(traits, encode=lambda texts: np.full((2, 2), np.nan))


def test_images_are_columns_of_their_own():
    traits = shop([Described(image=[3.0, 4.0]), Described(image=[0.0, 5.0]), Described()])
    vectors = Attributes.learn(traits).vectors(traits)
    assert np.allclose(vectors[:, -2:], [[0.6, 0.8], [0, 1], [0, 0]])


def test_a_shop_without_traits_has_finite_attributes():
    for traits in (shop([]), shop([Described(), Described()])):
        vectors = Attributes.learn(traits).vectors(traits)
        assert vectors.shape == (len(traits), FLAGS)
        assert np.isfinite(vectors).all()


def test_what_was_learnt_is_read_back_from_arrays():
    traits = shop([*TEAS, *CARS, Described(text="green tea"), Described(text="green cup"), Described(text="red cup")])
    learnt = Attributes.learn(traits)
    arrays = learnt.as_arrays()
    assert all(array.dtype != object for array in arrays.values())
    assert (Attributes.of_arrays(arrays).vectors(traits) == learnt.vectors(traits)).all()
