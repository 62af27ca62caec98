import weakref

import pytest
import torch
from torch import nn

from recommendations.exceptions import MissingPackage
from recommendations.neural.board import tensorboard_log
from recommendations.neural.curves import Curves
from recommendations.neural.fitting import FittingConfig, fit, in_turn

CONFIG = FittingConfig(epochs=6, learning_rate=0.1, weight_decay=0.0)


class Line(nn.Module):
    """y = slope * x."""

    def __init__(self, slope=0.0):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, x):
        return self.slope * x


def twos(rng):
    """Points on y = 2 x, in two batches."""
    for _ in range(2):
        x = torch.as_tensor(rng.random(8), dtype=torch.float32)
        yield x, 2 * x


def squares(network, batch):
    x, y = batch
    return ((network(x) - y) ** 2).mean()


def fitted(network, config=CONFIG, **changes):
    values = {"batches": twos, "loss": squares, "seed": 0, "clock": lambda: 0.0} | changes
    return fit(network, values.pop("batches"), values.pop("loss"), config, **values)


def test_a_line_finds_its_slope_and_the_loss_falls():
    network = Line()
    curves = fitted(network, FittingConfig(epochs=60, learning_rate=0.1, weight_decay=0.0)).curves
    assert network.slope.item() == pytest.approx(2.0, abs=0.05)
    assert curves.train[-1] < 0.01 * curves.train[0]
    assert curves.best_epoch == len(curves.train) == 60


def test_it_stops_when_the_judge_sees_no_gain_and_keeps_the_best_weights():
    verdicts, slopes = iter([0.1, 0.5, 0.4, 0.3, 0.2, 0.9]), []

    def judge(network):
        slopes.append(network.slope.item())
        return next(verdicts)

    network = Line()
    curves = fitted(network, judge=judge).curves
    assert curves.validation == (0.1, 0.5, 0.4, 0.3, 0.2)
    assert curves.best_epoch == 2
    assert network.slope.item() == slopes[1]
    assert not network.training


def test_a_verdict_that_is_no_number_is_never_the_best():
    verdicts = iter([float("nan"), 0.2, float("nan"), 0.1, 0.1])
    assert fitted(Line(), judge=lambda _: next(verdicts)).curves.best_epoch == 2


def test_it_ends_with_the_epoch_in_which_its_time_is_up():
    ticks = iter(range(0, 100_000, 2_400))
    assert len(fitted(Line(), clock=lambda: next(ticks)).curves.train) == 2


def test_weight_decay_pulls_towards_zero():
    slopes = []
    for decay in (0.0, 0.5):
        network = Line()
        fitted(network, FittingConfig(epochs=60, learning_rate=0.1, weight_decay=decay))
        slopes.append(network.slope.item())
    assert slopes[1] < slopes[0] - 0.1


def test_the_same_seed_gives_the_same_weights_dropout_included_and_leaves_the_global_generator_alone():
    def trained(seed):
        network = nn.Sequential(nn.Dropout(0.5), Line(1.0))
        curves = fitted(network, seed=seed).curves
        return network[1].slope.item(), curves

    before = torch.random.get_rng_state()
    assert trained(3) == trained(3)
    assert trained(3) != trained(4)
    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_and_log_are_told_of_each_epoch():
    told, logged = [], []
    fitted(
        Line(),
        FittingConfig(epochs=2, learning_rate=0.1),
        judge=lambda _: 0.25,
        progress=lambda share, words: told.append((share, words)),
        log=lambda *one: logged.append(one),
    )
    assert [share for share, _ in told] == [0.5, 1.0]
    assert told[0][1].startswith("epoch 1: loss ")
    assert told[0][1].endswith("validation 0.2500")
    assert [(name, step) for name, _, step in logged] == [
        ("loss/train", 1),
        ("validation", 1),
        ("loss/train", 2),
        ("validation", 2),
    ]


def test_windows_are_in_memory_one_at_a_time_and_all_of_them_each_epoch():
    alive, most, seen = weakref.WeakSet(), [], []

    class Window:
        def __init__(self, number):
            self.number = number
            alive.add(self)

    def batches(window, rng):
        most.append(len(alive))
        seen.append(window.number)
        yield from twos(rng)

    loaders = [lambda number=number: Window(number) for number in range(3)]
    fitted(Line(), FittingConfig(epochs=4), batches=in_turn(loaders, batches))
    assert max(most) == 1
    assert [sorted(seen[at : at + 3]) for at in range(0, 12, 3)] == [[0, 1, 2]] * 4
    assert len({tuple(seen[at : at + 3]) for at in range(0, 12, 3)}) > 1


def test_no_examples_and_a_loss_that_explodes_are_told_as_such():
    with pytest.raises(ValueError, match="at least one batch"):
        fitted(Line(), batches=lambda rng: [])
    with pytest.raises(ValueError, match="the loss became nan"):
        fitted(Line(), loss=lambda network, batch: network.slope * float("nan"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("patience", 0), ("seconds", 0.0), ("learning_rate", -1.0), ("weight_decay", float("nan"))],
)
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        FittingConfig(**{name: value})


def test_curves_fit_together_and_become_plain_figures():
    assert Curves((0.123456789,), (0.5,), 1).as_figures() == {
        "curve_train": [0.12346],
        "curve_validation": [0.5],
        "best_epoch": 1,
    }
    with pytest.raises(ValueError, match="best_epoch"):
        Curves((0.1,), (), 2)
    with pytest.raises(ValueError, match="do not fit"):
        Curves((0.1,), (0.1, 0.2), 1)


def test_without_tensorboard_the_words_say_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingPackage, match="tensorboard"), tensorboard_log(tmp_path):
        pass


def test_with_tensorboard_the_curves_lie_in_event_files(tmp_path):
    pytest.importorskip("tensorboard")
    with tensorboard_log(tmp_path) as log:
        fitted(Line(), FittingConfig(epochs=2), log=log)
    assert [path.stat().st_size > 0 for path in tmp_path.glob("events.out.tfevents.*")] == [True]


def test_the_tensorboard_log_passes_names_values_and_epochs_on_and_closes(monkeypatch, tmp_path):
    written = []

    class Writer:
        def __init__(self, log_dir):
            written.append(log_dir)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            written.append("closed")

        def add_scalar(self, *one):
            written.append(one)

    class Board:
        SummaryWriter = Writer

    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", Board)
    with tensorboard_log(tmp_path) as log:
        log("loss/train", 0.5, 1)
    assert written == [str(tmp_path), ("loss/train", 0.5, 1), "closed"]
