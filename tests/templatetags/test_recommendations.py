import logging
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest
from django.template import Context, RequestContext, Template, TemplateSyntaxError, engines
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from recommendations import catalogue
from recommendations.catalogue import Facts, Offer
from recommendations.models import Arrival, Placement
from recommendations.selectors import serving
from recommendations.services import asking, tokens
from recommendations.services.identify import SALT
from recommendations.templatetags.shelves import tracked
from recommendations.testing import FakeCatalogue
from tests.factories import fold_all, make_item, make_order

pytestmark = pytest.mark.django_db

HOSTILE = '</script><img src=x onerror="alert(1)">'
VISITOR = "7f1c0f5e-5f0a-4f6e-9d8e-3f1f5f0a4f6e"


@pytest.fixture(autouse=True)
def sold(stocked):
    """`a` was sold with `b` twice and with `c` once."""
    for other in "bbc":
        make_order("a", other)
    fold_all()
    return stocked


@pytest.fixture
def visit():
    request = HttpRequest()
    request.user = AnonymousUser()
    request.COOKIES["basketry_visitor"] = signing.dumps(VISITOR, salt=SALT)
    request.META["SERVER_NAME"] = "shop.test"
    return request


def render(source, request=None, **values):
    template = Template("{% load recommendations %}" + source)
    return template.render(Context(values) if request is None else RequestContext(request, values))


def hrefs(html):
    return re.findall(r'href="([^"]*)"', html)


class Product:
    """A host's product object."""

    def __init__(self, pk, parent_id=None):
        self.pk = pk
        self.parent_id = parent_id


def test_the_block_shows_cards_with_links_that_tell_the_click(visit):
    html = render("{% related_items product limit=1 %}", visit, product=Product("a"))
    (link,) = hrefs(html)
    path, token = link.split("?basketry=")
    assert path == "/p/b/"
    assert f'data-basketry-token="{token}"' in html
    assert 'data-basketry-item="b" data-basketry-rank="1"' in html
    assert 'rel="nofollow"' in html
    assert "2 of the 3 orders with Product a also had Product b" in html
    assert "Goes well with it" in html


def test_a_product_may_be_an_object_a_variant_a_line_or_a_key(visit):
    products = (Product("a"), Product("v", parent_id="a"), "a", SimpleNamespace(product=Product("a")))
    for product in products:
        assert "/p/b/" in render("{% related_items product distinct=False %}", visit, product=product)


@pytest.mark.parametrize("key", [5, UUID(int=7), "a/b", "红茶"])
def test_a_key_may_be_a_number_a_uuid_or_any_text(visit, sold, key):
    sold.shelf[str(key)] = Facts(key=str(key), title="Tea", url="/")
    assert "/p/" in render("{% related_items product %}", visit, product=key)


@pytest.mark.parametrize(
    "cart",
    [
        ["a", "b"],
        [Product("a"), Product("b")],
        [SimpleNamespace(product=Product("a")), {"product": Product("b")}],
        {"a": 2, "b": 1},
        iter(["a", "b"]),
    ],
)
def test_a_cart_is_anything_that_holds_products(visit, cart):
    html = render("{% cart_suggestions cart limit=1 %}", visit, cart=cart)
    assert 'data-basketry-item="c"' in html
    assert 'data-basketry-placement="cart"' in html


def test_a_shopper_without_a_history_sees_best_sellers_under_that_heading(visit):
    html = render("{% recommended_for_you limit=1 %}", visit)
    assert 'data-basketry-item="a"' in html
    assert "Best sellers" in html
    assert "For you" not in html


def test_as_gives_a_list_to_go_through(visit):
    html = render(
        "{% related_items 'a' limit=2 as found %}"
        "{% for card in found %}{{ card.rank }} {{ card.title }} {{ card.facts.categories.0 }} {{ card.link }};"
        "{% endfor %}{{ found|length }}",
        visit,
    )
    first, second, number = html.split(";")
    assert first.startswith("1 Product b things /p/b/?basketry=")
    assert second.startswith("2 Product c things /p/c/?basketry=")
    assert number == "2"


def test_what_as_gave_can_be_printed_as_the_block(visit):
    html = render("{% related_items 'a' as found %}<main>{% if found %}{{ found }}{% endif %}</main>", visit)
    assert html.startswith('<main><section class="basketry-shelf"')


