import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.utils import timezone

from recommendations.models import BrowseLog, Impression, Order, Rating, Shopper
from recommendations.services import record, recount
from recommendations.services.identify import SALT, consent_of, set_consent
from recommendations.services.merge import merge, move_late_rows
from tests.factories import NOW, fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]


@pytest.fixture
def account(django_user_model):
    return django_user_model.objects.create_user("ann")


def view(item, shopper):
    event = record.BrowseEvent.parse(
        {"event_id": str(uuid.uuid4()), "kind": "view", "item": item, "at": NOW.isoformat()}
    )
    record.events([event], shopper=shopper, now=NOW)


def merge_into(account, visitor="anon:1"):
    merge(visitor=visitor, account=f"user:{account.pk}", user_id=account.pk)


def test_what_a_visitor_did_becomes_the_accounts(account):
    view("a", "anon:1")
    make_order("a", "b", shopper="anon:1")
    record.rating(shopper="anon:1", product="a", stars=4, at=NOW)
    merge_into(account)
    target = Shopper.objects.get(key=f"user:{account.pk}")
    assert target.user == account
    for model in (BrowseLog, Order, Rating):
        assert model.objects.get().shopper == target


def test_merging_twice_changes_nothing(account):
    view("a", "anon:1")
    merge_into(account)
    merge_into(account)
    assert BrowseLog.objects.count() == 1
    assert Shopper.objects.get(key="anon:1").merged_into.key == f"user:{account.pk}"


def test_what_comes_late_under_the_old_cookie_goes_to_the_account(account):
    view("a", "anon:1")
    merge_into(account)
    view("b", "anon:1")
    assert set(BrowseLog.objects.values_list("shopper__key", flat=True)) == {f"user:{account.pk}"}


def test_the_accounts_own_rating_wins(account):
    record.rating(shopper=f"user:{account.pk}", product="a", stars=5, at=NOW)
    record.rating(shopper="anon:1", product="a", stars=1, at=NOW)
    merge_into(account)
    assert Rating.objects.get().stars == 5


@pytest.mark.parametrize("who", ["visitor", "account"])
def test_a_refusal_of_either_holds_for_both(account, who):
    key = "anon:1" if who == "visitor" else f"user:{account.pk}"
    set_consent(shopper_key=key, state="refused", now=NOW)
    view("a", "anon:1" if who == "account" else f"user:{account.pk}")
    merge_into(account)
    assert consent_of(f"user:{account.pk}") == consent_of("anon:1") == "refused"
    assert not BrowseLog.objects.exists()
    assert not Impression.objects.exists()


def test_what_a_visitor_without_a_trace_does_later_is_the_account_s(account):
    merge_into(account, visitor="anon:unseen")
    view("a", "anon:unseen")
    assert BrowseLog.objects.get().shopper.key == f"user:{account.pk}"


@pytest.mark.parametrize("consent", ["undecided", "refused"])
def test_rows_of_a_transaction_that_began_before_the_merge_are_moved_soon_after_once(account, consent):
    """Such rows name the visitor; they are made here as that transaction leaves them."""
    view("a", "anon:1")
    make_order("a", "b", shopper="anon:1")
    merge_into(account)
    set_consent(shopper_key=f"user:{account.pk}", state="granted", now=NOW)
    Shopper.objects.filter(key=f"user:{account.pk}").update(consent=consent)
    guest = Shopper.objects.get(key="anon:1")
    BrowseLog.objects.update(shopper=guest)
    Order.objects.update(shopper=guest, counted="counted")
    now = guest.merged_at + timedelta(minutes=1)
    for _ in range(2):
        move_late_rows(now=now)
        assert BrowseLog.objects.filter(shopper__key=f"user:{account.pk}").count() == (consent != "refused")
        assert list(Order.objects.values_list("shopper__key", "counted")) == [(f"user:{account.pk}", "pending")]
    assert not BrowseLog.objects.filter(shopper=guest).exists()


def test_looking_for_late_rows_is_one_query_when_nobody_merged_lately(account, django_assert_num_queries):
    merge_into(account)
    with django_assert_num_queries(1):
        move_late_rows(now=timezone.now() + timedelta(hours=1))


def test_whatever_the_order_counts_equal_a_recount(account):
    for when in ("before", "between", "after"):
        make_order("a", "b", shopper="anon:1", key=when)
        if when != "before":
            merge_into(account)
        fold_all(now=NOW)
    assert recount.check() == []
    assert set(Order.objects.values_list("counted_shopper", flat=True)) == {
        Shopper.objects.get(key=f"user:{account.pk}").pk
    }


def test_login_merges_the_visitor(rf, account):
    visitor = uuid.uuid4()
    view("a", f"anon:{visitor}")
    request = rf.post("/")
    request.COOKIES["basketry_visitor"] = signing.dumps(str(visitor), salt=SALT)
    user_logged_in.send(type(account), request=request, user=account)
    assert Shopper.objects.get(key=f"anon:{visitor}").merged_into.user == account
    assert BrowseLog.objects.get().shopper.user == account
