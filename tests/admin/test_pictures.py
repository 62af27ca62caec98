"""Rules as pictures: which are drawn, in what words, for whom, at what price."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommendations import store
from recommendations.admin.picture_words import MOST_COLOURS
from recommendations.catalogue import Facts
from recommendations.models import Decision, Rule, RuleDecision, RuleStatus
from recommendations.services import rule_matrix, rule_scatter
from recommendations.testing import FakeCatalogue
from tests.admin.conftest import make_rule
from tests.factories import fold_all, make_item, make_order
from tests.services.artefacts import publish_items

pytestmark = pytest.mark.django_db

GRAPH, MATRIX, SCATTER = (f"admin:recommendations_rule_{name}" for name in ("graph", "matrix", "scatter"))
CATEGORIES = {"a": "tea", "b": "milk", "c": "milk", "d": "jam"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()


@pytest.fixture
def rules(stocked):
    """a => b is the strongest by weighted lift, b => c by confidence, c => d in most orders."""
    for key, category in CATEGORIES.items():
        stocked.shelf[key] = Facts(key=key, title=f"Product {key}", url="/", categories=(category,))
    make_order(*CATEGORIES)
    fold_all()
    made = [
        make_rule("a", "b", orders=20),
        make_rule("b", "c", orders=60, first_orders=70),
        make_rule("c", "d", orders=80),
        make_rule("a", "z", kind="substitute", orders=1),
    ]
    for rule, lift in zip(made, (9.0, 4.0, 2.0, 0.1), strict=True):
        Rule.objects.filter(pk=rule.pk).update(weighted_lift=lift)
    return made


def opened(client, name, **query):
    response = client.get(reverse(name, query=query))
    assert response.status_code == 200
    return response.context


def drawn(context):
    """Ids of the rules of a graph, in its order."""
    return [int(re.search(r"/(\d+)/change/", link["url"])[1]) for link in context["links"]]


def titles(context):
    return {node["title"] for node in context["nodes"]}


def ids(rules):
    return [rule.pk for rule in rules]


@pytest.mark.parametrize(("strength", "order"), [("weighted_lift", "012"), ("confidence", "120"), ("orders", "210")])
def test_a_graph_draws_the_strongest_first_by_what_is_chosen(admin_client, rules, strength, order):
    context = opened(admin_client, GRAPH, strength=strength)

    assert drawn(context) == [rules[int(place)].pk for place in order]
    assert titles(context) == {"Product a", "Product b", "Product c", "Product d"}


def test_the_weakest_rules_are_left_out_and_it_says_so(admin_client, rules):
    context = opened(admin_client, GRAPH, most=3)

    assert drawn(context) == ids(rules[:2])
    assert "the weakest rules" in " ".join(context["told"])
    assert "the weakest rules" not in " ".join(opened(admin_client, GRAPH)["told"])


def test_around_a_product_are_its_rules_and_those_between_its_neighbours(admin_client, rules):
    across = make_rule("a", "c")

    context = opened(admin_client, GRAPH, product="a")

    assert set(drawn(context)) == {rules[0].pk, across.pk, rules[1].pk}
    assert [node["title"] for node in context["nodes"] if node["is_centre"]] == ["Product a"]
    assert "Product d" not in titles(context)


def test_a_rule_of_two_products_has_a_line_from_each(admin_client, rules):
    third = make_item("d")
    Rule.objects.filter(pk=rules[0].pk).update(antecedent_2=third)

    (link,) = [one for one in opened(admin_client, GRAPH)["links"] if one["url"].endswith(f"/{rules[0].pk}/change/")]
    around = opened(admin_client, GRAPH, product="d")

    assert link["first"] == [rules[0].antecedent_id, third.pk]
    assert rules[0].pk in drawn(around)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"least_orders": 50}, [1, 2]),
        ({"least_confidence": 50}, [1]),
        ({"least_lift": 3}, [0, 1]),
        ({"first": "milk"}, [1, 2]),
        ({"second": "milk"}, [0, 1]),
        ({"first": "milk", "second": "jam"}, [2]),
        ({"kind": "substitute"}, [3]),
        ({"kind": "substitute", "least_lift": 5}, [3]),
        ({"kind": "substitute", "least_lift": 20}, []),
    ],
)
def test_each_filter_narrows_all_three_pictures(admin_client, rules, query, kept):
    assert drawn(opened(admin_client, GRAPH, **query)) == [rules[place].pk for place in kept]
    rows = opened(admin_client, MATRIX, **query)["rows"]
    assert sum(cell["value"] or 0 for row in rows for cell in row["cells"]) == len(kept)
    picture = opened(admin_client, SCATTER, **query)["picture"]
    assert sorted(point[0] for point in picture["points"]) == [rules[n].pk for n in kept] if kept else not picture


def test_a_rule_is_drawn_and_found_by_how_it_stands(admin_client, rules):
    held, rejected, approved, plain = (make_rule("a", key, orders=5) for key in "efgh")
    Rule.objects.filter(pk__in=[held.pk, approved.pk]).update(status=RuleStatus.HELD)
    RuleDecision.objects.create(rule_key=rejected.key, decision=Decision.REJECTED)
    RuleDecision.objects.create(rule_key=approved.key, decision=Decision.APPROVED)
    over = timezone.now() - timedelta(days=1)
    RuleDecision.objects.create(rule_key=plain.key, decision=Decision.REJECTED, ends_at=over)

    lines = {
        pk: (link["standing"], link["line"])
        for context in [opened(admin_client, GRAPH)]
        for pk, link in zip(drawn(context), context["links"], strict=True)
    }

    assert lines[held.pk] == ("waiting", "dashed")
    assert lines[rejected.pk] == ("rejected", "dotted")
    assert lines[approved.pk] == ("approved", "solid")
    assert lines[plain.pk] == ("undecided", "solid")
    for pk in lines:
        assert pk in drawn(opened(admin_client, GRAPH, standing=lines[pk][0]))
    assert drawn(opened(admin_client, GRAPH, standing="waiting")) == [held.pk]
    assert drawn(opened(admin_client, GRAPH, standing="rejected")) == [rejected.pk]


def test_categories_beyond_the_colours_share_the_last_one(admin_client, rules, stocked):
    for number in range(10):
        make_rule("a", f"n{number}")
        stocked.shelf[f"n{number}"] = Facts(key=f"n{number}", title="N", url="/", categories=(f"c{number}",))

    context = opened(admin_client, GRAPH)

    assert len(context["picture"]["categories"]) == MOST_COLOURS
    assert context["picture"]["categories"][-1] == "all others"
    assert {node["category"] for node in context["nodes"]} == set(context["picture"]["categories"])


def test_a_product_is_named_by_words_and_who_is_meant_is_asked_where_several_are(admin_client, rules):
    assert drawn(opened(admin_client, GRAPH, product="product a")) == [rules[0].pk]
    choices = opened(admin_client, GRAPH, product="Product")["choices"]
    assert {"Product a", "Product b"} <= {choice["title"] for choice in choices}
    assert "product" in opened(admin_client, GRAPH, product="no such thing")["form"].errors
    found = admin_client.get(reverse("admin:recommendations_rule_graph_products", query={"words": "product a"})).json()
    assert found == {"results": [{"key": "a", "title": "Product a"}]}


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        (GRAPH, {"most": 201}, "most"),
        (GRAPH, {"strength": "beauty"}, "strength"),
        (MATRIX, {"kind": "x"}, "kind"),
        (MATRIX, {"least_confidence": 101}, "least_confidence"),
        (SCATTER, {"x": "pk"}, "x"),
        (SCATTER, {"least_lift": "nan"}, "least_lift"),
        (SCATTER, {"first": "nowhere"}, "first"),
        (GRAPH, {"product": "\x00"}, "product"),
    ],
)
def test_what_cannot_be_is_named_beside_its_field(admin_client, rules, name, query, field):
    context = opened(admin_client, name, **query)

    assert list(context["form"].errors) == [field]
    assert context["picture"] is None


def test_a_matrix_sums_rules_orders_and_weighted_lift(admin_client, rules):
    make_rule("a", "c", orders=10)
    Rule.objects.filter(orders=10).update(weighted_lift=3.0)
    cell = {}
    for show in ("rules", "orders", "weighted_lift"):
        context = opened(admin_client, MATRIX, show=show)
        at = {name: place for place, name in enumerate(context["names"])}
        cell[show] = context["rows"][at["tea"]]["cells"][at["milk"]]
        assert context["rows"][at["milk"]]["cells"][at["tea"]]["value"] is None

    assert {show: one["value"] for show, one in cell.items()} == {"rules": 2, "orders": 30, "weighted_lift": 6.0}
    assert len(drawn(admin_client.get(cell["rules"]["url"]).context)) == 2


def test_smaller_categories_are_summed_as_others(admin_client, rules, monkeypatch):
    monkeypatch.setattr(rule_matrix, "MOST_CATEGORIES", 1)

    context = opened(admin_client, MATRIX)

    assert context["names"] == ["milk", "all others"]
    assert [[cell["value"] for cell in row["cells"]] for row in context["rows"]] == [[1, 1], [1, None]]
    assert "2 smaller categories" in " ".join(context["told"])
    assert context["rows"][0]["cells"][1]["url"] == ""


def test_published_categories_need_no_question_to_the_shop(admin_client, rules, monkeypatch):
    publish_items({key: {"category": name} for key, name in CATEGORIES.items()})
    monkeypatch.setattr(FakeCatalogue, "facts", lambda *_: pytest.fail("the shop was asked"))

    names = opened(admin_client, MATRIX)["names"]

    assert set(names) == {"tea", "milk", "jam"}


def test_without_any_category_all_rules_are_of_none(admin_client, rules, monkeypatch):
    monkeypatch.setattr(FakeCatalogue, "facts", lambda *_: {})

    assert opened(admin_client, MATRIX)["names"] == ["no category known"]


def test_a_scatter_has_the_chosen_measures_and_the_first_rules_in_words(admin_client, rules):
    context = opened(admin_client, SCATTER, x="orders", y="weighted_lift", sample="orders")

    assert [point[:3] for point in context["picture"]["points"]] == [
        (rules[2].pk, 80, 2.0),
        (rules[1].pk, 60, 4.0),
        (rules[0].pk, 20, 9.0),
    ]
    assert context["first"][0]["words"].startswith("80 of the 210 orders with Product c also had Product d")


def test_both_axes_may_be_the_same_measure_and_that_of_the_colour(admin_client, rules):
    points = opened(admin_client, SCATTER, x="lift", y="lift")["picture"]["points"]

    assert len(points) == 3
    assert all(x == y == lift == Rule.objects.get(pk=pk).lift for pk, x, y, lift in points)


@pytest.mark.parametrize("query", [{}, {"strength": "confidence"}])
def test_substitutes_are_the_stronger_the_less_often_they_are_bought_together(admin_client, rules, query):
    weaker = make_rule("b", "z", kind="substitute", orders=2)
    Rule.objects.filter(pk=weaker.pk).update(weighted_lift=0.25)

    context = opened(admin_client, GRAPH, kind="substitute", **query)

    assert drawn(context) == [rules[3].pk, weaker.pk]
    assert [link["strength_text"] for link in context["links"]] == ["10.00", "4.00"]
    assert "times less often than by chance" in " ".join(context["told"])


@pytest.mark.parametrize(("sample", "words"), [("confidence", "strongest by"), ("random", "random sample")])
def test_of_too_many_rules_it_says_which_are_shown(admin_client, rules, monkeypatch, sample, words):
    monkeypatch.setattr(rule_scatter, "MOST_POINTS", 2)

    context = opened(admin_client, SCATTER, sample=sample)

    assert len(context["picture"]["points"]) == 2
    assert words in " ".join(context["told"])


def test_chosen_points_are_told_in_words_those_of_the_live_version_alone(admin_client, rules):
    url = reverse("admin:recommendations_rule_scatter_rules")

    told = admin_client.get(url, {"ids": f"{rules[1].pk},999999999999999999999,x,{rules[0].pk}"}).json()["rules"]

    assert [rule["id"] for rule in told] == [rules[1].pk, rules[0].pk]
    assert admin_client.get(url).json() == {"rules": []}


def test_a_hostile_title_stays_in_its_json(admin_client, rules, stocked):
    hostile = "</script><img src=x onerror=alert(1)>"
    stocked.shelf["a"] = Facts(key="a", title=hostile, url="/", image="javascript:alert(1)", categories=(hostile,))

    for name in (GRAPH, MATRIX, SCATTER):
        page = admin_client.get(reverse(name)).content.decode()
        assert "<img src=x" not in page
        assert "\\u003C/script\\u003E" in page or name == SCATTER


@pytest.mark.parametrize("name", ["graph", "graph_products", "matrix", "scatter", "scatter_rules"])
def test_who_may_not_see_rules_sees_no_picture_of_them(client, django_user_model, rules, name):
    user = django_user_model.objects.create_user("s", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="view_rule"))
    client.force_login(user)

    assert client.get(reverse(f"admin:recommendations_rule_{name}")).status_code == 403


@pytest.mark.sql
@pytest.mark.parametrize("name", [GRAPH, MATRIX, SCATTER])
def test_a_picture_costs_the_same_queries_for_4_rules_and_for_40(admin_client, rules, name):
    def cost(**query):
        with CaptureQueriesContext(connection) as captured:
            opened(admin_client, name, **query)
        return [query["sql"] for query in captured]

    cost()
    few = cost(first="milk")
    for number in range(36):
        make_rule(f"x{number}", f"y{number % 7}", orders=30 + number)
    many = cost(first="milk")

    assert len(few) == len(many) <= 14
    assert not [sql for sql in many if re.search(r"\bcount\(", sql, re.I)]


def test_the_pictures_of_a_shop_without_rules_open(admin_client, stocked):
    for name in (GRAPH, MATRIX, SCATTER):
        assert opened(admin_client, name)["form"].is_valid()


def test_the_list_links_to_each_picture(admin_client, rules):
    page = admin_client.get(reverse("admin:recommendations_rule_changelist")).content.decode()

    assert all(f'href="{reverse(name)}"' in page for name in (GRAPH, MATRIX, SCATTER))
