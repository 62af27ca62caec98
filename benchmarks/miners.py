"""One miner measured in this process: what `benchmarks.mining` starts for each of its rows.

A miner gets its input in the form it likes best, before the clock starts, and answers in its own form; or it gets
lists and answers with a DataFrame of support and itemsets, as mlxtend has it.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import basket_files
from benchmarks.fresh import ABSENT, best
from recommendations.data.baskets import Baskets
from recommendations.exceptions import MissingPackage
from recommendations.mining import frame, pairs
from recommendations.mining import itemsets as itemsets_module
from recommendations.mining.choice import Engine

Lists = list[list[int]]
Work = Callable[[], int]


def ours(engine: Engine, baskets: Baskets, least: int, *, warm: bool) -> Work:
    if warm and engine == "native":
        itemsets_module.warm()
    return lambda: len(itemsets_module.itemsets(baskets, min_count=least, engine=engine))


def ours_in_frame(engine: Engine, given: Lists, least: int, *, warm: bool) -> Work:
    """What a notebook calls; it chooses its engine by the work, so another one is left to `Itemsets` itself."""
    if warm and engine == "native":
        itemsets_module.warm()
    if engine == "native":
        share = (least - 0.5) / len(given)
        return lambda: len(frame.fpgrowth_of_lists(given, min_support=share))

    def work() -> int:
        found = itemsets_module.itemsets(Baskets.of(given), min_count=least, engine=engine)
        return _frame(found.counts / len(given), found.as_sets())

    _frame([], [])
    return work


def our_pairs(engine: Engine, baskets: Baskets, least: int) -> Work:
    if engine == "native":
        pairs.warm()
    return lambda: len(pairs.count_orders(baskets, min_orders=least, engine=engine)[0])


def scipy_pairs(baskets: Baskets, least: int) -> Work:
    """The product of the incidence matrix of frequent items with itself, which is how one counts pairs with scipy."""
    from scipy import sparse  # noqa: PLC0415

    def work() -> int:
        counts = np.bincount(baskets.items)
        numbers = np.cumsum(counts >= least) - 1
        kept = counts[baskets.items] >= least
        offsets = np.concatenate([[0], np.cumsum(kept)])[baskets.offsets]
        columns = numbers[baskets.items[kept]]
        shape = (len(baskets), int(numbers[-1]) + 1)
        incidence = sparse.csr_matrix((np.ones(len(columns), dtype=np.int32), columns, offsets), shape=shape)
        return int((sparse.triu(incidence.T @ incidence, k=1).data >= least).sum())

    return work


def pyfim(given: Lists, least: int, *, in_frame: bool) -> Work:
    import fim  # noqa: PLC0415

    def work() -> int:
        found = fim.eclat(given, target="s", supp=-least, zmin=1, report="a")
        if not in_frame:
            return len(found)
        return _frame([count / len(given) for _, count in found], (frozenset(items) for items, _ in found))

    _frame([], [])
    return work


def efficient_apriori(given: Lists, least: int, *, in_frame: bool) -> Work:
    from efficient_apriori import itemsets_from_transactions  # noqa: PLC0415

    def work() -> int:
        found, _ = itemsets_from_transactions(given, (least - 0.5) / len(given))
        every = {items: count for of_length in found.values() for items, count in of_length.items()}
        return (
            _frame([count / len(given) for count in every.values()], map(frozenset, every)) if in_frame else len(every)
        )

    return work


def mlxtend(given: Lists, least: int, *, in_frame: bool) -> Work:
    """FP-growth over a table of the frequent items alone: of all items it would seldom fit into memory."""
    from mlxtend.frequent_patterns import fpgrowth  # noqa: PLC0415

    prepared = None if in_frame else _table(given, least)
    share = (least - 0.5) / len(given)
    return lambda: len(
        fpgrowth(_table(given, least) if in_frame else prepared, min_support=share, use_colnames=in_frame)
    )


def rules(engine: str, given: Lists, least: int, confidence: float) -> Work:
    """Lists to a frame of rules; what is found are the rules of one consequent, all that R's arules makes."""
    share = (least - 0.5) / len(given)
    if engine == "mlxtend":
        from mlxtend.frequent_patterns import association_rules, fpgrowth  # noqa: PLC0415
    else:
        association_rules = frame.association_rules
        itemsets_module.warm()

    def work() -> int:
        if engine == "mlxtend":
            sets = fpgrowth(_table(given, least), min_support=share, use_colnames=True)
        else:
            sets = frame.fpgrowth_of_lists(given, min_support=share)
        found = association_rules(sets, metric="confidence", min_threshold=confidence)
        return int((found["consequents"].map(len) == 1).sum())

    return work


def _table(given: Lists, least: int) -> Any:
    """One-hot table of the frequent items."""
    import pandas as pd  # noqa: PLC0415
    from mlxtend.preprocessing import TransactionEncoder  # noqa: PLC0415

    counts = Counter(item for basket in given for item in basket)
    frequent = {item for item, count in counts.items() if count >= least}
    encoder = TransactionEncoder()
    cells = encoder.fit_transform([[item for item in basket if item in frequent] for basket in given])
    return pd.DataFrame(cells, columns=encoder.columns_)


def _frame(supports: Any, sets: Any) -> int:
    import pandas as pd  # noqa: PLC0415

    return len(pd.DataFrame({"support": supports, "itemsets": pd.Series(list(sets), dtype=object)}))


def _work(options: argparse.Namespace) -> Work:
    baskets, least, in_frame = basket_files.load(options.baskets), options.least, options.frame
    miner = options.miner
    if options.confidence is not None:
        return rules(miner, basket_files.lists(baskets), least, options.confidence)
    if miner in ("native", "fallback"):
        if in_frame:
            return ours_in_frame(miner, basket_files.lists(baskets), least, warm=not options.cold)
        return ours(miner, baskets, least, warm=not options.cold)
    if miner.endswith("-pairs"):
        return our_pairs(miner.removesuffix("-pairs"), baskets, least)
    if miner == "scipy":
        return scipy_pairs(baskets, least)
    peers = {"pyfim": pyfim, "efficient-apriori": efficient_apriori, "mlxtend": mlxtend}
    return peers[miner](basket_files.lists(baskets), least, in_frame=in_frame)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("miner")
    parser.add_argument("--baskets", type=Path, required=True, help="written by basket_files.write")
    parser.add_argument("--least", type=int, required=True, help="smallest count of baskets")
    parser.add_argument("--frame", action="store_true", help="lists in, DataFrame out")
    parser.add_argument("--confidence", type=float, help="count the rules of one consequent that reach it")
    parser.add_argument("--cold", action="store_true", help="compile within the clock")
    parser.add_argument("--repeats", type=int, default=5, help="the shortest of so many counts")
    options = parser.parse_args()
    try:
        work = _work(options)
    except (ImportError, MissingPackage):
        sys.exit(ABSENT)
    print(json.dumps(best(work, options.repeats)))


if __name__ == "__main__":
    main()
