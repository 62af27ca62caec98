"""Statistics of items: exact counts of two times, who bought again, versions that do not pile up."""

from collections import Counter, defaultdict
from datetime import timedelta

import numpy as np
import pytest

from recommendations import store
from recommendations.conf import store_dir
from recommendations.data.categories import NONE, ItemCategories
from recommendations.exceptions import LeaseLost, NotEnoughData
from recommendations.mining.trends import repeat_shares
from recommendations.models import Artefact, ArtefactKind, Item, JobKind, JobRun, JobState
from recommendations.selectors.item_sales import buyers, sales
from recommendations.services import jobs, perform, record
from recommendations.services.item_statistics import VERSIONS_KEPT, publish_statistics
from recommendations.testing import FakeCatalogue
from tests.factories import NOW, fold_all, make_order
from tests.services.artefacts import publish_items

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()


def published(now=NOW, **changes):
    publish_statistics(progress=lambda *_: None, now=now, **changes)
    loaded = store.live(ArtefactKind.ITEMS)
    keys = dict(Item.objects.values_list("pk", "key"))
    at = {keys[item]: place for place, item in enumerate(loaded.arrays["item_ids"].tolist())}
    return {key: {name: loaded.arrays[name][place] for name in ROWS} for key, place in at.items()}, loaded


ROWS = ("recent", "earlier", "usual", "trend", "sales", "buyers", "repeat_share", "first_ordered")


def week(number, *keys, orders=1, **options):
    """So many orders in the week before so many others, each by another shopper."""
    for one in range(orders):
        make_order(*keys, at=NOW - (7 * number + 3) * DAY, shopper=f"user:{one + 1}", **options)


@pytest.fixture
def ordered():
    """`a` is ordered ten times a week, `b` twenty times this week and twice before; one of each is taken back."""
    for number in range(5):
        week(number, "a", "z", orders=10)
    week(0, "b", orders=20)
    week(2, "b", orders=2)
    week(9, "old")
    order = make_order("a", "a", at=NOW - DAY, shopper="user:3")
    record.refund(order_key=order.key, key="1", at=NOW)
    cancelled = make_order("b", at=NOW - DAY)
    record.cancel(order_key=cancelled.key, key="1", at=NOW)
    fold_all()


def test_orders_are_counted_as_the_counts_hold_them(ordered):
    found, loaded = published()
    assert [found["a"][name] for name in ("recent", "earlier", "usual")] == [10, 40, 10]
    assert [found["b"][name] for name in ("recent", "earlier", "usual")] == [20, 2, 0.5]
    assert found["old"]["recent"] == found["old"]["earlier"] == found["old"]["sales"] == 0
    assert loaded.arrays["window_orders"].tolist() == [30, 42]
    assert found["b"]["trend"] > 1 > found["a"]["trend"]
    assert found["b"]["sales"] == pytest.approx(20 * 0.85 + 2 * 0.38)


def test_who_bought_again_is_told_of_known_shoppers(ordered):
    make_order("b", shopper=None, at=NOW - 2 * DAY)
    make_order("b", shopper=None, at=NOW - 2 * DAY)
    fold_all()
    found, loaded = published()
    again = {"a": 10, "b": 2, "z": 10, "old": 0}
    known = {"a": 10, "b": 20, "z": 10, "old": 1}
    names = sorted(known)
    shares = repeat_shares(np.array([known[key] for key in names]), np.array([again[key] for key in names]))
    assert {key: found[key]["buyers"] for key in names} == known
    assert [found[key]["repeat_share"] for key in names] == pytest.approx(shares)
    assert loaded.metrics["repeat_mean"] == 22 / 41
    days = (NOW - timedelta(days=66)).timestamp() // 86_400
    assert found["old"]["first_ordered"] == days


