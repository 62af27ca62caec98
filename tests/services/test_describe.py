"""Items are described by the catalogue, new ones in the space that the others' texts were brought to."""

import numpy as np
import pytest

from recommendations.catalogue import Facts
from recommendations.services.describe import describe, describe_beside, encoders
from tests.factories import make_item

pytestmark = pytest.mark.django_db

TITLES = {
    "tea-1": "green tea of spring",
    "tea-2": "green tea of autumn",
    "tea-3": "black tea of spring",
    "cup-1": "white porcelain cup",
    "cup-2": "blue porcelain cup",
    "cup-3": "white porcelain bowl",
}


@pytest.fixture
def shelf(fake_catalogue):
    """Ids of teas and cups in the order of `TITLES`."""
    for key, title in TITLES.items():
        fake_catalogue.shelf[key] = Facts(key=key, title=title, url="/", categories=(key[:3],))
    return np.array([make_item(key).pk for key in TITLES])


def arrays_of(ids, kinds, space):
    return {"item_ids": ids, "texts": kinds.texts, **(space.arrays() if space else {})}


def put_new_tea(catalogue):
    catalogue.shelf["tea-4"] = Facts(key="tea-4", title="green tea of winter", url="/", categories=("tea",))
    return make_item("tea-4").pk


def picture(facts):
    return [1.0, 0.0] if facts.key.startswith("tea") else [0.0, 2.0]


def no_picture(facts):
    return None if facts.key == "tea-4" else picture(facts)


def letters(texts):
    return np.array([[text.count("e"), text.count("o")] for text in texts], dtype=np.float32)


def described(shelf, catalogue, **changes):
    """All items before there was the new tea, and with it."""
    kinds, space = describe(shelf)
    arrays = arrays_of(shelf, kinds, space)
    return kinds, describe_beside(arrays, np.append(shelf, put_new_tea(catalogue)), **{"by": encoders(), **changes})


def test_a_new_item_is_told_in_the_groups_and_the_space_of_the_others(shelf, fake_catalogue):
    kinds, told = described(shelf, fake_catalogue)
    assert (kinds.texts[:3] @ told.texts[6]).min() > (kinds.texts[3:] @ told.texts[6]).max()
    assert np.linalg.norm(told.texts[6]) == pytest.approx(1)
    assert told.groups[6, 0] == told.groups[0, 0] != told.groups[3, 0]


@pytest.mark.parametrize("pictures", ["picture", "no_picture"])
def test_pictures_stand_beside_the_texts(shelf, fake_catalogue, settings, pictures):
    encoder = f"tests.services.test_describe.{pictures}"
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "IMAGE_ENCODER": encoder}
    kinds, told = described(shelf, fake_catalogue)
    assert (kinds.texts[:3, -2] > 0).all()
    assert (kinds.texts[3:, -2] == 0).all()
    assert (kinds.texts[3:, -1] > 0).all()
    assert (told.texts[6, -2] > 0) == (pictures == "picture")
    assert told.texts[6, :-2].any()


def test_an_encoder_of_the_shops_own_tells_new_texts_too(shelf, fake_catalogue, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TEXT_ENCODER": "tests.services.test_describe.letters"}
    assert describe(shelf)[1] is None
    _, told = described(shelf, fake_catalogue)
    np.testing.assert_allclose(told.texts[6] * 17**0.5, [4, 1], atol=1e-5)


@pytest.mark.parametrize("by", [None, {"text": "another.encoder", "image": None}])
def test_what_was_encoded_by_something_else_gives_new_items_no_texts(shelf, fake_catalogue, by):
    kinds, told = described(shelf, fake_catalogue, by=by)
    assert not told.texts.any()
    assert told.texts.shape == (7, kinds.texts.shape[1])


def test_an_encoder_that_gives_another_width_now_gives_new_items_no_texts(shelf, fake_catalogue, settings, monkeypatch):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TEXT_ENCODER": "tests.services.test_describe.letters"}
    kinds, _ = describe(shelf)
    monkeypatch.setitem(globals(), "letters", lambda texts: np.ones((len(texts), 3), dtype=np.float32))
    told = describe_beside(arrays_of(shelf, kinds, None), np.append(shelf, put_new_tea(fake_catalogue)), by=encoders())
    assert not told.texts.any()


def test_a_shop_without_texts_has_none(fake_catalogue):
    ids = np.array([make_item(key).pk for key in "ab"])
    kinds, space = describe(ids[:1])
    assert space.arrays() == {}
    assert describe_beside(arrays_of(ids[:1], kinds, space), ids, by=encoders()).texts.shape == (2, 0)
