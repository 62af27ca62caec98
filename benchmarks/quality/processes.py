"""A fresh process for each method, so that its peak of memory is its own and torch never starts after a fork."""

import importlib.util
import json
import multiprocessing
import os
import resource
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.quality.peers.learning import Learning, Peer, Setting
from benchmarks.quality.trials import Trial
from benchmarks.quality.tuning import Budget, Chosen, Outcome, run
from recommendations.evaluation.views import View

Settings = Mapping[View, Sequence[Setting]] | Chosen
Job = tuple[Peer, Settings]
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def lacking(peer: Peer) -> list[str]:
    """The packages that a peer needs and this machine has not."""
    return [name for name in peer.needs if not _is_there(name)]


def run_all(
    jobs: Sequence[Job], trial: Trial, budget: Budget, *, threads: int, device: str, at_once: int, tell: Callable
) -> dict[str, Outcome]:
    """Each job in a process of its own, `at_once` of them side by side with `threads` each."""
    for name in POOLS:
        os.environ[name] = str(threads)

    def one(job: Job) -> tuple[str, Outcome]:
        outcome = _in_process(job, trial, budget, threads, device)
        tell(job[0].name, outcome)
        return job[0].name, outcome

    with ThreadPoolExecutor(at_once) as pool:
        return dict(pool.map(one, jobs))


def _in_process(job: Job, trial: Trial, budget: Budget, threads: int, device: str) -> Outcome:
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    process = context.Process(target=_work, args=(far,))
    process.start()
    far.close()
    try:
        near.send((job, trial, budget, threads, device))
        found = near.recv()
    except (EOFError, OSError):
        found = "the process died"
    process.join()
    return found if isinstance(found, Outcome) else Outcome({}, {}, {}, {}, 0, 0, 0, 0, problem=str(found))


def _work(far: Connection) -> None:
    try:
        (peer, settings), trial, budget, threads, device = far.recv()
        learning = Learning(
            trial.test.train, trial.test.cut, keys=trial.keys, goods=trial.goods, threads=threads, device=device
        )
        outcome = run(peer, trial, learning, budget, settings)
        far.send(replace(outcome, peak_mb=_peak_mb()))
    except Exception as error:  # noqa: BLE001 (one peer that fails is a row that says so)
        traceback.print_exc()
        far.send(f"{type(error).__name__}: {error}")


def _peak_mb() -> float:
    """Of this process alone: what Linux calls VmHWM; ru_maxrss would start at what the parent had."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1_024


class Settled:
    """What peers were tuned to before, on the same data with the same settings to choose from; None keeps nothing."""

    def __init__(self, folder: Path | None, trial: Trial, budget: Budget) -> None:
        self._folder = folder
        digest = sha256(repr((trial.tuning.cut, trial.tuning.days, budget.settings, budget.seconds)).encode())
        for values in (trial.test.train.items, trial.test.train.days, trial.test.train.offsets):
            digest.update(values.tobytes())
        for view in trial.views:
            digest.update(trial.tuning.tests[view].items.tobytes())
        self._data = digest.hexdigest()

    def settings(self, peer: Peer, options: Settings) -> Settings:
        path = self._path(peer, options)
        if path is None or not path.exists():
            return options
        return {View(view): setting for view, setting in json.loads(path.read_text()).items()}

    def keep(self, peer: Peer, options: Settings, chosen: Chosen) -> None:
        path = self._path(peer, options)
        if path is not None and chosen:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({view.value: dict(setting) for view, setting in chosen.items()}))

    def _path(self, peer: Peer, options: Settings) -> Path | None:
        if self._folder is None:
            return None
        named = json.dumps([peer.name, {view.value: options[view] for view in options}], sort_keys=True)
        return self._folder / f"{sha256((self._data + named).encode()).hexdigest()[:24]}.json"


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
