"""Within a benchmark's instance: record a history, then place orders one by one and wait for each to be counted."""

import random
import time
from datetime import datetime
from decimal import Decimal
from itertools import islice
from math import inf

from django.utils import timezone

from benchmarks.baskets import Shop
from benchmarks.servers import wait_until
from recommendations.catalogue import Context, PlacedLine, PlacedOrder
from recommendations.models import JobKind, JobRun, JobState
from recommendations.services import record, serve

ORDERS_AT_ONCE = 1_000
ASKED_AMONG = 500
LIST_LENGTH = 20
POLLED_EVERY = 0.01
COUNTED_WITHIN = 60
SETTLES_WITHIN = 900


def record_history(orders: int, shop: Shop) -> None:
    """Record so many orders of the shop, as an import does: in batches."""
    history = shop.orders(orders, ends_at=timezone.now())
    while batch := list(islice(history, ORDERS_AT_ONCE)):
        record.orders(batch)


def settle() -> None:
    """Wait until the worker has mined and trained once, which it does whenever there is no version yet."""
    wait_until(_settled, "the first rules and network are made", within=SETTLES_WITHIN)


def measure(orders: int, shop: Shop) -> list[float]:
    """Seconds from each order's commit until `serve.related` gives the changed count.

    The worker ticks; a random pause before each order keeps the orders from falling into step with it.
    """
    chance = random.Random(shop.seed + 1)  # noqa: S311 (made-up orders)
    return [_place_and_wait(number, chance, shop) for number in range(orders)]


def _settled() -> bool:
    ended = set(JobRun.objects.exclude(finished_at=None).values_list("kind", flat=True))
    waiting = JobRun.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    return {JobKind.MINE, JobKind.TRAIN} <= ended and not waiting.exists()


def _place_and_wait(number: int, chance: random.Random, shop: Shop) -> float:
    now = timezone.now()
    asked = f"item-{chance.randint(1, min(ASKED_AMONG, shop.items))}"
    together = _together(asked, now)
    if not together:
        return _place_and_wait(number, chance, shop)
    partner, before = chance.choice(sorted(together.items()))
    products = dict.fromkeys([asked, partner, *shop.basket(chance)])
    placed = PlacedOrder(
        key=f"measured-{number}",
        lines=tuple(PlacedLine(product, 1, Decimal("2.50")) for product in products),
        placed_at=now,
        currency="EUR",
        shopper=f"user:{chance.randint(1, shop.shoppers)}",
    )
    time.sleep(chance.random())
    record.order(placed)
    committed = time.perf_counter()
    while _together(asked, timezone.now()).get(partner, -inf) <= before:
        if time.perf_counter() - committed > COUNTED_WITHIN:
            raise TimeoutError(f"order {placed.key} was not counted within {COUNTED_WITHIN} s")
        time.sleep(POLLED_EVERY)
    return time.perf_counter() - committed


def _together(asked: str, now: datetime) -> dict[str, int]:
    """Orders with the asked item and each suggested one, as the suggestions' reasons say it."""
    answer = serve.related(asked, context=Context(), now=now, limit=LIST_LENGTH)
    return {
        suggestion.item: reason.evidence.n_ab
        for suggestion in answer.items
        for reason in suggestion.reasons
        if reason.evidence.n_ab is not None
    }