def test_a_card_has_the_hosts_own_object_all_asked_for_at_once(visit, sold, monkeypatch):
    calls = []

    def objects(keys, context):
        calls.append(keys)
        return {key: f"object {key}" for key in keys}

    monkeypatch.setattr(sold, "objects", objects)
    source = "{% related_items 'a' limit=2 distinct=False as found %}"
    assert render(source, visit) == ""
    assert calls == []
    assert render(source + "{% for card in found %}{{ card.object }} {% endfor %}", visit) == "object b object c "
    assert calls == [["b", "c"]]


def test_a_placement_may_be_named(visit):
    html = render("{% related_items 'a' placement=spot %}", visit, spot="cart")
    assert 'data-basketry-placement="cart"' in html


def test_an_empty_list_prints_nothing(visit):
    Placement.objects.update(fallbacks=[])
    assert render("{% related_items 'z' %}", visit) == ""
    assert render("{% related_items 'z' as found %}{% if found %}yes{% endif %}{{ found }}", visit) == ""


@pytest.mark.parametrize("around", ["{}", "{{% autoescape off %}}{}{{% endautoescape %}}"])
@pytest.mark.parametrize("tag", ["{% related_items 'a' %}", "{% related_items 'a' as found %}{{ found }}"])
def test_markup_in_titles_is_shown_as_text(visit, sold, around, tag):
    for key in "ab":
        sold.shelf[key] = Facts(key=key, title=HOSTILE, url='/p/?x="><script>', image='"><script>', currency="EUR")
    html = render(around.format(tag), visit)
    assert "&lt;/script&gt;&lt;img src=x onerror=" in html
    assert "<script" not in html
    assert "<img src=x" not in html


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x"]
)
def test_a_link_is_a_web_address_or_none(visit, sold, url):
    sold.shelf["b"] = Facts(key="b", title="Tea", url=url)
    assert hrefs(render("{% related_items 'a' limit=1 %}", visit)) == [""]


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("/p/", "/p/?basketry=T"),
        ("/p/?size=4%20cm&a=b", "/p/?size=4%20cm&a=b&basketry=T"),
        ("/p/?basketry=old&a=b#more", "/p/?a=b&basketry=T#more"),
        ("https://shop.test", "https://shop.test?basketry=T"),
        ("//shop.test/p", "//shop.test/p?basketry=T"),
        ("http://[::1/", ""),
        ("", "?basketry=T"),
    ],
)
def test_the_token_joins_what_the_address_has(url, link):
    assert tracked(url, "T") == link


def test_prices_are_shown_where_there_are_some(visit, sold):
    sold.shelf["b"] = Facts(key="b", title="Tea", url="/", price=Decimal("2.50"), currency="EUR")
    html = render("{% related_items 'a' limit=2 %}", visit)
    assert "2.50 EUR" in html
    assert html.count("basketry-price") == 1


def test_every_class_is_ours_and_nothing_is_inline(visit):
    html = render("{% basketry_assets %}{% related_items 'a' %}", visit)
    names = {name for names in re.findall(r'class="([^"]*)"', html) for name in names.split()}
    assert names
    assert all(name.startswith("basketry-") for name in names)
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", html)


def test_a_host_can_override_one_block(visit):
    loaders = [
        (
            "django.template.loaders.locmem.Loader",
            {
                "recommendations/block.html": '{% extends "recommendations/block.html" %}'
                "{% block basketry_heading %}<h3>Ours</h3>{% endblock %}",
                "page.html": "{% load recommendations %}{% related_items 'a' %}",
            },
        ),
        "django.template.loaders.app_directories.Loader",
    ]
    with override_settings(
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": loaders}}]
    ):
        html = engines["django"].get_template("page.html").render({}, visit)
    assert "<h3>Ours</h3>" in html
    assert "basketry-card" in html


def test_a_hosts_card_may_hold_a_form_and_what_the_page_knows(visit):
    templates = {
        "recommendations/card.html": "<li>{% csrf_token %}{{ greeting }} {{ card.title }}{{ hostile }}</li>",
        "page.html": "{% load recommendations %}{% related_items 'a' limit=1 %}{{ shelf }}{{ recommendation }}",
    }
    loaders = [
        ("django.template.loaders.locmem.Loader", templates),
        "django.template.loaders.app_directories.Loader",
    ]
    with override_settings(
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": loaders}}]
    ):
        html = engines["django"].get_template("page.html").render({"greeting": "Hello", "hostile": HOSTILE}, visit)
    assert re.search(r'<input type="hidden" name="csrfmiddlewaretoken" value="\w{64}">Hello Product b&lt;', html)
    assert html.rstrip().endswith("</section>"), "nothing of the list is left in the page's own context"


