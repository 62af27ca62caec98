"""Titles for staff: asked for once, replaced by keys where the shop does not answer."""

import pytest

from recommendations.catalogue import Context, Facts
from recommendations.services.titles import context_of, find_items, titles
from recommendations.testing import FakeCatalogue
from tests.factories import make_item


def break_down(*args):
    raise RuntimeError("the shop is out of order")


def test_a_title_stands_for_a_known_product_and_the_key_for_an_unknown_one(db, fake_catalogue):
    fake_catalogue.shelf["a"] = Facts(key="a", title="Product a", url="/")
    known, unknown = make_item("a"), make_item("no such")

    assert titles([known.pk, unknown.pk, 10**9], Context()) == {known.pk: "Product a", unknown.pk: "no such"}


def test_nothing_is_asked_about_no_items(db, stocked, monkeypatch):
    monkeypatch.setattr(FakeCatalogue, "facts", break_down)

    assert titles([], Context()) == {}


def test_items_are_found_by_their_key_and_by_what_the_shop_finds(db, stocked, monkeypatch):
    first, second = make_item("a"), make_item("b")
    monkeypatch.setattr(FakeCatalogue, "search", lambda *_: [stocked.shelf["b"], stocked.shelf["c"]])

    assert sorted(find_items("a")) == [first.pk, second.pk]


@pytest.mark.parametrize("answer", [None, {"a": None}])
def test_an_answer_that_is_no_facts_counts_as_none(db, stocked, monkeypatch, answer):
    item = make_item("a")
    monkeypatch.setattr(FakeCatalogue, "facts", lambda *_: answer)

    assert titles([item.pk], Context()) == {item.pk: "a"}


def test_a_catalogue_out_of_order_leaves_keys(db, stocked, monkeypatch, caplog):
    item = make_item("a")
    for method in ("facts", "search", "context"):
        monkeypatch.setattr(FakeCatalogue, method, break_down)

    assert titles([item.pk], Context()) == {item.pk: "a"}
    assert find_items("a") == [item.pk]
    assert context_of(None) == Context()
    assert len(caplog.records) == 3
