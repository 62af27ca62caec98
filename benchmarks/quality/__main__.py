"""How good the suggestions are beside every peer: `python -m benchmarks.quality --orders FILE ...`.

One cut in time. Every method learns from what was bought before it, its parameters settled on the window before the cut
with the same number of settings each, and ranks the whole catalogue for every shopper who bought before and after.
Ratios are of NDCG@10, ours over the best peer and over the mix, with 95 % intervals of a paired bootstrap.
"""

import argparse
from pathlib import Path

from benchmarks.quality import table, trials
from benchmarks.quality.ours import OURS
from benchmarks.quality.peers import PEERS
from benchmarks.quality.peers.items import ITEM_KNN
from benchmarks.quality.peers.learning import Peer
from benchmarks.quality.peers.mix import MIX, settings_after
from benchmarks.quality.peers.next_basket import TIFU
from benchmarks.quality.processes import Job, Settled, lacking, run_all
from benchmarks.quality.tuning import Budget, Outcome
from benchmarks.report import publish


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    trials.add_arguments(parser)
    parser.add_argument("--peers", default="all", metavar="NAME,NAME,...", help="some alone; none: ours alone")
    parser.add_argument("--settings", type=int, default=8, help="of each peer to choose from (default: 8)")
    parser.add_argument("--seconds", type=float, default=120.0, help="no further setting after so long (default: 120)")
    parser.add_argument("--seeds", type=int, default=1, help="fits of each method that draws, averaged (default: 1)")
    parser.add_argument("--threads", type=int, default=1, help="of each method (default: 1)")
    parser.add_argument("--jobs", type=int, default=1, help="methods side by side (default: 1)")
    parser.add_argument("--device", default="cpu", help="of the networks: cpu or cuda (default: cpu)")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keep what peers were tuned to")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    trial = trials.read(options)
    print(f"{trial.summary()}; cut {trials.day_of(trial.test.cut)}\n", flush=True)
    budget = Budget(options.settings, options.seconds, options.seeds)
    asked = _asked(options.peers)
    absent = {peer.name: lacking(peer) for peer in asked if lacking(peer)}
    settled = Settled(options.cache, trial, budget)

    def run(peers: list[Peer], offered: dict[str, Job]) -> dict[str, Outcome]:
        jobs = [(peer, settled.settings(peer, offered[peer.name][1])) for peer in peers]
        found = run_all(
            jobs, trial, budget, threads=options.threads, device=options.device, at_once=options.jobs, tell=_tell
        )
        for peer in peers:
            if peer.name != OURS.name:
                settled.keep(peer, offered[peer.name][1], found[peer.name].chosen)
        return found

    first = [OURS, *[p for p in asked if p.name not in {*absent, MIX.name}]]
    outcomes = run(first, {peer.name: (peer, dict.fromkeys(trial.views, peer.settings)) for peer in first})
    parts = [outcomes.get(peer.name) for peer in (TIFU, ITEM_KNN)]
    if MIX in asked and all(part is not None and part.chosen for part in parts):
        chosen = {peer.name: outcomes[peer.name].chosen for peer in (TIFU, ITEM_KNN)}
        outcomes |= run([MIX], {MIX.name: (MIX, settings_after(chosen))})
    elif MIX in asked:
        absent[MIX.name] = [TIFU.name, ITEM_KNN.name]
    publish(
        "quality",
        table.rows(trial, outcomes, absent),
        table.ratios(trial, outcomes, ours=OURS.name, mix=MIX.name),
        options.json,
        top={"data": trial.summary(), "tuned": table.tuned(outcomes), "absent": absent},
    )


def _asked(names: str) -> list[Peer]:
    if names == "all":
        return PEERS
    wanted = [name.strip() for name in names.split(",") if name.strip() not in ("", "none")]
    known = {peer.name.lower().replace(", ", " "): peer for peer in PEERS}
    unknown = [name for name in wanted if name.lower() not in known]
    if unknown:
        raise SystemExit(f"--peers: no {', '.join(unknown)}; there are {', '.join(known)}")
    return [peer for name, peer in known.items() if name in {one.lower() for one in wanted}]


def _tell(name: str, outcome: Outcome) -> None:
    values = " ".join(f"{view} {values['ndcg_10'].mean():.4f}" for view, values in outcome.whole.items())
    print(f"{name}: {outcome.problem or values} ({outcome.tune_s + outcome.train_s:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
