"""One shopper's page: what is kept of them and what they would be shown, at a constant cost, and who looked at it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommendations.catalogue import Facts
from recommendations.models import BrowseLog, Consent, EventKind, Impression, Rating, Shopper
from recommendations.services.merge import merge
from tests.factories import NOW, make_item, make_order

PARTS = ("now", "shown", "events", "orders", "ratings")
LIST = "/admin/recommendations/shopper/"
HOSTILE = "</script><img src=x onerror=alert(1)>"


def address(shopper, part="shown", **more):
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{reverse('admin:recommendations_shopper_person', args=[shopper.pk])}?part={part}{query}"


def text_of(client, shopper, part="shown"):
    answer = client.get(address(shopper, part))
    assert answer.status_code == 200
    return answer.content.decode()


def saw(shopper, item, at, **values):
    return BrowseLog.objects.create(
        event_id=uuid.uuid4(), shopper=shopper, item=item, at=at, body_digest="", **{"kind": "view", **values}
    )


@pytest.fixture
def shopper(furnish, stocked):
    for key in ("p0", "q0", "p1", "q1"):
        stocked.shelf[key] = Facts(key=key, title=f"Product {key}", url="/")
    furnish(2)
    return Shopper.objects.get(key="user:1")


def test_the_parts_show_what_this_shopper_did_and_not_what_others_did(admin_client, shopper):
    for part in PARTS[1:]:
        page = text_of(admin_client, shopper, part)
        assert "Product p1" in page
        assert "Product p0" not in page
    assert "shop-1" in text_of(admin_client, shopper, "orders")
    assert "4/5" in text_of(admin_client, shopper, "ratings")
    assert "undecided" in text_of(admin_client, shopper)


def test_a_list_says_what_was_clicked_before_and_after_it_was_counted(admin_client, shopper):
    impression = Impression.objects.get(shopper=shopper)
    BrowseLog.objects.filter(shopper=shopper).update(
        recommendation=impression.recommendation, kind=EventKind.CLICK, item=impression.items[0][0]
    )
    assert '<div class="basketry-outcome">clicked</div>' in text_of(admin_client, shopper)
    Impression.objects.filter(pk=impression.pk).update(outcome=[[1], [1]])
    assert '<div class="basketry-outcome">bought</div>' in text_of(admin_client, shopper)
    Impression.objects.filter(pk=impression.pk).update(outcome=[[], []])
    assert "basketry-outcome" not in text_of(admin_client, shopper)


def test_what_would_be_shown_now_comes_with_its_reasons(admin_client, shopper):
    answer = admin_client.get(address(shopper, "now"))
    assert answer.context["cards"]
    assert all(card["of"].reasons for card in answer.context["cards"])
    assert answer.context["cards"][0]["of"].reasons[0].text in answer.content.decode()
    Shopper.objects.filter(pk=shopper.pk).update(consent=Consent.REFUSED)
    assert "refused: nothing personal" in text_of(admin_client, shopper, "now")


@pytest.mark.sql
def test_events_go_on_from_page_to_page_newest_first_and_each_once(admin_client, shopper, monkeypatch):
    monkeypatch.setattr("recommendations.admin.shopper_parts.PER_PAGE", 4)
    item = make_item("seen")
    for minutes in (1, 2, 2, 2, 2, 2, 3, 4):
        saw(shopper, item, NOW - timedelta(minutes=minutes))
    found, query = [], address(shopper, "events")
    while query:
        answer = admin_client.get(query)
        found += [row["event"] for row in answer.context["rows"]]
        older = answer.context["older"]
        query = older and query.partition("?")[0] + older
    own = BrowseLog.objects.filter(shopper=shopper).order_by("-at", "-pk")
    assert found == list(own)
    assert len(found) == 9


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "٣", "1"])
def test_a_page_that_cannot_be_is_the_first_or_empty(admin_client, shopper, before):
    for part in PARTS:
        assert admin_client.get(address(shopper, part, before=before)).status_code == 200


def test_a_row_of_another_shopper_is_no_place_to_go_on_from(admin_client, shopper):
    other = BrowseLog.objects.exclude(shopper=shopper).first()
    assert admin_client.get(address(shopper, "events", before=other.pk)).context["rows"] == []


def test_each_part_costs_the_same_for_few_rows_and_for_many_and_counts_nothing(admin_client, shopper):
    def queries():
        found = {}
        for part in PARTS[1:]:
            with CaptureQueriesContext(connection) as captured:
                text_of(admin_client, shopper, part)
            found[part] = [query["sql"] for query in captured]
        return found

    text_of(admin_client, shopper)
    few = queries()
    for number in range(60):
        item = make_item(f"more-{number}")
        saw(shopper, item, NOW)
        Rating.objects.create(shopper=shopper, item=item, stars=3, rated_at=NOW)
        make_order(f"more-{number}", shopper=shopper.key)
        Impression.objects.create(
            recommendation=uuid.uuid4(),
            placement="product-related",
            shopper=shopper,
            items=[[item.pk, 1, "together", 0.5]],
            served_at=NOW,
            shown_at=NOW,
        )
    many = queries()
    assert {part: len(found) for part, found in few.items()} == {part: len(found) for part, found in many.items()}
    assert max(map(len, many.values())) <= 14
    assert not [one for found in many.values() for one in found if re.search(r"\bcount\(", one, re.I)]


def test_devices_lead_to_the_account_and_back(admin_client, shopper):
    visitor = f"anon:{uuid.uuid4()}"
    make_order("p1", shopper=visitor, key="as-a-visitor")
    merge(visitor=visitor, account=shopper.key, user_id=shopper.user_id)
    assert visitor in text_of(admin_client, shopper)
    assert "as-a-visitor" in text_of(admin_client, shopper, "orders")
    device = Shopper.objects.get(key=visitor)
    assert reverse("admin:recommendations_shopper_person", args=[shopper.pk]) in text_of(admin_client, device)


def test_hostile_titles_and_search_words_are_text(admin_client, shopper, stocked):
    stocked.shelf["p1"] = Facts(key="p1", title=HOSTILE, url="/")
    saw(shopper, None, NOW, kind="search", query=HOSTILE)
    for part in PARTS:
        assert "<img src=x" not in text_of(admin_client, shopper, part)


def test_a_broken_catalogue_leaves_the_keys(admin_client, shopper, stocked, monkeypatch):
    def broken(*_):
        raise RuntimeError("out of order")

    monkeypatch.setattr(stocked, "facts", broken)
    for part in PARTS:
        assert admin_client.get(address(shopper, part)).status_code == 200
    assert "p1" in text_of(admin_client, shopper, "orders")


def test_who_looked_at_whom_is_noted_once_an_hour(admin_client, admin_user, shopper):
    for part in PARTS:
        text_of(admin_client, shopper, part)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (admin_user, str(shopper.pk), "looked at")
    text_of(admin_client, Shopper.objects.get(key="user:0"))
    assert LogEntry.objects.count() == 2
    LogEntry.objects.update(action_time=timezone.now() - timedelta(minutes=61))
    text_of(admin_client, shopper)
    assert LogEntry.objects.count() == 3
    page = admin_client.get("/admin/recommendations/ruledecision/audit/").content.decode()
    assert page.count("looked at") == 3


def test_who_may_not_see_persons_is_refused_and_noted_nowhere(staff_client, shopper):
    client = staff_client("view_shopper", "view_order", "view_browselog")
    assert client.get(address(shopper)).status_code == 403
    assert client.get(LIST).status_code == 403
    assert not LogEntry.objects.exists()


def test_shoppers_are_found_by_key_login_mail_and_order(admin_client, shopper):
    user = shopper.user
    user.email = "ann@example.com"
    user.save()
    for words in ("user:1", user.username, "ann@example.com", "shop-1"):
        found = admin_client.get(LIST, {"q": words}).context["cl"].result_list
        assert [one.key for one in found] == ["user:1"], words
    assert list(admin_client.get(LIST, {"q": "user"}).context["cl"].result_list) == []
    assert reverse("admin:recommendations_shopper_person", args=[shopper.pk]) in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize("key", ["user:abc", "user:", f"user:{'9' * 40}"])
def test_a_key_that_names_no_account_has_no_login(admin_client, db, key):
    shopper = Shopper.objects.create(key=key)
    assert admin_client.get(address(shopper)).context["login"] is None


def test_a_key_names_the_login_before_anybody_logged_in(admin_client, admin_user):
    shopper = Shopper.objects.create(key=f"user:{admin_user.pk}")
    assert admin_client.get(address(shopper)).context["login"] == admin_user


def test_a_shopper_that_is_not_there_is_not_found(admin_client, db):
    for pk in (1, 9**30):
        assert admin_client.get(f"{LIST}{pk}/person/").status_code == 404
