"""CPU time and memory of mining against the number of baskets: `python -m benchmarks.scale_mining --most 1000000`.

Generated baskets, ten times as many in each step: 20,000 items as frequent as Zipf's law has it, planted bundles, 7.3
items a basket. Each figure comes from a fresh process that holds the baskets; its kernels are compiled beforehand.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import basket_files, fresh
from benchmarks.generated import generate
from benchmarks.report import publish
from recommendations.mining import itemsets, pairs

FEWEST = 10_000
WORK = ("pairs", "itemsets")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=10_000_000, help="baskets of the last step")
    parser.add_argument("--support", type=float, default=0.001, help="smallest share of baskets, in (0, 1]")
    parser.add_argument("--limit", type=float, default=600, help="most seconds for each row")
    parser.add_argument("--plot", type=Path, help="draw the figures into this PNG file")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--measure", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options.measure, options.file, options.support)
        return
    rows: list[fresh.Measured] = []
    size = FEWEST
    with tempfile.TemporaryDirectory(prefix="basketry-bench-") as folder:
        while size <= options.most:
            file = Path(folder) / "baskets.npz"
            made = generate(size)
            basket_files.write(made, file)
            del made
            for work in WORK:
                arguments = [f"--measure={work}", f"--file={file}", f"--support={options.support}"]
                measured = fresh.run("benchmarks.scale_mining", arguments, {}, options.limit)
                rows.append({"name": f"{work}, {size:,} baskets", "work": work, "baskets": size, **measured})
                print(rows[-1]["name"], "done", file=sys.stderr)
            size *= 10
    publish("scale_mining", rows, {}, options.json)
    if options.plot:
        _plot(rows, options.plot)


def _measure(work: str, file: Path, support: float) -> None:
    baskets = basket_files.load(file)
    least = basket_files.least_count(len(baskets), support)
    itemsets.warm()
    pairs.warm()

    def once() -> int:
        if work == "pairs":
            return len(pairs.count_pairs(baskets, min_orders=least, engine="native"))
        return len(itemsets.itemsets(baskets, min_count=least, engine="native"))

    print(json.dumps(fresh.best(once, repeats=3 if len(baskets) <= 1_000_000 else 1)))


def _plot(rows: Sequence[fresh.Measured], file: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 (only a plot needs it)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for panel, column, label in zip(panels, ("cpu_s", "peak_mb"), ("CPU seconds", "peak memory, MB"), strict=True):
        for work in WORK:
            points = [(row["baskets"], row[column]) for row in rows if row["work"] == work and column in row]
            panel.loglog(*zip(*points, strict=True), marker="o", label=work)
        panel.set(xlabel="baskets", ylabel=label)
        panel.grid(visible=True, which="both", alpha=0.3)
        panel.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
