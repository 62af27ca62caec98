"""Fold new orders into the counts of a large shop: `python -m benchmarks.fold`.

The shop's orders, lines and counts are written straight into the tables of a database of its own. Then orders of ten
items are recorded and folded, one at a time and in batches; each time is that of the fold until its commit. Beside it
stands the bare upsert of the same count rows, committed, which reads no order and keeps no snapshot.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks import basket_files
from benchmarks.figures import FoldTimes, percentile_ms
from benchmarks.generated import history
from benchmarks.instances import DATABASES, instance
from benchmarks.report import Figures, publish


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000, help="of the shop's history (default: 1000000)")
    parser.add_argument("--pairs", type=int, default=10_000_000, help="rows of its pair table (default: 10000000)")
    parser.add_argument("--databases", type=databases, default=DATABASES, help=f"some of {','.join(DATABASES)}")
    parser.add_argument("--folds", type=int, default=300, help="orders folded one by one, of each kind (default: 300)")
    parser.add_argument("--batches", type=int, default=6, help="batches folded (default: 6)")
    parser.add_argument("--batch", type=int, default=1_000, help="orders of a batch (default: 1000)")
    parser.add_argument("--check", action="store_true", help="prove at the end that the counts equal a recount")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    rows: list[Figures] = []
    ratios: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="basketry-bench-") as folder:
        file = Path(folder) / "baskets.npz"
        basket_files.write(history(options.orders, options.pairs, options.seed), file)
        for database in options.databases:
            shop, times = _measured(database, file, options)
            rows += [*(_row(database, one) for one in times), shop]
            print(f"{database} done", file=sys.stderr)
            ratios |= {
                f"{database}, {one.name}: bare upsert / fold": median(one.bare) / median(one.folds)
                for one in times
                if one.bare
            }
    publish("fold", rows, ratios, options.json)


def _measured(database: str, file: Path, options: argparse.Namespace) -> tuple[Figures, list[FoldTimes]]:
    with instance(database) as made:
        began = time.perf_counter()
        built = made.call("benchmarks.big_shop:build", file)
        build_s = time.perf_counter() - began
        times = made.call(
            "benchmarks.folding:measure", file, options.folds, options.batches, options.batch, options.seed
        )
        if options.check:
            made.manage("recount", "--check")
    shop: Figures = {
        "name": f"{database}, history",
        "orders": built["orders"],
        "pairs": built["pairs"],
        "pairs_mb": built["pair_bytes"] / 1e6,
        "bytes_a_pair": built["pair_bytes"] / built["pairs"],
        "build_s": build_s,
    }
    return shop, times


def _row(database: str, one: FoldTimes) -> Figures:
    row: dict[str, str | int | float] = {
        "name": f"{database}, {one.name}",
        "orders": one.orders,
        "fold_p50_ms": percentile_ms(one.folds, 0.5),
        "fold_p95_ms": percentile_ms(one.folds, 0.95),
        "fold_orders_s": one.orders / sum(one.folds),
        "fold_cpu_ms_an_order": 1_000 * one.cpu / one.orders,
    }
    if one.bare:
        row |= {
            "bare_p50_ms": percentile_ms(one.bare, 0.5),
            "bare_p95_ms": percentile_ms(one.bare, 0.95),
            "bare_orders_s": one.orders / sum(one.bare),
        }
    return row


def databases(text: str) -> tuple[str, ...]:
    databases = tuple(filter(None, text.split(",")))
    if not databases or not set(databases) <= set(DATABASES):
        raise argparse.ArgumentTypeError(f"some of {','.join(DATABASES)}, not {text!r}")
    return databases


if __name__ == "__main__":
    main()
