"""The block that a tag prints, and the list that it gives a name: cards, links, prices, the host's templates."""

import re
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.template import engines
from django.test.utils import override_settings

from recommendations.catalogue import Facts
from recommendations.models import Placement
from recommendations.templatetags.shelves import tracked
from tests.templatetags.pages import HOSTILE, Product, hrefs, render

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sold")]


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
