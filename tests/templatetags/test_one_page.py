"""Several lists on one page, and lists that are filled later."""

import re
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.template import TemplateSyntaxError
from django.test.utils import CaptureQueriesContext

from tests.templatetags.pages import Product, render, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sold")]


def test_no_product_stands_twice_on_one_page(visit):
    html = render("{% related_items 'a' limit=1 %}|{% recommended_for_you limit=2 %}|{% cart_suggestions 'a' %}", visit)
    assert [shown(part) for part in html.split("|")] == [["b"], ["a", "c"], []]


def test_a_list_that_is_given_a_name_counts_as_shown(visit):
    assert shown(render("{% related_items 'a' limit=1 as x %}{% recommended_for_you limit=1 %}", visit)) == ["a"]
    assert shown(render("{% recommended_for_you limit=1 %}", visit)) == ["c"], "the page may be of several templates"


def test_a_list_that_is_not_distinct_leaves_nothing_out_and_still_counts(visit):
    source = "{% related_items 'a' limit=1 %}|{% related_items 'a' limit=1 distinct=False %}|{% related_items 'a' %}"
    assert [shown(part) for part in render(source, visit).split("|")] == [["b"], ["b"], ["c"]]


def test_pages_do_not_know_of_each_other(visit):
    other = HttpRequest()
    other.user = AnonymousUser()
    for request in (visit, other):
        assert shown(render("{% related_items 'a' limit=1 %}", request)) == ["b"]
    assert shown(render("{% related_items 'a' limit=1 %}{% related_items 'a' limit=1 %}")) == ["b", "b"], "no request"


def test_a_list_from_a_cache_takes_nothing_from_others(visit):
    source = "{% load cache %}{% cache 60 shelf %}{% related_items 'a' limit=1 %}{% endcache %}"
    other = HttpRequest()
    other.user = AnonymousUser()
    cache.clear()
    assert shown(render(source, visit)) == ["b"]
    assert shown(render(source + "{% related_items 'a' limit=1 %}", other)) == ["b", "b"]


@pytest.mark.parametrize("cart", ["b", ["b"], [SimpleNamespace(product=Product("b"))], {"b": 2}])
def test_what_is_in_the_cart_can_be_left_out(visit, cart):
    assert shown(render("{% related_items 'a' exclude=cart %}", visit, cart=cart)) == ["c"]
    assert shown(render("{% related_items 'a' exclude=nothing limit=1 distinct=False %}", visit)) == ["b"]


def test_a_lazy_list_is_a_place_with_its_address(visit):
    source = "{% related_items product lazy=True limit=2 exclude='x&y' %}"
    with CaptureQueriesContext(connection) as queries:
        html = render(source, visit, product="a/b 红茶")
    assert [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]] == []
    (address,) = re.findall(r'data-basketry-fragment="([^"]*)"', html)
    path, query = unescape(address).split("?")
    assert path == "/api/v1/fragments/product-related/"
    assert parse_qs(query) == {"strategy": ["related"], "products": ["a/b 红茶"], "exclude": ["x&y"], "limit": ["2"]}
    assert 'data-basketry-distinct="true"' in html
    assert "csrf" not in html.lower()


def test_a_lazy_list_may_be_of_any_placement_and_category(visit):
    html = render("{% trending lazy=True category='tea' placement='cart' distinct=False %}", visit)
    assert 'data-basketry-fragment="/api/v1/fragments/cart/?strategy=trending&amp;category=tea"' in html
    assert 'data-basketry-distinct="false"' in html
    assert shown(render("{% related_items 'a' lazy=False limit=1 %}", visit)) == ["b"]


def test_a_lazy_list_has_no_name():
    with pytest.raises(TemplateSyntaxError, match="takes no `as found`"):
        render("{% related_items 'a' lazy=True as found %}")
