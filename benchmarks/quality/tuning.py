"""Tune one method on the window before the cut, refit it, and judge its lists: the same for every method."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.quality.peers.learning import Learning, Peer, Setting
from benchmarks.quality.trials import Trial
from recommendations.evaluation.judging import Lists, Scorer, judge, lists_of
from recommendations.evaluation.views import View, Window

TUNED_BY = "ndcg_10"

Chosen = Mapping[View, Setting]
Values = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many `settings`, and none after `seconds` of tuning; `seeds` fits of a method that draws."""

    settings: int = 8
    seconds: float = 120.0
    seeds: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one method: metrics of each shopper by view and by part of the test, its lists and its costs."""

    chosen: Chosen
    whole: Mapping[View, Values]
    parts: Mapping[View, Mapping[str, Values]]
    lists: Mapping[View, Lists]
    tried: int
    tune_s: float
    train_s: float
    ask_ms: float
    peak_mb: float = 0.0
    problem: str = field(default="")


def run(
    peer: Peer, trial: Trial, learning: Learning, budget: Budget, settings: Mapping[View, Sequence[Setting]] | Chosen
) -> Outcome:
    """Tune where a view has several settings, then refit and judge.

    Parameters
    ----------
    learning : what the test may be learnt from; tuning takes the same threads, device and seed.
    settings : for each view a list to choose from, or one that is settled.
    """
    started = time.perf_counter()
    chosen, tried = _choose(peer, trial.tuning, learning, budget, settings, trial.views)
    tuned = time.perf_counter()
    whole: dict[View, Values] = {}
    parts: dict[View, Mapping[str, Values]] = {}
    lists: dict[View, Lists] = {}
    train_s, asked_s, asked = 0.0, 0.0, 0
    for seed in range(budget.seeds if peer.is_random else 1):
        kept: dict[str, tuple] = {}
        again = replace(learning, seed=learning.seed + seed, kept={})
        for view in trial.views:
            name = json.dumps(chosen[view], sort_keys=True)
            begun = time.perf_counter()
            scorer = kept.setdefault(name, (None,))[0] or peer.fit(again, **chosen[view])
            train_s += time.perf_counter() - begun
            kept[name] = (scorer,)
            begun = time.perf_counter()
            found = lists_of(scorer, trial.test.train, trial.test.tests[view].shoppers, view)
            asked_s, asked = asked_s + time.perf_counter() - begun, asked + len(found.shoppers)
            values, split = _judged(trial.test, view, found)
            split |= _newcomers(trial.test, view, scorer)
            lists.setdefault(view, found)
            whole[view] = _added(whole.get(view), values, seed)
            parts[view] = {part: _added(parts.get(view, {}).get(part), one, seed) for part, one in split.items()}
    return Outcome(chosen, whole, parts, lists, tried, tuned - started, train_s, 1_000 * asked_s / max(asked, 1))


def _choose(
    peer: Peer,
    window: Window,
    learning: Learning,
    budget: Budget,
    settings: Mapping[View, Sequence[Setting]] | Chosen,
    views: Sequence[View],
) -> tuple[dict[View, Setting], int]:
    chosen = {view: one for view in views for one in [settings[view]] if isinstance(one, Mapping)}
    open_views = {view: list(settings[view])[: budget.settings] for view in views if view not in chosen}
    if all(len(options) == 1 for options in open_views.values()):
        return chosen | {view: options[0] for view, options in open_views.items()}, 0
    started = time.perf_counter()
    early = replace(learning, train=window.train, cut=window.cut, kept={})
    distinct = {json.dumps(one, sort_keys=True): one for options in open_views.values() for one in options}
    best: dict[View, float] = {}
    tried = 0
    for one in distinct.values():
        if tried and time.perf_counter() - started > budget.seconds:
            break
        scorer = peer.fit(early, **one)
        tried += 1
        for view, options in open_views.items():
            test = window.tests[view]
            if one in options and len(test):
                lists = lists_of(scorer, window.train, test.shoppers, view, length=10)
                value = float(judge(lists, test, cut_offs=(10,))[TUNED_BY].mean())
                if value > best.get(view, -1.0):
                    best[view], chosen[view] = value, one
    for view, options in open_views.items():
        chosen.setdefault(view, options[0])
    return chosen, tried


def _judged(window: Window, view: View, lists: Lists) -> tuple[Values, dict[str, Values]]:
    test = window.tests[view]
    parts = {"repeats": window.repeats(test), "new": window.new(test), "cold_items": window.cold_items(test)}
    split = {} if view.is_new_alone else {part: judge(lists, one) for part, one in parts.items()}
    return judge(lists, test), split


def _newcomers(window: Window, view: View, scorer: Scorer) -> dict[str, Values]:
    """Shoppers of whom nothing was known: what a method says to strangers."""
    test = window.newcomers[view]
    if view.is_new_alone or not len(test):
        return {}
    return {"newcomers": judge(lists_of(scorer, window.train, test.shoppers, view), test)}


def _added(mean: Values | None, values: Values, seen: int) -> Values:
    """The mean over seeds, shopper by shopper."""
    if mean is None:
        return values
    return {name: mean[name] + (value - mean[name]) / (seen + 1) for name, value in values.items()}
