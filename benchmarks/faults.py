"""Kill parts of a running shop while orders come in, then look for lost ones: `python -m benchmarks.faults`.

PostgreSQL, Redis, gunicorn, a worker that folds and one that mines and trains run as in production; 16 clients post
orders and changes, each again and again until it is acknowledged. Exit status 1: what is there is not what was sent.
"""

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.baskets import Shop
from benchmarks.breaking import WEB_WORKERS, Breaker, Supervisor
from benchmarks.clients import FINISHES_WITHIN, Client
from benchmarks.instances import Instance, instance
from benchmarks.report import publish
from benchmarks.servers import Program, answers, free_port, wait_until

CLIENTS = 16
SETTLES_WITHIN = 120
JOBS_OFTEN = {
    "MINE_EVERY_SECONDS": 10,
    "TRAIN_AFTER_ORDERS": 200,
    "TRAIN_EPOCHS": 1,
    "JOB_LEASE_SECONDS": 5,
    "JOB_ATTEMPTS": 20,
}
TOP = ("faults", "acknowledged", "missing", "half_written", "double")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=60, help="how many (default: 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="keep what the programs wrote in this folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    shop = Shop(items=200, shoppers=200, days=60, seed=options.seed)
    with instance("postgresql", JOBS_OFTEN) as made:
        try:
            row, wrong = _measured(made, shop, options)
        finally:
            if options.logs:
                _keep_logs(made, options.logs)
    publish("faults", [row], {}, options.json, top={name: row[name] for name in TOP})
    for name in wrong:
        print(f"{name} is not 0")
    return 1 if wrong else 0


def _measured(
    made: Instance, shop: Shop, options: argparse.Namespace
) -> tuple[dict[str, str | int | float], list[str]]:
    session = made.call("benchmarks.reconciling:prepare", shop)
    made.manage("fold")
    port, stop, began = free_port(), threading.Event(), time.monotonic()
    web, fold, jobs = _programs(made, port)
    clients = [Client(number, port, session, shop, stop) for number in range(CLIENTS)]
    assert made.postgres  # noqa: S101 (the instance is on one)
    assert made.redis  # noqa: S101 (as above)
    breaker = Breaker(web, fold, jobs, made.redis, made.postgres, options.seed)
    supervisor = Supervisor([web, fold, jobs, made.redis])
    with ExitStack() as stack:
        for program in (web, fold, jobs):
            stack.enter_context(program)
        wait_until(lambda: answers(port), "the shop answers")
        supervisor.start()
        stack.callback(supervisor.end)
        stack.callback(stop.set)
        for client in clients:
            client.start()
        breaker.break_things(options.faults, print)
        broken_s = time.monotonic() - began
        stop.set()
        for client in clients:
            client.join(2 * FINISHES_WITHIN)
        made.call("benchmarks.reconciling:settle", SETTLES_WITHIN)
    sent = [one for client in clients for one in client.sent]
    found = made.call("benchmarks.reconciling:reconcile", sent)
    met = sum((client.met for client in clients), Counter())
    row = {
        "name": "one fault at a time",
        "faults": breaker.killed.total(),
        "acknowledged": sum(one.acknowledged for one in sent),
        **found,
        "unacknowledged": sum(not one.acknowledged for one in sent),
        "changes_acknowledged": sum(change.acknowledged for one in sent for change in one.changes),
        **{f"killed_{name}": number for name, number in sorted(breaker.killed.items())},
        **dict(sorted(met.items())),
        **made.call("benchmarks.reconciling:background"),
        "wall_s": broken_s,
    }
    return row, [name for name, number in found.items() if number]


def _programs(made: Instance, port: int) -> Sequence[Program]:
    web = f"-m gunicorn config.wsgi -b 127.0.0.1:{port} -w {WEB_WORKERS} --threads 4 --log-level warning"
    worker = "-m celery -A config worker --loglevel WARNING --concurrency 1"
    return [
        made.program("web", *web.split(), "--no-control-socket"),
        made.program("fold-worker", *worker.split(), "-B", "-n", "fold@%h", "-Q", "recommendations"),
        made.program("jobs-worker", *worker.split(), "-n", "jobs@%h", "-Q", "recommendations-jobs"),
    ]


def _keep_logs(made: Instance, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for log in made.folder.glob("*.log"):
        (folder / log.name).write_bytes(log.read_bytes())
    if made.postgres:
        (folder / "postgresql.log").write_text(made.postgres.log())


if __name__ == "__main__":
    sys.exit(main())
