"""A search for better parameters, bounded by trials and by time."""

import itertools
import math

import pytest

from recommendations.evaluation import search as search_module
from recommendations.evaluation.search import Range, search
from recommendations.exceptions import InvalidInput, MissingPackage

SPACE = {"width": Range(1, 64), "rate": Range(0.001, 1.0, log=True), "kind": ("plain", "wide")}
FIRST = {"width": 40, "rate": 0.5, "kind": "plain"}


def bounds():
    """A seed, and a clock that goes on by a second each time somebody looks."""
    return {"seed": 1, "clock": itertools.count().__next__}


def valley(parameters):
    """Best at 8, .01 and wide."""
    off = abs(parameters["width"] - 8) / 64 + abs(math.log10(parameters["rate"]) + 2)
    return (1.0 if parameters["kind"] == "wide" else 0.5) - off


def find(score=valley, **options):
    pytest.importorskip("optuna")
    return search(
        score,
        SPACE,
        **{"first": FIRST, "trials": 30, "seconds": 60, **bounds(), **options},
    )


def test_it_begins_with_the_parameters_as_they_are_and_finds_better_ones():
    found = find()
    assert found.first.parameters == FIRST
    assert found.trials[0] == found.first
    assert len(found.trials) == 30
    assert found.best.value == max(trial.value for trial in found.trials) > found.first.value + 0.5
    assert all(1 <= trial.parameters["width"] <= 64 for trial in found.trials)
    assert all(isinstance(trial.parameters["width"], int) for trial in found.trials)


def test_parameters_outside_the_space_are_tried_first_too():
    found = find(first={**FIRST, "width": 200}, trials=3)
    assert found.first.parameters["width"] == 200
    assert [trial.parameters["width"] <= 64 for trial in found.trials] == [False, True, True]


def test_the_same_seed_tries_the_same():
    assert find(trials=6) == find(trials=6)


def test_it_ends_when_the_time_has_passed():
    assert len(find(seconds=4).trials) == 4


def test_a_trial_that_gives_no_number_is_noted_and_never_the_best():
    found = find(lambda parameters: math.nan if parameters["kind"] == "wide" else valley(parameters))
    assert any(trial.value is None for trial in found.trials)
    assert found.best.parameters["kind"] == "plain"


def test_when_nothing_is_better_the_first_stays_the_best():
    found = find(lambda parameters: float(parameters == FIRST), trials=5)
    assert found.best == found.first


def test_without_optuna_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(search_module, "find_spec", lambda _name: None)
    with pytest.raises(MissingPackage, match=r"django-basketry\[tune\]"):
        search(valley, SPACE, first=FIRST, trials=2, seconds=1, **bounds())


@pytest.mark.parametrize(
    ("changes", "field"), [({"trials": 1}, "trials"), ({"seconds": 0}, "seconds"), ({"first": {"width": 1}}, "first")]
)
def test_what_is_out_of_range_is_named(changes, field):
    with pytest.raises(InvalidInput) as refusal:
        search(
            valley,
            SPACE,
            **{"first": FIRST, "trials": 2, "seconds": 1, **bounds(), **changes},
        )
    assert refusal.value.field == field


@pytest.mark.parametrize("bounds", [(2, 1), (0.0, 1.0, True)])
def test_a_range_that_cannot_be_is_an_error(bounds):
    with pytest.raises(ValueError, match="a range must rise"):
        Range(*bounds)
