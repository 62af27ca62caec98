"""A large shop written straight into the tables: orders, lines and counts that agree, as if all were folded."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import timezone

from benchmarks import basket_files
from recommendations.conf import settings
from recommendations.data.baskets import Baskets
from recommendations.mining.counts import Counts, count
from recommendations.models import (
    BasketTotals,
    Consent,
    Counted,
    GenerationState,
    Item,
    ItemCount,
    Order,
    OrderLine,
    PairCount,
    Shopper,
    Status,
    database,
)

GENERATION = 1

SQUARE = 256
"""Pairs are written in squares of so many low and high items, as a recount does."""

ROWS_AT_ONCE = 200_000

SQLITE_BUILDS = {"foreign_keys": "OFF", "journal_mode": "OFF", "synchronous": "OFF", "cache_size": "-4000000"}


def build(file: Path, shoppers: Sequence[str] = (), days: int = 0) -> dict[str, int]:
    """Write the shop of these baskets into an instance's empty database; returns its rows and its bytes of pairs.

    Parameters
    ----------
    shoppers : keys of those who order, each as likely as the others; none: guests.
    days : before now over which the orders are spread evenly, the first ones first; 0: all are placed now.
    """
    baskets = basket_files.load(file)
    counts = count(baskets)
    connection = database.connection()
    sqlite = connection.vendor == "sqlite"
    with unchecked(connection), database.atomic():
        _write_orders(baskets, shoppers, days)
        _write_totals(counts)
        before = _sqlite_bytes(connection) if sqlite else 0
        _write_pairs(counts)
        size = _sqlite_bytes(connection) - before if sqlite else _postgres_bytes(connection)
    if not sqlite:
        _settle_postgres(connection)
    return {"orders": len(baskets), "lines": len(baskets.items), "pairs": len(counts.pairs), "pair_bytes": size}


@contextmanager
def unchecked(connection: Any) -> Iterator[None]:
    """Write as fast as can be and without a look at foreign keys, which hold by construction."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in SQLITE_BUILDS}
        begin, end = ([f"PRAGMA {name}={value}" for name, value in some.items()] for some in (SQLITE_BUILDS, before))
    else:
        begin, end = ([f"SET session_replication_role = {role}"] for role in ("replica", "DEFAULT"))
    with connection.cursor() as cursor:
        for statement in begin:
            cursor.execute(statement)
        try:
            yield
        finally:
            for statement in end:
                cursor.execute(statement)


def _write_orders(baskets: Baskets, shoppers: Sequence[str], days: int) -> None:
    ends_at = timezone.now()
    now = as_text(ends_at)
    number = np.arange(1, len(baskets) + 1)
    items = [int(item) for item in np.unique(baskets.items)]
    write(Item, {"id": items, "key": [key(item) for item in items], "created_at": [now] * len(items)})
    people = list(range(1, len(shoppers) + 1))
    write(
        Shopper,
        {"id": people, "key": shoppers},
        {"consent": Consent.UNDECIDED, "consent_version": 0, "created_at": now},
    )
    chosen = np.random.default_rng(1).integers(1, len(people) + 1, len(baskets)).tolist() if people else None
    buyers = {"shopper_id": chosen, "counted_shopper": chosen} if chosen else {}
    ages = (days * (1 - number / len(baskets))).tolist()
    flat, offsets = baskets.items.tolist(), baskets.offsets.tolist()
    same = {
        "channel": "web",
        "clamped": False,
        "status": Status.PLACED.value,
        "currency": "EUR",
        "body_digest": "0" * 64,
        "recorded_at": now,
        "changed_at": now,
        "counted": Counted.COUNTED.value,
        "quarantine_reason": "",
    }
    write(
        Order,
        {
            "id": number.tolist(),
            "key": [f"history-{one}" for one in number.tolist()],
            "counted_items": [str(flat[offsets[at] : offsets[at + 1]]) for at in range(len(baskets))],
            "placed_at": [as_text(ends_at - timedelta(days=age)) for age in ages],
            **buyers,
        },
        same,
    )
    write(
        OrderLine,
        {
            "order_id": np.repeat(number, baskets.sizes).tolist(),
            "number": (np.arange(len(flat)) - np.repeat(baskets.offsets[:-1], baskets.sizes) + 1).tolist(),
            "item_id": flat,
            "product_key": [key(item) for item in flat],
        },
        {"is_counted": True, "quantity": 1, "refunded": 0, "unit_price": "2.50"},
    )


