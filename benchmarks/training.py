"""What training the recommender costs: `python -m benchmarks.training --lines 1100000 --items 9000 --shoppers 2400`.

A generated year of a grocer, learnt in a fresh process that holds its purchases and nothing else: all windows, the
ranker, and what is published. Categories and texts are left out; the database is, too.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import fresh
from benchmarks.generated_shoppers import DAYS, histories
from benchmarks.report import publish
from recommendations.data.histories import Histories

FIELDS = ("offsets", "items", "days", "orders", "item_ids")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_100_000, help="purchases, about (default: 1,100,000)")
    parser.add_argument("--items", type=int, default=9_000, help="of the catalogue (default: 9,000)")
    parser.add_argument("--shoppers", type=int, default=2_400, help="who buy (default: 2,400)")
    parser.add_argument("--limit", type=float, default=3_600, help="most seconds (default: 3,600)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        _measure(options.measure)
        return
    made = histories(options.lines, items=options.items, shoppers=options.shoppers)
    with tempfile.TemporaryDirectory(prefix="basketry-bench-") as folder:
        file = Path(folder) / "histories.npz"
        np.savez(file, **{name: getattr(made, name) for name in FIELDS})
        measured = fresh.run("benchmarks.training", [f"--measure={file}"], {}, options.limit)
    size = {"lines": len(made.items), "items": len(made.item_ids), "shoppers": len(made)}
    publish("training", [{"name": "training", **size, **measured}], {}, options.json)


def _measure(file: Path) -> None:
    import torch  # noqa: PLC0415 (the parent has no need of it)

    from recommendations.services.learning import learn  # noqa: PLC0415 (torch)

    torch.set_num_threads(1)  # as a shop's training has it
    with np.load(file) as arrays:
        bought = Histories(**{name: arrays[name] for name in FIELDS})
    measured = fresh.best(lambda: learn(bought, now=DAYS).curves.best_epoch, repeats=1)
    print(json.dumps({"epochs": measured.pop("found"), **measured}))


if __name__ == "__main__":
    main()
