"""Mine frequent itemsets, side by side with other miners: `python -m benchmarks.mining --baskets FILE --support S`.

Each miner runs in a fresh process. Rows named after a miner take its favourite input to its own output (ours: arrays
to arrays; PyFIM: lists to tuples), without the time to prepare that input. Rows "..., lists to frame" take Python
lists to a DataFrame of support and itemsets, all included. With `--confidence`, rows "..., lists to rules" go on to
the DataFrame of rules and count those of one consequent. Our kernels are compiled before the clock starts; the row
"native, cold" compiles within it, import included. PyFIM leaves out an item that every basket has.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import basket_files, fresh
from benchmarks.report import publish

PEERS = ("mlxtend", "pyfim", "efficient-apriori", "scipy")
FRAME, RULES = ", lists to frame", ", lists to rules"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--baskets", type=Path, required=True, help="a .dat, .dat.gz or .parquet file")
    parser.add_argument("--support", type=float, required=True, help="smallest share of baskets, in (0, 1]")
    parser.add_argument("--confidence", type=float, help="of rules, in [0, 1]; left out, there are no rows of rules")
    parser.add_argument("--engine", choices=["native", "fallback", "mlxtend"], default="native", help="ours, first row")
    parser.add_argument("--peers", type=_peers, default=PEERS, help=f"some of {','.join(PEERS)}")
    parser.add_argument("--repeats", type=int, default=5, help="the shortest of so many counts (peers: of 2 at most)")
    parser.add_argument("--limit", type=float, default=600, help="most seconds for each row")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    baskets = basket_files.read(options.baskets)
    least = basket_files.least_count(len(baskets), options.support)
    print(f"{options.baskets.name}: {len(baskets):,} baskets, itemsets in at least {least:,} of them\n")
    with tempfile.TemporaryDirectory(prefix="basketry-bench-") as folder:
        file = Path(folder) / "baskets.npz"
        basket_files.write(baskets, file)
        rows = _rows(options, file, least, folder)
    ratios = _ratios(rows, options.engine, options.peers)
    publish("mining", rows, ratios, options.json)
    print(_agreement(rows))


def _rows(options: argparse.Namespace, file: Path, least: int, folder: str) -> list[fresh.Measured]:
    def row(name: str, miner: str, *more: str, repeats: int) -> fresh.Measured:
        arguments = [miner, f"--baskets={file}", f"--least={least}", f"--repeats={repeats}", *more]
        # A folder of its own for compiled code: what an earlier run left must not make the cold row warm.
        cold = {"NUMBA_CACHE_DIR": str(Path(folder) / "cold")} if "--cold" in more else {}
        return {"name": name, **fresh.run("benchmarks.miners", arguments, cold, options.limit)}

    engine, repeats, few = options.engine, options.repeats, min(options.repeats, 2)
    miners = [engine, *(peer for peer in options.peers if peer not in (engine, "scipy"))]
    rows = [row(miner, miner, repeats=repeats if miner in ("native", "pyfim") else few) for miner in miners]
    rows += [
        row(miner + FRAME, miner, "--frame", repeats=repeats if miner in ("native", "pyfim") else few)
        for miner in miners
    ]
    if engine == "native":
        rows.append(row("native, cold", "native", "--cold", repeats=1))
    if options.confidence is not None:
        arguments = f"--confidence={options.confidence}"
        rows += [
            row(miner + RULES, miner, arguments, repeats=few) for miner in miners if miner in ("native", "mlxtend")
        ]
    if "scipy" in options.peers and engine != "mlxtend":
        rows.append(row("pairs alone", f"{engine}-pairs", repeats=repeats))
        rows.append(row("pairs alone, scipy", "scipy", repeats=repeats))
    return rows


def _ratios(rows: Sequence[fresh.Measured], engine: str, peers: Sequence[str]) -> dict[str, float]:
    cpu = {str(row["name"]): float(row["cpu_s"]) for row in rows if "cpu_s" in row}
    named = {}
    for peer in peers:
        theirs, ours = ("pairs alone, scipy", "pairs alone") if peer == "scipy" else (peer, engine)
        if peer != engine and ours in cpu and theirs in cpu:
            named[f"cpu_vs_{peer}"] = cpu[theirs] / cpu[ours]
        if peer != engine and engine + FRAME in cpu and peer + FRAME in cpu:
            named[f"end_to_end_vs_{peer}"] = cpu[peer + FRAME] / cpu[engine + FRAME]
        if peer != engine and engine + RULES in cpu and peer + RULES in cpu:
            named[f"rules_vs_{peer}"] = cpu[peer + RULES] / cpu[engine + RULES]
    return named


def _agreement(rows: Sequence[fresh.Measured]) -> str:
    others = ("pairs alone", "pairs alone, scipy", "native" + RULES, "mlxtend" + RULES)
    found = {row["name"]: row["found"] for row in rows if "found" in row and row["name"] not in others}
    if len(set(found.values())) < 2:
        return "all found the same number of itemsets"
    return "NOT all found the same number of itemsets: " + ", ".join(
        f"{name} {count:,}" for name, count in found.items()
    )


def _peers(text: str) -> tuple[str, ...]:
    peers = tuple(filter(None, text.split(",")))
    unknown = set(peers) - set(PEERS)
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(PEERS)}")
    return peers


if __name__ == "__main__":
    main()
