"""Search for better parameters: what they may be, and the best that a bounded number of trials finds (Optuna)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from typing import Any

from recommendations.exceptions import InvalidInput, MissingPackage


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; whole numbers where both are. `log`: a factor counts, not a distance.

    Raises
    ------
    ValueError : low is above high, or not above 0 where `log` is asked for.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if self.low > self.high or (self.log and self.low <= 0):
            raise ValueError(f"a range must rise, and begin above 0 where it is logarithmic, not {self}")


Space = Mapping[str, Range | tuple[Any, ...]]
"""What each parameter may be: a range, or one of a few values."""

Score = Callable[[Mapping[str, Any]], float]
"""Validation of parameters, higher is better; never on what the published figures are measured on."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Parameters that were tried, and what they scored; None where that was no finite number."""

    parameters: Mapping[str, Any]
    value: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome: `first` is the trial of the parameters as they were, `best` the best of all, itself perhaps."""

    first: Trial
    best: Trial
    trials: tuple[Trial, ...]


def search(
    score: Score,
    space: Space,
    *,
    first: Mapping[str, Any],
    trials: int,
    seconds: float,
    seed: int,
    clock: Callable[[], float],
    told: Callable[[Trial, int], None] = lambda _trial, _number: None,
) -> Found:
    """Try parameters of the space by tree-structured Parzen estimators (Bergstra et al. 2011), beginning with `first`.

    Parameters
    ----------
    trials : at least 2, the first included; `seconds` above 0: the search ends after the trial in which they pass.
    clock : seconds from any start.
    told : hears of each trial and its number from 1.

    Raises
    ------
    MissingPackage : Optuna is not installed.
    InvalidInput : `trials` or `seconds` out of range, or `first` is not a value of each parameter.
    """
    if trials < 2:
        raise InvalidInput("trials", f"must be at least 2, not {trials}")
    if not seconds > 0:
        raise InvalidInput("seconds", f"must be above 0, not {seconds}")
    if set(first) != set(space):
        raise InvalidInput("first", f"must have a value of {', '.join(sorted(space))}")
    optuna = _optuna()
    tried: list[Trial] = []

    def attempt(parameters: Mapping[str, Any]) -> float:
        value = float(score(parameters))
        tried.append(Trial(parameters, value if isfinite(value) else None))
        told(tried[-1], len(tried))
        return value

    def objective(trial: Any) -> float:
        value = attempt({name: _suggested(trial, name, of) for name, of in space.items()})
        if not isfinite(value):
            raise optuna.TrialPruned
        return value

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    begun = clock()
    if all(_holds(space[name], value) for name, value in first.items()):
        study.enqueue_trial(dict(first))
    else:
        attempt(dict(first))
    while len(tried) < trials and (not tried or clock() - begun < seconds):
        study.optimize(objective, n_trials=1)
    best = max(tried, key=lambda trial: float("-inf") if trial.value is None else trial.value)
    return Found(tried[0], best, tuple(tried))


def _optuna() -> Any:
    if find_spec("optuna") is None:
        raise MissingPackage('tuning needs Optuna: pip install "django-basketry[tune]"')
    return import_module("optuna")


def _suggested(trial: Any, name: str, of: Range | tuple[Any, ...]) -> Any:
    if isinstance(of, tuple):
        return trial.suggest_categorical(name, list(of))
    if isinstance(of.low, int) and isinstance(of.high, int):
        return trial.suggest_int(name, of.low, of.high, log=of.log)
    return trial.suggest_float(name, of.low, of.high, log=of.log)


def _holds(of: Range | tuple[Any, ...], value: Any) -> bool:
    return value in of if isinstance(of, tuple) else of.low <= value <= of.high
