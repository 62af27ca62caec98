"""Shops that are too small, too empty or too odd to learn from: a clear state, and lists all the same."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from recommendations import store
from recommendations.conf import store_dir
from recommendations.data.orders import PlacedLine, PlacedOrder
from recommendations.exceptions import NotEnoughData
from recommendations.models import Artefact, Item, JobKind, JobRun, JobState
from recommendations.services import jobs, perform, record
from recommendations.services.train import train
from tests.factories import NOW, fold_all, tiny_network
from tests.services.asking import for_you, items

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(settings, tmp_path, stocked):
    changes = {"STORE_DIR": str(tmp_path), "TRAIN_EPOCHS": 2, "TRAIN_FACTORS": 4}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changes}
    store._loaded.clear()
    return stocked


def place(baskets):
    """One order a basket, an hour apart; (shopper, items) each."""
    record.orders(
        [
            PlacedOrder(
                f"o{number}",
                tuple(PlacedLine(item, 1, 1) for item in basket),
                NOW - timedelta(hours=len(baskets) - number),
                "EUR",
                shopper,
            )
            for number, (shopper, basket) in enumerate(baskets)
        ]
    )
    fold_all()


def nothing():
    """No order at all."""


def one_shopper():
    place([("user:1", "ab"), ("user:1", "cd"), ("user:1", "ae")])


def one_order():
    place([("user:1", "a")])


def one_item():
    place([(f"user:{number % 30}", "a") for number in range(90)])


def all_orders_by_one_shopper():
    place([("user:1", "abcdefghijklmnop"[number % 8 :][:3]) for number in range(200)])


def guests_alone():
    place([(None, "ab") for _ in range(60)])


def everything_at_the_same_moment():
    lines = tuple(PlacedLine(item, 1, 1) for item in "abc")
    record.orders([PlacedOrder(f"o{number}", lines, NOW, "EUR", f"user:{number % 40}") for number in range(80)])
    fold_all()


def many_items_and_ten_orders():
    Item.objects.bulk_create((Item(key=f"item-{number}") for number in range(100_000)), batch_size=5_000)
    place([(f"user:{number % 5}", "abcdef"[number % 5 :][:2]) for number in range(10)])


SHOPS = [
    nothing,
    one_shopper,
    one_order,
    one_item,
    all_orders_by_one_shopper,
    guests_alone,
    everything_at_the_same_moment,
    many_items_and_ten_orders,
]


@pytest.mark.parametrize("shop", SHOPS)
def test_what_training_needs_is_said_in_the_job_and_shown_to_staff(shop, admin_client):
    shop()
    lease = jobs.claim(jobs.request(JobKind.TRAIN, slot="x")[0].pk, now=timezone.now())
    perform.perform(lease)
    run = JobRun.objects.get()
    assert run.state == JobState.SKIPPED
    assert run.message.startswith("not enough data: training needs at least 20 shoppers who came back")
    assert run.error == ""
    assert not Artefact.objects.exists()
    page = admin_client.get(reverse("admin:recommendations_jobrun_changelist")).content.decode()
    assert "not enough data: training needs at least 20 shoppers" in page
    assert not for_you().items or for_you().fallback


@pytest.mark.parametrize("shop", SHOPS[:-1])
def test_for_you_has_an_answer_that_says_it_is_a_fallback(shop):
    shop()
    for shopper in ("user:1", "user:unheard-of", None):
        answer = for_you(shopper=shopper)
        assert answer.fallback or not answer.items


def test_a_shop_with_just_enough_shoppers_and_too_few_items_is_told_so():
    place([(f"user:{number % 30}", "abc"[number % 3]) for number in range(300)])
    with pytest.raises(NotEnoughData, match=r"10 items; there are \d+ and 3"):
        train(progress=lambda *_: None, now=NOW)


def test_with_just_enough_of_everything_training_ends_in_a_verdict():
    place([(f"user:{number % 30}", "abcdefghij"[(number * 7) % 10]) for number in range(300)])
    artefact = train(progress=lambda *_: None, now=NOW)
    assert artefact.status in ("published", "refused")
    assert artefact.metrics["gate"]["reason"]


def test_with_every_artefact_spoilt_for_you_goes_on_with_best_sellers(sold):
    tiny_network()
    for path in store_dir().iterdir():
        path.write_bytes(b"spoilt")
    store._loaded.clear()
    answer = for_you(shopper="user:1", limit=3)
    assert len(items(answer)) == 3
    assert answer.fallback
