import pytest

from benchmarks import checkouts
from benchmarks.baskets import Shop
from benchmarks.load import RECORDED, VARIANTS, Load, Timing, failures, figures
from recommendations.models import Order


@pytest.mark.parametrize("rate", [100, None])
def test_checkouts_are_timed_with_and_without_recording(transactional_db, rate, monkeypatch):
    monkeypatch.setattr(checkouts, "HISTORY", 200)
    shop = Shop(items=20, shoppers=50)
    checkouts.prepare(shop)
    result = checkouts.run(Load(rate, 0.5, threads=4), shop)
    rows = figures("sqlite", result)
    assert [row["name"] for row in rows] == [f"sqlite, {variant}" for variant in VARIANTS]
    recorded, bare, alone = rows
    assert 3 <= recorded["queries"] <= 5
    assert (bare["queries"], alone["queries"]) == (2, 0)
    assert recorded["call_p50_ms"] > alone["call_p50_ms"]
    assert recorded["network_calls"] == 0
    assert failures(result) == []
    written = recorded["checkouts"] + bare["checkouts"]
    assert Order.objects.count() == 200 + written + 2 * checkouts.WARM_UP


def test_a_load_is_shared_by_processes():
    assert [(part.rate, part.threads) for part in Load(50, 1, 16).split(4, starts_at=0)] == [(12.5, 4)] * 4
    parts = Load(None, 1, 16).split(2, starts_at=0)
    assert [(part.rate, part.threads) for part in parts] == [(None, 8)] * 2
    assert len({part.name for part in parts}) == 2


def test_errors_are_counted_by_kind_and_no_part_of_the_times():
    result = checkouts.Result([Timing(variant, 0.01, 0.001, 0, 3, "") for variant in VARIANTS])
    result.timings += [
        Timing(RECORDED, 20, 0, 0, 1, error)
        for error in ("database is locked", "deadlock detected", "server closed the connection")
    ]
    recorded = figures("x", result)[0]
    assert (recorded["locked"], recorded["deadlocks"], recorded["other_errors"]) == (1, 1, 1)
    assert (recorded["checkouts"], recorded["whole_p99_ms"]) == (1, 10)
