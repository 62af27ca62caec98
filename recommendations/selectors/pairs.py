"""Pair counts joined with the counts of their items, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.candidates import Pair
from recommendations.models import BasketTotals, GenerationState, ItemCount, PairCount, database
from recommendations.models.sql import source

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CountedPairs:
    """All int64[pairs]: item ids low < high, orders with both, orders with each, sums as in `mining.pairs.PairSums`.

    `items` is how many items occur at all, in whatever pair.
    """

    low: Ids
    high: Ids
    orders: Ids
    low_orders: Ids
    high_orders: Ids
    share: Ids
    share_square: Ids
    items: int


def pairs_with_item_orders(*, generation: int, min_orders: int) -> CountedPairs:
    """Pairs that occur in at least `min_orders` orders, ascending by (low, high)."""
    rows = (
        PairCount.objects.filter(generation=generation, orders__gte=min_orders)
        .order_by("low_id", "high_id")
        .values_list("low_id", "high_id", "orders", "share", "share_square")
    )
    flat = np.fromiter((value for row in rows.iterator(chunk_size=10_000) for value in row), dtype=np.int64)
    low, high, orders, share, share_square = flat.reshape(-1, 5).T
    counts = (
        ItemCount.objects.filter(generation=generation, orders__gt=0)
        .order_by("item_id")
        .values_list("item_id", "orders")
    )
    items = np.fromiter((value for row in counts.iterator(chunk_size=10_000) for value in row), dtype=np.int64)
    item_ids, item_orders = items.reshape(-1, 2).T
    return CountedPairs(
        low=low,
        high=high,
        orders=orders,
        low_orders=item_orders[np.searchsorted(item_ids, low)],
        high_orders=item_orders[np.searchsorted(item_ids, high)],
        share=share,
        share_square=share_square,
        items=len(item_ids),
    )


@dataclass(frozen=True, slots=True)
class PairNow:
    """Counts of now: orders with both items, with the lower id, with the higher, all; and the pair's stored weight."""

    orders: int
    low_orders: int
    high_orders: int
    total_orders: int
    weight: int


def pairs_now(pairs: Sequence[Pair]) -> dict[Pair, PairNow]:
    """Those of the pairs that stand in the live counts; one statement."""
    if not pairs:
        return {}
    connection = database.connection()
    given, parameters = source(connection, [("low", "bigint"), ("high", "bigint")], pairs)
    pair, item, totals = (model._meta.db_table for model in (PairCount, ItemCount, BasketTotals))
    statement = f"""
        SELECT given.low, given.high, pair.orders, one.orders, other.orders, totals.orders, pair.weight
        FROM {given} CROSS JOIN "{totals}" AS totals
        JOIN "{pair}" AS pair ON pair.generation = totals.generation
            AND pair.low_id = given.low AND pair.high_id = given.high AND pair.orders > 0
        JOIN "{item}" AS one ON one.generation = totals.generation AND one.item_id = given.low
        JOIN "{item}" AS other ON other.generation = totals.generation AND other.item_id = given.high
        WHERE totals.state = '{GenerationState.LIVE}'
    """  # noqa: S608 (table names are the models' own)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return {(row[0], row[1]): PairNow(*row[2:]) for row in cursor.fetchall()}
