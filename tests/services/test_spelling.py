"""Chinese titles are found as one types them in Latin letters."""

from datetime import timedelta

import pytest

from recommendations.catalogue import Facts
from recommendations.models import Spelling
from recommendations.services import spelling
from recommendations.services.spelling import find_spelt, spell_titles
from recommendations.services.titles import find_items
from recommendations.testing import FakeCatalogue
from tests.factories import NOW, fold_all, make_item, make_order


@pytest.fixture
def goods(db, fake_catalogue, monkeypatch):
    """Milk, green tea and one without Chinese; tea sells best."""
    monkeypatch.setattr(spelling, "_kept", [])
    for key, title in {"m": "低温鲜牛奶 250ml", "t": "绿茶", "l": "Milk"}.items():
        fake_catalogue.shelf[key] = Facts(key=key, title=title, url="/")
        make_item(key)
    make_order("t")
    fold_all()
    assert spell_titles(now=NOW) == 2
    return {key: make_item(key).pk for key in "mtl"}


@pytest.mark.parametrize("words", ["niunai", "niu nai", "NIUNAI", "niú nǎi", "niu2nai3", "nn", "xnn", "niun", "diwen"])
def test_a_title_is_found_by_its_pinyin_in_whatever_way_it_is_typed(goods, words):
    assert find_spelt(words, 10) == [goods["m"]]
    assert goods["m"] in find_items(words)


@pytest.mark.parametrize("words", ["lvcha", "lücha", "lǜ chá", "lc"])
def test_an_umlaut_is_typed_as_it_is_or_as_v(goods, words):
    assert find_spelt(words, 10) == [goods["t"]]


@pytest.mark.parametrize("words", ["iunai", "ai", "n", "milk", "牛奶", "250", "a1b2", "", "x" * 50])
def test_what_begins_within_a_syllable_or_is_no_pinyin_finds_nothing(goods, words):
    assert find_spelt(words, 10) == []


def test_the_best_seller_is_first_and_no_more_are_told_than_asked_for(goods, fake_catalogue):
    fake_catalogue.shelf["m"] = Facts(key="m", title="乳茶", url="/")
    spell_titles(now=NOW + timedelta(days=1))
    assert find_spelt("cha", 10) == [goods["t"], goods["m"]]
    assert find_spelt("cha", 1) == [goods["t"]]
    assert find_spelt("niunai", 10) == []


def test_a_catalogue_out_of_order_leaves_what_was_spelt(goods, monkeypatch):
    def break_down(*_):
        raise RuntimeError

    monkeypatch.setattr(FakeCatalogue, "facts", break_down)
    assert spell_titles(now=NOW + timedelta(days=1)) == 0
    assert find_spelt("nn", 10) == [goods["m"]]


def test_without_the_package_nothing_is_spelt(db, stocked, monkeypatch):
    monkeypatch.setattr(spelling, "find_spec", lambda _: None)
    assert spell_titles(now=NOW) == 0
    assert not Spelling.objects.exists()
    assert find_spelt("nn", 10) == []
