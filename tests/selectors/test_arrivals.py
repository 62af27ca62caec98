"""What lists read of new items."""

from datetime import timedelta

import pytest

from recommendations.models import Arrival, BasketTotals
from recommendations.selectors.arrivals import arrivals
from tests.factories import NOW, fold_all, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

DAY = timedelta(days=1)


def arrive(key, *, share, age=DAY, categories=()):
    learnt = {"believed": 0.02, "examinations": 0.0, "rewards": 0.0, "share": share}
    Arrival.objects.create(item=make_item(key), launched_at=NOW - age, categories=list(categories), **learnt)


def test_new_items_are_read_by_id_with_their_orders_of_now(stocked, django_assert_num_queries):
    make_order("b", "z")
    fold_all()
    arrive("c", share=0.25, categories=("tea", "green"))
    arrive("b", share=0.75, categories=("tea",))
    arrive("d", share=0.0)
    arrive("e", share=0.5, age=10 * DAY)
    generation = BasketTotals.objects.live().get().generation
    with django_assert_num_queries(1):
        found = arrivals(since=NOW - 10 * DAY, generation=generation)
    assert (found.keys, found.orders.tolist(), found.shares.tolist()) == (("b", "c"), [1, 0], [0.75, 0.25])
    assert found.of(frozenset({"green", "other"})).tolist() == [1]
    assert found.of(frozenset({"tea"})).tolist() == [0, 1]


def test_before_anything_is_counted_there_are_no_orders(db):
    assert not len(arrivals(since=NOW, generation=0))
    arrive("a", share=1.0)
    assert arrivals(since=NOW - 2 * DAY, generation=0).orders.tolist() == [0]
