"""The fold's hold on the counts: its lock, and adding a difference to a generation in one statement a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import IntegrityError

from recommendations.exceptions import CountsDrifted
from recommendations.mining.counts import Counts, Totals
from recommendations.mining.pairs import PairSums
from recommendations.models import BasketTotals, Counted, ItemCount, Order, PairCount, database
from recommendations.models.sql import source
from recommendations.selectors.orders import CountableOrder

LOCK = 0x62_61_73_6B_65_74  # "basket": the advisory lock's number

SUMS = ("orders", "weight", "share", "share_square")


def try_lock() -> bool:
    """Take the fold lock until the transaction ends; False when another folder holds it."""
    return _lock("pg_try_advisory_xact_lock")


def lock() -> None:
    """Take the fold lock until the transaction ends, waiting for another folder to finish."""
    _lock("pg_advisory_xact_lock")


def add(difference: Counts, *, generation: int, now: datetime) -> None:
    """Add a difference to a generation's rows. Call it under the fold lock.

    Raises
    ------
    CountsDrifted : something is to be subtracted that the counts do not hold. Roll back and recount.
    """
    try:
        _add_items(difference, generation)
        _add_pairs(difference.pairs, generation)
        _add_totals(difference.totals, generation, now)
    except IntegrityError as error:
        raise CountsDrifted(f"generation {generation} holds less than is to be subtracted: {error}") from error


def keep_snapshots(orders: Sequence[CountableOrder]) -> None:
    """Note on each order what is counted of it from now on, or why nothing is."""
    connection = database.connection()
    columns = [("id", "bigint"), ("counted", "text"), ("held", "text"), ("shopper", "bigint"), ("why", "text")]
    rows = []
    for order in sorted(orders, key=lambda one: one.id):
        state = Counted.COUNTED if order.basket else Counted.EXCLUDED
        held = "[" + ", ".join(map(str, order.basket)) + "]" if order.basket else None
        rows.append((order.id, state.value, held, order.shopper_id if order.basket else None, str(order.why)))
    table, parameters = source(connection, columns, rows)
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    order_table = Order._meta.db_table
    _execute(
        f"""UPDATE "{order_table}" SET counted = given.counted, counted_items = given.held{cast},
            counted_shopper = given.shopper, excluded = given.why
            FROM {table} WHERE "{order_table}".id = given.id""",  # noqa: S608
        parameters,
    )


def quarantine(order_id: int, reason: Exception) -> None:
    """Set an order aside that cannot be counted, so that the others go on. What the counts hold of it stays held."""
    words = f"{type(reason).__name__}: {reason}".replace("\x00", "")[:200]
    Order.objects.filter(pk=order_id).update(counted=Counted.QUARANTINED, quarantine_reason=words)


def _lock(function: str) -> bool:
    connection = database.connection()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT {function}(%s)", [LOCK])
            return cursor.fetchone()[0] is not False
        # SQLite has one writer: a statement that writes nothing makes it this transaction, whatever its mode.
        cursor.execute(f'UPDATE "{BasketTotals._meta.db_table}" SET sequence = sequence WHERE 0')  # noqa: S608
        return True


def _add_items(difference: Counts, generation: int) -> None:
    rows = np.column_stack([difference.item_ids, difference.item_orders])
    _subtract(ItemCount, ["item_id"], ["orders"], rows[rows[:, 1] < 0].tolist(), generation)
    _upsert(ItemCount, ["item_id"], ["orders"], rows[rows[:, 1] > 0].tolist(), generation)


def _add_pairs(pairs: PairSums, generation: int) -> None:
    sums = np.column_stack([pairs.orders, pairs.weight, pairs.share, pairs.share_square])
    rows = np.column_stack([pairs.low, pairs.high, sums])
    falls = (sums < 0).any(axis=1)
    _subtract(PairCount, ["low_id", "high_id"], SUMS, rows[falls].tolist(), generation)
    _upsert(PairCount, ["low_id", "high_id"], SUMS, rows[~falls].tolist(), generation)


def _add_totals(totals: Totals, generation: int, now: datetime) -> None:
    adapt = database.connection().ops.adapt_datetimefield_value
    _execute(
        f"""UPDATE "{BasketTotals._meta.db_table}" SET sequence = sequence + 1, orders = orders + %s,
            sum_size = sum_size + %s, sum_pairs = sum_pairs + %s, sum_size_multi = sum_size_multi + %s,
            sum_root = sum_root + %s, folded_at = %s, touched_at = %s WHERE generation = %s""",  # noqa: S608
        [
            *(totals.orders, totals.size, totals.pairs, totals.size_multi, totals.root),
            *(adapt(now), adapt(now), generation),
        ],
    )


def _upsert(model: Any, keys: Sequence[str], sums: Sequence[str], rows: list[list[int]], generation: int) -> None:
    if not rows:
        return
    table_name, names = model._meta.db_table, [*keys, *sums]
    table, parameters = source(database.connection(), [(name, "bigint") for name in names], rows)
    added = ", ".join(f'{name} = "{table_name}".{name} + excluded.{name}' for name in sums)
    _execute(
        f"""INSERT INTO "{table_name}" (generation, {", ".join(names)})
            SELECT %s, {", ".join(names)} FROM {table} WHERE true ORDER BY {", ".join(keys)}
            ON CONFLICT (generation, {", ".join(keys)}) DO UPDATE SET {added}""",  # noqa: S608
        [generation, *parameters],
    )


def _subtract(model: Any, keys: Sequence[str], sums: Sequence[str], rows: list[list[int]], generation: int) -> None:
    """Add rows of which some sum falls: they must exist, and those that nothing is left of go."""
    if not rows:
        return
    # The generation comes with each row: as a constant it makes SQLite walk the whole generation for every row given.
    table_name, unique = model._meta.db_table, ["generation", *keys]
    columns = [(name, "bigint") for name in (*unique, *sums)]
    table, parameters = source(database.connection(), columns, [[generation, *row] for row in rows])
    added = ", ".join(f'{name} = "{table_name}".{name} + given.{name}' for name in sums)
    same = " AND ".join(f'"{table_name}".{name} = given.{name}' for name in unique)
    changed = _execute(f'UPDATE "{table_name}" SET {added} FROM {table} WHERE {same}', parameters)  # noqa: S608
    if changed != len(rows):
        raise CountsDrifted(f"{len(rows) - changed} rows of {table_name} that were counted are missing")
    _execute(
        f"""DELETE FROM "{table_name}" WHERE orders = 0
            AND ({", ".join(unique)}) IN (SELECT {", ".join(unique)} FROM {table})""",  # noqa: S608
        parameters,
    )


def _execute(statement: str, parameters: Sequence[Any]) -> int:
    with database.connection().cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
