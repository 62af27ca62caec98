import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommendations.data.orders import ReturnedLine
from recommendations.models import (
    Amendment,
    BrowseLog,
    ChangedDay,
    Consent,
    ErasedKey,
    Impression,
    ItemCount,
    ItemExposure,
    JobKind,
    Order,
    OrderLine,
    PairCount,
    Rating,
    Shopper,
)
from recommendations.selectors.erased import shopper_digests
from recommendations.selectors.orders import held_baskets
from recommendations.selectors.persons import person
from recommendations.services import audit, due, exposures, record, recount, tokens
from recommendations.services import erase as erase_module
from recommendations.services.erase import Kept, erase, kept_of
from recommendations.services.erasing import delete_erased, is_due
from recommendations.services.fold import fold
from recommendations.services.identify import consent_of, set_consent
from recommendations.services.merge import LATE, merge
from tests.factories import NOW, fold_all, make_item, make_order, placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

LATER = NOW + timedelta(hours=1)
BEFORE = NOW - timedelta(days=3)


@pytest.fixture
def account(django_user_model):
    return django_user_model.objects.create_user("ann", pk=42)


def view(item, shopper, *, at=NOW, now=NOW, event_id=None):
    given = {"event_id": str(event_id or uuid.uuid4()), "kind": "view", "item": item, "at": at.isoformat()}
    return record.events([record.BrowseEvent.parse(given)], shopper=shopper, now=now)[0].status


def show(shopper, *, at):
    entries = ((make_item("a").pk, 1, "pairs", 1.0),)
    token = tokens.sign(tokens.Shown(id=uuid.uuid4(), placement="home", at=at, items=entries))
    return token, record.impressions([token], shopper=shopper, now=at)[0].status


def delete_all(now=NOW):
    return delete_erased(now=now, progress=lambda *_: None, still_ours=lambda: None)


def finish():
    """What the schedule does in the next minutes."""
    delete_all()
    fold_all()
    delete_all(now=NOW + LATE)


def live(shopper="user:42"):
    """An account that was the visitor anon:1, with all that can be kept of it; and another shopper's order."""
    view("a", "anon:1", at=BEFORE)
    show("anon:1", at=BEFORE)
    make_order("a", "b", shopper="anon:1", key="o1", at=BEFORE)
    merge(visitor="anon:1", account=shopper, user_id=42)
    make_order("a", "b", "c", shopper=shopper, key="o2", at=BEFORE)
    record.rating(shopper=shopper, product="a", stars=4, at=NOW)
    record.refund(order_key="o2", key="r1", at=NOW, lines=[ReturnedLine("c", 1)])
    record.returned(key="r2", shopper=shopper, product="e", quantity=1, at=NOW)
    make_order("a", "d", shopper="user:7", key="o3", at=BEFORE)
    fold_all()


def left_of(shopper_id):
    models = (BrowseLog, Impression, Rating, Order, Amendment)
    return [model.__name__ for model in models if model.objects.filter(shopper=shopper_id).exists()]


@pytest.mark.parametrize("key", ["user:42", "anon:1"])
def test_an_account_goes_with_all_it_was_by_any_of_its_keys(account, key):
    live()
    assert kept_of(key) == Kept(visitors=1, events=1, impressions=1, ratings=1, orders=2)
    assert erase(key, now=NOW)
    assert kept_of(key) == Kept()
    finish()
    assert list(Shopper.objects.values_list("key", flat=True)) == ["user:7"]
    assert list(Order.objects.values_list("key", flat=True)) == ["o3"]
    assert OrderLine.objects.count() == 2
    for model in (BrowseLog, Impression, Rating, Amendment):
        assert not model.objects.exists()
    assert dict(ItemCount.objects.values_list("item__key", "orders")) == {"a": 1, "d": 1}
    assert recount.check() == []
    assert not is_due(now=NOW + LATE)


def test_from_the_first_commit_on_nothing_is_known_of_them(account):
    live()
    erase("user:42", now=NOW)
    for key in ("user:42", "anon:1"):
        assert person(key, since=BEFORE).consent is None
        assert person(key, since=BEFORE).history.item_ids.size == 0
    assert not Shopper.objects.filter(user=account).exists()
    assert not Shopper.objects.filter(merged_into__isnull=False).exists()
    assert set(Shopper.objects.erased().values_list("consent", flat=True)) == {Consent.REFUSED}


def test_twice_is_once(account):
    live()
    assert erase("user:42", now=NOW)
    assert not erase("user:42", now=NOW)
    finish()
    assert not erase("user:42", now=NOW)
    assert not delete_all()["orders"]


def test_nobody_is_erased_by_a_name_that_a_row_has_after_it(account):
    live()
    erase("user:42", now=NOW)
    nameless = Shopper.objects.erased().first()
    assert not erase(nameless.key, now=LATER)
    assert ErasedKey.objects.count() == 2