def test_both_aggregates_agree_with_a_count_by_hand():
    random = np.random.default_rng(3)
    placed = []
    for _ in range(120):
        keys = sorted(set(random.choice(list("abcdef"), 3)))
        shopper = random.choice(["user:1", "user:2", "user:3", None])
        at = NOW - timedelta(minutes=int(random.integers(1, 60 * 24 * 60)))
        make_order(*keys, shopper=shopper, at=at)
        placed.append((keys, shopper, at))
    fold_all()
    since, then = NOW - timedelta(days=35), NOW - timedelta(days=7)
    keys = dict(Item.objects.values_list("pk", "key"))
    sold, bought = sales(since=since, then=then, until=NOW), buyers(until=NOW)
    recent = Counter(key for items, _, at in placed if at >= then for key in items)
    earlier = Counter(key for items, _, at in placed if since <= at < then for key in items)
    first, times, people = {}, defaultdict(Counter), defaultdict(set)
    for number, (items, shopper, at) in enumerate(placed):
        for key in items:
            first[key] = min(first.get(key, at), at)
            if shopper:
                times[key][shopper] += 1
            if at >= then:
                people[key].add(shopper or number)
    rows = zip(sold.item_ids.tolist(), sold.recent.tolist(), sold.earlier.tolist(), sold.buyers.tolist(), strict=True)
    assert {keys[item]: told for item, *told in rows} == {
        key: [recent[key], earlier[key], len(people[key])] for key in {*recent, *earlier}
    }
    assert (sold.recent_total, sold.earlier_total) == (
        sum(at >= then for _, _, at in placed),
        sum(since <= at < then for _, _, at in placed),
    )
    rows = zip(bought.item_ids.tolist(), bought.buyers.tolist(), bought.again.tolist(), bought.first_day, strict=True)
    assert {keys[item]: told for item, *told in rows} == {
        key: [len(times[key]), sum(number > 1 for number in times[key].values()), at.timestamp() // 86_400]
        for key, at in first.items()
    }


def test_a_young_shop_has_fewer_usual_weeks():
    week(1, "a", orders=4)
    fold_all()
    assert published()[0]["a"]["usual"] == 4


def test_who_bought_again_is_counted_once_a_day_and_a_new_item_has_the_shops_share(ordered, monkeypatch):
    for number in range(40):
        week(20 + number, "z", orders=1)
    fold_all()
    before, _ = published()
    make_order("new", "b", at=NOW + timedelta(minutes=1))
    fold_all(NOW + timedelta(minutes=2))
    soon, loaded = published(NOW + timedelta(hours=23))
    assert soon["b"]["recent"] == before["b"]["recent"] + 1
    assert soon["b"]["buyers"] == before["b"]["buyers"]
    assert soon["new"]["repeat_share"] == pytest.approx(loaded.metrics["repeat_mean"])
    assert soon["new"]["first_ordered"] == NOW.timestamp() // 86_400
    later, _ = published(NOW + DAY)
    assert later["new"]["buyers"] == 1


def test_a_back_fill_makes_who_bought_again_be_counted_at_once(ordered):
    published()
    week(12, "b", orders=30)
    fold_all()
    assert published(NOW + timedelta(minutes=5))[0]["b"]["buyers"] == 30


def test_without_orders_there_are_no_statistics():
    with pytest.raises(NotEnoughData):
        published()


def test_few_versions_are_kept(ordered):
    for number in range(VERSIONS_KEPT + 3):
        published(NOW + timedelta(minutes=number))
    kept = Artefact.objects.filter(kind=ArtefactKind.ITEMS)
    assert kept.count() == VERSIONS_KEPT
    assert {path.name for path in store_dir().iterdir()} == set(kept.values_list("file", flat=True))


def test_the_job_publishes_and_its_old_runs_go(ordered, monkeypatch):
    monkeypatch.setattr(perform, "RUNS_KEPT", 2)
    for number in range(4):
        run, _ = jobs.request(JobKind.STATISTICS, slot=str(number))
        perform.perform(jobs.claim(run.pk, now=NOW))
    # The run at work is none that ended yet.
    runs = JobRun.objects.filter(kind=JobKind.STATISTICS).order_by("id")
    assert list(runs.values_list("slot", "state")) == [(str(number), JobState.DONE) for number in (1, 2, 3)]
    assert runs.last().result["items"] == 4


def test_statistics_of_a_lost_lease_are_not_published(ordered):
    def lost():
        raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        published(still_ours=lost)
    assert not Artefact.objects.exists()
    assert not list(store_dir().iterdir())


def test_categories_are_asked_for_once_a_day_and_a_new_item_has_none_until_then(ordered, monkeypatch):
    asked, stream = [], FakeCatalogue.stream
    monkeypatch.setattr(FakeCatalogue, "stream", lambda *given: asked.append(1) or stream(*given))
    for number in range(40):
        week(20 + number, "z", orders=1)
    fold_all()

    def categories(now):
        published(now)
        known = ItemCategories.from_arrays(store.live(ArtefactKind.ITEMS).arrays)
        keys = dict(Item.objects.values_list("pk", "key"))
        named = zip(known.item_ids.tolist(), known.codes.tolist(), strict=True)
        return {keys[item]: known.names[code] for item, code in named}

    assert categories(NOW) == {"a": "things", "b": "things", "z": "things", "old": NONE}
    make_order("c", "b", at=NOW + timedelta(minutes=1))
    fold_all(NOW + timedelta(minutes=2))
    assert categories(NOW + timedelta(hours=23)) == {
        "a": "things",
        "b": "things",
        "c": NONE,
        "z": "things",
        "old": NONE,
    }
    assert len(asked) == 1
    assert categories(NOW + timedelta(hours=25))["c"] == "things"


def test_a_version_from_before_there_were_categories_is_made_anew(ordered):
    publish_items({"a": {}})

    published(NOW)

    assert ItemCategories.from_arrays(store.live(ArtefactKind.ITEMS).arrays) is not None
