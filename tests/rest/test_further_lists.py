"""The further lists of the API: of the asking shopper, of the whole shop, by intent, in order, and what was shown."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from recommendations.exceptions import ConsentRefused
from recommendations.models import Consent, Rating, Shopper
from recommendations.services import record
from recommendations.services.identify import set_consent
from tests.factories import fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]

MINE = ["recommendations", "buy-again", "new-for-you", "because-viewed", "recently-viewed"]
WHOLE_SHOP = ["popular", "trending", "new", "offers"]
BATCH, CART = "/api/v1/batch/", "/api/v1/cart/related/"
RANK, RATINGS, MERGE = "/api/v1/rank/", "/api/v1/ratings/", "/api/v1/me/merge/"


def post(client, url, body):
    return client.post(url, json.dumps(body), content_type="application/json")


@pytest.fixture(autouse=True)
def sold(stocked):
    """`a` was sold three times, `b` twice, `c` once."""
    for other in "bbc":
        make_order("a", other)
    fold_all()
    return stocked


@pytest.fixture
def ann(client, django_user_model):
    """A client that is logged in."""
    client.force_login(django_user_model.objects.create_user("ann"))
    return client


@pytest.mark.parametrize("name", [*(f"me/{name}" for name in MINE), *WHOLE_SHOP])
def test_every_list_has_the_same_shape_and_is_nobody_else_s(client, name):
    answer = client.get(f"/api/v1/{name}/", {"limit": 2})
    assert answer.status_code == 200, answer.content
    assert list(answer.json()) == ["recommendation_id", "placement", "as_of", "fallback", "items"]
    assert answer["Cache-Control"] == "private, no-store"
    bad = client.get(f"/api/v1/{name}/", {"limt": 2})
    assert (bad.status_code, list(bad.json()["errors"])) == (400, ["limt"])


@pytest.mark.parametrize("name", WHOLE_SHOP)
def test_a_list_of_the_whole_shop_can_be_one_of_a_category(client, name):
    assert client.get(f"/api/v1/{name}/", {"category": "things"}).status_code == 200
    for category in ("", "%00", "x" * 201):
        answer = client.get(f"/api/v1/{name}/?category={category}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["category"])


@pytest.mark.parametrize(
    ("intent", "placement"),
    [
        ("complement", "product-related"),
        ("substitute", "product-substitutes"),
        ("similar", "product-similar"),
        ("viewed", "product-viewed"),
    ],
)
def test_an_intent_chooses_what_goes_with_a_product(client, intent, placement):
    answer = client.get("/api/v1/items/a/related/", {"intent": intent})
    assert (answer.status_code, answer.json()["placement"]) == (200, placement)
    bad = client.get("/api/v1/items/a/related/", {"intent": "magic"})
    assert bad.json()["errors"]["intent"] == ["must be one of complement, substitute, similar, viewed, not 'magic'"]


LISTS = ["items/a/related/", "me/recommendations/", "me/buy-again/", "me/recently-viewed/", "popular/", "offers/"]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_can_be_of_a_category_and_as_diverse_as_wanted(client, path):
    answer = client.get(f"/api/v1/{path}", {"category": "none", "diversity": "0.5"})
    assert (answer.status_code, answer.json()["items"], answer.json()["fallback"]) == (200, [], True)
    for value in ("", "-0.1", "1.01", "nan", "inf", "1e-1", "0_1", "\u0661", " 0.5", "0,5", "9" * 400, "0.5\n"):
        refused = client.get(f"/api/v1/{path}", {"diversity": value})
        assert refused.status_code == 400
        (message,) = refused.json()["errors"]["diversity"]
        assert message.startswith("must be a number from 0 to 1, not ")
    twice = client.get(f"/api/v1/{path}?category=a&category=b")
    assert twice.json()["errors"] == {"category": ["must be given once"]}


def test_a_cart_and_a_batch_can_be_of_a_category(client):
    body = {"category": "things", "diversity": 1}
    answer = post(client, "/api/v1/cart/related/", {"items": ["a"], **body})
    assert answer.json()["items"][0]["item"] == "b"
    one = {"strategy": "related", "products": ["a"], **body}
    (made,) = post(client, BATCH, {"lists": [one]}).json()["lists"]
    assert made["items"][0]["item"] == "b"
    (made,) = post(client, BATCH, {"lists": [{**one, "category": "none"}]}).json()["lists"]
    assert (made["items"], made["fallback"]) == ([], True)
    for wrong in ({"category": 5}, {"diversity": "1"}, {"diversity": [1]}):
        answer = post(client, "/api/v1/cart/related/", {"items": ["a"], **wrong})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(wrong))


def test_a_batch_makes_distinct_lists_of_one_shape(client):
    body = {"lists": [{"strategy": "related", "products": ["a"], "limit": 1}, {"strategy": "for_you", "limit": 3}]}
    first, second = post(client, BATCH, body).json()["lists"]
    assert list(first) == list(second) == list(client.get("/api/v1/popular/").json())
    assert [one["item"] for one in first["items"]] == ["b"]
    assert "b" not in [one["item"] for one in second["items"]]
    again = post(client, BATCH, {**body, "distinct": False}).json()["lists"][1]
    assert "b" in [one["item"] for one in again["items"]]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "lists"),
        ({"lists": []}, "lists"),
        ({"lists": [{"strategy": "for_you"}] * 11}, "lists"),
        ({"lists": ["for_you"]}, "lists"),
        ({"lists": [{}]}, "strategy"),
        ({"lists": [{"strategy": "magic"}]}, "strategy"),
        ({"lists": [{"strategy": ["related"]}]}, "strategy"),
        ({"lists": [{"strategy": "related"}]}, "products"),
        ({"lists": [{"strategy": "related", "products": [["a"]]}]}, "products"),
        ({"lists": [{"strategy": "cart", "products": ["\ud800"]}]}, "products"),
        ({"lists": [{"strategy": "blend"}]}, "placement"),
        ({"lists": [{"strategy": "trending", "category": 5}]}, "category"),
        ({"lists": [{"strategy": "for_you", "limit": 10**400}]}, "limit"),
        ({"lists": [{"strategy": "for_you", "diversity": 10**400}]}, "diversity"),
        ({"lists": [{"strategy": "for_you", "diversity": "0.5"}]}, "diversity"),
        ({"lists": [{"strategy": "for_you", "diversity": False}]}, "diversity"),
        ({"lists": [{"strategy": "for_you", "shopper": "user:1"}]}, "shopper"),
        ({"lists": [{"strategy": "for_you", "explain": 1}]}, "explain"),
        ({"lists": [{"strategy": "for_you"}], "distinct": "yes"}, "distinct"),
    ],
)
def test_a_bad_batch_is_named(client, body, name):
    answer = post(client, BATCH, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_staff_see_every_candidate_and_nobody_else_does(client, admin_client):
    url = "/api/v1/items/a/related/"
    assert client.get(url, {"explain": 1}).status_code == 403
    assert post(client, CART, {"items": ["a"], "explain": True}).status_code == 403
    assert post(client, BATCH, {"lists": [{"strategy": "for_you", "explain": True}]}).status_code == 403
    assert list(client.get(url, {"explain": "yes"}).json()["errors"]) == ["explain"]
    body = admin_client.get(url, {"explain": "true", "exclude": "b"}).json()
    told = {one["item"]: (one["rank"], one["removed"]) for one in body["considered"]}
    assert told["c"] == (1, None)
    assert told["b"] == (None, "excluded")
    assert "considered" not in admin_client.get(url).json()


def test_ranking_gives_every_item_back_once_best_sellers_first_and_the_unknown_last_as_given(client):
    body = post(client, RANK, {"items": ["y", "c", "made-up", "a", "b", "c"]}).json()
    assert body["fallback"] is True
    assert [(one["item"], one["rank"], one["score"], one["source"]) for one in body["items"]] == [
        ("a", 1, 3.0, "popular"),
        ("b", 2, 2.0, "popular"),
        ("c", 3, 1.0, "popular"),
        ("y", 4, None, None),
        ("made-up", 5, None, None),
    ]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "items"),
        ({"items": "a"}, "items"),
        ({"items": [["a"]]}, "items"),
        ({"items": [{"a": 1}]}, "items"),
        ({"items": ["\ud800"]}, "items"),
        ({"items": ["a"] * 1_001}, "items"),
        ({"items": ["a"], "shopper": "user:1"}, "shopper"),
        ("[" * 100_000, "body"),
    ],
)
def test_a_bad_ranking_is_named(client, body, name):
    raw = body if isinstance(body, str) else json.dumps(body)
    answer = client.post(RANK, raw, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_a_recommendation_id_tells_what_was_shown(client, sold):
    answer = client.get("/api/v1/items/a/related/", {"limit": 2}).json()
    shown = client.get(f"/api/v1/recommendations/{answer['recommendation_id']}/").json()
    assert shown["placement"] == "product-related"
    assert [(one["item"], one["title"], one["rank"], one["source"]) for one in shown["items"]] == [
        ("b", "Product b", 1, "together"),
        ("c", "Product c", 2, "together"),
    ]


def test_a_shoppers_list_is_told_to_nobody_else_who_has_its_id(ann, django_user_model):
    url = f"/api/v1/recommendations/{ann.get('/api/v1/me/recommendations/').json()['recommendation_id']}/"
    assert ann.get(url).status_code == 200
    bob = Client()
    assert (bob.get(url).status_code, list(bob.get(url).json()["errors"])) == (400, ["recommendation"])
    bob.force_login(django_user_model.objects.create_user("bob"))
    assert bob.get(url).status_code == 400


@pytest.mark.parametrize("token", ["x", "a:b", "红茶", "%00", "x" * 9_000])
def test_another_text_is_no_recommendation_id(client, token):
    answer = client.get(f"/api/v1/recommendations/{token}/")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["recommendation"])


class TestRatings:
    def test_an_account_rates_changes_reads_and_takes_back(self, ann):
        first, second = post(ann, RATINGS, {"item": "a", "stars": 2}), post(ann, RATINGS, {"item": "a", "stars": 5})
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == second.json()["id"]
        (row,) = ann.get(RATINGS).json()["results"]
        assert (row["item"], row["stars"]) == ("a", 5)
        assert ann.delete(f"{RATINGS}a/").status_code == 204
        assert ann.delete(f"{RATINGS}a/").status_code == 404
        assert not Rating.objects.exists()

    def test_whoever_is_not_logged_in_has_no_stars_to_give(self, client):
        assert post(client, RATINGS, {"item": "a", "stars": 2}).status_code == 403
        assert client.get(RATINGS).status_code == 403
        assert client.delete(f"{RATINGS}a/").status_code == 403

    def test_nobody_sees_or_takes_back_another_s(self, ann, django_user_model):
        record.rating(shopper="user:999", product="a", stars=1, at=timezone.now())
        assert ann.get(RATINGS).json()["results"] == []
        assert ann.delete(f"{RATINGS}a/").status_code == 404
        theirs = Rating.objects.get().pk
        for after in (theirs, theirs + 1):
            assert ann.get(RATINGS, {"after": after}).status_code == 400, "that there is one is theirs to know, too"

    @pytest.mark.parametrize(
        ("body", "status", "name"),
        [
            ({"item": "a"}, 400, "stars"),
            ({"item": "a", "stars": 6}, 400, "stars"),
            ({"item": "a", "stars": "5"}, 400, "stars"),
            ({"item": "a", "stars": 10**400}, 400, "stars"),
            ({"stars": 5}, 400, "item"),
            ({"item": "unheard-of", "stars": 5}, 404, "item"),
            ({"item": "a", "stars": 5, "shopper": "user:1"}, 400, "shopper"),
        ],
    )
    def test_a_bad_rating_is_named(self, ann, body, status, name):
        answer = post(ann, RATINGS, body)
        assert (answer.status_code, list(answer.json()["errors"])) == (status, [name])

    def test_after_a_refusal_none_is_stored(self, ann):
        user_key = f"user:{ann.session['_auth_user_id']}"
        set_consent(shopper_key=user_key, state=Consent.REFUSED, now=timezone.now())
        answer = post(ann, RATINGS, {"item": "a", "stars": 2})
        assert (answer.status_code, list(answer.json()["errors"])) == (403, ["consent"])
        with pytest.raises(ConsentRefused):
            record.rating(shopper=user_key, product="a", stars=2, at=timezone.now())
        assert not Rating.objects.exists()

    def test_a_rating_needs_a_csrf_token(self, django_user_model):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(django_user_model.objects.create_user("bob"))
        assert post(strict, RATINGS, {"item": "a", "stars": 2}).status_code == 403


def test_the_visitor_of_the_cookie_becomes_the_account(client, django_user_model):
    event = {"event_id": "2f1c1e9e-8b5f-4a52-9c7e-0d8f4ad8f4a1", "kind": "view", "item": "a"}
    post(client, "/api/v1/events/", [{**event, "at": timezone.now().isoformat()}])
    visitor = Shopper.objects.get(key__startswith="anon:")
    assert post(client, MERGE, {}).status_code == 403
    user = django_user_model.objects.create_user("ann")
    # A session that began without Django's login signal, as a single sign-on's may.
    cookie = client.cookies["basketry_visitor"].value
    Client.force_login(client, user)
    Shopper.objects.filter(pk=visitor.pk).update(merged_into=None, merged_at=None)
    client.cookies["basketry_visitor"] = cookie
    assert post(client, MERGE, {}).json() == {"merged": True}
    visitor.refresh_from_db()
    assert visitor.merged_into.key == f"user:{user.pk}"
    del client.cookies["basketry_visitor"]
    assert post(client, MERGE, {}).json() == {"merged": False}
