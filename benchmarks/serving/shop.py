"""Within an instance: a large shop with products, orders, counts, rules and artefacts, and who looks at it."""

import json
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.core import signing
from django.db.models import F
from django.utils import timezone
from numpy.typing import NDArray

from benchmarks import basket_files, big_shop
from benchmarks.serving import artefacts
from recommendations.conf import settings
from recommendations.models import BrowseLog, EventKind, database
from recommendations.services.identify import SALT
from recommendations.services.mine import mine
from shop.models import Category, Offer, Product

DAYS = 365
DEPARTMENTS, CATEGORIES = 20, 200
SOLD_OUT, ON_OFFER = 0.05, 0.1
"""Shares of the products."""

VISITORS = 2_000
"""Of the shoppers who look at the shop just now."""

VIEWS = 6

Requests = dict[str, list[tuple[str, str, str]]]
"""(path, body, cookie) by placement; no body: GET."""


def build(file: Path, products: int, shoppers: int, seed: int) -> dict[str, float]:
    """Write all of it into an empty database; returns what took how many seconds."""
    took, began = {}, time.perf_counter()

    def noted(name: str) -> None:
        took[f"{name}_s"] = time.perf_counter() - began - sum(took.values())

    big_shop.build(file, [visitor(number) for number in range(shoppers)], DAYS)
    noted("orders_and_counts")
    random = np.random.default_rng(seed)
    orders = np.bincount(basket_files.load(file).items, minlength=products + 1)[1:]
    with big_shop.unchecked(database.connection()), database.atomic():
        _write_products(random, orders)
        _write_views(random, orders, min(VISITORS, shoppers))
    noted("products_and_views")
    mine(progress=lambda *_: None, now=timezone.now())
    noted("rules")
    sold = np.flatnonzero(orders)
    artefacts.publish(sold + 1, orders[sold], seed)
    noted("artefacts")
    _settle()
    return took


def visitor(number: int) -> str:
    return f"anon:{uuid.UUID(int=number + 1)}"


def requests(file: Path, each: int, seed: int, visitors: int) -> Requests:
    """What is asked for: pages and carts as often as their items are bought, by visitors who bought before."""
    baskets = basket_files.load(file)
    random = np.random.default_rng(seed)
    pages = [big_shop.key(item) for item in random.choice(baskets.items, each).tolist()]
    several = np.flatnonzero(baskets.sizes >= 3)
    starts = baskets.offsets[random.choice(several, each)].tolist()
    carts = [[big_shop.key(item) for item in baskets.items[start : start + 3].tolist()] for start in starts]
    cookies = [_cookie(number) for number in random.integers(0, min(VISITORS, visitors), each).tolist()]
    personal = {"for_you": "recommendations", "buy_again": "buy-again", "because_viewed": "because-viewed"}
    return {
        "related": [(f"/api/v1/items/{page}/related/", "", "") for page in pages],
        "cart": [("/api/v1/cart/related/", json.dumps({"items": cart}), "") for cart in carts],
        **{name: [(f"/api/v1/me/{path}/", "", cookie) for cookie in cookies] for name, path in personal.items()},
        "similar": [(f"/api/v1/items/{page}/related/?intent=similar", "", "") for page in pages],
        "best_sellers": [("/api/v1/me/recommendations/", "", "")],
    }


def _cookie(number: int) -> str:
    value = signing.dumps(visitor(number).removeprefix("anon:"), salt=SALT)
    return f"{settings.VISITOR_COOKIE}={value}"


def _write_products(random: np.random.Generator, orders: NDArray[np.int64]) -> None:
    for number in range(CATEGORIES + DEPARTMENTS):
        parent = None if number < DEPARTMENTS else number % DEPARTMENTS + 1
        Category.objects.create(id=number + 1, slug=f"category-{number}", name=f"Category {number}", parent_id=parent)
    n = len(orders)
    now = timezone.now()
    on_offer = random.random(n) < ON_OFFER
    prices = random.uniform(1, 100, n)
    columns = {
        "id": list(range(1, n + 1)),
        "sku": [big_shop.key(number) for number in range(1, n + 1)],
        "title": [f"Product {number}" for number in range(1, n + 1)],
        "category_id": random.integers(DEPARTMENTS + 1, DEPARTMENTS + CATEGORIES + 1, n).tolist(),
        "price": [f"{price:.2f}" for price in prices.tolist()],
        "stock": np.where(random.random(n) < SOLD_OUT, 0, 50).tolist(),
        "sold": orders.tolist(),
        "brand": [f"Brand {number}" for number in random.integers(0, 500, n).tolist()],
    }
    same = {
        "variant": "",
        "position": 0,
        "description": "What it is made of, how large it is and how to care for it. " * 5,
        "currency": "EUR",
        "visible": True,
        "is_filler": False,
        "launched_at": big_shop.as_text(now - timedelta(days=DAYS)),
    }
    big_shop.write(Product, columns, same)
    period = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=DAYS)}
    ids = (np.flatnonzero(on_offer)[:10_000] + 1).tolist()
    Offer.objects.bulk_create([Offer(product_id=pk, price="0.99", **period) for pk in ids], batch_size=1_000)


def _write_views(random: np.random.Generator, orders: NDArray[np.int64], visitors: int) -> None:
    """Each visitor looked at some items a while ago, and goes on doing so for as long as anybody measures."""
    now = timezone.now()
    many = visitors * VIEWS
    share = orders / orders.sum()
    columns: dict[str, list[Any]] = {
        "id": list(range(1, many + 1)),
        "event_id": [_event_id(number) for number in range(many)],
        "shopper_id": np.repeat(np.arange(1, visitors + 1), VIEWS).tolist(),
        "item_id": (random.choice(len(orders), many, p=share) + 1).tolist(),
        "at": [big_shop.as_text(now - timedelta(seconds=60 * (number % VIEWS))) for number in range(many)],
    }
    same = {
        "session": "",
        "kind": EventKind.VIEW.value,
        "clamped": False,
        "dwell_seconds": 20.0,
        "query": "",
        "channel": "web",
        "body_digest": "0" * 64,
    }
    big_shop.write(BrowseLog, columns, same)


def refresh_views() -> None:
    """Move the views of a shop that was kept to just now: a visit ends after a while."""
    BrowseLog.objects.update(at=F("at") + (timezone.now() - BrowseLog.objects.latest("at").at))


def _event_id(number: int) -> str:
    text = uuid.UUID(int=number + 1)
    return text.hex if database.connection().vendor == "sqlite" else str(text)


def _settle() -> None:
    """What autovacuum would do by and by is done before anything is measured; SQLite has none."""
    connection = database.connection()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