def test_what_the_shop_does_not_know_prints_nothing_and_is_no_error(visit, caplog):
    assert render("{% related_items 'unheard-of' %}", visit) == ""
    assert not caplog.records


@pytest.mark.parametrize(
    "tag",
    [
        "{% related_items nothing %}",
        "{% related_items 'a' limit=0 %}",
        "{% related_items 'a' limit='x' %}",
        "{% related_items 'a' placement='unheard-of' %}",
        "{% cart_suggestions nothing %}",
        "{% cart_suggestions 5 %}",
        "{% related_items broken.product %}",
    ],
)
def test_what_cannot_be_answered_prints_nothing_and_is_logged(visit, caplog, tag):
    class Broken:
        @property
        def product(self):
            raise RuntimeError("no product today")

    values = {"nothing": None, "broken": Broken()}
    assert render(tag + "after", visit, **values) == "after"
    named = tag.replace(" %}", " as found %}") + "{{ found }}{% for card in found %}x{% endfor %}after"
    assert render(named, visit, **values) == "after"
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


@pytest.mark.parametrize(
    "error", [DatabaseError("gone"), RuntimeError("the shop is closed"), TypeError(), MemoryError()]
)
@pytest.mark.parametrize(
    "tag",
    [
        "{% related_items 'a' %}",
        "{% cart_suggestions 'ab' %}",
        "{% recommended_for_you %}",
        "{% recommended_for_you as x %}",
    ],
)
def test_whatever_fails_the_page_is_shown(visit, monkeypatch, caplog, sold, tag, error):
    def fail(*given, **named):
        raise error

    monkeypatch.setattr(sold, "facts", fail)
    assert render(tag + "after", visit) == "after"
    monkeypatch.undo()
    monkeypatch.setattr(asking, "spots", fail)
    assert render(tag + "after", visit) == "after"
    monkeypatch.setattr(catalogue.Catalogue, "context", fail)
    assert render(tag + "after", visit) == "after"
    assert caplog.records


def test_a_broken_template_of_the_host_shows_the_page_without_suggestions(visit, caplog, monkeypatch):
    monkeypatch.setattr("recommendations.templatetags.shelves.BLOCK", "no-such-template.html")
    assert render("{% related_items 'a' %}after", visit) == "after"
    assert render("{% related_items 'a' as found %}{{ found }}after", visit) == "after"
    assert caplog.records


@pytest.mark.sql
@pytest.mark.parametrize("place", ["serving.candidates", "sold.context", "sold.facts", "sold.objects"])
def test_a_failed_query_does_not_spoil_the_hosts_transaction(visit, monkeypatch, sold, place):
    def fail(*given, **named):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    owner, name = place.split(".")
    monkeypatch.setattr({"serving": serving, "sold": sold}[owner], name, fail)
    source = "{% related_items 'a' as found %}{% for card in found %}{{ card.object }}{% endfor %}after"
    with transaction.atomic():
        assert render(source, visit).endswith("after")
        assert Placement.objects.exists()


@pytest.mark.parametrize(
    "tag",
    [
        "{% related_items %}",
        "{% related_items 'a' size=3 %}",
        "{% related_items 'a' 'b' %}",
        "{% recommended_for_you 5 %}",
    ],
)
def test_a_tag_that_is_written_wrongly_is_told_when_the_template_is_loaded(tag):
    with pytest.raises(TemplateSyntaxError):
        Template("{% load recommendations %}" + tag)


def test_without_a_request_best_sellers_and_partners_are_served():
    assert "/p/b/" in render("{% related_items 'a' %}")
    assert "Best sellers" in render("{% recommended_for_you %}")


def test_who_asks_is_whom_the_middleware_says(visit, monkeypatch):
    seen = []
    original = serving.candidates
    monkeypatch.setattr(serving, "candidates", lambda **given: seen.append(given["shopper"]) or original(**given))
    render("{% related_items 'a' %}{% cart_suggestions 'a' %}{% recommended_for_you %}", visit)
    assert seen == [f"anon:{VISITOR}"] * 3


def test_rendering_writes_nothing(visit):
    with CaptureQueriesContext(connection) as queries:
        render("{% related_items 'a' %}{% cart_suggestions 'a' %}{% recommended_for_you %}", visit)
    verbs = {one["sql"].split()[0].upper() for one in queries}
    assert verbs <= {"SELECT", "WITH", "SAVEPOINT", "RELEASE"}
    assert "CSRF_COOKIE" not in visit.META


