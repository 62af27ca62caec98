"""What goes with a product, and with a cart: `python -m benchmarks.related --orders FILE ...`.

Learns from the first 80 % of the baskets in time, asks about the last 20 %: one item of a basket is hidden and the
whole catalogue ranked, given one other item (product page) or all others (cart). Scales, ours and the peers' alike, are
chosen on baskets from 72 to 80 % with what was learnt from the first 72 %; the last 20 % choose nothing.
Ratios are of NDCG@10, ours over theirs, with 95 % intervals of a paired bootstrap over the test baskets.
The guard's part says how many rules each setting of it keeps, on real and on shuffled baskets, and how many hold later.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.related import data, guards, ours, peers
from benchmarks.related.counted import Pairs, measures, popularity, product_page, squares
from benchmarks.related.evaluation import Outcome, Ranker, judge, ratio
from benchmarks.related.queries import Queries, Train, queries
from benchmarks.report import publish

TUNED_FROM, TESTED_FROM = 0.72, 0.8
TUNING_BASKETS = 3_000
TASKS = {"product_page": False, "cart": True}

RP3BETA = [{"beta": beta} for beta in (0.0, 0.1, 0.2, 0.3, 0.4, 0.6)]
EASE = [{"ridge": ridge, "power": power} for ridge in (3.0, 10.0, 30.0) for power in (0.0, 0.25, 0.5)]
NEIGHBOURS = [
    {"neighbours": neighbours, "power": power, "discount": discount}
    for neighbours in (100, 1_000)
    for power in (0.5, 0.75)
    for discount in (0.15, 0.3)
]

Row = dict[str, str | int | float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data.add_arguments(parser)
    parser.add_argument("--most", type=int, default=5_000, help="test baskets at most, drawn at random (default: 5000)")
    parser.add_argument("--seed", type=int, default=5, help="of the draws (default: 5)")
    parser.add_argument("--part", choices=[*TASKS, "guards"], help="one part alone (default: all)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    history = data.read(options)
    cuts = [int(share * len(history)) for share in (TUNED_FROM, TESTED_FROM, 1)]
    print(f"{options.orders}: {len(history):,} baskets, {len(history.baskets.items):,} lines\n", flush=True)
    rows: list[Row] = []
    ratios: dict[str, float] = {}
    for task in TASKS:
        if options.part in (task, None):
            found, compared = _ranking(task, history, cuts, options)
            rows += found
            ratios |= compared
    if options.part in ("guards", None):
        started = time.process_time()
        guarded = list(guards.measure(history.part(0, cuts[1]), history.part(cuts[1], cuts[2]), seed=options.seed))
        guarded[0]["cpu_s"] = time.process_time() - started
        ratios |= {
            "replication": float(guarded[0]["replication"]),
            "false_on_shuffled": float(guarded[0]["rules_on_shuffled"]),
        }
        rows += guarded
    publish("related", rows, ratios, options.json)


def _ranking(
    task: str, history: data.History, cuts: list[int], options: argparse.Namespace
) -> tuple[list[Row], dict[str, float]]:
    early = Train.of(history.part(0, cuts[0]))
    train = Train.of(history.part(0, cuts[1]))

    def asked(learnt: Train, start: int, stop: int, most: int) -> Queries:
        return queries(learnt, history.part(start, stop), whole_cart=TASKS[task], most=most, seed=options.seed)

    tuning = asked(early, cuts[0], cuts[1], min(options.most, TUNING_BASKETS))
    test = asked(train, cuts[1], cuts[2], options.most)
    rows, outcomes = [], {}
    for name, made in _rankers(task, early, train, tuning):
        started = time.process_time()
        ranker, how = made()
        learnt = time.process_time()
        outcome = judge(ranker, test)
        asking = time.process_time() - learnt
        outcomes[name] = outcome
        rows.append(
            {
                "name": f"{task} {name}",
                **outcome.figures(),
                "queries": len(test),
                "learn_cpu_s": learnt - started,
                "ask_cpu_ms": 1_000 * asking / max(len(test), 1),
                "scales": how,
            }
        )
        print(f"{task} {name}: {outcome.ndcg.mean():.4f}", flush=True)
    return rows, _ratios(task, outcomes)


def _ratios(task: str, outcomes: Mapping[str, Outcome]) -> dict[str, float]:
    ours_first, *others = outcomes
    best = max((name for name in others if not name.startswith("ours")), key=lambda name: outcomes[name].ndcg.mean())
    found = {}
    for peer, name in [*[(name, name) for name in others], ("best_peer", best)]:
        value, low, high = ratio(outcomes[ours_first].ndcg, outcomes[name].ndcg)
        key = f"{task}_vs_{peer.lower().replace(' ', '_').replace(',', '')}"
        found |= {key: value, f"{key}_low": low, f"{key}_high": high}
    return found


def _rankers(
    task: str, early: Train, train: Train, tuning: Queries
) -> Iterator[tuple[str, Callable[[], tuple[Ranker, str]]]]:
    """Name and maker of each ranker, ours first; a maker learns, and says which scales it chose."""
    pairs = Pairs.of(train)
    if task == "cart":
        yield "ours", lambda: _ours(early, train, tuning)
        yield "ours, pairs alone", lambda: (squares(train, pairs), "")
    else:
        yield "ours", lambda: (product_page(train, pairs), "")
    yield "popularity", lambda: (popularity(train), "")
    for name, ranker in measures(train, pairs).items():
        yield name, lambda ranker=ranker: (ranker, "")
    yield "RP3beta", lambda: _tuned(peers.rp3beta, RP3BETA, early, train, tuning)
    yield "EASE", lambda: _tuned(peers.ease, EASE, early, train, tuning)
    yield "basket kNN", lambda: _tuned(peers.basket_neighbours, NEIGHBOURS, early, train, tuning)
    yield "user cosine", lambda: (peers.user_cosine(train), "")
    yield "LLR of shoppers", lambda: (peers.llr_of_shoppers(train), "")


def _ours(early: Train, train: Train, tuning: Queries) -> tuple[Ranker, str]:
    chosen = ours.choose(early, tuning)
    return ours.cart(train, chosen), str(chosen)


def _tuned(
    maker: Callable[..., Ranker], grid: list[dict[str, float]], early: Train, train: Train, tuning: Queries
) -> tuple[Ranker, str]:
    """The ranker with the scales that are best on the tuning questions."""
    best = max(grid, key=lambda scales: judge(maker(early, **scales), tuning).ndcg.mean())
    return maker(train, **best), ", ".join(f"{name} {value:g}" for name, value in best.items())


if __name__ == "__main__":
    main()
