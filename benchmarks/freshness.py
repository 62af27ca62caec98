"""How soon an order shows in the answers, with a worker running: `python -m benchmarks.freshness`.

A history is recorded and counted; then orders are placed one by one, and each is timed from its commit until
`serve.related` gives the changed count of two of its items.
"""

import argparse
import time
from pathlib import Path

from benchmarks.baskets import Shop
from benchmarks.figures import percentile_ms
from benchmarks.instances import DATABASES, WORKERS, instance
from benchmarks.report import Figures, publish


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100, help="orders that are placed and timed (default: 100)")
    parser.add_argument("--history", type=int, default=100_000, help="orders before them (default: 100000)")
    parser.add_argument("--worker", choices=WORKERS, default="celery", help="what folds (default: celery)")
    parser.add_argument("--database", choices=DATABASES, help="one database alone (default: both)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    databases = [options.database] if options.database else DATABASES
    rows = [_measured(database, options) for database in databases]
    publish("freshness", rows, {}, options.json)


def _measured(database: str, options: argparse.Namespace) -> Figures:
    shop = Shop(seed=options.seed)
    with instance(database) as made:
        began = time.perf_counter()
        made.call("benchmarks.placing:record_history", options.history, shop)
        recorded = time.perf_counter()
        made.manage("fold")
        counted = time.perf_counter()
        with made.program("worker", *WORKERS[options.worker]) as worker:
            worker.stays()
            made.call("benchmarks.placing:settle")
            times = made.call("benchmarks.placing:measure", options.orders, shop)
        made.manage("recount", "--check")
    return {
        "name": f"{database}, {options.worker}",
        "history_orders": options.history,
        "orders": len(times),
        "p50_ms": percentile_ms(times, 0.5),
        "p95_ms": percentile_ms(times, 0.95),
        "max_ms": max(times) * 1_000,
        "record_history_s": recorded - began,
        "fold_history_s": counted - recorded,
    }


if __name__ == "__main__":
    main()
