"""What recording an order adds to a checkout: `python -m benchmarks.record`.

16 threads, in some processes as a web server has them, check out as shoppers come: at random moments, so many a second
in all, and once more as fast as they can.
Each checkout is one of three, in random turn: alone; with a bare insert of the rows that recording writes; with
`record.order`. `call` is the time within the part added, `added` the whole checkout's time beyond one alone.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from benchmarks.baskets import Shop
from benchmarks.instances import DATABASES, WORKERS, Instance, instance
from benchmarks.load import Load, Result, failures, figures, merged
from benchmarks.report import publish

THREADS = 16
STARTS_WITHIN = 8
CATALOGUES = {"shop": "shop.catalogue.ShopCatalogue", "none": "benchmarks.catalogue.EveryKey"}
"""The reference shop's adapter, which recording asks with a query of the shop's own, and one that asks nobody."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50, help="checkouts a second in all (default: 50)")
    parser.add_argument("--seconds", type=float, default=60, help="how long at that rate (default: 60)")
    parser.add_argument("--saturated", type=float, default=15, help="seconds as fast as can be, 0: not (default: 15)")
    parser.add_argument("--processes", type=int, default=4, help="that share the 16 threads (default: 4)")
    parser.add_argument("--catalogue", choices=CATALOGUES, default="shop", help="the adapter (default: the shop's)")
    parser.add_argument("--worker", choices=["none", *WORKERS], default="none", help="what folds meanwhile")
    parser.add_argument("--database", choices=DATABASES, help="one database alone (default: both)")
    parser.add_argument("--seed", type=int, default=1, help="of the shop's orders")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    databases = [options.database] if options.database else DATABASES[::-1]
    rows, ratios = [], {}
    for database in databases:
        for name, result in _results(database, options):
            found = figures(f"{database} {name}", result)
            rows += found
            recorded, bare, _ = (float(row["call_p50_ms"]) for row in found)
            ratios[f"{database} {name}: bare insert / record.order"] = bare / recorded
            for words in failures(result):
                print(f"{database} {name}: {words}")
    publish("record", rows, ratios, options.json)


def _results(database: str, options: argparse.Namespace) -> list[tuple[str, Result]]:
    shop = Shop(items=300, shoppers=2_000, seed=options.seed)
    loads = [Load(options.rate, options.seconds, THREADS, f"{options.rate:g}/s")]
    if options.saturated:
        loads.append(Load(None, options.saturated, THREADS, "saturated"))
    with ExitStack() as stack:
        made = stack.enter_context(instance(database, {"CATALOGUE": CATALOGUES[options.catalogue]}))
        made.call("benchmarks.checkouts:prepare", shop)
        if options.worker != "none":
            made.manage("fold")
            stack.enter_context(made.program("worker", *WORKERS[options.worker])).stays()
        return [(load.name, _run(made, load, shop, options)) for load in loads]


def _run(made: Instance, load: Load, shop: Shop, options: argparse.Namespace) -> Result:
    """Put the load on, from several processes at the same moment."""
    parts = load.split(options.processes, starts_at=time.time() + STARTS_WITHIN)
    with ThreadPoolExecutor(len(parts)) as pool:
        return merged(list(pool.map(lambda part: made.call("benchmarks.checkouts:run", part, shop), parts)))


if __name__ == "__main__":
    main()
