from datetime import timedelta
from decimal import Decimal

import pytest

from recommendations.catalogue import Catalogue, Context, Offer
from recommendations.services import told
from recommendations.services.told import Told
from tests.factories import NOW
from tests.services.asking import change, items, related

HERE = Context(language="en")


class Shop:
    """Tells what it has, and remembers what it was asked for."""

    def __init__(self, **has):
        self.has, self.asked = has, []

    def __call__(self, keys):
        self.asked.append(list(keys))
        return {key: self.has[key] for key in keys if key in self.has}


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr(told.time, "monotonic", lambda: Clock.now)
    return Clock


@pytest.fixture
def for_a_second(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "FACTS_SECONDS": 1}


def test_by_default_the_shop_is_asked_each_time(clock):
    shop, kept, catalogue = Shop(a=1), Told(), Catalogue()
    for _ in range(2):
        assert kept.of(catalogue, HERE, ["a", "b"], shop) == {"a": 1}
    assert shop.asked == [["a", "b"]] * 2


def test_for_as_long_as_is_allowed_only_what_is_not_known_yet_is_asked_for(clock, for_a_second):
    shop, kept, catalogue = Shop(a=1, c=3), Told(), Catalogue()
    assert kept.of(catalogue, HERE, ["a", "b"], shop) == {"a": 1}
    clock.now += 0.9
    shop.has["a"] = 9
    assert kept.of(catalogue, HERE, ["a", "b", "c"], shop) == {"a": 1, "c": 3}
    clock.now += 0.1
    assert kept.of(catalogue, HERE, ["c", "a"], shop) == {"a": 9, "c": 3}
    assert shop.asked == [["a", "b"], ["c"], ["a"]]


def test_each_context_is_told_its_own(clock, for_a_second):
    kept, catalogue = Told(), Catalogue()
    assert kept.of(catalogue, HERE, ["a"], Shop(a="tea")) == {"a": "tea"}
    assert kept.of(catalogue, Context(language="de"), ["a"], Shop(a="Tee")) == {"a": "Tee"}
    assert kept.of(Catalogue(), HERE, ["a"], Shop(a="other")) == {"a": "other"}
    assert kept.of(catalogue, HERE, ["a"], Shop()) == {"a": "tea"}


def test_no_more_is_kept_than_there_is_room_for(clock, for_a_second, monkeypatch):
    monkeypatch.setattr(told, "MOST", 3)
    kept, catalogue = Told(), Catalogue()
    for number in range(20):
        kept.of(catalogue, Context(site=str(number)), [f"a{number}", f"b{number}"], Shop())
        assert sum(map(len, kept._kept.values())) <= 3


@pytest.mark.django_db
def test_a_list_shows_what_the_shop_said_a_moment_ago_and_judges_offers_now(clock, for_a_second, sold):
    change(sold, "b", price=Decimal(9), offer=Offer(Decimal(5), NOW + timedelta(milliseconds=500)))
    assert related("a").items[0].price == 5
    change(sold, "b", stock=0)
    clock.now += 0.6
    later = related("a", now=NOW + timedelta(milliseconds=600)).items[0]
    assert (later.item, later.price) == ("b", 9)
    clock.now += 0.6
    assert "b" not in items(related("a"))