def test_an_order_stays_for_as_long_as_the_counts_hold_it(account):
    live()
    erase("user:42", now=NOW)
    delete_all()
    assert Order.objects.count() == 3
    assert recount.check() == []
    fold(now=NOW)
    assert set(Order.objects.filter(status="erased").values_list("excluded", "counted_items")) == {("erased", None)}
    delete_all()
    assert Order.objects.count() == 1
    assert recount.check() == []


def test_orders_that_nothing_counts_go_at_once(account):
    make_order("a", "b", shopper="user:42")
    Order.objects.update(counted="quarantined", quarantine_reason="x")
    make_order("a", "b", shopper="user:42", key="waits")
    Order.objects.filter(key="waits").update(counted="waiting")
    erase("user:42", now=NOW)
    assert delete_all()["orders"] == 2


def test_an_order_in_quarantine_leaves_the_counts_that_hold_it(account):
    make_order("a", "b", shopper="user:42")
    fold_all()
    Order.objects.update(counted="quarantined", quarantine_reason="x")
    erase("user:42", now=NOW)
    finish()
    assert not Order.objects.exists()
    assert not ItemCount.objects.exists()


@pytest.mark.parametrize("shopper", ["user:42", "anon:1", None])
def test_an_order_of_theirs_never_comes_back_under_whatever_name(account, shopper):
    live()
    erase("user:42", now=NOW)
    finish()
    again = record.order(placed_order("a", "b", shopper=shopper, key="o1", at=BEFORE))
    assert (again.id, again.created) == (0, False)
    both = [placed_order("a", shopper="user:7", key="o8"), placed_order("a", "b", shopper=shopper, key="o1", at=BEFORE)]
    assert [one.created for one in record.orders(both)] == [True, False]
    assert list(Order.objects.order_by("key").values_list("key", flat=True)) == ["o3", "o8"]
    assert record.cancel(order_key="o1", key="c", at=LATER).id == 0
    assert record.refund(order_key="o1", key="c", at=LATER).id == 0


def test_a_history_that_is_filled_in_later_brings_nobody_back(account):
    erase("user:42", now=NOW)
    old, new = (placed_order("a", "b", shopper="user:42", at=at) for at in (BEFORE, LATER))
    assert [bool(one.id) for one in record.orders([old, new])] == [False, True]
    assert Order.objects.get().shopper.key == "user:42"


def test_erased_is_not_banned(account):
    live()
    erase("user:42", now=NOW)
    view("a", "user:42", at=LATER, now=LATER)
    make_order("a", "b", shopper="user:42", at=LATER, key="new")
    finish()
    newcomer = Shopper.objects.get(key="user:42")
    assert left_of(newcomer.pk) == ["BrowseLog", "Order"]
    assert newcomer.erased_at is None
    assert erase("user:42", now=LATER + LATE)
    finish()
    assert erase("user:42", now=LATER + LATE) is False


def test_an_event_of_before_that_comes_late_is_refused(account):
    live()
    early, _ = show("user:42", at=BEFORE)
    erase("user:42", now=NOW)
    for shopper in ("user:42", "anon:1"):
        assert view("a", shopper, at=BEFORE, now=LATER) == "refused"
        assert record.impressions([early], shopper=shopper, now=LATER)[0].status == "refused"
    assert not Shopper.objects.filter(key__in=["user:42", "anon:1"]).exists()
    assert view("a", "anon:1", at=LATER, now=LATER) == "recorded"


def test_a_digest_made_with_a_former_secret_still_knows_its_key(account, settings):
    make_order("a", "b", shopper="anon:1", key="o1")
    erase("anon:1", now=NOW)
    finish()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-for-signing-things"
    assert record.order(placed_order("a", "b", shopper=None, key="o1")).id == 0
    assert view("a", "anon:1", at=BEFORE, now=LATER) == "refused"


def test_who_had_refused_has_still_refused(account):
    live()
    set_consent(shopper_key="user:42", state="refused", now=NOW)
    erase("user:42", now=NOW)
    finish()
    assert consent_of("user:42") == consent_of("anon:1") == Consent.REFUSED
    assert view("a", "anon:1", at=LATER, now=LATER) == "refused"
    assert [left_of(pk) for pk in Shopper.objects.exclude(key="user:7").values_list("pk", flat=True)] == [[], []]


def test_what_was_learnt_of_what_they_were_shown_is_taken_back(account):
    show("user:42", at=BEFORE)
    exposures.count_batch(now=NOW)
    assert ItemExposure.objects.get().impressions == 1
    erase("user:42", now=NOW)
    delete_all()
    assert not ItemExposure.objects.exists()
    assert BEFORE.date() in ChangedDay.objects.values_list("day", flat=True)


def test_a_transaction_that_began_before_is_caught_up_with(account, django_user_model):
    """It still names the row of old, and a visitor may be becoming the account."""
    live()
    old = Shopper.objects.get(key="user:42")
    erase("user:42", now=NOW)
    finish_early = delete_all()
    assert finish_early["shoppers"] == 0
    make_order("a", "b", shopper="user:7", key="late")
    Order.objects.filter(key="late").update(shopper=old)
    Shopper.objects.create(key="anon:late", merged_into=old, merged_at=NOW)
    assert is_due(now=NOW)
    finish()
    assert list(Shopper.objects.values_list("key", flat=True)) == ["user:7"]
    assert list(Order.objects.values_list("key", flat=True)) == ["o3"]
    assert ErasedKey.objects.filter(digest__in=shopper_digests("anon:late")).exists()


