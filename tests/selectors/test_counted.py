from dataclasses import fields

import numpy as np
import pytest

from recommendations.models import Item, RuleDecision
from recommendations.selectors import counted, serving
from recommendations.selectors.counted import KnownCounts
from tests.factories import NOW, fold_all, make_order
from tests.selectors.test_serving import by_key, decide

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]


def read(**changes):
    return serving.candidates(
        **{"asked_keys": ["a"], "partners": 10, "popular": 10, "now": NOW, "lasting": True, **changes}
    )


@pytest.fixture
def reads(monkeypatch):
    """Names of the states whose counts were read."""
    names = []

    def noted(rows, name, *asked):
        names.append(name)
        return counted.counted_of(rows, name, *asked)

    monkeypatch.setattr(serving, "counted_of", noted)
    return names


@pytest.fixture
def sold():
    make_order("a", "b", "c")
    make_order("a", "b")
    fold_all()


def same(first, second):
    return all(
        np.array_equal(getattr(first, one.name), getattr(second, one.name))
        if isinstance(getattr(first, one.name), np.ndarray)
        else getattr(first, one.name) == getattr(second, one.name)
        for one in fields(first)
    )


def test_counts_that_stand_are_read_once(sold, reads):
    first, second = read(), read()
    assert len(reads) == 1
    assert same(first, second)
    assert same(second, read(lasting=False))


def test_a_fold_is_seen_by_the_next_list(sold, reads):
    before = read()
    make_order("a", "c")
    fold_all()
    after = read()
    assert by_key(before, before.pair_orders[0])["c"] == 1
    assert by_key(after, after.pair_orders[0])["c"] == 2
    assert same(after, read(lasting=False))
    assert len(set(reads)) == 2


def test_another_question_is_read_for_itself(sold, reads):
    read()
    assert read(asked_keys=["b"]).own == read(popular=1).own == 1
    assert len(reads) == 3


def test_what_staff_decide_holds_at_once_and_leaves_the_kept_counts_alone(sold, reads):
    first = read()
    decide("a", "b", "rejected")
    rejected = read()
    assert by_key(rejected, rejected.pair_orders[0])["b"] == 0
    assert same(rejected, read(lasting=False))
    RuleDecision.objects.all().delete()
    assert same(read(), first)
    assert len(reads) == 2  # the first one, and the one that was not to last


def test_an_item_that_became_known_since_is_passed_over_until_it_is_counted(sold, reads):
    read(asked_keys=["x"])
    Item.objects.create(key="x")
    ids = dict(Item.objects.values_list("key", "pk"))
    RuleDecision.objects.create(rule_key=f"{ids['x']}=>{ids['a']}", decision="rejected")
    assert not len(read(asked_keys=["x"]).rejected)


def test_nothing_is_kept_before_there_are_counts(reads):
    read()
    Item.objects.create(key="a")
    assert read().keys == ("a",)


def test_the_questions_asked_longest_ago_are_forgotten(sold, monkeypatch):
    read()
    (one,) = (counted.known_counts.of(question) for question in list(counted.known_counts._kept)[-1:])
    monkeypatch.setattr(counted, "MOST_BYTES", 2 * one.bytes)
    known = KnownCounts()
    for question in ("first", "second", "second"):
        known.keep(question, one)
    known.of("first")
    known.keep("third", one)
    assert [known.of(question) for question in ("first", "second", "third")] == [one, None, one]
