import json
import os
import sys

import pytest
from django.test import Client

from benchmarks import basket_files
from benchmarks.generated import history
from benchmarks.serving import inside, shop, wrk
from benchmarks.serving.__main__ import SMALL, Measured, _row
from benchmarks.serving.web import Memory, cpu_s, since
from recommendations.models import Order, Rule
from recommendations.services import recount


@pytest.fixture
def baskets(tmp_path, settings):
    settings.RECOMMENDATIONS = {
        "CATALOGUE": "shop.catalogue.ShopCatalogue",
        "STORE_DIR": str(tmp_path / "artefacts"),
    }
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    file = tmp_path / "baskets.npz"
    basket_files.write(history(SMALL.orders, SMALL.pairs, 1, SMALL.products), file)
    return file


@pytest.mark.sql
@pytest.mark.django_db(transaction=True)
def test_a_small_shop_is_whole_and_every_request_has_its_answer(baskets):
    shop.build(baskets, SMALL.products, SMALL.shoppers, 1)
    shop.refresh_views()
    assert Order.objects.count() == SMALL.orders
    assert Rule.objects.live().exists()
    assert recount.check() == []
    asked = shop.requests(baskets, 5, 1, SMALL.shoppers)
    counted = inside.queries(asked)
    assert counted.keys() == asked.keys()
    # A visitor by a cookie costs one more than the list: whether the device is still theirs.
    personal = dict.fromkeys(("for_you", "buy_again", "because_viewed"), 4)
    expected = {"related": 2, "cart": 2, "similar": 3, "best_sellers": 2, **personal}
    assert {name: most for name, (most, _) in counted.items()} == expected
    client = Client(SERVER_NAME="127.0.0.1")
    path, _, cookie = asked["for_you"][0]
    client.cookies.load(cookie)
    sources = {one["source"] for one in client.get(path).json()["items"]}
    assert sources & {"network", "session"}, "the visitor is known"


def test_a_script_asks_as_a_browser_does():
    requests = [("/a", "", ""), ("/b?c=1", json.dumps({"items": ["x"]}), ""), ("/d", "", "visitor=1:2")]
    lines = [line.strip() for line in wrk.script(requests, 1).splitlines() if "wrk.format" in line]
    assert lines == [
        'requests[#requests + 1] = wrk.format("GET", "/a", {}, nil)',
        'requests[#requests + 1] = wrk.format("POST", "/b?c=1", {["Content-Type"] = "application/json"}, '
        '"{\\"items\\": [\\"x\\"]}")',
        'requests[#requests + 1] = wrk.format("GET", "/d", {["Cookie"] = "visitor=1:2"}, nil)',
    ]


def test_the_last_line_of_wrk_is_the_answer():
    told = '{"requests": 40, "seconds": 2.0, "p50_ms": 1.5, "p95_ms": 2.5, "p99_ms": 3.5, "failed": 1}'
    assert wrk.parsed(f"Running 2s test\n  40 requests\n\n{told}\n") == wrk.Answered(40, 2.0, 1.5, 2.5, 3.5, 1)


def test_a_ratio_is_that_of_one_round():
    def measured(requests):
        return Measured(wrk.Answered(requests, 1.0, 1.0, 2.0, 3.0, 0), 0.5, 0.25)

    rounds = [
        {("empty_drf", "fresh"): measured(empty), ("related", "1 s"): measured(ours)}
        for empty, ours in ((100, 50), (1_000, 100), (10, 8))
    ]
    row = _row("sqlite", ("related", "1 s"), [one["related", "1 s"] for one in rounds], rounds, {"related": (2, 0)})
    assert (row["requests_s"], row["vs_empty_drf"], row["web_cpu_ms"]) == (50, 0.5, 10)
    assert (row["name"], row["queries"], row["shop_queries"]) == ("sqlite, related, facts 1 s", 2, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_what_a_process_takes_is_read_from_the_system():
    mine = Memory.of(os.getpid())
    assert 10 < mine.anonymous_mb <= mine.rss_mb
    assert mine.uss_mb <= mine.pss_mb <= mine.rss_mb
    assert cpu_s([os.getpid()])[os.getpid()] > 0
    assert since({1: 2.0, 2: 9.0}, {1: 2.5, 3: 0.25}) == 0.75, "one ended, one began"
