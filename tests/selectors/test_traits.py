"""Traits of the plugin's items, whatever a shop's stream does."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from recommendations.catalogue import Facts
from recommendations.models import Item
from recommendations.selectors.traits import all_traits, first_categories
from recommendations.testing import FakeCatalogue

pytestmark = pytest.mark.django_db


def items(*keys):
    return np.array([Item.objects.create(key=key).pk for key in keys], dtype=np.int64)


def facts(key, **given):
    return Facts(key=key, title=key.title(), url="/", **given)


def test_items_are_what_the_stream_says_of_them(fake_catalogue, django_assert_num_queries):
    ids = items("tea", "cup")
    fake_catalogue.shelf["tea"] = facts(
        "tea",
        price=Decimal("2.50"),
        currency="EUR",
        categories=("drinks",),
        brand="Acme",
        text="Green.",
        attributes={"size": "50 g"},
        launched_at=datetime(1970, 1, 11, tzinfo=UTC),
    )
    fake_catalogue.shelf["unknown"] = facts("unknown")
    with django_assert_num_queries(1):
        traits = all_traits(ids)
    assert traits.item_ids.tolist() == ids.tolist()
    assert traits.texts == ("Tea 50 g Green.", "")
    assert traits.prices[0] == 2.5
    assert (traits.category_names, traits.brand_names) == (("drinks",), ("acme",))
    assert traits.launched_days[0] == 10
    assert np.isnan(traits.prices[1])


def test_an_empty_stream_gives_items_without_traits(fake_catalogue):
    assert all_traits(items("tea", "cup")).missing["text"] == 2
    assert len(all_traits(items())) == 0


def test_a_stream_that_breaks_is_logged_and_used_as_far_as_it_came(fake_catalogue, monkeypatch, caplog):
    def broken(self, context):
        yield facts("tea")
        raise RuntimeError("no connection")

    monkeypatch.setattr(FakeCatalogue, "stream", broken)
    assert all_traits(items("tea", "cup")).texts == ("Tea", "")
    assert "stream failed" in caplog.text


def test_prices_of_another_currency_than_most_are_missing(fake_catalogue, caplog):
    for key, currency in (("a", "EUR"), ("b", "JPY"), ("c", "EUR")):
        fake_catalogue.shelf[key] = facts(key, price=Decimal(9), currency=currency)
    assert np.isnan(all_traits(items("a", "b", "c")).prices).tolist() == [False, True, False]
    assert "JPY" in caplog.text


def test_pictures_are_vectors_by_the_shops_encoder_and_its_failure_costs_the_picture_alone(fake_catalogue, caplog):
    for key in ("a", "b"):
        fake_catalogue.shelf[key] = facts(key, image=f"/{key}.png")

    def encode(one):
        if one.key == "b":
            raise OSError("no file")
        return [1.0, 2.0]

    traits = all_traits(items("a", "b"), encode_image=encode)
    assert traits.images.tolist() == [[1, 2], [0, 0]]
    assert "IMAGE_ENCODER failed for product b" in caplog.text


def test_a_thousand_items_take_a_query_for_each_batch_of_keys(fake_catalogue, django_assert_num_queries):
    for number in range(1_000):
        fake_catalogue.shelf[f"p{number}"] = facts(f"p{number}")
    ids = items("p1", "p999")
    with django_assert_num_queries(2):
        assert all_traits(ids).texts == ("P1", "P999")


def test_an_items_first_category_is_as_the_shop_writes_it(fake_catalogue, django_assert_num_queries):
    tea, cup, _ = items("tea", "cup", "other").tolist()
    fake_catalogue.shelf["tea"] = facts("tea", categories=("Hot Drinks", "drinks"))
    fake_catalogue.shelf["cup"] = facts("cup")
    fake_catalogue.shelf["other"] = facts("other", categories=("things",))
    fake_catalogue.shelf["unknown"] = facts("unknown", categories=("things",))

    with django_assert_num_queries(1):
        assert first_categories(np.array([cup, tea])) == {tea: "Hot Drinks"}


def test_a_stream_that_breaks_leaves_the_categories_it_gave(fake_catalogue, monkeypatch):
    ids = items("tea", "cup")

    def stream(*_):
        yield facts("tea", categories=("drinks",))
        raise RuntimeError("the shop is out of order")

    monkeypatch.setattr(FakeCatalogue, "stream", stream)

    assert first_categories(ids) == {int(ids[0]): "drinks"}