def test_a_large_history_goes_in_short_transactions(monkeypatch, django_assert_max_num_queries):
    for number in range(7):
        view("a", "user:42", at=NOW - timedelta(minutes=number))
    monkeypatch.setattr("recommendations.services.erasing.AT_ONCE", 3)
    with django_assert_max_num_queries(12):
        erase("user:42", now=NOW)
    commits = []
    delete_erased(now=NOW, progress=lambda *_: commits.append(BrowseLog.objects.count()), still_ours=lambda: None)
    assert commits == [4, 1, 0]


def test_the_schedule_asks_for_the_job_while_there_is_something_to_delete(account):
    def is_asked(now):
        return JobKind.ERASE in [kind for kind, _ in due.due(now=now)]

    live()
    assert not is_asked(NOW)
    erase("user:42", now=NOW)
    assert is_asked(NOW)
    delete_all()
    assert not is_asked(NOW)
    fold_all()
    assert is_asked(NOW)
    delete_all()
    assert not is_asked(NOW)
    assert is_asked(NOW + LATE)
    delete_all(now=NOW + LATE)
    assert not is_asked(NOW + LATE)


def test_the_log_has_one_entry_by_a_digest_and_looks_lose_the_name(account, admin_user, caplog):
    live()
    audit.note_look(Shopper.objects.get(key="user:42"), user_id=admin_user.pk, now=NOW)
    erase("user:42", now=NOW, user_id=admin_user.pk)
    look, erasure = LogEntry.objects.order_by("pk")
    assert look.object_repr == ""
    assert shopper_digests("user:42")[0] in erasure.change_message
    assert "user:42" not in erasure.object_repr + erasure.change_message
    caplog.set_level("INFO", erase_module.__name__)
    erase("user:7", now=NOW)
    assert LogEntry.objects.count() == 2
    assert shopper_digests("user:7")[0] in caplog.text
    assert "user:7" not in caplog.text


WHO = st.sampled_from(["user:42", "anon:1", "user:7", "user:8", None])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.tuples(WHO, st.sets(st.sampled_from("abcde"), min_size=1))),
        st.tuples(st.just("refund"), st.integers(0, 20)),
        st.tuples(st.just("merge"), st.none()),
        st.tuples(st.just("fold"), st.none()),
        st.tuples(st.just("rebuild"), st.none()),
        st.tuples(st.just("delete"), st.none()),
        st.tuples(st.just("erase"), st.none()),
    ),
    max_size=20,
)
HIS = ("user:42", "anon:1")


def state():
    """The counts, and what mining and the guard read: who bought which basket."""
    keys = dict(Shopper.objects.values_list("pk", "key"))
    baskets, shoppers, _times = held_baskets()
    rows = [
        (sorted(baskets.items[start:end].tolist()), keys.get(shopper))
        for start, end, shopper in zip(baskets.offsets, baskets.offsets[1:], shoppers.tolist(), strict=False)
    ]
    items = sorted(ItemCount.objects.values_list("item__key", "orders"))
    pairs = sorted(PairCount.objects.values_list("low__key", "high__key", "orders", "weight", "share", "share_square"))
    return items, pairs, sorted(rows, key=str)


def happen(changes, *, with_him):  # noqa: C901
    """Do it all, or all that is not his; in the end he is erased, and everything is done that is to be done."""
    orders = []
    for number, (change, what) in enumerate(changes):
        at = BEFORE + timedelta(hours=number)
        if change == "order":
            who, items = what
            orders.append(None)
            if with_him or who not in HIS:
                made = make_order(*sorted(items), shopper=who, key=f"o{number}", quantity=2, at=at)
                orders[-1] = made.key
        elif change == "refund" and orders and (key := orders[what % len(orders)]):
            record.refund(order_key=key, key=f"r{number}", at=NOW)
        elif change == "merge" and with_him:
            merge(visitor="anon:1", account="user:42", user_id=None)
        elif change == "fold":
            fold(now=NOW)
        elif change == "rebuild":
            recount.rebuild(now=NOW)
        elif change == "delete":
            delete_all()
        elif change == "erase" and with_him:
            for key in HIS:
                erase(key, now=at)
        assert recount.check() == []
    for key in HIS if with_him else ():
        erase(key, now=NOW)
    finish()
    assert recount.check() == []
    return state()


@given(CHANGES)
@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_the_end_it_is_as_if_their_orders_had_never_been(changes):
    for key in "abcde":
        make_item(key)
    found = []
    for with_him in (True, False):
        sid = transaction.savepoint()
        try:
            found.append(happen(changes, with_him=with_him))
            if with_him:
                assert not Shopper.objects.filter(key__in=HIS).exists()
        finally:
            transaction.savepoint_rollback(sid)
    assert found[0] == found[1]