def test_the_token_is_one_that_comes_back(visit):
    html = render("{% related_items 'a' %}", visit)
    (token,) = re.findall(r'data-basketry-token="([^"]*)"', html)
    assert tokens.read(token, now=timezone.now()).placement == "product-related"


def test_the_assets_link_the_script_and_where_it_reports_to(visit):
    html = render("{% basketry_assets %}", visit)
    assert 'src="/static/recommendations/basketry.js" defer' in html
    assert 'href="/static/recommendations/basketry.css"' in html
    assert 'data-endpoint="/api/v1/events/"' in html
    assert 'data-csrf-cookie="csrftoken" data-csrf-token=""' in html
    assert "CSRF_COOKIE" in visit.META


def test_where_scripts_cannot_read_the_cookie_the_token_is_in_the_page(visit, settings):
    settings.CSRF_COOKIE_HTTPONLY = True
    assert re.search(r'data-csrf-token="\w{64}"', render("{% basketry_assets %}", visit))


def test_assets_never_break_a_page(visit, settings, caplog):
    settings.ROOT_URLCONF = "tests.templatetags.empty_urls"
    assert render("{% basketry_assets %}after", visit) == "after"
    assert caplog.records


@pytest.mark.parametrize(
    ("tag", "placement"),
    [
        ("similar_items 'a'", "product-similar"),
        ("buy_again", "buy-again"),
        ("new_for_you", "new-for-you"),
        ("because_you_viewed", "because-viewed"),
        ("viewed_together 'a'", "product-viewed"),
        ("substitutes 'a'", "product-substitutes"),
        ("trending category='things'", "trending"),
        ("best_sellers category='things'", "best-sellers"),
    ],
)
def test_each_strategy_has_a_tag_with_a_placement_of_its_own(visit, tag, placement):
    assert f'data-basketry-placement="{placement}"' in render("{% " + tag + " limit=1 %}", visit)


def test_new_arrivals_are_shown_of_a_category(visit):
    assert render("{% new_arrivals %}", visit) == ""
    learnt = {"believed": 0.1, "examinations": 0, "rewards": 0, "share": 1}
    Arrival.objects.create(item=make_item("x"), launched_at=timezone.now(), categories=["things"], **learnt)
    html = render("{% new_arrivals category='things' limit=2 %}", visit)
    assert 'data-basketry-placement="new-arrivals"' in html
    assert "New in the shop" in html
    assert render("{% new_arrivals category='none' %}", visit) == ""


def shown(html):
    return re.findall(r'data-basketry-item="([^"]*)"', html)


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


def test_what_is_promoted_says_so_to_the_shopper(visit):
    placement = Placement.objects.get(slug="product-related")
    Placement.objects.update(promoted_share=1)
    placement.pins.create(item=make_item("c"), kind="promote")
    html = render("{% related_items 'a' limit=1 %}", visit)
    assert '<p class="basketry-reason">Sponsored</p>' in html


def test_limited_offers_and_what_was_viewed_are_shown_alone(visit):
    assert render("{% limited_offers %}{% recently_viewed %}", visit) == ""
    offer = Offer(Decimal("1.00"), timezone.now() + timedelta(hours=1))
    FakeCatalogue.shelf["b"] = replace(FakeCatalogue.shelf["b"], price=Decimal("2.00"), offer=offer)
    assert 'data-basketry-placement="offers"' in render("{% limited_offers category='things' %}", visit)
    assert render("{% limited_offers category='none' %}", visit) == ""


def test_every_list_takes_a_category_and_a_diversity(visit):
    assert "Product b" in render("{% related_items 'a' category='things' diversity=0.5 %}", visit)
    assert render("{% related_items 'a' category='none' %}", visit) == ""
    html = render("{% cart_suggestions cart category='things' diversity=0.5 lazy=True %}", visit, cart=["a"])
    assert "category=things&amp;diversity=0.5" in html


def test_a_diversity_out_of_range_shows_nothing_and_says_so(visit, caplog):
    assert render("{% related_items 'a' diversity=2 %}after", visit) == "after"
    assert "diversity: must be a number from 0 to 1, not 2" in caplog.text


def test_a_category_that_is_no_key_shows_nothing_and_says_so(visit, caplog):
    assert render("{% trending category=7 %}after", visit) == "after"
    assert "category" in caplog.text
