"""Rows for tests, made through the plugin's own write path."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from recommendations import store
from recommendations.data.orders import PlacedLine, PlacedOrder
from recommendations.models import Artefact, ArtefactKind, Item, Order
from recommendations.services import fold, record
from tests.artefacts import network_arrays

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

_numbers = itertools.count(1)


def make_item(key: str) -> Item:
    return Item.objects.get_or_create(key=key)[0]


def placed_order(
    *product_keys: str,
    shopper: str | None = "user:1",
    key: str | None = None,
    at: datetime = NOW,
    quantity: int = 1,
    price: str = "2.50",
    channel: str = "web",
) -> PlacedOrder:
    return PlacedOrder(
        key=key or f"order-{next(_numbers)}",
        lines=tuple(PlacedLine(product, quantity, Decimal(price)) for product in product_keys),
        placed_at=at,
        currency="EUR",
        shopper=shopper,
        channel=channel,
    )


def make_order(*product_keys: str, **options: object) -> Order:
    """Record an order of one piece of each product and return its row."""
    recorded = record.order(placed_order(*product_keys, **options))  # type: ignore[arg-type]
    return Order.objects.get(pk=recorded.id)


def fold_all(now: datetime = NOW) -> None:
    """Fold until nothing is pending."""
    fold.fold_all(now=now)


def tiny_network(*, still_ours: Callable[[], None] = lambda: None, **_: object) -> Artefact:
    """Publish a network of one item: what a training that went well leaves."""
    return store.publish(
        ArtefactKind.NETWORK,
        network_arrays([1], sold=[1.0]),
        metrics={"ndcg_10": 0.5},
        data_sequence=1,
        data_orders=1,
        still_ours=still_ours,
    )
