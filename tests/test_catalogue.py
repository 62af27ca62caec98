import uuid

from django.contrib.sessions.models import Session
from django.db import models
from django.test.utils import isolate_apps

from recommendations.catalogue import primary_keys
from shop.models import Product


def test_keys_that_are_no_numbers_in_range_or_spelled_otherwise_are_passed_over():
    keys = ["7", "abc", "", "07", " 7", "\u0667", "7.0", "1e3", "9" * 30, "a/b", "-3"]
    assert primary_keys(Product, keys) == [7, -3]


def test_text_is_a_key_as_long_as_the_column_is():
    assert primary_keys(Session, ["a/b", "红茶", "x" * 41]) == ["a/b", "红茶"]


@isolate_apps("shop")
def test_a_uuid_is_a_key_in_the_spelling_that_the_shop_gives_out_also_behind_a_parent_link():
    class Thing(models.Model):  # noqa: DJ008
        id = models.UUIDField(primary_key=True)

        class Meta:
            app_label = "shop"

    class Book(Thing):  # noqa: DJ008
        class Meta:
            app_label = "shop"

    one = uuid.uuid4()
    for model in (Thing, Book):
        assert primary_keys(model, [str(one), one.hex, str(one).upper() + "x", "7"]) == [one]
