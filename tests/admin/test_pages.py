"""Every page of the plugin's admin: it opens, it costs the same however many rows, it counts no large table."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recommendations.admin.base import BoundedPaginator
from recommendations.catalogue import Facts
from recommendations.models import (
    BasketTotals,
    BrowseLog,
    CampaignPeriod,
    CategoryBan,
    ChangedDay,
    DailyOutcome,
    ErasedKey,
    Impression,
    Item,
    ItemOutcome,
    JobLog,
    ManualRule,
    Order,
    OutcomeState,
    Parameters,
    Pin,
    PinKind,
    Placement,
    Rule,
    RuleDecision,
    RuleReview,
    Shopper,
    ShownItems,
)
from tests.admin.conftest import PLACEMENT
from tests.factories import make_item, make_order

ON_ANOTHERS_PAGE = {
    ChangedDay,
    DailyOutcome,
    ErasedKey,
    ItemOutcome,
    JobLog,
    OutcomeState,
    Parameters,
    RuleReview,
    ShownItems,
}
"""Rows that have no list of their own: they are shown with jobs, with rules and on the dashboard."""

MODELS = sorted(
    {*apps.get_app_config("recommendations").get_models()} - ON_ANOTHERS_PAGE, key=lambda model: model.__name__
)
EDITABLE = {CampaignPeriod, CategoryBan, ManualRule, Placement, Pin, RuleDecision}
HOSTILE = "<script>alert('x')</script>"

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def url(model, page, *args):
    return reverse(f"admin:recommendations_{model._meta.model_name}_{page}", args=args)


def queries_of(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured]


@each_model
def test_every_model_is_registered(model):
    assert admin.site.is_registered(model)


@each_model
def test_the_list_opens_when_empty_and_with_rows_and_with_any_words(admin_client, furnish, model):
    assert admin_client.get(url(model, "changelist")).status_code == 200
    furnish(2)
    page = admin_client.get(url(model, "changelist"))
    assert page.status_code == 200
    assert "recommendations/admin.css" in page.content.decode()
    assert page.context["cl"].result_count >= 1
    for words in ("p1", "\x00", "user:1", "' OR 1=1 --", "ä" * 500):
        assert admin_client.get(url(model, "changelist"), {"q": words}).status_code == 200


@each_model
def test_the_page_of_a_row_opens(admin_client, furnish, model):
    furnish(2)
    row = model._default_manager.order_by("-pk").first()

    assert admin_client.get(url(model, "change", row.pk)).status_code == 200
    assert admin_client.get(url(model, "change", 10**12)).status_code == 302


@each_model
def test_only_what_staff_own_can_be_added_changed_or_deleted(admin_client, furnish, model):
    furnish(1)
    row = model._default_manager.order_by("-pk").first()
    expected = 200 if model in EDITABLE else 403

    assert admin_client.get(url(model, "add")).status_code == expected
    assert admin_client.post(url(model, "change", row.pk), {"position": "0"}).status_code == expected
    assert admin_client.get(url(model, "delete", row.pk)).status_code == expected


def test_lists_cost_the_same_for_3_rows_and_for_30_and_count_nothing(admin_client, furnish):
    lists = [url(model, "changelist") for model in MODELS]
    furnish(3)
    admin_client.get(lists[0])
    few = {address: queries_of(admin_client, address) for address in lists}
    furnish(27, start=3)
    many = {address: queries_of(admin_client, address) for address in lists}

    assert {address: len(few[address]) for address in lists} == {address: len(many[address]) for address in lists}
    assert max(len(queries) for queries in many.values()) <= 15
    assert [query for queries in many.values() for query in queries if re.search(r"\bcount\(", query, re.I)] == []


@each_model
def test_titles_are_asked_for_once_a_page_and_are_escaped(admin_client, furnish, model, stocked, monkeypatch):
    furnish(3)
    for key in Item.objects.values_list("key", flat=True):
        stocked.shelf[key] = Facts(key=key, title=HOSTILE, url="/")
    asked = []
    facts = stocked.facts
    monkeypatch.setattr(stocked, "facts", lambda keys, context: asked.append(keys) or facts(keys, context))
    row = model._default_manager.order_by("-pk").first()

    for address in (url(model, "changelist"), url(model, "change", row.pk)):
        asked.clear()
        page = admin_client.get(address).content.decode()
        assert len(asked) <= 1
        assert HOSTILE not in page


def test_a_hostile_title_is_shown_as_text(admin_client, furnish, stocked):
    furnish(1)
    stocked.shelf["p0"] = Facts(key="p0", title=HOSTILE, url="/")

    page = admin_client.get(url(Item, "changelist")).content.decode()

    assert "&lt;script&gt;alert(" in page


def test_a_list_looks_no_further_than_it_must_and_says_so(admin_client, furnish, monkeypatch):
    monkeypatch.setattr("recommendations.admin.base.MOST_LISTED", 4)
    furnish(1)
    assert "The first 4 rows" not in admin_client.get(url(Item, "changelist")).content.decode()
    for key in "klmn":
        make_item(key)

    page = admin_client.get(url(Item, "changelist"))

    assert page.context["cl"].result_count == 4
    assert "The first 4 rows" in page.content.decode()


def test_a_paginator_of_few_rows_knows_them_all(db):
    for key in "klm":
        make_item(key)

    paginator = BoundedPaginator(Item.objects.order_by("id"), 2)

    assert (paginator.count, paginator.num_pages, paginator.is_cut) == (3, 2, False)


def test_a_paginator_counts_in_no_order(db):
    with CaptureQueriesContext(connection) as asked:
        assert BoundedPaginator(Item.objects.order_by("-id"), 2).count == 0

    assert [query["sql"].count("ORDER BY") for query in asked] == [0]


@pytest.mark.sql
@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite takes a partial index by its own words alone")
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (BrowseLog.objects.filter(kind="click").order_by("-id"), "rec_browse_kind_newest"),
        (Order.objects.filter(key="web-1").order_by(), "rec_order_key_alone"),
    ],
)
def test_what_lists_are_filtered_by_has_an_index(rows, index):
    with connection.cursor() as cursor:
        for way in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
            cursor.execute(f"SET LOCAL {way} = off")

    assert index in rows[:50].explain()


@pytest.mark.parametrize("words", ["p1", "Blue kettle"])
@pytest.mark.parametrize("model", ["item", "orderline", "itemcount", "paircount", "browselog", "rating", "rule", "pin"])
def test_rows_are_found_by_product_key_and_by_title(admin_client, furnish, stocked, model, words):
    furnish(3)
    stocked.shelf["p1"] = Facts(key="p1", title="Blue kettle", url="/")

    rows = (
        admin_client.get(reverse(f"admin:recommendations_{model}_changelist"), {"q": words}).context["cl"].result_list
    )

    assert rows
    assert all("Blue kettle" in row.titles.values() for row in rows)


def test_an_order_is_found_by_its_key_and_by_its_shopper(admin_client, furnish):
    furnish(2)

    def found(words):
        return [
            order.key for order in admin_client.get(url(Order, "changelist"), {"q": words}).context["cl"].result_list
        ]

    assert found("shop-1") == ["shop-1"]
    assert found("user:1") == ["kept-1", "shop-1"]


def test_an_order_shows_its_lines_and_changes(admin_client, stocked, db):
    order = make_order("a", "b", key="o-1", price="2.50")

    page = admin_client.get(url(Order, "change", order.pk)).content.decode()

    assert "<td>Product a</td><td>1</td><td>0</td><td>2.5</td><td>yes</td>" in page


def test_a_shopper_leads_to_their_orders(admin_client, furnish):
    furnish(2)
    shopper = Shopper.objects.get(key="user:1")
    page = admin_client.get(url(Shopper, "changelist")).content.decode()
    link = f"{url(Order, 'changelist')}?shopper__id__exact={shopper.pk}"

    assert link in page
    assert [order.shopper for order in admin_client.get(link).context["cl"].result_list] == [shopper, shopper]


def test_counts_are_those_of_the_generation_that_serves(admin_client, furnish):
    furnish(1)
    BasketTotals.objects.update(state="retired")

    page = admin_client.get(reverse("admin:recommendations_itemcount_changelist"))

    assert page.context["cl"].result_count == 0


def test_staff_set_up_a_placement_and_pin_a_product_there(admin_client, db):
    placement, item = Placement.objects.get(slug=PLACEMENT), make_item("a")
    form = {
        "slug": placement.slug,
        "title": "Goes with it",
        "strategy": "related",
        "limit": 5,
        "fallbacks": ["popular"],
        "explore": 0.25,
        "bought_before": "show",
        "sources": "[]",
        "diversity": 0.3,
        "per_brand": 2,
        "promoted_share": 0,
        "pins-TOTAL_FORMS": 1,
        "pins-INITIAL_FORMS": 0,
        "pins-0-item": item.pk,
        "pins-0-kind": PinKind.HIDE,
        "pins-0-factor": 1,
    }

    answer = admin_client.post(url(Placement, "change", placement.pk), form)

    assert answer.status_code == 302, answer.context["errors"]
    placement.refresh_from_db()
    assert (placement.limit, placement.fallbacks) == (5, ["popular"])
    assert (placement.diversity, placement.per_brand, placement.price_band) == (0.3, 2, None)
    assert [(pin.item, pin.kind) for pin in placement.pins.all()] == [(item, "hide")]


def test_staff_without_permission_see_nothing(staff_client, furnish):
    furnish(1)
    client = staff_client("view_item")

    assert client.get(url(Item, "changelist")).status_code == 200
    assert client.get(url(Order, "changelist")).status_code == 403


def test_a_category_ban_says_who_decided_it(admin_client, admin_user):
    form = {"category": "wine", "beside": "baby", "note": "by law"}

    assert admin_client.post(url(CategoryBan, "add"), form).status_code == 302
    assert CategoryBan.objects.get().decided_by == admin_user


def test_sources_of_a_blend_are_refused_by_name(admin_client, db):
    placement = Placement.objects.get(slug=PLACEMENT)
    form = {"slug": placement.slug, "strategy": "blend", "sources": '[{"strategy": "cart", "weight": 2}]'}

    answer = admin_client.post(url(Placement, "change", placement.pk), form)

    assert answer.context["adminform"].errors["sources"] == ["weight must be a number above 0, up to 1, not 2."]


def test_an_impression_says_what_became_of_each_item(admin_client, furnish):
    furnish(1)
    impression = Impression.objects.get()
    items = [[impression.items[0][0], rank, "pairs", 1.0] for rank in (1, 2, 3)]
    Impression.objects.filter(pk=impression.pk).update(items=items, outcome=[[1, 2], [2]])

    page = admin_client.get(url(Impression, "change", impression.pk)).content.decode()

    assert re.findall(r"<td>(clicked|bought|)</td></tr>", page) == ["clicked", "bought", ""]


def test_staff_read_the_pages_in_their_language(admin_client, furnish):
    furnish(1)
    admin_client.cookies["django_language"] = "zh-hans"

    page = admin_client.get(url(Rule, "changelist")).content.decode()

    words = ("在含“p0”的 210 笔订单中", "有 37 笔也含“q0”", "批准所选的规则", "以 版本", "以 支持度")
    measures = ("支持度", "置信度", "提升度", "杠杆率", "确信度")
    assert not [word for word in (*words, *measures) if word not in page]
    assert "推荐" in admin_client.get(reverse("admin:index")).content.decode()