def key(item: int) -> str:
    """The product key of an item of the history."""
    return f"item-{item}"


def _write_totals(counts: Counts) -> None:
    now, totals = timezone.now(), counts.totals
    BasketTotals.objects.create(
        generation=GENERATION,
        state=GenerationState.LIVE,
        cap=settings.BASKET_CAP,
        orders=totals.orders,
        sum_size=totals.size,
        sum_pairs=totals.pairs,
        sum_size_multi=totals.size_multi,
        sum_root=totals.root,
        touched_at=now,
        folded_at=now,
    )
    columns = {"item_id": counts.item_ids.tolist(), "orders": counts.item_orders.tolist()}
    write(ItemCount, columns, {"generation": GENERATION})


def _write_pairs(counts: Counts) -> None:
    pairs = counts.pairs
    near = np.lexsort((pairs.high, pairs.low, pairs.high // SQUARE, pairs.low // SQUARE))
    columns = {"low_id": pairs.low, "high_id": pairs.high, "orders": pairs.orders}
    columns |= {"weight": pairs.weight, "share": pairs.share, "share_square": pairs.share_square}
    for start in range(0, len(near), ROWS_AT_ONCE):
        part = near[start : start + ROWS_AT_ONCE]
        write(PairCount, {name: column[part].tolist() for name, column in columns.items()}, {"generation": GENERATION})


def write(model: Any, columns: Mapping[str, Sequence[Any]], same: Mapping[str, Any] | None = None) -> None:
    """Insert rows given by column, those of `same` having one value in every row."""
    connection, alike = database.connection(), dict(same or {})
    names = ", ".join(f'"{name}"' for name in [*columns, *alike])
    rows = ((*row, *alike.values()) for row in zip(*columns.values(), strict=True))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            marks = ", ".join("?" * (len(columns) + len(alike)))
            # The driver's own cursor: Django's would format each row.
            connection.connection.executemany(
                f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})',  # noqa: S608
                rows,
            )
            return
        with cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
            for text in _texts(rows):
                copy.write(text)
        cursor.execute(
            f"""SELECT setval(pg_get_serial_sequence('"{model._meta.db_table}"', 'id'),
                (SELECT max(id) FROM "{model._meta.db_table}"))"""  # noqa: S608
        )


def as_text(moment: datetime) -> str:
    return str(database.connection().ops.adapt_datetimefield_value(moment))


def _texts(rows: Iterator[tuple[Any, ...]]) -> Iterator[str]:
    """Rows as COPY takes them, thousands at once; none of our values holds what would need an escape."""
    lines: list[str] = []
    for row in rows:
        lines.append("\t".join(map(str, row)))
        if len(lines) == 10_000:
            yield "\n".join(lines) + "\n"
            lines.clear()
    if lines:
        yield "\n".join(lines) + "\n"


def _sqlite_bytes(connection: Any) -> int:
    with connection.cursor() as cursor:
        pages, size = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


def _postgres_bytes(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [PairCount._meta.db_table])
        return int(cursor.fetchone()[0])


def _settle_postgres(connection: Any) -> None:
    """What autovacuum and the checkpointer would do by and by is done before anything is measured."""
    with connection.cursor() as cursor:
        for model in (Item, Order, OrderLine, ItemCount, PairCount):
            cursor.execute(f'VACUUM ANALYZE "{model._meta.db_table}"')
        cursor.execute("CHECKPOINT")
