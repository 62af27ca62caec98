"""Tuning: what is kept, and when trainings use it."""

import pytest
from django.core.management import CommandError, call_command

from recommendations import store
from recommendations.evaluation import search as search_module
from recommendations.evaluation.search import Range
from recommendations.exceptions import NotEnoughData
from recommendations.models import Artefact, ArtefactKind
from recommendations.services import changes, perform, tuned
from recommendations.services import train as train_module
from recommendations.services import tune as tune_module
from recommendations.services.train import train
from recommendations.services.tune import tune
from tests.factories import NOW, tiny_network
from tests.services.test_train import faithful, faithful_shoppers, quietly, small  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fake_catalogue")]

BETTER = {"parameters": {"hidden": 12, "dropout": 0.3}, "is_better": True}


@pytest.fixture
def folder(settings, tmp_path):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()


def test_before_any_network_there_is_nothing_to_keep_it_with(folder):
    assert tuned.parameters() == {}
    with pytest.raises(NotEnoughData, match=r"manage\.py train"):
        tuned.keep(BETTER)
    with pytest.raises(NotEnoughData, match=r"manage\.py train"):
        tune(trials=2, minutes=1, progress=quietly, now=NOW)


def test_what_is_no_better_is_kept_and_not_used(folder):
    artefact = tiny_network()
    tuned.keep({**BETTER, "is_better": False})
    assert tuned.outcome()["parameters"] == BETTER["parameters"]
    assert tuned.parameters() == {}
    assert Artefact.objects.get(pk=artefact.pk).metrics["ndcg_10"] == 0.5


def test_what_is_better_is_used_and_handed_on_by_each_training(small, faithful_shoppers, monkeypatch):  # noqa: F811
    train(progress=quietly, now=NOW)
    before = changes.learnt_from()
    tuned.keep(BETTER)
    assert changes.learnt_from() != before, "a training is due that uses it"
    fitted, fit = [], train_module.learning.fit_ranker
    monkeypatch.setattr(
        train_module.learning,
        "fit_ranker",
        lambda of, *, config, **options: fitted.append(config) or fit(of, config=config, **options),
    )
    for _ in range(2):
        train(progress=quietly, now=NOW)
    assert {(config.hidden, config.dropout) for config in fitted} == {(12, 0.3)}
    assert store.live(ArtefactKind.NETWORK).arrays["ranker_bias_1"].shape[1] == 12
    assert tuned.parameters() == BETTER["parameters"]


def test_a_search_is_judged_by_shoppers_who_did_not_choose(small, faithful_shoppers, monkeypatch):  # noqa: F811
    pytest.importorskip("optuna")
    train(progress=quietly, now=NOW)
    monkeypatch.setattr(tune_module, "SPACE", {"hidden": Range(4, 64), "dropout": Range(0.0, 0.5)})
    told = []
    found = tune(trials=3, minutes=1, progress=lambda share, words: told.append((share, words)), now=NOW)
    assert tuned.outcome() == found
    assert len(found["trials"]) == 3
    assert found["trials"][0]["parameters"] == {"hidden": 64, "dropout": 0.1}
    assert found["gain"]["shoppers"] <= 30
    assert [words.split(":")[0] for _, words in told if words.startswith("trial")] == [
        f"trial {number} of 3" for number in (1, 2, 3)
    ]
    assert told[-1][0] == 1.0


def test_without_optuna_the_command_says_how_to_install_it(small, faithful_shoppers, monkeypatch):  # noqa: F811
    train(progress=quietly, now=NOW)
    monkeypatch.setattr(search_module, "find_spec", lambda _name: None)
    with pytest.raises(CommandError, match=r"django-basketry\[tune\]"):
        call_command("tune", trials=2, minutes=1)


def test_without_torch_the_command_says_how_to_install_it(db, monkeypatch):
    monkeypatch.setattr(perform, "find_spec", lambda _name: None)
    with pytest.raises(CommandError, match=r"django-basketry\[train\]"):
        call_command("tune")


@pytest.mark.parametrize("options", [{"trials": 1}, {"minutes": 0}])
def test_a_search_of_nothing_is_an_error(db, options):
    with pytest.raises(CommandError, match="at least 2"):
        call_command("tune", **options)
