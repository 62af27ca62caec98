"""How fast the admin's pages are in a large shop: `python -m benchmarks.admin`.

A generated shop on a PostgreSQL of its own: 100,000 products, 1,000,000 orders, 10,000,000 browse events, 1,000,000
impressions, two versions of 200,000 rules each, 200,000 entries of staff's log and the daily figures of half a year.
Every list, page and view of the plugin's admin is then asked for as staff would, some also searched, filtered and
filled in: the first time, and the median of further times. `statements` are those of one page, `database_ms` is their
time, and `counts_whole_table` whether one of them counted without a bound.
"""

import argparse
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import basket_files
from benchmarks.admin.shop_size import Size
from benchmarks.generated import history
from benchmarks.instances import instance
from benchmarks.report import Figures, publish

LARGE = Size(100_000, 1_000_000, 4_000_000, 50_000, 10_000_000, 1_000_000, 200_000)
SMALL = Size(500, 1_000, 3_000, 100, 2_000, 500, 400)
AIM_MS = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a tiny shop, to see that all works")
    parser.add_argument("--times", type=int, default=5, help="that each page is asked for after the first (default: 5)")
    parser.add_argument("--keep", type=Path, help="a folder in which the shop stays for the next time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    size = SMALL if options.small else LARGE
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="basketry-bench-")))
        catalogue = {"CATALOGUE": "shop.catalogue.ShopCatalogue"}
        made = stack.enter_context(instance("postgresql", catalogue, keep=options.keep and folder.resolve()))
        built, filled = made.folder / "built.json", made.folder / "filled.json"
        if not built.exists():
            baskets = folder.resolve() / "baskets.npz"
            basket_files.write(history(size.orders, size.pairs, options.seed, size.products), baskets)
            made.call("benchmarks.serving.shop:build", baskets, size.products, size.shoppers, options.seed)
            built.write_text("{}")
        done = json.loads(filled.read_text()) if filled.exists() else {}
        filled.write_text(json.dumps(made.call("benchmarks.admin.shop:fill", size, done)))
        rows: list[Figures] = made.call("benchmarks.admin.pages:measure", options.times)
    pages = {str(row["name"]): float(row["median_ms"]) for row in rows if "median_ms" in row}
    over = [name for name, took in pages.items() if took >= AIM_MS]
    publish("admin", rows, {"aim_vs_slowest": AIM_MS / max(pages.values())}, options.json)
    print(f"{len(pages)} pages; over {AIM_MS:,} ms: {', '.join(over) or 'none'}")


if __name__ == "__main__":
    main()
