"""What is looked at next in a session: `python -m benchmarks.sessions [--events FILE] [--json FILE]`.

Without a file on a made-up browse log with a planted effect, three times with other chances; with one on its events,
three times with other seeds of ours. Global cuts in time, the whole catalogue ranked, no sampled negatives. Each window
is asked once: scales, ours and V-SKNN's alike (the same number of draws), are chosen on the window before it, with what
was learnt from before that. The item on screen is no answer; `next_new` leaves out all that the visit has seen.
The made-up log is also asked what is bought next, by the same learner with and without views, and once more where views
and orders have nothing to do with each other. Ratios are of NDCG@20, with 95 % intervals of a bootstrap over questions.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import publish
from benchmarks.sessions import data, judged, peers, purchases
from benchmarks.sessions.generated import Plant, generate
from benchmarks.sessions.judged import Questions, Scorer
from recommendations.data.sequences import Events, Kind, Sequences
from recommendations.neural.session_training import SessionTraining
from recommendations.neural.training import use_threads
from recommendations.ranking.session import session_scores
from recommendations.services.session_arrays import TRIALS, session_arrays

TUNING_QUESTIONS = 600
TASKS = ("next_view", "next_new")

Row = dict[str, str | int | float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=Path, metavar="FILE", help="CSV, gzipped CSV or Parquet (default: made up)")
    data.add_arguments(parser)
    parser.add_argument(
        "--windows", type=int, default=1, help="test windows at the end, one after another (default: 1)"
    )
    parser.add_argument(
        "--share",
        type=float,
        default=0.2,
        help="of the events in a window; the one before it has at least 0.25 (default: 0.2)",
    )
    parser.add_argument("--most", type=int, default=2_000, help="questions of a window at most (default: 2000)")
    parser.add_argument("--seeds", type=int, default=3, help="runs with other seeds (default: 3)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    use_threads(1)
    given = data.read(options) if options.events else None
    runs = []
    times: dict[str, list[float]] = {}
    for seed in range(1, options.seeds + 1):
        events = given or generate(Plant(), seed=seed)
        runs.append(_run(events.where(events.kinds != Kind.ORDER), options, seed, times))
    # Other seeds ask the same questions of a file, which are no more of them; and other ones of a made-up log.
    merge = _averaged if given else _joined
    measured = {name: merge([judged.measures(run[name]) for run in runs]) for name in runs[0]}
    rows, ratios = _figures(measured, times)
    if given is None:
        more, compared = purchases.measure(seeds=options.seeds)
        rows += more
        ratios |= compared
    publish("sessions", rows, ratios, options.json)


def _run(
    events: Events, options: argparse.Namespace, seed: int, times: dict[str, list[float]]
) -> dict[str, np.ndarray]:
    """The ranks of each task and scorer in all windows."""
    found: dict[str, list[np.ndarray]] = {}
    for window in range(options.windows, 0, -1):
        print(f"seed {seed}, window {window}: {len(events):,} events", flush=True)
        for name, ranks, spent in _ranked(events, 1 - options.share * window, options, seed):
            times.setdefault(name, []).append(spent)
            for task, one in zip(TASKS, ranks, strict=True):
                found.setdefault(f"{task} {name}", []).append(one)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _joined(runs: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}


def _averaged(runs: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}


def _ranked(
    events: Events, start: float, options: argparse.Namespace, seed: int
) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray], float]]:
    """Name, ranks of both tasks and milliseconds a question of each scorer in one window."""
    earlier, begin, end = data.moments(
        events, np.array([start - max(options.share, 0.25), start, start + options.share])
    )
    tuning, final = data.cut_at(events, earlier, begin), data.cut_at(events, begin, end)
    popularity = _views(final.train)
    asked = judged.questions(final.test, popularity, most=options.most, seed=1)
    tried = judged.questions(tuning.test, _views(tuning.train), most=TUNING_QUESTIONS, seed=seed)
    for name, scorer in _scorers(tuning, final, tried, seed):
        started = time.process_time()
        ranks = judged.ranks(scorer, asked)
        spent = (time.process_time() - started) * 1_000 / max(len(asked), 1)
        print(f"  {name}: {judged.ndcg(ranks[0], 20).mean():.4f} of {len(asked):,}", flush=True)
        new = ranks[1][asked.new]
        yield name, (ranks[0], new), spent


def _scorers(tuning: data.Cut, final: data.Cut, tried: Questions, seed: int) -> Iterator[tuple[str, Scorer]]:
    started = time.process_time()
    fit = session_arrays(
        tuning.train,
        tuning.test,
        final.train,
        training=SessionTraining(),
        seed=seed,
        clock=time.monotonic,
        least=5,
        always=True,
    )
    chosen = {
        name: value
        for name, value in fit.figures.items()
        if name in ("session_blend", "session_with_returns", "session_epochs")
    }
    print(f"  ours learnt in {time.process_time() - started:.0f} s: {chosen}", flush=True)
    yield "ours", lambda events: session_scores(fit.arrays, events)
    for name, blend in (("ours, encoder alone", [1, 0, 0]), ("ours, transitions alone", [0, 0.9, 0.1])):
        alone = {**fit.arrays, "session_blend": np.array(blend, dtype=np.float32)}
        yield name, lambda events, alone=alone: session_scores(alone, events)
    no_returns = {**fit.arrays, "session_returns": np.zeros(1, dtype=np.float32)}
    yield "ours, without returns", lambda events: session_scores(no_returns, events)
    early, late = peers.SessionNeighbours(tuning.train), peers.SessionNeighbours(final.train)
    rng = np.random.default_rng(seed)
    draws = [peers.drawn(rng) for _ in range(TRIALS * 2)]
    for name, ask in (("V-SKNN", peers.SessionNeighbours.vsknn), ("S-KNN", peers.SessionNeighbours.sknn)):
        best = max(draws if name == "V-SKNN" else draws[:12], key=lambda scales: _reached(ask(early, scales), tried))
        yield name, ask(late, best)
    yield "V-SKNN, usual scales", late.vsknn(peers.USUAL)
    yield "last view", peers.last_view(final.train)
    yield "popular", peers.popular(final.train, days=np.inf)
    days = max((1.0, 3.0, 7.0, 14.0), key=lambda days: _reached(peers.popular(tuning.train, days=days), tried))
    yield "recently popular", peers.popular(final.train, days=days)


def _reached(scorer: Scorer, tried: Questions) -> float:
    return float(judged.ndcg(judged.ranks(scorer, tried)[0], 20).mean()) if len(tried) else 0.0


def _views(sequences: Sequences) -> np.ndarray:
    return np.bincount(sequences.items, minlength=len(sequences.item_ids)).astype(np.float64)


def _figures(
    measured: dict[str, dict[str, np.ndarray]], times: dict[str, list[float]]
) -> tuple[list[Row], dict[str, float]]:
    rows: list[Row] = [
        {
            "name": name,
            **judged.figures(one),
            "questions": len(one["ndcg_20"]),
            "ask_cpu_ms": float(np.mean(times[name.partition(" ")[2]])),
        }
        for name, one in measured.items()
    ]
    rows.sort(key=lambda row: TASKS.index(str(row["name"]).partition(" ")[0]))
    ratios: dict[str, float] = {}
    for task in TASKS:
        ours = measured[f"{task} ours"]["ndcg_20"]
        for name, one in measured.items():
            peer = name.removeprefix(f"{task} ")
            if peer in (name, "ours"):
                continue
            key = f"{task}_vs_{peer.lower().replace(', ', '_').replace(' ', '_').replace('-', '')}"
            for end, value in zip(("", "_low", "_high"), judged.ratio(ours, one["ndcg_20"]), strict=True):
                ratios[key + end] = value
    return rows, ratios


if __name__ == "__main__":
    main()
