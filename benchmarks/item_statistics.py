"""Statistics of items in a large shop: `python -m benchmarks.item_statistics`.

The shop's orders are written straight into the tables of a database of its own, spread over a year and many shoppers.
Then the statistics are published twice: at first with who bought what again in all orders, as once a day, and then
with the sales of the last weeks alone, as after a change.
"""

import argparse
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks import basket_files
from benchmarks.fold import databases
from benchmarks.generated import history
from benchmarks.instances import DATABASES, instance
from benchmarks.report import Figures, publish

YEAR = 365 * 86_400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000, help="of a year (default: 1000000)")
    parser.add_argument("--shoppers", type=int, default=100_000, help="who placed them (default: 100000)")
    parser.add_argument("--databases", type=databases, default=DATABASES, help=f"some of {','.join(DATABASES)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    rows: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="basketry-bench-") as folder:
        file = Path(folder) / "baskets.npz"
        basket_files.write(history(options.orders, options.orders, options.seed), file)
        for database in options.databases:
            with instance(database) as made:
                made.call("benchmarks.big_shop:build", file)
                made.call("benchmarks.item_statistics:spread", options.shoppers)
                rows += made.call("benchmarks.item_statistics:measure", database)
            print(f"{database} done", file=sys.stderr)
    publish("item_statistics", rows, {}, options.json)


def spread(shoppers: int) -> None:
    """Give each order a time of the last year and a shopper, one of ten none."""
    from recommendations.models import Order, database  # noqa: PLC0415 (Django is set up by now)

    connection = database.connection()
    before = f"(id * 7919 % {YEAR})"
    at = f"datetime('now', '-' || {before} || ' seconds')"
    if connection.vendor == "postgresql":
        at = f"now() - {before} * interval '1 second'"
    shopper = f"CASE WHEN id % 10 = 0 THEN NULL ELSE id * 48271 % 2147483647 % {shoppers} + 1 END"
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{Order._meta.db_table}" SET placed_at = {at}, counted_shopper = {shopper}')  # noqa: S608
        cursor.execute(f'ANALYZE "{Order._meta.db_table}"')


def measure(database: str) -> list[Figures]:
    """The first publication and the one after it."""
    from django.utils import timezone  # noqa: PLC0415 (Django is set up by now)

    from recommendations.services.item_statistics import publish_statistics  # noqa: PLC0415

    rows: list[Figures] = []
    for number, name in enumerate(("all orders", "the last weeks alone")):
        began, cpu = time.perf_counter(), time.process_time()
        published = publish_statistics(progress=_quiet, now=timezone.now() + number * timedelta(minutes=5))
        rows.append(
            {
                "name": f"{database}, {name}",
                "items": published.metrics["items"],
                "recent_orders": published.metrics["recent_orders"],
                "earlier_orders": published.metrics["earlier_orders"],
                "wall_s": time.perf_counter() - began,
                "cpu_s": time.process_time() - cpu,
                "file_kb": published.size / 1e3,
            }
        )
    return rows


def _quiet(_fraction: float, _message: str) -> None:
    return None


if __name__ == "__main__":
    main()
