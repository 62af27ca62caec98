"""How fast lists are served: `python -m benchmarks.serving`.

A generated shop, gunicorn, and wrk with so many connections that ask at random; on PostgreSQL with Redis and on SQLite
alone. Placements take turns with an empty view of Django REST framework and one of Django, round by round; a ratio is
that of one round, and the figures are medians of the rounds. `fresh` reads the shop's facts at each request, `1 s` lets
them be a second old (FACTS_SECONDS). Times of the processors are those of the web workers and of the database's.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import basket_files
from benchmarks.generated import history
from benchmarks.instances import DATABASES, Instance, instance
from benchmarks.report import Figures, publish
from benchmarks.serving import wrk
from benchmarks.serving.web import Memory, Web, cpu_s, since

EMPTY = {"empty_drf": "/empty/drf", "empty_django": "/empty/django"}
AGES = {"fresh": 0, "1 s": 1}
EACH = 2_000
"""Different requests of each placement."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of the shop."""

    products: int
    orders: int
    pairs: int
    shoppers: int


LARGE = Size(products=100_000, orders=1_000_000, pairs=4_000_000, shoppers=50_000)
SMALL = Size(products=1_000, orders=2_000, pairs=5_000, shoppers=200)


@dataclass(frozen=True, slots=True)
class Measured:
    """One placement in one round."""

    answered: wrk.Answered
    web_cpu_s: float
    database_cpu_s: float

    @property
    def per_second(self) -> float:
        return self.answered.requests / self.answered.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", type=lambda text: text.split(","), default=list(DATABASES[::-1]))
    parser.add_argument("--small", action="store_true", help="a tiny shop, to see that all works")
    parser.add_argument("--rounds", type=int, default=3, help="(default: 3)")
    parser.add_argument("--seconds", type=float, default=4, help="of each placement in each round (default: 4)")
    parser.add_argument("--connections", type=int, default=16, help="(default: 16)")
    parser.add_argument("--workers", type=int, default=2, help="of gunicorn (default: 2)")
    parser.add_argument("--threads", type=int, default=1, help="of each worker (default: 1)")
    parser.add_argument("--keep", type=Path, help="a folder in which the shops stay for the next time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    rows: list[Figures] = []
    ratios: dict[str, float] = {}
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="basketry-bench-")))
        folder = folder.resolve()
        for database in options.databases:
            with instance(
                database, {"CATALOGUE": "shop.catalogue.ShopCatalogue"}, keep=options.keep and folder
            ) as made:
                found, shares = _measured(made, folder, SMALL if options.small else LARGE, options)
            rows += found
            ratios |= shares
    publish("serving", rows, ratios, options.json)


def _measured(
    made: Instance, folder: Path, size: Size, options: argparse.Namespace
) -> tuple[list[Figures], dict[str, float]]:
    baskets = folder / "baskets.npz"
    took = _built(made, baskets, size, options.seed)
    made.call("benchmarks.serving.shop:refresh_views")
    asked = made.call("benchmarks.serving.shop:requests", baskets, EACH, options.seed, size.shoppers)
    counted = made.call("benchmarks.serving.inside:queries", asked)
    asked["mix"] = [one for some in asked.values() for one in (some if len(some) > 1 else some * EACH)]
    scripts = _scripts(made.folder, {**{name: [(path, "", "")] for name, path in EMPTY.items()}, **asked}, options.seed)
    with ExitStack() as stack:
        webs = {
            age: stack.enter_context(
                Web(made, f"web-{seconds}", options.workers, options.threads, _settings(made, seconds))
            )
            for age, seconds in AGES.items()
        }
        turns = [(name, "fresh") for name in EMPTY] + [(name, age) for age in AGES for name in asked]
        for name, age in turns:
            wrk.put(scripts[name], webs[age].port, connections=options.connections, seconds=1)
        rounds = [
            {turn: _once(made, webs[turn[1]], scripts[turn[0]], options) for turn in turns}
            for _ in range(options.rounds)
        ]
        memory = [one for web in webs.values() for one in web.memory()]
        for web in webs.values():
            if web.loaded():
                raise SystemExit(f"a web worker imported {', '.join(web.loaded())}")
    rows = [_row(made.database, turn, [one[turn] for one in rounds], rounds, counted) for turn in turns]
    return [*rows, {"name": f"{made.database}, a web worker", **_largest(memory), **took}], {
        f"{made.database}_{name}_{'' if age == 'fresh' else 'second_old_'}throughput_vs_empty_drf": float(
            row["vs_empty_drf"]
        )
        for (name, age), row in zip(turns, rows, strict=True)
        if name not in EMPTY
    }


def _built(made: Instance, baskets: Path, size: Size, seed: int) -> Mapping[str, float]:
    """Seconds that each part of building the shop took; those of then for one that was kept."""
    note = made.folder / "built.json"
    if not note.exists():
        if not baskets.exists():
            basket_files.write(history(size.orders, size.pairs, seed, size.products), baskets)
        took = made.call("benchmarks.serving.shop:build", baskets, size.products, size.shoppers, seed)
        note.write_text(json.dumps(took))
    found: Mapping[str, float] = json.loads(note.read_text())
    return found


def _settings(made: Instance, seconds: int) -> str:
    return json.dumps({**json.loads(made.environment["BENCH_RECOMMENDATIONS"]), "FACTS_SECONDS": seconds})


def _scripts(folder: Path, asked: Mapping[str, Sequence[wrk.Request]], seed: int) -> Mapping[str, Path]:
    files = {name: folder / f"{name}.lua" for name in asked}
    for name, file in files.items():
        file.write_text(wrk.script(asked[name], seed))
    return files


def _once(made: Instance, web: Web, script: Path, options: argparse.Namespace) -> Measured:
    def clock() -> tuple[dict[int, float], dict[int, float]]:
        return cpu_s(web.workers()), cpu_s(made.postgres.backends() if made.postgres else ())

    before = clock()
    answered = wrk.put(script, web.port, connections=options.connections, seconds=options.seconds)
    after = clock()
    return Measured(answered, *map(since, before, after))


def _row(
    database: str,
    turn: tuple[str, str],
    measured: Sequence[Measured],
    rounds: Sequence[Mapping[tuple[str, str], Measured]],
    counted: Mapping[str, tuple[int, int]],
) -> Figures:
    name, age = turn
    row: dict[str, str | int | float] = {
        "name": f"{database}, {name}" + ("" if name in EMPTY else f", facts {age}"),
        "requests_s": median(one.per_second for one in measured),
        "p50_ms": median(one.answered.p50_ms for one in measured),
        "p95_ms": median(one.answered.p95_ms for one in measured),
        "p99_ms": median(one.answered.p99_ms for one in measured),
        "web_cpu_ms": median(1e3 * one.web_cpu_s / one.answered.requests for one in measured),
        "database_cpu_ms": median(1e3 * one.database_cpu_s / one.answered.requests for one in measured),
        "failed": sum(one.answered.failed for one in measured),
        "vs_empty_drf": median(
            one.per_second / whole["empty_drf", "fresh"].per_second for one, whole in zip(measured, rounds, strict=True)
        ),
    }
    if name in counted:
        row |= dict(zip(("queries", "shop_queries"), counted[name], strict=True))
    return row


def _largest(memory: Sequence[Memory]) -> Figures:
    return {name: max(getattr(one, name) for one in memory) for name in Memory.__slots__}


if __name__ == "__main__":
    main()
