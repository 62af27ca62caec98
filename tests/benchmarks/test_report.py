import json
from datetime import timedelta

import pytest

from benchmarks.baskets import LARGEST, Shop
from benchmarks.figures import percentile_ms
from benchmarks.report import publish
from tests.factories import NOW


def test_percentiles_are_measured_times():
    times = [number / 1_000 for number in range(100, 0, -1)]
    assert [percentile_ms(times, share) for share in (0, 0.5, 0.95, 0.99, 1)] == [1, 50, 95, 99, 100]
    assert percentile_ms([0.25], 0.99) == 250


def test_what_is_published_is_printed_and_written(tmp_path, capsys):
    file = tmp_path / "figures.json"
    publish("faults", [{"name": "ours", "wall_s": 1.5}, {"name": "other"}], {"better": 2}, file, top={"missing": 0})
    assert "ours   1.5000" in capsys.readouterr().out
    written = json.loads(file.read_text())
    assert set(written) == {"benchmark", "machine", "rows", "ratios", "missing"}
    assert written["rows"][0] == {"name": "ours", "wall_s": 1.5}


def test_the_same_seed_makes_the_same_orders():
    first, again = (list(Shop(items=50, seed=4).orders(200, ends_at=NOW)) for _ in range(2))
    assert first == again
    assert first != list(Shop(items=50, seed=5).orders(200, ends_at=NOW))
    assert {len(order.lines) for order in first} <= set(range(1, LARGEST + 1))
    assert all(NOW - timedelta(days=365) <= order.placed_at < NOW for order in first)
    products = [line.product for order in first for line in order.lines]
    assert products.count("item-1") > products.count("item-50")


@pytest.mark.parametrize("number", [0, 1])
def test_few_orders(number):
    assert len(list(Shop().orders(number, ends_at=NOW))) == number
