"""The benchmark of training: its made-up shoppers have habits, and its one command gives the figures."""

import json

import numpy as np

from benchmarks.generated_shoppers import DAYS, histories
from benchmarks.training import main


def test_made_up_shoppers_come_again_for_the_same():
    made = histories(20_000, items=400, shoppers=100)
    assert 0.7 * 20_000 < len(made.items) < 20_000
    assert len(made) <= 100
    assert 0.0 <= made.days.min() <= made.days.max() < DAYS
    once = np.unique(np.column_stack([made.orders, made.items]), axis=0)
    assert len(once) == len(made.items)
    pairs, times = np.unique(np.column_stack([made.shoppers, made.items]), axis=0, return_counts=True)
    strangers = np.random.default_rng(0).permutation(made.items)
    by_chance = len(np.unique(np.column_stack([made.shoppers, strangers]), axis=0))
    assert times.max() > 10
    assert len(pairs) < 0.9 * by_chance
    again = histories(20_000, items=400, shoppers=100)
    assert all(np.array_equal(getattr(made, name), getattr(again, name)) for name in ("items", "days", "orders"))


def test_one_command_measures_a_training(tmp_path, capsys):
    main(["--lines", "6000", "--items", "60", "--shoppers", "60", "--json", str(tmp_path / "figures.json")])
    (row,) = json.loads((tmp_path / "figures.json").read_text())["rows"]
    assert "note" not in row
    assert row["items"] == 60
    assert row["epochs"] >= 1
    assert min(row["wall_s"], row["cpu_s"], row["peak_mb"]) > 0
    assert "peak_mb" in capsys.readouterr().out
